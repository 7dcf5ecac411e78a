"""Kernels of our own for GPUs: what would be several calls of CuPy in one.

On a GPU a small operation costs what it takes to launch it, some ten microseconds of the host's time each; and in a
captured graph (gpu_graph.py), where the host has no part, still two of the card's. So the operations of the programs'
training steps that would launch many kernels have one here. Each is a formula for one element of the result, in C++;
the operation's own `forward` or `backward`, which NumPy runs, says the same in array operations, and the tests on a card
hold the two against each other.

`present(x)` says whether these can be used for an array: CuPy's, in float32 or float64.
Measurements are in docs/performance.md.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from . import device

_types: dict[type, bool] = {np.ndarray: False}


def present(x: Any) -> bool:
    """Whether `x` is CuPy's, of float32 or float64, so that these kernels can be used for it."""
    kind = type(x)
    is_cupys = _types.get(kind)
    if is_cupys is None:
        module = device.array_module(x)
        is_cupys = _types[kind] = module is not np and hasattr(module, "ElementwiseKernel")
    return is_cupys and x.dtype.char in "fd"


class Kernel:
    """One formula, compiled when it is first used: parameters as CuPy's ElementwiseKernel writes them."""

    name: str
    inputs: str
    outputs: str
    formula: str

    def __init__(self, name: str, inputs: str, outputs: str, formula: str) -> None:
        self.name, self.inputs, self.outputs, self.formula = name, inputs, outputs, formula

    @cached_property
    def compiled(self) -> Any:
        return self.compile("")

    def compile(self, preamble: str) -> Any:
        name = f"minitorch_{self.name}"
        return device.cupy().ElementwiseKernel(self.inputs, self.outputs, self.formula, name, preamble=preamble)

    def __call__(self, *args: Any) -> Any:
        return self.compiled(*args)


class WindowKernel(Kernel):
    """One that goes over windows: compiled for each kernel size, stride and dilation, and for large arrays once more.

    So the compiler unrolls the loops, and divides by numbers that it knows, and by 32-bit ones where they do. It took a
    step of convolutions on 1,024 images from 26.0 to 19.7 ms.
    """

    def __init__(self, name: str, inputs: str, formula: str, is_raw: bool = False) -> None:
        geometry = "int32 H, int32 W, int32 OH, int32 OW, int32 top, int32 left"
        super().__init__(name, f"{inputs}, {geometry}", "raw T out" if is_raw else "T out", formula)
        self.known: dict[Any, Any] = {}

    def over(
        self, windows: Any, image: tuple[int, int], size: tuple[int, int], out: Any, *arrays: Any, threads: int = 0
    ) -> Any:
        """Compute `out` for windows over images (H, W) that gave `size` (OH, OW), with so many threads or one an element."""
        is_large = max(out.size, *(array.size for array in arrays if hasattr(array, "size"))) >= 1 << 31
        key = windows.kernel, windows.stride, windows.dilation, is_large
        compiled = self.known.get(key)
        if compiled is None:
            names = ("KH", "KW", "SH", "SW", "DH", "DW")
            numbers = (*windows.kernel, *windows.stride, *windows.dilation)
            constants = ", ".join(f"{name} = {number}" for name, number in zip(names, numbers, strict=True))
            index = "unsigned long long" if is_large else "unsigned int"
            compiled = self.known[key] = self.compile(f"typedef {index} Index; enum {{ {constants} }};")
        options = {"size": threads} if threads else {}
        return compiled(*arrays, *image, *size, windows.padding[0], windows.padding[2], out, **options)


def _run(x: Any) -> Any:
    """`x` in C order."""
    return x if x.flags.c_contiguous else device.array_module(x).ascontiguousarray(x)


# ---- elementwise -----------------------------------------------------------------------------------------------------

gate: Kernel = Kernel("gate", "T g, T z", "T out", "out = z == T(0) ? T(0) : g")

# ---- sums ------------------------------------------------------------------------------------------------------------

MOST_ROWS = 64  # one thread adds a column; more rows are CuPy's to share among threads

_sum_of_rows = Kernel(
    "sum_of_rows",
    "raw T x, int32 rows, int64 length",
    "T out",
    """
    T sum = T(0);
    for (int row = 0; row < rows; ++row) sum += x[row * length + i];
    out = sum;
    """,
)


def sum_of_rows(x: Any) -> Any:
    """Σₙ x[n] of x (N, …); `x.sum(0)` takes the host twice as long."""
    if len(x) > MOST_ROWS or not x.size:
        return x.sum(0)
    out = device.array_module(x).empty(x.shape[1:], x.dtype)
    return _sum_of_rows(_run(x), len(x), out.size, out)


# ---- convolution -----------------------------------------------------------------------------------------------------

