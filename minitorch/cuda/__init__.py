"""``torch.cuda``: which GPUs there are, which is the current one, their memory, streams and events.

CuPy is asked. Without it, or without a GPU, `is_available` is False, what counts something answers 0, and what needs a
GPU says what is missing.

Source: https://docs.pytorch.org/docs/stable/cuda.html
"""

from __future__ import annotations

from typing import Any

from ..device import cuda_is_available, cupy, cupy_device_count, cupy_is_loaded, current_cuda_index
from ..device import device as Device
from ..gpu_memory import OutOfMemoryError
from . import amp, graphs, memory, streams
from .graphs import *
from .memory import *
from .places import gpu_index, require
from .streams import *

__all__ = [
    "OutOfMemoryError",
    "amp",
    "current_device",
    "device",
    "device_count",
    "device_of",
    "get_arch_list",
    "get_device_capability",
    "get_device_name",
    "get_device_properties",
    "get_rng_state_all",
    "graphs",
    "init",
    "is_available",
    "is_bf16_supported",
    "is_initialized",
    "manual_seed",
    "manual_seed_all",
    "memory",
    "seed",
    "seed_all",
    "set_device",
    "set_rng_state_all",
    "synchronize",
    *graphs.__all__,
    *memory.__all__,
    *streams.__all__,
]


def device_count() -> int:
    """How many GPUs can be used; 0 without CuPy.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.device_count.html

    >>> import minitorch as torch
    >>> torch.cuda.device_count() >= 0
    True
    """
    return cupy_device_count() if cuda_is_available() else 0


def is_available() -> bool:
    """Whether a GPU can be used.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.is_available.html

    >>> import minitorch as torch
    >>> torch.cuda.is_available() == (torch.cuda.device_count() > 0)
    True
    """
    return cuda_is_available()


def init() -> None:
    """Nothing, where there is a GPU: CuPy starts when it is first used.

    Errors: AssertionError without CuPy, RuntimeError without a GPU.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.init.html

    >>> import minitorch as torch
    >>> if torch.cuda.is_available():
    ...     torch.cuda.init()
    """
    require()


def is_initialized() -> bool:
    """Whether CuPy was imported, and sees a GPU.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.is_initialized.html

    >>> import minitorch as torch
    >>> torch.cuda.is_initialized() and not torch.cuda.is_available()
    False
    """
    return cupy_is_loaded() and cuda_is_available()


# ---- the current one ---------------------------------------------------------------------------------------------------


def current_device() -> int:
    """The number of the GPU that ``device("cuda")`` means now.

    Errors: AssertionError without CuPy, RuntimeError without a GPU.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.current_device.html

    >>> import minitorch as torch
    >>> torch.cuda.current_device() if torch.cuda.is_available() else 0
    0
    """
    require()
    return current_cuda_index()


def set_device(device: Any) -> None:
    """Make `device` the current GPU; a negative number changes nothing.

    CuPy computes on the current one: to compute with tensors on another, make that the current one.

    Errors: ValueError for a device that is no GPU; AssertionError without CuPy, RuntimeError without a GPU.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.set_device.html

    >>> import minitorch as torch
    >>> if torch.cuda.is_available():
    ...     torch.cuda.set_device(0)
    """
    if isinstance(device, int) and device < 0:
        return
    if device is not None and not isinstance(device, int) and Device(device).type != "cuda":
        raise ValueError(f"Expected a cuda device, but got: {Device(device)}")
    index = gpu_index(device)
    cupy().cuda.Device(index).use()


class device:
    """In a ``with`` block, `device` is the current GPU; None or a negative number changes nothing.

    Errors: AssertionError without CuPy, RuntimeError without a GPU.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.device.html

    >>> import minitorch as torch
    >>> if torch.cuda.is_available():
    ...     with torch.cuda.device(0):
    ...         x = torch.ones(2, device="cuda")
    """

    def __init__(self, device: Any) -> None:
        is_none = device is None or (isinstance(device, int) and device < 0)
        self.idx: int = -1 if is_none else gpu_index(device)
        self.prev_idx: int = -1

    def __enter__(self) -> None:
        if self.idx >= 0:
            self.prev_idx = current_cuda_index()
            cupy().cuda.Device(self.idx).use()

    def __exit__(self, *exc: object) -> None:
        if self.idx >= 0:
            cupy().cuda.Device(self.prev_idx).use()


class device_of(device):
    """In a ``with`` block, the GPU of tensor `obj` is the current one; that of a CPU tensor changes nothing.

    Shapes: obj of any shape.
    Errors: AttributeError for what is no tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.device_of.html

    >>> import minitorch as torch
    >>> with torch.cuda.device_of(torch.ones(1)):
    ...     pass
    """

    def __init__(self, obj: Any) -> None:
        super().__init__(obj.get_device() if obj.is_cuda else -1)


def synchronize(device: Any = None) -> None:
    """Wait until the GPU has done all it was asked to.

    Errors: AssertionError without CuPy, RuntimeError without a GPU.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.synchronize.html

    >>> import minitorch as torch
    >>> if torch.cuda.is_available():
    ...     torch.cuda.synchronize()
    """
    index = gpu_index(device)
    cupy().cuda.Device(index).synchronize()


