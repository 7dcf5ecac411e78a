"""Logarithms and powers to other bases and near 1, and what is made of them, element by element."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...autograd.op import Op
from ...device import array_module
from ...tensor import Tensor
from ...types import Number
from ..checks import number, refuse, tensor_argument
from ..promotion import floating, pair, two_tensors
from .arithmetic import pow
from .functions import exp, log
from .selection import where

__all__ = [
    "exp2", "expm1", "float_power", "log10", "log1p", "log2", "logaddexp", "logaddexp2", "logit", "xlog1py", "xlogy",
]  # fmt: skip


class Log1p(Op, label="Log1PBackward0"):
    """z = ln(1 + x);  ∂z/∂x = 1/(1 + x)."""

    def forward(self, x: Any) -> Any:
        self.save(x)
        return array_module(x).log1p(x)

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        return g / (x + 1)


def log1p(input: Tensor) -> Tensor:
    """Elementwise ln(1 + x), exact for small x, where 1 + x would lose its digits.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.log1p.html

    >>> import minitorch as torch
    >>> torch.log1p(torch.tensor([0., 1e-10, 1.]))
    tensor([0.0000e+00, 1.0000e-10, 6.9315e-01])
    """
    tensor_argument("log1p", input)
    return Log1p()(floating(input))


class Log2(Op):
    """z = log₂ x;  ∂z/∂x = 1/(x·ln 2)."""

    def forward(self, x: Any) -> Any:
        self.save(x)
        return array_module(x).log2(x)

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        return g / (x * math.log(2))


def log2(input: Tensor) -> Tensor:
    """Elementwise logarithm to the base 2.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.log2.html

    >>> import minitorch as torch
    >>> torch.log2(torch.tensor([1., 8.]))
    tensor([0., 3.])
    """
    tensor_argument("log2", input)
    return Log2()(floating(input))


class Log10(Op):
    """z = log₁₀ x;  ∂z/∂x = 1/(x·ln 10)."""

    def forward(self, x: Any) -> Any:
        self.save(x)
        # In float64, since NumPy's float32 log10 of 100 is 2.0000002.
        return array_module(x).log10(x.astype("float64")).astype(x.dtype)

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        return g / (x * math.log(10))


def log10(input: Tensor) -> Tensor:
    """Elementwise logarithm to the base 10.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.log10.html

    >>> import minitorch as torch
    >>> torch.log10(torch.tensor([1., 100.]))
    tensor([0., 2.])
    """
    tensor_argument("log10", input)
    return Log10()(floating(input))


class Exp2(Op):
    """z = 2ˣ;  ∂z/∂x = z·ln 2."""

    def forward(self, x: Any) -> Any:
        z = array_module(x).exp2(x)
        self.save(z)
        return z

    def backward(self, g: Any) -> Any:
        (z,) = self.saved
        return g * z * math.log(2)


def exp2(input: Tensor) -> Tensor:
    """Elementwise 2ˣ.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.exp2.html

    >>> import minitorch as torch
    >>> torch.exp2(torch.tensor([0., 3., 0.5]))
    tensor([1.0000, 8.0000, 1.4142])
    """
    tensor_argument("exp2", input)
    return Exp2()(floating(input))


class Expm1(Op):
    """z = eˣ − 1;  ∂z/∂x = eˣ = z + 1."""

    def forward(self, x: Any) -> Any:
        z = array_module(x).expm1(x)
        self.save(z)
        return z

    def backward(self, g: Any) -> Any:
        (z,) = self.saved
        return g * (z + 1)


def expm1(input: Tensor) -> Tensor:
    """Elementwise eˣ − 1, exact for small x, where the difference would lose its digits.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.expm1.html

    >>> import minitorch as torch
    >>> torch.expm1(torch.tensor([0., 1e-10, 1.]))
    tensor([0.0000e+00, 1.0000e-10, 1.7183e+00])
    """
    tensor_argument("expm1", input)
    return Expm1()(floating(input))


class LogAddExp(Op, label="LogaddexpBackward0"):
    """z = ln(eˣ + eʸ);  ∂z/∂x = 1/(1 + e^(y − x)), the share of x, and likewise for y."""

    def forward(self, x: Any, y: Any) -> Any:
        self.save(x, y)
        return array_module(x).logaddexp(x, y)

    def backward(self, g: Any) -> Any:
        x, y = self.saved
        return (g / (1 + exp(y - x)) if self.needs[0] else None), (g / (1 + exp(x - y)) if self.needs[1] else None)


def logaddexp(input: Tensor, other: Tensor) -> Tensor:
    """Elementwise ln(e^input + e^other), without the overflow of the exponentials.

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast; NotImplementedError for integers and booleans; TypeError for
    what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.logaddexp.html

    >>> import minitorch as torch
    >>> torch.logaddexp(torch.tensor([1000.]), torch.tensor([1000.]))
    tensor([1000.6932])
    """
    x, y = two_tensors("logaddexp", input, other)
    refuse("logaddexp_cpu", x, "biu")
    return LogAddExp()(x, y)


class LogAddExp2(Op, label="Logaddexp2Backward0"):
    """z = log₂(2ˣ + 2ʸ);  ∂z/∂x = 1/(1 + 2^(y − x)), the share of x, and likewise for y."""

    def forward(self, x: Any, y: Any) -> Any:
        self.save(x, y)
        return array_module(x).logaddexp2(x, y)

    def backward(self, g: Any) -> Any:
        x, y = self.saved
        return (g / (1 + exp2(y - x)) if self.needs[0] else None), (g / (1 + exp2(x - y)) if self.needs[1] else None)


def logaddexp2(input: Tensor, other: Tensor) -> Tensor:
    """Elementwise log₂(2^input + 2^other), without the overflow of the powers.

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast; NotImplementedError for integers and booleans; TypeError for
    what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.logaddexp2.html

    >>> import minitorch as torch
    >>> torch.logaddexp2(torch.tensor([1000.]), torch.tensor([1000.]))
    tensor([1001.])
    """
    x, y = two_tensors("logaddexp2", input, other)
    refuse("logaddexp2_cpu", x, "biu")
    return LogAddExp2()(x, y)


class _Xlog(Op):
    """z = x·ln(y + shift), 0 where x = 0;  ∂z/∂x = ln(y + shift), ∂z/∂y = x/(y + shift). nan where y is nan.

    ∂z/∂x is taken as 0 where x = 0 and the logarithm is none or infinite.
    """

    shift = 0

    def log(self, y: Any) -> Any:
        return log(y)

    def forward(self, x: Any, y: Any) -> Any:
        self.save(x, y)
        xp = array_module(y)
        x, y = xp.broadcast_arrays(x, y)
        return xp.where(xp.isnan(y), y, xp.where(x == 0, xp.zeros_like(y), x * self.log(y)))

    def backward(self, g: Any) -> Any:
        x, y = self.saved
        gx = gy = None
        if self.needs[0]:
            gx = where((x == 0) & (y <= -self.shift), 0.0, g * self.log(y))
        if self.needs[1]:
            gy = g * x / (y + self.shift)
        return gx, gy


class Xlogy(_Xlog):
    """z = x·ln y, and 0 where x = 0;  ∂z/∂x = ln y, ∂z/∂y = x/y."""


class XlogyOfNumber(Xlogy, label="XlogyBackward1"):
    """z = x·ln y with a number x;  ∂z/∂y = x/y."""


class XlogyNumber(Xlogy, label="XlogyBackward2"):
    """z = x·ln y with a number y;  ∂z/∂x = ln y."""


class Xlog1py(_Xlog, label="SpecialXlog1PyBackward0"):
    """z = x·ln(1 + y), and 0 where x = 0;  ∂z/∂x = ln(1 + y), ∂z/∂y = x/(1 + y)."""

    shift = 1

    def log(self, y: Any) -> Any:
        return log1p(y)


class Xlog1pyOfNumber(Xlog1py, label="SpecialXlog1PyBackward1"):
    """z = x·ln(1 + y) with a number x;  ∂z/∂y = x/(1 + y)."""


class Xlog1pyNumber(Xlog1py, label="SpecialXlog1PyBackward2"):
    """z = x·ln(1 + y) with a number y;  ∂z/∂x = ln(1 + y)."""


def _xlog(name: str, ops: tuple[type[Op], type[Op], type[Op]], input: Any, other: Any) -> Any:
    if not isinstance(input, Tensor) and not isinstance(other, Tensor):
        number(name, input), number(name, other)
        raise TypeError(f"{name}(): one of the arguments must be Tensor, not two numbers")
    x, y = pair(name, input, other, floating=True)
    if not isinstance(x, Tensor):
        return ops[1]()(y.new_tensor(x), y)
    if not isinstance(y, Tensor):
        return ops[2]()(x, x.new_tensor(y))
    return ops[0]()(x, y)


def xlogy(input: Tensor, other: Tensor | Number) -> Tensor:
    """Elementwise input·ln(other), and 0 where input is 0 (unless other is nan); either may be a number.

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast; TypeError for two numbers, and for what is neither a tensor
    nor a number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.xlogy.html

    >>> import minitorch as torch
    >>> torch.xlogy(torch.tensor([0., 2.]), torch.tensor([0., 3.]))
    tensor([0.0000, 2.1972])
    """
    return _xlog("xlogy", (Xlogy, XlogyOfNumber, XlogyNumber), input, other)


def xlog1py(input: Any, other: Any) -> Tensor:
    """Elementwise input·ln(1 + other), and 0 where input is 0 (unless other is nan); either may be a number.

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast; TypeError for two numbers, and for what is neither a tensor
    nor a number.

    Source: https://docs.pytorch.org/docs/stable/special.html#torch.special.xlog1py

    >>> import minitorch as torch
    >>> torch.special.xlog1py(torch.tensor([0., 2.]), torch.tensor([-1., 3.]))
    tensor([0.0000, 2.7726])
    """
    return _xlog("special_xlog1py", (Xlog1py, Xlog1pyOfNumber, Xlog1pyNumber), input, other)


class Logit(Op):
    """z = ln(x/(1 − x)), x first held within [ε, 1 − ε] if ε is given;  ∂z/∂x = 1/(x(1 − x)), and 0 where x was held.

    Without ε the slope is nan outside of [0, 1], as the value is.
    """

    def __init__(self, eps: float | None) -> None:
        self.eps = eps

    def forward(self, x: Any) -> Any:
        self.save(x)
        xp = array_module(x)
        if self.eps is not None:
            # Each bound is rounded to x's dtype on its own. xp.minimum and xp.maximum keep nan.
            x = xp.minimum(xp.maximum(x, x.dtype.type(self.eps)), 1 - x.dtype.type(self.eps))
        return xp.log(x / (1 - x))

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        slope = g / (x * (1 - x))
        if self.eps is None:
            return where((x < 0) | (x > 1), math.nan, slope)
        return where((x < self.eps) | (x > 1 - self.eps), 0.0, slope)


def logit(input: Tensor, eps: float | None = None) -> Tensor:
    """Elementwise ln(x/(1 − x)), the inverse of `sigmoid`; x is first held within [eps, 1 − eps] if eps is given.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor, and for an `eps` that is no number.

    Source: https://docs.pytorch.org/docs/stable/special.html#torch.special.logit

    >>> import minitorch as torch
    >>> torch.logit(torch.tensor([0.5, 0.9]))
    tensor([0.0000, 2.1972])
    """
    tensor_argument("logit", input)
    return Logit(None if eps is None or eps < 0 else float(eps))(floating(input))


def float_power(input: Tensor | Number, exponent: Tensor | Number) -> Tensor:
    """Elementwise input ** exponent in float64; either may be a number.

    Shapes: input and exponent broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast; TypeError for two numbers, and for what is neither a tensor
    nor a number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.float_power.html

    >>> import minitorch as torch
    >>> torch.float_power(torch.tensor([2, 3]), -1)
    tensor([0.5000, 0.3333], dtype=torch.float64)
    """
    if not isinstance(input, Tensor) and not isinstance(exponent, Tensor):
        raise TypeError("float_power(): one of the arguments must be Tensor, not two numbers")
    base, power = (
        x._cast(np.dtype("float64")) if isinstance(x, Tensor) else float(number("float_power", x))
        for x in (input, exponent)
    )
    return pow(base, power)
