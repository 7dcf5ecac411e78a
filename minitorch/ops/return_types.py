"""What operations with two results return: named tuples that print like PyTorch's.

Source: https://docs.pytorch.org/docs/stable/generated/torch.max.html
"""

from __future__ import annotations

from typing import Any, NamedTuple


class _ValuesAndIndices(NamedTuple):
    values: Any
    indices: Any

    def __repr__(self) -> str:
        return f"torch.return_types.{type(self).__name__}(\nvalues={self.values!r},\nindices={self.indices!r})"


class max(_ValuesAndIndices):
    """What `minitorch.max` with `dim` returns: ``(values, indices)``."""


class min(_ValuesAndIndices):
    """What `minitorch.min` with `dim` returns: ``(values, indices)``."""


class sort(_ValuesAndIndices):
    """What `minitorch.sort` returns: ``(values, indices)``."""


class topk(_ValuesAndIndices):
    """What `minitorch.topk` returns: ``(values, indices)``."""


class frexp(NamedTuple):
    """What `minitorch.frexp` returns: ``(mantissa, exponent)``."""

    mantissa: Any
    exponent: Any

    def __repr__(self) -> str:
        return f"torch.return_types.frexp(\nmantissa={self.mantissa!r},\nexponent={self.exponent!r})"
