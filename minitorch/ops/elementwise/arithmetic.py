"""Arithmetic, element by element after broadcasting, and casts."""

from __future__ import annotations

from typing import Any

from ...autograd.op import Op
from ...device import array_module, device_of, pinned, to_device
from ...device import device as Device
from ...dtype import result_dtype
from ...tensor import Tensor, wrap
from ...types import Number
from ..checks import can_look, tensor_argument, zeros_like
from ..promotion import floating, pair
from .functions import log
from .rounding import floor
from .selection import where

__all__ = [
    "add",
    "div",
    "floor_divide",
    "mul",
    "neg",
    "pow",
    "reciprocal",
    "remainder",
    "square",
    "sub",
]


class Cast(Op, label="ToCopyBackward0"):
    """z = x in another dtype; the gradient goes back in x's dtype (the engine casts it)."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype

    def forward(self, x: Any) -> Any:
        return x.astype(self.dtype)

    def backward(self, g: Any) -> Any:
        return g


class ToDevice(Op, label="ToCopyBackward0"):
    """z = x on another device; the gradient travels back."""

    non_blocking: bool

    def __init__(self, place: Device, non_blocking: bool = False) -> None:
        self.place: Device = place
        self.non_blocking = non_blocking

    def forward(self, x: Any) -> Any:
        self.source: Device = device_of(x)
        return to_device(x, self.place, self.non_blocking)

    def backward(self, g: Any) -> Any:
        return ToDevice(self.source)(g)


class PinMemory(Op):
    """z = x in pinned memory."""

    def forward(self, x: Any) -> Any:
        return pinned(x)

    def backward(self, g: Any) -> Any:
        return g


class Add(Op):
    """z = x + y;  ∂z/∂x = ∂z/∂y = 1."""

    def forward(self, x: Any, y: Any) -> Any:
        return x + y

    def backward(self, g: Any) -> Any:
        return g, g


def add(input: Tensor | Number, other: Tensor | Number, *, alpha: Number | None = 1) -> Tensor:
    """Elementwise input + alpha·other, broadcast.

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast, and for an `alpha` with a fraction beside integers, or a bool
    beside numbers; TypeError for what is neither a tensor nor a number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.add.html

    >>> import minitorch as torch
    >>> torch.add(torch.tensor([1., 2.]), torch.tensor([10., 20.]), alpha=2)
    tensor([21., 42.])
    """
    if alpha != 1 or alpha is True:
        other = _times_alpha(input, other, alpha)
    x, y = pair("add", input, other)
    return Add()(x, y)


def _times_alpha(input: Any, other: Any, alpha: Any) -> Any:
    result = result_dtype(input, other)
    alpha = alpha.item() if hasattr(alpha, "item") else alpha  # NumPy's numbers would give results of their own dtype
    if isinstance(alpha, bool) and result.category:
        raise RuntimeError("Boolean alpha only supported for Boolean results.")
    if isinstance(alpha, float) and not result.is_floating_point:
        raise RuntimeError("For integral input tensors, argument alpha must not be a floating point number.")
    if result.category == 0:
        alpha = bool(alpha)
        return mul(other, alpha) if isinstance(other, Tensor) else other and alpha
    return mul(other, alpha) if isinstance(other, Tensor) else other * alpha


class Sub(Op):
    """z = x − y;  ∂z/∂x = 1, ∂z/∂y = −1."""

    def forward(self, x: Any, y: Any) -> Any:
        return x - y

    def backward(self, g: Any) -> Any:
        return g, (-g if self.needs[1] else None)


class SubFrom(Sub, label="RsubBackward1"):
    """z = x − y with a number x;  ∂z/∂y = −1."""


def sub(input: Tensor | Number, other: Tensor | Number, *, alpha: Number | None = 1) -> Tensor:
    """Elementwise input − alpha·other, broadcast.

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast, for a bool tensor on either side, and for an `alpha` with a
    fraction beside integers, or a bool; TypeError for what is neither a tensor nor a number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.sub.html

    >>> import minitorch as torch
    >>> torch.sub(torch.tensor([5., 7.]), 2)
    tensor([3., 5.])
    """
    are_bool = [isinstance(x, bool) or (isinstance(x, Tensor) and x._array.dtype.kind == "b") for x in (input, other)]
    if all(are_bool):
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` "
            "operator instead."
        )
    if any(are_bool):
        raise RuntimeError(
            "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, "
            "use the `~` or `logical_not()` operator instead."
        )
    if alpha != 1 or alpha is True:
        other = _times_alpha(input, other, alpha)
    x, y = pair("sub", input, other)
    return Sub()(x, y) if isinstance(x, Tensor) or not isinstance(y, Tensor) else SubFrom()(x, y)


class Mul(Op):
    """z = x·y;  ∂z/∂x = y, ∂z/∂y = x."""

    def forward(self, x: Any, y: Any) -> Any:
        self.save(x if self.needs[1] else None, y if self.needs[0] else None)
        return x * y

    def backward(self, g: Any) -> Any:
        x, y = self.saved
        return (g * y if self.needs[0] else None), (g * x if self.needs[1] else None)


def mul(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Elementwise input·other, broadcast.

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast; TypeError for what is neither a tensor nor a number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.mul.html

    >>> import minitorch as torch
    >>> torch.mul(torch.tensor([[1.], [2.]]), torch.tensor([3., 4.]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    x, y = pair("mul", input, other)
    return Mul()(x, y)


class Div(Op):
    """z = x / y;  ∂z/∂x = 1/y, ∂z/∂y = −x/y²."""

    def forward(self, x: Any, y: Any) -> Any:
        self.save(x if self.needs[1] else None, y)
        return x / y

    def backward(self, g: Any) -> Any:
        x, y = self.saved
        return (g / y if self.needs[0] else None), (-g * ((x / y) / y) if self.needs[1] else None)


def div(input: Tensor | Number, other: Tensor | Number, *, rounding_mode: str | None = None) -> Tensor:
    """Elementwise input / other, broadcast; integers divide into floats. A zero divisor gives ±inf or nan.

    `rounding_mode`: None, 'trunc' (toward zero) or 'floor'; with either the gradient is 0.

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast, another `rounding_mode`, and, when rounding, an integer
    divided by 0; NotImplementedError for rounding with two bool tensors; TypeError for what is neither a tensor nor a
    number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.div.html

    >>> import minitorch as torch
    >>> torch.div(torch.tensor([1, 3]), 2), torch.div(torch.tensor([-7]), 2, rounding_mode='floor')
    (tensor([0.5000, 1.5000]), tensor([-4]))
    """
    if rounding_mode is None:
        x, y = pair("div", input, other, floating=True)
        if isinstance(y, Tensor) and not isinstance(x, Tensor):
            return mul(Reciprocal()(y), x)  # a number over a tensor: rounded as PyTorch rounds it
        return Div()(x, y)
    if rounding_mode not in ("trunc", "floor"):
        raise RuntimeError(
            f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{rounding_mode}'"
        )
    x, y = pair("div", input, other)
    if not isinstance(y, Tensor):
        tensor_argument("div", x)
    if result_dtype(x, y).category == 0:
        raise NotImplementedError(f"\"div_{rounding_mode}\" not implemented for 'Bool'")
    if result_dtype(x, y).category == 1 and _has_zero(_arrays(x, y)[1]):
        raise RuntimeError("ZeroDivisionError")
    return DivRounded(rounding_mode)(x, y)


def _has_zero(divisor: Any) -> bool:
    """Whether an integer divisor, an array or a number, has a 0 in it; on a GPU, which divides by it, nobody looks."""
    if not hasattr(divisor, "dtype"):
        return divisor == 0
    return can_look(divisor) and bool((divisor == 0).any())


class DivRounded(Op, label="DivBackward2"):
    """z = x / y, rounded toward zero or down;  slope 0 wherever it has one."""

    def __init__(self, rounding_mode: str) -> None:
        self.rounding_mode = rounding_mode

    def forward(self, x: Any, y: Any) -> Any:
        xp = array_module(x if hasattr(x, "dtype") else y)
        floating = (x if hasattr(x, "dtype") else y).dtype.kind == "f"
        if self.rounding_mode == "floor":
            return xp.floor_divide(x, y)
        if floating:
            return xp.trunc(x / y)
        quotient = xp.floor_divide(x, y)
        return quotient + ((x % y != 0) & ((x < 0) != (y < 0)))

    def backward(self, g: Any) -> Any:
        return zeros_like(g), zeros_like(g)


def _arrays(x: Any, y: Any) -> tuple[Any, Any]:
    return (x._array if isinstance(x, Tensor) else x), (y._array if isinstance(y, Tensor) else y)


def floor_divide(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Elementwise ⌊input / other⌋; no gradient.

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast, and for an integer divided by 0; NotImplementedError for two
    bool tensors; TypeError for what is neither a tensor nor a number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.floor_divide.html

    >>> import minitorch as torch
    >>> torch.floor_divide(torch.tensor([7, -7]), 2)
    tensor([ 3, -4])
    """
    return div(input, other, rounding_mode="floor")


