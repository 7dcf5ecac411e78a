"""Element by element."""

from __future__ import annotations

from typing import Any

from .. import ops


class Elementwise:
    """Element by element."""

    def abs(self) -> Any:
        """See `minitorch.abs`."""
        return ops.abs(self)

    def ceil(self) -> Any:
        """See `minitorch.ceil`."""
        return ops.ceil(self)

    def cos(self) -> Any:
        """See `minitorch.cos`."""
        return ops.cos(self)

    def exp(self) -> Any:
        """See `minitorch.exp`."""
        return ops.exp(self)

    def floor(self) -> Any:
        """See `minitorch.floor`."""
        return ops.floor(self)

    def isfinite(self) -> Any:
        """See `minitorch.isfinite`."""
        return ops.isfinite(self)

    def isinf(self) -> Any:
        """See `minitorch.isinf`."""
        return ops.isinf(self)

    def isnan(self) -> Any:
        """See `minitorch.isnan`."""
        return ops.isnan(self)

    def log(self) -> Any:
        """See `minitorch.log`."""
        return ops.log(self)

    def logical_not(self) -> Any:
        """See `minitorch.logical_not`."""
        return ops.logical_not(self)

    def neg(self) -> Any:
        """See `minitorch.neg`."""
        return ops.neg(self)

    def reciprocal(self) -> Any:
        """See `minitorch.reciprocal`."""
        return ops.reciprocal(self)

    def relu(self) -> Any:
        """See `minitorch.relu`."""
        return ops.relu(self)

    def rsqrt(self) -> Any:
        """See `minitorch.rsqrt`."""
        return ops.rsqrt(self)

    def sigmoid(self) -> Any:
        """See `minitorch.sigmoid`."""
        return ops.sigmoid(self)

    def sign(self) -> Any:
        """See `minitorch.sign`."""
        return ops.sign(self)

    def sin(self) -> Any:
        """See `minitorch.sin`."""
        return ops.sin(self)

    def sqrt(self) -> Any:
        """See `minitorch.sqrt`."""
        return ops.sqrt(self)

    def square(self) -> Any:
        """See `minitorch.square`."""
        return ops.square(self)

    def tanh(self) -> Any:
        """See `minitorch.tanh`."""
        return ops.tanh(self)

    def trunc(self) -> Any:
        """See `minitorch.trunc`."""
        return ops.trunc(self)

    def round(self, *, decimals: int = 0) -> Any:
        """See `minitorch.round`."""
        return ops.round(self, decimals=decimals)

    def absolute(self) -> Any:
        """See `minitorch.abs`."""
        return ops.abs(self)

    def negative(self) -> Any:
        """See `minitorch.neg`."""
        return ops.neg(self)

    def mul(self, other: Any) -> Any:
        """See `minitorch.mul`."""
        return ops.mul(self, other)

    def pow(self, exponent: Any) -> Any:
        """See `minitorch.pow`."""
        return ops.pow(self, exponent)

    def remainder(self, other: Any) -> Any:
        """See `minitorch.remainder`."""
        return ops.remainder(self, other)

    def maximum(self, other: Any) -> Any:
        """See `minitorch.maximum`."""
        return ops.maximum(self, other)

    def minimum(self, other: Any) -> Any:
        """See `minitorch.minimum`."""
        return ops.minimum(self, other)

    def floor_divide(self, other: Any) -> Any:
        """See `minitorch.floor_divide`."""
        return ops.floor_divide(self, other)

    def eq(self, other: Any) -> Any:
        """See `minitorch.eq`."""
        return ops.eq(self, other)

    def ne(self, other: Any) -> Any:
        """See `minitorch.ne`."""
        return ops.ne(self, other)

    def lt(self, other: Any) -> Any:
        """See `minitorch.lt`."""
        return ops.lt(self, other)

    def le(self, other: Any) -> Any:
        """See `minitorch.le`."""
        return ops.le(self, other)

    def gt(self, other: Any) -> Any:
        """See `minitorch.gt`."""
        return ops.gt(self, other)

    def ge(self, other: Any) -> Any:
        """See `minitorch.ge`."""
        return ops.ge(self, other)

    def logical_and(self, other: Any) -> Any:
        """See `minitorch.logical_and`."""
        return ops.logical_and(self, other)

    def logical_or(self, other: Any) -> Any:
        """See `minitorch.logical_or`."""
        return ops.logical_or(self, other)

    def logical_xor(self, other: Any) -> Any:
        """See `minitorch.logical_xor`."""
        return ops.logical_xor(self, other)

    def bitwise_and(self, other: Any) -> Any:
        """See `minitorch.bitwise_and`."""
        return ops.bitwise_and(self, other)

    def bitwise_or(self, other: Any) -> Any:
        """See `minitorch.bitwise_or`."""
        return ops.bitwise_or(self, other)

    def bitwise_xor(self, other: Any) -> Any:
        """See `minitorch.bitwise_xor`."""
        return ops.bitwise_xor(self, other)

    def bitwise_not(self) -> Any:
        """See `minitorch.bitwise_not`."""
        return ops.bitwise_not(self)

    def add(self, other: Any, *, alpha: Any = 1) -> Any:
        """See `minitorch.add`."""
        return ops.add(self, other, alpha=alpha)

    def sub(self, other: Any, *, alpha: Any = 1) -> Any:
        """See `minitorch.sub`."""
        return ops.sub(self, other, alpha=alpha)

    def div(self, other: Any, *, rounding_mode: str | None = None) -> Any:
        """See `minitorch.div`."""
        return ops.div(self, other, rounding_mode=rounding_mode)

    def true_divide(self, other: Any) -> Any:
        """See `minitorch.div`."""
        return ops.div(self, other)

    def multiply(self, other: Any) -> Any:
        """See `minitorch.mul`."""
        return ops.mul(self, other)

    def subtract(self, other: Any, *, alpha: Any = 1) -> Any:
        """See `minitorch.sub`."""
        return ops.sub(self, other, alpha=alpha)

    def divide(self, other: Any, *, rounding_mode: str | None = None) -> Any:
        """See `minitorch.div`."""
        return ops.div(self, other, rounding_mode=rounding_mode)

    def clamp(self, min: Any = None, max: Any = None) -> Any:
        """See `minitorch.clamp`."""
        return ops.clamp(self, min, max)

    def clip(self, min: Any = None, max: Any = None) -> Any:
        """See `minitorch.clamp`."""
        return ops.clamp(self, min, max)

    def clamp_min(self, min: Any) -> Any:
        """See `minitorch.clamp_min`."""
        return ops.clamp_min(self, min)

    def clamp_max(self, max: Any) -> Any:
        """See `minitorch.clamp_max`."""
        return ops.clamp_max(self, max)

    def where(self, condition: Any, other: Any) -> Any:
        """See `minitorch.where`."""
        return ops.where(condition, self, other)

    def isclose(self, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Any:
        """See `minitorch.isclose`."""
        return ops.isclose(self, other, rtol, atol, equal_nan)

    def allclose(self, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Any:
        """See `minitorch.allclose`."""
        return ops.allclose(self, other, rtol, atol, equal_nan)

    def equal(self, other: Any) -> Any:
        """See `minitorch.equal`."""
        return ops.equal(self, other)

    def lerp(self, end: Any, weight: Any) -> Any:
        """See `minitorch.lerp`."""
        return ops.lerp(self, end, weight)

    def addcmul(self, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
        """See `minitorch.addcmul`."""
        return ops.addcmul(self, tensor1, tensor2, value=value)

    def addcdiv(self, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
        """See `minitorch.addcdiv`."""
        return ops.addcdiv(self, tensor1, tensor2, value=value)
