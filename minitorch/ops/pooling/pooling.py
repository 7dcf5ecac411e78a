"""Pooling: the maximum or the mean of every window."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, Literal, overload

import numpy as np

from ... import gpu_kernels
from ...arena import empty
from ...autograd.op import Op
from ...device import array_module
from ...dtype import int64
from ...parallel import over_batch
from ...tensor import Tensor, wrap
from ..checks import can_look, int_pair, refuse, tensor_argument
from ..convolution.windows import Windows

__all__ = ["avg_pool2d", "max_pool2d", "max_pool2d_with_indices"]

Pair = tuple[int, int]
Triple = tuple[int, int, int]


def _pool_windows(
    name: str, input: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> tuple[Windows, Pair]:
    """The windows, and (OH, OW). In ceil mode the border is extended so that the last, partial window fits."""
    tensor_argument(name, input)
    if input.ndim not in (3, 4):
        raise RuntimeError(
            f"{name}: Expected 3D or 4D (batch mode) tensor (N, C, H, W) for input, but got shape {list(input.shape)}"
        )
    kernel = int_pair(name, "kernel_size", kernel_size)
    strides = kernel if stride is None or (isinstance(stride, list) and not stride) else int_pair(name, "stride", stride)
    pads = int_pair(name, "padding", padding)
    dilations = int_pair(name, "dilation", dilation)
    return _windows_over(name, tuple(input.shape[-3:]), kernel, strides, pads, dilations, bool(ceil_mode))


@functools.lru_cache(maxsize=1024)  # a net pools images of the same few sizes all the time
def _windows_over(
    name: str, image: Triple, kernel: Pair, strides: Pair, pads: Pair, dilations: Pair, ceil_mode: bool
) -> tuple[Windows, Pair]:
    for word, pair in (("kernel size", kernel), ("stride", strides), ("dilation", dilations)):
        if min(pair) <= 0:
            raise RuntimeError(f"{name}: {word} should be greater than zero, but got {pair}")
    if min(pads) < 0:
        raise RuntimeError("pad must be non-negative")
    for k, p, d in zip(kernel, pads, dilations, strict=True):
        if p > (d * (k - 1) + 1) // 2:
            raise RuntimeError(f"pad should be at most half of effective kernel size, but got pad={p}, kernel_size={k}")
    sizes, after = [], []
    for size, k, s, p, d in zip(image[1:], kernel, strides, pads, dilations, strict=True):
        span = size + 2 * p - d * (k - 1) - 1
        out = (-(-span // s) if ceil_mode else span // s) + 1
        if ceil_mode and (out - 1) * s >= size + p:  # the last window must start inside the image or the border before
            out -= 1
        sizes.append(out)
        after.append(max(p, (out - 1) * s + d * (k - 1) + 1 - size - p))
    if min(sizes) < 1:
        raise RuntimeError(
            f"Given input size: {image}. Calculated output size: "
            f"({image[0]}x{sizes[0]}x{sizes[1]}). Output size is too small"
        )
    padding4 = (pads[0], after[0], pads[1], after[1])
    return Windows(kernel, strides, padding4, dilations), (sizes[0], sizes[1])


def _lowest(dtype: Any) -> Any:
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min


def _bytes_each(x: Any) -> int:
    """What pooling needs for one of a batch: the image, and about as much again for what is made of it."""
    return 2 * x[:1].nbytes if len(x) else 0


class _MaxPoolOp(Op):
    """What the three operations below share. A window's winner is its first largest element, in reading order."""

    windows: Windows
    size: tuple[int, int]

    def __init__(self, windows: Windows, size: tuple[int, int]) -> None:
        self.windows, self.size = windows, size

    def winners(self, padded: Any, out: Any, has_border: bool) -> list[tuple[slice, slice, Any]]:
        """For each kernel position: its pixels (as slices), and where it is the winner of its window."""
        open_ = None  # windows whose winner is not found yet; all of them, to begin with
        found = []
        inside = None
        # On a GPU all ways are gone, which costs less than to wait for the answer whether that is needed.
        if has_border and (not can_look(out) or (out == _lowest(out.dtype)).any()):  # a maximum like the border, which must not win
            inside = self.windows.padded(array_module(out).ones((1, 1, *self._inner(padded)), bool))
        for rows, columns in self.windows.slices(*self.size):
            wins = padded[:, :, rows, columns] == out
            if inside is not None:
                wins &= inside[:, :, rows, columns]
            if open_ is None:
                open_ = ~wins
            else:
                wins &= open_
                open_ ^= wins
            found.append((rows, columns, wins))
        if open_ is not None and (not can_look(open_) or open_.any()):  # nan equals nothing, itself neither; the window's last one wins
            for rows, columns, wins in reversed(found):
                pixels = padded[:, :, rows, columns]
                is_nan = (pixels != pixels) & open_
                wins |= is_nan
                open_ ^= is_nan
        return found

    def _inner(self, padded: Any) -> tuple[int, int]:
        top, bottom, left, right = self.windows.padding
        return padded.shape[2] - top - bottom, padded.shape[3] - left - right


