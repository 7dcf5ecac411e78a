"""What programs seldom do, and what was once otherwise here: the same results and, in substance, the same errors."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy
import pytest
import torch
from twins import assert_same, message, raised, twin

import minitorch

TYPES = ["Float", "Double", "Half", "Long", "Int", "Short", "Char", "Byte", "Bool"]


@twin
def test_sizes_are_of_ints_and_stay_sizes(torch):
    size = torch.ones(2, 3).shape
    made = [
        torch.Size([True, 2]), torch.Size([torch.tensor(2), 5]), torch.Size(i for i in (4, 5)),
        size + (4,), (4,) + size, size + size, size * 2, 2 * size, size[::-1], torch.Size(), torch.Size(range(3)),
    ]  # fmt: skip
    from_numpy = repr(torch.Size([numpy.int32(4)])), repr(torch.Size(numpy.array([1, 2])))
    return [(repr(x), type(x).__name__, [type(n).__name__ for n in x]) for x in made], from_numpy


@twin
def test_what_no_size_is_made_of(torch):
    size = torch.Size([2])
    return [
        message(torch.Size, ["a"]),
        message(torch.Size, [1, 2.5]),
        message(torch.Size, "ab"),
        message(torch.Size, [torch.tensor([3, 4])]),
        message(lambda: size + [3]),
        message(lambda: size + (3, "a")),
        raised(lambda: [3] + size),
        raised(lambda: size * 1.5),
    ]


@pytest.mark.parametrize("name", TYPES)
@twin
def test_types_by_name_and_by_class(torch, name):
    x = torch.tensor([0.0, 1.5, -2.0]) if name != "Byte" else torch.tensor([0.0, 1.5, 2.0])
    kind = getattr(torch, f"{name}Tensor")
    named, as_class = x.type(f"torch.{name}Tensor"), x.type(kind)
    return named, as_class, named.type(), named.type(named.type()) is named, as_class.type(dtype=torch.float64, non_blocking=True)


@twin
def test_the_plain_tensor_type_is_the_default_one(torch):
    x = torch.tensor([1, 2])
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        return x.type("torch.Tensor"), x.type(torch.Tensor)
    finally:
        torch.set_default_dtype(before)


@twin
def test_modules_by_type(torch):
    net = torch.nn.BatchNorm1d(2)
    net.type("torch.DoubleTensor")
    found = [str(x.dtype) for x in net.state_dict().values()]
    net.type(torch.HalfTensor)
    return found, [str(x.dtype) for x in net.state_dict().values()], message(net.type, "double")


@twin
def test_data_of_integers_is_refused_where_gradients_are_required(torch):
    def give(x: Any, data: Any) -> str:
        try:
            x.data = data
        except RuntimeError as error:
            return f"{error}: {x.dtype}"
        return str(x.dtype)

    whole = torch.ones(2, dtype=torch.int64)
    w = torch.ones(2, requires_grad=True)
    return give(w, whole), give(w * 2, whole), give(w, whole.double()), give(torch.ones(2), whole), give(torch.nn.Parameter(w), whole)


def top_level(torch: Any, name: str, training: bool) -> Any:
    x = torch.arange(24.0, dtype=torch.float64).reshape(2, 3, 4).sin().requires_grad_()
    weight, bias, mean, var = (
        torch.tensor(values, dtype=torch.float64, requires_grad=grad)
        for values, grad in (([1.5, -2.0, 3.0], True), ([0.1, 0.2, 0.3], True), ([0.5, -0.5, 0.25], False), ([1.0, 2.0, 4.0], False))
    )  # fmt: skip
    y = getattr(torch, name)(x, weight, bias, mean, var, training, 0.3, 1e-2, False)
    (y * torch.arange(24.0, dtype=torch.float64).reshape(2, 3, 4)).sum().backward()
    return y, x.grad, weight.grad, bias.grad, mean, var


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", ["batch_norm", "instance_norm"])
def test_norms_beside_the_operations_take_weights_first(name: str, training: bool) -> None:
    for got, expected in zip(top_level(minitorch, name, training), top_level(torch, name, training), strict=True):
        numpy.testing.assert_allclose(got.detach().numpy(), expected.detach().numpy(), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("name", ["batch_norm", "instance_norm"])
@twin
def test_norms_beside_the_operations_want_all_arguments(torch, name):
    norm, x, w = getattr(torch, name), torch.ones(2, 3, 4), torch.ones(3)
    names = ["input", "weight", "bias", "running_mean", "running_var"]
    last = {"training" if name == "batch_norm" else "use_input_stats": True, "momentum": 0.1, "eps": 0.5, "cudnn_enabled": True}
    return [
        raised(norm, x),
        raised(norm, x, w, w, w, w, True, 0.1, 1e-5),
        raised(norm, x, None, None, None, None, False, 0.1, 1e-5, False),
        raised(norm, x, 3, None, None, None, True, 0.1, 1e-5, False),
        norm(x, None, w, None, None, True, 0.1, 1e-5, True),
        norm(**dict(zip(names, (x, None, w, None, None), strict=True)), **last),
    ]


@pytest.mark.parametrize("dtypes", [("float32", "float64"), ("float64", "float32"), ("float32", "int64")])
@twin
def test_triangular_systems_of_two_dtypes(torch, dtypes):
    a = torch.tensor([[2.0, 1.0], [0.0, 4.0]], dtype=getattr(torch, dtypes[0]))
    b = torch.tensor([[4.0], [2.0]]).to(getattr(torch, dtypes[1]))
    return torch.linalg.solve_triangular(a, b, upper=True), torch.linalg.solve_triangular(a, b.T, upper=True, left=False)


@twin
def test_a_batch_of_gradients_at_once(torch):
    x = torch.tensor([1.0, -2.0, 3.0], requires_grad=True)
    unused = torch.ones(2, requires_grad=True)
    weights = torch.arange(6.0).reshape(2, 3)
    first = torch.autograd.grad([x**3, x.sum()], [x, unused], [weights, torch.ones(2)], is_grads_batched=True, allow_unused=True)
    (again,) = torch.autograd.grad(x**3, x, weights, is_grads_batched=True, create_graph=True)
    second = torch.autograd.grad(again.sum(), x)
    named = torch.autograd.grad(x * x, {"x": x}, weights, is_grads_batched=True)
    spent = x**2
    torch.autograd.grad(spent, x, weights, is_grads_batched=True)
    return [
        first, again, second, named,
        raised(torch.autograd.grad, spent, x, weights, is_grads_batched=True),
        raised(torch.autograd.grad, x**2, x, weights[0], is_grads_batched=True),
        raised(torch.autograd.grad, x**2, [x, unused], weights, is_grads_batched=True),
    ]  # fmt: skip


# As PyTorch words it, up to what it has for others (GradientEdges).
MESSAGES: dict[str, Callable[[Any, Any], Any]] = {
    "list for a gradient": lambda e, x: (x * 2).backward([2.0]),
    "number for a gradient": lambda e, x: x.sum().backward(2.0),
    "shape": lambda e, x: (x * 2).backward(e.ones(3)),
    "shape of grad": lambda e, x: e.autograd.grad(x * 2, x, e.ones(1, 2)),
    "no inputs": lambda e, x: x.sum().backward(inputs=[]),
    "no inputs of grad": lambda e, x: e.autograd.grad(x.sum(), []),
    "input without gradient": lambda e, x: x.sum().backward(inputs=[x, e.ones(2)]),
    "second is unused": lambda e, x: e.autograd.grad(x.sum(), [x, e.ones(1, requires_grad=True)]),
    "zeros and errors at once": lambda e, x: e.autograd.grad(x.sum(), x, allow_unused=False, materialize_grads=True),
    "function of nothing": lambda e, x: e.autograd.Function.apply(x),
    "mode": lambda e, x: e.nn.Linear(1, 1).compile(mode="x"),
    "mode and options": lambda e, x: e.nn.Linear(1, 1).compile(mode="default", options={}),
    "fused and foreach": lambda e, x: e.optim.AdamW([x], fused=True, foreach=True),
    "requires_grad": lambda e, x: setattr(x, "requires_grad", 1),
    "requires_grad_": lambda e, x: x.requires_grad_("a"),
    "type": lambda e, x: x.type("float"),
    "two bools": lambda e, x: (x > 0) - (x > 0),
    "a bool": lambda e, x: x - (x > 0),
    "gradient of another size": lambda e, x: setattr(x, "grad", e.ones(3)),
    "no gradient": lambda e, x: setattr(x, "grad", 3),
}


@pytest.mark.parametrize("name", MESSAGES)
@twin
def test_messages(torch, name):
    x = torch.ones(2, requires_grad=True)
    return message(MESSAGES[name], torch, x), x.grad


@pytest.mark.parametrize("size", [("a",), (2.5,), (None,), (2, "a"), ((2, "a"),), ([1.5],)])
@twin
def test_sizes_that_are_none(torch, size):
    return [raised(make, *size) for make in (torch.ones, torch.zeros, torch.empty, torch.rand, torch.ones(2).new_zeros)]


def test_a_size_that_is_none_says_what_it_is():
    for size, words in (("a", "tuple of ints, not str"), (2.5, "tuple of ints, not float"), ([2, "a"], "element of type str at pos 1")):
        with pytest.raises(TypeError, match=words):
            minitorch.ones(size)


def test_a_compiled_module_computes_what_it_did() -> None:
    net = minitorch.nn.Linear(2, 1)
    before = net(minitorch.ones(3, 2)).tolist()
    assert net.compile(backend="eager", mode="reduce-overhead", fullgraph=True) is None
    assert net(minitorch.ones(3, 2)).tolist() == before


@twin
def test_order_of_batches_without_workers(torch):
    return list(torch.utils.data.DataLoader(list(range(5)), batch_size=2, in_order=False))


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "Adagrad"])
@twin
def test_fused_optimizers(torch, name):
    w = torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64, requires_grad=True)
    optimizer = getattr(torch.optim, name)([w], lr=0.1, fused=True)
    for _ in range(3):
        optimizer.zero_grad()
        (w**2).sum().backward()
        optimizer.step()
    saved = optimizer.state_dict()["param_groups"]
    return w.detach(), saved[0]["fused"], "fused: True" in repr(optimizer)


constant = lambda epoch: 0.1  # noqa: E731  what has no name can't be pickled


def test_a_function_cannot_be_saved(tmp_path) -> None:
    for engine in (minitorch, torch):
        with pytest.raises(Exception, match="function|lambda") as caught:
            engine.save({"step": 1, "schedule": constant}, tmp_path / "file")
        assert caught.type.__name__ == "PicklingError"


@twin
def test_vjp_takes_what_the_function_gave(torch):
    _, pull = torch.func.vjp(lambda x: (x * 2, x.sin()), torch.tensor([1.0, 2.0]))
    ones = torch.ones(2)
    return pull((ones, ones)), raised(pull), raised(pull, ones)


@twin
def test_asking_a_computed_tensor_for_its_gradient_warns(torch):
    x = torch.ones(2, requires_grad=True)
    kept, given = x * 2, x * 3
    kept.retain_grad()
    given.grad = torch.ones(2)
    with torch.no_grad():
        apart = x[0]
    found = []
    for t in (x, x * 2, x[0], x.view(1, 2), x.detach(), apart, kept, given, torch.ones(2)):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            t.grad, t.grad  # noqa: B018
        found.append([(w.category.__name__, str(w.message).partition(" See ")[0], w.filename == __file__) for w in caught])
    return found


@twin
def test_what_numpy_and_a_tensor_share_is_memory_and_no_shape(torch):
    given = numpy.arange(6.0)
    t = torch.from_numpy(given)
    given.shape = (2, 3)
    given[0, 0] = 7
    x = torch.ones(2, 3)
    for array in (x.numpy(), x.detach().numpy(), numpy.asarray(x), x.numpy(force=True)):
        array.shape = (6,)
        array += 1
        array.flags.writeable = False
    x.add_(1)
    return t, x


@pytest.mark.parametrize("name", ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8"])
@twin
def test_limits_of_numbers(torch, name):
    dtype = getattr(torch, name)
    limits = torch.finfo(dtype) if dtype.is_floating_point else torch.iinfo(dtype)
    again = type(limits)(dtype)
    other = type(limits)(getattr(torch, {"float32": "float64", "int32": "int64"}.get(name, "float32" if "float" in name else "int32")))
    more = [limits.resolution, limits.eps, limits.tiny, limits.smallest_normal] if dtype.is_floating_point else []
    return repr(limits), limits == again, limits == other, raised(hash, limits), limits.min, limits.max, limits.bits, limits.dtype, more


# Parameters that are numbers: NumPy's, and tensors of no dimension, stand for Python's, and leave float32 what it is.
PARAMETERS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "clamp": lambda e, x, n: e.clamp(x, n),
    "clamp max": lambda e, x, n: x.clamp(max=n),
    "clip": lambda e, x, n: x.clip(-1, n),
    "leaky_relu": lambda e, x, n: e.nn.functional.leaky_relu(x, n),
    "elu": lambda e, x, n: e.nn.functional.elu(x, n),
    "celu": lambda e, x, n: e.nn.functional.celu(x, n),
    "softplus": lambda e, x, n: e.nn.functional.softplus(x, n, n),
    "softshrink": lambda e, x, n: e.nn.functional.softshrink(x, n),
    "hardtanh": lambda e, x, n: e.nn.functional.hardtanh(x, -n, n),
    "threshold": lambda e, x, n: e.nn.functional.threshold(x, n, n),
    "smooth_l1_loss": lambda e, x, n: e.nn.functional.smooth_l1_loss(x, x * 2, beta=n),
    "batch_norm": lambda e, x, n: e.nn.functional.batch_norm(x, None, None, training=True, eps=n),
    "add": lambda e, x, n: e.add(x, x, alpha=n),
    "sub": lambda e, x, n: e.sub(x, 1.5, alpha=n),
    "rsub": lambda e, x, n: e.rsub(x, x, alpha=n),
    "addcdiv": lambda e, x, n: e.addcdiv(x, x, x, value=n),
    "norm": lambda e, x, n: e.norm(x, n, 1),
    "module": lambda e, x, n: e.nn.Sequential(e.nn.LeakyReLU(n), e.nn.Softplus(n))(x),
}


@pytest.mark.parametrize("kind", ["float32", "float64", "int64", "tensor"])
@pytest.mark.parametrize("name", PARAMETERS)
@twin
def test_parameters_that_are_numpys_numbers(torch, name, kind):
    n = torch.tensor(2.0) if kind == "tensor" else getattr(numpy, kind)(2)
    x = torch.tensor([[-3.0, 0.5, 4.0], [1.0, -0.25, 2.0]], requires_grad=True)
    if kind == "tensor" and "clamp" in name + "clip":
        n = 2.0  # a tensor is another kind of bound
    y = PARAMETERS[name](torch, x, n)
    y.sum().backward()
    return y, x.grad


@pytest.mark.parametrize("kind", ["int64", "int32", "uint8"])
@twin
def test_parameters_that_are_numpys_integers(torch, kind):
    one, x = getattr(numpy, kind)(1), torch.arange(16.0).reshape(1, 1, 4, 4)
    return [
        torch.nn.functional.max_pool2d(x, 2, stride=one), torch.nn.functional.avg_pool2d(x, 2, stride=one),
        torch.nn.functional.max_pool1d(x[0], 2, one), torch.nn.functional.avg_pool1d(x[0], 2, one),
        x.roll(1, one), x.amax(one), torch.round(x / 3, decimals=one), torch.polygamma(one, x + 1), torch.mvlgamma(x + 1, one),
        torch.nn.functional.conv_transpose2d(x, x[..., :2, :2], groups=one),
        torch.zeros(3).scatter(0, torch.tensor([1]), one), torch.quantile(x, one),
    ]  # fmt: skip


def test_these_tests_can_fail() -> None:
    with pytest.raises(AssertionError):
        assert_same(minitorch.Size([2]) + (3,), torch.Size([3, 2]), "size")
    with warnings.catch_warnings(action="error"):
        assert minitorch.ones(2).type("torch.LongTensor").dtype is minitorch.int64
