"""Inverses, systems of equations, determinants and Cholesky factors of square matrices, stacks of them in front.

NumPy and CuPy (LAPACK, cuSOLVER) compute the values. The derivatives are the classical ones.

Source: M. B. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation",
2008, https://people.maths.ox.ac.uk/gilesm/files/NA-08-01.pdf
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...autograd.op import Op
from ...device import array_module
from ...tensor import Tensor
from .. import return_types
from ..checks import check_same_device, tensor_argument
from ..elementwise.selection import where
from ..indexing.gathering import tril, triu
from ..reduction.reduction import Prod
from ..shape.repetition import Expand
from ..shape.shape import array_of, unsqueeze
from .checks import LinAlgError, check_beside, check_matrices, factorised
from .matmul import matmul

__all__ = ["cholesky", "det", "inverse", "logdet", "slogdet"]


def _transposed(x: Any) -> Any:
    return x.swapaxes(-1, -2)


class Inverse(Op, label="LinalgInvExBackward0"):
    """Z = A⁻¹;  ∂/∂A = −Zᵀ·G·Zᵀ (Giles 2.2.3)."""

    def forward(self, a: Any) -> Any:  # (…, N, N)
        failure = "linalg.inv: The inversion could not be completed because the input matrix is singular."
        z = factorised(failure, array_module(a).linalg.inv, a)
        self.save(z)
        return z

    def backward(self, g: Any) -> Any:
        (z,) = self.saved
        zt = _transposed(z)
        return -matmul(zt, matmul(g, zt))


def inv(A: Tensor) -> Tensor:
    """The inverses of square matrices.

    Shapes: A (…, N, N) → (…, N, N).
    Errors: LinAlgError for a singular matrix; RuntimeError for other shapes, and for other dtypes than float32 and
    float64; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.linalg.inv.html

    >>> import minitorch as torch
    >>> torch.linalg.inv(torch.tensor([[2., 0.], [1., 1.]]))
    tensor([[ 0.5000,  0.0000],
            [-0.5000,  1.0000]])
    """
    check_matrices("linalg.inv", A, square=True, half=RuntimeError)
    return Inverse()(A)


def inverse(input: Tensor) -> Tensor:
    """`linalg.inv` under its older name.

    Shapes: input (…, N, N) → (…, N, N).
    Errors: LinAlgError for a singular matrix; RuntimeError for other shapes, and for other dtypes than float32 and
    float64; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.inverse.html

    >>> import minitorch as torch
    >>> torch.inverse(torch.tensor([[4.]]))
    tensor([[0.2500]])
    """
    return inv(input)


def _stacked(a: Any, b: Any) -> tuple[Any, Any]:
    """Matrices (…, N, M) and (…, N, K) with the same dimensions in front of them, which CuPy's solver wants."""
    if a.shape[:-2] == b.shape[:-2]:
        return a, b
    xp, stack = array_module(a), np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    return xp.broadcast_to(a, stack + a.shape[-2:]), xp.broadcast_to(b, stack + b.shape[-2:])


class Solve(Op, label="LinalgSolveExBackward0"):
    """X with A·X = B (on the right: X·A = B);  ∂/∂B = Y with Aᵀ·Y = G, ∂/∂A = −Y·Xᵀ (on the right −Xᵀ·Y).

    (Giles 2.3.1.) With `vector` the last dimension of B and X is that of a vector each.
    """

    left: bool
    vector: bool

    def __init__(self, left: bool, vector: bool) -> None:
        self.left, self.vector = left, vector

    def forward(self, a: Any, b: Any) -> Any:  # a (…, N, N), b (…, N, K), or (…, K, N) on the right, or (…, N)
        columns = b[..., None] if self.vector else b
        if not self.left:
            columns = _transposed(columns)
        failure = "linalg.solve: The solver failed because the input matrix is singular."
        x = factorised(failure, array_module(a).linalg.solve, *_stacked(a if self.left else _transposed(a), columns))
        x = x if self.left else _transposed(x)
        x = x[..., 0] if self.vector else x
        self.save(a, x)
        return x

    def backward(self, g: Any) -> Any:
        a, x = self.saved
        y = Solve(self.left, self.vector)(_transposed(a), g)
        if not self.needs[0]:
            return None, y
        left, right = (unsqueeze(y, -1), unsqueeze(x, -1)) if self.vector else (y, x)
        return -(matmul(left, _transposed(right)) if self.left else matmul(_transposed(right), left)), y


