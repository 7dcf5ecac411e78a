"""The page that steps through backpropagation says what the engine did: same order, same numbers, nothing changed."""

from __future__ import annotations

import copy
import html.parser
import json
import os
import re

import numpy as np
import pytest
from random_programs import asked
from test_draw import random_graphs

import minitorch
from minitorch import nn
from minitorch.pictures import page as page_module
from minitorch.pictures.recording import record
from minitorch.tensor import Tensor


def weights_for(roots):
    rng = np.random.default_rng(0)
    return [minitorch.tensor(rng.normal(size=tuple(t.shape)), dtype=t.dtype) for t in roots]


def attempt(function):
    """The exception that it raises, as text, or None."""
    try:
        function()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


# ---- the record against the engine -----------------------------------------------------------------------------------


def test_deliveries_add_up_to_the_gradients():
    """For random programs: to the last bit, for every leaf; and where backward fails, recording fails alike."""
    compared = failed = 0
    for roots, tensors in random_graphs(150, seed=2):
        weights = weights_for(roots)
        leaves = [t for t in tensors.values() if asked(lambda: t.is_leaf and t.requires_grad) and not t._hooks]  # noqa: B023
        retained = [t for t in tensors.values() if asked(lambda: t.grad_fn is not None and t.retains_grad)]  # noqa: B023
        for t in leaves:
            t.grad = None
        before = [(t, t._grad, t._version) for t in tensors.values()]
        made = []
        error = attempt(lambda: made.append(record(roots, weights)))  # noqa: B023
        for t, grad, version in before:
            assert t._grad is grad and t._version == version
        assert error == attempt(lambda: minitorch.autograd.backward(roots, weights, retain_graph=True))  # noqa: B023
        if error:
            failed += 1
            continue
        assert all(t._grad is not None or not asked(lambda: t.grad_fn in made[0].order) for t in retained)  # noqa: B023
        for t in leaves:
            total = None
            for d in made[0].deliveries:
                if d.target is t:
                    total = d.sent if total is None else total + d.sent
            assert (t.grad is None) == (total is None)
            if total is not None:
                assert t.grad.numpy().dtype == total.dtype and np.array_equal(t.grad.numpy(), total, equal_nan=True)
                compared += 1
    assert compared > 100


class Watched(list):
    """A node's edges; the engine goes through them when it delivers, and that is noted."""

    log: list = []

    def __init__(self, node, edges):
        super().__init__(edges)
        self.node = node

    def __iter__(self):
        for i, edge in enumerate(super().__iter__()):
            Watched.log.append((self.node, i))
            yield edge


def test_the_order_is_the_engines():
    """Seen from within the walk itself, without hooks."""
    steps = 0
    for roots, _ in random_graphs(60, seed=3):
        weights = weights_for(roots)
        try:
            made = record(roots, weights)
        except RuntimeError:
            continue
        edges = {node: node.edges for node in made.order}
        for node in made.order:
            node.edges = Watched(node, node.edges)
        Watched.log = []
        try:
            minitorch.autograd.backward(roots, weights, retain_graph=True)
        finally:
            for node, plain in edges.items():
                node.edges = plain
        passed = [(d.source, d.input) for d in made.deliveries if d.source is not None]
        assert [pair for pair in Watched.log if pair in set(passed)] == passed
        assert list(dict.fromkeys(node for node, _ in Watched.log)) == [n for n in made.order if n.edges]
        steps += len(passed)
    assert steps > 100


def test_what_comes_in_is_what_had_arrived():
    for roots, _ in random_graphs(30, seed=4):
        if attempt(lambda: minitorch.autograd.backward(roots, weights_for(roots), retain_graph=True)):  # noqa: B023
            continue
        arrived = {}
        for d in record(roots, weights_for(roots)).deliveries:
            if d.source is not None and not d.is_changed:
                for nr, g in enumerate(d.incoming):
                    assert (g is None) == ((d.source, nr) not in arrived)
                    assert g is None or np.array_equal(g, arrived[d.source, nr], equal_nan=True)
            place = (d.target, d.output)
            assert d.sent.shape == d.total.shape
            arrived[place] = d.total


def test_a_wrong_sum_is_noticed(monkeypatch):
    """The record checks itself: it raises rather than tell something else than the engine did."""
    x = minitorch.tensor([1.0, 2.0], requires_grad=True)
    loss = (x * x).sum()
    from minitorch.pictures import recording

    true_host = recording.on_host
    calls = []

    def wrong(g):
        calls.append(g)
        return true_host(g) + (len(calls) == 4)

    monkeypatch.setattr(recording, "on_host", wrong)
    with pytest.raises(RuntimeError, match="differ"):
        record([loss], [None])


