"""Random numbers against PyTorch's: equal seeds give equal bits."""

import copy
import os
import pickle
import signal
import threading
from pathlib import Path

import numpy as np
import pytest

import minitorch
from minitorch import random as mini_random
from minitorch.mt19937 import CHUNK, multiply_add

torch = pytest.importorskip("torch")

SEEDS = [*range(10), 42, 1234567, 2**31, 2**32 - 1, 2**32 + 5, 2**40 + 7, 123456789012, 2**63 - 1, -1, -3]
SIZES = [0, 1, 2, 7, 15, 16, 17, 32, 100, 1001]
LARGE = CHUNK + 37  # more than one chunk, and a ragged tail
FLOATS = ["float16", "float32", "float64"]
INTEGERS = ["uint8", "int8", "int16", "int32", "int64", "bool"]


def on_intel() -> bool:
    info = Path("/proc/cpuinfo")
    return info.exists() and "GenuineIntel" in info.read_text()


mkl_draws_there = pytest.mark.skipif(on_intel(), reason="PyTorch on Intel draws bernoulli_ and exponential_ from MKL")


def pair(seed: int) -> tuple[minitorch.Generator, "torch.Generator"]:
    return minitorch.Generator().manual_seed(seed), torch.Generator().manual_seed(seed)


def equal(ours, theirs) -> None:
    """The same dtype, shape and bits (== with NaN refused; there are none)."""
    assert isinstance(ours, minitorch.Tensor)
    assert str(ours.dtype) == str(theirs.dtype)
    assert tuple(ours.shape) == tuple(theirs.shape)
    np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


def both(name: str, *args, seed: int, **kwargs) -> None:
    """Call the function of that name in both engines, twice from the same generator, so that what is used up counts."""
    ours, theirs = pair(seed)
    for _ in range(2):
        equal(
            getattr(minitorch, name)(*args, generator=ours, **translated(kwargs, minitorch)),
            getattr(torch, name)(*args, generator=theirs, **translated(kwargs, torch)),
        )


def both_in_place(method: str, *args, dtype: str, shape, seed: int, view=lambda t: t) -> None:
    ours, theirs = pair(seed)
    for _ in range(2):
        a = view(minitorch.zeros(shape, dtype=getattr(minitorch, dtype)))
        b = view(torch.zeros(shape, dtype=getattr(torch, dtype)))
        fill_ours = getattr(mini_random, method)
        equal(fill_ours(a, *args, generator=ours), getattr(b, method)(*args, generator=theirs))


def translated(kwargs: dict, engine) -> dict:
    return {k: getattr(engine, v) if k == "dtype" else v for k, v in kwargs.items()}


@pytest.mark.parametrize("seed", SEEDS)
def test_streams_of_a_seed(seed):
    """One long sequence of different draws from one generator: each has to leave the stream where PyTorch does."""
    ours, theirs = pair(seed)
    for n in SIZES:
        for dtype in FLOATS:
            mine, its = getattr(minitorch, dtype), getattr(torch, dtype)
            equal(minitorch.rand(n, dtype=mine, generator=ours), torch.rand(n, dtype=its, generator=theirs))
            equal(minitorch.randn(n, dtype=mine, generator=ours), torch.randn(n, dtype=its, generator=theirs))
        equal(minitorch.randint(10, (n,), generator=ours), torch.randint(10, (n,), generator=theirs))
        equal(minitorch.randperm(n, generator=ours), torch.randperm(n, generator=theirs))
        equal(ours.get_state(), theirs.get_state())


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("seed", SEEDS[:4])
def test_large_fills(dtype, seed):
    both("rand", LARGE, dtype=dtype, seed=seed)
    both("randn", LARGE, dtype=dtype, seed=seed)
    both_in_place("uniform_", -0.37, 0.81, dtype=dtype, shape=(LARGE,), seed=seed)
    both_in_place("normal_", 0.7, 3.3, dtype=dtype, shape=(LARGE,), seed=seed)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("n", SIZES)
