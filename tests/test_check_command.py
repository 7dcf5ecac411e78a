"""`minitorch check`: the table it prints, the JSON it writes, its exit statuses."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from minitorch import cli
from minitorch.testing import command, table
from minitorch.testing.known_bad import KNOWN_BAD
from minitorch.testing.optable import OPS
from minitorch.testing.optable.core import Entry, s, t


def call(capsys, *words):
    """`minitorch check words…` in this process: exit status, stdout, stderr."""
    status = cli.main(["check", *map(str, words)])
    return status, *capsys.readouterr()


def row(out, name):
    (line,) = [line for line in out.splitlines() if line.split("  ")[0] == name]
    return line.split()


def test_named_ops(capsys, tmp_path):
    file = tmp_path / "found.json"
    status, out, err = call(capsys, "exp", "nn.functional.relu", "--json", file)
    assert (status, err) == (0, "") and out.splitlines()[0].split() == [
        "op", "samples", "elements", "worst", "error", "second", "verdict",
    ]  # fmt: skip
    name, samples, elements, worst, second, verdict = row(out, "exp")
    assert int(samples) > 3 and int(elements) > 10 and float(worst) < 1e-8 and (second, verdict) == ("ok", "ok")
    assert row(out, "nn.functional.relu")[-1] == "ok" and ": all right" in out.splitlines()[-1]
    found = json.loads(file.read_text(encoding="utf-8"))
    assert found["ok"] and found["dtype"] == "float64" and [op["op"] for op in found["ops"]] == [
        "exp", "nn.functional.relu", "nn.functional.relu inplace",
    ]  # fmt: skip
    assert found["ops"][0]["elements"] == int(elements) and found["ops"][0]["problems"] == []


def test_options(capsys):
    status, out, _ = call(capsys, "tanh", "--dtype", "float32", "--no-second")
    name, samples, elements, worst, second, verdict = row(out, "tanh")
    assert status == 0 and second == "–" and 1e-9 < float(worst) < 1e-5 and "in float32" in out


def test_an_op_without_gradient_is_named_when_asked_for(capsys):
    status, out, _ = call(capsys, "eq")
    assert status == 0 and row(out, "eq")[-2:] == ["no", "gradient"]


@pytest.mark.parametrize(("name", "close"), [("sofmax", "softmax"), ("nn.functional.conv9d", "conv2d"), ("zzzz", "")])
def test_an_unknown_op(capsys, name, close):
    status, out, err = call(capsys, name)
    assert (status, out) == (2, "") and f"no op is called {name}" in err and close in err
    assert ("did you mean" in err) == bool(close)


def test_a_wrong_op(capsys, monkeypatch, tmp_path):
    bad = next(bad for bad in KNOWN_BAD if bad.name == "square_without_two")
    broken = Entry("broken", [s(t(3, 4)), s(t(2))], call=bad.build)
    monkeypatch.setattr(table, "OPS", [*OPS, broken])
    status, out, _ = call(capsys, "broken", "exp", "--json", tmp_path / "f.json")
    assert status == 1 and row(out, "broken")[-2:] == ["WRONG", "2/2"] and row(out, "exp")[-1] == "ok"
    assert (
        "broken(<[3, 4]>)" in out
        and "analytic = 0.500 × numeric" in out.lower()
        and out.splitlines()[-1].endswith("WRONG: broken")
    )
    found = json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))
    assert not found["ok"] and len(found["ops"][0]["problems"]) == 2


def test_an_op_that_raises(capsys, monkeypatch):
    def fails(engine):
        def call(x):
            raise KeyError("no") if not x.requires_grad or x.sum().item() else x

        return call

    monkeypatch.setattr(table, "OPS", [Entry("fails", [s(t(3))], call=fails)])
    status, out, _ = call(capsys, "fails")
    assert status == 1 and "KeyError" in out


def test_ctrl_c(capsys, monkeypatch):
    def stopped(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(table, "check_entry", stopped)
    status, _, err = call(capsys, "exp")
    assert (status, err) == (130, "\nstopped by Ctrl-C\n")


def test_all_ops_are_gone_through(capsys, monkeypatch):
    monkeypatch.setattr(table, "OPS", [e for e in OPS if e.name in ("exp", "eq", "neg")])
    status, out, _ = call(capsys, "--no-second")
    assert status == 0 and sorted(line.split()[0] for line in out.splitlines()[1:3]) == ["exp", "neg"]
    assert "eq" not in [line.split()[0] for line in out.splitlines() if line] and "2 ops" in out


def test_a_file_that_cannot_be_written(capsys, tmp_path):
    status, _, err = call(capsys, "neg", "--json", tmp_path / "nowhere" / "f.json")
    assert status == 2 and "cannot write" in err


def test_known_bad(capsys, tmp_path):
    status, out, err = call(capsys, "--known-bad", "--json", tmp_path / "f.json")
    assert (status, err) == (0, "") and f"{len(KNOWN_BAD)} of {len(KNOWN_BAD)} mistakes caught" in out
    assert row(out, "weight_transposed")[-1] == "transpose"
    found = json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))["known_bad"]
    assert [b["name"] for b in found] == [b.name for b in KNOWN_BAD] and all(b["found"] == b["expected"] for b in found)
    status, out, _ = call(capsys, "--known-bad", "bias_averaged")
    assert status == 0 and "averaging them" in out and "WRONG 4/4" in out
    status, _, err = call(capsys, "--known-bad", "bias_average")
    assert status == 2 and "did you mean bias_averaged" in err


def test_a_known_mistake_that_is_missed(capsys, monkeypatch):
    from dataclasses import replace

    import minitorch.testing.known_bad as room

    monkeypatch.setattr(room, "KNOWN_BAD", [replace(KNOWN_BAD[0], kind="sign")])
    status, out, _ = call(capsys, "--known-bad")
    assert status == 1 and "(should be: sign)" in out


def test_as_a_process_of_its_own():
    done = subprocess.run(
        [sys.executable, "-m", "minitorch", "check", "sin", "--no-second"], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0 and "all right" in done.stdout and done.stderr == ""
    done = subprocess.run([sys.executable, "-m", "minitorch", "check", "--help"], capture_output=True, text=True)
    assert done.returncode == 0 and "exit status: 0 all right" in done.stdout and command.USAGE in done.stdout
