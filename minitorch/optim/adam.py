"""Adam and AdamW: steps scaled by running averages of the gradient and of its square."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.grad_mode import enable_grad
from ..device import array_module
from ..tensor import Tensor
from .optimizer import Optimizer, Params


class Adam(Optimizer):
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
        options = (("lr", lr), ("betas", betas[0]), ("betas", betas[1]), ("eps", eps), ("weight_decay", weight_decay))
        for name, value in options:
            if isinstance(value, Tensor):
                raise NotImplementedError(
                    f"minitorch's {type(self).__name__} does not support a Tensor as {name}; pass a number"
                )
        if not 0.0 <= lr:
            raise ValueError(f"Invalid learning rate: {lr}")
        if not 0.0 <= eps:
            raise ValueError(f"Invalid epsilon value: {eps}")
        for i in (0, 1):
            if not 0.0 <= betas[i] < 1.0:
                raise ValueError(f"Invalid beta parameter at index {i}: {betas[i]}")
        if not 0.0 <= weight_decay:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
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

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient; returns what `closure` returns, if one is given."""
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        with np.errstate(all="ignore"):  # inf and nan pass through without a word, as in PyTorch
            for group in self.param_groups:
                names = ("exp_avg", "exp_avg_sq") + (("max_exp_avg_sq",) if group["amsgrad"] else ())
                for flat in self._flats(group, names, counted=True):
                    flat.steps += 1
                    step = flat.steps.item(0)
                    for p, g, s, t, m, v, *largest in flat.pieces():
                        _update(p, g, m, v, largest[0] if largest else None, s, t, step, group)
                    flat.write_back()
        return loss


def _update(p: Any, g: Any, m: Any, v: Any, largest: Any, s: Any, t: Any, step: float, group: dict[str, Any]) -> None:
    """Step number `step` on flat arrays: changes p, m, v and `largest`, leaves g; s and t are scratch.

    The operations and their order are PyTorch's, so that equal gradients give equal parameters but for rounding.
    """
    xp = array_module(p)
    beta1, beta2 = group["betas"]
    lr, eps, weight_decay = float(group["lr"]), float(group["eps"]), float(group["weight_decay"])
    if group["maximize"]:
        g = xp.negative(g, out=s)
    if weight_decay != 0 and group["decoupled_weight_decay"]:
        xp.multiply(p, 1 - lr * weight_decay, out=p)
    elif weight_decay != 0:
        xp.multiply(p, weight_decay, out=t)
        g = xp.add(g, t, out=s)  # g + λ·p

    xp.subtract(g, m, out=t)
    if beta1 > 0.5:
        xp.multiply(t, 1 - beta1, out=t)
        xp.add(m, t, out=m)  # m + (1−β₁)·(g − m)
    else:  # the same, told from the other end, which is nearer: exact for β₁ = 0
        xp.multiply(t, 1 - (1 - beta1), out=t)
        xp.subtract(g, t, out=m)  # g − β₁·(g − m)

    xp.multiply(v, beta2, out=v)
    xp.multiply(g, 1 - beta2, out=t)
    xp.multiply(t, g, out=t)
    xp.add(v, t, out=v)  # β₂·v + (1−β₂)·g²

    if largest is not None:
        v = xp.maximum(largest, v, out=largest)
    xp.sqrt(v, out=t)
    xp.divide(t, (1 - beta2**step) ** 0.5, out=t)
    xp.add(t, eps, out=t)  # √u/√(1−β₂ᵏ) + ε
    xp.multiply(m, -lr / (1 - beta1**step), out=s)  # g, which may be in s, is not needed any more
    xp.divide(s, t, out=s)
    xp.add(p, s, out=p)


class AdamW(Adam):
    """Adam with decoupled weight decay: p shrinks by the factor 1 − lr·weight_decay before each step.

    Unlike Adam's own weight decay, it does not enter the running averages and so acts on all elements alike. Options,
    state and errors are `Adam`'s.

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
