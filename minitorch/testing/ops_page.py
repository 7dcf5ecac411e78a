"""docs/ops: every operation with its formula, its derivative, and how far it is from PyTorch, measured anew.

    python -m minitorch.testing.ops_page docs/ops

writes one page for each family of the table of ops (optable/) and an index, README.md. Formulas are the docstrings of
the functions, derivatives those of the nodes that a call records. The errors are the largest over all samples, run in
float64 on both engines: |ours − PyTorch's| / max(1, |PyTorch's|), for values, gradients and second derivatives with
random cotangents. Needs PyTorch: pip install "minitorch-engine[reference]".
"""

from __future__ import annotations

import inspect
import operator
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

import minitorch

from ..autograd.node import Node
from ..files import write_text
from . import optable
from .optable.core import (
    Call,
    Entry,
    Sample,
    bare_name,
    flatten,
    gradients,
    is_tensor,
    second_gradients,
    to_numpy,
)

UNTOLD = {"CopySlices", "ToCopyBackward0", "AccumulateGrad"}  # nodes of the engine, not of the operation
SYNONYMS = {"truediv": "div", "floordiv": "floor_divide", "mod": "remainder", "and_": "bitwise_and",
            "or_": "bitwise_or", "xor": "bitwise_xor", "invert": "bitwise_not", "lshift": "bitwise_left_shift",
            "rshift": "bitwise_right_shift"}  # fmt: skip


@dataclass(frozen=True)
class Agreement:
    """How one kind of result (values, gradients, second derivatives) compares over an entry's samples."""

    samples: int
    worst: float | None  # None where no number was compared

    def __str__(self) -> str:
        if not self.samples:
            return "–"
        return f"{self.samples}: {'equal' if not self.worst else f'{self.worst:.0e}'}"


@dataclass(frozen=True)
class Row:
    """One line of a page."""

    entry: Entry
    values: Agreement
    gradients: Agreement
    second: Agreement


# ---- what is measured ------------------------------------------------------------------------------------------------


def distance(ours: Iterable[Any], theirs: Iterable[Any]) -> float | None:
    """The largest |a − b| / max(1, |b|) over pairs of tensors or numbers; None if there is none to compare.

    A missing gradient (None) counts as zeros; two infinities and two NaNs are equal, one alone is infinitely far.
    """
    worst = None
    for x, y in zip(ours, theirs, strict=True):
        if (x is None and y is None) or isinstance(y, (str, bool)) or not (is_tensor(y) or is_tensor(x) or _is_number(y)):
            continue
        a, b = (np.asarray(0.0 if v is None else to_numpy(v) if is_tensor(v) else v, np.float64) for v in (x, y))
        with np.errstate(all="ignore"):
            apart = np.abs(a - b) / np.maximum(1.0, np.abs(b))
        apart = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, np.where(np.isnan(apart), np.inf, apart))
        worst = max(worst or 0.0, float(apart.max(initial=0.0)))
    return worst


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float))


def agreement(entry: Entry, samples: Sequence[tuple[int, Sample]], result: Callable[[ModuleType, Call, int], Any],
              dtype: str, grad: bool) -> Agreement:  # fmt: skip
    """Run `samples` on both engines and compare what `result(engine, call, seed)` makes of each call."""
    import torch

    count, worst = 0, None
    for i, sample in samples:
        found = []
        for engine in (minitorch, torch):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    call = Call(engine, entry, sample, dtype, entry.seed(i), grad=grad)
                    found.append(result(engine, call, entry.seed(i)))
                except RuntimeError:
                    if engine is not torch:  # PyTorch has no second derivative of everything
                        raise
                    found.append(None)
        if found[1] is None:
            continue
        length = max(map(len, found))
        apart = distance(*(values + [None] * (length - len(values)) for values in found))
        count += 1
        worst = apart if worst is None else max(worst, apart or 0.0)
    return Agreement(count, worst)


