"""Pools that always tell where each maximum was: the names PyTorch gives to ``return_indices=True``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...tensor import Tensor
from . import adaptive_pooling, pooling_nd

__all__ = ["max_pool1d_with_indices"]  # adaptive_max_pool1d is another function in nn.functional


def max_pool1d_with_indices(
    input: Tensor, kernel_size: int | Sequence[int], stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0, dilation: int | Sequence[int] = 1, ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """`max_pool1d` with the place of each maximum, whatever `return_indices` says.

    Shapes: input (N, C, L) or (C, L) → (N, C, L_out), (N, C, L_out) or (C, L_out), (C, L_out), the maxima and their
    places.
    Errors: RuntimeError, NotImplementedError and TypeError as in `max_pool1d`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.max_pool1d.html

    >>> import minitorch as torch
    >>> torch.max_pool1d_with_indices(torch.tensor([[1., 5., 2., 3.]]), 2)
    (tensor([[5., 3.]]), tensor([[1, 3]]))
    """
    return pooling_nd.max_pool1d(input, kernel_size, stride, padding, dilation, ceil_mode, return_indices=True)


def max_pool3d_with_indices(
    input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """`max_pool3d` with the place of each maximum, whatever `return_indices` says.

    Shapes: input (N, C, D, H, W) or (C, D, H, W) → (N, C, OD, OH, OW), (N, C, OD, OH, OW) or (C, OD, OH, OW),
    (C, OD, OH, OW), the maxima and their places.
    Errors: RuntimeError, NotImplementedError and TypeError as in `max_pool3d`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.max_pool3d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.max_pool3d_with_indices(torch.arange(8.).reshape(1, 2, 2, 2), 2)
    (tensor([[[[7.]]]]), tensor([[[[7]]]]))
    """
    return pooling_nd.max_pool3d(input, kernel_size, stride, padding, dilation, ceil_mode, return_indices=True)


def adaptive_max_pool1d(input: Tensor, output_size: Any) -> tuple[Tensor, Tensor]:
    """``torch.adaptive_max_pool1d``: unlike the function of nn.functional, it always adds where each maximum was.

    Shapes: input (N, C, L) or (C, L) → (N, C, L_out), (N, C, L_out) or (C, L_out), (C, L_out), the maxima and their
    places.
    Errors: RuntimeError, NotImplementedError and TypeError as in `nn.functional.adaptive_max_pool1d`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool1d.html

    >>> import minitorch as torch
    >>> torch.adaptive_max_pool1d(torch.tensor([[1., 2., 6.]]), 1)
    (tensor([[6.]]), tensor([[2]]))
    """
    return adaptive_pooling.adaptive_max_pool1d(input, output_size, return_indices=True)


def adaptive_max_pool1d_with_indices(
    input: Tensor, output_size: Any, return_indices: bool = False
) -> tuple[Tensor, Tensor]:
    """`adaptive_max_pool1d` with the place of each maximum, whatever `return_indices` says.

    Shapes: input (N, C, L) or (C, L) → (N, C, L_out), (N, C, L_out) or (C, L_out), (C, L_out), the maxima and their
    places.
    Errors: RuntimeError, NotImplementedError and TypeError as in `adaptive_max_pool1d`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool1d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.adaptive_max_pool1d_with_indices(torch.tensor([[1., 2., 6.]]), 1)
    (tensor([[6.]]), tensor([[2]]))
    """
    return adaptive_pooling.adaptive_max_pool1d(input, output_size, return_indices=True)


def adaptive_max_pool2d_with_indices(
    input: Tensor, output_size: Any, return_indices: bool = False
) -> tuple[Tensor, Tensor]:
    """`adaptive_max_pool2d` with the place of each maximum, whatever `return_indices` says.

    Shapes: input (N, C, H, W) or (C, H, W) → (N, C, OH, OW), (N, C, OH, OW) or (C, OH, OW), (C, OH, OW), the maxima and
    their places.
    Errors: RuntimeError, NotImplementedError and TypeError as in `adaptive_max_pool2d`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool2d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.adaptive_max_pool2d_with_indices(torch.arange(4.).reshape(1, 2, 2), 1)
    (tensor([[[3.]]]), tensor([[[3]]]))
    """
    return adaptive_pooling.adaptive_max_pool2d(input, output_size, return_indices=True)


def adaptive_max_pool3d_with_indices(
    input: Tensor, output_size: Any, return_indices: bool = False
) -> tuple[Tensor, Tensor]:
    """`adaptive_max_pool3d` with the place of each maximum, whatever `return_indices` says.

    Shapes: input (N, C, D, H, W) or (C, D, H, W) → (N, C, OD, OH, OW), (N, C, OD, OH, OW) or (C, OD, OH, OW),
    (C, OD, OH, OW), the maxima and their places.
    Errors: RuntimeError, NotImplementedError and TypeError as in `adaptive_max_pool3d`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool3d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.adaptive_max_pool3d_with_indices(torch.arange(8.).reshape(1, 2, 2, 2), 1)
    (tensor([[[[7.]]]]), tensor([[[[7]]]]))
    """
    return adaptive_pooling.adaptive_max_pool3d(input, output_size, return_indices=True)
