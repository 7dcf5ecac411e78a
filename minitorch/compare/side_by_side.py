"""Train one program on minitorch and on PyTorch, one after the other, and print how far they part.

Each engine gets a process of its own (child.py) and the same flags. One after the other, so that neither takes the
other's cores: both speeds are what the engine does alone. What each run leaves behind lies in its own folder under
--out: the program's files, what it printed (output.txt), its final figures (figures.json) and the trace (trace.jsonl).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..files import write_text
from .runs import ENGINES, Run, command, ended_cleanly, follow

NO_TORCH = 'PyTorch is not installed, so only minitorch runs. To compare: pip install "minitorch-engine[reference]"'
HELP = """\
usage: minitorch {name} [OPTIONS]

Train {name} on minitorch and on PyTorch, from the same weights and batches, and print the
losses side by side. Results go to --out, a folder for each engine; --json writes both and
the comparison. On one engine alone: minitorch run {name}. The options are the program's:
"""
MOST_ROWS, FEWEST_ROWS = 24, 8
LIMITS = (1e-6, 1e-3)  # relative differences of one step's loss that the report looks for


def main(name: str, script: str, argv: list[str]) -> int:
    """`minitorch NAME …`: both runs and the report; the exit status."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--out", default="./out")
    parser.add_argument("--json")
    parser.add_argument("--no-progress", action="store_true")
    parser.add_argument("--device", choices=("cpu", "cuda"))
    parser.add_argument("--checkpoint")
    parser.add_argument("-h", "--help", action="store_true")
    options, rest = parser.parse_known_args(argv)
    if options.help:
        print(HELP.format(name=name), flush=True)
        return subprocess.call([*command("minitorch", os.devnull, {}, script), "--help"])

    engines = list(ENGINES)
    if importlib.util.find_spec("torch") is None:
        print(NO_TORCH)
        engines.remove("pytorch")
    folders = [Path(options.out) / engine for engine in engines]
    try:
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "output.txt").write_text("")
        if options.json:
            open(options.json, "a").close()
    except OSError as error:
        print(f"error: cannot write {error.filename}: {error.strerror}", file=sys.stderr)
        return 2

    runs = [Run(engine) for engine in engines]
    progress = not options.no_progress
    child_options = {"device": options.device} if options.device else {}
    rest += ["--device", options.device] if options.device else []
    try:
        with ended_cleanly():
            for run, folder in zip(runs, folders, strict=True):
                expected = len(runs[0]) or None
                flags = [*rest, *checkpoint_of(run.engine, options.checkpoint)]
                status = follow(run, folder, script, flags, program=True, options=child_options, expected=expected,
                                progress=progress)  # fmt: skip
                if status:
                    return status
    except KeyboardInterrupt:
        return 130
    if any(is_resumed(folder) for folder in folders):
        print("\n".join(report_resumed(name, runs)))
        comparison: dict[str, Any] = {}
    else:
        comparison = compare(*runs) if len(runs) == 2 else {}
        print("\n".join(report(name, runs, comparison)))
    print(f"\nfiles of each run: {', '.join(map(str, folders))}")
    if options.json:
        figures = {run.engine: run.figures | {"steps_per_second": run.speed} for run in runs}
        write_text(options.json, json.dumps(figures | {"comparison": comparison}, indent=2) + "\n")
    return 0


def checkpoint_of(engine: str, path: str | None) -> list[str]:
    """The flag for one engine: run.pt becomes run.minitorch.pt and run.pytorch.pt."""
    if path is None:
        return []
    stem, suffix = os.path.splitext(path)
    return ["--checkpoint", f"{stem}.{engine}{suffix}"]


def is_resumed(folder: Path) -> bool:
    """Whether a run went on from a checkpoint: then its trace lacks the steps before."""
    lines = (folder / "output.txt").read_text(encoding="utf-8").splitlines()
    return any(line.startswith("resuming ") for line in lines)


# ---------------------------------------------------------------------------------------------------- the report


