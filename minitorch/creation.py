"""Functions that make tensors out of nothing, or out of data that is not a tensor yet."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np

from .device import (
    CPU,
    as_device,
    chosen_device,
    cuda_is_available,
    device_of,
    module_for,
    pinned,
    signed,
    to_device,
)
from .dtype import as_dtype, from_numpy_dtype, get_default_dtype
from .incoming import check_numpy, new_array, shared
from .tensor import Tensor, wrap

__all__ = [
    "arange", "as_tensor", "asarray", "empty", "empty_like", "empty_strided", "eye", "from_numpy", "full", "full_like",
    "linspace", "logspace", "ones", "ones_like", "scalar_tensor", "tensor", "tril_indices", "triu_indices", "zeros",
    "zeros_like",
]  # fmt: skip


def _finish(array: Any, requires_grad: bool, pin_memory: Any = False) -> Tensor:
    t = wrap(pinned(array) if pin_memory else array)
    if requires_grad:
        t.requires_grad_()
    return t


def _size(size: tuple[Any, ...]) -> tuple[int, ...]:
    if len(size) == 1 and not isinstance(size[0], int | np.integer | Tensor):
        if isinstance(size[0], str) or not isinstance(size[0], Iterable):
            raise TypeError(f"argument 'size' (position 1) must be tuple of ints, not {type(size[0]).__name__}")
        size = tuple(size[0])
    result: tuple[int, ...] = ()
    for i, n in enumerate(size):
        try:
            result += (n.__index__(),)
        except (TypeError, AttributeError):
            found = f"found element of type {type(n).__name__} at pos {i}"
            raise TypeError(f"argument 'size' must be tuple of ints, but {found}") from None
    for n in result:
        if n < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {n}: {list(result)}")
    return result


NO_PINNED_MEMORY = (
    "pin_memory=True requires a CUDA or other accelerator backend; no pinned memory allocator is available on this system."
)
OPTIONS = {
    "out": (),
    "layout": ("torch.strided",),
    "pin_memory": ("True",),
    "memory_format": ("torch.contiguous_format", "torch.preserve_format"),
}


def _refuse_out(kwargs: dict[str, Any], name: str) -> None:
    """NotImplementedError for an option that changes something here, TypeError for one that PyTorch does not know.

    RuntimeError for `pin_memory` without a GPU; with one, it is the caller's to do.
    """
    if kwargs.get("pin_memory") and not cuda_is_available():
        raise RuntimeError(NO_PINNED_MEMORY)
    for key, value in kwargs.items():
        if key not in OPTIONS:
            raise TypeError(f"{name}() got an unexpected keyword argument '{key}'")
        if value is not None and value is not False and str(value) not in OPTIONS[key]:
            raise NotImplementedError(f"minitorch's {name}() does not support {key}={value}")


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
    _refuse_out({"pin_memory": pin_memory}, "tensor")
    array = new_array(data, None if dtype is None else as_dtype(dtype))
    place = chosen_device() if device is None else as_device(device)
    if place is None:
        place = device_of(array)
    return _finish(to_device(array, place), requires_grad, pin_memory)


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
        from .older_creation import frombuffer  # a room above this one

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


def _filled(
    name: str, size: Any, value: Any, dtype: Any, device: Any, requires_grad: bool, extra: dict[str, Any]
) -> Tensor:
    _refuse_out(extra, name)
    place = as_device(device)
    kind = get_default_dtype() if dtype is None else as_dtype(dtype)
    array = module_for(place).full(_size(size), value, dtype=kind.numpy)
    if place is not CPU and signed(value, array) is not value:
        array[...] = signed(value, array)
    return _finish(array, requires_grad, extra.get("pin_memory"))


def zeros(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False, **extra: Any) -> Tensor:
    """A tensor of zeros of the given size.

    Shapes: `size`, as ints or one sequence of them.
    Errors: RuntimeError for a negative size; TypeError for one that is no int, and for an unknown argument.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.zeros.html

    >>> import minitorch as torch
    >>> torch.zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    size = (extra.pop("size"),) if "size" in extra else size
    return _filled("zeros", size, 0, dtype, device, requires_grad, extra)


