"""Mixup and CutMix-like boxes with soft targets, a Lambda schedule, an exponential moving average of the weights."""

import copy

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(0)
digits = load_digits()
x = torch.as_tensor(digits.images[:200]).float().div_(16).unsqueeze(1)
y = torch.as_tensor(digits.target[:200])


def mixed(x, y, share):
    other = torch.randperm(len(x))
    targets = F.one_hot(y, 10).float()
    return torch.lerp(x, x[other], share), torch.lerp(targets, targets[other], share)


def boxed(x, y):
    other = torch.randperm(len(x))
    top, left = (int(v) for v in torch.randint(0, 4, (2,)))
    x = x.clone()
    x[:, :, top : top + 4, left : left + 4] = x[other, :, top : top + 4, left : left + 4]
    targets = F.one_hot(y, num_classes=10).float()
    return x, 0.75 * targets + 0.25 * targets[other]


net = nn.Sequential(
    nn.Conv2d(1, 6, 3, padding=1), nn.PReLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Dropout(0.2), nn.Linear(96, 10)
)
average = copy.deepcopy(net).requires_grad_(False)
optimizer = torch.optim.Adam(net.parameters(), lr=0.01, amsgrad=True)
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 0.8**epoch)
smooth = nn.CrossEntropyLoss(label_smoothing=0.05)
for epoch in range(5):
    total = 0.0
    for k, index in enumerate(torch.randperm(200).split(50)):
        inputs, targets = mixed(x[index], y[index], 0.3) if k % 2 else boxed(x[index], y[index])
        loss = smooth(net(inputs), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            for slow, fast in zip(average.parameters(), net.parameters(), strict=True):
                slow.mul_(0.9).add_(fast, alpha=0.1)
        total += loss.item() / 4
    scheduler.step()
    print(f"epoch {epoch} loss {total:.4f} lr {scheduler.get_last_lr()[0]:.5f}")
net.eval()
average.eval()
with torch.no_grad():
    for name, model in (("net", net), ("average", average)):
        print(f"{name} loss {F.cross_entropy(model(x), y):.4f}")
    confusion = torch.zeros(10, 10, dtype=torch.long).index_put_((y, y), torch.tensor(1), accumulate=True)
    print(confusion.diagonal())
