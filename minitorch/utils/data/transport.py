"""How batches travel from a worker process to the loader.

A message is one pickle. Small arrays travel inside it. Large ones (on Linux) are written into a slot, a piece of memory
that both processes have mapped, and only their sizes travel: fresh memory for every batch would cost more than the
copy. When the last array on a slot is gone in the loader, its number goes back with the next task, and the worker
writes there again.
"""

from __future__ import annotations

import copyreg
import io
import mmap
import os
import pickle
import socket
import struct
import weakref
from collections import deque
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from ...device import device_of
from ...tensor import Tensor, wrap

LARGE = 1 << 14  # bytes from which an array goes into a slot
ALIGNMENT = 64

_HEADER = struct.Struct("<i?I")  # slot number (−1: none), whether it is new, number of arrays in it


_forks = 0  # how often this process has forked since it was started


def _count_fork() -> None:
    global _forks
    _forks += 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_parent=_count_fork)


def _can_share_memory() -> bool:
    try:
        os.close(os.memfd_create("minitorch-batch"))
    except (AttributeError, OSError):  # not Linux, or a sandbox that forbids it
        return False
    return True


def _aligned(n: int) -> int:
    return -(-n // ALIGNMENT) * ALIGNMENT


def _rebuild_tensor(buffer: Any, dtype: str, shape: tuple[int, ...], requires_grad: bool) -> Tensor:
    t = wrap(np.ndarray(shape, dtype, buffer))
    return t.requires_grad_() if requires_grad else t


def _reduce_tensor(t: Tensor) -> tuple[Any, ...]:
    if t.requires_grad and not t.is_leaf:
        raise RuntimeError(
            "Cowardly refusing to serialize non-leaf tensor which requires_grad, since autograd does not support "
            "crossing process boundaries.  If you just want to transfer the data, call detach() on the tensor before "
            "serializing (e.g., putting it on the queue)."
        )
    array = t._array
    if not isinstance(array, np.ndarray):
        raise RuntimeError(f"a DataLoader worker can only send tensors on the CPU, not on {device_of(array)}")
    if not (array.flags.c_contiguous and array.flags.writeable):
        array = array.copy(order="C")
    return _rebuild_tensor, (pickle.PickleBuffer(array.data), array.dtype.str, array.shape, t.requires_grad)


class BatchSender:
    """The worker's end."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._has_slots = _can_share_memory()
        self._slots: list[mmap.mmap | bytes] = []
        self._free: list[int] = []
        self._reducers = {**copyreg.dispatch_table, Tensor: _reduce_tensor}

    def release(self, slots: list[int]) -> None:
        """The loader has no more arrays on these; ~n stands for slot n if another process may still have some."""
        for slot in slots:
            if slot < 0:
                slot = ~slot
                self._slots[slot] = b""  # too small for anything, so it will be made anew
            self._free.append(slot)

    def send(self, message: Any) -> None:
        """Send any picklable object; errors of pickling come before anything is sent."""
        views: list[memoryview] = []

        def stays_in_pickle(buffer: pickle.PickleBuffer) -> bool:
            view = buffer.raw()
            if view.nbytes < LARGE or not self._has_slots:
                return True
            views.append(view)
            return False

        file = io.BytesIO()
        pickler = pickle.Pickler(file, protocol=5, buffer_callback=stays_in_pickle)
        pickler.dispatch_table = self._reducers
        pickler.dump(message)
        slot, descriptor = self._write_to_slot(views) if views else (-1, None)
        header = _HEADER.pack(slot, descriptor is not None, len(views))
        sizes = struct.pack(f"<{len(views)}Q", *(view.nbytes for view in views))
        try:
            self._connection.send_bytes(b"".join((header, sizes, file.getbuffer())))
            if descriptor is not None:
                with _socket_of(self._connection) as s:
                    socket.send_fds(s, [b"s"], [descriptor])
        finally:
            if descriptor is not None:
                os.close(descriptor)

    def _write_to_slot(self, views: list[memoryview]) -> tuple[int, int | None]:
        """Copy the arrays into a free slot; one that is too small, or missing, is made anew (then with its file)."""
        size = sum(_aligned(view.nbytes) for view in views)
        descriptor = None
        slot = next((s for s in self._free if len(self._slots[s]) >= size), None)
        if slot is not None:
            self._free.remove(slot)
        else:
            descriptor = os.memfd_create("minitorch-batch")
            try:
                os.ftruncate(descriptor, size)
                memory = mmap.mmap(descriptor, size)
            except OSError:
                os.close(descriptor)
                raise
            if not self._free:
                self._free.append(len(self._slots))
                self._slots.append(b"")
            slot = self._free.pop()
            self._slots[slot] = memory
        start = 0
        target = self._slots[slot]
        assert isinstance(target, mmap.mmap)
        for view in views:
            target[start : start + view.nbytes] = view
            start += _aligned(view.nbytes)
        return slot, descriptor


class BatchReceiver:
    """The loader's end."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._slots: dict[int, mmap.mmap] = {}
        self._released: deque[int] = deque()

    def take_released(self) -> list[int]:
        """The slots whose arrays are gone since the last call."""
        return [self._released.popleft() for _ in range(len(self._released))]

    def _release(self, slot: int, forks: int) -> None:
        # A process forked off in between has the same memory mapped, and must not see it change.
        self._released.append(slot if forks == _forks else ~slot)

    def receive(self) -> Any:
        """The next message; EOFError or OSError if the worker is gone."""
        data = self._connection.recv_bytes()
        slot, is_new, count = _HEADER.unpack_from(data)
        if count == 0:
            return pickle.loads(memoryview(data)[_HEADER.size :])
        sizes = struct.unpack_from(f"<{count}Q", data, _HEADER.size)
        if is_new:
            with _socket_of(self._connection) as s:
                _, descriptors, _, _ = socket.recv_fds(s, 1, 1)
            if not descriptors:
                raise EOFError("the worker ended in the middle of a message")
            descriptor = descriptors[0]
            try:
                self._slots[slot] = mmap.mmap(descriptor, os.fstat(descriptor).st_size)
            finally:
                os.close(descriptor)
        # All arrays of the message hold on to `memory`; when it goes, so did they.
        memory = np.frombuffer(self._slots[slot], np.uint8)
        weakref.finalize(memory, self._release, slot, _forks).atexit = False
        view = memoryview(memory)  # type: ignore[arg-type]  # an array is a buffer
        buffers, start = [], 0
        for size in sizes:
            buffers.append(view[start : start + size])
            start += _aligned(size)
        return pickle.loads(memoryview(data)[_HEADER.size + 8 * count :], buffers=buffers)


def _socket_of(connection: Connection) -> socket.socket:
    return socket.fromfd(connection.fileno(), socket.AF_UNIX, socket.SOCK_STREAM)


def shut_down(connection: Connection) -> None:
    """End the connection for both sides, whoever else holds a copy of an end."""
    if hasattr(socket, "AF_UNIX"):
        with _socket_of(connection) as s:
            s.shutdown(socket.SHUT_RDWR)
