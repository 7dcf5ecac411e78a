"""Testing with minitorch: `check_gradient` says whether a gradient is right and what is wrong with it, `assert_close`
compares tensors. The table of ops that minitorch's own tests are made from is in optable/.

Each is loaded when it is first used: pytest imports this package in every run, for the plugin.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .close import assert_close
    from .gradients import check_gradient
    from .report import GradientReport, InputReport

__all__ = ["GradientReport", "InputReport", "assert_close", "check_gradient"]

_ROOMS = {"GradientReport": "report", "InputReport": "report", "assert_close": "close", "check_gradient": "gradients"}


def __getattr__(name: str) -> object:
    if name in _ROOMS:
        return getattr(import_module(f".{_ROOMS[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
