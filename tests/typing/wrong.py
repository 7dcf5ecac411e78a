"""Mistakes that a type checker is to find. `# E: code` says what mypy reports in that line, and nothing else is to be."""

from __future__ import annotations

import minitorch as torch
from minitorch import Tensor, nn


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(3, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(x)


def misspelt(x: Tensor) -> None:
    torch.zeroos(2)  # E: attr-defined
    x.sumn()  # E: attr-defined
    torch.nn.functional.rellu(x)  # E: attr-defined
    torch.save_(x)  # E: attr-defined
    nn.Lineer(2, 3)  # E: attr-defined


def arguments(x: Tensor) -> None:
    torch.relu("x")  # E: arg-type
    torch.add(x, "one")  # E: arg-type
    x + "one"  # E: operator
    [1] + x  # E: operator
    torch.softmax(x)  # E: call-arg
    torch.cat(x, x)  # E: arg-type
    x.size("0")  # E: call-overload
    nn.Linear(3)  # E: call-arg
    nn.Linear("3", 2)  # E: arg-type
    nn.Dropout(rate=0.5)  # E: call-arg
    torch.optim.SGD(nn.Linear(1, 1), lr=0.1)  # E: arg-type
    torch.max(x, dim="0")  # E: call-overload


def results(x: Tensor) -> int:
    net = Net()
    net(3)  # E: arg-type
    net(x, x)  # E: call-arg
    nn.Conv2d(1, 1, 1)([1.0])  # E: arg-type
    number: str = x.item()  # E: assignment
    shape: list[int] = x.shape  # E: assignment
    values: int = torch.max(x, dim=0).values  # E: assignment
    print(torch.max(x, dim=0).vals)  # E: attr-defined
    x.backward().item()  # E: attr-defined, func-returns-value
    print(number, shape, values)
    return net(x)  # E: return-value
