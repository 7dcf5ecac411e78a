"""A character model whose recurrent cell is written out, trained through time, and sampled from."""

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
text = "the cat sat on the mat and the rat sat on the cat. " * 4
chars = sorted(set(text))
stoi = {c: i for i, c in enumerate(chars)}
ids = torch.tensor([stoi[c] for c in text])
vocabulary, hidden_size, steps = len(chars), 24, 17


class Cell(nn.Module):
    def __init__(self):
        super().__init__()
        self.i2h = nn.Linear(vocabulary, hidden_size)
        self.h2h = nn.Linear(hidden_size, hidden_size, bias=False)
        self.h2o = nn.Linear(hidden_size, vocabulary)

    def forward(self, x, h):
        h = torch.tanh(self.i2h(x) + self.h2h(h))
        return self.h2o(h), h


cell = Cell()
optimizer = torch.optim.Adam(cell.parameters(), lr=0.03)
h = torch.zeros(1, hidden_size)
for i, start in enumerate(range(0, len(ids) - steps - 1, steps)):
    h = h.detach()
    loss = 0
    for t in range(start, start + steps):
        x = F.one_hot(ids[t : t + 1], num_classes=vocabulary).float()
        logits, h = cell(x, h)
        loss = loss + F.cross_entropy(logits, ids[t + 1 : t + 2])
    loss = loss / steps
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_value_(cell.parameters(), 0.5)
    optimizer.step()
    if i % 3 == 0:
        print(f"{i:3d} {loss.item():.4f}")

with torch.no_grad():
    h, c, out = torch.zeros(1, hidden_size), stoi["t"], "t"
    for _ in range(20):
        logits, h = cell(F.one_hot(torch.tensor([c]), vocabulary).float(), h)
        c = logits.argmax(-1).item()
        out += chars[c]
print(out, F.softmax(logits / 0.8, dim=-1).topk(3).values)
