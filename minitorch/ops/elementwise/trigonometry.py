"""Trigonometric and hyperbolic functions and their inverses, element by element."""

from __future__ import annotations

import math
from typing import Any

from ...autograd.op import Op
from ...device import array_module
from ...tensor import Tensor
from ..checks import refuse, tensor_argument
from ..promotion import floating, two_tensors
from .functions import cos, rsqrt, sin
from .selection import where

__all__ = [
    "acos", "acosh", "asin", "asinh", "atan",
    "atan2", "atanh", "cosh", "deg2rad", "hypot", "rad2deg", "sinc", "sinh", "tan",
]  # fmt: skip


class Tan(Op):
    """z = tan x;  ∂z/∂x = 1 + z²."""

    def forward(self, x: Any) -> Any:
        z = array_module(x).tan(x)
        self.save(z)
        return z

    def backward(self, g: Any) -> Any:
        (z,) = self.saved
        return g * (1 + z * z)


def tan(input: Tensor) -> Tensor:
    """Elementwise tangent of an angle in radians.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.tan.html

    >>> import minitorch as torch
    >>> torch.tan(torch.tensor([0., 1.]))
    tensor([0.0000, 1.5574])
    """
    tensor_argument("tan", input)
    return Tan()(floating(input))


class Asin(Op):
    """z = arcsin x;  ∂z/∂x = 1/√(1 − x²)."""

    def forward(self, x: Any) -> Any:
        self.save(x)
        return array_module(x).arcsin(x)

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        return g * rsqrt(1 - x * x)


def asin(input: Tensor) -> Tensor:
    """Elementwise angle in [−π/2, π/2] whose sine is x; nan outside of [−1, 1].

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.asin.html

    >>> import minitorch as torch
    >>> torch.asin(torch.tensor([0.5, 1.]))
    tensor([0.5236, 1.5708])
    """
    tensor_argument("asin", input)
    return Asin()(floating(input))


class Acos(Op):
    """z = arccos x;  ∂z/∂x = −1/√(1 − x²)."""

    def forward(self, x: Any) -> Any:
        self.save(x)
        return array_module(x).arccos(x)

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        return g * -rsqrt(1 - x * x)


def acos(input: Tensor) -> Tensor:
    """Elementwise angle in [0, π] whose cosine is x; nan outside of [−1, 1].

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.acos.html

    >>> import minitorch as torch
    >>> torch.acos(torch.tensor([0.5, 1.]))
    tensor([1.0472, 0.0000])
    """
    tensor_argument("acos", input)
    return Acos()(floating(input))


class Atan(Op):
    """z = arctan x;  ∂z/∂x = 1/(1 + x²)."""

    def forward(self, x: Any) -> Any:
        self.save(x)
        return array_module(x).arctan(x)

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        return g / (x * x + 1)


def atan(input: Tensor) -> Tensor:
    """Elementwise angle in (−π/2, π/2) whose tangent is x.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.atan.html

    >>> import minitorch as torch
    >>> torch.atan(torch.tensor([0., 1.]))
    tensor([0.0000, 0.7854])
    """
    tensor_argument("atan", input)
    return Atan()(floating(input))


class Atan2(Op):
    """z = the angle of the point (x, y);  ∂z/∂y = x/(x² + y²), ∂z/∂x = −y/(x² + y²); both 0 at the origin."""

    def forward(self, y: Any, x: Any) -> Any:
        self.save(y, x)
        return array_module(y).arctan2(y, x)

    def backward(self, g: Any) -> Any:
        y, x = self.saved
        squares = y * y + x * x
        inverse = where(squares == 0, 0.0, 1 / squares)
        return (g * (x * inverse) if self.needs[0] else None), (g * (-y * inverse) if self.needs[1] else None)


def atan2(input: Tensor, other: Tensor) -> Tensor:
    """Elementwise angle of the point (other, input), in [−π, π]: the arctangent of input/other in the right quadrant.

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.atan2.html

    >>> import minitorch as torch
    >>> torch.atan2(torch.tensor([1., -1.]), torch.tensor([1., -1.]))
    tensor([ 0.7854, -2.3562])
    """
    return Atan2()(*two_tensors("atan2", input, other, floating=True))


class Sinh(Op):
    """z = sinh x = (eˣ − e⁻ˣ)/2;  ∂z/∂x = cosh x."""

    def forward(self, x: Any) -> Any:
        self.save(x)
        return array_module(x).sinh(x)

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        return g * cosh(x)


def sinh(input: Tensor) -> Tensor:
    """Elementwise hyperbolic sine.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.sinh.html

    >>> import minitorch as torch
    >>> torch.sinh(torch.tensor([0., 1.]))
    tensor([0.0000, 1.1752])
    """
    tensor_argument("sinh", input)
    return Sinh()(floating(input))


class Cosh(Op):
    """z = cosh x = (eˣ + e⁻ˣ)/2;  ∂z/∂x = sinh x."""

    def forward(self, x: Any) -> Any:
        self.save(x)
        return array_module(x).cosh(x)

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        return g * sinh(x)


