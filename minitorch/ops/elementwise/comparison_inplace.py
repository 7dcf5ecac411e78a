"""Comparisons that overwrite what they compare: x becomes 0 or 1, in its own dtype, with slope 0."""

from __future__ import annotations

from typing import Any

from ...autograd.op import Op
from ...tensor import Tensor
from ..checks import zeros_like
from . import comparison

__all__: list[str] = []


class _Compared(Op):
    """z = the truth of a comparison of x, as 0 or 1 in x's dtype;  slope 0 for both sides."""

    def __init__(self, truth: Any) -> None:
        self.truth = truth

    def forward(self, x: Any, *others: Any) -> Any:
        return self.truth.astype(x.dtype)

    def backward(self, g: Any) -> Any:
        return tuple(zeros_like(g) if need else None for need in self.needs)


class Eq(_Compared):
    """z = 1 where x = y, else 0;  slope 0."""


class Ne(_Compared):
    """z = 1 where x ≠ y, else 0;  slope 0."""


class Lt(_Compared):
    """z = 1 where x < y, else 0;  slope 0."""


class Le(_Compared):
    """z = 1 where x ≤ y, else 0;  slope 0."""


class Gt(_Compared):
    """z = 1 where x > y, else 0;  slope 0."""


class Ge(_Compared):
    """z = 1 where x ≥ y, else 0;  slope 0."""


_CLASSES = {"eq": Eq, "ne": Ne, "lt": Lt, "le": Le, "gt": Gt, "ge": Ge}


def compared_(name: str, input: Tensor, other: Any) -> Tensor:
    """The in-place form of the comparison `name`."""
    truth = getattr(comparison, name)(input, other)._array
    if truth.shape != input._array.shape:
        raise RuntimeError(
            f"output with shape {list(input.shape)} doesn't match the broadcast shape {list(truth.shape)} ({name}_)"
        )
    others = (other,) if isinstance(other, Tensor) else ()
    return input._update(_CLASSES[name](truth)(input, *others))
