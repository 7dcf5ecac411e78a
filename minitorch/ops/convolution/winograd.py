"""Convolution with kernels three rows high, in two thirds of the multiplications.

Two output rows y₀, y₁ under each other see four rows d₀ … d₃ of the image through the kernel's three rows w₀, w₁, w₂.
Computed as they stand they are six products of a kernel row with an image row:

    y₀ = w₀d₀ + w₁d₁ + w₂d₂          y₁ = w₀d₁ + w₁d₂ + w₂d₃

Four are enough, of sums of rows (multiply out to see it):

    m₀ = w₀·(d₀ − d₂)                       y₀ = m₀ + m₁ + m₂
    m₁ = ½(w₀ + w₁ + w₂)·(d₁ + d₂)          y₁ = m₁ − m₂ − m₃
    m₂ = ½(w₀ − w₁ + w₂)·(d₂ − d₁)
    m₃ = w₂·(d₁ − d₃)

Here a product w·d is a convolution with a kernel one row high, a matrix product as in convolution.py, and there are
many channels: the sums cost one addition for each number, the products many multiplications. So it pays from some
channels on. It rounds otherwise than the plain sum, and not worse: the sums add no more than a bit.

A gradient for the weight goes the same way backwards: from y₀, y₁ to m₀ … m₃, four products with the sums of rows, and
from the sums of kernel rows to the rows.

Source: Winograd, "Arithmetic Complexity of Computations", 1980, F(2, 3); Lavin and Gray, "Fast Algorithms for
Convolutional Neural Networks", 2015.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...arena import empty
from ...device import array_module, strided_view
from ...parallel import over_batch, product
from .windows import Windows

# Fewer channels have too little to multiply. Measured on one core, time against the plain way, forward / weight: 16
# channels 0.90 / 1.13, 32 channels 0.83 / 0.97, 64 channels 0.72 / 0.84, 128 channels 0.61 / 0.66.
LEAST_CHANNELS = 32


def pays(windows: Windows, groups: int, x: Any, c: int, o: int) -> bool:
    """Whether this way is possible and faster, for c channels in and o out. On a GPU it has not been measured."""
    return (
        windows.kernel[0] == 3
        and windows.stride == (1, 1)
        and windows.dilation[0] == 1
        and min(c, o) >= LEAST_CHANNELS * groups
        and array_module(x) is np
        and x.dtype.itemsize >= 4
        and x.size > 0
    )


class RowPairs:
    """The geometry of output rows in pairs.

    Everything lies in memory as (channels, pairs, n, width), at the padded image's width: so a step to the next pair
    of rows, or to the next kernel column, is one shift of a long run, as in windows.py, and all images of a part of the
    batch go into one matrix product.
    """

    windows: Windows
    groups: int
    c: int
    h: int
    w: int
    out_h: int
    out_w: int

    def __init__(self, windows: Windows, groups: int, image: tuple[int, ...], kw: int) -> None:
        self.windows, self.groups = windows, groups
        self.c, self.h, self.w = image
        self.out_h, self.out_w = windows.output_shape(self.h, self.w)
        self.pairs: int = (self.out_h + 1) // 2
        self.width: int = windows.padded_shape(self.h, self.w)[1]
        self.kw = kw

    def bytes_each(self, o: int, itemsize: int) -> int:
        """What one image needs for one of the four products."""
        return itemsize * self.pairs * self.width * (self.c * self.kw + o)

    def length(self, n: int) -> int:
        """Of a run through all pairs of n images."""
        return self.pairs * n * self.width

    def run(self, n: int) -> int:
        """That without the last entries, of windows which would reach beyond the end."""
        return self.length(n) - (self.kw - 1) * self.windows.dilation[1]

    def rows(self, x: Any) -> tuple[Any, Any]:
        """The even and the odd rows of the padded x (n, C, H, W), each (C, (pairs + 1)·n·width)."""
        top, _, left, _ = self.windows.padding
        kinds = []
        for first in (0, 1):
            rows = empty(x, (self.c, self.pairs + 1, len(x), self.width))
            rows[...] = 0
            above = max(0, (top - first + 1) // 2)  # rows of this kind in the border above
            found = x[:, :, first + 2 * above - top :: 2][:, :, : self.pairs + 1 - above]
            inside = rows[:, above : above + found.shape[2], :, left : left + self.w]
            inside[...] = found.transpose(1, 2, 0, 3)
            kinds.append(rows.reshape(self.c, -1))
        return kinds[0], kinds[1]

    def columns(self, even: Any, odd: Any, which: int, n: int) -> Any:
        """The columns (groups, C/groups·KW, run) of one of the four sums of rows."""
        xp, length, step = array_module(even), self.length(n), n * self.width
        sums = empty(even, (self.c, length))
        even0, even1, odd0, odd1 = even[:, :length], even[:, step:], odd[:, :length], odd[:, step:]
        if which == 0:
            xp.subtract(even0, even1, out=sums)
        elif which == 1:
            xp.add(odd0, even1, out=sums)
        elif which == 2:
            xp.subtract(even1, odd0, out=sums)
        else:
            xp.subtract(odd0, odd1, out=sums)
        gap, run = self.windows.dilation[1], self.run(n)
        s_c, s = sums.strides
        windows = strided_view(sums, (self.c, self.kw, run), (s_c, gap * s, s))
        columns = empty(sums, (self.c, self.kw, run))
        columns[...] = windows
        return columns.reshape(self.groups, self.c // self.groups * self.kw, run)

    def of_output(self, y: Any, n: int) -> Any:
        """A view of y (…, O, length), which has a row of each pair, as (…, O, pairs, n, OW)."""
        return y.reshape(*y.shape[:-1], self.pairs, n, self.width)[..., : self.out_w]


def convolve(windows: Windows, groups: int, x: Any, weight: Any, bias: Any, plain: Any) -> Any:
    """conv(X, W) + b, as `Convolution` computes it; ``plain(x)`` does so the plain way."""
    o, _, _, kw = weight.shape
    plan = RowPairs(windows, groups, x.shape[1:], kw)
    kernels = _kernel_sums(weight, groups)
    out = empty(x, (len(x), o, plan.out_h, plan.out_w))
    offset = None if bias is None else bias.reshape(o, 1)

    def compute(part: Any) -> None:
        target = out[part]
        n = len(target)
        even, odd = plan.rows(x[part])
        m = empty(x, (4, groups, o // groups, plan.length(n)))
        for which in range(4):
            product(kernels[which], plan.columns(even, odd, which, n), out=m[which, ..., : plan.run(n)])
        m = m.reshape(4, o, -1)
        m[0] += m[1]
        m[0] += m[2]
        m[1] -= m[2]
        m[1] -= m[3]
        for first in (0, 1):
            if offset is not None:
                m[first] += offset
            rows = target[:, :, first::2]
            rows[...] = plan.of_output(m[first], n)[:, : rows.shape[2]].transpose(2, 0, 1, 3)
        largest = target.max()
        if largest != largest:  # ∞ − ∞ is nan, where the plain sum may be ∞
            target[...] = plain(x[part])

    over_batch(compute, x, plan.bytes_each(o, x.itemsize))
    return out


def weight_of(windows: Windows, groups: int, g: Any, x: Any) -> Any:
    """W' = weight_of(G, X), as `ConvolutionWeight` computes it; None if ∞ or nan took part."""
    xp = array_module(x)
    o, kw = g.shape[1], windows.kernel[1]
    plan = RowPairs(windows, groups, x.shape[1:], kw)

    def compute(part: Any) -> Any:
        n = len(g[part])
        even, odd = plan.rows(x[part])
        m = empty(g, (4, o, plan.length(n)))  # what is sent back to m₀ … m₃
        for which, first in ((0, 0), (3, 1)):
            m[which] = 0
            rows = g[part, :, first::2]
            plan.of_output(m[which], n)[:, : rows.shape[2]] = rows.transpose(1, 2, 0, 3)
        xp.add(m[0], m[3], out=m[1])
        xp.subtract(m[0], m[3], out=m[2])
        m = m.reshape(4, groups, o // groups, -1)[..., : plan.run(n)]
        # The transpose, as in convolution.py: BLAS is faster at it.
        return [product(plan.columns(even, odd, which, n), m[which].swapaxes(1, 2)) for which in range(4)]

    totals = over_batch(compute, x, plan.bytes_each(o, x.itemsize))
    s0, s1, s2, s3 = totals[0]
    for other in totals[1:]:
        for total, more in zip((s0, s1, s2, s3), other, strict=True):
            total += more
    s1 *= 0.5
    s2 *= 0.5
    rows = [s0 + s1 + s2, s1 - s2, s1 + s2 - s3]  # of the kernel, each (groups, C/groups·KW, O/groups)
    if not all(xp.isfinite(row).all() for row in rows):
        return None
    out = xp.empty((o, plan.c // groups, 3, kw), g.dtype)
    for i, row in enumerate(rows):
        out[:, :, i] = row.swapaxes(1, 2).reshape(o, plan.c // groups, kw)
    return out


def _kernel_sums(weight: Any, groups: int) -> Any:
    """w₀, ½(w₀ + w₁ + w₂), ½(w₀ − w₁ + w₂), w₂, each (groups, O/groups, C/groups·KW)."""
    xp = array_module(weight)
    o, c, _, kw = weight.shape
    sums = xp.empty((4, o, c, kw), weight.dtype)
    w0, w1, w2 = weight[:, :, 0], weight[:, :, 1], weight[:, :, 2]
    sums[0], sums[3] = w0, w2
    outer = (w0 + w2) * 0.5
    half = w1 * 0.5
    xp.add(outer, half, out=sums[1])
    xp.subtract(outer, half, out=sums[2])
    return sums.reshape(4, groups, o // groups, c * kw)