def distance(a: float, b: float) -> float:
    """|a − b|, where two NaNs are equal and one is infinitely far from any number."""
    if a == b or (math.isnan(a) and math.isnan(b)):
        return 0.0
    return math.inf if math.isnan(a - b) else abs(a - b)


def compare(ours: Run, theirs: Run) -> dict[str, Any]:
    """How far two runs part, as numbers. Steps count from 1."""
    absolute = [distance(a, b) for a, b in zip(ours.losses, theirs.losses, strict=False)]
    relative = [d / abs(b) if d and b else d for d, b in zip(absolute, theirs.losses, strict=False)]
    batches = list(zip(ours.batches, theirs.batches, strict=False))
    largest: dict[str, float | None] = {}
    for name, values in (("absolute", absolute), ("relative", relative)):
        largest[f"largest_{name}"] = max(values, default=0.0)
        largest[f"largest_{name}_step"] = values.index(max(values)) + 1 if values else None
    return {
        "steps": len(absolute),
        "same_steps": (ours.runs, ours.passes) == (theirs.runs, theirs.passes),
        "same_weights": ours.digests == theirs.digests,
        "batches_recorded": any(a or b for a, b in batches),
        "first_different_batch": first(a != b for a, b in batches),
        **largest,
        "first_above": {f"{limit:.0e}": first(d > limit for d in relative) for limit in LIMITS},
        "speed_ratio": ours.speed / theirs.speed,
    }


def first(conditions: Iterable[bool]) -> int | None:
    """The number, from 1, of the first that holds; None if none does."""
    return next((step for step, holds in enumerate(conditions, 1) if holds), None)


