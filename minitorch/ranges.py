"""Rows of numbers between bounds: `arange`, `range`, `linspace`, `logspace`."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from .creation_options import finished, refuse_options
from .device import CPU, as_device, to_device
from .dtype import as_dtype, get_default_dtype
from .tensor import Tensor

__all__ = ["arange", "linspace", "logspace", "range"]


def _check_bounds(start: Any, end: Any, step: Any) -> None:
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"unsupported range: {start} -> {end}")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")


def arange(*args: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False, **extra: Any) -> Tensor:
    """start, start + step, … up to but without end, from ``(end)``, ``(start, end)`` or ``(start, end, step)``.

    int64 if all are ints, else the default float.

    Shapes: (⌈(end − start)/step⌉).
    Errors: RuntimeError for step 0, a step away from end, and bounds that are not finite; TypeError for no number.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.arange.html

    >>> import minitorch as torch
    >>> torch.arange(1, 4)
    tensor([1, 2, 3])
    """
    numbers = [a.item() if isinstance(a, Tensor) else a for a in args]
    start = extra.pop("start", 0)
    if "end" in extra:
        numbers = ([start] if not numbers else numbers) + [extra.pop("end")]
    if len(numbers) == 1:
        numbers = [start, numbers[0]]
    step = numbers[2] if len(numbers) == 3 else extra.pop("step", 1)
    if not 2 <= len(numbers) <= 3:
        raise TypeError(f"arange() takes 1 to 3 positional arguments but {len(args)} were given")
    refuse_options(extra, "arange")
    start, end = numbers[:2]
    for value in (start, end, step):
        if not isinstance(value, int | float | np.number):
            raise TypeError(f"arange(): start, end and step must be numbers, not {type(value).__name__}")
    _check_bounds(start, end, step)
    are_ints = all(isinstance(value, int | np.integer) for value in (start, end, step))
    if dtype is None:
        kind = np.dtype(np.int64) if are_ints else get_default_dtype().numpy
    else:
        kind = as_dtype(dtype).numpy
    if are_ints:
        array = np.arange(start, end, step).astype(kind)
    else:  # in float64, rounded once, as PyTorch does
        array = (start + np.arange(math.ceil((end - start) / step)) * step).astype(kind)
    return finished(to_device(array, as_device(device)), requires_grad, extra.get("pin_memory"))


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
    refuse_options(extra, "range")
    if end is None:
        raise TypeError('range() missing 1 required positional arguments: "end"')
    warnings.warn(
        "torch.range is deprecated and will be removed in a future release because its behavior is inconsistent with "
        "Python's range builtin. Instead, use torch.arange, which produces values in [start, end).",
        stacklevel=2,
    )
    start, end, step = (v.item() if isinstance(v, Tensor) else v for v in (start, end, step))
    _check_bounds(start, end, step)
    kind = (get_default_dtype() if dtype is None else as_dtype(dtype)).numpy
    count = int((end - start) / step) + 1
    array = (start + np.arange(count) * step).astype(kind)
    return finished(to_device(array, CPU if device is None else as_device(device)), requires_grad, extra.get("pin_memory"))


def linspace(
    start: Any, end: Any, steps: int, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, **extra:
    Any
) -> Tensor:
    """`steps` numbers at equal distances from start to end, both included.

    Shapes: (steps).
    Errors: RuntimeError for negative steps; TypeError for steps that are no int, and bounds that are no numbers.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.linspace.html

    >>> import minitorch as torch
    >>> torch.linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    refuse_options(extra, "linspace")
    if not isinstance(steps, int | np.integer):
        raise TypeError(f"linspace(): argument 'steps' must be int, not {type(steps).__name__}")
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    kind = (get_default_dtype() if dtype is None else as_dtype(dtype)).numpy
    start, end = (v.item() if isinstance(v, Tensor) else v for v in (start, end))
    # From both ends towards the middle, in the result's own precision, as PyTorch does.
    work = kind.type if kind.kind == "f" else np.float64
    step = work(end - start) / work(max(steps - 1, 1))
    i = np.arange(steps)
    half = steps // 2
    array = np.where(i < half, work(start) + step * i.astype(work), work(end) - step * (steps - 1 - i).astype(work))
    if steps == 1:
        array = np.array([start])
    return finished(to_device(array.astype(kind), as_device(device)), requires_grad, extra.get("pin_memory"))


def logspace(start: Any, end: Any, steps: int, base: float = 10.0, **kwargs: Any) -> Tensor:
    """base ** linspace(start, end, steps).

    Shapes: (steps).
    Errors: as for `linspace`: RuntimeError for negative steps, TypeError for steps that are no int.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.logspace.html

    >>> import minitorch as torch
    >>> torch.logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    refuse_options({"pin_memory": kwargs.get("pin_memory")}, "logspace")
    is_pinned = kwargs.pop("pin_memory", False)
    result = base ** linspace(start, end, steps, **kwargs)
    return result.pin_memory() if is_pinned else result
