"""A reader of the pickles that CIFAR's files are: a stack machine that builds plain data and arrays of numbers.

A pickle is a program, and Python's own machine can be told to import and call anything, to fill a table of 64 GB with
nothing, or to hash a tuple so deep that the interpreter crashes. This machine knows the instructions of binary pickles
(protocols 2 to 5) that dicts, lists, strings, numbers and arrays need, whether Python 2 or Python 3 wrote them, and six
names, each of which stands for a few lines of this file. Nothing in a file is imported or called.

Its cost is bounded by the size of the file: a length that is declared must be there, instructions and copied bytes are
counted, keys are strings or small numbers, and nothing here calls itself.

Source: the instructions are described in Python's `pickletools`; what arrays are pickled as, in NumPy's
``ndarray.__reduce__``.
"""

from __future__ import annotations

import math
import pickle
import struct
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

NUMBERS = {f"{kind}{size}" for kind, sizes in {"b": "1", "u": "1248", "i": "1248", "f": "248"}.items() for size in sizes}
INSTRUCTIONS = 1_000_000  # that any file may have, and one more for each 16 bytes of it. An image of 3 kB takes five
COPIES = 1 << 20  # bytes that calls may copy in any file, and twice the file's own
MOST_DIMENSIONS = 32
SHOWN = 100  # characters of what a file contains, in an error


def loads(data: bytes) -> Any:
    """What the pickle `data` holds; Python 2's strings become str, byte for character (latin1).

    Errors: pickle.UnpicklingError, or EOFError for a pickle that ends early.
    """
    return _Machine(data).load()


def shown(value: Any) -> str:
    """A value from a file, for an error: never long, and of a container, which may be of any depth, just its kind."""
    if isinstance(value, str | bytes):
        return repr(value[:SHOWN])
    return repr(value) if value is None or isinstance(value, int | float) else f"a {type(value).__name__.strip('_')}"


def _refuse(why: str) -> NoReturn:
    raise pickle.UnpicklingError(why)


class _Name(str):
    """A name that was read and is allowed here, to be called."""


class _Dtype:
    """A dtype that was read: first its kind and size, then, by BUILD, its byte order."""

    def __init__(self, value: np.dtype[Any]) -> None:
        self.value = value


class _Array:
    """An array that was read: first nothing, then, by BUILD, its contents."""

    value: np.ndarray | None = None


class _Arguments(tuple[Any, ...]):
    """A tuple with one of those somewhere inside: something for calls alone, never part of the result."""


_PLAIN = (type(None), bool, int, float, str, bytes, bytearray, list, dict, tuple)


