"""Sequences of different lengths, padded and packed, classified by a bidirectional GRU."""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence

torch.manual_seed(0)
lengths = torch.randint(3, 12, (48,))
sequences = [torch.randn(int(n), 2).cumsum(dim=0) for n in lengths]
labels = torch.tensor([int(s[-1].sum() > 0) for s in sequences])


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(2, 8, batch_first=True, bidirectional=True)
        self.head = nn.Sequential(nn.LayerNorm(16), nn.Linear(16, 2))

    def forward(self, sequences, lengths):
        padded = pad_sequence(sequences, batch_first=True)
        packed = pack_padded_sequence(padded, lengths, batch_first=True, enforce_sorted=False)
        _, h = self.gru(packed)
        return self.head(torch.cat([h[0], h[1]], dim=1))


model = Classifier()
optimizer = torch.optim.AdamW(model.parameters(), lr=0.02)
for epoch in range(12):
    order = torch.randperm(len(sequences))
    correct, total = 0, 0.0
    for start in range(0, len(order), 16):
        picked = order[start : start + 16]
        logits = model([sequences[i] for i in picked], lengths[picked])
        loss = nn.functional.cross_entropy(logits, labels[picked])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        correct += (logits.argmax(1) == labels[picked]).sum().item()
        total += loss.item()
    if epoch % 2 == 1:
        print(epoch, correct, f"{total / 3:.4f}")
