"""Norms of vectors and matrices, under linalg's names; `norm` of vectors is among the reductions."""

from __future__ import annotations

from .core import FLOATS, DType, bad, op, s, t
from .linalg import GOOD, INF, WHY, tall

VECTOR_NORMS = [
    s(t(3, 4)),
    s(t(3, 4), 3),
    s(t(3, 4, avoid=(0,)), 1),
    s(t(3, 4, avoid=(0,)), 1.5, 1),
    s(t(3, 4, distinct=True, avoid=(0,)), INF).at_kink(),
    s(t(3, 4, distinct=True, avoid=(0,)), -INF, 1).at_kink(),
    s(t(3, 4, avoid=(0,)), -2, 1),
    s(t(3, 4), 0, 1).at_kink(),
    s(t(2, 3, 4), 2, (0, 2)),
    s(t(2, 3, 4), ord=2, dim=-1, keepdim=True),
    s(t(2, 3), keepdim=True),
    s(t(2, 3), dtype=DType("float64")),
    s(t()),
    s(t(0)).at_kink(),
    s(t(2, 0, 3), 2, 1).at_kink(),
]
NORM_TOLERANCE = {"float32": (4e-6, 4e-6), "float64": (8e-15, 8e-15)}
op(
    "linalg.vector_norm",
    VECTOR_NORMS,
    dtypes=FLOATS,
    tolerance=NORM_TOLERANCE,
    because="powers of sums of powers",
    errors=[
        bad(IndexError, t(3, 4), 2, 2),
        bad(RuntimeError, t(3), dtype="int64"),
        bad(RuntimeError, t(0), INF),
        bad(RuntimeError, t(3, 0), -1, 1),
        bad(TypeError, t(3), "fro"),
        bad(RuntimeError, t(3), INF, dtype="bool"),
    ],
)
MATRIX_NORMS = [
    s(tall(3, 3)),
    s(tall(3, 4), "fro"),
    s(tall(4, 2), "nuc"),
    s(tall(2, 3, 3), "nuc", keepdim=True),
    s(tall(3, 3), 2),
    s(tall(3, 3), -2),
    s(tall(3, 4), 1),
    s(tall(3, 4), -1),
    s(tall(3, 4), INF),
    s(tall(2, 3, 4), -INF, keepdim=True),
    s(tall(2, 3, 4), 1, (0, 2)),
    s(tall(2, 3, 4), INF, (2, 0)),
    s(tall(2, 3, 4), 2, (0, 2), keepdim=True),
    s(tall(2, 3, 4), "nuc", (2, 0)),
    s(tall(2, 3, 4), "fro", (0, -1)),
    s(t(3, 4), "fro", dtype=DType("float64")),
    s(t(0, 3)).at_kink(),
    s(t(0, 2, 3), "nuc"),
]
op(
    "linalg.matrix_norm",
    MATRIX_NORMS,
    dtypes=FLOATS,
    tolerance=GOOD,
    second=1e-9,
    because=WHY,
    layouts=("transposed", "strided", "offset"),
    errors=[
        bad(RuntimeError, t(3)),
        bad(RuntimeError, t(3, 3), 3),
        bad(RuntimeError, t(3, 3), "other"),
        bad(RuntimeError, t(3, 3), 2, (0,)),
        bad(RuntimeError, t(3, 3), 2, (0, 0)),
        bad(IndexError, t(3, 3), 2, (0, 2)),
        bad(RuntimeError, t(3, 3), dtype="int64"),
    ],
)
op(
    "linalg.norm",
    [
        s(t(3, 4)),
        s(t(2, 3, 4)),
        s(t(5), 3),
        s(tall(3, 3), 2),
        s(tall(3, 3), "nuc"),
        s(tall(3, 4), 1),
        s(tall(3, 4), INF, keepdim=True),
        s(t(3, 4), 2, 1),
        s(t(3, 4), 2, (1,)),
        s(tall(2, 3, 4), "fro", (0, 1)),
        s(t(3, 4), None, 0, True),
        s(t()),
    ],
    dtypes=FLOATS,
    tolerance=GOOD,
    second=1e-9,
    because=WHY,
    layouts=("transposed", "strided", "offset"),
    errors=[
        bad(RuntimeError, t(2, 2, 2), 2),
        bad(RuntimeError, t(2, 2, 2), 2, (0, 1, 2)),
        bad(RuntimeError, t(2, 2, 2), None, (0, 1, 2)),
        bad(RuntimeError, t(3), dtype="int64"),
        bad(RuntimeError, t(3, 3), 3),
    ],
)
op(
    "norm of matrices",
    [
        s(tall(3, 3), "nuc"),
        s(tall(2, 3, 4), "nuc", (0, 2)),
        s(tall(2, 3, 3), "nuc", dim=(1, 2), keepdim=True),
        s(tall(3, 4), "fro", (0, 1)),
        s(tall(3, 4), "fro", 1, True),
        s(t(3, 4), None),
        s(t(3, 4), 2, 0, False, None, DType("float64")),
        s(t(2, 3, 4), 3, (0, 1, 2)),
    ],
    dtypes=FLOATS,
    tolerance=GOOD,
    second=1e-9,
    because=WHY,
    method=False,
    layouts=("transposed", "strided", "offset"),
    errors=[
        bad(RuntimeError, t(3), "nuc"),
        bad(RuntimeError, t(3, 3), "other"),
        bad(RuntimeError, t(2, 2, 2), "nuc"),
        bad(RuntimeError, t(2, 2, 2), "fro", (0, 1, 2)),
    ],
)
