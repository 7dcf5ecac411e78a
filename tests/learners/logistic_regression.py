"""Logistic regression on two clouds, trained by five optimizers in turn."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim

torch.manual_seed(0)
n = 80
clouds = torch.cat([torch.randn(n, 2) + 1.5, torch.randn(n, 2) - 1.0])
labels = torch.cat([torch.ones(n), torch.zeros(n)])
order = torch.randperm(2 * n)
clouds, labels = clouds[order], labels[order]
train_x, test_x = clouds[:120], clouds[120:]
train_y, test_y = labels[:120], labels[120:]


class LogisticRegression(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.linear = nn.Linear(features, 1)

    def forward(self, x):
        return self.linear(x).squeeze(-1)


criterion = nn.BCEWithLogitsLoss()
for name, options in [("SGD", {"lr": 0.5, "momentum": 0.9}), ("RMSprop", {"lr": 0.05}), ("Adagrad", {"lr": 0.5}),
                      ("NAdam", {"lr": 0.1}), ("Rprop", {"lr": 0.1})]:  # fmt: skip
    torch.manual_seed(1)
    model = LogisticRegression(2)
    optimizer = getattr(optim, name)(model.parameters(), **options)
    for _ in range(30):
        optimizer.zero_grad()
        loss = criterion(model(train_x), train_y)
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        probabilities = torch.sigmoid(model(test_x))
        predicted = (probabilities > 0.5).float()
        accuracy = (predicted == test_y).float().mean().item()
        test_loss = F.binary_cross_entropy(probabilities, test_y)
    print(f"{name:8s} train {loss.item():.4f} test {test_loss:.4f} accuracy {accuracy:.3f}", model.linear.weight.data)
