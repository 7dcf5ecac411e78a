"""Data of other kinds as arrays: nested sequences, scalars, other libraries' arrays, buffers.

What a number in a list becomes is PyTorch's rule: every element counts, a Python float as the default dtype, a NumPy
scalar or a one-element tensor as its own dtype. Arrays of other libraries are known by the protocols they speak:
``__cuda_array_interface__``, ``__dlpack__``, ``__array_interface__`` (memory that can be shared), ``__array__``.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import numpy as np

from . import dlpack
from .device import CPU, array_module, cupy, device_of, to_numpy
from .dtype import bool_, dtype, from_numpy_dtype, get_default_dtype, int64, promote_types
from .tensor import Tensor

OVERFLOW = "Overflow when unpacking long long"


def check_numpy(array: np.ndarray | np.generic) -> dtype:
    """The dtype of an array that a tensor can hold; ValueError for foreign byte order, TypeError for other dtypes."""
    if not array.dtype.isnative:
        raise ValueError(
            "given numpy array has byte order different from the native byte order. Conversion between byte orders is "
            "currently not supported."
        )
    return from_numpy_dtype(array.dtype)


def shared(data: Any) -> Any:
    """The array, NumPy's or CuPy's, on the memory of another library's array; None if `data` is no such thing."""
    if isinstance(data, type) or isinstance(data, Tensor | list | tuple | str | bytes | int | float | np.generic):
        return None
    if getattr(data, "__cuda_array_interface__", None) is not None:
        array = data if array_module(data) is not np else cupy().asarray(data)
        from_numpy_dtype(array.dtype)
        return array
    if hasattr(data, "__dlpack__") and hasattr(data, "__dlpack_device__"):
        return dlpack.take(data)
    if getattr(data, "__array_interface__", None) is not None:
        array = np.asarray(data)
        check_numpy(array)
        return array
    return None


def new_array(data: Any, kind: dtype | None) -> Any:
    """A new array of nested sequences, numbers, arrays and tensors, in the dtype PyTorch would infer."""
    if type(data) in (float, int, bool, list, tuple):
        return _of_sequences(data, kind)
    if isinstance(data, Tensor):
        array = data._array
        return array.astype(kind.numpy) if kind is not None else array.copy(order="K")
    if not isinstance(data, np.ndarray | np.generic):
        found = shared(data)
        if found is None and hasattr(data, "__array__"):  # such as a pandas Series
            found = np.asarray(data)
        if found is not None and device_of(found) != CPU:
            return found.astype((kind or from_numpy_dtype(found.dtype)).numpy)
        data = data if found is None else found
    if isinstance(data, np.ndarray | np.generic):
        inferred = check_numpy(data)
        return np.array(data, dtype=(kind or inferred).numpy)
    return _of_sequences(data, kind)


def _of_sequences(data: Any, kind: dtype | None) -> np.ndarray:
    kinds = _kinds(data)
    numbers = _plain(data)
    try:
        array = np.array(numbers)
    except ValueError:
        _check_lengths(numbers)
        raise
    if array.dtype.kind == "c":
        from_numpy_dtype(array.dtype)  # TypeError: no tensor holds complex numbers
    if array.dtype.kind in "OUSVMm":
        _check_elements(data)
        if float in kinds or any(k.kind == "f" for k in kinds if isinstance(k, np.dtype)):
            array = np.array(numbers, dtype=np.float64)  # floats beside integers that no dtype of integers holds
        else:
            raise ValueError(OVERFLOW)
    inferred = _inferred(kinds, array)
    if array.dtype == np.uint64 and inferred.category != 2 and int(array.max()) >= 2**63:
        raise ValueError(OVERFLOW)
    if kind is None:
        kind = inferred
    if kind.category == 1 and array.size and array.dtype.kind in "fiu":
        _check_range(array, kind)
    with np.errstate(over="ignore"):  # too large for float32 is inf
        return array.astype(kind.numpy, copy=False)


