"""Anomaly detection: nan and errors in a backward name the line of the forward."""

from __future__ import annotations

import warnings

import pytest
import torch
from twins import raised, twin

import minitorch

ENGINES = [torch, minitorch]
quiet = pytest.mark.filterwarnings("ignore:Anomaly Detection has been enabled", "ignore:Error detected in")


def with_a_nan(engine):
    x = engine.tensor([0.0, 4.0], requires_grad=True)
    y = x.sqrt()  # its slope at 0 is inf
    return (y * 0).sum()


@quiet
@pytest.mark.parametrize("engine", ENGINES, ids=["torch", "minitorch"])
def test_a_nan_is_named(engine):
    with engine.autograd.detect_anomaly():
        loss = with_a_nan(engine)
        with pytest.raises(RuntimeError, match="Function 'SqrtBackward0' returned nan values in its 0th output."):
            loss.backward()
    assert not engine.is_anomaly_enabled()


@pytest.mark.parametrize("engine", ENGINES, ids=["torch", "minitorch"])
def test_the_warnings(engine):
    with pytest.warns(UserWarning, match="Anomaly Detection has been enabled"):
        mode = engine.autograd.detect_anomaly()
    with mode:
        loss = with_a_nan(engine)
        with pytest.warns(UserWarning, match="Error detected in SqrtBackward0") as seen:
            with pytest.raises(RuntimeError):
                loss.backward()
    text = str(seen[0].message)
    assert "y = x.sqrt()" in text and "test_anomaly.py" in text
    assert "minitorch/autograd" not in text


@quiet
def test_the_note_names_the_line():
    with minitorch.autograd.detect_anomaly():
        loss = with_a_nan(minitorch)
        with pytest.raises(RuntimeError) as caught:
            loss.backward()
    (note,) = caught.value.__notes__
    assert note.startswith("SqrtBackward0 was recorded here:") and "y = x.sqrt()" in note and "in with_a_nan" in note


@quiet
def test_the_first_nan_of_the_forward_is_named_too():
    with minitorch.autograd.detect_anomaly():
        x = minitorch.tensor([-1.0, 4.0], requires_grad=True)
        y = x.exp()
        z = x.log() * 2  # this one
        loss = (y * z).sum()
        with pytest.raises(RuntimeError, match="MulBackward0") as caught:
            loss.backward()
    assert "The first nan of the forward came out of LogBackward0" in caught.value.__notes__[1]
    assert "z = x.log() * 2  # this one" in caught.value.__notes__[1]


