"""Special functions and logarithms."""

from __future__ import annotations

from .core import FLOATS, bad, given, op, s, t
from .elementwise import (
    EXTREME,
    INF,
    NAN,
    NO_BROADCAST,
    NO_NUMBER,
    NOT_A_TENSOR,
    binary,
    number_first,
    unary,
    with_number,
)
from .pointwise import TWO_TENSORS

LOGARITHMS = {"log1p": (-0.8, 3), "log2": (0.2, 4), "log10": (0.2, 4), "exp2": (-3, 3), "expm1": (-2, 2)}
for name, (low, high) in LOGARITHMS.items():
    op(name, unary(low, high) + [s(t(3, low=1e-9, high=1e-7)).at_kink()], inplace=True, errors=NOT_A_TENSOR)
PAIRS = [*binary(), s(given([INF, -INF, NAN, 1e30, 700.0]), given([1.0, 2.0, 3.0, 1.0, 710.0])).only(*FLOATS).at_kink()]
op(
    "logaddexp",
    PAIRS,
    dtypes=FLOATS,
    errors=[*TWO_TENSORS, bad(NotImplementedError, t(3), t(3), dtype="int64")],
)
op("logaddexp2", PAIRS, dtypes=FLOATS, errors=TWO_TENSORS)
for name in ("xlogy", "special.xlog1py"):
    op(
        name,
        [
            s(t(3, 4), t(3, 4, low=0.2, high=3)),
            s(t(3, 1), t(4, low=0.2, high=3)),
            s(t(), t(3, low=0.2, high=3)),
            s(t(3), t(low=0.2, high=3)),
            s(t(0, 3), t(3, low=0.2)),
            s(t(3, 4), 2.5),
            s(t(3), 2),
            s(2.5, t(3, low=0.2, high=3)),
            s(2, t(low=0.2, high=3)),
            s(t(3), t(3, dtype="int64", low=1, high=4)),
            s(t(3, dtype="int64"), t(3, low=0.2, high=3)),
            s(t(4, 3, layout="transposed"), t(4, 3, low=0.2, high=3)),
            s(given([0.0, 0.0, 0.0, 0.0, 1.0]), given([0.0, 2.0, INF, NAN, 0.0])).only(*FLOATS).once(),
            s(0, given([0.0, 2.0, NAN])).only(*FLOATS).once(),
        ],
        inplace=name == "xlogy",
        errors=[*NO_BROADCAST, *NO_NUMBER, bad(TypeError, 2.0, 3.0)],
    )
op(
    "logit",
    [
        *unary(0.1, 0.9)[:9],
        # PyTorch's slope at −0 has the sign that it has at 0.
        s(given([x for x in EXTREME if x != 0])).only(*FLOATS).at_kink(),
        s(t(3, 4, low=0.2, high=0.8), 0.1),
        s(t(3, 4, low=-1, high=2, avoid=(0.25, 0.75)), eps=0.25),
        s(given([0.0, 1.0, -1.0, 2.0])).once(),
        s(given([0.0, 1.0, 0.25, 0.75]), 0.25).at_kink(),
        s(given([NAN, 0.5]), 0.1).only(*FLOATS).at_kink(),
        s(t(3, low=0.2, high=0.8), None),
    ],
    inplace=True,
    second=1e-11,
    because="second derivatives of order 1/(x(1 − x))² up to 120",
    errors=[*NOT_A_TENSOR, bad(TypeError, t(3), "text")],
)
op(
    "float_power",
    [
        s(t(3, 4, low=0.3, high=2.0), t(4)),
        s(t(3, low=1, high=4), 2),
        s(t(3, low=0.5, high=4), -1.5),
        s(2, t(3)),
        s(2.5, t()),
        s(t(0, 2, low=0.3), t(2)),
        s(t(3, low=1, high=4, dtype="int64"), -1),
    ],
    inplace=True,
    errors=[*NO_BROADCAST, bad(TypeError, t(3), "text"), bad(TypeError, 2, 3)],
)

# ---- the error function ----------------------------------------------------------------------------------------------

