"""Maximising activations, total variation, gradients of gradients: autograd used in unusual ways."""

import torch
import torch.nn as nn

torch.manual_seed(0)
net = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2), nn.Conv2d(4, 2, 3)).double()
activation = {}


def save(name):
    def hook(module, inputs, output):
        activation[name] = output

    return hook


net[0].register_forward_hook(save("conv1"))
net[3].register_forward_hook(save("conv2"))
image = torch.rand(1, 1, 10, 10, dtype=torch.float64, requires_grad=True)
optimizer = torch.optim.LBFGS([image], lr=0.5, max_iter=5, line_search_fn="strong_wolfe")


def gram(x):
    b, c, h, w = x.shape
    f = x.view(c, h * w)
    return torch.mm(f, f.t()) / (c * h * w)


with torch.no_grad():
    net(torch.rand(1, 1, 10, 10, dtype=torch.float64))
    goal = {k: gram(v).clone() for k, v in activation.items()}


def closure():
    optimizer.zero_grad()
    net(image.clamp(0, 1))
    style = sum(nn.functional.mse_loss(gram(activation[k]), goal[k]) for k in goal)
    variation = (image[..., 1:, :] - image[..., :-1, :]).abs().mean() + (image[..., 1:] - image[..., :-1]).abs().mean()
    loss = 100 * style + 0.1 * variation
    loss.backward()
    return loss


for step in range(4):
    print(step, f"{optimizer.step(closure).item():.5f}")
print(image.min().item(), image.max().item(), activation["conv2"].shape)

# WGAN-GP's penalty
critic = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))
real, fake = torch.randn(6, 3), torch.randn(6, 3)
alpha = torch.rand(6, 1).expand_as(real)
mixed = (alpha * real + (1 - alpha) * fake).requires_grad_(True)
score = critic(mixed)
(gradient,) = torch.autograd.grad(score, mixed, torch.ones_like(score), create_graph=True, retain_graph=True)
penalty = ((gradient.norm(2, dim=1) - 1) ** 2).mean()
penalty.backward()
print("penalty", penalty.item(), [p.grad.norm().item() if p.grad is not None else None for p in critic.parameters()])
grads = []
h = torch.randn(3, requires_grad=True)
z = (h * 2).tanh()
z.register_hook(lambda g: grads.append(g.clone()))
z.retain_grad()
z.pow(2).sum().backward()
print(grads[0], z.grad, h.grad)
