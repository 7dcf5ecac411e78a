"""Elements picked by index along one dimension, or by a mask."""

from __future__ import annotations

from typing import Any, Literal, overload

import numpy as np

from ...autograd.op import Op
from ...device import array_module, signed
from ...tensor import Tensor, wrap
from ...types import Number
from ..checks import (
    can_look,
    check_broadcast,
    check_devices,
    normalize_dim,
    number,
    numpy_names,
    on_one_device,
    tensor_argument,
)
from ..elementwise.selection import where
from ..shape.repetition import broadcast_tensors, expand
from ..shape.shape import array_of, as_int, as_ints, reshape
from .indexing import FULL, Index, scatter_sum

__all__ = [
    "gather", "index_select", "masked_fill", "masked_select", "nonzero", "repeat_interleave", "take", "take_along_dim",
    "tril", "triu", "unravel_index",
]  # fmt: skip


# ---- along one dimension ---------------------------------------------------------------------------------------------


def places(index: Any, dim: int) -> tuple[Any, ...]:
    """The full index that ``index`` along `dim` stands for: its own position in every other dimension."""
    xp = array_module(index)
    result: list[Any] = []
    for d, n in enumerate(index.shape):
        positions = xp.arange(n).reshape((1,) * d + (n,) + (1,) * (index.ndim - d - 1))
        result.append(index if d == dim else positions)
    return tuple(result)


class Gather(Op):
    """z[i, j] = x[index[i, j], j] (for dim 0);  each element's gradient goes back to its place, and adds up."""

    def __init__(self, dim: int) -> None:
        self.dim = dim

    def forward(self, x: Any, index: Any) -> Any:
        self.source: tuple[int, ...] = x.shape
        self.save(index)
        return x[places(index, self.dim)] if x.ndim else x.copy()

    def backward(self, g: Any) -> Any:
        (index,) = self.saved
        return GatherSum(self.dim, self.source)(g, index), None


class GatherSum(Op):
    """z = 0 but for z[index[i, j], j] += x[i, j];  the gradient is gathered."""

    dim: int
    shape: tuple[int, ...]

    def __init__(self, dim: int, shape: tuple[int, ...]) -> None:
        self.dim, self.shape = dim, shape

    def forward(self, x: Any, index: Any) -> Any:
        self.save(index)
        return scatter_sum(self.shape, places(index, self.dim), x) if x.ndim else x.copy()

    def backward(self, g: Any) -> Any:
        (index,) = self.saved
        return Gather(self.dim)(g, index), None


def _checked(op: str, input: Any, dim: Any, index: Any) -> tuple[int, Any]:
    """`dim` from the front; `index`, found right in dtype, rank, sizes and range."""
    tensor_argument(op, input)
    tensor_argument(op, index, "index", 3)
    if isinstance(input, Tensor) and isinstance(index, Tensor):
        check_devices(op, input, index)
    shape, array = array_of(input).shape, array_of(index)
    dim = normalize_dim(as_int(op, "dim", dim), len(shape))
    if array.dtype not in (np.int64, np.int32):
        raise RuntimeError(f"{op}(): Expected dtype int32/int64 for index")
    if max(array.ndim, 1) != max(len(shape), 1):
        raise RuntimeError("Index tensor must have the same number of dimensions as input tensor")
    if array.size == 0:
        return dim, index
    for d, (n, m) in enumerate(zip(array.shape, shape, strict=False)):
        if d != dim and n > m:
            raise RuntimeError(
                f"Size does not match at dimension {d} expected index {list(array.shape)} to be no larger than self "
                f"{list(shape)} apart from dimension {dim}"
            )
    size = shape[dim] if shape else 1
    if can_look(array) and (array.min() < 0 or array.max() >= size):
        bad = array[(array < 0) | (array >= size)].reshape(-1)[0]
        raise RuntimeError(f"index {int(bad)} is out of bounds for dimension {dim} with size {size}")
    return dim, index


def _like(x: Any, ndim: int) -> Any:
    """A vector as a 0-d tensor or the other way round: where one is wanted, PyTorch takes the other."""
    own = array_of(x).ndim
    return x if own == ndim else reshape(x, -1 if ndim else ())


