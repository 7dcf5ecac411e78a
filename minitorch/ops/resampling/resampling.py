"""Images in another size: interpolation, along one axis after the other."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ...tensor import Tensor
from ..checks import tensor_argument
from ..pooling.adaptive_pooling import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d
from ..shape.shape import array_of
from .taps import Taps, picks, resample_node

__all__: list[str] = []  # `interpolate` and its kin are functions of nn.functional alone

# By mode: for how many dimensions, and the name of PyTorch's operation.
_MODES = {
    "nearest": ((1, 2, 3), "UpsampleNearest"),
    "nearest-exact": ((1, 2, 3), "UpsampleNearestExact"),
    "linear": ((1,), "UpsampleLinear"),
    "bilinear": ((2,), "UpsampleBilinear"),
    "trilinear": ((3,), "UpsampleTrilinear"),
    "bicubic": ((2,), "UpsampleBicubic"),
}


def _positions(size: int, out: int, scale: float | None, align_corners: bool, dtype: Any) -> Any:
    """Where in the input, in pixels, the centre of each output pixel lies, in `dtype`.

    With `align_corners` the centres of the outer pixels stay where they are, without it the outer edges do. Product and
    difference are rounded once, as processors with a fused multiply-add do it.
    """
    k = np.arange(out)
    if align_corners:
        step = dtype.type(size - 1) / dtype.type(out - 1) if out > 1 else dtype.type(0)
        return k.astype(dtype) * step
    wide = np.float64 if dtype.itemsize < 8 else np.longdouble
    return ((k + wide(0.5)) * wide(_step(size, out, scale, dtype)) - wide(0.5)).astype(dtype)


def _step(size: int, out: int, scale: float | None, dtype: Any) -> Any:
    """How far apart in the input neighbouring output pixels are."""
    return dtype.type(1.0 / scale) if scale is not None and scale > 0 else dtype.type(size) / dtype.type(out)


def _nearest(size: int, out: int, scale: float | None, dtype: Any, exact: bool, is_small_image: bool) -> Taps:
    """The one pixel that each output pixel takes.

    A step of 1/scale_factor can come so close to the border between two pixels that rounding decides, so numbers are
    rounded where PyTorch rounds them: small images have a way of their own there, in which twice the size is exact.
    """
    single = np.dtype("float32")
    k = np.arange(out)
    if is_small_image:
        step = _step(size, out, scale, single)
        at = (k + 0.5) * np.float64(step) if exact else k.astype(single) * step
        if not exact and out in (size, 2 * size):
            at = k * size // out
    elif exact:
        at = np.maximum(_positions(size, out, scale, False, dtype), 0) + dtype.type(0.5)
    else:
        at = k.astype(dtype) * _step(size, out, scale, dtype)
    return picks(size, np.minimum(np.floor(at.astype(single)).astype(np.int64), size - 1))


def _linear(size: int, out: int, scale: float | None, align_corners: bool, dtype: Any) -> Taps:
    if size == out:
        return picks(size, np.arange(size))
    at = np.maximum(_positions(size, out, scale, align_corners, dtype), 0)
    lower = np.minimum(np.floor(at).astype(np.int64), size - 1)
    share = np.clip(at - lower.astype(dtype), 0, 1)
    upper = np.minimum(lower + 1, size - 1)
    k = np.arange(out)
    return Taps(size, out, np.tile(k, 2), np.concatenate([lower, upper]), np.concatenate([1 - share, share]))


def _cubic(size: int, out: int, scale: float | None, align_corners: bool, dtype: Any) -> Taps:
    """Keys' convolution with a = −3/4 over four pixels, those beyond the border repeating it.

    Source: Keys, "Cubic convolution interpolation for digital image processing", 1981.
    """
    a = dtype.type(-0.75)
    at = _positions(size, out, scale, align_corners, dtype)
    lower = np.floor(at)
    t = np.clip(at - lower, 0, 1)

    def near(x: Any) -> Any:  # |x| ≤ 1
        return ((a + 2) * x - (a + 3)) * x * x + 1

    def far(x: Any) -> Any:  # 1 < |x| < 2
        return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a

    weights = np.concatenate([far(t + 1), near(t), near(1 - t), far(2 - t)])
    sources = np.concatenate([lower.astype(np.int64) + k for k in (-1, 0, 1, 2)])
    return Taps(size, out, np.tile(np.arange(out), 4), np.clip(sources, 0, size - 1), weights)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _output(input: Any, size: Any, scale_factor: Any, recompute: bool | None, mode: str) -> tuple[list[int], list[Any]]:
    """The output's size, and the scale of each dimension that counts in the computation (None: as the sizes say)."""
    sizes = input.shape[2:]
    n = len(sizes)
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is None and scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    if size is not None:
        if recompute:
            raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
        wanted = list(size) if isinstance(size, tuple | list) else [size] * n
        if len(wanted) != n:
            raise ValueError(
                "Input and output must have the same number of spatial dimensions, but got input with spatial dimensions "
                f"of {list(sizes)} and output size of {size}. Please provide input tensor in (N, C, d1, d2, ...,dK) "
                "format and output size in (o1, o2, ...,oK) format."
            )
        if not all(map(_is_whole, wanted)):
            raise TypeError(f"interpolate(): expected size to be an int or a tuple of ints, but got {size!r}")
        return [int(m) for m in wanted], [None] * n
    scales = list(scale_factor) if isinstance(scale_factor, tuple | list) else [scale_factor] * n
    if len(scales) != n:
        raise ValueError(
            "Input and scale_factor must have the same number of spatial dimensions, but got input with spatial "
            f"dimensions of {list(sizes)} and scale_factor of shape {scale_factor}. Please provide input tensor in "
            "(N, C, d1, d2, ...,dK) format and scale_factor in (s1, s2, ...,sK) format."
        )
    if any(isinstance(f, bool) or not isinstance(f, int | float | np.number) for f in scales):
        raise TypeError(
            f"interpolate(): expected scale_factor to be a number or a tuple of numbers, not {scale_factor!r}"
        )
    wanted = [int(m * float(f)) for m, f in zip(sizes, scales, strict=True)]
    return wanted, [None] * n if recompute or mode == "area" else [float(f) for f in scales]


