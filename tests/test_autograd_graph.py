"""torch.autograd.graph on both engines: hooks for what is saved, edges, versions, hooks on several tensors."""

from __future__ import annotations

import gc
import weakref

import pytest
from twins import name_of, raised, twin

import minitorch


@twin
def test_what_is_saved_goes_through_the_hooks(torch):
    seen = []

    def pack(t):
        seen.append(("pack", t.detach().clone(), t.requires_grad))
        return t.detach() * 2

    def unpack(t):
        seen.append(("unpack", t.clone()))
        return t

    x = torch.tensor([1.0, 2.0], requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(pack, unpack):
        y = x.exp()
        z = y * x
    w = z * x
    w.sum().backward()
    return len([s for s in seen if s[0] == "pack"]), len([s for s in seen if s[0] == "unpack"]), x.grad


@twin
def test_hooks_and_the_second_derivative(torch):
    x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: [t.detach().clone()], lambda packed: packed[0].clone()):
        y = (x.exp() * x * x.sin()).sum()
        (g,) = torch.autograd.grad(y, x, create_graph=True)
        (h,) = torch.autograd.grad(g.sum(), x, create_graph=True)
    return g, h, torch.autograd.grad(h.sum(), x)


@twin
def test_hooks_nest(torch):
    names = []

    def pair(name):
        return torch.autograd.graph.saved_tensors_hooks(lambda t: (names.append(name), t)[1], lambda t: t)

    x = torch.tensor([1.0, 2.0], requires_grad=True)
    with pair("outer"):
        a = x.exp()
        with pair("inner"):
            b = x.exp()
        c = x.exp()
    (a + b + c).sum().backward()
    return names, x.grad


@twin
def test_hooks_and_in_place(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    w = torch.tensor([3.0, 4.0], requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t):
        y = x * 1
        y.mul_(w)
        y.exp_()
    y.sum().backward()
    return x.grad, w.grad


@twin
def test_hooks_and_functions(torch):
    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x, None)
            return x**3

        @staticmethod
        def backward(ctx, g):
            x, nothing = ctx.saved_tensors
            assert nothing is None
            return g * 3 * x**2

    x = torch.tensor([1.0, 2.0], requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t.detach() + 1, lambda t: t):
        y = Cube.apply(x)
    y.sum().backward(retain_graph=True)
    y.sum().backward()
    return x.grad, raised(y.sum().backward)


@twin
def test_hooks_refused(torch):
    x = torch.ones(2, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: "text"):
        y = x.exp()
    with torch.autograd.graph.disable_saved_tensors_hooks("no"):
        refused = raised(torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t).__enter__)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t):
        z = x.exp()
    z.sum().backward()
    return raised(y.sum().backward), refused, x.grad


@twin
def test_save_on_cpu(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    with torch.autograd.graph.save_on_cpu():
        y = x * 1
        z = y**2
    z.sum().backward()
    return x.grad


def test_what_was_packed_is_not_held():
    """The point of packing: the original may go, while the graph is still there."""
    gc.disable()
    try:
        x = minitorch.ones(2, requires_grad=True)
        with minitorch.autograd.graph.saved_tensors_hooks(lambda t: t.tolist(), minitorch.tensor):
            middle = x * 2
            y = (middle * middle.exp()).sum()
        reference, node = weakref.ref(middle), weakref.ref(y.grad_fn)
        del middle
        assert reference() is None
        y.backward()
        del y
        assert node() is None
    finally:
        gc.enable()
    assert x.grad.tolist() == pytest.approx([2 * 3 * 7.38905609893065] * 2, rel=1e-6)


@twin
def test_gradient_edges(torch):
    x = torch.ones(4, requires_grad=True)
    a, b = (x * 2).split(2)
    edge = torch.autograd.graph.get_gradient_edge(b)
    leaf = torch.autograd.graph.get_gradient_edge(x)
    return (
        edge.node is b.grad_fn,
        edge.output_nr,
        leaf.node.name().split("::")[-1],
        leaf.node.variable is x,
        raised(torch.autograd.graph.get_gradient_edge, torch.ones(1)),
        isinstance(a.grad_fn, torch.autograd.graph.Node),
    )


@twin
def test_increment_version(torch):
    x = torch.ones(2, requires_grad=True)
    y = x * 1
    z = y.exp() * y
    torch.autograd.graph.increment_version(y)
    torch.autograd.graph.increment_version([y, y])
    return y._version, raised(z.sum().backward), name_of(z)


@pytest.mark.parametrize("mode", ["all", "any"])
def test_hooks_on_several_tensors(mode):
    @twin
    def snippet(torch):
        seen = []
        x = torch.tensor([1.0], requires_grad=True)
        y = torch.tensor([2.0], requires_grad=True)
        a, b, c = x * y, x + y, y * 5

        def note(g):
            several = g if isinstance(g, list | tuple) else [g]
            seen.append([None if one is None else one.clone() for one in several])

        handle = torch.autograd.graph.register_multi_grad_hook((a, b, c), note, mode=mode)
        (a * 2 + b * 3 + c * 4).sum().backward(retain_graph=True)
        counts = [len(seen)]
        (a * 2 + b * 3).sum().backward(retain_graph=True)  # c is not reached
        counts.append(len(seen))
        torch.autograd.grad((a * 2 + c).sum(), x, retain_graph=True)
        counts.append(len(seen))
        handle.remove()
        (a * b * c).sum().backward()
        values = seen if mode == "all" else [len(s) for s in seen]
        return counts, len(seen), values, raised(torch.autograd.graph.register_multi_grad_hook, (a,), note, mode="some")

    snippet()
