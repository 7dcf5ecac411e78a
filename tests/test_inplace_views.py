"""In-place changes and views, as PyTorch's: never a silent wrong gradient."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from twins import message, name_of, raised, twin

import minitorch

# ---- version counters ------------------------------------------------------------------------------------------------


@twin
def test_every_change_counts_once(torch):
    x = torch.ones(2, 3)
    versions = [x._version]
    changes = [
        lambda: x.add_(1),
        lambda: x.mul_(2),
        lambda: x.zero_(),
        lambda: x.fill_(3.0),
        lambda: x.copy_(torch.ones(3)),
        lambda: x.__setitem__(0, 5.0),
        lambda: x.__setitem__((0, slice(None)), torch.zeros(3)),
        lambda: x.__iadd__(1),
        lambda: x.clamp_(0, 1),
        lambda: x.relu_(),
        lambda: x.exp_(),
        lambda: x.neg_(),
        lambda: x.uniform_(),
        lambda: x.normal_(),
        lambda: x.masked_fill_(x > 0, 1.0),
        lambda: x.T.add_(1),
        lambda: x[0].mul_(2),
        lambda: x.view(-1)[2:4].zero_(),
        lambda: x.detach().add_(1),
    ]
    for change in changes:
        change()
        versions.append(x._version)
    return versions


@twin
def test_reading_does_not_count(torch):
    x = torch.ones(2, 3)
    _ = x + 1, x.sum(), x[0], x.view(-1), x.clone(), x.numpy(), x.tolist(), x.detach(), x.T, x == 1
    return x._version


@twin
def test_views_share_the_counter(torch):
    x = torch.zeros(4, 3)
    views = [x[1], x.view(12), x.T, x[:, 1:], x.unsqueeze(0), x.expand(2, 4, 3), x.detach(), x[1].view(3, 1)]
    x.add_(1)
    views[0].add_(1)
    copies = [x.clone(), x + 0, x[[0, 1]]]
    return [v._version for v in views], [c._version for c in copies], x


@twin
def test_data_does_not_count(torch):
    x = torch.ones(2, requires_grad=True)
    y = x * 1
    z = y**2
    y.data.mul_(3)
    before = y._version
    z.sum().backward()
    return before, x.grad


@twin
def test_detach_counts(torch):
    x = torch.ones(2, requires_grad=True)
    y = x * 1
    z = y**2
    y.detach().mul_(3)
    return y._version, raised(z.sum().backward)


# ---- a saved tensor changed ------------------------------------------------------------------------------------------

SAVING = {
    "mul": lambda e, y: y * y.detach(),
    "pow": lambda e, y: y**2,
    "pow3": lambda e, y: y**3,
    "exp": lambda e, y: y.exp(),
    "log": lambda e, y: y.log(),
    "sqrt": lambda e, y: y.sqrt(),
    "tanh": lambda e, y: y.tanh(),
    "sigmoid": lambda e, y: y.sigmoid(),
    "relu": lambda e, y: y.relu(),
    "abs": lambda e, y: y.abs(),
    "div": lambda e, y: 1 / y,
    "sin": lambda e, y: y.sin(),
    "add": lambda e, y: y + 1,
    "sub": lambda e, y: y - 1,
    "neg": lambda e, y: -y,
    "sum": lambda e, y: y.sum(),
    "mean": lambda e, y: y.mean(),
    "prod": lambda e, y: y.prod(),
    "var": lambda e, y: y.var(),
    "norm": lambda e, y: y.norm(),
    "max": lambda e, y: y.max(),
    "max_dim": lambda e, y: y.max(0).values,
    "maximum": lambda e, y: e.maximum(y, y.detach() * 2),
    "where": lambda e, y: e.where(y.detach() > 1, y, 0.0),
    "clamp": lambda e, y: y.clamp(0, 1),
    "softmax": lambda e, y: y.softmax(0),
    "log_softmax": lambda e, y: y.log_softmax(0),
    "logsumexp": lambda e, y: y.logsumexp(0),
    "matmul": lambda e, y: y @ y.detach().T,
    "linear": lambda e, y: e.nn.functional.linear(y, e.ones(2, 3)),
    "index": lambda e, y: y[e.tensor([0, 1])],
    "gather": lambda e, y: y.gather(0, e.tensor([[0, 0, 1]])),
    "reshape": lambda e, y: y.reshape(3, 2),
    "transpose": lambda e, y: y.T * 1,
    "cat": lambda e, y: e.cat([y, y]),
    "cumsum": lambda e, y: y.cumsum(0),
    "mse": lambda e, y: e.nn.functional.mse_loss(y, e.ones(2, 3)),
    "cross_entropy": lambda e, y: e.nn.functional.cross_entropy(y, e.tensor([0, 1])),
    "bce": lambda e, y: e.nn.functional.binary_cross_entropy_with_logits(y, e.ones(2, 3)),
}


@pytest.mark.parametrize("changed", ["input", "output"])
@pytest.mark.parametrize("op", SAVING)
def test_changing_what_backward_needs(op, changed):
    """Raises exactly where torch raises; where it does not, the gradient is torch's."""
    results = []
    for engine in (torch, minitorch):
        x = engine.tensor([[0.5, 1.0, 2.0], [3.0, 0.2, 1.5]], requires_grad=True)
        y = x * 1
        z = SAVING[op](engine, y)
        loss = (z * 1).sum()
        with engine.no_grad():
            (y if changed == "input" else z).add_(1)
        try:
            loss.backward()
            results.append(x.grad.tolist())
        except RuntimeError as e:
            assert "modified by an inplace operation" in str(e)
            results.append("raises")
    ours, theirs = results[1], results[0]
    if ours == "raises" and theirs != "raises":
        pytest.fail("raises where torch does not")
    if theirs == "raises":
        # An op that saves less than torch's may get by: but then its gradient must be that of the unchanged values.
        if ours != "raises":
            x = torch.tensor([[0.5, 1.0, 2.0], [3.0, 0.2, 1.5]], requires_grad=True)
            SAVING[op](torch, x * 1).sum().backward()
            np.testing.assert_allclose(ours, x.grad.numpy(), rtol=1e-5)
    else:
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)


