"""What the tests of CUDA graphs share: the card or its stand-in, and a training step twice, as it is and compiled."""

from __future__ import annotations

import contextlib
import itertools
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from card import why_not

import minitorch
from minitorch import cuda, gpu_graph, nn
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


def near(a: Any, b: Any) -> bool:
    if a is None or b is None:
        return a is b
    a, b = (x.detach().cpu().numpy() if isinstance(x, minitorch.Tensor) else np.asarray(x) for x in (a, b))
    return a.shape == b.shape and a.dtype == b.dtype and np.allclose(a, b, rtol=TOLERANCE, atol=TOLERANCE)


class Odd(Exception):
    pass


CALLS = 8


def dense() -> nn.Module:
    return nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3))


def convolutions() -> nn.Module:
    layers = nn.Conv2d(1, 2, 2, padding=1), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(4, 3)
    return nn.Sequential(nn.Unflatten(1, (1, 2, 3)), *layers)


def batches(count: int = CALLS, size: int = 4) -> list[Any]:
    generator = np.random.default_rng(7)
    return [
        (
            minitorch.tensor(generator.standard_normal((size, 6))).cuda(),
            minitorch.tensor(generator.integers(0, 3, size)).cuda(),
        )
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
    said = [str(w.message) for w in caught]  # nothing else, either
    if falls_back is None:
        assert step.reason is None and not said, step.reason
        assert step.replays > 0 if replays is None else step.replays == replays
        assert recordings is None or step.recordings == recordings
    else:
        assert step.reason is not None and falls_back in step.reason and len(said) == 1 and step.reason in said[0]
        assert said[0].startswith("compile: ") and caught[0].filename == __file__
    return compiled


def no_zero(side: Side) -> Any:
    """The step without `zero_grad`."""

    def step(x, y):
        loss = F.cross_entropy(side.net(x), y)
        loss.backward()
        side.optimizer.step()
        return loss.detach()

    return step


def backward_only(side: Side) -> Any:
    def step(x, y):
        loss = F.cross_entropy(side.net(x), y)
        loss.backward()
        return loss

    return step
