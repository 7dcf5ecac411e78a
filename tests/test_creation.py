"""Functions that make tensors, with every argument that PyTorch gives them, against PyTorch's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from twins import assert_same, raised

import minitorch
from minitorch.autograd.gradcheck import gradcheck, gradgradcheck

ENGINES = [minitorch, torch]
NAN, INF = float("nan"), float("inf")

SEQUENCES = [
    lambda e: e.arange(5),
    lambda e: e.arange(2, 7, 2),
    lambda e: e.arange(5.0),
    lambda e: e.arange(0, 1, 0.1),
    lambda e: e.arange(5, 0, -1.5),
    lambda e: e.arange(start=1, end=4, step=2),
    lambda e: e.arange(end=3),
    lambda e: e.arange(1, end=3),
    lambda e: e.arange(3, dtype=e.float64, requires_grad=True),
    lambda e: e.arange(e.tensor(3)),
    lambda e: e.arange(e.tensor(0.5), 3),
    lambda e: e.arange(0.0, 3, dtype=e.int64),
    lambda e: e.arange(0, 5, 2, dtype=e.int32),
    lambda e: e.arange(0.5, 3.5, dtype=e.int64),
    lambda e: e.arange(3, dtype=e.float16),
    lambda e: e.arange(3, device="cpu", layout=e.strided, pin_memory=False),
    lambda e: e.arange(0),
    lambda e: e.arange(3, 3),
    lambda e: e.arange(2**53, 2**53 + 3),
    lambda e: e.arange(1, 3, 1e-1, dtype=e.float64),
    lambda e: e.linspace(0, 1, 5),
    lambda e: e.linspace(-2.0, 3.0, 7, dtype=e.float64),
    lambda e: e.linspace(0, 10, steps=11, dtype=e.int64),
    lambda e: e.linspace(0, 9, steps=4, dtype=e.int32),
    lambda e: e.linspace(start=5, end=-5, steps=4),
    lambda e: e.linspace(3, 7, 1),
    lambda e: e.linspace(3, 7, 0),
    lambda e: e.linspace(e.tensor(1.0), 2, 3),
    lambda e: e.linspace(0, 1, 3, requires_grad=True, device="cpu"),
    lambda e: e.linspace(0, 1, 3, dtype=e.float16),
    lambda e: e.logspace(0, 2, 3),
    lambda e: e.logspace(-1, 1, 5, dtype=e.float64),
    lambda e: e.logspace(0, 3, 4, base=2),
    lambda e: e.logspace(0, 3, 4, base=2, dtype=e.int64),
    lambda e: e.logspace(start=0, end=1, steps=1, base=2.0),
    lambda e: e.logspace(0, 1, 3, requires_grad=True),
    lambda e: e.eye(3),
    lambda e: e.eye(2, 4),
    lambda e: e.eye(n=3, m=1, dtype=e.int64),
    lambda e: e.eye(0),
    lambda e: e.eye(2, dtype=e.bool),
    lambda e: e.eye(2, requires_grad=True, device="cpu"),
]

FILLED = [
    lambda e: e.zeros(2, 3),
    lambda e: e.zeros((2, 3), dtype=e.int64),
    lambda e: e.zeros([2, 3], dtype=e.bool, device="cpu"),
    lambda e: e.zeros(size=(2,), requires_grad=True),
    lambda e: e.zeros(e.Size([2, 1])),
    lambda e: e.zeros(()),
    lambda e: e.zeros(0, 3),
    lambda e: e.zeros(2, layout=e.strided, pin_memory=False),
    lambda e: e.ones(2, 3, dtype=e.float64),
    lambda e: e.ones(2, dtype=int),
    lambda e: e.ones(2, dtype=float),
    lambda e: e.ones(2, dtype=bool),
    lambda e: e.ones(e.tensor(2), 3),
    lambda e: e.full((2, 3), 1.5),
    lambda e: e.full((2,), 3),
    lambda e: e.full((2,), True),
    lambda e: e.full([2], 3, dtype=e.float64),
    lambda e: e.full((), NAN),
    lambda e: e.full((2,), 3.0, dtype=e.int64),
    lambda e: e.full(size=(2,), fill_value=e.tensor(2.0)),
    lambda e: e.full((2,), e.tensor(2)),
    lambda e: e.full((2,), 1.0, requires_grad=True),
    lambda e: e.zeros_like(e.ones(2, 3, dtype=e.float64)),
    lambda e: e.zeros_like(e.ones(2, 3), dtype=e.int64),
    lambda e: e.ones_like(e.zeros(2, dtype=e.int64), requires_grad=False, device="cpu"),
    lambda e: e.ones_like(e.zeros(2), requires_grad=True),
    lambda e: e.ones_like(e.zeros(2), memory_format=e.preserve_format),
    lambda e: e.full_like(e.zeros(2, dtype=e.int64), 3),
    lambda e: e.full_like(e.zeros(2, 2), 2.5, dtype=e.float64),
    lambda e: e.full_like(e.zeros(2), fill_value=NAN),
    lambda e: e.full_like(e.zeros(2), e.tensor(3)),
    lambda e: e.scalar_tensor(3),
    lambda e: e.scalar_tensor(3, dtype=e.int64),
    lambda e: e.empty(2, 3).shape,
    lambda e: e.empty((2, 3), dtype=e.int64).dtype.is_floating_point,
    lambda e: e.empty(2, memory_format=e.contiguous_format).shape,
    lambda e: e.empty_like(e.zeros(2, 3, dtype=e.int32)).shape,
    lambda e: e.empty_like(e.zeros(3, 2).t()).stride(),
    lambda e: e.zeros_like(e.zeros(3, 2).t()).stride(),
    lambda e: e.zeros_like(e.zeros(1, 2).expand(3, 2)).stride(),
    lambda e: e.ones_like(e.zeros(6, 2)[::2]).stride(),
    lambda e: e.zeros_like(e.zeros(3, 2).t(), memory_format=e.contiguous_format).stride(),
    lambda e: e.empty_strided((2, 3), (1, 2)).stride(),
    lambda e: e.empty_strided((2, 3), (3, 1), dtype=e.int64).dtype.is_floating_point,
]

NEW = [
    lambda e: e.ones(1, dtype=e.float64).new_zeros(2, 3),
    lambda e: e.ones(1, dtype=e.int64).new_zeros((2, 3)),
    lambda e: e.ones(1).new_zeros([2], dtype=e.int64),
    lambda e: e.ones(1).new_zeros(size=(2,), requires_grad=True),
    lambda e: e.ones(1).new_ones(2, device="cpu"),
    lambda e: e.ones(1, dtype=e.bool).new_ones(2),
    lambda e: e.ones(1, dtype=e.int64).new_full((2,), 3.7),
    lambda e: e.ones(1).new_full((2,), 3),
    lambda e: e.ones(1).new_full(size=(2,), fill_value=3, dtype=e.int64),
    lambda e: e.ones(1).new_empty(2, 3).shape,
    lambda e: e.ones(1).new_empty((2, 3), dtype=e.int64).dtype.is_floating_point,
    lambda e: e.ones(1).new_empty_strided((2, 3), (1, 2)).stride(),
    lambda e: e.ones(1, dtype=e.float64).new_tensor([1, 2]),
    lambda e: e.ones(1).new_tensor([1.5], dtype=e.int64),
    lambda e: e.ones(1).new_tensor(3.0, requires_grad=True),
]

INDEX_GRIDS = [
    lambda e: e.tril_indices(3, 3),
    lambda e: e.tril_indices(3, 2, 1),
    lambda e: e.tril_indices(4, 3, -2),
    lambda e: e.tril_indices(2, 5, offset=9),
    lambda e: e.tril_indices(0, 3),
    lambda e: e.triu_indices(3, 3),
    lambda e: e.triu_indices(2, 3, -1),
    lambda e: e.triu_indices(row=3, col=4, offset=2),
    lambda e: e.triu_indices(3, 3, 5),
    lambda e: e.tril_indices(3, 3, dtype=e.int32, device="cpu"),
    lambda e: e.vander(e.tensor([1, 2, 3])),
    lambda e: e.vander(e.tensor([1.0, 2, -3]), 2),
    lambda e: e.vander(e.tensor([1.0, 2, -3]), N=4, increasing=True),
    lambda e: e.vander(e.tensor([1.0, 2]), 0),
    lambda e: e.vander(e.tensor([1.0, 2]), 1),
    lambda e: e.vander(e.tensor([True, False])),
    lambda e: e.vander(e.tensor([], dtype=e.float64)),
]

WINDOWS = [
    lambda e, name=name, n=n, periodic=periodic: getattr(e, name)(n, periodic)
    for name in ("hann_window", "hamming_window", "blackman_window", "bartlett_window", "kaiser_window")
    for n in (0, 1, 2, 7, 8)
    for periodic in (True, False)
] + [
    lambda e: e.hann_window(5, dtype=e.float64),
    lambda e: e.hann_window(window_length=4, periodic=False, requires_grad=True, device="cpu"),
    lambda e: e.hamming_window(6, True, 0.6),
    lambda e: e.hamming_window(6, False, 0.6, 0.3),
    lambda e: e.hamming_window(6, periodic=True, alpha=0.5, beta=0.5, dtype=e.float64),
    lambda e: e.blackman_window(9, dtype=e.float64),
    lambda e: e.bartlett_window(9, False, dtype=e.float64),
    lambda e: e.kaiser_window(9, True, 8.0, dtype=e.float64),
    lambda e: e.kaiser_window(9, periodic=False, beta=2.0),
]

DATA = [
    lambda e: e.tensor(3),
    lambda e: e.tensor(3.0, requires_grad=True),
    lambda e: e.tensor(True),
    lambda e: e.tensor([[1, 2], [3, 4]], dtype=e.float64),
    lambda e: e.tensor([1, 2.5]),
    lambda e: e.tensor([True, 2]),
    lambda e: e.tensor((1, (2)), device="cpu"),
    lambda e: e.tensor([]),
    lambda e: e.tensor([[], []]),
    lambda e: e.tensor([], dtype=e.int64),
    lambda e: e.tensor(np.array([1, 2], np.int32)),
    lambda e: e.tensor(np.float32(2)),
    lambda e: e.tensor(np.arange(6.0).reshape(2, 3).T),
    lambda e: e.tensor([np.float64(1), np.float64(2)]),
    lambda e: e.tensor([e.tensor(1.0), e.tensor(2.0)]),
    lambda e: e.tensor([1e300, 1.0]),
    lambda e: e.tensor([NAN, INF]),
    lambda e: e.tensor(range(4)),
    lambda e: e.tensor(2**40),
    lambda e: e.tensor([0.1], dtype=e.float16),
    lambda e: e.tensor([1.7, -1.7], dtype=e.int64),
    lambda e: e.tensor([3, 0], dtype=e.bool),
    lambda e: e.as_tensor([1, 2]),
    lambda e: e.as_tensor(np.ones(2), dtype=e.float32),
    lambda e: e.as_tensor(e.ones(2), dtype=e.int64, device="cpu"),
    lambda e: e.as_tensor(3.5),
    lambda e: e.asarray([1, 2]),
    lambda e: e.asarray([1, 2], dtype=e.float64, device="cpu"),
    lambda e: e.asarray(np.ones(2, np.float32)),
    lambda e: e.asarray(np.float64(3)),
    lambda e: e.asarray(3.5, requires_grad=True),
    lambda e: e.asarray(e.ones(2, requires_grad=True), requires_grad=True),
    lambda e: e.asarray(e.ones(2, requires_grad=True), requires_grad=False),
    lambda e: e.asarray(e.ones(2), copy=True, requires_grad=True),
    lambda e: e.from_numpy(np.arange(3)),
    lambda e: e.from_numpy(np.ones((2, 3), np.float32)),
]

GROUPS = {
    "sequences": SEQUENCES,
    "filled": FILLED,
    "new": NEW,
    "index grids": INDEX_GRIDS,
    "windows": WINDOWS,
    "data": DATA,
}


@pytest.mark.parametrize("group", GROUPS)
def test_same_as_torch(group):
    for i, make in enumerate(GROUPS[group]):
        ours, theirs = (make(engine) for engine in ENGINES)
        assert_same(ours, theirs, f"{group} {i}")


REFUSED = [
    lambda e: e.arange(1, 5, 0),
    lambda e: e.arange(5, 1),
    lambda e: e.arange(0, NAN),
    lambda e: e.arange(0, INF),
    lambda e: e.arange(),
    lambda e: e.arange(1, 2, 3, 4),
    lambda e: e.arange("3"),
    lambda e: e.linspace(0, 1, -1),
    lambda e: e.linspace(0, 1),
    lambda e: e.linspace(0, 1, 2.5),
    lambda e: e.logspace(0, 1, -1),
    lambda e: e.eye(-1),
    lambda e: e.eye(2, -1),
    lambda e: e.eye(2.5),
    lambda e: e.zeros(-1),
    lambda e: e.zeros(2.5),
    lambda e: e.zeros("2"),
    lambda e: e.zeros(2, dtype="float32"),
    lambda e: e.zeros(2, device="nowhere"),
    lambda e: e.zeros(2, colour=3),
    lambda e: e.zeros(2, dtype=e.int64, requires_grad=True),
    lambda e: e.full((2,), "a"),
    lambda e: e.full(2, 1.0),
    lambda e: e.zeros_like([1.0]),
    lambda e: e.full_like(3, 1.0),
    lambda e: e.full_like(e.zeros(2), "a"),
    lambda e: e.empty_strided((2, 3), (1,)),
    lambda e: e.tril_indices(-1, 2),
    lambda e: e.triu_indices(2, -1),
    lambda e: e.tril_indices(2, 2, dtype=e.float32),
    lambda e: e.vander(e.zeros(2, 2)),
    lambda e: e.vander(e.zeros(2), -1),
    lambda e: e.hann_window(-1),
    lambda e: e.hann_window(3, dtype=e.int64),
    lambda e: e.tensor([[1, 2], [3]]),
    lambda e: e.tensor("a"),
    lambda e: e.tensor([1, "a"]),
    lambda e: e.tensor(None),
    lambda e: e.tensor(),
    lambda e: e.tensor([1, 2], requires_grad=True),
    lambda e: e.from_numpy([1, 2]),
    lambda e: e.from_numpy(np.ones(3)[::-1]),
    lambda e: e.from_numpy(np.array(["a"])),
    lambda e: e.asarray(np.ones(2), dtype=e.float32, copy=False),
    lambda e: e.asarray([1, 2], copy=False),
]


@pytest.mark.parametrize("k", range(len(REFUSED)))
def test_refused_as_in_torch(k):
    ours, theirs = (raised(REFUSED[k], engine) for engine in ENGINES)
    assert theirs != "nothing"
    assert ours == theirs


@pytest.mark.parametrize("name", ["zeros", "ones", "empty", "arange", "eye"])
def test_what_is_not_supported_says_so(name):
    make = getattr(minitorch, name)
    for option in ({"out": minitorch.zeros(3)}, {"layout": "torch.sparse_coo"}):
        with pytest.raises(NotImplementedError, match=next(iter(option))):
            make(3, **option)
    with pytest.raises(NotImplementedError, match="channels_last"):
        minitorch.empty(1, 1, 1, 1, memory_format=minitorch.channels_last)
    for dtype in ("bfloat16", "complex64"):
        assert not hasattr(minitorch, dtype)


def test_shared_memory():
    for e in ENGINES:
        for share in (e.from_numpy, e.as_tensor, e.asarray):
            array = np.zeros(3, np.float32)
            share(array)[1] = 5
            assert array[1] == 5
        for own in (e.tensor, lambda a, e=e: e.asarray(a, copy=True), lambda a, e=e: e.as_tensor(a, dtype=e.float64)):
            array = np.zeros(3, np.float32)
            own(array)[1] = 5
            assert array[1] == 0
        x = e.zeros(3)
        assert e.as_tensor(x) is x
        e.asarray(x)[0] = 7
        assert x[0] == 7


def test_default_dtype():
    for e in ENGINES:
        e.set_default_dtype(e.float64)
        try:
            made = [
                e.zeros(2),
                e.arange(0.5, 2),
                e.linspace(0, 1, 3),
                e.eye(2),
                e.hann_window(4),
                e.tensor(1.5),
                e.full((), 1.0),
            ]
            made += [e.logspace(0, 1, 2), e.scalar_tensor(1), e.as_tensor([0.5]), e.asarray(0.5)]
            assert [str(x.dtype) for x in made] == ["torch.float64"] * len(made)
        finally:
            e.set_default_dtype(e.float32)


def test_vander_has_a_gradient():
    """PyTorch's backward of it raises, so that central differences stand alone here."""
    x = minitorch.tensor([1.0, 0.0, -3.0], dtype=minitorch.float64, requires_grad=True)
    for arguments in ((), (4,), (3, True)):
        assert gradcheck(lambda x, a=arguments: minitorch.vander(x, *a), x)
        assert gradgradcheck(lambda x, a=arguments: minitorch.vander(x, *a), x)