@numpy_names
def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> Tensor:
    """Elements picked along `dim`: out[i][j] = input[index[i][j]][j] for dim 0, input[i][index[i][j]] for dim 1, …

    Nothing broadcasts. `sparse_grad` is not supported.

    Shapes: index, of integers, has the rank of `input` and, but along `dim`, at most its sizes; the result has the
    index's.
    Errors: RuntimeError for an index out of range, of another rank or dtype, or a size larger than the input's;
    IndexError for a `dim` out of range; NotImplementedError for `sparse_grad`; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.gather.html

    >>> import minitorch as torch
    >>> torch.gather(torch.tensor([[1, 2], [3, 4]]), 1, torch.tensor([[0, 0], [1, 0]]))
    tensor([[1, 1],
            [4, 3]])
    """
    if sparse_grad:
        raise NotImplementedError("minitorch's gather() does not support sparse_grad=True")
    dim, index = _checked("gather", input, dim, index)
    return Gather(dim)(_like(input, array_of(index).ndim), index)


def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """`gather` with the other sizes broadcast; without `dim`, from the flat tensor.

    Shapes: input and indices of one rank, which broadcast but for `dim`: it is as long as in the indices. Without it
    the indices are a vector, or count as one.
    Errors: RuntimeError for shapes that do not broadcast, and indices out of range, of another rank, or not of
    integers; IndexError for a `dim` out of range; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.take_along_dim.html

    >>> import minitorch as torch
    >>> x = torch.tensor([[30, 10], [20, 40]])
    >>> torch.take_along_dim(x, torch.argsort(x, dim=1), dim=1)
    tensor([[10, 30],
            [20, 40]])
    """
    tensor_argument("take_along_dim", input)
    tensor_argument("take_along_dim", indices, "indices", 2)
    if dim is None:
        return gather(reshape(input, -1), 0, reshape(indices, -1))
    shape, wanted = array_of(input).shape, array_of(indices).shape
    if len(shape) != len(wanted):
        raise RuntimeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, but got "
            f"{len(shape)} dimensions for input, and {len(wanted)} dimensions for indices"
        )
    dim = normalize_dim(dim, len(shape))
    rest = [tuple(1 if d == dim else n for d, n in enumerate(sizes)) for sizes in (shape, wanted)]
    check_broadcast("take_along_dim", *rest)
    common = np.broadcast_shapes(*rest)
    input = expand(input, tuple(shape[d] if d == dim else n for d, n in enumerate(common)))
    return gather(input, dim, expand(indices, tuple(wanted[d] if d == dim else n for d, n in enumerate(common))))


class IndexSelect(Index):
    """z = x[index] along one dimension;  each element's gradient goes back to its place, and adds up."""


