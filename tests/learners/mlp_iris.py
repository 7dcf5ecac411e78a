"""A perceptron on the irises: scikit-learn's data, a DataLoader, a schedule, a confusion matrix."""

import numpy as np
import torch
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
X, y = load_iris(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=0, stratify=y)
scaler = StandardScaler().fit(X_train)
train_set = TensorDataset(torch.tensor(scaler.transform(X_train), dtype=torch.float32), torch.from_numpy(y_train))
test_x, test_y = torch.from_numpy(scaler.transform(X_test).astype(np.float32)), torch.from_numpy(y_test).long()
loader = DataLoader(train_set, batch_size=16, shuffle=True)

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3)).to(device)
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.AdamW(model.parameters(), lr=0.02, weight_decay=0.01)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)
print(model, sum(p.numel() for p in model.parameters() if p.requires_grad), "parameters")

for epoch in range(10):
    model.train()
    total, correct = 0.0, 0
    for xb, yb in loader:
        xb, yb = xb.to(device), yb.to(device)
        logits = model(xb)
        loss = loss_fn(logits, yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * xb.size(0)
        correct += (logits.argmax(dim=1) == yb).sum().item()
    scheduler.step()
    if epoch % 3 == 0:
        print(epoch, f"{total / len(train_set):.4f}", correct, f"{scheduler.get_last_lr()[0]:.6f}")

model.eval()
with torch.no_grad():
    predicted = model(test_x).argmax(1)
confusion = torch.zeros(3, 3, dtype=torch.int64)
for t, p in zip(test_y, predicted, strict=True):
    confusion[t, p] += 1
print(confusion, (predicted == test_y).float().mean())
