"""Autograd as PyTorch's, snippet by snippet on both engines: leaves, modes, hooks, accumulation, grad, second order."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from twins import message, name_of, raised, twin

import minitorch

# ---- what a tensor knows about its history ---------------------------------------------------------------------------


@twin
def test_leaves_and_results(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = torch.tensor([3.0, 4.0])
    z = x * y
    w = y * 2
    return [(t.requires_grad, t.is_leaf, name_of(t)) for t in (x, y, z, w, z.detach(), x.data, z.sum())], x.grad, y.grad


@twin
def test_requires_grad_in_place(torch):
    x = torch.zeros(2)
    same = x.requires_grad_() is x
    before = x.requires_grad
    x.requires_grad_(False)
    x.requires_grad = True
    return same, before, x.requires_grad, (x * 2).requires_grad


@twin
def test_requires_grad_refused(torch):
    x = torch.zeros(2, requires_grad=True)
    y = x * 2

    def assign(t, value):
        t.requires_grad = value

    return [
        raised(torch.zeros(2, dtype=torch.int64).requires_grad_),
        raised(torch.zeros(2, dtype=torch.bool).requires_grad_),
        raised(lambda: torch.tensor([1, 2], requires_grad=True)),
        raised(assign, y, False),
        raised(assign, y, True),
        raised(y.requires_grad_, False),
    ]


@twin
def test_node_names_and_edges(torch):
    x = torch.tensor([2.0], requires_grad=True)
    y = torch.tensor([3.0], requires_grad=True)
    z = (x**2 + y.exp()).mean()
    names, node = [], z.grad_fn
    while node is not None and node.next_functions:
        names.append((node.name(), [None if n is None else n.name().split("::")[-1] for n, _ in node.next_functions]))
        node = node.next_functions[0][0]
    return names, [number for _, number in z.grad_fn.next_functions]


def test_grad_fn_prints_as_in_torch():
    x = minitorch.tensor(2.0, requires_grad=True)
    text = repr((x**2).grad_fn)
    assert text.startswith("<PowBackward0 object at 0x") and text.endswith(">")
    assert repr(x**2) == "tensor(4., grad_fn=<PowBackward0>)"


@twin
def test_output_numbers(torch):
    x = torch.arange(6.0, requires_grad=True)
    parts = (x * 1).split(2)
    return [p.output_nr for p in parts], len({id(p.grad_fn) for p in parts})


@twin
def test_detach_and_data(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = (x * 2).detach()
    y[0] = 10.0
    z = x.data
    z[1] = 7.0
    return y, z, x, x.requires_grad, y.is_leaf


@twin
def test_detach_in_place(torch):
    x = torch.ones(3, requires_grad=True)
    y = x * 2
    same = y.detach_() is y
    return same, y.requires_grad, y.is_leaf, raised(y.sum().backward)


@twin
def test_data_assignment(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    x.data = torch.tensor([5.0, 6.0])
    y.sum().backward()
    return x, x.grad


@twin
def test_numpy_of_a_tensor_that_requires_grad(torch):
    x = torch.ones(2, requires_grad=True)
    return raised(x.numpy), x.detach().numpy().tolist(), raised((x * 2).numpy), x.tolist(), x.sum().item()


@twin
def test_retain_grad(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    y.retain_grad()
    before = y.retains_grad, x.retains_grad
    z = y**2
    z.sum().backward()
    x.retain_grad()  # nothing to do on a leaf
    return before, y.grad, x.grad, raised(torch.zeros(1).retain_grad)


@twin
def test_retain_grad_gathers_all_uses(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    y.retain_grad()
    (y * 3 + y.exp()).sum().backward(retain_graph=True)
    once = y.grad.clone()
    (y * 5).sum().backward()
    return once, y.grad, x.grad


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")
def test_grad_of_a_result_is_none():
    for engine in (torch, minitorch):
        x = engine.ones(2, requires_grad=True)
        y = x * 2
        y.sum().backward()
        assert y.grad is None and x.grad is not None


@twin
def test_assigning_grad(torch):
    x = torch.ones(2, 3, requires_grad=True)

    def assign(value):
        x.grad = value

    assign(torch.full((2, 3), 4.0))
    (x * 2).sum().backward()
    added = x.grad.clone()
    refused = [raised(assign, v) for v in (1.0, torch.ones(3), torch.ones(2, 3, dtype=torch.float64), x)]
    x.grad = None
    (x * 2).sum().backward()
    return added, refused, x.grad


# ---- backward --------------------------------------------------------------------------------------------------------


@twin
def test_gradients_accumulate(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    grads = []
    for _ in range(3):
        (x**2).sum().backward()
        grads.append(x.grad.clone())
    first = x.grad
    (x * 1).sum().backward()
    return grads, first is x.grad, x.grad


@twin
def test_backward_with_gradient(torch):
    x = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)
    (x**2).backward(torch.tensor([[1.0, -1.0, 0.5], [2.0, 0.0, 3.0]]))
    return x.grad


@twin
def test_backward_refused(torch):
    x = torch.ones(3, requires_grad=True)
    return [
        raised((x * 2).backward),
        raised((x * 2).backward, torch.ones(2)),
        raised((x * 2).backward, torch.ones(1, 3)),
        raised((x * 2).backward, 1.0),
        raised(torch.ones(1).backward),
        raised(torch.zeros(1, dtype=torch.int64).backward),
    ]


@twin
def test_backward_of_a_single_element(torch):
    x = torch.ones(1, 1, requires_grad=True)
    (x * 3).backward()
    return x.grad


@twin
def test_backward_on_a_leaf(torch):
    x = torch.tensor(2.0, requires_grad=True)
    x.backward()
    y = torch.ones(3, requires_grad=True)
    y.backward(torch.tensor([1.0, 2.0, 3.0]))
    return x.grad, y.grad


@twin
def test_backward_twice(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = (x**2).sum()
    y.backward(retain_graph=True)
    y.backward()
    linear = (x + x).sum()
    linear.backward()
    return x.grad, raised(y.backward), raised(linear.backward)


@twin
def test_backward_through_a_shared_part_twice(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    shared = x.exp()
    a, b = shared.sum(), (shared * 2).sum()
    a.backward()
    return raised(b.backward)


@twin
def test_backward_with_inputs(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = torch.tensor([3.0, 4.0], requires_grad=True)
    z = x * y
    w = (z**2).sum()
    w.backward(inputs=[x], retain_graph=True)
    first = x.grad, y.grad
    w.backward(inputs=y, retain_graph=True)
    w.backward(inputs=[z])
    return first, y.grad, z.grad, raised(w.backward, inputs=[])


@twin
def test_torch_autograd_backward(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y, z = x * 2, x**3
    torch.autograd.backward([y, z], [torch.tensor([1.0, 0.0]), torch.tensor([0.5, 1.0])])
    torch.autograd.backward((x * 5).sum())
    return x.grad, raised(torch.autograd.backward, [x * 2, x * 3], [torch.ones(2)])


@twin
def test_gradients_of_other_dtypes(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = torch.tensor([3.0, 4.0], dtype=torch.float64, requires_grad=True)
    z = x * y
    z.backward(torch.tensor([1.0, 3.0], dtype=torch.float64))
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    (w.double() ** 2).sum().backward()
    return z, x.grad, y.grad, w.grad


@twin
def test_a_diamond(torch):
    x = torch.tensor(1.5, requires_grad=True)
    y = x * x
    z = y + y * x
    w = z * y + x
    w.backward()
    return x.grad


@twin
def test_the_same_input_twice(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (x * x + x / x - x).sum().backward()
    return x.grad


@twin
def test_only_what_requires_grad_gets_one(torch):
    x = torch.ones(2, requires_grad=True)
    y = torch.ones(2)
    (x * y).sum().backward()
    return x.grad, y.grad


@twin
def test_gradient_shapes_after_broadcasting(torch):
    a = torch.ones(3, 1, requires_grad=True)
    b = torch.ones(4, requires_grad=True)
    c = torch.tensor(2.0, requires_grad=True)
    d = torch.ones(1, 1, 1, requires_grad=True)
    ((a * b + c) * d).sum().backward()
    return a.grad, b.grad, c.grad, d.grad


@twin
def test_grads_are_not_views_of_each_other(torch):
    x = torch.ones(3, requires_grad=True)
    y = torch.ones(3, requires_grad=True)
    (x + y).sum().backward()
    x.grad += 5.0
    given = torch.ones(3)
    z = torch.ones(3, requires_grad=True)
    (z + 0).backward(given)
    z.grad.mul_(2.0)
    w = torch.ones(3, requires_grad=True)
    w.backward(given)
    w.grad.mul_(3.0)
    return x.grad, y.grad, given, z.grad, w.grad


def shares_memory(a, b):
    return np.shares_memory(a.detach().numpy(), b.detach().numpy())


@pytest.mark.parametrize(
    "make",
    [
        lambda x: x.expand(4, 3).sum(),
        lambda x: x.reshape(3, 1).sum(),
        lambda x: x.view(1, 3).sum(1).sum(),
        lambda x: (x + 1).sum(),
        lambda x: x.unsqueeze(0).expand(2, 3).mean(),
        lambda x: x[:2].sum() + x[1:].sum(),
        lambda x: sum(x.split(1)).sum(),
    ],
)
def test_grads_own_writable_memory(make):
    """A stride-0 or read-only .grad would break the optimizer's in-place update, or update several places at once."""
    x = minitorch.ones(3, requires_grad=True)
    make(x).backward()
    array = x.grad.numpy()
    assert array.flags.writeable and 0 not in array.strides
    before = array.copy()
    x.grad[0] += 1
    assert x.grad.numpy()[0] == before[0] + 1 and (x.grad.numpy()[1:] == before[1:]).all()


