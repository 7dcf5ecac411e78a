"""A laid-out graph as SVG: boxes with lines of text, edges with arrowheads, colours for light and dark pages.

The colours are CSS custom properties, which follow the reader's system, and the theme switches that notebooks and
documentation pages have. Where both are wrong it stays legible: a box brings its own background along, and the lines
are of a grey that both black and white show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape as escaped
from xml.sax.saxutils import quoteattr

from .layout import Layout, layout
from .text import printable, width

SIZE = {"title": 14.0, "name": 14.0, "text": 12.0, "formula": 12.0, "value": 12.0, "grad": 12.0}
LEADING = 1.4
PAD_X, PAD_Y = 12.0, 8.0
LEAST = 56.0
SHRINKS = ' style="max-width:100%;height:auto"'
FONT = 'ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, "Liberation Mono", monospace'

LIGHT = """--mt-ink: #1b2330; --mt-soft: #505b6b; --mt-line: #7b8798; --mt-grad: #b3261e;
  --mt-op: #eef3ff; --mt-op-line: #4a6fd0; --mt-leaf: #e8f6ec; --mt-leaf-line: #2b8551;
  --mt-constant: #f3f4f6; --mt-constant-line: #7b8798; --mt-group: #f4eefd; --mt-group-line: #7d5bc6;
  --mt-result: #fff1e3; --mt-result-line: #c05a11;"""
DARK = """--mt-ink: #e9eef7; --mt-soft: #aeb9c9; --mt-line: #7b8798; --mt-grad: #ffa198;
  --mt-op: #1c2844; --mt-op-line: #7f9ff0; --mt-leaf: #16301f; --mt-leaf-line: #58b981;
  --mt-constant: #262b33; --mt-constant-line: #8b96a7; --mt-group: #2a2140; --mt-group-line: #a98bee;
  --mt-result: #3a2613; --mt-result-line: #ec9a58;"""
STYLE = f"""
.mt-graph {{ {LIGHT} }}
@media (prefers-color-scheme: dark) {{ .mt-graph {{ {DARK} }} }}
[data-theme="light"] .mt-graph, [data-jp-theme-light="true"] .mt-graph, .vscode-light .mt-graph {{ {LIGHT} }}
[data-theme="dark"] .mt-graph, [data-jp-theme-light="false"] .mt-graph, .vscode-dark .mt-graph {{ {DARK} }}
.mt-graph text {{ font-family: {FONT}; fill: var(--mt-soft); text-anchor: middle; }}
.mt-graph .mt-title, .mt-graph .mt-name, .mt-graph .mt-value {{ fill: var(--mt-ink); }}
.mt-graph .mt-title, .mt-graph .mt-name {{ font-weight: 600; }}
.mt-graph .mt-grad {{ fill: var(--mt-grad); }}
.mt-graph rect {{ stroke-width: 1.4; }}
.mt-graph .mt-op rect {{ fill: var(--mt-op); stroke: var(--mt-op-line); }}
.mt-graph .mt-leaf rect {{ fill: var(--mt-leaf); stroke: var(--mt-leaf-line); }}
.mt-graph .mt-constant rect {{ fill: var(--mt-constant); stroke: var(--mt-constant-line); stroke-dasharray: 4 3; }}
.mt-graph .mt-group rect {{ fill: var(--mt-group); stroke: var(--mt-group-line); }}
.mt-graph .mt-result rect {{ fill: var(--mt-result); stroke: var(--mt-result-line); stroke-width: 2.2; }}
.mt-graph .mt-edge path {{ fill: none; stroke: var(--mt-line); stroke-width: 1.5; }}
.mt-graph .mt-edge .mt-head {{ fill: var(--mt-line); stroke: none; }}
.mt-graph .mt-edge .mt-back {{ display: none; }}
"""


@dataclass
class Line:
    """A line of text in a box; `role` (title, name, text, formula, value, grad) decides how it looks."""

    text: str
    role: str = "text"
    room: str = ""  # a text that must fit there, too: the page puts it in later

    @property
    def width(self) -> float:
        return max(width(self.text, SIZE[self.role]), width(self.room, SIZE[self.role]))


