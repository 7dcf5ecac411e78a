"""In-place operations: which shapes and dtypes they take, x[…] = v, hooks and retained gradients."""

from __future__ import annotations

from twins import message, raised, twin

import minitorch


@twin
def test_in_place_shapes(torch):
    x = torch.zeros(2, 3)
    x.add_(torch.ones(3)).mul_(torch.full((2, 1), 2.0)).sub_(torch.tensor(0.5))
    refused = [
        raised(torch.zeros(3).add_, torch.ones(2, 3)),
        raised(torch.zeros(1, 3).mul_, torch.ones(2, 3)),
        raised(torch.zeros(2).add_, torch.ones(3)),
        raised(torch.zeros(2).copy_, torch.ones(3)),
        raised(torch.zeros(2).copy_, torch.ones(1, 2, 2)),
        raised(torch.zeros(()).add_, torch.ones(1)),
    ]
    return x, refused


def test_in_place_shape_message_has_both_shapes():
    text = message(minitorch.zeros(3).add_, minitorch.ones(2, 3))
    assert "[3]" in text and "[2, 3]" in text


@twin
def test_in_place_dtypes(torch):
    ints, floats = torch.ones(2, dtype=torch.int64), torch.ones(2)
    flags = torch.ones(2, dtype=torch.bool)
    ok = [
        floats.clone().add_(ints),
        floats.clone().add_(torch.ones(2, dtype=torch.float64)),
        ints.clone().add_(2),
        ints.clone().mul_(flags),
        ints.clone().copy_(floats * 2.7),
        flags.clone().copy_(floats),
        floats.clone().copy_(ints),
        ints.to(torch.int32).add_(ints),
        floats.half().add_(floats),
        ints.clone().fill_(2.7),
        flags.clone().fill_(3),
    ]
    refused = [
        raised(ints.add_, 0.5),
        raised(ints.add_, floats),
        raised(flags.add_, 1),
        raised(ints.div_, 2),
        raised(ints.exp_),
        raised(ints.mul_, 1.5),
        raised(flags.mul_, ints),
        raised(ints.sqrt_),
    ]
    return ok, refused, ints, flags


@twin
def test_in_place_with_gradient_dtype(torch):
    x = torch.ones(2, dtype=torch.float64, requires_grad=True)
    y = torch.zeros(2)
    y.add_(x * 2)
    y[0] = x[1] * 3
    y.sum().backward()
    return y, x.grad


@twin
def test_augmented_assignment(torch):
    x = torch.tensor([7.0, 8.0])
    y = x
    x += 1
    x -= 2
    x *= 3
    x /= 2
    x **= 2
    x //= 2
    x %= 7
    n = torch.tensor([6, 5])
    n &= 3
    n |= 8
    n ^= 1
    return x, y is x, n


@twin
def test_setitem_gradients(torch):
    x = torch.arange(6.0).reshape(2, 3).requires_grad_()
    v = torch.tensor([10.0, 20.0], requires_grad=True)
    y = x * 1
    y[:, 1] = v
    y[0, 0] = v[0] * v[1]
    y[y > 15] = 0.0
    y[torch.tensor([1, 1]), torch.tensor([0, 2])] = v * 2
    (y * torch.arange(6.0).reshape(2, 3)).sum().backward()
    return y, x.grad, v.grad


@twin
def test_setitem_keeps_identity_and_node(torch):
    y = torch.zeros(3, requires_grad=True) * 1
    alias = y
    y[0] = 1.0
    return alias is y, y.grad_fn is not None, y.is_leaf


@twin
def test_hooks_stay_with_the_value_they_were_put_on(torch):
    seen = []
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    y.register_hook(lambda g: seen.append(("before", g.clone())))
    y.mul_(3)
    y.register_hook(lambda g: seen.append(("after", g.clone())))
    y.sum().backward()
    return seen, x.grad


@twin
def test_retain_grad_follows_the_tensor(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    y.retain_grad()
    y.mul_(3)
    (y * 5).sum().backward()
    return y.grad, x.grad


@twin
def test_requires_grad_cannot_be_put_on_integers_by_in_place(torch):
    x = torch.tensor([1.5, 2.5], requires_grad=True)
    n = torch.zeros(2, dtype=torch.int64)
    n.copy_(x)
    return n, n.requires_grad, raised(n.add_, x)
