"""Ops that reduce dimensions: sums, means, extremes, norms, and running sums."""

from __future__ import annotations

from typing import Any

from .core import ALL, FLOATS, NUMBERS, DType, Sample, bad, given, op, s, t

NAN, INF = float("nan"), float("inf")


def reduced(
    dims: bool = True, empty: bool = True, tuples: bool = True, whole: bool = True, **options: Any
) -> list[Sample]:
    """Everything, one dimension, several, negative, kept; layouts; no elements."""
    samples = []
    if whole:
        samples += [
            s(t(3, 4, **options)),
            s(t(2, 3, 4, **options)),
            s(t(**options)),
            s(t(1, **options)),
            s(t(5, **options)),
        ]
        samples += [s(t(4, 3, layout="transposed", **options)), s(t(3, 5, layout="strided", **options))]
        if empty:
            samples += [s(t(0, **options)).at_kink(), s(t(2, 0, 3, **options)).at_kink()]
    if dims:
        samples += [
            s(t(3, 4, **options), 0),
            s(t(3, 4, **options), 1),
            s(t(3, 4, **options), -1),
            s(t(3, 4, **options), dim=-2, keepdim=True),
            s(t(2, 3, 4, **options), 1),
            s(t(2, 3, 4, **options), 1, True),
            s(t(**options), 0),
            s(t(**options), -1, keepdim=True),
            s(t(2, 1, 3, layout="transposed", **options), -1),
            s(t(0, 3, **options), 1),
        ]
        if empty:
            samples += [s(t(0, 3, **options), 0).at_kink(), s(t(2, 0, 3, **options), 1, keepdim=True).at_kink()]
    if tuples:
        samples += [
            s(t(2, 3, 4, **options), (0, 2)),
            s(t(2, 3, 4, **options), dim=(-1, 0), keepdim=True),
            s(t(2, 3, 4, **options), [1, 2]),
            s(t(3, 4, **options), (1,)),
        ]
    return samples


NO_DIM = [
    bad(IndexError, t(3, 4), 2, says="2"),
    bad(IndexError, t(3, 4), dim=-3, says="-3"),
    bad(IndexError, t(3), dim=1),
]
REPEATED = [bad(RuntimeError, t(2, 3), (0, 0), says="0"), bad(RuntimeError, t(2, 3), (1, -1), says="1")]

op(
    "sum",
    reduced()
    + [
        s(t(3, 4), dim=None),
        s(t(3, 4), ()),
        s(t(3, 4), 0, dtype=DType("float64")),
        s(t(3), dtype=DType("float32")).at_kink(),
    ]
    + [s(given([INF, 1.0, -INF])).only(*FLOATS).at_kink(), s(given([NAN, 1.0])).only(*FLOATS).at_kink()],
    errors=[*NO_DIM, *REPEATED, bad(TypeError, [1.0, 2.0])],
)
op(
    "mean",
    reduced() + [s(t(3, 4), 0, dtype=DType("float64")), s(t(3, 4), dim=None, keepdim=True)],
    dtypes=FLOATS,
    errors=[*NO_DIM, *REPEATED, bad(RuntimeError, t(3), dtype="int64", says="Long")],
)
op(
    "prod",
    reduced(tuples=False)
    + [
        s(t(3, 4), 0, dtype=DType("float64")),
        s(given([[0.0, 2.0, 3.0], [1.0, 2.0, 3.0]]), 1),
        s(given([[0.0, 2.0, 0.0], [0.0, 2.0, 3.0]]), 1),
        s(given([0.0, 0.0, 2.0])),
        s(given([0.0, 5.0, 2.0])),
    ],
    errors=NO_DIM,
)
VARIANCE = [
    s(t(3, 4), unbiased=False),
    s(t(3, 4), 1, unbiased=False),
    s(t(3, 4), 1, False, True),
    s(t(3, 4), dim=0, correction=0),
    s(t(3, 4), dim=1, correction=2, keepdim=True),
    s(t(2, 3, 4), (0, 2)),
    s(t(2, 3, 4), dim=(-1, 0), keepdim=True),
    s(t(3, 4), 0),
    s(t(3, 4), 1),
    s(t(3, 4)),
    s(t(6)),
    s(t(3, 4), dim=None, correction=0),
    s(t(4, 3, layout="transposed"), -1),
    s(t(3, 1), 0, keepdim=True),
    s(given([1e4 + 1, 1e4 + 2, 1e4 + 4])),
    s(t(1)).once(),  # no degree of freedom is left: 0/0, nan
    s(t(3, 1), 1, keepdim=True).once(),
]
op(
    "var",
    VARIANCE,
    dtypes=FLOATS,
    errors=[*NO_DIM, bad(RuntimeError, t(3), dtype="int64")],
    tolerance={"float32": (2e-5, 2e-6)},
    because="float32 squares of deviations of 3 from a mean of 10,000",
)
op(
    "std",
    VARIANCE,
    dtypes=FLOATS,
    errors=[*NO_DIM, bad(RuntimeError, t(3), dtype="int64")],
    tolerance={"float32": (2e-5, 2e-6)},
    because="float32 squares of deviations of 3 from a mean of 10,000",
)

