"""Neural networks: modules (layers and containers), losses, functions, initialisation."""

from . import functional, init, parallel, utils
from .modules import *  # noqa: F403
from .modules import __all__ as _layers
from .parallel import DataParallel
from .parameter import Buffer, Parameter, UninitializedBuffer, UninitializedParameter

__all__ = [
    *_layers, "Buffer", "DataParallel", "Parameter", "UninitializedBuffer", "UninitializedParameter", "functional", "init",
    "parallel", "utils",
]  # fmt: skip
