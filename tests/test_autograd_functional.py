"""autograd.functional and func as PyTorch's: values, structures of tuples, graphs, strictness, errors; and the corners
of autograd.grad and autograd.backward."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from twins import raised, twin

import minitorch


def values(torch, *shape, seed=1, requires_grad=False):
    x = torch.from_numpy(np.random.default_rng([seed, *shape]).uniform(-1.5, 1.5, shape))
    return x.requires_grad_(requires_grad)


FUNCTIONS = {
    "elementwise": (lambda torch, x: torch.exp(x) * x, [(3,)]),
    "to matrix": (lambda torch, x: x.unsqueeze(0) * x.unsqueeze(1), [(3,)]),
    "to number": (lambda torch, x: (x**3).sum(), [(2, 2)]),
    "number": (lambda torch, x: x**2, [()]),
    "two inputs": (lambda torch, x, y: torch.matmul(x, y), [(2, 3), (3,)]),
    "two outputs": (lambda torch, x: (x**2, x.sum()), [(3,)]),
    "two and two": (lambda torch, x, y: (x * y.sum(), torch.sin(y)), [(2,), (3,)]),
    "unused input": (lambda torch, x, y: x**2, [(2,), (3,)]),
    "constant": (lambda torch, x: torch.ones(2, dtype=torch.float64), [(3,)]),
    "linear": (lambda torch, x: 2 * x, [(3,)]),
    "a tuple of one": (lambda torch, x: (x * x,), [(2,)]),
}
NUMBERS = {
    "cubes": (lambda torch, x: (x**3).sum(), [(3,)]),
    "two inputs": (lambda torch, x, y: (x**2 * y.sum()).sum() + torch.exp(y).sum(), [(2,), (3,)]),
    "linear": (lambda torch, x: (2 * x).sum(), [(3,)]),
    "unused input": (lambda torch, x, y: (x**3).sum(), [(2,), (2,)]),
    "0-d": (lambda torch, x: torch.sin(x), [()]),
    "one element": (lambda torch, x: (x**2).sum(0, keepdim=True), [(2,)]),
}
each_function = pytest.mark.parametrize("case", FUNCTIONS)
each_number = pytest.mark.parametrize("case", NUMBERS)


def prepared(torch, table, case, as_tuple=None, requires_grad=False):
    """The function of a case, and its inputs: a tensor where there is one, unless a tuple is asked for."""
    function, shapes = table[case]
    xs = tuple(values(torch, *shape, seed=i, requires_grad=requires_grad) for i, shape in enumerate(shapes))
    return (lambda *args: function(torch, *args)), (xs if as_tuple or len(xs) > 1 else xs[0])


def shaped_like(torch, xs):
    if isinstance(xs, tuple):
        return tuple(shaped_like(torch, x) for x in xs)
    return values(torch, *xs.shape, seed=9)


# ---- autograd.functional ---------------------------------------------------------------------------------------------


@each_function
@pytest.mark.parametrize("as_tuple", [False, True])
@twin
def test_jacobian(torch, case, as_tuple):
    f, xs = prepared(torch, FUNCTIONS, case, as_tuple)
    return torch.autograd.functional.jacobian(f, xs)


@pytest.mark.parametrize("case", ["elementwise", "two inputs", "two outputs", "two and two"])
@twin
def test_jacobian_vectorized(torch, case):
    f, xs = prepared(torch, FUNCTIONS, case)
    return torch.autograd.functional.jacobian(f, xs, vectorize=True), raised(
        torch.autograd.functional.jacobian, f, xs, strict=True, vectorize=True
    )


@each_function
@pytest.mark.parametrize("as_tuple", [False, True])
@twin
def test_vjp_and_jvp(torch, case, as_tuple):
    f, xs = prepared(torch, FUNCTIONS, case, as_tuple)
    outputs = f(*xs) if isinstance(xs, tuple) else f(xs)
    backward = torch.autograd.functional.vjp(f, xs, shaped_like(torch, outputs))
    return backward, torch.autograd.functional.jvp(f, xs, shaped_like(torch, xs))


@each_number
@pytest.mark.parametrize("as_tuple", [False, True])
@twin
def test_hessian_and_its_products(torch, case, as_tuple):
    f, xs = prepared(torch, NUMBERS, case, as_tuple)
    v = shaped_like(torch, xs)
    functional = torch.autograd.functional
    return functional.hessian(f, xs), functional.vhp(f, xs, v), functional.hvp(f, xs, v)


@twin
def test_the_vector_may_be_left_out_for_a_number(torch):
    functional = torch.autograd.functional
    x, number = values(torch, 3), values(torch)
    return (
        functional.vjp(lambda x: (x**2).sum(), x),
        functional.jvp(lambda x: x * torch.ones(2, dtype=torch.float64), number),
        functional.vhp(lambda x: x**3, number),
        functional.hvp(lambda x: x**3, number),
        [
            raised(functional.vjp, lambda x: x**2, x),
            raised(functional.jvp, lambda x: x**2, x),
            raised(functional.vhp, lambda x: (x**2).sum(), x),
            raised(functional.hvp, lambda x: (x**2).sum(), x),
        ],
    )


@pytest.mark.parametrize("requires_grad", [False, True])
@twin
def test_create_graph(torch, requires_grad):
    """The results can be differentiated by the inputs, if those require it."""
    functional = torch.autograd.functional
    results = []
    for name in ("jacobian", "hessian", "vjp", "jvp", "vhp", "hvp"):
        x = values(torch, 3, requires_grad=requires_grad)
        f = (lambda x: torch.exp(x) * x.sum()) if name in ("jacobian", "vjp", "jvp") else (lambda x: (x**4).sum())
        v = () if name in ("jacobian", "hessian") else (values(torch, 3, seed=4),)
        found = getattr(functional, name)(f, x, *v, create_graph=True)
        found = found[1] if isinstance(found, tuple) else found
        results.append(found.detach())
        if requires_grad:
            results.append(torch.autograd.grad(found.sin().sum(), x)[0])
    return results


@twin
def test_inputs_that_the_function_uses_by_another_way_do_not_count(torch):
    x = values(torch, 3, requires_grad=True)
    return torch.autograd.functional.jacobian(lambda y: x * y, x), x.grad, x.requires_grad


@twin
def test_inputs_and_modes_are_left_alone(torch):
    x = values(torch, 3)
    with torch.no_grad():
        found = torch.autograd.functional.jacobian(lambda x: x**2, x)
        product = torch.autograd.functional.vjp(lambda x: (x**2).sum(), x)
        enabled = torch.is_grad_enabled()
    return found, product, enabled, x.requires_grad, x.grad


STRICT = {
    "jacobian of a constant": ("jacobian", lambda torch, x: torch.ones(2), False),
    "jacobian of an unused input": ("jacobian", lambda torch, x, y: x * 2, False),
    "jacobian of a linear function with a graph": ("jacobian", lambda torch, x: x * 2, True),
    "jacobian of a curved function with a graph": ("jacobian", lambda torch, x: x**2, True),
    "vjp of a constant": ("vjp", lambda torch, x: torch.ones(()), False),
    "vjp of an unused input": ("vjp", lambda torch, x, y: x.sum(), False),
    "vjp of a linear function": ("vjp", lambda torch, x: (x * 2).sum(), False),
    "jvp of an unused input": ("jvp", lambda torch, x, y: x, False),
    "hessian of a linear function": ("hessian", lambda torch, x: (x * 2).sum(), False),
    "hessian of squares": ("hessian", lambda torch, x: (x**2).sum(), False),
    "hessian of an unused input": ("hessian", lambda torch, x, y: (x**2).sum(), False),
    "vhp of a constant": ("vhp", lambda torch, x: torch.ones(()), False),
    "vhp of a linear function": ("vhp", lambda torch, x: (x * 2).sum(), False),
    "hvp of cubes": ("hvp", lambda torch, x: (x**3).sum(), False),
    "hvp of an unused input": ("hvp", lambda torch, x, y: (x**3).sum(), False),
}


@pytest.mark.parametrize("case", STRICT)
@twin
def test_strict(torch, case):
    name, function, create_graph = STRICT[case]
    n = function.__code__.co_argcount - 1
    xs = tuple(values(torch, 2, seed=i, requires_grad=create_graph) for i in range(n))
    v = (xs,) if name in ("jvp", "vhp", "hvp") else ()
    call = getattr(torch.autograd.functional, name)
    return raised(call, lambda *x: function(torch, *x), xs, *v, strict=True, create_graph=create_graph)


@twin
def test_errors(torch):
    functional = torch.autograd.functional
    x = values(torch, 3)
    square = lambda x: x**2  # noqa: E731
    total = lambda x: (x**2).sum()  # noqa: E731
    return [
        raised(functional.jacobian, square, [x]),
        raised(functional.jacobian, square, (x, 2)),
        raised(functional.jacobian, lambda x: 2.0, x),
        raised(functional.jacobian, lambda x: [x], x),
        raised(functional.jacobian, square, x, strategy="sideways"),
        raised(functional.hessian, square, x),
        raised(functional.hessian, lambda x: (total(x), total(x)), x),
        raised(functional.hessian, total, x, outer_jacobian_strategy="sideways"),
        raised(functional.vjp, square, x, values(torch, 2)),
        raised(functional.vjp, square, x, (values(torch, 3), values(torch, 3))),
        raised(functional.vjp, square, x, 2.0),
        raised(functional.jvp, square, x, values(torch, 2)),
        raised(functional.jvp, lambda x, y: x, (x, x), (x,)),
        raised(functional.vhp, square, x, x),
        raised(functional.hvp, lambda x: (total(x),), x, x),
    ]


def test_forward_mode_is_refused() -> None:
    x = values(minitorch, 3)
    with pytest.raises(NotImplementedError, match="forward mode"):
        minitorch.autograd.functional.jacobian(lambda x: x, x, strategy="forward-mode")
    with pytest.raises(NotImplementedError, match="forward mode"):
        minitorch.autograd.functional.hessian(lambda x: x.sum(), x, outer_jacobian_strategy="forward-mode")


def test_jacobian_of_no_outputs_is_empty() -> None:
    found = minitorch.autograd.functional.jacobian(lambda x: x[:0], values(minitorch, 3))
    assert tuple(found.shape) == (0, 3)


# ---- func ------------------------------------------------------------------------------------------------------------


@twin
def test_func_grad(torch):
    x, y = values(torch, 3), values(torch, 3, seed=2)
    f = lambda x, y: (x**2 * y).sum()  # noqa: E731
    func = torch.func
    return (
        func.grad(f)(x, y),
        func.grad(f, argnums=1)(x, y),
        func.grad(f, argnums=(0, 1))(x, y),
        func.grad(f, argnums=-1)(x, y),
        func.grad_and_value(f)(x, y),
        func.grad(lambda x: ((x**2).sum(), x + 1), has_aux=True)(x),
        func.grad_and_value(lambda x: ((x**2).sum(), {"twice": 2 * x}), has_aux=True)(x),
        func.grad(lambda x, *, power: (x**power).sum())(x, power=3),
        func.grad(lambda x: torch.ones((), dtype=torch.float64))(x),
        (x.requires_grad, x.grad),
    )


@twin
def test_func_nests(torch):
    x = values(torch)
    f = lambda x: torch.exp(2 * x)  # noqa: E731
    grad = torch.func.grad
    v = values(torch, 3)
    return (
        grad(grad(f))(x),
        grad(grad(grad(f)))(x),
        grad(lambda x: x * grad(lambda y: x * y**2)(x))(x),
        torch.func.hessian(lambda x: (x**3).sum())(v),
        torch.func.hessian(lambda x, y: (x**2 * y**2).sum(), argnums=(0, 1))(v, v),
        torch.func.jacrev(torch.func.grad(lambda x: (x**4).sum()))(v),
    )


@twin
def test_func_takes_structures(torch):
    parameters = {"weight": values(torch, 2, 3), "bias": values(torch, 2)}
    x = values(torch, 3)
    loss = lambda p, x: torch.sin(p["weight"] @ x + p["bias"]).sum()  # noqa: E731
    nested = lambda pair: (pair[0] * pair[1][0]).sum()  # noqa: E731
    found = torch.func.grad(nested)((x, [x]))
    return torch.func.grad(loss)(parameters, x), found[0], found[1][0]


@twin
def test_func_vjp_and_jacrev(torch):
    x, y = values(torch, 3), values(torch, 2)
    f = lambda x, y: (x * y.sum(), torch.sin(y))  # noqa: E731
    out, product = torch.func.vjp(f, x, y)
    once = product((values(torch, 3, seed=5), values(torch, 2, seed=6)))
    twice = product((values(torch, 3, seed=7), values(torch, 2, seed=8)))
    aux = torch.func.vjp(lambda x: (x**2, x + 1), x, has_aux=True)
    return (
        out,
        once,
        twice,
        aux[0],
        aux[2],
        aux[1](x),
        torch.func.jacrev(lambda x: x**2)(x),
        torch.func.jacrev(f, argnums=(0, 1))(x, y),
        torch.func.jacrev(lambda x: {"a": x**2, "b": x.sum()})(x),
        torch.func.jacrev(lambda x: (x**2, x + 1), has_aux=True)(x),
    )


@twin
def test_func_and_ordinary_gradients(torch):
    """What the function uses by another way keeps its history: the gradient of a gradient by a parameter."""
    w = values(torch, 3, requires_grad=True)
    x = values(torch, 3, seed=2)
    g = torch.func.grad(lambda x: (w * x**2).sum())(x)
    by_itself = torch.func.grad(lambda x: (x**2).sum())(w)
    (second,) = torch.autograd.grad(g.sum(), w)
    (third,) = torch.autograd.grad(by_itself.sum(), w)
    with torch.no_grad():
        silent = torch.func.grad(lambda x: (w * x**2).sum())(x)
    return g, by_itself, second, third, silent


@twin
def test_func_errors(torch):
    x = values(torch, 3)
    func = torch.func
    return [
        raised(func.grad(lambda x: x**2), x),
        raised(func.grad(lambda x: 2.0), x),
        raised(func.grad(lambda x: x.sum(), argnums=1), x),
        raised(func.grad(lambda x: x.sum()), torch.arange(3)),
        raised(func.vjp(lambda x: x**2, x)[1], (x, x)),
    ]


# ---- autograd.grad and autograd.backward -----------------------------------------------------------------------------


@twin
def test_grad_of_a_dict_of_inputs(torch):
    x, y = values(torch, 3, requires_grad=True), values(torch, 3, seed=2, requires_grad=True)
    z = (x * y).sum()
    found = torch.autograd.grad(z, {"y": y, "x": x}, retain_graph=True)
    torch.autograd.backward(z, inputs={"x": x})
    return found, x.grad, y.grad


@twin
def test_grad_arguments_by_position(torch):
    """outputs, inputs, grad_outputs, retain_graph, create_graph, only_inputs, allow_unused, …"""
    x, y = values(torch, 3, requires_grad=True), values(torch, 3, seed=2, requires_grad=True)
    v = values(torch, 3, seed=5)
    first = torch.autograd.grad(x**2, [x, y], v, True, True, True, True)
    torch.autograd.backward(x**2, v, None, False, None, (x,))
    return first[0], first[1], x.grad


@twin
def test_grad_materialized(torch):
    x, y = values(torch, 3, requires_grad=True), values(torch, 2, requires_grad=True)
    z = (x**2).sum()
    ordinary = torch.autograd.grad(z, [x, y], materialize_grads=True, retain_graph=True)
    recorded = torch.autograd.grad(z, [x, y], create_graph=True, materialize_grads=True)
    return ordinary, recorded


@twin
def test_grad_of_several_outputs(torch):
    x = values(torch, 3, requires_grad=True)
    a, b = x**2, (x**3).sum()
    v = values(torch, 3, seed=5)
    return torch.autograd.grad((a, b), x, (v, None)), [
        raised(torch.autograd.grad, (x**2, b), x, (v,)),
        raised(torch.autograd.grad, x**2, x, values(torch, 2)),
        raised(torch.autograd.grad, x**2, x, [2.0]),
        raised(torch.autograd.grad, x**2, x),
        raised(torch.autograd.grad, (x**2).sum(), {}),
    ]


@twin
def test_older_arguments_warn(torch):
    x = values(torch, 3, requires_grad=True)
    v = values(torch, 3, seed=5)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = torch.autograd.grad((x**2).sum(), x, only_inputs=False)
        torch.autograd.backward(x**2, grad_variables=v)
    both = raised(torch.autograd.backward, x**2, v, grad_variables=v)
    return found, x.grad, [w.category.__name__ for w in caught], both


# ---- modules as functions --------------------------------------------------------------------------------------------


def small_net(torch, tied=False):
    torch.manual_seed(3)
    net = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Tanh(), torch.nn.Linear(3, 3), torch.nn.BatchNorm1d(3))
    if tied:
        net[2].weight = net[0].weight
    return net.double()


@twin
def test_functional_call(torch):
    net = small_net(torch).eval()
    x = values(torch, 4, 3)
    given = {name: values(torch, *p.shape, seed=5) for name, p in net.named_parameters()}
    out = torch.func.functional_call(net, given, x)
    part = torch.func.functional_call(net, {"0.bias": values(torch, 3, seed=6)}, (x,))
    gradients = torch.func.grad(lambda p: (torch.func.functional_call(net, p, (x,)) ** 3).sum())(given)
    untouched = all(p.grad is None and type(p).__name__ == "Parameter" for p in net.parameters())
    return out, part.detach(), gradients, untouched, sorted(net.state_dict())


@twin
def test_functional_call_with_buffers(torch):
    """What the call does to buffers is done to the ones given, and the module's own stay as they were."""
    net = small_net(torch)
    x = values(torch, 4, 3)
    buffers = {name: b.clone() for name, b in net.named_buffers()}
    out = torch.func.functional_call(net, (dict(net.named_parameters()), buffers), x, strict=True)
    return out.detach(), buffers, dict(net.named_buffers())


