"""Hooks: order, arguments and answers as in PyTorch."""

import gc
import weakref

import pytest
import torch
from nn_twins import assert_same

import minitorch


class Log(list):
    def hook(self, name, answer=None):
        def run(module, *given):
            self.append((name, type(module).__name__, given))
            return answer(*given) if answer else None

        return run


# ---- forward -----------------------------------------------------------------------------------------------------------


def order(torch):
    log, layer = Log(), torch.nn.Identity()
    layer.register_forward_pre_hook(log.hook("pre 1"))
    layer.register_forward_pre_hook(log.hook("pre 2"))
    layer.register_forward_pre_hook(log.hook("pre 0"), prepend=True)
    layer.register_forward_hook(log.hook("post 1"))
    handle = layer.register_forward_hook(log.hook("post 2"))
    layer.register_forward_hook(log.hook("post 0"), prepend=True)
    torch.nn.Sequential(layer)(torch.ones(1))
    handle.remove()
    handle.remove()
    layer(torch.zeros(1))
    return log


def changed_arguments(torch):
    log, layer = Log(), torch.nn.Linear(1, 1, bias=False)
    layer.weight.data.fill_(3.0)
    layer.register_forward_pre_hook(log.hook("one value", lambda args: args[0] + 1))
    layer.register_forward_pre_hook(log.hook("a tuple", lambda args: (args[0] * 2,)))
    layer.register_forward_hook(log.hook("output", lambda args, output: output + 0.5))
    return layer(torch.ones(1)), log


class WithOption:
    """A module whose forward has a keyword argument, made for either engine."""

    @staticmethod
    def of(torch):
        class Scaled(torch.nn.Module):
            def forward(self, x, factor=1.0):
                return x * factor

        return Scaled()


def keywords(torch):
    log, layer = Log(), WithOption.of(torch)
    layer.register_forward_pre_hook(log.hook("without"))
    layer.register_forward_pre_hook(
        log.hook("with", lambda args, kwargs: (args, {"factor": kwargs["factor"] + 1})), with_kwargs=True
    )
    layer.register_forward_hook(log.hook("post without"))
    layer.register_forward_hook(log.hook("post with", lambda a, k, out: out * 10), with_kwargs=True)
    return layer(torch.ones(2), factor=2.0), log


def keyword_hook_answers_nonsense(torch):
    layer = WithOption.of(torch)
    layer.register_forward_pre_hook(lambda module, args, kwargs: 3, with_kwargs=True)
    return layer(torch.ones(2))


def always_called(torch):
    log = Log()

    class Broken(torch.nn.Module):
        def forward(self, x):
            raise ValueError("broken")

    layer = Broken()
    layer.register_forward_hook(log.hook("not"))
    layer.register_forward_hook(log.hook("always"), always_call=True)
    layer.register_forward_hook(log.hook("always, with"), always_call=True, with_kwargs=True)
    try:
        layer(torch.ones(1))
    except ValueError as error:
        log.append(str(error).split(" [in ")[0])
    return log


def always_called_and_raising(torch):
    layer = WithOption.of(torch)

    def fail(module, args, output):
        raise KeyError("second")

    layer.register_forward_hook(fail, always_call=True)
    layer.register_forward_pre_hook(lambda module, args: (_ for _ in ()).throw(ValueError("first")))
    return layer(torch.ones(1))


def table(torch):
    layer = torch.nn.Identity()
    layer.register_forward_hook(lambda *a: a[2] * 2)
    layer.register_forward_pre_hook(lambda *a: None)
    sizes = len(layer._forward_hooks), len(layer._forward_pre_hooks), len(layer._backward_hooks)
    layer._forward_hooks.clear()
    return sizes, layer(torch.ones(1))


def with_statement(torch):
    layer = torch.nn.Identity()
    with layer.register_forward_hook(lambda module, args, output: output * 2):
        inside = layer(torch.ones(1))
    return inside, layer(torch.ones(1))


FORWARD = [
    order,
    changed_arguments,
    keywords,
    keyword_hook_answers_nonsense,
    always_called,
    always_called_and_raising,
    table,
    with_statement,
]


