"""Special functions: the error function, the gamma function, and their relatives, element by element.

The numbers are computed in special_arrays.py; here they get their derivatives.
"""

from __future__ import annotations

import math
from typing import Any

from numpy import integer

from ...autograd.op import Op
from ...device import array_module
from ...dtype import float16
from ...tensor import Tensor
from ..checks import number, tensor_argument
from ..promotion import floating
from . import special_arrays
from .functions import exp, log
from .selection import where

__all__ = [
    "digamma", "entr", "erf", "erfc", "erfcx", "erfinv", "i0", "i0e", "i1", "i1e", "lgamma", "log_ndtr", "mvlgamma",
    "nan_to_num", "ndtr", "ndtri", "polygamma",
]  # fmt: skip

_SLOPE_AT_0 = 2 / math.sqrt(math.pi)  # of erf


def _refuse_half(kernel: str, x: Any) -> None:
    if isinstance(x, Tensor) and x.dtype is float16:
        raise NotImplementedError(f"\"{kernel}\" not implemented for 'Half'")


class Erf(Op):
    """z = 2/√π·∫₀ˣ e^(−t²) dt;  ∂z/∂x = 2/√π·e^(−x²)."""

    def forward(self, x: Any) -> Any:
        self.save(x)
        return special_arrays.erf(x)

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        return _SLOPE_AT_0 * exp(-(x * x)) * g


def erf(input: Tensor) -> Tensor:
    """Elementwise error function 2/√π·∫₀ˣ e^(−t²) dt.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/special.html#torch.special.erf

    >>> import minitorch as torch
    >>> torch.erf(torch.tensor([0., 1.]))
    tensor([0.0000, 0.8427])
    """
    tensor_argument("erf", input)
    return Erf()(floating(input))


class Erfc(Op):
    """z = 1 − erf x;  ∂z/∂x = −2/√π·e^(−x²)."""

    def forward(self, x: Any) -> Any:
        self.save(x)
        return special_arrays.erfc(x)

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        return -_SLOPE_AT_0 * exp(-(x * x)) * g


def erfc(input: Tensor) -> Tensor:
    """Elementwise 1 − erf(x), with all digits where erf(x) is nearly 1.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/special.html#torch.special.erfc

    >>> import minitorch as torch
    >>> torch.erfc(torch.tensor([0., 5.]))
    tensor([1.0000e+00, 1.5375e-12])
    """
    tensor_argument("erfc", input)
    return Erfc()(floating(input))


class Erfcx(Op, label="SpecialErfcxBackward0"):
    """z = e^(x²)·erfc(x);  ∂z/∂x = 2x·z − 2/√π."""

    def forward(self, x: Any) -> Any:
        z = special_arrays.erfcx(x)
        self.save(x, z)
        return z

    def backward(self, g: Any) -> Any:
        x, z = self.saved
        return (2.0 * x * z - _SLOPE_AT_0) * g


def erfcx(input: Any) -> Tensor:
    """Elementwise e^(x²)·erfc(x), about 1/(√π·x) for large x, where erfc itself is 0.

    Shapes: any; the result has the input's.
    Errors: NotImplementedError for float16; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/special.html#torch.special.erfcx

    >>> import minitorch as torch
    >>> torch.special.erfcx(torch.tensor([0., 100.]))
    tensor([1.0000, 0.0056])
    """
    tensor_argument("special_erfcx", input)
    _refuse_half("erfcx_cpu", input)
    return Erfcx()(floating(input))


class Erfinv(Op):
    """z with erf z = x;  ∂z/∂x = √π/2·e^(z²)."""

    def forward(self, x: Any) -> Any:
        z = special_arrays.erfinv(x)
        self.save(z)
        return z

    def backward(self, g: Any) -> Any:
        (z,) = self.saved
        return exp(z * z) / _SLOPE_AT_0 * g


def erfinv(input: Tensor) -> Tensor:
    """Elementwise inverse of `erf`: ±inf at ±1, nan beyond.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/special.html#torch.special.erfinv

    >>> import minitorch as torch
    >>> torch.erfinv(torch.tensor([0., 0.5]))
    tensor([0.0000, 0.4769])
    """
    tensor_argument("erfinv", input)
    return Erfinv()(floating(input))


