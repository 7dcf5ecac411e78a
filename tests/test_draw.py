"""Graphs as pictures: everything appears once, nothing overlaps, nothing leaves its box, names cannot break out."""

from __future__ import annotations

import itertools
import random
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

import pytest
import torch
from random_programs import Drawer, asked, run

import minitorch
from minitorch import nn
from minitorch.autograd.node import AccumulateGrad
from minitorch.pictures.layout import Layout, layout, spread
from minitorch.pictures.svg import PAD_X, SIZE, Box, Line
from minitorch.pictures.text import cut, number, width

SVG = "{http://www.w3.org/2000/svg}"
ROOT = Path(__file__).resolve().parent.parent


def random_graphs(count: int, seed: int = 0):
    """The results of random programs, in minitorch, those whose history is defined."""
    made = 0
    for i in itertools.count():
        rng = random.Random(1000 * seed + i)
        drawer = Drawer(lambda _: rng.random() < 0.5)  # noqa: B023
        drawer.leaf()
        for _ in range(14):
            drawer.statement()
            if not drawer.is_bounded():
                break
        space = run(minitorch, drawer.lines)[1]
        tensors = {k: t for k, t in space.items() if isinstance(t, minitorch.Tensor)}
        roots = [t for t in tensors.values() if asked(lambda: t.grad_fn is not None)]  # noqa: B023
        if roots:
            yield roots[-2:], tensors
            made += 1
            if made == count:
                return


def true_graph(roots):
    """Numbers of operations and leaves, and edges between them, by PyTorch's public names alone."""
    nodes, stack = set(), [t.grad_fn for t in roots]
    while stack:
        node = stack.pop()
        if node is not None and node not in nodes and not isinstance(node, AccumulateGrad):
            nodes.add(node)
            stack += [n for n, _ in node.next_functions]
    ordered = sorted(nodes, key=lambda node: node.sequence_nr)
    leaves: dict[int, int] = {}
    edges: Counter = Counter()
    for i, node in enumerate(ordered):
        for n, _ in node.next_functions:
            if isinstance(n, AccumulateGrad):
                edges["leaf", leaves.setdefault(id(n.variable), len(leaves)), i] += 1
            elif n is not None:
                edges["op", ordered.index(n), i] += 1
    return len(ordered), len(leaves), edges


def test_every_node_and_edge_appears_once():
    for roots, names in random_graphs(60):
        picture = minitorch.draw(roots, names=names)
        svg = ET.fromstring(str(picture))
        drawn = [g for g in svg.iter(f"{SVG}g") if "data-node" in g.attrib]
        kinds = {g.get("data-node"): g.get("class").split()[1].removeprefix("mt-") for g in drawn}
        assert len(kinds) == len(drawn)
        place = {k: [n for n, kind in kinds.items() if kind == kinds[k]].index(k) for k in kinds}
        edges: Counter = Counter()
        for g in svg.iter(f"{SVG}g"):
            if "data-edge" in g.attrib:
                a, b = g.get("data-from"), g.get("data-to")
                assert kinds[b] == "op"
                if kinds[a] != "constant":
                    edges[kinds[a], place[a], place[b]] += 1
        ops, leaves, wanted = true_graph(roots)
        assert Counter(kinds.values())["op"] == ops
        assert Counter(kinds.values())["leaf"] == leaves
        assert edges == wanted


# ---- layout ----------------------------------------------------------------------------------------------------------


def bezier(points, steps=12):
    """Points along an edge, in order."""
    for i, ((a, b), (c, d)) in enumerate(itertools.pairwise(points)):
        for k in range(steps + 1):
            t = k / steps
            if i % 2 == 0:
                yield a + (c - a) * t, b + (d - b) * t
            else:
                m, s = (b + d) / 2, 1 - t
                yield (
                    s**3 * a + 3 * s * s * t * a + 3 * s * t * t * c + t**3 * c,
                    s**3 * b + 3 * s * s * t * m + 3 * s * t * t * m + t**3 * d,
                )


