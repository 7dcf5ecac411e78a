"""A physics-informed net for u'' = −u, u(0) = 0, u'(0) = 1: derivatives of the net in its loss; Adam, then L-BFGS."""

import torch
import torch.nn as nn

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
net = nn.Sequential(nn.Linear(1, 12), nn.Tanh(), nn.Linear(12, 12), nn.Tanh(), nn.Linear(12, 1))
t = torch.linspace(0, 2, 20).reshape(-1, 1).requires_grad_()
zero = torch.zeros(1, 1, requires_grad=True)


def derivative(y, x):
    return torch.autograd.grad(y, x, grad_outputs=torch.ones_like(y), create_graph=True)[0]


def compute_loss():
    u = net(t)
    u_tt = derivative(derivative(u, t), t)
    u0 = net(zero)
    return (u_tt + u).pow(2).mean() + u0.pow(2).squeeze() + (derivative(u0, zero) - 1).pow(2).squeeze()


adam = torch.optim.Adam(net.parameters(), lr=0.01)
for step in range(40):
    adam.zero_grad()
    loss = compute_loss()
    loss.backward()
    adam.step()
print(f"after Adam {loss.item():.6f}")

lbfgs = torch.optim.LBFGS(net.parameters(), max_iter=12, line_search_fn="strong_wolfe")


def closure():
    lbfgs.zero_grad()
    loss = compute_loss()
    loss.backward()
    return loss


for _ in range(2):
    print(f"before L-BFGS step {lbfgs.step(closure).item():.6f}")
with torch.no_grad():
    error = (net(t) - torch.sin(t)).abs().max()
    print("u(t):", net(t)[::4].squeeze())
print(f"after L-BFGS {compute_loss().item():.3e}, worst error {error.item():.3e}")
torch.set_default_dtype(torch.float32)
