"""Variable: the name that tensors with gradients had until PyTorch 0.4."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor


class _VariableType(type):
    def __call__(cls, data: Any = None, requires_grad: bool = False, volatile: Any = None) -> Tensor:
        if data is None:
            return Tensor()
        if not isinstance(data, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}")
        if volatile:
            raise NotImplementedError("volatile is not supported, use torch.no_grad()")
        return data.detach().requires_grad_(requires_grad)

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor)


class Variable(metaclass=_VariableType):
    """``Variable(tensor, requires_grad=False)`` is a tensor that shares the memory of `tensor`.

    Tensors need no wrapping any more.

    Shapes: that of `tensor`.
    Errors: TypeError for something that is not a tensor; NotImplementedError for `volatile`, which PyTorch drops.

    Source: https://docs.pytorch.org/docs/stable/autograd.html#variable-deprecated

    >>> import minitorch as torch
    >>> torch.autograd.Variable(torch.ones(2), requires_grad=True)
    tensor([1., 1.], requires_grad=True)
    """
