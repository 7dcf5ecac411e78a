"""A batch in pinned memory: see `minitorch.Tensor.pin_memory`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...tensor import Tensor
from .collate import mapping_like, sequence_like


def pin_memory(data: Any, device: Any = None) -> Any:
    """`data` with its tensors copied into pinned memory, in containers of the same kinds; other things are left alone.

    What is neither a tensor nor a container is asked by its own method ``pin_memory()``, where it has one.

    >>> from minitorch.utils.data.pin_memory import pin_memory
    >>> pin_memory(("a", {"n": 1}))
    ('a', {'n': 1})
    """
    if isinstance(data, Tensor):
        return data.pin_memory()
    if hasattr(data, "pin_memory"):
        return data.pin_memory()
    if isinstance(data, str | bytes):
        return data
    if isinstance(data, Mapping):
        return mapping_like(data, {key: pin_memory(value) for key, value in data.items()})
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*(pin_memory(value) for value in data))
    if isinstance(data, Sequence):
        return sequence_like(data, [pin_memory(value) for value in data])
    return data
