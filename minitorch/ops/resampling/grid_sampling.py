"""Images sampled at given places: spatial transformers and their affine grids.

A place is written as (x, y) in [−1, 1]², whatever the image's size; volumes have (x, y, z).
Source: Jaderberg et al., "Spatial transformer networks", 2015.
"""

from __future__ import annotations

import itertools
import math
import warnings
from typing import Any

import numpy as np

from ...autograd.op import Op
from ...device import array_module
from ...tensor import Tensor, wrap
from ..checks import check_same_device, refuse, tensor_argument, zeros_like
from ..elementwise.selection import where
from ..pooling.maxima import FetchAt
from ..shape.shape import array_of

__all__: list[str] = []  # functions of nn.functional alone

_DEFAULT_CHANGED = (
    "Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please specify "
    "align_corners=True if the old behavior is desired. See the documentation of grid_sample for details."
)


class Fold1d(Op):
    """z = p brought into [0, size − 1], cut off at the ends or mirrored there;  ∂z/∂p is 1, −1 in a mirror, 0 if cut."""

    size: int
    low: float
    high: float
    mirror: bool

    def __init__(self, size: int, low: float, high: float, mirror: bool) -> None:
        self.size, self.low, self.high, self.mirror = size, low, high, mirror

    def forward(self, p: Any) -> Any:
        xp = array_module(p)
        slope = xp.ones(p.shape, np.int8)
        if self.mirror:
            span = self.high - self.low
            distance = xp.abs(p - self.low)
            slope[p < self.low] = -1
            if span > 0:
                flips = xp.floor(distance / span)
                rest = xp.fmod(distance, span)
                is_turned = flips % 2 != 0
                p = xp.where(is_turned, span - rest, rest) + p.dtype.type(self.low)
                slope = xp.where(is_turned, -slope, slope)
            else:
                p = xp.zeros_like(p)
        slope[(p <= 0) | (p >= self.size - 1)] = 0
        self.save(slope)
        return xp.clip(p, 0, self.size - 1).astype(p.dtype, copy=False)

    def backward(self, g: Any) -> Any:
        (slope,) = self.saved
        return g * slope


class Unmoved(Op):
    """z = x, which does not change with the grid;  ∂z/∂x = 1, ∂z/∂grid = 0."""

    def forward(self, x: Any, grid: Any) -> Any:
        self.save(grid)
        return x.copy()

    def backward(self, g: Any) -> Any:
        (grid,) = self.saved
        return g, zeros_like(grid)


def _fetched(input: Any, corner: list[Any]) -> Any:
    """The elements of input (N, C, *sizes) at whole places (N, *out), one array per dimension; 0 for those outside."""
    xp = array_module(corner[0])
    sizes = input.shape[2:]
    is_inside: Any = True
    number: Any = 0
    for k, n in zip(corner, sizes, strict=True):
        is_inside = (k >= 0) & (k < n) & is_inside
        number = number * n + xp.clip(xp.nan_to_num(k), 0, n - 1).astype(np.int64)
    shape = (*input.shape[:2], *number.shape[1:])
    places = xp.ascontiguousarray(xp.broadcast_to(number[:, None], shape))
    values = FetchAt(len(sizes))(input, wrap(places))
    return where(wrap(xp.broadcast_to(is_inside[:, None], shape)), values, 0.0)


