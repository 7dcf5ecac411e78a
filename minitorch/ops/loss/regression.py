"""Losses of predicted numbers: squared, absolute, and between the two."""

from __future__ import annotations

from typing import Any

from ...device import array_module
from ...tensor import Tensor
from ..checks import number, refuse
from ..elementwise.arithmetic import sub as _sub
from ..elementwise.rounding import sign
from ..elementwise.selection import where
from .parts import PairLoss, reduce_loss, reduction_of, same_size

__all__ = ["huber_loss", "l1_loss", "mse_loss", "smooth_l1_loss"]


class _DifferenceLoss(PairLoss):
    """A loss of d = x − y alone;  ∂ℓ/∂x = ℓ′(d) = −∂ℓ/∂y."""

    def slope(self, d: Any) -> Any:
        """ℓ′(d)."""
        raise NotImplementedError

    def slopes(self, g: Any, x: Any, y: Any) -> Any:
        gx = g * self.slope(x - y)
        return gx, (-gx if self.needs[1] else None)


class MseLoss(_DifferenceLoss):
    """ℓ = (x − y)², and their sum, or mean;  ∂ℓ/∂x = 2(x − y) = −∂ℓ/∂y, over n for the mean."""

    def loss(self, x: Any, y: Any) -> Any:
        difference = x - y
        return difference * difference

    def slope(self, d: Any) -> Any:
        return 2 * d


def _weighted(loss: Any, weight: Any, input: Any, reduction: str, by_weight: bool = True) -> Any:
    """Losses of each element times `weight`; their mean is over Σ weight, or over their number."""
    if tuple(weight.shape) != tuple(input.shape):
        raise ValueError("Weights and input must have the same size.")
    loss = loss * weight
    if reduction == "mean" and by_weight:
        return loss.sum() / weight.sum()
    return reduce_loss(loss, reduction)


def mse_loss(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean", weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Squared error (x − y)² over elements: their mean, their sum, or all of them. With `weight`, the weighted mean.

    Warns where the shapes differ and broadcast.

    Shapes: input and target broadcast; the result has the common shape with reduction 'none', else (). weight has the
    input's.
    Errors: RuntimeError for shapes that do not broadcast; ValueError for a weight of another shape, and another
    `reduction`; NotImplementedError for integers and booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.mse_loss.html

    >>> import minitorch as torch
    >>> torch.nn.functional.mse_loss(torch.tensor([1., 2.]), torch.tensor([1., 4.]))
    tensor(2.)
    """
    reduction = reduction_of(size_average, reduce, reduction)
    x, y = same_size("mse_loss", input, target)
    if weight is not None:
        return _weighted(_sub(x, y) ** 2, weight, input, reduction)
    refuse("mse_cpu", x, "biu")
    return MseLoss(reduction)(x, y)


def l1_loss(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean", weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Absolute error |x − y| over elements: their mean, their sum, or all of them. With `weight`, the weighted mean.

    Shapes: input and target broadcast; the result has the common shape with reduction 'none', else (). weight has the
    input's.
    Errors: RuntimeError for shapes that do not broadcast, for booleans, and for the mean of integers; ValueError for a
    weight of another shape, and another `reduction`; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.l1_loss.html

    >>> import minitorch as torch
    >>> torch.nn.functional.l1_loss(torch.tensor([1., 2.]), torch.tensor([1., 4.]))
    tensor(1.)
    """
    reduction = reduction_of(size_average, reduce, reduction)
    same_size("l1_loss", input, target)
    loss = _sub(input, target).abs()
    return reduce_loss(loss, reduction) if weight is None else _weighted(loss, weight, input, reduction)


class SmoothL1Loss(_DifferenceLoss):
    """ℓ = d²/(2β) where |d| < β, else |d| − β/2, for d = x − y;  ∂ℓ/∂x = d/β where |d| < β, else sign(d)."""

    def __init__(self, reduction: str, beta: float) -> None:
        super().__init__(reduction)
        self.beta = beta

    def loss(self, x: Any, y: Any) -> Any:
        xp = array_module(x)
        distance = xp.abs(x - y)
        return xp.where(distance < self.beta, 0.5 * distance * distance / self.beta, distance - 0.5 * self.beta)

    def slope(self, d: Any) -> Any:
        return where(abs(d) < self.beta, d / self.beta, sign(d))


def smooth_l1_loss(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean", beta: float = 1.0,
) -> Tensor:  # fmt: skip
    """(x − y)²/(2·beta) where |x − y| < beta, else |x − y| − beta/2: squared near 0, absolute far off.

    Shapes: input and target broadcast; the result has the common shape with reduction 'none', else ().
    Errors: RuntimeError for shapes that do not broadcast, and a negative `beta`; ValueError for another `reduction`;
    NotImplementedError for integers and booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.smooth_l1_loss.html

    >>> import minitorch as torch
    >>> torch.nn.functional.smooth_l1_loss(torch.tensor([0.5, 3.]), torch.tensor([0., 0.]), reduction='none')
    tensor([0.1250, 2.5000])
    """
    reduction = reduction_of(size_average, reduce, reduction)
    beta = number("smooth_l1_loss", beta)
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    x, y = same_size("smooth_l1_loss", input, target)
    refuse("smooth_l1_cpu", x, "biu")
    return reduce_loss(_sub(x, y).abs(), reduction) if beta == 0 else SmoothL1Loss(reduction, beta)(x, y)


class HuberLoss(_DifferenceLoss):
    """ℓ = d²/2 where |d| ≤ δ, else δ·(|d| − δ/2), for d = x − y;  ∂ℓ/∂x = d where |d| < δ, else δ·sign(d)."""

    def __init__(self, reduction: str, delta: float) -> None:
        super().__init__(reduction)
        self.delta = delta

    def loss(self, x: Any, y: Any) -> Any:
        xp = array_module(x)
        distance = xp.abs(x - y)
        far = self.delta * (distance - 0.5 * self.delta)
        return xp.where(distance <= self.delta, 0.5 * distance * distance, far)

    def slope(self, d: Any) -> Any:
        return where(abs(d) < self.delta, d, self.delta * sign(d))


def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
) -> Tensor:
    """(x − y)²/2 where |x − y| ≤ delta, else delta·(|x − y| − delta/2); each times `weight` where given.

    Shapes: input and target broadcast; the result has the common shape with reduction 'none', else (). weight has the
    input's.
    Errors: RuntimeError for shapes that do not broadcast, and a `delta` of 0 or less; ValueError for a weight of
    another shape, and another `reduction`; NotImplementedError for integers and booleans; TypeError for what is not a
    tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.huber_loss.html

    >>> import minitorch as torch
    >>> torch.nn.functional.huber_loss(torch.tensor([0.5, 3.]), torch.tensor([0., 0.]), reduction='none')
    tensor([0.1250, 2.5000])
    """
    reduction = reduction_of(None, None, reduction)
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    x, y = same_size("huber_loss", input, target)
    refuse("huber_cpu", x, "biu")
    if not input.is_floating_point():
        raise RuntimeError(f"result type Float can't be cast to the desired output type {input.dtype.type_name}")
    if weight is not None:
        return _weighted(HuberLoss("none", delta)(x, y), weight, input, reduction, by_weight=False)
    return HuberLoss(reduction, delta)(x, y).to(input.dtype)
