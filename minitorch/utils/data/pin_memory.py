"""A batch in pinned memory: see `minitorch.Tensor.pin_memory`."""

from __future__ import annotations

import copy
from collections.abc import Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

from ...tensor import Tensor


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
        return _rebuilt(data, {key: pin_memory(value) for key, value in data.items()})
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*(pin_memory(value) for value in data))
    if isinstance(data, Sequence):
        return _rebuilt(data, [pin_memory(value) for value in data])
    return data


def _rebuilt(data: Any, values: Any) -> Any:
    """A container like `data` that holds `values`; plain ones where its class can not be filled or made from them."""
    clone: Any
    try:
        if isinstance(data, MutableMapping):
            clone = copy.copy(data)
            clone.update(values)
            return clone
        if isinstance(data, MutableSequence):
            clone = copy.copy(data)
            for i, value in enumerate(values):
                clone[i] = value
            return clone
        return type(data)(values)
    except TypeError:
        return values
