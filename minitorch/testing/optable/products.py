"""Products: a tensor plus a product, sums of products over named or numbered dimensions, powers, covariances."""

from __future__ import annotations

import warnings
from typing import Any

from .core import FLOATS, NUMBERS, bad, given, index, op, s, t

NAN = float("nan")
SUMS = {"float32": (4e-6, 2e-5), "float64": (8e-15, 4e-14)}
WHY_SUMS = "sums of up to 100 products as large as 4, added in another order: 100 · 4 · half a unit in the last place"
PARTS = "; torch's last node belongs to one of the parts that the product is made of"

# ---- β·x + α·(product) -----------------------------------------------------------------------------------------------


def scaled(target: Any, *factors: Any) -> Any:
    """The samples of a function that adds a product, by the shapes of the target and of the factors."""
    a, b = factors
    return [
        s(t(*target), t(*a), t(*b)),
        s(t(*target), t(*a), t(*b), beta=2, alpha=3),
        s(t(*target), t(*a), t(*b), beta=0.5, alpha=-1.5).only(*FLOATS),
        s(t(*target), t(*a), t(*b), beta=0),
        s(t(*target), t(*a), t(*b), alpha=0),
        s(t(*target[-1:]), t(*a), t(*b)),
        s(t(), t(*a), t(*b), beta=2),
        s(t(*[1] * len(target)), t(*a), t(*b)),
    ]


op(
    "addmm",
    [
        *scaled((3, 5), (3, 4), (4, 5)),
        s(t(3, 5), t(3, 0), t(0, 5)),
        s(t(0, 5), t(0, 4), t(4, 5)),
        s(t(3, 5), t(3, 4), t(4, 5), beta=1.7, alpha=2.9).only("int64"),
        s(given([[NAN, 1.0]]), t(1, 3), t(3, 2), beta=0).only(*FLOATS).value_only(),
        s(t(5, 3, layout="transposed"), t(5, 4), t(4, 3, layout="transposed")),
    ],
    dtypes=NUMBERS,
    inplace=True,
    tolerance=SUMS,
    because=WHY_SUMS,
    errors=[
        bad(RuntimeError, t(4), t(3, 4), t(4, 5)),
        bad(RuntimeError, t(5), t(3, 4), t(3, 5)),
        bad(RuntimeError, t(5), t(3, 4), t(4)),
        bad(RuntimeError, t(2, 3, 5), t(3, 4), t(4, 5)),
        bad(RuntimeError, t(5), t(3, 4), t(4, 5, dtype="float64")),
        bad(TypeError, t(5), t(3, 4), 2.0),
        bad(TypeError, t(5), t(3, 4), t(4, 5), alpha="text"),
    ],
)
op(
    "addmv",
    [*scaled((3,), (3, 4), (4,)), s(t(3), t(3, 0), t(0)), s(t(0), t(0, 2), t(2))],
    dtypes=NUMBERS,
    inplace=True,
    tolerance=SUMS,
    because=WHY_SUMS,
    errors=[
        bad(RuntimeError, t(3), t(3, 4), t(3)),
        bad(RuntimeError, t(2), t(3, 4), t(4)),
        bad(RuntimeError, t(3), t(3), t(3)),
        bad(RuntimeError, t(3), t(3, 4), t(4, dtype="float64")),
    ],
)
op(
    "addr",
    [*scaled((3, 4), (3,), (4,)), s(t(3, 0), t(3), t(0)), s(t(3, 4), t(3, dtype="float64"), t(4)).value_only()],
    inplace=True,
    tolerance=SUMS,
    because=WHY_SUMS,
    errors=[
        bad(RuntimeError, t(3, 4), t(4), t(3)),
        bad(RuntimeError, t(3, 4), t(3, 1), t(4)),
        bad(RuntimeError, t(3, 4), t(3), t(4), beta=0.5, dtype="int64"),
    ],
)
op(
    "baddbmm",
    [
        *scaled((2, 3, 5), (2, 3, 4), (2, 4, 5)),
        s(t(0, 3, 5), t(0, 3, 4), t(0, 4, 5)),
        s(t(2, 3, 5), t(2, 3, 0), t(2, 0, 5)),
    ],
    dtypes=NUMBERS,
    inplace=True,
    tolerance=SUMS,
    because=WHY_SUMS,
    errors=[
        bad(IndexError, t(3, 5), t(3, 4), t(4, 5)),
        bad(RuntimeError, t(3, 5), t(2, 3, 4), t(3, 4, 5)),
        bad(RuntimeError, t(3, 4), t(2, 3, 4), t(2, 4, 5)),
        bad(RuntimeError, t(3, 5), t(2, 3, 4, dtype="float64"), t(2, 4, 5, dtype="float64")),
    ],
)
op(
    "addbmm",
    [*scaled((3, 5), (2, 3, 4), (2, 4, 5)), s(t(3, 5), t(0, 3, 4), t(0, 4, 5)), s(t(3, 5), t(2, 3, 0), t(2, 0, 5))],
    dtypes=NUMBERS,
    tolerance=SUMS,
    because=WHY_SUMS,
    errors=[
        bad(IndexError, t(3, 5), t(3, 4), t(4, 5)),
        bad(RuntimeError, t(3, 5), t(2, 3, 4), t(3, 4, 5)),
        bad(RuntimeError, t(2, 3, 5), t(2, 3, 4), t(2, 4, 5)),
    ],
)
op(
    "addbmm in place",  # of a target that broadcasts torch makes a larger tensor, where others are refused
    scaled((3, 5), (2, 3, 4), (2, 4, 5))[:5],
    dtypes=NUMBERS,
    inplace=True,
    tolerance=SUMS,
    because=WHY_SUMS,
)

