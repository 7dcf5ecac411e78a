"""A Gaussian process by hand: an RBF kernel, the marginal likelihood by Cholesky, its hyperparameters by gradients."""

import math

import torch

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
x = torch.linspace(0, 1, 15).unsqueeze(1)
y = torch.sin(6 * x).squeeze() + 0.1 * torch.randn(15)
log_length, log_scale, log_noise = (torch.tensor(v, requires_grad=True) for v in (-1.0, 0.0, -2.0))


def kernel(a, b):
    return log_scale.exp() ** 2 * torch.exp(-0.5 * (torch.cdist(a, b) / log_length.exp()) ** 2)


def rbf(a, b):
    square = (a**2).sum(1, keepdim=True) - 2 * a @ b.T + (b**2).sum(1)
    return (2 * log_scale).exp() * torch.exp(-0.5 * square / (2 * log_length).exp())


def factor():
    return torch.linalg.cholesky(rbf(x, x) + (2 * log_noise).exp() * torch.eye(len(x)))


def negative_log_likelihood():
    lower = factor()
    alpha = torch.cholesky_solve(y.unsqueeze(1), lower).squeeze(1)
    return 0.5 * y @ alpha + lower.diagonal().log().sum() + 0.5 * len(x) * math.log(2 * math.pi)


optimizer = torch.optim.Adam([log_length, log_scale, log_noise], lr=0.05)
for step in range(60):
    optimizer.zero_grad()
    loss = negative_log_likelihood()
    loss.backward()
    optimizer.step()
    if step % 15 == 0:
        print(f"{step:3d} {loss.item():.4f}", [round(p.item(), 4) for p in (log_length, log_scale, log_noise)])

with torch.no_grad():
    new = torch.tensor([[0.1], [0.45], [1.3]])
    lower = factor()
    cross = rbf(new, x)
    mean = cross @ torch.cholesky_solve(y[:, None], lower)[:, 0]
    v = torch.linalg.solve_triangular(lower, cross.T, upper=False)
    variance = rbf(new, new).diagonal() - (v**2).sum(0)
    print("mean", mean)
    print("deviation", variance.sqrt())
    print("the same kernel", torch.allclose(kernel(x, new), rbf(x, new), atol=1e-6))
    prior = torch.linalg.cholesky(rbf(x, x) + 1e-6 * torch.eye(15)) @ torch.randn(15, 2)
    print("a draw", prior[:4, 0])
    sign, logdet = torch.linalg.slogdet(rbf(x, x) + (2 * log_noise).exp() * torch.eye(15))
    print(sign.item(), round(logdet.item(), 4), round(2 * lower.diagonal().log().sum().item(), 4))
torch.set_default_dtype(torch.float32)
