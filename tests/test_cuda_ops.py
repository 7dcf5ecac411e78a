"""The table of ops with both engines on one device: ours against torch's there, and against ours on the CPU.

`pytest --device cuda tests/test_cuda_ops.py` runs the whole table on a card, and skips, saying why, where there is none.
Without the option a part of the table runs with both engines on the CPU: that tests these tests.

Tolerances: on the CPU the table's own. On a card 16 times those. CUDA's exp, sin, … are good to 2 or more units in the
last place where the CPU's are good to 1; products and sums use fused multiply-adds and are taken in another order, and
scattered sums in an order that changes from run to run. That is 3·10⁻⁵ in float32 and 6·10⁻¹⁴ in float64: less than any
wrong formula would leave, and far less than TF32's 10⁻³, which is off.

CuPy compiles its kernels with -ftz=true: in float32, but not in float64, a subnormal number (less than 1.2·10⁻³⁸) counts
as 0 there, and a result that small becomes 0. PyTorch's kernels keep them. So on a card such inputs are 0 for all three
(card.py's On.from_numpy). What else PyTorch does differently on a card is listed in card_differences.py.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from card import On, Place, share, three
from card_differences import DIFFERENCES, GRADIENT, SECOND, VALUE, left_out, version_of
from test_op_table import Failures, Outcome, difference, gradient_difference, identify, tensor_difference

import minitorch
from minitorch.testing.optable import OPS, Call, Entry
from minitorch.testing.optable.core import (
    ALL,
    FLOATS,
    TOLERANCE,
    flatten,
    gradients,
    is_tensor,
    second_gradients,
    to_numpy,
)

WIDER = 16  # times the table's tolerances, on a card
WANTED: dict[str, Callable[[Entry], Any]] = {
    "test_value": lambda entry: any(entry.usable(dtype) for dtype in ALL),
    "test_gradient": lambda entry: any(entry.usable(dtype, differentiable=True) for dtype in FLOATS),
    "test_second_gradient": lambda entry: entry.twice and entry.usable("float64", differentiable=True),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.function.__name__ in WANTED:
        wanted = [entry for entry in OPS if WANTED[metafunc.function.__name__](entry)]
        metafunc.parametrize("entry", share(wanted, metafunc.config.getoption("--device")), ids=identify)


def widened(entry: Entry, device: str) -> Entry:
    """The entry with the tolerances of the device."""
    if device == "cpu":
        return entry
    known = TOLERANCE | entry.tolerance
    wide = {dtype: (WIDER * rtol, WIDER * atol) for dtype, (rtol, atol) in known.items()}
    return replace(entry, tolerance=wide, second=WIDER * entry.second)


def elsewhere(result: Any, device: str) -> str | None:
    """A result that is not on the device."""
    for k, part in enumerate(flatten(result)):
        if is_tensor(part) and part.device.type != device:
            return f"output {k} is on {part.device}"
    return None


def compared(
    entry: Entry,
    device: Place,
    run: Callable[[On], Any],
    differ: Callable[[Any, Any], str | None],
    without: Collection[str] = (),
) -> str | None:
    """What is wrong with `run` on the device: against torch there, then against ours on the CPU; None if nothing is.

    What torch refuses on a card alone (integer products, say) is held against ours on the CPU; so are random numbers,
    which torch draws with the card's own generator. `without`: comparisons not to make, see `left_out`.
    """
    ours, theirs, at_home = (Outcome(lambda: run(engine)) for engine in three(device))  # noqa: B023
    if at_home.error is not None:
        same = type(ours.error) is type(at_home.error)
        return None if same else f"raises {ours.error!r}, on the CPU {at_home.error!r}"
    if ours.error is not None:
        if type(ours.error).__name__ == type(theirs.error).__name__:
            return None  # refused there by both
        there = f"raises {theirs.error!r}" if theirs.error is not None else "does not"
        return f"raises {type(ours.error).__name__}: {ours.error}; torch on {device} {there}"
    if theirs.error is None and not elsewhere(theirs.value, device):
        problem = elsewhere(ours.value, device)
        if problem:
            return f"{problem}, torch's on {device}"
    if theirs.error is None and not (entry.seeded and device != "cpu") and "torch" not in without:
        problem = differ(ours.value, theirs.value)
        if problem:
            return problem
    if "home" in without:
        return None
    problem = differ(ours.value, at_home.value)
    return problem and "not as on the CPU: " + problem.replace("torch's", "there")


def test_value(entry: Entry, device: Place) -> None:
    """Values, dtypes, shapes; results stay on the device."""
    failures, wide = Failures(), widened(entry, device)
    for dtype in ALL:
        for i, sample in entry.usable(dtype):

            def run(engine: On) -> Any:
                return Call(engine, entry, sample, dtype, entry.seed(i))()  # noqa: B023

            without = left_out(entry, sample, dtype, VALUE, device)
            problem = compared(entry, device, run, lambda a, b: difference(a, b, wide, dtype), without)  # noqa: B023
            failures.check(f"{dtype} {sample!r}", problem)
    failures.done()


def test_gradient(entry: Entry, device: Place) -> None:
    """Gradients for random cotangents, in both floating dtypes."""
    failures, wide = Failures(), widened(entry, device)
    for dtype in FLOATS:
        for i, sample in entry.usable(dtype, differentiable=True):

            def run(engine: On) -> Any:
                call = Call(engine, entry, sample, dtype, entry.seed(i), grad=True)  # noqa: B023
                return gradients(engine, call, entry.seed(i))[1]  # noqa: B023

            def differ(a: Any, b: Any) -> str | None:
                return gradient_difference(a, b, wide, dtype)  # noqa: B023

            problem = compared(entry, device, run, differ, left_out(entry, sample, dtype, GRADIENT, device))
            failures.check(f"{dtype} {sample!r}", problem)
    failures.done()


def second_difference(ours: list[Any], theirs: list[Any], tolerance: float) -> str | None:
    """As test_op_table.py compares them: a derivative that is zero everywhere one engine may leave out."""
    n = max(len(ours), len(theirs))
    pairs = zip(*(found + [None] * (n - len(found)) for found in (ours, theirs)), strict=True)
    for k, (x, y) in enumerate(pairs):
        u, v = (np.asarray(0.0 if g is None else to_numpy(g)) for g in (x, y))
        if not np.allclose(u, v, rtol=tolerance, atol=tolerance, equal_nan=True):
            return f"second gradient {k} is {x}, torch's {y}"
    return None


def test_second_gradient(entry: Entry, device: Place) -> None:
    """Second derivatives in float64."""
    failures, wide = Failures(), widened(entry, device)
    for i, sample in entry.usable("float64", differentiable=True):
        if not sample.twice:
            continue

        def run(engine: On) -> Any:
            call = Call(engine, entry, sample, "float64", entry.seed(i), grad=True)  # noqa: B023
            return second_gradients(engine, call, entry.seed(i))  # noqa: B023

        without = left_out(entry, sample, "float64", SECOND, device)
        problem = compared(entry, device, run, lambda a, b: second_difference(a, b, wide.second), without)
        failures.check(sample, problem)
    if failures.count:
        failures.done()


# ---- that the tests can fail ---------------------------------------------------------------------------------------


def test_a_wrong_result_is_seen(monkeypatch: pytest.MonkeyPatch, device: Place) -> None:
    """A value off by three parts in ten thousand, as TF32 would leave it, is told from torch's and from the CPU's."""
    entry = next(entry for entry in OPS if entry.name == "matmul")
    i, sample = next((i, s) for i, s in entry.usable("float32") if all(a.shape and 0 not in a.shape for a in s.args))

    def off(wrong: str, engine: On) -> Any:
        found = Call(engine, entry, sample, "float32", entry.seed(i))()
        return found * 1.0003 if engine.engine.__name__ == wrong else found

    def differ(a: Any, b: Any) -> str | None:
        return difference(a, b, widened(entry, "cuda"), "float32")

    for wrong in ("minitorch", "torch"):
        assert "torch's" in (compared(entry, device, partial(off, wrong), differ) or "")
    assert compared(entry, device, partial(off, "neither"), differ) is None


def test_a_result_left_behind_is_seen() -> None:
    zeros = minitorch.zeros(2)
    assert elsewhere([zeros], "cuda") == "output 0 is on cpu" and elsewhere(zeros, "cpu") is None


def test_one_wrong_number_is_seen() -> None:
    entry = next(entry for entry in OPS if entry.name == "matmul")
    x, y, nan = (minitorch.tensor(number, dtype=minitorch.float64) for number in (1.0, 1.5, float("nan")))
    assert tensor_difference(x, y, entry) == "at [] is 1.0, torch's 1.5 (off by 0.5)"
    assert tensor_difference(x, nan, entry) == "at [] is 1.0, torch's nan (off by inf)"
    assert tensor_difference(nan, nan, entry) is None


def test_listed_differences_name_samples() -> None:
    """Each row of card_differences.py says what it is about: samples that the table has, in dtypes that they take."""
    for known in DIFFERENCES:
        for name in known.entries:
            entry = next(entry for entry in OPS if entry.name == name)
            for dtype in known.dtypes:
                usable = [repr(sample) for _, sample in entry.usable(dtype, differentiable=VALUE not in known.kinds)]
                assert usable and all(usable.count(sample) == 1 for sample in known.samples), f"{name}: {known.samples}"


def test_what_a_listed_difference_leaves_out(device: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """One comparison, of the samples it names, in versions of PyTorch before the one it names; the other one remains."""
    entry = next(entry for entry in OPS if entry.name == "trace")
    square, tall = (next(s for s in entry.samples if repr(s) == text) for text in ("(<[3, 3]>)", "(<[4, 2]>)"))
    monkeypatch.setattr("torch.__version__", "2.11.0+cu130")
    assert left_out(entry, tall, "float32", GRADIENT, "cuda") == {"torch"}
    for sample, kind, place in ((square, GRADIENT, "cuda"), (tall, VALUE, "cuda"), (tall, GRADIENT, "cpu")):
        assert left_out(entry, sample, "float32", kind, place) == set()
    monkeypatch.setattr("torch.__version__", "2.13.0")
    assert left_out(entry, tall, "float32", GRADIENT, "cuda") == set()
    assert version_of("2.13.0+cpu") == (2, 13) > version_of("2.9.1")

    def one(wrong: tuple[str, str], engine: On) -> Any:
        return engine.from_numpy(np.float32([1.5 if (engine.engine.__name__, engine.name) == wrong else 1.0]))

    def differ(a: Any, b: Any) -> str | None:
        return difference(a, b, entry, "float32")

    off = partial(one, ("torch", device.theirs))
    assert compared(entry, device, off, differ) and compared(entry, device, off, differ, {"home"})
    assert compared(entry, device, off, differ, {"torch"}) is None


def test_subnormal_inputs_are_zero_for_all_on_a_card() -> None:
    given = [-1e-40, 1e-38, 1.2e-38, 0.0, np.nan]
    for flushes in (False, True):
        engine = On(minitorch, "cpu", flushes)
        x = engine.from_numpy(np.array(given, "float32")).numpy()
        assert (x[:2] == 0).all() == flushes and np.signbit(x[0]) and x[2] > 0 and np.isnan(x[4])
        assert (engine.from_numpy(np.array(given))[:3].numpy() == given[:3]).all()
        strided = np.full((2, 4), 1e-40, "float32")[:, ::2]
        x = engine.from_numpy(strided)
        assert x.stride() == (4, 2) and (x.numpy() == 0).all() == flushes
