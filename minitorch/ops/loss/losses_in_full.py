"""Losses as they stand beside the tensor operations, where the reduction is a number: 0 none, 1 mean, 2 sum.

`minitorch.nn.functional`'s, in the files beside this one, take its name, and some take other arguments in another order.
Without a reduction these give the single losses, as PyTorch's do (2.13), although its own signatures say mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..checks import tensor_argument
from . import classification, ctc, likelihood
from . import margin as _margin
from .parts import reduce_loss

__all__: list[str] = []  # not of minitorch.ops, which has the others


def _named(name: str, reduction: Any, position: int) -> str:
    """The reduction's name. PyTorch takes every number that is not 1 or 2 for none."""
    if not isinstance(reduction, int) or isinstance(reduction, bool):
        where = f"argument 'reduction' (position {position})"
        raise TypeError(f"{name}(): {where} must be int, not {type(reduction).__name__}")
    return {1: "mean", 2: "sum"}.get(reduction, "none")


def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, pos_weight: Any = None, reduction: int = 0
) -> Any:
    """−w·(p·y·ln σ(x) + (1 − y)·ln(1 − σ(x))): `nn.functional`'s, with the reduction as a number.

    Shapes: input, weight and pos_weight, which broadcast to the target's shape → that shape, or () where it is reduced.
    Errors: TypeError for a reduction that is no int, and for what is not a tensor; RuntimeError for sizes that do not
    broadcast; NotImplementedError for integers and booleans.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy_with_logits.html

    >>> import minitorch as torch
    >>> torch.binary_cross_entropy_with_logits(torch.tensor([0., 2.]), torch.tensor([1., 1.]), reduction=0)
    tensor([0.6931, 0.1269])
    """
    named = _named("binary_cross_entropy_with_logits", reduction, 5)
    tensor_argument("binary_cross_entropy_with_logits", input)
    tensor_argument("binary_cross_entropy_with_logits", target, "target", 2)
    for position, (argument, value) in enumerate((("weight", weight), ("pos_weight", pos_weight)), 3):
        if value is not None:
            tensor_argument("binary_cross_entropy_with_logits", value, argument, position)
    if input.shape != target.shape:
        input = input.expand(target.shape)
    return classification.binary_cross_entropy_with_logits(input, target, weight, reduction=named, pos_weight=pos_weight)


def cosine_embedding_loss(input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: int = 0) -> Any:
    """1 − cos(x₁, x₂) where the target is 1, max(0, cos(x₁, x₂) − margin) where it is −1.

    `nn.functional`'s, with the reduction as a number.

    Shapes: input1 and input2 (N, D) or (D), target (N) or () → (N) or (), or () where it is reduced.
    Errors: TypeError for a reduction that is no int; RuntimeError for sizes that do not fit.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cosine_embedding_loss.html

    >>> import minitorch as torch
    >>> x, y = torch.tensor([[1., 0.], [1., 0.]]), torch.tensor([[0., 1.], [1., 0.]])
    >>> torch.cosine_embedding_loss(x, y, torch.tensor([1, -1]), 0.5, 0)
    tensor([1.0000, 0.5000])
    """
    named = _named("cosine_embedding_loss", reduction, 5)
    return _margin.cosine_embedding_loss(input1, input2, target, margin, reduction=named)


def ctc_loss(
    log_probs: Any, targets: Any, input_lengths: Any | Sequence[int], target_lengths: Any | Sequence[int],
    blank: int = 0, reduction: int = 0, zero_infinity: bool = False,
) -> Any:  # fmt: skip
    """−ln of the probability of a sequence of labels over all its alignments: `nn.functional`'s, its reduction a number.

    Shapes: log_probs (T, N, C), targets (N, S) or (ΣS), lengths (N) → (N), or () where it is reduced.
    Errors: TypeError for a reduction that is no int; RuntimeError for lengths and shapes that do not fit; IndexError for
    a target that is no class; NotImplementedError for integers and booleans, and a second derivative.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.ctc_loss.html

    >>> import minitorch as torch
    >>> torch.ctc_loss(torch.full((2, 1, 2), 0.5).log(), torch.tensor([[1]]), (2,), (1,), 0, 2)
    tensor(0.2877)
    """
    named = _named("ctc_loss", reduction, 6)
    return ctc.ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, named, zero_infinity)


