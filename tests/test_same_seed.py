"""Same seed, same numbers: every random call, on 20 seeds, alone and in random programs of 30 calls.

After each call both engines' generators are compared byte for byte, and so are their next draws: a call may neither
give other numbers nor use up more or fewer of them. What single calls do at the edges (sizes around the changes of
recipe, large fills, dtypes, errors) is in test_random.py; nn.init's functions in test_nn_init.py, the samplers in
test_dataloader.py and the transforms, on 60 seeds, in test_vision_random.py.
"""

import random

import numpy as np
import pytest
import torch
from same_seed import CALLS, DRAWS, INITS, MKL_DRAWS, assert_same, assert_streams_agree, both_engines
from test_random import SEEDS, mkl_draws_there

import minitorch
from minitorch import mt19937

assert len(set(SEEDS)) == 20
CALLS_IN_A_PROGRAM = 30


def close(ours, theirs, what):
    """For `orthogonal_`: a QR decomposition's error is the rounding times the matrix's condition number, some hundred."""
    tolerance = 1e4 * np.finfo(str(theirs.dtype).removeprefix("torch.")).eps
    np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), rtol=0, atol=tolerance, err_msg=what)


def check(engines, name, arguments, own):
    """One call on both engines, its result and where it leaves the streams."""
    results = []
    for engine in engines:
        r = random.Random(arguments)
        results.append(CALLS[name](engine, r, engine.own if own else None))
    what = f"{name}, {'own' if own else 'default'} generator, arguments {arguments!r}"
    (close if name == "init.orthogonal_" else assert_same)(*results, what)
    assert_streams_agree(engines, what)


@pytest.mark.parametrize("name", CALLS)
def test_each_call(name):
    for seed in SEEDS:
        engines = both_engines(seed)
        for turn in range(4):  # one after another, so that what an earlier one left behind counts
            check(engines, name, f"{name} {seed} {turn}", own=turn % 2 == 1)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_programs(seed):
    """Each seed is another program: 30 calls drawn at random, on two streams."""
    program = random.Random(f"program {seed}")
    engines = both_engines(seed)
    for number in range(CALLS_IN_A_PROGRAM):
        name = program.choice(list(CALLS))
        check(engines, name, f"program {seed}, call {number}", own=program.random() < 0.4)


def test_the_programs_hold_every_kind_of_call():
    """Twenty programs of 30 calls leave hardly any call out, and none of what a training script lives on."""
    drawn = set()
    for seed in SEEDS:
        program = random.Random(f"program {seed}")
        for _ in range(CALLS_IN_A_PROGRAM):
            drawn.add(program.choice(list(CALLS)))
            program.random()
    assert len(drawn) > 0.95 * len(CALLS)


def test_a_difference_is_seen():
    """The comparison itself: one word too many, one bit off, another dtype."""
    engines = both_engines(0)
    engines[0].randint(5, (1,))
    with pytest.raises(AssertionError, match="the streams stand elsewhere"):
        assert_streams_agree(engines, "one word too many")
    a, b = minitorch.ones(3), torch.ones(3)
    a[1] += 2**-23
    for mine, its in ((a, b), (minitorch.zeros(1), -torch.zeros(1)), (minitorch.ones(1, dtype=minitorch.int32), b[:1])):
        with pytest.raises(AssertionError, match="a place"):
            assert_same(mine, its, "a place")


def test_every_function_that_takes_a_generator_is_called():
    """A random function that the engine gains must be added to the calls."""
    names = {name.split()[0].rstrip(",").rpartition(".")[2] for name in CALLS | MKL_DRAWS}
    drawing = {name for name in minitorch.random.__all__ if name not in ("Generator", "default_generator")}
    drawing -= {"set_rng_state"}  # part of "states exchanged"
    in_place = {"uniform_", "normal_", "exponential_", "bernoulli_", "random_", "cauchy_", "log_normal_", "geometric_"}
    undrawn = {"constant_", "ones_", "zeros_", "eye_", "dirac_", "calculate_gain"}
    inits = {name for name in minitorch.nn.init.__all__ if name not in undrawn}
    samplers = {name for name in minitorch.utils.data.__all__ if "Random" in name or "random" in name}
    assert drawing | in_place | inits | samplers <= names
    assert inits == {name.removeprefix("init.") for name in INITS}


@pytest.mark.parametrize("name", ["rand", "randn", "randperm", pytest.param("bernoulli_", marks=mkl_draws_there)])
def test_with_seeds_from_the_operating_system(name):
    """`seed()` on either engine: the number it returns, given to the other, starts the same stream there."""
    for _ in range(20):
        engines = both_engines(0)
        value = engines[0].torch.seed()
        assert engines[1].torch.manual_seed(value).initial_seed() == value == engines[0].torch.initial_seed()
        check(engines, name, f"seed {value}", own=False)
        value = engines[1].own.seed()
        assert engines[0].own.manual_seed(value).initial_seed() == value
        check(engines, name, f"seed {value}", own=True)


@pytest.mark.parametrize("name", [*DRAWS, *(pytest.param(name, marks=mkl_draws_there) for name in MKL_DRAWS)])
def test_states_move_between_the_engines_after_every_call(name):
    """The state after a call, PyTorch's given to minitorch and minitorch's to PyTorch."""
    engines = both_engines(5)
    for engine in engines:
        (DRAWS | MKL_DRAWS)[name](engine, random.Random(name), engine.own)
    states = [torch.from_numpy(engines[0].own.get_state().numpy()), engines[1].own.get_state().numpy()]
    engines[0].own.set_state(minitorch.from_numpy(states[1]))
    engines[1].own.set_state(states[0])
    assert_streams_agree(engines, f"the states of {name} exchanged")


def test_randperm_without_lapack(monkeypatch):
    """Where NumPy's LAPACK lends no laswp, a loop does the swaps."""
    monkeypatch.setattr(mt19937, "_swapper", lambda: mt19937._swap_one_by_one)
    for seed in SEEDS:
        for n in (0, 1, 2, 3, 70, 1000):
            engines = both_engines(seed)
            assert_same(*(engine.randperm(n) for engine in engines), f"randperm({n}), seed {seed}")
    n = 2 * mt19937.CHUNK + 3
    assert_same(*(engine.randperm(n) for engine in both_engines(1)), f"randperm({n})")


def test_randperm_uses_lapack_where_pypis_numpy_is():
    """The wheels of NumPy on PyPI bring OpenBLAS; only there the speed of the shuffle is what the benchmark says."""
    if "openblas" not in str(np.show_config(mode="dicts")["Build Dependencies"]["lapack"].get("name")):
        pytest.skip("another LAPACK than the wheels'")
    assert mt19937._swapper() is not mt19937._swap_one_by_one


