"""Kernels of our own for GPUs: what would be several calls of CuPy in one.

On a GPU a small operation costs what it takes to launch it, some ten microseconds of the host's time each; and in a
captured graph (gpu_graph.py), where the host has no part, still two of the card's. So the operations of the programs'
training steps that would launch many kernels have one here. Each is a formula for one element of the result, in C++
(gpu_launch.py says how it is compiled and run); the operation's own `forward` or `backward`, which NumPy runs, says the
same in array operations, and the tests on a card hold the two against each other.

`present(x)` says whether these can be used for an array: CuPy's, in float32 or float64.
Measurements are in docs/performance.md.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import device
from .gpu_launch import Broadcasting, Threads, WindowThreads

_types: dict[type, bool] = {np.ndarray: False}


def present(x: Any) -> bool:
    """Whether `x` is CuPy's, of float32 or float64, so that these kernels can be used for it."""
    kind = type(x)
    is_cupys = _types.get(kind)
    if is_cupys is None:
        module = device.array_module(x)
        is_cupys = _types[kind] = module is not np and hasattr(module, "ElementwiseKernel")
    return is_cupys and x.dtype.char in "fd"


def _run(x: Any) -> Any:
    """`x` in C order."""
    return x if x.flags.c_contiguous else device.array_module(x).ascontiguousarray(x)


# ---- elementwise -----------------------------------------------------------------------------------------------------

_gate = Threads("gate", "const T* g, const T* z, T* out", "out[i] = z[i] == T(0) ? T(0) : g[i];\n")


def gate(g: Any, z: Any) -> Any:
    """g where z is not 0, else 0; of one shape and dtype."""
    out = device.array_module(g).empty(g.shape, g.dtype)
    _gate(out.size, g.dtype.char, _run(g), _run(z), out)
    return out


# ---- sums ------------------------------------------------------------------------------------------------------------

MOST_ROWS = 64  # one thread adds a column; more rows are CuPy's to share among threads

_sum_of_rows = Threads(
    "sum_of_rows",
    "const T* x, T* out, long long rows",
    """
    T sum = T(0);
    for (int row = 0; row < rows; ++row) sum += x[row * threads + i];
    out[i] = sum;
    """,
)


def sum_of_rows(x: Any) -> Any:
    """Σₙ x[n] of x (N, …); `x.sum(0)` takes the host twice as long."""
    if len(x) > MOST_ROWS or not x.size:
        return x.sum(0)
    out = device.array_module(x).empty(x.shape[1:], x.dtype)
    _sum_of_rows(out.size, x.dtype.char, _run(x), out, len(x))
    return out


# ---- convolution -----------------------------------------------------------------------------------------------------

# For one place of the windows in one image and channel, the pixels of its window: a column's entries lie OH·OW apart. To
# find out where they lie takes longer than to copy them, so one thread copies all of a window. A step of convolutions on
# 1,024 images took 19.2 ms when each entry had a thread of its own, a third of that for this kernel.
_columns = WindowThreads(
    "columns",
    "const T* x",
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
)

