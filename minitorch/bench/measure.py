"""Taking turns: a block of steps on minitorch, a block on PyTorch, and again.

Neighbours in time share what else the machine is doing, so the ratio is taken within each pair of blocks, and the
result is the median of the pairs' ratios. Each block begins with the same weights and has as many steps on one engine
as on the other. Before the blocks, a few steps are compared: an engine that computes something else is not faster.
"""

from __future__ import annotations

import contextlib
import gc
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .engines import Engine
from .memory import Memory
from .workload import Running, Workload

TOLERANCE = 1e-3  # of the compared steps: largest difference, relative to the largest number
COMPARED = 5  # steps
SAMPLE = 2e-5  # seconds that are timed together, at least: what the clock itself takes is then below 1 %
LEAST_BLOCKS = 3
BURSTS = 100  # steps that even out what workers deliver in bursts; a few batches are ready beforehand
PAUSE = 0.04  # seconds before a block: for so long the other's threads wait for more work, on cores needed now


class Different(Exception):
    """The engines do not compute the same."""


@dataclass
class Times:
    """What one engine took: seconds of a step, in samples and in blocks."""

    samples: list[float] = field(default_factory=list)
    blocks: list[float] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        return float(np.percentile(self.samples, share))


@dataclass
class Result:
    """One row of the table. `state` is ok, stopped, differs, failed or skipped, and `note` says more."""

    workload: Workload
    state: str = "ok"
    note: str = ""
    times: dict[str, Times] = field(default_factory=lambda: {"minitorch": Times(), "pytorch": Times()})
    memory: dict[str, Memory] = field(default_factory=dict)
    compared: int = 0  # steps
    difference: float = 0.0  # of the compared steps, relative

    @property
    def ratios(self) -> list[float]:
        """minitorch's time as a multiple of PyTorch's, for each pair of blocks."""
        pairs = zip(self.times["minitorch"].blocks, self.times["pytorch"].blocks, strict=False)
        return [ours / theirs for ours, theirs in pairs]

    @property
    def ratio(self) -> float:
        return statistics.median(self.ratios)


def relative_difference(ours: list[np.ndarray], theirs: list[np.ndarray]) -> float:
    """The largest difference, as a multiple of the largest number; inf where shapes differ or nan is in the way."""
    if [a.shape for a in ours] != [b.shape for b in theirs]:
        return float("inf")
    worst = 0.0
    for a, b in zip(ours, theirs, strict=True):
        if a.size and not np.array_equal(a, b, equal_nan=a.dtype.kind == "f"):
            wide, other = a.astype(np.float64), b.astype(np.float64)
            scale = np.abs(other).max()
            difference = float(np.abs(wide - other).max() / scale) if scale else np.inf
            worst = max(worst, np.inf if np.isnan(difference) else difference)
    return worst


class Measuring:
    """One workload being measured; `result` holds what is known so far, if it is stopped."""

    workload: Workload
    engines: dict[str, Engine]
    folder: Path | None

    def __init__(self, workload: Workload, engines: dict[str, Engine], folder: Path | None) -> None:
        self.workload, self.engines, self.folder = workload, engines, folder
        self.result: Result = Result(workload)

    def run(self, seconds: float, blocks: int) -> Result:
        """Compare, then take turns. Different if the engines do not agree."""
        each = self.compare()
        gc.collect()
        gc.freeze()  # also what the first steps imported: PyTorch's first optimizer step brings a compiler along
        steps = max(1, round(seconds / blocks / sum(each.values())))
        if self.workload.bursts:
            steps = BURSTS
        # One thread has no others that wait.
        pause = PAUSE if any(engine.torch.get_num_threads() > 1 for engine in self.engines.values()) else 0.0
        limit = time.perf_counter() + 1.5 * seconds + 2 * pause * blocks
        with contextlib.ExitStack() as stack:
            kept = None if self.workload.afresh else stack.enter_context(self.both())
            for block in range(blocks):
                if block >= LEAST_BLOCKS and time.perf_counter() > limit:
                    break
                for name in self.engines:
                    time.sleep(pause)
                    if kept:
                        self.block(name, kept[name], steps, each[name])
                    else:
                        with self.one(name) as running:
                            self.block(name, running, steps, each[name])
        return self.result

    @contextlib.contextmanager
    def one(self, name: str) -> Iterator[Running]:
        """The workload, newly made."""
        assert self.workload.build is not None
        running = self.workload.build(self.engines[name], self.folder)
        try:
            yield running
        finally:
            running.close()

    @contextlib.contextmanager
    def both(self) -> Iterator[dict[str, Running]]:
        with contextlib.ExitStack() as stack:
            yield {name: stack.enter_context(self.one(name)) for name in self.engines}

    def compare(self) -> dict[str, float]:
        """The same start, and steps that agree; about how long a step takes on each engine."""
        took: dict[str, list[float]] = {name: [] for name in self.engines}
        with self.both() as running:
            starts = [one.starting_numbers() for one in running.values()]
            if len(starts[0]) != len(starts[1]) or not all(map(np.array_equal, *starts)):
                raise Different("the engines do not begin with the same weights and batches")
            began = time.perf_counter()
            while self.result.compared < COMPARED:
                outcomes = []
                for name, one in running.items():
                    start = time.perf_counter()
                    outcome = one.step()
                    took[name].append(time.perf_counter() - start)
                    outcomes.append(one.outcome_numbers(outcome))
                self.result.compared += 1
                self.result.difference = max(self.result.difference, relative_difference(*outcomes))
                if self.result.difference > TOLERANCE:
                    raise Different(
                        f"step {self.result.compared} differs by {self.result.difference:.1e} (relative; "
                        f"{TOLERANCE:g} is allowed)"
                    )
                if self.result.compared >= 2 and time.perf_counter() - began > 1:
                    break
        return {name: min(values) for name, values in took.items()}

    def block(self, name: str, running: Running, steps: int, each: float) -> None:
        """Time `steps` steps, after one or two that are not timed."""
        for _ in range(1 if each > 0.05 else 2):
            running.step()
        together = steps if self.workload.bursts else max(1, min(steps, round(SAMPLE / each)))
        samples = timed(running.step, -(-steps // together), together)
        times = self.result.times[name]
        times.samples += samples
        times.blocks.append(statistics.median(samples))  # on a busy machine a mean tells of the others


def timed(step: Callable[[], Any], samples: int, together: int) -> list[float]:
    """Seconds of a step: so many samples, each of so many steps."""
    clock, found = time.perf_counter, []
    for _ in range(samples):
        start = clock()
        for _ in range(together):
            step()
        found.append((clock() - start) / together)
    return found


@contextlib.contextmanager
def settled() -> Iterator[None]:
    """Inside, what is there now, or before a workload's blocks, is out of the garbage collector's walks.

    Both engines' modules live in this process. Without this, the one that makes more Python objects would be timed
    walking through the other's, which it would not meet in a process of its own.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
