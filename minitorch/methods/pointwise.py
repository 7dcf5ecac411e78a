"""Element by element, continued: trigonometry, special functions, signs, parts of numbers, other names."""

from __future__ import annotations

from typing import Any

from .. import ops


class Pointwise:
    """Element by element, continued."""

    def acos(self) -> Any:
        """See `minitorch.acos`."""
        return ops.acos(self)

    def acosh(self) -> Any:
        """See `minitorch.acosh`."""
        return ops.acosh(self)

    def arccos(self) -> Any:
        """See `minitorch.arccos`."""
        return ops.arccos(self)

    def arccosh(self) -> Any:
        """See `minitorch.arccosh`."""
        return ops.arccosh(self)

    def arcsin(self) -> Any:
        """See `minitorch.arcsin`."""
        return ops.arcsin(self)

    def arcsinh(self) -> Any:
        """See `minitorch.arcsinh`."""
        return ops.arcsinh(self)

    def arctan(self) -> Any:
        """See `minitorch.arctan`."""
        return ops.arctan(self)

    def arctan2(self, other: Any) -> Any:
        """See `minitorch.arctan2`."""
        return ops.arctan2(self, other)

    def arctanh(self) -> Any:
        """See `minitorch.arctanh`."""
        return ops.arctanh(self)

    def asin(self) -> Any:
        """See `minitorch.asin`."""
        return ops.asin(self)

    def asinh(self) -> Any:
        """See `minitorch.asinh`."""
        return ops.asinh(self)

    def atan(self) -> Any:
        """See `minitorch.atan`."""
        return ops.atan(self)

    def atan2(self, other: Any) -> Any:
        """See `minitorch.atan2`."""
        return ops.atan2(self, other)

    def atanh(self) -> Any:
        """See `minitorch.atanh`."""
        return ops.atanh(self)

    def bitwise_left_shift(self, other: Any) -> Any:
        """See `minitorch.bitwise_left_shift`."""
        return ops.bitwise_left_shift(self, other)

    def bitwise_right_shift(self, other: Any) -> Any:
        """See `minitorch.bitwise_right_shift`."""
        return ops.bitwise_right_shift(self, other)

    def copysign(self, other: Any) -> Any:
        """See `minitorch.copysign`."""
        return ops.copysign(self, other)

    def cosh(self) -> Any:
        """See `minitorch.cosh`."""
        return ops.cosh(self)

    def deg2rad(self) -> Any:
        """See `minitorch.deg2rad`."""
        return ops.deg2rad(self)

    def digamma(self) -> Any:
        """See `minitorch.digamma`."""
        return ops.digamma(self)

    def erf(self) -> Any:
        """See `minitorch.erf`."""
        return ops.erf(self)

    def erfc(self) -> Any:
        """See `minitorch.erfc`."""
        return ops.erfc(self)

    def erfinv(self) -> Any:
        """See `minitorch.erfinv`."""
        return ops.erfinv(self)

    def exp2(self) -> Any:
        """See `minitorch.exp2`."""
        return ops.exp2(self)

    def expm1(self) -> Any:
        """See `minitorch.expm1`."""
        return ops.expm1(self)

    def fix(self) -> Any:
        """See `minitorch.fix`."""
        return ops.fix(self)

    def float_power(self, exponent: Any) -> Any:
        """See `minitorch.float_power`."""
        return ops.float_power(self, exponent)

    def fmax(self, other: Any) -> Any:
        """See `minitorch.fmax`."""
        return ops.fmax(self, other)

    def fmin(self, other: Any) -> Any:
        """See `minitorch.fmin`."""
        return ops.fmin(self, other)

    def fmod(self, other: Any) -> Any:
        """See `minitorch.fmod`."""
        return ops.fmod(self, other)

    def frac(self) -> Any:
        """See `minitorch.frac`."""
        return ops.frac(self)

    def frexp(self) -> Any:
        """See `minitorch.frexp`."""
        return ops.frexp(self)

    def gcd(self, other: Any) -> Any:
        """See `minitorch.gcd`."""
        return ops.gcd(self, other)

    def greater(self, other: Any) -> Any:
        """See `minitorch.greater`."""
        return ops.greater(self, other)

    def greater_equal(self, other: Any) -> Any:
        """See `minitorch.greater_equal`."""
        return ops.greater_equal(self, other)

    def hardshrink(self, lambd: float = 0.5) -> Any:
        """See `minitorch.nn.functional.hardshrink`."""
        return ops.hardshrink(self, lambd)

    def heaviside(self, values: Any) -> Any:
        """See `minitorch.heaviside`."""
        return ops.heaviside(self, values)

    def hypot(self, other: Any) -> Any:
        """See `minitorch.hypot`."""
        return ops.hypot(self, other)

    def i0(self) -> Any:
        """See `minitorch.i0`."""
        return ops.i0(self)

    def isneginf(self) -> Any:
        """See `minitorch.isneginf`."""
        return ops.isneginf(self)

    def isposinf(self) -> Any:
        """See `minitorch.isposinf`."""
        return ops.isposinf(self)

    def isreal(self) -> Any:
        """See `minitorch.isreal`."""
        return ops.isreal(self)

    def lcm(self, other: Any) -> Any:
        """See `minitorch.lcm`."""
        return ops.lcm(self, other)

    def ldexp(self, other: Any) -> Any:
        """See `minitorch.ldexp`."""
        return ops.ldexp(self, other)

    def less(self, other: Any) -> Any:
        """See `minitorch.less`."""
        return ops.less(self, other)

    def less_equal(self, other: Any) -> Any:
        """See `minitorch.less_equal`."""
        return ops.less_equal(self, other)

    def lgamma(self) -> Any:
        """See `minitorch.lgamma`."""
        return ops.lgamma(self)

    def log10(self) -> Any:
        """See `minitorch.log10`."""
        return ops.log10(self)

    def log1p(self) -> Any:
        """See `minitorch.log1p`."""
        return ops.log1p(self)

    def log2(self) -> Any:
        """See `minitorch.log2`."""
        return ops.log2(self)

    def logaddexp(self, other: Any) -> Any:
        """See `minitorch.logaddexp`."""
        return ops.logaddexp(self, other)

    def logaddexp2(self, other: Any) -> Any:
        """See `minitorch.logaddexp2`."""
        return ops.logaddexp2(self, other)

    def logit(self, eps: float | None = None) -> Any:
        """See `minitorch.logit`."""
        return ops.logit(self, eps)

    def mvlgamma(self, p: int) -> Any:
        """See `minitorch.mvlgamma`."""
        return ops.mvlgamma(self, p)

    def nan_to_num(self, nan: float | None = None, posinf: float | None = None, neginf: float | None = None) -> Any:
        """See `minitorch.nan_to_num`."""
        return ops.nan_to_num(self, nan, posinf, neginf)

    def nextafter(self, other: Any) -> Any:
        """See `minitorch.nextafter`."""
        return ops.nextafter(self, other)

    def not_equal(self, other: Any) -> Any:
        """See `minitorch.not_equal`."""
        return ops.not_equal(self, other)

    def polygamma(self, n: int) -> Any:
        """See `minitorch.polygamma`."""
        return ops.polygamma(n, self)

    def positive(self) -> Any:
        """See `minitorch.positive`."""
        return ops.positive(self)

    def prelu(self, weight: Any) -> Any:
        """See `minitorch.nn.functional.prelu`."""
        return ops.prelu(self, weight)

    def rad2deg(self) -> Any:
        """See `minitorch.rad2deg`."""
        return ops.rad2deg(self)

    def sgn(self) -> Any:
        """See `minitorch.sgn`."""
        return ops.sgn(self)

    def signbit(self) -> Any:
        """See `minitorch.signbit`."""
        return ops.signbit(self)

    def sinc(self) -> Any:
        """See `minitorch.sinc`."""
        return ops.sinc(self)

    def sinh(self) -> Any:
        """See `minitorch.sinh`."""
        return ops.sinh(self)

    def tan(self) -> Any:
        """See `minitorch.tan`."""
        return ops.tan(self)

    def xlogy(self, other: Any) -> Any:
        """See `minitorch.xlogy`."""
        return ops.xlogy(self, other)
