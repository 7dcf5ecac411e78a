"""The checker over the table of ops: one result per op, for the command line, for tests and for documentation."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import minitorch

from .gradients import check_gradient
from .optable import OPS, Call, Entry
from .report import GradientReport

__all__ = ["OpResult", "check_entry", "find_entries"]


@dataclass
class OpResult:
    """What the checker says of one op, over all its samples."""

    name: str
    dtype: str
    samples: int = 0
    elements: int = 0  # gradient elements that were measured
    without_slope: int = 0  # of these, the ones where small steps show no slope
    worst: float = 0.0  # relative to the largest element of its gradient
    second: str = "–"  # ok, WRONG, or – where they were not asked for
    problems: list[tuple[str, str]] = field(default_factory=list)  # sample, report or error

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    @property
    def verdict(self) -> str:
        """``ok``, ``no gradient``, ``WRONG 2/7``."""
        if not self.samples:
            return "no gradient"
        return "ok" if self.ok else f"WRONG {len(self.problems)}/{self.samples}"

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "op": self.name,
            "samples": self.samples,
            "elements": self.elements,
            "without_slope": self.without_slope,
            "worst_relative_error": self.worst,
            "second_derivatives": self.second,
            "verdict": self.verdict,
            "problems": [{"sample": sample, "report": report} for sample, report in self.problems],
        }


def find_entries(names: Sequence[str]) -> list[Entry]:
    """The entries with these names (all of them if there are none): ``softmax`` is also ``nn.functional.softmax``.

    Raises: KeyError for a name that no entry has, with those that are like it.
    """
    if not names:
        return list(OPS)
    found: list[Entry] = []
    for name in names:
        fitting = [e for e in OPS if name in (e.name, _bare(e), _bare(e).rpartition(".")[2])]
        if not fitting:
            known = {short for e in OPS for short in (_bare(e), _bare(e).rpartition(".")[2])}
            close = difflib.get_close_matches(name, sorted(known), 4)
            raise KeyError(f"no op is called {name}" + (f"; did you mean {', '.join(close)}?" if close else ""))
        found += [e for e in fitting if e not in found]
    return found


def _bare(entry: Entry) -> str:
    return entry.name.partition(" ")[0]


def check_sample(entry: Entry, i: int, dtype: str, second: bool, **options: Any) -> GradientReport | None:
    """The report on one sample; None if none of its inputs can have a gradient."""
    sample = entry.samples[i]
    call = Call(minitorch, entry, sample, dtype, entry.seed(i), grad=True)
    if not call.leaves or not call.with_leaves(*call.leaves):
        return None
    order = 2 if second and entry.twice and sample.twice else 1
    return check_gradient(call.with_leaves, call.leaves, order=order, **options)


def check_entry(
    entry: Entry, dtype: str = "float64", second: bool = True, every: int = 1, max_elements: int = 32
) -> OpResult:
    """Check the gradients of every sample of `entry` (or each `every`-th) that small steps can measure."""
    result = OpResult(entry.name, dtype)
    for i, sample in entry.usable(dtype, differentiable=True, numeric=True)[::every]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                report = check_sample(entry, i, dtype, second, max_elements=max_elements, directions=1)
        except Exception as error:
            result.samples += 1
            result.problems.append((repr(sample), f"{type(error).__name__}: {error}"))
            continue
        if report is None:
            continue
        result.samples += 1
        result.elements += sum(x.checked for x in report.inputs)
        result.without_slope += sum(x.unsettled for x in report.inputs)
        result.worst = max(result.worst, report.worst_relative_error)
        if report.second is not None and result.second != "WRONG":
            result.second = "ok" if report.second.ok else "WRONG"
        if not report.ok:
            result.problems.append((repr(sample), str(report)))
    return result