class MaxPool2d(_MaxPoolOp, label="MaxPool2DWithIndicesBackward0"):
    """z = the largest element of each window;  the gradient goes to the winner, where the value came from.

    No index is kept: the winners are found again from x and z, which costs less than storing one number each.
    """

    def forward(self, x: Any) -> Any:
        if gpu_kernels.present(x) and x.size:
            z = gpu_kernels.largest(self.windows, x, self.size)
            self.save(x, z)
            return z
        xp = array_module(x)
        z = empty(x, (*x.shape[:2], *self.size))
        rows, columns = self.windows.row_slices(self.size[0]), self.windows.column_slices(self.size[1])

        def compute(part: Any) -> None:
            padded = self.windows.padded(x[part], _lowest(x.dtype))
            # The largest of each window's columns first, for whole rows: those lie in one piece.
            tallest = padded[:, :, rows[0]]
            for where in rows[1:]:
                tallest = xp.maximum(tallest, padded[:, :, where])
            if len(columns) == 1:
                z[part] = tallest[..., columns[0]]
                return
            out = z[part]
            xp.maximum(tallest[..., columns[0]], tallest[..., columns[1]], out=out)
            for where in columns[2:]:
                xp.maximum(out, tallest[..., where], out=out)

        over_batch(compute, x, _bytes_each(x))
        self.save(x, z)
        return z

    def backward(self, g: Any) -> Any:
        x, z = self.saved
        return MaxPoolScatter(self.windows, self.size)(g, x, z)


class MaxPoolScatter(_MaxPoolOp):
    """Puts the values of g at the winners, 0 elsewhere: linear in g, its derivative is MaxPoolGather."""

    def forward(self, g: Any, x: Any, z: Any) -> Any:
        self.save(x, z)
        if gpu_kernels.present(g) and g.size:
            return gpu_kernels.to_winners(self.windows, g, x, z)
        xp = array_module(g)
        out, zero = empty(g, x.shape), g.dtype.type(0)

        def compute(part: Any) -> None:
            values = g[part]
            has_infinite = not (can_look(values) and xp.isfinite(values).all())  # ∞·0 is nan
            padded = self.windows.padded(x[part], _lowest(x.dtype))
            is_inside = padded.shape == x[part].shape
            target = out[part] if is_inside else empty(g, padded.shape)
            if not self.windows.tile(target.shape[2], target.shape[3], *self.size):
                target[...] = 0
            for rows, columns, wins in self.winners(padded, z[part], not is_inside):
                pixels = target[:, :, rows, columns]
                if has_infinite:
                    sent = xp.where(wins, values, zero)
                    pixels[...] = pixels + sent if self.windows.overlap else sent
                elif self.windows.overlap:
                    pixels += values * wins
                else:
                    xp.multiply(values, wins, out=pixels)
            if not is_inside:
                out[part] = self.windows.unpadded(target)

        over_batch(compute, x, _bytes_each(x))
        return out

    def backward(self, h: Any) -> Any:
        x, z = self.saved
        return MaxPoolGather(self.windows, self.size)(h, x, z), None, None


