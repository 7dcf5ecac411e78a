"""Running results along a dimension, and the differences and areas between neighbours.

A running sum is in reduction.py. What runs here combines each element with what came before it: a product, the largest
or smallest so far, ln Σ eˣ.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...autograd.op import Op
from ...device import array_module
from ...dtype import as_dtype
from ...tensor import Tensor, wrap
from ...types import Number
from .. import return_types
from ..checks import check_floating, normalize_dim, numpy_names, tensor_argument
from ..elementwise.arithmetic import mul, sub
from ..elementwise.comparison import logical_xor
from ..elementwise.functions import abs, exp, log
from ..elementwise.selection import where
from ..indexing.gathering import GatherSum
from ..indexing.indexing import Slice
from ..shape.joining import cat
from ..shape.repetition import Expand, clone, flip
from ..shape.shape import array_of, as_int, reshape
from .reduction import CumSum, _to_dtype, cumsum

__all__ = [
    "cummax", "cummin", "cumprod", "cumulative_trapezoid", "diff", "logcumsumexp", "trapezoid", "trapz",
]  # fmt: skip


def running(ufunc: Any, x: Any, dim: int) -> Any:
    """``ufunc`` of x₀ … xᵢ for every i along `dim`.

    CuPy accumulates sums and products only. There each element is combined with the one 1, 2, 4, … places before it,
    which has seen everything in between already: log₂ n rounds.
    """
    if array_module(x) is np:
        return ufunc.accumulate(x, axis=dim)
    z, before = x.copy(), (slice(None),) * dim
    step = 1
    while step < x.shape[dim]:
        z[(*before, slice(step, None))] = ufunc(z[(*before, slice(step, None))], z[(*before, slice(None, -step))])
        step *= 2
    return z


def from_the_end(g: Any, dim: int) -> Any:
    """gᵢ + gᵢ₊₁ + … for every i."""
    return flip(CumSum(dim)(flip(g, dim)), dim)


def _dim(op: str, input: Any, dim: Any) -> int:
    tensor_argument(op, input)
    return normalize_dim(as_int(op, "dim", dim), array_of(input).ndim)


# ---- products --------------------------------------------------------------------------------------------------------


class CumProd(Op, label="CumprodBackward0"):
    """zᵢ = x₀·…·xᵢ;  ∂zⱼ/∂xᵢ = zⱼ/xᵢ for j ≥ i, so that xᵢ receives (gᵢ·zᵢ + gᵢ₊₁·zᵢ₊₁ + …)/xᵢ.

    Where some x is 0: before the first 0 that formula holds. The first 0 itself receives the same sum with a 1 in its
    place, and what comes after it has no influence, as its products hold the 0. To be differentiated again, a
    derivative must say how it changes when a 0 does; then each x in turn is replaced by 1 and the products are taken
    anew.
    """

    def __init__(self, dim: int) -> None:
        self.dim = dim

    def forward(self, x: Any) -> Any:
        if x.ndim:
            z = x.cumprod(axis=self.dim, dtype=x.dtype if x.dtype.kind == "f" else np.int64)
        else:
            z = x.copy() if x.dtype.kind == "f" else x.astype(np.int64)
        self.save(x, z)
        return z

    def backward(self, g: Any) -> Any:
        x, z = self.saved
        if not x.ndim:
            return g
        values = array_of(x)
        xp, is_zero = array_module(values), values == 0
        if not is_zero.any():
            with np.errstate(over="ignore", invalid="ignore"):
                return from_the_end(g * z, self.dim) / x
        if isinstance(g, Tensor):
            return self.one_by_one(g, x)
        zeros = is_zero.cumsum(axis=self.dim)
        is_first = is_zero & (zeros == 1)
        others = xp.where(is_first, values.dtype.type(1), values).cumprod(axis=self.dim)
        with np.errstate(all="ignore"):
            before = from_the_end(g * z, self.dim) / values
            first = from_the_end(g * others * (zeros > 0), self.dim)
        return xp.where(zeros == 0, before, xp.where(is_first, first, values.dtype.type(0)))

    def one_by_one(self, g: Tensor, x: Tensor) -> Tensor:
        """Σⱼ gⱼ·∂zⱼ/∂xᵢ with the products for every i computed: n² of them."""
        dim, shape = self.dim, x.shape
        n = shape[dim]
        xp = array_module(x._array)
        diagonal = xp.eye(n, dtype=bool).reshape((1,) * dim + (n, n) + (1,) * (len(shape) - dim - 1))  # (…, i, j, …)
        upper = xp.triu(xp.ones((n, n), dtype=bool)).reshape(diagonal.shape)
        square = (*shape[:dim], n, *shape[dim:])
        rows = Expand(square)(reshape(x, (*shape[:dim], 1, *shape[dim:])))
        products = CumProd(dim + 1)(where(wrap(diagonal), 1.0, rows))
        terms = where(wrap(upper), products * reshape(g, (*shape[:dim], 1, *shape[dim:])), 0.0)
        return terms.sum(dim + 1)


@numpy_names
def cumprod(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """Running products along `dim`; int64 for integers and booleans. The gradient is right where elements are 0, too.

    Shapes: any; the result has the input's.
    Errors: IndexError for a `dim` out of range; TypeError for what is not a tensor, and for a `dim` that is not an int.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cumprod.html

    >>> import minitorch as torch
    >>> torch.cumprod(torch.tensor([1, 2, 3, 4]), dim=0)
    tensor([ 1,  2,  6, 24])
    """
    dim = _dim("cumprod", input, dim)
    out = CumProd(dim)(_to_dtype(input, dtype))
    return out if dtype is None else _to_dtype(out, dtype)


@numpy_names
def cumulate_(op: str, function: Any, input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """The in-place form of `cumsum` or `cumprod`, which refuses what the tensor's dtype cannot hold."""
    if dtype is not None and as_dtype(dtype) is not input.dtype:
        raise RuntimeError(
            f"Bad in-place call: input tensor dtype {input.dtype} and output tensor dtype {as_dtype(dtype)} should "
            "match"
        )
    if input._array.dtype.kind == "b":
        if input.ndim and input.numel():
            raise NotImplementedError(f"\"{op}_out_cpu\" not implemented for 'Bool'")
        return input._update(clone(input))
    return input._update(function(input, dim))


