"""nn.utils.parametrize, weight_norm and spectral_norm against PyTorch's."""

import copy
import pickle

import numpy as np
import pytest
import torch
from layer_twins import close, normal
from nn_twins import assert_same, outcome

import minitorch

pytestmark = pytest.mark.filterwarnings("ignore:`torch.nn.utils.weight_norm` is deprecated")


def double(t, layer):
    """`layer` in float64, its weights and biases from one pattern on both engines."""
    layer = layer.to(t.float64)
    with t.no_grad():
        for k, p in enumerate(layer.parameters()):
            p.copy_(t.tensor(normal(*p.shape, seed=k)))
    return layer


# name: (build, shape of the input)
NORMED = {
    "weight_norm": (lambda t, new: new.weight_norm(double(t, t.nn.Linear(4, 3))), (5, 4)),
    "weight_norm by column": (lambda t, new: new.weight_norm(double(t, t.nn.Linear(4, 3)), dim=1), (5, 4)),
    "weight_norm of all": (lambda t, new: new.weight_norm(double(t, t.nn.Linear(4, 3)), dim=None), (5, 4)),
    "weight_norm of a convolution": (
        lambda t, new: new.weight_norm(double(t, t.nn.Conv2d(2, 3, 2)), "weight", 1),
        (1, 2, 4, 4),
    ),
    "weight_norm of a bias": (lambda t, new: new.weight_norm(double(t, t.nn.Linear(4, 3)), "bias"), (5, 4)),
}


def run(t, layer, shape):
    """Outputs and gradients of two forwards, with a step between them."""
    found = []
    for _ in range(2):
        x = t.tensor(normal(*shape)).requires_grad_()
        y = layer(x)
        layer.zero_grad()
        (y * t.tensor(normal(*y.shape, seed=3))).sum().backward()
        found += [y, x.grad, *(p.grad.clone() for p in layer.parameters())]
        with t.no_grad():
            for p in layer.parameters():
                p -= 0.01 * p.grad
    return found


@pytest.mark.parametrize("way", ["parametrizations", "the older way"])
@pytest.mark.parametrize("name", NORMED)
def test_weight_norm(name, way):
    build, shape = NORMED[name]
    results, layers = [], []
    for t in (minitorch, torch):
        layer = build(t, t.nn.utils.parametrizations if way == "parametrizations" else t.nn.utils)
        results.append(run(t, layer, shape))
        layers.append(layer)
    for ours, theirs in zip(*results, strict=True):
        close(ours, theirs, "float64", name)
    assert list(layers[0].state_dict()) == list(layers[1].state_dict())
    assert repr(layers[0]) == repr(layers[1])


@pytest.mark.parametrize("way", ["parametrizations", "the older way"])
@pytest.mark.parametrize("dim", [None, 0, 1])
def test_spectral_norm(dim, way):
    results = []
    for t in (minitorch, torch):
        t.manual_seed(3)
        new = t.nn.utils.parametrizations if way == "parametrizations" else t.nn.utils
        layer = new.spectral_norm(double(t, t.nn.Linear(4, 3)), dim=dim, n_power_iterations=2)
        found = run(t, layer, (5, 4))
        layer.eval()
        found += [layer.weight, *layer.buffers()]
        results.append((layer, found))
    (ours, a), (theirs, b) = results
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for x, y in zip(a, b, strict=True):
        # Power iteration amplifies what roundings differ by at each of 15 steps, by less than ten in all.
        np.testing.assert_allclose(x.detach().numpy(), y.detach().numpy(), rtol=1e-10, atol=1e-11)


def test_remove_spectral_norm():
    def scenario(t):
        layer = t.nn.utils.spectral_norm(double(t, t.nn.Conv2d(2, 3, 2)))
        before = layer.state_dict()._metadata
        t.nn.utils.remove_spectral_norm(layer)
        return before, list(layer.state_dict()), layer.state_dict()._metadata, len(layer._forward_pre_hooks)

    assert_same(scenario)


def test_spectral_norm_is_the_largest_singular_value():
    minitorch.manual_seed(0)
    layer = minitorch.nn.utils.parametrizations.spectral_norm(minitorch.nn.Linear(4, 3).double(), n_power_iterations=50)
    assert abs(np.linalg.svd(layer.weight.detach().numpy())[1][0] - 1) < 1e-6


def test_weight_norm_loads_what_the_older_one_saved():
    def scenario(t):
        old = t.nn.utils.weight_norm(double(t, t.nn.Linear(2, 3)))
        new = t.nn.utils.parametrizations.weight_norm(t.nn.Linear(2, 3).double())
        return new.load_state_dict(old.state_dict()), new.parametrizations.weight.original1, list(new.state_dict())

    assert_same(scenario)


def test_remove_weight_norm():
    def scenario(t):
        layer = t.nn.utils.weight_norm(double(t, t.nn.Linear(2, 3)))
        t.nn.utils.remove_weight_norm(layer)
        return list(layer.state_dict()), [name for name, _ in layer.named_parameters()], len(layer._forward_pre_hooks)

    assert_same(scenario)


def test_the_older_weight_norm_is_deprecated():
    with pytest.warns(FutureWarning, match="parametrizations.weight_norm") as caught:
        minitorch.nn.utils.weight_norm(minitorch.nn.Linear(2, 3))
    assert [w.filename for w in caught] == [__file__]


