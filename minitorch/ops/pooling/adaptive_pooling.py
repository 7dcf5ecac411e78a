"""Pooling to a given size: the mean or the maximum of windows that cover the input evenly."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, Literal, overload

import numpy as np

from ...tensor import Tensor
from ..checks import refuse
from ..convolution.windows_nd import Sizes, int_tuple
from ..resampling.taps import resample_node, window_bounds, window_means
from .maxima import LargestNd, Regions
from .pooling_nd import check_rank

__all__ = ["adaptive_avg_pool1d"]  # the others are functions of nn.functional alone


class AdaptiveMaxPool2d(LargestNd, label="AdaptiveMaxPool2DBackward0"):
    """z = the largest element of each of `size` windows that cover x evenly, and its place;  the gradient goes there."""

    def regions(self, xp: Any) -> Regions:
        per_axis = []
        for axis, (n, m) in enumerate(zip(self.sizes, self.size, strict=True)):
            starts, ends = window_bounds(n, m)
            # Shorter windows meet their last element again, which changes no maximum.
            meets = [np.minimum(starts + k, ends - 1) for k in range(int((ends - starts).max(initial=0)))]
            per_axis.append([xp.asarray(k).reshape(-1, *[1] * (self.rank - axis - 1)) for k in meets])
        return [(..., *indices) for indices in itertools.product(*per_axis)]


class AdaptiveMaxPool3d(AdaptiveMaxPool2d, label="AdaptiveMaxPool3DBackward0"):
    """The same over volumes."""


def _adaptive_size(name: str, n: int, input: Any, output_size: Any) -> Sizes:
    check_rank(name, n, input)
    if isinstance(output_size, tuple | list):
        if len(output_size) != n:
            raise RuntimeError(f"{name}: output_size must be {n} numbers, but got {output_size!r}")
        if n > 1:
            output_size = [m if k is None else k for k, m in zip(output_size, input.shape[-n:], strict=True)]
    size = int_tuple(name, "output_size", output_size, n)
    if min(size) < 0:
        raise RuntimeError(f"{name}: elements of output_size must be greater than or equal to 0 but received {size}")
    for d in range(input.ndim - n, input.ndim):
        if input.shape[d] == 0:
            raise RuntimeError(
                f"{name}(): Expected input to have non-zero size for non-batch dimensions, but input has sizes "
                f"{list(input.shape)} with dimension {d} being empty"
            )
    return size


def _adaptive_mean(name: str, n: int, input: Any, output_size: Any) -> Any:
    size = _adaptive_size(name, n, input, output_size)
    refuse(name, input, "biu")
    if max(size) == min(size) == 1:
        return input.mean(tuple(range(-n, 0)), keepdim=True)
    taps = {d - n: window_means(input.shape[d - n], m) for d, m in enumerate(size)}
    return resample_node(f"AdaptiveAvgPool{n}D")(taps)(input)


def adaptive_avg_pool1d(input: Tensor, output_size: int | Sequence[int]) -> Tensor:
    """The means of `output_size` windows that cover the input evenly.

    Window k goes from ⌊k·L/output_size⌋ to ⌈(k+1)·L/output_size⌉; neighbours overlap where the sizes do not divide.

    Shapes: input (N, C, L) or (C, L) → (N, C, L_out) or (C, L_out). L_out = `output_size`.
    Errors: RuntimeError for wrong rank, an `output_size` out of range, or an empty input; NotImplementedError for
    integers and booleans; TypeError for what is not a tensor, and for an `output_size` that is not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool1d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.adaptive_avg_pool1d(torch.tensor([[1., 2., 6.]]), 2)
    tensor([[1.5000, 4.0000]])
    """
    (size,) = _adaptive_size("adaptive_avg_pool1d", 1, input, output_size)
    return _adaptive_mean("adaptive_avg_pool2d", 2, input.unsqueeze(-2), (1, size)).squeeze(-2)


def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """The means of `output_size` windows that cover the input evenly; see `adaptive_avg_pool1d`.

    `output_size` is a number or a pair; None in the pair keeps the input's size.

    Shapes: input (N, C, H, W) or (C, H, W) → (N, C, OH, OW) or (C, OH, OW). (OH, OW) = `output_size`.
    Errors: RuntimeError for wrong rank, an `output_size` out of range, or an empty input; NotImplementedError for
    integers and booleans; TypeError for what is not a tensor, and for an `output_size` that is not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool2d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.adaptive_avg_pool2d(torch.arange(12.).reshape(1, 3, 4), (1, 2))
    tensor([[[4.5000, 6.5000]]])
    """
    return _adaptive_mean("adaptive_avg_pool2d", 2, input, output_size)


def adaptive_avg_pool3d(input: Tensor, output_size: Any) -> Tensor:
    """The means of `output_size` windows that cover the input evenly.

    Windows as in `adaptive_avg_pool1d`; `output_size` is a number or a triple, in which None keeps the input's size.

    Shapes: input (N, C, D, H, W) or (C, D, H, W) → (N, C, OD, OH, OW) or (C, OD, OH, OW). (OD, OH, OW) =
    `output_size`.
    Errors: RuntimeError for wrong rank, an `output_size` out of range, or an empty input; NotImplementedError for
    integers and booleans; TypeError for what is not a tensor, and for an `output_size` that is not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool3d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.adaptive_avg_pool3d(torch.arange(16.).reshape(1, 2, 2, 4), (1, 1, 2))
    tensor([[[[6.5000, 8.5000]]]])
    """
    return _adaptive_mean("adaptive_avg_pool3d", 3, input, output_size)


@overload
def adaptive_max_pool1d(input: Tensor, output_size: Any, return_indices: Literal[False] = False) -> Tensor: ...
@overload
def adaptive_max_pool1d(input: Tensor, output_size: Any, return_indices: Literal[True]) -> tuple[Tensor, Tensor]: ...
@overload
def adaptive_max_pool1d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any: ...
def adaptive_max_pool1d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The maxima of `output_size` windows that cover the input evenly; see `adaptive_avg_pool1d`.

    With `return_indices` a pair: the maxima, and where they were.

    Shapes: input (N, C, L) or (C, L) → (N, C, L_out) or (C, L_out). L_out = `output_size`.
    Errors: RuntimeError for wrong rank, an `output_size` out of range, or an empty input; NotImplementedError for
    integers and booleans; TypeError for what is not a tensor, and for an `output_size` that is not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool1d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.adaptive_max_pool1d(torch.tensor([[1., 2., 6.]]), 2)
    tensor([[2., 6.]])
    """
    (size,) = _adaptive_size("adaptive_max_pool1d", 1, input, output_size)
    z, places = adaptive_max_pool2d(input.unsqueeze(-2), (1, size), return_indices=True)
    return (z.squeeze(-2), places.squeeze(-2)) if return_indices else z.squeeze(-2)


