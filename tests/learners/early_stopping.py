"""Early stopping, checkpoints, a plateau schedule, and going on from the best checkpoint."""

import os
import tempfile

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
x = torch.rand(120, 5)
y = (x**2).sum(dim=1, keepdim=True) + 0.3 * torch.randn(120, 1)
train, valid = random_split(TensorDataset(x, y), [80, 40], generator=torch.Generator().manual_seed(1))
train_loader = DataLoader(train, batch_size=20, shuffle=True, generator=torch.Generator().manual_seed(2))
valid_loader = DataLoader(valid, batch_size=40)


class EarlyStopping:
    def __init__(self, patience, path):
        self.patience, self.path, self.best, self.waited = patience, path, float("inf"), 0

    def __call__(self, value, epoch, model, optimizer):
        if value < self.best - 1e-3:
            self.best, self.waited = value, 0
            state = {"epoch": epoch, "model": model.state_dict(), "optimizer": optimizer.state_dict(), "best": value}
            torch.save(state, self.path)
        else:
            self.waited += 1
        return self.waited >= self.patience


model = nn.Sequential(nn.Linear(5, 32), nn.ReLU(), nn.Linear(32, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
loss_fn = nn.HuberLoss(delta=0.5)
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "best.pt")
    stopper = EarlyStopping(3, path)
    for epoch in range(25):
        for xb, yb in train_loader:
            optimizer.zero_grad()
            loss_fn(model(xb), yb).backward()
            optimizer.step()
        with torch.no_grad():
            value = sum(loss_fn(model(xb), yb).item() for xb, yb in valid_loader)
        scheduler.step(value)
        print(f"{epoch:2d} {value:.5f} lr {optimizer.param_groups[0]['lr']:.5f}")
        if stopper(value, epoch, model, optimizer):
            print("stopped")
            break
    checkpoint = torch.load(path, weights_only=True)
print("best", checkpoint["epoch"], f"{checkpoint['best']:.5f}", sorted(checkpoint["optimizer"]["state"][0]))
model.load_state_dict(checkpoint["model"])
optimizer.load_state_dict(checkpoint["optimizer"])
loss = loss_fn(model(x), y)
loss.backward()
optimizer.step()
print(f"going on: {loss.item():.5f}", [f"{p.norm().item():.5f}" for p in model.parameters()])
