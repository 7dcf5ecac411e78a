"""L-BFGS against PyTorch's: the same iterations, evaluations, memory and parameters.

Its decisions are comparisons of numbers that differ by rounding, so the problems keep away from the noise: after the
last step here, losses still fall by more than the tolerances.
"""

import io

import numpy as np
import pytest
import torch
from twins import message, twin

import minitorch

# Rounding of the gradients is multiplied by the curvature's condition (here up to 10⁴) in every direction taken; what
# is remembered are differences of gradients, which magnify it again.
VALUES, MEMORY = {"rtol": 1e-9, "atol": 1e-10}, {"rtol": 1e-6, "atol": 1e-8}


def rosenbrock(engine, params):
    x = engine.cat([p.reshape(-1) for p in params])
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def quadratic(engine, params):
    x = engine.cat([p.reshape(-1) for p in params])
    scale = engine.linspace(1.0, 50.0, x.numel(), dtype=x.dtype)
    return (scale * (x - 1) ** 2).sum() + (x[0] * x[-1]).sin()


def softmax_regression(engine, params):
    rng = np.random.default_rng(7)
    x, y = engine.tensor(rng.standard_normal((30, 3)), dtype=params[0].dtype), engine.tensor(rng.integers(0, 2, 30))
    w, b, c = params
    return engine.nn.functional.cross_entropy(x @ w[:3] + b + c, y) + 0.01 * (w**2).sum()


PROBLEMS = {
    "rosenbrock": (rosenbrock, [(2, 2), (), (1,)]),
    "quadratic": (quadratic, [(3,), (2, 2)]),
    "softmax regression": (softmax_regression, [(3, 2), (2,), ()]),
}
OPTIONS = [
    {"lr": 0.01, "max_iter": 5},
    {"line_search_fn": "strong_wolfe", "max_iter": 8},
    {"line_search_fn": "strong_wolfe", "lr": 0.1, "max_iter": 6, "history_size": 2},
    {"line_search_fn": "strong_wolfe", "lr": 8.0, "max_iter": 3, "max_eval": 6},
]


def parameters(engine, problem, dtype):
    rng = np.random.default_rng(3)
    values = [np.asarray(rng.standard_normal(s), dtype) for s in PROBLEMS[problem][1]]
    return [engine.tensor(v, requires_grad=True) for v in values]


def run(engine, optimizer, params, problem, steps):
    def closure():
        optimizer.zero_grad()
        loss = PROBLEMS[problem][0](engine, params)
        loss.backward()
        return loss

    return [optimizer.step(closure).item() for _ in range(steps)]


def state_of(optimizer):
    (entry,) = optimizer.state_dict()["state"].values()
    return entry


def close(ours, theirs, what):
    if isinstance(theirs, list):
        assert len(ours) == len(theirs), what
        for i, pair in enumerate(zip(ours, theirs, strict=True)):
            close(*pair, f"{what}[{i}]")
    elif theirs is None or isinstance(theirs, int):
        assert ours == theirs, what
    else:
        assert isinstance(ours, minitorch.Tensor) == isinstance(theirs, torch.Tensor), what
        np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), **MEMORY, err_msg=what)


def both(problem, options, dtype, steps):
    """[(losses, parameters, state, repr)] of the engines."""
    runs = []
    for engine in (minitorch, torch):
        params = parameters(engine, problem, dtype)
        optimizer = engine.optim.LBFGS(params, **options)
        losses = run(engine, optimizer, params, problem, steps)
        runs.append((losses, [p.detach().numpy() for p in params], state_of(optimizer), repr(optimizer)))
    return runs


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("problem", PROBLEMS)
def test_iterations(problem, options):
    (losses, values, state, text), (their_losses, their_values, their_state, their_text) = both(
        problem, options, "float64", 4
    )
    assert their_losses[-1] < 0.9 * their_losses[0] and text == their_text
    np.testing.assert_allclose(losses, their_losses, **VALUES)
    for mine, its in zip(values, their_values, strict=True):
        np.testing.assert_allclose(mine, its, **VALUES)
    assert state.keys() == their_state.keys()
    for name, value in their_state.items():
        if name not in ("prev_flat_grad", "al"):  # close to 0 at the end: nothing but rounding
            close(state[name], value, name)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_iterations_in_float32(options):
    """On a problem so smooth that its line searches are no differences of nearly equal losses."""
    (losses, values, state, _), (their_losses, their_values, their_state, _) = both("quadratic", options, "float32", 1)
    np.testing.assert_allclose(losses, their_losses, rtol=1e-6)
    for mine, its in zip(values, their_values, strict=True):
        assert mine.dtype == its.dtype == "float32"
        np.testing.assert_allclose(mine, its, rtol=1e-3, atol=1e-3)
    assert (state["func_evals"], state["n_iter"]) == (their_state["func_evals"], their_state["n_iter"])


