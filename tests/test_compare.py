"""Two engines side by side: what is recorded, what is computed from it, and the whole command."""

import importlib.util
import json
import math
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

import minitorch
from minitorch.compare import side_by_side
from minitorch.compare.runs import Run
from minitorch.compare.side_by_side import aligned, compare, distance, report, results, rows
from minitorch.compare.trace import arrays_in, recording
from minitorch.compare.trace import digest as digest_of_arrays

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
needs_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")


@pytest.fixture(params=["minitorch", "torch"])
def engine(request):
    return (
        minitorch if request.param == "minitorch" else pytest.importorskip("torch", reason="PyTorch is not installed")
    )


# ----------------------------------------------------------------------------------------------------- recording


def train(engine, *, epochs=2, backwards=1):
    """A line through six points, three steps an epoch; the losses. The same numbers each time."""
    engine.manual_seed(0)
    inputs = engine.arange(6.0).reshape(6, 1)
    data = engine.utils.data.TensorDataset(inputs, 2 * inputs + 1)
    model = engine.nn.Linear(1, 1)
    optimizer = engine.optim.SGD(model.parameters(), lr=0.01)
    scheduler = engine.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
    losses = []
    for _ in range(epochs):
        for x, y in engine.utils.data.DataLoader(data, batch_size=2, shuffle=True):
            optimizer.zero_grad()
            loss = ((model(x) - y) ** 2).mean() / backwards
            for _ in range(backwards):
                loss.backward(retain_graph=True)
            optimizer.step()
            losses.append(loss.item() * backwards)
        scheduler.step()
    return losses


def test_events_of_a_training(engine):
    plain = train(engine)
    events = []
    with recording(engine, events.append):
        losses = train(engine)
    assert losses == plain  # recording changes nothing
    assert [event["event"] for event in events] == ["pass", "weights", *["step"] * 3, "pass", *["step"] * 3]
    assert events[0] == {"event": "pass", "pass": 1, "batches": 3}
    assert {key: events[1][key] for key in ("run", "tensors", "numbers")} == {"run": 0, "tensors": 2, "numbers": 2}
    assert events[1]["names"] == ["weight", "bias"] and events[1]["shapes"] == [[1, 1], [1]]
    assert events[1]["dtype"] == "float32"
    steps = [event for event in events if event["event"] == "step"]
    assert [step["loss"] for step in steps] == losses
    assert [step["pass"] for step in steps] == [1, 1, 1, 2, 2, 2] and {step["run"] for step in steps} == {0}
    assert all(0 < step["seconds"] < 5 for step in steps)
    assert len({step["batch"] for step in steps}) > 3  # the second epoch shuffles anew


def test_nothing_is_recorded_afterwards_and_no_hook_stays(engine):
    hooked = (
        (engine.Tensor, "backward"),
        (engine.optim.Optimizer, "zero_grad"),
        (engine.utils.data.DataLoader, "__iter__"),
    )
    before = [getattr(*place) for place in hooked]
    events = []
    with pytest.raises(ZeroDivisionError), recording(engine, events.append):
        assert engine.Tensor.backward is not before[0]
        raise ZeroDivisionError
    train(engine)
    assert events == []
    assert [getattr(*place) for place in hooked] == before


def test_losses_of_several_backwards_are_added(engine):
    plain = train(engine, epochs=1)
    events = []
    with recording(engine, events.append):
        train(engine, epochs=1, backwards=4)
    losses = [event["loss"] for event in events if event["event"] == "step"]
    assert losses == pytest.approx(plain, rel=1e-5)  # float32, four quarters


def test_what_zero_grad_discards_is_not_the_steps_loss(engine):
    events = []
    with recording(engine, events.append):
        x = engine.ones(2, requires_grad=True)
        optimizer = engine.optim.SGD([x], lr=0.1)
        (7 * x).sum().backward()
        optimizer.zero_grad()
        (2 * x).sum().backward()
        optimizer.step()
    assert events[-1]["loss"] == 4.0