# ---- one's own parametrisations --------------------------------------------------------------------------------------


def symmetric(t):
    class Symmetric(t.nn.Module):
        def forward(self, x):
            return x.triu() + x.triu(1).transpose(-1, -2)

        def right_inverse(self, x):
            return x.triu()

    return Symmetric()


def doubled(t):
    class Doubled(t.nn.Module):
        def forward(self, x):
            return 2 * x

    return Doubled()


def parametrized(t):
    layer = double(t, t.nn.Linear(3, 3))
    t.nn.utils.parametrize.register_parametrization(layer, "weight", symmetric(t))
    return layer


SCENARIOS = {
    "read": lambda t, p: (layer := parametrized(t), layer.weight, layer.parametrizations.weight.original),
    "two": lambda t, p: (layer := p.register_parametrization(parametrized(t), "weight", doubled(t)), layer.weight),
    "names": lambda t, p: [list(dict(parametrized(t).named_parameters())), list(parametrized(t).state_dict())],
    "asked": lambda t, p: [
        p.is_parametrized(parametrized(t)),
        p.is_parametrized(parametrized(t), "bias"),
        p.type_before_parametrizations(parametrized(t)).__name__,
        p.type_before_parametrizations(t.nn.Linear(1, 1)).__name__,
        type(parametrized(t)).__name__,
    ],
    "removed": lambda t, p: (
        layer := p.remove_parametrizations(parametrized(t), "weight"),
        layer.weight,
        list(layer.state_dict()),
    ),
    "removed, original left": lambda t, p: (
        layer := p.remove_parametrizations(parametrized(t), "weight", False),
        layer.weight,
    ),
    "not there": lambda t, p: p.register_parametrization(t.nn.Linear(2, 2), "weights", doubled(t)),
    "not removed": lambda t, p: p.remove_parametrizations(t.nn.Linear(2, 2), "weight"),
    "several left": lambda t, p: p.remove_parametrizations(
        t.nn.utils.parametrizations.weight_norm(t.nn.Linear(2, 2)), "weight", leave_parametrized=False
    ),
    "another shape": lambda t, p: p.register_parametrization(t.nn.Linear(2, 2), "weight", t.nn.Flatten(0)),
    "pickled": lambda t, p: pickle.dumps(parametrized(t)),
    "no power iterations": lambda t, p: t.nn.utils.parametrizations.spectral_norm(
        t.nn.Linear(2, 2), n_power_iterations=0
    ),
    "dimension 2": lambda t, p: t.nn.utils.parametrizations.spectral_norm(t.nn.Linear(2, 2), dim=2),
    "spectral norm of nothing": lambda t, p: t.nn.utils.parametrizations.spectral_norm(t.nn.Linear(2, 2), "w"),
    "weight norm twice": lambda t, p: t.nn.utils.weight_norm(t.nn.utils.weight_norm(t.nn.Linear(2, 2))),
    "spectral norm twice": lambda t, p: t.nn.utils.spectral_norm(t.nn.utils.spectral_norm(t.nn.Linear(2, 2))),
    "spectral norm of no bias": lambda t, p: t.nn.utils.spectral_norm(t.nn.Linear(2, 2, bias=False), "bias"),
    "no older power iterations": lambda t, p: t.nn.utils.spectral_norm(t.nn.Linear(2, 2), n_power_iterations=0),
    "spectral norm removed from nothing": lambda t, p: t.nn.utils.remove_spectral_norm(t.nn.Linear(2, 2)),
    "weight norm removed from nothing": lambda t, p: t.nn.utils.remove_weight_norm(t.nn.Linear(2, 2)),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(name):
    ours, theirs = (outcome(lambda t: SCENARIOS[name](t, t.nn.utils.parametrize), t)[0] for t in (minitorch, torch))
    if theirs[0] == "error":
        assert ours[:2] == theirs[:2]
    else:
        assert ours == theirs


def test_assignment_and_training():
    def scenario(t):
        layer = parametrized(t)
        with t.no_grad():
            layer.weight = t.tensor([[1.0, 2, 3], [2, 4, 5], [3, 5, 6]], dtype=t.float64)
        original = layer.parametrizations.weight.original.clone()
        layer(t.ones(1, 3, dtype=t.float64)).sum().backward()
        return original, layer.weight, layer.parametrizations.weight.original.grad

    assert_same(scenario)


def test_copies_and_other_instances_are_apart():
    layer = parametrized(minitorch)
    twin = copy.deepcopy(layer)
    with minitorch.no_grad():
        twin.parametrizations.weight.original.zero_()
    assert float(twin.weight.abs().sum()) == 0 and float(layer.weight.abs().sum()) > 0
    assert not minitorch.nn.utils.parametrize.is_parametrized(minitorch.nn.Linear(2, 2))


def test_cached_computes_once():
    calls = []

    class Counted(minitorch.nn.Module):
        def forward(self, x):
            calls.append(1)
            return x

    layer = minitorch.nn.Linear(2, 2)
    minitorch.nn.utils.parametrize.register_parametrization(layer, "weight", Counted(), unsafe=True)
    calls.clear()
    with minitorch.nn.utils.parametrize.cached():
        for _ in range(3):
            layer(minitorch.zeros(1, 2))
    assert len(calls) == 1
    layer(minitorch.zeros(1, 2))
    assert len(calls) == 2
