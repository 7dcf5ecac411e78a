"""Losses of distributions and losses with a margin, and the corners of the losses of network.py."""

from __future__ import annotations

from typing import Any

from .core import FLOATS, NUMBERS, bad, given, index, op, s, t

REDUCTIONS = ("none", "mean", "sum")
COMPOSED = "made of other operations here"
LOGS = {"float32": (4e-6, 4e-6), "float64": (1e-14, 1e-14)}


def unknown_reduction(*args: Any, **kwargs: Any) -> Any:
    return bad(ValueError, *args, reduction="average", says="average", **kwargs)


# ---- distributions ---------------------------------------------------------------------------------------------------

Q = t(3, 4, low=0.05, high=1.0)
op(
    "nn.functional.kl_div",
    [s(t(3, 4), Q, reduction=r) for r in (*REDUCTIONS, "batchmean")]
    + [s(t(3, 4), t(3, 4), reduction=r, log_target=True) for r in (*REDUCTIONS, "batchmean")]
    + [
        s(t(3, 4), Q),
        s(t(), t(low=0.1, high=1.0), reduction="batchmean"),
        s(t(3, 4), t(4, low=0.1, high=1.0), reduction="none"),
        s(t(3, 1, layout="transposed"), Q, reduction="sum"),
        s(t(3), given([0.0, 0.25, 0.75], grad=False), reduction="none"),
        s(t(3), given([-0.5, 0.0, 1.0], grad=False), reduction="sum").at_kink(),
        s(t(0, 3), t(0, 3), reduction="sum"),
    ],
    dtypes=FLOATS,
    layouts=("transposed", "strided", "offset"),  # an expanded target of one row has nothing new to say
    errors=[
        bad(ValueError, t(3, 4), Q, reduction="average", says="average"),
        bad(RuntimeError, t(3, 4), index([1, 0, 1, 0])),
        bad(RuntimeError, t(3, 4), t(2, 4, low=0.1)),
    ],
    node="",
    because=COMPOSED,
)
op(
    "nn.functional.poisson_nll_loss",
    [s(t(3, 4), t(3, 4, low=0.1, high=4), reduction=r) for r in REDUCTIONS]
    + [
        s(t(3, 4), t(3, 4, low=0.1, high=4)),
        s(t(3, 4, low=0.1), t(3, 4, low=0.1, high=4), False, reduction="none"),
        s(t(3, 4, low=0.1), t(3, 4, low=0.1, high=4), log_input=False, eps=0.1),
        s(t(3, 4), t(3, 4, low=1.2, high=6), full=True, reduction="none"),
        s(t(6), given([0.0, 1.0, 2.0, 3.0, 0.0, 10.0], grad=False), full=True, reduction="none"),
        s(t(3, 4), t(4, low=0.1, high=4), reduction="sum"),
        s(t(), t(low=0.1)),
        s(t(0, 3), t(0, 3), reduction="sum"),
    ],
    dtypes=NUMBERS,
    tolerance=LOGS,
    because="a sum of three products of logarithms",
    errors=[unknown_reduction(t(3), t(3)), bad(RuntimeError, t(3, 4), t(2, 4))],
)
VARIANCES = t(3, 4, low=0.2, high=2.0)
op(
    "nn.functional.gaussian_nll_loss",
    [s(t(3, 4), t(3, 4), VARIANCES, reduction=r) for r in REDUCTIONS]
    + [
        s(t(3, 4), t(3, 4), VARIANCES, True),
        s(
            t(3, 4), t(3, 4), VARIANCES, full=True, eps=0.5, reduction="none"
        ).at_kink(),  # where eps is, gradients differ
        s(t(3, 4), t(3, 4), 0.5),
        s(t(3, 4), t(3, 4), t(3, low=0.2, high=2.0)),
        s(t(3, 4), t(3, 4), t(3, 1, low=0.2, high=2.0), reduction="none"),
        s(t(3, 4), t(3, 4), t(1, 4, low=0.2, high=2.0), reduction="sum"),
        s(t(3), t(3), t(3, low=0.2)),
        s(t(), t(), t(low=0.2)),
    ],
    dtypes=FLOATS,
    tolerance={"float32": (8e-6, 8e-6), "float64": (2e-14, 2e-14)},
    because="squares of up to 4 over variances down to 0.2, and over their squares in the gradient",
    errors=[
        unknown_reduction(t(3), t(3), t(3, low=0.2)),
        bad(ValueError, t(3), t(3), t(3, low=-2, high=-1), says="negative"),
        bad(ValueError, t(3), t(3), -1.0, says="negative"),
        bad(ValueError, t(3, 4), t(3, 4), t(2, 4, low=0.2), says="[2, 4]"),
        bad(ValueError, t(3, 4), t(3, 4), t(4, low=0.2), says="[4]"),
    ],
)