class _Machine:
    def __init__(self, data: bytes) -> None:
        self.data = memoryview(data)
        self.at = 0
        self.stack: list[Any] = []
        self.marked: list[list[Any]] = []
        self.memo: dict[int, Any] = {}
        self.copies = COPIES + 2 * len(data)

    def load(self) -> Any:
        try:
            return self._run()
        except pickle.UnpicklingError:
            raise
        except (IndexError, KeyError, TypeError, ValueError, OverflowError) as error:  # an empty stack, no such memo …
            raise pickle.UnpicklingError(f"{type(error).__name__} at byte {self.at:,}") from error

    def _run(self) -> Any:
        data, most = self.data, INSTRUCTIONS + len(self.data) // 16
        for _ in range(most):
            if self.at >= len(data):
                raise EOFError("it ends early")
            code = data[self.at]
            self.at += 1
            if code == pickle.STOP[0]:
                return self.plain(self.stack.pop())
            step = _STEPS.get(code)
            if step is None:
                _refuse(f"it asks for the instruction {bytes([code])!r}, which no CIFAR batch needs")
            step(self)
        _refuse(f"it has more than {most:,} instructions")

    # ---- reading the program ----

    def take(self, n: int) -> memoryview:
        piece = self.data[self.at : self.at + n]
        if len(piece) != n:
            raise EOFError(f"it ends early: {n:,} bytes are announced at byte {self.at:,}, {len(piece):,} are there")
        self.at += n
        return piece

    def number(self, code: str) -> Any:
        return struct.unpack(code, self.take(struct.calcsize(code)))[0]

    def line(self) -> str:
        raw = bytes(self.data[self.at : self.at + 2 * SHOWN])
        end = raw.find(b"\n")
        if end < 0:
            _refuse(f"a name at byte {self.at:,} is too long or does not end")
        self.at += end + 1
        return raw[:end].decode("latin1")

    # ---- instructions ----

    def since_mark(self) -> list[Any]:
        items, self.stack = self.stack, self.marked.pop()
        return items

    def mark(self) -> None:
        self.marked.append(self.stack)
        self.stack = []

    def plain(self, value: Any) -> Any:
        """A value that may become part of the result; of an array, its contents."""
        if type(value) is _Array:
            if value.value is None:
                _refuse("an array is never filled")
            return value.value
        if type(value) not in _PLAIN:
            _refuse(f"it holds {shown(value)} itself")
        return value

    def append(self, items: list[Any]) -> None:
        if type(self.stack[-1]) is not list:
            _refuse(f"it appends to {shown(self.stack[-1])}")
        self.stack[-1].extend([self.plain(item) for item in items])

    def set_items(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) is not dict or len(items) % 2:
            _refuse(f"it sets items of {shown(target)}")
        for key, value in zip(items[::2], items[1::2], strict=True):
            if type(key) not in (str, bytes, int):  # they are hashed in no time, and none is made to collide
                _refuse(f"{shown(key)} is a key")
            target[key] = self.plain(value)

    def tuple_of(self, items: list[Any]) -> None:
        items = [item.value if type(item) is _Array and item.value is not None else item for item in items]
        inner = any(type(item) in (_Name, _Dtype, _Array, _Arguments) for item in items)
        self.stack.append(_Arguments(items) if inner else tuple(items))

    def last(self, n: int) -> list[Any]:
        return [self.stack.pop() for _ in range(n)][::-1]

    def put(self, index: int) -> None:
        self.memo[index] = self.stack[-1]

    def protocol(self) -> None:
        if (version := self.number("<B")) > 5:
            _refuse(f"it is in version {version} of pickle, which is not known here")

    def integer(self) -> None:
        raw = self.take(self.number("<B"))
        if len(raw) > 8:
            _refuse(f"a number of {len(raw)} bytes")
        self.stack.append(int.from_bytes(raw, "little", signed=True))

    def name(self, module: Any, name: Any) -> None:
        if (module, name) not in _NAMES:
            module, name = (part[:SHOWN] if type(part) is str else shown(part) for part in (module, name))
            _refuse(f"it asks for {module}.{name}, which no CIFAR batch needs; refused, as it could run foreign code")
        self.stack.append(_Name(_NAMES[module, name]))

    def stack_name(self) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        if type(name) is not str or type(module) is not str:
            _refuse("a name that is no string")
        self.name(module, name)

    def reduce(self) -> None:
        args, function = self.stack.pop(), self.stack.pop()
        if type(function) is not _Name or type(args) not in (tuple, _Arguments):
            _refuse(f"it calls {shown(function)}")
        self.stack.append(_CALLS[function](self, *args))

    def build(self) -> None:
        state, target = self.stack.pop(), self.stack[-1]
        if type(state) not in (tuple, _Arguments):
            _refuse(f"it sets the state of {shown(target)}")
        if type(target) is _Dtype and len(state) >= 3:
            if type(state[1]) is not str or state[1] not in ("<", ">", "=", "|") or state[2:5] not in _NO_FIELDS:
                _refuse("a dtype that is no plain number")
            target.value = target.value.newbyteorder(state[1])  # type: ignore[arg-type]  # one of four
        elif type(target) is _Array and len(state) == 5:
            _, shape, dtype, fortran, raw = state
            target.value = self.filled(raw, dtype, shape, "F" if fortran in (True, 1) else "C")
        else:
            _refuse(f"it sets the state of {shown(target)}")

    # ---- what the names stand for ----

    def charge(self, n: int) -> None:
        self.copies -= n
        if self.copies < 0:
            _refuse("it copies the same bytes over and over")

    def encode(self, text: Any, encoding: Any = "latin1") -> bytes:
        """Bytes, as Python 3 writes them in protocol 2."""
        if type(encoding) is not str or encoding not in ("latin1", "latin-1"):
            _refuse(f"it asks for the codec {shown(encoding)}, which no CIFAR batch needs")
        if type(text) is not str:
            _refuse(f"it encodes {shown(text)}")
        self.charge(len(text))
        return text.encode("latin1")

    def dtype(self, name: Any, *flags: Any) -> _Dtype:
        if type(name) is bytes:
            name = name[:SHOWN].decode("latin1")
        if type(name) is not str or name not in NUMBERS:
            _refuse(f"an array of {shown(name)}, which is no plain number")
        return _Dtype(np.dtype(name))

    def new_array(self, kind: Any, shape: Any, letter: Any) -> _Array:
        if type(kind) is not _Name or kind != "ndarray":
            _refuse(f"it makes an array of the class {shown(kind)}")
        return _Array()

    def from_buffer(self, raw: Any, dtype: Any, shape: Any, order: Any) -> _Array:
        """An array as NumPy writes it in protocol 5."""
        if type(order) is not str or order not in ("C", "F"):
            _refuse(f"an array in the order {shown(order)}")
        made = _Array()
        made.value = self.filled(raw, dtype, shape, order)
        return made

    def filled(self, raw: Any, dtype: Any, shape: Any, order: Any) -> np.ndarray:
        if type(dtype) is not _Dtype or type(shape) is not tuple or len(shape) > MOST_DIMENSIONS:
            _refuse("an array without dtype or shape")
        if not all(type(n) is int and 0 <= n < 1 << 31 for n in shape):
            _refuse("an array of an impossible shape")
        if type(raw) not in (str, bytes, bytearray):
            _refuse(f"the contents of an array are {shown(raw)}")
        expected = math.prod(shape) * dtype.value.itemsize
        if len(raw) != expected:
            size = " x ".join(map(str, shape))
            _refuse(f"an array of {size} numbers, {expected:,} bytes, with contents of {len(raw):,} bytes")
        self.charge(expected)
        raw = raw.encode("latin1") if type(raw) is str else raw
        if not expected:
            return np.zeros(shape, dtype.value)
        return np.frombuffer(raw, dtype.value).reshape(shape, order=order)


