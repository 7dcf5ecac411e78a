"""Factorisations into orthogonal and diagonal or triangular matrices, and what is made of them.

A = Q·R, A = Q·Λ·Qᵀ and A = U·S·Vᵀ leave choices open (the signs of columns, and whole rotations where values repeat).
NumPy's and PyTorch's LAPACK may choose differently; a function of them has one gradient where it does not depend on
the choice. Where values repeat, the derivative of the vectors divides by 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...autograd.grad_mode import mode
from ...autograd.op import Op
from ...device import array_module
from ...tensor import Tensor, wrap
from .. import return_types
from ..checks import check_devices, tensor_argument, zeros_like
from ..elementwise.functions import abs
from ..elementwise.selection import where
from ..indexing.gathering import tril
from ..shape.joining import Cat
from ..shape.shape import array_of, transpose, unsqueeze
from .checks import check_matrices, factorised
from .matmul import matmul
from .solving import SolveTriangular

__all__ = ["pinverse", "qr", "svd"]


def _transposed(x: Any) -> Any:
    return x.swapaxes(-1, -2)


def _eye(x: Any, n: int) -> Any:
    """Where the diagonal of n by n matrices is, on x's device."""
    return array_module(array_of(x)).eye(n, dtype=bool)


def _sum(*terms: Any) -> Any:
    """The sum of those terms that are not None; None of none."""
    total = None
    for term in terms:
        if term is not None:
            total = term if total is None else total + term
    return total


# ---- Q R -------------------------------------------------------------------------------------------------------------


class QR(Op, label="LinalgQrBackward0"):
    """A = Q·R, columns of Q orthonormal, R upper triangular;  ∂/∂A = (Gq + Q·copyltu(M))·R⁻ᵀ, M = R·Grᵀ − Gqᵀ·Q.

    copyltu(M) is symmetric with the lower triangle of M. Where A has more columns than rows, A = [X | Y] and
    R = [U | Qᵀ·Y]: the formula for X = Q·U, with Gq + Y·(the rest of Gr)ᵀ for Gq, and Q·(the rest of Gr) for Y.

    Source: M. Seeger et al., "Auto-differentiating linear algebra", 2017, https://arxiv.org/abs/1710.08717
    """

    def __init__(self, mode: str) -> None:
        self.mode = mode

    def forward(self, a: Any) -> Any:  # (…, N, M) → (…, N, K), (…, K, M)
        xp = array_module(a)
        if self.mode == "r":
            r = factorised("linalg.qr: the factorisation failed.", xp.linalg.qr, a, mode="r")
            return xp.empty((0,), dtype=a.dtype), r
        q, r = factorised("linalg.qr: the factorisation failed.", xp.linalg.qr, a, mode=self.mode)
        self.save(q, r)
        return xp.asarray(q), xp.asarray(r)

    def backward(self, gq: Any, gr: Any) -> Any:
        if self.mode == "r":
            raise RuntimeError(
                "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please use "
                "linalg.qr(A, mode='reduced') if you are going to require gradients"
            )
        q, r = self.saved
        n, m = q.shape[-2], r.shape[-1]
        if self.mode == "complete" and n > m:
            raise RuntimeError("The QR decomposition is not differentiable when mode='complete' and nrows > ncols")
        if m <= n:
            return self.square_or_tall(q, r, gq, gr)
        u, rest = r[..., :n], r[..., n:]
        g_rest = None
        if gr is not None:
            gr, g_rest = gr[..., :n], gr[..., n:]
            gq = _sum(gq, matmul(matmul(q, rest), _transposed(g_rest)))
        gx = self.square_or_tall(q, u, gq, gr)
        gy = zeros_like(rest) if g_rest is None else matmul(q, g_rest)
        return Cat(r.ndim - 1)(gx, gy)

    def square_or_tall(self, q: Any, r: Any, gq: Any, gr: Any) -> Any:
        middle = _sum(
            None if gr is None else matmul(r, _transposed(gr)),
            None if gq is None else -matmul(_transposed(gq), q),
        )
        whole = _sum(gq, matmul(q, tril(middle) + _transposed(tril(middle, -1))))
        return SolveTriangular(False, False, False)(_transposed(r), whole)


