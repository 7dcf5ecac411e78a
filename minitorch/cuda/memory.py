"""The memory of GPUs, as CuPy's pool counts it: see gpu_memory.py. Without a GPU, all of it is 0."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from ..device import cuda_is_available, cupy
from ..gpu_memory import Peak, watch_of
from .places import gpu_index

__all__ = [
    "empty_cache",
    "max_memory_allocated",
    "max_memory_reserved",
    "mem_get_info",
    "memory_allocated",
    "memory_reserved",
    "memory_stats",
    "reset_peak_memory_stats",
]


def _pool_bytes(name: str, device: Any) -> int:
    if not cuda_is_available():
        return 0
    with cupy().cuda.Device(gpu_index(device)):
        return int(getattr(watch_of(cupy()) or cupy().get_default_memory_pool(), name)())


def _peak(device: Any) -> Peak:
    index = gpu_index(device)
    watch = watch_of(cupy())
    if watch is None:
        raise NotImplementedError("the maximum is not known where the program has chosen another allocator for CuPy")
    return watch.peak(index)


def memory_allocated(device: Any = None) -> int:
    """Bytes of GPU memory that arrays hold now, in the units of 512 that CuPy's pool gives out; 0 without a GPU.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.memory.memory_allocated.html

    >>> import minitorch as torch
    >>> torch.cuda.memory_allocated() >= 0
    True
    """
    return _pool_bytes("used_bytes", device)


def memory_reserved(device: Any = None) -> int:
    """Bytes of GPU memory that CuPy's pool has, in use or for later; 0 without a GPU.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.memory.memory_reserved.html

    >>> import minitorch as torch
    >>> torch.cuda.memory_reserved() >= torch.cuda.memory_allocated()
    True
    """
    return _pool_bytes("total_bytes", device)


def max_memory_allocated(device: Any = None) -> int:
    """The most that `memory_allocated` was since the start, or since `reset_peak_memory_stats`; 0 without a GPU.

    Errors: NotImplementedError where the program gave CuPy another allocator than its own pool.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.memory.max_memory_allocated.html

    >>> import minitorch as torch
    >>> torch.cuda.max_memory_allocated() >= torch.cuda.memory_allocated()
    True
    """
    return _peak(device).most if cuda_is_available() else 0


def max_memory_reserved(device: Any = None) -> int:
    """The most that `memory_reserved` was since the start, or since `reset_peak_memory_stats`; 0 without a GPU.

    Errors: NotImplementedError where the program gave CuPy another allocator than its own pool.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.memory.max_memory_reserved.html

    >>> import minitorch as torch
    >>> torch.cuda.max_memory_reserved() >= torch.cuda.memory_reserved()
    True
    """
    if not cuda_is_available():
        return 0
    _peak(device)
    with cupy().cuda.Device(gpu_index(device)):
        return watch_of(cupy()).reserved(gpu_index(device))  # type: ignore[union-attr]  # there is a GPU, so it watches


def reset_peak_memory_stats(device: Any = None) -> None:
    """From now on the maxima are those since now.

    Errors: AssertionError without CuPy, RuntimeError without a GPU.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.memory.reset_peak_memory_stats.html

    >>> import minitorch as torch
    >>> if torch.cuda.is_available():
    ...     torch.cuda.reset_peak_memory_stats()
    """
    _peak(device).reset(memory_allocated(device), memory_reserved(device))


def memory_stats(device: Any = None) -> OrderedDict[str, int]:
    """What is known about the memory under PyTorch's names, such as ``allocated_bytes.all.peak``; empty without a GPU.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.memory.memory_stats.html

    >>> import minitorch as torch
    >>> torch.cuda.memory_stats().get("allocated_bytes.all.current", 0) == torch.cuda.memory_allocated()
    True
    """
    if not cuda_is_available():
        return OrderedDict()
    peak = _peak(device)
    return OrderedDict({
        "allocated_bytes.all.current": memory_allocated(device),
        "allocated_bytes.all.peak": peak.most,
        "reserved_bytes.all.current": memory_reserved(device),
        "reserved_bytes.all.peak": max_memory_reserved(device),
    })  # fmt: skip


def mem_get_info(device: Any = None) -> tuple[int, int]:
    """The GPU's free and total bytes, as CUDA counts them for all programs together.

    Errors: AssertionError without CuPy, RuntimeError without a GPU.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.memory.mem_get_info.html

    >>> import minitorch as torch
    >>> if torch.cuda.is_available():
    ...     free, total = torch.cuda.mem_get_info()
    """
    index = gpu_index(device)
    with cupy().cuda.Device(index):
        free, total = cupy().cuda.runtime.memGetInfo()
    return int(free), int(total)


def empty_cache() -> None:
    """Give the GPU memory that no array holds back to the system; nothing without a GPU.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.memory.empty_cache.html

    >>> import minitorch as torch
    >>> torch.cuda.empty_cache()
    """
    if cuda_is_available():
        watch = watch_of(cupy())
        if watch is not None:
            for index in watch.peaks:
                with cupy().cuda.Device(index):
                    watch.reserved(index)
        cupy().get_default_memory_pool().free_all_blocks()
