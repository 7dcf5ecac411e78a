"""The windows of images as columns, and back.

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Unfold.html
"""

from __future__ import annotations

from ...tensor import Tensor
from .. import functional as F
from .module import Module

Size = int | tuple[int, ...]


class Unfold(Module):
    """The windows of images as columns: see `nn.functional.unfold`.

    Shapes: input (N, C, H, W) or (C, H, W) → (N, C·KH·KW, L) or (C·KH·KW, L), L the number of windows.
    Errors: RuntimeError for another rank, sizes that are not above 0, and an image smaller than the kernel.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Unfold.html

    >>> import minitorch as torch
    >>> torch.nn.Unfold(2)(torch.zeros(5, 3, 4, 6)).shape
    torch.Size([5, 12, 15])
    """

    def __init__(self, kernel_size: Size, dilation: Size = 1, padding: Size = 0, stride: Size = 1) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        """The columns of `input`."""
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, stride={self.stride}"


class Fold(Module):
    """Columns added up to images: see `nn.functional.fold`.

    Shapes: input (N, C·KH·KW, L) or (C·KH·KW, L) → (N, C, *output_size) or (C, *output_size).
    Errors: RuntimeError for another rank, sizes that are not above 0, and columns that do not fit the kernel or
    `output_size`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Fold.html

    >>> import minitorch as torch
    >>> torch.nn.Fold((4, 6), 2)(torch.zeros(5, 12, 15)).shape
    torch.Size([5, 3, 4, 6])
    """

    def __init__(
        self, output_size: Size, kernel_size: Size, dilation: Size = 1, padding: Size = 0, stride: Size = 1
    ) -> None:
        super().__init__()
        self.output_size = output_size
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        """The images of `input`."""
        return F.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return (
            f"output_size={self.output_size}, kernel_size={self.kernel_size}, dilation={self.dilation}, "
            f"padding={self.padding}, stride={self.stride}"
        )
