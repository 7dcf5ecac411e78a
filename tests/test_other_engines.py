"""The comparison with other engines: minitorch's and PyTorch's part of it, and that another loss is named."""

from __future__ import annotations

import importlib.util
import json
import re
import sys

import pytest

from benchmarks.other_engines import lines
from benchmarks.other_engines.__main__ import (
    MARKS,
    TITLES,
    TOLERANCE,
    Contender,
    Failed,
    checked,
    departure,
    duration,
    in_turn,
    length,
    main,
    markdown,
    power,
    ratio,
)
from benchmarks.other_engines.problems import TRAININGS, write

CHECKED = 12
HERE = [name for name in ("tinygrad", "autograd", "micrograd", "dezero", "chainer") if importlib.util.find_spec(name)]


@pytest.fixture(scope="module")
def contenders():
    made = [Contender(name, sys.executable) for name in ("minitorch", "pytorch")]
    yield made
    for contender in made:
        contender.close()


@pytest.mark.parametrize("training", TRAININGS)
def test_both_engines_have_the_same_losses_and_a_planted_difference_is_named(training, contenders, tmp_path):
    right = write(training, tmp_path / "right.npz", CHECKED)
    results = checked(contenders, {"": right})
    assert not any(measured.failure for measured in results.values())
    assert results["minitorch"].apart < TOLERANCE / 20
    in_turn(contenders, results, rounds=3, seconds=0.001)
    mine, theirs = results["minitorch"], results["pytorch"]
    assert mine.ratios == [a / b for a, b in zip(mine.blocks, theirs.blocks, strict=True)] and len(mine.blocks) == 3
    assert theirs.ratios == [1.0] * 3 and min(mine.blocks + theirs.blocks) > 1e-6

    for planted in ({"lr": 1.05}, {"nudge": 0.2}):
        wrong = write(training, tmp_path / "wrong.npz", CHECKED, **planted)
        results = checked(contenders, {"": right, "minitorch": wrong})
        assert "another loss" in results["minitorch"].failure and not results["pytorch"].failure
        in_turn(contenders, results, rounds=1, seconds=0.001)
        assert not results["minitorch"].blocks and results["pytorch"].blocks
        assert "another loss" in markdown({training: results}, {c.name: c.about for c in contenders}, 1, {})


@pytest.mark.skipif(not HERE, reason="none of the other engines is installed")
@pytest.mark.parametrize("engine", HERE)
def test_another_engine_has_the_same_losses(engine, contenders, tmp_path):
    other = Contender(engine, sys.executable)
    try:
        results = checked([*contenders, other], {"": write("tiny", tmp_path / "tiny.npz", CHECKED)})
    finally:
        other.close()
    assert not results[engine].failure


def test_the_command(tmp_path, capsys):
    page, figures = tmp_path / "page.md", tmp_path / "figures.json"
    page.write_text(f"above\n\n{MARKS[0]}\nold\n{MARKS[1]}\n\nbelow\n", encoding="utf-8")
    absent = tmp_path / "no-python"
    line = ["--trainings", "tiny", "--rounds", "2", "--seconds", "0.001", "--checked", "3", "--json", str(figures)]
    status = main([*line, "--python", f"chainer={absent}", "--write", str(page)])
    out, err = capsys.readouterr()
    assert status == 1 and "Chainer is left out: " in err  # it was asked for
    for name, title in TITLES.items():
        if name not in ("minitorch", "pytorch", *HERE):
            assert f"{title} is left out" in err
    rows = re.findall(r"^\| (minitorch|PyTorch) \S+ \| [\d.,]+ (?:µs|ms)( \([\d.,]+×\))? \|$", out, re.MULTILINE)
    assert [name for name, _ in rows] == ["minitorch", "PyTorch"] and rows[0][1] and not rows[1][1]
    text = page.read_text(encoding="utf-8")
    assert text.startswith("above") and text.endswith("below\n") and "old" not in text and out.strip() in text
    found = json.loads(figures.read_text())["trainings"]["tiny"]
    assert len(found["minitorch"]["blocks"]) == len(found["pytorch"]["first"]) - 1 == 2


def test_without_pytorch_there_is_nothing_to_hold_against(capsys):
    assert main(["--engines", "minitorch", "--trainings", "tiny", "--checked", "1"]) == 2
    assert "PyTorch is needed" in capsys.readouterr().err


@pytest.mark.skipif("dezero" in HERE, reason="it is installed")
def test_an_engine_that_is_not_there_says_so():
    with pytest.raises(Failed, match="No module named 'dezero'"):
        Contender("dezero", sys.executable)


def test_an_engine_that_does_not_answer_is_ended(monkeypatch):
    monkeypatch.setattr("benchmarks.other_engines.__main__.LIMIT", 0.02)
    with pytest.raises(Failed, match="its process ended"):
        Contender("pytorch", sys.executable)


def test_an_engine_that_ended_is_named(tmp_path, contenders):
    gone = Contender("minitorch", sys.executable)
    gone.process.kill()
    gone.process.wait()
    results = checked([gone, contenders[1]], {"": write("tiny", tmp_path / "tiny.npz", 2)})
    gone.close()
    assert "its process ended" in results["minitorch"].failure and not results["pytorch"].failure


def test_numbers():
    assert departure([1.0, 2.0], [1.0, 2.5]) == pytest.approx(0.2)
    assert departure([1.0, float("nan")], [1.0, 2.5]) == float("inf")
    assert [duration(s) for s in (2.5, 0.0123, 0.000456, 4.2e-7)] == ["2.5 s", "12.3 ms", "456 µs", "0.42 µs"]
    assert power(3.2e-7) == "3·10⁻⁷"
    assert [ratio(value) for value in (0.731, 3.14, 12.6, 1234)] == ["0.73×", "3.1×", "13×", "1,234×"]


def test_lines_of_code(tmp_path):
    source = '"""Docs.\n\nMore."""\nimport a  # why\n\n\ndef f(\n    x,\n):\n    """Docs."""\n    # nothing\n    return """one\ntwo"""\n'
    assert lines.code_lines(source) == 6
    for name in ("a.py", "tests/b.py", "c/d.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(source)
    assert lines.count(tmp_path, {"tests"}) == 12
    assert length("micrograd", str(tmp_path)) == "12"
