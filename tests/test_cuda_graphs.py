"""CUDA graphs: torch.cuda.CUDAGraph, and compile(step, mode="reduce-overhead") against the same step as it is written.

On foreign.py's stand-in for CuPy, whose graphs (foreign_capture.py) work on addresses as a card's do. With --device cuda
the tensors are a card's.
"""

from __future__ import annotations

import collections
import contextlib
import itertools
import math
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from card import why_not

import minitorch
from minitorch import captured_step, cuda, gpu_blas, gpu_graph, nn
from minitorch.nn import functional as F

optim = minitorch.optim
TOLERANCE = 1e-12


@pytest.fixture(autouse=True)
def xp(request: pytest.FixtureRequest) -> Iterator[Any]:
    """CuPy where there is a card to test on, else the stand-in. Numbers are float64."""
    with contextlib.ExitStack() as stack:
        if request.config.getoption("--device") != "cuda":
            module = stack.enter_context(pytest.importorskip("foreign").foreign_device())
        elif why_not("cuda"):
            pytest.skip(f"no card: {why_not('cuda')}")
        else:
            module = pytest.importorskip("cupy")
            minitorch.zeros(1, device="cuda")
        minitorch.set_default_dtype(minitorch.float64)
        yield module
        minitorch.set_default_dtype(minitorch.float32)
        assert gpu_graph.current() is None and not gpu_graph.recorders
        assert cuda.current_stream() == cuda.default_stream()


@pytest.fixture
def is_standin(xp: Any) -> bool:
    return xp.__version__ == "14.2.0" and not hasattr(xp, "RawKernel")


def near(a: Any, b: Any) -> bool:
    if a is None or b is None:
        return a is b
    a, b = (x.detach().cpu().numpy() if isinstance(x, minitorch.Tensor) else np.asarray(x) for x in (a, b))
    return a.shape == b.shape and a.dtype == b.dtype and np.allclose(a, b, rtol=TOLERANCE, atol=TOLERANCE)


# ---- CUDAGraph -----------------------------------------------------------------------------------------------------


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


class Odd(Exception):
    pass


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


# ---- compile -------------------------------------------------------------------------------------------------------

CALLS = 8


def dense() -> nn.Module:
    return nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3))


def convolutions() -> nn.Module:
    layers = nn.Conv2d(1, 2, 2, padding=1), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(4, 3)
    return nn.Sequential(nn.Unflatten(1, (1, 2, 3)), *layers)


def batches(count: int = CALLS, size: int = 4) -> list[Any]:
    generator = np.random.default_rng(7)
    return [
        (minitorch.tensor(generator.standard_normal((size, 6))).cuda(), minitorch.tensor(generator.integers(0, 3, size)).cuda())
        for _ in range(count)
    ]


class Side:
    """A net, its optimizer and a step of training; `run` is the step or what compile made of it."""

    def __init__(self, write: Any, make: Any, net: Any, is_compiled: bool) -> None:
        minitorch.manual_seed(0)
        self.net = net().cuda()
        self.optimizer = make(self.net.parameters())
        self.run = self.step = write(self)
        if is_compiled:
            self.run = minitorch.compile(self.step, mode="reduce-overhead")
        self.count = 0
        self.random: Any = None

    def state(self) -> list[Any]:
        found = [*self.net.state_dict().values(), *[p.grad for p in self.net.parameters()]]
        for entry in self.optimizer.state_dict()["state"].values():
            for name in sorted(entry):
                found += entry[name] if isinstance(entry[name], list) else [entry[name]]
        return found


def whole(side: Side) -> Any:
    def step(x, y):
        side.optimizer.zero_grad()
        loss = F.cross_entropy(side.net(x), y)
        loss.backward()
        side.optimizer.step()
        return loss

    return step


def sgd(parameters: Any) -> Any:
    return optim.SGD(parameters, lr=0.1, momentum=0.9)


def adam(parameters: Any) -> Any:
    return optim.Adam(parameters, lr=0.01)


