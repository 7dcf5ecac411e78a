"""Apple's GPUs, which minitorch does not use."""

from __future__ import annotations

__all__ = ["is_available", "is_built"]


def is_available() -> bool:
    """Whether an Apple GPU can be used: no.

    >>> import minitorch as torch
    >>> torch.backends.mps.is_available()
    False
    """
    return False


def is_built() -> bool:
    """Whether this build could use one: no.

    >>> import minitorch as torch
    >>> torch.backends.mps.is_built()
    False
    """
    return False
