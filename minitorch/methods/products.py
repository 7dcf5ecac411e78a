"""Matrix products and linear algebra."""

from __future__ import annotations

from typing import Any

from .. import ops


class Products:
    """Matrix products and linear algebra."""

    def matmul(self, other: Any) -> Any:
        """See `minitorch.matmul`."""
        return ops.matmul(self, other)

    def mm(self, mat2: Any) -> Any:
        """See `minitorch.mm`."""
        return ops.mm(self, mat2)

    def bmm(self, mat2: Any) -> Any:
        """See `minitorch.bmm`."""
        return ops.bmm(self, mat2)

    def mv(self, vec: Any) -> Any:
        """See `minitorch.mv`."""
        return ops.mv(self, vec)

    def dot(self, other: Any) -> Any:
        """See `minitorch.dot`."""
        return ops.dot(self, other)

    def outer(self, vec2: Any) -> Any:
        """See `minitorch.outer`."""
        return ops.outer(self, vec2)

    def addmm(self, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
        """See `minitorch.addmm`."""
        return ops.addmm(self, mat1, mat2, beta=beta, alpha=alpha)
