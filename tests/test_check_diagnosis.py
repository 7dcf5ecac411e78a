"""What the gradient checker says: nothing against any sound op of the table, and the right thing of known mistakes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from test_check_gradient import both, square

import minitorch
from minitorch.testing import check_gradient
from minitorch.testing import diagnosis as d
from minitorch.testing.diagnosis import Evidence, diagnose
from minitorch.testing.known_bad import KNOWN_BAD, KnownBad
from minitorch.testing.optable import OPS, Call, Entry
from minitorch.testing.table import check_entry

FLOAT_ENTRIES = [e for e in OPS if e.usable("float64", differentiable=True, numeric=True)]


@pytest.mark.parametrize("entry", FLOAT_ENTRIES, ids=lambda e: e.name.replace(" ", "-"))
def test_no_sound_op_is_accused(entry: Entry) -> None:
    """Every sample in float64, some in float32, and some second derivatives."""
    results = [
        check_entry(entry, "float64", second=False, max_elements=6),
        check_entry(entry, "float32", second=False, every=6, max_elements=6),
        check_entry(entry, "float64", second=True, every=20, max_elements=6),
    ]
    problems = [f"{r.dtype} {sample}\n{report}" for r in results for sample, report in r.problems]
    assert not problems, "\n".join(problems)
    assert results[0].without_slope <= 0.3 * results[0].elements, "too little was measured to say anything"


class Spoil(minitorch.autograd.Function):
    """The identity, whose gradient has one element changed a little."""

    @staticmethod
    def forward(ctx, x, place, factor):
        ctx.place, ctx.factor = place, factor
        return x.clone()

    @staticmethod
    def backward(ctx, g):
        g = g.clone()
        g[ctx.place] *= ctx.factor
        return g, None, None


@pytest.mark.filterwarnings("ignore::UserWarning")  # some ops speak of deprecated arguments
@pytest.mark.parametrize("entry", FLOAT_ENTRIES[::7], ids=lambda e: e.name.replace(" ", "-"))
@pytest.mark.parametrize(("dtype", "factor"), [("float64", 1 + 1e-6), ("float32", 1.01)])
def test_a_small_mistake_in_one_element_is_found(entry: Entry, dtype: str, factor: float) -> None:
    """In ops of every kind: the largest element of the first input's gradient is off by a little."""
    for i, sample in entry.usable(dtype, differentiable=True, numeric=True)[:2]:
        call = Call(minitorch, entry, sample, dtype, entry.seed(i), grad=True)
        sound = (
            check_gradient(call.with_leaves, call.leaves) if call.leaves and call.with_leaves(*call.leaves) else None
        )
        if sound is None or sound.inputs[0].total < 2 or not np.any(sound.inputs[0].analytic_gradient):
            continue
        gradient = sound.inputs[0].analytic_gradient
        place = tuple(int(k) for k in np.unravel_index(int(np.abs(gradient).argmax()), gradient.shape))
        spoil = lambda x, *rest: call.with_leaves(Spoil.apply(x, place, factor), *rest)  # noqa: B023, E731
        spoilt = check_gradient(spoil, call.leaves)
        assert spoilt.inputs[0].worst == place and spoilt.inputs[0].wrong == 1, f"{sample}\n{spoilt}"
        assert all(x.ok for x in spoilt.inputs[1:])


def test_the_table_is_measured():
    r = check_entry(next(e for e in OPS if e.name == "exp"))
    assert r.samples > 3 and r.elements > 10 and 0 < r.worst < 1e-8 and (r.second, r.verdict) == ("ok", "ok")


@both
@pytest.mark.parametrize("bad", KNOWN_BAD, ids=lambda bad: bad.name)
def test_known_mistakes_get_their_diagnosis(bad: KnownBad, engine) -> None:
    report = check_gradient(bad.build(engine), bad.inputs(engine))
    assert not report and report.diagnosis is not None, "not caught"
    assert report.diagnosis.kind == bad.kind, str(report)
    assert report.engine == engine.__name__
    assert report.diagnosis.kind in str(report) and report.diagnosis.kind in report._repr_html_()


