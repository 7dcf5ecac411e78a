"""The graph as a thing in memory: long chains, no cycles, nothing kept once the last reference is gone."""

from __future__ import annotations

import gc
import subprocess
import sys
import tracemalloc
import warnings
import weakref

import numpy as np
import pytest

import minitorch as mt

LENGTH = 100_000


@pytest.fixture
def no_collector():
    """With the cycle collector off, what is freed was freed by its last reference going."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def chain(x, length):
    y = x
    for k in range(length):
        y = (y * 1.0, y + 1e-5, -y, y.view(-1))[k % 4]
    return y


# ---- length ----------------------------------------------------------------------------------------------------------


def test_a_chain_of_100000_ops(no_collector):
    """Forward, backward and freeing without recursion error, the right gradient; the next one needs no more memory."""
    resource = pytest.importorskip("resource")
    x = mt.ones(3, requires_grad=True)

    def peak():
        x.grad = None
        y = chain(x, LENGTH)
        references = watch(y, y.grad_fn, y.grad_fn.next_functions[0][0])
        y.sum().backward()
        assert x.grad.tolist() == [1.0, 1.0, 1.0]  # 25,000 sign changes
        del y
        assert not alive(references)
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    first, second = peak(), peak()
    assert second - first < 0.2 * max(first - start, 10_000), (start, first, second)  # in kB


def test_the_memory_of_a_chain_returns():
    """Traced byte by byte, which takes ten times as long; so the chain is shorter."""
    x = mt.ones(3, requires_grad=True)
    chain(x, 100).sum().backward()  # imports and caches done
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        y = chain(x, LENGTH // 10)
        held, _ = tracemalloc.get_traced_memory()
        y.sum().backward()
        del y
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held - before > 100 * LENGTH // 10, "the chain was not recorded"
    # Python keeps up to 2,000 freed tuples of each length for reuse: some 200 kB.
    assert after - before < 0.05 * (held - before), (
        f"{(after - before) / 1e6:.2f} of {(held - before) / 1e6:.2f} MB stay"
    )


def test_a_chain_is_freed_without_backward():
    x = mt.ones(1, requires_grad=True)
    y = chain(x, LENGTH)
    first = weakref.ref(y.grad_fn)
    del y
    assert first() is None


def test_a_chain_with_the_least_stack():
    """In a fresh process with a recursion limit of 100 frames and a thread stack of 256 kB.

    Python 3.13 takes more than that to free any long chain of objects, plain ones of an empty class, too: 1 MB there.
    """
    code = """
import sys, threading
import minitorch as mt
def run():
    x = mt.ones(2, requires_grad=True)
    y = x
    for _ in range(30000):
        y = y * 1.0
    y.sum().backward()
    g, = mt.autograd.grad((x * x).sum(), x, create_graph=True)
    for _ in range(10000):
        g = g + 0.0
    g.sum().backward()
    del y, g
    print(x.grad.tolist())
threading.stack_size((256 if sys.version_info < (3, 13) else 1024) * 1024)
sys.setrecursionlimit(100)
t = threading.Thread(target=run)
t.start(); t.join()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and done.stdout.strip() == "[3.0, 3.0]", done.stderr


def test_in_place_and_view_chains():
    x = mt.ones(4, requires_grad=True)
    y = x * 1
    for k in range(2000):
        y[k % 4].mul_(1.0)
        y.add_(0.0)
    y.sum().backward()
    assert x.grad.tolist() == [1.0] * 4
    node = weakref.ref(y.grad_fn)
    del y
    assert node() is None


def test_a_wide_graph():
    x = mt.ones(2, requires_grad=True)
    parts = [x * float(k) for k in range(5000)]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    total.sum().backward()
    assert x.grad.tolist() == [sum(range(5000))] * 2


def test_double_backward_through_a_long_chain():
    x = mt.full((2,), 0.5, dtype=mt.float64, requires_grad=True)
    y = x
    for _ in range(5000):
        y = y * x.detach() + x * 0.5
    (g,) = mt.autograd.grad(y.sum(), x, create_graph=True)
    (h,) = mt.autograd.grad((g * x).sum(), x)
    np.testing.assert_allclose(h.numpy(), g.detach().numpy())  # y is linear in x, so g is a constant


# ---- nothing is kept -------------------------------------------------------------------------------------------------


def watch(*things):
    return [weakref.ref(thing) for thing in things]


def alive(references):
    return [r() for r in references if r() is not None]


