"""What backward says: the analytic side of a gradient check, and whether it can be relied on.

The same call must give the same gradients again, also when another call comes between its forward and its backward;
neither may change the inputs; shapes and dtypes must be the inputs'. Where one of these fails, `Broken` says so, since
comparing numbers would then say nothing.
"""

from __future__ import annotations

import math
import os
import traceback
from typing import Any

import numpy as np

from .diagnosis import CHANGED, DTYPE, RANDOM, SCALED, STALE, Diagnosis, diagnose_error, shape_diagnosis
from .subject import EPS, GradientSubject, Session, Subject


class Broken(Exception):
    """The function as a whole has a problem: nothing else can be said of it."""

    def __init__(self, diagnosis: Diagnosis) -> None:
        super().__init__(diagnosis.seen)
        self.diagnosis = diagnosis


class Backward:
    """The gradients of a subject for random cotangents."""

    evaluations: int

    def __init__(self, subject: Subject, seed: int) -> None:
        self.subject = subject
        self.rng: np.random.Generator = np.random.default_rng(seed)
        self.evaluations = 0
        self.weights: list[Any] = []  # the cotangents, as tensors
        self.arrays: list[np.ndarray] = []  # and as arrays
        self.outputs: list[tuple[int, ...]] = []  # the outputs' shapes
        self.base: list[np.ndarray] = []  # and values
        self.precision: str = "float64"  # the least precise dtype among inputs and outputs
        self.gradients: list[np.ndarray | None] = []
        self.scaled: list[np.ndarray | None] | None = None  # the same for SCALED times the cotangents

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
                raise Broken(diagnose_error(error, _where(error))) from error
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
            raise Broken(diagnose_error(error, _where(error))) from error

    def _arrays(self, raw: list[Any], check: bool = False) -> list[np.ndarray | None]:
        found: list[np.ndarray | None] = []
        for g, leaf in zip(raw, self.subject.leaves, strict=True):
            if g is None:
                found.append(None)
                continue
            if self.subject.engine is np:
                if not isinstance(g, np.ndarray | np.generic | float | int):
                    raise Broken(Diagnosis(DTYPE, f"gradient returned a {type(g).__name__} for {leaf.name}."))
                g = np.asarray(g)
                if check and g.shape != leaf.shape:
                    raise Broken(shape_diagnosis(g.shape, leaf.shape))
                if check and g.dtype.kind != "f":
                    raise Broken(Diagnosis(
                        DTYPE, f"the gradient of {leaf.name} has dtype {g.dtype}.",
                        "Gradients are floating-point: look for an integer division, or for a mask that is returned "
                        "as it is."))  # fmt: skip
            elif check and tuple(g.shape) != leaf.shape:
                raise Broken(shape_diagnosis(tuple(g.shape), leaf.shape))
            elif check and self.subject.dtype_of(g) != leaf.dtype:
                raise Broken(Diagnosis(DTYPE, f"the gradient of {leaf.name} has dtype {g.dtype}, not {leaf.dtype}."))
            found.append(self.subject.values(g))
        return found

    def _unchanged(self, session: Session, before: list[np.ndarray], who: str) -> None:
        for x, b, leaf in zip(session.tensors, before, self.subject.leaves, strict=True):
            if not np.array_equal(self.subject.values(x), b, equal_nan=True):
                raise Broken(Diagnosis(
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
                raise Broken(Diagnosis(
                    RANDOM, f"two calls with the same inputs and random state gave different values (output {k}).",
                    "Look for a generator of its own or a time in the function, or a state that it keeps from call to "
                    "call."))  # fmt: skip

    def _same_gradients(self, again: list[np.ndarray | None], what: str) -> None:
        for a, b, leaf in zip(self.gradients, again, self.subject.leaves, strict=True):
            if (a is None) != (b is None):
                raise Broken(Diagnosis(RANDOM, f"{what} gave a gradient for {leaf.name} only one of two times."))
            if a is None or b is None or np.allclose(a, b, rtol=0, atol=self._tolerated(a, leaf.dtype), equal_nan=True):
                continue
            known = np.isfinite(a) & np.isfinite(b) & (a != 0)
            ratio = float(np.median(b[known] / a[known])) if known.any() else math.nan
            if known.any() and np.allclose(b, ratio * a, rtol=1e-6, atol=0) and ratio > 1.5:
                raise Broken(Diagnosis(
                    RANDOM, f"{what} gave {ratio:.3f} times the gradient of {leaf.name}: it accumulates across calls.",
                    "Look for += into a buffer that outlives the call, where a fresh array belongs."))  # fmt: skip
            off = float(np.nanmax(np.abs(a - b)))
            raise Broken(Diagnosis(
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
                raise Broken(Diagnosis(
                    STALE, f"when the function is called again before backward, the gradient of {leaf.name} for the "
                    "first call changes: backward uses the second call's values.",
                    "Look for values kept on the class, the module or in a global, and save them with the call "
                    "(ctx.save_for_backward, self.save)."))  # fmt: skip


def _where(error: BaseException) -> str:
    """Where in the user's code an exception was raised; "" if it was not."""
    ours = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    own_tests = os.path.join(ours, "testing", "known_bad")
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        is_library = frame.filename.startswith(ours) and not frame.filename.startswith(own_tests)
        if not is_library and f"{os.sep}torch{os.sep}" not in frame.filename and os.path.exists(frame.filename):
            return f" ({os.path.basename(frame.filename)}, line {frame.lineno}, in {frame.name})"
    return ""
