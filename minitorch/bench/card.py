"""`minitorch bench --device cuda`: the training workloads, and larger batches, with both engines on a GPU.

The same lines, weights and batches, compared first and then timed in turn, as on the CPU (measure.py), with these
differences. Times are those of CUDA events on either engine, around single steps that are warm. PyTorch computes in full
float32 precision (no TF32), as CuPy does. Dropout: for the compared steps PyTorch draws its masks from the CPU's stream,
which gives both engines the same ones; for the timed steps it draws its own, which is faster. Peak memory is what each
engine's allocator says, from the net and the batches to the steps' largest. Beside the times stands the bound of
roofline.py.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..compare.card import cpu_masks, full_precision, why_no_cuda
from ..files import write_text
from . import report
from .engines import TITLES, Engine
from .measure import Different, Measuring, Result, settled
from .roofline import Cost, Rates, cost, measured
from .training import TRAINING, blocks_model, cifar10_model, mnist_model, workload
from .workload import Workload

LARGER = [
    *(workload(f"cifar10-{n}", f"cifar10-4's net, batches of {n}", cifar10_model(n)) for n in (1024, 4096)),
    *(workload(f"mnist-{n}", f"mnist's net, batches of {n}", mnist_model(n)) for n in (1024, 4096)),
    *(workload(f"blocks-{n}", f"blocks' net, batches of {n}", blocks_model(n)) for n in (1024, 4096)),
]
CAPTURED = [
    workload(f"{name}-captured", f"{name}, minitorch's step as a CUDA graph", replace(model, captured=("minitorch",)))
    for name, model in (
        ("cifar10-4", cifar10_model(4)), ("cifar10-256", cifar10_model(256)), ("mnist", mnist_model(64)),
        ("blocks", blocks_model(64)),
    )
] + [
    workload(f"{name}-graphs", f"{name}, both engines' steps as CUDA graphs", replace(model, captured=("minitorch", "pytorch")))
    for name, model in (("cifar10-4", cifar10_model(4)), ("mnist", mnist_model(64)))
]  # fmt: skip
WORKLOADS = [*TRAINING, *LARGER, *CAPTURED]
QUICK = ("cifar10-4", "cifar10-256", "mnist", "blocks", "blocks-norm", "inference", "cifar10-4096", "blocks-1024",
         "cifar10-4-captured")
WARM = 3  # steps before anything is timed
SIDE, COPY_MIB = 8192, 1024  # the matrix product and the copy that the rates are taken from
BLOCKS, SECONDS = 10, 2.0
QUICK_BLOCKS, QUICK_SECONDS = 5, 0.6
LEGEND = (
    "Times are of one step, by CUDA events: median (10–90 %). The ratio is minitorch's time as a multiple of PyTorch's,\n"
    "the median over pairs of neighbouring blocks. Bound: the least that a step can take, by its arithmetic and its\n"
    "memory traffic and this card's measured rates; of bound: the share of the time that this bound is."
)
HEADS = ["workload", "minitorch", "PyTorch", "ratio", "GFLOP", "GB moved", "bound", "of bound", "peak MiB"]


class EventClock:
    """Seconds by CUDA events."""

    def __init__(self, torch: Any) -> None:
        self.torch = torch

    def __call__(self, step: Callable[[], Any], count: int) -> float:
        """Seconds of one of `count` steps."""
        start, end = (self.torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        for _ in range(count):
            step()
        end.record()
        end.synchronize()
        return start.elapsed_time(end) / 1000 / count


def wall_clock(step: Callable[[], Any], count: int) -> float:
    """The same by the wall's clock, where there are no events: on the CPU."""
    start = time.perf_counter()
    for _ in range(count):
        step()
    return (time.perf_counter() - start) / count


def peak(torch: Any, device: str, run: Callable[[], Any]) -> float | None:
    """The most MiB that the engine's arrays held on the card while `run` ran; None where it does not tell."""
    if device == "cpu":
        run()
        return None
    try:
        torch.cuda.reset_peak_memory_stats()
    except (AttributeError, NotImplementedError):
        run()
        return None
    run()
    torch.cuda.synchronize()
    try:
        return torch.cuda.max_memory_allocated() / 2**20
    except NotImplementedError:
        return None


