"""Where boxes and edges go: a layered layout, after Sugiyama, in four steps.

1. Layers: a box lies below everything it depends on. It moves down towards its users if they are more than its inputs,
   where an input that depends on nothing does not count: that one comes along.
2. An edge over several layers gets a point in each layer that it passes; edges from one box share these points, so
   that a weight used in every step of a recurrent net has one line along the side, not one for each step.
3. Order within a layer: each item goes to the mean position of its neighbours, in sweeps down and up, then neighbours
   change places while that saves crossings. The order with the fewest crossings is kept.
4. Positions: sweeps again, each item wishing to be at the mean of its neighbours. For a layer whose order and least
   distances are given, the nearest positions in the sense of least squares are found exactly (`spread`).

Why not a library: Graphviz is a program to be installed; networkx has no layered layout of its own; grandalf, which is
pure Python, is licensed under the GPL or EPL. What is needed here fits into this file.

Two properties hold by construction: boxes never overlap, since a layer's items keep their distance and layers lie
apart; and no edge runs through a box, since an edge bends only between layers and has its own column within one.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass, field

BETWEEN_BOXES, BESIDE_LINES = 24.0, 14.0
BETWEEN_LAYERS = 40.0
LINE = 4.0  # the width that a passing edge takes
SWEEPS = 12
MARGIN = 8.0
MANY = 3000  # more items than this are not exchanged pairwise

Point = tuple[float, float]


@dataclass
class Layout:
    """Boxes as (x of the middle, y of the top), one per box; edges as lists of points, one per edge.

    Between the points 2i and 2i + 1 of an edge the line is straight and vertical, between 2i + 1 and 2i + 2 it bends.
    """

    boxes: list[Point]
    edges: list[list[Point]]
    width: float
    height: float
    layers: list[int] = field(default_factory=list)


def layers_of(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The layer of each box: all edges lead to a larger number. ValueError if they lead around in a circle."""
    before: list[list[int]] = [[] for _ in range(count)]
    after: list[list[int]] = [[] for _ in range(count)]
    for u, v in edges:
        before[v].append(u)
        after[u].append(v)
    waiting = [len(us) for us in before]
    order = [v for v in range(count) if not waiting[v]]
    layer = [0] * count
    for u in order:  # grows while it is read
        for v in after[u]:
            layer[v] = max(layer[v], layer[u] + 1)
            waiting[v] -= 1
            if not waiting[v]:
                order.append(v)
    if len(order) < count:
        raise ValueError("the graph has a cycle")
    for v in reversed(order):
        if len(after[v]) > sum(bool(before[u]) for u in before[v]):
            layer[v] = min(layer[w] for w in after[v]) - 1
    return layer