@quiet
def test_the_first_nan_may_come_from_a_users_function():
    class Bad(minitorch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * float("nan")

        @staticmethod
        def backward(ctx, g):
            return g * float("nan")

    with minitorch.autograd.detect_anomaly():
        y = Bad.apply(minitorch.ones(2, requires_grad=True))
        with pytest.raises(RuntimeError, match="Function 'BadBackward' returned nan") as caught:
            (y * 2).sum().backward()
    assert all("y = Bad.apply(" in note for note in caught.value.__notes__) and len(caught.value.__notes__) == 2


@quiet
def test_an_error_inside_a_backward_is_explained():
    class Broken(minitorch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            raise KeyError("lost")

    with minitorch.autograd.detect_anomaly():
        y = Broken.apply(minitorch.ones(2, requires_grad=True))
        with pytest.raises(KeyError, match="lost") as caught:
            y.sum().backward()
    assert "BrokenBackward was recorded here" in caught.value.__notes__[0]
    assert "y = Broken.apply(" in caught.value.__notes__[0]


@quiet
def test_a_changed_value_is_explained():
    with minitorch.autograd.detect_anomaly():
        x = minitorch.ones(2, requires_grad=True)
        y = x.exp()
        y.add_(1)
        with pytest.raises(RuntimeError, match="modified by an inplace operation") as caught:
            y.sum().backward()
    assert "y = x.exp()" in caught.value.__notes__[0]


@quiet
def test_a_second_derivative_names_both_lines():
    with minitorch.autograd.detect_anomaly():
        x = minitorch.tensor([0.0], requires_grad=True)
        y = x**1.5  # once it has a slope, twice it has none
        (g,) = minitorch.autograd.grad(y, x, create_graph=True)
        with pytest.raises(RuntimeError, match="returned nan") as caught:
            (g * 0).sum().backward()
    text = "\n".join(caught.value.__notes__)
    assert "y = x**1.5" in text and "backward of PowBackward0" in text


@quiet
def test_a_forward_from_before_has_no_line():
    loss = with_a_nan(minitorch)
    with minitorch.autograd.detect_anomaly():
        with pytest.raises(RuntimeError, match="returned nan") as caught:
            loss.backward()
    assert "No forward pass information available" in caught.value.__notes__[0]


@quiet
@twin
def test_what_passes(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    with torch.autograd.detect_anomaly():
        (x**2).sum().backward()
        first = x.grad.clone()
        (g,) = torch.autograd.grad((x**3).sum(), x, create_graph=True)
    with torch.autograd.detect_anomaly(check_nan=False):
        loss = with_a_nan(torch)
        outcome = raised(loss.backward)
        nan = torch.is_anomaly_check_nan_enabled()
    return first, g, outcome, nan, torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()


@quiet
@twin
def test_switching(torch):
    seen = []

    def look():
        seen.append((torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()))

    look()
    torch.autograd.set_detect_anomaly(True, check_nan=False)
    look()
    with torch.autograd.set_detect_anomaly(False):
        look()
        with torch.autograd.detect_anomaly():
            look()
        look()
    look()
    torch.autograd.set_detect_anomaly(False)
    look()
    return seen


def test_off_means_off():
    """Nothing is noted, and `stamp` is the plain one again."""
    plain = minitorch.autograd.graph.Node.stamp
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with minitorch.autograd.detect_anomaly():
            noted = minitorch.ones(1, requires_grad=True) * 2
            assert minitorch.autograd.graph.Node.stamp is not plain
    y = minitorch.ones(1, requires_grad=True) * 2
    assert minitorch.autograd.graph.Node.stamp is plain
    assert noted.grad_fn.forward_stack is not None and y.grad_fn.forward_stack is None


@quiet
def test_a_third_derivative_names_all_its_lines():
    with minitorch.autograd.detect_anomaly():
        x = minitorch.tensor([0.0], requires_grad=True)
        y = x**2.5  # twice it has a slope, three times it has none
        (g,) = minitorch.autograd.grad(y, x, create_graph=True)
        (h,) = minitorch.autograd.grad(g, x, create_graph=True)
        with pytest.raises(RuntimeError, match="returned nan") as caught:
            (h * 0).sum().backward()
    text = "\n".join(caught.value.__notes__)
    lines = ("y = x**2.5", "minitorch.autograd.grad(y, x, create_graph=True)", "minitorch.autograd.grad(g, x, create_")
    places = [text.find(line) for line in lines]
    assert -1 not in places and places[0] > places[1] > places[2], text
    assert text.count("That was in the backward of") == 2


@quiet
def test_a_backward_inside_a_backward_does_not_end_the_outer_one():
    """What the outer backward records after the inner one is still its doing."""

    class Outer(minitorch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            other = minitorch.ones(1, requires_grad=True)
            with minitorch.enable_grad():
                (other * 2).sum().backward()
            return g * minitorch.sqrt(x)

    with minitorch.autograd.detect_anomaly():
        x = minitorch.tensor([0.0], requires_grad=True)
        y = Outer.apply(x)
        (g,) = minitorch.autograd.grad(y, x, create_graph=True)
        with pytest.raises(RuntimeError, match="SqrtBackward0") as caught:
            (g * 0).sum().backward()
    assert any("in the backward of OuterBackward" in note for note in caught.value.__notes__)


@quiet
@pytest.mark.parametrize("nan_is_first", [False, True])
def test_the_first_nan_is_found_on_either_side_of_a_node_that_is_met_twice(nan_is_first):
    with minitorch.autograd.detect_anomaly():
        x = minitorch.tensor([-1.0], requires_grad=True)
        bad, twice = minitorch.log(x), x.exp()
        parts = (bad, twice + twice) if nan_is_first else (twice + twice, bad)
        with pytest.raises(RuntimeError) as caught:
            (parts[0] * parts[1]).sum().backward()
    assert "The first nan of the forward came out of LogBackward0" in caught.value.__notes__[-1]


@quiet
@twin
def test_hooks_on_saved_tensors_while_it_is_on(torch):
    x = torch.tensor([0.5, 2.0], dtype=torch.float64, requires_grad=True)
    with torch.autograd.detect_anomaly(), torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t):
        y = x.exp() * x
    with torch.autograd.detect_anomaly():
        (g,) = torch.autograd.grad(y.sum(), x, create_graph=True)
        (h,) = torch.autograd.grad(g.sum(), x)
    return g.detach(), h


@quiet
@twin
def test_a_result_is_recorded_while_it_is_on(torch):
    x = torch.tensor([0.5, 2.0], dtype=torch.float64, requires_grad=True)
    with torch.autograd.detect_anomaly(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch: that the graph holds itself now
        (x**3).sum().backward(create_graph=True)
        (h,) = torch.autograd.grad(x.grad.sum(), x)
    return x.grad.requires_grad, x.grad.detach(), h


@quiet
def test_the_error_is_what_is_raised_where_warnings_are_errors_too():
    with minitorch.autograd.detect_anomaly(), warnings.catch_warnings():
        warnings.simplefilter("error")
        loss = with_a_nan(minitorch)
        with pytest.raises(RuntimeError, match="returned nan values") as caught:
            loss.backward()
    assert "y = x.sqrt()" in caught.value.__notes__[0]