def linalg_qr(A: Tensor, mode: str = "reduced") -> return_types.linalg_qr:
    """Q with orthonormal columns and R upper triangular, A = Q·R: ``(Q, R)``.

    `mode` "reduced" gives K = min(N, M) columns of Q; "complete" a square Q; "r" R alone, Q empty. The last two have no
    derivative (the complete one has, where N ≤ M).

    Shapes: A (…, N, M) → (…, N, K), (…, K, M); with "complete" (…, N, N), (…, N, M); with "r" (0), (…, K, M).
    Errors: RuntimeError for fewer than two dimensions, another `mode`, and integers and booleans; NotImplementedError
    for float16; TypeError for what is not a tensor, and a `mode` that is not a str.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.linalg.qr.html

    >>> import minitorch as torch
    >>> Q, R = torch.linalg.qr(torch.tensor([[3., 1.], [4., 2.]]))
    >>> torch.allclose(Q @ R, torch.tensor([[3., 1.], [4., 2.]]))
    True
    """
    check_matrices("linalg.qr", A)
    if not isinstance(mode, str):
        raise TypeError(f"linalg.qr(): argument 'mode' must be str, not {type(mode).__name__}")
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or 'complete'"
        )
    return return_types.linalg_qr(*QR(mode)(A))


def qr(input: Tensor, some: bool = True) -> return_types.qr:
    """`linalg.qr` under its older name: mode "reduced" with `some`, else "complete".

    Shapes: input (…, N, M) → (…, N, K), (…, K, M), K = min(N, M), or with some=False K = N.
    Errors: RuntimeError for fewer than two dimensions, and for integers and booleans; NotImplementedError for float16;
    TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.qr.html

    >>> import minitorch as torch
    >>> torch.qr(torch.ones(3, 2)).R.shape
    torch.Size([2, 2])
    """
    return return_types.qr(*linalg_qr(input, "reduced" if some else "complete"))


# ---- Q Λ Qᵀ ----------------------------------------------------------------------------------------------------------


class Eigh(Op, label="LinalgEighBackward0"):
    """A = Q·Λ·Qᵀ for a symmetric A;  ∂/∂A = Q·(diag(Gλ) + (Qᵀ·Gq)/E)·Qᵀ, Eᵢⱼ = λⱼ − λᵢ off the diagonal.

    Only one triangle of A is read, and the derivative is that along symmetric matrices (Giles 3.1).
    """

    def __init__(self, triangle: str) -> None:
        self.triangle = triangle

    def forward(self, a: Any) -> Any:  # (…, N, N) → (…, N), (…, N, N)
        xp = array_module(a)
        failure = "linalg.eigh: The algorithm failed to converge."
        values, vectors = factorised(failure, xp.linalg.eigh, a, UPLO=self.triangle)
        self.save(values, vectors)
        return xp.asarray(values), xp.asarray(vectors)

    def backward(self, g_values: Any, g_vectors: Any) -> Any:
        values, vectors = self.saved
        if g_vectors is None:
            return matmul(vectors * unsqueeze(g_values, -2), _transposed(vectors))
        own = _eye(values, values.shape[-1])
        gaps = where(own, 1.0, unsqueeze(values, -2) - unsqueeze(values, -1))
        middle = matmul(_transposed(vectors), g_vectors) / gaps
        middle = where(own, 0.0 if g_values is None else unsqueeze(g_values, -2), middle)
        return matmul(matmul(vectors, middle), _transposed(vectors))


def _triangle(name: str, UPLO: Any) -> str:
    if not isinstance(UPLO, str):
        raise TypeError(f"{name}(): argument 'UPLO' must be str, not {type(UPLO).__name__}")
    if UPLO.upper() not in ("L", "U"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}")
    return UPLO.upper()


