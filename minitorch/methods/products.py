"""Matrix products and linear algebra."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops
from ..types import Number

if TYPE_CHECKING:
    from ..tensor import Tensor


class Products:
    """Matrix products and linear algebra."""

    def matmul(self: Tensor, other: Tensor) -> Tensor:
        """See `minitorch.matmul`."""
        return ops.matmul(self, other)

    def mm(self: Tensor, mat2: Tensor) -> Tensor:
        """See `minitorch.mm`."""
        return ops.mm(self, mat2)

    def bmm(self: Tensor, mat2: Tensor) -> Tensor:
        """See `minitorch.bmm`."""
        return ops.bmm(self, mat2)

    def mv(self: Tensor, vec: Tensor) -> Tensor:
        """See `minitorch.mv`."""
        return ops.mv(self, vec)

    def dot(self: Tensor, other: Any) -> Tensor:
        """See `minitorch.dot`."""
        return ops.dot(self, other)

    def outer(self: Tensor, vec2: Tensor) -> Tensor:
        """See `minitorch.outer`."""
        return ops.outer(self, vec2)

    def addmm(self: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
        """See `minitorch.addmm`."""
        return ops.addmm(self, mat1, mat2, beta=beta, alpha=alpha)