def test_the_message_names_the_op_and_the_versions():
    x = minitorch.ones(2, 3, requires_grad=True)
    y = x * 2
    z = y.exp()
    z.add_(1)
    z.add_(1)
    text = message(z.sum().backward)
    assert "modified by an inplace operation" in text
    assert "[2, 3]" in text and "ExpBackward0" in text and "version 2" in text and "expected version 0" in text


@twin
def test_a_leaf_saved_and_changed_under_no_grad(torch):
    x = torch.ones(2, requires_grad=True)
    w = torch.ones(2, requires_grad=True)
    y = (x * w).sum()
    with torch.no_grad():
        w.add_(1)
    return raised(y.backward), x.grad


@twin
def test_changes_before_saving_are_fine(torch):
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    y.add_(1)
    y.mul_(3)
    y[0] = 7.0
    (y**2).sum().backward()
    return y, x.grad


@twin
def test_changes_of_what_is_not_saved_are_fine(torch):
    x = torch.ones(2, requires_grad=True)
    y = x + 1
    z = y * 3
    y.zero_()
    z.sum().backward()
    return x.grad


# ---- leaves ----------------------------------------------------------------------------------------------------------


@twin
def test_a_leaf_is_not_changed_in_place(torch):
    x = torch.ones(2, 3, requires_grad=True)
    kinds = [
        lambda: x.add_(1),
        lambda: x.mul_(2),
        lambda: x.zero_(),
        lambda: x.fill_(1.0),
        lambda: x.copy_(torch.ones(2, 3)),
        lambda: x.__setitem__(0, 1.0),
        lambda: x.__iadd__(1),
        lambda: x[0].add_(1),
        lambda: x.view(-1).zero_(),
        lambda: x.T.mul_(2),
        lambda: x[:, 1].__setitem__(0, 2.0),
        lambda: x.uniform_(),
        lambda: x.relu_(),
        lambda: x.copy_(torch.ones(2, 3, requires_grad=True)),
        lambda: x[0][1].fill_(2.0),
    ]
    return [raised(k) for k in kinds], x, x._version