# ---- pairs and triplets ----------------------------------------------------------------------------------------------

SIGNS = index([1, -1, 1])
op(
    "nn.functional.hinge_embedding_loss",
    [s(t(3, avoid=(1.0,)), SIGNS, reduction=r) for r in REDUCTIONS]
    + [
        s(t(3, 4, avoid=(0.5,)), index([1, -1, 1, -1]), 0.5),
        s(t(3, avoid=(2.0,)), given([1.0, -1.0, 0.5], grad=False), margin=2.0, reduction="none"),
        s(given([0.5, 1.0, 2.0]), index([-1, -1, -1]), reduction="none").at_kink(),
        s(t(avoid=(1.0,)), index(-1)),
        s(t(0, 3), t(3, grad=False), reduction="sum"),
    ],
    dtypes=FLOATS,
    node="",
    because=COMPOSED,
    errors=[unknown_reduction(t(3), SIGNS), bad(RuntimeError, t(3, 4), SIGNS)],
)
op(
    "nn.functional.margin_ranking_loss",
    [s(t(3, distinct=True), t(3), SIGNS, reduction=r) for r in REDUCTIONS]
    + [
        s(t(3, distinct=True), t(3), SIGNS, 0.5),
        s(t(3, 4), t(3, 4), t(3, 1, grad=False), margin=1.5, reduction="none"),
        s(given([1.0, 2.0]), given([1.0, 3.0]), index([1, 1])).at_kink(),
        s(t(), t(), index(1), 2.0),
        s(t(0, 3), t(0, 3), t(0, 3), reduction="sum"),
    ],
    dtypes=FLOATS,
    node="",
    because=COMPOSED,
    errors=[
        unknown_reduction(t(3), t(3), SIGNS),
        bad(RuntimeError, t(3, 4), t(3, 4), SIGNS, says="[3]"),
        bad(RuntimeError, t(3), t(4), SIGNS),
    ],
)
op(
    "nn.functional.cosine_embedding_loss",
    [s(t(3, 4), t(3, 4), SIGNS, reduction=r) for r in REDUCTIONS]
    + [
        s(t(3, 4), t(3, 4), SIGNS, -0.9),
        s(t(3, 4), t(3, 4), given([1.0, -1.0, 0.0], grad=False), margin=-0.9, reduction="none"),
        s(t(4), t(4), index(1)),
        s(t(4), t(4), index(-1), -1.5, reduction="none"),
        s(given([[0.0, 0.0]]), t(1, 2), index([1])).value_only(),
        s(t(3, 4), t(1, 4), SIGNS),
    ],
    dtypes=FLOATS,
    node="",
    because=COMPOSED,
    errors=[
        unknown_reduction(t(3, 4), t(3, 4), SIGNS),
        bad(RuntimeError, t(3, 4), t(4), SIGNS, says=("[3, 4]", "[4]")),
        bad(RuntimeError, t(3, 4), t(3, 4), index([[1], [1], [1]]), says="multi-target"),
        bad(RuntimeError, t(3, 4), t(3, 4), index([1, 1])),
        bad(RuntimeError, t(3, 4), t(3, 4), index(1)),
    ],
)
TRIPLET = (t(3, 4), t(3, 4), t(3, 4))
WRONG_TRIPLETS = [
    unknown_reduction(*TRIPLET),
    bad(ValueError, *TRIPLET, margin=0.0, says="0.0"),
    bad(ValueError, *TRIPLET, margin=-1.0, says="-1.0"),
    bad(RuntimeError, t(3, 4), t(3, 4), t(4), says=("2D", "1D")),
    bad(RuntimeError, t(3, 4), t(3, 4), t(2, 4)),
]
op(
    "nn.functional.triplet_margin_loss",
    [s(*TRIPLET, reduction=r, margin=4.0) for r in REDUCTIONS]
    + [
        s(*TRIPLET),
        s(*TRIPLET, 4.0, 1),
        s(*TRIPLET, margin=4.0, p=3.0, eps=0.1),
        s(*TRIPLET, margin=4.0, swap=True, reduction="none"),
        s(t(4), t(4), t(4), margin=5.0),
        s(t(2, 3, 4), t(2, 3, 4), t(2, 3, 4), margin=5.0, reduction="none"),
        s(t(3, 4), t(1, 4), t(3, 4), margin=5.0),
    ],
    dtypes=FLOATS,
    tolerance={"float32": (4e-6, 4e-6), "float64": (1e-14, 1e-14)},
    because="a difference of two distances, each a root of a sum; " + COMPOSED,
    node="",
    errors=WRONG_TRIPLETS,
)
op(
    "nn.functional.triplet_margin_with_distance_loss",
    [s(*TRIPLET, reduction=r, margin=4.0) for r in REDUCTIONS]
    + [
        s(*TRIPLET, distance_function=lambda x, y: ((x - y) ** 2).sum(-1), margin=9.0),
        s(*TRIPLET, distance_function=lambda x, y: ((x - y) ** 2).sum(-1), margin=9.0, swap=True, reduction="none"),
    ],
    dtypes=FLOATS,
    tolerance={"float32": (8e-6, 8e-6), "float64": (2e-14, 2e-14)},
    because="a difference of two sums of four squares of up to 16; " + COMPOSED,
    node="",
    errors=WRONG_TRIPLETS,
)

