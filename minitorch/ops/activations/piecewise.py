"""Activations made of straight pieces (and two rational ones): hard tanh and its relatives, shrinkage, thresholds."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...autograd.op import Op
from ...device import array_module
from ...tensor import Tensor
from ..checks import check_floating, number, refuse, tensor_argument
from ..elementwise.arithmetic import div, sub
from ..elementwise.functions import abs, tanh
from ..elementwise.selection import where

__all__ = [
    "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "relu6", "softshrink", "softsign", "tanhshrink", "threshold",
]  # fmt: skip


def _whole(input: Any, *bounds: Any) -> tuple[Any, ...]:
    """Numbers for the dtype of `input`: without their fractions for an integer one."""
    if isinstance(input, Tensor) and input._array.dtype.kind in "iu":
        return tuple(int(b) for b in bounds)
    return bounds


class Hardtanh(Op):
    """z = min(max(x, low), high);  ∂z/∂x = 1 where low < x < high, else 0."""

    low: float
    high: float

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    def forward(self, x: Any) -> Any:
        self.save(x)
        xp = array_module(x)
        return xp.minimum(xp.maximum(x, self.low), self.high)

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        return where((x <= self.low) | (x >= self.high), 0.0, g)


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """Elementwise x held within [min_val, max_val]; its slope at the bounds is 0.

    Shapes: any; the result has the input's.
    Errors: ValueError if min_val > max_val; RuntimeError for a bool tensor; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.hardtanh.html

    >>> import minitorch as torch
    >>> torch.nn.functional.hardtanh(torch.tensor([-2., 0.5]))
    tensor([-1.0000,  0.5000])
    """
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    return _hardtanh("hardtanh", input, min_val, max_val, inplace)


def _hardtanh(name: str, input: Any, min_val: float, max_val: float, inplace: bool) -> Any:
    tensor_argument(name, input)
    if isinstance(input, Tensor) and input._array.dtype.kind == "b":
        raise RuntimeError("Bool inputs not supported for hardtanh")
    low, high = _whole(input, number(name, min_val), number(name, max_val))
    if low < 0 and isinstance(input, Tensor) and input._array.dtype.kind == "u":
        raise RuntimeError("cannot do hardtanh on an unsigned type with negative limits")
    out = Hardtanh(low, high)(input)
    return input._update(out) if inplace else out


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """Elementwise min(max(x, 0), 6).

    Shapes: any; the result has the input's.
    Errors: RuntimeError for a bool tensor; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.relu6.html

    >>> import minitorch as torch
    >>> torch.nn.functional.relu6(torch.tensor([-2., 5., 8.]))
    tensor([0., 5., 6.])
    """
    return _hardtanh("relu6", input, 0.0, 6.0, inplace)


class Hardsigmoid(Op):
    """z = min(max(x + 3, 0), 6)/6;  ∂z/∂x = 1/6 where −3 < x < 3, else 0."""

    def forward(self, x: Any) -> Any:
        self.save(x)
        xp = array_module(x)
        return xp.minimum(xp.maximum(x + 3, 0), 6) / 6

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        return where((x > -3) & (x < 3), g / 6, 0.0)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """Elementwise (x + 3)/6 held within [0, 1].

    Shapes: any; the result has the input's.
    Errors: NotImplementedError for integers and booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.hardsigmoid.html

    >>> import minitorch as torch
    >>> torch.nn.functional.hardsigmoid(torch.tensor([-4., 0., 1.5]))
    tensor([0.0000, 0.5000, 0.7500])
    """
    tensor_argument("hardsigmoid", input)
    check_floating("hardsigmoid_cpu", input)
    out = Hardsigmoid()(input)
    return input._update(out) if inplace else out


class Hardswish(Op):
    """z = x·min(max(x + 3, 0), 6)/6;  ∂z/∂x = 0 where x ≤ −3, 1 where x ≥ 3, else x/3 + ½."""

    def forward(self, x: Any) -> Any:
        self.save(x)
        xp = array_module(x)
        return x * xp.minimum(xp.maximum(x + 3, 0), 6) / 6

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        return where(x <= -3, 0.0, where(x < 3, g * (x / 3 + 0.5), g))


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """Elementwise x·hardsigmoid(x).

    Shapes: any; the result has the input's.
    Errors: NotImplementedError for integers and booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.hardswish.html

    >>> import minitorch as torch
    >>> torch.nn.functional.hardswish(torch.tensor([-4., 1.5, 4.]))
    tensor([-0.0000,  1.1250,  4.0000])
    """
    tensor_argument("hardswish", input)
    check_floating("hardswish_cpu", input)
    out = Hardswish()(input)
    return input._update(out) if inplace else out


class Hardshrink(Op):
    """z = 0 where −λ ≤ x ≤ λ, else x;  ∂z/∂x = 0 or 1."""

    def __init__(self, lambd: float) -> None:
        self.lambd = lambd

    def forward(self, x: Any) -> Any:
        self.save(x)
        xp = array_module(x)
        return xp.where((x >= -self.lambd) & (x <= self.lambd), xp.zeros_like(x), x)

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        return where((x >= -self.lambd) & (x <= self.lambd), 0.0, g)


def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """Elementwise 0 within [−lambd, lambd], else x.

    Shapes: any; the result has the input's.
    Errors: NotImplementedError for integers and booleans; TypeError for what is not a tensor, and for a `lambd` that is
    no number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.hardshrink.html

    >>> import minitorch as torch
    >>> torch.nn.functional.hardshrink(torch.tensor([-1., 0.2]))
    tensor([-1.,  0.])
    """
    tensor_argument("hardshrink", input)
    check_floating("hardshrink_cpu", input)
    return Hardshrink(number("hardshrink", lambd))(input)


class Softshrink(Hardshrink):
    """z = x − λ where x > λ, x + λ where x < −λ, else 0;  ∂z/∂x = 0 within [−λ, λ], else 1. nan stays nan."""

    def forward(self, x: Any) -> Any:
        self.save(x)
        xp = array_module(x)
        return xp.where(x > self.lambd, x - self.lambd, xp.where(x < -self.lambd, x + self.lambd, x * 0))


def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """Elementwise x, moved towards 0 by lambd, and 0 where it was nearer.

    Shapes: any; the result has the input's.
    Errors: RuntimeError for a negative `lambd`; NotImplementedError for integers and booleans; TypeError for what is
    not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.softshrink.html

    >>> import minitorch as torch
    >>> torch.nn.functional.softshrink(torch.tensor([-1., 0.2]))
    tensor([-0.5000,  0.0000])
    """
    tensor_argument("softshrink", input)
    check_floating("softshrink_check", input)
    limit = float(np.finfo(input._array.dtype).max)
    lambd = number("softshrink", lambd)
    if not 0 <= lambd <= limit:
        raise RuntimeError(
            f"lambda must be in range [0, {limit:g}] for input dtype {input.dtype.type_name}, but found {lambd:g}"
        )
    return Softshrink(lambd)(input)


def tanhshrink(input: Any) -> Tensor:
    """Elementwise x − tanh(x).

    Shapes: any; the result has the input's.
    Errors: RuntimeError for a bool tensor; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.tanhshrink.html

    >>> import minitorch as torch
    >>> torch.nn.functional.tanhshrink(torch.tensor([-1., 2.]))
    tensor([-0.2384,  1.0360])
    """
    tensor_argument("tanhshrink", input)
    return sub(input, tanh(input))


def softsign(input: Any) -> Tensor:
    """Elementwise x/(1 + |x|).

    Shapes: any; the result has the input's.
    Errors: NotImplementedError for a bool tensor; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.softsign.html

    >>> import minitorch as torch
    >>> torch.nn.functional.softsign(torch.tensor([-1., 3.]))
    tensor([-0.5000,  0.7500])
    """
    tensor_argument("softsign", input)
    return div(input, abs(input) + 1)


class Threshold(Op):
    """z = x where x > t, else v;  ∂z/∂x = 1 or 0."""

    threshold: float
    value: float

    def __init__(self, threshold: float, value: float) -> None:
        self.threshold, self.value = threshold, value

    def forward(self, x: Any) -> Any:
        self.save(x)
        xp = array_module(x)
        return xp.where(x <= self.threshold, xp.full_like(x, self.value), x)

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        return where(x <= self.threshold, 0.0, g)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """Elementwise x where x > threshold, else value.

    Shapes: any; the result has the input's.
    Errors: NotImplementedError for a bool tensor; TypeError for what is not a tensor, and for a threshold or value that
    is no number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.threshold.html

    >>> import minitorch as torch
    >>> torch.nn.functional.threshold(torch.tensor([-1., 0.2, 3.]), 0.5, 9.0)
    tensor([9., 9., 3.])
    """
    tensor_argument("threshold", input)
    refuse("threshold_cpu", input, "b")
    out = Threshold(*_whole(input, number("threshold", threshold), number("threshold", value)))(input)
    return input._update(out) if inplace else out
