"""Draw the package's imports between its rooms: python tests/draw_architecture.py writes docs/images/architecture.svg.

What a room imports stands below it. An arrow that follows from others (compare → face → layers) is left out, which loses
nothing of the order; all imports are in the drawing as data, and in the tip of each box.
"""

from __future__ import annotations

import html
import json
import math
from collections import Counter
from pathlib import Path

from architecture import PAGE, ROOT, Room, between_rooms, exceptions, rooms

from minitorch.pictures.layout import layout
from minitorch.pictures.text import width

DRAWING = ROOT / "docs" / "images" / "architecture.svg"
COLOURS = (("#e8f6ec", "#2b8551"), ("#eef3ff", "#4a6fd0"), ("#fff4e6", "#b8741a"), ("#f4eefd", "#7d5bc6"))
NAME, SMALL = 15.0, 11.5
HEAD = 52.0  # the legend's height
FONT = 'ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, "Liberation Mono", monospace'
STYLE = f"""
text {{ font-family: {FONT}; fill: #505b6b; font-size: {SMALL}px; text-anchor: middle; }}
.name {{ font-size: {NAME}px; font-weight: 600; fill: #1b2330; }}
.edge {{ fill: none; stroke: #7b8798; }}
.head {{ fill: #7b8798; }}
.lazy {{ stroke-dasharray: 5 4; }}
.against {{ stroke: #c0392b; }}
.head.against {{ fill: #c0392b; stroke: none; }}
.count {{ font-size: 10px; paint-order: stroke; stroke: #ffffff; stroke-width: 3px; }}
"""

Edge = tuple[str, str]


def drawn(counts: Counter[tuple[str, str, bool]], order: list[str], against: set[Edge]) -> list[Edge]:
    """The arrows to draw: those against the order, and of the others those that do not follow from others."""
    place = {name: i for i, name in enumerate(order)}
    direct = {(a, b) for a, b, _ in counts if place[b] < place[a]}
    below: dict[str, set[str]] = {}
    for name in order:
        below[name] = {b for a, b in direct if a == name}
        below[name] |= {far for near in below[name] for far in below[near]}
    needed = {(a, b) for a, b in direct if not any(b in below[mid] for one, mid in direct if one == a)}
    return sorted(needed | (against & {(a, b) for a, b, _ in counts}))


def files_of(room: Room) -> list[str]:
    """What the room consists of, in lines that are not too long."""
    lines = [""]
    for path in room.paths:
        path = path.removesuffix(".py")
        if lines[-1] and len(lines[-1]) + len(path) > 17:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + path
    return lines


