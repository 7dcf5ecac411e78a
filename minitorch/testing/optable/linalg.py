"""Linear algebra: inverses, systems, determinants, factorisations, norms.

Well-conditioned matrices have a diagonal that outweighs the rest; other seeds would not do, since an inverse
loses as many digits as the condition number has. Factors are compared up to the signs that they leave open, and so are
their gradients: the entries with a remark put the signs right before anything is compared.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .core import FLOATS, T, bad, given, op, s, t

INF = float("inf")
GOOD = {"float32": (2e-5, 2e-5), "float64": (4e-14, 4e-14)}
WHY = "LAPACK's routines differ in the order of their sums; condition numbers of up to 20"


def square(*shape: int, seed: int = 0) -> T:
    """Square matrices with condition numbers below 20 and singular values far apart."""
    rng = np.random.default_rng([seed, *shape])
    return given(rng.uniform(-0.6, 0.6, shape) + np.diag(np.arange(1.0, shape[-1] + 1)))


def positive(*shape: int) -> T:
    """Symmetric positive definite matrices."""
    rng = np.random.default_rng(shape)
    x = rng.uniform(-0.5, 0.5, shape)
    return given(x @ np.swapaxes(x, -1, -2) + np.diag(np.arange(1.0, shape[-1] + 1)))


def tall(*shape: int) -> T:
    """Matrices of full rank with singular values far apart."""
    rng = np.random.default_rng(shape)
    x = rng.uniform(-0.4, 0.4, shape)
    k = min(shape[-2:])
    x[..., range(k), range(k)] += np.arange(1.0, k + 1)
    return given(x)


NOT_SQUARE = [bad(RuntimeError, t(2, 3), says="square"), bad(RuntimeError, t(3)), bad(TypeError, 2.0)]
NO_INTEGERS = [bad(RuntimeError, t(2, 2), dtype="int64"), bad(RuntimeError, t(2, 2), dtype="bool")]
SQUARES = [
    s(square(3, 3)),
    s(square(2, 3, 3)),
    s(square(2, 1, 2, 2)),
    s(square(1, 1)),
    s(square(5, 5)),
    s(t(0, 0)),
    s(t(0, 2, 2)),
    s(t(2, 0, 0)),
]

# ---- inverses, systems, determinants ---------------------------------------------------------------------------------

for name in ("linalg.inv", "inverse"):
    op(
        name,
        SQUARES,
        dtypes=FLOATS,
        tolerance=GOOD,
        second=1e-10,
        because=WHY,
        layouts=("transposed", "strided", "offset"),
        errors=[*NOT_SQUARE, *NO_INTEGERS, bad(RuntimeError, t(2, 2), dtype="float16")],
    )
op(
    "linalg.solve",
    [
        s(square(3, 3), t(3, 2)),
        s(square(3, 3), t(3)),
        s(square(2, 3, 3), t(2, 3, 4)),
        s(square(2, 3, 3), t(3, 4)),
        s(square(3, 3), t(2, 3, 4)),
        s(square(2, 3, 3), t(2, 3)),
        s(square(2, 1, 3, 3), t(4, 3, 1)),
        s(square(3, 3), t(2, 3), left=False),
        s(square(2, 3, 3), t(2, 4, 3), left=False),
        s(square(3, 3), t(3, 0)),
        s(t(0, 0), t(0, 2)),
        s(t(0, 2, 2), t(0, 2, 3)),
    ],
    dtypes=FLOATS,
    tolerance=GOOD,
    second=1e-10,
    because=WHY,
    layouts=("transposed", "strided", "offset"),
    errors=[
        bad(RuntimeError, t(3, 3), t(2, 2), says="Incompatible"),
        bad(RuntimeError, t(3, 2), t(3, 2), says="square"),
        bad(RuntimeError, t(3, 3), t(3, 2, dtype="float64"), says="dtype"),
        bad(RuntimeError, square(2, 2, 2), t(3, 2, 2)),
        bad(RuntimeError, t(3), t(3)),
        bad(RuntimeError, t(3, 3), t(3), dtype="int64"),
    ],
)
op(
    "linalg.solve_triangular",
    [
        s(square(3, 3), t(3, 2), upper=True),
        s(square(3, 3), t(3, 2), upper=False),
        s(square(2, 3, 3), t(3, 2), upper=True),
        s(square(3, 3), t(2, 3, 2), upper=False),
        s(square(3, 3), t(2, 3), upper=True, left=False),
        s(square(3, 3), t(2, 3), upper=False, left=False),
        s(square(3, 3), t(3, 2), upper=True, unitriangular=True),
        s(square(3, 3), t(2, 3), upper=False, left=False, unitriangular=True),
        s(t(0, 0), t(0, 2), upper=True),
        s(square(3, 3), t(3, 0), upper=True),
        s(given([[0.0, 1.0], [0.0, 2.0]]), t(2, 1), upper=True).value_only(),
    ],
    dtypes=FLOATS,
    tolerance=GOOD,
    second=1e-10,
    because=WHY,
    layouts=("transposed", "strided", "offset"),
    errors=[
        bad(RuntimeError, t(3, 3), t(2, 2), upper=True),
        bad(RuntimeError, t(3, 2), t(3, 2), upper=True),
        bad(RuntimeError, t(3, 3), t(3), upper=True),
        bad(TypeError, t(3, 3), t(3, 2)),
    ],
)
# Torch's first derivative of a singular matrix is 0, its own create_graph=True disagrees: tests/test_linalg.py.
SINGULAR = [
    s(given([[1.0, 2.0], [2.0, 4.0]])).value_only(),
    s(given([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 2.0]])).value_only(),
    s(given([[0.0, 0.0], [0.0, 0.0]])).value_only(),
]
for name in ("linalg.det", "det"):
    op(
        name,
        [*SQUARES, *SINGULAR],
        dtypes=FLOATS,
        tolerance={"float32": (4e-5, 4e-5), "float64": (8e-14, 8e-14)},
        second=1e-10,
        because=WHY + "; determinants of up to 120",
        layouts=("transposed", "strided", "offset"),
        errors=[*NOT_SQUARE, *NO_INTEGERS, bad(NotImplementedError, t(2, 2), dtype="float16")],
    )
for name in ("linalg.slogdet", "slogdet"):
    op(
        name,
        [*SQUARES, s(given([[0.0, 1.0], [2.0, 1.0]])), s(given([[1.0, 2.0], [2.0, 4.0]])).value_only()],
        dtypes=FLOATS,
        tolerance=GOOD,
        second=1e-10,
        because=WHY,
        layouts=("transposed", "strided", "offset"),
        errors=[*NOT_SQUARE, *NO_INTEGERS],
    )
op(
    "logdet",
    [
        s(positive(3, 3)),
        s(positive(2, 3, 3)),
        s(given([[0.0, 1.0], [2.0, 1.0]])).value_only(),
        s(given([[1.0, 2.0], [2.0, 4.0]])).value_only(),
        s(t(0, 0)),
    ],
    dtypes=FLOATS,
    tolerance=GOOD,
    second=1e-10,
    because=WHY,
    layouts=("transposed", "strided", "offset"),
    errors=NOT_SQUARE,
)

# ---- factorisations --------------------------------------------------------------------------------------------------


def _of_symmetric(engine: Any, function: Any) -> Any:
    """`function` of the symmetric part, whose derivative is one along all matrices."""
    return lambda x, *args, **kwargs: function(engine)((x + x.mT) / 2, *args, **kwargs)


op(
    "linalg.cholesky",
    [
        s(positive(3, 3)),
        s(positive(2, 3, 3)),
        s(positive(3, 3), upper=True),
        s(t(0, 0)),
        s(t(0, 2, 2)),
        s(positive(1, 1)),
    ],
    dtypes=FLOATS,
    tolerance=GOOD,
    second=1e-10,
    because=WHY,
    layouts=("transposed", "strided", "offset"),
    call=lambda e: _of_symmetric(e, lambda e: e.linalg.cholesky),
    errors=[bad(NotImplementedError, t(2, 2), dtype="float16")],
)
op(
    "linalg.cholesky of one triangle",
    [
        s(given([[4.0, 9.0], [2.0, 3.0]])).at_kink(),
        s(given([[4.0, 2.0], [9.0, 3.0]]), upper=True).at_kink(),
    ],
    dtypes=FLOATS,
    tolerance=GOOD,
    because=WHY,
    layouts=(),
    errors=[*NOT_SQUARE, *NO_INTEGERS],
)


def _quiet(name: Any) -> Any:
    def on(engine: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # torch recommends the function of linalg
                return getattr(engine, name)(*args, **kwargs)

        return call

    return on


op(
    "cholesky",
    [s(positive(3, 3)), s(positive(2, 3, 3), upper=True), s(positive(3, 3), True)],
    dtypes=FLOATS,
    tolerance=GOOD,
    second=1e-10,
    because=WHY,
    layouts=("strided", "offset"),
    call=lambda e: _of_symmetric(e, _quiet("cholesky")),
)


def _signs(column: Any) -> Any:
    """±1 for each column, by its largest element, as a constant."""
    x = column.detach()
    return x.gather(-2, x.abs().argmax(-2, keepdim=True)).sign()


def _qr(function: Any) -> Any:
    def on(engine: Any) -> Any:
        def call(x: Any, *args: Any, **kwargs: Any) -> Any:
            q, r = function(engine)(x, *args, **kwargs)
            signs = (
                r.detach()[..., range(r.shape[-2]), range(r.shape[-2])].sign() if r.shape[-1] >= r.shape[-2] else None
            )
            return (q, r) if signs is None else (q * signs.unsqueeze(-2), r * signs.unsqueeze(-1))

        return call

    return on


FACTORED = [s(tall(3, 3)), s(tall(5, 3)), s(tall(2, 4, 2)), s(tall(3, 3), "complete"), s(t(0, 0)), s(t(0, 3, 2))]
op(
    "linalg.qr",
    [*FACTORED, s(tall(3, 5)), s(tall(2, 2, 4)), s(tall(2, 4), mode="complete")],
    dtypes=FLOATS,
    tolerance=GOOD,
    second=1e-9,
    because=WHY + "; the signs are multiplied in afterwards",
    node="",
    layouts=("transposed", "strided", "offset"),
    call=_qr(lambda e: e.linalg.qr),
    errors=[bad(RuntimeError, t(3)), bad(RuntimeError, t(2, 2), "other", says="other"), *NO_INTEGERS],
)
op(
    "linalg.qr shapes",  # signs as LAPACK gives them
    [
        s(tall(5, 3), "complete").value_only(),
        s(tall(3, 3)),
        s(tall(4, 2)),
        s(tall(2, 4)),
        s(t(0, 3)),
        s(t(3, 0)).value_only(),
    ],
    dtypes=FLOATS,
    tolerance=GOOD,
    second=1e-9,
    because=WHY,
    layouts=("transposed", "strided", "offset"),
    call=lambda e: e.linalg.qr,
)
op(
    "linalg.qr without Q",
    [s(tall(5, 3), "r"), s(tall(2, 4), mode="r")],
    dtypes=FLOATS,
    differentiable=False,
    tolerance=GOOD,
    because=WHY,
)
op(
    "qr",
    [s(tall(3, 3)), s(tall(4, 2)), s(tall(3, 3), some=False)],
    dtypes=FLOATS,
    tolerance=GOOD,
    second=1e-9,
    because=WHY,
    node="",
    call=_qr(_quiet("qr")),
)


def _eigh(engine: Any) -> Any:
    def call(x: Any, *args: Any) -> Any:
        values, vectors = engine.linalg.eigh((x + x.mT) / 2, *args)
        return values, vectors * _signs(vectors) if vectors.numel() else vectors

    return call


op(
    "linalg.eigh",
    [
        s(square(3, 3)),
        s(square(2, 3, 3)),
        s(square(3, 3), "U"),
        s(square(3, 3), "l"),
        s(square(1, 1)),
        s(t(0, 0)),
        s(t(0, 2, 2)),
    ],
    dtypes=FLOATS,
    tolerance=GOOD,
    second=1e-9,
    because=WHY + "; signs put right afterwards",
    node="",
    layouts=("transposed", "strided", "offset"),
    call=_eigh,
    errors=[
        bad(RuntimeError, t(2, 2), "X", says="X"),
        bad(NotImplementedError, t(2, 2), dtype="float16"),
    ],
)
op(
    "linalg.eigh of one triangle",
    [s(given([[1.0, 9.0], [2.0, 5.0]])).value_only(), s(given([[1.0, 9.0], [2.0, 5.0]]), "U").value_only()],
    dtypes=FLOATS,
    tolerance=GOOD,
    because=WHY,
    call=lambda e: lambda *args: e.linalg.eigh(*args)[0],
    errors=[
        bad(NotImplementedError, t(2, 2), dtype="int64"),
        bad(RuntimeError, t(2, 3), says="square"),
        bad(RuntimeError, t(3)),
        bad(TypeError, 2.0),
    ],
)
op(
    "linalg.eigvalsh",
    [s(square(3, 3)), s(square(2, 3, 3), "U"), s(t(0, 0)), s(t(0, 2, 2))],
    dtypes=FLOATS,
    tolerance=GOOD,
    second=1e-9,
    because=WHY,
    layouts=("transposed", "strided", "offset"),
    call=lambda e: _of_symmetric(e, lambda e: e.linalg.eigvalsh),
    errors=[bad(RuntimeError, t(2, 2), "X")],
)


def _svd(engine: Any) -> Any:
    def call(x: Any, full_matrices: Any = False) -> Any:
        u, s, vh = engine.linalg.svd(x, full_matrices)
        k = s.shape[-1]
        if not s.numel():
            return u, s, vh
        u, vh = u[..., :k], vh[..., :k, :]  # the columns beyond are any orthonormal ones
        signs = _signs(u)
        return u * signs, s, vh * signs.mT

    return call


op(
    "linalg.svd",
    [
        s(tall(3, 3)),
        s(tall(4, 2)),
        s(tall(2, 4)),
        s(tall(2, 3, 2)),
        s(tall(3, 3), True),
        s(tall(4, 2), full_matrices=True),
        s(tall(2, 3), True),
        s(t(0, 0)),
        s(t(0, 2, 3)),
    ],
    dtypes=FLOATS,
    tolerance=GOOD,
    second=1e-9,
    because=WHY + "; signs put right afterwards",
    node="",
    layouts=("transposed", "strided", "offset"),
    call=_svd,
    errors=[bad(RuntimeError, t(3)), *NO_INTEGERS, bad(NotImplementedError, t(2, 2), dtype="float16")],
)
op(
    "linalg.svd shapes",
    [s(tall(4, 2)), s(tall(2, 4)), s(tall(2, 3, 2)), s(tall(4, 2), full_matrices=False), s(t(3, 0)), s(t(0, 3))],
    dtypes=FLOATS,
    differentiable=False,
    call=lambda e: lambda *args, **kwargs: [list(x.shape) for x in e.linalg.svd(*args, **kwargs)],
)
op(
    "linalg.svdvals",
    [s(tall(3, 3)), s(tall(4, 2)), s(tall(2, 4)), s(tall(2, 3, 2)), s(t(0, 0)), s(t(0, 3))],
    dtypes=FLOATS,
    tolerance=GOOD,
    second=1e-9,
    because=WHY,
    layouts=("transposed", "strided", "offset"),
    errors=[bad(RuntimeError, t(3)), *NO_INTEGERS],
)


def _old_svd(engine: Any) -> Any:
    def call(x: Any, *args: Any, **kwargs: Any) -> Any:
        u, s, v = engine.svd(x, *args, **kwargs)
        k = s.shape[-1]
        u, v = u[..., :k], v[..., :k]
        signs = _signs(u)
        return (u * signs, s, v * signs) if bool((signs != 0).all()) else (u, s, v)

    return call


op(
    "svd",
    [s(tall(3, 3)), s(tall(4, 2)), s(tall(2, 4)), s(tall(4, 2), some=False), s(tall(4, 2), True, False)],
    dtypes=FLOATS,
    tolerance=GOOD,
    second=1e-9,
    because=WHY,
    node="",
    call=_old_svd,
    errors=[bad(RuntimeError, t(3))],
)

# ---- pseudo-inverses, least squares, ranks ---------------------------------------------------------------------------

RANK_ONE = given([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]])
op(
    "linalg.pinv",
    [
        s(tall(3, 3)),
        s(tall(4, 2)),
        s(tall(2, 4)),
        s(tall(2, 3, 2)),
        s(tall(3, 2), rtol=0.1),
        s(tall(3, 2), atol=0.01, rtol=0.01),
        s(tall(3, 2), atol=0.01),
        s(tall(3, 2), 0.01),
        s(RANK_ONE, rtol=1e-3).at_kink(),
        s(given([[4.0, 0.0], [0.0, 0.01]]), atol=0.5).at_kink(),
        s(t(0, 0)),
        s(t(3, 0)),
        s(t(0, 2, 3)),
    ],
    dtypes=FLOATS,
    tolerance=GOOD,
    second=1e-9,
    because=WHY,
    layouts=("transposed", "strided", "offset"),
    errors=[bad(RuntimeError, t(3)), *NO_INTEGERS],
)
op(
    "linalg.pinv of symmetric ones",
    [s(square(3, 3), hermitian=True), s(square(2, 3, 3), hermitian=True)],
    dtypes=FLOATS,
    tolerance=GOOD,
    second=1e-9,
    because=WHY,
    node="",
    call=lambda e: _of_symmetric(e, lambda e: e.linalg.pinv),
)
op(
    "pinverse",
    [s(tall(3, 3)), s(tall(4, 2)), s(tall(2, 4), 0.01)],
    dtypes=FLOATS,
    tolerance=GOOD,
    second=1e-9,
    because=WHY,
    errors=[bad(RuntimeError, t(3))],
)
op(
    "linalg.matrix_rank",
    [
        s(tall(3, 3)),
        s(tall(2, 4, 2)),
        s(RANK_ONE),
        s(RANK_ONE, rtol=1e-3),
        s(given([[4.0, 0.0], [0.0, 0.01]]), atol=0.5),
        s(given([[4.0, 0.0], [0.0, 0.01]]), 0.5),
        s(given([[4.0, 0.0], [0.0, 0.01]]), rtol=0.5, hermitian=True),
        s(given([[[4.0, 0.0], [0.0, 1.0]], [[4.0, 0.0], [0.0, 3.0]]]), atol=given([2.0, 2.0])),
        s(t(0, 0)),
        s(t(0, 2, 3)),
    ],
    dtypes=FLOATS,
    differentiable=False,
    errors=[bad(RuntimeError, t(3)), *NO_INTEGERS],
)
LEAST = [
    s(tall(4, 2), t(4, 3)),
    s(tall(3, 3), t(3, 2)),
    s(tall(2, 4), t(2, 3)),
    s(tall(4, 2), t(4)),
    s(tall(2, 4, 2), t(2, 4, 3)),
    s(tall(2, 4, 2), t(2, 4)),
    s(tall(4, 2), t(4, 3), driver="gels"),
    s(tall(4, 2), t(4, 3), driver="gelsd"),
    s(tall(2, 4, 2), t(2, 4, 3), None, driver="gelss"),
    s(tall(2, 4), t(2, 3), driver="gelsd"),
    s(tall(4, 2), t(4, 3), 0.01),
]
op(
    "linalg.lstsq",
    [sample.value_only() for sample in LEAST],
    dtypes=FLOATS,
    tolerance=GOOD,
    because=WHY,
    errors=[
        bad(RuntimeError, t(3), t(3)),
        bad(RuntimeError, t(3, 2), t(2, 2)),
        bad(RuntimeError, t(3, 2), t(3, 2, dtype="float64")),
        bad(RuntimeError, t(3, 2), t(3, 2), driver="other"),
        bad(NotImplementedError, t(3, 2), t(3, 2), 0.1, dtype="int64"),
    ],
)
op(
    "linalg.lstsq solution",
    LEAST,
    dtypes=FLOATS,
    tolerance=GOOD,
    second=1e-9,
    because=WHY + "; recorded as the pseudo-inverse times B",
    node="",
    call=lambda e: lambda *args, **kwargs: e.linalg.lstsq(*args, **kwargs)[0],
)
op(
    "linalg.cond",
    [
        s(square(3, 3)),
        s(tall(4, 2), 2),
        s(square(2, 3, 3), -2),
        # With other norms torch overwrites what its own backward needs: tests/test_linalg.py has their gradients.
        *[s(square(2, 3, 3), p).value_only() for p in ("fro", "nuc", 1, -1, INF, -INF)],
        s(given([[1.0, 2.0], [2.0, 4.0]]), 1).value_only(),
        s(given([[[1.0, 2.0], [2.0, 4.0]], [[1.0, 0.0], [0.0, 2.0]]]), "fro").value_only(),
        s(t(0, 0)).value_only(),
    ],
    dtypes=FLOATS,
    tolerance={"float32": (1e-4, 1e-4), "float64": (2e-13, 2e-13)},
    second=1e-8,
    because=WHY + "; products of two norms; torch ends with a replacement of nan",
    node="",
    layouts=("transposed", "strided", "offset"),
    errors=[
        bad(RuntimeError, t(3)),
        bad(RuntimeError, t(2, 3), 1),
        bad(RuntimeError, t(2, 2), 3),
        bad(RuntimeError, t(2, 2), "x"),
    ],
)
for name in ("linalg.matrix_exp", "matrix_exp"):
    op(
        name,
        [
            s(t(3, 3)),
            s(t(2, 3, 3)),
            s(t(2, 2, low=-9, high=9)).at_kink(),
            s(given([[0.0, 0.0], [0.0, 0.0]])),
            s(t(0, 0)),
            s(t(0, 2, 2)),
        ],
        dtypes=FLOATS,
        tolerance={"float32": (2e-5, 2e-5), "float64": (8e-14, 8e-14)},
        second=1e-10,
        because="repeated squaring doubles the relative error each time; torch sums another series",
        layouts=("transposed", "strided", "offset"),
        errors=NOT_SQUARE,
    )
