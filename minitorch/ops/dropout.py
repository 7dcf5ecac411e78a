"""Dropout."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.op import Op
from ..device import array_module, device_of, to_device
from ..random import bernoulli_array
from .checks import tensor_argument

__all__ = ["dropout", "dropout2d"]


class Dropout(Op, label="MulBackward0"):
    """z = x·m/(1 − p) with m = 1 where kept, else 0;  ∂z/∂x = m/(1 − p). So the expected value of z is x."""

    def __init__(self, p: float) -> None:
        self.p = p

    def forward(self, x, mask):
        self.save(mask)
        # 1/(1 − p), rounded as PyTorch rounds it: computed in x's precision, float16's in float32.
        exact = np.float32 if x.dtype == np.float16 else x.dtype.type
        self.scale = float(x.dtype.type(exact(1) / exact(1 - self.p))) if self.p < 1 else 0.0
        return x * mask * self.scale

    def backward(self, g):
        (mask,) = self.saved
        return g * mask * self.scale, None


def _dropout(name: str, input: Any, p: float, training: bool, inplace: bool, mask_shape: tuple[int, ...]) -> Any:
    tensor_argument(name, input)
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if not training or p == 0 or input.numel() == 0:
        return input
    if input._array.dtype.kind != "f":
        raise RuntimeError(f"result type Float can't be cast to the desired output type {input.dtype.type_name}")
    array = input._array
    if p == 1:
        mask = array_module(array).zeros(mask_shape, bool)
    else:
        mask = to_device(bernoulli_array(mask_shape, 1 - p, like=array if mask_shape == array.shape else None), device_of(array))
    out = Dropout(p)(input, mask)
    return input._update(out) if inplace else out


def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Set each element to 0 with probability p and scale the rest by 1/(1 − p); the input itself when not training.

    The mask comes from the default generator, number for number as PyTorch's on the CPU. ValueError for p outside
    [0, 1].

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.dropout.html

    >>> import minitorch as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.nn.functional.dropout(torch.ones(4), p=0.5)
    tensor([0., 0., 2., 0.])
    """
    return _dropout("dropout", input, p, training, inplace, tuple(input.shape) if hasattr(input, "shape") else ())


def dropout2d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """`dropout` of whole channels: one draw for each image and channel of input (N, C, H, W).

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.dropout2d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.dropout2d(torch.ones(1, 2, 2, 2), p=0.5, training=False).sum()
    tensor(8.)
    """
    tensor_argument("feature_dropout", input)
    shape = tuple(input.shape)
    return _dropout("feature_dropout", input, p, training, inplace, shape[:2] + (1,) * (len(shape) - 2))