def drawing(package: Path, page: str) -> str:
    house = rooms(page)
    order = [room.name for room in house]
    layers = list(dict.fromkeys(room.layer for room in house))
    counts = between_rooms(package, page)
    against = {edge for edge in exceptions(page)}
    edges = drawn(counts, order, against)
    lines = {room.name: files_of(room) for room in house}
    sizes = [
        (max(width(room.name, NAME), *(width(line, SMALL) for line in lines[room.name])) + 20,
         NAME + 14 + 1.35 * SMALL * len(lines[room.name]))
        for room in house
    ]  # fmt: skip
    # The layout goes from upper boxes to lower ones: an arrow against the order is laid the other way and turned round.
    number = {name: i for i, name in enumerate(order)}
    plan = layout(sizes, [(max(number[a], number[b]), min(number[a], number[b])) for a, b in edges])

    w, h = plan.width, plan.height + HEAD
    data = [[a, b, "lazy" if lazy else "at once", n] for (a, b, lazy), n in sorted(counts.items())]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{w:.0f}" height="{h:.0f}" viewBox="0 0 {w:.0f} {h:.0f}">',
        "<title>The rooms of minitorch and what they import</title>",
        f"<metadata>{json.dumps(data)}</metadata>",
        f"<style>{STYLE}</style>",
        f'<rect width="{w:.0f}" height="{h:.0f}" rx="8" fill="#ffffff"/>',
        *_legend(layers),
        f'<g transform="translate(0 {HEAD})">',
    ]
    labels = []
    for (a, b), points in zip(edges, plan.edges, strict=True):
        rises = number[a] < number[b]
        if rises:
            points = points[::-1]
        total = counts[a, b, False] + counts[a, b, True]
        kind = ("" if counts[a, b, False] else " lazy") + (" against" if (a, b) in against else "")
        parts.append(_arrow(points, kind, 1 + math.log2(total) / 2, f"{a} imports {b}: {total}"))
        if total > 1:
            x, y = points[0]
            labels.append(f'<text class="count" x="{x:.1f}" y="{y + (-5 if rises else 13):.1f}">{total}</text>')
    for room, (x, top), (wide, high) in zip(house, plan.boxes, sizes, strict=True):
        fill, line = COLOURS[layers.index(room.layer)]
        mine = [f"{b} {n}{' lazily' if lazy else ''}" for (a, b, lazy), n in sorted(counts.items()) if a == room.name]
        parts.append(f"<g><title>{room.name} imports {', '.join(mine) or 'no other room'}</title>")
        parts.append(f'<rect x="{x - wide / 2:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{high:.1f}" rx="7" fill="{fill}" stroke="{line}" stroke-width="1.4"/>')  # fmt: skip
        parts.append(f'<text class="name" x="{x:.1f}" y="{top + NAME + 4:.1f}">{room.name}</text>')
        for i, text in enumerate(lines[room.name]):
            parts.append(f'<text x="{x:.1f}" y="{top + NAME + 6 + 1.35 * SMALL * (i + 1):.1f}">{html.escape(text)}</text>')
        parts.append("</g>")
    return "\n".join([*parts, *labels, "</g>", "</svg>", ""])


def _arrow(points: list[tuple[float, float]], kind: str, thick: float, tip: str) -> str:
    path = [f"M{points[0][0]:.1f},{points[0][1]:.1f}"]
    for (a, b), (c, d) in zip(points, points[1:], strict=False):
        if abs(a - c) < 0.05:
            path.append(f"L{c:.1f},{d:.1f}")
        else:
            middle = (b + d) / 2
            path.append(f"C{a:.1f},{middle:.1f} {c:.1f},{middle:.1f} {c:.1f},{d:.1f}")
    (x, y), back = points[-1], -9 if points[-1][1] > points[0][1] else 9
    return (
        f'<g><title>{html.escape(tip)}</title><path class="edge{kind}" stroke-width="{thick:.1f}" d="{" ".join(path)}"/>'
        f'<path class="head{kind}" d="M{x - 5:.1f},{y + back:.1f} L{x:.1f},{y:.1f} L{x + 5:.1f},{y + back:.1f} Z"/></g>'
    )


def _legend(layers: list[str]) -> list[str]:
    parts, x = [], 16.0
    for layer, (fill, line) in zip(layers, COLOURS, strict=True):
        parts.append(f'<rect x="{x:.1f}" y="12" width="14" height="14" rx="3" fill="{fill}" stroke="{line}"/>')
        parts.append(f'<text x="{x + 20:.1f}" y="23" style="text-anchor: start">{html.escape(layer)}</text>')
        x += 36 + width(layer, SMALL)
    x = 16.0
    for kind, text in (
        ("", "imports, and how many times if more than once"),
        (" lazy", "inside of functions only"),
        (" against", "against the order"),
    ):
        parts.append(f'<path class="edge{kind}" stroke-width="1.8" d="M{x:.1f},39 h26"/>')
        parts.append(f'<text x="{x + 34:.1f}" y="43" style="text-anchor: start">{text}</text>')
        x += 52 + width(text, SMALL)
    return parts


if __name__ == "__main__":
    DRAWING.write_text(drawing(ROOT / "minitorch", PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(DRAWING.relative_to(ROOT))
