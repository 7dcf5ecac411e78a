"""What a tensor prints, letter for letter as torch prints it."""

import math
import random

import numpy as np
import pytest
import torch

import minitorch

ENGINES = (minitorch, torch)
DTYPES = ("float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool")


@pytest.fixture(autouse=True)
def default_options():
    yield
    for engine in ENGINES:
        engine.set_printoptions(profile="default")


def random_array(r, npr):
    """Numbers of many sizes, whole and broken, with zeros, infinities and nan among them."""
    shape = [r.choice([0, 1, 2, 3, 5, 7, 8, 11, 40]) for _ in range(r.choice([0, 1, 1, 2, 2, 3, 4]))]
    while math.prod(shape) > 20_000:
        shape.pop()
    dtype = np.dtype(r.choice([*DTYPES, "float32", "float32", "float64"]))
    if dtype.kind == "b":
        return npr.random(shape) < 0.5
    if dtype.kind != "f":
        limits, digits = np.iinfo(dtype), 10 ** r.randint(1, 18)
        return npr.integers(max(limits.min, -digits), min(limits.max, digits), shape).astype(dtype)
    x = np.asarray(npr.standard_normal(shape))
    kind = r.randrange(6)
    if kind == 0:
        x = x * 10.0 ** r.randint(-6, 12)
    elif kind == 1:
        x = np.round(x * 10.0 ** r.randint(0, 5))
    elif kind == 2:
        x = x * 10 ** npr.uniform(-3, 3, shape)
    elif kind == 3:
        x = x * 0
    elif kind == 4:
        x = np.round(x * 2) / 4
    with np.errstate(over="ignore"):
        x = np.array(x, dtype=dtype)
    for special in (math.nan, math.inf, -math.inf, -0.0, 0.0):
        if x.size and r.random() < 0.1:
            x.reshape(-1)[r.randrange(x.size)] = special
    return x.T if r.random() < 0.2 else x


@pytest.mark.parametrize("seed", range(6))
def test_random_tensors(seed):
    r, npr = random.Random(seed), np.random.default_rng(seed)
    for _ in range(100):
        x = random_array(r, npr)
        history = r.choice(["none", "none", "leaf", "mul", "view", "clone"]) if x.dtype.kind == "f" else "none"
        printed = []
        for engine in ENGINES:
            t = engine.from_numpy(np.array(x))
            if history != "none":
                t.requires_grad_()
            if history == "mul":
                t = t * 1
            elif history == "view":
                t = t.view(t.shape)
            elif history == "clone":
                t = t.clone()
            printed.append(repr(t))
        assert printed[0] == printed[1]


@pytest.mark.parametrize("seed", range(6))
def test_random_options(seed):
    r, npr = random.Random(1000 + seed), np.random.default_rng(1000 + seed)
    for _ in range(60):
        x = random_array(r, npr)
        options = {
            "precision": r.choice([None, 0, 1, 2, 6, 10]),
            "threshold": r.choice([None, 0, 5, 100, math.inf]),
            "edgeitems": r.choice([None, 0, 1, 2, 4]),
            "linewidth": r.choice([None, 20, 60, 120]),
            "profile": r.choice([None, "default", "short", "full"]),
            "sci_mode": r.choice([None, True, False]),
        }
        printed = []
        for engine in ENGINES:
            engine.set_printoptions(profile="default")
            engine.set_printoptions(**options)
            printed.append(repr(engine.from_numpy(np.array(x))))
        assert printed[0] == printed[1], options


