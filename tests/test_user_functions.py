"""Operations that users write: autograd.Function exactly as in PyTorch."""

from __future__ import annotations

import pytest
import torch
from twins import message, name_of, raised, twin

import minitorch


def cube(torch):
    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * 3 * x**2

    return Cube


@twin
def test_a_function(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = cube(torch).apply(x)
    y.sum().backward()
    return y, name_of(y), x.grad


@twin
def test_a_function_twice_differentiated(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (g,) = torch.autograd.grad(cube(torch).apply(x).sum(), x, create_graph=True)
    return g, torch.autograd.grad(g.sum(), x)


@twin
def test_forward_does_not_record(torch):
    seen = []

    class Look(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            seen.append((torch.is_grad_enabled(), (x * 2).requires_grad))
            return x * 2

        @staticmethod
        def backward(ctx, g):
            seen.append(torch.is_grad_enabled())
            return g * 2

    x = torch.ones(2, requires_grad=True)
    y = Look.apply(x).sum()
    torch.autograd.grad(y, x, retain_graph=True)
    torch.autograd.grad(y, x, create_graph=True)
    return seen, torch.is_grad_enabled()


@twin
def test_without_grad_nothing_is_recorded(torch):
    x = torch.ones(2)
    y = cube(torch).apply(x)
    with torch.no_grad():
        z = cube(torch).apply(x.requires_grad_())
    return y.requires_grad, y.is_leaf, z.requires_grad, z.grad_fn


@twin
def test_several_inputs_and_outputs(torch):
    class MulAdd(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y, scale, label=None):
            ctx.save_for_backward(x, y)
            ctx.scale = scale
            ctx.label = label
            return x * y * scale, x + y

        @staticmethod
        def backward(ctx, g, h):
            x, y = ctx.saved_tensors
            return g * y * ctx.scale + h, g * x * ctx.scale + h, None, None

    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = torch.tensor([3.0, 4.0], requires_grad=True)
    a, b = MulAdd.apply(x, y, 3.0, "name")
    (a * 2 + b).sum().backward()
    c, _ = MulAdd.apply(x, y.detach(), 2)
    c.sum().backward()
    return a, b, x.grad, y.grad, a.output_nr, b.output_nr


@twin
def test_unused_outputs_get_zeros(torch):
    seen = []

    class Two(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2, x * 3

        @staticmethod
        def backward(ctx, g, h):
            seen.append((g, h))
            return g * 2 + h * 3

    x = torch.ones(2, requires_grad=True)
    a, _ = Two.apply(x)
    a.sum().backward()
    return seen, x.grad


@twin
def test_unmaterialized_gradients_are_none(torch):
    seen = []

    class Two(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(False)
            return x * 2, x * 3

        @staticmethod
        def backward(ctx, g, h):
            seen.append((g is None, h is None))
            return (0 if g is None else g * 2) + (0 if h is None else h * 3)

    x = torch.ones(2, requires_grad=True)
    _, b = Two.apply(x)
    b.sum().backward()
    return seen, x.grad


@twin
def test_needs_input_grad(torch):
    seen = []

    class Mul(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y, n):
            seen.append(ctx.needs_input_grad)
            ctx.save_for_backward(x, y)
            return x * y * n

        @staticmethod
        def backward(ctx, g):
            seen.append(ctx.needs_input_grad)
            x, y = ctx.saved_tensors
            return (
                (g * y * 2 if ctx.needs_input_grad[0] else None),
                (g * x * 2 if ctx.needs_input_grad[1] else None),
                None,
            )

    x = torch.ones(2, requires_grad=True)
    y = torch.ones(2)
    Mul.apply(x, y, 2).sum().backward()
    Mul.apply(y, x, 2).sum().backward()
    return seen, x.grad


@twin
def test_saving_outputs_and_none(torch):
    class Exp(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x.exp()
            ctx.save_for_backward(y, None, x)
            return y

        @staticmethod
        def backward(ctx, g):
            y, nothing, x = ctx.saved_tensors
            assert nothing is None
            return g * y

    x = torch.tensor([0.5, 1.0], requires_grad=True)
    y = Exp.apply(x)
    (g,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    return g, torch.autograd.grad(g.sum(), x)


@twin
def test_saved_tensors_are_the_inputs(torch):
    seen = []

    class Keep(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            seen.append((x.requires_grad, x.is_leaf, name_of(x)))
            return g * 2

    x = torch.ones(2, requires_grad=True)
    Keep.apply(x).sum().backward()
    Keep.apply(x * 3).sum().backward()
    return seen, x.grad


@twin
def test_mark_non_differentiable(torch):
    class Sort(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            index = x.argsort()
            rounded = x.round()
            ctx.mark_non_differentiable(index, rounded)
            ctx.save_for_backward(index)
            return x[index], index, rounded

        @staticmethod
        def backward(ctx, g, g_index, g_rounded):
            (index,) = ctx.saved_tensors
            out = torch.zeros(3)
            out[index] = g
            return out

    x = torch.tensor([3.0, 1.0, 2.0], requires_grad=True)
    y, index, rounded = Sort.apply(x)
    (y * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
    return y.requires_grad, index.requires_grad, rounded.requires_grad, rounded.is_leaf, x.grad


@twin
def test_mark_dirty(torch):
    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            x.mul_(2)
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx, g):
            return g * 2

    x = torch.ones(2, requires_grad=True)
    y = x * 3
    version = y._version
    z = Double.apply(y)
    same = z is y
    z.sum().backward()
    return same, y, name_of(y), y._version - version, x.grad, raised(Double.apply, x)


@twin
def test_returning_an_input_unchanged(torch):
    class Same(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x

        @staticmethod
        def backward(ctx, g):
            return g * 10

    x = torch.ones(2, requires_grad=True)
    y = Same.apply(x)
    y.sum().backward()
    return y is x, x.is_leaf, x.grad, name_of(y)


@twin
def test_once_differentiable(torch):
    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * 2 * x.detach()

    x = torch.tensor([1.0, 2.0], requires_grad=True)
    Square.apply(x).sum().backward()
    (g,) = torch.autograd.grad(Square.apply(x).sum(), x, create_graph=True)
    v = torch.ones(2, requires_grad=True)
    (h,) = torch.autograd.grad(Square.apply(x), x, v, create_graph=True)
    return x.grad, h.requires_grad, raised(h.sum().backward)


@twin
def test_setup_context(torch):
    class Scaled(torch.autograd.Function):
        @staticmethod
        def forward(x, n):
            return x * n, x.exp()

        @staticmethod
        def setup_context(ctx, inputs, output):
            x, ctx.n = inputs
            _, e = output
            ctx.save_for_backward(x, e)

        @staticmethod
        def backward(ctx, g, h):
            x, e = ctx.saved_tensors
            return g * ctx.n + h * e, None

    x = torch.tensor([1.0, 2.0], requires_grad=True)
    a, b = Scaled.apply(x, 3)
    (a * 2 + b).sum().backward()
    return a, b, x.grad


def returning(torch, answer):
    class Given(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            return x * y.sum()

        @staticmethod
        def backward(ctx, g):
            return answer(torch)

    x = torch.ones(3, requires_grad=True)
    y = torch.ones(2, requires_grad=True)
    return lambda: Given.apply(x, y).sum().backward()


@pytest.mark.parametrize(
    "answer",
    [
        lambda e: e.ones(3),  # one gradient for two inputs
        lambda e: (e.ones(3), e.ones(2), e.ones(2)),  # one too many
        lambda e: (e.ones(4), e.ones(2)),  # wrong shape
        lambda e: (e.ones(3), 5.0),  # no tensor
        lambda e: (e.ones(3), "text"),
    ],
)
def test_wrong_gradients(answer):
    theirs, ours = (raised(returning(e, answer)) for e in (torch, minitorch))
    assert ours == theirs != "nothing"


@pytest.mark.parametrize(
    "answer",
    [
        lambda e: (None, e.ones(2)),
        lambda e: (e.ones(3), None),
        lambda e: (e.ones(3), e.ones(2), None),  # surplus Nones are let pass
        lambda e: (e.ones(3).double(), e.ones(2)),  # cast to the input's dtype
        lambda e: (e.ones(2, 3), e.ones(2)),  # summed to the input's shape
        lambda e: [e.ones(3), e.ones(2)],
    ],
)
def test_tolerated_gradients(answer):
    theirs, ours = (raised(returning(e, answer)) for e in (torch, minitorch))
    assert ours == theirs


def test_wrong_shape_says_both_shapes():
    text = message(returning(minitorch, lambda e: (e.ones(4), e.ones(2))))
    assert "GivenBackward" in text and "[4]" in text and "[3]" in text


@twin
def test_misuse(torch):
    class NoBackward(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

    class NoForward(torch.autograd.Function):
        pass

    x = torch.ones(2, requires_grad=True)

    class SavesNumber(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(3.0)
            return x

    return (
        raised(NoBackward.apply(x).sum().backward),
        raised(NoForward.apply, x),
        raised(SavesNumber.apply, x),
    )


@twin
def test_saved_tensor_changed_in_place(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x * 1
    z = cube(torch).apply(y)
    y.add_(1)
    return raised(z.sum().backward), "inplace operation" in message(z.sum().backward)


@twin
def test_saved_tensors_are_released(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = cube(torch).apply(x)
    y.sum().backward(retain_graph=True)
    y.sum().backward()
    return raised(y.sum().backward), x.grad


@twin
def test_function_in_a_larger_graph(torch):
    x = torch.tensor([0.3, 0.7], dtype=torch.float64, requires_grad=True)
    f = cube(torch)
    y = f.apply(f.apply(x).sin()) * x
    y.sum().backward()
    return x.grad


@twin
def test_gradcheck_accepts_a_function(torch):
    x = torch.tensor([0.3, 0.7], dtype=torch.float64, requires_grad=True)
    return torch.autograd.gradcheck(cube(torch).apply, x), torch.autograd.gradgradcheck(cube(torch).apply, x)


# ---- corners ---------------------------------------------------------------------------------------------------------


def define(torch, forward, backward=None, **more):
    """A Function of these two."""
    body = {"forward": staticmethod(forward), **more}
    if backward is not None:
        body["backward"] = staticmethod(backward)
    return type("Defined", (torch.autograd.Function,), body)


@twin
def test_marking_a_view_dirty(torch):
    def forward(ctx, a):
        ctx.mark_dirty(a)
        return a.mul_(2)

    double = define(torch, forward, lambda ctx, g: g * 2)
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    base = x * 1
    part = base[:2]
    same = double.apply(part) is part
    base.sum().backward()
    plain = torch.ones(3)
    return same, base, x.grad, double.apply(plain) is plain, plain._version


@twin
def test_dirty_and_not_returned(torch):
    def forward(ctx, a):
        ctx.mark_dirty(a)
        return a * 2

    return raised(define(torch, forward, lambda ctx, g: g).apply, torch.ones(2, requires_grad=True) * 1)


@twin
def test_views_that_a_function_returns_are_frozen(torch):
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    one = define(torch, lambda ctx, a: a.view(3, 1), lambda ctx, g: g.view(3))
    two = define(torch, lambda ctx, a: (a[:1], a[1:]), lambda ctx, g, h: torch.cat([g, h]))
    same = define(torch, lambda ctx, a: a, lambda ctx, g: g * 10)
    base = x * 1
    refused = [raised(f(base).mul_, 2) for f in (one.apply, lambda b: two.apply(b)[1])]
    one.apply(base).sum().backward(retain_graph=True)
    view = one.apply(base)
    base.add_(1)
    return refused, x.grad, raised(lambda: view + 1), same.apply(torch.ones(2)).requires_grad


@twin
def test_outputs_that_are_no_tensors(torch):
    seen = []

    def backward(ctx, *grads):
        seen.append([g if g is None else g.clone() for g in grads])
        return grads[0] * 2

    f = define(torch, lambda ctx, a: (a * 2, "text", 3, None, [a]), backward)
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    outputs = f.apply(x)
    outputs[0].sum().backward()
    return [type(o).__name__ for o in outputs], seen, x.grad


@twin
def test_an_input_marked_non_differentiable(torch):
    def forward(ctx, a, b):
        ctx.mark_non_differentiable(b)
        return a * 2, b

    x, y = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    a, b = define(torch, forward, lambda ctx, g, h: (g * 2, None)).apply(x, y)
    return a.requires_grad, b.requires_grad, b is y


@twin
def test_functions_inside_functions(torch):
    inner = cube(torch)

    def forward(ctx, a):
        with torch.enable_grad():
            ctx.a = a.detach().requires_grad_()
            ctx.b = inner.apply(ctx.a)
        return ctx.b.detach()

    x = torch.tensor([1.0, 2.0], requires_grad=True)
    define(torch, forward, lambda ctx, g: torch.autograd.grad(ctx.b, ctx.a, g)[0]).apply(x).sum().backward()
    return x.grad


@twin
def test_saved_tensors_outside_of_backward(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x * 1
    z = cube(torch).apply(y)
    saved = z.grad_fn.saved_tensors[0].detach().clone()
    z.sum().backward()
    released = raised(lambda: z.grad_fn.saved_tensors)
    w = cube(torch).apply(y)
    y.add_(1)
    return saved, released, raised(lambda: w.grad_fn.saved_tensors)


@twin
def test_keywords_and_vjp(torch):
    scaled = define(torch, lambda ctx, a, factor=3.0: a * factor, lambda ctx, g: (g * 5, None))
    newer = define(torch, lambda ctx, a: a * 2, None, vjp=staticmethod(lambda ctx, g: g * 2))
    both = define(torch, lambda ctx, a: a, lambda ctx, g: g, vjp=staticmethod(lambda ctx, g: g))
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = scaled.apply(x, factor=4.0)
    y.sum().backward()
    newer.apply(x).sum().backward()
    return y, x.grad, raised(lambda: both.apply(x).sum().backward())


def test_jvp_says_that_nothing_calls_it():
    assert "forward-mode" in message(minitorch.autograd.Function.jvp, None)
