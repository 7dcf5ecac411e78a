"""Elements in order, and counted."""

from __future__ import annotations

from typing import Any

from .. import ops


class Order:
    """Elements in order, and counted."""

    def argwhere(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.argwhere`."""
        return ops.argwhere(self, *args, **kwargs)

    def bincount(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.bincount`."""
        return ops.bincount(self, *args, **kwargs)

    def histc(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.histc`."""
        return ops.histc(self, *args, **kwargs)

    def histogram(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.histogram`."""
        return ops.histogram(self, *args, **kwargs)

    def kthvalue(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.kthvalue`."""
        return ops.kthvalue(self, *args, **kwargs)

    def median(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.median`."""
        return ops.median(self, *args, **kwargs)

    def mode(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.mode`."""
        return ops.mode(self, *args, **kwargs)

    def msort(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.msort`."""
        return ops.msort(self, *args, **kwargs)

    def nanmedian(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.nanmedian`."""
        return ops.nanmedian(self, *args, **kwargs)

    def nanquantile(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.nanquantile`."""
        return ops.nanquantile(self, *args, **kwargs)

    def quantile(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.quantile`."""
        return ops.quantile(self, *args, **kwargs)

    def unique(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.unique`."""
        return ops.unique(self, *args, **kwargs)

    def unique_consecutive(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.unique_consecutive`."""
        return ops.unique_consecutive(self, *args, **kwargs)
