"""Losses: each applies one function of nn.functional to (input, target).

`reduction` says what becomes of the single losses: ``'mean'``, ``'sum'``, or ``'none'`` (left as they are).

Source: https://docs.pytorch.org/docs/stable/nn.html#loss-functions
"""

from __future__ import annotations

import warnings

from ...tensor import Tensor
from .. import functional as F
from .module import Module


class _Loss(Module):
    reduction: str

    def __init__(self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean") -> None:
        super().__init__()
        if size_average is not None or reduce is not None:  # how `reduction` was spelt before it had a name
            averages, reduces = size_average in (None, True), reduce in (None, True)
            reduction = ("mean" if averages else "sum") if reduces else "none"
            family = type(self).__mro__[: type(self).__mro__.index(_Loss) + 1]
            depth = sum("__init__" in vars(kind) for kind in family)  # constructors between here and the caller
            warnings.warn(
                f"size_average and reduce args will be deprecated, please use reduction='{reduction}' instead.",
                stacklevel=depth + 1,
            )
        self.reduction = reduction


class _WeightedLoss(_Loss):
    weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)


class CrossEntropyLoss(_WeightedLoss):
    """−log softmax(input)[target]: what a classifier's scores (logits) lose on the right class.

    The target is of class numbers, or of probabilities. `weight` is per class, targets equal to `ignore_index` do not
    count, `label_smoothing` ε mixes the target with the uniform distribution. The mean is over the weights of the
    targets that count. Same as LogSoftmax(dim=1) followed by `NLLLoss`.

    Shapes: input (N, K, …) or (K), target (N, …) or () of class numbers, or of the input's shape; `weight` (K) → (), or
    with ``reduction='none'`` (N, …).
    Errors: when called: ValueError for another number of targets, and an unknown `reduction`; IndexError for a class
    number beyond K; RuntimeError for a target of another dtype or shape, a `weight` that is not (K), and a
    `label_smoothing` outside 0 … 1; NotImplementedError for integer scores.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html

    >>> import minitorch as torch
    >>> torch.nn.CrossEntropyLoss()(torch.zeros(2, 10), torch.tensor([3, 7]))
    tensor(2.3026)
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The cross-entropy of `target` and the softmax of `input`."""
        buffers = self._buffers
        weight = buffers["weight"] if "weight" in buffers else self.weight
        return F.cross_entropy(
            input, target, weight, None, self.ignore_index, None, self.reduction, self.label_smoothing
        )


class NLLLoss(_WeightedLoss):
    """−input[target], for an input of log-probabilities and a target of class numbers.

    `weight` is per class; targets equal to `ignore_index` do not count. The mean is over the weights.

    Shapes: input (N, K, …) or (K), target (N, …) or (); `weight` (K) → (), or with ``reduction='none'`` (N, …).
    Errors: when called: ValueError for another number of targets, and an unknown `reduction`; IndexError for a class
    number beyond K; RuntimeError for a target that is not of integers, and a `weight` that is not (K).

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.NLLLoss.html

    >>> import minitorch as torch
    >>> torch.nn.NLLLoss()(torch.tensor([[-1., -2.]]), torch.tensor([1]))
    tensor(2.)
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The negative log-likelihood of `target`."""
        return F.nll_loss(input, target, weight=self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


class MSELoss(_Loss):
    """(input − target)².

    Shapes: input and target of one shape, or, with a warning, that broadcast → (), or with ``reduction='none'`` that
    shape.
    Errors: ValueError for an unknown `reduction`, when called; RuntimeError for shapes that do not broadcast.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MSELoss.html

    >>> import minitorch as torch
    >>> torch.nn.MSELoss()(torch.tensor([1., 2.]), torch.tensor([1., 4.]))
    tensor(2.)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The squared error."""
        return F.mse_loss(input, target, reduction=self.reduction)


class L1Loss(_Loss):
    """|input − target|.

    Shapes: input and target of one shape, or, with a warning, that broadcast → (), or with ``reduction='none'`` that
    shape.
    Errors: ValueError for an unknown `reduction`, when called; RuntimeError for shapes that do not broadcast.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.L1Loss.html

    >>> import minitorch as torch
    >>> torch.nn.L1Loss()(torch.tensor([1., 2.]), torch.tensor([1., 4.]))
    tensor(1.)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The absolute error."""
        return F.l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(_Loss):
    """(input − target)²/(2·beta) where |input − target| < beta, else |input − target| − beta/2.

    Shapes: input and target of one shape, or, with a warning, that broadcast → (), or with ``reduction='none'`` that
    shape.
    Errors: ValueError for an unknown `reduction`, when called; RuntimeError for shapes that do not broadcast, and for a
    negative `beta`, when called.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.SmoothL1Loss.html

    >>> import minitorch as torch
    >>> torch.nn.SmoothL1Loss()(torch.tensor([0.]), torch.tensor([3.]))
    tensor(2.5000)
    """

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        beta: float = 1.0,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.beta = beta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The absolute error, squared near 0."""
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(_Loss):
    """(input − target)²/2 where |input − target| ≤ delta, else delta·(|input − target| − delta/2).

    Shapes: input and target of one shape, or, with a warning, that broadcast → (), or with ``reduction='none'`` that
    shape.
    Errors: TypeError for a `delta` that is no number; ValueError for an unknown `reduction`, when called; RuntimeError
    for shapes that do not broadcast, and for a `delta` of 0 or less, when called.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.HuberLoss.html

    >>> import minitorch as torch
    >>> torch.nn.HuberLoss(delta=2.0)(torch.tensor([0.]), torch.tensor([3.]))
    tensor(4.)
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        if not isinstance(delta, float | int):
            raise TypeError(f"delta must be a float or int, got: {type(delta)}")
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The squared error near 0, growing linearly beyond `delta`."""
        return F.huber_loss(input, target, reduction=self.reduction, delta=self.delta)


class BCELoss(_WeightedLoss):
    """−weight·(target·log input + (1 − target)·log(1 − input)), for probabilities; logarithms are cut at −100.

    Shapes: input and target of one shape; `weight` broadcasts to it → (), or with ``reduction='none'`` that shape.
    Errors: ValueError for different shapes, and for an unknown `reduction`, when called; RuntimeError for an input
    outside 0 … 1, a target of another dtype, and a `weight` that does not broadcast.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.BCELoss.html

    >>> import minitorch as torch
    >>> torch.nn.BCELoss()(torch.tensor([0.5]), torch.tensor([1.]))
    tensor(0.6931)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The binary cross-entropy of `target` and `input`."""
        return F.binary_cross_entropy(input, target, weight=self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_Loss):
    """`BCELoss` of sigmoid(input), in one step, where nothing underflows; `pos_weight` multiplies the first term.

    Shapes: input and target of one shape; `weight` and `pos_weight` broadcast to it → (), or with ``reduction='none'``
    that shape.
    Errors: ValueError for different shapes, and for an unknown `reduction`, when called; RuntimeError for a `weight` or
    `pos_weight` that does not broadcast.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html

    >>> import minitorch as torch
    >>> torch.nn.BCEWithLogitsLoss()(torch.tensor([-200.]), torch.tensor([1.]))
    tensor(200.)
    """

    weight: Tensor | None
    pos_weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The binary cross-entropy of `target` and the sigmoid of `input`."""
        return F.binary_cross_entropy_with_logits(
            input, target, self.weight, pos_weight=self.pos_weight, reduction=self.reduction
        )
