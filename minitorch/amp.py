"""Mixed precision: ``torch.amp``. Here everything is computed in the precision its tensors have.

Scripts switch it off where it is not to be had (``enabled=False``), and PyTorch itself does so, with a warning, where
one asks for a GPU's and there is none. Both work here. Where PyTorch would compute with fewer digits, an error says so.

Source: https://docs.pytorch.org/docs/stable/amp.html
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

from .device import cuda_is_available, device
from .tensor import Tensor

__all__ = ["GradScaler", "autocast", "is_autocast_available", "is_autocast_enabled"]


class autocast:
    """A ``with`` block, or a decorator, in which PyTorch computes products in half precision; here it must be disabled.

    It is with ``enabled=False``, and where `device_type` is ``'cuda'`` and there is no GPU, with a warning.

    Errors: NotImplementedError where it would have to do something; ValueError for a `device_type` that is no string;
    RuntimeError for an unknown one.

    Source: https://docs.pytorch.org/docs/stable/amp.html#torch.autocast

    >>> import minitorch as torch
    >>> with torch.autocast("cpu", enabled=False):
    ...     y = torch.ones(2, 2) @ torch.ones(2, 2)
    >>> y.dtype
    torch.float32
    """

    def __init__(
        self, device_type: str, dtype: Any = None, enabled: bool = True, cache_enabled: bool | None = None
    ) -> None:
        if not isinstance(device_type, str):
            raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
        self.device: str = device(device_type).type
        if enabled and self.device == "cuda" and not cuda_is_available():
            warnings.warn("CUDA is not available. Disabling autocast.", stacklevel=2)
            enabled = False
        if enabled:
            raise NotImplementedError(
                f"autocast('{device_type}') is not supported: minitorch computes in the precision its tensors have, "
                "and has no bfloat16; pass enabled=False"
            )

    def __enter__(self) -> autocast:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return wrapper


class GradScaler:
    """Scales a loss so that gradients in half precision do not vanish; here it must be disabled, and does nothing.

    It is with ``enabled=False``, and where `device` is ``'cuda'`` and there is no GPU, with a warning. Disabled,
    ``scale(x)`` is x, and ``step(optimizer)`` is ``optimizer.step()``.

    Shapes: ``scale(x)`` → the shape of x.
    Errors: NotImplementedError where it would have to do something.

    Source: https://docs.pytorch.org/docs/stable/amp.html#torch.amp.GradScaler

    >>> import minitorch as torch
    >>> scaler = torch.amp.GradScaler(enabled=False)
    >>> scaler.scale(torch.ones(1)), scaler.get_scale()
    (tensor([1.]), 1.0)
    """

    def __init__(
        self,
        device: str = "cuda",
        init_scale: float = 65536.0,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        if enabled and device == "cuda" and not cuda_is_available():
            warnings.warn(
                "torch.cuda.amp.GradScaler is enabled, but CUDA is not available.  Disabling.", stacklevel=2
            )
            enabled = False
        if enabled:
            raise NotImplementedError(
                f"GradScaler('{device}') is not supported: it is for mixed precision (autocast), which minitorch does "
                "not have; pass enabled=False"
            )

    def is_enabled(self) -> bool:
        """Whether it scales: no."""
        return False

    def scale(self, outputs: Any) -> Any:
        """`outputs` as they are."""
        return outputs

    def unscale_(self, optimizer: Any) -> None:
        """Nothing: the gradients were not scaled."""

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """``optimizer.step(…)``."""
        return optimizer.step(*args, **kwargs)

    def update(self, new_scale: float | Tensor | None = None) -> None:
        """Nothing: there is no scale."""

    def get_scale(self) -> float:
        """1.0, what losses are multiplied by."""
        return 1.0

    def state_dict(self) -> dict[str, Any]:
        """An empty dict."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Nothing: there is no state."""


DEVICE_TYPES = (  # PyTorch's names, which scripts may ask about wherever they run
    "cpu", "cuda", "ipu", "xpu", "mkldnn", "opengl", "opencl", "ideep", "hip", "ve", "fpga", "maia", "xla", "lazy",
    "vulkan", "mps", "meta", "hpu", "mtia", "privateuseone",
)  # fmt: skip


def _check_device_type(name: str, device_type: Any) -> None:
    if not isinstance(device_type, str):
        kind = type(device_type).__name__
        raise TypeError(f"{name}(): argument 'device_type' (position 1) must be str, not {kind}")
    if device_type.partition(":")[0] not in DEVICE_TYPES:
        raise RuntimeError(f"Expected one of {', '.join(DEVICE_TYPES)} device type, but got: {device_type}")


def is_autocast_enabled(device_type: str | None = None) -> bool:
    """Whether products are computed in half precision: no.

    Errors: TypeError for a `device_type` that is no string; RuntimeError for an unknown one.

    Source: https://docs.pytorch.org/docs/stable/amp.html

    >>> import minitorch as torch
    >>> torch.is_autocast_enabled()
    False
    """
    if device_type is not None:
        _check_device_type("is_autocast_enabled", device_type)
    return False


def is_autocast_available(device_type: str) -> bool:
    """Whether `autocast` can be enabled: no.

    Errors: TypeError for a `device_type` that is no string; RuntimeError for an unknown one.

    Source: https://docs.pytorch.org/docs/stable/amp.html#torch.amp.autocast_mode.is_autocast_available

    >>> import minitorch as torch
    >>> torch.amp.is_autocast_available("cpu")
    False
    """
    _check_device_type("is_autocast_available", device_type)
    return False
