"""Memory that is used again: a large array gets the block of one of the same size that nobody needs any more.

A training step asks for the same large arrays every time. The C library gives freed memory of that size back to the
system, and the system clears every page of it when it is touched again: measured, a quarter of the time of a step of
the CIFAR-10 net on a batch of 64. So blocks are kept here. Whether one is free is asked of Python: an array that lies
in it refers to it as its ``base``, and so does every view, so that a block which only this list refers to is free.
"""

from __future__ import annotations

import math
import sys
import threading
from typing import Any

import numpy as np

from .device import array_module

# Smaller arrays come from what the C library has at hand.
LEAST_BYTES = 1 << 17
# An array may get a block that is so many times as large, if there is none of its size.
LARGEST = 4
# Idle blocks may take as much as the used ones do, and so much in any case.
IDLE_BYTES = 1 << 26


class _Own(threading.local):
    """Each thread keeps its own: a block that another one has just used would lie in that one's cache."""

    def __init__(self) -> None:
        self.blocks: dict[int, list[np.ndarray]] = {}  # size → blocks, the last one used last


_own = _Own()


def _references_when_idle() -> int:
    blocks = [np.empty(1)]
    for block in blocks:
        return sys.getrefcount(block)
    raise AssertionError


_IDLE = _references_when_idle()


def empty(like: Any, shape: tuple[int, ...], dtype: Any = None) -> Any:
    """An uninitialised array of that shape on the device of `like`, and with its dtype unless another is given."""
    dtype = like.dtype if dtype is None else np.dtype(dtype)
    size = math.prod(shape) * dtype.itemsize
    if size < LEAST_BYTES or type(like) is not np.ndarray:
        return array_module(like).empty(shape, dtype)
    return _take(size, _own.blocks)[:size].view(dtype).reshape(shape)


def _take(size: int, blocks: dict[int, list[np.ndarray]]) -> np.ndarray:
    block = _idle_one(blocks.get(size, []))
    if block is None:
        for larger in sorted([other for other in blocks if size < other <= LARGEST * size]):
            if (block := _idle_one(blocks[larger])) is not None:
                break
    if block is not None:
        return block
    _let_go(size, blocks)
    block = np.empty(size, np.uint8)
    blocks.setdefault(size, []).append(block)
    return block


def _idle_one(kept: list[np.ndarray]) -> np.ndarray | None:
    for i in range(len(kept) - 1, -1, -1):  # the one used last is the likeliest to be in the cache
        block = kept[i]
        if sys.getrefcount(block) == _IDLE:
            kept.append(kept.pop(i))
            return block
    return None


def _let_go(size: int, blocks: dict[int, list[np.ndarray]]) -> None:
    """Drop idle blocks, of the sizes least recently new first, until there is room for `size` more bytes."""
    used = idle = 0
    found = []
    for other, kept in blocks.items():
        for block in kept:
            if sys.getrefcount(block) == _IDLE:
                found.append(other)
                idle += other
            else:
                used += other
    limit = max(IDLE_BYTES, used)
    for other in found:
        if idle + size <= limit:
            return
        kept = blocks[other]
        for i in range(len(kept)):
            block = kept[i]
            if sys.getrefcount(block) == _IDLE:
                del kept[i], block
                break
        idle -= other
        if not kept:
            del blocks[other]
