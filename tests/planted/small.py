"""A small training script with ten bugs in it, each behind a switch: `small.py BUG ENGINE STEPS`.

The bug BUG is there only while the script runs on ENGINE (minitorch or torch), as if that engine had it. More
switches make other things that the divergence finder must tell.
"""

import sys

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset


def has(bug):
    return [bug, torch.__name__] == sys.argv[1:3]


class Pictures(Dataset):
    """Sixteen random pictures; a shuffle that is off by one hands out each one's neighbour."""

    def __init__(self):
        self.x = torch.randn(16, 1, 6, 6)
        self.y = torch.randint(0, 3, (16,))

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        if has("shuffle"):
            index = (index + 1) % len(self)
        return self.x[index], self.y[index]


class Multiply(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight):
        ctx.save_for_backward(x, weight)
        return x @ weight

    @staticmethod
    def backward(ctx, gradient):
        x, weight = ctx.saved_tensors
        of_weight = x.t() @ gradient
        return gradient @ weight.t(), of_weight.t().contiguous() if has("transpose") else of_weight


class Square(nn.Module):
    """A square matrix, multiplied by a function of the script's own."""

    def __init__(self, n):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(n, n) / n**0.5)

    def forward(self, x):
        return Multiply.apply(x, self.weight)


class Centre(nn.Module):
    """Subtracts a running mean, which it keeps in a buffer."""

    def __init__(self, n):
        super().__init__()
        self.register_buffer("mean", torch.zeros(n))

    def forward(self, x):
        if self.training and not has("buffer"):
            with torch.no_grad():
                self.mean.mul_(0.9).add_(0.1 * x.mean(0))
        return x - self.mean


class Drop(nn.Module):
    def forward(self, x):
        mask = torch.bernoulli(torch.full(x.shape, 0.75))
        return x * mask / 0.75 / (0.75 if has("dropout") else 1)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, padding=1, padding_mode="zeros")
        if has("padding"):
            self.conv.padding, self.conv.dilation = (2, 2), (2, 2)  # the same shape comes out
        if has("shape"):
            self.conv.padding = (0, 0)
        self.norm = nn.BatchNorm2d(4, eps=1e-3 if has("eps") else 1e-5)
        self.features = nn.Sequential(nn.ReLU(inplace=True), nn.MaxPool2d(2))
        self.centre = Centre(36)
        self.drop = Drop()
        self.square = Square(36)
        self.head = nn.Linear(36, 3)

    def forward(self, x):
        x = self.features(self.norm(self.conv(x)))
        x = self.drop(self.centre(x.flatten(1)))
        return self.head(F.relu(self.square(x)))


class Descent(torch.optim.Optimizer):
    """SGD with momentum."""

    def __init__(self, params, lr):
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                state = self.state[p]
                if "momentum" not in state:
                    state["momentum"] = p.grad.clone()
                else:
                    state["momentum"].mul_(0.9).add_(p.grad, alpha=0.5 if has("dampening") else 1)
                p.sub_(group["lr"] * state["momentum"])


class Moments(torch.optim.Optimizer):
    """Adam with weight decay."""

    def __init__(self, params, lr):
        super().__init__(params, {"lr": lr, "decay": 0.1, "eps": 1e-8})

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                state = self.state[p]
                if not state:
                    state["step"], state["first"], state["second"] = 0, torch.zeros_like(p), torch.zeros_like(p)
                state["step"] += 1
                late = has("decay")
                gradient = p.grad if late else p.grad + group["decay"] * p
                state["first"].mul_(0.9).add_(gradient, alpha=0.1)
                state["second"].mul_(0.999).add_(gradient * gradient, alpha=0.001)
                first, second = state["first"], state["second"]
                if not has("correction"):
                    first, second = first / (1 - 0.9 ** state["step"]), second / (1 - 0.999 ** state["step"])
                p.sub_(group["lr"] * (first / (second.sqrt() + group["eps"]) + (group["decay"] * p if late else 0)))


def main():
    torch.manual_seed(0)
    model = Net()
    if has("start"):
        with torch.no_grad():
            model.head.bias.add_(0.01)
    if has("frozen"):
        model.head.bias.requires_grad_(False)
    if has("failing"):
        raise ValueError("a bug of another kind")
    criterion = nn.CrossEntropyLoss(reduction="mean" if has("reduction") else "sum")
    if sys.argv[1] in ("dampening", "correction", "decay"):
        optimizer = (Descent if sys.argv[1] == "dampening" else Moments)(model.parameters(), lr=1e-3)
    else:
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, eps=1e-5 if has("adam eps") else 1e-8)
    done, steps = 0, int(sys.argv[3])
    while done < steps:
        for x, y in DataLoader(Pictures(), batch_size=4, shuffle=True):
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            if has("late") and done == 11:
                loss = 1.001 * loss
            loss.backward()
            optimizer.step()
            done += 1
            if done == steps:
                break


if __name__ == "__main__":
    main()
