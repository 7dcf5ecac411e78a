"""Which values there are, how often, and where a value belongs in an order. Integers come out, and no gradients."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...autograd.op import Op
from ...device import array_module
from ...dtype import result_dtype
from ...tensor import Tensor, wrap
from .. import return_types
from ..checks import can_look, check_devices, normalize_dim, number, refuse, tensor_argument
from ..indexing.gathering import nonzero
from ..shape.shape import as_int

__all__ = [
    "argwhere", "bincount", "bucketize", "histc", "histogram", "isin", "searchsorted", "unique", "unique_consecutive",
]  # fmt: skip


def argwhere(input: Tensor) -> Tensor:
    """The positions of the elements that are not 0, a row each: `nonzero`.

    Shapes: any; the result is (count, number of dimensions).
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.argwhere.html

    >>> import minitorch as torch
    >>> torch.argwhere(torch.tensor([[0, 3], [4, 0]]))
    tensor([[0, 1],
            [1, 0]])
    """
    tensor_argument("argwhere", input)
    return nonzero(input)


# ---- each value once -------------------------------------------------------------------------------------------------


class Unique2(Op):
    """The values of x, each once, the place of every element among them, and how many it stands for. No derivative."""

    def __init__(self, is_sorted: bool) -> None:
        self.is_sorted = is_sorted

    def forward(self, x: Any) -> Any:
        xp = array_module(x)
        flat = x.reshape(-1)
        index = xp.argsort(flat, kind="stable") if self.is_sorted else xp.arange(flat.size)
        values, ranks, counts = _runs(xp, flat[index])
        inverse = xp.empty(flat.size, dtype=np.int64)
        inverse[index] = ranks
        return flat[index][values], inverse.reshape(x.shape), counts


class UniqueDim(Unique2):
    """The slices of x along a dimension, each once, the place of every slice among them, and how many it stands for."""

    is_sorted: bool
    dim: int

    def __init__(self, is_sorted: bool, dim: int) -> None:
        self.is_sorted, self.dim = is_sorted, dim

    def forward(self, x: Any) -> Any:
        xp = array_module(x)
        rows = xp.moveaxis(x, self.dim, 0)
        rows = rows.reshape(len(rows), math.prod(rows.shape[1:]))
        index = xp.arange(len(rows))
        if self.is_sorted and rows.shape[1]:
            index = xp.lexsort(rows.T[::-1])  # by the first column, then by the second, …
        starts, ranks, counts = _runs(xp, rows[index])
        inverse = xp.empty(len(rows), dtype=np.int64)
        inverse[index] = ranks
        return x.take(index[starts], axis=self.dim), inverse, counts


class UniqueConsecutive(Unique2):
    """The values of x, runs of equal ones made one, each element's run, and how long the runs are. No derivative."""


class UniqueDimConsecutive(UniqueDim):
    """The slices of x along a dimension, runs of equal ones made one, each slice's run, and how long the runs are."""


def _runs(xp: Any, x: Any) -> tuple[Any, Any, Any]:
    """Where the runs of equal elements (or rows) of `x` start, which run each is in, and how long the runs are."""
    is_new = xp.ones(len(x), dtype=bool)
    differs = x[1:] != x[:-1]
    is_new[1:] = differs if x.ndim == 1 else differs.any(axis=1)
    starts = is_new.nonzero()[0]
    ends = xp.concatenate([starts[1:], xp.full(min(len(x), 1), len(x), dtype=starts.dtype)])
    return starts, is_new.cumsum() - 1, (ends - starts).astype(np.int64)


def _each_once(name: str, op: Any, input: Any, dim: int | None, is_inverse: bool, is_count: bool, *more: Any) -> Any:
    tensor_argument(name, input)
    if dim is None:
        out = op[0](*more)(input)
    else:
        shape = input._array.shape
        if not shape:
            raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
        dim = normalize_dim(as_int(name, "dim", dim), len(shape))
        if 0 in shape[:dim] + shape[dim + 1 :]:
            raise RuntimeError(
                "There are 0 sized dimensions, and they aren't selected, so unique cannot be applied"
                if name == "unique"
                else "There are 0 sized dimensions, and they aren't selected, so unique_consecutive cannot be applied"
            )
        out = op[1](*more, dim)(input)
    asked = (out[0], *([out[1]] if is_inverse else []), *([out[2]] if is_count else []))
    return asked if len(asked) > 1 else asked[0]


