"""What small steps show: the slopes of Σ v·f along one direction, from the outputs a step up and a step down.

Shared by `gradcheck`, which takes one step size, and by `minitorch.testing.check_gradient`, which takes several.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

# The outputs after a move of the input by t, and the t that came of it (x + t is rounded to x's dtype).
Move = Callable[[float], tuple[list[np.ndarray], float]]


@dataclass(frozen=True)
class Slopes:
    """The slopes of F = Σ v·f that one step size h shows."""

    step: float
    central: float  # (F(h) − F(−h)) / 2h
    left: float  # (F(0) − F(−h)) / h
    right: float  # (F(h) − F(0)) / h
    size: float  # (Σ |v·(f(h) − f(−h))|) / 2h: what F's slope would be if nothing cancelled


def weighted(weights: Sequence[np.ndarray], above: Sequence[np.ndarray], below: Sequence[np.ndarray]) -> float:
    """Σ v·(above − below). Subtracting first loses less to rounding than subtracting two sums."""
    return float(sum((v * (a - b)).sum() for v, a, b in zip(weights, above, below, strict=True)))


def central_difference(move: Move, weights: Sequence[np.ndarray], step: float) -> float:
    """(Σ v·f(x + h) − Σ v·f(x − h)) / 2h."""
    above, _ = move(step)
    below, _ = move(-step)
    return weighted(weights, above, below) / (2 * step)


def slopes(move: Move, base: Sequence[np.ndarray], weights: Sequence[np.ndarray], step: float) -> Slopes:
    """All slopes for a step size; `base` are the outputs without any step."""
    above, up = move(step)
    below, down = move(-step)
    size = float(sum(np.abs(v * (a - b)).sum() for v, a, b in zip(weights, above, below, strict=True)))
    return Slopes(
        step,
        weighted(weights, above, below) / (up - down),
        weighted(weights, base, below) / -down,
        weighted(weights, above, base) / up,
        size / (up - down),
    )
