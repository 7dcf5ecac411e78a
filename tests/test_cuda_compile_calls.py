"""compile(step, mode="reduce-overhead"): arguments, results, and what cannot be recorded.

On foreign.py's stand-in for CuPy, whose graphs (foreign_capture.py) work on addresses as a card's do. With --device cuda
the tensors are a card's.
"""

from __future__ import annotations

import collections
import itertools
import math
import warnings
import weakref
from typing import Any

import numpy as np
import pytest
from captured_twins import (
    TOLERANCE,
    Odd,
    Side,
    adam,
    backward_only,
    batches,
    dense,
    near,
    same,
    sgd,
    twins,
    whole,
    xp,  # noqa: F401  (a fixture, for every test here)
)

import minitorch
from minitorch import captured_step, cuda, gpu_blas, gpu_graph
from minitorch.nn import functional as F

optim = minitorch.optim


def test_modules_called_without_gradients():
    def write(side):
        @minitorch.no_grad()
        def step(x, y):
            out = side.net(x)
            return {"accuracy": (out.argmax(1) == y).sum(), "out": out, "more": [out.max(), ("text", 3, None)]}

        return step

    def between(i, side):
        if i == 5:
            with minitorch.no_grad():
                side.net[0].weight.mul_(2)

    twins(write, between=between)


def test_the_mode_of_gradients_around_the_call():
    """With gradients on, results would have a history: so it runs as it is written, for good."""

    def write(side):
        return lambda x, y: side.net(x).sum()

    net = Side(write, sgd, dense, is_compiled=True)
    with minitorch.no_grad():
        for x, y in batches(4):
            assert not net.run(x, y).requires_grad
    assert net.run.replays == 2
    with pytest.warns(UserWarning, match="to be differentiated afterwards"):
        for x, y in batches(4):
            assert net.run(x, y).requires_grad


def test_results_are_copies():
    """The next call leaves them as they are; and a result that is no tensor is that of the recording."""
    step = minitorch.compile(lambda x: (2 * x, x), mode="reduce-overhead")
    results = [step(minitorch.full((2,), float(k), device="cuda")) for k in range(6)]
    assert [(a.tolist(), b.tolist()) for a, b in results] == [([2.0 * k] * 2, [float(k)] * 2) for k in range(6)]
    assert step.replays == 4


Pair = collections.namedtuple("Pair", "a b")


def test_arguments():
    """Keyword and nested ones, with others than tensors beside: each kind has a recording."""

    @minitorch.compile(mode="reduce-overhead")
    def step(pair, *more, scale=1.0, names=()):
        out = pair.a * scale - pair.b["x"][0]
        for x in more:
            out = out + x
        return Pair(out, {"n": len(names)})

    x = minitorch.arange(4.0).cuda()
    for k in range(6):
        for scale in (1.0, 2.0, True):
            for more in ((), (x,), (x, x + k)):
                found = step(Pair(x * k, {"x": [x + k]}), *more, scale=scale, names=["a"] * len(more))
                assert near(found.a, x * k * scale - (x + k) + sum(more, 0 * x)) and found.b == {"n": len(more)}
    assert step.recordings == 9 and step.replays == 9 * 4 and step.reason is None
    for shape, dtype in itertools.product([(2,), (2, 1), ()], ["float32", "float64"]):
        for k in range(4):
            y = minitorch.full(shape, 1.0 + k, device="cuda", dtype=getattr(minitorch, dtype))
            assert near(step(Pair(y, {"x": [y * 3]})).a, y - 3 * y)
    assert step.recordings == 15


@pytest.mark.parametrize("argument", [
    {1, 2}, np.ones(2), collections.OrderedDict(x=None),
], ids=lambda argument: type(argument).__name__)  # fmt: skip
def test_arguments_that_cannot_be_told_apart(argument):
    x = minitorch.ones(2, device="cuda")
    if isinstance(argument, dict):
        argument["x"] = x
    step = minitorch.compile(lambda x, other: 2 * x, mode="reduce-overhead")
    with pytest.warns(UserWarning, match="cannot be told from others") as caught:
        for _ in range(4):
            assert step(x, argument).tolist() == [2, 2]
    assert len(caught) == 1 and step.reason and step.recordings == 0


def test_ever_other_arguments():
    """Numbers that are others in each call would fill the memory with what was noted of them."""
    x = minitorch.ones(2, device="cuda")
    step = minitorch.compile(lambda x, k: k * x, mode="reduce-overhead")
    with pytest.warns(UserWarning, match="others in most calls") as caught:
        for k in range(captured_step.MOST_KINDS + 3):
            assert step(x, k).tolist() == [k, k]
    assert len(caught) == 1


def test_what_changes_too_often(monkeypatch):
    monkeypatch.setattr(captured_step, "MOST_RECORDINGS", 3)

    def between(i, side):
        if i % 3 == 0:
            side.net[2].bias.data = side.net[2].bias.data.clone()

    twins(between=between, data=batches(20), falls_back="changes too often")


