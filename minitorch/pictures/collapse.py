"""Layers of a module as one box each: the vertices that use a layer's parameters, and all that lies between them.

The graph does not record which module an operation ran in. But a parameter's name has its module's path in it, so the
operations that use one are known. What lies on a path between two of them belongs to them, too (the ReLU between two
convolutions of a block), or the picture would have a circle. For the same reason two groups of which each lies on a
path through the other become one.
"""

from __future__ import annotations

from collections.abc import Sequence

from .graph import Edge, Graph, Vertex

Which = bool | int | Sequence[str]  # what `collapse` may be


def group_name(parameter: str, which: Which) -> str | None:
    """The group that a parameter of this name belongs to; None if it shall stand alone."""
    path = parameter.rpartition(".")[0]
    if not path:
        return None
    if which is True:
        return path
    if isinstance(which, int):
        return ".".join(path.split(".")[:which])
    return next((p for p in which if path == p or path.startswith(p + ".")), None)


def collapse(graph: Graph, which: Which) -> Graph:
    """The graph with groups in place of layers. ValueError if no group is found."""
    if not isinstance(which, bool) and isinstance(which, int) and which < 1:
        raise ValueError(f"collapse must be at least 1, got {which}")
    groups: dict[str, set[int]] = {}
    for edge in graph.edges:
        leaf = graph.vertices[edge.source]
        name = group_name(leaf.name, which) if leaf.kind == "leaf" else None
        if name is not None:
            groups.setdefault(name, set()).update((edge.source, edge.target))
    if not groups:
        raise ValueError(
            "collapse found no layer: it goes by the names of parameters, so pass the module, as in "
            "draw(loss, names=net, collapse=True)"
        )
    owner = list(range(len(graph.vertices)))  # of each vertex: the one that it is drawn as
    title: dict[int, str] = {}
    for name, members in groups.items():
        merged = _closure(graph, owner, {owner[v] for v in members})
        head = min(merged)
        names = [title.pop(v) for v in sorted(merged) if v in title]
        title[head] = ", ".join(dict.fromkeys([*names, name]))
        owner = [head if o in merged else o for o in owner]
    return _contracted(graph, owner, title)


def _closure(graph: Graph, owner: list[int], members: set[int]) -> set[int]:
    """The vertices on paths that begin and end at members, in the graph as it is drawn so far."""
    reach = []
    for forward in (True, False):
        near: dict[int, list[int]] = {}
        for e in graph.edges:
            a, b = owner[e.source], owner[e.target]
            near.setdefault(a if forward else b, []).append(b if forward else a)
        seen, stack = set(members), list(members)
        while stack:
            for v in near.get(stack.pop(), ()):
                if v not in seen:
                    seen.add(v)
                    stack.append(v)
        reach.append(seen)
    return reach[0] & reach[1]


def _contracted(graph: Graph, owner: list[int], title: dict[int, str]) -> Graph:
    made = Graph([], [])
    new: dict[int, int] = {}
    members: dict[int, list[Vertex]] = {}
    for v in graph.vertices:
        members.setdefault(owner[v.key], []).append(v)
    # A group stands where its last operation stood, so that a vertex still comes after those it depends on.
    for head, vs in sorted(members.items(), key=lambda pair: pair[1][-1].key):
        new[head] = len(made.vertices)
        last = vs[-1]
        if head not in title:
            last.key = new[head]
            made.vertices.append(last)
            continue
        parameters = [(v.name.rpartition(".")[2], v.shapes[0]) for v in vs if v.kind == "leaf"]
        group = Vertex(
            new[head], "group", None, title[head], shapes=last.shapes, value=last.value,
            is_result=any(v.is_result for v in vs),
            members=[v.title for v in vs if v.kind == "op"], parameters=parameters,
        )  # fmt: skip
        made.vertices.append(group)
    for e in graph.edges:
        a, b = owner[e.source], owner[e.target]
        if a != b:
            made.edges.append(Edge(new[a], new[b], e.output, e.input))
    return made