def measured(entry: Entry) -> tuple[Agreement, Agreement, Agreement]:
    """Values, gradients and second derivatives of one entry."""
    dtype = "float64" if "float64" in entry.dtypes else entry.dtypes[0]
    usable = entry.usable(dtype)
    values = agreement(entry, usable, lambda engine, call, seed: flatten(call()), dtype, grad=False)
    if dtype != "float64" or not entry.differentiable:
        return values, Agreement(0, None), Agreement(0, None)
    usable = entry.usable(dtype, differentiable=True)
    first = agreement(entry, usable, lambda engine, call, seed: gradients(engine, call, seed)[1], dtype, grad=True)
    usable = [(i, sample) for i, sample in usable if entry.twice and sample.twice]
    return values, first, agreement(entry, usable, second_gradients, dtype, grad=True)


# ---- what is told ----------------------------------------------------------------------------------------------------


def formula(entry: Entry) -> str:
    """The first paragraph of the docstring of the function behind an entry."""
    room, _, name = bare_name(entry).rpartition(".")
    own = minitorch if room in ("", "operator") else operator.attrgetter(room)(minitorch)
    return told_by(SYNONYMS.get(name, name), (own, minitorch.ops, minitorch.nn.functional, minitorch.Tensor))


def told_by(name: str, rooms: Sequence[Any]) -> str:
    """The first paragraph of the docstring of the first `name` in `rooms`, or of the function that it refers to."""
    for room in rooms:
        text = inspect.getdoc(getattr(room, name, None)) if hasattr(room, name) else None
        if text and text.startswith("See `"):
            return told_by(text.removeprefix("See `").partition("`")[0].rpartition(".")[2], (minitorch.ops,))
        if text:
            return first_paragraph(text)
    return ""


def first_paragraph(text: str) -> str:
    return " ".join(text.partition("\n\n")[0].split())


def derivatives(entry: Entry) -> tuple[str, ...]:
    """What the nodes that a call records say of themselves, from the result back: `name: formula; derivative`."""
    told: dict[str, str] = {}
    for i, sample in entry.usable("float64", differentiable=True)[:3]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            outputs = flatten(Call(minitorch, entry, sample, "float64", entry.seed(i), grad=True)())
        pending = [out.grad_fn for out in outputs if is_tensor(out) and out.grad_fn is not None]
        while pending:
            node = pending.pop(0)
            if node.name() not in UNTOLD:
                told.setdefault(node.name(), first_paragraph(inspect.getdoc(type(node)) or ""))
            pending += [edge[0] for edge in node.edges if edge is not None and isinstance(edge[0], Node)]
    return tuple(f"`{name}`: {text}" for name, text in told.items())


def told(entry: Entry) -> str:
    """The cells of an entry's line that are not measured: name, formula and derivative, dtypes."""
    lines = [formula(entry), *(derivatives(entry) if entry.differentiable else ())]
    text = "<br>".join(cell(line) for line in lines if line)
    remark = f"<br>*{cell(entry.because)}*" if entry.because else ""
    return f"| `{entry.name}` | {text}{remark} | {', '.join(entry.dtypes)} |"


def cell(text: str) -> str:
    """`text` for a cell of a Markdown table: a bar would end it, and angle brackets would be taken for HTML."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def page(title: str, about: str, rows: Sequence[Row]) -> str:
    """One family's page."""
    lines = [f"# {title}", "", about, "",
             "| operation | formula and derivative | dtypes | values | gradients | second derivatives |",
             "|---|---|---|---|---|---|"]  # fmt: skip
    lines += [f"{told(r.entry)} {r.values} | {r.gradients} | {r.second} |" for r in rows]
    return "\n".join(lines) + "\n"


def families() -> dict[str, tuple[str, list[Entry]]]:
    """The table's files: {name: (title, entries)}, entries in alphabetical order."""
    found: dict[str, tuple[str, list[Entry]]] = {}
    for entry in optable.OPS:
        module = sys.modules[f"{optable.__name__}.{entry.family}"]
        title = first_paragraph(module.__doc__ or "").rstrip(".")
        found.setdefault(entry.family, (title, []))[1].append(entry)
    return {name: (title, sorted(entries, key=lambda e: e.name)) for name, (title, entries) in sorted(found.items())}