@pytest.mark.parametrize("seed", range(40))
def test_line_search_on_wavy_functions(seed):
    """The same points are looked at in the same order, on landscapes with many minima, from short and long steps."""

    def looked_at(engine):
        rng = np.random.default_rng(seed)
        a, b, c = (engine.tensor(rng.uniform(low, high, (6, 2))) for low, high in ((-1, 1), (0.3, 4), (0, 6)))
        w = engine.tensor(rng.uniform(-2, 2, 2), requires_grad=True)
        lr, bowl = float(10 ** rng.uniform(-2, 1.5)), float(rng.uniform(0, 0.2))
        optimizer = engine.optim.LBFGS([w], lr=lr, max_iter=3, max_eval=30, line_search_fn="strong_wolfe")
        points = []

        def closure():
            optimizer.zero_grad()
            loss = (a * (b * w + c).sin()).sum() + bowl * (w**2).sum()
            loss.backward()
            points.append(w.tolist())
            return loss

        for _ in range(2):
            optimizer.step(closure)
        return points

    ours, theirs = looked_at(minitorch), looked_at(torch)
    assert len(ours) == len(theirs)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)


def test_a_transposed_parameter():
    """PyTorch refuses the gradient's layout; here it goes as if it were contiguous."""
    ends = []
    for turned in (False, True):
        params = parameters(minitorch, "quadratic", "float64")
        if turned:
            params[1] = params[1].detach().t().contiguous().t().requires_grad_()
            assert not params[1].is_contiguous()
        run(minitorch, minitorch.optim.LBFGS(params, lr=0.01), params, "quadratic", 2)
        ends.append([p.tolist() for p in params])
    assert ends[0] == ends[1]


@pytest.mark.parametrize("options", [OPTIONS[0], OPTIONS[2]], ids=str)
@pytest.mark.parametrize("origin, goal", [(minitorch, torch), (torch, minitorch)], ids=["to torch", "from torch"])
def test_a_run_goes_on_in_the_other_engine(options, origin, goal):
    params = parameters(origin, "rosenbrock", "float64")
    optimizer = origin.optim.LBFGS(params, **options)
    run(origin, optimizer, params, "rosenbrock", 2)
    file = io.BytesIO()
    origin.save([optimizer.state_dict(), [p.detach() for p in params]], file)
    file.seek(0)
    saved, tensors = goal.load(file, weights_only=True)
    continued = [t.requires_grad_() for t in tensors]
    optimizer = goal.optim.LBFGS(continued)
    optimizer.load_state_dict(saved)
    losses = run(goal, optimizer, continued, "rosenbrock", 2)
    whole = parameters(torch, "rosenbrock", "float64")
    reference = torch.optim.LBFGS(whole, **options)
    np.testing.assert_allclose(losses, run(torch, reference, whole, "rosenbrock", 4)[2:], **VALUES)
    assert state_of(optimizer)["func_evals"] == state_of(reference)["func_evals"]


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
def test_it_stops_at_the_minimum(search):
    @twin
    def check(torch):
        w, unused = torch.tensor([3.0, -1.0], requires_grad=True), torch.zeros(1, requires_grad=True)
        optimizer = torch.optim.LBFGS([w, unused], line_search_fn=search, lr=0.5)
        calls = []

        def closure():
            optimizer.zero_grad()
            loss = (w**2).sum()
            loss.backward()
            calls.append(torch.is_grad_enabled())
            return loss

        for _ in range(3):
            loss = optimizer.step(closure)
        after = len(calls)
        optimizer.step(closure)
        return all(calls), len(calls) - after, loss.item() < 1e-12, w.detach().abs().max().item() < 1e-4, unused

    check()


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
def test_a_loss_that_is_not_finite(search):
    @twin
    def check(torch):
        w = torch.tensor([1.0, 2.0], requires_grad=True)
        optimizer = torch.optim.LBFGS([w], line_search_fn=search, max_iter=3)

        def closure():
            optimizer.zero_grad()
            loss = (w * float("nan")).sum()
            loss.backward()
            return loss

        optimizer.step(closure)
        return w, optimizer.state[w]["func_evals"], optimizer.state[w]["n_iter"]

    check()


@twin
def test_errors(torch):
    w, v = torch.zeros(1, requires_grad=True), torch.zeros(1, requires_grad=True)

    def closure():
        w.grad = torch.ones(1)
        return torch.zeros(())

    return [
        message(torch.optim.LBFGS, [{"params": [w]}, {"params": [v]}]),
        message(torch.optim.LBFGS, [w], lr=-1.0),
        message(torch.optim.LBFGS([w], line_search_fn="armijo").step, closure),
    ]


def test_a_tensor_rate_is_refused():
    with pytest.raises(NotImplementedError, match="Tensor as lr"):
        minitorch.optim.LBFGS([minitorch.zeros(1)], lr=minitorch.tensor(1.0))
