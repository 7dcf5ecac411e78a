"""Resampling along an axis: every element of the result is a weighted sum of a few elements of the input.

    z[…, t, …] = Σ over the taps of t:  weight · x[…, source, …]

Borders that repeat the inside have one tap per element, linear interpolation two, bicubic four, the mean of a window as
many as the window has elements. Images are resampled along one axis after the other. The sum is linear in x, and its
transpose, which the gradient needs, is a sum of the same kind, with targets and sources exchanged.
"""

from __future__ import annotations

from functools import cache, cached_property
from typing import Any

import numpy as np

from ...autograd.op import Op
from ...device import array_module


class Taps:
    """A weighted sum along an axis of `size_in`, giving one of `size_out`, from its terms in any order."""

    size_in: int
    size_out: int

    def __init__(self, size_in: int, size_out: int, targets: Any, sources: Any, weights: Any = None) -> None:
        self.size_in, self.size_out = size_in, size_out
        self.terms: tuple[Any, Any, Any] = targets, sources, weights
        order = np.argsort(targets, kind="stable")
        sorted_targets = targets[order]
        # The k-th term of every target makes up step k, so that no step names a target twice.
        step = np.arange(len(order)) - np.searchsorted(sorted_targets, sorted_targets)
        by_step = order[np.argsort(step, kind="stable")]
        groups = np.split(by_step, np.cumsum(np.bincount(step))[:-1]) if len(order) else []
        self.steps: list[tuple[Any, Any, Any | None, bool]] = [
            (_plain(targets[g]), _plain(sources[g]), None if weights is None else weights[g], len(g) == size_out)
            for g in groups
        ]

    @cached_property
    def transposed(self) -> Taps:
        """What sends the gradient of each target to its sources."""
        targets, sources, weights = self.terms
        return Taps(self.size_out, self.size_in, sources, targets, weights)

    def apply(self, x: Any, axis: int) -> Any:
        """The sum along `axis`, a negative number."""
        xp = array_module(x)
        out = None
        for targets, sources, weights, is_complete in self.steps:
            part = x[_at(axis, sources)] if isinstance(sources, slice) else x.take(xp.asarray(sources), axis=axis)
            if weights is not None:
                part = part * xp.asarray(weights, x.dtype).reshape(-1, *[1] * (-axis - 1))
            if out is None and is_complete:
                out = part.copy() if part.base is not None else part
                continue
            if out is None:
                out = xp.zeros((*x.shape[:axis], self.size_out, *x.shape[x.ndim + axis + 1 :]), x.dtype)
            out[_at(axis, targets if isinstance(targets, slice) else xp.asarray(targets))] += part
        if out is None:
            return xp.zeros((*x.shape[:axis], self.size_out, *x.shape[x.ndim + axis + 1 :]), x.dtype)
        return out


def _at(axis: int, index: Any) -> tuple[Any, ...]:
    return (..., index, *[slice(None)] * (-axis - 1))


def _plain(index: Any) -> Any:
    """A slice instead of an index array that is one: a view is faster than a copy."""
    if len(index) == 1:
        return slice(int(index[0]), int(index[0]) + 1)
    steps = np.diff(index)
    if len(index) and steps[0] > 0 and (steps == steps[0]).all():
        return slice(int(index[0]), int(index[-1]) + 1, int(steps[0]))
    return index


class Resample(Op):
    """z = x, summed by `taps` along each of some axes;  the gradient is g, summed by the transposed ones."""

    def __init__(self, taps: dict[int, Taps]) -> None:
        self.taps = taps

    def forward(self, x: Any) -> Any:
        z = x
        for axis in sorted(self.taps, reverse=True):  # the last axis first, as PyTorch nests its sums
            z = self.taps[axis].apply(z, axis)
        return array_module(x).array(z, order="C") if z is x else array_module(x).ascontiguousarray(z)

    def backward(self, g: Any) -> Any:
        return Resample({axis: taps.transposed for axis, taps in self.taps.items()})(g)


@cache
def resample_node(name: str) -> type[Resample]:
    """`Resample` under the name that PyTorch gives the operation."""
    made: type[Resample] = type(name, (Resample,), {"__doc__": Resample.__doc__}, label=f"{name}Backward0")
    return made


def picks(size: int, sources: Any) -> Taps:
    """One tap each: z[t] = x[sources[t]]."""
    return Taps(size, len(sources), np.arange(len(sources)), np.asarray(sources, np.int64))


def window_bounds(size: int, out: int) -> tuple[Any, Any]:
    """Where the `out` windows begin and end that cover `size` elements as evenly as whole numbers allow."""
    k = np.arange(out)
    return k * size // out, -(-(k + 1) * size // out)


def window_means(size: int, out: int) -> Taps:
    """The means of those windows."""
    starts, ends = window_bounds(size, out)
    lengths = ends - starts
    targets = np.repeat(np.arange(out), lengths)
    within = np.arange(len(targets)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return Taps(size, out, targets, starts[targets] + within, 1 / lengths[targets])