# ---- the page against the truth --------------------------------------------------------------------------------------


def data_of(text):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)[1])


def numbers(block):
    lines = block["text"].replace("\u00a0", " ").replace("−", "-").replace("∞", "inf").split("\n")
    return np.array([[float(word) for word in line.split()] for line in lines])


def close(a, b):
    return a.size == b.size and np.allclose(a.reshape(-1), b.reshape(-1), rtol=2e-4, atol=1e-12)


def check_page(data, grads):
    """What the page shows, held against itself and against the true gradients (by name)."""
    arrived, sums = {}, {}
    for step in data["steps"][:-1]:
        parts = {block["label"]: numbers(block) for part in step["parts"] for block in part["blocks"]}
        sent = next((parts[label] for label in ("summed", "cast", "goes out") if label in parts), np.ones((1, 1)))
        if "summed" in parts:
            assert close(parts["summed"].sum(), parts["goes out"].sum()), "summed to something else"
        source, target = step["source"], step["target"]
        if source is not None:
            assert close(parts["comes in"], arrived[source]), "not what had arrived"
        if target in arrived:
            assert close(parts["so far"], arrived[target]) and close(parts["+ this one"], sent), "another summand"
            assert close(parts["="], arrived[target] + sent), "a wrong sum"
            arrived[target] = parts["="]
        else:
            assert "=" not in parts
            arrived[target] = sent
        sums[target] = sums.get(target, 0) + sent
    for key, node in enumerate(data["nodes"]):
        if node["kind"] == "leaf":
            assert close(sums[key], grads[node["label"]]), f"a wrong gradient of {node['label']}"
    last = {b["label"]: numbers(b) for part in data["steps"][-1]["parts"] for b in part["blocks"]}
    assert set(last) == set(grads) and all(close(last[k], grads[k]) for k in grads), "a wrong end"


def example(dtype=minitorch.float32):
    """Values used twice, broadcasting, a matrix product, a diamond; all positive, so that no digits of a sum cancel."""
    x = minitorch.tensor([[0.5, 1.0, 2.0], [1.5, 0.25, 0.75]], dtype=dtype, requires_grad=True)
    w = minitorch.tensor([[1.0], [2.0]], dtype=dtype, requires_grad=True)
    b = minitorch.tensor([0.1, 0.2, 0.3], dtype=dtype, requires_grad=True)
    u = x * w + b
    v = u.exp() * u
    loss = (v @ v.mT).sum() + (b * b).sum()
    return loss, {"x": x, "w": w, "b": b, "u": u}


@pytest.mark.parametrize("dtype", [minitorch.float32, minitorch.float64])
def test_the_page_shows_the_true_numbers(tmp_path, dtype):
    loss, names = example(dtype)
    data = data_of(minitorch.explain(loss, tmp_path / "e.html", names=names).read_text())
    loss.backward()
    grads = {k: names[k].grad.numpy() for k in "xwb"}
    check_page(data, grads)

    # A page that lies somewhere is noticed: one number of one block changed, wherever it stands.
    lies = 0
    for i, step in enumerate(data["steps"]):
        for j, told in enumerate(step["parts"]):
            for k, block in enumerate(told["blocks"]):
                lie = copy.deepcopy(data)
                first = re.search(r"[\d.]+", block["text"])
                wrong = block["text"].replace(first[0], f"{float(first[0]) + 0.01 * numbers(block).max():.5f}", 1)
                lie["steps"][i]["parts"][j]["blocks"][k]["text"] = wrong
                with pytest.raises(AssertionError):
                    check_page(lie, grads)
                lies += 1
    assert lies > 20


def test_steps_say_what_happens(tmp_path):
    loss, names = example()
    steps = data_of(minitorch.explain(loss, tmp_path / "e.html", names=names).read_text())["steps"]
    said = [step["sentence"] for step in steps]
    assert said[0].startswith("The walk begins at Add") and "with the gradient 1" in said[0]
    assert any("It is summed from [2, 3] to [2, 1], undoing the broadcasting." in s for s in said)
    assert any("on to u (Add" in s and "the first of 2 gradients" in s for s in said)
    assert any("on to u (Add" in s and "the second of 2" in s and "Now all are there" in s for s in said)
    assert any("on to b." in s and "the third of 3" in s and "whole gradient of b" in s for s in said)
    assert said[-1].startswith("The walk is over")
    slots = [step["slot"] for step in steps]
    assert slots[0] == "∂ 1" and slots[-1] == ""


