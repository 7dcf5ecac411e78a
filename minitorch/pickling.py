"""The pickle inside a checkpoint: a writer and a reader of its instructions, for plain data and tensors alone.

A pickle is a program for a stack machine, and Python's own machine can be told to call anything. So both sides are
written out here: `Pickler` knows tensors, numbers, strings and plain containers, and `Unpickler` knows just the
instructions and the few names that those need. Nothing in a file is ever imported or called.

A tensor is pickled as a call ``torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks)``,
where storage is a reference ``('storage', torch.FloatStorage, key, 'cpu', number of elements)``.

Source: the instructions are described in Python's `pickletools`.
"""

from __future__ import annotations

import pickle
import struct
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .device import array_module, device, to_numpy
from .dtype import ALL_DTYPES, dtype
from .tensor import Size, Tensor, wrap

_DTYPES = {f"torch.{d.name}": d for d in ALL_DTYPES}
_STORAGES = {f"torch.{d.type_name}Storage": d for d in ALL_DTYPES}


# ---- writing -------------------------------------------------------------------------------------------------------


class Memory:
    """Which storage holds a tensor's elements: one for all tensors in `obj` that lie in the same array."""

    def __init__(self, obj: Any) -> None:
        self.used: dict[int, _Used] = {}  # by the id of the array that owns the memory
        self.places: dict[int, tuple[_Used, int, tuple[int, ...]]] = {}  # by the id of the tensor: (…, offset, strides)
        for tensor in _tensors_in(obj, set()):
            owner, flat, offset, strides = _locate(tensor._array)
            used = self.used.get(id(owner))
            if used is None:
                used = self.used[id(owner)] = _Used(owner, flat, offset, str(len(self.used)), str(tensor.device))
            reach = sum((n - 1) * s for n, s in zip(tensor.shape, strides, strict=True)) + 1
            used.start = min(used.start, offset)
            used.stop = max(used.stop, offset + reach if tensor.numel() else offset)
            self.places[id(tensor)] = (used, offset, strides)

    def storages(self) -> Iterator[tuple[str, np.ndarray]]:
        """(key, elements) of every storage."""
        for used in self.used.values():
            yield used.key, to_numpy(used.flat[used.start : used.stop])


class _Used:
    """The stretch of an array's memory, from element `start` to `stop`, that the tensors to be saved lie in."""

    def __init__(self, owner: Any, flat: Any, offset: int, key: str, location: str) -> None:
        self.owner = owner  # kept alive, for its id
        self.flat = flat
        self.start = self.stop = offset
        self.key = key
        self.location = location