# For one place of the windows in one image and channel, the pixels of its window: a column's entries lie OH·OW apart. To
# find out where they lie takes longer than to copy them, so one thread copies all of a window. A step of convolutions on
# 1,024 images took 19.2 ms when each entry had a thread of its own, a third of that for this kernel.
_columns = WindowKernel(
    "columns",
    "raw T x",
    """
    Index t = i;
    const int ox = t % OW; t /= OW;
    const int oy = t % OH; t /= OH;  // t: image and channel
    const int row = oy * SH - top, column = ox * SW - left;
    #pragma unroll
    for (int ky = 0; ky < KH; ++ky) {
        const bool is_row = row + ky * DH >= 0 && row + ky * DH < H;
        #pragma unroll
        for (int kx = 0; kx < KW; ++kx) {
            const int from = column + kx * DW;
            const T value = is_row && from >= 0 && from < W ? x[(t * H + (row + ky * DH)) * W + from] : T(0);
            out[(((t * KH + ky) * KW + kx) * OH + oy) * OW + ox] = value;
        }
    }
    """,
    is_raw=True,
)

# For a pixel of the image, the sum of the entries of the columns that it was copied to.
_image = WindowKernel(
    "image",
    "raw T columns",
    """
    Index t = i;
    const int column = (int)(t % W) + left; t /= W;
    const int row = (int)(t % H) + top; t /= H;  // t: image and channel
    T sum = T(0);
    #pragma unroll
    for (int ky = 0; ky < KH; ++ky) {
        const int down = row - ky * DH, oy = down / SH;
        if (down < 0 || down % SH || oy >= OH) continue;
        #pragma unroll
        for (int kx = 0; kx < KW; ++kx) {
            const int right = column - kx * DW, ox = right / SW;
            if (right < 0 || right % SW || ox >= OW) continue;
            sum += columns[(((t * KH + ky) * KW + kx) * OH + oy) * OW + ox];
        }
    }
    out = sum;
    """,
)


def columns(windows: Any, x: Any, out_h: int, out_w: int) -> Any:
    """The windows of x (N, C, H, W), with its border, as columns (N, C·KH·KW, OH·OW)."""
    n, c, h, w = x.shape
    kh, kw = windows.kernel
    out = device.array_module(x).empty((n, c * kh * kw, out_h * out_w), x.dtype)
    return _columns.over(windows, (h, w), (out_h, out_w), out, _run(x), threads=n * c * out_h * out_w)


def image_of_columns(windows: Any, columns: Any, shape: Any, out_h: int, out_w: int) -> Any:
    """What `columns` takes apart, put together: the entries of (N, C·KH·KW, OH·OW) added up for each pixel (N, C, H, W)."""
    out = device.array_module(columns).empty(shape, columns.dtype)
    return _image.over(windows, shape[2:], (out_h, out_w), out, _run(columns))


# ---- pooling ---------------------------------------------------------------------------------------------------------

_largest = WindowKernel(
    "largest",
    "raw T x, T lowest",
    """
    Index t = i;
    const int ox = t % OW; t /= OW;
    const int oy = t % OH; t /= OH;
    T best = lowest;
    #pragma unroll
    for (int ky = 0; ky < KH; ++ky) {
        const int row = oy * SH + ky * DH - top;
        if (row < 0 || row >= H) continue;
        #pragma unroll
        for (int kx = 0; kx < KW; ++kx) {
            const int column = ox * SW + kx * DW - left;
            if (column < 0 || column >= W) continue;
            const T value = x[(t * H + row) * W + column];
            if (value > best || value != value) best = value;  // a nan stays: nothing is larger
        }
    }
    out = best;
    """,
)

# For a pixel, the sum of g over the windows that it won: the first of the largest, or the last nan.
_to_winners = WindowKernel(
    "to_winners",
    "raw T g, raw S x, raw S z",
    """
    Index t = i;
    const int column = t % W; t /= W;
    const int row = t % H; t /= H;
    const S value = x[i];
    T sum = T(0);
    for (int ky = 0; ky < KH; ++ky) {
        const int down = row + top - ky * DH, oy = down / SH;
        if (down < 0 || down % SH || oy >= OH) continue;
        for (int kx = 0; kx < KW; ++kx) {
            const int right = column + left - kx * DW, ox = right / SW;
            if (right < 0 || right % SW || ox >= OW) continue;
            const Index window = (t * OH + oy) * OW + ox;
            const S best = z[window];
            const bool is_nan = best != best;
            if (is_nan ? value == value : !(value == best)) continue;
            bool wins = true;  // unless one before it is as large; of nan one after it
            const int mine = ky * KW + kx;
            const int from = is_nan ? mine + 1 : 0, to = is_nan ? KH * KW : mine;
            for (int k = from; wins && k < to; ++k) {
                const int y = oy * SH + k / KW * DH - top, x_ = ox * SW + k % KW * DW - left;
                if (y < 0 || y >= H || x_ < 0 || x_ >= W) continue;
                const S other = x[(t * H + y) * W + x_];
                wins = is_nan ? other == other : !(other == best);
            }
            if (wins) sum += g[window];
        }
    }
    out = sum;
    """,
)


