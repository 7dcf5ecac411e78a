"""Peak memory, as Linux tells it; None elsewhere."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from .engines import NAMES
from .workload import Workload

STEPS = 5


@dataclass(frozen=True)
class Memory:
    """MiB: the most that a process held, and how much of it came after import and set-up."""

    peak: float
    above_setup: float | None  # None where it is not asked, of whole programs


def status(field: str, text: str | None = None) -> float | None:
    """A field of /proc/self/status in MiB, or of that of another process, given as text."""
    with contextlib.suppress(OSError, ValueError, StopIteration):
        text = Path("/proc/self/status").read_text(encoding="ascii") if text is None else text
        return int(next(line for line in text.splitlines() if line.startswith(field + ":")).split()[1]) / 1024
    return None


def restart_peak() -> float | None:
    """Let VmHWM begin anew at what is held now, which is returned; where that is refused, it goes on as it was."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return status("VmHWM")


def environment(threads: int | None) -> dict[str, str]:
    """What a child process needs to find this minitorch and to keep to the number of threads."""
    package = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join([package, *filter(None, [os.environ.get("PYTHONPATH")])])
    limits = {name: str(threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    return os.environ | {"PYTHONPATH": path} | (limits if threads else {})


def measure(workload: Workload, folder: Path | None, threads: int | None) -> dict[str, Memory]:
    """Peak memory of a few steps on each engine, in a new process each."""
    found = {}
    for engine in NAMES:
        words = ["-m", "minitorch.bench.child", engine, workload.name, str(folder or ""), str(threads or 0)]
        done = subprocess.run([sys.executable, *words], env=environment(threads), capture_output=True, text=True)
        if done.returncode:
            last = done.stderr.strip().splitlines()[-1:] or [f"it ended with {done.returncode}"]
            raise RuntimeError(f"in {engine}'s memory process: {last[0]}")
        values = json.loads(done.stdout)
        if values is not None:
            found[engine] = Memory(**values)
    return found


def as_json(memory: Memory | None) -> str:
    return json.dumps(None if memory is None else asdict(memory))
