"""Products and linear algebra beyond the everyday ones, and their forms that overwrite the tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import ops
from ..types import Number

if TYPE_CHECKING:
    from ..ops import return_types
    from ..tensor import Tensor


class LinearAlgebra:
    """Products and linear algebra beyond the everyday ones, and their forms that overwrite the tensor."""

    def addbmm(self: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
        """See `minitorch.addbmm`."""
        return ops.addbmm(self, batch1, batch2, beta=beta, alpha=alpha)

    def addmv(self: Tensor, mat: Tensor, vec: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
        """See `minitorch.addmv`."""
        return ops.addmv(self, mat, vec, beta=beta, alpha=alpha)

    def addr(self: Tensor, vec1: Tensor, vec2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
        """See `minitorch.addr`."""
        return ops.addr(self, vec1, vec2, beta=beta, alpha=alpha)

    def baddbmm(self: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
        """See `minitorch.baddbmm`."""
        return ops.baddbmm(self, batch1, batch2, beta=beta, alpha=alpha)

    def addbmm_(self: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
        """In-place form of `addbmm`."""
        return self._update(ops.addbmm(self, batch1, batch2, beta=beta, alpha=alpha))

    def addmm_(self: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
        """In-place form of `addmm`."""
        return self._update(ops.addmm(self, mat1, mat2, beta=beta, alpha=alpha))

    def addmv_(self: Tensor, mat: Tensor, vec: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
        """In-place form of `addmv`."""
        return self._update(ops.addmv(self, mat, vec, beta=beta, alpha=alpha))

    def addr_(self: Tensor, vec1: Tensor, vec2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
        """In-place form of `addr`."""
        return self._update(ops.addr(self, vec1, vec2, beta=beta, alpha=alpha))

    def baddbmm_(self: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
        """In-place form of `baddbmm`."""
        return self._update(ops.baddbmm(self, batch1, batch2, beta=beta, alpha=alpha))

    def cholesky(self: Tensor, upper: bool = False) -> Tensor:
        """See `minitorch.cholesky`."""
        return ops.cholesky(self, upper)

    def cholesky_inverse(self: Tensor, upper: bool = False) -> Tensor:
        """See `minitorch.cholesky_inverse`."""
        return ops.cholesky_inverse(self, upper)

    def cholesky_solve(self: Tensor, input2: Tensor, upper: bool = False) -> Tensor:
        """See `minitorch.cholesky_solve`."""
        return ops.cholesky_solve(self, input2, upper)

    def corrcoef(self: Tensor) -> Tensor:
        """See `minitorch.corrcoef`."""
        return ops.corrcoef(self)

    def cov(
        self: Tensor, *, correction: int = 1, fweights: Tensor | None = None, aweights: Tensor | None = None
    ) -> Tensor:
        """See `minitorch.cov`."""
        return ops.cov(self, correction=correction, fweights=fweights, aweights=aweights)

    def cross(self: Tensor, other: Tensor, dim: int | None = None) -> Tensor:
        """See `minitorch.cross`."""
        return ops.cross(self, other, dim)

    def det(self: Tensor) -> Tensor:
        """See `minitorch.det`."""
        return ops.det(self)

    def dist(self: Tensor, other: Tensor, p: float = 2) -> Tensor:
        """See `minitorch.dist`."""
        return ops.dist(self, other, p)

    def ger(self: Tensor, vec2: Tensor) -> Tensor:
        """See `minitorch.outer`."""
        return ops.ger(self, vec2)

    def inner(self: Tensor, other: Tensor) -> Tensor:
        """See `minitorch.inner`."""
        return ops.inner(self, other)

    def inverse(self: Tensor) -> Tensor:
        """See `minitorch.inverse`."""
        return ops.inverse(self)

    def kron(self: Tensor, other: Tensor) -> Tensor:
        """See `minitorch.kron`."""
        return ops.kron(self, other)

    def logdet(self: Tensor) -> Tensor:
        """See `minitorch.logdet`."""
        return ops.logdet(self)

    def matrix_exp(self: Tensor) -> Tensor:
        """See `minitorch.matrix_exp`."""
        return ops.matrix_exp(self)

    def matrix_power(self: Tensor, n: int) -> Tensor:
        """See `minitorch.matrix_power`."""
        return ops.matrix_power(self, n)

    def pinverse(self: Tensor, rcond: float = 1e-15) -> Tensor:
        """See `minitorch.pinverse`."""
        return ops.pinverse(self, rcond)

    def qr(self: Tensor, some: bool = True) -> return_types.qr:
        """See `minitorch.qr`."""
        return ops.qr(self, some)

    def slogdet(self: Tensor) -> return_types.slogdet:
        """See `minitorch.slogdet`."""
        return ops.slogdet(self)

    def svd(self: Tensor, some: bool = True, compute_uv: bool = True) -> return_types.svd:
        """See `minitorch.svd`."""
        return ops.svd(self, some, compute_uv)

    def trace(self: Tensor) -> Tensor:
        """See `minitorch.trace`."""
        return ops.trace(self)

    def vdot(self: Tensor, other: Tensor) -> Tensor:
        """See `minitorch.vdot`."""
        return ops.vdot(self, other)
