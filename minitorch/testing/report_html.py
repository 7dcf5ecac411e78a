"""A gradient report for a notebook: the table, a picture of where the gradients differ, and the diagnosis."""

from __future__ import annotations

from html import escape

import numpy as np

from .report import HEADINGS, RIGHT, GradientReport, InputReport, capital

# Inline styles, since a notebook may strip a <style>; colours that read on light and on dark pages.
GREEN, RED, GREY = "#1a7f37", "#cf222e", "#8888"
CELL = "padding:3px 10px;border-bottom:1px solid #8884;white-space:nowrap"
MOST = (16, 32)  # rows and columns of a picture


def html(report: GradientReport) -> str:
    """The report as one <div>, everything in it escaped."""
    colour = GREEN if report.ok else RED
    parts = [
        '<div style="font-family:system-ui,sans-serif;font-size:14px;line-height:1.45;max-width:72em">',
        f'<p style="font-weight:600;margin:.4em 0;color:{colour}">{"✓" if report.ok else "✗"} '
        f"{escape(report.headline)}</p>",
    ]
    if report.inputs:
        parts.append(_table(report))
    for name, diagnosis in report.diagnoses:
        parts.append(
            f'<div style="border-left:3px solid {RED};padding:.2em .9em;margin:.8em 0">'
            f"<b>{escape(f'{name}: ' if name else '')}{escape(diagnosis.kind)}</b><br>{escape(capital(diagnosis.seen))}"
            + (f"<br>{escape(diagnosis.look)}" if diagnosis.look else "")
            + "</div>"
        )
        parts += [_pictures(x) for x in report.inputs if x.name == name]
    parts += [f'<p style="opacity:.75;margin:.4em 0">{escape(note)}</p>' for note in report.notes]
    if report.second is not None and not report.second.ok:
        parts.append(html(report.second))
    return "".join([*parts, "</div>"])


def _table(report: GradientReport) -> str:
    def row(cells: tuple[str, ...], tag: str, wrong: bool = False) -> str:
        made = []
        for heading, cell in zip(HEADINGS, cells, strict=True):
            style = f"{CELL};text-align:{'right' if heading in RIGHT else 'left'}"
            if heading == "verdict" and tag == "td":
                style += f";font-weight:600;color:{RED if wrong else GREEN}"
            made.append(f'<{tag} style="{style}">{escape(cell)}</{tag}>')
        return f"<tr>{''.join(made)}</tr>"

    body = "".join(row(x.cells, "td", not x.ok) for x in report.inputs)
    return (
        '<div style="overflow-x:auto"><table style="border-collapse:collapse;font-variant-numeric:tabular-nums">'
        f"<thead>{row(HEADINGS, 'th')}</thead><tbody>{body}</tbody></table></div>"
    )


def _pictures(x: InputReport) -> str:
    """Both gradients and their difference as grids of colour, for a vector or a matrix that is small enough."""
    if x.analytic_gradient is None or x.numeric_gradient is None:
        return ""
    if x.analytic_gradient.shape != x.numeric_gradient.shape:
        return ""
    a, n = (np.atleast_2d(g) for g in (x.analytic_gradient, x.numeric_gradient))
    if a.ndim != 2 or a.size < 2 or a.shape[0] > MOST[0] or a.shape[1] > MOST[1]:
        return ""
    finite = np.concatenate([a[np.isfinite(a)], n[np.isfinite(n)]])
    scale = float(np.abs(finite).max(initial=0.0)) or 1.0
    grids = (("analytic", a), ("numeric", n), ("difference", a - n))
    return (
        '<div style="display:flex;flex-wrap:wrap;gap:1.6em;margin:.6em 0">'
        + "".join(f"<div><div>{title}</div>{_grid(values, scale)}</div>" for title, values in grids)
        + f'<div style="align-self:end;opacity:.75">blue −{scale:.3g}, red +{scale:.3g}</div></div>'
    )


def _grid(values: np.ndarray, scale: float) -> str:
    rows = []
    for line in values:
        cells = []
        for v in line:
            if np.isfinite(v):
                strength = min(1.0, abs(float(v)) / scale)
                colour = f"rgba({'207,34,46' if v > 0 else '9,105,218'},{strength:.2f})"
            else:
                colour = GREY
            cells.append(
                f'<td title="{float(v):.6g}" style="width:18px;height:18px;padding:0;border:1px solid #8883;'
                f'background:{colour}"></td>'
            )
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return f'<table style="border-collapse:collapse">{"".join(rows)}</table>'