def with_dropout(side: Side) -> Any:
    def step(x, y):
        side.optimizer.zero_grad()
        loss = F.cross_entropy(F.dropout(side.net(x), 0.3), y)
        loss.backward()
        side.optimizer.step()
        return loss

    return step


def with_item(side: Side) -> Any:
    def step(x, y):
        side.optimizer.zero_grad()
        loss = F.cross_entropy(side.net(x), y)
        loss.backward()
        side.optimizer.step()
        return loss.item()

    return step


def with_the_cpu(side: Side) -> Any:
    def step(x, y):
        loss = whole(side)(x, y)
        return loss, minitorch.ones(2) * 2

    return step


def with_a_result_on_the_cpu(side: Side) -> Any:
    kept = minitorch.ones(2)
    return lambda x, y: (whole(side)(x, y), kept)


def with_unused_random_numbers(side: Side) -> Any:
    def step(x, y):
        minitorch.rand(2)
        return whole(side)(x, y)

    return step


def with_changed_argument(side: Side) -> Any:
    def step(x, y):
        x.mul_(0.5)
        return whole(side)(x, y)

    return step


def with_an_exception(side: Side) -> Any:
    def step(x, y):
        side.count += 1
        loss = whole(side)(x, y)
        minitorch.zeros(1)
        if side.count == 3:
            raise Odd("the third call")
        return loss

    return step


@pytest.mark.parametrize("make", [sgd, adam])
@pytest.mark.parametrize(("write", "reason"), [
    (with_dropout, "H2D"), (with_item, "D2H"), (with_the_cpu, "MulBackward0 computes on a tensor on the CPU"),
    (with_a_result_on_the_cpu, "a result is a tensor on the CPU"), (with_unused_random_numbers, "random numbers"),
    (with_changed_argument, "changed in place"),
])  # fmt: skip
def test_what_runs_as_written(write, reason, make):
    twins(write, make, falls_back=reason)


