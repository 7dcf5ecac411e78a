"""Softmax and its logarithm."""

from __future__ import annotations

import warnings
from typing import Any

from ..autograd.op import Op
from ..device import array_module
from ..dtype import as_dtype
from .checks import check_floating, normalize_dim, tensor_argument
from .elementwise import exp

__all__ = ["log_softmax", "softmax"]


class Softmax(Op):
    """pᵢ = eˣⁱ / Σⱼ eˣʲ;  ∂L/∂xᵢ = pᵢ·(gᵢ − Σⱼ gⱼ·pⱼ).

    The largest x is subtracted first. That changes nothing mathematically (it divides both sides by e^max), but keeps
    every exponent ≤ 0, where eˣ cannot overflow.
    """

    def __init__(self, dim: int) -> None:
        self.dim = dim

    def forward(self, x):
        xp = array_module(x)
        if x.size == 0:
            p = x.copy()
        else:
            p = xp.exp(x - x.max(self.dim, keepdims=True))
            p /= p.sum(self.dim, keepdims=True)
        self.save(p)
        return p

    def backward(self, g):
        (p,) = self.saved
        gp = g * p
        return gp - p * gp.sum(self.dim, keepdims=True)


class LogSoftmax(Op):
    """yᵢ = xᵢ − ln Σⱼ eˣʲ;  ∂L/∂xᵢ = gᵢ − pᵢ·Σⱼ gⱼ with p = eʸ, the softmax.

    Not computed as ln(softmax(x)): a probability that underflows to 0 would give −inf, while here every term stays
    moderate, the largest x being subtracted first.
    """

    def __init__(self, dim: int) -> None:
        self.dim = dim

    def forward(self, x):
        xp = array_module(x)
        if x.size == 0:
            y = x.copy()
        else:
            y = x - x.max(self.dim, keepdims=True)
            y -= xp.log(xp.exp(y).sum(self.dim, keepdims=True))
        self.save(y)
        return y

    def backward(self, g):
        (y,) = self.saved
        return g - exp(y) * g.sum(self.dim, keepdims=True)


def _default_dim(name: str, ndim: int) -> int:
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        stacklevel=3,
    )
    return 0 if ndim in (0, 1, 3) else 1


def _prepared(name: str, input: Any, dim: int | None, dtype: Any) -> tuple[Any, int]:
    tensor_argument(name, input)
    if dtype is not None:
        input = input.to(as_dtype(dtype))
    check_floating(f"{name}_kernel_impl", input)
    return input, normalize_dim(_default_dim(name, input.ndim) if dim is None else dim, input.ndim)


def softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    """Probabilities pᵢ = eˣⁱ / Σⱼ eˣʲ along `dim`: positive, summing to 1. Same shape as input.

    Computed with the maximum subtracted, so that no exponential overflows.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.softmax.html

    >>> import minitorch as torch
    >>> torch.softmax(torch.tensor([1000., 1000., 0.]), dim=0)
    tensor([0.5000, 0.5000, 0.0000])
    """
    x, dim = _prepared("softmax", input, dim, dtype)
    if x.ndim == 0:
        return softmax(x.unsqueeze(0), 0).squeeze(0)
    return Softmax(dim)(x)


def log_softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    """ln softmax(input) along `dim`, as xᵢ − ln Σⱼ eˣʲ. Same shape as input.

    Stays finite where softmax itself underflows to 0.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.log_softmax.html

    >>> import minitorch as torch
    >>> torch.log_softmax(torch.tensor([0., 1000.]), dim=0)
    tensor([-1000.,     0.])
    """
    x, dim = _prepared("log_softmax", input, dim, dtype)
    if x.ndim == 0:
        return log_softmax(x.unsqueeze(0), 0).squeeze(0)
    return LogSoftmax(dim)(x)
