"""Constants, and the settings that decide how numbers may be computed."""

from __future__ import annotations

import math

from .cuda import is_available

__all__ = [
    "are_deterministic_algorithms_enabled",
    "e",
    "get_float32_matmul_precision",
    "inf",
    "is_deterministic_algorithms_warn_only_enabled",
    "is_warn_always_enabled",
    "nan",
    "newaxis",
    "pi",
    "set_float32_matmul_precision",
    "set_flush_denormal",
    "set_warn_always",
    "use_deterministic_algorithms",
]

e: float = math.e
inf: float = math.inf
nan: float = math.nan
newaxis = None  # in an index: a new dimension
pi: float = math.pi

_deterministic = _warn_only = False
_precision = "highest"
_warn_always = False


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Ask for the same numbers in every run. On the CPU they always are the same, so that only the answer is noted.

    Errors: TypeError for something that is no bool; NotImplementedError for True where there is a GPU, on which indexed
    sums add in any order.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.use_deterministic_algorithms.html

    >>> import minitorch as torch
    >>> torch.use_deterministic_algorithms(False)
    >>> torch.are_deterministic_algorithms_enabled()
    False
    """
    global _deterministic, _warn_only
    if not isinstance(mode, bool):
        raise TypeError(f"use_deterministic_algorithms(): mode must be bool, not {type(mode).__name__}")
    if mode and not warn_only and is_available():
        raise NotImplementedError("minitorch cannot promise deterministic sums on a GPU; pass warn_only=True")
    _deterministic, _warn_only = mode, warn_only


def are_deterministic_algorithms_enabled() -> bool:
    """What `use_deterministic_algorithms` was told last.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.are_deterministic_algorithms_enabled.html

    >>> import minitorch as torch
    >>> torch.are_deterministic_algorithms_enabled()
    False
    """
    return _deterministic


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Whether `use_deterministic_algorithms` was told to warn only.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.is_deterministic_algorithms_warn_only_enabled.html

    >>> import minitorch as torch
    >>> torch.is_deterministic_algorithms_warn_only_enabled()
    False
    """
    return _warn_only


def set_float32_matmul_precision(precision: str) -> None:
    """Permit products of float32 matrices to lose digits: ``'highest'`` none, ``'high'`` some, ``'medium'`` more.

    minitorch never does, whatever is permitted.

    Errors: ValueError for another word.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.set_float32_matmul_precision.html

    >>> import minitorch as torch
    >>> torch.set_float32_matmul_precision("highest")
    """
    global _precision
    if precision not in ("highest", "high", "medium"):
        raise ValueError(f"precision must be 'highest', 'high' or 'medium', but got {precision!r}")
    _precision = precision


def get_float32_matmul_precision() -> str:
    """What `set_float32_matmul_precision` permitted last; ``'highest'`` at the start.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.get_float32_matmul_precision.html

    >>> import minitorch as torch
    >>> torch.get_float32_matmul_precision()
    'highest'
    """
    return _precision


def set_flush_denormal(mode: bool) -> bool:
    """Ask that numbers too small for full precision be taken for 0. They never are here: False if asked, else True.

    The result says whether the wish is met, as PyTorch's says whether the processor can.

    Errors: RuntimeError for something that is no bool.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.set_flush_denormal.html

    >>> import minitorch as torch
    >>> torch.set_flush_denormal(False)
    True
    """
    if not isinstance(mode, bool):
        raise RuntimeError(f"flush_denormal expects a bool, but got {type(mode).__name__}")
    return not mode


def set_warn_always(b: bool) -> None:
    """Ask that every warning be given every time. Here Python's own filters decide, and only the answer is noted.

    Errors: RuntimeError for something that is no bool.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.set_warn_always.html

    >>> import minitorch as torch
    >>> torch.set_warn_always(False)
    """
    global _warn_always
    if not isinstance(b, bool):
        raise RuntimeError(f"setWarnOnlyOnce expects a bool, but got {type(b).__name__}")
    _warn_always = b


def is_warn_always_enabled() -> bool:
    """What `set_warn_always` was told last.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.is_warn_always_enabled.html

    >>> import minitorch as torch
    >>> torch.is_warn_always_enabled()
    False
    """
    return _warn_always
