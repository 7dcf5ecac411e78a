"""Elements picked by index along one dimension, or by a mask."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.op import Op
from ..device import array_module
from ..tensor import Tensor, wrap
from .checks import check_broadcast, check_same_device, normalize_dim, number, tensor_argument
from .indexing import FULL, Index, scatter_sum
from .repetition import broadcast_tensors, expand
from .selection import where
from .shape import array_of, as_int, reshape

__all__ = [
    "gather", "index_select", "masked_fill", "masked_select", "nonzero", "scatter", "scatter_add",
    "take_along_dim", "tril", "triu",
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

    def forward(self, x, index):
        self.source = x.shape
        self.save(index)
        return x[places(index, self.dim)] if x.ndim else x.copy()

    def backward(self, g):
        (index,) = self.saved
        return GatherSum(self.dim, self.source)(g, index), None


class GatherSum(Op):
    """z = 0 but for z[index[i, j], j] += x[i, j];  the gradient is gathered."""

    def __init__(self, dim: int, shape: tuple[int, ...]) -> None:
        self.dim, self.shape = dim, shape

    def forward(self, x, index):
        self.save(index)
        return scatter_sum(self.shape, places(index, self.dim), x) if x.ndim else x.copy()

    def backward(self, g):
        (index,) = self.saved
        return Gather(self.dim)(g, index), None


class Scatter(Op):
    """z = x but for z[index[i, j], j] = src[i, j];  ∂/∂x is g with 0 at those places, ∂/∂src is g gathered.

    If a place is named twice, which value it keeps is undefined, and so is the gradient, as in PyTorch.
    """

    def __init__(self, dim: int) -> None:
        self.dim = dim

    def forward(self, x, src, index):
        self.save(index)
        z = x.copy()
        z[places(index, self.dim) if x.ndim else ...] = src
        return z

    def backward(self, g):
        (index,) = self.saved
        gx = Scatter(self.dim)(g, 0, index) if self.needs[0] else None
        return gx, (Gather(self.dim)(g, index) if self.needs[1] else None), None


class ScatterValue(Scatter, label="ScatterBackward1"):
    """z = x but for z[index[i, j], j] = a number;  ∂/∂x is g with 0 at those places."""


class ScatterAdd(Op):
    """z = x with z[index[i, j], j] += src[i, j];  ∂/∂x = 1, ∂/∂src is g gathered."""

    def __init__(self, dim: int) -> None:
        self.dim = dim

    def forward(self, x, src, index):
        self.save(index)
        return x + (scatter_sum(x.shape, places(index, self.dim), src) if x.ndim else src)

    def backward(self, g):
        (index,) = self.saved
        return g, (Gather(self.dim)(g, index) if self.needs[1] else None), None


def _checked(op: str, input: Any, dim: Any, index: Any) -> tuple[int, Any]:
    """`dim` from the front; `index`, found right in dtype, rank, sizes and range."""
    tensor_argument(op, input)
    tensor_argument(op, index, "index", 3)
    if isinstance(input, Tensor) and isinstance(index, Tensor):
        check_same_device(op, input, index)
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
    if array.min() < 0 or array.max() >= size:
        bad = array[(array < 0) | (array >= size)].reshape(-1)[0]
        raise RuntimeError(f"index {int(bad)} is out of bounds for dimension {dim} with size {size}")
    return dim, index


def _like(x: Any, ndim: int) -> Any:
    """A vector as a 0-d tensor or the other way round: where one is wanted, PyTorch takes the other."""
    own = array_of(x).ndim
    return x if own == ndim else reshape(x, -1 if ndim else ())


def gather(input: Any, dim: int, index: Any, *, sparse_grad: bool = False) -> Any:
    """Elements picked along `dim`: out[i][j] = input[index[i][j]][j] for dim 0, input[i][index[i][j]] for dim 1, …

    `index` (int64) has the rank of `input` and the shape of the output; nothing broadcasts. RuntimeError for an index
    out of range or a size larger than the input's.

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