# ---- classes ---------------------------------------------------------------------------------------------------------

op(
    "nn.functional.soft_margin_loss",
    [s(t(3, 4), t(3, 4, grad=False), reduction=r) for r in REDUCTIONS]
    + [
        s(t(3), SIGNS),
        s(t(3, 4), t(4, grad=False), reduction="none"),
        s(t(), index(-1)),
        s(given([0.0, 50.0, -50.0, 80.0]), index([1, 1, 1, -1]), reduction="none"),
        s(t(0, 3), t(0, 3, grad=False), reduction="sum"),
    ],
    dtypes=FLOATS,
    errors=[unknown_reduction(t(3), SIGNS), bad(RuntimeError, t(3, 4), SIGNS)],
)
LABELS = index([[1, 0, 1, 0], [0, 0, 0, 1], [1, 1, 1, 1]])
op(
    "nn.functional.multilabel_soft_margin_loss",
    [s(t(3, 4), LABELS, reduction=r) for r in REDUCTIONS]
    + [
        s(t(3, 4), t(3, 4, low=0, high=1), t(4, low=0.5)),
        s(t(3, 4), LABELS, weight=t(3, 4, low=0.5), reduction="none"),
        s(t(4), index([0, 1, 1, 0])),
        s(t(2, 3, 4), t(2, 3, 4, low=0, high=1), reduction="none"),
    ],
    dtypes=FLOATS,
    errors=[unknown_reduction(t(3, 4), LABELS), bad(RuntimeError, t(3, 4), t(2, 4))],
)
CLASSES = index([0, 3, 1])
NO_SECOND = "torch has no second derivative, and one node for all of it; " + COMPOSED
op(
    "nn.functional.multi_margin_loss",
    [s(t(3, 4, distinct=True), CLASSES, reduction=r) for r in REDUCTIONS]
    + [
        s(t(3, 4, distinct=True), CLASSES, 2),
        s(t(3, 4, distinct=True), CLASSES, 1, 0.37),
        s(t(3, 4, distinct=True), CLASSES, p=2, margin=0.37, weight=t(4, low=0.5, grad=False), reduction="none"),
        s(t(3, 4, distinct=True), CLASSES, weight=t(4, low=0.5, grad=False)),
        s(t(4, distinct=True), index(2)),
        s(t(4, distinct=True), index([2])),
        s(t(4, distinct=True), index(2), reduction="none"),
        s(t(4, distinct=True), index([2]), reduction="none"),
        s(given([[0.0, 1.0, 2.0]]), index([1])).at_kink(),
        s(t(), index(0)),
        s(t(0, 3), index([], "int64"), reduction="none"),
    ],
    dtypes=FLOATS,
    node="",
    because=NO_SECOND,
    twice=False,
    errors=[
        unknown_reduction(t(3, 4), CLASSES),
        bad(ValueError, t(3, 4), CLASSES, p=3),
        bad(RuntimeError, t(3, 4), CLASSES, weight=t(3), says=("4", "[3]")),
        bad(RuntimeError, t(3, 4), index([0, 4, 1])),
        bad(RuntimeError, t(3, 4), index([0, -1, 1])),
        bad(RuntimeError, t(3, 4), index([0, 1]), says=("[3]", "[2]")),
        bad(RuntimeError, t(3, 4), t(3)),
        bad(RuntimeError, t(1, 3, 4), CLASSES, says="[1, 3, 4]"),
    ],
)
LISTED = index([[0, 1, -1, 2], [3, -1, 1, 0], [-1, 0, 0, 0]])
op(
    "nn.functional.multilabel_margin_loss",
    [s(t(3, 4, distinct=True), LISTED, reduction=r) for r in REDUCTIONS]
    + [
        s(t(3, 4, distinct=True), LISTED),
        s(t(4, distinct=True), index([1, 2, -1, 0])),
        s(t(4, distinct=True), index([1, 2, 3, 0]), reduction="none"),
        s(t(4, distinct=True), index([1, 1, -1, 0]), reduction="none"),
        s(given([[0.0, 1.0, 2.0]]), index([[1, -1, 0]])).at_kink(),
        s(t(), index(0)),
        s(t(0, 3), t(0, 3, dtype="int64", grad=False), reduction="none"),
    ],
    dtypes=FLOATS,
    node="",
    because=NO_SECOND,
    twice=False,
    errors=[
        unknown_reduction(t(3, 4), LISTED),
        bad(RuntimeError, t(2, 4), LISTED, says=("[3, 4]", "[2, 4]")),
        bad(RuntimeError, t(4), index([1, 4, -1, 0])),
        bad(RuntimeError, t(4), index([1, -2, -1, 0])),
        bad(RuntimeError, t(3, 4), t(3, 4)),
        bad(RuntimeError, t(1, 3, 4), t(1, 3, 4)),
    ],
)

