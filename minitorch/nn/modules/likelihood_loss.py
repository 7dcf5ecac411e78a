"""Losses of predicted distributions: Kullback-Leibler, Poisson, Gaussian.

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