def ones(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False, **extra: Any) -> Tensor:
    """A tensor of ones of the given size.

    Shapes: `size`, as ints or one sequence of them.
    Errors: RuntimeError for a negative size; TypeError for one that is no int, and for an unknown argument.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.ones.html

    >>> import minitorch as torch
    >>> torch.ones(3, dtype=torch.int64)
    tensor([1, 1, 1])
    """
    size = (extra.pop("size"),) if "size" in extra else size
    return _filled("ones", size, 1, dtype, device, requires_grad, extra)


def empty(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False, **extra: Any) -> Tensor:
    """A tensor of the given size whose values are not set (here they are zeros, so that runs repeat).

    Shapes: `size`, as ints or one sequence of them.
    Errors: RuntimeError for a negative size; TypeError for one that is no int, and for an unknown argument.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.empty.html

    >>> import minitorch as torch
    >>> torch.empty(2, 3).shape
    torch.Size([2, 3])
    """
    size = (extra.pop("size"),) if "size" in extra else size
    return _filled("empty", size, 0, dtype, device, requires_grad, extra)


def full(
    size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, **extra: Any
) -> Tensor:
    """A tensor of the given size, filled with one number, in that number's dtype unless told otherwise.

    Shapes: `size`, a sequence of ints.
    Errors: RuntimeError for a negative size; TypeError for one that is no sequence, or no number to fill it with.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.full.html

    >>> import minitorch as torch
    >>> torch.full((2,), 7)
    tensor([7, 7])
    """
    if not isinstance(size, tuple | list):
        raise TypeError(f"full(): argument 'size' (position 1) must be tuple of ints, not {type(size).__name__}")
    value = _number("full", fill_value)
    if dtype is None:
        kind = from_numpy_dtype(new_array(value, None).dtype)
    else:
        kind = as_dtype(dtype)
    return _filled("full", (size,), value, kind, device, requires_grad, extra)


def _number(name: str, value: Any) -> Any:
    value = value.item() if isinstance(value, Tensor | np.generic) else value
    if isinstance(value, complex):
        raise TypeError(f"{name}(): complex numbers are not supported, but fill_value is {value}")
    if not isinstance(value, bool | int | float):
        raise TypeError(f"{name}(): argument 'fill_value' must be Number, not {type(value).__name__}")
    return value


def _like(
    name: str, t: Tensor, value: Any, dtype: Any, device: Any, requires_grad: bool, extra: dict[str, Any]
) -> Tensor:
    if not isinstance(t, Tensor):
        raise TypeError(f"{name}(): argument 'input' (position 1) must be Tensor, not {type(t).__name__}")
    _refuse_out(extra, name)
    own = device_of(t._array)
    place = own if device is None else as_device(device)
    kind = t.dtype if dtype is None else as_dtype(dtype)
    # Dimensions lie in memory in the order in which those of `t` do.
    is_expanded = any(step == 0 and n > 1 for step, n in zip(t._array.strides, t._array.shape, strict=True))
    order = "C" if is_expanded or str(extra.get("memory_format")) == "torch.contiguous_format" else "K"
    array = module_for(own).full_like(t._array, value, dtype=kind.numpy, order=order)
    if place is not own and place != own:
        array = to_device(array, place)
    return _finish(array, requires_grad, extra.get("pin_memory"))


def zeros_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, **extra: Any
) -> Tensor:
    """Zeros in the size, dtype and place of `input`.

    Shapes: that of `input`.
    Errors: TypeError for an `input` that is no tensor.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.zeros_like.html

    >>> import minitorch as torch
    >>> torch.zeros_like(torch.tensor([1, 2]))
    tensor([0, 0])
    """
    return _like("zeros_like", input, 0, dtype, device, requires_grad, extra)