def _locate(array: Any) -> tuple[Any, Any, int, tuple[int, ...]]:
    """(the array that owns the memory, its elements in a row, where `array` begins there, its strides in elements)."""
    owner = _owner(array)
    flat = owner.reshape(-1) if owner.flags.c_contiguous else owner.T.reshape(-1) if owner.flags.f_contiguous else None
    step = array.itemsize
    if array.size == 0:
        return array, array.reshape(-1), 0, _contiguous(array.shape)
    if (
        flat is None
        or owner.dtype != array.dtype
        or any(s < 0 or s % step for s in array.strides)
        or (_address(array) - _address(flat)) % step
    ):
        # Not to be told as a storage with an offset and strides, for instance because it runs backwards: on its own.
        copy = array.copy(order="C")
        return copy, copy.reshape(-1), 0, _contiguous(array.shape)
    natural = _contiguous(array.shape)  # where a size is 1 the stride means nothing, and may be anything
    strides = tuple(s // step if n > 1 else k for s, n, k in zip(array.strides, array.shape, natural, strict=True))
    return owner, flat, (_address(array) - _address(flat)) // step, strides


def _owner(array: Any) -> Any:
    kind = array_module(array).ndarray
    while True:
        base = array.base
        if not isinstance(base, kind):
            base = getattr(base, "base", None)  # as_strided puts a wrapper in between
        if not isinstance(base, kind):
            return array
        array = base


def _contiguous(shape: tuple[int, ...]) -> tuple[int, ...]:
    strides = [1]
    for n in shape[:0:-1]:
        strides.append(strides[-1] * max(n, 1))
    return tuple(strides[::-1]) if shape else ()


def _address(array: Any) -> int:
    return array.ctypes.data if isinstance(array, np.ndarray) else array.data.ptr


def _tensors_in(obj: Any, seen: set[int]) -> Iterator[Tensor]:
    if id(obj) in seen:
        return
    seen.add(id(obj))
    if isinstance(obj, Tensor):
        yield obj
    elif isinstance(obj, dict):
        for part in (*obj.keys(), *obj.values()):
            yield from _tensors_in(part, seen)
        if isinstance(obj, OrderedDict):
            yield from _tensors_in(list(vars(obj).values()), seen)
    elif isinstance(obj, list | tuple | set):
        for part in obj:
            yield from _tensors_in(part, seen)


class Pickler:
    """Writes, in protocol 2, the instructions that build an object; TypeError for what a checkpoint does not hold."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.out = bytearray()
        self.memo: dict[Any, int] = {}  # what was written before is fetched again, so that it stays one object
        self.open_tuples: set[int] = set()
        self.temporary: list[Any] = []  # objects of our own making live on, so that no id comes twice

    def dump(self, obj: Any) -> bytes:
        """The pickle of `obj`."""
        self.out += pickle.PROTO + b"\x02"
        self._write(obj, "obj")
        return bytes(self.out + pickle.STOP)

    def _write(self, value: Any, path: str) -> None:
        kind = type(value)
        if value is None or kind is bool:
            self.out += {None: pickle.NONE, True: pickle.NEWTRUE, False: pickle.NEWFALSE}[value]
        elif kind is int:
            self._int(value)
        elif kind is float:
            self.out += pickle.BINFLOAT + struct.pack(">d", value)
        elif kind is dtype:
            self._global(f"torch {value.name}")
        elif not self._fetch(value if kind is str else id(value)):
            self._write_new(value, path)

    def _write_new(self, value: Any, path: str) -> None:
        kind = type(value)
        if kind is str:
            raw = value.encode("utf-8", "surrogatepass")
            self.out += pickle.BINUNICODE + struct.pack("<I", len(raw)) + raw
            self._remember(value)
        elif kind is tuple:
            self._tuple(value, path)
        elif kind is list:
            self.out += pickle.EMPTY_LIST
            self._remember(id(value))  # before the parts, one of which may be the list itself
            if value:
                self.out += pickle.MARK
                for i, part in enumerate(value):
                    self._write(part, f"{path}[{i}]")
                self.out += pickle.APPENDS
        elif kind is dict:
            self.out += pickle.EMPTY_DICT
            self._remember(id(value))
            self._items(value, path)
        elif kind is OrderedDict:
            self._call("collections OrderedDict", (), path)
            self._remember(id(value))
            self._items(value, path)
            if set(vars(value)) == {"_metadata"}:  # a module's state dict carries its layers' versions
                self._write(self._own({"_metadata": value._metadata}), path)
                self.out += pickle.BUILD
            elif vars(value):
                raise TypeError(f"cannot save {path}, an OrderedDict with attributes {sorted(vars(value))}")
        else:
            self._by_call(value, kind, path)
            self._remember(id(value))

    def _by_call(self, value: Any, kind: type, path: str) -> None:
        """What is built by calling something that goes by a name."""
        if isinstance(value, Tensor):
            self._tensor(value, path)
        elif kind is Counter:
            self._call("collections Counter", (dict(value),), path)
        elif kind is set:
            self._call("__builtin__ set", (list(value),), path)
        elif kind is bytes:
            self._call("_codecs encode", (value.decode("latin1"), "latin1"), path)
        elif kind is bytearray:
            self._call("__builtin__ bytearray", (bytes(value),), path)
        elif kind is complex:
            self._call("__builtin__ complex", (value.real, value.imag), path)
        elif kind is Size:
            self._call("torch Size", (tuple(value),), path)
        elif kind is device:
            self._call("torch device", (value.type,) if value.index is None else (value.type, value.index), path)
        else:
            hint = "; save its state_dict() instead" if hasattr(value, "state_dict") else ""
            if isinstance(value, np.generic | np.ndarray):
                hint = "; convert it with .item()" if value.ndim == 0 else "; convert it with torch.from_numpy()"
            raise TypeError(
                f"cannot save {path}, which is a {kind.__module__}.{kind.__qualname__}: checkpoints hold tensors, "
                f"numbers, strings and plain containers{hint}"
            )

    def _own(self, value: Any) -> Any:
        self.temporary.append(value)
        return value

    def _fetch(self, key: Any) -> bool:
        if key not in self.memo:
            return False
        self._indexed(pickle.BINGET, pickle.LONG_BINGET, self.memo[key])
        return True

    def _remember(self, key: Any) -> None:
        self.memo[key] = len(self.memo)
        self._indexed(pickle.BINPUT, pickle.LONG_BINPUT, self.memo[key])

    def _indexed(self, short: bytes, long: bytes, index: int) -> None:
        self.out += short + struct.pack("<B", index) if index < 256 else long + struct.pack("<I", index)

    def _int(self, value: int) -> None:
        if 0 <= value < 1 << 8:
            self.out += pickle.BININT1 + struct.pack("<B", value)
        elif 0 <= value < 1 << 16:
            self.out += pickle.BININT2 + struct.pack("<H", value)
        elif -(1 << 31) <= value < 1 << 31:
            self.out += pickle.BININT + struct.pack("<i", value)
        else:
            raw = pickle.encode_long(value)
            if len(raw) > 255:
                raise TypeError("cannot save an integer of more than 2040 bits")
            self.out += pickle.LONG1 + struct.pack("<B", len(raw)) + raw

    def _global(self, name: str) -> None:
        """Push what goes by a name, "module name"."""
        if not self._fetch(("global", name)):
            self.out += pickle.GLOBAL + name.replace(" ", "\n").encode() + b"\n"
            self._remember(("global", name))

    def _call(self, name: str, args: tuple[Any, ...], path: str) -> None:
        self._global(name)
        self._write(self._own(args), path)
        self.out += pickle.REDUCE

    def _tuple(self, value: tuple[Any, ...], path: str) -> None:
        if id(value) in self.open_tuples:
            raise TypeError(f"cannot save {path}, a tuple that contains itself")
        self.open_tuples.add(id(value))
        self.out += pickle.MARK
        for i, part in enumerate(value):
            self._write(part, f"{path}[{i}]")
        self.out += pickle.TUPLE
        self.open_tuples.remove(id(value))
        self._remember(id(value))

    def _items(self, value: dict[Any, Any], path: str) -> None:
        if value:
            self.out += pickle.MARK
            for key, part in value.items():
                self._write(key, f"a key of {path}")
                self._write(part, f"{path}[{key!r}]")
            self.out += pickle.SETITEMS

    def _tensor(self, tensor: Tensor, path: str) -> None:
        from .nn.parameter import Buffer, Parameter  # a room above this one, needed for its names alone

        is_parameter = type(tensor) is Parameter
        if not is_parameter and type(tensor) not in (Tensor, Buffer):
            raise TypeError(f"cannot save {path}, a {type(tensor).__qualname__}: a class of your own made from Tensor")
        if is_parameter:
            self._global("torch._utils _rebuild_parameter")
            self.out += pickle.MARK
        used, offset, strides = self.memory.places[id(tensor)]
        self._global("torch._utils _rebuild_tensor_v2")
        self.out += pickle.MARK + pickle.MARK
        self._write("storage", path)
        self._global(f"torch {tensor.dtype.type_name}Storage")
        for described in (used.key, used.location, used.stop - used.start):
            self._write(described, path)
        self.out += pickle.TUPLE + pickle.BINPERSID
        needs_grad = tensor.requires_grad and not is_parameter
        for argument in (offset - used.start, tuple(tensor.shape), strides, needs_grad):
            self._write(self._own(argument), path)
        self._call("collections OrderedDict", (), path)  # hooks: none
        self.out += pickle.TUPLE + pickle.REDUCE
        if is_parameter:
            self._write(tensor.requires_grad, path)
            self._call("collections OrderedDict", (), path)
            self.out += pickle.TUPLE + pickle.REDUCE


# ---- reading -------------------------------------------------------------------------------------------------------


class Storage:
    """A storage that was read: its elements, and the version counter for all tensors on it."""

    def __init__(self, array: Any) -> None:
        self.array = array
        self.counter = [0]


class Unpickler:
    """The stack machine, with the instructions of protocol 2 that plain data needs, and no others."""

    def __init__(self, data: bytes, storage: Callable[[dtype, str, str, int], Storage]) -> None:
        self.data = data
        self.at = 0
        self.storage = storage
        self.stack: list[Any] = []
        self.marked: list[list[Any]] = []
        self.memo: dict[int, Any] = {}

    def take(self, n: int) -> bytes:
        """The next `n` bytes of the program."""
        piece = self.data[self.at : self.at + n]
        if len(piece) != n:
            raise pickle.UnpicklingError("has a data.pkl that ends early")
        self.at += n
        return piece

    def number(self, code: str) -> Any:
        """The next number, in the format `code` of `struct`."""
        return struct.unpack(code, self.take(struct.calcsize(code)))[0]

    def line(self) -> str:
        """The text up to the end of the line."""
        end = self.data.index(b"\n", self.at)
        text = self.data[self.at : end].decode()
        self.at = end + 1
        return text

    def since_mark(self) -> list[Any]:
        """What was pushed since the last mark, taken off the stack."""
        items = self.stack
        self.stack = self.marked.pop()
        return items

    def load(self) -> Any:
        """Run the program; the object that it leaves. UnpicklingError, or IndexError and its like, for a bad one."""
        constants = {pickle.NONE: None, pickle.NEWTRUE: True, pickle.NEWFALSE: False, pickle.EMPTY_TUPLE: ()}
        numbers = {pickle.BININT: "<i", pickle.BININT1: "<B", pickle.BININT2: "<H", pickle.BINFLOAT: ">d"}
        new = {pickle.EMPTY_LIST: list, pickle.EMPTY_DICT: dict, pickle.EMPTY_SET: set}
        short = {pickle.TUPLE1: 1, pickle.TUPLE2: 2, pickle.TUPLE3: 3}
        while True:
            code = self.take(1)
            if code in constants:
                self.stack.append(constants[code])
            elif code in numbers:
                self.stack.append(self.number(numbers[code]))
            elif code in new:
                self.stack.append(new[code]())
            elif code in short:
                self.stack.append(tuple([self.stack.pop() for _ in range(short[code])][::-1]))
            elif code == pickle.STOP:
                return _values([self.stack.pop()])[0]
            elif code == pickle.PROTO:
                self.take(1)
            else:
                self.instruction(code)

    def instruction(self, code: bytes) -> None:
        """Carry out one of the instructions that are not just a constant."""
        stack = self.stack
        if code == pickle.BINUNICODE:
            stack.append(self.take(self.number("<I")).decode("utf-8", "surrogatepass"))
        elif code == pickle.LONG1:
            stack.append(pickle.decode_long(self.take(self.number("<B"))))
        elif code in (pickle.BINPUT, pickle.LONG_BINPUT):
            self.memo[self.number("<B" if code == pickle.BINPUT else "<I")] = stack[-1]
        elif code in (pickle.BINGET, pickle.LONG_BINGET):
            stack.append(self.memo[self.number("<B" if code == pickle.BINGET else "<I")])
        elif code == pickle.MARK:
            self.marked.append(stack)
            self.stack = []
        elif code == pickle.TUPLE:
            items = self.since_mark()
            self.stack.append(tuple(items))
        elif code in (pickle.APPEND, pickle.APPENDS):
            items = [stack.pop()] if code == pickle.APPEND else self.since_mark()
            _expect(self.stack[-1], list).extend(_values(items))
        elif code in (pickle.SETITEM, pickle.SETITEMS):
            items = [stack.pop(-2), stack.pop()] if code == pickle.SETITEM else self.since_mark()
            target = _expect(self.stack[-1], dict, OrderedDict, Counter)
            for key, value in zip(_values(items)[::2], items[1::2], strict=True):
                target[key] = value
        elif code == pickle.GLOBAL:
            stack.append(_named(f"{self.line()}.{self.line()}"))
        elif code == pickle.REDUCE:
            args = _expect(stack.pop(), tuple)
            rebuild = _REBUILD.get(stack[-1]) if isinstance(stack[-1], _Name) else None
            if rebuild is None:
                raise pickle.UnpicklingError(f"wants to call {stack[-1]!r}, which is not allowed")
            stack[-1] = rebuild(*args)
        elif code == pickle.BUILD:
            state = _expect(stack.pop(), dict)
            target = _expect(stack[-1], OrderedDict)
            if set(state) != {"_metadata"}:
                raise pickle.UnpicklingError(f"wants to set {sorted(map(str, state))} on a dict, which is not allowed")
            target._metadata = state["_metadata"]
        elif code == pickle.BINPERSID:
            stack.append(self.persistent(_expect(stack.pop(), tuple)))
        else:
            raise pickle.UnpicklingError(f"needs the pickle instruction {code!r}, which checkpoints do not use")

    def persistent(self, reference: tuple[Any, ...]) -> Storage:
        """The storage that the pickle refers to."""
        tag, kind, key, location, numel = reference
        if tag != "storage" or not isinstance(kind, _Name) or kind not in _STORAGES:
            raise pickle.UnpicklingError(f"refers to something that is no storage: {reference!r}")
        _expect(numel, int), _expect(key, str), _expect(location, str)
        return self.storage(_STORAGES[kind], key, location, numel)


class _Name(str):
    """A name that was read from a file and is allowed there, to be called or to describe a storage."""


def _values(items: list[Any]) -> list[Any]:
    for item in items:
        if isinstance(item, _Name):
            raise pickle.UnpicklingError(f"contains {item} itself, and minitorch reads no functions or classes")
    return items


def _named(name: str) -> Any:
    name = name.replace("__builtin__.", "builtins.")
    if name in _DTYPES:
        return _DTYPES[name]
    if name in _REBUILD or name in _STORAGES:
        return _Name(name)
    if name.startswith("torch.") and (name.endswith("Storage") or name.count(".") == 1):
        raise pickle.UnpicklingError(f"contains {name}, which minitorch cannot read; convert it before saving")
    raise pickle.UnpicklingError(
        "contains something else than tensors, numbers, strings and plain containers, and minitorch reads nothing "
        f"else, with weights_only=False neither. Unsupported global: GLOBAL {name} was not an allowed global by "
        "default. Save model.state_dict() rather than the model"
    )


def _expect(value: Any, *kinds: type) -> Any:
    if type(value) not in kinds:
        names = " or ".join(kind.__name__ for kind in kinds)
        raise pickle.UnpicklingError(f"has a corrupt data.pkl: a {type(value).__name__} where a {names} belongs")
    return value


def _tensor(
    storage: Any, offset: Any, size: Any, stride: Any, requires_grad: Any = False, hooks: Any = None, *more: Any
) -> Tensor:
    flat = _expect(storage, Storage).array
    for n in (offset, *_expect(size, tuple), *_expect(stride, tuple)):
        if _expect(n, int) < 0:
            raise pickle.UnpicklingError("has a corrupt data.pkl: a negative size, stride or offset")
    if len(size) != len(stride):
        raise pickle.UnpicklingError(f"has a corrupt data.pkl: size {size} with stride {stride}")
    empty = 0 in size
    last = offset - 1 if empty else offset + sum((n - 1) * s for n, s in zip(size, stride, strict=True))
    if last >= flat.size:
        raise pickle.UnpicklingError("has a corrupt data.pkl: a tensor that reaches beyond its storage")
    if empty:
        array = flat[:0].reshape(size)
    else:
        xp = array_module(flat)
        array = xp.lib.stride_tricks.as_strided(flat[offset:], size, tuple(s * flat.itemsize for s in stride))
        if array.flags.c_contiguous:  # the usual case, as a plain view
            array = flat[offset : offset + array.size].reshape(size)
    t = wrap(array)
    t._counter = storage.counter
    if requires_grad:
        t.requires_grad = True
    return t


def _parameter(data: Any, requires_grad: Any = True, hooks: Any = None) -> Tensor:
    from .nn.parameter import Parameter

    return Parameter(_expect(data, Tensor), bool(requires_grad))


def _encoded(text: Any, encoding: Any) -> bytes:
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"has bytes in the encoding {encoding!r}; expected 'latin1'")
    return _expect(text, str).encode("latin1")


# What a file may call, and what is called instead: functions of our own, which take plain data and check it.
_REBUILD: dict[str, Callable[..., Any]] = {
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_parameter": _parameter,
    "torch.Size": lambda sizes: Size(_expect(sizes, tuple)),
    "torch.device": lambda kind, *index: device(_expect(kind, str), *(_expect(i, int) for i in index)),
    "collections.OrderedDict": lambda pairs=(): OrderedDict(pairs),
    "collections.Counter": lambda counts: Counter(_expect(counts, dict)),
    "builtins.set": lambda items: set(_expect(items, list)),
    "builtins.complex": lambda real, imag: complex(_expect(real, float), _expect(imag, float)),
    "builtins.bytes": lambda: b"",
    "builtins.bytearray": lambda raw=b"": bytearray(_expect(raw, bytes)),
    "_codecs.encode": _encoded,
}
