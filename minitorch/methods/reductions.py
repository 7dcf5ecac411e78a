"""Reductions, and what is computed along a dimension."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from .. import ops

if TYPE_CHECKING:
    from ..ops import return_types
    from ..tensor import Tensor


class Reductions:
    """Reductions, and what is computed along a dimension."""

    def sum(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.sum`."""
        return ops.sum(self, *args, **kwargs)

    def mean(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.mean`."""
        return ops.mean(self, *args, **kwargs)

    def prod(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.prod`."""
        return ops.prod(self, *args, **kwargs)

    def var(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.var`."""
        return ops.var(self, *args, **kwargs)

    def std(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.std`."""
        return ops.std(self, *args, **kwargs)

    def amax(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.amax`."""
        return ops.amax(self, *args, **kwargs)

    def amin(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.amin`."""
        return ops.amin(self, *args, **kwargs)

    @overload
    def max(self: Tensor) -> Tensor: ...
    @overload
    def max(self: Tensor, dim: int, keepdim: bool = False) -> return_types.max: ...
    @overload
    def max(self: Tensor, other: Tensor) -> Tensor: ...
    def max(self: Tensor, *args: Any, **kwargs: Any) -> Tensor | return_types.max:
        """See `minitorch.max`."""
        return ops.max(self, *args, **kwargs)

    @overload
    def min(self: Tensor) -> Tensor: ...
    @overload
    def min(self: Tensor, dim: int, keepdim: bool = False) -> return_types.min: ...
    @overload
    def min(self: Tensor, other: Tensor) -> Tensor: ...
    def min(self: Tensor, *args: Any, **kwargs: Any) -> Tensor | return_types.min:
        """See `minitorch.min`."""
        return ops.min(self, *args, **kwargs)

    def argmax(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.argmax`."""
        return ops.argmax(self, *args, **kwargs)

    def argmin(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.argmin`."""
        return ops.argmin(self, *args, **kwargs)

    def logsumexp(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.logsumexp`."""
        return ops.logsumexp(self, *args, **kwargs)

    def norm(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.norm`."""
        return ops.norm(self, *args, **kwargs)

    def all(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.all`."""
        return ops.all(self, *args, **kwargs)

    def any(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.any`."""
        return ops.any(self, *args, **kwargs)

    def count_nonzero(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.count_nonzero`."""
        return ops.count_nonzero(self, *args, **kwargs)

    def cumsum(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.cumsum`."""
        return ops.cumsum(self, *args, **kwargs)

    def softmax(self: Tensor, dim: int, dtype: Any = None) -> Tensor:
        """See `minitorch.softmax`."""
        return ops.softmax(self, dim, dtype=dtype)

    def log_softmax(self: Tensor, dim: int, dtype: Any = None) -> Tensor:
        """See `minitorch.log_softmax`."""
        return ops.log_softmax(self, dim, dtype=dtype)

    def aminmax(self: Tensor, *args: Any, **kwargs: Any) -> return_types.aminmax:
        """See `minitorch.aminmax`."""
        return ops.aminmax(self, *args, **kwargs)

    def cummax(self: Tensor, *args: Any, **kwargs: Any) -> return_types.cummax:
        """See `minitorch.cummax`."""
        return ops.cummax(self, *args, **kwargs)

    def cummin(self: Tensor, *args: Any, **kwargs: Any) -> return_types.cummin:
        """See `minitorch.cummin`."""
        return ops.cummin(self, *args, **kwargs)

    def cumprod(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.cumprod`."""
        return ops.cumprod(self, *args, **kwargs)

    def diff(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.diff`."""
        return ops.diff(self, *args, **kwargs)

    def logcumsumexp(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.logcumsumexp`."""
        return ops.logcumsumexp(self, *args, **kwargs)

    def nanmean(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.nanmean`."""
        return ops.nanmean(self, *args, **kwargs)

    def nansum(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.nansum`."""
        return ops.nansum(self, *args, **kwargs)

    def renorm(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.renorm`."""
        return ops.renorm(self, *args, **kwargs)

    def cumprod_(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """In-place form of `cumprod`."""
        return ops.reduction.cumulative.cumulate_("cumprod", ops.cumprod, self, *args, **kwargs)

    def cumsum_(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """In-place form of `cumsum`."""
        return ops.reduction.cumulative.cumulate_("cumsum", ops.cumsum, self, *args, **kwargs)

    def renorm_(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """In-place form of `renorm`."""
        return self._update(ops.renorm(self.clone(), *args, **kwargs))  # the norm's gradient needs the old values
