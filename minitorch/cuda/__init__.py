"""What PyTorch's ``torch.cuda`` answers about GPUs; CuPy is asked, and its absence means there is none."""

from __future__ import annotations

from ..device import cuda_is_available, cupy, cupy_device_count
from . import amp

__all__ = [
    "amp",
    "device_count",
    "empty_cache",
    "get_device_name",
    "is_available",
    "is_bf16_supported",
    "manual_seed",
    "manual_seed_all",
    "max_memory_allocated",
    "memory_allocated",
    "memory_reserved",
    "synchronize",
]


def device_count() -> int:
    """How many GPUs can be used; 0 without CuPy.

    >>> import minitorch as torch
    >>> torch.cuda.device_count() >= 0
    True
    """
    try:
        return cupy_device_count()
    except ImportError:
        return 0


def is_available() -> bool:
    """Whether a GPU can be used.

    >>> import minitorch as torch
    >>> torch.cuda.is_available() == (torch.cuda.device_count() > 0)
    True
    """
    return cuda_is_available()


def synchronize(device: int | None = None) -> None:
    """Wait until the GPU has done all it was asked to."""
    cupy().cuda.Device(device).synchronize()


def memory_allocated(device: int | None = None) -> int:
    """Bytes of GPU memory that arrays hold now; 0 without a GPU."""
    return int(cupy().get_default_memory_pool().used_bytes()) if is_available() else 0


def get_device_name(device: int = 0) -> str:
    """The GPU's name. ImportError without CuPy."""
    return cupy().cuda.runtime.getDeviceProperties(device)["name"].decode()


def manual_seed_all(seed: int) -> None:
    """Seed every GPU's generator. Random numbers come from the CPU's generator here, so `manual_seed` does it all."""


def manual_seed(seed: int) -> None:
    """Seed the present GPU's generator. Random numbers come from the CPU's generator here: see `manual_seed_all`."""


def empty_cache() -> None:
    """Give the GPU memory that no array holds back to the system; nothing without a GPU."""
    if is_available():
        cupy().get_default_memory_pool().free_all_blocks()


def memory_reserved(device: int | None = None) -> int:
    """Bytes of GPU memory that CuPy keeps, in use or for later; 0 without a GPU."""
    return int(cupy().get_default_memory_pool().total_bytes()) if is_available() else 0


def max_memory_allocated(device: int | None = None) -> int:
    """The most bytes that arrays held at a time; 0 without a GPU. NotImplementedError with one: CuPy does not count them."""
    if is_available():
        raise NotImplementedError("max_memory_allocated is not supported: CuPy does not keep the maximum")
    return 0


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Whether bfloat16 can be used: no, CuPy and NumPy have no such format."""
    return False