def interpolate(
    input: Tensor, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None, antialias: bool = False,
) -> Tensor:  # fmt: skip
    """`input` resampled to `size`, or to `scale_factor` times its size.

    mode "nearest" (the pixel at ⌊k·step⌋; "nearest-exact" at ⌊(k + ½)·step⌋), "linear", "bilinear", "trilinear" (two
    pixels along each of the 1, 2, 3 dimensions), "bicubic" (four, 2 dimensions), or "area"
    (means, as `adaptive_avg_pool2d`). With `align_corners` the corner pixels' centres stay where they are, else the
    image's edges do. The step is 1/scale_factor; with `recompute_scale_factor` it is the quotient of the sizes, which
    were rounded. `antialias` is not supported.

    Shapes: input (N, C, W) → (N, C, OW); (N, C, H, W) → (N, C, OH, OW); (N, C, D, H, W) → (N, C, OD, OH, OW).
    Errors: ValueError for contradicting arguments; RuntimeError for a size of 0; NotImplementedError for a mode that is
    not for the input's rank, for integers and booleans, and for `antialias`; TypeError for what is not a tensor, and
    sizes that are not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.interpolate.html

    >>> import minitorch as torch
    >>> x = torch.tensor([[[1., 2., 4.]]])
    >>> torch.nn.functional.interpolate(x, scale_factor=2)
    tensor([[[1., 1., 2., 2., 4., 4.]]])
    >>> torch.nn.functional.interpolate(x, size=5, mode="linear", align_corners=True)
    tensor([[[1.0000, 1.5000, 2.0000, 3.0000, 4.0000]]])
    """
    tensor_argument("interpolate", input)
    if mode in ("nearest", "area", "nearest-exact") and align_corners is not None:
        raise ValueError(
            "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear"
        )
    out, scales = _output(input, size, scale_factor, recompute_scale_factor, mode)
    if antialias:
        if mode not in ("bilinear", "bicubic") or input.ndim != 4:
            raise ValueError("Anti-alias option is restricted to bilinear and bicubic modes and requires a 4-D tensor")
        raise NotImplementedError("interpolate(): antialias=True is not supported")
    n = input.ndim - 2
    if mode == "area" and n in (1, 2, 3):
        return (adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d)[n - 1](input, tuple(out))
    if mode in ("linear", "bilinear", "trilinear") and n in (1, 2, 3) and n not in _MODES[mode][0]:
        raise NotImplementedError(f"Got {n + 2}D input, but {mode} mode needs {_MODES[mode][0][0] + 2}D input")
    if mode not in _MODES or n not in _MODES[mode][0]:
        raise NotImplementedError(
            f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {input.ndim}D) for the modes: nearest | linear "
            f"| bilinear | bicubic | trilinear | area | nearest-exact (got {mode})"
        )
    return _interpolated(input, out, scales, mode, bool(align_corners))


