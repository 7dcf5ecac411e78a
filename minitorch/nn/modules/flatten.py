"""Flatten and Unflatten: reshaping as layers."""

from __future__ import annotations

from typing import Any

from ...tensor import Tensor
from .module import Module


class Flatten(Module):
    """Dimensions `start_dim` … `end_dim` become one: (N, C, H, W) → (N, C·H·W).

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Flatten.html

    >>> import minitorch as torch
    >>> torch.nn.Flatten()(torch.zeros(4, 16, 5, 5)).shape
    torch.Size([4, 400])
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Tensor) -> Tensor:
        """`input`, flattened."""
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Dimension `dim` becomes several: (N, C·H·W) → (N, C, H, W) with ``Unflatten(1, (C, H, W))``; one may be −1.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Unflatten.html

    >>> import minitorch as torch
    >>> torch.nn.Unflatten(1, (16, 5, -1))(torch.zeros(4, 400)).shape
    torch.Size([4, 16, 5, 5])
    """

    def __init__(self, dim: int, unflattened_size: Any) -> None:
        super().__init__()
        if not isinstance(unflattened_size, tuple | list):
            raise TypeError(
                f"unflattened_size must be a tuple of ints, but found type {type(unflattened_size).__name__}"
            )
        for i, size in enumerate(unflattened_size):
            if not isinstance(size, int):
                raise TypeError(
                    f"unflattened_size must be tuple of ints, but found element of type {type(size).__name__} at pos {i}"
                )
        self.dim = dim
        self.unflattened_size: tuple[int, ...] | list[int] = unflattened_size

    def forward(self, input: Tensor) -> Tensor:
        """`input` with `dim` split up."""
        return input.unflatten(self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
