"""Functions of the stand-in for CuPy (foreign.py): NumPy's, under CuPy's rules."""

from __future__ import annotations

from typing import Any

import numpy as np
from foreign_array import (
    H2D,
    ForeignArray,
    as_cupy_has_it,
    foreign,
    has_mask,
    plain,
    refuse,
    refuse_cublas,
    unsigned_zero,
    wrapped_around,
)
from foreign_capture import noted, refuse_in_capture
from foreign_machine import sync
from foreign_names import NAMES, check_parameters

# What has to know how many elements there will be, or looks at the values before it starts.
WAITING = (
    "triu_indices",
    "tril_indices",
    "nonzero",
    "argwhere",
    "flatnonzero",
    "unique",
    "bincount",
    "extract",
    "compress",
    "histogram",
)
# Functions that take Python's lists of numbers; all others want arrays.
FROM_LISTS = (
    "array asarray asanyarray ascontiguousarray stack concatenate vstack hstack dstack column_stack block meshgrid lexsort "
    "zeros ones empty full"
).split()
TRANSFERS = ("array", "asarray", "asanyarray", "ascontiguousarray")  # the ways in for NumPy's arrays and lists
# The types that `minimum.at` and its like know how to write atomically: the words are CuPy's own error messages.
ATOMIC = {
    "add": "int32 float16 float32 float64 uint32 uint64",
    "subtract": "int32 uint32",
    "maximum": "int32 float32 float64 uint32 uint64",
    "minimum": "int32 float32 float64 uint32 uint64",
    "bitwise_and": "int32 int64 uint32 uint64",
    "bitwise_or": "int32 int64 uint32 uint64",
    "bitwise_xor": "int32 int64 uint32 uint64",
}


# Functions that take a number, too, where others insist on an array.
ALSO_NUMBERS = "isscalar ndim shape size result_type can_cast min_scalar_type where clip".split()


def takes_an_array_first(name: str) -> bool:
    """Whether CuPy's function refuses a number in its first place: all but ufuncs and what makes arrays of numbers."""
    known = NAMES[name]
    is_array = bool(known) and known[0] in ("a", "arr", "array", "m", "x", "x1")
    return not isinstance(known, str) and is_array and name not in FROM_LISTS + ALSO_NUMBERS


def check_stacks(a: ForeignArray, b: ForeignArray) -> None:
    """ValueError where CuPy's solver has no answer: it does not broadcast the dimensions in front of the matrices."""
    if b.ndim > 1 and a.shape[:-1] != b.shape[:-1]:
        raise ValueError("a must have (..., M, M) shape and b must have (..., M, K) for multidimensional b")


