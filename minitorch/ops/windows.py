"""Sliding windows over images: their geometry, their columns, and the way back.

Convolution becomes one matrix product once every window is laid out as a column: W (O × C·KH·KW) times the columns
(C·KH·KW × positions). Laying them out is the expensive part, a copy of every window. At stride 1 a trick makes the
copied runs long: compute the output at the input's full width. Then the values that kernel position (i, j) meets, for
all output rows at once, are one contiguous run of the flattened image, starting at i·W + j. The last KW−1 columns of
each output row come out meaningless (the window has wrapped around) and are dropped.

    image (H·W flattened)   0 1 2 3 | 4 5 6 7 | 8 9 …        W = 4, kernel 2×2
    position (0,0) meets    0 1 2 3   4 5 6
    position (0,1) meets      1 2 3   4 5 6 7
    position (1,0) meets              4 5 6 7   8 9 10       ✗ marks wrapped outputs, dropped:
    position (1,1) meets                5 6 7   8 9 10 11    o o o ✗ o o o
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..device import array_module, strided_view

# Columns are made for this many bytes of images at a time, so that they are still in the cache when they are used.
CHUNK_BYTES = 1 << 20


def output_size(size: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    """⌊(size + padding − dilation·(kernel−1) − 1) / stride⌋ + 1, with the padding of both sides together."""
    return (size + padding - dilation * (kernel - 1) - 1) // stride + 1


@dataclass(frozen=True)
class Windows:
    """How a kernel of KH×KW goes over an image of H×W: padding is (top, bottom, left, right)."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int, int, int]
    dilation: tuple[int, int]

    @property
    def overlap(self) -> bool:
        """Whether two windows may share a pixel."""
        return any(s < d * (k - 1) + 1 for s, d, k in zip(self.stride, self.dilation, self.kernel, strict=True))

    def output_shape(self, height: int, width: int) -> tuple[int, int]:
        """(OH, OW) for an image of height × width."""
        top, bottom, left, right = self.padding
        return (
            output_size(height, self.kernel[0], self.stride[0], top + bottom, self.dilation[0]),
            output_size(width, self.kernel[1], self.stride[1], left + right, self.dilation[1]),
        )

    def padded(self, x: Any, value: float = 0) -> Any:
        """x (N, C, H, W) with its border; x itself where there is none."""
        top, bottom, left, right = self.padding
        if not any(self.padding):
            return x
        n, c, h, w = x.shape
        xp = array_module(x)
        shape = (n, c, h + top + bottom, w + left + right)
        out = xp.zeros(shape, x.dtype) if value == 0 else xp.full(shape, value, x.dtype)
        out[:, :, top : top + h, left : left + w] = x
        return out

    def unpadded(self, x: Any) -> Any:
        """The inside of a padded image: what `padded` put a border around."""
        top, bottom, left, right = self.padding
        return x[:, :, top : x.shape[2] - bottom, left : x.shape[3] - right]

    def slices(self, out_h: int, out_w: int) -> list[tuple[slice, slice]]:
        """For every kernel position, row by row, the pixels of the padded image that it meets, as two slices."""
        (kh, kw), (sh, sw), (dh, dw) = self.kernel, self.stride, self.dilation
        return [
            (
                slice(i * dh, i * dh + (out_h - 1) * sh + 1, sh),
                slice(j * dw, j * dw + (out_w - 1) * sw + 1, sw),
            )
            for i in range(kh)
            for j in range(kw)
        ]

    def run(self, width: int, out_h: int, out_w: int) -> tuple[int, int]:
        """(width of a computed output row, length of one position's run in the columns) for a padded image's width."""
        if self.stride == (1, 1):
            return width, (out_h - 1) * width + out_w
        return out_w, out_h * out_w

    def columns(self, x: Any, out_h: int, out_w: int) -> Any:
        """The windows of a padded x (n, C, H, W) as columns (n, C·KH·KW, run); see the head of this file."""
        xp = array_module(x)
        n, c, _, w = x.shape
        (kh, kw), (sh, sw), (dh, dw) = self.kernel, self.stride, self.dilation
        _, run = self.run(w, out_h, out_w)
        if self.stride == (1, 1):
            x = xp.ascontiguousarray(x)  # a run goes on from one row into the next
            s_n, s_c, s_h, s_w = x.strides
            shape, strides = (n, c, kh, kw, run), (s_n, s_c, dh * s_h, dw * s_w, s_w)
        else:
            s_n, s_c, s_h, s_w = x.strides
            shape = (n, c, kh, kw, out_h, out_w)
            strides = (s_n, s_c, dh * s_h, dw * s_w, sh * s_h, sw * s_w)
        windows = strided_view(x, shape, strides)
        return xp.ascontiguousarray(windows).reshape(n, c * kh * kw, run)

    def add_columns(self, columns: Any, x: Any, out_h: int, out_w: int) -> None:
        """Add every column entry to the pixel of the padded x (n, C, H, W) it came from: the transpose of `columns`."""
        n, c, h, w = x.shape
        kh, kw = self.kernel
        if self.stride == (1, 1):
            _, run = self.run(w, out_h, out_w)
            pieces = columns.reshape(n, c, kh, kw, run)
            flat = x.reshape(n, c, h * w)
            dh, dw = self.dilation
            for i in range(kh):
                for j in range(kw):
                    start = i * dh * w + j * dw
                    flat[:, :, start : start + run] += pieces[:, :, i, j]
            return
        pieces = columns.reshape(n, c, kh * kw, out_h, out_w)
        for k, (rows, cols) in enumerate(self.slices(out_h, out_w)):
            x[:, :, rows, cols] += pieces[:, :, k]

    def chunk(self, channels: int, run: int, itemsize: int) -> int:
        """How many images' columns fit the cache."""
        return max(1, CHUNK_BYTES // max(1, channels * self.kernel[0] * self.kernel[1] * run * itemsize))
