"""Parts of a tensor overwritten, added to, or combined with others."""

from __future__ import annotations

from typing import Any

from .core import ALL, FLOATS, NUMBERS, bad, given, index, op, s, t

NAN = float("nan")

op(
    "index_add",
    [
        s(t(3, 4), 0, index([0, 2]), t(2, 4)),
        s(t(3, 4), 1, index([3, 3, 0]), t(3, 3)),
        s(t(3, 4), -1, index([1]), t(3, 1), alpha=2),
        s(t(2, 3, 2), 1, index([2, 0, 2]), t(2, 3, 2)),
        s(t(5), 0, index([4, 4, 1]), t(3)),
        s(t(5), 0, index(4), t(1)),
        s(t(3, 2), 0, index([], "int64"), t(0, 2)),
        s(t(3, 2), 0, index([1], "int32"), t(1, 2)),
        s(t(), 0, index([0]), t()),
        s(t(5), 0, index([0, 1]), t(2), alpha=0.5).only(*FLOATS),
        s(t(4, 3, layout="transposed"), 0, index([1, 2]), t(2, 3)),
    ],
    inplace=True,
    errors=[
        bad(IndexError, t(3), 0, index([3]), t(1)),
        bad(RuntimeError, t(3, 2), 0, index([3]), t(1, 2), says="3"),
        bad(RuntimeError, t(3, 2), 0, index([-1]), t(1, 2)),
        bad(RuntimeError, t(3, 2), 0, index([0]), t(1, 3), says=("[3, 2]", "[1, 3]")),
        bad(RuntimeError, t(3, 2), 0, index([0]), t(2, 2)),
        bad(IndexError, t(3), 0, index([[0]]), t(1)),
        bad(RuntimeError, t(3), 0, t(1), t(1)),
        bad(RuntimeError, t(3), 0, index([0]), t(1, dtype="float64")),
        bad(IndexError, t(3), 1, index([0]), t(1)),
    ],
)
op(
    "index_copy",
    [
        s(t(3, 4), 0, index([0, 2]), t(2, 4)),
        s(t(3, 4), 1, index([3, 1, 0]), t(3, 3)),
        s(t(3, 4), dim=-1, index=index([1]), source=t(3, 1)),
        s(t(5), 0, index([4, 1]), t(2)),
        s(t(5), 0, index(4), t()),
        s(t(), 0, index([0]), t()),
        s(t(), 0, index([0]), t(1)),
        s(t(3, 2), 0, index([], "int64"), t(0, 2)),
        s(t(4, 3, layout="transposed"), 0, index([1, 2]), t(2, 3)),
    ],
    inplace=True,
    errors=[
        bad(IndexError, t(3, 2), 0, index([3]), t(1, 2), says="3"),
        bad(IndexError, t(3), 0, index([-1]), t(1)),
        bad(RuntimeError, t(3, 2), 0, index([0]), t(1, 3)),
        bad(IndexError, t(3, 2), 0, index([0]), t(2, 2)),
        bad(IndexError, t(3, 2), 0, index([0]), t(1)),
        bad(IndexError, t(3), 0, index([[0]]), t(1)),
        bad(RuntimeError, t(3), 0, index([0], "int32"), t(1)),
        bad(RuntimeError, t(3), 0, index([0]), t(1, dtype="float64")),
    ],
)
op(
    "index_fill",
    [
        s(t(3, 4), 0, index([0, 2]), 2),
        s(t(3, 4), 1, index([-1, 1]), 1),
        s(t(3, 4), -1, index([1]), 2.5).only(*FLOATS),
        s(t(3, 4), 0, index([0, 2]), t()),
        s(t(5), 0, index(4), t()),
        s(t(), 0, index([0]), 2),
        s(t(), 0, index([0]), t()),
        s(t(3), 0, index([], "int64"), 1),
        s(t(4, 3, layout="transposed"), 0, index([1, 2]), 0),
    ],
    inplace=True,
    errors=[
        bad(IndexError, t(3), 0, index([3]), 1.0),
        bad(IndexError, t(3), 0, index([0], "int32"), 1.0),
        bad(RuntimeError, t(3), 0, index([[0]]), 1.0),
        bad(RuntimeError, t(3), 0, index([0]), t(1)),
        bad(IndexError, t(3), 1, index([0]), 1.0),
    ],
)
op(
    "index_put",
    [
        s(t(3, 4), (index([0, 2]),), t(2, 4)),
        s(t(3, 4), (index([0, 2]), index([1, 1])), t(2)),
        s(t(3, 4), [index([0, 2]), index([1, 1])], t()),
        s(t(3, 4), (index([[0], [2]]), index([1, 3])), t(2, 2)),
        s(t(3, 4), (index([0, 0, 2]), index([1, 1, 3])), t(3), True),
        s(t(3, 4), (index([-1, 2]),), t(4), accumulate=True),
        s(t(3, 4), (index([True, False, True], "bool"),), t(2, 4)),
        s(t(3, 2), (index([[True, False], [False, True], [True, True]], "bool"),), t(4), accumulate=True),
        s(t(3, 4), (index(1),), t(4)),
        s(t(4, 3, layout="transposed"), (index([0, 2]),), t(2, 3)),
    ],
    inplace=True,
    errors=[
        bad(RuntimeError, t(3), (index([0]),), t(1, dtype="float64")),
        bad(TypeError, t(3), (index([0]),), 1.0),
        bad(TypeError, t(3), index([0]), t()),
        bad(IndexError, t(3, 2), (index([0]), index([3])), t(), says="3"),
        bad(TypeError, t(3, 2), (None, index([1])), t()),
        bad(RuntimeError, t(3, 2), (index([1]),), t(3), says="[3]"),
        bad(IndexError, t(3), (index([1]), index([1])), t()),
        bad(IndexError, t(3), (t(1),), t()),
    ],
)
op(
    "masked_scatter",
    [
        s(t(3, 4), index([[True, False, True, True]] * 3, "bool"), t(12)),
        s(t(3, 4), index([True, False, True, True], "bool"), t(3, 4)),
        s(t(3), index([True, False, True], "bool"), t(2)),
        s(t(3), index([True, False, True], "bool"), t(9)),
        s(t(3), index([False] * 3, "bool"), t(1)),
        s(t(3), index([[True, False, True], [True] * 3], "bool"), t(7)),
        s(t(), index(True, "bool"), t(1)),
        s(t(4, 3, layout="transposed"), index([[True, False, True]] * 4, "bool"), t(4, 2)),
    ],
    inplace=True,
    errors=[
        bad(RuntimeError, t(3), index([True] * 3, "bool"), t(2)),
        bad(RuntimeError, t(3), index([1, 0, 1]), t(3)),
        bad(RuntimeError, t(3), index([True] * 3, "bool"), t(3, dtype="float64")),
        bad(RuntimeError, t(3), index([True] * 2, "bool"), t(3)),
    ],
)
PUT = [
    s(t(3, 4), index([0, 11, 5]), t(3)),
    s(t(3, 4), index([[0, -1]]), t(1, 2)),
    s(t(3, 4), index([0, 0, 5]), t(3), True),
    s(t(3, 4), index([[1, -1]]), t(2), accumulate=True),
    s(t(), index(0), t()),
    s(t(3), index([], "int64"), t(0)),
    s(t(4, 3, layout="transposed"), index([4, 1]), t(2)),
]
NO_PUT = [
    bad(IndexError, t(3), index([0]), t(2)),
    bad(IndexError, t(3), index([3]), t(1), says="3"),
    bad(RuntimeError, t(3), index([0]), t(1, dtype="float64")),
    bad(RuntimeError, t(3), t(1), t(1)),
]
op("put", PUT, inplace=True, errors=NO_PUT)
op(
    "take",
    [
        s(t(3, 4), index([0, 11, 5, 5])),
        s(t(3, 4), index([[0, -1], [3, 3]])),
        s(t(3, 4), index(7)),
        s(t(), index([0, 0])),
        s(t(3), index([], "int64")),
        s(t(0), index([], "int64")),
        s(t(4, 3, layout="transposed"), index([4, 1])),
    ],
    errors=[
        bad(IndexError, t(3), index([3]), says="3"),
        bad(IndexError, t(0), index([0])),
        bad(RuntimeError, t(3), t(1)),
        bad(RuntimeError, t(3), index([0], "int32")),
    ],
)

