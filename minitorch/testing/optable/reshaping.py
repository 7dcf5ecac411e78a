"""Diagonals, windows, turns, repetitions, splits, stacks and grids."""

from __future__ import annotations

from .core import NUMBERS, bad, given, index, op, s, t

# ---- diagonals -------------------------------------------------------------------------------------------------------

op(
    "diagonal",
    [
        s(t(3, 4)),
        s(t(3, 4), 1),
        s(t(4, 3), -2),
        s(t(3, 4), offset=5),
        s(t(3, 4), -7),
        s(t(2, 3, 4), 0, 1, 2),
        s(t(2, 3, 4), 1, -1, 0),
        s(t(2, 3, 3, 2), dim1=2, dim2=1),
        s(t(0, 3)),
        s(t(4, 3, layout="transposed")),
    ],
    errors=[bad(IndexError, t(3)), bad(RuntimeError, t(3, 3), 0, 1, -1), bad(IndexError, t(3, 3), 0, 0, 2)],
)
op(
    "diag",
    [s(t(3)), s(t(3), 1), s(t(3), -2), s(t(3, 4)), s(t(3, 4), 1), s(t(4, 3), diagonal=-1), s(t(0)), s(t(3, 4), 9)],
    errors=[bad(RuntimeError, t()), bad(RuntimeError, t(2, 2, 2), says="3D")],
)
op(
    "diag_embed",
    [
        s(t(3)),
        s(t(2, 3)),
        s(t(2, 3), 1),
        s(t(2, 3), offset=-2),
        s(t(2, 3), 0, 0, 2),
        s(t(2, 3), 1, 2, 0),
        s(t(2, 3, 2), dim1=0, dim2=-2),
        s(t(0)),
        s(t(4, 3, layout="transposed")),
    ],
    errors=[bad(RuntimeError, t(3), 0, 1, 1), bad(IndexError, t(3), 0, 0, 2), bad(IndexError, t())],
)
op("diagflat", [s(t(3)), s(t(2, 2)), s(t()), s(t(2), 1), s(t(2), offset=-1), s(t(0))])
op(
    "diagonal_scatter",
    [
        s(t(3, 4), t(3)),
        s(t(4, 3), t(2), -2),
        s(t(2, 3, 4), t(2, 3), 0, 1, 2),
        s(t(3, 3), t(2), offset=1),
        s(t(4, 3, layout="transposed"), t(3)),
        s(t(3, 3), t(3, dtype="int64", grad=False)),
    ],
    errors=[bad(RuntimeError, t(3, 4), t(4), says=("4", "3")), bad(RuntimeError, t(3, 3), t(3), 0, 1, 1)],
)
op(
    "block_diag",
    [
        s(t(2, 3), t(1, 2)),
        s(t(2, 2), t(3), t()),
        s(t(2, 2)),
        s(t(0), t(2)).value_only(),  # torch takes the gradient of the second from the first's rows
        s(t(2, 2), t(1, dtype="float64")),
        s(),
    ],
    method=False,
    errors=[bad(RuntimeError, t(2, 2, 2), says="3")],
)

# ---- windows and strides ---------------------------------------------------------------------------------------------

op(
    "Tensor.unfold",
    [
        s(t(5), 0, 3, 1),
        s(t(7), 0, 2, 3),
        s(t(3, 5), 1, 2, 1),
        s(t(3, 5), -1, 2, 2),
        s(t(4, 2, 3), 0, 2, 1),
        s(t(5), dimension=0, size=5, step=1),
        s(t(3), 0, 0, 1),
        s(t(), 0, 1, 1),
        s(t(4, 3, layout="transposed"), 0, 2, 1),
    ],
    errors=[
        bad(RuntimeError, t(3), 0, 4, 1, says=("3", "4")),
        bad(RuntimeError, t(3), 0, 2, 0),
        bad(RuntimeError, t(3), 0, -1, 1),
        bad(IndexError, t(3), 1, 1, 1),
    ],
)
op(
    "as_strided",
    [
        s(t(9), (2, 2), (1, 2)),
        s(t(9), (2, 2), (1, 2), 1),
        s(t(9), (3, 4), (2, 1)),
        s(t(3, 4), (4, 3), (1, 4)),
        s(t(3, 4), [5], [2], storage_offset=3),
        s(t(3, 4), (2, 3), (0, 1)),
        s(t(), (1,), (1,)),
        s(t(3), (0, 2), (1, 1)),
        s(t(3), (), ()),
    ],
    errors=[
        bad(RuntimeError, t(3), (2, 2), (2, 2)),
        bad(RuntimeError, t(3), (2,), (1, 1)),
        bad(RuntimeError, t(3), (2,), (-1,)),
        bad(RuntimeError, t(3), (1,), (1,), -1),
    ],
    layouts=("transposed",),
    because="a tensor with gaps or repetitions in memory is refused",
)

