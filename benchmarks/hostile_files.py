"""Checkpoints that were made to harm, cut off or damaged: how many are tried, and how many of them are refused.

    python -m benchmarks.hostile_files [--flips 0] [--cuts 0] [--deep 1000000] [--verbose]

Each is given to `minitorch.load`. What counts as held: it is refused with one of the documented errors, which names the
file; or, where a group allows it, what comes back is the right object or plain data. Nothing may be imported or called:
afterwards the same modules are loaded as before, and the file that the hostile programs try to make is not there. All
of it runs under a limit of 1 GiB of memory more than was in use at the start, and of ten seconds of the processor for each file.
`--flips` bits are flipped, one in each copy (0: every bit); the file is cut at `--cuts` places (0: behind every byte).
The exit status is 1 if anything got through.
"""

from __future__ import annotations

import argparse
import io
import os
import pickle
import random
import struct
import sys
import tempfile
import time
import zipfile
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import minitorch

MEMORY = 1 << 30  # bytes, beyond what is in use at the start
SECONDS = 10.0
DEEP = 1_000_000  # how deep is deep
CANARY = "canary"  # the file that hostile programs try to make, in the current folder
COMMAND = f"touch {CANARY}"
REFUSALS = (pickle.UnpicklingError, RuntimeError, EOFError)
PLAIN = (
    type(None), bool, int, float, complex, str, bytes, bytearray, list, tuple, dict, set, OrderedDict, Counter,
    minitorch.Tensor, minitorch.nn.Parameter, minitorch.nn.Buffer, minitorch.Size, minitorch.device, minitorch.dtype,
)  # fmt: skip


# ---- building blocks -----------------------------------------------------------------------------------------------


def good_object() -> Any:
    """What the good file holds."""
    torch = minitorch
    w = torch.arange(40.0)
    more = {"view": w[3:9], "epoch": 3, "names": ["a", ("b", 1.5, None)], "big": 2**70, "mask": torch.ones(3).bool()}
    return OrderedDict(weight=w, **more)


def good_file() -> bytes:
    """A good file."""
    file = io.BytesIO()
    minitorch.save(good_object(), file)
    return file.getvalue()


