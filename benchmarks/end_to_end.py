"""A whole program on both engines, in turn, as a user would start it: wall time and peak memory.

    python -m benchmarks.end_to_end cifar10 --rounds 3 -- --data data --epochs 2 --workers 2

Everything after ``--`` goes to the program, the same for both engines. Each round runs PyTorch, then minitorch, so that
a change of the machine's speed meets both. Time is from start to exit, imports included. Memory is the largest sum,
over the process and its workers, of what Linux calls proportional set size (shared pages are split among those who
share them), sampled five times a second; and the largest resident set of the main process.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROGRAMS = Path(__file__).resolve().parent.parent / "reference"
MIB = 1024.0  # KiB in a MiB


def tree(pid: int) -> list[int]:
    """`pid` and all that descend from it."""
    found = [pid]
    for process in found:
        try:
            for task in os.listdir(f"/proc/{process}/task"):
                children = Path(f"/proc/{process}/task/{task}/children").read_text()
                found.extend(int(child) for child in children.split())
        except OSError:
            continue  # it has just ended
    return found


def proportional_set_size(pid: int) -> float:
    """MiB of memory that belongs to one process, 0 once it is gone."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / MIB
    except OSError:
        pass
    return 0.0


def measure(command: list[str]) -> dict[str, float]:
    """Run `command` to its end: seconds, and peak MiB of the whole tree and of its main process."""
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        peak = 0.0
        while True:
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            if ended:
                break
            peak = max(peak, sum(proportional_set_size(pid) for pid in tree(process.pid)))
            time.sleep(0.2)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{output.read().decode()[-2000:]}")
    return {"seconds": seconds, "tree_mib": peak, "main_mib": usage.ru_maxrss / MIB}


def main(argv: list[str] | None = None) -> int:
    """Measure one program on both engines, print the table, and write it as JSON if asked."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.end_to_end", description=__doc__.splitlines()[0])
    parser.add_argument("program", choices=["cifar10", "mnist", "abalone", "digits"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    given = sys.argv[1:] if argv is None else argv
    cut = given.index("--") if "--" in given else len(given)
    args, rest = parser.parse_args(given[:cut]), given[cut + 1 :]
    script = str(PROGRAMS / f"{args.program}.py")
    engines = {
        "PyTorch": [sys.executable, script],
        "minitorch": [sys.executable, "-m", "minitorch", "run", script],
    }
    results: dict[str, list[dict[str, float]]] = {name: [] for name in engines}
    for number in range(args.rounds):
        for name, command in engines.items():
            with tempfile.TemporaryDirectory() as out:
                results[name].append(measure([*command, *rest, "--no-progress", "--out", out]))
            last = results[name][-1]
            print(
                f"round {number + 1}  {name:10} {last['seconds']:8.1f} s   {last['tree_mib']:7.0f} MiB in all   "
                f"{last['main_mib']:7.0f} MiB main process",
                flush=True,
            )
    medians = {
        name: {key: statistics.median(run[key] for run in runs) for key in runs[0]} for name, runs in results.items()
    }
    print(f"\n{'median of ' + str(args.rounds):18} {'PyTorch':>10} {'minitorch':>10} {'ratio':>7}")
    for key, label in (("seconds", "seconds"), ("tree_mib", "MiB, all processes"), ("main_mib", "MiB, main process")):
        theirs, ours = medians["PyTorch"][key], medians["minitorch"][key]
        print(f"{label:18} {theirs:10.1f} {ours:10.1f} {ours / theirs:7.2f}")
    if args.json:
        from minitorch.files import write_text

        write_text(args.json, json.dumps({"program": args.program, "arguments": rest, "runs": results}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
