"""Operations that treat each element by itself, after broadcasting."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.op import Op
from ..device import array_module, device_of, to_device
from ..device import device as Device
from ..dtype import get_default_dtype, result_dtype, scalar_dtype
from ..tensor import Tensor, wrap
from .checks import check_broadcast, check_same_device, number, refuse, tensor_argument, zeros_like

__all__ = [
    "abs", "add", "addcdiv", "addcmul", "ceil", "clamp", "cos", "div", "exp", "floor", "floor_divide", "leaky_relu", "lerp", "log", "maximum", "minimum",
    "mul", "neg", "pow", "reciprocal", "relu", "remainder", "round", "rsqrt", "sigmoid", "sign", "sin", "softplus", "sqrt",
    "square", "sub", "tanh", "trunc", "where",
]  # fmt: skip


# ---- bringing operands together --------------------------------------------------------------------------------------


def pair(name: str, x: Any, y: Any, floating: bool = False) -> tuple[Any, Any]:
    """Two operands in their common dtype, by PyTorch's promotion; with `floating`, integers become the default float.

    Python numbers stay Python numbers, which NumPy gives the tensor's dtype. Plain arrays, which only the engine
    itself passes, are left as they are.
    """
    x_is_tensor, y_is_tensor = isinstance(x, Tensor), isinstance(y, Tensor)
    if not x_is_tensor and not y_is_tensor:
        return x, y
    if x_is_tensor and y_is_tensor:
        a, b = x._array, y._array
        if type(a) is not type(b) or type(a) is not np.ndarray:
            check_same_device(name, x, y)
        if a.shape != b.shape:
            check_broadcast(name, a.shape, b.shape)
        if a.dtype == b.dtype:
            if floating and a.dtype.kind != "f":
                target = get_default_dtype().numpy
                return x._cast(target), y._cast(target)
            return x, y
        target = result_dtype(x, y)
        if floating and not target.is_floating_point:
            target = get_default_dtype()
        return x._cast(target.numpy), y._cast(target.numpy)
    t, other = (x, y) if x_is_tensor else (y, x)
    other = number(name, other)
    kind = t._array.dtype.kind
    if kind != "f":
        if floating or scalar_dtype(other).category > t.dtype.category:
            t = t._cast(get_default_dtype().numpy if floating or isinstance(other, float) else np.int64)
    return (t, other) if x_is_tensor else (other, t)


def floating(x: Any) -> Any:
    """`x` with integers and booleans converted to the default floating dtype."""
    if isinstance(x, Tensor) and x._array.dtype.kind != "f":
        return x._cast(get_default_dtype().numpy)
    return x


# ---- arithmetic ------------------------------------------------------------------------------------------------------


class Cast(Op, label="ToCopyBackward0"):
    """z = x in another dtype; the gradient goes back in x's dtype (the engine casts it)."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype

    def forward(self, x):
        return x.astype(self.dtype)

    def backward(self, g):
        return g


class ToDevice(Op, label="ToCopyBackward0"):
    """z = x on another device; the gradient travels back."""

    def __init__(self, place: Device) -> None:
        self.place = place

    def forward(self, x):
        self.source = device_of(x)
        return to_device(x, self.place)

    def backward(self, g):
        return ToDevice(self.source)(g)


class Add(Op):
    """z = x + y;  ∂z/∂x = ∂z/∂y = 1."""

    def forward(self, x, y):
        return x + y

    def backward(self, g):
        return g, g


