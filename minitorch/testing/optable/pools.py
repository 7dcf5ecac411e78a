"""Pooling of signals and volumes, pooling to a given size, power means, and maxima put back."""

from __future__ import annotations

from typing import Any

from .core import FLOATS, NUMBERS, Sample, T, bad, given, index, op, s, t

NAN, INF = float("nan"), float("inf")
SQUEEZED = "torch adds a squeeze for an unbatched input"
MAXIMA = [
    s(t(2, 3, 7, distinct=True), 2),
    s(t(2, 2, 8, distinct=True), 3, 1),
    s(t(2, 2, 8, distinct=True), (3,), (2,), (1,)),
    s(t(1, 2, 9, distinct=True), kernel_size=2, stride=2, padding=1, dilation=3, ceil_mode=True),
    s(t(1, 2, 6, distinct=True), 4, 3, 2, 1, True),
    s(t(3, 6, distinct=True), 2),
    s(t(2, 3, 6, distinct=True, layout="transposed"), 2),
    s(t(0, 3, 4, distinct=True), 2),
    s(given([[[1.0, 1.0, 2.0, 2.0, 0.0, 0.0]]]), 3, 1).at_kink(),
    s(given([[[NAN, 1.0, NAN, 2.0, -INF, -INF, -INF, INF]]]), 2, 1).at_kink(),
    s(given([[[-INF, -INF, -INF, 1.0]]]), 2, 1, 1).at_kink(),
]
NO_1D = [
    bad(RuntimeError, t(5), 2, says="[5]"),
    bad(RuntimeError, t(1, 2, 3, 4), 2, says="[1, 2, 3, 4]"),
    bad(RuntimeError, t(1, 2, 2), 3, says="2 x 2"),
    bad(RuntimeError, t(1, 2, 5), 2, padding=2),
    bad(RuntimeError, t(1, 2, 5), 2, padding=-1),
    bad(RuntimeError, t(1, 2, 5), 2, stride=0),
    bad(RuntimeError, t(1, 2, 5), (2, 2)),
    bad(TypeError, t(1, 2, 5), 2.5),
]
NO_3D = [
    bad(RuntimeError, t(3, 4, 5), 2, says="[3, 4, 5]"),
    bad(RuntimeError, t(1, 2, 4, 4, 4), (2, 2, 5), says="2 x 4 x 4 x 4"),
    bad(RuntimeError, t(1, 2, 4, 4, 4), 2, padding=(0, 2, 0)),
    bad(RuntimeError, t(1, 2, 4, 4, 4), 2, stride=0),
    bad(RuntimeError, t(1, 2, 4, 4, 4), (2, 2)),
]


def with_indices(name: str) -> Any:
    return lambda e: lambda *a, **k: getattr(e.nn.functional, name)(*a, **k, return_indices=True)


op("nn.functional.max_pool1d", MAXIMA, dtypes=FLOATS, errors=[*NO_1D, bad(RuntimeError, t(1, 2, 5), 2, dilation=0)])
op("nn.functional.max_pool1d indices", MAXIMA, dtypes=FLOATS, call=with_indices("max_pool1d"))
VOLUMES = [
    s(t(2, 2, 4, 3, 5, distinct=True), 2),
    s(t(1, 2, 4, 5, 4, distinct=True), (2, 3, 2), (1, 2, 1), (1, 1, 0)),
    s(t(1, 1, 5, 5, 4, distinct=True), 2, 1, 0, (2, 1, 3), True),
    s(t(1, 1, 4, 3, 5, distinct=True), 3, stride=2, padding=1, ceil_mode=True),
    s(t(2, 2, 3, 4, distinct=True), 2),
    s(t(0, 2, 2, 2, 2, distinct=True), 2),
    s(t(1, 2, 3, 3, 2, distinct=True, layout="transposed"), 2, 1),
    s(given([[[[[NAN, 1, NAN], [-INF, -INF, 2]], [[1, 1, 1], [-INF, -INF, INF]]]]]), (2, 1, 2), 1)
    .only(*FLOATS)
    .at_kink(),
    s(t(1, 1, 2, 3, 2, low=-9, high=-1), 3, 2, 1).at_kink(),
]
op(
    "nn.functional.max_pool3d",
    VOLUMES,
    dtypes=NUMBERS,
    errors=[
        *NO_3D,
        bad(RuntimeError, t(1, 2, 4, 4, 4), 2, dilation=0),
        bad(NotImplementedError, t(1, 1, 2, 2, 2), 2, dtype="bool"),
    ],
    layouts=("transposed", "strided"),
)
op("nn.functional.max_pool3d indices", VOLUMES, dtypes=FLOATS, call=with_indices("max_pool3d"), layouts=("transposed",))

