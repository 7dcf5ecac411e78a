"""Pointwise ops beside those of elementwise.py: trigonometry, signs, parts of numbers, bounds, second names."""

from __future__ import annotations

from typing import Any

from .core import ALL, FLOATS, NUMBERS, bad, given, index, op, s, t
from .elementwise import (
    COMPARED,
    DISTINCT,
    EXTREME,
    INF,
    NAN,
    NO_BROADCAST,
    NO_NUMBER,
    NOT_A_TENSOR,
    binary,
    twice,
    unary,
    with_number,
)

INTS_AND_BOOL = ("int64", "bool")
TWO_TENSORS = [*NO_BROADCAST, bad(TypeError, t(3), 2.0), bad(TypeError, 2.0, t(3)), bad(TypeError, t(3), "text")]

# ---- trigonometry ----------------------------------------------------------------------------------------------------

# PyTorch's in-place forms of these have no derivative. Ours have, so that only the values can be compared.
NO_SLOPE_IN_PLACE = ("asinh", "acosh", "atanh", "arcsinh", "arccosh", "arctanh")
for name in NO_SLOPE_IN_PLACE:
    op(f"{name} inplace", [s(t(3, 4, low=0.1, high=0.9)), s(t())], inplace=True, differentiable=False)
TRIGONOMETRY = {
    "tan": (-1.3, 1.3),
    "asin": (-0.9, 0.9),
    "acos": (-0.9, 0.9),
    "atan": (-3, 3),
    "sinh": (-2, 2),
    "cosh": (-2, 2),
    "asinh": (-3, 3),
    "acosh": (1.2, 4),
    "atanh": (-0.9, 0.9),
    "deg2rad": (-360, 360),
    "rad2deg": (-6, 6),
}
for name, (low, high) in TRIGONOMETRY.items():
    op(name, unary(low, high), inplace=name not in NO_SLOPE_IN_PLACE, errors=NOT_A_TENSOR)
op(
    "sinc",
    [*unary(-2, 2, avoid=(0,))[:9], s(given(EXTREME)).only(*FLOATS).once()],
    inplace=True,
    errors=NOT_A_TENSOR,
    tolerance={"float32": (2e-6, 1e-5), "float64": (4e-15, 2e-14)},
    second=1e-10,
    because="the slope is a difference of terms of order 1, divided by πx² ≥ 0.03: the same rounding, 30 times larger",
)
for name, (low, high) in {
    "arccos": (-0.9, 0.9),
    "arccosh": (1.2, 4),
    "arcsin": (-0.9, 0.9),
    "arcsinh": (-3, 3),
    "arctan": (-3, 3),
    "arctanh": (-0.9, 0.9),
}.items():
    samples = [s(t(3, 4, low=low, high=high)), s(t(low=low, high=high))]
    op(name, samples, inplace=name not in NO_SLOPE_IN_PLACE, errors=NOT_A_TENSOR)
ANGLES = [*binary(avoid=(0,)), twice(avoid=(0,)), s(given(EXTREME), given(EXTREME[::-1])).only(*FLOATS).once()]
op("atan2", ANGLES, inplace=True, errors=TWO_TENSORS)
op("arctan2", [s(t(3, 4, avoid=(0,)), t(4, avoid=(0,)))], inplace=True, errors=TWO_TENSORS)
op("hypot", ANGLES, dtypes=FLOATS, inplace=True, errors=TWO_TENSORS)

# ---- signs -----------------------------------------------------------------------------------------------------------

op("sgn", unary(avoid=(0,)) + [s(given([0.0, -0.0, 2.0])).at_kink()], inplace=True, errors=NOT_A_TENSOR)
for name in ("signbit", "isposinf", "isneginf", "isreal"):
    flags = [s(t(3, 4)), s(t()), s(t(0)), s(t(4, 3, layout="transposed")), s(given(EXTREME)).only(*FLOATS)]
    op(name, flags, differentiable=False, errors=NOT_A_TENSOR)
