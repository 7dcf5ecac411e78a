"""The process that one engine runs in: `python -m minitorch.compare.child ENGINE TRACE OPTIONS SCRIPT [ARGS…]`.

ENGINE is minitorch or pytorch. SCRIPT runs as `python SCRIPT ARGS…` would; TRACE becomes a file of the events that
trace.py describes, one JSON object a line, begun by {"event": "start", "engine": …, "version": …} and closed by
{"event": "end", "status": …, "seconds": …, "peak_mib": …, "threads": …}, which a killed process does not write.
A process each: the engines share no state, no threads and no memory, and each one's peak memory and speed are its own.

OPTIONS is a JSON object, {} to run the script as it is. What it may hold: "dtype", the default dtype; "seed", for the
engine's, NumPy's and Python's random numbers; "threads", which the script can't change then; "device", where "cuda"
means that one must be there and is used as card.py says; "steps", after which the script is ended; "snapshots", a
folder for snapshots.py, and "every"; "nudge", for a ruler (judge.py); "describe", to say what it ran on.
All of it takes effect before the script begins.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import random
import sys
import time
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ..as_torch import as_torch, execute
from .card import cpu_masks, full_precision, why_no_cuda
from .snapshots import Snapshots
from .trace import EnoughSteps, Event, recording


def main(argv: list[str]) -> int:
    engine, trace, options_text, script, *args = argv
    options = json.loads(options_text)
    with contextlib.ExitStack() as stack:
        if engine == "minitorch":
            stack.enter_context(as_torch())
        import torch

        stream = stack.enter_context(open(trace, "w", encoding="utf-8"))
        flushed = -1.0

        def write(event: Event) -> None:
            nonlocal flushed
            stream.write(json.dumps(event) + "\n")
            if time.monotonic() - flushed > 0.1:  # often enough for whoever follows along
                stream.flush()
                flushed = time.monotonic()

        prepare(torch, engine, options)
        if options.get("device") == "cuda":
            stack.enter_context(cpu_masks(torch))
        start: Event = {"event": "start", "engine": engine, "version": str(torch.__version__)}
        if options.get("describe"):
            start["environment"] = environment(torch, engine)
        write(start)
        snapshots = None
        if "snapshots" in options:
            snapshots = Snapshots(Path(options["snapshots"]), options.get("every"))
        began = time.perf_counter()
        status = 1
        try:
            with recording(torch, write, snapshots, options.get("steps"), options.get("nudge", False)):
                status = execute(script, args)
        except EnoughSteps:
            status = 0
        except SystemExit as leaving:
            status = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
            raise
        finally:
            write({"event": "end", "status": status, "seconds": time.perf_counter() - began, "peak_mib": peak_mib(),
                   "threads": torch.get_num_threads()})  # fmt: skip
        return status


def prepare(torch: ModuleType, engine: str, options: dict[str, Any]) -> None:
    """Set what the options ask for, before the script runs."""
    if options.get("device") == "cuda":
        reason = why_no_cuda(torch)
        if reason:
            sys.exit(f"error: --device cuda, but {engine} finds no CUDA device: {reason}")
        full_precision(torch)
    if options.get("threads"):
        with warnings.catch_warnings():  # from a BLAS that cannot be told: the environment has told it
            warnings.simplefilter("ignore", RuntimeWarning)
            torch.set_num_threads(options["threads"])
        torch.set_num_threads = lambda number: None  # type: ignore[attr-defined,unused-ignore]  # of either engine
    if options.get("dtype"):
        torch.set_default_dtype(getattr(torch, options["dtype"]))
    if options.get("seed") is not None:
        torch.manual_seed(options["seed"])
        random.seed(options["seed"])
        np.random.seed(options["seed"] % 2**32)


def environment(torch: ModuleType, engine: str) -> dict[str, Any]:
    """What the engine runs on."""
    blas = "unknown"
    if engine == "minitorch":
        with contextlib.suppress(Exception):  # a NumPy built in some other way may not say
            found = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
            blas = f"{found['name']} {found['version']}"
    else:
        blas = "MKL" if torch.backends.mkl.is_available() else "OpenBLAS or other"
    processor = platform.processor() or platform.machine()
    with contextlib.suppress(OSError, StopIteration):
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            processor = next(line for line in lines if line.startswith("model name")).partition(":")[2].strip()
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "engine": f"{engine} {torch.__version__}",
        "blas": blas,
        "threads": torch.get_num_threads(),
        "processor": processor,
        **({"card": torch.cuda.get_device_name(0)} if torch.cuda.is_available() else {}),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
    }


def peak_mib() -> float:
    """The most memory this process has held, in MiB."""
    with contextlib.suppress(OSError, StopIteration, ValueError):
        with open("/proc/self/status", encoding="ascii") as lines:  # getrusage counts the parent's before exec, too
            return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
