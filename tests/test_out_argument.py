"""out=: results written into given tensors, and what is refused there."""

from __future__ import annotations

import inspect
import pickle
import warnings

import pytest
from twins import raised, twin

import minitorch
from minitorch.out_argument import NAMES

TWO = {"add", "atan2", "div", "eq", "floor_divide", "fmod", "ge", "gt", "le", "logical_and", "logical_or", "lt", "matmul",
       "maximum", "minimum", "mm", "mul", "ne", "pow", "remainder", "sub", "true_divide"}  # fmt: skip
MORE = {"addcdiv": 3, "addcmul": 3, "addmm": 3}
WITH = {"clamp": (0.6, 0.8), "cumprod": (0,), "cumsum": (1,), "mean": (0,), "prod": (1,), "sum": (0,)}
VECTORS = {"dot": 2, "outer": 2}


def arguments(torch, name):
    torch.manual_seed(len(name))
    if name in VECTORS:
        return [torch.rand(3) for _ in range(VECTORS[name])]
    if name in ("mv", "addmv"):
        return [*([torch.rand(3)] if name == "addmv" else []), torch.rand(3, 3), torch.rand(3)]
    if name in ("bmm", "baddbmm", "addbmm"):
        first = {"bmm": [], "baddbmm": [torch.rand(2, 3, 3)], "addbmm": [torch.rand(3, 3)]}[name]
        return [*first, torch.rand(2, 3, 3), torch.rand(2, 3, 3)]
    if name in ("cat", "stack"):
        return [[torch.rand(3, 3), torch.rand(3, 3)]]
    if name == "index_select":
        return [torch.rand(3, 3), 0, torch.tensor([2, 0])]
    if name == "lerp":
        return [torch.rand(3, 3), torch.rand(3, 3), 0.3]
    if name == "where":
        return [torch.rand(3, 3) > 0.5, torch.rand(3, 3), torch.rand(3, 3)]
    return [torch.rand(3, 3) for _ in range(2 if name in TWO else MORE.get(name, 1))] + list(WITH.get(name, ()))


@pytest.mark.parametrize("name", NAMES)
@twin
def test_a_result_is_written_into_a_tensor(torch, name):
    function, given = getattr(torch, name), arguments(torch, name)
    plain = function(*given)
    out = torch.zeros_like(plain)
    memory, version = out.data_ptr(), out._version
    same = function(*given, out=out) is out and out.data_ptr() == memory and out._version > version
    grown = torch.empty(0, dtype=plain.dtype)
    function(*given, out=grown)
    return plain, out, same, grown, function(*given, out=None)


@twin
def test_what_a_result_is_written_into(torch):
    a = torch.full((2, 2), 2.0)
    stack, transposed = torch.zeros(3, 2, 2), torch.zeros(2, 2).T
    torch.mul(a, 3, out=stack[1])
    torch.add(a, torch.tensor([1.0, 5.0]), out=transposed)
    torch.mul(a, a, out=a)
    wide = torch.add(a, a, out=torch.empty(2, 2, dtype=torch.float64))
    with torch.no_grad():
        leaf = torch.neg(a, out=torch.zeros(2, 2, requires_grad=True))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        resized = torch.add(a, a, out=torch.empty(3))
    return stack, transposed, a, wide, leaf, resized, caught[0].category.__name__


@twin
def test_what_is_refused(torch):
    a, w = torch.ones(2, 2), torch.ones(2, 2, requires_grad=True)
    return [
        raised(torch.add, a, a, out=torch.empty(2, 2, dtype=torch.int64)),
        raised(torch.matmul, a, a, out=torch.empty(2, 2, dtype=torch.float64)),
        raised(torch.exp, w, out=torch.empty(2, 2)),
        raised(torch.exp, a, out=torch.empty(2, 2, requires_grad=True)),
        raised(torch.exp, a, out=3),
        raised(torch.cat, [a, w], out=torch.empty(0)),
    ]


def test_the_functions_keep_their_names_and_signatures():
    for name in NAMES:
        function = getattr(minitorch, name)
        assert pickle.loads(pickle.dumps(function)) is function
        assert inspect.signature(function) == inspect.signature(getattr(minitorch.ops, name))
        assert "out" not in inspect.signature(function).parameters
