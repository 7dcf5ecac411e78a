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

    def aminmax(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.aminmax`."""
        return ops.aminmax(self, *args, **kwargs)

    def cummax(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.cummax`."""
        return ops.cummax(self, *args, **kwargs)

    def cummin(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.cummin`."""
        return ops.cummin(self, *args, **kwargs)

    def cumprod(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.cumprod`."""
        return ops.cumprod(self, *args, **kwargs)

    def diff(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.diff`."""
        return ops.diff(self, *args, **kwargs)

    def logcumsumexp(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.logcumsumexp`."""
        return ops.logcumsumexp(self, *args, **kwargs)

    def nanmean(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.nanmean`."""
        return ops.nanmean(self, *args, **kwargs)

    def nansum(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.nansum`."""
        return ops.nansum(self, *args, **kwargs)

    def renorm(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.renorm`."""
        return ops.renorm(self, *args, **kwargs)

    def cumprod_(self, *args: Any, **kwargs: Any) -> Any:
        """In-place form of `cumprod`."""
        return ops.reduction.cumulative.cumulate_("cumprod", ops.cumprod, self, *args, **kwargs)

    def cumsum_(self, *args: Any, **kwargs: Any) -> Any:
        """In-place form of `cumsum`."""
        return ops.reduction.cumulative.cumulate_("cumsum", ops.cumsum, self, *args, **kwargs)

    def renorm_(self, *args: Any, **kwargs: Any) -> Any:
        """In-place form of `renorm`."""
        return self._update(ops.renorm(self.clone(), *args, **kwargs))  # the norm's gradient needs the old values
