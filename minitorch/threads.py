"""How many threads matrix products may use."""

from __future__ import annotations

import os

__all__ = ["get_num_threads", "set_num_threads"]

_asked: int | None = None


def set_num_threads(n: int) -> None:
    """Limit the threads of NumPy's BLAS, as far as this process can: through threadpoolctl where it is installed.

    Without it, the number is noted and RuntimeWarning says how to set it from outside.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.set_num_threads.html

    >>> import minitorch as torch
    >>> torch.set_num_threads(torch.get_num_threads())
    """
    global _asked
    if isinstance(n, bool) or not isinstance(n, int):
        raise TypeError(f"set_num_threads expects an int, but got {type(n).__name__}")
    if n <= 0:
        raise RuntimeError("set_num_threads expects a positive integer")
    _asked = n
    try:
        import threadpoolctl
    except ImportError:
        if n != (os.cpu_count() or 1):
            import warnings

            warnings.warn(
                "NumPy's BLAS threads can be changed in a running process only with threadpoolctl "
                '(pip install "minitorch-engine[lessons]"); or set OMP_NUM_THREADS before starting',
                RuntimeWarning,
                stacklevel=2,
            )
        return
    threadpoolctl.threadpool_limits(n, user_api="blas")


def get_num_threads() -> int:
    """The number set by `set_num_threads`, else OMP_NUM_THREADS, else the processors this process may use.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.get_num_threads.html

    >>> import minitorch as torch
    >>> torch.get_num_threads() >= 1
    True
    """
    if _asked is not None:
        return _asked
    set_outside = os.environ.get("OMP_NUM_THREADS", "")
    return int(set_outside) if set_outside.isdigit() and int(set_outside) else len(os.sched_getaffinity(0))
