"""Python's operators. What is neither a tensor nor a number is asked itself: its own `__radd__` may know what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from numpy import generic

from .. import ops

if TYPE_CHECKING:
    from ..tensor import Tensor
    from ..types import Number

    Operand: TypeAlias = Tensor | Number


def _left_to(other: Any) -> Any:
    """In an operator's ``except``: raise again if `other` is a tensor or a number, else NotImplemented."""
    if isinstance(other, Operators | bool | int | float | complex | generic):
        raise  # the exception that is being handled
    return NotImplemented


class Operators:
    """Python's operators."""

    def __add__(self: Tensor, other: Operand) -> Tensor:
        try:
            return ops.add(self, other)
        except TypeError:
            return _left_to(other)

    def __radd__(self: Tensor, other: Operand) -> Tensor:
        try:
            return ops.add(other, self)
        except TypeError:
            return _left_to(other)

    def __sub__(self: Tensor, other: Operand) -> Tensor:
        try:
            return ops.sub(self, other)
        except TypeError:
            return _left_to(other)

    def __rsub__(self: Tensor, other: Operand) -> Tensor:
        try:
            return ops.sub(other, self)
        except TypeError:
            return _left_to(other)

    def __mul__(self: Tensor, other: Operand) -> Tensor:
        try:
            return ops.mul(self, other)
        except TypeError:
            return _left_to(other)

    def __rmul__(self: Tensor, other: Operand) -> Tensor:
        try:
            return ops.mul(other, self)
        except TypeError:
            return _left_to(other)

    def __truediv__(self: Tensor, other: Operand) -> Tensor:
        try:
            return ops.div(self, other)
        except TypeError:
            return _left_to(other)

    def __rtruediv__(self: Tensor, other: Operand) -> Tensor:
        try:
            return ops.div(other, self)
        except TypeError:
            return _left_to(other)

    def __floordiv__(self: Tensor, other: Operand) -> Tensor:
        try:
            return ops.floor_divide(self, other)
        except TypeError:
            return _left_to(other)

    def __rfloordiv__(self: Tensor, other: Operand) -> Tensor:
        try:
            return ops.floor_divide(other, self)
        except TypeError:
            return _left_to(other)

    def __mod__(self: Tensor, other: Operand) -> Tensor:
        try:
            return ops.remainder(self, other)
        except TypeError:
            return _left_to(other)

    def __rmod__(self: Tensor, other: Operand) -> Tensor:
        try:
            return ops.remainder(other, self)
        except TypeError:
            return _left_to(other)

    def __pow__(self: Tensor, other: Operand) -> Tensor:
        try:
            return ops.pow(self, other)
        except TypeError:
            return _left_to(other)

    def __rpow__(self: Tensor, other: Operand) -> Tensor:
        try:
            return ops.pow(other, self)
        except TypeError:
            return _left_to(other)

    def __matmul__(self: Tensor, other: Tensor) -> Tensor:
        try:
            return ops.matmul(self, other)
        except TypeError:
            return _left_to(other)

    def __rmatmul__(self: Tensor, other: Tensor) -> Tensor:
        try:
            return ops.matmul(other, self)
        except TypeError:
            return _left_to(other)

    def __and__(self: Tensor, other: Operand) -> Tensor:
        try:
            return ops.bitwise_and(self, other)
        except TypeError:
            return _left_to(other)

    def __rand__(self: Tensor, other: Operand) -> Tensor:
        try:
            return ops.bitwise_and(self, other)
        except TypeError:
            return _left_to(other)

    def __or__(self: Tensor, other: Operand) -> Tensor:
        try:
            return ops.bitwise_or(self, other)
        except TypeError:
            return _left_to(other)

    def __ror__(self: Tensor, other: Operand) -> Tensor:
        try:
            return ops.bitwise_or(self, other)
        except TypeError:
            return _left_to(other)

    def __xor__(self: Tensor, other: Operand) -> Tensor:
        try:
            return ops.bitwise_xor(self, other)
        except TypeError:
            return _left_to(other)

    def __rxor__(self: Tensor, other: Operand) -> Tensor:
        try:
            return ops.bitwise_xor(self, other)
        except TypeError:
            return _left_to(other)

    def __lshift__(self: Tensor, other: Operand) -> Tensor:
        try:
            return ops.bitwise_left_shift(self, other)
        except TypeError:
            return _left_to(other)

    def __rlshift__(self: Tensor, other: Operand) -> Tensor:
        try:
            return ops.bitwise_left_shift(other, self)
        except TypeError:
            return _left_to(other)

    def __rshift__(self: Tensor, other: Operand) -> Tensor:
        try:
            return ops.bitwise_right_shift(self, other)
        except TypeError:
            return _left_to(other)

    def __rrshift__(self: Tensor, other: Operand) -> Tensor:
        try:
            return ops.bitwise_right_shift(other, self)
        except TypeError:
            return _left_to(other)

    def __lt__(self: Tensor, other: Operand) -> Tensor:
        try:
            return ops.lt(self, other)
        except TypeError:
            return _left_to(other)

    def __le__(self: Tensor, other: Operand) -> Tensor:
        try:
            return ops.le(self, other)
        except TypeError:
            return _left_to(other)

    def __gt__(self: Tensor, other: Operand) -> Tensor:
        try:
            return ops.gt(self, other)
        except TypeError:
            return _left_to(other)

    def __ge__(self: Tensor, other: Operand) -> Tensor:
        try:
            return ops.ge(self, other)
        except TypeError:
            return _left_to(other)

    def __eq__(self: Tensor, other: Any) -> Tensor:  # type: ignore[override]  # element by element
        try:
            return ops.eq(self, other)
        except TypeError:
            return _left_to(other)

    def __ne__(self: Tensor, other: Any) -> Tensor:  # type: ignore[override]  # element by element
        try:
            return ops.ne(self, other)
        except TypeError:
            return _left_to(other)

    def __neg__(self: Tensor) -> Tensor:
        return ops.neg(self)

    def __pos__(self: Tensor) -> Tensor:
        return ops.positive(self)

    def __abs__(self: Tensor) -> Tensor:
        return ops.abs(self)

    def __invert__(self: Tensor) -> Tensor:
        if self.is_floating_point():
            raise TypeError("~ (operator.invert) is only implemented on integer and Boolean-type tensors")
        return ops.bitwise_not(self)

    def __iadd__(self: Tensor, other: Operand) -> Tensor:
        try:
            return self.add_(other)
        except TypeError:
            return _left_to(other)

    def __isub__(self: Tensor, other: Operand) -> Tensor:
        try:
            return self.sub_(other)
        except TypeError:
            return _left_to(other)

    def __imul__(self: Tensor, other: Operand) -> Tensor:
        try:
            return self.mul_(other)
        except TypeError:
            return _left_to(other)

    def __itruediv__(self: Tensor, other: Operand) -> Tensor:
        try:
            return self.div_(other)
        except TypeError:
            return _left_to(other)

    def __ifloordiv__(self: Tensor, other: Operand) -> Tensor:
        try:
            return self.floor_divide_(other)
        except TypeError:
            return _left_to(other)

    def __imod__(self: Tensor, other: Operand) -> Tensor:
        try:
            return self.remainder_(other)
        except TypeError:
            return _left_to(other)

    def __ipow__(self: Tensor, other: Operand) -> Tensor:
        try:
            return self.pow_(other)
        except TypeError:
            return _left_to(other)

    def __iand__(self: Tensor, other: Operand) -> Tensor:
        try:
            return self._update(ops.bitwise_and(self, other), other)
        except TypeError:
            return _left_to(other)

    def __ior__(self: Tensor, other: Operand) -> Tensor:
        try:
            return self._update(ops.bitwise_or(self, other), other)
        except TypeError:
            return _left_to(other)

    def __ixor__(self: Tensor, other: Operand) -> Tensor:
        try:
            return self._update(ops.bitwise_xor(self, other), other)
        except TypeError:
            return _left_to(other)

    def __ilshift__(self: Tensor, other: Operand) -> Tensor:
        try:
            return self.bitwise_left_shift_(other)
        except TypeError:
            return _left_to(other)

    def __irshift__(self: Tensor, other: Operand) -> Tensor:
        try:
            return self.bitwise_right_shift_(other)
        except TypeError:
            return _left_to(other)

    def __getitem__(self: Tensor, index: Any) -> Tensor:
        return ops.getitem(self, index)

    def __setitem__(self: Tensor, index: Any, value: Any) -> None:
        return ops.setitem_(self, index, value)
