"""In-place forms that change a tensor's shape: ``unsqueeze_`` and its kin, as PyTorch has them, views included."""

from __future__ import annotations

import pytest
import torch as pytorch
from twins import raised, twin

import minitorch

FORMS = {
    "squeeze_": lambda x: x.squeeze_(),
    "squeeze_ dim": lambda x: x.squeeze_(0),
    "squeeze_ none": lambda x: x.squeeze_(1),
    "unsqueeze_": lambda x: x.unsqueeze_(-1),
    "transpose_": lambda x: x.transpose_(0, 1),
    "swapaxes_": lambda x: x.swapaxes_(-1, 0),
    "swapdims_": lambda x: x.swapdims_(0, 2),
}


@pytest.mark.parametrize("form", FORMS)
@twin
def test_value_version_and_gradient(torch, form):
    x = torch.arange(6.0, requires_grad=True)
    y = (x * x).view(1, 2, 3).clone()
    version = y._version
    result = FORMS[form](y)
    assert result is y
    weights = torch.arange(1.0, 7.0).reshape(y.shape)
    (y * weights).sum().backward()
    return y, y.shape, y._version - version, y.requires_grad, y.is_leaf, x.grad


@twin
def test_t_of_a_matrix_and_of_a_vector(torch):
    x = torch.arange(6.0).reshape(2, 3)
    v = torch.arange(3.0)
    return x.t_(), v.t_(), raised(torch.zeros(1, 1, 1).t_), raised(lambda: torch.zeros(2).unsqueeze_(3))


@twin
def test_views_made_before_and_after_share_memory_and_history(torch):
    x = torch.arange(6.0, requires_grad=True)
    y = x * 3
    before = y[1:4]
    y.unsqueeze_(0)
    after = y[0, 2:]
    before.mul_(2)
    after.add_(x[:4] * 10)
    weights = torch.arange(1.0, 7.0)
    (y * weights).sum().backward(retain_graph=True)
    first = x.grad.clone()
    (before * 7).sum().backward()
    return y, before, after, first, x.grad


@twin
def test_a_view_whose_shape_changes_keeps_its_base(torch):
    x = torch.arange(6.0, requires_grad=True)
    base = x * 1
    view = base.view(2, 3)[1]
    view.unsqueeze_(1)
    view.mul_(5)
    view.squeeze_().add_(1)
    (base * torch.arange(1.0, 7.0)).sum().backward()
    return base, view, x.grad, view._base is base


@twin
def test_what_has_no_history_just_changes_shape(torch):
    x = torch.zeros(2, 3)
    row = x[0]
    x.t_()
    row.add_(torch.tensor([1.0, 2.0, 3.0]))
    x[1] += 10
    with torch.no_grad():
        x.unsqueeze_(0)
    x.requires_grad_()
    (x * 2).sum().backward()
    return x, row.detach(), x.grad, x.is_leaf


@twin
def test_saved_before_is_out_of_date(torch):
    """PyTorch counts a change of shape as a change."""
    x = torch.ones(3, requires_grad=True)
    y = x.exp()
    y.unsqueeze_(0)
    return raised(y.sum().backward)


@twin
def test_a_change_that_is_not_recorded_leaves_the_history_as_it_is(torch):
    x = torch.ones(3, requires_grad=True)
    y = x.sum()
    y.unsqueeze_(0)
    node = y.grad_fn
    z = y.sum().sin()
    with torch.no_grad():
        y[...] = 0.5
    (grad,) = torch.autograd.grad(z, y)
    return y.grad_fn is node, grad, y.detach()


@twin
def test_a_view_among_several_changes_its_shape_without_gradients(torch):
    x = torch.tensor([1.0, 2.0])
    part = x.unbind(0)[0]
    part.unsqueeze_(0)
    y = torch.ones(2, requires_grad=True) * 2
    return part, raised(y.unbind(0)[0].unsqueeze_, 0)


def test_retained_gradients_have_the_new_shape():
    """In PyTorch the wish stays with what the tensor was, so that its ``.grad`` has another shape than itself."""
    x = minitorch.ones(3, requires_grad=True)
    y = x * 2
    y.retain_grad()
    y.unsqueeze_(0)
    (y * minitorch.tensor([[1.0, 2.0, 3.0]])).sum().backward()
    assert y.grad.tolist() == [[1.0, 2.0, 3.0]] and x.grad.tolist() == [2.0, 4.0, 6.0]


def test_leaves_that_require_a_gradient_are_refused():
    for torch in (minitorch, pytorch):
        x = torch.ones(3, requires_grad=True)
        assert raised(lambda: x.unsqueeze_(0)) == "RuntimeError"  # noqa: B023
        assert raised(lambda: x[:2].unsqueeze_(0)) == "RuntimeError"  # noqa: B023
    with minitorch.no_grad(), pytest.raises(NotImplementedError, match="leaf"):
        minitorch.ones(3, requires_grad=True).unsqueeze_(0)
