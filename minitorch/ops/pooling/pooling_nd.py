"""Pooling of signals and volumes by windows of a given size.

Signals (N, C, L) go as images of one row through `max_pool2d` and `avg_pool2d`, as in PyTorch. The operations here are
for any rank, and take inputs with and without the batch's dimension.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, overload

import numpy as np

from ...autograd.op import Op
from ...device import array_module
from ...dtype import int64
from ...tensor import Tensor
from ..checks import refuse, tensor_argument
from ..convolution.windows_nd import Sizes, WindowsNd, by, int_tuple
from ..shape.shape import array_of
from .maxima import LargestNd, Regions
from .pooling import avg_pool2d, max_pool2d

__all__ = ["avg_pool1d", "max_pool1d", "max_pool3d"]  # the other is a function of nn.functional alone


class MaxPool3d(LargestNd, label="MaxPool3DWithIndicesBackward0"):
    """z = the largest element of each window, and its place;  the gradient goes to that place."""

    def __init__(self, windows: WindowsNd, size: Sizes) -> None:
        super().__init__(len(size), size)
        self.windows = windows

    def bordered(self, x: Any, value: float) -> Any:
        return self.windows.padded(x, value)

    def regions(self, xp: Any) -> Regions:
        return self.windows.positions(self.size)


class AvgPool3d(Op, label="AvgPool3DBackward0"):
    """z = Σ window / divisor;  each element of the window gets g / divisor. Linear: its derivative is AvgSpread3d."""

    windows: WindowsNd
    size: Sizes
    divisor: Any
    image_size: tuple[int, ...]

    def __init__(self, windows: WindowsNd, size: Sizes, divisor: Any, image_size: Sizes) -> None:
        self.windows, self.size, self.divisor, self.image_size = windows, size, divisor, tuple(image_size)

    def forward(self, x: Any) -> Any:
        padded = self.windows.padded(x)
        first, *others = self.windows.positions(self.size)
        z = padded[first].copy()
        for where in others:
            z += padded[where]
        return (z / self.divisor).astype(x.dtype, copy=False)

    def backward(self, g: Any) -> Any:
        return AvgSpread3d(self.windows, self.size, self.divisor, self.image_size)(g)


class AvgSpread3d(AvgPool3d, label="AvgPool3DBackwardBackward0"):
    """x' = g / divisor added to every element of its window: the transpose of AvgPool3d."""

    def forward(self, g: Any) -> Any:
        xp = array_module(g)
        share = (g / self.divisor).astype(g.dtype, copy=False)
        lead = g.shape[: g.ndim - len(self.size)]
        out = xp.zeros((*lead, *self.windows.padded_shape(self.image_size)), g.dtype)
        for where in self.windows.positions(self.size):
            out[where] += share
        return xp.ascontiguousarray(out[self.windows.inside(self.image_size)])

    def backward(self, h: Any) -> Any:
        return AvgPool3d(self.windows, self.size, self.divisor, self.image_size)(h)


def _counts(windows: WindowsNd, size: Sizes, sizes: Sizes, pads: Sizes, with_pad: bool) -> Any:
    """How many elements each window's mean is over, in the shape of `size`."""
    counts: Any = 1
    for axis, (n, m, p) in enumerate(zip(sizes, size, pads, strict=True)):
        starts = np.arange(m) * windows.stride[axis] - p
        ends = np.minimum(starts + windows.kernel[axis], n + p)
        if not with_pad:
            starts, ends = np.maximum(starts, 0), np.minimum(ends, n)
        counts = counts * (ends - starts).reshape(-1, *[1] * (len(size) - axis - 1))
    return counts


# ---- what is asked before ------------------------------------------------------------------------------------------------


def check_rank(name: str, n: int, input: Any) -> None:
    tensor_argument(name, input)
    if input.ndim not in (n + 1, n + 2):
        raise RuntimeError(
            f"{name}: Expected {n + 1}D or {n + 2}D (batch mode) tensor (N, C, {', '.join('DHW'[-n:] if n > 1 else 'L')}) "
            f"for input, but got shape {list(input.shape)}"
        )


