"""What does recording cost? A program's training time under `minitorch compare`, and without it, in turn.

    python -m benchmarks.recording --rounds 5 --every 100 -- cifar10 --data data --steps 4000 --workers 0

Each round trains once as the script alone on each engine, then once under compare. The table gives the medians of the
program's own training time (seconds, from the first batch to the last step) and the median of the rounds' ratios:
neighbours in time share what else the machine is doing. What follows `--` is the program's name and its own flags.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

REFERENCE = Path(__file__).resolve().parent.parent / "reference"
MINITORCH = [sys.executable, "-m", "minitorch"]


def alone(engine: str, program: str, flags: list[str], folder: Path) -> float:
    """The training time of one run by itself."""
    script, figures = str(REFERENCE / f"{program}.py"), folder / "figures.json"
    command = [*MINITORCH, "run", script] if engine == "minitorch" else [sys.executable, script]
    ours = ["--seed", "0", "--out", str(folder), "--json", str(figures), "--no-progress"]
    subprocess.run([*command, *flags, *ours], check=True, stdout=subprocess.DEVNULL)
    return json.loads(figures.read_text())["train_seconds"]


def recorded(every: int, threads: int, program: str, flags: list[str], folder: Path) -> dict[str, tuple[float, float]]:
    """For each engine, the training time and the peak memory of a run under compare."""
    own = ["--every", str(every), "--threads", str(threads), "--out", str(folder), "--no-progress", "--no-html"]
    done = subprocess.run([*MINITORCH, "compare", *own, program, *flags], stdout=subprocess.DEVNULL)
    if done.returncode not in (0, 1):  # whether the two agree is not this benchmark's question
        raise SystemExit(done.returncode)
    engines = {run["key"]: run for run in json.loads((folder / "comparison.json").read_text())["engines"]}
    return {
        key: (json.loads((folder / key / "figures.json").read_text())["train_seconds"], run["peak_mib"])
        for key, run in engines.items()
    }


def main() -> int:
    """Run all rounds and print the table."""
    given = sys.argv[1:]
    cut = given.index("--") if "--" in given else len(given)
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recording", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--every", type=int, default=100)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args(given[:cut])
    program, *flags = given[cut + 1 :] or ["digits"]
    engines = ("minitorch", "pytorch")
    rounds = []
    with tempfile.TemporaryDirectory() as name:
        for _ in range(args.rounds):
            plain = {e: alone(e, program, [*flags, "--threads", str(args.threads)], Path(name)) for e in engines}
            kept = recorded(args.every, args.threads, program, flags, Path(name) / "out")
            rounds.append((plain, kept))
            print(*(f"{e} {plain[e]:.2f} → {kept[e][0]:.2f} s" for e in engines), sep=", ", file=sys.stderr)
    print("| engine | alone, s | recorded, s | ratio | peak memory recorded, MiB |\n|---|---|---|---|---|")
    for engine in engines:
        a = [plain[engine] for plain, _ in rounds]
        b = [kept[engine][0] for _, kept in rounds]
        ratio = statistics.median(y / x for x, y in zip(a, b, strict=True))
        peak = max(kept[engine][1] for _, kept in rounds)
        print(f"| {engine} | {statistics.median(a):.2f} | {statistics.median(b):.2f} | {ratio:.2f} | {peak:.0f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