@pytest.mark.parametrize("scenario", FORWARD, ids=lambda s: s.__name__)
def test_forward(scenario):
    assert_same(scenario)


# ---- backward ----------------------------------------------------------------------------------------------------------


def values(torch, *shape):
    n = 1
    for size in shape:
        n *= size
    return (torch.arange(float(n)) * 0.25 - 1.0).reshape(*shape)  # exact in float32, so both engines compute the same


def linear(torch, *size):
    layer = torch.nn.Linear(*size)
    layer.weight.data.copy_(values(torch, size[1], size[0]))
    layer.bias.data.fill_(0.5)
    return layer


def gradients(torch):
    log, layer = Log(), linear(torch, 3, 2)
    layer.register_full_backward_hook(log.hook("1"))
    layer.register_full_backward_hook(log.hook("0"), prepend=True)
    layer.register_full_backward_pre_hook(log.hook("pre"))
    x = values(torch, 4, 3).requires_grad_()
    y = layer(x)
    (y * values(torch, 4, 2)).sum().backward()
    return x.grad, layer.weight.grad, layer.bias.grad, log


def replaced_gradients(torch):
    layer = linear(torch, 3, 2)
    layer.register_full_backward_hook(lambda m, gi, go: (gi[0] * 2,))
    layer.register_full_backward_hook(lambda m, gi, go: (gi[0] + 1,))
    layer.register_full_backward_pre_hook(lambda m, go: (go[0] * 4,))
    layer.register_full_backward_pre_hook(lambda m, go: [go[0] - 1])
    x = values(torch, 4, 3).requires_grad_()
    layer(x).sum().backward()
    return x.grad, layer.weight.grad, layer.bias.grad


def chained(torch):
    log = Log()
    net = torch.nn.Sequential(linear(torch, 3, 2), torch.nn.ReLU(), linear(torch, 2, 1))
    for i, layer in enumerate(net):
        layer.register_full_backward_hook(log.hook(str(i)))
    net.register_full_backward_hook(log.hook("net"))
    x = values(torch, 4, 3).requires_grad_()
    net(x).sum().backward()
    return x.grad, [p.grad for p in net.parameters()], log


def no_input_gradient(torch):
    log, layer = Log(), linear(torch, 3, 2)
    layer.register_full_backward_hook(log.hook("hook"))
    layer(values(torch, 4, 3)).sum().backward()
    return layer.weight.grad, log


def no_input_gradient_and_an_answer(torch):
    layer = linear(torch, 3, 2)
    layer.register_full_backward_hook(lambda m, gi, go: (go[0],))
    layer(values(torch, 4, 3)).sum().backward()


def several(torch):
    log = Log()

    class Pairs(torch.nn.Module):
        def forward(self, x, note, y, z):
            assert note == "note"
            return x * y, z * 2, "text"

    layer = Pairs()
    layer.register_full_backward_hook(log.hook("hook"))
    layer.register_full_backward_pre_hook(log.hook("pre"))
    x, y = values(torch, 2).requires_grad_(), values(torch, 2).requires_grad_()
    z = values(torch, 2)
    first, second, text = layer(x, "note", y, z)
    first.sum().backward()
    return x.grad, y.grad, text, second, log


def one_of_two_outputs(torch):
    log = Log()

    class Two(torch.nn.Module):
        def forward(self, x):
            return x * 2, x * 3

    layer = Two()
    layer.register_full_backward_hook(log.hook("hook"))
    x = values(torch, 2).requires_grad_()
    layer(x)[1].sum().backward()
    return x.grad, log


def wrong_number(torch):
    layer = linear(torch, 3, 2)
    layer.register_full_backward_hook(lambda m, gi, go: (gi[0], gi[0]))
    layer(values(torch, 4, 3).requires_grad_()).sum().backward()


def wrong_number_before(torch):
    layer = linear(torch, 3, 2)
    layer.register_full_backward_pre_hook(lambda m, go: ())
    layer(values(torch, 4, 3).requires_grad_()).sum().backward()


def removed(torch):
    log, layer = Log(), linear(torch, 3, 2)
    handle = layer.register_full_backward_hook(log.hook("hook"))
    handle.remove()
    layer(values(torch, 4, 3).requires_grad_()).sum().backward()
    return layer.weight.grad, log