def test_operations_are_explained(tmp_path):
    x = minitorch.tensor([1.0, 2.0], requires_grad=True)
    with minitorch.autograd.set_detect_anomaly(True):
        z = x.sin()  # this line
    loss = (z * z).sum()
    nodes = data_of(minitorch.explain(loss, tmp_path / "e.html", names={"x": x}).read_text())["nodes"]
    told = {node["label"]: node for node in nodes}
    assert told["Sin"]["grad_fn"] == "SinBackward0"
    assert told["Sin"]["formula"] == "z = sin x;  ∂z/∂x = cos x."
    assert re.fullmatch(r"minitorch/ops/elementwise/functions\.py:\d+", told["Sin"]["where"].replace(os.sep, "/"))
    assert told["Sin"]["source"].startswith("def backward(self, g):\n    (x,) = self.saved")
    assert re.fullmatch(r"test_explain\.py:\d+\nz = x\.sin\(\)  # this line", told["Sin"]["made"])
    assert told["Mul"]["made"] == ""
    assert told["Sin"]["kept"] == [{"label": "x", "shape": "[2]", "text": "1\u00a0\u00a02", "note": ""}]


def test_lines_that_were_watched(tmp_path):
    x = minitorch.tensor([1.0, 2.0], requires_grad=True)
    with minitorch.pictures.watch():
        loss = nn.functional.softplus(x).sum()  # this one
    nodes = data_of(minitorch.explain(loss, tmp_path / "e.html", names={"x": x}).read_text())["nodes"]
    made = [node["made"].split(":")[0] + node["made"].partition("\n")[2] for node in nodes if node["kind"] == "op"]
    assert made == ["test_explain.pyloss = nn.functional.softplus(x).sum()  # this one"] * 2


def test_users_functions(tmp_path):
    class Cube(minitorch.autograd.Function):
        """z = x³."""

        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return 3 * g * x**2

    x = minitorch.tensor([1.0, 2.0], requires_grad=True)
    loss = Cube.apply(x).sum()
    data = data_of(minitorch.explain(loss, tmp_path / "e.html", names={"x": x}).read_text())
    cube = next(node for node in data["nodes"] if node["label"] == "Cube")
    assert cube["formula"] == "z = x³." and "return 3 * g * x**2" in cube["source"]
    check_page(data, {"x": np.array([3.0, 12.0])})


def test_a_cast_is_told(tmp_path):
    x = minitorch.tensor([1.0, 2.0], requires_grad=True)
    loss = (x * minitorch.tensor([1.0, 3.0], dtype=minitorch.float64)).sum()
    steps = data_of(minitorch.explain(loss, tmp_path / "e.html", names={"x": x}).read_text())["steps"]
    assert any("cast from float64 to float32" in step["sentence"] for step in steps)


def test_a_given_gradient(tmp_path):
    x = minitorch.tensor([1.0, 2.0], requires_grad=True)
    y = x * x
    g = minitorch.tensor([10.0, 20.0])
    data = data_of(minitorch.explain(y, tmp_path / "e.html", names={"x": x}, gradient=g).read_text())
    assert data["steps"][0]["sentence"].startswith("The walk begins at Mul with the gradient that was given")
    y.backward(g)
    assert close(numbers(data["steps"][-1]["parts"][0]["blocks"][0]), x.grad.numpy())


def test_large_tensors_show_a_corner(tmp_path):
    w = minitorch.ones(30, 40, requires_grad=True)
    loss = (w * w).sum()
    steps = data_of(minitorch.explain(loss, tmp_path / "e.html", names={"w": w}).read_text())["steps"]
    block = steps[-1]["parts"][0]["blocks"][0]
    assert block["shape"] == "[30, 40]" and block["note"] == "the first of 1200 numbers; all: 2 ± 0"
    assert len(block["text"].split("\n")) == 7 and all(line.endswith("…") for line in block["text"].split("\n"))


