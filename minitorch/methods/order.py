"""Elements in order, and counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from .. import ops

if TYPE_CHECKING:
    from ..ops import return_types
    from ..tensor import Tensor


class Order:
    """Elements in order, and counted."""

    def argwhere(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.argwhere`."""
        return ops.argwhere(self, *args, **kwargs)

    def bincount(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.bincount`."""
        return ops.bincount(self, *args, **kwargs)

    def histc(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.histc`."""
        return ops.histc(self, *args, **kwargs)

    def histogram(self: Tensor, *args: Any, **kwargs: Any) -> return_types.histogram:
        """See `minitorch.histogram`."""
        return ops.histogram(self, *args, **kwargs)

    def kthvalue(self: Tensor, *args: Any, **kwargs: Any) -> return_types.kthvalue:
        """See `minitorch.kthvalue`."""
        return ops.kthvalue(self, *args, **kwargs)

    @overload
    def median(self: Tensor) -> Tensor: ...
    @overload
    def median(self: Tensor, dim: int, keepdim: bool = False) -> return_types.median: ...
    def median(self: Tensor, *args: Any, **kwargs: Any) -> Tensor | return_types.median:
        """See `minitorch.median`."""
        return ops.median(self, *args, **kwargs)

    def mode(self: Tensor, *args: Any, **kwargs: Any) -> return_types.mode:
        """See `minitorch.mode`."""
        return ops.mode(self, *args, **kwargs)

    def msort(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.msort`."""
        return ops.msort(self, *args, **kwargs)

    @overload
    def nanmedian(self: Tensor) -> Tensor: ...
    @overload
    def nanmedian(self: Tensor, dim: int, keepdim: bool = False) -> return_types.nanmedian: ...
    def nanmedian(self: Tensor, *args: Any, **kwargs: Any) -> Tensor | return_types.nanmedian:
        """See `minitorch.nanmedian`."""
        return ops.nanmedian(self, *args, **kwargs)

    def nanquantile(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.nanquantile`."""
        return ops.nanquantile(self, *args, **kwargs)

    def quantile(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.quantile`."""
        return ops.quantile(self, *args, **kwargs)

    def unique(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.unique`."""
        return ops.unique(self, *args, **kwargs)

    def unique_consecutive(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.unique_consecutive`."""
        return ops.unique_consecutive(self, *args, **kwargs)
