"""index_reduce: slices of one tensor combined into the slices of another that an index names."""

from __future__ import annotations

from ...tensor import Tensor
from ..checks import can_look, refuse
from .index_scattering import matching_slices
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
    range or with more dimensions, and for a `dim` out of range; NotImplementedError for booleans; TypeError for
    what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.index_reduce_.html

    >>> import minitorch as torch
    >>> torch.index_reduce(torch.ones(2), 0, torch.tensor([0, 0]), torch.tensor([2., 3.]), "prod")
    tensor([6., 1.])
    """
    name = "index_reduce"
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise RuntimeError(f"{name}(): Expected reduce to be one of prod, mean, amax or amin but got {reduce}.")
    dim, places = matching_slices(name, input, dim, index, source)
    if places.size and can_look(places) and not ((places >= 0) & (places < (input.shape[dim] if input.ndim else 1))).all():
        raise IndexError("index out of range in self")
    if input.ndim:
        index = index.reshape([-1 if i == dim else 1 for i in range(input.ndim)]).expand(source.shape)
    else:
        index = index.reshape(())
    refuse("index_func_", input, "b")
    return IndexReduce(dim, reduce, include_self)(input, source, index.long())