op(
    "positive",
    [s(t(3, 4)), s(t()), s(t(0)), s(t(4, 3, layout="transposed"))],
    dtypes=NUMBERS,
    errors=[*NOT_A_TENSOR, bad(RuntimeError, t(3), dtype="bool")],
)
op("operator.pos", [s(t(3, 4)), s(t())], dtypes=NUMBERS, errors=[bad(RuntimeError, t(3), dtype="bool")])
op(
    "copysign",
    binary(avoid=(0,))
    + with_number(2, -2.5, -0.0, avoid=(0,))
    + [
        s(given([0.0, -0.0, 1.0, -1.0]), given([-1.0, 1.0, -0.0, 0.0])).at_kink(),
        s(given([NAN, INF, -INF, 2.0]), given([-1.0, -1.0, 1.0, NAN])).only(*FLOATS).at_kink(),
    ],
    inplace=True,
    errors=[*NO_BROADCAST, *NO_NUMBER, bad(TypeError, 2.0, t(3))],
)
op(
    "heaviside",
    [
        s(t(3, 4, low=-1, high=1), t(4)),
        s(t(), t(3)),
        s(t(0, 3), t(3)),
        s(given([-1.0, 0.0, -0.0, 2.0]), t(4)),
        s(given([NAN, INF, -INF, 0.0]), given([5.0, 5.0, 5.0, NAN])).only(*FLOATS),
    ],
    inplace=True,
    differentiable=False,
    errors=[*TWO_TENSORS, bad(RuntimeError, t(3), t(3, dtype="float64"))],
)

# ---- parts of numbers ------------------------------------------------------------------------------------------------

op("frac", unary(-3, 3, avoid=(-2, -1, 0, 1, 2)), dtypes=FLOATS, inplace=True, errors=NOT_A_TENSOR)
op("fix", [s(t(3, 4, low=-3, high=3, avoid=(-2, -1, 0, 1, 2)))], dtypes=NUMBERS, inplace=True, errors=NOT_A_TENSOR)
op(
    "fmod",
    [
        s(t(3, 4, low=-5, high=5), given([1.7, -2.3, 0.9, 3.1])).only(*FLOATS).at_kink(),
        s(t(3, 4, low=-9, high=9), given([2, -3, 4, -5], grad=False)).at_kink(),
        s(t(4, low=-5, high=5), 3).at_kink(),
        s(t(4, low=-5, high=5), -1.3).at_kink(),
        s(t(low=-5, high=5), 3).at_kink(),
        s(t(0, 2), 3),
        s(t(3, low=-9, high=9), t(2, 1, dtype="int64", low=2, high=4)).at_kink(),
        s(given([5.0, INF, NAN, -5.0]), given([0.0, 2.0, 2.0, INF])).only(*FLOATS).at_kink(),
    ],
    dtypes=NUMBERS,
    twice=False,
    inplace=True,
    errors=[
        *NO_BROADCAST,
        bad(TypeError, 2.0, t(3)),
        bad(TypeError, t(3), "text"),
        bad(RuntimeError, t(3), 0, dtype="int64", says="Zero"),
        bad(RuntimeError, t(3), given([1, 0, 2]), dtype="int64", says="Zero"),
    ],
    tolerance={"float32": (2e-6, 4e-6)},
    because="the remainder loses the digits of the quotient: a few units in the last place of the dividend (5)",
)
op(
    "frexp",
    [*unary(-9, 9, avoid=(0,)), s(given([1.0, 2.0, 0.5, -4.0, 3e-39])).at_kink()],
    dtypes=FLOATS,
    twice=False,
    because="2 to the exponent is a step function, whose second derivative both engines leave out",
    errors=[*NOT_A_TENSOR, bad(RuntimeError, t(3), dtype="int64")],
)
op(
    "ldexp",
    [
        s(t(3, 4), t(4, dtype="int64", low=-9, high=9)).value_only(),  # PyTorch's slope takes 2⁻¹ for an integer, 0
        s(t(3, 4), t(4, dtype="int64", low=0, high=9)),
        s(t(3, 4), t(4)),
        s(t(), t(3, dtype="int64", low=0)),
        s(t(0, 2), t(2, dtype="int64")),
        s(t(2, 3), t(2, 1)),
        s(t(3, dtype="int64"), t(2, 1)),
    ],
    inplace=True,
    errors=TWO_TENSORS,
)
op(
    "nextafter",
    [
        s(t(3, 4), t(4)).at_kink(),
        s(t(), t(3)).at_kink(),
        s(t(0, 3), t(3)),
        s(given([1.0, 1.0, 0.0, -0.0, INF, NAN, 3.0]), given([2.0, 1.0, 1.0, -1.0, 0.0, 1.0, NAN])).at_kink(),
    ],
    dtypes=FLOATS,
    inplace=True,
    errors=[*TWO_TENSORS, bad(NotImplementedError, t(3), t(3), dtype="int64")],
)
WHOLE = [
    s(t(3, 4, low=-60, high=60), t(4, low=-60, high=60)),
    s(t(), t(3)),
    s(t(0, 2), t(2)),
    s(given([0, 0, 12, -12, 7]), given([0, 5, 18, 18, -7])),
    s(t(3, low=0, high=60), t(3, dtype="uint8", low=0, high=60)),
    s(t(4, 3, low=-9, high=9, layout="transposed"), t(4, 3, low=-9, high=9, dtype="int32")),
]
for name in ("gcd", "lcm"):
    op(
        name,
        WHOLE,
        dtypes=("int64",),
        differentiable=False,
        inplace=True,
        errors=[
            bad(RuntimeError, t(3, 4), t(3), says=("3", "4"), dtype="int64"),
            bad(NotImplementedError, t(3), t(3)),
            bad(NotImplementedError, t(3), t(3), dtype="bool"),
            bad(TypeError, t(3), 2, dtype="int64"),
        ],
    )
