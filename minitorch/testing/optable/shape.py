"""Ops that move elements without changing them: shapes, orders, joining, parting."""

from __future__ import annotations

from .core import DType, bad, op, s, t

RESHAPES = [
    s(t(3, 4), (4, 3)),
    s(t(3, 4), (2, -1)),
    s(t(3, 4), (-1,)),
    s(t(2, 3, 4), (6, 2, 2)),
    s(t(2, 3, 4), (2, 12)),
    s(t(2, 3, 4), [4, 6]),
    s(t(1), ()),
    s(t(), (1, 1)),
    s(t(), (-1,)),
    s(t(0, 3), (3, 0)),
    s(t(0, 3), (-1, 3)),
    s(t(3, 4), (3, 4)),
    s(t(3, 4, layout="offset"), (12,)),
]
NO_RESHAPE = [
    bad(RuntimeError, t(3, 4), (5, 2), says=("[5, 2]", "12")),
    bad(RuntimeError, t(3, 4), (5, -1), says="[5, -1]"),
    bad(RuntimeError, t(3, 4), (-1, -1)),
    bad(RuntimeError, t(3, 4), (-2, 6)),
    bad(RuntimeError, t(0, 3), (0, -1)),
]
op(
    "reshape",
    [*RESHAPES, s(t(4, 3, layout="transposed"), (6, 2)), s(t(4, 3, layout="expanded"), (12,)).at_kink()],
    errors=NO_RESHAPE,
    node="",
    because="torch records View, UnsafeView or Reshape by whether it had to copy",
)
op(
    "Tensor.reshape",
    [s(t(3, 4), 4, 3), s(t(3, 4), -1), s(t(3, 4), (2, 6)), s(t(1), ())],
    errors=[bad(RuntimeError, t(3, 4), 5, 2)],
    node="",
    because="as reshape",
)
op(
    "Tensor.view",
    RESHAPES + [s(t(3, 4), 4, 3), s(t(3, 4), -1)],
    errors=[
        *NO_RESHAPE,
        bad(RuntimeError, t(4, 3, layout="transposed"), (12,), says="reshape"),
        bad(RuntimeError, t(4, 3, layout="expanded"), (12,)),
    ],
)
op("Tensor.view_as", [s(t(3, 4), t(2, 6, grad=False))])
op("Tensor.reshape_as", [s(t(3, 4), t(2, 6, grad=False))], node="", because="as reshape")
op(
    "flatten",
    [
        s(t(2, 3, 4)),
        s(t(2, 3, 4), 1),
        s(t(2, 3, 4), 0, 1),
        s(t(2, 3, 4), start_dim=-2),
        s(t(2, 3, 4), end_dim=-2),
        s(t(3)),
        s(t()),
        s(t(2, 0, 3)),
        s(t(4, 3, 2, layout="transposed"), 1),
        s(t(2, 3), 1, 1),
    ],
    errors=[bad(IndexError, t(2, 3), 2), bad(IndexError, t(2, 3), 0, 2), bad(RuntimeError, t(2, 3), 1, 0)],
    node="",
    because="as reshape",
)
op(
    "unflatten",
    [s(t(6, 2), 0, (2, 3)), s(t(2, 12), -1, (3, -1)), s(t(2, 12, layout="transposed"), 1, (3, 2, 2))],
    errors=[bad(RuntimeError, t(6), 0, (4, 2))],
)
op(
    "squeeze",
    [
        s(t(1, 3, 1, 2)),
        s(t(1, 3, 1), 0),
        s(t(1, 3, 1), dim=-1),
        s(t(1, 3, 1), 1),
        s(t(1, 3, 1), (0, 2)),
        s(t(3)),
        s(t()),
        s(t(), 0),
        s(t(1, 0)),
        s(t(2, 1, 3, layout="transposed"), 1),
    ],
    errors=[bad(IndexError, t(1, 3), 2)],
)
op(
    "unsqueeze",
    [
        s(t(3, 4), 0),
        s(t(3, 4), 1),
        s(t(3, 4), 2),
        s(t(3, 4), -1),
        s(t(3, 4), dim=-3),
        s(t(), 0),
        s(t(0, 2), 1),
        s(t(4, 3, layout="transposed"), 1),
    ],
    errors=[bad(IndexError, t(3), 2), bad(IndexError, t(3), -3)],
)
op(
    "transpose",
    [
        s(t(3, 4), 0, 1),
        s(t(2, 3, 4), 0, -1),
        s(t(2, 3, 4), dim0=1, dim1=2),
        s(t(2, 3), 1, 1),
        s(t(), 0, 0),
        s(t(0, 3), 0, 1),
        s(t(2, 3, 4, layout="strided"), 1, 0),
    ],
    errors=[bad(IndexError, t(3, 4), 0, 2)],
)
op(
    "t",
    [s(t(3, 4)), s(t(5)), s(t())],
    errors=[bad(RuntimeError, t(2, 3, 4), says="3")],
    node="",
    because="torch's t of a vector is an alias with a node of its own",
)
op("Tensor.T", [s(t(3, 4)), s(t(0, 2)), s(t(3, 4, layout="transposed"))])
op("Tensor.mT", [s(t(3, 4)), s(t(2, 3, 4))])
op(
    "permute",
    [
        s(t(2, 3, 4), (2, 0, 1)),
        s(t(2, 3, 4), (-1, 1, 0)),
        s(t(3, 4), dims=(1, 0)),
        s(t(), ()),
        s(t(2, 0, 3), (1, 2, 0)),
        s(t(2, 3, 4, layout="transposed"), (0, 2, 1)),
    ],
    errors=[bad(RuntimeError, t(2, 3), (0,)), bad(RuntimeError, t(2, 3), (0, 0)), bad(IndexError, t(2, 3), (0, 2))],
)
op("Tensor.permute", [s(t(2, 3, 4), 2, 0, 1), s(t(2, 3, 4), (2, 0, 1))])
op(
    "movedim",
    [s(t(2, 3, 4), 0, 2), s(t(2, 3, 4), (0, 1), (-1, 0)), s(t(2, 3, 4), -1, 0)],
    errors=[bad(IndexError, t(2, 3), 0, 5)],
)
op("moveaxis", [s(t(2, 3, 4), 0, 2), s(t(2, 3, 4), (0, 1), (-1, 0))])
op("swapaxes", [s(t(2, 3, 4), 0, 2)])
op("swapdims", [s(t(2, 3, 4), 0, -1)])
op("ravel", [s(t(2, 3)), s(t()), s(t(4, 3, layout="transposed"))], node="", because="as reshape")
op(
    "Tensor.expand",
    [
        s(t(3, 1), 3, 4),
        s(t(3, 1), (3, 4)),
        s(t(3), 2, 3),
        s(t(1, 3, 1), 2, -1, 4),
        s(t(), 2, 3),
        s(t(3, 4), 3, 4),
        s(t(1, 3), 0, 3),
        s(t(), ()),
        s(t(3, 1, layout="transposed"), 2, 3, 4),
    ],
    errors=[bad(RuntimeError, t(3), 4, says=("3", "4")), bad(RuntimeError, t(2, 3), 3), bad(RuntimeError, t(3), -1, 3)],
)
op("broadcast_to", [s(t(3, 1), (3, 4)), s(t(3), (2, 3)), s(t(), (2,))], errors=[bad(RuntimeError, t(3), (4,))])
op(
    "broadcast_tensors",
    [s(t(3, 1), t(4)), s(t(), t(2, 1), t(1, 3)), s(t(2))],
    method=False,
    errors=[bad(RuntimeError, t(3), t(4))],
)
op("Tensor.expand_as", [s(t(3, 1), t(3, 4, grad=False))])
op(
    "Tensor.repeat",
    [s(t(2, 3), 2, 1), s(t(2, 3), (1, 3)), s(t(3), 2, 2), s(t(), 3), s(t(2, 3), 2, 1, 2), s(t(2), 0)],
    errors=[bad(RuntimeError, t(2, 3), 2)],
)
op("tile", [s(t(2, 3), (2,)), s(t(2, 3), (2, 1)), s(t(3), (2, 2)), s(t(), (3,))], node="", because="made of other ops")
op(
    "cat",
    [
        s([t(2, 3), t(4, 3)]),
        s((t(2, 3), t(2, 1), t(2, 4)), 1),
        s([t(2, 3), t(2, 3)], dim=-1),
        s([t(2)]),
        s([t(0), t(2, 3)]),
        s([t(0, 3), t(2, 3)]),
        s([t(3, 2, layout="transposed"), t(3, 2, layout="strided")], 1),
        s([t(2), t(2, dtype="int64")]),
        s([t(2), t(2, dtype="float64")]),
    ],
    errors=[
        bad(RuntimeError, [t(2, 3), t(2, 4)], says=("3", "4")),
        bad(RuntimeError, [t(2, 3), t(3)], says=("2", "1")),
        bad(IndexError, [t(2, 3), t(2, 3)], 2),
        bad(ValueError, []),
        bad(TypeError, t(2, 3)),
        bad(RuntimeError, [t(), t()]),
        bad(TypeError, [t(2), 1.0]),
    ],
)
x = t(2, 3)
op("cat twice", [s([x, x], 1), s([x, t(1, 3), x])])
op(
    "stack",
    [
        s([t(2, 3), t(2, 3)]),
        s((t(2, 3), t(2, 3), t(2, 3)), 1),
        s([t(2, 3), t(2, 3)], dim=-1),
        s([t(), t()]),
        s([t(0, 2), t(0, 2)], 1),
        s([t(3, 2, layout="transposed"), t(3, 2)], 2),
        s([t(2), t(2, dtype="float64")]),
    ],
    errors=[
        bad(RuntimeError, [t(2, 3), t(3, 2)], says=("[2, 3]", "[3, 2]")),
        bad(RuntimeError, []),
        bad(IndexError, [t(2), t(2)], 3),
    ],
)
op(
    "hstack",
    [s([t(2, 3), t(2, 1)]), s([t(3), t(2)]), s([t(), t()])],
    node="",
    because="made of cat",
    errors=[bad(RuntimeError, [t(2, 3), t(3, 3)])],
)
op(
    "vstack",
    [s([t(2, 3), t(1, 3)]), s([t(3), t(3)]), s([t(), t()])],
    node="",
    because="made of cat",
    errors=[bad(RuntimeError, [t(2, 3), t(2, 4)])],
)
for name in ("concat", "concatenate"):
    op(name, [s([t(2, 3), t(1, 3)]), s((t(2, 3), t(2, 1)), dim=1)])
