"""A stand-in for CuPy on machines without a GPU: arrays on another device, that hold NumPy arrays where nobody looks.

`foreign_device()` puts it where `minitorch.device` looks for CuPy; then ``x.to("cuda")`` works, and what would fail or
be slow on a GPU shows here:

- A NumPy function that gets such an array fails (the real CuPy lets ``np.exp(x)`` through and refuses ``np.asarray(x)``),
  and so does a function of the stand-in that gets a NumPy array.
- There are only the names, and for each only the parameters, that CuPy has: see cupy_names.txt.
- Reading a value on the host (``bool``, ``int``, ``float``, ``item``, ``tolist``, ``get``, ``asnumpy``), or a result whose
  shape depends on values (``nonzero``, indexing with a mask), means waiting for a GPU: it is noted in `syncs`.
- Results are arrays, never NumPy's scalars: ``a[0]`` is a view, and ``x = a[0]; x += 1`` changes `a`. An index that is
  too large wraps around instead of raising.
- An array that is made of, or filled with, the number −0 holds +0.
- Functions of arrays refuse numbers, and `linalg.solve` stacks of different shapes.
- Streams can be captured into CUDA graphs (foreign_capture.py), and matrix products go through a cuBLAS of its own
  (foreign_blas.py).

What it cannot show is what only CuPy's kernels do: rounding, dtypes of mixed operands, speed.
"""

from __future__ import annotations

import contextlib
import copy
import importlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import foreign_capture
import numpy as np
from foreign_blas import Library
from foreign_capture import MemoryPool, noted, refuse_in_capture
from foreign_kernels import COMPILER, ElementwiseKernel, RawKernel
from foreign_machine import (
    CUDARuntimeError,
    Device,
    Pool,
    count_syncs,
    device_properties,
    runtime_memory,
    sync,
    syncs,
)

from minitorch import gpu_blas

__all__ = ["ForeignArray", "ForeignModule", "count_syncs", "foreign_device", "sync", "syncs"]

HERE = Path(__file__).parent
device_module: Any = importlib.import_module("minitorch.device")  # `minitorch.device` is the class

LOOPS: dict[str, list[tuple[str, str]]] = {}  # of each ufunc the dtypes that CuPy has it for: ("dd", "d"), …


def read_names() -> dict[str, list[str] | str]:
    """name → its parameters, or "ufunc", "?" or "=": see the head of cupy_names.txt."""
    names: dict[str, list[str] | str] = {}
    LOOPS.clear()
    for line in (HERE / "cupy_names.txt").read_text().splitlines():
        if not line.startswith("#"):
            name, said = line.split(":")[0], line.partition(":")[2].split()
            names[name] = said[0] if said and said[0] in ("ufunc", "?", "=") else said
            if names[name] == "ufunc":
                LOOPS[name] = [tuple(part) for part in (loop.split("->") for loop in said[1:])]  # type: ignore[misc]
    return names


NAMES = read_names()


def check_parameters(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """TypeError for arguments that CuPy's function of this name does not take."""
    known = NAMES[name]
    if known == "ufunc":
        known = ["*args", "out", "dtype", "casting", "where"]
    if isinstance(known, str):
        return
    if len(args) > len(known) and not any(p.startswith("*") for p in known):
        raise TypeError(f"cupy.{name}() takes {len(known)} positional arguments but {len(args)} were given")
    for key in kwargs:
        if key not in known and not any(p.startswith("**") for p in known):
            raise TypeError(f"cupy.{name}() got an unexpected keyword argument '{key}'")


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
    """An array on the device; its values are `_a`, which only this file may touch."""

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


class ForeignModule(Room):
    """What `minitorch.device` takes for CuPy."""

    __name__ = "cupy"
    __version__ = "14.2.0"
    ndarray = ForeignArray

    def __init__(self) -> None:
        super().__init__("", np)
        if COMPILER is not None:
            ElementwiseKernel.wrap, ElementwiseKernel.unwrap = ForeignArray, staticmethod(plain)
            self.ElementwiseKernel, self.RawKernel = ElementwiseKernel, RawKernel
        pool, pinned = MemoryPool(), Pool()
        self.linalg = Room("linalg.", np.linalg)
        self.lib = SimpleNamespace(stride_tricks=Room("lib.stride_tricks.", np.lib.stride_tricks))
        self.get_default_memory_pool = lambda: pool
        self.get_default_pinned_memory_pool = lambda: pinned
        self.cuda = SimpleNamespace(
            **vars(foreign_capture.begin(pool)),
            Device=Device,
            alloc_pinned_memory=bytearray,
            device=SimpleNamespace(get_cublas_handle=lambda: 0),
            is_available=lambda: True,
            runtime=SimpleNamespace(
                CUDARuntimeError=CUDARuntimeError,
                deviceSynchronize=lambda: sync("synchronize"),
                driverGetVersion=lambda: 12080,
                getDevice=lambda: 0,
                getDeviceCount=lambda: 1,
                getDeviceProperties=device_properties,
                memGetInfo=runtime_memory,
                runtimeGetVersion=lambda: 12080,
                setDevice=lambda device: None,
            ),
        )

    def asnumpy(
        self, a: Any, stream: Any = None, order: str = "C", out: Any = None, blocking: bool = True
    ) -> np.ndarray:
        return a.get(stream, order, out) if isinstance(a, ForeignArray) else np.asarray(a)

    @noted
    def array_equal(self, a1: Any, a2: Any, equal_nan: bool = False) -> Any:
        return ForeignArray(np.asarray(np.array_equal(plain(a1), plain(a2), equal_nan)))

    @noted
    def allclose(self, a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
        return ForeignArray(np.asarray(np.allclose(plain(a), plain(b), rtol, atol, equal_nan)))

    def get_array_module(self, *args: Any) -> Any:
        return self if any(isinstance(a, ForeignArray) for a in args) else np

    def may_share_memory(self, a: Any, b: Any, max_work: Any = None) -> bool:
        return np.may_share_memory(plain(a), plain(b))

    shares_memory = may_share_memory


@contextlib.contextmanager
def foreign_device() -> Iterator[ForeignModule]:
    """In the block ``minitorch.device("cuda")`` is the stand-in; afterwards everything is as it was."""
    before = device_module._cupy, gpu_blas._library, gpu_blas._own
    chosen = device_module._chosen
    module = ForeignModule()
    module.cublas = Library()
    device_module._cupy, gpu_blas._library, gpu_blas._own = module, lambda: module.cublas, gpu_blas._Own()
    try:
        yield module
    finally:
        device_module._cupy, gpu_blas._library, gpu_blas._own = before
        device_module._chosen = chosen
        syncs.clear()