SHIFTED = [
    s(t(3, 4, low=-99, high=99), t(4, low=0, high=9)),
    s(t(3, low=-99, high=99), 3),
    s(5, t(3, low=0, high=9)),
    s(t(low=-99, high=99), t(2, low=0, high=9)),
    s(t(0, 2), t(2)),
    s(given([5, -5, 5, -5]), given([64, 64, -1, -1])),
    s(t(3, dtype="int32", low=-99, high=99), t(3, dtype="int64", low=0, high=40)),
    s(t(3, dtype="uint8", low=0, high=255), index([1, 7, 8], "uint8")),
]
for name in ("bitwise_left_shift", "bitwise_right_shift", "operator.lshift", "operator.rshift"):
    op(
        name,
        SHIFTED,
        dtypes=("int64",),
        differentiable=False,
        inplace=name.startswith("bitwise"),
        errors=[
            bad(RuntimeError, t(3, 4), t(3), says=("3", "4"), dtype="int64"),
            bad(NotImplementedError, t(3), t(3)),
            bad(NotImplementedError, t(3), t(3), dtype="bool"),
        ],
    )

# ---- bounds and the larger of two ------------------------------------------------------------------------------------

op("fmax", DISTINCT, errors=TWO_TENSORS)
op("fmin", DISTINCT, errors=TWO_TENSORS)
for name in ("clamp_min", "clamp_max"):
    op(
        name,
        [
            s(t(3, 4, avoid=(-1,)), -1),
            s(t(3, 4, avoid=(0.5,)), 0.5),
            s(t(avoid=(1,)), 1),
            s(t(0, 3), 1),
            s(t(4, 3, layout="transposed", avoid=(1,)), 1),
            s(given([-1.0, 1.0, 0.0, 3.0]), 1).at_kink(),
            s(given(EXTREME), 1.0).only(*FLOATS).at_kink(),
            s(t(3, 4, distinct=True), t(4, low=-0.2, high=0.2)).at_kink(),
            s(t(3, low=-3, high=-2), t(3, dtype="int64", low=0, high=2)),
            s(t(3, low=-3, high=-2, dtype="int64"), t(2, 3, low=0, high=2)),
            s(given([1.0, 2.0, NAN]), given([1.0, NAN, 0.0])).only(*FLOATS).at_kink(),
        ],
        dtypes=NUMBERS,
        inplace=True,
        errors=[*NO_BROADCAST, *NO_NUMBER, bad(TypeError, 2.0, 1)],
    )
op(
    "clip",
    [s(t(3, 4, avoid=(-1, 1)), -1, 1), s(t(3, avoid=(1,)), max=1), s(t(3, 4, distinct=True), min=t(4)).at_kink()],
    dtypes=NUMBERS,
    inplace=True,
    errors=[bad(RuntimeError, t(3))],
)