def test_uniform_and_normal_with_parameters(dtype, n):
    for seed, (low, high) in enumerate([(0, 1), (-0.37, 0.81), (1e-3, 4.0), (-5, -5), (1.3, 1.9)]):
        both_in_place("uniform_", low, high, dtype=dtype, shape=(n,), seed=seed)
    for seed, (mean, std) in enumerate([(0, 1), (0.7, 3.3), (0, 0.01), (-2, 0)]):
        both_in_place("normal_", mean, std, dtype=dtype, shape=(n,), seed=seed)


@pytest.mark.parametrize("n", [2, 3, 10, 500, 5000, CHUNK, CHUNK + 1, CHUNK + 2, 65537])
def test_randperm(n):
    for seed in SEEDS[:5] if n < 60000 else SEEDS[:2]:
        both("randperm", n, seed=seed)


def test_randperm_dtypes():
    for dtype in ("uint8", "int32", "float16", "float32", "float64"):
        both("randperm", 200, dtype=dtype, seed=3)


@pytest.mark.parametrize(
    "low, high",
    [(0, 1), (0, 10), (-7, 1000), (-7, 2**28 - 8), (-7, 2**28 - 7), (0, 2**32 - 1), (5, 2**40), (-(2**63), 2**63 - 1)],
)
def test_randint_takes_64_bits_from_a_range_of_2_to_the_28(low, high):
    for seed in SEEDS[:5]:
        both("randint", low, high, (1001,), seed=seed)


@pytest.mark.parametrize("dtype", FLOATS + INTEGERS)
def test_random_of_each_dtype(dtype):
    for seed in SEEDS[:5]:
        both_in_place("random_", dtype=dtype, shape=(1001,), seed=seed)
    both_in_place("random_", 2, dtype=dtype, shape=(1001,), seed=5)
    if dtype != "bool":
        both_in_place("random_", 3, 100, dtype=dtype, shape=(1001,), seed=6)


@mkl_draws_there
@pytest.mark.parametrize("p", [0.0, 0.3, 0.5, 1 / 3, 1.0])
def test_bernoulli_with_a_number(p):
    for dtype in FLOATS + INTEGERS:
        both_in_place("bernoulli_", p, dtype=dtype, shape=(1001,), seed=4)
    both_in_place("bernoulli_", p, dtype="float32", shape=(LARGE,), seed=5)


@pytest.mark.parametrize("dtype", FLOATS)
def test_bernoulli_with_a_tensor(dtype, rng):
    p = rng.random(1001).astype(dtype)
    ours, theirs = pair(11)
    for _ in range(2):
        equal(
            minitorch.bernoulli(minitorch.from_numpy(p), generator=ours),
            torch.bernoulli(torch.from_numpy(p), generator=theirs),
        )
    a, b = minitorch.zeros(7, 1001, dtype=minitorch.int16), torch.zeros(7, 1001, dtype=torch.int16)
    mini_random.bernoulli_(a, minitorch.from_numpy(p), generator=ours)
    equal(a, b.bernoulli_(torch.from_numpy(p), generator=theirs))


@mkl_draws_there
def test_dropout_draws_what_pytorch_draws():
    for p in (0.2, 0.5):
        ours = minitorch.nn.functional.dropout(minitorch.ones(33, 17), p)
        theirs = torch.nn.functional.dropout(torch.ones(33, 17), p)
        equal(ours, theirs)


@mkl_draws_there
@pytest.mark.parametrize("dtype", FLOATS)
def test_exponential(dtype):
    for n in (0, 1, 100, 20000):
        both_in_place("exponential_", 1.7, dtype=dtype, shape=(n,), seed=n)


@mkl_draws_there
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_multinomial_without_replacement(dtype, rng):
    for shape, n in (((1000,), 1), ((1000,), 10), ((3, 50), 50), ((3, 50), 1)):
        weights = rng.random(shape).astype(dtype)
        ours, theirs = pair(8)
        equal(
            minitorch.multinomial(minitorch.from_numpy(weights), n, generator=ours),
            torch.multinomial(torch.from_numpy(weights), n, generator=theirs),
        )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_multinomial_with_replacement(dtype, rng):
    for shape, n in (((20000,), 5000), ((3, 50), 7)):
        weights = rng.random(shape).astype(dtype)
        weights[..., ::3] = 0
        ours, theirs = pair(8)
        equal(
            minitorch.multinomial(minitorch.from_numpy(weights), n, True, generator=ours),
            torch.multinomial(torch.from_numpy(weights), n, True, generator=theirs),
        )
        assert minitorch.rand(1, generator=ours).item() == torch.rand(1, generator=theirs).item()


