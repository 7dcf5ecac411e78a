"""Many elements made one: sums, products, means, norms, along some dimensions or over the whole tensor.

Every function takes `dim` (an int, several, or None for all) and `keepdim` (leave the reduced dimensions at size 1),
under NumPy's names `axis` and `keepdims` too. A gradient is the reduced shape stretched back over x: `stretch`.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...autograd.op import Op
from ...device import array_module
from ...dtype import as_dtype
from ...tensor import Tensor, wrap
from ..checks import can_look, normalize_dim, numpy_names, tensor_argument
from ..elementwise.arithmetic import Cast
from ..elementwise.functions import exp
from ..elementwise.selection import where
from ..promotion import floating
from ..shape.repetition import Expand, flip
from ..shape.shape import array_of, as_int, normalize_dims, reshape

__all__ = [
    "all", "any", "count_nonzero", "cumsum", "logsumexp", "mean", "prod", "std", "sum", "var",
]  # fmt: skip

class _Whole:
    """What `dim` is unless it is given: PyTorch names the node of ``x.sum()`` otherwise than that of ``x.sum(None)``."""

    def __repr__(self) -> str:
        return "None"


WHOLE: Any = _Whole()


def reduced_dims(op: str, dim: Any, ndim: int) -> tuple[int, ...]:
    """The dimensions to reduce, from the front; all of them for None and for an empty list, as in PyTorch."""
    if dim is None or dim is WHOLE:
        return tuple(range(ndim))
    dims = normalize_dims(op, dim, ndim)
    if ndim == 0:
        return ()
    return dims or tuple(range(ndim))


def _check_keepdim(op: str, is_whole: bool, keepdim: bool) -> None:
    if not isinstance(keepdim, bool):
        raise TypeError(f"{op}(): argument 'keepdim' must be bool, not {type(keepdim).__name__}")
    if is_whole and keepdim:
        raise TypeError(f"{op}() takes keepdim only beside dim")


class Reduction(Op):
    """Base: which dimensions go, and how what is left is stretched over the input's shape again (`source`)."""

    dims: tuple[int, ...]
    keepdim: bool
    source: tuple[int, ...]

    def __init__(self, dims: tuple[int, ...], keepdim: bool, *parameters: Any) -> None:
        self.dims, self.keepdim = dims, keepdim
        self.parameters = parameters

    @property
    def count(self) -> int:
        """How many elements each output is made of."""
        return math.prod([self.source[d] for d in self.dims])

    def keep(self, y: Any) -> Any:
        """An output-shaped `y` with the reduced dimensions put back at size 1."""
        return reshape(y, tuple(1 if d in self.dims else n for d, n in enumerate(self.source)))

    def stretch(self, y: Any) -> Any:
        """An output-shaped `y` repeated over the input's shape."""
        return Expand(self.source)(self.keep(y))


def _accumulator(x: Any) -> Any:
    # Half precision is too coarse to add up in.
    return np.float32 if x.dtype == np.float16 else x.dtype


def _add_up(x: Any, dims: tuple[int, ...], keepdim: bool) -> Any:
    """Σx, half precision added up in float32."""
    with np.errstate(invalid="ignore", over="ignore"):
        return x.sum(axis=dims, keepdims=keepdim, dtype=_accumulator(x))


def _to_dtype(input: Any, dtype: Any) -> Any:
    if dtype is None:
        return input
    kind = as_dtype(dtype).numpy
    return input._cast(kind) if isinstance(input, Tensor) else input.astype(kind)


# ---- sums ------------------------------------------------------------------------------------------------------------


class Sum(Reduction):
    """s = Σᵢ xᵢ;  ∂s/∂xᵢ = 1: the gradient is copied to every summand."""

    def forward(self, x: Any) -> Any:
        self.source: tuple[int, ...] = x.shape
        if x.dtype.kind != "f":
            return x.sum(axis=self.dims, keepdims=self.keepdim, dtype=np.int64)
        return _add_up(x, self.dims, self.keepdim).astype(x.dtype, copy=False)

    def backward(self, g: Any) -> Any:
        return self.stretch(g)


class SumDim(Sum, label="SumBackward1"):
    """s = Σᵢ xᵢ along some dimensions;  ∂s/∂xᵢ = 1."""


