"""The writer of the pickle inside a checkpoint, for plain data and tensors alone; its reader is `minitorch.unpickling`.

A pickle is a program for a stack machine. Which instructions and names a checkpoint may use is written out on both
sides, so what cannot be read again is refused when it is saved, not after hours of training.

A tensor is pickled as a call ``torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks)``,
where storage is a reference ``('storage', torch.FloatStorage, key, 'cpu', number of elements)``.

Source: the instructions are described in Python's `pickletools`.
"""

from __future__ import annotations

import pickle
import struct
from collections import Counter, OrderedDict
from collections.abc import Iterator
from types import FunctionType
from typing import Any

import numpy as np

from .device import array_module, device, to_numpy
from .dtype import dtype
from .tensor import Size, Tensor
from .unpickling import is_own_attribute


class Memory:
    """Which storage holds a tensor's elements: one for all tensors in `obj` of one dtype that lie in the same memory."""

    def __init__(self, obj: Any) -> None:
        self.used: dict[tuple[int, Any], _Used] = {}  # by the id of the array that owns the memory, and the dtype
        self.places: dict[int, tuple[_Used, int, tuple[int, ...]]] = {}  # by the id of the tensor: (…, offset, strides)
        for tensor in _tensors_in(obj, set()):
            owner, offset, strides = _locate(tensor._array)
            place = id(owner), tensor._array.dtype
            used = self.used.get(place)
            if used is None:
                used = self.used[place] = _Used(owner, tensor, offset, str(len(self.used)))
            used.cover(tensor, offset, strides)
            self.places[id(tensor)] = (used, offset, strides)
            # As in PyTorch a view brings along all memory of the tensor that it is a view of. But not of whatever array
            # that tensor may be a part of: of that the script knows nothing.
            if tensor._base is not None:
                whole, offset, strides = _locate(tensor._base._array)
                if whole is owner and tensor._base._array.dtype == tensor._array.dtype:
                    used.cover(tensor._base, offset, strides)

    def storages(self) -> Iterator[tuple[str, np.ndarray]]:
        """(key, elements) of every storage."""
        for used in self.used.values():
            raw = used.owner.reshape(-1) if used.owner.flags.c_contiguous else used.owner.T.reshape(-1)
            step = used.dtype.itemsize
            yield used.key, to_numpy(raw.view(np.uint8)[used.start * step : used.stop * step].view(used.dtype))


class _Used:
    """The stretch of an array's memory, from element `start` to `stop`, that the tensors to be saved lie in."""

    def __init__(self, owner: Any, tensor: Tensor, offset: int, key: str) -> None:
        self.owner = owner  # kept alive, for its id
        self.dtype = tensor._array.dtype
        self.start = self.stop = offset
        self.key = key
        self.location = str(tensor.device)

    def cover(self, tensor: Tensor, offset: int, strides: tuple[int, ...]) -> None:
        """Take in the memory of `tensor`."""
        if tensor.numel():
            reach = sum((n - 1) * s for n, s in zip(tensor.shape, strides, strict=True)) + 1
            self.start, self.stop = min(self.start, offset), max(self.stop, offset + reach)


def _locate(array: Any) -> tuple[Any, int, tuple[int, ...]]:
    """(the array that owns the memory, where `array` begins in it and its strides, both in elements of `array`)."""
    owner = _owner(array)
    natural = _contiguous(array.shape)  # where a size is 1 the stride means nothing, and may be anything
    if array.size == 0:
        return array, 0, natural
    step = array.itemsize
    begin = _address(array) - _address(owner)
    if (
        not (owner.flags.c_contiguous or owner.flags.f_contiguous)
        or any(s < 0 or s % step for s in array.strides)
        or begin % step
    ):
        # Not to be told as a storage with an offset and strides, for instance because it runs backwards: on its own.
        return array.copy(order="C"), 0, natural
    strides = tuple(s // step if n > 1 else k for s, n, k in zip(array.strides, array.shape, natural, strict=True))
    return owner, begin // step, strides


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
        yield from _tensors_in([part for name, part in vars(obj).items() if name not in Tensor.__annotations__], seen)
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

    out: bytearray

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
            # As text, and never as reference to an equal text: calls that copy what is there already have a budget.
            self._global("_codecs encode")
            raw = value.decode("latin1").encode()
            self.out += pickle.BINUNICODE + struct.pack("<I", len(raw)) + raw
            self._write("latin1", path)
            self.out += pickle.TUPLE2 + pickle.REDUCE
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
            error = pickle.PicklingError if kind is FunctionType else TypeError  # as pickle has it
            raise error(
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
        state = self._attributes(tensor, path)
        if type(tensor) is Buffer:
            state = {"_is_buffer": True, "persistent": tensor.persistent} | state
        if is_parameter:
            self._global("torch._utils _rebuild_parameter" + ("_with_state" if state else ""))
            self.out += pickle.MARK
        elif state:
            self._global("torch._tensor _rebuild_from_type_v2")
            self.out += pickle.MARK
        self._global("torch._utils _rebuild_tensor_v2")
        if state and not is_parameter:
            self._global("torch Tensor")
        self._storage_and_shape(tensor, path)
        if is_parameter or not state:
            self.out += pickle.REDUCE
        if is_parameter:
            self._write(tensor.requires_grad, path)
            self._call("collections OrderedDict", (), path)
        if state:
            self._write(self._own(state), path)
        if is_parameter or state:
            self.out += pickle.TUPLE + pickle.REDUCE

    def _storage_and_shape(self, tensor: Tensor, path: str) -> None:
        """The arguments of _rebuild_tensor_v2."""
        used, offset, strides = self.memory.places[id(tensor)]
        self.out += pickle.MARK + pickle.MARK
        self._write("storage", path)
        self._global(f"torch {tensor.dtype.type_name}Storage")
        for described in (used.key, used.location, used.stop - used.start):
            self._write(described, path)
        self.out += pickle.TUPLE + pickle.BINPERSID
        is_parameter = type(tensor).__name__ == "Parameter"  # which tells itself whether it needs a gradient
        for argument in (offset - used.start, tuple(tensor.shape), strides, tensor.requires_grad and not is_parameter):
            self._write(self._own(argument), path)
        self._call("collections OrderedDict", (), path)  # hooks: none
        self.out += pickle.TUPLE

    def _attributes(self, tensor: Tensor, path: str) -> dict[str, Any]:
        """What a script has set on a tensor: PyTorch saves it, too."""
        engines = {*Tensor.__annotations__, "persistent"}
        found = {name: value for name, value in vars(tensor).items() if name not in engines}
        for name in found:
            if not is_own_attribute(tensor, name):
                raise TypeError(f"cannot save {path}, a tensor with the attribute {name}: it could not be read again")
        return found
