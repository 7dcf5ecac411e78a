"""The older names of mixed precision, ``torch.cuda.amp``: see `minitorch.amp`. They warn that they are older."""

from __future__ import annotations

import warnings
from typing import Any

from .. import amp

__all__ = ["GradScaler", "autocast"]


def _warn(name: str) -> None:
    warnings.warn(
        f"`torch.cuda.amp.{name}(args...)` is deprecated. Please use `torch.amp.{name}('cuda', args...)` instead.",
        FutureWarning,
        stacklevel=3,
    )


class autocast(amp.autocast):
    """`minitorch.amp.autocast` of a GPU.

    Errors: as for `minitorch.amp.autocast`: NotImplementedError where it would have to do something.

    Source: https://docs.pytorch.org/docs/stable/amp.html#torch.cuda.amp.autocast

    >>> import minitorch as torch
    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     block = torch.cuda.amp.autocast(enabled=False)
    """

    def __init__(self, enabled: bool = True, dtype: Any = None, cache_enabled: bool = True) -> None:
        _warn("autocast")
        super().__init__("cuda", dtype, enabled, cache_enabled)


class GradScaler(amp.GradScaler):
    """`minitorch.amp.GradScaler` of a GPU.

    Shapes: ``scale(x)`` → the shape of x.
    Errors: as for `minitorch.amp.GradScaler`: NotImplementedError where it would have to do something.

    Source: https://docs.pytorch.org/docs/stable/amp.html#torch.cuda.amp.GradScaler

    >>> import minitorch as torch
    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     scaler = torch.cuda.amp.GradScaler(enabled=False)
    """

    def __init__(
        self,
        init_scale: float = 65536.0,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        _warn("GradScaler")
        super().__init__("cuda", init_scale, growth_factor, backoff_factor, growth_interval, enabled)
