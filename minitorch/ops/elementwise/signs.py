"""Signs and steps: what depends on which side of 0 a number lies, element by element."""

from __future__ import annotations

import math
from typing import Any

from ...autograd.op import Op
from ...device import array_module
from ...tensor import Tensor, wrap
from ...types import Number
from ..checks import tensor_argument, zeros_like
from ..promotion import pair, two_tensors
from .rounding import Sign
from .selection import where

__all__ = ["copysign", "heaviside", "isneginf", "isposinf", "isreal", "positive", "sgn", "signbit"]


class Sgn(Sign, label="SgnBackward0"):
    """z = −1, 0 or 1;  slope 0."""


def sgn(input: Tensor) -> Tensor:
    """Elementwise −1, 0 or 1; gradient 0. The same as `sign` for real numbers.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.sgn.html

    >>> import minitorch as torch
    >>> torch.sgn(torch.tensor([-3., 0., 2.]))
    tensor([-1.,  0.,  1.])
    """
    tensor_argument("sgn", input)
    return Sgn()(input)


def signbit(input: Tensor) -> Tensor:
    """Elementwise "has a minus sign", as bools: True for −0, too.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.signbit.html

    >>> import minitorch as torch
    >>> torch.signbit(torch.tensor([-1., -0., 0.]))
    tensor([ True,  True, False])
    """
    tensor_argument("signbit", input)
    x = input._array
    return wrap(array_module(x).signbit(x) if x.dtype.kind == "f" else x < 0)


class Copysign(Op):
    """z = |x| with the sign of y;  ∂z/∂x = z/x (0 where x = 0), ∂z/∂y = 0."""

    def forward(self, x: Any, y: Any) -> Any:
        z = array_module(x).copysign(x, y)
        self.save(x, z)
        return z

    def backward(self, g: Any) -> Any:
        x, z = self.saved
        return g * where(x == 0, 0.0, z / x), (zeros_like(g) if self.needs[1] else None)


class CopysignNumber(Op, label="CopysignBackward1"):
    """z = |x| with the sign of a number;  ∂z/∂x = z/x (0 where x = 0).

    The number is looked at here: as 1 or −1 it goes to a GPU with its sign, which CuPy's arrays take from −0.
    """

    def __init__(self, number: float) -> None:
        self.sign: float = math.copysign(1.0, number)

    def forward(self, x: Any) -> Any:
        z = array_module(x).copysign(x, x.dtype.type(self.sign))
        self.save(x, z)
        return z

    def backward(self, g: Any) -> Any:
        x, z = self.saved
        return g * where(x == 0, 0.0, z / x)


def copysign(input: Tensor, other: Tensor | Number) -> Tensor:
    """Elementwise |input| with the sign of other, a tensor or a number; −0 counts as negative.

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast; TypeError for an input that is not a tensor, and a sign that
    is no number either.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.copysign.html

    >>> import minitorch as torch
    >>> torch.copysign(torch.tensor([1., -2.]), torch.tensor([-0., 3.]))
    tensor([-1.,  2.])
    """
    tensor_argument("copysign", input)
    x, y = pair("copysign", input, other, floating=True)
    return Copysign()(x, y) if isinstance(y, Tensor) else CopysignNumber(y)(x)


class Heaviside(Op, label="NotImplemented"):
    """z = 0 where x < 0, v where x = 0, 1 where x > 0. PyTorch has no derivative for it, and so there is none here."""

    def forward(self, x: Any, v: Any) -> Any:
        xp = array_module(x)
        return xp.where(x == 0, v, (x > 0).astype(x.dtype))

    def backward(self, g: Any) -> Any:
        raise RuntimeError("derivative for aten::heaviside is not implemented")


def heaviside(input: Tensor, values: Tensor) -> Tensor:
    """Elementwise 0 where input < 0, `values` where it is 0, 1 where it is positive. No derivative, as in PyTorch.

    Shapes: input and values broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast, and for different dtypes; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.heaviside.html

    >>> import minitorch as torch
    >>> torch.heaviside(torch.tensor([-1., 0., 2.]), torch.tensor(0.5))
    tensor([0.0000, 0.5000, 1.0000])
    """
    tensor_argument("heaviside", input)
    tensor_argument("heaviside", values, "values", 2)
    if input._array.dtype != values._array.dtype:
        raise RuntimeError(
            f"heaviside is not yet implemented for tensors with different dtypes: {input.dtype} and {values.dtype}"
        )
    return Heaviside()(*two_tensors("heaviside", input, values, "values"))


def positive(input: Tensor) -> Tensor:
    """+input: the tensor itself.

    Shapes: any; the result has the input's.
    Errors: RuntimeError for a bool tensor; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.positive.html

    >>> import minitorch as torch
    >>> torch.positive(torch.tensor([-1., 2.]))
    tensor([-1.,  2.])
    """
    tensor_argument("positive", input)
    if input._array.dtype.kind == "b":
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


def isposinf(input: Tensor) -> Tensor:
    """Elementwise "is +inf", as bools.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.isposinf.html

    >>> import minitorch as torch
    >>> torch.isposinf(torch.tensor([1., float('inf'), -float('inf')]))
    tensor([False,  True, False])
    """
    tensor_argument("isposinf", input)
    return wrap(input._array == math.inf)


def isneginf(input: Tensor) -> Tensor:
    """Elementwise "is −inf", as bools.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.isneginf.html

    >>> import minitorch as torch
    >>> torch.isneginf(torch.tensor([1., float('inf'), -float('inf')]))
    tensor([False, False,  True])
    """
    tensor_argument("isneginf", input)
    return wrap(input._array == -math.inf)


def isreal(input: Tensor) -> Tensor:
    """Elementwise "has no imaginary part": True everywhere, since there are no complex tensors here.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.isreal.html

    >>> import minitorch as torch
    >>> torch.isreal(torch.tensor([1., 2.]))
    tensor([True, True])
    """
    tensor_argument("isreal", input)
    return wrap(array_module(input._array).ones(input._array.shape, bool))
