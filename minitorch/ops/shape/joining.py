"""Tensors joined into one, and one cut into several (views)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...autograd.op import Op
from ...device import array_module
from ...dtype import from_numpy_dtype, promote_types
from ...tensor import Tensor
from ..checks import check_same_device, normalize_dim, numpy_names, tensor_argument
from .shape import array_of, as_int, as_ints, reshape

__all__ = [
    "cat", "chunk", "column_stack", "dstack", "hstack", "narrow", "narrow_copy", "row_stack",
    "split", "split_with_sizes", "stack", "unbind", "vstack",
]  # fmt: skip


# ---- joining ---------------------------------------------------------------------------------------------------------


def _is_skipped(array: Any) -> bool:
    # By a rule older than zero-size dimensions, `cat` takes a 1-d tensor without elements beside any shape.
    return array.ndim == 1 and array.size == 0


def _part(g: Any, dim: int, start: int, stop: int) -> Any:
    return g[(slice(None),) * dim + (slice(start, stop),)]


class Cat(Op):
    """z = the inputs side by side along one dimension;  each input's gradient is its part of g."""

    def __init__(self, dim: int) -> None:
        self.dim = dim

    def forward(self, *xs: Any) -> Any:
        self.sizes: list[Any] = [0 if _is_skipped(x) else x.shape[self.dim] for x in xs]
        self.ranks: list[Any] = [x.ndim for x in xs]
        kept = [x for x in xs if not _is_skipped(x)]
        return array_module(xs[0]).concatenate(kept or xs[:1], axis=self.dim if kept else 0)

    def backward(self, g: Any) -> Any:
        result = []
        start = 0
        for size, ndim, need in zip(self.sizes, self.ranks, self.needs, strict=True):
            part = _part(g, self.dim, start, start + size) if need else None
            result.append(part if part is None or part.ndim == ndim else reshape(part, 0))
            start += size
        return tuple(result)


class Stack(Op):
    """z = the inputs side by side along a new dimension;  each input's gradient is its slice of g."""

    def __init__(self, dim: int) -> None:
        self.dim = dim

    def forward(self, *xs: Any) -> Any:
        return array_module(xs[0]).stack(xs, axis=self.dim)

    def backward(self, g: Any) -> Any:
        before = (slice(None),) * self.dim
        return tuple(g[(*before, i, ...)] if need else None for i, need in enumerate(self.needs))


def _sequence(op: str, tensors: Any) -> list[Any]:
    """The tensors to join, in their common dtype."""
    if not isinstance(tensors, tuple | list):
        raise TypeError(
            f"{op}(): argument 'tensors' (position 1) must be tuple of Tensors, not {type(tensors).__name__}"
        )
    for i, x in enumerate(tensors):
        if not isinstance(x, Tensor):
            if not hasattr(x, "dtype"):
                raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type(x).__name__}")
    kinds = {array_of(x).dtype for x in tensors}
    if all(isinstance(x, Tensor) for x in tensors):
        check_same_device(op, *tensors)
    if len(kinds) > 1:
        common = from_numpy_dtype(array_of(tensors[0]).dtype)
        for kind in kinds:
            common = promote_types(common, from_numpy_dtype(kind))
        return [x._cast(common.numpy) if isinstance(x, Tensor) else x.astype(common.numpy) for x in tensors]
    return list(tensors)


def cat(tensors: Sequence[Tensor], dim: int = 0, *, axis: int | None = None) -> Tensor:
    """Tensors joined along dimension `dim`; their other sizes must agree. The common dtype is taken.

    Shapes: tensors that differ along `dim` at most; in the result it is the sum of theirs. An empty vector joins any.
    Errors: RuntimeError for sizes or ranks that do not agree, and 0-d tensors; IndexError for a `dim` out of range;
    ValueError for an empty list; TypeError for what is not a list of tensors.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cat.html

    >>> import minitorch as torch
    >>> torch.cat((torch.tensor([[1, 2]]), torch.tensor([[3, 4]])), dim=1)
    tensor([[1, 2, 3, 4]])
    """
    xs = _sequence("cat", tensors)
    if not xs:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    shapes = [array_of(x).shape for x in xs]
    for i, shape in enumerate(shapes):
        if not shape:
            raise RuntimeError(f"zero-dimensional tensor (at position {i}) cannot be concatenated")
    kept = [(i, shape) for i, shape in enumerate(shapes) if shape != (0,)]
    first = kept[0][1] if kept else shapes[0]
    dim = normalize_dim(as_int("cat", "dim", dim if axis is None else axis), len(first))
    for i, shape in kept:
        if len(shape) != len(first):
            raise RuntimeError(f"Tensors must have same number of dimensions: got {len(first)} and {len(shape)}")
        for d, (m, n) in enumerate(zip(first, shape, strict=True)):
            if d != dim and m != n:
                raise RuntimeError(
                    f"Sizes of tensors must match except in dimension {dim}. Expected size {m} but got size {n} for "
                    f"tensor number {i} in the list."
                )
    return Cat(dim)(*xs)