@pytest.mark.parametrize("make", [sgd, adam])
def test_an_exception_in_the_third_call(make):
    """It is counted twice only by what the step itself counts; the second time, it does not raise."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        eager, compiled = (Side(with_an_exception, make, dense, is_compiled) for is_compiled in (False, True))
        for i, args in enumerate(batches()):
            if i == 2:
                eager.count = 3  # what the recording has counted
            same(eager.run(*args), compiled.run(*args))
            assert all(itertools.starmap(near, zip(eager.state(), compiled.state(), strict=True)))
    assert len(caught) == 1 and compiled.run.reason == "the third call"


def test_an_exception_that_comes_always():
    def write(side):
        def step(x, y):
            loss = whole(side)(x, y)
            if side.count:
                raise Odd("from now on")
            return loss

        return step

    twins(write, adam, between=lambda i, side: setattr(side, "count", i >= 2), falls_back="from now on")


def test_an_argument_that_requires_a_gradient():
    x = minitorch.ones(2, device="cuda", requires_grad=True)
    step = minitorch.compile(lambda x: (x * x).sum().backward(), mode="reduce-overhead")
    with pytest.warns(UserWarning, match="requires a gradient") as caught:
        for k in range(5):
            step(x)
            assert x.grad.tolist() == [2.0 * (k + 1)] * 2
    assert len(caught) == 1


def test_a_result_that_is_to_be_differentiated():
    side, other = (
        Side(lambda side: lambda x, y: F.cross_entropy(side.net(x), y), sgd, dense, c) for c in (False, True)
    )
    with pytest.warns(UserWarning, match="differentiated afterwards") as caught:
        for args in batches():
            for one in (side, other):
                one.optimizer.zero_grad()
                one.run(*args).backward()
                one.optimizer.step()
            assert all(itertools.starmap(near, zip(side.state(), other.state(), strict=True)))
    assert len(caught) == 1


def test_out_of_memory_while_recording(monkeypatch):
    count = itertools.count()
    allocate = gpu_graph.Pool.allocate

    def limited(self, size):
        if next(count) == 12:
            raise minitorch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1 KiB")
        return allocate(self, size)

    monkeypatch.setattr(gpu_graph.Pool, "allocate", limited)
    twins(make=adam, falls_back="CUDA out of memory")
    assert next(count) > 12


def test_a_failed_recording_holds_no_memory():
    """When the step runs as written for want of memory, it has all of it."""
    pools = []

    def step(x):
        y = x * 2
        if gpu_graph.current() is not None:
            pools.append(weakref.ref(gpu_graph.current().pool))
            raise Odd("no memory")
        assert not pools or pools[0]() is None
        return y.sum().reshape(())

    run = minitorch.compile(step, mode="reduce-overhead")
    with pytest.warns(UserWarning, match="no memory"):
        assert [run(minitorch.ones(2, device="cuda")).tolist() for _ in range(4)] == [4] * 4
    assert len(pools) == 1


def test_what_cupy_refuses_in_a_capture(xp):  # noqa: F811
    """Its own products, and transfers; a capture goes on after that."""
    a, b, c = xp.ones((2, 2)), xp.ones((64, 32), dtype="float32"), xp.ones((32, 48), dtype="float32")
    b @ c
    with xp.cuda.Stream(non_blocking=True) as stream:
        stream.begin_capture()
        for product in (lambda: b @ c, lambda: xp.tensordot(b, c, 1)):
            with pytest.raises(NotImplementedError, match="cuBLAS"):
                product()
        for call in (lambda: xp.asarray(np.ones(2)), lambda: xp.asarray([1.0, 2.0]), lambda: a.set(np.ones((2, 2)))):
            with pytest.raises(RuntimeError, match="H2D"):
                call()
        for call in (lambda: a.get(), lambda: float(a[0, 0]), lambda: a[0, 0].item(), lambda: xp.asnumpy(a)):
            with pytest.raises(RuntimeError, match="D2H"):
                call()
        a += 1
        graph = stream.end_capture()
    assert (a.get() == 1).all()
    graph.launch()
    graph.launch()
    assert (a.get() == 3).all()


def test_arguments_on_the_cpu():
    """Nothing is recorded, and nothing is said."""
    step = minitorch.compile(lambda x: 2 * x, mode="max-autotune")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for k in range(5):
            assert step(minitorch.full((2,), float(k))).tolist() == [2.0 * k] * 2
    assert step.reason is None and step.recordings == step.replays == 0


def test_a_method():
    class Doubler:
        """Multiplies."""

        def __init__(self, by):
            self.by = minitorch.full((2,), by, device="cuda")

        @minitorch.compile(mode="reduce-overhead")
        def times(self, x):
            """x times what was given."""
            return x * self.by

    two, three = Doubler(2.0), Doubler(3.0)
    for k in range(5):
        x = minitorch.full((2,), float(k), device="cuda")
        assert two.times(x).tolist() == [2.0 * k] * 2 and three.times(x).tolist() == [3.0 * k] * 2
    assert Doubler.times.recordings == 2 and Doubler.times.replays == 6 and Doubler.times.__name__ == "times"


def test_one_in_another():
    """Inside of a recording it runs as written; before that it replays, and tells of its gradients."""

    def write(side):
        side.inner = minitorch.compile(backward_only(side), mode="reduce-overhead")

        def step(x, y):
            side.optimizer.zero_grad()
            loss = side.inner(x, y)
            side.optimizer.step()
            return loss

        return step

    def between(i, side):
        if i == 0:
            for args in batches(4):
                side.optimizer.zero_grad()
                side.inner(*args)

    twins(write, between=between)


def test_two_nets_by_turns_and_a_capture_of_ones_own_beside():
    sides = [Side(whole, make, dense, is_compiled=c) for make in (sgd, adam) for c in (False, True)]
    g, x = cuda.CUDAGraph(), minitorch.ones(3, device="cuda")
    for i, args in enumerate(batches()):
        for eager, compiled in (sides[:2], sides[2:]):
            same(eager.run(*args), compiled.run(*args))
            assert all(itertools.starmap(near, zip(eager.state(), compiled.state(), strict=True)))
        if i == 4:
            with cuda.graph(g):
                y = x + 1
        if i > 4:
            x.fill_(i)
            g.replay()
            assert y.tolist() == [i + 1] * 3
    assert all(side.run.replays == 6 for side in sides[1::2])


def test_a_change_by_a_replay_is_noticed():
    """A graph that was recorded by autograd before, and needs the weights as they were."""
    side = Side(whole, sgd, dense, is_compiled=True)
    for args in batches(4):
        side.run(*args)
    loss = side.net(batches(1)[0][0]).sum()
    side.run(*batches(1)[0])
    assert side.run.replays == 3
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_numbers_that_are_nan():
    """A loss that is not a number goes on so, as without a graph."""
    data = batches()
    data[5][0][0, 0] = math.nan
    eager, compiled = (Side(whole, adam, dense, c) for c in (False, True))
    for args in data:
        for a, b in zip([eager.run(*args)], [compiled.run(*args)], strict=True):
            np.testing.assert_allclose(a.detach().cpu().numpy(), b.detach().cpu().numpy(), rtol=TOLERANCE)
    assert compiled.run.replays == 6


def test_each_recording_has_a_workspace():
    """cuBLAS's memory of the recording's stream is not that of the one in which everything else goes."""
    x = minitorch.ones(3, 3, device="cuda")
    step = minitorch.compile(lambda x: x @ x, mode="reduce-overhead")
    for _ in range(4):
        assert step(x).tolist() == [[3.0] * 3] * 3
    blas = gpu_blas._own.handles[0]
    ((recorded,),) = (kind.recorded for kind in step._kinds.values())
    own, usual = (
        blas.workspaces[stream.ptr].ptr for stream in (recorded.recording.stream, cuda.current_stream()._stream)
    )
    assert own != usual
