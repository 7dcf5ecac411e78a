"""Reductions, and what is computed along a dimension."""

from __future__ import annotations

from typing import Any

from .. import ops


class Reductions:
    """Reductions, and what is computed along a dimension."""

    def sum(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.sum`."""
        return ops.sum(self, *args, **kwargs)

    def mean(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.mean`."""
        return ops.mean(self, *args, **kwargs)

    def prod(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.prod`."""
        return ops.prod(self, *args, **kwargs)

    def var(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.var`."""
        return ops.var(self, *args, **kwargs)

    def std(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.std`."""
        return ops.std(self, *args, **kwargs)

    def amax(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.amax`."""
        return ops.amax(self, *args, **kwargs)

    def amin(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.amin`."""
        return ops.amin(self, *args, **kwargs)

    def max(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.max`."""
        return ops.max(self, *args, **kwargs)

    def min(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.min`."""
        return ops.min(self, *args, **kwargs)

    def argmax(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.argmax`."""
        return ops.argmax(self, *args, **kwargs)

    def argmin(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.argmin`."""
        return ops.argmin(self, *args, **kwargs)

    def logsumexp(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.logsumexp`."""
        return ops.logsumexp(self, *args, **kwargs)

    def norm(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.norm`."""
        return ops.norm(self, *args, **kwargs)

    def all(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.all`."""
        return ops.all(self, *args, **kwargs)

    def any(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.any`."""
        return ops.any(self, *args, **kwargs)

    def count_nonzero(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.count_nonzero`."""
        return ops.count_nonzero(self, *args, **kwargs)

    def cumsum(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.cumsum`."""
        return ops.cumsum(self, *args, **kwargs)

    def softmax(self, dim: int, dtype: Any = None) -> Any:
        """See `minitorch.softmax`."""
        return ops.softmax(self, dim, dtype=dtype)

    def log_softmax(self, dim: int, dtype: Any = None) -> Any:
        """See `minitorch.log_softmax`."""
        return ops.log_softmax(self, dim, dtype=dtype)