@numpy_names
def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Tensors of one shape joined along a new dimension at `dim`.

    Shapes: tensors of one shape; the result has one dimension more, of their number.
    Errors: RuntimeError if the shapes differ, and for an empty list; IndexError for a `dim` out of range; TypeError for
    what is not a list of tensors.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.stack.html

    >>> import minitorch as torch
    >>> torch.stack((torch.tensor([1, 2]), torch.tensor([3, 4])), dim=1)
    tensor([[1, 3],
            [2, 4]])
    """
    xs = _sequence("stack", tensors)
    if not xs:
        raise RuntimeError("stack expects a non-empty TensorList")
    shapes = [list(array_of(x).shape) for x in xs]
    dim = normalize_dim(as_int("stack", "dim", dim), len(shapes[0]) + 1)
    for i, shape in enumerate(shapes):
        if shape != shapes[0]:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {shapes[0]} at entry 0 and {shape} at entry {i}"
            )
    return Stack(dim)(*xs)


def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors joined along their second dimension (vectors and numbers along the first).

    Shapes: as in `cat`, along dimension 1, or 0 of vectors; a number counts as a vector.
    Errors: RuntimeError for sizes or ranks that do not agree, and an empty list; TypeError for what is not a list of
    tensors.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.hstack.html

    >>> import minitorch as torch
    >>> torch.hstack((torch.tensor([1]), torch.tensor([2, 3])))
    tensor([1, 2, 3])
    """
    xs = _sequence("hstack", tensors)
    if not xs:
        raise RuntimeError("hstack expects a non-empty TensorList")
    xs = [x if array_of(x).ndim else reshape(x, 1) for x in xs]
    return cat(xs, 0 if xs and array_of(xs[0]).ndim == 1 else 1)


def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors joined along their first dimension, vectors being rows.

    Shapes: as in `cat`, along dimension 0; a vector (n) counts as (1, n).
    Errors: RuntimeError for sizes or ranks that do not agree, and an empty list; TypeError for what is not a list of
    tensors.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.vstack.html

    >>> import minitorch as torch
    >>> torch.vstack((torch.tensor([1, 2]), torch.tensor([3, 4])))
    tensor([[1, 2],
            [3, 4]])
    """
    xs = _sequence("vstack", tensors)
    if not xs:
        raise RuntimeError("vstack expects a non-empty TensorList")
    return cat([x if array_of(x).ndim > 1 else reshape(x, 1, -1) for x in xs])


row_stack = vstack


def dstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors joined along their third dimension, vectors and matrices having one more of size 1 behind.

    Shapes: as in `cat`, along dimension 2; (n) counts as (1, n, 1) and (n, m) as (n, m, 1).
    Errors: RuntimeError for sizes or ranks that do not agree, and an empty list; TypeError for what is not a list of
    tensors.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.dstack.html

    >>> import minitorch as torch
    >>> torch.dstack((torch.tensor([1, 2]), torch.tensor([3, 4])))
    tensor([[[1, 3],
             [2, 4]]])
    """
    xs = _sequence("dstack", tensors)
    if not xs:
        raise RuntimeError("dstack expects a non-empty TensorList")
    shapes = [array_of(x).shape for x in xs]
    wanted = [n if len(n) > 2 else (*n, 1) if len(n) == 2 else (1, *(n or (1,)), 1) for n in shapes]
    return cat([x if own == new else reshape(x, new) for x, own, new in zip(xs, shapes, wanted, strict=True)], 2)


