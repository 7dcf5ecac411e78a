"""Meta-learning (MAML) of sine waves: the inner steps stay in the graph, the outer loss differentiates through them."""

import math

import torch
from torch import nn
from torch.func import functional_call

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 1))
meta = torch.optim.Adam(net.parameters(), lr=5e-3)


def task():
    amplitude, phase = 0.5 + 2 * torch.rand(1), math.pi * torch.rand(1)

    def sample(n):
        x = torch.rand(n, 1) * 6 - 3
        return x, amplitude * torch.sin(x + phase)

    return sample


def adapt(sample, steps=2, rate=0.05, create_graph=True):
    parameters = dict(net.named_parameters())
    for _ in range(steps):
        x, y = sample(8)
        loss = nn.functional.mse_loss(functional_call(net, parameters, (x,)), y)
        gradients = torch.autograd.grad(loss, list(parameters.values()), create_graph=create_graph)
        parameters = {name: p - rate * g for (name, p), g in zip(parameters.items(), gradients, strict=True)}
    return parameters


for iteration in range(10):
    meta.zero_grad()
    outer = 0.0
    for _ in range(4):
        sample = task()
        parameters = adapt(sample)
        x, y = sample(8)
        outer = outer + nn.functional.mse_loss(functional_call(net, parameters, (x,)), y) / 4
    outer.backward()
    meta.step()
    if iteration % 3 == 0:
        size = sum(p.grad.norm() ** 2 for p in net.parameters()).sqrt()
        print(f"iteration {iteration}: outer loss {outer.item():.4f}, gradient {size.item():.4f}")

sample = task()
x, y = sample(16)
before = nn.functional.mse_loss(net(x), y)
after = nn.functional.mse_loss(functional_call(net, adapt(sample, create_graph=False), (x,)), y)
print(f"a new task: {before.item():.4f} before, {after.item():.4f} after two steps")