@twin
def test_leaves_may_be_changed_under_no_grad(torch):
    x = torch.ones(2, 3, requires_grad=True)
    with torch.no_grad():
        x.add_(1)
        x[0] = 5.0
        x.view(-1)[3:].mul_(2)
        x -= 1
        x.T[0].zero_()
        x.copy_(x * 2)
    (x**2).sum().backward()
    return x, x.requires_grad, x.is_leaf, x._version, x.grad


@twin
def test_an_optimizer_step_by_hand(torch):
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    for _ in range(3):
        (w**2).sum().backward()
        with torch.no_grad():
            w -= 0.1 * w.grad
        w.grad.zero_()
    v = torch.tensor([1.0, 2.0], requires_grad=True)
    (v**3).sum().backward()
    v.data -= 0.1 * v.grad.data
    v.data.clamp_(0, 1)
    return w, w.grad, v


@twin
def test_a_plain_tensor_becomes_part_of_the_graph(torch):
    x = torch.ones(3, requires_grad=True)
    y = torch.zeros(2, 3)
    before = y.requires_grad, y.is_leaf
    y[0] = x * 2
    y.add_(x)
    y.sum().backward()
    return before, y.requires_grad, y.is_leaf, y, x.grad


@twin
def test_requires_grad_on_a_view_of_a_plain_tensor(torch):
    x = torch.zeros(2, 3)
    v = x[0].requires_grad_()
    (v * 2).sum().backward()
    return v.is_leaf, v.grad, x.requires_grad, raised(v.add_, 1)


# ---- views -----------------------------------------------------------------------------------------------------------

