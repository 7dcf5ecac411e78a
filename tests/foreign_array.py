"""Arrays of the stand-in for CuPy (foreign.py): NumPy arrays where nobody looks, with CuPy's methods and operators."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import foreign_capture
import numpy as np
from foreign_capture import noted, refuse_in_capture
from foreign_machine import Device, sync
from foreign_names import LOOPS, NAMES, check_parameters


def as_cupy_has_it(name: str, args: tuple[Any, ...], result: Any) -> Any:
    """A ufunc's result of NumPy in the dtype that CuPy gives: that of its first loop which takes the arguments."""
    arrays = [a.dtype for a in args if isinstance(a, ForeignArray)]
    if not arrays:
        return result
    kinds = [a.dtype if isinstance(a, ForeignArray) else np.result_type(*arrays, a) for a in args]
    gives = next((out for takes, out in LOOPS[name] if all(map(np.can_cast, kinds, map(np.dtype, takes)))), None)
    if gives is None:
        raise TypeError(f"Wrong type ({', '.join(map(str, kinds))}) of arguments for cupy_{name}")
    if isinstance(result, tuple):
        return tuple(np.asarray(r).astype(g, copy=False) for r, g in zip(result, gives, strict=True))
    return np.asarray(result).astype(gives, copy=False)


def refuse(value: Any) -> TypeError:
    return TypeError(f"Unsupported type {type(value)}")


def plain(value: Any) -> Any:
    """The NumPy arrays inside of foreign ones, also in tuples and lists; a NumPy array itself is refused."""
    if isinstance(value, ForeignArray):
        return value._a
    if isinstance(value, np.ndarray):
        raise refuse(value)
    if type(value) in (tuple, list):
        return type(value)(plain(v) for v in value)
    return value


def unsigned_zero(value: Any) -> Any:
    """What an array is filled with: for a number that equals 0 CuPy writes zero bytes, and so loses the sign of −0."""
    is_zero = isinstance(value, float | np.floating) and value == 0
    return abs(value) if is_zero else value


def foreign(value: Any) -> Any:
    """A result of NumPy as it comes back from the device."""
    if isinstance(value, np.ndarray | np.generic):
        return ForeignArray(np.asarray(value))
    if isinstance(value, tuple | list):
        parts = [foreign(v) for v in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    return value


def wrapped_around(index: Any, shape: tuple[int, ...]) -> Any:
    """`index` (of NumPy) with the integer arrays in it taken modulo the length of their axes, as CuPy's kernels do."""
    items = list(index) if isinstance(index, tuple) else [index]
    used = sum(
        item.ndim
        if isinstance(item, np.ndarray) and item.dtype == bool
        else 0
        if item is None or item is Ellipsis
        else 1
        for item in items
    )
    axis = 0
    for k, item in enumerate(items):
        if item is None:
            continue
        if item is Ellipsis:
            axis += len(shape) - used
        elif isinstance(item, np.ndarray) and item.dtype == bool:
            axis += item.ndim
        else:
            if isinstance(item, np.ndarray) and shape[axis] and item.size:
                items[k] = item % shape[axis]
            axis += 1
    return tuple(items) if isinstance(index, tuple) else items[0]


H2D = "the current stream is capturing, so H2D transfers are disallowed"
PRODUCTS = "matmul rmatmul dot vdot inner tensordot einsum".split()


def refuse_cublas(name: str) -> None:
    """CuPy's own way to cuBLAS is closed in a capture."""
    if name in PRODUCTS and foreign_capture.capturing() is not None:
        raise NotImplementedError("calling cuBLAS API during stream capture is currently unsupported")


def refuse_lists(index: Any) -> None:
    """Lists of numbers in an index go to the device first."""
    if any(isinstance(item, list) for item in (index if isinstance(index, tuple) else (index,))):
        refuse_in_capture(H2D)


def has_mask(index: Any) -> bool:
    items = index if isinstance(index, tuple) else (index,)
    return any(isinstance(item, np.ndarray) and item.dtype == bool for item in items)


class Flags:
    """The flags that CuPy's arrays have; `writeable` is not among them."""

    def __init__(self, flags: Any) -> None:
        self.c_contiguous: bool = flags.c_contiguous
        self.f_contiguous: bool = flags.f_contiguous
        self.forc: bool = flags.forc
        self.fnc: bool = flags.fnc


class ForeignArray:
    """An array on the device; its values are `_a`, which only the stand-in itself may touch."""

    __slots__ = ("_a", "__weakref__")
    __array_ufunc__ = None  # NumPy's functions and operators refuse it
    __array_priority__ = 100
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, array: np.ndarray) -> None:
        self._a = array

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise TypeError("Implicit conversion to a NumPy array is not allowed. Use `.get()` instead.")

    __array_interface__ = __array_struct__ = property(__array__)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        raise TypeError(f"numpy.{func.__name__} was called with an array of another device")

    shape = property(lambda self: self._a.shape)
    dtype = property(lambda self: self._a.dtype)
    ndim = property(lambda self: self._a.ndim)
    size = property(lambda self: self._a.size)
    nbytes = property(lambda self: self._a.nbytes)
    itemsize = property(lambda self: self._a.itemsize)
    strides = property(lambda self: self._a.strides)
    flags = property(lambda self: Flags(self._a.flags))
    device = property(lambda self: Device(0))
    data = property(lambda self: SimpleNamespace(ptr=self._a.ctypes.data, mem=self._memory()))
    base = property(lambda self: ForeignArray(self._a.base) if self._is_part() else None)
    T = property(lambda self: ForeignArray(self._a.T))

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        said = self._a.__array_interface__
        return {**said, "version": 3, "strides": self.strides, "stream": 1}

    real = property(lambda self: ForeignArray(self._a.real))
    imag = property(lambda self: ForeignArray(self._a.imag))

    def _memory(self) -> Any:
        return SimpleNamespace(ptr=foreign_capture.owner_of(self._a).ctypes.data)

    def _is_part(self) -> bool:
        base = self._a.base
        return isinstance(base, np.ndarray) and not isinstance(base, foreign_capture.Memory)

    def __len__(self) -> int:
        return len(self._a)

    def __iter__(self) -> Iterator[ForeignArray]:
        return iter([self[k] for k in range(len(self._a))])

    def __repr__(self) -> str:
        sync("repr")
        return f"Foreign{self._a!r}"

    @noted
    def __getitem__(self, index: Any) -> ForeignArray:
        refuse_lists(index)
        index = plain(index)
        if has_mask(index):
            sync("indexing with a mask")
        index = wrapped_around(index, self.shape)
        found = self._a[index]
        if isinstance(found, np.generic):  # one element, which CuPy gives as a view, too
            found = self._a[(*index, ...) if isinstance(index, tuple) else (index, ...)]
        return ForeignArray(found)

    @noted
    def __setitem__(self, index: Any, value: Any) -> None:
        refuse_lists(index)
        index, value = plain(index), plain(value)
        if has_mask(index) and np.size(value) != 1:
            sync("writing to a mask")
        self._a[wrapped_around(index, self.shape)] = unsigned_zero(value)

    def __bool__(self) -> bool:
        sync("bool")
        return bool(self._a)

    def __int__(self) -> int:
        sync("int")
        return int(self._a)

    def __float__(self) -> float:
        sync("float")
        return float(self._a)

    def item(self) -> Any:
        sync("item")
        return self._a.item()

    def tolist(self) -> Any:
        sync("tolist")
        return self._a.tolist()

    def get(self, stream: Any = None, order: str = "C", out: Any = None, blocking: bool = True) -> np.ndarray:
        sync("get")
        if out is None:
            return self._a.copy(order)
        out[...] = self._a
        return out

    def set(self, arr: np.ndarray, stream: Any = None) -> None:
        refuse_in_capture(H2D)
        self._a[...] = arr

    @noted
    def fill(self, value: Any) -> None:
        self._a.fill(unsigned_zero(plain(value)))

    def nonzero(self) -> Any:
        sync("nonzero")
        return foreign(self._a.nonzero())

    @noted
    def take(self, indices: Any, axis: int | None = None, out: Any = None) -> ForeignArray:
        result = self._a.take(plain(indices), axis, plain(out), mode="wrap")
        return foreign(result) if out is None else out

    @noted
    def __copy__(self) -> ForeignArray:
        return ForeignArray(self._a.copy())

    @noted
    def __deepcopy__(self, memo: Any) -> ForeignArray:
        return ForeignArray(copy.deepcopy(self._a, memo))

    def __reduce__(self) -> Any:
        sync("pickling")
        return ForeignArray, (self._a,)