def _check_symmetric(A: Any) -> None:
    tensor_argument("linalg.eigh", A, "A")
    if isinstance(A, Tensor) and A.ndim >= 2 and A.shape[-1] == A.shape[-2] and A._array.dtype.kind != "f":
        raise NotImplementedError(f"\"linalg_eigh_cpu\" not implemented for '{A.dtype.type_name}'")
    check_matrices("linalg.eigh", A, square=True)


def eigh(input: Tensor, UPLO: str = "L") -> return_types.linalg_eigh:
    """Eigenvalues in ascending order and eigenvectors (the columns) of symmetric matrices.

    ``(eigenvalues, eigenvectors)``. One triangle is read: the lower, or with UPLO="U" the upper. The gradient needs
    different eigenvalues.

    Shapes: input (…, N, N) → (…, N), (…, N, N).
    Errors: RuntimeError unless the matrices are square, and for another `UPLO`; NotImplementedError for other dtypes
    than float32 and float64; TypeError for what is not a tensor, and an `UPLO` that is not a str.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.linalg.eigh.html

    >>> import minitorch as torch
    >>> torch.linalg.eigh(torch.tensor([[2., 1.], [1., 2.]])).eigenvalues
    tensor([1., 3.])
    """
    _check_symmetric(input)
    return return_types.linalg_eigh(*Eigh(_triangle("linalg.eigh", UPLO))(input))


def eigvalsh(input: Tensor, UPLO: str = "L") -> Tensor:
    """The eigenvalues, in ascending order, of symmetric matrices: see `eigh`.

    Shapes: input (…, N, N) → (…, N).
    Errors: RuntimeError unless the matrices are square, and for another `UPLO`; NotImplementedError for other dtypes
    than float32 and float64; TypeError for what is not a tensor, and an `UPLO` that is not a str.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.linalg.eigvalsh.html

    >>> import minitorch as torch
    >>> torch.linalg.eigvalsh(torch.tensor([[2., 1.], [1., 2.]]))
    tensor([1., 3.])
    """
    _check_symmetric(input)
    triangle = _triangle("linalg.eigvalsh", UPLO)
    if input.requires_grad and mode.enabled:
        return Eigh(triangle)(input)[0]
    a = input._array
    values = factorised(
        "linalg.eigvalsh: The algorithm failed to converge.", array_module(a).linalg.eigvalsh, a, UPLO=triangle
    )
    return wrap(array_module(a).asarray(values))


# ---- U S Vᵀ ----------------------------------------------------------------------------------------------------------


