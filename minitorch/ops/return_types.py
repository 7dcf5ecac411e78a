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


class _Several:
    """Named results of linear algebra, printed one a line as PyTorch prints them."""

    def __repr__(self) -> str:
        lines = ",\n".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))  # type: ignore
        return f"torch.return_types.{type(self).__name__}(\n{lines})"


def _named(name: str, *fields: str) -> type:
    base = NamedTuple(name, [(field, Any) for field in fields])  # type: ignore[misc]
    doc = f"What ``{name.replace('linalg_', 'linalg.')}`` returns: ``({', '.join(fields)})``."
    return type(name, (_Several, base), {"__doc__": doc, "__module__": __name__})


linalg_eigh = _named("linalg_eigh", "eigenvalues", "eigenvectors")
linalg_lstsq = _named("linalg_lstsq", "solution", "residuals", "rank", "singular_values")
linalg_qr = _named("linalg_qr", "Q", "R")
linalg_slogdet = _named("linalg_slogdet", "sign", "logabsdet")
linalg_svd = _named("linalg_svd", "U", "S", "Vh")
qr = _named("qr", "Q", "R")
slogdet = _named("slogdet", "sign", "logabsdet")
svd = _named("svd", "U", "S", "V")
frexp = _named("frexp", "mantissa", "exponent")
