"""The reader of the pickle inside a checkpoint: a stack machine that builds plain data and tensors, and can't do more.

A pickle is a program, and Python's own machine can be told to import and call anything. This one knows just the
instructions that plain data needs and the few names below. A name stands for a function of this module that checks what
it is given; nothing in a file is ever imported, looked up in a module, or called.

What a program may cost is bounded, too. Each instruction makes a small object at most, but for calls that copy what they
are given, and those have a budget (`COPIES`), since a program can hand the same large object to one call after another.
What goes into a dict or set as a key is looked through first (`KEY_PARTS`): the hash of a tuple takes as long as all its
parts take, and a tuple of tuples of tuples, each twice in the next, has no end of them. Nothing here calls itself, so
depth costs nothing.

Source: the instructions are described in Python's `pickletools`; what PyTorch writes, in `minitorch.pickling`.
"""

from __future__ import annotations

import pickle
import struct
import sys
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any, NoReturn

from .device import array_module, device
from .dtype import ALL_DTYPES, dtype
from .tensor import Size, Tensor, wrap

_DTYPES = {f"torch.{d.name}": d for d in ALL_DTYPES}
_STORAGES = {f"torch.{d.type_name}Storage": d for d in ALL_DTYPES}

COPIES = 1 << 16  # bytes or items that calls may copy, and two more for each byte of the program
KEY_PARTS = 100  # tuples and what is in them, in one key
SAME_HASH = 100  # keys of one dict with the same hash: each is compared with all others
HASHED = sys.hash_info.modulus  # smaller whole numbers are their own hash

SHOWN = 100  # characters of what a file contains, in an error


def shown(value: Any) -> str:
    """A value from a file, for an error: never long, and of a container, which may be of any depth, just its kind."""
    if isinstance(value, str | bytes):
        return repr(value[:SHOWN])
    if value is None or isinstance(value, int | float):
        return repr(value)[:SHOWN]
    if type(value) is Arguments:
        return next((f"{part} in a tuple" for part in value if type(part) is Name), "a storage in a tuple")
    return f"a {type(value).__name__}"


def refuse(why: str) -> NoReturn:
    """UnpicklingError; the file's name is put in front by who reads it."""
    raise pickle.UnpicklingError(why)


def corrupt(why: str) -> NoReturn:
    """UnpicklingError for a program that nothing could have written."""
    refuse(f"has a corrupt data.pkl: {why}")


class Storage:
    """A storage that was read: its elements, and the version counter for all tensors on it."""

    def __init__(self, array: Any) -> None:
        self.array = array
        self.counter: list[int] = [0]


class Name(str):
    """A name that was read from a file and is allowed there, to be called or to describe a storage."""


class Arguments(tuple[Any, ...]):
    """A tuple with a name or a storage somewhere inside: something for calls alone, never part of the result."""


