"""Convolution in two thirds of the multiplications: held against the plain way, the definition's loops, and PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
import torch as pytorch

import minitorch as torch
from minitorch.ops.convolution import winograd

# (N, C, H, W), O, kernel width, groups, options: odd and even heights, borders of every kind, one row, one column.
CASES = {
    "even": ((2, 4, 8, 6), 3, 3, 1, {"padding": 1}),
    "odd height": ((3, 4, 7, 9), 5, 3, 1, {"padding": 1}),
    "no border": ((2, 3, 6, 5), 4, 3, 1, {}),
    "one output row": ((2, 3, 3, 5), 4, 3, 1, {}),
    "one pixel": ((2, 3, 1, 1), 4, 3, 1, {"padding": 1}),
    "wide border": ((1, 2, 4, 5), 3, 3, 1, {"padding": 2}),
    "wider than the kernel": ((1, 2, 4, 5), 3, 3, 1, {"padding": (3, 4)}),
    "border above only": ((2, 2, 5, 5), 3, 3, 1, {"padding": (1, 0)}),
    "one column": ((2, 3, 6, 4), 4, 1, 1, {"padding": (1, 0)}),
    "two columns": ((2, 3, 5, 6), 4, 2, 1, {"padding": (1, 0)}),
    "five columns": ((2, 3, 5, 6), 4, 5, 1, {"padding": (1, 2)}),
    "same": ((2, 3, 5, 6), 4, 2, 1, {"padding": "same"}),
    "groups": ((2, 6, 6, 5), 4, 3, 2, {"padding": 1}),
    "as many groups as channels": ((2, 4, 5, 5), 8, 3, 4, {"padding": 1}),
    "dilated sideways": ((2, 3, 6, 9), 4, 3, 1, {"padding": (1, 2), "dilation": (1, 2)}),
}


@pytest.fixture
def chosen(monkeypatch):
    """Winograd's way for any number of channels; the calls that took it."""
    monkeypatch.setattr(winograd, "LEAST_CHANNELS", 1)
    calls = []
    for name in ("convolve", "weight_of"):
        real = getattr(winograd, name)
        monkeypatch.setattr(winograd, name, lambda *args, real=real, name=name: calls.append(name) or real(*args))
    return calls


def _tensors(case, dtype, seed=0):
    shape, o, kw, groups, options = CASES[case]
    rng = np.random.default_rng(seed)
    arrays = [rng.standard_normal(s) for s in (shape, (o, shape[1] // groups, 3, kw), (o,))]
    return [a.astype(dtype) for a in arrays], {"groups": groups, **options}


def _results(engine, arrays, options):
    x, weight, bias = (engine.tensor(a, requires_grad=True) for a in arrays)
    y = engine.nn.functional.conv2d(x, weight, bias, **options)
    cotangent = np.random.default_rng(1).standard_normal(tuple(y.shape)).astype(arrays[0].dtype)
    y.backward(engine.tensor(cotangent))
    return [t.detach().numpy() for t in (y, x.grad, weight.grad, bias.grad)]


@pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("case", CASES)
def test_value_and_gradients(case, dtype, chosen):
    arrays, options = _tensors(case, dtype)
    ours, theirs = _results(torch, arrays, options), _results(pytorch, arrays, options)
    assert "convolve" in chosen and "weight_of" in chosen
    tolerance = 1e-12 if dtype == np.float64 else 2e-5  # sums of at most 40 products of numbers of size 1
    for found, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("case", ["odd height", "groups", "five columns"])
def test_the_definition(case, chosen):
    arrays, options = _tensors(case, np.float64)
    x, weight, bias = map(torch.tensor, arrays)
    expected = torch.nn.functional.conv2d_plain(x, weight, bias, **options)
    found = torch.nn.functional.conv2d(x, weight, bias, **options)
    assert chosen
    np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("case", ["odd height", "groups", "wide border", "same"])
def test_first_and_second_gradients(case, chosen):
    arrays, options = _tensors(case, np.float64)
    inputs = [torch.tensor(a, requires_grad=True) for a in arrays]
    function = lambda x, w, b: torch.nn.functional.conv2d(x, w, b, **options)  # noqa: E731
    assert torch.autograd.gradcheck(function, inputs)
    assert torch.autograd.gradgradcheck(function, inputs)
    assert chosen


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("where", [0, 1, 2])
def test_infinite_numbers_go_where_the_sum_takes_them(value, where, chosen):
    """∞ − ∞ among the sums of rows must not make nan of ∞, and no neighbour may be touched."""
    arrays, options = _tensors("even", np.float64)
    arrays[where].reshape(-1)[7 if where < 2 else 1] = value
    ours, theirs = _results(torch, arrays, options), _results(pytorch, arrays, options)
    assert chosen
    for found, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_an_infinite_gradient(chosen):
    arrays, options = _tensors("even", np.float64)
    grads = []
    for engine in (torch, pytorch):
        x, weight = (engine.tensor(a, requires_grad=True) for a in arrays[:2])
        y = engine.nn.functional.conv2d(x, weight, **options)
        cotangent = np.ones(tuple(y.shape))
        cotangent[0, 1, 2, 3] = np.inf
        y.backward(engine.tensor(cotangent))
        grads.append([x.grad.numpy(), weight.grad.numpy()])
    assert chosen
    for found, expected in zip(*grads, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_taken_from_32_channels_on_and_only_where_possible(chosen, monkeypatch):
    monkeypatch.setattr(winograd, "LEAST_CHANNELS", 32)

    def is_taken(c, o, kernel=(3, 3), dtype=torch.float32, **options):
        chosen.clear()
        weight = torch.zeros(o, c // options.get("groups", 1), *kernel, dtype=dtype)
        torch.nn.functional.conv2d(torch.zeros(1, c, 9, 9, dtype=dtype), weight, **options)
        return bool(chosen)

    assert is_taken(32, 32) and is_taken(64, 64, groups=2) and is_taken(32, 32, kernel=(3, 1))
    assert not is_taken(31, 32) and not is_taken(32, 31) and not is_taken(32, 32, groups=2)
    assert not is_taken(32, 32, kernel=(5, 3)) and not is_taken(32, 32, stride=2) and not is_taken(32, 32, dilation=2)
    assert not is_taken(32, 32, dtype=torch.float16)


def test_it_rounds_no_worse_than_the_plain_way():
    """Against float64: the mean error of both ways over a layer of the usual size."""
    rng = np.random.default_rng(0)
    x, weight = rng.standard_normal((4, 64, 16, 16)), rng.standard_normal((64, 64, 3, 3))
    exact = pytorch.nn.functional.conv2d(pytorch.tensor(x), pytorch.tensor(weight), padding=1).numpy()
    errors = []
    for least in (1, 10**9):
        before, winograd.LEAST_CHANNELS = winograd.LEAST_CHANNELS, least
        try:
            args = [torch.tensor(a.astype(np.float32)) for a in (x, weight)]
            found = torch.nn.functional.conv2d(*args, padding=1).numpy()
        finally:
            winograd.LEAST_CHANNELS = before
        errors.append(np.abs(found - exact).mean() / np.abs(exact).mean())
    assert errors[0] < 2 * errors[1], errors
    assert errors[0] < 1e-6
