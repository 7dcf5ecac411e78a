"""Learning-rate finder: the rate grows every batch, the loss is smoothed, the steepest fall is looked for."""

import copy

import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR

torch.manual_seed(0)
x = torch.linspace(-1, 1, 64).unsqueeze(1)
y = torch.sin(3 * x) + 0.1 * torch.randn(64, 1)
model = nn.Sequential(nn.Linear(1, 20), nn.Tanh(), nn.Linear(20, 1))
start = copy.deepcopy(model.state_dict())

lowest, highest, steps = 1e-4, 10.0, 40
optimizer = torch.optim.SGD(model.parameters(), lr=lowest)
scheduler = LambdaLR(optimizer, lr_lambda=lambda step: (highest / lowest) ** (step / (steps - 1)))
rates, losses, average = [], [], 0.0
for step in range(steps):
    loss = nn.functional.mse_loss(model(x), y)
    average = 0.7 * average + 0.3 * loss.item()
    smoothed = average / (1 - 0.7 ** (step + 1))
    rates.append(scheduler.get_last_lr()[0])
    losses.append(smoothed)
    if step > 5 and smoothed > 4 * min(losses):
        print("diverged at step", step)
        break
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()

curve, log_rates = torch.tensor(losses), torch.tensor(rates).log()
slope = (curve[2:] - curve[:-2]) / (log_rates[2:] - log_rates[:-2])
best = rates[int(slope.argmin()) + 1]
print("smoothed:", [f"{value:.4f}" for value in losses[::6]])
print(f"steepest at lr {best:.5f}, lowest smoothed loss {curve.min():.5f}, {len(losses)} losses")

model.load_state_dict(start)
optimizer = torch.optim.SGD(model.parameters(), lr=best, momentum=0.9)
scheduler = torch.optim.lr_scheduler.CyclicLR(optimizer, best / 5, best, step_size_up=10, mode="triangular2")
for step in range(60):
    loss = nn.functional.mse_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()
print(f"final loss {loss.item():.5f} at lr {optimizer.param_groups[0]['lr']:.6f}")