def largest(windows: Any, x: Any, size: tuple[int, int], lowest: Any) -> Any:
    """The largest of each window of x (N, C, H, W); the border does not count."""
    out = device.array_module(x).empty((*x.shape[:2], *size), x.dtype)
    return _largest.over(windows, x.shape[2:], size, out, _run(x), x.dtype.type(lowest))


def to_winners(windows: Any, g: Any, x: Any, z: Any) -> Any:
    """g of each window at the window's winner, 0 elsewhere: an image like x (N, C, H, W)."""
    out = device.array_module(g).empty(x.shape, g.dtype)
    return _to_winners.over(windows, x.shape[2:], z.shape[2:], out, _run(g), _run(x), _run(z))


# ---- softmax cross-entropy -------------------------------------------------------------------------------------------

MOST_CLASSES = 256  # one thread takes a row, and would take its time over a longer one

_cross_entropy = Kernel(
    "cross_entropy",
    "raw T x, int64 target, int64 ignored, int32 K",
    "T loss, T counts, raw T p, raw int8 q",
    """
    const long long row = (long long)i * K;
    T most = x[row];
    for (int k = 1; k < K; ++k) {
        const T value = x[row + k];
        if (value > most || value != value) most = value;
    }
    T total = T(0), at_class = T(0);
    for (int k = 0; k < K; ++k) total += exp(x[row + k] - most);
    const bool is_ignored = target == ignored;
    const T count = is_ignored ? T(0) : target < 0 || target >= K ? T(nan("")) : T(1);
    for (int k = 0; k < K; ++k) {
        const T shifted = x[row + k] - most;
        const bool is_class = k == target && !is_ignored;
        if (is_class) at_class = shifted;
        q[row + k] = is_class;
        p[row + k] = is_ignored ? T(0) : exp(shifted) / total * count;
    }
    counts = count;
    loss = is_ignored ? T(0) : (log(total) - at_class) * count;
    """,
)
# (p − q)·g, for the mean over the rows that count
p_minus_q: Kernel = Kernel(
    "p_minus_q", "T p, int8 q, T g, T rows", "T out", "out = (p - T(q)) * (g / (rows < T(1) ? T(1) : rows))"
)


def cross_entropy(x: Any, target: Any, ignored: int) -> tuple[Any, Any, Any, Any]:
    """ℓ[n] = ln Σₖ e^x[n, k] − x[n, target[n]], of x (N, K); whether n counts (N); p = softmax(x), and q (N, K)."""
    xp = device.array_module(x)
    loss, counts = xp.empty(len(x), x.dtype), xp.empty(len(x), x.dtype)
    p, q = xp.empty(x.shape, x.dtype), xp.empty(x.shape, np.int8)
    _cross_entropy(_run(x), target.astype(np.int64, copy=False), ignored, x.shape[1], loss, counts, p, q)
    return loss, counts, p, q


# ---- batch normalisation ---------------------------------------------------------------------------------------------

squared_distance: Kernel = Kernel("squared_distance", "T x, T mean", "T out", "out = (x - mean) * (x - mean)")
times_distance: Kernel = Kernel("times_distance", "T g, T x, T mean", "T out", "out = g * (x - mean)")
scaled: Kernel = Kernel("scaled", "T x, T mean, T scale, T shift", "T out", "out = (x - mean) * scale + shift")
# w/σ · (g − Σg/n − x̂·Σ(g·x̂)/n), with x̂ = (x − μ)/σ
normalised_gradient: Kernel = Kernel(
    "normalised_gradient",
    "T g, T x, T mean, T inverse_std, T scale, T mean_g, T mean_gx",
    "T out",
    "out = scale * (g - mean_g - (x - mean) * inverse_std * mean_gx)",
)

# ---- optimizers ------------------------------------------------------------------------------------------------------

# See SGD and Adam for the formulas; `decay` is the factor of decoupled weight decay.
sgd: Kernel = Kernel(
    "sgd",
    "T g, T rate, T momentum, T share, T weight_decay, bool maximize, bool nesterov, bool has_buffer",
    "T p, T buffer",
    """
    T d = maximize ? -g : g;
    if (weight_decay != T(0)) d += weight_decay * p;
    if (has_buffer) {
        buffer = momentum * buffer + share * d;
        d = nesterov ? d + momentum * buffer : buffer;
    }
    p -= rate * d;
    """,
)
adam: Kernel = Kernel(
    "adam",
    "T g, T rate, T root, T decay, T weight_decay, T beta1, T beta2, T rest1, T rest2, T eps, bool maximize",
    "T p, T m, T v",
    """
    T d = maximize ? -g : g;
    p *= decay;
    if (weight_decay != T(0)) d += weight_decay * p;
    m = rest1 < T(0.5) ? m + (d - m) * rest1 : d - (d - m) * beta1;
    v = v * beta2 + d * rest2 * d;
    p -= rate * m / (sqrt(v) / root + eps);
    """,
)