def take_along_dim(input: Any, indices: Any, dim: int | None = None) -> Any:
    """`gather` with the other sizes broadcast; without `dim`, from the flat tensor.

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


def scatter(input: Any, dim: int, index: Any, src: Any = None, *, value: Any = None, reduce: str | None = None) -> Any:
    """A copy of `input` with elements overwritten along `dim`: out[index[i][j]][j] = src[i][j] for dim 0, and so on.

    `src` is a tensor at least as large as `index`, of input's dtype, or a number (`value`). RuntimeError for an index
    out of range. Of values for one place, which is kept is undefined.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.scatter_.html

    >>> import minitorch as torch
    >>> torch.scatter(torch.zeros(2, 3), 1, torch.tensor([[2], [0]]), 1.)
    tensor([[0., 0., 1.],
            [1., 0., 0.]])
    """
    src = value if src is None else src
    if reduce is not None:
        raise NotImplementedError(f"minitorch's scatter() does not support reduce={reduce!r}; see scatter_add")
    dim, index = _checked("scatter", input, dim, index)
    index = _like(index, array_of(input).ndim)
    if not isinstance(src, Tensor) and not hasattr(src, "shape"):
        return ScatterValue(dim)(input, number("scatter", src), index)
    return Scatter(dim)(input, _cropped("scatter", input, index, src), index)


def scatter_add(input: Any, dim: int, index: Any, src: Any) -> Any:
    """A copy of `input` with elements added along `dim`: out[index[i][j]][j] += src[i][j] for dim 0, and so on.

    `src` is at least as large as `index` and has input's dtype. RuntimeError for an index out of range.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.scatter_add_.html

    >>> import minitorch as torch
    >>> torch.scatter_add(torch.zeros(3), 0, torch.tensor([0, 2, 0]), torch.tensor([1., 2., 3.]))
    tensor([4., 0., 2.])
    """
    dim, index = _checked("scatter_add", input, dim, index)
    tensor_argument("scatter_add", src, "src", 4)
    index = _like(index, array_of(input).ndim)
    return ScatterAdd(dim)(input, _cropped("scatter_add", input, index, src), index)


def _cropped(op: str, input: Any, index: Any, src: Any) -> Any:
    """The part of `src` that `index` uses."""
    if array_of(src).dtype != array_of(input).dtype:
        raise RuntimeError("scatter(): Expected self.dtype to be equal to src.dtype")
    wanted = array_of(index).shape
    if max(array_of(src).ndim, 1) != max(len(wanted), 1):
        raise RuntimeError("Index tensor must have the same number of dimensions as src tensor")
    src = _like(src, len(wanted))
    shape = array_of(src).shape
    if any(n > m for n, m in zip(wanted, shape, strict=True)):
        raise RuntimeError(
            f"Expected index {list(wanted)} to be no larger than src {list(shape)} in every dimension ({op})"
        )
    return src if wanted == shape else src[tuple(slice(0, n) for n in wanted)]


class IndexSelect(Index):
    """z = x[index] along one dimension;  each element's gradient goes back to its place, and adds up."""


def index_select(input: Any, dim: int, index: Any) -> Any:
    """The slices of `input` along `dim` that the 1-d integer tensor `index` names, copied. IndexError out of range.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.index_select.html

    >>> import minitorch as torch
    >>> torch.index_select(torch.tensor([[1, 2, 3], [4, 5, 6]]), 1, torch.tensor([2, 0]))
    tensor([[3, 1],
            [6, 4]])
    """
    tensor_argument("index_select", input)
    tensor_argument("index_select", index, "index", 3)
    shape, array = array_of(input).shape, array_of(index)
    dim = normalize_dim(as_int("index_select", "dim", dim), len(shape))
    if array.ndim > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    if array.dtype not in (np.int64, np.int32):
        raise RuntimeError("index_select(): Expected dtype int32 or int64 for index")
    array = array.reshape(-1).copy()  # its owner may change it before backward
    if array.size and (array.min() < 0 or array.max() >= (shape[dim] if shape else 1)):
        raise IndexError("index out of range in self")
    if not shape:
        if array.size != 1:
            raise IndexError("index_select(): Index to scalar can have only 1 value")
        return reshape(IndexSelect((array,))(reshape(input, 1)), ())
    return IndexSelect((*[FULL] * dim, array))(input)


