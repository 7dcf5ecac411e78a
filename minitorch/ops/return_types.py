"""What operations with several results return: named tuples that print like PyTorch's.

Source: https://docs.pytorch.org/docs/stable/generated/torch.max.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ..tensor import Tensor


class _Shown:
    def __repr__(self) -> str:
        values: Any = self
        fields = ",\n".join(f"{name}={value!r}" for name, value in zip(values._fields, values, strict=True))
        return f"torch.return_types.{type(self).__name__}(\n{fields})"


class _MinMax(NamedTuple):
    min: Tensor
    max: Tensor


class _ValuesIndices(NamedTuple):
    values: Tensor
    indices: Tensor


class _MantissaExponent(NamedTuple):
    mantissa: Tensor
    exponent: Tensor


class _HistBinEdges(NamedTuple):
    hist: Tensor
    bin_edges: Tensor


class _Eigen(NamedTuple):
    eigenvalues: Tensor
    eigenvectors: Tensor


class _Solution(NamedTuple):
    solution: Tensor
    residuals: Tensor
    rank: Tensor
    singular_values: Tensor


class _QR(NamedTuple):
    Q: Tensor
    R: Tensor


class _SignLogabsdet(NamedTuple):
    sign: Tensor
    logabsdet: Tensor


class _USVh(NamedTuple):
    U: Tensor
    S: Tensor
    Vh: Tensor


class _USV(NamedTuple):
    U: Tensor
    S: Tensor
    V: Tensor


class aminmax(_Shown, _MinMax):
    """What `minitorch.aminmax` returns: ``(min, max)``."""


class cummax(_Shown, _ValuesIndices):
    """What `minitorch.cummax` returns: ``(values, indices)``."""


class cummin(_Shown, _ValuesIndices):
    """What `minitorch.cummin` returns: ``(values, indices)``."""


class frexp(_Shown, _MantissaExponent):
    """What `minitorch.frexp` returns: ``(mantissa, exponent)``."""


class histogram(_Shown, _HistBinEdges):
    """What `minitorch.histogram` returns: ``(hist, bin_edges)``."""


class kthvalue(_Shown, _ValuesIndices):
    """What `minitorch.kthvalue` returns: ``(values, indices)``."""


class linalg_eigh(_Shown, _Eigen):
    """What `minitorch.linalg.eigh` returns: ``(eigenvalues, eigenvectors)``."""


class linalg_lstsq(_Shown, _Solution):
    """What `minitorch.linalg.lstsq` returns: ``(solution, residuals, rank, singular_values)``."""


class linalg_qr(_Shown, _QR):
    """What `minitorch.linalg.qr` returns: ``(Q, R)``."""


class linalg_slogdet(_Shown, _SignLogabsdet):
    """What `minitorch.linalg.slogdet` returns: ``(sign, logabsdet)``."""


class linalg_svd(_Shown, _USVh):
    """What `minitorch.linalg.svd` returns: ``(U, S, Vh)``."""


class max(_Shown, _ValuesIndices):
    """What `minitorch.max` returns: ``(values, indices)``."""


class median(_Shown, _ValuesIndices):
    """What `minitorch.median` returns: ``(values, indices)``."""


class min(_Shown, _ValuesIndices):
    """What `minitorch.min` returns: ``(values, indices)``."""


class mode(_Shown, _ValuesIndices):
    """What `minitorch.mode` returns: ``(values, indices)``."""


class nanmedian(_Shown, _ValuesIndices):
    """What `minitorch.nanmedian` returns: ``(values, indices)``."""


class qr(_Shown, _QR):
    """What `minitorch.qr` returns: ``(Q, R)``."""


class slogdet(_Shown, _SignLogabsdet):
    """What `minitorch.slogdet` returns: ``(sign, logabsdet)``."""


class sort(_Shown, _ValuesIndices):
    """What `minitorch.sort` returns: ``(values, indices)``."""


class svd(_Shown, _USV):
    """What `minitorch.svd` returns: ``(U, S, V)``."""


class topk(_Shown, _ValuesIndices):
    """What `minitorch.topk` returns: ``(values, indices)``."""
