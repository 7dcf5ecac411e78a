"""The element that has a certain place in the order of all: the median, the k-th smallest, quantiles; and the mode."""

from __future__ import annotations

from typing import Any, overload

import numpy as np

from ...device import array_module
from ...tensor import Tensor, wrap
from .. import return_types
from ..checks import can_look, check_devices, normalize_dim, numpy_names, refuse, tensor_argument
from ..elementwise.combinations import lerp
from ..indexing.gathering import gather
from ..shape.shape import array_of, as_int, reshape
from .reduction import Reduction, equals_one, share_evenly
from .sorting import PickedOne, _check_not_empty, order, sort

__all__ = ["kthvalue", "median", "mode", "msort", "nanmedian", "nanquantile", "quantile"]


def _numbers(op: str, input: Any, dim: Any) -> int:
    """`dim` from the front, of a tensor that is neither boolean nor empty along it."""
    tensor_argument(op, input)
    shape = array_of(input).shape
    dim = normalize_dim(as_int(op, "dim", dim), len(shape))
    _check_not_empty(op, shape, (dim,))
    refuse(f"{op}_cpu", input, "b")
    return dim


def _at(index: Any, dim: int, k: Any) -> Any:
    """The k-th of `index` along `dim`, that dimension kept: k an int, or an array with one for every row."""
    if isinstance(k, int):
        return index[(slice(None),) * dim + (slice(k, k + 1),)]
    return array_module(index).take_along_axis(index, k, axis=dim)


# ---- the middle ------------------------------------------------------------------------------------------------------


