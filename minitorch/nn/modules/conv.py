"""Conv2d, and what all convolutions share.

Source: https://docs.pytorch.org/docs/stable/nn.html#convolution-layers
"""

from __future__ import annotations

import math
from typing import Any, Generic, TypeVar

from ... import creation
from ...tensor import Tensor
from .. import functional as F
from .. import init
from ..parameter import Parameter
from .module import Module

Sizes = TypeVar("Sizes", bound=tuple[int, ...])  # a number for each dimension

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


def sizes(value: Any, rank: int) -> Any:
    """One number stands for all dimensions."""
    return tuple(value) if isinstance(value, tuple | list) else (value,) * rank


def border_widths(padding: Any, kernel_size: Any, dilation: Any) -> list[int]:
    """`padding` as nn.functional.pad takes it: before and after the last dimension, then the one before it, …"""
    if padding == "valid":
        return [0] * 2 * len(kernel_size)
    if padding == "same":
        totals = [d * (k - 1) for d, k in zip(dilation, kernel_size, strict=True)]
        return [width for total in reversed(totals) for width in (total // 2, total - total // 2)]
    return [width for width in reversed(padding) for _ in range(2)]


class Convolution(Module):
    """What convolutions and transposed convolutions of `rank` dimensions share: settings, weights, text."""

    rank = 0
    transposed = False
    weight: Parameter
    bias: Parameter | None

    def _set_up(
        self, channels: tuple[int, int], kernel_size: Any, stride: Any, padding: Any, output_padding: Any, groups: int,
        bias: bool, dilation: Any, padding_mode: str, device: Any, dtype: Any,
    ) -> None:  # fmt: skip
        in_channels, out_channels = channels
        if groups <= 0:
            raise ValueError("groups must be a positive integer")
        if in_channels % groups != 0:
            raise ValueError("in_channels must be divisible by groups")
        if out_channels % groups != 0:
            raise ValueError("out_channels must be divisible by groups")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = sizes(kernel_size, self.rank)
        self.stride = sizes(stride, self.rank)
        self.padding = padding if isinstance(padding, str) else sizes(padding, self.rank)
        self.dilation = sizes(dilation, self.rank)
        self.output_padding = sizes(output_padding, self.rank)
        self.groups = groups
        if isinstance(padding, str):
            if padding not in ("same", "valid"):
                raise ValueError(f"Invalid padding string {padding!r}, should be one of ('same', 'valid')")
            if padding == "same" and any(s != 1 for s in self.stride):
                raise ValueError("padding='same' is not supported for strided convolutions")
        if padding_mode not in PADDING_MODES:
            raise ValueError(f"padding_mode must be one of {PADDING_MODES}, but got padding_mode='{padding_mode}'")
        self.padding_mode = padding_mode
        first, second = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        shape = (first, second // groups, *self.kernel_size)
        self.weight = Parameter(creation.empty(shape, device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(creation.empty(out_channels, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new weights."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = init._calculate_fan_in_and_fan_out(self.weight)
            if fan_in != 0:
                bound = 1 / math.sqrt(fan_in)
                init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        parts = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"]
        if self.padding != (0,) * self.rank:
            parts.append(f"padding={self.padding}")
        if self.dilation != (1,) * self.rank:
            parts.append(f"dilation={self.dilation}")
        if self.output_padding != (0,) * self.rank:
            parts.append(f"output_padding={self.output_padding}")
        if self.groups != 1:
            parts.append(f"groups={self.groups}")
        if self.bias is None:
            parts.append("bias=False")
        if self.padding_mode != "zeros":
            parts.append(f"padding_mode={self.padding_mode}")
        return ", ".join(parts)

    def _explain_failure(self, *args: Any, **kwargs: Any) -> str:
        x = args[0] if args else kwargs.get("input")
        if not isinstance(x, Tensor):
            return ""
        letters = ", ".join("DHW"[-self.rank :] if self.rank > 1 else "L")
        if x.ndim not in (self.rank + 1, self.rank + 2):
            return f"the layer takes (N, {self.in_channels}, {letters}) or ({self.in_channels}, {letters})"
        channels = x.shape[-self.rank - 1]
        if channels != self.in_channels:
            return (
                f"the layer takes {self.in_channels} channels and got {channels}: change the input, or build the layer "
                f"with in_channels={channels}"
            )
        return ""


class _ConvNd(Convolution, Generic[Sizes]):
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Sizes,
        stride: int | Sizes = 1,
        padding: str | int | Sizes = 0,
        dilation: int | Sizes = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        channels = in_channels, out_channels
        self._set_up(
            channels, kernel_size, stride, padding, 0, groups, bias, dilation, padding_mode, device, dtype
        )  # fmt: skip

    def forward(self, input: Tensor) -> Tensor:
        """Convolve `input` with the kernels and add the bias."""
        weight, bias = self._fetch("weight", "bias")
        convolve = (F.conv1d, F.conv2d, F.conv3d)[self.rank - 1]
        padding = self.padding
        if self.padding_mode != "zeros":
            input = F.pad(input, border_widths(padding, self.kernel_size, self.dilation), self.padding_mode)
            padding = 0
        return convolve(input, weight, bias, self.stride, padding, self.dilation, self.groups)


class Conv2d(_ConvNd[tuple[int, int]]):
    """Cross-correlation of images with a bank of kernels: out[n, o] = bias[o] + Σ_c weight[o, c] ⋆ input[n, c].

    H_out = ⌊(H + 2·padding − dilation·(KH − 1) − 1)/stride⌋ + 1. `padding` may be ``'valid'`` (none) or ``'same'``
    (H_out = H; stride 1 only); `padding_mode` ``'zeros'``, ``'reflect'``, ``'replicate'`` or ``'circular'`` says what
    the border holds. Weight, then bias start as draws from U(−b, b), b = 1/√(C/groups·KH·KW).

    Shapes: input (N, C, H, W) or (C, H, W) → (N, O, H_out, W_out) or (O, H_out, W_out); `weight` (O, C/groups, KH, KW),
    `bias` (O) or None.
    Errors: ValueError for channels that `groups` does not divide, an unknown `padding` or `padding_mode`, and 'same'
    with a stride; RuntimeError for an input of another rank, dtype or number of channels, or smaller than the kernel.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html

    >>> import minitorch as torch
    >>> layer = torch.nn.Conv2d(3, 6, kernel_size=(5, 3), stride=2, padding=1)
    >>> layer(torch.zeros(4, 3, 32, 32)).shape
    torch.Size([4, 6, 15, 16])
    """

    rank = 2

    def _explain_failure(self, *args: Any, **kwargs: Any) -> str:
        x = args[0] if args else kwargs.get("input")
        if not isinstance(x, Tensor):
            return ""
        if x.ndim not in (3, 4):
            return f"the layer takes images, (N, {self.in_channels}, H, W) or ({self.in_channels}, H, W)"
        if x.shape[-3] != self.in_channels:
            return (
                f"the layer takes {self.in_channels} channels and got {x.shape[-3]}: change the images, or build the "
                f"layer with in_channels={x.shape[-3]}"
            )
        if not isinstance(self.padding, str):
            reach = [d * (k - 1) + 1 for d, k in zip(self.dilation, self.kernel_size, strict=True)]
            sizes = [n + 2 * p for n, p in zip(x.shape[-2:], self.padding, strict=True)]
            if any(n < r for n, r in zip(sizes, reach, strict=True)):
                return (
                    f"the kernel reaches over {reach[0]}x{reach[1]} pixels and the padded image has {sizes[0]}x"
                    f"{sizes[1]}: use larger images, or more padding"
                )
        return ""
