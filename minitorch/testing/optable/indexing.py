"""Reading and writing parts: x[…], x[…] = v, gather, scatter, masks, sorting."""

from __future__ import annotations

from typing import Any

import numpy as np

from .core import FLOATS, NUMBERS, T, bad, given, index, op, s, t

NAN = float("nan")
COLON = slice(None)

# What may stand between the brackets, for a tensor of shape [4, 3, 5].
INDICES = [
    0,
    -1,
    (1, 2),
    (1, 2, -3),
    slice(1, 3),
    slice(None, None, 2),
    slice(3, 1),
    slice(-2, None),
    (slice(1, None), 0),
    (COLON, slice(0, 2), slice(None, None, 3)),
    ...,
    (..., 1),
    (0, ..., 1),
    None,
    (COLON, None, 1),
    (None, ..., None, 0),
    (),
    [0, 2],
    [3, 3, -1, 0],
    index([0, 2, 2]),
    index([[0, 1], [3, -1]]),
    index(2),
    (index([0, 1, 3]), index([2, 0, 2])),
    (index([[0], [3]]), index([1, 2])),
    (COLON, index([0, 2])),
    (COLON, [2, 0], [1, 4]),
    (index([0, 1]), COLON, index([4, 4])),
    (0, COLON, index([1, 1, 3])),
    (index([1, 2]), slice(0, 2), 3),
    (..., index([0, 4])),
    (None, index([1, 2])),
    index([True, False, True, True], "bool"),
    index([[True, False, True]] * 3 + [[False] * 3], "bool"),
    (COLON, index([True, False, True], "bool")),
    (index([True, False, False, True], "bool"), index([1, 2])),
    index([False] * 4, "bool"),
    True,
    index([], "int64"),
    (COLON, COLON, index([0, 1])),
    index([1, 2], "int32"),
]

op(
    "operator.getitem",
    [s(t(4, 3, 5), i) for i in INDICES]
    + [
        s(t(5), 2),
        s(t(5), index([1, 1, 1])),
        s(t(), ...),
        s(t(), None),
        s(t(), ()),
        s(t(3), index([True, False, True], "bool")),
        s(t(0, 3), slice(None, 2)),
        s(t(2, 3), index([[True, False, True], [False, False, True]], "bool")),
        s(t(3, 4, layout="transposed"), (slice(1, None), slice(None, None, 2))),
        s(t(3, 4, layout="strided"), index([0, 2])),
    ],
    errors=[
        bad(IndexError, t(3, 4), 3, says="3"),
        bad(IndexError, t(3, 4), (0, -5), says="-5"),
        bad(IndexError, t(3, 4), (0, 0, 0)),
        bad(IndexError, t(3), index([0, 3]), says="3"),
        bad(IndexError, t(3, 4), index([True, False], "bool"), says=("2", "3")),
        bad(IndexError, t(3, 4), (index([0, 1]), index([0, 1, 2])), says=("2", "3")),
        bad(ValueError, t(3), slice(None, None, -1)),
        bad(IndexError, t(), 0),
        bad(IndexError, t(3), given([0.0, 1.0])),
        bad(TypeError, t(3), "a"),
        bad(IndexError, t(3), 1.5),
    ],
    node="",
    because="torch records a chain of Select, Slice, Unsqueeze and Index; here one node may do",
)


def _setitem(engine: Any) -> Any:
    def call(x: Any, where: Any, value: Any) -> Any:
        y = x.clone()
        y[where] = value
        return y

    return call


def _selected(where: Any) -> Any:
    """The numbers of the elements that an index selects from a tensor of shape [4, 3, 5]."""

    def change(j: Any) -> Any:
        if isinstance(j, T):
            return np.array(j.data, dtype=j.dtype)
        return tuple(change(k) for k in j) if isinstance(j, tuple) else j

    return np.arange(60).reshape(4, 3, 5)[change(where)]


