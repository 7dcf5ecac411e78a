"""Damaged files for every loader that benchmarks/fuzz knows: they are read or refused by name, in bounded time and memory."""

import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from fuzzing import LONG, examples
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.fuzz import __main__ as command
from benchmarks.fuzz import mutations, targets
from benchmarks.fuzz.targets import TARGETS, Finding, Target, minimal, probe

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.filterwarnings("ignore")  # Pillow's, about what is wrong with an image


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


def warmed(target, folder):
    """What is imported late is imported now, not at the cost of a file."""
    if target is TARGETS["safetensors"]:
        pytest.importorskip("safetensors")
    with warnings.catch_warnings(action="ignore"):
        for data in target.seeds():
            assert probe(target, data, folder, memory=False), data
    return target


@pytest.mark.parametrize("name", TARGETS)
def test_a_damaged_file_is_read_or_refused(name, folder):
    target, seeds = warmed(TARGETS[name], folder), TARGETS[name].seeds()

    @examples(60)
    @given(st.data())
    def run(data):
        choose = lambda n: data.draw(st.integers(0, n - 1))  # noqa: E731
        probe(target, mutations.damaged(seeds[choose(len(seeds))], target.fields, choose), folder)

    run()


@pytest.mark.parametrize("name", TARGETS)
def test_a_file_cut_anywhere_is_read_or_refused(name, folder):
    """At every place of a short file, at some of a long one."""
    target = warmed(TARGETS[name], folder)
    seed = min(target.seeds(), key=len)
    for length in range(0, len(seed), max(1, len(seed) // 60)):
        probe(target, seed[:length], folder)


@pytest.mark.parametrize("name", ["cifar", "idx", "idx-gz", "abalone", "progress", "snapshot"])
@examples(60)
@given(data=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(name, folder, data):
    probe(TARGETS[name], data, folder)


# ---- the fuzzer itself -----------------------------------------------------------------------------------------------


def planted(read):
    return Target("a loader with a mistake", "x.bin", lambda: [b"\1\2\3\4"], read, (ValueError,), lambda data: [(0, 2)])


def index_error(path):
    data = path.read_bytes()
    if len(data) < 2:
        raise ValueError(f"{path} is too short")
    return data[data[0]]  # an offset from the file, not checked


def unnamed(path):
    if path.read_bytes() != b"\1\2\3\4":
        raise ValueError("it is damaged")


def greedy(path):
    return np.empty(int.from_bytes(path.read_bytes()[:2], "little") * 1024, np.uint8)  # as many as the file announces


def talkative(path):
    if path.read_bytes() != b"\1\2\3\4":
        raise ValueError(f"{path} holds {path.read_bytes() * 3000!r}")


@pytest.mark.parametrize(
    "read, key",
    [(index_error, "error IndexError"), (unnamed, "unnamed ValueError"), (greedy, "memory"), (talkative, "long ValueError")],
)
def test_a_planted_mistake_is_found_and_made_short(read, key, tmp_path):
    result = command.blind(planted(read), 20, 1, tmp_path, most=200)
    assert 2 < result.tried <= 200
    (found,) = (path for kind, (_, path) in result.findings.items() if kind.startswith(key))
    assert len(found.read_bytes()) <= 4
    with pytest.raises(Finding):
        probe(planted(read), found.read_bytes(), tmp_path)


def test_a_slow_loader_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(targets, "SECONDS", 0.0)
    with pytest.raises(Finding, match="took"):
        probe(planted(lambda path: sum(range(10_000))), b"", tmp_path)


def test_a_loader_that_does_not_end_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(targets, "SECONDS", -0.2)

    def endless(path):
        while True:
            try:
                sum(range(1000))
            except Exception:
                pass

    with pytest.raises(Finding, match="does not end"):
        probe(planted(endless), b"", tmp_path)


def test_minimal_keeps_the_finding(tmp_path):
    def read(path):
        if b"x" in path.read_bytes() and b"y" in path.read_bytes():
            raise KeyError("both")

    assert minimal(planted(read), b"abcxdefyghi", tmp_path, "error KeyError in test_fuzz_files.py:read") == b"xy"


def test_the_command(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert command.main(["--list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(TARGETS)
    assert command.main(["nothing"]) == 2
    assert "checkpoint" in capsys.readouterr().out
    assert command.main(["idx", "--blind", "--seconds", "0.5"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("idx: ") and " files tried, " in said and "0 findings" in said
    monkeypatch.setitem(TARGETS, "planted", planted(index_error))
    assert command.main(["planted", "--blind", "--seconds", "0.5"]) == 1
    said = capsys.readouterr().out
    assert "1 findings" in said and "IndexError" in said and list(Path("out/fuzz/planted/findings").glob("*.bin"))


@pytest.mark.skipif(not LONG, reason="takes half a minute: with MINITORCH_FUZZ set")
def test_the_guided_fuzzer_runs_where_it_is_installed(tmp_path):
    pytest.importorskip("atheris", reason="atheris, the coverage-guided fuzzer, is not installed")
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.fuzz", "idx", "--seconds", "8", "--out", str(tmp_path)],
        cwd=ROOT, text=True, capture_output=True, env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "branches reached, 0 findings" in done.stdout
    assert len(list((tmp_path / "idx" / "corpus").iterdir())) > len(TARGETS["idx"].seeds())
