"""Views with strides of one's own: `as_strided`, and the sliding windows of `unfold`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...autograd.op import Op
from ...device import array_module
from ...tensor import Tensor
from ..checks import normalize_dim, tensor_argument
from ..indexing.repeated_places import combine_at
from .shape import array_of, as_int, as_ints

__all__ = ["as_strided"]


def strided(x: Any, shape: tuple[int, ...], strides: tuple[int, ...]) -> Any:
    """A view of `x` from its first element on; read-only if it may show an element twice, and so hold two values."""
    view = array_module(x).lib.stride_tricks.as_strided(x, shape, strides)
    reach = 0
    for step, n in sorted((step, n) for step, n in zip(strides, shape, strict=True) if n > 1):
        if step <= reach and isinstance(view, np.ndarray):
            view.flags.writeable = False
        reach += (n - 1) * step
    return view


# ---- windows ---------------------------------------------------------------------------------------------------------


class Unfold(Op):
    """z[…, w, …, i] = x[…, w·step + i, …], windows of x;  each element's gradients from all its windows add up."""

    dim: int
    size: int
    step: int
    is_view = True

    def __init__(self, dim: int, size: int, step: int) -> None:
        self.dim, self.size, self.step = dim, size, step

    def forward(self, x: Any) -> Any:
        self.source: tuple[int, ...] = x.shape
        if not x.ndim:
            return x.reshape(1)[: self.size]
        count = (x.shape[self.dim] - self.size) // self.step + 1
        shape = (*x.shape[: self.dim], count, *x.shape[self.dim + 1 :], self.size)
        stride = x.strides[self.dim]
        strides = (*x.strides[: self.dim], stride * self.step, *x.strides[self.dim + 1 :], stride)
        return strided(x, shape, strides)

    def backward(self, g: Any) -> Any:
        return Fold(self.dim, self.size, self.step, self.source)(g)


class Fold(Op):
    """z = the windows of x added up where they lay;  the gradient is g's windows."""

    dim: int
    size: int
    step: int
    shape: tuple[int, ...]

    def __init__(self, dim: int, size: int, step: int, shape: tuple[int, ...]) -> None:
        self.dim, self.size, self.step, self.shape = dim, size, step, shape

    def forward(self, x: Any) -> Any:
        z = array_module(x).zeros(self.shape, x.dtype)
        if not z.ndim:
            return z + x.sum()
        before, count = (slice(None),) * self.dim, x.shape[self.dim]
        for i in range(self.size):  # one offset within the windows at a time: no place occurs twice then
            z[(*before, slice(i, i + count * self.step, self.step))] += x[..., i] if count else 0
        return z

    def backward(self, g: Any) -> Any:
        return UnfoldCopy(self.dim, self.size, self.step)(g)


class UnfoldCopy(Unfold):
    """`Unfold` with memory of its own."""

    is_view = False

    def forward(self, x: Any) -> Any:
        return super().forward(x).copy()


