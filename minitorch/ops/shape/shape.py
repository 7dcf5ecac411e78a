"""The same elements in another shape, or with the dimensions in another order.

These are views: the output shares its memory with the input, nothing is copied, and writing into one changes the
other. (`reshape` copies where no view has the shape asked for.) Their derivatives move the gradient back the way the
elements came.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

from ...autograd.op import Op
from ...device import array_module
from ...dtype import dtype as DType
from ...tensor import Tensor
from ..checks import normalize_dim, numpy_names, tensor_argument

__all__ = [
    "adjoint", "flatten", "moveaxis", "movedim", "permute", "ravel", "reshape", "reshape_as", "squeeze", "swapaxes", "swapdims",
    "t", "transpose", "unflatten", "unsqueeze", "view", "view_as",
]  # fmt: skip


# ---- arguments -------------------------------------------------------------------------------------------------------


def as_int(op: str, argument: str, value: Any) -> int:
    """An int from an int, a NumPy integer or a one-element integer tensor; TypeError for anything else."""
    if type(value) is int:
        return value
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{op}(): argument '{argument}' must be int, not {type(value).__name__}") from None


def as_ints(op: str, argument: str, first: Any, more: tuple[Any, ...] = ()) -> tuple[int, ...]:
    """A tuple of ints from what PyTorch takes for one: ``(2, 3)``, ``[2, 3]``, or ``2, 3`` as separate arguments."""
    values = (first, *more) if more or not isinstance(first, tuple | list) else first
    try:
        return tuple([n if type(n) is int else operator.index(n) for n in values])
    except TypeError:
        bad = next(v for v in values if not hasattr(v, "__index__") or getattr(v, "ndim", 0) > 0)
        raise TypeError(f"{op}(): argument '{argument}' must be tuple of ints, not {type(bad).__name__}") from None


def normalize_dims(op: str, dim: Any, ndim: int) -> tuple[int, ...]:
    """Dimensions counted from the front, from one int or several. IndexError outside, RuntimeError for a repetition."""
    dims = tuple(normalize_dim(d, ndim) for d in as_ints(op, "dim", dim))
    for d in dims:
        if dims.count(d) > 1:
            raise RuntimeError(f"dim {d} appears multiple times in the list of dims")
    return dims


def array_of(x: Any) -> Any:
    """The array of a Tensor; an array as it is."""
    return x._array if isinstance(x, Tensor) else x


# ---- another shape ---------------------------------------------------------------------------------------------------


class View(Op):
    """z = x's elements in another shape, read in the same order;  the gradient takes x's shape again."""

    is_view = True

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def forward(self, x: Any) -> Any:
        self.source: tuple[int, ...] = x.shape
        return x.reshape(self.shape)

    def backward(self, g: Any) -> Any:
        return reshape(g, self.source)


class ReshapeAlias(View):
    """`View` of a tensor that is not contiguous, by `reshape`."""


class UnsafeView(Op):
    """z = x's elements in another shape, copied, because no strides over x's memory give that order."""

    copied: Any

    def __init__(self, copied: Any) -> None:
        self.copied = copied

    def forward(self, x: Any) -> Any:
        self.source: tuple[int, ...] = x.shape
        copied, self.copied = self.copied, None
        return copied

    def backward(self, g: Any) -> Any:
        return reshape(g, self.source)


def _new_shape(shape: tuple[int, ...], size: int) -> tuple[int, ...]:
    """`shape` with its −1 filled in; RuntimeError unless it holds `size` elements."""
    known, unknown = 1, None
    for i, n in enumerate(shape):
        if n >= 0:
            known *= n
        elif n < -1:
            raise RuntimeError(f"invalid shape dimension {n} at index {i} of shape {list(shape)}")
        elif unknown is not None:
            raise RuntimeError("only one dimension can be inferred")
        else:
            unknown = i
    if unknown is None:
        if known == size:
            return shape
    elif known == 0:
        if size == 0:
            raise RuntimeError(
                f"cannot reshape tensor of 0 elements into shape {list(shape)} because the unspecified dimension size "
                "-1 can be any value and is ambiguous"
            )
    elif size % known == 0:
        return (*shape[:unknown], size // known, *shape[unknown + 1 :])
    raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {size}")


def _shares_memory(a: Any, b: Any) -> bool:
    return a.size == 0 or bool(array_module(a).may_share_memory(a, b))


def reshape(input: Tensor, shape: Any = (), *more: Any) -> Tensor:
    """The elements of `input`, in order, in another shape; one size may be −1 and is worked out.

    A view where the memory allows it, else a copy.

    Shapes: any; the result has `shape`.
    Errors: RuntimeError if the number of elements differs, for a negative size, and a −1 that cannot be worked out;
    TypeError for what is not a tensor, and for sizes that are not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.reshape.html

    >>> import minitorch as torch
    >>> torch.reshape(torch.arange(6), (2, -1))
    tensor([[0, 1, 2],
            [3, 4, 5]])
    """
    tensor_argument("reshape", input)
    array = array_of(input)
    shape = _new_shape(as_ints("reshape", "shape", shape, more), array.size)
    if array.flags.c_contiguous:
        return View(shape)(input)
    result = array.reshape(shape)
    return ReshapeAlias(shape)(input) if _shares_memory(result, array) else UnsafeView(result)(input)


def view(input: Any, shape: Any = (), *more: Any) -> Tensor:
    """Like `reshape`, but always a view.

    ``view(dtype)``, which would reinterpret the bytes, is not supported.

    Shapes: any; the result has `shape`.
    Errors: RuntimeError where only a copy could have that shape, and as in `reshape`; NotImplementedError for a dtype;
    TypeError for what is not a tensor, and for sizes that are not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.view.html

    >>> import minitorch as torch
    >>> x = torch.zeros(4)
    >>> x.view(2, 2)[0, 1] = 7
    >>> x
    tensor([0., 7., 0., 0.])
    """
    tensor_argument("view", input)
    if isinstance(shape, DType):
        raise NotImplementedError(f"minitorch's view() does not support view(dtype); convert with .to({shape})")
    array = array_of(input)
    shape = _new_shape(as_ints("view", "size", shape, more), array.size)
    if not array.flags.c_contiguous and not _shares_memory(array.reshape(shape), array):
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
            "contiguous subspaces). Use .reshape(...) instead."
        )
    return View(shape)(input)


def view_as(input: Any, other: Any) -> Tensor:
    """``input.view(other.shape)``.

    Shapes: any; the result has the other's.
    Errors: RuntimeError where only a copy could have that shape, and if the number of elements differs; TypeError for
    what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.view_as.html

    >>> import minitorch as torch
    >>> torch.arange(4).view_as(torch.zeros(2, 2))
    tensor([[0, 1],
            [2, 3]])
    """
    tensor_argument("view_as", other, "other")
    return view(input, tuple(other.shape))


def reshape_as(input: Any, other: Any) -> Tensor:
    """``input.reshape(other.shape)``.

    Shapes: any; the result has the other's.
    Errors: RuntimeError if the number of elements differs; TypeError for an input that is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.reshape_as.html

    >>> import minitorch as torch
    >>> torch.arange(4).reshape_as(torch.zeros(2, 2))
    tensor([[0, 1],
            [2, 3]])
    """
    tensor_argument("reshape_as", other, "other")
    return reshape(input, tuple(other.shape))


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Dimensions `start_dim` to `end_dim` made one; a 0-d tensor becomes 1-d. A view where the memory allows it.

    Shapes: any; of the dimensions made one the result has the product.
    Errors: IndexError for a dimension out of range; RuntimeError if `start_dim` comes after `end_dim`; TypeError for
    what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.flatten.html

    >>> import minitorch as torch
    >>> torch.flatten(torch.zeros(2, 3, 4), 1).shape
    torch.Size([2, 12])
    """
    tensor_argument("flatten", input)
    shape = array_of(input).shape
    start, end = normalize_dim(start_dim, len(shape)), normalize_dim(end_dim, len(shape))
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if not shape:
        return reshape(input, 1)
    if start == end:
        return input
    size = 1
    for n in shape[start : end + 1]:
        size *= n
    return reshape(input, (*shape[:start], size, *shape[end + 1 :]))


