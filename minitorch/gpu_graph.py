"""A recording of what a GPU is asked to do, to be repeated without asking again: a CUDA graph.

While a stream is captured nothing is computed: kernels and copies are noted with the addresses they work on. A replay
does the same to the same addresses. What follows from that is this file:

- Memory that is given out meanwhile belongs to the recording: a pool of its own, from which nobody else is served.
- Numbers of the host, such as a learning rate, are noted as values. `per_step` makes those of an optimizer arrays on the
  GPU, which every replay fills first, by a function that also counts the step.
- What the host computes itself is not repeated. So an operation on arrays of the CPU ends a recording with an error, as
  does, by CuPy, a copy from the CPU or to it: a dropout mask is drawn on the CPU, and `item()` reads from the GPU.

`minitorch.cuda.CUDAGraph` and `minitorch.compile` are made of this. Source: CUDA C++ Programming Guide, CUDA Graphs.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from . import gpu_memory
from .autograd.node import recorders

_numbers_of_pools = itertools.count(1)
_pools: weakref.WeakValueDictionary[int, Pool] = weakref.WeakValueDictionary()


class Pool:
    """Memory of recordings: CuPy's pool, with PyTorch's error when the GPU has no more."""

    def __init__(self, module: Any) -> None:
        self.module = module
        self.memory = module.cuda.MemoryPool()
        self.given: set[int] = set()  # addresses
        self.number = next(_numbers_of_pools)
        _pools[self.number] = self
        watch = gpu_memory.watch_of(module)
        if watch is not None:
            watch.others.add(self)

    def allocate(self, size: int) -> Any:
        """Memory for `size` bytes."""
        watch = gpu_memory.watch_of(self.module)
        found = self.memory.malloc(size) if watch is None else watch.allocate(size, self.memory)
        self.given.add(found.ptr)
        return found

    def has(self, array: Any) -> bool:
        """Whether `array` lies in memory that was given out here."""
        place = getattr(getattr(array, "data", None), "mem", None)
        return getattr(place, "ptr", None) in self.given

    def used_bytes(self) -> int:
        """What arrays hold of it on the current GPU."""
        return int(self.memory.used_bytes())

    def total_bytes(self) -> int:
        """What it has of the current GPU."""
        return int(self.memory.total_bytes())


class NotRepeatable(RuntimeError):
    """Something was asked for in a recording that a replay would not do again."""


class _Current(threading.local):
    recording: Recording | None = None


_current = _Current()


def current() -> Recording | None:
    """What is being recorded by this thread now, if anything."""
    return _current.recording


class Recording:
    """One recording: `begin` it, `end` or `abandon` it; then `replay` it as often as you like.

    `tensors` are those that were there before and that it works on; it holds their memory.
    """

    def __init__(self, module: Any, pool: Pool | None = None) -> None:
        self.module = module
        self.pool = pool or Pool(module)
        self.graph: Any = None
        self.stream: Any = None
        self.refills: list[Callable[[bool], None]] = []
        self.undo: list[Callable[[], None]] = []
        self.promises: list[tuple[Callable[[], Any], Any]] = []
        self.tensors: dict[int, tuple[weakref.ref[Any], Any]] = {}
        self.leaves: dict[int, tuple[Any, Any]] = {}  # those that got gradients, and the ones that they had before
        self.is_counting = False
        self._allocator: Any = None
        self._outside: Any = None
        self._replays = 0

    # ---- recording ---------------------------------------------------------------------------------------------------

    def begin(self, stream: Any) -> None:
        """Record what this thread sends into `stream`, CuPy's and the current one, from now on."""
        if _current.recording is not None:
            raise RuntimeError("a CUDA graph is being captured already")
        self.stream = stream  # a replay works in memory that cuBLAS has for this stream
        self._outside = self.module.cuda.get_allocator()
        self._allocator = self.module.cuda.using_allocator(self.pool.allocate)
        self._allocator.__enter__()
        try:
            stream.begin_capture()
        except BaseException:
            self._allocator.__exit__(None, None, None)
            raise
        _current.recording = self
        recorders.append(self)

    def _stop(self) -> Any:
        recorders.remove(self)
        _current.recording = None
        try:
            return self.stream.end_capture()
        finally:
            self._allocator.__exit__(None, None, None)

    def end(self) -> None:
        """The recording is whole."""
        self.graph = self._stop()
        self.undo = []

    def abandon(self) -> None:
        """Forget it, and what the host has counted meanwhile; leaves get back the gradients that they had."""
        with contextlib.suppress(Exception):  # CUDA's, on whatever ended the capture
            self._stop()
        for undo in reversed(self.undo):
            undo()
        for leaf, grad in self.leaves.values():
            leaf._grad = grad
        self.undo, self.leaves, self.tensors = [], {}, {}

    # What the engine tells: see autograd.node.recorders.

    def saw_operation(self, name: str, inputs: Any) -> None:
        """An operation is about to be computed on `inputs`."""
        if _current.recording is not self:
            return
        for x in inputs:
            array = getattr(x, "_array", None)
            if isinstance(array, np.ndarray):
                raise NotRepeatable(f"{name} computes on a tensor on the CPU, which a CUDA graph would not do again")
            if array is not None and x._grad_fn is None and id(x) not in self.tensors and not self.pool.has(array):
                self.tensors[id(x)] = weakref.ref(x), array

    def saw_leaf(self, leaf: Any) -> None:
        """A gradient is about to be added to that of `leaf`."""
        if _current.recording is self and id(leaf) not in self.leaves:
            self.leaves[id(leaf)] = leaf, leaf._grad

    def promise(self, function: Callable[[], Any]) -> None:
        """The recording is right as long as ``function()`` gives what it gives now."""
        self.promises.append((function, function()))

    def numbers(self, function: Callable[[], tuple[float, ...]], counters: list[Any], dtype: Any) -> list[Any]:
        """The numbers of ``function()`` as 0-d arrays, which each replay fills with what it gives then.

        `counters` are arrays of the CPU that it counts in.
        """
        kept = [counter.copy() for counter in counters]

        def undo() -> None:
            for counter, before in zip(counters, kept, strict=True):
                counter[...] = before

        self.undo.append(undo)
        self.is_counting = True
        try:
            latest = function()
        finally:
            self.is_counting = False
        # Not in the recording's memory: there what was some other array's before would be written to by a replay,
        # after these were filled.
        with self.module.cuda.using_allocator(self._outside):
            arrays = [self.module.empty((), dtype) for _ in latest]
        filled: list[float | None] = [None] * len(arrays)

        def refill(is_first: bool) -> None:
            # The first replay is the step that was recorded.
            for i, number in enumerate(latest if is_first else function()):
                if number != filled[i]:
                    arrays[i].fill(number)
                    filled[i] = number

        self.refills.append(refill)
        return arrays

    # ---- replaying ---------------------------------------------------------------------------------------------------

    def is_right(self) -> bool:
        """Whether what was promised still holds, and the tensors are where they were."""
        for reference, array in self.tensors.values():
            tensor = reference()
            if tensor is not None and tensor._array is not array:
                return False
        return all(function() == value for function, value in self.promises)

    def replay(self) -> None:
        """Do all of it again, in the current stream."""
        is_first = self._replays == 0
        for refill in self.refills:
            refill(is_first)
        self._replays += 1
        self.graph.launch()


def pool_of(number: Any) -> Pool | None:
    """The pool that a handle of `graph_pool_handle` or `CUDAGraph.pool` stands for, if there is one."""
    return _pools.get(number[1]) if isinstance(number, tuple) and len(number) == 2 else None


def per_step(function: Callable[[], tuple[float, ...]], like: Any, *counters: Any) -> Any:
    """The numbers of ``function()``; in a recording as 0-d arrays of the dtype of `like`, which each replay fills anew.

    `counters` are arrays of the CPU that the function counts in.
    """
    recording = _current.recording
    if recording is None:
        return function()
    if isinstance(like, np.ndarray):
        raise NotRepeatable("an optimizer changes parameters on the CPU, which a CUDA graph would not do again")
    return recording.numbers(function, list(counters), like.dtype)
