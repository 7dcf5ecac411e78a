"""Is a gradient right, and if not, what is wrong with it? `check_gradient` measures, judges and reports.

What backward says (backward.py) is compared with what small steps of the inputs show (measure.py), for random
cotangents: many a wrong gradient is right for ones, a softmax's zeros for instance. Where the two differ by more than
rounding and the measurement's own uncertainty allow, diagnosis.py says what kind of mistake it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .backward import Backward, Broken
from .diagnosis import (
    NO_GRADIENT,
    NO_SLOPE,
    UNKNOWN,
    Diagnosis,
    Evidence,
    diagnose,
)
from .measure import Derivative, direction_move, element_move, ladder, scale_of
from .report import GradientReport, InputReport
from .subject import EPS, GradientSubject, Session, Subject, subject_of

__all__ = ["check_gradient"]

# Relative to the numeric value, and to the largest slope that any element would have if nothing cancelled. float64 is
# tight enough to notice a float32 constant (6e-8); for the others, what rounding does in a few dozen operations.
TOLERANCE = {"float64": (1e-8, 2e-9), "float32": (1e-4, 2e-5), "float16": (2e-2, 1e-2), "bfloat16": (1e-1, 5e-2)}
ROUNDED = {"float32": 1e-2, "float16": 1e-1, "bfloat16": 3e-1}  # what cancellation may cost, if float64 is right
LOOSE = {"float64": 1e-5, "float32": 2e-3, "float16": 4e-2, "bfloat16": 1e-1}  # how well a hypothesis must fit
PAIRS = 60  # of elements at kinks that are moved together


@dataclass(frozen=True)
class Options:
    """What the caller chose."""

    eps: float | None
    atol: float | None
    rtol: float | None
    max_elements: int | None
    directions: int
    seed: int


def check_gradient(
    fn: Callable[..., Any],
    inputs: Any,
    *,
    gradient: Callable[..., Any] | None = None,
    eps: float | None = None,
    atol: float | None = None,
    rtol: float | None = None,
    order: int = 1,
    max_elements: int | None = 256,
    directions: int = 3,
    seed: int = 0,
) -> GradientReport:
    """Compare the gradients of ``fn(*inputs)`` with numeric ones, and say what is wrong where they differ.

    `fn` is a function, an ``autograd.Function``'s ``apply`` or an ``nn.Module``, of minitorch or of PyTorch (then
    `inputs` are PyTorch's tensors), and may return several tensors. Checked are the inputs that require a gradient (if
    none does, all floating ones) and a module's parameters. With `gradient`, both functions are of NumPy arrays:
    ``gradient(cotangent, *inputs)`` returns one array per input, or per floating input.

    An element is right if |analytic − numeric| ≤ atol + rtol·|numeric| + the measurement's uncertainty. The tolerances
    follow from the dtype unless given. Lower precisions are judged by numeric derivatives taken in float64 where `fn`
    runs there and computes the same. `eps` is the largest step; smaller ones follow. An element where the slopes to the
    left and right differ (a kink) is right if backward gives one of them or a value between.

    ``order=2`` checks second derivatives, too. Of inputs with more than `max_elements` elements a random choice is
    checked (`seed`), and as many random `directions`, which involve all elements; None checks all.

    Every evaluation finds the same random state, so dropout can be checked. Nothing of the caller's is changed: inputs,
    parameters, buffers, ``.grad`` and random state are as before, also when `fn` raises, which passes through.

    Shapes: inputs and outputs of any shapes.
    Errors: ValueError for an `order` but 1 and 2, no element or nothing to check, and ``order=2`` with `gradient`; what
    `fn` raises passes through. Gradients that are wrong are reported, not raised: see `GradientReport.raise_if_wrong`.

    Source: this project's own.

    >>> import minitorch as torch
    >>> from minitorch.testing import check_gradient
    >>> bool(check_gradient(torch.tanh, torch.randn(3, 2, dtype=torch.float64)))
    True
    >>> class Square(torch.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x * x
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         x, = ctx.saved_tensors
    ...         return g * x
    >>> check_gradient(Square.apply, torch.randn(3, dtype=torch.float64)).diagnosis.seen
    'analytic = 0.500 × numeric (1/2), everywhere.'
    """
    if order not in (1, 2):
        raise ValueError(f"check_gradient() checks derivatives of order 1 and 2, not {order}")
    if order == 2 and gradient is not None:
        raise ValueError("check_gradient() cannot take order=2 with gradient=, which cannot be differentiated itself")
    if max_elements is not None and max_elements < 1:
        raise ValueError(f"max_elements must be at least 1 or None, not {max_elements}")
    subject = subject_of(fn, inputs, gradient)
    if not subject.leaves:
        raise ValueError(
            "check_gradient() found nothing to check: no floating-point tensor among inputs and parameters"
        )
    options = Options(eps, atol, rtol, max_elements, directions, seed)
    return check_subject(subject, options, order)


def check_subject(
    subject: Subject, options: Options, order: int = 1, noise: float = 0.0, least: float = 0.0
) -> GradientReport:
    """`check_gradient`, once it is known what of. `noise` is what the outputs are uncertain by beyond rounding them, in
    the precision of the numeric derivatives; `least` the same in the subject's own precision.
    """
    if any(leaf.dtype not in TOLERANCE for leaf in subject.leaves):
        unknown = next(leaf for leaf in subject.leaves if leaf.dtype not in TOLERANCE)
        raise TypeError(f"check_gradient() cannot check {unknown.name}, which has dtype {unknown.dtype}")
    try:
        check = _Check(subject, options, noise, least)
        report = check.report()
        if order == 2 and report.ok and check.weights:
            # The first derivatives may be small because large numbers cancelled; they are uncertain by those.
            measured = check.measured.values()
            noise = max((m.haze for m in measured), default=0.0)
            least = max((m.least + 16 * EPS[check.precision] * m.size for m in measured), default=0.0)
            second = GradientSubject(subject, check.weights)
            again = replace(options, seed=options.seed + 1)
            report = replace(report, second=check_subject(second, again, noise=noise, least=least))
        return report
    finally:
        subject.state.restore()


@dataclass
class _Measured:
    """The elements of one leaf that were measured."""

    k: int
    found: dict[tuple[int, ...], Derivative] = field(default_factory=dict)
    wrong: set[tuple[int, ...]] = field(default_factory=set)
    size: float = 0.0  # the largest slope that an element would have if nothing cancelled
    least: float = 0.0  # slopes below this are rounding errors
    haze: float = 0.0  # what rounding may do to a gradient in the precision that was measured in
    rounded: float = 0.0  # the largest error that float64 does not have
    directions_wrong: list[tuple[float, Derivative]] = field(default_factory=list)


class _Check(Backward):
    """One check of one subject."""

    def __init__(self, subject: Subject, options: Options, noise: float = 0.0, least: float = 0.0) -> None:
        super().__init__(subject, options.seed)
        self.options = options
        self.noise = noise
        self.least = least
        self.notes: list[str] = []
        self.wide: list[np.ndarray | None] | None = None  # the same gradients in float64, where that is not the dtype
        self.measured: dict[int, _Measured] = {}
        self.values = [subject.values(leaf.tensor) for leaf in subject.leaves]

    def report(self) -> GradientReport:
        try:
            self.take_analytic()
        except Broken as broken:
            return self._report((), broken.diagnosis)
        inputs = self.take_numeric()
        return self._report(tuple(inputs), None)

    def _report(self, inputs: tuple[InputReport, ...], problem: Diagnosis | None) -> GradientReport:
        engine = "NumPy" if self.subject.engine is np else self.subject.engine.__name__
        return GradientReport(
            self.subject.name, engine, inputs, problem, tuple(self.notes), evaluations=self.evaluations
        )

    # ---- what small steps show -------------------------------------------------------------------------------------

    def take_numeric(self) -> list[InputReport]:
        """Measure, in float64 if the function computes the same there, and judge."""
        if self.precision != "float64":
            if (found := self._try_float64()) is not None:
                return found
            self.notes.append(
                f"The numeric derivatives are taken in {self.precision}, since the function does not run, or does not "
                "compute the same, in float64: they are uncertain, and small mistakes cannot be seen."
            )
        with self.subject.session() as session:
            return self._measure(session, EPS[self.precision], self._run(session))

    def _try_float64(self) -> list[InputReport] | None:
        subject = self.subject
        with subject.session("float64") as session:
            try:
                outputs = session.run()
            except Exception:
                return None
            if any(str(x.dtype).removeprefix("torch.") != "float64" for x in outputs):
                return None
            base = [subject.values(x) for x in outputs]
            close = 1e3 * EPS[self.precision]
            for a, b in zip(base, self.base, strict=False):
                if a.shape != b.shape or not np.allclose(
                    a, b, rtol=close, equal_nan=True,
                    atol=close * float(np.abs(b[np.isfinite(b)]).max(initial=0.0)) + 8 * self.least,
                ):  # fmt: skip
                    return None
            if len(base) != len(self.base):
                return None
            try:
                weights = [subject.tensor(a, x) for a, x in zip(self.arrays, outputs, strict=True)]
                self.wide = self._arrays(session.gradients(outputs, weights))
            except Exception:
                self.wide = None  # backward may know its dtype alone
            return self._measure(session, EPS["float64"], base)

    def _run(self, session: Session) -> list[np.ndarray]:
        self.evaluations += 1
        return [self.subject.values(x) for x in session.run()]

    def _measure(self, session: Session, eps: float, base: list[np.ndarray]) -> list[InputReport]:
        for k in range(len(self.subject.leaves)):
            self.measured[k] = self._measure_leaf(session, k, eps, base)
        self._pairs(session, base, eps)
        return [self._judge(session, k) for k in range(len(self.subject.leaves))]

    def _rounded(self, analytic: float, place: tuple[int, ...], d: Derivative, m: _Measured) -> bool:
        """Whether the formula is right, as its gradient in float64 shows, and cancellation costs it some digits."""
        wide = self.wide[m.k] if self.wide is not None else None
        error = abs(analytic - d.value)
        if (
            wide is None
            or self.options.rtol is not None
            or not error <= max(ROUNDED[self.precision] * m.size, 100 * m.least)
        ):
            return False
        rtol, atol = TOLERANCE["float64"]
        if not d.admits(float(wide[place]), atol * m.size + rtol * abs(d.value)):
            return False
        m.rounded = max(m.rounded, error)
        return True

    def allowed(self, numeric: float, m: _Measured, times: float = 1.0) -> float:
        """How far the two gradients may be apart, beside the measurement's uncertainty."""
        rtol, atol = TOLERANCE[self.precision]
        relative = rtol if self.options.rtol is None else self.options.rtol
        absolute = atol * m.size * times + m.least if self.options.atol is None else self.options.atol
        return absolute + relative * (abs(numeric) if math.isfinite(numeric) else 0.0)

    def _places(self, shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        total, most = math.prod(shape), self.options.max_elements
        if most is None or total <= most:
            yield from np.ndindex(shape)
            return
        for flat in np.sort(self.rng.choice(total, most, replace=False)):
            yield tuple(int(i) for i in np.unravel_index(int(flat), shape))

    def _measure_leaf(self, session: Session, k: int, eps: float, base: Sequence[np.ndarray]) -> _Measured:
        result = _Measured(k)
        x = self.values[k]
        view = session.view(k)
        work = x.copy() if view is None else view
        write = None if view is not None else lambda values: session.write(k, values)
        run = lambda: self._run(session)  # noqa: E731
        typical = (
            min(1.0, float(np.sqrt(np.mean(np.square(x[np.isfinite(x)])))) if np.isfinite(x).any() else 1.0) or 1.0
        )
        for place in self._places(x.shape):
            steps = ladder(eps, scale_of(x[place], typical), self.options.eps)
            with np.errstate(all="ignore"):
                result.found[place] = Derivative(
                    element_move(run, work, place, write), base, self.arrays, steps, eps, self.noise
                )
        result.size = max((d.size for d in result.found.values()), default=0.0)
        # A slope too small to move the output by a rounding error is a zero like any other.
        squares = [np.square((v * b)[np.isfinite(b)]).sum() for v, b in zip(self.arrays, base, strict=True)]
        slope = math.sqrt(float(sum(squares))) / typical
        result.least = 16 * EPS[self.precision] * slope + (self.noise + self.least) / typical
        result.haze = 8 * eps * (slope + result.size)
        analytic = self.gradients[k]
        with np.errstate(all="ignore"):
            for place, d in result.found.items():
                a = 0.0 if analytic is None else float(analytic[place])
                d.settle(a, self.allowed(d.value, result))
                allowed = self.allowed(d.value, result)
                if (
                    not d.admits(a, allowed)
                    and d.settled(allowed, result.size)
                    and not self._rounded(a, place, d, result)
                ):
                    result.wrong.add(place)
            if len(result.found) < x.size and not result.wrong:
                self._directions(session, result, eps, base)
        return result

    def _directions(self, session: Session, result: _Measured, eps: float, base: Sequence[np.ndarray]) -> None:
        """Random directions, in which all elements take part."""
        k, analytic = result.k, self.gradients[result.k]
        for _ in range(self.options.directions):
            d = self.rng.standard_normal(self.values[k].shape)
            move = direction_move(lambda: self._run(session), session.write, {k: d}, {k: self.values[k]})
            found = Derivative(move, base, self.arrays, ladder(eps, 1.0, self.options.eps), eps, self.noise)
            a = 0.0 if analytic is None else float((analytic * d).sum())
            # Rounding in the elements' gradients adds up like a random walk.
            allowed = self.allowed(found.value, result, times=math.sqrt(d.size))
            found.settle(a, allowed)
            if not found.admits(a, allowed) and found.settled(allowed, result.size):
                result.directions_wrong.append((a, found))

    def _pairs(self, session: Session, base: Sequence[np.ndarray], eps: float) -> None:
        """Elements at kinks that depend on each other, as those that tie for a maximum do, moved together."""
        kinks = [(k, p, d) for k, m in self.measured.items() for p, d in m.found.items() if d.kink and p not in m.wrong]
        if len(kinks) > 12:
            kinks = [kinks[i] for i in sorted(self.rng.choice(len(kinks), 12, replace=False))]
        pairs = [(a, b) for i, a in enumerate(kinks) for b in kinks[i + 1 :]][:PAIRS]
        for (k, p, d), (l, q, e) in pairs:  # noqa: E741
            directions = {i: np.zeros(self.values[i].shape) for i in {k, l}}
            directions[k][p] += 1
            directions[l][q] += 1
            centres = {i: self.values[i] for i in directions}
            move = direction_move(lambda: self._run(session), session.write, directions, centres)
            with np.errstate(all="ignore"):
                both = Derivative(
                    move, base, self.arrays, d.steps[-3:] if len(d.steps) > 3 else d.steps, eps, self.noise
                )
            tolerance = 1e-4 * max(d.size, e.size) + 8 * (both.haze + d.haze + e.haze)
            if abs(both.right - d.right - e.right) <= tolerance and abs(both.left - d.left - e.left) <= tolerance:
                continue  # they do not know of each other
            known: Any = self.gradients
            total = sum(float(known[i][r]) for i, r in ((k, p), (l, q)) if known[i] is not None)
            low, high = sorted((both.left, both.right))
            if not low - tolerance <= total <= high + tolerance:
                self.measured[k].wrong.add(p)
                self.measured[l].wrong.add(q)

    # ---- the verdict -----------------------------------------------------------------------------------------------

    def _judge(self, session: Session, k: int) -> InputReport:
        leaf, m = self.subject.leaves[k], self.measured[k]
        analytic, shape = self.gradients[k], self.subject.leaves[k].shape
        values = np.zeros(shape) if analytic is None else analytic
        numeric = np.full(shape, np.nan)
        wrong = np.zeros(shape, bool)
        kinks: dict[tuple[int, ...], tuple[float, float]] = {}
        unsettled = 0
        for place, d in m.found.items():
            if place in m.wrong:
                wrong[place] = True
            settled = d.settled(self.allowed(d.value, m), m.size)
            unsettled += not settled and place not in m.wrong
            numeric[place] = d.value if settled or place in m.wrong else np.nan
            if d.kink:
                kinks[place] = d.left, d.right
        diagnosis = None
        if m.wrong and analytic is None:
            diagnosis = Diagnosis(
                NO_GRADIENT,
                "no gradient arrives (None), and the output does depend on this input.",
                "Look for a None that backward returns, and for detach, .data, .item(), no_grad or NumPy on the way.",
            )
        elif m.wrong:
            diagnosis = diagnose(self._evidence(session, k, numeric, wrong, kinks))
        elif unsettled == len(m.found) > 0 and not isinstance(self.subject, GradientSubject):
            diagnosis = Diagnosis(
                NO_SLOPE,
                "small steps show no slope at any element: there are jumps, infinities or rounding errors alone.",
                "Check it at other inputs, where it is differentiable.",
            )
        elif m.directions_wrong:
            a, d = m.directions_wrong[0]
            diagnosis = Diagnosis(
                UNKNOWN,
                f"the {len(m.found)} elements that were measured are right, but along a random direction backward says "
                f"{a:.6g} and small steps {d.value:.6g}: it is wrong at some other element.",
                f"Measure all {values.size} with max_elements=None.",
            )
        worst = self._worst(m, values)
        self._note_subset(leaf.name, len(m.found), values.size)
        if m.rounded and not m.wrong:
            self.notes.append(
                f"{leaf.name}: cancellation in {self.precision} costs up to {m.rounded:.0e}. "
                "In float64 the gradient is right, so the formula is."
            )
        at = m.found[worst] if worst is not None else None
        return InputReport(
            leaf.name, shape, leaf.dtype, leaf.is_parameter, values.size, len(m.found), len(m.wrong),
            sum(1 for p in kinks if p not in m.wrong), unsettled, worst,
            float(values[worst]) if worst is not None else math.nan,
            at.value if at is not None else math.nan,
            at.uncertainty if at is not None else math.nan,
            (at.left, at.right) if at is not None and at.kink else None,
            diagnosis, m.least, analytic, numeric, wrong,
        )  # fmt: skip

    def _note_subset(self, name: str, checked: int, total: int) -> None:
        if checked < total:
            self.notes.append(
                f"{name}: {checked} of {total} elements were measured, chosen at random, and "
                f"{self.options.directions} random directions."
            )

    def _worst(self, m: _Measured, values: np.ndarray) -> tuple[int, ...] | None:
        """The wrong element that is furthest off; of right ones, the one with the largest error."""
        pool = m.wrong or {p for p, d in m.found.items() if d.settled(self.allowed(d.value, m), m.size) and not d.kink}
        off = {p: abs(float(values[p]) - m.found[p].value) for p in pool}
        return max(off, key=lambda p: math.inf if math.isnan(off[p]) else off[p], default=None)

    def _evidence(
        self, session: Session, k: int, numeric: np.ndarray, wrong: np.ndarray,
        kinks: dict[tuple[int, ...], tuple[float, float]],
    ) -> Evidence:  # fmt: skip
        m = self.measured[k]
        size = max(float(np.abs(numeric[np.isfinite(numeric)]).max(initial=0.0)), m.size)

        def jacobian(measured: np.ndarray) -> np.ndarray | None:
            if len(self.outputs) != 1 or math.prod(self.outputs[0]) * len(m.found) > 4_000_000:
                return None
            columns = []
            for place in np.argwhere(measured):
                d = m.found[tuple(int(i) for i in place)]
                step = d.seen[1].step
                above, up = d.move(step)
                below, down = d.move(-step)
                columns.append((above[0] - below[0]) / (up - down))
            return np.stack(columns, -1) if columns else None

        analytic: Any = self.gradients[k]  # there is one, else nothing would be wrong with it
        numeric = numeric.copy()
        for place in kinks:
            if not wrong[place]:  # one of many gradients that would be right: no hint at a formula
                numeric[place] = np.nan
        others = {
            leaf.name: np.array([[d.value for d in self.measured[j].found.values()]]).reshape(leaf.shape)
            for j, leaf in enumerate(self.subject.leaves)
            if j != k and leaf.shape == numeric.shape and len(self.measured[j].found) == numeric.size
        }
        return Evidence(
            analytic, numeric, wrong, size, LOOSE[self.precision], self.values[k], self.outputs, self.arrays,
            jacobian, None if self.scaled is None else self.scaled[k], kinks, others,
        )  # fmt: skip
