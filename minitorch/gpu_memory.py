"""What is known about a GPU's memory: the most that was in use, running out of it, and pinned memory of the host.

Nothing here imports CuPy: `device.cupy` calls `watch` when it has.

CuPy takes every array's memory from one function, its allocator. `watch` puts one in front of CuPy's own pool. It
turns running out of memory into PyTorch's error, wherever in the engine that happens, and keeps the maximum that
`torch.cuda.max_memory_allocated` tells. (CuPy's own hooks would not do: they count in the thread that set them alone.)
"""

from __future__ import annotations

import threading
import weakref
from collections import deque
from types import ModuleType
from typing import Any

import numpy as np

__all__ = ["OutOfMemoryError"]

BLOCK = 512  # CuPy's pool gives memory in multiples of this many bytes


class OutOfMemoryError(RuntimeError):
    """A GPU has too little free memory for what was asked of it. The program can go on, for instance with less data.

    Errors: it is one, a RuntimeError.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.OutOfMemoryError.html

    >>> import minitorch as torch
    >>> issubclass(torch.OutOfMemoryError, RuntimeError), torch.cuda.OutOfMemoryError is torch.OutOfMemoryError
    (True, True)
    """


class Peak:
    """The most bytes of one GPU's pool that were in use at a time.

    Asking the pool how much is in use takes it a walk over all its arrays, so it is asked only when the maximum may
    have risen: `bound`, what was in use when it was last asked and all that was allocated since, is never less than
    what is in use now.
    """

    most: int
    bound: int
    most_reserved: int

    def __init__(self) -> None:
        self.most = self.bound = self.most_reserved = 0

    def reset(self, used: int, reserved: int) -> None:
        """Begin again with what is in use and reserved now."""
        self.most, self.bound, self.most_reserved = used, used, reserved


class Watch:
    """The allocator in front of CuPy's pool; `peaks` holds a `Peak` for each GPU that was used."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self.pool: Any = module.get_default_memory_pool()
        self.others: weakref.WeakSet[Any] = weakref.WeakSet()  # the pools of recordings: see gpu_graph.py
        self.peaks: dict[int, Peak] = {}
        self.lock: Any = threading.RLock()  # what a garbage collection inside it frees may allocate

    def used_bytes(self) -> int:
        """What arrays hold on the current GPU."""
        return int(self.pool.used_bytes()) + sum(pool.used_bytes() for pool in self.others)

    def total_bytes(self) -> int:
        """What the pools have of the current GPU."""
        return int(self.pool.total_bytes()) + sum(pool.total_bytes() for pool in self.others)

    # Called for every array, some fifty times in a small training step: each line here counts.
    def allocate(self, size: int, pool: Any = None) -> Any:
        """Memory for `size` bytes on the current GPU, from CuPy's pool."""
        try:
            memory = (pool or self.pool).malloc(size)
        except self.module.cuda.memory.OutOfMemoryError as error:
            raise OutOfMemoryError(self.complaint(size)) from error
        if size:
            with self.lock:
                peak = self.peaks.get(memory.device_id) or self.peak(memory.device_id)
                peak.bound += -(-size // BLOCK) * BLOCK
                if peak.bound > peak.most:
                    peak.bound = self.used_bytes()
                    peak.most = max(peak.most, peak.bound)
        return memory

    def peak(self, index: int) -> Peak:
        """The `Peak` of GPU `index`."""
        return self.peaks.setdefault(index, Peak())

    def reserved(self, index: int) -> int:
        """The most that the pools had of GPU `index`, the current one. They only grow, but for `empty_cache`."""
        peak = self.peak(index)
        peak.most_reserved = max(peak.most_reserved, self.total_bytes())
        return peak.most_reserved

    def complaint(self, size: int) -> str:
        """What there is to say when `size` bytes are not to be had."""
        free, total = self.module.cuda.runtime.memGetInfo()
        used, reserved = self.used_bytes(), self.total_bytes()
        return (
            f"CUDA out of memory. Tried to allocate {in_words(size)}. GPU {self.module.cuda.Device().id} has a total "
            f"capacity of {in_words(total)} of which {in_words(free)} is free. Arrays of this process hold "
            f"{in_words(used)}, and {in_words(reserved - used)} is kept for later arrays."
        )


_watches: list[Watch] = []  # the one in use, if any


def watch(module: ModuleType) -> Watch | None:
    """Put a `Watch` in front of the pool of `module`, CuPy, unless the program has chosen an allocator of its own."""
    found = watch_of(module)
    if found is None and module.cuda.get_allocator() == module.get_default_memory_pool().malloc:
        found = Watch(module)
        module.cuda.set_allocator(found.allocate)
        _watches[:] = [found]
    return found


def watch_of(module: ModuleType) -> Watch | None:
    """The `Watch` of `module`, None where there is none."""
    return next((one for one in _watches if one.module is module), None)


def in_words(size: int) -> str:
    """A number of bytes as PyTorch writes it: ``20.00 MiB``.

    >>> in_words(100), in_words(20 << 20)
    ('100 bytes', '20.00 MiB')
    """
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{size / unit:.2f} {name}"
    return f"{size} bytes"


# ---- pinned memory ---------------------------------------------------------------------------------------------------
# Memory of the host that the system promises to leave where it is: a GPU fetches from it by itself, while the program
# goes on. The arrays are NumPy's own; that their memory is pinned is seen by what they are a view of.


def pinned_copy(array: np.ndarray, module: ModuleType) -> np.ndarray:
    """A copy of `array` in pinned memory from `module`, CuPy; dimensions lie in memory in the same order."""
    layout = np.empty_like(array)
    memory = module.cuda.alloc_pinned_memory(max(array.nbytes, 1))
    out = np.ndarray(array.shape, array.dtype, memory, 0, layout.strides)
    out[...] = array
    return out


def is_pinned(array: Any, module: ModuleType | None) -> bool:
    """Whether `array` is NumPy's, in pinned memory from `module`."""
    if module is None or not isinstance(array, np.ndarray):
        return False
    while isinstance(array, np.ndarray):
        array = array.base
    if isinstance(array, memoryview):
        array = array.obj
    return isinstance(array, module.cuda.PinnedMemoryPointer)


# Copies that a GPU may still be making: the event that tells their end, and the source.
_in_flight: deque[tuple[Any, np.ndarray]] = deque()


def fetch(array: np.ndarray, module: ModuleType) -> Any:
    """A copy of `array`, C-contiguous and pinned, on the current GPU, which is made when its current stream comes to it.

    The call does not wait. The pinned memory is held until the copy is made, whatever becomes of `array`: else it could
    be used for something else before.
    """
    stream = module.cuda.get_current_stream()
    out = module.empty(array.shape, array.dtype)
    out.set(array, stream)
    forget_copies_that_are_made()
    _in_flight.append((stream.record(), array))
    return out


def forget_copies_that_are_made() -> None:
    """Let go of the pinned memory that `fetch` holds and the GPU has read."""
    while _in_flight and _in_flight[0][0].done:
        _in_flight.popleft()
