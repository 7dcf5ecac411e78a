"""Random NumPy arrays: what random tensors, in-place draws, dropout and initial weights are made of.

Arguments are checked here, with PyTorch's error types and texts; the numbers come from mt19937.py. A `dtype` may be
NumPy's or ours.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .dtype import dtype, from_numpy_dtype
from .generator import Generator, default_generator
from .mt19937 import Stream

# The names PyTorch gives to dtypes in messages of range checks
_C_NAMES = {
    "float16": "c10::Half", "float32": "float", "float64": "double", "int8": "signed char", "int16": "short",
    "int32": "int", "int64": "long", "uint8": "unsigned char", "bool": "bool",
}  # fmt: skip



def stream_of(generator: Generator | None) -> Stream:
    if generator is None:
        return default_generator._stream
    if not isinstance(generator, Generator):
        raise TypeError(f"generator must be a torch.Generator, not {type(generator).__name__}")
    return generator._stream


def _numpy_dtype(kind: Any) -> np.dtype:
    return kind.numpy if isinstance(kind, dtype) else np.dtype(kind)


def type_name(kind: np.dtype) -> str:
    return from_numpy_dtype(kind).type_name


def fill(array: np.ndarray, draw: Callable[[np.ndarray], None]) -> np.ndarray:
    """Let `draw` fill the array in the order its elements lie in memory, as PyTorch does for transposed tensors."""
    if array.flags.c_contiguous:
        draw(array.reshape(-1))
        return array
    ordered = array.transpose(_memory_order(array))
    values = np.empty(ordered.shape, array.dtype)
    draw(values.reshape(-1))
    ordered[...] = values
    return array


def laid_like(array: Any) -> np.ndarray:
    """`array` itself, or for one on a GPU an array whose elements, not to be touched, would lie in the same order."""
    if isinstance(array, np.ndarray):
        return array
    return np.lib.stride_tricks.as_strided(np.empty((), array.dtype), array.shape, array.strides)


def _memory_order(array: np.ndarray) -> np.ndarray:
    """The axes from the one with the longest steps in memory to the one with the shortest."""
    return np.argsort([-abs(step) for step in array.strides], kind="stable")


def fill_uniform(array: np.ndarray, low: float, high: float, generator: Generator | None) -> np.ndarray:
    if array.dtype.kind != "f":
        raise NotImplementedError(f"\"check_uniform_bounds\" not implemented for '{type_name(array.dtype)}'")
    limit = float(np.finfo(array.dtype).max)
    for name, value in (("from", low), ("to", high)):
        if not -limit <= value <= limit:
            raise RuntimeError(f"{name} is out of bounds for {_C_NAMES[array.dtype.name]}")
    if low > high:
        raise RuntimeError(f"uniform_ expects to return a [from, to) range, but found from={low:g} > to={high:g}")
    if high - low > limit:
        raise RuntimeError(
            f"uniform_ expects to-from <= std::numeric_limits<{type_name(array.dtype)}>::max(), but found to={high:g} "
            f"and from={low:g} which result in to-from to exceed the limit"
        )
    stream = stream_of(generator)
    return fill(array, lambda out: stream.uniform(out, low, high))


def fill_normal(array: np.ndarray, mean: float, std: float, generator: Generator | None) -> np.ndarray:
    if not std >= 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
    if array.dtype.kind != "f":
        raise NotImplementedError(f"\"normal_kernel_cpu\" not implemented for '{type_name(array.dtype)}'")
    stream, in_blocks = stream_of(generator), bool(array.flags.c_contiguous)
    return fill(array, lambda out: stream.normal(out, mean, std, in_blocks))


def fill_exponential(array: np.ndarray, rate: float, generator: Generator | None) -> np.ndarray:
    if array.dtype.kind != "f":
        raise RuntimeError(
            "Exponential distribution is a continuous probability distribution. dtype must be a floating point but you "
            f"specified {type_name(array.dtype)}"
        )
    if not rate > 0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={rate:g}")
    stream = stream_of(generator)
    return fill(array, lambda out: stream.exponential(out, rate))


def fill_cauchy(array: np.ndarray, median: float, sigma: float, generator: Generator | None) -> np.ndarray:
    if array.dtype.kind != "f":
        raise RuntimeError(
            "Cauchy distribution is a continuous probability distribution. dtype must be a floating point but you "
            f"specified {type_name(array.dtype)}"
        )
    if not sigma > 0:
        raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma:g}")
    stream = stream_of(generator)
    return fill(array, lambda out: stream.cauchy(out, median, sigma))


def fill_log_normal(array: np.ndarray, mean: float, std: float, generator: Generator | None) -> np.ndarray:
    if not std > 0:
        raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std:g}")
    if array.dtype.kind != "f":
        raise NotImplementedError(f"\"log_normal_cpu\" not implemented for '{type_name(array.dtype)}'")
    stream = stream_of(generator)
    return fill(array, lambda out: stream.log_normal(out, mean, std))


def fill_geometric(array: np.ndarray, p: float, generator: Generator | None) -> np.ndarray:
    if not 0 < p < 1:
        raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p:g}")
    if array.dtype.kind == "b":
        raise NotImplementedError("\"geometric_cpu\" not implemented for 'Bool'")
    stream = stream_of(generator)
    return fill(array, lambda out: stream.geometric(out, p))


def fill_integers(array: np.ndarray, low: int, high: int, generator: Generator | None) -> np.ndarray:
    if low >= high:
        raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    kind = array.dtype
    if kind.kind == "f":
        # PyTorch only warns: every integer up to 2^digits is a float, those beyond are rounded.
        digits = {"float16": 11, "float32": 24, "float64": 53}[kind.name]
        for name, value in (("from", low), ("to - 1", high - 1)):
            if abs(value) > 2**digits:
                warnings.warn(
                    f"{name} is out of bounds [-(2^{digits}), 2^{digits}]. Due to precision limitations "
                    f"{_C_NAMES[kind.name]} can support discrete uniform distribution only within this range.",
                    stacklevel=3,
                )
    else:
        first, last = (0, 1) if kind.kind == "b" else (np.iinfo(kind).min, np.iinfo(kind).max)
        for name, value in (("from", low), ("to - 1", high - 1)):
            if not first <= value <= last:
                raise RuntimeError(f"{name} is out of bounds for {_C_NAMES[kind.name]}")
    stream = stream_of(generator)
    return fill(array, lambda out: stream.integers(out, low, high - low))


def uniform_array(
    shape: Any, dtype: Any = np.float32, low: float = 0.0, high: float = 1.0, generator: Generator | None = None
) -> np.ndarray:
    """A NumPy array from U[low, high)."""
    return fill_uniform(np.empty(shape, _numpy_dtype(dtype)), low, high, generator)


def normal_array(
    shape: Any, dtype: Any = np.float32, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> np.ndarray:
    """A NumPy array from N(mean, std²)."""
    return fill_normal(np.empty(shape, _numpy_dtype(dtype)), mean, std, generator)


def exponential_array(shape: Any, dtype: Any = np.float32, generator: Generator | None = None) -> np.ndarray:
    """A NumPy array from the exponential distribution with mean 1."""
    return fill_exponential(np.empty(shape, _numpy_dtype(dtype)), 1.0, generator)


def bernoulli_array(
    shape: Any, p: float | np.ndarray, generator: Generator | None = None, like: np.ndarray | None = None
) -> np.ndarray:
    """A bool NumPy array, True with probability p: a number, or an array that broadcasts to `shape`.

    Draws run in reading order, or in the order that the elements of `like`, of the same shape, have in memory. So
    dropout's mask of what it keeps of x is ``bernoulli_array(x.shape, 1 - p, like=x)``.
    """
    stream = stream_of(generator)
    out = np.empty(shape, np.bool_)
    ordered = out
    if like is not None and not like.flags.c_contiguous:
        axes = _memory_order(like)
        ordered = np.empty([out.shape[axis] for axis in axes], np.bool_)
        out = ordered.transpose(np.argsort(axes))
    if isinstance(p, np.ndarray):
        if p.dtype.kind != "f":
            raise NotImplementedError(f"\"bernoulli_tensor_cpu_p_\" not implemented for '{type_name(p.dtype)}'")
        if not ((p >= 0) & (p <= 1)).all():
            raise RuntimeError("bernoulli expects every p to be in [0, 1]")
        p = np.broadcast_to(p, out.shape)
        if ordered is not out:
            p = p.transpose(axes)
        p = p.reshape(-1)
    elif not 0 <= p <= 1:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p:g}")
    stream.bernoulli(ordered.reshape(-1), p)
    return out


def integers_array(
    shape: Any, low: int, high: int, dtype: Any = np.int64, generator: Generator | None = None
) -> np.ndarray:
    """A NumPy array of integers from [low, high)."""
    return fill_integers(np.empty(shape, _numpy_dtype(dtype)), low, high, generator)
