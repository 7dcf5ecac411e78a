"""Dimensions added or made equal, and all pairs of elements: grids, products, combinations."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from ...device import array_module
from ...tensor import Size, Tensor, wrap
from ..checks import check_devices, tensor_argument
from ..indexing.gathering import index_select
from .joining import stack
from .repetition import Expand
from .shape import array_of, as_int, reshape, unsqueeze

__all__ = [
    "atleast_1d", "atleast_2d", "atleast_3d", "broadcast_shapes", "cartesian_prod", "combinations", "meshgrid",
    
]  # fmt: skip


def _each(op: str, tensors: tuple[Any, ...], change: Any) -> Any:
    is_list = len(tensors) == 1 and isinstance(tensors[0], tuple | list)
    xs = tensors[0] if is_list else tensors
    for i, x in enumerate(xs):
        tensor_argument(op, x, "tensors", i + 1)
    out = tuple([change(x) for x in xs])
    return out if is_list or len(out) != 1 else out[0]


def atleast_1d(*tensors: Any) -> Any:
    """0-d tensors as vectors of one, others as they are. Of several tensors (or a list of them) a tuple.

    Shapes: () → (1); any other stays.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.atleast_1d.html

    >>> import minitorch as torch
    >>> torch.atleast_1d(torch.tensor(3))
    tensor([3])
    """
    return _each("atleast_1d", tensors, lambda x: x if array_of(x).ndim else reshape(x, 1))


def atleast_2d(*tensors: Any) -> Any:
    """0-d tensors and vectors as matrices of one row, others as they are. Of several tensors a tuple.

    Shapes: () → (1, 1); (n) → (1, n); any other stays.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.atleast_2d.html

    >>> import minitorch as torch
    >>> torch.atleast_2d(torch.tensor([1, 2]))
    tensor([[1, 2]])
    """
    return _each("atleast_2d", tensors, _as_matrix)


def _as_matrix(x: Any) -> Any:
    ndim = array_of(x).ndim
    return reshape(x, 1, 1) if ndim == 0 else unsqueeze(x, 0) if ndim == 1 else x


def atleast_3d(*tensors: Any) -> Any:
    """Tensors with at least three dimensions: a vector's in the middle, a matrix's in front. Of several a tuple.

    Shapes: () → (1, 1, 1); (n) → (1, n, 1); (n, m) → (n, m, 1); any other stays.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.atleast_3d.html

    >>> import minitorch as torch
    >>> torch.atleast_3d(torch.zeros(4)).shape, torch.atleast_3d(torch.zeros(4, 5)).shape
    (torch.Size([1, 4, 1]), torch.Size([4, 5, 1]))
    """

    def change(x: Any) -> Any:
        ndim = array_of(x).ndim
        if ndim == 0:
            return reshape(x, 1, 1, 1)
        return x if ndim > 2 else unsqueeze(_as_matrix(x), -1)

    return _each("atleast_3d", tensors, change)


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape to which tensors of the given shapes all broadcast.

    Shapes: shapes, or sizes; the result is a Size.
    Errors: RuntimeError if there is none, and for a negative size; TypeError for what is not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.broadcast_shapes.html

    >>> import minitorch as torch
    >>> torch.broadcast_shapes((2, 1), (3,), (1, 1, 1))
    torch.Size([1, 2, 3])
    """
    result: list[int] = []
    for shape in shapes:
        own = [shape] if isinstance(shape, int) else [as_int("broadcast_shapes", "shapes", n) for n in shape]
        for n in own:
            if n < 0:
                raise RuntimeError(f"Trying to create tensor with negative dimension ({n}): ({n})")
        result = [1] * (len(own) - len(result)) + result
        for back, n in enumerate(reversed(own), 1):
            if n != 1 and result[-back] not in (1, n):
                raise RuntimeError(
                    "Shape mismatch: objects cannot be broadcast to a single shape: "
                    f"{[list(s) if not isinstance(s, int) else [s] for s in shapes]}"
                )
            if n != 1:
                result[-back] = n
    return Size(result)