# ---- the largest and smallest so far ---------------------------------------------------------------------------------


class CumMax(Op, label="CummaxBackward0"):
    """zᵢ, kᵢ = the largest of x₀ … xᵢ and its place, the last of equals;  each gradient goes to that place."""

    def __init__(self, dim: int) -> None:
        self.dim = dim

    def forward(self, x: Any) -> Any:
        self.source: tuple[int, ...] = x.shape
        xp = array_module(x)
        if not x.ndim:
            self.index: Any = xp.zeros((), dtype=np.int64)
            return x.copy(), self.index.copy()
        z = self.so_far(x, xp)
        positions = xp.arange(x.shape[self.dim]).reshape((-1,) + (1,) * (x.ndim - self.dim - 1))
        is_record = (x == z) | (x != x)  # every nan is one: PyTorch names the last place there, too
        self.index = running(xp.maximum, xp.where(is_record, positions, 0), self.dim)
        return z, self.index.copy()

    def so_far(self, x: Any, xp: Any) -> Any:
        return running(xp.maximum, x, self.dim)

    def backward(self, g: Any, _: Any) -> Any:
        return GatherSum(self.dim, self.source)(g, self.index)


class CumMin(CumMax, label="CumminBackward0"):
    """zᵢ, kᵢ = the smallest of x₀ … xᵢ and its place, the last of equals;  each gradient goes to that place."""

    def so_far(self, x: Any, xp: Any) -> Any:
        return running(xp.minimum, x, self.dim)


@numpy_names
def cummax(input: Tensor, dim: int) -> return_types.cummax:
    """The largest so far along `dim`, and its place: ``(values, indices)``. The last of equals; nan once there is one.

    Shapes: any; both results have the input's.
    Errors: IndexError for a `dim` out of range; TypeError without `dim`, and for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cummax.html

    >>> import minitorch as torch
    >>> torch.cummax(torch.tensor([2., 1., 5., 3.]), dim=0)
    torch.return_types.cummax(
    values=tensor([2., 2., 5., 5.]),
    indices=tensor([0, 0, 2, 2]))
    """
    return return_types.cummax(*CumMax(_dim("cummax", input, dim))(input))


@numpy_names
def cummin(input: Tensor, dim: int) -> return_types.cummin:
    """The smallest so far along `dim`, and its place: ``(values, indices)``. The last of equals; nan once there is one.

    Shapes: any; both results have the input's.
    Errors: IndexError for a `dim` out of range; TypeError without `dim`, and for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cummin.html

    >>> import minitorch as torch
    >>> torch.cummin(torch.tensor([2., 1., 5., 0.]), dim=0).values
    tensor([2., 1., 1., 0.])
    """
    return return_types.cummin(*CumMin(_dim("cummin", input, dim))(input))