def records() -> dict[str, bytes]:
    """The members of a good file with one storage of 40 float32 numbers, by name."""
    file = io.BytesIO()
    minitorch.save(minitorch.ones(40), file)
    with zipfile.ZipFile(file) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def packed(members: dict[str, bytes] | list[tuple[Any, bytes]], **options: Any) -> bytes:
    """A zip archive of these members; a name may be a ZipInfo."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", **options) as archive:
        for name, content in members.items() if isinstance(members, dict) else members:
            archive.writestr(name, content)
    return file.getvalue()


def with_pickle(program: bytes) -> bytes:
    """The good file with another data.pkl."""
    return packed(records() | {"archive/data.pkl": program})


def text(value: str) -> bytes:
    """Push a string."""
    raw = value.encode()
    return b"X" + struct.pack("<I", len(raw)) + raw


def number(value: int) -> bytes:
    """Push a whole number."""
    raw = pickle.encode_long(value)
    return b"\x8a" + bytes([len(raw)]) + raw


def numbers(values: Any) -> bytes:
    """Push a tuple of whole numbers."""
    return b"(" + b"".join(map(number, values)) + b"t"


def named(module: str, name: str) -> bytes:
    """Push what goes by a name."""
    return f"c{module}\n{name}\n".encode()


def stored(numel: int = 40, key: str = "0", kind: str = "FloatStorage", tag: str = "storage", place: str = "cpu") -> bytes:
    """Push a storage."""
    return b"(" + text(tag) + named("torch", kind) + text(key) + text(place) + number(numel) + b"tQ"


ORDERED = named("collections", "OrderedDict")
V2 = named("torch._utils", "_rebuild_tensor_v2")


def tensor_arguments(size: Any = (40,), stride: Any = (1,), offset: int = 0, rest: bytes = b"", **storage: Any) -> bytes:
    """Push the arguments that a tensor is built from."""
    return b"(" + stored(**storage) + number(offset) + numbers(size) + numbers(stride) + b"\x89" + ORDERED + b")R" + rest + b"t"


def tensor(*args: Any, **kwargs: Any) -> bytes:
    """Push a tensor."""
    return V2 + tensor_arguments(*args, **kwargs) + b"R"


def program(*parts: bytes) -> bytes:
    """A whole program."""
    return b"\x80\x02" + b"".join(parts) + b"."


# ---- programs ------------------------------------------------------------------------------------------------------

TARGETS = [
    "os system", "posix system", "nt system", "subprocess Popen", "subprocess check_output", "builtins eval", "builtins exec",
    "__builtin__ eval", "builtins getattr", "builtins __import__", "builtins open", "builtins object", "builtins type",
    "importlib import_module", "runpy run_path", "pickle loads", "pty spawn", "shutil rmtree", "ctypes CDLL",
    "socket create_connection", "webbrowser open", "operator attrgetter", "functools partial", "types CodeType",
    "collections namedtuple", "collections defaultdict", "copyreg _reconstructor", "antigravity geohash", "canary_module f",
    "torch load", "torch save", "torch.hub load", "torch._utils _import_dotted_name", "torch.serialization _get_layout",
    "torch._utils _rebuild_tensor_v2.__globals__", "torch.storage _load_from_bytes", "torch.jit load", "numpy load",
    "numpy.core.multiarray _reconstruct", "minitorch load", "minitorch.serialization save", "minitorch.files write_text",
    "minitorch.unpickling Name", "minitorch.unpickling _tensor", "collections OrderedDict.fromkeys", "builtins set.__class__",
    "torch Size.__subclasses__", "torch.Size __class__", "_codecs decode", " os.system",
]  # fmt: skip


def forms(module: str, name: str) -> Iterator[tuple[str, bytes]]:
    """Every way to call something by its name, or to have it in the result."""
    called, argument = named(module, name), text(COMMAND)
    yield "REDUCE", program(called, argument, b"\x85R")
    yield "STACK_GLOBAL", program(text(module), text(name), b"\x93", argument, b"\x85R")
    yield "INST", program(b"(", argument, f"i{module}\n{name}\n".encode())
    yield "OBJ", program(b"(", called, argument, b"o")
    yield "NEWOBJ", program(called, argument, b"\x85\x81")
    yield "NEWOBJ_EX", program(called, argument, b"\x85}\x92")
    yield "nested REDUCE", program(named("builtins", "set"), b"](", called, argument, b"\x85Re\x85R")
    yield "as a value", program(called)
    yield "in a list", program(b"]", called, b"a")
    yield "as a key", program(b"}", called, b"Ns")
    yield "as arguments", program(named("torch", "Size"), called, b"R")
    yield "as a state", program(ORDERED, b")R", called, b"b")
    yield "as a storage", program(b"(", text("storage"), called, text("0"), text("cpu"), number(40), b"tQ")


def calls() -> Iterator[tuple[str, bytes]]:
    """Programs that call what they must not."""
    for target in TARGETS:
        module, _, name = target.rpartition(" ")
        for form, code in forms(module, name):
            yield f"{form} {target}", code
    yield "a method", program(text("x"), text("upper"), b"\x93)R")
    yield "a dtype is called", program(named("torch", "float32"), b")R")
    yield "a string is called", program(text("os.system"), text(COMMAND), b"\x85R")
    yield "a tensor is called", program(tensor(), b")R")
    for size, code in ((1, b"\x82\x01"), (2, b"\x83\x01\0"), (4, b"\x84\x01\0\0\0")):
        yield f"EXT{size}", program(code)
        yield f"EXT{size} called", program(code, text(COMMAND), b"\x85R")


STATES = ["__class__", "__dict__", "__reduce__", "__setstate__", "__getattr__", "update", "items", "_metadata", "numpy"]


def builds() -> Iterator[tuple[str, bytes]]:
    """Programs that overwrite methods and fields."""
    targets = {
        "an OrderedDict": ORDERED + b")R", "a dict": b"}", "a list": b"]", "a set": b"\x8f", "a string": text("x"),
        "a tensor": tensor(), "a class": ORDERED, "a dtype": named("torch", "float32"),
        "a device": named("torch", "device") + text("cpu") + b"\x85R", "a size": named("torch", "Size") + b")\x85R",
        "a Counter": named("collections", "Counter") + b"}\x85R", "a number": b"K\x01",
    }  # fmt: skip
    for what, target in targets.items():
        for name in STATES:
            yield f"BUILD {name} of {what}", program(target, b"}", text(name), b"K\x01sb")
            yield f"BUILD slot {name} of {what}", program(target, b"N}", text(name), b"K\x01s\x86b")
    both = b"}" + text("_metadata") + ORDERED + b")Rs" + text("update") + b"K\x01s"
    yield "BUILD of _metadata and a method", program(ORDERED, b")R", both, b"b")
    from_type, given = named("torch._tensor", "_rebuild_from_type_v2"), V2 + named("torch", "Tensor") + tensor_arguments()
    own = ["_array", "_counter", "backward", "data", "grad", "shape", "_base", "requires_grad", "__len__", "a b", "", "_grad_fn"]
    for name in (*STATES[:5], *own):
        state = b"}" + text(name) + b"K\x01s"
        yield f"attribute {name!r} of a tensor", program(from_type, b"(", given, state, b"tR")
        with_state = named("torch._utils", "_rebuild_parameter_with_state")
        yield f"attribute {name!r} of a parameter", program(with_state, b"(", tensor(), b"\x88", ORDERED, b")R", state, b"tR")
    for module, name in (("os", "system"), ("torch", "Size"), ("torch._utils", "_rebuild_parameter")):
        other = named(module, name) + named("torch", "Tensor") + tensor_arguments()
        yield f"a tensor by {module}.{name}", program(from_type, b"(", other, b"}tR")
    yield "a tensor of another class", program(from_type, b"(", V2, named("torch", "Size"), tensor_arguments(), b"}tR")


def references() -> Iterator[tuple[str, bytes]]:
    """Persistent ids that are none."""
    yield "PERSID", program(b"P0\n")
    for value in (b"N", b"K\x01", text("0"), b")", b"]", b"}", numbers(range(5)), tensor(), ORDERED, b"\x88"):
        yield f"the id {value!r}", program(value, b"Q")
    fields = [text("storage"), named("torch", "FloatStorage"), text("0"), text("cpu"), number(40)]
    others = [b"N", b"]", b"}", number(-1), number(2**62), text("module"), named("torch", "Size"), b"\x88", text("../data/0")]
    for place in range(5):
        for other in others:
            if (place, other) != (2, text("0")):
                changed = [*fields[:place], other, *fields[place + 1 :]]
                reference = V2 + b"((" + b"".join(changed) + b"tQ" + number(0) + numbers([40]) + numbers([1]) + b"\x89NtR"
                yield f"field {place} is {other!r}", program(reference)
    yield "too few fields", program(b"(", *fields[:4], b"tQ")
    yield "too many fields", program(b"(", *fields, fields[0], b"tQ")
    yield "a storage itself", program(stored())
    yield "a storage in a tuple in a list", program(b"]", stored(), b"\x85\x85a")
    yield "one storage of two dtypes", program(b"]", tensor(), b"a", tensor((40,), kind="IntStorage"), b"a")
    yield "one storage of two lengths", program(b"]", tensor(), b"a", tensor((20,), numel=20), b"a")
    for key in ("../byteorder", "/etc/passwd", "0/../0", "data.pkl", "", "1", "\0", "0\0", "../../../etc/passwd"):
        yield f"storage {key!r}", program(tensor(key=key))
    for place in ("", "tape", "cuda:-1", "cuda:99999999999999999999", "CPU", "meta", "\0"):
        yield f"location {place!r}", program(tensor(place=place))


def shapes() -> Iterator[tuple[str, bytes]]:
    """Tensors that do not lie in their storage."""
    many = 2**63
    cases: list[tuple[Any, Any, int]] = [
        ([41], [1], 0), ([40], [1], 1), ([4, 11], [10, 1], 0), ([2], [-1], 3), ([2], [1], -1), ([-2], [1], 0), ([2, 2], [1], 0),
        ([2], [40], 0), ([1], [1], 40), ([0], [1], 42), ([1] * 200, [1] * 200, 0), ([2**32, 2**32], [0, 0], 0),
        ([2**62, 4], [0, 0], 0), ([many - 1], [0], 0), ([many], [0], 0), ([2**64], [0], 0), ([2], [many], 0), ([2], [2**64 - 1], 0),
        ([1], [1], many), ([1], [1], 2**64), ([2**2000], [0], 0), ([2], [2**2000], 0), ([1], [1], -(2**63)), ([0, -1], [1, 1], 0),
        ([2, 2**63 - 1], [2**62, 2**62], 0), ([3], [2**63 - 1], 0), ([2**31, 2**31, 2**31], [0, 0, 0], 0), ([], [1], 0), ([1], [], 0),
        ([0, 2**62, 2**62], [1, 1, 1], 0), ([0, many], [1, 1], 0), ([0], [1], 41), ([40, 2], [1, 1], 0),
    ]  # fmt: skip
    for size, stride, offset in cases:
        yield f"{str(size)[:60]} {str(stride)[:60]} {str(offset)[:30]}", program(tensor(size, stride, offset))
    for numel in (41, 39, 0, -1, 2**31, 2**62, 2**63, 2**64, 2**2000):
        yield f"{str(numel)[:40]} elements", program(tensor([1], [1], 0, numel=numel))
    for kind in ("DoubleStorage", "CharStorage", "BFloat16Storage", "ComplexFloatStorage", "QUInt8Storage", "UntypedStorage"):
        yield f"40 elements as {kind}", program(tensor(kind=kind))
    given = [stored(), number(0), numbers([40]), numbers([1]), b"\x89", ORDERED + b")R"]
    others = [b"N", b"]", b"}", text("x"), b"\x88", ORDERED, b"G" + struct.pack(">d", 1.5), b"](K\x01e"]
    for place in range(5):
        for other in others:
            if not (place == 4 and other == b"\x88"):
                yield f"argument {place} is {other!r}", program(V2, b"(", *given[:place], other, *given[place + 1 :], b"tR")
    for name in ("conj", "neg"):
        yield f"metadata {name}", program(tensor(rest=b"}" + text(name) + b"\x88s"))
    yield "metadata is no dict", program(tensor(rest=text("neg")))
    yield "an integer that needs a gradient", program(
        V2, b"(", stored(kind="IntStorage"), number(0), numbers([40]), numbers([1]), b"\x88", ORDERED, b")RtR"
    )


def sizes() -> Iterator[tuple[str, bytes]]:
    """Programs that say of something that it is huge, or cost much."""
    for code, name in ((b"X", "BINUNICODE"), (b"B", "BINBYTES"), (b"T", "BINSTRING"), (b"\x8b", "LONG4")):
        for size in (2**31 - 1, 2**32 - 1, 1000):
            yield f"{name} of {size}", program(code, struct.pack("<I", size), b"abc")
    for code, name in ((b"\x8d", "BINUNICODE8"), (b"\x8e", "BINBYTES8"), (b"\x96", "BYTEARRAY8"), (b"\x95", "FRAME")):
        for size in (2**31, 2**40, 2**63, 2**64 - 1):
            yield f"{name} of {size}", program(code, struct.pack("<Q", size), b"abc")
    yield "LONG of many digits", program(b"L" + b"9" * 100_000 + b"L\n")
    yield "bytearray of a number", program(named("builtins", "bytearray"), number(2**40), b"\x85R")
    yield "bytes of a number", program(named("builtins", "bytes"), number(2**40), b"\x85R")
    deep = b")" + b"\x85" * DEEP
    yield "a key of many tuples", program(b"}", deep, b"Ns")
    yield "a set of many tuples", program(b"\x8f(", deep, b"\x90")
    yield "an id of many tuples", program(deep, b"Q")
    yield "a call of many tuples", program(deep, b")R")
    yield "many tuples around a name", program(ORDERED, b"\x85" * DEEP)
    yield "many tuples around a storage", program(stored(), b"\x85" * DEEP)
    yield "many marks", program(b"(" * DEEP)
    twice = b")" + b"".join(b"q" + bytes([i]) + b"h" + bytes([i]) + b"\x86" for i in range(100))
    yield "a key of 2^100 tuples", program(b"}", twice, b"Ns")
    yield "an id of 2^100 tuples", program(twice, b"Q")
    yield "a state of 2^100 tuples", program(ORDERED, b")R}", b"K\x01", twice, b"sb")
    yield "a call of 2^100 tuples", program(twice, b")R")
    yield "a size of 2^100 tuples", program(named("torch", "Size"), twice, b"R")
    million = b"\x80\x02" + text("x" * 1_000_000) + b"q\x00" + text("latin1") + b"q\x01" + named("_codecs", "encode") + b"q\x02"
    yield "the same text to bytes, without end", million + b"]q\x03(" + b"h\x02h\x00h\x01\x86R" * 20_000 + b"e."
    listed = b"\x80\x02]q\x00(" + b"N" * 1_000_000 + b"e" + named("builtins", "set") + b"q\x01"
    yield "the same list to sets, without end", listed + b"](" + b"h\x01h\x00\x85R" * 20_000 + b"e."
    pairs = b"\x80\x02]q\x00(" + b"N" * 1_000_000 + b"e]q\x01(" + b"h\x00" * 100_000 + b"e" + ORDERED + b"h\x01\x85R."
    yield "pairs of a million", pairs
    modulus = sys.hash_info.modulus
    same = b"".join(number((i + 1) * modulus) + b"N" for i in range(50_000))
    yield "keys of the same hash", program(b"}(", same, b"u")
    yield "items of the same hash", program(b"\x8f(", b"".join(number((i + 1) * modulus) for i in range(50_000)), b"\x90")


def syntax() -> Iterator[tuple[str, bytes]]:
    """Programs that go wrong."""
    cases = {
        "nothing": b"", "no end": b"\x80\x02K\x01", "stack underflow": b"\x80\x02R.", "an empty stack": b"\x80\x02.",
        "tuple of too little": b"\x80\x02K\x01\x87.", "no mark": b"\x80\x02K\x01t.", "unknown memo": b"\x80\x02h\x05.",
        "unknown memo 2^31": b"\x80\x02j\0\0\0\x80.", "memo of nothing": b"\x80\x02q\0.", "MEMOIZE of nothing": b"\x80\x04\x94.",
        "bad utf-8": b"\x80\x02X\x02\0\0\0\xff\xfe.", "unending name": b"\x80\x02ctorch", "bad name": b"\x80\x02c\xff\n\xff\n.",
        "append to a dict": b"\x80\x02}K\x01a.", "append to a tuple": b"\x80\x02)K\x01a.", "item of a list": b"\x80\x02]K\x00K\x01s.",
        "unhashable key": b"\x80\x02}]K\x01s.", "a key without a value": b"\x80\x02}(K\x01u.", "add to a list": b"\x80\x02](K\x01\x90.",
        "an unhashable item": b"\x80\x02\x8f(]\x90.", "STACK_GLOBAL of numbers": b"\x80\x04K\x01K\x02\x93.", "protocol 6": b"\x80\x06N.",
        "protocol 255": b"\x80\xffN.", "a frozen set": b"\x80\x04(\x91.", "a buffer": b"\x80\x05\x97.", "DUP": b"\x80\x02]2a.",
        "POP": b"\x80\x02N0N.", "old string": b"\x80\x02S'a'\n.", "old float": b"\x80\x02F1\n.", "old list": b"\x80\x02(l.",
        "python 2's string": b"\x80\x02U\x01a.", "zeros": b"\0" * 1000, "BUILD of nothing": b"\x80\x02}b.",
    }  # fmt: skip
    yield from cases.items()
    for code in sorted(set(range(256)) - {ord(".")}):
        yield f"the instruction {code:#04x} alone", program(bytes([code]))


ALLOWED = [
    "torch._utils _rebuild_tensor_v2", "torch._utils _rebuild_parameter", "torch._utils _rebuild_parameter_with_state",
    "torch._tensor _rebuild_from_type_v2", "torch Size", "torch device", "collections OrderedDict", "collections Counter",
    "builtins set", "builtins complex", "builtins bytes", "builtins bytearray", "_codecs encode", "torch FloatStorage",
    "torch Tensor",
]  # fmt: skip


def arguments() -> Iterator[tuple[str, bytes]]:
    """What may be called, with all sorts of arguments."""
    values = {
        "None": b"N", "True": b"\x88", "-1": number(-1), "2^60": number(2**60), "2^2000": number(2**2000), "text": text("x"),
        "nan": b"G\x7f\xf8\0\0\0\0\0\0", "list": b"](K\x01e", "dict": b"}K\x01K\x02s", "tuple": b"K\x01\x85", "name": ORDERED,
        "list of lists": b"](](K\x01K\x02K\x03eee", "tensor": tensor(), "storage": stored(), "bytes": b"C\x02ab", "set": b"\x8f",
    }  # fmt: skip
    for target in ALLOWED:
        function = named(*target.split())
        yield f"{target}()", program(function, b")R")
        for name, value in values.items():
            for n in (1, 2, 4, 5, 9):
                yield f"{target}({n} × {name})", program(function, b"(", value * n, b"tR")


def heavy() -> Iterator[tuple[str, bytes]]:
    """Large and deep, but plain: loaded or refused, without a crash."""
    yield "many nested lists", program(b"]" * DEEP, b"a" * (DEEP - 1))
    yield "many nested tuples", program(b")", b"\x85" * DEEP)
    yield "many nested dicts", program(b"}", b"N}" * DEEP, b"s" * DEEP)
    yield "many sets", program(b"](", b"\x8f" * DEEP, b"e")
    yield "a memo at 2^32 - 1", program(b"K\x01r\xff\xff\xff\xff")
    yield "a list in itself", program(b"]q\0h\0a")
    yield "a dict in itself", program(b"}q\0Nh\0s")
    yield "a tensor of 2^40 numbers that are one", program(tensor([2**40], [0]))
    yield "2^100 tuples", program(b")" + b"".join(b"q" + bytes([i]) + b"h" + bytes([i]) + b"\x86" for i in range(100)))


# ---- archives ------------------------------------------------------------------------------------------------------


def patched(content: bytes, name: str, central: int, values: bytes) -> bytes:
    """The archive with bytes of the directory's entry of a member changed, from byte `central` of the entry on."""
    at = content.rindex(b"PK\x01\x02", 0, content.rindex(name.encode()) + 1) + central
    return content[:at] + values + content[at + len(values) :]


