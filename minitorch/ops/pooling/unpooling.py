"""What is made of pooling, for nn.functional alone: power means, and maxima put back where they were."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...autograd.op import Op
from ...device import array_module
from ...tensor import Tensor
from ..checks import can_look, refuse, tensor_argument
from ..convolution.windows_nd import Sizes, by, int_tuple
from ..elementwise.functions import relu
from ..shape.shape import array_of
from .maxima import FetchAt, rows_of
from .pooling import avg_pool2d, max_pool2d
from .pooling_nd import avg_pool1d, avg_pool3d, max_pool1d, max_pool3d

__all__: list[str] = []  # functions of nn.functional alone


def _power_mean(n: int, input: Any, norm_type: float, kernel_size: Any, stride: Any, ceil_mode: bool) -> Any:
    largest, mean = [(max_pool1d, avg_pool1d), (max_pool2d, avg_pool2d), (max_pool3d, avg_pool3d)][n - 1]
    tensor_argument(f"lp_pool{n}d", input)
    if norm_type == math.inf:
        return largest(input.abs(), kernel_size, stride, 0, 1, ceil_mode)
    if norm_type == -math.inf:
        return -largest(-input.abs(), kernel_size, stride, 0, 1, ceil_mode)
    elements = math.prod(int_tuple(f"lp_pool{n}d", "kernel_size", kernel_size, n))
    out = mean(input.pow(norm_type), kernel_size, stride, 0, ceil_mode)
    return (out.sign() * relu(out.abs())).mul(elements).pow(1.0 / norm_type)


def lp_pool1d(input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Tensor:
    """(Σ xᵖ)^(1/p) over every window of `kernel_size`, with p = `norm_type`; for p = ∞ the largest |x|.

    `kernel_size`, `stride` and `ceil_mode` are those of `avg_pool1d`.

    Shapes: input (N, C, L) or (C, L) → (N, C, L_out) or (C, L_out), sizes as in `max_pool1d`.
    Errors: RuntimeError for wrong rank or an empty result; ZeroDivisionError for p = 0; NotImplementedError for
    integers of which the power is neither floating nor int64; TypeError for what is not a tensor, and for sizes that are not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.lp_pool1d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.lp_pool1d(torch.tensor([[3., 4., 6., 8.]]), 2, 2)
    tensor([[ 5., 10.]])
    """
    return _power_mean(1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Tensor:
    """(Σ xᵖ)^(1/p) over every window of `kernel_size`, with p = `norm_type`; see `lp_pool1d`.

    Shapes: input (N, C, H, W) or (C, H, W) → (N, C, OH, OW) or (C, OH, OW).
    Errors: RuntimeError for wrong rank or an empty result; ZeroDivisionError for p = 0; NotImplementedError for
    integers of which the power is neither floating nor int64; TypeError for what is not a tensor, and for sizes that are not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.lp_pool2d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.lp_pool2d(torch.full((1, 2, 2), 3.), 2, 2)
    tensor([[[6.]]])
    """
    return _power_mean(2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Tensor:
    """(Σ xᵖ)^(1/p) over every window of `kernel_size`, with p = `norm_type`; see `lp_pool1d`.

    Shapes: input (N, C, D, H, W) or (C, D, H, W) → (N, C, OD, OH, OW) or (C, OD, OH, OW).
    Errors: RuntimeError for wrong rank or an empty result; ZeroDivisionError for p = 0; NotImplementedError for
    integers of which the power is neither floating nor int64; TypeError for what is not a tensor, and for sizes that are not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.lp_pool3d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.lp_pool3d(torch.full((1, 2, 2, 2), 2.), 1, 2)
    tensor([[[[16.]]]])
    """
    return _power_mean(3, input, norm_type, kernel_size, stride, ceil_mode)


class MaxUnpool2d(Op, label="MaxUnpool2DBackward0"):
    """z (…, *sizes) = 0 but for z[places] = x;  the gradient is fetched from there."""

    def __init__(self, sizes: Sizes) -> None:
        self.sizes: tuple[int, ...] = tuple(sizes)

    def forward(self, x: Any, places: Any) -> Any:
        xp = array_module(x)
        self.save(places)
        rank = len(self.sizes)
        rows = rows_of(places, rank)
        z = xp.zeros((len(rows), math.prod(self.sizes)), x.dtype)
        z[xp.arange(len(rows))[:, None], rows] = rows_of(x, rank)
        return z.reshape(*x.shape[: x.ndim - rank], *self.sizes)

    def backward(self, g: Any) -> Any:
        (places,) = self.saved
        return FetchAt(len(self.sizes))(g, places), None


class MaxUnpool3d(MaxUnpool2d, label="MaxUnpool3DBackward0"):
    """The same over volumes."""


def _unpooled(
    n: int, input: Any, indices: Any, kernel_size: Any, stride: Any, padding: Any, output_size: Any
) -> Any:  # fmt: skip
    name = f"max_unpool{n}d"
    tensor_argument(name, input)
    tensor_argument(name, indices, "indices", 2)
    if input.ndim not in (n + 1, n + 2):
        raise RuntimeError(f"{name}: Input should be a {n + 1}d or {n + 2}d Tensor, but got shape {list(input.shape)}")
    kernel = int_tuple(name, "kernel_size", kernel_size, n)
    strides = kernel if stride is None else int_tuple(name, "stride", stride, n)
    pads = int_tuple(name, "padding", padding, n)
    sizes = [
        (m - 1) * s + k - 2 * p for m, s, k, p in zip(input.shape[-n:], strides, kernel, pads, strict=True)
    ]  # fmt: skip
    if output_size is not None:
        wanted = list(output_size)
        if len(wanted) == n + 2:
            wanted = wanted[2:]
        if len(wanted) != n:
            raise ValueError(
                f"output_size should be a sequence containing {n} or {n + 2} elements, but it has a length of "
                f"'{len(wanted)}'"
            )
        for d, (size, s) in enumerate(zip(sizes, strides, strict=True)):
            if not size - s < wanted[d] < size + s:
                raise ValueError(
                    f'invalid output_size "{output_size}" (dim {d} must be between {size - s} and {size + s})'
                )
        sizes = wanted
    if min(sizes) < 0:
        raise ValueError(f"{name}: output_size must contain non-negative sizes, but got {sizes}")
    places = array_of(indices)
    if places.dtype != np.int64:
        found = indices.dtype if isinstance(indices, Tensor) else places.dtype
        raise RuntimeError(f"elements in indices should be type int64 but got: {found}")
    if tuple(indices.shape) != tuple(input.shape):
        raise RuntimeError(
            f"Expected shape of indices to be same as that of the input tensor ({list(input.shape)}) but got indices "
            f"tensor with shape: {list(indices.shape)}"
        )
    refuse(f"max_unpool{n}d", input, "biu")
    if places.size and can_look(places) and (places.min() < 0 or places.max() >= math.prod(sizes)):
        wrong = places.min() if places.min() < 0 else places.max()
        raise RuntimeError(f"Found an invalid max index: {int(wrong)} (output volumes are of size {by(sizes)})")
    if n == 1:  # an image of one column, as in PyTorch
        return MaxUnpool2d((*sizes, 1))(input.unsqueeze(-1), indices.unsqueeze(-1)).squeeze(-1)
    return (MaxUnpool2d if n == 2 else MaxUnpool3d)(tuple(sizes))(input, indices)


def max_unpool1d(
    input: Tensor, indices: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> Tensor:  # fmt: skip
    """Zeros with the maxima `input` put back at `indices`, which ``max_pool1d(…, return_indices=True)`` gave.

    `kernel_size`, `stride` and `padding` are that pooling's. Several lengths are pooled to one; `output_size`, less
    than a stride away from the length below, says which is meant.

    Shapes: input (N, C, L) or (C, L), indices alike → (N, C, L_out) or (C, L_out). L_out = (L−1)·stride − 2·padding +
    kernel_size.
    Errors: ValueError for an `output_size` too far away; RuntimeError for wrong rank, for indices of another shape or
    dtype than int64, and for one out of range; NotImplementedError for integers and booleans; TypeError for what is not
    a tensor, and for sizes that are not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.max_unpool1d.html

    >>> import minitorch as torch
    >>> values, places = torch.nn.functional.max_pool1d(torch.tensor([[1., 5., 2., 3.]]), 2, return_indices=True)
    >>> torch.nn.functional.max_unpool1d(values, places, 2)
    tensor([[0., 5., 0., 3.]])
    """
    return _unpooled(1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    input: Tensor, indices: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> Tensor:  # fmt: skip
    """Zeros with the maxima `input` put back where `max_pool2d` took them from; see `max_unpool1d`.

    Shapes: input (N, C, H, W) or (C, H, W), indices alike → (N, C, OH, OW) or (C, OH, OW).
    Errors: ValueError, RuntimeError, NotImplementedError and TypeError as in `max_unpool1d`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.max_unpool2d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.max_unpool2d(torch.tensor([[[7.]]]), torch.tensor([[[2]]]), 2)
    tensor([[[0., 0.],
             [7., 0.]]])
    """
    return _unpooled(2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    input: Tensor, indices: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> Tensor:  # fmt: skip
    """Zeros with the maxima `input` put back where `max_pool3d` took them from; see `max_unpool1d`.

    Shapes: input (N, C, D, H, W) or (C, D, H, W), indices alike → (N, C, OD, OH, OW) or (C, OD, OH, OW).
    Errors: ValueError, RuntimeError, NotImplementedError and TypeError as in `max_unpool1d`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.max_unpool3d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.max_unpool3d(torch.tensor([[[[7.]]]]), torch.tensor([[[[6]]]]), 2)
    tensor([[[[0., 0.],
              [0., 0.]],
    <BLANKLINE>
             [[0., 0.],
              [7., 0.]]]])
    """
    return _unpooled(3, input, indices, kernel_size, stride, padding, output_size)