# ---- by a mask -------------------------------------------------------------------------------------------------------


class MaskedSelect(Index):
    """z = the elements of x where the mask holds, in reading order;  their gradients go back to their places."""


class MaskedFill(Op):
    """z = value where the mask holds, else x;  g goes to x where the mask does not hold, to value where it does."""

    def forward(self, x, value, mask):
        self.save(mask)
        xp = array_module(x)
        return xp.where(mask, xp.asarray(value).astype(x.dtype), x)

    def backward(self, g):
        (mask,) = self.saved
        gx = MaskedFill()(g, 0, mask) if self.needs[0] else None
        return gx, (where(mask, g, 0.0) if self.needs[1] else None), None


class MaskedFillTensor(MaskedFill, label="MaskedFillBackward1"):
    """z = a 0-d tensor's value where the mask holds, else x;  see MaskedFill."""


def masked_select(input: Any, mask: Any) -> Any:
    """The elements of `input` where the bool tensor `mask`, broadcast with it, holds: a 1-d copy in reading order.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.masked_select.html

    >>> import minitorch as torch
    >>> x = torch.tensor([1., -2., 3.])
    >>> torch.masked_select(x, x > 0)
    tensor([1., 3.])
    """
    tensor_argument("masked_select", input)
    tensor_argument("masked_select", mask, "mask", 2)
    if array_of(mask).dtype.kind != "b":
        raise RuntimeError("masked_select: expected BoolTensor for mask")
    input, mask = broadcast_tensors(input, mask)
    if not array_of(input).ndim:
        input, mask = reshape(input, 1), reshape(mask, 1)
    return MaskedSelect(array_of(mask).nonzero())(input)


def masked_fill(input: Any, mask: Any, value: Any) -> Any:
    """A copy of `input` with `value`, a number or a 0-d tensor, where the bool tensor `mask`, broadcast, holds.

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
    return MaskedFillTensor()(input, value, mask)


def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """The positions of the elements that are not 0: a row each (count × ndim), or a tuple with a tensor per dimension.

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

    def forward(self, x):
        return array_module(x).tril(x, self.diagonal)

    def backward(self, g):
        return Tril(self.diagonal)(g)


class Triu(Op):
    """z = x above and on a diagonal, 0 below;  the gradient likewise."""

    def __init__(self, diagonal: int) -> None:
        self.diagonal = diagonal

    def forward(self, x):
        return array_module(x).triu(x, self.diagonal)

    def backward(self, g):
        return Triu(self.diagonal)(g)


def _matrix(op: str, input: Any) -> None:
    tensor_argument(op, input)
    if array_of(input).ndim < 2:
        raise RuntimeError(f"{op}: input tensor must have at least 2 dimensions")


def tril(input: Any, diagonal: int = 0) -> Any:
    """The lower triangles of matrices (…, N, M), 0 above the diagonal (the one `diagonal` steps above the main one).

    Source: https://docs.pytorch.org/docs/stable/generated/torch.tril.html

    >>> import minitorch as torch
    >>> torch.tril(torch.ones(2, 2))
    tensor([[1., 0.],
            [1., 1.]])
    """
    _matrix("tril", input)
    return Tril(as_int("tril", "diagonal", diagonal))(input)


def triu(input: Any, diagonal: int = 0) -> Any:
    """The upper triangles of matrices (…, N, M), 0 below the diagonal (the one `diagonal` steps above the main one).

    Source: https://docs.pytorch.org/docs/stable/generated/torch.triu.html

    >>> import minitorch as torch
    >>> torch.triu(torch.ones(2, 2))
    tensor([[1., 1.],
            [0., 1.]])
    """
    _matrix("triu", input)
    return Triu(as_int("triu", "diagonal", diagonal))(input)