@numpy_names
def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The slices of `input` along `dim` that the integer tensor `index` names, copied.

    Shapes: index (N) or (); in the result `dim` has size N.
    Errors: IndexError for an index out of range or with more dimensions, and for a `dim` out of range; RuntimeError for
    an index that is not of integers; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.index_select.html

    >>> import minitorch as torch
    >>> torch.index_select(torch.tensor([[1, 2, 3], [4, 5, 6]]), 1, torch.tensor([2, 0]))
    tensor([[3, 1],
            [6, 4]])
    """
    tensor_argument("index_select", input)
    tensor_argument("index_select", index, "index", 3)
    check_devices("index_select", input, index)
    shape, array = array_of(input).shape, array_of(index)
    dim = normalize_dim(as_int("index_select", "dim", dim), len(shape))
    if array.ndim > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    if array.dtype not in (np.int64, np.int32):
        raise RuntimeError("index_select(): Expected dtype int32 or int64 for index")
    array = array.reshape(-1).copy()  # its owner may change it before backward
    if array.size and can_look(array) and (array.min() < 0 or array.max() >= (shape[dim] if shape else 1)):
        raise IndexError("index out of range in self")
    if not shape:
        if array.size != 1:
            raise IndexError("index_select(): Index to scalar can have only 1 value")
        return reshape(IndexSelect((array,))(reshape(input, 1)), ())
    return IndexSelect((*[FULL] * dim, array))(input)


@numpy_names
def repeat_interleave(
    input: Tensor, repeats: Tensor | int | None = None, dim: int | None = None, *, output_size: int | None = None
) -> Tensor:
    """Each slice along `dim` (each element of the flat tensor by default) `repeats` times, the copies side by side.

    `repeats` is an int, or an integer tensor with a number for each slice. With one argument, that is `repeats`, and
    the numbers 0, 1, 2, … are repeated. `output_size`, the size of the result, need not be given and is checked.

    Shapes: repeats (N) for a `dim` of size N, or one number; in the result `dim` has size Σ repeats, and without `dim`
    it is all there is.
    Errors: RuntimeError for negative repeats, for another number of them, and for an `output_size` that is not their
    sum; NotImplementedError for repeats that are not of integers; IndexError for a `dim` out of range; TypeError for
    what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.repeat_interleave.html

    >>> import minitorch as torch
    >>> torch.repeat_interleave(torch.tensor([1, 2]), 2)
    tensor([1, 1, 2, 2])
    >>> torch.repeat_interleave(torch.tensor([[1, 2], [3, 4]]), torch.tensor([1, 2]), dim=0)
    tensor([[1, 2],
            [3, 4],
            [3, 4]])
    """
    tensor_argument("repeat_interleave", input)
    op = "repeat_interleave"
    if repeats is None:
        return wrap(_repeated(op, input._array, output_size))
    x = reshape(input, -1) if dim is None else input
    shape = array_of(x).shape
    dim = 0 if dim is None else normalize_dim(as_int(op, "dim", dim), len(shape))
    if not shape:
        raise IndexError("Dimension out of range (expected to be in range of [-1, 0], but got 1)")
    xp, n = array_module(array_of(x)), shape[dim]
    if isinstance(repeats, Tensor):
        check_devices(op, input, repeats)
        counts = repeats._array
        if counts.ndim > 1:
            raise RuntimeError("repeats must be 0-dim or 1-dim tensor")
        if counts.size not in (1, n):
            raise RuntimeError(
                "repeats must have the same size as input along dim, but got repeats.size(0) = "
                f"{counts.size} and input.size({dim}) = {n}"
            )
        counts = xp.broadcast_to(counts.reshape(-1), n)
    else:
        count = as_int(op, "repeats", repeats)
        if count < 0:
            raise RuntimeError("Repeats must be non-negative")
        counts = xp.full(n, count, dtype=np.int64)
    return index_select(x, dim, wrap(_repeated(op, counts, output_size)))


def _repeated(op: str, counts: Any, output_size: int | None) -> Any:
    """0 counts[0] times, 1 counts[1] times, …"""
    if counts.dtype not in (np.int64, np.int32):
        raise NotImplementedError(f"\"{op}_cpu\" not implemented for '{counts.dtype}'")
    if counts.ndim != 1:
        raise RuntimeError(f"{op} only accept 1D vector as repeat")
    if counts.size and counts.min() < 0:
        raise RuntimeError("repeats can not be negative")
    xp = array_module(counts)
    if output_size is not None and output_size != int(counts.sum()):
        raise RuntimeError(f"{op}: output_size is {output_size}, but the repeats add up to {int(counts.sum())}")
    ends = counts.cumsum()
    return xp.searchsorted(ends, xp.arange(int(counts.sum())), side="right").astype(counts.dtype)


class Take(Index):
    """z = the elements of x, read as one row, at the given places;  their gradients go back there, and add up."""

    def forward(self, x: Any) -> Any:
        self.shape: tuple[int, ...] = x.shape
        flat = x.reshape(-1)
        self.source: tuple[int, ...] = flat.shape
        return flat[self.index]

    def backward(self, g: Any) -> Any:
        return reshape(super().backward(g), self.shape)


def take(input: Tensor, index: Tensor) -> Tensor:
    """The elements of `input`, read as one row, at the places in the int64 tensor `index`.

    Negative places count from the end.

    Shapes: any; the result has the index's.
    Errors: IndexError for a place out of range; RuntimeError for an index of another dtype than int64; TypeError for
    what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.take.html

    >>> import minitorch as torch
    >>> torch.take(torch.tensor([[4, 3], [5, 6]]), torch.tensor([0, 2]))
    tensor([4, 5])
    """
    tensor_argument("take", input)
    tensor_argument("take", index, "index", 2)
    check_devices("take", input, index)
    array, size = array_of(index), array_of(input).size
    if array.dtype != np.int64:
        raise RuntimeError(f"take(): Expected a long tensor for index, but got {array.dtype}")
    if array.size and not size:
        raise IndexError("take(): tried to take from an empty tensor")
    return Take((flat_places(array, size),))(input)


def flat_places(index: Any, size: int) -> Any:
    """A copy of `index` with negative places counted from the front. IndexError outside of `size` elements."""
    if index.size and can_look(index) and (index.min() < -size or index.max() >= size):
        bad = index[(index < -size) | (index >= size)].reshape(-1)[0]
        raise IndexError(f"out of range: tried to access index {int(bad)} on a tensor of {size} elements.")
    return array_module(index).where(index < 0, index + size, index)


# ---- by a mask -------------------------------------------------------------------------------------------------------


class MaskedSelect(Index):
    """z = the elements of x where the mask holds, in reading order;  their gradients go back to their places."""


class MaskedFill(Op):
    """z = value where the mask holds, else x;  g goes to x where the mask does not hold, to value where it does."""

    def forward(self, x: Any, value: Any, mask: Any) -> Any:
        self.save(mask)
        xp = array_module(x)
        return xp.where(mask, xp.asarray(signed(value, x)).astype(x.dtype), x)

    def backward(self, g: Any) -> Any:
        (mask,) = self.saved
        gx = MaskedFill()(g, 0, mask) if self.needs[0] else None
        return gx, (where(mask, g, 0.0) if self.needs[1] else None), None


class MaskedFillTensor(MaskedFill, label="MaskedFillBackward1"):
    """z = a 0-d tensor's value where the mask holds, else x;  see MaskedFill."""


