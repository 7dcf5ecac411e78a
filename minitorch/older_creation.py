"""Ways to make a tensor that new programs seldom need: `range`, and memory that another object holds."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from .creation import _finish, _refuse_out
from .device import CPU, as_device, to_device
from .dtype import as_dtype, get_default_dtype
from .tensor import Tensor

__all__ = ["frombuffer", "range"]


def range(
    start: Any = 0, end: Any = None, step: Any = 1, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False, **extra: Any,
) -> Tensor:  # fmt: skip
    """The numbers from start to end, the end included, in steps: floats unless `dtype` says otherwise.

    Deprecated, with a warning that says so: `arange` leaves the end out, as Python's range does.

    Shapes: (⌊(end − start)/step⌋ + 1).
    Errors: TypeError without an end; RuntimeError if the step is 0 or leads away from it.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.range.html

    >>> import minitorch as torch
    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     torch.range(1, 4)
    tensor([1., 2., 3., 4.])
    """
    _refuse_out(extra, "range")
    if end is None:
        raise TypeError('range() missing 1 required positional arguments: "end"')
    warnings.warn(
        "torch.range is deprecated and will be removed in a future release because its behavior is inconsistent with "
        "Python's range builtin. Instead, use torch.arange, which produces values in [start, end).",
        stacklevel=2,
    )
    start, end, step = (v.item() if isinstance(v, Tensor) else v for v in (start, end, step))
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"unsupported range: {start} -> {end}")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    kind = (get_default_dtype() if dtype is None else as_dtype(dtype)).numpy
    count = int((end - start) / step) + 1
    array = (start + np.arange(count) * step).astype(kind)
    return _finish(to_device(array, CPU if device is None else as_device(device)), requires_grad, extra.get("pin_memory"))


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
    return _finish(np.frombuffer(memory, kind, count, offset), requires_grad)
