"""DLPack: arrays handed from one library to another without a copy.

A library offers its array as a *capsule*, a Python object that holds the address, shape, strides, dtype and device, and
a function to call when nobody needs the memory any more. NumPy and CuPy write and read capsules; here is what PyTorch's
rules add: what may be exported, what a stream means, and capsules that are handed over by themselves.

A capsule is read once. The older kind ("dltensor") cannot say that its memory must not be written to; NumPy therefore
takes it for read-only, PyTorch for writable, and so does this room.

Source: https://dmlc.github.io/dlpack/latest/
"""

from __future__ import annotations

import enum
from typing import Any

import numpy as np

from .device import as_device, cupy, current_cuda_index, device, device_of
from .dtype import from_numpy_dtype

CONSUMED = (
    "from_dlpack received an invalid capsule. Note that DLTensor capsules can be consumed only once, so you might have "
    "already constructed a tensor from it once."
)
VERSION = (1, 0)  # of DLPack: the first that tells whether memory is read-only


class DLDeviceType(enum.IntEnum):
    """The kinds of device that DLPack numbers.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/dlpack.html

    >>> import minitorch as torch
    >>> torch.zeros(1).__dlpack_device__()[0]
    <DLDeviceType.kDLCPU: 1>
    """

    kDLCPU = 1
    kDLCUDA = 2
    kDLCUDAHost = 3
    kDLOpenCL = 4
    kDLVulkan = 7
    kDLMetal = 8
    kDLVPI = 9
    kDLROCM = 10
    kDLROCMHost = 11
    kDLExtDev = 12
    kDLCUDAManaged = 13
    kDLOneAPI = 14
    kDLWebGPU = 15
    kDLHexagon = 16
    kDLMAIA = 17


ON_HOST = (DLDeviceType.kDLCPU, DLDeviceType.kDLCUDAHost, DLDeviceType.kDLROCMHost)


def device_numbers(array: Any) -> tuple[DLDeviceType, int]:
    """Where `array` lives, in DLPack's numbers."""
    if isinstance(array, np.ndarray):
        return DLDeviceType.kDLCPU, 0
    return DLDeviceType.kDLCUDA, device_of(array).index or 0


def export(array: Any, stream: Any, max_version: Any, dl_device: Any, copy: Any) -> Any:
    """The capsule of `array`, by the rules of ``Tensor.__dlpack__``."""
    on_cpu = isinstance(array, np.ndarray)
    if not on_cpu and device_of(array).index != current_cuda_index():
        raise BufferError(
            f"Can't export tensors on a different CUDA device index. Expected: {device_of(array).index}. Current device: "
            f"{current_cuda_index()}."
        )
    if stream is not None and type(stream) is not int:
        raise TypeError("stream must be ``int`` or ``none``")
    if on_cpu and stream not in (None, -1):
        raise AssertionError("stream should be None on cpu.")
    version = None if max_version is None else tuple(max_version)
    if dl_device is not None and tuple(dl_device) != device_numbers(array):
        raise BufferError(
            f"cannot export a tensor on {device_of(array)} to DLPack's device {tuple(map(int, dl_device))}: move it there "
            "first, with Tensor.to()"
        )
    if on_cpu:
        if copy:
            array = array.copy()
        elif not array.flags.writeable and (version is None or version < VERSION):
            array = writable(array)  # the older capsules cannot say it, and PyTorch exports such memory, too
        return array.__dlpack__(max_version=version)
    if stream == 2:
        raise BufferError("per-thread default stream is not supported.")
    return array.copy().__dlpack__(stream=stream) if copy else array.__dlpack__(stream=stream, max_version=version)


class _Handed:
    """A capsule as the object that NumPy and CuPy ask for one."""

    def __init__(self, capsule: Any, place: tuple[int, int]) -> None:
        self.capsule, self.place = capsule, place

    def __dlpack__(self, **_: Any) -> Any:
        return self.capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.place


class _Writable:
    """The memory of an array, said to be writable; it lives as long as this object does."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array
        said = array.__array_interface__
        self.__array_interface__ = {**said, "data": (said["data"][0], False)}


def writable(array: np.ndarray) -> np.ndarray:
    """`array` again, on the same memory, as one that may be written to."""
    return np.asarray(_Writable(array))


def _read_capsule(capsule: Any) -> tuple[bool, tuple[int, int]]:
    """(whether it is of the newer kind, the device it names). RuntimeError for what is no capsule, or was read before."""
    import ctypes

    api = ctypes.pythonapi
    api.PyCapsule_IsValid.argtypes = [ctypes.py_object, ctypes.c_char_p]
    api.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    api.PyCapsule_GetPointer.restype = ctypes.c_void_p
    # The newer struct begins with its version (2 × 4 bytes), two pointers and a word of flags; then, in both, comes the
    # tensor: its address (8 bytes), and the kind and number of its device (4 bytes each).
    for name, start in ((b"dltensor_versioned", 32), (b"dltensor", 0)):
        if api.PyCapsule_IsValid(capsule, name):
            found = (ctypes.c_int32 * 2).from_address(api.PyCapsule_GetPointer(capsule, name) + start + 8)
            return start > 0, (found[0], found[1])
    raise RuntimeError(CONSUMED)


def _ask(producer: Any, asked: dict[str, Any]) -> tuple[Any, bool]:
    """(the capsule of `producer`, whether it knew all that was asked): older ones know fewer arguments."""
    for leave_out in ((), ("max_version",), ("max_version", "copy")):
        try:
            return producer.__dlpack__(**{k: v for k, v in asked.items() if k not in leave_out}), "copy" not in leave_out
        except TypeError as error:
            if "argument" not in str(error):
                raise
    return producer.__dlpack__(**({"stream": asked["stream"]} if "stream" in asked else {})), False


def take(producer: Any, place: device | None = None, copy: bool | None = None) -> Any:
    """The array, NumPy's or CuPy's, on the memory of an object with ``__dlpack__``, or of a capsule."""
    made_copy = True
    if hasattr(producer, "__dlpack__"):
        source = tuple(int(n) for n in producer.__dlpack_device__())
        asked: dict[str, Any] = {"max_version": VERSION}
        if copy is not None:
            asked["copy"] = copy
        if source[0] == DLDeviceType.kDLCUDA:
            asked["stream"] = cupy().cuda.get_current_stream().ptr or 1
        capsule, made_copy = _ask(producer, asked)
    else:
        if place is not None or copy is not None:
            raise AssertionError("device and copy kwargs not supported when ext_tensor is already a DLPack capsule.")
        capsule = producer
    knows_read_only, source = _read_capsule(capsule)
    target = None if place is None else as_device(place)
    if source[0] in ON_HOST:
        array = np.from_dlpack(_Handed(capsule, (DLDeviceType.kDLCPU, 0)))
        if not knows_read_only:
            array = writable(array)
    elif source[0] == DLDeviceType.kDLCUDA:
        array = cupy().from_dlpack(_Handed(capsule, source))
    else:
        raise RuntimeError(f"from_dlpack: minitorch has no device for DLPack's device type {source[0]}")
    from_numpy_dtype(array.dtype)  # TypeError for a dtype that no tensor holds
    if any(step < 0 for step in array.strides):
        raise ValueError("from_dlpack: tensors with negative strides are not supported; make a copy of the array first")
    if copy and not made_copy:
        array = array.copy()
    if target is not None and device_of(array) != target and copy is False:
        raise ValueError(
            f"cannot move DLPack tensor from device {device_of(array)} to {target} without copying. Set copy=None or "
            "copy=True."
        )
    return array
