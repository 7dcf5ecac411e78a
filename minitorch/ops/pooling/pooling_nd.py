"""Pooling of signals and volumes, pooling to a given size, and what undoes maxima.

Signals (N, C, L) go as images of one row through `max_pool2d` and `avg_pool2d`, as in PyTorch. The operations here are
for any rank, and take inputs with and without the batch's dimension. Maxima are kept as places: the number of an element
in its flattened channel. Taking elements from places, and adding elements at places, are each other's derivative.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any, Literal, overload

import numpy as np

from ...autograd.op import Op
from ...device import array_module
from ...dtype import int64
from ...tensor import Tensor
from ..checks import refuse, tensor_argument
from ..convolution.windows_nd import Sizes, WindowsNd, by, int_tuple
from ..indexing.indexing import scatter_sum
from ..resampling.taps import resample_node, window_bounds, window_means
from ..shape.shape import array_of
from .pooling import _lowest, avg_pool2d, max_pool2d

# The other pools are functions of nn.functional alone.
__all__ = ["adaptive_avg_pool1d", "avg_pool1d", "max_pool1d", "max_pool3d"]

Regions = list[tuple[Any, ...]]  # for each position in a window, the index of the elements it meets


# ---- elements from places, elements at places --------------------------------------------------------------------------


def _rows(x: Any, rank: int) -> Any:
    """(…, *sizes) as (channels, elements)."""
    lead = x.ndim - rank
    return x.reshape(math.prod(x.shape[:lead]), math.prod(x.shape[lead:]))


class FetchAt(Op):
    """z = the elements of x at `places`;  the gradient is added at those places."""

    def __init__(self, rank: int) -> None:
        self.rank = rank

    def forward(self, x: Any, places: Any) -> Any:
        self.sizes: tuple[int, ...] = x.shape[x.ndim - self.rank :]
        self.save(places)
        fetched = array_module(x).take_along_axis(_rows(x, self.rank), _rows(places, self.rank), 1)
        return fetched.reshape(places.shape)

    def backward(self, g: Any) -> Any:
        (places,) = self.saved
        return PlaceAt(self.sizes)(g, places), None


class PlaceAt(Op):
    """z (…, *sizes) = 0, and the elements of x added at `places`;  the gradient is fetched from there."""

    def __init__(self, sizes: Sizes) -> None:
        self.sizes: tuple[int, ...] = tuple(sizes)

    def forward(self, x: Any, places: Any) -> Any:
        self.save(places)
        rank = len(self.sizes)
        lead = x.shape[: x.ndim - rank]
        rows = _rows(places, rank)
        number = array_module(x).arange(len(rows))[:, None]
        shape = (len(rows), math.prod(self.sizes))
        return scatter_sum(shape, (number, rows), _rows(x, rank)).reshape(*lead, *self.sizes)

    def backward(self, g: Any) -> Any:
        (places,) = self.saved
        return FetchAt(len(self.sizes))(g, places), None


# ---- maxima --------------------------------------------------------------------------------------------------------------


class _LargestNd(Op):
    """z = the largest element of each window, and its place;  the gradient goes to that place.

    Of equal elements the first wins, of several nan the last, as in PyTorch.
    """

    rank: int
    size: Sizes

    def __init__(self, rank: int, size: Sizes) -> None:
        self.rank, self.size = rank, size

    def bordered(self, x: Any, value: float) -> Any:
        return x

    def regions(self, xp: Any) -> Regions:
        raise NotImplementedError

    def forward(self, x: Any) -> Any:
        xp = array_module(x)
        lead = x.shape[: x.ndim - self.rank]
        self.sizes: tuple[int, ...] = x.shape[x.ndim - self.rank :]
        padded = self.bordered(x, _lowest(x.dtype))
        numbers = self.bordered(xp.arange(math.prod(self.sizes)).reshape(self.sizes), -1)
        z = xp.full((*lead, *self.size), _lowest(x.dtype), x.dtype)
        places = xp.full(z.shape, -1, np.int64)
        for region in self.regions(xp):
            values, place = padded[region], numbers[region]
            wins = (values > z) | (values != values) | ((places < 0) & (place >= 0))
            xp.copyto(z, values, where=wins)
            xp.copyto(places, xp.broadcast_to(place, places.shape), where=wins)
        self.save(places)
        return z, places

    def backward(self, g: Any, _: Any = None) -> Any:
        (places,) = self.saved
        return PlaceAt(self.sizes)(g, places)


class MaxPool3d(_LargestNd, label="MaxPool3DWithIndicesBackward0"):
    """z = the largest element of each window, and its place;  the gradient goes to that place."""

    def __init__(self, windows: WindowsNd, size: Sizes) -> None:
        super().__init__(len(size), size)
        self.windows = windows

    def bordered(self, x: Any, value: float) -> Any:
        return self.windows.padded(x, value)

    def regions(self, xp: Any) -> Regions:
        return self.windows.positions(self.size)


class AdaptiveMaxPool2d(_LargestNd, label="AdaptiveMaxPool2DBackward0"):
    """z = the largest element of each of `size` windows that cover x evenly, and its place;  the gradient goes there."""

    def regions(self, xp: Any) -> Regions:
        per_axis = []
        for axis, (n, m) in enumerate(zip(self.sizes, self.size, strict=True)):
            starts, ends = window_bounds(n, m)
            # Shorter windows meet their last element again, which changes no maximum.
            meets = [np.minimum(starts + k, ends - 1) for k in range(int((ends - starts).max(initial=0)))]
            per_axis.append([xp.asarray(k).reshape(-1, *[1] * (self.rank - axis - 1)) for k in meets])
        return [(..., *indices) for indices in itertools.product(*per_axis)]


class AdaptiveMaxPool3d(AdaptiveMaxPool2d, label="AdaptiveMaxPool3DBackward0"):
    """The same over volumes."""


class MaxUnpool2d(Op, label="MaxUnpool2DBackward0"):
    """z (…, *sizes) = 0 but for z[places] = x;  the gradient is fetched from there."""

    def __init__(self, sizes: Sizes) -> None:
        self.sizes: tuple[int, ...] = tuple(sizes)

    def forward(self, x: Any, places: Any) -> Any:
        xp = array_module(x)
        self.save(places)
        rank = len(self.sizes)
        rows = _rows(places, rank)
        z = xp.zeros((len(rows), math.prod(self.sizes)), x.dtype)
        z[xp.arange(len(rows))[:, None], rows] = _rows(x, rank)
        return z.reshape(*x.shape[: x.ndim - rank], *self.sizes)

    def backward(self, g: Any) -> Any:
        (places,) = self.saved
        return FetchAt(len(self.sizes))(g, places), None


class MaxUnpool3d(MaxUnpool2d, label="MaxUnpool3DBackward0"):
    """The same over volumes."""


# ---- means ---------------------------------------------------------------------------------------------------------------


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


def _check_rank(name: str, n: int, input: Any) -> None:
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
    _check_rank(name, n, input)
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


def _adaptive_size(name: str, n: int, input: Any, output_size: Any) -> Sizes:
    _check_rank(name, n, input)
    if isinstance(output_size, tuple | list):
        if len(output_size) != n:
            raise RuntimeError(f"{name}: output_size must be {n} numbers, but got {output_size!r}")
        if n > 1:
            output_size = [m if k is None else k for k, m in zip(output_size, input.shape[-n:], strict=True)]
    size = int_tuple(name, "output_size", output_size, n)
    if min(size) < 0:
        raise RuntimeError(f"{name}: elements of output_size must be greater than or equal to 0 but received {size}")
    for d in range(input.ndim - n, input.ndim):
        if input.shape[d] == 0:
            raise RuntimeError(
                f"{name}(): Expected input to have non-zero size for non-batch dimensions, but input has sizes "
                f"{list(input.shape)} with dimension {d} being empty"
            )
    return size


def _adaptive_mean(name: str, n: int, input: Any, output_size: Any) -> Any:
    size = _adaptive_size(name, n, input, output_size)
    refuse(name, input, "biu")
    if max(size) == min(size) == 1:
        return input.mean(tuple(range(-n, 0)), keepdim=True)
    taps = {d - n: window_means(input.shape[d - n], m) for d, m in enumerate(size)}
    return resample_node(f"AdaptiveAvgPool{n}D")(taps)(input)


def adaptive_avg_pool1d(input: Tensor, output_size: int | Sequence[int]) -> Tensor:
    """The means of `output_size` windows that cover the input evenly.

    Window k goes from ⌊k·L/output_size⌋ to ⌈(k+1)·L/output_size⌉; neighbours overlap where the sizes do not divide.

    Shapes: input (N, C, L) or (C, L) → (N, C, L_out) or (C, L_out). L_out = `output_size`.
    Errors: RuntimeError for wrong rank, an `output_size` out of range, or an empty input; NotImplementedError for
    integers and booleans; TypeError for what is not a tensor, and for an `output_size` that is not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool1d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.adaptive_avg_pool1d(torch.tensor([[1., 2., 6.]]), 2)
    tensor([[1.5000, 4.0000]])
    """
    (size,) = _adaptive_size("adaptive_avg_pool1d", 1, input, output_size)
    return _adaptive_mean("adaptive_avg_pool2d", 2, input.unsqueeze(-2), (1, size)).squeeze(-2)


def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """The means of `output_size` windows that cover the input evenly; see `adaptive_avg_pool1d`.

    `output_size` is a number or a pair; None in the pair keeps the input's size.

    Shapes: input (N, C, H, W) or (C, H, W) → (N, C, OH, OW) or (C, OH, OW). (OH, OW) = `output_size`.
    Errors: RuntimeError for wrong rank, an `output_size` out of range, or an empty input; NotImplementedError for
    integers and booleans; TypeError for what is not a tensor, and for an `output_size` that is not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool2d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.adaptive_avg_pool2d(torch.arange(12.).reshape(1, 3, 4), (1, 2))
    tensor([[[4.5000, 6.5000]]])
    """
    return _adaptive_mean("adaptive_avg_pool2d", 2, input, output_size)


def adaptive_avg_pool3d(input: Tensor, output_size: Any) -> Tensor:
    """The means of `output_size` windows that cover the input evenly.

    Windows as in `adaptive_avg_pool1d`; `output_size` is a number or a triple, in which None keeps the input's size.

    Shapes: input (N, C, D, H, W) or (C, D, H, W) → (N, C, OD, OH, OW) or (C, OD, OH, OW). (OD, OH, OW) =
    `output_size`.
    Errors: RuntimeError for wrong rank, an `output_size` out of range, or an empty input; NotImplementedError for
    integers and booleans; TypeError for what is not a tensor, and for an `output_size` that is not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool3d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.adaptive_avg_pool3d(torch.arange(16.).reshape(1, 2, 2, 4), (1, 1, 2))
    tensor([[[[6.5000, 8.5000]]]])
    """
    return _adaptive_mean("adaptive_avg_pool3d", 3, input, output_size)


@overload
def adaptive_max_pool1d(input: Tensor, output_size: Any, return_indices: Literal[False] = False) -> Tensor: ...
@overload
def adaptive_max_pool1d(input: Tensor, output_size: Any, return_indices: Literal[True]) -> tuple[Tensor, Tensor]: ...
@overload
def adaptive_max_pool1d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any: ...
def adaptive_max_pool1d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The maxima of `output_size` windows that cover the input evenly; see `adaptive_avg_pool1d`.

    With `return_indices` a pair: the maxima, and where they were.

    Shapes: input (N, C, L) or (C, L) → (N, C, L_out) or (C, L_out). L_out = `output_size`.
    Errors: RuntimeError for wrong rank, an `output_size` out of range, or an empty input; NotImplementedError for
    integers and booleans; TypeError for what is not a tensor, and for an `output_size` that is not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool1d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.adaptive_max_pool1d(torch.tensor([[1., 2., 6.]]), 2)
    tensor([[2., 6.]])
    """
    (size,) = _adaptive_size("adaptive_max_pool1d", 1, input, output_size)
    z, places = adaptive_max_pool2d(input.unsqueeze(-2), (1, size), return_indices=True)
    return (z.squeeze(-2), places.squeeze(-2)) if return_indices else z.squeeze(-2)


