"""Layers that resample images, and that move elements between channels and pixels.

Source: https://docs.pytorch.org/docs/stable/nn.html#vision-layers
"""

from __future__ import annotations

from typing import Any

from ...tensor import Tensor
from .. import functional as F
from .module import Module


class Upsample(Module):
    """Signals, images or volumes resampled to `size`, or to `scale_factor` times their size: `nn.functional.interpolate`.

    Shapes: input (N, C, L), (N, C, H, W) or (N, C, D, H, W) → the same N and C, the rest of `size` or times
    `scale_factor`.
    Errors: when called: ValueError unless one of `size` and `scale_factor` is given, and for `align_corners` with
    'nearest'; NotImplementedError for another rank, an unknown `mode`, or one of another rank than the input's.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Upsample.html

    >>> import minitorch as torch
    >>> torch.nn.Upsample(scale_factor=2, mode="bilinear")(torch.tensor([[[[1., 3.]]]]))
    tensor([[[[1.0000, 1.5000, 2.5000, 3.0000],
              [1.0000, 1.5000, 2.5000, 3.0000]]]])
    """

    def __init__(
        self,
        size: int | tuple[int, ...] | None = None,
        scale_factor: float | tuple[float, ...] | None = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        super().__init__()
        self.name: str = type(self).__name__
        self.size = size
        self.scale_factor: Any = None
        if isinstance(scale_factor, tuple):
            self.scale_factor = tuple(float(factor) for factor in scale_factor)
        elif scale_factor:
            self.scale_factor = float(scale_factor)
        self.mode = mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Tensor) -> Tensor:
        """`input` in its new size."""
        return F.interpolate(
            input, self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor
        )

    def extra_repr(self) -> str:
        first = f"size={self.size!r}" if self.scale_factor is None else f"scale_factor={self.scale_factor!r}"
        return f"{first}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """Images in another size, each pixel the nearest one of the input.

    Shapes: input (N, C, H, W) → (N, C, H_out, W_out).
    Errors: when called: ValueError unless one of `size` and `scale_factor` is given; NotImplementedError for an input
    of less than three dimensions.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.UpsamplingNearest2d.html

    >>> import minitorch as torch
    >>> torch.nn.UpsamplingNearest2d(scale_factor=2)(torch.tensor([[[[1., 3.]]]]))
    tensor([[[[1., 1., 3., 3.],
              [1., 1., 3., 3.]]]])
    """

    def __init__(
        self, size: int | tuple[int, int] | None = None, scale_factor: float | tuple[float, float] | None = None
    ) -> None:
        super().__init__(size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    """Images in another size, bilinearly interpolated, with the corner pixels aligned.

    Shapes: input (N, C, H, W) → (N, C, H_out, W_out).
    Errors: when called: ValueError unless one of `size` and `scale_factor` is given; NotImplementedError for another
    rank.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.UpsamplingBilinear2d.html

    >>> import minitorch as torch
    >>> torch.nn.UpsamplingBilinear2d((1, 3))(torch.tensor([[[[1., 3.]]]]))
    tensor([[[[1., 2., 3.]]]])
    """

    def __init__(
        self, size: int | tuple[int, int] | None = None, scale_factor: float | tuple[float, float] | None = None
    ) -> None:
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)


class PixelShuffle(Module):
    """Channels become pixels: y[…, c, h·r+i, w·r+j] = x[…, c·r²+i·r+j, h, w], r = `upscale_factor`.

    Shapes: input (…, C·r², H, W) → (…, C, H·r, W·r).
    Errors: RuntimeError for a number of channels that r² does not divide, a factor below 1, and fewer than three
    dimensions.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.PixelShuffle.html

    >>> import minitorch as torch
    >>> torch.nn.PixelShuffle(3)(torch.zeros(1, 9, 4, 5)).shape
    torch.Size([1, 1, 12, 15])
    """

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Tensor) -> Tensor:
        """`input`, its channels spread over pixels."""
        return F.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """Pixels become channels: the inverse of `PixelShuffle`, r = `downscale_factor`.

    Shapes: input (…, C, H·r, W·r) → (…, C·r², H, W).
    Errors: RuntimeError for a height or width that r does not divide, a factor below 1, and fewer than three
    dimensions.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.PixelUnshuffle.html

    >>> import minitorch as torch
    >>> torch.nn.PixelUnshuffle(3)(torch.zeros(1, 1, 12, 15)).shape
    torch.Size([1, 9, 4, 5])
    """

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:
        """`input`, its pixels gathered in channels."""
        return F.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    """The channels dealt out, one of each of `groups` groups in turn; see `channel_shuffle`.

    Shapes: input (N, C, …), of three dimensions or more → the same.
    Errors: RuntimeError for a number of channels that `groups` does not divide, for groups below 1, and for fewer than
    three dimensions.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.ChannelShuffle.html

    >>> import minitorch as torch
    >>> torch.nn.ChannelShuffle(2)(torch.arange(4).reshape(1, 4, 1)).flatten()
    tensor([0, 2, 1, 3])
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        """`input`, its channels in another order."""
        return F.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"