# ---- turned, repeated ------------------------------------------------------------------------------------------------

op(
    "rot90",
    [
        *[s(t(3, 4), k) for k in (0, 1, 2, 3, -1, 5)],
        s(t(3, 4)),
        s(t(3, 4), 1, (1, 0)),
        s(t(2, 3, 4), 1, [0, -1]),
        s(t(2, 3, 4), k=3, dims=(1, 2)),
        s(t(0, 3)),
    ],
    errors=[
        bad(RuntimeError, t(2, 3), 1, (0, 0)),
        bad(IndexError, t(2, 3), 1, (0, 2)),
        bad(RuntimeError, t(3)),
        bad(RuntimeError, t(2, 3), 1, (0,)),
    ],
)
op("fliplr", [s(t(2, 3)), s(t(2, 3, 2)), s(t(0, 2))], errors=[bad(RuntimeError, t(3))])
op("flipud", [s(t(2, 3)), s(t(3)), s(t(0, 2))], errors=[bad(RuntimeError, t())])
op(
    "repeat_interleave",
    [
        s(t(3), 2),
        s(t(2, 3), 2),
        s(t(2, 3), 3, 0),
        s(t(2, 3), 2, dim=-1),
        s(t(2, 3), index([1, 2]), 0),
        s(t(2, 3), index([2, 0, 1]), 1),
        s(t(2, 3), index([2]), 1),
        s(t(2, 3), index(2), 0),
        s(t(4), index([1, 0, 2, 1])),
        s(t(2), index([1, 2]), 0, output_size=3),
        s(t(2), 0),
        s(t(0, 2), 2, 0),
        s(t(), 2),
        s(index([1, 3, 0])),
        s(t(4, 3, layout="transposed"), 2, 0),
    ],
    errors=[
        bad(RuntimeError, t(3), -1),
        bad(RuntimeError, t(2), index([-1, 2])),
        bad(RuntimeError, t(2, 3), index([1, 2, 3]), 0, says=("3", "2")),
        bad(RuntimeError, t(2, 2), index([1, 2])),
        bad(IndexError, t(3), 2, 1),
        bad(NotImplementedError, t(2), t(2)),
    ],
    node="",
    because="torch repeats by expanding where `repeats` is a number; here the slices are always selected by index",
)

# ---- split, stacked --------------------------------------------------------------------------------------------------

op(
    "tensor_split",
    [
        s(t(5, 3), 2),
        s(t(5, 3), 3, 1),
        s(t(5, 3), (1, 3)),
        s(t(5, 3), [2], dim=-1),
        s(t(5), (3, 1)),
        s(t(5), (-2,)),
        s(t(2), 4),
        s(t(5), (1, 9)),
        s(t(5), index([1, 2])),
        s(t(5), index(2)),
        s(t(0, 2), 2),
        s(t(4, 3, layout="transposed"), 2),
    ],
    errors=[
        bad(RuntimeError, t(), 2),
        bad(RuntimeError, t(3), 0),
        bad(IndexError, t(3), 2, 1),
        bad(RuntimeError, t(3), t(1)),
    ],
)
op(
    "hsplit",
    [s(t(4), 2), s(t(2, 6), 3), s(t(2, 6), (1, 4)), s(t(2, 4, 2), 2)],
    errors=[bad(RuntimeError, t(3), 2, says=("3", "2")), bad(RuntimeError, t(), 1)],
)
op("vsplit", [s(t(4, 2), 2), s(t(4, 2), (1,))], errors=[bad(RuntimeError, t(4), 2), bad(RuntimeError, t(3, 2), 2)])
op(
    "dsplit",
    [s(t(1, 2, 4), 2), s(t(1, 2, 4), [3])],
    errors=[bad(RuntimeError, t(4, 2), 2), bad(RuntimeError, t(1, 2, 3), 2)],
)
op(
    "dstack",
    [s([t(2), t(2)]), s([t(2, 3), t(2, 3)]), s((t(1, 2, 3), t(1, 2, 1))), s([t(), t()]), s([t(2), t(1, 2)])],
    node="",
    because="made of cat",
    errors=[bad(RuntimeError, [t(2), t(3)]), bad(RuntimeError, [])],
)
op(
    "column_stack",
    [s([t(2), t(2, 3)]), s((t(3), t(3))), s([t(), t()]), s([t(2, 1), t(2, 2)])],
    node="",
    because="made of cat",
    errors=[bad(RuntimeError, [t(2), t(3)]), bad(RuntimeError, [])],
)
op("row_stack", [s([t(3), t(2, 3)])], node="", because="made of cat", errors=[bad(RuntimeError, [])])
op(
    "narrow_copy",
    [s(t(5, 3), 0, 1, 3), s(t(5, 3), -1, 1, 2), s(t(5, 3), 1, 0, 0), s(t(4, 3, layout="transposed"), 0, 2, 2)],
    errors=[bad(RuntimeError, t(5), 0, 3, 4), bad(RuntimeError, t(5), 0, 0, -1)],
)