@pytest.mark.parametrize("shape", [(), (0,), (2, 0), (1,), (2, 2, 2), (7,), (3, 7)])
def test_all_shapes(tmp_path, shape):
    x = minitorch.ones(shape, requires_grad=True)
    loss = (x * x).sum()
    minitorch.draw(loss, names={"x": x})
    data = data_of(minitorch.explain(loss, tmp_path / "e.html", names={"x": x}).read_text())
    assert len(data["steps"]) == 5


def test_several_outputs(tmp_path):
    x = minitorch.tensor([[1.0, 2.0], [3.0, 5.0]], requires_grad=True)
    a, b = x.unbind(0)
    loss = (a * b).sum()
    steps = data_of(minitorch.explain(loss, tmp_path / "e.html", names={"x": x}).read_text())["steps"]
    assert {f"output {nr}" in step["sentence"] for step in steps for nr in (0, 1)} == {True, False}
    assert close(numbers(steps[-1]["parts"][0]["blocks"][0]), np.array([[3.0, 5.0], [1.0, 2.0]]))


# ---- nothing changes -------------------------------------------------------------------------------------------------


def test_nothing_changes(tmp_path):
    loss, names = example()
    names["u"].retain_grad()
    loss.backward(retain_graph=True)
    grads = {k: (names[k].grad, names[k].grad.numpy().copy()) for k in names}
    first = minitorch.explain(loss, tmp_path / "1.html", names=names).read_text()
    assert minitorch.explain(loss, tmp_path / "2.html", names=names).read_text() == first
    for k, (grad, values) in grads.items():
        assert names[k].grad is grad and np.array_equal(grad.numpy(), values)
    assert loss.grad_fn._hooks is None and names["u"].grad_fn._hooks is None
    loss.backward()
    for k in "xwb":
        assert np.allclose(names[k].grad.numpy(), 2 * grads[k][1])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["1.html", "2.html"]


def test_hooks_take_part_and_stay(tmp_path):
    x = minitorch.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    y.register_hook(lambda g: g * 10)
    calls = []
    y.grad_fn.register_hook(lambda grad_in, grad_out: calls.append(grad_out))
    loss = y.sum()
    data = data_of(minitorch.explain(loss, tmp_path / "e.html", names={"x": x}).read_text())
    assert any("A hook has changed it" in told["text"] for step in data["steps"] for told in step["parts"])
    assert close(numbers(data["steps"][-1]["parts"][0]["blocks"][0]), np.array([30.0, 30.0]))
    assert len(calls) == 1
    loss.backward()
    assert len(calls) == 2 and x.grad.tolist() == [30.0, 30.0]


def test_a_failing_walk_leaves_no_trace(tmp_path):
    class Bad(minitorch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, g):
            raise KeyError("bad")

    x = minitorch.ones(2, requires_grad=True)
    y = x * 2
    y.retain_grad()
    loss = (Bad.apply(y) * y).sum()
    with pytest.raises(KeyError, match="bad"):
        minitorch.explain(loss, tmp_path / "e.html")
    assert not list(tmp_path.iterdir()) and loss.grad_fn._hooks is None and y.grad is None


def test_checkpoints(tmp_path):
    from minitorch.utils.checkpoint import checkpoint

    w = minitorch.tensor([2.0], requires_grad=True)
    x = minitorch.tensor([3.0], requires_grad=True)
    loss = checkpoint(lambda t: (t * w).exp(), x, use_reentrant=False).sum()
    data = data_of(minitorch.explain(loss, tmp_path / "e.html", names={"x": x, "w": w}).read_text())
    e = float(np.exp(6.0))
    check_page(data, {"x": np.array([2 * e]), "w": np.array([3 * e])})
    loss = checkpoint(lambda t: (t * w).exp(), x, use_reentrant=True).sum()
    with pytest.raises(NotImplementedError, match="use_reentrant=False"):
        minitorch.explain(loss, tmp_path / "f.html")


# ---- refusals and files ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda x: minitorch.ones(()),
        lambda x: x * 2,
        lambda x: x.detach().sum(),
        lambda x: released(x),
    ],
)
def test_errors_are_those_of_backward(tmp_path, make):
    loss = make(minitorch.ones(3, requires_grad=True))
    error = attempt(lambda: minitorch.explain(loss, tmp_path / "e.html"))
    assert error is not None and error == attempt(loss.backward)
    assert not list(tmp_path.iterdir())


def released(x):
    loss = (x * x).sum()
    loss.backward()
    return loss


