"""Whichever accelerator there is, ``torch.accelerator``: here a GPU that CuPy sees, or none.

Source: https://docs.pytorch.org/docs/stable/generated/torch.accelerator.memory.empty_host_cache.html
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from . import cuda, gpu_memory
from .device import cupy, device
from .dtype import bool_, float16, float32, float64, int8, int16, int32, int64, uint8

__all__ = [
    "current_accelerator", "current_device_index", "current_stream", "device_count", "device_index", "empty_cache",
    "empty_host_cache", "get_device_capability", "get_memory_info", "is_available", "max_memory_allocated",
    "max_memory_reserved", "memory_allocated", "memory_reserved", "memory_stats", "reset_peak_memory_stats",
    "set_device_index", "set_stream", "synchronize",
]  # fmt: skip


def _need() -> None:
    if not cuda.is_available():
        raise RuntimeError("Cannot access accelerator device when none is available.")


def is_available() -> bool:
    """Whether there is an accelerator.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.accelerator.is_available.html

    >>> import minitorch as torch
    >>> torch.accelerator.is_available() == torch.cuda.is_available()
    True
    """
    return cuda.is_available()


def current_accelerator(check_available: bool = False) -> device | None:
    """``device(type='cuda')`` where there is one, else None.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.accelerator.current_accelerator.html

    >>> import minitorch as torch
    >>> found = torch.accelerator.current_accelerator()
    >>> found is None or found.type == "cuda"
    True
    """
    return device("cuda") if cuda.is_available() else None


def device_count() -> int:
    """How many accelerators there are.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.accelerator.device_count.html

    >>> import minitorch as torch
    >>> torch.accelerator.device_count() == torch.cuda.device_count()
    True
    """
    return cuda.device_count()


def current_device_index() -> int:
    """See `minitorch.cuda.current_device`.

    Errors: RuntimeError where there is no accelerator.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.accelerator.current_device_index.html

    >>> import minitorch as torch
    >>> torch.accelerator.current_device_index() if torch.accelerator.is_available() else 0
    0
    """
    _need()
    return cuda.current_device()


def set_device_index(device: Any, /) -> None:
    """See `minitorch.cuda.set_device`.

    Errors: RuntimeError where there is no accelerator.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.accelerator.set_device_index.html

    >>> import minitorch as torch
    >>> if torch.accelerator.is_available():
    ...     torch.accelerator.set_device_index(0)
    """
    _need()
    cuda.set_device(device)


class device_index(cuda.device):
    """In a ``with`` block, accelerator number `device` is the current one; None changes nothing.

    Errors: on entering, RuntimeError where there is no accelerator, or none of this number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.accelerator.device_index.html

    >>> import minitorch as torch
    >>> with torch.accelerator.device_index(None):
    ...     pass
    """

    def __init__(self, device: int | None, /) -> None:
        super().__init__(device if cuda.is_available() else None)
        self._wanted = device

    def __enter__(self) -> None:
        if self._wanted is not None:
            _need()
        super().__enter__()


def get_device_capability(device: Any = None, /) -> dict[str, Any]:
    """``{"supported_dtypes": …}``: what tensors there can be made of.

    Errors: RuntimeError where there is no accelerator.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.accelerator.get_device_capability.html

    >>> import minitorch as torch
    >>> if torch.accelerator.is_available():
    ...     assert torch.float32 in torch.accelerator.get_device_capability()["supported_dtypes"]
    """
    _need()
    return {"supported_dtypes": {uint8, int8, int16, int32, int64, float16, float32, float64, bool_}}


def current_stream(device: Any = None, /) -> cuda.Stream:
    """See `minitorch.cuda.current_stream`.

    Errors: RuntimeError where there is no accelerator.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.accelerator.current_stream.html

    >>> import minitorch as torch
    >>> if torch.accelerator.is_available():
    ...     torch.accelerator.current_stream().synchronize()
    """
    _need()
    return cuda.current_stream(device)


def set_stream(stream: cuda.Stream) -> None:
    """See `minitorch.cuda.set_stream`.

    Errors: RuntimeError where there is no accelerator.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.accelerator.set_stream.html

    >>> import minitorch as torch
    >>> if torch.accelerator.is_available():
    ...     torch.accelerator.set_stream(torch.accelerator.current_stream())
    """
    _need()
    cuda.set_stream(stream)


def synchronize(device: Any = None, /) -> None:
    """Wait until the accelerator has done all it was asked to.

    Errors: RuntimeError where there is no accelerator.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.accelerator.synchronize.html

    >>> import minitorch as torch
    >>> if torch.accelerator.is_available():
    ...     torch.accelerator.synchronize()
    """
    _need()
    cuda.synchronize(device)


# ---- memory ------------------------------------------------------------------------------------------------------------


def empty_cache() -> None:
    """See `minitorch.cuda.empty_cache`.

    Errors: RuntimeError where there is no accelerator.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.accelerator.memory.empty_cache.html

    >>> import minitorch as torch
    >>> if torch.accelerator.is_available():
    ...     torch.accelerator.empty_cache()
    """
    _need()
    cuda.empty_cache()


def empty_host_cache() -> None:
    """Give pinned memory that no tensor holds back to the system.

    Errors: RuntimeError where there is no accelerator.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.accelerator.memory.empty_host_cache.html

    >>> import minitorch as torch
    >>> if torch.accelerator.is_available():
    ...     torch.accelerator.empty_host_cache()
    """
    _need()
    gpu_memory.forget_copies_that_are_made()
    cupy().get_default_pinned_memory_pool().free_all_blocks()


def get_memory_info(device_index: Any = None, /) -> tuple[int, int]:
    """See `minitorch.cuda.mem_get_info`.

    Errors: RuntimeError where there is no accelerator.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.accelerator.memory.get_memory_info.html

    >>> import minitorch as torch
    >>> if torch.accelerator.is_available():
    ...     free, total = torch.accelerator.get_memory_info()
    """
    _need()
    return cuda.mem_get_info(device_index)


def memory_allocated(device_index: Any = None, /) -> int:
    """See `minitorch.cuda.memory_allocated`.

    Errors: RuntimeError where there is no accelerator.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.accelerator.memory.memory_allocated.html

    >>> import minitorch as torch
    >>> if torch.accelerator.is_available():
    ...     assert torch.accelerator.memory_allocated() >= 0
    """
    _need()
    return cuda.memory_allocated(device_index)


def memory_reserved(device_index: Any = None, /) -> int:
    """See `minitorch.cuda.memory_reserved`.

    Errors: RuntimeError where there is no accelerator.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.accelerator.memory.memory_reserved.html

    >>> import minitorch as torch
    >>> if torch.accelerator.is_available():
    ...     assert torch.accelerator.memory_reserved() >= 0
    """
    _need()
    return cuda.memory_reserved(device_index)


def max_memory_allocated(device_index: Any = None, /) -> int:
    """See `minitorch.cuda.max_memory_allocated`.

    Errors: RuntimeError where there is no accelerator.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.accelerator.memory.max_memory_allocated.html

    >>> import minitorch as torch
    >>> if torch.accelerator.is_available():
    ...     assert torch.accelerator.max_memory_allocated() >= torch.accelerator.memory_allocated()
    """
    _need()
    return cuda.max_memory_allocated(device_index)


def max_memory_reserved(device_index: Any = None, /) -> int:
    """See `minitorch.cuda.max_memory_reserved`.

    Errors: RuntimeError where there is no accelerator.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.accelerator.memory.max_memory_reserved.html

    >>> import minitorch as torch
    >>> if torch.accelerator.is_available():
    ...     assert torch.accelerator.max_memory_reserved() >= torch.accelerator.memory_reserved()
    """
    _need()
    return cuda.max_memory_reserved(device_index)


def memory_stats(device_index: Any = None, /) -> OrderedDict[str, int]:
    """See `minitorch.cuda.memory_stats`.

    Errors: RuntimeError where there is no accelerator.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.accelerator.memory.memory_stats.html

    >>> import minitorch as torch
    >>> if torch.accelerator.is_available():
    ...     assert torch.accelerator.memory_stats()["allocated_bytes.all.current"] >= 0
    """
    _need()
    return cuda.memory_stats(device_index)


def reset_peak_memory_stats(device_index: Any = None, /) -> None:
    """See `minitorch.cuda.reset_peak_memory_stats`.

    Errors: RuntimeError where there is no accelerator.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.accelerator.memory.reset_peak_memory_stats.html

    >>> import minitorch as torch
    >>> if torch.accelerator.is_available():
    ...     torch.accelerator.reset_peak_memory_stats()
    """
    _need()
    cuda.reset_peak_memory_stats(device_index)
