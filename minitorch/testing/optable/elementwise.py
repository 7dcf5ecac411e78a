"""Elementwise ops: arithmetic, functions of one number, comparisons, logic."""

from __future__ import annotations

from typing import Any

from .core import ALL, FLOATS, NUMBERS, DType, Sample, bad, given, index, op, s, t

NAN, INF = float("nan"), float("inf")
EXTREME = [NAN, INF, -INF, 0.0, -0.0, 1.0, -1.0, 1e-38, 1e30, -1e30, 89.0, -104.0]


def unary(low: float = -2.0, high: float = 2.0, **options: Any) -> list[Sample]:
    """Shapes, ranks and layouts for a function of one tensor, and the values at the edge of the format."""
    options = {"low": low, "high": high, **options}
    return [
        s(t(3, 4, **options)),
        s(t(7, **options)),
        s(t(**options)),
        s(t(1, **options)),
        s(t(0, **options)).value_only(),
        s(t(2, 0, 3, **options)),
        s(t(2, 1, 3, 2, layout="transposed", **options)),
        s(t(5, 3, layout="strided", **options)),
        s(t(4, 3, layout="expanded", **options)).at_kink(),
        s(given(EXTREME)).only(*FLOATS).at_kink(),
    ]


def binary(**options: Any) -> list[Sample]:
    """Two tensors that broadcast in every way, and a tensor with a Python number."""
    second = dict(options)
    return [
        s(t(3, 4, **options), t(3, 4, **second)),
        s(t(3, 4, **options), t(4, **second)),
        s(t(4, **options), t(3, 4, **second)),
        s(t(3, 1, 2, **options), t(4, 1, **second)),
        s(t(1, 5, **options), t(3, 1, **second)),
        s(t(2, 3, **options), t(**second)),
        s(t(**options), t(2, 3, **second)),
        s(t(**options), t(**second)),
        s(t(0, 3, **options), t(1, 3, **second)),
        s(t(2, 1, **options), t(2, 0, **second)),
        s(t(4, 3, layout="transposed", **options), t(4, 3, **second)),
        s(t(3, 2, layout="strided", **options), t(3, 2, layout="expanded", **second)).at_kink(),
        s(t(3, **options), t(3, dtype="int64", **second)),
        s(t(3, **options), t(3, dtype="float64", **second)),
        s(t(3, **options), t(dtype="float64", **second)),
        s(t(dtype="int64", **options), t(3, **second)),
    ]


def with_number(*numbers: float, **options: Any) -> list[Sample]:
    return [s(t(3, 4, **options), n) for n in numbers] + [s(t(**options), numbers[0])]


def number_first(*numbers: float, **options: Any) -> list[Sample]:
    return [s(n, t(2, 3, **options)) for n in numbers] + [s(numbers[0], t(**options))]


def twice(**options: Any) -> Sample:
    x = t(3, 2, **options)
    return s(x, x)


NO_BROADCAST = [
    bad(RuntimeError, t(3, 4), t(3), says=("3", "4")),
    bad(RuntimeError, t(2, 3, 4), t(2, 4), says=("2", "3")),
]
NO_NUMBER = [bad(TypeError, t(3), "text"), bad(TypeError, t(3), None), bad(TypeError, t(3), [1.0, 2.0])]
NOT_A_TENSOR = [bad(TypeError, 1.5), bad(TypeError, None), bad(TypeError, [1.0, 2.0])]

# ---- arithmetic ------------------------------------------------------------------------------------------------------

