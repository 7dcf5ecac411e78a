"""The report's section on the parameters: how far each one and its gradient part over the steps.

All parameters are drawn in one chart, pale; one of them, the one that parts furthest until the reader chooses another,
is drawn strong and with its ruler's band.
"""

from __future__ import annotations

from typing import Any

from .report_charts import Plot, Scale, Values, axes, chart, envelope, legend, read_out
from .report_parts import NAMES, beyond_note, section, table, zero_note
from .report_text import count, figure, is_number, shape, text

ALL_ROWS = 16  # parameters: up to so many are all listed, of more the furthest and the rest folded
FURTHEST = 10
SPARK_HEIGHT, SPARK_POINTS = 30, 60
KINDS = ("value", "gradient")


def parameters(comparison: dict[str, Any]) -> str:
    """The charts of values and gradients, the choice of a parameter, and a table of all."""
    steps = comparison.get("snapshot_steps") or []
    found = [item for item in comparison.get("parameters") or [] if any(v is not None for v in item.get("value") or [])]
    if not steps or not found:
        return ""
    chosen = max(range(len(found)), key=lambda index: rank(found[index], steps))
    options = ""
    for index, item in enumerate(found):
        selected = " selected" if index == chosen else ""
        options += f'<option value="{index}"{selected}>{text(item.get("name"))}</option>'
    charts = both_charts(found, steps, chosen)
    controls = (
        f"""<div class="controls" hidden><label for="parameter">Parameter drawn strong</label>
<select id="parameter">{options}</select></div>"""
        if "<figure" in charts
        else ""
    )
    body = f"""<p>The relative difference of each parameter after its step, and of its gradient before it:
‖minitorch − PyTorch‖ / ‖PyTorch‖, Euclidean norms over all its elements, at {count(len(steps), "snapshot")}.</p>
{controls}
<div class="pair">
{charts}</div>
{tables(found, steps)}"""
    return section("parameters", "Each parameter", body)


def limits(item: dict[str, Any], what: str) -> Values | None:
    """What a difference of rounding stays below, at each snapshot; None without a ruler."""
    allowed, ruler = item.get(f"allowed_{what}"), item.get(f"ruler_{what}")
    return allowed or (envelope(ruler) if ruler else None)


def both_charts(found: list[dict[str, Any]], steps: list[int], chosen: int) -> str:
    """The values' chart and the gradients'."""
    drawn = [item.get(key) or [] for item in found for what in KINDS for key in (what, f"ruler_{what}")]
    if not any(map(any, drawn)):
        return (
            "<p>All values and gradients are equal in every snapshot, to the last bit: there is nothing to draw.</p>\n"
        )
    return "".join(one_chart(found, steps, chosen, what) for what in KINDS)


def one_chart(found: list[dict[str, Any]], steps: list[int], chosen: int, what: str) -> str:
    curves = [item.get(what) or [] for item in found]
    if not any(value is not None for values in curves for value in values):
        return ""
    beside = [item.get(f"{key}_{what}") or [] for item in found for key in ("ruler", "allowed")]
    plot = Plot(steps, Scale.decades(value for values in [*curves, *beside] for value in values), curves)
    order = [*(index for index in range(len(found)) if index != chosen), chosen]  # the chosen one on top
    bands, drawn, sets = "", "", []
    for index in order:
        limit = limits(found[index], what)
        opened = f'<g class="parameter{" chosen" if index == chosen else ""}" data-index="{index}">'
        bands += f"{opened}{plot.band(limit, 'band')}</g>" if limit else ""
        ruler = found[index].get(f"ruler_{what}")
        own = plot.line(ruler, "line ruler-line") if ruler and any(ruler) else ""
        drawn += f"{opened}{own}{plot.line(curves[index], 'line difference')}</g>"
    for item, values in zip(found, curves, strict=True):
        lines: list[tuple[str, str, Values, int]] = [("line difference", "minitorch − PyTorch", values, 2)]
        for css, name, key in (("line ruler-line", NAMES["ruler"], "ruler"), ("band", "allowed", "allowed")):
            if item.get(f"{key}_{what}"):
                lines.append((css, name, item[f"{key}_{what}"], 2))
        sets.append(lines)
    entries = [("line difference", "the chosen parameter"), ("line other", "the others")][: 2 if len(found) > 1 else 1]
    if any(any(item.get(f"ruler_{what}") or []) for item in found):
        entries.append(("line ruler-line", NAMES["ruler"]))
    if any(any(limits(item, what) or []) for item in found):
        allowed = any(item.get(f"allowed_{what}") for item in found)
        entries.append(("band", "allowed as rounding" if allowed else "as far as that has gone by then"))
    worst = max(range(len(found)), key=lambda index: largest(curves[index], steps)[0])
    size, step = largest(curves[worst], steps)
    described = f"{count(len(found), 'parameter')}. The furthest is {found[worst].get('name')}: {figure(size)}"
    described += f" at step {count(step)}."
    return chart(
        f"parameter-{what}s",
        heading=f"{what.capitalize()}: {found[chosen].get('name')}",
        note=f"The {what}s' relative differences." + zero_note(plot) + beyond_note(plot),
        legend_html=legend(entries),
        plot_html=axes(
            plot, bands + drawn, title=f"Relative difference of each parameter's {what}", description=described,
            y_label=f"relative difference of the {what} (log scale)", x_label="optimizer step", hover=True,
        ),
        data=read_out(steps, sets),
    )  # fmt: skip


