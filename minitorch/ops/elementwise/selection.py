"""Choosing between values, element by element."""

from __future__ import annotations

from typing import Any, overload

import numpy as np

from ...autograd.op import Op
from ...device import array_module, device_of, signed, to_device
from ...dtype import result_dtype
from ...tensor import Tensor, wrap
from ...types import Number
from ..checks import check_broadcast, number, on_one_device, tensor_argument
from ..promotion import pair

__all__ = [
    "clamp",
    "maximum",
    "minimum",
    "where",
]


class Clamp(Op, label="ClampBackward1"):
    """z = min(max(x, low), high);  ∂z/∂x = 1 where low ≤ x ≤ high, else 0."""

    low: float | None
    high: float | None

    def __init__(self, low: float | None, high: float | None) -> None:
        self.low, self.high = low, high

    def forward(self, x: Any) -> Any:
        self.save(x)
        xp = array_module(x)
        if self.low is not None:
            x = xp.maximum(x, self.low)
        return x if self.high is None else xp.minimum(x, self.high)

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        if self.low is None:
            return g * (x <= self.high)
        if self.high is None:
            return g * (x >= self.low)
        return g * ((x >= self.low) & (x <= self.high))


class ClampBetween(Op, label="ClampBackward0"):
    """z = min(max(x, low), high) with bounds that vary;  the gradient goes to x where low ≤ x ≤ high, else to the bound."""

    def forward(self, x: Any, low: Any, high: Any) -> Any:
        self.save(x, low, high)
        xp = array_module(x)
        if low is not None:
            x = xp.maximum(x, low)
        return x if high is None else xp.minimum(x, high)

    def backward(self, g: Any) -> Any:
        x, low, high = self.saved
        if low is None:
            return where(x <= high, g, 0.0), None, where(x > high, g, 0.0)
        if high is None:
            return where(x >= low, g, 0.0), where(x < low, g, 0.0), None
        below = (x < low) & (low < high)
        above = (x > high) | (high < low)
        return where((x >= low) & (x <= high), g, 0.0), where(below, g, 0.0), where(above, g, 0.0)


def clamp(input: Tensor, min: Tensor | Number | None = None, max: Tensor | Number | None = None) -> Tensor:
    """Elementwise input held within [min, max]; each bound a number, a tensor, or None.

    Shapes: input, min and max broadcast; the result has the common shape.
    Errors: RuntimeError without bounds, and for shapes that do not broadcast; TypeError for an input that is not a
    tensor, and a bound that is neither a tensor nor a number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.clamp.html

    >>> import minitorch as torch
    >>> torch.clamp(torch.tensor([-2., 0.5, 3.]), min=-1, max=1)
    tensor([-1.0000,  0.5000,  1.0000])
    """
    tensor_argument("clamp", input)
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    min, max = (b if b is None or isinstance(b, Tensor) else number("clamp", b) for b in (min, max))
    if isinstance(min, Tensor) or isinstance(max, Tensor):
        target = result_dtype(input, *[bound for bound in (min, max) if bound is not None]).numpy
        bounds = [None if b is None else (b if isinstance(b, Tensor) else input.new_tensor(b))._cast(target) for b in (min, max)]
        there = iter(on_one_device("clamp", input, *[b for b in bounds if b is not None]))
        input = next(there)
        bounds = [None if b is None else next(there) for b in bounds]
        for bound in bounds:
            if bound is not None:
                check_broadcast("clamp", input._array.shape, bound._array.shape)
        return ClampBetween()(input._cast(target), *bounds)
    if isinstance(input, Tensor) and input._array.dtype.kind != "f":
        input = input._cast(result_dtype(input, *[b for b in (min, max) if b is not None]).numpy)
    return Clamp(min, max)(input)


class Maximum(Op):
    """z = max(x, y);  the gradient goes to the larger, half to each where they are equal."""

    def forward(self, x: Any, y: Any) -> Any:
        self.save(x, y)
        return array_module(x).maximum(x, y)

    def backward(self, g: Any) -> Any:
        x, y = self.saved
        shared = where(x == y, g / 2, g)
        return where(x < y, 0.0, shared), where(y < x, 0.0, shared)


