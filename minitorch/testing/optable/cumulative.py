"""Running results along a dimension; reductions with two answers; order statistics."""

from __future__ import annotations

from .core import ALL, FLOATS, NUMBERS, DType, bad, given, op, s, t
from .reduction import INF, NAN, NO_DIM, REPEATED, VARIANCE, reduced

ALONG = [
    s(t(3, 4), 0),
    s(t(3, 4), 1),
    s(t(3, 4), dim=-1),
    s(t(2, 3, 4), 1),
    s(t(5), 0),
    s(t(1), -1),
    s(t(), 0),
    s(t(0, 3), 0),
    s(t(2, 0), 0),
    s(t(4, 3, layout="transposed"), 0),
]
op(
    "cumprod",
    [
        *ALONG,
        s(t(3, 4), axis=1),
        s(t(3, 4), 0, dtype=DType("float64")),
        s(given([2.0, 3.0, 0.0, 4.0, 5.0]), 0),
        s(given([2.0, 0.0, 3.0, 0.0, 5.0]), 0),
        s(given([0.0, 2.0, 3.0]), 0),
        s(given([[1.0, 0.0], [2.0, 3.0], [0.0, -1.0]]), 0),
        s(given([[1.0, 0.0], [2.0, 3.0], [0.0, -1.0]]), 1),
        s(given([2.0, NAN, 3.0]), 0).only(*FLOATS).at_kink(),
    ],
    inplace=True,
    errors=NO_DIM[1:],
)
DISTINCT_ALONG = [
    s(t(3, 4, distinct=True), 0),
    s(t(3, 4, distinct=True), 1),
    s(t(2, 3, 4, distinct=True), dim=-2),
    s(t(5, distinct=True), 0),
    s(t(distinct=True), -1),
    s(t(0, 3, distinct=True), 0),
    s(t(0, 3, distinct=True), 1),
    s(t(4, 3, layout="transposed", distinct=True), 0),
    s(given([1.0, 3.0, 3.0, 0.0, 3.0, 4.0]), 0).at_kink(),
    s(given([[2.0, 2.0, 1.0], [2.0, 1.0, 1.0]]), 1).at_kink(),
    s(given([1.0, NAN, 3.0, NAN]), 0).only(*FLOATS).at_kink(),
    s(given([-INF, INF, 3.0, INF]), 0).only(*FLOATS).at_kink(),
]
for name in ("cummax", "cummin"):
    op(name, DISTINCT_ALONG, errors=NO_DIM[1:])
op(
    "logcumsumexp",
    [
        *ALONG,
        s(t(3, 4, low=80, high=400), 1),
        s(t(3, 4, low=-400, high=-80), 0),
        s(given([-INF, -INF, 1.0, 2.0]), 0).once(),
        s(given([1.0, INF, 2.0]), 0).once(),
        s(given([1.0, NAN, 2.0]), 0).once(),
    ],
    dtypes=FLOATS,
    tolerance={"float32": (1e-5, 1e-5), "float64": (2e-14, 2e-14)},
    second=1e-11,
    because="each of up to five sums of exponentials is rounded before the next, and the gradient is a product of eˣ⁻ʸ",
    errors=[*NO_DIM[1:], bad(NotImplementedError, t(3), 0, dtype="int64")],
)

# ---- between neighbours ----------------------------------------------------------------------------------------------

