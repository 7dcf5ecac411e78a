"""Maxima with their places, for any rank: taking elements from places, and adding elements at places.

A place is the number of an element in its flattened channel. Taking and adding are each other's derivative.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...autograd.op import Op
from ...device import array_module
from ..convolution.windows_nd import Sizes
from ..indexing.indexing import scatter_sum
from .pooling import _lowest

Regions = list[tuple[Any, ...]]  # for each position in a window, the index of the elements it meets


def rows_of(x: Any, rank: int) -> Any:
    """(…, *sizes) as (channels, elements)."""
    lead = x.ndim - rank
    return x.reshape(math.prod(x.shape[:lead]), math.prod(x.shape[lead:]))


class FetchAt(Op):
    """z = the elements of x at `places`;  the gradient is added at those places."""

    def __init__(self, rank: int) -> None:
        self.rank = rank

    def forward(self, x: Any, places: Any) -> Any:
        self.sizes: tuple[int, ...] = x.shape[x.ndim - self.rank :]
        self.save(places)
        fetched = array_module(x).take_along_axis(rows_of(x, self.rank), rows_of(places, self.rank), 1)
        return fetched.reshape(places.shape)

    def backward(self, g: Any) -> Any:
        (places,) = self.saved
        return PlaceAt(self.sizes)(g, places), None


class PlaceAt(Op):
    """z (…, *sizes) = 0, and the elements of x added at `places`;  the gradient is fetched from there."""

    def __init__(self, sizes: Sizes) -> None:
        self.sizes: tuple[int, ...] = tuple(sizes)

    def forward(self, x: Any, places: Any) -> Any:
        self.save(places)
        rank = len(self.sizes)
        lead = x.shape[: x.ndim - rank]
        rows = rows_of(places, rank)
        number = array_module(x).arange(len(rows))[:, None]
        shape = (len(rows), math.prod(self.sizes))
        return scatter_sum(shape, (number, rows), rows_of(x, rank)).reshape(*lead, *self.sizes)

    def backward(self, g: Any) -> Any:
        (places,) = self.saved
        return FetchAt(len(self.sizes))(g, places), None


class LargestNd(Op):
    """z = the largest element of each window, and its place;  the gradient goes to that place.

    Of equal elements the first wins, of several nan the last, as in PyTorch.
    """

    rank: int
    size: Sizes

    def __init__(self, rank: int, size: Sizes) -> None:
        self.rank, self.size = rank, size

    def bordered(self, x: Any, value: float) -> Any:
        return x

    def regions(self, xp: Any) -> Regions:
        raise NotImplementedError

    def forward(self, x: Any) -> Any:
        xp = array_module(x)
        lead = x.shape[: x.ndim - self.rank]
        self.sizes: tuple[int, ...] = x.shape[x.ndim - self.rank :]
        padded = self.bordered(x, _lowest(x.dtype))
        numbers = self.bordered(xp.arange(math.prod(self.sizes)).reshape(self.sizes), -1)
        z = xp.full((*lead, *self.size), _lowest(x.dtype), x.dtype)
        places = xp.full(z.shape, -1, np.int64)
        for region in self.regions(xp):
            values, place = padded[region], numbers[region]
            wins = (values > z) | (values != values) | ((places < 0) & (place >= 0))
            xp.copyto(z, values, where=wins)
            xp.copyto(places, xp.broadcast_to(place, places.shape), where=wins)
        self.save(places)
        return z, places

    def backward(self, g: Any, _: Any = None) -> Any:
        (places,) = self.saved
        return PlaceAt(self.sizes)(g, places)