def unrecorded(torch):
    log, layer = Log(), linear(torch, 3, 2)
    layer.register_full_backward_hook(log.hook("hook"))
    with torch.no_grad():
        y = layer(values(torch, 4, 3).requires_grad_())
    return y.requires_grad, log


def result_of_another_kind(torch):
    class Named(torch.nn.Module):
        def forward(self, x):
            return {"y": x * 2}

    layer = Named()
    layer.register_full_backward_hook(lambda *given: None)
    x = values(torch, 2).requires_grad_()
    layer(x)["y"].sum().backward()
    return x.grad


def twice_in_one_graph(torch):
    log, layer = Log(), linear(torch, 2, 2)
    layer.register_full_backward_hook(log.hook("hook"))
    x = values(torch, 1, 2).requires_grad_()
    layer(layer(x)).sum().backward()
    return x.grad, layer.weight.grad, log


def with_the_gradient_recorded(torch):
    log, layer = Log(), linear(torch, 2, 1)
    layer.register_full_backward_hook(log.hook("hook", lambda gi, go: (gi[0] * gi[0],)))
    x = values(torch, 1, 2).requires_grad_()
    (g,) = torch.autograd.grad((layer(x) ** 2).sum(), x, create_graph=True)
    g.sum().backward()
    return g, x.grad, layer.weight.grad


BACKWARD = [
    gradients,
    replaced_gradients,
    chained,
    no_input_gradient,
    no_input_gradient_and_an_answer,
    several,
    one_of_two_outputs,
    wrong_number,
    wrong_number_before,
    removed,
    unrecorded,
    result_of_another_kind,
    twice_in_one_graph,
    with_the_gradient_recorded,
]


@pytest.mark.parametrize("scenario", BACKWARD, ids=lambda s: s.__name__)
def test_backward(scenario):
    assert_same(scenario)


@pytest.mark.parametrize("engine", [torch, minitorch], ids=["torch", "minitorch"])
@pytest.mark.parametrize("place", ["input", "output"])
def test_in_place_changes_of_hooked_tensors_are_refused(engine, place):
    class Inside(engine.nn.Module):
        def forward(self, x):
            return x.mul_(2) if place == "input" else x * 2

    layer = Inside()
    layer.register_full_backward_hook(lambda *given: None)
    x = engine.ones(2, requires_grad=True) * 1
    with pytest.raises(RuntimeError, match="is a view and is being modified inplace"):
        layer(x).mul_(2)


def test_a_change_of_the_input_after_the_call_is_noticed():
    layer = minitorch.nn.Linear(2, 1)
    layer.register_full_backward_hook(lambda *given: None)
    x = minitorch.ones(1, 2, requires_grad=True) * 1
    y = layer(x)
    x.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


@pytest.mark.parametrize("engine", [torch, minitorch], ids=["torch", "minitorch"])
def test_a_change_behind_the_hook_is_refused(engine):
    """x is changed after the module took it: what the module returned as it was, a view of x, has no history then."""
    layer = engine.nn.Identity()
    layer.register_full_backward_hook(lambda *given: None)
    h = engine.ones(2, requires_grad=True) * 3
    y = layer(h)
    h.mul_(5)
    with pytest.raises(RuntimeError, match="is a view and its base or another view of its base has been modified"):
        y.sum()


def test_hooks_keep_neither_graph_nor_module_alive():
    """Without the garbage collector: a cycle here would keep every step's arrays until it runs."""
    gc.disable()
    try:
        layer = minitorch.nn.Linear(2, 1)
        layer.register_full_backward_hook(lambda *given: None)
        y = layer(minitorch.ones(1, 2, requires_grad=True))
        node, module = weakref.ref(y.grad_fn), weakref.ref(layer)
        y.sum().backward()
        del y, layer
        assert node() is None and module() is None
    finally:
        gc.enable()


def test_the_old_backward_hook_is_refused_by_name():
    with pytest.raises(NotImplementedError, match="register_full_backward_hook"):
        minitorch.nn.Linear(1, 1).register_backward_hook(print)