# ---- grids and dimensions --------------------------------------------------------------------------------------------

for name in ("atleast_1d", "atleast_2d", "atleast_3d"):
    op(
        name,
        [s(t()), s(t(3)), s(t(2, 3)), s(t(1, 2, 3)), s(t(), t(2)), s([t(2), t()])],
        method=False,
        node="",
        because="torch names a view of a 0-d tensor View or Unsqueeze by its rank",
    )
op(
    "broadcast_shapes",
    [s((2, 1), (3,)), s((), (2,)), s(2, (3, 1)), s(), s((0, 1), (1, 4)), s((1, 1), (5, 1, 1))],
    dtypes=("float32",),
    differentiable=False,
    method=False,
    errors=[bad(RuntimeError, (2,), (3,)), bad(RuntimeError, (2,), (-1,))],
)
op(
    "meshgrid",
    [
        *[s(t(2), t(3), indexing=how) for how in ("ij", "xy")],
        *[s(t(2), t(3), t(4), indexing=how) for how in ("ij", "xy")],
        s([t(2), t(3)], indexing="ij"),
        s(t(2), indexing="xy"),
        s(t(2), t(), indexing="ij"),
        s(t(2), t(0), indexing="ij"),
    ],
    method=False,
    errors=[
        bad(RuntimeError, t(2), indexing="yx", says="yx"),
        bad(RuntimeError, t(2, 2), indexing="ij"),
        bad(RuntimeError, [], indexing="ij"),
        bad(RuntimeError, t(2), t(2, dtype="float64"), indexing="ij"),
    ],
)
op(
    "cartesian_prod",
    [s(t(2), t(3)), s(t(2), t(1), t(2)), s(t(3)), s(t(2), t(0))],
    method=False,
    errors=[bad(RuntimeError, t(2, 2)), bad(RuntimeError, t(2), t(2, dtype="float64"))],
)
op(
    "combinations",
    [
        s(t(4)),
        s(t(4), 3),
        s(t(3), 2, True),
        s(t(3), r=1),
        s(t(2), 3),
        s(t(3), 3, with_replacement=True),
        s(t(3), 0).value_only(),
    ],
    errors=[bad(RuntimeError, t(2, 2)), bad(RuntimeError, t(3), -1)],
    node="",
    because="torch masks a grid; here the rows are selected by index",
)
op("adjoint", [s(t(3, 4)), s(t(2, 3, 4))], errors=[bad(RuntimeError, t(3))])
op("Tensor.mH", [s(t(3, 4)), s(t(2, 3, 4))], errors=[bad(RuntimeError, t(3))])
op("Tensor.H", [s(t(3, 4))], errors=[bad(RuntimeError, t(3)), bad(RuntimeError, t(2, 2, 2))])
op("Tensor.broadcast_to", [s(t(3, 1), (3, 4)), s(t(3), [2, 3])])
op("movedim ints", [s(t(2, 3, 4), source=0, destination=-1)], dtypes=NUMBERS)
op("mT of vectors", [s(t(3, 4))], call=lambda e: lambda x: x.mT, errors=[bad(RuntimeError, given([1.0, 2.0]))])
op(
    "unravel_index",
    [s(index([1, 5]), (2, 3)), s(index([[0, -1]]), (2, 3)), s(index(4), 6), s(index(4), ()), s(index([7]), [2, 3])],
    dtypes=("int64",),
    differentiable=False,
    method=False,
    errors=[bad(TypeError, t(2), (2, 3)), bad(ValueError, index([1]), (2, -3))],
)
op(
    "split_with_sizes",
    [s(t(5, 3), [1, 4]), s(t(5, 3), (1, 0, 2), dim=-1)],
    errors=[bad(RuntimeError, t(5), [2, 2]), bad(TypeError, t(5), 2)],
)
