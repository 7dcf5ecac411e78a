"""gradcheck and gradgradcheck themselves: what they take and refuse, and what they say, beside PyTorch's."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from twins import raised, twin

import minitorch
from minitorch.autograd.gradcheck import GradcheckError, gradcheck, gradgradcheck


def values(torch, *shape, seed=1):
    return torch.tensor(np.random.default_rng(seed).uniform(0.5, 1.5, shape), requires_grad=True)


def with_backward(torch, forward, backward):
    """A Function of one tensor, with the backward that is given."""

    class Given(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return forward(x)

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return backward(g, x)

    return Given.apply


def verdicts(torch, function, inputs, *several, check="gradcheck"):
    call = getattr(torch.autograd, check)
    return [call(function, inputs, raise_exception=False, **options) for options in several]


@twin
def test_relative_and_absolute_tolerance(torch):
    x = values(torch, 3)
    relative = with_backward(torch, lambda x: x * 1000, lambda g, x: g * 1000.5)  # 0.0005 of it too large
    absolute = with_backward(torch, lambda x: x.detach() * 0, lambda g, x: g * 5e-6)
    return (
        verdicts(torch, relative, x, {}, {"rtol": 1e-4}, {"rtol": 1e-4, "atol": 1.0}, {"rtol": 6e-4, "atol": 0.0}),
        verdicts(torch, absolute, x, {}, {"atol": 1e-6}, {"atol": 1e-6, "rtol": 1.0}, {"atol": 1e-5, "rtol": 0.0}),
    )


@twin
def test_the_step(torch):
    """Steeper in small than in large: only a small enough step shows it."""
    x = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    ripple = lambda x: x + 1e-5 * torch.sin(1e5 * x)  # noqa: E731
    slope = lambda x: x**2 + 1e-5 * (1e5 * x).sin().sum() * x.sum()  # noqa: E731
    return verdicts(torch, ripple, x, {}, {"eps": 1e-4}, {"eps": 1e-5}), verdicts(
        torch, slope, x, {}, {"eps": 1e-4}, check="gradgradcheck"
    )


@twin
def test_backwards_that_are_not_the_same_twice(torch):
    calls = []

    def backward(g, x):
        calls.append(1)
        return g * (1 + 1e-6 * len(calls))

    x = values(torch, 3)
    noisy = with_backward(torch, lambda x: x * 1, backward)
    return verdicts(torch, noisy, x, {}, {"nondet_tol": 1e-3})


@twin
def test_second_derivatives_that_are_wrong(torch):
    x = values(torch, 3)
    cut = with_backward(torch, lambda x: x**3, lambda g, x: g * 3 * x.detach() ** 2)
    nearly = with_backward(
        torch, lambda x: x**3, lambda g, x: g * 3 * (x.detach() ** 2 + (x**2 - x.detach() ** 2) * 1.0005)
    )
    return (
        verdicts(torch, cut, x, {}, check="gradcheck"),
        verdicts(torch, cut, x, {}, {"atol": 100.0}, {"rtol": 100.0}, check="gradgradcheck"),
        verdicts(torch, nearly, x, {}, {"rtol": 1e-5}, {"rtol": 1e-5, "atol": 1.0}, check="gradgradcheck"),
    )


@twin
def test_inputs_of_all_kinds(torch):
    """Numbers and tensors without a gradient are handed on as they are."""
    x, y = values(torch, 2, 3), values(torch, 3, seed=2)
    still = values(torch, 3, seed=3).detach()
    f = lambda x, k, still, y: (x * k * still + y, y.sum())  # noqa: E731
    return torch.autograd.gradcheck(f, (x, 3.0, still, y)), torch.autograd.gradgradcheck(
        lambda x, k, still, y: x**k * still * y, (x, 3.0, still, y)
    )


def test_outputs_that_have_no_gradient_are_passed_over():
    x = values(minitorch, 2, 3)
    assert gradcheck(lambda x: (x**2, x.long(), x.detach() * 2, "a word"), x)


@twin
def test_second_derivatives_where_an_input_is_not_used_or_linear(torch):
    x, y = values(torch, 3), values(torch, 3, seed=2)
    return torch.autograd.gradgradcheck(lambda x, y: x**2, (x, y)), torch.autograd.gradgradcheck(
        lambda x, y: (x**2, y * 3), (x, y)
    )


@twin
def test_shapes_of_all_kinds(torch):
    one, none = values(torch), torch.zeros(0, 3, dtype=torch.float64, requires_grad=True)
    return [
        torch.autograd.gradcheck(lambda x: x**2, x) for x in (one, none, values(torch, 1), values(torch, 2, 1, 2))
    ], [
        torch.autograd.gradgradcheck(lambda x: x**3, x, gen_non_contig_grad_outputs=True)
        for x in (one, values(torch, 2, 3))
    ]


@twin
def test_a_step_of_one_element_is_no_overlap(torch):
    x = torch.ones(1, dtype=torch.float64).expand(1, 1).requires_grad_()
    column = torch.ones(3, dtype=torch.float64)[:, None].requires_grad_()
    wide = torch.ones(3, 1, dtype=torch.float64).expand(3, 2).requires_grad_()
    return [raised(torch.autograd.gradcheck, lambda x: x * 2, t) for t in (x, column, wide)]


@pytest.mark.parametrize("side", ["analytic", "numeric"])
@twin
def test_nan_on_one_side(torch, side):
    x = values(torch, 3)
    nan = float("nan")
    if side == "analytic":
        function = with_backward(torch, lambda x: x * 1, lambda g, x: g * nan)
    else:
        function = with_backward(torch, lambda x: x * nan, lambda g, x: g)
    return verdicts(torch, function, x, {})


def test_nan_on_both_sides_is_agreement():
    x = values(minitorch, 3)
    assert gradcheck(lambda x: x * float("nan"), x)


def test_gradients_are_on_for_the_check():
    x = values(minitorch, 3)
    wrong = with_backward(minitorch, lambda x: x**2, lambda g, x: g * 3 * x)
    with minitorch.no_grad():
        assert gradcheck(lambda x: x**2, x) and gradgradcheck(lambda x: x**3, x)
        assert not gradcheck(wrong, x, raise_exception=False)


@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
@pytest.mark.parametrize("option", ["fast_mode", "check_batched_grad", "masked"])
def test_options_that_are_not_there_are_named(check, option):
    with pytest.raises(NotImplementedError, match=f"support {option}$"):
        check(lambda x: x * 2, values(minitorch, 2), **{option: True})


def test_other_modes_than_backward_are_refused():
    x = values(minitorch, 2)
    with pytest.raises(NotImplementedError, match="support check_backward_ad=False$"):
        gradcheck(lambda x: x * 2, x, check_backward_ad=False)
    for option in ("check_forward_ad", "check_batched_forward_grad"):
        with pytest.raises(NotImplementedError, match=f"support {option}$"):
            gradcheck(lambda x: x * 2, x, **{option: True})
    for options in ({"check_fwd_over_rev": True}, {"check_rev_over_rev": False}):
        with pytest.raises(NotImplementedError, match="neither check_fwd_over_rev nor"):
            gradgradcheck(lambda x: x * 2, x, **options)


def test_the_dtype_of_a_gradient_is_checked_when_asked():
    x = minitorch.ones(3, dtype=minitorch.float64, requires_grad=True)
    assert gradcheck(lambda x: x.float().double() * 0 + x, x, check_grad_dtypes=True)
    single = minitorch.ones(3, requires_grad=True)
    with pytest.warns(UserWarning, match="Input #0 requires gradient and is not a double"):
        assert gradcheck(lambda x: x * 2, single, eps=1e-2, check_grad_dtypes=True)


def test_what_is_said_of_a_wrong_gradient():
    def half(x, y):
        return with_backward(minitorch, lambda x: x**2, lambda g, x: g * x)(x) + y

    x, y = values(minitorch, 2, 3), values(minitorch, 3, seed=2)
    with pytest.raises(GradcheckError) as caught:
        gradcheck(half, (x, y))
    (mismatch,) = caught.value.mismatches
    a, n = mismatch.analytic, mismatch.numeric
    np.testing.assert_allclose(np.abs(a * 2), np.abs(n), rtol=1e-6)
    assert mismatch.function == "half" and mismatch.input == 0 and mismatch.wrong == 6
    assert mismatch.worst == tuple(np.unravel_index(np.argmax(np.abs(a - n) - 1e-3 * np.abs(n)), a.shape))
    assert mismatch.tolerance == "atol 1e-05 + rtol 0.001·|numeric|"
    assert "analytic = 0.500 × numeric" in mismatch.diagnosis
    assert str(mismatch) == str(caught.value) and mismatch.diagnosis in str(mismatch).splitlines()[-1]
    assert "relative error  0.5\n" in str(mismatch)


def test_a_gradient_where_there_is_none_is_infinitely_wrong():
    x = values(minitorch, 2)
    something = with_backward(minitorch, lambda x: x * 0 + 1, lambda g, x: g)
    with pytest.raises(GradcheckError, match="relative error  inf"):
        gradcheck(something, x)


def test_the_second_check_names_the_function():
    def cubed(x):
        return with_backward(minitorch, lambda x: x**3, lambda g, x: g * 3 * x.detach() ** 2)(x)

    with pytest.raises(GradcheckError, match="the gradient of cubed has a wrong gradient with respect to input 0"):
        gradgradcheck(cubed, values(minitorch, 2))


def test_outputs_that_get_no_gradient_one_at_a_time():
    """Three outputs, of which the last is mistaken when the first gets nothing."""

    class Three(minitorch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(False)
            return x * 2, x * 3, x * 5

        @staticmethod
        def backward(ctx, f, g, h):
            parts = [k * v for k, v in ((2, f), (3, g), (5, h)) if v is not None]
            return sum(parts) if f is not None else sum(parts) * 2

    x = values(minitorch, 2)
    with pytest.raises(GradcheckError, match="when only output 1 gets one"):
        gradcheck(Three.apply, x)
    assert gradcheck(Three.apply, x, check_undefined_grad=False)


@pytest.mark.parametrize("scale", [1.0, 1e-3])
def test_an_output_without_a_gradient_is_held_to_a_narrow_bound(scale):
    """The sum of the gradients is mistaken when one output gets none, by no more than `scale`."""

    class Two(minitorch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(False)
            return x * 2, x * 3

        @staticmethod
        def backward(ctx, f, g):
            parts = [k * v for k, v in ((2, f), (3, g)) if v is not None]
            return sum(parts) if len(parts) == 2 else sum(parts) + 0.5 * scale

    with pytest.raises(GradcheckError, match="undefined output grads"):
        gradcheck(Two.apply, values(minitorch, 2))


def first_derivative_for_both_outputs(torch):
    """x²·y; its gradients come from a Function that is mistaken when only one of them is used further."""

    class Gradients(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y, g):
            ctx.set_materialize_grads(False)
            ctx.save_for_backward(x, y, g)
            return 2 * x * y * g, x * x * g

        @staticmethod
        def backward(ctx, a, b):
            x, y, g = ctx.saved_tensors
            if a is None:
                a, b = torch.zeros_like(b), 2 * b
            if b is None:
                a, b = 2 * a, torch.zeros_like(a)
            return a * 2 * y * g + b * 2 * x * g, a * 2 * x * g, a * 2 * x * y + b * x * x

    class Product(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            ctx.save_for_backward(x, y)
            return x * x * y

        @staticmethod
        def backward(ctx, g):
            return Gradients.apply(*ctx.saved_tensors, g)

    return Product.apply


@twin
def test_second_derivatives_of_gradients_that_get_none_themselves(torch):
    inputs = (values(torch, 2), values(torch, 2, seed=2))
    options = ({}, {"check_undefined_grad": True})
    return verdicts(torch, first_derivative_for_both_outputs(torch), inputs, *options, check="gradgradcheck")


def test_second_derivatives_of_outputs_together_alone():
    """Switched off, outputs are looked at together; PyTorch takes each for itself anyway, and finds it nevertheless."""
    inputs = (values(minitorch, 2), values(minitorch, 2, seed=2))
    assert gradgradcheck(first_derivative_for_both_outputs(minitorch), inputs, check_undefined_grad=False)


@twin
def test_the_dtypes_of_gradients_with_an_input_that_is_not_used(torch):
    inputs = (values(torch, 2), values(torch, 2, seed=2))
    return [
        check(lambda x, y: x**3, inputs, check_grad_dtypes=True)
        for check in (torch.autograd.gradcheck, torch.autograd.gradgradcheck)
    ]


@twin
def test_a_hook_that_changes_a_gradients_dtype_is_refused(torch):
    x = values(torch, 2)
    x.register_hook(lambda g: g.float())
    return [raised(torch.autograd.gradcheck, lambda x: x**3, x, check_grad_dtypes=flag) for flag in (False, True)]


def noisy_twice(torch):
    """x², whose second derivative is another one every time, by a billionth."""
    count = []

    class Slope(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, g):
            ctx.save_for_backward(x, g)
            return 2 * x * g

        @staticmethod
        def backward(ctx, h):
            x, g = ctx.saved_tensors
            count.append(1)
            return 2 * g * h * (1 + 1e-9 * len(count)), 2 * x * h

    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, g):
            return Slope.apply(*ctx.saved_tensors, g)

    return Square.apply


@twin
def test_second_derivatives_that_are_not_the_same_twice(torch):
    options = ({}, {"nondet_tol": 1e-6})
    return verdicts(torch, noisy_twice(torch), values(torch, 2), *options, check="gradgradcheck")


@twin
def test_the_step_of_second_derivatives(torch):
    """The first derivative has a kink, a ten-thousandth away: a step across it shows another second derivative."""
    x = torch.full((2,), 1e-4, dtype=torch.float64, requires_grad=True)
    options = ({}, {"eps": 1e-2})
    return verdicts(torch, lambda x: torch.relu(x) ** 2 + x**2, x, *options, check="gradgradcheck")


def noting(torch, note):
    """x³, which has `note` look at the gradients that come in."""

    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            note(g)
            return 3 * x**2 * g

    return Cube.apply


@twin
def test_gradients_are_contiguous_unless_asked_otherwise(torch):
    found = []
    for options in ({}, {"gen_non_contig_grad_outputs": False}, {"gen_non_contig_grad_outputs": True}):
        seen = []
        cube = noting(torch, lambda g, seen=seen: seen.append(g.is_contiguous()))
        found.append((torch.autograd.gradgradcheck(cube, values(torch, 2, 3), **options), all(seen)))
    return found


@pytest.mark.parametrize("several", [False, True])
@twin
def test_gradients_that_are_given(torch, several):
    seen = []
    cube = noting(torch, lambda g: seen.append(g.tolist()))
    given = torch.tensor([[0.5, -2.0, 1.0], [3.0, 0.25, -1.0]], dtype=torch.float64)
    passed = torch.autograd.gradgradcheck(cube, values(torch, 2, 3), [given] if several else given)
    return passed, seen[0], given.requires_grad


@twin
def test_outputs_without_a_gradient(torch):
    """What is not recorded must not change either."""
    functions = (lambda x: torch.ones(3, dtype=torch.float64), lambda x: x.detach() * 2)
    return [verdicts(torch, function, values(torch, 2, 3), {})[0] for function in functions]


def test_nan_on_both_sides_in_two_outputs():
    """It agrees with itself also where one output alone gets a gradient."""
    nan = with_backward(minitorch, lambda x: x * float("nan"), lambda g, x: g * float("nan"))
    assert gradcheck(lambda x: (nan(x), nan(x) * 2), values(minitorch, 2))


@twin
def test_two_elements_in_one_place_are_refused(torch):
    x = torch.ones(1, dtype=torch.float64).expand(2).requires_grad_()
    return raised(torch.autograd.gradcheck, lambda x: x * 2, x)


def test_a_mismatch_without_a_diagnosis_has_no_line_for_it():
    with pytest.raises(GradcheckError) as caught:
        gradcheck(with_backward(minitorch, lambda x: x**2, lambda g, x: g * x), values(minitorch, 2))
    (mismatch,) = caught.value.mismatches
    told, untold = str(mismatch).splitlines(), str(dataclasses.replace(mismatch, diagnosis="")).splitlines()
    assert told[:-1] == untold and told[-1].startswith("  diagnosis ")
