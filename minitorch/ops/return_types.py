"""What operations with two results return: named tuples that print like PyTorch's.

Source: https://docs.pytorch.org/docs/stable/generated/torch.max.html
"""

from __future__ import annotations

from typing import Any, NamedTuple


def shown(result: Any) -> str:
    """A named tuple as PyTorch prints it, a field a line."""
    fields = ",\n".join(f"{name}={value!r}" for name, value in zip(result._fields, result, strict=True))
    return f"torch.return_types.{type(result).__name__}(\n{fields})"


class _ValuesAndIndices(NamedTuple):
    values: Any
    indices: Any

    __repr__ = shown


class aminmax(NamedTuple):
    """What `minitorch.aminmax` returns: ``(min, max)``."""

    min: Any
    max: Any

    __repr__ = shown


class cummax(_ValuesAndIndices):
    """What `minitorch.cummax` returns: ``(values, indices)``."""


class cummin(_ValuesAndIndices):
    """What `minitorch.cummin` returns: ``(values, indices)``."""


class histogram(NamedTuple):
    """What `minitorch.histogram` returns: ``(hist, bin_edges)``."""

    hist: Any
    bin_edges: Any

    __repr__ = shown


class kthvalue(_ValuesAndIndices):
    """What `minitorch.kthvalue` returns: ``(values, indices)``."""


class max(_ValuesAndIndices):
    """What `minitorch.max` with `dim` returns: ``(values, indices)``."""


class median(_ValuesAndIndices):
    """What `minitorch.median` with `dim` returns: ``(values, indices)``."""


class min(_ValuesAndIndices):
    """What `minitorch.min` with `dim` returns: ``(values, indices)``."""


class mode(_ValuesAndIndices):
    """What `minitorch.mode` returns: ``(values, indices)``."""


class nanmedian(_ValuesAndIndices):
    """What `minitorch.nanmedian` with `dim` returns: ``(values, indices)``."""


class sort(_ValuesAndIndices):
    """What `minitorch.sort` returns: ``(values, indices)``."""


class topk(_ValuesAndIndices):
    """What `minitorch.topk` returns: ``(values, indices)``."""
