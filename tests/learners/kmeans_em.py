"""Clustering by hand: k-means, then a mixture of Gaussians by gradient descent."""

import math

import torch
from torch import nn

torch.manual_seed(0)
centers = torch.tensor([[0.0, 0.0], [4.0, 1.0], [1.0, 5.0]])
x = torch.cat([c + 0.7 * torch.randn(40, 2) for c in centers])
x = x[torch.randperm(x.shape[0])]

means = x[torch.randperm(len(x))[:3]].clone()
for _ in range(10):
    distance = (x[:, None, :] - means[None]).pow(2).sum(-1)
    nearest = distance.argmin(dim=1)
    sums = torch.zeros_like(means).index_add_(0, nearest, x)
    counts = torch.zeros(3).scatter_add_(0, nearest, torch.ones(len(x)))
    means = sums / counts.unsqueeze(1)
order = means[:, 0].argsort()
print("means", means[order], "sizes", counts[order].int().tolist(), "inertia", distance.min(1).values.sum().item())


class Mixture(nn.Module):
    def __init__(self, means):
        super().__init__()
        self.means = nn.Parameter(means.clone())
        self.log_std = nn.Parameter(torch.zeros(3, 2))
        self.weights = nn.Parameter(torch.zeros(3))

    def log_prob(self, x):
        z = (x.unsqueeze(1) - self.means) / self.log_std.exp()
        each = -0.5 * (z**2 + math.log(2 * math.pi)).sum(-1) - self.log_std.sum(-1)
        return torch.logsumexp(each + torch.log_softmax(self.weights, 0), dim=1)


model = Mixture(means)
optimizer = torch.optim.Adam(model.parameters(), lr=0.05, amsgrad=True)
for step in range(40):
    loss = -model.log_prob(x).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 10 == 0:
        print(step, f"{loss.item():.4f}")
print("std", model.log_std.exp().detach()[order], "weights", model.weights.softmax(0))