@dataclass
class Box:
    """A box of the picture. `x` and `y` are its upper left corner; they are set when it is laid out."""

    key: int
    kind: str
    lines: list[Line]
    tip: str = ""
    is_result: bool = False
    x: float = 0.0
    y: float = 0.0
    width: float = field(init=False)
    height: float = field(init=False)

    def __post_init__(self) -> None:
        self.width = max([LEAST, *(line.width + 2 * PAD_X for line in self.lines)])
        self.height = sum(SIZE[line.role] * LEADING for line in self.lines) + 2 * PAD_Y


@dataclass
class Arrow:
    """An edge of the picture, from the bottom of one box to the top of another."""

    key: int
    source: int
    target: int
    tip: str = ""
    points: list[tuple[float, float]] = field(default_factory=list)


def place(boxes: Sequence[Box], arrows: Sequence[Arrow]) -> Layout:
    """Lay the picture out: set every box's corner and every arrow's points."""
    plan = layout([(b.width, b.height) for b in boxes], [(a.source, a.target) for a in arrows])
    for box, (middle, top) in zip(boxes, plan.boxes, strict=True):
        box.x, box.y = middle - box.width / 2, top
    for arrow, points in zip(arrows, plan.edges, strict=True):
        arrow.points = points
    return plan


def render(boxes: Sequence[Box], arrows: Sequence[Arrow], title: str, plan: Layout, shrinks: bool = True) -> str:
    """The SVG of a picture that `place` has laid out; where it is wider than the page, the picture shrinks."""
    w, h = plan.width, plan.height
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="mt-graph" role="img" width="{w:.0f}" height="{h:.0f}" '
        f'viewBox="0 0 {w:.1f} {h:.1f}"{SHRINKS if shrinks else ""}>',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>",
    ]
    parts += [_arrow(arrow) for arrow in arrows]
    parts += [_box(box) for box in boxes]
    return "\n".join([*parts, "</svg>"])


def escape(text: str) -> str:
    return escaped(printable(text))


def _arrow(arrow: Arrow) -> str:
    points = arrow.points
    (x, y), (x0, y0) = points[-1], points[0]
    path = [f"M{x0:.1f},{y0:.1f}"]
    for i in range(1, len(points)):
        (a, b), (c, d) = points[i - 1], points[i]
        if i % 2:  # a straight piece within a layer
            if d != b:
                path.append(f"L{c:.1f},{d:.1f}")
        elif abs(a - c) < 0.05:
            path.append(f"L{c:.1f},{d:.1f}")
        else:
            middle = (b + d) / 2
            path.append(f"C{a:.1f},{middle:.1f} {c:.1f},{middle:.1f} {c:.1f},{d:.1f}")
    return (
        f'<g class="mt-edge" data-edge="{arrow.key}" data-from="{arrow.source}" data-to="{arrow.target}">'
        f"<title>{escape(arrow.tip)}</title>"
        f'<path class="mt-line" d="{" ".join(path)}"/>'
        f'<path class="mt-head" d="M{x - 4.5:.1f},{y - 8:.1f} L{x:.1f},{y:.1f} L{x + 4.5:.1f},{y - 8:.1f} Z"/>'
        f'<path class="mt-head mt-back" d="M{x0 - 6:.1f},{y0 + 10:.1f} L{x0:.1f},{y0:.1f} L{x0 + 6:.1f},{y0 + 10:.1f} Z"/>'
        "</g>"
    )


def _box(box: Box) -> str:
    kind = f"mt-{box.kind}" + (" mt-result" if box.is_result else "")
    radius = {"op": 12, "group": 12}.get(box.kind, 4)
    parts = [
        f'<g class="mt-box {kind}" data-node="{box.key}"><title>{escape(box.tip)}</title>',
        f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" rx="{radius}"/>',
    ]
    y = box.y + PAD_Y
    for line in box.lines:
        size = SIZE[line.role]
        y += size * LEADING
        parts.append(
            f"<text class={quoteattr('mt-' + line.role + (' mt-slot' if line.room else ''))} x=\"{box.x + box.width / 2:.1f}\" "
            f'y="{y - 0.4 * size:.1f}" font-size="{size:g}">{escape(line.text)}</text>'
        )
    return "".join([*parts, "</g>"])
