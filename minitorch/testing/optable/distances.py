"""Distances and similarities of vectors."""

from __future__ import annotations

from .core import FLOATS, bad, given, op, s, t

INF = float("inf")
CLOSE = {"float32": (4e-6, 4e-6), "float64": (8e-15, 8e-15)}
WHY = "sums of up to five powers, divided by a distance"
TWINS = given([[1.0, 2.0], [3.0, 0.5], [1.0, 2.0]])  # two equal rows: distance 0

op(
    "cdist",
    [
        s(t(3, 4), t(5, 4)),
        s(t(3, 4), t(5, 4), 1),
        s(t(3, 4), t(5, 4), p=3),
        s(t(3, 4), t(5, 4), 1.5),
        s(t(3, 4), t(5, 4), 0.5),
        s(t(3, 4), t(5, 4), 0).at_kink(),
        s(t(3, 4), t(5, 4), INF),
        s(t(2, 3, 4), t(2, 5, 4)),
        s(t(2, 1, 3, 4), t(5, 2, 4), 1),
        s(t(3, 4), t(2, 5, 4), 3),
        s(t(3, 4), t(5, 4), compute_mode="use_mm_for_euclid_dist"),
        s(t(3, 4), t(5, 4), compute_mode="donot_use_mm_for_euclid_dist"),
        s(TWINS, TWINS).at_kink(),
        s(TWINS, given([[1.0, 2.0]])).at_kink(),
        s(TWINS, given([[1.0, 2.0]]), 1).at_kink(),
        s(TWINS, given([[1.0, 2.5]]), 1).at_kink(),
        s(TWINS, given([[1.0, 2.5]]), 3).at_kink(),
        s(TWINS, given([[1.0, 2.0]]), 1.5).at_kink(),
        s(TWINS, given([[1.0, 2.0]]), INF).at_kink(),
        s(TWINS, given([[2.0, 3.0]]), INF).at_kink(),
        s(t(0, 4), t(5, 4)),
        s(t(3, 4), t(0, 4)),
        s(t(3, 0), t(5, 0)).at_kink(),
        s(t(4, 3, layout="transposed"), t(3, 3)),
    ],
    dtypes=FLOATS,
    tolerance={"float32": (8e-6, 8e-6), "float64": (1e-14, 1e-14)},
    because=WHY + ", by a matrix product in one mode; torch's node there is that of a view",
    node="",
    errors=[
        bad(RuntimeError, t(3, 4), t(5, 3), says=("4", "3")),
        bad(RuntimeError, t(3), t(5, 3), says="1D"),
        bad(RuntimeError, t(3, 4), t(5, 4), -1),
        bad(RuntimeError, t(2, 3, 4), t(3, 5, 4)),
        bad(ValueError, t(3, 4), t(5, 4), 2, "sideways"),
        bad(ValueError, t(3, 4), t(5, 4), 2, None),
        bad(RuntimeError, t(3, 4), t(5, 4), dtype="int64"),
        bad(RuntimeError, t(3, 4), t(5, 4, dtype="float64")),
        bad(NotImplementedError, t(3, 4), t(5, 4), dtype="float16"),
    ],
)
op(
    "cdist of many",
    [s(t(26, 2, low=-9, high=9), t(2, 2))],
    dtypes=FLOATS,
    tolerance={"float32": (2e-5, 2e-5), "float64": (4e-14, 4e-14)},
    because="squares of up to 100 cancel to a distance of about 1; torch's node is that of a view",
    node="",
)
op(
    "pdist",
    [
        s(t(4, 3)),
        s(t(4, 3), 1),
        s(t(4, 3), p=3),
        s(t(4, 3), 1.5),
        s(t(4, 3), INF),
        s(t(4, 3), 0).at_kink(),
        s(TWINS).at_kink(),
        s(TWINS, 1).at_kink(),
        s(TWINS, INF).at_kink(),
        s(t(1, 3)),
        s(t(0, 3)).value_only(),  # torch's backward of no rows ends the process
    ],
    dtypes=FLOATS,
    tolerance=CLOSE,
    twice=False,
    because=WHY + "; torch has no second derivative here: tests/test_linalg.py checks ours",
    errors=[bad(RuntimeError, t(3)), bad(RuntimeError, t(3, 2), -1), bad(RuntimeError, t(3, 2), dtype="int64")],
)
op("nn.functional.pdist", [s(t(4, 3)), s(t(4, 3), 1)], dtypes=FLOATS, tolerance=CLOSE, twice=False, because="as pdist")
op(
    "dist",
    [
        s(t(3, 4), t(3, 4)),
        s(t(3, 4), t(4), 1),
        s(t(3), t(3), p=3),
        s(t(3, 4, low=1), t(4, high=0.5), INF),
        s(t(), t(2)),
        s(given([1.0, 2.0]), given([1.0, 2.0])).at_kink(),
    ],
    dtypes=FLOATS,
    tolerance=CLOSE,
    because=WHY + "; recorded as a difference and its norm",
    node="",
    errors=[bad(RuntimeError, t(3), t(4))],
)
op(
    "nn.functional.cosine_similarity",
    [
        s(t(3, 4), t(3, 4)),
        s(t(3, 4), t(3, 4), dim=0),
        s(t(3, 4), t(1, 4), 1, 1e-6),
        s(t(4), t(4), dim=0),
        s(t(2, 3, 4), t(3, 4), dim=-1),
        s(given([[0.0, 0.0], [1.0, 2.0]]), given([[1.0, 1.0], [2.0, 1.0]])).at_kink(),
        s(given([[1e-3, 0.0]]), given([[2e-3, 1e-3]]), 1, 0.1).at_kink(),
        s(t(0, 4), t(0, 4)),
        s(t(2, 3), t(2, 3, dtype="float64")),
    ],
    dtypes=FLOATS,
    tolerance={"float32": (4e-6, 4e-6), "float64": (8e-15, 8e-15)},
    because=WHY,
    errors=[
        bad(RuntimeError, t(3, 4), t(3, 5)),
        bad(RuntimeError, t(3, 4), t(3, 4), dtype="int64"),
        bad(IndexError, t(3), t(3), dim=1),
    ],
)
op(
    "nn.functional.pairwise_distance",
    [
        s(t(3, 4), t(3, 4)),
        s(t(3, 4), t(3, 4), 1),
        s(t(3, 4), t(3, 4), p=3, keepdim=True),
        s(t(3, 4), t(3, 4), INF),
        s(t(4), t(4)),
        s(t(3, 4), t(4), 2.0, 0.1),
        s(t(2, 3, 4), t(2, 3, 4)),
        s(TWINS, TWINS).at_kink(),
        s(t(0, 4), t(0, 4)),
    ],
    dtypes=FLOATS,
    tolerance=CLOSE,
    because=WHY + "; torch's old norm has a node of its own",
    node="",
    errors=[bad(RuntimeError, t(3, 4), t(3, 5)), bad(TypeError, t(3), 2.0)],
)
op(
    "nn.functional.normalize",
    [
        s(t(3, 4)),
        s(t(3, 4), 1),
        s(t(3, 4), p=3, dim=0),
        s(t(2, 3, 4), dim=(1, 2)),
        s(t(2, 3, 2), 2.0, -1, 1e-3),
        s(given([[0.0, 0.0], [1.0, 2.0]])).at_kink(),
        s(t(0, 4)),
    ],
    dtypes=FLOATS,
    tolerance=CLOSE,
    because=WHY,
    errors=[bad(IndexError, t(3)), bad(RuntimeError, t(3, 4), dtype="int64")],
)