op(
    "diff",
    [
        s(t(5)),
        s(t(3, 4)),
        s(t(3, 4), 2),
        s(t(3, 4), 1, 0),
        s(t(3, 4), n=2, dim=-2),
        s(t(3, 4), 4),
        s(t(3, 4), 9),
        s(t(3), 0),
        s(t(1)),
        s(t(0)),
        s(t(3, 4), prepend=t(3, 1)),
        s(t(3, 4), dim=0, append=t(2, 4)),
        s(t(3, 4), 2, -1, t(3, 2), t(3, 1)),
        s(t(4, 3, layout="transposed"), 1, 0),
    ],
    errors=[
        bad(RuntimeError, t()),
        bad(RuntimeError, t(3), -1, says="-1"),
        bad(IndexError, t(3), 1, 1),
        bad(RuntimeError, t(3), prepend=t()),
        bad(RuntimeError, t(2, 3), prepend=t(3, 1), says=("2", "3")),
    ],
    node="",
    because="for n = 0 torch records a copy, here a clone",
)
SAMPLED = [
    s(t(5)),
    s(t(3, 4)),
    s(t(3, 4), dim=0),
    s(t(3, 4), dx=2),
    s(t(3, 4), dx=0.5, dim=-2),
    s(t(3, 4), t(4)),
    s(t(3, 4), t(3), dim=0),
    s(t(3, 4), t(3, 4)),
    s(t(3, 4), t(1, 4)),
    s(t(2, 3, 4), t(3, 4), dim=1),
    s(t(1)),
    s(t(4, 3, layout="transposed")),
]
NOT_SAMPLED = [
    bad(IndexError, t()),
    bad(RuntimeError, t(3), t(2)),
    bad(RuntimeError, t(3), dtype="bool"),
    bad(IndexError, t(3), dim=1),
    bad(TypeError, t(3), t(3), dx=2.0),
]
for name in ("trapezoid", "trapz"):
    op(name, [*SAMPLED, s(t(3, 0)), s(t(0))], dtypes=NUMBERS, errors=NOT_SAMPLED, node="", because="made of other ops")
op(
    "cumulative_trapezoid",
    [*SAMPLED, s(t(3, 0))],
    dtypes=NUMBERS,
    errors=NOT_SAMPLED,
    node="",
    because="made of other ops",
)

# ---- two answers, no nan, distances ----------------------------------------------------------------------------------

op(
    "aminmax",
    [
        s(t(3, 4, distinct=True)),
        s(t(3, 4, distinct=True), dim=0),
        s(t(3, 4, distinct=True), dim=-1, keepdim=True),
        s(t(3, 4, distinct=True), keepdim=True),
        s(t(2, 3, 4, distinct=True), dim=1),
        s(t(distinct=True)),
        s(t(distinct=True), dim=0),
        s(t(0, 3), dim=1),
        s(given([[1.0, 3.0, 3.0], [1.0, 1.0, 2.0]]), dim=1).at_kink(),
        s(given([2.0, 2.0])).at_kink(),
        s(given([[1.0, NAN, 3.0], [2.0, 1.0, 0.0]]), dim=1).only(*FLOATS).at_kink(),
    ],
    errors=[bad(RuntimeError, t(0)), bad(IndexError, t(0, 3), dim=0), bad(IndexError, t(3), dim=1)],
)
for name in ("var_mean", "std_mean"):
    op(
        name,
        VARIANCE,
        dtypes=FLOATS,
        errors=[*NO_DIM, bad(RuntimeError, t(3), dtype="int64")],
        tolerance={"float32": (2e-5, 2e-6), "float64": (1e-12, 1e-12)},
        because="deviations of 3 from a mean of 10,000: torch reads the elements once, its float64 loses three digits",
    )
WITH_NAN = [
    s(given([[1.0, NAN, 3.0], [NAN, NAN, 2.0]])).only(*FLOATS).at_kink(),
    s(given([[1.0, NAN, 3.0], [NAN, NAN, 2.0]]), 1).only(*FLOATS).at_kink(),
    s(given([[1.0, NAN], [NAN, NAN]]), dim=1, keepdim=True).only(*FLOATS).at_kink(),
    s(given([NAN, INF])).only(*FLOATS).at_kink(),
]
op("nansum", [*reduced(), *WITH_NAN, s(t(3), dtype=DType("float64"))], errors=[*NO_DIM, *REPEATED])
op(
    "nanmean",
    [*reduced(), *WITH_NAN, s(t(3), dtype=DType("float64"))],
    dtypes=FLOATS,
    errors=[*NO_DIM, bad(RuntimeError, t(3), dtype="int64")],
)
op(
    "renorm",
    [
        s(t(3, 4), 2, 0, 1.0),
        s(t(3, 4), 1, 1, 2),
        s(t(2, 3, 4), 3, -1, 0.5),
        s(t(3, 4), p=2, dim=0, maxnorm=100),
        s(t(3, 4), INF, 0, 1.0).at_kink(),
        s(given([[0.0, 0.0], [3.0, 4.0]]), 2, 0, 1.0).at_kink(),
        s(t(4, 3, layout="transposed"), 2, 0, 1.0),
    ],
    dtypes=FLOATS,
    inplace=True,
    errors=[
        bad(RuntimeError, t(3), 2, 0, 1.0),
        bad(RuntimeError, t(2, 2), -1, 0, 1.0),
        bad(RuntimeError, t(2, 2), 2, 0, -1.0),
        bad(IndexError, t(2, 2), 2, 5, 1.0),
        bad(RuntimeError, t(2, 2), 2, 0, 1.0, dtype="int64"),
    ],
    node="",
    because="made of a norm and a product",
)

