"""torch.autograd.functional: what the errors say, the graphs of its results, and the modes it is called in."""

from __future__ import annotations

import pytest
from test_autograd_functional import STRICT, values
from twins import message, raised, twin

NAMES = ("jacobian", "hessian", "vjp", "jvp", "vhp", "hvp")
WITH_VECTOR = ("jvp", "vhp", "hvp")


def said(call, *args, **kwargs):
    """What an error says, or "nothing"; of the one sentence that PyTorch's hessian has longer, the gist."""
    if raised(call, *args, **kwargs) == "nothing":
        return "nothing"
    text = message(call, *args, **kwargs)
    is_linear = text.startswith(("The jacobian with respect to input", "While computing the hessian"))
    return "the jacobian does not depend on the inputs" if is_linear else text


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("name", NAMES)
@twin
def test_strict_says_what_is_constant(torch, name, create_graph):
    found = {}
    for case, (_, function, _) in STRICT.items():
        n = function.__code__.co_argcount - 1
        xs = tuple(values(torch, 2, seed=i, requires_grad=create_graph) for i in range(n))
        v = (xs,) if name in WITH_VECTOR else ()
        call = getattr(torch.autograd.functional, name)
        run = lambda *x, f=function: f(torch, *x)  # noqa: E731
        found[case] = said(call, run, xs, *v, strict=True, create_graph=create_graph)
    return found


@pytest.mark.parametrize("name", NAMES)
@twin
def test_what_is_not_a_tensor_is_named(torch, name):
    x = values(torch, 3)
    call = getattr(torch.autograd.functional, name)
    total = lambda *x: sum((y**2).sum() for y in x)  # noqa: E731
    found = [
        message(call, total, 2.0),
        message(call, total, (x, [x])),
        message(call, lambda x: 2.0, x, *vector(name, x)),
    ]
    found.append(message(call, lambda x: (x.sum(), 2.0), x, *vector(name, x)))
    return [text.partition(" has type")[0] for text in found]


def vector(name, x):
    return (x,) if name in WITH_VECTOR else ()


@pytest.mark.parametrize("name", WITH_VECTOR + ("vjp",))
@twin
def test_a_vector_that_does_not_fit_is_named(torch, name):
    x, other = values(torch, 3), values(torch, 2)
    call = getattr(torch.autograd.functional, name)
    total = lambda *x: sum((y**2).sum() for y in x)  # noqa: E731
    square = (lambda *x: tuple(y**2 for y in x)) if name == "vjp" else total
    one = (lambda x: x**2) if name == "vjp" else total
    return [
        message(call, one, x, other),
        message(call, one, x, (x, x)),
        message(call, one, x),
        message(call, square, (x, x), (x, other)),
        message(call, square, (x, x), (x,)),
        message(call, one, x, 2.0).partition(" has type")[0],
    ]


@pytest.mark.parametrize("name", ["hessian", "vhp", "hvp"])
@twin
def test_a_function_with_more_than_one_number_is_named(torch, name):
    x = values(torch, 3)
    call = getattr(torch.autograd.functional, name)
    return message(call, lambda x: x**2, x, *vector(name, x)), message(
        call, lambda x: (x.sum(), x.sum()), x, *vector(name, x)
    )


@pytest.mark.parametrize("name", NAMES)
@twin
def test_results_are_recorded_when_asked_even_under_no_grad(torch, name):
    x, v = values(torch, 2, requires_grad=True), values(torch, 2, seed=4, requires_grad=True)
    call = getattr(torch.autograd.functional, name)
    function = (lambda x: x**4) if name in ("jacobian", "jvp", "vjp") else (lambda x: (x**4).sum())
    given = (v,) if name in ("vjp", *WITH_VECTOR) else ()
    found = []
    for create_graph in (False, True):
        with torch.no_grad():
            quiet = call(function, x, *given, create_graph=create_graph)
        loud = call(function, x, *given, create_graph=create_graph)
        found += [quiet, loud]
    last = found[-1][1] if isinstance(found[-1], tuple) else found[-1]
    by = (x, v) if given else (x,)
    return found, torch.autograd.grad(last.sum(), by, allow_unused=True)


@pytest.mark.parametrize("name", NAMES)
@twin
def test_what_it_is_given_stays_as_it_was(torch, name):
    """No .grad is left anywhere, and neither inputs nor outputs need a gradient that did not before."""
    x, w = values(torch, 2), values(torch, 2, seed=3, requires_grad=True)
    call = getattr(torch.autograd.functional, name)
    function = (lambda x: w * x**3) if name in ("jacobian", "jvp", "vjp") else (lambda x: (w * x**3).sum())
    found = call(function, x, *((values(torch, 2, seed=4),) if name in ("vjp", *WITH_VECTOR) else ()))
    return found, x.requires_grad, x.grad, w.grad
