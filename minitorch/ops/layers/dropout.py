"""Dropout."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from ...autograd.op import Op
from ...device import array_module, device_of, to_device
from ...random_arrays import bernoulli_array, laid_like
from ...tensor import Tensor, wrap
from ..checks import tensor_argument

__all__ = ["alpha_dropout", "dropout", "dropout1d", "dropout2d", "dropout3d", "feature_alpha_dropout"]


class Dropout(Op, label="MulBackward0"):
    """z = x·m/(1 − p) with m = 1 where kept, else 0;  ∂z/∂x = m/(1 − p). So the expected value of z is x."""

    def __init__(self, p: float) -> None:
        self.p = p

    def forward(self, x: Any, mask: Any) -> Any:
        self.save(mask)
        # 1/(1 − p), rounded as PyTorch rounds it: computed in x's precision, float16's in float32.
        exact = np.float32 if x.dtype == np.float16 else x.dtype.type
        self.scale: float = float(x.dtype.type(exact(1) / exact(1 - self.p))) if self.p < 1 else 0.0
        return x * mask * self.scale

    def backward(self, g: Any) -> Any:
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
        mask = to_device(bernoulli_array(mask_shape, 1 - p, like=laid_like(array) if mask_shape == array.shape else None), device_of(array))
    out = Dropout(p)(input, mask)
    return input._update(out) if inplace else out


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set each element to 0 with probability p and scale the rest by 1/(1 − p); the input itself when not training.

    The mask comes from the default generator, number for number as PyTorch's on the CPU.

    Shapes: any; the result has the input's.
    Errors: ValueError for p outside [0, 1]; RuntimeError for integers and booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.dropout.html

    >>> import minitorch as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.nn.functional.dropout(torch.ones(4), p=0.5)
    tensor([0., 0., 2., 0.])
    """
    return _dropout("dropout", input, p, training, inplace, tuple(input.shape) if hasattr(input, "shape") else ())


def dropout2d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """`dropout` of whole channels: one draw for each image and channel.

    Shapes: input (N, C, H, W); the result has the input's.
    Errors: ValueError for p outside [0, 1]; RuntimeError for integers and booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.dropout2d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.dropout2d(torch.ones(1, 2, 2, 2), p=0.5, training=False).sum()
    tensor(8.)
    """
    tensor_argument("feature_dropout", input)
    shape = tuple(input.shape)
    if 0.0 <= p <= 1.0 and len(shape) not in (3, 4):
        _discourage("dropout2d", len(shape))
    if len(shape) < 2 and training and 0.0 < p < 1.0 and 0 not in shape:
        raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
    if 0.0 <= p <= 1.0 and len(shape) == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout is desired: "
            "it is taken for (N, C, L). Unsqueeze an image (C, H, W); for sequences use dropout1d.",
            stacklevel=2,
        )
    if training and 0.0 < p < 1.0 and len(shape) < 2 and input.numel():
        raise RuntimeError(f"feature dropout requires at least 2 dimensions in the input, but got {len(shape)}")
    return _dropout("feature_dropout", input, p, training, inplace, shape[:2] + (1,) * (len(shape) - 2))


def _channels(name: str, input: Any, p: float, training: bool, inplace: bool, spatial: int) -> Any:
    """`dropout` of whole channels of an input (N, C, …) with `spatial` dimensions more; others are taken for (C, …)."""
    tensor_argument(name, input)
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    shape = tuple(input.shape)
    batch = 1 if len(shape) == spatial + 2 else 0
    mask_shape = shape[: batch + 1] + (1,) * (len(shape) - batch - 1)
    return _dropout(name, input, p, training, inplace, mask_shape)


def _discourage(name: str, ndim: int) -> None:
    warnings.warn(
        f"{name}: Received a {ndim}-D input to {name}, which is deprecated and will result in an error in a future "
        "release.",
        stacklevel=3,
    )


def dropout1d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """`dropout` of whole channels: one draw for each sequence and channel.

    Shapes: input (N, C, L) or (C, L); the result has the input's.
    Errors: RuntimeError for an input of another rank, and for integers and booleans; ValueError for p outside [0, 1];
    TypeError for a p that is no number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.dropout1d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.dropout1d(torch.ones(1, 2, 2), p=0.5, training=False).sum()
    tensor(4.)
    """
    if 0.0 <= p <= 1.0 and input.ndim not in (2, 3):
        raise RuntimeError(f"dropout1d: Expected 2D or 3D input, but received a {input.ndim}D input.")
    return _channels("dropout1d", input, p, training, inplace, 1)


def dropout3d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """`dropout` of whole channels: one draw for each volume and channel.

    Shapes: input (N, C, D, H, W) or (C, D, H, W); the result has the input's.
    Errors: ValueError for p outside [0, 1]; RuntimeError for integers and booleans; TypeError for a p that is no
    number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.dropout3d.html

    >>> import minitorch as torch
    >>> torch.nn.functional.dropout3d(torch.ones(1, 2, 2, 2, 2), p=0.5, training=False).sum()
    tensor(16.)
    """
    if 0.0 <= p <= 1.0 and input.ndim not in (4, 5):
        _discourage("dropout3d", input.ndim)
    return _channels("dropout3d", input, p, training, inplace, 3)


# −s·α of SELU (see activations.py): the value that SELU approaches on the left, so what a unit says when it is off.
_SELU_OFF = 1.7580993408473766


def _alpha_dropout(name: str, input: Any, p: float, training: bool, inplace: bool, features: bool) -> Any:
    tensor_argument(name, input)
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if not training or p == 0 or input.numel() == 0:
        return input
    array = input._array
    if array.dtype.kind != "f":
        raise RuntimeError(f"result type Float can't be cast to the desired output type {input.dtype.type_name}")
    if p == 1:
        out = input * 0.0
        return input._update(out) if inplace else out
    shape = array.shape
    if features:
        if len(shape) < 2:
            raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
        shape = shape[:2] + (1,) * (len(shape) - 2)
    kept = bernoulli_array(shape, 1 - p, like=None if features else laid_like(array)).astype(array.dtype)
    scale = 1 / math.sqrt((_SELU_OFF * _SELU_OFF * p + 1) * (1 - p))
    shift = (kept - 1) * (_SELU_OFF * scale) + _SELU_OFF * scale * p
    a, b = (wrap(to_device(x, device_of(array))) for x in (kept * scale, shift))
    out = input * a + b
    return input._update(out) if inplace else out


def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Dropout that goes with SELU: dropped elements become about −1.758, and the rest is scaled and shifted.

    So an input of mean 0 and variance 1 keeps both. The mask is drawn as `dropout` draws it.

    Shapes: any; the result has the input's.
    Errors: ValueError for p outside [0, 1]; RuntimeError for integers and booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.alpha_dropout.html

    >>> import minitorch as torch
    >>> torch.nn.functional.alpha_dropout(torch.ones(3), p=0.5, training=False)
    tensor([1., 1., 1.])
    """
    return _alpha_dropout("alpha_dropout", input, p, training, inplace, False)


def feature_alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """`alpha_dropout` of whole channels: one draw for each element and channel.

    Shapes: input (N, C, …); the result has the input's.
    Errors: ValueError for p outside [0, 1]; RuntimeError for fewer than two dimensions, and for integers and booleans;
    TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.feature_alpha_dropout.html

    >>> import minitorch as torch
    >>> torch.nn.functional.feature_alpha_dropout(torch.ones(1, 2), p=0.5, training=False)
    tensor([[1., 1.]])
    """
    return _alpha_dropout("feature_alpha_dropout", input, p, training, inplace, True)
