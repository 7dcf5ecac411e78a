"""Elements rearranged between channels and pixels, and among channels."""

from __future__ import annotations

from typing import Any

from ...autograd.op import Op
from ...device import array_module
from ...tensor import Tensor
from ..checks import tensor_argument
from .shape import as_int

__all__ = ["channel_shuffle", "pixel_shuffle", "pixel_unshuffle"]


class PixelShuffle(Op):
    """z[…, c, h·r + i, w·r + j] = x[…, (c·r + i)·r + j, h, w];  the gradient is unshuffled."""

    def __init__(self, factor: int) -> None:
        self.factor = factor

    def forward(self, x: Any) -> Any:
        r = self.factor
        *lead, c, h, w = x.shape
        blocks = x.reshape(-1, c // (r * r), r, r, h, w) if x.size else x.reshape(0, c // (r * r), r, r, h, w)
        return array_module(x).array(blocks.transpose(0, 1, 4, 2, 5, 3), order="C").reshape(
            *lead, c // (r * r), h * r, w * r
        )  # fmt: skip

    def backward(self, g: Any) -> Any:
        return PixelUnshuffle(self.factor)(g)


class PixelUnshuffle(Op):
    """z[…, (c·r + i)·r + j, h, w] = x[…, c, h·r + i, w·r + j];  the gradient is shuffled."""

    def __init__(self, factor: int) -> None:
        self.factor = factor

    def forward(self, x: Any) -> Any:
        r = self.factor
        *lead, c, h, w = x.shape
        blocks = x.reshape(-1, c, h // r, r, w // r, r) if x.size else x.reshape(0, c, h // r, r, w // r, r)
        return array_module(x).array(blocks.transpose(0, 1, 3, 5, 2, 4), order="C").reshape(
            *lead, c * r * r, h // r, w // r
        )  # fmt: skip

    def backward(self, g: Any) -> Any:
        return PixelShuffle(self.factor)(g)


class ChannelShuffle(Op):
    """z[n, k·groups + g] = x[n, g·(C/groups) + k];  the gradient is shuffled back, which is C/groups groups."""

    def __init__(self, groups: int) -> None:
        self.groups = groups

    def forward(self, x: Any) -> Any:
        self.channels: int = x.shape[1]
        grouped = x.reshape(len(x), self.groups, self.channels // self.groups, *x.shape[2:])
        return array_module(x).array(grouped.swapaxes(1, 2), order="C").reshape(x.shape)

    def backward(self, g: Any) -> Any:
        return ChannelShuffle(self.channels // self.groups)(g)


def _factor(op: str, argument: str, input: Any, value: Any) -> int:
    tensor_argument(op, input)
    factor = as_int(op, argument, value)
    if input.ndim < 3:
        raise RuntimeError(
            f"{op} expects input to have at least 3 dimensions, but got input of size {list(input.shape)}"
        )
    if factor <= 0:
        raise RuntimeError(f"{op} expects a positive {argument}, but got {factor}")
    return factor


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Channels become pixels, r = `upscale_factor` times as many along H and W.

    The r² channels of an output channel are its pixels in every r × r block, row by row.

    Shapes: input (…, C·r², H, W) → (…, C, H·r, W·r).
    Errors: RuntimeError for channels that r² does not divide, fewer than three dimensions, and an r below 1; TypeError
    for what is not a tensor, and an r that is not an int.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.pixel_shuffle.html

    >>> import minitorch as torch
    >>> torch.nn.functional.pixel_shuffle(torch.arange(4).reshape(4, 1, 1), 2)
    tensor([[[0, 1],
             [2, 3]]])
    """
    r = _factor("pixel_shuffle", "upscale_factor", input, upscale_factor)
    if input.shape[-3] % (r * r):
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, but "
            f"input of size {list(input.shape)} has {input.shape[-3]} channels, not a multiple of {r * r}"
        )
    return PixelShuffle(r)(input)


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """Pixels become channels, the inverse of `pixel_shuffle`, with r = `downscale_factor`.

    Shapes: input (…, C, H·r, W·r) → (…, C·r², H, W).
    Errors: RuntimeError for a height or width that r does not divide, fewer than three dimensions, and an r below 1;
    TypeError for what is not a tensor, and an r that is not an int.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.pixel_unshuffle.html

    >>> import minitorch as torch
    >>> torch.nn.functional.pixel_unshuffle(torch.tensor([[[0, 1], [2, 3]]]), 2).flatten()
    tensor([0, 1, 2, 3])
    """
    r = _factor("pixel_unshuffle", "downscale_factor", input, downscale_factor)
    for word, size in (("height", input.shape[-2]), ("width", input.shape[-1])):
        if size % r:
            raise RuntimeError(
                f"pixel_unshuffle expects {word} to be divisible by downscale_factor, but input of size "
                f"{list(input.shape)} has {word} {size}, not a multiple of {r}"
            )
    return PixelUnshuffle(r)(input)


def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """The channels dealt out: one of each of `groups` groups in turn.

    So that a grouped convolution after another meets channels of all groups.

    Shapes: input (N, C, L…) → (N, C, L…).
    Errors: RuntimeError for channels that `groups` does not divide, `groups` below 1, or an input without dimensions
    after the channels; TypeError for what is not a tensor, and for `groups` that are not an int.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.ChannelShuffle.html

    >>> import minitorch as torch
    >>> torch.nn.functional.channel_shuffle(torch.arange(4).reshape(1, 4, 1), 2).flatten()
    tensor([0, 2, 1, 3])
    """
    tensor_argument("channel_shuffle", input)
    groups = as_int("channel_shuffle", "groups", groups)
    if input.ndim < 3:
        raise RuntimeError(f"channel_shuffle expects input with > 2 dims, but got input with sizes {list(input.shape)}")
    if groups <= 0:
        raise RuntimeError(f"Number of groups to divide channels in must be positive. Value of groups:{groups}")
    if input.shape[1] % groups:
        raise RuntimeError(
            f"Number of channels must be divisible by groups. Got {input.shape[1]} channels and {groups} groups."
        )
    return ChannelShuffle(groups)(input)
