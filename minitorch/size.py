"""Size: the shape of a tensor."""

from __future__ import annotations

from collections.abc import Iterable
from operator import index
from typing import Any, Self, SupportsIndex, overload


class Size(tuple[int, ...]):
    """A tensor's shape: a tuple of ints that knows how many elements it stands for.

    Errors: TypeError for what cannot be iterated, and for what is in it and no integer.
    Source: https://docs.pytorch.org/docs/stable/size.html

    >>> import minitorch as torch
    >>> torch.zeros(2, 3).shape, torch.Size([2, 3]).numel()
    (torch.Size([2, 3]), 6)
    """

    __slots__ = ()

    def __new__(cls, sizes: Iterable[SupportsIndex] = (), /) -> Self:
        given = tuple(sizes)
        for i, size in enumerate(given):
            if type(size) is int:
                continue
            try:
                given = (*given[:i], index(size), *given[i + 1 :])
            except (TypeError, RuntimeError):  # of a tensor that is no integer
                kind = type(size).__name__
                raise TypeError(f"torch.Size() takes an iterable of 'int' (item {i} is '{kind}')") from None
        return tuple.__new__(cls, given)

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
        return size_of(result) if isinstance(index, slice) else result

    def __add__(self, other: tuple[int, ...]) -> Size:  # type: ignore[override]  # a tuple plus others would be no Size
        if not isinstance(other, tuple):
            raise TypeError(f"can only concatenate tuple (not {type(other).__name__}) to torch.Size")
        return Size(tuple.__add__(self, other))

    def __radd__(self, other: tuple[int, ...]) -> Size:
        return Size(other + tuple(self)) if isinstance(other, tuple) else NotImplemented

    def __mul__(self, other: SupportsIndex) -> Size:
        return size_of(tuple.__mul__(self, other))

    __rmul__ = __mul__


def size_of(shape: tuple[int, ...]) -> Size:
    """The Size of an array's shape, whose entries are ints without being looked at."""
    return tuple.__new__(Size, shape)
