"""CUDA graphs: torch.cuda.CUDAGraph and torch.cuda.graph.

On foreign.py's stand-in for CuPy, whose graphs (foreign_capture.py) work on addresses as a card's do. With --device cuda
the tensors are a card's.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from captured_twins import Odd, near, xp  # noqa: F401  (xp is a fixture, for every test here)

import minitorch
from minitorch import cuda, gpu_graph
from minitorch.nn import functional as F

optim = minitorch.optim


@pytest.fixture
def is_standin(xp: Any) -> bool:  # noqa: F811
    return type(xp).__name__ == "ForeignModule"


def test_replay_with_new_inputs():
    x, w = minitorch.ones(2, 3, device="cuda"), minitorch.arange(12.0).view(3, 4).cuda()
    counts = minitorch.zeros(3, device="cuda")
    g = cuda.CUDAGraph()
    with cuda.graph(g):
        assert cuda.is_current_stream_capturing()
        y = (x @ w).relu()
        z = y.sum(1) + x[:, 0]
        counts += 1
        filled = minitorch.zeros(2, device="cuda")
        filled[1] = 5.0
    assert not cuda.is_current_stream_capturing() and counts.tolist() == [0, 0, 0]
    for k in range(3):
        x.fill_(k - 1.0)
        x[1, 2] = 7.0
        filled.fill_(3)
        g.replay()
        wanted = (x @ w).relu()
        assert near(y, wanted) and near(z, wanted.sum(1) + x[:, 0]) and filled.tolist() == [0, 5]
        assert counts.tolist() == [k + 1] * 3


def test_backward_in_a_graph():
    w = minitorch.tensor([1.0, -2.0], device="cuda", requires_grad=True)
    x = minitorch.ones(2, device="cuda")
    g = cuda.CUDAGraph()
    with cuda.graph(g):
        loss = ((w * x) ** 2).sum()
        loss.backward()
    for k in (1.0, 3.0):
        x.fill_(k)
        g.replay()
        assert loss.item() == 5 * k * k and near(w.grad, 2 * w * k * k)


@pytest.mark.parametrize("make", [
    lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
    lambda p: optim.AdamW(p, lr=0.1),
], ids=["SGD", "AdamW"])  # fmt: skip
def test_an_optimizer_in_a_graph(make):
    """Each replay is a step, and capturing is none; the learning rate is that of the replay."""
    results = []
    for is_captured in (False, True):
        w = minitorch.tensor([1.0, -2.0], device="cuda", requires_grad=True)
        optimizer = make([w])

        def step(w=w, optimizer=optimizer):
            optimizer.zero_grad()
            (w**2).sum().backward()
            optimizer.step()

        step()
        do = step
        if is_captured:
            g = cuda.CUDAGraph()
            with cuda.graph(g):
                step()
            do = g.replay
        for k in range(4):
            optimizer.param_groups[0]["lr"] = 0.1 / (k + 1)
            do()
        results.append((w, w.grad, *[optimizer.state[w][name] for name in sorted(optimizer.state[w])]))
    assert all(itertools.starmap(near, zip(*results, strict=True))) and len(results[0]) > 2


def test_memory_that_is_freed_is_used_again(is_standin):
    """What a replay fills beforehand lies elsewhere: in an array that is gone there would be another one's numbers."""
    if not is_standin:
        pytest.skip("looks into the stand-in")
    x = minitorch.ones(100, device="cuda")
    g = cuda.CUDAGraph()
    with cuda.graph(g):
        for _ in range(20):
            x = x * 1.5
    g.replay()
    pool = g._recording.pool
    assert near(x, minitorch.full((100,), 1.5**20)) and len(pool.memory.blocks) == 2
    taken = gpu_graph.Recording(pool.module, pool)
    with pool.module.cuda.Stream(non_blocking=True) as stream:
        taken.begin(stream)
        arrays = taken.numbers(lambda: (1.0, 2.0), [], np.float64)
        assert not any(pool.has(array) for array in arrays) and pool.has(x._array)
        taken.end()
    taken.replay()
    assert [float(array) for array in arrays] == [1, 2] and len(arrays) == 2


def test_graphs_share_memory():
    x = minitorch.ones(3, device="cuda")
    for pool in (cuda.graph_pool_handle(), None):
        one, other = cuda.CUDAGraph(), cuda.CUDAGraph()
        with cuda.graph(one, pool=pool):
            y = x + 1
        with cuda.graph(other, pool=one.pool()):
            z = y * 2
        assert one.pool() == other.pool() and pool in (None, one.pool())
        x.fill_(4.0)
        one.replay()
        other.replay()
        assert z.tolist() == [10] * 3