def ones_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, **extra: Any
) -> Tensor:
    """Ones in the size, dtype and place of `input`.

    Shapes: that of `input`.
    Errors: TypeError for an `input` that is no tensor.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.ones_like.html

    >>> import minitorch as torch
    >>> torch.ones_like(torch.tensor([5., 6.]))
    tensor([1., 1.])
    """
    return _like("ones_like", input, 1, dtype, device, requires_grad, extra)


def empty_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, **extra: Any
) -> Tensor:
    """A tensor in the size, dtype and place of `input`, values not set.

    Shapes: that of `input`.
    Errors: TypeError for an `input` that is no tensor.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.empty_like.html

    >>> import minitorch as torch
    >>> torch.empty_like(torch.ones(2, 2)).shape
    torch.Size([2, 2])
    """
    return _like("empty_like", input, 0, dtype, device, requires_grad, extra)


def full_like(
    input: Tensor, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, **extra: Any
) -> Tensor:
    """One number in the size, dtype and place of `input`.

    Shapes: that of `input`.
    Errors: TypeError for an `input` that is no tensor, and for a `fill_value` that is no number.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.full_like.html

    >>> import minitorch as torch
    >>> torch.full_like(torch.zeros(2), 3)
    tensor([3., 3.])
    """
    return _like("full_like", input, _number("full_like", fill_value), dtype, device, requires_grad, extra)


