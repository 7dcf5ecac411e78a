"""The report's section on speed and memory."""

from __future__ import annotations

import math
from typing import Any

from .report_charts import Scale, histogram
from .report_parts import engine_title, section, table
from .report_text import NBSP, NOTHING, count, duration, figure, is_number, memory, text, time_unit

Engine = dict[str, Any]


def tiles(comparison: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Speed and memory in short: (name, figure, more)."""
    runs = {engine.get("key"): engine for engine in comparison.get("engines") or []}
    ours, theirs = runs.get("minitorch", {}), runs.get("pytorch", {})
    found = []
    speeds = ours.get("steps_per_second"), theirs.get("steps_per_second")
    if all(is_number(speed) and speed > 0 for speed in speeds):
        found.append(("Speed of minitorch", f"{figure(speeds[0] / speeds[1], 2)}{NBSP}× PyTorch’s",
                      f"{figure(speeds[0], 3)} and {figure(speeds[1], 3)} steps/s"))  # fmt: skip
    peaks = ours.get("peak_mib"), theirs.get("peak_mib")
    if all(is_number(peak) and peak > 0 for peak in peaks):
        found.append(("Peak memory of minitorch", f"{figure(peaks[0] / peaks[1], 2)}{NBSP}× PyTorch’s",
                      f"{memory(peaks[0])} and {memory(peaks[1])}"))  # fmt: skip
    return found


def speeds(comparison: dict[str, Any]) -> str:
    """Steps a second, times of a step, memory: as a table with bars, and how the times are spread."""
    engines = [engine for engine in comparison.get("engines") or [] if engine.get("steps")]
    if not engines:
        return ""
    fastest, largest = (max((engine[key] for engine in engines if is_number(engine.get(key))), default=0)
                        for key in ("steps_per_second", "peak_mib"))  # fmt: skip
    body = ""
    for engine in engines:
        speed, peak, step = engine.get("steps_per_second"), engine.get("peak_mib"), engine.get("step_seconds") or {}
        key = engine.get("key") if engine.get("key") in ("minitorch", "pytorch", "ruler") else ""
        cells = [
            bar(figure(speed, 3) if is_number(speed) else NOTHING, speed, fastest, key),
            text(duration(step.get("median"))),
            text(f"{duration(step.get('p10'))} to {duration(step.get('p90'))}"),
            text(count(engine.get("steps"))),
            text(duration(engine.get("seconds"))),
            bar(memory(peak), peak, largest, key),
        ]
        shown = "".join(f"<td>{cell}</td>" for cell in cells)
        body += f'<tr><th scope="row">{text(engine_title(engine))}</th>{shown}</tr>\n'
    names = ["engine", "steps per second", "median step", "80 % of the steps", "steps", "whole run", "peak memory"]
    head = "".join(f'<th scope="col">{text(name)}</th>' for name in names)
    inside = table("Speed and memory of each run", head, body, "numbers speeds") + histograms(engines)
    return section("speed", "Speed and memory", inside)


def bar(words: str, value: Any, largest: float, css: str) -> str:
    """A number with a bar under it, as long as the number is large."""
    if not is_number(value) or not largest:
        return text(words)
    share = 100 * max(0.0, value) / largest
    return f'{text(words)}<span class="bar {css}" aria-hidden="true"><i style="width:{share:.3g}%"></i></span>'


def histograms(engines: list[Engine]) -> str:
    """A panel for each engine, all on one time axis."""
    shown = []
    for engine in engines:
        found = (engine.get("step_seconds") or {}).get("histogram") or {}
        edges, counts = found.get("edges") or [], found.get("counts") or []
        filled = [index for index, number in enumerate(counts) if number]
        if filled and len(edges) == len(counts) + 1 and all(is_number(edge) and edge > 0 for edge in edges):
            shown.append((engine, edges[filled[0] : filled[-1] + 2], counts[filled[0] : filled[-1] + 1]))
    if not shown:
        return ""
    low, high = min(edges[0] for _, edges, _ in shown), max(edges[-1] for _, edges, _ in shown)
    medians = [engine["step_seconds"].get("median") for engine, _, _ in shown]
    factor, unit = time_unit(min((median for median in medians if is_number(median)), default=high))
    scale = Scale(math.log10(low * factor), math.log10(high * factor), log=True)
    panels = ""
    for engine, edges, counts in shown:
        step = engine["step_seconds"]
        title = engine_title(engine)
        drawn = histogram(
            edges, counts, scale, step.get("median"), css=text(engine.get("key")), title=f"Step times of {title}",
            factor=factor, x_label=f"time of one step ({unit}, log scale)",
        )  # fmt: skip
        panels += f"""<figure class="chart panel"><figcaption><h4>{text(title)}</h4>
<p>median {text(duration(step.get("median")))}, marked</p></figcaption>
{drawn}</figure>
"""
    note = "The same time axis and the same bars for all; each bar’s end is as many times its beginning. The last bar holds the slowest steps, too."
    return f"<h3>How the step times are spread</h3>\n<p>{note}</p>\n{panels}"