def _check(input: Any, grid: Any, mode: str, padding_mode: str) -> None:
    tensor_argument("grid_sample", input)
    tensor_argument("grid_sample", grid, "grid", 2)
    if mode not in ("bilinear", "nearest", "bicubic"):
        raise ValueError(
            "nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: '"
            + mode
            + "'"
        )
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ValueError(
            "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', but got: "
            f"'{padding_mode}'"
        )
    shapes = f"input with sizes {list(input.shape)} and grid with sizes {list(grid.shape)}"
    check_same_device("grid_sample", input, grid)
    if not input.ndim or not grid.ndim or input.shape[0] != grid.shape[0]:
        raise RuntimeError(f"grid_sample(): expected grid and input to have same batch size, but got {shapes}")
    if grid.shape[-1] != input.ndim - 2:
        raise RuntimeError(
            f"grid_sample(): expected grid to have size {input.ndim - 2} in last dimension, but got {shapes}"
        )
    if input.ndim not in (4, 5) or grid.ndim != input.ndim:
        raise RuntimeError(
            f"grid_sample(): expected 4D or 5D input and grid with same number of dimensions, but got {shapes}"
        )
    if 0 in input.shape[2:]:
        raise RuntimeError(f"grid_sample(): expected input to have non-empty spatial dimensions, but got {shapes}")
    if mode == "bicubic":
        if input.ndim == 5:
            raise RuntimeError("grid_sample(): bicubic interpolation only supports 4D input")
        raise NotImplementedError("grid_sample(): mode='bicubic' is not supported")
    refuse("grid_sample", input, "biu")
    if array_of(input).dtype != array_of(grid).dtype:
        raise RuntimeError(f"grid_sample(): expected grid of input's dtype {input.dtype}, but found {grid.dtype}")


def grid_sample(
    input: Tensor, grid: Tensor, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool | None = None
) -> Tensor:  # fmt: skip
    """The values of `input` at the places of `grid`, (x, y) from −1 to 1.

    With `align_corners` −1 and 1 are the centres of the corner pixels, else the edges of the image. Between pixels,
    mode "bilinear" weighs the four around, "nearest" takes the closest. Outside, padding_mode "zeros" has 0, "border"
    the nearest pixel of the edge, "reflection" a mirror image. Mode "bicubic" is not supported.

    Shapes: input (N, C, H, W), grid (N, OH, OW, 2) → (N, C, OH, OW); input (N, C, D, H, W), grid (N, OD, OH, OW, 3) →
    (N, C, OD, OH, OW).
    Errors: RuntimeError naming both shapes if they do not fit, and for dtypes that differ; ValueError for another
    `mode` or `padding_mode`; NotImplementedError for integers and booleans, and for mode "bicubic"; TypeError for what
    is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.grid_sample.html

    >>> import minitorch as torch
    >>> image = torch.arange(4.).reshape(1, 1, 2, 2)
    >>> middle_and_corner = torch.tensor([[[[0., 0.], [1., 1.]]]])
    >>> torch.nn.functional.grid_sample(image, middle_and_corner, align_corners=True)
    tensor([[[[1.5000, 3.0000]]]])
    """
    _check(input, grid, mode, padding_mode)
    if align_corners is None:
        warnings.warn(_DEFAULT_CHANGED, stacklevel=2)
        align_corners = False
    sizes = input.shape[2:]
    positions = []  # in pixels, in the order of the input's dimensions
    for axis, n in enumerate(sizes):
        at = grid[..., len(sizes) - 1 - axis]
        at = (at + 1) * ((n - 1) / 2) if align_corners else ((at + 1) * n - 1) / 2
        if padding_mode != "zeros":
            low, high = (0.0, n - 1.0) if align_corners else (-0.5, n - 0.5)
            at = Fold1d(n, low, high, padding_mode == "reflection")(at)
        positions.append(at)
    xp = array_module(grid._array)
    if mode == "nearest":
        return Unmoved()(_fetched(input, [xp.rint(at._array) for at in positions]), grid)
    lower = [xp.floor(at._array) for at in positions]
    shares = [at - wrap(k) for at, k in zip(positions, lower, strict=True)]
    out: Any = None
    for step in itertools.product((0, 1), repeat=len(sizes)):
        weight: Any = math.prod(t if s else 1 - t for s, t in zip(step, shares, strict=True))
        part = _fetched(input, [k + s for k, s in zip(lower, step, strict=True)]) * weight.unsqueeze(1)
        out = part if out is None else out + part
    return out


# ---- affine grids ------------------------------------------------------------------------------------------------------


