"""Adadelta: steps as large as earlier steps were, in proportion to the gradient."""

from __future__ import annotations

from typing import Any

from .flat import Flat
from .optimizer import Params
from .rule import UpdateRule, average_square, check_options, descent, refuse_tensors


class Adadelta(UpdateRule):
    """The gradient times the ratio of two running roots: of the steps so far to the gradients so far.

    For a parameter p with gradient g (−g with `maximize`), learning rate η, weight decay λ::

        g ← g + λ·p
        v ← ρ·v + (1−ρ)·g²                   running average of the gradient's square
        d ← √(u + ε)/√(v + ε) · g
        u ← ρ·u + (1−ρ)·d²                   running average of the step's square
        p ← p − η·d

    v and u start at 0. The step has the parameter's unit whatever the gradient's is, so that a rate of 1 will often do.

    State: ``step``, ``square_avg`` (v), ``acc_delta`` (u). Parameters whose gradient is None are passed over.

    Errors: ValueError for a negative `lr`, `eps` or `weight_decay` and for `rho` outside [0, 1]; NotImplementedError
    for a tensor in their place.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.Adadelta.html; Zeiler 2012,
    https://arxiv.org/abs/1212.5701.

    >>> import minitorch as torch
    >>> w = torch.tensor([1., 100.], requires_grad=True)
    >>> optimizer = torch.optim.Adadelta([w], rho=0.75, eps=0.01)
    >>> (w ** 2).sum().backward()
    >>> optimizer.step()
    >>> w.detach()
    tensor([ 0.8010, 99.8000])
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        refuse_tensors(self, rho=rho)
        check_options(self, lr=lr)
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Invalid rho value: {rho}")
        check_options(self, eps=eps, weight_decay=weight_decay)
        defaults = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "capturable": capturable,
            "foreach": foreach,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _names(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("square_avg", "acc_delta")

    def _update(self, flat: Flat, group: dict[str, Any]) -> None:
        xp = flat.xp
        flat.next_step()
        lr, rho, eps = float(group["lr"]), float(group["rho"]), float(group["eps"])
        for p, g, s, t, v, u in flat.pieces():
            g = descent(xp, group, p, g, s, t)
            average_square(xp, v, g, rho, t)
            xp.add(u, eps, out=t)
            xp.sqrt(t, out=t)
            std = xp.add(v, eps)  # a third array beside s and t: s may hold the gradient
            xp.divide(t, xp.sqrt(std, out=std), out=t)
            d = xp.multiply(t, g, out=t)
            average_square(xp, u, d, rho, s)
            xp.multiply(d, lr, out=s)
            xp.subtract(p, s, out=p)
