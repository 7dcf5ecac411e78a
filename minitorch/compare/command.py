"""`minitorch compare SCRIPT [ARGS…]`: a training script on both engines, held against each other, with a verdict.

The script runs unchanged, once on each engine, each time in a process of its own (child.py), one after the other.
Under --out, every run has its folder: output.txt is what the script printed, errors.txt what it wrote to stderr,
trace.jsonl every step (trace.py), snapshots/ the parameters and gradients of some (snapshots.py). Beside them lie
comparison.json, which judge.py computes, and report.html. Files that the script itself writes are its own affair: it
writes them in each run.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.util
import json
import math
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..command_line import numbers
from ..command_line.help import Parser
from ..files import write_text
from . import judge
from .runs import ENGINES, Run, ended_cleanly, follow

NO_TORCH = 'PyTorch is not installed, so there is nothing to compare with: pip install "minitorch-engine[reference]"'
DESCRIPTION = """\
Run a PyTorch training script unchanged on minitorch and on PyTorch, one after the other, and say whether they differ
by more than rounding. Options before SCRIPT are compare's, all after it are the script's. SCRIPT may also be the name
of a program (`minitorch programs`), which is then given --seed, --dtype and --device too.
"""
EPILOG = """\
examples:
  minitorch compare train.py --epochs 3       a script of yours, with a flag of its own
  minitorch compare --dtype float64 train.py  the sharp test
  minitorch compare --locate digits           a program; where do the two first part?

Any script that trains with an optimizer will do: each optimizer.step() is recorded. Results lie in --out: report.html,
comparison.json, and a folder for each run with what it printed and recorded.

Without --dtype a script's dtypes are its own. --dtype float64 sets the default dtype before the script begins, which
covers parameters and tensors made without a dtype, ToTensor's images, and Python numbers; it does not cover tensors
that the script makes from NumPy's float32 arrays, gives a dtype, or casts.

