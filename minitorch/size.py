"""Size: the shape of a tensor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, SupportsIndex, overload


class Size(tuple[int, ...]):
    """A tensor's shape: a tuple of ints that knows how many elements it stands for.

    Errors: TypeError for what cannot be iterated.
    Source: https://docs.pytorch.org/docs/stable/size.html

    >>> import minitorch as torch
    >>> torch.zeros(2, 3).shape, torch.Size([2, 3]).numel()
    (torch.Size([2, 3]), 6)
    """

    __slots__ = ()

    def numel(self) -> int:
        """The number of elements, the product of the sizes."""
        n = 1
        for size in self:
            n *= size
        return n

    def __repr__(self) -> str:
        return f"torch.Size({list(self)})"

    @overload
    def __getitem__(self, index: SupportsIndex) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> Size: ...
    def __getitem__(self, index: Any) -> int | Size:
        result: Any = tuple.__getitem__(self, index)
        return Size(result) if isinstance(index, slice) else result

    def __add__(self, other: Sequence[int]) -> Size:  # type: ignore[override]  # a tuple plus others would be no Size
        return Size(tuple.__add__(self, tuple(other)))