def make_method(name: str) -> Any:
    inner = getattr(np.ndarray, name)

    @noted
    def method(self: ForeignArray, *args: Any, **kwargs: Any) -> Any:
        check_parameters(f"ndarray.{name}", args, kwargs)
        refuse_cublas(name)
        if kwargs.get("casting", ...) is None:
            del kwargs["casting"]
        out = kwargs.get("out")
        if name in ("sort", "argsort"):
            kwargs["kind"] = "stable"
        result = inner(self._a, *plain(args), **{k: plain(v) for k, v in kwargs.items()})
        return out if out is not None else foreign(result)

    method.__name__ = name
    return method


def make_operator(name: str) -> Any:
    inner = getattr(np.ndarray, name)

    @noted
    def operator(self: ForeignArray, *others: Any) -> Any:
        refuse_cublas(name.strip("_"))
        for other in others:
            if isinstance(other, np.ndarray):
                raise refuse(other)
            if not isinstance(other, ForeignArray | int | float | complex | np.generic):
                return NotImplemented
        result = inner(self._a, *[plain(other) for other in others])
        if result is self._a:
            return self
        bare = name.strip("_")
        if bare in UFUNC_OF:
            return foreign(as_cupy_has_it(UFUNC_OF[bare], (self, *others), result))
        if bare.startswith("r") and bare[1:] in UFUNC_OF:
            return foreign(as_cupy_has_it(UFUNC_OF[bare[1:]], (*others, self), result))
        return foreign(result)

    return operator


UFUNC_OF = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "true_divide", "floordiv": "floor_divide",
    "mod": "remainder", "pow": "power", "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor",
    "lshift": "left_shift", "rshift": "right_shift", "eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal",
    "gt": "greater", "ge": "greater_equal", "neg": "negative", "abs": "absolute", "invert": "invert",
}  # fmt: skip
OPERATORS = [
    *(f"__{side}{name}__" for name in "add sub mul truediv floordiv mod pow and or xor lshift rshift".split()
      for side in ("", "r", "i")),
    *"__eq__ __ne__ __lt__ __le__ __gt__ __ge__ __neg__ __pos__ __abs__ __invert__ __matmul__ __rmatmul__".split(),
]  # fmt: skip

foreign_capture.array_type = ForeignArray

for _name in NAMES:
    _bare = _name.removeprefix("ndarray.")
    if _bare == _name or _bare in vars(ForeignArray):
        continue
    if _bare in OPERATORS:
        setattr(ForeignArray, _bare, make_operator(_bare))
    elif not _bare.startswith("_") and callable(getattr(np.ndarray, _bare, None)):
        setattr(ForeignArray, _bare, make_method(_bare))