class Minimum(Op):
    """z = min(x, y);  the gradient goes to the smaller, half to each where they are equal."""

    def forward(self, x: Any, y: Any) -> Any:
        self.save(x, y)
        return array_module(x).minimum(x, y)

    def backward(self, g: Any) -> Any:
        x, y = self.saved
        shared = where(x == y, g / 2, g)
        return where(x > y, 0.0, shared), where(y > x, 0.0, shared)


def maximum(input: Tensor, other: Tensor) -> Tensor:
    """Elementwise larger of two tensors, broadcast; nan if either is.

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.maximum.html

    >>> import minitorch as torch
    >>> torch.maximum(torch.tensor([1., 5.]), torch.tensor([3., 2.]))
    tensor([3., 5.])
    """
    tensor_argument("maximum", input)
    tensor_argument("maximum", other, "other", 2)
    return Maximum()(*pair("maximum", input, other))


def minimum(input: Tensor, other: Tensor) -> Tensor:
    """Elementwise smaller of two tensors, broadcast; nan if either is.

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.minimum.html

    >>> import minitorch as torch
    >>> torch.minimum(torch.tensor([1., 5.]), torch.tensor([3., 2.]))
    tensor([1., 2.])
    """
    tensor_argument("minimum", input)
    tensor_argument("minimum", other, "other", 2)
    return Minimum()(*pair("minimum", input, other))


class Where(Op):
    """z = x where the condition holds, else y;  the gradient goes where the value came from."""

    def forward(self, condition: Any, x: Any, y: Any) -> Any:
        self.save(condition)
        xp = array_module(condition)
        if isinstance(x, int | float) and not isinstance(y, int | float):
            # A Python number takes the dtype of the other side.
            x = xp.asarray(signed(x, y), dtype=y.dtype)
        elif isinstance(y, int | float) and not isinstance(x, int | float):
            y = xp.asarray(signed(y, x), dtype=x.dtype)
        return xp.where(condition, x, y)

    def backward(self, g: Any) -> Any:
        (condition,) = self.saved
        gx = where(condition, g, 0.0) if self.needs[1] else None
        return None, gx, (where(condition, 0.0, g) if self.needs[2] else None)


@overload
def where(condition: Tensor) -> tuple[Tensor, ...]: ...
@overload
def where(condition: Tensor, input: Tensor | Number, other: Tensor | Number) -> Tensor: ...
def where(
    condition: Tensor, input: Tensor | Number | None = None, other: Tensor | Number | None = None
) -> Tensor | tuple[Tensor, ...]:
    """Elementwise `input` where `condition` holds, else `other`, broadcast; with the condition alone, its indices.

    Shapes: condition, input and other broadcast; the result has the common shape. Without the two it is a tuple of
    vectors, one a dimension, of as many elements as hold.
    Errors: RuntimeError for shapes that do not broadcast, and a condition of another dtype than bool; TypeError for a
    condition that is not a tensor, and an input or other that is neither a tensor nor a number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.where.html

    >>> import minitorch as torch
    >>> x = torch.tensor([-1., 2.])
    >>> torch.where(x > 0, x, 0.)
    tensor([0., 2.])
    """
    if input is None and other is None:
        tensor_argument("where", condition, "condition")
        array = condition._array
        return tuple(wrap(indices) for indices in (array if array.ndim else array.reshape(1)).nonzero())
    if not isinstance(condition, Tensor):
        tensor_argument("where", condition, "condition")
        return Where()(condition, input, other)
    mask = condition._array
    if mask.dtype.kind != "b":
        raise RuntimeError(f"where expected condition to be a boolean tensor, but got a tensor with dtype {mask.dtype}")
    if isinstance(input, Tensor) or isinstance(other, Tensor):
        x, y = pair("where", input, other)
    else:
        dtype = result_dtype(number("where", input), number("where", other)).numpy
        x, y = (wrap(to_device(np.asarray(value, dtype), device_of(mask))) for value in (input, other))
    is_apart = type(mask) is not np.ndarray
    for operand in (x, y):
        if isinstance(operand, Tensor):
            check_broadcast("where", mask.shape, operand._array.shape)
            is_apart = is_apart or type(operand._array) is not np.ndarray
    if is_apart:
        there = iter(on_one_device("where", condition, *[t for t in (x, y) if isinstance(t, Tensor)]))
        condition = next(there)
        x, y = (next(there) if isinstance(t, Tensor) else t for t in (x, y))
    return Where()(condition, x, y)
