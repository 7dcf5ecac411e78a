"""Where arrays live: NumPy's on the CPU, CuPy's on a GPU. The one file that imports cupy."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

import numpy as np

from . import gpu_memory

INSTALL_CUDA = 'install CuPy with: pip install "minitorch-engine[cuda]"'

_cupy: ModuleType | None = None


class CuPyMissing(AssertionError, ImportError):
    """CuPy is not installed: an AssertionError, as PyTorch raises where it was built without CUDA."""


def cupy_is_loaded() -> bool:
    """Whether CuPy was imported here already."""
    return _cupy is not None


def cupy() -> ModuleType:
    """CuPy, imported on first use; an error naming the extra where it is not installed."""
    global _cupy
    if _cupy is None:
        try:
            import cupy as module
        except ImportError as error:
            raise CuPyMissing(f"device 'cuda' needs CuPy, which is not installed; {INSTALL_CUDA}") from error
        _cupy = module
        gpu_memory.watch(module)
    return _cupy


class device:
    """A place for tensors: ``device('cpu')``, ``device('cuda')``, ``device('cuda:1')`` or ``device('cuda', 1)``.

    Errors: RuntimeError for another name, and for a negative number; TypeError for what is no name.

    Source: https://docs.pytorch.org/docs/stable/tensor_attributes.html#torch.device

    >>> import minitorch as torch
    >>> torch.device('cuda:1')
    device(type='cuda', index=1)
    >>> torch.device('cpu') == torch.zeros(1).device
    True
    """

    __slots__ = ("type", "index")

    def __init__(self, type: str | device | int, index: int | None = None) -> None:
        if isinstance(type, device):
            name, index = type.type, type.index
        elif isinstance(type, int):
            name, index = "cuda", type
        elif isinstance(type, str):
            name, colon, number = type.partition(":")
            if colon:
                if index is not None:
                    raise RuntimeError(f"type (string) must not include an index because index was passed: {type}")
                if not number.isdecimal() or number != str(int(number)):
                    raise RuntimeError(f"Invalid device string: '{type}'")
                index = int(number)
        else:
            raise TypeError(f"device(): argument 'type' must be str, not {type.__class__.__name__}")
        if name not in ("cpu", "cuda"):
            raise RuntimeError(f"Expected one of cpu, cuda device type at start of device string: {name}")
        if index is not None and index < 0:
            raise RuntimeError("Device index must not be negative")
        self.type: str = name
        self.index: int | None = index

    def __repr__(self) -> str:
        return f"device(type='{self.type}'" + (f", index={self.index})" if self.index is not None else ")")

    def __str__(self) -> str:
        return self.type + (f":{self.index}" if self.index is not None else "")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __reduce__(self) -> tuple[Any, ...]:
        return device, (self.type, self.index)

    def __enter__(self) -> device:
        """In a ``with`` block, new tensors are made here, as after `minitorch.set_default_device`."""
        _outer.append(_chosen)
        set_default_device(self)
        return self

    def __exit__(self, *exc: object) -> None:
        set_default_device(_outer.pop())


CPU = device("cpu")
_chosen: device | None = None  # the default, if the program has chosen one
_outer: list[device | None] = []  # those outside of the ``with`` blocks that are open


def set_default_device(device: Any) -> None:
    """Choose where new tensors are made when nothing else says so; None means the CPU again.

    That a GPU is there is asked when a tensor is made.

    Errors: RuntimeError for a name of no device.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.set_default_device.html

    >>> import minitorch as torch
    >>> torch.set_default_device("cpu")
    >>> torch.zeros(1).device
    device(type='cpu')
    """
    global _chosen
    _chosen = None if device is None else device_from(device)


def get_default_device() -> device:
    """Where new tensors are made when nothing else says so.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.get_default_device.html

    >>> import minitorch as torch
    >>> torch.get_default_device()
    device(type='cpu')
    """
    return _chosen or CPU


def chosen_device() -> device | None:
    """The default device if the program has chosen one: then it holds for copies of tensors and arrays, too."""
    return None if _chosen is None else as_device(_chosen)


def device_from(value: Any) -> device:
    return value if isinstance(value, device) else device(value)


def array_module(array: Any) -> ModuleType:
    """numpy or cupy: the module whose functions take `array`."""
    if isinstance(array, np.ndarray | np.generic) or _cupy is None or not isinstance(array, _cupy.ndarray):
        return np
    return _cupy


def device_of(array: Any) -> device:
    """The device that holds `array`."""
    if isinstance(array, np.ndarray | np.generic):
        return CPU
    return device("cuda", array.device.id)


class _Elsewhere:
    """CuPy, its functions called with another GPU as the current one."""

    def __init__(self, module: ModuleType, index: int) -> None:
        self._module, self._index = module, index

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._module, name)
        if not callable(found):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            with self._module.cuda.Device(self._index):
                return found(*args, **kwargs)

        return call


def explain_devices(op: str, arrays: Any, cause: BaseException) -> None:
    """RuntimeError naming the devices if `op` failed because `arrays`, what it was given, do not share one."""
    if _cupy is None or isinstance(cause, gpu_memory.OutOfMemoryError):
        return
    arrays = [array for array in arrays if isinstance(array, np.ndarray | _cupy.ndarray)]  # numbers may be anywhere
    places = {str(device_of(array)) for array in arrays}
    if len(places) > 1:
        raise mixed_devices(op, places) from cause


def mixed_devices(op: str, places: set[str]) -> RuntimeError:
    """PyTorch's error for operands that lie on several devices."""
    return RuntimeError(
        "Expected all tensors to be on the same device, but found at least two devices, "
        f"{' and '.join(sorted(places))}! (when checking arguments of {op})"
    )


