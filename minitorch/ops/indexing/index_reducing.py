"""index_reduce: slices of one tensor combined into the slices of another that an index names."""

from __future__ import annotations

import numpy as np

from ...tensor import Tensor
from ..checks import can_look, normalize_dim, refuse, tensor_argument
from ..shape.shape import as_int
from .scattering import ScatterReduce

__all__ = ["index_reduce"]


class IndexReduce(ScatterReduce):
    """z = x combined with the slices of src where index says; the derivatives are ScatterReduce's."""


def index_reduce(
    input: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """A copy of `input` whose slice index[i] along `dim` is combined with slice i of `source`, for all i.

    `reduce` is "prod", "mean", "amax" or "amin". Without `include_self`, slices of `input` that something goes to do
    not count. (PyTorch calls it a beta, and says so in a warning on first use.)

    Shapes: index (N); source as `input`, but of size N along `dim`; the result has the input's.
    Errors: RuntimeError for shapes or dtypes that do not fit, and another `reduce`; IndexError for an index out of
    range or with more dimensions, and for a `dim` out of range; NotImplementedError for "mean" of booleans; TypeError
    for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.index_reduce_.html

    >>> import minitorch as torch
    >>> torch.index_reduce(torch.ones(2), 0, torch.tensor([0, 0]), torch.tensor([2., 3.]), "prod")
    tensor([6., 1.])
    """
    name = "index_reduce"
    tensor_argument(name, input)
    tensor_argument(name, index, "index", 3)
    tensor_argument(name, source, "source", 4)
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise RuntimeError(f"{name}(): Expected reduce to be one of prod, mean, amax or amin but got {reduce}.")
    dim = normalize_dim(as_int(name, "dim", dim), input.ndim)
    places = index._array
    if places.ndim > 1:
        raise IndexError(f"{name}_(): Index is supposed to be a vector, but got dim: {places.ndim}")
    if places.dtype not in (np.int64, np.int32):
        raise RuntimeError(f"{name}_(): Expected dtype int32/int64 for index but got: {index.dtype.type_name}")
    if source.dtype is not input.dtype:
        raise RuntimeError(
            f"{name}_(): self ({input.dtype.type_name}) and source ({source.dtype.type_name}) must have the same scalar type"
        )
    shape, given = tuple(input.shape), tuple(source.shape)
    if len(shape) != len(given) or shape[:dim] + shape[dim + 1 :] != given[:dim] + given[dim + 1 :]:
        raise RuntimeError(
            "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = "
            f"{list(shape)} source.shape = {list(given)}"
        )
    if given and places.size != given[dim]:
        raise RuntimeError(
            f"{name}_(): Number of indices ({places.size}) should be equal to source.size(dim): ({given[dim]}), for "
            f"dim: {dim}"
        )
    if places.size and can_look(places) and not ((places >= 0) & (places < (shape[dim] if shape else 1))).all():
        raise IndexError("index out of range in self")
    if input.ndim:
        index = index.reshape([-1 if i == dim else 1 for i in range(input.ndim)]).expand(source.shape)
    else:
        index = index.reshape(())
    takes_bools = reduce != "mean" and include_self and places.size
    refuse("index_func_", input, "" if takes_bools else "b")
    return IndexReduce(dim, reduce, include_self)(input, source, index.long())
