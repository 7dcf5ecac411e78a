"""What an in-place change of a view means for the tensor that owns the memory."""

from __future__ import annotations

from typing import Any

from ..device import array_module
from ..tensor import Tensor
from .op import Op


def follow_path(x: Any, path: tuple[tuple[Any, int], ...]) -> Any:
    """Lead `x` (an array or a Tensor) through the view operations of `path`."""
    for op, nr in path:
        result = op.replay(x)
        x = result[nr] if isinstance(result, tuple) else result
    return x


class ViewScatter(Op, label="CopySlices"):
    """out = base with its part `view(base)` replaced by value.

    ∂/∂base: g outside the part, 0 inside; ∂/∂value: the part of g. This is how the base learns that a view of it was
    changed: instead of rewriting history, its new value is one more operation on the old one.
    """

    def __init__(self, path: tuple[tuple[Any, int], ...]) -> None:
        self.path = path

    def forward(self, base: Any, value: Any) -> Any:
        xp = array_module(base)
        out = xp.array(base, order="C")  # in C order every path that was a view of the base is a view of the copy
        part = follow_path(out, self.path)
        if part.size and not xp.may_share_memory(part, out):
            raise RuntimeError(f"{self.path[-1][0].name()}: this view cannot be changed in place; clone() it first")
        part[...] = value
        return out

    def backward(self, g: Any) -> Any:
        return ViewScatter(self.path)(g, 0.0), follow_path(g, self.path)

    def record_into(self, base: Tensor, value: Tensor) -> None:
        """Give `base`, whose memory already holds the result, the history of this operation."""
        self.needs = [base._requires_grad, True]
        self.record((base, value), (base,))
