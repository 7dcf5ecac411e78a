"""Lazy layers: the same shapes, numbers, texts and errors as PyTorch's."""

from __future__ import annotations

import copy
import inspect
import io

import pytest
import torch
from twins import name_of, raised, twin

import minitorch

LAYERS = {
    "LazyLinear": ((3,), {}, (5, 4)),
    "LazyConv1d": ((4, 3), {"padding": 1}, (2, 3, 7)),
    "LazyConv2d": ((4, 3), {"stride": 2, "padding_mode": "reflect", "padding": 1}, (2, 3, 6, 5)),
    "LazyConv3d": ((2, 2), {"bias": False}, (1, 3, 3, 4, 3)),
    "LazyConvTranspose1d": ((4, 3), {"groups": 2}, (2, 4, 5)),
    "LazyConvTranspose2d": ((4, 3), {"stride": 2, "output_padding": 1}, (2, 3, 3, 4)),
    "LazyConvTranspose3d": ((2, 2), {"bias": False}, (1, 3, 2, 2, 2)),
    "LazyBatchNorm1d": ((), {}, (4, 3)),
    "LazyBatchNorm2d": ((), {"momentum": None}, (4, 3, 2, 2)),
    "LazyBatchNorm3d": ((), {"affine": False}, (4, 3, 2, 2, 1)),
    "LazyInstanceNorm1d": ((), {}, (4, 3, 5)),
    "LazyInstanceNorm2d": ((), {"track_running_stats": False}, (4, 3, 2, 3)),
    "LazyInstanceNorm3d": ((), {"affine": False}, (2, 3, 2, 2, 2)),
}


@pytest.mark.parametrize("name", LAYERS)
@twin
def test_a_layer_fills_itself_in(torch, name):
    args, kwargs, shape = LAYERS[name]
    torch.manual_seed(3)
    layer = getattr(torch.nn, name)(*args, **kwargs)
    before = repr(layer), [repr(v) for v in layer.state_dict().values()], list(layer.state_dict())
    lazy = layer.has_uninitialized_params()
    x = torch.randn(shape)
    y = layer(x)
    if y.requires_grad:
        y.sum().backward()
    after = repr(layer), type(layer).__name__, layer.state_dict(), [p.grad for p in layer.parameters()]
    # Float32 sums in another order: the twin's tolerance is for single operations.
    rounded = [torch.round(y.detach() * 1000), after[:2], [torch.round(v.float() * 1000) for v in after[2].values()]]
    return before, lazy, rounded, list(after[2]), hasattr(layer, "cls_to_become"), len(layer._forward_pre_hooks)


@pytest.mark.parametrize("name", LAYERS)
def test_signatures(name):
    theirs, ours = (inspect.signature(getattr(engine.nn, name)) for engine in (torch, minitorch))
    assert list(ours.parameters) == list(theirs.parameters)
    assert [p.default for p in ours.parameters.values()] == [p.default for p in theirs.parameters.values()]


@twin
def test_what_waits_refuses_to_be_used(torch):
    layer = torch.nn.LazyLinear(3)
    p = layer.weight
    nn = torch.nn
    return [
        repr(p),
        p.requires_grad,
        p.is_leaf,
        isinstance(p, nn.Parameter),
        str(p.dtype),
        str(layer.double().weight.dtype),
        raised(lambda: p.shape),
        raised(lambda: p + 1),
        raised(lambda: 2 * p),
        raised(p.numel),
        raised(p.dim),
        raised(p.sum),
        raised(lambda: len(p)),
        raised(nn.init.zeros_, p),
        raised(layer.forward, torch.ones(2, 2)),
        raised(nn.LazyConv2d(4, 3), torch.ones(2, 2)),
        raised(nn.LazyConv2d(4, 3, groups=2), torch.ones(1, 3, 4, 4)),
        raised(nn.LazyBatchNorm2d(), torch.ones(3, 2)),
        raised(nn.LazyBatchNorm1d(), torch.ones(3)),
        raised(nn.LazyLinear, 3, False, None, None, 1),
    ]


@twin
def test_parameters_without_a_shape(torch):
    p, b = torch.nn.UninitializedParameter(requires_grad=False), torch.nn.UninitializedBuffer()
    before = repr(p), repr(b)
    p.materialize((2, 3), dtype=torch.float64)
    b.materialize((4,))
    return before, type(p).__name__, type(b).__name__, tuple(p.shape), p.requires_grad, str(p.dtype), tuple(b.shape)


@twin
def test_state_dicts(torch):
    torch.manual_seed(0)
    ready = torch.nn.LazyLinear(2)
    ready(torch.ones(1, 3))
    lazy = torch.nn.LazyLinear(2)
    answer = str(lazy.load_state_dict(ready.state_dict()))
    loaded = repr(lazy), tuple(lazy.weight.shape), lazy.has_uninitialized_params()
    y = lazy(torch.ones(1, 3))
    both = str(torch.nn.LazyLinear(2).load_state_dict(torch.nn.LazyLinear(2).state_dict()))
    refused = raised(ready.load_state_dict, torch.nn.LazyLinear(2).state_dict())
    return answer, loaded, y, repr(lazy), both, refused, ready(torch.ones(1, 3))


@twin
def test_in_a_network(torch):
    nn = torch.nn
    torch.manual_seed(0)
    net = nn.Sequential(nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d(), nn.ReLU(), nn.Flatten(), nn.LazyLinear(5))
    other = copy.deepcopy(net[4])
    x = torch.randn(4, 3, 6, 6)
    net(x)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    losses = []
    for _ in range(3):
        optimizer.zero_grad()
        loss = (net(x) - 1).pow(2).mean()
        loss.backward()
        optimizer.step()
        losses.append(round(loss.item(), 4))
    return repr(net), repr(other), losses, [n for n, _ in net.named_parameters()], name_of(loss)


def test_an_optimizer_made_before_the_first_forward():
    found = []
    for engine in (torch, minitorch):
        engine.manual_seed(0)
        layer = engine.nn.LazyLinear(2)
        optimizer = engine.optim.Adam(layer.parameters(), lr=0.1)
        layer(engine.ones(1, 3)).sum().backward()
        optimizer.step()
        found.append(engine.round(layer.weight.detach() * 1000).tolist())
    assert found[0] == found[1]


def test_lazy_layers_can_be_saved_and_loaded():
    layer = minitorch.nn.LazyLinear(2)
    file = io.BytesIO()
    ready = minitorch.nn.Linear(3, 2)
    minitorch.save(ready.state_dict(), file)
    file.seek(0)
    layer.load_state_dict(minitorch.load(file))
    assert (layer(minitorch.ones(1, 3)) == ready(minitorch.ones(1, 3))).all()
