"""Layers that put a border around their input, or cut from it where a width is negative.

Source: https://docs.pytorch.org/docs/stable/nn.html#padding-layers
"""

from __future__ import annotations

from typing import Any

from ...tensor import Tensor
from .. import functional as F
from .module import Module

Widths = int | tuple[int, ...]


class _PadNd(Module):
    """What they share: `padding` is (before, after) of the last dimension, then of the one before it, …"""

    rank = 0
    mode = "constant"
    padding: Any

    def __init__(self, padding: Widths) -> None:
        super().__init__()
        self.padding = tuple(padding) if isinstance(padding, tuple | list) else (padding,) * (2 * self.rank)

    def forward(self, input: Tensor) -> Tensor:
        """`input` with its border."""
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPadNd(_PadNd):
    def __init__(self, padding: Widths, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        """`input` with its border."""
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class _ZeroPadNd(_PadNd):
    value: float = 0.0


class _CircularPadNd(_PadNd):
    mode = "circular"

    def forward(self, input: Tensor) -> Tensor:
        """`input` with its border. ValueError for another rank than the layer's."""
        if input.ndim not in (self.rank + 1, self.rank + 2):
            raise ValueError(f"expected {self.rank + 1}D or {self.rank + 2}D input (got {input.ndim}D input)")
        return F.pad(input, self.padding, self.mode)


class ConstantPad1d(_ConstantPadNd):
    """A border of `value` around the last dimension: `padding` is (left, right), or one width.

    Shapes: input (…, W) → (…, left + W + right); negative widths cut off.
    Errors: RuntimeError for an odd number of widths, fewer than one dimension, and for a cut that leaves less than
    nothing.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.ConstantPad1d.html

    >>> import minitorch as torch
    >>> torch.nn.ConstantPad1d((1, 2), 7.)(torch.tensor([[1., 2.]]))
    tensor([[7., 1., 2., 7., 7.]])
    """

    rank = 1


class ConstantPad2d(_ConstantPadNd):
    """A border of `value` around the last two dimensions: `padding` is (left, right, top, bottom), or one width.

    Shapes: input (…, H, W) → (…, top + H + bottom, left + W + right); negative widths cut off.
    Errors: RuntimeError for fewer than two dimensions, and for a cut that leaves less than nothing.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.ConstantPad2d.html

    >>> import minitorch as torch
    >>> torch.nn.ConstantPad2d((1, 0, 0, 1), 7.)(torch.tensor([[[1., 2.]]]))
    tensor([[[7., 1., 2.],
             [7., 7., 7.]]])
    """

    rank = 2


class ConstantPad3d(_ConstantPadNd):
    """A border of `value` around the last three dimensions: `padding` is six widths, of the last first, or one.

    Shapes: input (…, D, H, W) → (…, D_out, H_out, W_out), each size with its two widths added; negative widths cut off.
    Errors: RuntimeError for fewer than three dimensions, and for a cut that leaves less than nothing.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.ConstantPad3d.html

    >>> import minitorch as torch
    >>> torch.nn.ConstantPad3d(1, 7.)(torch.zeros(1, 2, 3, 4)).shape
    torch.Size([1, 4, 5, 6])
    """

    rank = 3


class ZeroPad1d(_ZeroPadNd):
    """A border of zeros around the last dimension: `padding` is (left, right), or one width.

    Shapes: input (…, W) → (…, left + W + right); negative widths cut off.
    Errors: RuntimeError for fewer than one dimension, and for a cut that leaves less than nothing.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.ZeroPad1d.html

    >>> import minitorch as torch
    >>> torch.nn.ZeroPad1d((1, 2))(torch.tensor([[1., 2.]]))
    tensor([[0., 1., 2., 0., 0.]])
    """

    rank = 1


class ZeroPad2d(_ZeroPadNd):
    """A border of zeros around the last two dimensions: `padding` is (left, right, top, bottom), or one width.

    Shapes: input (…, H, W) → (…, top + H + bottom, left + W + right); negative widths cut off.
    Errors: RuntimeError for fewer than two dimensions, and for a cut that leaves less than nothing.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.ZeroPad2d.html

    >>> import minitorch as torch
    >>> torch.nn.ZeroPad2d((1, 0, 0, 1))(torch.tensor([[[1., 2.]]]))
    tensor([[[0., 1., 2.],
             [0., 0., 0.]]])
    """

    rank = 2


class ZeroPad3d(_ZeroPadNd):
    """A border of zeros around the last three dimensions: `padding` is six widths, of the last first, or one.

    Shapes: input (…, D, H, W) → (…, D_out, H_out, W_out), each size with its two widths added; negative widths cut off.
    Errors: RuntimeError for fewer than three dimensions, and for a cut that leaves less than nothing.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.ZeroPad3d.html

    >>> import minitorch as torch
    >>> torch.nn.ZeroPad3d(1)(torch.zeros(1, 2, 3, 4)).shape
    torch.Size([1, 4, 5, 6])
    """

    rank = 3


class ReflectionPad1d(_PadNd):
    """A border that mirrors the inside, its edge not repeated, : `padding` is (left, right).

    Shapes: input (C, W) or (N, C, W) → (C, left + W + right) or (N, C, left + W + right).
    Errors: RuntimeError for a width as large as the size it is added to; NotImplementedError for another rank.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.ReflectionPad1d.html

    >>> import minitorch as torch
    >>> torch.nn.ReflectionPad1d(2)(torch.tensor([[1., 2., 3.]]))
    tensor([[3., 2., 1., 2., 3., 2., 1.]])
    """

    rank: int = 1
    mode: str = "reflect"


class ReflectionPad2d(_PadNd):
    """A border that mirrors the inside : `padding` is (left, right, top, bottom).

    Shapes: input (C, H, W) or (N, C, H, W) → (C, top + H + bottom, left + W + right) or (N, C, top + H + bottom, left +
    W + right).
    Errors: RuntimeError for a width as large as the size it is added to, and for too few dimensions to pad;
    NotImplementedError for another rank.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.ReflectionPad2d.html

    >>> import minitorch as torch
    >>> torch.nn.ReflectionPad2d((1, 0, 0, 1))(torch.tensor([[[1., 2.], [3., 4.]]]))
    tensor([[[2., 1., 2.],
             [4., 3., 4.],
             [2., 1., 2.]]])
    """

    rank: int = 2
    mode: str = "reflect"


class ReflectionPad3d(_PadNd):
    """A border that mirrors the inside : `padding` is six widths, of the last first.

    Shapes: input (C, D, H, W) or (N, C, D, H, W) → (C, D_out, H_out, W_out) or (N, C, D_out, H_out, W_out), each size
    with its two widths added.
    Errors: RuntimeError for a width as large as the size it is added to, and for too few dimensions to pad;
    NotImplementedError for another rank.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.ReflectionPad3d.html

    >>> import minitorch as torch
    >>> torch.nn.ReflectionPad3d(1)(torch.zeros(1, 2, 3, 4)).shape
    torch.Size([1, 4, 5, 6])
    """

    rank: int = 3
    mode: str = "reflect"


class ReplicationPad1d(_PadNd):
    """A border that repeats the edge : `padding` is (left, right).

    Shapes: input (C, W) or (N, C, W) → (C, left + W + right) or (N, C, left + W + right).
    Errors: NotImplementedError for another rank; RuntimeError for a cut that leaves nothing.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.ReplicationPad1d.html

    >>> import minitorch as torch
    >>> torch.nn.ReplicationPad1d((1, 2))(torch.tensor([[1., 2.]]))
    tensor([[1., 1., 2., 2., 2.]])
    """

    rank: int = 1
    mode: str = "replicate"


class ReplicationPad2d(_PadNd):
    """A border that repeats the edge : `padding` is (left, right, top, bottom).

    Shapes: input (C, H, W) or (N, C, H, W) → (C, top + H + bottom, left + W + right) or (N, C, top + H + bottom, left +
    W + right).
    Errors: RuntimeError for too few dimensions to pad; NotImplementedError for another rank.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.ReplicationPad2d.html

    >>> import minitorch as torch
    >>> torch.nn.ReplicationPad2d((1, 0, 0, 1))(torch.tensor([[[1., 2.]]]))
    tensor([[[1., 1., 2.],
             [1., 1., 2.]]])
    """

    rank: int = 2
    mode: str = "replicate"


class ReplicationPad3d(_PadNd):
    """A border that repeats the edge : `padding` is six widths, of the last first.

    Shapes: input (C, D, H, W) or (N, C, D, H, W) → (C, D_out, H_out, W_out) or (N, C, D_out, H_out, W_out), each size
    with its two widths added.
    Errors: RuntimeError for too few dimensions to pad; NotImplementedError for another rank.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.ReplicationPad3d.html

    >>> import minitorch as torch
    >>> torch.nn.ReplicationPad3d(1)(torch.zeros(1, 2, 3, 4)).shape
    torch.Size([1, 4, 5, 6])
    """

    rank: int = 3
    mode: str = "replicate"


class CircularPad1d(_CircularPadNd):
    """A border that goes round to the other end : `padding` is (left, right).

    Shapes: input (C, W) or (N, C, W) → (C, left + W + right) or (N, C, left + W + right).
    Errors: RuntimeError for a width larger than the size it is added to; ValueError for another rank.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.CircularPad1d.html

    >>> import minitorch as torch
    >>> torch.nn.CircularPad1d((1, 2))(torch.tensor([[1., 2., 3.]]))
    tensor([[3., 1., 2., 3., 1., 2.]])
    """

    rank = 1


class CircularPad2d(_CircularPadNd):
    """A border that goes round to the other end : `padding` is (left, right, top, bottom).

    Shapes: input (C, H, W) or (N, C, H, W) → (C, top + H + bottom, left + W + right) or (N, C, top + H + bottom, left +
    W + right).
    Errors: RuntimeError for a width larger than the size it is added to; ValueError for another rank.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.CircularPad2d.html

    >>> import minitorch as torch
    >>> torch.nn.CircularPad2d((1, 0, 0, 1))(torch.tensor([[[1., 2.], [3., 4.]]]))
    tensor([[[2., 1., 2.],
             [4., 3., 4.],
             [2., 1., 2.]]])
    """

    rank = 2


class CircularPad3d(_CircularPadNd):
    """A border that goes round to the other end : `padding` is six widths.

    Shapes: input (C, D, H, W) or (N, C, D, H, W) → (C, D_out, H_out, W_out) or (N, C, D_out, H_out, W_out), each size
    with its two widths added.
    Errors: RuntimeError for a width larger than the size it is added to; ValueError for another rank.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.CircularPad3d.html

    >>> import minitorch as torch
    >>> torch.nn.CircularPad3d(1)(torch.zeros(1, 2, 3, 4)).shape
    torch.Size([1, 4, 5, 6])
    """

    rank = 3