def solve(A: Tensor, B: Tensor, *, left: bool = True) -> Tensor:
    """X with A·X = B; with left=False X·A = B.

    B is taken for a stack of vectors if it is 1-d or of A's shape without the last dimension.

    Shapes: A (…, N, N), B (…, N, K) → (…, N, K); A (…, N, N), B (…, N) → (…, N); with left=False A (…, N, N), B
    (…, K, N) → (…, K, N); the stacks broadcast.
    Errors: LinAlgError for a singular A; RuntimeError for shapes that do not meet, for dtypes that differ, and for
    integers and booleans; NotImplementedError for float16; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.linalg.solve.html

    >>> import minitorch as torch
    >>> torch.linalg.solve(torch.tensor([[2., 0.], [1., 1.]]), torch.tensor([2., 3.]))
    tensor([1., 2.])
    """
    check_matrices("linalg.solve", A, square=True)
    check_beside("linalg.solve", A, B)
    vector = B.ndim == 1 or (B.ndim == A.ndim - 1 and tuple(B.shape) == tuple(A.shape[:-1]))
    if vector and not left:
        raise RuntimeError("linalg.solve: Vector broadcasting of the left hand side is not supported for left=False.")
    _check_system("linalg.solve", A, B, left, vector)
    return Solve(left, vector)(A, B)


def _check_system(name: str, A: Any, B: Any, left: bool, vector: bool = False) -> None:
    """RuntimeError unless B has rows (on the right: columns) for A, and their stacks broadcast."""
    if B.ndim < (1 if vector else 2):
        raise RuntimeError(f"{name}: The input tensor B must have at least 2 dimensions.")
    rows = B.shape[-1] if vector or not left else B.shape[-2]
    if rows != A.shape[-1]:
        side = "AX = B" if left else "XA = B"
        raise RuntimeError(
            f"{name}: Incompatible shapes of A and B for the equation {side} ({list(A.shape)} and {list(B.shape)})"
        )
    for m, n in zip(reversed(A.shape[:-2]), reversed(B.shape[: -1 if vector else -2]), strict=False):
        if m != n and m != 1 and n != 1:
            raise RuntimeError(f"{name}: the stacks of {list(A.shape)} and {list(B.shape)} do not broadcast")


class SolveTriangular(Op, label="LinalgSolveTriangularBackward0"):
    """X with T·X = B, T the triangle of A;  ∂/∂B = Y with Tᵀ·Y = G, ∂/∂A = the triangle of −Y·Xᵀ.

    Row by row: each unknown follows from those before it. A 0 on the diagonal divides, and gives inf or nan. On the
    right X·T = B: the same of the transposes.
    """

    upper: bool
    left: bool
    unit: bool

    def __init__(self, upper: bool, left: bool, unit: bool) -> None:
        self.upper, self.left, self.unit = upper, left, unit

    def forward(self, a: Any, b: Any) -> Any:  # a (…, N, N), b (…, N, K), or (…, K, N) on the right
        x = self.substitute(a, b, self.upper) if self.left else None
        if x is None:
            x = _transposed(self.substitute(_transposed(a), _transposed(b), not self.upper))
        self.save(a, x)
        return x

    def substitute(self, a: Any, b: Any, upper: bool) -> Any:
        xp = array_module(a)
        n = a.shape[-1]
        stack = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        x = xp.array(xp.broadcast_to(b, stack + b.shape[-2:]))
        for i in range(n - 1, -1, -1) if upper else range(n):
            known = slice(i + 1, n) if upper else slice(0, i)
            row = x[..., i : i + 1, :]
            if known.stop > known.start:
                row -= xp.matmul(a[..., i : i + 1, known], x[..., known, :])
            if not self.unit:
                row /= a[..., i : i + 1, i : i + 1]
        return x

    def backward(self, g: Any) -> Any:
        a, x = self.saved
        y = SolveTriangular(not self.upper, self.left, self.unit)(_transposed(a), g)
        if not self.needs[0]:
            return None, y
        ga = -(matmul(y, _transposed(x)) if self.left else matmul(_transposed(x), y))
        return (triu(ga, int(self.unit)) if self.upper else tril(ga, -int(self.unit))), y