class Function:
    """A function of NumPy's, under CuPy's rules."""

    def __init__(self, name: str, inner: Any) -> None:
        self.name = name
        self.inner = inner

    @noted
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        name = self.name
        refuse_cublas(name)
        check_parameters(name, args, kwargs)
        kwargs.pop("blocking", None)
        if kwargs.get("kind", "stable") not in ("stable", None):
            raise ValueError("kind can only be None or 'stable'")
        if name in WAITING or (name == "where" and len(args) + len(kwargs) == 1):
            sync(name)
        if name == "repeat" and not isinstance(args[1], int | list | tuple):
            raise TypeError("cupy.repeat takes an int or a sequence of ints, not an array")
        if name in ("sort", "argsort"):
            kwargs["kind"] = "stable"
            args = args[:2]
        if name == "take":
            return args[0].take(*args[1:], **kwargs)
        if name == "take_along_axis":
            axis = kwargs.get("axis", args[-1])
            args = (args[0], args[1] % max(1, args[0].size if axis is None else args[0].shape[axis]), *args[2:])
        if name in ("full", "full_like"):
            args = tuple(map(unsigned_zero, args))
        if name == "linalg.solve":
            check_stacks(*args)
        if name in ("concatenate", "stack") and not all(isinstance(part, ForeignArray) for part in args[0]):
            raise TypeError("Only cupy arrays can be concatenated")
        if takes_an_array_first(name) and args and not isinstance(args[0], ForeignArray | tuple | list):
            raise TypeError(f"Argument 'array' has incorrect type (expected {ForeignArray}, got {type(args[0])})")
        out = kwargs.get("out")
        if name in TRANSFERS:
            return self.transfer(*args, **kwargs)
        if name not in FROM_LISTS and args and isinstance(args[0], list):
            raise refuse(args[0])
        result = self.inner(*plain(args), **{k: plain(v) for k, v in kwargs.items()})
        return out if out is not None else foreign(result)

    def transfer(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        """The functions that take NumPy's arrays and lists: what comes from the host is copied."""
        if isinstance(value, ForeignArray):
            inside: Any = value._a
        else:
            if isinstance(value, np.ndarray | tuple | list) and np.ndim(value) != 0:
                refuse_in_capture(H2D)
            inside = (
                value.copy("A") if isinstance(value, np.ndarray) else value if np.isscalar(value) else from_list(value)
            )
            if np.ndim(inside) == 0:  # the array is filled with the number
                inside = unsigned_zero(inside[()] if isinstance(inside, np.ndarray) else inside)
        if kwargs.get("copy") is False:
            kwargs["copy"] = None  # CuPy's False is "if needed"
        result = self.inner(inside, *args, **kwargs)
        return value if isinstance(value, ForeignArray) and result is inside else foreign(result)


def from_list(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [from_list(v) for v in value]
    return value._a if isinstance(value, ForeignArray) else value


class UFunc(Function):
    @noted
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        result = super().__call__(*args, **kwargs)
        if self.name == "sign" and result.dtype.kind == "f":  # (x > 0) − (x < 0)
            result._a[np.isnan(result._a)] = 0
        if len(args) != getattr(self.inner, "nin", -1) or kwargs.keys() & {"out", "dtype", "where"}:
            return result
        return foreign(as_cupy_has_it(self.name, args, plain(result)))

    @noted
    def reduce(self, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Any:
        if self.name not in ("add", "multiply"):
            raise NotImplementedError(f"`cupy_{self.name}.reduce` is not supported yet")
        result = self.inner.reduce(plain(array), axis, dtype, plain(out), keepdims)
        return foreign(result) if out is None else out

    @noted
    def accumulate(self, array: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Any:
        if self.name not in ("add", "multiply"):
            raise NotImplementedError(f"`cupy_{self.name}.accumulate` is not supported yet")
        result = self.inner.accumulate(plain(array), axis, dtype, plain(out))
        return foreign(result) if out is None else out

    @noted
    def reduceat(self, array: Any, indices: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Any:
        if self.name != "add":
            raise NotImplementedError(f"`cupy_{self.name}.reduceat` is not supported yet")
        result = self.inner.reduceat(plain(array), plain(indices), axis, dtype, plain(out))
        return foreign(result) if out is None else out

    @noted
    def outer(self, a: Any, b: Any, **kwargs: Any) -> Any:
        return foreign(self.inner.outer(plain(a), plain(b), **kwargs))

    @noted
    def at(self, a: Any, indices: Any, b: Any = None) -> None:
        if self.name not in ATOMIC:
            raise NotImplementedError(f"`cupy_{self.name}.at` is not supported yet")
        if a.dtype.name not in ATOMIC[self.name].split():
            raise TypeError(f"cupy.{self.name}.at only supports {ATOMIC[self.name]}, as data type, not {a.dtype}")
        indices = plain(indices)
        if has_mask(indices):
            sync("writing to a mask")
        self.inner.at(a._a, wrapped_around(indices, a.shape), plain(b))


class Room:
    """A module of CuPy's: its names and no others."""

    def __init__(self, prefix: str, inner: Any) -> None:
        self._prefix = prefix
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        full = self._prefix + name
        if full not in NAMES:
            raise AttributeError(f"module 'cupy' has no attribute '{full}'")
        inner = getattr(self._inner, name)
        if NAMES[full] == "ufunc":
            found: Any = UFunc(full, inner)
        elif NAMES[full] == "=" or not callable(inner):
            found = inner
        else:
            found = Function(full, inner)
        setattr(self, name, found)
        return found
