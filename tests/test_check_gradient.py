"""The gradient checker: fair to every precision, kink and step, at home in three engines, and it leaves no trace."""

from __future__ import annotations

import random
import re

import numpy as np
import pytest
import torch

import minitorch
from minitorch.testing import check_gradient
from minitorch.testing import diagnosis as d
from minitorch.testing.known_bad import KNOWN_BAD

ENGINES = [minitorch, torch]
both = pytest.mark.parametrize("engine", ENGINES, ids=lambda e: e.__name__)


def square(engine, backward):
    """x² with the given backward(g, x)."""

    class Square(engine.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, g):
            return backward(g, *ctx.saved_tensors)

    return Square.apply


# ---- fair judgement --------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_lower_precision_is_judged_fairly(engine, dtype):
    x = engine.randn(3, 4).to(getattr(engine, dtype))
    sound = check_gradient(square(engine, lambda g, x: 2 * g * x), x)
    assert sound and sound.inputs[0].dtype == dtype and not sound.notes  # against float64 differences
    wrong = check_gradient(square(engine, lambda g, x: 2.2 * g * x), x)
    assert wrong.diagnosis.kind == d.FACTOR
    assert 0.08 < wrong.inputs[0].relative_error < 0.12


def test_bfloat16_of_pytorch():
    x = torch.randn(3, 4, dtype=torch.bfloat16)
    assert check_gradient(torch.sigmoid, x)
    assert check_gradient(square(torch, lambda g, x: g * x), x).diagnosis.kind == d.FACTOR


@both
def test_a_function_that_runs_in_float32_alone(engine):
    w = engine.randn(3, 3)
    matmul = check_gradient(lambda x: (x @ w).tanh(), engine.randn(2, 3))
    assert matmul and "float32" in matmul.notes[0] and matmul.inputs[0].unsettled == 0
    assert matmul.inputs[0].uncertainty > 1e-8
    wrong = check_gradient(lambda x: square(engine, lambda g, x: g * x)(x) @ w, engine.randn(2, 3))
    assert wrong.diagnosis.kind == d.FACTOR


@both
def test_cancellation_in_float32_is_no_mistake(engine):
    x = 1000 + engine.tensor([0.1, 0.25, 0.7, 0.3])
    report = check_gradient(lambda x: x.var(), x)
    assert report and "cancellation in float32" in report.notes[0]


@both
def test_kinks_are_not_mistakes(engine):
    x = engine.tensor([-1.0, 0.0, 2.0, 0.0], dtype=engine.float64)
    for f in (engine.relu, engine.abs, lambda x: x.clamp(0, 3), lambda x: x.clamp(-3, 0)):
        report = check_gradient(f, x)
        assert report and report.inputs[0].kinks == 2, report
        assert "2 at a kink" in str(report)
    ties = check_gradient(lambda x: x.amax(), engine.tensor([1.0, 2.0, 2.0, 2.0], dtype=engine.float64))
    assert ties and ties.inputs[0].kinks == 3
    maximum = check_gradient(engine.maximum, [x, engine.zeros(4, dtype=engine.float64)])
    assert maximum and [i.kinks for i in maximum.inputs] == [2, 2]


