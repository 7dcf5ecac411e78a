"""Windows of any geometry: random sizes, strides, borders, dilations and groups, fitting or not, as on PyTorch.

Values, indices, gradients and the types of errors. What a random draw finds that no sample of the table thought of.
"""

import random

import numpy as np
import pytest
import torch

import minitorch


def outcome(engine, name, arrays, args, kwargs):
    tensors = [engine.from_numpy(a.copy()).requires_grad_() for a in arrays]
    try:
        result = getattr(engine.nn.functional, name)(*tensors, *args, **kwargs)
    except Exception as error:
        return type(error).__name__
    result = result if isinstance(result, tuple) else (result,)
    y = result[0]
    weights = engine.from_numpy(np.cos(np.arange(y.numel())).reshape(tuple(y.shape)))
    gradients = engine.autograd.grad((y * weights).sum(), tensors)
    return [t.detach().numpy() for t in (*result, *gradients)]


def check(name, arrays, *args, **kwargs):
    """The same on both engines; whether there was a result."""
    ours, theirs = (outcome(engine, name, arrays, args, kwargs) for engine in (minitorch, torch))
    label = f"{name}, shapes {[a.shape for a in arrays]}, {args} {kwargs}"
    if isinstance(ours, str) or isinstance(theirs, str):
        assert isinstance(ours, str) and isinstance(theirs, str) and ours == theirs, f"{label}: {ours}; torch {theirs}"
        return False
    for x, y in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-11, atol=1e-11, err_msg=label, strict=True)
    return True


class Draw:
    """Random sizes, and arrays of them."""

    def __init__(self, seed):
        self.pick = random.Random(seed)
        self.array = np.random.default_rng(seed).standard_normal
        self.n = self.pick.randint(1, 3)

    def sizes(self, low, high):
        return [self.pick.randint(low, high) for _ in range(self.n)]

    def chance(self, p):
        return self.pick.random() < p

    def lead(self):
        return [] if self.chance(0.3) else [self.pick.randint(1, 2)]


def convolution(d):
    groups = d.pick.randint(1, 3)
    c, o = groups * d.pick.randint(1, 2), groups * d.pick.randint(1, 2)
    padding = "same" if d.chance(0.2) else d.sizes(0, 2)
    options = dict(stride=1 if padding == "same" else d.sizes(1, 3), padding=padding, dilation=d.sizes(1, 3))
    x, weight = d.array((*d.lead(), c, *d.sizes(1, 6))), d.array((o, c // groups, *d.sizes(1, 3)))
    return check(f"conv{d.n}d", [x, weight, d.array(o)], groups=groups, **options)


def transposed_convolution(d):
    groups = d.pick.randint(1, 3)
    c, o = groups * d.pick.randint(1, 2), groups * d.pick.randint(1, 2)
    stride, dilation = d.sizes(1, 3), d.sizes(1, 3)
    extra = [d.pick.randint(0, max(pair)) for pair in zip(stride, dilation, strict=True)] if d.chance(0.6) else 0
    x, weight = d.array((*d.lead(), c, *d.sizes(1, 5))), d.array((c, o // groups, *d.sizes(1, 3)))
    options = dict(stride=stride, padding=d.sizes(0, 2), output_padding=extra, dilation=dilation, groups=groups)
    return check(f"conv_transpose{d.n}d", [x, weight, d.array(o)], **options)


def largest(d):
    kernel = d.sizes(1, 3)
    options = dict(stride=d.sizes(1, 3) if d.chance(0.5) else None, ceil_mode=d.chance(0.5), return_indices=True)
    if d.chance(0.5):  # not both: PyTorch's CPU kernels go wrong over windows that lie in the border entirely
        options["dilation"] = d.sizes(1, 2)
    else:
        options["padding"] = [d.pick.randint(0, k // 2 + d.chance(0.1)) for k in kernel]
    return check(f"max_pool{d.n}d", [d.array((*d.lead(), 2, *d.sizes(1, 6)))], kernel, **options)


def mean(d):
    kernel = d.sizes(1, 3)
    options = dict(padding=[d.pick.randint(0, k // 2) for k in kernel], ceil_mode=d.chance(0.5))
    options |= dict(stride=d.sizes(1, 3) if d.chance(0.5) else None, count_include_pad=d.chance(0.5))
    if d.n > 1 and d.chance(0.3):
        options["divisor_override"] = d.pick.randint(1, 5)
    return check(f"avg_pool{d.n}d", [d.array((*d.lead(), 2, *d.sizes(1, 6)))], kernel, **options)


def adaptive(d):
    x = d.array((*d.lead(), 2, *d.sizes(1, 6)))
    if d.chance(0.5):
        return check(f"adaptive_max_pool{d.n}d", [x], d.sizes(1, 8), return_indices=True)
    return check(f"adaptive_avg_pool{d.n}d", [x], d.sizes(1, 8))


def border(d):
    mode = d.pick.choice(["constant", "reflect", "replicate", "circular"])
    widths = [d.pick.randint(0 if mode == "circular" else -2, 4) for _ in range(2 * d.n)]
    return check("pad", [d.array((*d.lead(), 2, *d.sizes(1, 6)))], widths, mode)


def columns(d):
    d.n = 2
    kernel, sizes = d.sizes(1, 3), d.sizes(1, 6)
    options = dict(dilation=d.sizes(1, 3), padding=d.sizes(0, 2), stride=d.sizes(1, 3))
    fits = check("unfold", [d.array((*d.lead(), 2, *sizes))], kernel, **options)
    if fits:
        shape = torch.nn.functional.unfold(torch.zeros(2, *sizes), kernel, **options).shape
        assert check("fold", [d.array((*d.lead(), *shape))], sizes, kernel, **options)
    return fits


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")  # PyTorch's, about its own copying
@pytest.mark.parametrize("draw", [convolution, transposed_convolution, largest, mean, adaptive, border, columns])
def test_any_geometry(draw):
    results = [draw(Draw(seed)) for seed in range(400)]
    assert sum(results) > 200, "most draws are to have a result"
