"""What all functions that make tensors ask of their arguments: sizes, and the options that they have in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .device import cuda_is_available, pinned
from .tensor import Tensor, wrap


def finished(array: Any, requires_grad: bool, pin_memory: Any = False) -> Tensor:
    """The tensor on a new array, once the options that apply to every array are done."""
    t = wrap(pinned(array) if pin_memory else array)
    if requires_grad:
        t.requires_grad_()
    return t


def size_of(size: tuple[Any, ...]) -> tuple[int, ...]:
    """A size given as ints or as one sequence of them."""
    if len(size) == 1 and not isinstance(size[0], int | np.integer | Tensor):
        if isinstance(size[0], str) or not isinstance(size[0], Iterable):
            raise TypeError(f"argument 'size' (position 1) must be tuple of ints, not {type(size[0]).__name__}")
        size = tuple(size[0])
    result: tuple[int, ...] = ()
    for i, n in enumerate(size):
        try:
            result += (n.__index__(),)
        except (TypeError, AttributeError):
            found = f"found element of type {type(n).__name__} at pos {i}"
            raise TypeError(f"argument 'size' must be tuple of ints, but {found}") from None
    for n in result:
        if n < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {n}: {list(result)}")
    return result


NO_PINNED_MEMORY = (
    "pin_memory=True requires a CUDA or other accelerator backend; no pinned memory allocator is available on this system."
)
OPTIONS = {
    "out": (),
    "layout": ("torch.strided",),
    "pin_memory": ("True",),
    "memory_format": ("torch.contiguous_format", "torch.preserve_format"),
}


def refuse_options(kwargs: dict[str, Any], name: str) -> None:
    """NotImplementedError for an option that changes something here, TypeError for one that PyTorch does not know.

    RuntimeError for `pin_memory` without a GPU; with one, it is the caller's to do.
    """
    if kwargs.get("pin_memory") and not cuda_is_available():
        raise RuntimeError(NO_PINNED_MEMORY)
    for key, value in kwargs.items():
        if key not in OPTIONS:
            raise TypeError(f"{name}() got an unexpected keyword argument '{key}'")
        if value is not None and value is not False and str(value) not in OPTIONS[key]:
            raise NotImplementedError(f"minitorch's {name}() does not support {key}={value}")
