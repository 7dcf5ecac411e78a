"""Forms that overwrite the tensor, continued: element by element."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops
from ..types import Number

if TYPE_CHECKING:
    from ..tensor import Tensor


class PointwiseInPlace:
    """Forms that overwrite the tensor, continued."""

    def absolute_(self: Tensor) -> Tensor:
        """In-place form of `absolute`."""
        return self._update(ops.absolute(self))

    def acos_(self: Tensor) -> Tensor:
        """In-place form of `acos`."""
        return self._update(ops.acos(self))

    def acosh_(self: Tensor) -> Tensor:
        """In-place form of `acosh`."""
        return self._update(ops.acosh(self))

    def arccos_(self: Tensor) -> Tensor:
        """In-place form of `arccos`."""
        return self._update(ops.arccos(self))

    def arccosh_(self: Tensor) -> Tensor:
        """In-place form of `arccosh`."""
        return self._update(ops.arccosh(self))

    def arcsin_(self: Tensor) -> Tensor:
        """In-place form of `arcsin`."""
        return self._update(ops.arcsin(self))

    def arcsinh_(self: Tensor) -> Tensor:
        """In-place form of `arcsinh`."""
        return self._update(ops.arcsinh(self))

    def arctan_(self: Tensor) -> Tensor:
        """In-place form of `arctan`."""
        return self._update(ops.arctan(self))

    def arctan2_(self: Tensor, other: Tensor) -> Tensor:
        """In-place form of `arctan2`."""
        return self._update(ops.arctan2(self, other), other)

    def arctanh_(self: Tensor) -> Tensor:
        """In-place form of `arctanh`."""
        return self._update(ops.arctanh(self))

    def asin_(self: Tensor) -> Tensor:
        """In-place form of `asin`."""
        return self._update(ops.asin(self))

    def asinh_(self: Tensor) -> Tensor:
        """In-place form of `asinh`."""
        return self._update(ops.asinh(self))

    def atan_(self: Tensor) -> Tensor:
        """In-place form of `atan`."""
        return self._update(ops.atan(self))

    def atan2_(self: Tensor, other: Tensor) -> Tensor:
        """In-place form of `atan2`."""
        return self._update(ops.atan2(self, other), other)

    def atanh_(self: Tensor) -> Tensor:
        """In-place form of `atanh`."""
        return self._update(ops.atanh(self))

    def bitwise_and_(self: Tensor, other: Tensor | Number) -> Tensor:
        """In-place form of `bitwise_and`."""
        return self._update(ops.bitwise_and(self, other), other)

    def bitwise_left_shift_(self: Tensor, other: Tensor | Number) -> Tensor:
        """In-place form of `bitwise_left_shift`."""
        return self._update(ops.bitwise_left_shift(self, other), other)

    def bitwise_not_(self: Tensor) -> Tensor:
        """In-place form of `bitwise_not`."""
        return self._update(ops.bitwise_not(self))

    def bitwise_or_(self: Tensor, other: Tensor | Number) -> Tensor:
        """In-place form of `bitwise_or`."""
        return self._update(ops.bitwise_or(self, other), other)

    def bitwise_right_shift_(self: Tensor, other: Tensor | Number) -> Tensor:
        """In-place form of `bitwise_right_shift`."""
        return self._update(ops.bitwise_right_shift(self, other), other)

    def bitwise_xor_(self: Tensor, other: Tensor | Number) -> Tensor:
        """In-place form of `bitwise_xor`."""
        return self._update(ops.bitwise_xor(self, other), other)

    def copysign_(self: Tensor, other: Tensor | Number) -> Tensor:
        """In-place form of `copysign`."""
        return self._update(ops.copysign(self, other), other)

    def cosh_(self: Tensor) -> Tensor:
        """In-place form of `cosh`."""
        return self._update(ops.cosh(self))

    def deg2rad_(self: Tensor) -> Tensor:
        """In-place form of `deg2rad`."""
        return self._update(ops.deg2rad(self))

    def digamma_(self: Tensor) -> Tensor:
        """In-place form of `digamma`."""
        return self._update(ops.digamma(self))

    def divide_(self: Tensor, other: Tensor | Number, *, rounding_mode: str | None = None) -> Tensor:
        """In-place form of `divide`."""
        return self._update(ops.divide(self, other, rounding_mode=rounding_mode), other)

    def eq_(self: Tensor, other: Tensor | Number) -> Tensor:
        """In-place form of `eq`: 1 where it holds, else 0."""
        return ops.elementwise.comparison_inplace.compared_("eq", self, other)

    def erf_(self: Tensor) -> Tensor:
        """In-place form of `erf`."""
        return self._update(ops.erf(self))

    def erfc_(self: Tensor) -> Tensor:
        """In-place form of `erfc`."""
        return self._update(ops.erfc(self))

    def erfinv_(self: Tensor) -> Tensor:
        """In-place form of `erfinv`."""
        return self._update(ops.erfinv(self))

    def exp2_(self: Tensor) -> Tensor:
        """In-place form of `exp2`."""
        return self._update(ops.exp2(self))

    def expm1_(self: Tensor) -> Tensor:
        """In-place form of `expm1`."""
        return self._update(ops.expm1(self))

    def fix_(self: Tensor) -> Tensor:
        """In-place form of `fix`."""
        return self._update(ops.fix(self))

    def float_power_(self: Tensor, exponent: Tensor | Number) -> Tensor:
        """In-place form of `float_power`: of float64 tensors only."""
        if self._array.dtype != "float64":
            raise RuntimeError(
                f"the base given to float_power_ has dtype {self.dtype.type_name} but the operation's result requires "
                "dtype Double"
            )
        return self._update(ops.float_power(self, exponent), exponent)

    def fmod_(self: Tensor, other: Tensor | Number) -> Tensor:
        """In-place form of `fmod`."""
        return self._update(ops.fmod(self, other), other)

    def frac_(self: Tensor) -> Tensor:
        """In-place form of `frac`."""
        return self._update(ops.frac(self))

    def gcd_(self: Tensor, other: Tensor) -> Tensor:
        """In-place form of `gcd`."""
        return self._update(ops.gcd(self, other), other)

    def ge_(self: Tensor, other: Tensor | Number) -> Tensor:
        """In-place form of `ge`: 1 where it holds, else 0."""
        return ops.elementwise.comparison_inplace.compared_("ge", self, other)

    def greater_(self: Tensor, other: Tensor | Number) -> Tensor:
        """In-place form of `greater`: 1 where it holds, else 0."""
        return ops.elementwise.comparison_inplace.compared_("gt", self, other)

    def greater_equal_(self: Tensor, other: Tensor | Number) -> Tensor:
        """In-place form of `greater_equal`: 1 where it holds, else 0."""
        return ops.elementwise.comparison_inplace.compared_("ge", self, other)

    def gt_(self: Tensor, other: Tensor | Number) -> Tensor:
        """In-place form of `gt`: 1 where it holds, else 0."""
        return ops.elementwise.comparison_inplace.compared_("gt", self, other)

    def heaviside_(self: Tensor, values: Tensor) -> Tensor:
        """In-place form of `heaviside`."""
        return self._update(ops.heaviside(self, values), values)

    def hypot_(self: Tensor, other: Tensor) -> Tensor:
        """In-place form of `hypot`."""
        return self._update(ops.hypot(self, other), other)

    def i0_(self: Tensor) -> Tensor:
        """In-place form of `i0`."""
        return self._update(ops.i0(self))

    def lcm_(self: Tensor, other: Tensor) -> Tensor:
        """In-place form of `lcm`."""
        return self._update(ops.lcm(self, other), other)

    def ldexp_(self: Tensor, other: Tensor) -> Tensor:
        """In-place form of `ldexp`."""
        return self._update(ops.ldexp(self, other), other)

    def le_(self: Tensor, other: Tensor | Number) -> Tensor:
        """In-place form of `le`: 1 where it holds, else 0."""
        return ops.elementwise.comparison_inplace.compared_("le", self, other)

    def less_(self: Tensor, other: Tensor | Number) -> Tensor:
        """In-place form of `less`: 1 where it holds, else 0."""
        return ops.elementwise.comparison_inplace.compared_("lt", self, other)

    def less_equal_(self: Tensor, other: Tensor | Number) -> Tensor:
        """In-place form of `less_equal`: 1 where it holds, else 0."""
        return ops.elementwise.comparison_inplace.compared_("le", self, other)

    def lgamma_(self: Tensor) -> Tensor:
        """In-place form of `lgamma`."""
        return self._update(ops.lgamma(self))

    def log10_(self: Tensor) -> Tensor:
        """In-place form of `log10`."""
        return self._update(ops.log10(self))

    def log1p_(self: Tensor) -> Tensor:
        """In-place form of `log1p`."""
        return self._update(ops.log1p(self))

    def log2_(self: Tensor) -> Tensor:
        """In-place form of `log2`."""
        return self._update(ops.log2(self))

    def logical_and_(self: Tensor, other: Tensor) -> Tensor:
        """In-place form of `logical_and`."""
        return self._update(ops.logical_and(self, other), other)

    def logical_not_(self: Tensor) -> Tensor:
        """In-place form of `logical_not`."""
        return self._update(ops.logical_not(self))

    def logical_or_(self: Tensor, other: Tensor) -> Tensor:
        """In-place form of `logical_or`."""
        return self._update(ops.logical_or(self, other), other)

    def logical_xor_(self: Tensor, other: Tensor) -> Tensor:
        """In-place form of `logical_xor`."""
        return self._update(ops.logical_xor(self, other), other)

    def logit_(self: Tensor, eps: float | None = None) -> Tensor:
        """In-place form of `logit`."""
        return self._update(ops.logit(self, eps))

    def lt_(self: Tensor, other: Tensor | Number) -> Tensor:
        """In-place form of `lt`: 1 where it holds, else 0."""
        return ops.elementwise.comparison_inplace.compared_("lt", self, other)

    def multiply_(self: Tensor, other: Tensor | Number) -> Tensor:
        """In-place form of `multiply`."""
        return self._update(ops.multiply(self, other), other)

    def mvlgamma_(self: Tensor, p: int) -> Tensor:
        """In-place form of `mvlgamma`."""
        return self._update(ops.mvlgamma(self, p))

    def nan_to_num_(
        self: Tensor, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
    ) -> Tensor:
        """In-place form of `nan_to_num`."""
        return self._update(ops.nan_to_num(self, nan, posinf, neginf))

    def ne_(self: Tensor, other: Tensor | Number) -> Tensor:
        """In-place form of `ne`: 1 where it holds, else 0."""
        return ops.elementwise.comparison_inplace.compared_("ne", self, other)

    def negative_(self: Tensor) -> Tensor:
        """In-place form of `negative`."""
        return self._update(ops.negative(self))

    def nextafter_(self: Tensor, other: Tensor) -> Tensor:
        """In-place form of `nextafter`."""
        return self._update(ops.nextafter(self, other), other)

    def not_equal_(self: Tensor, other: Tensor | Number) -> Tensor:
        """In-place form of `not_equal`: 1 where it holds, else 0."""
        return ops.elementwise.comparison_inplace.compared_("ne", self, other)

    def polygamma_(self: Tensor, n: int) -> Tensor:
        """In-place form of `polygamma`."""
        return self._update(ops.polygamma(n, self))

    def rad2deg_(self: Tensor) -> Tensor:
        """In-place form of `rad2deg`."""
        return self._update(ops.rad2deg(self))

    def sgn_(self: Tensor) -> Tensor:
        """In-place form of `sgn`."""
        return self._update(ops.sgn(self))

    def sinc_(self: Tensor) -> Tensor:
        """In-place form of `sinc`."""
        return self._update(ops.sinc(self))

    def sinh_(self: Tensor) -> Tensor:
        """In-place form of `sinh`."""
        return self._update(ops.sinh(self))

    def subtract_(self: Tensor, other: Tensor | Number, *, alpha: Number = 1) -> Tensor:
        """In-place form of `subtract`."""
        return self._update(ops.subtract(self, other, alpha=alpha), other)

    def tan_(self: Tensor) -> Tensor:
        """In-place form of `tan`."""
        return self._update(ops.tan(self))

    def true_divide_(self: Tensor, other: Any) -> Tensor:
        """In-place form of `true_divide`."""
        return self._update(ops.true_divide(self, other), other)

    def xlogy_(self: Tensor, other: Tensor | Number) -> Tensor:
        """In-place form of `xlogy`."""
        return self._update(ops.xlogy(self, other), other)
