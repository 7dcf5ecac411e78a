"""The ops that networks are made of: products, convolution, pooling, softmax, losses, normalisation, dropout."""

from __future__ import annotations

from typing import Any

from .core import FLOATS, NUMBERS, DType, bad, given, index, op, s, t

NAN, INF = float("nan"), float("inf")

SUMS = {"float32": (2e-6, 2e-5), "float64": (4e-15, 4e-14)}
WHY_SUMS = "sums of up to 100 products as large as 4, added in another order: 100 · 4 · half a unit in the last place"

# ---- products --------------------------------------------------------------------------------------------------------

op(
    "matmul",
    [
        s(t(3, 4), t(4, 5)),
        s(t(4), t(4)),
        s(t(4), t(4, 5)),
        s(t(3, 4), t(4)),
        s(t(2, 3, 4), t(2, 4, 5)),
        s(t(2, 3, 4), t(4, 5)),
        s(t(3, 4), t(2, 4, 5)),
        s(t(2, 3, 4), t(4)),
        s(t(4), t(2, 4, 5)),
        s(t(2, 1, 3, 4), t(5, 4, 2)),
        s(t(1, 3, 4), t(2, 4, 5)),
        s(t(0, 4), t(4, 3)),
        s(t(3, 0), t(0, 2)),
        s(t(0), t(0)),
        s(t(2, 0, 3), t(3, 2)),
        s(t(0, 2, 3), t(3, 2)),
        s(t(4, 3, layout="transposed"), t(3, 5, layout="transposed")),
        s(t(4, 3, layout="strided"), t(3, 5)),
        s(t(1, 1), t(1, 1)),
    ],
    dtypes=NUMBERS,
    tolerance=SUMS,
    because=WHY_SUMS + "; torch records a chain of views and Mm, Mv or Bmm, here one node may do",
    node="",
    errors=[
        bad(RuntimeError, t(3, 4), t(3, 4), says=("3x4",)),
        bad(RuntimeError, t(3), t(4), says=("3", "4")),
        bad(RuntimeError, t(3, 4), t(3)),
        bad(RuntimeError, t(), t(3)),
        bad(RuntimeError, t(2, 3, 4), t(3, 4, 5)),
        bad(RuntimeError, t(3, 4), t(4, 5, dtype="float64")),
        bad(RuntimeError, t(3, 4), t(4, 5, dtype="int64")),
        bad(TypeError, t(3, 4), 2.0),
    ],
)
op(
    "operator.matmul",
    [s(t(3, 4), t(4, 5)), s(t(2, 3, 4), t(4))],
    dtypes=NUMBERS,
    tolerance=SUMS,
    because=WHY_SUMS,
    node="",
    errors=[bad(TypeError, t(3), 2.0)],
)
op(
    "mm",
    [s(t(3, 4), t(4, 5)), s(t(0, 4), t(4, 2)), s(t(3, 0), t(0, 2)), s(t(4, 3, layout="transposed"), t(3, 2))],
    dtypes=NUMBERS,
    tolerance=SUMS,
    because=WHY_SUMS,
    errors=[
        bad(RuntimeError, t(3, 4), t(3, 4), says="3x4"),
        bad(RuntimeError, t(3), t(3, 4)),
        bad(RuntimeError, t(2, 3, 4), t(4, 5)),
    ],
)
op(
    "bmm",
    [
        s(t(2, 3, 4), t(2, 4, 5)),
        s(t(0, 3, 4), t(0, 4, 5)),
        s(t(2, 3, 0), t(2, 0, 4)),
        s(t(2, 4, 3, layout="transposed"), t(2, 3, 2)),
    ],
    dtypes=NUMBERS,
    tolerance=SUMS,
    because=WHY_SUMS,
    errors=[
        bad(RuntimeError, t(2, 3, 4), t(3, 4, 5)),
        bad(RuntimeError, t(2, 3, 4), t(2, 3, 4)),
        bad(RuntimeError, t(3, 4), t(4, 5)),
    ],
)
op(
    "mv",
    [s(t(3, 4), t(4)), s(t(3, 0), t(0)), s(t(4, 3, layout="transposed"), t(3))],
    dtypes=NUMBERS,
    tolerance=SUMS,
    because=WHY_SUMS,
    errors=[bad(RuntimeError, t(3, 4), t(3)), bad(RuntimeError, t(3), t(3))],
)
op(
    "dot",
    [s(t(4), t(4)), s(t(0), t(0)), s(t(4, layout="strided"), t(4))],
    dtypes=NUMBERS,
    tolerance=SUMS,
    because=WHY_SUMS,
    errors=[bad(RuntimeError, t(4), t(3)), bad(RuntimeError, t(2, 2), t(2))],
)
op("outer", [s(t(3), t(4)), s(t(0), t(2)), s(t(3, layout="strided"), t(2))], errors=[bad(RuntimeError, t(2, 2), t(2))])
op(
    "nn.functional.linear",
    [
        s(t(3, 4), t(5, 4)),
        s(t(3, 4), t(5, 4), t(5)),
        s(t(4), t(5, 4), t(5)),
        s(t(2, 3, 4), t(5, 4), t(5)),
        s(t(2, 3, 4), t(5, 4)),
        s(t(3, 4), t(5, 4), bias=None),
        s(t(0, 4), t(5, 4), t(5)),
        s(t(2, 0, 4), t(5, 4)),
        s(t(3, 4), t(4)),
        s(t(4), t(4)),
        s(t(4, 3, layout="transposed"), t(5, 3, layout="transposed"), t(5, layout="strided")),
    ],
    dtypes=NUMBERS,
    tolerance=SUMS,
    because=WHY_SUMS + "; torch's node depends on rank and bias",
    node="",
    errors=[
        bad(RuntimeError, t(3, 4), t(5, 3), says=("3x4", "5")),
        bad(RuntimeError, t(3, 4), t(5, 4), t(4)),
        bad(RuntimeError, t(3, 4), t(5, 4, dtype="float64")),
        bad(TypeError, t(3, 4), None),
    ],
)

