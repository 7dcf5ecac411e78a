"""Flatten and Unflatten: reshaping as layers."""

from __future__ import annotations

from typing import Any

from ...tensor import Tensor
from .module import Module


class Flatten(Module):
    """Dimensions `start_dim` … `end_dim` become one: (N, C, H, W) → (N, C·H·W).

    Shapes: input (N, C, H, W) → (N, C·H·W), for the default dimensions.
    Errors: IndexError for a dimension that the input does not have; RuntimeError if start_dim comes after end_dim.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.modules.flatten.Flatten.html

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
    """Dimension `dim` becomes several, of the sizes in `unflattened_size`; one may be −1, and is worked out.

    Shapes: input (N, C·H·W) → (N, C, H, W) with ``Unflatten(1, (C, H, W))``.
    Errors: TypeError for sizes that are no tuple of ints; RuntimeError if their product is not the size of `dim`;
    IndexError for a `dim` that the input does not have.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.modules.flatten.Unflatten.html

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
