"""Hooks on tensors and nodes, snippet by snippet on both engines."""

from __future__ import annotations

from twins import raised, twin

# ---- hooks -----------------------------------------------------------------------------------------------------------


@twin
def test_tensor_hooks(torch):
    seen = []
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    first = x.register_hook(lambda g: seen.append(("leaf", g.clone())))
    y.register_hook(lambda g: seen.append(("result", g.clone())))
    y.register_hook(lambda g: g * 10)
    y.register_hook(lambda g: seen.append(("after", g.clone())))
    (y**2).sum().backward(retain_graph=True)
    first.remove()
    first.remove()
    (x * 3).sum().backward()
    return seen, x.grad


@twin
def test_hooks_see_the_whole_gradient_once(torch):
    seen = []
    x = torch.tensor([1.0], requires_grad=True)
    y = x * 2
    y.register_hook(lambda g: seen.append(g.clone()))
    x.register_hook(lambda g: seen.append(g.clone()))
    (y * 3 + y * 4 + x).sum().backward()
    return seen


@twin
def test_hooks_refused(torch):
    x = torch.ones(2, requires_grad=True)
    x.register_hook(lambda g: "text")
    return raised(torch.ones(2).register_hook, print), raised((x * 2).sum().backward)


@twin
def test_hooks_that_raise_leave_the_mode_alone(torch):
    x = torch.ones(2, requires_grad=True)
    y = x * 2

    def fails(g):
        raise KeyError("hook")

    y.register_hook(fails)
    return raised(y.sum().backward), torch.is_grad_enabled(), x.grad


@twin
def test_post_accumulate_hook(torch):
    seen = []
    x = torch.ones(2, requires_grad=True)
    handle = x.register_post_accumulate_grad_hook(lambda t: seen.append((t is x, t.grad.clone())))
    (x * 2).sum().backward()
    (x * 3).sum().backward()
    handle.remove()
    (x * 4).sum().backward()
    return seen, x.grad, raised((x * 2).register_post_accumulate_grad_hook, print)


@twin
def test_node_hooks(torch):
    seen = []
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x**2
    y.grad_fn.register_hook(lambda ins, outs: seen.append([[g.clone() for g in ins], [g.clone() for g in outs]]))
    y.grad_fn.register_prehook(lambda outs: (outs[0] * 2,))
    y.sum().backward()
    return seen, x.grad


@twin
def test_hook_on_autograd_grad(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    x.register_hook(lambda g: g * 2)
    y = x * 3
    y.register_hook(lambda g: g + 1)
    return torch.autograd.grad(y.sum(), x)