# Where an element is written twice, which value stays is not defined; such indices are only read.
ONCE = [i for i in INDICES if np.unique(_selected(i)).size == np.size(_selected(i))]
op(
    "setitem",
    [s(t(4, 3, 5), i, t(*np.shape(_selected(i)))) for i in ONCE]
    + [s(t(4, 3, 5), i, 2) for i in ONCE[::3]]
    + [
        s(t(4, 3, 5), 1, t(5)),
        s(t(4, 3, 5), (COLON, 0), t(4, 1)),
        s(t(4, 3, 5), index([0, 2]), t()),
        s(t(4, 3, 5), slice(1, 3), t(1, 2, 3, 5)),
        s(t(4, 3), index([[True, False, True]] * 4, "bool"), 0.0),
        s(t(4, 3), index([True, True, False, False], "bool"), t(2, 3)),
        s(t(4, 3), index([0, 0]), 3.0),
        s(t(4, 3), 0, t(3, dtype="int64")),
        s(t(4, 3), (0, 1), t(dtype="float64")),
        s(t(), ..., t()),
        s(t(4, 3, layout="transposed"), (COLON, 1), t(4)),
    ],
    call=_setitem,
    errors=[
        bad(RuntimeError, t(3, 4), 0, t(3), says=("3", "4")),
        bad(IndexError, t(3, 4), 3, 1.0),
        bad(RuntimeError, t(3, 4), index([0, 1]), t(3, 4), says=("3", "2")),
        bad(IndexError, t(3, 4), index([True, False], "bool"), 0.0),
        bad(TypeError, t(3), 0, "text"),
        bad(ValueError, t(3), slice(None, None, -1), 1.0),
    ],
    node="",
    because="torch names the node after the last step (CopySlices or IndexPut)",
)

# ---- functions -------------------------------------------------------------------------------------------------------

op(
    "gather",
    [
        s(t(3, 4), 1, index([[0, 3], [1, 1], [2, 0]])),
        s(t(3, 4), 0, index([[0, 1, 2, 2], [2, 1, 0, 0]])),
        s(t(3, 4), -1, index([[0], [1], [3]])),
        s(t(3, 4), dim=0, index=index([[2, 2]])),
        s(t(2, 3, 4), 1, index([[[0, 1], [2, 2]], [[1, 1], [0, 2]]])),
        s(t(5), 0, index([4, 4, 0])),
        s(t(), 0, index(0)),
        s(t(4, 3, layout="transposed"), 0, index([[0, 1, 2]])),
    ],
    errors=[
        bad(RuntimeError, t(3, 4), 1, index([[0, 4]]), says="4"),
        bad(RuntimeError, t(3, 4), 1, index([0, 1])),
        bad(IndexError, t(3, 4), 2, index([[0]])),
        bad(RuntimeError, t(3, 4), 0, t(1, 4)),
        bad(RuntimeError, t(3, 4), 1, index([[0]] * 5), says="5"),
        bad(RuntimeError, t(3, 4), 0, index([[-1]])),
    ],
)
SCATTER = [
    s(t(3, 5), 1, index([[0, 4], [1, 2], [2, 0]]), t(3, 2)),
    s(t(3, 5), 0, index([[0, 1, 2, 0, 1]]), t(1, 5)),
    s(t(3, 5), -1, index([[0, 4], [1, 2]]), t(2, 2)),
    s(t(5), 0, index([3, 0]), t(2)),
]
op(
    "scatter",
    [*SCATTER, s(t(3, 5), 1, index([[0], [1], [2]]), 1.5), s(t(3, 5), 1, index([[0], [1], [2]]), 2)],
    dtypes=FLOATS,
    inplace=True,
    errors=[
        bad(RuntimeError, t(3, 5), 1, index([[5]]), t(1, 1)),
        bad(RuntimeError, t(3), 0, index([0]), t(1, dtype="int64")),
    ],
)
op("scatter ints", SCATTER, dtypes=("int64", "bool"), differentiable=False, call=lambda e: e.scatter)
op(
    "scatter_add",
    [*SCATTER, s(t(3, 5), 1, index([[0, 0, 0], [1, 2, 1], [4, 4, 0]]), t(3, 3))],
    dtypes=NUMBERS,
    inplace=True,
    errors=[bad(RuntimeError, t(3, 5), 1, index([[5]]), t(1, 1))],
)
op(
    "index_select",
    [
        s(t(3, 4), 0, index([0, 2])),
        s(t(3, 4), 1, index([3, 3, 0])),
        s(t(3, 4), -1, index([1])),
        s(t(5), 0, index(2)),
        s(t(3, 4, layout="transposed"), 0, index([2, 1])),
    ],
    errors=[
        bad(IndexError, t(3), 0, index([3])),
        bad(IndexError, t(3), 1, index([0])),
        bad(IndexError, t(3), 0, index([[0]])),
    ],
)
op(
    "masked_select",
    [
        s(t(3, 4), t(3, 4, dtype="bool")),
        s(t(3, 4), t(4, dtype="bool")),
        s(t(3, 1), t(4, dtype="bool")),
        s(t(), t(dtype="bool")),
    ],
    errors=[bad(RuntimeError, t(3), index([0, 1, 0])), bad(RuntimeError, t(3), t(4, dtype="bool"))],
    node="",
    because="may be an index",
)
op(
    "masked_fill",
    [
        s(t(3, 4), t(3, 4, dtype="bool"), 2.0).only(*FLOATS),
        s(t(3, 4), t(4, dtype="bool"), 1),
        s(t(3, 4), t(3, 1, dtype="bool"), 0),
        s(t(3, 4), t(3, 4, dtype="bool"), t()),
        s(t(), t(dtype="bool"), 1),
        s(t(3), t(2, 3, dtype="bool"), 1),
        s(t(2, 2), t(2, 2, dtype="bool"), float("-inf")).only(*FLOATS).at_kink(),
    ],
    inplace=True,
    errors=[bad(RuntimeError, t(3), index([0, 1, 0]), 1.0), bad(RuntimeError, t(3), t(4, dtype="bool"), 1.0)],
)
op(
    "take_along_dim",
    [
        s(t(3, 4), index([[0, 3], [1, 1], [2, 0]]), 1),
        s(t(3, 4), index([[0]]), 0),
        s(t(3, 4, layout="offset"), index([5, 0])),
    ],
    layouts=("strided", "offset"),  # torch views the tensor as one row if dim is None, and transposed ones cannot be
    node="",
    because="made of gather",
)
op(
    "nonzero",
    [s(t(3, 4, low=0, high=1)), s(t(low=0, high=1)), s(t(0)), s(t(3, low=0, high=1), as_tuple=True)],
    differentiable=False,
)
op(
    "nn.functional.one_hot",
    [s(index([0, 2, 1])), s(index([[0, 1], [3, 3]]), 5), s(index(2)), s(index([], "int64"), 3)],
    differentiable=False,
    dtypes=("int64",),
    errors=[bad(RuntimeError, index([0, 3]), 3), bad(RuntimeError, index([-1])), bad(RuntimeError, t(3))],
)
for name in ("tril", "triu"):
    op(
        name,
        [
            s(t(3, 4)),
            s(t(4, 3), 1),
            s(t(3, 3), diagonal=-1),
            s(t(2, 3, 3)),
            s(t(0, 3)),
            s(t(3, 4, layout="transposed")),
        ],
        inplace=True,
        errors=[bad(RuntimeError, t(3))],
    )
