"""Element by element."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops
from ..types import Number

if TYPE_CHECKING:
    from ..tensor import Tensor


class Elementwise:
    """Element by element."""

    def abs(self: Tensor) -> Tensor:
        """See `minitorch.abs`."""
        return ops.abs(self)

    def ceil(self: Tensor) -> Tensor:
        """See `minitorch.ceil`."""
        return ops.ceil(self)

    def cos(self: Tensor) -> Tensor:
        """See `minitorch.cos`."""
        return ops.cos(self)

    def exp(self: Tensor) -> Tensor:
        """See `minitorch.exp`."""
        return ops.exp(self)

    def floor(self: Tensor) -> Tensor:
        """See `minitorch.floor`."""
        return ops.floor(self)

    def isfinite(self: Tensor) -> Tensor:
        """See `minitorch.isfinite`."""
        return ops.isfinite(self)

    def isinf(self: Tensor) -> Tensor:
        """See `minitorch.isinf`."""
        return ops.isinf(self)

    def isnan(self: Tensor) -> Tensor:
        """See `minitorch.isnan`."""
        return ops.isnan(self)

    def log(self: Tensor) -> Tensor:
        """See `minitorch.log`."""
        return ops.log(self)

    def logical_not(self: Tensor) -> Tensor:
        """See `minitorch.logical_not`."""
        return ops.logical_not(self)

    def neg(self: Tensor) -> Tensor:
        """See `minitorch.neg`."""
        return ops.neg(self)

    def reciprocal(self: Tensor) -> Tensor:
        """See `minitorch.reciprocal`."""
        return ops.reciprocal(self)

    def relu(self: Tensor) -> Tensor:
        """See `minitorch.relu`."""
        return ops.relu(self)

    def rsqrt(self: Tensor) -> Tensor:
        """See `minitorch.rsqrt`."""
        return ops.rsqrt(self)

    def sigmoid(self: Tensor) -> Tensor:
        """See `minitorch.sigmoid`."""
        return ops.sigmoid(self)

    def sign(self: Tensor) -> Tensor:
        """See `minitorch.sign`."""
        return ops.sign(self)

    def sin(self: Tensor) -> Tensor:
        """See `minitorch.sin`."""
        return ops.sin(self)

    def sqrt(self: Tensor) -> Tensor:
        """See `minitorch.sqrt`."""
        return ops.sqrt(self)

    def square(self: Tensor) -> Tensor:
        """See `minitorch.square`."""
        return ops.square(self)

    def tanh(self: Tensor) -> Tensor:
        """See `minitorch.tanh`."""
        return ops.tanh(self)

    def trunc(self: Tensor) -> Tensor:
        """See `minitorch.trunc`."""
        return ops.trunc(self)

    def round(self: Tensor, *, decimals: int = 0) -> Tensor:
        """See `minitorch.round`."""
        return ops.round(self, decimals=decimals)

    def absolute(self: Tensor) -> Tensor:
        """See `minitorch.abs`."""
        return ops.abs(self)

    def negative(self: Tensor) -> Tensor:
        """See `minitorch.neg`."""
        return ops.neg(self)

    def mul(self: Tensor, other: Any) -> Tensor:
        """See `minitorch.mul`."""
        return ops.mul(self, other)

    def pow(self: Tensor, exponent: Tensor | Number) -> Tensor:
        """See `minitorch.pow`."""
        return ops.pow(self, exponent)

    def remainder(self: Tensor, other: Tensor | Number) -> Tensor:
        """See `minitorch.remainder`."""
        return ops.remainder(self, other)

    def maximum(self: Tensor, other: Tensor) -> Tensor:
        """See `minitorch.maximum`."""
        return ops.maximum(self, other)

    def minimum(self: Tensor, other: Tensor) -> Tensor:
        """See `minitorch.minimum`."""
        return ops.minimum(self, other)

    def floor_divide(self: Tensor, other: Any) -> Tensor:
        """See `minitorch.floor_divide`."""
        return ops.floor_divide(self, other)

    def eq(self: Tensor, other: Tensor | Number) -> Tensor:
        """See `minitorch.eq`."""
        return ops.eq(self, other)

    def ne(self: Tensor, other: Tensor | Number) -> Tensor:
        """See `minitorch.ne`."""
        return ops.ne(self, other)

    def lt(self: Tensor, other: Tensor | Number) -> Tensor:
        """See `minitorch.lt`."""
        return ops.lt(self, other)

    def le(self: Tensor, other: Tensor | Number) -> Tensor:
        """See `minitorch.le`."""
        return ops.le(self, other)

    def gt(self: Tensor, other: Tensor | Number) -> Tensor:
        """See `minitorch.gt`."""
        return ops.gt(self, other)

    def ge(self: Tensor, other: Tensor | Number) -> Tensor:
        """See `minitorch.ge`."""
        return ops.ge(self, other)

    def logical_and(self: Tensor, other: Tensor) -> Tensor:
        """See `minitorch.logical_and`."""
        return ops.logical_and(self, other)

    def logical_or(self: Tensor, other: Tensor) -> Tensor:
        """See `minitorch.logical_or`."""
        return ops.logical_or(self, other)

    def logical_xor(self: Tensor, other: Tensor) -> Tensor:
        """See `minitorch.logical_xor`."""
        return ops.logical_xor(self, other)

    def bitwise_and(self: Tensor, other: Tensor | Number) -> Tensor:
        """See `minitorch.bitwise_and`."""
        return ops.bitwise_and(self, other)

    def bitwise_or(self: Tensor, other: Tensor | Number) -> Tensor:
        """See `minitorch.bitwise_or`."""
        return ops.bitwise_or(self, other)

    def bitwise_xor(self: Tensor, other: Tensor | Number) -> Tensor:
        """See `minitorch.bitwise_xor`."""
        return ops.bitwise_xor(self, other)

    def bitwise_not(self: Tensor) -> Tensor:
        """See `minitorch.bitwise_not`."""
        return ops.bitwise_not(self)

    def add(self: Tensor, other: Any, *, alpha: Number | None = 1) -> Tensor:
        """See `minitorch.add`."""
        return ops.add(self, other, alpha=alpha)

    def sub(self: Tensor, other: Any, *, alpha: Number | None = 1) -> Tensor:
        """See `minitorch.sub`."""
        return ops.sub(self, other, alpha=alpha)

    def div(self: Tensor, other: Tensor | Number, *, rounding_mode: str | None = None) -> Tensor:
        """See `minitorch.div`."""
        return ops.div(self, other, rounding_mode=rounding_mode)

    def true_divide(self: Tensor, other: Any) -> Tensor:
        """See `minitorch.div`."""
        return ops.div(self, other)

    def multiply(self: Tensor, other: Tensor | Number) -> Tensor:
        """See `minitorch.mul`."""
        return ops.mul(self, other)

    def subtract(self: Tensor, other: Tensor | Number, *, alpha: Number = 1) -> Tensor:
        """See `minitorch.sub`."""
        return ops.sub(self, other, alpha=alpha)

    def divide(self: Tensor, other: Tensor | Number, *, rounding_mode: str | None = None) -> Tensor:
        """See `minitorch.div`."""
        return ops.div(self, other, rounding_mode=rounding_mode)

    def clamp(self: Tensor, min: Tensor | Number | None = None, max: Tensor | Number | None = None) -> Tensor:
        """See `minitorch.clamp`."""
        return ops.clamp(self, min, max)

    def clip(self: Tensor, min: Tensor | Number | None = None, max: Tensor | Number | None = None) -> Tensor:
        """See `minitorch.clamp`."""
        return ops.clamp(self, min, max)

    def clamp_min(self: Tensor, min: Tensor | Number) -> Tensor:
        """See `minitorch.clamp_min`."""
        return ops.clamp_min(self, min)

    def clamp_max(self: Tensor, max: Tensor | Number) -> Tensor:
        """See `minitorch.clamp_max`."""
        return ops.clamp_max(self, max)

    def where(self: Tensor, condition: Tensor, other: Tensor | Number) -> Tensor:
        """See `minitorch.where`."""
        return ops.where(condition, self, other)

    def isclose(
        self: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
    ) -> Tensor:
        """See `minitorch.isclose`."""
        return ops.isclose(self, other, rtol, atol, equal_nan)

    def allclose(
        self: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
    ) -> bool:
        """See `minitorch.allclose`."""
        return ops.allclose(self, other, rtol, atol, equal_nan)

    def equal(self: Tensor, other: Tensor) -> bool:
        """See `minitorch.equal`."""
        return ops.equal(self, other)

    def lerp(self: Tensor, end: Tensor, weight: Tensor | Number) -> Tensor:
        """See `minitorch.lerp`."""
        return ops.lerp(self, end, weight)

    def addcmul(self: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Number = 1) -> Tensor:
        """See `minitorch.addcmul`."""
        return ops.addcmul(self, tensor1, tensor2, value=value)

    def addcdiv(self: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Number = 1) -> Tensor:
        """See `minitorch.addcdiv`."""
        return ops.addcdiv(self, tensor1, tensor2, value=value)