class Svd(Op, label="LinalgSvdBackward0"):
    """A = U·S·Vᵀ, columns orthonormal, S diagonal and not negative.

    With skew(X) = X − Xᵀ and Eᵢⱼ = Sⱼ² − Sᵢ² off the diagonal,
    ∂/∂A = U·(skew(Uᵀ·Gu)/E·S + S·skew(Vᵀ·Gv)/E + diag(Gs))·Vᵀ + (1 − U·Uᵀ)·Gu·S⁻¹·Vᵀ + U·S⁻¹·Gvᵀ·(1 − V·Vᵀ).

    Of full square U and V the columns beyond min(N, M) are no function of A, and their gradients are left out.

    Source: J. Townsend, "Differentiating the singular value decomposition", 2016,
    https://j-towns.github.io/papers/svd-derivative.pdf
    """

    def __init__(self, full: bool) -> None:
        self.full = full

    def forward(self, a: Any) -> Any:  # (…, N, M) → (…, N, K), (…, K), (…, K, M)
        xp = array_module(a)
        failure = "linalg.svd: The algorithm failed to converge."
        u, s, vt = factorised(failure, xp.linalg.svd, a, full_matrices=self.full)
        u, s, vt = xp.asarray(u), xp.asarray(s), xp.asarray(vt)
        self.save(u, s, vt)
        return u, s, vt

    def backward(self, gu: Any, gs: Any, gvt: Any) -> Any:
        u, s, vt = self.saved
        n, m, k = u.shape[-2], vt.shape[-1], s.shape[-1]
        if self.full:
            u, vt = u[..., :k], vt[..., :k, :]
            gu, gvt = (None if gu is None else gu[..., :k]), (None if gvt is None else gvt[..., :k, :])
        ut, v = _transposed(u), _transposed(vt)
        if gu is None and gvt is None:
            return matmul(u * unsqueeze(gs, -2), vt)
        own = _eye(s, k)
        squares = s * s
        gaps = where(own, 1.0, unsqueeze(squares, -2) - unsqueeze(squares, -1))
        middle: Any = None
        outside: Any = None
        if gu is not None:
            turn = matmul(ut, gu)
            middle = (turn - _transposed(turn)) / gaps * unsqueeze(s, -2)
            if n > k:
                beside = (gu - matmul(u, turn)) / unsqueeze(s, -2)
                outside = matmul(beside, vt)
        if gvt is not None:
            turn = matmul(gvt, v)  # (Gvᵀ·V), the transpose of Vᵀ·Gv
            middle = _sum(middle, unsqueeze(s, -1) * ((_transposed(turn) - turn) / gaps))
            if m > k:
                beside = (gvt - matmul(turn, vt)) / unsqueeze(s, -1)
                outside = _sum(outside, matmul(u, beside))
        if gs is not None:
            middle = where(own, unsqueeze(gs, -2), middle)
        return _sum(matmul(matmul(u, middle), vt), outside)


def linalg_svd(A: Tensor, full_matrices: bool = True, *, driver: str | None = None) -> return_types.linalg_svd:
    """A = U·diag(S)·Vh: ``(U, S, Vh)``, the values S in descending order.

    U and Vh are square with `full_matrices`. The gradient needs different singular values. `driver`, a choice among
    cuSOLVER's, must be None.

    Shapes: A (…, N, M) → (…, N, N), (…, K), (…, M, M), K = min(N, M); with full_matrices=False (…, N, K), (…, K),
    (…, K, M).
    Errors: RuntimeError for fewer than two dimensions, for integers and booleans, and for a `driver`;
    NotImplementedError for float16; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.linalg.svd.html

    >>> import minitorch as torch
    >>> torch.linalg.svd(torch.tensor([[3., 0.], [0., -4.]]), full_matrices=False).S
    tensor([4., 3.])
    """
    check_matrices("linalg.svd", A)
    _no_driver("linalg.svd", driver)
    return return_types.linalg_svd(*Svd(full_matrices)(A))


def _no_driver(name: str, driver: Any) -> None:
    if driver is not None:
        raise RuntimeError(
            f"{name}: keyword argument `driver=` is only supported on CUDA inputs with cuSOLVER backend."
        )


def svdvals(A: Tensor, *, driver: str | None = None) -> Tensor:
    """The singular values, in descending order, of matrices.

    Shapes: A (…, N, M) → (…, K), K = min(N, M).
    Errors: RuntimeError for fewer than two dimensions, for integers and booleans, and for a `driver`;
    NotImplementedError for float16; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.linalg.svdvals.html

    >>> import minitorch as torch
    >>> torch.linalg.svdvals(torch.tensor([[3., 0.], [0., -4.]]))
    tensor([4., 3.])
    """
    check_matrices("linalg.svd", A)
    _no_driver("linalg.svdvals", driver)
    if A.requires_grad and mode.enabled:
        return Svd(False)(A)[1]
    a = A._array
    xp = array_module(a)
    failure = "linalg.svd: The algorithm failed to converge."
    return wrap(xp.asarray(factorised(failure, xp.linalg.svd, a, compute_uv=False)))


