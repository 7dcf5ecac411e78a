"""What a workload is: a few lines that either engine runs, given its module as `torch`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .engines import Engine

SEED = 0


@dataclass
class Running:
    """A workload set up on one engine. Calling `step` does what is timed, once."""

    step: Callable[[], Any]
    start: Iterable[Any] = ()  # tensors: weights and batches, which must be the same numbers on both engines
    outcome: Callable[[Any], Iterable[Any]] = lambda result: [result]  # of a step: what both engines must agree on
    close: Callable[[], None] = lambda: None

    def starting_numbers(self) -> list[np.ndarray]:
        return [numbers(value) for value in self.start]

    def outcome_numbers(self, result: Any) -> list[np.ndarray]:
        return [numbers(value) for value in self.outcome(result)]


def numbers(value: Any) -> np.ndarray:
    """A tensor of either engine, or a number, as an array."""
    return value.detach().cpu().numpy() if hasattr(value, "detach") else np.asarray(value)


@dataclass(frozen=True)
class Workload:
    """Something to measure. `build` sets it up in this process; a workload of whole processes has `processes` instead.

    Names that choose it on the command line are its own, its family's and its group's.
    """

    name: str
    group: str
    what: str
    build: Callable[[Engine, Path | None], Running] | None = None
    processes: Callable[..., Any] | None = None
    family: str = ""
    seconds: float = 3.0  # of measuring, on both engines together
    size: int = 0  # in a family that grows: of what
    afresh: bool = True  # each block begins with newly made weights
    bursts: bool = False  # a step is quick or slow by turns, as a loader's workers deliver: only many together tell
    memory: bool = True  # peak memory says something
    needs_images: bool = False  # reads CIFAR-10's files, real or made up
    needs_data: bool = False  # only with --data
    model: Any = None  # training.py's Model, where it is one: what roofline.py counts

    def answers_to(self, word: str) -> bool:
        return word in (self.name, self.family, self.group)
