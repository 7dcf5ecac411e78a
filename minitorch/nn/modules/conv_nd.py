"""Convolutions of signals and volumes, and the transposed convolutions. Conv2d is in conv.py.

Source: https://docs.pytorch.org/docs/stable/nn.html#convolution-layers
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic

from ...tensor import Tensor
from .. import functional as F
from .conv import Convolution, Sizes, _ConvNd


class Conv1d(_ConvNd[tuple[int]]):
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


class Conv3d(_ConvNd[tuple[int, int, int]]):
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


class _ConvTransposeNd(Convolution, Generic[Sizes]):
    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Sizes,
        stride: int | Sizes = 1,
        padding: int | Sizes = 0,
        output_padding: int | Sizes = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: int | Sizes = 1,
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


class ConvTranspose1d(_ConvTransposeNd[tuple[int]]):
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


class ConvTranspose2d(_ConvTransposeNd[tuple[int, int]]):
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


class ConvTranspose3d(_ConvTransposeNd[tuple[int, int, int]]):
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
