"""Losses with a margin: they ask that right answers beat wrong ones by so much, and then are content.

Most of them are sums of max(0, margin − lead).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...device import array_module
from ...tensor import Tensor, wrap
from ..activations.smooth import LogSigmoid
from ..checks import can_look, check_broadcast, refuse, tensor_argument
from ..elementwise.functions import exp
from ..elementwise.selection import clamp, minimum, where
from ..reduction.norms import norm
from .parts import PairLoss, reduce_loss, reduction_of

__all__ = [
    "cosine_embedding_loss", "hinge_embedding_loss", "margin_ranking_loss", "multi_margin_loss",
    "multilabel_margin_loss", "multilabel_soft_margin_loss", "soft_margin_loss", "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
]  # fmt: skip


# ---- pairs and triplets ----------------------------------------------------------------------------------------------


def hinge_embedding_loss(
    input: Tensor, target: Tensor, margin: float = 1.0, size_average: Any = None, reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """For distances x: x where the target is 1 (alike), max(0, margin − x) where it is −1 (unlike).

    Shapes: input and target broadcast; the result has the common shape with reduction 'none', else ().
    Errors: ValueError for another `reduction`; RuntimeError for shapes that do not broadcast, for booleans, and for the
    mean of integers; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.hinge_embedding_loss.html

    >>> import minitorch as torch
    >>> torch.nn.functional.hinge_embedding_loss(torch.tensor([0.3, 0.3]), torch.tensor([1, -1]), reduction='none')
    tensor([0.3000, 0.7000])
    """
    tensor_argument("hinge_embedding_loss", input)
    tensor_argument("hinge_embedding_loss", target, "target", 2)
    reduction = reduction_of(size_average, reduce, reduction)
    # Targets other than 1 and −1 count as both, as in PyTorch.
    unlike = where(target != 1, clamp(input.new_full(input.shape, margin) - input, min=0), 0)
    return reduce_loss(unlike + where(target != -1, input, 0), reduction)


def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, size_average: Any = None, reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """max(0, −y·(x₁ − x₂) + margin): y = 1 asks that x₁ be the larger, y = −1 that x₂ be.

    Shapes: input1, input2 and target of one rank broadcast; the result has the common shape with reduction 'none', else
    ().
    Errors: ValueError for another `reduction`; RuntimeError for ranks that differ, shapes that do not broadcast,
    booleans, and the mean of integers; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.margin_ranking_loss.html

    >>> import minitorch as torch
    >>> torch.nn.functional.margin_ranking_loss(torch.tensor([1.]), torch.tensor([3.]), torch.tensor([1]))
    tensor(2.)
    """
    for position, (what, x) in enumerate((("input1", input1), ("input2", input2), ("target", target)), 1):
        tensor_argument("margin_ranking_loss", x, what, position)
    reduction = reduction_of(size_average, reduce, reduction)
    if not input1.ndim == input2.ndim == target.ndim:
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: input1: "
            f"{input1.shape}, input2: {input2.shape}, target: {target.shape} "
        )
    return reduce_loss(clamp(-target * (input1 - input2) + margin, min=0), reduction)


LEAST_SQUARE = 1e-12  # keeps the angle of a vector of zeros, and its slope, finite


def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, size_average: Any = None, reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """1 − cos(x₁, x₂) where the target is 1, max(0, cos(x₁, x₂) − margin) where it is −1.

    Shapes: input1 (N, D) or (D), input2 alike, target (N) or () → (N) or () with reduction 'none', else ().
    Errors: ValueError for another `reduction`; RuntimeError for other ranks, and sizes that do not broadcast; TypeError
    for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cosine_embedding_loss.html

    >>> import minitorch as torch
    >>> x, y = torch.tensor([[1., 0.]]), torch.tensor([[0., 1.]])
    >>> torch.nn.functional.cosine_embedding_loss(x, y, torch.tensor([1]))
    tensor(1.)
    """
    for position, (what, x) in enumerate((("input1", input1), ("input2", input2), ("target", target)), 1):
        tensor_argument("cosine_embedding_loss", x, what, position)
    reduction = reduction_of(size_average, reduce, reduction)
    if target.ndim > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    rank = target.ndim + 1
    if not input1.ndim == input2.ndim == rank:
        raise RuntimeError(
            f"{target.ndim}D target tensor expects {rank}D input tensors, but found inputs with sizes "
            f"{list(input1.shape)} and {list(input2.shape)}."
        )
    dot = (input1 * input2).sum(-1)
    squares1, squares2 = (input1 * input1).sum(-1) + LEAST_SQUARE, (input2 * input2).sum(-1) + LEAST_SQUARE
    cos = dot / (squares1 * squares2).sqrt()
    check_broadcast("cosine_embedding_loss", tuple(cos.shape), tuple(target.shape))
    alike = where(target == 1, 1 - cos, 0)
    unlike = where(target == -1, clamp(cos - margin, min=0), 0)
    return reduce_loss(alike + unlike, reduction)


def _check_triplet(anchor: Any, positive: Any, negative: Any, margin: float) -> None:
    for position, (what, x) in enumerate((("anchor", anchor), ("positive", positive), ("negative", negative)), 1):
        tensor_argument("triplet_margin_loss", x, what, position)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: "
            f"anchor {anchor.ndim}D, positive {positive.ndim}D, and negative {negative.ndim}D inputs"
        )


def _triplet(
    distance: Callable[[Any, Any], Any], anchor: Any, positive: Any, negative: Any, margin: float, swap: bool
) -> Any:
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = minimum(far, distance(positive, negative))
    return clamp(margin + near - far, min=0)


def triplet_margin_loss(
    anchor: Tensor, positive: Tensor, negative: Tensor, margin: float = 1.0, p: float = 2, eps: float = 1e-06,
    swap: bool = False, size_average: Any = None, reduce: Any = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """max(0, margin + d(a, p) − d(a, n)): the anchor is to be nearer to the positive than to the negative, by a margin.

    d(x, y) is the p-norm of x − y + eps over the last dimension. With `swap`, d(p, n) stands in for d(a, n) where it is
    smaller.

    Shapes: anchor (…, D), positive and negative alike, or broadcasting → (…) with reduction 'none', else ().
    Errors: ValueError for a margin of 0 or less, and another `reduction`; RuntimeError for ranks that differ, shapes
    that do not broadcast, and booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.triplet_margin_loss.html

    >>> import minitorch as torch
    >>> a, p, n = torch.tensor([[0.]]), torch.tensor([[1.]]), torch.tensor([[3.]])
    >>> torch.nn.functional.triplet_margin_loss(a, p, n, margin=4.0)
    tensor(2.)
    """
    reduction = reduction_of(size_average, reduce, reduction)
    _check_triplet(anchor, positive, negative, margin)

    def distance(x: Any, y: Any) -> Any:
        return norm(x - y + eps, p, -1)

    return reduce_loss(_triplet(distance, anchor, positive, negative, margin, swap), reduction)


def triplet_margin_with_distance_loss(
    anchor: Tensor, positive: Tensor, negative: Tensor, *, distance_function: Callable[[Any, Any], Any] | None = None,
    margin: float = 1.0, swap: bool = False, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """`triplet_margin_loss` with a distance of one's own, a function of two tensors; the Euclidean one unless given.

    Shapes: anchor, positive and negative of one rank broadcast; the result is that of the distance with reduction
    'none', else ().
    Errors: ValueError for a margin of 0 or less, and another `reduction`; RuntimeError for ranks that differ, shapes
    that do not broadcast, and booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.triplet_margin_with_distance_loss.html

    >>> import minitorch as torch
    >>> a, p, n = torch.tensor([[0.]]), torch.tensor([[1.]]), torch.tensor([[3.]])
    >>> far = lambda x, y: (x - y).abs().amax(-1)
    >>> torch.nn.functional.triplet_margin_with_distance_loss(a, p, n, distance_function=far, margin=4.0)
    tensor(2.)
    """
    reduction = reduction_of(None, None, reduction)
    _check_triplet(anchor, positive, negative, margin)

    def euclidean(x: Any, y: Any) -> Any:
        return norm(x - y + 1e-6, 2, -1)

    loss = _triplet(distance_function or euclidean, anchor, positive, negative, margin, swap)
    return reduce_loss(loss, reduction)


# ---- classes ---------------------------------------------------------------------------------------------------------


class SoftMarginLoss(PairLoss):
    """ℓ = ln(1 + e^{−yx}), and their sum, or mean;  ∂ℓ/∂x = −y·z/(1 + z), ∂ℓ/∂y = −x·z/(1 + z) with z = e^{−yx}."""

    def loss(self, x: Any, y: Any) -> Any:
        xp = array_module(x)
        return xp.log1p(xp.exp(-y * x)).astype(x.dtype)

    def slopes(self, g: Any, x: Any, y: Any) -> Any:
        z = exp(-y * x)
        g = -g * z / (1 + z)
        return g * y, (g * x if self.needs[1] else None)


def soft_margin_loss(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
) -> Tensor:
    """ln(1 + e^{−yx}) of scores x and targets y of 1 and −1.

    Shapes: input and target broadcast; the result has the common shape with reduction 'none', else ().
    Errors: ValueError for another `reduction`; RuntimeError for shapes that do not broadcast, and for integers and
    booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.soft_margin_loss.html

    >>> import minitorch as torch
    >>> torch.nn.functional.soft_margin_loss(torch.tensor([0., 100.]), torch.tensor([1, 1]))
    tensor(0.3466)
    """
    tensor_argument("soft_margin_loss", input)
    tensor_argument("soft_margin_loss", target, "target", 2)
    reduction = reduction_of(size_average, reduce, reduction)
    check_broadcast("soft_margin_loss", tuple(input.shape), tuple(target.shape))
    if not input.is_floating_point():
        raise RuntimeError(f"result type Float can't be cast to the desired output type {input.dtype.type_name}")
    return SoftMarginLoss(reduction)(input, target)


def multilabel_soft_margin_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
    reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Mean over the classes (last dimension) of −w·(y·ln σ(x) + (1 − y)·ln σ(−x)), for targets y of 0 and 1.

    Shapes: input (…, C), target (…, C), weight (C) or (…, C) → (…) with reduction 'none', else ().
    Errors: ValueError for another `reduction`; RuntimeError for shapes that do not broadcast; IndexError for an input
    without dimensions; NotImplementedError for integers and booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.multilabel_soft_margin_loss.html

    >>> import minitorch as torch
    >>> torch.nn.functional.multilabel_soft_margin_loss(torch.zeros(1, 3), torch.tensor([[1, 0, 1]]))
    tensor(0.6931)
    """
    tensor_argument("multilabel_soft_margin_loss", input)
    tensor_argument("multilabel_soft_margin_loss", target, "target", 2)
    refuse("log_sigmoid_cpu", input, "biu")
    if size_average is not None or reduce is not None:
        reduction = reduction_of(size_average, reduce, reduction)
    loss = -(target * LogSigmoid()(input) + (1 - target) * LogSigmoid()(-input))
    if weight is not None:
        loss = loss * weight
    loss = loss.sum(-1) / input.shape[-1]
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not valid")
    return reduce_loss(loss, reduction)