def column_stack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors joined along their second dimension, vectors and numbers being columns.

    Shapes: as in `cat`, along dimension 1; a vector (n) counts as (n, 1).
    Errors: RuntimeError for sizes or ranks that do not agree, and an empty list; TypeError for what is not a list of
    tensors.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.column_stack.html

    >>> import minitorch as torch
    >>> torch.column_stack((torch.tensor([1, 2]), torch.tensor([3, 4])))
    tensor([[1, 3],
            [2, 4]])
    """
    xs = _sequence("column_stack", tensors)
    if not xs:
        raise RuntimeError("column_stack expects a non-empty TensorList")
    return cat([x if array_of(x).ndim > 1 else reshape(x, array_of(x).size, 1) for x in xs], 1)


# ---- cutting ---------------------------------------------------------------------------------------------------------


def _filled(gradients: tuple[Any, ...], outputs: Sequence[tuple[tuple[int, ...], Any]]) -> list[Any]:
    """The gradients of several outputs, zeros for those that got none."""
    xp = array_module(array_of(next(g for g in gradients if g is not None)))
    return [xp.zeros(*out) if g is None else g for g, out in zip(gradients, outputs, strict=True)]


class Split(Op):
    """z₀, z₁, … = consecutive parts of x along one dimension;  their gradients are joined again."""

    sizes: Sequence[int]
    dim: int
    is_view = True

    def __init__(self, sizes: Sequence[int], dim: int) -> None:
        self.sizes, self.dim = sizes, dim

    def forward(self, x: Any) -> Any:
        parts = []
        start = 0
        for size in self.sizes:
            parts.append(_part(x, self.dim, start, start + size))
            start += size
        return tuple(parts)

    def backward(self, *gs: Any) -> Any:
        return Cat(self.dim)(*_filled(gs, self.outputs))


class SplitWithSizes(Split):
    """z₀, z₁, … = parts of x of given sizes along one dimension;  their gradients are joined again."""


class Unbind(Op):
    """z₀, z₁, … = the slices of x along one dimension, which goes;  their gradients are stacked again."""

    is_view = True

    def __init__(self, dim: int) -> None:
        self.dim = dim

    def forward(self, x: Any) -> Any:
        before = (slice(None),) * self.dim
        return tuple([x[(*before, i, ...)] for i in range(x.shape[self.dim])])

    def backward(self, *gs: Any) -> Any:
        return Stack(self.dim)(*_filled(gs, self.outputs))


def split(tensor: Tensor, split_size_or_sections: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Views of consecutive parts along `dim`: of one size (the last may be smaller), or of the listed sizes.

    Shapes: any but 0-d; the sizes of the parts along `dim` add up to input's.
    Errors: RuntimeError for sizes that do not add up, or are negative, and a 0-d tensor; IndexError for a `dim` out of
    range; TypeError for what is not a tensor, and for sizes that are not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.split.html

    >>> import minitorch as torch
    >>> torch.split(torch.arange(5), 2)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    >>> torch.split(torch.arange(5), [1, 4])
    (tensor([0]), tensor([1, 2, 3, 4]))
    """
    tensor_argument("split", tensor, "tensor")
    shape = array_of(tensor).shape
    if not shape:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    dim = normalize_dim(as_int("split", "dim", dim), len(shape))
    n = shape[dim]
    if isinstance(split_size_or_sections, tuple | list):
        sizes = as_ints("split", "split_size", split_size_or_sections)
        if any(size < 0 for size in sizes):
            raise RuntimeError(
                "split_with_sizes expects split_sizes have only non-negative entries, but got "
                f"split_sizes={list(sizes)}"
            )
        if sum(sizes) != n:
            raise RuntimeError(
                f"split_with_sizes expects split_sizes to sum exactly to {n} (input tensor's size at dimension {dim}), "
                f"but got split_sizes={list(sizes)}"
            )
        return SplitWithSizes(sizes, dim)(tensor)
    size = as_int("split", "split_size", split_size_or_sections)
    if size < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={size}")
    if size == 0 and n != 0:
        raise RuntimeError(f"split_size can only be 0 if dimension size is 0, but got dimension size of {n}")
    starts = range(0, n, size) if n else (0,)
    return Split([min(size, n - start) for start in starts], dim)(tensor)


