"""Diagonals, windows and parts: views that share memory, and pass in-place changes on to their base as PyTorch's do."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from twins import message, name_of, raised, twin

import minitorch

ENGINES = [minitorch, torch]

VIEWS = {
    "diagonal": lambda x: x.diagonal(),
    "diagonal above": lambda x: x.diagonal(1),
    "diagonal of rows": lambda x: x.reshape(2, 2, 3).diagonal(0, -1, 1),
    "windows side by side": lambda x: x.unfold(1, 1, 2),
    "windows of rows": lambda x: x.unfold(0, 2, 2),
    "as_strided": lambda x: x.as_strided((2, 2), (4, 1), 1),
    "as_strided transposed": lambda x: x.as_strided((3, 4), (1, 3)),
    "tensor_split": lambda x: x.tensor_split(3)[1],
    "hsplit": lambda x: x.hsplit((1,))[1],
    "vsplit": lambda x: x.vsplit(2)[0],
    "narrow": lambda x: x.narrow(1, 1, 2),
    "mH": lambda x: x.mH,
    "H": lambda x: x.H,
    "movedim": lambda x: x.movedim(0, 1),
    "unflatten": lambda x: x.unflatten(0, (2, 2)),
    "squeeze": lambda x: x.reshape(4, 1, 3).squeeze((0, 1)),
    "diagonal of a diagonal's neighbour": lambda x: x[1:].diagonal()[1:],
}


@pytest.mark.parametrize("view", VIEWS)
@twin
def test_an_in_place_change_reaches_the_base(engine, view):
    x = engine.arange(12.0, dtype=engine.float64).reshape(4, 3).requires_grad_()
    base = x * 2
    earlier = base.sum(1)
    v = VIEWS[view](base)
    v.mul_(3)
    later = base * base
    weights = engine.arange(1.0, 13, dtype=engine.float64).reshape(4, 3)
    (later * weights).sum().backward()
    assert name_of(base).rpartition("::")[2] == "CopySlices"
    return [base.detach().clone(), x.grad, v.detach().clone(), earlier.detach(), base._version]


@pytest.mark.parametrize("view", VIEWS)
@twin
def test_a_change_of_the_base_reaches_the_view(engine, view):
    x = engine.arange(12.0, dtype=engine.float64).reshape(4, 3).requires_grad_()
    base = x * 2
    v = VIEWS[view](base)
    base.mul_(x)
    (v * v).sum().backward()
    return [x.grad, v.detach().clone(), v._is_view(), v._base is base]


@pytest.mark.parametrize("view", VIEWS)
@twin
def test_filled_with_another_tensor(engine, view):
    """The value's gradient is the part of the base's."""
    base = engine.arange(12.0, dtype=engine.float64).reshape(4, 3)
    v = VIEWS[view](base)
    value = engine.full(tuple(v.shape), 0.5, dtype=engine.float64).requires_grad_()
    v.copy_(value * 2)
    (base * base).sum().backward()
    return [base.detach().clone(), value.grad]


@twin
def test_without_gradients(engine):
    x = engine.zeros(4, 4)
    x.diagonal().fill_(1)
    x.diagonal(1).copy_(engine.arange(3.0))
    x.unfold(1, 2, 2)[0, 0].add_(10)
    x.as_strided((2,), (3,), 2).zero_()
    return [x, x.diagonal(-1).sum(), x._version]


def test_views_that_show_an_element_twice_cannot_be_written_to():
    for make in (lambda x: x.unfold(0, 3, 1), lambda x: x.as_strided((3, 3), (1, 1))):
        v = make(minitorch.zeros(6))
        assert raised(v.fill_, 1) == "RuntimeError"
        assert "clone" in message(v.fill_, 1)
        assert minitorch.equal(v.clone().fill_(1), minitorch.ones(*v.shape))


def test_split_parts_may_be_changed_unlike_those_of_split():
    for engine in ENGINES:
        x = engine.ones(4, requires_grad=True) * 1
        x.tensor_split(2)[0].mul_(2)
        assert raised(x.split(2)[0].mul_, 2) == "RuntimeError"


def test_as_strided_of_a_base_in_another_order():
    """The base is told anew in reading order, which strides over its memory do not survive."""
    x = minitorch.arange(6.0).reshape(2, 3).requires_grad_()
    base = (x * 2).t().clone()
    assert base.stride() == (1, 3)
    v = base.as_strided((3,), (2,))
    assert np.array_equal(v.detach().numpy(), [0, 4, 8])
    assert raised(v.mul_, 2) == "RuntimeError"


IN_PLACE = {
    "index_add_": lambda e, x, y: x.index_add_(0, e.tensor([0, 0]), y, alpha=2),
    "index_copy_": lambda e, x, y: x.index_copy_(0, e.tensor([2, 0]), y),
    "index_fill_": lambda e, x, y: x.index_fill_(1, e.tensor([1]), y.sum()),
    "index_put_": lambda e, x, y: x.index_put_((e.tensor([0, 2, 2]), e.tensor([1, 1, 1])), y[0, :3], accumulate=True),
    "masked_scatter_": lambda e, x, y: x.masked_scatter_(x > 8.5, y),
    "put_": lambda e, x, y: x.put_(e.tensor([1, -1]), y[:, 0]),
    "scatter_": lambda e, x, y: x.scatter_(1, e.tensor([[0, 3], [1, 2]]), y[:, :2]),
    "scatter_ number": lambda e, x, y: x.scatter_(1, e.tensor([[0, 3], [1, 2]]), 2.0),
    "scatter_add_": lambda e, x, y: x.scatter_add_(0, e.tensor([[0, 0, 1, 2], [1, 1, 1, 1]]), y),
    "scatter_reduce_": lambda e, x, y: x.scatter_reduce_(0, e.tensor([[0, 0, 1, 2], [0, 1, 1, 2]]), y, "prod"),
    "fill_diagonal_": lambda e, x, y: x.fill_diagonal_(7.0),
    "fill_": lambda e, x, y: x.fill_(y.sum()),
    "zero_": lambda e, x, y: x.zero_(),
    "cumsum_": lambda e, x, y: x.cumsum_(1),
    "cumprod_": lambda e, x, y: x.cumprod_(0),
    "renorm_": lambda e, x, y: x.renorm_(2, 0, 3.0),
}


@pytest.mark.parametrize("change", IN_PLACE)
@pytest.mark.parametrize("through_view", [False, True])
@twin
def test_in_place_forms(engine, change, through_view):
    x = engine.arange(24.0, dtype=engine.float64).reshape(6, 4).requires_grad_()
    y = engine.tensor([[1.5, -2, 3, 0.5], [2, 1, -1, 4]], dtype=engine.float64, requires_grad=True)
    base = x * 0.5
    target = base[::2] if through_view else base
    result = IN_PLACE[change](engine, target, y)
    assert result is target
    (base * engine.arange(1.0, 25, dtype=engine.float64).reshape(6, 4)).square().sum().backward()
    return [base.detach().clone(), x.grad, y.grad, base._version]


PAIRS = [
    lambda e, x: e.cummax(x, 1),
    lambda e, x: e.cummin(x, 0),
    lambda e, x: e.aminmax(x),
    lambda e, x: e.aminmax(x, dim=1),
    lambda e, x: e.median(x, 1),
    lambda e, x: e.nanmedian(x, 1),
    lambda e, x: e.kthvalue(x, 2),
    lambda e, x: e.mode(x),
    lambda e, x: x.detach().histogram(3),
]


@pytest.mark.parametrize("k", range(len(PAIRS)))
def test_results_with_two_parts_print_and_unpack_as_in_torch(k):
    ours, theirs = (PAIRS[k](e, e.tensor([[1.0, 5.0, 4.0], [7.0, 2.0, 2.0]], requires_grad=True)) for e in ENGINES)
    assert repr(ours) == repr(theirs)
    first, second = ours
    names = [name for name in ("values", "min", "hist") if hasattr(theirs, name)]
    assert first is getattr(ours, names[0]) and second is ours[1]


def test_no_derivative_where_torch_has_none():
    for e in ENGINES:
        x = e.tensor([1.0, 2.0, 2.0], requires_grad=True)
        found = [
            e.unique(x),
            e.unique_consecutive(x),
            e.bincount(e.tensor([0, 1, 1]), weights=x),
            e.scatter(x, 0, e.tensor([0]), 2.0, reduce="add"),
        ]
        for z in found:
            assert z.requires_grad
            assert raised(z.sum().backward) in ("RuntimeError", "NotImplementedError")
        assert not e.histc(x, 3).requires_grad
        assert not e.searchsorted(x, x).requires_grad


@twin
def test_cumprod_of_many_elements_with_a_zero(engine):
    """The first derivative costs n, not n², beside zeros."""
    x = engine.linspace(0.9, 1.1, 2001, dtype=engine.float64)
    x[1000] = 0.0
    x.requires_grad_()
    (engine.cumprod(x, 0) * engine.linspace(-1, 1, 2001, dtype=engine.float64)).sum().backward()
    return x.grad[::100]


@pytest.mark.parametrize("shape", [(1000, 1003), (3, 70_001), (70_001, 3), (512, 512), (1, 200_000)])
def test_a_large_transposed_matrix_is_copied_whole(shape):
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    found = minitorch.tensor(x).t().contiguous()
    assert found.is_contiguous()
    np.testing.assert_array_equal(found.numpy(), x.T)