def largest(values: Values | None, steps: list[int]) -> tuple[float, int | None]:
    """The largest, and its step; infinity for what is not finite."""
    known = [(value, step) for value, step in zip(values or [], steps, strict=False) if value is not None]
    sizes = [(value if is_number(value) else float("inf"), step) for value, step in known]
    return max(sizes, key=lambda pair: pair[0], default=(0.0, None))


def rank(item: dict[str, Any], steps: list[int]) -> tuple[bool, float]:
    """Which parameter is furthest off: those that the verdict does not judge come last."""
    return item.get("judged") is not False, largest(item.get("value"), steps)[0]


def tables(found: list[dict[str, Any]], steps: list[int]) -> str:
    """A row for each parameter."""
    numbers = [value for item in found for value in [*(item.get("value") or []), *(limits(item, "value") or [])]]
    scale = Scale.decades(numbers)
    ruler = any(item.get("ruler_value") for item in found)
    rows = [row(index, item, steps, scale, ruler) for index, item in enumerate(found)]
    names = ["parameter", "value: largest difference", "at step", "gradient: largest difference", "at step",
             "value over the steps", "shape"]  # fmt: skip
    if ruler:
        names.insert(3, "value: PyTorch against itself")
    head = "".join(f'<th scope="col">{text(name)}</th>' for name in names)
    if len(rows) <= ALL_ROWS:
        return table("All parameters, in the model's order", head, "".join(rows), "numbers parameters")
    order = sorted(range(len(found)), key=lambda index: rank(found[index], steps), reverse=True)[:FURTHEST]
    furthest = table(
        f"The {FURTHEST} parameters whose values part furthest", head, "".join(rows[index] for index in order),
        "numbers parameters",
    )  # fmt: skip
    every = table("All parameters, in the model's order", head, "".join(rows), "numbers parameters")
    return f"{furthest}<details><summary>All {count(len(rows))} parameters</summary>\n{every}</details>\n"


def row(index: int, item: dict[str, Any], steps: list[int], scale: Scale, ruler: bool) -> str:
    size, step = largest(item.get("value"), steps)
    slope, slope_step = largest(item.get("gradient"), steps)
    cells = [figure(size), count(step), figure(slope if slope_step else None), count(slope_step)]
    if ruler:
        widest, known = largest(item.get("ruler_value"), steps)
        cells.insert(2, figure(widest if known else None))
    shown = "".join(f"<td>{text(cell)}</td>" for cell in cells)
    shown += f"<td>{spark(item, steps, scale)}</td><td>{text(shape(item.get('shape')))}</td>"
    name = f'<span class="name" data-index="{index}">{text(item.get("name"))}</span>'
    aside = ' <span class="aside">not judged: its gradient is rounding alone</span>'
    aside = aside if item.get("judged") is False else ""
    return f'<tr><th scope="row">{name}{aside}</th>{shown}</tr>\n'


def spark(item: dict[str, Any], steps: list[int], scale: Scale) -> str:
    """The value's curve, small; all of them share their axes."""
    every = max(1, -(-len(steps) // SPARK_POINTS))
    values = (item.get("value") or [])[::every]
    plot = Plot(steps[::every], scale, [values], height=SPARK_HEIGHT)
    plot.top, plot.bottom, plot.zero = 2, SPARK_HEIGHT - 4, SPARK_HEIGHT - 2
    limit = limits(item, "value")
    band = plot.band(limit[::every], "band") if limit else ""
    return (f'<svg class="spark" viewBox="0 0 1000 {SPARK_HEIGHT}" preserveAspectRatio="none" aria-hidden="true">'
            f'{band}{plot.line(values, "line difference")}</svg>')  # fmt: skip