# ---- along one dimension ---------------------------------------------------------------------------------------------

TWICE = index([[0, 1, 0, 2], [2, 2, 0, 1]])
REDUCED = [
    (t(3, 4), 0, TWICE, t(2, 4)),
    (t(3, 4), 1, index([[0, 0, 3], [1, 2, 1], [3, 3, 3]]), t(3, 3)),
    (t(3, 4), -1, index([[0, 0]]), t(3, 3)),
    (t(5), 0, index([4, 4, 1]), t(4)),
    (t(), 0, index(0), t()),
    (t(3), 0, index([], "int64"), t(2)),
    (t(4, 3, layout="transposed"), 0, index([[0, 1, 0], [0, 2, 3]]), t(2, 3)),
]
NO_REDUCTION = [
    bad(RuntimeError, t(3), 0, index([0]), t(1), "median", says="median"),
    bad(RuntimeError, t(3), 0, index([0]), t(1, dtype="float64"), "sum"),
    bad(RuntimeError, t(3), 0, index([3]), t(1), "sum", says="3"),
    bad(RuntimeError, t(3), 0, index([0, 1]), t(1), "sum"),
    bad(IndexError, t(3), 1, index([0]), t(1), "sum"),
    bad(TypeError, t(3), 0, index([0]), t(1)),
    bad(NotImplementedError, t(3), 0, index([0]), t(1), "mean", dtype="bool"),
]
# The source has exactly the index's shape where there are gradients: torch's derivatives do not know of larger ones.
op(
    "scatter_reduce",
    [
        s(x, dim, where, t(*where.shape), how, include_self=include)
        for how in ("sum", "mean")
        for include in (True, False)
        for x, dim, where, _ in REDUCED
    ]
    + [s(given([1.0, 2.0, 3.0]), 0, index([0, 0, 1]), given([-4.0, 2.0, -4.0]), "mean")],
    dtypes=NUMBERS,
    inplace=True,
    errors=NO_REDUCTION,
)
op(
    "scatter_reduce prod",
    [
        s(x, dim, where, t(*where.shape), "prod", include_self=include)
        for include in (True, False)
        for x, dim, where, _ in REDUCED
    ]
    + [
        s(given([0.0, 2.0, 3.0]), 0, index([0, 0, 1, 1, 2]), given([0.5, 2.0, 3.0, 0.0, 4.0]), "prod"),
        s(
            given([0.0, 2.0, 3.0]),
            0,
            index([0, 0, 1, 1, 2]),
            given([0.5, 2.0, 3.0, 0.0, 4.0]),
            "prod",
            include_self=False,
        ),
        s(given([2.0, 3.0]), 0, index([0, 0, 0]), given([0.0, 0.0, 2.0]), "prod").once(),
    ],
    dtypes=NUMBERS,
    tolerance={"float64": (1e-14, 1e-14)},
    because="torch divides a product by a factor that may be small",
)
DISTINCT = [
    (t(3, 4, distinct=True), 0, TWICE, t(2, 4, distinct=True)),
    (t(3, 4, low=-0.02, high=0.02), 1, index([[0, 0, 3], [1, 2, 1], [3, 3, 3]]), t(3, 3, distinct=True)),
    (t(5, low=-0.02, high=0.02), 0, index([4, 4, 1]), t(3, distinct=True)),
]
op(
    "scatter_reduce extremes",
    [
        s(*arguments, how, include_self=include)
        for how in ("amax", "amin")
        for include in (True, False)
        for arguments in DISTINCT
    ]
    + [
        s(given([2.0, 5.0, 3.0]), 0, index([0, 0, 1, 2]), given([2.0, 2.0, 5.0, 3.0]), "amax").at_kink(),
        s(given([2.0, 5.0, 3.0]), 0, index([0, 0, 1, 2]), given([2.0, 1.0, 6.0, 1.0]), "amin").at_kink(),
        s(given([2.0, 5.0]), 0, index([0, 0]), given([NAN, 1.0]), "amax").only(*FLOATS).value_only(),
    ],
    dtypes=FLOATS,
)
op(
    "scatter_reduce ints",
    [
        s(*arguments, how, include_self=include)
        for how in ("sum", "prod", "amax", "amin")
        for include in (True, False)
        for arguments in REDUCED
    ],
    dtypes=("int64", "bool"),
    differentiable=False,
)
op(
    "scatter reduce",
    [
        s(t(3), 0, index([0, 0]), t(2), reduce="add"),
        s(t(3), 0, index([0, 0]), t(2), reduce="multiply"),
        s(t(3), 0, index([0, 0]), 3, reduce="add"),
        s(t(3, 4), 1, index([[0, 0], [1, 3]]), value=2, reduce="multiply"),
        s(t(3, 4), 0, TWICE, t(2, 4), reduce="add"),
    ],
    dtypes=NUMBERS,
    differentiable=False,
    inplace=True,
    errors=[bad(RuntimeError, t(3), 0, index([0]), 1.0, reduce="mean")],
)