def same(a: Any, b: Any) -> None:
    """Nested results alike."""
    assert type(a) is type(b)
    if isinstance(a, tuple | list):
        assert len(a) == len(b)
        for one, other in zip(a, b, strict=True):
            same(one, other)
    elif isinstance(a, dict):
        assert list(a) == list(b)
        same(list(a.values()), list(b.values()))
    else:
        assert near(a, b) if isinstance(a, minitorch.Tensor) else a == b


def twins(
    write: Any = whole,
    make: Any = sgd,
    net: Any = dense,
    between: Callable[[int, Side], Any] = lambda i, side: None,
    data: list[Any] | None = None,
    falls_back: str | None = None,
    replays: int | None = None,
    recordings: int | None = 1,
) -> Any:
    """Train both sides, compared after every call; the compiled one.

    ``between(i, side)`` comes before call i. `falls_back`: the reason for which it is to run as written, with a warning.
    """
    data = batches() if data is None else data
    eager, compiled = (Side(write, make, net, is_compiled) for is_compiled in (False, True))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for i, args in enumerate(data):
            outcomes = []
            for side in (eager, compiled):
                minitorch.manual_seed(i)
                between(i, side)
                try:
                    outcomes.append(side.run(*[x.clone() for x in args]))
                except Odd as error:
                    outcomes.append(str(error))
                side.random = minitorch.get_rng_state()
            same(*outcomes)
            states = eager.state(), compiled.state()
            assert len(states[0]) == len(states[1])
            assert all(itertools.starmap(near, zip(*states, strict=True))), f"after call {i}"
            assert minitorch.equal(eager.random, compiled.random)
    step = compiled.run
    said = [str(w.message) for w in caught if "compile:" in str(w.message)]
    if falls_back is None:
        assert step.reason is None and not said, step.reason
        assert step.replays > 0 if replays is None else step.replays == replays
        assert recordings is None or step.recordings == recordings
    else:
        assert step.reason is not None and falls_back in step.reason and len(said) == 1 and step.reason in said[0]
        assert all(w.filename == __file__ for w in caught if "compile:" in str(w.message))
    return compiled


OPTIMIZERS = {
    "SGD": lambda p: optim.SGD(p, lr=0.1),
    "momentum": sgd,
    "nesterov": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "dampening": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.3, maximize=True),
    "Adam": adam,
    "Adam with weight decay": lambda p: optim.Adam(p, lr=0.01, weight_decay=0.1),
    "AdamW": lambda p: optim.AdamW(p, lr=0.01, weight_decay=0.1),
    "amsgrad": lambda p: optim.Adam(p, lr=0.01, amsgrad=True),
    "AdamW amsgrad": lambda p: optim.AdamW(p, lr=0.01, amsgrad=True, maximize=True),
}


@pytest.mark.parametrize("net", [dense, convolutions])
@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_training(make, net):
    twins(make=make, net=net, replays=CALLS - captured_step.WARM)


@pytest.mark.parametrize("make", [
    lambda p: optim.RMSprop(p, lr=0.01), lambda p: optim.Adagrad(p, lr=0.01), lambda p: optim.Adadelta(p),
    lambda p: optim.Adamax(p), lambda p: optim.NAdam(p), lambda p: optim.RAdam(p), lambda p: optim.ASGD(p),
    lambda p: optim.Rprop(p), lambda p: Halve(p, {}),
])  # fmt: skip
def test_other_optimizers_run_as_written(make):
    twins(make=make, falls_back="what")


class Halve(optim.Optimizer):
    def step(self):
        with minitorch.no_grad():
            for p in self.param_groups[0]["params"]:
                p.mul_(0.5)


def test_lbfgs_runs_as_written():
    def write(side):
        def step(x, y):
            def closure():
                side.optimizer.zero_grad()
                loss = F.cross_entropy(side.net(x), y)
                loss.backward()
                return loss

            return side.optimizer.step(closure)

        return step

    twins(write, lambda p: optim.LBFGS(p, max_iter=2), falls_back="LBFGS", data=batches(5))


