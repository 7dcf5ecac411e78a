"""Every layer and loss against PyTorch's: output, gradients, buffers, state, repr, and bad arguments."""

import inspect
import warnings

import numpy as np
import pytest
import torch
from nn_twins import assert_same, outcome, plain, twins

import minitorch

RNG = np.random.default_rng(7)

# The tolerances. float64: both engines sum at most some hundred products, of numbers of the order of 1, in another
# order: a few hundred roundings of 1e-16. float32: the same with 6e-8.
TOLERANCE = {"float64": dict(rtol=1e-11, atol=1e-12), "float32": dict(rtol=2e-4, atol=2e-5)}

# name: (build, shape of the input)
LAYERS = {
    "Identity": (lambda t: t.nn.Identity(3, 4, some=5), (3, 5)),
    "Linear": (lambda t: t.nn.Linear(5, 3), (7, 5)),
    "Linear without bias": (lambda t: t.nn.Linear(5, 3, bias=False), (7, 5)),
    "Linear of a vector": (lambda t: t.nn.Linear(5, 3), (5,)),
    "Linear of rank 4": (lambda t: t.nn.Linear(5, 3), (2, 1, 3, 5)),
    "Linear of nothing": (lambda t: t.nn.Linear(5, 3), (0, 5)),
    "Conv2d": (lambda t: t.nn.Conv2d(3, 6, 5), (2, 3, 9, 8)),
    "Conv2d of one image": (lambda t: t.nn.Conv2d(3, 4, 3), (3, 6, 5)),
    "Conv2d rectangular": (lambda t: t.nn.Conv2d(2, 4, (3, 2), stride=(2, 1), padding=(1, 0)), (2, 2, 7, 6)),
    "Conv2d dilated in groups": (lambda t: t.nn.Conv2d(4, 6, 3, dilation=(2, 1), groups=2, bias=False), (2, 4, 9, 5)),
    "Conv2d depthwise": (lambda t: t.nn.Conv2d(3, 6, 3, padding=1, groups=3), (1, 3, 4, 5)),
    "Conv2d same": (lambda t: t.nn.Conv2d(2, 3, (4, 3), padding="same", dilation=(1, 2)), (2, 2, 6, 7)),
    "Conv2d valid": (lambda t: t.nn.Conv2d(2, 3, 3, padding="valid", stride=2), (2, 2, 6, 7)),
    "MaxPool2d": (lambda t: t.nn.MaxPool2d(2, 2), (2, 3, 6, 7)),
    "MaxPool2d of one image": (lambda t: t.nn.MaxPool2d((2, 3), stride=(1, 2), padding=(1, 1)), (3, 6, 7)),
    "MaxPool2d dilated, ceil": (lambda t: t.nn.MaxPool2d(2, 3, dilation=2, ceil_mode=True), (2, 3, 8, 9)),
    "AvgPool2d": (lambda t: t.nn.AvgPool2d(2), (2, 3, 6, 7)),
    "AvgPool2d padded": (lambda t: t.nn.AvgPool2d(3, 2, 1, count_include_pad=False), (2, 3, 6, 7)),
    "AvgPool2d ceil": (lambda t: t.nn.AvgPool2d((3, 2), (2, 3), (1, 0), ceil_mode=True), (3, 6, 8)),
    "AvgPool2d divisor": (lambda t: t.nn.AvgPool2d(2, divisor_override=3), (2, 3, 6, 7)),
    "ReLU": (lambda t: t.nn.ReLU(), (4, 5)),
    "LeakyReLU": (lambda t: t.nn.LeakyReLU(), (4, 5)),
    "LeakyReLU steep": (lambda t: t.nn.LeakyReLU(0.3), (4, 5)),
    "Sigmoid": (lambda t: t.nn.Sigmoid(), (4, 5)),
    "Tanh": (lambda t: t.nn.Tanh(), (4, 5)),
    "Softplus": (lambda t: t.nn.Softplus(2.0, 3.0), (4, 5)),
    "Softmax": (lambda t: t.nn.Softmax(dim=1), (4, 5, 2)),
    "Softmax last": (lambda t: t.nn.Softmax(-1), (4, 5)),
    "LogSoftmax": (lambda t: t.nn.LogSoftmax(dim=0), (4, 5)),
    "BatchNorm1d": (lambda t: t.nn.BatchNorm1d(3), (7, 3)),
    "BatchNorm1d of sequences": (lambda t: t.nn.BatchNorm1d(3, eps=1e-3, momentum=0.3), (4, 3, 5)),
    "BatchNorm2d": (lambda t: t.nn.BatchNorm2d(3), (4, 3, 5, 2)),
    "BatchNorm2d plain mean": (lambda t: t.nn.BatchNorm2d(3, momentum=None), (4, 3, 5, 2)),
    "BatchNorm2d not affine": (lambda t: t.nn.BatchNorm2d(3, affine=False), (4, 3, 5, 2)),
    "BatchNorm2d without bias": (lambda t: t.nn.BatchNorm2d(3, bias=False), (4, 3, 5, 2)),
    "BatchNorm2d untracked": (lambda t: t.nn.BatchNorm2d(3, track_running_stats=False), (4, 3, 5, 2)),
    "Dropout": (lambda t: t.nn.Dropout(0.3), (4, 50)),
    "Dropout of nothing": (lambda t: t.nn.Dropout(0.0), (4, 5)),
    "Dropout of all": (lambda t: t.nn.Dropout(1.0), (4, 5)),
    "Dropout2d": (lambda t: t.nn.Dropout2d(0.4), (4, 5, 3, 2)),
    "Flatten": (lambda t: t.nn.Flatten(), (2, 3, 4, 5)),
    "Flatten part": (lambda t: t.nn.Flatten(1, 2), (2, 3, 4, 5)),
    "Flatten all": (lambda t: t.nn.Flatten(0), (2, 3, 4)),
    "Unflatten": (lambda t: t.nn.Unflatten(1, (3, -1)), (2, 12)),
    "Unflatten last": (lambda t: t.nn.Unflatten(-1, [2, 2]), (2, 3, 4)),
    "Sequential": (
        lambda t: t.nn.Sequential(
            t.nn.Conv2d(2, 3, 3), t.nn.BatchNorm2d(3), t.nn.ReLU(), t.nn.Flatten(), t.nn.Linear(12, 2)
        ),
        (5, 2, 4, 4),
    ),
}