def test_normal_of_numbers_and_tensors(rng):
    mean, std = rng.normal(size=(5, 40)).astype("float32"), rng.random(40).astype("float32")

    def cases(engine):
        m, s, wide = engine.from_numpy(mean), engine.from_numpy(std), engine.from_numpy(std.astype("float64"))
        yield lambda g: engine.normal(m, s, generator=g)
        yield lambda g: engine.normal(m, 2.3, generator=g)
        yield lambda g: engine.normal(0.7, s, generator=g)
        yield lambda g: engine.normal(m, wide, generator=g)
        yield lambda g: engine.normal(0.7, wide, generator=g)
        yield lambda g: engine.normal(m, generator=g)
        yield lambda g: engine.normal(0.7, 1.3, (5, 40), generator=g)

    for mine, its in zip(cases(minitorch), cases(torch), strict=True):
        ours, theirs = pair(2)
        equal(mine(ours), its(theirs))


def test_transposed_tensors_are_filled_in_the_order_of_memory():
    def transposed(t):
        return t.permute(2, 0, 1)

    def strided(t):
        return t[:, ::2]

    for view in (transposed, strided):
        for method, args in (("uniform_", (-1, 2)), ("normal_", (0.5, 2)), ("random_", (50,)), ("bernoulli_", (0.4,))):
            if method == "bernoulli_" and on_intel():
                continue
            both_in_place(method, *args, dtype="float32", shape=(5, 6, 7), seed=1, view=view)
    a, b = minitorch.zeros(5, 6).t(), torch.zeros(5, 6).t()
    p = np.linspace(0, 1, 30, dtype="float32").reshape(6, 5)
    ours, theirs = pair(3)
    mini_random.bernoulli_(a, minitorch.from_numpy(p), generator=ours)
    equal(a, b.bernoulli_(torch.from_numpy(p), generator=theirs))


def test_like_functions():
    for name, args in (("rand_like", ()), ("randn_like", ()), ("randint_like", (9,)), ("randint_like", (3, 9))):
        for make in (lambda e: e.zeros(4, 5), lambda e: e.zeros(4, 5).t(), lambda e: e.zeros(0, 3)):
            ours, theirs = minitorch.manual_seed(6), torch.manual_seed(6)
            equal(getattr(minitorch, name)(make(minitorch), *args), getattr(torch, name)(make(torch), *args))
            assert ours.initial_seed() == theirs.initial_seed() == 6
    integers = minitorch.zeros(3, dtype=minitorch.int64)
    assert minitorch.rand_like(integers, dtype=minitorch.float64).dtype is minitorch.float64


def test_argument_forms():
    for call in (
        lambda e: e.rand(2, 3),
        lambda e: e.rand((2, 3)),
        lambda e: e.rand([2, 3]),
        lambda e: e.rand(size=(2, 3)),
        lambda e: e.rand(()),
        lambda e: e.rand(0),
        lambda e: e.randn(e.zeros(4, 5).shape),
        lambda e: e.randint(5, (2, 3)),
        lambda e: e.randint(2, 5, (2, 3)),
        lambda e: e.randint(low=2, high=5, size=(3,)),
        lambda e: e.randint(high=5, size=(3,)),
        lambda e: e.randint(5, (3,), dtype=e.float32),
        lambda e: e.randint(2, (3,), dtype=e.bool),
        lambda e: e.randperm(6, dtype=e.int32),
        lambda e: e.rand(2, 3, dtype=e.float64),
        lambda e: e.rand(2, device="cpu"),
    ):
        minitorch.manual_seed(5)
        torch.manual_seed(5)
        equal(call(minitorch), call(torch))
    assert minitorch.rand(2, requires_grad=True).requires_grad
    assert minitorch.randn(2, requires_grad=True).is_leaf


