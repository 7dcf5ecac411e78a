"""Indexing, gathering and scattering."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from .. import ops
from ..types import Number

if TYPE_CHECKING:
    from ..ops import return_types
    from ..tensor import Tensor


class Indexing:
    """Indexing, gathering and scattering."""

    def gather(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.gather`."""
        return ops.gather(self, *args, **kwargs)

    def index_select(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.index_select`."""
        return ops.index_select(self, *args, **kwargs)

    def masked_select(self: Tensor, mask: Tensor) -> Tensor:
        """See `minitorch.masked_select`."""
        return ops.masked_select(self, mask)

    def masked_fill(self: Tensor, mask: Tensor, value: Tensor | Number) -> Tensor:
        """See `minitorch.masked_fill`."""
        return ops.masked_fill(self, mask, value)

    def take_along_dim(self: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
        """See `minitorch.take_along_dim`."""
        return ops.take_along_dim(self, indices, dim)

    @overload
    def nonzero(self: Tensor, *, as_tuple: Literal[False] = False) -> Tensor: ...
    @overload
    def nonzero(self: Tensor, *, as_tuple: Literal[True]) -> tuple[Tensor, ...]: ...
    def nonzero(self: Tensor, *, as_tuple: Any = False) -> Tensor | tuple[Tensor, ...]:
        """See `minitorch.nonzero`."""
        return ops.nonzero(self, as_tuple=as_tuple)

    def tril(self: Tensor, diagonal: int = 0) -> Tensor:
        """See `minitorch.tril`."""
        return ops.tril(self, diagonal)

    def triu(self: Tensor, diagonal: int = 0) -> Tensor:
        """See `minitorch.triu`."""
        return ops.triu(self, diagonal)

    def sort(self: Tensor, *args: Any, **kwargs: Any) -> return_types.sort:
        """See `minitorch.sort`."""
        return ops.sort(self, *args, **kwargs)

    def argsort(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.argsort`."""
        return ops.argsort(self, *args, **kwargs)

    def topk(self: Tensor, *args: Any, **kwargs: Any) -> return_types.topk:
        """See `minitorch.topk`."""
        return ops.topk(self, *args, **kwargs)
