"""A small convolutional net with batch normalisation on 8×8 digits, one-cycle schedule, clipped gradients."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Subset, TensorDataset

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16.0
data = TensorDataset(images, torch.tensor(digits.target))
train, test = Subset(data, range(400)), Subset(data, range(1500, 1600))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, kernel_size=3, padding=1)
        self.bn1 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 16, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(16)
        self.fc = nn.Linear(16 * 2 * 2, 10)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2)
        x = F.max_pool2d(F.relu(self.bn2(self.conv2(x))), 2)
        return F.log_softmax(self.fc(torch.flatten(x, 1)), dim=1)


net = Net()
loader = DataLoader(train, batch_size=50, shuffle=True, drop_last=True)
optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, nesterov=True)
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, epochs=3, steps_per_epoch=len(loader))
for epoch in range(3):
    net.train()
    running_loss = 0.0
    for inputs, labels in loader:
        optimizer.zero_grad(set_to_none=True)
        loss = F.nll_loss(net(inputs), labels)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        running_loss += loss.item()
    net.eval()
    with torch.no_grad():
        batch, targets = next(iter(DataLoader(test, batch_size=100)))
        accuracy = net(batch).max(1)[1].eq(targets).sum().item() / len(targets)
    print(f"[{epoch + 1}] loss: {running_loss / len(loader):.3f} norm {norm:.3f} accuracy {accuracy:.2f}")
print("running mean", net.bn2.running_mean[:4], "batches", net.bn2.num_batches_tracked.item())
