"""The graph's seldom-used corners, on both engines: refused changes and what is said of them, hooks, views, Functions."""

from __future__ import annotations

import collections
import re
import warnings

import numpy as np
import pytest
from twins import message, raised, twin

import minitorch

# ---- changes in place that are refused: which tensor, and why --------------------------------------------------------


def gist(text):
    """The sentence without advice, and with the nodes' names as PyTorch's errors write them."""
    return re.sub(r"Backward\d?\b", "", text.partition("modified inplace")[0])


def view_under_no_grad(torch, x):
    y = x * 2
    with torch.no_grad():
        return y[1:]


def view_of_that(torch, x):
    return view_under_no_grad(torch, x)[1:]


def one_of_several(torch, x):
    return (x * 2).split(2)[1]


def of_a_function(torch, x):
    class Pairs(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.view(2, 2)

        @staticmethod
        def backward(ctx, g):
            return g.view(4)

    return Pairs.apply(x * 1)


@pytest.mark.parametrize("view", [view_under_no_grad, view_of_that, one_of_several, of_a_function])
@twin
def test_a_frozen_view_is_named(torch, view):
    v = view(torch, torch.ones(4, requires_grad=True))
    before = v.detach().clone()
    return gist(message(v.mul_, 3)), raised(v.mul_, 3), before, v.detach()


@twin
def test_a_frozen_view_whose_base_was_changed_is_named(torch):
    z = torch.ones(4, requires_grad=True) * 2
    a, b = z.split(2)
    z.mul_(2)
    base = torch.ones(4)
    with torch.no_grad():
        v = base[1:]
    base.mul_(torch.ones(4, requires_grad=True))
    return [gist(message(lambda v=v: v.grad_fn)) for v in (a, b, v)] + [gist(message(lambda: v * 2))]


def test_the_error_says_whose_saved_value_was_changed():
    x = minitorch.ones(4, requires_grad=True)
    y = x.exp()
    of_an_output = y.sum()
    y.mul_(2)
    middle = x + 1
    of_an_input = (middle * middle).sum()
    middle.sub_(2)
    of_a_leaf = (x * x).sum()
    with minitorch.no_grad():
        x.add_(1)
    said = [message(z.backward) for z in (of_an_output, of_a_leaf, of_an_input)]
    assert "[4] float32, which is output 0 of ExpBackward0, saved by ExpBackward0, is at version 1" in said[0]
    assert "[4] float32, which is a leaf, saved by MulBackward0, is at version 1" in said[1]
    assert "[4] float32, which is output 0 of SubBackward0, saved by MulBackward0, is at version 1" in said[2]
    assert all("expected version 0" in text for text in said)


# ---- views and the wish for a gradient -------------------------------------------------------------------------------


@twin
def test_a_view_follows_its_base_in_wanting_a_gradient(torch):
    base = torch.zeros(4)
    v = base[1:]
    found = [v.requires_grad]
    for flag in (True, False, True):
        base.requires_grad_(flag)
        found.append((v.requires_grad, v.is_leaf))
    return found


@twin
def test_a_view_of_size_one_over_itself(torch):
    """The steps of dimensions of size 1 say nothing: such a view is the same memory, and may be written to itself."""
    x = torch.arange(4.0)
    found = []
    for view in (lambda x: x[None, :], lambda x: x[:, None], lambda x: x.view(2, 1, 2), lambda x: x.view(1, 2, 2)):
        y = view(x)
        found.append(raised(y.add_, view(x)))
        found.append(raised(view(x.view(4)).copy_, y))
    found.append(raised(x.add_, x.flip(0)[:4]))
    found.append(raised(x[1:].add_, x[:-1]))
    found.append(raised(x.view(2, 2).add_, x.view(2, 2).T))
    return found, x


@twin
def test_next_functions_name_what_needs_no_gradient(torch):
    x, y = torch.ones(2, requires_grad=True), torch.ones(2)
    node = (x.exp() * y).grad_fn
    (leaf, _), (nothing, _) = (x * y).grad_fn.next_functions
    return [(None if f is None else f.name(), nr) for f, nr in node.next_functions], leaf.variable is x, nothing


# ---- hooks -----------------------------------------------------------------------------------------------------------


@twin
def test_a_leafs_hook_keeps_the_graph(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    x.register_hook(lambda g: g * x)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch: that the graph holds itself now
        (x**3).sum().backward(create_graph=True)
    (second,) = torch.autograd.grad(x.grad.sum(), x)
    y = torch.tensor([1.0, 2.0], requires_grad=True)
    y.register_hook(lambda g: g * y)
    (y**3).sum().backward()
    return x.grad.requires_grad, x.grad.detach(), second, y.grad


@twin
def test_hooks_of_roots_that_lead_to_nothing_wanted(torch):
    """Of a single root they run, of several they do not."""
    seen = []
    x, w = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)

    def noted(t, name):
        t.register_hook(lambda g: seen.append((name, g.tolist())))
        return t

    y = noted((x * 2).sum(), "y")
    torch.autograd.grad(y, w, allow_unused=True, retain_graph=True)
    z = noted((w * 2).sum(), "z")
    torch.autograd.grad([y, z], w, allow_unused=True, retain_graph=True)
    return seen


@twin
def test_hooks_on_a_view(torch):
    """A view's history may be told anew after a hook was put on it."""
    seen = []
    x = torch.ones(4, requires_grad=True)
    y = x * 2
    v = y[1:]
    v.register_hook(lambda g: seen.append(g.tolist()))
    y.mul_(3)
    (v * v).sum().backward()
    return seen, x.grad


@pytest.mark.parametrize("hook", ["pass", "replace", "clear"])
@twin
def test_nodes_hooks_see_what_comes_and_goes(torch, hook):
    seen = []
    x, y = torch.ones(2, requires_grad=True), torch.full((2,), 3.0, requires_grad=True)
    z = x * y

    def after(grad_inputs, grad_outputs):
        seen.append(([None if g is None else g.tolist() for g in grad_inputs], [g.tolist() for g in grad_outputs]))
        return {"pass": None, "replace": tuple(g * 10 for g in grad_inputs), "clear": (None, grad_inputs[1])}[hook]

    def before(grad_outputs):
        seen.append([g.tolist() for g in grad_outputs])
        return tuple(g + 1 for g in grad_outputs)

    z.grad_fn.register_hook(after)
    z.grad_fn.register_prehook(before)
    z.sum().backward()
    return seen, x.grad, y.grad


# ---- Functions -------------------------------------------------------------------------------------------------------


def exponential(torch):
    class Exponential(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x.exp()
            ctx.save_for_backward(x, y, None)
            return y

        @staticmethod
        def backward(ctx, g):
            x, y, nothing = ctx.saved_tensors
            assert nothing is None
            return g * y + 0 * x

    return Exponential


@pytest.mark.parametrize("are_packed", [False, True])
@twin
def test_saved_outputs_and_inputs_twice(torch, are_packed):
    x = torch.tensor([0.5, 1.0], dtype=torch.float64, requires_grad=True)
    hooks = torch.autograd.graph.saved_tensors_hooks(lambda t: t.clone(), lambda t: t * 1)
    if are_packed:
        with hooks:
            y = exponential(torch).apply(x * 2)
    else:
        y = exponential(torch).apply(x * 2)
    (first,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x, create_graph=True)
    (third,) = torch.autograd.grad(second.sum(), x)
    return first.detach(), second.detach(), third


@pytest.mark.parametrize("several", [False, True])
@twin
def test_once_differentiable_gives_what_it_was_given(torch, several):
    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return (2 * x * g, None) if several else 2 * x * g

    class OfOne(Square):
        @staticmethod
        def forward(ctx, x):
            return Square.forward(ctx, x, None)

    x = torch.tensor([1.0, 3.0], requires_grad=True)
    y = Square.apply(x, None) if several else OfOne.apply(x)
    (g,) = torch.autograd.grad((y * y).sum(), x, create_graph=True)  # so what comes back wants a gradient, too
    (h,) = torch.autograd.grad(y.sum(), x, retain_graph=True)
    return g.detach(), g.requires_grad, raised(torch.autograd.grad, g.sum(), x), h


# ---- what grad and backward are given --------------------------------------------------------------------------------


@twin
def test_mappings_other_than_dicts_are_refused_by_name(torch):
    x = torch.ones(2, requires_grad=True)
    z = (x * 2).sum()
    inputs = collections.UserDict(x=x)
    calls = (lambda: torch.autograd.grad(z, inputs), lambda: torch.autograd.backward(z, inputs=inputs))
    return [(raised(call), message(call).partition(" Other")[0]) for call in calls]


@twin
def test_inputs_that_are_no_tensors(torch):
    z = torch.ones(2, requires_grad=True).sum()
    return raised(torch.autograd.grad, z, [2.0]), raised(torch.autograd.backward, z, inputs=[2.0])


def test_outputs_that_are_no_tensors():
    x = minitorch.ones(2, requires_grad=True)
    with pytest.raises(AssertionError, match="tensors must be a Tensor"):
        minitorch.autograd.backward([2.0])
    with pytest.raises(AssertionError, match="outputs must be a Tensor"):
        minitorch.autograd.grad([2.0], x)


# ---- anomaly detection -----------------------------------------------------------------------------------------------


def root_of_less_than_nothing():
    return minitorch.sqrt(minitorch.tensor([-1.0], requires_grad=True))


def test_the_note_shows_one_line_and_the_warning_all_of_them():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with minitorch.autograd.detect_anomaly(), pytest.raises(RuntimeError, match="SqrtBackward0") as error:
            root_of_less_than_nothing().backward()
    note = error.value.__notes__[0]
    assert note.count('File "') == 1 and "root_of_less_than_nothing" in note and note.count("\n") == 2, note
    (whole,) = [str(w.message) for w in caught if "Traceback of forward call" in str(w.message)]
    assert whole.count('File "') > 1
    lines = whole.splitlines()[1:]
    assert all(line.startswith("  ") for line in lines), "one frame after the other, nothing between them"
    assert "root_of_less_than_nothing" in lines[-2] + lines[-1]


def test_a_graph_that_meets_itself_is_searched_once():
    """Every layer doubles the number of ways; the first nan is found nevertheless."""
    x = minitorch.tensor([-1.0], dtype=minitorch.float64, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with minitorch.autograd.detect_anomaly(), pytest.raises(RuntimeError) as error:
            y = minitorch.sqrt(x)
            for _ in range(40):
                y = y + y
            y.backward()
    assert "came out of SqrtBackward0" in "".join(error.value.__notes__)


# ---- gradients of shapes that were broadcast -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shapes",
    [((3, 1), (2, 3, 4)), ((1, 4), (3, 4)), ((1,), (2, 3)), ((), (2, 3)), ((1, 1), (1, 1)), ((2, 1, 1), (2, 3, 1))],
)
@twin
def test_broadcast_gradients_add_up(torch, shapes):
    rng = np.random.default_rng(7)
    x, y = (torch.tensor(rng.normal(size=shape), requires_grad=True) for shape in shapes)
    v = torch.tensor(rng.normal(size=tuple((x * y).shape)))
    (x * y * v).sum().backward()
    return x.grad, y.grad
