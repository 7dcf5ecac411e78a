"""Functions of one argument, element by element."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import gpu_kernels
from ...arena import empty
from ...autograd.op import Op
from ...device import array_module
from ...parallel import PIECE, by_pieces
from ...tensor import Tensor
from ..checks import number, refuse, tensor_argument
from ..promotion import floating
from .rounding import sign
from .selection import where

__all__ = [
    "abs",
    "cos",
    "exp",
    "leaky_relu",
    "log",
    "relu",
    "rsqrt",
    "sigmoid",
    "sin",
    "softplus",
    "sqrt",
    "tanh",
]


class Exp(Op):
    """z = eˣ;  ∂z/∂x = z."""

    def forward(self, x: Any) -> Any:
        z = array_module(x).exp(x)
        self.save(z)
        return z

    def backward(self, g: Any) -> Any:
        (z,) = self.saved
        return g * z


def exp(input: Tensor) -> Tensor:
    """Elementwise eˣ.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.exp.html

    >>> import minitorch as torch
    >>> torch.exp(torch.tensor([0., 1.]))
    tensor([1.0000, 2.7183])
    """
    tensor_argument("exp", input)
    return Exp()(floating(input))


class Log(Op):
    """z = ln x;  ∂z/∂x = 1/x."""

    def forward(self, x: Any) -> Any:
        self.save(x)
        return array_module(x).log(x)

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        return g / x


def log(input: Tensor) -> Tensor:
    """Elementwise natural logarithm; −inf at 0, nan below.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.log.html

    >>> import minitorch as torch
    >>> torch.log(torch.tensor([1., 10.]))
    tensor([0.0000, 2.3026])
    """
    tensor_argument("log", input)
    return Log()(floating(input))


class Sqrt(Op):
    """z = √x;  ∂z/∂x = 1/(2z)."""

    def forward(self, x: Any) -> Any:
        z = array_module(x).sqrt(x)
        self.save(z)
        return z

    def backward(self, g: Any) -> Any:
        (z,) = self.saved
        return g / (2 * z)


def sqrt(input: Tensor) -> Tensor:
    """Elementwise √x; nan below 0. Its slope at 0 is inf.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.sqrt.html

    >>> import minitorch as torch
    >>> torch.sqrt(torch.tensor([4., 2.]))
    tensor([2.0000, 1.4142])
    """
    tensor_argument("sqrt", input)
    return Sqrt()(floating(input))


class Rsqrt(Op):
    """z = 1/√x;  ∂z/∂x = −z³/2."""

    def forward(self, x: Any) -> Any:
        z = 1 / array_module(x).sqrt(x)
        self.save(z)
        return z

    def backward(self, g: Any) -> Any:
        (z,) = self.saved
        return g * -0.5 * (z * z * z)


def rsqrt(input: Tensor) -> Tensor:
    """Elementwise 1/√x.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.rsqrt.html

    >>> import minitorch as torch
    >>> torch.rsqrt(torch.tensor([4.]))
    tensor([0.5000])
    """
    tensor_argument("rsqrt", input)
    return Rsqrt()(floating(input))


class Abs(Op):
    """z = |x|;  ∂z/∂x = sign(x), taken as 0 at the kink x = 0."""

    def forward(self, x: Any) -> Any:
        self.save(x)
        return array_module(x).abs(x)

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        return g * sign(x)


def abs(input: Tensor) -> Tensor:
    """Elementwise |x|.

    Shapes: any; the result has the input's.
    Errors: NotImplementedError for a bool tensor; TypeError for what is not a tensor.

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

    def forward(self, x: Any) -> Any:
        self.save(x)
        return array_module(x).sin(x)

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        return g * cos(x)


def sin(input: Tensor) -> Tensor:
    """Elementwise sine of an angle in radians.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.sin.html

    >>> import minitorch as torch
    >>> torch.sin(torch.tensor([0.5]))
    tensor([0.4794])
    """
    tensor_argument("sin", input)
    return Sin()(floating(input))


class Cos(Op):
    """z = cos x;  ∂z/∂x = −sin x."""

    def forward(self, x: Any) -> Any:
        self.save(x)
        return array_module(x).cos(x)

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        return -g * sin(x)


def cos(input: Tensor) -> Tensor:
    """Elementwise cosine of an angle in radians.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cos.html

    >>> import minitorch as torch
    >>> torch.cos(torch.tensor([0.]))
    tensor([1.])
    """
    tensor_argument("cos", input)
    return Cos()(floating(input))


class Tanh(Op):
    """z = tanh x;  ∂z/∂x = 1 − z²."""

    def forward(self, x: Any) -> Any:
        z = array_module(x).tanh(x)
        self.save(z)
        return z

    def backward(self, g: Any) -> Any:
        (z,) = self.saved
        return g * (1 - z * z)


