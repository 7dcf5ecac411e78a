"""Questions about tensors that are not operations on them."""

from __future__ import annotations

from typing import Any

from .dtype import dtype, result_dtype
from .tensor import Tensor

__all__ = ["is_floating_point", "is_nonzero", "is_tensor", "numel", "result_type"]


def is_tensor(obj: Any) -> bool:
    """Whether `obj` is a Tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.is_tensor.html

    >>> import minitorch as torch
    >>> torch.is_tensor(torch.ones(1)), torch.is_tensor(1.0)
    (True, False)
    """
    return isinstance(obj, Tensor)


def is_floating_point(input: Tensor) -> bool:
    """Whether the dtype is floating.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.is_floating_point.html

    >>> import minitorch as torch
    >>> torch.is_floating_point(torch.tensor([1]))
    False
    """
    return input.is_floating_point()


def is_nonzero(input: Tensor) -> bool:
    """Whether a one-element tensor is not zero; RuntimeError for other sizes.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.is_nonzero.html

    >>> import minitorch as torch
    >>> torch.is_nonzero(torch.tensor([0.]))
    False
    """
    return bool(input)


def numel(input: Tensor) -> int:
    """The number of elements.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.numel.html

    >>> import minitorch as torch
    >>> torch.numel(torch.zeros(2, 3))
    6
    """
    return input.numel()


def result_type(tensor1: Any, tensor2: Any) -> dtype:
    """The dtype that an operation on two tensors or numbers gives.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.result_type.html

    >>> import minitorch as torch
    >>> torch.result_type(torch.tensor([1, 2]), 1.5)
    torch.float32
    """
    return result_dtype(tensor1, tensor2)
