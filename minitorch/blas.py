"""How many threads NumPy's BLAS uses: asked and told through the library that NumPy has loaded already.

NumPy has no function for this. Its wheels bring OpenBLAS along, and distributions link it: the functions are found by
name in what NumPy's own module is linked with. Of any other BLAS nothing is found, and its threads are its own affair.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable

import numpy as np

# As OpenBLAS names them in NumPy's wheels, with 64-bit and with 32-bit sizes, and where a distribution built it.
NAMES = [f"{prefix}openblas_{{}}_num_threads{suffix}" for prefix in ("scipy_", "") for suffix in ("64_", "")]


def _functions() -> tuple[Callable[[], int], Callable[[int], None]] | None:
    try:
        loaded = ctypes.CDLL(np._core._multiarray_umath.__file__)  # type: ignore[attr-defined]
    except (AttributeError, OSError):
        return None
    for name in NAMES:
        try:
            return getattr(loaded, name.format("get")), getattr(loaded, name.format("set"))
        except AttributeError:
            continue
    return None


_found = _functions()
can_limit = _found is not None


def get_threads() -> int:
    """The number of threads that a large matrix product is shared among; 0 if that cannot be known."""
    return _found[0]() if _found is not None else 0


def set_threads(n: int) -> bool:
    """Share large matrix products among `n` threads from now on; False if this BLAS cannot be told."""
    if _found is None:
        return False
    with _lock:
        if _holders:  # it is one for the time being, and will be n afterwards
            global _outside
            _outside = n
        else:
            _found[1](n)
    return True


_lock = threading.Lock()
_holders = 0
_outside = 0


class OneThread:
    """While anybody is inside, BLAS uses one thread in the whole process; then as many as before.

    What splits its work among threads of its own needs this, or each of them would start BLAS's threads.
    """

    __slots__ = ()

    def __enter__(self) -> None:
        global _holders, _outside
        with _lock:
            if _holders == 0 and _found is not None:
                _outside = _found[0]()
                _found[1](1)
            _holders += 1

    def __exit__(self, *exc: object) -> None:
        global _holders
        with _lock:
            _holders -= 1
            if _holders == 0 and _found is not None:
                _found[1](_outside)


one_thread = OneThread()


def _after_fork() -> None:
    """In a forked process nobody is inside: the threads that were exist in the parent only."""
    global _lock, _holders
    _lock = threading.Lock()
    if _holders:
        _holders = 0
        if _found is not None:
            _found[1](_outside)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