class Unpickler:
    """The stack machine; `storage` reads one: ``storage(dtype, key, location, number of elements)``."""

    copies: int

    def __init__(self, data: bytes, storage: Callable[[dtype, str, str, int], Storage]) -> None:
        self.data = data
        self.at: int = 0
        self.storage = storage
        self.outside: bool = False  # whether it is `storage` that runs
        self.described: dict[str, tuple[Any, ...]] = {}  # each storage's reference: all must agree
        self.stack: list[Any] = []
        self.marked: list[list[Any]] = []
        self.memo: dict[int, Any] = {}
        self.copies = COPIES + 2 * len(data)
        self.hashes: Counter[tuple[int, int]] = Counter()

    def take(self, n: int) -> bytes:
        """The next `n` bytes of the program."""
        piece = self.data[self.at : self.at + n]
        if len(piece) != n:
            refuse("has a data.pkl that ends early")
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
        """Run the program; the object that it leaves. UnpicklingError, whatever is wrong with it."""
        try:
            return self._run()
        except pickle.UnpicklingError:
            raise
        except (IndexError, KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError,
                struct.error) as error:  # fmt: skip
            if self.outside:  # the error of a script's own function that says where storages go
                raise
            raise pickle.UnpicklingError(f"has a corrupt data.pkl ({type(error).__name__}: {str(error)[:200]})") from error
        except MemoryError:
            raise pickle.UnpicklingError("needs more memory than there is") from None

    def _run(self) -> Any:
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
                self.stack.append(_tuple([self.stack.pop() for _ in range(short[code])][::-1]))
            elif code in _SIZED:
                size, made = _SIZED[code]
                self.stack.append(made(self.take(self.number(size))))
            elif code == pickle.STOP:
                return _values([self.stack.pop()])[0]
            else:
                self.instruction(code)

    def instruction(self, code: bytes) -> None:
        """Carry out one of the instructions that are not just a constant."""
        stack = self.stack
        if code in _PUT:
            self.memo[self.number(_PUT[code])] = stack[-1]
        elif code == pickle.MEMOIZE:
            self.memo[len(self.memo)] = stack[-1]
        elif code in _GET:
            stack.append(self.memo[self.number(_GET[code])])
        elif code == pickle.MARK:
            self.marked.append(stack)
            self.stack = []
        elif code == pickle.TUPLE:
            items = self.since_mark()
            self.stack.append(_tuple(items))
        elif code in (pickle.APPEND, pickle.APPENDS):
            items = [stack.pop()] if code == pickle.APPEND else self.since_mark()
            _expect(self.stack[-1], list).extend(_values(items))
        elif code in (pickle.SETITEM, pickle.SETITEMS):
            items = [stack.pop(-2), stack.pop()] if code == pickle.SETITEM else self.since_mark()
            self.set_items(_expect(self.stack[-1], dict, OrderedDict, Counter), _values(items))
        elif code == pickle.ADDITEMS:
            items = self.since_mark()
            self.add_items(_expect(self.stack[-1], set), _values(items))
        elif code == pickle.GLOBAL:
            stack.append(_named(self.line(), self.line()))
        elif code == pickle.STACK_GLOBAL:
            name, module = _expect(stack.pop(), str), _expect(stack.pop(), str)
            stack.append(_named(module, name))
        elif code == pickle.REDUCE:
            args = _expect(stack.pop(), tuple, Arguments)
            stack[-1] = self.call(stack[-1], args)
        elif code == pickle.BUILD:
            state = _expect(stack.pop(), dict)
            target = _expect(stack[-1], OrderedDict)
            if state.keys() != {"_metadata"}:
                refuse(f"wants to set {', '.join(map(shown, list(state)[:3]))} on a dict, which is not allowed")
            target._metadata = _expect(state["_metadata"], dict, OrderedDict)
        elif code == pickle.BINPERSID:
            stack.append(self.persistent(_expect(stack.pop(), Arguments)))
        elif code == pickle.PROTO:
            if (version := self.number("<B")) > 5:
                refuse(f"is in version {version} of pickle, which is not known here")
        elif code == pickle.FRAME:
            if self.number("<Q") > len(self.data) - self.at:
                refuse("has a data.pkl that ends early")
        else:
            refuse(f"needs the pickle instruction {code!r}, which checkpoints in protocol 2 to 5 do not use")

    def set_items(self, target: dict[Any, Any], items: list[Any]) -> None:
        """Keys and values, in turn, into a dict."""
        for key, value in zip(items[::2], items[1::2], strict=True):
            self.admit(key, target)
            target[key] = value

    def add_items(self, target: set[Any], items: list[Any]) -> None:
        """Items into a set."""
        for item in items:
            self.admit(item, target)
            target.add(item)

    def admit(self, key: Any, target: Any) -> None:
        """Look through a key before it is hashed."""
        kind = type(key)
        if kind is str or key is None or kind is bool or (kind is int and -HASHED < key < HASHED):
            return  # hashed with a seed that no file knows, or to itself
        if kind in (tuple, Size):
            parts, i = [key], 0
            while i < len(parts):
                if type(parts[i]) in (tuple, Size):
                    parts.extend(parts[i])
                    if len(parts) > KEY_PARTS:
                        corrupt(f"a key of more than {KEY_PARTS} parts")
                i += 1
        place = id(target), hash(key)
        if self.hashes[place] >= SAME_HASH:
            corrupt("keys made to be slow to look up")
        if key not in target:
            self.hashes[place] += 1

    def call(self, function: Any, args: tuple[Any, ...]) -> Any:
        """What a call of `function`, a name, stands for."""
        rebuild = _REBUILD.get(function) if type(function) is Name else None
        if rebuild is None:
            refuse(f"wants to call {shown(function)}, which is not allowed")
        for argument in args:
            if type(argument) in _COPIED:
                self.copies -= len(argument)
        if self.copies < 0:
            corrupt("it copies the same data over and over")
        try:
            return rebuild(self, *args)
        except RuntimeError as error:  # such as a device that does not exist
            corrupt(str(error)[:200])

    def persistent(self, reference: Arguments) -> Storage:
        """The storage that the pickle refers to."""
        tag, kind, key, location, numel = reference
        if type(tag) is not str or tag != "storage" or type(kind) is not Name:
            refuse(f"refers to something that is no storage: {shown(reference)}")
        if kind not in _STORAGES:
            refuse(f"refers to something that is no storage: {kind}")
        _expect(numel, int), _expect(key, str), _expect(location, str)
        if self.described.setdefault(key, reference) != reference:
            corrupt(f"storage {shown(key)} is described in two ways")
        self.outside = True
        storage = self.storage(_STORAGES[kind], key, location, numel)
        self.outside = False
        return storage


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogatepass")