def _kinds(data: Any) -> set[Any]:
    """What the elements are: Python's types, and the NumPy dtypes of arrays, NumPy's scalars and tensors."""
    if isinstance(data, Tensor):
        return {data._array.dtype}
    if isinstance(data, np.ndarray | np.generic):
        return {data.dtype}
    if not isinstance(data, list | tuple):
        return {type(data)}
    types = set(map(type, data))
    while types and types <= {list, tuple}:  # one pass for each level of nesting
        data = list(chain.from_iterable(data))
        types = set(map(type, data))
    return types if types <= {int, float, bool} else set().union(*map(_kinds, data))


def _inferred(kinds: set[Any], array: np.ndarray) -> dtype:
    if not array.size or kinds == {float}:
        return get_default_dtype()
    found: dtype | None = None
    for kind in kinds:
        if isinstance(kind, np.dtype):
            one = from_numpy_dtype(kind)
        elif array.dtype.kind == "b" and kind is bool:
            one = bool_
        else:  # sequences that only NumPy can look into (range, array.array) count as what it found there
            is_float = kind is float or (kind is not int and kind is not bool and array.dtype.kind == "f")
            one = get_default_dtype() if is_float else bool_ if kind is bool else int64
        found = one if found is None else promote_types(found, one)
    return found or from_numpy_dtype(array.dtype)


def _check_range(array: np.ndarray, kind: dtype) -> None:
    """RuntimeError for a number outside of an integer dtype; unsigned ones take negative numbers, which wrap around."""
    limits = np.iinfo(kind.numpy)
    most = int(limits.max)
    least = -most if limits.min == 0 else int(limits.min)
    if array.dtype.kind == "f":
        bad = not np.isfinite(array).all() or array.max() >= most + 1.0 or array.min() <= least - 1.0
    else:
        bad = int(array.max()) > most or int(array.min()) < least
    if bad:
        raise RuntimeError(f"value cannot be converted to type {kind.name} without overflow")


def _plain(data: Any) -> Any:
    if type(data) in (float, int, bool):
        return data
    if isinstance(data, Tensor):
        if data.numel() != 1:
            raise ValueError("only one element tensors can be converted to Python scalars")
        return to_numpy(data._array).reshape(())
    if isinstance(data, list | tuple) and any(isinstance(x, Tensor | list | tuple) for x in data):
        return [_plain(x) for x in data]
    return data


def _check_lengths(data: Any) -> None:
    """ValueError or TypeError naming the first sequence that does not have the length of its neighbours."""
    shape = []
    first = data
    while hasattr(first, "__len__") and not isinstance(first, str | bytes) and getattr(first, "ndim", True):
        shape.append(len(first))
        if not len(first):
            break
        first = first[0]

    def look(part: Any, dim: int) -> None:
        is_sequence = hasattr(part, "__len__") and getattr(part, "ndim", True)
        if dim == len(shape):
            if is_sequence:
                raise TypeError(f"a '{type(part).__name__}' stands where its first neighbour is a number")
            return
        if not is_sequence:
            raise TypeError(f"a '{type(part).__name__}' stands where its first neighbour is a sequence")
        if len(part) != shape[dim]:
            raise ValueError(f"expected sequence of length {shape[dim]} at dim {dim} (got {len(part)})")
        for inner in part:
            look(inner, dim + 1)

    look(data, 0)


def _leaves(data: Any) -> Iterator[Any]:
    if isinstance(data, list | tuple):
        for x in data:
            yield from _leaves(x)
    else:
        yield data


def _check_elements(data: Any) -> None:
    """The error PyTorch has for elements that are no numbers."""
    odd = [x for x in _leaves(data) if not isinstance(x, int | float | bool | np.generic | np.ndarray | Tensor)]
    if not odd:
        return
    first = next(_leaves(data))
    if isinstance(first, str) and first is not data:
        raise ValueError("too many dimensions 'str'")
    if isinstance(odd[0], str | bytes):
        raise TypeError(f"new(): invalid data type '{type(odd[0]).__name__}'")
    raise RuntimeError(f"Could not infer dtype of {type(odd[0]).__name__}")
