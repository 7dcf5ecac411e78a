"""Order: the largest and smallest elements, where they are, and all of them sorted."""

from __future__ import annotations

from typing import Any, overload

import numpy as np

from ...autograd.op import Op
from ...device import array_module
from ...tensor import Tensor, wrap
from .. import return_types
from ..checks import normalize_dim, numpy_names, tensor_argument
from ..elementwise.selection import maximum, minimum
from ..indexing.gathering import GatherSum, places
from ..shape.shape import array_of, as_int, reshape
from .reduction import Reduction, equals_one, reduced_dims, share_evenly

__all__ = ["amax", "amin", "argmax", "argmin", "argsort", "max", "min", "sort", "topk"]


class Picked(Op):
    """z, i = some elements of x along one dimension, and their places;  each gradient goes back to its place."""

    def __init__(self, dim: int, *parameters: Any) -> None:
        self.dim = dim
        self.parameters = parameters

    def find(self, x: Any, xp: Any) -> Any:
        """The places along `dim`, as many as are wanted."""
        raise NotImplementedError

    def forward(self, x: Any) -> Any:
        self.source: tuple[int, ...] = x.shape
        if not x.ndim:
            self.index: Any = array_module(x).zeros((), dtype=np.int64)
            return x.copy(), self.index.copy()
        self.index = self.find(x, array_module(x)).astype(np.int64, copy=False)
        # The output's owner may change it before backward, so that it gets a copy.
        return x[places(self.index, self.dim)], (self.index.copy() if self.needs[0] else self.index)

    def backward(self, g: Any, _: Any) -> Any:
        return GatherSum(self.dim, self.source)(g, self.index)


# ---- the largest and the smallest ------------------------------------------------------------------------------------


class Amax(Reduction):
    """m = maxᵢ xᵢ;  the gradient is shared evenly by the elements that equal m."""

    def forward(self, x: Any) -> Any:
        self.source: tuple[int, ...] = x.shape
        z = array_module(x).asarray(x.max(axis=self.dims, keepdims=self.keepdim))
        self.save(x, z)
        return z

    def backward(self, g: Any) -> Any:
        x, z = self.saved
        return share_evenly(x == self.keep(z), self.keep(g), self.dims)


class Amin(Amax):
    """m = minᵢ xᵢ;  the gradient is shared evenly by the elements that equal m."""

    def forward(self, x: Any) -> Any:
        self.source: tuple[int, ...] = x.shape
        z = array_module(x).asarray(x.min(axis=self.dims, keepdims=self.keepdim))
        self.save(x, z)
        return z


class MaxAll(Amax, label="MaxBackward1"):
    """m = the largest element of x;  all elements that equal m share the gradient evenly (or are nan, if m is)."""

    def backward(self, g: Any) -> Any:
        x, z = self.saved
        return share_evenly(equals_one(x, self.keep(z)), self.keep(g), self.dims)


class MinAll(MaxAll, label="MinBackward1"):
    """m = the smallest element of x;  all elements that equal m share the gradient evenly (or are nan, if m is)."""

    forward = Amin.forward


class PickedOne(Picked):
    """One element along a dimension, which goes unless `keepdim`."""

    def forward(self, x: Any) -> Any:
        values, index = super().forward(x)
        self.kept: tuple[int, ...] = values.shape
        if self.parameters[0] or not x.ndim:
            return values, index
        shape = x.shape[: self.dim] + x.shape[self.dim + 1 :]
        return values.reshape(shape), index.reshape(shape)

    def backward(self, g: Any, _: Any) -> Any:
        return super().backward(reshape(g, self.kept), None)


class Max(PickedOne):
    """m, i = the largest along one dimension and its place, the first of equals;  the gradient goes to that place."""

    def find(self, x: Any, xp: Any) -> Any:
        return xp.expand_dims(x.argmax(axis=self.dim), self.dim)


