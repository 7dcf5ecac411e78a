"""Adagrad: the gradient divided by the root of the sum of all its squares so far."""

from __future__ import annotations

from typing import Any

from .. import creation
from ..dtype import float32, float64, get_default_dtype
from .flat import Flat
from .optimizer import Params
from .rule import UpdateRule, add_quotient, check_options, descent


class Adagrad(UpdateRule):
    """Elements that had large gradients step less and less; rare features keep large steps.

    For a parameter p with gradient g (−g with `maximize`), learning rate η, weight decay λ, in step k::

        g ← g + λ·p
        s ← s + g²                               sum of the squares, from initial_accumulator_value
        p ← p − η/(1 + (k−1)·lr_decay) · g/(√s + ε)

    State, made with the optimizer for every parameter: ``step``, ``sum`` (s). Parameters whose gradient is None are
    passed over.

    Errors: ValueError for a negative `lr`, `lr_decay`, `weight_decay`, `initial_accumulator_value` or `eps`;
    NotImplementedError for a tensor in their place.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.Adagrad.html; Duchi, Hazan and Singer 2011,
    Adaptive subgradient methods for online learning and stochastic optimization.

    >>> import minitorch as torch
    >>> w = torch.tensor([1., 100.], requires_grad=True)
    >>> optimizer = torch.optim.Adagrad([w], lr=0.5)
    >>> w.sum().backward()
    >>> optimizer.step(); optimizer.step()
    >>> w.detach()  # 0.5/√1, then 0.5/√2
    tensor([ 0.1464, 99.1464])
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_options(
            self,
            lr=lr,
            lr_decay=lr_decay,
            weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value,
            eps=eps,
        )
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)
        kind = float64 if get_default_dtype() == float64 else float32
        for group in self.param_groups:
            for p in group["params"]:
                start = creation.full_like(p, initial_accumulator_value, requires_grad=False)
                self.state[p] = {"step": creation.zeros((), dtype=kind), "sum": start}

    def _names(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("sum",)

    def _start(self, name: str, group: dict[str, Any]) -> float:
        return self.defaults["initial_accumulator_value"] if name == "sum" else 0.0

    def _update(self, flat: Flat, group: dict[str, Any]) -> None:
        xp, step = flat.xp, flat.next_step()
        rate = float(group["lr"]) / (1 + (step - 1) * float(group["lr_decay"]))
        for p, g, s, t, total in flat.pieces():
            g = descent(xp, group, p, g, s, t)
            xp.multiply(g, g, out=t)
            xp.add(total, t, out=total)
            xp.sqrt(total, out=t)
            xp.add(t, float(group["eps"]), out=t)
            add_quotient(xp, p, -rate, g, t, s)
