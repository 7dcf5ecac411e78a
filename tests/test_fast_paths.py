"""Where a usual case goes a shorter way than the others: it must give what they give."""

import threading
import warnings

import numpy as np
import pytest
from twins import twin

import minitorch
from minitorch.nn import functional as F


def leaf(*shape, seed=0, dtype=np.float64):
    values = np.random.default_rng(seed).normal(size=shape).astype(dtype)
    return minitorch.from_numpy(values).requires_grad_()


# ---- NumPy's warnings ------------------------------------------------------------------------------------------------


def test_inf_and_nan_pass_silently_and_the_users_setting_stays():
    with np.errstate(all="raise"):
        before = np.geterr()
        x = leaf(3)
        optimizer = minitorch.optim.Adam([x], lr=float("inf"))
        (x.detach() / 0.0)
        y = (x.mul(0.0).log() * 1e200).exp().sum()
        y.backward()
        optimizer.step()
        optimizer.step()
        assert np.geterr() == before
        with pytest.raises(FloatingPointError):
            np.array([1.0]) / 0.0


def test_the_setting_is_back_after_an_error():
    class Fails(minitorch.autograd.Op):
        def forward(self, x):
            raise ZeroDivisionError

    with np.errstate(divide="raise", over="warn"):
        before = np.geterr()
        with pytest.raises(ZeroDivisionError):
            Fails()(leaf(1))
        x = leaf(2)
        x.register_hook(lambda g: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            (x * x).sum().backward()
        assert np.geterr() == before


def test_the_silence_is_one_threads_own():
    inside, go_on = threading.Event(), threading.Event()

    class Waits(minitorch.autograd.Op):
        def forward(self, x):
            inside.set()
            go_on.wait(10)
            return x

    thread = threading.Thread(target=Waits(), args=(leaf(1),))
    thread.start()
    inside.wait(10)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        np.array([1.0]) / 0.0
    go_on.set()
    thread.join()
    assert [w.category for w in caught] == [RuntimeWarning]


# ---- cross-entropy ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_cross_entropy_is_log_softmax_and_nll(reduction):
    x, target = leaf(5, 4), minitorch.tensor([0, 3, 1, 1, 2])
    weights = minitorch.from_numpy(np.random.default_rng(1).normal(size=(5, 4)))

    def derivatives(loss):
        loss = loss if reduction != "none" else (loss * loss).sum()
        (first,) = minitorch.autograd.grad(loss, x, create_graph=True)
        (second,) = minitorch.autograd.grad((first * weights).sum(), x, create_graph=True)
        (third,) = minitorch.autograd.grad((second * second).sum(), x)
        return [t.detach().numpy() for t in (loss, first, second, third)]

    one = F.cross_entropy(x, target, reduction=reduction)
    two = F.nll_loss(F.log_softmax(x, 1), target, reduction=reduction)
    assert one.grad_fn.name() == two.grad_fn.name() == "NllLossBackward0"
    for a, b in zip(derivatives(one), derivatives(two), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


def test_the_gradient_of_cross_entropy_is_p_minus_q():
    x, target = leaf(3, 4), minitorch.tensor([2, 0, 3])
    F.cross_entropy(x, target, reduction="sum").backward()
    q = np.eye(4)[target.numpy()]
    np.testing.assert_allclose(x.grad.numpy(), F.softmax(x, 1).detach().numpy() - q, rtol=1e-13, atol=1e-15)


@twin
def test_cross_entropy_of_other_targets(torch):
    x = torch.arange(12.0).reshape(3, 4).sin().requires_grad_()
    results = []
    for target, options in [
        (torch.tensor([0, -100, 3]), {}),
        (torch.tensor([0, 2, 3]), {"ignore_index": 2}),
        (torch.tensor([0, 2, 3], dtype=torch.uint8), {}),
        (torch.tensor([-100, -100, -100]), {"reduction": "sum"}),
    ]:
        loss = torch.nn.functional.cross_entropy(x, target, **options)
        results.append((loss, torch.autograd.grad(loss, x)[0]))
    for bad in ([0, 4, 1], [0, -1, 1]):
        with pytest.raises(IndexError):
            torch.nn.functional.cross_entropy(x, torch.tensor(bad))
    return results


def test_a_changed_graph_is_noticed_and_a_second_backward_refused():
    x = leaf(3, 4)
    loss = F.cross_entropy(x * 1, minitorch.tensor([2, 0, 3]))
    loss.backward()
    with pytest.raises(RuntimeError, match="second time"):
        loss.backward()


# ---- linear ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 15, 16, 17, 64, 65])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_linear_of_few_rows_and_wide_weights(rows, kind):
    x, w, b = leaf(rows, 520, dtype=kind), leaf(130, 520, seed=1, dtype=kind), leaf(130, seed=2, dtype=kind)
    g = np.random.default_rng(3).normal(size=(rows, 130)).astype(kind)
    y = F.linear(x, w, b)
    y.backward(minitorch.from_numpy(g))
    X, W = (t.detach().numpy().astype(np.float64) for t in (x, w))
    tolerance = {"rtol": 1e-4, "atol": 1e-4} if kind == np.float32 else {"rtol": 1e-12, "atol": 1e-11}
    assert y.is_contiguous() and y.numpy(force=True).dtype == kind
    np.testing.assert_allclose(y.numpy(force=True), X @ W.T + b.numpy(force=True), **tolerance)
    np.testing.assert_allclose(x.grad.numpy(), g @ W, **tolerance)
    np.testing.assert_allclose(w.grad.numpy(), g.T @ X, **tolerance)
    np.testing.assert_allclose(b.grad.numpy(), g.sum(0), **tolerance)


@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 3, 4), (0, 4), (2, 0, 4), (1030, 4)])
def test_the_bias_gets_the_sum_over_all_rows(shape):
    x, w, b = leaf(*shape), leaf(5, 4, seed=1), leaf(5, seed=2)
    y = F.linear(x, w, b)
    g = np.random.default_rng(3).normal(size=y.shape)
    y.backward(minitorch.from_numpy(g))
    np.testing.assert_allclose(b.grad.numpy(), g.reshape(-1, 5).sum(0), rtol=1e-12, atol=1e-12)
    assert b.grad.shape == b.shape and w.grad.shape == w.shape and x.grad.shape == x.shape


def test_a_bias_gradient_is_its_own():
    x, w, b = leaf(3, 4), leaf(5, 4, seed=1), leaf(5, seed=2)
    for factor in (1.0, 2.0):
        F.linear(x, w, b).sum().backward()
        assert b.grad.numpy().tolist() == [3.0 * factor] * 5


@twin
def test_linear_refuses_what_does_not_fit(torch):
    linear, ones = torch.nn.functional.linear, torch.ones
    for operands in [
        (ones(2, 3), ones(4, 5)),
        (ones(2, 3), ones(4, 3), ones(5)),
        (ones(2, 3), ones(4, 3, dtype=torch.float64)),
        (ones(2, 3), ones(4, 3), ones(4, dtype=torch.float64)),
    ]:
        with pytest.raises(RuntimeError):
            linear(*operands)
    with pytest.raises(TypeError):
        linear([[1.0]], ones(1, 1))
    return linear(ones(2, 3), ones(4, 3), ones(1)), linear(ones(3), ones(4, 3))