def ndtr(input: Any) -> Tensor:
    """Elementwise area under the standard normal density left of x: (1 + erf(x/√2))/2.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/special.html#torch.special.ndtr

    >>> import minitorch as torch
    >>> torch.special.ndtr(torch.tensor([0., 1.96]))
    tensor([0.5000, 0.9750])
    """
    tensor_argument("special_ndtr", input)
    return (1 + erf(floating(input) * math.sqrt(0.5))) * 0.5


class Ndtri(Op, label="SpecialNdtriBackward0"):
    """z = the x with Φ(x) = p;  ∂z/∂p = √(2π)·e^(z²/2)."""

    def forward(self, p: Any) -> Any:
        z = special_arrays.ndtri(p)
        self.save(z)
        return z

    def backward(self, g: Any) -> Any:
        (z,) = self.saved
        return g * math.sqrt(2 * math.pi) * exp(z * z / 2)


def ndtri(input: Any) -> Tensor:
    """Elementwise inverse of `ndtr`: the x left of which lies the area p under the standard normal density.

    Shapes: any; the result has the input's.
    Errors: NotImplementedError for float16; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/special.html#torch.special.ndtri

    >>> import minitorch as torch
    >>> torch.special.ndtri(torch.tensor([0.5, 0.975]))
    tensor([0.0000, 1.9600])
    """
    tensor_argument("special_ndtri", input)
    _refuse_half("ndtri_cpu", input)
    return Ndtri()(floating(input))


class LogNdtr(Op, label="SpecialLogNdtrBackward0"):
    """z = ln ½erfc(−x/√2);  ∂z/∂x = √(2/π)/erfcx(−x/√2).

    Left of −1 as ln ½erfcx(−x/√2) − x²/2, where erfc underflows; else as ln(1 − ½erfc(x/√2)), where it is close to 0.
    """

    def forward(self, x: Any) -> Any:
        self.save(x)
        xp = array_module(x)
        y = x * math.sqrt(0.5)
        left = xp.log(special_arrays.erfcx(-y) / 2) - y * y
        return xp.where(x < -1, left, xp.log1p(special_arrays.erfc(y) / -2))

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        return g / erfcx(x * -math.sqrt(0.5)) * math.sqrt(2 / math.pi)


def log_ndtr(input: Any) -> Tensor:
    """Elementwise ln of `ndtr`, finite where the area itself underflows to 0.

    Shapes: any; the result has the input's.
    Errors: NotImplementedError for float16; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/special.html#torch.special.log_ndtr

    >>> import minitorch as torch
    >>> torch.special.log_ndtr(torch.tensor([0., -100.]))
    tensor([-6.9315e-01, -5.0055e+03])
    """
    tensor_argument("special_log_ndtr", input)
    _refuse_half("log_ndtr_cpu", input)
    return LogNdtr()(floating(input))


class Entr(Op, label="SpecialEntrBackward0"):
    """z = −x·ln x, 0 at 0 and −∞ below;  ∂z/∂x = −ln x − 1, and ∞ at 0."""

    def forward(self, x: Any) -> Any:
        self.save(x)
        xp = array_module(x)
        inside = xp.where(x == 0, xp.zeros_like(x), -x * xp.log(x))
        return xp.where(x < 0, xp.full_like(x, -math.inf), inside)

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        return g * where(x == 0, math.inf, -log(x) - 1)


def entr(input: Any) -> Tensor:
    """Elementwise −x·ln x, what one probability adds to an entropy: 0 at 0, −inf below.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/special.html#torch.special.entr

    >>> import minitorch as torch
    >>> torch.special.entr(torch.tensor([0., 0.5, 1.]))
    tensor([0.0000, 0.3466, -0.0000])
    """
    tensor_argument("special_entr", input)
    return Entr()(floating(input))


class Lgamma(Op):
    """z = ln |Γ(x)|;  ∂z/∂x = ψ(x)."""

    def forward(self, x: Any) -> Any:
        self.save(x)
        return special_arrays.lgamma(x)

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        return g * digamma(x)


def lgamma(input: Tensor) -> Tensor:
    """Elementwise ln |Γ(x)|, with Γ(n) = (n − 1)!: inf at 0, −1, −2, …

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.lgamma.html

    >>> import minitorch as torch
    >>> torch.lgamma(torch.tensor([0.5, 1., 5.]))
    tensor([0.5724, 0.0000, 3.1781])
    """
    tensor_argument("lgamma", input)
    return Lgamma()(floating(input))