def archives() -> Iterator[tuple[str, bytes]]:
    """Archives that lie."""
    good = records()
    plain = packed(good)
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        bomb = good | {"archive/data/0": bytes(32 << 20)}
        yield f"a bomb, method {method}", packed(bomb, compression=method)
        yield f"compressed by method {method}", packed(good, compression=method)
    names = [
        "../evil", "archive/../../evil", "/etc/passwd", "archive//etc/passwd", "archive/./x", "archive\\..\\evil", "..", "C:\\evil",
        "archive/data/../../../evil",
    ]  # fmt: skip
    for name in names:
        yield f"a member {name}", packed(good | {name: b"evil"})
        yield f"a first member {name}", packed({name: b"evil"} | good)
    link = zipfile.ZipInfo("archive/data/1")
    link.external_attr = 0o120777 << 16
    yield "a link", packed([*good.items(), (link, b"/etc/passwd")])
    for name in good:
        doubled = packed([*good.items(), (name.replace("archive", "archivf"), b"evil" * 40)])
        again = doubled.replace(name.replace("archive", "archivf").encode(), name.encode())
        yield f"{name} twice", again
    for name in ("archive/data/0", "archive/data.pkl", "archive/version"):
        for flag in (0x1, 0x40, 0x2001):
            yield f"{name} encrypted ({flag:#x})", patched(plain, name, 8, struct.pack("<H", flag))
        for method in (1, 6, 8, 12, 14, 93, 99):
            yield f"{name} by method {method}", patched(plain, name, 10, struct.pack("<H", method))
        for size in (0, 1, 2**31, 2**32 - 2):
            yield f"{name} of {size} bytes", patched(plain, name, 20, struct.pack("<II", size, size))
            yield f"{name} of {size} bytes, unpacked", patched(plain, name, 24, struct.pack("<I", size))
        for offset in (1, 2**31, 2**32 - 2):
            yield f"{name} at {offset}", patched(plain, name, 42, struct.pack("<I", offset))
        yield f"{name} where the first one is", patched(plain, name, 42, struct.pack("<I", 0)) if "pkl" not in name else b"PK"
        yield f"{name} by another name", patched(plain, name, 46 + len(name) - 1, b"?")
        yield f"{name} with another checksum", patched(plain, name, 16, b"abcd")
    long = len(plain) - plain.index(b"archive/data/0") - 200
    yield "a storage over its neighbours", patched(plain, "archive/data/0", 20, struct.pack("<II", long, long))
    yield "no members", packed({})
    yield "no data.pkl", packed({name: content for name, content in good.items() if "pkl" not in name})
    yield "no storage", packed({name: content for name, content in good.items() if "data/0" not in name})
    yield "another folder", packed({name.replace("archive/data/", "other/data/"): content for name, content in good.items()})
    for version in (b"0", b"11", b"x", b""):
        yield f"version {version!r}", packed(good | {"archive/version": version})
    inner = packed({"archive/data/1": b"evil"})
    outer = packed(good | {"archive/data/2": inner, "archive/data/1": b"evil"})
    yield "a member within another", patched(outer, "archive/data/1", 42, struct.pack("<I", outer.index(inner)))
    yield "a strange byte order", packed(good | {"archive/byteorder": b"middle"})
    yield "an archive in it", packed({"archive/data.pkl": plain})
    yield "a hundred thousand members", packed({f"archive/{i}": b"" for i in range(100_000)})
    yield "in front of it a pickle", program(b"N") + plain
    yield "TorchScript", packed(good | {"archive/constants.pkl": b""})
    yield "the old format", b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19." + b"\x80\x02M\xe9\x03."
    yield "a tar file", b"storages".ljust(257, b"\0") + b"ustar\0" + b"\0" * 1000
    yield "a bare pickle", pickle.dumps({"a": 1}, 2)
    yield "empty", b""
    yield "four bytes", b"PK\x03\x04"
    yield "zeros", bytes(1 << 20)