# ---- sums of products ------------------------------------------------------------------------------------------------

op(
    "vdot",
    [s(t(4), t(4)), s(t(0), t(0)), s(t(4, layout="strided"), t(4))],
    dtypes=NUMBERS,
    tolerance=SUMS,
    because=WHY_SUMS,
    errors=[
        bad(RuntimeError, t(4), t(3)),
        bad(RuntimeError, t(2, 2), t(2)),
        bad(RuntimeError, t(2), t(2, dtype="float64")),
    ],
)
op("ger", [s(t(3), t(4)), s(t(0), t(2))], errors=[bad(RuntimeError, t(2, 2), t(2))])
op(
    "inner",
    [
        s(t(4), t(4)),
        s(t(3, 4), t(4)),
        s(t(4), t(2, 3, 4)),
        s(t(2, 3, 4), t(5, 4)),
        s(t(), t(2, 3)),
        s(t(2, 3), t()),
        s(t(2, 0), t(3, 0)),
        s(t(0, 3), t(2, 3)),
    ],
    dtypes=NUMBERS,
    tolerance=SUMS,
    because=WHY_SUMS + PARTS,
    node="",
    errors=[bad(RuntimeError, t(3), t(4)), bad(RuntimeError, t(3), t(3, dtype="float64"))],
)
op(
    "tensordot",
    [
        s(t(2, 3, 4), t(3, 4, 5)),
        s(t(2, 3, 4), t(4, 5), 1),
        s(t(2, 3), t(4), 0),
        s(t(2, 3, 4), t(4, 3, 5), dims=([1, 2], [1, 0])),
        s(t(2, 3, 4), t(3, 2, 5), dims=((0, -2), (1, 0))),
        s(t(2, 3), t(2, 3), ([0, 1], [0, 1])),
        s(t(2, 1), t(3, 2), 1),
        s(t(2, 3), t(1, 2), 1),
        s(t(2, 0), t(0, 3), 1),
        s(t(0, 3), t(3, 2), 1),
        s(t(), t(2), 0),
    ],
    dtypes=NUMBERS,
    tolerance=SUMS,
    because=WHY_SUMS + PARTS,
    node="",
    errors=[
        bad(RuntimeError, t(2, 2), t(3, 2), 1, says=("2", "3")),
        bad(RuntimeError, t(2, 2), t(2, 2), -1, says="-1"),
        bad(ValueError, t(2, 2), t(2, 2), ([0],)),
        bad(RuntimeError, t(2, 2), t(2, 2), 3, says="3"),
        bad(RuntimeError, t(2, 2), t(2, 2), ([0, 0], [0, 1])),
        bad(RuntimeError, t(2, 2), t(2, 2), ([0], [0, 1])),
        bad(IndexError, t(2, 2), t(2, 2), ([2], [0])),
        bad(RuntimeError, t(2, 2), t(2, 2, dtype="float64"), 1),
    ],
)
op(
    "kron",
    [
        s(t(2, 3), t(3, 2)),
        s(t(3), t(2)),
        s(t(2, 3), t(4)),
        s(t(2), t(2, 3, 2)),
        s(t(), t(2, 3)),
        s(t(), t()),
        s(t(0, 2), t(3, 2)),
        s(t(2, 2), t(2, dtype="int64")),
    ],
    node="",
    because="torch copies where it reshapes, and refuses some transposed inputs where it views",
    layouts=("strided", "offset", "expanded"),
    errors=[bad(TypeError, t(2), 2.0)],
)
EINSUMS = [
    s("ij,jk->ik", t(3, 4), t(4, 5)),
    s("ij,jk", t(3, 4), t(4, 5)),
    s("ba,ac", t(3, 4), t(4, 5)),
    s("bA,Ac", t(3, 4), t(4, 5)),
    s("ij->ji", t(3, 4)),
    s("ji", t(3, 4)),
    s("ij->", t(3, 4)),
    s("ij->i", t(3, 4)),
    s("ij,ij->", t(3, 4), t(3, 4)),
    s("ij,ij->ij", t(3, 4), t(3, 4)),
    s("i,j->ij", t(3), t(4)),
    s("i,i", t(3), t(3)),
    s("ii", t(3, 3)),
    s("ii->i", t(3, 3)),
    s("iij->ij", t(3, 3, 2)),
    s("iji->j", t(3, 2, 3)),
    s("ijij->ij", t(2, 3, 2, 3)),
    s("ii,ij->j", t(3, 3), t(3, 4)),
    s("bij,bjk->bik", t(2, 2, 3), t(2, 3, 4)),
    s("b i j, b j k -> b i k", t(2, 1, 3), t(2, 3, 2)),
    s("bhid,bhjd->bhij", t(1, 2, 2, 3), t(1, 2, 3, 3)),
    s("bij,bkj->b", t(2, 3, 2), t(2, 4, 2)),
    s("ij,kl->il", t(2, 3), t(2, 3)),
    s("ij,jk,kl->il", t(2, 3), t(3, 4), t(4, 2)),
    s("i,ij,j->", t(3), t(3, 4), t(4)),
    s("ij,ik,il->jkl", t(2, 3), t(2, 2), t(2, 4)),
    s("a,b,c,d->dcba", t(2), t(3), t(1), t(2)),
    s("...ij,...jk->...ik", t(2, 2, 3), t(2, 3, 4)),
    s("...ij,...jk", t(3, 1, 2, 3), t(2, 3, 2)),
    s("...ij,jk->...ik", t(2, 2, 3), t(3, 4)),
    s("i...->...", t(3, 4, 2)),
    s("i...,i...", t(3, 4), t(3, 4)),
    s("...", t(2, 3)),
    s("...->...", t()),
    s("i...->i", t(3, 4)),
    s("i...j->...", t(3, 4)),
    s("ij->...ij", t(3, 4)),
    s("...i->i...", t(2, 3, 4)),
    s("ij,->ij", t(3, 4), t()),
    s(",", t(), t()),
    s("", t()),
    s("ij,ij->ij", t(3, 1), t(1, 4)),
    s("ij,jk->ik", t(3, 1), t(4, 5)),
    s("i,i->", t(1), t(3)),
    s("ij,jk->ik", t(3, 0), t(0, 2)),
    s("ij,jk->ik", t(0, 3), t(3, 2)),
    s("ij->j", t(0, 3)),
    s("ij,jk->ik", [t(3, 4), t(4, 5)]),
    s("ij,jk->ik", t(4, 3, layout="transposed"), t(3, 5, layout="transposed")),
    s(t(3, 4), [0, 1], t(4, 5), [1, 2], [0, 2]),
    s(t(3, 4), [0, 1], t(4, 5), [1, 2]),
    s(t(2, 3), [Ellipsis, 1], [Ellipsis]),
]
op(
    "einsum",
    EINSUMS,
    dtypes=NUMBERS,
    tolerance=SUMS,
    because=WHY_SUMS + PARTS,
    node="",
    errors=[
        bad(RuntimeError, "i", t(2, 2), says="(1)"),
        bad(RuntimeError, "ijk...", t(2, 2), says="(3)"),
        bad(RuntimeError, "ij,jk", t(2, 2), says="fewer operands"),
        bad(RuntimeError, "ij", t(2, 2), t(2, 2), says="more operands"),
        bad(RuntimeError, "ij->ik", t(2, 2), says="k does not appear"),
        bad(RuntimeError, "ij->ii", t(2, 2), says="more than once"),
        bad(RuntimeError, "i1", t(2, 2), says="index 1"),
        bad(RuntimeError, "i..j", t(2, 2), says="'.'"),
        bad(RuntimeError, "...i...", t(2, 2), says="'.'"),
        bad(RuntimeError, "ij-k", t(2, 2), says="index 2"),
        bad(RuntimeError, "ij,jk", t(2, 2), t(3, 2), says=("3", "2")),
        bad(RuntimeError, "ii", t(2, 3), says=("3", "2")),
        bad(RuntimeError, "...i,...i", t(2, 3), t(4, 3)),
        bad(RuntimeError, "ij,jk", t(2, 2), t(2, 2, dtype="float64")),
        bad(NotImplementedError, "ij,jk", t(2, 2), t(2, 2), dtype="bool"),
        bad(ValueError, "ij"),
        bad(TypeError, "i", 2.0),
        bad(TypeError, 3, t(2)),
    ],
)
op(
    "einsum booleans",
    [s("ij,ij->ij", t(3, 4), t(3, 4)), s("ij->i", t(3, 4)), s("ii", t(3, 3)), s("i,j->ij", t(2), t(3))],
    node="",
    because=PARTS,
)

