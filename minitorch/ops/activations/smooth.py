"""Smooth activations: ELU and its relatives, GELU, SiLU, Mish, the gated unit, and those with a slope of their own."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from ...autograd.op import Op
from ...device import array_module, device_of, to_device, to_numpy
from ...random_arrays import exponential_array, uniform_array
from ...tensor import Tensor, wrap
from ..checks import check_floating, normalize_dim, number, tensor_argument
from ..elementwise import special_arrays
from ..elementwise.functions import LeakyRelu, exp, sigmoid, softplus, tanh
from ..elementwise.selection import where
from ..elementwise.special_functions import erf
from ..shape.joining import cat
from ..shape.shape import reshape
from .softmax import softmax

__all__ = ["celu", "elu", "gelu", "glu", "gumbel_softmax", "logsigmoid", "mish", "prelu", "rrelu", "selu", "silu"]


class Elu(Op):
    """z = s·x where x > 0, else s·α·(e^(cx) − 1);  ∂z/∂x = s, or s·α·c·e^(cx).

    ELU has s = c = 1; SELU an s that keeps the variance of its input; CELU c = 1/α, which makes the slope continuous.
    """

    alpha: float
    scale: float
    rate: float

    def __init__(self, alpha: float, scale: float = 1.0, rate: float = 1.0) -> None:
        self.alpha, self.scale, self.rate = alpha, scale, rate

    def forward(self, x: Any) -> Any:
        self.save(x)
        xp = array_module(x)
        return xp.where(x <= 0, xp.expm1(x * self.rate) * (self.alpha * self.scale), x * self.scale)

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        left = where(x <= 0, x, 0.0)  # so that no exponential overflows on the right, not even in second derivatives
        return where(x <= 0, g * (self.rate * self.alpha * self.scale) * exp(left * self.rate), g * self.scale)


class Celu(Elu):
    """z = x where x > 0, else α·(e^(x/α) − 1);  ∂z/∂x = 1, or e^(x/α)."""


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Elementwise x where x > 0, else alpha·(eˣ − 1).

    Shapes: any; the result has the input's.
    Errors: NotImplementedError for integers and booleans; TypeError for what is not a tensor, and for an `alpha` that
    is no number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.elu.html

    >>> import minitorch as torch
    >>> torch.nn.functional.elu(torch.tensor([-1., 2.]))
    tensor([-0.6321,  2.0000])
    """
    tensor_argument("elu", input)
    check_floating("elu_cpu", input)
    out = Elu(number("elu", alpha))(input)
    return input._update(out) if inplace else out


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Elementwise x where x > 0, else alpha·(e^(x/alpha) − 1).

    Shapes: any; the result has the input's.
    Errors: RuntimeError for alpha 0; NotImplementedError for integers and booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.celu.html

    >>> import minitorch as torch
    >>> torch.nn.functional.celu(torch.tensor([-1., 2.]), 2.0)
    tensor([-0.7869,  2.0000])
    """
    tensor_argument("celu", input)
    alpha = number("celu", alpha)
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    check_floating("elu_cpu", input)
    out = Celu(alpha, rate=1 / alpha)(input)
    return input._update(out) if inplace else out


# The α and s for which outputs of mean 0 and variance 1 keep them from layer to layer.
# Source: G. Klambauer et al., Self-Normalizing Neural Networks, https://arxiv.org/abs/1706.02515
SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """Elementwise s·x where x > 0, else s·α·(eˣ − 1), with s ≈ 1.0507 and α ≈ 1.6733.

    Shapes: any; the result has the input's.
    Errors: NotImplementedError for integers and booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.selu.html

    >>> import minitorch as torch
    >>> torch.nn.functional.selu(torch.tensor([-1., 2.]))
    tensor([-1.1113,  2.1014])
    """
    tensor_argument("selu", input)
    check_floating("elu_cpu", input)
    out = Elu(SELU_ALPHA, SELU_SCALE)(input)
    return input._update(out) if inplace else out


class Gelu(Op):
    """z = x·Φ(x) with Φ(x) = (1 + erf(x/√2))/2;  ∂z/∂x = Φ(x) + x·e^(−x²/2)/√(2π)."""

    def forward(self, x: Any) -> Any:
        self.save(x)
        return x * 0.5 * (1 + special_arrays.erf(x * math.sqrt(0.5)))

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        area = (1 + erf(x * math.sqrt(0.5))) * 0.5
        return g * (area + x * (exp(x * x * -0.5) * (1 / math.sqrt(2 * math.pi))))


class GeluTanh(Op, label="GeluBackward0"):
    """z = ½x·(1 + t), t = tanh(√(2/π)·(x + 0.044715x³));  ∂z/∂x = ½(1 + t) + ½x·(1 − t²)·√(2/π)·(1 + 0.134145x²)."""

    def forward(self, x: Any) -> Any:
        self.save(x)
        return 0.5 * x * (1 + array_module(x).tanh(self.inner(x)))

    def inner(self, x: Any) -> Any:
        return math.sqrt(2 / math.pi) * (x + 0.044715 * (x * x * x))

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        t = tanh(self.inner(x))
        slope = math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * (x * x))
        return g * (0.5 * (1 + t) + 0.5 * x * ((1 - t * t) * slope))


def gelu(input: Tensor, *, approximate: str = "none") -> Tensor:
    """Elementwise x·Φ(x), Φ(x) being the area under the normal density left of x; with 'tanh' a formula close to it.

    Shapes: any; the result has the input's.
    Errors: RuntimeError for another `approximate` than 'none' and 'tanh'; NotImplementedError for integers and
    booleans; TypeError for what is not a tensor, and for an `approximate` that is not a str.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.gelu.html

    >>> import minitorch as torch
    >>> torch.nn.functional.gelu(torch.tensor([-1., 2.]))
    tensor([-0.1587,  1.9545])
    """
    tensor_argument("gelu", input)
    if approximate not in ("none", "tanh"):
        if not isinstance(approximate, str):
            raise TypeError(f"gelu(): argument 'approximate' must be str, not {type(approximate).__name__}")
        raise RuntimeError("approximate argument must be either none or tanh.")
    check_floating("GeluKernelImpl", input)
    return (Gelu if approximate == "none" else GeluTanh)()(input)


class Silu(Op):
    """z = x·σ(x);  ∂z/∂x = σ(x)·(1 + x·(1 − σ(x)))."""

    def forward(self, x: Any) -> Any:
        self.save(x)
        return x / (1 + array_module(x).exp(-x))

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        s = sigmoid(x)
        return g * s * (1 + x * (1 - s))


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """Elementwise x·σ(x), with the logistic function σ; also called swish.

    Shapes: any; the result has the input's.
    Errors: NotImplementedError for integers and booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.silu.html

    >>> import minitorch as torch
    >>> torch.nn.functional.silu(torch.tensor([-1., 2.]))
    tensor([-0.2689,  1.7616])
    """
    tensor_argument("silu", input)
    check_floating("silu_cpu", input)
    out = Silu()(input)
    return input._update(out) if inplace else out


class Mish(Op):
    """z = x·t with t = tanh(ln(1 + eˣ));  ∂z/∂x = t + x·σ(x)·(1 − t²)."""

    def forward(self, x: Any) -> Any:
        self.save(x)
        xp = array_module(x)
        return x * xp.tanh(xp.log1p(xp.exp(x)))

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        t = tanh(softplus(x))
        return g * (t + x * sigmoid(x) * (1 - t * t))


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """Elementwise x·tanh(ln(1 + eˣ)).

    Shapes: any; the result has the input's.
    Errors: NotImplementedError for integers and booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.mish.html

    >>> import minitorch as torch
    >>> torch.nn.functional.mish(torch.tensor([-1., 2.]))
    tensor([-0.3034,  1.9440])
    """
    tensor_argument("mish", input)
    check_floating("mish_cpu", input)
    out = Mish()(input)
    return input._update(out) if inplace else out


class LogSigmoid(Op):
    """z = ln σ(x);  ∂z/∂x = σ(−x). Computed as min(x, 0) − ln(1 + e^(−|x|)), where nothing overflows."""

    def forward(self, x: Any) -> Any:
        self.save(x)
        xp = array_module(x)
        return xp.minimum(x, 0) - xp.log1p(xp.exp(-xp.abs(x)))

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        return g * sigmoid(-x)


def logsigmoid(input: Any) -> Tensor:
    """Elementwise logarithm of the logistic function, −ln(1 + e⁻ˣ).

    Shapes: any; the result has the input's.
    Errors: NotImplementedError for integers and booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.logsigmoid.html

    >>> import minitorch as torch
    >>> torch.nn.functional.logsigmoid(torch.tensor([-100., 0.]))
    tensor([-100.0000,   -0.6931])
    """
    tensor_argument("log_sigmoid", input)
    check_floating("log_sigmoid_cpu", input)
    return LogSigmoid()(input)


class Glu(Op):
    """z = a·σ(b), where x is a beside b;  ∂z/∂a = σ(b), ∂z/∂b = a·σ(b)·(1 − σ(b))."""

    def __init__(self, dim: int) -> None:
        self.dim = dim

    def halves(self, x: Any) -> Any:
        n = x.shape[self.dim] // 2
        before = (slice(None),) * self.dim
        return x[(*before, slice(n))], x[(*before, slice(n, None))]

    def forward(self, x: Any) -> Any:
        self.save(x)
        a, b = self.halves(x)
        return a * sigmoid(b)

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        a, b = self.halves(x)
        s = sigmoid(b)
        return cat([g * s, g * a * (s * (1 - s))], self.dim)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """a·σ(b), a and b being the halves of the input along `dim`.

    Shapes: any but 0-d; in the result `dim` is half as long.
    Errors: RuntimeError if `dim` has an odd length, or for a 0-d tensor; IndexError for a `dim` out of range;
    NotImplementedError for integers and booleans; TypeError for what is not a tensor, and for a `dim` that is not an
    int.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.glu.html

    >>> import minitorch as torch
    >>> torch.nn.functional.glu(torch.tensor([1., 2., 0., 0.]))
    tensor([0.5000, 1.0000])
    """
    tensor_argument("glu", input)
    if isinstance(dim, bool) or not isinstance(dim, int | np.integer):
        raise TypeError(f"glu(): argument 'dim' (position 2) must be int, not {type(dim).__name__}")
    if input.ndim == 0:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    dim = normalize_dim(dim, input.ndim)
    if input.shape[dim] % 2:
        raise RuntimeError(f"Halving dimension must be even, but dimension {dim} is size {input.shape[dim]}")
    check_floating("glu_cpu", input)
    return Glu(dim)(input)


class PRelu(Op, label="PreluKernelBackward0"):
    """z = x where x > 0, else w·x;  ∂z/∂x = 1 or w, ∂z/∂w = 0 or x."""

    def forward(self, x: Any, w: Any) -> Any:
        self.save(x, w)
        return array_module(x).where(x > 0, x, w * x)

    def backward(self, g: Any) -> Any:
        x, w = self.saved
        return where(x > 0, g, w * g), where(x > 0, 0.0, x * g)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """Elementwise x where x > 0, else weight·x, with one weight for all, or one for each channel (dimension 1).

    Shapes: input (N, C, …) and weight (C), or any input and one weight, (1) or (); the result has the input's.
    Errors: RuntimeError if the number of weights is another than that of channels, or the dtypes differ;
    NotImplementedError for integers and booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.prelu.html

    >>> import minitorch as torch
    >>> torch.nn.functional.prelu(torch.tensor([[-1., -1., 2.]]), torch.tensor([0.25, 0.5, 0.5]))
    tensor([[-0.2500, -0.5000,  2.0000]])
    """
    tensor_argument("prelu", input)
    tensor_argument("prelu", weight, "weight", 2)
    if input._array.dtype != weight._array.dtype:
        raise RuntimeError(
            f"prelu: Type promoting not supported. Got {input.dtype.type_name} and {weight.dtype.type_name}"
        )
    if weight.ndim > 1:
        raise RuntimeError(f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight.ndim}")
    if weight.numel() != 1:
        if input.ndim == 0:
            raise RuntimeError("Not allow zero-dim input tensor.")
        channels = input.shape[1] if input.ndim > 1 else 1
        if channels != weight.numel():
            raise RuntimeError(
                f"Mismatch of parameter numbers and input channel size. Found parameter numbers = {weight.numel()} and "
                f"channel size = {channels}."
            )
    check_floating("prelu_cpu", input)
    return PRelu()(input, reshape(weight, (1, -1) + (1,) * (input.ndim - 2) if input.ndim > 1 else (1,) * input.ndim))


class RRelu(Op, label="RreluWithNoiseBackward0"):
    """z = r·x, with a random slope r where x ≤ 0 and r = 1 elsewhere;  ∂z/∂x = r."""

    def forward(self, x: Any, r: Any) -> Any:
        self.save(r)
        return x * r

    def backward(self, g: Any) -> Any:
        (r,) = self.saved
        return g * r, None


class RReluMean(LeakyRelu, label="RreluWithNoiseBackward0"):
    """z = x where x > 0, else slope·x, with the mean of the random slopes;  ∂z/∂x = 1 or slope."""


def rrelu(
    input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False, inplace: bool = False
) -> Tensor:
    """Elementwise x where x > 0, else r·x: in training r is from U[lower, upper) for each element, else it is the mean.

    The slopes come from the default generator, number for number as PyTorch's on the CPU.

    Shapes: any; the result has the input's.
    Errors: RuntimeError if lower > upper; NotImplementedError for integers and booleans, and in training for float16;
    TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.rrelu.html

    >>> import minitorch as torch
    >>> torch.nn.functional.rrelu(torch.tensor([-1., 2.]), 0.2, 0.3)
    tensor([-0.2500,  2.0000])
    """
    tensor_argument("rrelu", input)
    if number("rrelu", lower) > number("rrelu", upper):
        raise RuntimeError("Lower bound should be less than or equal to the upper bound")
    check_floating("rrelu_with_noise_out_cpu" if training else "leaky_relu_cpu", input)
    if training:
        if input._array.dtype == "float16":
            raise NotImplementedError("\"rrelu_with_noise_out_cpu\" not implemented for 'Half'")
        x = to_numpy(input._array)
        slopes = np.ones(x.shape, x.dtype)
        negative = x <= 0
        # Drawn in float64, between bounds that were rounded to x's dtype.
        low, high = float(x.dtype.type(lower)), float(x.dtype.type(upper))
        slopes[negative] = uniform_array(int(negative.sum()), np.float64, low, high)
        out = RRelu()(input, wrap(to_device(slopes, device_of(input._array))))
    else:
        out = RReluMean((lower + upper) / 2)(input)
    return input._update(out) if inplace else out


def gumbel_softmax(logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Tensor:
    """A random choice that can be differentiated: softmax((logits + noise)/tau) along `dim`, with Gumbel noise.

    With `hard` the result is one-hot, with the gradient of the soft one. The noise is −ln of exponential draws from the
    default generator, number for number as PyTorch's on the CPU. `eps` has no effect (and a warning).

    Shapes: any; the result has the logits'.
    Errors: RuntimeError for integers and booleans; IndexError for a `dim` out of range; TypeError for what is not a
    tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.gumbel_softmax.html

    >>> import minitorch as torch
    >>> torch.nn.functional.gumbel_softmax(torch.zeros(2, 5)).sum(1).round(decimals=3)
    tensor([1., 1.])
    """
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=2)
    tensor_argument("gumbel_softmax", logits)
    array = logits._array
    if array.dtype.kind != "f":
        raise RuntimeError(
            "Exponential distribution is a continuous probability distribution. dtype must be a floating point but you "
            f"specified {logits.dtype.type_name}"
        )
    noise = wrap(to_device(-np.log(exponential_array(array.shape, array.dtype)), device_of(array)))
    soft = softmax((logits + noise) / tau, dim)
    if not hard:
        return soft
    index = soft.max(dim, keepdim=True)[1]
    one_hot = wrap(array_module(array).zeros_like(array)).scatter(dim, index, 1.0)
    return one_hot - soft.detach() + soft
