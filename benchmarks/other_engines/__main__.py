"""The same training steps on minitorch, PyTorch, tinygrad, autograd, micrograd, DeZero and Chainer.

    python -m benchmarks.other_engines --python tinygrad=OTHER/bin/python --python chainer=OLD/bin/python

Every engine runs in a process of its own, by the Python that `--python` names (default: this one, where the engine is
installed). All begin from the same weights and see the same batches, which lie in a file; the losses of the first steps
must be PyTorch's within 10⁻⁴ (relative), or the engine is named and not measured. Then they take turns: in each round
every engine takes one block of steps, in an order drawn anew, and each block is divided by PyTorch's block of the same
round. What is printed, in Markdown, is the median of an engine's blocks and the median of those ratios. One thread each.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import json
import math
import os
import platform
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import lines
from .problems import TRAININGS, write

HERE = Path(__file__).resolve()
TITLES = {"minitorch": "minitorch", "pytorch": "PyTorch", "tinygrad": "tinygrad", "autograd": "HIPS autograd",
          "micrograd": "micrograd", "dezero": "DeZero", "chainer": "Chainer"}  # fmt: skip
REFERENCE = "pytorch"
# Not counted as lines of an engine: what is generated, and what minitorch has around its engine.
LEFT_OUT = {"tinygrad": {"autogen"}, "minitorch": {"bench", "compare", "lessons", "pictures", "testing"}}
TOLERANCE = 1e-4
LIMIT = 300.0  # seconds for one answer; tinygrad may compile for half a minute
ONE_THREAD = dict.fromkeys(
    ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUM_CPU_THREADS"], "1"
)  # the last is tinygrad's
MARKS = ("<!-- other engines: measured -->", "<!-- other engines: end -->")


class Failed(Exception):
    """An engine that could not do what it was asked to."""


class Contender:
    """An engine in a process of its own."""

    def __init__(self, name: str, python: str) -> None:
        self.name = name
        environment = os.environ | ONE_THREAD | {"DEV": "CPU", "PYTHONWARNINGS": "ignore"}  # DEV is tinygrad's
        if name == "minitorch":
            environment["PYTHONPATH"] = str(HERE.parents[2])
        self.process = subprocess.Popen(
            [python, str(HERE.with_name("engines.py")), name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip
        try:
            self.about = self._answer()
        except Failed:
            self.close()
            raise

    def _answer(self) -> dict[str, Any]:
        late = threading.Timer(LIMIT, self.process.kill)
        late.start()
        line = self.process.stdout.readline()  # type: ignore[union-attr]
        late.cancel()
        said = json.loads(line) if line else {"error": f"its process ended ({self.process.wait()})"}
        if "error" in said:
            raise Failed(said["error"])
        return said

    def ask(self, **command: Any) -> dict[str, Any]:
        try:
            print(json.dumps(command), file=self.process.stdin, flush=True)
        except BrokenPipeError:
            raise Failed("its process ended before") from None
        return self._answer()

    def close(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()  # type: ignore[union-attr]
        self.process.wait()


@dataclass
class Measured:
    """What one engine did in one training: seconds of a step in each block, and the ratios to PyTorch's."""

    first: list[float]  # seconds of the first steps
    apart: float  # the losses' largest relative difference from PyTorch's
    blocks: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)
    failure: str = ""


def departure(losses: Sequence[float], reference: Sequence[float]) -> float:
    """The largest relative difference between two runs' losses; inf where one is not finite."""
    if not all(map(math.isfinite, [*losses, *reference])):
        return math.inf
    return max(abs(a - b) / abs(b) for a, b in zip(losses, reference, strict=True))


