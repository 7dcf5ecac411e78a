"""The rule by which two runs are the same but for rounding, and which steps' parameters are kept for it."""

import math
from array import array

import numpy as np
import pytest

from minitorch.compare import judge, snapshots
from minitorch.compare.runs import Run


def made(losses, *, batches=None, contents=None, runs=None, weights=1):
    """A Run of such a trace, with `weights` parameters."""
    run = Run("pytorch")
    for number in sorted(set(runs or [0])):
        run.take({"event": "weights", "run": number, "tensors": weights, "numbers": weights, "digest": "w",
                  "dtype": "float32", "names": [f"w{i}" for i in range(weights)], "shapes": [[2]] * weights})  # fmt: skip
    for i, loss in enumerate(losses):
        run.take({"event": "step", "run": runs[i] if runs else 0, "pass": 1, "loss": loss, "seconds": 0.1 * (i + 1),
                  "batch": (batches or "b" * len(losses))[i], "content": contents and contents[i]})  # fmt: skip
    return run


@pytest.fixture
def verdict(tmp_path):
    """A function of runs, and of arrays by engine and step, that judges them."""

    def call(kept=None, **runs):
        for key, steps in (kept or {}).items():
            (tmp_path / key / "snapshots").mkdir(parents=True)
            for step, arrays in steps.items():
                arrays = {name: np.asarray(values, np.float32) for name, values in arrays.items()}
                np.savez(snapshots.file_of(tmp_path / key / "snapshots", step), **arrays)
        return judge.judge(runs, {key: tmp_path / key for key in ("minitorch", "pytorch", "ruler")})

    return call


ROOT_EPSILON = 2**-11.5  # of float32, whose ε is 2⁻²³


@pytest.mark.parametrize("share, within", [(0.99, True), (1.01, False)])
def test_without_a_ruler_the_tolerance_is_half_of_the_digits_and_grows(verdict, share, within):
    losses = [2.0] * 300
    for step in (1, 100, 300):
        apart = losses.copy()
        apart[step - 1] += 2 * share * ROOT_EPSILON * (1 + step / 100)
        found = verdict(minitorch=made(apart), pytorch=made(losses))
        assert found["within"] is within
        assert found["first_divergence"]["step"] == step and found["first_divergence"]["within_ruler"] is within
        assert found["difference"]["allowed"][step - 1] == pytest.approx(2 * ROOT_EPSILON * (1 + step / 100))


@pytest.mark.parametrize("share, within", [(0.99, True), (1.01, False)])
def test_with_a_ruler_the_limit_is_ten_times_its_largest_up_to_there(verdict, share, within):
    theirs, ruler, ours = [1.0] * 50, [1.0] * 50, [1.0] * 50
    ruler[9] += 1e-4
    ours[39] += share * 10 * 1e-4
    found = verdict(minitorch=made(ours), pytorch=made(theirs), ruler=made(ruler))
    assert found["within"] is within and found["ruler_moved"] is True
    assert found["difference"]["ruler"][9] == pytest.approx(1e-4)
    # before the ruler moved: 100 ε (1 + k/100)
    assert found["difference"]["allowed"][4] == pytest.approx(100 * 2**-23 * 1.05)
    early = [1.0] * 50
    early[4] += share * 100 * 2**-23 * 1.05
    assert verdict(minitorch=made(early), pytorch=made(theirs), ruler=made(ruler))["within"] is within


@pytest.mark.parametrize("step, within", [(7, True), (6, False)])
def test_the_ruler_counts_half_as_many_steps_ahead(verdict, step, within):
    """It meets a kink in step 10; the other run may have met it in step 7, 10/1.5, with its loss and its weights."""
    theirs, ruler, ours = [1.0] * 12, [1.0] * 12, [1.0] * 12
    ruler[9], ours[step - 1] = 1.001, 1.009
    assert verdict(minitorch=made(ours), pytorch=made(theirs), ruler=made(ruler))["within"] is within
    steps = {key: {k: {"p0": [1.0, 1.0]} for k in (step, 10)} for key in ("minitorch", "pytorch", "ruler")}
    steps["ruler"][10], steps["minitorch"][step] = {"p0": [1.0, 1.001]}, {"p0": [1.0, 1.009]}
    found = verdict(steps, minitorch=made(theirs), pytorch=made(theirs), ruler=made(theirs))
    assert found["within"] is within