ORDER = [
    s(t(7, distinct=True)),
    s(t(3, 4, distinct=True)),
    s(t(3, 4, distinct=True), 0),
    s(t(3, 4, distinct=True), dim=1, descending=True),
    s(t(2, 3, 4, distinct=True), 1),
    s(t(distinct=True)),
    s(t(0, 3, distinct=True), 0),
    s(t(4, 3, layout="transposed", distinct=True), 0),
]
STABLE = [
    s(given([2.0, 1.0, 2.0, 1.0]), stable=True).at_kink(),
    s(given([2.0, 1.0, 2.0, 1.0]), stable=True, descending=True).at_kink(),
    s(given([NAN, 1.0, NAN, 0.0]), stable=True).only(*FLOATS).at_kink(),
]
op("sort", ORDER + STABLE, dtypes=NUMBERS, errors=[bad(IndexError, t(3), 1)])
op("argsort", ORDER + STABLE, dtypes=NUMBERS, differentiable=False, errors=[bad(IndexError, t(3), 1)])
op(
    "topk",
    [
        s(t(7, distinct=True), 3),
        s(t(3, 4, distinct=True), 2),
        s(t(3, 4, distinct=True), 2, 0),
        s(t(3, 4, distinct=True), 2, dim=-1, largest=False),
        s(t(3, 4, distinct=True), 4),
        s(t(3, 4, distinct=True), 0),
        s(t(distinct=True), 1),
    ],
    dtypes=NUMBERS,
    errors=[bad(RuntimeError, t(3), 4), bad(IndexError, t(3), 1, 1)],
)
