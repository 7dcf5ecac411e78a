"""Sequence to sequence with attention: learns to reverse digits. Packed inputs, teacher forcing, masks, greedy decoding."""

import random

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

random.seed(0)
torch.manual_seed(0)
PAD, START, END = 0, 1, 2
sources = [torch.tensor([random.randint(3, 7) for _ in range(random.randint(2, 5))]) for _ in range(48)]
targets = [torch.cat([torch.tensor([START]), s.flip(0), torch.tensor([END])]) for s in sources]


class Encoder(nn.Module):
    def __init__(self, words, size):
        super().__init__()
        self.embedding = nn.Embedding(words, size, padding_idx=PAD)
        self.rnn = nn.GRU(size, size, batch_first=True, bidirectional=True)
        self.join = nn.Linear(2 * size, size)

    def forward(self, x, lengths):
        packed = pack_padded_sequence(self.embedding(x), lengths, batch_first=True, enforce_sorted=False)
        out, h = self.rnn(packed)
        out, _ = pad_packed_sequence(out, batch_first=True)
        return out, torch.tanh(self.join(torch.cat([h[0], h[1]], dim=1)))


class Decoder(nn.Module):
    def __init__(self, words, size):
        super().__init__()
        self.embedding = nn.Embedding(words, size)
        self.cell = nn.GRUCell(3 * size, size)
        self.score = nn.Linear(3 * size, size)
        self.v = nn.Parameter(torch.rand(size))
        self.out = nn.Linear(size, words)

    def forward(self, token, h, memory, mask):
        query = h.unsqueeze(1).expand(-1, memory.size(1), -1)
        energy = torch.tanh(self.score(torch.cat([query, memory], dim=2))) @ self.v
        attention = F.softmax(energy.masked_fill(mask, -1e9), dim=1)
        context = torch.einsum("bt,bth->bh", attention, memory)
        h = self.cell(torch.cat([self.embedding(token), context], dim=1), h)
        return self.out(h), h, attention


encoder, decoder = Encoder(8, 12), Decoder(8, 12)
parameters = [*encoder.parameters(), *decoder.parameters()]
optimizer = torch.optim.Adam(parameters, lr=0.01)
for epoch in range(6):
    order, total = torch.randperm(48), 0.0
    for part in order.split(16):
        batch, wanted = [sources[i] for i in part], pad_sequence([targets[i] for i in part], batch_first=True)
        lengths = torch.tensor([len(s) for s in batch])
        x = pad_sequence(batch, batch_first=True, padding_value=PAD)
        memory, h = encoder(x, lengths)
        loss, token = 0, wanted[:, 0]
        for t in range(1, wanted.size(1)):
            logits, h, attention = decoder(token, h, memory, x == PAD)
            loss = loss + F.cross_entropy(logits, wanted[:, t], ignore_index=PAD, reduction="sum")
            token = wanted[:, t] if random.random() < 0.7 else logits.argmax(1)
        loss = loss / (wanted[:, 1:] != PAD).sum()
        optimizer.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch} loss {total / 3:.3f} norm {norm:.3f}")
print("attention", attention[0].detach(), "sums to", round(attention[0].sum().item(), 4))