class Digamma(Op):
    """z = ψ(x) = d/dx ln Γ(x);  ∂z/∂x = ψ′(x)."""

    def forward(self, x: Any) -> Any:
        self.save(x)
        return special_arrays.digamma(x)

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        return g * polygamma(1, x)


def digamma(input: Tensor) -> Tensor:
    """Elementwise ψ(x), the derivative of `lgamma`: −inf at 0, nan at −1, −2, …

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/special.html#torch.special.digamma

    >>> import minitorch as torch
    >>> torch.digamma(torch.tensor([1., 2.]))
    tensor([-0.5772,  0.4228])
    """
    tensor_argument("digamma", input)
    return Digamma()(floating(input))


class Polygamma(Op):
    """z = the n-th derivative of ψ(x);  ∂z/∂x = the next one."""

    def __init__(self, n: int) -> None:
        self.n = n

    def forward(self, x: Any) -> Any:
        self.save(x)
        return special_arrays.polygamma(self.n, x) if self.n else special_arrays.digamma(x)

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        return g * polygamma(self.n + 1, x)


def polygamma(n: int, input: Tensor) -> Tensor:
    """Elementwise n-th derivative of `digamma`.

    Shapes: any; the result has the input's.
    Errors: RuntimeError for n < 0; TypeError for an `n` that is not an int, and an input that is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/special.html#torch.special.polygamma

    >>> import minitorch as torch
    >>> torch.polygamma(1, torch.tensor([1., 2.]))
    tensor([1.6449, 0.6449])
    """
    tensor_argument("polygamma", input, "input", 2)
    if isinstance(n, bool) or not isinstance(n, int | integer):
        raise TypeError(f"polygamma(): argument 'n' (position 1) must be int, not {type(n).__name__}")
    if n < 0:
        raise RuntimeError("polygamma(n, x) does not support negative n.")
    return Polygamma(int(n))(floating(input))


class Mvlgamma(Op):
    """z = ¼p(p − 1)·ln π + Σ_{i<p} ln |Γ(x − i/2)|;  ∂z/∂x = Σ_{i<p} ψ(x − i/2)."""

    def __init__(self, p: int) -> None:
        self.p = p

    def forward(self, x: Any) -> Any:
        self.save(x)
        total = special_arrays.lgamma(x)
        for i in range(1, self.p):
            total = total + special_arrays.lgamma(x - i / 2)
        return total + self.p * (self.p - 1) / 4 * math.log(math.pi)

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        slope = digamma(x)
        for i in range(1, self.p):
            slope = slope + digamma(x - i / 2)
        return g * slope


def mvlgamma(input: Tensor, p: int) -> Tensor:
    """Elementwise logarithm of the multivariate gamma function, ¼p(p − 1)·ln π + Σ_{i<p} ln Γ(x − i/2).

    Shapes: any; the result has the input's.
    Errors: RuntimeError for p < 1, and for a bool tensor; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/special.html#torch.special.multigammaln

    >>> import minitorch as torch
    >>> torch.mvlgamma(torch.tensor([2., 3.]), 2)
    tensor([0.4516, 1.5502])
    """
    tensor_argument("mvlgamma", input)
    p = int(number("mvlgamma", p))
    if p < 1:
        raise RuntimeError("p has to be greater than or equal to 1")
    if input._array.dtype.kind == "b":
        raise RuntimeError("The input tensor may not be a boolean tensor.")
    return Mvlgamma(p)(floating(input))


class NanToNum(Op):
    """z = x, with numbers in the places of nan, inf and −inf;  ∂z/∂x = 1 where x is finite, else 0."""

    nan: float
    posinf: float | None
    neginf: float | None

    def __init__(self, nan: float, posinf: float | None, neginf: float | None) -> None:
        self.nan, self.posinf, self.neginf = nan, posinf, neginf

    def forward(self, x: Any) -> Any:
        xp = array_module(x)
        if x.dtype.kind != "f":
            return x.copy()
        limits = xp.finfo(x.dtype)
        self.save(xp.isfinite(x))
        posinf = limits.max if self.posinf is None else self.posinf
        neginf = limits.min if self.neginf is None else self.neginf
        z = x.copy()
        for mask, value in ((x != x, self.nan), (x == math.inf, posinf), (x == -math.inf, neginf)):
            z = xp.where(mask, x.dtype.type(value), z)
        return z

    def backward(self, g: Any) -> Any:
        (finite,) = self.saved
        return g * finite