# ---- order statistics ------------------------------------------------------------------------------------------------

ODD = [
    s(t(5, distinct=True), 0),
    s(t(3, 4, distinct=True), 0),
    s(t(3, 4, distinct=True), 1),
    s(t(3, 4, distinct=True), dim=-1, keepdim=True),
    s(t(2, 3, 4, distinct=True), 1),
    s(t(distinct=True), 0),
    s(t(distinct=True), -1, True),
    s(t(0, 3), 1),
    s(t(4, 3, layout="transposed", distinct=True), 0),
]
MEDIANS = [
    *ODD,
    s(t(5, distinct=True)),
    s(t(3, 4, distinct=True)),
    s(t(distinct=True)),
    s(t(0)).value_only(),
    s(given([3.0, 1.0, 1.0, 1.0, 2.0])).at_kink(),
    s(given([3.0, NAN, 1.0, 2.0])).only(*FLOATS).at_kink(),
    s(given([NAN, NAN])).only(*FLOATS).at_kink(),
    s(given([[3.0, NAN, 1.0], [5.0, 4.0, 6.0]]), 1).only(*FLOATS).at_kink(),
]
for name in ("median", "nanmedian"):
    op(
        name,
        MEDIANS,
        dtypes=NUMBERS,
        errors=[
            *NO_DIM,
            bad(IndexError, t(0, 3), 0),
            bad(NotImplementedError, t(3), dtype="bool"),
            bad(TypeError, t(3), keepdim=True),
        ],
    )