def module_for(place: device) -> Any:
    """numpy or cupy: the module that makes arrays on `place`."""
    if place.type == "cpu":
        return np
    module = cupy()
    if place.index is None or place.index == current_cuda_index():
        return module
    return _Elsewhere(module, place.index)


def as_device(value: device | str | int | None) -> device:
    """A device from what PyTorch accepts as one; None means the default one. "cuda" is the current GPU."""
    found = (_chosen or CPU) if value is None else device_from(value)
    if found.type == "cpu":
        return CPU
    require_cuda(found)
    return device("cuda", current_cuda_index() if found.index is None else found.index)


def require_cuda(place: device) -> None:
    """Raise an error that says what is missing unless `place`, a CUDA device, can be used here."""
    count = cupy_device_count()
    if count == 0:
        raise RuntimeError(f"No CUDA GPUs are available: CuPy is installed, but finds none (asked for '{place}')")
    if (place.index or 0) >= count:
        raise RuntimeError(f"CUDA error: invalid device ordinal (asked for '{place}', {count} present)")


def current_cuda_index() -> int:
    """The number of the GPU that "cuda" means now."""
    return int(cupy().cuda.Device().id)


def cupy_device_count() -> int:
    """How many GPUs CuPy sees; 0 where its driver does not answer. CuPyMissing where it is not installed."""
    module = cupy()
    try:
        return int(module.cuda.runtime.getDeviceCount())
    except module.cuda.runtime.CUDARuntimeError:
        return 0


def cuda_is_available() -> bool:
    """Whether CuPy is installed and sees a GPU."""
    try:
        return cupy_device_count() > 0
    except ImportError:
        return False


def signed(value: Any, array: Any) -> Any:
    """`value`, to be written to `array` or beside its elements: the number −0, for a GPU, as a 0-d array there.

    CuPy may fill with zero bytes where a number equals 0, and so make +0 of it.
    """
    if not isinstance(value, float | np.floating) or value != 0 or math.copysign(1.0, value) > 0:
        return value
    return value if device_of(array) == CPU else to_device(np.asarray(value, array.dtype), device_of(array))


def to_device(array: Any, place: device, non_blocking: bool = False) -> Any:
    """`array` itself if it lives on `place`, else a copy there.

    With `non_blocking`, a copy to a GPU from pinned memory is made while the program goes on; later work of the same
    stream sees it. All other copies are made when this returns, or, to a GPU, as far as the source may be changed.
    """
    if device_of(array) == place:
        return array
    if place.type == "cpu":
        return cupy().asnumpy(array)
    module = cupy()
    with module.cuda.Device(place.index or 0):
        if non_blocking and array.flags.c_contiguous and array.size and gpu_memory.is_pinned(array, module):
            return gpu_memory.fetch(array, module)
        if array.ndim or array.dtype.kind != "f" or array or not np.signbit(array):
            return module.asarray(array)
        return module.asarray(array.reshape(1)).reshape(())  # CuPy fills a 0-d array with its number: see `signed`


def pinned(array: np.ndarray) -> np.ndarray:
    """`array` itself if its memory is pinned, else a copy in pinned memory. RuntimeError where there is no GPU."""
    if not cuda_is_available():
        raise RuntimeError("Cannot access accelerator device when none is available.")
    if not isinstance(array, np.ndarray):
        raise RuntimeError(f"cannot pin a tensor on {device_of(array)}: only dense CPU tensors can be pinned")
    return array if is_pinned(array) else gpu_memory.pinned_copy(array, cupy())


def is_pinned(array: Any) -> bool:
    """Whether `array` is in memory of the host that a GPU can fetch from by itself."""
    return gpu_memory.is_pinned(array, _cupy)


def strided_view(array: Any, shape: tuple[int, ...], strides: tuple[int, ...]) -> Any:
    """A view of C-contiguous memory with a shape and strides (in bytes) of one's own; nothing checks that they fit.

    A fork by measurement: NumPy's as_strided costs 4 µs, its array constructor 0.5 µs, and a training step on small
    images makes dozens.
    """
    if isinstance(array, np.ndarray) and array.flags.c_contiguous:
        return np.ndarray(shape, array.dtype, array, 0, strides)
    return array_module(array).lib.stride_tricks.as_strided(array, shape, strides)


def to_numpy(array: Any) -> np.ndarray:
    """`array` on the CPU: itself if it is there already."""
    return array if isinstance(array, np.ndarray) else to_device(array, CPU)