def ravel(input: Tensor) -> Tensor:
    """All elements in one dimension. A view where the memory allows it.

    Shapes: any of N elements; the result is (N).
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.ravel.html

    >>> import minitorch as torch
    >>> torch.ravel(torch.zeros(2, 3)).shape
    torch.Size([6])
    """
    tensor_argument("ravel", input)
    return reshape(input, -1)


def unflatten(input: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """Dimension `dim` split into `sizes`, one of which may be −1; the inverse of `flatten`.

    Shapes: any; `dim` makes room for `sizes`.
    Errors: RuntimeError for `sizes` whose product is not that of `dim`, and for none; IndexError for a `dim` out of
    range; TypeError for what is not a tensor, and for sizes that are not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.unflatten.html

    >>> import minitorch as torch
    >>> torch.unflatten(torch.zeros(2, 12), 1, (3, -1)).shape
    torch.Size([2, 3, 4])
    """
    tensor_argument("unflatten", input)
    shape = array_of(input).shape
    dim = normalize_dim(dim, len(shape))
    sizes = as_ints("unflatten", "sizes", sizes)
    if not sizes:
        raise RuntimeError("unflatten: sizes must be non-empty")
    try:
        filled = _new_shape(sizes, shape[dim])
    except RuntimeError as error:
        if not str(error).startswith("shape "):
            raise
        raise RuntimeError(
            f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} ({shape[dim]}) in the "
            "input tensor"
        ) from None
    return view(input, (*shape[:dim], *filled, *shape[dim + 1 :]))