class _Items:
    """Boxes and the points where edges pass a layer, with the pieces of edges between neighbouring layers."""

    def __init__(self, sizes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int]]) -> None:
        self.boxes = len(sizes)
        self.layer = layers_of(len(sizes), edges)
        self.width = [w for w, _ in sizes]
        self.up: list[list[int]] = [[] for _ in sizes]
        self.down: list[list[int]] = [[] for _ in sizes]
        self.paths: list[list[int]] = []  # of each edge: the items that it passes
        points: dict[tuple[int, int], int] = {}
        for u, v in edges:
            path = [u]
            for layer in range(self.layer[u] + 1, self.layer[v]):
                item = points.get((u, layer))
                if item is None:
                    item = points[u, layer] = len(self.layer)
                    self.layer.append(layer)
                    self.width.append(LINE)
                    self.up.append([])
                    self.down.append([])
                    self._link(path[-1], item)
                path.append(item)
            self._link(path[-1], v)
            self.paths.append([*path, v])
        self.rows: list[list[int]] = [[] for _ in range(1 + max(self.layer, default=-1))]

    def _link(self, a: int, b: int) -> None:
        self.down[a].append(b)
        self.up[b].append(a)

    def arrange(self) -> None:
        """Fill `rows`: for each layer its items from left to right."""
        seen = [False] * len(self.layer)
        for end in (v for v in range(len(self.layer)) if not self.down[v]):
            stack = [(end, iter(self.up[end]))]
            seen[end] = True
            while stack:  # inputs from left to right, each with all that it depends on
                item, rest = stack[-1]
                for above in rest:
                    if not seen[above]:
                        seen[above] = True
                        stack.append((above, iter(self.up[above])))
                        break
                else:
                    self.rows[self.layer[item]].append(item)
                    stack.pop()
        place = [0.0] * len(self.layer)
        best, fewest = [row[:] for row in self.rows], self.crossings()
        for sweep in range(SWEEPS):
            if not fewest:
                break
            down = sweep % 2 == 0
            for row in self.rows if down else reversed(self.rows):
                for i, item in enumerate(row):
                    near = self.up[item] if down else self.down[item]
                    place[item] = sum(place[n] for n in near) / len(near) if near else float(i)
                row.sort(key=place.__getitem__)
                for i, item in enumerate(row):
                    place[item] = float(i)
            now = self.crossings()
            if now < fewest:
                best, fewest = [row[:] for row in self.rows], now
        self.rows = best
        if fewest and len(self.layer) <= MANY:
            self._exchange()

    def crossings(self) -> int:
        """How many pairs of lines cross."""
        total = 0
        for row, below in zip(self.rows, self.rows[1:], strict=False):
            place = {item: i for i, item in enumerate(below)}
            ends: list[int] = []
            for item in row:
                mine = sorted(place[n] for n in self.down[item])
                total += sum(len(ends) - bisect_left(ends, p + 1) for p in mine)
                for p in mine:
                    insort(ends, p)
        return total

    def _exchange(self) -> None:
        """Let neighbours change places while that saves crossings."""
        place = [0] * len(self.layer)
        for row in self.rows:
            for i, item in enumerate(row):
                place[item] = i

        def crossed(a: int, b: int) -> int:
            return sum(
                place[m] > place[n]
                for near in (self.up, self.down)
                for m in near[a]
                for n in near[b]
            )

        for _ in range(8):
            changed = False
            for row in self.rows:
                for i in range(len(row) - 1):
                    a, b = row[i], row[i + 1]
                    if crossed(a, b) > crossed(b, a):
                        row[i], row[i + 1] = b, a
                        place[a], place[b] = i + 1, i
                        changed = True
            if not changed:
                break

    def positions(self) -> list[float]:
        """The x of every item's middle."""
        x = [0.0] * len(self.layer)
        gaps = []
        for row in self.rows:
            gap = [
                (self.width[a] + self.width[b]) / 2
                + (BETWEEN_BOXES if a < self.boxes and b < self.boxes else BESIDE_LINES)
                for a, b in zip(row, row[1:], strict=False)
            ]
            gaps.append(gap)
            at = -sum(gap) / 2
            for item, step in zip(row, [*gap, 0.0], strict=True):
                x[item] = at
                at += step
        for sweep in range(SWEEPS * (8 if len(x) <= MANY else 2)):
            sides = ((self.up,), (self.down,))[sweep % 2] if sweep < SWEEPS else (self.up, self.down)
            pairs = list(zip(self.rows, gaps, strict=True))
            for row, gap in pairs if sweep % 2 == 0 else reversed(pairs):
                wish, weight = [], []
                for item in row:
                    near = [(x[n], self._pull(item, n)) for side in sides for n in side[item]]
                    total = sum(pull for _, pull in near)
                    wish.append(sum(at * pull for at, pull in near) / total if near else x[item])
                    weight.append(total if near else 0.1)
                for item, at in zip(row, spread(wish, weight, gap), strict=True):
                    x[item] = at
        return x

    def _pull(self, a: int, b: int) -> float:
        """How much it matters that two neighbours are one above the other: that keeps long lines and chains straight."""
        if a >= self.boxes and b >= self.boxes:
            return 40.0
        return 20.0 if self.up[a] and self.up[b] else 1.0  # less for what depends on nothing


