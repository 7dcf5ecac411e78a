"""Convolutions of signals and volumes, and the transposed convolutions. Conv2d is in conv.py.

Source: https://docs.pytorch.org/docs/stable/nn.html#convolution-layers
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ... import creation
from ...tensor import Tensor
from .. import functional as F
from .. import init
from ..parameter import Parameter
from .conv import PADDING_MODES, border_widths
from .module import Module

Sizes = int | tuple[int, ...]


def sizes(value: Any, rank: int) -> Any:
    """One number stands for all dimensions."""
    return tuple(value) if isinstance(value, tuple | list) else (value,) * rank


class _Convolution(Module):
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
        self.kernel_size: Any = sizes(kernel_size, self.rank)
        self.stride: Any = sizes(stride, self.rank)
        self.padding: Any = padding if isinstance(padding, str) else sizes(padding, self.rank)
        self.dilation: Any = sizes(dilation, self.rank)
        self.output_padding: Any = sizes(output_padding, self.rank)
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


class _ConvNd(_Convolution):
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: str | Sizes = 0,
        dilation: Sizes = 1,
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
        convolve = F.conv1d if self.rank == 1 else F.conv3d
        padding = self.padding
        if self.padding_mode != "zeros":
            input = F.pad(input, border_widths(padding, self.kernel_size, self.dilation), self.padding_mode)
            padding = 0
        return convolve(input, weight, bias, self.stride, padding, self.dilation, self.groups)


class Conv1d(_ConvNd):
    """Cross-correlation of signals with a bank of kernels: out[n, o] = bias[o] + Σ_c weight[o, c] ⋆ input[n, c].

    L_out = ⌊(L + 2·padding − dilation·(K − 1) − 1)/stride⌋ + 1. `padding` may be ``'valid'`` (none) or ``'same'``
    (L_out = L; stride 1 only); `padding_mode` ``'zeros'``, ``'reflect'``, ``'replicate'`` or ``'circular'`` says what
    the border holds. Weight, then bias start as draws from U(−b, b), b = 1/√(C/groups·K).

    Shapes: input (N, C, L) or (C, L) → (N, O, L_out) or (O, L_out); `weight` (O, C/groups, K), `bias` (O) or None.
    Errors: ValueError for channels that `groups` does not divide, an unknown `padding` or `padding_mode`, and 'same'
    with a stride; RuntimeError for an input of another rank, dtype or number of channels, or shorter than the kernel.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv1d.html

    >>> import minitorch as torch
    >>> torch.nn.Conv1d(3, 6, 5, stride=2, padding=2)(torch.zeros(4, 3, 100)).shape
    torch.Size([4, 6, 50])
    """

    rank = 1


class Conv3d(_ConvNd):
    """Cross-correlation of volumes with a bank of kernels: `Conv1d` in three dimensions.

    Sizes are numbers or triples.

    Shapes: input (N, C, D, H, W) or (C, D, H, W) → (N, O, D_out, H_out, W_out), or without N; `weight` (O, C/groups,
    KD, KH, KW), `bias` (O) or None.
    Errors: as for `Conv1d`: ValueError for arguments that do not fit together, RuntimeError for an input that does not
    fit them.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv3d.html

    >>> import minitorch as torch
    >>> torch.nn.Conv3d(1, 6, (1, 3, 3), padding="same")(torch.zeros(2, 1, 4, 8, 8)).shape
    torch.Size([2, 6, 4, 8, 8])
    """

    rank = 3


class _ConvTransposeNd(_Convolution):
    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Sizes = 0,
        output_padding: Sizes = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Sizes = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}')
        super().__init__()
        channels = in_channels, out_channels
        self._set_up(
            channels, kernel_size, stride, padding, output_padding, groups, bias, dilation, padding_mode, device, dtype
        )  # fmt: skip

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Spread `input` over windows of the output and add the bias; `output_size` stands in for `output_padding`."""
        weight, bias = self._fetch("weight", "bias")
        convolve: Any = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[self.rank - 1]
        extra = self.output_padding if output_size is None else self._extra(input, list(output_size))
        return convolve(input, weight, bias, self.stride, self.padding, extra, self.groups, self.dilation)

    def _extra(self, input: Tensor, output_size: list[int]) -> list[int]:
        """The output_padding that gives `output_size`."""
        leading = 2 if input.ndim == self.rank + 2 else 1
        wanted = output_size[leading:] if len(output_size) == leading + self.rank else output_size
        if len(wanted) != self.rank:
            raise ValueError(
                f"ConvTranspose{self.rank}D: for {input.ndim}D input, output_size must have {self.rank} or "
                f"{leading + self.rank} elements (got {len(wanted)})"
            )
        smallest = [
            (n - 1) * s - 2 * p + d * (k - 1) + 1
            for n, s, p, d, k in zip(
                input.shape[leading:], self.stride, self.padding, self.dilation, self.kernel_size, strict=True
            )
        ]
        largest = [m + s - 1 for m, s in zip(smallest, self.stride, strict=True)]
        if any(not a <= n <= b for n, a, b in zip(wanted, smallest, largest, strict=True)):
            raise ValueError(
                f"requested an output size of {wanted}, but valid sizes range from {smallest} to {largest} (for an input "
                f"of {input.shape[2:]})"
            )
        return [n - a for n, a in zip(wanted, smallest, strict=True)]


