"""Pooling layers.

Source: https://docs.pytorch.org/docs/stable/nn.html#pooling-layers
"""

from __future__ import annotations

from typing import Any

from ...tensor import Tensor
from .. import functional as F
from .module import Module

Size = int | tuple[int, int]


class _MaxPool(Module):
    """The maxima of windows, in any rank."""

    rank = 0

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        dilation: Size = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride: Size = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Any:
        """The maxima of the windows."""
        pool = (F.max_pool1d, F.max_pool2d, F.max_pool3d)[self.rank - 1]
        return pool(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool2d(_MaxPool):
    """The largest value in each window of an image. Padding counts as −∞.

    H_out = ⌊(H + 2·padding − dilation·(kernel_size − 1) − 1)/stride⌋ + 1 (⌈…⌉ with `ceil_mode`); `stride` is the
    kernel's size unless given. With `return_indices` a pair: the values, and where in H·W each was.

    Shapes: input (N, C, H, W) or (C, H, W) → (N, C, H_out, W_out) or (C, H_out, W_out), and with `return_indices` int64
    places of that shape.
    Errors: RuntimeError for another rank, a padding above half the kernel, and a window that does not fit.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html

    >>> import minitorch as torch
    >>> torch.nn.MaxPool2d(2)(torch.arange(16.).reshape(1, 4, 4))
    tensor([[[ 5.,  7.],
             [13., 15.]]])
    """

    rank = 2

    def _explain_failure(self, *args: Any, **kwargs: Any) -> str:
        return _explain(args)


class _AvgPool(Module):
    """A mean of windows, for the ranks in which PyTorch takes a divisor."""

    rank = 0

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride: Size = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Tensor) -> Tensor:
        """The means of the windows."""
        pool = F.avg_pool2d if self.rank == 2 else F.avg_pool3d
        return pool(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(_AvgPool):
    """The mean of each window of an image.

    H_out = ⌊(H + 2·padding − kernel_size)/stride⌋ + 1 (⌈…⌉ with `ceil_mode`); `stride` is the kernel's size unless
    given. Padding counts as zeros, unless ``count_include_pad=False``; `divisor_override` replaces the divisor.

    Shapes: input (N, C, H, W) or (C, H, W) → (N, C, H_out, W_out) or (C, H_out, W_out).
    Errors: RuntimeError for another rank, a padding above half the kernel, a `divisor_override` of 0, and a window that
    does not fit.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool2d.html

    >>> import minitorch as torch
    >>> torch.nn.AvgPool2d(2)(torch.arange(16.).reshape(1, 4, 4))
    tensor([[[ 2.5000,  4.5000],
             [10.5000, 12.5000]]])
    """

    rank = 2

    def _explain_failure(self, *args: Any, **kwargs: Any) -> str:
        return _explain(args)


def _explain(args: tuple[Any, ...]) -> str:
    x = args[0] if args else None
    if not isinstance(x, Tensor):
        return ""
    if x.ndim not in (3, 4):
        return "the layer takes images, (N, C, H, W) or (C, H, W)"
    if x.is_floating_point():
        return "the images may be too small for as many layers: use larger ones, or fewer poolings"
    return ""
