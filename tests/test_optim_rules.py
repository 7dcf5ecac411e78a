"""Every optimizer with every option against PyTorch's: 30 steps on parameters of awkward shapes, groups and rates."""

import copy
import io

import numpy as np
import pytest
import torch
from test_optim import TOLERANCE, arrays, same_state
from twins import message, twin

import minitorch

RULES = {
    "SGD": [
        {"lr": 0.05},
        {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
        {"momentum": 0.5, "dampening": 0.5, "maximize": True},
    ],
    "Adam": [{"lr": 0.02}, {"amsgrad": True, "weight_decay": 0.1, "betas": (0.4, 0.9)}],
    "AdamW": [{"lr": 0.02}, {"amsgrad": True, "maximize": True}],
    "RMSprop": [
        {},
        {"alpha": 0.7, "momentum": 0.9},
        {"alpha": 0.4, "centered": True, "weight_decay": 0.1},
        {"centered": True, "momentum": 0.5, "maximize": True},
    ],
    "Adagrad": [
        {},
        {"lr": 0.5, "lr_decay": 0.1, "weight_decay": 0.1},
        {"initial_accumulator_value": 0.3, "eps": 1e-3, "maximize": True},
    ],
    "Adadelta": [{}, {"lr": 0.3, "rho": 0.4, "weight_decay": 0.1}, {"rho": 0.99, "eps": 1e-2, "maximize": True}],
    "Adamax": [{}, {"lr": 0.1, "betas": (0.3, 0.6), "weight_decay": 0.1}, {"maximize": True, "eps": 0.1}],
    "NAdam": [
        {},
        {"lr": 0.05, "betas": (0.4, 0.7), "weight_decay": 0.1, "momentum_decay": 0.1},
        {"weight_decay": 0.1, "decoupled_weight_decay": True, "maximize": True},
    ],
    "RAdam": [
        {},
        {"lr": 0.05, "betas": (0.4, 0.9), "weight_decay": 0.1},
        {"weight_decay": 0.1, "decoupled_weight_decay": True, "maximize": True},
    ],
    "ASGD": [{}, {"lr": 0.1, "lambd": 0.1, "alpha": 0.5, "t0": 10, "weight_decay": 0.1}, {"maximize": True, "t0": 0}],
    "Rprop": [{}, {"lr": 0.1, "etas": (0.3, 1.5)}, {"step_sizes": (0.005, 0.02), "maximize": True}],
}
CASES = [(name, options) for name, choices in RULES.items() for options in choices]
IDS = [f"{name} {options}" for name, options in CASES]


def groups(engine, values):
    """Four parameters in two groups: a transposed view, one without elements, a scalar, a view with gaps."""
    a, b, c, d = (engine.tensor(v) for v in values)
    params = [p.requires_grad_() for p in (a.t(), b, c, d[::2, 1:])]
    return params, [{"params": params[:2]}, {"params": params[2:], "lr": 0.03}]


def values_and_gradients(rng, dtype, steps):
    values = [np.asarray(rng.standard_normal(shape), dtype) for shape in ((5, 7), (0, 3), (), (5, 4))]
    shapes = [(7, 5), (0, 3), (), (3, 3)]
    grads = [
        [None if rng.random() < 0.1 else np.asarray(rng.standard_normal(s), dtype) for s in shapes]
        for _ in range(steps)
    ]
    return values, grads


def follow(engine, optimizer, scheduler, params, grads):
    for step in grads:
        for p, g in zip(params, step, strict=True):
            p.grad = None if g is None else engine.tensor(g)
        optimizer.step()
        scheduler.step()


def schedule(engine, optimizer):
    return engine.optim.lr_scheduler.StepLR(optimizer, 4, gamma=0.8)


def same_numbers(ours, theirs, dtype):
    for i, (a, b) in enumerate(zip(arrays(ours), arrays(theirs), strict=True)):
        assert a.dtype == b.dtype and a.shape == b.shape
        np.testing.assert_allclose(a, b, **TOLERANCE[dtype], err_msg=f"parameter {i}")


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name, options", CASES, ids=IDS)
def test_thirty_steps(rng, name, options, dtype):
    values, grads = values_and_gradients(rng, dtype, 30)
    runs = []
    for engine in (minitorch, torch):
        params, parts = groups(engine, values)
        optimizer = getattr(engine.optim, name)(parts, **options)
        text = repr(optimizer)
        follow(engine, optimizer, schedule(engine, optimizer), params, grads)
        runs.append((params, optimizer, text))
    (ours, optimizer, text), (theirs, reference, their_text) = runs
    assert text == their_text
    assert np.median(np.abs(ours[0].detach().numpy() - values[0].T)) > 1e-4
    same_numbers(ours, theirs, dtype)
    same_state(optimizer, reference, dtype)


@pytest.mark.parametrize("name, options", [(name, choices[1]) for name, choices in RULES.items()], ids=RULES)
@pytest.mark.parametrize("origin, goal", [(minitorch, torch), (torch, minitorch)], ids=["to torch", "from torch"])
def test_a_run_goes_on_in_the_other_engine(rng, name, options, origin, goal):
    """15 steps, both state dicts through a file, 15 more in the other engine: as 30 steps of PyTorch."""
    values, grads = values_and_gradients(rng, "float64", 30)
    params, parts = groups(origin, values)
    optimizer = getattr(origin.optim, name)(parts, **options)
    scheduler = schedule(origin, optimizer)
    follow(origin, optimizer, scheduler, params, grads[:15])
    file = io.BytesIO()
    origin.save([optimizer.state_dict(), scheduler.state_dict(), [p.detach() for p in params]], file)
    file.seek(0)
    saved, saved_schedule, tensors = goal.load(file, weights_only=True)
    continued = [p.clone().requires_grad_() for p in tensors]
    optimizer = getattr(goal.optim, name)([{"params": continued[:2]}, {"params": continued[2:]}], lr=99.0)
    scheduler = schedule(goal, optimizer)
    optimizer.load_state_dict(saved)
    scheduler.load_state_dict(saved_schedule)
    follow(goal, optimizer, scheduler, continued, grads[15:])
    whole, parts = groups(torch, values)
    reference = getattr(torch.optim, name)(parts, **options)
    follow(torch, reference, schedule(torch, reference), whole, grads)
    same_numbers(continued, whole, "float64")
    ours, theirs = optimizer.state_dict(), reference.state_dict()
    assert ours["param_groups"] == theirs["param_groups"] and sorted(ours["state"]) == sorted(theirs["state"])


@pytest.mark.parametrize("name", RULES)
def test_numbers_that_are_not_finite(name):
    @twin
    def check(torch):
        w = torch.ones(4, requires_grad=True)
        optimizer = getattr(torch.optim, name)([w])
        for sign in (1, -1, -1):
            w.grad = sign * torch.tensor([float("inf"), float("nan"), 1e30, 0.0])
            optimizer.step()
        return w

    check()


@pytest.mark.parametrize("name", RULES)
def test_the_gradient_is_left_alone(name):
    w = minitorch.ones(3, requires_grad=True)
    w.grad = minitorch.tensor([1.0, -2.0, 0.0])
    optimizer = getattr(minitorch.optim, name)([w], maximize=True)
    if "weight_decay" in optimizer.defaults:
        optimizer.param_groups[0]["weight_decay"] = 0.1
    version = w._version
    optimizer.step()
    assert w.grad.tolist() == [1.0, -2.0, 0.0] and w._version > version


@pytest.mark.parametrize("name", RULES)
def test_closure_and_copy(name):
    """`step` gives the closure's loss; a copy of the optimizer, with its parameters, goes its own way."""

    @twin
    def check(torch):
        w = torch.tensor([1.0, -2.0], requires_grad=True)
        optimizer = getattr(torch.optim, name)([w])

        def closure():
            optimizer.zero_grad()
            loss = (w**2).sum()
            loss.backward()
            return loss

        with torch.no_grad():
            losses = [optimizer.step(closure).item() for _ in range(3)]
        other, its_w = copy.deepcopy((optimizer, w))
        its_w.grad = torch.ones(2)
        other.step()
        return losses, w.detach().clone(), its_w, other.state_dict()

    check()


@twin
def test_adagrad_has_its_state_from_the_start(torch):
    w, v = torch.zeros(2, requires_grad=True), torch.zeros((), requires_grad=True)
    optimizer = torch.optim.Adagrad([w], initial_accumulator_value=0.5)
    optimizer.add_param_group({"params": [v], "initial_accumulator_value": 9.0})  # which PyTorch does not look at
    before = copy.deepcopy(optimizer.state_dict())
    w.grad, v.grad = torch.ones(2), torch.ones(())
    optimizer.step()
    return before, optimizer.state_dict(), w, v


@twin
def test_the_average_of_asgd(torch):
    w = torch.tensor([4.0, 0.0], requires_grad=True)
    optimizer = torch.optim.ASGD([w], lr=0.1, t0=3)
    seen = []
    for _ in range(8):
        w.grad = w.detach() - 1
        optimizer.step()
        seen.append([x.clone() for x in optimizer.state[w].values()])
    return seen


BAD = [
    ("RMSprop", {"lr": -1}), ("RMSprop", {"eps": -1}), ("RMSprop", {"momentum": -1}), ("RMSprop", {"alpha": -1}),
    ("RMSprop", {"weight_decay": -1}), ("RMSprop", {"lr": -2, "alpha": -1}), ("RMSprop", {"lr": float("nan")}),
    ("Adagrad", {"lr": -1}), ("Adagrad", {"lr_decay": -1}), ("Adagrad", {"weight_decay": -1}), ("Adagrad", {"eps": -1}),
    ("Adagrad", {"initial_accumulator_value": -1}), ("Adagrad", {"rho": 1}),
    ("Adadelta", {"lr": -1}), ("Adadelta", {"rho": 1.5}), ("Adadelta", {"eps": -1}), ("Adadelta", {"weight_decay": -1}),
    ("Adamax", {"lr": -1}), ("Adamax", {"betas": (1.0, 0.9)}), ("Adamax", {"betas": (0.9, -1)}),
    ("Adamax", {"eps": -1}), ("Adamax", {"weight_decay": -1}),
    ("NAdam", {"lr": -1}), ("NAdam", {"eps": -1}), ("NAdam", {"betas": (1.0, 0.9)}), ("NAdam", {"momentum_decay": -1}),
    ("NAdam", {"weight_decay": -1}),
    ("RAdam", {"lr": -1}), ("RAdam", {"eps": -1}), ("RAdam", {"betas": (0.1, 2)}), ("RAdam", {"weight_decay": -1}),
    ("ASGD", {"lr": -1}), ("ASGD", {"weight_decay": -1}),
    ("Rprop", {"lr": -1}), ("Rprop", {"etas": (1.5, 2.0)}), ("Rprop", {"etas": (0.5, 0.9)}),
]  # fmt: skip


@pytest.mark.parametrize("name, options", BAD, ids=[f"{n} {o}" for n, o in BAD])
def test_errors_are_pytorchs(name, options):
    said = []
    for engine in (minitorch, torch):
        with pytest.raises((ValueError, TypeError)) as caught:
            getattr(engine.optim, name)([engine.zeros(2)], **options)
        said.append((caught.type, str(caught.value)))
    assert said[0] == said[1]


@pytest.mark.parametrize("option", ["differentiable", "capturable"])
@pytest.mark.parametrize("name", RULES)
def test_what_is_not_supported_is_named(name, option):
    """Where PyTorch's constructor does not know the option either, it is a TypeError in both."""
    optimizer = getattr(torch.optim, name)
    known = option in optimizer([torch.zeros(1)]).defaults
    with pytest.raises(NotImplementedError if known else TypeError, match=option):
        getattr(minitorch.optim, name)([minitorch.zeros(1)], **{option: True})
    if not known:
        assert option in message(optimizer, [torch.zeros(1)], **{option: True})


@pytest.mark.parametrize("name", RULES)
def test_foreach_is_accepted_and_a_tensor_rate_refused(name):
    kind = getattr(minitorch.optim, name)
    w = minitorch.zeros(2)
    assert kind([w], foreach=True).param_groups[0]["foreach"] is True
    with pytest.raises(NotImplementedError, match="Tensor as lr"):
        kind([w], lr=minitorch.tensor(0.1))
