"""The README's section on checking a gradient: its examples run and print what it says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from test_pytest_plugin import run

ROOT = Path(__file__).resolve().parents[1]
SECTION = (ROOT / "README.md").read_text(encoding="utf-8").split("## Checking a gradient\n")[1].split("\n## ")[0]
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", SECTION, re.DOTALL)


@pytest.mark.parametrize("engine", ["torch", "minitorch as torch"])
def test_the_example_prints_what_the_readme_says(engine):
    (_, code), (_, printed), _ = BLOCKS
    assert "import torch  # or: import minitorch as torch" in code
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code.replace("import torch  #", f"import {engine}  #")],
        capture_output=True, text=True, encoding="utf-8", cwd=ROOT, timeout=120,
    )  # fmt: skip
    first, rest = printed.split("…\n")
    assert done.returncode == 0 and done.stdout.startswith(first) and done.stdout.endswith(rest), (
        done.stdout + done.stderr
    )
    assert "WRONG 6/9" in done.stdout


def test_the_pytest_example_runs(tmp_path):
    status, out = run(tmp_path, BLOCKS[2][1])
    assert status == 0 and "7 passed" in out, out


def test_the_numbers():
    from minitorch.testing.known_bad import KNOWN_BAD

    assert len(KNOWN_BAD) == 40 and "forty mistakes" in SECTION
