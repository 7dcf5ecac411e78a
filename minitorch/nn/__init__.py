"""Neural networks: modules (layers and containers), losses, functions, initialisation."""

from . import functional, init, utils
from .modules import *  # noqa: F403
from .modules import __all__ as _layers
from .parameter import Buffer, Parameter, UninitializedBuffer, UninitializedParameter

__all__ = [
    *_layers, "Buffer", "Parameter", "UninitializedBuffer", "UninitializedParameter", "functional", "init", "utils",
]  # fmt: skip
