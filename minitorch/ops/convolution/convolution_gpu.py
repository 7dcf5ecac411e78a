"""The three operations of convolution.py on a GPU: the same products, between kernels made for the card.

On a CPU it pays to compute at the image's full width, so that copied runs are long (windows.py). A GPU copies short
runs as fast as long ones and pays for each call instead: so the columns are exact, one kernel lays them out, border and
all, and the products are written where the result lies.
"""

from __future__ import annotations

import math
from typing import Any

from ... import gpu_kernels
from ...arena import empty
from ...device import array_module
from ...parallel import over_batch, product
from .windows import Windows

# Columns up to that size are kept for the weight's gradient: making them again costs a launch and, for larger ones,
# less than the memory is worth.
KEPT_BYTES = 1 << 22


def convolve(windows: Windows, groups: int, x: Any, weight: Any, bias: Any, keep: bool) -> tuple[Any, Any]:
    """conv(X, W) + b, x (N, C, H, W), weight (O, C/groups, KH, KW); and the columns, if they are to be kept."""
    o = weight.shape[0]
    out_h, out_w = windows.output_shape(*x.shape[2:])
    size, run = math.prod(weight.shape[1:]), out_h * out_w
    kernel = weight.reshape(groups, o // groups, size)
    out = empty(x, (len(x), o, out_h, out_w))
    kept = []

    def compute(part: slice) -> None:
        columns = gpu_kernels.columns(windows, x[part], out_h, out_w)
        if keep and columns.nbytes <= KEPT_BYTES and len(columns) == len(x):
            kept.append(columns)
        n = len(columns)
        into = out[part].reshape(n, groups, o // groups, run)
        product(kernel, columns.reshape(n, groups, size, run), out=into)

    over_batch(compute, x, windows.column_bytes(x, x.shape[1], run))
    if bias is not None:
        out += bias.reshape(1, o, 1, 1)
    return out, kept[0] if kept else None


def image_of(windows: Windows, groups: int, g: Any, weight: Any, image_size: tuple[int, ...]) -> Any:
    """image_of(G, W), g (N, O, OH, OW) → (N, C, H, W)."""
    o, out_h, out_w = g.shape[1:]
    size, run = math.prod(weight.shape[1:]), out_h * out_w
    kernel = weight.reshape(groups, o // groups, size).swapaxes(1, 2)
    c = weight.shape[1] * groups
    g = array_module(g).ascontiguousarray(g)

    def compute(part: slice) -> Any:
        n = len(g[part])
        columns = product(kernel, g[part].reshape(n, groups, o // groups, run))
        return gpu_kernels.image_of_columns(windows, columns, (n, c, *image_size), out_h, out_w)

    parts = over_batch(compute, g, windows.column_bytes(g, c, run))
    return parts[0] if len(parts) == 1 else array_module(g).concatenate(parts)


def weight_of(windows: Windows, groups: int, g: Any, x: Any, columns: Any) -> Any:
    """weight_of(G, X), g (N, O, OH, OW), x (N, C, H, W) → (O, C/groups, KH, KW); `columns` are those of x, if known."""
    o, out_h, out_w = g.shape[1:]
    c = x.shape[1]
    size, run = c // groups * windows.kernel[0] * windows.kernel[1], out_h * out_w
    g = array_module(g).ascontiguousarray(g)

    def compute(part: slice) -> Any:
        found = gpu_kernels.columns(windows, x[part], out_h, out_w) if columns is None else columns
        n = len(found)
        of_output = g[part].reshape(n, groups, o // groups, run)
        return gpu_kernels.sum_of_rows(product(of_output, found.reshape(n, groups, size, run).swapaxes(2, 3)))

    totals = over_batch(compute, x, windows.column_bytes(x, c, run))
    total = totals[0]
    for other in totals[1:]:
        total += other
    return total.reshape(o, c // groups, *windows.kernel)


def sum_of_images(g: Any) -> Any:
    """The sum for each channel of g (N, C, H, W): in two steps, which many processors can share, however few channels."""
    return gpu_kernels.sum_of_rows(g.sum((2, 3)))
