"""Which dtype results when two meet: every pair, 0-d tensors, Python numbers, the default dtype."""

from __future__ import annotations

import pytest
import torch
from twins import raised, twin

import minitorch

DTYPES = ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool"]


@pytest.mark.parametrize("operation", ["add", "mul", "div", "maximum", "where", "pow", "eq"])
def test_promotion_table(operation):
    """Every pair of dtypes, each operand with dimensions or 0-d: the result's dtype as torch's."""
    wrong = []
    for a in DTYPES:
        for b in DTYPES:
            for shape_a in ((2,), ()):
                for shape_b in ((2,), ()):
                    results = []
                    for engine in (torch, minitorch):
                        x = engine.ones(shape_a, dtype=getattr(engine, a))
                        y = engine.ones(shape_b, dtype=getattr(engine, b))
                        try:
                            if operation == "where":
                                out = engine.where(engine.ones(2, dtype=engine.bool), x, y)
                            else:
                                out = getattr(engine, operation)(x, y)
                            results.append(str(out.dtype))
                        except Exception as e:
                            results.append(type(e).__name__)
                    if results[0] != results[1]:
                        wrong.append(
                            f"{operation}({a}{list(shape_a)}, {b}{list(shape_b)}) is {results[1]}, not {results[0]}"
                        )
    assert not wrong, "\n".join(wrong[:20])


@pytest.mark.parametrize("number", [2, 2.5, True])
@pytest.mark.parametrize("shape", [(2,), ()])
def test_promotion_with_python_numbers(number, shape):
    wrong = []
    for name in DTYPES:
        for operation in ("a+n", "n+a", "a*n", "n-a", "a/n", "n/a", "a**n", "n**a", "a//n", "a%n", "a<n"):
            results = []
            for engine in (torch, minitorch):
                a = engine.ones(shape, dtype=getattr(engine, name))
                try:
                    results.append(str(eval(operation, {"a": a, "n": number}).dtype))
                except Exception as e:
                    results.append(type(e).__name__)
            if results[0] != results[1]:
                wrong.append(f"{operation}, a {name}{list(shape)}, n {number!r}: {results[1]}, not {results[0]}")
    assert not wrong, "\n".join(wrong[:20])


@pytest.mark.parametrize("a", DTYPES)
def test_promotion_functions(a):
    for b in DTYPES:
        for name in ("promote_types", "can_cast"):
            theirs, ours = (str(getattr(e, name)(getattr(e, a), getattr(e, b))) for e in (torch, minitorch))
            assert theirs == ours, f"{name}({a}, {b})"
        pairs = [(e.ones(2, dtype=getattr(e, a)), e.ones((), dtype=getattr(e, b))) for e in (torch, minitorch)]
        theirs, ours = (str(e.result_type(*pair)) for e, pair in zip((torch, minitorch), pairs, strict=True))
        assert theirs == ours, f"result_type({a}, {b})"


@twin
def test_float32_times_a_float_stays_float32(torch):
    x = torch.ones(2)
    y = torch.ones(2, dtype=torch.float64)
    return [
        (x * 2.0).dtype is torch.float32,
        (2.0 * x).dtype is torch.float32,
        (x * y).dtype is torch.float64,
        (x * y[0]).dtype is torch.float32,
        (x[0] * 2.0).dtype is torch.float32,
        x.sum().dtype is torch.float32,
        (x.sum() * y.sum()).dtype is torch.float64,
    ]


@twin
def test_default_dtype(torch):
    before = torch.get_default_dtype() is torch.float32
    torch.set_default_dtype(torch.float64)
    try:
        seen = [
            str(t.dtype)
            for t in (torch.tensor(1.0), torch.zeros(2), torch.tensor([1, 2]) / 2, torch.ones(2).float() * 2.5)
        ]
    finally:
        torch.set_default_dtype(torch.float32)
    return before, seen, raised(torch.set_default_dtype, torch.int64)
