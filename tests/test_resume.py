"""The programs' checkpoints: killed and resumed is the same training, to the bit, and what does not fit is refused."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="the reference programs run on PyTorch, which is not installed")
if importlib.util.find_spec("torchvision") is None:
    pytest.skip("torchvision is not installed", allow_module_level=True)
for needed in ("sklearn", "pandas", "matplotlib"):
    pytest.importorskip(needed)

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from benchmarks.kill_and_resume import first_difference, timeless, write_table  # noqa: E402
from reference import abalone, digits  # noqa: E402

common = sys.modules["common"]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


pytestmark = pytest.mark.usefixtures("engine_state")


# ------------------------------------------------------------------------------------------------ killed and resumed


def kill_and_resume(*words):
    command = [sys.executable, "-m", "benchmarks.kill_and_resume", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=ENVIRONMENT, timeout=300)


@pytest.mark.parametrize("engine", ["minitorch", "pytorch"])
def test_killed_at_random_moments_all_programs_end_the_same(engine):
    done = kill_and_resume("--engine", engine, "--kills", 2)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 8 and all(
        "2 kills" in line and "all identical; runs with orphans: 0" in line for line in lines
    )


@pytest.mark.parametrize("fault", ["generator", "order", "scheduler", "repeats", "torn"])
def test_that_test_can_fail(fault):
    """Each part of the state left out, or a batch too many or too few: noticed."""
    done = kill_and_resume(
        "--engine", "minitorch", "--kills", 10, "--program", "abalone", "--workers", 0, "--plant", fault
    )
    assert done.returncode == 1 and "DIFFERENT: abalone: killed at" in done.stdout, done.stdout + done.stderr


# ------------------------------------------------------------------------------------------------ what does not fit

QUICK = ("--threads", 1, "--no-progress", "--batch-size", 120, "--epochs", 2)


def go(program, tmp_path, *options):
    """Run a program in this process; its figures without times."""
    argv = ["--out", tmp_path / "out", *QUICK, *options]
    return timeless(program.main([str(word) for word in argv]))


def refusal(program, capsys, tmp_path, *options):
    """Run a program that must refuse: the one line it says on stderr."""
    with pytest.raises(SystemExit) as stop:
        common.run(program.main, [str(word) for word in ("--out", tmp_path / "out", *QUICK, *options)])
    said = capsys.readouterr()
    assert stop.value.code == 2
    assert said.err.startswith("error: ") and said.err.count("\n") == 1, said.err
    assert "loss" not in said.out
    return said.err


@pytest.fixture
def made(tmp_path):
    """A checkpoint of digits after 15 of 24 steps."""
    path = tmp_path / "state.pt"
    go(digits, tmp_path, "--checkpoint", path, "--steps", 15)
    assert [file.name for file in tmp_path.iterdir() if file.name != "out"] == ["state.pt"]
    return path


def test_an_incompatible_checkpoint_is_refused(made, tmp_path, capsys):
    resume = ("--checkpoint", made, "--resume")
    before = made.read_bytes()
    capsys.readouterr()
    for options, message in [
        (("--seed", 3), "of another training: --seed was 0, and is 3"),
        (("--batch-size", 60), "--batch-size was 120, and is 60"),
        (("--dtype", "float64"), "--dtype was float32, and is float64"),
        (("--epochs", 1), "has begun epoch 2 already, more than --epochs 1"),
        (("--steps", 14), "has done 15 steps already, more than --steps 14"),
    ]:
        assert message in refusal(digits, capsys, tmp_path, *resume, *options)
    write_table(tmp_path / "abalone" / "abalone.data")
    said = refusal(abalone, capsys, tmp_path, *resume, "--data", tmp_path)
    assert "of another training: the program was digits, and is abalone" in said
    assert made.read_bytes() == before


def test_another_net_is_refused(made, tmp_path, capsys, monkeypatch):
    class Wider(digits.Net):
        def __init__(self):
            super().__init__()
            self.fc2 = torch.nn.Linear(64, 11)

    monkeypatch.setattr(digits, "Net", Wider)
    capsys.readouterr()
    said = refusal(digits, capsys, tmp_path, "--checkpoint", made, "--resume")
    assert "is of another net: fc2.weight is (10, 64) there, and (11, 64) here" in said


def test_a_file_that_is_no_checkpoint_is_refused(made, tmp_path, capsys):
    whole = made.read_bytes()
    capsys.readouterr()
    for content in (b"", b"hello", whole[: len(whole) // 2], whole[:-1]):
        made.write_bytes(content)
        said = refusal(digits, capsys, tmp_path, "--checkpoint", made, "--resume")
        assert f"cannot read the checkpoint {made}" in said
        assert made.read_bytes() == content
    for content in ({"weight": torch.ones(2)}, torch.ones(1), {"format": "training checkpoint, version 1"}):
        torch.save(content, made)
        said = refusal(digits, capsys, tmp_path, "--checkpoint", made, "--resume")
        assert "is not a checkpoint of these programs" in said


def test_parts_that_are_missing_or_odd_are_refused(made, tmp_path, capsys):
    whole = torch.load(made, weights_only=True)
    capsys.readouterr()
    state = whole["trainings"]["digits"]
    for key in set(state) - {"scheduler"}:  # digits has none
        torch.save({**whole, "trainings": {"digits": {k: v for k, v in state.items() if k != key}}}, made)
        assert "does not fit this training" in refusal(digits, capsys, tmp_path, "--checkpoint", made, "--resume")
    for key, value in (("optimizer", {}), ("now", {}), ("kept", 3), ("epoch", "one")):
        torch.save({**whole, "trainings": {"digits": {**state, key: value}}}, made)
        assert "does not fit this training" in refusal(digits, capsys, tmp_path, "--checkpoint", made, "--resume")


def test_a_checkpoint_is_never_overwritten_by_mistake(made, tmp_path, capsys):
    before = made.read_bytes()
    capsys.readouterr()
    assert "exists already: --resume goes on from it, or remove it" in refusal(
        digits, capsys, tmp_path, "--checkpoint", made
    )
    assert made.read_bytes() == before


def test_flags_that_make_no_sense(tmp_path, capsys):
    assert "--resume needs --checkpoint PATH" in refusal(digits, capsys, tmp_path, "--resume")
    assert "--checkpoint-every needs --checkpoint" in refusal(digits, capsys, tmp_path, "--checkpoint-every", 3)
    assert "is a folder" in refusal(digits, capsys, tmp_path, "--checkpoint", tmp_path)
    (tmp_path / "file").write_text("in the way")
    said = refusal(digits, capsys, tmp_path, "--checkpoint", tmp_path / "file" / "state.pt")
    assert "cannot write into the folder" in said


# --------------------------------------------------------------------------------------------------- what users do


def test_resume_without_a_file_starts_afresh_and_says_so(tmp_path, capsys):
    path = tmp_path / "state.pt"
    plain = go(digits, tmp_path)
    assert "no checkpoint" not in capsys.readouterr().out
    assert go(digits, tmp_path, "--checkpoint", path, "--resume") == plain
    assert f"no checkpoint {path} yet: starting from the beginning\n" in capsys.readouterr().out
    # And one that has finished ends at once, with the same lines and figures.
    weights = (tmp_path / "out" / "digits_net.pth").read_bytes()
    assert go(digits, tmp_path, "--checkpoint", path, "--resume") == plain
    out = capsys.readouterr().out
    assert f"resuming digits from {path}: 24 steps done, epoch 3, batch 0\n" in out and "epoch  2: loss" in out
    assert (tmp_path / "out" / "digits_net.pth").read_bytes() == weights


@pytest.mark.parametrize("steps", [12, 15, 24])
def test_more_steps_and_epochs_go_on(steps, tmp_path):
    """A training that was ended by --steps or --epochs can be made longer: as if it had been that long at once."""
    path = tmp_path / "state.pt"
    whole = go(digits, tmp_path, "--epochs", 3)
    weights = (tmp_path / "out" / "digits_net.pth").read_bytes()
    go(digits, tmp_path, "--checkpoint", path, "--steps", steps)
    go(digits, tmp_path, "--checkpoint", path, "--resume", "--steps", steps)  # nothing to do
    go(digits, tmp_path, "--checkpoint", path, "--resume", "--steps", 24)
    assert first_difference(whole, go(digits, tmp_path, "--checkpoint", path, "--resume", "--epochs", 3)) == ""
    assert (tmp_path / "out" / "digits_net.pth").read_bytes() == weights


def test_a_step_limit_at_the_end_of_an_epoch(tmp_path):
    """There the state may be that between two epochs."""
    path = tmp_path / "state.pt"
    limited = go(digits, tmp_path, "--steps", 12)
    go(digits, tmp_path, "--epochs", 1, "--checkpoint", path)
    assert go(digits, tmp_path, "--checkpoint", path, "--resume", "--steps", 12) == limited


def test_leftovers_of_killed_runs_are_removed(made, tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left, others = made.with_name(f".state.pt.{ended.pid}.part"), made.with_name(f".state.pt.{os.getppid()}.part")
    left.write_bytes(b"half"), others.write_bytes(b"being written")
    go(digits, tmp_path, "--checkpoint", made, "--resume")
    assert not left.exists() and others.exists()


def command(engine, *words):
    start = [sys.executable, "-m", "minitorch", "run", "digits"]
    if engine == "pytorch":
        start = [sys.executable, str(ROOT / "reference" / "digits.py")]
    return subprocess.Popen(
        [*start, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
    )


@pytest.mark.parametrize("engine", ["minitorch", "pytorch"])
def test_ctrl_c_then_resume(engine, tmp_path):
    words = (*QUICK, "--checkpoint", tmp_path / "state.pt", "--resume", "--checkpoint-every", 1)
    process = command(engine, *words, "--epochs", 100_000, "--out", tmp_path / "out")
    assert process.stdout.readline().startswith("no checkpoint")
    assert process.stdout.readline().startswith("epoch  1: loss")
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "stopped by Ctrl-C" in err and "Traceback" not in err, err
    assert [path.name for path in tmp_path.iterdir() if path.name != "out"] == ["state.pt"]
    done = torch.load(tmp_path / "state.pt", weights_only=True)["trainings"]["digits"]
    epochs = done["epoch"] + 1
    process = command(engine, *words, "--epochs", epochs, "--out", tmp_path / "out")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert (
        out.startswith(f"resuming digits from {tmp_path}/state.pt: {done['step']} steps done")
        and f"epoch {epochs:2d}: loss" in out
    )
    resumed = (tmp_path / "out" / "digits_net.pth").read_bytes()
    process = command(engine, *QUICK, "--epochs", epochs, "--out", tmp_path / "whole")
    process.communicate(timeout=60)
    assert (tmp_path / "whole" / "digits_net.pth").read_bytes() == resumed


def test_side_by_side_each_engine_has_its_own_file(tmp_path):
    words = [*map(str, QUICK), "--checkpoint", str(tmp_path / "state.pt"), "--resume", "--out", str(tmp_path / "out")]
    start = [sys.executable, "-m", "minitorch", "digits", *words]
    first = subprocess.run([*start, "--steps", "15"], capture_output=True, text=True, env=ENVIRONMENT, timeout=120)
    assert first.returncode == 0 and "15 training steps" in first.stdout, first.stdout + first.stderr
    assert sorted(p.name for p in tmp_path.glob("*.pt")) == ["state.minitorch.pt", "state.pytorch.pt"]
    second = subprocess.run(start, capture_output=True, text=True, env=ENVIRONMENT, timeout=120)
    assert second.returncode == 0, second.stdout + second.stderr
    assert "resumed, so the final figures alone are compared" in second.stdout and "test accuracy" in second.stdout
    plain = go(digits, tmp_path / "plain")
    assert timeless(json.loads((tmp_path / "out" / "pytorch" / "figures.json").read_text())) == plain


def test_another_engine_goes_on_with_a_note(made, tmp_path):
    """The file is read by both engines. The numbers are then equal but for rounding, and the program says so."""
    process = command("minitorch", *QUICK, "--checkpoint", made, "--resume", "--out", tmp_path / "out")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "note: engine was torch when" in out and "15 steps done, epoch 2, batch 3" in out
