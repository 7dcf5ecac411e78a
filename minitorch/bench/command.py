"""`minitorch bench [WORKLOAD…]`: how fast is minitorch, beside PyTorch, and how much memory does it take?"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .. import blas
from ..command_line import numbers
from ..command_line.help import Parser
from ..files import write_text
from . import card, memory, plot, report
from .catalogue import choose, groups
from .engines import INSTALL, TITLES, Engine
from .measure import COMPARED, TOLERANCE, Different, Measuring, Result, settled
from .pipeline import FOLDER, make_images
from .workload import Workload

NO_TORCH = f"PyTorch is not installed, so there is nothing to measure against: {INSTALL}"
DESCRIPTION = f"""\
Measure minitorch against PyTorch, in one process, in turn: the same lines, weights and batches on both. The first
{COMPARED} steps are compared and must agree within {TOLERANCE:g} of the largest number. WORKLOAD is a name, a family
or a group of `minitorch bench --list`; without one, all are measured, which takes about ten minutes.
"""
EPILOG = """\
examples:
  minitorch bench --quick               a few workloads, in half a minute
  minitorch bench cifar10-4 conv2d      one workload, and a family of them
  minitorch bench --markdown out.md     all of them, with the table in a file

exit status: 0 measured, whatever the ratios; 1 the engines' results differ, or a workload failed; 2 it could not run;
130 stopped by Ctrl-C (what was measured until then is printed and written)
"""
QUICK_BLOCKS, QUICK_SECONDS, QUICK_ROUNDS = 5, 0.6, 1
QUICK_MEMORY = ("cifar10-4",)


def parser() -> Parser:
    """What the command takes."""
    usage = "minitorch bench [OPTIONS] [WORKLOAD…]"
    made = Parser("minitorch bench", usage=usage, description=DESCRIPTION, epilog=EPILOG)
    add = made.add_argument
    add("workloads", nargs="*", metavar="WORKLOAD", help="what to measure (default: all)")
    add("--list", action="store_true", help="list the workloads and measure nothing")
    add("--quick", action="store_true", help="a few workloads, shortly: about half a minute in all")
    add("--blocks", type=numbers.positive, metavar="N", help="turns that each engine has (default: 20; --quick: 5)")
    add("--seconds", type=numbers.seconds, metavar="S",
        help="of measuring a workload, on both engines together (default: 0.6 to 3, by workload; --quick: 0.6)")  # fmt: skip
    add("--threads", type=numbers.positive, metavar="N", help="threads of both engines (default: each engine's own choice)")
    add("--device", choices=("cpu", "cuda"), default="cpu",
        help="where to measure (default: %(default)s). cuda: the training workloads, and batches of 1024 and 4096, with both engines on the GPU; timed by CUDA "
        "events, with peak GPU memory and what the card could do at best")  # fmt: skip
    add("--data", type=Path, metavar="DIR",
        help="the folder that holds cifar-10-batches-py, for the input pipeline and the CIFAR-10 program (default: "
        "made-up images, no program)")  # fmt: skip
    add("--memory", action=argparse.BooleanOptionalAction, default=True,
        help="measure peak memory, in two more processes for each workload (default: yes)")  # fmt: skip
    add("--markdown", type=Path, metavar="FILE", help="write the table as Markdown")
    add("--json", type=Path, metavar="FILE", help="write all figures as JSON")
    add("--plot", type=Path, metavar="FILE.png", help="draw the ratios, and how cost grows (needs matplotlib)")
    return made


def refuse(message: str) -> int:
    print(f"minitorch bench: error: {message}", file=sys.stderr)
    return 2


def main(argv: Sequence[str]) -> int:
    """The command; the exit status."""
    options = parser().parse_args(argv)
    try:
        return with_options(options)
    except KeyboardInterrupt:  # before there was anything to keep, or after all was written
        print("stopped by Ctrl-C", file=sys.stderr)
        return 130


def with_options(options: argparse.Namespace) -> int:
    """The command, its words read."""
    on_card = options.device == "cuda"
    try:
        if on_card:
            chosen = card.choose(options.workloads, options.quick)
        else:
            chosen = choose(options.workloads, options.quick, options.list or options.data is not None)
    except ValueError as error:
        return refuse(error.args[0])
    if options.list:
        return show_list(chosen)
    problem = unusable(options)
    if problem:
        return refuse(problem)
    engines = {name: Engine(name) for name in TITLES}
    try:
        _ = engines["pytorch"].torch
    except ImportError:
        return refuse(NO_TORCH)
    if on_card:
        reason = card.why_not(engines["pytorch"].torch)
        return refuse(f"--device cuda: {reason}") if reason else card.run(options, chosen)
    return Benchmark(options, chosen, engines).run()


def show_list(chosen: Sequence[Workload]) -> int:
    """`--list`."""
    width = max(len(workload.name) for workload in chosen)
    for group in groups():
        members = [workload for workload in chosen if workload.group == group]
        if members:
            print(f"{group}:")
        for workload in members:
            print(f"  {workload.name:{width}}  {workload.what}")
    return 0


def unusable(options: argparse.Namespace) -> str | None:
    """What keeps the options from being followed, found before anything is measured."""
    if options.device == "cuda" and (options.plot or options.data):
        return f"--device cuda has no {'--plot' if options.plot else '--data'}"
    if options.plot and not plot.is_possible():
        return plot.NO_MATPLOTLIB
    if options.threads and os.environ.get("OMP_NUM_THREADS") != str(options.threads):
        if not blas.can_limit:
            return f"the threads of this NumPy's BLAS can only be set before starting, OMP_NUM_THREADS={options.threads}"
    if options.data and not (options.data / FOLDER).is_dir():
        return f"there is no folder {options.data / FOLDER}"
    for path in (options.markdown, options.json, options.plot):
        if path and (path.is_dir() or not path.resolve().parent.is_dir()):
            return f"cannot write {path}: {'it is a folder' if path.is_dir() else 'there is no such folder'}"
    return None


class Benchmark:
    """One call of the command, from the first workload to the files."""

    options: argparse.Namespace
    chosen: Sequence[Workload]
    engines: dict[str, Engine]

    def __init__(self, options: argparse.Namespace, chosen: Sequence[Workload], engines: dict[str, Engine]) -> None:
        self.options, self.chosen, self.engines = options, chosen, engines
        self.results: list[Result] = []
        self.width: int = max(len("workload"), *(len(workload.name) for workload in chosen))
        for engine in engines.values():
            engine.set_threads(options.threads)
        from ..compare.child import environment

        self.environment: dict[str, dict[str, Any]] = {
            name: environment(engine.torch, name) for name, engine in engines.items()
        }

    def run(self) -> int:
        """Measure all, print each row when it is known, write the files; the exit status."""
        began = time.perf_counter()
        print(f"{report.surroundings(self.environment)}\n\n{report.row(report.HEADS, self.width)}", flush=True)
        stopped = False
        with contextlib.ExitStack() as stack:
            folder = self.options.data and self.options.data.resolve()
            if folder is None and any(workload.needs_images for workload in self.chosen):
                folder = make_images(Path(stack.enter_context(tempfile.TemporaryDirectory())))
            stack.enter_context(settled())
            try:
                for workload in self.chosen:
                    self.one(workload, folder)
            except KeyboardInterrupt:
                stopped = True
        lines = report.growth(self.results)
        if lines:
            print(f"\n{report.aligned(report.growth_rows(lines))}")
        print(f"\n{report.LEGEND}\n")
        bad = [result.workload.name for result in self.results if result.state in ("differs", "failed")]
        done = sum(map(report.measured, self.results))
        print(f"{done} of {len(self.chosen)} workloads measured in {time.perf_counter() - began:.0f} s"
              + (f"; NOT RIGHT: {', '.join(bad)}" if bad else ""), flush=True)  # fmt: skip
        if stopped:
            print("stopped by Ctrl-C", file=sys.stderr)
        status = self.write()
        return 130 if stopped else status or (1 if bad else 0)

    def one(self, workload: Workload, folder: Path | None) -> None:
        """Measure one workload and print its row; what was measured when it is stopped is kept."""
        measuring = Measuring(workload, self.engines, folder)
        result = measuring.result
        try:
            self.measure(measuring)
        except Different as error:
            result.state, result.note = "differs", str(error)
        except ModuleNotFoundError as error:
            result.state, result.note = "skipped", f"{error.name} is not installed: {_extra(error.name)}"
        except KeyboardInterrupt:
            result.state = "stopped"
            raise
        except Exception as error:  # the other workloads are measured all the same
            result.state, result.note = "failed", f"{type(error).__name__}: {error}"
        finally:
            if result.state != "stopped" or report.measured(result):
                self.results.append(result)
                print(report.row(report.cells(result), self.width), flush=True)
                if report.remark(result):
                    print(f"    {report.remark(result)}", flush=True)

    def measure(self, measuring: Measuring) -> None:
        options, workload = self.options, measuring.workload
        blocks = options.blocks or (QUICK_BLOCKS if options.quick else 20)
        seconds = options.seconds or (QUICK_SECONDS if options.quick else workload.seconds)
        if workload.processes:
            rounds = QUICK_ROUNDS if options.quick and not options.blocks else blocks
            workload.processes(measuring, seconds, rounds, options.threads)
            return
        measuring.run(seconds, blocks)
        if options.memory and workload.memory and (not options.quick or workload.name in QUICK_MEMORY):
            measuring.result.memory = memory.measure(workload, measuring.folder, options.threads)

    def write(self) -> int:
        """The files that were asked for; the exit status."""
        options = self.options
        given = {name: value for name, value in vars(options).items() if isinstance(value, int | float | bool | list)}
        try:
            if options.markdown:
                write_text(options.markdown, report.markdown(self.results, self.environment))
            if options.json:
                found: dict[str, Any] = report.as_json(self.results, self.environment, given)
                write_text(options.json, json.dumps(found, indent=1, ensure_ascii=False) + "\n")
            if options.plot and any(map(report.measured, self.results)):
                plot.plot(self.results, options.plot)
        except OSError as error:
            return refuse(f"cannot write {error.filename}: {error.strerror}")
        return 0


def _extra(module: str | None) -> str:
    return INSTALL if module in ("torch", "torchvision") else 'pip install "minitorch-engine[lessons]"'
