"""What a network looks at: saliency by the input's gradient, SmoothGrad, integrated gradients, Grad-CAM with hooks."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images[:100]).float()[:, None] / 16
y = torch.tensor(digits.target[:100])
net = nn.Sequential(nn.Conv2d(1, 6, 3), nn.ReLU(), nn.Conv2d(6, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(128, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
for step in range(15):
    optimizer.zero_grad()
    loss = F.cross_entropy(net(x), y)
    loss.backward()
    optimizer.step()
print(f"trained to {loss.item():.4f}")
net.eval()
net.requires_grad_(False)

image = x[:1].clone().requires_grad_()
score = net(image)[0, y[0]]
score.backward()
saliency = image.grad.abs().squeeze()
print("saliency rows", saliency.sum(dim=1))

noisy = (x[:1] + 0.1 * torch.randn(10, 1, 8, 8)).requires_grad_()
(smooth,) = torch.autograd.grad(net(noisy)[:, y[0]].sum(), noisy)
print(f"SmoothGrad {smooth.mean(0).abs().sum():.4f}")

steps = torch.linspace(0, 1, 21).view(-1, 1, 1, 1)
path = (steps * x[:1]).requires_grad_()
(gradient,) = torch.autograd.grad(net(path)[:, y[0]].sum(), path)
integrated = torch.trapezoid(gradient, dx=1 / 20, dim=0) * x[0]
difference = net(x[:1])[0, y[0]] - net(torch.zeros(1, 1, 8, 8))[0, y[0]]
print(f"integrated {integrated.sum():.4f}, difference of the scores {difference:.4f}")

kept = {}
handles = [
    net[2].register_forward_hook(lambda module, args, output: kept.update(activation=output)),
    net[2].register_full_backward_hook(lambda module, before, after: kept.update(gradient=after[0])),
]
image = x[1:2].clone().requires_grad_()
net(image)[0].max().backward()
for handle in handles:
    handle.remove()
weights = kept["gradient"].mean(dim=(2, 3), keepdim=True)
cam = F.relu((weights * kept["activation"]).sum(1, keepdim=True))
cam = F.interpolate(cam, size=(8, 8), mode="bilinear", align_corners=False)
print("Grad-CAM", tuple(cam.shape), cam.flatten()[::9].detach())