def hinge_embedding_loss(input: Any, target: Any, margin: float = 1.0, reduction: int = 0) -> Any:
    """x where the target is 1, max(0, margin − x) where it is −1: `nn.functional`'s, with the reduction as a number.

    Shapes: input and target broadcast with each other → their shape, or () where it is reduced.
    Errors: TypeError for a reduction that is no int; RuntimeError for sizes that do not broadcast.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.hinge_embedding_loss.html

    >>> import minitorch as torch
    >>> torch.hinge_embedding_loss(torch.tensor([0.3, 0.3]), torch.tensor([1., -1.]), 1.0, 0)
    tensor([0.3000, 0.7000])
    """
    return _margin.hinge_embedding_loss(
        input, target, margin, reduction=_named("hinge_embedding_loss", reduction, 4)
    )  # fmt: skip


def kl_div(input: Any, target: Any, reduction: int = 0, *, log_target: bool = False) -> Any:
    """y·(ln y − x), the divergence of y from eˣ: `nn.functional`'s, with the reduction as a number.

    Shapes: input and target broadcast with each other → their shape, or () where it is reduced.
    Errors: TypeError for a reduction that is no int; RuntimeError for sizes that do not broadcast.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.kl_div.html

    >>> import minitorch as torch
    >>> torch.kl_div(torch.tensor([0.5, 0.5]).log(), torch.tensor([1., 0.]), 2)
    tensor(0.6931)
    """
    named = _named("kl_div", reduction, 3)
    return reduce_loss(likelihood.kl_div(input, target, reduction="none", log_target=log_target), named)


def margin_ranking_loss(input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: int = 0) -> Any:
    """max(0, −y·(x₁ − x₂) + margin): `nn.functional`'s, with the reduction as a number.

    Shapes: input1, input2 and target of as many dimensions, which broadcast → their shape, or () where it is reduced.
    Errors: TypeError for a reduction that is no int; RuntimeError for sizes that do not fit.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.margin_ranking_loss.html

    >>> import minitorch as torch
    >>> torch.margin_ranking_loss(torch.tensor([1., 2.]), torch.tensor([2., 1.]), torch.tensor([1., 1.]), 0.0, 0)
    tensor([1., 0.])
    """
    named = _named("margin_ranking_loss", reduction, 5)
    return _margin.margin_ranking_loss(input1, input2, target, margin, reduction=named)


def poisson_nll_loss(input: Any, target: Any, log_input: bool, full: bool, eps: float, reduction: int) -> Any:
    """eˣ − y·x, or x − y·ln(x + eps) without `log_input`: `nn.functional`'s, every argument given.

    Shapes: input and target broadcast with each other → their shape, or () where it is reduced.
    Errors: TypeError for a reduction that is no int, and for less than all arguments; RuntimeError for sizes that do
    not broadcast.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.poisson_nll_loss.html

    >>> import minitorch as torch
    >>> torch.poisson_nll_loss(torch.tensor([0., 1.]), torch.tensor([2., 3.]), False, False, 1.0, 0)
    tensor([ 0.0000, -1.0794])
    """
    named = _named("poisson_nll_loss", reduction, 6)
    return likelihood.poisson_nll_loss(input, target, log_input, full, eps=eps, reduction=named)


def triplet_margin_loss(
    anchor: Any, positive: Any, negative: Any, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6,
    swap: bool = False, reduction: int = 0,
) -> Any:  # fmt: skip
    """max(0, ‖a − p‖ − ‖a − n‖ + margin): `nn.functional`'s, with the reduction as a number.

    Shapes: anchor, positive and negative (N, D) or (D) → (N) or (), or () where it is reduced.
    Errors: TypeError for a reduction that is no int; RuntimeError for sizes that do not fit; ValueError for a margin of 0
    or less.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.triplet_margin_loss.html

    >>> import minitorch as torch
    >>> torch.triplet_margin_loss(torch.tensor([[0.]]), torch.tensor([[2.]]), torch.tensor([[1.]]))
    tensor([2.])
    """
    named = _named("triplet_margin_loss", reduction, 8)
    return _margin.triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap, reduction=named)