# ---- convolution and pooling -----------------------------------------------------------------------------------------

CONVOLUTIONS = [
    s(t(2, 3, 5, 6), t(4, 3, 3, 2)),
    s(t(2, 3, 5, 6), t(4, 3, 3, 2), t(4)),
    s(t(2, 3, 5, 6), t(4, 3, 3, 2), t(4), 2),
    s(t(2, 3, 5, 6), t(4, 3, 3, 2), t(4), (2, 1), 1),
    s(t(1, 2, 5, 4), t(2, 2, 2, 3), None, 1, (2, 1)),
    s(t(1, 2, 7, 6), t(2, 2, 2, 3), t(2), stride=(1, 2), padding=(1, 0), dilation=(2, 1)),
    s(t(1, 2, 6, 7), t(2, 2, 3, 3), t(2), dilation=2, padding=2),
    s(t(2, 4, 5, 5), t(6, 2, 3, 3), t(6), groups=2),
    s(t(2, 4, 5, 4), t(4, 1, 3, 2), t(4), padding=1, groups=4),
    s(t(1, 4, 5, 5), t(8, 1, 2, 3), None, 2, 1, 2, 4),
    s(t(1, 2, 5, 6), t(3, 2, 3, 2), t(3), padding="same"),
    s(t(1, 2, 5, 6), t(3, 2, 2, 4), t(3), padding="same", dilation=(1, 2)),
    s(t(1, 2, 5, 6), t(3, 2, 3, 3), t(3), padding="valid", stride=2),
    s(t(3, 5, 6), t(4, 3, 3, 2), t(4)),
    s(t(1, 1, 1, 1), t(1, 1, 1, 1)),
    s(t(1, 2, 4, 4), t(3, 2, 1, 1), t(3)),
    s(t(1, 2, 4, 3), t(3, 2, 4, 3)),
    s(t(0, 3, 5, 6), t(4, 3, 3, 2), t(4)),
    s(t(1, 2, 6, 6), t(2, 2, 2, 2), stride=3),
    s(t(2, 3, 5, 6, layout="transposed"), t(4, 3, 3, 2, layout="transposed"), t(4)),
    s(t(1, 3, 5, 6, layout="strided"), t(2, 3, 3, 2, layout="strided"), padding=1),
]
op(
    "nn.functional.conv2d",
    CONVOLUTIONS,
    dtypes=FLOATS,
    tolerance=SUMS,
    because=WHY_SUMS + "; an unbatched image is squeezed in torch, which records another node",
    node="",
    errors=[
        bad(RuntimeError, t(1, 2, 5, 5), t(3, 4, 3, 3), says=("4", "2")),
        bad(RuntimeError, t(5, 5), t(3, 2, 3, 3), says="[5, 5]"),
        bad(RuntimeError, t(1, 2, 5, 5), t(3, 2, 3), says="[3, 2, 3]"),
        bad(RuntimeError, t(1, 2, 2, 2), t(3, 2, 3, 3), says=("2 x 2", "3 x 3")),
        bad(RuntimeError, t(1, 2, 5, 5), t(3, 2, 3, 3), t(2), says="3"),
        bad(RuntimeError, t(1, 2, 5, 5), t(3, 2, 3, 3), stride=0),
        bad(RuntimeError, t(1, 2, 5, 5), t(3, 2, 3, 3), padding=-1),
        bad(RuntimeError, t(1, 2, 5, 5), t(3, 2, 3, 3), dilation=0),
        bad(RuntimeError, t(1, 4, 5, 5), t(3, 2, 3, 3), groups=2),
        bad(RuntimeError, t(1, 4, 5, 5), t(3, 2, 3, 3), groups=0),
        bad(RuntimeError, t(1, 2, 5, 5), t(3, 2, 3, 3), padding="same", stride=2),
        bad(RuntimeError, t(1, 2, 5, 5), t(3, 2, 3, 3), padding="full"),
        bad(RuntimeError, t(1, 2, 5, 5), t(3, 2, 3, 3, dtype="float64")),
        bad(RuntimeError, t(1, 2, 5, 5), t(3, 2, 3, 3), stride=(1, 2, 3)),
    ],
)
op(
    "conv2d_plain",
    [sample for sample in CONVOLUTIONS if len(sample.args[0].shape) == 4],
    dtypes=FLOATS,
    tolerance=SUMS,
    because=WHY_SUMS,
    call=lambda e: e.ops.conv2d_plain if e.__name__ == "minitorch" else e.nn.functional.conv2d,
    node="",
    layouts=("transposed",),
    differentiable=False,  # a loop over every output element, to be read and compared with
)
POOLS = [
    s(t(2, 3, 5, 6, distinct=True), 2),
    s(t(2, 3, 5, 6, distinct=True), (2, 3)),
    s(t(1, 2, 7, 6, distinct=True), 3, 1),
    s(t(1, 2, 7, 6, distinct=True), 3, (2, 1), 1),
    s(t(1, 2, 7, 6, distinct=True), kernel_size=(3, 2), stride=2, padding=(1, 0)),
    s(t(1, 2, 5, 6, distinct=True), 2, ceil_mode=True),
    s(t(1, 2, 6, 7, distinct=True), 3, 2, 1, ceil_mode=True),
    s(t(3, 5, 6, distinct=True), 2),
    s(t(2, 3, 4, 4, distinct=True, layout="transposed"), 2),
    s(t(0, 3, 4, 4, distinct=True), 2),
    s(t(1, 1, 2, 2, distinct=True), 2),
]
NO_POOL = [
    bad(RuntimeError, t(5, 6), 2),
    bad(RuntimeError, t(1, 2, 2, 2), 3, says="2"),
    bad(RuntimeError, t(1, 2, 5, 5), 2, padding=2),
    bad(RuntimeError, t(1, 2, 5, 5), 2, stride=0),
    bad(RuntimeError, t(1, 2, 5, 5), (2, 2, 2)),
]
DILATED = [
    s(t(1, 2, 7, 6, distinct=True), 2, dilation=2),
    s(t(1, 2, 7, 6, distinct=True), (3, 2), 1, (1, 0), (2, 3)),
    s(t(1, 2, 7, 8, distinct=True), 2, 2, 1, (3, 1), True),
    s(given([[[[1, 1, 2, 2, 0, 0]] * 4]]), 2).at_kink(),
    s(given([[[[1.0, NAN, 2.0, 1.0], [0.0, 1.0, -INF, -INF], [NAN, NAN, -INF, -INF], [1.0, 2.0, -INF, -INF]]]]), 2)
    .only(*FLOATS)
    .at_kink(),
    s(t(1, 2, 4, 4, low=-9, high=-1), 3, 2, 1).at_kink(),
]
op(
    "nn.functional.max_pool2d",
    POOLS + DILATED,
    dtypes=NUMBERS,
    errors=NO_POOL,
    node="",
    because="torch adds a squeeze for an unbatched image",
)
op(
    "nn.functional.max_pool2d indices",
    POOLS + DILATED,
    dtypes=FLOATS,
    call=lambda e: lambda *a, **k: e.nn.functional.max_pool2d(*a, **k, return_indices=True),
    node="",
    because="as max_pool2d",
)
op("nn.functional.max_pool2d_with_indices", POOLS[:6], dtypes=FLOATS, node="", because="as max_pool2d")
op(
    "nn.functional.avg_pool2d",
    [
        s(t(*x.args[0].shape, layout=x.args[0].layout), *x.args[1:], **x.kwargs) if x.args else x
        for x in POOLS[:4] + POOLS[5:]
    ]
    + [
        s(t(1, 2, 7, 6), 3, 2, 1, count_include_pad=False),
        s(t(1, 2, 7, 6), 3, 2, 1, True, False),
        s(t(1, 2, 7, 6), (3, 2), divisor_override=5),
        s(t(1, 2, 5, 6), 2, ceil_mode=True, count_include_pad=False),
    ],
    dtypes=NUMBERS,
    errors=[*NO_POOL[1:], bad(RuntimeError, t(1, 2, 5, 5), 2, divisor_override=0)],
    node="",
    because="torch adds a squeeze for an unbatched image",
)

