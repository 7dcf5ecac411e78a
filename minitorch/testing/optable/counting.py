"""Which values there are, how often, and where they belong."""

from __future__ import annotations

from .core import FLOATS, NUMBERS, bad, given, index, op, s, t

NAN = float("nan")

op("argwhere", [s(t(3, 4, low=0, high=1)), s(t(2, 0)), s(given(3.0)), s(given(0.0)), s(t(0))], differentiable=False)

# ---- each value once -------------------------------------------------------------------------------------------------

ROWS = [[1.0, 2.0], [0.0, 3.0], [1.0, 2.0], [0.0, 1.0]]
op(
    "unique",
    [
        s(given([3.0, 1.0, 3.0, 2.0])),
        s(given(ROWS)),
        s(given(ROWS), return_inverse=True),
        s(given(ROWS), return_counts=True),
        s(given(ROWS), True, True, True),
        s(given([3.0, 1.0, 3.0]), sorted=False),
        s(given(ROWS), dim=0),
        s(given(ROWS), dim=1, return_inverse=True, return_counts=True),
        s(given(ROWS), dim=-2, return_counts=True),
        s(given([[ROWS[0], ROWS[1]], [ROWS[2], ROWS[1]]]), dim=0, return_inverse=True),
        s(given(3.0), return_inverse=True, return_counts=True),
        s(t(0), return_inverse=True, return_counts=True),
        s(t(0, 2), dim=0),
        s(given([3.0, NAN, 1.0, NAN]), return_counts=True).only(*FLOATS),
        s(given(ROWS, layout="transposed"), return_inverse=True),
    ],
    differentiable=False,
    errors=[
        bad(RuntimeError, t(2, 0), dim=0),
        bad(IndexError, t(), dim=0),
        bad(IndexError, t(2), dim=1),
    ],
)
op(
    "unique_consecutive",
    [
        s(given([1.0, 1.0, 2.0, 2.0, 1.0])),
        s(given([1.0, 1.0, 2.0, 2.0, 1.0]), True, True),
        s(given([[1.0, 1.0], [1.0, 2.0]]), return_inverse=True),
        s(given([[1.0, 2.0], [1.0, 2.0], [0.0, 2.0]]), dim=0, return_inverse=True, return_counts=True),
        s(given([[1.0, 1.0, 2.0], [1.0, 1.0, 2.0]]), dim=1, return_counts=True),
        s(t(0), return_inverse=True, return_counts=True),
        s(t(0, 2), dim=0),
        s(given([NAN, NAN])).only(*FLOATS),
    ],
    differentiable=False,
    errors=[bad(RuntimeError, t(2, 0), dim=0), bad(IndexError, t(), dim=0), bad(IndexError, t(2), dim=1)],
)
op(
    "isin",
    [
        s(t(3, 4), t(5)),
        s(t(3, 4), t(2, 2), invert=True),
        s(given([1.0, 2.0]), 2),
        s(given([1.0, 2.0]), given([2.0]), assume_unique=True),
        s(2, given([1.0, 2.0])),
        s(given([1.0, 2.0]), t(0)),
        s(t(0), given([1.0])),
        s(t(), t(3)),
        s(t(4), t(3, dtype="float64")),
        s(given([1.0, NAN]), given([NAN])).only(*FLOATS),
    ],
    dtypes=NUMBERS,
    differentiable=False,
    method=False,
    layouts=("strided", "offset"),  # torch refuses some that have more than one dimension and are not contiguous
    errors=[bad(RuntimeError, t(2), t(2), dtype="bool"), bad(TypeError, 1, 1)],
)

# ---- how often -------------------------------------------------------------------------------------------------------

