"""Softmax and its logarithm."""

from __future__ import annotations

from typing import Any

from ...autograd.op import Op
from ...device import array_module
from ...dtype import as_dtype
from ...tensor import Tensor
from ..checks import check_floating, normalize_dim, tensor_argument, zeros_like
from ..elementwise.functions import exp

__all__ = ["log_softmax", "softmax"]


class Softmax(Op):
    """pᵢ = eˣⁱ / Σⱼ eˣʲ;  ∂L/∂xᵢ = pᵢ·(gᵢ − Σⱼ gⱼ·pⱼ).

    The largest x is subtracted first. That changes nothing mathematically (it divides both sides by e^max), but keeps
    every exponent ≤ 0, where eˣ cannot overflow.
    """

    def __init__(self, dim: int) -> None:
        self.dim = dim

    def forward(self, x: Any) -> Any:
        xp = array_module(x)
        if x.ndim == 0:
            p = x - x + 1  # nan for inf and nan, as everywhere
        elif x.size == 0:
            p = x.copy()
        else:
            p = xp.exp(x - x.max(self.dim, keepdims=True))
            p /= p.sum(self.dim, keepdims=True)
        self.save(p)
        return p

    def backward(self, g: Any) -> Any:
        (p,) = self.saved
        if p.ndim == 0:
            return zeros_like(g)
        gp = g * p
        return gp - p * gp.sum(self.dim, keepdims=True)


class LogSoftmax(Op):
    """yᵢ = xᵢ − ln Σⱼ eˣʲ;  ∂L/∂xᵢ = gᵢ − pᵢ·Σⱼ gⱼ with p = eʸ, the softmax.

    Not computed as ln(softmax(x)): a probability that underflows to 0 would give −inf, while here every term stays
    moderate, the largest x being subtracted first.
    """

    def __init__(self, dim: int) -> None:
        self.dim = dim

    def forward(self, x: Any) -> Any:
        xp = array_module(x)
        if x.ndim == 0:
            y = x - x
        elif x.size == 0:
            y = x.copy()
        else:
            y = x - x.max(self.dim, keepdims=True)
            y -= xp.log(xp.exp(y).sum(self.dim, keepdims=True))
        self.save(y)
        return y

    def backward(self, g: Any) -> Any:
        (y,) = self.saved
        if y.ndim == 0:
            return zeros_like(g)
        return g - exp(y) * g.sum(self.dim, keepdims=True)


def _prepared(name: str, input: Any, dim: int, dtype: Any) -> tuple[Any, int]:
    tensor_argument(name, input)
    if dtype is not None:
        input = input.to(as_dtype(dtype))
    check_floating(f"{name}_kernel_impl", input)
    return input, normalize_dim(dim, input.ndim)


def softmax(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """Probabilities pᵢ = eˣⁱ / Σⱼ eˣʲ along `dim`: positive, summing to 1.

    Computed with the maximum subtracted, so that no exponential overflows.

    Shapes: any; the result has the input's.
    Errors: IndexError for a `dim` out of range; NotImplementedError for integers and booleans, unless `dtype` makes
    them floating; TypeError without `dim`, and for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.softmax.html

    >>> import minitorch as torch
    >>> torch.softmax(torch.tensor([1000., 1000., 0.]), dim=0)
    tensor([0.5000, 0.5000, 0.0000])
    """
    x, dim = _prepared("softmax", input, dim, dtype)
    return Softmax(dim)(x)


def log_softmax(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """ln softmax(input) along `dim`, as xᵢ − ln Σⱼ eˣʲ.

    Stays finite where softmax itself underflows to 0.

    Shapes: any; the result has the input's.
    Errors: IndexError for a `dim` out of range; NotImplementedError for integers and booleans, unless `dtype` makes
    them floating; TypeError without `dim`, and for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.log_softmax.html

    >>> import minitorch as torch
    >>> torch.log_softmax(torch.tensor([0., 1000.]), dim=0)
    tensor([-1000.,     0.])
    """
    x, dim = _prepared("log_softmax", input, dim, dtype)
    return LogSoftmax(dim)(x)
