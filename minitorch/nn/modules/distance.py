"""Distances and similarities as layers."""

from __future__ import annotations

from typing import Any

from .. import functional as F
from .module import Module


class PairwiseDistance(Module):
    """‖x1 − x2 + eps‖ₚ along the last dimension, which goes unless `keepdim`.

    Shapes: x1 and x2 (N, D) or (D), or what broadcasts to that → (N), () or with `keepdim` (N, 1), (1).
    Errors: RuntimeError for shapes that do not broadcast; TypeError for a number in place of a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.PairwiseDistance.html

    >>> import minitorch as torch
    >>> torch.nn.PairwiseDistance()(torch.tensor([[0., 0.]]), torch.tensor([[3., 4.]]))
    tensor([5.0000])
    """

    __constants__: list[str] = ["norm", "eps", "keepdim"]

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm = p
        self.eps = eps
        self.keepdim = keepdim

    def forward(self, x1: Any, x2: Any) -> Any:
        """See `minitorch.nn.functional.pairwise_distance`."""
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)


class CosineSimilarity(Module):
    """The cosine of the angle between x1 and x2 along `dim`: x1·x2/(max(‖x1‖, eps)·max(‖x2‖, eps)).

    Shapes: x1 and x2 of shapes that broadcast → that shape without `dim`: (N, D), (N, D) → (N).
    Errors: RuntimeError for shapes that do not broadcast, and for integers; IndexError for a `dim` that there is not.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.CosineSimilarity.html

    >>> import minitorch as torch
    >>> torch.nn.CosineSimilarity()(torch.tensor([[1., 0.]]), torch.tensor([[1., 1.]]))
    tensor([0.7071])
    """

    __constants__: list[str] = ["dim", "eps"]

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, x1: Any, x2: Any) -> Any:
        """See `minitorch.nn.functional.cosine_similarity`."""
        return F.cosine_similarity(x1, x2, self.dim, self.eps)
