"""Long runs: no graph is kept by a cycle, memory stays flat, and an exception leaves no state behind."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import weakref
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

import test_nn_layers  # noqa: E402

import minitorch as mt  # noqa: E402
from minitorch import arena, blas  # noqa: E402
from minitorch.autograd import anomaly_mode, engine, grad_mode, node, saving  # noqa: E402
from minitorch.utils.checkpoint import checkpoint  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def no_collector():
    """With the cycle collector off, what is freed was freed by its last reference going."""
    gc.collect()
    gc.freeze()  # what was there before need not be searched again each time: PyTorch alone is half a million objects
    gc.disable()
    yield
    gc.set_debug(0)
    gc.garbage.clear()
    gc.unfreeze()
    gc.enable()


def in_cycles() -> list[str]:
    """The tensors and nodes that only the cycle collector would free."""
    gc.set_debug(gc.DEBUG_SAVEALL)
    gc.collect()
    gc.set_debug(0)
    found = [repr(type(thing)) for thing in gc.garbage if isinstance(thing, mt.Tensor | node.Node)]
    gc.garbage.clear()
    return found


# ---- cycles --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", test_nn_layers.LAYERS)
def test_no_layer_leaves_a_cycle(name, no_collector):
    build, shape = test_nn_layers.LAYERS[name]
    layer = build(mt)
    optimizer = mt.optim.Adam(layer.parameters(), lr=0.01) if list(layer.parameters()) else None
    references = []
    for _ in range(2):
        x = mt.randn(shape, requires_grad=True)
        y = layer(x)
        loss = (y * y).sum()
        loss.backward()
        if optimizer:
            optimizer.step()
            optimizer.zero_grad()
        references += map(weakref.ref, (x, y, loss, y.grad_fn or x))
        del x, y, loss
        assert [r() for r in references] == [None] * len(references)
    # The same with a second derivative.
    x = mt.randn(shape, requires_grad=True)
    (g,) = mt.autograd.grad((layer(x) ** 3).sum(), x, create_graph=True)
    if g.requires_grad:
        (g * g).sum().backward()
    references = list(map(weakref.ref, (x, g, layer)))
    del x, g, layer, optimizer
    assert [r() for r in references] == [None] * len(references)
    assert in_cycles() == []


@pytest.mark.parametrize("use_reentrant", [True, False])
@pytest.mark.parametrize("has_backward", [True, False])
def test_checkpoint_leaves_no_cycle(use_reentrant, has_backward, no_collector):
    x = mt.randn(3, requires_grad=True)
    y = checkpoint(lambda x: x.exp().tanh() * x, x * 2, use_reentrant=use_reentrant)
    if has_backward:
        y.sum().backward()
    references = [weakref.ref(x), weakref.ref(y), weakref.ref(y.grad_fn)]
    del x, y
    assert [r() for r in references] == [None] * 3
    assert in_cycles() == []


def test_a_cycle_would_be_found(no_collector):
    x = mt.ones(2, requires_grad=True)
    y = x * 2
    y.register_hook(lambda g, y=y: g)  # the tensor's hooks hold a function that holds the tensor
    del x, y
    assert in_cycles() != []


# ---- exceptions ----------------------------------------------------------------------------------------------------


class Trouble(Exception):
    pass


def raises(*_):
    raise Trouble


class BadBackward(mt.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * 2

    @staticmethod
    def backward(ctx, g):
        raise Trouble


class BadForward(mt.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        raise Trouble

    @staticmethod
    def backward(ctx, g):
        return g


class BadSecond(mt.autograd.Function):
    """Its derivative is recorded with an operation whose own derivative raises."""

    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, g):
        return BadBackward.apply(g)


def with_hook(x):
    h = x.exp()
    h.register_hook(raises)
    h.sum().backward()


def with_node_hook(x, prehook=False):
    h = x.exp()
    (h.grad_fn.register_prehook if prehook else h.grad_fn.register_hook)(raises)
    h.sum().backward()


def with_leaf_hook(x):
    leaf = x.detach().requires_grad_()
    leaf.register_post_accumulate_grad_hook(raises)
    leaf.exp().sum().backward()


def with_module_hook(x, kind):
    layer = mt.nn.Linear(x.shape[-1], 2)
    getattr(layer, kind)(raises)
    layer(x).sum().backward()


def in_no_grad(x):
    with mt.no_grad():
        raises()


def in_inference_mode(x):
    with mt.inference_mode():
        BadForward.apply(x)


def in_anomaly_mode(x):
    with mt.autograd.detect_anomaly(check_nan=True):
        BadBackward.apply(x.exp()).sum().backward()


def of_nan(x):
    try:
        with mt.autograd.detect_anomaly():
            (x * 0).sqrt().sum().backward(mt.tensor(float("nan")))
    except RuntimeError as error:
        raise Trouble from error


def in_second_backward(x):
    (g,) = mt.autograd.grad((BadSecond.apply(x) ** 2).sum(), x, create_graph=True)
    g.sum().backward()


def in_grad(x):
    mt.autograd.grad((BadBackward.apply(x.exp()) + x).sum(), x)


def in_checkpoint(x, function, use_reentrant):
    checkpoint(function, x, use_reentrant=use_reentrant).sum().backward()


def only_again():
    """A function that raises when it runs for the second time."""
    runs = []

    def function(x):
        runs.append(1)
        if len(runs) > 1:
            raise Trouble
        return x.exp().tanh()

    return function


def in_packing(x):
    with mt.autograd.graph.saved_tensors_hooks(raises, lambda packed: packed):
        x.exp()


def in_unpacking(x):
    with mt.autograd.graph.saved_tensors_hooks(lambda t: t, raises):
        y = x.exp()
    y.sum().backward()


def of_shapes(x):
    try:
        (x.exp() @ mt.ones(7, 7)).sum()
    except RuntimeError as error:
        raise Trouble from error


def in_a_step(x):
    w = x.detach().requires_grad_()
    optimizer = mt.optim.SGD([w], lr=0.1)

    def closure():
        optimizer.zero_grad()
        BadBackward.apply(w).sum().backward()

    optimizer.step(closure)


SCENARIOS = {
    "an op's shapes": of_shapes,
    "a Function's forward": BadForward.apply,
    "a Function's backward": lambda x: BadBackward.apply(x.exp()).sum().backward(),
    "a tensor hook": with_hook,
    "a node's hook": with_node_hook,
    "a node's prehook": lambda x: with_node_hook(x, True),
    "a leaf's hook": with_leaf_hook,
    "a module's forward pre-hook": lambda x: with_module_hook(x, "register_forward_pre_hook"),
    "a module's forward hook": lambda x: with_module_hook(x, "register_forward_hook"),
    "a module's backward pre-hook": lambda x: with_module_hook(x, "register_full_backward_pre_hook"),
    "a module's backward hook": lambda x: with_module_hook(x, "register_full_backward_hook"),
    "no_grad": in_no_grad,
    "inference mode": in_inference_mode,
    "anomaly mode": in_anomaly_mode,
    "anomaly mode finds nan": of_nan,
    "double backward": in_second_backward,
    "autograd.grad": in_grad,
    "checkpoint, forward": lambda x: in_checkpoint(x, raises, False),
    "checkpoint, forward, reentrant": lambda x: in_checkpoint(x, raises, True),
    "checkpoint, the second run": lambda x: in_checkpoint(x, only_again(), False),
    "checkpoint, the second run, reentrant": lambda x: in_checkpoint(x, only_again(), True),
    "checkpoint, backward": lambda x: in_checkpoint(x, BadBackward.apply, False),
    "checkpoint, backward, reentrant": lambda x: in_checkpoint(x, BadBackward.apply, True),
    "a pack hook": in_packing,
    "an unpack hook": in_unpacking,
    "an optimizer's closure": in_a_step,
}


def state() -> dict:
    """Everything an exception could leave changed."""
    return {
        "grad mode": grad_mode.mode.enabled,
        "inference mode": grad_mode.mode.inference,
        "default dtype": mt.get_default_dtype(),
        "anomaly": (anomaly_mode.switch.is_on, anomaly_mode.switch.check_nan, anomaly_mode.switch.running),
        "stamp": node.Node.stamp,
        "saved tensors hooks": len(saving.hooks),
        "disabled hooks": len(saving.disabled),
        "recorders": len(node.recorders),
        "walk": engine.current.walk,
        "BLAS": (blas.get_threads(), set(blas._holders)),
        "threads": mt.get_num_threads(),
        "generator": mt.get_rng_state().tolist(),
    }


def blocks_in_use() -> int:
    """Blocks of the arena that something still refers to."""
    return sum(sys.getrefcount(block) > arena._IDLE for blocks in arena._own.blocks.values() for block in blocks)


@pytest.mark.filterwarnings("ignore:Anomaly Detection", "ignore:Error detected")
@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("size", [3, 40_000])  # the larger ones lie in the arena's blocks and are shared among threads
def test_an_exception_leaves_nothing_behind(name, size, no_collector):
    threads = mt.get_num_threads()
    mt.set_num_threads(2)
    try:
        before, used = state(), blocks_in_use()
        x = mt.full((2, size), 0.5, requires_grad=True)
        with pytest.raises(Trouble):
            if "module" in name:
                mt.manual_seed(0)
            SCENARIOS[name](x)
        after = state()
        if "module" in name:  # its layer drew its weights
            after["generator"] = before["generator"]
        assert after == before
        # And all still works, with the same result as ever.
        y = (x.exp() * 2).sum()
        x.grad = None
        y.backward()
        np.testing.assert_allclose(x.grad.numpy(), 2 * np.exp(np.float32(0.5)), rtol=1e-6)
        references = [weakref.ref(x), weakref.ref(y.grad_fn)]
        del x, y
        assert [r() for r in references] == [None, None]
        assert blocks_in_use() <= used
        assert in_cycles() == []
    finally:
        mt.set_num_threads(threads)


# ---- long runs -----------------------------------------------------------------------------------------------------


def long_run(*words):
    command = [sys.executable, "-m", "benchmarks.long_run", *map(str, words)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, timeout=120)


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="memory is read as Linux tells it")
def test_the_memory_of_a_training_is_flat():
    done = long_run("--steps", 600, "--most", 0.5)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("objects in cycles: 0\n"), done.stdout
    done = long_run("--steps", 600, "--most", 0.5, "--leak")
    assert done.returncode == 1, done.stdout + done.stderr
