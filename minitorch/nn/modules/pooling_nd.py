"""Pooling layers of signals and volumes, pooling to a given size, and unpooling. MaxPool2d and AvgPool2d: pooling.py.

Source: https://docs.pytorch.org/docs/stable/nn.html#pooling-layers
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...tensor import Tensor
from .. import functional as F
from .module import Module
from .pooling import _AvgPool, _MaxPool

Size = int | tuple[int, ...]
SizeOrNone = int | None | tuple[int | None, ...]


def _sizes(value: Any, rank: int) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, tuple | list) else (value,) * rank


class MaxPool1d(_MaxPool):
    """The largest value in each window of a signal. Padding counts as −∞.

    L_out = ⌊(L + 2·padding − dilation·(kernel_size − 1) − 1)/stride⌋ + 1 (⌈…⌉ with `ceil_mode`); `stride` is the
    kernel's size unless given. With `return_indices` a pair: the values, and where in L each was.

    Shapes: input (N, C, L) or (C, L) → (N, C, L_out) or (C, L_out), and with `return_indices` int64 places of that
    shape.
    Errors: RuntimeError for another rank, a padding above half the kernel, and a window that does not fit.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool1d.html

    >>> import minitorch as torch
    >>> torch.nn.MaxPool1d(2)(torch.tensor([[1., 5., 2., 3.]]))
    tensor([[5., 3.]])
    """

    rank = 1


class MaxPool3d(_MaxPool):
    """The largest value in each window of a volume; see `MaxPool1d`.

    Shapes: input (N, C, D, H, W) or (C, D, H, W) → (N, C, D_out, H_out, W_out), or without N, and with `return_indices`
    int64 places of that shape.
    Errors: RuntimeError for another rank, a padding above half the kernel, and a window that does not fit.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool3d.html

    >>> import minitorch as torch
    >>> torch.nn.MaxPool3d(2)(torch.arange(16.).reshape(1, 2, 2, 4))
    tensor([[[[13., 15.]]]])
    """

    rank = 3


class AvgPool1d(Module):
    """The mean of each window of a signal.

    L_out = ⌊(L + 2·padding − kernel_size)/stride⌋ + 1 (⌈…⌉ with `ceil_mode`); `stride` is the kernel's size unless
    given. Padding counts as zeros, unless ``count_include_pad=False``.

    Shapes: input (N, C, L) or (C, L) → (N, C, L_out) or (C, L_out).
    Errors: RuntimeError for another rank, a padding above half the kernel, and a window that does not fit.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool1d.html

    >>> import minitorch as torch
    >>> torch.nn.AvgPool1d(2)(torch.tensor([[1., 5., 2., 3.]]))
    tensor([[3.0000, 2.5000]])
    """

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size: tuple[int, ...] = _sizes(kernel_size, 1)
        self.stride: tuple[int, ...] = _sizes(kernel_size if stride is None else stride, 1)
        self.padding: tuple[int, ...] = _sizes(padding, 1)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        """The means of the windows."""
        return F.avg_pool1d(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad
        )  # fmt: skip

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool3d(_AvgPool):
    """The mean of each window of a volume; see `AvgPool2d`.

    Shapes: input (N, C, D, H, W) or (C, D, H, W) → (N, C, D_out, H_out, W_out), or without N.
    Errors: RuntimeError for another rank, a padding above half the kernel, and a window that does not fit.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool3d.html

    >>> import minitorch as torch
    >>> torch.nn.AvgPool3d(2)(torch.arange(16.).reshape(1, 2, 2, 4))
    tensor([[[[6.5000, 8.5000]]]])
    """

    rank = 3


# ---- to a given size -------------------------------------------------------------------------------------------------


class _AdaptiveAvgPoolNd(Module):
    rank = 0

    def __init__(self, output_size: SizeOrNone) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        """The means of windows that cover `input` evenly."""
        pool: Any = (F.adaptive_avg_pool1d, F.adaptive_avg_pool2d, F.adaptive_avg_pool3d)[self.rank - 1]
        return pool(input, self.output_size)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd):
    """The means of `output_size` windows that cover a signal evenly: see `adaptive_avg_pool1d`.

    Shapes: input (N, C, L) or (C, L) → (N, C, output_size) or (C, output_size).
    Errors: RuntimeError for another rank, and for a negative size.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool1d.html

    >>> import minitorch as torch
    >>> torch.nn.AdaptiveAvgPool1d(2)(torch.tensor([[1., 2., 6.]]))
    tensor([[1.5000, 4.0000]])
    """

    rank = 1


class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd):
    """The means of `output_size` windows that cover an image evenly.

    `output_size` is a number or a pair; None in the pair keeps the input's size. See `adaptive_avg_pool2d`.

    Shapes: input (N, C, H, W) or (C, H, W) → (N, C, *output_size) or (C, *output_size).
    Errors: RuntimeError for another rank, and for a negative size.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html

    >>> import minitorch as torch
    >>> torch.nn.AdaptiveAvgPool2d((None, 1))(torch.zeros(2, 8, 5, 6)).shape
    torch.Size([2, 8, 5, 1])
    """

    rank = 2


class AdaptiveAvgPool3d(_AdaptiveAvgPoolNd):
    """The means of `output_size` windows that cover a volume evenly.

    `output_size` is a number or a triple; None in the triple keeps the input's size. See `adaptive_avg_pool3d`.

    Shapes: input (N, C, D, H, W) or (C, D, H, W) → (N, C, *output_size) or (C, *output_size).
    Errors: RuntimeError for another rank, and for a negative size.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool3d.html

    >>> import minitorch as torch
    >>> torch.nn.AdaptiveAvgPool3d(2)(torch.zeros(2, 8, 5, 6, 7)).shape
    torch.Size([2, 8, 2, 2, 2])
    """

    rank = 3


class _AdaptiveMaxPoolNd(Module):
    rank = 0

    def __init__(self, output_size: SizeOrNone, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices

    def forward(self, input: Tensor) -> Any:
        """The maxima of windows that cover `input` evenly."""
        pool = (F.adaptive_max_pool1d, F.adaptive_max_pool2d, F.adaptive_max_pool3d)[self.rank - 1]
        return pool(input, self.output_size, self.return_indices)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd):
    """The maxima of `output_size` windows that cover a signal evenly.

    With `return_indices` a pair: the maxima, and where they were. See `adaptive_max_pool1d`.

    Shapes: input (N, C, L) or (C, L) → (N, C, output_size) or (C, output_size), and with `return_indices` int64 places
    of that shape.
    Errors: RuntimeError for another rank, and for a negative size.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool1d.html

    >>> import minitorch as torch
    >>> torch.nn.AdaptiveMaxPool1d(2)(torch.tensor([[1., 2., 6.]]))
    tensor([[2., 6.]])
    """

    rank = 1


class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd):
    """The maxima of `output_size` windows that cover an image evenly.

    `output_size` is a number or a pair; None in the pair keeps the input's size. See `adaptive_max_pool2d`.

    Shapes: input (N, C, H, W) or (C, H, W) → (N, C, *output_size) or (C, *output_size), and with `return_indices` int64
    places of that shape.
    Errors: RuntimeError for another rank, and for a negative size.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool2d.html

    >>> import minitorch as torch
    >>> torch.nn.AdaptiveMaxPool2d((None, 1))(torch.zeros(2, 8, 5, 6)).shape
    torch.Size([2, 8, 5, 1])
    """

    rank = 2


class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd):
    """The maxima of `output_size` windows that cover a volume evenly.

    `output_size` is a number or a triple; None in the triple keeps the input's size. See `adaptive_max_pool3d`.

    Shapes: input (N, C, D, H, W) or (C, D, H, W) → (N, C, *output_size) or (C, *output_size), and with `return_indices`
    int64 places of that shape.
    Errors: RuntimeError for another rank, and for a negative size.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool3d.html

    >>> import minitorch as torch
    >>> torch.nn.AdaptiveMaxPool3d(2)(torch.zeros(2, 8, 5, 6, 7)).shape
    torch.Size([2, 8, 2, 2, 2])
    """

    rank = 3


# ---- power means -----------------------------------------------------------------------------------------------------


class _LPPoolNd(Module):
    rank = 0

    def __init__(
        self, norm_type: float, kernel_size: Size, stride: Size | None = None, ceil_mode: bool = False
    ) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Tensor:
        """The norms of the windows."""
        pool = (F.lp_pool1d, F.lp_pool2d, F.lp_pool3d)[self.rank - 1]
        return pool(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)

    def extra_repr(self) -> str:
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool1d(_LPPoolNd):
    """(Σ xᵖ)^(1/p) over each window of a signal, with p = `norm_type`.

    Shapes: input (N, C, L) or (C, L) → (N, C, L_out) or (C, L_out), the sizes as those of `AvgPool1d` without padding.
    Errors: RuntimeError for another rank, and for a window that does not fit; ZeroDivisionError for ``norm_type=0``.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LPPool1d.html

    >>> import minitorch as torch
    >>> torch.nn.LPPool1d(2, 2)(torch.tensor([[3., 4., 6., 8.]]))
    tensor([[ 5., 10.]])
    """

    rank = 1


class LPPool2d(_LPPoolNd):
    """(Σ xᵖ)^(1/p) over each window of an image, with p = `norm_type`.

    Shapes: input (N, C, H, W) or (C, H, W) → (N, C, H_out, W_out) or (C, H_out, W_out), the sizes as those of
    `AvgPool1d` without padding.
    Errors: RuntimeError for another rank, and for a window that does not fit; ZeroDivisionError for ``norm_type=0``.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LPPool2d.html

    >>> import minitorch as torch
    >>> torch.nn.LPPool2d(2, 2)(torch.full((1, 2, 2), 3.))
    tensor([[[6.]]])
    """

    rank = 2


class LPPool3d(_LPPoolNd):
    """(Σ xᵖ)^(1/p) over each window of a volume, with p = `norm_type`.

    Shapes: input (N, C, D, H, W) or (C, D, H, W) → (N, C, D_out, H_out, W_out), or without N, the sizes as those of
    `AvgPool1d` without padding.
    Errors: RuntimeError for another rank, and for a window that does not fit; ZeroDivisionError for ``norm_type=0``.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LPPool3d.html

    >>> import minitorch as torch
    >>> torch.nn.LPPool3d(1, 2)(torch.full((1, 2, 2, 2), 2.))
    tensor([[[[16.]]]])
    """

    rank = 3


# ---- maxima put back -------------------------------------------------------------------------------------------------


class _MaxUnpoolNd(Module):
    rank = 0

    def __init__(self, kernel_size: Size, stride: Size | None = None, padding: Size = 0) -> None:
        super().__init__()
        self.kernel_size: tuple[int, ...] = _sizes(kernel_size, self.rank)
        self.stride: tuple[int, ...] = _sizes(kernel_size if stride is None else stride, self.rank)
        self.padding: tuple[int, ...] = _sizes(padding, self.rank)

    def forward(self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Zeros, and the maxima `input` at `indices`."""
        unpool = (F.max_unpool1d, F.max_unpool2d, F.max_unpool3d)[self.rank - 1]
        return unpool(input, indices, self.kernel_size, self.stride, self.padding, output_size)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpoolNd):
    """Maxima put back where a `MaxPool1d` with the same sizes and `return_indices` took them, among zeros.

    Several lengths are pooled to one; `output_size` in the call says which is meant.

    Shapes: input and int64 indices (N, C, L) or (C, L) → (N, C, L_out) or (C, L_out).
    Errors: RuntimeError for indices of another shape, rank or dtype, or that point outside the output; ValueError for
    an `output_size` that is not pooled to the input's.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxUnpool1d.html

    >>> import minitorch as torch
    >>> values, places = torch.nn.MaxPool1d(2, return_indices=True)(torch.tensor([[1., 5., 2., 3.]]))
    >>> torch.nn.MaxUnpool1d(2)(values, places)
    tensor([[0., 5., 0., 3.]])
    """

    rank = 1


