"""Is a gradient right, and if not, what is wrong with it? `check_gradient` measures, judges and reports.

What backward says is compared with what small steps of the inputs show (measure.py), for random cotangents: many a wrong
gradient is right for ones, a softmax's zeros for instance. Where the two differ by more than rounding and the
measurement's own uncertainty allow, diagnosis.py says what kind of mistake it is.
"""

from __future__ import annotations

import math
import os
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .diagnosis import (
    CHANGED,
    DTYPE,
    NO_GRADIENT,
    RANDOM,
    SCALED,
    STALE,
    UNKNOWN,
    Diagnosis,
    Evidence,
    diagnose,
    diagnose_error,
    shape_diagnosis,
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
        raise ValueError("check_gradient() found nothing to check: no floating-point tensor among inputs and parameters")
    options = Options(eps, atol, rtol, max_elements, directions, seed)
    return check_subject(subject, options, order)


def check_subject(subject: Subject, options: Options, order: int = 1, noise: float = 0.0) -> GradientReport:
    """`check_gradient`, once it is known what of. `noise` is what the outputs are uncertain by beyond rounding them."""
    if any(leaf.dtype not in TOLERANCE for leaf in subject.leaves):
        unknown = next(leaf for leaf in subject.leaves if leaf.dtype not in TOLERANCE)
        raise TypeError(f"check_gradient() cannot check {unknown.name}, which has dtype {unknown.dtype}")
    try:
        check = _Check(subject, options, noise)
        report = check.report()
        if order == 2 and report.ok and check.weights:
            # The first derivatives may be small because large numbers cancelled; they are uncertain by those.
            noise = max((m.least / 2 + 8 * EPS[check.precision] * m.size for m in check.measured.values()), default=0.0)
            second = GradientSubject(subject, check.weights)
            again = replace(options, seed=options.seed + 1)
            report = replace(report, second=check_subject(second, again, noise=noise))
        return report
    finally:
        subject.state.restore()


class _Broken(Exception):
    """The function as a whole has a problem: nothing else can be said of it."""

    def __init__(self, diagnosis: Diagnosis) -> None:
        super().__init__(diagnosis.seen)
        self.diagnosis = diagnosis


@dataclass
class _Measured:
    """The elements of one leaf that were measured."""

    k: int
    found: dict[tuple[int, ...], Derivative] = field(default_factory=dict)
    wrong: set[tuple[int, ...]] = field(default_factory=set)
    size: float = 0.0  # the largest slope that an element would have if nothing cancelled
    least: float = 0.0  # slopes below this are rounding errors
    rounded: float = 0.0  # the largest error that float64 does not have
    directions_wrong: list[tuple[float, Derivative]] = field(default_factory=list)


class _Check:
    """One check of one subject."""

    def __init__(self, subject: Subject, options: Options, noise: float = 0.0) -> None:
        self.subject = subject
        self.options = options
        self.noise = noise
        self.rng = np.random.default_rng(options.seed)
        self.notes: list[str] = []
        self.weights: list[Any] = []  # the cotangents, as tensors
        self.arrays: list[np.ndarray] = []  # and as arrays
        self.gradients: list[np.ndarray | None] = []
        self.scaled: list[np.ndarray | None] | None = None  # for SCALED times the cotangents
        self.wide: list[np.ndarray | None] | None = None  # the same gradients in float64, where that is not the dtype
        self.evaluations = 0
        self.measured: dict[int, _Measured] = {}
        self.values = [subject.values(leaf.tensor) for leaf in subject.leaves]

    def report(self) -> GradientReport:
        try:
            self.take_analytic()
        except _Broken as broken:
            return self._report((), broken.diagnosis)
        inputs = self.take_numeric()
        return self._report(tuple(inputs), None)

    def _report(self, inputs: tuple[InputReport, ...], problem: Diagnosis | None) -> GradientReport:
        engine = "NumPy" if self.subject.engine is np else self.subject.engine.__name__
        return GradientReport(
            self.subject.name, engine, inputs, problem, tuple(self.notes), evaluations=self.evaluations
        )

    # ---- what backward says --------------------------------------------------------------------------------------------

    def take_analytic(self) -> None:
        """The gradients for random cotangents, and whether the same call gives the same again."""
        subject = self.subject
        with subject.session() as session:
            before = [subject.values(x) for x in session.tensors]
            outputs = self._first_run(session)
            self._unchanged(session, before, "the function")
            again = session.run()
            self.evaluations += 2
            self._same_outputs([subject.values(x) for x in outputs], [subject.values(x) for x in again])
            for out in outputs:
                w = self.rng.uniform(0.5, 1.5, tuple(out.shape)) * self.rng.choice([-1.0, 1.0], tuple(out.shape))
                self.weights.append(subject.tensor(np.asarray(w), out))
            self.arrays = [subject.values(w) for w in self.weights]
            self.outputs = [tuple(out.shape) for out in outputs]
            self.base = [subject.values(out) for out in outputs]
            self.precision = max((subject.dtype_of(x) for x in [*session.tensors, *outputs]), key=EPS.__getitem__)
            raw = self._backward(session, outputs)
            self.gradients = self._arrays(raw, check=True)
            self._same_gradients(self._arrays(self._backward(session, outputs)), "a second backward through one graph")
            self._unchanged(session, before, "backward")
            fresh = session.run()
            self._same_gradients(self._arrays(self._backward(session, fresh)), "the same call made again")
            self._interleaved(session, before)
            if any(g is not None for g in self.gradients):
                other = [subject.tensor(SCALED * a, w) for a, w in zip(self.arrays, self.weights, strict=True)]
                out = session.run()
                try:
                    self.scaled = self._arrays(session.gradients(out, other))
                except Exception:
                    self.scaled = None

    def _first_run(self, session: Session) -> list[Any]:
        try:
            outputs = session.run()
        except Exception as error:
            if isinstance(self.subject, GradientSubject):
                raise _Broken(diagnose_error(error, _where(error))) from error
            raise
        if self.subject.state.moved():
            self.subject.draws = True
            self.subject.state.restore()
            outputs = session.run()
        if not outputs and not isinstance(self.subject, GradientSubject):
            raise ValueError(f"{self.subject.name} returned no floating-point tensor: it has no gradient")
        return outputs

    def _backward(self, session: Session, outputs: list[Any]) -> list[Any]:
        if self.subject.draws:
            self.subject.state.restore()
        try:
            return session.gradients(outputs, self.weights)
        except Exception as error:
            raise _Broken(diagnose_error(error, _where(error))) from error

    def _arrays(self, raw: list[Any], check: bool = False) -> list[np.ndarray | None]:
        found: list[np.ndarray | None] = []
        for g, leaf in zip(raw, self.subject.leaves, strict=True):
            if g is None:
                found.append(None)
                continue
            if self.subject.engine is np:
                if not isinstance(g, np.ndarray | np.generic | float | int):
                    raise _Broken(Diagnosis(DTYPE, f"gradient returned a {type(g).__name__} for {leaf.name}."))
                g = np.asarray(g)
                if check and g.shape != leaf.shape:
                    raise _Broken(shape_diagnosis(g.shape, leaf.shape))
                if check and g.dtype.kind != "f":
                    raise _Broken(Diagnosis(
                        DTYPE, f"the gradient of {leaf.name} has dtype {g.dtype}.",
                        "Gradients are floating-point: look for an integer division, or for a mask that is returned "
                        "as it is."))  # fmt: skip
            elif check and tuple(g.shape) != leaf.shape:
                raise _Broken(shape_diagnosis(tuple(g.shape), leaf.shape))
            elif check and self.subject.dtype_of(g) != leaf.dtype:
                raise _Broken(Diagnosis(DTYPE, f"the gradient of {leaf.name} has dtype {g.dtype}, not {leaf.dtype}."))
            found.append(self.subject.values(g))
        return found

    def _unchanged(self, session: Session, before: list[np.ndarray], who: str) -> None:
        for x, b, leaf in zip(session.tensors, before, self.subject.leaves, strict=True):
            if not np.array_equal(self.subject.values(x), b, equal_nan=True):
                raise _Broken(Diagnosis(
                    CHANGED, f"{who} changes its input {leaf.name} in place.",
                    "Look for an in-place operation (*=, +=, out=, a method with a trailing underscore) and work on "
                    "a copy; what backward saved is changed with it."))  # fmt: skip

    def _tolerated(self, values: np.ndarray, dtype: str) -> float:
        return 16 * EPS.get(dtype, 2.0**-52) * float(np.abs(values[np.isfinite(values)]).max(initial=0.0))

    def _same_outputs(self, once: list[np.ndarray], again: list[np.ndarray]) -> None:
        for k, (a, b) in enumerate(zip(once, again, strict=False)):
            if len(once) != len(again) or a.shape != b.shape or not np.allclose(
                a, b, rtol=0, atol=self._tolerated(a, "float64"), equal_nan=True
            ):  # fmt: skip
                raise _Broken(Diagnosis(
                    RANDOM, f"two calls with the same inputs and the same random state gave different values (output {k}).",
                    "Look for a generator of its own or a time in the function, or a state that it keeps from call to "
                    "call."))  # fmt: skip

    def _same_gradients(self, again: list[np.ndarray | None], what: str) -> None:
        for a, b, leaf in zip(self.gradients, again, self.subject.leaves, strict=True):
            if (a is None) != (b is None):
                raise _Broken(Diagnosis(RANDOM, f"{what} gave a gradient for {leaf.name} only one of two times."))
            if a is None or b is None or np.allclose(a, b, rtol=0, atol=self._tolerated(a, leaf.dtype), equal_nan=True):
                continue
            known = np.isfinite(a) & np.isfinite(b) & (a != 0)
            ratio = float(np.median(b[known] / a[known])) if known.any() else math.nan
            if known.any() and np.allclose(b, ratio * a, rtol=1e-6, atol=0) and ratio > 1.5:
                raise _Broken(Diagnosis(
                    RANDOM, f"{what} gave {ratio:.3f} times the gradient of {leaf.name}: it accumulates across calls.",
                    "Look for += into a buffer that outlives the call, where a fresh array belongs."))  # fmt: skip
            off = float(np.nanmax(np.abs(a - b)))
            raise _Broken(Diagnosis(
                RANDOM, f"{what} gave another gradient for {leaf.name}, {off:.3g} apart.",
                "Look for random numbers drawn in backward, or a state that backward changes."))  # fmt: skip

    def _interleaved(self, session: Session, before: list[np.ndarray]) -> None:
        """Another call between forward and backward must not matter: a mask kept on the class would be its."""
        if self.subject.engine is np or isinstance(self.subject, GradientSubject):
            return
        try:
            with self.subject.session() as other:
                first = session.run()
                for k, values in enumerate(before):
                    if not self.subject.leaves[k].is_parameter:
                        other.write(k, values[tuple(slice(None, None, -1) for _ in values.shape)])
                other.run()
        except Exception:
            return  # the other values may be outside its domain
        found = self._arrays(self._backward(session, first))
        for a, b, leaf in zip(self.gradients, found, self.subject.leaves, strict=True):
            if a is not None and b is not None and not np.allclose(
                a, b, rtol=0, atol=self._tolerated(a, leaf.dtype), equal_nan=True
            ):  # fmt: skip
                raise _Broken(Diagnosis(
                    STALE, f"when the function is called again before backward, the gradient of {leaf.name} for the "
                    "first call changes: backward uses the second call's values.",
                    "Look for values kept on the class, the module or in a global, and save them with the call "
                    "(ctx.save_for_backward, self.save)."))  # fmt: skip

    # ---- what small steps show -----------------------------------------------------------------------------------------

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
                    a, b, rtol=close, atol=close * float(np.abs(b[np.isfinite(b)]).max(initial=0.0)), equal_nan=True
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
        if wide is None or self.options.rtol is not None or not error <= ROUNDED[self.precision] * m.size:
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
        typical = min(1.0, float(np.sqrt(np.mean(np.square(x[np.isfinite(x)])))) if np.isfinite(x).any() else 1.0) or 1.0
        for place in self._places(x.shape):
            steps = ladder(eps, scale_of(x[place], typical), self.options.eps)
            with np.errstate(all="ignore"):
                result.found[place] = Derivative(
                    element_move(run, work, place, write), base, self.arrays, steps, eps, self.noise
                )
        result.size = max((d.size for d in result.found.values()), default=0.0)
        # A slope too small to move the output by a rounding error is a zero like any other.
        squares = [np.square((v * b)[np.isfinite(b)]).sum() for v, b in zip(self.arrays, base, strict=True)]
        result.least = (16 * EPS[self.precision] * math.sqrt(float(sum(squares))) + self.noise) / typical
        analytic = self.gradients[k]
        with np.errstate(all="ignore"):
            for place, d in result.found.items():
                a = 0.0 if analytic is None else float(analytic[place])
                d.settle(a, self.allowed(d.value, result))
                allowed = self.allowed(d.value, result)
                if not d.admits(a, allowed) and d.settled(allowed, result.size) and not self._rounded(a, place, d, result):
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
                both = Derivative(move, base, self.arrays, d.steps[-3:] if len(d.steps) > 3 else d.steps, eps, self.noise)
            tolerance = 1e-4 * max(d.size, e.size)
            if abs(both.right - d.right - e.right) <= tolerance and abs(both.left - d.left - e.left) <= tolerance:
                continue  # they do not know of each other
            total = sum(float(self.gradients[i][r]) for i, r in ((k, p), (l, q)) if self.gradients[i] is not None)
            low, high = sorted((both.left, both.right))
            if not low - tolerance <= total <= high + tolerance:
                self.measured[k].wrong.add(p)
                self.measured[l].wrong.add(q)

    # ---- the verdict ---------------------------------------------------------------------------------------------------

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
                f"{leaf.name}: cancellation in {self.precision} costs up to {m.rounded / m.size:.0e} of the largest value. "
                "In float64 the gradient is right, so the formula is."
            )
        d = m.found[worst] if worst is not None else None
        return InputReport(
            leaf.name, shape, leaf.dtype, leaf.is_parameter, values.size, len(m.found), len(m.wrong),
            sum(1 for p in kinks if p not in m.wrong), unsettled, worst,
            float(values[worst]) if worst is not None else math.nan,
            d.value if d is not None else math.nan,
            d.uncertainty if d is not None else math.nan,
            (d.left, d.right) if d is not None and d.kink else None,
            diagnosis, analytic, numeric, wrong,
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
        self, session: Session, k: int, numeric: np.ndarray, wrong: np.ndarray, kinks: dict
    ) -> Evidence:
        m = self.measured[k]
        size = max(float(np.abs(numeric[np.isfinite(numeric)]).max(initial=0.0)), m.size)

        def jacobian() -> np.ndarray | None:
            if len(self.outputs) != 1 or math.prod(self.outputs[0]) * len(m.found) > 4_000_000:
                return None
            columns = []
            for d in m.found.values():
                step = d.seen[1].step
                above, up = d.move(step)
                below, down = d.move(-step)
                columns.append((above[0] - below[0]) / (up - down))
            # `measured` and `found` go through the elements in the same order.
            return np.stack(columns, -1) if not np.isnan(numeric).any() or len(columns) < numeric.size else None

        analytic = self.gradients[k]
        others = {
            leaf.name: np.array([[d.value for d in self.measured[j].found.values()]]).reshape(leaf.shape)
            for j, leaf in enumerate(self.subject.leaves)
            if j != k and leaf.shape == numeric.shape and len(self.measured[j].found) == numeric.size
        }
        return Evidence(
            analytic, numeric, wrong, size, LOOSE[self.precision], self.values[k], self.outputs, self.arrays,
            jacobian, None if self.scaled is None else self.scaled[k], kinks, others,
        )  # fmt: skip


def _where(error: BaseException) -> str:
    """Where in the user's code an exception was raised; "" if it was not."""
    ours = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    own_tests = os.path.join(ours, "testing", "known_bad.py")
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        is_library = frame.filename.startswith(ours) and not frame.filename.startswith(own_tests)
        if not is_library and f"{os.sep}torch{os.sep}" not in frame.filename and os.path.exists(frame.filename):
            return f" ({os.path.basename(frame.filename)}, line {frame.lineno}, in {frame.name})"
    return ""