def check_layout(plan: Layout, sizes, edges):
    rects = [(x - w / 2, y, x + w / 2, y + h) for (x, y), (w, h) in zip(plan.boxes, sizes, strict=True)]
    for (a, b, c, d), (e, f, g, h) in itertools.combinations(rects, 2):
        assert c <= e or g <= a or d <= f or h <= b, "two boxes overlap"
    for a, b, c, d in rects:
        assert 0 <= a and c <= plan.width and 0 <= b and d <= plan.height, "a box leaves the picture"
    for (u, v), points in zip(edges, plan.edges, strict=True):
        (x0, y0), (x1, y1) = points[0], points[-1]
        assert abs(y0 - rects[u][3]) < 1e-6 and rects[u][0] <= x0 <= rects[u][2], "does not begin at its box"
        assert abs(y1 - rects[v][1]) < 1e-6 and rects[v][0] <= x1 <= rects[v][2], "does not end at its box"
        assert y1 > y0, "leads upwards"
        path = list(bezier(points))
        assert all(q[1] >= p[1] - 1e-6 for p, q in itertools.pairwise(path)), "turns upwards"
        for i, (a, b, c, d) in enumerate(rects):
            inside = any(a + 1e-6 < x < c - 1e-6 and b + 1e-6 < y < d - 1e-6 for x, y in path)
            assert not inside, f"edge {u} → {v} runs through box {i}"


def random_dag(rng: random.Random, count: int):
    sizes = [(rng.uniform(20, 200), rng.uniform(20, 120)) for _ in range(count)]
    edges = [tuple(sorted(rng.sample(range(count), 2))) for _ in range(rng.randint(0, 2 * count))] if count > 1 else []
    return sizes, edges + edges[:2]  # two of them twice


@pytest.mark.parametrize("seed", range(25))
def test_layout_of_random_graphs(seed):
    rng = random.Random(seed)
    sizes, edges = random_dag(rng, rng.randint(1, 30))
    check_layout(layout(sizes, edges), sizes, edges)


def test_layout_of_programs():
    for roots, names in random_graphs(20, seed=1):
        picture = minitorch.draw(roots, names=names)
        sizes = [(b.width, b.height) for b in picture.boxes]
        plan = Layout([(b.x + b.width / 2, b.y) for b in picture.boxes], [a.points for a in picture.arrows], 1e9, 1e9)
        check_layout(plan, sizes, [(a.source, a.target) for a in picture.arrows])


def test_the_check_of_layouts_notices():
    sizes, edges = [(40, 20), (40, 20), (40, 20)], [(0, 1), (1, 2)]
    plan = layout(sizes, edges)
    check_layout(plan, sizes, edges)
    moved = Layout([plan.boxes[1], *plan.boxes[1:]], plan.edges, plan.width, plan.height)
    with pytest.raises(AssertionError, match="overlap"):
        check_layout(moved, sizes, edges)
    beside = Layout(plan.boxes, [[(x + 30, y) for x, y in plan.edges[0]], plan.edges[1]], plan.width, plan.height)
    with pytest.raises(AssertionError, match="begin"):
        check_layout(beside, sizes, edges)


def test_a_circle_is_refused():
    with pytest.raises(ValueError, match="cycle"):
        layout([(1, 1)] * 2, [(0, 1), (1, 0)])


def test_spread_is_the_nearest_arrangement():
    """Against every arrangement on a grid."""
    rng = random.Random(3)
    for _ in range(20):
        wish, weight = [rng.randint(0, 6) for _ in range(3)], [rng.choice((1.0, 4.0)) for _ in range(3)]
        gap = [rng.randint(1, 3) for _ in range(2)]
        cost = lambda xs: sum(w * (x - d) ** 2 for x, d, w in zip(xs, wish, weight, strict=True))  # noqa: B023, E731
        found = spread(wish, weight, gap)
        assert all(b - a >= g - 1e-9 for (a, b), g in zip(itertools.pairwise(found), gap, strict=True))
        grid = [k / 2 for k in range(-8, 26)]
        best = min(
            cost((a, b, c)) for a in grid for b in grid if b - a >= gap[0] for c in grid if c - b >= gap[1]
        )
        assert cost(found) <= best + 1e-9


