"""Two-dimensional convolution (as everywhere in this field: cross-correlation, the kernel is not flipped).

    out[n, o, y, x] = Σ_{c, i, j}  weight[o, c, i, j] · image[n, c, y·s + i·d − p, x·s + j·d − p]

The sum is linear in the image and in the weight. Contracted with an output-shaped G it becomes a number

    ⟨G, conv(X, W)⟩ = Σ G·X·W

linear in each of the three, so its three derivatives are three operations, and each one's derivatives are the other two:

    conv(X, W)          output-shaped     Convolution
    image_of(G, W)      image-shaped      ConvolutionImage    (a transposed convolution)
    weight_of(G, X)     weight-shaped     ConvolutionWeight   (a correlation of the two)

Letters: N images, C channels in, O channels out, H W image, KH KW kernel, OH OW output, L the run of windows.py.
Source: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

from ... import gpu_kernels
from ...arena import empty
from ...autograd.node import pack_hooks
from ...autograd.op import Op
from ...device import array_module
from ...parallel import over_batch, product
from ...tensor import Tensor, wrap
from ..checks import check_same_device, int_pair, refuse, tensor_argument
from . import convolution_gpu, winograd
from .windows import Windows

__all__ = ["conv2d", "conv2d_plain"]

Shape = tuple[int, ...]
Pair = tuple[int, int]


class _ConvolutionOp(Op):
    """The parameters that the three operations share."""

    windows: Windows
    groups: int

    def __init__(self, windows: Windows, groups: int) -> None:
        self.windows, self.groups = windows, groups


class Convolution(_ConvolutionOp):
    """out = conv(X, W) + b;  ∂/∂X = image_of(g, W), ∂/∂W = weight_of(g, X), ∂/∂b = Σ over n, y, x of g.

    The columns of a batch that is small enough to be one part are kept for the gradient of the weight, which needs
    them, too; those of larger batches are made again, which costs less than fetching them from memory.
    """

    columns: Any = None

    def forward(
        self, x: Any, weight: Any, bias: Any = None
    ) -> Any:  # x (N, C, H, W), weight (O, C/groups, KH, KW), bias (O)
        self.save(x, weight)
        if gpu_kernels.present(x) and x.size and weight.size:
            keep = self.needs[1] and not pack_hooks
            out, self.columns = convolution_gpu.convolve(self.windows, self.groups, x, weight, bias, keep)
            return out
        if winograd.pays(self.windows, self.groups, x, x.shape[1], weight.shape[0]):
            return winograd.convolve(self.windows, self.groups, x, weight, bias, lambda x: self.plain(x, weight, bias))
        # What is saved through the user's hooks is his to keep, and nothing is to be kept beside it.
        return self.plain(x, weight, bias, keep=self.needs[1] and not pack_hooks)

    def plain(self, x: Any, weight: Any, bias: Any, keep: Any = False) -> Any:
        """The sum as it stands."""
        windows, groups = self.windows, self.groups
        c, h, w = x.shape[1:]
        o = weight.shape[0]
        out_h, out_w = windows.output_shape(h, w)
        row, run = windows.run(w, out_h, out_w)
        size = math.prod(weight.shape[1:])  # C/groups·KH·KW
        kernel = weight.reshape(groups, o // groups, size)
        out = empty(x, (len(x), o, out_h, out_w))
        offset = None if bias is None else bias.reshape(o, 1)

        def compute(part: Any) -> None:
            columns = windows.columns(windows.padded(x[part]), out_h, out_w)
            n = len(columns)
            full = empty(x, (n, groups, o // groups, out_h * row))
            columns = columns.reshape(n, groups, size, run)
            if keep and n == len(x):
                self.columns = columns
            product(kernel, columns, out=full[..., :run])
            full = full.reshape(n, o, out_h * row)
            if offset is not None:
                full += offset  # before the rows are cut: NumPy adds a long run faster than many short ones
            out[part] = full.reshape(n, o, out_h, row)[..., :out_w]

        over_batch(compute, x, windows.column_bytes(x, c, run))
        return out

    def backward(self, g: Any) -> Any:
        x, weight = self.saved
        gx = gw = gb = None
        if self.needs[0]:
            gx = ConvolutionImage(self.windows, self.groups, x.shape[2:])(g, weight)
        if self.needs[1]:
            gw = ConvolutionWeight(self.windows, self.groups, None if self.recording else self.columns)(g, x)
        if len(self.needs) > 2 and self.needs[2]:
            gb = convolution_gpu.sum_of_images(g) if gpu_kernels.present(g) else g.sum((0, 2, 3))
        return gx, gw, gb

    def release(self) -> None:
        super().release()
        self.columns = None


class ConvolutionImage(_ConvolutionOp):
    """X' = image_of(G, W): each output value is sent back to the pixels it was computed from, times the weight.

    ∂/∂G = conv(h, W), ∂/∂W = weight_of(G, h).
    """

    def __init__(self, windows: Windows, groups: int, image_size: tuple[int, ...]) -> None:
        super().__init__(windows, groups)
        self.image_size: tuple[int, ...] = tuple(image_size)

    def forward(self, g: Any, weight: Any) -> Any:  # g (N, O, OH, OW), weight (O, C/groups, KH, KW) → (N, C, H, W)
        self.save(g, weight)
        if gpu_kernels.present(g) and g.size and weight.size:
            return convolution_gpu.image_of(self.windows, self.groups, g, weight, self.image_size)
        if winograd.pays(self.windows, self.groups, g, weight.shape[1] * self.groups, weight.shape[0]):
            turned = self.windows.turned()
            if min(turned.padding) >= 0:  # at stride 1 it is a convolution itself
                kernels = _turned(weight, self.groups)
                return winograd.convolve(turned, self.groups, g, kernels, None, lambda g: self.plain(g, weight))
        return self.plain(g, weight)

    def plain(self, g: Any, weight: Any) -> Any:
        """Every product added where it belongs."""
        xp, windows, groups = array_module(g), self.windows, self.groups
        o, out_h, out_w = g.shape[1:]
        c = weight.shape[1] * groups
        h, w = windows.padded_shape(*self.image_size)
        row, run = windows.run(self.image_size[1], out_h, out_w)
        size = math.prod(weight.shape[1:])  # C/groups·KH·KW
        kernel = weight.reshape(groups, o // groups, size).swapaxes(1, 2)
        out = empty(g, (len(g), c, *self.image_size))

        def compute(part: Any) -> None:
            full = _at_full_width(g[part], groups, row, run)
            n = len(full)
            if windows.stride == (1, 1):
                columns = empty(g, (n, groups, size, h * w))
                columns[..., run:] = 0
                product(kernel, full, out=columns[..., :run])
                padded = windows.sum_of_columns(columns.reshape(n, groups * size, h * w), h, w)
            else:
                padded = xp.zeros((n, c, h, w), g.dtype)
                windows.add_columns(product(kernel, full), padded, out_h, out_w)
            out[part] = windows.unpadded(padded)

        over_batch(compute, g, windows.column_bytes(g, c, run))
        return out

    def backward(self, h: Any) -> Any:
        g, weight = self.saved
        gg = Convolution(self.windows, self.groups)(h, weight) if self.needs[0] else None
        gw = ConvolutionWeight(self.windows, self.groups)(g, h) if self.needs[1] else None
        return gg, gw


class ConvolutionWeight(_ConvolutionOp):
    """W' = weight_of(G, X): for each kernel entry, the sum of G times the pixels that the entry met.

    ∂/∂G = conv(X, v), ∂/∂X = image_of(G, v).
    """

    def __init__(self, windows: Windows, groups: int, columns: Any = None) -> None:
        super().__init__(windows, groups)
        self.columns = columns  # of all of X, if they are there already

    def forward(self, g: Any, x: Any) -> Any:  # g (N, O, OH, OW), x (N, C, H, W) → (O, C/groups, KH, KW)
        self.save(g, x)
        xp, windows, groups = array_module(g), self.windows, self.groups
        if gpu_kernels.present(g) and g.size and x.size:
            return convolution_gpu.weight_of(windows, groups, g, x, self.columns)
        c = x.shape[1]
        o, out_h, out_w = g.shape[1:]
        if winograd.pays(windows, groups, x, c, o):
            out = winograd.weight_of(windows, groups, g, x)
            if out is not None:
                return out
        row, run = windows.run(x.shape[3], out_h, out_w)
        size = c // groups * windows.kernel[0] * windows.kernel[1]

        def compute(part: Any) -> Any:
            columns = self.columns
            if columns is None:
                columns = windows.columns(windows.padded(x[part]), out_h, out_w)
            n = len(columns)
            full = _at_full_width(g[part], groups, row, run)
            # The transpose of W' (C/groups·KH·KW, O/groups): BLAS is faster at it by up to three quarters.
            return product(columns.reshape(n, groups, size, run), full.swapaxes(2, 3)).sum(0)

        totals = over_batch(compute, x, windows.column_bytes(x, c, run))
        total = totals[0]
        for other in totals[1:]:
            total += other
        out = total.swapaxes(1, 2).reshape(o, c // groups, *windows.kernel)
        return out if out.base is None else xp.array(out, order="C")

    def backward(self, v: Any) -> Any:
        g, x = self.saved
        gg = Convolution(self.windows, self.groups)(x, v) if self.needs[0] else None
        gx = ConvolutionImage(self.windows, self.groups, x.shape[2:])(g, v) if self.needs[1] else None
        return gg, gx


def _turned(weight: Any, groups: int) -> Any:
    """The kernels turned by half a turn, from each output channel to each input channel: (C, O/groups, KH, KW)."""
    o, c, kh, kw = weight.shape
    by_group = weight.reshape(groups, o // groups, c, kh, kw).swapaxes(1, 2)[..., ::-1, ::-1]
    return by_group.reshape(groups * c, o // groups, kh, kw)


def _at_full_width(g: Any, groups: int, row: int, run: int) -> Any:
    """g (n, O, OH, OW) as (n, groups, O/groups, L), zeros in the columns that were dropped."""
    n, o, out_h, out_w = g.shape
    if row == out_w:
        full = g.reshape(n, o, out_h * row)
    else:
        full = array_module(g).zeros((n, o, out_h, row), g.dtype)
        full[..., :out_w] = g
    return full.reshape(n, groups, o // groups, out_h * row)[..., :run]


def _padding(padding: Any, kernel: tuple[int, int], stride: tuple[int, int], dilation: tuple[int, int]) -> Any:
    """(top, bottom, left, right) from a pair, 'valid' or 'same'."""
    if not isinstance(padding, str):
        ph, pw = padding
        if ph < 0 or pw < 0:
            raise RuntimeError("negative padding is not supported")
        return ph, ph, pw, pw
    if padding == "valid":
        return 0, 0, 0, 0
    if padding != "same":
        raise RuntimeError(f"Invalid padding string: '{padding}'; it can be 'same' or 'valid'")
    if stride != (1, 1):
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    total_h, total_w = (d * (k - 1) for d, k in zip(dilation, kernel, strict=True))
    return total_h // 2, total_h - total_h // 2, total_w // 2, total_w - total_w // 2


@functools.lru_cache(maxsize=1024)  # a net convolves the same few sizes all the time
def _windows(
    input: Shape, weight: Shape, bias: Shape | None, stride: Pair, padding: Pair | str, dilation: Pair, groups: int
) -> Windows:
    """How the kernel goes over the image; RuntimeError for shapes that do not fit together."""
    if len(weight) != 4:
        raise RuntimeError(f"conv2d expects a 4D weight (O, C/groups, KH, KW), but got shape {list(weight)}")
    if len(input) not in (3, 4):
        raise RuntimeError(
            f"Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: {list(input)}; the shape "
            "is (N, C, H, W)"
        )
    if groups <= 0:
        raise RuntimeError("non-positive groups is not supported")
    if min(stride) <= 0:
        raise RuntimeError("non-positive stride is not supported")
    if min(dilation) <= 0:
        raise RuntimeError("dilation should be greater than zero")
    o, c, *kernel = weight
    channels, h, w = input[-3:]
    if channels != c * groups:
        raise RuntimeError(
            f"Given groups={groups}, weight of size {list(weight)}, expected input{list(input)} to have "
            f"{c * groups} channels, but got {channels} channels instead"
        )
    if o % groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, but got weight of size "
            f"{list(weight)} instead"
        )
    if bias is not None and bias != (o,):
        raise RuntimeError(
            f"Given weight of size {list(weight)}, expected bias to be 1-dimensional with {o} elements, but got "
            f"bias of size {list(bias)} instead"
        )
    kh, kw = kernel
    windows = Windows((kh, kw), stride, _padding(padding, (kh, kw), stride, dilation), dilation)
    if min(windows.output_shape(h, w)) < 1:
        padded_h, padded_w = windows.padded_shape(h, w)
        reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
        raise RuntimeError(
            f"Calculated padded input size per channel: ({padded_h} x {padded_w}). Kernel size: "
            f"({reach[0]} x {reach[1]}). Kernel size can't be greater than actual input size"
        )
    return windows


def _check_operands(input: Any, weight: Any, bias: Any) -> None:
    refuse("slow_conv2d_cpu", input, "b")
    operands = [t for t in (input, weight, bias) if isinstance(t, Tensor)]
    if bias is not None and len(operands) < 3:
        tensor_argument("conv2d", bias, "bias", 3)
    check_same_device("conv2d", *operands)
    for t in operands[1:]:
        if t._array.dtype != operands[0]._array.dtype:
            raise RuntimeError(
                f"Input type ({operands[0].dtype}) and {'weight' if t is weight else 'bias'} type ({t.dtype}) should be "
                "the same"
            )


def conv2d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: int | Sequence[int] = 1,
    padding: int | str | Sequence[int] = 0, dilation: int | Sequence[int] = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """Slide `weight` over `input` and sum products; formula at the head of this file.

    `padding` may be 'valid' (none) or 'same' (as much as keeps H and W, the odd row at the bottom and right; stride 1
    only). Sizes may be ints or pairs.

    Shapes: input (N, C, H, W) or (C, H, W), weight (O, C/groups, KH, KW), bias (O) → (N, O, OH, OW) or (O, OH, OW). OH
    = ⌊(H + 2·padding − dilation·(KH−1) − 1)/stride⌋ + 1, OW alike.
    Errors: RuntimeError with both shapes for wrong channels or rank, or a kernel larger than the padded image; also for
    different dtypes and for sizes out of range; NotImplementedError for booleans; TypeError for what is not a tensor,
    and for sizes that are not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv2d.html

    >>> import minitorch as torch
    >>> image = torch.arange(9.).reshape(1, 1, 3, 3)
    >>> torch.nn.functional.conv2d(image, torch.ones(1, 1, 2, 2))
    tensor([[[[ 8., 12.],
              [20., 24.]]]])
    """
    stride = int_pair("conv2d", "stride", stride)
    dilation = int_pair("conv2d", "dilation", dilation)
    if not isinstance(padding, str):
        padding = int_pair("conv2d", "padding", padding)
    tensor_argument("conv2d", input)
    tensor_argument("conv2d", weight, "weight", 2)
    operands: Any = (input, weight, bias)
    image, kernel, offset = (getattr(x, "_array", x) for x in operands)
    windows = _windows(
        image.shape, kernel.shape, getattr(offset, "shape", None), stride, padding, dilation, groups
    )
    _check_operands(input, weight, bias)
    if image.ndim == 3:
        return conv2d(input.unsqueeze(0), weight, bias, stride, padding, dilation, groups).squeeze(0)
    op = Convolution(windows, groups)
    return op(input, weight) if bias is None else op(input, weight, bias)


def conv2d_plain(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> Tensor:  # fmt: skip
    """`conv2d` written as its definition, one loop per index: for readers, and for tests of the fast one.

    No gradients.

    Shapes: input (N, C, H, W), weight (O, C/groups, KH, KW), bias (O) → (N, O, OH, OW), as in `conv2d`.
    Errors: NotImplementedError for booleans; RuntimeError for a padding out of range. Nothing else is asked: this is to
    be read.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv2d.html

    >>> import minitorch as torch
    >>> image = torch.arange(9.).reshape(1, 1, 3, 3)
    >>> torch.nn.functional.conv2d_plain(image, torch.ones(1, 1, 2, 2))
    tensor([[[[ 8., 12.],
              [20., 24.]]]])
    """
    refuse("conv2d_plain", input, "b")
    (sh, sw), (dh, dw) = int_pair("conv2d", "stride", stride), int_pair("conv2d", "dilation", dilation)
    image, kernel = input._array, weight._array
    n_images, _, h, w = image.shape
    n_out, n_in, kh, kw = kernel.shape
    padding = padding if isinstance(padding, str) else int_pair("conv2d", "padding", padding)
    windows = Windows((kh, kw), (sh, sw), _padding(padding, (kh, kw), (sh, sw), (dh, dw)), (dh, dw))
    top, _, left, _ = windows.padding
    out_h, out_w = windows.output_shape(h, w)
    out = array_module(image).zeros((n_images, n_out, out_h, out_w), image.dtype)
    for n in range(n_images):
        for o in range(n_out):
            first = o // (n_out // groups) * n_in  # the group's first input channel
            for y in range(out_h):
                for x in range(out_w):
                    total = 0.0  # not bias[o], to add to: an element of CuPy's is a view
                    for c in range(n_in):
                        for i in range(kh):
                            for j in range(kw):
                                row, column = y * sh + i * dh - top, x * sw + j * dw - left
                                if 0 <= row < h and 0 <= column < w:  # outside is the padding, zero
                                    total += kernel[o, c, i, j] * image[n, first + c, row, column]
                    out[n, o, y, x] = total if bias is None else total + bias._array[o]
    return wrap(out)
