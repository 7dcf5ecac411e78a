"""How many threads the work on large arrays is shared among."""

from __future__ import annotations

import os

from numpy import integer

from . import blas

__all__ = ["get_num_threads", "set_num_threads"]

_asked: int | None = None


def set_num_threads(n: int) -> None:
    """Share the work on large arrays among `n` threads: the engine's own, and those of NumPy's matrix products.

    RuntimeWarning where NumPy's BLAS is one that cannot be told; OMP_NUM_THREADS reaches most of them from outside.
    Errors: RuntimeError for what is no int, and for a number below 1.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.set_num_threads.html

    >>> import minitorch as torch
    >>> torch.set_num_threads(torch.get_num_threads())
    """
    global _asked
    if isinstance(n, bool) or not isinstance(n, int | integer):
        raise RuntimeError(f"set_num_threads expects an int, but got {type(n).__name__}")
    if n <= 0:
        raise RuntimeError("set_num_threads expects a positive integer")
    _asked = n = int(n)
    if not blas.set_threads(n) and n != (os.cpu_count() or 1):
        import warnings

        warnings.warn(
            "the threads of NumPy's matrix products cannot be changed in a running process, since its BLAS is not "
            "OpenBLAS; set OMP_NUM_THREADS before starting",
            RuntimeWarning,
            stacklevel=2,
        )


def get_num_threads() -> int:
    """The number set by `set_num_threads`, else OMP_NUM_THREADS, else the processors this process may use.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.get_num_threads.html

    >>> import minitorch as torch
    >>> torch.get_num_threads() >= 1
    True
    """
    global _default
    if _asked is not None:
        return _asked
    if _default is None:
        set_outside = os.environ.get("OMP_NUM_THREADS", "")
        if set_outside.isdigit() and int(set_outside):
            _default = int(set_outside)
        elif hasattr(os, "sched_getaffinity"):
            _default = len(os.sched_getaffinity(0))
        else:
            _default = os.cpu_count() or 1
    return _default


_default: int | None = None


def use_one() -> None:
    """Share nothing in this process: it works for another one, beside others of its kind.

    BLAS is not told. In a forked process it would start its threads anew only to be told that there is one, and they
    would wait for work busily: measured, batches came half as fast.
    """
    global _asked
    _asked = 1