def _as_rows(name: str, input: Any) -> Any:
    """Scores as (N, C); one sample's (C), or a single score, become one row."""
    if input.ndim > 2 or (input.ndim > 0 and 0 in tuple(input.shape[input.ndim - 1 :])):
        raise RuntimeError(
            f"{name}: Expected non-empty vector or matrix with optional 0-dim batch size, but got: {list(input.shape)}"
        )
    return input if input.ndim == 2 else input.reshape(1, -1)


def _check_class_numbers(target: Any) -> None:
    if str(target.dtype) != "torch.int64":
        raise RuntimeError(f"expected scalar type Long but found {target.dtype.type_name}")


def multi_margin_loss(
    input: Tensor, target: Tensor, p: int = 1, margin: float = 1.0, weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Σ over the wrong classes c of w[t]·max(0, margin − x_t + x_c)^p, over the number of classes; p is 1 or 2.

    The input holds scores, the target class numbers.

    Shapes: input (N, C) or (C) or (), target (N) or (), weight (C) → (N) or () with reduction 'none', else ().
    Errors: RuntimeError for targets that are out of range or do not fit, and other ranks; ValueError for another `p` or
    `reduction`; NotImplementedError for an input of integers or booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.multi_margin_loss.html

    >>> import minitorch as torch
    >>> torch.nn.functional.multi_margin_loss(torch.tensor([[0.1, 0.2, 0.4, 0.8]]), torch.tensor([3]))
    tensor(0.3250)
    """
    tensor_argument("multi_margin_loss", input)
    tensor_argument("multi_margin_loss", target, "target", 2)
    reduction = reduction_of(size_average, reduce, reduction)
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    x = _as_rows("multi_margin_loss", input)
    n, classes = x.shape
    if target.numel() != n or target.ndim > 1:
        raise RuntimeError(
            "multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples (batch "
            f"size). Expected target size [{n}], but got {list(target.shape)}. Input has shape {list(input.shape)}."
        )
    if weight is not None and tuple(weight.shape) != (classes,):
        raise RuntimeError(f"inconsistent weight size, expected {classes} but got {list(weight.shape)}")
    refuse("multi_margin_loss_cpu_kernel", input, "biu")
    _check_class_numbers(target)
    t = target.reshape(n)
    if t.numel() and can_look(t._array) and not 0 <= int(t._array.min()) <= int(t._array.max()) < classes:
        raise RuntimeError("target out of range")
    lag = margin - x.gather(1, t.unsqueeze(1)) + x  # (N, C), margin itself at the target
    xp = array_module(x._array)
    is_wrong = wrap(xp.arange(classes) != t._array[:, None])
    lag = where(is_wrong & (lag > 0), lag, 0)
    if p == 2:
        lag = lag * lag
    if weight is not None:
        lag = lag * weight[t].unsqueeze(1)
    loss = lag.sum(1) / classes
    return loss[0] if reduction == "none" and input.ndim < 2 and target.ndim == 0 else reduce_loss(loss, reduction)


def multilabel_margin_loss(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
) -> Tensor:
    """Σ over right classes j and wrong classes i of max(0, 1 − (x_j − x_i)), over the number of classes.

    The input holds scores; a row of the target lists the right classes' numbers and ends with the first −1.

    Shapes: input (N, C) or (C) or (), target (N, C) or (C) or () → (N) or () with reduction 'none', else ().
    Errors: RuntimeError for numbers out of range, shapes that differ, and a target that is not of int64; ValueError for
    another `reduction`; NotImplementedError for an input of integers or booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.multilabel_margin_loss.html

    >>> import minitorch as torch
    >>> x, y = torch.tensor([[0.1, 0.2, 0.4, 0.8]]), torch.tensor([[3, 0, -1, 1]])
    >>> torch.nn.functional.multilabel_margin_loss(x, y)
    tensor(0.8500)
    """
    tensor_argument("multilabel_margin_loss", input)
    tensor_argument("multilabel_margin_loss", target, "target", 2)
    reduction = reduction_of(size_average, reduce, reduction)
    x = _as_rows("multilabel_margin_loss", input)
    if tuple(target.shape) != tuple(input.shape):
        raise RuntimeError(f"inconsistent target size: {list(target.shape)} for input of size: {list(input.shape)}")
    refuse("multilabel_margin_loss_forward_out_frame", input, "biu")
    _check_class_numbers(target)
    n, classes = x.shape
    t = target.reshape(n, classes)._array
    if t.size and can_look(t) and not (-1 <= t.min() and t.max() < classes):
        raise RuntimeError("argument #2 'target' is out of range")
    xp = array_module(t)
    is_listed = xp.cumsum(t < 0, 1) == 0  # (N, C), before the first −1
    places = xp.where(is_listed, t, 0)
    is_right = ((places[:, :, None] == xp.arange(classes)) & is_listed[:, :, None]).any(1)  # (N, C), by class
    # Right classes as they are listed, down; all classes, across: (N, C, C).
    lag = 1 - x.gather(1, wrap(places)).unsqueeze(2) + x.unsqueeze(1)
    counts = wrap(is_listed[:, :, None] & ~is_right[:, None, :]) & (lag > 0)
    loss = where(counts, lag, 0).sum((1, 2)) / classes
    return loss[0] if reduction == "none" and input.ndim < 2 else reduce_loss(loss, reduction)
