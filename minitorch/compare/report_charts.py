"""The report's charts: inline SVG drawn by hand, with axes that stay readable at any width.

A plot's SVG is stretched to the page's width (its x runs from 0 to 1000), its lines keep their thickness. Text does not
take part in the stretching: tick labels are HTML around the SVG, placed in percent along x and in pixels along y. So
a chart is as legible on a phone as on a wide screen, without a second drawing and without JavaScript.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .report_text import count, figure, is_number, power, text

WIDTH = 1000  # of a plot, in its own units
STRIP = 20  # pixels of the rows outside the scale: for zeros on a log axis, and for what is not finite
MOST_DECADES = 24

Values = Sequence[Any]  # numbers, None where there is none, NaN and infinities


@dataclass
class Scale:
    """An axis from `low` to `high`; of powers of ten where `log`, then the limits are exponents."""

    low: float
    high: float
    log: bool = False

    @classmethod
    def linear(cls, values: Iterable[Any]) -> Scale:
        """The axis that holds these, ending on round numbers."""
        found = [value for value in values if is_number(value)]
        low, high = (min(found), max(found)) if found else (0.0, 1.0)
        if low == high:
            low, high = low - (abs(low) or 1) / 2, high + (abs(high) or 1) / 2
        step = round_step(high - low, 5)
        return cls(math.floor(low / step) * step, math.ceil(high / step) * step)

    @classmethod
    def decades(cls, values: Iterable[Any]) -> Scale:
        """The whole powers of ten around the positive ones of these; two decades at least."""
        found = [value for value in values if is_number(value) and value > 0]
        low = math.floor(math.log10(min(found))) if found else -8
        high = math.ceil(math.log10(max(found))) if found else -6
        if high - low < 2:
            low, high = low - 1, max(high, low + 1)
        return cls(max(low, high - MOST_DECADES), high, log=True)

    def fraction(self, value: float) -> float:
        """How far along the axis, 0 to 1; at an end if it lies beyond."""
        place = (math.log10(value) if value > 0 else self.low) if self.log else value
        part = (place - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return min(max(part, 0.0), 1.0)

    def ticks(self, most: int = 6) -> list[tuple[float, str]]:
        """Where to label the axis, as fractions, and with what."""
        if self.high <= self.low:
            return [(0.5, f"{self.low:,.7g}")]
        if self.log:
            return self.log_ticks(most)
        step = round_step(self.high - self.low, most - 1)
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        places = [index * step for index in range(first, last + 1)]
        largest = max(abs(self.low), abs(self.high))
        digits = math.floor(math.log10(largest)) - math.floor(math.log10(step) + 1e-9) + 1
        plain = largest < 1e8 and decimals <= 6
        labels = [f"{place:,.{decimals}f}".replace("-", "−") if plain else figure(place, digits) for place in places]
        return [(self.fraction(place), label) for place, label in zip(places, labels, strict=True)]

    def log_ticks(self, most: int) -> list[tuple[float, str]]:
        if self.high - self.low < 2.5:  # a short axis, as of times: 1, 2, 5, 10, …
            exponents = range(math.floor(self.low), math.ceil(self.high) + 1)
            for digits in ((1, 2, 5), (1, 3)):
                places = [digit * 10.0**exponent for exponent in exponents for digit in digits]
                inside = [place for place in places if self.low - 1e-9 <= math.log10(place) <= self.high + 1e-9]
                if 3 <= len(inside) <= most and -3 <= self.low and self.high < 6:
                    return [(self.fraction(place), figure(place, 1)) for place in inside]
        if self.high - self.low < 1:  # within one decade: round numbers, as on a linear axis
            step = round_step(10.0**self.high - 10.0**self.low, most - 1)
            first, last = math.ceil(10.0**self.low / step - 1e-9), math.floor(10.0**self.high / step + 1e-9)
            return [(self.fraction(n * step), figure(n * step, 3)) for n in range(first, last + 1)]
        low, high = math.ceil(self.low - 1e-9), math.floor(self.high + 1e-9)
        every = max(1, math.ceil((high - low) / max(1, most - 1)))
        plain = low >= -3 and high <= 4
        labelled = reversed(range(high, low - 1, -every))
        return [(self.fraction(10.0**exponent), power(exponent, plain)) for exponent in labelled]


def round_step(span: float, parts: int) -> float:
    """1, 2 or 5 times a power of ten: the smallest that divides `span` into at most `parts`."""
    wanted = span / max(1, parts)
    base = 10.0 ** math.floor(math.log10(wanted))
    return next(factor * base for factor in (1, 2, 5, 10) if factor * base >= wanted * (1 - 1e-9))


class Plot:
    """One plot's coordinates: steps along x; along y a scale, and rows above and below it for what it cannot hold."""

    scale: Scale
    height: int

    def __init__(self, steps: Sequence[int], scale: Scale, shown: Iterable[Values], height: int = 240) -> None:
        self.scale, self.height = scale, height
        self.steps: Scale = Scale(steps[0], steps[-1]) if steps else Scale(0, 1)
        self.x: list[float] = [round(WIDTH * self.steps.fraction(step), 1) for step in steps]
        kinds = {kind(value, scale.log) for values in shown for value in values}
        self.beyond: float | None = STRIP / 2 if "beyond" in kinds else None
        self.zero: float | None = height - STRIP / 2 if "zero" in kinds else None
        self.top = 6 + (STRIP if self.beyond is not None else 0)
        self.bottom: int = height - 6 - (STRIP if self.zero is not None else 0)

    def y(self, value: float) -> float:
        if kind(value, self.scale.log) == "beyond":
            return self.beyond if self.beyond is not None else self.top
        if value == 0 and self.scale.log:
            return self.zero if self.zero is not None else self.bottom
        return round(self.bottom - (self.bottom - self.top) * self.scale.fraction(value), 1)

    def line(self, values: Values, css: str) -> str:
        """A path through the values. It breaks where one is missing, and between the scale and the rows beside it;
        a value alone becomes a dot."""
        pieces, piece, before = [], list[str](), ""
        for x, value in [*zip(self.x, values, strict=False), (0.0, None)]:
            now = kind(value, self.scale.log)
            if now != before or not now:
                if piece:
                    pieces.append("M" + "L".join(piece) + ("h0" if len(piece) == 1 else ""))
                piece = []
            if now:
                piece.append(f"{x:g} {self.y(value):g}")
            before = now
        alone = " alone" if len(self.x) == 1 else ""
        return f'<path class="{css}{alone}" d="{"".join(pieces)}"/>'

    def band(self, values: Values, css: str) -> str:
        """The area from the axis up to the values."""
        places = [(x, self.y(value)) for x, value in zip(self.x, values, strict=False) if is_number(value) and value]
        if not places:
            return ""
        kept = [place for index, place in enumerate(places)
                if index in (0, len(places) - 1)
                or not places[index - 1][1] == place[1] == places[index + 1][1]]  # fmt: skip
        edge = "L".join(f"{x:g} {y:g}" for x, y in kept)
        return f'<path class="{css}" d="M{kept[0][0]:g} {self.bottom}L{edge}L{kept[-1][0]:g} {self.bottom}Z"/>'

    def labels(self) -> list[tuple[float, str]]:
        """The y axis: pixels from the top, and the text there."""
        span = self.bottom - self.top
        most = max(2, min(7, span // 30))
        found = [(self.bottom - span * part, label) for part, label in self.scale.ticks(most)]
        if self.zero is not None:
            found.append((self.zero, "0"))
        if self.beyond is not None:
            found.append((self.beyond, "∞, NaN"))
        return found


def kind(value: Any, log: bool) -> str:
    """Where a value is drawn: on the "scale", in the row for "zero", in the one for what is "beyond", or nowhere."""
    if value is None or isinstance(value, (bool, str)):
        return ""
    if not math.isfinite(value):
        return "beyond"
    return "zero" if log and value <= 0 else "scale"


def envelope(values: Values) -> list[float]:
    """The largest finite one up to each: how far the ruler had parted by then."""
    largest, found = 0.0, []
    for value in values:
        largest = max(largest, value) if is_number(value) else largest
        found.append(largest)
    return found


def smoothed(values: Values, reach: int) -> list[float | None]:
    """The mean of the finite values at most `reach` places away; None where the value itself is not finite."""
    sums, counts = [0.0], [0]
    for value in values:
        finite = is_number(value)
        sums.append(sums[-1] + (value if finite else 0.0))
        counts.append(counts[-1] + finite)
    found: list[float | None] = []
    for index, value in enumerate(values):
        low, high = max(0, index - reach), min(len(values), index + reach + 1)
        known = counts[high] - counts[low]
        found.append((sums[high] - sums[low]) / known if is_number(value) and known else None)
    return found


def at_step(steps: Sequence[int], values: Values, step: int) -> Any:
    """The value at the recorded step that is `step` or the first after it."""
    index = min(bisect_left(steps, step), len(steps) - 1)
    return values[index] if 0 <= index < len(values) else None


# ------------------------------------------------------------------------------------------------------------- HTML


def axes(plot: Plot, drawn: str, *, title: str, description: str, y_label: str, x_label: str, hover: bool,
         x_ticks: list[tuple[float, str]] | None = None) -> str:  # fmt: skip
    """The plot with its axes: names, ticks, grid."""
    x_ticks = plot.steps.ticks(6) if x_ticks is None else x_ticks
    labels = plot.labels()
    grid = "".join(f'<path class="grid" d="M0 {y:g}H{WIDTH}"/>' for y, _ in labels)
    rows = "".join(f'<rect class="row" x="0" y="{y - STRIP / 2:g}" width="{WIDTH}" height="{STRIP}"/>'
                   for y in (plot.zero, plot.beyond) if y is not None)  # fmt: skip
    ticks = "".join(f'<span style="top:{y:g}px">{text(label)}</span>' for y, label in labels)
    marks = "".join(f'<path class="tick" d="M{WIDTH * part:g} {plot.height}v-5"/>' for part, _ in x_ticks)
    below = "".join(f'<span style="left:{100 * part:.4g}%">{text(label)}</span>' for part, label in x_ticks)
    cross = '<path class="cross" d="" hidden=""/>' if hover else ""
    left = max(44, 14 + 7 * max(len(label) for _, label in labels))  # pixels: the longest label, and a little
    return f"""<div class="axes" style="--height:{plot.height}px;--left:{left}px">
<div class="y-name">{text(y_label)}</div>
<div class="y-ticks" aria-hidden="true">{ticks}</div>
<svg class="plot" viewBox="0 0 {WIDTH} {plot.height}" preserveAspectRatio="none" role="img">
<title>{text(title)}</title><desc>{text(description)}</desc>
{rows}{grid}{marks}{drawn}{cross}</svg>
<div class="x-ticks" aria-hidden="true">{below}</div>
<div class="x-name">{text(x_label)}</div>
</div>"""


def legend(entries: Iterable[tuple[str, str]]) -> str:
    """What the lines are: (CSS class, words)."""
    items = "".join(
        f'<li><svg class="swatch" viewBox="0 0 28 12" aria-hidden="true">{sample(css)}</svg>{text(words)}</li>'
        for css, words in entries
    )
    return f'<ul class="legend">{items}</ul>'


def sample(css: str) -> str:
    """A piece of the line, or of the band, for the legend."""
    if "band" in css:
        return f'<rect class="{css}" x="0" y="1" width="28" height="10"/>'
    return f'<path class="{css}" d="M2 6H26"/>'


def chart(identity: str, *, heading: str, note: str, plot_html: str, legend_html: str, data: str = "") -> str:
    """A figure: what it shows, how to read it, the plot, and what the read-out under it reads from."""
    return f"""<figure class="chart" id="{identity}">
<figcaption><h3>{text(heading)}</h3><p>{text(note)}</p></figcaption>
{legend_html}
{plot_html}
{data}</figure>"""


def read_out(steps: Sequence[int], sets: Sequence[Sequence[tuple[str, str, Values, int]]]) -> str:
    """The numbers behind a chart: for each choice a set of lines (CSS class, name, values, digits)."""
    found = {
        "steps": list(steps),
        "sets": [
            [{"css": css, "name": name, "digits": digits, "values": [plain(value, digits) for value in values]}
             for css, name, values, digits in lines]
            for lines in sets
        ],
    }  # fmt: skip
    return f'<script type="application/json">{json_text(found)}</script>\n'


def plain(value: Any, digits: int) -> float | str | None:
    """A value as JSON has it: rounded; NaN and the infinities as words."""
    if value is None or isinstance(value, (bool, str)):
        return None
    return float(f"{value:.{digits}g}") if math.isfinite(value) else figure(value)


def json_text(value: Any) -> str:
    """JSON that is safe inside a script element."""
    written = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return written.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def histogram(
    edges: Sequence[float],
    counts: Sequence[int],
    scale: Scale,
    median: Any,
    *,
    css: str,
    title: str,
    x_label: str,
    factor: float,
) -> str:
    """How often each time was taken: bars from edge to edge, in percent of all; `factor` turns edges into the axis'
    unit."""
    total = sum(counts) or 1
    plot = Plot([], Scale.linear([0, 100 * max(counts) / total]), [], height=110)
    bars = []
    for low, high, number in zip(edges, edges[1:], counts, strict=False):
        if number and high * factor > 0:
            left = WIDTH * scale.fraction(low * factor)
            right = max(WIDTH * scale.fraction(high * factor), left + 1)
            y = plot.y(100 * number / total)
            bars.append(f"M{left:.1f} {plot.bottom}V{y:g}H{right:.1f}V{plot.bottom}Z")
    drawn = f'<path class="bars {css}" d="{"".join(bars)}"/>'
    if is_number(median):
        x = WIDTH * scale.fraction(median * factor)
        drawn += f'<path class="median" d="M{x:.1f} {plot.top}V{plot.bottom}"/>'
    described = f"{count(total, 'step')}; median {figure(median * factor if is_number(median) else None, 3)}."
    return axes(
        plot, drawn, title=title, description=described, y_label="share of the steps in each bar (%)",
        x_label=x_label, hover=False, x_ticks=scale.ticks(6),
    )  # fmt: skip
