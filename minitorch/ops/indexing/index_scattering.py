"""Copies of a tensor with slices, or single elements named by an index or a mask, overwritten or added to."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...autograd.op import Op
from ...device import array_module, signed
from ...tensor import Tensor
from ...types import Number
from ..checks import can_look, check_broadcast, check_devices, normalize_dim, number, tensor_argument
from ..elementwise.selection import where
from ..shape.repetition import expand
from ..shape.shape import array_of, as_int, reshape
from .gathering import MaskedSelect, Take, flat_places
from .indexing import (
    FULL,
    Index,
    IndexPut,
    Place,
    _parse,
    _picks,
    _result_shape,
    beside,
    checked_positions,
    scatter_sum,
)
from .repeated_places import combine_at

__all__ = [
    "index_add", "index_copy", "index_fill", "index_put", "masked_scatter", "put", "select_scatter", "slice_scatter",
]  # fmt: skip


# ---- slices named by an index along one dimension --------------------------------------------------------------------


class IndexAdd(Op):
    """z = x with z[index] += α·source along one dimension;  ∂/∂x = 1, ∂/∂source = α·g[index]."""

    index: tuple[Any, ...]
    alpha: Any

    def __init__(self, index: tuple[Any, ...], alpha: Any) -> None:
        self.index, self.alpha = index, alpha

    def forward(self, x: Any, source: Any) -> Any:
        source = source if self.alpha == 1 else source * x.dtype.type(self.alpha)
        added = scatter_sum(x.shape or (1,), self.index, source.reshape(source.shape or (1,)))
        return x + added.reshape(x.shape)

    def backward(self, g: Any) -> Any:
        if not self.needs[1]:
            return g, None
        picked = Index(self.index)(g) if g.ndim else g
        return g, (picked if self.alpha == 1 else picked * self.alpha)


class IndexCopy(IndexPut):
    """z = x but for z[index] = source along one dimension;  ∂/∂x is g with 0 there, ∂/∂source is g[index]."""

    def forward(self, x: Any, value: Any) -> Any:
        self.source: tuple[int, ...] = value.shape
        z = x.copy()
        z[self.index if x.ndim else ...] = value.reshape(()) if not x.ndim else value
        return z

    def backward(self, g: Any) -> Any:
        gx = IndexFill(self.index)(g, 0) if self.needs[0] else None
        if not self.needs[1]:
            return gx, None
        return gx, reshape(Index(self.index)(g) if g.ndim else g, self.source)


class IndexFill(IndexPut):
    """z = x but for z[index] = a number along one dimension;  ∂/∂x is g with 0 there."""

    def forward(self, x: Any, value: Any) -> Any:
        z = x.copy()
        z[self.index if x.ndim else ...] = signed(value, x)
        return z

    def backward(self, g: Any) -> Any:
        gx = IndexFill(self.index)(g, 0) if self.needs[0] else None
        return gx, ((Index(self.index)(g) if g.ndim else g) if self.needs[1] else None)


class IndexFillTensor(IndexFill, label="IndexFillBackward1"):
    """z = x but for z[index] = a 0-d tensor's value along one dimension;  its gradient is the sum of g[index]."""


def _along(op: str, input: Any, dim: Any, index: Any) -> tuple[int, Any]:
    """`dim` from the front, and the index array."""
    tensor_argument(op, input)
    tensor_argument(op, index, "index", 3)
    check_devices(op, input, index)
    return normalize_dim(as_int(op, "dim", dim), input.ndim), index._array


def matching_slices(op: str, input: Any, dim: Any, index: Any, source: Any) -> tuple[int, Any]:
    """`dim` from the front, and the index array, of which each place is to meet one slice of `source`."""
    dim, array = _along(op, input, dim, index)
    tensor_argument(op, source, "source", 4)
    if array.ndim > 1:
        raise IndexError(f"{op}_(): Index is supposed to be a vector, but got dim: {array.ndim}")
    if array.dtype not in (np.int64, np.int32):
        raise RuntimeError(f"{op}_(): Expected dtype int32/int64 for index but got: {index.dtype.type_name}")
    if source.dtype is not input.dtype:
        raise RuntimeError(
            f"{op}_(): self ({input.dtype.type_name}) and source ({source.dtype.type_name}) must have the same scalar type"
        )
    shape, own = tuple(input.shape), tuple(source.shape)
    if len(shape) != len(own) or shape[:dim] + shape[dim + 1 :] != own[:dim] + own[dim + 1 :]:
        raise RuntimeError(
            "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = "
            f"{list(shape)} source.shape = {list(own)}"
        )
    slices = own[dim] if own else 1
    if array.size != slices:
        raise (RuntimeError if own else IndexError)(
            f"{op}_(): Number of indices ({array.size}) should be equal to source.size(dim): ({slices}), for dim: {dim}"
        )
    return dim, array


