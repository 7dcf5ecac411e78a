"""How variables vary together, estimated from observations."""

from __future__ import annotations

import warnings
from typing import Any

from ...tensor import Tensor
from ..checks import tensor_argument
from ..elementwise.arithmetic import div, mul
from ..elementwise.functions import sqrt
from ..elementwise.selection import clamp
from ..matrices.matmul import matmul
from ..promotion import floating
from ..shape.diagonals import diagonal
from ..shape.shape import squeeze, unsqueeze
from .reduction import mean, sum

__all__ = ["corrcoef", "cov"]


def _check_weights(name: str, weights: Any, n: int, whole: bool) -> None:
    """RuntimeError unless there is one weight, not negative, an integer or not as `whole` says, per observation."""
    tensor_argument("cov", weights, name)
    if weights.ndim > 1:
        raise RuntimeError(f"cov(): expected {name} to have one or fewer dimensions but got {name} with {weights.ndim}")
    kind = weights._array.dtype.kind
    if whole and kind not in "iu":
        raise RuntimeError(
            f"cov(): expected {name} to have integral dtype but got {name} with {weights.dtype.type_name} dtype"
        )
    if not whole and kind != "f":
        raise RuntimeError(
            f"cov(): expected {name} to have floating point dtype but got {name} with {weights.dtype.type_name} dtype"
        )
    if weights.numel() != n:
        raise RuntimeError(
            f"cov(): expected {name} to have the same numel as there are observations in the input but got "
            f"{weights.numel()} != {n}"
        )
    if n and bool((weights._array < 0).any()):
        raise RuntimeError(f"cov(): {name} cannot be negative")


def cov(
    input: Tensor, *, correction: int = 1, fweights: Tensor | None = None, aweights: Tensor | None = None
) -> Tensor:
    """The covariances Σₖ wₖ·(xᵢₖ − mᵢ)·(xⱼₖ − mⱼ) / (n − correction) of variables.

    Rows are variables, columns observations. `fweights` says how often each observation was made (integers),
    `aweights` how much it counts (floats). With few observations the divisor is at least 0, with a warning.

    Shapes: input (V, n), fweights (n), aweights (n) → (V, V); input (n), fweights (n), aweights (n) → (); () → (); one
    variable, (1, n) → (), too.
    Errors: RuntimeError for more than two dimensions, for weights that do not fit, and for booleans; TypeError for what
    is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cov.html

    >>> import minitorch as torch
    >>> torch.cov(torch.tensor([[1., 2., 3.], [3., 2., 1.]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    tensor_argument("cov", input)
    if input.ndim > 2:
        raise RuntimeError(
            f"cov(): expected input to have two or fewer dimensions but got an input with {input.ndim} dimensions"
        )
    if input._array.dtype.kind == "b":
        raise RuntimeError("cov(): bool dtype is not supported for input")
    x = unsqueeze(input, 0) if input.ndim < 2 else input
    x = unsqueeze(x, 1) if x.ndim < 2 else x
    n = x.shape[1]
    weights: Any = None
    if fweights is not None:
        _check_weights("fweights", fweights, n, whole=True)
        weights = fweights
    if aweights is not None:
        _check_weights("aweights", aweights, n, whole=False)
        weights = aweights if weights is None else mul(weights, aweights)
    x = floating(x)
    if n == 0:
        total, average = x.new_zeros(()), x.new_full((x.shape[0],), float("nan"))
    elif weights is None:
        total, average = None, mean(x, 1)
    else:
        total = sum(weights)
        if float(total.detach()._array) == 0:
            raise RuntimeError("cov(): weights sum to zero, can't be normalized")
        average = div(sum(mul(x, weights), 1), total)
    divisor: Any = n if total is None else total
    if aweights is not None and correction != 0:
        spent = mul(correction, div(sum(mul(weights, aweights)), total))
        divisor = divisor - spent
    else:
        divisor = divisor - correction
    known = float(divisor.detach()._array) if isinstance(divisor, Tensor) else divisor
    if known <= 0:
        warnings.warn(
            "cov(): degrees of freedom is <= 0. Correction should be strictly less than the number of observations.",
            stacklevel=2,
        )
        divisor = 0
    x = x - unsqueeze(average, 1)
    columns = (x if weights is None else mul(x, weights)).mT
    return squeeze(div(matmul(x, columns), divisor))


def corrcoef(input: Tensor) -> Tensor:
    """The correlations of variables, their covariances over both spreads.

    Each is between −1 and 1; nan beside a variable that does not vary.

    Shapes: input (V, n) → (V, V); (n) → (); () → (); one variable, (1, n) → (), too.
    Errors: RuntimeError for more than two dimensions, and for booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.corrcoef.html

    >>> import minitorch as torch
    >>> torch.corrcoef(torch.tensor([[1., 2., 3.], [3., 2., 1.]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    tensor_argument("corrcoef", input)
    if input.ndim > 2:
        raise RuntimeError(
            f"corrcoef(): expected input to have two or fewer dimensions but got an input with {input.ndim} dimensions"
        )
    c = cov(input)
    if c.ndim == 0:
        return div(c, c)
    spread = sqrt(diagonal(c))
    return clamp(div(div(c, unsqueeze(spread, 1)), unsqueeze(spread, 0)), -1, 1)
