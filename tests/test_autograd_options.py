"""What autograd's functions take for granted unless told, what they hand on, and what their hooks may do."""

from __future__ import annotations

import warnings

import pytest
from twins import message, raised, twin

import minitorch


@twin
def test_grad_unless_told_otherwise(torch):
    x, y = (torch.tensor([0.5, 2.0], dtype=torch.float64, requires_grad=True) for _ in range(2))
    z = x**3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (g,) = torch.autograd.grad(z, x, torch.tensor([1.0, 3.0], dtype=torch.float64), retain_graph=True)
        (nothing,) = torch.autograd.grad(z.sum(), y, allow_unused=True)
    again = z.sum()
    torch.autograd.grad(again, x)
    return g, nothing, raised(torch.autograd.grad, again, x), raised(torch.autograd.grad, (x * 2).sum(), y)


@pytest.mark.parametrize("create_graph", [False, True])
@twin
def test_backward_of_several_hands_on_create_graph(torch, create_graph):
    x = torch.tensor([0.5, 2.0], dtype=torch.float64, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch: that the graph holds itself now
        torch.autograd.backward([(x**3).sum(), (x**2).sum()], create_graph=create_graph)
    second = torch.autograd.grad(x.grad.sum(), x) if create_graph else None
    return x.grad.requires_grad, x.grad.detach(), second


@pytest.mark.parametrize("way", ["backward", "grad"])
@twin
def test_a_hook_on_a_result_beside_a_recorded_gradient(torch, way):
    x = torch.tensor([0.5, 2.0], dtype=torch.float64, requires_grad=True)
    y = x**2
    y.register_hook(lambda g: g * x)
    z = (y**2).sum()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if way == "backward":
            z.backward(create_graph=True)
        first = x.grad if way == "backward" else torch.autograd.grad(z, x, create_graph=True)[0]
    (second,) = torch.autograd.grad(first.sum(), x)
    return first.requires_grad, first.detach(), second


@twin
def test_what_does_not_lead_to_the_inputs_is_not_run(torch):
    a, b = (torch.tensor([k, 2.0], requires_grad=True) for k in (1.0, 3.0))
    seen = []
    inner, beside = a * 2, b.exp()
    inner.register_hook(lambda g: seen.append(("inner", g.tolist())))
    beside.register_hook(lambda g: seen.append(("beside", g.tolist())))
    torch.autograd.graph.register_multi_grad_hook(
        (a, b), lambda gradients: seen.append([None if g is None else g.tolist() for g in gradients])
    )
    z = (inner * beside).sum() + (inner + beside).sum()
    z.backward(inputs=[a])
    return [entry[0] if isinstance(entry, tuple) else entry[1] for entry in seen], a.grad, b.grad


@twin
def test_what_a_nodes_hook_may_return(torch):
    found = []
    for answer in (lambda gs: tuple(g if g is None else g * 2 for g in gs), lambda gs: gs[0] * 2, lambda gs: list(gs)):
        for register in ("register_hook", "register_prehook"):
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            y = x.exp()
            getattr(y.grad_fn, register)(lambda gs, *_, answer=answer: answer(gs))
            found.append((raised(y.sum().backward), x.grad))
    return found


@twin
def test_a_gradient_of_no_dimensions_can_be_changed(torch):
    x = torch.tensor(3.0, requires_grad=True)
    (x * x).backward()
    (x * 2).backward()
    (x * torch.ones(2, 2)).sum().backward()
    gathered = x.grad.clone()
    x.grad.zero_()
    return gathered, x.grad


@twin
def test_outputs_without_a_gradient_become_zeros_when_asked(torch):
    class Two(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, flag):
            ctx.set_materialize_grads(flag)
            return x * 2, x * 3

        @staticmethod
        def backward(ctx, f, g):
            seen.append([v if v is None else v.tolist() for v in (f, g)])
            return sum(k * v for k, v in ((2, f), (3, g)) if v is not None), None

    seen = []
    x = torch.ones(2, requires_grad=True)
    for flag in (True, False):
        Two.apply(x, flag)[1].sum().backward()
    return seen, x.grad


@twin
def test_where_a_gradient_goes_next_has_a_number(torch):
    x = torch.arange(4.0).requires_grad_()
    first, second = (x * 1).split(2)
    return [
        [nr for _, nr in node.next_functions] for node in ((first * second).grad_fn, (x * x).grad_fn, second.grad_fn)
    ]


@twin
def test_generators_under_no_grad_are_sent_values_and_errors(torch):
    x = torch.ones(2, requires_grad=True)

    @torch.no_grad()
    def steps():
        factor = yield x * 1
        while True:
            try:
                factor = yield x * factor
            except ValueError as error:
                factor = float(str(error))

    running = steps()
    found = [next(running), running.send(3.0), running.throw(ValueError("7")), running.send(2.0)]
    return found, (x * 2).requires_grad


@twin
def test_modes_take_bools_and_say_so(torch):
    calls = [(torch.set_grad_enabled, (value,)) for value in (1, "x", None)]
    return [message(call, *args) for call, args in calls]


@pytest.mark.parametrize(("args", "said"), [((1,), "'mode' (position 1) must be bool, not int"),
                                            ((True, "x"), "'check_nan' (position 2) must be bool, not str")])  # fmt: skip
def test_anomaly_detection_takes_bools_and_says_so(args, said):
    """PyTorch speaks of a function inside of it."""
    with pytest.raises(TypeError) as error:
        minitorch.autograd.set_detect_anomaly(*args)
    assert str(error.value) == f"set_detect_anomaly(): argument {said}"


def test_hooks_that_cannot_be_called_are_named():
    for hooks, said in (((1, lambda t: t), "pack_hook must be callable, but it is of type int"),
                        ((lambda t: t, None), "unpack_hook must be callable, but it is of type NoneType")):  # fmt: skip
        with pytest.raises(TypeError, match=said):
            with minitorch.autograd.graph.saved_tensors_hooks(*hooks):
                pass
    x = minitorch.ones(1, requires_grad=True)
    assert (x * x).grad_fn.name() == "MulBackward0", "and nothing of it is left"