op(
    "add",
    binary()
    + with_number(2, 2.5)
    + [twice(), s(t(3), t(3), alpha=2), s(t(3), 3, alpha=-2)]
    + [s(t(3), t(3), alpha=0.5).only(*FLOATS), s(given(EXTREME), given(EXTREME[::-1])).only(*FLOATS).at_kink()],
    inplace=True,
    errors=[*NO_BROADCAST, *NO_NUMBER, bad(RuntimeError, t(3), t(3), alpha=0.5, dtype="int64")],
)
op(
    "sub",
    binary() + with_number(2, 2.5) + [twice(), s(t(3), t(3), alpha=2), s(t(3), 3, alpha=-2)],
    dtypes=NUMBERS,
    inplace=True,
    errors=[*NO_BROADCAST, *NO_NUMBER, bad(RuntimeError, t(3), t(3), dtype="bool")],
)
op("mul", binary() + with_number(2, -2.5) + [twice()], inplace=True, errors=[*NO_BROADCAST, *NO_NUMBER])
op(
    "div",
    binary(avoid=(0,))
    + with_number(2, -2.5, avoid=(0,))
    + [twice(avoid=(0,))]
    + [
        s(t(3, 4, low=-5, high=5, avoid=(0,)), t(4, avoid=(0,)), rounding_mode="floor").only(*NUMBERS).at_kink(),
        s(t(3, 4, low=-5, high=5, avoid=(0,)), t(4, avoid=(0,)), rounding_mode="trunc").only(*NUMBERS).at_kink(),
        s(t(5, low=-5, high=5), 2, rounding_mode="floor").only(*NUMBERS).at_kink(),
        s(given([1.0, -1.0, 0.0]), given([0.0, 0.0, 0.0])).at_kink(),
    ],
    inplace=True,
    errors=[
        *NO_BROADCAST,
        *NO_NUMBER,
        bad(RuntimeError, t(3), t(3), rounding_mode="up", says="up"),
        bad(RuntimeError, t(3), 0, rounding_mode="trunc", dtype="int64"),
        bad(NotImplementedError, t(3), t(3), rounding_mode="floor", dtype="bool"),
    ],
)
op(
    "floor_divide",
    [
        s(t(3, 4, low=-9, high=9, avoid=(0,)), t(4, avoid=(0,))),
        s(t(3, low=-9, high=9), 2),
        s(t(3, low=-9, high=9), -2.5),
        s(t(0, 2), t(2, avoid=(0,))),
    ],
    dtypes=NUMBERS,
    differentiable=False,
    errors=[*NO_BROADCAST],
)
op(
    "remainder",
    [
        s(t(3, 4, low=-5, high=5), given([1.7, -2.3, 0.9, 3.1])).only(*FLOATS),
        s(t(3, 4, low=-9, high=9), given([2, -3, 4, -5], grad=False)),
        s(t(4, low=-5, high=5), 3),
        s(t(4, low=-5, high=5), -1.3),
        s(t(low=-5, high=5), 3),
        s(t(0, 2), 3),
    ],
    dtypes=NUMBERS,
    errors=[*NO_BROADCAST],
    tolerance={"float32": (2e-6, 4e-6)},
    because="the remainder loses the digits of the quotient: a few units in the last place of the dividend (5)",
)
op(
    "pow",
    [
        s(t(3, 4, low=0.3, high=2.0), t(3, 4)).only(*FLOATS),
        s(t(3, 1, low=0.3, high=2.0), t(4)).only(*FLOATS),
        s(t(low=0.3, high=2.0), t(3)).only(*FLOATS),
        s(t(3, low=0.3, high=2.0), t()).only(*FLOATS),
        s(t(0, 2, low=0.3), t(2)).only(*FLOATS),
        s(t(3, low=1, high=4), t(3, dtype="int64", low=0, high=3)),
        s(given([-1, -1, 2, 0, 1, -3]), given([-1, -2, -1, -1, -5, 3])).only("int64"),
        s(2, given([-1, 2])).only("int64"),
        s(t(3, 4, low=-3, high=3, avoid=(0,)), 2),
        s(t(3, 4, low=-3, high=3, avoid=(0,)), 3),
        s(t(3, 4, low=-3, high=3, avoid=(0,)), 1),
        s(t(3, 4, low=-3, high=3, avoid=(0,)), 0),
        s(t(3, 4, low=0.5, high=3), 0.5),
        s(t(3, 4, low=0.5, high=3), -1.5),
        s(t(3, 4, low=0.5, high=3), -1).only(*FLOATS),
        s(t(3, 4, low=-3, high=3, avoid=(0,)), 2.0),
        s(2, t(3, 4, low=0, high=3)),
        s(0.5, t(3, low=0, high=3)),
        s(t(low=-3, high=3, avoid=(0,)), 2),
        s(given([0.0, 0.0, 0.0, 2.0, -2.0]), given([0.0, 1.0, 2.0, 0.0, 3.0])).only(*FLOATS).once(),
        s(given([0.0, -0.0, 1.0]), 2).at_kink(),
        s(given([0.0, 1.0]), 0).at_kink(),
        s(given([0.0, 4.0]), 0.5).only(*FLOATS).at_kink(),
        s(0, given([0.0, 1.0, 2.0])).only(*FLOATS).at_kink(),
    ],
    dtypes=NUMBERS,
    inplace=True,
    errors=[*NO_BROADCAST, bad(RuntimeError, t(3, low=1), -1, dtype="int64"), bad(TypeError, t(3), "text")],
)
for name in ("add", "sub", "mul"):
    numbers: list[Sample] = with_number(2, 2.5) + number_first(2, -2.5)
    op(f"operator.{name}", binary() + numbers, dtypes=NUMBERS, errors=[*NO_BROADCAST, bad(TypeError, t(3), "text")])
