"""How cost grows: with the batch, the depth of the net, the size of the images, and the number of operations.

Every family here is one thing in several sizes. `lines` puts a straight line through a family's smallest and largest
member, time = fixed + size · each: what is paid at all, and what one more costs. How far the members between are from
that line says whether it is one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from .engines import Engine
from .training import cifar10, cifar10_net, classifier, momentum, training_step
from .workload import SEED, Running, Workload

UNITS = {"batch": "image", "depth": "layer", "image": "pixel", "op-no_grad": "add", "op-recorded": "add",
         "op-backward": "add and its backward"}  # fmt: skip


def deep(layers: int) -> Callable[[Engine, Path | None], Running]:
    """A chain of 16-wide Linear and ReLU on 16 rows.

    The weights begin as identity matrices: other ones let the signal and its gradient vanish on the way through a
    thousand layers, and processors are slow at numbers that have almost vanished.
    """

    def build(engine: Engine, folder: Path | None) -> Running:
        torch = engine.torch
        torch.manual_seed(SEED)
        chain = [layer for _ in range(layers) for layer in (torch.nn.Linear(16, 16), torch.nn.ReLU())]
        net = torch.nn.Sequential(*chain)
        for layer in chain[::2]:
            torch.nn.init.eye_(layer.weight)
            torch.nn.init.zeros_(layer.bias)
        optimizer = torch.optim.SGD(net.parameters(), lr=1e-6)
        return training_step(net, optimizer, torch.nn.MSELoss(), [(torch.rand(16, 16), torch.rand(16, 16))])

    return build


def adds(count: int, mode: str, engine: Engine, folder: Path | None) -> Running:
    """`count` additions of one element each, one after the other."""
    torch = engine.torch
    torch.manual_seed(SEED)
    x, one = torch.rand(1).requires_grad_(mode != "no_grad"), torch.rand(1)

    def step() -> Any:
        y = x
        for _ in range(count):
            y = y + one
        return torch.autograd.grad(y, x)[0] if mode == "backward" else y

    return Running(step, [x, one])


def _member(family: str, number: int, what: str, build: Callable[..., Running], **options: Any) -> Workload:
    defaults: dict[str, Any] = {"family": family, "size": number, "seconds": 2.0}
    return Workload(f"{family}-{number}", "growth", what, build, **(defaults | options))


GROWTH = [
    *(_member("batch", n, f"cifar10-4's net, batches of {n}", cifar10(n)) for n in (1, 4, 16, 64, 256, 1024)),
    *(_member("depth", n, f"Linear(16, 16) and ReLU, {n} times, 16 rows, SGD", deep(n)) for n in (1, 10, 100, 1000)),
    *(_member("image", n, f"cifar10-4's net for images of {n}×{n}, batches of 16",
              classifier(partial(cifar10_net, image=n), (16, 3, n, n), momentum),
              size=n * n) for n in (16, 32, 64, 128)),
    *(_member(f"op-{mode}", n, f"{n} additions of one element, {how}", partial(adds, n, mode),
              seconds=1.0, afresh=False, memory=False)
      for mode, how in (("no_grad", "not recorded"), ("recorded", "recorded"), ("backward", "and backward"))
      for n in (100, 1000)),
]  # fmt: skip


def line(sizes: Sequence[float], costs: Sequence[float]) -> tuple[float, float, float]:
    """(fixed, each, departure): the line through the first and last point, and the most that another is off it.

    >>> line([1, 2, 11], [5.0, 10.5, 25.0])
    (3.0, 2.0, 0.5)
    """
    each = (costs[-1] - costs[0]) / (sizes[-1] - sizes[0])
    fixed = costs[0] - each * sizes[0]
    departure = max(abs(c / (fixed + each * n) - 1) for n, c in zip(sizes, costs, strict=True))
    return fixed, each, departure