WORDS = index([[1, 2, 2], [3, 1, 0]])
op(
    "nn.functional.ctc_loss",
    [s(t(6, 2, 4), WORDS, (6, 5), (3, 2), reduction=r) for r in REDUCTIONS]
    + [
        s(t(6, 2, 4), WORDS, index([6, 5]), index([3, 2])),
        s(t(6, 2, 4), index([1, 2, 2, 3, 1]), (6, 5), (3, 2), reduction="none"),
        s(t(6, 2, 4), index([[1, 2], [0, 1]]), (6, 4), (2, 0), blank=3),
        s(t(3, 2, 4), WORDS, (3, 3), (3, 2), reduction="none", zero_infinity=True),
        s(t(3, 2, 4), WORDS, (3, 3), (3, 2), reduction="none").value_only(),  # inf
        s(t(5, 4), index([1, 1]), (5,), (2,)),
        s(t(5, 4), index([1, 1]), index(5), index(2), reduction="none"),
        s(t(3, 2, 4), WORDS, (0, 0), (0, 1), reduction="none").value_only(),
    ],
    # PyTorch's gradient is that of logits whose log_softmax is given: so they are given as such.
    call=lambda e: lambda x, *a, **k: e.nn.functional.ctc_loss(x.log_softmax(-1), *a, **k),
    dtypes=FLOATS,
    tolerance={"float32": (1e-5, 1e-5), "float64": (2e-14, 2e-14)},
    because="logarithms of sums of exponentials, up to twelve one after the other; neither engine differentiates it "
    "twice, and torch misreads targets in one row that are strided in memory",
    layouts=("transposed", "offset", "expanded"),
    node="",
    twice=False,
    errors=[
        unknown_reduction(t(6, 2, 4), WORDS, (6, 5), (3, 2)),
        bad(RuntimeError, t(6, 2, 4), WORDS, (6, 7), (3, 2), says="7"),
        bad(RuntimeError, t(6, 2, 4), WORDS, (6, 5), (4, 2), says="[2, 3]"),
        bad(RuntimeError, t(6, 2, 4), WORDS, (6,), (3, 2), says="input_lengths"),
        bad(RuntimeError, t(6, 2, 4), WORDS, (6, 5), (3,), says="target_lengths"),
        bad(RuntimeError, t(6, 2, 4), WORDS, (6, 5), (3, 2), blank=4, says="4"),
        bad(RuntimeError, t(6, 2, 4), index([1, 2, 2]), (6, 5), (3, 2), says=("5", "3")),
        bad(RuntimeError, t(6, 2, 4), WORDS, (6, 5), (3, -1), says="-1"),
    ],
)