op(
    "operator.truediv",
    binary(avoid=(0,)) + with_number(2, 2.5, avoid=(0,)) + number_first(2, -2.5, avoid=(0,)),
    dtypes=NUMBERS,
    errors=[*NO_BROADCAST, bad(TypeError, t(3), "text")],
)
op(
    "operator.pow",
    with_number(2, 3, low=-3, high=3, avoid=(0,))
    + number_first(2, 3.5, low=0, high=3)
    + [s(t(3, low=0.5), t(3)).only(*FLOATS)],
    dtypes=NUMBERS,
)
op(
    "operator.floordiv",
    with_number(2, -3, low=-9, high=9) + number_first(7, low=1, high=4),
    dtypes=NUMBERS,
    differentiable=False,
)
op(
    "operator.mod",
    with_number(2, -3, low=-9, high=9),
    dtypes=NUMBERS,
    tolerance={"float32": (2e-6, 8e-6)},
    because="units in the last place of the dividend (9)",
)
op("operator.neg", unary(), dtypes=NUMBERS)
op("operator.abs", unary(avoid=(0,)), dtypes=NUMBERS)

# ---- functions of one number -----------------------------------------------------------------------------------------

op("neg", unary(), dtypes=NUMBERS, inplace=True, errors=NOT_A_TENSOR)
op("abs", unary(avoid=(0,)) + [s(given([0.0, -0.0, 1.0])).at_kink()], dtypes=NUMBERS, inplace=True, errors=NOT_A_TENSOR)
op("square", unary(), inplace=True, dtypes=ALL)
op("exp", unary(), inplace=True, errors=NOT_A_TENSOR)
op("log", unary(0.2, 4), inplace=True, errors=NOT_A_TENSOR)
op("sqrt", unary(0.2, 4), inplace=True, errors=NOT_A_TENSOR)
op("rsqrt", unary(0.2, 4), inplace=True)
op("reciprocal", unary(0.2, 4), inplace=True)
op("sin", unary(), inplace=True)
op("cos", unary(), inplace=True)
op("tanh", unary(), inplace=True, errors=NOT_A_TENSOR)
op("sigmoid", unary(), inplace=True, errors=NOT_A_TENSOR)
op("relu", unary(avoid=(0,)) + [s(given([0.0, -0.0])).at_kink()], dtypes=NUMBERS, inplace=True, errors=NOT_A_TENSOR)
op("nn.functional.relu", unary(avoid=(0,)), dtypes=NUMBERS)
op(
    "nn.functional.relu inplace",
    [s(t(3, 4, avoid=(0,))), s(t(3, layout="strided", avoid=(0,)))],
    dtypes=NUMBERS,
    call=lambda e: lambda x: e.nn.functional.relu(x.clone(), inplace=True),
)
op(
    "nn.functional.leaky_relu",
    unary(avoid=(0,))
    + [s(t(3, 4, avoid=(0,)), 0.2), s(t(3, avoid=(0,)), negative_slope=-0.5), s(given([0.0])).at_kink()],
    dtypes=FLOATS,
)
op(
    "nn.functional.softplus",
    unary() + [s(t(3, 4), 2.0), s(t(3, 4, low=-3, high=3), beta=3, threshold=4.0).at_kink()],
    dtypes=FLOATS,
)
op(
    "clamp",
    [
        s(t(3, 4, avoid=(-1, 1)), -1, 1),
        s(t(3, 4, avoid=(-1, 1)), min=-1),
        s(t(3, 4, avoid=(1,)), max=1),
        s(t(3, 4, avoid=(-0.5, 0.5)), -0.5, 0.5),
        s(t(avoid=(-1, 1)), -1, 1),
        s(t(0, 3), -1, 1),
        s(t(4, 3, layout="transposed", avoid=(-1, 1)), -1, 1),
        s(given([-1.0, 1.0, 0.0, 3.0, -3.0]), -1, 1).at_kink(),
        s(given(EXTREME), -2, 2).only(*FLOATS).at_kink(),
        s(t(3, low=-3, high=3, avoid=(1, -1)), 1, -1).at_kink(),
        s(t(3, 4, distinct=True), t(4, low=-1, high=-0.3), t(4, low=0.3, high=1)).only(*FLOATS).at_kink(),
        s(t(3, 4, distinct=True), min=t(3, 1, low=-0.5, high=0.5)).only(*FLOATS).at_kink(),
        s(t(3, low=-3, high=3), max=t(dtype="int64")).value_only(),
    ],
    dtypes=NUMBERS,
    inplace=True,
    errors=[bad(RuntimeError, t(3)), bad(TypeError, t(3), "a", "b"), bad(TypeError, 2.0, 0, 1)],
)
for name in ("floor", "ceil", "trunc", "round"):
    op(
        name,
        unary(-3, 3, avoid=(-2, -1, 0, 1, 2)) + [s(given([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5])).at_kink()],
        dtypes=NUMBERS,
        inplace=True,
        errors=[bad(TypeError, 1.5), bad(NotImplementedError, t(3), dtype="bool")],
    )