def test_few_crossings():
    """A matching drawn crosswise is untangled."""
    plan = layout([(30, 20)] * 8, [(0, 7), (1, 6), (2, 5), (3, 4)])
    for (u, v), (s, t) in itertools.combinations([(0, 7), (1, 6), (2, 5), (3, 4)], 2):
        assert (plan.boxes[u][0] - plan.boxes[s][0]) * (plan.boxes[v][0] - plan.boxes[t][0]) > 0


# ---- text ------------------------------------------------------------------------------------------------------------


def test_text_fits_its_box():
    wide = minitorch.ones(2, requires_grad=True)
    names = {"梯度" * 40: wide}
    for picture in [minitorch.draw((wide * 2).sum(), names=names), *(minitorch.draw(r, names=n) for r, n in random_graphs(10))]:
        for box in picture.boxes:
            for line in box.lines:
                assert width(line.text, SIZE[line.role]) <= box.width - 2 * PAD_X + 1e-9
            assert sum(SIZE[line.role] for line in box.lines) < box.height
    assert width("梯度", 10) == 2 * width("ab", 10)
    assert Box(0, "op", [Line("x", room="x" * 50)]).width > 50 * 12 * 0.6


@pytest.mark.parametrize("most", [1, 2, 5, 9])
def test_cut(most):
    assert width(cut("abcdefgh梯度梯度", most), 1) <= width("x" * most, 1)
    assert cut("abc", 3) == "abc"
    assert cut("a\x00\nb", 9) == "a��b"


@pytest.mark.parametrize(
    "value, text",
    [(-0.5, "−0.5"), (-0.0, "0"), (1e-7, "1e−7"), (float("-inf"), "−∞"), (float("nan"), "nan"), (True, "True"), (3, "3"), (1e20, "1e+20")],
)
def test_numbers(value, text):
    assert number(value) == text


@pytest.mark.parametrize("name", ["</script><b>&\"'", "]]>", "a\x00b", "<svg onload=1>", "{{css}}"])
def test_names_are_escaped(name):
    x = minitorch.ones(2, requires_grad=True)
    picture = minitorch.draw((x * 2).sum(), names={name: x})
    svg = ET.fromstring(str(picture))
    texts = [t.text for t in svg.iter(f"{SVG}text")]
    assert name.replace("\x00", "�") in texts
    assert {e.tag.removeprefix(SVG) for e in svg.iter()} <= {"svg", "title", "style", "g", "path", "rect", "text"}


def texts_of(picture, key=None):
    return [line.text for box in picture.boxes if key in (None, box.key) for line in box.lines]


def test_values_and_gradients():
    x = minitorch.tensor(2.0, requires_grad=True)
    y = minitorch.tensor([[3.0, -1.5]], requires_grad=True)
    z = x * y
    z.retain_grad()
    loss = z.sum()
    loss.backward(retain_graph=True)
    picture = minitorch.draw(loss, names={"x": x, "y": y, "z": z})
    texts = texts_of(picture)
    for text in ("x", "y", "z", "Mul", "z = x·y", "3\u00a0\u00a0−1.5", "6\u00a0\u00a0−3", "∂ 1.5", "∂ 2\u00a0\u00a02", "∂ 1\u00a0\u00a01"):
        assert text in texts
    bare = texts_of(minitorch.draw(loss, names={"x": x}, values=False))
    assert not any("∂" in text or "1.5" in text for text in bare)
    assert [b.is_result for b in picture.boxes] == [False, False, False, True]


