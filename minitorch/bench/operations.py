"""Single operations, each at a small and a large size, forward alone and with backward."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from .engines import Engine
from .workload import SEED, Running, Workload

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Operation:
    """An operation: `call(torch, *inputs)`. Inputs are floats with gradients, then whole numbers below `below`."""

    name: str
    call: Callable[..., Any]
    small: tuple[Shape, ...]
    large: tuple[Shape, ...]
    whole: tuple[tuple[Shape, int], ...] = ()  # for each size, small and large: shape and upper bound
    distinct: bool = False  # no two elements are alike: the order of equal ones is each engine's own affair


def _f(name: str, *args: Any, **options: Any) -> Callable[..., Any]:
    """A function of nn.functional with these further arguments."""
    return lambda torch, *inputs: getattr(torch.nn.functional, name)(*inputs, *args, **options)


def _t(name: str, **options: Any) -> Callable[..., Any]:
    return lambda torch, *inputs: getattr(torch, name)(*inputs, **options)


SQUARE, BIG = (32, 32), (1024, 1024)

OPERATIONS = [
    Operation("add", _t("add"), (SQUARE, SQUARE), (BIG, BIG)),
    Operation("mul", _t("mul"), (SQUARE, SQUARE), (BIG, BIG)),
    Operation("exp", _t("exp"), (SQUARE,), (BIG,)),
    Operation("relu", _t("relu"), (SQUARE,), (BIG,)),
    Operation("sigmoid", _t("sigmoid"), (SQUARE,), (BIG,)),
    Operation("softmax", _t("softmax", dim=-1), ((64, 10),), (BIG,)),
    Operation("log_softmax", _t("log_softmax", dim=-1), ((64, 10),), (BIG,)),
    Operation("sum", _t("sum"), (SQUARE,), (BIG,)),
    Operation("mean", _t("mean"), (SQUARE,), (BIG,)),
    Operation("matmul", _t("matmul"), (SQUARE, SQUARE), ((512, 512), (512, 512))),
    Operation("linear", _f("linear"), ((64, 128), (64, 128), (64,)), ((256, 1024), (1024, 1024), (1024,))),
    Operation("conv2d", _f("conv2d", padding=1), ((4, 3, 32, 32), (6, 3, 5, 5), (6,)),
              ((64, 32, 32, 32), (64, 32, 3, 3), (64,))),
    Operation("max_pool2d", _f("max_pool2d", 2), ((4, 6, 28, 28),), ((64, 32, 32, 32),)),
    Operation("batch_norm", lambda torch, x, w, b: torch.nn.functional.batch_norm(x, None, None, w, b, training=True),
              ((4, 6, 14, 14), (6,), (6,)), ((64, 32, 32, 32), (32,), (32,))),
    Operation("layer_norm", lambda torch, x, w, b: torch.nn.functional.layer_norm(x, (x.shape[-1],), w, b),
              ((64, 32), (32,), (32,)), (BIG, (1024,), (1024,))),
    Operation("cross_entropy", _f("cross_entropy"), ((64, 10),), ((1024, 1000),), (((64,), 10), ((1024,), 1000))),
    Operation("dropout", _f("dropout", 0.5), (SQUARE,), (BIG,)),
    Operation("transpose", lambda torch, x: x.transpose(0, 1).contiguous(), (SQUARE,), (BIG,)),
    Operation("cat", lambda torch, a, b: torch.cat([a, b], dim=1), (SQUARE, SQUARE), (BIG, BIG)),
    Operation("index_select", lambda torch, x, i: x.index_select(0, i), ((100, 32),), ((10_000, 128),),
              (((64,), 100), ((8192,), 10_000))),
    Operation("embedding", lambda torch, w, i: torch.nn.functional.embedding(i, w), ((100, 32),), ((10_000, 128),),
              (((64,), 100), ((8192,), 10_000))),
    Operation("sort", lambda torch, x: torch.sort(x, dim=-1)[0], ((1000,),), (BIG,), distinct=True),
]  # fmt: skip


def _distinct(torch: Any, shape: Shape) -> Any:
    count = math.prod(shape)
    return torch.randperm(count).float().reshape(shape) / count


def build(operation: Operation, large: bool, backward: bool, engine: Engine, folder: Path | None) -> Running:
    """The operation on one engine."""
    torch = engine.torch
    torch.manual_seed(SEED)
    make = partial(_distinct, torch) if operation.distinct else torch.rand
    inputs = [make(shape).requires_grad_(backward) for shape in (operation.large if large else operation.small)]
    whole = [torch.randint(0, below, shape) for shape, below in operation.whole[large : large + 1]]
    if not backward:
        return Running(lambda: operation.call(torch, *inputs, *whole), [*inputs, *whole])
    cotangent = torch.rand(operation.call(torch, *inputs, *whole).shape)

    def step() -> Any:
        return torch.autograd.grad(operation.call(torch, *inputs, *whole), inputs, cotangent)

    return Running(step, [*inputs, *whole, cotangent], outcome=list)


def workloads() -> list[Workload]:
    """Every operation in its four forms."""
    made = []
    for operation in OPERATIONS:
        for backward in (False, True):
            for large in (False, True):
                size = "large" if large else "small"
                shapes = operation.large if large else operation.small
                what = ", ".join("×".join(map(str, shape)) for shape in shapes)
                made.append(
                    Workload(
                        f"{operation.name}-{size}{'-backward' if backward else ''}",
                        "ops",
                        f"{operation.name} of {what}{', and backward' if backward else ''}",
                        partial(build, operation, large, backward),
                        family=operation.name,
                        seconds=0.6,
                        afresh=False,
                        memory=large,
                    )
                )
    return made