BAD_CALLS = [
    lambda e: e.rand(2, dtype=e.int64),
    lambda e: e.randn(2, dtype=e.int64),
    lambda e: e.rand(-1),
    lambda e: e.rand(2.5),
    lambda e: e.rand("a"),
    lambda e: e.rand(),
    lambda e: e.rand(2, generator=3),
    lambda e: e.rand(2, foo=1),
    lambda e: e.randint(5, 5, (2,)),
    lambda e: e.randint(0, 5),
    lambda e: e.randint(5.5, (2,)),
    lambda e: e.randint(2**63, (2,)),
    lambda e: e.randint(300, (2,), dtype=e.uint8),
    lambda e: e.randint(-1, 2, (2,), dtype=e.uint8),
    lambda e: e.randint(5, (2,), dtype=e.bool),
    lambda e: e.randperm(-1),
    lambda e: e.randperm(2.5),
    lambda e: e.randperm(300, dtype=e.uint8),
    lambda e: e.randperm(3, dtype=e.bool),
    lambda e: e.randperm(70000, dtype=e.float16),
    lambda e: e.zeros(2).uniform_(1, 0),
    lambda e: e.zeros(2).uniform_(0, float("inf")),
    lambda e: e.zeros(2).uniform_(-3e38, 3e38),
    lambda e: e.zeros(2).normal_(0, -1),
    lambda e: e.zeros(2).normal_(0, float("nan")),
    lambda e: e.zeros(2).bernoulli_(1.5),
    lambda e: e.normal(e.zeros(2), -e.ones(2)),
    lambda e: e.normal(e.zeros(2), e.ones(3)),
    lambda e: e.normal(0.0, 1.0),
    lambda e: e.normal(e.zeros(2), 1.0, (2,)),
    lambda e: e.bernoulli(e.tensor([2.0])),
    lambda e: e.bernoulli(e.tensor([1])),
    lambda e: e.multinomial(e.ones(3), 4),
    lambda e: e.multinomial(e.ones(3), 0),
    lambda e: e.multinomial(e.tensor([1]), 1),
    lambda e: e.multinomial(e.tensor([1.0, -1]), 1),
    lambda e: e.multinomial(e.tensor([1.0, float("nan")]), 2, True),
    lambda e: e.multinomial(e.zeros(3), 1),
    lambda e: e.multinomial(e.ones(2, 2, 2), 1),
    lambda e: e.manual_seed(2**64),
    lambda e: e.manual_seed("a"),
    lambda e: e.Generator().manual_seed(1.5),
    lambda e: e.Generator().set_state(e.zeros(3, dtype=e.uint8)),
    lambda e: e.Generator().set_state(e.zeros(5056, dtype=e.uint8)),
    lambda e: e.Generator().set_state(e.zeros(3)),
    lambda e: e.Generator().set_state(3),
]


@pytest.mark.parametrize("nr", range(len(BAD_CALLS)))
def test_bad_calls_raise_what_pytorch_raises(nr):
    with pytest.raises(Exception) as theirs:
        BAD_CALLS[nr](torch)
    with pytest.raises(type(theirs.value)) as ours:
        BAD_CALLS[nr](minitorch)
    assert str(ours.value)


def test_what_is_not_supported_is_refused_by_name():
    with pytest.raises(NotImplementedError, match="out="):
        minitorch.rand(2, out=minitorch.zeros(2))
    with pytest.raises(RuntimeError, match="cuda"):
        minitorch.Generator("cuda")


def test_generator_seeds_and_states():
    ours, theirs = minitorch.Generator(), torch.Generator()
    assert ours.initial_seed() == theirs.initial_seed()
    equal(minitorch.rand(3, generator=ours), torch.rand(3, generator=theirs))
    assert str(ours.device) == "cpu"
    for seed in (-1, 2**64 - 1, -(2**63), 7):
        assert ours.manual_seed(seed) is ours
        assert ours.initial_seed() == theirs.manual_seed(seed).initial_seed()
    assert ours.seed() == ours.initial_seed()
    assert minitorch.seed() == minitorch.initial_seed()
    assert minitorch.Generator().seed() != minitorch.Generator().seed()
    assert minitorch.manual_seed(3) is minitorch.default_generator


