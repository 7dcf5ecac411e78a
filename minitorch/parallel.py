"""Work on large arrays: in parts that fit the cache, and shared among threads.

NumPy holds Python's lock only between array operations, not inside of them, so threads that each work on a part of the
batch do run side by side. How an operation is cut into parts depends on sizes alone, never on the number of threads:
the same numbers come out with one thread and with many.

The threads are made when they are first needed and end with the process. A forked process makes its own.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from . import blas
from .threads import get_num_threads

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

Part = TypeVar("Part")
Result = TypeVar("Result")

# A batch is worked through in parts that need this many bytes each, so that what was just made is still in a core's
# second-level cache when it is used. A GPU pays for every call instead, and there parts only bound the extra memory.
PART_BYTES = 3 << 19
GPU_PART_BYTES = 1 << 28
# So many parts are worth the waking of other threads.
SHARED_PARTS = 4

# Elements of a piece: 512 KiB of float32, so that what one piece needs stays in a core's second-level cache.
PIECE = 1 << 17
# From this many elements on an elementwise operation is shared: below, waking a thread costs more than it brings.
SHARED = 1 << 19

_pool: ThreadPoolExecutor | None = None
_pool_size = 0


class _Here(threading.local):
    is_sharing = False  # whether this thread works on a part already: then nothing is shared further


_here = _Here()


def _forget_pool() -> None:
    global _pool
    _pool = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pool)


def _executor(size: int) -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor  # takes longer to import than most programs take to need it

    global _pool, _pool_size
    if _pool is None or _pool_size < size:
        if _pool is not None:
            _pool.shutdown(wait=False)
        _pool = ThreadPoolExecutor(size, thread_name_prefix="minitorch")
        _pool_size = size
    return _pool


def share(body: Callable[[Part], Result], parts: Sequence[Part]) -> list[Result]:
    """``[body(part) for part in parts]``, on as many threads as `get_num_threads` says; this one is one of them.

    An exception in one part ends the others after the part they are at, and is raised here.
    """
    threads = min(get_num_threads(), len(parts))
    if threads < 2 or _here.is_sharing or not blas.can_limit:
        return [body(part) for part in parts]
    results: list[Any] = [None] * len(parts)
    turns = itertools.count()  # whoever is free takes the next part
    failures: list[BaseException] = []

    def work() -> None:
        _here.is_sharing = True
        try:
            with np.errstate(all="ignore"):  # a thread has its own: inf and nan are results like others
                while not failures and (turn := next(turns)) < len(parts):
                    results[turn] = body(parts[turn])
        except BaseException as error:
            failures.append(error)
        finally:
            _here.is_sharing = False

    with blas.one_thread:
        pool = _executor(threads - 1)
        others = [pool.submit(work) for _ in range(threads - 1)]
        work()
        for other in others:
            if not other.cancel():  # one that found no free thread need not begin any more
                other.result()
    if failures:
        raise failures[0]
    return results


def batch_parts(x: Any, bytes_each: int) -> list[slice]:
    """The batch x (N, …) in parts, when one of the N needs so many bytes: as few as fit, of nearly equal length."""
    n = len(x)
    longest = max(1, (PART_BYTES if type(x) is np.ndarray else GPU_PART_BYTES) // max(1, bytes_each))
    if n <= longest:
        return [slice(0, n)]
    step = -(-n // -(-n // longest))
    return [slice(start, min(start + step, n)) for start in range(0, n, step)]


def over_batch(body: Callable[[slice], Result], x: Any, bytes_each: int) -> list[Result]:
    """``body(part)`` for all `batch_parts`; by several threads where that pays."""
    parts = batch_parts(x, bytes_each)
    if len(parts) >= SHARED_PARTS and type(x) is np.ndarray:
        return share(body, parts)
    return [body(part) for part in parts]


def by_pieces(body: Callable[..., Any], *arrays: Any) -> None:
    """``body(*pieces)`` for pieces of the flattened `arrays`, which are contiguous and of equal size.

    For elementwise operations: the first array is usually the result, and `body` writes into its piece.
    """
    size = arrays[0].size
    if size <= PIECE:
        body(*arrays)
        return
    flat = [array.reshape(-1) for array in arrays]
    parts = [slice(start, start + PIECE) for start in range(0, size, PIECE)]

    def one(part: slice) -> None:
        body(*[array[part] for array in flat])

    if size < SHARED:
        for part in parts:
            one(part)
    else:
        share(one, parts)