# ---- whole slices ----------------------------------------------------------------------------------------------------

op(
    "select_scatter",
    [
        s(t(3, 4), t(4), 0, 1),
        s(t(3, 4), t(3), 1, -1),
        s(t(2, 3, 4), t(2, 4), dim=-2, index=0),
        s(t(3), t(), 0, 2),
        s(t(3, 4), t(4, dtype="int64", grad=False), 0, 0),
        s(t(4, 3, layout="transposed"), t(3), 0, 1),
    ],
    errors=[
        bad(IndexError, t(3, 2), t(2), 0, 3),
        bad(RuntimeError, t(3, 2), t(3), 0, 0, says=("3", "2")),
        bad(IndexError, t(3), t(), 1, 0),
        bad(IndexError, t(), t(), 0, 0),
    ],
)
op(
    "slice_scatter",
    [
        s(t(5, 2), t(2, 2), 0, 1, 3),
        s(t(5, 2), t(5, 2)),
        s(t(5, 2), t(4, 2), start=1),
        s(t(5, 2), t(3, 2), 0, None, None, 2),
        s(t(5, 3), t(5, 1), 1, -1),
        s(t(5, 3), t(5, 2), dim=-1, end=-1),
        s(t(5), t(0), 0, 3, 1),
        s(t(4, 3, layout="transposed"), t(2, 3), 0, 1, 3),
    ],
    errors=[
        bad(RuntimeError, t(3, 2), t(1, 2), 0, 1),
        bad(RuntimeError, t(3), t(3), step=0),
        bad(IndexError, t(), t()),
        bad(IndexError, t(3), t(3), 1),
    ],
)


