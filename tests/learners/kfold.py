"""Ridge and lasso by gradient descent with k-fold cross-validation, metrics by hand, gradient accumulation."""

import torch
from torch import nn
from torch.utils.data import ConcatDataset, DataLoader, Subset, TensorDataset

torch.manual_seed(0)
x = torch.randn(90, 8)
true = torch.tensor([3.0, -2.0, 0, 0, 1.0, 0, 0, 0])
y = x @ true + 0.5 * torch.randn(90)
data = TensorDataset(x, y)
folds = torch.arange(90).chunk(3)


def r2(prediction, target):
    return 1 - ((prediction - target) ** 2).sum() / ((target - target.mean()) ** 2).sum()


for penalty in ("l1", "l2"):
    scores = []
    for k, fold in enumerate(folds):
        rest = ConcatDataset([Subset(data, f.tolist()) for i, f in enumerate(folds) if i != k])
        loader = DataLoader(rest, batch_size=10, shuffle=True)
        model = nn.Linear(8, 1)
        optimizer = torch.optim.ASGD(model.parameters(), lr=0.05, t0=50)
        for epoch in range(4):
            optimizer.zero_grad()
            for i, (xb, yb) in enumerate(loader):
                loss = nn.functional.mse_loss(model(xb).flatten(), yb)
                norm = model.weight.abs().sum() if penalty == "l1" else model.weight.square().sum()
                ((loss + 0.05 * norm) / 2).backward()
                if (i + 1) % 2 == 0:
                    optimizer.step()
                    optimizer.zero_grad()
        with torch.no_grad():
            scores.append(r2(model(x[fold]).squeeze(), y[fold]))
    print(penalty, torch.stack(scores), "mean", torch.stack(scores).mean().item())
    print(model.weight.data.round(decimals=3), (model.weight.abs() < 0.1).sum().item())
values, indices = torch.sort(model.weight.detach().abs().squeeze(), descending=True)
print(values[:3], indices[:3], values[4:].norm())