# For a pixel of the image, the sum of the entries of the columns that it was copied to.
_image = WindowThreads(
    "image",
    "const T* columns",
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
    out[i] = sum;
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

_largest = WindowThreads(
    "largest",
    "const T* x",
    """
    Index t = i;
    const int ox = t % OW; t /= OW;
    const int oy = t % OH; t /= OH;
    T best = -T(1) / T(0);
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
    out[i] = best;
    """,
)

# For a pixel, the sum of g over the windows that it won: the first of the largest, or the last nan.
_to_winners = WindowThreads(
    "to_winners",
    "const T* g, const S* x, const S* z",
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
    out[i] = sum;
    """,
)


def largest(windows: Any, x: Any, size: tuple[int, int]) -> Any:
    """The largest of each window of x (N, C, H, W); the border does not count."""
    out = device.array_module(x).empty((*x.shape[:2], *size), x.dtype)
    return _largest.over(windows, x.shape[2:], size, out, _run(x))


def to_winners(windows: Any, g: Any, x: Any, z: Any) -> Any:
    """g of each window at the window's winner, 0 elsewhere: an image like x (N, C, H, W)."""
    out = device.array_module(g).empty(x.shape, g.dtype)
    return _to_winners.over(windows, x.shape[2:], z.shape[2:], out, _run(g), _run(x), _run(z))


# ---- softmax cross-entropy -------------------------------------------------------------------------------------------

MOST_CLASSES = 256  # one thread takes a row, and would take its time over a longer one

_cross_entropy = Threads(
    "cross_entropy",
    "const T* x, const long long* targets, long long ignored, long long K, T* loss, T* counts, T* p, signed char* q",
    """
    const long long target = targets[i], row = (long long)i * K;
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
    counts[i] = count;
    loss[i] = is_ignored ? T(0) : (log(total) - at_class) * count;
    """,
)
# (p − q)·g, for the mean over the rows that count
p_minus_q: Broadcasting = Broadcasting(
    "p_minus_q", "T p, int8 q, T g, T rows", "T out", "out = (p - T(q)) * (g / (rows < T(1) ? T(1) : rows))"
)


def cross_entropy(x: Any, target: Any, ignored: int) -> tuple[Any, Any, Any, Any]:
    """ℓ[n] = ln Σₖ e^x[n, k] − x[n, target[n]], of x (N, K); whether n counts (N); p = softmax(x), and q (N, K)."""
    xp = device.array_module(x)
    loss, counts = xp.empty(len(x), x.dtype), xp.empty(len(x), x.dtype)
    p, q = xp.empty(x.shape, x.dtype), xp.empty(x.shape, np.int8)
    target = _run(target.astype(np.int64, copy=False))
    _cross_entropy(len(x), x.dtype.char, _run(x), target, ignored, x.shape[1], loss, counts, p, q)
    return loss, counts, p, q


# ---- batch normalisation ---------------------------------------------------------------------------------------------

squared_distance: Broadcasting = Broadcasting("squared_distance", "T x, T mean", "T out", "out = (x - mean) * (x - mean)")
times_distance: Broadcasting = Broadcasting("times_distance", "T g, T x, T mean", "T out", "out = g * (x - mean)")
scaled: Broadcasting = Broadcasting("scaled", "T x, T mean, T scale, T shift", "T out", "out = (x - mean) * scale + shift")
# w/σ · (g − Σg/n − x̂·Σ(g·x̂)/n), with x̂ = (x − μ)/σ
normalised_gradient: Broadcasting = Broadcasting(
    "normalised_gradient",
    "T g, T x, T mean, T inverse_std, T scale, T mean_g, T mean_gx",
    "T out",
    "out = scale * (g - mean_g - (x - mean) * inverse_std * mean_gx)",
)

# ---- optimizers ------------------------------------------------------------------------------------------------------

# See SGD and Adam for the formulas; `decay` is the factor of decoupled weight decay. Numbers that change from step to
# step are given as such, or, in a captured graph, as the address where each replay finds its own.
_sgd = Threads(
    "sgd",
    "const T* g, T* p, T* buffer, double rate_now, const T* rate_at, double momentum, double share, double weight_decay, "
    "long long maximize, long long nesterov",
    """
    const T rate = rate_at ? *rate_at : T(rate_now), value = p[i];
    T d = maximize ? -g[i] : g[i];
    if (weight_decay != 0) d += T(weight_decay) * value;
    if (buffer) {
        const T sum = T(momentum) * buffer[i] + T(share) * d;
        buffer[i] = sum;
        d = nesterov ? d + T(momentum) * sum : sum;
    }
    p[i] = value - rate * d;
    """,
)
_adam = Threads(
    "adam",
    "const T* g, T* p, T* m, T* v, double rate_now, const T* rate_at, double root_now, const T* root_at, "
    "double decay_now, const T* decay_at, double weight_decay, double beta1, double beta2, double rest1, double rest2, "
    "double eps, long long maximize",
    """
    const T rate = rate_at ? *rate_at : T(rate_now), root = root_at ? *root_at : T(root_now);
    const T decay = decay_at ? *decay_at : T(decay_now);
    T d = maximize ? -g[i] : g[i], value = p[i] * decay, first = m[i];
    if (weight_decay != 0) d += T(weight_decay) * value;
    first = T(rest1) < T(0.5) ? first + (d - first) * T(rest1) : d - (d - first) * T(beta1);
    const T second = v[i] * T(beta2) + d * T(rest2) * d;
    m[i] = first;
    v[i] = second;
    p[i] = value - rate * first / (sqrt(second) / root + T(eps));
    """,
)


def _now_or_at(number: Any) -> tuple[float, Any]:
    """A number, or a 0-d array, as both of a kernel's parameters for it."""
    return (number, 0) if isinstance(number, float) else (0.0, number)


def sgd(
    p: Any, g: Any, buffer: Any, rate: Any, momentum: float, share: float, weight_decay: float, *flags: bool
) -> None:
    """One step of SGD, in place: p, g and the momentum's buffer, or None, of one size. Flags: maximize, nesterov."""
    _sgd(
        p.size, p.dtype.char, _run(g.astype(p.dtype, copy=False)), p, 0 if buffer is None else buffer,
        *_now_or_at(rate), momentum, share, weight_decay, *map(int, flags),
    )  # fmt: skip


def adam(
    p: Any, g: Any, m: Any, v: Any, rate: Any, root: Any, decay: Any, weight_decay: float, betas: tuple[float, float],
    eps: float, maximize: bool,
) -> None:  # fmt: skip
    """One step of Adam, in place: p, its gradient and the two averages, of one size."""
    numbers = (*_now_or_at(rate), *_now_or_at(root), *_now_or_at(decay))
    beta1, beta2 = betas
    _adam(
        p.size, p.dtype.char, _run(g.astype(p.dtype, copy=False)), p, m, v, *numbers,
        weight_decay, beta1, beta2, 1 - beta1, 1 - beta2, eps, int(maximize),
    )  # fmt: skip
