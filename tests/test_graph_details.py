"""Details of the graph that only a small change of the engine shows: what is kept, for how long, and in whose name."""

from __future__ import annotations

import contextlib
import gc
import weakref

import pytest
from twins import message, raised, twin

import minitorch


@contextlib.contextmanager
def without_the_collector():
    """What goes here goes by reference counts alone, as soon as nobody holds it."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


# ---- one hook on several tensors -------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["all", "any"])
@twin
def test_several_tensors_hook_in_a_backward_inside_a_backward(torch, mode):
    """Both walks come by both tensors, the inner one after the outer has brought the first of its gradients."""
    a, b = (torch.tensor(v, requires_grad=True) for v in ([1.0, 2.0], [3.0, 4.0]))
    seen = []

    class WalksItself(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, g):
            inside.backward(retain_graph=True)
            return g * 7

    first = a * 1
    later = WalksItself.apply(first)
    second = b * 1
    inside = (first * second).sum()

    def note(gradients):
        seen.append([g.tolist() for g in (gradients if mode == "all" else [gradients])])

    torch.autograd.graph.register_multi_grad_hook((first, second), note, mode=mode)
    (later.sum() + (second * 5).sum()).backward(retain_graph=True)
    return seen, a.grad, b.grad


@twin
def test_several_tensors_hook_after_a_walk_in_a_hook(torch):
    a, b = (torch.tensor(v, requires_grad=True) for v in ([1.0, 2.0], [3.0, 4.0]))
    seen = []
    torch.autograd.graph.register_multi_grad_hook(
        (a, b), lambda gradients: seen.append([g.tolist() for g in gradients])
    )
    y = a * b

    def differentiate(g):
        z = torch.ones(2, requires_grad=True)
        with torch.enable_grad():
            w = (z * 3).sum()
        seen.append([g.tolist() for g in torch.autograd.grad(w, z)])

    y.register_hook(differentiate)
    (y * 2).sum().backward()
    return seen, a.grad, b.grad


def test_several_tensors_hook_holds_no_gradients():
    a, b = (minitorch.ones(2, requires_grad=True) for _ in range(2))
    first, second = a * 1, b * 1
    seen = []
    minitorch.autograd.graph.register_multi_grad_hook(
        (first, second), lambda gradients: seen.extend(map(weakref.ref, gradients))
    )
    with without_the_collector():
        minitorch.autograd.grad((first * second).sum(), (a, b))
        assert len(seen) == 2 and all(gradient() is None for gradient in seen)


@pytest.mark.parametrize("mode", ["all", "any"])
@twin
def test_two_hooks_on_several_tensors_keep_apart(torch, mode):
    a, b, c = (torch.tensor([k], requires_grad=True) for k in (1.0, 2.0, 3.0))
    seen = []
    for name, tensors in (("ab", (a, b)), ("bc", (b, c)), ("c", (c,))):

        def note(gradients, name=name):
            seen.append((name, [g.tolist() for g in gradients] if mode == "all" else gradients.tolist()))

        torch.autograd.graph.register_multi_grad_hook(tensors, note, mode=mode)
    (a * b * c).sum().backward()
    return sorted(name for name, _ in seen), sorted(seen) if mode == "all" else None


@twin
def test_a_hook_on_tensors_some_of_which_want_no_gradient(torch):
    a, b = torch.ones(2, requires_grad=True), torch.ones(2)
    seen = []
    hook = torch.autograd.graph.register_multi_grad_hook
    refused = [raised(hook, tensors, seen.append) for tensors in ((a, b), (b,))]
    hook((b, a), lambda g: seen.append(g.tolist()), mode="any")
    (a * b * 3).sum().backward()
    return refused, seen


# ---- gradients that are retained, given, or changed by a hook --------------------------------------------------------


@twin
def test_a_retained_gradient_of_an_output_that_gets_none(torch):
    x = torch.arange(4.0).requires_grad_()
    parts = (x * 1).split(2)
    for part in parts:
        part.retain_grad()
    (parts[1] * 3).sum().backward()
    return [part.grad for part in parts], x.grad


@twin
def test_a_gradient_to_be_retained_by_a_tensor_that_is_gone(torch):
    x = torch.arange(4.0).requires_grad_()
    y = x * 2
    y.retain_grad()
    z = (y + 1).sum()
    del y
    z.backward()
    return x.grad


@twin
def test_a_whole_number_as_a_gradient_is_rounded_once(torch):
    """By way of float64 it would be rounded twice: to half way between two numbers of float32, and then down."""
    x = torch.ones(1, requires_grad=True)
    (x * 1).backward(torch.tensor([2**60 + 2**36 + 1]))
    (g,) = torch.autograd.grad(x * 1, x, torch.tensor([2**60 + 2**36 + 1]))
    return x.grad.tolist(), g.tolist()  # as numbers, that they are compared exactly


@pytest.mark.parametrize("kind", ["leaf", "result"])
@pytest.mark.parametrize("way", ["backward", "grad"])
@twin
def test_what_a_hook_must_not_change(torch, kind, way):
    said = []
    for change in (lambda g: g.double(), lambda g: g.sum(), lambda g: g[:1], lambda g: g * 2):
        x = torch.ones(2, requires_grad=True)
        y = x * 1
        (x if kind == "leaf" else y).register_hook(change)
        z = (y * 3).sum()
        call = z.backward if way == "backward" else lambda z=z, x=x: torch.autograd.grad(z, x)
        outcome = raised(call)
        said.append(outcome if outcome == "nothing" else (outcome, message(call).partition(" has ")[2].split("(")[0]))
    return said


@twin
def test_node_hooks_beside_a_recorded_gradient(torch):
    x = torch.tensor([0.5, 2.0], dtype=torch.float64, requires_grad=True)
    y = x**3
    y.grad_fn.register_hook(lambda inputs, outputs: None)
    y.grad_fn.register_prehook(lambda outputs: None)
    with contextlib.suppress(UserWarning):
        y.sum().backward(create_graph=True)
    (second,) = torch.autograd.grad(x.grad.sum(), x)
    return x.grad.requires_grad, second


@twin
def test_a_leafs_hook_beside_a_recorded_gradient_that_is_asked_for(torch):
    x = torch.tensor([0.5, 2.0], dtype=torch.float64, requires_grad=True)
    x.register_hook(lambda g: g * x)
    (first,) = torch.autograd.grad((x**3).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x)
    return first.requires_grad, first.detach(), second


@twin
def test_leaves_beside_those_that_are_asked_for(torch):
    found = []
    for k in range(3):
        leaves = [torch.ones(2, requires_grad=True) for _ in range(3)]
        (leaves[0] + leaves[1] + leaves[2]).sum().backward(inputs=[leaves[k]])
        found.append([x.grad for x in leaves])
    return found


@twin
def test_the_layout_of_a_gradient_that_came_in_another_one(torch):
    x, columns = torch.ones(2, 3, requires_grad=True), torch.arange(6.0).view(3, 2)
    (x * columns.T).sum().backward()
    return x.grad.is_contiguous(), x.grad.stride(), x.grad


@twin
def test_a_view_that_was_a_leaf_when_it_was_used(torch):
    base, factor = torch.zeros(4), torch.tensor([2.0], requires_grad=True)
    v = base[1:]
    v.requires_grad_()
    z, again = (v * 3).sum(), (v * 5).sum()
    again.backward()
    base.mul_(factor)
    return raised(z.backward), v.grad_fn is not None


# ---- Functions -------------------------------------------------------------------------------------------------------


@twin
def test_keywords_where_forward_has_no_ctx(torch):
    class Scaled(torch.autograd.Function):
        @staticmethod
        def forward(x, factor, power=2):
            return factor * x**power

        @staticmethod
        def setup_context(ctx, inputs, output):
            x, ctx.factor, ctx.power = inputs
            ctx.save_for_backward(x)

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * ctx.factor * ctx.power * x ** (ctx.power - 1), None, None

    x = torch.tensor([1.0, 3.0], requires_grad=True)
    found = [Scaled.apply(x, factor=5.0), Scaled.apply(x, power=3, factor=2.0), Scaled.apply(factor=2.0, x=x)]
    return [(y.detach(), *torch.autograd.grad(y.sum(), x)) for y in found]


def power_pair(torch):
    """x² and x³, of which the second is saved: its derivative is written with it."""

    class Pair(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            square, cube = x * x, x * x * x
            ctx.save_for_backward(x, cube)
            return square, cube

        @staticmethod
        def backward(ctx, f, g):
            x, cube = ctx.saved_tensors
            return f * 2 * x + g * 3 * cube / x

    return Pair


@twin
def test_the_second_of_two_outputs_is_saved(torch):
    x = torch.tensor([0.5, 2.0], dtype=torch.float64, requires_grad=True)
    square, cube = power_pair(torch).apply(x)
    saved = cube.grad_fn.saved_tensors[1]
    (first,) = torch.autograd.grad((square + 5 * cube).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x)
    return saved.output_nr, saved.grad_fn is cube.grad_fn, saved.detach(), first.detach(), second


def test_a_function_that_saves_its_output_holds_itself_by_nothing():
    x = minitorch.tensor([0.5, 2.0], requires_grad=True)
    with without_the_collector():
        square, cube = power_pair(minitorch).apply(x)
        seen = [weakref.ref(square), weakref.ref(cube), weakref.ref(cube.grad_fn)]
        del square, cube
        assert [reference() for reference in seen] == [None] * 3


@twin
def test_a_saved_output_that_has_no_gradient(torch):
    class Signed(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            sign = x.sign()
            ctx.mark_non_differentiable(sign)
            ctx.save_for_backward(sign)
            return x.abs(), sign

        @staticmethod
        def backward(ctx, g, _):
            (sign,) = ctx.saved_tensors
            wants.append(sign.requires_grad)
            return g * sign

    wants = []
    x = torch.tensor([-0.5, 2.0], requires_grad=True)
    size, sign = Signed.apply(x)
    (g,) = torch.autograd.grad((size * 3).sum(), x, create_graph=True)
    return wants, sign.requires_grad, g.detach()


# ---- hooks on what is saved ------------------------------------------------------------------------------------------


@twin
def test_hooks_that_pack_something_else_than_tensors_beside_changes_in_place(torch):
    x = torch.tensor([0.5, 1.5], dtype=torch.float64, requires_grad=True)
    hooks = torch.autograd.graph.saved_tensors_hooks(lambda t: ("packed", t), lambda packed: packed[1])
    with hooks:
        y = x * 1
        y.pow_(3)
    (g,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(g.sum(), x)
    return g.detach(), second


@twin
def test_what_a_pack_hook_sees_and_must_not_do(torch):
    x = torch.ones(2, requires_grad=True)
    y = x * 1
    y.add_(1)
    versions = []

    def note(t):
        versions.append(t._version)
        return t

    with torch.autograd.graph.saved_tensors_hooks(note, lambda t: t):
        y * y, y.exp()
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t.add_(1), lambda t: t):
        said = message(lambda: y * y).partition(".")[0]
    return versions, said


def test_an_array_of_an_operations_own_is_no_constant_behind_hooks_either():
    class Cube(minitorch.autograd.Op):
        def forward(self, x):
            self.save(x * x)
            return x * x * x

        def backward(self, g):
            (square,) = self.saved
            return 3 * square * g

    x = minitorch.tensor([2.0], requires_grad=True)
    for hooks in (contextlib.nullcontext(), minitorch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t)):
        with hooks:
            y = Cube()(x)
        assert minitorch.autograd.grad(y.sum(), x, retain_graph=True)[0].tolist() == [12.0]
        with pytest.raises(RuntimeError, match="cannot be differentiated twice"):
            minitorch.autograd.grad(y.sum(), x, create_graph=True)


@twin
def test_masks_and_indices_behind_hooks_twice(torch):
    x = torch.tensor([[0.5, -1.5, 2.0], [3.0, 0.25, -1.0]], dtype=torch.float64, requires_grad=True)
    index = torch.tensor([[2, 0], [1, 1]])
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t):
        parts = [
            torch.where(x > 0, x * x, x * x * x),
            (x**2).gather(1, index),
            (x**2).masked_fill(x < 0, 3.0),
            (x**2).max(1).values,
            torch.relu(x) ** 2,
        ]
        y = sum((part**2).sum() for part in parts)
    (g,) = torch.autograd.grad(y, x, create_graph=True)
    (second,) = torch.autograd.grad((g * g).sum(), x)
    return g.detach(), second


# ---- changes in place ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", "mul_ div_ pow_ atan2_ hypot_ fmod_ remainder_ xlogy_ ldexp_ add_".split())
@twin
def test_an_operand_that_is_overwritten_by_itself(torch, name):
    y = torch.tensor([2.0, 3.0], requires_grad=True) * 1
    getattr(y, name)(y)
    return raised(y.sum().backward), y.detach()


@twin
def test_a_leaf_that_was_changed_after_use(torch):
    """It is no leaf any more, whether it changed itself or a view of it did; one beside it gets its gradient."""
    found = []
    factor = torch.tensor([2.0], requires_grad=True)
    for change in (lambda x: x.mul_(factor), lambda x: x[:1].mul_(factor), lambda x: None):
        x = torch.ones(2, requires_grad=True)
        z = (x * 3).sum()
        x.requires_grad_(False)
        change(x)
        found.append(raised(z.backward))
    return found


@twin
def test_a_view_of_a_base_that_no_longer_wants_a_gradient(torch):
    base = torch.zeros(4)
    v = base[1:]
    found = []
    for flag in (True, False, True, False):
        base.requires_grad_(flag)
        found.append((v.requires_grad, (v * 2).requires_grad))
    return found


@twin
def test_a_hook_on_what_became_a_view_of_itself(torch):
    """It stays where it is when the values change alone."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    seen = []
    y.unsqueeze_(0)
    y.mul_(2)
    node = y.grad_fn
    y.register_hook(lambda g: seen.append(g.tolist()))
    with torch.no_grad():
        y.add_(1)
    is_the_same = y.grad_fn is node
    (y * y).sum().backward()
    return seen, is_the_same, x.grad


