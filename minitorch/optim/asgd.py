"""Averaged stochastic gradient descent."""

from __future__ import annotations

from typing import Any

from .flat import Flat
from .optimizer import Params
from .rule import UpdateRule, check_options, descent


class ASGD(UpdateRule):
    """Gradient descent with a falling rate, which also keeps the average of the parameters over the late steps.

    For a parameter p with gradient g (−g with `maximize`), learning rate η₀, weight decay λ, in step k::

        g ← g + λ·p
        p ← (1 − lambd·η)·p
        p ← p − η·g
        a ← a + μ·(p − a)                    while μ = 1: a ← p
        η ← η₀/(1 + lambd·η₀·k)^α            for the next step
        μ ← 1/max(1, k − t0)                 so that from step t0 + 1 on, a is the mean of p

    η starts at η₀, μ at 1. The average is not used by the optimizer: it is ``state[p]["ax"]``.

    State: ``step``, ``eta`` (η), ``mu`` (μ), ``ax`` (a). Parameters whose gradient is None are passed over.

    Errors: ValueError for a negative `lr` or `weight_decay`; NotImplementedError for a tensor in their place.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.ASGD.html; Polyak and Juditsky 1992, Acceleration
    of stochastic approximation by averaging.

    >>> import minitorch as torch
    >>> w = torch.tensor([8.], requires_grad=True)
    >>> optimizer = torch.optim.ASGD([w], lr=1.0, lambd=0.0, t0=1)
    >>> w.sum().backward()
    >>> for _ in range(3):
    ...     optimizer.step()
    >>> w.detach(), optimizer.state[w]["ax"]  # 7, 6, 5; the mean of the last two
    (tensor([5.]), tensor([5.]))
    """

    numbers: tuple[str, ...] = ("step", "eta", "mu")

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_options(self, lr=lr, weight_decay=weight_decay)
        defaults = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def _names(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("ax",)

    def _start(self, name: str, group: dict[str, Any]) -> float:
        return {"eta": float(group["lr"]), "mu": 1.0}.get(name, 0.0)

    def _update(self, flat: Flat, group: dict[str, Any]) -> None:
        xp, step = flat.xp, flat.next_step()
        lr, lambd, alpha, t0 = (float(group[name]) for name in ("lr", "lambd", "alpha", "t0"))
        eta, mu = flat.numbers["eta"].item(0), flat.numbers["mu"].item(0)
        for p, g, s, t, a in flat.pieces():
            g = descent(xp, group, p, g, s, t)
            xp.multiply(p, 1 - lambd * eta, out=p)
            xp.multiply(g, eta, out=t)
            xp.subtract(p, t, out=p)
            if mu == 1:
                a[...] = p
            else:
                xp.subtract(p, a, out=t)
                xp.multiply(t, mu, out=t)
                xp.add(a, t, out=a)
        flat.numbers["eta"][...] = lr / (1 + lambd * lr * step) ** alpha
        flat.numbers["mu"][...] = 1 / max(1, step - t0)