def _changed(name: Any) -> Any:
    def call(engine: Any) -> Any:
        def change(x: Any, *args: Any, **kwargs: Any) -> Any:
            y = x.clone()
            assert getattr(y, name)(*args, **kwargs) is y
            return y

        return change

    return call


op(
    "Tensor.fill_ forms",
    [s(t(3, 4), 2), s(t(), 1), s(t(0), 1), s(t(3), t()), s(t(3), 2.5).only(*FLOATS), s(t(3), t(dtype="float64"))],
    call=_changed("fill_"),
    errors=[bad(RuntimeError, t(2), t(1)), bad(TypeError, t(2), "a")],
)
op(
    "Tensor.zero_ forms",
    [s(t(3, 4)), s(t())],
    call=_changed("zero_"),
    node="",
    because="torch has a node of its own for 0",
)
op(
    "Tensor.fill_diagonal_",
    [
        s(t(3, 3), 2),
        s(t(3, 5), 1),
        s(t(5, 2), 1),
        s(t(5, 2), 1, wrap=True),
        s(t(7, 2), 1, True),
        s(t(2, 5), 1, True),
        s(t(2, 2, 2), 1),
        s(t(4, 3, layout="transposed"), 1),
    ],
    dtypes=ALL,
    call=_changed("fill_diagonal_"),
    errors=[bad(RuntimeError, t(3), 1), bad(RuntimeError, t(2, 2, 3), 1)],
    layouts=("strided", "offset", "expanded"),  # torch wraps round a transposed tensor by strides that do not fit
    node="",
    because="torch writes through a view, here a mask is filled",
)
op(
    "where alone",
    [s(index(True, "bool")), s(index(False, "bool")), s(index([[True, False], [True, True]], "bool")), s(t(3))],
    differentiable=False,
    method=False,
)
