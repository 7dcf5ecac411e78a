"""A net, a data set, a training loop, a checkpoint: as users write them."""

from __future__ import annotations

from typing import Any, assert_type

import minitorch as torch
from minitorch import Tensor, nn
from minitorch.optim.lr_scheduler import StepLR
from minitorch.utils.data import DataLoader, Dataset, TensorDataset


class Squares(Dataset[tuple[Tensor, Tensor]]):
    """x and x², for a handful of x."""

    def __init__(self, n: int) -> None:
        self.x = torch.linspace(-1, 1, n).unsqueeze(1)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return self.x[index], self.x[index] ** 2

    def __len__(self) -> int:
        return len(self.x)


class Net(nn.Module):
    """Two layers; the forward's own types are those of a call."""

    scale: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Linear(1, width)
        self.second = nn.Linear(width, 1)
        self.gain = nn.Parameter(torch.ones(1))
        self.register_buffer("scale", torch.ones(1))

    def forward(self, x: Tensor, training: bool = True) -> Tensor:
        hidden = assert_type(self.first(x), Tensor)
        hidden = nn.functional.dropout(torch.relu(hidden), 0.1, training)
        return self.second(hidden) * self.gain * self.scale


class Pair(nn.Module):
    """A module that returns two things."""

    def forward(self, x: Tensor) -> tuple[Tensor, int]:
        return x.sum(), x.numel()


def train(epochs: int) -> list[float]:
    torch.manual_seed(0)
    data = Squares(16)
    assert_type(data[0], tuple[Tensor, Tensor])
    loader = DataLoader(data, batch_size=4, shuffle=True)
    net = Net(8)
    assert_type(net(torch.zeros(2, 1)), Tensor)
    assert_type(Pair()(torch.zeros(2)), tuple[Tensor, int])
    loss_fn = nn.MSELoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    schedule = StepLR(optimizer, step_size=1, gamma=0.9)
    losses: list[float] = []
    for _ in range(epochs):
        total = 0.0
        for x, y in loader:
            loss = assert_type(loss_fn(net(x), y), Tensor)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            total += loss.item()
        schedule.step()
        losses.append(total)
    for name, parameter in net.named_parameters():
        assert_type(name, str)
        assert_type(parameter, nn.Parameter)
        assert_type(parameter.grad, Tensor | None)
    return losses


def evaluate(net: Net, x: Tensor) -> float:
    net.eval()
    with torch.no_grad():
        best = torch.max(net(x, training=False), dim=0).values
    return float(best.mean())


def copy_of(net: Net) -> Net:
    state = assert_type(net.state_dict(), dict[str, Any])
    other = Net(8)
    result = other.load_state_dict(state)
    assert_type(result.missing_keys, list[str])
    return other.to(torch.float64).float()


def layers() -> None:
    x = torch.zeros(2, 3, 8, 8)
    assert_type(nn.Conv2d(3, 4, 3)(x), Tensor)
    assert_type(nn.BatchNorm2d(3)(x), Tensor)
    assert_type(nn.LayerNorm(8)(x), Tensor)
    assert_type(nn.Embedding(4, 2)(torch.tensor([1])), Tensor)
    assert_type(nn.Linear(3, 2).weight, nn.Parameter)
    assert_type(nn.Linear(3, 2).bias, nn.Parameter | None)
    net = nn.Sequential(nn.Flatten(), nn.Linear(192, 2))
    for child in net.children():
        assert_type(child, nn.Module)

    def start(module: nn.Module) -> None:
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)

    net.apply(start)
    for a, b in zip(TensorDataset(torch.zeros(2))[0], nn.ParameterList([torch.zeros(1)]), strict=True):
        assert_type(a, Tensor)
        print(b)


if __name__ == "__main__":
    assert train(3)[-1] < 3
    net = Net(8)
    assert evaluate(copy_of(net), torch.zeros(2, 1)) == evaluate(net, torch.zeros(2, 1))
    layers()
