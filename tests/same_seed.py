"""Every call that draws random numbers, with arguments drawn at random too: what the test_same_seed files run on both
engines.

A call is a function of an `Engine`, a `random.Random` for its arguments (the same on both engines) and a generator
(None: the default one). Calls that take no generator ignore it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np
import torch
from PIL import Image
from test_random import on_intel
from test_vision_random import RANDOM as TRANSFORMS
from vision_images import IMAGES, theirs

import minitorch
from minitorch.vision import transforms as ours

FLOATS = ["float16", "float32", "float64"]
WIDE = ["float32", "float64"]
INTEGERS = ["uint8", "int8", "int16", "int32", "int64"]
# 16 is where PyTorch's normal draws change their recipe, 64 where NumPy's words are fetched in another way.
SIZES = [(), (0,), (1,), (5,), (15,), (16,), (17,), (3, 7), (2, 3, 4), (64,), (9, 33), (700,)]
MATRICES = [(1, 1), (3, 8), (8, 3), (5, 5), (12, 2)]


class Engine:
    """PyTorch or minitorch, a generator of its own beside the default one, and the states it has saved."""

    def __init__(self, torch: ModuleType, transforms: ModuleType, seed: int, fresh_seeds: list[int]) -> None:
        self.torch, self.transforms, self.fresh_seeds = torch, transforms, fresh_seeds
        self.default = torch.manual_seed(seed)
        self.own = torch.Generator().manual_seed(seed ^ 1)
        self.saved: list[tuple[Any, Any]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.torch, name)

    def new_seed(self, generator: Any) -> int:
        """`generator.seed()`, whose number is the operating system's: what one engine got, the other is seeded with."""
        if self.torch is minitorch:
            self.fresh_seeds.append(generator.seed())
        else:
            generator.manual_seed(self.fresh_seeds[-1])
        return generator.initial_seed()

    def positions(self) -> list[Any]:
        """Where both streams stand: their states, byte for byte."""
        return [self.default.get_state(), self.own.get_state()]


def both_engines(seed: int) -> tuple[Engine, Engine]:
    fresh_seeds: list[int] = []
    return Engine(minitorch, ours, seed, fresh_seeds), Engine(torch, theirs, seed, fresh_seeds)


def plain(value: Any) -> Any:
    """`value` as data that are equal only if it has the same structure, types, shapes and bits on both engines."""
    if isinstance(value, minitorch.Tensor | torch.Tensor):
        array = value.detach().numpy()
        return str(value.dtype), tuple(value.shape), value.requires_grad, array.tobytes()
    if isinstance(value, Image.Image):
        return value.mode, value.size, value.tobytes()
    if isinstance(value, dict):
        return [(key, plain(item)) for key, item in value.items()]
    if isinstance(value, list | tuple):
        return type(value).__name__, [plain(item) for item in value]
    return type(value).__name__, value


@contextmanager
def said(what: str) -> Iterator[None]:
    """Put `what` in front of a failing assertion."""
    try:
        yield
    except AssertionError as error:
        raise AssertionError(f"{what}\n{error}") from None


def assert_same(mine: Any, its: Any, what: str) -> None:
    """Equal to the bit; where not, NumPy says which elements are not."""
    if plain(mine) == plain(its):
        return
    with said(what):
        if isinstance(its, torch.Tensor) and isinstance(mine, minitorch.Tensor):
            np.testing.assert_array_equal(mine.detach().numpy(), its.detach().numpy(), strict=True)
        raise AssertionError(f"minitorch {mine!r}\nPyTorch   {its!r}")


def assert_streams_agree(engines: tuple[Engine, Engine], what: str) -> None:
    """Both streams stand at the same place, and what they give next is the same."""
    mine, its = (engine.positions() for engine in engines)
    assert_same(mine, its, f"after {what}, the streams stand elsewhere")
    for which in ("default", "own"):
        following = [engine.rand(3, generator=getattr(engine, which)) for engine in engines]
        assert_same(*following, f"the next draw after {what}, {which} generator")


# ---- arguments -----------------------------------------------------------------------------------------------------