VIEWS = {
    "row": lambda x: x[1],
    "element": lambda x: x[1, 2],
    "slice": lambda x: x[:, 1:],
    "step": lambda x: x[::2, ::2],
    "view": lambda x: x.view(12),
    "reshape": lambda x: x.reshape(2, 6),
    "flatten": lambda x: x.flatten(),
    "transpose": lambda x: x.T,
    "permute": lambda x: x.permute(1, 0),
    "unsqueeze": lambda x: x.unsqueeze(1),
    "squeeze": lambda x: x.unsqueeze(1).squeeze(1),
    "narrow": lambda x: x.narrow(1, 1, 2),
    "select": lambda x: x.select(1, -1),
    "ellipsis": lambda x: x[..., 0],
    "none": lambda x: x[None, :, 2],
    "chained": lambda x: x.T[1:].T.unsqueeze(0)[0][:, 0],
    "chained2": lambda x: x.view(2, 6)[1].view(3, 2)[:, 1],
    "movedim": lambda x: x.movedim(0, 1),
    "unflatten": lambda x: x.unflatten(1, (2, 2)),
    "detached": lambda x: x.detach()[0],
}
CHANGES = {
    "mul": lambda v, s: v.mul_(2),
    "add": lambda v, s: v.add_(s.sum()),
    "exp": lambda v, s: v.exp_(),
    "zero": lambda v, s: v.zero_(),
    "set": lambda v, s: v.__setitem__(..., s.sum()),
    "copy": lambda v, s: v.copy_((s * s).sum()),
    "twice": lambda v, s: v.mul_(3).add_(s[0]),
    "sigmoid": lambda v, s: v.sigmoid_(),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("view", VIEWS)
def test_changing_a_view_changes_the_base(view, change):
    """Values, versions and gradients of base, view and source after an in-place change of the view."""

    @twin
    def snippet(torch):
        x = torch.arange(12.0).reshape(3, 4).div(10).requires_grad_()
        s = torch.tensor([0.5, -1.0], requires_grad=True)
        base = x * 2
        v = VIEWS[view](base)
        CHANGES[change](v, s)
        weights = torch.arange(12.0).reshape(3, 4) - 5
        ((base * weights).sum() + (v * v).sum()).backward()
        return base, v, x.grad, s.grad, base._version, v._version, v.requires_grad, base.requires_grad

    snippet()


@pytest.mark.parametrize("view", [v for v in VIEWS if v != "detached"])
def test_changing_the_base_changes_the_view(view):
    """A view made before the change has the new values and the new history."""

    @twin
    def snippet(torch):
        x = torch.arange(12.0).reshape(3, 4).div(10).requires_grad_()
        base = x * 2
        v = VIEWS[view](base)
        before = name_of(v)
        base.mul_(3).exp_()
        w = VIEWS[view](base)
        ((v * 2).sum() + (w * w).sum()).backward()
        return v, w, x.grad, before is None, v.requires_grad, v.is_leaf

    snippet()


@pytest.mark.parametrize("change", CHANGES)
def test_two_views_of_one_base(change):
    @twin
    def snippet(torch):
        x = torch.arange(12.0).reshape(3, 4).div(10).requires_grad_()
        s = torch.tensor([0.5, -1.0], requires_grad=True)
        base = x * 2
        rows, columns = base[1:], base[:, :2]
        CHANGES[change](rows, s)
        columns.mul_(2)
        CHANGES[change](columns[1], s)
        loss = rows.sum() + (columns**2).sum() + base.sum() * 0.5
        return raised(loss.backward), base, rows, columns, x.grad, s.grad  # exp and sigmoid saved what was overwritten

    snippet()


@twin
def test_a_view_of_a_plain_base_that_gets_history(torch):
    x = torch.ones(3, requires_grad=True)
    base = torch.zeros(2, 3)
    row, other = base[0], base[1]
    row.add_(x * 2)
    flags = base.requires_grad, row.requires_grad, other.requires_grad, name_of(row) is not None
    (base.sum() + row.sum() * 2 + other.sum() * 5).backward()
    return flags, base, x.grad


@twin
def test_views_know_their_base(torch):
    x = torch.zeros(2, 3)
    return [
        t._is_view() for t in (x, x[0], x.T, x + 1, x.view(6), x.clone(), x[[0]], x.expand(2, 2, 3), x.contiguous())
    ], x[0]._base is x


@twin
def test_memory_is_shared(torch):
    x = torch.zeros(2, 3)
    for k, v in enumerate((x[0], x.view(6)[3:], x.T[1], x.detach()[1], x.data[0])):
        v += k + 1
    y = torch.from_numpy(x.numpy())
    y[0, 0] = 100.0
    x.numpy()[1, 1] = -100.0
    return x, y


@twin
def test_expanded_memory_is_not_written(torch):
    x = torch.zeros(1, 3).expand(2, 3)
    return raised(x.add_, 1), raised(x[:, :2].mul_, 2), raised(x.exp_), x


@twin
def test_expanded_memory_takes_one_value_for_all(torch):
    x = torch.zeros(1, 3).expand(2, 3)
    x.fill_(2.0)
    filled = x.clone()
    x.zero_()
    x[0] = torch.tensor([1.0, 2.0, 3.0])  # a part that repeats nothing
    refused = [raised(x.__setitem__, (slice(None), 0), 1.0), raised(x.copy_, torch.ones(3)), raised(x.add_, 1)]
    y = torch.ones(1, 2, requires_grad=True) * 1
    z = y.expand(2, 2)
    z.fill_(3.0)
    refused.append(raised(filled.expand(2, 2, 3).fill_, torch.tensor(4.0)))
    return filled, x, refused, y, z, raised(y.sum().backward), torch.ones(1, 1).expand(1, 0).add_(3)


def test_expanded_memory_is_not_picked_from_for_writing():
    """torch still writes here, with a warning that it will not do so for long."""
    x = minitorch.zeros(1, 3).expand(2, 3)
    changes = [lambda: x.masked_fill_(x == 0, 1.0), lambda: x.__setitem__(x == 0, 1.0)]
    assert [raised(c) for c in changes] == ["RuntimeError"] * 2


@twin
def test_views_made_under_no_grad(torch):
    x = torch.ones(2, 3, requires_grad=True)
    base = x * 2
    with torch.no_grad():
        v = base[0]
    # PyTorch calls the view one that requires a gradient, yet lets none through.
    return raised(v.mul_, 2), v.requires_grad, base, raised((base * 1).sum().backward)


@twin
def test_views_of_leaves_made_under_no_grad(torch):
    x = torch.ones(2, 3, requires_grad=True)
    with torch.no_grad():
        v = x[0]
        v.mul_(3)
    return x, raised(v.mul_, 2)


@twin
def test_outputs_of_multi_view_functions(torch):
    x = torch.ones(4, 3, requires_grad=True)
    base = x * 2
    refused = [
        raised(part.mul_, 2) for part in (base.split(2)[0], base.chunk(2)[1], base.unbind(0)[0], base.split([1, 3])[1])
    ]
    with torch.no_grad():
        base.split(2)[0].mul_(3)
    return refused, base, [p.requires_grad for p in base.unbind(1)]


@twin
def test_in_place_through_iteration(torch):
    base = torch.zeros(2, 3)
    for k, row in enumerate(base):
        row += k
    a, b = base
    b[0] = 9.0
    return base, raised(next(iter(torch.ones(2, 2, requires_grad=True) * 1)).add_, 1)


@twin
def test_a_chain_of_in_place_ops(torch):
    x = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64, requires_grad=True)
    y = x.clone()
    y.mul_(2).add_(1)
    y[1:].mul_(y[0].clone())
    y[0] = y[1].clone() * y[2].clone()
    y.sigmoid_()
    y.sum().backward()
    return y, x.grad


