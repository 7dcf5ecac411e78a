"""How far apart vectors are: every one from every other, pair by pair, by direction."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...autograd.grad_mode import no_grad
from ...autograd.op import Op
from ...device import array_module
from ...tensor import Tensor, wrap
from ..checks import check_broadcast, check_same_device, tensor_argument
from ..elementwise.arithmetic import div, mul, pow, sub
from ..elementwise.functions import abs
from ..elementwise.rounding import sign
from ..elementwise.selection import clamp, where
from ..indexing.gathering import index_select
from ..promotion import pair
from ..reduction.norms import norm, vector_norm
from ..reduction.reduction import sum
from ..shape.repetition import expand_as
from ..shape.shape import unsqueeze
from .matmul import matmul

__all__ = ["cdist", "cosine_similarity", "dist", "pairwise_distance", "pdist"]


class Distance(Op, label="CdistBackward0"):
    """z = (Σᵢ |dᵢ|ᵖ)^(1/p) of differences d, along the last dimension;  ∂z/∂dᵢ = sign(dᵢ)·(|dᵢ|/z)ᵖ⁻¹.

    At z = 0 the gradient is 0. p = ∞: z = max |dᵢ|, and each dᵢ of that size has the slope ±1. p = 0: z counts what
    is not 0, no gradient.
    """

    def __init__(self, p: float) -> None:
        self.p = p

    def forward(self, d: Any) -> Any:  # (…, M) → (…)
        xp = array_module(d)
        size, p = xp.abs(d), self.p
        if p == 0:
            z = (size != 0).sum(axis=-1).astype(d.dtype)
        elif p == 1:
            z = size.sum(axis=-1)
        elif p == 2:
            z = xp.sqrt((d * d).sum(axis=-1))
        elif p == math.inf:
            z = size.max(axis=-1) if d.shape[-1] else size.sum(axis=-1)
        else:
            z = (size**p).sum(axis=-1) ** (1 / p)
        z = xp.asarray(z).astype(d.dtype, copy=False)
        self.save(d, z)
        return z

    def backward(self, g: Any) -> Any:
        d, z = self.saved
        g, z, p = unsqueeze(g, -1), unsqueeze(z, -1), self.p
        if p == 0:
            return g * (0.0 * sign(d))
        if p == 1:
            return g * sign(d)
        if p == 2:
            return where(z == 0, 0.0, g / where(z == 0, 1.0, z)) * d
        if p == math.inf:
            return g * where(abs(d) == z, sign(d), 0.0)
        safe = where(z == 0, 1.0, z)
        if p < 1:
            size = where(d == 0, 1.0, abs(d))
            return g * where((z == 0) | (d == 0), 0.0, sign(d) * pow(size / safe, p - 1))
        return g * where(z == 0, 0.0, sign(d) * pow(abs(d) / safe, p - 1))


class DistanceOfPairs(Distance, label="PdistBackward0"):
    """`Distance` under the name that PyTorch gives it in `pdist`."""


class EuclideanByProducts(Op, label="EuclideanDistBackward0"):
    """zᵢⱼ = √(‖xᵢ‖² − 2·xᵢ·yⱼ + ‖yⱼ‖²), the length of xᵢ − yⱼ;  ∂zᵢⱼ/∂xᵢ = (xᵢ − yⱼ)/zᵢⱼ, 0 at z = 0.

    One matrix product instead of a table of all differences: fast and small for many vectors, but what is close
    together loses digits.
    """

    def forward(self, x: Any, y: Any) -> Any:  # x (…, P, M), y (…, R, M) → (…, P, R)
        xp = array_module(x)
        squares = (x * x).sum(axis=-1)[..., :, None] + (y * y).sum(axis=-1)[..., None, :]
        z = xp.sqrt(xp.maximum(squares - 2 * xp.matmul(x, y.swapaxes(-1, -2)), 0))
        self.save(x, y, z)
        return z

    def backward(self, g: Any) -> Any:
        x, y, z = self.saved
        ratio = where(z == 0, 0.0, g / where(z == 0, 1.0, z))
        back = ratio.swapaxes(-1, -2)
        gx = x * sum(ratio, -1, True) - matmul(ratio, y) if self.needs[0] else None
        return gx, (y * sum(back, -1, True) - matmul(back, x) if self.needs[1] else None)


MODES = ("use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist")


def cdist(x1: Any, x2: Any, p: float = 2.0, compute_mode: str = MODES[0]) -> Tensor:
    """The p-distances of all pairs of rows.

    Euclidean distances of more than 25 rows are computed by a matrix product, unless `compute_mode` says otherwise
    ("donot_use_mm_for_euclid_dist", "use_mm_for_euclid_dist").

    Shapes: x1 (…, P, M), x2 (…, R, M) → (…, P, R), the stacks broadcasting.
    Errors: RuntimeError for other shapes, for p < 0, for dtypes that differ, and for integers and booleans; ValueError
    for another `compute_mode`; NotImplementedError for float16; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cdist.html

    >>> import minitorch as torch
    >>> torch.cdist(torch.tensor([[0., 0.], [3., 0.]]), torch.tensor([[3., 4.]]))
    tensor([[5.],
            [4.]])
    """
    tensor_argument("cdist", x1, "x1")
    tensor_argument("cdist", x2, "x2", 2)
    check_same_device("cdist", x1, x2)
    if compute_mode not in MODES:
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode")
    for name, x in (("X1", x1), ("X2", x2)):
        if x._array.dtype.kind != "f":
            raise RuntimeError(f"cdist only supports floating-point dtypes, {name} got: {x.dtype.type_name}")
        if x.ndim < 2:
            raise RuntimeError(f"cdist only supports at least 2D tensors, {name} got: {x.ndim}D")
    if x1.shape[-1] != x2.shape[-1]:
        raise RuntimeError(f"X1 and X2 must have the same number of columns. X1: {x1.shape[-1]} X2: {x2.shape[-1]}")
    if p < 0:
        raise RuntimeError("cdist only supports non-negative p values")
    check_broadcast("cdist", tuple(x1.shape[:-2]), tuple(x2.shape[:-2]))
    if x1.dtype != x2.dtype:
        raise RuntimeError(f"expected scalar type {x1.dtype.type_name} but found {x2.dtype.type_name} (cdist)")
    if x1._array.dtype == np.float16:
        raise NotImplementedError("\"cdist\" not implemented for 'Half'")
    many = x1.shape[-2] > 25 or x2.shape[-2] > 25
    if p == 2 and (compute_mode == MODES[1] or (compute_mode == MODES[0] and many)):
        return EuclideanByProducts()(x1, x2)
    return Distance(float(p))(sub(unsqueeze(x1, -2), unsqueeze(x2, -3)))


def pdist(input: Tensor, p: float = 2.0) -> Tensor:
    """The p-distances of all pairs of different rows, (0, 1) (0, 2) … (1, 2) …

    Shapes: input (N, M) → (R), R = N·(N − 1)/2.
    Errors: RuntimeError for another rank, for p < 0, and for integers and booleans; NotImplementedError for float16;
    TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.pdist.html

    >>> import minitorch as torch
    >>> torch.nn.functional.pdist(torch.tensor([[0., 0.], [3., 4.], [3., 0.]]))
    tensor([5., 3., 4.])
    """
    tensor_argument("pdist", input)
    if input.ndim != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {input.ndim}D")
    if input._array.dtype.kind != "f":
        raise RuntimeError(f"pdist only supports floating-point dtypes, got: {input.dtype.type_name}")
    if p < 0:
        raise RuntimeError("pdist only supports non-negative p values")
    if input._array.dtype == np.float16 and input.numel() and input.shape[0] > 1:
        raise NotImplementedError("\"pdist\" not implemented for 'Half'")
    xp = array_module(input._array)
    first, second = (wrap(xp.asarray(i.astype(np.int64))) for i in np.triu_indices(input.shape[0], 1))
    return DistanceOfPairs(float(p))(sub(index_select(input, 0, first), index_select(input, 0, second)))


def dist(input: Tensor, other: Tensor, p: float = 2) -> Tensor:
    """The p-norm of input − other, all elements taken as one vector.

    Shapes: input and other broadcast; the result is ().
    Errors: RuntimeError for shapes that do not broadcast, and for integers and booleans; TypeError for what is not a
    tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.dist.html

    >>> import minitorch as torch
    >>> torch.dist(torch.tensor([1., 2.]), torch.tensor([4., 6.]))
    tensor(5.)
    """
    tensor_argument("dist", input)
    tensor_argument("dist", other, "other", 2)
    return vector_norm(sub(input, other), p)


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """Σ x1·x2 / (max(‖x1‖, eps)·max(‖x2‖, eps)) along `dim`: the cosine of the angle between vectors.

    Where a norm is below eps, it is the number eps that is divided by, and the gradient is that of division by a norm
    all the same, as in PyTorch.

    Shapes: x1 and x2 broadcast; the result has the common shape without `dim`.
    Errors: RuntimeError for shapes that do not broadcast, and for integers and booleans; IndexError for a `dim` out of
    range; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cosine_similarity.html

    >>> import minitorch as torch
    >>> torch.nn.functional.cosine_similarity(torch.tensor([[1., 0.]]), torch.tensor([[1., 1.]]))
    tensor([0.7071])
    """
    tensor_argument("cosine_similarity", x1, "x1")
    tensor_argument("cosine_similarity", x2, "x2", 2)
    x1, x2 = pair("cosine_similarity", x1, x2)
    if x1._array.dtype.kind != "f":
        raise RuntimeError(
            f"expected common dtype to be floating point, yet common dtype is {x1.dtype.type_name} (cosine_similarity)"
        )
    unit = []
    for x in (x1, x2):
        length = vector_norm(x, 2, dim, True).clone()
        with no_grad():
            length.clamp_min_(eps)
        unit.append(div(x, length))
    return sum(mul(*unit), dim)


def pairwise_distance(x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """‖x1 − x2 + eps‖ₚ along the last dimension. eps keeps the slope away from 0/0.

    Shapes: x1 and x2 broadcast; the result has the common shape without its last dimension, of size 1 with `keepdim`.
    Errors: RuntimeError for shapes that do not broadcast, and for booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.pairwise_distance.html

    >>> import minitorch as torch
    >>> torch.nn.functional.pairwise_distance(torch.tensor([[0., 0.]]), torch.tensor([[3., 4.]]))
    tensor([5.0000])
    """
    tensor_argument("pairwise_distance", x1, "x1")
    tensor_argument("pairwise_distance", x2, "x2", 2)
    return norm(sub(x1, x2) + eps, p, -1 if max(x1.ndim, x2.ndim) else None, keepdim)


def normalize(input: Tensor, p: float = 2.0, dim: Any = 1, eps: float = 1e-12, out: Any = None) -> Tensor:
    """input / max(‖input‖ₚ, eps) along `dim`: vectors of length 1, in the same direction.

    Shapes: any; the result has the input's.
    Errors: IndexError for a `dim` out of range; RuntimeError for integers and booleans; NotImplementedError for `out`;
    TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.normalize.html

    >>> import minitorch as torch
    >>> torch.nn.functional.normalize(torch.tensor([[3., 4.]]))
    tensor([[0.6000, 0.8000]])
    """
    if out is not None:
        raise NotImplementedError("minitorch's normalize() does not support out=")
    length = clamp(norm(input, p, dim, True), min=eps)
    return div(input, expand_as(length, input))