def _slices(dim: int, array: Any) -> tuple[Any, ...]:
    return (*[FULL] * dim, array.reshape(-1).copy())  # its owner may change it before backward


def _first_outside(array: Any, size: int) -> int | None:
    if not can_look(array):
        return None
    outside = array[(array < 0) | (array >= size)]
    return int(outside.reshape(-1)[0]) if outside.size else None


def index_add(input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: Number = 1) -> Tensor:
    """A copy of `input` with ``alpha·source[…, i, …]`` added to the slice that index[i] names along `dim`.

    A slice named twice is added to twice.

    Shapes: index (N) of integers; source as `input`, but of size N along `dim`; the result has the input's.
    Errors: RuntimeError for shapes or dtypes that do not fit; IndexError for a `dim` out of range, and an index with
    more dimensions; one of the two for an index out of range; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.index_add_.html

    >>> import minitorch as torch
    >>> torch.index_add(torch.zeros(3), 0, torch.tensor([0, 2, 0]), torch.tensor([1., 2., 3.]))
    tensor([4., 0., 2.])
    """
    dim, array = matching_slices("index_add", input, dim, index, source)
    size = input.shape[dim] if input.ndim else 1
    outside = _first_outside(array, size)
    if outside is not None:
        if input.ndim < 2:
            raise IndexError("index out of range in self")
        raise RuntimeError(f"index {outside} is out of bounds for dimension {dim} with size {size}")
    return IndexAdd(_slices(dim, array), number("index_add", alpha))(input, source)


def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """A copy of `input` whose slice index[i] along `dim` is ``source[…, i, …]``.

    Of slices for one place, which is kept is undefined.

    Shapes: index (N) of int64; source as `input`, but of size N along `dim`; the result has the input's.
    Errors: IndexError for an index or a `dim` out of range, and for ranks and numbers of slices that do not fit;
    RuntimeError for slices of another shape, and for dtypes that do not fit; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.index_copy_.html

    >>> import minitorch as torch
    >>> torch.index_copy(torch.zeros(3), 0, torch.tensor([2, 0]), torch.tensor([1., 2.]))
    tensor([2., 0., 1.])
    """
    dim, array = _along("index_copy", input, dim, index)
    tensor_argument("index_copy", source, "source", 4)
    check_devices("index_copy", input, index, source)
    if array.ndim > 1:
        raise IndexError(f"index_copy_(): Index should have dimension 1 or 0 (got {array.ndim})")
    if source.dtype is not input.dtype:
        raise RuntimeError(
            "index_copy_(): self and source expected to have the same dtype, but got (self) "
            f"{input.dtype.type_name} and (source) {source.dtype.type_name}"
        )
    if array.dtype != np.int64:
        raise RuntimeError(f"index_copy_(): Expected a long tensor for index, but got {index.dtype.type_name}")
    shape, own = tuple(input.shape), tuple(source.shape)
    if shape and own and len(shape) != len(own):
        raise IndexError(
            "index_copy_(): When source and destination are not scalars, their dimensionality must match. Source "
            f"dimensionality ({len(own)}), destination dimensionality ({len(shape)})"
        )
    if own[:dim] + own[dim + 1 :] != shape[:dim] + shape[dim + 1 :]:
        raise RuntimeError(
            f"index_copy_(): Source/destination tensor must have same slice shapes. Destination {list(shape)} and "
            f"source {list(own)} at dimension {dim}"
        )
    if array.size != (own[dim] if own else 1):
        raise IndexError(
            f"index_copy_(): Number of indices ({array.size}) should be equal to source.size(dim) "
            f"({own[dim] if own else 1})"
        )
    size = shape[dim] if shape else 1
    outside = _first_outside(array, size)
    if outside is not None:
        raise IndexError(f"index_copy_(): index {outside} is out of bounds for dimension {dim} with size {size}")
    return IndexCopy(_slices(dim, array))(input, source)


