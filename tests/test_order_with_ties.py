"""Order statistics, counting and cutting on random tensors full of equal elements, against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from twins import assert_same

import minitorch

TRIALS = 25


def draws(seed: int):
    """Random shapes, dimensions and small integers in them, as ints or floats."""
    rng = np.random.default_rng(seed)
    for _ in range(TRIALS):
        shape = tuple(int(n) for n in rng.integers(1, 6, rng.integers(1, 4)))
        x = rng.integers(-3, 4, shape).astype(rng.choice(["float32", "int64"]))
        yield rng, x, int(rng.integers(-x.ndim, x.ndim))


def both(call, x, *arrays):
    """The results of ``call(engine, tensor, …)`` on both engines."""
    return tuple(call(e, *[e.from_numpy(a.copy()) for a in (x, *arrays)]) for e in (minitorch, torch))


@pytest.mark.parametrize("name", ["median", "nanmedian", "kthvalue", "mode", "cummax", "cummin", "sort"])
def test_values_are_torchs_and_stand_where_the_indices_say(name):
    for rng, x, dim in draws(1):
        k = [int(rng.integers(1, x.shape[dim] + 1))] if name == "kthvalue" else []
        options = {} if name in ("cummax", "cummin", "sort") else {"keepdim": True}
        ours, theirs = both(lambda e, t, k=k, d=dim, o=options: getattr(e, name)(t, *k, dim=d, **o), x)
        assert_same(ours.values, theirs.values, name)
        found = np.take_along_axis(x, ours.indices.numpy(), dim)
        assert np.array_equal(found, theirs.values.numpy())
        if name in ("mode", "cummax", "cummin"):  # here torch says which of equal elements it names
            assert_same(ours.indices, theirs.indices, f"{name}'s indices")


def test_each_value_once():
    for _, x, dim in draws(2):
        for call in (
            lambda e, t: e.unique(t, return_inverse=True, return_counts=True),
            lambda e, t, d=dim: e.unique(t, return_inverse=True, return_counts=True, dim=d),
            lambda e, t: e.unique_consecutive(t, return_inverse=True, return_counts=True),
            lambda e, t, d=dim: e.unique_consecutive(t, return_inverse=True, return_counts=True, dim=d),
        ):
            assert_same(*both(call, x), "unique")


def test_where_it_belongs():
    for rng, x, _ in draws(3):
        edges = np.sort(rng.integers(-4, 5, 6)).astype(x.dtype)
        for right in (False, True):
            assert_same(*both(lambda e, t, b, r=right: e.searchsorted(b, t, right=r), x, edges), "searchsorted")
            assert_same(*both(lambda e, t, b, r=right: e.bucketize(t, b, right=r), x, edges), "bucketize")
        assert_same(*both(lambda e, t, b: e.isin(t, b), x, edges), "isin")


@pytest.mark.parametrize("how", ["linear", "lower", "higher", "midpoint", "nearest"])
def test_quantiles(how):
    for rng, x, dim in draws(4):
        x = x.astype("float64")
        x[rng.random(x.shape) < 0.1] = np.nan
        q = rng.random(3)
        for name in ("quantile", "nanquantile"):
            pair = both(lambda e, t, q, n=name, d=dim: getattr(e, n)(t, q, d, interpolation=how), x, q)
            assert_same(*pair, f"{name} {how}")


@pytest.mark.parametrize("how", ["sum", "prod", "mean", "amax", "amin"])
def test_scattered_many_to_one(how):
    for rng, x, dim in draws(5):
        index = rng.integers(0, x.shape[dim], x.shape)
        for include in (False, True):
            pair = both(lambda e, t, i, d=dim, s=include: e.scatter_reduce(t, d, i, t, how, include_self=s), x, index)
            assert_same(*pair, how)


def test_cut_anywhere():
    for rng, x, dim in draws(6):
        ends = tuple(int(n) for n in rng.integers(-7, 8, 3))
        assert_same(*both(lambda e, t, d=dim, a=ends: e.tensor_split(t, a, d), x), f"tensor_split {ends}")
        size, step = int(rng.integers(0, x.shape[dim] + 1)), int(rng.integers(1, 4))
        assert_same(*both(lambda e, t, d=dim, n=size, k=step: t.unfold(d, n, k), x), "unfold")
        offset = int(rng.integers(-6, 7))
        assert_same(*both(lambda e, t, k=offset: e.diag_embed(t, k, 0, -1), x), "diag_embed")
        if x.ndim > 1:
            assert_same(*both(lambda e, t, k=offset: e.diagonal(t, k, -1, 0), x), "diagonal")
