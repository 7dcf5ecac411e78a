"""The activations and dropouts beside those of test_nn_layers.py: values, gradients, repr, state, refusals."""

import warnings

import numpy as np
import pytest
import torch
from nn_twins import assert_same, outcome, twins

import minitorch

RNG = np.random.default_rng(8)

# Elementwise functions: a few units in the last place, and for exponentials of numbers up to 3 three times that.
TOLERANCE = {"float64": dict(rtol=1e-14, atol=1e-14), "float32": dict(rtol=5e-6, atol=2e-6)}

# name: (build, shape of the input)
LAYERS = {
    "ELU": (lambda t: t.nn.ELU(), (4, 5)),
    "ELU 0.3": (lambda t: t.nn.ELU(0.3), (4, 5)),
    "CELU": (lambda t: t.nn.CELU(), (4, 5)),
    "CELU 2": (lambda t: t.nn.CELU(alpha=2.0), (4, 5)),
    "SELU": (lambda t: t.nn.SELU(), (4, 5)),
    "GELU": (lambda t: t.nn.GELU(), (4, 5)),
    "GELU tanh": (lambda t: t.nn.GELU("tanh"), (4, 5)),
    "SiLU": (lambda t: t.nn.SiLU(), (4, 5)),
    "Mish": (lambda t: t.nn.Mish(), (4, 5)),
    "LogSigmoid": (lambda t: t.nn.LogSigmoid(), (4, 5)),
    "GLU": (lambda t: t.nn.GLU(), (3, 4)),
    "GLU first": (lambda t: t.nn.GLU(0), (4, 3)),
    "PReLU": (lambda t: t.nn.PReLU(), (4, 5)),
    "PReLU of channels": (lambda t: t.nn.PReLU(3, init=0.1), (2, 3, 4)),
    "RReLU": (lambda t: t.nn.RReLU(), (4, 5)),
    "RReLU wide": (lambda t: t.nn.RReLU(0.1, 0.9), (4, 50)),
    "Softmin": (lambda t: t.nn.Softmin(dim=1), (4, 5)),
    "Softmax2d": (lambda t: t.nn.Softmax2d(), (2, 3, 4, 2)),
    "Softmax2d of one image": (lambda t: t.nn.Softmax2d(), (3, 4, 2)),
    "Hardtanh": (lambda t: t.nn.Hardtanh(), (4, 5)),
    "Hardtanh wide": (lambda t: t.nn.Hardtanh(-0.2, 1.5), (4, 5)),
    "ReLU6": (lambda t: t.nn.ReLU6(), (4, 5)),
    "Hardsigmoid": (lambda t: t.nn.Hardsigmoid(), (4, 5)),
    "Hardswish": (lambda t: t.nn.Hardswish(), (4, 5)),
    "Hardshrink": (lambda t: t.nn.Hardshrink(), (4, 5)),
    "Hardshrink 1": (lambda t: t.nn.Hardshrink(1), (4, 5)),
    "Softshrink": (lambda t: t.nn.Softshrink(0.2), (4, 5)),
    "Tanhshrink": (lambda t: t.nn.Tanhshrink(), (4, 5)),
    "Softsign": (lambda t: t.nn.Softsign(), (4, 5)),
    "Threshold": (lambda t: t.nn.Threshold(0.1, 20), (4, 5)),
    "AlphaDropout": (lambda t: t.nn.AlphaDropout(0.3), (4, 50)),
    "AlphaDropout of all": (lambda t: t.nn.AlphaDropout(1.0), (4, 5)),
    "FeatureAlphaDropout": (lambda t: t.nn.FeatureAlphaDropout(0.4), (4, 5, 3, 2)),
    "Dropout1d": (lambda t: t.nn.Dropout1d(0.4), (4, 5, 3)),
    "Dropout1d of one": (lambda t: t.nn.Dropout1d(0.4), (9, 3)),
    "Dropout3d": (lambda t: t.nn.Dropout3d(0.4), (3, 4, 2, 2, 3)),
    "Dropout3d of one": (lambda t: t.nn.Dropout3d(0.4), (9, 2, 2, 3)),
}


def close(ours, theirs, dtype, what):
    assert tuple(ours.shape) == tuple(theirs.shape), what
    assert str(ours.dtype) == str(theirs.dtype), what
    np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), err_msg=what, **TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", LAYERS)
def test_layer(name, dtype):
    build, shape = LAYERS[name]
    ours, theirs = twins(build, dtype)
    for mode in ("train", "eval"):
        x = (RNG.standard_normal(shape) * 3).astype(dtype)
        cotangent = None
        found = []
        for engine, layer in ((minitorch, ours), (torch, theirs)):
            getattr(layer, mode)()
            engine.manual_seed(3)
            leaf = engine.tensor(x).requires_grad_()
            y = layer(leaf)
            if cotangent is None:
                cotangent = RNG.standard_normal(tuple(y.shape)).astype(dtype)
            y.backward(engine.tensor(cotangent))
            found.append((y, leaf.grad, *[p.grad for p in layer.parameters()]))
        # PyTorch's slope of hardsigmoid in float64 is float32's 1/6.
        precision = "float32" if name == "Hardsigmoid" else dtype
        for k, (a, b) in enumerate(zip(*found, strict=True)):
            assert str(a.dtype) == str(b.dtype)
            np.testing.assert_allclose(
                a.detach().numpy(), b.detach().numpy(), err_msg=f"{mode}: {k}", **TOLERANCE[precision]
            )
        for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
            a.grad = b.grad = None


@pytest.mark.parametrize("name", LAYERS)
def test_repr_and_state(name):
    build, _ = LAYERS[name]
    assert_same(lambda torch: (build(torch), build(torch).state_dict(), build(torch).state_dict()._metadata))


