"""Contrastive learning of digits: two noisy views of each, NT-Xent loss, then a linear probe on frozen features."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images[:160], dtype=torch.float32).unsqueeze(1) / 16
labels = torch.tensor(digits.target[:160])


def view(images):
    shifted = torch.roll(images, shifts=(int(torch.randint(-1, 2, ())), int(torch.randint(-1, 2, ()))), dims=(2, 3))
    noisy = shifted * (0.8 + 0.4 * torch.rand(len(images), 1, 1, 1)) + 0.1 * torch.randn_like(images)
    return noisy.clamp_(0, 1)


def nt_xent(a, b, temperature=0.5):
    n = len(a)
    z = F.normalize(torch.cat([a, b]), dim=1)
    similarity = (z @ z.t() / temperature).fill_diagonal_(float("-inf"))
    partner = torch.arange(2 * n).roll(n)
    return F.cross_entropy(similarity, partner)


encoder = nn.Sequential(nn.Conv2d(1, 8, 3, stride=2, padding=1), nn.GELU(), nn.Flatten(), nn.Linear(128, 24))
head = nn.Sequential(nn.LayerNorm(24), nn.Linear(24, 24), nn.SiLU(), nn.Linear(24, 12, bias=False))
optimizer = torch.optim.NAdam([{"params": encoder.parameters()}, {"params": head.parameters(), "lr": 4e-3}], lr=2e-3)
for epoch in range(5):
    total = 0.0
    for index in torch.randperm(160).chunk(4):
        a, b = head(encoder(view(x[index]))), head(encoder(view(x[index])))
        loss = nt_xent(a, b)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() / 4
    print(f"epoch {epoch} loss {total:.4f}")

encoder.requires_grad_(False).eval()
features = encoder(x)
probe = nn.Linear(24, 10)
optimizer = torch.optim.LBFGS(probe.parameters(), lr=0.5, max_iter=8, history_size=5)


def closure():
    optimizer.zero_grad()
    loss = F.cross_entropy(probe(features), labels)
    loss.backward()
    return loss


print(f"probe {optimizer.step(closure).item():.4f} then {closure().item():.4f}")
print("frozen:", all(p.grad is None or not p.requires_grad for p in encoder.parameters()), features.requires_grad)