op(
    "round decimals",
    [s(t(3, 4, low=-20, high=20), decimals=1).at_kink(), s(t(5, low=-200, high=200), decimals=-1).at_kink()],
    dtypes=FLOATS,
    inplace=False,
)
op("sign", unary(avoid=(0,)) + [s(given([0.0, -0.0, 2.0])).at_kink()], inplace=True)

# ---- two tensors -----------------------------------------------------------------------------------------------------

DISTINCT = [
    s(t(3, 4, low=-2, high=-0.2), t(3, 4, low=0, high=2)),
    s(t(3, 4, low=0, high=2), t(4, low=-2, high=-0.2)),
    s(t(1, 4), t(3, 1)),
    s(t(), t(3)),
    s(t(0, 3), t(3)),
    s(t(3, 2, layout="transposed"), t(3, 2)),
    s(t(3, low=1, high=3), t(3, dtype="int64", low=-3, high=0)),
    s(given([1.0, 2.0, 2.0, -1.0]), given([1.0, 2.0, 3.0, -2.0])).at_kink(),
    s(given([NAN, 1.0, NAN, INF, -INF]), given([1.0, NAN, NAN, 2.0, 0.0])).only(*FLOATS).at_kink(),
]
op("maximum", DISTINCT, errors=[*NO_BROADCAST, bad(TypeError, t(3), 2.0)])
op("minimum", DISTINCT, errors=[*NO_BROADCAST, bad(TypeError, t(3), 2.0)])
op(
    "where",
    [
        s(t(3, 4, dtype="bool"), t(3, 4), t(3, 4)),
        s(t(4, dtype="bool"), t(3, 1), t(1, 4)),
        s(t(3, 1, dtype="bool"), t(4), t()),
        s(t(dtype="bool"), t(2, 3), t(3)),
        s(t(3, 4, dtype="bool"), t(3, 4), 0.0),
        s(t(3, 4, dtype="bool"), 1, t(3, 4)),
        s(t(3, dtype="bool"), t(3), t(3, dtype="int64")),
        s(t(3, dtype="bool"), 1.5, 2.5).value_only(),
        s(t(3, dtype="bool"), 1, 2).value_only(),
        s(t(0, 2, dtype="bool"), t(2), t(0, 2)),
        s(t(4, 3, dtype="bool", layout="transposed"), t(4, 3), t(4, 3, layout="strided")),
    ],
    method=False,
    errors=[
        bad(RuntimeError, t(3, dtype="bool"), t(4), t(3), says=("3", "4")),
        bad(RuntimeError, t(3, dtype="int64"), t(3), t(3)),
        bad(TypeError, t(3, dtype="bool"), "a", t(3)),
    ],
)
op(
    "where indices",
    [s(t(3, 4, dtype="bool")), s(index([[True, False], [True, True]], "bool"))],
    differentiable=False,
    call=lambda e: e.where,
)

