"""Step functions of each element: rounding and signs. Their slope is 0 wherever they have one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from ...autograd.op import Op
from ...device import array_module
from ...tensor import Tensor
from ..checks import number, refuse, tensor_argument, zeros_like

__all__ = [
    "ceil",
    "floor",
    "round",
    "sign",
    "trunc",
]


class _Flat(Op):
    """A step function: its slope is 0 wherever it has one."""

    compute: ClassVar[Callable[..., Any]]  # the step function, given an array's module and the array

    def forward(self, x: Any) -> Any:
        return self.compute(array_module(x), x)

    def backward(self, g: Any) -> Any:
        return zeros_like(g)


class Floor(_Flat):
    """z = ⌊x⌋;  slope 0."""

    @staticmethod
    def compute(xp: Any, x: Any) -> Any:
        return xp.floor(x) if x.dtype.kind == "f" else x.copy()


class Ceil(_Flat):
    """z = ⌈x⌉;  slope 0."""

    @staticmethod
    def compute(xp: Any, x: Any) -> Any:
        return xp.ceil(x) if x.dtype.kind == "f" else x.copy()


class Round(_Flat):
    """z = x rounded to the nearest integer, halves to even;  slope 0."""

    @staticmethod
    def compute(xp: Any, x: Any) -> Any:
        return xp.rint(x) if x.dtype.kind == "f" else x.copy()


class RoundDecimals(_Flat, label="RoundBackward1"):
    """z = x rounded to a multiple of 10^−decimals, halves to even;  slope 0."""

    def __init__(self, decimals: int) -> None:
        self.decimals = decimals

    def compute(self, xp: Any, x: Any) -> Any:
        scale = 10.0 ** (self.decimals if self.decimals > 0 else -self.decimals)
        return xp.rint(x * scale) / scale if self.decimals > 0 else xp.rint(x / scale) * scale


class Trunc(_Flat):
    """z = x without its fraction;  slope 0."""

    @staticmethod
    def compute(xp: Any, x: Any) -> Any:
        return xp.trunc(x) if x.dtype.kind == "f" else x.copy()


class Sign(_Flat, label="SignBackward0"):
    """z = −1, 0 or 1;  slope 0."""

    @staticmethod
    def compute(xp: Any, x: Any) -> Any:
        if x.dtype.kind == "b":
            return x.copy()
        return (x > 0).astype(x.dtype) - (x < 0).astype(x.dtype)  # 0 for nan


def floor(input: Tensor) -> Tensor:
    """Elementwise largest integer ≤ x; gradient 0.

    Shapes: any; the result has the input's.
    Errors: NotImplementedError for a bool tensor; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.floor.html

    >>> import minitorch as torch
    >>> torch.floor(torch.tensor([-0.5, 1.5]))
    tensor([-1.,  1.])
    """
    tensor_argument("floor", input)
    refuse("floor_out", input, "b")
    return Floor()(input)


def ceil(input: Tensor) -> Tensor:
    """Elementwise smallest integer ≥ x; gradient 0.

    Shapes: any; the result has the input's.
    Errors: NotImplementedError for a bool tensor; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.ceil.html

    >>> import minitorch as torch
    >>> torch.ceil(torch.tensor([-0.5, 1.5]))
    tensor([-0.,  2.])
    """
    tensor_argument("ceil", input)
    refuse("ceil_out", input, "b")
    return Ceil()(input)


def round(input: Tensor, *, decimals: int = 0) -> Tensor:
    """Elementwise nearest integer (or multiple of 10^−decimals), halves to even; gradient 0.

    Shapes: any; the result has the input's.
    Errors: NotImplementedError for a bool tensor, and for integers with `decimals`; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.round.html

    >>> import minitorch as torch
    >>> torch.round(torch.tensor([0.5, 1.5, -1.2]))
    tensor([ 0.,  2., -1.])
    """
    tensor_argument("round", input)
    if type(decimals) is not int:
        decimals = int(number("round", decimals))
    refuse("round_out", input, "b" if decimals == 0 else "biu")
    return Round()(input) if decimals == 0 else RoundDecimals(decimals)(input)


def trunc(input: Tensor) -> Tensor:
    """Elementwise x without its fraction; gradient 0.

    Shapes: any; the result has the input's.
    Errors: NotImplementedError for a bool tensor; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.trunc.html

    >>> import minitorch as torch
    >>> torch.trunc(torch.tensor([-1.7, 1.7]))
    tensor([-1.,  1.])
    """
    tensor_argument("trunc", input)
    refuse("trunc_out", input, "b")
    return Trunc()(input)


def sign(input: Tensor) -> Tensor:
    """Elementwise −1, 0 or 1; gradient 0.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.sign.html

    >>> import minitorch as torch
    >>> torch.sign(torch.tensor([-3., 0., 2.]))
    tensor([-1.,  0.,  1.])
    """
    tensor_argument("sign", input)
    return Sign()(input)
