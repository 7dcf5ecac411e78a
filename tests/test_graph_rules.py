"""Rules of the walk that show only in company: several leaves, hooks beside create_graph, views beside their bases."""

from __future__ import annotations

import warnings

import pytest
from twins import raised, twin

import minitorch

# ---- where gradients are added up ------------------------------------------------------------------------------------


@twin
def test_recorded_and_ordinary_gradients_add_up(torch):
    found = []
    for order in ((False, True), (True, False), (True, True)):
        x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
        for create_graph in order:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # PyTorch: the graph holds itself
                (x**3).sum().backward(create_graph=create_graph)
        (second,) = torch.autograd.grad(x.grad.sum(), x)
        found.append((x.grad.detach(), x.grad.requires_grad, second))
    return found


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_gradient_is_the_leafs_own(create_graph, torch=minitorch):
    """Neither the one that was given, nor another leaf's, nor a part of the same array. (In PyTorch x and y share.)"""
    x, y = torch.ones(4, requires_grad=True), torch.ones(4, requires_grad=True)
    v = torch.arange(4.0).view(2, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (x.view(2, 2) + y.view(2, 2)).backward(v, create_graph=create_graph)
        z = torch.ones(2, 2, requires_grad=True)
        (z + 0).backward(v, create_graph=create_graph)
    with torch.no_grad():
        x.grad.add_(10)
        z.grad.mul_(0)
    assert x.grad.tolist() == [10.0, 11.0, 12.0, 13.0] and y.grad.tolist() == [0.0, 1.0, 2.0, 3.0]
    assert z.grad.tolist() == [[0.0, 0.0], [0.0, 0.0]] and v.tolist() == [[0.0, 1.0], [2.0, 3.0]]


@twin
def test_a_leaf_that_no_longer_wants_a_gradient_is_passed_over(torch):
    leaves = [torch.full((2,), float(k), requires_grad=True) for k in (2, 3, 5, 7)]
    z = (leaves[0] * leaves[1] * leaves[2] * leaves[3]).sum()
    for k in (1, 2):
        leaves[k].requires_grad_(False)
    z.backward()
    return [leaf.grad for leaf in leaves]


@twin
def test_gradients_of_another_dtype_with_a_graph(torch):
    class Wide(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g.double() * 3 * x.double() ** 2

    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (g,) = torch.autograd.grad(Wide.apply(x * 1).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(g.sum(), x)
    return g.detach(), second, torch.is_grad_enabled()


@twin
def test_a_gradient_given_in_another_dtype_or_shape(torch):
    x = torch.ones(2, 3, requires_grad=True)
    y = x * 2
    wrong = (torch.ones(2, 3, dtype=torch.int64), torch.ones(3), torch.ones(3, 2), torch.ones(6))
    return [raised(torch.autograd.grad, y, x, v, retain_graph=True) for v in wrong]


# ---- inputs= and what runs -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["backward", "grad"])
@twin
def test_which_nodes_run_for_an_inner_tensor(torch, way):
    seen = []
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    y.grad_fn.register_hook(lambda after, before: seen.append("y's node"))
    y.register_hook(lambda g: seen.append("y"))
    z = (y * 3).sum()
    z.grad_fn.register_hook(lambda after, before: seen.append("sum"))
    if way == "backward":
        z.backward(inputs=[y])
        return seen, y.grad, x.grad
    return seen, torch.autograd.grad(z, y), x.grad, seen


def test_a_walk_inside_a_walk(torch=minitorch):
    """A hook that runs a backward of its own; what waits for several tensors of the outer walk is called all the same.

    (PyTorch forgets the outer walk's: it counts the calls of both as one.)
    """
    seen = []
    x, y, w = (torch.full((2,), float(k), requires_grad=True) for k in (1, 2, 3))
    torch.autograd.graph.register_multi_grad_hook((x, w, y), lambda gs: seen.append([g is not None for g in gs]))
    z = x * 2

    def inner_walk(g):
        with torch.enable_grad():
            (w * 2).sum().backward()

    z.register_hook(inner_walk)
    (z * y).sum().backward()
    (z.detach() * y).sum().backward()
    assert seen == [[False, True, False], [True, False, True], [False, False, True]]
    assert [t.grad.tolist() for t in (x, y, w)] == [[4.0, 4.0], [4.0, 4.0], [2.0, 2.0]]


@twin
def test_several_tensors_hook_twice(torch):
    seen = []
    x, y, z = (torch.full((2,), float(k), requires_grad=True) for k in (1, 2, 3))
    handle = torch.autograd.graph.register_multi_grad_hook(
        (x, y, z), lambda gs: seen.append([None if g is None else g.tolist() for g in gs])
    )
    out = (x * y).sum()
    out.backward(retain_graph=True)
    out.backward(retain_graph=True)
    (x * y * z).sum().backward()
    handle.remove()
    out.backward()
    return seen


# ---- hooks beside create_graph ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["tensor", "node", "before the node"])
@pytest.mark.parametrize("create_graph", [False, True])
@twin
def test_what_a_hook_returns_is_recorded(torch, kind, create_graph):
    x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    y = x * 1
    z = y**2
    if kind == "tensor":
        z.register_hook(lambda g: g * x)
    elif kind == "node":
        z.grad_fn.register_hook(lambda after, before: (after[0] * x,))
    else:
        z.grad_fn.register_prehook(lambda before: (before[0] * x,))
    (g,) = torch.autograd.grad(z.sum(), x, create_graph=create_graph)
    second = torch.autograd.grad(g.sum(), x)[0] if create_graph else None
    return g.detach(), g.requires_grad, second


# ---- views beside their bases ----------------------------------------------------------------------------------------


@twin
def test_a_view_whose_base_changed_is_a_root(torch):
    x = torch.ones(4, requires_grad=True)
    y = x * 2
    v = y[1:]
    y.mul_(3)
    v.backward(torch.arange(3.0))
    return x.grad


@twin
def test_a_changed_part_cannot_be_walked_twice(torch):
    x = torch.ones(4, requires_grad=True)
    found = []
    for change in (lambda v: v.mul_(3), lambda v: v.add_(3), lambda v: v.zero_(), lambda v: v.copy_(x[1:])):
        y = x + 2
        change(y[1:])
        z = y.sum()
        z.backward()
        found += [raised(z.backward), x.grad.clone()]
    return found


@twin
def test_parts_that_overlap(torch):
    """Which changes in place are refused because both sides share memory."""

    def fresh():
        return torch.arange(8.0)

    def tried(change):
        x = fresh()
        return raised(change, x), x

    return [
        tried(lambda x: x.view(1, 8).add_(x)),
        tried(lambda x: x[None, :].add_(x.view(1, 8))),
        tried(lambda x: x[:, None].add_(x.view(8, 1))),
        tried(lambda x: x.view(2, 1, 4).add_(x.view(2, 4)[:, None])),
        tried(lambda x: x[:4].add_(x[1:5])),
        tried(lambda x: x[:4].add_(x[4:])),
        tried(lambda x: x[1:5].add_(x[:4])),
        tried(lambda x: x[0:0].add_(x[1:1])),
        tried(lambda x: x.view(2, 4).T.add_(x.view(4, 2))),
        tried(lambda x: x[::7].add_(x[8:])),
        tried(lambda x: x[4:6].add_(x[4:5])),
    ]


@twin
def test_parts_with_gaps_are_let_pass(torch):
    x, y, z = torch.arange(8.0), torch.arange(6.0), torch.arange(9.0).view(3, 3)
    return [
        raised(x[::2].copy_, x[:4]),
        raised(y[::3].mul_, y[2:4]),
        raised(z[:, 0].mul_, z[0, 1:2]),
        raised(z[:2, :2].copy_, z[1:, 1:]),
    ]


# ---- in place beside saved_tensors_hooks -----------------------------------------------------------------------------


@twin
def test_what_a_change_in_place_needs_is_packed_as_it_was(torch):
    x = torch.tensor([0.5, 1.5], dtype=torch.float64, requires_grad=True)
    packed, unpacked = [], []

    def pack(t):
        packed.append(t.tolist())
        return t

    def unpack(t):
        unpacked.append(t.tolist())
        return t.clone()

    with torch.autograd.graph.saved_tensors_hooks(pack, unpack):
        y = x * 1
        y.pow_(3)
        z = x.exp()
        z.mul_(x)
    (g,) = torch.autograd.grad((y + z).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(g.sum(), x)
    return g.detach(), second


# ---- decorators, names, warnings -------------------------------------------------------------------------------------


@twin
def test_decorated_functions_keep_their_keywords(torch):
    @torch.no_grad()
    def plain(x, *, factor=1.0):
        return x * factor

    @torch.no_grad()
    def one_by_one(x, *, factor=1.0):
        yield x * factor
        yield x * factor**2

    x = torch.ones(2, requires_grad=True)
    return plain(x, factor=3.0), list(one_by_one(x, factor=3.0)), (x * 2).requires_grad


@twin
def test_variables_want_no_gradient_unless_told(torch):
    x = torch.ones(2)
    make = torch.autograd.Variable
    return make(x).requires_grad, make(x, requires_grad=True).requires_grad, isinstance(make(x), torch.Tensor)


def test_a_node_tells_itself_from_another():
    x = minitorch.ones(2, requires_grad=True)
    a, b = (x * 2).grad_fn, (x * 2).grad_fn
    assert repr(a) == f"<MulBackward0 object at {hex(id(a))}>" != repr(b)


@twin
def test_warnings_point_at_the_callers_line(torch):
    x = torch.ones(2, requires_grad=True)
    calls = (
        lambda: torch.autograd.detect_anomaly(),
        lambda: torch.autograd.grad((x * 2).sum(), x, only_inputs=False),
        lambda: torch.autograd.backward((x * 2), grad_variables=torch.ones(2)),
    )
    found = []
    for call in calls:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            call()
        found += [
            (str(w.message).partition(". ")[0].rstrip("."), w.category.__name__, w.filename == __file__) for w in caught
        ]
    return found


def inner(x):
    return minitorch.sqrt(x)


def test_both_lines_of_a_second_derivative():
    """A nan in the backward of a backward: the note names what recorded it, and in which backward."""
    x = minitorch.tensor([0.0], requires_grad=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with minitorch.autograd.detect_anomaly(), pytest.raises(RuntimeError) as error:
            (g,) = minitorch.autograd.grad(inner(x).sum(), x, create_graph=True)
            minitorch.autograd.grad((g * 0).sum(), x)
    notes = error.value.__notes__
    assert any("That was in the backward of SqrtBackward0" in note and "in inner" in note for note in notes), notes
    (text,) = [str(w.message) for w in caught if "Error detected in" in str(w.message)]
    before, _, after = text.partition("\nPrevious calculation was induced by SqrtBackward0:\n")
    assert before.startswith("Error detected in ") and "in inner" in after and "in inner" not in before


def test_an_error_without_a_recorded_forward_says_so():
    class Breaks(minitorch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            raise ValueError("broken")

    y = Breaks.apply(minitorch.ones(2, requires_grad=True)).sum()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with minitorch.autograd.detect_anomaly(), pytest.raises(ValueError, match="broken") as error:
            y.backward()
    assert error.value.__notes__[0] == (
        "Error detected in BreaksBackward. No forward pass information available. Enable detect anomaly during forward "
        "pass for more information."
    )