def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Tensor, ...]:
    """Coordinates of a grid: views, one for each vector, in which it runs along its own dimension and is repeated else.

    With ``indexing="ij"`` (the default) the i-th vector runs along dimension i; with "xy" the first runs along
    dimension 1 and the second along dimension 0, as in pictures.

    Shapes: vectors (N), (M), … or numbers: each result is (N, M, …), with "xy" (M, N, …).
    Errors: RuntimeError for tensors with more than one dimension, for dtypes that differ, another `indexing`, and
    without tensors; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.meshgrid.html

    >>> import minitorch as torch
    >>> torch.meshgrid(torch.tensor([1, 2]), torch.tensor([5, 6]), indexing="ij")
    (tensor([[1, 1],
            [2, 2]]), tensor([[5, 6],
            [5, 6]]))
    """
    xs = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], tuple | list) else tensors
    if not xs:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    if indexing not in (None, "ij", "xy"):
        raise RuntimeError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    for i, x in enumerate(xs):
        tensor_argument("meshgrid", x, "tensors", i + 1)
        if array_of(x).ndim > 1:
            raise RuntimeError(f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {x}")
        if array_of(x).dtype != array_of(xs[0]).dtype:
            raise RuntimeError("torch.meshgrid expects all tensors to have the same dtype")
    check_devices("meshgrid", *xs)
    is_xy = indexing == "xy" and len(xs) > 1
    order = [1, 0, *range(2, len(xs))] if is_xy else list(range(len(xs)))
    shape = tuple(array_of(xs[d]).size for d in order)
    result = []
    for i, x in enumerate(xs):
        own = [1] * len(xs)
        own[order.index(i)] = -1
        result.append(Expand(shape)(reshape(x, tuple(own))))
    return tuple(result)


def cartesian_prod(*tensors: Any) -> Tensor:
    """All ways to take one element from each vector, a row each, the last changing fastest. One vector is left as is.

    Shapes: vectors (N), (M), …: the result is (N·M·…, number of vectors).
    Errors: RuntimeError for other ranks, for dtypes that differ, and without vectors; TypeError for what is not a
    tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cartesian_prod.html

    >>> import minitorch as torch
    >>> torch.cartesian_prod(torch.tensor([1, 2]), torch.tensor([4, 5]))
    tensor([[1, 4],
            [1, 5],
            [2, 4],
            [2, 5]])
    """
    for i, x in enumerate(tensors):
        tensor_argument("cartesian_prod", x, "tensors", i + 1)
        if array_of(x).ndim != 1:
            raise RuntimeError(f"Expect a 1D vector, but got shape {list(array_of(x).shape)}")
    if len(tensors) == 1:
        return tensors[0]
    return stack([reshape(grid, -1) for grid in meshgrid(*tensors, indexing="ij")], 1)


def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """All ways to take `r` elements of a vector in their order, a row each; `with_replacement`, any of them again.

    Shapes: input (N) → (K, r), K the number of ways; with r = 0 (0).
    Errors: RuntimeError for another rank, and a negative `r`; TypeError for what is not a tensor, and an `r` that is
    not an int.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.combinations.html

    >>> import minitorch as torch
    >>> torch.combinations(torch.tensor([1, 2, 3]))
    tensor([[1, 2],
            [1, 3],
            [2, 3]])
    """
    tensor_argument("combinations", input)
    r, shape = as_int("combinations", "r", r), array_of(input).shape
    if len(shape) != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {list(shape)}")
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    xp = array_module(array_of(input))
    if r == 0:
        return wrap(xp.empty(0, dtype=array_of(input).dtype))
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    rows = np.array(list(choose(range(shape[0]), r)), dtype=np.int64).reshape(-1, r)
    return reshape(index_select(input, 0, wrap(xp.asarray(rows.reshape(-1)))), rows.shape)