# What the three programs and the lessons print, and where the rules change.
CASES = {
    "vector": lambda e: e.tensor([1.0, 2.5, -3.0]),
    "whole": lambda e: e.tensor([1.0, 2.0, -3.0]),
    "0-d": lambda e: e.tensor(3.14159),
    "0-d whole": lambda e: e.tensor(2.0),
    "0-d int": lambda e: e.tensor(7),
    "0-d bool": lambda e: e.tensor(True),
    "0-d nan": lambda e: e.tensor(math.nan),
    "0-d history": lambda e: (e.ones(3, requires_grad=True) ** 2).mean(),
    "leaf": lambda e: e.ones(2, 2, requires_grad=True),
    "pow": lambda e: e.ones(2, 2, requires_grad=True) ** 2,
    "1001": lambda e: e.arange(1001),
    "1000": lambda e: e.arange(1000),
    "cut twice": lambda e: e.zeros(100, 100),
    "cut once": lambda e: e.ones(2, 600),
    "cut leading": lambda e: e.ones(600, 2, 1),
    "empty": lambda e: e.zeros(0),
    "empty int": lambda e: e.zeros(0, dtype=e.int64),
    "empty (0, 3)": lambda e: e.zeros(0, 3),
    "empty float64": lambda e: e.zeros(2, 0, dtype=e.float64),
    "ratio 1000": lambda e: e.tensor([1.5, 1500.0]),
    "ratio 1001": lambda e: e.tensor([1.5, 1501.5]),
    "1e8": lambda e: e.tensor([1e8]),
    "over 1e8": lambda e: e.tensor([1.1e8]),
    "1e-4": lambda e: e.tensor([1e-4]),
    "under 1e-4": lambda e: e.tensor([0.9e-4]),
    "whole and inf": lambda e: e.tensor([1.0, math.inf, math.nan]),
    "only inf": lambda e: e.tensor([math.inf, 0.0]),
    "minus zero": lambda e: e.tensor([-0.0, 1.5]),
    "float16": lambda e: e.tensor([1.5, 65504.0], dtype=e.float16),
    "suffix on a new line": lambda e: e.arange(16.0, dtype=e.float64, requires_grad=True),
    "4-d": lambda e: e.arange(24.0).reshape(2, 1, 3, 4),
    "bools": lambda e: e.arange(40) % 3 == 0,
    "smallest int": lambda e: e.tensor([-(2**63), 0]),
    "uint8": lambda e: e.tensor([0, 255], dtype=e.uint8),
}


@pytest.mark.parametrize("name", CASES)
def test_cases(name):
    ours, theirs = (CASES[name](engine) for engine in ENGINES)
    assert repr(ours) == repr(theirs)
    assert str(ours) == str(theirs)


def test_parameters():
    ours, theirs = (engine.nn.Parameter(engine.tensor([[1.0, 2.0], [3.0, 4.0]])) for engine in ENGINES)
    assert repr(ours) == repr(theirs)
    assert repr(ours.detach()) == repr(theirs.detach())


def test_subclasses_print_their_name():
    printed = []
    for engine in ENGINES:

        class Image(engine.Tensor):
            pass

        printed.append(repr(engine.zeros(2, 3, 5).as_subclass(Image) if engine is torch else Image(2, 3, 5).zero_()))
    assert printed[0] == printed[1]


def test_dtype_suffix_follows_the_default_dtype():
    printed = []
    for engine in ENGINES:
        engine.set_default_dtype(engine.float64)
        tensors = [engine.zeros(2, dtype=getattr(engine, d)) for d in ("float32", "float64", "int64", "int32")]
        printed.append([repr(t) for t in tensors])
        engine.set_default_dtype(engine.float32)
    assert printed[0] == printed[1]


def test_options_are_kept_and_given_back():
    for engine in ENGINES:
        engine.set_printoptions(profile="short")
        engine.set_printoptions(precision=7, sci_mode=True)
        engine.set_printoptions(edgeitems=5)
    ours, theirs = minitorch.get_printoptions(), torch._tensor_str.get_printoptions()
    assert ours == theirs
    assert ours == {"precision": 7, "threshold": 1000, "edgeitems": 5, "linewidth": 80, "sci_mode": None}


def test_unknown_profile():
    with pytest.raises(ValueError, match="profile"):
        minitorch.set_printoptions(profile="long")


def test_printing_leaves_no_history_and_changes_nothing():
    x = minitorch.ones(3, requires_grad=True)
    y = x * 2
    before = y._version
    repr(y)
    assert y._version == before and x.grad is None
    y.sum().backward()
    assert x.grad.tolist() == [2, 2, 2]
