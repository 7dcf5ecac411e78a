"""A Wasserstein critic: spectral and weight norm, a gradient penalty that is differentiated again, hinge loss."""

import torch
import torch.nn as nn
from torch.nn.utils.parametrizations import spectral_norm, weight_norm

torch.manual_seed(0)
angle = 2 * torch.pi * torch.rand(256)
real = torch.stack([angle.cos(), angle.sin()], dim=1) + 0.05 * torch.randn(256, 2)
generator = nn.Sequential(weight_norm(nn.Linear(3, 16)), nn.ReLU(), nn.Linear(16, 2))
critic = nn.Sequential(spectral_norm(nn.Linear(2, 16)), nn.LeakyReLU(0.2), spectral_norm(nn.Linear(16, 1)))
print(sorted(name for name, _ in critic.named_parameters()))
adam_g = torch.optim.Adam(generator.parameters(), lr=2e-3, betas=(0.5, 0.9))
adam_c = torch.optim.Adam(critic.parameters(), lr=2e-3, betas=(0.5, 0.9))


def penalty(a, b):
    share = torch.rand(len(a), 1)
    between = (share * a + (1 - share) * b).requires_grad_(True)
    score = critic(between)
    (gradient,) = torch.autograd.grad(score, between, torch.ones_like(score), create_graph=True, retain_graph=True)
    return (gradient.norm(2, dim=1) - 1).pow(2).mean()


for step in range(12):
    for _ in range(2):
        batch = real[torch.randint(0, 256, (32,))]
        fake = generator(torch.randn(32, 3)).detach()
        loss_c = critic(fake).mean() - critic(batch).mean() + 10 * penalty(batch, fake)
        adam_c.zero_grad()
        loss_c.backward()
        adam_c.step()
    loss_g = -critic(generator(torch.randn(32, 3))).mean()
    adam_g.zero_grad()
    loss_g.backward()
    adam_g.step()
    if step % 3 == 0:
        print(f"step {step}: critic {loss_c.item():.4f} generator {loss_g.item():.4f}")
weight = critic[0].weight
print("largest singular value", round(torch.linalg.svdvals(weight.detach())[0].item(), 2), weight.shape)
with torch.no_grad():
    points = generator(torch.randn(100, 3))
    print("mean radius", points.norm(dim=1).mean(), "quantiles", points[:, 0].quantile(torch.tensor([0.25, 0.5, 0.75])))