op(
    "split",
    [
        s(t(5, 3), 2),
        s(t(5, 3), 2, 1),
        s(t(5, 3), [1, 4]),
        s(t(5, 3), [1, 0, 2], dim=-1),
        s(t(5), 7),
        s(t(0, 3), 2),
        s(t(5, 3, layout="transposed"), 2),
    ],
    errors=[
        bad(RuntimeError, t(5), [2, 2], says=("5", "[2, 2]")),
        bad(RuntimeError, t(5), -1),
        bad(IndexError, t(5), 2, 1),
        bad(RuntimeError, t(5), [6, -1]),
    ],
)
op(
    "chunk",
    [s(t(5, 3), 2), s(t(5, 3), 2, 1), s(t(5, 3), 3, dim=-1), s(t(2), 5), s(t(7), 3), s(t(0, 3), 2)],
    errors=[bad(RuntimeError, t(5), 0), bad(IndexError, t(5), 2, 1)],
)
op(
    "unbind",
    [s(t(3, 4)), s(t(3, 4), 1), s(t(3, 4), dim=-1), s(t(2)), s(t(0, 3)), s(t(4, 3, layout="transposed"), 1)],
    errors=[bad(IndexError, t(3), 1)],
)
op(
    "narrow",
    [
        s(t(5, 3), 0, 1, 3),
        s(t(5, 3), -1, 1, 2),
        s(t(5, 3), 1, 0, 0),
        s(t(5, 3), 0, -2, 2),
        s(t(5, 3, layout="transposed"), 0, 2, 2),
    ],
    errors=[bad(RuntimeError, t(5), 0, 3, 4), bad(IndexError, t(5), 0, 6, 1), bad(RuntimeError, t(5), 0, 0, -1)],
)
op(
    "select",
    [s(t(3, 4), 0, 1), s(t(3, 4), 1, -1), s(t(3, 4), -1, 2), s(t(3), 0, 0)],
    errors=[bad(IndexError, t(3, 4), 0, 3), bad(IndexError, t(), 0, 0), bad(IndexError, t(3), 1, 0)],
)
op(
    "flip",
    [
        s(t(3, 4), (0,)),
        s(t(3, 4), (0, 1)),
        s(t(3, 4), [-1]),
        s(t(0, 2), (0,)),
        s(t(3, 4, layout="transposed"), (1,)),
        s(t(3), ()),
    ],
    errors=[bad(IndexError, t(3), (1,)), bad(RuntimeError, t(3), (0, 0))],
)
op(
    "roll",
    [
        s(t(3, 4), 1),
        s(t(3, 4), 1, 0),
        s(t(3, 4), (1, -2), (0, 1)),
        s(t(3, 4), shifts=-5, dims=-1),
        s(t(), 2),
        s(t(0, 2), 1, 0),
    ],
    errors=[bad(IndexError, t(3), 1, 1), bad(RuntimeError, t(3, 4), (1, 2), 0)],
    node="",
    because="may be made of other ops",
)
op("Tensor.numel", [s(t(3, 4)), s(t())], differentiable=False)
op(
    "Tensor.size",
    [s(t(3, 4)), s(t()), s(t(3, 4), -1), s(t(3, 4), 0)],
    differentiable=False,
    errors=[bad(IndexError, t(3), 1)],
)
op("Tensor.stride", [s(t(3, 4)), s(t(3, 4), 0), s(t(3, 4, layout="transposed"))], differentiable=False)
op(
    "Tensor.is_contiguous",
    [s(t(3, 4)), s(t(3, 4, layout="transposed")), s(t()), s(t(3, 4, layout="strided"))],
    differentiable=False,
)
op("Tensor.tolist", [s(t(2, 3)), s(t()), s(t(0, 2))], differentiable=False)
op("Tensor.item", [s(t()), s(t(1, 1))], differentiable=False, errors=[bad(RuntimeError, t(2)), bad(RuntimeError, t(0))])

