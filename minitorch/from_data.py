"""Tensors out of data: numbers, sequences, arrays and buffers that are no tensors yet."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .creation_options import finished, refuse_options
from .device import as_device, chosen_device, device_of, to_device
from .dtype import as_dtype, get_default_dtype
from .incoming import check_numpy, new_array, shared
from .tensor import Tensor, wrap

__all__ = ["as_tensor", "asarray", "from_numpy", "frombuffer", "tensor"]


def tensor(
    data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False
) -> Tensor:
    """A new tensor holding a copy of `data`: a number, nested sequences, an array or a tensor.

    Python floats become the default dtype (float32), ints int64, bools bool; arrays keep theirs.

    Shapes: nested sequences give one dimension for each level, a number ().
    Errors: ValueError for ragged nesting, TypeError for strings, RuntimeError for integers that require gradients.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.tensor.html

    >>> import minitorch as torch
    >>> torch.tensor([[1., 2.], [3., 4.]])
    tensor([[1., 2.],
            [3., 4.]])
    """
    refuse_options({"pin_memory": pin_memory}, "tensor")
    array = new_array(data, None if dtype is None else as_dtype(dtype))
    place = chosen_device() if device is None else as_device(device)
    if place is None:
        place = device_of(array)
    return finished(to_device(array, place), requires_grad, pin_memory)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """`data` as a tensor, sharing its memory if it is an array or a tensor that already fits.

    Arrays of other libraries are shared if they speak DLPack or have an array interface, on the CPU or of CUDA.

    Shapes: that of `data`.
    Errors: as for `tensor`: ValueError for ragged nesting, RuntimeError for objects that hold no numbers.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.as_tensor.html

    >>> import minitorch as torch, numpy as np
    >>> array = np.zeros(2)
    >>> torch.as_tensor(array)[0] = 5
    >>> array
    array([5., 0.])
    """
    result = data if isinstance(data, Tensor) else _sharing(data)
    if result is None:
        return tensor(data, dtype=dtype, device=device)
    if dtype is not None:
        result = result.to(as_dtype(dtype))
    place = chosen_device() if device is None else as_device(device)
    return result if place is None else result.to(place)


def _sharing(data: Any) -> Tensor | None:
    """A tensor on the memory of an array, NumPy's or another library's; None if `data` is not one, or must be copied."""
    if isinstance(data, np.ndarray):
        return from_numpy(data)
    array = shared(data)
    if isinstance(array, np.ndarray):
        return from_numpy(array) if array.flags.writeable or hasattr(data, "__dlpack__") else None
    return None if array is None else wrap(array)


def asarray(
    obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None, requires_grad: bool | None = None
) -> Tensor:
    """`obj` as a tensor: of a tensor or an array that already fits, the same memory, unless `copy` is True.

    Of an object with a buffer (a bytearray, an array.array), too: as with `frombuffer`, its bytes are read as `dtype`,
    the default one unless told otherwise. A tensor keeps its history unless `requires_grad` is False.

    Shapes: that of `obj`.
    Errors: ValueError with ``copy=False`` where memory cannot be shared; RuntimeError for objects without numbers.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.asarray.html

    >>> import minitorch as torch, numpy as np
    >>> torch.asarray(np.array([1, 2])), torch.asarray([1, 2], dtype=torch.float64)
    (tensor([1, 2]), tensor([1., 2.], dtype=torch.float64))
    """
    given = obj if isinstance(obj, Tensor) else _sharing(obj)
    if given is None and not hasattr(obj, "__array__") and _is_buffer(obj):
        given = frombuffer(obj, dtype=get_default_dtype() if dtype is None else dtype)
    is_shared = given is not None
    if given is None:
        if copy is False:
            raise ValueError("can't alias arbitrary sequence into a tensor.")
        given = tensor(obj, dtype=dtype, device=device)
    kind = given.dtype if dtype is None else as_dtype(dtype)
    place = (chosen_device() if device is None else as_device(device)) or given.device
    if copy is False and kind is not given.dtype:
        raise ValueError(
            f"can't alias tensor with dtype '{given.dtype.type_name}' into dtype '{kind.type_name}'."
        )
    if copy is False and place != given.device:
        raise ValueError(f"can't alias tensor from device '{given.device}' to '{place}'.")
    result = given.to(place, kind)
    if copy and is_shared and result is given:
        result = result.clone()
    if requires_grad is None or bool(requires_grad) == result.requires_grad:
        return result
    return result.detach().requires_grad_() if requires_grad else result.detach()


def _is_buffer(data: Any) -> bool:
    try:
        memoryview(data)
    except TypeError:
        return False
    return True


def from_numpy(ndarray: np.ndarray) -> Tensor:
    """A tensor that shares the memory of a NumPy array.

    A read-only array gives a warning, and a tensor that refuses to be changed in place.

    Shapes: that of `ndarray`.
    Errors: TypeError for no array, or a dtype no tensor holds; ValueError for negative strides, foreign byte order.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.from_numpy.html

    >>> import minitorch as torch, numpy as np
    >>> torch.from_numpy(np.array([1, 2]))
    tensor([1, 2])
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    check_numpy(ndarray)
    if any(step < 0 for step in ndarray.strides):
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative strides are not "
            "currently supported. (You can probably work around this by making a copy of your array with array.copy().)"
        )
    if not ndarray.flags.writeable:
        warnings.warn(
            "The given NumPy array is not writable: a tensor on it cannot be changed in place. Copy the array first "
            "(array.copy()) if it has to be.",
            stacklevel=2,
        )
    return wrap(ndarray.view(np.ndarray))  # an array object of its own: the shape of either may be set


def frombuffer(
    buffer: Any, *, dtype: Any, count: int = -1, offset: int = 0, requires_grad: bool = False
) -> Tensor:
    """A one-dimensional tensor on the memory of a Python object such as a bytearray: `count` elements (−1: all).

    It begins `offset` bytes in. Memory that must not be written to (bytes) gives a warning, and here a tensor that
    refuses to be changed in place.

    Shapes: (count), or all elements that fit.
    Errors: ValueError for an object without a buffer, and for a count or an offset that does not fit.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.frombuffer.html

    >>> import minitorch as torch
    >>> torch.frombuffer(bytearray([1, 0, 2, 0]), dtype=torch.int16)
    tensor([1, 2], dtype=torch.int16)
    """
    kind = as_dtype(dtype).numpy
    try:
        memory = memoryview(buffer).cast("B")
    except TypeError:
        raise ValueError("object does not implement Python buffer protocol.") from None
    n = memory.nbytes
    if n == 0 or count == 0:
        raise ValueError(f"both buffer length ({n}) and count ({count}) must not be 0")
    if not 0 <= offset < n:
        raise ValueError(
            f"offset ({offset} bytes) must be non-negative and no greater than buffer length ({n} bytes) minus 1"
        )
    if count > 0 and offset + count * kind.itemsize > n:
        raise ValueError(
            f"requested buffer length ({count} * {kind.itemsize} bytes) after offset ({offset} bytes) must not be "
            f"greater than actual buffer length ({n} bytes)"
        )
    if count < 0 and (n - offset) % kind.itemsize:
        raise ValueError(
            f"buffer length ({n - offset} bytes) after offset ({offset} bytes) must be a multiple of element size "
            f"({kind.itemsize})"
        )
    if memory.readonly:
        warnings.warn(
            "The given buffer is not writable: a tensor on it cannot be changed in place. Copy the buffer first "
            "(bytearray(buffer)) if it has to be.",
            stacklevel=2,
        )
    return finished(np.frombuffer(memory, kind, count, offset), requires_grad)