# ---- softmax ---------------------------------------------------------------------------------------------------------

SOFT = [
    s(t(3, 4), 1),
    s(t(3, 4), 0),
    s(t(3, 4), dim=-1),
    s(t(2, 3, 4), 1),
    s(t(5), 0),
    s(t(), 0),
    s(t(0, 3), 1),
    s(t(3, 0), 1),
    s(t(3, 4), 1, dtype=DType("float64")),
    s(t(3, 4, low=80, high=900), 1),
    s(t(3, 4, low=-900, high=-80), 0),
    s(t(4, 3, layout="transposed"), 1),
    s(given([[INF, 1.0], [-INF, 1.0], [-INF, -INF], [NAN, 1.0]]), 1).only(*FLOATS).at_kink(),
]
for name in ("softmax", "log_softmax"):
    far: dict[str, tuple[float, float]] = {"float32": (2e-6, 1.3e-4), "float64": (4e-15, 2.3e-13)}
    op(
        name,
        SOFT,
        dtypes=FLOATS,
        tolerance=far if name == "log_softmax" else {},
        because="log-probabilities of values up to 900, two units of 900 in the last place"
        if name == "log_softmax"
        else "",
        errors=[bad(IndexError, t(3, 4), 2), bad(TypeError, t(3, 4))],
    )
    op(
        f"nn.functional.{name}",
        [x for x in SOFT if x.args[1:] or x.kwargs],
        dtypes=FLOATS,
        tolerance=far if name == "log_softmax" else {},
        because="as above",
    )

