"""Element by element, continued: trigonometry, special functions, signs, parts of numbers, other names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import ops
from ..types import Number

if TYPE_CHECKING:
    from ..ops import return_types
    from ..tensor import Tensor


class Pointwise:
    """Element by element, continued."""

    def acos(self: Tensor) -> Tensor:
        """See `minitorch.acos`."""
        return ops.acos(self)

    def acosh(self: Tensor) -> Tensor:
        """See `minitorch.acosh`."""
        return ops.acosh(self)

    def arccos(self: Tensor) -> Tensor:
        """See `minitorch.arccos`."""
        return ops.arccos(self)

    def arccosh(self: Tensor) -> Tensor:
        """See `minitorch.arccosh`."""
        return ops.arccosh(self)

    def arcsin(self: Tensor) -> Tensor:
        """See `minitorch.arcsin`."""
        return ops.arcsin(self)

    def arcsinh(self: Tensor) -> Tensor:
        """See `minitorch.arcsinh`."""
        return ops.arcsinh(self)

    def arctan(self: Tensor) -> Tensor:
        """See `minitorch.arctan`."""
        return ops.arctan(self)

    def arctan2(self: Tensor, other: Tensor) -> Tensor:
        """See `minitorch.arctan2`."""
        return ops.arctan2(self, other)

    def arctanh(self: Tensor) -> Tensor:
        """See `minitorch.arctanh`."""
        return ops.arctanh(self)

    def asin(self: Tensor) -> Tensor:
        """See `minitorch.asin`."""
        return ops.asin(self)

    def asinh(self: Tensor) -> Tensor:
        """See `minitorch.asinh`."""
        return ops.asinh(self)

    def atan(self: Tensor) -> Tensor:
        """See `minitorch.atan`."""
        return ops.atan(self)

    def atan2(self: Tensor, other: Tensor) -> Tensor:
        """See `minitorch.atan2`."""
        return ops.atan2(self, other)

    def atanh(self: Tensor) -> Tensor:
        """See `minitorch.atanh`."""
        return ops.atanh(self)

    def bitwise_left_shift(self: Tensor, other: Tensor | Number) -> Tensor:
        """See `minitorch.bitwise_left_shift`."""
        return ops.bitwise_left_shift(self, other)

    def bitwise_right_shift(self: Tensor, other: Tensor | Number) -> Tensor:
        """See `minitorch.bitwise_right_shift`."""
        return ops.bitwise_right_shift(self, other)

    def copysign(self: Tensor, other: Tensor | Number) -> Tensor:
        """See `minitorch.copysign`."""
        return ops.copysign(self, other)

    def cosh(self: Tensor) -> Tensor:
        """See `minitorch.cosh`."""
        return ops.cosh(self)

    def deg2rad(self: Tensor) -> Tensor:
        """See `minitorch.deg2rad`."""
        return ops.deg2rad(self)

    def digamma(self: Tensor) -> Tensor:
        """See `minitorch.digamma`."""
        return ops.digamma(self)

    def erf(self: Tensor) -> Tensor:
        """See `minitorch.erf`."""
        return ops.erf(self)

    def erfc(self: Tensor) -> Tensor:
        """See `minitorch.erfc`."""
        return ops.erfc(self)

    def erfinv(self: Tensor) -> Tensor:
        """See `minitorch.erfinv`."""
        return ops.erfinv(self)

    def exp2(self: Tensor) -> Tensor:
        """See `minitorch.exp2`."""
        return ops.exp2(self)

    def expm1(self: Tensor) -> Tensor:
        """See `minitorch.expm1`."""
        return ops.expm1(self)

    def fix(self: Tensor) -> Tensor:
        """See `minitorch.fix`."""
        return ops.fix(self)

    def float_power(self: Tensor, exponent: Tensor | Number) -> Tensor:
        """See `minitorch.float_power`."""
        return ops.float_power(self, exponent)

    def fmax(self: Tensor, other: Tensor) -> Tensor:
        """See `minitorch.fmax`."""
        return ops.fmax(self, other)

    def fmin(self: Tensor, other: Tensor) -> Tensor:
        """See `minitorch.fmin`."""
        return ops.fmin(self, other)

    def fmod(self: Tensor, other: Tensor | Number) -> Tensor:
        """See `minitorch.fmod`."""
        return ops.fmod(self, other)

    def frac(self: Tensor) -> Tensor:
        """See `minitorch.frac`."""
        return ops.frac(self)

    def frexp(self: Tensor) -> return_types.frexp:
        """See `minitorch.frexp`."""
        return ops.frexp(self)

    def gcd(self: Tensor, other: Tensor) -> Tensor:
        """See `minitorch.gcd`."""
        return ops.gcd(self, other)

    def greater(self: Tensor, other: Tensor | Number) -> Tensor:
        """See `minitorch.greater`."""
        return ops.greater(self, other)

    def greater_equal(self: Tensor, other: Tensor | Number) -> Tensor:
        """See `minitorch.greater_equal`."""
        return ops.greater_equal(self, other)

    def hardshrink(self: Tensor, lambd: float = 0.5) -> Tensor:
        """See `minitorch.nn.functional.hardshrink`."""
        return ops.hardshrink(self, lambd)

    def heaviside(self: Tensor, values: Tensor) -> Tensor:
        """See `minitorch.heaviside`."""
        return ops.heaviside(self, values)

    def hypot(self: Tensor, other: Tensor) -> Tensor:
        """See `minitorch.hypot`."""
        return ops.hypot(self, other)

    def i0(self: Tensor) -> Tensor:
        """See `minitorch.i0`."""
        return ops.i0(self)

    def isneginf(self: Tensor) -> Tensor:
        """See `minitorch.isneginf`."""
        return ops.isneginf(self)

    def isposinf(self: Tensor) -> Tensor:
        """See `minitorch.isposinf`."""
        return ops.isposinf(self)

    def isreal(self: Tensor) -> Tensor:
        """See `minitorch.isreal`."""
        return ops.isreal(self)

    def lcm(self: Tensor, other: Tensor) -> Tensor:
        """See `minitorch.lcm`."""
        return ops.lcm(self, other)

    def ldexp(self: Tensor, other: Tensor) -> Tensor:
        """See `minitorch.ldexp`."""
        return ops.ldexp(self, other)

    def less(self: Tensor, other: Tensor | Number) -> Tensor:
        """See `minitorch.less`."""
        return ops.less(self, other)

    def less_equal(self: Tensor, other: Tensor | Number) -> Tensor:
        """See `minitorch.less_equal`."""
        return ops.less_equal(self, other)

    def lgamma(self: Tensor) -> Tensor:
        """See `minitorch.lgamma`."""
        return ops.lgamma(self)

    def log10(self: Tensor) -> Tensor:
        """See `minitorch.log10`."""
        return ops.log10(self)

    def log1p(self: Tensor) -> Tensor:
        """See `minitorch.log1p`."""
        return ops.log1p(self)

    def log2(self: Tensor) -> Tensor:
        """See `minitorch.log2`."""
        return ops.log2(self)

    def logaddexp(self: Tensor, other: Tensor) -> Tensor:
        """See `minitorch.logaddexp`."""
        return ops.logaddexp(self, other)

    def logaddexp2(self: Tensor, other: Tensor) -> Tensor:
        """See `minitorch.logaddexp2`."""
        return ops.logaddexp2(self, other)

    def logit(self: Tensor, eps: float | None = None) -> Tensor:
        """See `minitorch.logit`."""
        return ops.logit(self, eps)

    def mvlgamma(self: Tensor, p: int) -> Tensor:
        """See `minitorch.mvlgamma`."""
        return ops.mvlgamma(self, p)

    def nan_to_num(
        self: Tensor, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
    ) -> Tensor:
        """See `minitorch.nan_to_num`."""
        return ops.nan_to_num(self, nan, posinf, neginf)

    def nextafter(self: Tensor, other: Tensor) -> Tensor:
        """See `minitorch.nextafter`."""
        return ops.nextafter(self, other)

    def not_equal(self: Tensor, other: Tensor | Number) -> Tensor:
        """See `minitorch.not_equal`."""
        return ops.not_equal(self, other)

    def polygamma(self: Tensor, n: int) -> Tensor:
        """See `minitorch.polygamma`."""
        return ops.polygamma(n, self)

    def positive(self: Tensor) -> Tensor:
        """See `minitorch.positive`."""
        return ops.positive(self)

    def prelu(self: Tensor, weight: Tensor) -> Tensor:
        """See `minitorch.nn.functional.prelu`."""
        return ops.prelu(self, weight)

    def rad2deg(self: Tensor) -> Tensor:
        """See `minitorch.rad2deg`."""
        return ops.rad2deg(self)

    def sgn(self: Tensor) -> Tensor:
        """See `minitorch.sgn`."""
        return ops.sgn(self)

    def signbit(self: Tensor) -> Tensor:
        """See `minitorch.signbit`."""
        return ops.signbit(self)

    def sinc(self: Tensor) -> Tensor:
        """See `minitorch.sinc`."""
        return ops.sinc(self)

    def sinh(self: Tensor) -> Tensor:
        """See `minitorch.sinh`."""
        return ops.sinh(self)

    def tan(self: Tensor) -> Tensor:
        """See `minitorch.tan`."""
        return ops.tan(self)

    def xlogy(self: Tensor, other: Tensor | Number) -> Tensor:
        """See `minitorch.xlogy`."""
        return ops.xlogy(self, other)