def add(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    """Elementwise input + alpha·other, broadcast.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.add.html

    >>> import minitorch as torch
    >>> torch.add(torch.tensor([1., 2.]), torch.tensor([10., 20.]), alpha=2)
    tensor([21., 42.])
    """
    if alpha != 1:
        other = _times_alpha(input, other, alpha)
    x, y = pair("add", input, other)
    return Add()(x, y)


def _times_alpha(input: Any, other: Any, alpha: Any) -> Any:
    result = result_dtype(input, other)
    if isinstance(alpha, bool) and result.category:
        raise RuntimeError("Boolean alpha only supported for Boolean results.")
    if isinstance(alpha, float) and not result.is_floating_point:
        raise RuntimeError("For integral input tensors, argument alpha must not be a floating point number.")
    if result.category == 0:
        alpha = bool(alpha)
    return mul(other, alpha) if isinstance(other, Tensor) else other * alpha


class Sub(Op):
    """z = x − y;  ∂z/∂x = 1, ∂z/∂y = −1."""

    def forward(self, x, y):
        return x - y

    def backward(self, g):
        return g, (-g if self.needs[1] else None)


class SubFrom(Sub, label="RsubBackward1"):
    """z = x − y with a number x;  ∂z/∂y = −1."""


def sub(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    """Elementwise input − alpha·other, broadcast. RuntimeError for two bool tensors, as in PyTorch.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.sub.html

    >>> import minitorch as torch
    >>> torch.sub(torch.tensor([5., 7.]), 2)
    tensor([3., 5.])
    """
    for x in (input, other):
        if isinstance(x, bool) or (isinstance(x, Tensor) and x._array.dtype.kind == "b"):
            raise RuntimeError(
                "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, "
                "use the `~` or `logical_not()` operator instead."
            )
    if alpha != 1:
        other = _times_alpha(input, other, alpha)
    x, y = pair("sub", input, other)
    return Sub()(x, y) if isinstance(x, Tensor) or not isinstance(y, Tensor) else SubFrom()(x, y)


class Mul(Op):
    """z = x·y;  ∂z/∂x = y, ∂z/∂y = x."""

    def forward(self, x, y):
        self.save(x if self.needs[1] else None, y if self.needs[0] else None)
        return x * y

    def backward(self, g):
        x, y = self.saved
        return (g * y if self.needs[0] else None), (g * x if self.needs[1] else None)


def mul(input: Any, other: Any) -> Any:
    """Elementwise input·other, broadcast.

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

    def forward(self, x, y):
        self.save(x if self.needs[1] else None, y)
        return x / y

    def backward(self, g):
        x, y = self.saved
        return (g / y if self.needs[0] else None), (-g * ((x / y) / y) if self.needs[1] else None)


def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Any:
    """Elementwise input / other, broadcast; integers divide into floats. A zero divisor gives ±inf or nan.

    `rounding_mode`: None, 'trunc' (toward zero) or 'floor'; with either the gradient is 0. RuntimeError for others.

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
    if result_dtype(x, y).category == 0:
        raise NotImplementedError(f"\"div_{rounding_mode}\" not implemented for 'Bool'")
    if result_dtype(x, y).category == 1 and np.any(_arrays(x, y)[1] == 0):
        raise RuntimeError("ZeroDivisionError")
    return DivRounded(rounding_mode)(x, y)


class DivRounded(Op, label="DivBackward2"):
    """z = x / y, rounded toward zero or down;  slope 0 wherever it has one."""

    def __init__(self, rounding_mode: str) -> None:
        self.rounding_mode = rounding_mode

    def forward(self, x, y):
        xp = array_module(x if hasattr(x, "dtype") else y)
        floating = (x if hasattr(x, "dtype") else y).dtype.kind == "f"
        if self.rounding_mode == "floor":
            return xp.floor_divide(x, y)
        if floating:
            return xp.trunc(x / y)
        quotient = xp.floor_divide(x, y)
        return quotient + ((x % y != 0) & ((x < 0) != (y < 0)))

    def backward(self, g):
        return zeros_like(g), zeros_like(g)


def _arrays(x: Any, y: Any) -> tuple[Any, Any]:
    return (x._array if isinstance(x, Tensor) else x), (y._array if isinstance(y, Tensor) else y)


def floor_divide(input: Any, other: Any) -> Any:
    """Elementwise ⌊input / other⌋; no gradient.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.floor_divide.html

    >>> import minitorch as torch
    >>> torch.floor_divide(torch.tensor([7, -7]), 2)
    tensor([ 3, -4])
    """
    return div(input, other, rounding_mode="floor")


class Remainder(Op, label="RemainderBackward1"):
    """z = x − ⌊x/y⌋·y;  ∂z/∂x = 1, ∂z/∂y = −⌊x/y⌋."""

    def forward(self, x, y):
        self.save(x, y)
        return x % y

    def backward(self, g):
        x, y = self.saved
        return g, (-g * floor(x / y) if self.needs[1] else None)


class RemainderNumber(Remainder, label="RemainderBackward0"):
    """z = x − ⌊x/y⌋·y with a number y;  ∂z/∂x = 1."""


def remainder(input: Any, other: Any) -> Any:
    """Elementwise remainder with the sign of the divisor, input − ⌊input/other⌋·other.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.remainder.html

    >>> import minitorch as torch
    >>> torch.remainder(torch.tensor([-3., 3.]), 2)
    tensor([1., 1.])
    """
    x, y = pair("remainder", input, other)
    a, b = _arrays(x, y)
    category = result_dtype(x, y).category
    if category == 0:
        raise NotImplementedError("\"remainder_cpu\" not implemented for 'Bool'")
    if category == 1 and np.any(b == 0):
        raise RuntimeError("ZeroDivisionError")
    return Remainder()(x, y) if isinstance(y, Tensor) else RemainderNumber()(x, y)


class Neg(Op):
    """z = −x;  ∂z/∂x = −1."""

    def forward(self, x):
        return -x

    def backward(self, g):
        return -g


def neg(input: Any) -> Any:
    """Elementwise −input. RuntimeError for bool tensors.

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

    def forward(self, x):
        self.save(x)
        return _power(x, self.exponent)

    def backward(self, g):
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


class PowTensor(Op, label="PowBackward1"):
    """z = xʸ with both varying;  ∂z/∂x = y·xʸ⁻¹ (0 where y = 0), ∂z/∂y = xʸ·ln x (0 where x = 0 and y ≥ 0)."""

    def forward(self, x, y):
        z = x**y
        self.save(x, y, z)
        return z

    def backward(self, g):
        x, y, z = self.saved
        gx = gy = None
        if self.needs[0]:
            gx = g * where(y == 0, 0.0, y * pow(x, y - 1))
        if self.needs[1]:
            gy = g * where((x == 0) & (y >= 0), 0.0, z * log(x))
        return gx, gy


class PowOfNumber(PowTensor, label="PowBackward2"):
    """z = xʸ with a number x, which comes as a 0-d array;  ∂z/∂y = xʸ·ln x (0 where x = 0 and y ≥ 0)."""


def pow(input: Any, exponent: Any) -> Any:
    """Elementwise input ** exponent, broadcast; either may be a number.

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
    if y._array.dtype.kind != "f" and (y._array < 0).any():
        raise RuntimeError("Integers to negative integer powers are not allowed.")
    return operation()(x, y)


def lerp(input: Any, end: Any, weight: Any) -> Any:
    """Elementwise input + weight·(end − input): the way from input to end, `weight` of it.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.lerp.html

    >>> import minitorch as torch
    >>> torch.lerp(torch.tensor([1., 2.]), torch.tensor([3., 4.]), 0.5)
    tensor([2., 3.])
    """
    tensor_argument("lerp", input)
    refuse("lerp_kernel", input, "biu")
    return input + weight * (end - input)


def addcmul(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
    """Elementwise input + value·tensor1·tensor2.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.addcmul.html

    >>> import minitorch as torch
    >>> torch.addcmul(torch.tensor([1.]), torch.tensor([2.]), torch.tensor([3.]), value=10)
    tensor([61.])
    """
    tensor_argument("addcmul", input)
    refuse("addcmul_cpu_out", input, "b")
    return input + value * (tensor1 * tensor2)


def addcdiv(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
    """Elementwise input + value·tensor1/tensor2. RuntimeError for integers, as in PyTorch.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.addcdiv.html

    >>> import minitorch as torch
    >>> torch.addcdiv(torch.tensor([1.]), torch.tensor([6.]), torch.tensor([3.]), value=10)
    tensor([21.])
    """
    tensor_argument("addcdiv", input)
    if not result_dtype(tensor1, tensor2).is_floating_point:
        raise RuntimeError(
            "Integer division with addcdiv is no longer supported. Use (input + value * torch.trunc(tensor1 / "
            "tensor2)) or convert to floating tensors."
        )
    return input + value * (tensor1 / tensor2)


# ---- functions of one argument ---------------------------------------------------------------------------------------


class Exp(Op):
    """z = eˣ;  ∂z/∂x = z."""

    def forward(self, x):
        z = array_module(x).exp(x)
        self.save(z)
        return z

    def backward(self, g):
        (z,) = self.saved
        return g * z


def exp(input: Any) -> Any:
    """Elementwise eˣ.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.exp.html

    >>> import minitorch as torch
    >>> torch.exp(torch.tensor([0., 1.]))
    tensor([1.0000, 2.7183])
    """
    tensor_argument("exp", input)
    return Exp()(floating(input))


class Log(Op):
    """z = ln x;  ∂z/∂x = 1/x."""

    def forward(self, x):
        self.save(x)
        return array_module(x).log(x)

    def backward(self, g):
        (x,) = self.saved
        return g / x


def log(input: Any) -> Any:
    """Elementwise natural logarithm; −inf at 0, nan below.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.log.html

    >>> import minitorch as torch
    >>> torch.log(torch.tensor([1., 10.]))
    tensor([0.0000, 2.3026])
    """
    tensor_argument("log", input)
    return Log()(floating(input))


class Sqrt(Op):
    """z = √x;  ∂z/∂x = 1/(2z)."""

    def forward(self, x):
        z = array_module(x).sqrt(x)
        self.save(z)
        return z

    def backward(self, g):
        (z,) = self.saved
        return g / (2 * z)


def sqrt(input: Any) -> Any:
    """Elementwise √x; nan below 0. Its slope at 0 is inf.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.sqrt.html

    >>> import minitorch as torch
    >>> torch.sqrt(torch.tensor([4., 2.]))
    tensor([2.0000, 1.4142])
    """
    tensor_argument("sqrt", input)
    return Sqrt()(floating(input))


class Rsqrt(Op):
    """z = 1/√x;  ∂z/∂x = −z³/2."""

    def forward(self, x):
        z = 1 / array_module(x).sqrt(x)
        self.save(z)
        return z

    def backward(self, g):
        (z,) = self.saved
        return g * -0.5 * (z * z * z)


def rsqrt(input: Any) -> Any:
    """Elementwise 1/√x.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.rsqrt.html

    >>> import minitorch as torch
    >>> torch.rsqrt(torch.tensor([4.]))
    tensor([0.5000])
    """
    tensor_argument("rsqrt", input)
    return Rsqrt()(floating(input))


def square(input: Any) -> Any:
    """Elementwise x².

    Source: https://docs.pytorch.org/docs/stable/generated/torch.square.html

    >>> import minitorch as torch
    >>> torch.square(torch.tensor([3.]))
    tensor([9.])
    """
    tensor_argument("square", input)
    return pow(input, 2)


class Reciprocal(Op):
    """z = 1/x;  ∂z/∂x = −z²."""

    def forward(self, x):
        z = 1 / x
        self.save(z)
        return z

    def backward(self, g):
        (z,) = self.saved
        return -g * (z * z)


def reciprocal(input: Any) -> Any:
    """Elementwise 1/x.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.reciprocal.html

    >>> import minitorch as torch
    >>> torch.reciprocal(torch.tensor([4.]))
    tensor([0.2500])
    """
    tensor_argument("reciprocal", input)
    return Reciprocal()(floating(input))


class Abs(Op):
    """z = |x|;  ∂z/∂x = sign(x), taken as 0 at the kink x = 0."""

    def forward(self, x):
        self.save(x)
        return array_module(x).abs(x)

    def backward(self, g):
        (x,) = self.saved
        return g * sign(x)


def abs(input: Any) -> Any:
    """Elementwise |x|.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.abs.html

    >>> import minitorch as torch
    >>> torch.abs(torch.tensor([-1.5, 2.]))
    tensor([1.5000, 2.0000])
    """
    tensor_argument("abs", input)
    refuse("abs_cpu", input, "b")
    return Abs()(input)


class Sin(Op):
    """z = sin x;  ∂z/∂x = cos x."""

    def forward(self, x):
        self.save(x)
        return array_module(x).sin(x)

    def backward(self, g):
        (x,) = self.saved
        return g * cos(x)


def sin(input: Any) -> Any:
    """Elementwise sine of an angle in radians.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.sin.html

    >>> import minitorch as torch
    >>> torch.sin(torch.tensor([0.5]))
    tensor([0.4794])
    """
    tensor_argument("sin", input)
    return Sin()(floating(input))


class Cos(Op):
    """z = cos x;  ∂z/∂x = −sin x."""

    def forward(self, x):
        self.save(x)
        return array_module(x).cos(x)

    def backward(self, g):
        (x,) = self.saved
        return -g * sin(x)


def cos(input: Any) -> Any:
    """Elementwise cosine of an angle in radians.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cos.html

    >>> import minitorch as torch
    >>> torch.cos(torch.tensor([0.]))
    tensor([1.])
    """
    tensor_argument("cos", input)
    return Cos()(floating(input))


class Tanh(Op):
    """z = tanh x;  ∂z/∂x = 1 − z²."""

    def forward(self, x):
        z = array_module(x).tanh(x)
        self.save(z)
        return z

    def backward(self, g):
        (z,) = self.saved
        return g * (1 - z * z)


def tanh(input: Any) -> Any:
    """Elementwise hyperbolic tangent.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.tanh.html

    >>> import minitorch as torch
    >>> torch.tanh(torch.tensor([0., 1.]))
    tensor([0.0000, 0.7616])
    """
    tensor_argument("tanh", input)
    return Tanh()(floating(input))


class Sigmoid(Op):
    """z = 1/(1 + e⁻ˣ);  ∂z/∂x = z·(1 − z).

    For very negative x, e⁻ˣ overflows to inf and the quotient is the right 0. (The form eˣ/(1+eˣ) would give inf/inf.)
    """

    def forward(self, x):
        z = 1 / (1 + array_module(x).exp(-x))
        self.save(z)
        return z

    def backward(self, g):
        (z,) = self.saved
        return g * ((1 - z) * z)


def sigmoid(input: Any) -> Any:
    """Elementwise 1/(1 + e⁻ˣ).

    Source: https://docs.pytorch.org/docs/stable/generated/torch.sigmoid.html

    >>> import minitorch as torch
    >>> torch.sigmoid(torch.tensor([0., 2.]))
    tensor([0.5000, 0.8808])
    """
    tensor_argument("sigmoid", input)
    return Sigmoid()(floating(input))


class Relu(Op):
    """z = max(x, 0);  ∂z/∂x = 0 where z ≤ 0 (also at the kink x = 0), else 1 (also where x is nan)."""

    def forward(self, x):
        z = array_module(x).maximum(x, 0)
        self.save(z)
        return z

    def backward(self, g):
        (z,) = self.saved
        return where(z <= 0, 0.0, g)


def relu(input: Any, inplace: bool = False) -> Any:
    """Elementwise max(x, 0). nan stays nan. RuntimeError for bool tensors.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.relu.html

    >>> import minitorch as torch
    >>> torch.relu(torch.tensor([-1., 2.]))
    tensor([0., 2.])
    """
    tensor_argument("relu", input)
    if isinstance(input, Tensor) and input._array.dtype.kind == "b":
        raise RuntimeError("Boolean inputs not supported for relu")
    out = Relu()(input)
    return input._update(out) if inplace else out


class LeakyRelu(Op):
    """z = x where x > 0, else slope·x;  ∂z/∂x = 1 where x > 0, else slope."""

    def __init__(self, slope: float) -> None:
        self.slope = slope

    def forward(self, x):
        self.save(x)
        return array_module(x).where(x > 0, x, x * self.slope)

    def backward(self, g):
        (x,) = self.saved
        return where(x > 0, g, g * self.slope)


def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Any:
    """Elementwise x where x > 0, else negative_slope·x.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.leaky_relu.html

    >>> import minitorch as torch
    >>> torch.nn.functional.leaky_relu(torch.tensor([-1., 2.]), 0.1)
    tensor([-0.1000,  2.0000])
    """
    tensor_argument("leaky_relu", input)
    refuse("leaky_relu_cpu", input, "biu")
    out = LeakyRelu(negative_slope)(input)
    return input._update(out) if inplace else out


class Softplus(Op):
    """z = ln(1 + e^{βx})/β, and x itself where βx > threshold;  ∂z/∂x = σ(βx), and 1 there.

    Computed as max(βx, 0) + ln(1 + e^{−|βx|}), since e^{βx} would overflow where the result is just x.
    """

    def __init__(self, beta: float, threshold: float) -> None:
        self.beta, self.threshold = beta, threshold

    def forward(self, x):
        self.save(x)
        xp = array_module(x)
        bx = x * self.beta
        return xp.where(bx > self.threshold, x, (xp.maximum(bx, 0) + xp.log1p(xp.exp(-xp.abs(bx)))) / self.beta)

    def backward(self, g):
        (x,) = self.saved
        bx = x * self.beta
        return where(bx > self.threshold, g, g * sigmoid(bx))


def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """Elementwise ln(1 + e^{beta·x})/beta, a smooth ReLU; x itself where beta·x > threshold.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.softplus.html

    >>> import minitorch as torch
    >>> torch.nn.functional.softplus(torch.tensor([0.]))
    tensor([0.6931])
    """
    tensor_argument("softplus", input)
    refuse("softplus_cpu", input, "biu")
    return Softplus(beta, threshold)(input)


class Clamp(Op, label="ClampBackward1"):
    """z = min(max(x, low), high);  ∂z/∂x = 1 where low ≤ x ≤ high, else 0."""

    def __init__(self, low: float | None, high: float | None) -> None:
        self.low, self.high = low, high

    def forward(self, x):
        self.save(x)
        xp = array_module(x)
        if self.low is not None:
            x = xp.maximum(x, self.low)
        return x if self.high is None else xp.minimum(x, self.high)

    def backward(self, g):
        (x,) = self.saved
        if self.low is None:
            return g * (x <= self.high)
        if self.high is None:
            return g * (x >= self.low)
        return g * ((x >= self.low) & (x <= self.high))


class ClampBetween(Op, label="ClampBackward0"):
    """z = min(max(x, low), high) with bounds that vary;  the gradient goes to x where low ≤ x ≤ high, else to the bound."""

    def forward(self, x, low, high):
        self.save(x, low, high)
        xp = array_module(x)
        if low is not None:
            x = xp.maximum(x, low)
        return x if high is None else xp.minimum(x, high)

    def backward(self, g):
        x, low, high = self.saved
        if low is None:
            return where(x <= high, g, 0.0), None, where(x > high, g, 0.0)
        if high is None:
            return where(x >= low, g, 0.0), where(x < low, g, 0.0), None
        below = (x < low) & (low < high)
        above = (x > high) | (high < low)
        return where((x >= low) & (x <= high), g, 0.0), where(below, g, 0.0), where(above, g, 0.0)


def clamp(input: Any, min: Any = None, max: Any = None) -> Any:
    """Elementwise input held within [min, max]; each bound a number, a tensor, or None. RuntimeError without bounds.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.clamp.html

    >>> import minitorch as torch
    >>> torch.clamp(torch.tensor([-2., 0.5, 3.]), min=-1, max=1)
    tensor([-1.0000,  0.5000,  1.0000])
    """
    tensor_argument("clamp", input)
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    for bound in (min, max):
        if not (bound is None or isinstance(bound, Tensor)):
            number("clamp", bound)
    if isinstance(min, Tensor) or isinstance(max, Tensor):
        target = result_dtype(input, *[bound for bound in (min, max) if bound is not None]).numpy
        bounds = [None if b is None else (b if isinstance(b, Tensor) else input.new_tensor(b))._cast(target) for b in (min, max)]
        for bound in bounds:
            if bound is not None:
                check_same_device("clamp", input, bound)
                check_broadcast("clamp", input._array.shape, bound._array.shape)
        return ClampBetween()(input._cast(target), *bounds)
    if isinstance(input, Tensor) and input._array.dtype.kind != "f":
        input = input._cast(result_dtype(input, *[b for b in (min, max) if b is not None]).numpy)
    return Clamp(min, max)(input)


# ---- functions of two arguments --------------------------------------------------------------------------------------


class Maximum(Op):
    """z = max(x, y);  the gradient goes to the larger, half to each where they are equal."""

    def forward(self, x, y):
        self.save(x, y)
        return array_module(x).maximum(x, y)

    def backward(self, g):
        x, y = self.saved
        shared = where(x == y, g / 2, g)
        return where(x < y, 0.0, shared), where(y < x, 0.0, shared)


class Minimum(Op):
    """z = min(x, y);  the gradient goes to the smaller, half to each where they are equal."""

    def forward(self, x, y):
        self.save(x, y)
        return array_module(x).minimum(x, y)

    def backward(self, g):
        x, y = self.saved
        shared = where(x == y, g / 2, g)
        return where(x > y, 0.0, shared), where(y > x, 0.0, shared)


def maximum(input: Any, other: Any) -> Any:
    """Elementwise larger of two tensors, broadcast; nan if either is.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.maximum.html

    >>> import minitorch as torch
    >>> torch.maximum(torch.tensor([1., 5.]), torch.tensor([3., 2.]))
    tensor([3., 5.])
    """
    tensor_argument("maximum", input)
    tensor_argument("maximum", other, "other", 2)
    return Maximum()(*pair("maximum", input, other))


def minimum(input: Any, other: Any) -> Any:
    """Elementwise smaller of two tensors, broadcast; nan if either is.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.minimum.html

    >>> import minitorch as torch
    >>> torch.minimum(torch.tensor([1., 5.]), torch.tensor([3., 2.]))
    tensor([1., 2.])
    """
    tensor_argument("minimum", input)
    tensor_argument("minimum", other, "other", 2)
    return Minimum()(*pair("minimum", input, other))


class Where(Op):
    """z = x where the condition holds, else y;  the gradient goes where the value came from."""

    def forward(self, condition, x, y):
        self.save(condition)
        xp = array_module(condition)
        if isinstance(x, int | float) and not isinstance(y, int | float):
            x = xp.asarray(x, dtype=y.dtype)  # a Python number takes the dtype of the other side
        elif isinstance(y, int | float) and not isinstance(x, int | float):
            y = xp.asarray(y, dtype=x.dtype)
        return xp.where(condition, x, y)

    def backward(self, g):
        (condition,) = self.saved
        gx = where(condition, g, 0.0) if self.needs[1] else None
        return None, gx, (where(condition, 0.0, g) if self.needs[2] else None)


def where(condition: Any, input: Any = None, other: Any = None) -> Any:
    """Elementwise `input` where `condition` holds, else `other`, broadcast; with the condition alone, its indices.

    `condition` is a bool tensor (RuntimeError otherwise).

    Source: https://docs.pytorch.org/docs/stable/generated/torch.where.html

    >>> import minitorch as torch
    >>> x = torch.tensor([-1., 2.])
    >>> torch.where(x > 0, x, 0.)
    tensor([0., 2.])
    """
    if input is None and other is None:
        return tuple(wrap(indices) for indices in condition._array.nonzero())
    if not isinstance(condition, Tensor):
        return Where()(condition, input, other)
    mask = condition._array
    if mask.dtype.kind != "b":
        raise RuntimeError(f"where expected condition to be a boolean tensor, but got a tensor with dtype {mask.dtype}")
    if isinstance(input, Tensor) or isinstance(other, Tensor):
        x, y = pair("where", input, other)
    else:
        dtype = result_dtype(number("where", input), number("where", other)).numpy
        xp = array_module(mask)
        x, y = wrap(xp.asarray(input, dtype=dtype)), wrap(xp.asarray(other, dtype=dtype))
    for operand in (x, y):
        if isinstance(operand, Tensor):
            check_broadcast("where", mask.shape, operand._array.shape)
    return Where()(condition, x, y)


# ---- functions with slope 0 ------------------------------------------------------------------------------------------


class _Flat(Op):
    """A step function: its slope is 0 wherever it has one."""

    def forward(self, x):
        return self.compute(array_module(x), x)

    def backward(self, g):
        return zeros_like(g)


class Floor(_Flat):
    """z = ⌊x⌋;  slope 0."""

    @staticmethod
    def compute(xp, x):
        return xp.floor(x) if x.dtype.kind == "f" else x.copy()


class Ceil(_Flat):
    """z = ⌈x⌉;  slope 0."""

    @staticmethod
    def compute(xp, x):
        return xp.ceil(x) if x.dtype.kind == "f" else x.copy()


class Round(_Flat):
    """z = x rounded to the nearest integer, halves to even;  slope 0."""

    @staticmethod
    def compute(xp, x):
        return xp.rint(x) if x.dtype.kind == "f" else x.copy()


class RoundDecimals(_Flat, label="RoundBackward1"):
    """z = x rounded to a multiple of 10^−decimals, halves to even;  slope 0."""

    def __init__(self, decimals: int) -> None:
        self.decimals = decimals

    def compute(self, xp, x):
        scale = 10.0 ** (self.decimals if self.decimals > 0 else -self.decimals)
        return xp.rint(x * scale) / scale if self.decimals > 0 else xp.rint(x / scale) * scale


class Trunc(_Flat):
    """z = x without its fraction;  slope 0."""

    @staticmethod
    def compute(xp, x):
        return xp.trunc(x) if x.dtype.kind == "f" else x.copy()


class Sign(_Flat, label="SignBackward0"):
    """z = −1, 0 or 1;  slope 0."""

    @staticmethod
    def compute(xp, x):
        if x.dtype.kind == "b":
            return x.copy()
        return (x > 0).astype(x.dtype) - (x < 0).astype(x.dtype)  # 0 for nan


def floor(input: Any) -> Any:
    """Elementwise largest integer ≤ x; gradient 0.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.floor.html

    >>> import minitorch as torch
    >>> torch.floor(torch.tensor([-0.5, 1.5]))
    tensor([-1.,  1.])
    """
    tensor_argument("floor", input)
    refuse("floor_out", input, "b")
    return Floor()(input)


def ceil(input: Any) -> Any:
    """Elementwise smallest integer ≥ x; gradient 0.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.ceil.html

    >>> import minitorch as torch
    >>> torch.ceil(torch.tensor([-0.5, 1.5]))
    tensor([-0.,  2.])
    """
    tensor_argument("ceil", input)
    refuse("ceil_out", input, "b")
    return Ceil()(input)


def round(input: Any, *, decimals: int = 0) -> Any:
    """Elementwise nearest integer (or multiple of 10^−decimals), halves to even; gradient 0.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.round.html

    >>> import minitorch as torch
    >>> torch.round(torch.tensor([0.5, 1.5, -1.2]))
    tensor([ 0.,  2., -1.])
    """
    tensor_argument("round", input)
    refuse("round_out", input, "b" if decimals == 0 else "biu")
    return Round()(input) if decimals == 0 else RoundDecimals(decimals)(input)


def trunc(input: Any) -> Any:
    """Elementwise x without its fraction; gradient 0.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.trunc.html

    >>> import minitorch as torch
    >>> torch.trunc(torch.tensor([-1.7, 1.7]))
    tensor([-1.,  1.])
    """
    tensor_argument("trunc", input)
    refuse("trunc_out", input, "b")
    return Trunc()(input)


def sign(input: Any) -> Any:
    """Elementwise −1, 0 or 1; gradient 0.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.sign.html

    >>> import minitorch as torch
    >>> torch.sign(torch.tensor([-3., 0., 2.]))
    tensor([-1.,  0.,  1.])
    """
    tensor_argument("sign", input)
    return Sign()(input)