exit status: 0 both agree but for rounding, 1 they do not, 2 it could not run to the end, 130 stopped by Ctrl-C (what
was recorded until then is compared and written all the same)
"""
LIVE_STEPS = (1, 2, 5)  # times powers of ten: the rows of the live table
MOST_ERROR = 8000  # characters of a failed run's stderr that go into comparison.json


def parser() -> Parser:
    """What the command takes."""
    usage = "minitorch compare [OPTIONS] SCRIPT [ARGS…]"
    made = Parser("minitorch compare", usage=usage, description=DESCRIPTION, epilog=EPILOG)
    add = made.add_argument
    add("--dtype", choices=("float32", "float64"), help="the default dtype, set before the script begins")
    add("--steps", type=numbers.positive, metavar="N", help="end the script after N optimizer steps")
    add("--seed", type=numbers.seed, default=0, metavar="N",
        help="of the engine's, NumPy's and Python's random numbers, before the script begins (default: 0)")  # fmt: skip
    add("--threads", type=numbers.positive, metavar="N", help="threads of both engines; the script cannot change them then")
    add("--device", choices=("cpu", "cuda"),
        help="cpu hides CUDA devices from the script; cuda requires that both engines find one, has PyTorch compute in "
        "full float32 precision and draw dropout's masks from the CPU's stream, as minitorch does. A program runs "
        "there, a script of yours puts its own tensors there")  # fmt: skip
    add("--ruler", action=argparse.BooleanOptionalAction,
        help="run PyTorch once more, with another number of threads and the weights changed by a unit in the last place "
        "before every step: what it differs from itself is what rounding does to this training. Without "
        "this option, only if the two runs part by more than a rule of thumb allows; --no-ruler: not even then")  # fmt: skip
    add("--every", type=numbers.positive, metavar="N",
        help="keep each N-th step's parameters and gradients, beside the first 10 (default: as many as 64, evenly)")  # fmt: skip
    add("--out", default="./out", metavar="DIR", help="where results are written (default: %(default)s)")
    add("--json", metavar="FILE", help="write the figures as JSON to FILE, too")
    add("--locate", action="store_true", help="find the operation where the two first part")
    add("--no-progress", action="store_true", help="no progress bar, no live table")
    add("--no-html", action="store_true", help="no report.html")
    add("script", metavar="SCRIPT", help="a training script, or the name of a program")
    add("args", metavar="ARGS", nargs=argparse.REMAINDER, help="the script's own arguments")
    return made


def main(argv: Sequence[str], programs: dict[str, Path]) -> int:
    """The command; the exit status. `programs` are ours, by name."""
    options = parser().parse_args(argv)
    script, program = options.script, False
    if script in programs and not os.path.isfile(script):
        script, program = str(programs[script]), True
    elif not os.path.isfile(script) or not os.access(script, os.R_OK):
        known = f" (programs: {', '.join(programs)})" if not os.path.exists(script) else ""
        return refuse(f"{'cannot read' if not known else 'there is no file'} {script}{known}")
    else:
        program = Path(script).resolve() in {path.resolve() for path in programs.values()}
    if importlib.util.find_spec("torch") is None:
        return refuse(NO_TORCH)
    comparing = Comparing(options, script, program, [*argv])
    try:
        comparing.make_folders()
    except OSError as error:
        return refuse(f"cannot write {error.filename}: {error.strerror}")
    with ended_cleanly():
        comparing.run(comparing.keys)
        return comparing.finish()


def refuse(message: str) -> int:
    print(f"minitorch compare: error: {message}", file=sys.stderr)
    return 2


class Comparing:
    """One comparison, from the first run to the report."""

    options: argparse.Namespace
    script: str
    program: bool
    argv: list[str]

    def __init__(self, options: argparse.Namespace, script: str, program: bool, argv: list[str]) -> None:
        self.options, self.script, self.program, self.argv = options, script, program, argv
        self.out: Path = Path(options.out)
        self.keys: list[str] = [*ENGINES, "ruler"] if options.ruler else [*ENGINES]
        self.folders: dict[str, Path] = {key: self.out / key for key in [*ENGINES, "ruler"]}
        self.runs: dict[str, Run] = {}
        self.errors: dict[str, str] = {}
        self.incomplete: str | None = None
        self.interrupted: bool = False
        self.args: list[str] = list(options.args)
        if program:
            ours = ["--seed", str(options.seed), *(["--dtype", options.dtype] if options.dtype else [])]
            ours += ["--device", options.device] if options.device else []
            self.args = [*ours, *self.args]

    # ---- the runs ----------------------------------------------------------------------------------------------------

    def make_folders(self) -> None:
        """Folders for the runs, and nothing left in them of an earlier comparison."""
        for key, folder in self.folders.items():
            for old in [*(folder / "snapshots").glob("step-*.*"), folder / "trace.jsonl", folder / "errors.txt"]:
                old.unlink(missing_ok=True)
            if key in self.keys:
                self.prepare(key)
        for name in ("comparison.json", "report.html"):
            (self.out / name).unlink(missing_ok=True)
        (self.out / "comparison.json").touch()
        (self.out / "comparison.json").unlink()
        if self.options.json:
            open(self.options.json, "a").close()

    def prepare(self, key: str) -> None:
        """The folder of one run."""
        (self.folders[key] / "snapshots").mkdir(parents=True, exist_ok=True)
        (self.folders[key] / "output.txt").write_text("")

    def run(self, keys: Sequence[str]) -> None:
        """The runs `keys`; one that fails does not keep the other engine from its own."""
        for key in keys:
            if key == "ruler" and (self.errors or not self.runs["pytorch"]):
                continue
            run = self.runs[key] = Run("pytorch" if key == "ruler" else key)
            errors = self.folders[key] / "errors.txt"
            try:
                status = follow(
                    run,
                    self.folders[key],
                    self.script,
                    self.args,
                    program=self.program,
                    title=self.title(key),
                    options=self.child_options(key),
                    environment=self.environment(key),
                    errors=errors,
                    watch=self.live_table(key),
                    expected=self.options.steps or len(self.runs["minitorch"]) or None,
                    progress=not self.options.no_progress,
                )
            except KeyboardInterrupt:
                self.interrupted = True
                self.incomplete = f"stopped by Ctrl-C in {self.title(key)}'s run, after {count(len(run), 'step')}"
                return
            if status:
                self.errors[key] = what_happened(status, errors)
        failed = [self.title(key) for key in self.errors]
        if failed:
            self.incomplete = f"{' and '.join(failed)} ended with an error"

    def threads(self, key: str) -> int | None:
        """How many threads the run is held to; None leaves it to the engine and the script."""
        if key != "ruler":
            return self.options.threads
        used = (self.runs["pytorch"].end or {}).get("threads", 1)
        return 1 if used > 1 else 2

    def child_options(self, key: str) -> dict[str, Any]:
        given = self.options
        return {"dtype": given.dtype, "seed": given.seed, "threads": self.threads(key), "device": given.device,
                "steps": given.steps, "snapshots": str(self.folders[key] / "snapshots"), "every": given.every,
                "nudge": key == "ruler", "describe": True}  # fmt: skip

    def environment(self, key: str) -> dict[str, str]:
        """The environment variables of a run."""
        variables = {"PYTHONHASHSEED": "0"} | os.environ  # the order of a set of strings is the same in all runs
        threads = self.threads(key)
        if threads:
            names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
            variables |= dict.fromkeys(names, str(threads))
        if self.options.device == "cpu":
            variables["CUDA_VISIBLE_DEVICES"] = ""
        return variables

    def title(self, key: str) -> str:
        if key != "ruler":
            return ENGINES[key]
        return "PyTorch, rounded otherwise"

    def live_table(self, key: str) -> Callable[[Run], None] | None:
        """What prints a row for some steps, once there are two runs to compare."""
        if key == "minitorch" or self.options.no_progress:
            return None
        other = "minitorch" if key == "pytorch" else "pytorch"
        first = self.runs[other]
        shown = 0

        def watch(second: Run) -> None:
            nonlocal shown
            known = min(len(first), len(second))
            for step in live_steps(shown, known):
                if not shown:
                    say(f"\n{'step':>9s}{self.title(other):>15s}{self.title(key):>28s}{'difference':>14s}")
                a, b = first.losses[step - 1], second.losses[step - 1]
                apart = float(judge.distances(np.array([a]), np.array([b]))[0])
                say(f"{step:9,d}{a:15.7g}{b:28.7g}{apart:14.1e}")
                shown = step

        return watch

    # ---- the results -------------------------------------------------------------------------------------------------

    def finish(self) -> int:
        """Judge, print the verdict, write the files; the exit status."""
        comparison = self.comparison()
        if self.options.ruler is None and self.only_rounding_could_explain(comparison):
            step = comparison["first_divergence"]["step"]
            print(f"apart by more than a rule of thumb allows, first in step {step:,}: fetching the ruler", flush=True)
            self.prepare("ruler")
            self.run(["ruler"])
            comparison = self.comparison()
        verdict = comparison["verdict"]
        first = comparison["first_divergence"]
        if self.options.locate and first and verdict["status"] == 1:
            from .locate import locate

            print("locating …", flush=True)
            try:
                comparison["located"] = locate(self.script, self.args, comparison, self.out, first["step"])
            except RuntimeError as error:  # the script failed on an engine before anything differed
                print(f"minitorch: not located: {error}", file=sys.stderr)
        text = json.dumps(finite(comparison), indent=1, allow_nan=False) + "\n"
        written = [self.out / "comparison.json", *([Path(self.options.json)] if self.options.json else [])]
        try:
            for path in written:
                write_text(path, text)
            if not self.options.no_html:
                from .report_html import write_report

                written.append(self.out / "report.html")
                write_report(json.loads(text), written[-1])
        except OSError as error:
            return refuse(f"cannot write {error.filename}: {error.strerror}")
        print("\n".join(["", *self.summary(comparison), "", *map(str, written)]), flush=True)
        for key, failure in self.errors.items():
            print(f"\n{self.title(key)} failed:\n{failure}", file=sys.stderr)
        return 130 if self.interrupted else verdict["status"]

    def only_rounding_could_explain(self, comparison: dict[str, Any]) -> bool:
        """Whether the runs part later than rounding would need to grow: in the first step, or where batches are other
        ones, it is no explanation."""
        first = comparison["first_divergence"]
        apart = comparison["verdict"]["status"] == 1 and first and not first["within_ruler"]
        return bool(apart and first["step"] > 1 and first["what"] != "batch")

    def comparison(self) -> dict[str, Any]:
        """comparison.json, but for what --locate finds."""
        given = self.options
        edges = judge.time_edges(list(self.runs.values()))
        runs = {key: Run(key) for key in ENGINES} | self.runs
        judged = judge.judge(runs, self.folders)
        within = judged.pop("within")
        options = {name: getattr(given, name) for name in ("dtype", "seed", "threads", "device", "every", "steps")}
        return {
            "program": given.script,
            "command": shlex.join(["minitorch", "compare", *self.argv]),
            "arguments": list(given.args),
            "options": options,
            "when": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
            "verdict": self.verdict(judged, runs, within),
            "engines": [self.engine(key, run, edges) for key, run in self.runs.items()],
            **judged,
            "located": None,
        }

    def verdict(self, judged: dict[str, Any], runs: dict[str, Run], within: bool) -> dict[str, Any]:
        """The verdict and the sentences that say why."""
        lengths = [len(runs[key]) for key in ENGINES]
        common = min(lengths)
        if not self.incomplete and not common:
            silent = [ENGINES[key] for key in ENGINES if not len(runs[key])]
            where = "" if len(silent) == 2 else f" on {silent[0]}"
            text = f"{self.options.script} never called optimizer.step(){where}: there is nothing to compare."
            return {"status": 2, "within": None, "text": text, "incomplete": None}
        if not common:
            return {"status": 2, "within": None, "text": f"Not compared: {self.incomplete}.",
                    "incomplete": self.incomplete}  # fmt: skip
        sentences = []
        first = judged["first_divergence"]
        if self.incomplete:
            sentences.append(f"Incomplete: {self.incomplete}.")
            within = not first or first["within_ruler"]
        over = f"over {count(common, 'step')}"
        if not first and within:
            sentences.append(f"Identical {over}: every loss, and every parameter and gradient that was kept.")
        elif within:
            sentences.append(f"The same but for rounding {over}: {largest(judged)} ({judged['allowed']}).")
        elif first and not first["within_ruler"]:
            sentences.append(f"Different beyond rounding, first {describe(first)} ({judged['allowed']}).")
            if judged["ruler_moved"] is None and first["step"] > 1 and first["what"] != "batch":
                sentences.append(
                    "Without the ruler that limit is a rule of thumb, which a training that amplifies rounding fast "
                    "can cross: --ruler measures what rounding does to this one, --dtype float64 leaves it no room."
                )
        if not self.incomplete and lengths[0] != lengths[1]:
            sentences.append(f"The number of steps differs: {lengths[0]:,} and {lengths[1]:,}.")
        if judged["ruler_moved"] is False:
            sentences.append("The ruler measured nothing: PyTorch, rounded otherwise, gave the same bits.")
        status = 2 if self.incomplete else 0 if within else 1
        return {"status": status, "within": within, "text": " ".join(sentences), "incomplete": self.incomplete}

    def engine(self, key: str, run: Run, edges: list[float]) -> dict[str, Any]:
        """One run's entry."""
        end = run.end or {}
        name = f"{ENGINES[run.engine]} {run.version}".strip()
        speed = run.speed
        return {
            "key": key,
            "title": name if key != "ruler" else f"{name}, rounded otherwise",
            "steps": len(run),
            "error": self.errors.get(key),
            "peak_mib": end.get("peak_mib"),
            "seconds": end.get("seconds", math.fsum(run.seconds)),
            "steps_per_second": speed,
            "step_seconds": judge.timing(run, edges),
            "environment": run.environment | ({"threads": end["threads"]} if "threads" in end else {}),
        }

    def summary(self, comparison: dict[str, Any]) -> list[str]:
        """The lines to print at the end."""
        weights, batches = comparison["initial_weights"], comparison["batches"]
        lines = [f"{comparison['program']}: {' against '.join(entry['title'] for entry in comparison['engines'])}"]
        if len(comparison["engines"]) > 1 and comparison["steps"]:
            same = "identical" if weights["identical"] else "not bit for bit the same"
            lines.append(f"initial weights: {same} ({weights['tensors']} tensors, {weights['numbers']:,} numbers)")
            if not batches["recorded"]:
                lines.append("batches: not seen, since no DataLoader gave them")
            elif batches["first_different"]:
                lines.append(f"batches: DIFFERENT from step {batches['first_different']:,} on")
            else:
                lines.append("batches: the same but for rounding" if batches["rounded_differently"] else "batches: identical")  # fmt: skip
        for entry in comparison["engines"]:
            if entry["steps"]:
                memory = "" if entry["peak_mib"] is None else f", {entry['peak_mib']:,.0f} MiB at most"
                lines.append(
                    f"{entry['title']}: {count(entry['steps'], 'step')}, {entry['steps_per_second']:,.0f} a second"
                    f"{memory}"
                )
        lines += ["", comparison["verdict"]["text"]]
        if comparison["located"]:
            from .locate import text

            lines += ["", text(comparison["located"])]
        return lines


