"""A normalising flow (RealNVP) on two moons: coupling layers, log-determinants, inversion, densities."""

import torch
import torch.nn as nn
from sklearn.datasets import make_moons
from torch.distributions import Normal

torch.manual_seed(0)
x = torch.from_numpy(make_moons(256, noise=0.05, random_state=0)[0]).float()
x = (x - x.mean(0)) / x.std(0)


class Coupling(nn.Module):
    def __init__(self, mask):
        super().__init__()
        self.register_buffer("mask", torch.tensor(mask))
        self.net = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 4))

    def forward(self, x):
        log_scale, shift = self.net(x * self.mask).chunk(2, dim=1)
        log_scale = torch.tanh(log_scale) * (1 - self.mask)
        return x * log_scale.exp() + shift * (1 - self.mask), log_scale.sum(1)

    def inverse(self, z):
        log_scale, shift = self.net(z * self.mask).chunk(2, dim=1)
        log_scale = torch.tanh(log_scale) * (1 - self.mask)
        return (z - shift * (1 - self.mask)) * (-log_scale).exp()


layers = nn.ModuleList(Coupling([float(k % 2), float((k + 1) % 2)]) for k in range(4))
base = Normal(torch.zeros(2), torch.ones(2))


def log_prob(x):
    total = x.new_zeros(len(x))
    for layer in layers:
        x, log_det = layer(x)
        total = total + log_det
    return base.log_prob(x).sum(1) + total, x


optimizer = torch.optim.Adamax(layers.parameters(), lr=0.01)
for step in range(24):
    loss = -log_prob(x)[0].mean()
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_value_(layers.parameters(), 1.0)
    optimizer.step()
    if step % 6 == 0:
        print(f"{step:2d} negative log-likelihood {loss.item():.4f}")
with torch.no_grad():
    _, z = log_prob(x)
    back = z
    for layer in reversed(layers):
        back = layer.inverse(back)
    print("inverted", torch.allclose(back, x, atol=1e-4), "z mean", z.mean(0), "z std", z.std(0))
    jacobian = torch.autograd.functional.jacobian(lambda p: layers[0](p[None])[0][0], x[0])
    print("log-determinant", torch.linalg.det(jacobian).abs().log(), layers[0](x[:1])[1])
    made = base.sample((5,))
    for layer in reversed(layers):
        made = layer.inverse(made)
    print(made)
