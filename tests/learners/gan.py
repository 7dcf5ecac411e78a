"""A generative adversarial net for points on a circle."""

import math

import torch
import torch.nn as nn

torch.manual_seed(0)


def real_samples(n):
    angle = torch.rand(n) * 2 * math.pi
    ring = torch.stack([torch.cos(angle), torch.sin(angle)], dim=1)
    return ring + 0.05 * torch.randn(n, 2)


G = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2))
D = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
opt_g = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.5, 0.999))
opt_d = torch.optim.Adam(D.parameters(), lr=2e-3, betas=(0.5, 0.999))
bce = nn.BCEWithLogitsLoss()
batch = 64

for step in range(60):
    real, noise = real_samples(batch), torch.randn(batch, 4)
    fake = G(noise)

    D.zero_grad()
    loss_d = bce(D(real), torch.ones(batch, 1)) + bce(D(fake.detach()), torch.zeros(batch, 1))
    loss_d.backward()
    opt_d.step()

    for p in D.parameters():
        p.requires_grad_(False)
    G.zero_grad()
    loss_g = bce(D(fake), torch.full((batch, 1), 1.0))
    loss_g.backward()
    opt_g.step()
    for p in D.parameters():
        p.requires_grad_(True)
    if step % 20 == 19:
        print(f"step {step + 1}: D {loss_d.item():.4f}, G {loss_g.item():.4f}")

with torch.no_grad():
    points = G(torch.randn(200, 4))
print("mean", points.mean(dim=0), "radius %.4f" % points.norm(dim=1).mean())
print("judged real:", (torch.sigmoid(D(points)) > 0.5).sum().item(), "of", len(points))