def split_with_sizes(input: Tensor, split_sizes: Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """`split` into parts of the listed sizes.

    Shapes: as in `split`.
    Errors: RuntimeError for sizes that do not add up, or are negative, and a 0-d tensor; IndexError for a `dim` out of
    range; TypeError for what is not a tensor, and for `split_sizes` that are not a list of ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.split.html

    >>> import minitorch as torch
    >>> torch.split_with_sizes(torch.arange(3), [1, 2])
    (tensor([0]), tensor([1, 2]))
    """
    return split(input, as_ints("split_with_sizes", "split_sizes", _listed(split_sizes)), dim)


def _listed(sizes: Any) -> Any:
    if not isinstance(sizes, tuple | list):
        raise TypeError(
            f"split_with_sizes(): argument 'split_sizes' (position 2) must be tuple of ints, not {type(sizes).__name__}"
        )
    return sizes


@numpy_names
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Views of at most `chunks` consecutive parts of equal size ⌈n/chunks⌉ along `dim` (the last may be smaller).

    Shapes: any but 0-d; the sizes of the parts along `dim` add up to input's.
    Errors: RuntimeError for fewer than one chunk, and a 0-d tensor; IndexError for a `dim` out of range; TypeError for
    what is not a tensor, and for `chunks` that are not an int.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.chunk.html

    >>> import minitorch as torch
    >>> torch.chunk(torch.arange(5), 3)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    tensor_argument("chunk", input)
    chunks = as_int("chunk", "chunks", chunks)
    shape = array_of(input).shape
    if not shape:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    n = shape[normalize_dim(as_int("chunk", "dim", dim), len(shape))]
    return split(input, -(-n // chunks) if n else [0] * chunks, dim)


@numpy_names
def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """Views of all slices along `dim`, without that dimension.

    Shapes: any but 0-d; each result lacks `dim`.
    Errors: IndexError for a `dim` out of range; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.unbind.html

    >>> import minitorch as torch
    >>> torch.unbind(torch.tensor([[1, 2], [3, 4]]))
    (tensor([1, 2]), tensor([3, 4]))
    """
    tensor_argument("unbind", input)
    ndim = array_of(input).ndim
    if not ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return Unbind(normalize_dim(as_int("unbind", "dim", dim), ndim))(input)


@numpy_names
def narrow(input: Tensor, dim: int, start: Tensor | int, length: int) -> Tensor:
    """A view of `length` elements along `dim`, from `start`.

    Shapes: any but 0-d; in the result `dim` has size `length`.
    Errors: RuntimeError if they are not all there, and for a 0-d tensor; IndexError for a `dim` or a `start` out of
    range; TypeError for what is not a tensor, and for what is not an int.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.narrow.html

    >>> import minitorch as torch
    >>> torch.narrow(torch.arange(5), 0, 1, 3)
    tensor([1, 2, 3])
    """
    dim, start, stop = _narrowed("narrow", input, dim, start, length)
    return _part(input, dim, start, stop)


def _narrowed(op: str, input: Any, dim: Any, start: Any, length: Any) -> tuple[int, int, int]:
    tensor_argument(op, input)
    shape = array_of(input).shape
    if not shape:
        raise RuntimeError(f"{op}() cannot be applied to a 0-dim tensor.")
    start, length = as_int(op, "start", start), as_int(op, "length", length)
    dim = normalize_dim(as_int(op, "dim", dim), len(shape))
    n = shape[dim]
    if length < 0:
        raise RuntimeError(f"{op}(): length must be non-negative.")
    if not -n <= start <= n:
        raise IndexError(f"start out of range (expected to be in range of [{-n}, {n}], but got {start})")
    start += n if start < 0 else 0
    if start + length > n:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({n}).")
    return dim, start, start + length


class NarrowCopy(Op):
    """z = consecutive elements of x along one dimension, copied;  the gradient goes back to them, 0 elsewhere."""

    dim: int
    start: int
    stop: int

    def __init__(self, dim: int, start: int, stop: int) -> None:
        self.dim, self.start, self.stop = dim, start, stop

    def forward(self, x: Any) -> Any:
        self.source: tuple[int, ...] = x.shape
        return _part(x, self.dim, self.start, self.stop).copy()

    def backward(self, g: Any) -> Any:
        return NarrowPlace(self.dim, self.start, self.stop, self.source)(g)


class NarrowPlace(NarrowCopy):
    """z = 0 but for consecutive elements along one dimension, which are x;  the gradient is that part of g."""

    dim: int
    start: int
    stop: int
    shape: tuple[int, ...]

    def __init__(self, dim: int, start: int, stop: int, shape: tuple[int, ...]) -> None:
        self.dim, self.start, self.stop, self.shape = dim, start, stop, shape

    def forward(self, x: Any) -> Any:
        z = array_module(x).zeros(self.shape, x.dtype)
        _part(z, self.dim, self.start, self.stop)[...] = x
        return z

    def backward(self, g: Any) -> Any:
        return NarrowCopy(self.dim, self.start, self.stop)(g)


@numpy_names
def narrow_copy(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """`narrow` with memory of its own: a copy of `length` elements along `dim`, from `start`.

    Shapes: any but 0-d; in the result `dim` has size `length`.
    Errors: RuntimeError if they are not all there, and for a 0-d tensor; IndexError for a `dim` or a `start` out of
    range; TypeError for what is not a tensor, and for what is not an int.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.narrow_copy.html

    >>> import minitorch as torch
    >>> torch.narrow_copy(torch.arange(5), 0, 1, 3)
    tensor([1, 2, 3])
    """
    return NarrowCopy(*_narrowed("narrow_copy", input, dim, start, length))(input)