# ---- sums of products ------------------------------------------------------------------------------------------------

op(
    "rsub",
    binary()
    + with_number(2, 2.5)
    + [s(t(3), t(3), alpha=2), s(t(3), 3, alpha=-2), s(t(3), 2.5, alpha=0.5).only(*FLOATS)],
    dtypes=NUMBERS,
    errors=[
        *NO_BROADCAST,
        *NO_NUMBER,
        bad(RuntimeError, t(3), t(3), dtype="bool"),
        bad(RuntimeError, t(3), t(3), alpha=0.5, dtype="int64"),
    ],
)
op(
    "lerp",
    [
        s(t(3, 4), t(4), 0.3),
        s(t(3, 4), t(4), 1.7),
        s(t(2, 1), t(3), -0.6),
        s(t(3), t(3), t(3, low=-1, high=0.4)),
        s(t(3), t(3), t(3, low=0.6, high=1.5)),
        s(t(3, 1), t(4), t(2, 3, 4)),
        s(t(), t(3), t()),
        s(t(3), t(3), t(dtype="float64", grad=False)),
        s(t(0, 3), t(3), 0.5),
        s(t(3), t(3), 1),
    ],
    dtypes=FLOATS,
    inplace=True,
    errors=[
        bad(RuntimeError, t(3), t(4), 0.5, says=("3", "4")),
        bad(RuntimeError, t(3), t(3, dtype="float64"), 0.5),
        bad(RuntimeError, t(3), t(3), t(3, dtype="float64")),
        bad(TypeError, t(3), t(3), "text"),
        bad(TypeError, t(3), 2.0, 0.5),
        bad(NotImplementedError, t(3), t(3), 1, dtype="int64"),
    ],
)
for name in ("addcmul", "addcdiv"):
    op(
        name,
        [
            s(t(3, 4), t(4), t(3, 1, avoid=(0,))),
            s(t(3), t(3), t(3, avoid=(0,)), value=2),
            s(t(3), t(3), t(3, avoid=(0,)), value=-2.5),
            s(t(), t(3), t(avoid=(0,))),
            s(t(0, 3), t(3), t(3, avoid=(0,))),
            s(t(3), t(3, dtype="float64"), t(3, avoid=(0,))).only(*FLOATS),
            s(t(4, 3, layout="transposed"), t(4, 3, layout="strided"), t(4, 3, avoid=(0,))),
        ],
        dtypes=FLOATS if name == "addcdiv" else NUMBERS,
        inplace=True,
        errors=[
            bad(RuntimeError, t(3), t(4), t(3), says=("3", "4")),
            bad(RuntimeError, t(3), t(3), t(4), says=("3", "4")),
            bad(TypeError, t(3), 2.0, t(3)),
            bad(TypeError, t(3), t(3), "text"),
        ],
    )

# ---- other names -----------------------------------------------------------------------------------------------------

ARITHMETIC = [s(t(3, 4), t(4, avoid=(0,))), s(t(2), 2.5), s(t(), t(2, avoid=(0,)))]
for name in ("multiply", "subtract", "divide", "true_divide"):
    op(name, ARITHMETIC, dtypes=NUMBERS, inplace=True, errors=[*NO_BROADCAST, bad(TypeError, t(3), "text")])
op("divide rounded", [s(t(3, low=-9, high=9), 2.0, rounding_mode="floor").at_kink()], dtypes=NUMBERS)
op("subtract times", [s(t(3), t(3), alpha=2)], dtypes=NUMBERS)
for name in ("absolute", "negative"):
    op(name, [s(t(3, 4, avoid=(0,))), s(t(avoid=(0,)))], dtypes=NUMBERS, inplace=True, errors=NOT_A_TENSOR)
COMPARISONS = {"greater": "gt", "greater_equal": "ge", "less": "lt", "less_equal": "le", "not_equal": "ne"}
for name in COMPARISONS:
    op(name, COMPARED[:7], differentiable=False, inplace=True, errors=NO_BROADCAST)

