"""Collation: a list of samples becomes one batch."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy as np

from ... import ops
from ...dtype import float64
from ...from_data import as_tensor, from_numpy, tensor
from ...tensor import Tensor, wrap

NOT_COLLATABLE = "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {}"

CollateMap = dict[Any, Callable[..., Any]]


def default_collate(batch: Any) -> Any:
    """Stack samples into a batch.

    Tensors and NumPy arrays are stacked along a new first dimension and keep their dtype; Python floats become a
    float64 tensor, ints int64, bools bool; strings and bytes stay as they are. Tuples, lists, named tuples and mappings
    of these are collated field by field (tuples and lists give a list, the others their own type).

    Shapes: N samples (…) → (N, …).
    Errors: TypeError for anything else; RuntimeError for samples of different sizes; IndexError for no samples.

    Source: https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.default_collate

    >>> from minitorch.utils.data import default_collate
    >>> default_collate([(0, 'a'), (1, 'b')])
    [tensor([0, 1]), ('a', 'b')]
    """
    return collate(batch, collate_fn_map=default_collate_fn_map)


def collate(batch: Any, *, collate_fn_map: CollateMap | None = None) -> Any:
    """`default_collate` with a table of your own: from types to ``function(batch, *, collate_fn_map)``.

    Shapes: N samples (…) → (N, …), unless the table says otherwise.
    Errors: TypeError for samples that no function is there for; RuntimeError for samples of different sizes.

    Source: https://docs.pytorch.org/docs/stable/data.html

    >>> import minitorch as torch
    >>> from minitorch.utils.data.collate import collate
    >>> collate([(1, 2), (3, 4)], collate_fn_map={int: lambda batch, **_: sum(batch)})
    [4, 6]
    """
    first = batch[0]
    function = _function_for(first, collate_fn_map)
    if function is not None:
        return function(batch, collate_fn_map=collate_fn_map)

    def together(samples: Sequence[Any]) -> Any:
        return collate(samples, collate_fn_map=collate_fn_map)

    if isinstance(first, Mapping):
        return mapping_like(first, {key: together([sample[key] for sample in batch]) for key in first})
    if isinstance(first, tuple) and hasattr(first, "_fields"):  # a named tuple
        return type(first)(*(together(field) for field in zip(*batch, strict=True)))
    if isinstance(first, Sequence):
        size = len(first)
        if any(len(sample) != size for sample in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        fields = [together(field) for field in zip(*batch, strict=True)]
        return fields if isinstance(first, tuple) else sequence_like(first, fields)
    raise TypeError(NOT_COLLATABLE.format(type(first)))


def _function_for(sample: Any, functions: CollateMap | None) -> Callable[..., Any] | None:
    if functions is None:
        return None
    found = functions.get(type(sample))
    if found is None:
        found = next((function for kind, function in functions.items() if isinstance(sample, kind)), None)
    return found


def mapping_like(original: Any, values: dict[str, Any]) -> Any:
    """`values` in the type of `original`, keeping other attributes of a mutable one; a dict where that fails."""
    try:
        if isinstance(original, MutableMapping):
            clone = copy.copy(original)
            clone.update(values)
            return clone
        return type(original)(values)
    except TypeError:
        return values


def sequence_like(original: Any, values: list[Any]) -> Any:
    """`values` in the type of `original`, keeping other attributes of a mutable one; a list where that fails."""
    if type(original) is list:
        return values
    try:
        if isinstance(original, MutableSequence):
            clone = copy.copy(original)
            for i, value in enumerate(values):
                clone[i] = value
            return clone
        return type(original)(values)
    except TypeError:
        return values


def _collate_tensors(batch: Any, *, collate_fn_map: CollateMap | None = None) -> Tensor:
    for i, t in enumerate(batch):
        if not isinstance(t, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type(t).__name__}")
    if any(t.requires_grad for t in batch):
        return ops.stack(batch, 0)
    return _stack([t._array for t in batch])


def _collate_arrays(batch: Any, *, collate_fn_map: CollateMap | None = None) -> Tensor:
    for array in batch:
        if array.dtype.kind in "SUO":
            raise TypeError(NOT_COLLATABLE.format(array.dtype))
    return as_tensor(_stack(batch))  # on the default device, if the program has chosen one


def _stack(arrays: list[Any]) -> Tensor:
    """np.stack, the usual case done directly: one allocation, one copy a sample."""
    first = arrays[0]
    if not all(type(a) is np.ndarray and a.shape == first.shape and a.dtype == first.dtype for a in arrays):
        return ops.stack([from_numpy(a) if isinstance(a, np.ndarray) else wrap(a) for a in arrays], 0)
    from_numpy(first)  # TypeError for a dtype that no tensor has
    if first.ndim == 0:
        return wrap(np.array(arrays))
    return wrap(np.concatenate(arrays).reshape(len(arrays), *first.shape))


def _collate_numpy_scalars(batch: Any, *, collate_fn_map: CollateMap | None = None) -> Tensor:
    return as_tensor(wrap(np.array(batch)) if len({type(x) for x in batch}) == 1 else batch)


def _collate_floats(batch: Any, *, collate_fn_map: CollateMap | None = None) -> Tensor:
    return tensor(_numbers(batch), dtype=float64)


def _collate_ints(batch: Any, *, collate_fn_map: CollateMap | None = None) -> Tensor:
    array = np.array(_numbers(batch))
    # The dtype decides: a bool or float among the ints, or an int too large, is for `tensor` to settle.
    return as_tensor(wrap(array)) if array.dtype == np.int64 and type(batch[0]) is int else tensor(list(batch))


def _numbers(batch: Any) -> list[Any]:
    for x in batch:
        if not isinstance(x, int | float | np.generic | Tensor):
            raise TypeError(f"new(): invalid data type '{type(x).__name__}'")
    return list(batch)


def _collate_strings(batch: Any, *, collate_fn_map: CollateMap | None = None) -> Any:
    return batch


default_collate_fn_map: CollateMap = {
    Tensor: _collate_tensors,
    np.ndarray: _collate_arrays,
    (np.bool_, np.number, np.object_): _collate_numpy_scalars,
    float: _collate_floats,
    int: _collate_ints,
    str: _collate_strings,
    bytes: _collate_strings,
}


def default_convert(data: Any) -> Any:
    """NumPy arrays and numbers inside `data` become tensors, all else stays: what DataLoader does without batching.

    Shapes: each array keeps its shape; numbers become ().
    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.default_convert

    >>> import numpy as np
    >>> from minitorch.utils.data import default_convert
    >>> default_convert({'x': np.array([1, 2]), 'name': 'a'})
    {'x': tensor([1, 2]), 'name': 'a'}
    """
    if isinstance(data, Tensor):
        return data
    if isinstance(data, np.ndarray | np.generic) and not isinstance(data, np.str_ | np.bytes_):
        return data if data.dtype.kind in "SUO" else as_tensor(data)
    if isinstance(data, Mapping):
        return mapping_like(data, {key: default_convert(value) for key, value in data.items()})
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*(default_convert(x) for x in data))
    if isinstance(data, tuple):
        return [default_convert(x) for x in data]
    if isinstance(data, Sequence) and not isinstance(data, str | bytes):
        return sequence_like(data, [default_convert(x) for x in data])
    return data
