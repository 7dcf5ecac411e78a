"""Linear regression with nothing but tensors and autograd."""

import torch

torch.manual_seed(0)
x = torch.rand(100, 2) * 4 - 2
true_w, true_b = torch.tensor([[2.0], [-3.4]]), 4.2
y = x @ true_w + true_b + torch.normal(0.0, 0.1, (100, 1))

w = torch.zeros(2, 1, requires_grad=True)
b = torch.zeros(1, requires_grad=True)
lr = 0.1

for epoch in range(40):
    y_hat = torch.matmul(x, w) + b
    loss = ((y_hat - y) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
        w.grad.zero_()
        b.grad.zero_()
    if epoch % 10 == 9:
        print(f"epoch {epoch + 1}, loss {loss.item():.5f}")

print("w:", [round(v, 4) for v in w.flatten().tolist()], "b:", round(b.item(), 4))
residual = (x @ w + b - y).detach()
print("residual mean %.5f, std %.5f, max %.5f" % (residual.mean(), residual.std(), residual.abs().max()))

# The same by the normal equations.
design = torch.cat([x, torch.ones(len(x), 1)], dim=1)
gram, moment = design.T @ design, design.T @ y
theta = torch.zeros(3, 1)
for _ in range(200):
    theta += (moment - gram @ theta) / (gram * torch.eye(3)).sum()
print("normal equations:", theta.squeeze().tolist())
