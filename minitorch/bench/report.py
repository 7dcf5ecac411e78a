"""What was measured, as a table on the terminal, as Markdown and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from .engines import TITLES
from .growth import UNITS, line
from .measure import TOLERANCE, Result, Times
from .memory import Memory

SPREAD = "median (10–90 %)"
HEADS = ["workload", f"minitorch, {SPREAD}", f"PyTorch, {SPREAD}", "ratio", "minitorch MiB", "PyTorch MiB"]
WIDTHS = [27, 27, 6, 15, 15]
LEGEND = (
    "Times are of one step. The ratio is minitorch's time as a multiple of PyTorch's, the median over pairs of\n"
    "neighbouring blocks: below 1 minitorch is faster. MiB: what the steps added to a fresh process after import and\n"
    "set-up, and in brackets the most that the process held."
)


def spelled(*seconds: float) -> list[str]:
    """Times in one unit, that of the first, which alone bears it.

    >>> spelled(0.00041, 0.000396, 0.00047)
    ['410 µs', '396', '470']
    """
    factor, unit = next(((f, u) for f, u in ((1e9, "ns"), (1e6, "µs"), (1e3, "ms")) if seconds[0] * f < 1000), (1, "s"))
    texts = [_digits(value * factor) for value in seconds]
    return [f"{texts[0]} {unit}", *texts[1:]]


def _digits(value: float) -> str:
    """Three digits, or all before the point."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _time(times: Times) -> str:
    median, low, high = spelled(times.percentile(50), times.percentile(10), times.percentile(90))
    return median if len(times.samples) == 1 else f"{median} ({low}–{high})"


def _memory(memory: Memory | None) -> str:
    if memory is None:
        return "–"
    return f"{memory.peak:.0f}" if memory.above_setup is None else f"{_digits(memory.above_setup)} ({memory.peak:.0f})"


def measured(result: Result) -> bool:
    """Whether there is a ratio: at least one pair of blocks was completed."""
    return bool(result.ratios)


def cells(result: Result) -> list[str]:
    """A row of the table."""
    if not measured(result):
        return [result.workload.name, "–", "–", "–", "–", "–"]
    times = [_time(result.times[name]) for name in TITLES]
    return [result.workload.name, *times, f"{result.ratio:.2f}", *(_memory(result.memory.get(name)) for name in TITLES)]


def row(texts: Sequence[str], first: int) -> str:
    """A line of the terminal's table; names stand left, numbers right."""
    name, *others = texts
    return "  ".join([f"{name:<{first}}", *(f"{text:>{w}}" for text, w in zip(others, WIDTHS, strict=True))])


def remark(result: Result) -> str:
    """What stands below a row that is not simply ok."""
    return ": ".join(filter(None, ["" if result.state == "ok" else result.state, result.note]))


def growth(results: Sequence[Result]) -> list[dict[str, Any]]:
    """For each family that was measured in several sizes, what is fixed and what one more costs, on each engine."""
    families: dict[str, list[Result]] = {}
    for result in results:
        if result.workload.size and measured(result):
            families.setdefault(result.workload.family, []).append(result)
    found = []
    for family, members in families.items():
        if len(members) < 2:
            continue
        sizes = [member.workload.size for member in members]
        entry: dict[str, Any] = {"family": family, "sizes": sizes, "unit": UNITS[family]}
        for name in TITLES:
            fixed, each, departure = line(sizes, [member.times[name].percentile(50) for member in members])
            entry[name] = {"fixed": fixed, "each": each, "departure": departure}
        entry["ratio_of_each"] = entry["minitorch"]["each"] / entry["pytorch"]["each"]
        found.append(entry)
    return found


def growth_rows(found: Sequence[dict[str, Any]]) -> list[list[str]]:
    """The growth table's head and rows."""
    rows = [["what grows", "from – to", *(f"{title}: fixed + each" for title in TITLES.values()), "ratio of each",
             "off the line"]]  # fmt: skip
    for entry in found:
        lines = [entry[name] for name in TITLES]
        costs = [f"{_signed(at['fixed'])} + {_signed(at['each'])} per {entry['unit']}" for at in lines]
        off = " / ".join(f"{100 * at['departure']:.0f} %" for at in lines) if len(entry["sizes"]) > 2 else "–"
        rows.append([entry["family"], f"{entry['sizes'][0]} – {entry['sizes'][-1]}", *costs,
                     f"{entry['ratio_of_each']:.2f}", off])  # fmt: skip
    return rows


def _signed(seconds: float) -> str:
    return ("−" if seconds < 0 else "") + spelled(abs(seconds))[0]


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their longest text."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(f"{t:<{w}}" for t, w in zip(texts, widths, strict=True)).rstrip() for texts in rows)


def _markdown_table(rows: Sequence[Sequence[str]]) -> str:
    head, *body = rows
    texts = [head, ["---", *("---:" for _ in head[1:])], *body]
    return "\n".join("| " + " | ".join(text) + " |" for text in texts)


def surroundings(environment: dict[str, dict[str, Any]]) -> str:
    """One line on what it ran on."""
    ours, theirs = environment["minitorch"], environment["pytorch"]
    return (
        f"{ours['processor']}, {ours['cores']} cores; Python {ours['python']}, NumPy {ours['numpy']} ({ours['blas']}), "
        f"PyTorch {theirs['engine'].split()[-1]}; threads: minitorch {ours['threads']}, PyTorch {theirs['threads']}"
    )


def markdown(results: Sequence[Result], environment: dict[str, dict[str, Any]]) -> str:
    """The tables for a page."""
    parts = [surroundings(environment), LEGEND.replace("\n", " "), _markdown_table([HEADS, *map(cells, results)])]
    remarks = [f"- {result.workload.name}: {remark(result)}" for result in results if remark(result)]
    if remarks:
        parts.append("\n".join(remarks))
    lines = growth(results)
    if lines:
        parts.append(_markdown_table(growth_rows(lines)))
    return "\n\n".join(parts) + "\n"


def as_json(
    results: Sequence[Result], environment: dict[str, dict[str, Any]], options: dict[str, Any]
) -> dict[str, Any]:
    """All figures, times in seconds and memory in MiB."""
    return {
        "environment": environment,
        "options": options,
        "tolerance": TOLERANCE,
        "workloads": [_entry(result) for result in results],
        "growth": growth(results),
    }


def _entry(result: Result) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": result.workload.name, "group": result.workload.group, "what": result.workload.what,
        "state": result.state, "note": result.note, "compared_steps": result.compared, "difference": result.difference,
    }  # fmt: skip
    if measured(result):
        entry |= {"ratio": result.ratio, "ratios": result.ratios}
        for name in TITLES:
            times, memory = result.times[name], result.memory.get(name)
            entry[name] = {
                "median": times.percentile(50), "p10": times.percentile(10), "p90": times.percentile(90),
                "samples": len(times.samples), "blocks": times.blocks, "memory": memory and asdict(memory),
            }  # fmt: skip
    return entry
