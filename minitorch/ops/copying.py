"""Overwriting a tensor's values."""

from __future__ import annotations

from typing import Any

from ..autograd import views
from ..autograd.grad_mode import mode
from ..autograd.op import Op
from ..device import array_module, device_of, signed, to_device
from ..tensor import Tensor
from ..tensor import wrap as wrap_array
from ..types import Number
from .checks import number, tensor_argument, zeros_like

__all__ = ["copy_", "detach", "detach_", "fill"]


class Overwrite(Op, label="CopyBackwards"):
    """z = value, broadcast to x's shape and in x's dtype;  ∂z/∂x = 0, ∂z/∂value = 1."""

    def forward(self, x: Any, value: Any) -> Any:
        out = array_module(x).empty_like(x)
        out[...] = signed(value, x)
        return out

    def backward(self, g: Any) -> Any:
        return zeros_like(g), g


def copy_(input: Tensor, src: Any) -> Tensor:
    """Overwrite `input` with `src`, a tensor (cast, broadcast, fetched from its device) or a number; returns `input`.

    Shapes: src broadcasts to the input's; the result is the input.
    Errors: RuntimeError for a `src` that does not broadcast; TypeError for one that is neither a tensor nor a number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.copy_.html

    >>> import minitorch as torch
    >>> torch.zeros(2).copy_(torch.tensor([1, 2]))
    tensor([1., 2.])
    """
    is_tensor = isinstance(src, Tensor)
    if is_tensor:
        shape, target = src._array.shape, input._array.shape
        if len(shape) > len(target) or any(n not in (1, m) for n, m in zip(reversed(shape), reversed(target), strict=False)):
            raise RuntimeError(
                f"The expanded size of the tensor {list(target)} must match the existing size {list(shape)}: "
                "the source does not broadcast to the tensor it is copied into"
            )
    else:
        src = number("fill_", src)
    if mode.enabled and (input.requires_grad or (is_tensor and src.requires_grad)):
        input._check_inplace()
        place = input.device
        out = Overwrite()(input, src.to(place) if is_tensor else src)
        return input._update(out, *([src] if is_tensor else []), is_one_value=not is_tensor or src is input)
    if not is_tensor or src is input:
        array = src._array if is_tensor else signed(src, input._array)
        input._write(array, is_one_value=True)
        return input
    views.check_overlap(input._array, src._array)
    input._write(to_device(src._array, device_of(input._array)))
    return input


class FillScalar(Overwrite, label="FillBackward2"):
    """z = a number everywhere;  ∂z/∂x = 0."""


class FillTensor(Overwrite, label="FillBackward3"):
    """z = a 0-d tensor's value everywhere;  ∂z/∂x = 0, ∂z/∂value = 1."""


def fill_(input: Tensor, value: Any) -> Tensor:
    """Overwrite every value of `input` with a number or a 0-d tensor's value: ``Tensor.fill_``.

    >>> import minitorch as torch
    >>> torch.zeros(2).fill_(3)
    tensor([3., 3.])
    """
    is_tensor = isinstance(value, Tensor)
    if not is_tensor:
        value = number("fill_", value)
    elif value._array.ndim:
        raise RuntimeError(f"fill_ only supports 0-dimension value tensor but got tensor with {value.ndim} dimensions.")
    if mode.enabled and (input.requires_grad or (is_tensor and value.requires_grad)):
        input._check_inplace()
        op = FillTensor() if is_tensor else FillScalar()
        return input._update(op(input, value.to(input.device) if is_tensor else value), is_one_value=not is_tensor)
    return copy_(input, value)


class FilledScalar(Overwrite, label="FillBackward0"):
    """z = a number everywhere;  ∂z/∂x = 0."""


class FilledTensor(Overwrite, label="FillBackward1"):
    """z = a 0-d tensor's value everywhere;  ∂z/∂x = 0, ∂z/∂value = 1."""


def fill(input: Tensor, value: Tensor | Number) -> Tensor:
    """A tensor like `input` with a number, or a 0-d tensor's value, everywhere.

    Shapes: any, and a value of shape (); the result has the input's.
    Errors: RuntimeError for a value with dimensions; TypeError for an input that is not a tensor, and a value that is
    no number either.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.fill_.html

    >>> import minitorch as torch
    >>> torch.fill(torch.zeros(2), 3)
    tensor([3., 3.])
    """
    tensor_argument("fill", input)
    if not isinstance(value, Tensor):
        return FilledScalar()(input, number("fill", value))
    if value._array.ndim:
        raise RuntimeError(f"fill only supports 0-dimension value tensor but got tensor with {value.ndim} dimensions.")
    return FilledTensor()(input, value.to(input.device))


def detach(input: Tensor) -> Tensor:
    """`minitorch.Tensor.detach` as a function: a tensor with the same memory and no history.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.detach.html

    >>> import minitorch as torch
    >>> torch.detach(torch.ones(1, requires_grad=True))
    tensor([1.])
    """
    tensor_argument("detach", input)
    return input.detach()


def detach_(input: Tensor) -> Tensor:
    """`minitorch.Tensor.detach_` as a function: the tensor itself forgets its history.

    Shapes: any; the result is the input, and has the input's.
    Errors: RuntimeError for a view, whose history is its base's; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.detach_.html

    >>> import minitorch as torch
    >>> torch.detach_(torch.ones(1, requires_grad=True) * 2)
    tensor([2.])
    """
    tensor_argument("detach_", input)
    return input.detach_()


def fill_diagonal_(input: Tensor, value: Any, wrap: bool = False) -> Tensor:
    """Overwrite the diagonal of `input` with a number: ``Tensor.fill_diagonal_``.

    All dimensions are equal, or there are two; in a matrix with more rows than columns, `wrap` starts the diagonal anew
    after one row. RuntimeError for other shapes.

    >>> import minitorch as torch
    >>> torch.zeros(2, 3).fill_diagonal_(5)
    tensor([[5., 0., 0.],
            [0., 5., 0.]])
    """
    shape = input._array.shape
    if len(shape) < 2:
        raise RuntimeError("dimensions must larger than 1")
    if len(shape) > 2 and len(set(shape)) > 1:
        raise RuntimeError("all dimensions of input must be of equal length")
    if isinstance(value, Tensor):
        value = value.item()
    xp = array_module(input._array)
    n, columns = min(shape), shape[-1]
    mask = xp.zeros(shape, dtype=bool)
    if len(shape) == 2 and wrap and shape[0] > columns:
        mask.reshape(-1)[:: columns + 1] = True
    else:
        mask[(xp.arange(n),) * len(shape)] = True
    return input.masked_fill_(wrap_array(mask), value)
