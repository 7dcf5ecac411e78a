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
        loaded = ctypes.CDLL(np._core._multiarray_umath.__file__)  # type: ignore[attr-defined]  # NumPy's inside
    except (AttributeError, OSError):
        return None
    for name in NAMES:
        try:
            return getattr(loaded, name.format("get")), getattr(loaded, name.format("set"))
        except AttributeError:
            continue
    return None


_found = _functions()
can_limit: bool = _found is not None


def get_threads() -> int:
    """The number of threads that a large matrix product is shared among; 0 if that cannot be known."""
    return _found[0]() if _found is not None else 0


def set_threads(n: int) -> bool:
    """Share large matrix products among `n` threads from now on; False if this BLAS cannot be told."""
    global _outside
    if _found is None:
        return False
    with _lock:
        _outside = n
        if not _holders:  # else it is one for the time being, and will be n afterwards
            _found[1](n)
    return True


_lock = threading.RLock()  # one that a signal's handler may take, too
_holders: set[int] = set()  # the threads that hold BLAS to one
_outside = get_threads()


def may_share() -> bool:
    """Whether BLAS would share a product among threads of its own; False if it was told to use one."""
    return _outside != 1


def hold() -> None:
    """Let BLAS use one thread in the whole process until every thread that called this has called `let_go`.

    What splits its work among threads of its own needs this, or each of them would start BLAS's threads. To be called
    inside of the ``try`` whose ``finally`` lets go: Ctrl-C may come at any line, here, too. If it comes even in
    `let_go`, this thread's next use puts it right.
    """
    global _outside
    if _found is None:
        return
    with _lock:
        _holders.add(threading.get_ident())
        now = _found[0]()
        if now != 1:
            _outside = now  # whoever else may have set it
            _found[1](1)


def let_go() -> None:
    """Undo this thread's `hold`."""
    if _found is None:
        return
    with _lock:
        _holders.discard(threading.get_ident())
        if not _holders:
            _found[1](_outside)


def _after_fork() -> None:
    """In a forked process nobody holds it: the threads that did exist in the parent only.

    What BLAS uses outside is told to it by the next `let_go`: to be told anything makes it start threads here.
    """
    global _lock
    _lock = threading.RLock()
    _holders.clear()


# OpenBLAS guards its memory by a lock of its own. A process that is forked while another thread has it waits for it at
# its first product, for ever. So a fork waits for this lock first: no large product begins meanwhile, and nothing is told.
# Beside two threads that multiply all the time, 3 of 4,000 forked processes hung without this, and none of 5,600 with it.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=lambda: _lock.acquire(), after_in_parent=lambda: _lock.release(), after_in_child=_after_fork
    )