def svd(input: Tensor, some: bool = True, compute_uv: bool = True) -> return_types.svd:
    """``(U, S, V)`` with input = U·diag(S)·Vᵀ: `linalg.svd` in its older form, with V instead of its transpose.

    U and V have K columns with `some`, else they are square. Without `compute_uv` they are zeros.

    Shapes: input (…, N, M) → (…, N, K), (…, K), (…, M, K), K = min(N, M); else (…, N, N), (…, K), (…, M, M).
    Errors: RuntimeError for fewer than two dimensions, and for integers and booleans; NotImplementedError for float16;
    TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.svd.html

    >>> import minitorch as torch
    >>> torch.svd(torch.tensor([[3., 0.], [0., -4.], [0., 0.]])).V.shape
    torch.Size([2, 2])
    """
    check_matrices("linalg.svd", input)
    if not compute_uv:
        n, m = input.shape[-2:]
        front = tuple(input.shape[:-2])
        return return_types.svd(input.new_zeros((*front, n, n)), svdvals(input), input.new_zeros((*front, m, m)))
    u, s, vt = Svd(not some)(input)
    return return_types.svd(u, s, transpose(vt, -2, -1))


# ---- inverses of matrices that have none -----------------------------------------------------------------------------


class Pinv(Op, label="LinalgPinvBackward0"):
    """P = A⁺;  ∂/∂A = −Pᵀ·G·Pᵀ + (1 − A·P)·Gᵀ·P·Pᵀ + Pᵀ·P·Gᵀ·(1 − P·A), as long as the rank stays.

    Source: G. Golub, V. Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares problems whose
    variables separate", 1973, https://doi.org/10.1137/0710036
    """

    atol: Any
    rtol: Any

    def __init__(self, atol: Any, rtol: Any) -> None:
        self.atol, self.rtol = atol, rtol

    def forward(self, a: Any) -> Any:  # (…, N, M) → (…, M, N)
        xp = array_module(a)
        if a.size == 0:
            p = xp.zeros((*a.shape[:-2], a.shape[-1], a.shape[-2]), dtype=a.dtype)
        else:
            u, s, vt = factorised(
                "linalg.svd: The algorithm failed to converge.", xp.linalg.svd, a, full_matrices=False
            )
            limit = _limit(xp, s.max(axis=-1, keepdims=True), self.atol, self.rtol)
            inverse = xp.where(s > limit, 1 / s, s.dtype.type(0))
            p = xp.matmul(_transposed(vt) * inverse[..., None, :], _transposed(u))
        self.save(a, p)
        return p

    def backward(self, g: Any) -> Any:
        a, p = self.saved
        pt, gt = _transposed(p), _transposed(g)
        first = -matmul(pt, matmul(g, pt))
        left = matmul(matmul(gt, p), pt)
        right = matmul(pt, matmul(p, gt))
        return first + (left - matmul(a, matmul(p, left))) + (right - matmul(matmul(right, p), a))


def _limit(xp: Any, largest: Any, atol: Any, rtol: Any) -> Any:
    """Below which a singular value counts as 0; (…, 1)."""
    atol, rtol = (xp.asarray(x)[..., None] if getattr(x, "ndim", 0) else x for x in (atol, rtol))
    return xp.maximum(atol, rtol * largest).astype(largest.dtype)


def _tolerances(A: Any, atol: Any, rtol: Any) -> tuple[Any, Any]:
    """The absolute and the relative tolerance, as numbers or arrays; without any the relative is max(N, M)·ε."""

    def plain(x: Any) -> Any:
        return x._array if isinstance(x, Tensor) else x

    if rtol is None:
        rtol = 0.0
        if atol is None or isinstance(atol, Tensor) or atol <= 0:
            rtol = float(np.finfo(A._array.dtype).eps) * max(A.shape[-2:])
            if isinstance(atol, Tensor):
                rtol = array_module(atol._array).where(atol._array > 0, 0.0, rtol)
    return plain(0.0 if atol is None else atol), plain(rtol)