def index_fill(input: Tensor, dim: int, index: Tensor, value: Tensor | Number) -> Tensor:
    """A copy of `input` with `value`, a number or a 0-d tensor, in the slices along `dim` that `index` names.

    Negative indices count from the end.

    Shapes: index (N) of int64; a tensor `value` is (); the result has the input's.
    Errors: IndexError for an index or a `dim` out of range, and an index of another dtype; RuntimeError for an index or
    a value with more dimensions; TypeError for what is not a tensor, and a value that is no number either.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.index_fill_.html

    >>> import minitorch as torch
    >>> torch.index_fill(torch.zeros(3), 0, torch.tensor([0, 2]), 7.)
    tensor([7., 0., 7.])
    """
    dim, array = _along("index_fill", input, dim, index)
    if array.dtype != np.int64:
        raise IndexError("index_fill_(): Expected dtype int64 for index.")
    if array.ndim > 1:
        raise RuntimeError("Index has to be a vector/scalar")
    shape = input._array.shape
    array = checked_positions(array, shape[dim] if shape else 1, dim)
    if not isinstance(value, Tensor):
        return IndexFill(_slices(dim, array))(input, input._array.dtype.type(number("index_fill", value)))
    if value.ndim:
        raise RuntimeError(
            f"index_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.ndim} dimension(s)."
        )
    return IndexFillTensor(_slices(dim, array))(input, value.to(input.device))


# ---- elements named by an index --------------------------------------------------------------------------------------


class IndexPutAdd(Op, label="IndexPutBackward0"):
    """z = x with z[index] += value, once for each time a place is named;  ∂/∂x = 1, ∂/∂value is g[index]."""

    def __init__(self, index: tuple[Any, ...]) -> None:
        self.index = index

    def forward(self, x: Any, value: Any) -> Any:
        shape = _result_shape(self.index, x.shape)
        return x + scatter_sum(x.shape, self.index, array_module(x).broadcast_to(value, shape))

    def backward(self, g: Any) -> Any:
        return g, (Index(self.index)(g) if self.needs[1] else None)


def index_put(input: Tensor, indices: Any, values: Tensor, accumulate: bool = False) -> Tensor:
    """A copy of `input` in which ``input[indices] = values``; with `accumulate`, they are added, repeatedly if need be.

    `indices` is a tuple of index tensors, one a dimension, or masks; `values` has input's dtype.

    Shapes: values broadcast to the shape of ``input[indices]``; the result has the input's.
    Errors: IndexError for an index out of range or of another dtype, and too many of them; RuntimeError for shapes or
    dtypes of values that do not fit; TypeError for what is not a tensor, and indices that are not a tuple or list of
    them.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.index_put_.html

    >>> import minitorch as torch
    >>> index = (torch.tensor([0, 0]),)
    >>> torch.index_put(torch.zeros(2), index, torch.tensor([1., 2.]), accumulate=True)
    tensor([3., 0.])
    """
    tensor_argument("index_put", input)
    if not isinstance(indices, tuple | list):
        raise TypeError(
            f"index_put(): argument 'indices' (position 2) must be tuple of Tensors, not {type(indices).__name__}"
        )
    for i, index in enumerate(indices):
        if not isinstance(index, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 1, but got {type(index).__name__}")
    if not isinstance(values, Tensor):
        raise TypeError(f"index_put(): argument 'values' (position 3) must be Tensor, not {type(values).__name__}")
    if not indices:
        raise RuntimeError("index_put() needs at least one index tensor")
    if values.dtype is not input.dtype:
        raise RuntimeError(
            "Index put requires the source and destination dtypes match, got "
            f"{input.dtype.type_name} for the destination and {values.dtype.type_name} for the source."
        )
    # A 0-d index picks along a dimension like any other here, where between square brackets it would select a slice.
    arrays = [beside(input.device, index) for index in indices]
    if values.ndim:
        check_devices("index_put", input, values)
    else:
        values = values.to(input.device)
    is_small = all(a.ndim == 0 and a.dtype.kind != "b" for a in arrays)
    _, _, picked = _parse(input._array, tuple(a.reshape(1) if is_small else a for a in arrays))
    picks = _picks(picked, input._array.shape, True)
    shape = _result_shape(picks, input._array.shape)
    wanted = shape[1:] if is_small else shape
    own = tuple(values.shape)
    if len(own) > len(wanted) or any(n not in (1, m) for n, m in zip(own[::-1], wanted[::-1], strict=False)):
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(own)} cannot be broadcast to indexing result of shape "
            f"{list(wanted)}"
        )
    return (IndexPutAdd if accumulate else IndexPut)(picks)(input, values)