def _middle(x: Any, dim: int, is_past_nan: bool) -> Any:
    """The place of the lower median along `dim`, kept. With nan among the elements: the first nan, or past them."""
    xp = array_module(x)
    index = order(x, dim, False)
    n = x.shape[dim]
    if x.dtype.kind != "f":
        return _at(index, dim, (n - 1) // 2)
    nans = xp.isnan(x).sum(axis=dim, keepdims=True)
    if is_past_nan:
        return _at(index, dim, xp.maximum((n - nans - 1) // 2, 0))
    return _at(index, dim, xp.where(nans > 0, n - nans, (n - 1) // 2))


class MedianAll(Reduction, label="MedianBackward0"):
    """m = the element in the middle of all x;  those that equal m share the gradient (those that are nan, if m is)."""

    is_past_nan = False

    def forward(self, x: Any) -> Any:
        self.source: tuple[int, ...] = x.shape
        xp = array_module(x)
        flat = x.reshape(-1)
        z = flat[_middle(flat, 0, self.is_past_nan)].reshape(()) if x.size else xp.asarray(x.dtype.type(np.nan))
        self.save(x, z)
        return z

    def backward(self, g: Any) -> Any:
        x, z = self.saved
        return share_evenly(equals_one(x, self.keep(z)), self.keep(g), self.dims)


class NanmedianAll(MedianAll, label="NanmedianBackward0"):
    """m = the element in the middle of those x that are not nan;  the elements that equal m share the gradient."""

    is_past_nan = True


class Median(PickedOne, label="MedianBackward1"):
    """m, i = the element in the middle along one dimension, and its place;  the gradient goes to that place."""

    def find(self, x: Any, xp: Any) -> Any:
        return _middle(x, self.dim, False)


class Nanmedian(PickedOne, label="NanmedianBackward1"):
    """m, i = the middle of those along one dimension that are not nan, and its place;  the gradient goes there."""

    def find(self, x: Any, xp: Any) -> Any:
        return _middle(x, self.dim, True)


def _median(name: str, whole: type[MedianAll], along: type[PickedOne], input: Any, dim: Any, keepdim: bool) -> Any:
    if dim is None:
        tensor_argument(name, input)
        if keepdim:
            raise TypeError(f"{name}() takes keepdim only beside dim")
        refuse("median_cpu", input, "b")
        array = array_of(input)
        if array.size == 0 and array.dtype.kind != "f":
            # What PyTorch's conversion of nan to an integer gives.
            nothing = np.iinfo(array.dtype).min if array.dtype.itemsize >= 4 else 0
            return wrap(array_module(array).asarray(nothing, dtype=array.dtype))
        return whole(tuple(range(array.ndim)), False)(input)
    dim = _numbers(name, input, dim)
    return getattr(return_types, name)(*along(dim, keepdim)(input))


@overload
def median(input: Tensor) -> Tensor: ...
@overload
def median(input: Tensor, dim: int, keepdim: bool = False) -> return_types.median: ...
@numpy_names
def median(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor | return_types.median:
    """The element in the middle of the order, the lower of two; with `dim`, ``(values, indices)`` along it.

    nan if there is one. Without `dim`, equal elements share the gradient evenly; which of several equal ones the index
    names is not defined.

    Shapes: any; the result lacks `dim`, or has size 1 there with `keepdim`.
    Errors: IndexError for a `dim` out of range or of size 0; NotImplementedError for booleans; TypeError for what is
    not a tensor, and for `keepdim` without `dim`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.median.html

    >>> import minitorch as torch
    >>> torch.median(torch.tensor([4., 1., 3., 2.]))
    tensor(2.)
    >>> torch.median(torch.tensor([[1., 5., 2.], [7., 3., 9.]]), dim=1).indices
    tensor([2, 0])
    """
    return _median("median", MedianAll, Median, input, dim, keepdim)


@overload
def nanmedian(input: Tensor) -> Tensor: ...
@overload
def nanmedian(input: Tensor, dim: int, keepdim: bool = False) -> return_types.nanmedian: ...
@numpy_names
def nanmedian(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor | return_types.nanmedian:
    """`median` of the elements that are not nan; nan where all are.

    Shapes: any; the result lacks `dim`, or has size 1 there with `keepdim`.
    Errors: IndexError for a `dim` out of range or of size 0; NotImplementedError for booleans; TypeError for what is
    not a tensor, and for `keepdim` without `dim`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nanmedian.html

    >>> import minitorch as torch
    >>> torch.nanmedian(torch.tensor([4., float('nan'), 3.]))
    tensor(3.)
    """
    return _median("nanmedian", NanmedianAll, Nanmedian, input, dim, keepdim)


# ---- the k-th, the most frequent -------------------------------------------------------------------------------------


class Kthvalue(PickedOne):
    """z, i = the k-th smallest along one dimension, and its place;  the gradient goes to that place."""

    def find(self, x: Any, xp: Any) -> Any:
        return _at(order(x, self.dim, False), self.dim, self.parameters[1] - 1)


@numpy_names
def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> return_types.kthvalue:
    """The k-th smallest element along `dim` (the smallest for k = 1), and its place: ``(values, indices)``.

    nan counts as the largest; which of several equal ones the index names is not defined.

    Shapes: any; the result lacks `dim`, or has size 1 there with `keepdim`.
    Errors: RuntimeError for k outside of 1 … n; IndexError for a `dim` out of range, or another of size 0;
    NotImplementedError for booleans; TypeError for what is not a tensor, and for a `k` that is not an int.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.kthvalue.html

    >>> import minitorch as torch
    >>> torch.kthvalue(torch.tensor([30., 10., 20.]), 2)
    torch.return_types.kthvalue(
    values=tensor(20.),
    indices=tensor(2))
    """
    dim, k = _numbers("kthvalue", input, dim), as_int("kthvalue", "k", k)
    shape = array_of(input).shape
    if not 1 <= k <= (shape[dim] if shape else 1):
        raise RuntimeError(f"kthvalue(): selected number k out of range for dimension {dim}")
    return return_types.kthvalue(*Kthvalue(dim, keepdim, k)(input))


class Mode(PickedOne):
    """z, i = the most frequent value along one dimension, and its last place;  the gradient goes to that place."""

    def find(self, x: Any, xp: Any) -> Any:
        dim, n = self.dim, x.shape[self.dim]
        index = order(x, dim, False)
        values = xp.take_along_axis(x, index, axis=dim)
        before = (slice(None),) * dim
        positions = xp.arange(n).reshape((n,) + (1,) * (x.ndim - dim - 1))
        # A run of equal values starts where the value differs from its left neighbour; a nan differs from every other.
        starts = xp.broadcast_to(positions, x.shape).copy()
        starts[(*before, slice(1, None))] *= values[(*before, slice(1, None))] != values[(*before, slice(None, -1))]
        for step in (1 << k for k in range(n.bit_length())):  # each place learns the start of its run
            starts[(*before, slice(step, None))] = xp.maximum(
                starts[(*before, slice(step, None))], starts[(*before, slice(None, n - step))]
            )
        return _at(index, dim, xp.expand_dims((positions - starts).argmax(axis=dim), dim))


@numpy_names
def mode(input: Tensor, dim: int = -1, keepdim: bool = False) -> return_types.mode:
    """The most frequent value along `dim`, the smallest of several, and its last place: ``(values, indices)``.

    Beside nan, which value counts as the most frequent is not defined, as in PyTorch.

    Shapes: any; the result lacks `dim`, or has size 1 there with `keepdim`.
    Errors: IndexError for a `dim` out of range or of size 0; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.mode.html

    >>> import minitorch as torch
    >>> torch.mode(torch.tensor([3, 1, 2, 1]))
    torch.return_types.mode(
    values=tensor(1),
    indices=tensor(3))
    """
    tensor_argument("mode", input)
    shape = array_of(input).shape
    dim = normalize_dim(as_int("mode", "dim", dim), len(shape))
    _check_not_empty("mode", shape, (dim,))
    return return_types.mode(*Mode(dim, keepdim)(input))


def msort(input: Tensor) -> Tensor:
    """The elements in order along the first dimension: ``sort(input, dim=0).values``.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.msort.html

    >>> import minitorch as torch
    >>> torch.msort(torch.tensor([[3., 1.], [2., 4.]]))
    tensor([[2., 1.],
            [3., 4.]])
    """
    return sort(input, 0).values


# ---- quantiles -------------------------------------------------------------------------------------------------------

INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


def _quantile(op: str, input: Any, q: Any, dim: Any, keepdim: bool, interpolation: str, is_past_nan: bool) -> Any:
    """The elements in order, and between the two beside rank q·(n − 1) their mixture (a gather and a lerp)."""
    tensor_argument(op, input)
    kind = array_of(input).dtype
    if kind not in (np.float32, np.float64):
        raise RuntimeError(f"{op}() input tensor must be either float or double dtype")
    if isinstance(q, Tensor):
        if q.ndim > 1:
            raise RuntimeError(f"{op}() q must be a scalar or 1D tensor")
        if q._array.dtype != kind:
            raise RuntimeError(f"{op}() q tensor must be same dtype as the input tensor")
        check_devices(op, input, q)
        if q.requires_grad:
            raise NotImplementedError(f"minitorch's {op}() does not differentiate with respect to q")
    elif not isinstance(q, int | float | np.number):
        raise TypeError(f"{op}(): argument 'q' must be Tensor or float, not {type(q).__name__}")
    if interpolation not in INTERPOLATIONS:
        raise RuntimeError(
            f"{op}() interpolation must be one of linear, lower, higher, midpoint or nearest, but got {interpolation}"
        )
    shape = array_of(input).shape
    is_whole = dim is None
    dim = 0 if is_whole else normalize_dim(as_int(op, "dim", dim), len(shape))
    if array_of(input).size == 0:
        raise RuntimeError(f"{op}() input tensor must be non-empty")
    xp = array_module(array_of(input))
    levels = q._array if isinstance(q, Tensor) else xp.asarray(q, dtype=kind)
    if not isinstance(q, Tensor) and not 0 <= q <= 1:
        raise RuntimeError(f"{op}() q must be in the range [0, 1] but got {q}")
    if can_look(levels) and not ((levels >= 0) & (levels <= 1)).all():
        raise RuntimeError(f"{op}() q values must be in the range [0, 1]")

    x = reshape(input, -1) if is_whole or not shape else input
    n, ndim = array_of(x).shape[dim], array_of(x).ndim
    ordered = sort(x, dim).values
    ranks = levels.reshape((-1,) + (1,) * (ndim - dim - 1))  # along `dim`, as many as there are levels
    nans = xp.isnan(array_of(x)).sum(axis=dim, keepdims=True)
    if is_past_nan:
        ranks = xp.maximum(ranks * (n - nans - 1).astype(kind), kind.type(0))
    else:
        ranks = xp.where(nans > 0, kind.type(n - 1), ranks * kind.type(n - 1))  # where one is nan, so is the result
    if interpolation == "lower":
        ranks = xp.floor(ranks)
    elif interpolation == "higher":
        ranks = xp.ceil(ranks)
    elif interpolation == "nearest":
        ranks = xp.rint(ranks)
    lower = xp.floor(ranks)
    out = gather(ordered, dim, wrap(lower.astype(np.int64)))
    if interpolation in ("linear", "midpoint"):
        weights = xp.full_like(ranks, 0.5) if interpolation == "midpoint" else ranks - lower
        out = lerp(out, gather(ordered, dim, wrap(xp.ceil(ranks).astype(np.int64))), wrap(weights))

    # The levels come first, if there are several, and the reduced dimension goes or stays at size 1.
    rest = tuple(1 if is_whole or d == dim else m for d, m in enumerate(shape) if keepdim or not (is_whole or d == dim))
    if levels.ndim == 0:
        return reshape(out, rest)
    moved = out.movedim(dim, 0)
    return reshape(moved, (levels.size, *rest))


@numpy_names
def quantile(
    input: Tensor, q: Tensor | float, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Tensor:
    """The value below which a part `q` of the elements along `dim` (all by default) lies; nan if one of them is.

    `q` is a number in [0, 1], or a tensor of several. Between two elements the value is interpolated: "linear",
    "lower", "higher", "midpoint" or "nearest". The gradient goes to the elements, not to `q`.

    Shapes: any; in the result `dim` is missing, or of size 1 with `keepdim`; q (Q) puts a dimension Q in front.
    Errors: RuntimeError for dtypes other than float32 and float64, for no elements, a `q` outside [0, 1] or with more
    dimensions, and another `interpolation`; IndexError for a `dim` out of range; TypeError for what is not a tensor,
    and for a `q` that is no number either.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.quantile.html

    >>> import minitorch as torch
    >>> torch.quantile(torch.tensor([1., 2., 3., 4.]), 0.5)
    tensor(2.5000)
    >>> torch.quantile(torch.tensor([[1., 3.], [2., 6.]]), torch.tensor([0., 1.]), dim=1)
    tensor([[1., 2.],
            [3., 6.]])
    """
    return _quantile("quantile", input, q, dim, keepdim, interpolation, False)


@numpy_names
def nanquantile(
    input: Tensor, q: Tensor | float, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Tensor:
    """`quantile` of the elements that are not nan; nan where all are.

    Shapes: as in `quantile`.
    Errors: RuntimeError, IndexError and TypeError as in `quantile`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nanquantile.html

    >>> import minitorch as torch
    >>> torch.nanquantile(torch.tensor([1., float('nan'), 3.]), 0.5)
    tensor(2.)
    """
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation, True)