IN_PLACE = {
    "ELU": lambda t: t.nn.ELU(0.5, inplace=True),
    "CELU": lambda t: t.nn.CELU(inplace=True),
    "SELU": lambda t: t.nn.SELU(True),
    "SiLU": lambda t: t.nn.SiLU(inplace=True),
    "Mish": lambda t: t.nn.Mish(inplace=True),
    "Hardtanh": lambda t: t.nn.Hardtanh(inplace=True),
    "ReLU6": lambda t: t.nn.ReLU6(inplace=True),
    "Hardsigmoid": lambda t: t.nn.Hardsigmoid(inplace=True),
    "Hardswish": lambda t: t.nn.Hardswish(inplace=True),
    "RReLU": lambda t: t.nn.RReLU(inplace=True),
    "Threshold": lambda t: t.nn.Threshold(0.5, 2.0, inplace=True),
    "Dropout1d": lambda t: t.nn.Dropout1d(inplace=True),
    "Dropout3d": lambda t: t.nn.Dropout3d(inplace=True),
    "AlphaDropout": lambda t: t.nn.AlphaDropout(inplace=True),
}


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place(name):
    """What is overwritten is the input itself, and the repr says so where PyTorch's does."""

    def scenario(torch):
        shape = {"Dropout1d": (2, 2), "Dropout3d": (2, 2, 1, 1)}.get(name, (4,))
        x = torch.tensor([-2.0, 4.0, 0.25, -1.0]).reshape(shape)
        y = IN_PLACE[name](torch)(x)
        return y is x, bool((y == x).all()), repr(IN_PLACE[name](torch))

    assert_same(scenario)


def test_random_slopes_are_pytorchs_to_the_bit():
    def scenario(torch):
        x = torch.arange(-40.0, 10.0).reshape(5, 10)
        functional = torch.nn.functional
        return functional.rrelu(x, training=True), functional.rrelu(x.t(), 0.2, 0.7, True), torch.rand(2)

    assert_same(scenario)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gumbel_noise_is_pytorchs(dtype):
    """The logarithms are the engines' own, so the noise is equal to rounding, and the choice is the same."""

    def draw(engine, **options):
        engine.manual_seed(4)
        x = engine.zeros(200, 7, dtype=getattr(engine, dtype))
        return engine.nn.functional.gumbel_softmax(x, **options), engine.rand(3)

    for options in ({}, {"tau": 0.3}, {"hard": True}, {"hard": True, "dim": 0}):
        (ours, our_next), (theirs, their_next) = draw(minitorch, **options), draw(torch, **options)
        close(ours, theirs, dtype, str(options))
        assert our_next.tolist() == their_next.tolist()


def test_gumbel_softmax_warns_about_eps():
    def scenario(torch):
        return torch.nn.functional.gumbel_softmax(torch.zeros(3), eps=1e-5).shape

    assert_same(scenario)


REFUSED = {
    "hardtanh bounds": lambda t: t.nn.Hardtanh(1.0, -1.0),
    "hardtanh equal bounds": lambda t: t.nn.Hardtanh(1.0, 1.0),
    "softmax2d of a matrix": lambda t: t.nn.Softmax2d()(t.zeros(2, 2)),
    "dropout1d of a vector": lambda t: t.nn.Dropout1d()(t.zeros(2)),
    "alpha dropout above 1": lambda t: t.nn.AlphaDropout(1.5),
    "dropout3d below 0": lambda t: t.nn.Dropout3d(-0.5),
    "feature alpha dropout of a vector": lambda t: t.nn.FeatureAlphaDropout()(t.zeros(2)),
    "glu of odd": lambda t: t.nn.GLU()(t.zeros(2, 3)),
    "prelu of other channels": lambda t: t.nn.PReLU(3)(t.zeros(2, 2)),
    "gelu of another kind": lambda t: t.nn.GELU("nonsense")(t.zeros(2)),
    "celu 0": lambda t: t.nn.CELU(0)(t.zeros(2)),
    "softshrink below 0": lambda t: t.nn.Softshrink(-1)(t.zeros(2)),
    "rrelu bounds": lambda t: t.nn.RReLU(0.5, 0.1)(t.zeros(2)),
    "threshold without value": lambda t: t.nn.Threshold(0.5),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    """The same type of error as PyTorch's; the text names what is wrong, if not in the same words."""
    results = []
    for engine in (minitorch, torch):
        result, _ = outcome(REFUSED[name], engine)
        assert result[0] == "error"
        results.append(result[1])
    assert results[0] == results[1]


def test_old_names_of_bounds_warn():
    with pytest.warns(FutureWarning, match="min_value"):
        layer = minitorch.nn.Hardtanh(min_value=-2.0)
    assert layer.min_val == -2.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = torch.nn.Hardtanh(min_value=-2.0, max_value=3.0)
        assert repr(minitorch.nn.Hardtanh(min_value=-2.0, max_value=3.0)) == repr(theirs)


def test_softmin_without_dim_warns_and_picks_as_pytorch():
    assert_same(lambda torch: torch.nn.Softmin()(torch.zeros(2, 2)))


def test_dropout3d_of_a_matrix_warns():
    assert_same(lambda torch: torch.nn.functional.dropout3d(torch.ones(4, 6)))


def test_prelu_learns_and_moves():
    def scenario(torch):
        layer = torch.nn.PReLU(2, device="cpu", dtype=torch.float64)
        layer(torch.tensor([[-1.0, -2.0], [3.0, -4.0]], dtype=torch.float64)).sum().backward()
        layer.reset_parameters()
        return layer.weight, layer.weight.grad, layer.num_parameters, layer.init

    assert_same(scenario)