def pinv(input: Tensor, rcond: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None) -> Tensor:
    """The pseudo-inverses of matrices: the shortest of what solves A·X ≈ 1 best.

    Singular values at most max(atol, rtol·largest) count as 0; `rcond` is an older name of `rtol`, by default
    max(N, M)·ε. `hermitian`: they are symmetric, and their lower triangle alone is read.

    Shapes: input (…, N, M) → (…, M, N).
    Errors: RuntimeError for fewer than two dimensions, for other dtypes than float32 and float64, and with `hermitian`
    unless the matrices are square; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.linalg.pinv.html

    >>> import minitorch as torch
    >>> torch.linalg.pinv(torch.tensor([[2., 0.], [0., 0.]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.0000]])
    """
    tensor_argument("linalg.pinv", input)
    if input.ndim < 2 or input._array.dtype not in (np.float32, np.float64):
        raise RuntimeError(
            f"linalg.pinv({input.dtype.type_name}{{{list(input.shape)}}}): expected a tensor with 2 or more dimensions "
            "of float, double, cfloat or cdouble types"
        )
    atol, rtol = _tolerances(input, atol, rcond if rtol is None else rtol)
    if not hermitian:
        return Pinv(atol, rtol)(input)
    check_matrices("linalg.pinv", input, square=True)
    if input.numel() == 0:
        return input.new_zeros(input.shape)
    values, vectors = Eigh("L")(input)
    size = abs(values)._array
    limit = _limit(array_module(size), size.max(axis=-1, keepdims=True), atol, rtol)
    inverse = where(wrap(size > limit), 1 / values, 0.0)
    return matmul(vectors * unsqueeze(inverse, -2), _transposed(vectors))


def pinverse(input: Tensor, rcond: float = 1e-15) -> Tensor:
    """`linalg.pinv` under its older name, with singular values below rcond·largest taken for 0.

    Shapes: input (…, N, M) → (…, M, N).
    Errors: RuntimeError for fewer than two dimensions, and for other dtypes than float32 and float64; TypeError for
    what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.pinverse.html

    >>> import minitorch as torch
    >>> torch.pinverse(torch.tensor([[1.], [1.]]))
    tensor([[0.5000, 0.5000]])
    """
    return pinv(input, rcond)


def matrix_rank(
    input: Tensor, tol: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None
) -> Tensor:
    """How many singular values of matrices are larger than max(atol, rtol·largest), as int64.

    `rtol` is max(N, M)·ε by default; `tol` is an older name of `atol`. `hermitian`: they are symmetric.

    Shapes: input (…, N, M) → (…).
    Errors: RuntimeError for fewer than two dimensions, for other dtypes than float32 and float64, and with `hermitian`
    unless the matrices are square; NotImplementedError for those dtypes with `hermitian`; TypeError for what is not a
    tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.linalg.matrix_rank.html

    >>> import minitorch as torch
    >>> torch.linalg.matrix_rank(torch.tensor([[1., 2.], [2., 4.]]))
    tensor(1)
    """
    tensor_argument("torch.linalg.matrix_rank", input)
    check_devices("linalg.matrix_rank", input, tol, atol, rtol)
    if input.ndim < 2:
        raise RuntimeError("torch.linalg.matrix_rank: The input tensor input must have at least 2 dimensions.")
    if input._array.dtype not in (np.float32, np.float64):
        kind = NotImplementedError if hermitian else RuntimeError  # as in PyTorch
        raise kind("torch.linalg.matrix_rank: This function doesn't handle types other than float and double")
    if tol is not None:
        atol, rtol = tol, 0.0
    a = input.detach()
    atol, rtol = _tolerances(input, atol, rtol)
    xp = array_module(a._array)
    if a.numel() == 0:
        return wrap(xp.zeros(a.shape[:-2], dtype=np.int64))
    sizes = xp.abs(eigvalsh(a)._array) if hermitian else svdvals(a)._array
    limit = _limit(xp, sizes.max(axis=-1, keepdims=True), atol, rtol)
    return wrap(xp.asarray((sizes > limit).sum(axis=-1).astype(np.int64)))


