"""Logistic regression by Newton's method: gradient and Hessian from torch.autograd.functional, errors from its inverse."""

import torch
import torch.nn.functional as F
from sklearn.datasets import load_breast_cancer
from torch.autograd.functional import hessian, hvp, jacobian

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
data = load_breast_cancer()
x = torch.tensor(data.data[:200, :4])
x = torch.cat([torch.ones(200, 1), (x - x.mean(0)) / x.std(0)], dim=1)
y = torch.tensor(data.target[:200]).double()


def objective(w):
    return F.binary_cross_entropy_with_logits(x @ w, y, reduction="sum") + 0.5 * w[1:].square().sum()


w = torch.zeros(5)
for step in range(6):
    gradient = jacobian(objective, w)
    curvature = hessian(objective, w)
    direction = torch.linalg.solve(curvature, gradient)
    decrement = gradient @ direction
    w = w - direction
    print(f"step {step} objective {objective(w).item():.6f} decrement {decrement.item():.3e}" if step < 4 else f"step {step}")
print("weights", w)
covariance = torch.linalg.inv(hessian(objective, w))
print("standard errors", covariance.diagonal().sqrt())
values, vectors = torch.linalg.eigh(covariance)
print("eigenvalues", values, "condition", round((values[-1] / values[0]).item(), 2))
direction = torch.ones(5)
_, product = hvp(objective, w, direction)
print("by product", product, torch.allclose(product, hessian(objective, w) @ direction))
p = torch.sigmoid(x @ w)
by_hand = x.T @ torch.diag(p * (1 - p)) @ x + torch.diag(torch.tensor([0.0, 1, 1, 1, 1]))
print("by hand", torch.allclose(by_hand, hessian(objective, w), rtol=1e-9), ((p > 0.5) == y.bool()).sum().item(), "right")
torch.set_default_dtype(torch.float32)
