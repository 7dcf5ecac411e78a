"""RAdam: Adam that waits with its denominator until that can be trusted."""

from __future__ import annotations

from typing import Any

from .flat import Flat
from .optimizer import Params
from .rule import UpdateRule, approach, average_square, check_betas, check_options, descent


class RAdam(UpdateRule):
    """Adam whose first steps go by the average gradient alone; later ones are damped less and less.

    For a parameter p with gradient g (−g with `maximize`), learning rate η, weight decay λ, betas (β₁, β₂), in step k::

        g ← g + λ·p                          (with decoupled_weight_decay, p ← (1 − η·λ)·p instead)
        m ← m + (1−β₁)·(g − m)               running average of the gradient
        v ← β₂·v + (1−β₂)·g²                 running average of its square
        n = 2/(1−β₂) − 1                     over how many steps v averages in the end,
        r = n − 2k·β₂ᵏ/(1−β₂ᵏ)               and by now
        p ← p − η·m/(1−β₁ᵏ)                  if r ≤ 5: v is too uncertain; otherwise
        p ← p − η·m/(1−β₁ᵏ) · √(1−β₂ᵏ)/(√v + ε) · √( (r−4)(r−2)·n / ((n−4)(n−2)·r) )

    m and v start at 0.

    State: ``step``, ``exp_avg`` (m), ``exp_avg_sq`` (v). Parameters whose gradient is None are passed over.

    Errors: ValueError for a negative `lr`, `eps` or `weight_decay` and for betas outside [0, 1); NotImplementedError
    for a tensor in their place.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.RAdam.html; Liu et al. 2020, On the variance of
    the adaptive learning rate and beyond, https://arxiv.org/abs/1908.03265.

    >>> import minitorch as torch
    >>> w = torch.tensor([1., 100.], requires_grad=True)
    >>> optimizer = torch.optim.RAdam([w], lr=0.1)
    >>> (w ** 2).sum().backward()
    >>> optimizer.step()
    >>> w.detach()  # the first step is gradient descent
    tensor([ 0.8000, 80.0000])
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_options(self, lr=lr, eps=eps)
        check_betas(self, betas)
        check_options(self, weight_decay=weight_decay)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "decoupled_weight_decay": decoupled_weight_decay,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _names(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("exp_avg", "exp_avg_sq")

    def _update(self, flat: Flat, group: dict[str, Any]) -> None:
        xp, step = flat.xp, flat.next_step()
        lr, eps, (beta1, beta2) = float(group["lr"]), float(group["eps"]), group["betas"]
        bias1, bias2 = 1 - beta1**step, 1 - beta2**step
        n = 2 / (1 - beta2) - 1
        r = n - 2 * step * beta2**step / bias2
        for p, g, s, t, m, v in flat.pieces():
            g = descent(xp, group, p, g, s, t)
            approach(xp, m, g, 1 - beta1, t)
            average_square(xp, v, g, beta2, t)
            xp.divide(m, bias1, out=s)  # g, which may be in s, is not needed any more
            xp.multiply(s, lr, out=s)
            if r > 5:
                xp.sqrt(v, out=t)
                xp.add(t, eps, out=t)
                xp.divide(1, t, out=t)
                xp.multiply(t, bias2**0.5, out=t)
                xp.multiply(s, t, out=s)
                xp.multiply(s, ((r - 4) * (r - 2) * n / ((n - 4) * (n - 2) * r)) ** 0.5, out=s)
            xp.subtract(p, s, out=p)