@twin
def test_in_place_results_differentiated_twice(torch):
    x = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64, requires_grad=True)
    y = x.clone()
    y[1:] *= y[0].clone()
    y.exp_()
    (g,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    return g, torch.autograd.grad((g**2).sum(), x)


@twin
def test_rnn_like_buffer(torch):
    """Fill the rows of a buffer step by step, each from the one before."""
    w = torch.tensor([[0.5, -0.2], [0.1, 0.9]], dtype=torch.float64, requires_grad=True)
    states = torch.zeros(5, 2, dtype=torch.float64)
    states[0] = 1.0
    for k in range(4):
        states[k + 1] = torch.tanh(w @ states[k].clone())
    states.sum().backward()
    return states, w.grad


@twin
def test_reading_a_row_that_is_overwritten_later(torch):
    """The row is saved as a view of the buffer, so filling the next row must be noticed."""
    w = torch.tensor([[0.5, -0.2], [0.1, 0.9]], requires_grad=True)
    states = torch.zeros(3, 2)
    states[0] = 1.0
    for k in range(2):
        states[k + 1] = torch.tanh(w @ states[k])
    return raised(states.sum().backward)


@twin
def test_an_in_place_op_with_itself(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    z = x * 1
    z.add_(z)
    w = x * 1
    w += w.flip(0)
    return z, w, torch.autograd.grad(z.sum(), x, retain_graph=True), torch.autograd.grad(w.sum(), x)


@twin
def test_overlapping_copies(torch):
    x = torch.arange(6.0)
    x[1:] = x[:-1].clone()
    y = torch.arange(6.0)
    y[:3] += y[3:]
    z = torch.arange(4.0).reshape(2, 2)
    z += z.T.clone()
    return x, y, z
