"""Copies of a tensor with elements overwritten, added to, or combined with others along one dimension.

An index tensor says where each element of the source goes: to its own position in every dimension but one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...autograd.op import Op
from ...device import array_module
from ...tensor import Tensor, wrap
from ...types import Number
from ..checks import number, refuse, tensor_argument
from ..elementwise.selection import where
from ..shape.shape import array_of
from .gathering import Gather, _checked, _like, places
from .indexing import scatter_sum
from .repeated_places import combine_at

__all__ = ["scatter", "scatter_add", "scatter_reduce"]


# ---- overwritten, added to -------------------------------------------------------------------------------------------


class Scatter(Op):
    """z = x but for z[index[i, j], j] = src[i, j];  ∂/∂x is g with 0 at those places, ∂/∂src is g gathered.

    If a place is named twice, which value it keeps is undefined, and so is the gradient, as in PyTorch.
    """

    def __init__(self, dim: int) -> None:
        self.dim = dim

    def forward(self, x: Any, src: Any, index: Any) -> Any:
        self.save(index)
        z = array_module(x).array(x)  # of a 0-d gradient, NumPy's copy would be a number
        z[places(index, self.dim) if x.ndim else ...] = src
        return z

    def backward(self, g: Any) -> Any:
        (index,) = self.saved
        gx = Scatter(self.dim)(g, 0, index) if self.needs[0] else None
        return gx, (Gather(self.dim)(g, index) if self.needs[1] else None), None


class ScatterValue(Scatter, label="ScatterBackward1"):
    """z = x but for z[index[i, j], j] = a number;  ∂/∂x is g with 0 at those places."""


class ScatterAdd(Op):
    """z = x with z[index[i, j], j] += src[i, j];  ∂/∂x = 1, ∂/∂src is g gathered."""

    def __init__(self, dim: int) -> None:
        self.dim = dim

    def forward(self, x: Any, src: Any, index: Any) -> Any:
        self.save(index)
        return x + (scatter_sum(x.shape, places(index, self.dim), src) if x.ndim else src)

    def backward(self, g: Any) -> Any:
        (index,) = self.saved
        return g, (Gather(self.dim)(g, index) if self.needs[1] else None), None


def scatter(
    input: Tensor, dim: int, index: Tensor, src: Tensor | Number | None = None, *, value: Number | None = None,
    reduce: str | None = None,
) -> Tensor:  # fmt: skip
    """A copy of `input` with elements overwritten along `dim`: out[index[i][j]][j] = src[i][j] for dim 0, and so on.

    `src` is a tensor of input's dtype, or a number (`value`). Of values for one place, which is kept is undefined. With
    `reduce`, "add" or "multiply", they are combined with what is there, without a derivative; `scatter_reduce` has one.

    Shapes: index has the rank of `input`, a tensor `src` is at least as large; the result has the input's.
    Errors: RuntimeError for an index out of range, for ranks, sizes or dtypes that do not fit, and another `reduce`;
    IndexError for a `dim` out of range; TypeError for what is not a tensor, and a `src` that is no number either.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.scatter_.html

    >>> import minitorch as torch
    >>> torch.scatter(torch.zeros(2, 3), 1, torch.tensor([[2], [0]]), 1.)
    tensor([[0., 0., 1.],
            [1., 0., 0.]])
    """
    src = value if src is None else src
    dim, index = _checked("scatter", input, dim, index)
    index = _like(index, array_of(input).ndim)
    if reduce is not None:
        return _combined(input, dim, index, src, reduce)
    if not isinstance(src, Tensor) and (isinstance(src, np.generic) or not hasattr(src, "shape")):
        return ScatterValue(dim)(input, number("scatter", src), index)
    return Scatter(dim)(input, _cropped("scatter", input, index, src), index)


class ScatterCombined(Op, label="NotImplemented"):
    """z = x with src added or multiplied in. No derivative, as in PyTorch."""

    dim: int
    reduce: str

    def __init__(self, dim: int, reduce: str) -> None:
        self.dim, self.reduce = dim, reduce

    def forward(self, x: Any, src: Any, index: Any) -> Any:
        xp = array_module(x)
        z = xp.array(x, order="C")
        _combine(self.reduce, z, places(index, self.dim), xp.broadcast_to(xp.asarray(src), index.shape))
        return z


def _combine(reduce: str, z: Any, index: tuple[Any, ...], src: Any) -> None:
    """Combine `src` into z (contiguous), once for every time that a place is named; flat, which NumPy does faster."""
    ufunc = {
        "sum": "add", "add": "add", "mean": "add", "prod": "multiply", "multiply": "multiply", "amax": "maximum",
        "amin": "minimum",
    }  # fmt: skip
    positions = array_module(z).arange(z.size).reshape(z.shape)[index]
    combine_at(ufunc[reduce], z.reshape(-1), positions.reshape(-1), src.reshape(-1))


def _combined(input: Any, dim: int, index: Any, src: Any, reduce: str) -> Any:
    if reduce not in ("add", "multiply"):
        raise RuntimeError("reduce argument must be either add or multiply.")
    kind = array_of(input).dtype
    if isinstance(src, Tensor):
        return ScatterCombined(dim, reduce)(input, _cropped("scatter", input, index, src), index)
    return ScatterCombined(dim, reduce)(input, kind.type(number("scatter", src)), index)


def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """A copy of `input` with elements added along `dim`: out[index[i][j]][j] += src[i][j] for dim 0, and so on.

    `src` has input's dtype.

    Shapes: index has the rank of `input`, src is at least as large; the result has the input's.
    Errors: RuntimeError for an index out of range, and for ranks, sizes or dtypes that do not fit; IndexError for a
    `dim` out of range; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.scatter_add_.html

    >>> import minitorch as torch
    >>> torch.scatter_add(torch.zeros(3), 0, torch.tensor([0, 2, 0]), torch.tensor([1., 2., 3.]))
    tensor([4., 0., 2.])
    """
    dim, index = _checked("scatter_add", input, dim, index)
    tensor_argument("scatter_add", src, "src", 4)
    index = _like(index, array_of(input).ndim)
    return ScatterAdd(dim)(input, _cropped("scatter_add", input, index, src), index)


def _cropped(op: str, input: Any, index: Any, src: Any) -> Any:
    """The part of `src` that `index` uses."""
    if array_of(src).dtype != array_of(input).dtype:
        raise RuntimeError("scatter(): Expected self.dtype to be equal to src.dtype")
    wanted = array_of(index).shape
    if max(array_of(src).ndim, 1) != max(len(wanted), 1):
        raise RuntimeError("Index tensor must have the same number of dimensions as src tensor")
    src = _like(src, len(wanted))
    shape = array_of(src).shape
    if any(n > m for n, m in zip(wanted, shape, strict=True)):
        raise RuntimeError(
            f"Expected index {list(wanted)} to be no larger than src {list(shape)} in every dimension ({op})"
        )
    return src if wanted == shape else src[tuple(slice(0, n) for n in wanted)]


# ---- combined, with a derivative -------------------------------------------------------------------------------------


def _beside(g: Any, array: Any) -> Any:
    """A mask or a count as what `g` is, an array or a Tensor."""
    return wrap(array) if isinstance(g, Tensor) else array


class ScatterReduce(Op):
    """z = x combined with src where index says: Σ, Π, mean, largest or smallest. With `include_self`, x counts, too.

    Where nothing goes, z = x and ∂/∂x = 1. Elsewhere: the gradient of a sum is copied, that of a mean divided by the
    count, that of a product multiplied by the product of the others, that of an extreme shared by those that equal it.
    """

    dim: int
    reduce: str
    include_self: bool

    def __init__(self, dim: int, reduce: str, include_self: bool) -> None:
        self.dim, self.reduce, self.include_self = dim, reduce, include_self

    def forward(self, x: Any, src: Any, index: Any) -> Any:
        xp = array_module(x)
        index_ = places(index, self.dim)
        z = xp.array(x, order="C")
        if not self.include_self:
            z[index_] = self.neutral(x.dtype)
        _combine(self.reduce, z, index_, src)
        if self.reduce == "mean":
            count = self.count(x, index)
            z = xp.asarray(z // count if x.dtype.kind != "f" else z / count).astype(x.dtype, copy=False)
        self.save(x, src, z, index)
        return z

    def neutral(self, kind: Any) -> Any:
        """What changes nothing when it is combined."""
        if self.reduce in ("sum", "mean", "prod"):
            return kind.type(self.reduce == "prod")
        if kind.kind == "b":
            return self.reduce == "amin"
        limits = np.iinfo(kind) if kind.kind in "iu" else None
        low, high = (-np.inf, np.inf) if limits is None else (limits.min, limits.max)
        return low if self.reduce == "amax" else high

    def added(self, x: Any, index: Any, values: Any) -> Any:
        """How much of `values` goes to each place of x."""
        return scatter_sum(x.shape, places(index, self.dim), values) if x.ndim else array_module(x).asarray(values)

    def count(self, x: Any, index: Any) -> Any:
        """How many elements each mean is made of, 1 where there are none."""
        xp = array_module(x)
        count = self.added(x, index, xp.ones(index.shape, x.dtype)) + x.dtype.type(self.include_self)
        return xp.maximum(count, x.dtype.type(1))

    def backward(self, g: Any) -> Any:
        x, src, z, index = self.saved
        if self.reduce == "mean":
            g = g / _beside(g, self.count(array_of(x), array_of(index)))
        if self.reduce in ("sum", "mean"):
            gx, gsrc = g, (Gather(self.dim)(g, index) if self.needs[1] else None)
        elif self.reduce == "prod":
            gx, gsrc = self.of_product(g, x, src, z, index)
        else:
            gx, gsrc = self.of_extreme(g, x, src, z, index)
        if not self.include_self and self.needs[0]:
            gx = Scatter(self.dim)(gx, 0, index)
        return gx if self.needs[0] else None, gsrc, None

    def of_product(self, g: Any, x: Any, src: Any, z: Any, index: Any) -> tuple[Any, Any]:
        """g·z/x and g·z/src, but where those are 0, the products with a 1 in their place."""
        gx = gsrc = None
        with np.errstate(all="ignore"):
            if self.needs[0]:
                others = where(x == 0, 1.0, x)
                gx = g * ScatterReduce(self.dim, "prod", self.include_self)(others, src, index) / others
            if self.needs[1]:
                is_zero = array_of(src) == 0
                zeros = self.added(array_of(x), array_of(index), is_zero.astype(np.int64))
                zeros = Gather(self.dim)(zeros, array_of(index))
                if isinstance(g, Tensor) and (zeros > 1).any():
                    raise RuntimeError(
                        "scatter_reduce('prod') has no second derivative where two zeros meet in one place"
                    )
                is_single = _beside(g, is_zero & (zeros == 1))
                others = ScatterReduce(self.dim, "prod", self.include_self)(x, where(is_single, 1.0, src), index)
                rest = Gather(self.dim)(g * z, index) / where(_beside(g, is_zero), 1.0, src)
                gsrc = where(is_single, Gather(self.dim)(g * others, index), rest)
        return gx, gsrc

    def of_extreme(self, g: Any, x: Any, src: Any, z: Any, index: Any) -> tuple[Any, Any]:
        """g shared evenly by the elements that equal z."""
        x, src, z, places_ = array_of(x), array_of(src), array_of(z), array_of(index)
        is_x, is_src = x == z, src == Gather(self.dim)(z, places_)
        if not self.include_self:
            is_x[places(places_, self.dim)] = False
        count = self.added(x, places_, is_src.astype(x.dtype)) + is_x
        with np.errstate(all="ignore"):
            share = g / _beside(g, count)
            gx = share * _beside(g, is_x) if self.needs[0] else None
            gsrc = Gather(self.dim)(share, index) * _beside(g, is_src) if self.needs[1] else None
        return gx, gsrc


REDUCTIONS = ("sum", "prod", "mean", "amax", "amin")


def scatter_reduce(
    input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """A copy of `input` combined with `src` along `dim`: out[index[i][j]][j] = Σ, Π, … of it and src[i][j] for dim 0.

    `reduce` is "sum", "prod", "mean", "amax" or "amin". Without `include_self`, elements of `input` to which something
    goes do not count. `src` has input's dtype.

    Shapes: index has the rank of `input`, src is at least as large; the result has the input's.
    Errors: RuntimeError for an index out of range, for ranks, sizes or dtypes that do not fit, and another `reduce`;
    IndexError for a `dim` out of range; NotImplementedError for "mean" of booleans; TypeError for what is not a tensor,
    and without `reduce`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.scatter_reduce_.html

    >>> import minitorch as torch
    >>> src, index = torch.tensor([1., 2., 3.]), torch.tensor([0, 1, 0])
    >>> torch.scatter_reduce(torch.tensor([5., 5.]), 0, index, src, "amax", include_self=False)
    tensor([3., 2.])
    """
    dim, index = _checked("scatter_reduce", input, dim, index)
    tensor_argument("scatter_reduce", src, "src", 4)
    if reduce not in REDUCTIONS:
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")
    if reduce == "mean":
        refuse("scatter_gather_tensor_cpu_reduce_mean", input, "b")
    index = _like(index, array_of(input).ndim)
    return ScatterReduce(dim, reduce, include_self)(input, _cropped("scatter_reduce", input, index, src), index)
