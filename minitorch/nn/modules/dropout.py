"""Dropout.

Source: N. Srivastava et al., Dropout, https://jmlr.org/papers/v15/srivastava14a.html
"""

from __future__ import annotations

from ...tensor import Tensor
from .. import functional as F
from .module import Module


class _Dropout(Module):
    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if p < 0 or p > 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p = p
        self.inplace = inplace

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """In training, each element is zero with probability `p`, and the others are multiplied by 1/(1 − p).

    So the expected value stays. In evaluation nothing happens.

    Shapes: input of any shape → the same.
    Errors: ValueError for a `p` outside 0 … 1; RuntimeError for integers in training, and with `inplace` for a leaf
    that requires gradients.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout.html

    >>> import minitorch as torch
    >>> torch.nn.Dropout(0.5).eval()(torch.ones(3))
    tensor([1., 1., 1.])
    """

    def forward(self, input: Tensor) -> Tensor:
        """`input` with elements dropped."""
        return F.dropout(input, self.p, self.training, self.inplace)


class Dropout2d(_Dropout):
    """`Dropout` of whole channels: one draw per image and channel.

    Shapes: input (N, C, H, W) or (N, C, L) → the same; (C, H, W) counts as (N, C, L).
    Errors: ValueError for a `p` outside 0 … 1; RuntimeError, in training, for an input of fewer than 2 dimensions.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout2d.html

    >>> import minitorch as torch
    >>> torch.nn.Dropout2d(0.5)(torch.ones(2, 3, 4, 4)).shape
    torch.Size([2, 3, 4, 4])
    """

    def forward(self, input: Tensor) -> Tensor:
        """`input` with channels dropped."""
        return F.dropout2d(input, self.p, self.training, self.inplace)


class Dropout1d(_Dropout):
    """`Dropout` of whole channels: one draw per sequence and channel.

    Shapes: input (N, C, L) or (C, L) → the same.
    Errors: ValueError for a `p` outside 0 … 1; RuntimeError for another rank.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout1d.html

    >>> import minitorch as torch
    >>> torch.nn.Dropout1d(0.5)(torch.ones(2, 3, 4)).shape
    torch.Size([2, 3, 4])
    """

    def forward(self, input: Tensor) -> Tensor:
        """`input` with channels dropped."""
        return F.dropout1d(input, self.p, self.training, self.inplace)


class Dropout3d(_Dropout):
    """`Dropout` of whole channels: one draw per volume and channel.

    Shapes: input (N, C, D, H, W) or (C, D, H, W) → the same.
    Errors: ValueError for a `p` outside 0 … 1.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout3d.html

    >>> import minitorch as torch
    >>> torch.nn.Dropout3d(0.5)(torch.ones(2, 3, 4, 4, 4)).shape
    torch.Size([2, 3, 4, 4, 4])
    """

    def forward(self, input: Tensor) -> Tensor:
        """`input` with channels dropped."""
        return F.dropout3d(input, self.p, self.training, self.inplace)


class AlphaDropout(_Dropout):
    """The dropout that goes with `SELU`: it keeps the mean 0 and the variance 1 of its input.

    Dropped elements become SELU's value far to the left, about −1.758; then all are scaled and shifted. `inplace` is
    shown, but nothing is overwritten, as in PyTorch.

    Shapes: input of any shape → the same.
    Errors: ValueError for a `p` outside 0 … 1; RuntimeError for integers in training.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.AlphaDropout.html

    >>> import minitorch as torch
    >>> torch.nn.AlphaDropout(0.5).eval()(torch.ones(3))
    tensor([1., 1., 1.])
    """

    def forward(self, input: Tensor) -> Tensor:
        """`input` with elements dropped."""
        return F.alpha_dropout(input, self.p, self.training)


class FeatureAlphaDropout(_Dropout):
    """`AlphaDropout` of whole channels: one draw per element of the batch and channel.

    Shapes: input (N, C, …) → the same.
    Errors: ValueError for a `p` outside 0 … 1; RuntimeError for fewer than two dimensions.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.FeatureAlphaDropout.html

    >>> import minitorch as torch
    >>> torch.nn.FeatureAlphaDropout(0.5)(torch.ones(2, 3, 4, 4)).shape
    torch.Size([2, 3, 4, 4])
    """

    def forward(self, input: Tensor) -> Tensor:
        """`input` with channels dropped."""
        return F.feature_alpha_dropout(input, self.p, self.training)