def _adaptive_max(op: type[AdaptiveMaxPool2d], n: int, input: Any, output_size: Any, return_indices: bool) -> Any:
    size = _adaptive_size(f"adaptive_max_pool{n}d", n, input, output_size)
    refuse(f"adaptive_max_pool{n}d", input, "biu")
    z, places = op(n, size)(input)
    return (z, places) if return_indices else z


@overload
def adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: Literal[False] = False) -> Tensor: ...
@overload
def adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: Literal[True]) -> tuple[Tensor, Tensor]: ...
@overload
def adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any: ...
def adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The maxima of `output_size` windows that cover the input evenly.

    Windows as in `adaptive_avg_pool1d`; with `return_indices` also each maximum's place in the flattened image.

    Shapes: input (N, C, H, W) or (C, H, W) → (N, C, OH, OW) or (C, OH, OW). (OH, OW) = `output_size`.
    Errors: RuntimeError for wrong rank, an `output_size` out of range, or an empty input; NotImplementedError for
    integers and booleans; TypeError for what is not a tensor, and for an `output_size` that is not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool2d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.adaptive_max_pool2d(torch.arange(12.).reshape(1, 3, 4), (None, 1))
    tensor([[[ 3.],
             [ 7.],
             [11.]]])
    """
    return _adaptive_max(AdaptiveMaxPool2d, 2, input, output_size, return_indices)


@overload
def adaptive_max_pool3d(input: Tensor, output_size: Any, return_indices: Literal[False] = False) -> Tensor: ...
@overload
def adaptive_max_pool3d(input: Tensor, output_size: Any, return_indices: Literal[True]) -> tuple[Tensor, Tensor]: ...
@overload
def adaptive_max_pool3d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any: ...
def adaptive_max_pool3d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The maxima of `output_size` windows that cover the input evenly.

    Windows as in `adaptive_avg_pool1d`; with `return_indices` also each maximum's place in the flattened volume.

    Shapes: input (N, C, D, H, W) or (C, D, H, W) → (N, C, OD, OH, OW) or (C, OD, OH, OW). (OD, OH, OW) =
    `output_size`.
    Errors: RuntimeError for wrong rank, an `output_size` out of range, or an empty input; NotImplementedError for
    integers and booleans; TypeError for what is not a tensor, and for an `output_size` that is not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool3d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.adaptive_max_pool3d(torch.arange(16.).reshape(1, 2, 2, 4), 1)
    tensor([[[[15.]]]])
    """
    return _adaptive_max(AdaptiveMaxPool3d, 3, input, output_size, return_indices)
