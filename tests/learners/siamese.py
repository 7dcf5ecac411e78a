"""A siamese net with triplet loss, hard mining, cosine similarity and nearest neighbours."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(0)
digits = load_digits(n_class=4)
x, y = torch.tensor(digits.data[:200]).float() / 16, torch.tensor(digits.target[:200])
net = nn.Sequential(nn.Linear(64, 32), nn.ReLU6(), nn.Linear(32, 8))
optimizer = torch.optim.NAdam(net.parameters(), lr=0.01)
for step in range(20):
    pick = torch.randint(0, len(x), (40,))
    e = F.normalize(net(x[pick]), p=2, dim=1)
    d = 1 - e @ e.T
    same = y[pick].unsqueeze(0) == y[pick].unsqueeze(1)
    positive = torch.where(same, d, torch.full_like(d, -1)).max(dim=1)[0]
    negative = d.masked_fill(same, 10.0).min(dim=1)[0]
    loss = F.relu(positive - negative + 0.3).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 5 == 4:
        print(step + 1, f"{loss.item():.4f}", f"{(positive < negative).float().mean().item():.3f}")
with torch.no_grad():
    e = F.normalize(net(x), dim=1)
    similarity = F.cosine_similarity(e.unsqueeze(1), e.unsqueeze(0), dim=-1)
    similarity.fill_diagonal_(-1)
    neighbour = similarity.argmax(1)
    print("nearest neighbour", (y[neighbour] == y).sum().item(), "of", len(y))
    protos = torch.stack([e[y == c].mean(0) for c in torch.unique(y)])
    print("prototypes", (torch.cdist(e, protos).argmin(1) == y).float().mean().item(), protos.norm(dim=1))