def _sized(code: str, made: Callable[[memoryview], Any]) -> Callable[[_Machine], None]:
    """The instruction with a number of bytes and then as many bytes."""
    return lambda m: m.stack.append(made(m.take(m.number(code))))


def _pushed(made: Callable[[], Any]) -> Callable[[_Machine], None]:
    return lambda m: m.stack.append(made())


def _numbered(code: str) -> Callable[[_Machine], None]:
    return lambda m: m.stack.append(m.number(code))


def _python2(raw: memoryview) -> str:
    return str(raw, "latin1")


def _text(raw: memoryview) -> str:
    return str(raw, "utf-8", "surrogatepass")


_NO_FIELDS = ((None, None, None), (None,))  # of a dtype: no part, no names, no fields
_NAMES = {
    ("numpy.core.multiarray", "_reconstruct"): "_reconstruct",
    ("numpy._core.multiarray", "_reconstruct"): "_reconstruct",
    ("numpy.core.numeric", "_frombuffer"): "_frombuffer",
    ("numpy._core.numeric", "_frombuffer"): "_frombuffer",
    ("numpy", "ndarray"): "ndarray",
    ("numpy", "dtype"): "dtype",
    ("_codecs", "encode"): "encode",
    ("__builtin__", "bytes"): "bytes",  # of no byte
}


def _no_call(machine: _Machine, *args: Any) -> NoReturn:
    _refuse("it calls ndarray, which no pickled array does")


_CALLS: dict[str, Callable[..., Any]] = {
    "_reconstruct": _Machine.new_array,
    "_frombuffer": _Machine.from_buffer,
    "ndarray": _no_call,
    "dtype": _Machine.dtype,
    "encode": _Machine.encode,
    "bytes": lambda machine: b"",
}

_BY_CODE: dict[bytes, Callable[[_Machine], Any]] = {
    pickle.PROTO: _Machine.protocol,
    pickle.FRAME: lambda m: m.number("<Q"),
    pickle.MARK: _Machine.mark,
    pickle.POP: lambda m: m.stack.pop(),
    pickle.NONE: _pushed(lambda: None),
    pickle.NEWTRUE: _pushed(lambda: True),
    pickle.NEWFALSE: _pushed(lambda: False),
    pickle.BININT: _numbered("<i"),
    pickle.BININT1: _numbered("<B"),
    pickle.BININT2: _numbered("<H"),
    pickle.BINFLOAT: _numbered(">d"),
    pickle.LONG1: _Machine.integer,
    pickle.BINSTRING: _sized("<I", _python2),
    pickle.SHORT_BINSTRING: _sized("<B", _python2),
    pickle.BINUNICODE: _sized("<I", _text),
    pickle.SHORT_BINUNICODE: _sized("<B", _text),
    pickle.BINUNICODE8: _sized("<Q", _text),
    pickle.BINBYTES: _sized("<I", bytes),
    pickle.SHORT_BINBYTES: _sized("<B", bytes),
    pickle.BINBYTES8: _sized("<Q", bytes),
    pickle.BYTEARRAY8: _sized("<Q", bytearray),
    pickle.EMPTY_LIST: _pushed(list),
    pickle.EMPTY_DICT: _pushed(dict),
    pickle.EMPTY_TUPLE: _pushed(tuple),
    pickle.TUPLE1: lambda m: m.tuple_of(m.last(1)),
    pickle.TUPLE2: lambda m: m.tuple_of(m.last(2)),
    pickle.TUPLE3: lambda m: m.tuple_of(m.last(3)),
    pickle.TUPLE: lambda m: m.tuple_of(m.since_mark()),
    pickle.APPEND: lambda m: m.append(m.last(1)),
    pickle.APPENDS: lambda m: m.append(m.since_mark()),
    pickle.SETITEM: lambda m: m.set_items(m.last(2)),
    pickle.SETITEMS: lambda m: m.set_items(m.since_mark()),
    pickle.BINPUT: lambda m: m.put(m.number("<B")),
    pickle.LONG_BINPUT: lambda m: m.put(m.number("<I")),
    pickle.MEMOIZE: lambda m: m.put(len(m.memo)),
    pickle.BINGET: lambda m: m.stack.append(m.memo[m.number("<B")]),
    pickle.LONG_BINGET: lambda m: m.stack.append(m.memo[m.number("<I")]),
    pickle.GLOBAL: lambda m: m.name(m.line(), m.line()),
    pickle.STACK_GLOBAL: _Machine.stack_name,
    pickle.REDUCE: _Machine.reduce,
    pickle.BUILD: _Machine.build,
}
_STEPS = {code[0]: step for code, step in _BY_CODE.items()}