class OnCard(Measuring):
    """One workload being measured, with the engines' clocks."""

    def __init__(self, workload: Workload, engines: dict[str, Engine], clocks: dict[str, Callable[..., float]]) -> None:
        super().__init__(workload, engines, None)
        self.clocks = clocks
        self.peaks: dict[str, float | None] = {}

    def compare(self) -> dict[str, float]:
        """As ever, but with the same dropout masks; then how long a warm step takes, and how much memory."""
        with cpu_masks(self.engines["pytorch"].torch):
            super().compare()
        took = {}
        for name, engine in self.engines.items():
            with self.one(name) as running:

                def warm(step: Callable[[], Any] = running.step) -> None:
                    for _ in range(WARM):
                        step()

                self.peaks[name] = peak(engine.torch, engine.device, warm)
                took[name] = self.clocks[name](running.step, WARM)
        return took

    def block(self, name: str, running: Any, steps: int, each: float) -> None:
        """Time `steps` steps one by one, after some that are not timed."""
        for _ in range(WARM):
            running.step()
        samples = [self.clocks[name](running.step, 1) for _ in range(steps)]
        self.result.times[name].samples += samples
        self.result.times[name].blocks.append(statistics.median(samples))


class CardBenchmark:
    """One call of the command on a device: the rates, then the workloads, each row printed when it is known."""

    chosen: Sequence[Workload]
    device: str
    seconds: float
    blocks: int

    def __init__(
        self, chosen: Sequence[Workload], device: str, seconds: float, blocks: int, side: int, copy_mib: int
    ) -> None:
        self.chosen, self.device, self.seconds, self.blocks = chosen, device, seconds, blocks
        self.engines: dict[str, Engine] = {name: Engine(name, device) for name in TITLES}
        self.clocks: dict[str, Callable[..., float]] = {
            name: EventClock(engine.torch) if device == "cuda" else wall_clock for name, engine in self.engines.items()
        }
        for engine in self.engines.values():
            full_precision(engine.torch)
        from ..compare.child import environment

        self.environment: dict[str, dict[str, Any]] = {
            name: environment(engine.torch, name) for name, engine in self.engines.items()
        }
        self.each_rates: dict[str, Rates] = {
            name: measured(engine.torch, device, self.clocks[name], side, copy_mib)
            for name, engine in self.engines.items()
        }
        found = self.each_rates.values()
        self.rates: Rates = Rates(max(rates.flops for rates in found), max(rates.bytes for rates in found))
        self.free()
        self.results: list[tuple[Result, Cost, dict[str, float | None]]] = []

    def free(self) -> None:
        """What one workload leaves in the allocators is not the next one's."""
        if self.device == "cuda":
            for engine in self.engines.values():
                engine.torch.cuda.empty_cache()

    def run(self, written: Callable[[], None] = lambda: None) -> int:
        """Measure all; `written` is called after each workload. The exit status."""
        began, stopped = time.perf_counter(), False
        print(f"{self.surroundings()}\n", flush=True)
        with contextlib.suppress(KeyboardInterrupt), settled():
            stopped = True
            for chosen in self.chosen:
                self.one(chosen)
                written()
            stopped = False
        bad = [result.workload.name for result, _, _ in self.results if result.state != "ok"]
        done = sum(report.measured(result) for result, _, _ in self.results)
        print(f"\n{report.aligned([HEADS, *map(self.cells, self.results)])}\n\n{LEGEND}\n")
        print(f"{done} of {len(self.chosen)} workloads measured in {time.perf_counter() - began:.0f} s"
              + (f"; NOT RIGHT: {', '.join(bad)}" if bad else ""), flush=True)  # fmt: skip
        if stopped:
            print("stopped by Ctrl-C", file=sys.stderr)
        return 130 if stopped else 1 if bad else 0

    def one(self, chosen: Workload) -> None:
        """Measure one workload; one that differs or fails does not keep the others."""
        measuring = OnCard(chosen, self.engines, self.clocks)
        result = measuring.result
        try:
            measuring.run(self.seconds, self.blocks)
        except Different as error:
            result.state, result.note = "differs", str(error)
        except Exception as error:
            result.state, result.note = "failed", f"{type(error).__name__}: {error}"
        self.results.append((result, cost(chosen.model), measuring.peaks))
        self.free()
        remark = report.remark(result)
        print("  ".join(self.cells(self.results[-1])) + (f"\n    {remark}" if remark else ""), flush=True)

    def surroundings(self) -> str:
        ours, theirs = self.environment["minitorch"], self.environment["pytorch"]
        where = theirs.get("card", f"the CPU, {theirs['processor']}")
        each = "; ".join(
            f"{TITLES[name]} {rates.flops / 1e12:.2f} TFLOP/s and {rates.bytes / 1e9:,.0f} GB/s"
            for name, rates in self.each_rates.items()
        )
        return (
            f"{where}; Python {ours['python']}, NumPy {ours['numpy']}, PyTorch {theirs['engine'].split()[-1]}\n"
            f"a large float32 product and a large copy: {each}"
        )

    def cells(self, row: tuple[Result, Cost, dict[str, float | None]]) -> list[str]:
        """A row of the table."""
        result, needed, peaks = row
        bound = self.rates.bound(needed)
        counted = [f"{needed.flops / 1e9:.3g}", f"{needed.bytes / 1e9:.3g}",
                   f"{report.spelled(bound)[0]} ({self.rates.binding(needed)})"]  # fmt: skip
        memory = " / ".join("–" if peaks.get(name) is None else f"{peaks[name]:,.0f}" for name in TITLES)
        if not report.measured(result):
            return [result.workload.name, result.state, "–", "–", *counted, "–", memory]
        times = [report._time(result.times[name]) for name in TITLES]
        shares = " / ".join(f"{100 * bound / result.times[name].percentile(50):.1f} %" for name in TITLES)
        return [result.workload.name, *times, f"{result.ratio:.2f}", *counted, shares, memory]

    def as_json(self) -> dict[str, Any]:
        """All figures: seconds, operations, bytes, MiB."""
        entries = []
        for result, needed, peaks in self.results:
            entry = report._entry(result)
            entry |= {"flops": needed.flops, "bytes": needed.bytes, "bound": self.rates.bound(needed),
                      "bound_by": self.rates.binding(needed), "peak_mib": peaks}  # fmt: skip
            entries.append(entry)
        return {
            "device": self.device,
            "environment": self.environment,
            "rates": {name: vars(rates) for name, rates in self.each_rates.items()},
            "workloads": entries,
        }

    def markdown(self) -> str:
        """The table for a page."""
        table = report._markdown_table([HEADS, *map(self.cells, self.results)])
        remarks = [f"- {r.workload.name}: {report.remark(r)}" for r, _, _ in self.results if report.remark(r)]
        parts = [self.surroundings().replace("\n", "; "), LEGEND.replace("\n", " "), table, "\n".join(remarks)]
        return "\n\n".join(filter(None, parts)) + "\n"


