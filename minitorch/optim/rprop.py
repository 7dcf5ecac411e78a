"""Resilient backpropagation: steps by the gradient's sign, with a size for every element."""

from __future__ import annotations

from typing import Any

from .flat import Flat
from .optimizer import Params
from .rule import UpdateRule, check_options


class Rprop(UpdateRule):
    """Every element has a step size: it grows while the gradient keeps its sign and shrinks when the sign turns.

    For a parameter p with gradient g (−g with `maximize`), etas (η⁻, η⁺), step sizes between Δmin and Δmax::

        Δ ← η⁺·Δ    where g·h > 0            h is the gradient of the step before
        Δ ← η⁻·Δ    where g·h < 0, and there g ← 0: a minimum was overrun, so wait one step
        Δ ← Δ, cut to [Δmin, Δmax]
        p ← p − sign(g)·Δ
        h ← g

    Δ starts at the learning rate, h at 0. Made for gradients of the whole data set: noise turns signs.

    State: ``step``, ``prev`` (h), ``step_size`` (Δ). Parameters whose gradient is None are passed over.

    Errors: ValueError for a negative `lr` and for etas that are not 0 < η⁻ < 1 < η⁺; NotImplementedError for a tensor
    `lr`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.Rprop.html; Riedmiller and Braun 1993, A direct
    adaptive method for faster backpropagation learning: the RPROP algorithm.

    >>> import minitorch as torch
    >>> w = torch.tensor([1., 100.], requires_grad=True)
    >>> optimizer = torch.optim.Rprop([w], lr=0.5)
    >>> (w ** 2).sum().backward()
    >>> optimizer.step(); optimizer.step()
    >>> w.detach()  # by 0.5, then by 1.2 · 0.5
    tensor([-0.1000, 98.9000])
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_options(self, lr=lr)
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        defaults = {
            "lr": lr,
            "etas": etas,
            "step_sizes": step_sizes,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def _names(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("prev", "step_size")

    def _start(self, name: str, group: dict[str, Any]) -> float:
        return float(group["lr"]) if name == "step_size" else 0.0

    def _update(self, flat: Flat, group: dict[str, Any]) -> None:
        xp = flat.xp
        flat.next_step()
        (shrink, grow), (smallest, largest) = group["etas"], group["step_sizes"]
        for p, g, s, t, before, size in flat.pieces():
            if group["maximize"]:
                g = xp.negative(g, out=s)
            xp.multiply(g, before, out=t)
            same, turned = t > 0, t < 0
            t[...] = 1
            t[same], t[turned] = grow, shrink
            xp.multiply(size, t, out=size)
            xp.clip(size, smallest, largest, out=size)
            before[...] = g
            before[turned] = 0
            xp.sign(before, out=t)
            t[before != before] = 0  # PyTorch's sign of NaN
            xp.multiply(t, size, out=t)
            xp.subtract(p, t, out=p)
