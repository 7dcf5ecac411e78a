"""The basic functions of linear algebra in other forms: from a Cholesky factor, of tensors as matrices, of powers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...tensor import Tensor
from ..checks import can_look, check_broadcast, refuse, tensor_argument
from ..elementwise.arithmetic import mul
from ..shape.shape import as_int, as_ints, movedim, normalize_dims, reshape
from .checks import LinAlgError, check_beside
from .solving import SolveTriangular, inv, solve

__all__ = ["cholesky_inverse", "cholesky_solve", "vander"]


def _check_factor(name: str, factor: Any, kernel: str) -> None:
    tensor_argument(name, factor, "L")
    if factor.ndim < 2:
        raise RuntimeError(f"{name}: The input tensor A must have at least 2 dimensions.")
    if factor.shape[-1] != factor.shape[-2]:
        raise RuntimeError(f"{name}: A must be batches of square matrices, but its shape is {list(factor.shape)}")
    refuse(kernel, factor, "biu")
    if factor._array.dtype == np.float16:
        raise NotImplementedError(f"\"{kernel}\" not implemented for 'Half'")


def cholesky_solve(input: Tensor, input2: Tensor, upper: bool = False) -> Tensor:
    """X with A·X = B, given B = `input` and the Cholesky factor L = `input2` of A = L·Lᵀ.

    With `upper` the factor is U of A = Uᵀ·U.

    Two triangular systems, L·Y = B and Lᵀ·X = Y. Only the triangle is read, and only it has a gradient.

    Shapes: input (…, N, K), input2 (…, N, N) → (…, N, K), the stacks broadcasting.
    Errors: RuntimeError for shapes that do not meet, and for dtypes that differ; NotImplementedError for other dtypes
    than float32 and float64; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cholesky_solve.html

    >>> import minitorch as torch
    >>> torch.cholesky_solve(torch.tensor([[4.], [9.]]), torch.tensor([[2., 0.], [0., 3.]]))
    tensor([[1.],
            [1.]])
    """
    name = "cholesky_solve"
    tensor_argument(name, input)
    _check_factor(name, input2, "cholesky_solve_cpu")
    check_beside(name, input2, input)
    if input.ndim < 2:
        raise RuntimeError(f"b should have at least 2 dimensions, but has {input.ndim} dimensions instead")
    if input.shape[-2] != input2.shape[-1]:
        raise RuntimeError(
            f"Incompatible matrix sizes for cholesky_solve: each A matrix is {input2.shape[-1]} by {input2.shape[-1]} "
            f"but each b matrix is {input.shape[-2]} by {input.shape[-1]}"
        )
    check_broadcast(name, tuple(input2.shape[:-2]), tuple(input.shape[:-2]))
    first, second = (input2.mT, input2) if upper else (input2, input2.mT)
    return SolveTriangular(True, True, False)(second, SolveTriangular(False, True, False)(first, input))


def cholesky_inverse(input: Tensor, upper: bool = False) -> Tensor:
    """A⁻¹, given the Cholesky factor L = `input` of A = L·Lᵀ; with `upper` U of A = Uᵀ·U.

    Shapes: input (…, N, N) → (…, N, N).
    Errors: RuntimeError unless the matrices are square; LinAlgError for a factor with a 0 on its diagonal;
    NotImplementedError for other dtypes than float32 and float64; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cholesky_inverse.html

    >>> import minitorch as torch
    >>> torch.cholesky_inverse(torch.tensor([[2., 0.], [0., 1.]]))
    tensor([[0.2500, 0.0000],
            [0.0000, 1.0000]])
    """
    from ...creation import eye

    _check_factor("cholesky_inverse", input, "cholesky_inverse_out_cpu")
    diagonal = input._array.diagonal(0, -2, -1)
    if can_look(diagonal) and not diagonal.all():
        raise LinAlgError("cholesky_inverse: The factor has a 0 on its diagonal: the matrix is singular.")
    identity = eye(input.shape[-1], dtype=input.dtype, device=input.device)
    return cholesky_solve(identity.expand(input.shape), input, upper)


def tensorinv(input: Tensor, ind: int = 2) -> Tensor:
    """The tensor X with ``tensordot(X, tensordot(A, T))`` = T: the inverse of A = `input` read as a matrix.

    Its rows are the first `ind` dimensions of A, its columns the others; in X it is the other way round.

    Shapes: input with the dimensions a…, `ind` of them, and b… gives b…, a…; their sizes have one product.
    Errors: RuntimeError unless there are as many rows as columns, for an `ind` of 0 or less, and for other dtypes than
    float32 and float64; LinAlgError if the matrix is singular; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.linalg.tensorinv.html

    >>> import minitorch as torch
    >>> torch.linalg.tensorinv(torch.eye(4).reshape(2, 2, 4)).shape
    torch.Size([4, 2, 2])
    """
    tensor_argument("linalg.tensorinv", input)
    ind = as_int("linalg.tensorinv", "ind", ind)
    if ind <= 0:
        raise RuntimeError(f"Expected a strictly positive integer for 'ind', but got {ind}")
    rows, columns = tuple(input.shape[:ind]), tuple(input.shape[ind:])
    _check_square("linalg.tensorinv", rows, columns)
    return reshape(inv(reshape(input, (math.prod(rows), math.prod(columns)))), (*columns, *rows))


def tensorsolve(input: Tensor, other: Tensor, dims: Any = None) -> Tensor:
    """The tensor X with ``tensordot(A, X, dims=X.ndim)`` = B: a system of equations with A = `input` read as a matrix.

    B is `other`. The matrix's rows are the first B.ndim dimensions of A, its columns the others, which X has. The
    dimensions `dims` of A are moved to the end first.

    Shapes: input with the dimensions of `other` and then those of the result; their sizes have one product.
    Errors: RuntimeError unless there are as many rows as columns, and for integers and booleans; LinAlgError if the
    matrix is singular; IndexError for `dims` out of range; NotImplementedError for float16; TypeError for what is not a
    tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.linalg.tensorsolve.html

    >>> import minitorch as torch
    >>> torch.linalg.tensorsolve(2 * torch.eye(4).reshape(2, 2, 4), torch.ones(2, 2))
    tensor([0.5000, 0.5000, 0.5000, 0.5000])
    """
    tensor_argument("linalg.tensorsolve", input)
    tensor_argument("linalg.tensorsolve", other, "other", 2)
    if dims is not None:
        moved = normalize_dims("linalg.tensorsolve", as_ints("linalg.tensorsolve", "dims", dims), input.ndim)
        input = movedim(input, moved, tuple(range(input.ndim - len(moved), input.ndim)))
    rows, columns = tuple(input.shape[: other.ndim]), tuple(input.shape[other.ndim :])
    _check_square("linalg.tensorsolve", rows, columns)
    return reshape(solve(reshape(input, (math.prod(rows), math.prod(columns))), reshape(other, -1)), columns)


def _check_square(name: str, rows: tuple[int, ...], columns: tuple[int, ...]) -> None:
    if math.prod(rows) != math.prod(columns):
        raise RuntimeError(
            f"{name}: the tensor must make a square matrix, but {list(rows)} are {math.prod(rows)} rows and "
            f"{list(columns)} are {math.prod(columns)} columns"
        )


def linalg_vander(x: Tensor, *, N: int | None = None) -> Tensor:
    """The powers 0 … N − 1 of every element, in a new last dimension; N is their number by default.

    Shapes: x (…, n) → (…, n, N); () → (1, N).
    Errors: RuntimeError for booleans, and for N below 2; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.linalg.vander.html

    >>> import minitorch as torch
    >>> torch.linalg.vander(torch.tensor([2, 3]), N=3)
    tensor([[1, 2, 4],
            [1, 3, 9]])
    """
    tensor_argument("linalg.vander", x, "x")
    if x.dtype.category == 0:
        raise RuntimeError("linalg.vander supports floating point, complex, and integer tensors, but got Bool")
    count = (x.shape[-1] if x.ndim else 1) if N is None else as_int("linalg.vander", "N", N)
    if count <= 1:
        raise RuntimeError("N must be greater than 1.")
    return _powers(x if x.ndim else reshape(x, 1), count)


def _powers(x: Any, count: int) -> Any:
    from ..shape.joining import stack

    powers = [x.new_ones(x.shape)]
    for n in range(1, count):
        powers.append(x if n == 1 else mul(powers[-1], x))
    return stack(powers, -1)


def vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:
    """The powers N − 1 … 0 of the elements of a vector, a row for each; N is their number by default.

    With `increasing` 0 … N − 1. Booleans count as integers.

    Shapes: x (n) → (n, N).
    Errors: RuntimeError for other ranks and for a negative N; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.vander.html

    >>> import minitorch as torch
    >>> torch.vander(torch.tensor([2, 3]), 3)
    tensor([[4, 2, 1],
            [9, 3, 1]])
    """
    tensor_argument("vander", x, "x")
    if x.ndim != 1:
        raise RuntimeError("x must be a one-dimensional tensor.")
    count = x.shape[0] if N is None else as_int("vander", "N", N)
    if count < 0:
        raise RuntimeError("N must be non-negative.")
    x = x.long() if x.dtype.category == 0 else x
    if count == 0:
        return x.new_ones((x.shape[0], 0))
    powers = _powers(x, count)
    return powers if increasing else powers.flip(-1)