def test_a_loss_of_several_values_is_none_and_each_optimizer_a_run(engine):
    events = []
    with recording(engine, events.append):
        for _ in range(2):
            x = engine.ones(3, requires_grad=True)
            optimizer = engine.optim.SGD([x], lr=0.1)
            (2 * x).backward(engine.ones(3))
            optimizer.step()
            optimizer.step()
    steps = [event for event in events if event["event"] == "step"]
    assert [step["loss"] for step in steps] == [None] * 4
    assert [step["run"] for step in steps] == [0, 0, 1, 1]
    assert {step["batch"] for step in steps} == {None}  # no loader


def test_a_recorded_loader_keeps_its_length_and_its_random_numbers(engine):
    """iter(loader) draws a seed at once, not at the first batch; what is drawn in between must not change."""

    def draw():
        engine.manual_seed(3)
        loader = engine.utils.data.DataLoader(list(range(8)), batch_size=2, shuffle=True)
        iterator = iter(loader)
        number = engine.rand(1).item()
        return len(iterator), number, [batch.tolist() for batch in iterator]

    plain = draw()
    with recording(engine, [].append):
        assert draw() == plain


def digest(value):
    return digest_of_arrays(arrays_in(value))


def test_digest_tells_bits_shapes_and_dtypes_apart(engine):
    x = engine.arange(6.0)
    others = [x + 1, x.reshape(2, 3), x.double(), -x * 0, [x, x], engine.tensor(0.0), engine.tensor(-0.0)]
    assert len({digest(value) for value in [x, *others]}) == len(others) + 1
    assert digest({"a": [x]}) == digest((x.clone(),)) != None  # noqa: E711
    assert digest(x.reshape(2, 3).t()) == digest(x.reshape(2, 3).t().contiguous())
    assert digest([1, "a"]) is None


@needs_torch
def test_both_engines_give_the_same_digest():
    import torch

    array = np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32)
    assert digest(minitorch.from_numpy(array)) == digest(torch.from_numpy(array))


# ---------------------------------------------------------------------------------------------------- the figures


def made(losses, *, passes=None, runs=None, batches=None, weights="w", seconds=0.5):
    """A Run of such a trace."""
    run = Run("minitorch")
    run.take({"event": "start", "engine": "minitorch", "version": "1"})
    run.take({"event": "weights", "run": 0, "tensors": 1, "numbers": 2, "digest": weights})
    for i, loss in enumerate(losses):
        run.take({"event": "step", "run": (runs or [0] * len(losses))[i], "pass": (passes or [1] * len(losses))[i],
                  "loss": loss, "seconds": seconds, "batch": (batches or ["b"] * len(losses))[i]})  # fmt: skip
    return run


def test_distance():
    nan, inf = math.nan, math.inf
    assert distance(1.0, 3.5) == 2.5 and distance(inf, inf) == 0 and distance(nan, nan) == 0
    assert distance(nan, 1.0) == distance(1.0, nan) == distance(inf, 1.0) == distance(inf, -inf) == inf


def test_largest_differences_and_their_steps():
    figures = compare(made([10.0, 2.0, 0.1, 5.0]), made([10.5, 2.0, 0.2, 5.0]))
    assert figures["largest_absolute"] == 0.5 and figures["largest_absolute_step"] == 1
    assert figures["largest_relative"] == 0.5 and figures["largest_relative_step"] == 3
    assert figures["first_above"] == {"1e-06": 1, "1e-03": 1}
    assert figures["same_weights"] and figures["same_steps"] and figures["first_different_batch"] is None
    same = compare(made([1.0, math.nan]), made([1.0, math.nan]))
    assert same["first_above"] == {"1e-06": None, "1e-03": None} and same["largest_absolute"] == 0


def test_a_loss_that_becomes_nan_on_one_engine_is_an_infinite_difference():
    figures = compare(made([1.0, None, 1.0]), made([1.0, 2.0, 1.0]))
    assert figures["largest_absolute"] == math.inf and figures["largest_absolute_step"] == 2


def test_what_was_not_the_same_is_said():
    ours = made([1.0, 1.0, 1.0], batches=["a", "b", "c"])
    theirs = made([1.0, 1.0], batches=["a", "x"], weights="v")
    figures = compare(ours, theirs)
    assert figures["first_different_batch"] == 2 and figures["steps"] == 2
    text = "\n".join(report("p", [ours, theirs], figures))
    assert "initial weights: DIFFERENT" in text
    assert "batches: DIFFERENT from step 2 on" in text
    assert "steps: DIFFERENT, 3 and 2" in text


