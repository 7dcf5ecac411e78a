"""How fast a step could be at best: its arithmetic and its memory traffic, over what the machine does of each a second.

**Counted from the layers.** With N rows or images in a batch, and numbers of four bytes:

- a Linear of `in` to `out` features computes 2·N·in·out floating-point operations (a multiplication and an addition
  each) on its way forward, a Conv2d 2·N·C_out·H_out·W_out·(C_in/groups)·K_h·K_w. The other layers' arithmetic (ReLU,
  pooling, batch norm, dropout) is left out: a few operations for each number that they read, so memory bounds them;
- backward, the gradient of the weight costs as much again, and so does that of the input, which the first layer with
  weights does not compute;
- memory, forward: each layer reads its input and its parameters and writes its output. Backward it reads the output's
  gradient, its input (or as much that was saved) and its parameters, and writes its parameters' gradients and its
  input's. Layers before the first weights have no backward. Flatten moves nothing;
- the optimizer reads the parameter, its gradient and its state and writes the parameter and its state: 3 numbers for
  each parameter with plain SGD, 5 with momentum, 7 with Adam. The loss is left out.

This is the traffic of layers that are run one after the other, each as one pass. Engines move more (a convolution by
columns of windows writes its input K_h·K_w times) or, where they fuse layers or keep something in cache, less.

**Measured on the same machine.** The arithmetic rate is that of one large float32 matrix product, the memory's that of
one large copy, bytes read and written; of both engines' rates, the better. The bound is the larger of operations ÷ rate
and bytes ÷ rate: no step can be quicker, if its operations and its traffic are those counted here. A convolution by
Winograd's way needs fewer operations than counted, and small batches stay in the cache: they may pass the bound.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .training import Model, adam, momentum, sgd

WORD = 4  # bytes of a float32
TRAFFIC: dict[Any, int] = {sgd: 3, momentum: 5, adam: 7}  # numbers that a step moves for each parameter
VIEWS = ("Flatten", "Unflatten", "Identity")


@dataclass(frozen=True)
class Cost:
    """What one step needs."""

    flops: int
    bytes: int

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.flops + other.flops, self.bytes + other.bytes)


@dataclass(frozen=True)
class Rates:
    """What the machine does in a second."""

    flops: float
    bytes: float

    def bound(self, cost: Cost) -> float:
        """Seconds that a step of this cost takes at least."""
        return max(cost.flops / self.flops, cost.bytes / self.bytes)

    def binding(self, cost: Cost) -> str:
        """Which of the two it is."""
        return "arithmetic" if cost.flops / self.flops >= cost.bytes / self.bytes else "memory"


def products(layer: Any, output: tuple[int, ...]) -> int:
    """Floating-point operations of a layer's products, forward, for an output of this shape."""
    kind = type(layer).__name__
    if kind == "Linear":
        return 2 * math.prod(output) * layer.in_features
    if kind == "Conv2d":
        return 2 * math.prod(output) * (layer.in_channels // layer.groups) * math.prod(layer.kernel_size)
    return 0


def layer_cost(layer: Any, input: tuple[int, ...], output: tuple[int, ...], backward: bool, to_input: bool) -> Cost:
    """A layer's cost in a step, with its backward pass, and that as far as the input, or without."""
    if type(layer).__name__ in VIEWS:
        return Cost(0, 0)
    flops, parameters = products(layer, output), sum(p.numel() for p in layer.parameters())
    numbers = math.prod(input) + parameters + math.prod(output)
    times = 1
    if backward:
        times += (1 if parameters else 0) + (1 if to_input else 0)
        numbers += math.prod(output) + math.prod(input) + 2 * parameters + (math.prod(input) if to_input else 0)
    return Cost(times * flops, WORD * numbers)


def cost(model: Model) -> Cost:
    """A step of a training workload, or a forward pass where there is no optimizer."""
    import minitorch as torch

    net = model.net(torch).eval()
    leaves = [module for module in net.modules() if not list(module.children())]
    seen: list[tuple[Any, tuple[int, ...], tuple[int, ...]]] = []

    def note(layer: Any, inputs: Any, output: Any) -> None:
        seen.append((layer, (model.shape[0], *inputs[0].shape[1:]), (model.shape[0], *output.shape[1:])))

    handles = [module.register_forward_hook(note) for module in leaves]
    with torch.no_grad():
        net(torch.zeros(1, *model.shape[1:]))
    for handle in handles:
        handle.remove()
    total, training = Cost(0, 0), model.optimizer is not None
    reached = False  # a layer with weights, so that gradients flow from here on
    for layer, input, output in seen:
        weights = any(True for _ in layer.parameters())
        total += layer_cost(layer, input, output, training and (reached or weights), reached)
        reached = reached or weights
    if training:
        total += Cost(0, WORD * TRAFFIC[model.optimizer] * sum(p.numel() for p in net.parameters()))
    return total


def measured(
    torch: Any, device: str, time: Callable[[Callable[[], Any], int], float], side: int, mib: int, times: int = 5
) -> Rates:
    """The rates of an engine: a product of matrices of `side` rows and columns, and a copy of `mib` MiB.

    `time(step, count)` gives the seconds of a step.
    """
    rng = np.random.default_rng(0)
    a, b = (torch.from_numpy(rng.random((side, side), np.float32)).to(device) for _ in range(2))
    source = torch.from_numpy(np.ones(mib << 18, np.float32)).to(device)
    target = torch.zeros_like(source)
    with torch.no_grad():
        steps = (lambda: a @ b, lambda: target.copy_(source))
        product, copy = (min(time(step, 2) for _ in range(times)) for step in steps)
    return Rates(2 * side**3 / product, 2 * (mib << 20) / copy)
