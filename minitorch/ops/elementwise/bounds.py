"""The larger and the smaller of two, with nan left out; bounds on one side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...autograd.op import Op
from ...device import array_module
from ...tensor import Tensor
from ...types import Number
from ..checks import number, refuse, tensor_argument
from ..promotion import pair, two_tensors
from .selection import where

__all__ = ["clamp_max", "clamp_min", "fmax", "fmin"]


class Fmax(Op):
    """z = the larger of x and y, or the one that is not nan;  the gradient goes where the value came from.

    Where x = y that is x.
    """

    def forward(self, x: Any, y: Any) -> Any:
        self.save(x, y)
        return array_module(x).fmax(x, y)

    def first(self, x: Any, y: Any) -> Any:
        """Where z is x."""
        return (x >= y) | (y != y)

    def backward(self, g: Any) -> Any:
        first = self.first(*self.saved)
        return where(first, g, 0.0), where(first, 0.0, g)


class Fmin(Fmax):
    """z = the smaller of x and y, or the one that is not nan;  the gradient goes where the value came from."""

    def forward(self, x: Any, y: Any) -> Any:
        self.save(x, y)
        return array_module(x).fmin(x, y)

    def first(self, x: Any, y: Any) -> Any:
        return (x <= y) | (y != y)


def fmax(input: Tensor, other: Tensor) -> Tensor:
    """Elementwise larger of two tensors; where one is nan, the other.

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.fmax.html

    >>> import minitorch as torch
    >>> torch.fmax(torch.tensor([1., float('nan')]), torch.tensor([3., 2.]))
    tensor([3., 2.])
    """
    return Fmax()(*two_tensors("fmax", input, other))


def fmin(input: Tensor, other: Tensor) -> Tensor:
    """Elementwise smaller of two tensors; where one is nan, the other.

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.fmin.html

    >>> import minitorch as torch
    >>> torch.fmin(torch.tensor([1., float('nan')]), torch.tensor([3., 2.]))
    tensor([1., 2.])
    """
    return Fmin()(*two_tensors("fmin", input, other))


class ClampMin(Op, label="ClampMinBackward1"):
    """z = max(x, low);  the gradient goes to x where x ≥ low, and to low where x < low."""

    def forward(self, x: Any, low: Any) -> Any:
        self.save(x, low)
        return array_module(x).maximum(x, low)

    def backward(self, g: Any) -> Any:
        x, low = self.saved
        return where(x >= low, g, 0.0), (where(x < low, g, 0.0) if self.needs[1] else None)


class ClampMinNumber(Op, label="ClampMinBackward0"):
    """z = max(x, low) with a number;  ∂z/∂x = 1 where x ≥ low, else 0."""

    def __init__(self, low: float) -> None:
        self.low = low

    def forward(self, x: Any) -> Any:
        self.save(x)
        return array_module(x).maximum(x, self.low)

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        return where(x >= self.low, g, 0.0)


class ClampMax(Op, label="ClampMaxBackward1"):
    """z = min(x, high);  the gradient goes to x where x ≤ high, and to high where x > high."""

    def forward(self, x: Any, high: Any) -> Any:
        self.save(x, high)
        return array_module(x).minimum(x, high)

    def backward(self, g: Any) -> Any:
        x, high = self.saved
        return where(x <= high, g, 0.0), (where(x > high, g, 0.0) if self.needs[1] else None)


class ClampMaxNumber(Op, label="ClampMaxBackward0"):
    """z = min(x, high) with a number;  ∂z/∂x = 1 where x ≤ high, else 0."""

    def __init__(self, high: float) -> None:
        self.high = high

    def forward(self, x: Any) -> Any:
        self.save(x)
        return array_module(x).minimum(x, self.high)

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        return where(x <= self.high, g, 0.0)


def _one_bound(name: str, ops: tuple[type[Op], Callable[[Any], Op]], input: Any, bound: Any, argument: str) -> Any:
    tensor_argument(name, input)
    if isinstance(bound, Tensor):
        return ops[0]()(*two_tensors(name, input, bound, argument))
    x, bound = pair(name, input, number(name, bound))
    refuse(f"{name}_scalar_cpu", x, "b")
    return ops[1](bound)(x)


def clamp_min(input: Tensor, min: Tensor | Number) -> Tensor:
    """Elementwise larger of input and `min`, a number or a tensor; nan if either is.

    Shapes: input and min broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast; TypeError for an input that is not a tensor, and a bound that
    is neither a tensor nor a number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.clamp.html

    >>> import minitorch as torch
    >>> torch.clamp_min(torch.tensor([-2., 3.]), 0)
    tensor([0., 3.])
    """
    return _one_bound("clamp_min", (ClampMin, ClampMinNumber), input, min, "min")


def clamp_max(input: Tensor, max: Tensor | Number) -> Tensor:
    """Elementwise smaller of input and `max`, a number or a tensor; nan if either is.

    Shapes: input and max broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast; TypeError for an input that is not a tensor, and a bound that
    is neither a tensor nor a number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.clamp.html

    >>> import minitorch as torch
    >>> torch.clamp_max(torch.tensor([-2., 3.]), 0)
    tensor([-2.,  0.])
    """
    return _one_bound("clamp_max", (ClampMax, ClampMaxNumber), input, max, "max")
