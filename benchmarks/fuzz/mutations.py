"""Damaging a file: where its fields are, and what is put there.

`damaged(data, fields, choose)` makes one to four changes. `choose(n)` gives a number below n: from a random generator, or
drawn by hypothesis, which then makes both the number of changes and the changes themselves small.
"""

from __future__ import annotations

import pickletools
import re
import struct
from collections.abc import Callable
from itertools import pairwise

Span = tuple[int, int]  # from, to
Fields = Callable[[bytes], list[Span]]
Choose = Callable[[int], int]

NUMBERS = (0, 1, 2, 3, 127, 128, 255, 256, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
           1 << 32, 1 << 40, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)  # fmt: skip
WORDS = (b"", b"-1", b"nan", b"inf", b"1e999", b"1_0", b"9" * 20, b"9" * 400, b"9" * 5000, b"\xff\xfe", b"\xd9\xa3", b"\0",
         b'"', b"\n", b"\r", b",", b"{}", b"[]", b"null", b"true", b'"x"', b"[" * 3000, b"..", b"/", b"1" + b"0" * 30,
         b"\xff" * 11 + b"\xfb", b"\xff" * 10 + b"\xfe\0", b"\x80" + b"\x7f" * 11, b"-0.0", b" 1 ", b"0x10", b"\xed\xa0\x80")  # fmt: skip


def damaged(data: bytes, fields: Fields, choose: Choose) -> bytes:
    """A copy of `data` with one to four changes."""
    for _ in range(1 + choose(4)):
        data = _changed(data, fields, choose)
    return data


def _changed(data: bytes, fields: Fields, choose: Choose) -> bytes:
    how = choose(8)
    if how < 4:
        spans = fields(data)
        if spans:
            return _field_changed(data, spans, choose)
    if how == 4:
        return data[: choose(len(data) + 1)]
    at = choose(len(data) + 1)
    if how == 5 and at < len(data):
        return data[:at] + bytes([data[at] ^ 1 << choose(8)]) + data[at + 1 :]
    if how == 6:  # a piece out, or twice
        end = min(len(data), at + 1 + choose(64))
        return data[:at] + data[at:end] * (2 * choose(2)) + data[end:]
    return data[:at] + WORDS[choose(len(WORDS))] + data[at:]


def _field_changed(data: bytes, spans: list[Span], choose: Choose) -> bytes:
    at = choose(len(spans))
    start, stop = spans[at]
    width = stop - start
    how = choose(6)
    if how == 5:  # the same number in the fields that follow, too: sizes that are multiplied
        value = NUMBERS[choose(len(NUMBERS))]
        for start, stop in spans[at : at + 2 + choose(3)]:
            data = data[:start] + (value & ((1 << 8 * (stop - start)) - 1)).to_bytes(stop - start, "big") + data[stop:]
        return data
    if how == 0:  # a number of the field's width, in either order
        value = NUMBERS[choose(len(NUMBERS))] & ((1 << 8 * width) - 1)
        new = value.to_bytes(width, "big" if choose(2) else "little")
    elif how == 1:  # one more or less, in either order
        order = "big" if choose(2) else "little"
        value = int.from_bytes(data[start:stop], order) + 1 - 2 * choose(2)
        new = (value % (1 << 8 * width)).to_bytes(width, order)
    elif how == 2:  # what stands in another field
        other = spans[choose(len(spans))]
        new = data[other[0] : other[1]]
    elif how == 3:
        new = WORDS[choose(len(WORDS))]
    else:
        new = data[start:stop] * (2 * choose(2))
    return data[:start] + new + data[stop:]


# ---- where the fields of a format are -------------------------------------------------------------------------------


def no_fields(data: bytes) -> list[Span]:
    return []


def idx_fields(data: bytes) -> list[Span]:
    """Magic, format, number of dimensions, the dimensions."""
    count = data[3] if len(data) > 3 else 0
    spans = [(0, 2), (2, 3), (3, 4), *((4 + 4 * i, 8 + 4 * i) for i in range(min(count, 8)))]
    return [span for span in spans if span[1] <= len(data)]


def pickle_fields(data: bytes) -> list[Span]:
    """Each instruction's code, and its argument."""
    starts = []
    try:
        for _, _, at in pickletools.genops(data):
            starts.append(at)
    except Exception:  # damaged before: what comes after is no longer told apart
        pass
    spans = []
    for at, end in pairwise([*starts, len(data)]):
        spans.append((at, at + 1))
        if end > at + 1:
            spans.append((at + 1, min(end, at + 9)))
            spans.append((at, end))  # the whole instruction: left out, twice, in another's place
    return spans


def _struct_spans(at: int, layout: str) -> list[Span]:
    spans = []
    for size in (struct.calcsize(f"<{code}") for code in layout):
        spans.append((at, at + size))
        at += size
    return spans


_ZIP = {b"PK\3\4": "IHHHHHIIIHH", b"PK\1\2": "IHHHHHHIIIHHHHHII", b"PK\5\6": "IHHHHIIH", b"PK\6\6": "IQHHIIQQQQ"}


def zip_fields(data: bytes) -> list[Span]:
    """The fields of all headers of a zip archive, and what follows a header (the name)."""
    spans = []
    for found in re.finditer(b"PK(\3\4|\1\2|\5\6|\6\6)", data):
        spans += _struct_spans(found.start(), _ZIP[found.group()])
        spans.append((spans[-1][1], spans[-1][1] + 8))
    return [span for span in spans if span[1] <= len(data)]


def tar_fields(data: bytes) -> list[Span]:
    """Name, mode, owner, size, time, checksum, kind, link of each header. (Most changes break a header's checksum.)"""
    spans = []
    for at in range(0, len(data) - 511, 512):
        if data[at + 257 : at + 262] == b"ustar":
            for start, stop in ((0, 100), (100, 108), (108, 116), (124, 136), (136, 148), (148, 156), (156, 157),
                                (157, 257), (257, 265)):  # fmt: skip
                spans.append((at + start, at + stop))
    return spans


def with_checksums(data: bytes) -> bytes:
    """A tar file with the checksums of its headers put right."""
    out = bytearray(data)
    for at in range(0, len(out) - 511, 512):
        if out[at + 257 : at + 262] == b"ustar":
            out[at + 148 : at + 156] = b" " * 8
            out[at + 148 : at + 156] = b"%06o\0 " % sum(out[at : at + 512])
    return bytes(out)


def text_fields(data: bytes) -> list[Span]:
    """Words, numbers, quoted strings, and what stands between them."""
    return [found.span() for found in re.finditer(rb'"[^"\n]*"|[\w.+-]+|[^\w.+-]', data)]


def npy_fields(data: bytes) -> list[Span]:
    """The archive's fields, and the words of the headers of the arrays in it."""
    spans = zip_fields(data)
    for found in re.finditer(rb"\x93NUMPY(..)(..)([^\n]*)", data, re.DOTALL):
        spans += [found.span(1), found.span(2)]
        spans += [(found.start(3) + a, found.start(3) + b) for a, b in text_fields(found.group(3)[:200])]
    return spans
