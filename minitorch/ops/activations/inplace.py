"""Activations that overwrite their input: ``torch.nn.functional.elu_`` and its kind."""

from __future__ import annotations

from ...tensor import Tensor
from ..elementwise import functions
from . import piecewise, smooth

__all__ = ["celu_", "elu_", "hardtanh_", "leaky_relu_", "relu_", "rrelu_", "selu_", "threshold_"]


def celu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """In-place form of `minitorch.nn.functional.celu`.

    Shapes: any; the result is the input, and has the input's.
    Errors: NotImplementedError for integers and booleans; RuntimeError for alpha 0, and for a leaf that requires a
    gradient; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.celu.html

    >>> import minitorch as torch
    >>> torch.nn.functional.celu_(torch.tensor([-1., 2.]))
    tensor([-0.6321,  2.0000])
    """
    return smooth.celu(input, alpha, inplace=True)


def elu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """In-place form of `minitorch.nn.functional.elu`.

    Shapes: any; the result is the input, and has the input's.
    Errors: NotImplementedError for integers and booleans; RuntimeError for a leaf that requires a gradient; TypeError
    for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.elu_.html

    >>> import minitorch as torch
    >>> torch.nn.functional.elu_(torch.tensor([-1., 2.]))
    tensor([-0.6321,  2.0000])
    """
    return smooth.elu(input, alpha, inplace=True)


def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """In-place form of `minitorch.nn.functional.hardtanh`; if min_val > max_val, everything becomes max_val.

    Shapes: any; the result is the input, and has the input's.
    Errors: RuntimeError for a bool tensor, and for a leaf that requires a gradient; TypeError for what is not a
    tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.hardtanh_.html

    >>> import minitorch as torch
    >>> torch.nn.functional.hardtanh_(torch.tensor([-3., 2.]))
    tensor([-1.,  1.])
    """
    return piecewise._hardtanh("hardtanh_", input, min_val, max_val, inplace=True)


def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """In-place form of `minitorch.nn.functional.leaky_relu`.

    Shapes: any; the result is the input, and has the input's.
    Errors: NotImplementedError for integers and booleans; RuntimeError for a leaf that requires a gradient; TypeError
    for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.leaky_relu_.html

    >>> import minitorch as torch
    >>> torch.nn.functional.leaky_relu_(torch.tensor([-1., 2.]), 0.5)
    tensor([-0.5000,  2.0000])
    """
    return functions.leaky_relu(input, negative_slope, inplace=True)


def relu_(input: Tensor) -> Tensor:
    """max(0, x), in place.

    Shapes: any; the result is the input, and has the input's.
    Errors: RuntimeError for a bool tensor, and for a leaf that requires a gradient; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.relu_.html

    >>> import minitorch as torch
    >>> torch.nn.functional.relu_(torch.tensor([-1., 2.]))
    tensor([0., 2.])
    """
    return functions.relu(input, inplace=True)


def rrelu_(input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False) -> Tensor:
    """In-place form of `minitorch.nn.functional.rrelu`.

    Shapes: any; the result is the input, and has the input's.
    Errors: RuntimeError if lower > upper, and for a leaf that requires a gradient; NotImplementedError for integers and
    booleans, and in training for float16; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.rrelu_.html

    >>> import minitorch as torch
    >>> torch.nn.functional.rrelu_(torch.tensor([-1., 2.]), 0.2, 0.3)
    tensor([-0.2500,  2.0000])
    """
    return smooth.rrelu(input, lower, upper, training, inplace=True)


def selu_(input: Tensor) -> Tensor:
    """In-place form of `minitorch.nn.functional.selu`.

    Shapes: any; the result is the input, and has the input's.
    Errors: NotImplementedError for integers and booleans; RuntimeError for a leaf that requires a gradient; TypeError
    for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.selu.html

    >>> import minitorch as torch
    >>> torch.nn.functional.selu_(torch.tensor([-1., 2.]))
    tensor([-1.1113,  2.1014])
    """
    return smooth.selu(input, inplace=True)


def threshold_(input: Tensor, threshold: float, value: float) -> Tensor:
    """In-place form of `minitorch.nn.functional.threshold`.

    Shapes: any; the result is the input, and has the input's.
    Errors: NotImplementedError for a bool tensor; RuntimeError for a leaf that requires a gradient; TypeError for what
    is not a tensor, and for a threshold or value that is no number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.threshold_.html

    >>> import minitorch as torch
    >>> torch.nn.functional.threshold_(torch.tensor([-1., 2.]), 0.5, 9.0)
    tensor([9., 2.])
    """
    return piecewise.threshold(input, threshold, value, inplace=True)