def test_the_last_batch_of_an_epoch_is_smaller():
    """Two kinds of arguments, two recordings: the gradients of both."""
    sizes = [4, 4, 4, 2] * 5
    twins(net=convolutions, data=[batches(1, size)[0] for size in sizes], recordings=2, replays=13 + 3)


@pytest.mark.parametrize("make", [sgd, adam])
def test_schedulers(make):
    def between(i, side):
        if i == 0:
            side.scheduler = optim.lr_scheduler.ExponentialLR(side.optimizer, 0.8)
        else:
            side.scheduler.step()
            if i == 5:  # made anew, it warns if it finds that there was no step of the optimizer
                side.scheduler = optim.lr_scheduler.StepLR(side.optimizer, 1)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        twins(make=make, between=between)


def no_zero(side: Side) -> Any:
    """The step without `zero_grad`."""

    def step(x, y):
        loss = F.cross_entropy(side.net(x), y)
        loss.backward()
        side.optimizer.step()
        return loss.detach()

    return step


@pytest.mark.parametrize("set_to_none", [True, False])
@pytest.mark.parametrize("make", [sgd, adam])
def test_zero_grad_outside(make, set_to_none):
    twins(no_zero, make, between=lambda i, side: side.optimizer.zero_grad(set_to_none))


def test_zero_grad_outside_now_so_now_so():
    twins(no_zero, between=lambda i, side: side.optimizer.zero_grad(i % 8 < 4), data=batches(16), recordings=None)


def test_zero_grad_to_zeros_inside():
    def write(side):
        def step(x, y):
            side.optimizer.zero_grad(set_to_none=False)
            loss = F.cross_entropy(side.net(x), y)
            loss.backward()
            side.optimizer.step()
            return loss

        return step

    twins(write)


@pytest.mark.parametrize("set_to_none", [True, False])
def test_zero_grad_at_the_end(set_to_none):
    def write(side):
        def step(x, y):
            loss = F.cross_entropy(side.net(x), y)
            loss.backward()
            side.optimizer.step()
            side.optimizer.zero_grad(set_to_none)
            return loss

        return step

    twins(write)


def test_gradients_add_up_from_call_to_call():
    """`zero_grad` only every third time."""
    twins(no_zero, between=lambda i, side: i % 3 or side.optimizer.zero_grad(False), data=batches(10))
    twins(no_zero, data=batches(10))


def backward_only(side: Side) -> Any:
    def step(x, y):
        loss = F.cross_entropy(side.net(x), y)
        loss.backward()
        return loss

    return step


@pytest.mark.parametrize("set_to_none", [True, False])
@pytest.mark.parametrize("every", [1, 2])
def test_the_optimizer_outside(every, set_to_none):
    def between(i, side):
        if i % every == 0 and i:
            side.optimizer.step()
            side.optimizer.zero_grad(set_to_none)

    # Every second time with None: one recording begins the gradients, the other one adds to them.
    twins(backward_only, between=between, data=batches(14), recordings=2 if every == 2 and set_to_none else 1)


def test_only_the_optimizer_compiled():
    """It reads gradients that are made outside, in other memory each time or in the same."""
    for set_to_none in (True, False):

        def write(side, set_to_none=set_to_none):
            def step():
                side.optimizer.step()

            return step

        def between(i, side, set_to_none=set_to_none):
            side.optimizer.zero_grad(set_to_none)
            x, y = batches()[i]
            F.cross_entropy(side.net(x), y).backward()

        twins(write, adam, between=between, data=[()] * CALLS, replays=None, recordings=None if set_to_none else 1)


@pytest.mark.parametrize("make", [sgd, adam])
def test_loading_a_state(make):
    """Of the net into the same memory; of the optimizer into memory that is new."""

    def between(i, side):
        if i == 2:
            side.kept = {name: x.clone() for name, x in side.net.state_dict().items()}, side.optimizer.state_dict()
            side.kept[1]["state"] = {
                key: {name: x.clone() for name, x in entry.items()} for key, entry in side.kept[1]["state"].items()
            }
        if i == 5:
            side.net.load_state_dict(side.kept[0])
        if i in (6, 9):
            side.optimizer.load_state_dict(side.kept[1])

    twins(make=make, between=between, data=batches(14), recordings=3, net=convolutions)