def dtype(e: Engine, r: random.Random, names: list[str]) -> Any:
    return getattr(e, r.choice(names))


def filled(e: Engine, r: random.Random, names: list[str]) -> Any:
    """A tensor to draw into: often contiguous, sometimes a transposed one or one with gaps."""
    t = e.ones(r.choice(SIZES), dtype=dtype(e, r, names))
    view = r.randrange(4)
    if view == 0 and t.dim() > 1:
        return t.transpose(0, -1)
    if view == 1 and t.dim() > 0:
        return t[..., ::2]
    return t


def weights(e: Engine, r: random.Random, shape: tuple[int, ...], names: list[str]) -> Any:
    """Numbers between 0 and 1."""
    values = np.random.default_rng(r.getrandbits(32)).random(shape)
    return e.tensor(values).to(dtype(e, r, names))


def matrix(e: Engine, r: random.Random, shapes: list[tuple[int, ...]]) -> Any:
    return e.empty(r.choice(shapes), dtype=dtype(e, r, WIDE), requires_grad=True)


def between(r: random.Random) -> tuple[float, float]:
    low = r.uniform(-3, 3)
    return low, low + r.uniform(0, 5)


def below(t: Any, e: Engine, r: random.Random, g: Any) -> Any:
    """bernoulli_ with a tensor of probabilities, one for each element of the last axis."""
    return t.bernoulli_(weights(e, r, tuple(t.shape)[-1:], FLOATS), generator=g)


# ---- tensors -------------------------------------------------------------------------------------------------------

Call = Callable[[Engine, random.Random, Any], Any]
DRAWS: dict[str, Call] = {
    "rand": lambda e, r, g: e.rand(r.choice(SIZES), dtype=dtype(e, r, FLOATS), generator=g),
    "randn": lambda e, r, g: e.randn(r.choice(SIZES), dtype=dtype(e, r, FLOATS), generator=g),
    "randint": lambda e, r, g: e.randint(-r.randrange(50), r.randrange(1, 50), r.choice(SIZES), generator=g),
    "randint of 64 bits": lambda e, r, g: e.randint(2 ** r.randrange(28, 63), r.choice(SIZES), generator=g),
    "randperm": lambda e, r, g: e.randperm(r.choice([0, 1, 2, 3, 10, 63, 64, 65, 1000]), generator=g),
    "randperm of a kind": lambda e, r, g: e.randperm(r.randrange(128), dtype=dtype(e, r, INTEGERS), generator=g),
    "rand_like": lambda e, r, g: e.rand_like(filled(e, r, FLOATS), generator=g),
    "randn_like": lambda e, r, g: e.randn_like(filled(e, r, FLOATS), generator=g),
    "randint_like": lambda e, r, g: e.randint_like(filled(e, r, FLOATS), r.randrange(1, 99), generator=g),
    "uniform_": lambda e, r, g: filled(e, r, FLOATS).uniform_(*between(r), generator=g),
    "uniform_ standard": lambda e, r, g: filled(e, r, FLOATS).uniform_(generator=g),
    "normal_": lambda e, r, g: filled(e, r, FLOATS).normal_(r.uniform(-2, 2), r.uniform(0, 3), generator=g),
    "normal_ standard": lambda e, r, g: filled(e, r, FLOATS).normal_(generator=g),
    "normal": lambda e, r, g: e.normal(r.uniform(-2, 2), r.uniform(0, 3), r.choice(SIZES), generator=g),
    "normal of tensors": lambda e, r, g: e.normal(weights(e, r, (4, 9), WIDE), weights(e, r, (9,), WIDE), generator=g),
    "bernoulli": lambda e, r, g: e.bernoulli(weights(e, r, r.choice(SIZES), FLOATS), generator=g),
    "bernoulli_ of tensors": lambda e, r, g: below(filled(e, r, INTEGERS + FLOATS), e, r, g),
    "random_": lambda e, r, g: filled(e, r, FLOATS + INTEGERS + ["bool"]).random_(generator=g),
    "random_ below": lambda e, r, g: filled(e, r, FLOATS + INTEGERS).random_(r.randrange(1, 128), generator=g),
    "random_ between": lambda e, r, g: filled(e, r, WIDE + ["int32"]).random_(-5, r.randrange(2**20), generator=g),
    "cauchy_": lambda e, r, g: filled(e, r, FLOATS).cauchy_(r.uniform(-2, 2), r.uniform(0.1, 3), generator=g),
    "log_normal_": lambda e, r, g: filled(e, r, FLOATS).log_normal_(r.uniform(-2, 2), r.uniform(0.1, 2), generator=g),
    "geometric_": lambda e, r, g: filled(e, r, FLOATS + ["int32", "int64"]).geometric_(r.uniform(0.05, 0.9), generator=g),
    "poisson": lambda e, r, g: e.poisson(40 * weights(e, r, r.choice(SIZES), FLOATS), generator=g),
    "multinomial with replacement": lambda e, r, g: e.multinomial(
        weights(e, r, r.choice([(7,), (300,), (3, 50)]), WIDE), r.randrange(2, 40), True, generator=g
    ),
}

