"""NAdam: Adam with Nesterov's look ahead."""

from __future__ import annotations

from typing import Any

from .flat import Flat
from .optimizer import Params
from .rule import UpdateRule, add_quotient, approach, average_square, check_betas, check_options, descent


class NAdam(UpdateRule):
    """Adam that steps by where the running average will be next, instead of where it is.

    For a parameter p with gradient g (−g with `maximize`), learning rate η, weight decay λ, betas (β₁, β₂), momentum
    decay ψ, in step k::

        g ← g + λ·p                          (with decoupled_weight_decay, p ← (1 − η·λ)·p instead)
        μₖ = β₁·(1 − ½·0.96^(k·ψ))           the momentum of step k; P ← P·μₖ, the product of all so far
        m ← m + (1−β₁)·(g − m)               running average of the gradient
        v ← β₂·v + (1−β₂)·g²                 running average of its square
        d = √(v/(1−β₂ᵏ)) + ε
        p ← p − η·(1−μₖ)/(1−P) · g/d
        p ← p − η·μₖ₊₁/(1−P·μₖ₊₁) · m/d

    m and v start at 0, P at 1.

    State: ``step``, ``mu_product`` (P), ``exp_avg`` (m), ``exp_avg_sq`` (v). Parameters whose gradient is None are
    passed over.

    Errors: ValueError for a negative `lr`, `eps`, `weight_decay` or `momentum_decay` and for betas outside [0, 1);
    NotImplementedError for a tensor in their place.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.NAdam.html; Dozat 2016, Incorporating Nesterov
    momentum into Adam.

    >>> import minitorch as torch
    >>> w = torch.tensor([1., 100.], requires_grad=True)
    >>> optimizer = torch.optim.NAdam([w], lr=0.1)
    >>> (w ** 2).sum().backward()
    >>> optimizer.step()
    >>> w.detach()
    tensor([ 0.8944, 99.8944])
    """

    numbers: tuple[str, ...] = ("step", "mu_product")

    def __init__(
        self,
        params: Params,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_options(self, lr=lr, eps=eps)
        check_betas(self, betas)
        check_options(self, weight_decay=weight_decay, momentum_decay=momentum_decay)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _names(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("exp_avg", "exp_avg_sq")

    def _start(self, name: str, group: dict[str, Any]) -> float:
        return 1.0 if name == "mu_product" else 0.0

    def _update(self, flat: Flat, group: dict[str, Any]) -> None:
        xp, step = flat.xp, flat.next_step()
        lr, eps, decay, (beta1, beta2) = (*(float(group[n]) for n in ("lr", "eps", "momentum_decay")), group["betas"])
        mu, following = (beta1 * (1.0 - 0.5 * 0.96 ** (k * decay)) for k in (step, step + 1))
        flat.numbers["mu_product"] *= mu
        product = flat.numbers["mu_product"].item(0)
        by_gradient, by_average = -lr * (1.0 - mu) / (1.0 - product), -lr * following / (1.0 - product * following)
        for p, g, s, t, m, v in flat.pieces():
            g = descent(xp, group, p, g, s, t)
            approach(xp, m, g, 1 - beta1, t)
            average_square(xp, v, g, beta2, t)
            xp.divide(v, 1 - beta2**step, out=t)
            xp.sqrt(t, out=t)
            xp.add(t, eps, out=t)
            add_quotient(xp, p, by_gradient, g, t, s)
            add_quotient(xp, p, by_average, m, t, s)
