"""All workloads, and which of them words on the command line choose."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from . import operations
from .growth import GROWTH
from .pipeline import PIPELINE
from .processes import PROCESSES
from .training import TRAINING
from .workload import Workload

WORKLOADS = [*TRAINING, *PIPELINE, *PROCESSES, *GROWTH, *operations.workloads()]
QUICK = ["cifar10-4", "cifar10-64", "mnist", "abalone", "blocks-norm", "input-4-workers-0",
         "import", "op-no_grad-100", "op-backward-100", "conv2d-small-backward", "softmax-large-backward"]  # fmt: skip


def by_name() -> dict[str, Workload]:
    return {workload.name: workload for workload in WORKLOADS}


def groups() -> list[str]:
    return list(dict.fromkeys(workload.group for workload in WORKLOADS))


def choose(words: Sequence[str], quick: bool, has_data: bool) -> list[Workload]:
    """The workloads that `words` name, in the catalogue's order; without words all, or the quick ones.

    ValueError naming what is like it, if a word names none.
    """
    for word in words:
        if not any(workload.answers_to(word) for workload in WORKLOADS):
            raise ValueError(f"no workload is called {word}{_hint(word)}")
    if not words:
        names = QUICK if quick else [w.name for w in WORKLOADS if has_data or not w.needs_data]
        return [workload for workload in WORKLOADS if workload.name in names]
    chosen = [workload for workload in WORKLOADS if any(map(workload.answers_to, words))]
    without = [workload.name for workload in chosen if workload.needs_data and not has_data]
    if without:
        raise ValueError(f"{without[0]} needs --data DIR, the folder that holds cifar-10-batches-py")
    return chosen


def _hint(word: str) -> str:
    known = dict.fromkeys(name for w in WORKLOADS for name in (w.name, w.family, w.group) if name)
    close = difflib.get_close_matches(word, known, 3)
    return f"; did you mean {', '.join(close)}?" if close else "; `minitorch bench --list` lists them"