op(
    "kthvalue",
    [
        s(t(5, distinct=True), 2),
        s(t(3, 4, distinct=True), 1),
        s(t(3, 4, distinct=True), 3, 0),
        s(t(3, 4, distinct=True), k=4, dim=-1, keepdim=True),
        s(t(distinct=True), 1),
        s(t(0, 3), 2),
        s(t(4, 3, layout="transposed", distinct=True), 2, 0),
        s(given([3.0, NAN, 1.0, 2.0]), 4).only(*FLOATS).at_kink(),
        s(given([3.0, NAN, 1.0, 2.0]), 3).only(*FLOATS).at_kink(),
    ],
    dtypes=NUMBERS,
    errors=[
        bad(RuntimeError, t(3), 0),
        bad(RuntimeError, t(3), 4),
        bad(IndexError, t(3), 1, 1),
        bad(IndexError, t(3, 0), 1),
        bad(NotImplementedError, t(3), 1, dtype="bool"),
    ],
)
op(
    "mode",
    [
        s(t(5, distinct=True)),
        s(t(3, 4, distinct=True), 0),
        s(given([3.0, 1.0, 1.0, 3.0, 2.0])).at_kink(),
        s(given([[2.0, 1.0, 2.0], [1.0, 1.0, 0.0], [5.0, 4.0, 4.0]])).at_kink(),
        s(given([[2.0, 1.0, 2.0], [1.0, 1.0, 0.0], [5.0, 4.0, 4.0]]), dim=0, keepdim=True).at_kink(),
        s(t()),
        s(t(0, 3)),
        s(given([[[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]], [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0]]]), 1).at_kink(),
    ],
    errors=[bad(IndexError, t(3), 1), bad(IndexError, t(3, 0)), bad(IndexError, t(0))],
)
op("msort", [s(t(5, distinct=True)), s(t(3, 4, distinct=True)), s(t()), s(t(0, 2))], dtypes=NUMBERS)
QUANTILES = [
    s(t(5, distinct=True), 0.3),
    s(t(3, 4, distinct=True), 0.5),
    s(t(3, 4, distinct=True), 0.7, 0),
    s(t(3, 4, distinct=True), 0.25, dim=-1, keepdim=True),
    s(t(3, 4, distinct=True), 0.6, keepdim=True),
    s(t(2, 3, 4, distinct=True), given([0.0, 0.3, 1.0], grad=False), 1),
    s(t(2, 3, distinct=True), given([0.1, 0.9], grad=False), dim=1, keepdim=True),
    s(t(2, 3, distinct=True), given([0.1, 0.9], grad=False)),
    s(t(2, 3, distinct=True), given([0.1, 0.9], grad=False), keepdim=True),
    s(t(2, 3, distinct=True), given(0.4, grad=False)),
    s(t(distinct=True), 0.5),
    s(t(distinct=True), 0.5, 0, True),
    *[s(t(3, 4, distinct=True), 0.4, 1, interpolation=how) for how in ("lower", "higher", "midpoint", "nearest")],
    *[s(given([1.0, 4.0, 2.0, 8.0]), 0.5, interpolation=how).at_kink() for how in ("lower", "higher", "nearest")],
    s(t(4, 3, layout="transposed", distinct=True), 0.2, 0),
    s(given([[1.0, NAN, 3.0], [2.0, 1.0, 5.0]]), 0.5, 1).only(*FLOATS).at_kink(),
    s(given([[NAN, NAN], [2.0, NAN]]), 0.5, 1).only(*FLOATS).at_kink(),
]
for name in ("quantile", "nanquantile"):
    op(
        name,
        QUANTILES,
        dtypes=FLOATS,
        errors=[
            bad(RuntimeError, t(3), 0.5, dtype="int64"),
            bad(RuntimeError, t(3), 1.5, says="1.5"),
            bad(RuntimeError, t(3), t(2, dtype="float64")),
            bad(RuntimeError, t(0), 0.5),
            bad(RuntimeError, t(3), 0.5, interpolation="cubic", says="cubic"),
            bad(RuntimeError, t(3), t(1, 2)),
            bad(RuntimeError, t(3), given([0.5, -1.0])),
            bad(IndexError, t(3), 0.5, 1),
            bad(TypeError, t(3), [0.5]),
        ],
        node="",
        because="made of sort, gather and lerp",
    )

# ---- what the older entries leave out --------------------------------------------------------------------------------

op(
    "logsumexp dims",
    [s(t(2, 3, 4), (0, 2)), s(t(2, 3, 4), (0, 1, 2), True), s(t(3, 4), axis=1), s(t(3, 4), [-1], keepdims=True)],
    dtypes=FLOATS,
)
for name in ("all", "any"):
    op(
        f"{name} dims",
        [
            s(t(2, 3, 4, low=0, high=1), (0, 2)),
            s(t(2, 3, 4, low=0, high=1), dim=(-1, 1), keepdim=True),
            s(t(2, 3, low=0, high=1), axis=0),
            s(t(2, 3, low=0, high=1), keepdim=True),
            s(t(2, 3, low=0, high=1), ()),
            s(t(0, 2), 0),
        ],
        dtypes=ALL,
        differentiable=False,
    )
for name in ("sum", "mean"):
    op(
        f"{name} names",
        [s(t(3, 4), axis=1), s(t(3, 4), axis=(0, 1), keepdims=True), s(t(3, 4), 0, keepdims=True)],
        dtypes=FLOATS,
        errors=[bad(TypeError, t(3), keepdim=True), bad(TypeError, t(3, 2), 0, 1)],
    )
for name in ("sort", "argsort"):
    op(f"{name} names", [s(t(3, 4, distinct=True), axis=0)], dtypes=NUMBERS, differentiable=name == "sort")
for name in ("squeeze", "unsqueeze", "unbind"):
    op(f"{name} names", [s(t(1, 3), axis=0)])

# ---- together --------------------------------------------------------------------------------------------------------

op(
    "Tensor.sum_to_size",
    [s(t(2, 3), 3), s(t(2, 3), (2, 1)), s(t(2, 3), 2, 3), s(t(2, 3), ()), s(t(4, 2, 3), 2, 1), s(t(2, 1), 1)],
    errors=[bad(RuntimeError, t(2, 3), 2), bad(RuntimeError, t(2), 1, 2, 2)],
)
