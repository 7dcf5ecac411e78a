"""What the losses share: the reduction to one number, and the shape of a loss that compares two tensors."""

from __future__ import annotations

import warnings
from typing import Any

from ...autograd.op import Op
from ..checks import tensor_argument
from ..promotion import pair


def reduction_of(size_average: Any, reduce: Any, reduction: str) -> str:
    """The reduction asked for, also in its old spelling of two booleans. ValueError for an unknown one."""
    if size_average is not None or reduce is not None:
        averages, reduces = size_average in (None, True), reduce in (None, True)
        reduction = ("mean" if averages else "sum") if reduces else "none"
        warnings.warn(
            f"size_average and reduce args will be deprecated, please use reduction='{reduction}' instead.",
            stacklevel=3,
        )
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    return reduction


def reduce_loss(loss: Any, reduction: str) -> Any:
    """The mean or the sum of the single losses, or these themselves."""
    if reduction == "mean":
        return loss.mean()
    if reduction == "sum":
        return loss.sum()
    return loss


def same_size(name: str, input: Any, target: Any) -> tuple[Any, Any]:
    """Both in their common dtype; a warning where the shapes differ and broadcast."""
    tensor_argument(name, input)
    tensor_argument(name, target, "target", 2)
    if tuple(input.shape) != tuple(target.shape):
        warnings.warn(
            f"Using a target size ({target.shape}) that is different to the input size ({input.shape}). This will "
            "likely lead to incorrect results due to broadcasting. Please ensure they have the same size.",
            stacklevel=4,
        )
    return pair(name, input, target)


class PairLoss(Op):
    """A loss ℓ(x, y) of every element, and their sum, or mean;  for the mean, the gradient is over their number n."""

    def __init__(self, reduction: str) -> None:
        self.reduction = reduction

    def loss(self, x: Any, y: Any) -> Any:
        """ℓ of each element."""
        raise NotImplementedError

    def slopes(self, g: Any, x: Any, y: Any) -> tuple[Any, Any]:
        """g·∂ℓ/∂x and g·∂ℓ/∂y of each element."""
        raise NotImplementedError

    def forward(self, x: Any, y: Any) -> Any:
        self.save(x, y)
        loss = self.loss(x, y)
        if self.reduction == "none":
            return loss
        total = loss.sum()
        return total if self.reduction == "sum" else total / loss.dtype.type(loss.size)

    def backward(self, g: Any) -> Any:
        x, y = self.saved
        if self.reduction == "mean":
            size = 1
            for m, n in zip(_padded(x.shape, y.shape), _padded(y.shape, x.shape), strict=True):
                size *= n if m == 1 else m
            g = g / max(size, 1)
        return self.slopes(g, x, y)


def _padded(shape: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    return (1,) * (len(other) - len(shape)) + tuple(shape)
