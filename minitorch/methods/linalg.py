"""Products and linear algebra beyond the everyday ones, and their forms that overwrite the tensor."""

from __future__ import annotations

from typing import Any

from .. import ops


class LinearAlgebra:
    """Products and linear algebra beyond the everyday ones, and their forms that overwrite the tensor."""

    def addbmm(self, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
        """See `minitorch.addbmm`."""
        return ops.addbmm(self, batch1, batch2, beta=beta, alpha=alpha)

    def addmv(self, mat: Any, vec: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
        """See `minitorch.addmv`."""
        return ops.addmv(self, mat, vec, beta=beta, alpha=alpha)

    def addr(self, vec1: Any, vec2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
        """See `minitorch.addr`."""
        return ops.addr(self, vec1, vec2, beta=beta, alpha=alpha)

    def baddbmm(self, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
        """See `minitorch.baddbmm`."""
        return ops.baddbmm(self, batch1, batch2, beta=beta, alpha=alpha)

    def addbmm_(self, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
        """In-place form of `addbmm`."""
        return self._update(ops.addbmm(self, batch1, batch2, beta=beta, alpha=alpha))

    def addmm_(self, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
        """In-place form of `addmm`."""
        return self._update(ops.addmm(self, mat1, mat2, beta=beta, alpha=alpha))

    def addmv_(self, mat: Any, vec: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
        """In-place form of `addmv`."""
        return self._update(ops.addmv(self, mat, vec, beta=beta, alpha=alpha))

    def addr_(self, vec1: Any, vec2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
        """In-place form of `addr`."""
        return self._update(ops.addr(self, vec1, vec2, beta=beta, alpha=alpha))

    def baddbmm_(self, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
        """In-place form of `baddbmm`."""
        return self._update(ops.baddbmm(self, batch1, batch2, beta=beta, alpha=alpha))

    def cholesky(self, upper: bool = False) -> Any:
        """See `minitorch.cholesky`."""
        return ops.cholesky(self, upper)

    def cholesky_inverse(self, upper: bool = False) -> Any:
        """See `minitorch.cholesky_inverse`."""
        return ops.cholesky_inverse(self, upper)

    def cholesky_solve(self, input2: Any, upper: bool = False) -> Any:
        """See `minitorch.cholesky_solve`."""
        return ops.cholesky_solve(self, input2, upper)

    def corrcoef(self) -> Any:
        """See `minitorch.corrcoef`."""
        return ops.corrcoef(self)

    def cov(self, *, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Any:
        """See `minitorch.cov`."""
        return ops.cov(self, correction=correction, fweights=fweights, aweights=aweights)

    def cross(self, other: Any, dim: int | None = None) -> Any:
        """See `minitorch.cross`."""
        return ops.cross(self, other, dim)

    def det(self) -> Any:
        """See `minitorch.det`."""
        return ops.det(self)

    def dist(self, other: Any, p: float = 2) -> Any:
        """See `minitorch.dist`."""
        return ops.dist(self, other, p)

    def ger(self, vec2: Any) -> Any:
        """See `minitorch.outer`."""
        return ops.ger(self, vec2)

    def inner(self, other: Any) -> Any:
        """See `minitorch.inner`."""
        return ops.inner(self, other)

    def inverse(self) -> Any:
        """See `minitorch.inverse`."""
        return ops.inverse(self)

    def kron(self, other: Any) -> Any:
        """See `minitorch.kron`."""
        return ops.kron(self, other)

    def logdet(self) -> Any:
        """See `minitorch.logdet`."""
        return ops.logdet(self)

    def matrix_exp(self) -> Any:
        """See `minitorch.matrix_exp`."""
        return ops.matrix_exp(self)

    def matrix_power(self, n: int) -> Any:
        """See `minitorch.matrix_power`."""
        return ops.matrix_power(self, n)

    def pinverse(self, rcond: float = 1e-15) -> Any:
        """See `minitorch.pinverse`."""
        return ops.pinverse(self, rcond)

    def qr(self, some: bool = True) -> Any:
        """See `minitorch.qr`."""
        return ops.qr(self, some)

    def slogdet(self) -> Any:
        """See `minitorch.slogdet`."""
        return ops.slogdet(self)

    def svd(self, some: bool = True, compute_uv: bool = True) -> Any:
        """See `minitorch.svd`."""
        return ops.svd(self, some, compute_uv)

    def trace(self) -> Any:
        """See `minitorch.trace`."""
        return ops.trace(self)

    def vdot(self, other: Any) -> Any:
        """See `minitorch.vdot`."""
        return ops.vdot(self, other)