def close(ours, theirs, dtype, what=""):
    assert tuple(ours.shape) == tuple(theirs.shape), what
    assert str(ours.dtype) == str(theirs.dtype), what
    np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), err_msg=what, **TOLERANCE[dtype])


def run(module, engine, x, cotangent, seed):
    engine.manual_seed(seed)
    x = engine.tensor(x).requires_grad_()
    y = module(x)
    y.backward(engine.tensor(cotangent(tuple(y.shape))))
    return x, y


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")  # PyTorch's, about its own copying
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", LAYERS)
def test_layer(name, dtype):
    build, shape = LAYERS[name]
    ours, theirs = twins(build, dtype)
    cotangents = {}

    def cotangent(shape):
        return cotangents.setdefault(shape, RNG.standard_normal(shape).astype(dtype))

    for mode in ("train", "train", "eval"):  # twice, so that running statistics move on from the second's start
        getattr(ours, mode)(), getattr(theirs, mode)()
        array = RNG.standard_normal(shape).astype(dtype)
        our_x, our_y = run(ours, minitorch, array, cotangent, 3)
        their_x, their_y = run(theirs, torch, array, cotangent, 3)
        close(our_y, their_y, dtype, f"{mode}: output")
        close(our_x.grad, their_x.grad, dtype, f"{mode}: gradient of the input")
    for (key, p), (their_key, q) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
        assert key == their_key
        close(p.grad, q.grad, dtype, f"gradient of {key}")
    for (key, b), (their_key, c) in zip(ours.named_buffers(), theirs.named_buffers(), strict=True):
        assert key == their_key
        close(b, c, dtype, f"buffer {key}")


