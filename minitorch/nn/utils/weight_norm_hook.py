"""The older weight_norm, by a hook before each forward; `parametrizations.weight_norm` is its successor.

Source: T. Salimans and D. P. Kingma, "Weight Normalization", 2016, https://arxiv.org/abs/1602.07868
"""

from __future__ import annotations

import warnings
from typing import Any, TypeVar

from ..modules.module import Module
from ..parameter import Parameter
from .parametrizations import norm_except_dim, scaled_direction

__all__ = ["remove_weight_norm", "weight_norm"]

M = TypeVar("M", bound=Module)


class WeightNorm:
    """The hook: computes the weight from weight_g and weight_v before each forward."""

    def __init__(self, name: str, dim: int) -> None:
        self.name = name
        self.dim = dim

    def compute_weight(self, module: Module) -> Any:
        """g·v/‖v‖."""
        return scaled_direction(getattr(module, self.name + "_v"), getattr(module, self.name + "_g"), self.dim)

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module))


def _hooks(module: Module, name: str) -> list[Any]:
    return [
        key for key, hook in module._forward_pre_hooks.items() if isinstance(hook, WeightNorm) and hook.name == name
    ]


def weight_norm(module: M, name: str = "weight", dim: int = 0) -> M:
    """w = g·v/‖v‖, with weight_g and weight_v as parameters of the module itself. Deprecated, with a FutureWarning.

    `dim` is the dimension that keeps a length for each index; None for one in all.

    Shapes: weight, and weight_v, of any shape; weight_g with 1 in place of every size but that of `dim`, or () for
    None.
    Errors: AttributeError for a name that is not there; RuntimeError if done twice; IndexError for a `dim` that the weight
    does not have.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.weight_norm.html

    >>> import warnings
    >>> import minitorch as torch
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     layer = torch.nn.utils.weight_norm(torch.nn.Linear(2, 3))
    >>> list(layer.state_dict())
    ['bias', 'weight_g', 'weight_v']
    """
    warnings.warn(
        "`torch.nn.utils.weight_norm` is deprecated in favor of `torch.nn.utils.parametrizations.weight_norm`.",
        FutureWarning,
        stacklevel=2,
    )
    if _hooks(module, name):
        raise RuntimeError(f"Cannot register two weight_norm hooks on the same parameter {name}")
    hook = WeightNorm(name, -1 if dim is None else dim)
    weight = getattr(module, name)
    length = norm_except_dim(weight.detach(), hook.dim)
    del module._parameters[name]
    module.register_parameter(name + "_g", Parameter(length))
    module.register_parameter(name + "_v", Parameter(weight.detach()))
    setattr(module, name, hook.compute_weight(module))
    module.register_forward_pre_hook(hook)
    return module


def remove_weight_norm(module: M, name: str = "weight") -> M:
    """Make the weight one parameter again, with its present value.

    Errors: ValueError if it has no `weight_norm`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.remove_weight_norm.html

    >>> import warnings
    >>> import minitorch as torch
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     layer = torch.nn.utils.weight_norm(torch.nn.Linear(2, 3))
    >>> list(torch.nn.utils.remove_weight_norm(layer).state_dict())
    ['bias', 'weight']
    """
    for key in _hooks(module, name):
        hook: Any = module._forward_pre_hooks[key]
        weight = hook.compute_weight(module)
        delattr(module, name)
        del module._parameters[name + "_g"], module._parameters[name + "_v"]
        setattr(module, name, Parameter(weight.detach()))
        del module._forward_pre_hooks[key]
        return module
    raise ValueError(f"weight_norm of '{name}' not found in {module}")
