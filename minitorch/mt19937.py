"""The numbers behind random.py: PyTorch's CPU streams, made from NumPy's Mersenne Twister.

PyTorch draws 32-bit words from MT19937 and turns them into numbers by recipes that are its own. Each recipe here is
followed to the last bit, so that equal seeds give equal weights, shuffles and dropout masks on both engines (float32
normals too: PyTorch computes sixteen or more of them with polynomials of the Cephes library, evaluated with fused
multiply-adds, and so does `_box_muller_float32`). PyTorch on an Intel processor is the exception: there it draws
``bernoulli_(p)`` and ``exponential_`` from Intel's MKL.

Source: https://github.com/pytorch/pytorch, aten/src/ATen/core/DistributionsHelper.h, TransformationHelper.h and
aten/src/ATen/native/cpu/DistributionTemplates.h; https://www.netlib.org/cephes for the polynomials.
"""

from __future__ import annotations

import contextlib
import functools
import math
import struct
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

CHUNK = 1 << 14  # numbers made at a time, so that what lies between two steps stays in the cache
STATE_SIZE = 5056  # bytes of torch.Generator.get_state()

f32 = np.float32


class Stream:
    """A seeded sequence of 32-bit words, and the numbers PyTorch makes of it."""

    def __init__(self, seed: int) -> None:
        self.lock: Any = threading.Lock()
        self._draw_from(np.random.MT19937(0))
        self.seed(seed)

    def _draw_from(self, bits: np.random.MT19937) -> None:
        self._bits = bits
        self._seeder = np.random.RandomState(bits)
        self._integers = np.random.Generator(bits).integers

    def renew_lock(self) -> None:
        """Forget who held the lock, ours and NumPy's: in a forked process, that thread does not exist."""
        self.lock = threading.Lock()
        bits = np.random.MT19937(0)
        bits.state = self._bits.state
        self._draw_from(bits)

    def seed(self, seed: int) -> None:
        """Start anew; of the 64 bits of `seed`, MT19937 sees the low 32."""
        self.initial_seed: int = seed
        self._seeder.seed(seed & 0xFFFFFFFF)  # init_genrand, on self._bits
        self._is_fresh = True
        self._next_normal: float | None = None  # Box and Muller make two; the second waits here for the next draw

    # ---- raw words -------------------------------------------------------------------------------------------------

    def words32(self, n: int) -> np.ndarray:
        """The next `n` words, as uint32."""
        self._is_fresh &= n == 0
        if n < 64:
            return self._bits.random_raw(n).astype(np.uint32)  # quicker to call, slower to fill
        return self._integers(0, 1 << 32, size=n, dtype=np.uint32)

    def words64(self, n: int) -> np.ndarray:
        """`n` 64-bit draws: first word · 2^32 + second word."""
        pairs = self.words32(2 * n).view(np.uint64)
        if sys.byteorder == "little":
            first = pairs << np.uint64(32)
            pairs >>= np.uint64(32)
            pairs |= first
        return pairs

    def word64(self) -> int:
        """One 64-bit draw."""
        self._is_fresh = False
        first, second = self._bits.random_raw(2).tolist()
        return first << 32 | second

    def uniform24(self, n: int) -> np.ndarray:
        """float32 in [0, 1): the low 24 bits of a word, times 2^-24."""
        words = self.words32(n)
        words &= np.uint32(0xFFFFFF)
        u = words.view(np.int32).astype(f32)
        u *= f32(2**-24)
        return u

    def uniform53(self, n: int) -> np.ndarray:
        """float64 in [0, 1): the low 53 bits of a 64-bit draw, times 2^-53."""
        words = self.words64(n)
        words &= np.uint64(2**53 - 1)
        return words.view(np.int64) * 2.0**-53

    # ---- distributions: each fills `out`, a contiguous flat array --------------------------------------------------

    def uniform(self, out: np.ndarray, low: float, high: float) -> None:
        """U[low, high): u·(high − low) + low with one rounding; float16 is rounded from float32."""
        wide = np.float64 if out.dtype == np.float64 else f32
        start = wide(low)
        scale = wide(high) - start
        top, bottom = out.dtype.type(high), out.dtype.type(low)
        with self.lock:
            for part in _chunks(out):
                u = self.uniform53(part.size) if wide is np.float64 else self.uniform24(part.size)
                part[...] = u if (low, high) == (0, 1) else multiply_add(u, scale, start)
                if out.dtype == np.float16 or (low, high) != (0, 1):
                    part[part == top] = bottom  # a value that rounding carried to the excluded end

    def normal(self, out: np.ndarray, mean: float, std: float, in_blocks: bool = True) -> None:
        """N(mean, std²) by Box and Muller. PyTorch works in blocks of 16 where it can."""
        with self.lock:
            if out.size < 16 or not in_blocks:
                out[...] = rounded(multiply_add(np.array(self._normals_one_by_one(out.size)), std, mean), out.dtype)
            else:
                self._normal_blocks(out, mean, std)

    def _normals_one_by_one(self, n: int) -> list[float]:
        """`n` standard normals in float64, PyTorch's way for small and for non-contiguous tensors."""
        values = []
        if n and self._next_normal is not None:
            values.append(self._next_normal)
            self._next_normal = None
        u = self.uniform53((n - len(values) + 1) // 2 * 2).tolist()
        for angle, height in zip(u[::2], u[1::2], strict=True):
            radius, theta = math.sqrt(-2.0 * math.log1p(-height)), 2.0 * math.pi * angle
            values += (radius * math.cos(theta), radius * math.sin(theta))
        if len(values) > n:
            self._next_normal = values.pop()
        return values

    def _normal_blocks(self, out: np.ndarray, mean: float, std: float) -> None:
        """Sixteen uniforms become sixteen normals; a ragged tail draws its last sixteen anew."""
        is_double = out.dtype == np.float64
        draw = self.uniform53 if is_double else self.uniform24
        box_muller = _box_muller_float64 if is_double else _box_muller_float32
        wide = np.float64 if is_double else f32

        def transformed(u: np.ndarray) -> np.ndarray:
            z = box_muller(u.reshape(-1, 2, 8)).reshape(-1)
            return z if (mean, std) == (0, 1) else multiply_add(z, wide(std), wide(mean))

        whole = out.size // 16 * 16
        for part in _chunks(out[:whole]):
            part[...] = transformed(draw(part.size))
        if whole < out.size:
            if out.dtype != np.float16:
                draw(out.size - whole)  # PyTorch fills the whole tensor with uniforms first, the tail included
            out[-16:] = transformed(draw(16))

    def exponential(self, out: np.ndarray, rate: float) -> None:
        """Exp(rate): −log1p(−u)/rate in float64."""
        with self.lock:
            for part in _chunks(out):
                u = -self.uniform53(part.size)
                # float64 goes through the C library, as PyTorch does; NumPy's own log1p may differ in the last bit.
                logs = np.array(list(map(math.log1p, u.tolist()))) if out.dtype == np.float64 else np.log1p(u)
                part[...] = rounded(-1.0 / rate * logs, out.dtype)

    def cauchy(self, out: np.ndarray, median: float, sigma: float) -> None:
        """Cauchy(median, sigma): median + sigma·tan(π·(u − ½)) in float64."""
        with self.lock, np.errstate(over="ignore"):  # too large for float16 is inf
            for part in _chunks(out):
                tangents = map(math.tan, (math.pi * (self.uniform53(part.size) - 0.5)).tolist())
                part[...] = rounded(multiply_add(np.array(list(tangents)), sigma, median), out.dtype)

    def log_normal(self, out: np.ndarray, mean: float, std: float) -> None:
        """exp of N(mean, std²) in float64; the normals are made one by one, however many they are."""
        with self.lock:
            normals = multiply_add(np.array(self._normals_one_by_one(out.size)), std, mean)
            out[...] = rounded(np.array(list(map(math.exp, normals.tolist()))), out.dtype)

    def geometric(self, out: np.ndarray, p: float) -> None:
        """How many trials until one succeeds: ⌈ln u / ln(1 − p)⌉ in float64."""
        with self.lock, np.errstate(divide="ignore"):
            for part in _chunks(out):
                part[...] = np.ceil(np.log(self.uniform53(part.size)) / math.log(1 - p))

    def poisson(self, out: np.ndarray, rates: np.ndarray) -> None:
        """A count for each of `rates`: uniforms are multiplied until they fall below e^−rate, or, from 10 on, Hörmann's
        transformed rejection, https://doi.org/10.1016/0167-6687(93)90997-4."""
        with self.lock:
            out[...] = [self._one_poisson(rate) for rate in rates.tolist()]

    def _one_poisson(self, rate: float) -> float:
        if rate == 0:
            return 0
        if rate < 10:
            count, product, limit = 0, self.uniform53(1).item(), math.exp(-rate)
            while product > limit:
                count += 1
                product *= self.uniform53(1).item()
            return count
        root, log_rate = math.sqrt(rate), math.log(rate)
        b = 0.931 + 2.53 * root
        a = -0.059 + 0.02483 * b
        inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
        sure = 0.9277 - 3.6224 / (b - 2)
        while True:
            u, v = (self.uniform53(2) - (0.5, 0)).tolist()
            distance = 0.5 - abs(u)
            k = math.floor((2 * a / distance + b) * u + rate + 0.43) if distance else -1
            if distance >= 0.07 and v <= sure:
                return k
            if k < 0 or (distance < 0.013 and v > distance):
                continue
            height = math.log(v) + math.log(inverse_alpha) - math.log(a / (distance * distance) + b)
            if height <= -rate + k * log_rate - math.lgamma(k + 1):
                return k

    def bernoulli(self, out: np.ndarray, p: float | np.ndarray) -> None:
        """True with probability p: a uniform below p, of 24 bits if p is a float32 or float16 array, else of 53."""
        with self.lock:
            if isinstance(p, np.ndarray):
                draw = self.uniform53 if p.dtype == np.float64 else self.uniform24
                np.less(draw(out.size), p, out=out)
            else:
                below = np.uint64(math.ceil(p * 2.0**53))  # u < p, without making u a float
                for part in _chunks(out):
                    words = self.words64(part.size)
                    words &= np.uint64(2**53 - 1)
                    np.less(words, below, out=part)

    def integers(self, out: np.ndarray, low: int, span: int) -> None:
        """low + word mod span, with 64-bit draws where span reaches 2^28."""
        with self.lock:
            for part in _chunks(out):
                if span >= 1 << 28:
                    draws = self.words64(part.size) % np.uint64(span)
                    part[...] = (draws + np.uint64(low % 2**64)).view(np.int64)
                else:
                    draws = (self.words32(part.size) % np.uint32(span)).astype(np.int64)
                    part[...] = draws + low

    def full_range(self, out: np.ndarray) -> None:
        """``random_()`` without bounds: all non-negative integers of the dtype; [0, 2^digits] for a floating one."""
        kind, size = out.dtype.kind, out.dtype.itemsize
        if kind == "b":
            span = 2
        elif kind == "f":
            span = 2 ** {2: 11, 4: 24, 8: 53}[size] + 1
        else:
            span = int(np.iinfo(out.dtype).max) + 1
        with self.lock:
            for part in _chunks(out):
                if size == 8:
                    part[...] = self.words64(part.size) % np.uint64(span)
                else:
                    part[...] = self.words32(part.size) % np.uint32(span)

    def permutation(self, n: int) -> np.ndarray:
        """0 … n−1 shuffled: for i in 0 … n−2, swap element i with element i + word mod (n − i)."""
        if n >= 0xFFFFFFFF // 20:
            raise NotImplementedError(f"randperm: n must be less than {0xFFFFFFFF // 20}, where PyTorch's recipe ends")
        order = rest = np.arange(n)
        with self.lock:
            while rest.size > 1:
                words = self.words32(min(rest.size - 1, CHUNK))
                _swapper()(rest, _targets(words, rest.size))
                rest = rest[words.size :]
        return order

    # ---- state -----------------------------------------------------------------------------------------------------

    def get_state(self) -> np.ndarray:
        """The state as the bytes that torch.Generator.get_state() gives."""
        with self.lock:
            state = self._bits.state["state"]
            pos = int(state["pos"])
            left, following = (1, 0) if self._is_fresh else (625 - pos, pos)
            cached = self._next_normal
            head = struct.pack("<QiiQ", self.initial_seed, left, 1, following)
            key = state["key"].astype("<u8").tobytes()
            tail = struct.pack("<dddixxxxfi", 0.0, cached or 0.0, 0.0, cached is not None, 0.0, 0)
            return np.frombuffer(bytearray(head + key + tail), np.uint8)

    def set_state(self, state: np.ndarray) -> None:
        """Continue from what get_state (PyTorch's or ours) gave."""
        data = state.tobytes()
        if len(data) != STATE_SIZE:
            raise RuntimeError(
                f"Expected a CPUGeneratorImplState of size {STATE_SIZE} but found the input RNG state size to be "
                f"{len(data)}"
            )
        seed, left, is_seeded, following = struct.unpack_from("<QiiQ", data)
        if not (is_seeded and 0 < left <= 624 and following <= 624):
            raise RuntimeError("Invalid mt19937 state")
        _, cached, _, has_cached = struct.unpack_from("<dddi", data, 24 + 624 * 8)
        key = np.frombuffer(data, "<u8", 624, 24).astype(np.uint32)
        with self.lock:
            self.initial_seed = seed
            self._is_fresh = left == 1 and following == 0
            pos = 624 if left == 1 else following
            self._bits.state = {"bit_generator": "MT19937", "state": {"key": key, "pos": pos}}
            self._next_normal = cached if has_cached else None


def _chunks(out: np.ndarray) -> Iterable[np.ndarray]:
    if out.size <= CHUNK:
        return (out,)
    return [out[start : start + CHUNK] for start in range(0, out.size, CHUNK)]


def rounded(x: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """float64 numbers on their way to `dtype`: PyTorch makes float16 by way of float32, rounding twice."""
    return x.astype(f32) if dtype == np.float16 else x


def multiply_add(x: np.ndarray, scale: Any, shift: Any) -> np.ndarray:
    """x·scale + shift rounded once, as a processor's fused multiply-add does it.

    The product of two float32 numbers is exact in float64. The product of two float64 numbers is split into its
    rounded value and its rounding error (Dekker 1971), and so is the sum (Knuth).
    """
    if x.dtype == f32:
        wide = x.astype(np.float64)
        wide *= float(scale)
        wide += float(shift)
        return wide.astype(f32)
    scale, shift = float(scale), float(shift)
    product = x * scale
    if shift == 0:
        return product
    x_high, x_low = _halves(x)
    scale_high, scale_low = _halves(scale)
    product_error = ((x_high * scale_high - product) + x_high * scale_low + x_low * scale_high) + x_low * scale_low
    total = product + shift
    part = total - product
    total_error = (product - (total - part)) + (shift - part)
    return total + (total_error + product_error)


def _halves(x: Any) -> tuple[Any, Any]:
    """x as the sum of two numbers of 26 bits each."""
    shifted = 134217729.0 * x  # 2^27 + 1
    high = shifted - (shifted - x)
    return high, x - high


# Cephes' polynomials for log, cos and sin in float32, highest power first.
LOG = [f32(c) for c in (7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
                        -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1)]  # fmt: skip
COS = [f32(c) for c in (2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)]
SIN = [f32(c) for c in (-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)]
LN2_LOW, LN2_HIGH = f32(-2.12194440e-4), f32(0.693359375)
PI_4_PARTS = [f32(c) for c in (-0.78515625, -2.4187564849853515625e-4, -3.77489497744594108e-8)]  # they sum to −π/4


def _polynomial(coefficients: list[np.float32], x: np.ndarray) -> np.ndarray:
    """Horner's scheme in float32, each step fused."""
    wide = x.astype(np.float64)
    y = wide * float(coefficients[0])
    y += float(coefficients[1])
    for c in coefficients[2:]:
        y = y.astype(f32).astype(np.float64)  # the rounding of the step before
        y *= wide
        y += float(c)
    return y.astype(f32)


def _fused(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """x·y + z of float32 arrays, rounded once."""
    wide = x.astype(np.float64)
    wide *= y
    wide += z
    return wide.astype(f32)


def _log_float32(x: np.ndarray) -> np.ndarray:
    """log x for 0 < x ≤ 1: x = m·2^e with √½ ≤ m < √2, then log m as a polynomial in m − 1."""
    bits = x.view(np.int32)
    e = (bits >> 23) - np.int32(126)
    m = ((bits & np.int32(0x7FFFFF)) | np.int32(0x3F000000)).view(f32)
    is_small = m < f32(math.sqrt(0.5))
    e -= is_small
    m += m * is_small
    m -= f32(1)
    e = e.astype(f32)
    square = m * m
    y = _polynomial(LOG, m)
    y *= m
    y = _fused(y, square, e * LN2_LOW)
    y -= square * f32(0.5)
    m += y
    m += e * LN2_HIGH
    return m


def _cos_sin_float32(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """cos and sin of 0 ≤ θ < 2π: the octant, then a polynomial of what is left beyond a multiple of π/2."""
    octant = (theta * f32(4 / math.pi)).astype(np.int32)
    octant += 1
    octant &= ~1
    x = theta.copy()
    multiple = octant.astype(f32)
    for part in PI_4_PARTS:
        x += multiple * part
    square = x * x
    cos = _polynomial(COS, square)
    cos *= square
    cos = _fused(cos, square, square * f32(-0.5))
    cos += f32(1)
    sin = _polynomial(SIN, square)
    sin *= square
    sin = _fused(sin, x, x)

    is_swapped = (octant & 2) != 0
    swapped = np.where(is_swapped, cos, sin)
    cos = np.where(is_swapped, sin, cos)
    swapped *= 1 - ((octant & 4) >> 1)
    cos *= ((octant - 2) & 4) // 2 - 1
    return cos, swapped


def _box_muller_float32(u: np.ndarray) -> np.ndarray:
    """Blocks of 8 + 8 uniforms to 8 + 8 normals: √(−2 ln(1 − u₁))·(cos 2πu₂, sin 2πu₂)."""
    radius = np.sqrt(f32(-2) * _log_float32(f32(1) - u[:, 0]))
    cos, sin = _cos_sin_float32(f32(2 * math.pi) * u[:, 1])
    z = np.empty_like(u)
    np.multiply(radius, cos, out=z[:, 0])
    np.multiply(radius, sin, out=z[:, 1])
    return z


def _box_muller_float64(u: np.ndarray) -> np.ndarray:
    """The same in float64, through the C library's functions, which PyTorch calls too (NumPy's own differ)."""
    logs = map(math.log, (1.0 - u[:, 0]).ravel().tolist())
    theta = (2.0 * math.pi * u[:, 1]).ravel().tolist()
    radius = np.sqrt(-2.0 * np.array(list(logs))).reshape(-1, 8)
    z = np.empty_like(u)
    np.multiply(radius, np.array(list(map(math.cos, theta))).reshape(-1, 8), out=z[:, 0])
    np.multiply(radius, np.array(list(map(math.sin, theta))).reshape(-1, 8), out=z[:, 1])
    return z


# ---- the shuffle -----------------------------------------------------------------------------------------------------


def _targets(words: np.ndarray, n: int) -> np.ndarray:
    """What element i of n is exchanged with, counted from 1: 1 + i + words[i] mod (n − i)."""
    place = np.arange(1.0, words.size + 1)  # 1 + i
    remaining = n + 1 - place
    # In float64, which is faster than %: a word has 32 bits, so no quotient is rounded up to the next integer.
    target = words.astype(np.float64)
    quotient = target / remaining
    np.floor(quotient, out=quotient)
    quotient *= remaining
    target -= quotient
    target += place
    return target.astype(np.int64)


def _swap_one_by_one(order: np.ndarray, targets: np.ndarray) -> None:
    """Exchange element i of `order` with element targets[i], counted from 1, for i = 0, 1, 2, …"""
    values = order.data
    for i, target in enumerate(targets.tolist()):
        values[i], values[target - 1] = values[target - 1], values[i]


@functools.cache
def _swapper() -> Callable[[np.ndarray, np.ndarray], None]:
    """`_swap_one_by_one`, done by LAPACK's laswp where the NumPy at hand brings it with 64-bit integers.

    laswp exchanges rows of a matrix as an LU decomposition has noted them, one after another: on one column that is the
    shuffle, a hundred times faster. Every NumPy wheel on PyPI links LAPACK, under one of three names. dlaswp moves
    float64 numbers and does nothing else to their bits, so they may as well be int64.
    """
    import ctypes

    swap = None
    with contextlib.suppress(AttributeError, OSError):
        library = ctypes.CDLL(np.linalg._umath_linalg.__file__)  # a symbol is looked up in what it links, too
        names = ("scipy_dlaswp_64_", "dlaswp_64_", "dlaswp$NEWLAPACK$ILP64")
        swap = next((getattr(library, name) for name in names if hasattr(library, name)), None)
    if swap is None:
        return _swap_one_by_one
    number, array = ctypes.POINTER(ctypes.c_int64), ctypes.c_void_p
    swap.argtypes = (number, array, number, number, number, array, number)
    swap.restype = None
    one = ctypes.c_int64(1)

    def laswp(order: np.ndarray, targets: np.ndarray) -> None:
        rows, swaps = ctypes.c_int64(order.size), ctypes.c_int64(targets.size)
        # columns, matrix, its row count, first swap, last swap, targets, step from one target to the next
        swap(one, order.ctypes.data, rows, one, swaps, targets.ctypes.data, one)

    return laswp