class Put(Op):
    """z = x, read as one row, but for z[index] = source (or += source);  ∂/∂source is g there, ∂/∂x 0 there (or g)."""

    index: Any
    accumulate: bool

    def __init__(self, index: Any, accumulate: bool) -> None:
        self.index, self.accumulate = index, accumulate

    def forward(self, x: Any, source: Any) -> Any:
        self.source: Any = array_module(x).shape(source)
        z = x.copy(order="C")
        if self.accumulate:
            combine_at("add", z.reshape(-1), self.index, source.reshape(-1))
        else:
            z.reshape(-1)[self.index] = source.reshape(-1) if self.source else source
        return z

    def backward(self, g: Any) -> Any:
        gx = (g if self.accumulate else Put(self.index, False)(g, 0)) if self.needs[0] else None
        return gx, (reshape(Take((self.index,))(g), self.source) if self.needs[1] else None)


def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """A copy of `input` whose elements, read as one row, are `source` at the places `index`; added with `accumulate`.

    Shapes: index, of int64, and source have as many elements as each other; the result has the input's.
    Errors: IndexError for a place out of range, and unless index and source have as many elements; RuntimeError for
    other dtypes; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.put_.html

    >>> import minitorch as torch
    >>> torch.put(torch.zeros(2, 2), torch.tensor([1, 2]), torch.tensor([5., 6.]))
    tensor([[0., 5.],
            [6., 0.]])
    """
    tensor_argument("put", input)
    tensor_argument("put", index, "index", 2)
    tensor_argument("put", source, "source", 3)
    check_devices("put", input, index, source)
    if index._array.dtype != np.int64:
        raise RuntimeError(f"put_(): Expected a long tensor for index, but got {index.dtype.type_name}")
    if source.dtype is not input.dtype:
        raise RuntimeError(
            f"put_(): self and source expected to have the same dtype, but got self.dtype = {input.dtype.type_name} "
            f"and source.dtype = {source.dtype.type_name}"
        )
    if source.numel() != index.numel():
        raise IndexError(
            "put_(): Expected source and index to have the same number of elements, but got source.numel() = "
            f"{source.numel()}, index.numel() = {index.numel()}"
        )
    return Put(flat_places(index._array, input.numel()).reshape(-1), bool(accumulate))(input, source)


# ---- elements named by a mask ----------------------------------------------------------------------------------------


class MaskedScatter(Op):
    """z = x but, where the mask holds, the elements of source in order;  their gradients go where they came from."""

    def forward(self, x: Any, source: Any, mask: Any) -> Any:
        self.save(mask)
        self.source: tuple[int, ...] = source.shape
        z = x.copy()
        z[mask] = source.reshape(-1)[: int(mask.sum())]
        return z

    def backward(self, g: Any) -> Any:
        (mask,) = self.saved
        gx = where(mask, 0.0, g) if self.needs[0] else None
        if not self.needs[1]:
            return gx, None, None
        flags, flat = (array_of(mask), g) if g.ndim else (array_of(mask).reshape(1), reshape(g, 1))
        picked = MaskedSelect(flags.nonzero())(flat)
        count = int(np.prod(self.source))
        return gx, reshape(Place((slice(0, picked.shape[0]),), (count,))(picked), self.source), None