def unfold_dimension(input: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """A view of all windows of `size` elements along `dimension`, one every `step`, as a new last dimension.

    This is ``Tensor.unfold``. Where windows overlap, the view shows elements more than once and cannot be written to.
    RuntimeError where no window fits.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.unfold.html

    >>> import minitorch as torch
    >>> torch.arange(5).unfold(0, 3, 1)
    tensor([[0, 1, 2],
            [1, 2, 3],
            [2, 3, 4]])
    """
    tensor_argument("unfold", input)
    shape = array_of(input).shape
    dim = normalize_dim(as_int("unfold", "dimension", dimension), len(shape))
    size, step = as_int("unfold", "size", size), as_int("unfold", "step", step)
    n = shape[dim] if shape else 1
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0")
    if size > n:
        raise RuntimeError(f"maximum size for tensor at dimension {dim} is {n} but size is {size}")
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    return Unfold(dim, size, step)(input)


# ---- any strides -----------------------------------------------------------------------------------------------------


class AsStrided(Op):
    """z[i, j, …] = the element of x's memory at offset + i·s₀ + j·s₁ + …;  gradients that meet in one element add up.

    Whatever else is led through here, a gradient or another value of x, is first laid out in memory like x.
    """

    size: tuple[int, ...]
    stride: tuple[int, ...]
    offset: int
    source: Any
    is_view = True

    def __init__(self, size: tuple[int, ...], stride: tuple[int, ...], offset: int) -> None:
        self.size, self.stride, self.offset = size, stride, offset
        self.layout: tuple[int, ...] | None = None

    def forward(self, x: Any) -> Any:
        self.source, unit = x.shape, x.itemsize
        if self.layout is None:
            self.layout = tuple(s // unit for s in x.strides)
        laid = x if x.strides == tuple(s * unit for s in self.layout) else _laid_out(x, self.layout)
        memory = array_module(x).lib.stride_tricks.as_strided(
            laid, (x.size,), (unit,)
        )  # x is dense: all of its elements
        return strided(memory[self.offset :], self.size, tuple(s * unit for s in self.stride))

    def backward(self, g: Any) -> Any:
        return StridedSum(self.size, self.stride, self.offset, self.source, self.layout)(g)


def _laid_out(x: Any, layout: tuple[int, ...]) -> Any:
    xp = array_module(x)
    memory = xp.empty(x.size, x.dtype)
    laid = xp.lib.stride_tricks.as_strided(memory, x.shape, tuple(s * x.itemsize for s in layout))
    laid[...] = x
    return laid


class StridedSum(Op):
    """z = 0, with a given layout, but for z's memory at offset + i·s₀ + j·s₁ + …, to which x[i, j, …] is added."""

    size: tuple[int, ...]
    stride: tuple[int, ...]
    offset: int
    shape: tuple[int, ...]
    layout: Any

    def __init__(
        self, size: tuple[int, ...], stride: tuple[int, ...], offset: int, shape: tuple[int, ...], layout: Any
    ) -> None:
        self.size, self.stride, self.offset, self.shape, self.layout = size, stride, offset, shape, layout

    def forward(self, x: Any) -> Any:
        xp = array_module(x)
        places = xp.asarray(self.offset)
        for n, step in zip(self.size, self.stride, strict=True):
            places = places[..., None] + xp.arange(n) * step
        memory = xp.zeros(int(np.prod(self.shape)), x.dtype)
        combine_at("add", memory, places.reshape(-1), x.reshape(-1))
        return xp.lib.stride_tricks.as_strided(memory, self.shape, tuple(s * x.itemsize for s in self.layout)).copy()

    def backward(self, g: Any) -> Any:
        again = AsStridedCopy(self.size, self.stride, self.offset)
        again.layout = self.layout
        return again(g)


class AsStridedCopy(AsStrided):
    """`AsStrided` with memory of its own."""

    is_view = False

    def forward(self, x: Any) -> Any:
        return super().forward(x).copy()


def as_strided(input: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None) -> Tensor:
    """A view of input's memory with any `size` and `stride` (in elements), from `storage_offset` on.

    Where elements are shown more than once, their gradients add up, and the view cannot be written to. Not supported
    are, other than in PyTorch, an `input` with gaps or repetitions in memory, and a view of more than input's own
    elements.

    Shapes: any; the result has `size`.
    Errors: RuntimeError where the view would reach outside of the memory, for negative strides, and where a view of
    memory that is not in reading order is written to; NotImplementedError for what is not supported; TypeError for what
    is not a tensor, and for sizes that are not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.as_strided.html

    >>> import minitorch as torch
    >>> torch.as_strided(torch.arange(9), (2, 2), (1, 2), 1)
    tensor([[1, 3],
            [2, 4]])
    """
    tensor_argument("as_strided", input)
    size, stride = as_ints("as_strided", "size", size), as_ints("as_strided", "stride", stride)
    if len(size) != len(stride):
        raise RuntimeError(
            f"mismatch in length of strides and shape: size {list(size)} has {len(size)}, stride {list(stride)} has "
            f"{len(stride)}"
        )
    if any(s < 0 for s in stride):
        raise RuntimeError(f"as_strided: Negative strides are not supported at the moment, got strides: {list(stride)}")
    if any(n < 0 for n in size):
        raise RuntimeError(f"Trying to create tensor with negative dimension: {list(size)}")
    own = input.storage_offset()
    start = own if storage_offset is None else as_int("as_strided", "storage_offset", storage_offset)
    if start < 0:
        raise RuntimeError(f"Tensor: invalid storage offset {start}")
    array, base = input._array, (input if input._base is None else input._base)._array
    end = start + sum((n - 1) * s for n, s in zip(size, stride, strict=True)) + 1
    if 0 in size:
        start, end = own, own
    if end > base.size:
        raise RuntimeError(
            f"as_strided: sizes {list(size)}, strides {list(stride)}, storage offset {start} requiring a storage of "
            f"{end} elements are out of bounds for storage of {base.size} elements"
        )
    if not _is_dense(array):
        raise NotImplementedError(
            "minitorch's as_strided() does not support a tensor with gaps or repetitions in memory"
        )
    if start < own or end > own + array.size:
        raise NotImplementedError(
            "minitorch's as_strided() does not reach beyond the elements of the tensor it is given"
        )
    out = AsStrided(size, stride, start - own)(input)
    if not base.flags.c_contiguous and isinstance(base, np.ndarray):
        # An in-place change is recorded on a copy of the base in reading order, where these strides mean something
        # else.
        out._array.flags.writeable = False
    return out


def _is_dense(array: Any) -> bool:
    """Whether the elements fill a piece of memory, each its own place in it."""
    steps = sorted((step, n) for step, n in zip(array.strides, array.shape, strict=True) if n != 1)
    expected = array.itemsize
    for step, n in steps:
        if step != expected:
            return array.size == 0
        expected *= n
    return True