@pytest.mark.parametrize("name", LAYERS)
def test_repr_state_and_first_values(name):
    """From one seed both engines build the same layer, to the bit."""
    build, _ = LAYERS[name]
    assert_same(lambda torch: (build(torch), build(torch).state_dict(), build(torch).state_dict()._metadata))


def test_default_initialisation_of_a_network_is_pytorchs():
    for seed in (0, 1, 12345):
        states = []
        for engine in (minitorch, torch):
            engine.manual_seed(seed)
            nn = engine.nn
            net = nn.Sequential(nn.Conv2d(3, 6, 5), nn.Conv2d(6, 16, 5), nn.Linear(400, 120), nn.Linear(120, 10))
            states.append(plain(net.state_dict()))
        assert states[0] == states[1]


def test_dtype_and_device_of_new_layers():
    def scenario(torch):
        layers = [
            torch.nn.Linear(2, 1, device="cpu", dtype=torch.float64),
            torch.nn.Conv2d(1, 1, 1, dtype=torch.float64),
            torch.nn.BatchNorm1d(2, dtype=torch.float64),
        ]
        return [(str(v.dtype), str(v.device)) for layer in layers for v in layer.state_dict().values()]

    assert_same(scenario)


def test_in_place_layers():
    for layer in (lambda t: t.nn.ReLU(inplace=True), lambda t: t.nn.LeakyReLU(0.5, inplace=True)):

        def scenario(torch, layer=layer):
            x = torch.tensor([-1.0, 2.0])
            y = layer(torch)(x)
            return y is x, x, repr(layer(torch))

        assert_same(scenario)

    def dropped(torch):
        x = torch.ones(20)
        y = torch.nn.Dropout(0.5, inplace=True)(x)
        return y is x, x

    assert_same(dropped)


def test_max_pool_with_indices():
    def scenario(torch):
        x = torch.tensor([[[1.0, 5.0, 2.0, 0.0], [7.0, 7.0, 3.0, 4.0]]])
        return torch.nn.MaxPool2d(2, return_indices=True)(x)

    assert_same(scenario)


def test_batch_norm_statistics_and_reset():
    def scenario(torch):
        layer = torch.nn.BatchNorm1d(2, momentum=0.5)
        layer(torch.tensor([[0.0, 2.0], [4.0, 2.0]]))
        first = [layer.running_mean.clone(), layer.running_var.clone(), layer.num_batches_tracked.clone()]
        layer.eval()(torch.ones(3, 2))
        second = [layer.running_mean.clone(), layer.num_batches_tracked.clone()]
        layer.reset_parameters()
        return first, second, layer.state_dict()

    assert_same(scenario)


def test_reset_parameters_draws_anew():
    def scenario(torch):
        linear, conv = torch.nn.Linear(3, 2), torch.nn.Conv2d(2, 2, 3)
        linear.reset_parameters()
        conv.reset_parameters()
        return linear.state_dict(), conv.state_dict()

    assert_same(scenario)


# ---- losses ------------------------------------------------------------------------------------------------------------


def scores(t, *shape):
    n = int(np.prod(shape))
    return t.tensor(np.sin(np.arange(n) * 1.7).reshape(shape))


def classes(t, *shape):
    n = int(np.prod(shape))
    return t.tensor((np.arange(n) * 2 % 5).reshape(shape))


def probabilities(t, *shape):
    return scores(t, *shape).sigmoid()


