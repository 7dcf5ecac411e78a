"""Class numbers as vectors."""

from __future__ import annotations

from ...device import array_module
from ...tensor import Tensor, wrap
from ..checks import can_look, tensor_argument

__all__ = ["one_hot"]


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """1 at each class number, 0 elsewhere, as int64.

    `num_classes` is the largest number + 1 unless given.

    Shapes: tensor (…) → (…, num_classes).
    Errors: RuntimeError for numbers below 0 or not below num_classes, and a dtype other than int64; TypeError for what
    is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.one_hot.html

    >>> import minitorch as torch
    >>> torch.nn.functional.one_hot(torch.tensor([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    tensor_argument("one_hot", tensor)
    array = tensor._array
    xp = array_module(array)
    if array.dtype != xp.int64:
        raise RuntimeError(f"one_hot is only applicable to index tensor of type LongTensor, not {tensor.dtype}")
    if array.size == 0 and num_classes <= 0:
        raise RuntimeError("Can not infer total number of classes from empty tensor.")
    if array.size and can_look(array) and array.min() < 0:
        raise RuntimeError("Class values must be non-negative.")
    classes = int(array.max()) + 1 if num_classes == -1 else num_classes
    if classes < 1:
        raise RuntimeError(f"num_classes should be positive, but got {num_classes}")
    if array.size and can_look(array) and array.max() >= classes:
        raise RuntimeError(f"Class values must be smaller than num_classes ({classes}), but found {int(array.max())}.")
    return wrap((array[..., None] == xp.arange(classes)).astype(xp.int64))
