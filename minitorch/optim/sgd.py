"""Stochastic gradient descent, with momentum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.grad_mode import enable_grad
from ..device import array_module
from ..tensor import Tensor
from .optimizer import Optimizer, Params


class SGD(Optimizer):
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
        for name, value in (("lr", lr), ("weight_decay", weight_decay)):
            if isinstance(value, Tensor):
                raise NotImplementedError(f"minitorch's SGD does not support a Tensor {name}; pass a number")
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

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient; returns what `closure` returns, if one is given."""
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        with np.errstate(all="ignore"):  # inf and nan pass through without a word, as in PyTorch
            for group in self.param_groups:
                names = ("momentum_buffer",) if group["momentum"] != 0 else ()
                for flat in self._flats(group, names):
                    for p, g, s, t, *b in flat.pieces():
                        _update(p, g, b[0] if b else None, s, t, group, first=bool(flat.fresh))
                    flat.write_back()
        return loss


def _update(p: Any, g: Any, b: Any, s: Any, t: Any, group: dict[str, Any], first: bool) -> None:
    """One step on flat arrays: changes p and b, leaves g; s and t are scratch.

    The operations and their order are PyTorch's, so that equal gradients give equal parameters but for rounding.
    """
    xp = array_module(p)
    lr, momentum, weight_decay = float(group["lr"]), float(group["momentum"]), float(group["weight_decay"])
    if group["maximize"]:
        g = xp.negative(g, out=s)
    if weight_decay != 0:
        xp.multiply(p, weight_decay, out=t)
        g = xp.add(g, t, out=s)  # g + λ·p
    d = g
    if momentum != 0:
        if first:
            b[...] = g
        else:
            xp.multiply(b, momentum, out=b)
            damped = g if group["dampening"] == 0 else xp.multiply(g, 1 - float(group["dampening"]), out=t)
            xp.add(b, damped, out=b)  # μ·b + (1−τ)·g
        d = b
        if group["nesterov"]:
            xp.multiply(b, momentum, out=t)
            d = xp.add(g, t, out=s)  # g + μ·b
    xp.multiply(d, lr, out=t)
    xp.subtract(p, t, out=p)  # p − η·d