def test_a_leaf_is_its_own_gradient(tmp_path):
    x = minitorch.tensor(3.0, requires_grad=True)
    data = data_of(minitorch.explain(x, tmp_path / "e.html", names={"x": x}).read_text())
    assert [step["target"] for step in data["steps"]] == [0, None]


def test_refuses_what_it_cannot_show(tmp_path):
    x = minitorch.ones(3, requires_grad=True)
    y = x
    for _ in range(30):
        y = y * 2
    with pytest.raises(ValueError, match="limit=20"):
        minitorch.explain(y.sum(), tmp_path / "e.html", limit=20)
    with pytest.raises(TypeError, match="takes a tensor"):
        minitorch.explain(3.0, tmp_path / "e.html")


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    x = minitorch.ones(3, requires_grad=True)
    target = tmp_path / "e.html"
    target.write_text("old")

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("minitorch.files.os.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        minitorch.explain(x.sum(), target)
    assert target.read_text() == "old" and [p.name for p in tmp_path.iterdir()] == ["e.html"]
    with pytest.raises(FileNotFoundError):
        minitorch.explain(x.sum(), tmp_path / "nowhere" / "e.html")


class Tags(html.parser.HTMLParser):
    """Which elements a browser would make, and whether each is closed where it should be."""

    EMPTY = {"meta", "input"}

    def __init__(self):
        super().__init__()
        self.open, self.seen, self.ids = [], [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        attrs = dict(attrs)
        assert not any(name.startswith("on") for name in attrs)
        self.ids += [attrs["id"]] if "id" in attrs else []
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", ["</script><script>alert(1)</script>", "<!--<script>", "a&lt;b\"'", "{{js}}", "\ud800", "𝒙\u2028"])
def test_names_stay_text(tmp_path, name):
    def page(called):
        x = minitorch.ones(2, requires_grad=True)
        z = x * 2
        return minitorch.explain(z.sum(), tmp_path / "e.html", names={called: x, called + "z": z}).read_text()

    text = page(name)
    tags, plain = Tags(), Tags()
    tags.feed(text)
    plain.feed(page("x"))
    assert not tags.open and tags.seen == plain.seen
    assert len(set(tags.ids)) == len(tags.ids)
    assert name in [node["label"] for node in data_of(text)["nodes"]]


def test_the_page_needs_nothing_else(tmp_path):
    text = minitorch.explain(minitorch.ones(2, requires_grad=True).sum(), tmp_path / "e.html").read_text()
    assert set(re.findall(r"https?://[^\s\"']+", text)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"\bsrc=|<link|@import|url\(|innerHTML|eval\(", text)
    assert "{{" not in text
    for wanted in ('aria-live="polite"', 'name="viewport"', "prefers-color-scheme: dark", '<html lang="en">'):
        assert wanted in text
    used = set(re.findall(r'\$\("([\w-]+)"\)', text)) | set(re.findall(r'getElementById\("(\w+)"\)', text))
    tags = Tags()
    tags.feed(text)
    assert used <= set(tags.ids)


def test_a_network(tmp_path):
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 3))
    loss = nn.functional.cross_entropy(net(minitorch.rand(2, 1, 4, 4)), minitorch.tensor([0, 2]))
    data = data_of(minitorch.explain(loss, tmp_path / "e.html", names=net).read_text())
    labels = [node["label"] for node in data["nodes"]]
    assert {"0.weight", "0.bias", "3.weight", "3.bias"} <= set(labels)
    assert len(set(labels)) == len(labels)
    assert all(isinstance(p.grad, type(None)) for p in net.parameters()) and isinstance(loss, Tensor)
    assert page_module.as_json({"a": "<>&"}) == '{"a": "\\u003c\\u003e\\u0026"}'


@pytest.mark.usefixtures("gpu")
def test_tensors_on_a_gpu(tmp_path):
    """Pictures show numbers, so they wait for the GPU; the engine's walk stays there."""
    x = minitorch.tensor([[1.0, 2.0], [3.0, 4.0]], device="cuda", requires_grad=True)
    b = minitorch.tensor([0.5, 1.0], device="cuda", requires_grad=True)
    loss = (x * x * b).sum()
    assert "0.5\u00a0\u00a01" in str(minitorch.draw(loss, names={"x": x, "b": b}))
    data = data_of(minitorch.explain(loss, tmp_path / "e.html", names={"x": x, "b": b}).read_text())
    check_page(data, {"x": np.array([[1.0, 4.0], [3.0, 8.0]]), "b": np.array([10.0, 20.0])})