# ---- losses ----------------------------------------------------------------------------------------------------------

REDUCTIONS = ("none", "mean", "sum")
LABELS = index([0, 3, 1])
WEIGHT = t(4, low=0.5, high=2.0, grad=False)
CLASSES = [s(t(3, 4), LABELS, reduction=r) for r in REDUCTIONS] + [
    s(t(3, 4), LABELS),
    *[s(t(3, 4), LABELS, WEIGHT, reduction=r) for r in REDUCTIONS],
    *[s(t(3, 4), LABELS, ignore_index=3, reduction=r) for r in REDUCTIONS],
    s(t(3, 4), index([-100, 2, -100])),
    s(t(3, 4), index([-100, 2, -100]), weight=WEIGHT),
    s(t(3, 4), index([-100, -100, -100]), reduction="sum"),
    s(t(3, 4), index([-100, -100, -100])).once(),
    s(t(4), index(2)),
    s(t(4), index(2), reduction="none"),
    *[
        s(t(2, 3, 2, 4), index([[[0, 1, 2, 0], [1, 1, 2, 0]], [[2, 2, 0, 1], [0, 1, 0, 2]]]), reduction=r)
        for r in REDUCTIONS
    ],
    s(t(2, 3, 2), index([[0, 1], [2, 1]]), t(3, low=0.5, high=2.0, grad=False)),
    s(t(0, 3), index([], "int64"), reduction="sum"),
    s(t(0, 3), index([], "int64"), reduction="none"),
    s(t(0, 3), index([], "int64")).once(),
    s(t(3, 4, layout="transposed"), LABELS),
]
NO_CLASS = [
    bad(IndexError, t(3, 4), index([0, 4, 1]), says="4"),
    bad(IndexError, t(3, 4), index([0, -1, 1]), says="-1"),
    bad(ValueError, t(3, 4), index([0, 1]), says=("3", "2")),
    bad(RuntimeError, t(3, 4), LABELS, t(3), says="4"),
    bad(ValueError, t(3, 4), LABELS, reduction="average", says="average"),
]
op(
    "nn.functional.nll_loss",
    CLASSES,
    dtypes=FLOATS,
    node="",
    because="torch's node depends on the rank, and its gradient of an image that is transposed in memory raises",
    layouts=("strided", "offset", "expanded"),
    errors=[*NO_CLASS, bad(RuntimeError, t(3, 4), t(3))],
)
PROBABILITIES = [s(t(3, 4), t(3, 4, low=0, high=1), reduction=r) for r in REDUCTIONS] + [
    s(t(3, 4), t(3, 4, low=0, high=1), WEIGHT),
    s(t(3, 4), t(3, 4, low=0, high=1), WEIGHT, label_smoothing=0.1),
    s(t(2, 3, 2), t(2, 3, 2, low=0, high=1), reduction="none"),
    s(t(4), t(4, low=0, high=1)),
]
SMOOTHED = [s(t(3, 4), LABELS, reduction=r, label_smoothing=0.1) for r in REDUCTIONS] + [
    *[s(t(3, 4), LABELS, WEIGHT, reduction=r, label_smoothing=0.3) for r in REDUCTIONS],
    s(t(3, 4), index([0, -100, 1]), WEIGHT, label_smoothing=0.3),
    s(t(3, 4), index([0, -100, 1]), label_smoothing=0.3),
    s(t(2, 3, 2), index([[0, 1], [2, 1]]), label_smoothing=0.2, reduction="none"),
    s(t(4), index(2), label_smoothing=0.2),
    s(t(3, 4, low=300, high=900), LABELS),
]
op(
    "nn.functional.cross_entropy",
    CLASSES + SMOOTHED + PROBABILITIES,
    dtypes=FLOATS,
    node="",
    because="torch records LogSoftmax and NllLoss; here one node may do. Values up to 900: units in their last place",
    tolerance={"float32": (2e-6, 1.3e-4), "float64": (4e-15, 2.3e-13)},
    errors=[
        *NO_CLASS,
        bad(RuntimeError, t(3, 4), t(3)),
        bad(RuntimeError, t(3, 4), t(3, 5)),
        bad(RuntimeError, t(3, 4), LABELS, label_smoothing=1.5, says="1.5"),
        bad(ValueError, t(3, 4), index([[0, 1, 2]])),
        bad(RuntimeError, t(3, 4), index([[0] * 4] * 3)),
    ],
)
PAIRED = [s(t(3, 4), t(3, 4), reduction=r) for r in REDUCTIONS] + [
    s(t(3, 4), t(3, 4)),
    s(t(), t()),
    s(t(2, 3, 2), t(2, 3, 2), reduction="sum"),
    s(t(0, 3), t(0, 3), reduction="sum"),
    s(t(0, 3), t(0, 3), reduction="none"),
    s(t(0, 3), t(0, 3)).at_kink(),
    s(t(4, 3, layout="transposed"), t(4, 3)),
    s(t(3), t(3, dtype="float64")).only("float64"),
]
UNPAIRED = [
    bad(RuntimeError, t(3, 4), t(3, 5), says=("5", "4")),
    bad(ValueError, t(3), t(3), reduction="average", says="average"),
]
op("nn.functional.mse_loss", PAIRED, dtypes=FLOATS, errors=UNPAIRED)
op(
    "nn.functional.l1_loss",
    [*PAIRED, s(given([1.0, 2.0]), given([1.0, 3.0])).at_kink()],
    dtypes=FLOATS,
    errors=UNPAIRED,
    node="",
    because="torch takes the abs and the mean apart",
)
op(
    "nn.functional.smooth_l1_loss",
    [*PAIRED, s(t(3, 4), t(3, 4), beta=0.5), s(t(3, 4), t(3, 4), reduction="sum", beta=2.0)],
    dtypes=FLOATS,
    errors=UNPAIRED,
)
op(
    "nn.functional.huber_loss",
    [*PAIRED, s(t(3, 4), t(3, 4), delta=0.5), s(t(3, 4), t(3, 4), reduction="sum", delta=2.0)],
    dtypes=FLOATS,
    errors=UNPAIRED,
)
op(
    "nn.functional.binary_cross_entropy",
    [s(t(3, 4, low=0.05, high=0.95), t(3, 4, low=0, high=1), reduction=r) for r in REDUCTIONS]
    + [
        s(t(3, 4, low=0.05, high=0.95), t(3, 4, low=0, high=1), t(3, 4, low=0.5, grad=False)),
        s(t(3, 4, low=0.05, high=0.95), t(3, 4, low=0, high=1), t(4, low=0.5, grad=False), reduction="sum"),
        s(t(low=0.05, high=0.95), t(low=0, high=1)),
        s(t(0, 2, low=0.05, high=0.95), t(0, 2, low=0, high=1), reduction="sum"),
        s(given([0.0, 0.0, 1.0, 1.0, 0.5]), given([0.0, 1.0, 0.0, 1.0, 0.5], grad=False), reduction="none").once(),
    ],
    dtypes=FLOATS,
    node="",
    because="may be made of other ops; torch's second derivative has 1e-12 added to a denominator (0.05² here)",
    second=1e-9,
    errors=[
        bad(ValueError, t(3, low=0, high=1), t(4, low=0, high=1), says=("3", "4")),
        bad(RuntimeError, given([1.5, 0.5]), given([1.0, 0.0])),
        bad(ValueError, t(3, low=0, high=1), t(3, low=0, high=1), reduction="average", says="average"),
    ],
)
op(
    "nn.functional.binary_cross_entropy_with_logits",
    [s(t(3, 4), t(3, 4, low=0, high=1), reduction=r) for r in REDUCTIONS]
    + [
        s(t(3, 4), t(3, 4, low=0, high=1), t(4, low=0.5, grad=False)),
        s(t(3, 4), t(3, 4, low=0, high=1), pos_weight=t(4, low=0.5, grad=False)),
        s(
            t(3, 4),
            t(3, 4, low=0, high=1),
            t(3, 4, low=0.5, grad=False),
            pos_weight=t(4, low=0.5, grad=False),
            reduction="none",
        ),
        s(t(), t(low=0, high=1)),
        s(t(0, 2), t(0, 2), reduction="sum"),
        s(t(6, low=-200, high=200), t(6, low=0, high=1)),
    ],
    dtypes=FLOATS,
    node="",
    because="may be made of other ops",
    errors=[
        bad(ValueError, t(3), t(4), says=("3", "4")),
        bad(ValueError, t(3), t(3), reduction="average", says="average"),
    ],
)

