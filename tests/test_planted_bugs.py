"""Do the checks catch anything? Each kind of bug is planted, and the checks that must catch it must fail.

Which checks let a bug pass is asserted as well: that shows why there is more than one of them.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import test_inplace_views
import test_op_table as table
import torch

import minitorch
from minitorch.autograd.gradcheck import GradcheckError, gradcheck, gradgradcheck
from minitorch.autograd.op import Op
from minitorch.ops import exp, log, reshape
from minitorch.testing.optable.core import Bad, Entry, bad, given, s, t

CHECKS: dict[str, Callable[[Entry], None]] = {
    "value": lambda e: table.test_value(e, "float32"),
    "gradient": lambda e: [table.test_gradient(e, d) for d in ("float32", "float64")],
    "layout": table.test_layout,
    "gradcheck": table.test_gradcheck,
    "gradgradcheck": table.test_gradgradcheck,
    "second_gradient": table.test_second_gradient,
    "refused": lambda e: table.test_refused_dtype(e, "bool"),
    "bad_input": lambda e: table.test_bad_input(e, 0),
}
FIRST = {"gradient", "layout", "gradcheck"}
SECOND = {"gradgradcheck", "second_gradient"}


def caught_by(entry: Entry, names: set[str]) -> set[str]:
    """The checks among `names` that fail for `entry`."""
    found = set()
    for name in names:
        try:
            CHECKS[name](entry)
        except (AssertionError, pytest.fail.Exception):
            found.add(name)
    return found


def planted(samples: list[Any], theirs: Callable, ours: Callable, **options: Any) -> Entry:
    options = {"dtypes": ("float32", "float64"), "node": "", **options}
    return Entry("planted", samples, call=lambda engine: ours if engine is minitorch else theirs, **options)


UNARY = [s(t(3, 4, low=0.3, high=2.0)), s(t(2, 1, 3, low=0.3, high=2.0))]


class Exp(Op):
    """The sound op that the bugs below are planted in."""

    def forward(self, x):
        z = np.exp(x)
        self.save(z)
        return z

    def backward(self, g):
        (z,) = self.saved
        return g * z


def test_a_sound_op_passes_everything():
    entry = planted(UNARY, torch.exp, lambda x: Exp()(x), node=None)
    assert caught_by(entry, {"value", *FIRST, *SECOND}) == set()


# ---- wrong results ---------------------------------------------------------------------------------------------------


class WrongValue(Exp):
    def forward(self, x):
        return super().forward(x) * (1 + 1e-4)


class WrongDtype(Exp):
    def forward(self, x):
        return super().forward(x).astype(np.float64)


class WrongShape(Exp):
    def forward(self, x):
        return super().forward(x)[None]


class SpoilsItsInput(Exp):
    def forward(self, x):
        z = super().forward(x)
        x *= 2
        return z


class WritesToTheInput(Exp):
    def forward(self, x):
        np.exp(x, out=x)
        self.save(x)
        return x


class Warns(Exp):
    def forward(self, x):
        warnings.warn("divide by zero", RuntimeWarning, stacklevel=1)
        return super().forward(x)


@pytest.mark.parametrize("broken", [WrongValue, WrongDtype, WrongShape, SpoilsItsInput, WritesToTheInput, Warns])
def test_wrong_results(broken):
    assert caught_by(planted(UNARY, torch.exp, lambda x: broken()(x)), {"value"}) == {"value"}


def test_an_alias_where_a_copy_is_due():
    class Alias(Op):
        def forward(self, x):
            return x

        def backward(self, g):
            return g

    assert caught_by(planted(UNARY, torch.clone, lambda x: Alias()(x)), {"value", "gradcheck"}) == {"value"}


def test_a_copy_where_a_view_is_due():
    entry = planted([s(t(3, 4))], lambda x: x.view(12), lambda x: x.clone().view(12))
    assert caught_by(entry, {"value", "gradcheck"}) == {"value"}


def test_a_result_that_depends_on_the_layout():
    class MemoryOrder(Exp):
        def forward(self, x):
            return super().forward(x.ravel("K").reshape(x.shape))

    entry = planted(UNARY, torch.exp, lambda x: MemoryOrder()(x))
    assert caught_by(entry, {"value", *FIRST}) == {"layout"}


# ---- wrong gradients -------------------------------------------------------------------------------------------------


class WrongSign(Exp):
    def backward(self, g):
        return -super().backward(g)


class WrongFactor(Exp):
    def backward(self, g):
        return super().backward(g) * 2


class SlightlyWrongFactor(Exp):
    def backward(self, g):
        return super().backward(g) * 1.01


class NoGradient(Exp):
    def backward(self, g):
        return None


class ForgetsTheCotangent(Exp):
    def backward(self, g):
        return g * 0 + self.saved[0]


class ReversedGradient(Exp):
    def backward(self, g):
        return reshape(super().backward(g), (-1,))[
            [*range(g.size if isinstance(g, np.ndarray) else g.numel())][::-1]
        ].reshape(g.shape)


@pytest.mark.parametrize(
    "broken", [WrongSign, WrongFactor, SlightlyWrongFactor, NoGradient, ForgetsTheCotangent, ReversedGradient]
)
def test_wrong_gradients(broken):
    entry = planted(UNARY, torch.exp, lambda x: broken()(x))
    assert caught_by(entry, {"value", *FIRST}) == FIRST


class Linear(Op):
    """z = x·W + b, with a square W so that a transposed gradient has the right shape."""

    def forward(self, x, w, b):
        self.save(x, w)
        return x @ w + b

    def backward(self, g):
        x, w = self.saved
        return g @ w.T, x.T @ g, g


class TransposedWeight(Linear):
    def backward(self, g):
        gx, gw, gb = super().backward(g)
        return gx, gw.T, gb


class TransposedInput(Linear):
    def backward(self, g):
        _, gw, gb = super().backward(g)
        return g @ self.saved[1], gw, gb


class MissingSum(Linear):
    def backward(self, g):
        gx, gw, gb = super().backward(g)
        return gx, gw, gb[:1].reshape(3)  # of the first row alone, not of all rows


class MeanForSum(Linear):
    def backward(self, g):
        gx, gw, gb = super().backward(g)
        return gx, gw, gb / 5


class SwappedGradients(Linear):
    def backward(self, g):
        _, gw, gb = super().backward(g)
        return gw[[0, 1, 2, 0, 1]], gw, gb


LINEAR = [s(t(5, 3), t(3, 3), t(3))]


def test_a_sound_linear_passes():
    entry = planted(LINEAR, lambda x, w, b: x @ w + b, lambda *a: Linear()(*a), tolerance={"float32": (1e-5, 1e-5)})
    assert caught_by(entry, {"value", *FIRST, *SECOND}) == set()


@pytest.mark.parametrize("broken", [TransposedWeight, TransposedInput, MissingSum, MeanForSum, SwappedGradients])
def test_wrong_matrix_gradients(broken):
    entry = planted(LINEAR, lambda x, w, b: x @ w + b, lambda *a: broken()(*a), tolerance={"float32": (1e-5, 1e-5)})
    assert caught_by(entry, {"value", *FIRST}) == FIRST


class DeadSoftmax(Op):
    """Its backward returns zeros, which is right for one cotangent: ones."""

    def forward(self, x):
        z = np.exp(x - x.max(-1, keepdims=True))
        return z / z.sum(-1, keepdims=True)

    def backward(self, g):
        return g * 0


def test_a_softmax_whose_backward_returns_zeros():
    entry = planted([s(t(3, 4))], lambda x: x.softmax(-1), lambda x: DeadSoftmax()(x))
    assert caught_by(entry, {"value", *FIRST}) == FIRST


def test_ones_as_cotangents_would_not_catch_it():
    x = minitorch.randn(3, 4, dtype=minitorch.float64, requires_grad=True)
    (g,) = minitorch.autograd.grad(DeadSoftmax()(x).sum(), x)
    y = torch.tensor(x.tolist(), dtype=torch.float64, requires_grad=True)
    (h,) = torch.autograd.grad(y.softmax(-1).sum(), y)
    np.testing.assert_allclose(g.numpy(), h.numpy(), atol=1e-15)


def test_a_gradient_wrong_only_at_the_kink():
    class Relu(Op):
        def forward(self, x):
            self.save(x)
            return np.maximum(x, 0)

        def backward(self, g):
            return g * (self.saved[0] >= 0)

    smooth = [s(t(3, 4, avoid=(0,)))]
    at_zero = [s(given([0.0, 1.0, -1.0])).at_kink()]
    assert caught_by(planted(smooth, torch.relu, lambda x: Relu()(x)), FIRST) == set()
    assert caught_by(planted(smooth + at_zero, torch.relu, lambda x: Relu()(x)), FIRST) == {"gradient", "layout"}


def test_a_gradient_of_poor_precision():
    class Rounds(Exp):
        def backward(self, g):
            return g * np.exp(np.float32(1)) / np.exp(np.float64(1)) * self.saved[0]

    # Central differences are good to seven digits only: that is what the comparison with torch is for.
    assert caught_by(planted(UNARY, torch.exp, lambda x: Rounds()(x)), FIRST) == {"gradient", "layout"}


def test_a_gradient_that_changes_from_call_to_call():
    class Noisy(Exp):
        def backward(self, g):
            return super().backward(g) * (1 + 1e-7 * np.random.default_rng().random())

    x = minitorch.ones(3, dtype=minitorch.float64, requires_grad=True)
    with pytest.raises(GradcheckError, match="not reentrant"):
        gradcheck(lambda x: Noisy()(x), x)
    assert gradcheck(lambda x: Noisy()(x), x, nondet_tol=1e-5)


# ---- wrong second derivatives ----------------------------------------------------------------------------------------


def test_a_second_derivative_cut_off():
    class Cut(Exp):
        def backward(self, g):
            (z,) = self.saved
            return g * (z.detach() if isinstance(z, minitorch.Tensor) else z)

    entry = planted(UNARY, torch.exp, lambda x: Cut()(x))
    assert caught_by(entry, {"value", *FIRST, *SECOND}) == SECOND


def test_a_second_derivative_that_ignores_the_cotangent():
    class Ignores(Exp):
        def backward(self, g):
            if isinstance(g, minitorch.Tensor):
                g = g.detach()
            return super().backward(g)

    entry = planted(UNARY, torch.exp, lambda x: Ignores()(x))
    assert caught_by(entry, {*FIRST, *SECOND}) == SECOND


def test_an_intermediate_saved_as_a_constant():
    """The engine itself refuses what would be a silent wrong second derivative."""

    class Intermediate(Op):
        def forward(self, x):
            half = np.exp(x / 2)
            self.save(half)
            return half * half

        def backward(self, g):
            (half,) = self.saved
            return g * half * half

    entry = planted(UNARY, torch.exp, lambda x: Intermediate()(x))
    assert caught_by(entry, {*FIRST, *SECOND}) == SECOND
    x = minitorch.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="twice"):
        minitorch.autograd.grad(Intermediate()(x).sum(), x, create_graph=True)


# ---- values that backward needs, changed -----------------------------------------------------------------------------


def test_a_value_kept_without_the_version_check(monkeypatch):
    class Keeps(Op):
        def forward(self, x):
            self.x = x
            return np.log(x)

        def backward(self, g):
            return g / self.x

    def check():
        test_inplace_views.test_changing_what_backward_needs("planted", "input")

    sound = lambda engine, y: engine.log(y)  # noqa: E731
    monkeypatch.setitem(test_inplace_views.SAVING, "planted", sound)
    check()
    monkeypatch.setitem(test_inplace_views.SAVING, "planted", lambda e, y: Keeps()(y) if e is minitorch else e.log(y))
    with pytest.raises(AssertionError):
        check()


def test_an_in_place_form_that_does_not_count(monkeypatch):
    entry = next(e for e in table.OPS if e.name == "neg")
    table.test_in_place(entry, "float32")

    def quietly(self):
        self._array[...] = -self._array
        return self

    monkeypatch.setattr(minitorch.Tensor, "neg_", quietly)
    with pytest.raises(pytest.fail.Exception):
        table.test_in_place(entry, "float32")
    monkeypatch.setattr(minitorch.Tensor, "neg_", lambda self: -self)
    with pytest.raises(pytest.fail.Exception):
        table.test_in_place(entry, "float32")


def test_a_method_that_differs_from_its_function(monkeypatch):
    entry = next(e for e in table.OPS if e.name == "sum")
    table.test_method(entry)
    monkeypatch.setattr(
        minitorch.Tensor, "sum", lambda self, dim=None, keepdim=False, **k: minitorch.sum(self, dim, **k)
    )
    with pytest.raises(pytest.fail.Exception):
        table.test_method(entry)


# ---- errors ----------------------------------------------------------------------------------------------------------


def test_a_dtype_that_should_be_refused():
    theirs, generous = torch.neg, lambda x: Exp()(x.float())
    assert caught_by(planted(UNARY, theirs, generous), {"refused"}) == {"refused"}


@pytest.mark.parametrize("answer", [ValueError("[3, 4] and [3]"), RuntimeError("something is wrong"), None])
def test_an_error_of_another_type_or_without_the_shapes(answer):
    def ours(x, y):
        if answer is None:
            return x
        raise answer

    case: Bad = bad(RuntimeError, t(3, 4), t(3), says=("3", "4"))
    entry = planted([s(t(3), t(3))], torch.add, ours, errors=[case])
    assert caught_by(entry, {"bad_input"}) == {"bad_input"}


# ---- what gradcheck says ---------------------------------------------------------------------------------------------


def test_gradcheck_names_input_element_and_values():
    class OneWrong(Linear):
        def backward(self, g):
            gx, gw, gb = super().backward(g)
            return gx, gw * np.where(np.arange(9).reshape(3, 3) == 5, -1.0, 1.0), gb

    rng = np.random.default_rng(0)
    inputs = [minitorch.tensor(rng.normal(size=shape), requires_grad=True) for shape in ((5, 3), (3, 3), (3,))]
    with pytest.raises(GradcheckError) as caught:
        gradcheck(lambda *a: OneWrong()(*a), inputs)
    (mismatch,) = caught.value.mismatches
    assert mismatch.input == 1 and mismatch.worst == (1, 2) and mismatch.wrong == 1
    a, n = mismatch.analytic[1, 2], mismatch.numeric[1, 2]
    assert a == pytest.approx(-n, rel=1e-6) and n != 0
    text = str(caught.value)
    for part in (
        "input 1",
        "[3, 3]",
        "[1, 2]",
        f"{a:.10g}",
        f"{n:.10g}",
        f"{abs(a - n):.3g}",
        "relative error  2",
        "1 of 9",
    ):
        assert part in text, text
    assert gradcheck(lambda *a: OneWrong()(*a), inputs, raise_exception=False) is False


def test_gradcheck_lists_every_wrong_input():
    inputs = [minitorch.randn(shape, dtype=minitorch.float64, requires_grad=True) for shape in ((5, 3), (3, 3), (3,))]

    class AllWrong(Linear):
        def backward(self, g):
            return tuple(2 * x for x in super().backward(g))

    with pytest.raises(GradcheckError) as caught:
        gradcheck(lambda *a: AllWrong()(*a), inputs)
    assert [m.input for m in caught.value.mismatches] == [0, 1, 2]


def test_gradcheck_notices_a_missing_graph():
    x = minitorch.randn(3, dtype=minitorch.float64, requires_grad=True)
    with pytest.raises(GradcheckError):
        gradcheck(lambda x: exp(x.detach()), x)
    assert gradcheck(lambda x: x.detach() * 0 + 1, x)  # does not depend on x: zero is right


def test_gradcheck_notices_outputs_without_a_gradient():
    class Two(minitorch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(False)
            return x * 2, x * 3

        @staticmethod
        def backward(ctx, g, h):
            return None if g is None or h is None else g * 2 + h * 3

    x = minitorch.randn(3, dtype=minitorch.float64, requires_grad=True)
    with pytest.raises(GradcheckError, match="undefined"):
        gradcheck(Two.apply, x)
    assert gradcheck(Two.apply, x, check_undefined_grad=False)


def test_gradcheck_restores_its_inputs():
    x = minitorch.randn(3, 2, dtype=minitorch.float64, requires_grad=True)
    before, version = x.tolist(), x._version
    assert gradcheck(lambda x: (x**2, x.sum()), x) and gradgradcheck(lambda x: x**3, x)
    assert x.tolist() == before and x._version == version and x.grad is None


@pytest.mark.parametrize(
    ("inputs", "options", "error"),
    [
        (lambda e: e.ones(2, dtype=e.float64), {}, ValueError),
        (lambda e: e.ones(1, dtype=e.float64).expand(3).requires_grad_(), {}, RuntimeError),
        (lambda e: e.ones(2, requires_grad=True), {}, UserWarning),  # float32 (warnings are errors here)
    ],
)
def test_gradcheck_refuses_what_torch_refuses(inputs, options, error):
    for engine, check in ((torch, torch.autograd.gradcheck), (minitorch, gradcheck)):
        with pytest.raises(error):
            check(lambda x: x * 2, inputs(engine), **options)


@pytest.mark.parametrize(
    "option", ["fast_mode", "check_forward_ad", "check_batched_grad", "check_batched_forward_grad", "masked"]
)
def test_gradcheck_names_options_it_lacks(option):
    x = minitorch.ones(2, dtype=minitorch.float64, requires_grad=True)
    with pytest.raises(NotImplementedError, match=option):
        gradcheck(lambda x: x * 2, x, **{option: True})


def test_gradgradcheck_with_given_cotangents():
    x = minitorch.tensor([[0.5, 1.0], [2.0, 3.0]], dtype=minitorch.float64, requires_grad=True)
    weights = minitorch.tensor([[1.0, -2.0], [0.5, 3.0]], dtype=minitorch.float64)
    assert gradgradcheck(log, x, weights) and gradgradcheck(log, x, gen_non_contig_grad_outputs=True)
    assert not weights.requires_grad