class MaxPoolGather(_MaxPoolOp):
    """Fetches the values of h at the winners: linear in h, its derivative is MaxPoolScatter."""

    def forward(self, h: Any, x: Any, z: Any) -> Any:
        self.save(x, z)
        padded_x, padded_h = self.windows.padded(x, _lowest(x.dtype)), self.windows.padded(h)
        out = array_module(h).zeros(z.shape, h.dtype)
        for rows, columns, wins in self.winners(padded_x, z, padded_x is not x):
            out += array_module(h).where(wins, padded_h[:, :, rows, columns], h.dtype.type(0))
        return out

    def backward(self, g: Any) -> Any:
        x, z = self.saved
        return MaxPoolScatter(self.windows, self.size)(g, x, z), None, None



@overload
def max_pool2d(
    input: Tensor, kernel_size: int | Sequence[int], stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0, dilation: int | Sequence[int] = 1, ceil_mode: bool = False,
    return_indices: Literal[False] = False,
) -> Tensor: ...  # fmt: skip
@overload
def max_pool2d(
    input: Tensor, kernel_size: int | Sequence[int], stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0, dilation: int | Sequence[int] = 1, ceil_mode: bool = False,
    *, return_indices: Literal[True],
) -> tuple[Tensor, Tensor]: ...  # fmt: skip
@overload
def max_pool2d(
    input: Tensor, kernel_size: int | Sequence[int], stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0, dilation: int | Sequence[int] = 1, ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any: ...  # fmt: skip
def max_pool2d(
    input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:  # fmt: skip
    """The largest element of every window of `kernel_size`.

    `stride` is the kernel size unless given. The border counts as −∞, so it never wins; of equal elements the first
    wins. `return_indices` adds each winner's place in the flattened image.

    Shapes: input (N, C, H, W) or (C, H, W) → (N, C, OH, OW) or (C, OH, OW). OH =
    ⌊(H + 2·padding − dilation·(KH−1) − 1)/stride⌋ + 1 (⌈⌉ in `ceil_mode`), OW alike.
    Errors: RuntimeError for wrong rank, padding over half a kernel, or an empty result; NotImplementedError for
    booleans; TypeError for what is not a tensor, and for sizes that are not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.max_pool2d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.max_pool2d(torch.arange(16.).reshape(1, 1, 4, 4), 2)
    tensor([[[[ 5.,  7.],
              [13., 15.]]]])
    """
    tensor_argument("max_pool2d", input)
    refuse("max_pool2d", input, "b")
    windows, size = _pool_windows("max_pool2d", input, kernel_size, stride, padding, dilation, ceil_mode)
    x = input.unsqueeze(0) if input.ndim == 3 else input
    z = MaxPool2d(windows, size)(x)
    if not return_indices:
        return z.squeeze(0) if input.ndim == 3 else z
    indices = wrap(_winner_indices(x._array, z._array, windows, size))
    return (z.squeeze(0), indices.squeeze(0)) if input.ndim == 3 else (z, indices)


def max_pool2d_with_indices(
    input: Tensor, kernel_size: int | Sequence[int], stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0, dilation: int | Sequence[int] = 1, ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """`max_pool2d(…, return_indices=True)`.

    Shapes: input (N, C, H, W) or (C, H, W) → (N, C, OH, OW), (N, C, OH, OW) or (C, OH, OW), (C, OH, OW), the maxima and
    their places.
    Errors: RuntimeError, NotImplementedError and TypeError as in `max_pool2d`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.max_pool2d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.max_pool2d_with_indices(torch.arange(4.).reshape(1, 2, 2), 2)
    (tensor([[[3.]]]), tensor([[[3]]]))
    """
    return max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode, return_indices=True)


def _winner_indices(x: Any, z: Any, windows: Windows, size: tuple[int, int]) -> Any:
    xp = array_module(x)
    h, w = x.shape[2:]
    padded = windows.padded(x, _lowest(x.dtype))
    inside = windows.padded(xp.ones((1, 1, h, w), bool))
    place = windows.padded(xp.arange(h * w).reshape(1, 1, h, w))
    out = xp.zeros(z.shape, np.int64)
    found = xp.zeros(z.shape, bool)
    for rows, columns in windows.slices(*size):
        pixels = padded[:, :, rows, columns]
        is_nan = pixels != pixels  # a nan beats everything, the last of them stays
        wins = (((pixels == z) & ~found) | is_nan) & inside[:, :, rows, columns]
        out = xp.where(wins, place[:, :, rows, columns], out)
        found |= wins
    return out


class AvgPool2d(Op, label="AvgPool2DBackward0"):
    """z = Σ window / divisor;  each element of the window gets g / divisor. Linear: its derivative is AvgSpread."""

    windows: Windows
    size: tuple[int, int]
    divisor: Any
    image_size: tuple[int, ...]

    def __init__(self, windows: Windows, size: tuple[int, int], divisor: Any, image_size: tuple[int, ...]) -> None:
        self.windows, self.size, self.divisor, self.image_size = windows, size, divisor, tuple(image_size)

    def forward(self, x: Any) -> Any:
        padded = self.windows.padded(x)
        first, *others = self.windows.slices(*self.size)
        z = padded[:, :, first[0], first[1]].copy()
        for rows, columns in others:
            z += padded[:, :, rows, columns]
        return (z / self.divisor).astype(x.dtype, copy=False)

    def backward(self, g: Any) -> Any:
        return AvgSpread(self.windows, self.size, self.divisor, self.image_size)(g)


class AvgSpread(AvgPool2d, label="AvgPool2DBackwardBackward0"):
    """x' = g / divisor added to every element of its window: the transpose of AvgPool2d."""

    def forward(self, g: Any) -> Any:
        top, bottom, left, right = self.windows.padding
        h, w = self.image_size
        share = (g / self.divisor).astype(g.dtype, copy=False)
        out = array_module(g).zeros((*g.shape[:2], h + top + bottom, w + left + right), g.dtype)
        for rows, columns in self.windows.slices(*self.size):
            out[:, :, rows, columns] += share
        return self.windows.unpadded(out)

    def backward(self, h: Any) -> Any:
        return AvgPool2d(self.windows, self.size, self.divisor, self.image_size)(h)



def avg_pool2d(
    input: Tensor, kernel_size: int | Sequence[int], stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Tensor:  # fmt: skip
    """The mean of every window of `kernel_size`.

    The border is 0 and counts as elements unless `count_include_pad=False`; what `ceil_mode` adds beyond it never
    counts. `divisor_override` divides by that number instead. A mean of integers is an integer, rounded toward zero.

    Shapes: input (N, C, H, W) or (C, H, W) → (N, C, OH, OW) or (C, OH, OW), sizes as in `max_pool2d`.
    Errors: RuntimeError for wrong rank, padding over half a kernel, an empty result, or a `divisor_override` of 0;
    NotImplementedError for booleans, and integers other than int64; TypeError for what is not a tensor, and for sizes
    that are not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool2d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.avg_pool2d(torch.arange(16.).reshape(1, 1, 4, 4), 2)
    tensor([[[[ 2.5000,  4.5000],
              [10.5000, 12.5000]]]])
    """
    windows, size = _pool_windows("avg_pool2d", input, kernel_size, stride, padding, 1, ceil_mode)
    if divisor_override is not None and divisor_override == 0:
        raise RuntimeError("divisor must be not zero")
    pads = int_pair("avg_pool2d", "padding", padding)
    x = input.unsqueeze(0) if input.ndim == 3 else input
    refuse("avg_pool2d", x, "b" if x.dtype is int64 else "biu")
    xp = array_module(getattr(x, "_array", x))
    divisor = divisor_override
    if divisor is None:
        counts = _counts(x.shape[2:], windows, size, pads, count_include_pad)
        divisor = int(counts.flat[0]) if (counts == counts.flat[0]).all() else xp.asarray(counts)
    z = AvgPool2d(windows, size, divisor, x.shape[2:])(x)
    return z.squeeze(0) if input.ndim == 3 else z


def _counts(image: Any, windows: Windows, size: tuple[int, int], pads: tuple[int, int], with_pad: bool) -> Any:
    """How many elements each window's mean is over, (OH, OW)."""
    per_axis = []
    for axis in range(2):
        starts = np.arange(size[axis]) * windows.stride[axis] - pads[axis]
        ends = np.minimum(starts + windows.kernel[axis], image[axis] + pads[axis])
        if not with_pad:
            starts, ends = np.maximum(starts, 0), np.minimum(ends, image[axis])
        per_axis.append(ends - starts)
    return np.outer(*per_axis)
