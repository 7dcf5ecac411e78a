"""explain: a page to step through backpropagation, one delivered gradient at a time.

The page is one file, which needs nothing else: `page.html`, `page.css` and `page.js` lie beside this module; what is said
at each step is worked out here and put into the page as JSON. The script shows text as text, so nothing that a user's
names contain can become markup.
"""

from __future__ import annotations

import inspect
import json
import linecache
import os
import re
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from ..autograd import anomaly_mode
from ..autograd.node import Node
from ..files import write_text
from ..nn.modules.module import Module
from ..tensor import Tensor
from .drawing import check_limit, lines_for, tip_of, tip_of_edge
from .graph import Graph, Vertex, collect, documented, kept, nodes_of
from .names import Names, place_of
from .recording import Delivery, Recording, record
from .svg import Arrow, Box, Line, place, render
from .text import brief, corner, cut, is_small, on_host, shape_text
from .watching import seen

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
PACKAGE = Path(anomaly_mode.PACKAGE)


def explain(
    loss: Tensor,
    path: str | os.PathLike[str] = "explain.html",
    *,
    names: Module | Mapping[str, Any] | None = None,
    gradient: Tensor | None = None,
    limit: int = 300,
) -> Path:
    """Write a page to step through ``loss.backward()``: each step delivers one gradient, in the order of the engine.

    A step shows the operation, its formula and derivative, the gradient of its result, the gradient that goes to an
    input, and what had arrived there before; where the engine undoes broadcasting, the sum. Beside it stands the code
    of the operation's `backward`, and, if the forward ran inside `minitorch.pictures.watch()` or under anomaly
    detection, the line of your program that made the operation. The page is one file and works offline: →, space and ←
    step, Home and End jump, ``#step=5`` at the end of its address opens it there.

    The engine's own walk is recorded; it keeps the graph (as ``retain_graph=True`` does) and changes no ``.grad``.
    `names` is what `draw` takes. A result of more than one element needs `gradient`, as in ``backward(gradient)``.
    Returns the path.

    Shapes: loss of any shape, gradient of the same.
    Errors: RuntimeError for a loss of more than one element without `gradient`, and for one that nothing was recorded
    for; ValueError for a graph of more than `limit` boxes; TypeError for a loss that is no tensor.

    Source: this project's own.

    >>> import minitorch, tempfile, pathlib
    >>> x = minitorch.tensor(2., requires_grad=True)
    >>> y = minitorch.tensor(3., requires_grad=True)
    >>> z = x * y + minitorch.sin(x)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = minitorch.explain(z, pathlib.Path(folder, "explain.html"), names={"x": x, "y": y, "z": z})
    ...     page.name
    'explain.html'
    >>> x.grad is None
    True
    """
    if not isinstance(loss, Tensor):
        raise TypeError(f"explain takes a tensor, not {type(loss).__name__}")
    check_limit(len(nodes_of([loss])), limit)
    recording = record([loss], [gradient])
    known = Names(names)
    graph = collect([loss], known)
    check_limit(len(graph.vertices), limit)
    write_text(path, page_of(graph, recording, known, gradient is not None))
    return Path(path)


def page_of(graph: Graph, recording: Recording, names: Names, has_gradient: bool = False) -> str:
    """The whole page."""
    number_titles(graph)
    telling = _Telling(graph, names, has_gradient)
    steps = [telling.step(d) for d in recording.deliveries] + [telling.end(recording)]
    boxes = []
    for v in graph.vertices:
        v.grad = None
        lines = lines_for(v, True)
        said = [step["slot"] for step in steps if step["target"] == v.key]
        if said:
            lines.append(Line("\u00a0", "grad", max(said, key=len)))
        boxes.append(Box(v.key, v.kind, lines, tip_of(v), v.is_result))
    arrows = [Arrow(i, e.source, e.target, tip_of_edge(graph, e)) for i, e in enumerate(graph.edges)]
    title = f"Backpropagation from {cut(next(v.name or v.title for v in graph.vertices if v.is_result), 40)}"
    data = {"title": title, "nodes": [telling.node(v) for v in graph.vertices], "steps": steps}
    parts = {
        "title": escape(title),
        "css": _asset("page.css"),
        "graph": render(boxes, arrows, title, place(boxes, arrows), shrinks=False),
        "data": as_json(data),
        "js": _asset("page.js"),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], _asset("page.html"))