# ---- ln Σ eˣ ---------------------------------------------------------------------------------------------------------


class LogCumSumExp(Op, label="LogcumsumexpBackward0"):
    """yᵢ = ln(eˣ⁰ + … + eˣⁱ);  ∂yⱼ/∂xᵢ = eˣⁱ⁻ʸʲ for j ≥ i, so that xᵢ receives eˣⁱ·Σⱼ gⱼ·e⁻ʸʲ.

    The sum, too, is taken as ln Σ e^(ln gⱼ − yⱼ), since e⁻ʸ alone could overflow: once over the positive gradients,
    once over the negative ones.
    """

    def __init__(self, dim: int) -> None:
        self.dim = dim

    def forward(self, x: Any) -> Any:
        y = running(array_module(x).logaddexp, x, self.dim) if x.ndim and x.size else x.copy()
        self.save(x, y)
        return y

    def backward(self, g: Any) -> Any:
        x, y = self.saved
        lowest = float(np.finfo(array_of(x).dtype).min)
        with np.errstate(all="ignore"):
            size = log(abs(g))
            positive = where(g > 0, size, lowest)
            negative = where(g < 0, size, lowest)
            return exp(self.from_the_end(positive - y) + x) - exp(self.from_the_end(negative - y) + x)

    def from_the_end(self, y: Any) -> Any:
        dims = self.dim if y.ndim else ()
        return flip(LogCumSumExp(self.dim)(flip(y, dims)), dims)


@numpy_names
def logcumsumexp(input: Tensor, dim: int) -> Tensor:
    """Running ln Σ eˣ along `dim`, computed without overflow.

    Shapes: any; the result has the input's.
    Errors: IndexError for a `dim` out of range; NotImplementedError for integers and booleans; TypeError for what is
    not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.logcumsumexp.html

    >>> import minitorch as torch
    >>> torch.logcumsumexp(torch.tensor([1000., 1000.]), dim=0)
    tensor([1000.0000, 1000.6932])
    """
    dim = _dim("logcumsumexp", input, dim)
    check_floating("logcumsumexp_out_cpu", input)
    return LogCumSumExp(dim)(input)


# ---- between neighbours ----------------------------------------------------------------------------------------------


def _cut(x: Any, dim: int, start: int | None, stop: int | None) -> Any:
    """A slice along `dim`, a recorded view even where it is the whole."""
    return Slice((slice(None),) * dim + (slice(start, stop),))(x)


@numpy_names
def diff(
    input: Tensor, n: int = 1, dim: int = -1, prepend: Tensor | None = None, append: Tensor | None = None
) -> Tensor:
    """xᵢ₊₁ − xᵢ along `dim`, `n` times over; `prepend` and `append` are joined to the ends first.

    For booleans, whether neighbours differ.

    Shapes: any but 0-d; in the result `dim` is `n` shorter. `prepend` and `append` differ from `input` along `dim` at
    most.
    Errors: RuntimeError for a 0-d input, a negative `n`, and ends that do not fit; IndexError for a `dim` out of range;
    TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.diff.html

    >>> import minitorch as torch
    >>> torch.diff(torch.tensor([1, 4, 9, 16]))
    tensor([3, 5, 7])
    """
    tensor_argument("diff", input)
    ndim, n = array_of(input).ndim, as_int("diff", "n", n)
    if not ndim:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    dim = normalize_dim(as_int("diff", "dim", dim), ndim)
    parts = []
    for name, part in (("prepend", prepend), ("append", append)):
        if part is not None:
            tensor_argument("diff", part, name, 4 if name == "prepend" else 5)
            if array_of(part).ndim != ndim:
                raise RuntimeError("diff expects prepend or append to be the same dimension as input")
            for d in range(ndim):
                if d != dim and array_of(part).shape[d] != array_of(input).shape[d]:
                    raise RuntimeError(
                        f"diff expects the shape of tensor to prepend or append to match that of input except along "
                        f"the differencing dimension; input.size({d}) = {array_of(input).shape[d]}, but got "
                        f"tensor.size({d}) = {array_of(part).shape[d]}"
                    )
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    if n == 0:
        return clone(input)
    parts = [part for part in (prepend, input, append) if part is not None]
    x = cat(parts, dim) if len(parts) > 1 else input
    for _ in range(min(n, array_of(x).shape[dim])):
        left, right = _cut(x, dim, None, -1), _cut(x, dim, 1, None)
        x = logical_xor(right, left) if array_of(x).dtype.kind == "b" else sub(right, left)
    return x


