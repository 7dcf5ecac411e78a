"""Python's operators. What is neither a tensor nor a number is asked itself: its own `__radd__` may know what to do."""

from __future__ import annotations

from typing import Any

from numpy import generic

from .. import ops


def _left_to(other: Any) -> Any:
    """In an operator's ``except``: raise again if `other` is a tensor or a number, else NotImplemented."""
    if isinstance(other, Operators | bool | int | float | complex | generic):
        raise  # the exception that is being handled
    return NotImplemented


class Operators:
    """Python's operators."""

    def __add__(self, other: Any) -> Any:
        try:
            return ops.add(self, other)
        except TypeError:
            return _left_to(other)

    def __radd__(self, other: Any) -> Any:
        try:
            return ops.add(other, self)
        except TypeError:
            return _left_to(other)

    def __sub__(self, other: Any) -> Any:
        try:
            return ops.sub(self, other)
        except TypeError:
            return _left_to(other)

    def __rsub__(self, other: Any) -> Any:
        try:
            return ops.sub(other, self)
        except TypeError:
            return _left_to(other)

    def __mul__(self, other: Any) -> Any:
        try:
            return ops.mul(self, other)
        except TypeError:
            return _left_to(other)

    def __rmul__(self, other: Any) -> Any:
        try:
            return ops.mul(other, self)
        except TypeError:
            return _left_to(other)

    def __truediv__(self, other: Any) -> Any:
        try:
            return ops.div(self, other)
        except TypeError:
            return _left_to(other)

    def __rtruediv__(self, other: Any) -> Any:
        try:
            return ops.div(other, self)
        except TypeError:
            return _left_to(other)

    def __floordiv__(self, other: Any) -> Any:
        try:
            return ops.floor_divide(self, other)
        except TypeError:
            return _left_to(other)

    def __rfloordiv__(self, other: Any) -> Any:
        try:
            return ops.floor_divide(other, self)
        except TypeError:
            return _left_to(other)

    def __mod__(self, other: Any) -> Any:
        try:
            return ops.remainder(self, other)
        except TypeError:
            return _left_to(other)

    def __rmod__(self, other: Any) -> Any:
        try:
            return ops.remainder(other, self)
        except TypeError:
            return _left_to(other)

    def __pow__(self, other: Any) -> Any:
        try:
            return ops.pow(self, other)
        except TypeError:
            return _left_to(other)

    def __rpow__(self, other: Any) -> Any:
        try:
            return ops.pow(other, self)
        except TypeError:
            return _left_to(other)

    def __matmul__(self, other: Any) -> Any:
        return ops.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return ops.matmul(other, self)

    def __and__(self, other: Any) -> Any:
        try:
            return ops.bitwise_and(self, other)
        except TypeError:
            return _left_to(other)

    def __rand__(self, other: Any) -> Any:
        try:
            return ops.bitwise_and(self, other)
        except TypeError:
            return _left_to(other)

    def __or__(self, other: Any) -> Any:
        try:
            return ops.bitwise_or(self, other)
        except TypeError:
            return _left_to(other)

    def __ror__(self, other: Any) -> Any:
        try:
            return ops.bitwise_or(self, other)
        except TypeError:
            return _left_to(other)

    def __xor__(self, other: Any) -> Any:
        try:
            return ops.bitwise_xor(self, other)
        except TypeError:
            return _left_to(other)

    def __rxor__(self, other: Any) -> Any:
        try:
            return ops.bitwise_xor(self, other)
        except TypeError:
            return _left_to(other)

    def __lshift__(self, other: Any) -> Any:
        try:
            return ops.bitwise_left_shift(self, other)
        except TypeError:
            return _left_to(other)

    def __rlshift__(self, other: Any) -> Any:
        try:
            return ops.bitwise_left_shift(other, self)
        except TypeError:
            return _left_to(other)

    def __rshift__(self, other: Any) -> Any:
        try:
            return ops.bitwise_right_shift(self, other)
        except TypeError:
            return _left_to(other)

    def __rrshift__(self, other: Any) -> Any:
        try:
            return ops.bitwise_right_shift(other, self)
        except TypeError:
            return _left_to(other)

    def __lt__(self, other: Any) -> Any:
        try:
            return ops.lt(self, other)
        except TypeError:
            return _left_to(other)

    def __le__(self, other: Any) -> Any:
        try:
            return ops.le(self, other)
        except TypeError:
            return _left_to(other)

    def __gt__(self, other: Any) -> Any:
        try:
            return ops.gt(self, other)
        except TypeError:
            return _left_to(other)

    def __ge__(self, other: Any) -> Any:
        try:
            return ops.ge(self, other)
        except TypeError:
            return _left_to(other)

    def __eq__(self, other: Any) -> Any:
        try:
            return ops.eq(self, other)
        except TypeError:
            return _left_to(other)

    def __ne__(self, other: Any) -> Any:
        try:
            return ops.ne(self, other)
        except TypeError:
            return _left_to(other)

    def __neg__(self) -> Any:
        return ops.neg(self)

    def __pos__(self) -> Any:
        return ops.positive(self)

    def __abs__(self) -> Any:
        return ops.abs(self)

    def __invert__(self) -> Any:
        if self.is_floating_point():
            raise TypeError("~ (operator.invert) is only implemented on integer and Boolean-type tensors")
        return ops.bitwise_not(self)

    def __iadd__(self, other: Any) -> Any:
        try:
            return self.add_(other)
        except TypeError:
            return _left_to(other)

    def __isub__(self, other: Any) -> Any:
        try:
            return self.sub_(other)
        except TypeError:
            return _left_to(other)

    def __imul__(self, other: Any) -> Any:
        try:
            return self.mul_(other)
        except TypeError:
            return _left_to(other)

    def __itruediv__(self, other: Any) -> Any:
        try:
            return self.div_(other)
        except TypeError:
            return _left_to(other)

    def __ifloordiv__(self, other: Any) -> Any:
        try:
            return self.floor_divide_(other)
        except TypeError:
            return _left_to(other)

    def __imod__(self, other: Any) -> Any:
        try:
            return self.remainder_(other)
        except TypeError:
            return _left_to(other)

    def __ipow__(self, other: Any) -> Any:
        try:
            return self.pow_(other)
        except TypeError:
            return _left_to(other)

    def __iand__(self, other: Any) -> Any:
        try:
            return self._update(ops.bitwise_and(self, other), other)
        except TypeError:
            return _left_to(other)

    def __ior__(self, other: Any) -> Any:
        try:
            return self._update(ops.bitwise_or(self, other), other)
        except TypeError:
            return _left_to(other)

    def __ixor__(self, other: Any) -> Any:
        try:
            return self._update(ops.bitwise_xor(self, other), other)
        except TypeError:
            return _left_to(other)

    def __ilshift__(self, other: Any) -> Any:
        try:
            return self.bitwise_left_shift_(other)
        except TypeError:
            return _left_to(other)

    def __irshift__(self, other: Any) -> Any:
        try:
            return self.bitwise_right_shift_(other)
        except TypeError:
            return _left_to(other)

    def __getitem__(self, index: Any) -> Any:
        return ops.getitem(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        return ops.setitem_(self, index, value)