def test_states_move_between_the_engines():
    ours, theirs = pair(2**40 + 5)
    for n in (0, 1, 3, 623, 624, 625, 40):  # around the ends of MT19937's block of 624 words
        minitorch.rand(n, generator=ours), torch.rand(n, generator=theirs)
        minitorch.randn(3, generator=ours), torch.randn(3, generator=theirs)  # leaves a normal waiting
        np.testing.assert_array_equal(ours.get_state().numpy(), theirs.get_state().numpy())
        to_torch, to_mini = torch.Generator(), minitorch.Generator()
        to_torch.set_state(torch.from_numpy(ours.get_state().numpy()))
        to_mini.set_state(minitorch.from_numpy(theirs.get_state().numpy()))
        equal(minitorch.randn(5, generator=to_mini), torch.randn(5, generator=to_torch))
        assert to_mini.initial_seed() == 2**40 + 5


def test_copies_go_on_from_the_same_place():
    g = minitorch.Generator().manual_seed(1)
    minitorch.randn(3, generator=g)
    copies = [g.clone_state(), copy.deepcopy(g), pickle.loads(pickle.dumps(g))]
    expected = minitorch.randn(9, generator=g).tolist()
    for other in copies:
        assert minitorch.randn(9, generator=other).tolist() == expected


def test_fork_rng_and_states_of_the_default_generator():
    before = minitorch.get_rng_state()
    with minitorch.random.fork_rng():
        inside = minitorch.rand(4).tolist()
    assert minitorch.rand(4).tolist() == inside
    with minitorch.random.fork_rng(enabled=False):
        minitorch.rand(4)
    assert minitorch.rand(4).tolist() != inside
    minitorch.set_rng_state(before)
    assert minitorch.rand(4).tolist() == inside


def test_in_place_draws_count_as_changes():
    x = minitorch.ones(3, requires_grad=True)
    with pytest.raises(RuntimeError, match="leaf"):
        x.normal_()
    with minitorch.no_grad():
        version = x._version
        x.normal_()
        assert x._version == version + 1
    y = minitorch.ones(3, requires_grad=True)
    z = y * 2
    w = z * z
    z.uniform_()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        w.sum().backward()


def test_overwriting_a_computed_tensor_cuts_its_history():
    y = minitorch.ones(3, requires_grad=True)
    z = y * 2
    z.uniform_()
    (z * 3).sum().backward()
    assert y.grad.tolist() == [0, 0, 0]


def test_threads_share_a_generator():
    """Draws in one piece: four threads together use up exactly what they would one after another."""
    g = minitorch.Generator().manual_seed(0)
    drawn: list = []

    def work():
        for _ in range(50):
            drawn.append(tuple(minitorch.rand(64, dtype=minitorch.float64, generator=g).tolist()))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    expected = minitorch.Generator().manual_seed(0)
    assert set(drawn) == {tuple(minitorch.rand(64, dtype=minitorch.float64, generator=expected).tolist()) for _ in range(200)}


def test_multiply_add_rounds_once(rng):
    from fractions import Fraction

    for scale, shift in ((3.3, 0.7), (1.18, -0.37), (1e-3, 5.0), (-2.0, 0.0)):
        for dtype in ("float32", "float64"):
            x = rng.normal(size=300).astype(dtype)
            a, b = x.dtype.type(scale), x.dtype.type(shift)
            exact = [Fraction(float(v)) * Fraction(float(a)) + Fraction(float(b)) for v in x]
            # float(Fraction) rounds once to float64; for float32 that second rounding differs only in a tie.
            np.testing.assert_array_equal(multiply_add(x, a, b), np.array([float(e) for e in exact]).astype(dtype))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_fork_while_another_thread_draws():
    """NumPy's own lock is held by a thread that the forked process does not have: there, seeding must not wait for it."""
    held, done = threading.Event(), threading.Event()

    def draw():
        with minitorch.default_generator._stream._bits.lock:
            held.set()
            done.wait(30)

    thread = threading.Thread(target=draw)
    thread.start()
    held.wait(30)
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        minitorch.manual_seed(3)
        os._exit(0 if minitorch.rand(1).item() >= 0 else 1)
    done.set()
    thread.join()
    assert os.waitpid(child, 0)[1] == 0