# Instructions with a number of bytes and then as many bytes, and what becomes of those.
_SIZED: dict[bytes, tuple[str, Callable[[bytes], Any]]] = {
    pickle.LONG1: ("<B", pickle.decode_long),
    pickle.SHORT_BINUNICODE: ("<B", _text),
    pickle.BINUNICODE: ("<I", _text),
    pickle.BINUNICODE8: ("<Q", _text),
    pickle.SHORT_BINBYTES: ("<B", bytes),
    pickle.BINBYTES: ("<I", bytes),
    pickle.BINBYTES8: ("<Q", bytes),
    pickle.BYTEARRAY8: ("<Q", bytearray),
}
_PUT = {pickle.BINPUT: "<B", pickle.LONG_BINPUT: "<I"}
_GET = {pickle.BINGET: "<B", pickle.LONG_BINGET: "<I"}
_COPIED = (str, bytes, list, tuple, dict, Size)


def _tuple(items: list[Any]) -> tuple[Any, ...]:
    return Arguments(items) if any(type(item) in (Name, Storage, Arguments) for item in items) else tuple(items)


def _values(items: list[Any]) -> list[Any]:
    for item in items:
        if type(item) is Name:
            refuse(f"contains {item} itself, and minitorch reads no functions or classes")
        if type(item) is Storage:
            refuse("contains a storage itself, and minitorch reads tensors alone; save a tensor on it")
        if type(item) is Arguments:
            refuse(f"contains {shown(item)}, and minitorch reads no functions, classes or storages")
    return items


def _named(module: str, name: str) -> Any:
    full = f"{'builtins' if module == '__builtin__' else module}.{name}"
    if full in _DTYPES:
        return _DTYPES[full]
    if full in _REBUILD or full in _STORAGES or full == "torch.Tensor":
        return Name(full)
    full = full[:200]
    if full in ("torch._utils._rebuild_tensor_v3", "torch.storage.UntypedStorage"):
        lacking = "uint16, uint32, uint64, a float8 format"
        refuse(f"contains an untyped storage or a tensor of a dtype that minitorch lacks ({lacking}); convert it before saving")
    if module == "torch" and "." not in name:
        refuse(f"contains {full}, which minitorch cannot read; convert it before saving")
    refuse(
        "contains something else than tensors, numbers, strings and plain containers, and minitorch reads nothing "
        f"else, with weights_only=False neither. Unsupported global: GLOBAL {full} was not an allowed global by "
        "default. Save model.state_dict() rather than the model"
    )


def _expect(value: Any, *kinds: type) -> Any:
    if type(value) not in kinds:
        names = " or ".join(kind.__name__ for kind in kinds)
        corrupt(f"a {type(value).__name__} where a {names} belongs")
    return value


# ---- what a file may call ------------------------------------------------------------------------------------------


