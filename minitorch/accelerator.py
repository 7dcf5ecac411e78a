"""Whichever accelerator there is, ``torch.accelerator``: here a GPU that CuPy sees, or none.

Source: https://docs.pytorch.org/docs/stable/accelerator.html
"""

from __future__ import annotations

from . import cuda
from .device import device

__all__ = ["current_accelerator", "device_count", "is_available", "synchronize"]


def is_available() -> bool:
    """Whether there is an accelerator.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.accelerator.is_available.html

    >>> import minitorch as torch
    >>> torch.accelerator.is_available() == torch.cuda.is_available()
    True
    """
    return cuda.is_available()


def current_accelerator(check_available: bool = False) -> device | None:
    """``device(type='cuda')`` where there is one, else None.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.accelerator.current_accelerator.html

    >>> import minitorch as torch
    >>> found = torch.accelerator.current_accelerator()
    >>> found is None or found.type == "cuda"
    True
    """
    return device("cuda") if cuda.is_available() else None


def device_count() -> int:
    """How many accelerators there are.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.accelerator.device_count.html

    >>> import minitorch as torch
    >>> torch.accelerator.device_count() == torch.cuda.device_count()
    True
    """
    return cuda.device_count()


def synchronize() -> None:
    """Wait until the accelerator has done all it was asked to. RuntimeError where there is none.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.accelerator.synchronize.html

    >>> import minitorch as torch
    >>> if torch.accelerator.is_available():
    ...     torch.accelerator.synchronize()
    """
    if not cuda.is_available():
        raise RuntimeError("Cannot access accelerator device when none is available.")
    cuda.synchronize()