def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements of `input` where the bool tensor `mask`, broadcast with it, holds: a copy in reading order.

    Shapes: input and mask broadcast; the result is a vector.
    Errors: RuntimeError for shapes that do not broadcast, and a mask of another dtype than bool; TypeError for what is
    not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.masked_select.html

    >>> import minitorch as torch
    >>> x = torch.tensor([1., -2., 3.])
    >>> torch.masked_select(x, x > 0)
    tensor([1., 3.])
    """
    tensor_argument("masked_select", input)
    tensor_argument("masked_select", mask, "mask", 2)
    check_devices("masked_select", input, mask)
    if array_of(mask).dtype.kind != "b":
        raise RuntimeError("masked_select: expected BoolTensor for mask")
    input, mask = broadcast_tensors(input, mask)
    if not array_of(input).ndim:
        input, mask = reshape(input, 1), reshape(mask, 1)
    return MaskedSelect(array_of(mask).nonzero())(input)


def masked_fill(input: Tensor, mask: Tensor, value: Tensor | Number) -> Tensor:
    """A copy of `input` with `value`, a number or a 0-d tensor, where the bool tensor `mask`, broadcast, holds.

    Shapes: input and mask broadcast; the result has the common shape. A tensor `value` is ().
    Errors: RuntimeError for shapes that do not broadcast, a mask of another dtype than bool, and a `value` with
    dimensions; TypeError for what is not a tensor, and a value that is no number either.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.masked_fill_.html

    >>> import minitorch as torch
    >>> x = torch.tensor([1., -2., 3.])
    >>> x.masked_fill(x < 0, 0.)
    tensor([1., 0., 3.])
    """
    tensor_argument("masked_fill", input)
    tensor_argument("masked_fill", mask, "mask", 2)
    flags, shape = array_of(mask), array_of(input).shape
    if flags.dtype.kind != "b":
        kind = mask.dtype.name if isinstance(mask, Tensor) else flags.dtype
        raise RuntimeError(f"masked_fill_ only supports boolean masks, but got mask with dtype {kind}")
    check_broadcast("masked_fill", flags.shape, shape)
    if not isinstance(value, Tensor):
        return MaskedFill()(input, number("masked_fill", value), mask)
    if value._array.ndim:
        raise RuntimeError(
            f"masked_fill_ only supports a 0-dimensional value tensor, but got tensor with {value._array.ndim} "
            "dimension(s)."
        )
    if isinstance(input, Tensor):
        input, value = on_one_device("masked_fill", input, value)
    return MaskedFillTensor()(input, value, mask)


@overload
def nonzero(input: Tensor, *, as_tuple: Literal[False] = False) -> Tensor: ...
@overload
def nonzero(input: Tensor, *, as_tuple: Literal[True]) -> tuple[Tensor, ...]: ...
def nonzero(input: Tensor, *, as_tuple: bool = False) -> Tensor | tuple[Tensor, ...]:
    """The positions of the elements that are not 0: a row each, or a tuple with a tensor per dimension.

    Shapes: any; the result is (count, number of dimensions), or with `as_tuple` vectors (count).
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nonzero.html

    >>> import minitorch as torch
    >>> torch.nonzero(torch.tensor([[0, 3], [4, 0]]))
    tensor([[0, 1],
            [1, 0]])
    """
    tensor_argument("nonzero", input)
    array = input._array
    xp = array_module(array)
    if array.ndim == 0:
        if as_tuple:
            return (wrap(array.reshape(1).nonzero()[0]),)
        return wrap(xp.zeros((int(array != 0), 0), dtype=np.int64))
    found = array.nonzero()
    return tuple(wrap(i) for i in found) if as_tuple else wrap(xp.stack(found, axis=1))


class Tril(Op):
    """z = x below and on a diagonal, 0 above;  the gradient likewise."""

    def __init__(self, diagonal: int) -> None:
        self.diagonal = diagonal

    def forward(self, x: Any) -> Any:
        return array_module(x).tril(x, self.diagonal)

    def backward(self, g: Any) -> Any:
        return Tril(self.diagonal)(g)


class Triu(Op):
    """z = x above and on a diagonal, 0 below;  the gradient likewise."""

    def __init__(self, diagonal: int) -> None:
        self.diagonal = diagonal

    def forward(self, x: Any) -> Any:
        return array_module(x).triu(x, self.diagonal)

    def backward(self, g: Any) -> Any:
        return Triu(self.diagonal)(g)


def _matrix(op: str, input: Any) -> None:
    tensor_argument(op, input)
    if array_of(input).ndim < 2:
        raise RuntimeError(f"{op}: input tensor must have at least 2 dimensions")


def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """The lower triangles of matrices, 0 above the diagonal (the one `diagonal` steps above the main one).

    Shapes: input (…, N, M) → (…, N, M).
    Errors: RuntimeError for fewer than two dimensions; TypeError for what is not a tensor, and for a `diagonal` that is
    not an int.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.tril.html

    >>> import minitorch as torch
    >>> torch.tril(torch.ones(2, 2))
    tensor([[1., 0.],
            [1., 1.]])
    """
    _matrix("tril", input)
    return Tril(as_int("tril", "diagonal", diagonal))(input)


def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """The upper triangles of matrices, 0 below the diagonal (the one `diagonal` steps above the main one).

    Shapes: input (…, N, M) → (…, N, M).
    Errors: RuntimeError for fewer than two dimensions; TypeError for what is not a tensor, and for a `diagonal` that is
    not an int.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.triu.html

    >>> import minitorch as torch
    >>> torch.triu(torch.ones(2, 2))
    tensor([[1., 1.],
            [0., 1.]])
    """
    _matrix("triu", input)
    return Triu(as_int("triu", "diagonal", diagonal))(input)


def unravel_index(indices: Tensor, shape: Any) -> tuple[Tensor, ...]:
    """Places in the flat tensor as a tensor of places for each dimension of `shape`.

    Shapes: any; each result has the indices'.
    Errors: TypeError for indices that are not a tensor of integers, and a `shape` that is not of ints; ValueError for a
    negative size.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.unravel_index.html

    >>> import minitorch as torch
    >>> torch.unravel_index(torch.tensor([1, 5]), (2, 3))
    (tensor([0, 1]), tensor([1, 2]))
    """
    tensor_argument("unravel_index", indices, "indices")
    if indices._array.dtype.kind not in "iu":
        raise TypeError(f"expected 'indices' to be integer dtype, but got {indices.dtype}")
    sizes = as_ints("unravel_index", "shape", shape)
    if any(n < 0 for n in sizes):
        raise ValueError(f"'shape' cannot have negative values, but got {sizes}")
    rest, places_ = indices._array, []
    for n in reversed(sizes):
        places_.append(wrap(rest % n))
        rest = rest // n
    return tuple(reversed(places_))