op("erf", unary(-3, 3), inplace=True, errors=NOT_A_TENSOR)
op("erfc", unary(-3, 3), inplace=True, errors=NOT_A_TENSOR)
op("special.erfcx", unary(-2, 6), errors=NOT_A_TENSOR)
op(
    "erfinv",
    [*unary(-0.9, 0.9), s(given([0.999999, -0.9999, 1e-20])).only(*FLOATS).at_kink()],
    inplace=True,
    errors=NOT_A_TENSOR,
    tolerance={"float32": (1e-5, 2e-6), "float64": (1e-13, 4e-15)},
    second=1e-9,
    because="the slope is e^(z²) with z up to 3.5: the rounding of z, 2z² = 24 times larger",
)
op("special.ndtr", unary(-3, 3), errors=NOT_A_TENSOR, node="", because="made of other ops")
op(
    "special.log_ndtr",
    [
        *unary(-4, 4)[:9],
        s(given(EXTREME)).only(*FLOATS).value_only(),
        s(given([-30.0, 30.0, 9.0])).only(*FLOATS).value_only(),
    ],
    errors=NOT_A_TENSOR,
)
op(
    "special.ndtri",
    [
        *unary(0.05, 0.95)[:9],
        s(given([0.0, 1.0, -0.5, 1.5, NAN])).only(*FLOATS).at_kink(),
        s(t(3, low=1e-9, high=1e-7)).at_kink(),
    ],
    errors=NOT_A_TENSOR,
    tolerance={"float32": (2e-5, 4e-6), "float64": (1e-13, 4e-15)},
    second=1e-9,
    because="the slope is e^(z²/2) with z up to 6: the rounding of z, z² = 36 times larger",
)
op("special.expit", unary()[:4])

# ---- the gamma function ----------------------------------------------------------------------------------------------

GAMMA = [
    s(given([NAN, INF, -INF, 0.0, -0.0, -1.0, -2.0])).only(*FLOATS).value_only(),
    s(given([1e-38, 1e30, 1.0, 2.0, 1.5, -0.5, -1.25, 40.25])).only(*FLOATS).value_only(),
]
op(
    "lgamma",
    [*unary(0.2, 5)[:9], s(t(3, 4, low=3, high=60)), s(t(3, low=-0.9, high=-0.1)), *GAMMA],
    inplace=True,
    errors=NOT_A_TENSOR,
    second=1e-7,
    tolerance={"float32": (2e-6, 4e-6), "float64": (2e-14, 2e-14)},
    because="the slope crosses 0 at 1.46, being a difference of terms of order 1 to 10; PyTorch's ψ′, the second "
    "derivative, is good to 1e-8 only",
)
op(
    "digamma",
    [*[sample.value_only() for sample in unary(0.2, 5)[:9]], s(t(3, 4, low=3, high=60)).value_only(), *GAMMA],
    inplace=True,
    errors=NOT_A_TENSOR,
    tolerance={"float32": (2e-6, 4e-6), "float64": (2e-14, 2e-14)},
    because="ψ is a sum of terms up to 1/x, of which a few digits cancel",
)
op(
    "digamma slope",
    [s(t(3, 4, low=0.2, high=5)), s(t(3, low=5, high=60)), s(t(low=0.5, high=3)), s(t(3, low=-0.9, high=-0.1))],
    dtypes=("float64",),
    second=1e-7,
    tolerance={"float64": (1e-7, 1e-7)},
    because="PyTorch's ψ′ is good to 1e-8 only: test_special.py and the central differences hold ours to more",
)
op(
    "polygamma",
    [
        s(0, t(3, 4, low=0.2, high=5)),
        s(2, t(3, 4, low=0.5, high=5)),
        s(3, t(3, low=0.5, high=5)),
        s(2, t(low=1, high=3)),
        s(2, t(0, low=1)),
        s(4, t(2, 3, layout="transposed", low=1, high=9)),
        s(2, given([NAN, 0.0, -0.5, -1.25])).only(*FLOATS).value_only(),
        s(3, given([NAN, 0.0, -0.5, -1.25])).only("float64").value_only(),
    ],
    method=False,
    tolerance={"float32": (4e-6, 4e-5), "float64": (1e-7, 1e-7)},
    second=1e-6,
    because="as for the slope of digamma, which is the gradient of the first sample; float32: values up to 300",
    errors=[bad(RuntimeError, -1, t(3)), bad(TypeError, 1.5, t(3)), bad(TypeError, 1, 2.0)],
)
op(
    "Tensor.polygamma",
    [s(t(3, 4, low=0.5, high=5), 1), s(t(3, low=0.5, high=5), 2)],
    dtypes=("float64",),
    twice=False,
    tolerance={"float64": (1e-7, 1e-7)},
    because="as polygamma",
)
op(
    "Tensor.polygamma_",
    [s(t(3, low=0.5, high=5), 2)],
    dtypes=FLOATS,
    call=lambda e: lambda x, n: x.clone().polygamma_(n),
    node="",
    tolerance={"float32": (4e-6, 4e-5), "float64": (2e-14, 2e-14)},
    because="values up to 20; PyTorch's in-place form has a node of another number",
)
op(
    "mvlgamma",
    [s(t(3, 4, low=2, high=6), 1), s(t(3, low=2, high=6), 3), s(t(low=2, high=3), p=2), s(t(0, 2, low=2), 2)],
    dtypes=(*FLOATS, "int64"),
    inplace=True,
    because="as lgamma",
    tolerance={"float32": (4e-6, 4e-6), "float64": (2e-14, 2e-14)},
    second=1e-7,
    errors=[bad(TypeError, 1.5, 2), bad(RuntimeError, t(3, low=2), 0), bad(RuntimeError, t(3), 1, dtype="bool")],
)

