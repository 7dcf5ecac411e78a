"""Attention written with einsum, held against scaled_dot_product_attention; rotary positions; a causal language model."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)


def rotary(x):
    t, half = x.size(-2), x.size(-1) // 2
    frequency = 1.0 / 100 ** (torch.arange(half) / half)
    angle = torch.outer(torch.arange(t, dtype=torch.float32), frequency)
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()], dim=-1)


class Attention(nn.Module):
    def __init__(self, size, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(size, 3 * size, bias=False)
        self.out = nn.Linear(size, size)
        self.register_buffer("mask", torch.ones(32, 32, dtype=torch.bool).triu(1), persistent=False)

    def forward(self, x, by_hand=True):
        b, t, c = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        q, k = rotary(q), rotary(k)
        if by_hand:
            scores = torch.einsum("bhqd,bhkd->bhqk", q, k) / math.sqrt(q.size(-1))
            weights = scores.masked_fill(self.mask[:t, :t], float("-inf")).softmax(dim=-1)
            y = torch.einsum("bhqk,bhkd->bhqd", weights, v)
        else:
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(y.transpose(1, 2).reshape(b, t, c))


class Model(nn.Module):
    def __init__(self, words=12, size=16):
        super().__init__()
        self.embedding = nn.Embedding(words, size)
        self.norms = nn.ModuleList(nn.RMSNorm(size) for _ in range(3))
        self.attention = Attention(size, heads=2)
        self.mlp = nn.Sequential(nn.Linear(size, 32), nn.GELU(approximate="tanh"), nn.Linear(32, size))
        self.head = nn.Linear(size, words, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, x, by_hand=True):
        h = self.embedding(x)
        h = h + self.attention(self.norms[0](h), by_hand)
        h = h + self.mlp(self.norms[1](h))
        return self.head(self.norms[2](h))


model = Model()
data = (torch.arange(10)[None] * torch.arange(1, 9)[:, None] + torch.arange(8)[:, None]) % 12
print("equal:", torch.allclose(model(data), model(data, by_hand=False), atol=1e-5), list(model.state_dict())[-2:])
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for step in range(16):
    logits = model(data[:, :-1])
    loss = F.cross_entropy(logits.flatten(0, 1), data[:, 1:].flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 4 == 0:
        print(f"{step:2d} loss {loss.item():.4f} perplexity {loss.exp().item():.3f}")
logits = model(data[:, :-1])
print("ranks of the right ones", (logits.argsort(-1, descending=True) == data[:, 1:, None]).nonzero()[:, 2].float().mean() < 6)