# ---- arguments of the losses in network.py that are rarer ------------------------------------------------------------

WEIGHTS = t(3, 4, low=0.5, high=2.0)
for name in ("mse_loss", "l1_loss", "huber_loss"):
    op(
        f"nn.functional.{name} weighted",
        [s(t(3, 4), t(3, 4), weight=WEIGHTS, reduction=r) for r in REDUCTIONS],
        dtypes=FLOATS,
        errors=[bad(ValueError, t(3, 4), t(3, 4), weight=t(4), says="same size")],
    )
for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"):
    op(
        f"nn.functional.{name} broadcast",
        [s(t(3, 4), t(4), reduction=r) for r in REDUCTIONS]
        + [s(t(3, 1), t(1, 4)), s(t(), t(2, 3)), s(t(3, 4), t(1, 4), reduction="sum")],
        dtypes=FLOATS,
    )
    if name != "huber_loss":
        op(
            f"nn.functional.{name} old spelling",
            [s(t(3, 4), t(3, 4), a, r) for a in (None, True, False) for r in (True, False)],
            dtypes=("float64",),
            layouts=("transposed",),
        )
op(
    "nn.functional.huber_loss kink",
    [s(given([0.0, 0.5, -0.5, 2.0]), given([0.0] * 4), delta=0.5, reduction=r).at_kink() for r in REDUCTIONS]
    + [s(given([0.0, 1.0, -1.0, 2.0]), given([0.0] * 4)).at_kink()],
    dtypes=FLOATS,
    errors=[bad(RuntimeError, t(3), t(3), delta=0.0), bad(RuntimeError, t(3), t(3), delta=-1.0)],
)
op(
    "nn.functional.smooth_l1_loss kink",
    [s(given([0.0, 0.5, -0.5, 2.0]), given([0.0] * 4), beta=0.5, reduction=r).at_kink() for r in REDUCTIONS]
    + [s(t(3, 4), t(3, 4), beta=0.0)],
    dtypes=FLOATS,
    node="",
    because="with beta 0 torch's node is still SmoothL1Loss",
    errors=[bad(RuntimeError, t(3), t(3), beta=-1.0)],
)
op(
    "nn.functional.binary_cross_entropy_with_logits images",
    [
        s(t(2, 3, 2, 2), t(2, 3, 2, 2, low=0, high=1), pos_weight=t(3, 1, 1, low=0.5, grad=False), reduction=r)
        for r in REDUCTIONS
    ],
    dtypes=FLOATS,
    node="",
    because=COMPOSED,
)
op(
    "nn.functional.cross_entropy images",
    [
        s(t(2, 3, 2, 2), index([[[0, 1], [2, 1]], [[1, -100], [0, 2]]]), weight, reduction=r, label_smoothing=smoothing)
        for weight in (None, t(3, low=0.5, grad=False))
        for smoothing in (0.0, 0.2)
        for r in REDUCTIONS
    ]
    + [
        s(t(2, 3, 2, 2), t(2, 3, 2, 2, low=0, high=1), t(3, low=0.5, grad=False), reduction=r, label_smoothing=0.2)
        for r in REDUCTIONS
    ],
    dtypes=FLOATS,
    node="",
    because=COMPOSED,
    layouts=("strided", "offset", "expanded"),
)
