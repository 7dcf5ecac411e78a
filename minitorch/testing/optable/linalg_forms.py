"""Linear algebra in other forms: from a Cholesky factor, of tensors as matrices, of powers."""

from __future__ import annotations

from typing import Any

from .core import FLOATS, NUMBERS, bad, given, op, s, t
from .linalg import GOOD, WHY, square

PARTS = "; made of triangular systems"


def _of_triangle(name: Any) -> Any:
    """A function of a factor, given its triangle alone: torch has a gradient for the other too, which is not read."""

    def on(engine: Any) -> Any:
        def solve(b: Any, x: Any, upper: Any = False) -> Any:
            return engine.cholesky_solve(b, x.triu() if upper else x.tril(), upper)

        def inverse(x: Any, upper: Any = False) -> Any:
            return engine.cholesky_inverse(x.triu() if upper else x.tril(), upper)

        return solve if name == "cholesky_solve" else inverse

    return on


op(
    "cholesky_solve",
    [
        s(t(3, 2), square(3, 3)),
        s(t(3, 2), square(3, 3), True),
        s(t(2, 3, 2), square(3, 3)),
        s(t(3, 2), square(2, 3, 3), upper=True),
        s(t(0, 2), t(0, 0)),
    ],
    dtypes=FLOATS,
    tolerance=GOOD,
    second=1e-9,
    because=WHY + PARTS,
    node="",
    layouts=("transposed", "strided", "offset"),
    call=_of_triangle("cholesky_solve"),
    errors=[
        bad(RuntimeError, t(2, 2), t(3, 3), says=("3 by 3", "2 by 2")),
        bad(RuntimeError, t(3), t(3, 3)),
        bad(RuntimeError, t(3, 2), t(3, 2)),
        bad(RuntimeError, t(3, 2), t(3, 3, dtype="float64")),
        bad(NotImplementedError, t(3, 2), t(3, 3), dtype="int64"),
    ],
)
op(
    "cholesky_inverse",
    [s(square(3, 3)), s(square(2, 3, 3), True), s(square(3, 3), upper=True), s(t(0, 0))],
    dtypes=FLOATS,
    tolerance=GOOD,
    second=1e-9,
    because=WHY + PARTS,
    node="",
    layouts=("transposed", "strided", "offset"),
    call=_of_triangle("cholesky_inverse"),
    errors=[bad(RuntimeError, t(2, 3)), bad(NotImplementedError, t(2, 2), dtype="int64")],
)


def reshaped(name: Any, shape: Any) -> Any:
    """A function of well-conditioned matrices read as tensors of `shape`."""
    return lambda engine: lambda x, *args, **kwargs: getattr(engine.linalg, name)(x.reshape(shape), *args, **kwargs)


op(
    "linalg.tensorinv",
    [s(square(6, 6)), s(square(6, 6), ind=2)],
    dtypes=FLOATS,
    tolerance=GOOD,
    second=1e-9,
    because=WHY + "; the last step is a view or a copy by the layout of the inverse",
    node="",
    call=reshaped("tensorinv", (2, 3, 6)),
)
op(
    "linalg.tensorinv of one dimension",
    [s(t(3, 3), 1).value_only()],
    dtypes=FLOATS,
    tolerance={"float32": (1e-3, 1e-3), "float64": (1e-12, 1e-12)},
    because="any matrix, of whatever condition",
    errors=[bad(RuntimeError, t(2, 3, 5)), bad(RuntimeError, t(2, 2), 0, says="0")],
)
op(
    "linalg.tensorsolve",
    [s(square(6, 6), t(2, 3)), s(square(6, 6), t(2, 3), dims=(-1,)), s(square(6, 6), t(2, 3), dims=None)],
    dtypes=FLOATS,
    tolerance=GOOD,
    second=1e-9,
    because=WHY,
    layouts=("transposed", "strided", "offset"),
    call=reshaped("tensorsolve", (2, 3, 6)),
)
op(
    "linalg.tensorsolve with dimensions moved",
    [s(given([[[2.0, 0.1], [0.2, 3.0]]]), t(1, 2), (1,)).value_only()],
    dtypes=FLOATS,
    tolerance=GOOD,
    because=WHY,
    errors=[bad(RuntimeError, t(2, 3, 6), t(2))],
)
op(
    "linalg.vander",
    [s(t(3)), s(t(3), N=4), s(t(3), N=2), s(t(2, 3)), s(t(), N=3), s(t(2, 0), N=2)],
    dtypes=NUMBERS,
    because="joined as a stack",
    node="",
    errors=[bad(RuntimeError, t(3), N=1), bad(RuntimeError, t()), bad(RuntimeError, t(3), dtype="bool")],
)
op(
    "vander",
    [s(t(3)), s(t(3), 4), s(t(3), 2, True), s(t(3), N=1), s(t(3), increasing=True), s(t(3), 0), s(t(0), 2)],
    differentiable=False,
    because="torch overwrites what its backward needs: tests/test_linalg.py checks the gradient",
    errors=[bad(RuntimeError, t(2, 2)), bad(RuntimeError, t(3), -1)],
)