# PyTorch on an Intel processor draws these from MKL instead.
MKL_DRAWS: dict[str, Call] = {
    "bernoulli with a number": lambda e, r, g: e.bernoulli(e.empty(r.choice(SIZES)), r.random(), generator=g),
    "bernoulli_": lambda e, r, g: filled(e, r, FLOATS + INTEGERS + ["bool"]).bernoulli_(r.random(), generator=g),
    "exponential_": lambda e, r, g: filled(e, r, FLOATS).exponential_(r.uniform(0.1, 4), generator=g),
    "multinomial": lambda e, r, g: e.multinomial(
        weights(e, r, r.choice([(7,), (300,), (3, 50)]), WIDE), r.randrange(1, 8), generator=g
    ),
    "dropout": lambda e, r, g: e.nn.functional.dropout(filled(e, r, FLOATS), r.random()),
    "dropout in place": lambda e, r, g: e.nn.functional.dropout(filled(e, r, FLOATS), r.random(), inplace=True),
    "dropout2d": lambda e, r, g: e.nn.functional.dropout2d(weights(e, r, (4, 5, 2, 3), WIDE), r.random()),
    "Dropout": lambda e, r, g: e.nn.Dropout(r.random())(weights(e, r, r.choice(SIZES), WIDE)),
    "Dropout in eval": lambda e, r, g: e.nn.Dropout(r.random()).eval()(weights(e, r, (3, 7), WIDE)),
    "Dropout2d": lambda e, r, g: e.nn.Dropout2d(r.random())(weights(e, r, (4, 5, 2, 3), WIDE)),
}

# ---- nn.init: every function that draws ----------------------------------------------------------------------------

KERNELS = MATRICES + [(6, 3, 5, 5), (4, 2, 3)]
INITS: dict[str, Call] = {
    "init.uniform_": lambda e, r, g: e.nn.init.uniform_(matrix(e, r, KERNELS), *between(r), generator=g),
    "init.normal_": lambda e, r, g: e.nn.init.normal_(matrix(e, r, KERNELS), r.uniform(-1, 1), r.random(), generator=g),
    "init.xavier_uniform_": lambda e, r, g: e.nn.init.xavier_uniform_(
        matrix(e, r, KERNELS), r.uniform(0.1, 3), generator=g
    ),
    "init.xavier_normal_": lambda e, r, g: e.nn.init.xavier_normal_(
        matrix(e, r, KERNELS), r.uniform(0.1, 3), generator=g
    ),
    "init.kaiming_uniform_": lambda e, r, g: e.nn.init.kaiming_uniform_(
        matrix(e, r, KERNELS), r.random(), r.choice(["fan_in", "fan_out"]), generator=g
    ),
    "init.kaiming_normal_": lambda e, r, g: e.nn.init.kaiming_normal_(
        matrix(e, r, KERNELS), r.random(), r.choice(["fan_in", "fan_out"]), generator=g
    ),
    "init.trunc_normal_": lambda e, r, g: e.nn.init.trunc_normal_(
        matrix(e, r, KERNELS), r.uniform(-0.1, 0.1), r.uniform(0.5, 1), -1.0, r.choice([0.3, 1.0, 2.0]), generator=g
    ),
    "init.orthogonal_": lambda e, r, g: e.nn.init.orthogonal_(matrix(e, r, KERNELS), generator=g),
    "init.sparse_": lambda e, r, g: e.nn.init.sparse_(matrix(e, r, MATRICES), r.random(), generator=g),
}