class Squeeze(View):
    """z = x without its dimensions of size 1;  the gradient takes x's shape again."""


class SqueezeOne(View, label="SqueezeBackward1"):
    """z = x without one dimension of size 1;  the gradient takes x's shape again."""


class SqueezeSome(View, label="SqueezeBackward2"):
    """z = x without some dimensions of size 1;  the gradient takes x's shape again."""


class Unsqueeze(View):
    """z = x with one more dimension, of size 1;  the gradient takes x's shape again."""


@numpy_names
def squeeze(input: Tensor, dim: int | Sequence[int] | None = None) -> Tensor:
    """A view without the dimensions of size 1: all of them, or those among `dim` (an int or several).

    Shapes: any; the result has the sizes other than 1, or lacks those of `dim` that are 1.
    Errors: IndexError for a `dim` out of range; RuntimeError for one named twice; TypeError for what is not a tensor,
    and for a `dim` that is not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.squeeze.html

    >>> import minitorch as torch
    >>> x = torch.zeros(1, 3, 1)
    >>> torch.squeeze(x).shape, torch.squeeze(x, 0).shape
    (torch.Size([3]), torch.Size([3, 1]))
    """
    tensor_argument("squeeze", input)
    shape = array_of(input).shape
    if dim is None:
        return Squeeze(tuple(n for n in shape if n != 1))(input)
    dims = normalize_dims("squeeze", dim, len(shape))
    op = SqueezeSome if isinstance(dim, tuple | list) else SqueezeOne
    return op(tuple(n for d, n in enumerate(shape) if n != 1 or d not in dims))(input)


@numpy_names
def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """A view with a new dimension of size 1 at `dim`.

    Shapes: any; the result has a 1 more, at `dim`.
    Errors: IndexError for a `dim` out of range; TypeError for what is not a tensor, and for a `dim` that is not an int.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.unsqueeze.html

    >>> import minitorch as torch
    >>> torch.unsqueeze(torch.zeros(3), -1).shape
    torch.Size([3, 1])
    """
    tensor_argument("unsqueeze", input)
    shape = array_of(input).shape
    dim = normalize_dim(as_int("unsqueeze", "dim", dim), len(shape) + 1)
    return Unsqueeze((*shape[:dim], 1, *shape[dim:]))(input)


# ---- another order of the dimensions ---------------------------------------------------------------------------------


class Permute(Op):
    """z = x with dimension order[i] of x as its dimension i;  the gradient is put back in x's order."""

    is_view = True

    def __init__(self, order: tuple[int, ...]) -> None:
        self.order = order

    def forward(self, x: Any) -> Any:
        return x.transpose(self.order)

    def backward(self, g: Any) -> Any:
        back = [0] * len(self.order)
        for i, d in enumerate(self.order):
            back[d] = i
        return Permute(tuple(back))(g)


class Transpose(Op):
    """z = x with two dimensions exchanged;  the gradient is exchanged back."""

    is_view = True

    def __init__(self, dim0: int, dim1: int) -> None:
        self.dims: tuple[int, int] = dim0, dim1

    def forward(self, x: Any) -> Any:
        return x.swapaxes(*self.dims) if x.ndim else x[...]

    def backward(self, g: Any) -> Any:
        return Transpose(*self.dims)(g)


class T(Transpose):
    """z = xᵀ for a matrix;  the gradient is transposed back."""


def permute(input: Tensor, dims: Any = (), *more: Any) -> Tensor:
    """A view whose dimension i is dimension dims[i] of `input`.

    Shapes: any; size i of the result is size dims[i].
    Errors: RuntimeError unless each dimension occurs exactly once; IndexError for one out of range; TypeError for what
    is not a tensor, and for `dims` that are not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.permute.html

    >>> import minitorch as torch
    >>> torch.permute(torch.zeros(2, 3, 4), (2, 0, 1)).shape
    torch.Size([4, 2, 3])
    """
    tensor_argument("permute", input)
    ndim = array_of(input).ndim
    given = as_ints("permute", "dims", dims, more)
    if len(given) != ndim:
        raise RuntimeError(
            "permute(): number of dimensions in the tensor input does not match the length of the desired ordering of "
            f"dimensions i.e. input.dim() = {ndim} is not equal to len(dims) = {len(given)}"
        )
    order = tuple(normalize_dim(d, ndim) for d in given)
    if len(set(order)) != ndim:
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return Permute(order)(input)


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """A view with dimensions `dim0` and `dim1` exchanged.

    Shapes: any; the sizes of `dim0` and `dim1` are exchanged.
    Errors: IndexError for a dimension out of range; TypeError for what is not a tensor, and for dimensions that are not
    ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.transpose.html

    >>> import minitorch as torch
    >>> torch.transpose(torch.tensor([[1, 2, 3], [4, 5, 6]]), 0, 1)
    tensor([[1, 4],
            [2, 5],
            [3, 6]])
    """
    tensor_argument("transpose", input)
    ndim = array_of(input).ndim
    dim0 = normalize_dim(as_int("transpose", "dim0", dim0), ndim)
    return Transpose(dim0, normalize_dim(as_int("transpose", "dim1", dim1), ndim))(input)


