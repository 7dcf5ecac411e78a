"""Parts of numbers: fractions, remainders, exponents and bits, common divisors, neighbours; element by element."""

from __future__ import annotations

import math
from typing import Any

from ...autograd.op import Op
from ...device import array_module
from ...dtype import result_dtype
from ...tensor import Tensor
from ...types import Number
from .. import return_types
from ..checks import can_look, refuse, tensor_argument, zeros_like
from ..promotion import pair, two_tensors
from .arithmetic import pow
from .comparison import _apply
from .logarithms import exp2
from .rounding import trunc
from .selection import where

__all__ = [
    "bitwise_left_shift", "bitwise_right_shift", "fmod", "frac", "frexp", "gcd", "lcm", "ldexp", "nextafter",
]  # fmt: skip


class Frac(Op):
    """z = x − trunc x;  ∂z/∂x = 1."""

    def forward(self, x: Any) -> Any:
        return x - array_module(x).trunc(x)

    def backward(self, g: Any) -> Any:
        return g


def frac(input: Tensor) -> Tensor:
    """Elementwise fraction of x, with its sign: x − trunc(x).

    Shapes: any; the result has the input's.
    Errors: NotImplementedError for integers and booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.frac.html

    >>> import minitorch as torch
    >>> torch.frac(torch.tensor([1.5, -2.25]))
    tensor([ 0.5000, -0.2500])
    """
    tensor_argument("frac", input)
    refuse("frac_cpu", input, "biu")
    return Frac()(input)


class Fmod(Op, label="FmodBackward1"):
    """z = x − trunc(x/y)·y;  ∂z/∂x = 1, ∂z/∂y = −trunc(x/y)."""

    def forward(self, x: Any, y: Any) -> Any:
        self.save(x if self.needs[1] else None, y if self.needs[1] else None)
        return array_module(x).fmod(x, y)

    def backward(self, g: Any) -> Any:
        x, y = self.saved
        return g, (-g * trunc(x / y) if self.needs[1] else None)


class FmodNumber(Fmod, label="FmodBackward0"):
    """z = x − trunc(x/y)·y with a number y;  ∂z/∂x = 1."""


def fmod(input: Tensor, other: Tensor | Number) -> Tensor:
    """Elementwise remainder with the sign of the dividend, input − trunc(input/other)·other (C's fmod).

    For floating numbers a divisor of 0 gives nan.

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast, and for an integer divided by 0; NotImplementedError for two
    bool tensors; TypeError for an input that is not a tensor, and a divisor that is no number either.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.fmod.html

    >>> import minitorch as torch
    >>> torch.fmod(torch.tensor([-3., 3.]), 2)
    tensor([-1.,  1.])
    """
    tensor_argument("fmod", input)
    x, y = pair("fmod", input, other)
    category = result_dtype(x, y).category
    if category == 0:
        raise NotImplementedError("\"fmod_cpu\" not implemented for 'Bool'")
    if category == 1 and (
        can_look(y._array) and (y._array == 0).any() if isinstance(y, Tensor) else y == 0
    ):
        raise RuntimeError("ZeroDivisionError")
    return Fmod()(x, y) if isinstance(y, Tensor) else FmodNumber()(x, y)


class Frexp(Op):
    """m and e with x = m·2ᵉ and ½ ≤ |m| < 1;  ∂m/∂x = 2⁻ᵉ. e is an integer."""

    def forward(self, x: Any) -> Any:
        m, e = array_module(x).frexp(x)
        self.save(e)
        return m, e

    def backward(self, g: Any, _: Any) -> Any:
        (e,) = self.saved
        return g / pow(2.0, e)


def frexp(input: Tensor) -> return_types.frexp:
    """``(mantissa, exponent)`` with input = mantissa·2^exponent and ½ ≤ |mantissa| < 1; (0, 0) for 0.

    Shapes: any; both results have the input's.
    Errors: RuntimeError for integers and booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.frexp.html

    >>> import minitorch as torch
    >>> torch.frexp(torch.tensor([5., -0.25]))
    torch.return_types.frexp(
    mantissa=tensor([ 0.6250, -0.5000]),
    exponent=tensor([ 3, -1], dtype=torch.int32))
    """
    tensor_argument("frexp", input)
    if input._array.dtype.kind != "f":
        raise RuntimeError("torch.frexp() only supports floating-point dtypes")
    return return_types.frexp(*Frexp()(input))


class Ldexp(Op):
    """z = x·2ʸ;  ∂z/∂x = 2ʸ, ∂z/∂y = z·ln 2."""

    def forward(self, x: Any, y: Any) -> Any:
        z = x * array_module(x).exp2(y)
        self.save(y if self.needs[0] else None, z if self.needs[1] else None)
        return z

    def backward(self, g: Any) -> Any:
        y, z = self.saved
        return (g * exp2(y) if self.needs[0] else None), (g * z * math.log(2) if self.needs[1] else None)