def test_a_ruler_that_never_moves_leaves_the_tolerance(verdict):
    found = verdict(minitorch=made([1.0 + 0.9 * ROOT_EPSILON]), pytorch=made([1.0]), ruler=made([1.0]))
    assert found["within"] and found["ruler_moved"] is False and "float32" in found["allowed"]


def test_a_loss_that_is_no_number_on_one_engine_is_beyond_any_limit(verdict):
    assert verdict(minitorch=made([1.0, None]), pytorch=made([1.0, None]))["within"]
    assert not verdict(minitorch=made([1.0, None]), pytorch=made([1.0, 1.0]))["within"]
    assert not verdict(minitorch=made([1.0, 1.0]), pytorch=made([1.0, math.inf]))["within"]


def kept(minitorch, pytorch, **more):
    return {key: {1: {"p0": [3.0, 4.0], **arrays}} for key, arrays in
            (("minitorch", minitorch), ("pytorch", pytorch), *more.items())}  # fmt: skip


def test_parameters_are_held_relative_to_their_norm(verdict):
    found = verdict(kept({"p0": [3.0, 4.005]}, {}), minitorch=made([1.0]), pytorch=made([1.0]))
    first = found["first_divergence"]
    assert not found["within"] and (first["what"], first["name"], first["step"]) == ("value", "w0", 1)
    assert first["relative"] == pytest.approx(0.001, rel=1e-3) and first["absolute"] == pytest.approx(0.005, rel=1e-3)
    assert first["ulp"] == pytest.approx(0.005 * 2**21, rel=1e-3)  # between 4 and 8 the spacing is 2⁻²¹
    assert found["parameters"][0]["value"] == [first["relative"]]


def test_a_gradient_counts_in_the_first_step_only(verdict):
    grads = [{"g0": [1.0, 1.0]}, {"g0": [1.0, 1.1]}]
    arrays = {key: {step: {"p0": [1.0, 1.0], **grad} for step in (1, 2)}
              for key, grad in zip(("minitorch", "pytorch"), grads, strict=True)}  # fmt: skip
    arrays["minitorch"][1] = arrays["pytorch"][1]
    found = verdict(arrays, minitorch=made([1.0, 1.0]), pytorch=made([1.0, 1.0]))
    assert found["within"] and found["parameters"][0]["gradient"][1] > 0.05


def test_a_wrong_gradient_in_the_first_step(verdict):
    found = verdict(kept({"g0": [1.0, 1.0]}, {"g0": [1.0, 1.1]}), minitorch=made([1.0]), pytorch=made([1.0]))
    assert not found["within"] and found["first_divergence"]["what"] == "gradient"


def test_a_parameter_moved_by_rounding_alone_is_not_judged(verdict):
    """Its gradient is 1e-8 of the other's, and another one on each engine."""
    big = {"p1": [1.0, 1.0], "g1": [1.0, 1.0]}
    ours, theirs = {"p0": [0.1, 0.2], "g0": [1e-8, -1e-8], **big}, {"p0": [0.2, 0.1], "g0": [-1e-8, 1e-8], **big}
    found = verdict(kept(ours, theirs), minitorch=made([1.0], weights=2), pytorch=made([1.0], weights=2))
    assert found["within"] and [p["judged"] for p in found["parameters"]] == [False, True]
    assert found["largest"]["value"]["relative"] == 0


def test_a_small_gradient_that_agrees_is_judged(verdict):
    big = {"p1": [1.0, 1.0], "g1": [1.0, 1.0], "g0": [1e-8, -1e-8]}
    found = verdict(kept({"p0": [0.1, 0.2], **big}, {"p0": [0.2, 0.1], **big}),
                    minitorch=made([1.0], weights=2), pytorch=made([1.0], weights=2))  # fmt: skip
    assert not found["within"] and found["parameters"][0]["judged"]


def test_the_rulers_envelope_of_a_parameter(verdict):
    found = verdict(kept({"p0": [3.0, 4.0 + 0.009]}, {}, ruler={"p0": [3.0, 4.001]}),
                    minitorch=made([1.0]), pytorch=made([1.0]), ruler=made([1.0]))  # fmt: skip
    assert found["within"] and found["parameters"][0]["ruler_value"] == [pytest.approx(0.001 / 5, rel=1e-3)]
    assert found["parameters"][0]["allowed_value"][0] == pytest.approx(0.002, rel=0.01)


