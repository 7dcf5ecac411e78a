"""Losses of predicted distributions: what a model that predicts a distribution loses on what was observed."""

from __future__ import annotations

import math
import warnings
from typing import Any

from ...autograd.grad_mode import no_grad
from ...tensor import Tensor
from ..checks import tensor_argument
from ..elementwise.functions import exp, log
from ..elementwise.selection import where
from .parts import reduce_loss, reduction_of

__all__ = ["gaussian_nll_loss", "kl_div", "poisson_nll_loss"]


def kl_div(
    input: Tensor, target: Tensor, size_average: Any = None, reduce: Any = None, reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:  # fmt: skip
    """Kullback-Leibler divergence, pointwise q·(ln q − x), of log-probabilities x from probabilities q (the target).

    With `log_target` the target is ln q. ``reduction='batchmean'`` divides the sum by the first size, and is the
    divergence proper; ``'mean'`` divides by the number of elements, with a warning. Where q is 0, so is the term.

    Shapes: input and target broadcast; the result has the common shape with reduction 'none', else ().
    Errors: ValueError for another `reduction`; RuntimeError for shapes that do not broadcast, and for integers and
    booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.kl_div.html

    >>> import minitorch as torch
    >>> x = torch.log(torch.tensor([[0.5, 0.5]]))
    >>> torch.nn.functional.kl_div(x, torch.tensor([[1., 0.]]), reduction='batchmean')
    tensor(0.6931)
    """
    tensor_argument("kl_div", input)
    tensor_argument("kl_div", target, "target", 2)
    by_batch = reduction == "batchmean" and size_average is None and reduce is None
    if reduction == "mean" and size_average is None and reduce is None:
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size. 'batchmean' divides "
            "only by the batch size, and aligns with the KL div math definition.",
            stacklevel=2,
        )
    reduction = reduction_of(size_average, reduce, "sum" if by_batch else reduction)
    if not (input.is_floating_point() and target.is_floating_point()):
        raise RuntimeError("kl_div: Integral inputs not supported.")
    if log_target:
        loss = exp(target) * (target - input)
    else:
        is_zero = target == 0  # 0·ln 0 = 0, and the 1 keeps the logarithm and its slope finite
        loss = target * log(where(is_zero, 1.0, target)) - target * input
    loss = reduce_loss(loss, reduction)
    return loss / input.shape[0] if by_batch and input.ndim else loss


def poisson_nll_loss(
    input: Tensor, target: Tensor, log_input: bool = True, full: bool = False, size_average: Any = None,
    eps: float = 1e-08,
    reduce: Any = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """−ln of the Poisson probability of counts t (the target) at rate λ: λ − t·ln λ, left out what is without λ.

    The input is ln λ, or with ``log_input=False`` λ itself, taken as λ + eps in the logarithm. `full` adds what was
    left out, ln t!, by Stirling's formula: t·ln t − t + ln(2πt)/2 where t > 1.

    Shapes: input and target broadcast; the result has the common shape with reduction 'none', else ().
    Errors: ValueError for another `reduction`; RuntimeError for shapes that do not broadcast, and for booleans;
    TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.poisson_nll_loss.html

    >>> import minitorch as torch
    >>> torch.nn.functional.poisson_nll_loss(torch.tensor([0.]), torch.tensor([3.]))
    tensor(1.)
    """
    tensor_argument("poisson_nll_loss", input)
    tensor_argument("poisson_nll_loss", target, "target", 2)
    reduction = reduction_of(size_average, reduce, reduction)
    loss = exp(input) - target * input if log_input else input - target * log(input + eps)
    if full:
        stirling = target * log(target) - target + 0.5 * log(2 * math.pi * target)
        loss = loss + stirling.masked_fill(target <= 1, 0)
    return reduce_loss(loss, reduction)


def gaussian_nll_loss(
    input: Tensor, target: Tensor, var: Tensor | float, full: bool = False, eps: float = 1e-06, reduction: str = "mean"
) -> Tensor:
    """−ln of the normal density of the target, with mean `input` and variance `var`: (ln σ² + (x − t)²/σ²)/2.

    `var` is raised to `eps` where below, which the gradient does not notice. `full` adds the constant ln(2π)/2.

    Shapes: input and target broadcast; the result has the common shape with reduction 'none', else (). var has the
    input's, or that with one size 1, or without its last dimension, or is a number.
    Errors: ValueError for a negative variance or one of another shape, and another `reduction`; RuntimeError for shapes
    that do not broadcast, and for integers and booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.gaussian_nll_loss.html

    >>> import minitorch as torch
    >>> torch.nn.functional.gaussian_nll_loss(torch.tensor([1.]), torch.tensor([3.]), torch.tensor([1.]))
    tensor(2.)
    """
    tensor_argument("gaussian_nll_loss", input)
    tensor_argument("gaussian_nll_loss", target, "target", 2)
    if isinstance(var, float):
        if var < 0:
            raise ValueError("var has negative entry/entries")
        var = input.new_ones(input.shape) * var
    elif (var < 0).any() if hasattr(var, "ndim") else var < 0:
        raise ValueError("var has negative entry/entries")
    tensor_argument("gaussian_nll_loss", var, "var", 3)
    sizes, given = tuple(input.shape), tuple(var.shape)
    if given != sizes:
        if given == sizes[:-1]:
            var = var.unsqueeze(-1)
        elif len(given) != len(sizes) or sum(n for m, n in zip(sizes, given, strict=True) if m != n) != 1:
            raise ValueError(f"var is of incorrect size {list(given)} for an input of size {list(sizes)}")
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not valid")
    var = var.clone()
    with no_grad():
        var.clamp_(min=eps)
    loss = 0.5 * (log(var) + (input - target) ** 2 / var)
    return reduce_loss(loss + 0.5 * math.log(2 * math.pi) if full else loss, reduction)
