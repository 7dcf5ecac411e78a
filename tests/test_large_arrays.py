"""Operations on arrays large enough for the ways that only large arrays take, held against PyTorch.

The table of operations has small samples. Each of these is cut into parts, or goes through another body, and so are
the gradients; sizes are odd, so that parts, strips and pieces end unevenly.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch as pytorch

import minitorch as torch
from minitorch import parallel
from minitorch.ops.layers import normalization
from minitorch.ops.shape import repetition

# name: (function of the engine and the inputs, the inputs' shapes)
CASES = {
    "relu": (lambda t, x: t.relu(x), [(7, 100_003)]),
    "max_pool2d": (lambda t, x: t.nn.functional.max_pool2d(x, 2), [(131, 8, 33, 32)]),
    "max_pool2d overlapping": (lambda t, x: t.nn.functional.max_pool2d(x, 3, 2, 1), [(131, 8, 33, 32)]),
    "conv2d": (lambda t, x, w, b: t.nn.functional.conv2d(x, w, b), [(71, 5, 27, 32), (6, 5, 5, 4), (6,)]),
    "conv2d padded": (lambda t, x, w: t.nn.functional.conv2d(x, w, padding=2), [(71, 4, 27, 32), (6, 4, 5, 4)]),
    "conv2d strided": (lambda t, x, w: t.nn.functional.conv2d(x, w, stride=2, padding=1), [(131, 6, 31, 32), (6, 6, 3, 3)]),
    "conv2d of many channels": (
        lambda t, x, w, b: t.nn.functional.conv2d(x, w, b, padding=1),
        [(37, 33, 17, 16), (35, 33, 3, 3), (35,)],
    ),
    "batch_norm": (
        lambda t, x, w, b: t.nn.functional.batch_norm(x, None, None, w, b, training=True),
        [(101, 7, 21, 19), (7,), (7,)],
    ),
    "batch_norm alone": (lambda t, x: t.nn.functional.batch_norm(x, None, None, training=True), [(101, 7, 399)]),
    "linear": (lambda t, x, w, b: t.nn.functional.linear(x, w, b), [(515, 301), (601, 301), (601,)]),
    "linear of some tens of rows": (lambda t, x, w, b: t.nn.functional.linear(x, w, b), [(33, 784), (129, 784), (129,)]),
    "matmul": (lambda t, a, b: t.matmul(a, b), [(401, 350), (350, 303)]),
    "matmul of stacks": (lambda t, a, b: t.matmul(a, b), [(5, 91, 101), (5, 101, 83)]),
    "transposed copy": (lambda t, x: x.t().contiguous(), [(701, 513)]),
}


def _results(engine, function, arrays, cotangent):
    inputs = [engine.tensor(a, requires_grad=True) for a in arrays]
    y = function(engine, *inputs)
    grads = engine.autograd.grad(y, inputs, engine.tensor(cotangent))
    return [t.detach().numpy() for t in (y, *grads)]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", CASES)
def test_value_and_gradients(name, dtype):
    function, shapes = CASES[name]
    rng = np.random.default_rng(0)
    arrays = [(rng.standard_normal(shape) + 0.5).astype(dtype) for shape in shapes]
    with pytorch.no_grad():
        shape = tuple(function(pytorch, *map(pytorch.tensor, arrays)).shape)
    cotangent = rng.standard_normal(shape).astype(dtype)
    ours = _results(torch, function, arrays, cotangent)
    theirs = _results(pytorch, function, arrays, cotangent)
    tolerance = 1e-11 if dtype == np.float64 else 1e-4  # sums of up to 10⁵ terms, in another order
    for found, expected in zip(ours, theirs, strict=True):
        assert found.shape == expected.shape and found.dtype == expected.dtype
        scale = np.abs(expected).max()
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * scale)


def test_they_are_large_enough():
    elements = {name: max(int(np.prod(shape)) for shape in shapes) for name, (_, shapes) in CASES.items()}
    assert elements["relu"] >= parallel.SHARED
    assert elements["transposed copy"] >= repetition.LARGE
    assert elements["batch_norm"] >= normalization.LEAST_SIZE
    assert 515 * 301 * 601 >= parallel.SHARED_PRODUCT and 401 * 350 * 303 >= parallel.SHARED_PRODUCT
    kernels = {"max_pool2d": 2, "conv2d": 20, "conv2d strided": 9 / 4, "conv2d of many channels": 9, "batch_norm": 3}
    for name, copies in kernels.items():  # of each element, in the columns
        assert elements[name] * 4 * copies > parallel.PART_BYTES, name


def test_batch_norm_of_images_can_be_differentiated_twice():
    rng = np.random.default_rng(1)
    arrays = [rng.standard_normal(shape) for shape in ((41, 4, 17, 13), (4,), (4,))]
    cotangent = rng.standard_normal(arrays[0].shape)
    found = []
    for engine in (torch, pytorch):
        x, w, b = (engine.tensor(a, requires_grad=True) for a in arrays)
        y = engine.nn.functional.batch_norm(x, None, None, w, b, training=True)
        gx, gw = engine.autograd.grad(y, (x, w), engine.tensor(cotangent), create_graph=True)
        ((gx * gx).sum() + gw.sum()).backward()
        found.append([t.grad.numpy() for t in (x, w)])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9 * np.abs(theirs).max())


def test_batch_norm_far_from_zero_keeps_its_digits():
    """A mean of a thousand standard deviations: the variance comes from centred numbers, not from squares."""
    x = np.random.default_rng(2).standard_normal((67, 3, 23, 19)).astype(np.float32) + 1000
    exact = pytorch.nn.functional.batch_norm(pytorch.tensor(x, dtype=pytorch.float64), None, None, training=True)
    found = torch.nn.functional.batch_norm(torch.tensor(x), None, None, training=True)
    np.testing.assert_allclose(found.numpy(), exact.numpy(), atol=2e-4)  # float32 near 1000 has steps of 6e-5


@pytest.mark.parametrize("size", [6, parallel.SHARED + 5])
def test_relu_stops_infinite_and_nan_gradients_too(size):
    """∞·0 is nan: the product with the mask must not be all there is."""
    x = np.resize(np.array([-1, 2, 0, np.nan, 3, -5], np.float32), size)
    g = np.resize(np.array([np.inf, np.inf, np.nan, 1, np.nan, -np.inf, 0.5], np.float32), size)
    found = []
    for engine in (torch, pytorch):
        t = engine.tensor(x, requires_grad=True)
        engine.relu(t).backward(engine.tensor(g))
        found.append(t.grad.numpy())
    np.testing.assert_array_equal(*found)
