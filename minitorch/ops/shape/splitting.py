"""One tensor cut into parts, each a view of its own (unlike those of `split`, they may be changed in place)."""

from __future__ import annotations

from typing import Any

from ...tensor import Tensor
from ..checks import normalize_dim, numpy_names, tensor_argument
from ..indexing.indexing import FULL, Slice
from .shape import array_of, as_int, as_ints

__all__ = ["dsplit", "hsplit", "tensor_split", "vsplit"]


@numpy_names
def tensor_split(input: Tensor, indices_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Views of consecutive parts along `dim`: a number of them, as equal as can be, or parts that end at given indices.

    The indices may stand in a tuple, a list or an integer tensor.

    Shapes: any but 0-d; the sizes of the parts along `dim` differ by one at most, or are those between the indices.
    Errors: RuntimeError for a 0-d input, fewer than one part, and a tensor of another kind; IndexError for a `dim` out
    of range; TypeError for what is not a tensor, and for what is not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.tensor_split.html

    >>> import minitorch as torch
    >>> torch.tensor_split(torch.arange(5), 2)
    (tensor([0, 1, 2]), tensor([3, 4]))
    >>> torch.tensor_split(torch.arange(5), (1, 3))
    (tensor([0]), tensor([1, 2]), tensor([3, 4]))
    """
    tensor_argument("tensor_split", input)
    shape = array_of(input).shape
    if not shape:
        raise RuntimeError("tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    dim = normalize_dim(as_int("tensor_split", "dim", dim), len(shape))
    n, asked = shape[dim], indices_or_sections
    if isinstance(asked, Tensor):
        if asked.ndim > 1 or asked._array.dtype.name != "int64":
            raise RuntimeError(
                "tensor_split expected tensor_indices_or_sections to be a zero-dimensional or one-dimensional int64 "
                f"tensor, but got a tensor with {asked.ndim} dims of {asked.dtype}"
            )
        asked = asked.tolist()
    if isinstance(asked, tuple | list):
        ends = [*as_ints("tensor_split", "indices", asked), n]
    else:
        parts = as_int("tensor_split", "sections", asked)
        if parts <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {parts}")
        ends = [(i + 1) * (n // parts) + min(i + 1, n % parts) for i in range(parts)]
    starts = [0, *ends[:-1]]
    before = [FULL] * dim
    return tuple([Slice((*before, slice(start, end), ...))(input) for start, end in zip(starts, ends, strict=True)])


def _split_at(op: str, input: Any, asked: Any, ndim: int, dim: int) -> tuple[Any, ...]:
    tensor_argument(op, input)
    shape = array_of(input).shape
    if len(shape) < ndim:
        raise RuntimeError(
            f"torch.{op} requires a tensor with at least {ndim} dimension{'s' if ndim > 1 else ''}, but got a tensor "
            f"with {len(shape)} dimensions!"
        )
    if not isinstance(asked, tuple | list):
        parts = as_int(op, "sections", asked)
        if parts <= 0 or shape[dim] % parts:
            raise RuntimeError(
                f"torch.{op} attempted to split along dimension {dim}, but the size of the dimension {shape[dim]} is "
                f"not divisible by the split_size {parts}!"
            )
    return tensor_split(input, asked, dim)


def hsplit(input: Tensor, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """`tensor_split` along the second dimension (the first of a vector), into equal parts or at indices.

    Shapes: any but 0-d; as in `tensor_split`.
    Errors: RuntimeError for a 0-d input, and for parts that would not be equal; TypeError for what is not a tensor, and
    for what is not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.hsplit.html

    >>> import minitorch as torch
    >>> torch.hsplit(torch.arange(4), 2)
    (tensor([0, 1]), tensor([2, 3]))
    """
    return _split_at("hsplit", input, indices_or_sections, 1, 0 if getattr(input, "ndim", 0) == 1 else 1)


def vsplit(input: Tensor, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """`tensor_split` along the first dimension of a tensor with at least two, into equal parts or at indices.

    Shapes: any with two dimensions; as in `tensor_split`.
    Errors: RuntimeError for fewer dimensions, and for parts that would not be equal; TypeError for what is not a
    tensor, and for what is not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.vsplit.html

    >>> import minitorch as torch
    >>> torch.vsplit(torch.tensor([[1, 2], [3, 4]]), 2)
    (tensor([[1, 2]]), tensor([[3, 4]]))
    """
    return _split_at("vsplit", input, indices_or_sections, 2, 0)


def dsplit(input: Tensor, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """`tensor_split` along the third dimension, into equal parts or at indices.

    Shapes: any with three dimensions; as in `tensor_split`.
    Errors: RuntimeError for fewer dimensions, and for parts that would not be equal; TypeError for what is not a
    tensor, and for what is not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.dsplit.html

    >>> import minitorch as torch
    >>> [part.shape for part in torch.dsplit(torch.zeros(1, 2, 4), 2)]
    [torch.Size([1, 2, 2]), torch.Size([1, 2, 2])]
    """
    return _split_at("dsplit", input, indices_or_sections, 3, 2)
