"""Averages of a model's weights along its training, and the schedule that goes with them.

Source: https://docs.pytorch.org/docs/stable/optim.html#weight-averaging-swa-and-ema; Izmailov et al. 2018, Averaging
weights leads to wider optima and better generalization, https://arxiv.org/abs/1803.05407.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from itertools import chain
from typing import Any

from ..autograd.grad_mode import no_grad
from ..device import device as Device
from ..dtype import int64
from ..from_data import tensor
from ..nn.modules.batchnorm import _BatchNorm
from ..nn.modules.module import Module
from ..tensor import Tensor
from .lr_scheduler.base import LRScheduler, per_group
from .optimizer import Optimizer

__all__ = [
    "SWALR",
    "AveragedModel",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]

Average = Callable[[Tensor, Tensor, Any], Tensor]
AverageMany = Callable[[Sequence[Tensor], Sequence[Tensor], Any], None]


def _check_decay(decay: float) -> None:
    if decay < 0.0 or decay > 1.0:
        raise ValueError(f"Invalid decay value {decay} provided. Please provide a value in [0,1] range.")


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """The rule of the exponential moving average: average ← decay·average + (1 − decay)·present.

    A function of the average, the present values and the number of averages so far.

    Shapes: average and present of one shape → that shape.
    Errors: ValueError for a decay outside [0, 1].

    Source: https://docs.pytorch.org/docs/stable/optim.html#torch.optim.swa_utils.get_ema_avg_fn

    >>> import minitorch as torch
    >>> rule = torch.optim.swa_utils.get_ema_avg_fn(0.75)
    >>> rule(torch.tensor([4.]), torch.tensor([8.]), 1)
    tensor([5.])
    """
    _check_decay(decay)

    @no_grad()
    def rule(averaged: Tensor, present: Tensor, count: Any) -> Tensor:
        return decay * averaged + (1 - decay) * present

    return rule


def get_swa_avg_fn() -> Average:
    """The rule of the plain mean: average ← average + (present − average)/(count + 1).

    Shapes: average and present of one shape → that shape.
    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/optim.html#torch.optim.swa_utils.get_swa_avg_fn

    >>> import minitorch as torch
    >>> torch.optim.swa_utils.get_swa_avg_fn()(torch.tensor([4.]), torch.tensor([8.]), 3)
    tensor([5.])
    """

    @no_grad()
    def rule(averaged: Tensor, present: Tensor, count: Any) -> Tensor:
        return averaged + (present - averaged) / (count + 1)

    return rule


def get_ema_multi_avg_fn(decay: float = 0.999) -> AverageMany:
    """`get_ema_avg_fn` for lists of tensors, which it changes in place.

    Shapes: lists of tensors of pairwise equal shapes.
    Errors: ValueError for a decay outside [0, 1].

    Source: https://docs.pytorch.org/docs/stable/optim.html#torch.optim.swa_utils.get_ema_multi_avg_fn

    >>> import minitorch as torch
    >>> average = [torch.tensor([4.])]
    >>> torch.optim.swa_utils.get_ema_multi_avg_fn(0.75)(average, [torch.tensor([8.])], 1)
    >>> average
    [tensor([5.])]
    """
    _check_decay(decay)

    @no_grad()
    def rule(averaged: Sequence[Tensor], present: Sequence[Tensor], count: Any) -> None:
        for a, p in zip(averaged, present, strict=True):
            if a.is_floating_point():
                a.lerp_(p, 1 - decay)
            else:
                a.copy_(a * decay + p * (1 - decay))

    return rule


def get_swa_multi_avg_fn() -> AverageMany:
    """`get_swa_avg_fn` for lists of tensors, which it changes in place.

    Shapes: lists of tensors of pairwise equal shapes.
    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/optim.html#torch.optim.swa_utils.get_swa_multi_avg_fn

    >>> import minitorch as torch
    >>> average = [torch.tensor([4.])]
    >>> torch.optim.swa_utils.get_swa_multi_avg_fn()(average, [torch.tensor([8.])], 3)
    >>> average
    [tensor([5.])]
    """

    @no_grad()
    def rule(averaged: Sequence[Tensor], present: Sequence[Tensor], count: Any) -> None:
        for a, p in zip(averaged, present, strict=True):
            if a.is_floating_point():
                a.lerp_(p, float(1 / (count + 1)))
            else:
                a.copy_(a + (p - a) / (count + 1))

    return rule


class AveragedModel(Module):
    """A copy of `model`, in ``module``, whose parameters are averages of those that the model had.

    ``update_parameters(model)`` takes the model's present parameters into the average; the first time it copies them.
    The average is the plain mean, unless `avg_fn` or `multi_avg_fn` gives another rule (see `get_ema_multi_avg_fn`).
    Buffers are copied each time, or averaged like the parameters with `use_buffers`. ``n_averaged`` counts the updates
    and belongs to the state dict.

    Shapes: those of `model`.
    Errors: AssertionError if both rules are given.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.swa_utils.AveragedModel.html

    >>> import minitorch as torch
    >>> model = torch.nn.Linear(1, 1, bias=False)
    >>> averaged = torch.optim.swa_utils.AveragedModel(model)
    >>> for value in (1.0, 2.0, 6.0):
    ...     with torch.no_grad():
    ...         _ = model.weight.fill_(value)
    ...     averaged.update_parameters(model)
    >>> averaged.module.weight.item(), averaged.n_averaged
    (3.0, tensor(3))
    """

    n_averaged: Tensor

    def __init__(
        self,
        model: Module,
        device: int | str | Device | None = None,
        avg_fn: Average | None = None,
        multi_avg_fn: AverageMany | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("Only one of avg_fn and multi_avg_fn should be provided")
        self.module: Module = deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", tensor(0, dtype=int64, device=device))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the averaged model says."""
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Take the present parameters of `model` into the average."""
        ours: Iterable[Tensor] = self.parameters()
        theirs: Iterable[Tensor] = model.parameters()
        if self.use_buffers:
            ours, theirs = chain(self.module.parameters(), self.module.buffers()), chain(theirs, model.buffers())
        pairs = [(a.detach(), p.detach().to(a.device)) for a, p in zip(ours, theirs, strict=False)]
        if self.n_averaged == 0:
            for averaged, present in pairs:
                averaged.copy_(present)
        elif self.multi_avg_fn is not None:
            alike: dict[Any, list[tuple[Tensor, Tensor]]] = {}
            for pair in pairs:
                alike.setdefault((pair[0].device, pair[0].dtype), []).append(pair)
            for (place, _), some in alike.items():
                self.multi_avg_fn([a for a, _ in some], [p for _, p in some], self.n_averaged.to(place))
        else:
            rule = self.avg_fn or get_swa_avg_fn()
            for averaged, present in pairs:
                averaged.copy_(rule(averaged, present, self.n_averaged.to(averaged.device)))
        if not self.use_buffers:
            for averaged, present in zip(self.module.buffers(), model.buffers(), strict=True):
                averaged.detach().copy_(present.detach().to(averaged.device))
        self.n_averaged += 1


@no_grad()
def update_bn(loader: Iterable[Any], model: Module, device: int | str | Device | None = None) -> None:
    """Compute the running statistics of batch normalisation anew, by one pass of `model` over the data.

    An average of weights has other statistics than any of the models it was made of. Of a batch that is a list or
    tuple, the first element is the input. The statistics are plain means over all batches.

    Shapes: batches that `model` takes.
    Errors: those of `model`, such as ValueError for a batch of another rank; AttributeError for one that is no tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.swa_utils.update_bn.html

    >>> import minitorch as torch
    >>> model = torch.nn.BatchNorm1d(1)
    >>> torch.optim.swa_utils.update_bn([torch.tensor([[1.], [3.]]), torch.tensor([[5.], [7.]])], model)
    >>> model.running_mean
    tensor([4.])
    """
    momenta = {module: module.momentum for module in model.modules() if isinstance(module, _BatchNorm)}
    if not momenta:
        return
    was_training = model.training
    model.train()
    for module in momenta:
        module.reset_running_stats()
        module.momentum = None
    for batch in loader:
        x = batch[0] if isinstance(batch, list | tuple) else batch
        model(x if device is None else x.to(device))
    for module, momentum in momenta.items():
        module.momentum = momentum
    model.train(was_training)


class SWALR(LRScheduler):
    """From the present rate to `swa_lr` within `anneal_epochs` epochs, and then constant.

    With x = min(1, epoch/anneal_epochs), the share of `swa_lr` is a = (1 − cos(π·x))/2, or x with `anneal_strategy`
    ``'linear'``: lr = swa_lr·a + lr₀·(1 − a), where lr₀ is found back from the present rate, which another scheduler
    may have set. `swa_lr` is one number, or a list with one for each parameter group.

    Errors: ValueError for an unknown strategy, a negative or fractional `anneal_epochs`, a list of the wrong length.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.swa_utils.SWALR.html

    >>> import minitorch as torch
    >>> optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    >>> scheduler = torch.optim.swa_utils.SWALR(optimizer, 0.5, anneal_epochs=2, anneal_strategy="linear")
    >>> for epoch in range(4):
    ...     print(scheduler.get_last_lr())
    ...     optimizer.step()
    ...     scheduler.step()
    [1.0]
    [0.75]
    [0.5]
    [0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | list[float],
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        for value, group in zip(per_group("swa_lr", optimizer, swa_lr), optimizer.param_groups, strict=True):
            group["swa_lr"] = value
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        self._anneal_strategy = anneal_strategy
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def anneal_func(self, x: float) -> float:
        """The share of `swa_lr` when the part `x` of the annealing is over."""
        return (1 - math.cos(math.pi * x)) / 2 if self._anneal_strategy == "cos" else x

    def get_lr(self) -> list[float]:
        self._present()
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = (
            self.anneal_func(max(0, min(1, epoch / max(1, self.anneal_epochs)))) for epoch in (step - 1, step)
        )
        rates = []
        for group in self.optimizer.param_groups:
            goal = group["swa_lr"]
            start = goal if before == 1 else (group["lr"] - before * goal) / (1 - before)
            rates.append(goal * now + start * (1 - now))
        return rates
