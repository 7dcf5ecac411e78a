"""Stochastic gradient descent, with momentum."""

from __future__ import annotations

from typing import Any

from .. import gpu_kernels
from ..gpu_graph import per_step
from .flat import Flat
from .optimizer import Params
from .rule import UpdateRule, descent, refuse_tensors


class SGD(UpdateRule):
    """Steps against the gradient; with momentum, against a running sum of gradients.

    For a parameter p with gradient g (−g with `maximize`), learning rate η, weight decay λ, momentum μ, dampening τ::

        g ← g + λ·p
        b ← g in the first step, afterwards b ← μ·b + (1−τ)·g        (only if μ ≠ 0)
        d ← b, with nesterov d ← g + μ·b, without momentum d ← g
        p ← p − η·d

    State: ``momentum_buffer`` (b). Parameters whose gradient is None are passed over.

    Errors: ValueError for a negative `lr`, `momentum` or `weight_decay`, or `nesterov` without momentum or with
    dampening; NotImplementedError for a tensor `lr`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html;
    Sutskever et al. 2013, On the importance of initialization and momentum in deep learning.

    >>> import minitorch as torch
    >>> w = torch.tensor([1., 2.], requires_grad=True)
    >>> optimizer = torch.optim.SGD([w], lr=0.1, momentum=0.9)
    >>> (w ** 2).sum().backward()
    >>> optimizer.step()
    >>> w.detach()
    tensor([0.8000, 1.6000])
    """

    numbers: tuple[str, ...] = ()
    _is_repeatable = True

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        refuse_tensors(self, lr=lr, weight_decay=weight_decay)
        if lr < 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if momentum < 0.0:
            raise ValueError(f"Invalid momentum value: {momentum}")
        if weight_decay < 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)

    def _names(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("momentum_buffer",) if group["momentum"] != 0 else ()

    def _update(self, flat: Flat, group: dict[str, Any]) -> None:
        xp, first = flat.xp, bool(flat.fresh)
        momentum, dampening = float(group["momentum"]), float(group["dampening"])
        (lr,) = per_step(lambda: (float(group["lr"]),), flat.values)
        for p, g, s, t, *buffer in flat.pieces():
            d = g = descent(xp, group, p, g, s, t)
            if buffer:
                d = b = buffer[0]
                if first:
                    b[...] = g
                else:
                    xp.multiply(b, momentum, out=b)
                    xp.add(b, g if dampening == 0 else xp.multiply(g, 1 - dampening, out=t), out=b)  # μ·b + (1−τ)·g
                if group["nesterov"]:
                    xp.multiply(b, momentum, out=t)
                    d = xp.add(g, t, out=s)  # g + μ·b
            xp.multiply(d, lr, out=t)
            xp.subtract(p, t, out=p)  # p − η·d

    def _update_by_kernel(self, flat: Flat, group: dict[str, Any]) -> None:
        (lr,) = per_step(lambda: (float(group["lr"]),), flat.values)
        share = 1.0 if flat.fresh else 1 - float(group["dampening"])
        for p, g, _, _, *buffer in flat.pieces():
            gpu_kernels.sgd(
                p, g, buffer[0] if buffer else None, lr, float(group["momentum"]), share, float(group["weight_decay"]),
                group["maximize"], group["nesterov"],
            )  # fmt: skip
