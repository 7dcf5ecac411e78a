"""Copies of tensors: `copy.copy`, `copy.deepcopy`, `pickle`.

`copy.copy` gives another tensor on the same memory. `copy.deepcopy` copies memory, once for all tensors of a structure
that lie in it, so that what was a view of another tensor is one of its copy. `pickle` writes each tensor's values.
(Checkpoints, `minitorch.save`, have a pickler of their own, which keeps shared memory shared.)
"""

from __future__ import annotations

import copy
import warnings
from typing import Any

import numpy as np

from .device import device, strided_view, to_device, to_numpy


def attributes(t: Any) -> dict[str, Any]:
    """What the user has set on a tensor: its attributes without the engine's own fields."""
    return {name: value for name, value in vars(t).items() if name not in ENGINE_FIELDS}


ENGINE_FIELDS = frozenset(
    "_array _counter _requires_grad _grad_fn _output_nr _detached_at _grad _hooks _post_accumulate_hooks _base _view_path "
    "_view_version _frozen _is_cut _told_of".split()
)


def _like(t: Any, array: Any, counter: list[int]) -> Any:
    made: Any = object.__new__(type(t))
    made._array = array
    made._counter = counter
    made._requires_grad = t.requires_grad
    return made


def shallow(t: Any) -> Any:
    """`copy.copy`: a leaf on the same memory, with the same attributes and without the gradient."""
    made = _like(t, t._array.view(), t._counter)
    vars(made).update(attributes(t))
    return made


def deep(t: Any, memo: dict[Any, Any]) -> Any:
    """`copy.deepcopy`: memory, gradient and attributes are copied, each once per `memo`."""
    if id(t) in memo:
        return memo[id(t)]
    if not t.is_leaf:
        raise RuntimeError(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment. "
            "Use detach() first."
        )
    made = memo[id(t)] = _like(t, *_copied_memory(t._array, memo))
    made._grad = None if t._grad is None else copy.deepcopy(t._grad, memo)
    vars(made).update(copy.deepcopy(attributes(t), memo))
    return made


def owner_of(array: np.ndarray) -> np.ndarray:
    """The array that owns the memory in which `array` lies, or the outermost one on memory that is not NumPy's."""
    while True:
        base = array.base
        if not isinstance(base, np.ndarray):
            base = getattr(base, "base", None)  # as_strided puts a wrapper in between
        if not isinstance(base, np.ndarray):
            return array
        array = base


def in_a_row(array: np.ndarray) -> np.ndarray | None:
    """The bytes of `array` in the order in which they lie in memory; None if there are gaps between its elements."""
    order = sorted(range(array.ndim), key=lambda axis: -array.strides[axis])
    flat = array.transpose(order)
    return flat.reshape(-1).view(np.uint8) if flat.flags.c_contiguous else None


def moved(array: np.ndarray, owner: np.ndarray, target: np.ndarray) -> np.ndarray:
    """What `array`, a part of `owner`, is in `target`, a row of bytes with the contents of `owner`."""
    offset = array.ctypes.data - owner.ctypes.data
    return np.ndarray(array.shape, array.dtype, target, offset, array.strides)


def _copied_memory(array: Any, memo: dict[Any, Any]) -> tuple[Any, list[int]]:
    """(a copy of `array`, the version counter of its memory)."""
    if not isinstance(array, np.ndarray) or array.size == 0:
        return array.copy(), [0]  # on a GPU each tensor's memory is copied on its own
    owner = owner_of(array)
    key = ("memory of minitorch's tensors", id(owner))
    if key not in memo:
        is_whole = in_a_row(owner) is not None and all(step >= 0 for step in array.strides)
        memo[key] = (owner, owner.copy(order="K") if is_whole else None, [0])  # `owner` is kept for its id
    _, copied, counter = memo[key]
    if copied is None:
        return array.copy(order="K"), [0]
    if owner is array:
        return copied, counter
    return moved(array, owner, in_a_row(copied)), counter  # type: ignore[arg-type]  # a copy that lies in a row


def reduced(t: Any) -> tuple[Any, ...]:
    """For `pickle`: how to build the tensor again. A tensor with a history comes back as a leaf."""
    hooks = t._hooks if t._grad_fn is None else None
    if hooks:
        warnings.warn(
            f"backward hook {next(iter(hooks.values()))} on tensor will not be serialized: register it again on the "
            "tensor that is read",
            stacklevel=3,
        )
    array = to_numpy(t._array)
    shape = array.shape
    repeats = [step == 0 and n > 1 for step, n in zip(array.strides, shape, strict=True)]
    if any(repeats):  # memory that `expand` repeats is written once
        array = array[tuple(slice(0, 1) if repeat else slice(None) for repeat in repeats)]
    return _rebuild, (type(t), array, t.device, t.requires_grad, shape), attributes(t) or None


def _rebuild(cls: Any, array: np.ndarray, place: device, requires_grad: bool, shape: tuple[int, ...]) -> Any:
    t: Any = object.__new__(cls)
    if array.shape != shape:
        strides = tuple(
            0 if n != full else step for n, full, step in zip(array.shape, shape, array.strides, strict=True)
        )
        array = strided_view(array, shape, strides)
    t._array = to_device(array, place)
    t._counter = [0]
    t._requires_grad = requires_grad
    return t