def scalar_tensor(s: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A 0-d tensor of the default dtype.

    Shapes: ().
    Errors: TypeError for what is no number.
    Source: PyTorch's `torch.scalar_tensor`, which has no page.

    >>> import minitorch as torch
    >>> torch.scalar_tensor(2)
    tensor(2.)
    """
    return full((), s, dtype=dtype or get_default_dtype(), device=device, requires_grad=requires_grad)


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
    _refuse_out(extra, "arange")
    start, end = numbers[:2]
    for value in (start, end, step):
        if not isinstance(value, int | float | np.number):
            raise TypeError(f"arange(): start, end and step must be numbers, not {type(value).__name__}")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"unsupported range: {start} -> {end}")
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    if dtype is None:
        ints = all(isinstance(n, int | np.integer) for n in (start, end, step))
        kind = np.dtype(np.int64) if ints else get_default_dtype().numpy
    else:
        kind = as_dtype(dtype).numpy
    n = -int(-((end - start) / step) // 1) if not isinstance((end - start) / step, int) else 0
    if all(isinstance(v, int | np.integer) for v in (start, end, step)):
        array = np.arange(start, end, step).astype(kind)
    else:
        array = (start + np.arange(n) * step).astype(kind)  # in float64, rounded once, as PyTorch does
    return _finish(to_device(array, as_device(device)), requires_grad, extra.get("pin_memory"))


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
    _refuse_out(extra, "linspace")
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
    return _finish(to_device(array.astype(kind), as_device(device)), requires_grad, extra.get("pin_memory"))


def logspace(start: Any, end: Any, steps: int, base: float = 10.0, **kwargs: Any) -> Tensor:
    """base ** linspace(start, end, steps).

    Shapes: (steps).
    Errors: as for `linspace`: RuntimeError for negative steps, TypeError for steps that are no int.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.logspace.html

    >>> import minitorch as torch
    >>> torch.logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    _refuse_out({"pin_memory": kwargs.get("pin_memory")}, "logspace")
    is_pinned = kwargs.pop("pin_memory", False)
    result = base ** linspace(start, end, steps, **kwargs)
    return result.pin_memory() if is_pinned else result


def eye(
    n: int, m: int | None = None, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, **extra: Any
) -> Tensor:
    """The n×m matrix with ones on the diagonal.

    Shapes: (n, m), with m = n unless given.
    Errors: RuntimeError for a negative size; TypeError for one that is no int.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.eye.html

    >>> import minitorch as torch
    >>> torch.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    _refuse_out(extra, "eye")
    for size in (n, n if m is None else m):
        if not isinstance(size, int | np.integer):
            raise TypeError(f"eye(): the sizes must be ints, not {type(size).__name__}")
        if size < 0:
            raise RuntimeError(f"n must be greater or equal to 0, got {size}")
    place = as_device(device)
    kind = get_default_dtype() if dtype is None else as_dtype(dtype)
    return _finish(module_for(place).eye(n, m, dtype=kind.numpy), requires_grad, extra.get("pin_memory"))


def empty_strided(
    size: Any, stride: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, **extra: Any
) -> Tensor:
    """A tensor of the given size and strides (in elements), values not set.

    Shapes: `size`.
    Errors: RuntimeError for lengths that differ, and for negative strides.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.empty_strided.html

    >>> import minitorch as torch
    >>> torch.empty_strided((2, 3), (1, 2)).stride()
    (1, 2)
    """
    _refuse_out(extra, "empty_strided")
    sizes, steps = _size((size,)), tuple(stride)
    if len(sizes) != len(steps):
        raise RuntimeError(f"mismatch in length of strides and shape: {list(sizes)} and {list(steps)}")
    if any(step < 0 for step in steps):
        raise RuntimeError(f"empty_strided: negative strides are not supported, got {list(steps)}")
    kind = (get_default_dtype() if dtype is None else as_dtype(dtype)).numpy
    xp = module_for(as_device(device))
    count = 0 if 0 in sizes else 1 + sum((n - 1) * step for n, step in zip(sizes, steps, strict=True))
    memory = xp.zeros(count, dtype=kind)
    array = xp.lib.stride_tricks.as_strided(memory, sizes, tuple(step * kind.itemsize for step in steps))
    return _finish(array, requires_grad, extra.get("pin_memory"))


def _whole(name: str, argument: str, position: int, value: Any) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        kind = type(value).__name__
        raise TypeError(f"{name}(): argument '{argument}' (position {position}) must be int, not {kind}")
    return value.__index__()


def _triangle(name: str, row: int, col: int, offset: int, dtype: Any, device: Any, extra: dict[str, Any]) -> Tensor:
    _refuse_out(extra, name)
    row, col, offset = [
        _whole(name, argument, position, n)
        for position, (argument, n) in enumerate((("row", row), ("col", col), ("offset", offset)), 1)
    ]
    for what, n in (("row", row), ("col", col)):
        if n < 0:
            raise RuntimeError(f"{name}: {what} must be non-negative, got {n}")
    kind = as_dtype(dtype)
    if kind.category != 1:
        raise NotImplementedError(f"\"{name}\" not implemented for '{kind.type_name}'")
    xp = module_for(as_device(device))
    is_lower = name == "tril_indices"
    below = xp.tri(row, col, offset if is_lower else offset - 1, dtype=bool)
    found = below if is_lower else ~below
    return _finish(xp.stack(found.nonzero()).astype(kind.numpy), False, extra.get("pin_memory"))


def tril_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = int, device: Any = None, **extra: Any
) -> Tensor:
    """The places of the lower triangle of a row × col matrix: a row of row numbers above one of column numbers.

    The triangle ends `offset` diagonals above the main one.

    Shapes: (2, number of places).
    Errors: TypeError for what is no int, RuntimeError for a negative size.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.tril_indices.html

    >>> import minitorch as torch
    >>> torch.tril_indices(2, 2)
    tensor([[0, 1, 1],
            [0, 0, 1]])
    """
    return _triangle("tril_indices", row, col, offset, dtype, device, extra)


def triu_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = int, device: Any = None, **extra: Any
) -> Tensor:
    """The places of the upper triangle of a row × col matrix: a row of row numbers above one of column numbers.

    The triangle starts `offset` diagonals above the main one.

    Shapes: (2, number of places).
    Errors: TypeError for what is no int, RuntimeError for a negative size.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.triu_indices.html

    >>> import minitorch as torch
    >>> torch.triu_indices(2, 2)
    tensor([[0, 0, 1],
            [0, 1, 1]])
    """
    return _triangle("triu_indices", row, col, offset, dtype, device, extra)