MEANS_1D = [
    s(t(2, 3, 7), 2),
    s(t(2, 2, 8), 3, 1, 1),
    s(t(2, 2, 8), (3,), (2,), (1,), count_include_pad=False),
    s(t(1, 2, 6), 4, 3, 2, True, False),
    s(t(1, 2, 7), 2, ceil_mode=True),
    s(t(3, 6), 2),
    s(t(0, 3, 4), 2),
]
op("nn.functional.avg_pool1d", MEANS_1D, dtypes=NUMBERS, errors=NO_1D)
op(
    "nn.functional.avg_pool3d",
    [
        s(t(2, 2, 4, 3, 5), 2),
        s(t(1, 2, 4, 5, 4), (2, 3, 2), (1, 2, 1), (1, 1, 0)),
        s(t(1, 1, 4, 3, 5), 3, 2, 1, True),
        s(t(1, 1, 4, 3, 5), 3, 2, 1, True, False),
        s(t(1, 1, 3, 3, 3), 2, divisor_override=5),
        s(t(2, 2, 3, 4), 2),
        s(t(0, 2, 2, 2, 2), 2),
    ],
    dtypes=NUMBERS,
    errors=[
        *NO_3D,
        bad(RuntimeError, t(1, 1, 3, 3, 3), 2, divisor_override=0),
        bad(RuntimeError, t(1, 1, 3, 1, 3), 3, padding=1, says="[1, 1, 3, 1, 3]"),
    ],
    layouts=("transposed", "strided"),
)

# ---- to a given size -------------------------------------------------------------------------------------------------


def sized(x: T, size: Any) -> Sample:
    """To nothing, torch pools but does not differentiate."""
    sample = s(x, size)
    return sample.value_only() if size == 0 or isinstance(size, tuple) and 0 in size else sample


SHAPES = {1: (2, 3, 7), 2: (2, 2, 5, 6), 3: (1, 2, 3, 4, 5)}
for n, shape in SHAPES.items():
    options: list[Any] = (
        [1, 3, 5, 0] if n == 1 else [1, 3, (*[1] * (n - 1), 2), (4, *[2] * (n - 1)), 0, (0, *[2] * (n - 1))]
    )
    if n > 1:
        options.append((None, *[2] * (n - 1)))
    errors = [
        bad(RuntimeError, t(*shape[2:]), 2),
        bad(RuntimeError, t(*shape), (2,) * (n + 1)),
        bad(RuntimeError, t(*shape), -1),
        bad(RuntimeError, t(*shape[:-1], 0), 2, says="0"),
        bad(TypeError, t(*shape), 2.5),
        bad(NotImplementedError, t(*shape), 2, dtype="int64"),
    ]
    op(
        f"nn.functional.adaptive_avg_pool{n}d",
        [sized(t(*shape), size) for size in options]
        + [s(t(*shape[1:]), 2), s(t(0, *shape[1:]), 2), s(t(*shape), output_size=2)],
        dtypes=FLOATS,
        errors=errors,
    )
    for kind in ("", " indices"):
        op(
            f"nn.functional.adaptive_max_pool{n}d{kind}",
            [sized(t(*shape, distinct=True), size) for size in options]
            + [s(t(*shape[1:], distinct=True), 2), s(t(0, *shape[1:]), output_size=2)]
            + [s(given([[NAN, 1.0, NAN, 2.0, -INF, -INF, -INF, INF, 3.0, 3.0]]), 7).at_kink()] * (n == 1),
            dtypes=FLOATS,
            errors=errors,
            call=with_indices(f"adaptive_max_pool{n}d") if kind else None,
            layouts=("transposed",),
        )