def solve_triangular(
    input: Tensor, B: Tensor, *, upper: bool, left: bool = True, unitriangular: bool = False
) -> Tensor:
    """X with A·X = B for a triangular A = `input`; with left=False X·A = B.

    Only the triangle that `upper` names is read; with `unitriangular` its diagonal counts as ones. There is no error
    for a 0 on the diagonal: the result is inf or nan. It has the dtype of A, to which B is converted.

    Shapes: input (…, N, N), B (…, N, K) → (…, N, K); with left=False input (…, N, N), B (…, K, N) → (…, K, N); the
    stacks broadcast.
    Errors: RuntimeError for shapes that do not meet; NotImplementedError for an A of another dtype than float32 and
    float64; TypeError for what is not a tensor, and without `upper`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.linalg.solve_triangular.html

    >>> import minitorch as torch
    >>> torch.linalg.solve_triangular(torch.tensor([[2., 1.], [0., 1.]]), torch.tensor([[4.], [2.]]), upper=True)
    tensor([[1.],
            [2.]])
    """
    name = "linalg.solve_triangular"
    tensor_argument(name, input)
    tensor_argument(name, B, "B", 2)
    check_same_device(name, input, B)
    if input.ndim < 2:
        raise RuntimeError(f"{name}: The input tensor A must have at least 2 dimensions.")
    if input.shape[-1] != input.shape[-2]:
        raise RuntimeError(f"{name}: A must be batches of square matrices, but its shape is {list(input.shape)}")
    _check_system(name, input, B, left)
    if input._array.dtype.kind != "f" or input._array.dtype == np.float16:
        raise NotImplementedError(f"\"triangular_solve_cpu\" not implemented for '{input.dtype.type_name}'")
    return SolveTriangular(upper, left, unitriangular)(input, B.to(input.dtype))


class Det(Op, label="LinalgDetBackward0"):
    """d = det A;  ∂d/∂A = d·A⁻ᵀ (Giles 2.2.4), the matrix of cofactors.

    A singular matrix has cofactors too, though no inverse. They follow from its singular values, A = U·S·Vᵀ:
    det U · det V · U·C·Vᵀ, where C has, for each singular value, the product of the others.
    """

    def forward(self, a: Any) -> Any:  # (…, N, N) → (…)
        d = array_module(a).asarray(array_module(a).linalg.det(a))
        self.save(a, d)
        return d

    def backward(self, g: Any) -> Any:
        a, d = self.saved
        singular = array_of(d) == 0
        if singular.any():
            return self.cofactors(a, unsqueeze(unsqueeze(g, -1), -1))
        return unsqueeze(unsqueeze(g * d, -1), -1) * _transposed(Inverse()(a))

    def cofactors(self, a: Any, g: Any) -> Any:
        from .spectral import Svd  # which needs this file

        u, s, vt = Svd(False)(a)
        n = s.shape[-1]
        own = array_module(array_of(a)).eye(n, dtype=bool)
        square = Expand((*s.shape, n))(unsqueeze(s, -2))  # (…, n, n), every row the singular values
        others = Prod((array_of(s).ndim,), False)(where(own, 1.0, square))
        sign = unsqueeze(unsqueeze(Det()(u) * Det()(vt), -1), -1)
        return g * sign * matmul(u * unsqueeze(others, -2), vt)


def linalg_det(A: Tensor) -> Tensor:
    """The determinants of square matrices. 1 for a matrix of no rows.

    Shapes: A (…, N, N) → (…).
    Errors: RuntimeError unless the matrices are square, and for integers and booleans; NotImplementedError for float16;
    TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.linalg.det.html

    >>> import minitorch as torch
    >>> torch.linalg.det(torch.tensor([[3., 1.], [2., 1.]]))
    tensor(1.)
    """
    return det(A)


def det(input: Tensor) -> Tensor:
    """The determinants of square matrices: `linalg.det`.

    Shapes: input (…, N, N) → (…).
    Errors: RuntimeError unless the matrices are square, and for integers and booleans; NotImplementedError for float16;
    TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.det.html

    >>> import minitorch as torch
    >>> torch.det(torch.tensor([[3., 1.], [2., 1.]]))
    tensor(1.)
    """
    check_matrices("linalg.det", input, square=True)
    return Det()(input)


class Slogdet(Op, label="LinalgSlogdetBackward0"):
    """s, l with det A = s·eˡ;  ∂l/∂A = A⁻ᵀ, and s is constant wherever it has a slope."""

    def forward(self, a: Any) -> Any:  # (…, N, N) → (…), (…)
        xp = array_module(a)
        sign, logarithm = xp.linalg.slogdet(a)
        self.save(a)
        return xp.asarray(sign), xp.asarray(logarithm)

    def backward(self, g_sign: Any, g: Any) -> Any:
        (a,) = self.saved
        if g is None:
            return None
        return unsqueeze(unsqueeze(g, -1), -1) * _transposed(Inverse()(a))


def _slogdet(input: Any) -> Any:
    check_matrices("linalg.slogdet", input, square=True, half=RuntimeError)
    return Slogdet()(input)


def slogdet(input: Tensor) -> return_types.slogdet:
    """The sign of the determinant, and the logarithm of its absolute value, of square matrices.

    ``(sign, logabsdet)``; 0 and −inf for a singular matrix. It does not overflow where `det` would.

    Shapes: input (…, N, N) → (…), (…).
    Errors: RuntimeError unless the matrices are square, and for other dtypes than float32 and float64; TypeError for
    what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.slogdet.html

    >>> import minitorch as torch
    >>> torch.slogdet(torch.tensor([[0., 1.], [1., 0.]]))[0]
    tensor(-1.)
    """
    return return_types.slogdet(*_slogdet(input))


