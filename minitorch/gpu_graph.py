"""A recording of what a GPU is asked to do, to be repeated without asking again: a CUDA graph.

While a stream is captured nothing is computed: kernels and copies are noted with the addresses they work on. A replay
does the same to the same addresses. What follows from that is this file:

- Memory that is given out meanwhile belongs to the recording: a pool of its own, from which nobody else is served.
- Numbers of the host, such as a learning rate, are noted as values. `per_step` makes those of an optimizer arrays on the
  GPU, which every replay fills first, by a function that also counts the step. Capturing counts nothing.
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
from operator import is_
from typing import Any

import numpy as np

from . import gpu_memory
from .autograd.node import clock, recorders

ROW = 256  # so many of the host's numbers are brought to the GPU together

_numbers_of_pools = itertools.count(1)
_pools: weakref.WeakValueDictionary[int, Pool] = weakref.WeakValueDictionary()


class Pool:
    """Memory of recordings: CuPy's pool, with PyTorch's error when the GPU has no more."""

    def __init__(self, module: Any) -> None:
        self.module = module
        self.memory: Any = module.cuda.MemoryPool()
        self.given: set[int] = set()  # addresses
        self.number: int = next(_numbers_of_pools)
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
    """One recording: `begin` it, `end` or `abandon` it; then `replay` it as often as you like."""

    def __init__(self, module: Any, pool: Pool | None = None) -> None:
        self.module = module
        self.pool: Pool = pool or Pool(module)
        self.graph: Any = None
        self.stream: Any = None
        self.tensors: dict[int, _Seen] = {}  # those that it works on and that were there before
        self.modules: dict[int, tuple[Any, bool, list[Any]]] = {}  # those called: their mode and their parts
        self.leaves: dict[int, tuple[Any, Any]] = {}  # those that got gradients, and the ones that they had before
        self.promises: list[tuple[Callable[[], Any], Any]] = []
        self.before_each: list[Callable[[], None]] = []  # what the host does before a replay
        self.is_lost: bool = False  # whether it was found to work on memory that is in use no more
        self._changed: list[list[int]] = []  # the counters of changes of tensors that it changes
        self._rows: list[_Row] = []
        self._allocator: Any = None
        self._outside: Any = None
        self._begun = 0

    # ---- recording ---------------------------------------------------------------------------------------------------

    def begin(self, stream: Any) -> None:
        """Record what this thread sends into `stream`, CuPy's and the current one, from now on."""
        if _current.recording is not None:
            raise RuntimeError("a CUDA graph is being captured already")
        self.stream = stream  # held, since a replay works in memory that cuBLAS has for this stream
        self._begun = next(clock)
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
        for seen in self.tensors.values():
            tensor = seen.reference()
            if tensor is not None and tensor._counter[0] != seen.changes:
                self._changed.append(tensor._counter)

    def abandon(self) -> None:
        """Forget it; leaves get back the gradients that they had."""
        with contextlib.suppress(Exception):  # CUDA's, on whatever ended the capture
            self._stop()
        for leaf, grad in self.leaves.values():
            leaf._grad = grad
        self.tensors, self.modules, self.leaves = {}, {}, {}

    # What the engine tells: see autograd.node.recorders.

    def saw_operation(self, name: str, inputs: Any) -> None:
        """An operation is about to be computed on `inputs`."""
        if _current.recording is not self:
            return
        for x in inputs:
            array = getattr(x, "_array", None)
            if isinstance(array, np.ndarray):
                raise NotRepeatable(f"{name} computes on a tensor on the CPU, which a CUDA graph would not do again")
            if array is not None:
                self._saw_tensor(x)

    def _saw_tensor(self, x: Any) -> None:
        node = x._grad_fn
        is_made_here = self.pool.has(x._array) or (node is not None and node.sequence_nr > self._begun)
        if id(x) not in self.tensors and not is_made_here:
            self.tensors[id(x)] = _Seen(weakref.ref(x), x._array, x._requires_grad, x._counter[0])

    def saw_leaf(self, leaf: Any) -> None:
        """A gradient is about to be added to that of `leaf`, or that of `leaf` to be used."""
        if _current.recording is self and id(leaf) not in self.leaves:
            self.leaves[id(leaf)] = leaf, leaf._grad

    def saw_module(self, module: Any) -> None:
        """A module is about to be called."""
        if _current.recording is self and id(module) not in self.modules:
            self.modules[id(module)] = module, module.training, _parts(module)
            for x in (*module._parameters.values(), *module._buffers.values()):
                if x is not None and not isinstance(x._array, np.ndarray):
                    self._saw_tensor(x)

    def saw_optimizer(self, optimizer: Any) -> None:
        """An optimizer is about to take a step."""
        if _current.recording is not self:
            return
        if not optimizer._is_repeatable:
            raise NotRepeatable(
                f"what {type(optimizer).__name__} computes on the host, a CUDA graph would not do again"
            )
        for group in optimizer.param_groups:
            for p in group["params"]:
                self.saw_leaf(p)
        self.promise(lambda: len(optimizer.param_groups))
        self.before_each.append(lambda: setattr(optimizer, "_opt_called", True))  # for learning-rate schedulers

    def promise(self, function: Callable[[], Any]) -> None:
        """The recording is right as long as ``function()`` gives what it gives now."""
        self.promises.append((function, function()))

    def numbers(self, function: Callable[[], tuple[float, ...]], counters: list[Any], dtype: Any) -> list[Any]:
        """The numbers of ``function()`` as 0-d arrays, which each replay fills with what it gives then.

        `counters` are arrays of the CPU that it counts in. What it counts now does not count.
        """
        before = [counter.copy() for counter in counters]
        count = len(function())
        for counter, kept in zip(counters, before, strict=True):
            counter[...] = kept
        row = self._rows[-1] if self._rows else None
        if row is None or row.host.dtype != dtype or row.used + count > ROW:
            with self.module.cuda.using_allocator(self._outside):
                row = _Row(self.module.empty(ROW, dtype))
            self._rows.append(row)
        where = slice(row.used, row.used + count)
        row.used += count

        def fill() -> None:
            row.host[where] = function()

        self.before_each.append(fill)
        return [row.array[i] for i in range(where.start, where.stop)]

    # ---- replaying ---------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Watch only what is still there of the tensors that it worked on: the others were the step's own."""
        for seen in self.tensors.values():
            seen.is_watched = seen.reference() is not None

    def is_right(self) -> bool:
        """Whether what was promised still holds, and modules and tensors are what they were."""
        for seen in self.tensors.values():
            tensor = seen.reference()
            if (tensor is None and seen.is_watched) or (tensor is not None and tensor._array is not seen.array):
                self.is_lost = True
                return False
            if tensor is not None and tensor._requires_grad != seen.requires_grad:
                return False
        for module, mode, parts in self.modules.values():
            now = _parts(module)
            if module.training != mode or len(now) != len(parts) or not all(map(is_, now, parts)):
                return False
        return all(function() == value for function, value in self.promises)

    def replay(self) -> None:
        """Do all of it again, in the current stream."""
        for function in self.before_each:
            function()
        for row in self._rows:
            row.send(self.module.cuda.get_current_stream())
        self.graph.launch()
        for counter in self._changed:
            counter[0] += 1


class _Row:
    """Numbers of the host and the array of the GPU that has them, which one copy fills, if they changed.

    It does not lie in the recording's memory: there a replay would write to what was another array's before, after the
    numbers were put there.
    """

    def __init__(self, array: Any) -> None:
        self.array = array
        self.host = np.zeros(array.shape, array.dtype)
        self.used = 0
        self.sent: bytes | None = None

    def send(self, stream: Any) -> None:
        """Bring them to the GPU, in `stream`."""
        now = self.host.tobytes()
        if now != self.sent:
            self.array.set(self.host, stream)  # which CUDA has taken when this returns, since the memory is not pinned
            self.sent = now


class _Seen:
    """A tensor that a recording works on: its memory, which is held, and what else must stay as it is."""

    __slots__ = ("reference", "array", "requires_grad", "changes", "is_watched")

    def __init__(self, reference: weakref.ref[Any], array: Any, requires_grad: bool, changes: int) -> None:
        self.reference, self.array, self.requires_grad, self.changes = reference, array, requires_grad, changes
        self.is_watched = False


def _parts(module: Any) -> list[Any]:
    return [*module._parameters.values(), *module._buffers.values(), *module._modules.values()]


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