class Remainder(Op, label="RemainderBackward1"):
    """z = x − ⌊x/y⌋·y;  ∂z/∂x = 1, ∂z/∂y = −⌊x/y⌋."""

    def forward(self, x: Any, y: Any) -> Any:
        self.save(x, y)
        return x % y

    def backward(self, g: Any) -> Any:
        x, y = self.saved
        return g, (-g * floor(x / y) if self.needs[1] else None)


class RemainderNumber(Remainder, label="RemainderBackward0"):
    """z = x − ⌊x/y⌋·y with a number y;  ∂z/∂x = 1."""


def remainder(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Elementwise remainder with the sign of the divisor, input − ⌊input/other⌋·other.

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast, and for an integer divided by 0; NotImplementedError for two
    bool tensors; TypeError for what is neither a tensor nor a number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.remainder.html

    >>> import minitorch as torch
    >>> torch.remainder(torch.tensor([-3., 3.]), 2)
    tensor([1., 1.])
    """
    x, y = pair("remainder", input, other)
    if not isinstance(y, Tensor):
        tensor_argument("remainder", x)
    a, b = _arrays(x, y)
    category = result_dtype(x, y).category
    if category == 0:
        raise NotImplementedError("\"remainder_cpu\" not implemented for 'Bool'")
    if category == 1 and _has_zero(b):
        raise RuntimeError("ZeroDivisionError")
    return Remainder()(x, y) if isinstance(y, Tensor) else RemainderNumber()(x, y)


class Neg(Op):
    """z = −x;  ∂z/∂x = −1."""

    def forward(self, x: Any) -> Any:
        return -x

    def backward(self, g: Any) -> Any:
        return -g


def neg(input: Tensor) -> Tensor:
    """Elementwise −input.

    Shapes: any; the result has the input's.
    Errors: RuntimeError for a bool tensor; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.neg.html

    >>> import minitorch as torch
    >>> torch.neg(torch.tensor([1., -2.]))
    tensor([-1.,  2.])
    """
    tensor_argument("neg", input)
    if isinstance(input, Tensor) and input._array.dtype.kind == "b":
        raise RuntimeError(
            "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use the "
            "`~` or `logical_not()` operator instead."
        )
    return Neg()(input)


class Pow(Op):
    """z = xʸ with a number y;  ∂z/∂x = y·xʸ⁻¹, and 0 for y = 0 (also at x = 0)."""

    def __init__(self, exponent: float) -> None:
        self.exponent = exponent

    def forward(self, x: Any) -> Any:
        self.save(x)
        return _power(x, self.exponent)

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        n = self.exponent
        if n == 0:
            return zeros_like(g)
        return g * n * pow(x, n - 1)


def _power(x: Any, n: Any) -> Any:
    # The small exponents by multiplication, as PyTorch does: faster than pow(), and rounded as there.
    if n == 2:
        return x * x
    if n == 3:
        return x * x * x
    if x.dtype.kind == "f":
        xp = array_module(x)
        if n == 0.5:
            return xp.sqrt(x)
        if n == -1:
            return 1 / x
        if n == -2:
            return 1 / (x * x)
        if n == -0.5:
            return 1 / xp.sqrt(x)
    return x**n


def _integer_power(x: Any, y: Any) -> Any:
    """xʸ of integers: with y < 0 it is 1/x^|y| without the fraction, as in PyTorch, and 0 for x = 0."""
    xp, below = array_module(y), y < 0
    if can_look(y) and not below.any():
        return x**y
    unit = xp.where(x == -1, 1 - 2 * (y & 1), x == 1).astype(y.dtype)
    return xp.where(below, unit, x ** xp.where(below, 0, y))


class PowTensor(Op, label="PowBackward1"):
    """z = xʸ with both varying;  ∂z/∂x = y·xʸ⁻¹ (0 where y = 0), ∂z/∂y = xʸ·ln x (0 where x = 0 and y ≥ 0)."""

    def forward(self, x: Any, y: Any) -> Any:
        z = x**y if y.dtype.kind == "f" or isinstance(x, float) else _integer_power(x, y)
        self.save(x, y, z)
        return z

    def backward(self, g: Any) -> Any:
        x, y, z = self.saved
        gx = gy = None
        if self.needs[0]:
            gx = g * where(y == 0, 0.0, y * pow(x, y - 1))
        if self.needs[1]:
            gy = g * where((x == 0) & (y >= 0), 0.0, z * log(x))
        return gx, gy


class PowOfNumber(PowTensor, label="PowBackward2"):
    """z = xʸ with a number x, which comes as a 0-d array;  ∂z/∂y = xʸ·ln x (0 where x = 0 and y ≥ 0)."""


def pow(input: Tensor | Number, exponent: Tensor | Number) -> Tensor:
    """Elementwise input ** exponent, broadcast; either may be a number.

    Shapes: input and exponent broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast, and for integers to a negative integer, a number;
    NotImplementedError for two bool tensors; TypeError for what is neither a tensor nor a number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.pow.html

    >>> import minitorch as torch
    >>> torch.pow(torch.tensor([1., 2., 3.]), 2)
    tensor([1., 4., 9.])
    """
    if not isinstance(input, Tensor) and not isinstance(exponent, Tensor):
        return Pow(exponent)(input) if isinstance(exponent, int | float) else PowTensor()(input, exponent)
    x, y = pair("pow", input, exponent)
    operation: type[Op] = PowTensor
    if not isinstance(x, Tensor):
        x, operation = y.new_tensor(x), PowOfNumber
    if not isinstance(y, Tensor):
        if x._array.dtype.kind == "b" and isinstance(y, bool):
            return wrap(x._array | (not y))  # a truth table, as in PyTorch: only False ** True is False
        if isinstance(y, int) and y < 0 and x._array.dtype.kind != "f":
            raise RuntimeError("Integers to negative integer powers are not allowed.")
        return Pow(y)(x)
    if y._array.dtype.kind == "b":
        raise NotImplementedError("\"pow\" not implemented for 'Bool'")
    return operation()(x, y)


def square(input: Tensor) -> Tensor:
    """Elementwise x².

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.square.html

    >>> import minitorch as torch
    >>> torch.square(torch.tensor([3.]))
    tensor([9.])
    """
    tensor_argument("square", input)
    return pow(input, 2)


class Reciprocal(Op):
    """z = 1/x;  ∂z/∂x = −z²."""

    def forward(self, x: Any) -> Any:
        z = 1 / x
        self.save(z)
        return z

    def backward(self, g: Any) -> Any:
        (z,) = self.saved
        return -g * (z * z)


def reciprocal(input: Tensor) -> Tensor:
    """Elementwise 1/x.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.reciprocal.html

    >>> import minitorch as torch
    >>> torch.reciprocal(torch.tensor([4.]))
    tensor([0.2500])
    """
    tensor_argument("reciprocal", input)
    return Reciprocal()(floating(input))
