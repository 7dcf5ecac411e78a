"""CUDA graphs for the stand-in of foreign.py: while a stream is captured, calls are noted; a launch does them.

As on a card, nothing is computed meanwhile. A call is tried on copies of its arguments, which tells the shape, dtype
and order of what it gives, or its error. What it gives is memory of the current allocator, with garbage in it. What is
noted are addresses: memory that a pool got back is given out again, and a launch writes wherever the recording did. So
numbers that are overwritten on a card are overwritten here, too. A launch that would work on memory which nobody holds
any more fails with an AssertionError; a card would not notice.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import itertools
import threading
import warnings
import weakref
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import foreign_machine
import numpy as np

array_type: Any = None  # foreign.ForeignArray: set by foreign.py


class _Here(threading.local):
    def __init__(self) -> None:
        self.streams: list[Stream] = [Stream.null]  # the last is the current one
        self.allocators: list[Callable[[int], Any]] = []
        self.is_inside = False  # of a call that is noted


def capturing() -> Tape | None:
    """The tape of the current stream."""
    return here.streams[-1].tape


def refuse_in_capture(what: str) -> None:
    if capturing() is not None:
        raise RuntimeError(what)


def noted(call: Callable[..., Any]) -> Callable[..., Any]:
    """`call`, something that works on the stand-in's arrays; while the current stream is captured it is noted instead."""

    @functools.wraps(call)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        tape = here.streams[-1].tape
        if tape is None or here.is_inside:
            return call(*args, **kwargs)
        return tape.note(call, args, kwargs)

    return wrapper


# ---- memory ----------------------------------------------------------------------------------------------------------


class Memory(np.ndarray):
    """cupy.cuda.MemoryPointer: bytes of a pool, which has them back when nobody holds this any more."""

    block: bytearray | None = None  # parts of it have none
    device_id = 0

    @classmethod
    def of(cls, pool: MemoryPool, block: bytearray) -> Memory:
        made = cls(len(block), np.uint8, block)
        made.pool, made.block = pool, block
        return made

    def __del__(self) -> None:
        if self.block is not None:
            self.pool.free.setdefault(len(self.block), []).append(self.block)
            self.pool.used -= len(self.block)

    ptr = property(lambda self: self.ctypes.data)
    mem = property(lambda self: self)