# ---- others ----------------------------------------------------------------------------------------------------------

op(
    "special.entr",
    [*unary(0.2, 3)[:9], s(given(EXTREME)).only(*FLOATS).once(), s(given([0.0, -1.0, 1.0])).once()],
    errors=NOT_A_TENSOR,
)
for name in ("i0", "special.i0e", "special.i1", "special.i1e"):
    options = {"low": -4, "high": 4, "avoid": (0,)}
    op(
        name,
        [
            s(t(3, 4, **options)),
            s(t(**options)),
            s(t(0)).value_only(),
            s(t(2, 3, layout="transposed", **options)),
            s(t(4, low=20, high=35)),
            s(given([0.0, -0.0, 1e-20])).only(*FLOATS).once(),
            s(given([NAN, INF, -INF])).only(*FLOATS).value_only(),
        ],
        inplace=name == "i0",
        errors=NOT_A_TENSOR,
        tolerance={"float32": (4e-6, 2e-6), "float64": (2e-14, 4e-15)},
        second=1e-11,
        because="the power series adds up to 60 terms: 12 units in the last place at x = 25",
    )
op(
    "nan_to_num",
    [
        *unary(),
        s(given(EXTREME), 1.5).only(*FLOATS).at_kink(),
        s(given(EXTREME), nan=2.0, posinf=3.0, neginf=-3.0).only(*FLOATS).at_kink(),
        s(given(EXTREME), posinf=3.0).only(*FLOATS).at_kink(),
        s(t(3), 1.5),
    ],
    inplace=True,
    errors=[*NOT_A_TENSOR, bad(TypeError, t(3), "text")],
)

# ---- the names of torch.special that are those of other ops ----------------------------------------------------------

for name, (low, high) in {
    "erf": (-2, 2),
    "erfc": (-2, 2),
    "exp2": (-2, 2),
    "expm1": (-2, 2),
    "log1p": (0.1, 2),
}.items():
    op(f"special.{name}", [s(t(3, 4, low=low, high=high))])
op("special.sinc", [s(t(3, low=0.3, high=0.7))], dtypes=FLOATS)
op("special.i0", [s(t(3, low=0.3, high=3))], tolerance={"float64": (2e-14, 4e-15)}, because="as i0")
op("special.erfinv", [s(t(3, low=-0.7, high=0.7))], tolerance={"float64": (1e-13, 4e-15)}, because="as erfinv")
op("special.logit", [s(t(3, low=0.2, high=0.7)), s(t(3), 0.1).at_kink()])
op("special.xlogy", [s(t(3), t(3, low=0.2, high=0.7)), *with_number(2), *number_first(2, low=1, high=3)])
op("special.gammaln", [s(t(3, low=2, high=7))], second=1e-7, tolerance={"float64": (2e-14, 2e-14)}, because="as lgamma")
for name in ("psi", "digamma"):
    options = {"tolerance": {"float32": (2e-6, 4e-6), "float64": (2e-14, 2e-14)}, "because": "as digamma"}
    op(f"special.{name}", [s(t(3, low=2, high=7)).value_only()], **options)
op("special.polygamma", [s(2, t(3, low=2, high=7))], second=1e-7)
op(
    "special.multigammaln",
    [s(t(3, low=2, high=7), 2)],
    dtypes=(*FLOATS, "int64"),
    second=1e-7,
    tolerance={"float32": (4e-6, 4e-6), "float64": (2e-14, 2e-14)},
    because="as mvlgamma",
)
op("special.round", [s(t(3, low=-9, high=9)).at_kink(), s(t(3, low=-9, high=9), decimals=1).at_kink()], dtypes=FLOATS)
op("special.softmax", [s(t(3, 4), 1), s(t(3, 4), dim=0)], dtypes=FLOATS)
op("special.log_softmax", [s(t(3, 4), 1), s(t(3, 4), dim=0)], dtypes=FLOATS)
op("special.logsumexp", [s(t(3, 4), 1), s(t(3, 4), (0, 1), keepdim=True)], dtypes=FLOATS)