def ends() -> Iterator[tuple[str, bytes]]:
    """Archives whose last record lies about the members."""
    plain = packed(records())
    end = plain.rindex(b"PK\x05\x06")
    for place in range(4, 22):
        for values in (b"\0", b"\1", b"\xff", b"\0\0", b"\1\0", b"\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f", b"\xff\xff\xff\xff"):
            if place + len(values) <= 22:
                yield f"byte {place} is {values!r}", plain[: end + place] + values + plain[end + place + len(values) :]
    yield "another end behind it", plain + plain[end:]
    yield "bytes behind it", plain + b"x" * 100
    yield "another archive behind it", plain + packed({"archive/data.pkl": program(named("os", "system"), text(COMMAND), b"\x85R")})
    yield "another archive in front", packed({"archive/data.pkl": program(named("os", "system"), text(COMMAND), b"\x85R")}) + plain
    yield "a comment with an end", plain[:-2] + struct.pack("<H", 22) + plain[end:]


# ---- trying them ---------------------------------------------------------------------------------------------------


def pickles(make: Callable[[], Iterator[tuple[str, bytes]]]) -> Iterator[tuple[str, bytes]]:
    """The programs, each in a file."""
    for name, code in make():
        yield name, with_pickle(code)


def cuts(places: int) -> Iterator[tuple[str, bytes]]:
    """The good file, cut off."""
    content = good_file()
    chosen = range(len(content)) if not places else random.Random(0).sample(range(len(content)), places)
    for place in chosen:
        yield f"cut at {place}", content[:place]


