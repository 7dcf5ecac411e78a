"""Norms of vectors and of matrices: how long, how large, how ill-conditioned."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...device import array_module
from ...dtype import as_dtype
from ...tensor import Tensor
from ..checks import normalize_dim, number, numpy_names, tensor_argument
from ..elementwise.arithmetic import mul, pow
from ..elementwise.functions import abs
from ..elementwise.rounding import sign
from ..elementwise.selection import where
from ..matrices.checks import LinAlgError, check_not_half
from ..matrices.solving import inv
from ..matrices.spectral import svdvals
from ..shape.shape import array_of, as_ints, movedim, unsqueeze
from .reduction import Reduction, _accumulator, _to_dtype, reduced_dims, share_evenly, sum
from .sorting import amax, amin

__all__ = ["norm"]


class Norm(Reduction, label="LinalgVectorNormBackward0"):
    """z = (Σᵢ |xᵢ|ᵖ)^(1/p);  ∂z/∂xᵢ = sign(xᵢ)·(|xᵢ|/z)ᵖ⁻¹.

    p = ±inf: the largest or smallest |xᵢ|, the gradient shared evenly by the elements that have it. p = 0: how many xᵢ
    are not 0, no gradient. At z = 0 the gradient is taken as 0.
    """

    def forward(self, x: Any) -> Any:
        self.source: tuple[int, ...] = x.shape
        xp = array_module(x)
        (p,) = self.parameters
        size = xp.abs(x).astype(_accumulator(x), copy=False)
        options = {"axis": self.dims, "keepdims": self.keepdim}
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            if p == 2:
                z = xp.sqrt((size * size).sum(**options))
            elif p == 1:
                z = size.sum(**options)
            elif p == math.inf:
                z = size.max(**options)
            elif p == -math.inf:
                z = size.min(**options)
            elif p == 0:
                z = (size != 0).sum(**options)
            else:
                z = (size**p).sum(**options) ** (1 / p)
        z = xp.asarray(z).astype(x.dtype, copy=False)
        self.save(x, z)
        return z

    def backward(self, g: Any) -> Any:
        x, z = self.saved
        (p,) = self.parameters
        g, z = self.keep(g), self.keep(z)
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            if p == 0:
                return None
            if p == 1:
                return g * sign(x)
            if p == 2:
                return g * where(z == 0, 0.0, x / z)
            if math.isinf(p):
                return sign(x) * share_evenly((abs(x) == z) | (x != x), g, self.dims)
            if p < 1:
                return where(x == 0, 0.0, sign(x) * pow(abs(x), p - 1)) * where(z == 0, 0.0, g * pow(z, 1 - p))
            return sign(x) * pow(abs(x), p - 1) * where(z == 0, 0.0, g / pow(z, p - 1))


def vector_norm(x: Tensor, ord: Any = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """(Σ|x|ᵖ)^(1/p) with p = `ord` along `dim` (one, several, or all); ±inf: largest or smallest |x|; 0: how many ≠ 0.

    `dtype` casts first.

    Shapes: any; the result lacks `dim`, or has size 1 there with `keepdim`.
    Errors: RuntimeError for integers and booleans, and of no elements where no norm is; IndexError for a `dim` out of
    range; TypeError for what is not a tensor, and for an `ord` that is no number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.linalg.vector_norm.html

    >>> import minitorch as torch
    >>> torch.linalg.vector_norm(torch.tensor([3., 4.])), torch.linalg.vector_norm(torch.tensor([3., 4.]), 1)
    (tensor(5.), tensor(7.))
    """
    tensor_argument("linalg.vector_norm", x, "x")
    ord = number("linalg.vector_norm", ord)
    if array_of(x).dtype.kind != "f":
        kind = x.dtype.type_name if isinstance(x, Tensor) else x.dtype
        raise RuntimeError(f"linalg.vector_norm: Expected a floating point or complex tensor as input. Got {kind}")
    x = _cast_for_norm("linalg.vector_norm", x, dtype)
    shape = array_of(x).shape
    dims = reduced_dims("norm", dim, len(shape))
    if (ord < 0 or ord == math.inf) and any(shape[d] == 0 for d in dims):
        raise RuntimeError(
            f"linalg.vector_norm cannot compute the {ord} norm on an empty tensor because the operation does not have "
            "an identity"
        )
    return Norm(dims, keepdim, float(ord))(x)


def _cast_for_norm(name: str, x: Any, dtype: Any) -> Any:
    if dtype is None:
        return x
    wanted = as_dtype(dtype)
    if not wanted.is_floating_point:
        raise RuntimeError(f"{name}: dtype should be floating point or complex, but got {wanted.type_name}")
    if wanted.numpy.itemsize < array_of(x).dtype.itemsize:
        raise RuntimeError(
            f"{name}: the dtype of the input ({x.dtype}) should be convertible without narrowing to {dtype}"
        )
    return _to_dtype(x, dtype)


def matrix_norm(
    input: Tensor, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """A norm of matrices, which are the two dimensions `dim` of `input`.

    "fro": √Σa²; "nuc": the sum of the singular values; 2 and −2: the largest and smallest of them; 1 and −1: the
    largest and smallest Σ|a| of a column; ±inf: of a row.

    Shapes: any with two dimensions; the result lacks `dim`, or has size 1 there with `keepdim`.
    Errors: RuntimeError for another `ord`, integers and booleans, fewer than two dimensions, a `dim` of another number,
    and float16 where singular values are asked for; IndexError for a `dim` out of range; TypeError for what is not a
    tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.linalg.matrix_norm.html

    >>> import minitorch as torch
    >>> A = torch.tensor([[3., 0.], [0., -4.]])
    >>> torch.linalg.matrix_norm(A), torch.linalg.matrix_norm(A, "nuc"), torch.linalg.matrix_norm(A, 1)
    (tensor(5.), tensor(7.), tensor(4.))
    """
    name = "linalg.matrix_norm"
    tensor_argument(name, input)
    if input._array.dtype.kind != "f":
        raise RuntimeError(f"{name}: Expected a floating point or complex tensor as input. Got {input.dtype.type_name}")
    if input.ndim < 2:
        raise RuntimeError(f"{name}: The input tensor A must have at least 2 dimensions.")
    chosen = as_ints(name, "dim", dim)
    if len(chosen) != 2:
        raise RuntimeError(f"{name}: dim must be a 2-tuple. Got {' '.join(map(str, chosen))}")
    row, column = (normalize_dim(d, input.ndim) for d in chosen)
    if row == column:
        raise RuntimeError(f"{name}: dims must be different. Got ({chosen[0]}, {chosen[1]})")
    if isinstance(ord, str):
        if ord == "fro":
            return vector_norm(input, 2, (row, column), keepdim, dtype=dtype)
        if ord != "nuc":
            raise RuntimeError(f"{name}: Order {ord} not supported.")
    elif math.fabs(number(name, ord)) not in (1, 2, math.inf):
        raise RuntimeError(f"{name}: Order {ord} not supported.")
    input = _cast_for_norm(name, input, dtype)
    if ord == "nuc" or math.fabs(ord) == 2:
        check_not_half(name, input)
        values = svdvals(movedim(input, (row, column), (-2, -1)))
        out = sum(values, -1) if ord == "nuc" else (amax if ord > 0 else amin)(values, -1)
        return movedim(unsqueeze(unsqueeze(out, -1), -1), (-2, -1), (row, column)) if keepdim else out
    along, over = (row, column) if math.fabs(ord) == 1 else (column, row)
    sums = vector_norm(input, 1, along, keepdim)
    return (amax if ord > 0 else amin)(sums, over if keepdim or over < along else over - 1, keepdim)


def linalg_norm(input: Tensor, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """A vector or a matrix norm: `vector_norm` for one `dim` or a 1-d tensor, `matrix_norm` for two dimensions.

    Without `ord` the 2-norm of all elements, of any number of dimensions.

    Shapes: any; the result lacks `dim`, or has size 1 there with `keepdim`.
    Errors: RuntimeError for integers and booleans, another `ord`, more than two dimensions at once, and float16 where
    singular values are asked for; IndexError for a `dim` out of range; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.linalg.norm.html

    >>> import minitorch as torch
    >>> A = torch.tensor([[3., 0.], [0., -4.]])
    >>> torch.linalg.norm(A), torch.linalg.norm(A, 2), torch.linalg.norm(A, 2, dim=0)
    (tensor(5.), tensor(4.), tensor([3., 4.]))
    """
    tensor_argument("linalg.norm", input)
    if ord is None and dim is None:
        return vector_norm(input, 2, None, keepdim, dtype=dtype)
    if dim is None:
        if input.ndim not in (1, 2):
            raise RuntimeError(
                f"linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {input.ndim}D."
            )
        dims: tuple[int, ...] = tuple(range(input.ndim))
    else:
        dims = as_ints("linalg.norm", "dim", dim if isinstance(dim, tuple | list) else (dim,))
    if len(dims) not in (1, 2):
        raise RuntimeError(f"linalg.norm: If dim is specified, it must be of length 1 or 2. Got {list(dims)}")
    if ord is None:
        return vector_norm(input, 2, dims, keepdim, dtype=dtype)
    if len(dims) == 2:
        return matrix_norm(input, ord, dims, keepdim, dtype=dtype)
    if isinstance(ord, str):
        raise RuntimeError(f"linalg.norm: Order {ord} not supported for a vector")
    return vector_norm(input, ord, dims, keepdim, dtype=dtype)


@numpy_names
def norm(
    input: Any, p: float | str | None = "fro", dim: Any = None, keepdim: bool = False, out: Any = None,
    dtype: Any = None,
) -> Tensor:  # fmt: skip
    """The p-norm (Σ|x|ᵖ)^(1/p) along `dim` (all by default). ±inf: largest or smallest |x|; 0: how many are not 0.

    'fro' is p = 2 along at most two dimensions; 'nuc' the sum of the singular values of matrices, which are two
    dimensions.

    Shapes: any; the result lacks `dim`, or has size 1 there with `keepdim`.
    Errors: RuntimeError for integers and booleans, another `p`, too many dimensions for 'fro' and 'nuc', and float16
    where singular values are asked for; IndexError for a `dim` out of range; NotImplementedError for `out`; TypeError
    for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.norm.html

    >>> import minitorch as torch
    >>> x = torch.tensor([[3., 4.], [0., -5.]])
    >>> torch.norm(x, dim=1), torch.norm(x, 1), torch.norm(x, float('inf'))
    (tensor([5., 5.]), tensor(12.), tensor(5.))
    """
    tensor_argument("norm", input)
    if out is not None:
        raise NotImplementedError("minitorch's norm() does not support out=")
    if not isinstance(p, str):
        return vector_norm(input, 2 if p is None else p, dim, keepdim, dtype=dtype)
    if p == "fro" and (not isinstance(dim, tuple | list) or len(dim) <= 2):
        return vector_norm(input, 2, dim, keepdim, dtype=dtype)
    dims = tuple(range(input.ndim)) if dim is None else dim if isinstance(dim, tuple | list) else (dim,)
    return matrix_norm(input, p, dims, keepdim, dtype=dtype)


def cond(input: Tensor, p: Any = None) -> Tensor:
    """The condition number ‖A‖·‖A⁻¹‖ of matrices: how much solving enlarges relative errors.

    `p` None or ±2: the ratio of the extreme singular values; else a `matrix_norm` order, for square matrices. inf for
    a singular matrix.

    Shapes: input (…, N, M) → (…).
    Errors: RuntimeError for fewer than two dimensions, another `p`, matrices that are not square where they have to be,
    and integers and booleans; NotImplementedError for float16; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.linalg.cond.html

    >>> import minitorch as torch
    >>> torch.linalg.cond(torch.tensor([[2., 0.], [0., 0.5]]))
    tensor(4.)
    """
    tensor_argument("linalg.cond", input)
    if input.ndim < 2:
        raise RuntimeError("linalg.cond: The input tensor must have at least 2 dimensions.")
    if p is None or (not isinstance(p, str) and math.fabs(p) == 2):
        values = svdvals(input)
        if input.numel() == 0:
            return input.new_zeros(input.shape[:-2])
        largest, smallest = values[..., :1], values[..., -1:]
        return (smallest / largest if p == -2 else largest / smallest).squeeze(-1)
    if input.shape[-1] != input.shape[-2]:
        raise RuntimeError(
            "linalg.cond: A must be batches of square matrices, but they are "
            f"{input.shape[-2]} by {input.shape[-1]} matrices"
        )
    if isinstance(p, str) and p not in ("fro", "nuc"):
        raise RuntimeError(f"linalg.cond got an invalid norm type: {p}")
    if not isinstance(p, str) and math.fabs(p) not in (1, math.inf):
        raise RuntimeError(f"linalg.cond got an invalid norm type: {p}")
    if input.numel() == 0:
        return input.new_zeros(input.shape[:-2])
    try:
        inverse = inv(input)
    except LinAlgError:  # of one or more: the others still have a number
        return _cond_one_by_one(input, p)
    return mul(matrix_norm(input, p), matrix_norm(inverse, p))


def _cond_one_by_one(A: Any, p: Any) -> Any:
    from ..shape.joining import stack

    if A.ndim == 2:
        return A.new_full((), math.inf)
    return stack([cond(part, p) for part in A.unbind(0)])
