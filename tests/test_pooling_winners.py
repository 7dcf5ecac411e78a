"""Where a max pool sends its gradient: ties, infinities and nan, held against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
import torch as pytorch

import minitorch as torch

OPTIONS = {
    "tiles": {"kernel_size": 2},
    "rows left over": {"kernel_size": (2, 3)},
    "overlapping": {"kernel_size": 3, "stride": 2, "padding": 1},
    "dilated": {"kernel_size": 2, "stride": 1, "dilation": 2},
    "with gaps": {"kernel_size": 2, "stride": 3},
    "one row": {"kernel_size": (1, 2)},
    "one column": {"kernel_size": (3, 1)},
    "ceiling": {"kernel_size": 2, "ceil_mode": True},
}


def _gradients(x, g, options):
    results = []
    for engine in (torch, pytorch):
        t = engine.tensor(x, requires_grad=True)
        y = engine.nn.functional.max_pool2d(t, **options)
        y.backward(engine.tensor(g[tuple(slice(n) for n in y.shape)]))
        results.append((y.detach().numpy(), t.grad.numpy()))
    return results


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("case", ["few values", "after relu", "infinite input", "nan", "infinite gradient", "nan gradient"])
def test_the_gradient_goes_to_the_winner(case, options):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((3, 2, 7, 9)).astype(np.float32)
    g = rng.standard_normal(x.shape).astype(np.float32)
    if case == "few values":
        x = np.round(x)
    elif case == "after relu":
        x = np.maximum(x, 0)
    elif case == "infinite input":
        x[rng.random(x.shape) < 0.3] = np.inf
        x[rng.random(x.shape) < 0.4] = -np.inf
    elif case == "nan":
        x[rng.random(x.shape) < 0.2] = np.nan
    else:
        g[rng.random(x.shape) < 0.2] = np.inf if case == "infinite gradient" else np.nan
    (y, found), (y_expected, expected) = _gradients(x, g, options)
    np.testing.assert_array_equal(y, y_expected)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)  # overlapping windows add in another order