def test_grads_of_leaves_share_no_memory():
    leaves = [minitorch.ones(2, 3, requires_grad=True) for _ in range(4)]
    a, b, c, d = leaves
    ((a + b) - (c + 0).reshape(2, 3) + d.T.T).backward(minitorch.ones(2, 3))
    for i, x in enumerate(leaves):
        for y in leaves[i + 1 :]:
            assert not shares_memory(x.grad, y.grad)


def test_given_gradient_is_not_taken_over():
    x = minitorch.ones(3, requires_grad=True)
    g = minitorch.ones(3)
    (x + 0).backward(g)
    assert not shares_memory(x.grad, g)
    y = minitorch.ones(3, requires_grad=True)
    y.backward(g)
    assert not shares_memory(y.grad, g)


# ---- autograd.grad ---------------------------------------------------------------------------------------------------


@twin
def test_grad_function(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = torch.tensor([3.0, 4.0], requires_grad=True)
    z = x * y + x.exp()
    result = torch.autograd.grad(z.sum(), [x, y])
    return result, type(result).__name__, x.grad, y.grad


@twin
def test_grad_of_several_outputs(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    a, b = x**2, x**3
    weights = torch.tensor([1.0, -1.0]), torch.tensor([0.5, 2.0])
    return torch.autograd.grad([a, b], x, grad_outputs=weights)


@twin
def test_grad_of_results(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x**2
    z = y.exp()
    w = (z * y).sum()
    return torch.autograd.grad(w, [x, y, z], retain_graph=True), torch.autograd.grad(w, [y, y]), x.grad


@twin
def test_grad_of_a_tensor_by_itself(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    return torch.autograd.grad(y, y, torch.tensor([5.0, 6.0])), torch.autograd.grad(x, x, torch.tensor([5.0, 6.0]))


@twin
def test_grad_unused(torch):
    x = torch.ones(2, requires_grad=True)
    y = torch.ones(2, requires_grad=True)
    z = (x * 2).sum()
    return [
        raised(torch.autograd.grad, z, [x, y], retain_graph=True),
        torch.autograd.grad(z, [x, y], allow_unused=True, retain_graph=True),
        torch.autograd.grad(z, [x, y], materialize_grads=True, retain_graph=True),
        raised(torch.autograd.grad, z, [x, y], materialize_grads=True, allow_unused=False),
        raised(torch.autograd.grad, z, [torch.ones(2)]),
        raised(torch.autograd.grad, z, []),
        raised(torch.autograd.grad, x * 2, x),
    ]


@twin
def test_grad_leaves_a_broken_graph_message(torch):
    x = torch.ones(2, requires_grad=True)
    z = (x**2).sum()
    torch.autograd.grad(z, x)
    return raised(torch.autograd.grad, z, x), "second time" in message(torch.autograd.grad, z, x)


@twin
def test_grad_stops_at_what_is_wanted(torch):
    """Beyond the wanted tensors nothing runs, so an error there is not met."""

    class Broken(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            raise KeyError("ran")

    x = torch.ones(2, requires_grad=True)
    y = Broken.apply(x)
    z = (y * 3).sum()
    return torch.autograd.grad(z, y, retain_graph=True), raised(torch.autograd.grad, z, x)


@twin
def test_integer_outputs_have_no_gradient(torch):
    x = torch.tensor([3.0, 1.0, 2.0], requires_grad=True)
    values, indices = x.max(0)
    return values, indices, values.requires_grad, indices.requires_grad, (x > 1).requires_grad, x.long().requires_grad


# ---- second order ----------------------------------------------------------------------------------------------------


@twin
def test_double_backward(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = (x**3).sum()
    (g,) = torch.autograd.grad(y, x, create_graph=True)
    (h,) = torch.autograd.grad(g.sum(), x, create_graph=True)
    (k,) = torch.autograd.grad(h.sum(), x)
    return g, h, k, g.requires_grad, k.requires_grad


@twin
def test_gradient_penalty(torch):
    x = torch.tensor([[0.5, -1.0], [2.0, 0.3]], requires_grad=True)
    w = torch.tensor([[1.0, 2.0], [-1.0, 0.5]], requires_grad=True)
    out = torch.tanh(x @ w).sum()
    (g,) = torch.autograd.grad(out, x, create_graph=True)
    ((g.norm() - 1) ** 2 + out).backward()
    return x.grad, w.grad


@pytest.mark.filterwarnings("ignore:Using backward.. with create_graph=True")
def test_backward_with_create_graph():
    results = []
    for engine in (torch, minitorch):
        x = engine.tensor([1.0, 2.0], requires_grad=True)
        (x**3).sum().backward(create_graph=True)
        g = x.grad
        (h,) = engine.autograd.grad((g**2).sum(), x)
        results.append((g.tolist(), h.tolist(), g.requires_grad))
        x.grad = None
    assert results[0] == results[1]


@twin
def test_hessian_vector_product(torch):
    x = torch.tensor([0.3, -0.7, 1.1], dtype=torch.float64, requires_grad=True)
    v = torch.tensor([1.0, 2.0, -1.0], dtype=torch.float64)
    f = (x.sin() * x.roll(1)).sum() + (x**2).prod()
    (g,) = torch.autograd.grad(f, x, create_graph=True)
    return torch.autograd.grad(g, x, v)


@twin
def test_second_derivative_through_the_cotangent(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    v = torch.tensor([3.0, 4.0], requires_grad=True)
    (g,) = torch.autograd.grad(x**2, x, v, create_graph=True)
    return torch.autograd.grad(g.sum(), [x, v])


@twin
def test_create_graph_under_no_grad(torch):
    x = torch.tensor([2.0], requires_grad=True)
    y = (x**3).sum()
    with torch.no_grad():
        (g,) = torch.autograd.grad(y, x, create_graph=True)
        enabled = torch.is_grad_enabled()
    return g, g.requires_grad, enabled, torch.autograd.grad(g.sum(), x)