@twin
def test_memory_that_overlaps_in_dimensions_of_size_one_or_none(torch):
    x = torch.arange(12.0)
    rows = x.view(4, 3)
    pairs = {
        "another step where there is one row": (rows[::2][:1], rows[:1]),
        "the same step there": (rows[::2][:1], rows[::2][:1]),
        "nothing written": (x[2:8].view(2, 3)[1:1], x[1:4]),
        "side by side": (x[2:4], x[:2]),
        "side by side, the other way": (x[:2], x[2:4]),
    }
    return {name: raised(target.add_, source) for name, (target, source) in pairs.items()}, x


@twin
def test_all_pairs_of_one_list_are_refused(torch):
    a, b = torch.tensor([1, 2]), torch.tensor([3])
    return raised(torch.cartesian_prod, [a, b]), raised(torch.cartesian_prod, (a, b)), torch.cartesian_prod(a, b)


@twin
def test_one_of_several_views_that_became_a_view_of_itself(torch):
    """That is a change in place, which such views do not survive in a graph; without one they do."""
    x = torch.arange(4.0).requires_grad_()
    a, b = (x * 2).split(2)
    plain, _ = torch.arange(4.0).split(2)
    with torch.no_grad():
        a.unsqueeze_(0)
        plain.unsqueeze_(0)
    return raised(lambda: a.grad_fn), raised(lambda: a * 2), raised(lambda: b * 2), plain * 2, a.detach()
