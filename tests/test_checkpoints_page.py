"""docs/checkpoints.md: its examples run, and its numbers are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks import hostile_files
from minitorch import unpickling

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "checkpoints.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
NUMBERS = {10: "ten", 11: "eleven", 12: "twelve", 13: "thirteen", 14: "fourteen", 15: "fifteen"}


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_run(example, tmp_path, monkeypatch):
    if "safetensors" in example:
        pytest.importorskip("safetensors")
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "docs/checkpoints.md", "exec"), {})
    assert len(list(tmp_path.iterdir())) == 1


def test_numbers_are_those_of_the_code():
    assert f"{NUMBERS[len(unpickling._REBUILD)]}\nnames" in PAGE
    forms = sum(1 for _ in hostile_files.forms("os", "system"))
    assert f"calls of {len(hostile_files.TARGETS)} functions in {forms} ways" in PAGE
