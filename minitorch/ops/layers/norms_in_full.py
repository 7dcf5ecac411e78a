"""`batch_norm` and `instance_norm` as they stand beside the tensor operations: every argument given, weights first.

`minitorch.nn.functional`'s, in normalization.py and layernorm.py, take the running statistics first.
"""

from __future__ import annotations

from typing import Any

from ..checks import tensor_argument
from . import layernorm, normalization

__all__: list[str] = []  # not of minitorch.ops, which has the other order


def batch_norm(
    input: Any, weight: Any, bias: Any, running_mean: Any, running_var: Any, training: bool, momentum: float, eps: float,
    cudnn_enabled: bool,
) -> Any:  # fmt: skip
    """w·(x − μ)/√(σ² + eps) + b for each channel: `nn.functional.batch_norm` in another order, without defaults.

    `cudnn_enabled` chooses an implementation in PyTorch. There is one here. A single value per channel has no variance,
    and is refused in training as `nn.functional` does.

    Shapes: input (N, C, …), weight (C), bias (C), running_mean (C), running_var (C) → (N, C, …).
    Errors: RuntimeError for sizes that do not fit, for dtypes that differ, and without running statistics outside of
    training; NotImplementedError for integers and booleans; TypeError for what is not a tensor, and for less than all
    arguments.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.batch_norm.html

    >>> import minitorch as torch
    >>> torch.batch_norm(torch.tensor([[0.], [2.]]), None, None, None, None, True, 0.1, 1e-5, False)
    tensor([[-1.0000],
            [ 1.0000]])
    """
    _check("batch_norm", weight, bias, running_mean, running_var)
    return normalization.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


def instance_norm(
    input: Any, weight: Any, bias: Any, running_mean: Any, running_var: Any, use_input_stats: bool, momentum: float,
    eps: float, cudnn_enabled: bool,
) -> Any:  # fmt: skip
    """w·(x − μ)/√(σ² + eps) + b, with mean and variance over the positions of one channel of one sample.

    It is `nn.functional.instance_norm` in another order, without defaults. `cudnn_enabled` chooses an implementation in
    PyTorch. There is one here. A single position has no variance, and is refused as `nn.functional` does.

    Shapes: input (N, C, …), weight (C), bias (C), running_mean (C), running_var (C) → (N, C, …).
    Errors: RuntimeError for sizes that do not fit, for a weight or bias of another dtype, and without any statistics;
    ValueError for one running statistic alone; NotImplementedError for integers and booleans; TypeError for what is not
    a tensor, and for less than all arguments.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.instance_norm.html

    >>> import minitorch as torch
    >>> torch.instance_norm(torch.tensor([[[1., 3.], [10., 30.]]]), None, None, None, None, True, 0.1, 1e-5, False)
    tensor([[[-1.0000,  1.0000],
             [-1.0000,  1.0000]]])
    """
    _check("instance_norm", weight, bias, running_mean, running_var)
    return layernorm.instance_norm(input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps)


def _check(name: str, *given: Any) -> None:
    """TypeError for what is no tensor, counted as the caller did."""
    for position, (argument, value) in enumerate(zip(("weight", "bias", "running_mean", "running_var"), given, strict=True), 2):
        if value is not None:
            tensor_argument(name, value, argument, position)
