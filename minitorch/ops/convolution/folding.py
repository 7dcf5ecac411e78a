"""The windows of an image as columns, and columns added up to an image: each is the other's transpose."""

from __future__ import annotations

import math
from typing import Any

from ...autograd.op import Op
from ...device import array_module
from ...tensor import Tensor
from ..checks import refuse, tensor_argument
from .windows_nd import Sizes, WindowsNd, int_tuple

__all__: list[str] = []  # `fold` and `unfold` are functions of nn.functional alone


class Im2Col(Op):
    """z (N, C·KH·KW, L) = the L windows of x (N, C, H, W) as columns;  the gradient is folded."""

    windows: WindowsNd
    image_size: tuple[int, ...]

    def __init__(self, windows: WindowsNd, image_size: Sizes) -> None:
        self.windows, self.image_size = windows, tuple(image_size)

    def forward(self, x: Any) -> Any:
        batch = x.reshape(-1, *x.shape[-3:])
        z = self.windows.columns(self.windows.padded(batch), self.windows.output_shape(self.image_size))
        return z if x.ndim == 4 else z[0]

    def backward(self, g: Any) -> Any:
        return Col2Im(self.windows, self.image_size)(g)


class Col2Im(Op):
    """z (N, C, H, W) = every entry of the columns x (N, C·KH·KW, L) added where it came from;  the gradient is unfolded."""

    windows: WindowsNd
    image_size: tuple[int, ...]

    def __init__(self, windows: WindowsNd, image_size: Sizes) -> None:
        self.windows, self.image_size = windows, tuple(image_size)

    def forward(self, x: Any) -> Any:
        xp = array_module(x)
        columns = x.reshape(-1, *x.shape[-2:])
        channels = columns.shape[1] // math.prod(self.windows.kernel)
        padded = xp.zeros((len(columns), channels, *self.windows.padded_shape(self.image_size)), x.dtype)
        self.windows.add_columns(columns, padded, self.windows.output_shape(self.image_size))
        z = xp.ascontiguousarray(padded[self.windows.inside(self.image_size)])
        return z if x.ndim == 3 else z[0]

    def backward(self, g: Any) -> Any:
        return Im2Col(self.windows, self.image_size)(g)


def _windows(name: str, kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> WindowsNd:
    kernel = int_tuple(name, "kernel_size", kernel_size, 2)
    dilations = int_tuple(name, "dilation", dilation, 2)
    pads = int_tuple(name, "padding", padding, 2)
    strides = int_tuple(name, "stride", stride, 2)
    for word, pair in (("kernel size", kernel), ("dilation", dilations), ("stride", strides)):
        if min(pair) <= 0:
            raise RuntimeError(f"{name}: {word} should be greater than zero, but got {pair}")
    if min(pads) < 0:
        raise RuntimeError(f"{name}: padding should be non-negative, but got {pads}")
    return WindowsNd(kernel, strides, tuple((p, p) for p in pads), dilations)


def _described(windows: WindowsNd) -> str:
    pads = tuple(p for p, _ in windows.padding)
    return f"kernel_size={windows.kernel}, dilation={windows.dilation}, padding={pads}, stride={windows.stride}"


def unfold(input: Tensor, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Tensor:
    """The windows of images as columns: column l is the l-th window in reading order, channel by channel.

    A convolution is the kernels as rows times these columns.

    Shapes: input (N, C, H, W) or (C, H, W) → (N, C·KH·KW, L) or (C·KH·KW, L), L the number of positions, as in
    `conv2d`.
    Errors: RuntimeError naming the sizes if no window fits, and for another rank; NotImplementedError for integers;
    TypeError for what is not a tensor, and for sizes that are not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.unfold.html

    >>> import minitorch as torch
    >>> torch.nn.functional.unfold(torch.arange(9.).reshape(1, 3, 3), 2)
    tensor([[0., 1., 3., 4.],
            [1., 2., 4., 5.],
            [3., 4., 6., 7.],
            [4., 5., 7., 8.]])
    """
    tensor_argument("unfold", input)
    windows = _windows("unfold", kernel_size, dilation, padding, stride)
    if input.ndim not in (3, 4) or 0 in input.shape[input.ndim - 3 :]:
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, "
            f"but got: {list(input.shape)}"
        )
    size = windows.output_shape(input.shape[-2:])
    if min(size) < 1:
        raise RuntimeError(
            f"Given input with spatial size {tuple(input.shape[-2:])}, {_described(windows)}, calculated shape of the "
            f"array of sliding blocks as {size}, but its components must be at least one."
        )
    refuse("im2col_out_cpu", input, "iu")
    return Im2Col(windows, input.shape[-2:])(input)


def fold(
    input: Tensor, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Tensor:
    """Columns added up to images, the transpose of `unfold`.

    Every entry is added to the pixel that `unfold` would have taken it from, so that pixels in several windows get
    several.

    Shapes: input (N, C·KH·KW, L) or (C·KH·KW, L) → (N, C, OH, OW) or (C, OH, OW). (OH, OW) = `output_size`.
    Errors: RuntimeError naming the sizes unless `input` has the channels and columns of windows over `output_size`;
    NotImplementedError for integers; TypeError for what is not a tensor, and for sizes that are not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.fold.html

    >>> import minitorch as torch
    >>> torch.nn.functional.fold(torch.ones(4, 4), (3, 3), 2)
    tensor([[[1., 2., 1.],
             [2., 4., 2.],
             [1., 2., 1.]]])
    """
    tensor_argument("fold", input)
    sizes = int_tuple("fold", "output_size", output_size, 2)
    windows = _windows("fold", kernel_size, dilation, padding, stride)
    if input.ndim not in (2, 3) or 0 in input.shape[input.ndim - 2 :]:
        raise RuntimeError(
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for "
            f"input, but got: {list(input.shape)}"
        )
    rows, columns = input.shape[-2:]
    if rows % math.prod(windows.kernel):
        raise RuntimeError(
            f"Expected size of input's dimension {input.ndim - 2} to be divisible by the product of kernel_size, but got "
            f"{rows} in input of size {list(input.shape)} and kernel_size={windows.kernel}."
        )
    size = windows.output_shape(sizes)
    if min(size) < 1 or math.prod(size) != columns:
        raise RuntimeError(
            f"Given output_size={sizes}, {_described(windows)}, expected size of input's dimension {input.ndim - 1} to "
            f"match the calculated number of sliding blocks {size[0]} * {size[1]} = {math.prod(size)}, but got {columns} "
            f"in input of size {list(input.shape)}"
        )
    refuse("col2im_out_cpu", input, "iu")
    return Col2Im(windows, sizes)(input)