def spread(wish: Sequence[float], weight: Sequence[float], gap: Sequence[float]) -> list[float]:
    """The positions nearest to `wish` (weighted squares) where each is at least its `gap` to the right of the last.

    Less the sum of the gaps before it, each position must be no smaller than the last one: that is isotonic
    regression, solved by joining neighbours that are in the wrong order into blocks at their common mean.
    """
    blocks: list[list[float]] = []  # mean, weight, how many
    offset, offsets = 0.0, []
    for i, (at, w) in enumerate(zip(wish, weight, strict=True)):
        offset += gap[i - 1] if i else 0.0
        offsets.append(offset)
        blocks.append([at - offset, w, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            m, u, n = blocks.pop()
            last = blocks[-1]
            last[0] = (last[0] * last[1] + m * u) / (last[1] + u)
            last[1] += u
            last[2] += n
    means = [m for m, _, n in blocks for _ in range(int(n))]
    return [m + o for m, o in zip(means, offsets, strict=True)]


def layout(sizes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int]]) -> Layout:
    """Lay out boxes of these (width, height)s, with edges (upper box, lower box)."""
    items = _Items(sizes, edges)
    items.arrange()
    x = items.positions()
    left = min((x[v] - items.width[v] / 2 for v in range(len(x))), default=0.0) - MARGIN
    x = [at - left for at in x]

    tops, bottoms, y = [], [], MARGIN
    for row in items.rows:
        height = max((sizes[v][1] for v in row if v < items.boxes), default=0.0)
        tops.append(y)
        bottoms.append(y + height)
        reach = max((abs(x[v] - x[w]) for v in row for w in items.down[v]), default=0.0)
        y += height + BETWEEN_LAYERS + min(50.0, reach / 10)
    boxes = [(x[v], (tops[items.layer[v]] + bottoms[items.layer[v]] - sizes[v][1]) / 2) for v in range(len(sizes))]

    # Where lines leave and enter a box: side by side in the order of where they come from, or go to.
    leaves: dict[tuple[int, int], float] = {}  # (upper item, number among its links down) → x
    enters: dict[tuple[int, int], float] = {}
    links: list[tuple[int, int]] = [(a, b) for a in range(len(x)) for b in items.down[a]]
    for ends, links_of, other in ((leaves, 0, 1), (enters, 1, 0)):
        at: dict[int, list[int]] = {}
        for k, link in enumerate(links):
            at.setdefault(link[links_of], []).append(k)
        for item, ks in at.items():
            ks.sort(key=lambda k: x[links[k][other]])
            room = min(items.width[item] * 0.8, 22.0 * (len(ks) - 1)) if item < items.boxes else 0.0
            for i, k in enumerate(ks):
                ends[item, k] = x[item] + (room * (i / (len(ks) - 1) - 0.5) if room else 0.0)
    unused: dict[tuple[int, int], list[int]] = {}
    for k, link in enumerate(links):
        unused.setdefault(link, []).append(k)

    routes = []
    for path in items.paths:
        points: list[Point] = []
        for a, b in zip(path, path[1:], strict=False):
            ks = unused[a, b]
            # A line that several edges share stays; the last piece is each edge's own.
            k = ks[0] if b >= items.boxes else ks.pop(0)
            start, end = leaves[a, k], enters[b, k]
            if a < items.boxes:
                points.append((start, boxes[a][1] + sizes[a][1]))
            points += [(start, bottoms[items.layer[a]]), (end, tops[items.layer[b]])]
            if b < items.boxes:
                points.append((end, boxes[b][1]))
        routes.append(points)
    width = max((x[v] + items.width[v] / 2 for v in range(len(x))), default=0.0) + MARGIN
    return Layout(boxes, routes, width, (bottoms[-1] if bottoms else 0.0) + MARGIN, items.layer[: items.boxes])