def flips(n: int) -> Iterator[tuple[str, bytes]]:
    """The good file with one bit flipped."""
    content = good_file()
    bits = range(8 * len(content))
    for chosen in random.Random(1).sample(bits, n) if n else bits:
        place, bit = divmod(chosen, 8)
        damaged = bytearray(content)
        damaged[place] ^= 1 << bit
        yield f"bit {bit} of byte {place}", bytes(damaged)


def equal(a: Any, b: Any) -> bool:
    """Whether two good objects are the same."""
    if isinstance(a, minitorch.Tensor):
        return type(a) is type(b) and a.dtype == b.dtype and a.tolist() == b.tolist()
    if isinstance(a, dict):
        return type(a) is type(b) and list(a) == list(b) and all(equal(a[key], b[key]) for key in a)
    return type(a) is type(b) and a == b


def is_plain(value: Any) -> bool:
    """Whether it is made of plain data alone, as far as a thousand of its parts tell."""
    todo, looked = [value], 0
    while todo and looked < 1000:
        part = todo.pop()
        looked += 1
        if type(part) not in PLAIN:
            return False
        if isinstance(part, dict):
            todo.extend([*part.keys(), *part.values()][:1000])
        elif isinstance(part, list | tuple | set):
            todo.extend(list(part)[:1000])
    return True


