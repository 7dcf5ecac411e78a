"""A sound script in which the divergence finder meets what is awkward: `varied.py STEPS`.

Two optimizers that take turns, one with a closure; weights in no module; a module called by its parts, a shared layer,
modules in a plain list, in-place operations, residual sums, two backwards in one step, clipped gradients, a bias before
batch normalisation, whose gradient is nothing but rounding; evaluation in between; data that a module prepares, now
and then in a worker.
"""

import sys

import torch
import torch.nn.functional as F
from torch import nn


class Rows(torch.utils.data.Dataset):
    def __init__(self, x, y):
        self.x, self.y, self.prepare = x, y, nn.Linear(5, 5)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        return self.prepare(self.x[index]).detach(), self.y[index]


class Block(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.fc = nn.Linear(n, n)
        self.norm = nn.BatchNorm1d(n)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x, *, scale):
        y = self.norm(self.fc(x))
        y += x * scale
        y = self.act(y)
        return y, {"sum": y.sum(1)}


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.inside = nn.Linear(5, 8)
        self.block = Block(8)
        self.loose = [nn.Tanh()]
        self.out = nn.Linear(8, 1)

    def encode(self, x):
        return self.inside(x).relu_()

    def forward(self, x):
        x = self.encode(x)
        for scale in (1.0, 0.5):  # the same weights twice
            x, more = self.block(x, scale=scale)
        return self.out(self.loose[0](x)) + 0.01 * F.dropout(more["sum"], 0.5, self.training)[:, None]


def main():
    torch.manual_seed(1)
    net, free = Net(), torch.randn(5, requires_grad=True)
    first = torch.optim.AdamW(net.parameters(), lr=1e-2)
    second = torch.optim.SGD([free], lr=1e-2, momentum=0.9, nesterov=True)
    schedule = torch.optim.lr_scheduler.StepLR(first, 2, 0.5)
    x, y = torch.randn(12, 5), torch.randn(12, 1)
    rows = Rows(x, y)
    for step in range(int(sys.argv[1]) // 2):
        some, wanted = next(iter(torch.utils.data.DataLoader(rows, 6, shuffle=True, num_workers=step % 2)))
        first.zero_grad()
        error = F.mse_loss(net(some + free), wanted)
        (0.5 * error).backward(retain_graph=True)
        (0.5 * error + 0.1 * net.encode(x).mean()).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 0.5)
        first.step()
        schedule.step()

        def closure():
            second.zero_grad()
            far = ((x * free).sum(1, keepdim=True) - y).abs().mean()
            far.backward()
            return far

        second.step(closure)
        with torch.no_grad():
            net.eval()
            net(x)
            net.train()


if __name__ == "__main__":
    main()