def choose(words: Sequence[str], quick: bool) -> list[Workload]:
    """The workloads that `words` name; without words all, or the quick ones. ValueError for a word that names none."""
    for word in words:
        if not any(workload.answers_to(word) for workload in WORKLOADS):
            raise ValueError(f"--device cuda measures no {word}; `minitorch bench --device cuda --list` lists what it does")
    return [w for w in WORKLOADS if (any(map(w.answers_to, words)) if words else not quick or w.name in QUICK)]


def why_not(torch: Any) -> str | None:
    """Why the card can't be used by both engines; None if it can."""
    import minitorch

    reasons = [why_no_cuda(minitorch), why_no_cuda(torch)]
    return "; ".join(reason for reason in reasons if reason) or None


def run(options: argparse.Namespace, chosen: Sequence[Workload]) -> int:
    """The command with its options, on the card, which is there; the exit status."""
    seconds = options.seconds or (QUICK_SECONDS if options.quick else SECONDS)
    blocks = options.blocks or (QUICK_BLOCKS if options.quick else BLOCKS)
    benchmark = CardBenchmark(chosen, options.device, seconds, blocks, SIDE, COPY_MIB)
    return benchmark.run(lambda: write(benchmark, options.json, options.markdown))


def write(benchmark: CardBenchmark, as_json: Path | None, markdown: Path | None) -> None:
    """The files that were asked for."""
    if as_json:
        write_text(as_json, json.dumps(benchmark.as_json(), indent=1, ensure_ascii=False) + "\n")
    if markdown:
        write_text(markdown, benchmark.markdown())
