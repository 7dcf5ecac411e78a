"""torch.utils.checkpoint: the same gradients as without it, the same random numbers, and nothing kept in between."""

from __future__ import annotations

import functools
import gc
import warnings
import weakref

import pytest
from twins import name_of, raised, twin

import minitorch


def block(torch, x, w):
    h = torch.tanh(x @ w)
    return (h * h.exp()).sin()


@pytest.mark.parametrize("use_reentrant", [True, False])
@twin
def test_gradients_are_those_without_checkpoints(torch, use_reentrant):
    from importlib import import_module

    checkpoint = import_module(f"{torch.__name__}.utils.checkpoint").checkpoint
    torch.manual_seed(0)
    results = []
    for checkpointed in (False, True):
        torch.manual_seed(1)
        x, w = torch.randn(3, 4, dtype=torch.float64), torch.randn(4, 4, dtype=torch.float64)
        x.requires_grad_(), w.requires_grad_()
        y = x
        for _ in range(3):
            if checkpointed:
                y = checkpoint(functools.partial(block, torch, w=w), y, use_reentrant=use_reentrant)
            else:
                y = block(torch, y, w)
        (y**2).sum().backward()
        results.append((y, x.grad, w.grad))
    plain, kept = results
    return plain, kept, [torch.allclose(a, b, rtol=1e-13, atol=1e-13) for a, b in zip(plain, kept, strict=True)]


@twin
def test_nodes_grad_and_second_derivatives(torch):
    from importlib import import_module

    checkpoint = import_module(f"{torch.__name__}.utils.checkpoint").checkpoint
    x = torch.tensor([0.3, 0.7], dtype=torch.float64, requires_grad=True)
    unused = torch.tensor([1.0], requires_grad=True)
    y = checkpoint(lambda a, b, k=1: ((a**3).sin().exp() * k, a * 2), x, unused, use_reentrant=False, k=3)
    names = [name_of(t) for t in y]
    (first,) = torch.autograd.grad(y[0].sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x, create_graph=True)
    (third,) = torch.autograd.grad(second.sum(), x)
    return y, names, first, second, third


@pytest.mark.parametrize("use_reentrant", [True, False])
@twin
def test_random_numbers_are_drawn_again(torch, use_reentrant):
    from importlib import import_module

    checkpoint = import_module(f"{torch.__name__}.utils.checkpoint").checkpoint
    torch.manual_seed(5)
    x = torch.ones(200, requires_grad=True)
    y = checkpoint(lambda a: torch.nn.functional.dropout(a, 0.5).exp(), x, use_reentrant=use_reentrant)
    after = torch.rand(2)
    y.sum().backward()
    return torch.equal((x.grad != 0), y > 1), after, torch.rand(2)


@pytest.mark.parametrize("use_reentrant", [True, False])
@twin
def test_sequential_in_segments(torch, use_reentrant):
    from importlib import import_module

    module = import_module(f"{torch.__name__}.utils.checkpoint")
    torch.manual_seed(0)
    nn = torch.nn
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.BatchNorm1d(4), nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 1))
    x = torch.randn(8, 3).requires_grad_()
    y = module.checkpoint_sequential(net, 3, x, use_reentrant=use_reentrant)
    y.sum().backward()
    return y, x.grad, [p.grad for p in net.parameters()], list(net.buffers()), name_of(y)


@twin
def test_what_is_refused(torch):
    from importlib import import_module

    module = import_module(f"{torch.__name__}.utils.checkpoint")
    x = torch.ones(2, requires_grad=True)
    results = [
        raised(module.checkpoint, torch.exp, x=x, use_reentrant=True),
        raised(module.checkpoint, torch.exp, x, use_reentrant=False, foo=1),
        raised(module.checkpoint_sequential, [torch.exp], 2, x, use_reentrant=False),
        raised(module.checkpoint_sequential, [torch.exp], 1, x, use_reentrant=False, foo=1),
    ]
    y = module.checkpoint(torch.exp, x, use_reentrant=False).sum()
    y.backward()
    results.append(raised(y.backward))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        module.checkpoint(torch.exp, x)
        module.checkpoint(torch.exp, torch.ones(2), use_reentrant=True)
    return results, x.grad, len(caught), [w.category.__name__ for w in caught]


def test_backward_twice_with_retain_graph():
    x = minitorch.tensor([0.5], requires_grad=True)
    y = minitorch.utils.checkpoint.checkpoint(lambda a: a.exp().sin(), x, use_reentrant=False)
    y.backward(retain_graph=True)
    once = x.grad.clone()
    y.backward()
    assert (x.grad == 2 * once).all()


def test_nothing_is_kept_in_between():
    inner = []

    def function(a):
        h = a.exp()
        inner.append(weakref.ref(h._array))
        return h.sin().exp()

    x = minitorch.ones(4, requires_grad=True)
    y = minitorch.utils.checkpoint.checkpoint(function, x, use_reentrant=False)
    gc.collect()
    assert inner[0]() is None
    y.sum().backward()
    assert len(inner) == 2
    kept = function(x)
    assert inner[2]() is not None and kept.requires_grad


def test_another_graph_the_second_time_is_an_error():
    calls = []

    def function(a):
        calls.append(1)
        return a.sin() if len(calls) == 1 else a.cos().exp()

    y = minitorch.utils.checkpoint.checkpoint(function, minitorch.ones(2, requires_grad=True), use_reentrant=False)
    with pytest.raises(minitorch.utils.checkpoint.CheckpointError, match="CosBackward0"):
        y.sum().backward()


def test_without_recording_nothing_runs_twice():
    calls = []
    with minitorch.no_grad():
        y = minitorch.utils.checkpoint.checkpoint(
            lambda a: calls.append(1) or a.exp(), minitorch.ones(2, requires_grad=True), use_reentrant=False
        )
    assert not y.requires_grad and len(calls) == 1
    with pytest.raises(NotImplementedError):
        minitorch.utils.checkpoint.checkpoint(minitorch.exp, y, use_reentrant=False, context_fn=lambda: None)
