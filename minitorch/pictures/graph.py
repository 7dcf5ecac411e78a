"""The graph behind some tensors as a list of vertices and edges, with all that a picture says of each.

A node of the engine is a vertex, a leaf is one, and so is a constant that some node keeps for its backward (other
constants leave no trace in the graph). Edges go as the forward went, from what was computed first.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..autograd.node import RELEASED, Node, Saved
from ..autograd.op import Op, edge_of
from ..tensor import Tensor
from .names import Names, Place, place_of
from .text import columns, on_host
from .watching import values_of


@dataclass
class Vertex:
    """One box: an "op" (then `thing` is its Node), a "leaf" or a "constant" (then it is the Tensor)."""

    key: int
    kind: str
    thing: Any
    title: str
    name: str = ""  # what the user calls it, or its result
    shapes: list[tuple[int, ...]] = field(default_factory=list)
    formula: str = ""
    value: np.ndarray | None = None
    grad: np.ndarray | None = None
    is_result: bool = False
    members: list[str] = field(default_factory=list)  # of a "group": the titles of what it stands for
    parameters: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)  # and its parameters

    @property
    def label(self) -> str:
        """What a sentence calls it."""
        return f"{self.name} ({self.title})" if self.name and self.kind == "op" else self.name or self.title

    @property
    def result(self) -> str:
        """What a sentence calls the value."""
        return self.name or (f"{self.title}'s result" if self.kind == "op" else self.title)


@dataclass(frozen=True)
class Edge:
    """From output `output` of one vertex to input `input` of another (None: not known which, for a constant)."""

    source: int
    target: int
    output: int = 0
    input: int | None = None


@dataclass
class Graph:
    """Vertices, each after those it depends on, and the edges between them."""

    vertices: list[Vertex]
    edges: list[Edge]


def nodes_of(tensors: Sequence[Tensor]) -> list[Node]:
    """All nodes behind the tensors, in the order in which they were recorded."""
    found: set[Node] = set()
    stack: list[Any] = [t.grad_fn for t in tensors]
    while stack:
        node = stack.pop()
        if isinstance(node, Node) and node not in found:
            found.add(node)
            stack += [edge[0] for edge in node.edges if edge is not None]
    return sorted(found, key=lambda node: node.sequence_nr)


def kept(node: Node) -> list[tuple[Any, Any]]:
    """What the node keeps for backward and has not been changed since: (array, the tensor or output number it is)."""
    saved = getattr(node, "_saved", None)
    if type(saved) is not Saved or saved.arrays is RELEASED:
        return []
    pairs = zip(saved.arrays, saved.sources, strict=True)
    return [(a, s[0]) for a, s in pairs if a is not None and s is not None and s[1][0] == s[2]]


def title_of(node: Node) -> str:
    """The node's name without the words that all names share: Mul for MulBackward0."""
    name = node.name()
    head, word, tail = name.rpartition("Backward")
    return head if word and head and (not tail or tail.isdigit()) else name


def documented(node: Node) -> str:
    """The docstring of the operation, which has its formula and derivative."""
    owner = getattr(node, "_function", None) or type(node)
    return inspect.cleandoc(owner.__dict__.get("__doc__") or "")


def formula_of(node: Node, most: int = 40) -> str:
    """The forward's formula in short, where the operation has one."""
    if not isinstance(node, Op):
        return ""
    text = documented(node).split("\n")[0].split(";")[0].strip().rstrip(".")
    for end in (" for ", " with ", ", and ", ", read", ", stacks"):
        if columns(text) > most or end == ", stacks":
            text = text.split(end)[0].rstrip(",")
    return text if "=" in text and columns(text) <= most else ""


def collect(tensors: Sequence[Tensor], names: Names) -> Graph:
    """The graph behind `tensors`."""
    nodes = nodes_of(tensors)
    values: dict[Place, Any] = {place: t for place, t in names.tensor.items() if isinstance(place, tuple)}
    for node in nodes:
        for nr, array in values_of(node).items():
            values.setdefault((node, nr), array)
        for array, owner in kept(node):
            if isinstance(owner, int):
                values.setdefault((node, owner), array)
            elif isinstance(place := place_of(owner), tuple):
                values.setdefault(place, array)
    roots: list[Any] = [place_of(t) for t in tensors]
    values |= {place: t for place, t in zip(roots, tensors, strict=True) if isinstance(place, tuple)}

    graph = Graph([], [])
    keys: dict[int, int] = {}  # id of a node or leaf → its vertex

    def add(kind: str, thing: Any, title: str, name: str, **more: Any) -> int:
        if id(thing) not in keys:
            keys[id(thing)] = len(graph.vertices)
            graph.vertices.append(Vertex(len(graph.vertices), kind, thing, title, name, **more))
        return keys[id(thing)]

    def add_tensor(t: Tensor) -> int:
        is_leaf = edge_of(t) is not None
        grad = None if t._grad is None else on_host(t._grad)
        return add(
            "leaf" if is_leaf else "constant", t, "leaf" if is_leaf else "constant", names[t],
            shapes=[tuple(t.shape)], value=on_host(t), grad=grad,
        )  # fmt: skip

    for node in nodes:
        upper = [
            (add_tensor(e[0]) if isinstance(e[0], Tensor) else keys[id(e[0])], e[1], i)
            for i, e in enumerate(node.edges)
            if e is not None
        ]
        constants: dict[int, Tensor] = {}
        for _, owner in kept(node):
            if isinstance(owner, Tensor) and owner._grad_fn is None and edge_of(owner) is None:
                constants.setdefault(id(owner), owner)
        given = [add_tensor(t) for t in constants.values()]
        shapes = [tuple(shape) for shape, _ in node.outputs]
        key = add(
            "op", node, title_of(node), ", ".join(filter(None, (names[node, nr] for nr in range(len(shapes))))),
            shapes=shapes, formula=formula_of(node),
        )  # fmt: skip
        graph.edges += [Edge(u, key) for u in given]
        graph.edges += [Edge(u, key, nr, i) for u, nr, i in upper]
        vertex = graph.vertices[key]
        for reference in (node.retained or {}).values():
            if (t := reference()) is not None and t._grad is not None:
                vertex.grad = on_host(t._grad)
    for place in roots:
        if isinstance(place, tuple):
            graph.vertices[keys[id(place[0])]].is_result = True
        elif place is not None:
            graph.vertices[add_tensor(place)].is_result = True

    # Some operations have outputs beside their result, for their own use: only those that somebody uses are shown.
    used = {(e.source, e.output) for e in graph.edges}
    used |= {(keys[id(place[0])], place[1]) for place in roots if isinstance(place, tuple)}
    for v in graph.vertices:
        if v.kind != "op":
            continue
        numbers = [nr for nr in range(len(v.shapes)) if (v.key, nr) in used]
        v.shapes = [v.shapes[nr] for nr in numbers]
        value = values.get((v.thing, numbers[0])) if len(numbers) == 1 else None
        if value is not None and tuple(value.shape) == v.shapes[0]:
            v.value = on_host(value)
    return graph