def test_a_stream_of_ones_own_and_reset():
    x = minitorch.ones(3, device="cuda")
    g, stream = cuda.CUDAGraph(), cuda.Stream()
    with cuda.graph(g, stream=stream):
        assert cuda.current_stream() == stream
        y = x + 1
    g.replay()
    assert y.tolist() == [2] * 3
    with pytest.raises(RuntimeError, match="already owns a captured graph"), cuda.graph(g):
        pass
    g.reset()
    with pytest.raises(RuntimeError, match="without a preceding successful capture"):
        g.replay()
    with cuda.stream(stream):
        g.capture_begin()
        z = x + 2
        g.capture_end()
    g.replay()
    assert z.tolist() == [3] * 3


def test_errors_of_graphs():
    g = cuda.CUDAGraph()
    for call in (g.replay, g.pool):
        with pytest.raises(RuntimeError, match="without a preceding successful capture"):
            call()
    with pytest.raises(RuntimeError, match="capture_end.. called before capture_begin"):
        g.capture_end()
    with pytest.raises(RuntimeError, match="non-default stream"):
        g.capture_begin()
    with pytest.raises(RuntimeError, match="Unknown capture error mode"), cuda.graph(g, capture_error_mode="strict"):
        pass
    for pool in ((0, 10**9), 7, (0, 1, 2)):
        with pytest.raises(RuntimeError, match="no handle of a memory pool"), cuda.graph(g, pool=pool):
            pass
    with cuda.graph(g):
        with pytest.raises(RuntimeError, match="captured already"), cuda.graph(cuda.CUDAGraph()):
            pass
        with pytest.raises(RuntimeError, match="captured already"):
            cuda.CUDAGraph().capture_begin()
        with pytest.raises(RuntimeError, match="without a preceding successful capture"):
            g.replay()
        y = minitorch.zeros(2, device="cuda") + 1
    g.replay()
    assert y.tolist() == [1, 1]
    g.reset()
    g.reset()


def raises_odd() -> None:
    raise Odd("in the block")


@pytest.mark.parametrize(("what", "error", "reason"), [
    (lambda x: x.sum().item(), RuntimeError, "D2H transfers"),
    (lambda x: x.tolist(), RuntimeError, "D2H transfers"),
    (lambda x: bool(x[0] > 0), RuntimeError, "D2H transfers"),
    (lambda x: x.cpu(), RuntimeError, "D2H transfers"),
    (lambda x: minitorch.ones(3).cuda(), RuntimeError, "CPU|H2D"),
    (lambda x: minitorch.tensor([1.0, 2.0], device="cuda"), RuntimeError, "CPU|H2D"),
    (lambda x: F.dropout(x, 0.5), RuntimeError, "CPU|H2D"),
    (lambda x: minitorch.randn(3, device="cuda"), RuntimeError, "CPU|H2D"),
    (lambda x: minitorch.ones(3) + 1, RuntimeError, "AddBackward0 computes on a tensor on the CPU"),
    (lambda x: optim.RMSprop([x]).step(), RuntimeError, "RMSprop"),
    (lambda x: raises_odd(), Odd, "in the block"),
])  # fmt: skip
def test_what_ends_a_capture(what, error, reason):
    """The block's exception comes out, and everything is as before: the graph is empty, gradients are what they were."""
    x = minitorch.ones(3, device="cuda", requires_grad=True)
    (2 * x).sum().backward()
    before, g = x.grad, cuda.CUDAGraph()
    with pytest.raises(error, match=reason), cuda.graph(g):
        x.grad = None
        x.grad = before
        (3 * x).sum().backward()
        what(x.detach())
    assert x.grad is before and before.tolist() == [2, 2, 2] and gpu_graph.current() is None
    with pytest.raises(RuntimeError, match="without a preceding"):
        g.replay()
    with cuda.graph(g):
        y = x.detach() + 1
    g.replay()
    assert y.tolist() == [2] * 3


def test_the_first_step_of_an_optimizer_is_none_to_capture():
    w = minitorch.ones(2, device="cuda", requires_grad=True)
    optimizer = optim.SGD([w], lr=0.1, momentum=0.9)
    with pytest.raises(RuntimeError, match="SGD's first step is not like the others"), cuda.graph(cuda.CUDAGraph()):
        w.sum().backward()
        optimizer.step()
    assert w.grad is None and not optimizer.state[w]


def test_without_a_gpu():
    assert not cuda.is_current_stream_capturing()
