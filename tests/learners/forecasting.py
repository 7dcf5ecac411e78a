"""Forecasting a time series from windows cut with unfold; metrics; printing options."""

import math

import numpy as np
import torch
import torch.nn as nn

torch.manual_seed(0)
np.random.seed(0)
t = np.arange(160)
series = np.sin(2 * np.pi * t / 20) + 0.5 * np.cos(2 * np.pi * t / 7) + 0.05 * np.random.randn(160)
series = torch.from_numpy(series).float()
mean, std = series[:120].mean(), series[:120].std()
scaled = (series - mean) / std
windows = scaled.unfold(0, 13, 1)
x, y = windows[:, :12], windows[:, 12:]
train_x, train_y, test_x, test_y = x[:100], y[:100], x[120:], y[120:]


class Forecaster(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(12, 16), nn.ReLU(), nn.Linear(16, 1))
        self.register_buffer("scale", torch.tensor(1.0))
        self.skip = nn.Parameter(torch.tensor(0.1))

    def forward(self, x):
        return self.net(x) * self.scale + self.skip * x[..., -1:]


model = Forecaster()
optimizer = torch.optim.RAdam(model.parameters(), lr=0.01, decoupled_weight_decay=True, weight_decay=0.01)
scheduler = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=10, T_mult=2)
for epoch in range(30):
    model.train()
    for i in range(0, len(train_x), 25):
        loss = nn.SmoothL1Loss(beta=0.5)(model(train_x[i : i + 25]), train_y[i : i + 25])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step(epoch + i / len(train_x))
    if epoch % 10 == 9:
        print(epoch + 1, f"{loss.item():.5f}", f"{optimizer.param_groups[0]['lr']:.6f}")

model.eval()
with torch.no_grad():
    error = (model(test_x) - test_y) * std
    print(f"MAE {error.abs().mean():.4f} RMSE {math.sqrt(error.pow(2).mean()):.4f} worst {error.abs().amax():.4f}")
    window, future = scaled[-12:].clone(), []
    for _ in range(5):
        nxt = model(window.unsqueeze(0)).squeeze(0)
        future.append(nxt.item() * std.item() + mean.item())
        window = torch.cat((window[1:], nxt))
torch.set_printoptions(precision=3, sci_mode=False)
print(torch.tensor(future))
torch.set_printoptions(profile="default")
print(sorted(model.state_dict()), model.skip)