def test_known_mistakes_are_many_and_explained():
    assert len(KNOWN_BAD) >= 25 and len({bad.name for bad in KNOWN_BAD}) == len(KNOWN_BAD)
    assert {bad.kind for bad in KNOWN_BAD} >= set(d.KINDS) - {d.DTYPE, d.NO_SLOPE}
    assert all(bad.why.endswith(".") for bad in KNOWN_BAD)


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("square_without_two", "analytic = 0.500 × numeric (1/2)"),
        ("mean_without_n", "analytic = 5.000 × numeric (5 is the size of axis 1 of the input)"),
        ("bias_averaged", "1/5, and 5 is the size of axis 0 of the output"),
        ("dropout_unscaled", "analytic = 0.750 × numeric (3/4)"),
        ("weight_transposed", "axes 0 and 1 swapped"),
        ("oblong_weight_transposed", "shape [4, 3] for an input of shape [3, 4]"),
        ("bias_of_the_first_row", "first slice alone along axis 0 of the output contributes (of 5 slices)"),
        ("last_step_wins", "last slice alone along axis 0"),
        ("broadcast_not_summed", "first slice alone along axis 1"),
        ("input_summed_over_the_batch", "sum of the right gradient over axis 0"),
        ("softmax_without_sum", "sums to zero along axis 1"),
        ("norm_taken_for_constant", "orthogonal to the input along axis 1"),
        ("kernel_not_flipped", "reversed along axis 0"),
        ("off_by_one", "moved by one along axis 1"),
        ("last_element_forgotten", "only [:, 5] is wrong"),
        ("gradients_swapped", "it is the gradient of b"),
        ("float32_in_between", "exactly a float32 number"),
        ("clamp_let_through", "wrong exactly where the input is 0.5"),
        ("accumulates_across_calls", "2.000 times the gradient of x: it accumulates"),
        ("result_changed_in_place", "in place after it was saved"),
        ("matmul_that_cannot_be", "matrices.py, line"),
        ("abs_by_division", "gives nan at [1], where the slope is 0"),
    ],
)
def test_what_the_diagnosis_says(name, seen):
    bad = next(bad for bad in KNOWN_BAD if bad.name == name)
    report = check_gradient(bad.build(minitorch), bad.inputs(minitorch))
    assert seen in report.diagnosis.seen, report.diagnosis.seen


@pytest.mark.parametrize(
    ("factor", "text"),
    [(-1, ""), (2, "2.000"), (math.sqrt(2), "√2"), (1 / math.sqrt(3), "1/√3"), (3 / 4, "3/4"), (1 / 15, "1/15, and 15"),
     (14 / 15, "14/15, and 15"), (math.pi, "π"), (math.log(2), "ln 2"), (-0.5, "-0.500 × numeric (1/2)"),
     (0.1234, "0.123")],
)  # fmt: skip
def test_factors_are_recognised(factor, text):
    x = minitorch.randn(3, 5, dtype=minitorch.float64)
    found = check_gradient(square(minitorch, lambda g, x: factor * 2 * g * x), x).diagnosis
    assert found.kind == (d.SIGN if factor == -1 else d.FACTOR) and text in found.seen, found.seen


@pytest.mark.parametrize("axes", [(0, 2, 1), (1, 0, 2), (2, 1, 0), (1, 2, 0)])
def test_permuted_axes(axes):
    a = np.random.default_rng(0).normal(size=(3, 3, 3))
    e = Evidence(a.transpose(axes), a, np.ones(a.shape, bool), 3.0)
    assert diagnose(e).kind == d.TRANSPOSE and ("swapped" in diagnose(e).seen) == (axes != (1, 2, 0))


def test_one_wrong_slice_is_named():
    rng = np.random.default_rng(0)
    n = rng.normal(size=(3, 4, 2))
    for index, text in [((1,), "[1, :, :]"), ((slice(None), 2), "[:, 2, :]"), ((0, slice(None), 1), "[0, :, 1]")]:
        a = n.copy()
        a[index] *= -3
        found = diagnose(Evidence(a, n, a != n, 3.0))
        assert found.kind == d.SLICE and text in found.seen and "-3.000 × numeric" in found.seen, found.seen