def checked(contenders: Sequence[Contender], problems: dict[str, Path]) -> dict[str, Measured]:
    """Each engine's first steps, held against PyTorch's. `problems` has each engine's file, or one under ""."""
    found: dict[str, dict[str, Any]] = {}
    results: dict[str, Measured] = {}
    for contender in contenders:
        try:
            found[contender.name] = contender.ask(problem=str(problems.get(contender.name, problems[""])))
        except Failed as error:
            results[contender.name] = Measured([], math.nan, failure=f"failed: {error}")
    if REFERENCE not in found:
        raise Failed(f"{TITLES[REFERENCE]} is needed, to hold the others against it")
    for name, said in found.items():
        apart = departure(said["losses"], found[REFERENCE]["losses"])
        results[name] = Measured(said["seconds"], apart)
        if not apart <= TOLERANCE:
            results[name].failure = f"another loss: it departs by {apart:.1e}"
    return results


def in_turn(contenders: Sequence[Contender], results: dict[str, Measured], rounds: int, seconds: float) -> None:
    """Blocks of steps in turn, of about `seconds` each, and of one step at least."""
    taking_part = [contender for contender in contenders if not results[contender.name].failure]
    steps = {c.name: max(1, round(seconds / results[c.name].first[-1])) for c in taking_part}
    order = random.Random(0)
    for _ in range(rounds):
        order.shuffle(taking_part)
        took = {}
        for contender in taking_part:
            said = contender.ask(steps=steps[contender.name])
            if not math.isfinite(said["loss"]):
                raise Failed(f"{TITLES[contender.name]}: the loss became {said['loss']}")
            took[contender.name] = said["seconds"]
        for name, value in took.items():
            results[name].blocks.append(value)
            results[name].ratios.append(value / took[REFERENCE])


def duration(seconds: float) -> str:
    """Three digits and a unit."""
    unit, name = next((u, n) for u, n in ((1, "s"), (1e-3, "ms"), (1e-6, "µs")) if seconds >= u or n == "µs")
    value = seconds / unit
    return f"{value:.0f} {name}" if value >= 100 else f"{value:.3g} {name}"


def ratio(value: float) -> str:
    return f"{value:,.0f}×" if value >= 10 else f"{value:.2g}×" if value < 1 else f"{value:.1f}×"


def power(value: float) -> str:
    """3·10⁻⁷"""
    digits, exponent = f"{value:.0e}".split("e")
    return f"{digits}·10{str(int(exponent)).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"


def processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
        return re.findall(r"model name\s*:\s*(.*)", text)[0]
    except (OSError, IndexError):
        return platform.processor() or platform.machine()


def markdown(results: dict[str, dict[str, Measured]], about: dict[str, dict[str, str]], rounds: int,
             lengths: dict[str, str]) -> str:  # fmt: skip
    """The table, with what it was measured on. `lengths`: the engines' lines, a column more; it may be empty."""
    names = [name for name in TITLES if name in about]
    heads = [f"`{training}`" for training in results] + ["lines of Python"] * bool(lengths)
    rows = ["| | " + " | ".join(heads) + " |", "|---|" + "---:|" * len(heads)]
    for name in names:
        cells = []
        for training, found in results.items():
            if name in TRAININGS[training].leaves_out:
                cells.append("–")
            elif found[name].failure:
                cells.append(found[name].failure.replace("|", "\\|").split("\n")[0][:60])
            else:
                median = duration(statistics.median(found[name].blocks))
                times = "" if name == REFERENCE else f" ({ratio(statistics.median(found[name].ratios))})"
                cells.append(median + times)
        cells += [lengths[name]] if lengths else []
        version = about[name]["version"]
        rows.append(f"| {TITLES[name]} {version} | " + " | ".join(cells) + " |")
    pythons = {(facts["python"], facts["numpy"]): [] for facts in about.values()}
    for name in names:
        pythons[about[name]["python"], about[name]["numpy"]].append(TITLES[name])
    apart = max(m.apart for found in results.values() for m in found.values() if not m.failure)
    steps = max(len(m.first) for found in results.values() for m in found.values())
    rows += ["", f"{datetime.date.today().isoformat()}, {processor()}, one thread, medians of {rounds} blocks; in "
              "brackets the time as a multiple of PyTorch's. "
              + "; ".join(f"Python {p} and NumPy {n}: {', '.join(who)}" for (p, n), who in pythons.items())
              + f". The first {steps} losses agree with PyTorch's within {power(apart)} wherever there is a figure. "
              + "; ".join(f"`{name}`: {TRAININGS[name].what}" for name in results) + "."]  # fmt: skip
    if "tinygrad" in about:
        begun = [f"{duration(sum(found['tinygrad'].first[:3]))} (`{training}`)" for training, found in results.items()
                 if "tinygrad" in found and found["tinygrad"].first]  # fmt: skip
        if begun:
            rows[-1] += f" tinygrad compiles in its first three steps, not counted above: {', '.join(begun)}."
    return "\n".join(rows)


