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

from . import blas, gpu_blas
from .device import array_module
from .threads import get_num_threads

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

Part = TypeVar("Part")
Result = TypeVar("Result")

# A batch is worked through in parts that need this many bytes each, so that what was just made is still in the cache
# when it is used: of 1, 1½, 3 and 6 MiB, 3 was the fastest, for one thread and for two, where every call of NumPy may
# have to wait for Python's lock. A GPU pays for every call, and there parts only bound the extra memory: for 1,024
# images, parts of 128 MiB kept the card waiting for the host whenever the host was slow (docs/performance.md).
PART_BYTES = 3 << 20
GPU_PART_BYTES = 1 << 29
# So many parts are worth the waking of other threads.
SHARED_PARTS = 4

# Elements of a piece. Of 2¹⁵ to 2¹⁹, 2¹⁸ and 2¹⁹ were the fastest for ReLU's gradient.
PIECE = 1 << 18
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
    if _here.is_sharing:
        return [body(part) for part in parts]
    if threads < 2 or not blas.can_limit:
        _here.is_sharing = True  # for one thread, too, so that what is cut inside does not depend on their number
        try:
            return [body(part) for part in parts]
        finally:
            _here.is_sharing = False
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

    try:
        blas.hold()
        pool = _executor(threads - 1)
        others = [pool.submit(work) for _ in range(threads - 1)]
        work()
        for other in others:
            if not other.cancel():  # one that found no free thread need not begin any more
                other.result()
    finally:
        blas.let_go()
    if failures:
        raise failures[0]
    return results


# Products with fewer multiplications BLAS computes on one thread of its own accord, whatever their shapes.
SMALL_PRODUCT = 1 << 13
# From so many multiplications on a product is worth the waking of other threads.
SHARED_PRODUCT = 1 << 25


def product(a: Any, b: Any, out: Any = None) -> Any:
    """The matrix product a·b, stacks broadcasting; a large one of two matrices is shared among threads.

    BLAS's own threads stay out of it. They would do as well, but having ended they wait for more, busily, for some
    thirty milliseconds: on two cores a step of convolutions took 137 ms with them and 97 without.
    """
    if type(a) is not np.ndarray:
        xp = array_module(a)
        return np.matmul(a, b, out=out) if xp is np else gpu_blas.product(xp, a, b, out)
    are_matrices = a.ndim == 2 == b.ndim
    # `dot` is the same for two matrices, and takes 0.4 µs less, as long as the product of two small ones.
    multiply = np.dot if are_matrices and out is None else np.matmul
    work = b.size if a.ndim == 1 else a.size if b.ndim == 1 else a.shape[-2] * b.size
    if work < SMALL_PRODUCT or _here.is_sharing:
        return multiply(a, b, out)
    if are_matrices and work >= SHARED_PRODUCT:
        return _shared_product(a, b, out, work)
    if not blas.may_share():
        return multiply(a, b, out)
    try:
        blas.hold()
        return multiply(a, b, out)
    finally:
        blas.let_go()


def _shared_product(a: Any, b: Any, out: Any, work: int) -> Any:
    m, n = len(a), b.shape[1]
    if out is None:
        out = np.empty((m, n), np.result_type(a, b))
    # Along the longer side, in multiples of what BLAS computes at once. More parts would only lay out more copies of
    # the other matrix: eight instead of four cost 512×512 a fifth of its time.
    parts = min(work // (SHARED_PRODUCT // 2), max(m, n) // 64, SHARED_PARTS) or 1
    step = -(-max(m, n) // (parts * 16)) * 16
    pieces = [slice(start, start + step) for start in range(0, max(m, n), step)]
    if m >= n:
        share(lambda rows: np.matmul(a[rows], b, out=out[rows]), pieces)
    else:
        share(lambda columns: np.matmul(a, b[:, columns], out=out[:, columns]), pieces)
    return out


def batch_parts(x: Any, bytes_each: int) -> list[slice]:
    """The batch x (N, …) in parts, when one of the N needs so many bytes: of nearly equal length, as few as fit.

    On a CPU, if there are several, then a multiple of `SHARED_PARTS`, so that two or four threads end at the same time.
    """
    n, on_cpu = len(x), type(x) is np.ndarray
    longest = max(1, (PART_BYTES if on_cpu else GPU_PART_BYTES) // max(1, bytes_each))
    if n <= longest:
        return [slice(0, n)]
    count = -(-n // longest)
    if on_cpu:
        count = min(n, -(-count // SHARED_PARTS) * SHARED_PARTS)
    return [slice(i * n // count, (i + 1) * n // count) for i in range(count)]


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
    flat = [array.reshape(-1) for array in arrays]
    parts = [slice(start, start + PIECE) for start in range(0, size, PIECE)]

    def one(part: slice) -> None:
        body(*[array[part] for array in flat])

    if size < SHARED:
        for part in parts:
            one(part)
    else:
        share(one, parts)