def _asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def as_json(data: Any) -> str:
    """JSON that may stand in a <script>: nothing in it can end the element, or begin a comment."""
    text = json.dumps(data)  # in ASCII
    for c in "<>&":
        text = text.replace(c, f"\\u{ord(c):04x}")
    return text


def number_titles(graph: Graph) -> None:
    """Give vertices that would be called alike a number each, so that a sentence can tell them apart."""
    counts = Counter(v.label for v in graph.vertices)
    seen: Counter[str] = Counter()
    for v in graph.vertices:
        label = v.label
        if counts[label] > 1:
            seen[label] += 1
            v.title = f"{v.title} {seen[label]}"


class _Telling:
    """What the page says about each vertex and each delivery."""

    def __init__(self, graph: Graph, names: Names, has_gradient: bool) -> None:
        self.graph = graph
        self.names = names
        self.has_gradient = has_gradient
        self.vertex = {id(v.thing): v for v in graph.vertices}
        self.edge = {(e.target, e.input): i for i, e in enumerate(graph.edges) if e.input is not None}

    # ---- vertices

    def node(self, v: Vertex) -> dict[str, Any]:
        told: dict[str, Any] = {"label": v.label, "kind": v.kind}
        if v.kind == "op":
            node = v.thing
            formula, _, about = unwrapped(documented(node)).partition("\n\n")
            told |= {"grad_fn": node.name(), "formula": formula, "about": about}
            told |= {"kept": self.kept(node), "made": made_at(node)}
            told["where"], told["source"] = source_of(node)
        return told

    def kept(self, node: Node) -> list[dict[str, str]]:
        blocks = []
        for array, owner in kept(node):
            if isinstance(owner, int):
                label = "its result" if len(node.outputs) == 1 else f"its output {owner}"
            else:
                label = self.label_of(owner)
            blocks.append(block(label, on_host(array)))
        return blocks

    def label_of(self, t: Tensor) -> str:
        at = place_of(t)
        thing = at[0] if isinstance(at, tuple) else at
        v = self.vertex.get(id(thing))
        name = self.names.name.get(at, "") if at is not None else ""
        return name or (v.label if v is not None and v.kind != "op" else v.result if v else "an input")

    # ---- steps

    def step(self, d: Delivery) -> dict[str, Any]:
        target = self.vertex[id(d.target)]
        source = None if d.source is None else self.vertex[id(d.source)]
        is_leaf = target.kind == "leaf"
        is_alone = is_leaf or len(d.target.outputs) == 1
        to = target.label if is_alone else f"{target.label} (output {d.output})"
        said = [self.opening(d, source, to)]
        parts: list[dict[str, Any]] = []
        if source is not None and d.source is not None:
            many = sum(g is not None for g in d.incoming) > 1
            parts.append(part(
                f"The gradient of {source.result}",
                [block(f"of output {nr}" if many else "comes in", g) for nr, g in enumerate(d.incoming) if g is not None],
                "A hook has changed it since it was added up." if d.is_changed else "",
            ))  # fmt: skip
            goes = [block("goes out", d.raw)]
            text = ""
            if d.raw.shape != d.sent.shape:
                text = (
                    f"{to} has the shape {shape_text(d.sent.shape)}; it was broadcast. Each copy sends its gradient back, "
                    "and the engine sums them (fit, in minitorch/autograd/engine.py)."
                )
                said.append(f"It is summed from {shape_text(d.raw.shape)} to {shape_text(d.sent.shape)}, undoing the broadcasting.")
                goes.append(block("summed", d.sent))
            if d.raw.dtype != d.sent.dtype:
                said.append(f"It is cast from {d.raw.dtype} to {d.sent.dtype}.")
                if d.raw.shape == d.sent.shape:
                    goes.append(block("cast", d.sent))
            parts.append(part(f"The gradient for {target.result if is_alone else to}", goes, text))
        if d.before is not None:
            parts.append(part(
                f"What has arrived at {to}", [block("so far", d.before), block("+ this one", d.sent), block("=", d.total)]
            ))  # fmt: skip
        said += self.arrival(d, to, is_leaf)
        return {
            "source": None if source is None else source.key,
            "target": target.key,
            "edge": None if source is None else self.edge[source.key, d.input],
            "sentence": " ".join(said),
            "parts": parts,
            "slot": f"∂ {brief(d.total)}",
        }

    def opening(self, d: Delivery, source: Vertex | None, to: str) -> str:
        if source is not None:
            return f"{source.label} passes {quantity(d.raw)} on to {to}."
        if self.has_gradient:
            return f"The walk begins at {to} with the gradient that was given: {quantity(d.sent)}."
        result = self.vertex[id(d.target)].result
        return f"The walk begins at {to} with {quantity(d.sent)}: the derivative of {result} with respect to itself."

    def arrival(self, d: Delivery, to: str, is_leaf: bool) -> list[str]:
        said = []
        if d.arrivals > 1:
            if d.arrival == 1:
                said.append(f"It is the first of {d.arrivals} gradients that arrive there.")
            else:
                nth = ORDINALS[d.arrival - 1] if d.arrival <= len(ORDINALS) else f"number {d.arrival}"
                said.append(f"It is the {nth} of {d.arrivals}, and is added to what was there: {sum_of(d)}.")
        if d.arrival == d.arrivals and is_leaf:
            said.append(f"That is the whole gradient of {to}.")
            if d.target._hooks:
                said.append("A hook on it may still change what is added to its .grad.")
        elif d.arrival == d.arrivals and d.arrivals > 1:
            said.append("Now all are there, and the sum may be passed on.")
        return said

    def end(self, recording: Recording) -> dict[str, Any]:
        blocks = [block(self.vertex[id(leaf)].label, g) for leaf, g in recording.leaves.items()]
        return {
            "source": None, "target": None, "edge": None, "slot": "",
            "sentence": "The walk is over. Only now does the engine add each leaf's gradient to its .grad.",
            "parts": [part("The gradients of the leaves", blocks)],
        }  # fmt: skip