# ---- normalisation and dropout ---------------------------------------------------------------------------------------


def _batch_norm(engine: Any) -> Any:
    """Runs on copies of the running statistics, and returns them too: they are updated in place."""

    def call(x: Any, mean: Any, var: Any, *args: Any, **kwargs: Any) -> Any:
        mean = None if mean is None else mean.clone()
        var = None if var is None else var.clone()
        return engine.nn.functional.batch_norm(x, mean, var, *args, **kwargs), mean, var

    return call


STATE = (t(3, grad=False), t(3, low=0.5, high=2.0, grad=False))
op(
    "nn.functional.batch_norm",
    [
        s(t(4, 3, 2, 5), *STATE),
        s(t(4, 3, 2, 5), *STATE, t(3), t(3)),
        s(t(4, 3, 2, 5), *STATE, t(3), t(3), True),
        s(t(4, 3, 2, 5), *STATE, t(3), t(3), True, 0.3, 1e-2),
        s(t(4, 3), *STATE, t(3), t(3), training=True),
        s(t(4, 3, 5), *STATE, weight=t(3), training=True),
        s(t(4, 3, 5), *STATE, bias=t(3), training=False),
        s(t(4, 3, 2, 2), None, None, t(3), t(3), training=True),
        s(t(4, 3, 2, 2), *STATE, None, None, True, 0.0),
        s(t(4, 3, 2, 5, layout="transposed"), *STATE, t(3), t(3), True),
        s(t(0, 3, 2), *STATE, t(3), t(3)),
        s(t(4, 3, 2, dtype="float16"), *STATE, t(3), t(3)).only("float32").value_only(),
    ],
    dtypes=FLOATS,
    call=_batch_norm,
    tolerance={"float32": (1e-5, 1e-5), "float64": (1e-13, 1e-13)},
    because="the gradient is a small difference of sums of 40 terms, over a deviation that eps = 1e-5 may leave small",
    node="",
    errors=[
        bad(ValueError, t(1, 3), *STATE, training=True, says="1"),
        bad(RuntimeError, t(4, 5), *STATE, says=("3", "5")),
        bad(RuntimeError, t(4, 3), *STATE, t(4)),
    ],
)
DROPPED = [
    s(t(3, 4)),
    s(t(5, 7), 0.3),
    s(t(40), p=0.9),
    s(t(3, 4), 0.0),
    s(t(3, 4), 1.0),
    s(t(3, 4), 0.5, False),
    s(t(3, 4), training=False),
    s(t(), 0.5),
    s(t(0, 3), 0.5),
    s(t(4, 3, layout="transposed"), 0.5),
]
op(
    "nn.functional.dropout",
    DROPPED,
    dtypes=FLOATS,
    seeded=True,
    node="",
    because="torch's own node is NativeDropout in some builds",
    layouts=("strided", "offset"),
    errors=[bad(ValueError, t(3), 1.5, says="1.5"), bad(ValueError, t(3), -0.1, says="-0.1")],
)
op(
    "nn.functional.dropout inplace",
    [s(t(3, 4)), s(t(3, 4), 0.2), s(t(3, 4), 0.5, False)],
    dtypes=FLOATS,
    seeded=True,
    node="",
    call=lambda e: lambda x, *a: e.nn.functional.dropout(x.clone(), *a, inplace=True),
    layouts=("strided", "offset"),
    because="as above",
)
op(
    "nn.functional.dropout2d",
    [s(t(2, 3, 2, 2)), s(t(3, 5, 2, 2), 0.3), s(t(2, 3, 2, 2), 0.5, False)],
    dtypes=FLOATS,
    seeded=True,
    node="",
    layouts=("strided", "offset"),
    because="as above",
    errors=[bad(ValueError, t(2, 3, 2, 2), 1.5, says="1.5")],
)