class MaxUnpool2d(_MaxUnpoolNd):
    """Maxima put back where a `MaxPool2d` took them, among zeros; see `MaxUnpool1d`.

    Shapes: input and int64 indices (N, C, H, W) or (C, H, W) → (N, C, H_out, W_out) or (C, H_out, W_out).
    Errors: RuntimeError for indices of another shape, rank or dtype, or that point outside the output; ValueError for
    an `output_size` that is not pooled to the input's.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxUnpool2d.html

    >>> import minitorch as torch
    >>> torch.nn.MaxUnpool2d(2)(torch.tensor([[[7.]]]), torch.tensor([[[2]]]))
    tensor([[[0., 0.],
             [7., 0.]]])
    """

    rank = 2


class MaxUnpool3d(_MaxUnpoolNd):
    """Maxima put back where a `MaxPool3d` took them, among zeros; see `MaxUnpool1d`.

    Shapes: input and int64 indices (N, C, D, H, W) or (C, D, H, W) → (N, C, D_out, H_out, W_out), or without N.
    Errors: RuntimeError for indices of another shape, rank or dtype, or that point outside the output; ValueError for
    an `output_size` that is not pooled to the input's.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxUnpool3d.html

    >>> import minitorch as torch
    >>> torch.nn.MaxUnpool3d(2)(torch.tensor([[[[7.]]]]), torch.tensor([[[[6]]]])).shape
    torch.Size([1, 2, 2, 2])
    """

    rank = 3