def part(title: str, blocks: Sequence[dict[str, str]], text: str = "") -> dict[str, Any]:
    return {"title": title, "blocks": list(blocks), "text": text}


def block(label: str, array: np.ndarray) -> dict[str, str]:
    """A tensor's numbers as the page shows them."""
    text, note = corner(array)
    return {"label": label, "shape": shape_text(array.shape), "text": text, "note": note}


def quantity(array: np.ndarray) -> str:
    """A gradient in a sentence: its number, its few numbers, or its shape."""
    if array.size == 1 or (array.ndim == 1 and is_small(array, width=4)):
        return f"the gradient {brief(array)}"
    return f"a gradient of shape {shape_text(array.shape)}"


def sum_of(d: Delivery) -> str:
    """The addition in one line, for what is small enough."""
    if d.before is None or not (d.total.size == 1 or (d.total.ndim == 1 and is_small(d.total, width=3))):
        return f"a sum of shape {shape_text(d.total.shape)}"
    return f"{brief(d.before)} + {brief(d.sent)} = {brief(d.total)}"


def unwrapped(text: str) -> str:
    """A docstring whose paragraphs are a line each; indented lines stay as they are."""
    return re.sub(r"(?<=\S)\n(?=\S)", " ", text)


def source_of(node: Node) -> tuple[str, str]:
    """Where the operation's `backward` stands, and its lines; empty if its file cannot be read."""
    function = getattr(node, "_function", None)
    code = type(node).backward if function is None else function._derivative()  # type: ignore[attr-defined]  # an Op
    try:
        lines, first = inspect.getsourcelines(code)
        file = Path(inspect.getsourcefile(code) or "")
    except (OSError, TypeError):
        return "", ""
    return f"{_short(file)}:{first}", textwrap.dedent("".join(lines)).rstrip()


def made_at(node: Node) -> str:
    """The line of the program that recorded the operation, if `watch` or anomaly detection noted it."""
    noted = seen.get(node)
    if noted is not None:
        return f"{_short(Path(noted.file))}:{noted.line}\n{linecache.getline(noted.file, noted.line).strip()}".rstrip()
    if node.forward_stack is None:
        return ""
    frame = anomaly_mode._trimmed(node.forward_stack)[-1]
    return f"{_short(Path(frame.filename))}:{frame.lineno}\n{frame.line or ''}".rstrip()


def _short(file: Path) -> str:
    return str(file.relative_to(PACKAGE.parent)) if file.is_relative_to(PACKAGE) else file.name