@numpy_names
def sum(input: Tensor, dim: Any = WHOLE, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Σ of the elements along `dim` (all by default). Integers and booleans add up to int64; `dtype` casts first.

    Shapes: any; the result lacks `dim`, or has size 1 there with `keepdim`.
    Errors: IndexError for a `dim` out of range; RuntimeError for one named twice; TypeError for what is not a tensor,
    and for `keepdim` without `dim`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.sum.html

    >>> import minitorch as torch
    >>> x = torch.tensor([[1., 2.], [3., 4.]])
    >>> torch.sum(x), torch.sum(x, dim=0), torch.sum(x, 1, keepdim=True)
    (tensor(10.), tensor([4., 6.]), tensor([[3.],
            [7.]]))
    """
    tensor_argument("sum", input)
    _check_keepdim("sum", dim is WHOLE, keepdim)
    input = _to_dtype(input, dtype)
    op = (Sum if dim is WHOLE else SumDim)(reduced_dims("sum", dim, array_of(input).ndim), keepdim)
    out = op(input)
    return out if dtype is None else _to_dtype(out, dtype)


class Mean(Reduction):
    """m = (1/n)·Σᵢ xᵢ;  ∂m/∂xᵢ = 1/n."""

    def forward(self, x: Any) -> Any:
        self.source: tuple[int, ...] = x.shape
        with np.errstate(invalid="ignore", divide="ignore"):
            total = _add_up(x, self.dims, self.keepdim)
            return (total / total.dtype.type(self.count)).astype(x.dtype, copy=False)

    def backward(self, g: Any) -> Any:
        return self.stretch(g / self.count if self.count else g)


class MeanDim(Mean, label="MeanBackward1"):
    """m = (1/n)·Σᵢ xᵢ along some dimensions;  ∂m/∂xᵢ = 1/n."""


@numpy_names
def mean(input: Tensor, dim: Any = WHOLE, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Mean of the elements along `dim` (all by default); nan of none. Integers need a floating `dtype`.

    Shapes: any; the result lacks `dim`, or has size 1 there with `keepdim`.
    Errors: RuntimeError for integers and booleans without `dtype`, and for a `dim` named twice; IndexError for one out
    of range; TypeError for what is not a tensor, and for `keepdim` without `dim`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.mean.html

    >>> import minitorch as torch
    >>> x = torch.tensor([[1., 2.], [3., 4.]])
    >>> torch.mean(x), torch.mean(x, dim=0)
    (tensor(2.5000), tensor([2., 3.]))
    """
    tensor_argument("mean", input)
    _check_keepdim("mean", dim is WHOLE, keepdim)
    if dtype is not None:
        if not as_dtype(dtype).is_floating_point:
            raise RuntimeError(
                "mean(): could not infer output dtype. Optional dtype must be either a floating point or complex "
                f"dtype. Got: {as_dtype(dtype).type_name}"
            )
        input = _to_dtype(input, dtype)
    elif array_of(input).dtype.kind != "f":
        raise RuntimeError(
            "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. "
            f"Got: {input.dtype.type_name if isinstance(input, Tensor) else input.dtype}"
        )
    return (Mean if dim is WHOLE else MeanDim)(reduced_dims("mean", dim, array_of(input).ndim), keepdim)(input)


class CumSum(Op, label="CumsumBackward0"):
    """zᵢ = x₀ + … + xᵢ;  xᵢ is in every later sum, so its gradient is gᵢ + gᵢ₊₁ + …: summed from the end."""

    def __init__(self, dim: int) -> None:
        self.dim = dim

    def forward(self, x: Any) -> Any:
        if not x.ndim:
            return x.copy() if x.dtype.kind == "f" else x.astype(np.int64)
        with np.errstate(invalid="ignore", over="ignore"):
            return x.cumsum(axis=self.dim, dtype=x.dtype if x.dtype.kind == "f" else np.int64)

    def backward(self, g: Any) -> Any:
        return flip(CumSum(self.dim)(flip(g, self.dim)), self.dim)


@numpy_names
def cumsum(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """Running sums along `dim`; int64 for integers and booleans.

    Shapes: any; the result has the input's.
    Errors: IndexError for a `dim` out of range; TypeError for what is not a tensor, and for a `dim` that is not an int.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cumsum.html

    >>> import minitorch as torch
    >>> torch.cumsum(torch.tensor([1, 2, 3]), dim=0)
    tensor([1, 3, 6])
    """
    tensor_argument("cumsum", input)
    input = _to_dtype(input, dtype)
    out = CumSum(normalize_dim(as_int("cumsum", "dim", dim), array_of(input).ndim))(input)
    return out if dtype is None else _to_dtype(out, dtype)


# ---- products --------------------------------------------------------------------------------------------------------


class Prod(Reduction):
    """p = Πᵢ xᵢ;  ∂p/∂xᵢ = Π_{j≠i} xⱼ, which is p/xᵢ unless some x is 0.

    With a 0 among them the others are multiplied out, each x in turn replaced by 1: n² factors instead of n.
    """

    def forward(self, x: Any) -> Any:
        self.source: tuple[int, ...] = x.shape
        with np.errstate(invalid="ignore", over="ignore"):
            z = x.prod(
                axis=self.dims, keepdims=self.keepdim, dtype=_accumulator(x) if x.dtype.kind == "f" else np.int64
            )
        z = array_module(x).asarray(z.astype(x.dtype, copy=False) if x.dtype.kind == "f" else z)
        self.save(x, z)
        return z

    def backward(self, g: Any) -> Any:
        x, z = self.saved
        if not (array_of(x) == 0).any():
            with np.errstate(invalid="ignore", over="ignore"):
                return self.stretch(g * z) / x
        flat, dim = (x, self.dims[0]) if len(self.dims) == 1 else (reshape(x, -1), 0)
        n = flat.shape[dim]
        diagonal = array_module(array_of(x)).eye(n, dtype=bool)  # (n, n)
        diagonal = diagonal.reshape((1,) * dim + (n, n) + (1,) * (flat.ndim - dim - 1))
        columns = reshape(flat, (*flat.shape[:dim], 1, *flat.shape[dim:]))  # (…, 1, n, …)
        square = Expand((*flat.shape[:dim], n, *flat.shape[dim:]))(columns)  # (…, n, n, …)
        mask = wrap(diagonal) if isinstance(square, Tensor) else diagonal
        others = Prod((dim + 1,), False)(where(mask, 1.0, square))  # (…, n, …)
        return self.stretch(g) * reshape(others, self.source)


class ProdDim(Prod, label="ProdBackward1"):
    """p = Πᵢ xᵢ along one dimension;  ∂p/∂xᵢ = Π_{j≠i} xⱼ."""


@numpy_names
def prod(input: Tensor, dim: int | None = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Π of the elements along `dim` (one dimension; all by default). int64 for integers and booleans.

    Shapes: any; the result lacks `dim`, or has size 1 there with `keepdim`.
    Errors: IndexError for a `dim` out of range; TypeError for what is not a tensor, and for a `dim` that is not an int.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.prod.html

    >>> import minitorch as torch
    >>> torch.prod(torch.tensor([[1., 2.], [3., 4.]]), dim=1)
    tensor([ 2., 12.])
    """
    tensor_argument("prod", input)
    _check_keepdim("prod", dim is None, keepdim)
    input = _to_dtype(input, dtype)
    ndim = array_of(input).ndim
    if dim is None:
        out = Prod(tuple(range(ndim)), keepdim)(input)
    else:
        dim = normalize_dim(as_int("prod", "dim", dim), ndim)
        out = ProdDim((dim,) if ndim else (), keepdim)(input)
    return out if dtype is None else _to_dtype(out, dtype)


# ---- variance --------------------------------------------------------------------------------------------------------


class Var(Reduction):
    """v = Σᵢ (xᵢ − m)² / (n − c), m the mean;  ∂v/∂xᵢ = 2·(xᵢ − m)/(n − c). (That m depends on x adds Σ(x−m) = 0.)

    c is the correction: 1 makes v an unbiased estimate from a sample. Not computed as Σx²/n − m², which loses all its
    digits where the mean is large beside the spread.
    """

    def forward(self, x: Any) -> Any:
        self.source: tuple[int, ...] = x.shape
        self.save(x)
        return self.compute(x).astype(x.dtype, copy=False)

    def compute(self, x: Any) -> Any:
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            x = x.astype(_accumulator(x), copy=False)
            # Counted from the first element, so that equal elements have the spread 0 exactly.
            off = x - x[tuple(slice(0, 1) if d in self.dims else slice(None) for d in range(x.ndim))]
            off -= off.sum(axis=self.dims, keepdims=True) / x.dtype.type(self.count)
            total = (off * off).sum(axis=self.dims, keepdims=self.keepdim)
            return total / x.dtype.type(builtins.max(0, self.count - self.parameters[0]))

    def slope(self, x: Any, g: Any) -> Any:
        n = self.count - self.parameters[0]
        with np.errstate(invalid="ignore", over="ignore"):
            return self.stretch(g * (2 / n if n else math.inf)) * (x - Mean(self.dims, True)(x))

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        return self.slope(x, g)


class Std(Var):
    """s = √v, v the variance;  ∂s/∂xᵢ = (xᵢ − m)/((n − c)·s), taken as 0 at the kink s = 0."""

    def forward(self, x: Any) -> Any:
        self.source: tuple[int, ...] = x.shape
        z = array_module(x).sqrt(self.compute(x)).astype(x.dtype, copy=False)
        z = array_module(x).asarray(z)
        self.save(x, z)
        return z

    def backward(self, g: Any) -> Any:
        x, s = self.saved
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.slope(x, where(s == 0, 0.0, g / (2 * s)))


def spread(op: type[Var], name: str, input: Any, dim: Any, unbiased: Any, keepdim: bool, correction: Any) -> Any:
    """`op` of `input`, once it is known what to correct by. For the functions of this room and of `summaries`."""
    tensor_argument(name, input)
    if isinstance(dim, bool):  # var(x, unbiased)
        dim, unbiased = None, dim
    if unbiased is not None and correction is not None:
        raise TypeError(f"{name}() takes unbiased or correction, not both")
    if correction is None:
        correction = 1 if unbiased is None or unbiased else 0
    if array_of(input).dtype.kind != "f":
        subject = "std and var" if name in ("std", "var") else name
        raise RuntimeError(f"{subject} only support floating point and complex dtypes")
    return op(reduced_dims(name, dim, array_of(input).ndim), keepdim, correction)(input)


@numpy_names
def var(
    input: Tensor, dim: int | Sequence[int] | None = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None,
) -> Tensor:  # fmt: skip
    """Variance along `dim` (all by default): Σ(x − mean)² / max(0, n − correction); correction is 1 by default.

    ``unbiased=False`` is the older way to write ``correction=0``.

    Shapes: any; the result lacks `dim`, or has size 1 there with `keepdim`.
    Errors: RuntimeError for integers and booleans, and for a `dim` named twice; IndexError for one out of range;
    TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.var.html

    >>> import minitorch as torch
    >>> torch.var(torch.tensor([1., 2., 3.])), torch.var(torch.tensor([1., 3.]), correction=0)
    (tensor(1.), tensor(1.))
    """
    return spread(Var, "var", input, dim, unbiased, keepdim, correction)


@numpy_names
def std(
    input: Tensor, dim: int | Sequence[int] | None = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None,
) -> Tensor:  # fmt: skip
    """Standard deviation along `dim` (all by default): the root of `var`.

    Shapes: any; the result lacks `dim`, or has size 1 there with `keepdim`.
    Errors: RuntimeError for integers and booleans, and for a `dim` named twice; IndexError for one out of range;
    TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.std.html

    >>> import minitorch as torch
    >>> torch.std(torch.tensor([1., 2., 3.]))
    tensor(1.)
    """
    return spread(Std, "std", input, dim, unbiased, keepdim, correction)


# ---- ln Σ eˣ ---------------------------------------------------------------------------------------------------------


class LogSumExp(Reduction, label="LogsumexpBackward0"):
    """y = ln Σᵢ eˣⁱ;  ∂y/∂xᵢ = eˣⁱ⁻ʸ, the softmax.

    Computed as m + ln Σᵢ eˣⁱ⁻ᵐ with m = max x, so that no exponential overflows. Where m is ±inf, nothing is subtracted
    (inf − inf would be nan), and y = m comes out by itself.
    """

    def forward(self, x: Any) -> Any:
        self.source: tuple[int, ...] = x.shape
        xp = array_module(x)
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            if self.count and x.size:
                m = x.max(axis=self.dims, keepdims=True)
                m = xp.where(xp.isinf(m), x.dtype.type(0), m)
            else:
                m = x.dtype.type(0)
            total = xp.exp(x - m).sum(axis=self.dims, keepdims=True)
            y = xp.log(total) + m
        if not self.keepdim:
            y = y.reshape(tuple(n for d, n in enumerate(x.shape) if d not in self.dims))
        self.save(x, y)
        return y

    def backward(self, g: Any) -> Any:
        x, y = self.saved
        with np.errstate(invalid="ignore", over="ignore"):
            return self.keep(g) * exp(x - self.keep(y))


@numpy_names
def logsumexp(input: Tensor, dim: int | Sequence[int], keepdim: bool = False) -> Tensor:
    """ln Σ eˣ along `dim`, computed without overflow; −inf of nothing.

    Shapes: any; the result lacks `dim`, or has size 1 there with `keepdim`.
    Errors: IndexError for a `dim` out of range; RuntimeError for one named twice; TypeError without `dim`, and for what
    is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.logsumexp.html

    >>> import minitorch as torch
    >>> torch.logsumexp(torch.tensor([1000., 1000.]), dim=0)
    tensor(1000.6932)
    """
    tensor_argument("logsumexp", input)
    input = floating(input)
    return LogSumExp(reduced_dims("logsumexp", dim, array_of(input).ndim), keepdim)(input)


def share_evenly(mask: Any, g: Any, dims: tuple[int, ...]) -> Any:
    """`g` divided evenly among the places where the mask holds, along `dims`."""
    count = Cast(array_of(g).dtype)(SumDim(dims, True)(mask))
    with np.errstate(invalid="ignore", divide="ignore"):
        return mask * (g / count)


def equals_one(x: Any, value: Any) -> Any:
    """Where x equals a single value; where x is nan, if the value is."""
    own = array_of(value)
    if can_look(own):
        return x == value if bool(own == own) else x != x
    return (x == value) | ((x != x) & (value != value))


# ---- questions -------------------------------------------------------------------------------------------------------


def _truth(op: str, input: Any, dim: Any, keepdim: bool) -> Any:
    tensor_argument(op, input)
    array = array_of(input)
    # An empty list of dimensions is everything to other reductions, and nothing to these.
    dims = () if isinstance(dim, tuple | list) and not dim else reduced_dims(op, dim, array.ndim)
    xp = array_module(array)
    out = xp.asarray((xp.all if op == "all" else xp.any)(array, axis=dims, keepdims=keepdim))
    if array.dtype == np.uint8:
        out = out.astype(np.uint8)  # PyTorch's exception, from the time before there were bools
    return wrap(out) if isinstance(input, Tensor) else out


@numpy_names
def all(input: Tensor, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Tensor:
    """Whether all elements along `dim` (all by default) are true, that is, not 0.

    Shapes: any; the result lacks `dim`, or has size 1 there with `keepdim`.
    Errors: IndexError for a `dim` out of range; RuntimeError for one named twice; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.all.html

    >>> import minitorch as torch
    >>> torch.all(torch.tensor([[True, False], [True, True]]), dim=1)
    tensor([False,  True])
    """
    return _truth("all", input, dim, keepdim)


@numpy_names
def any(input: Tensor, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Tensor:
    """Whether any element along `dim` (all by default) is true, that is, not 0.

    Shapes: any; the result lacks `dim`, or has size 1 there with `keepdim`.
    Errors: IndexError for a `dim` out of range; RuntimeError for one named twice; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.any.html

    >>> import minitorch as torch
    >>> torch.any(torch.tensor([[True, False], [False, False]]), dim=1)
    tensor([ True, False])
    """
    return _truth("any", input, dim, keepdim)


@numpy_names
def count_nonzero(input: Tensor, dim: int | Sequence[int] | None = None) -> Tensor:
    """How many elements along `dim` (all by default) are not 0, as int64.

    Shapes: any; the result lacks `dim`.
    Errors: IndexError for a `dim` out of range; RuntimeError for one named twice; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.count_nonzero.html

    >>> import minitorch as torch
    >>> torch.count_nonzero(torch.tensor([[0, 3], [4, 0]]))
    tensor(2)
    """
    tensor_argument("count_nonzero", input)
    array = array_of(input)
    out = array_module(array).asarray((array != 0).sum(axis=reduced_dims("count_nonzero", dim, array.ndim)))
    out = out.astype(np.int64, copy=False)
    return wrap(out) if isinstance(input, Tensor) else out