# ---- data ----------------------------------------------------------------------------------------------------------


def loaded(e: Engine, r: random.Random, g: Any) -> list:
    """Two epochs' batches of a DataLoader."""
    loader = e.utils.data.DataLoader(
        range(r.randrange(1, 80)), r.randrange(1, 9), shuffle=True, drop_last=r.random() < 0.3, generator=g
    )
    return [list(loader), list(loader)]


def split(e: Engine, r: random.Random, g: Any) -> list:
    lengths = r.choice([[7, 20, 3], [0.5, 0.25, 0.25], [30], [1, 29]])
    return [list(part) for part in e.utils.data.random_split(range(30), lengths, generator=g or e.default)]


DATA: dict[str, Call] = {
    "DataLoader": loaded,
    "DataLoader in order": lambda e, r, g: list(e.utils.data.DataLoader(range(9), 2, generator=g)),
    "RandomSampler": lambda e, r, g: list(e.utils.data.RandomSampler(range(r.randrange(1, 99)), generator=g)),
    "RandomSampler, more": lambda e, r, g: list(e.utils.data.RandomSampler(range(10), num_samples=25, generator=g)),
    "RandomSampler, replacing": lambda e, r, g: list(
        e.utils.data.RandomSampler(range(10), True, r.randrange(1, 99), generator=g)
    ),
    "SubsetRandomSampler": lambda e, r, g: list(e.utils.data.SubsetRandomSampler([5, 7, 11, 13], generator=g)),
    "WeightedRandomSampler": lambda e, r, g: list(
        e.utils.data.WeightedRandomSampler([0.1, 5, 0.3, 1], r.randrange(2, 30), generator=g)
    ),
    "BatchSampler": lambda e, r, g: list(
        e.utils.data.BatchSampler(e.utils.data.RandomSampler(range(9), generator=g), 4, r.random() < 0.5)
    ),
    "random_split": split,
}


def transform(build: Callable[[Any], Any]) -> Call:
    return lambda e, r, g: build(e.transforms)(IMAGES["RGB"])


VISION: dict[str, Call] = {f"transform {name}": transform(build) for name, build in TRANSFORMS.items()}

# ---- the streams themselves ----------------------------------------------------------------------------------------


def save(e: Engine, r: random.Random, g: Any) -> Any:
    generator = g or e.default
    e.saved.append((generator, generator.get_state()))
    return e.saved[-1][1]


def restore(e: Engine, r: random.Random, g: Any) -> None:
    if e.saved:
        generator, state = r.choice(e.saved)
        generator.set_state(state)


def swap(e: Engine, r: random.Random, g: Any) -> None:
    """Each generator goes on where the other stood."""
    states = e.default.get_state(), e.own.get_state()
    e.own.set_state(states[0])
    e.set_rng_state(states[1])


def forked(e: Engine, r: random.Random, g: Any) -> Any:
    with e.random.fork_rng():
        return e.randn(r.choice(SIZES))


STREAMS: dict[str, Call] = {
    "manual_seed": lambda e, r, g: (g or e).manual_seed(r.getrandbits(r.randrange(1, 64))).initial_seed(),
    "manual_seed, negative": lambda e, r, g: (g or e).manual_seed(-r.randrange(1, 2**63)).initial_seed(),
    "initial_seed": lambda e, r, g: (g or e).initial_seed(),
    "seed": lambda e, r, g: e.new_seed(g or e.default),
    "get_state": save,
    "set_state": restore,
    "states exchanged": swap,
    "get_rng_state": lambda e, r, g: e.get_rng_state(),
    "fork_rng": forked,
    "a cloned generator": lambda e, r, g: e.randn(r.choice(SIZES), generator=(g or e.default).clone_state()),
}

CALLS = DRAWS | ({} if on_intel() else MKL_DRAWS) | INITS | DATA | VISION | STREAMS