def nan_to_num(
    input: Tensor, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """Elementwise x, with `nan` (0) for nan, and for ±inf the numbers given or the largest finite ones.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor, and for a replacement that is no number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nan_to_num.html

    >>> import minitorch as torch
    >>> torch.nan_to_num(torch.tensor([float('nan'), float('inf'), 1.]), nan=0., posinf=9.)
    tensor([0., 9., 1.])
    """
    tensor_argument("nan_to_num", input)
    for value in (nan, posinf, neginf):
        if value is not None:
            number("nan_to_num", value)
    return NanToNum(0.0 if nan is None else nan, posinf, neginf)(input)


class BesselI(Op):
    """z = Iᵥ(x) for v = 0 or 1;  I₀′ = I₁, I₁′ = I₀ − I₁/x (½ at 0)."""

    def __init__(self, order: int) -> None:
        self.order = order

    def forward(self, x: Any) -> Any:
        z = special_arrays.bessel_i(self.order, x)
        self.save(x, z)
        return z

    def backward(self, g: Any) -> Any:
        x, z = self.saved
        return g * (i1(x) if self.order == 0 else where(x == 0, 0.5, i0(x) - z / x))


class BesselI0(BesselI, label="I0Backward0"):
    """z = I₀(x);  ∂z/∂x = I₁(x)."""


class BesselI1(BesselI, label="SpecialI1Backward0"):
    """z = I₁(x);  ∂z/∂x = I₀(x) − I₁(x)/x."""


class BesselIScaled(Op):
    """z = e^(−|x|)·Iᵥ(x);  the slope is that of Iᵥ, scaled alike, less sign(x)·z."""

    def __init__(self, order: int) -> None:
        self.order = order

    def forward(self, x: Any) -> Any:
        z = special_arrays.bessel_i(self.order, x, scaled=True)
        self.save(x, z)
        return z

    def backward(self, g: Any) -> Any:
        x, z = self.saved
        sign = where(x > 0, 1.0, where(x < 0, -1.0, x))
        return g * ((i1e(x) if self.order == 0 else where(x == 0, 0.5, i0e(x) - z / x)) - sign * z)


class BesselI0Scaled(BesselIScaled, label="SpecialI0EBackward0"):
    """z = e^(−|x|)·I₀(x);  ∂z/∂x = e^(−|x|)·I₁(x) − sign(x)·z."""


class BesselI1Scaled(BesselIScaled, label="SpecialI1EBackward0"):
    """z = e^(−|x|)·I₁(x);  ∂z/∂x = e^(−|x|)·I₀(x) − z/x − sign(x)·z."""


def i0(input: Tensor) -> Tensor:
    """Elementwise modified Bessel function of the first kind of order 0, Σ (x²/4)ᵏ/(k!)².

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/special.html#torch.special.i0

    >>> import minitorch as torch
    >>> torch.i0(torch.tensor([0., 1.]))
    tensor([1.0000, 1.2661])
    """
    tensor_argument("i0", input)
    return BesselI0(0)(floating(input))


def i0e(input: Any) -> Tensor:
    """Elementwise e^(−|x|)·I₀(x): see `i0`.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/special.html#torch.special.i0e

    >>> import minitorch as torch
    >>> torch.special.i0e(torch.tensor([0., 1000.]))
    tensor([1.0000, 0.0126])
    """
    tensor_argument("special_i0e", input)
    return BesselI0Scaled(0)(floating(input))


def i1(input: Any) -> Tensor:
    """Elementwise modified Bessel function of the first kind of order 1, x/2·Σ (x²/4)ᵏ/(k!(k + 1)!).

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/special.html#torch.special.i1

    >>> import minitorch as torch
    >>> torch.special.i1(torch.tensor([0., 1.]))
    tensor([0.0000, 0.5652])
    """
    tensor_argument("special_i1", input)
    return BesselI1(1)(floating(input))


def i1e(input: Any) -> Tensor:
    """Elementwise e^(−|x|)·I₁(x): see `i1`.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/special.html#torch.special.i1e

    >>> import minitorch as torch
    >>> torch.special.i1e(torch.tensor([0., 1000.]))
    tensor([0.0000, 0.0126])
    """
    tensor_argument("special_i1e", input)
    return BesselI1Scaled(1)(floating(input))