def _pool_windows(
    name: str, n: int, input: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> tuple[WindowsNd, Sizes]:
    """The windows, and how many along each dimension. In ceil mode the border grows so that the last one fits."""
    check_rank(name, n, input)
    kernel = int_tuple(name, "kernel_size", kernel_size, n)
    strides = kernel if stride is None or (isinstance(stride, list) and not stride) else int_tuple(name, "stride", stride, n)
    pads = int_tuple(name, "padding", padding, n)
    dilations = int_tuple(name, "dilation", dilation, n)
    for word, values in (("kernel_size", kernel), ("stride", strides), ("dilation", dilations)):
        if min(values) <= 0:
            raise RuntimeError(f"{name}: {word} must be greater than zero, but got {values}")
    for k, p, d in zip(kernel, pads, dilations, strict=True):
        if p < 0:
            raise RuntimeError(f"{name}: padding must be non-negative, but got {pads}")
        if p > (d * (k - 1) + 1) // 2:
            raise RuntimeError(
                f"{name}: padding should be at most half of kernel size, but got {p} and kernel_size={k}"
            )
    sizes = input.shape[-n:]
    out, after = [], []
    for size, k, s, p, d in zip(sizes, kernel, strides, pads, dilations, strict=True):
        span = size + 2 * p - d * (k - 1) - 1
        m = (-(-span // s) if ceil_mode else span // s) + 1
        if ceil_mode and (m - 1) * s >= size + p:  # the last window must start inside the input or the border before
            m -= 1
        out.append(m)
        after.append(max(p, (m - 1) * s + d * (k - 1) + 1 - size - p))
    if min(out) < 1:
        raise RuntimeError(
            f"{name}: Given input size: ({by(input.shape[-n - 1 :])}). Calculated output size: "
            f"({by((input.shape[-n - 1], *out))}), for windows of {by(kernel)}. Output size is too small"
        )
    return WindowsNd(kernel, strides, tuple(zip(pads, after, strict=True)), dilations), tuple(out)


def _one_row(name: str, value: Any, other: int) -> tuple[int, int]:
    """A signal's number as an image's pair."""
    return (other, int_tuple(name, "size", value, 1)[0])


# ---- the public functions ------------------------------------------------------------------------------------------------


@overload
def max_pool1d(
    input: Tensor, kernel_size: int | Sequence[int], stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0, dilation: int | Sequence[int] = 1, ceil_mode: bool = False,
    return_indices: Literal[False] = False,
) -> Tensor: ...  # fmt: skip
@overload
def max_pool1d(
    input: Tensor, kernel_size: int | Sequence[int], stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0, dilation: int | Sequence[int] = 1, ceil_mode: bool = False,
    *, return_indices: Literal[True],
) -> tuple[Tensor, Tensor]: ...  # fmt: skip
@overload
def max_pool1d(
    input: Tensor, kernel_size: int | Sequence[int], stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0, dilation: int | Sequence[int] = 1, ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any: ...  # fmt: skip
def max_pool1d(
    input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:  # fmt: skip
    """The largest element of every window of `kernel_size`.

    `stride` is the kernel size unless given. The border counts as −∞. `return_indices` adds where each maximum was.

    Shapes: input (N, C, L) or (C, L) → (N, C, L_out) or (C, L_out). L_out =
    ⌊(L + 2·padding − dilation·(kernel_size−1) − 1)/stride⌋ + 1 (⌈⌉ in `ceil_mode`).
    Errors: RuntimeError for wrong rank, padding over half a kernel, or an empty result; NotImplementedError for
    integers and booleans; TypeError for what is not a tensor, and for sizes that are not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.max_pool1d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.max_pool1d(torch.tensor([[1., 5., 2., 3.]]), 2, return_indices=True)
    (tensor([[5., 3.]]), tensor([[1, 3]]))
    """
    name = "max_pool1d"
    _pool_windows(name, 1, input, kernel_size, stride, padding, dilation, ceil_mode)
    refuse("max_pool1d_impl", input, "biu")
    strides = None if stride is None or (isinstance(stride, list) and not stride) else _one_row(name, stride, 1)
    sizes = _one_row(name, kernel_size, 1), strides, _one_row(name, padding, 0), _one_row(name, dilation, 1)
    result = max_pool2d(input.unsqueeze(-2), *sizes, ceil_mode, return_indices)
    if return_indices:
        return result[0].squeeze(-2), result[1].squeeze(-2)
    return result.squeeze(-2)


@overload
def max_pool3d(
    input: Tensor, kernel_size: int | Sequence[int], stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0, dilation: int | Sequence[int] = 1, ceil_mode: bool = False,
    return_indices: Literal[False] = False,
) -> Tensor: ...  # fmt: skip
@overload
def max_pool3d(
    input: Tensor, kernel_size: int | Sequence[int], stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0, dilation: int | Sequence[int] = 1, ceil_mode: bool = False,
    *, return_indices: Literal[True],
) -> tuple[Tensor, Tensor]: ...  # fmt: skip
@overload
def max_pool3d(
    input: Tensor, kernel_size: int | Sequence[int], stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0, dilation: int | Sequence[int] = 1, ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any: ...  # fmt: skip
def max_pool3d(
    input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:  # fmt: skip
    """The largest element of every window of `kernel_size`; sizes as in `max_pool1d`.

    `return_indices` adds each maximum's place in the flattened volume.

    Shapes: input (N, C, D, H, W) or (C, D, H, W) → (N, C, OD, OH, OW) or (C, OD, OH, OW).
    Errors: RuntimeError for wrong rank, padding over half a kernel, or an empty result; NotImplementedError for
    booleans; TypeError for what is not a tensor, and for sizes that are not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.max_pool3d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.max_pool3d(torch.arange(16.).reshape(1, 2, 2, 4), 2)
    tensor([[[[13., 15.]]]])
    """
    windows, size = _pool_windows("max_pool3d", 3, input, kernel_size, stride, padding, dilation, ceil_mode)
    refuse("max_pool3d", input, "b")
    z, places = MaxPool3d(windows, size)(input)
    return (z, places) if return_indices else z


def avg_pool1d(
    input: Tensor, kernel_size: int | Sequence[int], stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0, ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:  # fmt: skip
    """The mean of every window of `kernel_size`; sizes as in `max_pool1d`.

    The border is 0 and counts unless `count_include_pad=False`; what `ceil_mode` adds beyond it never counts.

    Shapes: input (N, C, L) or (C, L) → (N, C, L_out) or (C, L_out).
    Errors: RuntimeError for wrong rank, padding over half a kernel, or an empty result; NotImplementedError for
    booleans, and integers other than int64; TypeError for what is not a tensor, and for sizes that are not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool1d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.avg_pool1d(torch.tensor([[1., 5., 2., 3.]]), 2)
    tensor([[3.0000, 2.5000]])
    """
    name = "avg_pool1d"
    _pool_windows(name, 1, input, kernel_size, stride, padding, 1, ceil_mode)
    strides = None if stride is None or (isinstance(stride, list) and not stride) else _one_row(name, stride, 1)
    sizes = _one_row(name, kernel_size, 1), strides, _one_row(name, padding, 0)
    return avg_pool2d(input.unsqueeze(-2), *sizes, ceil_mode, count_include_pad).squeeze(-2)


def avg_pool3d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Any:  # fmt: skip
    """The mean of every window of `kernel_size`; arguments as in `avg_pool2d`, sizes as in `max_pool1d`.

    Shapes: input (N, C, D, H, W) or (C, D, H, W) → (N, C, OD, OH, OW) or (C, OD, OH, OW).
    Errors: RuntimeError for wrong rank, padding over half a kernel, an empty result, or a `divisor_override` of 0;
    NotImplementedError for booleans, and integers other than int64; TypeError for what is not a tensor, and for sizes
    that are not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool3d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.avg_pool3d(torch.arange(16.).reshape(1, 2, 2, 4), 2)
    tensor([[[[6.5000, 8.5000]]]])
    """
    windows, size = _pool_windows("avg_pool3d", 3, input, kernel_size, stride, padding, 1, ceil_mode)
    if any(n < k for n, k in zip(input.shape[-3:], windows.kernel, strict=True)):  # padded or not, as in PyTorch
        raise RuntimeError(
            f"avg_pool3d: input of size {list(input.shape)} is smaller than the kernel ({by(windows.kernel)})"
        )
    if divisor_override == 0:
        raise RuntimeError("divisor must be not zero")
    refuse("avg_pool3d_out_frame", input, "b" if input.dtype is int64 else "biu")
    divisor: Any = divisor_override
    if divisor is None:
        pads = int_tuple("avg_pool3d", "padding", padding, 3)
        counts = _counts(windows, size, input.shape[-3:], pads, count_include_pad)
        is_even = (counts == counts.flat[0]).all()
        divisor = int(counts.flat[0]) if is_even else array_module(array_of(input)).asarray(counts)
    return AvgPool3d(windows, size, divisor, input.shape[-3:])(input)
