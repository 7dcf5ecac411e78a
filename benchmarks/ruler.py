"""How far do two runs of the CIFAR-10 program part? minitorch from PyTorch, and PyTorch from itself.

    python -m benchmarks.ruler --seeds 0 1 2 3 -- --data data

For each seed the program runs three times: on minitorch, on PyTorch with one thread and on PyTorch with two. The table
gives the largest difference between any printed losses of each pair, in thousandths. The last column is the ruler:
what changing nothing but the order of PyTorch's own additions does.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent.parent / "reference" / "cifar10.py"
ENGINES = {
    "minitorch": ([sys.executable, "-m", "minitorch", "run", str(SCRIPT)], "1"),
    "PyTorch, 1 thread": ([sys.executable, str(SCRIPT)], "1"),
    "PyTorch, 2 threads": ([sys.executable, str(SCRIPT)], "2"),
}


def losses(command: list[str], threads: str, seed: int, rest: list[str]) -> list[float]:
    """The printed losses of one run, unrounded."""
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder) / "figures.json"
        flags = ["--seed", str(seed), "--threads", threads, "--out", folder, "--json", str(figures), "--no-progress"]
        subprocess.run([*command, *flags, *rest], check=True, stdout=subprocess.DEVNULL)
        return [line["loss"] for line in json.loads(figures.read_text())["losses"]]


def main() -> int:
    """Run all seeds and print the table, a row as soon as it is known."""
    given = sys.argv[1:]
    cut = given.index("--") if "--" in given else len(given)
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ruler", description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3])
    args = parser.parse_args(given[:cut])
    pairs = [(0, 1), (0, 2), (1, 2)]
    names = list(ENGINES)
    print("| seed | " + " | ".join(f"{names[a]} − {names[b]}" for a, b in pairs) + " |", flush=True)
    print("|---" * (len(pairs) + 1) + "|")
    for seed in args.seeds:
        runs = [losses(command, threads, seed, given[cut + 1 :]) for command, threads in ENGINES.values()]
        worst = [max(abs(x - y) for x, y in zip(runs[a], runs[b], strict=True)) * 1000 for a, b in pairs]
        print(f"| {seed} | " + " | ".join(f"{value:.1f}" for value in worst) + " |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