def _adaptive_max(op: type[AdaptiveMaxPool2d], n: int, input: Any, output_size: Any, return_indices: bool) -> Any:
    size = _adaptive_size(f"adaptive_max_pool{n}d", n, input, output_size)
    refuse(f"adaptive_max_pool{n}d", input, "biu")
    z, places = op(n, size)(input)
    return (z, places) if return_indices else z


@overload
def adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: Literal[False] = False) -> Tensor: ...
@overload
def adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: Literal[True]) -> tuple[Tensor, Tensor]: ...
@overload
def adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any: ...
def adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The maxima of `output_size` windows that cover the input evenly.

    Windows as in `adaptive_avg_pool1d`; with `return_indices` also each maximum's place in the flattened image.

    Shapes: input (N, C, H, W) or (C, H, W) → (N, C, OH, OW) or (C, OH, OW). (OH, OW) = `output_size`.
    Errors: RuntimeError for wrong rank, an `output_size` out of range, or an empty input; NotImplementedError for
    integers and booleans; TypeError for what is not a tensor, and for an `output_size` that is not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool2d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.adaptive_max_pool2d(torch.arange(12.).reshape(1, 3, 4), (None, 1))
    tensor([[[ 3.],
             [ 7.],
             [11.]]])
    """
    return _adaptive_max(AdaptiveMaxPool2d, 2, input, output_size, return_indices)


@overload
def adaptive_max_pool3d(input: Tensor, output_size: Any, return_indices: Literal[False] = False) -> Tensor: ...
@overload
def adaptive_max_pool3d(input: Tensor, output_size: Any, return_indices: Literal[True]) -> tuple[Tensor, Tensor]: ...
@overload
def adaptive_max_pool3d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any: ...
def adaptive_max_pool3d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The maxima of `output_size` windows that cover the input evenly.

    Windows as in `adaptive_avg_pool1d`; with `return_indices` also each maximum's place in the flattened volume.

    Shapes: input (N, C, D, H, W) or (C, D, H, W) → (N, C, OD, OH, OW) or (C, OD, OH, OW). (OD, OH, OW) =
    `output_size`.
    Errors: RuntimeError for wrong rank, an `output_size` out of range, or an empty input; NotImplementedError for
    integers and booleans; TypeError for what is not a tensor, and for an `output_size` that is not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool3d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.adaptive_max_pool3d(torch.arange(16.).reshape(1, 2, 2, 4), 1)
    tensor([[[[15.]]]])
    """
    return _adaptive_max(AdaptiveMaxPool3d, 3, input, output_size, return_indices)
