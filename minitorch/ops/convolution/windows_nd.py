"""Sliding windows over signals, images and volumes of any rank: their geometry, their columns, and the way back.

The same questions as in windows.py, which knows two dimensions only and answers faster there: a training step on small
images is measured by its lines of Python. Here every size is a tuple with one entry per dimension.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...device import array_module, strided_view
from .windows import output_size

Sizes = tuple[int, ...]


def int_tuple(op: str, name: str, value: Any, n: int) -> Sizes:
    """`n` ints from an int or a sequence of n, as in ``stride=2`` or ``stride=(2, 1, 1)``."""
    if isinstance(value, int | np.integer):
        return (int(value),) * n
    if not isinstance(value, tuple | list) or not all(isinstance(v, int | np.integer) for v in value):
        raise TypeError(f"{op}(): argument '{name}' must be an int or a tuple of {n} ints, but got {value!r}")
    if len(value) == 1:
        return (int(value[0]),) * n
    if len(value) != n:
        raise RuntimeError(f"{op}(): argument '{name}' must be an int or a tuple of {n} ints, but got {value!r}")
    return tuple(int(v) for v in value)


def by(sizes: Any) -> str:
    """Sizes as messages write them: 3 x 4."""
    return " x ".join(map(str, sizes))


@dataclass(frozen=True)
class WindowsNd:
    """How a kernel goes over x (N, C, *sizes): padding is a (before, after) pair per dimension."""

    kernel: Sizes
    stride: Sizes
    padding: tuple[tuple[int, int], ...]
    dilation: Sizes

    @property
    def reach(self) -> Sizes:
        """Over how many elements a window extends."""
        return tuple(d * (k - 1) + 1 for d, k in zip(self.dilation, self.kernel, strict=True))

    def output_shape(self, sizes: Any) -> Sizes:
        """How many windows fit along each dimension."""
        return tuple(
            output_size(n, k, s, sum(p), d)
            for n, k, s, p, d in zip(sizes, self.kernel, self.stride, self.padding, self.dilation, strict=True)
        )

    def padded_shape(self, sizes: Any) -> Sizes:
        return tuple(n + sum(p) for n, p in zip(sizes, self.padding, strict=True))

    def inside(self, sizes: Any) -> tuple[Any, ...]:
        """The index of what `padded` put a border around."""
        return (..., *[slice(p[0], p[0] + n) for n, p in zip(sizes, self.padding, strict=True)])

    def padded(self, x: Any, value: float = 0) -> Any:
        """x (…, *sizes) with its border; x itself where there is none."""
        if not any(map(any, self.padding)):
            return x
        leading = x.ndim - len(self.kernel)
        sizes = x.shape[leading:]
        out = array_module(x).full((*x.shape[:leading], *self.padded_shape(sizes)), value, x.dtype)
        out[self.inside(sizes)] = x
        return out

    def positions(self, out: Sizes) -> list[tuple[Any, ...]]:
        """For every kernel position, in reading order, the index of the elements of the padded x that it meets."""
        per_axis = [
            [slice(i * d, i * d + (n - 1) * s + 1, s) for i in range(k)]
            for k, s, d, n in zip(self.kernel, self.stride, self.dilation, out, strict=True)
        ]
        return [(..., *slices) for slices in itertools.product(*per_axis)]

    def columns(self, x: Any, out: Sizes) -> Any:
        """The windows of a padded x (n, C, *sizes) as columns (n, C·kernel, windows), copied."""
        n, c = x.shape[:2]
        steps = x.strides[2:]
        windows = strided_view(
            x,
            (n, c, *self.kernel, *out),
            (
                *x.strides[:2],
                *[d * b for d, b in zip(self.dilation, steps, strict=True)],
                *[s * b for s, b in zip(self.stride, steps, strict=True)],
            ),
        )
        return array_module(x).array(windows, order="C").reshape(n, c * math.prod(self.kernel), math.prod(out))

    def add_columns(self, columns: Any, x: Any, out: Sizes) -> None:
        """Add every column entry to the element of the padded x it came from: the transpose of `columns`."""
        pieces = columns.reshape(*x.shape[:2], math.prod(self.kernel), *out)
        for k, where in enumerate(self.positions(out)):
            x[where] += pieces[:, :, k]

    def column_bytes(self, x: Any, channels: int, out: Sizes) -> int:
        """What the columns of one of the batch take, in the dtype of x."""
        return channels * math.prod(self.kernel) * math.prod(out) * x.itemsize