# ---- power means, and maxima put back --------------------------------------------------------------------------------

POWERS = [(2, 2), (3, 2, 1), (1, 2), (2.5, 2, None, True), (INF, 2), (-INF, 2)]
for n, shape in {1: (2, 3, 7), 2: (1, 2, 5, 6), 3: (1, 2, 3, 2, 4)}.items():
    op(
        f"nn.functional.lp_pool{n}d",
        [
            s(t(*shape, low=0.3, high=2.0), p, k if isinstance(k, int) or n == 1 else (2,) * n, *rest)
            for p, k, *rest in POWERS
        ]
        + [s(t(*shape[1:], low=0.3, high=2.0), 2, 2), s(t(*shape, low=-9, high=9), 2, 2).only("int64")],
        dtypes=FLOATS,
        tolerance={"float32": (1e-5, 1e-5), "float64": (2e-14, 2e-14)},
        because="powers of sums of powers, each good to 4 units in the last place, and their roots; nodes: " + SQUEEZED,
        node="",
        errors=[bad(RuntimeError, t(*shape), 2, 9), bad(ZeroDivisionError, t(*shape), 0, 2)],
        layouts=("transposed",),
    )

PLACES = index([[[1, 3, 4], [0, 2, 5]]])
op(
    "nn.functional.max_unpool1d",
    [
        s(t(1, 2, 3), PLACES, 2),
        s(t(1, 2, 3), PLACES, (2,), (2,), (0,), (7,)),
        s(t(1, 2, 3), PLACES, 3, 2, 1, output_size=(1, 2, 6)),
        s(t(2, 3), index([[1, 3, 4], [0, 2, 5]]), 2),
        s(t(1, 2, 3), PLACES, kernel_size=2, output_size=[6]),
    ],
    dtypes=FLOATS,
    errors=[
        bad(RuntimeError, t(1, 2, 3), index([[[1, 3, 9], [0, 2, 5]]]), 2),
        bad(RuntimeError, t(1, 2, 3), index([[[1, 3, 4]]]), 2, says="[1, 1, 3]"),
        bad(RuntimeError, t(1, 2, 3), index([[[1, 3, 4], [0, 2, 5]]], dtype="int32"), 2),
        bad(ValueError, t(1, 2, 3), PLACES, 2, output_size=(20,), says="between 4 and 8"),
        bad(ValueError, t(1, 2, 3), PLACES, 2, output_size=(7, 7)),
        bad(NotImplementedError, t(1, 2, 3), PLACES, 2, dtype="int64"),
    ],
    layouts=("offset",),  # torch refuses transposed places
)
SQUARE = index([[[[5, 2], [13, 15]], [[0, 3], [8, 10]]]])
op(
    "nn.functional.max_unpool2d",
    [
        s(t(1, 2, 2, 2), SQUARE, 2),
        s(t(1, 2, 2, 2), SQUARE, (2, 2), 2, 0, (5, 4)),
        s(t(1, 2, 2, 2), SQUARE, 2, output_size=(1, 2, 5, 5)),
        s(t(2, 2, 2), index(SQUARE.data[0]), 2),
    ],
    dtypes=FLOATS,
    errors=[
        bad(RuntimeError, t(1, 2, 2, 2), index([[[[5, 2], [13, 16]], [[0, 3], [8, 10]]]]), 2, says=("16", "4 x 4")),
        bad(ValueError, t(1, 2, 2, 2), SQUARE, 2, output_size=(5, 6)),
    ],
    layouts=("offset",),  # torch refuses transposed places
)
op(
    "nn.functional.max_unpool3d",
    [
        s(t(1, 1, 1, 2, 2), index([[[[[5, 2], [13, 31]]]]]), 2),
        s(t(1, 1, 2, 2), index([[[[5, 2], [13, 31]]]]), 2, output_size=(3, 4, 5)),
    ],
    dtypes=FLOATS,
    errors=[bad(RuntimeError, t(1, 1, 1, 1, 1), index([[[[[8]]]]]), 2, says="8")],
    layouts=("offset",),  # torch refuses transposed places
)
