"""UpdateRule: the frame of the optimizers that change every element by one formula, and the lines they share.

A rule says what it keeps of a parameter (`numbers`, `_names`, `_start`) and what one step does (`_update`). The frame
calls the closure, finds the parameters that have gradients, lays them out as flat arrays and puts them back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from .. import gpu_graph, gpu_kernels
from ..autograd.grad_mode import enable_grad
from ..autograd.quiet import SILENT, setting
from ..tensor import Tensor
from .flat import Flat, Layout
from .optimizer import Optimizer, Params

WORDS = {"lr": "learning rate", "eps": "epsilon value"}  # the others are called "… value"


class UpdateRule(Optimizer):
    """An optimizer whose step is the same formula for every element of every parameter.

    A subclass sets `numbers`, the names of its state that are one number a parameter, and defines `_names`, those of a
    parameter's size, `_start`, where one of them does not begin at 0, and `_update`.
    """

    numbers: tuple[str, ...] = ("step",)

    def __init__(self, params: Params, defaults: dict[str, Any]) -> None:
        self._layouts: dict[int, Layout] = {}
        super().__init__(params, defaults)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._layouts = {}

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient; returns what `closure` returns, if one is given."""
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        silence = setting.set(SILENT)  # inf and nan pass through without a word, as in PyTorch
        try:
            for group in self.param_groups:
                if (recording := gpu_graph.current()) is not None:
                    self._check_repeatable(group, recording)
                for flat in self._flats(group):
                    update = self._update_by_kernel if gpu_kernels.present(flat.values) else self._update
                    update(flat, group)
                    flat.write_back()
        finally:
            setting.reset(silence)
        return loss

    def _check_repeatable(self, group: dict[str, Any], recording: gpu_graph.Recording) -> None:
        """In a CUDA graph, options are noted as they are now, but for the learning rate, and so is where everything lies."""

        def options() -> dict[str, Any]:
            return {name: value for name, value in group.items() if name not in ("params", "lr", "initial_lr")}

        params = [p for p in group["params"] if p._grad is not None]
        names, layout = self._names(group), self._layouts.get(id(group))
        recording.promise(options)
        recording.promise(lambda: len(group["params"]))
        if not params:
            return
        if layout is None or not layout.holds(params, names, self.state) or any(flat.fresh for flat in layout.flats):
            raise gpu_graph.NotRepeatable(
                f"{type(self).__name__}'s first step is not like the others: take it before the CUDA graph is captured"
            )
        recording.promise(lambda: self._layouts.get(id(group)) is layout and layout.holds(params, names, self.state))

    def _flats(self, group: dict[str, Any]) -> list[Flat]:
        """The parameters of `group` that have gradients, as flat arrays with what is kept of them."""
        params = [p for p in group["params"] if p._grad is not None]
        if not params:
            return []
        names = self._names(group)
        layout = self._layouts.get(id(group))
        if layout is None or not layout.holds(params, names, self.state):
            start = {name: self._start(name, group) for name in (*self.numbers, *names)}
            layout = self._layouts[id(group)] = Layout(params, self.numbers, names, start, self.state)
        return layout.flats

    def _names(self, group: dict[str, Any]) -> tuple[str, ...]:
        """The names of the state that have a parameter's size, in the order in which `pieces` gives them."""
        raise NotImplementedError

    def _start(self, name: str, group: dict[str, Any]) -> float:
        """What the state `name` is before the first step."""
        return 0.0

    def _update(self, flat: Flat, group: dict[str, Any]) -> None:
        """One step on flat arrays: change the parameters and the state of every piece, leave the gradients.

        The operations and their order are PyTorch's, so that equal gradients give equal parameters but for rounding.
        """
        raise NotImplementedError

    def _update_by_kernel(self, flat: Flat, group: dict[str, Any]) -> None:
        """The same on a GPU, where it can have a kernel of its own (`minitorch.gpu_kernels`)."""
        self._update(flat, group)


# ---- options -------------------------------------------------------------------------------------------------------


def refuse_tensors(rule: Optimizer, **options: Any) -> None:
    """NotImplementedError for an option that is a tensor."""
    for name, value in options.items():
        if isinstance(value, Tensor):
            raise NotImplementedError(
                f"minitorch's {type(rule).__name__} does not support a Tensor as {name}; pass a number"
            )


def check_options(rule: Optimizer, **options: Any) -> None:
    """ValueError for an option that is negative or not a number, NotImplementedError for a tensor."""
    refuse_tensors(rule, **options)
    for name, value in options.items():
        if not 0.0 <= value:
            raise ValueError(f"Invalid {WORDS.get(name, f'{name} value')}: {value}")


def check_betas(rule: Optimizer, betas: Sequence[float]) -> None:
    """ValueError for one of two decay rates outside [0, 1)."""
    for i in (0, 1):
        refuse_tensors(rule, betas=betas[i])
        if not 0.0 <= betas[i] < 1.0:
            raise ValueError(f"Invalid beta parameter at index {i}: {betas[i]}")


# ---- formulas ------------------------------------------------------------------------------------------------------


def descent(xp: ModuleType, group: dict[str, Any], p: Any, g: Any, s: Any, t: Any, decay: Any = None) -> Any:
    """The gradient to descend by: −g with `maximize`, then with weight decay λ·p added; it may lie in `s`.

    Decoupled weight decay shrinks p instead, by the factor 1 − η·λ, which is `decay` if that is given. Changes s and t.
    """
    if group["maximize"]:
        g = xp.negative(g, out=s)
    weight_decay = float(group["weight_decay"])
    if weight_decay == 0:
        return g
    if group.get("decoupled_weight_decay"):
        xp.multiply(p, 1 - float(group["lr"]) * weight_decay if decay is None else decay, out=p)
        return g
    xp.multiply(p, weight_decay, out=t)
    return xp.add(g, t, out=s)


def approach(xp: ModuleType, average: Any, x: Any, weight: float, t: Any) -> None:
    """average ← average + weight·(x − average), for a weight of 0 … 1. Changes t."""
    xp.subtract(x, average, out=t)
    if weight < 0.5:
        xp.multiply(t, weight, out=t)
        xp.add(average, t, out=average)
    else:  # the same, told from the other end, which is nearer: exact for a weight of 1
        xp.multiply(t, 1 - weight, out=t)
        xp.subtract(x, t, out=average)


def average_square(xp: ModuleType, average: Any, x: Any, rate: float, t: Any) -> None:
    """average ← rate·average + (1 − rate)·x². Changes t."""
    xp.multiply(average, rate, out=average)
    xp.multiply(x, 1 - rate, out=t)
    xp.multiply(t, x, out=t)
    xp.add(average, t, out=average)


def add_quotient(xp: ModuleType, p: Any, value: float, numerator: Any, denominator: Any, s: Any) -> None:
    """p ← p + value·numerator/denominator. Changes s, which may be the numerator."""
    xp.multiply(numerator, value, out=s)
    xp.divide(s, denominator, out=s)
    xp.add(p, s, out=p)