def linalg_slogdet(A: Tensor) -> return_types.linalg_slogdet:
    """The sign of the determinant, and the logarithm of its absolute value, of square matrices.

    ``(sign, logabsdet)``; 0 and −inf for a singular matrix. It does not overflow where `det` would.

    Shapes: A (…, N, N) → (…), (…).
    Errors: RuntimeError unless the matrices are square, and for other dtypes than float32 and float64; TypeError for
    what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.linalg.slogdet.html

    >>> import minitorch as torch
    >>> torch.linalg.slogdet(torch.tensor([[0., 1.], [1., 0.]])).sign
    tensor(-1.)
    """
    return return_types.linalg_slogdet(*_slogdet(A))


def logdet(input: Tensor) -> Tensor:
    """The logarithm of the determinant of square matrices: nan where it is negative, −inf where it is 0.

    Shapes: input (…, N, N) → (…).
    Errors: RuntimeError unless the matrices are square, and for other dtypes than float32 and float64; TypeError for
    what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.logdet.html

    >>> import minitorch as torch
    >>> torch.logdet(torch.tensor([[2., 0.], [0., 2.]]))
    tensor(1.3863)
    """
    check_matrices("logdet", input, square=True, half=RuntimeError)
    sign, logarithm = Slogdet()(input)
    return where(sign == -1, float("nan"), logarithm)


class Cholesky(Op, label="LinalgCholeskyExBackward0"):
    """L with A = L·Lᵀ, lower triangular;  ∂/∂A = the symmetric part of L⁻ᵀ·Φ(Lᵀ·G)·L⁻¹.

    Φ keeps the lower triangle and half of the diagonal. Only the lower triangle of A is read, and the derivative is
    that along symmetric matrices. `upper`: the same of U = Lᵀ, from the upper triangle.

    Source: I. Murray, "Differentiation of the Cholesky decomposition", 2016, https://arxiv.org/abs/1602.07527
    """

    def __init__(self, upper: bool) -> None:
        self.upper = upper

    def forward(self, a: Any) -> Any:  # (…, N, N) → (…, N, N)
        failure = (
            "linalg.cholesky: The factorization could not be completed because the input is not positive-definite."
        )
        xp = array_module(a)
        factor = factorised(failure, xp.linalg.cholesky, _transposed(a) if self.upper else a)
        if xp.isnan(factor).any():
            raise LinAlgError(failure)  # nan passes NumPy's test of the diagonal
        factor = _transposed(factor) if self.upper else factor
        self.save(factor)
        return factor

    def backward(self, g: Any) -> Any:
        (factor,) = self.saved
        lower, g = (_transposed(factor), _transposed(g)) if self.upper else (factor, g)
        phi = matmul(_transposed(lower), g)
        phi = (tril(phi) + tril(phi, -1)) * 0.5
        inner = SolveTriangular(True, True, False)(_transposed(lower), phi)
        whole = SolveTriangular(False, False, False)(lower, inner)
        return (whole + _transposed(whole)) * 0.5


class OldCholesky(Cholesky, label="CholeskyBackward0"):
    """`Cholesky` under the name that PyTorch gives it outside of linalg."""


def linalg_cholesky(input: Tensor, *, upper: bool = False) -> Tensor:
    """L, lower triangular with input = L·Lᵀ, of symmetric positive definite matrices; with `upper` Lᵀ.

    Only one triangle is read.

    Shapes: input (…, N, N) → (…, N, N).
    Errors: LinAlgError for a matrix that is not positive definite; RuntimeError unless it is square, and for integers
    and booleans; NotImplementedError for float16; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.linalg.cholesky.html

    >>> import minitorch as torch
    >>> torch.linalg.cholesky(torch.tensor([[4., 2.], [2., 2.]]))
    tensor([[2., 0.],
            [1., 1.]])
    """
    check_matrices("linalg.cholesky", input, square=True)
    return Cholesky(upper)(input)


def cholesky(input: Tensor, upper: bool = False) -> Tensor:
    """`linalg.cholesky` under its older name, which PyTorch warns of.

    Shapes: input (…, N, N) → (…, N, N).
    Errors: LinAlgError for a matrix that is not positive definite; RuntimeError unless it is square, and for integers
    and booleans; NotImplementedError for float16; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cholesky.html

    >>> import minitorch as torch
    >>> torch.cholesky(torch.tensor([[4., 2.], [2., 2.]]))
    tensor([[2., 0.],
            [1., 1.]])
    """
    check_matrices("cholesky", input, square=True)
    return OldCholesky(upper)(input)
