"""The bilinear form."""

from __future__ import annotations

from ...tensor import Tensor
from ..checks import refuse, tensor_argument
from .matmul import matmul

__all__ = ["bilinear"]


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """y_o = x₁ᵀ·W_o·x₂ + b_o.

    Shapes: input1 (…, I), input2 (…, J), weight (O, I, J), bias (O) → (…, O).
    Errors: RuntimeError with the sizes if they do not fit, and for dtypes that differ; IndexError for a weight of fewer
    dimensions; NotImplementedError for booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.bilinear.html

    >>> import minitorch as torch
    >>> x, y = torch.tensor([[1., 2.]]), torch.tensor([[3., 4.]])
    >>> torch.nn.functional.bilinear(x, y, torch.eye(2).reshape(1, 2, 2))
    tensor([[11.]])
    """
    for position, (what, x) in enumerate((("input1", input1), ("input2", input2), ("weight", weight)), 1):
        tensor_argument("bilinear", x, what, position)
    if input1.ndim != input2.ndim:
        raise RuntimeError(f"bilinear(): input dimensions do not match: got {input1.ndim} and {input2.ndim}")
    if tuple(input1.shape[:-1]) != tuple(input2.shape[:-1]):
        raise RuntimeError(
            f"bilinear(): input batch dimensions do not match: got {list(input1.shape)} and {list(input2.shape)}"
        )
    if weight.ndim < 3:
        raise IndexError(f"bilinear(): weight must have 3 dimensions (O, I, J), but its shape is {list(weight.shape)}")
    if weight.ndim > 3:
        raise RuntimeError(f"bilinear(): weight must have 3 dimensions (O, I, J), but its shape is {list(weight.shape)}")
    outputs, size1, size2 = weight.shape
    for k, (x, size) in enumerate(((input1, size1), (input2, size2)), 1):
        if x.shape[-1] != size:
            raise RuntimeError(
                f"bilinear(): input{k} size does not match weight size: got {x.shape[-1]} but expected {size}"
            )
    if bias is not None and getattr(bias, "shape", None) != (outputs,):
        tensor_argument("bilinear", bias, "bias", 4)
        raise RuntimeError(
            f"bilinear(): bias size does not match weight size: got {list(bias.shape)} but expected {outputs}"
        )
    refuse("addmm_impl_cpu_", input1, "b")
    rows = input1.numel() // max(size1, 1) if size1 else input2.numel() // max(size2, 1)
    left = matmul(input1.reshape(rows, size1), weight.permute(1, 0, 2).reshape(size1, outputs * size2))
    y = (left.reshape(rows, outputs, size2) * input2.reshape(rows, 1, size2)).sum(-1)  # x₁ᵀ·W_o, then times x₂
    y = y.reshape(*input1.shape[:-1], outputs)
    return y if bias is None else y + bias