def test_batches_that_differ_by_rounding_are_the_same_batches(verdict):
    near = verdict(minitorch=made([1.0], batches="a", contents=[[5.0, 9.0]]),
                   pytorch=made([1.0], batches="b", contents=[[5.000001, 9.0]]))  # fmt: skip
    assert near["batches"] == {"recorded": True, "first_different": None, "rounded_differently": True}
    assert near["within"]
    far = verdict(minitorch=made([1.0], batches="a", contents=[[5.0, 9.0]]),
                  pytorch=made([1.0], batches="b", contents=[[4.0, 9.0]]))  # fmt: skip
    assert far["batches"]["first_different"] == 1 and not far["within"]
    assert far["first_divergence"]["what"] == "batch"


def test_units_in_the_last_place():
    for name, kind in (("float16", np.float16), ("float32", np.float32), ("float64", np.float64)):
        one = kind(1)
        above = np.nextafter(one, kind(2))
        assert judge.ulps(float(one), float(above), name) == 1 == judge.ulps(-1.0, -float(above), name)
        tiny = np.nextafter(kind(0), one)
        assert judge.ulps(float(tiny), -float(tiny), name) == 2 and judge.ulps(0.0, -0.0, name) == 0
    assert judge.ulps(1.0, math.nan, "float32") is None
    assert judge.ulps(-1.7e308, 1.7e308, "float64") > 2**63  # no overflow


def test_steps_are_thinned_evenly_with_both_ends():
    assert judge.thinned(0) == [] and judge.thinned(3) == [1, 2, 3]
    steps = judge.thinned(25_000)
    assert steps[0] == 1 and steps[-1] == 25_000 and 1900 < len(steps) <= 2000
    assert {b - a for a, b in zip(steps, steps[1:], strict=False)} <= {12, 13}


def test_numbers_of_steps_are_each_optimizers_own():
    assert judge.own_numbers(made([1.0] * 5, runs=[0, 1, 0, 0, 1])) == [1, 1, 2, 3, 2]


def test_step_times_leave_out_each_optimizers_first():
    run = made([1.0] * 5, runs=[0, 1, 0, 0, 1])  # 0.1, 0.2, …, 0.5 s
    times = judge.timing(run, judge.time_edges([run]))
    assert times["median"] == pytest.approx(0.4) and sum(times["histogram"]["counts"]) == 3
    assert judge.time_edges([made([1.0])]) == [] and judge.timing(made([1.0]), [])["median"] is None


def test_step_times_of_all_runs_are_counted_in_the_same_bars_each_as_many_times_as_long():
    slow, fast = made([1.0] * 400), made([1.0] * 400)
    fast.seconds = array("d", [second / 7 for second in slow.seconds])
    edges = judge.time_edges([slow, fast])
    ratios = np.divide(edges[1:], edges[:-1])
    assert np.ptp(ratios) < 1e-9 and edges[0] == pytest.approx(0.2 / 7) and edges[-1] == pytest.approx(39.7)  # 395 of 399, 99 %
    for run in (slow, fast):
        seconds, counts = list(run.seconds)[1:], judge.timing(run, edges)["histogram"]["counts"]
        expected, _ = np.histogram(np.clip(seconds, edges[0], edges[-1]), edges)
        assert counts == expected.tolist() and sum(counts) == 399


class Weight:
    def __init__(self, numbers):
        self.numbers = numbers

    def numel(self):
        return self.numbers

    def element_size(self):
        return 4


def kept_steps(every, steps, numbers):
    schedule = snapshots.Snapshots(None, every)
    schedule.begin(0, [Weight(numbers)])
    there = set()
    for step in range(1, steps + 1):
        if schedule.wants(0, step):
            there.add(step)
            there -= set(schedule.schedules[0].kept_too_many(step, step))
    return sorted(there)


def test_which_steps_are_kept():
    assert kept_steps(100, 450, 10) == [*range(1, 11), 100, 200, 300, 400]
    assert kept_steps(None, 74, 10) == list(range(1, 75))
    many = kept_steps(None, 25_000, 10)
    assert len(many) <= 74 and many[:10] == list(range(1, 11)) and many[-1] > 24_500
    gaps = {b - a for a, b in zip(many[10:], many[11:], strict=False)}
    assert gaps == {512}
    # 100 million float32 values and gradients are 0.8 GB a file; the room for them is one of 1 GiB
    assert len(kept_steps(None, 1000, 100_000_000)) <= 4