# ---- comparisons, logic, bits: no gradient ---------------------------------------------------------------------------

COMPARED = [
    s(t(3, 4), t(3, 4)),
    s(t(3, 4, low=-1, high=1), t(4, low=-1, high=1)),
    s(t(3, 1), t(4)),
    s(t(), t(2, 3)),
    s(t(0, 3), t(3)),
    s(t(3, 4), 0),
    s(t(3, 4), 0.5),
    s(t(3), True),
    s(t(3), t(3, dtype="int64")),
    s(t(4, 3, layout="transposed"), t(4, 3)),
    s(given([1.0, 2.0, 3.0]), given([1.0, 3.0, 2.0])),
    s(given([NAN, INF, -INF, 0.0]), given([NAN, INF, INF, -0.0])).only(*FLOATS),
]
for name in ("eq", "ne", "lt", "le", "gt", "ge"):
    op(name, COMPARED, differentiable=False, errors=NO_BROADCAST)
    op(f"operator.{name}", COMPARED, differentiable=False, errors=NO_BROADCAST)
for name in ("logical_and", "logical_or", "logical_xor"):
    samples = [
        s(t(3, 4, low=-1, high=1), t(4, low=-1, high=1)),
        s(t(3, 1), t(4, dtype="bool")),
        s(t(), t(2)),
        s(t(0), t(1)),
    ]
    op(name, samples, differentiable=False, errors=NO_BROADCAST)
op("logical_not", [s(t(3, 4, low=-1, high=1)), s(t()), s(t(0))], differentiable=False)
for name, symbol in (("bitwise_and", "and_"), ("bitwise_or", "or_"), ("bitwise_xor", "xor")):
    samples = [s(t(3, 4, high=9), t(4, high=9)), s(t(3), t()), s(t(0, 2), t(2)), s(t(3, high=9), 3)]
    op(
        name,
        samples,
        dtypes=("int64", "bool"),
        differentiable=False,
        errors=[bad(RuntimeError, t(3, 4), t(3), says=("3", "4"), dtype="int64"), bad(NotImplementedError, t(3), t(3))],
    )
    op(f"operator.{symbol}", samples, dtypes=("int64", "bool"), differentiable=False)
op("bitwise_not", [s(t(3, 4, high=9)), s(t()), s(t(0))], dtypes=("int64", "bool"), differentiable=False)
op("operator.invert", [s(t(3, 4, high=9)), s(t()), s(t(0))], dtypes=("int64", "bool"), differentiable=False)
for name in ("isnan", "isinf", "isfinite"):
    op(name, [s(t(3, 4)), s(t()), s(t(0)), s(given(EXTREME)).only(*FLOATS)], differentiable=False)
