"""The numeric side of a gradient check: derivatives from a ladder of step sizes, each with its uncertainty.

A central difference with step h is off by about h²·f‴/6, so of two steps h and h/4

    R = (16·D(h/4) − D(h)) / 15

is better by h² (Richardson's extrapolation), and how far R is from D(h/4) bounds what is still missing. Small steps
lose to rounding instead: the outputs are known to ε·|f|, so D(h) is known to ε·|f|/h. Steps are taken from large to
small until the answer is certain enough to judge by; the step with the least uncertainty wins.

The one-sided slopes come with every step. On a smooth function they approach each other as h goes to zero; where they
stay apart there is a kink, and any value between them is a gradient. Where they grow as 1/h there is a jump, and none is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..autograd.differences import Move, Slopes, slopes

RATIO = 4.0
ENOUGH = 4  # steps without which nothing is called wrong
FLOOR = {2.0**-52: 1e-8, 2.0**-23: 2e-4}  # the smallest step worth taking, by ε


def scale_of(x: float, typical: float) -> float:
    """How far `x` may be moved as one: as far as it is large, but not in proportion where it is very large."""
    x = abs(x) if math.isfinite(x) else 0.0
    return max(min(x, math.sqrt(x)), typical)


def ladder(eps: float, scale: float, first: float | None = None) -> list[float]:
    """Step sizes for an element whose neighbourhood has the size `scale`, from the best for smooth functions down."""
    h = eps**0.2 * scale if first is None else first
    floor = FLOOR.get(eps, 3 * eps ** (2 / 3)) * scale
    steps = [h, h / RATIO]
    while steps[-1] / RATIO > floor:
        steps.append(steps[-1] / RATIO)
    return steps


@dataclass
class Derivative:
    """The derivative of Σ v·f along one direction, as far as it has been measured."""

    move: Move
    base: Sequence[np.ndarray]
    weights: Sequence[np.ndarray]
    steps: list[float]
    eps: float
    noise: float = 0.0  # what Σ v·f is uncertain by beyond ε·|f|, known from elsewhere
    seen: list[Slopes] = field(default_factory=list)
    value: float = math.nan
    uncertainty: float = math.inf
    kink: bool = False  # the slopes to the left and to the right differ
    jump: bool = False  # there is a jump: no slope at all

    def __post_init__(self) -> None:
        squares = sum(float(np.square(v * b).sum()) for v, b in zip(self.weights, self.base, strict=True))
        self._rounding = 2 * self.eps * math.sqrt(squares) + self.noise
        self._estimates: list[tuple[float, float]] = []
        self.take()
        self.take()

    @property
    def size(self) -> float:
        """What the slope would be if nothing cancelled: the scale that rounding errors have."""
        return max((s.size for s in self.seen if math.isfinite(s.size)), default=0.0)

    @property
    def left(self) -> float:
        """The slope to the left, from the smallest step that rounding leaves alone."""
        return self._clear().left

    @property
    def right(self) -> float:
        """The slope to the right."""
        return self._clear().right

    @property
    def haze(self) -> float:
        """What rounding makes of the slopes at the last step."""
        return self._noise(self.seen[-1])

    @property
    def exhausted(self) -> bool:
        """Whether all steps have been taken."""
        return len(self.seen) == len(self.steps)

    def take(self) -> None:
        """One more step, the next smaller."""
        s = slopes(self.move, self.base, self.weights, self.steps[len(self.seen)])
        self.seen.append(s)
        if len(self.seen) == 1:
            return
        before = self.seen[-2]
        richardson = (RATIO**2 * s.central - before.central) / (RATIO**2 - 1)
        missing = 0.1 * abs(richardson - s.central)
        if self._estimates:
            missing = max(missing, abs(richardson - self._estimates[-1][0]))
        if len(self._estimates) > 1:  # two may agree by chance
            missing = max(missing, abs(self._estimates[-1][0] - self._estimates[-2][0]) / RATIO**3)
        if len(self._estimates) == 1:  # the first had nothing to agree with yet
            self.uncertainty = max(self.uncertainty, abs(richardson - self.value) - 4 * self._noise(s))
        found = richardson, missing + self._noise(s)
        self._estimates.append(found)
        if found[1] <= self.uncertainty:  # nan never is
            self.value, self.uncertainty = found

    def _noise(self, s: Slopes) -> float:
        return self._rounding / s.step

    def _clear(self) -> Slopes:
        for s in reversed(self.seen):
            if self._noise(s) < 1e-3 * max(abs(s.right - s.left), 1e-3 * s.size):
                return s
        return self.seen[0]

    def looks_kinked(self) -> bool:
        """Whether the last step brought the one-sided slopes hardly nearer to each other."""
        before, s = self.seen[-2:]
        apart = abs(s.right - s.left)
        return apart > 0.5 * abs(before.right - before.left) and apart > max(1e-5 * s.size, 20 * self._noise(s))

    def settle(self, analytic: float, allowed: float) -> None:
        """Take steps until it is clear whether `analytic` is within `allowed` of the derivative."""
        while not self.exhausted:
            off = abs(analytic - self.value)
            if not self.looks_kinked():
                if off <= allowed + 4 * self.uncertainty and self.uncertainty <= allowed:
                    return
                if len(self.seen) >= ENOUGH and self.uncertainty <= max(0.02 * off, 1e-12 * self.size):
                    return
            self.take()
        self._find_kink()

    def _find_kink(self) -> None:
        """After the last step: a kink or a jump, if the slopes are as far apart at small steps as at larger ones."""
        growing = [abs(s.central) for s in self.seen if self._noise(s) < 1e-3 * abs(s.central)][-4:]
        if len(growing) == 4 and all(3 < b / a < 5 for a, b in zip(growing, growing[1:], strict=False)):
            self.jump = True  # from one side to the other, with the value in the middle
            return
        clear = [s for s in self.seen if self._noise(s) < 0.02 * abs(s.right - s.left)][-3:]
        if len(clear) < 2 or clear[-1].step > 1e3 * self.steps[-1]:
            return
        apart = [abs(s.right - s.left) for s in clear]
        if apart[-1] <= 0.5 * apart[-2] or apart[-1] < 1e-4 * max(self.size, 1e-300):
            return
        if apart[-1] > 3 * apart[-2]:
            self.jump = True
            return
        self.kink = True
        last, previous = clear[-1], clear[-2]
        self.value = last.central
        drift = max(abs(last.left - previous.left), abs(last.right - previous.right))
        self.uncertainty = drift + self._noise(last)

    def admits(self, analytic: float, allowed: float) -> bool:
        """Whether `analytic` is right: the derivative, or at a kink anything between the two slopes."""
        slack = allowed + 4 * self.uncertainty
        if self.kink:
            low, high = sorted((self.left, self.right))
            return low - slack <= analytic <= high + slack
        return abs(analytic - self.value) <= slack

    def settled(self, allowed: float, size: float) -> bool:
        """Whether the measurement says anything: not at a jump, an infinity, or the edge of the domain.

        A slope that is lost in rounding is known to be nothing much, which is something.
        """
        if self.jump or not math.isfinite(self.value):
            return False
        enough = max(0.02 * self.size, 1e-8 * size, allowed, 4 * self._rounding / self.steps[1])
        return self.size == 0 or self.uncertainty <= enough


def element_move(
    run: Callable[[], list[np.ndarray]], view: np.ndarray, place: tuple[int, ...],
    write: Callable[..., object] | None = None,
) -> Move:  # fmt: skip
    """Moves of one element of `view`, which is put back whatever `run` does."""

    def move(t: float) -> tuple[list[np.ndarray], float]:
        value = view[place].copy()
        try:
            view[place] = value + view.dtype.type(t)
            moved = float(view[place]) - float(value)
            if write is not None:
                write(view)
            return run(), moved or t
        finally:
            view[place] = value
            if write is not None:
                write(view)

    return move


def direction_move(
    run: Callable[[], list[np.ndarray]], write: Callable[[int, np.ndarray], None], directions: dict[int, np.ndarray],
    centres: dict[int, np.ndarray],
) -> Move:  # fmt: skip
    """Moves of several leaves at once, leaf k from its centre along its direction."""

    def move(t: float) -> tuple[list[np.ndarray], float]:
        try:
            for k, d in directions.items():
                write(k, centres[k] + t * d)
            return run(), t
        finally:
            for k, centre in centres.items():
                write(k, centre)

    return move
