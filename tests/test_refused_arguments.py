"""Arguments that are refused, seldom ones: the same kind of error as in PyTorch, and nothing done before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

import minitorch

ENGINES = (minitorch, torch)
OPERATIONS: dict[str, Callable[[Any], Any]] = {
    "hardtanh of bytes": lambda e: e.nn.functional.hardtanh(e.ones(2, dtype=e.uint8)),
    "group count": lambda e: e.nn.functional.conv1d(e.ones(1, 2, 4), e.ones(2, 2, 3), groups=1.0),
    "pool's padding": lambda e: e.nn.functional.max_pool2d(e.ones(1, 1, 4, 4), 2, padding=-1),
    "unpool's input": lambda e: e.nn.functional.max_unpool2d(e.ones(2, 2), e.ones(2, 2, dtype=e.int64), 2),
    "unpool's size": lambda e: e.nn.functional.max_unpool2d(e.ones(1, 1, 2, 2), e.zeros(1, 1, 2, 2, dtype=e.int64), 2, output_size=(-1, -1)),
    "histc of nan": lambda e: e.histc(e.tensor([float("nan")])),
    "histogram in half": lambda e: e.histogram(e.ones(2).half(), 2),
    "histogram's weight": lambda e: e.histogram(e.ones(2), 2, weight=e.ones(2, dtype=e.float64)),
    "searchsorted's sorter": lambda e: e.searchsorted(e.ones(2), e.ones(2), sorter=e.zeros(2, dtype=e.int32)),
    "cov's weights": lambda e: e.cov(e.ones(2, 2), fweights=e.zeros(2, dtype=e.int64)),
    "trapezoid's x": lambda e: e.trapezoid(e.ones(2), e.ones(2, dtype=e.bool)),
    "norm's dtype": lambda e: e.linalg.vector_norm(e.ones(2), dtype=e.int64),
    "norm's narrow dtype": lambda e: e.linalg.vector_norm(e.ones(2, dtype=e.float64), dtype=e.float32),
    "vector's nuclear norm": lambda e: e.linalg.norm(e.ones(2), "nuc"),
    "max of two dims": lambda e: e.max(e.ones(2, 2), dim=(0, 1)),
    "argmax of two dims": lambda e: e.argmax(e.ones(2, 2), dim=(0, 1)),
    "median of two dims": lambda e: e.median(e.ones(2, 2), dim=(0, 1)),
    "keepdim alone": lambda e: e.max(e.ones(2), keepdim=True),
    "mean's dtype": lambda e: e.mean(e.ones(2), dtype=e.int64),
    "grid's dims": lambda e: e.nn.functional.grid_sample(e.ones(1, 1, 2, 2), e.ones(1, 2, 2, 2, 2), align_corners=False),
    "bicubic in 3 dims": lambda e: e.nn.functional.grid_sample(e.ones(1, 1, 2, 2, 2), e.ones(1, 2, 2, 2, 3), mode="bicubic", align_corners=False),
    "scale_factor": lambda e: e.nn.functional.interpolate(e.ones(1, 1, 2, 2), scale_factor=("2", "2")),
    "hstack of none": lambda e: e.hstack([]),
    "split 0-d": lambda e: e.split(e.tensor(1.0), 1),
    "split size 0": lambda e: e.split(e.ones(2), 0),
    "chunk 0-d": lambda e: e.chunk(e.tensor(1.0), 2),
    "unbind 0-d": lambda e: e.unbind(e.tensor(1.0)),
    "tile": lambda e: e.tile(e.ones(2), (-1,)),
    "roll by nothing": lambda e: e.roll(e.ones(2), ()),
    "roll by two": lambda e: e.roll(e.ones(2), (1, 2)),
    "reshape by strings": lambda e: e.reshape(e.ones(2), ("2",)),
    "unflatten to nothing": lambda e: e.unflatten(e.ones(2), 0, ()),
    "movedim of unequal": lambda e: e.movedim(e.ones(2, 2), (0, 1), (0,)),
    "movedim twice": lambda e: e.movedim(e.ones(2, 2), (0, 0), (0, 1)),
    "as_strided": lambda e: e.as_strided(e.ones(4), (-1,), (1,)),
    "qr without q": lambda e: e.linalg.qr(e.ones(2, 2, requires_grad=True), mode="r")[1].sum().backward(),
    "qr of many rows": lambda e: e.linalg.qr(e.eye(3, 2).requires_grad_(), mode="complete")[1].sum().backward(),
    "solve's b": lambda e: e.linalg.solve(e.eye(2), e.tensor(1.0)),
    "lstsq's b": lambda e: e.linalg.lstsq(e.eye(2), e.tensor(1.0)),
    "fill_diagonal_": lambda e: e.ones(2, 3, 2).fill_diagonal_(1.0),
}  # fmt: skip
LAYERS: dict[str, Callable[[Any], Any]] = {
    "parameter before init": lambda e: uninitialized(e).register_parameter("p", None),
    "buffer before init": lambda e: uninitialized(e).register_buffer("b", None),
    "parameter with history": lambda e: e.nn.Module().register_parameter("p", with_history(e)),
    "to(copy=True)": lambda e: e.nn.Linear(1, 1).to(e.device("cpu"), copy=True),
    "insert": lambda e: e.nn.Sequential().insert(2, e.nn.ReLU()),
    "module dict's pairs": lambda e: e.nn.ModuleDict([1]),
    "module dict's lengths": lambda e: e.nn.ModuleDict([("a",)]),
    "parameter dict's pairs": lambda e: e.nn.ParameterDict([1]),
    "proj_size": lambda e: e.nn.LSTM(2, 2, proj_size=-1),
    "proj_size of GRU": lambda e: e.nn.GRU(2, 2, proj_size=1),
    "RNN mode": lambda e: e.nn.RNNBase("FFF", 2, 2),
    "packed of 3 dims": lambda e: e.nn.GRU(2, 2)(e.nn.utils.rnn.PackedSequence(e.ones(2, 1, 2), e.tensor([1, 1]))),
    "cell's state": lambda e: e.nn.GRUCell(2, 2)(e.ones(1, 2), e.ones(1, 1, 2)),
    "LSTM cell's state": lambda e: e.nn.LSTMCell(2, 2)(e.ones(1, 2), (e.ones(1, 2), e.ones(1, 1, 2))),
    "packed sequence of one": lambda e: e.nn.utils.rnn.PackedSequence(e.ones(1)),
    "unequal sequences": lambda e: e.nn.utils.rnn.pad_sequence([e.ones(2, 1), e.ones(2, 2)]),
    "extra state": lambda e: e.nn.Linear(1, 1).get_extra_state(),
    "extra state set": lambda e: e.nn.Linear(1, 1).set_extra_state(1),
    "no parametrizations": lambda e: e.nn.utils.parametrize.ParametrizationList([], e.ones(1)),
    "parametrized to a number": lambda e: register(e, forward=lambda x: 1.0),
    "parametrization's dtype": lambda e: register(e, right_inverse=lambda x: x.double()),
    "parametrization's parts": lambda e: register(e, right_inverse=lambda x: [1.0], forward=lambda *x: e.ones(2, 2)),
    "parametrization's inverse": lambda e: register(e, right_inverse=lambda x: 1.0),
    "assigned without inverse": lambda e: setattr(register(e), "weight", e.ones(2, 2)),
    "schedule of numbers": lambda e: e.optim.lr_scheduler.LambdaLR(optimizer(e), [1.0]),
    "closure": lambda e: e.optim.LBFGS([e.ones(1, requires_grad=True)]).step(),
}  # fmt: skip


def uninitialized(e: Any) -> Any:
    return e.nn.Module.__new__(e.nn.Module)


def with_history(e: Any) -> Any:
    p = e.nn.Parameter(e.ones(1), requires_grad=False)
    return p.mul_(e.ones(1, requires_grad=True))


def optimizer(e: Any) -> Any:
    return e.optim.SGD([e.ones(1, requires_grad=True)], lr=0.1)


def register(e: Any, **methods: Callable) -> Any:
    """A layer whose weight is parametrized by a module with these methods (default: the identity, without an inverse)."""
    kind = type("P", (e.nn.Module,), {"forward": lambda self, x: x})
    for name, method in methods.items():
        setattr(kind, name, lambda self, *x, method=method: method(*x))
    layer = e.nn.Linear(2, 2)
    e.nn.utils.parametrize.register_parametrization(layer, "weight", kind())
    return layer


@pytest.mark.parametrize("name", [*OPERATIONS, *LAYERS])
def test_is_refused_as_in_torch(name: str) -> None:
    call = (OPERATIONS | LAYERS)[name]
    found = []
    for engine in ENGINES:
        with pytest.raises(Exception) as caught:  # noqa: B017  which one it is, is compared
            call(engine)
        found.append(caught.value)
    ours, theirs = found
    assert isinstance(ours, type(theirs)), f"{type(ours).__name__}: {ours}; torch's {type(theirs).__name__}: {theirs}"
    assert str(ours), "the error says nothing"


# What PyTorch lets pass, and computes something from the wrong elements or fails on the way: refused here.
STRICTER: dict[str, tuple[type[Exception], str, Callable[[Any], Any]]] = {
    "gradient's coordinates": (RuntimeError, "one coordinate per point", lambda e: e.gradient(e.ones(4), spacing=(e.ones(3),))),
    "pad's longer length": (RuntimeError, "Expected sequence length 3", lambda e: e.nn.utils.rnn.pack_padded_sequence(e.ones(2, 1, 1), [3])),
    "parameter of a list": (TypeError, "Parameter needs a Tensor", lambda e: e.nn.Parameter([1.0])),
    "no derivative of q": (NotImplementedError, "with respect to q", lambda e: e.quantile(e.ones(2), e.tensor(0.5, requires_grad=True))),
    "bins and range": (TypeError, "range only beside", lambda e: e.histogram(e.ones(2), e.tensor([0.0, 1.0]), range=(0.0, 1.0))),
    "unbiased and correction": (TypeError, "not both", lambda e: e.var(e.ones(2), 0, unbiased=True, correction=1)),
    "the same of var_mean": (TypeError, "not both", lambda e: e.var_mean(e.ones(2), 0, unbiased=True, correction=1)),
    "bicubic grids": (NotImplementedError, "bicubic", lambda e: e.nn.functional.grid_sample(e.ones(1, 1, 2, 2), e.ones(1, 2, 2, 2), mode="bicubic", align_corners=False)),
    "antialias": (NotImplementedError, "antialias", lambda e: e.nn.functional.interpolate(e.ones(1, 1, 2, 2), scale_factor=2, mode="bilinear", antialias=True)),
    "view of another dtype": (NotImplementedError, "view", lambda e: e.ones(2).view(e.int32)),
    "as_strided in gaps": (NotImplementedError, "as_strided", lambda e: e.as_strided(e.ones(8)[::2], (2,), (1,))),
    "as_strided outside": (NotImplementedError, "as_strided", lambda e: e.as_strided(e.ones(8)[2:4], (4,), (1,))),
    "memory formats": (NotImplementedError, "memory_format", lambda e: e.ones(1, 1, 2, 2).clone(memory_format=e.channels_last)),
    "one value's variance": (ValueError, "more than 1 value", lambda e: e.batch_norm(e.ones(1, 2), None, None, None, None, True, 0.1, 1e-5, True)),
    "one position's variance": (ValueError, "more than 1 spatial", lambda e: e.instance_norm(e.ones(1, 2, 1), None, None, None, None, True, 0.1, 1e-5, True)),
    "out of norm": (NotImplementedError, "out=", lambda e: e.norm(e.ones(2), out=e.ones(()))),
}  # fmt: skip


@pytest.mark.parametrize("name", STRICTER)
def test_is_refused_here(name: str) -> None:
    kind, words, call = STRICTER[name]
    with pytest.raises(kind, match=words):
        call(minitorch)
