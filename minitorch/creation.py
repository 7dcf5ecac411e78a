"""Tensors out of nothing: of one value, the identity, the places of a triangle."""

from __future__ import annotations

from typing import Any

import numpy as np

from .creation_options import finished, refuse_options, size_of
from .device import CPU, as_device, device_of, module_for, signed, to_device
from .dtype import as_dtype, from_numpy_dtype, get_default_dtype
from .incoming import new_array
from .tensor import Tensor

__all__ = [
    "empty", "empty_like", "empty_strided", "eye", "full", "full_like", "ones", "ones_like", "scalar_tensor",
    "tril_indices", "triu_indices", "zeros", "zeros_like",
]  # fmt: skip


def _filled(
    name: str, size: Any, value: Any, dtype: Any, device: Any, requires_grad: bool, extra: dict[str, Any]
) -> Tensor:
    refuse_options(extra, name)
    place = as_device(device)
    kind = get_default_dtype() if dtype is None else as_dtype(dtype)
    array = module_for(place).full(size_of(size), value, dtype=kind.numpy)
    if place is not CPU and signed(value, array) is not value:
        array[...] = signed(value, array)
    return finished(array, requires_grad, extra.get("pin_memory"))


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
    refuse_options(extra, name)
    own = device_of(t._array)
    place = own if device is None else as_device(device)
    kind = t.dtype if dtype is None else as_dtype(dtype)
    # Dimensions lie in memory in the order in which those of `t` do.
    is_expanded = any(step == 0 and n > 1 for step, n in zip(t._array.strides, t._array.shape, strict=True))
    order = "C" if is_expanded or str(extra.get("memory_format")) == "torch.contiguous_format" else "K"
    array = module_for(own).full_like(t._array, value, dtype=kind.numpy, order=order)
    if place is not own and place != own:
        array = to_device(array, place)
    return finished(array, requires_grad, extra.get("pin_memory"))


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
    refuse_options(extra, "eye")
    for size in (n, n if m is None else m):
        if not isinstance(size, int | np.integer):
            raise TypeError(f"eye(): the sizes must be ints, not {type(size).__name__}")
        if size < 0:
            raise RuntimeError(f"n must be greater or equal to 0, got {size}")
    place = as_device(device)
    kind = get_default_dtype() if dtype is None else as_dtype(dtype)
    return finished(module_for(place).eye(n, m, dtype=kind.numpy), requires_grad, extra.get("pin_memory"))


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
    refuse_options(extra, "empty_strided")
    sizes, steps = size_of((size,)), tuple(stride)
    if len(sizes) != len(steps):
        raise RuntimeError(f"mismatch in length of strides and shape: {list(sizes)} and {list(steps)}")
    if any(step < 0 for step in steps):
        raise RuntimeError(f"empty_strided: negative strides are not supported, got {list(steps)}")
    kind = (get_default_dtype() if dtype is None else as_dtype(dtype)).numpy
    xp = module_for(as_device(device))
    count = 0 if 0 in sizes else 1 + sum((n - 1) * step for n, step in zip(sizes, steps, strict=True))
    memory = xp.zeros(count, dtype=kind)
    array = xp.lib.stride_tricks.as_strided(memory, sizes, tuple(step * kind.itemsize for step in steps))
    return finished(array, requires_grad, extra.get("pin_memory"))


def _whole(name: str, argument: str, position: int, value: Any) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        kind = type(value).__name__
        raise TypeError(f"{name}(): argument '{argument}' (position {position}) must be int, not {kind}")
    return value.__index__()


def _triangle(name: str, row: int, col: int, offset: int, dtype: Any, device: Any, extra: dict[str, Any]) -> Tensor:
    refuse_options(extra, name)
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
    return finished(xp.stack(found.nonzero()).astype(kind.numpy), False, extra.get("pin_memory"))


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