def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """`input` with the elements of `source`, in reading order, where the bool tensor `mask` holds; the two broadcast.

    Shapes: input and mask broadcast; the result has the common shape. Any `source`.
    Errors: RuntimeError if `source` has fewer elements than are wanted, or another dtype, for a mask of another dtype
    than bool, and for shapes that do not broadcast; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.masked_scatter_.html

    >>> import minitorch as torch
    >>> mask = torch.tensor([True, False, True])
    >>> torch.masked_scatter(torch.zeros(3), mask, torch.tensor([7., 8.]))
    tensor([7., 0., 8.])
    """
    tensor_argument("masked_scatter", input)
    tensor_argument("masked_scatter", mask, "mask", 2)
    tensor_argument("masked_scatter", source, "source", 3)
    check_broadcast("masked_scatter", mask._array.shape, input._array.shape)
    shape = np.broadcast_shapes(mask._array.shape, input._array.shape)
    if mask._array.dtype.kind != "b":
        raise RuntimeError(
            f"masked_scatter_ only supports boolean masks, but got mask with dtype {mask.dtype.type_name}"
        )
    if source.dtype is not input.dtype:
        raise RuntimeError(
            f"masked_scatter: expected self and source to have same dtypes but got {input.dtype.type_name} and "
            f"{source.dtype.type_name}"
        )
    if input._array.shape != shape:
        input = expand(input, shape)
    flags = array_module(mask._array).broadcast_to(mask._array, shape)
    if int(flags.sum()) > source.numel():
        raise RuntimeError("Number of elements of source < number of ones in mask")
    return MaskedScatter()(input, source, flags)


# ---- whole slices ----------------------------------------------------------------------------------------------------


class Overlay(Op):
    """z = x but for z[index] = src, with a basic index;  ∂/∂x is g with 0 there, ∂/∂src is g[index]."""

    def __init__(self, index: tuple[Any, ...]) -> None:
        self.index = index

    def forward(self, x: Any, src: Any) -> Any:
        z = x.copy()
        z[self.index] = src
        return z

    def backward(self, g: Any) -> Any:
        gx = type(self)(self.index)(g, 0) if self.needs[0] else None
        return gx, (g[self.index] if self.needs[1] else None)


class SelectScatter(Overlay):
    """z = x but for its slice i along a dimension, which is src;  ∂/∂x is g with 0 there, ∂/∂src is g's slice."""


class SliceScatter(Overlay):
    """z = x but for its slice a:b:c along a dimension, which is src;  ∂/∂x is g with 0 there, ∂/∂src is g's slice."""


def _fits(input: Any, index: tuple[Any, ...], src: Any) -> None:
    own, wanted = tuple(src.shape), input._array[index].shape
    if own != wanted:
        raise RuntimeError(
            "expected src to have a size equal to the slice of self. "
            f"src size = {list(own)}, slice size = {list(wanted)}"
        )


def select_scatter(input: Tensor, src: Tensor, dim: int, index: int) -> Tensor:
    """A copy of `input` whose slice at `index` along `dim`, as `select` shows it, is `src`.

    Shapes: src as `input` without `dim`; the result has the input's.
    Errors: RuntimeError unless `src` has that shape; IndexError for a `dim` or an index out of range; TypeError for
    what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.select_scatter.html

    >>> import minitorch as torch
    >>> torch.select_scatter(torch.zeros(2, 2), torch.ones(2), 0, 0)
    tensor([[1., 1.],
            [0., 0.]])
    """
    tensor_argument("select_scatter", input)
    tensor_argument("select_scatter", src, "src", 2)
    shape = list(input.shape)
    if not shape:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    dim, index = (
        normalize_dim(as_int("select_scatter", "dim", dim), len(shape)),
        as_int("select_scatter", "index", index),
    )
    if not -shape[dim] <= index < shape[dim]:
        raise IndexError(f"select(): index {index} out of range for tensor of size {shape} at dimension {dim}")
    place = (*[FULL] * dim, index, ...)
    _fits(input, place, src)
    return SelectScatter(place)(input, src)


def slice_scatter(
    input: Tensor, src: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Tensor:
    """A copy of `input` whose slice ``start:end:step`` along `dim` is `src`.

    Shapes: src as ``input[start:end:step]`` along `dim`; the result has the input's.
    Errors: RuntimeError unless `src` has that shape, and for a step that is not positive; IndexError for a `dim` out of
    range; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.slice_scatter.html

    >>> import minitorch as torch
    >>> torch.slice_scatter(torch.zeros(4), torch.ones(2), start=1, end=3)
    tensor([0., 1., 1., 0.])
    """
    tensor_argument("slice_scatter", input)
    tensor_argument("slice_scatter", src, "src", 2)
    if not input.ndim:
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    dim, step = normalize_dim(as_int("slice_scatter", "dim", dim), input.ndim), as_int("slice_scatter", "step", step)
    if step <= 0:
        raise RuntimeError("slice step must be positive")
    place = (*[FULL] * dim, slice(start, end, step), ...)
    _fits(input, place, src)
    return SliceScatter(place)(input, src)