def what_happened(status: int, errors: Path) -> str:
    """A failed run's traceback, or what else it wrote at its end."""
    with open(errors, errors="replace") as stream:
        text = stream.read()[-MOST_ERROR:].strip()
    start = text.rfind("Traceback (most recent call last)")
    chained = "\n\nDuring handling of" in text or "\n\nThe above exception" in text
    if start > 0 and not chained:
        text = text[start:]
    ending = f"ended by signal {-status}" if status < 0 else f"ended with status {status}"
    return f"{text}\n{ending}" if status != 1 or not text else text


def describe(finding: dict[str, Any]) -> str:
    """Where and how far, for the verdict."""
    at = f"in step {finding['step']:,}"
    if finding["what"] == "batch":
        return f"{at}: the batch is not the same"
    what = {"loss": "the loss", "gradient": f"the gradient of {finding['name']}", "value": str(finding["name"])}
    sizes = []
    if finding["relative"] is not None and math.isfinite(finding["relative"]):
        sizes.append(f"{finding['relative']:.1e} relative")
    if finding["absolute"] is not None and math.isfinite(finding["absolute"]):
        sizes.append(f"{finding['absolute']:.1e} absolute")
    if finding["ulp"] is not None:
        sizes.append(f"{finding['ulp']:,} units in the last place")
    return f"{at}: {what[finding['what']]} differs by {', '.join(sizes) or 'something that is not a number'}"


def largest(judged: dict[str, Any]) -> str:
    """The largest differences, in words."""
    loss, value = judged["largest"]["loss"], judged["largest"]["value"]
    words = [f"the losses differ by {loss['relative']:.1e} relative at most"]
    if loss["relative"]:
        words[0] += f" (step {loss['step']:,})"
    if value["relative"] is not None:
        words.append(f"parameters by {value['relative']:.1e} ({value['name']}, step {value['step']:,})")
    return ", ".join(words)


def live_steps(shown: int, known: int) -> list[int]:
    """1, 2, 5, 10, 20, 50, … beyond `shown` up to `known`."""
    found, power = [], 1
    while power <= known:
        found += [power * digit for digit in LIVE_STEPS if shown < power * digit <= known]
        power *= 10
    return found


def count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def say(line: str) -> None:
    """print, above the progress bar if one is showing."""
    if "tqdm" in sys.modules:
        sys.modules["tqdm"].tqdm.write(line)
        sys.stdout.flush()
    else:
        print(line, flush=True)


def finite(value: Any) -> Any:
    """JSON knows neither NaN nor infinity: None in their place."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    return value
