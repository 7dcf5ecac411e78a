"""nn.utils: clipping and parameter vectors as in PyTorch."""

import importlib

import numpy as np
import pytest
import torch
from twins import assert_same

import minitorch

RNG = np.random.default_rng(3)
SHAPES = [(3, 4), (5,), (), (2, 1, 3)]
ARRAYS = [RNG.standard_normal(shape).astype(np.float32) for shape in SHAPES]


def parameters(engine, scale=1.0):
    made = []
    for array in ARRAYS:
        p = engine.nn.Parameter(engine.tensor(array))
        p.grad = engine.tensor(array * np.float32(scale))
        made.append(p)
    made.append(engine.nn.Parameter(engine.zeros(2)))  # one without gradient
    return made


@pytest.mark.parametrize("p", [2.0, 1.0, 3, float("inf"), float("-inf"), 0.0])
@pytest.mark.parametrize("limit", [0.7, 1e3])
def test_clip_grad_norm(p, limit):
    ours, theirs = parameters(minitorch), parameters(torch)
    norm = minitorch.nn.utils.clip_grad_norm_(ours, limit, p)
    expected = torch.nn.utils.clip_grad_norm_(theirs, limit, p)
    assert norm.dtype is minitorch.float32 and norm.shape == ()
    # 24 float32 numbers, summed in another order
    np.testing.assert_allclose(norm.item(), expected.item(), rtol=1e-5)
    for a, b in zip(ours[:-1], theirs[:-1], strict=True):
        np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), rtol=1e-5, atol=1e-7)
    assert ours[-1].grad is None


def test_clip_grad_norm_of_one_of_none_and_of_generators():
    p = parameters(minitorch)[0]
    assert minitorch.nn.utils.clip_grad_norm_(p, 0.5).item() == pytest.approx(np.linalg.norm(ARRAYS[0]), rel=1e-6)
    assert np.linalg.norm(p.grad.numpy()) == pytest.approx(0.5, rel=1e-4)
    assert minitorch.nn.utils.clip_grad_norm_([], 1.0).item() == 0.0
    with pytest.warns(UserWarning, match="empty generator"):
        minitorch.nn.utils.clip_grad_norm_((x for x in []), 1.0)
    several = parameters(minitorch)
    minitorch.nn.utils.clip_grad_norm_((x for x in several), 1e-3)
    assert np.abs(several[0].grad.numpy()).max() < 1e-3


def test_clip_grad_norm_not_finite():
    for engine in (minitorch, torch):
        bad = parameters(engine, scale=float("inf"))
        with pytest.raises(RuntimeError, match="is non-finite, so it cannot be clipped"):
            engine.nn.utils.clip_grad_norm_(bad, 1.0, error_if_nonfinite=True)
        engine.nn.utils.clip_grad_norm_(bad, 1.0)


def test_clip_grad_value():
    ours, theirs = parameters(minitorch), parameters(torch)
    minitorch.nn.utils.clip_grad_value_(ours, 0.3)
    torch.nn.utils.clip_grad_value_(theirs, 0.3)
    for a, b in zip(ours[:-1], theirs[:-1], strict=True):
        assert a.grad.tolist() == b.grad.tolist()
    assert max(np.abs(a.grad.numpy()).max() for a in ours[:-1]) == np.float32(0.3)


def test_parameters_to_vector_and_back():
    net = minitorch.nn.Sequential(minitorch.nn.Linear(3, 2), minitorch.nn.Linear(2, 1))
    vector = minitorch.nn.utils.parameters_to_vector(net.parameters())
    assert vector.shape == (11,) and vector.requires_grad
    (vector * vector).sum().backward()
    assert (net[0].weight.grad == 2 * net[0].weight).all()
    new = minitorch.arange(11.0)
    minitorch.nn.utils.vector_to_parameters(new, net.parameters())
    assert net[0].bias.tolist() == [6.0, 7.0] and net[1].weight.tolist() == [[8.0, 9.0]]
    assert isinstance(net[0].bias, minitorch.nn.Parameter) and net[0].bias.requires_grad
    with pytest.raises(TypeError, match="expected torch.Tensor, but got: list"):
        minitorch.nn.utils.vector_to_parameters([1.0], net.parameters())


@pytest.mark.parametrize("norm_type", [1, 2, 2.5, 0, float("inf"), "inf"])
@pytest.mark.parametrize("foreach", [None, True, False])
def test_total_norms(norm_type, foreach):
    """Of contiguous and strided tensors, a scalar, and two dtypes; one function by its module's name."""
    norms = []
    for engine in (minitorch, torch):
        from_module = importlib.import_module(f"{engine.__name__}.nn.utils.clip_grad")
        a, b = engine.linspace(-2, 3, 12).reshape(3, 4), engine.tensor(-0.75, dtype=engine.float64)
        total = engine.nn.utils.get_total_norm([a.t()[1:], a, b, a[0, ::2]], norm_type, foreach=foreach)
        assert total.dtype == engine.float64
        norms.append(total.float())  # its parts were rounded to float32
        params = [engine.nn.Parameter(x.detach().clone()) for x in (a, a[:, ::2])]
        for p in params:
            p.grad = p.detach() * 2
        from_module.clip_grad_norm_(iter(params), 0.5, norm_type, foreach=foreach)
        engine.nn.utils.clip_grad_value_(params, 0.1, foreach=foreach)
        norms += [p.grad for p in params]
    ours, theirs = norms[:3], norms[3:]
    assert_same(ours, theirs, "norm and clipped gradients")
