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

The way back adds up, for each pixel, one entry of each position's run, the runs shifted against each other by the same
offsets. A view does the shifting: with runs laid end to end, each followed by zeros up to the image's size, a step to
the next run that is shorter by the offset makes all the entries of one pixel a column of the view. Its sum is one call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...arena import empty
from ...device import array_module, strided_view


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
        shape = (n, c, h + top + bottom, w + left + right)
        out = empty(x, shape)
        out[...] = value
        out[:, :, top : top + h, left : left + w] = x
        return out

    def unpadded(self, x: Any) -> Any:
        """The inside of a padded image: what `padded` put a border around."""
        top, bottom, left, right = self.padding
        return x[:, :, top : x.shape[2] - bottom, left : x.shape[3] - right]

    def turned(self) -> Windows:
        """At stride 1, how a kernel turned by half a turn goes over the output to meet what each pixel was part of."""
        reach = [d * (k - 1) for d, k in zip(self.dilation, self.kernel, strict=True)]
        top, bottom, left, right = self.padding
        return Windows(
            self.kernel,
            (1, 1),
            (reach[0] - top, reach[0] - bottom, reach[1] - left, reach[1] - right),
            self.dilation,
        )

    def row_slices(self, out_h: int) -> list[slice]:
        """For every row of the kernel the rows of the padded image that it meets."""
        (kh, _), (step, _), (gap, _) = self.kernel, self.stride, self.dilation
        return [slice(i * gap, i * gap + (out_h - 1) * step + 1, step) for i in range(kh)]

    def column_slices(self, out_w: int) -> list[slice]:
        """For every column of the kernel the columns of the padded image that it meets."""
        (_, kw), (_, step), (_, gap) = self.kernel, self.stride, self.dilation
        return [slice(j * gap, j * gap + (out_w - 1) * step + 1, step) for j in range(kw)]

    def slices(self, out_h: int, out_w: int) -> list[tuple[slice, slice]]:
        """For every kernel position, row by row, the pixels of the padded image that it meets, as two slices."""
        columns = self.column_slices(out_w)
        return [(rows, where) for rows in self.row_slices(out_h) for where in columns]

    def tile(self, height: int, width: int, out_h: int, out_w: int) -> bool:
        """Whether each pixel of a padded image of that size is in exactly one window."""
        return self.kernel == self.stride == (height // out_h, width // out_w) and self.dilation == (1, 1) and (
            (height % out_h, width % out_w) == (0, 0)
        )

    def padded_shape(self, height: int, width: int) -> tuple[int, int]:
        """The sizes of an image with its border."""
        top, bottom, left, right = self.padding
        return height + top + bottom, width + left + right

    def run(self, width: int, out_h: int, out_w: int) -> tuple[int, int]:
        """(width of a computed output row, length of one position's run in the columns) for an image's width."""
        if self.stride == (1, 1):
            row = width + self.padding[2] + self.padding[3]
            return row, (out_h - 1) * row + out_w
        return out_w, out_h * out_w

    def columns(self, x: Any, out_h: int, out_w: int) -> Any:
        """The windows of a padded x (n, C, H, W) as columns (n, C·KH·KW, run); see the head of this file."""
        n, c, _, w = x.shape
        (kh, kw), (sh, sw), (dh, dw) = self.kernel, self.stride, self.dilation
        run = out_h * out_w
        shape: tuple[int, ...]
        strides: tuple[int, ...]
        if self.stride == (1, 1):
            run = (out_h - 1) * w + out_w
            x = array_module(x).ascontiguousarray(x)  # a run goes on from one row into the next
            s_n, s_c, s_h, s_w = x.strides
            shape, strides = (n, c, kh, kw, run), (s_n, s_c, dh * s_h, dw * s_w, s_w)
        else:
            s_n, s_c, s_h, s_w = x.strides
            shape = (n, c, kh, kw, out_h, out_w)
            strides = (s_n, s_c, dh * s_h, dw * s_w, sh * s_h, sw * s_w)
        windows = strided_view(x, shape, strides)
        columns = empty(x, shape)
        columns[...] = windows
        return columns.reshape(n, c * kh * kw, run)

    def add_columns(self, columns: Any, x: Any, out_h: int, out_w: int) -> None:
        """Add every column entry to the pixel of the padded x (n, C, H, W) it came from: the transpose of `columns`."""
        n, c, _, _ = x.shape
        pieces = columns.reshape(n, c, self.kernel[0] * self.kernel[1], out_h, out_w)
        for k, (rows, cols) in enumerate(self.slices(out_h, out_w)):
            x[:, :, rows, cols] += pieces[:, :, k]

    def sum_of_columns(self, columns: Any, h: int, w: int) -> Any:
        """What `add_columns` would make of zeros (n, C, H, W), at stride 1, in one sum; see the head of this file.

        `columns` is (n, C·KH·KW, H·W), contiguous: each run is followed by zeros.
        """
        n = len(columns)
        (kh, kw), (dh, dw) = self.kernel, self.dilation
        size, item = h * w, columns.itemsize
        c = columns.shape[1] // (kh * kw)
        shape = (n, c, kh, kw, size)
        strides = (c * kh * kw * size, kh * kw * size, kw * size - dh * w, size - dw, 1)
        shifted = strided_view(columns, shape, tuple([item * s for s in strides]))
        return shifted.sum((2, 3)).reshape(n, c, h, w)

    def column_bytes(self, x: Any, channels: int, run: int) -> int:
        """What the columns of one image take, in the dtype of x."""
        return channels * self.kernel[0] * self.kernel[1] * run * x.itemsize