def unique(
    input: Tensor, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False,
    dim: int | None = None,
) -> Any:  # fmt: skip
    """Each value once, in order (always, so that `sorted` changes nothing); with `dim`, each slice along it once.

    `return_inverse` adds the place of every element (or slice) among the result, `return_counts` how often each value
    occurs. Every nan counts as a value of its own.

    Shapes: any; the result is a vector, the inverse has the input's; with `dim`, the result has another size there, and
    the inverse is a vector. The counts are a vector.
    Errors: IndexError for a `dim` out of range; RuntimeError for a `dim` beside one of size 0; TypeError for what is
    not a tensor, and for a `dim` that is not an int.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.unique.html

    >>> import minitorch as torch
    >>> torch.unique(torch.tensor([3, 1, 3, 2]), return_counts=True)
    (tensor([1, 2, 3]), tensor([1, 1, 2]))
    """
    return _each_once("unique", (Unique2, UniqueDim), input, dim, return_inverse, return_counts, True)


def unique_consecutive(
    input: Tensor, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """Runs of equal values made one: like `unique`, but nothing is sorted, and what is apart stays apart.

    Shapes: as in `unique`.
    Errors: IndexError for a `dim` out of range; RuntimeError for a `dim` beside one of size 0; TypeError for what is
    not a tensor, and for a `dim` that is not an int.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.unique_consecutive.html

    >>> import minitorch as torch
    >>> torch.unique_consecutive(torch.tensor([1, 1, 2, 1]), return_counts=True)
    (tensor([1, 2, 1]), tensor([2, 1, 1]))
    """
    ops = (UniqueConsecutive, UniqueDimConsecutive)
    return _each_once("unique_consecutive", ops, input, dim, return_inverse, return_counts, False)


def _argument(op: str, value: Any, other: Tensor) -> Any:
    """A tensor's array or a Python number as an array on the device of `other`."""
    if isinstance(value, Tensor):
        check_devices(op, value, other)
        return value._array
    return array_module(other._array).asarray(number(op, value))


def isin(elements: Tensor, test_elements: Tensor, *, assume_unique: bool = False, invert: bool = False) -> Tensor:
    """Which of `elements` are among `test_elements` (with `invert`, which are not); one of the two may be a number.

    `assume_unique` promises that neither holds a value twice; nothing depends on it here. nan is never among others.

    Shapes: any; the result has the elements'.
    Errors: RuntimeError for booleans; TypeError for two numbers, and for what is neither a tensor nor a number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.isin.html

    >>> import minitorch as torch
    >>> torch.isin(torch.tensor([1, 2, 3]), torch.tensor([3, 5, 1]))
    tensor([ True, False,  True])
    """
    beside = elements if isinstance(elements, Tensor) else test_elements
    if not isinstance(beside, Tensor):
        raise TypeError("isin(): elements or test_elements must be a Tensor")
    a, b = _argument("isin", elements, beside), _argument("isin", test_elements, beside)
    for array in (a, b):
        if array.dtype.kind == "b":
            raise RuntimeError("Unsupported input type encountered for isin(): Bool")
    kind = result_dtype(elements, test_elements).numpy
    xp = array_module(a)
    return wrap(xp.asarray(xp.isin(a.astype(kind), b.astype(kind), invert=bool(invert))))


# ---- how often -------------------------------------------------------------------------------------------------------


class Bincount(Op, label="NotImplemented"):
    """z[v] = Σ of the weights of those elements that are v. No derivative, as in PyTorch."""

    def __init__(self, minlength: int) -> None:
        self.minlength = minlength

    def forward(self, index: Any, weights: Any) -> Any:
        counts = array_module(index).bincount(index, weights, self.minlength)
        return counts.astype(np.float32) if weights.dtype == np.float32 else counts


def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """How often each number 0, 1, 2, … occurs in a tensor of them, or the sum of the `weights` where it does.

    At least `minlength` counts.

    Shapes: input (N), weights (N) → (K), K the largest number + 1, or `minlength`.
    Errors: RuntimeError for negative numbers, other ranks, weights of another shape, and a negative `minlength`;
    NotImplementedError for floating numbers and booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.bincount.html

    >>> import minitorch as torch
    >>> torch.bincount(torch.tensor([0, 2, 2]))
    tensor([1, 0, 2])
    """
    tensor_argument("bincount", input)
    refuse("bincount_cpu", input, "bf")
    minlength = as_int("bincount", "minlength", minlength)
    array = input._array
    if minlength < 0:
        raise RuntimeError("minlength should be >= 0")
    if array.ndim != 1 or (array.size and array.min() < 0):
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if weights is None:
        return wrap(array_module(array).bincount(array, minlength=minlength).astype(np.int64, copy=False))
    tensor_argument("bincount", weights, "weights", 2)
    check_devices("bincount", input, weights)
    if weights._array.shape != array.shape:
        raise RuntimeError("weights should be 1-d and have the same length as input")
    return Bincount(minlength)(input, weights)


def _range(op: str, array: Any, low: float, high: float, margin: float) -> tuple[float, float]:
    """The ends of the bins: those asked for, or the smallest and largest element, a `margin` around them if equal."""
    if low == high and array.size:
        low, high = float(array.min()), float(array.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise RuntimeError(f"{op}: range of [{low}, {high}] is not finite")
    if low > high:
        raise RuntimeError(f"{op}: max must be larger than min, but got [{low}, {high}]")
    return (low - margin, high + margin) if low == high else (low, high)


def _edges(xp: Any, low: float, high: float, bins: int, kind: Any) -> Any:
    """`bins` + 1 ends of bins at equal distances, from both ends towards the middle, as linspace has them."""
    step = kind.type(high - low) / kind.type(bins)
    i = xp.arange(bins + 1)
    return xp.where(
        i < (bins + 1) // 2, kind.type(low) + step * i.astype(kind), kind.type(high) - step * (bins - i).astype(kind)
    )


def _count(x: Any, edges: Any, weights: Any) -> Any:
    """How many of `x` (1-d) lie in each bin (or the sum of their weights); the last bin holds its upper end, too."""
    xp = array_module(x)
    is_inside = (x >= edges[0]) & (x <= edges[-1])
    place = xp.minimum(xp.searchsorted(edges, x[is_inside], side="right") - 1, len(edges) - 2)
    weights = None if weights is None else weights[is_inside]
    return xp.bincount(place, weights, len(edges) - 1).astype(x.dtype)


def histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """How many elements lie in each of `bins` equal parts of [min, max], in input's dtype; others are passed over.

    If min and max are equal, they are the smallest and largest element.

    Shapes: any; the result is (bins).
    Errors: RuntimeError for `bins` below 1, and a `min` above `max` or not finite; NotImplementedError for integers and
    booleans; TypeError for what is not a tensor, and for `bins` that are not an int.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.histc.html

    >>> import minitorch as torch
    >>> torch.histc(torch.tensor([1., 2., 1.]), bins=4, min=0, max=3)
    tensor([0., 2., 1., 0.])
    """
    tensor_argument("histc", input)
    refuse("histogram_cpu", input, "biu")
    bins = as_int("histc", "bins", bins)
    if bins <= 0:
        raise RuntimeError(f"torch.histogram(): bins must be > 0, but got {bins} for dimension 0")
    array = input._array.reshape(-1)
    low, high = _range("torch.histc", array, min, max, 1.0)
    xp, kind = array_module(array), array.dtype.type
    array = array[(array >= low) & (array <= high)]
    place = ((array - kind(low)) * kind(bins) / kind(high - low)).astype(np.int64)
    return wrap(xp.bincount(xp.minimum(place, bins - 1), minlength=bins).astype(array.dtype))


def _ends(array: Any, range: Any) -> tuple[float, float]:
    if range is not None:
        if len(range) != 2:
            raise RuntimeError(
                f"torch.histogramdd: for a 1-dimensional histogram range should have 2 elements, but got {len(range)}"
            )
        low, high = range
        if low > high:
            raise RuntimeError(f"torch.histogramdd: min should not exceed max, but got min {low} max {high}")
    elif array.size == 0:
        return 0.0, 1.0
    else:
        low, high = float(array.min()), float(array.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise RuntimeError(f"torch.histogramdd: dimension 0's range [{low}, {high}] is not finite")
    return (low - 0.5, high + 0.5) if low == high else (low, high)


def histogram(
    input: Tensor, bins: Tensor | int, *, range: Any = None, weight: Tensor | None = None, density: bool = False
) -> return_types.histogram:
    """How many elements (or what `weight` of them) lie in each bin: ``(hist, bin_edges)``.

    `bins` is a number of equal parts of `range` (of all elements by default), or a tensor of the edges. With `density`
    the result is divided so that its integral is 1.

    Shapes: any, `weight` has the input's; bins (K) gives (K − 1), (K), and an int gives (bins), (bins + 1).
    Errors: RuntimeError for `bins` below 1 or of another shape or dtype, for a `range` of another length or the wrong
    way round, and a weight of another shape; NotImplementedError for other dtypes than float32 and float64; TypeError
    for what is not a tensor, and for `bins` that are neither an int nor a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.histogram.html

    >>> import minitorch as torch
    >>> torch.histogram(torch.tensor([1., 2., 1.]), bins=4, range=(0., 4.))
    torch.return_types.histogram(
    hist=tensor([0., 2., 1., 0.]),
    bin_edges=tensor([0., 1., 2., 3., 4.]))
    """
    tensor_argument("histogram", input)
    refuse("histogramdd", input, "biu")
    check_devices("histogram", input, bins, weight)
    if input._array.dtype == np.float16:
        raise NotImplementedError("\"histogramdd\" not implemented for 'Half'")
    array = input._array.reshape(-1)
    xp = array_module(array)
    if isinstance(bins, Tensor):
        if range is not None:
            raise TypeError("histogram() takes range only beside a number of bins")
        if bins._array.dtype != array.dtype:
            raise RuntimeError(
                "torch.histogramdd: input tensor and bins tensors should have the same dtype, but got input with dtype "
                f"{input.dtype.type_name.lower()} and bins with dtype {bins.dtype.type_name.lower()}"
            )
        if bins.ndim != 1 or bins.numel() < 2:
            raise RuntimeError("torch.histogram(): bins must be a 1-d tensor of at least two edges")
        edges = bins._array
    else:
        bins = as_int("histogram", "bins", bins)
        if bins <= 0:
            raise RuntimeError(f"torch.histogram(): bins must be > 0, but got {bins} for dimension 0")
        low, high = _ends(array, range)
        edges = _edges(xp, low, high, bins, array.dtype)
    if weight is not None:
        if weight._array.shape != input._array.shape:
            raise RuntimeError(
                "torch.histogramdd: if weight tensor is provided, it should have the same shape as the input tensor "
                f"excluding its innermost dimension, but got input with shape {list(input.shape)}, and weight with "
                f"shape {list(weight.shape)}"
            )
        if weight._array.dtype != array.dtype:
            raise RuntimeError("torch.histogramdd: the weight tensor should have the dtype of the input tensor")
    counts = _count(array, edges, None if weight is None else weight._array.reshape(-1))
    if density:
        with np.errstate(all="ignore"):
            counts = counts / (counts.sum() * (edges[1:] - edges[:-1]))
    return return_types.histogram(wrap(counts), wrap(edges.copy()))


# ---- where it belongs ------------------------------------------------------------------------------------------------


def _search(edges: Any, values: Any, right: bool, out_int32: bool) -> Tensor:
    """For each of `values` (arrays, …, m) how many of `edges` (1-d, or …, n, a row for each row) lie before it."""
    xp = array_module(edges)
    kind = np.promote_types(edges.dtype, values.dtype)
    edges, values = edges.astype(kind, copy=False), values.astype(kind, copy=False)
    side = "right" if right else "left"
    if edges.ndim == 1:
        found = xp.asarray(xp.searchsorted(edges, values, side=side))
    else:
        found = xp.empty(values.shape, dtype=np.int64)
        for row in np.ndindex(edges.shape[:-1]):
            found[row] = xp.searchsorted(edges[row], values[row], side=side)
    return wrap(found.astype(np.int32 if out_int32 else np.int64))


def searchsorted(
    sorted_sequence: Tensor,
    input: Tensor,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Tensor | None = None,
) -> Tensor:
    """Where the values of `input` would have to be put in for `sorted_sequence` to stay in order, as int64.

    `sorted_sequence` is in order along its last dimension, or `sorter` names its elements in order. Before equal
    elements by default; behind them with ``right=True``, or ``side="right"``.

    Shapes: sorted_sequence (n) and any values, or (…, n) and (…, m); the result has the input's.
    Errors: RuntimeError where shapes do not fit, for another `side`, and a `sorter` of another shape or dtype;
    NotImplementedError for booleans; TypeError for a sequence that is not a tensor, and values that are no number
    either.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.searchsorted.html

    >>> import minitorch as torch
    >>> torch.searchsorted(torch.tensor([1, 3, 5]), torch.tensor([3, 6]))
    tensor([1, 3])
    """
    op = "torch.searchsorted()"
    tensor_argument("searchsorted", sorted_sequence, "sorted_sequence")
    edges = sorted_sequence._array
    if side not in (None, "left", "right"):
        raise RuntimeError(f"{op}: side can only be 'left' or 'right' but got {side}")
    if side == "left" and right:
        raise RuntimeError(f"{op}: side and right can't be set to opposites, got side of left while right was True")
    if not edges.ndim:
        raise RuntimeError(f"{op}: boundaries tensor should have positive dimension, but got 0 dimension")
    values = _argument("searchsorted", input, sorted_sequence)
    if not values.ndim and edges.ndim != 1:
        raise RuntimeError(
            f"{op}: input value can be a scalar only when boundaries tensor dimension is 1, but we got boundaries "
            f"tensor dim({edges.ndim}) and input value's dim(0) numel(1)"
        )
    if edges.ndim != 1 and edges.shape[:-1] != values.shape[:-1]:
        raise RuntimeError(
            f"{op}: boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries tensor and input "
            f"value tensor must match, but we got boundaries tensor {list(edges.shape)} and input value tensor "
            f"{list(values.shape)}"
        )
    refuse("searchsorted_out_cpu", sorted_sequence, "b")
    check_devices("searchsorted", sorted_sequence, sorter)
    if sorter is not None:
        if sorter._array.dtype != np.int64:
            raise RuntimeError(f"{op}: sorter must be a tensor of long dtype but got dtype {sorter.dtype.type_name}")
        if sorter._array.shape != edges.shape:
            raise RuntimeError(
                f"{op}: boundary and sorter must have the same size, but got boundary tensor {list(edges.shape)} and "
                f"sorter tensor {list(sorter.shape)}"
            )
        if sorter.numel() and can_look(sorter._array) and (sorter._array.min() < 0 or sorter._array.max() >= edges.shape[-1]):
            raise RuntimeError(f"{op}: sorter index out of range")
        edges = array_module(edges).take_along_axis(edges, sorter._array, axis=-1)
    return _search(edges, values, right or side == "right", out_int32)


def bucketize(input: Tensor, boundaries: Tensor, *, out_int32: bool = False, right: bool = False) -> Tensor:
    """The number of the bucket that each value falls into, the buckets' `boundaries` being in order.

    Bucket i is (boundaries[i−1], boundaries[i]]; with ``right=True``, [boundaries[i−1], boundaries[i]).

    Shapes: boundaries (n); the result has the input's.
    Errors: RuntimeError for boundaries of another rank; NotImplementedError for booleans; TypeError for boundaries that
    are not a tensor, and values that are no number either.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.bucketize.html

    >>> import minitorch as torch
    >>> torch.bucketize(torch.tensor([1, 3, 4]), torch.tensor([1, 3, 5]))
    tensor([0, 1, 2])
    """
    tensor_argument("bucketize", boundaries, "boundaries", 2)
    if boundaries.ndim != 1:
        raise RuntimeError(f"boundaries tensor must be 1 dimension, but got dim({boundaries.ndim})")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)