def length(name: str, folder: str) -> str:
    """Thousands of lines of Python, to two digits."""
    counted = lines.count(Path(folder), {"test", "tests", *LEFT_OUT.get(name, ())})
    return f"{round(counted, 2 - len(str(counted))):,}"


def between_marks(text: str, table: str) -> str:
    """`text` with the table in the place of what stands between the marks."""
    before, rest = text.split(MARKS[0])
    _, after = rest.split(MARKS[1])
    return f"{before}{MARKS[0]}\n\n{table}\n\n{MARKS[1]}{after}"


def pairs(text: str) -> tuple[str, str]:
    name, sign, python = text.partition("=")
    if not sign or name not in TITLES:
        raise argparse.ArgumentTypeError(f"ENGINE=PYTHON is expected, ENGINE one of {', '.join(TITLES)}")
    return name, python


def main(given: Sequence[str] | None = None) -> int:
    """Measure, and print the table. 1: an engine's losses are not PyTorch's, or it failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.other_engines", description=__doc__.splitlines()[0])
    parser.add_argument("--python", type=pairs, action="append", default=[], metavar="ENGINE=PYTHON",
                        help="the Python that has ENGINE")  # fmt: skip
    parser.add_argument("--engines", nargs="+", choices=TITLES, default=list(TITLES))
    parser.add_argument("--trainings", nargs="+", choices=TRAININGS, default=list(TRAININGS))
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=0.2, help="of a block")
    parser.add_argument("--checked", type=int, default=20, help="steps whose losses are compared")
    parser.add_argument("--lines", action="store_true", help="count each engine's lines of Python, too")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the table between the marks in FILE")
    args = parser.parse_args(given)
    pythons = dict(args.python)
    contenders: list[Contender] = []
    status = 0
    try:
        for name in args.engines:
            try:
                contenders.append(Contender(name, pythons.get(name, sys.executable)))
            except (Failed, OSError) as error:
                print(f"{TITLES[name]} is left out: {error}", file=sys.stderr)
                status = max(status, name in pythons)
        results: dict[str, dict[str, Measured]] = {}
        with tempfile.TemporaryDirectory() as folder:
            for training in args.trainings:
                file = write(training, Path(folder) / f"{training}.npz", args.checked)
                here = [c for c in contenders if c.name not in TRAININGS[training].leaves_out]
                results[training] = checked(here, {"": file})
                in_turn(here, results[training], args.rounds, args.seconds)
                for name, measured in results[training].items():
                    if measured.failure:
                        status = 1
                        print(f"{TITLES[name]}, {training}: {measured.failure}", file=sys.stderr)
        about = {contender.name: contender.about for contender in contenders}
    except Failed as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        for contender in contenders:
            contender.close()
    lengths = {name: length(name, facts["folder"]) for name, facts in about.items()} if args.lines else {}
    table = markdown(results, about, args.rounds, lengths)
    print(table)
    if args.json:
        figures = {t: {name: vars(m) for name, m in found.items()} for t, found in results.items()}
        args.json.write_text(json.dumps({"about": about, "trainings": figures}, indent=1), encoding="utf-8")
    if args.write:
        text = between_marks(args.write.read_text(encoding="utf-8"), table)
        args.write.write_text(text, encoding="utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main())
