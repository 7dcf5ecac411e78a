"""Losses of predicted distributions: Kullback-Leibler, Poisson, Gaussian, and of label sequences (CTC).

Source: https://docs.pytorch.org/docs/stable/nn.html#loss-functions
"""

from __future__ import annotations

from ...tensor import Tensor
from .. import functional as F
from .loss import _Loss


class KLDivLoss(_Loss):
    """target·(log target − input), for log-probabilities `input` and probabilities `target`.

    With `log_target` the target, too, is of logarithms. ``reduction='batchmean'`` is the divergence proper: the sum
    over the first size.

    Shapes: input and target of one shape, or that broadcast → (), or with ``reduction='none'`` that shape.
    Errors: ValueError for an unknown `reduction`, when called; RuntimeError for shapes that do not broadcast.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.KLDivLoss.html

    >>> import minitorch as torch
    >>> x = torch.log(torch.tensor([[0.5, 0.5]]))
    >>> torch.nn.KLDivLoss(reduction='batchmean')(x, torch.tensor([[1., 0.]]))
    tensor(0.6931)
    """

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        log_target: bool = False,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_target = log_target

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The divergence of `input` from `target`."""
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


class PoissonNLLLoss(_Loss):
    """λ − target·ln λ for counts `target` at the rate λ = e^input, or λ = input with ``log_input=False``.

    `full` adds ln target! by Stirling's formula; `eps` keeps ln λ finite.

    Shapes: log_input and target of one shape, or that broadcast → (), or with ``reduction='none'`` that shape.
    Errors: ValueError for an unknown `reduction`, when called; RuntimeError for shapes that do not broadcast.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.PoissonNLLLoss.html

    >>> import minitorch as torch
    >>> torch.nn.PoissonNLLLoss()(torch.tensor([0.]), torch.tensor([3.]))
    tensor(1.)
    """

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        size_average: bool | None = None,
        eps: float = 1e-8,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_input = log_input
        self.full = full
        self.eps = eps

    def forward(self, log_input: Tensor, target: Tensor) -> Tensor:
        """The negative log-likelihood of the counts `target`."""
        return F.poisson_nll_loss(
            log_input, target, log_input=self.log_input, full=self.full, eps=self.eps, reduction=self.reduction
        )


class GaussianNLLLoss(_Loss):
    """(ln var + (input − target)²/var)/2, for a normal distribution with mean `input` and variance `var`.

    `var` is raised to `eps` where below; `full` adds ln(2π)/2.

    Shapes: input and target (N, …), var (N, …), or without the last size, or 1 there, or a number → (), or with
    ``reduction='none'`` (N, …).
    Errors: ValueError for an unknown `reduction`, when called, a `var` of another shape, and one with negative
    elements; RuntimeError for an input and a target that do not broadcast.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.GaussianNLLLoss.html

    >>> import minitorch as torch
    >>> torch.nn.GaussianNLLLoss()(torch.tensor([1.]), torch.tensor([3.]), torch.tensor([1.]))
    tensor(2.)
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(None, None, reduction)
        self.full = full
        self.eps = eps

    def forward(self, input: Tensor, target: Tensor, var: Tensor | float) -> Tensor:
        """The negative log-likelihood of `target`."""
        return F.gaussian_nll_loss(input, target, var, full=self.full, eps=self.eps, reduction=self.reduction)


class CTCLoss(_Loss):
    """−ln of the probability that the predictions, repetitions merged and blanks taken out, read as the target.

    `log_probs` come from log_softmax. The mean is that of each loss over its target's length. Targets too long to fit
    have loss inf, or 0 with `zero_infinity`.

    Shapes: log_probs (T, N, C) or (T, C), targets (N, S), or all in one row, input_lengths and target_lengths (N) → (),
    or with ``reduction='none'`` (N).
    Errors: ValueError for an unknown `reduction`, when called; RuntimeError for another rank, a `blank` that is no
    class, and lengths that are no integers, too few or many, or beyond T.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.CTCLoss.html

    >>> import minitorch as torch
    >>> x = torch.zeros(2, 1, 2).log_softmax(-1)
    >>> torch.nn.CTCLoss()(x, torch.tensor([[1]]), torch.tensor([2]), torch.tensor([1])).exp()
    tensor(1.3333)
    """

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False) -> None:
        super().__init__(reduction=reduction)
        self.blank = blank
        self.zero_infinity = zero_infinity

    def forward(self, log_probs: Tensor, targets: Tensor, input_lengths: Tensor, target_lengths: Tensor) -> Tensor:
        """The loss of `targets`."""
        return F.ctc_loss(
            log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction, self.zero_infinity
        )