LOSSES = {
    "CrossEntropyLoss": (lambda t: t.nn.CrossEntropyLoss(), scores, (4, 5), classes, (4,)),
    "CrossEntropyLoss none": (lambda t: t.nn.CrossEntropyLoss(reduction="none"), scores, (4, 5), classes, (4,)),
    "CrossEntropyLoss options": (
        lambda t: t.nn.CrossEntropyLoss(probabilities(t, 5), ignore_index=2, reduction="sum", label_smoothing=0.1),
        scores,
        (4, 5),
        classes,
        (4,),
    ),
    "CrossEntropyLoss of images": (lambda t: t.nn.CrossEntropyLoss(), scores, (2, 5, 3, 2), classes, (2, 3, 2)),
    "CrossEntropyLoss of probabilities": (lambda t: t.nn.CrossEntropyLoss(), scores, (4, 5), probabilities, (4, 5)),
    "NLLLoss": (lambda t: t.nn.NLLLoss(), scores, (4, 5), classes, (4,)),
    "NLLLoss options": (
        lambda t: t.nn.NLLLoss(weight=probabilities(t, 5), ignore_index=2, reduction="mean"),
        scores,
        (4, 5),
        classes,
        (4,),
    ),
    "MSELoss": (lambda t: t.nn.MSELoss(), scores, (4, 5), probabilities, (4, 5)),
    "MSELoss sum": (lambda t: t.nn.MSELoss(reduction="sum"), scores, (4, 5), probabilities, (4, 5)),
    "L1Loss": (lambda t: t.nn.L1Loss(), scores, (4, 5), probabilities, (4, 5)),
    "L1Loss none": (lambda t: t.nn.L1Loss(reduction="none"), scores, (4, 5), probabilities, (4, 5)),
    "SmoothL1Loss": (lambda t: t.nn.SmoothL1Loss(beta=0.4), scores, (4, 5), probabilities, (4, 5)),
    "HuberLoss": (lambda t: t.nn.HuberLoss(delta=0.4), scores, (4, 5), probabilities, (4, 5)),
    "BCELoss": (lambda t: t.nn.BCELoss(), probabilities, (4, 5), probabilities, (4, 5)),
    "BCELoss weighted": (lambda t: t.nn.BCELoss(probabilities(t, 5)), probabilities, (4, 5), probabilities, (4, 5)),
    "BCEWithLogitsLoss": (lambda t: t.nn.BCEWithLogitsLoss(), scores, (4, 5), probabilities, (4, 5)),
    "BCEWithLogitsLoss options": (
        lambda t: t.nn.BCEWithLogitsLoss(probabilities(t, 4, 5), pos_weight=probabilities(t, 5) + 1, reduction="sum"),
        scores,
        (4, 5),
        probabilities,
        (4, 5),
    ),
}


@pytest.mark.parametrize("name", LOSSES)
def test_loss(name):
    build, make_input, shape, make_target, target_shape = LOSSES[name]
    results = []
    for engine in (minitorch, torch):
        loss = build(engine)
        x = make_input(engine, *shape).detach().requires_grad_()
        y = loss(x, make_target(engine, *target_shape))
        y.backward(engine.tensor(np.cos(np.arange(y.numel())).reshape(tuple(y.shape)) + 0.5))
        results.append((y, x.grad))
    for ours, theirs in zip(*results, strict=True):
        close(ours, theirs, "float64", name)


@pytest.mark.parametrize("name", LOSSES)
def test_repr_and_state_of_losses(name):
    build = LOSSES[name][0]
    assert_same(lambda torch: (build(torch), list(build(torch).state_dict())))


@pytest.mark.parametrize("average", [None, True, False])
@pytest.mark.parametrize("reduce", [None, True, False])
@pytest.mark.parametrize("name", ["MSELoss", "CrossEntropyLoss", "BCEWithLogitsLoss"])
def test_the_old_spelling_of_reduction(name, average, reduce):
    assert_same(lambda torch: getattr(torch.nn, name)(size_average=average, reduce=reduce).reduction)


@pytest.mark.parametrize("name", ["MSELoss", "CrossEntropyLoss", "BCELoss"])
def test_the_old_spelling_is_pointed_out_where_it_stands(name):
    with pytest.warns(UserWarning, match="reduction='sum'") as caught:
        getattr(minitorch.nn, name)(size_average=False)
    assert [w.filename for w in caught] == [__file__]


