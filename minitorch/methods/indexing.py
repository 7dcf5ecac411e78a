"""Indexing, gathering and scattering."""

from __future__ import annotations

from typing import Any

from .. import ops


class Indexing:
    """Indexing, gathering and scattering."""

    def gather(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.gather`."""
        return ops.gather(self, *args, **kwargs)

    def index_select(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.index_select`."""
        return ops.index_select(self, *args, **kwargs)

    def masked_select(self, mask: Any) -> Any:
        """See `minitorch.masked_select`."""
        return ops.masked_select(self, mask)

    def masked_fill(self, mask: Any, value: Any) -> Any:
        """See `minitorch.masked_fill`."""
        return ops.masked_fill(self, mask, value)

    def take_along_dim(self, indices: Any, dim: int | None = None) -> Any:
        """See `minitorch.take_along_dim`."""
        return ops.take_along_dim(self, indices, dim)

    def nonzero(self, *, as_tuple: bool = False) -> Any:
        """See `minitorch.nonzero`."""
        return ops.nonzero(self, as_tuple=as_tuple)

    def tril(self, diagonal: int = 0) -> Any:
        """See `minitorch.tril`."""
        return ops.tril(self, diagonal)

    def triu(self, diagonal: int = 0) -> Any:
        """See `minitorch.triu`."""
        return ops.triu(self, diagonal)

    def sort(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.sort`."""
        return ops.sort(self, *args, **kwargs)

    def argsort(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.argsort`."""
        return ops.argsort(self, *args, **kwargs)

    def topk(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.topk`."""
        return ops.topk(self, *args, **kwargs)