class ConvTranspose1d(_ConvTransposeNd):
    """The transpose of a `Conv1d`: every element of the input is spread, times a kernel, over a window of the output.

    L_out = (L − 1)·stride − 2·padding + dilation·(K − 1) + output_padding + 1. Called with `output_size`, the layer
    chooses output_padding. Weight, then bias start as draws from U(−b, b), b = 1/√(O/groups·K).

    Shapes: input (N, C, L) or (C, L) → (N, O, L_out) or (O, L_out); `weight` (C, O/groups, K), `bias` (O) or None.
    Errors: ValueError for channels that `groups` does not divide, a `padding_mode` but ``'zeros'``, and an
    `output_size` that no output_padding gives; RuntimeError for an input of another rank or number of channels, and for
    an output_padding as large as stride and dilation.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose1d.html

    >>> import minitorch as torch
    >>> layer = torch.nn.ConvTranspose1d(3, 6, 4, stride=2)
    >>> layer(torch.zeros(4, 3, 10)).shape, layer(torch.zeros(4, 3, 10), output_size=[23]).shape
    (torch.Size([4, 6, 22]), torch.Size([4, 6, 23]))
    """

    rank = 1


class ConvTranspose2d(_ConvTransposeNd):
    """The transpose of a `Conv2d`: every pixel of the input is spread, times a kernel, over a window of the output.

    Sizes are numbers or pairs. See `ConvTranspose1d`.

    Shapes: input (N, C, H, W) or (C, H, W) → (N, O, H_out, W_out) or (O, H_out, W_out); `weight` (C, O/groups, KH, KW),
    `bias` (O) or None.
    Errors: as for `ConvTranspose1d`: ValueError for arguments that do not fit together, RuntimeError for an input that
    does not fit them.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html

    >>> import minitorch as torch
    >>> torch.nn.ConvTranspose2d(16, 8, 4, stride=2, padding=1)(torch.zeros(1, 16, 7, 7)).shape
    torch.Size([1, 8, 14, 14])
    """

    rank = 2


class ConvTranspose3d(_ConvTransposeNd):
    """The transpose of a `Conv3d`: every element of the input is spread, times a kernel, over a window of the output.

    Sizes are numbers or triples. See `ConvTranspose1d`.

    Shapes: input (N, C, D, H, W) or (C, D, H, W) → (N, O, D_out, H_out, W_out), or without N; `weight` (C, O/groups,
    KD, KH, KW), `bias` (O) or None.
    Errors: as for `ConvTranspose1d`: ValueError for arguments that do not fit together, RuntimeError for an input that
    does not fit them.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose3d.html

    >>> import minitorch as torch
    >>> torch.nn.ConvTranspose3d(4, 2, 2, stride=2)(torch.zeros(1, 4, 3, 4, 5)).shape
    torch.Size([1, 2, 6, 8, 10])
    """

    rank = 3