def test_large_tensors_are_summed_up():
    w = minitorch.arange(600.0, requires_grad=True)
    assert "300 ± 173" in texts_of(minitorch.draw(w * 2)) and "[600]" in texts_of(minitorch.draw(w * 2))


def test_a_stale_value_is_not_shown():
    """What was saved and then changed in place is not the value any more."""
    x = minitorch.ones(2, requires_grad=True)
    y = x.exp()
    z = y.sum()
    assert any(text.startswith("2.718") for text in texts_of(minitorch.draw(z)))
    y.data.add_(0)  # no history, but the counter is shared
    y._bump_version()
    assert not any(text.startswith("2.718") for text in texts_of(minitorch.draw(z)))


def test_constants_and_single_tensors():
    x, w = minitorch.ones(2, 3), minitorch.ones(3, 2, requires_grad=True)
    assert Counter(b.kind for b in minitorch.draw(x @ w).boxes) == {"constant": 1, "leaf": 1, "op": 1}
    assert [b.kind for b in minitorch.draw(w).boxes] == ["leaf"]
    assert [b.kind for b in minitorch.draw(x).boxes] == ["constant"]


# ---- names, layers, limits -------------------------------------------------------------------------------------------


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.block = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 4))
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        return self.head(self.block(x).tanh())


def test_names_of_modules():
    net = Net()
    loss = net(minitorch.ones(1, 3)).sum()
    assert {"block.0.weight", "head.bias"} <= set(texts_of(minitorch.draw(loss, names=net)))
    _hidden = net.head.weight
    assert {"net.block.0.weight", "net.head.bias", "loss"} <= set(texts_of(minitorch.draw(loss, names=locals())))
    for bad in ([net], {1: loss}, "net"):
        with pytest.raises(TypeError, match="names"):
            minitorch.draw(loss, names=bad)


@pytest.mark.parametrize(
    "collapse, boxes",
    [(True, {"block.0", "block.2", "head"}), (1, {"block", "head"}), (["block"], {"block"}), (2, {"block.0", "block.2", "head"})],
)
def test_collapse(collapse, boxes):
    net = Net()
    picture = minitorch.draw(net(minitorch.ones(1, 3)).sum(), names=net, collapse=collapse)
    assert {b.lines[0].text for b in picture.boxes if b.kind == "group"} == boxes
    assert any(a.source != a.target for a in picture.arrows)
    leaves = [b for b in picture.boxes if b.kind == "leaf"]
    assert len(leaves) == (2 if collapse == ["block"] else 0)
    plan = Layout([(b.x + b.width / 2, b.y) for b in picture.boxes], [a.points for a in picture.arrows], 1e9, 1e9)
    check_layout(plan, [(b.width, b.height) for b in picture.boxes], [(a.source, a.target) for a in picture.arrows])


def test_collapsed_layers_that_lie_on_paths_through_each_other():
    a, b = nn.Linear(2, 2), nn.Linear(2, 2)
    x = minitorch.ones(1, 2)
    names = {"a": a, "b": b}
    picture = minitorch.draw(b(a(b(x))).sum(), names=names, collapse=True)
    assert [box.lines[0].text for box in picture.boxes if box.kind == "group"] == ["b, a"]
    picture = minitorch.draw((b(a(x)) + a(b(x))).sum(), names=names, collapse=True)  # neither encloses the other
    assert [box.lines[0].text for box in picture.boxes if box.kind == "group"] == ["a, b"]


def test_collapse_needs_layers():
    x = minitorch.ones(2, requires_grad=True)
    with pytest.raises(ValueError, match="names=net"):
        minitorch.draw(x.sum(), collapse=True)
    with pytest.raises(ValueError, match="at least 1"):
        minitorch.draw(x.sum(), collapse=0)


