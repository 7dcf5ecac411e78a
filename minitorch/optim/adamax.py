"""Adamax: Adam with the largest gradient of late in place of the running mean square."""

from __future__ import annotations

from typing import Any

from .flat import Flat
from .optimizer import Params
from .rule import UpdateRule, add_quotient, approach, check_betas, check_options, descent


class Adamax(UpdateRule):
    """Adam whose denominator is a maximum, which forgets by the factor β₂ a step.

    For a parameter p with gradient g (−g with `maximize`), learning rate η, weight decay λ, betas (β₁, β₂), in step k::

        g ← g + λ·p
        m ← m + (1−β₁)·(g − m)               running average of the gradient
        u ← max(β₂·u, |g| + ε)               the largest gradient, the older the less
        p ← p − η/(1−β₁ᵏ) · m/u

    m and u start at 0.

    State: ``step``, ``exp_avg`` (m), ``exp_inf`` (u). Parameters whose gradient is None are passed over.

    Errors: ValueError for a negative `lr`, `eps` or `weight_decay` and for betas outside [0, 1); NotImplementedError
    for a tensor in their place.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.Adamax.html; Kingma and Ba 2015, section 7.1,
    https://arxiv.org/abs/1412.6980.

    >>> import minitorch as torch
    >>> w = torch.tensor([1., 100.], requires_grad=True)
    >>> optimizer = torch.optim.Adamax([w], lr=0.1)
    >>> (w ** 2).sum().backward()
    >>> optimizer.step()
    >>> w.detach()
    tensor([ 0.9000, 99.9000])
    """

    def __init__(
        self,
        params: Params,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_options(self, lr=lr, eps=eps)
        check_betas(self, betas)
        check_options(self, weight_decay=weight_decay)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def _names(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("exp_avg", "exp_inf")

    def _update(self, flat: Flat, group: dict[str, Any]) -> None:
        xp, step = flat.xp, flat.next_step()
        eps, (beta1, beta2) = float(group["eps"]), group["betas"]
        rate = float(group["lr"]) / (1 - beta1**step)
        for p, g, s, t, m, u in flat.pieces():
            g = descent(xp, group, p, g, s, t)
            approach(xp, m, g, 1 - beta1, t)
            xp.multiply(u, beta2, out=u)
            xp.abs(g, out=t)
            xp.add(t, eps, out=t)
            xp.maximum(u, t, out=u)
            add_quotient(xp, p, -rate, m, u, s)
