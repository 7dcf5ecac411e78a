"""RMSprop: the gradient divided by the running root of its mean square."""

from __future__ import annotations

from typing import Any

from .flat import Flat
from .optimizer import Params
from .rule import UpdateRule, add_quotient, approach, average_square, check_options, descent


class RMSprop(UpdateRule):
    """Each element steps by its gradient, divided by the root of a running average of the gradient's square.

    For a parameter p with gradient g (−g with `maximize`), learning rate η, weight decay λ, momentum μ::

        g ← g + λ·p
        v ← α·v + (1−α)·g²                   running average of the square
        u ← v                                with centered: a ← a + (1−α)·(g − a),  u ← v − a²
        p ← p − η·g/(√u + ε)                 with momentum: b ← μ·b + g/(√u + ε),  p ← p − η·b

    v, a and b start at 0. Centered, u is the gradient's running variance instead of its mean square.

    State: ``step``, ``square_avg`` (v), with momentum ``momentum_buffer`` (b), centered ``grad_avg`` (a). Parameters
    whose gradient is None are passed over.

    Errors: ValueError for a negative `lr`, `eps`, `momentum`, `weight_decay` or `alpha`; NotImplementedError for a
    tensor in their place.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.RMSprop.html; Tieleman and Hinton 2012, Neural
    networks for machine learning, lecture 6.5; centered: Graves 2013, https://arxiv.org/abs/1308.0850.

    >>> import minitorch as torch
    >>> w = torch.tensor([1., 100.], requires_grad=True)
    >>> optimizer = torch.optim.RMSprop([w], lr=0.1, alpha=0.75)
    >>> (w ** 2).sum().backward()
    >>> optimizer.step()
    >>> w.detach()  # both by 0.1 · g/√(g²/4)
    tensor([ 0.8000, 99.8000])
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_options(self, lr=lr, eps=eps, momentum=momentum, weight_decay=weight_decay, alpha=alpha)
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "capturable": capturable,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _names(self, group: dict[str, Any]) -> tuple[str, ...]:
        momentum = ("momentum_buffer",) if group["momentum"] > 0 else ()
        return ("square_avg", *momentum, "grad_avg") if group["centered"] else ("square_avg", *momentum)

    def _update(self, flat: Flat, group: dict[str, Any]) -> None:
        xp = flat.xp
        flat.next_step()
        lr, alpha, eps, momentum = (float(group[name]) for name in ("lr", "alpha", "eps", "momentum"))
        for p, g, s, t, v, *rest in flat.pieces():
            g = descent(xp, group, p, g, s, t)
            average_square(xp, v, g, alpha, t)
            if group["centered"]:
                a = rest[-1]
                approach(xp, a, g, 1 - alpha, t)
                xp.multiply(a, a, out=t)
                xp.subtract(v, t, out=t)
                xp.sqrt(t, out=t)
            else:
                xp.sqrt(v, out=t)
            xp.add(t, eps, out=t)  # √u + ε
            if momentum > 0:
                b = rest[0]
                xp.multiply(b, momentum, out=b)
                add_quotient(xp, b, 1.0, g, t, s)
                xp.multiply(b, lr, out=s)
                xp.subtract(p, s, out=p)
            else:
                add_quotient(xp, p, -lr, g, t, s)
