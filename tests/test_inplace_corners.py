"""Corners of views and in-place changes that random programs have found, each as a short snippet on both engines."""

from __future__ import annotations

import warnings

import numpy as np
from twins import message, name_of, raised, twin

import minitorch


@twin
def test_squaring_in_place_is_refused_when_it_is_needed(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    refused = []
    for change in (
        lambda y: y.mul_(y),
        lambda y: y.mul_(y.detach()),
        lambda y: y.div_(y),
        lambda y: y.addcmul_(y, y),
    ):
        y = x * 1
        change(y)
        refused.append((y.detach().clone(), raised(y.sum().backward)))
    z = x * 1
    z.mul_(z.clone())
    z.sum().backward()
    return refused, x.grad


@twin
def test_a_detached_alias_is_a_constant_of_the_second_derivative(torch):
    x = torch.tensor(3.0, requires_grad=True)
    (g,) = torch.autograd.grad(x * x.detach(), x, create_graph=True)
    y = x * 1
    (h,) = torch.autograd.grad(y * y.data * y, x, create_graph=True)
    return g, h, torch.autograd.grad(h, x)


@twin
def test_operands_that_overlap(torch):
    x = torch.arange(6.0)
    square = torch.arange(4.0).view(2, 2)
    plain = torch.arange(4.0)
    refused = [
        raised(x[1:].add_, x[:-1]),
        raised(x[1:].copy_, x[:-1]),
        raised(x.add_, x[0]),
        raised(x.__setitem__, slice(1, None), x[:-1]),
        raised(square.mul_, square.T),
        raised(square.add_, square[0]),
        raised(plain.data[1:].sub_, plain[:-1]),
        raised(plain.add_, plain.view(4)),
        raised(plain.add_, plain),
        raised(plain.copy_, plain),
        raised(plain.clamp_, plain[:1]),
        raised(plain[::2].add_, plain[::2]),
        raised(plain[:2].add_, plain[2:]),
        raised(plain.__setitem__, plain > 1, plain),
    ]
    return refused, plain


@twin
def test_views_made_without_recording_count_as_results(torch):
    x = torch.ones(2, 3, requires_grad=True)
    with torch.no_grad():
        v = x[0]
    y = (v * 2).sum()
    y.backward()
    return v.requires_grad, v.is_leaf, y.requires_grad, v.grad, x.grad, raised(v.sum().backward), raised(v.backward)


@twin
def test_views_made_without_recording_have_no_second_history(torch):
    seen = []
    for change in ("base", "view", "plain"):
        x = torch.ones(2, 3, requires_grad=True)
        base = torch.zeros(2, 3) if change == "plain" else x * 1
        with torch.no_grad():
            v = base[0]
            v.mul_(2)
        seen.append(raised(v.mul_, x[0]) if change != "base" else raised(base.mul_, x))
        seen.append((raised(lambda: v * 2), raised(lambda: v.grad_fn), v.requires_grad))  # noqa: B023
        with torch.no_grad():
            seen.append(raised(lambda: v * 2))  # noqa: B023
    return seen


@twin
def test_outputs_of_multi_view_functions_after_a_change_of_the_base(torch):
    x = torch.ones(4, 3, requires_grad=True)
    base = x * 2
    parts = [base.split(2)[0], base.unbind(0)[1], base.chunk(2)[0], base.split(4)[0]]
    part_of_part = parts[0][1:]
    base.mul_(3)
    plain = torch.zeros(2)
    row = plain.unbind(0)[0]
    return [raised(lambda: p + 1) for p in [*parts, part_of_part]], raised(row.add_, x[0, 0]), plain  # noqa: B023


@twin
def test_a_base_that_starts_to_require_a_gradient(torch):
    x = torch.ones(2, 3)
    v = x[0]
    x.requires_grad_()
    first = v.requires_grad, v.is_leaf, raised(v.mul_, 2)
    with torch.no_grad():
        x.mul_(2)
    (v * 2).sum().backward()
    return first, v.is_leaf, x.grad


@twin
def test_a_view_that_requires_a_gradient_of_its_own(torch):
    x = torch.zeros(2, 3)
    v = x[0].requires_grad_()
    w = v[1:]
    refused = raised(v.mul_, 2), raised(w.mul_, 2), raised(x.requires_grad_)
    (w * 3).sum().backward()
    with torch.no_grad():
        x.add_(1)
    return refused, v.grad, v, x


@twin
def test_a_leaf_that_became_a_result(torch):
    x = torch.tensor(2.0, requires_grad=True)
    y = x + x
    x.requires_grad_(False)
    x.mul_(y)
    return x.requires_grad, x.is_leaf, raised(y.backward)


@twin
def test_requires_grad_switched_off_after_use(torch):
    x = torch.tensor(2.0, requires_grad=True)
    w = torch.tensor(3.0, requires_grad=True)
    y = x * w
    x.requires_grad_(False)
    y.backward()
    return x.grad, w.grad


@twin
def test_detach_in_place_after_saving(torch):
    x = torch.tensor(2.0, requires_grad=True)
    y = x * 3
    z = y * y
    y.detach_()
    v = (x * torch.ones(2))[0]
    return raised(z.backward), raised(v.detach_)


@twin
def test_views_of_a_base_that_was_detached(torch):
    x = torch.ones(3, requires_grad=True)
    base = x * 2
    v = base[1:]
    base.detach_()
    base.mul_(5)
    flags = v.requires_grad, v.is_leaf
    (v * 2).sum().backward()
    return flags, v, x.grad


@twin
def test_the_part_of_a_graph_that_is_gone(torch):
    """A view's change is a part of the graph, too: it is not walked twice."""
    x = torch.ones(3, requires_grad=True)
    y = x * 1
    y[0] = 5.0
    y.sum().backward()
    return x.grad, raised(y.sum().backward)


@twin
def test_a_transposed_base(torch):
    """The view is one of the base's own layout: a copy in reading order has no such view."""
    x = torch.arange(6.0).reshape(2, 3).requires_grad_()
    base = x.T * 2
    v = base.T.view(6)
    v[::2].mul_(3)
    (base * torch.arange(6.0).reshape(3, 2)).sum().backward()
    return base, v, x.grad


@twin
def test_retain_grad_of_views_and_bases(torch):
    x = torch.arange(4.0, requires_grad=True)
    base = x * 2
    v = base[1:3]
    base.retain_grad()
    v.retain_grad()
    v.mul_(3)
    other = base[:2]
    other.retain_grad()
    base.add_(1)
    (base * torch.arange(4.0) + v.sum() + other.sum()).sum().backward()
    return base.grad, v.grad, other.grad, x.grad, [t.retains_grad for t in (base, v, other)]


@twin
def test_hooks_of_views_that_get_a_new_history(torch):
    seen = []
    x = torch.arange(4.0, requires_grad=True)
    base = x * 2
    v = base[1:3]
    v.register_hook(lambda g: seen.append(("old", g.clone())))
    base.mul_(3)
    seen.append(v.grad_fn is None)  # torch loses a hook that is put on a history which is out of date
    v.register_hook(lambda g: seen.append(("new", g.clone())))
    (v * 5).sum().backward()
    return seen, x.grad


# ---- walks to what is wanted -----------------------------------------------------------------------------------------


@twin
def test_backward_with_inputs_retains_gradients(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    z = y**2
    z.sum().backward(inputs=[y], retain_graph=True)
    first = y.retains_grad, y.grad.clone(), x.grad
    z.sum().backward()
    return first, y.grad, x.grad


@twin
def test_what_is_not_wanted_is_not_computed(torch):
    """The weight was changed after its use, which only the gradient of x needs."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    w = torch.tensor([3.0, 4.0], requires_grad=True)
    seen = []

    class Look(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a):
            return a * 1

        @staticmethod
        def backward(ctx, g):
            seen.append("ran")
            return g

    z = (Look.apply(x) * w).sum()
    return torch.autograd.grad(z, w), seen


@twin
def test_hooks_of_tensors_whose_gradients_are_asked_for(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    y.register_hook(lambda g: g * 10)
    z = y.sum()
    both = torch.autograd.grad(z, [y, x], retain_graph=True)  # y's before its hook, since the walk goes on
    return both, torch.autograd.grad(z, y, retain_graph=True), torch.autograd.grad(y, y, torch.ones(2))


@twin
def test_retained_gradients_of_gradients(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    y.retain_grad()
    torch.autograd.grad((y**2).sum(), x, create_graph=True)
    first = y.grad.requires_grad
    (y * 3).sum().backward()
    return first, y.grad


@twin
def test_arguments_of_grad(torch):
    x = torch.tensor(1.0, requires_grad=True)
    return raised(torch.autograd.grad, 0, x), raised(torch.autograd.backward, 0.5), raised(torch.autograd.grad, None, x)


def test_read_only_memory_is_not_written():
    array = np.zeros(3)
    array.flags.writeable = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        x = minitorch.from_numpy(array)
    changes = [lambda: x.add_(1), lambda: x.zero_(), lambda: x.expand(2, 3).fill_(1.0), lambda: x[:1].mul_(2)]
    assert [raised(c) for c in changes] == ["RuntimeError"] * 4 and not array.any()


def test_messages_say_what_to_do():
    x = minitorch.ones(2, requires_grad=True)
    y = x * 1
    texts = {
        "clone()": message(x.add_, 1),
        "no_grad": message(x[0].add_, 1),
        "UnbindBackward0": message(y.unbind(0)[0].add_, 1),
        "out-of-place": message(y.unbind(0)[0].add_, 1),
        "single memory location": message(y[:1].expand(3).add_, 1),
    }
    for part, text in texts.items():
        assert part in text, text
    assert name_of(y) == "MulBackward0"