def test_limit():
    x = minitorch.ones(2, requires_grad=True)
    y = x
    for _ in range(50):
        y = y * 2
    with pytest.raises(ValueError, match=r"limit=20.*collapse=True"):
        minitorch.draw(y, limit=20)
    assert len(minitorch.draw(y).boxes) == 51


def test_refuses_what_is_no_tensor():
    for bad in ([], [1], [torch.ones(1)]):
        with pytest.raises(TypeError, match="draw takes a tensor"):
            minitorch.draw(bad)


# ---- files -----------------------------------------------------------------------------------------------------------


def test_save(tmp_path):
    x = minitorch.ones(2, requires_grad=True)
    picture = minitorch.draw(x.sum(), names={"a<b": x})
    assert picture._repr_svg_() == str(picture)
    assert ET.parse(picture.save(tmp_path / "g.svg")).getroot().tag == f"{SVG}svg"
    page = picture.save(str(tmp_path / "g.html")).read_text()
    assert page.startswith("<!doctype html>") and "<svg" in page and "{{" not in page
    with pytest.raises(ValueError, match=r"\.svg or \.html"):
        picture.save(tmp_path / "g.png")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["g.html", "g.svg"]


def test_importing_minitorch_leaves_the_pictures_alone():
    code = "import sys, minitorch; print([m for m in sys.modules if 'pictures' in m]); minitorch.draw; print('minitorch.pictures' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.split("\n")[:2] == ["[]", "True"]


def test_colours_for_light_and_dark():
    """Text stands out from its box by 4.5 : 1, lines from white and from black by 3 : 1."""
    from minitorch.pictures.svg import DARK, LIGHT

    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    def contrast(a, b):
        high, low = sorted((luminance(a), luminance(b)), reverse=True)
        return (high + 0.05) / (low + 0.05)

    for theme in (LIGHT, DARK):
        colours = dict(re.findall(r"--mt-([\w-]+): (#\w{6})", theme))
        for box in ("op", "leaf", "constant", "group", "result"):
            for ink in ("ink", "soft", "grad"):
                assert contrast(colours[ink], colours[box]) >= 4.5, (box, ink)
        assert contrast(colours["line"], "#ffffff") >= 3 and contrast(colours["line"], "#000000") >= 3


# ---- watching --------------------------------------------------------------------------------------------------------


def test_watching_shows_every_value():
    x = minitorch.tensor([1.0, 2.0], requires_grad=True)
    plain = minitorch.autograd.node.Node.stamp
    with minitorch.pictures.watch():
        y = (x * 3 + 1) - 2
        with minitorch.autograd.set_detect_anomaly(True):
            z = y / 2
    assert minitorch.autograd.node.Node.stamp is plain
    texts = texts_of(minitorch.draw(z))
    assert {"3\u00a0\u00a06", "4\u00a0\u00a07", "2\u00a0\u00a05"} <= set(texts)
    y.mul_(10)  # a copy was kept: the old results stay what they were
    assert "2\u00a0\u00a05" in texts_of(minitorch.draw(z))


def test_watching_does_not_show_what_was_changed():
    x = minitorch.ones(100, requires_grad=True)
    with minitorch.pictures.watch():
        y = x * 3
        z = y + 1
    assert {"3 ± 0", "4 ± 0"} <= set(texts_of(minitorch.draw(z)))
    y.zero_()
    assert not {"3 ± 0", "0 ± 0"} & set(texts_of(minitorch.draw(z)))


def test_watching_changes_nothing_and_holds_nothing():
    import gc
    import weakref

    from minitorch.pictures.watching import seen

    x = minitorch.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(KeyError), minitorch.pictures.watch():
        raise KeyError
    with minitorch.pictures.watch():
        y = x.exp()
    node = weakref.ref(y.grad_fn)
    assert node() in seen
    y.sum().backward()
    assert x.grad.tolist() == y.tolist()
    gc.disable()
    try:
        del y
        assert node() is None
    finally:
        gc.enable()
