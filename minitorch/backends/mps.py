"""Apple's GPUs, which minitorch does not use."""

from __future__ import annotations

__all__ = ["is_available", "is_built"]


def is_available() -> bool:
    """Whether an Apple GPU can be used: no.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/backends.html#torch.backends.mps.is_available

    >>> import minitorch as torch
    >>> torch.backends.mps.is_available()
    False
    """
    return False


def is_built() -> bool:
    """Whether this build could use one: no.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/backends.html#torch.backends.mps.is_built

    >>> import minitorch as torch
    >>> torch.backends.mps.is_built()
    False
    """
    return False