# ---- what it is --------------------------------------------------------------------------------------------------------


class _CudaDeviceProperties:
    """What CUDA says about a GPU, in PyTorch's names."""

    def __init__(self, said: dict[str, Any]) -> None:
        name = said["name"]
        self.name: str = name.decode() if isinstance(name, bytes) else name
        self.major: int = said["major"]
        self.minor: int = said["minor"]
        self.total_memory: int = said["totalGlobalMem"]
        self.multi_processor_count: int = said["multiProcessorCount"]
        self.max_threads_per_multi_processor: int = said["maxThreadsPerMultiProcessor"]
        self.warp_size: int = said["warpSize"]
        self.L2_cache_size: int = said["l2CacheSize"]
        self.shared_memory_per_block: int = said["sharedMemPerBlock"]
        self.shared_memory_per_multiprocessor: int = said["sharedMemPerMultiprocessor"]
        self.regs_per_multiprocessor: int = said["regsPerMultiprocessor"]
        self.is_integrated: int = said["integrated"]
        self.is_multi_gpu_board: int = said["isMultiGpuBoard"]

    def __repr__(self) -> str:
        return (
            f"_CudaDeviceProperties(name='{self.name}', major={self.major}, minor={self.minor}, "
            f"total_memory={self.total_memory >> 20}MB, multi_processor_count={self.multi_processor_count}, "
            f"L2_cache_size={self.L2_cache_size >> 20}MB)"
        )


def get_device_properties(device: Any = None) -> _CudaDeviceProperties:
    """What CUDA says about the GPU: `name`, `major`, `minor`, `total_memory`, `multi_processor_count` and others.

    Errors: AssertionError without CuPy, RuntimeError without a GPU.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.get_device_properties.html

    >>> import minitorch as torch
    >>> if torch.cuda.is_available():
    ...     assert torch.cuda.get_device_properties(0).total_memory > 0
    """
    index = gpu_index(device)
    return _CudaDeviceProperties(cupy().cuda.runtime.getDeviceProperties(index))


def get_device_name(device: Any = None) -> str:
    """The GPU's name.

    Errors: AssertionError without CuPy, RuntimeError without a GPU.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.get_device_name.html

    >>> import minitorch as torch
    >>> if torch.cuda.is_available():
    ...     assert torch.cuda.get_device_name()
    """
    return get_device_properties(device).name


def get_device_capability(device: Any = None) -> tuple[int, int]:
    """The GPU's compute capability, such as (8, 0).

    Errors: AssertionError without CuPy, RuntimeError without a GPU.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.get_device_capability.html

    >>> import minitorch as torch
    >>> if torch.cuda.is_available():
    ...     major, minor = torch.cuda.get_device_capability()
    """
    found = get_device_properties(device)
    return found.major, found.minor


def get_arch_list() -> list[str]:
    """The architectures that code was compiled for beforehand: none, CuPy compiles for the GPU that it meets.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.get_arch_list.html

    >>> import minitorch as torch
    >>> torch.cuda.get_arch_list()
    []
    """
    return []


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Whether bfloat16 can be used: no, CuPy and NumPy have no such format.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.is_bf16_supported.html

    >>> import minitorch as torch
    >>> torch.cuda.is_bf16_supported()
    False
    """
    return False


# ---- random numbers ----------------------------------------------------------------------------------------------------
# They are drawn by the CPU's generator, also for tensors on a GPU: see random.py. So there is nothing to seed or to keep.


def manual_seed(seed: int) -> None:
    """Nothing: random numbers on a GPU come from the CPU's generator, which `minitorch.manual_seed` seeds.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.manual_seed.html

    >>> import minitorch as torch
    >>> torch.cuda.manual_seed(0)
    """


def manual_seed_all(seed: int) -> None:
    """Nothing, see `manual_seed`.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.manual_seed_all.html

    >>> import minitorch as torch
    >>> torch.cuda.manual_seed_all(0)
    """


def seed() -> None:
    """Nothing, see `manual_seed`.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.seed.html

    >>> import minitorch as torch
    >>> torch.cuda.seed()
    """


def seed_all() -> None:
    """Nothing, see `manual_seed`.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.seed_all.html

    >>> import minitorch as torch
    >>> torch.cuda.seed_all()
    """


def get_rng_state_all() -> list[Any]:
    """The states of the GPUs' generators: none, `minitorch.get_rng_state` has the state of the one there is.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.get_rng_state_all.html

    >>> import minitorch as torch
    >>> torch.cuda.get_rng_state_all()
    []
    """
    return []


def set_rng_state_all(new_states: Any) -> None:
    """Take back what `get_rng_state_all` gave.

    Errors: NotImplementedError for states: no GPU has a generator here.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.set_rng_state_all.html

    >>> import minitorch as torch
    >>> torch.cuda.set_rng_state_all(torch.cuda.get_rng_state_all())
    """
    if len(list(new_states)):
        raise NotImplementedError("GPUs have no generators of their own here, so there is no state to set")