# ---- making tensors --------------------------------------------------------------------------------------------------

for name in ("zeros", "ones"):
    op(
        name,
        [s(3, 4), s((2, 3)), s([2]), s(()), s(0, 2), s(2, dtype=DType("int64")), s(size=(2, 3))],
        dtypes=("float32",),
        differentiable=False,
        errors=[bad(RuntimeError, -1), bad(TypeError, 2.5)],
    )
op(
    "full",
    [s((2, 3), 1.5), s((2,), 3), s((), True), s([2, 2], 1, dtype=DType("float64"))],
    dtypes=("float32",),
    differentiable=False,
)
for name in ("zeros_like", "ones_like"):
    op(
        name,
        [s(t(3, 4)), s(t()), s(t(2), dtype=DType("float64")), s(t(3, 2, layout="transposed"))],
        differentiable=False,
    )
op("full_like", [s(t(3, 4), 2), s(t(2), 0.5, dtype=DType("float64"))], differentiable=False)
op(
    "arange",
    [
        s(5),
        s(2, 7),
        s(1, 10, 3),
        s(5.0),
        s(0, 1, 0.25),
        s(5, 0, -2),
        s(3, dtype=DType("float32")),
        s(start=1, end=4),
        s(0),
    ],
    dtypes=("float32",),
    differentiable=False,
    errors=[bad(RuntimeError, 1, 5, 0), bad(RuntimeError, 5, 1)],
)
op(
    "linspace",
    [s(0, 1, 5), s(-2.0, 3.0, 7), s(3, 3, 1), s(0, 1, 0), s(0, 10, 11, dtype=DType("float64"))],
    dtypes=("float32",),
    differentiable=False,
    errors=[bad(RuntimeError, 0, 1, -1)],
)
op("eye", [s(3), s(2, 4), s(0), s(3, dtype=DType("int64"))], dtypes=("float32",), differentiable=False)
op(
    "tensor",
    [
        s([1, 2]),
        s([1.0, 2]),
        s([[True, False]]),
        s(3),
        s(2.5),
        s([]),
        s([[]]),
        s([1, 2], dtype=DType("float64")),
        s([[1, 2], [3, 4.5]]),
    ],
    dtypes=("float32",),
    differentiable=False,
    errors=[bad(ValueError, [[1, 2], [3]]), bad(ValueError, ["a"]), bad(RuntimeError, [1, 2], requires_grad=True)],
)
op("Tensor.new_zeros", [s(t(2), 3, 4), s(t(2), (3, 4))], differentiable=False)
op(
    "Tensor.new_empty_strided",
    [s(t(2), (2, 3), (1, 2)), s(t(2), (2, 0), (1, 1))],
    differentiable=False,
    call=lambda e: lambda x, *where: x.new_empty_strided(*where).stride(),
)
op("Tensor.new_tensor", [s(t(2, dtype="float64"), [1, 2])], dtypes=("float32",), differentiable=False)