def _tensor(
    machine: Unpickler,
    storage: Any,
    offset: Any,
    size: Any,
    stride: Any,
    requires_grad: Any = False,
    hooks: Any = None,
    metadata: Any = None,
) -> Tensor:
    flat = _expect(storage, Storage).array
    for n in (offset, *_expect(size, tuple), *_expect(stride, tuple)):
        if not 0 <= _expect(n, int) < 1 << 63:
            corrupt("a negative size, stride or offset, or one beyond 63 bits")
    if len(size) != len(stride):
        corrupt(f"a tensor of {len(size)} sizes and {len(stride)} strides")
    if metadata is not None and any(_expect(metadata, dict).values()):
        refuse(f"contains a tensor with {shown(metadata)}, which minitorch lacks; clone() it before saving")
    empty = 0 in size
    last = offset - 1 if empty else offset + sum((n - 1) * s for n, s in zip(size, stride, strict=True))
    if last >= flat.size:
        corrupt("a tensor that reaches beyond its storage")
    if empty:
        array = flat[:0].reshape(size)
    else:
        xp = array_module(flat)
        array = xp.lib.stride_tricks.as_strided(flat[offset:], size, tuple(s * flat.itemsize for s in stride))
        if array.flags.c_contiguous:  # the usual case, as a plain view
            array = flat[offset : offset + array.size].reshape(size)
    t = wrap(array)
    t._counter = storage.counter
    if _expect(requires_grad, bool):
        t.requires_grad = True
    return t


def _parameter(machine: Unpickler, data: Any, requires_grad: Any = True, hooks: Any = None, state: Any = None) -> Tensor:
    from .nn.parameter import Parameter

    parameter = Parameter(_expect(data, Tensor), _expect(requires_grad, bool))
    _set_attributes(parameter, {} if state is None else state)
    return parameter


def _with_attributes(machine: Unpickler, function: Any, kind: Any, args: Any, state: Any) -> Tensor:
    """A tensor that had attributes of a user's, or a Buffer, which PyTorch tells by such ones."""
    from .nn.parameter import Buffer

    if (function, kind) != ("torch._utils._rebuild_tensor_v2", "torch.Tensor"):
        refuse(f"wants to call {shown(function)} for a {shown(kind)}, which is not allowed")
    tensor = _tensor(machine, *_expect(args, Arguments))
    state = dict(_expect(state, dict))
    if state.pop("_is_buffer", False) is True:
        tensor = Buffer(tensor, persistent=_expect(state.pop("persistent", True), bool))
    _set_attributes(tensor, state)
    return tensor


def _set_attributes(tensor: Tensor, state: Any) -> None:
    for name, value in _expect(state, dict).items():
        if type(name) is not str or not is_own_attribute(tensor, name):
            refuse(f"wants to set {shown(name)} on a tensor, which is not allowed")
        setattr(tensor, name, value)


def is_own_attribute(tensor: Tensor, name: str) -> bool:
    """Whether an attribute of that name is a script's own, none that the engine or Python gives a meaning."""
    engines = hasattr(type(tensor), name) or name in Tensor.__annotations__
    return name.isidentifier() and not name.startswith("__") and not engines


def _encoded(machine: Unpickler, text: Any, encoding: Any) -> bytes:
    if encoding != "latin1":
        refuse(f"has bytes in the encoding {shown(encoding)}; expected 'latin1'")
    return _expect(text, str).encode("latin1")


def _set(machine: Unpickler, items: Any) -> set[Any]:
    made: set[Any] = set()
    machine.add_items(made, _expect(items, list))
    return made


def _ordered(machine: Unpickler, pairs: Any = ()) -> OrderedDict[Any, Any]:
    made: OrderedDict[Any, Any] = OrderedDict()
    for pair in _expect(pairs, tuple, list):
        if len(_expect(pair, tuple, list)) != 2:
            corrupt("an OrderedDict of something else than pairs")
        machine.set_items(made, _values(list(pair)))
    return made


# Functions of our own, which take plain data and check it. What comes first is the machine.
_REBUILD: dict[str, Callable[..., Any]] = {
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_parameter": _parameter,
    "torch._utils._rebuild_parameter_with_state": _parameter,
    "torch._tensor._rebuild_from_type_v2": _with_attributes,
    "torch.Size": lambda machine, sizes: Size([_expect(n, int) for n in _expect(sizes, tuple)]),
    "torch.device": lambda machine, kind, *index: device(_expect(kind, str)[:100], *(_expect(i, int) for i in index)),
    "collections.OrderedDict": _ordered,
    "collections.Counter": lambda machine, counts: Counter(_expect(counts, dict)),
    "builtins.set": _set,
    "builtins.complex": lambda machine, real, imag: complex(_expect(real, float), _expect(imag, float)),
    "builtins.bytes": lambda machine: b"",
    "builtins.bytearray": lambda machine, raw=b"": bytearray(_expect(raw, bytes)),
    "_codecs.encode": _encoded,
}
