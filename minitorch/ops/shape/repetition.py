"""Elements repeated, turned round, or copied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...autograd.op import Op
from ...device import array_module
from ...tensor import Tensor
from ..checks import normalize_dim, tensor_argument
from .shape import array_of, as_int, as_ints, normalize_dims, reshape

__all__ = [
    "broadcast_tensors", "broadcast_to", "clone", "contiguous", "expand", "expand_as", "flip", "fliplr", "flipud",
    "repeat", "roll", "rot90", "tile",
]  # fmt: skip


class Expand(Op):
    """z = x, each dimension of size 1 repeated (without copying);  the gradients of the repetitions add up.

    The engine adds them, as it does wherever something was broadcast.
    """

    is_view = True

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def forward(self, x: Any) -> Any:
        if x.shape == self.shape:
            return x[...]
        z = array_module(x).broadcast_to(x, self.shape)
        if not getattr(z.flags, "writeable", True) and x.flags.writeable:
            z.flags.writeable = True  # NumPy is cautious; what may be written, `Tensor._write` knows
        return z

    def backward(self, g: Any) -> Any:
        return g


def expand(input: Any, size: Any = (), *more: Any) -> Tensor:
    """A view in which dimensions of size 1 (and new ones in front) are repeated to `size`; −1 keeps a size.

    No memory is copied: many elements are one, so that only `fill_` and `zero_` may write to the view.

    Shapes: input broadcasts to `size`, which the result has.
    Errors: RuntimeError where a size other than 1 would change, and for fewer sizes than dimensions; TypeError for what
    is not a tensor, and for sizes that are not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.expand.html

    >>> import minitorch as torch
    >>> torch.tensor([[1], [2]]).expand(-1, 3)
    tensor([[1, 1, 1],
            [2, 2, 2]])
    """
    tensor_argument("expand", input)
    array = array_of(input)
    size = as_ints("expand", "size", size, more)
    new = len(size) - array.ndim
    if new < 0:
        kind = f"torch.{input.dtype.type_name}Tensor" if isinstance(input, Tensor) else str(array.dtype)
        raise RuntimeError(
            f"expand({kind}{{{list(array.shape)}}}, size={list(size)}): the number of sizes provided ({len(size)}) "
            f"must be greater or equal to the number of dimensions in the tensor ({array.ndim})"
        )
    shape = []
    for d, n in enumerate(size):
        if d < new:
            if n < 0:
                raise RuntimeError(
                    f"The expanded size of the tensor ({n}) isn't allowed in a leading, non-existing dimension {d}"
                )
            shape.append(n)
            continue
        old = array.shape[d - new]
        if n != -1 and n != old and (old != 1 or n < 0):
            raise RuntimeError(
                f"The expanded size of the tensor ({n}) must match the existing size ({old}) at non-singleton "
                f"dimension {d}.  Target sizes: {list(size)}.  Tensor sizes: {list(array.shape)}"
            )
        shape.append(old if n == -1 else n)
    return Expand(tuple(shape))(input)


def expand_as(input: Any, other: Any) -> Tensor:
    """``input.expand(other.shape)``.

    Shapes: input broadcasts to the other's, which the result has.
    Errors: RuntimeError where a size other than 1 would change; TypeError for an input that is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.expand_as.html

    >>> import minitorch as torch
    >>> torch.tensor([1, 2]).expand_as(torch.zeros(2, 2))
    tensor([[1, 2],
            [1, 2]])
    """
    tensor_argument("expand_as", other, "other")
    return expand(input, tuple(other.shape))


def broadcast_to(input: Tensor, size: Any = (), *more: Any) -> Tensor:
    """`expand` under NumPy's name.

    Shapes: input broadcasts to `size`, which the result has.
    Errors: RuntimeError where a size other than 1 would change, and for fewer sizes than dimensions; TypeError for what
    is not a tensor, and for sizes that are not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.broadcast_to.html

    >>> import minitorch as torch
    >>> torch.broadcast_to(torch.tensor([1, 2]), (2, 2))
    tensor([[1, 2],
            [1, 2]])
    """
    return expand(input, size, *more)


def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """Views of the tensors in the one shape to which they all broadcast.

    Shapes: tensors broadcast; each result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.broadcast_tensors.html

    >>> import minitorch as torch
    >>> a, b = torch.broadcast_tensors(torch.zeros(3), torch.zeros(2, 1))
    >>> a.shape, b.shape
    (torch.Size([2, 3]), torch.Size([2, 3]))
    """
    shape: list[int] = []
    for i, x in enumerate(tensors):
        tensor_argument("broadcast_tensors", x, "tensors", i + 1)
        own = array_of(x).shape
        shape = [1] * (len(own) - len(shape)) + shape
        for back in range(1, len(own) + 1):
            m, n = shape[-back], own[-back]
            if m != n and m != 1 and n != 1:
                raise RuntimeError(
                    f"The size of tensor a ({m}) must match the size of tensor b ({n}) at non-singleton dimension "
                    f"{len(shape) - back}"
                )
            if m == 1:
                shape[-back] = n
    return tuple(x if array_of(x).shape == tuple(shape) else Expand(tuple(shape))(x) for x in tensors)


class Repeat(Op):
    """z = copies of x side by side;  the gradients of the copies add up."""

    def __init__(self, repeats: tuple[int, ...]) -> None:
        self.repeats = repeats

    def forward(self, x: Any) -> Any:
        self.source: Any = (1,) * (len(self.repeats) - x.ndim) + x.shape
        return array_module(x).tile(x, self.repeats)

    def backward(self, g: Any) -> Any:
        if not self.repeats:
            return g
        shape: list[int] = []  # (copies, own size) for every dimension
        for r, n in zip(self.repeats, self.source, strict=True):
            shape += [r, n]
        return reshape(g, tuple(shape)).sum(tuple(range(0, len(shape), 2)))


def repeat(input: Any, repeats: Any = (), *more: Any) -> Tensor:
    """Copies of `input` side by side, repeats[i] of them along dimension i; extra repeats make new dimensions in front.

    Shapes: any; the sizes, from the last back, are multiplied by `repeats`.
    Errors: RuntimeError for fewer repeats than dimensions, and negative ones; TypeError for what is not a tensor, and
    for repeats that are not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.repeat.html

    >>> import minitorch as torch
    >>> torch.tensor([1, 2]).repeat(2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    tensor_argument("repeat", input)
    repeats = as_ints("repeat", "repeats", repeats, more)
    shape = array_of(input).shape
    if len(repeats) < len(shape):
        raise RuntimeError("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    sizes = [r * n for r, n in zip(repeats, (1,) * (len(repeats) - len(shape)) + shape, strict=True)]
    for n in sizes:
        if n < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {n}: {sizes}")
    return Repeat(repeats)(input)


def tile(input: Tensor, dims: Any = (), *more: Any) -> Tensor:
    """`repeat`, except that missing repeats count as 1 in front.

    Shapes: any; the sizes, from the last back, are multiplied by `dims`.
    Errors: RuntimeError for negative repeats; TypeError for what is not a tensor, and for repeats that are not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.tile.html

    >>> import minitorch as torch
    >>> torch.tile(torch.tensor([[1], [2]]), (2,))
    tensor([[1, 1],
            [2, 2]])
    """
    tensor_argument("tile", input)
    dims = as_ints("tile", "dims", dims, more)
    return repeat(input, (1,) * (array_of(input).ndim - len(dims)) + dims)


class Flip(Op):
    """z = x read backwards along some dimensions;  the gradient is read backwards too."""

    def __init__(self, dims: tuple[int, ...]) -> None:
        self.dims = dims

    def forward(self, x: Any) -> Any:
        return array_module(x).flip(x, self.dims).copy() if x.ndim else x.copy()

    def backward(self, g: Any) -> Any:
        return Flip(self.dims)(g)


def flip(input: Tensor, dims: Any = (), *more: Any) -> Tensor:
    """A copy with the order of the elements reversed along `dims`.

    Shapes: any; the result has the input's.
    Errors: IndexError for a dimension out of range; RuntimeError for one named twice; TypeError for what is not a
    tensor, and for `dims` that are not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.flip.html

    >>> import minitorch as torch
    >>> torch.flip(torch.tensor([1, 2, 3]), (0,))
    tensor([3, 2, 1])
    """
    tensor_argument("flip", input)
    return Flip(normalize_dims("flip", as_ints("flip", "dims", dims, more), array_of(input).ndim))(input)


def fliplr(input: Tensor) -> Tensor:
    """A copy with the order of the columns reversed: `flip` along dimension 1.

    Shapes: any with two dimensions; the result has the input's.
    Errors: RuntimeError with fewer dimensions; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.fliplr.html

    >>> import minitorch as torch
    >>> torch.fliplr(torch.tensor([[1, 2], [3, 4]]))
    tensor([[2, 1],
            [4, 3]])
    """
    tensor_argument("fliplr", input)
    if array_of(input).ndim < 2:
        raise RuntimeError("fliplr(): Input must be >= 2-d.")
    return flip(input, 1)


def flipud(input: Tensor) -> Tensor:
    """A copy with the order of the rows reversed: `flip` along dimension 0.

    Shapes: any but 0-d; the result has the input's.
    Errors: RuntimeError for a 0-d tensor; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.flipud.html

    >>> import minitorch as torch
    >>> torch.flipud(torch.tensor([[1, 2], [3, 4]]))
    tensor([[3, 4],
            [1, 2]])
    """
    tensor_argument("flipud", input)
    if not array_of(input).ndim:
        raise RuntimeError("flipud(): Input must be >= 1-d.")
    return flip(input, 0)


class Rot90(Op):
    """z = x turned by k quarter circles in a plane;  the gradient is turned back."""

    k: int
    dims: tuple[int, int]

    def __init__(self, k: int, dims: tuple[int, int]) -> None:
        self.k, self.dims = k, dims

    def forward(self, x: Any) -> Any:
        return array_module(x).rot90(x, self.k, self.dims).copy()

    def backward(self, g: Any) -> Any:
        return Rot90(-self.k, self.dims)(g)


def rot90(input: Tensor, k: int = 1, dims: Any = (0, 1)) -> Tensor:
    """A copy turned by `k` quarter circles in the plane of `dims`, from the first towards the second.

    Shapes: any with two dimensions; an odd `k` exchanges the sizes of `dims`.
    Errors: RuntimeError unless `dims` are two different dimensions, and with fewer in all; IndexError for one out of
    range; TypeError for what is not a tensor, and a `k` that is not an int.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.rot90.html

    >>> import minitorch as torch
    >>> torch.rot90(torch.tensor([[1, 2], [3, 4]]))
    tensor([[2, 4],
            [1, 3]])
    """
    tensor_argument("rot90", input)
    given, ndim = as_ints("rot90", "dims", dims), array_of(input).ndim
    if len(given) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(given)}")
    if ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {ndim}")
    dim0, dim1 = (normalize_dim(d, ndim) for d in given)
    if dim0 == dim1:
        raise RuntimeError(f"expected rotation dims to be different, but got dim0 = {given[0]} and dim1 = {given[1]}")
    return Rot90(as_int("rot90", "k", k) % 4, (dim0, dim1))(input)


class Roll(Op):
    """z = x with its elements moved along, those that leave coming in at the other end;  the gradient moves back."""

    shifts: tuple[int, ...]
    dims: tuple[int, ...] | None

    def __init__(self, shifts: tuple[int, ...], dims: tuple[int, ...] | None) -> None:
        self.shifts, self.dims = shifts, dims

    def forward(self, x: Any) -> Any:
        if not x.ndim:
            return x.copy()
        return array_module(x).roll(x, self.shifts[0] if self.dims is None else self.shifts, self.dims)

    def backward(self, g: Any) -> Any:
        return Roll(tuple(-s for s in self.shifts), self.dims)(g)


def roll(input: Tensor, shifts: int | Sequence[int], dims: int | Sequence[int] | None = None) -> Tensor:
    """A copy with the elements moved `shifts` places along `dims`, cyclically; without `dims`, along the flat tensor.

    Shapes: any; the result has the input's.
    Errors: IndexError for a dimension out of range; RuntimeError unless there are as many `shifts` as `dims`; TypeError
    for what is not a tensor, and for shifts that are not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.roll.html

    >>> import minitorch as torch
    >>> torch.roll(torch.tensor([1, 2, 3, 4]), 1)
    tensor([4, 1, 2, 3])
    """
    tensor_argument("roll", input)
    shifts = as_ints("roll", "shifts", shifts)
    if not shifts:
        raise RuntimeError("`shifts` required")
    if dims is None or (isinstance(dims, tuple | list) and not dims):
        if len(shifts) != 1:
            raise RuntimeError(f"shifts and dimensions must align. shifts: {len(shifts)}, dims:0")
        return Roll(shifts, None)(input)
    given = as_ints("roll", "dims", dims)
    if len(given) != len(shifts):
        raise RuntimeError(f"shifts and dimensions must align. shifts: {len(shifts)}, dims:{len(given)}")
    ndim = array_of(input).ndim
    return Roll(shifts, tuple(normalize_dim(d, ndim) for d in given))(input)


# ---- copies ----------------------------------------------------------------------------------------------------------


class Clone(Op):
    """z = x, copied;  ∂z/∂x = 1."""

    def __init__(self, order: str) -> None:
        self.order = order

    def forward(self, x: Any) -> Any:
        if self.order == "C" and x.ndim == 2 and x.size >= LARGE and type(x) is np.ndarray and x.flags.f_contiguous:
            z = np.empty(x.shape, x.dtype)
            for start in range(0, x.shape[1], STRIP):
                z[:, start : start + STRIP] = x[:, start : start + STRIP]
            return z
        return x.copy(order=self.order)

    def backward(self, g: Any) -> Any:
        return g


# A large transposed matrix is copied in strips of so many columns: NumPy goes through it row by row, and would fetch a
# line of the cache for every number. Measured for 1024×1024 float32: 0.59 instead of 3.4 ms; 1000×1000: 0.34, 0.52 ms.
STRIP = 16
LARGE = 1 << 17


def clone(input: Tensor, *, memory_format: Any = None) -> Tensor:
    """A copy in memory of its own, through which gradients flow back. The order in memory is kept.

    Shapes: any; the result has the input's.
    Errors: NotImplementedError for a `memory_format` of channels last; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.clone.html

    >>> import minitorch as torch
    >>> x = torch.tensor([1., 2.], requires_grad=True)
    >>> torch.clone(x)
    tensor([1., 2.], grad_fn=<CloneBackward0>)
    """
    tensor_argument("clone", input)
    _check_memory_format("clone", memory_format)
    array = array_of(input)
    is_expanded = any(step == 0 and n > 1 for step, n in zip(array.strides, array.shape, strict=True))
    return Clone("C" if is_expanded else "K")(input)  # an expanded tensor has no order to keep


def contiguous(input: Any, memory_format: Any = None) -> Tensor:
    """`input` itself if its elements lie in memory in reading order without gaps, else a copy that does.

    Shapes: any; the result has the input's.
    Errors: NotImplementedError for a `memory_format` of channels last; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.contiguous.html

    >>> import minitorch as torch
    >>> x = torch.zeros(2, 3)
    >>> x.contiguous() is x, x.T.contiguous().is_contiguous()
    (True, True)
    """
    tensor_argument("contiguous", input)
    _check_memory_format("contiguous", memory_format)
    return input if array_of(input).flags.c_contiguous else Clone("C")(input)


def _check_memory_format(op: str, memory_format: Any) -> None:
    if memory_format is not None and str(memory_format) not in ("torch.preserve_format", "torch.contiguous_format"):
        raise NotImplementedError(f"minitorch's {op}() does not support memory_format={memory_format}")