EXTREMES = [
    *reduced(empty=False, tuples=False, distinct=True),
    s(given([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]]), 1).at_kink(),
    s(given([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]]), dim=0, keepdim=True).at_kink(),
    s(given([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])).at_kink(),
    s(given([[1.0, NAN, 3.0], [NAN, 2.0, NAN]]), 1).only(*FLOATS).at_kink(),
    s(given([1.0, NAN, 3.0])).only(*FLOATS).at_kink(),
    s(given([INF, -INF, 3.0]), 0).only(*FLOATS).at_kink(),
]
NOTHING = [bad(RuntimeError, t(0)), bad(IndexError, t(0, 3), 0), bad(IndexError, t(3, 0), 1)]
for name in ("max", "min"):
    elementwise: list[Sample] = [s(t(3, 4, low=1, high=2), t(4, low=-1, high=0)), s(t(3), t(3))]
    op(name, EXTREMES + elementwise, errors=[*NO_DIM, *NOTHING, bad(RuntimeError, t(3), t(4), says=("3", "4"))])
for name in ("amax", "amin"):
    op(
        name,
        EXTREMES + reduced(whole=False, dims=False, distinct=True),
        errors=[*NO_DIM, bad(RuntimeError, t(2, 3), (0, 0)), bad(IndexError, t(0, 3), 0), bad(RuntimeError, t(0))],
    )
for name in ("argmax", "argmin"):
    op(
        name,
        EXTREMES,
        dtypes=NUMBERS,
        differentiable=False,
        errors=[*NO_DIM, bad(IndexError, t(0)), bad(IndexError, t(0, 3), 0)],
    )
op(
    "logsumexp",
    [
        *reduced(whole=False, empty=False),
        s(t(2, 0, 3), 1).at_kink(),
        s(t(3, 4, low=80, high=400), 1),
        s(t(3, 4, low=-400, high=-80), 0, keepdim=True),
        s(given([[INF, 1.0], [-INF, -INF], [-INF, 2.0], [NAN, 1.0]]), 1).only(*FLOATS).at_kink(),
    ],
    dtypes=ALL,
    errors=[*NO_DIM, bad(TypeError, t(3, 4))],
)
NORMS = [
    s(t(3, 4)),
    s(t(3, 4), 2),
    s(t(3, 4, avoid=(0,)), 1),
    s(t(3, 4, avoid=(0,)), 3),
    s(t(3, 4, avoid=(0,)), 1.5, 1),
    s(t(3, 4, distinct=True, avoid=(0,)), INF).at_kink(),
    s(t(3, 4, distinct=True, avoid=(0,)), -INF, 1).at_kink(),
    s(t(3, 4), 0, 1).at_kink(),
    s(t(3, 4), "fro"),
    s(t(2, 3, 4), 2, (0, 2)),
    s(t(2, 3, 4), p=2, dim=-1, keepdim=True),
    s(t()),
    s(t(0)).at_kink(),
    s(t(4, 3, layout="transposed"), 2, 0),
    s(given([[0.0, 0.0], [3.0, 4.0]]), 2, 1).at_kink(),
    s(given([0.0, 0.0])).at_kink(),
]
op("norm", NORMS, dtypes=FLOATS, errors=[bad(IndexError, t(3, 4), 2, 2), bad(RuntimeError, t(3), dtype="int64")])

for name in ("all", "any"):
    op(
        name,
        [*reduced(low=0, high=1), s(given([[0.0, 1.0], [1.0, 1.0]])), s(given([NAN])).only(*FLOATS)],
        differentiable=False,
        errors=NO_DIM,
    )
op(
    "count_nonzero",
    [s(t(3, 4, low=0, high=1)), s(t(3, 4, low=0, high=1), 0), s(t(2, 3, 2, low=0, high=1), (0, -1)), s(t(0)), s(t())],
    differentiable=False,
)
op(
    "cumsum",
    [
        s(t(3, 4), 0),
        s(t(3, 4), 1),
        s(t(3, 4), dim=-1),
        s(t(2, 3, 4), 1),
        s(t(), 0),
        s(t(0, 3), 0),
        s(t(5), 0),
        s(t(3, 4), 0, dtype=DType("float64")),
        s(t(4, 3, layout="transposed"), 0),
    ],
    inplace=True,
    errors=[*NO_DIM],
)
