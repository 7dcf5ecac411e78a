"""Workloads that are whole processes: importing an engine, and a program from start to exit."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import ModuleType

from .engines import NAMES
from .measure import Different, Measuring
from .memory import Memory, environment, status
from .workload import Workload

ROUNDS = 5
PROGRAM_FLAGS = ["--epochs", "2", "--workers", "2", "--seed", "0"]


def importing(measuring: Measuring, seconds: float, blocks: int, threads: int | None) -> None:
    """Start Python, import NumPy and the engine, and leave: less what that takes with NumPy alone."""
    del seconds
    if os.environ.get("PYTHONDONTWRITEBYTECODE"):
        measuring.result.note = "PYTHONDONTWRITEBYTECODE is set, so what has no compiled files is compiled each time"
    peaks: dict[str, list[float]] = {name: [] for name in NAMES}
    for engine in NAMES.values():
        _imports(f"numpy, {engine}", threads)  # the files are in memory then
    for _ in range(min(blocks, ROUNDS)):
        alone, held = _imports("numpy", threads)
        for name, module in NAMES.items():
            took, peak = _imports(f"numpy, {module}", threads)
            times = measuring.result.times[name]
            times.samples.append(took - alone)
            times.blocks.append(took - alone)
            if peak is not None and held is not None:
                peaks[name].append(peak)
                measuring.result.memory[name] = Memory(max(peaks[name]), max(peaks[name]) - held)


def _imports(modules: str, threads: int | None) -> tuple[float, float | None]:
    code = f"import {modules}\ntry:\n print(open('/proc/self/status').read())\nexcept OSError:\n pass"
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], env=environment(threads), capture_output=True, text=True)
    took = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(f"import {modules}: {(done.stderr.strip().splitlines() or ['failed'])[-1]}")
    return took, status("VmHWM", done.stdout)


def end_to_end() -> ModuleType:
    """benchmarks/end_to_end.py: inside an installed package, or in the checkout."""
    installed = Path(__file__).with_name("_end_to_end.py")
    file = installed if installed.is_file() else Path(__file__).resolve().parents[2] / "benchmarks" / "end_to_end.py"
    spec = importlib.util.spec_from_file_location("minitorch_end_to_end", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def program(measuring: Measuring, seconds: float, blocks: int, threads: int | None) -> None:
    """The CIFAR-10 program on each engine, as a user starts it; memory is that of all its processes.

    Compared is the first loss printed, which is that of 2,000 steps: at a hundred times the tolerance, since so many
    steps amplify rounding. docs/results.md has the sharp comparisons.
    """
    from ..program_files import program_file

    del seconds, blocks
    script = str(program_file("cifar10"))
    commands = {"minitorch": [sys.executable, "-m", "minitorch", "run", script], "pytorch": [sys.executable, script]}
    flags = [*PROGRAM_FLAGS, "--data", str(measuring.folder), "--no-progress"]
    losses = []
    for name, command in commands.items():
        with tempfile.TemporaryDirectory() as out:
            figures = Path(out) / "figures.json"
            limit = ["--threads", str(threads)] if threads else []
            try:
                found = end_to_end().measure([*command, *flags, *limit, "--out", out, "--json", str(figures)])
            except SystemExit as failed:  # its way to say that the program failed
                raise RuntimeError(str(failed)) from None
            losses.append(json.loads(figures.read_text())["losses"][0]["loss"])
        times = measuring.result.times[name]
        times.samples.append(found["seconds"])
        times.blocks.append(found["seconds"])
        measuring.result.memory[name] = Memory(found["tree_mib"], None)
    measuring.result.compared, measuring.result.difference = 1, abs(losses[0] / losses[1] - 1)
    if measuring.result.difference > 0.1:
        raise Different(f"the first printed losses are {losses[0]:.4f} and {losses[1]:.4f}")


PROCESSES = [
    Workload(
        "import", "import", "a new process that imports it, less one that imports NumPy alone", processes=importing
    ),
    Workload(
        "program-cifar10",
        "programs",
        f"the CIFAR-10 program from start to exit, {' '.join(PROGRAM_FLAGS)} (only with --data)",
        processes=program,
        needs_data=True,
    ),
]
