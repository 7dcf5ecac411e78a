"""Products that linear algebra has a name for: of several matrices, of vectors, and e to the power of a matrix."""

from __future__ import annotations

import math
from typing import Any

from ...autograd.op import Op
from ...device import array_module
from ...tensor import Tensor
from ..checks import check_same_device, normalize_dim, refuse, tensor_argument, zeros_like
from ..elementwise.arithmetic import mul
from ..reduction.reduction import sum
from ..shape import diagonals
from ..shape.joining import Cat
from ..shape.shape import as_int
from .checks import check_floating_matrix, check_matrices
from .matmul import matmul
from .products import crossed, matrix_power, vdot

__all__ = ["chain_matmul", "matrix_exp"]


def _cheapest(sizes: list[int]) -> list[list[int]]:
    """split[i][j]: after which matrix to cut the product of matrices i … j so that it needs the fewest multiplications.

    `sizes` are the n + 1 sizes of n matrices. The cheapest product of a stretch is made of the cheapest ones of its
    two parts.

    Source: T. Cormen et al., "Introduction to algorithms", chapter "Dynamic programming"
    """
    n = len(sizes) - 1
    cost = [[0] * n for _ in range(n)]
    split = [[0] * n for _ in range(n)]
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            cost[i][j], split[i][j] = min(
                (cost[i][k] + cost[k + 1][j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)
            )
    return split


def multi_dot(tensors: Any) -> Tensor:
    """The product of two or more matrices, multiplied in the order that needs the fewest multiplications.

    The first and the last may be vectors: a row and a column, which the result then lacks.

    Shapes: (N, A), (A, B), …, (C, M) → (N, M).
    Errors: RuntimeError where sizes or dtypes differ, for other ranks, and for fewer than two; NotImplementedError for
    booleans; TypeError for what is not a tuple or list of tensors.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.linalg.multi_dot.html

    >>> import minitorch as torch
    >>> torch.linalg.multi_dot([torch.ones(2, 3), torch.ones(3, 4), torch.ones(4)])
    tensor([12., 12.])
    """
    if not isinstance(tensors, tuple | list):
        kind = type(tensors).__name__
        raise TypeError(f"linalg.multi_dot(): argument 'tensors' (position 1) must be tuple of Tensors, not {kind}")
    matrices = list(tensors)
    if len(matrices) < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {len(matrices)}")
    for i, x in enumerate(matrices):
        tensor_argument("multi_dot", x, "tensors")
        inside = 0 < i < len(matrices) - 1
        if x.ndim != 2 and (inside or x.ndim != 1):
            raise RuntimeError(f"multi_dot(): tensor {i} must be {'2D' if inside else '1D or 2D'} but got {x.ndim}D")
        if x.dtype != matrices[0].dtype:
            raise RuntimeError(
                f"multi_dot(): all tensors must have be the same dtype but tensor 0 is {matrices[0].dtype} and tensor "
                f"{i} {x.dtype}"
            )
    check_same_device("multi_dot", *matrices)
    refuse("addmm_impl_cpu_", matrices[0], "b")
    row, column = matrices[0].ndim == 1, matrices[-1].ndim == 1
    if row:
        matrices[0] = matrices[0].unsqueeze(0)
    if column:
        matrices[-1] = matrices[-1].unsqueeze(-1)
    for i, (a, b) in enumerate(zip(matrices, matrices[1:], strict=False)):
        if a.shape[1] != b.shape[0]:
            raise RuntimeError(
                f"multi_dot(): tensors {i} and {i + 1} with shapes {list(a.shape)} and {list(b.shape)} cannot be "
                "multiplied"
            )
    split = _cheapest([x.shape[0] for x in matrices] + [matrices[-1].shape[1]])

    def product(i: int, j: int) -> Any:
        return matrices[i] if i == j else matmul(product(i, split[i][j]), product(split[i][j] + 1, j))

    result = product(0, len(matrices) - 1)
    result = result.squeeze(-1) if column else result
    return result.squeeze(0) if row else result


def chain_matmul(*matrices: Any, out: Any = None) -> Tensor:
    """The product of matrices: `linalg.multi_dot` under its older name.

    Shapes: (N, A), (A, B), …, (C, M) → (N, M).
    Errors: RuntimeError where sizes or dtypes differ, for other ranks, and without matrices; NotImplementedError for
    booleans, and for `out`; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.chain_matmul.html

    >>> import minitorch as torch
    >>> torch.chain_matmul(torch.ones(2, 3), torch.ones(3, 1))
    tensor([[3.],
            [3.]])
    """
    if out is not None:
        raise NotImplementedError("minitorch's chain_matmul() does not support out=")
    if not matrices:
        raise RuntimeError("chain_matmul(): Expected one or more matrices")
    for x in matrices:
        tensor_argument("chain_matmul", x, "matrices")
        if x.ndim != 2:
            raise RuntimeError(f"chain_matmul: Tensor dimension is {x.ndim}, expected 2 instead.")
    return matrices[0] if len(matrices) == 1 else multi_dot(matrices)


def linalg_cross(input: Tensor, other: Tensor, *, dim: int = -1) -> Tensor:
    """The vector product x × y along `dim`.

    Shapes: input and other, of size 3 along `dim`, broadcast; the result has the common shape.
    Errors: RuntimeError for another size, ranks that differ, shapes that do not broadcast, and dtypes that differ;
    IndexError for a `dim` out of range; NotImplementedError for booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.linalg.cross.html

    >>> import minitorch as torch
    >>> torch.linalg.cross(torch.tensor([1., 0., 0.]), torch.tensor([0., 1., 0.]))
    tensor([0., 0., 1.])
    """
    return crossed(input, other, dim)


def diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """A view of the diagonals of matrices (…, N, M), put last; `offset` counts diagonals above the main one.

    Shapes: A with N and M in `dim1` and `dim2`, the last two unless given: the result has these no more, and their
    diagonal last.
    Errors: IndexError for a `dim1` or `dim2` out of range; RuntimeError if they are one; TypeError for what is not a
    tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.linalg.diagonal.html

    >>> import minitorch as torch
    >>> torch.linalg.diagonal(torch.tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    return diagonals.diagonal(A, offset, dim1, dim2)


def linalg_matrix_power(input: Tensor, n: int) -> Tensor:
    """The product of n copies of square matrices; for n < 0 of their inverses, for n = 0 the identity.

    Shapes: input (…, N, N) → (…, N, N).
    Errors: RuntimeError unless the matrices are square, and for the inverse of integers; LinAlgError for n < 0 and a
    singular matrix; NotImplementedError for products of booleans; TypeError for what is not a tensor, and an `n` that
    is not an int.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.linalg.matrix_power.html

    >>> import minitorch as torch
    >>> torch.linalg.matrix_power(torch.tensor([[2.]]), -2)
    tensor([[0.2500]])
    """
    return matrix_power(input, n)


def linalg_matmul(input: Tensor, other: Tensor) -> Tensor:
    """`minitorch.matmul` under its name in linalg.

    Shapes: as in `minitorch.matmul`.
    Errors: RuntimeError, NotImplementedError and TypeError as in `minitorch.matmul`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.linalg.matmul.html

    >>> import minitorch as torch
    >>> torch.linalg.matmul(torch.ones(2), torch.ones(2))
    tensor(2.)
    """
    return matmul(input, other)


def vecdot(x: Tensor, y: Tensor, *, dim: int = -1) -> Tensor:
    """Σᵢ xᵢ·yᵢ along `dim`.

    Shapes: x and y broadcast; the result has the common shape without `dim`.
    Errors: RuntimeError for shapes that do not broadcast, for integers and booleans, and for dtypes that differ;
    IndexError for a `dim` out of range; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.linalg.vecdot.html

    >>> import minitorch as torch
    >>> torch.linalg.vecdot(torch.ones(2, 3), torch.tensor([1., 2., 3.]))
    tensor([6., 6.])
    """
    tensor_argument("linalg.vecdot", x, "x")
    tensor_argument("linalg.vecdot", y, "y", 2)
    check_floating_matrix("linalg.vecdot", x)
    if x.ndim == 1 and y.ndim == 1:
        return vdot(x, y)
    return sum(mul(x, y), normalize_dim(as_int("linalg.vecdot", "dim", dim), max(x.ndim, y.ndim)))


class MatrixExp(Op, label="LinalgMatrixExpBackward0"):
    """Z = e^A = 1 + A + A²/2! + …;  ∂/∂A is the upper right block of exp of [[Aᵀ, G], [0, Aᵀ]].

    The series converges fast for small matrices, so A is halved s times first, and the result squared s times. With a
    norm of at most 1/2 the first 16 terms are exact to 10⁻¹⁹.

    Source: N. Higham, "Functions of matrices", 2008, sections 10.3 (halving and squaring) and 3.1 (the block)
    """

    def forward(self, a: Any) -> Any:  # (…, N, N)
        self.save(a)
        xp = array_module(a)
        x = a.astype("float32") if a.dtype.itemsize < 4 else a
        size = float(xp.abs(x).sum(axis=-2).max()) if a.size else 0.0
        halvings = max(0, math.ceil(math.log2(size)) + 1) if 0 < size < math.inf else 0
        x = x / 2**halvings
        z = xp.broadcast_to(xp.eye(a.shape[-1], dtype=x.dtype), x.shape)
        one = z
        for n in range(16, 0, -1):  # Horner's rule: 1 + x/1·(1 + x/2·(1 + …
            z = one + xp.matmul(x, z) / n
        for _ in range(halvings):
            z = xp.matmul(z, z)
        return z.astype(a.dtype, copy=False)

    def backward(self, g: Any) -> Any:
        (a,) = self.saved
        at = a.swapaxes(-1, -2)
        n = a.shape[-1]
        rows, columns = a.ndim - 2, a.ndim - 1
        block = Cat(rows)(Cat(columns)(at, g), Cat(columns)(zeros_like(g), at))
        return MatrixExp()(block)[..., :n, n:]


def matrix_exp(input: Tensor) -> Tensor:
    """e^A = 1 + A + A²/2! + … of square matrices.

    Shapes: input (…, N, N) → (…, N, N).
    Errors: RuntimeError unless the matrices are square, and for integers and booleans; TypeError for what is not a
    tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.linalg.matrix_exp.html

    >>> import minitorch as torch
    >>> torch.matrix_exp(torch.tensor([[0., 1.], [0., 0.]]))
    tensor([[1., 1.],
            [0., 1.]])
    """
    check_matrices("linalg.matrix_exp", input, square=True, half=None)
    return MatrixExp()(input)
