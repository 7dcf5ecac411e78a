"""A small residual network on 8×8 digits: BatchNorm, skip connections, a stride in the shortcut, label smoothing."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(0)
digits = load_digits()
x = torch.from_numpy(digits.images[:192]).float().unsqueeze(1) / 16
y = torch.from_numpy(digits.target[:192])


class Block(nn.Module):
    def __init__(self, inside, outside, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(inside, outside, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outside)
        self.conv2 = nn.Conv2d(outside, outside, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outside)
        self.shortcut = nn.Sequential()
        if stride != 1 or inside != outside:
            self.shortcut = nn.Sequential(nn.Conv2d(inside, outside, 1, stride=stride, bias=False), nn.BatchNorm2d(outside))

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)), inplace=True)
        out = self.bn2(self.conv2(out))
        out += self.shortcut(x)
        return F.relu(out)


net = nn.Sequential(Block(1, 8), Block(8, 16, stride=2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10))
for module in net.modules():
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
decay = [p for p in net.parameters() if p.ndim > 1]
rest = [p for p in net.parameters() if p.ndim <= 1]
groups = [{"params": decay, "weight_decay": 5e-4}, {"params": rest, "weight_decay": 0.0}]
optimizer = torch.optim.SGD(groups, lr=0.05, momentum=0.9, nesterov=True)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=4)
criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
print(net, sum(p.numel() for p in net.parameters() if p.requires_grad))
for epoch in range(4):
    net.train()
    total = 0.0
    for index in torch.randperm(len(x)).split(64):
        optimizer.zero_grad()
        loss = criterion(net(x[index]), y[index])
        loss.backward()
        optimizer.step()
        total += loss.item() * len(index)
    scheduler.step()
    print(f"epoch {epoch}: loss {total / len(x):.3f}, lr {scheduler.get_last_lr()[0]:.5f}")
print("statistics:", net[0].bn1.running_mean[:3], net[0].bn1.num_batches_tracked.item())
