"""Reductions that answer two questions at once, that pass over nan, or that measure distances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...device import array_module
from ...tensor import Tensor
from .. import return_types
from ..checks import normalize_dim, numpy_names, tensor_argument
from ..elementwise.arithmetic import mul, reciprocal
from ..elementwise.comparison import isnan, logical_not
from ..elementwise.selection import where
from ..shape.shape import array_of, as_int, as_ints, reshape
from .norms import norm
from .reduction import (
    WHOLE,
    Reduction,
    Std,
    Var,
    _add_up,
    _to_dtype,
    reduced_dims,
    share_evenly,
    spread,
    sum,
)

__all__ = ["aminmax", "nanmean", "nansum", "renorm", "std_mean", "var_mean"]


# ---- two answers at once ---------------------------------------------------------------------------------------------


class Aminmax(Reduction):
    """l, h = minᵢ xᵢ, maxᵢ xᵢ;  each gradient is shared evenly by the elements that equal its result."""

    def forward(self, x: Any) -> Any:
        self.source: tuple[int, ...] = x.shape
        xp = array_module(x)
        low = xp.asarray(x.min(axis=self.dims, keepdims=self.keepdim))
        high = xp.asarray(x.max(axis=self.dims, keepdims=self.keepdim))
        self.save(x, low, high)
        return low, high

    def backward(self, g_low: Any, g_high: Any) -> Any:
        x, *ends = self.saved
        total = None
        for g, z in zip((g_low, g_high), ends, strict=True):
            if g is not None:
                part = share_evenly(x == self.keep(z), self.keep(g), self.dims)
                total = part if total is None else total + part
        return total


@numpy_names
def aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False) -> return_types.aminmax:
    """The smallest and the largest element, along `dim` or of all: ``(min, max)``. nan if there is one.

    Equal elements share the gradient evenly.

    Shapes: any; the result lacks `dim`, or has size 1 there with `keepdim`.
    Errors: IndexError for a `dim` out of range or of size 0; RuntimeError without elements; TypeError for what is not a
    tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.aminmax.html

    >>> import minitorch as torch
    >>> torch.aminmax(torch.tensor([3., 1., 2.]))
    torch.return_types.aminmax(
    min=tensor(1.),
    max=tensor(3.))
    """
    tensor_argument("aminmax", input)
    array = array_of(input)
    if dim is None:
        if array.size == 0:
            raise RuntimeError(
                "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity."
            )
        return return_types.aminmax(*Aminmax(tuple(range(array.ndim)), keepdim)(input))
    dim = normalize_dim(as_int("aminmax", "dim", dim), array.ndim)
    if array.ndim and array.shape[dim] == 0:
        raise IndexError(f"aminmax: Expected reduction dim {dim} to have non-zero size.")
    return return_types.aminmax(*Aminmax((dim,) if array.ndim else (), keepdim)(input))


class VarMean(Var):
    """v, m = the variance and the mean of x;  ∂v/∂xᵢ = 2·(xᵢ − m)/(n − c), ∂m/∂xᵢ = 1/n."""

    def forward(self, x: Any) -> Any:
        return self.value(x), self.mean(x)

    def value(self, x: Any) -> Any:
        return array_module(x).asarray(Var.forward(self, x))

    def mean(self, x: Any) -> Any:
        total = _add_up(x, self.dims, self.keepdim)
        return array_module(x).asarray((total / total.dtype.type(self.count)).astype(x.dtype, copy=False))

    def backward(self, g: Any, g_mean: Any = None) -> Any:
        from_spread = None if g is None else self.spread(g)
        if g_mean is None:
            return from_spread
        from_mean = self.stretch(g_mean / self.count if self.count else g_mean)
        return from_mean if from_spread is None else from_spread + from_mean

    def spread(self, g: Any) -> Any:
        return Var.backward(self, g)


class StdMean(VarMean):
    """s, m = the standard deviation and the mean of x;  ∂s/∂xᵢ = (xᵢ − m)/((n − c)·s), ∂m/∂xᵢ = 1/n."""

    def value(self, x: Any) -> Any:
        return Std.forward(self, x)  # type: ignore[arg-type]  # of another class, all the same

    def spread(self, g: Any) -> Any:
        return Std.backward(self, g)  # type: ignore[arg-type]  # of another class, all the same


@numpy_names
def var_mean(
    input: Tensor, dim: int | Sequence[int] | None = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """`var` and `mean` along `dim` (all by default), the elements read once: ``(variance, mean)``.

    Shapes: any; the result lacks `dim`, or has size 1 there with `keepdim`.
    Errors: RuntimeError for integers and booleans, and for a `dim` named twice; IndexError for one out of range;
    TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.var_mean.html

    >>> import minitorch as torch
    >>> torch.var_mean(torch.tensor([1., 2., 3.]))
    (tensor(1.), tensor(2.))
    """
    return spread(VarMean, "var_mean", input, dim, unbiased, keepdim, correction)


@numpy_names
def std_mean(
    input: Tensor, dim: int | Sequence[int] | None = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """`std` and `mean` along `dim` (all by default), the elements read once: ``(deviation, mean)``.

    Shapes: any; the result lacks `dim`, or has size 1 there with `keepdim`.
    Errors: RuntimeError for integers and booleans, and for a `dim` named twice; IndexError for one out of range;
    TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.std_mean.html

    >>> import minitorch as torch
    >>> torch.std_mean(torch.tensor([1., 2., 3.]))
    (tensor(1.), tensor(2.))
    """
    return spread(StdMean, "std_mean", input, dim, unbiased, keepdim, correction)


# ---- past nan --------------------------------------------------------------------------------------------------------


class NanSum(Reduction, label="NansumBackward0"):
    """s = Σᵢ xᵢ over the xᵢ that are not nan;  ∂s/∂xᵢ = 1 for those, 0 for the others."""

    def forward(self, x: Any) -> Any:
        self.source: tuple[int, ...] = x.shape
        self.save(x)
        xp = array_module(x)
        return _add_up(xp.where(xp.isnan(x), x.dtype.type(0), x), self.dims, self.keepdim).astype(x.dtype, copy=False)

    def backward(self, g: Any) -> Any:
        (x,) = self.saved
        return self.stretch(g) * (x == x)


@numpy_names
def nansum(
    input: Tensor, dim: int | Sequence[int] | None = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """Σ of the elements along `dim` (all by default) that are not nan. Integers and booleans add up to int64.

    Shapes: any; the result lacks `dim`, or has size 1 there with `keepdim`.
    Errors: IndexError for a `dim` out of range; RuntimeError for one named twice; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nansum.html

    >>> import minitorch as torch
    >>> torch.nansum(torch.tensor([1., float('nan'), 2.]))
    tensor(3.)
    """
    tensor_argument("nansum", input)
    if array_of(input).dtype.kind != "f":
        return sum(input, WHOLE if dim is None else dim, keepdim, dtype=dtype)
    out = NanSum(reduced_dims("nansum", dim, array_of(input).ndim), keepdim)(_to_dtype(input, dtype))
    return out if dtype is None else _to_dtype(out, dtype)


@numpy_names
def nanmean(
    input: Tensor, dim: int | Sequence[int] | None = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """Mean of the elements along `dim` (all by default) that are not nan; nan of none.

    Shapes: any; the result lacks `dim`, or has size 1 there with `keepdim`.
    Errors: RuntimeError for integers and booleans, and for a `dim` named twice; IndexError for one out of range;
    TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nanmean.html

    >>> import minitorch as torch
    >>> torch.nanmean(torch.tensor([1., float('nan'), 2.]))
    tensor(1.5000)
    """
    tensor_argument("nanmean", input)
    if array_of(input).dtype.kind != "f":
        kind = input.dtype.type_name if isinstance(input, Tensor) else input.dtype
        raise RuntimeError(f"nanmean(): expected input to have floating point or complex dtype but got {kind}")
    count = sum(logical_not(isnan(input)), dim, keepdim)
    return nansum(input, dim, keepdim, dtype=dtype) / count


# ---- back to a smaller shape -----------------------------------------------------------------------------------------


def sum_to_size(input: Tensor, size: Any = (), *more: Any) -> Tensor:
    """`input` summed to a shape that broadcasts to its own: ``Tensor.sum_to_size``. Itself if it has that shape.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.sum_to_size.html

    >>> import minitorch as torch
    >>> torch.ones(2, 3).sum_to_size(1, 3)
    tensor([[2., 2., 2.]])
    """
    tensor_argument("sum_to_size", input)
    size, shape = as_ints("sum_to_size", "size", size, more), tuple(array_of(input).shape)
    new = len(shape) - len(size)
    if new < 0 or any(n not in (1, m) for n, m in zip(size, shape[new:], strict=True)):
        raise RuntimeError(f"size {list(size)} is not expandable to size {list(shape)}.")
    if not size:
        return sum(input)
    dims = [d for d, n in enumerate(shape) if d < new or (size[d - new] == 1 and n != 1)]
    if not dims:
        return input
    out = sum(input, dims, True)
    return reshape(out, size) if new else out


# ---- distances -------------------------------------------------------------------------------------------------------


@numpy_names
def renorm(input: Tensor, p: float, dim: int, maxnorm: float) -> Tensor:
    """A copy in which every slice along `dim` with a p-norm above `maxnorm` is scaled down to it.

    Shapes: any with two dimensions; the result has the input's.
    Errors: RuntimeError for fewer than two dimensions, p ≤ 0, a negative `maxnorm`, and for integers and booleans;
    IndexError for a `dim` out of range; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.renorm.html

    >>> import minitorch as torch
    >>> torch.renorm(torch.tensor([[3., 4.], [0.3, 0.4]]), p=2, dim=0, maxnorm=1)
    tensor([[0.6000, 0.8000],
            [0.3000, 0.4000]])
    """
    tensor_argument("renorm", input)
    if p <= 0:
        raise RuntimeError("renorm: non-positive-norm not supported")
    if maxnorm < 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm}")
    ndim = array_of(input).ndim
    if ndim < 2:
        raise RuntimeError(f"renorm: input needs at least 2 dimensions, got {ndim} dimensions")
    dim = normalize_dim(as_int("renorm", "dim", dim), ndim)
    size = norm(input, p, tuple(d for d in range(ndim) if d != dim), True)
    # PyTorch's small number beneath the fraction: a slice that was scaled lies a hair inside of maxnorm.
    return mul(input, where(size > maxnorm, mul(reciprocal(size + 1e-7), maxnorm), 1.0))