class Min(PickedOne):
    """m, i = the smallest along one dimension and its place, the first of equals;  the gradient goes to that place."""

    def find(self, x: Any, xp: Any) -> Any:
        return xp.expand_dims(x.argmin(axis=self.dim), self.dim)


def _check_not_empty(op: str, shape: tuple[int, ...], dims: tuple[int, ...] | None) -> None:
    if dims is None:
        if 0 in shape:
            raise RuntimeError(
                f"{op}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim "
                "with the 'dim' argument."
            )
        return
    for d in dims:
        if shape and shape[d] == 0:
            raise IndexError(f"{op}(): Expected reduction dim {d} to have non-zero size.")


def _extreme(
    name: str, whole: type[Amax], along: type[PickedOne], input: Any, dim: Any, keepdim: bool, other: Any
) -> Any:
    tensor_argument(name, input)
    if other is not None or isinstance(dim, Tensor):
        return (maximum if name == "max" else minimum)(input, dim if other is None else other)
    array = array_of(input)
    if dim is None:
        if keepdim:
            raise TypeError(f"{name}() received an invalid combination of arguments: keepdim needs dim")
        _check_not_empty(name, array.shape, None)
        return whole(tuple(range(array.ndim)), False)(input)
    if isinstance(dim, tuple | list):
        raise TypeError(f"{name}(): argument 'dim' must be int, not {type(dim).__name__}; use a{name} for several")
    dim = normalize_dim(as_int(name, "dim", dim), array.ndim)
    _check_not_empty(name, array.shape, (dim,))
    return getattr(return_types, name)(*along(dim, keepdim)(input))


@overload
def max(input: Tensor) -> Tensor: ...
@overload
def max(input: Tensor, dim: int, keepdim: bool = False) -> return_types.max: ...
@overload
def max(input: Tensor, other: Tensor, /) -> Tensor: ...
@numpy_names
def max(
    input: Tensor, dim: Any = None, keepdim: bool = False, *, other: Any = None
) -> Tensor | return_types.max:
    """The largest element; with `dim` (one int), ``(values, indices)`` along it; with a tensor, `maximum` of the two.

    Of equal elements the first gives the index; nan counts as the largest. Without `dim`, equal elements share the
    gradient evenly.

    Shapes: any; the result lacks `dim`, or has size 1 there with `keepdim`; with a tensor the two broadcast.
    Errors: IndexError for a `dim` out of range or of size 0; RuntimeError without elements, and for shapes that do not
    broadcast; TypeError for what is not a tensor, and for a `dim` that is not an int.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.max.html

    >>> import minitorch as torch
    >>> x = torch.tensor([[1., 5.], [7., 2.]])
    >>> torch.max(x)
    tensor(7.)
    >>> torch.max(x, dim=1)
    torch.return_types.max(
    values=tensor([5., 7.]),
    indices=tensor([1, 0]))
    """
    return _extreme("max", MaxAll, Max, input, dim, keepdim, other)


@overload
def min(input: Tensor) -> Tensor: ...
@overload
def min(input: Tensor, dim: int, keepdim: bool = False) -> return_types.min: ...
@overload
def min(input: Tensor, other: Tensor, /) -> Tensor: ...
@numpy_names
def min(
    input: Tensor, dim: Any = None, keepdim: bool = False, *, other: Any = None
) -> Tensor | return_types.min:
    """The smallest element; with `dim` (one int), ``(values, indices)`` along it; with a tensor, `minimum` of the two.

    Of equal elements the first gives the index; nan counts as the smallest. Without `dim`, equal elements share the
    gradient evenly.

    Shapes: any; the result lacks `dim`, or has size 1 there with `keepdim`; with a tensor the two broadcast.
    Errors: IndexError for a `dim` out of range or of size 0; RuntimeError without elements, and for shapes that do not
    broadcast; TypeError for what is not a tensor, and for a `dim` that is not an int.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.min.html

    >>> import minitorch as torch
    >>> torch.min(torch.tensor([[1., 5.], [7., 2.]]), dim=1).values
    tensor([1., 2.])
    """
    return _extreme("min", MinAll, Min, input, dim, keepdim, other)


