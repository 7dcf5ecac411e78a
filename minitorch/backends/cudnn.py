"""cuDNN, which minitorch does not use. All switches are permissions, so that any value is right."""

from __future__ import annotations

__all__ = ["allow_tf32", "benchmark", "deterministic", "enabled", "is_available", "version"]

enabled = True  # may cuDNN be used
benchmark = False  # may the fastest of its algorithms be sought by trying
deterministic = False  # must the algorithm be a deterministic one
allow_tf32 = True  # may convolutions be computed with fewer digits


def is_available() -> bool:
    """Whether cuDNN is used: no.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/backends.html#torch.backends.cudnn.is_available

    >>> import minitorch as torch
    >>> torch.backends.cudnn.is_available()
    False
    """
    return False


def version() -> int | None:
    """cuDNN's version: None.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/backends.html#torch.backends.cudnn.version

    >>> import minitorch as torch
    >>> torch.backends.cudnn.version() is None
    True
    """
    return None