# ---- of square matrices, and in space --------------------------------------------------------------------------------

op(
    "trace",
    [s(t(3, 3)), s(t(2, 4)), s(t(4, 2)), s(t(0, 3)), s(t(0, 0)), s(t(1, 1))],
    dtypes=NUMBERS,
    errors=[bad(RuntimeError, t(3)), bad(RuntimeError, t(2, 2, 2)), bad(TypeError, 2.0)],
)
SQUARES = [
    s(t(3, 3), 1),
    s(t(3, 3), 2),
    s(t(3, 3), 3),
    s(t(2, 3, 3), 5),
    s(t(3, 3), 0).value_only(),
    s(t(2, 3, 3), 0).value_only(),
    s(given([[2.0, 0.5, 0.1], [0.3, 1.5, 0.2], [0.0, 0.4, 3.0]]), -1).only(*FLOATS),
    s(given([[2.0, 0.5, 0.1], [0.3, 1.5, 0.2], [0.0, 0.4, 3.0]]), -3).only(*FLOATS),
    s(t(0, 0), 2),
    s(t(0, 2, 2), 3),
]
for name in ("matrix_power", "linalg.matrix_power"):
    op(
        name,
        SQUARES,
        dtypes=NUMBERS,
        tolerance={"float32": (1e-5, 1e-4), "float64": (2e-14, 2e-13)},
        because="up to five factors with sums of three products, values up to 1000" + PARTS,
        second=1e-11,
        node="",
        errors=[
            bad(RuntimeError, t(2, 3), 2),
            bad(RuntimeError, t(3), 2),
            bad(RuntimeError, t(2, 2), -1, dtype="int64"),
        ],
    )