def _several(name: str, op: type[Amax], input: Any, dim: Any, keepdim: bool) -> Any:
    tensor_argument(name, input)
    shape = array_of(input).shape
    is_whole = dim is None or (isinstance(dim, tuple | list) and not dim)
    dims = reduced_dims(name, dim, len(shape))
    _check_not_empty(name, shape, None if is_whole else dims)
    return op(dims, keepdim)(input)


@numpy_names
def amax(input: Tensor, dim: Any = (), keepdim: bool = False) -> Tensor:
    """The largest elements along `dim` (one or several; all by default). Equal ones share the gradient evenly.

    Shapes: any; the result lacks `dim`, or has size 1 there with `keepdim`.
    Errors: IndexError for a `dim` out of range or of size 0; RuntimeError for one named twice, and without elements;
    TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.amax.html

    >>> import minitorch as torch
    >>> torch.amax(torch.tensor([[1., 5.], [7., 2.]]), dim=0)
    tensor([7., 5.])
    """
    return _several("amax", Amax, input, dim, keepdim)


@numpy_names
def amin(input: Tensor, dim: Any = (), keepdim: bool = False) -> Tensor:
    """The smallest elements along `dim` (one or several; all by default). Equal ones share the gradient evenly.

    Shapes: any; the result lacks `dim`, or has size 1 there with `keepdim`.
    Errors: IndexError for a `dim` out of range or of size 0; RuntimeError for one named twice, and without elements;
    TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.amin.html

    >>> import minitorch as torch
    >>> torch.amin(torch.tensor([[1., 5.], [7., 2.]]), dim=0)
    tensor([1., 2.])
    """
    return _several("amin", Amin, input, dim, keepdim)


def _arg(op: str, input: Any, dim: Any, keepdim: bool) -> Any:
    tensor_argument(op, input)
    array = array_of(input)
    if array.dtype.kind == "b":
        raise RuntimeError(f"{op}(): does not support bool input")
    find = array.argmax if op == "argmax" else array.argmin
    if dim is None:
        if array.size == 0:
            raise IndexError(f"{op}(): Expected reduction dim to be specified for input.numel() == 0.")
        found = find()
        found = array_module(array).asarray(found).reshape((1,) * array.ndim if keepdim else ())
    else:
        if isinstance(dim, tuple | list):
            raise TypeError(f"{op}(): argument 'dim' must be int, not {type(dim).__name__}")
        dim = normalize_dim(as_int(op, "dim", dim), array.ndim)
        if not array.ndim:
            found = array_module(array).zeros((), dtype=np.int64)
        elif array.shape[dim] == 0:
            raise IndexError(f"{op}(): Expected reduction dim {dim} to have non-zero size.")
        else:
            found = array_module(array).asarray(find(axis=dim))
            found = array_module(array).expand_dims(found, dim) if keepdim else found
    found = found.astype(np.int64, copy=False)
    return wrap(found) if isinstance(input, Tensor) else found


def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False, *, axis: int | None = None) -> Tensor:
    """The place of the largest element, along `dim` or in the flat tensor: the first of equal ones, or of nans.

    Shapes: any; the result lacks `dim`, or has size 1 there with `keepdim`.
    Errors: IndexError for a `dim` out of range or of size 0, and without elements; RuntimeError for booleans; TypeError
    for what is not a tensor, and for a `dim` that is not an int.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.argmax.html

    >>> import minitorch as torch
    >>> x = torch.tensor([[1., 5.], [7., 2.]])
    >>> torch.argmax(x), torch.argmax(x, dim=1)
    (tensor(2), tensor([1, 0]))
    """
    return _arg("argmax", input, dim if axis is None else axis, keepdim)