def test_a_state_exchanged():
    def between(i, side):
        if i == 5:
            for entry in side.optimizer.state.values():
                entry["momentum_buffer"] = minitorch.ones_like(entry["momentum_buffer"])

    twins(between=between, data=batches(10), recordings=2)


def test_eval_and_train():
    def between(i, side):
        side.net.train(i % 10 < 5)

    twins(net=convolutions, between=between, data=batches(20), recordings=2)


def test_a_layer_in_another_mode():
    def between(i, side):
        if i == 4:
            side.net[2].eval()

    twins(net=convolutions, between=between, recordings=2)


def test_a_parameter_is_another_tensor():
    def replaced(i, side):
        if i == 4:
            side.old = side.net[2].bias  # it lives on
            side.net[2].bias = nn.Parameter(minitorch.ones(3, device="cuda"))

    def new_memory(i, side):
        if i == 4:
            side.net[2].bias.data = minitorch.ones(3, device="cuda")

    def new_layer(i, side):
        if i == 4:
            side.old, side.net[2] = side.net[2], nn.Linear(5, 3).cuda()
            side.optimizer = sgd(side.net.parameters())

    for between in (replaced, new_memory, new_layer):
        twins(between=between, recordings=2)


def test_a_tensor_without_a_module_is_another_one():
    """That nobody else holds the old one is seen, too, and what has changed inside of one."""

    def write(side):
        side.scale = minitorch.ones(3, device="cuda")

        def step(x, y):
            side.optimizer.zero_grad()
            loss = F.cross_entropy(side.net(x) * side.scale, y)
            loss.backward()
            side.optimizer.step()
            return loss

        return step

    def between(i, side):
        if i in (3, 4):
            side.scale *= 2
        if i == 5:
            side.scale = minitorch.full((3,), 0.5, device="cuda")

    twins(write, between=between, data=batches(10), recordings=2)


def test_running_statistics_replaced():
    def between(i, side):
        if i == 4:
            side.net[2].running_mean = minitorch.full((2,), 3.0, device="cuda")
        if i == 9:
            side.net[2].running_var.data = minitorch.full((2,), 3.0, device="cuda")

    twins(net=convolutions, between=between, data=batches(14), recordings=3)


def test_options_of_the_optimizer_change():
    def between(i, side):
        if i == 4:
            side.optimizer.param_groups[0]["momentum"] = 0.5
        if i == 9:
            side.optimizer.param_groups[0]["weight_decay"] = 0.5

    twins(between=between, data=batches(14), recordings=3)


def test_a_group_is_added():
    def between(i, side):
        if i == 4:
            side.optimizer.add_param_group({"params": list(side.net[2].parameters()), "lr": 0.5})

    twins(make=lambda p: sgd(list(p)[:2]), between=between, data=batches(10), recordings=2)


def test_requires_grad_switched():
    def between(i, side):
        if i in (4, 9):
            side.net[0].requires_grad_(i == 9)

    twins(between=between, data=batches(14), recordings=3)


def test_frozen_and_its_gradient_gone():
    def between(i, side):
        if i == 4:
            side.net[0].weight.grad = None
            side.net[0].requires_grad_(False)

    twins(no_zero, adam, between=between, data=batches(10), recordings=2)


def test_hooks_that_run_while_recording_alone():
    seen = []

    def write(side):
        side.net[0].register_forward_hook(lambda module, args, out: seen.append(1) or 2 * out)
        return whole(side)

    twins(write)
    assert len(seen) == CALLS + captured_step.WARM + 1


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
    side, other = (Side(lambda side: lambda x, y: F.cross_entropy(side.net(x), y), sgd, dense, c) for c in (False, True))
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
    own, usual = (blas.workspaces[stream.ptr].ptr for stream in (recorded.recording.stream, cuda.current_stream()._stream))
    assert own != usual