def cosh(input: Tensor) -> Tensor:
    """Elementwise hyperbolic cosine.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cosh.html

    >>> import minitorch as torch
    >>> torch.cosh(torch.tensor([0., 1.]))
    tensor([1.0000, 1.5431])
    """
    tensor_argument("cosh", input)
    return Cosh()(floating(input))


class Asinh(Op):
    """z = ln(x + √(x² + 1));  ∂z/∂x = 1/√(x² + 1)."""

    def forward(self, x: Any) -> Any:
        self.save(x)
        return array_module(x).arcsinh(x)

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        return g * rsqrt(x * x + 1)


def asinh(input: Tensor) -> Tensor:
    """Elementwise inverse of `sinh`.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.asinh.html

    >>> import minitorch as torch
    >>> torch.asinh(torch.tensor([0., 1.]))
    tensor([0.0000, 0.8814])
    """
    tensor_argument("asinh", input)
    return Asinh()(floating(input))


class Acosh(Op):
    """z = ln(x + √(x² − 1));  ∂z/∂x = 1/√(x² − 1)."""

    def forward(self, x: Any) -> Any:
        self.save(x)
        return array_module(x).arccosh(x)

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        return g * rsqrt(x * x - 1)


def acosh(input: Tensor) -> Tensor:
    """Elementwise inverse of `cosh` for x ≥ 1; nan below.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.acosh.html

    >>> import minitorch as torch
    >>> torch.acosh(torch.tensor([1., 2.]))
    tensor([0.0000, 1.3170])
    """
    tensor_argument("acosh", input)
    return Acosh()(floating(input))


class Atanh(Op):
    """z = ½·ln((1 + x)/(1 − x));  ∂z/∂x = 1/(1 − x²)."""

    def forward(self, x: Any) -> Any:
        self.save(x)
        return array_module(x).arctanh(x)

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        return g * (1 / (1 - x * x))


def atanh(input: Tensor) -> Tensor:
    """Elementwise inverse of `tanh`: ±inf at ±1, nan beyond.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.atanh.html

    >>> import minitorch as torch
    >>> torch.atanh(torch.tensor([0., 0.5]))
    tensor([0.0000, 0.5493])
    """
    tensor_argument("atanh", input)
    return Atanh()(floating(input))


class Hypot(Op):
    """z = √(x² + y²);  ∂z/∂x = x/z, ∂z/∂y = y/z."""

    def forward(self, x: Any, y: Any) -> Any:
        z = array_module(x).hypot(x, y)
        self.save(x, y, z)
        return z

    def backward(self, g: Any) -> Any:
        x, y, z = self.saved
        return (g * (x / z) if self.needs[0] else None), (g * (y / z) if self.needs[1] else None)


def hypot(input: Tensor, other: Tensor) -> Tensor:
    """Elementwise √(input² + other²), without the overflow of the squares.

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast; NotImplementedError for integers and booleans; TypeError for
    what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.hypot.html

    >>> import minitorch as torch
    >>> torch.hypot(torch.tensor([3.]), torch.tensor([4.]))
    tensor([5.])
    """
    x, y = two_tensors("hypot", input, other)
    refuse("hypot_cpu", x, "biu")
    return Hypot()(x, y)


class Sinc(Op):
    """z = sin(πx)/(πx), and 1 at 0;  ∂z/∂x = (πx·cos πx − sin πx)/(πx²), and 0 at 0."""

    def forward(self, x: Any) -> Any:
        self.save(x)
        xp = array_module(x)
        y = x * math.pi
        return xp.where(x == 0, xp.ones_like(x), xp.sin(y) / y)

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        y, divisor = x * math.pi, x * x * math.pi
        return where(divisor == 0, 0.0, g * ((y * cos(y) - sin(y)) / divisor))


def sinc(input: Tensor) -> Tensor:
    """Elementwise sin(πx)/(πx), and 1 at 0.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.sinc.html

    >>> import minitorch as torch
    >>> torch.sinc(torch.tensor([0., 0.5]))
    tensor([1.0000, 0.6366])
    """
    tensor_argument("sinc", input)
    return Sinc()(floating(input))


class _Scaled(Op):
    """z = c·x;  ∂z/∂x = c."""

    factor: float

    def forward(self, x: Any) -> Any:
        return x * self.factor

    def backward(self, g: Any) -> Any:
        return g * self.factor


class Deg2Rad(_Scaled):
    """z = π/180·x;  ∂z/∂x = π/180."""

    factor: float = math.pi / 180


class Rad2Deg(_Scaled):
    """z = 180/π·x;  ∂z/∂x = 180/π."""

    factor: float = 180 / math.pi


def deg2rad(input: Tensor) -> Tensor:
    """Elementwise degrees to radians.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.deg2rad.html

    >>> import minitorch as torch
    >>> torch.deg2rad(torch.tensor([180., 90.]))
    tensor([3.1416, 1.5708])
    """
    tensor_argument("deg2rad", input)
    return Deg2Rad()(floating(input))


def rad2deg(input: Tensor) -> Tensor:
    """Elementwise radians to degrees.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.rad2deg.html

    >>> import minitorch as torch
    >>> torch.rad2deg(torch.tensor([0.5]))
    tensor([28.6479])
    """
    tensor_argument("rad2deg", input)
    return Rad2Deg()(floating(input))
