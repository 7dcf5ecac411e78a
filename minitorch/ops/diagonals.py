"""The diagonals of matrices: taking one out, and putting one into zeros."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.op import Op
from ..device import array_module
from ..tensor import Tensor
from .checks import normalize_dim, refuse, tensor_argument
from .repetition import Expand
from .shape import array_of, as_int

__all__ = ["trace"]


def _diagonal_view(x: Any, offset: int, dim1: int, dim2: int) -> Any:
    view = x.diagonal(offset, dim1, dim2)
    if isinstance(view, np.ndarray) and x.flags.writeable:
        view.flags.writeable = True  # NumPy hands diagonals out read-only, though they are views like others
    return view


class TakeDiagonal(Op, label="DiagonalBackward0"):
    """zᵢ = xᵢ,ᵢ₊ₖ along two dimensions, put last;  the gradient goes back to the diagonal, 0 elsewhere."""

    is_view = True

    def __init__(self, offset: int, dim1: int, dim2: int) -> None:
        self.where = offset, dim1, dim2

    def forward(self, x):
        self.source = x.shape
        return _diagonal_view(x, *self.where)

    def backward(self, g):
        return PutDiagonal(self.source, *self.where)(g)


class PutDiagonal(Op, label="DiagonalBackwardBackward0"):
    """z = zeros with x on a diagonal;  the gradient is the diagonal of the gradient."""

    def __init__(self, shape: tuple[int, ...], offset: int, dim1: int, dim2: int) -> None:
        self.shape = shape
        self.where = offset, dim1, dim2

    def forward(self, x):
        z = array_module(x).zeros(self.shape, dtype=x.dtype)
        _diagonal_view(z, *self.where)[...] = x
        return z

    def backward(self, g):
        return TakeDiagonal(*self.where)(g)


def take_diagonal(name: str, input: Any, offset: int, dim1: int, dim2: int) -> Any:
    """A view of a diagonal; IndexError for dimensions that there are not, RuntimeError if the two are one."""
    tensor_argument(name, input)
    ndim = array_of(input).ndim
    first = normalize_dim(as_int(name, "dim1", dim1), ndim)
    second = normalize_dim(as_int(name, "dim2", dim2), ndim)
    if first == second:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return TakeDiagonal(as_int(name, "offset", offset), first, second)(input)


class Trace(Op):
    """z = Σᵢ xᵢᵢ;  ∂z/∂xᵢⱼ = 1 where i = j, else 0."""

    def forward(self, x):
        self.source = x.shape
        return array_module(x).asarray(x.trace(dtype=x.dtype if x.dtype.kind == "f" else np.int64))

    def backward(self, g):
        return PutDiagonal(self.source, 0, 0, 1)(Expand((min(self.source),))(g))


def trace(input: Any) -> Any:
    """Σᵢ xᵢᵢ of a matrix (N, M), a 0-d tensor; int64 for integers. RuntimeError unless there are two dimensions.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.trace.html

    >>> import minitorch as torch
    >>> torch.trace(torch.tensor([[1., 2.], [3., 4.]]))
    tensor(5.)
    """
    tensor_argument("trace", input)
    if array_of(input).ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {array_of(input).ndim}")
    if isinstance(input, Tensor):
        refuse("trace", input, "b")
    return Trace()(input)