CLOSE = [
    s(given([1.0, 2.0, 0.0]), given([1.0 + 1e-6, 2.1, 1e-9])),
    s(given([NAN, INF, -INF]), given([NAN, INF, INF])).only(*FLOATS),
    s(given([NAN, 1.0]), given([NAN, 1.0]), equal_nan=True).only(*FLOATS),
    s(given([1.0, 10.0]), given([1.2, 10.2]), rtol=0.0, atol=0.3),
    s(given([1.0, 10.0]), given([1.2, 10.2]), 0.05),
    s(t(0, 3), t(3)),
]
op("isclose", CLOSE, differentiable=False, errors=[bad(RuntimeError, t(3), t(3, dtype="float64")), *NO_BROADCAST])
op("allclose", CLOSE, differentiable=False, errors=[bad(RuntimeError, t(3), t(3, dtype="float64"))])
op(
    "equal",
    [
        s(given([1.0, 2.0]), given([1.0, 2.0])),
        s(given([1.0]), given([2.0])),
        s(t(3), t(4)),
        s(t(0), t(0)),
        s(t(3, 1), t(3)),
    ],
    differentiable=False,
)

# ---- methods ---------------------------------------------------------------

op("Tensor.where", [s(t(3, 4), t(4, dtype="bool"), t(3, 1)), s(t(3), t(3, dtype="bool"), 0.0)])
for name in ("floor_divide_", "remainder_"):
    samples = [
        s(t(3, 4, low=-9, high=9), given([2, -3, 4, -5], grad=False)),
        s(t(3, low=-9, high=9), 2),
    ]
    op(
        f"Tensor.{name}",
        samples,
        dtypes=NUMBERS,
        differentiable=name == "remainder_",
        node="",
        because="as remainder",
        call=lambda e, name=name: lambda x, *a: getattr(x.clone(), name)(*a),
    )
for name, arguments in (("fill_", (3,)), ("zero_", ())):
    op(
        f"Tensor.{name}",
        [s(t(3, 4), *arguments), s(t(), *arguments)],
        dtypes=FLOATS,
        node="",
        because="the node is named after the step that overwrites",
        call=lambda e, name=name: lambda x, *a: getattr(x.clone(), name)(*a),
    )
op(
    "Tensor.copy_",
    [s(t(3, 4), t(4)), s(t(3), t(3, dtype="int64")), s(t(3), t()), s(t(3), t(3, dtype="float64"))],
    node="",
    because="the node is named after the step that overwrites",
    call=lambda e: lambda x, v: x.clone().copy_(v),
    errors=[bad(RuntimeError, t(3), t(4), says=("3", "4")), bad(TypeError, t(3), "text")],
)

# ---- casts and copies ------------------------------------------------------------------------------------------------

op(
    "Tensor.type_as",
    [s(t(3), t(1, dtype="float64")), s(t(3), t(1, dtype="int64"))],
    errors=[bad(TypeError, t(3), 3), bad(TypeError, t(3), None)],
)
for name in ("float", "double", "half", "int", "long", "bool", "short", "char", "byte"):
    cast = [s(t(3, 4)).at_kink(), s(t()).at_kink(), s(t(0, 2)).at_kink(), s(t(3, 2, layout="transposed")).at_kink()]
    if name == "byte":
        cast = [s(t(3, 4, low=0, high=9)), s(t(low=0, high=9))]  # a negative float has no defined uint8
    op(
        f"Tensor.{name}",
        cast,
        tolerance={"float32": (1e-3, 1e-3), "float64": (1e-3, 1e-3)} if name == "half" else {},
        because="the gradient passes through float16" if name == "half" else "",
    )
op(
    "Tensor.to",
    [
        s(t(3, 4), DType("float64")),
        s(t(3), DType("float32")).at_kink(),
        s(t(3), dtype=DType("int64")),
        s(t(2, 2), "cpu"),
        s(t(2), t(1, dtype="float64")),
        s(t(3), DType("float64"), copy=True),
    ],
    errors=[bad(TypeError, t(3), frobnicate=True), bad(RuntimeError, t(3), "nowhere", says="nowhere")],
)
op("clone", [s(t(3, 4)), s(t()), s(t(0)), s(t(3, 2, layout="transposed"))])
op("Tensor.contiguous", [s(t(3, 4)), s(t()), s(t(4, 3, layout="transposed")), s(t(4, 3, layout="expanded")).at_kink()])
op("Tensor.detach", [s(t(3, 4)), s(t())], differentiable=False)