def ldexp(input: Tensor, other: Tensor) -> Tensor:
    """Elementwise input·2^other.

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast; NotImplementedError for bool exponents of a floating input;
    TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.ldexp.html

    >>> import minitorch as torch
    >>> torch.ldexp(torch.tensor([1., 3.]), torch.tensor([3, -1]))
    tensor([8.0000, 1.5000])
    """
    x, y = two_tensors("ldexp", input, other, floating=True)
    if input.is_floating_point():
        refuse("ldexp_cpu_exp", other, "b")
    return Ldexp()(x, y)


class NextAfter(Op, label="NextafterBackward0"):
    """z = x, one step of its format nearer to y;  ∂z/∂x = 1 where they differ and 0 where x = y, ∂z/∂y = 0."""

    def forward(self, x: Any, y: Any) -> Any:
        self.save(x != y)
        return array_module(x).nextafter(x, y)

    def backward(self, g: Any) -> Any:
        (differ,) = self.saved
        return where(differ, g, 0.0), (zeros_like(g) if self.needs[1] else None)


def nextafter(input: Tensor, other: Tensor) -> Tensor:
    """Elementwise next number of the dtype after input, in the direction of other.

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast; NotImplementedError for integers and booleans; TypeError for
    what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nextafter.html

    >>> import minitorch as torch
    >>> torch.nextafter(torch.tensor([1.]), torch.tensor([2.])) - 1
    tensor([1.1921e-07])
    """
    x, y = two_tensors("nextafter", input, other)
    refuse("nextafter_cpu", x, "biu")
    return NextAfter()(x, y)


def _whole(name: str, kernel: str, input: Any, other: Any) -> None:
    """NotImplementedError unless the operands promote to an integer dtype."""
    kind = result_dtype(input, other)
    if kind.category != 1:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{kind.type_name}' ({name})")


def gcd(input: Tensor, other: Tensor) -> Tensor:
    """Elementwise greatest common divisor of integers, ≥ 0; gcd(0, n) = |n|.

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast; NotImplementedError for floating numbers, and for two bool
    tensors; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.gcd.html

    >>> import minitorch as torch
    >>> torch.gcd(torch.tensor([12, -9]), torch.tensor([8, 6]))
    tensor([4, 3])
    """
    tensor_argument("gcd", input)
    tensor_argument("gcd", other, "other", 2)
    _whole("gcd", "gcd_cpu", input, other)
    return _apply("gcd", lambda a, b: array_module(a).gcd(a, b), input, other)


def lcm(input: Tensor, other: Tensor) -> Tensor:
    """Elementwise least common multiple of integers, ≥ 0; lcm(0, n) = 0.

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast; NotImplementedError for floating numbers, and for two bool
    tensors; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.lcm.html

    >>> import minitorch as torch
    >>> torch.lcm(torch.tensor([4, -9]), torch.tensor([6, 6]))
    tensor([12, 18])
    """
    tensor_argument("lcm", input)
    tensor_argument("lcm", other, "other", 2)
    _whole("lcm", "lcm_cpu", input, other)
    return _apply("lcm", lambda a, b: array_module(a).lcm(a, b), input, other)


def _shift(name: str, kernel: str, left: bool, input: Any, other: Any) -> Any:
    if not isinstance(input, Tensor) and not isinstance(other, Tensor):
        raise TypeError(f"{name}(): one of the arguments must be Tensor, not two numbers")
    input, other = pair(name, input, other)
    _whole(name, kernel, input, other)

    def shift(a: Any, b: Any) -> Any:
        xp = array_module(a if hasattr(a, "dtype") else b)
        if not hasattr(a, "dtype"):
            a = xp.asarray(a, dtype=b.dtype)
        bits = a.dtype.itemsize * 8
        # C leaves shifts by fewer than 0 or by all bits open; here, as in PyTorch, every bit is shifted out.
        b = xp.asarray(b, dtype=a.dtype)
        beyond = (b < 0) | (b >= bits)
        within = xp.where(beyond, 0, b).astype(a.dtype)
        if left:
            return xp.where(beyond, xp.zeros_like(a), a << within)
        return xp.where(beyond, a >> (bits - 1) if a.dtype.kind == "i" else xp.zeros_like(a), a >> within)

    return _apply(name, shift, input, other)


def bitwise_left_shift(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Elementwise input·2^other on the bits of integers; 0 for shifts by a negative number, or by all bits.

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast; NotImplementedError for floating numbers, and for two bool
    tensors; TypeError for two numbers, and for what is neither a tensor nor a number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.bitwise_left_shift.html

    >>> import minitorch as torch
    >>> torch.tensor([1, 3]) << 2
    tensor([ 4, 12])
    """
    return _shift("bitwise_left_shift", "lshift_cpu", True, input, other)


def bitwise_right_shift(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Elementwise ⌊input/2^other⌋ on the bits of integers; the sign alone for shifts by a negative number, or all bits.

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast; NotImplementedError for floating numbers, and for two bool
    tensors; TypeError for two numbers, and for what is neither a tensor nor a number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.bitwise_right_shift.html

    >>> import minitorch as torch
    >>> torch.tensor([12, -3]) >> 1
    tensor([ 6, -2])
    """
    return _shift("bitwise_right_shift", "rshift_cpu", False, input, other)