def test_wrong_at_a_kink_shows_both_slopes():
    def backward(g, x):
        return g * (x > 0).to(g.dtype) - 2 * g * (x == 0).to(g.dtype)

    class Relu(minitorch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.clamp(min=0)

        @staticmethod
        def backward(ctx, g):
            return backward(g, *ctx.saved_tensors)

    x = minitorch.tensor([-1.0, 0.0, 2.0], dtype=minitorch.float64)
    report = check_gradient(Relu.apply, x)
    (found,) = report.inputs
    assert report.diagnosis.kind == d.KINK and found.worst == (1,) and found.wrong == 1
    left, right = found.slopes
    assert left == pytest.approx(0, abs=1e-9) and abs(right) > 0.4 and found.analytic == pytest.approx(-2 * right)
    assert f"{right:.6g} to the right" in report.diagnosis.seen


def test_a_kink_nearby_is_not_a_kink():
    x = minitorch.tensor([1e-5, -3e-6, 1e-4], dtype=minitorch.float64)
    report = check_gradient(minitorch.relu, x)
    assert report and report.inputs[0].kinks == 0 and report.inputs[0].numeric_gradient[1] == 0


@pytest.mark.parametrize("scale", [1e-4, 1e-2, 1.0, 1e3, 1e6])
def test_a_bad_step_is_no_mistake(scale):
    """Steps fit for one scale are useless at another: the ladder finds one that fits, or says how uncertain it is."""
    x = scale * minitorch.tensor([0.5, 1.0, 2.0], dtype=minitorch.float64)
    for f in (minitorch.log, minitorch.sqrt, lambda x: 1 / x, lambda x: x**3, lambda x: (x / scale).exp()):
        assert check_gradient(f, x)
        assert not check_gradient(lambda x, f=f: f(x) + 1e-3 * (f(x.detach()) - f(x)), x)


def test_jumps_and_infinite_slopes_are_said_to_have_none():
    x = minitorch.tensor([0.0, 0.25, 1.0], dtype=minitorch.float64)
    for f in (minitorch.sqrt, minitorch.floor):
        report = check_gradient(f, x)
        assert report and report.inputs[0].unsettled > 0 and "without a slope" in str(report)


def test_where_nothing_can_be_measured_nothing_is_vouched_for():
    report = check_gradient(minitorch.sqrt, minitorch.zeros(2, dtype=minitorch.float64))
    assert not report and report.diagnosis.kind == d.NO_SLOPE and "2 without a slope" not in str(report)


@both
def test_second_derivatives_at_a_kink_of_the_first_order_do_not_exist(engine):
    x = engine.tensor([0.0, 1.0, -2.0], dtype=engine.float64)
    for f in (engine.abs, engine.relu, lambda x: engine.maximum(x, -x), lambda x: x.norm(p=1)):
        report = check_gradient(f, x, order=2)
        assert report and report.inputs[0].kinks == 1 and report.second.inputs[0].unsettled == 1, report.second


def test_a_kink_does_not_hide_the_diagnosis():
    sixth = float(np.float32(1 / 6))  # as in a float64 kernel with a float32 constant
    x = minitorch.tensor([0.0, 1.0, -2.0, 0.5], dtype=minitorch.float64)
    for factor, kind in ((sixth, d.PRECISION), (-1 / 6, d.SIGN), (1 / 3, d.FACTOR)):

        class Sixth(minitorch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x / 6

            @staticmethod
            def backward(ctx, g):
                return g * factor  # noqa: B023

        report = check_gradient(lambda x: Sixth.apply(x.abs()), x)  # noqa: B023
        assert report.diagnosis.kind == kind and report.inputs[0].kinks == 1, report


@both
def test_a_function_class_stands_for_its_apply(engine):
    apply = square(engine, lambda g, x: 2 * g * x)
    assert check_gradient(apply.__self__, engine.randn(3)) and check_gradient(lambda x: x, engine.randn(3))


def test_ties_in_float32_alone_are_judged_fairly():
    one = minitorch.ones(1)
    x = minitorch.tensor([[1.0, 2.0, 2.0], [3.0, -1.0, 3.0]])
    for f in (minitorch.amax, lambda x, dim: minitorch.max(x, dim).values):
        report = check_gradient(lambda x, f=f: f(x, 1) @ minitorch.cat([one, one]), x)  # noqa: B023
        assert report and "float32" in report.notes[0], report


def test_the_uncertainty_is_honest():
    """The true error of the numeric derivative lies within a few times the uncertainty that is claimed."""
    for scale in (0.1, 1.0, 5.0):
        x = scale * minitorch.tensor(np.random.default_rng(1).uniform(0.2, 2, 8))
        weights_are_hidden = lambda x: (x.sin() * x.exp()).sum()  # noqa: E731
        (found,) = check_gradient(weights_are_hidden, x).inputs
        assert found.absolute_error <= 5 * found.uncertainty + 1e-12
        assert found.uncertainty < 1e-6 * float(np.abs(found.numeric_gradient).max())


def test_tolerances_may_be_given():
    f = square(minitorch, lambda g, x: 2.001 * g * x)
    x = minitorch.ones(3, dtype=minitorch.float64)
    assert not check_gradient(f, x) and not check_gradient(f, x, rtol=1e-5, atol=1e-9)
    assert check_gradient(f, x, rtol=1e-3) and check_gradient(f, x, atol=0.1, rtol=0.0)
    assert check_gradient(minitorch.exp, x, eps=1e-3)


# ---- what can be checked ---------------------------------------------------------------------------------------------


@both
def test_modules_with_their_parameters(engine):
    net = engine.nn.Sequential(
        engine.nn.Linear(3, 4),
        engine.nn.BatchNorm1d(4),
        engine.nn.Tanh(),
        engine.nn.Dropout(0.5),
        engine.nn.Linear(4, 2),
    )
    x = engine.randn(5, 3)
    before = {k: v.clone() for k, v in net.state_dict().items()}
    kept = {k: id(v) for k, v in [*net.named_parameters(), *net.named_buffers()]}
    report = check_gradient(net, x, order=2)
    assert report, str(report)
    assert [i.name for i in report.inputs] == [
        "input",
        "0.weight",
        "0.bias",
        "1.weight",
        "1.bias",
        "4.weight",
        "4.bias",
    ]
    assert report.inputs[1].is_parameter and not report.inputs[0].is_parameter
    for k, v in net.state_dict().items():
        assert bool((v == before[k]).all()) and v.dtype == before[k].dtype, k
    assert kept == {k: id(v) for k, v in [*net.named_parameters(), *net.named_buffers()]}
    assert all(p.grad is None for p in net.parameters())


@both
def test_second_derivatives_of_a_float32_module_are_measured_in_float64(engine):
    net = engine.nn.Sequential(engine.nn.Linear(3, 4), engine.nn.ReLU(), engine.nn.Linear(4, 2))
    second = check_gradient(net, engine.randn(5, 3), order=2).second
    assert second and not any(i.unsettled for i in second.inputs)
    assert all(i.uncertainty < 1e-8 for i in second.inputs)


@both
def test_a_module_with_a_wrong_parameter_gradient(engine):
    apply = next(bad for bad in KNOWN_BAD if bad.name == "bias_of_the_first_row").build(engine)

    class Layer(engine.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = engine.nn.Parameter(engine.randn(3, 4))
            self.bias = engine.nn.Parameter(engine.randn(4))

        def forward(self, x):
            return apply(x, self.weight, self.bias)

    report = check_gradient(Layer(), engine.randn(5, 3))
    assert [i.name for i in report.wrong] == ["bias"] and report.diagnosis.kind == d.MISSING_SUM


@both
def test_several_outputs_nested_inputs_and_shared_ones(engine):
    x, y = (engine.randn(2, 3, dtype=engine.float64) for _ in range(2))
    report = check_gradient(lambda xs, k: (engine.cat(xs) * k, xs[0].sum(), "text", xs[1].argmax()), ([x, y], 3))
    assert report and [i.name for i in report.inputs] == ["xs[0]", "xs[1]"]
    assert len(check_gradient(lambda a, b: a * b, (x, x)).inputs) == 1
    only = check_gradient(lambda a, b: a * b.detach(), (x, y.clone().requires_grad_()))
    assert [i.name for i in only.inputs] == [
        "b"
    ] and only.diagnosis.kind == d.NO_GRADIENT  # only b asked for a gradient


@both
def test_dropout_sees_the_same_mask_each_time(engine):
    x = engine.randn(4, 5)
    engine.manual_seed(3)
    state = engine.get_rng_state().clone()
    assert check_gradient(lambda x: engine.nn.functional.dropout(x, 0.5) ** 2, x)
    assert bool((engine.get_rng_state() == state).all())
    np.random.seed(0)
    random.seed(0)
    expected = np.random.RandomState(0).rand(), random.Random(0).random()
    assert check_gradient(lambda x: x * (np.random.rand() + random.random()), x)
    assert (np.random.rand(), random.random()) == expected


@both
def test_the_inputs_are_as_before(engine):
    base = engine.randn(4, 6, dtype=engine.float64)
    layouts = [base.T, base[:, ::2], base[1:], engine.randn(1, 3, dtype=engine.float64).expand(4, 3)]
    for x in layouts:
        x = x.detach().requires_grad_()
        values, version = x.tolist(), x._version
        assert check_gradient(lambda x: (x * x).sum(0), x, order=2)
        assert (x.tolist(), x._version, x.grad) == (values, version, None) and x.requires_grad
    assert base.grad is None


@both
def test_an_exception_passes_through_and_leaves_no_trace(engine):
    layer = engine.nn.Linear(3, 2)
    weight, values, calls = layer.weight.data_ptr(), layer.weight.tolist(), []

    def fails_later(module, args, output):
        calls.append(1)
        if len(calls) > 6:
            raise KeyError("the seventh call")

    layer.register_forward_hook(fails_later)
    x = engine.randn(4, 3)
    before = x.tolist()
    with pytest.raises(KeyError, match="seventh"):
        check_gradient(layer, x)
    assert layer.weight.data_ptr() == weight and layer.weight.tolist() == values and x.tolist() == before
    assert layer.weight.dtype == engine.float32


@both
def test_large_inputs_are_sampled(engine):
    x = engine.randn(40, 50, dtype=engine.float64)
    report = check_gradient(lambda x: x.sin(), x, max_elements=20)
    (found,) = report.inputs
    assert report and (found.checked, found.total) == (20, 2000) and "20 of 2000" in report.notes[0]
    again = check_gradient(lambda x: x.sin(), x, max_elements=20)
    assert again.inputs[0].worst == found.worst  # the same choice each time
    assert check_gradient(lambda x: x.sin(), x, max_elements=20, seed=5).inputs[0].worst != found.worst

    def one_wrong(g, x):
        g = 2 * g * x
        g[17, 23] *= 5
        return g

    report = check_gradient(square(engine, one_wrong), x, max_elements=20)
    assert not report and "random direction" in report.diagnosis.seen
    report = check_gradient(square(engine, one_wrong), x, max_elements=None)
    assert report.inputs[0].worst == (17, 23) and report.diagnosis.kind == d.SLICE
    assert check_gradient(square(engine, lambda g, x: g * x), x, max_elements=20).diagnosis.kind == d.FACTOR


def test_second_derivatives():
    class Exp(minitorch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x.exp()
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, g):
            return g * ctx.saved_tensors[0].detach()

    x = minitorch.randn(3, dtype=minitorch.float64)
    assert check_gradient(Exp.apply, x)
    report = check_gradient(Exp.apply, x, order=2)
    assert not report and not report.second and report.second.inputs[0].diagnosis.kind == d.NO_GRADIENT
    assert report.second.inputs[1].ok and "second ones are wrong" in str(report)
    assert check_gradient(minitorch.exp, x, order=2).second.inputs[1].name == "cotangent"

    class Once(Exp):
        @staticmethod
        @minitorch.autograd.function.once_differentiable
        def backward(ctx, g):
            return g * ctx.saved_tensors[0]

    report = check_gradient(Once.apply, x, order=2)
    assert report.second.diagnosis.kind == d.ERROR and "once_differentiable" in report.diagnosis.seen


# ---- NumPy -----------------------------------------------------------------------------------------------------------


def linear(x, w, b):
    return x @ w + b


def arrays(dtype="float64"):
    rng = np.random.default_rng(0)
    return [rng.normal(size=shape).astype(dtype) for shape in ((5, 3), (3, 3), (3,))]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_hand_written_layer_in_numpy(dtype):
    report = check_gradient(linear, arrays(dtype), gradient=lambda g, x, w, b: (g @ w.T, x.T @ g, g.sum(0)))
    assert report and report.engine == "NumPy" and [i.name for i in report.inputs] == ["x", "w", "b"]


@pytest.mark.parametrize(
    ("gradient", "kind", "text"),
    [
        (lambda g, x, w, b: (g @ w.T, x.T @ g, g), d.SHAPE, "missing sum over axis 0"),
        (lambda g, x, w, b: (g @ w.T, g.T @ x, g.sum(0)), d.TRANSPOSE, "swapped"),
        (lambda g, x, w, b: (g @ w.T, None, g.sum(0)), d.NO_GRADIENT, "None"),
        (lambda g, x, w, b: (g @ w.T, x.T @ g, g.sum(0).astype(int)), d.DTYPE, "int64"),
        (lambda g, x, w, b: (g @ w.T, x.T @ g, "no"), d.DTYPE, "str"),
        (lambda g, x, w, b: (g @ w.T, x.T @ g), d.ERROR, "2 gradients for 3 inputs"),
        (lambda g, x, w, b: (g @ w, x @ g, g.sum(0)), d.ERROR, "ValueError"),
        (
            lambda g, x, w, b: (g @ w.T, x.T @ g, np.add.reduce(np.multiply(g, 1, out=g)) * 0 + b),
            d.COTANGENT,
            "not use it",
        ),
    ],
)
def test_mistakes_in_numpy(gradient, kind, text):
    report = check_gradient(linear, arrays(), gradient=gradient)
    assert report.diagnosis.kind == kind and text in str(report.diagnosis), str(report)


def test_numpy_inputs_that_are_changed():
    def spoils(x):
        x *= 2
        return x.copy()

    x = np.ones(3)
    report = check_gradient(spoils, x, gradient=lambda g, x: 2 * g)
    assert report.diagnosis.kind == d.CHANGED and x.tolist() == [1, 1, 1]


def test_numpy_with_indices_and_several_outputs():
    def pick(x, i):
        return x[i], x.sum()

    def gradient(g, x, i):
        out = np.full_like(x, g[1])
        np.add.at(out, i, g[0])
        return out

    i = np.array([0, 2, 2])
    assert check_gradient(pick, (np.arange(4.0), i), gradient=gradient)

    def forgets_duplicates(g, x, i):
        out = np.full_like(x, g[1])
        out[i] += g[0]
        return out

    report = check_gradient(pick, (np.arange(4.0), i), gradient=forgets_duplicates)
    assert report.diagnosis.kind == d.SLICE and "[2]" in report.diagnosis.seen


def test_a_layer_with_a_backward_of_its_own():
    class Tanh:
        def forward(self, x):
            self.y = np.tanh(x)
            return self.y

        def backward(self, g):
            return g * (1 - self.y**2)

    layer = Tanh()
    report = check_gradient(
        layer.forward, np.random.default_rng(0).normal(size=(3, 2)), gradient=lambda g, x: layer.backward(g)
    )
    assert report and report.function == "Tanh.forward"


def test_what_functions_are_called():
    x = torch.randn(2, dtype=torch.float64)
    names = [
        check_gradient(f, x).function for f in (torch.tanh, torch.nn.functional.gelu, torch.Tensor.exp, torch.nn.Tanh())
    ]
    assert names == ["tanh", "gelu", "exp", "Tanh"]
    assert check_gradient(torch.nn.Tanh().forward, x).function == "Tanh.forward"


# ---- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "options", "error", "text"),
    [
        (("tanh", np.ones(2)), {}, TypeError, "function or a module"),
        ((np.tanh, np.ones(2)), {}, TypeError, "gradient="),
        ((minitorch.tanh, minitorch.ones(2, dtype=minitorch.int64)), {}, ValueError, "nothing to check"),
        ((lambda x: x > 0, minitorch.ones(2)), {}, ValueError, "no floating-point tensor"),
        ((lambda x, y: x, (minitorch.ones(2), torch.ones(2))), {}, TypeError, "one engine at a time"),
        ((minitorch.tanh, minitorch.ones(2)), {"gradient": abs}, TypeError, "NumPy arrays"),
        ((torch.real, torch.ones(2, dtype=torch.complex64)), {}, TypeError, "complex"),
        ((minitorch.tanh, minitorch.ones(2)), {"order": 3}, ValueError, "order 1 and 2"),
        ((np.tanh, np.ones(2)), {"gradient": abs, "order": 2}, ValueError, "order=2"),
        ((minitorch.tanh, minitorch.ones(2)), {"max_elements": 0}, ValueError, "max_elements"),
    ],
)
def test_refusals(arguments, options, error, text):
    with pytest.raises(error, match=re.escape(text)):
        check_gradient(*arguments, **options)


# ---- the report ------------------------------------------------------------------------------------------------------


def test_the_report_is_frozen_true_or_false_and_raises():
    x = minitorch.ones(2, 2, dtype=minitorch.float64)
    good = check_gradient(minitorch.exp, x)
    assert good.ok and bool(good) and good.diagnosis is None and good.raise_if_wrong() is good and good.evaluations > 8
    with pytest.raises(AttributeError):
        good.function = "other"
    bad = check_gradient(square(minitorch, lambda g, x: g * x), x)
    with pytest.raises(AssertionError) as caught:
        bad.raise_if_wrong()
    assert str(caught.value) == str(bad)
    (found,) = bad.inputs
    assert found.share_wrong == 1 and found.relative_error == pytest.approx(0.5) and found.shape == (2, 2)
    assert found.absolute_error == pytest.approx(abs(found.numeric) / 2)
    lines = str(bad).splitlines()
    assert lines[0] == "Square: the gradient is wrong" and lines[2].split()[:3] == ["input", "shape", "dtype"]
    assert "WRONG 4/4" in lines[3] and "constant factor" in lines[5] and max(map(len, lines)) <= 120


def test_the_html_is_escaped():
    def f(x):
        return square(minitorch, lambda g, x: g * x)(x)

    f.__name__ = "<script>alert(1)</script>"
    html = check_gradient(f, minitorch.randn(3, 2))._repr_html_()
    assert "<script" not in html and "&lt;script&gt;" in html
    assert html.count("<table") == 4 == html.count("</table>")  # the inputs, and three pictures
    assert html.count("<div") == html.count("</div>") and "constant factor" in html
    assert check_gradient(minitorch.tanh, minitorch.randn(3, 2))._repr_html_().count("<table") == 1


def test_the_picture_of_wrong_elements():
    def backward(g, x):
        g = 2 * g * x
        g[:, 2] = 0
        return g

    text = str(check_gradient(square(minitorch, backward), minitorch.randn(2, 4)))
    assert "    · · ✗ ·\n    · · ✗ ·" in text and "only [:, 2] is wrong" in text.replace("Only", "only")


def test_a_gradient_of_rounding_alone_has_no_relative_error():
    """softmax of one element is 1 whatever it is: both gradients are zero but for rounding."""
    x = minitorch.randn(3, 1, dtype=minitorch.float64)
    report = check_gradient(lambda x: minitorch.softmax(x, 1), x)
    assert report.ok and report.worst_relative_error < 1e-12
    assert 1e-16 < check_gradient(minitorch.exp, x).worst_relative_error < 1e-8
