"""LRScheduler: counting epochs, writing rates, checkpoints, and the warnings about the order of the steps."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...tensor import Tensor
from ..optimizer import Optimizer

EPOCH_DEPRECATED = (
    "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where possible. Please use "
    "`scheduler.step()` to step the scheduler. During the deprecation, if epoch is different from None, the closed "
    "form is used instead of the new chainable form, where available."
)
HOW_TO = "See more details at https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate"


def require_optimizer(optimizer: Any) -> None:
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
    for group in optimizer.param_groups:
        if isinstance(group.get("lr"), Tensor):
            raise NotImplementedError("minitorch's schedulers do not support a Tensor lr; use a number")


def per_group(name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """A list with `value` for every parameter group, or `value` itself if it is a list of the right length."""
    groups = len(optimizer.param_groups)
    if not isinstance(value, list | tuple):
        return [value] * groups
    if len(value) != groups:
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. {name} has {len(value)} values, param_groups "
            f"has {groups}."
        )
    return list(value)


class LRScheduler:
    """Base of the schedulers: counts epochs and writes the rates that the subclass's ``get_lr()`` returns.

    `last_epoch` is −1 for a new run; another value resumes one, and then ``initial_lr`` must be in the groups (it is,
    after loading the optimizer's checkpoint). Fields: ``base_lrs`` (the rates at the start), ``last_epoch``.

    Errors: TypeError for something that is not an Optimizer; KeyError when resuming without ``initial_lr``.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LRScheduler.html

    >>> import minitorch as torch
    >>> optimizer = torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=0.1)
    >>> scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    >>> optimizer.step(); scheduler.step()
    >>> scheduler.get_last_lr()
    [0.05]
    """

    optimizer: Optimizer
    base_lrs: list[float]
    last_epoch: int
    _step_count: int
    _is_initial: bool = False
    _get_lr_called_within_step: bool = False

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        require_optimizer(optimizer)
        self.optimizer = optimizer
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{i}] when resuming scheduler with "
                    "last_epoch >= 0. Load the optimizer's state dict first, or start anew with last_epoch=-1."
                )
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        if not hasattr(optimizer, "_step_when_scheduled"):
            # What `step` was when the first scheduler came, to notice if it is exchanged or not called.
            # The schedulers' own.
            optimizer._step_when_scheduled = vars(optimizer).get("step")  # type: ignore[attr-defined]
            optimizer._opt_called = False
        self._initial_step()

    def _initial_step(self) -> None:
        self._step_count = 0
        with self._set("_is_initial"):
            self.step()

    @contextmanager
    def _set(self, flag: str) -> Iterator[None]:
        setattr(self, flag, True)
        try:
            yield
        finally:
            setattr(self, flag, False)

    def get_lr(self) -> list[float]:
        """The rates of the present epoch, one a group; for use by ``step()``. Read rates with `get_last_lr`."""
        raise NotImplementedError

    def get_last_lr(self) -> list[float]:
        """The rates set last, one a group."""
        return self._last_lr

    def state_dict(self) -> dict[str, Any]:
        """Everything the scheduler knows, except the optimizer."""
        return {key: value for key, value in vars(self).items() if key != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        vars(self).update(state_dict)

    def step(self, epoch: int | None = None) -> None:
        """Go on to the next epoch and set its rates. Call it after the optimizer's ``step()``.

        Giving an `epoch` is deprecated: it jumps there, by the closed formula where there is one.
        """
        if self._step_count == 1:
            self._warn_about_order()
        self._step_count += 1
        if epoch is not None:
            warnings.warn(EPOCH_DEPRECATED, UserWarning, stacklevel=2)
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        """Set the rates of the next epoch, or of `epoch`: those by the closed formula where there is one."""
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        closed_form = None if epoch is None else getattr(self, "_get_closed_form_lr", None)
        with self._set("_get_lr_called_within_step"):
            rates = (closed_form or self.get_lr)()
        for group, lr in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = lr
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]

    def _warn_about_order(self) -> None:
        if vars(self.optimizer).get("step") is not getattr(self.optimizer, "_step_when_scheduled", None):
            warnings.warn(
                "Seems like `optimizer.step()` has been overridden after learning rate scheduler initialization. "
                f"Please, make sure to call `optimizer.step()` before `lr_scheduler.step()`. {HOW_TO}",
                UserWarning,
                stacklevel=3,
            )
        elif not self.optimizer._opt_called:
            warnings.warn(
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`. In PyTorch 1.1.0 and later, you "
                "should call them in the opposite order: `optimizer.step()` before `lr_scheduler.step()`.  Failure to "
                f"do this will result in PyTorch skipping the first value of the learning rate schedule. {HOW_TO}",
                UserWarning,
                stacklevel=3,
            )

    def _present(self) -> list[float]:
        """The groups' rates as they are; a warning if a user asks for what only ``step()`` may."""
        if not self._get_lr_called_within_step:
            warnings.warn(
                "To get the last learning rate computed by the scheduler, please use `get_last_lr()`.",
                UserWarning,
                stacklevel=3,
            )
        return [group["lr"] for group in self.optimizer.param_groups]


class _LRScheduler(LRScheduler):
    """The old name of `LRScheduler`, which scripts with a scheduler of their own derive it from."""