def tanh(input: Tensor) -> Tensor:
    """Elementwise hyperbolic tangent.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

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

    def forward(self, x: Any) -> Any:
        z = 1 / (1 + array_module(x).exp(-x))
        self.save(z)
        return z

    def backward(self, g: Any) -> Any:
        (z,) = self.saved
        return g * ((1 - z) * z)


def sigmoid(input: Tensor) -> Tensor:
    """Elementwise 1/(1 + e⁻ˣ).

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.sigmoid.html

    >>> import minitorch as torch
    >>> torch.sigmoid(torch.tensor([0., 2.]))
    tensor([0.5000, 0.8808])
    """
    tensor_argument("sigmoid", input)
    return Sigmoid()(floating(input))


class Relu(Op):
    """z = max(x, 0);  ∂z/∂x = 0 where z ≤ 0 (also at the kink x = 0), else 1 (also where x is nan)."""

    def forward(self, x: Any) -> Any:
        z = _rectified(x)
        self.save(z)
        return z

    def backward(self, g: Any) -> Any:
        (z,) = self.saved
        return ReluGate()(g, z)


class ReluGate(Op, label="ThresholdBackwardBackward0"):
    """What of g passes where z is not 0, and 0 elsewhere: linear in g, so that its derivative is itself."""

    def forward(self, g: Any, z: Any) -> Any:
        self.save(z)
        return _gated(g, z)

    def backward(self, h: Any) -> Any:
        (z,) = self.saved
        return ReluGate()(h, z), None


# Both in NumPy's fastest terms. Measured for 2 million float32: the maximum with an array of zeros takes 0.20 ms and
# with the number 0, which NumPy does one element at a time, 0.62 ms; g·(z ≠ 0) takes 0.65 ms, and the plain
# where(z == 0, 0, g), which branches for every element, 7.8 ms.

_zeros: dict[Any, Any] = {}  # of each dtype a piece of zeros, never written to


def _rectified(x: Any) -> Any:
    """max(x, 0)."""
    xp = array_module(x)
    if xp is not np or not x.flags.c_contiguous or x.dtype.kind != "f":
        return xp.maximum(x, 0)
    zeros = _zeros.get(x.dtype)
    if zeros is None:
        zeros = _zeros[x.dtype] = np.zeros(PIECE, x.dtype)
    if x.size <= PIECE:
        return np.maximum(x, zeros[: x.size].reshape(x.shape))
    z = empty(x, x.shape)
    by_pieces(lambda z, x: np.maximum(x, zeros[: x.size], out=z), z, x)
    return z


def _gated(g: Any, z: Any) -> Any:
    """g where z is not 0, else 0."""
    xp = array_module(g)
    if gpu_kernels.present(g) and g.dtype == z.dtype:
        return gpu_kernels.gate(g, z)
    if xp is not np or not (g.flags.c_contiguous and z.flags.c_contiguous) or g.shape != z.shape:
        return xp.where(z == 0, g.dtype.type(0), g)
    if g.size > PIECE:
        out = empty(g, g.shape)
        by_pieces(lambda out, g, z: _gate_piece(g, z, out), out, g, z)
        return out
    return _gate_piece(g, z, None) if g.size else g


def _gate_piece(g: Any, z: Any, out: Any) -> Any:
    product = np.multiply(g, z != 0, out=out)
    largest = product.max()
    if largest == largest:
        return product
    exact = np.where(z == 0, g.dtype.type(0), g)  # an infinite g times 0, or a nan: only then is the slow way needed
    if out is not None:
        out[...] = exact
    return exact


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """Elementwise max(x, 0). nan stays nan.

    Shapes: any; the result has the input's.
    Errors: RuntimeError for a bool tensor; TypeError for what is not a tensor.

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

    def forward(self, x: Any) -> Any:
        self.save(x)
        return array_module(x).where(x > 0, x, x * self.slope)

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        return where(x > 0, g, g * self.slope)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """Elementwise x where x > 0, else negative_slope·x.

    Shapes: any; the result has the input's.
    Errors: NotImplementedError for integers and booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.leaky_relu.html

    >>> import minitorch as torch
    >>> torch.nn.functional.leaky_relu(torch.tensor([-1., 2.]), 0.1)
    tensor([-0.1000,  2.0000])
    """
    tensor_argument("leaky_relu", input)
    refuse("leaky_relu_cpu", input, "biu")
    out = LeakyRelu(number("leaky_relu", negative_slope))(input)
    return input._update(out) if inplace else out


class Softplus(Op):
    """z = ln(1 + e^{βx})/β, and x itself where βx > threshold;  ∂z/∂x = σ(βx), and 1 there.

    Computed as max(βx, 0) + ln(1 + e^{−|βx|}), since e^{βx} would overflow where the result is just x.
    """

    beta: float
    threshold: float

    def __init__(self, beta: float, threshold: float) -> None:
        self.beta, self.threshold = beta, threshold

    def forward(self, x: Any) -> Any:
        self.save(x)
        xp = array_module(x)
        bx = x * self.beta
        return xp.where(bx > self.threshold, x, (xp.maximum(bx, 0) + xp.log1p(xp.exp(-xp.abs(bx)))) / self.beta)

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        bx = x * self.beta
        return where(bx > self.threshold, g, g * sigmoid(bx))


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """Elementwise ln(1 + e^{beta·x})/beta, a smooth ReLU; x itself where beta·x > threshold.

    Shapes: any; the result has the input's.
    Errors: NotImplementedError for integers and booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.softplus.html

    >>> import minitorch as torch
    >>> torch.nn.functional.softplus(torch.tensor([0.]))
    tensor([0.6931])
    """
    tensor_argument("softplus", input)
    refuse("softplus_cpu", input, "biu")
    return Softplus(number("softplus", beta), number("softplus", threshold))(input)
