"""The losses beside the tensor operations, where the reduction is a number: 0 none, 1 mean, 2 sum, and any other none."""

from __future__ import annotations

from typing import Any

from .core import FLOATS, NUMBERS, bad, index, op, s, t
from .losses import COMPOSED, LOGS, SIGNS, WORDS, Q

NUMBERED = (0, 1, 2)


def no_number(*args: Any) -> Any:
    """The reduction by its name, which `nn.functional` takes."""
    return bad(TypeError, *args, "mean", says="int")


op(
    "binary_cross_entropy_with_logits",
    [s(t(3, 4), t(3, 4, low=0.1), t(4, grad=False), t(4, grad=False), r) for r in NUMBERED]
    + [s(t(4), t(3, 4, low=0.1)).value_only(), s(t(3), t(3, low=0.1), None, None, 7)],
    dtypes=FLOATS,
    node="",
    because="the mean and the sum are nodes of their own in PyTorch's function of this name",
    errors=[no_number(t(3), t(3, low=0.1), None, None), bad(RuntimeError, t(3, 4), t(4), says="[4]")],
)
op(
    "cosine_embedding_loss",
    [s(t(3, 4), t(3, 4), SIGNS, -0.9, r) for r in NUMBERED] + [s(t(3, 4), t(3, 4), SIGNS)],
    dtypes=FLOATS,
    node="",
    because=COMPOSED,
    errors=[no_number(t(3, 4), t(3, 4), SIGNS, 0.5), bad(RuntimeError, t(3, 4), t(3, 4), index([1, -1]))],
)
op(
    "ctc_loss",
    [s(t(6, 2, 4), WORDS, (6, 5), (3, 2), 0, r) for r in NUMBERED]
    + [s(t(6, 2, 4), WORDS, (6, 5), (3, 2)), s(t(3, 2, 4), WORDS, (3, 3), (3, 2), 0, 0, True)],
    call=lambda e: lambda x, *a, **k: e.ctc_loss(x.log_softmax(-1), *a, **k),  # as in losses.py
    dtypes=FLOATS,
    tolerance={"float32": (1e-5, 1e-5), "float64": (2e-14, 2e-14)},
    because="logarithms of sums of exponentials, one after the other; neither engine differentiates it twice",
    layouts=("transposed", "offset", "expanded"),
    node="",
    twice=False,
    errors=[
        no_number(t(6, 2, 4), WORDS, (6, 5), (3, 2), 0),
        bad(RuntimeError, t(6, 2, 4), WORDS, (6, 7), (3, 2), says="7"),
    ],
)
op(
    "hinge_embedding_loss",
    [s(t(3, avoid=(0.5,)), SIGNS, 0.5, r) for r in NUMBERED] + [s(t(3, avoid=(1.0,)), SIGNS)],
    dtypes=FLOATS,
    node="",
    because=COMPOSED,
    errors=[no_number(t(3), SIGNS, 0.5), bad(RuntimeError, t(3, 4), SIGNS)],
)
op(
    "kl_div",
    [s(t(3, 4), Q, r) for r in NUMBERED] + [s(t(3, 4), Q), s(t(3, 4), t(3, 4), 2, log_target=True)],
    dtypes=FLOATS,
    layouts=("transposed", "strided", "offset"),
    node="",
    because=COMPOSED,
    errors=[no_number(t(3, 4), Q), bad(RuntimeError, t(3, 4), t(2, 4, low=0.1))],
)
op(
    "margin_ranking_loss",
    [s(t(3, distinct=True), t(3), SIGNS, 0.5, r) for r in NUMBERED] + [s(t(3, distinct=True), t(3), SIGNS)],
    dtypes=FLOATS,
    node="",
    because=COMPOSED,
    errors=[no_number(t(3), t(3), SIGNS, 0.5), bad(RuntimeError, t(3), t(4), SIGNS)],
)
op(
    "poisson_nll_loss",
    [s(t(3, 4), t(3, 4, low=0.1, high=4), True, False, 1e-8, r) for r in NUMBERED]
    + [s(t(3, 4, low=0.1), t(3, 4, low=1.2, high=6), False, True, 0.1, 1)],
    dtypes=NUMBERS,
    tolerance=LOGS,
    because="a sum of three products of logarithms",
    errors=[
        no_number(t(3), t(3), True, False, 1e-8),
        bad(TypeError, t(3), t(3)),
        bad(RuntimeError, t(3, 4), t(2, 4), True, False, 1e-8, 1),
    ],
)
op(
    "triplet_margin_loss",
    [s(t(3, 4), t(3, 4), t(3, 4), 3.0, 2.0, 1e-6, True, r) for r in NUMBERED] + [s(t(3, 4), t(3, 4), t(3, 4))],
    dtypes=FLOATS,
    tolerance=LOGS,
    node="",
    because=COMPOSED,
    errors=[no_number(t(3, 4), t(3, 4), t(3, 4), 1.0, 2.0, 1e-6, False), bad(RuntimeError, t(3, 4), t(3, 5), t(3, 4))],
)