NUMBERS_ = index([0, 3, 1, 3, 3])
op(
    "bincount",
    [
        s(NUMBERS_),
        s(NUMBERS_, t(5)),
        s(NUMBERS_, weights=t(5, dtype="float64"), minlength=6),
        s(NUMBERS_, t(5, dtype="int64")),
        s(NUMBERS_, minlength=2),
        s(index([], "int64")),
        s(index([], "int64"), minlength=3),
        s(index([1, 1], "int32")),
        s(index([1, 1], "uint8")),
    ],
    dtypes=("float32", "float64"),
    differentiable=False,
    errors=[
        bad(NotImplementedError, t(3)),
        bad(NotImplementedError, t(3), dtype="bool"),
        bad(RuntimeError, index([-1])),
        bad(RuntimeError, index([[1]])),
        bad(RuntimeError, index([1, 2]), t(1)),
        bad(RuntimeError, index([1]), minlength=-1),
    ],
)
op(
    "histc",
    [
        s(t(20), 7),
        s(t(20)),
        s(t(20), 5, -1, 1),
        s(t(3, 4), bins=3, min=-2, max=2),
        s(given([1.0, 1.0]), 3),
        s(given([1.0, 2.0, 3.0]), 4),
        s(t(0), 4),
        s(given([1.0, NAN]), 4, 0, 3),
        s(t(), 2),
    ],
    dtypes=FLOATS,
    differentiable=False,
    errors=[
        bad(NotImplementedError, t(3), dtype="int64"),
        bad(RuntimeError, t(3), 0),
        bad(RuntimeError, t(3), 4, 3, 1),
        bad(RuntimeError, given([1.0, NAN])),
    ],
)
# Expanded, all elements are equal and lie on an edge, whose last bit decides where they count.
op(
    "histogram",
    [
        s(t(20), 7),
        s(t(20), 5, range=(-1.0, 1.0)),
        s(t(3, 4), 4, weight=t(3, 4, low=0), density=True),
        s(t(20), bins=6, density=True),
        s(t(20), given([-1.0, 0.0, 0.5, 2.0])),
        s(given([1.0, 2.0, 3.0]), given([0.0, 2.0, 3.0]), weight=t(3)),
        s(given([1.0, 1.0]), 3),
        s(t(0), 3),
        s(t(0), 3, density=True),
    ],
    dtypes=FLOATS,
    differentiable=False,
    layouts=("transposed", "strided", "offset"),
    errors=[
        bad(NotImplementedError, t(3), 4, dtype="int64"),
        bad(RuntimeError, t(3), 0),
        bad(RuntimeError, t(3), 3, range=(2.0, 1.0)),
        bad(RuntimeError, t(3), 3, weight=t(2)),
        bad(RuntimeError, t(3), given([1.0])),
        bad(RuntimeError, t(3), t(3, dtype="float64")),
    ],
)

# ---- where it belongs ------------------------------------------------------------------------------------------------

EDGES = given([-1.0, 0.0, 0.0, 1.0])
TABLE = given([[-1.0, 0.0, 1.0], [0.0, 1.0, 2.0]])
op(
    "searchsorted",
    [
        s(EDGES, t(5)),
        s(EDGES, t(2, 3), right=True),
        s(EDGES, given([0.0, 1.0, 5.0]), side="right"),
        s(EDGES, given([0.0, 1.0, -5.0]), side="left", out_int32=True),
        s(EDGES, 0),
        s(EDGES, t()),
        s(TABLE, t(2, 4)),
        s(TABLE, t(2, 4), right=True, out_int32=True),
        s(given([1.0, -1.0, 0.0]), t(4), sorter=index([1, 2, 0])),
        s(given([[1.0, -1.0], [3.0, 4.0]]), t(2, 2), sorter=index([[1, 0], [0, 1]])),
        s(t(0), t(3)),
        s(EDGES, t(0)),
        s(EDGES, t(3, dtype="float64")),
        s(EDGES, given([0.0, NAN])).only(*FLOATS),
    ],
    dtypes=NUMBERS,
    differentiable=False,
    method=False,
    errors=[
        bad(RuntimeError, TABLE, 1.0),
        bad(RuntimeError, TABLE, t(2)),
        bad(RuntimeError, TABLE, t(3, 2)),
        bad(RuntimeError, t(), t(2)),
        bad(RuntimeError, EDGES, t(2), side="up", says="up"),
        bad(RuntimeError, EDGES, t(2), right=True, side="left"),
        bad(RuntimeError, EDGES, t(2), sorter=index([0])),
        bad(RuntimeError, EDGES, t(2), sorter=index([0, 1, 2, 4])),
        bad(NotImplementedError, t(2), t(2), dtype="bool"),
    ],
)
op(
    "bucketize",
    [
        s(t(5), EDGES),
        s(t(2, 3), EDGES, right=True),
        s(0.5, EDGES),
        s(t(3), EDGES, out_int32=True),
        s(t(), EDGES),
        s(t(2), t(0)),
    ],
    dtypes=NUMBERS,
    differentiable=False,
    method=False,
    errors=[bad(RuntimeError, t(2), TABLE)],
)
