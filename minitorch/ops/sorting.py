"""Elements in order."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.op import Op
from ..device import array_module
from . import return_types
from .checks import normalize_dim, tensor_argument
from .gathering import GatherSum, places
from .shape import array_of, as_int

__all__ = ["argsort", "sort", "topk"]


class Picked(Op):
    """z, i = some elements of x along one dimension, and their places;  each gradient goes back to its place."""

    def __init__(self, dim: int, *parameters: Any) -> None:
        self.dim = dim
        self.parameters = parameters

    def find(self, x: Any, xp: Any) -> Any:
        """The places along `dim`, as many as are wanted."""
        raise NotImplementedError

    def forward(self, x):
        self.source = x.shape
        if not x.ndim:
            self.index = array_module(x).zeros((), dtype=np.int64)
            return x.copy(), self.index
        self.index = self.find(x, array_module(x)).astype(np.int64, copy=False)
        return x[places(self.index, self.dim)], self.index

    def backward(self, g, _):
        return GatherSum(self.dim, self.index, self.source)(g)


class Sort(Picked):
    """z, i = x in order along one dimension, and where each element was;  each gradient goes back to its place."""

    def find(self, x, xp):
        (descending,) = self.parameters
        return order(x, self.dim, descending)


class Topk(Picked):
    """z, i = the k largest (or smallest) of x along one dimension, in order;  each gradient goes back to its place."""

    def find(self, x, xp):
        k, largest = self.parameters
        return order(x, self.dim, largest)[(slice(None),) * self.dim + (slice(0, k),)]


def order(x: Any, dim: int, descending: bool) -> Any:
    """The places of x's elements along `dim` in order, equal ones as they came; nan counts as the largest."""
    xp = array_module(x)
    if not descending:
        return xp.argsort(x, axis=dim, kind="stable")
    # Sorted backwards and read backwards: equal elements keep their order then, and nan comes first.
    return xp.flip(x.shape[dim] - 1 - xp.argsort(xp.flip(x, dim), axis=dim, kind="stable"), dim)


def sort(input: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """The elements in order along `dim`, with the places they came from: ``(values, indices)``.

    Equal elements keep their order (always, so that `stable` changes nothing); nan counts as the largest.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.sort.html

    >>> import minitorch as torch
    >>> torch.sort(torch.tensor([3., 1., 2.]))
    torch.return_types.sort(
    values=tensor([1., 2., 3.]),
    indices=tensor([1, 2, 0]))
    """
    tensor_argument("sort", input)
    dim = normalize_dim(as_int("sort", "dim", dim), array_of(input).ndim)
    return return_types.sort(*Sort(dim, bool(descending))(input))


def argsort(input: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """The places from which `sort` takes the elements.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.argsort.html

    >>> import minitorch as torch
    >>> torch.argsort(torch.tensor([3., 1., 2.]))
    tensor([1, 2, 0])
    """
    return sort(input, dim, descending, stable).indices


def topk(input: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """The k largest elements along `dim` (smallest with ``largest=False``), in order: ``(values, indices)``.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.topk.html

    >>> import minitorch as torch
    >>> torch.topk(torch.tensor([3., 1., 2.]), 2)
    torch.return_types.topk(
    values=tensor([3., 2.]),
    indices=tensor([0, 2]))
    """
    tensor_argument("topk", input)
    shape = array_of(input).shape
    dim, k = normalize_dim(as_int("topk", "dim", dim), len(shape)), as_int("topk", "k", k)
    if not 0 <= k <= (shape[dim] if shape else 1):
        raise RuntimeError("selected index k out of range")
    return return_types.topk(*Topk(dim, k, bool(largest))(input))
