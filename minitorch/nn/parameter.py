"""Parameter and Buffer: tensors that a Module keeps account of when they are assigned to it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dtype import get_default_dtype
from ..tensor import Tensor, wrap


def _adopt(t: Tensor, data: Tensor | None, requires_grad: bool) -> None:
    """Make `t` a leaf on the memory of `data`."""
    if data is None:
        data = wrap(np.empty(0, dtype=get_default_dtype().numpy))
    if not isinstance(data, Tensor):
        raise TypeError(f"{type(t).__name__} needs a Tensor, but got {type(data).__name__}")
    t._array = data._array
    t._counter = data._counter  # the memory is shared, so its in-place changes are counted together
    t.requires_grad = requires_grad


class Parameter(Tensor):
    """A tensor that training changes. Assigned to a Module, it joins ``module.parameters()`` and the state dict.

    It shares the memory of `data` and is a leaf; `requires_grad` is True by default even under `no_grad`.
    RuntimeError for integers with ``requires_grad=True``.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.parameter.Parameter.html

    >>> import minitorch as torch
    >>> torch.nn.Parameter(torch.zeros(2))
    Parameter containing:
    tensor([0., 0.], requires_grad=True)
    """

    def __init__(self, data: Tensor | None = None, requires_grad: bool = True) -> None:
        _adopt(self, data, requires_grad)

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]
        return "Parameter containing:\n" + super().__repr__()

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        if id(self) in memo:
            return memo[id(self)]
        copy = type(self)(wrap(self._array.copy()), self.requires_grad)  # without its .grad, as in PyTorch
        memo[id(self)] = copy
        return copy


class Buffer(Tensor):
    """A tensor that is part of a Module's state but not trained, such as a running mean.

    Assigned to a Module, it is registered; with ``persistent=False`` it stays out of the state dict.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.parameter.Buffer.html

    >>> import minitorch as torch
    >>> net = torch.nn.Module()
    >>> net.count = torch.nn.Buffer(torch.zeros(1))
    >>> list(net.state_dict())
    ['count']
    """

    persistent: bool = True

    def __init__(self, data: Tensor | None = None, *, persistent: bool = True) -> None:
        _adopt(self, data, data is not None and data.requires_grad)
        self.persistent = persistent