def _widths(op: str, y: Any, x: Any, dim: int) -> Any:
    """The distances between the sample points `x`, beside the shape of `y`."""
    tensor_argument(op, x, "x", 2)
    if array_of(x).dtype.kind == "b":
        raise RuntimeError(f"{op}: received a bool input for `x`, but bool is not supported")
    shape, own = array_of(y).shape, array_of(x).shape
    if len(own) == 1:
        if own[0] != shape[dim]:
            raise RuntimeError(f"{op}: There must be one `x` value for each sample point")
        return reshape(diff(x), (-1,) + (1,) * (len(shape) - dim - 1))
    if len(own) < len(shape):
        x = reshape(x, (1,) * (len(shape) - len(own)) + own)
    return diff(x, 1, dim)


def _sampled(op: str, y: Any, dim: Any) -> int:
    tensor_argument(op, y, "y")
    if not array_of(y).ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    dim = normalize_dim(as_int(op, "dim", dim), array_of(y).ndim)
    if array_of(y).dtype.kind == "b":
        raise RuntimeError(f"{op}: received a bool input for `y`, but bool is not supported")
    return dim


def _one_spacing(op: str, x: Any, dx: Any) -> None:
    if x is not None and dx is not None:
        raise TypeError(f"{op}() takes the sample points x or their distance dx, not both")


@numpy_names
def trapezoid(y: Tensor, x: Tensor | None = None, *, dx: Number | None = None, dim: int = -1) -> Tensor:
    """∫ y dx by the trapezoidal rule along `dim`: Σᵢ (xᵢ₊₁ − xᵢ)·(yᵢ + yᵢ₊₁)/2.

    The points are `x`, or lie `dx` apart (1 by default).

    Shapes: x (n), or broadcasting with `y`; in the result `dim` is missing.
    Errors: IndexError for a `dim` out of range; RuntimeError for an `x` that does not fit, and for booleans; TypeError
    for `x` and `dx` together, and for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.trapezoid.html

    >>> import minitorch as torch
    >>> torch.trapezoid(torch.tensor([1., 5., 10.]))
    tensor(10.5000)
    """
    dim = _sampled("trapezoid", y, dim)
    _one_spacing("trapezoid", x, dx)
    shape = array_of(y).shape
    if shape[dim] == 0:  # no area; like PyTorch's, it knows nothing of y
        return wrap(array_module(array_of(y)).zeros(shape[:dim] + shape[dim + 1 :], array_of(y).dtype))
    if x is not None:
        widths = _widths("trapezoid", y, x, dim)
        return mul(widths, _cut(y, dim, None, -1) + _cut(y, dim, 1, None)).sum(dim) / 2.0
    before = (slice(None),) * dim
    ends = y[(*before, 0)] + y[(*before, -1)]
    return mul(y.sum(dim) - mul(ends, 0.5), 1.0 if dx is None else dx)


@numpy_names
def trapz(y: Tensor, x: Tensor | None = None, *, dx: float | None = None, dim: int = -1) -> Tensor:
    """The old name of `trapezoid`.

    Shapes: as in `trapezoid`.
    Errors: IndexError, RuntimeError and TypeError as in `trapezoid`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.trapz.html

    >>> import minitorch as torch
    >>> torch.trapz(torch.tensor([1., 5., 10.]), dx=2)
    tensor(21.)
    """
    return trapezoid(y, x, dx=dx, dim=dim)


@numpy_names
def cumulative_trapezoid(y: Tensor, x: Tensor | None = None, *, dx: Number | None = None, dim: int = -1) -> Tensor:
    """`trapezoid` up to each point but the first: running sums of (xᵢ₊₁ − xᵢ)·(yᵢ + yᵢ₊₁)/2 along `dim`.

    Shapes: x (n), or broadcasting with `y`; in the result `dim` is one shorter.
    Errors: IndexError for a `dim` out of range; RuntimeError for an `x` that does not fit, and for booleans; TypeError
    for `x` and `dx` together, and for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cumulative_trapezoid.html

    >>> import minitorch as torch
    >>> torch.cumulative_trapezoid(torch.tensor([1., 5., 10.]))
    tensor([ 3.0000, 10.5000])
    """
    dim = _sampled("cumulative_trapezoid", y, dim)
    _one_spacing("cumulative_trapezoid", x, dx)
    pairs = _cut(y, dim, 1, None) + _cut(y, dim, None, -1)
    if x is not None:
        return cumsum(mul(_widths("cumulative_trapezoid", y, x, dim), pairs), dim) / 2.0
    return cumsum(mul(pairs, (1.0 if dx is None else dx) / 2.0), dim)
