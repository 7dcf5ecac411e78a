"""Diagonals: read from matrices as views, laid into matrices, and matrices laid along one."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...autograd.op import Op
from ...device import array_module
from ...dtype import promote_types
from ...tensor import Tensor
from ..checks import check_same_device, normalize_dim, refuse, tensor_argument
from .repetition import Expand
from .shape import array_of, as_int, reshape

__all__ = ["block_diag", "diag", "diag_embed", "diagflat", "diagonal", "diagonal_scatter", "trace"]


def diagonal_of(x: Any, offset: int, dim1: int, dim2: int) -> Any:
    """A writable view of the diagonals of `x`, as the last dimension. (NumPy's own cannot be written to.)"""
    n, m = x.shape[dim1], x.shape[dim2]
    length = max(0, min(n + min(offset, 0), m - max(offset, 0)))
    start = [slice(None)] * x.ndim
    if length:
        start[dim1], start[dim2] = slice(max(-offset, 0), None), slice(max(offset, 0), None)
    rest = [d for d in range(x.ndim) if d not in (dim1, dim2)]
    part = x[tuple(start)]
    shape = tuple(x.shape[d] for d in rest) + (length,)
    strides = tuple(x.strides[d] for d in rest) + (x.strides[dim1] + x.strides[dim2],)
    return array_module(x).lib.stride_tricks.as_strided(part, shape, strides)


class Diagonal(Op):
    """z = x's elements where index dim2 − index dim1 = offset, as the last dimension;  the gradient goes back there."""

    offset: int
    dim1: int
    dim2: int
    is_view = True

    def __init__(self, offset: int, dim1: int, dim2: int) -> None:
        self.offset, self.dim1, self.dim2 = offset, dim1, dim2

    def forward(self, x: Any) -> Any:
        self.source: tuple[int, ...] = x.shape
        return diagonal_of(x, self.offset, self.dim1, self.dim2)

    def backward(self, g: Any) -> Any:
        return DiagonalPlace(self.offset, self.dim1, self.dim2, self.source)(g)


class DiagonalCopy(Diagonal, label="DiagonalBackward0_copy"):
    """`Diagonal` with memory of its own."""

    is_view = False

    def forward(self, x: Any) -> Any:
        return super().forward(x).copy()


class DiagonalPlace(Op):
    """z = 0 but for its diagonal, which is x;  the gradient is g's diagonal."""

    offset: int
    dim1: int
    dim2: int
    shape: tuple[int, ...]

    def __init__(self, offset: int, dim1: int, dim2: int, shape: tuple[int, ...]) -> None:
        self.offset, self.dim1, self.dim2, self.shape = offset, dim1, dim2, shape

    def forward(self, x: Any) -> Any:
        z = array_module(x).zeros(self.shape, x.dtype)
        diagonal_of(z, self.offset, self.dim1, self.dim2)[...] = x
        return z

    def backward(self, g: Any) -> Any:
        return DiagonalCopy(self.offset, self.dim1, self.dim2)(g)


class DiagEmbed(DiagonalPlace):
    """z = square matrices, 0 but for their diagonal, which is x's last dimension;  the gradient is g's diagonal."""


def _planes(op: str, ndim: int, dim1: Any, dim2: Any) -> tuple[int, int]:
    dim1, dim2 = (normalize_dim(as_int(op, name, d), ndim) for name, d in (("dim1", dim1), ("dim2", dim2)))
    if dim1 == dim2:
        raise RuntimeError(f"{op}(): diagonal dimensions cannot be identical {dim1}, {dim2}")
    return dim1, dim2


def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """A view of the diagonals of the matrices in dimensions `dim1` and `dim2`, as the last dimension.

    `offset` steps above the main diagonal (below, if negative).

    Shapes: input with N and M in `dim1` and `dim2`: the result has these no more, and their diagonal last.
    Errors: IndexError for a `dim1` or `dim2` out of range; RuntimeError if they are one; TypeError for what is not a
    tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.diagonal.html

    >>> import minitorch as torch
    >>> torch.diagonal(torch.tensor([[1, 2], [3, 4]])), torch.diagonal(torch.tensor([[1, 2], [3, 4]]), 1)
    (tensor([1, 4]), tensor([2]))
    """
    tensor_argument("diagonal", input)
    dims = _planes("diagonal", array_of(input).ndim, dim1, dim2)
    return Diagonal(as_int("diagonal", "offset", offset), *dims)(input)


def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Square matrices in dimensions `dim1` and `dim2` whose diagonals are the last dimension of `input`, 0 elsewhere.

    Shapes: in the result the last dimension, of N, is gone, and `dim1` and `dim2` have size N + |offset|.
    Errors: IndexError for a `dim1` or `dim2` out of range, and a 0-d tensor; RuntimeError if they are one; TypeError
    for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.diag_embed.html

    >>> import minitorch as torch
    >>> torch.diag_embed(torch.tensor([[1, 2], [3, 4]]))
    tensor([[[1, 0],
             [0, 2]],
    <BLANKLINE>
            [[3, 0],
             [0, 4]]])
    """
    tensor_argument("diag_embed", input)
    shape, offset = array_of(input).shape, as_int("diag_embed", "offset", offset)
    if not shape:
        raise IndexError("Dimension specified as -1 but tensor has no dimensions")
    dim1, dim2 = _planes("diag_embed", len(shape) + 1, dim1, dim2)
    n = shape[-1] + abs(offset)
    sizes = list(shape[:-1])
    for d in sorted((dim1, dim2)):
        sizes.insert(d, n)
    return DiagEmbed(offset, dim1, dim2, tuple(sizes))(input)


def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """A vector as the diagonal of a square matrix; of a matrix, its diagonal, copied.

    Shapes: input (N) → (K, K), K = N + |diagonal|; (N, M) → (K).
    Errors: RuntimeError for other ranks; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.diag.html

    >>> import minitorch as torch
    >>> torch.diag(torch.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    >>> torch.diag(torch.tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    tensor_argument("diag", input)
    ndim = array_of(input).ndim
    if ndim not in (1, 2):
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {ndim}D")
    if ndim == 1:
        return diag_embed(input, diagonal)
    return DiagonalCopy(as_int("diag", "diagonal", diagonal), 0, 1)(input)


def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """All elements of `input`, in order, as the diagonal of a square matrix.

    Shapes: any of N elements; the result is (K, K), K = N + |offset|.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.diagflat.html

    >>> import minitorch as torch
    >>> torch.diagflat(torch.tensor([[1], [2]]), 1)
    tensor([[0, 1, 0],
            [0, 0, 2],
            [0, 0, 0]])
    """
    tensor_argument("diagflat", input)
    return diag_embed(reshape(input, -1), offset)


class DiagonalScatter(Op):
    """z = x but for its diagonal, which is src;  ∂/∂x is g with 0 there, ∂/∂src is g's diagonal."""

    offset: int
    dim1: int
    dim2: int

    def __init__(self, offset: int, dim1: int, dim2: int) -> None:
        self.offset, self.dim1, self.dim2 = offset, dim1, dim2

    def forward(self, x: Any, src: Any) -> Any:
        z = x.copy(order="C")
        diagonal_of(z, self.offset, self.dim1, self.dim2)[...] = src
        return z

    def backward(self, g: Any) -> Any:
        parameters = self.offset, self.dim1, self.dim2
        gx = DiagonalScatter(*parameters)(g, 0.0) if self.needs[0] else None
        return gx, (DiagonalCopy(*parameters)(g) if self.needs[1] else None)


def diagonal_scatter(input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """A copy of `input` whose diagonal, as `diagonal` shows it, is `src`.

    Shapes: src as ``diagonal(input, …)``; the result has the input's.
    Errors: RuntimeError unless `src` has that shape, and if `dim1` and `dim2` are one; IndexError for one out of range;
    TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.diagonal_scatter.html

    >>> import minitorch as torch
    >>> torch.diagonal_scatter(torch.zeros(2, 2), torch.tensor([1., 2.]))
    tensor([[1., 0.],
            [0., 2.]])
    """
    tensor_argument("diagonal_scatter", input)
    tensor_argument("diagonal_scatter", src, "src", 2)
    dims = _planes("diagonal", array_of(input).ndim, dim1, dim2)
    offset = as_int("diagonal_scatter", "offset", offset)
    wanted, own = diagonal_of(array_of(input), offset, *dims).shape, array_of(src).shape
    if wanted != own:
        raise RuntimeError(
            "expected src to have a size equal to the slice of self. "
            f"src size = {list(own)}, slice size = {list(wanted)}"
        )
    return DiagonalScatter(offset, *dims)(input, src)


# ---- blocks ----------------------------------------------------------------------------------------------------------


class BlockDiag(Op):
    """z = the matrices along the diagonal of a large one, 0 elsewhere;  each receives its block of g."""

    def forward(self, *xs: Any) -> Any:
        self.shapes: list[Any] = [x.shape for x in xs]
        blocks = [(x.reshape(1, -1) if x.ndim < 2 else x) for x in xs]
        z = array_module(xs[0]).zeros([sum(b.shape[d] for b in blocks) for d in (0, 1)], xs[0].dtype)
        self.corners: list[tuple[Any, ...]] = []
        row = column = 0
        for b in blocks:
            n, m = b.shape
            self.corners.append((slice(row, row + n), slice(column, column + m)))
            z[self.corners[-1]] = b
            row, column = row + n, column + m
        return z

    def backward(self, g: Any) -> Any:
        parts = zip(self.corners, self.shapes, self.needs, strict=True)
        return tuple([reshape(g[corner], shape) if need else None for corner, shape, need in parts])


def block_diag(*tensors: Any) -> Tensor:
    """The matrices along the diagonal of one, 0 elsewhere; vectors are rows. In the common dtype.

    Shapes: matrices (N, M), vectors (M) or numbers (); the result is (ΣN, ΣM).
    Errors: RuntimeError for more than two dimensions; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.block_diag.html

    >>> import minitorch as torch
    >>> torch.block_diag(torch.tensor([[1, 2]]), torch.tensor([[3], [4]]))
    tensor([[1, 2, 0],
            [0, 0, 3],
            [0, 0, 4]])
    """
    for i, x in enumerate(tensors):
        tensor_argument("block_diag", x, "tensors", i + 1)
        if x.ndim > 2:
            raise RuntimeError(
                f"torch.block_diag: Input tensors must have 2 or fewer dimensions. Input {i} has {x.ndim}"
            )
    if not tensors:
        from ...creation import empty  # creation needs the operations, and loads after them

        return empty(1, 0)
    check_same_device("block_diag", *tensors)
    common = tensors[0].dtype
    for x in tensors:
        common = promote_types(common, x.dtype)
    return BlockDiag()(*[x._cast(common.numpy) for x in tensors])


class Trace(Op):
    """z = Σᵢ xᵢᵢ;  ∂z/∂xᵢⱼ = 1 where i = j, else 0."""

    def forward(self, x: Any) -> Any:
        self.source: tuple[int, ...] = x.shape
        return array_module(x).asarray(x.trace(dtype=x.dtype if x.dtype.kind == "f" else np.int64))

    def backward(self, g: Any) -> Any:
        return DiagonalPlace(0, 0, 1, self.source)(Expand((min(self.source),))(g))


def trace(input: Tensor) -> Tensor:
    """Σᵢ xᵢᵢ of a matrix; int64 for integers.

    Shapes: input (N, M) → ().
    Errors: RuntimeError unless there are two dimensions; NotImplementedError for booleans; TypeError for what is not a
    tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.trace.html

    >>> import minitorch as torch
    >>> torch.trace(torch.tensor([[1., 2.], [3., 4.]]))
    tensor(5.)
    """
    tensor_argument("trace", input)
    if array_of(input).ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {array_of(input).ndim}")
    refuse("trace", input, "b")
    return Trace()(input)