def test_speed_leaves_out_the_first_step_of_each_run():
    run = made([1.0] * 4, runs=[0, 0, 1, 1], seconds=0.25)
    run.seconds[0] = run.seconds[2] = 100.0
    assert run.speed == 4.0


def test_rows_are_epochs():
    run = made([1.0] * 30, passes=[1 + i // 3 for i in range(30)])
    table = rows(run)
    assert [label for label, _ in table] == [f"epoch {n}" for n in range(1, 11)]
    assert [indices for _, indices in table] == [[3 * n, 3 * n + 1, 3 * n + 2] for n in range(10)]


@pytest.mark.parametrize("passes, runs", [(1, 1), (2, 1), (7, 1), (60, 1), (60, 6), (1, 40)])
def test_rows_hold_every_step_once_and_are_neither_many_nor_few(passes, runs):
    where = [(run, 1000 * run + walk) for run in range(runs) for walk in range(passes) for _ in range(20)]
    run = made([1.0] * len(where), runs=[r for r, _ in where], passes=[p for _, p in where])
    table = rows(run)
    assert sorted(index for _, indices in table for index in indices) == list(range(len(where)))
    assert 7 <= len(table) <= max(24, runs)


def test_rows_of_optimizers_that_take_turns():
    run = made([1.0] * 80, runs=[0, 1] * 40, passes=[1 + i // 20 for i in range(80)])
    labels = [label for label, _ in rows(run)]
    assert labels == [f"training {r}, epoch {e}" for r in (1, 2) for e in (1, 2, 3, 4)]


def test_results_of_programs_with_and_without_variants():
    assert results({"test_accuracy": 0.5, "other": 1}) == {"test accuracy": (50.0, " %")}
    variants = {"two": {"test_accuracy": 0.25, "auc_probabilities": 0.75}, "regression": {"rmse": 2.5}}
    assert results({"variants": variants}) == {
        "two: test accuracy": (25.0, " %"),
        "two: AUC": (0.75, ""),
        "regression: RMSE": (2.5, ""),
    }


def test_aligned():
    assert aligned([["a", "b"], [], ["long", "123"]]) == ["a       b", "", "long  123"]


# ---------------------------------------------------------------------------------------------------- both engines

# A program as side_by_side runs them: it takes --out, --json and --no-progress.
PROGRAM = """
    import argparse, json, sys, time, torch
    parser = argparse.ArgumentParser()
    for flag in ("--out", "--json", "--dtype", "--fault"):
        parser.add_argument(flag)
    parser.add_argument("--no-progress", action="store_true")
    args = parser.parse_args()
    ours = torch.__name__ == "minitorch"
    torch.manual_seed(1 if args.fault == "seed" and ours else 0)
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    data = torch.utils.data.TensorDataset(torch.randn(40, 2))
    for (x,) in torch.utils.data.DataLoader(data, batch_size=4):
        optimizer.zero_grad()
        loss = (model(x) ** 2).mean()
        loss.backward()
        optimizer.step()
        if args.fault == "hang":
            print("here", file=sys.stderr, flush=True)
            time.sleep(60)
        if args.fault == "status" and not ours:
            sys.exit(5)
    print("loss", loss.item())
    json.dump({"test_accuracy": 0.5}, open(args.json, "w"))
"""


@pytest.fixture
def program(tmp_path, monkeypatch):
    """A function that runs PROGRAM side by side: (exit status, report)."""
    path = tmp_path / "program.py"
    path.write_text(textwrap.dedent(PROGRAM))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(tmp_path)
    return lambda *flags: side_by_side.main("toy", str(path), [*flags])


@needs_torch
def test_same_program_on_both_engines(program, capfd, tmp_path):
    assert program("--json", "both.json") == 0
    out = capfd.readouterr().out
    assert "initial weights: identical (2 tensors, 3 numbers)" in out
    assert "batches: identical (10)" in out
    assert "test accuracy" in out and "50.00 %" in out and "training steps a second" in out
    both = json.loads((tmp_path / "both.json").read_text())
    # A loss is a mean of four squares of two products: float32 rounding, some units of 6e-8, carried over ten steps.
    assert both["comparison"]["largest_relative"] < 1e-5 and both["comparison"]["steps"] == 10
    assert both["minitorch"]["test_accuracy"] == both["pytorch"]["test_accuracy"] == 0.5
    for name in ("minitorch", "pytorch"):
        assert (tmp_path / "out" / name / "output.txt").read_text().startswith("loss ")
        assert len((tmp_path / "out" / name / "trace.jsonl").read_text().splitlines()) == 14


@needs_torch
def test_a_difference_is_seen(program, capfd):
    """The program seeds the engines differently: both fingerprints and the losses must tell."""
    assert program("--fault", "seed") == 0
    out = capfd.readouterr().out
    assert "initial weights: DIFFERENT" in out and "batches: DIFFERENT from step 1 on" in out


@needs_torch
def test_a_failing_run_ends_it_with_its_status(program, capfd):
    assert program("--fault", "status") == 5
    assert "mean loss" not in capfd.readouterr().out
    assert program("--nonsense") == 2
    assert "unrecognized arguments: --nonsense" in capfd.readouterr().err


def test_without_pytorch_minitorch_runs_alone(program, capfd, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)  # as if not installed
    assert program() == 0
    out = capfd.readouterr().out
    assert 'only minitorch runs. To compare: pip install "minitorch-engine[reference]"' in out
    assert "50.00 %" in out and "PyTorch 2" not in out and "difference" not in out.splitlines()[-1]


def test_an_unwritable_folder_is_one_line(program, capfd, tmp_path):
    (tmp_path / "file").write_text("")
    assert program("--out", "file/below") == 2
    assert capfd.readouterr().err == f"error: cannot write file/below/minitorch: {os.strerror(20)}\n"
    assert program("--json", str(tmp_path)) == 2
    assert capfd.readouterr().err == f"error: cannot write {tmp_path}: {os.strerror(21)}\n"


def test_help_shows_the_programs_flags(program, capfd):
    assert program("--help") == 0
    out = capfd.readouterr().out
    assert "\nTrain toy on minitorch and on PyTorch" in out and "--fault" in out


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopping_it_leaves_no_process(tmp_path, number, status):
    path = tmp_path / "program.py"
    path.write_text(textwrap.dedent(PROGRAM).replace('"here"', '"here", __import__("os").getpid()'))
    main = f"import sys; from minitorch.compare import side_by_side as s; sys.exit(s.main('t', {str(path)!r}, sys.argv[1:]))"
    command = [sys.executable, "-c", main, "--fault", "hang"]
    with subprocess.Popen(command, cwd=tmp_path, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True) as parent:
        grandchild = int(parent.stderr.readline().split()[1])
        began = time.monotonic()
        parent.send_signal(number)
        parent.communicate(timeout=30)
    assert parent.returncode == status and time.monotonic() - began < 10
    with pytest.raises(ProcessLookupError):
        os.kill(grandchild, 0)


@needs_torch
def test_a_killed_run_is_reported(program, capfd, tmp_path):
    text = (tmp_path / "program.py").read_text()
    (tmp_path / "program.py").write_text(
        text.replace("sys.exit(5)", "__import__('os').kill(__import__('os').getpid(), 9)")
    )
    assert program("--fault", "status") == 1
    assert "error: PyTorch's run was ended by signal 9" in capfd.readouterr().err


@needs_torch
def test_digits_from_the_command_line(tmp_path):
    """The README's command, shortened: same weights, same batches, losses equal but for rounding."""
    pytest.importorskip("sklearn", reason="the program reads scikit-learn's digits")
    command = [sys.executable, "-m", "minitorch", "digits", "--steps", "60", "--threads", "1", "--json", "both.json"]
    done = subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "initial weights: identical (8 tensors, 18,346 numbers)" in done.stdout
    assert "batches: identical (60)" in done.stdout
    both = json.loads((tmp_path / "both.json").read_text())
    # Rounding differences of 1e-7 in the first step, amplified by training with momentum: 60 steps multiply them by
    # some tens. A wrong gradient shows in the first digits.
    assert both["comparison"]["largest_absolute"] < 1e-4
    assert both["minitorch"]["engine"] == "minitorch" and both["pytorch"]["engine"] == "torch"
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"minitorch", "pytorch"}