# ---- in-place forms of what elementwise.py has -----------------------------------------------------------------------

NO_FIRST = [bad(TypeError, 2.0, t(3)), bad(TypeError, t(3), "text"), bad(TypeError, t(3), None)]
for name in ("eq", "ne", "lt", "le", "gt", "ge"):
    op(
        f"{name} inplace",
        [sample.at_kink() for sample in COMPARED],
        inplace=True,
        method=False,
        node="",
        because="eq",
        errors=NO_FIRST,
    )
for name in ("logical_and", "logical_or", "logical_xor"):
    logical = [
        s(t(3, 4, low=-1, high=1), t(4, low=-1, high=1)),
        s(t(3), t(3, dtype="bool")),
        s(t(), t(2)),
        s(t(0), t(1)),
    ]
    op(f"{name} inplace", logical, inplace=True, differentiable=False, errors=TWO_TENSORS)
op("logical_not inplace", [s(t(3, 4, low=-1, high=1)), s(t()), s(t(0))], inplace=True, differentiable=False)
for name in ("bitwise_and", "bitwise_or", "bitwise_xor"):
    bits = [s(t(3, 4, high=9), t(4, high=9)), s(t(3), t()), s(t(0, 2), t(2)), s(t(3, high=9), 3)]
    op(f"{name} inplace", bits, dtypes=INTS_AND_BOOL, inplace=True, differentiable=False)
op("bitwise_not inplace", [s(t(3, 4, high=9)), s(t())], dtypes=INTS_AND_BOOL, inplace=True, differentiable=False)
for name, samples in (
    ("ilshift", [s(t(3, low=-9, high=9), 2)]),
    ("irshift", [s(t(3, low=-9, high=9), 2), s(t(3, low=-9, high=9), t(3, low=0, high=3))]),
):
    op(
        f"operator.{name}",
        samples,
        dtypes=("int64",),
        differentiable=False,
        call=lambda e, name=name: lambda x, y: getattr(x.clone(), f"__{name}__")(y),
    )
op("square inplace", [s(t(3, 4)), s(t())], dtypes=ALL, inplace=True)
op("sign inplace", [s(t(3, 4, avoid=(0,))), s(t(avoid=(0,)))], inplace=True)
op(
    "round inplace",
    [s(t(3, low=-20, high=20), decimals=1).at_kink(), s(t(3, low=-200, high=200), decimals=-1).at_kink()],
    dtypes=FLOATS,
    inplace=True,
)

# ---- in-place forms as functions -------------------------------------------------------------------------------------


def overwriting(name: str) -> Any:
    return lambda e: lambda x, *a, **k: getattr(e, name)(x.clone() if hasattr(x, "clone") else x, *a, **k)


AS_FUNCTIONS = (
    "abs acos acosh arccos arccosh arcsin arcsinh arctan arctanh asin asinh atan atanh ceil cos cosh deg2rad erf erfc exp "
    "exp2 expm1 fix floor frac i0 log log10 log1p log2 logit nan_to_num neg negative rad2deg reciprocal round rsqrt sigmoid "
    "sin sinc sinh sqrt square tan tanh trunc zero"
)
WITH_ARGUMENTS = {
    "clamp": s(t(3), -0.5, 0.5),
    "clamp_min": s(t(3), 0.5),
    "clamp_max": s(t(3), 0.5),
    "clip": s(t(3), max=0.5),
    "fill": s(t(3), 2.0),
    "xlogy": s(t(3), 2.0),
    "ldexp": s(t(3), t(3, dtype="int64", low=0)),
    "gcd": s(t(3, low=1, high=60), t(3, low=1, high=60)),
    "lcm": s(t(3, low=1, high=60), t(3, low=1, high=60)),
}
for name, sample in {**dict.fromkeys(AS_FUNCTIONS.split(), s(t(3, low=0.2, high=0.8))), **WITH_ARGUMENTS}.items():
    op(
        f"{name}_",
        [sample],
        dtypes=("int64",) if name in ("gcd", "lcm") else FLOATS,
        differentiable=False,  # the entry without the underscore has the gradients
        layouts=(),
        call=overwriting(f"{name}_"),
        errors=[bad(TypeError, 2.0)],
    )