VECTORS = [
    s(t(3), t(3), dim=0),
    s(t(2, 3), t(2, 3), dim=1),
    s(t(3, 2), t(3, 2), dim=0),
    s(t(1, 3), t(4, 3), dim=-1),
    s(t(2, 3, 4), t(2, 3, 1), dim=-2),
    s(t(0, 3), t(0, 3), dim=1),
]
op(
    "cross",
    VECTORS,
    dtypes=NUMBERS,
    errors=[
        bad(RuntimeError, t(3), t(2, 3), dim=0),
        bad(RuntimeError, t(2), t(2), dim=0, says="3"),
        bad(RuntimeError, t(2, 3), t(4, 3), dim=1),
        bad(RuntimeError, t(2, 2), t(2, 2), says="size 3"),
        bad(IndexError, t(3), t(3), dim=1),
        bad(RuntimeError, t(3), t(3, dtype="float64"), dim=0),
    ],
)


def _quiet_cross(engine: Any) -> Any:
    def call(x: Any, y: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch would have the dimension given, and says so once a process
            return engine.cross(x, y)

    return call


op(
    "cross without dim",
    [s(t(2, 3), t(2, 3)), s(t(3, 3), t(3, 3)), s(t(2, 3, 3), t(2, 3, 3))],
    dtypes=NUMBERS,
    call=_quiet_cross,
)
op("linalg.cross", [*VECTORS, s(t(2, 3), t(2, 3))], dtypes=NUMBERS, errors=[bad(RuntimeError, t(2), t(2))])
CHAINS = [
    s([t(2, 3), t(3, 4)]),
    s([t(2, 3), t(3, 4), t(4, 2)]),
    s([t(5, 1), t(1, 5), t(5, 2), t(2, 3)]),
    s([t(3), t(3, 4), t(4)]),
    s([t(3), t(3, 4)]),
    s([t(2, 3), t(3)]),
    s([t(3), t(3)]),
    s([t(2, 0), t(0, 3), t(3, 1)]),
]
op(
    "linalg.multi_dot",
    CHAINS,
    dtypes=NUMBERS,
    tolerance={"float32": (1e-5, 5e-5), "float64": (2e-14, 1e-13)},
    because="four factors, values up to 500" + PARTS,
    node="",
    errors=[
        bad(RuntimeError, [t(2, 2)]),
        bad(RuntimeError, [t(2, 2), t(2), t(2, 2)]),
        bad(RuntimeError, [t(2, 2), t(3, 3)]),
        bad(RuntimeError, [t(2, 2), t(2, 2, dtype="float64")]),
    ],
)


def _quiet_chain(engine: Any) -> Any:
    def call(*matrices: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch recommends multi_dot
            return engine.chain_matmul(*matrices)

    return call


op(
    "chain_matmul",
    [s(t(2, 3), t(3, 4)), s(t(2, 3), t(3, 4), t(4, 2)), s(t(5, 1), t(1, 5), t(5, 2), t(2, 3))],
    dtypes=NUMBERS,
    tolerance={"float32": (1e-5, 5e-5), "float64": (2e-14, 1e-13)},
    because="as linalg.multi_dot",
    node="",
    call=_quiet_chain,
    errors=[bad(RuntimeError, t(2, 2), t(2))],
)
op(
    "linalg.matmul",
    [s(t(3, 4), t(4, 5)), s(t(2, 3, 4), t(4))],
    dtypes=NUMBERS,
    tolerance=SUMS,
    because=WHY_SUMS + "; as matmul",
    node="",
)
op(
    "linalg.vecdot",
    [
        s(t(3), t(3)),
        s(t(2, 3), t(2, 3)),
        s(t(2, 1, 3), t(4, 3)),
        s(t(2, 3), t(2, 3), dim=0),
        s(t(2, 0), t(2, 0)),
    ],
    dtypes=FLOATS,
    tolerance=SUMS,
    because=WHY_SUMS,
    errors=[
        bad(RuntimeError, t(3), t(4)),
        bad(IndexError, t(2, 3), t(2, 3), dim=2),
        bad(RuntimeError, t(3), t(3), dtype="int64"),
    ],
)
op(
    "linalg.diagonal",
    [
        s(t(3, 4)),
        s(t(4, 3), offset=1),
        s(t(3, 4), offset=-2),
        s(t(3, 4), offset=5),
        s(t(2, 3, 3)),
        s(t(3, 2, 3), dim1=0, dim2=2),
        s(t(3, 2, 3), offset=1, dim1=2, dim2=0),
        s(t(0, 3)),
    ],
    errors=[bad(IndexError, t(3)), bad(RuntimeError, t(3, 3), dim1=0, dim2=-2)],
)

# ---- covariances -----------------------------------------------------------------------------------------------------

op(
    "cov",
    [
        s(t(3, 5)),
        s(t(5)),
        s(t(1, 4)),
        s(t(2, 4), correction=0),
        s(t(2, 4), correction=2),
        s(t(2, 3), fweights=index([1, 2, 3])),
        s(t(2, 3), aweights=given([0.1, 0.4, 0.3])).only(*FLOATS),
        s(t(2, 3), aweights=given([0.1, 0.4, 0.3]), correction=0).only(*FLOATS),
        s(t(2, 3), fweights=index([1, 2, 3]), aweights=given([0.1, 0.4, 0.3])).only(*FLOATS),
        s(t()).value_only(),
        s(t(0)).value_only(),
        s(t(2, 0)).value_only(),
        s(t(2, 1)).value_only(),
        s(t(0, 3)).value_only(),
    ],
    dtypes=NUMBERS,
    tolerance={"float32": (4e-6, 8e-6), "float64": (1e-14, 2e-14)},
    because="sums of products of differences, divided by as little as 0.6",
    errors=[
        bad(RuntimeError, t(2, 2, 2), says="3"),
        bad(RuntimeError, t(2, 3), fweights=t(3)),
        bad(RuntimeError, t(2, 3), fweights=index([1, 2])),
        bad(RuntimeError, t(2, 3), fweights=index([1, 2, -1])),
        bad(RuntimeError, t(2, 3), fweights=index([[1, 2, 1]])),
        bad(RuntimeError, t(2, 3), aweights=index([1, 2, 1])),
        bad(RuntimeError, t(2, 3), aweights=given([1.0, 2.0, -1.0])),
    ],
)
op(
    "corrcoef",
    [s(t(3, 5)), s(t(2, 6)), s(t(5, avoid=(0,))).at_kink(), s(t(1, 4)).at_kink(), s(t()).value_only()],
    dtypes=NUMBERS,
    tolerance={"float32": (4e-6, 8e-6), "float64": (1e-14, 2e-14)},
    because="ratios of sums of products of differences" + PARTS,
    node="",
    errors=[bad(RuntimeError, t(2, 2, 2))],
)
