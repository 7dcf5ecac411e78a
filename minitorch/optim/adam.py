"""Adam and AdamW: steps scaled by running averages of the gradient and of its square."""

from __future__ import annotations

from typing import Any

from .. import gpu_kernels
from ..gpu_graph import per_step
from .flat import Flat
from .optimizer import Params
from .rule import UpdateRule, add_quotient, approach, average_square, check_betas, check_options, descent


class Adam(UpdateRule):
    """Adam: each element steps by about `lr`, whatever the scale of its gradients.

    For a parameter p with gradient g (−g with `maximize`), learning rate η, weight decay λ, betas (β₁, β₂), in step k::

        g ← g + λ·p                          (with decoupled_weight_decay, AdamW, p ← (1 − η·λ)·p instead)
        m ← m + (1−β₁)·(g − m)               running average of the gradient
        v ← β₂·v + (1−β₂)·g²                 running average of its square
        u ← v, with amsgrad the largest v so far
        p ← p − η/(1−β₁ᵏ) · m / (√u/√(1−β₂ᵏ) + ε)

    m and v start at 0; the divisions by 1−βᵏ undo that they are therefore too small at first.

    State: ``step`` (a 0-d float32 tensor on the CPU), ``exp_avg`` (m), ``exp_avg_sq`` (v), with amsgrad
    ``max_exp_avg_sq``. Parameters whose gradient is None are passed over and do not count the step.

    Errors: ValueError for negative `lr`, `eps` or `weight_decay` and for betas outside [0, 1) or not both floats;
    NotImplementedError for tensors as options.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.Adam.html; Kingma and Ba 2015,
    https://arxiv.org/abs/1412.6980; amsgrad: Reddi, Kale and Kumar 2018, On the convergence of Adam and beyond.

    >>> import minitorch as torch
    >>> w = torch.tensor([1., 100.], requires_grad=True)
    >>> optimizer = torch.optim.Adam([w], lr=0.1)
    >>> (w ** 2).sum().backward()
    >>> optimizer.step()
    >>> w.detach()
    tensor([ 0.9000, 99.9000])
    """

    _is_repeatable = True

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        check_options(self, lr=lr, eps=eps)
        check_betas(self, betas)
        check_options(self, weight_decay=weight_decay)
        if not (isinstance(betas[0], float) and isinstance(betas[1], float)):
            raise ValueError("betas must be either both floats or both Tensors")
        defaults = {
            "lr": lr,
            "betas": (betas[0], betas[1]),
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)

    def _names(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("exp_avg", "exp_avg_sq", "max_exp_avg_sq") if group["amsgrad"] else ("exp_avg", "exp_avg_sq")

    def _factors(self, flat: Flat, group: dict[str, Any]) -> Any:
        """η/(1−β₁ᵏ), √(1−β₂ᵏ) and, with decoupled weight decay, 1 − η·λ."""
        beta1, beta2 = group["betas"]

        def factors() -> tuple[float, float, float]:
            step, lr = flat.next_step(), float(group["lr"])
            decay = 1 - lr * float(group["weight_decay"]) if group["decoupled_weight_decay"] else 1.0
            return lr / (1 - beta1**step), (1 - beta2**step) ** 0.5, decay

        return per_step(factors, flat.values, flat.numbers["step"])

    def _update(self, flat: Flat, group: dict[str, Any]) -> None:
        xp = flat.xp
        eps, (beta1, beta2) = float(group["eps"]), group["betas"]
        rate, root, decay = self._factors(flat, group)
        for p, g, s, t, m, v, *largest in flat.pieces():
            g = descent(xp, group, p, g, s, t, decay)
            approach(xp, m, g, 1 - beta1, t)
            average_square(xp, v, g, beta2, t)
            u = xp.maximum(largest[0], v, out=largest[0]) if largest else v
            xp.sqrt(u, out=t)
            xp.divide(t, root, out=t)
            xp.add(t, eps, out=t)  # √u/√(1−β₂ᵏ) + ε
            add_quotient(xp, p, -rate, m, t, s)  # g, which may be in s, is not needed any more

    def _update_by_kernel(self, flat: Flat, group: dict[str, Any]) -> None:
        if group["amsgrad"]:
            return self._update(flat, group)
        eps, betas = float(group["eps"]), (float(group["betas"][0]), float(group["betas"][1]))
        rate, root, decay = self._factors(flat, group)
        l2 = 0.0 if group["decoupled_weight_decay"] else float(group["weight_decay"])
        for p, g, _, _, m, v in flat.pieces():
            gpu_kernels.adam(p, g, m, v, rate, root, decay, l2, betas, eps, group["maximize"])
        return None


class AdamW(Adam):
    """Adam with decoupled weight decay: p shrinks by the factor 1 − lr·weight_decay before each step.

    Unlike Adam's own weight decay, it does not enter the running averages and so acts on all elements alike. Options
    and state are `Adam`'s.

    Errors: as for `Adam`: ValueError for numbers out of range, NotImplementedError for tensors as options.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.AdamW.html; Loshchilov and Hutter 2019,
    https://arxiv.org/abs/1711.05101.

    >>> import minitorch as torch
    >>> w = torch.tensor([10.], requires_grad=True)
    >>> optimizer = torch.optim.AdamW([w], lr=0.1, weight_decay=0.5)
    >>> w.sum().backward()
    >>> optimizer.step()
    >>> w.detach()  # 10 · 0.95 − 0.1
    tensor([9.4000])
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group["decoupled_weight_decay"] = True  # also after loading a checkpoint of Adam