def attempt(content: bytes, right: Callable[[Any], bool] | None) -> tuple[str, str]:
    """What came of loading a file: "refused", "loaded" (where `right` says that this may be), or "THROUGH", and why."""
    modules = set(sys.modules)
    began = time.process_time()  # which does not count what others do on this machine
    outcome, why = "THROUGH", "it was loaded"
    try:
        value = minitorch.load(io.BytesIO(content))
    except REFUSALS as error:
        if type(error) not in (*REFUSALS, minitorch.OutOfMemoryError):
            why = f"another kind of error: {type(error).__name__}: {error}"
        elif "the file" not in str(error) or "more memory" in str(error) or len(str(error)) > 2000:
            why = f"an error that says too little or too much: {error}"
        else:
            outcome, why = "refused", str(error)
    except BaseException as error:
        why = f"another kind of error: {type(error).__name__}: {error}"
    else:
        if right is not None and right(value):
            outcome, why = "loaded", ""
        del value
    taken = time.process_time() - began
    if set(sys.modules) - modules:
        outcome, why = "THROUGH", f"imported {sorted(set(sys.modules) - modules)}"
    if taken > SECONDS:
        outcome, why = "THROUGH", f"it took {taken:.0f} s"
    if os.path.exists(CANARY):
        outcome, why = "THROUGH", "the canary is there"
        os.unlink(CANARY)
    return outcome, why