@pytest.mark.parametrize(
    "op",
    [
        lambda x: x.exp(),  # saves its output
        lambda x: x**2,
        lambda x: x.softmax(-1),
        lambda x: x.max(0).values,
        lambda x: x.sort(0).values,
        lambda x: x.split(1)[0],
        lambda x: x[0].view(-1),
        lambda x: x.T.T,
        lambda x: mt.nn.functional.linear(x, mt.ones(2, 3)),
        lambda x: mt.nn.functional.dropout(x),
        lambda x: mt.nn.functional.batch_norm(x, None, None, training=True),
        lambda x: mt.nn.functional.conv2d(x.view(1, 1, 2, 3), mt.ones(1, 1, 2, 2)),
        lambda x: mt.nn.functional.max_pool2d(x.view(1, 1, 2, 3), 2),
        lambda x: mt.nn.functional.cross_entropy(x, mt.tensor([0, 1])),
        lambda x: mt.cat([x, x]),
        lambda x: x.clone().mul_(2).exp_(),
        lambda x: (x * 1)[0].add_(1),
        lambda x: x.clone().__setitem__(0, 1.0) or x * 1,
    ],
)
@pytest.mark.parametrize("walked", ["not", "once", "create_graph"])
def test_a_result_is_freed_at_once(no_collector, op, walked):
    x = mt.tensor([[0.5, 1.0, 2.0], [3.0, 0.2, 1.5]], requires_grad=True)
    middle = x * 1
    y = op(middle)
    references = watch(middle, y, y.grad_fn, middle.grad_fn)
    if walked == "once":
        y.sum().backward()
    elif walked == "create_graph":
        g = mt.autograd.grad((y * y).sum(), x, create_graph=True)
        references += watch(*g, *(t.grad_fn for t in g if t.grad_fn is not None))
        del g
    del middle, y
    assert not alive(references)


def test_saved_arrays_go_with_backward():
    """The tensors that backward needed are released by it, though the result is still held."""
    x = mt.ones(2, requires_grad=True)
    middle = x * 2
    loss = (middle * middle.exp()).sum()
    reference = weakref.ref(middle)
    del middle
    assert reference() is not None
    loss.backward()
    assert reference() is None


def test_retain_graph_keeps_them():
    x = mt.ones(2, requires_grad=True)
    middle = x * 2
    loss = (middle * middle.exp()).sum()
    reference = weakref.ref(middle)
    del middle
    loss.backward(retain_graph=True)
    assert reference() is not None
    del loss
    assert reference() is None