def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False, *, axis: int | None = None) -> Tensor:
    """The place of the smallest element, along `dim` or in the flat tensor: the first of equal ones, or of nans.

    Shapes: any; the result lacks `dim`, or has size 1 there with `keepdim`.
    Errors: IndexError for a `dim` out of range or of size 0, and without elements; RuntimeError for booleans; TypeError
    for what is not a tensor, and for a `dim` that is not an int.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.argmin.html

    >>> import minitorch as torch
    >>> x = torch.tensor([[1., 5.], [7., 2.]])
    >>> torch.argmin(x), torch.argmin(x, dim=1)
    (tensor(0), tensor([0, 1]))
    """
    return _arg("argmin", input, dim if axis is None else axis, keepdim)


# ---- all in order ----------------------------------------------------------------------------------------------------


class Sort(Picked):
    """z, i = x in order along one dimension, and where each element was;  each gradient goes back to its place."""

    def find(self, x: Any, xp: Any) -> Any:
        (descending,) = self.parameters
        return order(x, self.dim, descending)


class SortStable(Sort, label="SortBackward1"):
    """`Sort` under the name that `stable=` gives it."""


class Topk(Picked):
    """z, i = the k largest (or smallest) of x along one dimension, in order;  each gradient goes back to its place."""

    def find(self, x: Any, xp: Any) -> Any:
        k, largest = self.parameters
        return order(x, self.dim, largest)[(slice(None),) * self.dim + (slice(0, k),)]


def order(x: Any, dim: int, descending: bool) -> Any:
    """The places of x's elements along `dim` in order, equal ones as they came; nan counts as the largest."""
    xp = array_module(x)
    if not descending:
        return xp.argsort(x, axis=dim, kind="stable")
    # Sorted backwards and read backwards: equal elements keep their order then, and nan comes first.
    return xp.flip(x.shape[dim] - 1 - xp.argsort(xp.flip(x, dim), axis=dim, kind="stable"), dim)


@numpy_names
def sort(input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool | None = None) -> return_types.sort:
    """The elements in order along `dim`, with the places they came from: ``(values, indices)``.

    Equal elements keep their order (always, so that `stable` changes nothing); nan counts as the largest.

    Shapes: any; both results have the input's.
    Errors: IndexError for a `dim` out of range; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.sort.html

    >>> import minitorch as torch
    >>> torch.sort(torch.tensor([3., 1., 2.]))
    torch.return_types.sort(
    values=tensor([1., 2., 3.]),
    indices=tensor([1, 2, 0]))
    """
    tensor_argument("sort", input)
    dim = normalize_dim(as_int("sort", "dim", dim), array_of(input).ndim)
    return return_types.sort(*(Sort if stable is None else SortStable)(dim, bool(descending))(input))


@numpy_names
def argsort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """The places from which `sort` takes the elements.

    Shapes: any; the result has the input's.
    Errors: IndexError for a `dim` out of range; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.argsort.html

    >>> import minitorch as torch
    >>> torch.argsort(torch.tensor([3., 1., 2.]))
    tensor([1, 2, 0])
    """
    return sort(input, dim, descending, stable=stable).indices


@numpy_names
def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> return_types.topk:
    """The k largest elements along `dim` (smallest with ``largest=False``), in order: ``(values, indices)``.

    Shapes: any; in both results `dim` has size k.
    Errors: RuntimeError for k outside of 0 … n, and for booleans; IndexError for a `dim` out of range; TypeError for
    what is not a tensor, and for a `k` that is not an int.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.topk.html

    >>> import minitorch as torch
    >>> torch.topk(torch.tensor([3., 1., 2.]), 2)
    torch.return_types.topk(
    values=tensor([3., 2.]),
    indices=tensor([0, 2]))
    """
    tensor_argument("topk", input)
    if array_of(input).dtype.kind == "b":
        raise RuntimeError("topk does not support bool dtypes on CPU")
    shape = array_of(input).shape
    dim, k = normalize_dim(as_int("topk", "dim", dim), len(shape)), as_int("topk", "k", k)
    if not 0 <= k <= (shape[dim] if shape else 1):
        raise RuntimeError("selected index k out of range")
    return return_types.topk(*Topk(dim, k, bool(largest))(input))