ABOUT = """\
Each cell of the three last columns is the number of samples that both engines were run on in float64 (in the first
dtype listed, where float64 is not) and the largest error, |ours − PyTorch's| / max(1, |PyTorch's|); «equal» is equal in
every bit of every number. A dash: not differentiable, or not twice. Words in italics say why a tolerance of the tests
is wider than 16 units in the last place, or why something differs."""


def write_pages(folder: Path) -> None:
    """Measure everything and write the pages."""
    folder.mkdir(parents=True, exist_ok=True)
    index = []
    totals: dict[str, Any] = {"operations": set(), "samples": 0, "values": 0, "gradients": 0, "second": 0, "errors": 0}
    for family, (title, entries) in families().items():
        rows = [Row(entry, *measured(entry)) for entry in entries]
        write_text(folder / f"{family}.md", page(title, ABOUT, rows))
        index.append(summary(family, title, rows))
        totals["operations"] |= {bare_name(entry) for entry in entries}
        for entry, r in zip(entries, rows, strict=True):
            totals["samples"] += len(entry.samples)
            totals["errors"] += len(entry.errors)
            for kind in ("values", "gradients", "second"):
                totals[kind] += getattr(r, kind).samples
    write_text(folder / "README.md", INDEX.format(
        operations=f"{len(totals['operations']):,}", **{k: f"{v:,}" for k, v in totals.items() if k != "operations"},
        table="\n".join(index)))  # fmt: skip


def summary(family: str, title: str, rows: Sequence[Row]) -> str:
    """A family's line in the index."""
    cells = []
    for kind in ("values", "gradients", "second"):
        found = [getattr(r, kind) for r in rows if getattr(r, kind).samples]
        worst = max((a.worst or 0.0 for a in found), default=None)
        cells.append(f"{sum(a.samples for a in found):,}" + ("" if worst is None else f", at most {worst:.0e}"))
    return f"| [{title}]({family}.md) | {len({bare_name(r.entry) for r in rows})} | {' | '.join(cells)} |"


INDEX = """\
# The operations

Written by `python -m minitorch.testing.ops_page docs/ops` from the table of ops that the tests are made of
([minitorch/testing/optable](../../minitorch/testing/optable)): {operations} functions and methods, {samples} samples and
{errors} bad inputs. In float64 {values} results, {gradients} sets of gradients and {second} sets of second derivatives
were compared with PyTorch's for these pages; the tests compare more: float32, int64 and bool, four layouts in memory,
methods and in-place forms, central differences, error types.

| family | operations | values | gradients | second derivatives |
|---|---|---|---|---|
{table}

## What is left out

- Not in the table, because they return random numbers: `rand`, `randn`, `randint`, `randperm`, `normal`, `bernoulli`,
  `multinomial` and the methods `uniform_`, `normal_`, `random_`, `exponential_`, `bernoulli_`. Tests compare their
  streams with PyTorch's number by number. Dropout is in it, with the same seed on both engines.
- Complex numbers, sparse and quantised tensors, bfloat16. `out=` is tested apart from the table, for the functions that
  take it ([out_argument.py](../../minitorch/out_argument.py)); the others refuse it.
- Samples at kinks, ties and infinities are compared with PyTorch, not with central differences, which say nothing there.
- Second derivatives at points where PyTorch's are 0/0 = nan and the formula, written otherwise, has a number.
"""


def main(argv: Sequence[str]) -> int:
    if len(argv) != 1:
        print("usage: python -m minitorch.testing.ops_page FOLDER", file=sys.stderr)
        return 2
    try:
        import torch  # noqa: F401
    except ImportError:
        print('error: PyTorch is not installed: pip install "minitorch-engine[reference]"', file=sys.stderr)
        return 2
    write_pages(Path(argv[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
