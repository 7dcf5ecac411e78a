"""draw: the graph of tensors as a picture."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from ..files import write_text
from ..nn.modules.module import Module
from ..tensor import Tensor
from .collapse import collapse as collapsed
from .graph import Edge, Graph, Vertex, collect, nodes_of
from .names import Names
from .svg import SHRINKS, Arrow, Box, Line, place, render
from .text import cut, lines_of, shape_text

LONGEST = 40  # columns of a line in a box
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark }} body {{ margin: 0; background: Canvas }}
main {{ overflow: auto; padding: 12px }} svg {{ display: block; margin: auto }}
</style></head><body><main>
{svg}
</main></body></html>
"""


class Drawing:
    """A picture of a graph: shown by notebooks, `str()` is its SVG, `save` writes it to a file.

    `boxes` and `arrows` say what is where.

    Errors: from `save`, ValueError for another suffix than .svg and .html.

    Source: this project's own.

    >>> import minitorch
    >>> x = minitorch.ones(2, requires_grad=True)
    >>> picture = minitorch.draw(x.sum())
    >>> [box.kind for box in picture.boxes]
    ['leaf', 'op']
    """

    def __init__(self, boxes: list[Box], arrows: list[Arrow], title: str) -> None:
        self.boxes = boxes
        self.arrows = arrows
        self.title = title
        self._svg = render(boxes, arrows, title, place(boxes, arrows))

    def __str__(self) -> str:
        return self._svg

    def __repr__(self) -> str:
        return f"<{self.title}: {len(self.boxes)} boxes, {len(self.arrows)} arrows; .save('graph.svg') writes it>"

    def _repr_svg_(self) -> str:
        return self._svg

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to an .svg file, or into a page of its own, .html. ValueError for other endings."""
        path = Path(path)
        if path.suffix not in (".svg", ".html"):
            raise ValueError(f"a picture is saved as .svg or .html, not as {path.name!r}")
        write_text(path, self._svg + "\n" if path.suffix == ".svg" else self._page())
        return path

    def _page(self) -> str:
        svg = self._svg.replace(SHRINKS, "", 1)  # as large as it is: the page scrolls
        return PAGE.format(title=escape(self.title), svg=svg)


def draw(
    tensors: Tensor | Sequence[Tensor],
    *,
    names: Module | Mapping[str, Any] | None = None,
    values: bool = True,
    collapse: bool | int | Sequence[str] = False,
    limit: int = 300,
) -> Drawing:
    """The graph behind a tensor, or several, as an SVG picture: a notebook shows it, ``.save("graph.svg")`` writes it.

    Data flows downwards. Leaves are green, operations blue with their formula, the given tensors orange; dashed boxes
    are constants, of which the graph knows those that an operation keeps for its backward. A box has shapes and values
    (the numbers of small tensors, else mean ± standard deviation), and ``∂`` before the gradient, where there is one:
    the ``.grad`` of leaves, and of results that retain theirs. The value of an operation is known if it, its users,
    `names` or `tensors` have it; run the forward inside `minitorch.pictures.watch()` to see all. `values=False` leaves
    values and gradients out.

    `names` is a module, whose parameters get their names, or a dict of tensors and modules; ``locals()`` will do.
    ``collapse=True`` draws each layer of that module as one box; a number counts the parts of the module path to go by
    (1: the outermost blocks); a list names the blocks.

    Shapes: tensors of any shapes.
    Errors: ValueError for a graph of more than `limit` boxes; TypeError for what are no tensors.

    Source: this project's own.

    >>> import minitorch, tempfile, pathlib
    >>> x = minitorch.tensor(2., requires_grad=True)
    >>> y = minitorch.tensor(3., requires_grad=True)
    >>> z = x * y + minitorch.sin(x)
    >>> picture = minitorch.draw(z, names={"x": x, "y": y, "z": z})
    >>> picture
    <z: 5 boxes, 5 arrows; .save('graph.svg') writes it>
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     print(picture.save(pathlib.Path(folder, "graph.svg")).read_text()[:4])
    <svg
    """
    given = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    if not given or not all(isinstance(t, Tensor) for t in given):
        raise TypeError("draw takes a tensor, or a sequence of tensors")
    if collapse is False:
        check_limit(len(nodes_of(given)), limit)
    graph = collect(given, Names(names))
    if collapse is not False:
        graph = collapsed(graph, collapse)
    check_limit(len(graph.vertices), limit)
    boxes = [Box(v.key, v.kind, lines_for(v, values), tip_of(v), v.is_result) for v in graph.vertices]
    arrows = [Arrow(i, e.source, e.target, tip_of_edge(graph, e)) for i, e in enumerate(graph.edges)]
    results = [v.name or v.title for v in graph.vertices if v.is_result]
    return Drawing(boxes, arrows, cut(", ".join(results), 60))


def check_limit(count: int, limit: int) -> None:
    """ValueError if the graph is too large to be looked at."""
    if count > limit:
        raise ValueError(
            f"the graph has {count} boxes or more, which nobody could read (limit={limit}). Draw a smaller batch or "
            "fewer steps, pass names=net, collapse=True to draw each layer as one box, or raise the limit"
        )


def lines_for(v: Vertex, values: bool) -> list[Line]:
    """The lines of a vertex's box."""
    lines = []
    if v.name:
        lines.append(Line(cut(v.name, LONGEST), "name"))
    if v.kind in ("op", "group") or not v.name:
        lines.append(Line(cut(v.title, LONGEST), "text" if v.name else "title"))
    if v.formula:
        lines.append(Line(v.formula, "formula"))
    if v.members:
        lines.append(Line(cut(members_text(v.members), LONGEST), "text"))
    lines += [Line(cut(f"{name} {shape_text(shape)}", LONGEST), "text") for name, shape in v.parameters[:4]]
    if len(v.parameters) > 4:
        lines.append(Line(f"and {len(v.parameters) - 4} more", "text"))
    shapes = list(dict.fromkeys(map(shape_text, v.shapes)))
    if len(v.shapes) > 1:
        lines.append(Line(cut(f"{len(v.shapes)} outputs: {', '.join(shapes)}", LONGEST)))
    elif v.shapes and (v.shapes[0] or v.value is None or not values):
        lines.append(Line(("→ " if v.kind == "group" else "") + shapes[0]))
    if values and v.value is not None:
        lines += [Line(text, "value") for text in lines_of(v.value)]
    if values and v.grad is not None:
        texts = lines_of(v.grad)
        lines += [Line(("∂ " if i == 0 else "\u00a0\u00a0") + text, "grad") for i, text in enumerate(texts)]
    return lines


def members_text(members: list[str]) -> str:
    """The operations of a group, those that occur several times with their number."""
    counts = Counter(members)
    if len(counts) > 3:
        return f"{len(members)} operations"
    return ", ".join(f"{n}×{title}" if n > 1 else title for title, n in counts.items())


def tip_of(v: Vertex) -> str:
    """What a box says when it is pointed at."""
    if v.kind == "op":
        dtype = v.thing.outputs[0][1] if v.thing.outputs else ""
        return f"{v.thing.name()} → {', '.join(f'{list(s)}' for s in v.shapes)} {dtype}".replace("None", "")
    if v.kind == "group":
        return f"{v.title}: {', '.join(v.members)}"
    return f"{v.name or v.title}: {v.kind}, {list(v.shapes[0])} {v.thing.dtype}"


def tip_of_edge(graph: Graph, e: Edge) -> str:
    """What an arrow says when it is pointed at."""
    source, target = graph.vertices[e.source], graph.vertices[e.target]
    output = f"output {e.output} of " if len(source.shapes) > 1 else ""
    return f"{output}{source.label} → {'' if e.input is None else f'input {e.input} of '}{target.label}"