def groups(n_flips: int, n_cuts: int) -> dict[str, tuple[Iterator[tuple[str, bytes]], Callable[[Any], bool] | None]]:
    """All that is tried; with each group, what may be loaded of it."""
    right = good_object()
    return {
        "calls of what is not allowed": (pickles(calls), None),
        "methods and fields overwritten": (pickles(builds), None),
        "persistent ids": (pickles(references), None),
        "shapes, strides, storages": (pickles(shapes), None),
        "huge and costly": (pickles(sizes), None),
        "broken programs": (pickles(syntax), is_plain),
        "allowed calls, any arguments": (pickles(arguments), is_plain),
        "deep and large, but plain": (pickles(heavy), is_plain),
        "archives that lie": (archives(), None),
        "ends of archives that lie": (ends(), lambda value: equal(value, minitorch.ones(40))),
        "cut off": (cuts(n_cuts), None),
        "one bit flipped": (flips(n_flips), lambda value: equal(value, right)),
    }


def limit_memory() -> None:
    """From here on this process gets MEMORY bytes more, and then MemoryError."""
    import resource

    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))


def main(argv: list[str] | None = None) -> int:
    """Try all, print the counts; the exit status."""
    parser = argparse.ArgumentParser(description="Hostile and damaged checkpoints: how many are refused.")
    parser.add_argument("--flips", type=int, default=0, help="copies with one bit flipped; 0: each bit in turn")
    parser.add_argument("--cuts", type=int, default=0, help="places where the file is cut; 0: behind every byte")
    parser.add_argument("--deep", type=int, default=DEEP, help="depth of what is nested deeply")
    parser.add_argument("--verbose", action="store_true", help="print every one, with its error")
    options = parser.parse_args(argv)
    globals()["DEEP"] = options.deep
    minitorch.load(io.BytesIO(good_file()))  # what loading imports is there from here on
    if sys.platform == "linux":
        limit_memory()
    total: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("canary_module.py").write_text(f"open({CANARY!r}, 'w').close()\n")
        sys.path.insert(0, folder)
        print(f"{'':32} {'tried':>7} {'refused':>8} {'loaded':>7} {'through':>8} {'slowest':>9}")
        for group, (files, right) in groups(options.flips, options.cuts).items():
            counts: Counter[str] = Counter()
            slowest = 0.0
            for name, content in files:
                began = time.process_time()
                outcome, why = attempt(content, right)
                slowest = max(slowest, time.process_time() - began)
                counts[outcome] += 1
                if options.verbose or outcome == "THROUGH":
                    print(f"{outcome} {group}: {name}: {why[:300]}")
            total += counts
            print(f"{group:32} {counts.total():7,} {counts['refused']:8,} {counts['loaded']:7,} {counts['THROUGH']:8,} {slowest:7.2f} s", flush=True)
        print(f"{'all':32} {total.total():7,} {total['refused']:8,} {total['loaded']:7,} {total['THROUGH']:8,}")
        os.chdir("/")
    return 1 if total["THROUGH"] else 0


if __name__ == "__main__":
    sys.exit(main())