def _even(n: int, align_corners: bool, dtype: Any, xp: Any) -> Any:
    """n places from −1 to 1, evenly: from end to end, or the centres of n equal parts."""
    if n <= 1:
        return xp.zeros(n, dtype)
    k = xp.arange(n)
    step = dtype.type(2) / dtype.type(n - 1)
    places = xp.where(k < n // 2, -1 + step * k.astype(dtype), 1 - step * (n - 1 - k).astype(dtype)).astype(dtype)
    return places if align_corners else places * dtype.type(n - 1) / dtype.type(n)


class AffineGridGenerator(Op):
    """z[n, i, j] = theta[n] · (x_j, y_i, 1);  ∂/∂theta = Σ over i, j of g ⊗ (x_j, y_i, 1)."""

    sizes: tuple[int, ...]
    align_corners: bool

    def __init__(self, sizes: tuple[int, ...], align_corners: bool) -> None:
        self.sizes, self.align_corners = sizes, align_corners

    def base(self, like: Any) -> Any:
        """The places (x, y, 1) of all pixels, row by row."""
        xp = array_module(like)
        axes = [_even(n, self.align_corners, like.dtype, xp) for n in self.sizes]
        grids = xp.meshgrid(*axes, indexing="ij")[::-1]
        return xp.stack([*[x.reshape(-1) for x in grids], xp.ones(math.prod(self.sizes), like.dtype)], 1)

    def forward(self, theta: Any) -> Any:
        z = self.base(theta) @ theta.swapaxes(1, 2)
        return z.reshape(len(theta), *self.sizes, len(self.sizes))

    def backward(self, g: Any) -> Any:
        return AffineGridSum(self.sizes, self.align_corners)(g)


class AffineGridSum(AffineGridGenerator):
    """theta' = Σ over i, j of g[n, i, j] ⊗ (x_j, y_i, 1): the transpose of AffineGridGenerator."""

    def forward(self, g: Any) -> Any:
        rank = len(self.sizes)
        return g.reshape(len(g), math.prod(self.sizes), rank).swapaxes(1, 2) @ self.base(g)

    def backward(self, h: Any) -> Any:
        return AffineGridGenerator(self.sizes, self.align_corners)(h)


def affine_grid(theta: Tensor, size: Any, align_corners: bool | None = None) -> Tensor:
    """The grid for `grid_sample` that an affine map makes.

    Each place (x, y) of the output is mapped to theta · (x, y, 1) in the input. With three coordinates it maps volumes.

    Shapes: theta (N, 2, 3), size (N, C, H, W) → (N, H, W, 2); theta (N, 3, 4), size (N, C, D, H, W) → (N, D, H, W, 3).
    Errors: ValueError for another shape of theta, for integers and booleans, and sizes that are not positive;
    RuntimeError for another batch; NotImplementedError for a `size` of another length; TypeError for a theta that is
    not a tensor, and a `size` that is not ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.affine_grid.html

    >>> import minitorch as torch
    >>> mirrored = torch.tensor([[[-1., 0., 0.], [0., 1., 0.]]])
    >>> grid = torch.nn.functional.affine_grid(mirrored, (1, 1, 1, 2), align_corners=False)
    >>> torch.nn.functional.grid_sample(torch.tensor([[[[1., 2.]]]]), grid, align_corners=False)
    tensor([[[[2., 1.]]]])
    """
    tensor_argument("affine_grid", theta, "theta")
    if align_corners is None:
        warnings.warn(_DEFAULT_CHANGED, stacklevel=2)
        align_corners = False
    if not theta.is_floating_point():
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    size = tuple(size)
    if len(size) not in (4, 5):
        raise NotImplementedError(
            f"affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. Got size {size}."
        )
    rank = len(size) - 2
    if theta.ndim != 3 or tuple(theta.shape[1:]) != (rank, rank + 1):
        raise ValueError(
            f"Expected a batch of {rank}D affine matrices of shape Nx{rank}x{rank + 1} for size {size}. Got {theta.shape}."
        )
    if align_corners and min(size[2:]) == 1:
        warnings.warn(
            "Since version 1.3.0, affine_grid behavior has changed for unit-size grids when align_corners=True. This is "
            "not an intended use case of affine_grid. See the documentation of affine_grid for details.",
            stacklevel=2,
        )
    elif min(size) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {size}")
    if theta.shape[0] != size[0]:
        raise RuntimeError(f"affine_grid: theta of size {list(theta.shape)} has another batch than size {size}")
    return AffineGridGenerator(size[2:], bool(align_corners))(theta)