def swapaxes(input: Tensor, axis0: int, axis1: int) -> Tensor:
    """`transpose` under NumPy's name.

    Shapes: any; the sizes of `axis0` and `axis1` are exchanged.
    Errors: IndexError for a dimension out of range; TypeError for what is not a tensor, and for dimensions that are not
    ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.swapaxes.html

    >>> import minitorch as torch
    >>> torch.swapaxes(torch.zeros(2, 3), 0, 1).shape
    torch.Size([3, 2])
    """
    return transpose(input, axis0, axis1)


def swapdims(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """`transpose` under another name.

    Shapes: any; the sizes of `dim0` and `dim1` are exchanged.
    Errors: IndexError for a dimension out of range; TypeError for what is not a tensor, and for dimensions that are not
    ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.swapdims.html

    >>> import minitorch as torch
    >>> torch.swapdims(torch.zeros(2, 3), 0, 1).shape
    torch.Size([3, 2])
    """
    return transpose(input, dim0, dim1)


def t(input: Tensor) -> Tensor:
    """The transpose of a matrix; vectors and 0-d tensors as they are.

    Shapes: input (N, M) → (M, N); (N) → (N); () → ().
    Errors: RuntimeError with more than two dimensions; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.t.html

    >>> import minitorch as torch
    >>> torch.t(torch.zeros(2, 3)).shape
    torch.Size([3, 2])
    """
    tensor_argument("t", input)
    ndim = array_of(input).ndim
    if ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {ndim}D")
    return T(0, 1 if ndim == 2 else 0)(input)


def adjoint(input: Tensor) -> Tensor:
    """A view with the last two dimensions exchanged (there are no complex numbers to conjugate here).

    Shapes: input (…, N, M) → (…, M, N).
    Errors: RuntimeError for a vector; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.adjoint.html

    >>> import minitorch as torch
    >>> torch.adjoint(torch.zeros(2, 3, 4)).shape
    torch.Size([2, 4, 3])
    """
    tensor_argument("adjoint", input)
    return matrix_transpose("adjoint()", input)


def matrix_transpose(name: str, input: Tensor) -> Tensor:
    """What ``mT``, ``mH`` and `adjoint` are; 0-d tensors as they are."""
    ndim = array_of(input).ndim
    if ndim == 1:
        raise RuntimeError(f"tensor.{name} is only supported on matrices or batches of matrices. Got 1-D tensor.")
    return Transpose(ndim - 2, ndim - 1)(input) if ndim else input


def movedim(input: Tensor, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
    """A view with the dimensions `source` moved to the places `destination`, the others kept in order.

    Shapes: any; the sizes move with their dimensions.
    Errors: IndexError for a dimension out of range; RuntimeError for one named twice, and unless `source` and
    `destination` are as many; TypeError for what is not a tensor, and for dimensions that are not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.movedim.html

    >>> import minitorch as torch
    >>> torch.movedim(torch.zeros(2, 3, 4), 0, -1).shape
    torch.Size([3, 4, 2])
    """
    tensor_argument("movedim", input)
    ndim = array_of(input).ndim
    sources, targets = (as_ints("movedim", "source", source), as_ints("movedim", "destination", destination))
    if len(sources) != len(targets):
        raise RuntimeError(
            f"movedim: Invalid source or destination dims: source ({list(sources)} dims) should contain the same "
            f"number of dims as destination ({list(targets)} dims)"
        )
    pairs = []
    for name, dims in (("source", sources), ("destination", targets)):
        found = [normalize_dim(d, ndim) for d in dims]
        if len(set(found)) != len(found):
            raise RuntimeError(f"movedim: repeated dim in `{name}` ({list(dims)})")
        pairs.append(found)
    if ndim == 0:
        return Permute(())(input)
    order: list[int | None] = [None] * ndim
    for s, d in zip(*pairs, strict=True):
        order[d] = s
    rest = iter([d for d in range(ndim) if d not in pairs[0]])
    return Permute(tuple(next(rest) if d is None else d for d in order))(input)


moveaxis = movedim
