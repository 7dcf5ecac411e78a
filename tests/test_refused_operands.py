"""Operators between a tensor and what is none: the same refusal as PyTorch's, and the other operand's turn where it has one."""

from __future__ import annotations

import operator
import warnings

import pytest
from twins import raised, twin

import minitorch

BINARY = (
    "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and_", "or_", "xor", "lshift", "rshift",
    "lt", "le", "gt", "ge", "eq", "ne",
)  # fmt: skip
REFLECTED = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor", "lshift", "rshift")


class Willing:
    """An operand that computes with anything, and says which side it stood on."""


for name in REFLECTED:
    setattr(Willing, f"__r{name}__", lambda self, other, name=name: f"r{name}")
for name, other_side in (("lt", "gt"), ("le", "ge"), ("gt", "lt"), ("ge", "le"), ("eq", "eq"), ("ne", "ne")):
    setattr(Willing, f"__{other_side}__", lambda self, other, name=name: f"r{name}")


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("kind", ["floats", "integers"])
@twin
def test_what_is_no_operand(torch, name, kind):
    x = torch.tensor([1.5, 2.0]) if kind == "floats" else torch.tensor([1, 2])
    apply = getattr(operator, name)
    answers = []
    for other in ("word", None, {}, b"bytes"):
        for pair in ((x, other), (other, x)):
            error = raised(apply, *pair)
            answers.append(error if isinstance(error, str) else bool(error))
    return answers


@pytest.mark.parametrize("name", BINARY)
@twin
def test_the_other_operand_has_its_turn(torch, name):
    return getattr(operator, name)(torch.tensor([1, 2]), Willing())


@twin
def test_factorisations_as_methods(torch):
    a = torch.tensor([[4.0, 2.0], [2.0, 3.0]], dtype=torch.float64)
    with warnings.catch_warnings(action="ignore"):  # PyTorch's, which calls these names old
        factor = a.cholesky()
        q, r = a.qr()
        u, s, v = a.svd()
    return [
        factor, factor.cholesky_inverse(), torch.ones(2, 1, dtype=torch.float64).cholesky_solve(factor),
        q @ r, r.diagonal().abs(), (u * s) @ v.mT, s,
    ]  # fmt: skip


@pytest.mark.parametrize("name", [
    "max_memory_allocated", "max_memory_reserved", "memory_reserved", "memory_allocated", "reset_peak_memory_stats",
])  # fmt: skip
def test_no_accelerator_no_memory(name):
    if minitorch.accelerator.is_available():
        pytest.skip("there is one")
    assert raised(getattr(minitorch.accelerator, name)) == "RuntimeError"


def test_what_has_to_be_written_by_the_user_says_so():
    """Methods that are there for subclasses to define."""
    assert raised(minitorch.autograd.Function.setup_context, None, (), ()) == "NotImplementedError"
    assert raised(minitorch.autograd.Function.vjp, None) == "NotImplementedError"
    shapeless = minitorch.distributions.Distribution(validate_args=False)
    assert raised(shapeless.log_prob, 1.0) == raised(lambda: shapeless.variance) == "NotImplementedError"
