"""A transformer of two blocks, written out, that learns to reverse a sequence."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
digits, length, width, heads = 8, 6, 24, 3


class SelfAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x):
        b, t, _ = x.shape
        q, k, v = (part.view(b, t, heads, -1).transpose(1, 2) for part in self.qkv(x).chunk(3, dim=-1))
        scores = q @ k.transpose(-2, -1) / math.sqrt(q.size(-1))
        x = F.softmax(scores, dim=-1) @ v
        return self.out(x.transpose(1, 2).contiguous().view(b, t, width))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2, self.attention = nn.LayerNorm(width), nn.LayerNorm(width), SelfAttention()
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(digits, width), nn.Embedding(length, width)
        self.blocks = nn.ModuleList(Block() for _ in range(2))
        self.head = nn.Linear(width, digits)

    def forward(self, ids):
        x = self.tokens(ids) + self.positions(torch.arange(ids.size(1)))
        for block in self.blocks:
            x = block(x)
        return self.head(x)


model = Transformer()
decay = [p for p in model.parameters() if p.dim() > 1]
others = [p for p in model.parameters() if p.dim() <= 1]
groups = [{"params": decay, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
optimizer = torch.optim.AdamW(groups, lr=5e-3)
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: min((s + 1) / 10, 1.0))
for step in range(40):
    ids = torch.randint(digits, (32, length))
    logits = model(ids)
    loss = F.cross_entropy(logits.view(-1, digits), ids.flip(1).reshape(-1))
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    scheduler.step()
    if step % 8 == 7:
        accuracy = (logits.argmax(-1) == ids.flip(1)).float().mean()
        print(f"{step + 1} loss {loss.item():.4f} accuracy {accuracy:.3f} lr {scheduler.get_last_lr()[0]:.4f}")
