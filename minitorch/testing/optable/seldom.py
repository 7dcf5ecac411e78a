"""Functions that programs seldom call: parts of complex numbers, slopes by differences, second names of pools."""

from __future__ import annotations

from .core import FLOATS, T, bad, given, index, op, s, t

NAN = float("nan")

# ---- parts of complex numbers ----------------------------------------------------------------------------------------

op(
    "angle",
    [s(t(3, 4)), s(t()), s(t(0)), s(given([0.0, -0.0, -1.0, NAN])).at_kink().only(*FLOATS)],
    errors=[bad(TypeError, 1.0)],
)
for name in ("real", "conj", "conj_physical", "resolve_conj", "resolve_neg"):
    op(name, [s(t(3, 4)), s(t()), s(t(0))], method=name != "real", errors=[bad(TypeError, 1.0)])
op("Tensor.real", [s(t(3, 4)), s(t())])
op("imag", [], errors=[bad(RuntimeError, t(2), says="non-complex"), bad(TypeError, 1.0)], method=False)

# ---- values ----------------------------------------------------------------------------------------------------------

op(
    "fill",
    [s(t(3, 4), 2), s(t(3, 4), 2.5), s(t(2, 3), t()), s(t(0), 1), s(t(), True), s(t(2, layout="transposed"), -1)],
    method=False,
    errors=[bad(RuntimeError, t(2), t(2)), bad(TypeError, 1.0, 2.0)],
)
op("detach", [s(t(3, 4)), s(t()), s(t(0))], differentiable=False, errors=[bad(TypeError, 1.0)])
op(
    "poisson",
    [s(t(3, 4, low=0, high=5)), s(t(20, low=5, high=40)), s(t(0)), s(given(3.0))],
    dtypes=FLOATS,
    seeded=True,
    method=False,
    errors=[bad(RuntimeError, given([-1.0])), bad(NotImplementedError, t(2), dtype="int64")],
)

# ---- slopes ----------------------------------------------------------------------------------------------------------


def coordinates(*values: float) -> T:
    return given(list(values), grad=False)


op(
    "gradient",
    [
        s(t(5)),
        s(t(3, 4)),
        s(t(3, 4), dim=1),
        s(t(3, 4), dim=(-1, 0)),
        s(t(3, 4), spacing=0.5),
        s(t(3, 4), spacing=(2.0, 0.25)),
        s(t(3, 4), spacing=[3, 2], dim=(1, 0)),
        s(t(3, 4), edge_order=2),
        s(t(4, 3), spacing=2.0, edge_order=2, dim=0),
        s(t(4), spacing=(coordinates(0.0, 1.0, 3.0, 3.5),)).only(*FLOATS),
        s(t(3, 4), spacing=(coordinates(0.0, 2.0, 2.5), coordinates(0.0, 1.0, 3.0, 3.5))).only(*FLOATS),
        s(t(2, 4), spacing=(coordinates(0.0, 1.0, 3.0, 3.5),), dim=1, edge_order=2).only(*FLOATS),
        s(t(2, 2)),
        s(t()),
    ],
    dtypes=(*FLOATS, "int64"),
    method=False,
    node="",
    because="composed of other operations in another order than PyTorch's, whose last is a cat, too",
    errors=[
        bad(RuntimeError, t(1)),
        bad(RuntimeError, t(2, 4), edge_order=2),
        bad(RuntimeError, t(3, 4), edge_order=3),
        bad(RuntimeError, t(3, 4), spacing=[1.0]),
        bad(RuntimeError, t(3, 4), dim=(0, 0)),
        bad(IndexError, t(3, 4), dim=2),
        bad(TypeError, t(3), spacing=t(3)),
        bad(RuntimeError, t(3), dtype="bool"),
    ],
)

# ---- second names ----------------------------------------------------------------------------------------------------

op(
    "nn.functional.max_pool1d_with_indices",
    [s(t(2, 3, 8, distinct=True), 2), s(t(3, 9, distinct=True), 3, 2, 1), s(t(1, 2, 8, distinct=True), 2, ceil_mode=True)],
    dtypes=FLOATS,
    errors=[bad(RuntimeError, t(3), 2)],
)
op("max_pool1d_with_indices", [s(t(2, 3, 8, distinct=True), 2)], dtypes=FLOATS, method=False)
op(
    "nn.functional.max_pool3d_with_indices",
    [s(t(1, 2, 4, 4, 4, distinct=True), 2), s(t(2, 4, 3, 3, distinct=True), (2, 1, 3))],
    dtypes=FLOATS,
)
op("adaptive_max_pool1d", [s(t(2, 3, 8, distinct=True), 3), s(t(3, 8, distinct=True), 2)], dtypes=FLOATS, method=False)
for n, sizes in ((1, (7,)), (2, (5, 4)), (3, (3, 4, 2))):
    op(
        f"nn.functional.adaptive_max_pool{n}d_with_indices",
        [s(t(2, 3, *sizes, distinct=True), 2), s(t(3, *sizes, distinct=True), (1,) * n)],
        dtypes=FLOATS,
    )
op(
    "nn.functional.upsample_nearest",
    [s(t(1, 2, 3), 6), s(t(1, 2, 3, 3), scale_factor=2), s(t(1, 1, 2, 2), (3, 5))],
    dtypes=FLOATS,
    errors=[bad(ValueError, t(1, 2, 3))],
)
op(
    "nn.functional.upsample_bilinear",
    [s(t(1, 2, 3, 3), 5), s(t(1, 2, 3, 3), scale_factor=2)],
    dtypes=FLOATS,
    errors=[bad(NotImplementedError, t(1, 2, 3), 6)],
)

# ---- slices combined -------------------------------------------------------------------------------------------------

REDUCED = [
    s(t(4, 3, distinct=True), 0, index([2, 0, 2]), t(3, 3, distinct=True), reduce)
    for reduce in ("prod", "mean", "amax", "amin")
]
REDUCED += [
    s(t(4, 3, distinct=True), -1, index([1, 1]), t(4, 2, distinct=True), reduce, include_self=False)
    for reduce in ("prod", "mean", "amax", "amin")
]
REDUCED += [s(t(3), 0, index([], "int64"), t(0), "prod"), s(t(2, 2), 0, index([0, 1], "int32"), t(2, 2), "mean")]
op(
    "index_reduce",
    REDUCED,
    dtypes=(*FLOATS, "int64"),
    inplace=True,
    errors=[
        bad(RuntimeError, t(3), 0, index([0]), t(1), "sum"),
        bad(IndexError, t(3), 0, index([[0]]), t(1), "prod"),
        bad(IndexError, t(3), 0, index([5]), t(1), "prod"),
        bad(IndexError, t(3), 1, index([0]), t(1), "prod"),
        bad(RuntimeError, t(3), 0, index([0, 1]), t(3), "prod"),
        bad(RuntimeError, t(3), 0, index([0]), t(1, dtype="float64"), "prod"),
        bad(RuntimeError, t(3, 2), 0, index([0, 1]), t(2, 3), "amax"),
    ],
)