def test_loss_names_the_layer():
    with pytest.raises((IndexError, RuntimeError), match=r"\[in CrossEntropyLoss\]"):
        minitorch.nn.CrossEntropyLoss()(minitorch.zeros(2, 3), minitorch.tensor([0, 7]))


# ---- bad arguments -----------------------------------------------------------------------------------------------------

REFUSED = {
    "groups 0": lambda t: t.nn.Conv2d(2, 2, 1, groups=0),
    "groups and inputs": lambda t: t.nn.Conv2d(3, 2, 1, groups=2),
    "groups and outputs": lambda t: t.nn.Conv2d(2, 3, 1, groups=2),
    "same with stride": lambda t: t.nn.Conv2d(2, 3, 1, padding="same", stride=2),
    "dropout above 1": lambda t: t.nn.Dropout(1.5),
    "dropout below 0": lambda t: t.nn.Dropout2d(-0.5),
    "unflattened number": lambda t: t.nn.Unflatten(1, 3),
    "unflattened text": lambda t: t.nn.Unflatten(1, (3, "a")),
    "huber text": lambda t: t.nn.HuberLoss(delta="a"),
    "batch norm 1d of images": lambda t: t.nn.BatchNorm1d(2)(t.zeros(2, 2, 2, 2)),
    "batch norm 2d of vectors": lambda t: t.nn.BatchNorm2d(2)(t.zeros(2, 2)),
    "batch norm of one": lambda t: t.nn.BatchNorm1d(2)(t.zeros(1, 2)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    assert outcome(REFUSED[name], minitorch)[0][0] == "error"
    assert_same(REFUSED[name])


def test_softmax_without_dim_warns_and_picks_as_pytorch():
    assert_same(lambda torch: torch.nn.Softmax()(torch.zeros(2, 2)))


# ---- the names ---------------------------------------------------------------------------------------------------------


def test_signatures_are_pytorchs():
    """Same parameter names, order and defaults, for every class and function that nn offers."""
    for name in minitorch.nn.modules.__all__:
        ours, theirs = getattr(minitorch.nn, name), getattr(torch.nn, name)
        for method in ("__init__", "forward"):
            if method in vars(ours) and name not in ("Module", "Sequential", "Identity"):
                assert parameters(getattr(ours, method)) == parameters(getattr(theirs, method)), (name, method)
    public = [n for n, f in vars(minitorch.nn.Module).items() if inspect.isfunction(f)]
    for base in minitorch.nn.Module.__mro__[1:-1]:
        public += [n for n, f in vars(base).items() if inspect.isfunction(f)]
    for name in public:
        if not name.startswith("_"):
            theirs = getattr(torch.nn.Module, name)
            if name in ("forward", "to", "state_dict"):  # untyped in PyTorch
                continue
            ours = parameters(getattr(minitorch.nn.Module, name))
            assert ours == parameters(theirs), name


def parameters(function):
    """Name, kind and default of each parameter; a function that is a default by its name, as each engine has its own."""
    found = [p for p in inspect.signature(function).parameters.values() if p.name != "self"]
    return [(p.name, p.kind, p.default.__name__ if inspect.isfunction(p.default) else p.default) for p in found]


def test_functional_and_init_signatures_are_pytorchs():
    for ours, theirs in ((minitorch.nn.init, torch.nn.init), (minitorch.nn.utils, torch.nn.utils)):
        for name in ours.__all__:
            assert parameters(getattr(ours, name)) == parameters(getattr(theirs, name)), name
    for name in minitorch.nn.functional.__all__:
        if name != "conv2d_plain":
            assert hasattr(torch.nn.functional, name), name


def test_nothing_is_drawn_or_said_by_import_and_construction():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        minitorch.manual_seed(0)
        state = minitorch.get_rng_state()
        minitorch.nn.Sequential(minitorch.nn.ReLU(), minitorch.nn.BatchNorm1d(3), minitorch.nn.Dropout())
        assert (minitorch.get_rng_state() == state).all()