@twin
def test_functional_call_of_tied_weights(torch):
    net = small_net(torch, tied=True).eval()
    x = values(torch, 3)[None]
    weight, other = values(torch, 3, 3, seed=7), values(torch, 3, 3, seed=8)
    call = torch.func.functional_call
    return (
        call(net, {"0.weight": weight}, x).detach(),
        call(net, {"0.weight": weight}, x, tie_weights=False).detach(),
        call(net, {"0.weight": weight, "2.weight": weight}, x).detach(),
        raised(call, net, {"0.weight": weight, "2.weight": other}, x),
        net[0].weight is net[2].weight,
    )


@twin
def test_functional_call_errors(torch):
    net = small_net(torch).eval()
    x = values(torch, 1, 3)
    bias = values(torch, 3)
    call = torch.func.functional_call
    before = {name: p.detach().clone() for name, p in net.named_parameters()}
    found = [
        raised(call, net, {"0.bias": bias}, x, strict=True),
        raised(call, net, {**dict(net.named_parameters()), **dict(net.named_buffers()), "more": bias}, x, strict=True),
        raised(call, net, {"more": bias}, x),
        raised(call, net, {"9.weight": bias}, x),
        raised(call, net, {"0.bias": bias, "0.weight": 2.0}, x),
        raised(call, net, {"0": bias}, x),
        raised(call, net, [{"0.bias": bias}, {"0.bias": bias}], x),
        raised(call, net, [bias], x),
        raised(call, net, bias, x),
        raised(call, net, {"0.bias": values(torch, 5)}, x),
    ]
    return found, all(bool((p == before[name]).all()) for name, p in net.named_parameters())