def _interpolated(input: Any, out: list[int], scales: list[Any], mode: str, align_corners: bool) -> Any:
    n = len(out)
    sizes = input.shape[2:]
    if min(out) < 1 or min(sizes) < 1:
        raise RuntimeError(
            f"Input and output sizes should be greater than 0, but got input {list(input.shape)} and output size {out}"
        )
    if input.shape[1] == 0:
        raise RuntimeError(f"Non-empty {n + 2}D data tensor expected but got a tensor with sizes {list(input.shape)}")
    dtype = array_of(input).dtype
    takes_bytes = mode in ("nearest", "nearest-exact")
    if dtype.kind != "f" and not (takes_bytes and dtype == np.uint8):
        name = input.dtype.type_name if isinstance(input, Tensor) else dtype
        raise NotImplementedError(f"\"interpolate\" in mode '{mode}' not implemented for '{name}'")
    if dtype.itemsize < 4:  # positions are not counted in half precision or bytes
        dtype = np.dtype("float32")
    taps = {}
    for axis, (size, m, scale) in enumerate(zip(sizes, out, scales, strict=True)):
        if takes_bytes:
            is_small_image = n == 2 and sum(out) <= 128
            taps[axis - n] = _nearest(size, m, scale, dtype, mode == "nearest-exact", is_small_image)
        else:
            along = _cubic if mode == "bicubic" else _linear
            taps[axis - n] = along(size, m, scale, align_corners, dtype)
    return resample_node(f"{_MODES[mode][1]}{n}D")(taps)(input)


def upsample(
    input: Tensor, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None
) -> Tensor:  # fmt: skip
    """`interpolate` under its older name, with a warning that says so.

    Shapes: as in `interpolate`.
    Errors: ValueError, RuntimeError, NotImplementedError and TypeError as in `interpolate`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.upsample.html

    >>> import minitorch as torch
    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     torch.nn.functional.upsample(torch.tensor([[[1., 2.]]]), 4)
    tensor([[[1., 1., 2., 2.]]])
    """
    warnings.warn("`nn.functional.upsample` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=2)
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """`interpolate` with the nearest pixel, under its older name, with a warning that says so.

    Shapes: as in `interpolate`.
    Errors: ValueError, RuntimeError, NotImplementedError and TypeError as in `interpolate`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.upsample_nearest.html

    >>> import minitorch as torch
    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     torch.nn.functional.upsample_nearest(torch.tensor([[[1., 2.]]]), 4)
    tensor([[[1., 1., 2., 2.]]])
    """
    text = "`nn.functional.upsample_nearest` is deprecated. Use `nn.functional.interpolate` instead."
    warnings.warn(text, stacklevel=2)
    return interpolate(input, size, scale_factor, "nearest")


def upsample_bilinear(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """`interpolate` with four pixels, corners aligned, under its older name, with a warning that says so.

    Shapes: input (N, C, H, W) → (N, C, OH, OW).
    Errors: ValueError, RuntimeError, NotImplementedError and TypeError as in `interpolate`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.upsample_bilinear.html

    >>> import minitorch as torch
    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     torch.nn.functional.upsample_bilinear(torch.tensor([[[[1., 2.]]]]), (1, 3))
    tensor([[[[1.0000, 1.5000, 2.0000]]]])
    """
    text = "`nn.functional.upsample_bilinear` is deprecated. Use `nn.functional.interpolate` instead."
    warnings.warn(text, stacklevel=2)
    return interpolate(input, size, scale_factor, "bilinear", align_corners=True)