def test_autograd_functions(no_collector):
    class Exp(mt.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x.exp()
            ctx.save_for_backward(x, y)
            return y

        @staticmethod
        def backward(ctx, g):
            _, y = ctx.saved_tensors
            return g * y

    x = mt.ones(2, requires_grad=True)
    for walk in (False, True):
        y = Exp.apply(x * 1)
        references = watch(y, y.grad_fn)
        if walk:
            y.sum().backward()
        del y
        assert not alive(references)


def test_hooks_and_retained_gradients(no_collector):
    x = mt.ones(2, requires_grad=True)
    y = x * 2
    y.retain_grad()
    seen = []
    handle = y.register_hook(seen.append)
    y.grad_fn.register_hook(lambda ins, outs: None)
    y.sum().backward()
    references = watch(y, y.grad_fn, y.grad)
    assert len(seen) == 1
    seen.clear()
    del y, handle
    assert not alive(references)


def test_errors_in_backward_leave_nothing_behind(no_collector):
    class Fails(mt.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(ctx, g):
            raise KeyError("backward")

    x = mt.ones(2, requires_grad=True)
    middle = x * 3
    y = Fails.apply(middle).exp()
    references = watch(middle, y, y.grad_fn, middle.grad_fn)
    try:
        y.sum().backward()
    except KeyError:
        pass
    assert x.grad is None and mt.is_grad_enabled()
    del middle, y
    assert not alive(references)
    (x * 2).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_errors_in_forward_leave_nothing_behind(no_collector):
    x = mt.ones(2, 3, requires_grad=True)
    y = x * 2
    references = watch(y, y.grad_fn)
    try:
        y @ y
    except RuntimeError:
        pass
    del y
    assert not alive(references)


def test_views_and_bases(no_collector):
    x = mt.ones(2, 3, requires_grad=True)
    base = x * 2
    view = base[0].view(3, 1)
    view.mul_(2)
    base.add_(1)
    assert view.grad_fn is not None
    references = watch(base, view, base.grad_fn, view.grad_fn)
    base_only = weakref.ref(base)
    del base
    assert base_only() is not None  # the view still needs it
    del view
    assert not alive(references)


def test_a_parameter_forgets_what_it_was_used_for(no_collector):
    w = mt.ones(3, requires_grad=True)
    references = []
    for _ in range(3):
        loss = (w * 2).exp().sum()
        references += watch(loss, loss.grad_fn)
        loss.backward()
    del loss
    assert not alive(references)


def test_a_gradient_with_a_graph(no_collector):
    """backward(create_graph=True) hangs the graph on .grad; it goes with it."""
    x = mt.ones(2, requires_grad=True)
    y = (x**3).sum()
    y.backward(create_graph=True)
    references = watch(y.grad_fn, x.grad, x.grad.grad_fn)
    x.grad = None
    del y
    assert not alive(references)


def test_training_does_not_grow(no_collector):
    """A thousand steps of a small network: the memory in use stays where it was after the first ten."""
    rng = np.random.default_rng(0)
    x = mt.from_numpy(rng.normal(size=(8, 5)).astype("float32"))
    labels = mt.from_numpy(rng.integers(0, 3, 8))
    weights = [
        mt.from_numpy(rng.normal(size=shape).astype("float32") * 0.3).requires_grad_()
        for shape in ((7, 5), (7,), (3, 7), (3,))
    ]

    def step():
        w1, b1, w2, b2 = weights
        hidden = mt.nn.functional.linear(x, w1, b1).relu()
        loss = mt.nn.functional.cross_entropy(mt.nn.functional.linear(hidden, w2, b2), labels)
        loss.backward()
        with mt.no_grad():
            for w in weights:
                w -= 0.1 * w.grad
                w.grad = None
        return loss.item()

    first = [step() for _ in range(10)][0]
    tracemalloc.start()
    try:
        step()
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(1000):
            last = step()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert last < first
    # A step allocates some 30 kB, so a leaked one would show as 30 MB. Python's own lists of freed tuples, up to 2,000
    # of each length, fill slowly and are no leak.
    assert after - before < 200_000, f"{after - before} bytes more after 1,000 steps"


# ---- nothing is left behind by what fails ----------------------------------------------------------------------------


def fails(*args):
    raise KeyError("here")


@pytest.mark.parametrize("place", ["tensor", "leaf", "post", "pre", "node", "unpack", "backward", "pack", "forward"])
def test_failures_leave_the_engine_as_it_was(no_collector, place):
    """A hook or a Function that raises, anywhere: modes, hooks and graphs are as before, and the next walk is right."""

    class Fails(mt.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return fails() if place == "forward" else x * 2

        @staticmethod
        def backward(ctx, g):
            return fails() if place == "backward" else g * 2

    x = mt.ones(2, requires_grad=True)
    w = mt.ones(2, requires_grad=True)
    references = []

    def attempt():
        hooks = (fails if place == "pack" else lambda t: t), (fails if place == "unpack" else lambda t: t)
        with mt.autograd.set_detect_anomaly(True), mt.autograd.graph.saved_tensors_hooks(*hooks):
            middle = x * 3
            references.extend(watch(middle, middle.grad_fn))
            y = Fails.apply(middle).exp()
            references.extend(watch(y, y.grad_fn))
            if place == "tensor":
                middle.register_hook(fails)
            elif place == "pre":
                middle.grad_fn.register_prehook(fails)
            elif place == "node":
                middle.grad_fn.register_hook(fails)
            y.sum().backward()

    handles = []
    if place == "leaf":
        handles.append(x.register_hook(fails))
    elif place == "post":
        handles.append(x.register_post_accumulate_grad_hook(fails))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(KeyError):
            attempt()
    assert references and not alive(references)
    assert mt.is_grad_enabled() and not mt.is_anomaly_enabled()
    assert mt.autograd.engine.current.walk is None and not mt.autograd.saving.hooks
    assert place == "post" or x.grad is None
    for handle in handles:
        handle.remove()
    x.grad = None
    (x * w * 2).sum().backward()
    assert x.grad.tolist() == w.grad.tolist() == [2.0, 2.0]


def test_changed_views_are_freed_at_once(no_collector):
    """Frozen views, views of detached bases and views with a history of their own hold nothing that holds them."""
    x = mt.ones(2, 3, requires_grad=True)
    base = x * 2
    with mt.no_grad():
        frozen = base[0]
    parts = base.unbind(0)
    view = base.T
    view.mul_(3)
    row = base[1:]
    base.detach_()
    base.add_(1)
    references = watch(base, frozen, *parts, view, row, row.grad_fn, view.grad_fn)
    del base, frozen, parts, view, row
    assert not alive(references)