class MemoryPool(foreign_machine.Pool):
    """cupy.cuda.MemoryPool: what it got back is given out again."""

    limit: int | None = None  # bytes

    def __init__(self) -> None:
        self.blocks: list[bytearray] = []
        self.free: dict[int, list[bytearray]] = {}
        self.used = 0

    def malloc(self, size: int) -> Memory:
        size = max(512, -(-size // 512) * 512)
        if self.limit is not None and self.used + size > self.limit:
            raise foreign_machine.OutOfMemoryError(f"Out of memory allocating {size} bytes")
        if not self.free.get(size):
            self.blocks.append(bytearray(b"\xff" * size))  # nan
            self.free.setdefault(size, []).append(self.blocks[-1])
        self.used += size
        return Memory.of(self, self.free[size].pop())

    def used_bytes(self) -> int:
        return self.used

    def total_bytes(self) -> int:
        return sum(map(len, self.blocks))


def get_allocator() -> Callable[[int], Any]:
    return here.allocators[-1]


@contextlib.contextmanager
def using_allocator(allocator: Callable[[int], Any]) -> Iterator[None]:
    here.allocators.append(allocator)
    try:
        yield
    finally:
        here.allocators.pop()


def owner_of(a: np.ndarray) -> np.ndarray:
    """The array that holds the memory of `a`."""
    while isinstance(a.base, np.ndarray):
        a = a.base
    return a


def bounds(a: np.ndarray) -> tuple[int, int]:
    """The addresses of its first byte and behind its last one."""
    low = high = a.ctypes.data
    if a.size == 0:
        return low, low
    steps = [(n - 1) * stride for n, stride in zip(a.shape, a.strides, strict=True)]
    return low + sum(s for s in steps if s < 0), high + a.itemsize + sum(s for s in steps if s > 0)


class Place:
    """Where an array lies, without holding its memory."""

    def __init__(self, x: Any) -> None:
        a = x._a
        self.low, high = bounds(a)
        self.size, self.start = high - self.low, a.ctypes.data - self.low
        self.shape, self.strides, self.dtype = a.shape, a.strides, a.dtype
        owner = owner_of(a)
        # A pool's memory stays where it is as long as the pool is there.
        self.holder = weakref.ref(owner.pool if isinstance(owner, Memory) else owner)

    def on(self, memory: Any) -> np.ndarray:
        """An array with this one's shape and order on other memory."""
        return np.ndarray(self.shape, self.dtype, memory, self.start, self.strides)

    def array(self) -> Any:
        assert self.holder() is not None, f"a replay works on memory of {self.shape} that nobody holds any more"
        return array_type(self.on((ctypes.c_char * self.size).from_address(self.low)))


# ---- capturing -------------------------------------------------------------------------------------------------------


def changed(change: Callable[[Any], Any], value: Any) -> Any:
    """`value`, with ``change(x)`` for each array in tuples, lists and dicts."""
    if isinstance(value, array_type | Place):
        return change(value)
    if isinstance(value, tuple | list):
        parts = [changed(change, part) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    if type(value) is dict:
        return {key: changed(change, part) for key, part in value.items()}
    return value


class Tape:
    """What was asked for while a stream was captured."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, Any, Any, list[Place | None]]] = []

    def note(self, call: Any, args: Any, kwargs: Any) -> Any:
        originals: list[Any] = []
        copies: list[Any] = []

        def copied(x: Any) -> Any:
            for original, copy in zip(originals, copies, strict=True):
                if original is x:
                    return copy
            place = Place(x)
            originals.append(x)
            copies.append(array_type(place.on(bytearray(ctypes.string_at(place.low, place.size)))))
            return copies[-1]

        inputs = changed(copied, (args, kwargs))
        here.is_inside = True
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)
                tried = call(*inputs[0], **inputs[1])
            ranges = [bounds(copy._a) for copy in copies]
            results: list[Any] = []
            changed(results.append, tried)

            def is_view(x: Any) -> bool:
                return any(low <= x._a.ctypes.data < high for low, high in ranges)

            if results and not any(result is copy for result in results for copy in copies):
                if all(map(is_view, results)):
                    return call(*args, **kwargs)  # no work for the card
                if getattr(args[0], "name", "") in ("empty", "empty_like"):
                    return changed(self.allocated, tried)
        finally:
            here.is_inside = False
        given: list[Place | None] = []

        def real(x: Any) -> Any:
            for original, copy in zip(originals, copies, strict=True):
                if copy is x:
                    given.append(None)
                    return original
            made = self.allocated(x)
            given.append(Place(made))
            return made

        result = changed(real, tried)
        self.calls.append((call, *changed(Place, (args, kwargs)), given))
        return result

    @staticmethod
    def allocated(x: Any) -> Any:
        """Memory for an array like `x`."""
        place = Place(x)
        return array_type(place.on(get_allocator()(place.size)))


class Graph:
    """cupy.cuda.graph.Graph."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape

    def launch(self, stream: Any = None) -> None:
        assert capturing() is None, "graphs in graphs are not used"
        for call, args, kwargs, given in self.tape.calls:
            result = call(*changed(Place.array, args), **changed(Place.array, kwargs))
            results: list[Any] = []
            changed(results.append, result)
            for place, found in zip(given, results, strict=True):
                if place is not None:
                    place.array()._a[...] = found._a


class Stream:
    """cupy.cuda.Stream."""

    null: Any = None
    numbers = itertools.count(1)

    def __init__(self, null: bool = False, non_blocking: bool = False, ptds: bool = False) -> None:
        self.ptr = 0 if null else next(self.numbers)
        self.tape: Tape | None = None

    def __enter__(self) -> Stream:
        here.streams.append(self)
        return self

    def __exit__(self, *exc: object) -> None:
        here.streams.pop()

    def use(self) -> Stream:
        here.streams[-1] = self
        return self

    def synchronize(self) -> None:
        foreign_machine.sync("synchronize")

    def begin_capture(self, mode: Any = None) -> None:
        if self.ptr == 0:
            raise RuntimeError("cannot capture on the default (legacy) stream")
        assert self.tape is None
        self.tape = Tape()

    def end_capture(self) -> Graph:
        tape, self.tape = self.tape, None
        assert tape is not None
        return Graph(tape)

    def is_capturing(self) -> bool:
        return self.tape is not None


Stream.null = Stream(null=True)
here = _Here()
foreign_machine.captures[:] = [capturing]


def begin(pool: MemoryPool) -> SimpleNamespace:
    """What is where at first in this thread, and the names of ``cupy.cuda`` that are here."""
    here.streams, here.allocators = [Stream.null], [pool.malloc]
    return SimpleNamespace(
        MemoryPool=MemoryPool,
        Stream=Stream,
        get_current_stream=lambda: here.streams[-1],
        get_allocator=get_allocator,
        set_allocator=lambda allocator: here.allocators.__setitem__(-1, allocator),
        using_allocator=using_allocator,
        alloc=lambda size: get_allocator()(size),
        memory=SimpleNamespace(OutOfMemoryError=foreign_machine.OutOfMemoryError),
    )
