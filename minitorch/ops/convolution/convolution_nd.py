"""Convolutions of signals and volumes, and transposed convolutions: the three operations of convolution.py in any rank.

    conv(X, W)          output-shaped     ConvolutionNd
    image_of(G, W)      image-shaped      ConvolutionImageNd
    weight_of(G, X)     weight-shaped     ConvolutionWeightNd

conv1d and conv3d are the first, conv_transpose1d and conv_transpose3d the second. conv_transpose2d is image_of in two
dimensions, for which convolution.py has the faster form.

Letters: N batch, C channels in, O channels out, K kernel elements, P windows (output positions).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from numpy import integer

from ...autograd.op import Op
from ...device import array_module
from ...parallel import over_batch, product
from ...tensor import Tensor
from ..checks import check_same_device, refuse, tensor_argument
from .convolution import Convolution, ConvolutionImage, ConvolutionWeight
from .windows import Windows
from .windows_nd import Sizes, WindowsNd, by, int_tuple

__all__ = ["conv1d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"]


def _add_bias(out: Any, bias: Any) -> None:
    if bias is not None:
        out += bias.reshape(-1, *[1] * (out.ndim - 2))


class _ConvolutionOpNd(Op):
    """The parameters that the three operations share."""

    windows: WindowsNd
    groups: int

    def __init__(self, windows: WindowsNd, groups: int) -> None:
        self.windows, self.groups = windows, groups

    def by_group(self, weight: Any) -> Any:
        """(O, C/groups, *kernel) as (groups, O/groups, C/groups·K)."""
        o = weight.shape[0]
        return weight.reshape(self.groups, o // self.groups, math.prod(weight.shape[1:]))


class ConvolutionNd(_ConvolutionOpNd, label="ConvolutionBackward0"):
    """out = conv(X, W) + b;  ∂/∂X = image_of(g, W), ∂/∂W = weight_of(g, X), ∂/∂b = Σ of g but over channels."""

    def forward(
        self, x: Any, weight: Any, bias: Any = None
    ) -> Any:  # x (N, C, *sizes), weight (O, C/groups, *kernel), bias (O)
        self.save(x, weight)
        xp = array_module(x)
        n_all, c = x.shape[:2]
        size = self.windows.output_shape(x.shape[2:])
        kernel = self.by_group(weight)
        padded = self.windows.padded(x)
        out = xp.empty((n_all, *kernel.shape[:2], math.prod(size)), x.dtype)

        def compute(part: Any) -> None:
            columns = self.windows.columns(padded[part], size)
            product(kernel, columns.reshape(len(columns), self.groups, kernel.shape[2], out.shape[3]), out=out[part])

        over_batch(compute, x, self.windows.column_bytes(x, c, size))
        out = out.reshape(n_all, weight.shape[0], *size)
        _add_bias(out, bias)
        return out

    def backward(self, g: Any) -> Any:
        x, weight = self.saved
        gx = ConvolutionImageNd(self.windows, self.groups, x.shape[2:])(g, weight) if self.needs[0] else None
        gw = ConvolutionWeightNd(self.windows, self.groups)(g, x) if self.needs[1] else None
        gb = g.sum((0, *range(2, g.ndim))) if len(self.needs) > 2 and self.needs[2] else None
        return gx, gw, gb


class ConvolutionImageNd(_ConvolutionOpNd):
    """X' = image_of(G, W): each output value is sent back to the elements it was computed from, times the weight.

    ∂/∂G = conv(h, W), ∂/∂W = weight_of(G, h).
    """

    def __init__(self, windows: WindowsNd, groups: int, image_size: Sizes) -> None:
        super().__init__(windows, groups)
        self.image_size: tuple[int, ...] = tuple(image_size)

    def forward(self, g: Any, weight: Any) -> Any:  # g (N, O, *windows), weight (O, C/groups, *kernel) → (N, C, *sizes)
        self.save(g, weight)
        xp = array_module(g)
        n_all, o = g.shape[:2]
        size = g.shape[2:]
        c = weight.shape[1] * self.groups
        kernel = self.by_group(weight).swapaxes(1, 2)
        padded = xp.zeros((n_all, c, *self.windows.padded_shape(self.image_size)), g.dtype)

        def compute(part: Any) -> None:
            some = g[part]
            columns = product(kernel, some.reshape(len(some), self.groups, o // self.groups, math.prod(size)))
            self.windows.add_columns(columns, padded[part], size)

        over_batch(compute, g, self.windows.column_bytes(g, c, size))
        return padded[self.windows.inside(self.image_size)]

    def backward(self, h: Any) -> Any:
        g, weight = self.saved
        gg = ConvolutionNd(self.windows, self.groups)(h, weight) if self.needs[0] else None
        gw = ConvolutionWeightNd(self.windows, self.groups)(g, h) if self.needs[1] else None
        return gg, gw


class ConvolutionWeightNd(_ConvolutionOpNd):
    """W' = weight_of(G, X): for each kernel entry, the sum of G times the elements that the entry met.

    ∂/∂G = conv(X, v), ∂/∂X = image_of(G, v).
    """

    def forward(self, g: Any, x: Any) -> Any:  # g (N, O, *windows), x (N, C, *sizes) → (O, C/groups, *kernel)
        self.save(g, x)
        c = x.shape[1]
        o, size = g.shape[1], g.shape[2:]
        padded = self.windows.padded(x)
        length = c // self.groups * math.prod(self.windows.kernel)
        total = array_module(g).zeros((self.groups, o // self.groups, length), g.dtype)

        def compute(part: Any) -> Any:
            some = g[part]
            columns = self.windows.columns(padded[part], size).reshape(len(some), self.groups, length, math.prod(size))
            rows = some.reshape(len(some), self.groups, o // self.groups, math.prod(size))
            return product(rows, columns.swapaxes(2, 3)).sum(0)

        for share in over_batch(compute, x, self.windows.column_bytes(x, c, size)):
            total += share
        return total.reshape(o, c // self.groups, *self.windows.kernel).copy()

    def backward(self, v: Any) -> Any:
        g, x = self.saved
        gg = ConvolutionNd(self.windows, self.groups)(x, v) if self.needs[0] else None
        gx = ConvolutionImageNd(self.windows, self.groups, x.shape[2:])(g, v) if self.needs[1] else None
        return gg, gx


class TransposedConvolution(Op, label="ConvolutionBackward0"):
    """out = image_of(X, W) + b;  ∂/∂X = conv(g, W), ∂/∂W = weight_of(X, g), ∂/∂b = Σ of g but over channels.

    `beyond` counts, per dimension, the last elements of out that no window reaches: they are b alone.
    """

    windows: Windows | WindowsNd
    groups: int
    image_size: Sizes
    beyond: Sizes

    def __init__(self, windows: Windows | WindowsNd, groups: int, image_size: Sizes, beyond: Sizes) -> None:
        self.windows, self.groups, self.image_size, self.beyond = windows, groups, image_size, beyond

    def forward(
        self, x: Any, weight: Any, bias: Any = None
    ) -> Any:  # x (N, O, *windows), weight (O, C/groups, *kernel), bias (C)
        self.save(x, weight)
        image_of: Any = ConvolutionImage if isinstance(self.windows, Windows) else ConvolutionImageNd
        image = image_of(self.windows, self.groups, self.image_size)(x, weight)
        size = [n + b for n, b in zip(self.image_size, self.beyond, strict=True)]
        out = array_module(x).zeros((*image.shape[:2], *size), x.dtype)
        out[self.reached] = image
        _add_bias(out, bias)
        return out

    @property
    def reached(self) -> tuple[Any, ...]:
        return (..., *[slice(0, n) for n in self.image_size])

    def backward(self, g: Any) -> Any:
        x, weight = self.saved
        is_plane = isinstance(self.windows, Windows)
        conv: Any
        weight_of: Any
        conv, weight_of = (Convolution, ConvolutionWeight) if is_plane else (ConvolutionNd, ConvolutionWeightNd)
        image = g[self.reached] if any(self.beyond) else g
        gx = conv(self.windows, self.groups)(image, weight) if self.needs[0] else None
        gw = weight_of(self.windows, self.groups)(x, image) if self.needs[1] else None
        gb = g.sum((0, *range(2, g.ndim))) if len(self.needs) > 2 and self.needs[2] else None
        return gx, gw, gb


# ---- what is asked before ----------------------------------------------------------------------------------------------


def _check(name: str, n: int, input: Any, weight: Any, bias: Any, groups: int, transposed: bool) -> None:
    tensor_argument(name, input)
    tensor_argument(name, weight, "weight", 2)
    layout = "(C_in, C_out/groups, " if transposed else "(C_out, C_in/groups, "
    if weight.ndim != n + 2:
        raise RuntimeError(
            f"{name} expects a {n + 2}D weight {layout}{', '.join(['K'] * n)}), but got shape {list(weight.shape)}"
        )
    if input.ndim not in (n + 1, n + 2):
        raise RuntimeError(
            f"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input to {name}, but got input of size: "
            f"{list(input.shape)}"
        )
    if isinstance(groups, bool) or not isinstance(groups, int | integer):
        raise TypeError(f"{name}(): argument 'groups' must be int, not {type(groups).__name__}")
    if groups <= 0:
        raise RuntimeError("non-positive groups is not supported")
    refuse(name, input, "b")
    first, second = weight.shape[:2]
    channels, outputs = (first, second * groups) if transposed else (second * groups, first)
    if first % groups or first < groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, but got weight of size "
            f"{list(weight.shape)} instead"
        )
    given = "transposed=1" if transposed else f"groups={groups}"
    if input.shape[-n - 1] != channels:
        raise RuntimeError(
            f"Given {given}, weight of size {list(weight.shape)}, expected input{list(input.shape)} to have {channels} "
            f"channels, but got {input.shape[-n - 1]} channels instead"
        )
    if bias is not None and getattr(bias, "shape", None) != (outputs,):
        tensor_argument(name, bias, "bias", 3)
        raise RuntimeError(
            f"Given {given}, weight of size {list(weight.shape)}, expected bias to be 1-dimensional with {outputs} "
            f"elements, but got bias of size {list(bias.shape)} instead"
        )
    operands = [t for t in (input, weight, bias) if isinstance(t, Tensor)]
    check_same_device(name, *operands)
    for t in operands[1:]:
        if t._array.dtype != operands[0]._array.dtype:
            raise RuntimeError(
                f"Input type ({operands[0].dtype}) and {'weight' if t is weight else 'bias'} type ({t.dtype}) should be "
                "the same"
            )


def _steps(name: str, n: int, stride: Any, dilation: Any) -> tuple[Sizes, Sizes]:
    strides, dilations = int_tuple(name, "stride", stride, n), int_tuple(name, "dilation", dilation, n)
    if min(strides) <= 0:
        raise RuntimeError("non-positive stride is not supported")
    if min(dilations) <= 0:
        raise RuntimeError("dilation should be greater than zero")
    return strides, dilations


def _padding(
    name: str, n: int, padding: Any, kernel: Sizes, stride: Sizes, dilation: Sizes
) -> tuple[tuple[int, int], ...]:
    """(before, after) per dimension from an int, a tuple, 'valid' or 'same'."""
    if not isinstance(padding, str):
        pads = int_tuple(name, "padding", padding, n)
        if min(pads) < 0:
            raise RuntimeError("negative padding is not supported")
        return tuple((p, p) for p in pads)
    if padding == "valid":
        return ((0, 0),) * n
    if padding != "same":
        raise RuntimeError(f"Invalid padding string: '{padding}'; it can be 'same' or 'valid'")
    if max(stride) > 1:
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    totals = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
    return tuple((t // 2, t - t // 2) for t in totals)


def _convolution(
    name: str, n: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Any:
    _check(name, n, input, weight, bias, groups, transposed=False)
    groups = int(groups)  # a number of NumPy's would overflow where it is small
    strides, dilations = _steps(name, n, stride, dilation)
    kernel = tuple(weight.shape[2:])
    windows = WindowsNd(kernel, strides, _padding(name, n, padding, kernel, strides, dilations), dilations)
    sizes = input.shape[-n:]
    if min(windows.output_shape(sizes)) < 1:
        raise RuntimeError(
            f"Calculated padded input size per channel: ({by(windows.padded_shape(sizes))}). Kernel size: "
            f"({by(windows.reach)}). Kernel size can't be greater than actual input size"
        )
    op = ConvolutionNd(windows, groups)
    x = input.unsqueeze(0) if input.ndim == n + 1 else input
    out = op(x, weight) if bias is None else op(x, weight, bias)
    return out.squeeze(0) if input.ndim == n + 1 else out


def _transposed(
    name: str, n: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, output_padding: Any, groups: int,
    dilation: Any,
) -> Any:  # fmt: skip
    _check(name, n, input, weight, bias, groups, transposed=True)
    groups = int(groups)
    strides, dilations = _steps(name, n, stride, dilation)
    pads = int_tuple(name, "padding", padding, n)
    extras = int_tuple(name, "output_padding", output_padding, n)
    if min(pads) < 0:
        raise RuntimeError("negative padding is not supported")
    if min(extras) < 0:
        raise RuntimeError("negative output_padding is not supported")
    kernel = tuple(weight.shape[2:])
    for e, s, d in zip(extras, strides, dilations, strict=True):
        if e >= s and e >= d:
            raise RuntimeError(
                f"output padding must be smaller than either stride or dilation, but got output_padding: {extras}, "
                f"stride: {strides}, dilation: {dilations}"
            )
    sizes = input.shape[-n:]
    full = [(m - 1) * s + d * (k - 1) + 1 for m, s, d, k in zip(sizes, strides, dilations, kernel, strict=True)]
    out_sizes = [f - 2 * p + e for f, p, e in zip(full, pads, extras, strict=True)]
    if min(out_sizes) < 1:
        raise RuntimeError(
            f"Given input size per channel: ({by(sizes)}). Calculated output size per channel: ({by(out_sizes)}). "
            "Output size is too small"
        )
    # output_padding keeps more of what `padding` would cut at the end, and what it asks for beyond that is b alone.
    after = [max(p - e, 0) for p, e in zip(pads, extras, strict=True)]
    beyond = tuple(max(e - p, 0) for p, e in zip(pads, extras, strict=True))
    image_size = tuple(o - b for o, b in zip(out_sizes, beyond, strict=True))
    windows: Windows | WindowsNd
    if n == 2:
        # Pairs, as n is 2.
        windows = Windows(kernel, strides, (pads[0], after[0], pads[1], after[1]), dilations)  # type: ignore[arg-type]
    else:
        windows = WindowsNd(kernel, strides, tuple(zip(pads, after, strict=True)), dilations)
    op = TransposedConvolution(windows, groups, image_size, beyond)
    x = input.unsqueeze(0) if input.ndim == n + 1 else input
    out = op(x, weight) if bias is None else op(x, weight, bias)
    return out.squeeze(0) if input.ndim == n + 1 else out


# ---- the public functions ----------------------------------------------------------------------------------------------


def conv1d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: int | Sequence[int] = 1,
    padding: int | str | Sequence[int] = 0, dilation: int | Sequence[int] = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """out[n, o, x] = bias[o] + Σ_{c, i} weight[o, c, i] · input[n, c, x·stride + i·dilation − padding].

    `padding` may be 'valid' (none) or 'same' (as much as keeps L, the odd element at the end; stride 1 only).

    Shapes: input (N, C, L) or (C, L), weight (O, C/groups, K), bias (O) → (N, O, L_out) or (O, L_out). L_out =
    ⌊(L + 2·padding − dilation·(K−1) − 1)/stride⌋ + 1.
    Errors: RuntimeError with both shapes for wrong channels or rank, or a kernel larger than the padded input; also for
    different dtypes and for sizes out of range; NotImplementedError for booleans; TypeError for what is not a tensor,
    and for sizes that are not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv1d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.conv1d(torch.tensor([[1., 2., 4., 8.]]), torch.tensor([[[-1., 1.]]]))
    tensor([[1., 2., 4.]])
    """
    return _convolution("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: int | Sequence[int] = 1,
    padding: int | str | Sequence[int] = 0, dilation: int | Sequence[int] = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """The convolution of volumes: `conv1d`'s sum, over three dimensions of the kernel.

    Sizes may be ints or triples.

    Shapes: input (N, C, D, H, W) or (C, D, H, W), weight (O, C/groups, KD, KH, KW), bias (O) → (N, O, OD, OH, OW) or
    (O, OD, OH, OW), each size as in `conv1d`.
    Errors: RuntimeError, NotImplementedError and TypeError as in `conv1d`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv3d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.conv3d(torch.ones(1, 3, 3, 3), torch.ones(1, 1, 3, 2, 2))
    tensor([[[[12., 12.],
              [12., 12.]]]])
    """
    return _convolution("conv3d", 3, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0, output_padding: int | Sequence[int] = 0,
    groups: int = 1, dilation: int | Sequence[int] = 1,
) -> Tensor:  # fmt: skip
    """The transpose of `conv1d`, its derivative by its input: every element is spread over a window of the output.

    Several lengths are convolved to the same L; `output_padding` says which is meant, and is below stride or dilation.

    Shapes: input (N, C_in, L) or (C_in, L), weight (C_in, C_out/groups, K), bias (C_out) → (N, C_out, L_out) or
    (C_out, L_out). L_out = (L − 1)·stride − 2·padding + dilation·(K−1) + output_padding + 1.
    Errors: RuntimeError for wrong channels or rank, for different dtypes, and for sizes out of range, `output_padding`
    among them; NotImplementedError for booleans; TypeError for what is not a tensor, and for sizes that are not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose1d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.conv_transpose1d(torch.tensor([[1., 2.]]), torch.tensor([[[1., 10., 100.]]]), stride=2)
    tensor([[  1.,  10., 102.,  20., 200.]])
    """
    return _transposed("conv_transpose1d", 1, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0, output_padding: int | Sequence[int] = 0,
    groups: int = 1, dilation: int | Sequence[int] = 1,
) -> Tensor:  # fmt: skip
    """The transpose of `conv2d`, its derivative by its input: every pixel is spread over a window of the output.

    Shapes: input (N, C_in, H, W) or (C_in, H, W), weight (C_in, C_out/groups, KH, KW), bias (C_out) →
    (N, C_out, OH, OW) or (C_out, OH, OW), each size as in `conv_transpose1d`.
    Errors: RuntimeError, NotImplementedError and TypeError as in `conv_transpose1d`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose2d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.conv_transpose2d(torch.tensor([[[1., 2.]]]), torch.ones(1, 1, 2, 2))
    tensor([[[1., 3., 2.],
             [1., 3., 2.]]])
    """
    return _transposed("conv_transpose2d", 2, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0, output_padding: int | Sequence[int] = 0,
    groups: int = 1, dilation: int | Sequence[int] = 1,
) -> Tensor:  # fmt: skip
    """The transpose of `conv3d`, its derivative by its input: every element is spread over a window of the output.

    Shapes: input (N, C_in, D, H, W) or (C_in, D, H, W), weight (C_in, C_out/groups, KD, KH, KW), bias (C_out) →
    (N, C_out, OD, OH, OW) or (C_out, OD, OH, OW), each size as in `conv_transpose1d`.
    Errors: RuntimeError, NotImplementedError and TypeError as in `conv_transpose1d`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose3d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.conv_transpose3d(torch.ones(1, 1, 1, 2), torch.ones(1, 1, 1, 1, 2))
    tensor([[[[1., 2., 1.]]]])
    """
    return _transposed("conv_transpose3d", 3, input, weight, bias, stride, padding, output_padding, groups, dilation)