def rows(run: Run) -> list[tuple[str, list[int]]]:
    """The steps that each row of the table stands for: an epoch, or several or a part of one where rows would be many
    or few. (label, step indices)."""
    steps: dict[int, dict[int, list[int]]] = {}  # run: pass: indices
    for index, (number, walk) in enumerate(zip(run.runs, run.passes, strict=True)):
        steps.setdefault(number, {}).setdefault(walk, []).append(index)
    several = len(steps) > 1
    pieces = max(1, FEWEST_ROWS // max(1, sum(map(len, steps.values()))))
    table = []
    for number, passes in steps.items():
        epochs = list(passes.values())
        merged = math.ceil(len(epochs) / max(1, MOST_ROWS // len(steps)))
        for first in range(0, len(epochs), merged):
            last = min(first + merged, len(epochs))
            label = f"epoch {first + 1}" if last == first + 1 else f"epochs {first + 1}–{last}"
            indices = [index for epoch in epochs[first:last] for index in epoch]
            size = math.ceil(len(indices) / pieces)
            for start in range(0, len(indices), size):
                table.append((f"training {number + 1}, {label}" if several else label, indices[start : start + size]))
    return table


def results(figures: dict[str, Any]) -> dict[str, tuple[float, str]]:
    """What a program measured at its end: name, value, unit."""
    kinds = {
        "test_accuracy": ("test accuracy", 100, " %"),
        "auc_probabilities": ("AUC", 1, ""),
        "rmse": ("RMSE", 1, ""),
    }
    found = {}
    for variant, values in (figures.get("variants") or {"": figures}).items():
        for key, (label, factor, unit) in kinds.items():
            if key in values:
                found[f"{variant}: {label}" if variant else label] = (values[key] * factor, unit)
    return found


def report(name: str, runs: list[Run], comparison: dict[str, Any]) -> list[str]:
    """The lines to print: what was compared, the losses, the final results and the speeds."""
    ours = runs[0]
    titles = [f"{ENGINES[run.engine]} {run.version}" for run in runs]
    lines = ["", f"{name}: {' against '.join(titles)}, {len(ours):,} training steps"]
    if comparison:
        lines += ["", *same_start(ours, runs[1], comparison)]

    def mean(run: Run, indices: list[int]) -> float:
        losses = [run.losses[index] for index in indices if index < len(run)]
        return sum(losses) / len(losses) if losses else math.nan

    table = [["mean loss", "steps", *(ENGINES[run.engine] for run in runs), "difference"]]
    for label, indices in rows(ours):
        means = [mean(run, indices) for run in runs]
        span = f"{indices[0] + 1:,}–{indices[-1] + 1:,}"
        table.append([label, span, *(f"{value:#.7g}" for value in means), *(difference(*means) for _ in runs[1:])])
    table.append([])
    measured = [results(run.figures) for run in runs]
    for label, (_, unit) in measured[0].items():
        values = [result.get(label, (math.nan, ""))[0] for result in measured]
        digits = 2 if unit else 4
        apart = [f"{values[0] - value:+.{digits}f}{unit}" for value in values[1:]]
        table.append([label, "", *(f"{value:.{digits}f}{unit}" for value in values), *apart])
    speeds = [f"{run.speed:,.0f}" for run in runs]
    table.append(["training steps a second", "", *speeds, *(f"{comparison['speed_ratio']:.2f} ×" for _ in runs[1:])])
    lines += ["", *aligned(table)]
    if comparison:
        lines += ["", "one step's loss: " + largest_difference(comparison)]
    return lines


def report_resumed(name: str, runs: list[Run]) -> list[str]:
    """The lines to print where a run was resumed: its earlier steps were not seen, so only the ends are compared."""
    titles = [f"{ENGINES[run.engine]} {run.version}" for run in runs]
    lines = [f"{name}: {' against '.join(titles)}; resumed, so the final figures alone are compared", ""]
    table = [["", *(ENGINES[run.engine] for run in runs)]]
    measured = [results(run.figures) for run in runs]
    for label, (_, unit) in measured[0].items():
        values = [result.get(label, (math.nan, ""))[0] for result in measured]
        table.append([label, *(f"{value:.{2 if unit else 4}f}{unit}" for value in values)])
    return ["", *lines, *aligned(table)]


def largest_difference(comparison: dict[str, Any]) -> str:
    """In words: the largest differences of single losses, and how long they stayed small."""
    if not comparison["largest_absolute"]:
        return "equal at every step"
    largest = [f"{comparison[f'largest_{kind}']:.1e} {kind} (step {comparison[f'largest_{kind}_step']:,})"
               for kind in ("absolute", "relative")]  # fmt: skip
    above = [f"above {limit} first at step {step:,}" if step else f"never above {limit}"
             for limit, step in comparison["first_above"].items()]  # fmt: skip
    return f"largest difference {', '.join(largest)}; relative {', '.join(above)}"


def difference(a: float, b: float) -> str:
    return f"{distance(a, b):.1e}"


def same_start(ours: Run, theirs: Run, comparison: dict[str, Any]) -> list[str]:
    """Whether the two runs are of the same thing: initial weights, batches, number of steps."""
    tensors, numbers = (sum(event[key] for event in ours.weights.values()) for key in ("tensors", "numbers"))
    weights = "identical" if comparison["same_weights"] else "DIFFERENT"
    lines = [f"initial weights: {weights} ({tensors} tensors, {numbers:,} numbers)"]
    first = comparison["first_different_batch"]
    if not comparison["batches_recorded"]:
        lines.append("batches: not seen, since no DataLoader gave them")
    elif first is None:
        lines.append(f"batches: identical ({comparison['steps']:,})")
    else:
        lines.append(f"batches: DIFFERENT from step {first:,} on")
    if not comparison["same_steps"]:
        lines.append(
            f"steps: DIFFERENT, {len(ours):,} and {len(theirs):,}; the rest compares step by step all the same"
        )
    return lines


def aligned(table: list[list[str]]) -> list[str]:
    """The rows as lines: the first column to the left, the others to the right."""
    widths = [max(len(row[i]) for row in table if i < len(row)) for i in range(max(map(len, table)))]
    lines = []
    for row in table:
        cells = [cell.ljust(width) if i == 0 else cell.rjust(width)
                 for i, (cell, width) in enumerate(zip(row, widths, strict=False))]  # fmt: skip
        lines.append("  ".join(cells).rstrip())
    return lines