DRIVERS = ("gels", "gelsy", "gelsd", "gelss")


def lstsq(
    input: Tensor, b: Tensor, rcond: float | None = None, *, driver: str | None = None
) -> return_types.linalg_lstsq:
    """X that makes the columns of A·X − B shortest, for A = `input` and B = `b`, matrices or vectors.

    ``(solution, residuals, rank, singular_values)``. Which of the last three are computed depends on the driver, as in
    PyTorch: "gelsy" (the default) gives the rank; "gelsd" and "gelss" the rank, the singular values and, where N > M
    and A has full rank, the sums of squares of A·X − B; "gels", for A of full rank and the default on a GPU, the sums
    alone. Here all of them solve with the pseudo-inverse, with singular values below rcond·largest taken for 0 (rcond:
    max(N, M)·ε).

    Shapes: input (…, N, M), b (…, N, K) → (…, M, K), residuals, rank and singular values; input (…, N, M), b (…, N) →
    (…, M), and the others.
    Errors: RuntimeError for shapes that do not meet, for dtypes that differ or are not float32 or float64
    (NotImplementedError with an `rcond`), and another `driver`; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.linalg.lstsq.html

    >>> import minitorch as torch
    >>> torch.linalg.lstsq(torch.tensor([[2.], [0.]]), torch.tensor([[4.], [3.]])).solution
    tensor([[2.]])
    """
    name = "torch.linalg.lstsq"
    tensor_argument(name, input)
    tensor_argument(name, b, "b", 2)
    default = "gelsy" if input.device.type == "cpu" else "gels"
    driver = default if driver is None else driver
    if input.ndim < 2:
        raise RuntimeError(f"{name}: input must have at least 2 dimensions.")
    if b.ndim < 1:
        raise RuntimeError(f"{name}: other must have at least 1 dimension.")
    if input.dtype != b.dtype:
        raise RuntimeError(f"{name}: Expected input and b to have the same dtype, but got {input.dtype} and {b.dtype}")
    if input._array.dtype not in (np.float32, np.float64):
        kind = RuntimeError if rcond is None else NotImplementedError  # as in PyTorch, which finds out later then
        raise kind(f"{name}: This function doesn't handle types other than float and double")
    if driver not in DRIVERS:
        raise RuntimeError(f"{name}: parameter `driver` should be one of (gels, gelsy, gelsd, gelss)")
    vector = input.ndim - 1 == b.ndim and tuple(b.shape) == tuple(input.shape[:-1])
    if not vector and (b.ndim < 2 or b.shape[-2] != input.shape[-2]):
        raise RuntimeError(
            f"{name}: input.size(-2) should match other.size(-2), but got {list(input.shape)}, {list(b.shape)}"
        )
    columns = unsqueeze(b, -1) if vector else b
    rtol = float(np.finfo(input._array.dtype).eps) * max(input.shape[-2:]) if rcond is None else rcond
    solution = matmul(Pinv(0.0, 0.0 if driver == "gels" else rtol)(input), columns)
    n, m = input.shape[-2:]
    empty = input.new_zeros((0,))
    no_rank = driver == "gels"
    rank = wrap(array_module(input._array).zeros((0,), dtype=np.int64)) if no_rank else matrix_rank(input, rtol=rtol)
    residuals = empty
    if driver != "gelsy" and n > m and (no_rank or bool((rank == m).all())):
        difference = matmul(input, solution) - columns
        residuals = (difference * difference).sum(-2)
    return return_types.linalg_lstsq(
        solution.squeeze(-1) if vector else solution,
        residuals,
        rank,
        svdvals(input.detach()) if driver in ("gelsd", "gelss") else empty,
    )
