"""What the stand-in for CuPy (foreign.py) leaves out of ``cupy.cuda``: events, streams with work in them, pinned memory,
an allocator that counts and runs out of memory, and a second device.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import foreign
import pytest

from minitorch import gpu_memory

KIB = 1 << 10


class OutOfMemory(MemoryError):
    """cupy.cuda.memory.OutOfMemoryError."""


class Memory:
    """cupy.cuda.MemoryPointer: memory of the pool, given back when nobody holds it any more."""

    def __init__(self, pool: CountingPool, size: int, device_id: int) -> None:
        self.pool, self.size, self.device_id = pool, size, device_id

    def __del__(self) -> None:
        self.pool.used -= self.size


class CountingPool:
    """cupy.cuda.MemoryPool of a small GPU: 1 MiB."""

    def __init__(self, gpu: Gpu) -> None:
        self.gpu = gpu
        self.used = self.reserved = self.asked = 0
        self.limit = 1 << 20

    def malloc(self, size: int) -> Memory:
        rounded = -(-size // 512) * 512
        if self.used + rounded > self.limit:
            raise OutOfMemory(f"Out of memory allocating {size} bytes")
        self.used += rounded
        self.reserved = max(self.reserved, self.used)
        return Memory(self, rounded, self.gpu.current)

    def used_bytes(self) -> int:
        self.asked += 1
        return self.used

    def total_bytes(self) -> int:
        return self.reserved

    def free_all_blocks(self) -> None:
        self.reserved = self.used


class PinnedMemoryPointer(bytearray):
    """cupy.cuda.PinnedMemoryPointer: gives its memory to NumPy, as the real one does."""


class Gpu:
    """The clock, the streams and the devices behind ``cupy.cuda``."""

    def __init__(self, count: int) -> None:
        self.count, self.current = count, 0
        self.now = 0.0
        self.waits: list[str] = []


def make(gpu: Gpu, module: Any) -> None:
    """Put what is missing into `module`, the stand-in."""
    numbers = itertools.count(1)

    class Event:
        def __init__(self, block: bool = False, disable_timing: bool = False, interprocess: bool = False) -> None:
            self.has_time, self.time, self.done = not disable_timing, 0.0, True

        def record(self, stream: Any = None) -> None:
            gpu.now += 1.5
            self.time, self.done = gpu.now, False
            (stream or current[-1]).events.append(self)

        def synchronize(self) -> None:
            gpu.waits.append("event")
            self.done = True

    class Stream:
        null: Any = None

        def __init__(self, null: bool = False, non_blocking: bool = False, ptds: bool = False) -> None:
            self.ptr = 0 if null else next(numbers)
            self.events: list[Event] = []
            self.waits_for: list[Event] = []

        @property
        def done(self) -> bool:
            return all(event.done for event in self.events)

        def synchronize(self) -> None:
            gpu.waits.append("stream")
            for event in self.events:
                event.done = True

        def record(self, event: Any = None) -> Event:
            event = Event() if event is None else event
            event.record(self)
            return event

        def wait_event(self, event: Event) -> None:
            self.waits_for.append(event)

        def use(self) -> Stream:
            current[-1] = self
            return self

    class Device(foreign.Device):
        def __init__(self, id: int | None = None) -> None:
            if id is not None and not 0 <= int(id) < gpu.count:
                raise foreign.CUDARuntimeError("cudaErrorInvalidDevice: invalid device ordinal")
            self.id = gpu.current if id is None else int(id)
            self.outer: list[int] = []

        def __enter__(self) -> Device:
            self.outer.append(gpu.current)
            gpu.current = self.id
            return self

        def __exit__(self, *exc: object) -> None:
            gpu.current = self.outer.pop()

        def use(self) -> None:
            gpu.current = self.id

        def synchronize(self) -> None:
            gpu.waits.append(f"device {self.id}")

    Stream.null = Stream(null=True)
    current = [Stream.null]
    pool = CountingPool(gpu)
    allocator = [pool.malloc]
    cuda = module.cuda
    cuda.Event, cuda.Stream, cuda.Device = Event, Stream, Device
    cuda.PinnedMemoryPointer = cuda.alloc_pinned_memory = PinnedMemoryPointer
    cuda.memory = SimpleNamespace(OutOfMemoryError=OutOfMemory)
    cuda.get_elapsed_time = lambda start, end: end.time - start.time
    cuda.get_current_stream = lambda: current[-1]
    cuda.get_allocator = lambda: allocator[0]
    cuda.set_allocator = lambda chosen: allocator.__setitem__(0, chosen)
    cuda.alloc = lambda size: allocator[0](size)
    del cuda.device  # no cuBLAS, whose workspace would not fit
    cuda.runtime.getDeviceCount = lambda: gpu.count
    cuda.runtime.getDevice = lambda: gpu.current
    cuda.runtime.memGetInfo = lambda: (pool.limit - pool.used, pool.limit)
    module.get_default_memory_pool = lambda: pool


@contextlib.contextmanager
def foreign_gpu(count: int = 1) -> Iterator[Any]:
    """`foreign.foreign_device` with all of that; its `gpu` says what was waited for."""
    with foreign.foreign_device() as module:
        module.gpu = Gpu(count)
        make(module.gpu, module)
        try:
            yield module
        finally:
            gpu_memory._watches.clear()
            gpu_memory._in_flight.clear()


@pytest.fixture
def gpu():
    with foreign_gpu() as module:
        yield module


@pytest.fixture
def two_gpus():
    with foreign_gpu(2) as module:
        yield module
