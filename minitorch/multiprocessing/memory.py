"""Memory that several processes see: a file without a name, mapped by each of them.

The file is on no disk and in no folder (on Linux it is a memfd, elsewhere a temporary file that is deleted while open), so
nothing is left behind, however a process ends: the memory goes with the last mapping and the last open descriptor.
"""

from __future__ import annotations

import gc
import mmap
import os
import sys
import tempfile

import numpy as np

from ..copies import in_a_row, moved, owner_of
from ..tensor import Tensor, wrap


class SharedMemory(mmap.mmap):
    """A mapping that knows the descriptor of its file, by which another process can map it, too."""

    descriptor: int

    def __del__(self) -> None:
        if hasattr(self, "descriptor"):
            os.close(self.descriptor)


def new_memory(size: int) -> SharedMemory:
    """Fresh memory of at least `size` bytes, all 0. NotImplementedError where processes cannot pass descriptors on."""
    if sys.platform == "win32":
        raise NotImplementedError("memory shared between processes is not supported on Windows")
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("minitorch")
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    try:
        os.ftruncate(descriptor, max(size, 1))
        return map_memory(descriptor)
    except OSError:
        os.close(descriptor)
        raise


def map_memory(descriptor: int) -> SharedMemory:
    """The memory behind a descriptor, which from now on belongs to the mapping."""
    memory = SharedMemory(descriptor, os.fstat(descriptor).st_size)
    memory.descriptor = descriptor
    return memory


def shared_owner(array: np.ndarray) -> SharedMemory | None:
    """The shared memory in which `array` lies, if it does."""
    base = owner_of(array).base
    return base if isinstance(base, SharedMemory) else None


def share(*tensors: Tensor) -> None:
    """Move the memory of tensors into shared memory, and every other tensor that lies in it along."""
    around: dict[int, list[Tensor]] | None = None
    for t in tensors:
        if shared_owner(t._array) is not None:
            continue
        is_alone = _references(t) == ALONE
        owner = owner_of(t._array)
        flat = in_a_row(owner)
        if is_alone and owner is t._array or flat is None or not t._array.size:
            others = [t]
        else:
            around = _by_memory() if around is None else around
            others = around[id(owner)]
        if flat is None or not t._array.size:  # not laid out as a tensor's memory is: this tensor on its own
            owner = t._array = t._array.copy()
            flat = owner.reshape(-1).view(np.uint8)
        memory = new_memory(flat.nbytes)
        target = np.ndarray(flat.shape, np.uint8, memory)
        target[...] = flat
        for other in others:
            other._array = moved(other._array, owner, target)


def _references(t: Tensor) -> int:
    return sys.getrefcount(t._array)


ALONE = _references(wrap(np.empty(1)))  # where the tensor alone holds its array


def _by_memory() -> dict[int, list[Tensor]]:
    """All tensors on the CPU, by the id of the array that owns their memory. Nobody has a list; the collector knows."""
    found: dict[int, list[Tensor]] = {}
    for one in gc.get_objects():
        if issubclass(type(one), Tensor):
            array = vars(one).get("_array")
            if isinstance(array, np.ndarray):
                found.setdefault(id(owner_of(array)), []).append(one)
    return found
