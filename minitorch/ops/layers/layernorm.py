"""Normalisation that looks at one sample at a time: layer, group, instance, root-mean-square, local response.

Unlike batch_norm, none of them depends on which other samples are in the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...autograd.grad_mode import no_grad
from ...autograd.op import Op
from ...dtype import finfo, float16, float32, int64
from ...tensor import Tensor
from ..checks import check_devices, check_same_device, refuse, tensor_argument
from ..shape.joining import cat
from ..shape.repetition import repeat
from ..shape.shape import as_ints
from .normalization import batch_norm

__all__ = ["group_norm", "instance_norm", "layer_norm", "local_response_norm", "rms_norm"]


def _mean(x: Any, axes: tuple[int, ...]) -> Any:
    """Mean over `axes`, kept as sizes 1; of nothing it is 0, and nobody sees it."""
    n = 1
    for axis in axes:
        n *= x.shape[axis]
    return x.sum(axes, keepdims=True) / max(n, 1)


def _wide(x: Any) -> Any:
    """Half precision in single precision, as an array or a Tensor: sums of squares pass 65504 soon."""
    if isinstance(x, Tensor):
        return x.float() if x._array.dtype == np.float16 else x
    return x.astype(np.float32) if x.dtype == np.float16 else x


class _Standardise(Op):
    """x̂ = (x − μ)/σ over groups of n elements, with μ their mean and σ² = var + ε; then y = w·x̂ + b.

    Let h = w·g be the gradient that reaches x̂. Moving one x moves its own x̂, and through μ and σ all of its group's:
        ∂x̂ᵢ/∂xⱼ = (δᵢⱼ − 1/n − x̂ᵢ·x̂ⱼ/n)/σ,   so   ∂L/∂x = (h − mean(h) − x̂·mean(h·x̂))/σ.
    Half precision is computed in single precision.
    """

    mean: Any
    inverse_std: Any

    def __init__(self, eps: float) -> None:
        self.eps = eps

    def statistics(self, x: Any, axes: tuple[int, ...]) -> tuple[Any, Any]:
        """μ and 1/σ of each group."""
        mean = _mean(x, axes)
        centred = x - mean
        return mean, (_mean(centred * centred, axes) + self.eps) ** -0.5

    def standardised(self, x: Any, axes: tuple[int, ...]) -> Any:
        """x̂."""
        x = _wide(x)
        self.mean, self.inverse_std = self.statistics(x, axes)
        return (x - self.mean) * self.inverse_std

    def again(self, x: Any, axes: tuple[int, ...]) -> tuple[Any, Any]:
        """x̂ and 1/σ once more, for backward. Recorded, they are part of what is differentiated again."""
        x = _wide(x)
        mean, inverse_std = self.statistics(x, axes) if self.recording else (self.mean, self.inverse_std)
        return (x - mean) * inverse_std, inverse_std

    @staticmethod
    def slope(h: Any, normalised: Any, inverse_std: Any, axes: tuple[int, ...]) -> Any:
        """∂L/∂x from h = ∂L/∂x̂."""
        return inverse_std * (h - _mean(h, axes) - normalised * _mean(h * normalised, axes))


class LayerNorm(_Standardise, label="NativeLayerNormBackward0"):
    """y = w·x̂ + b, standardised over the last dimensions, of which w and b have the shape.

    ∂L/∂x as in _Standardise;  ∂L/∂w = Σ g·x̂ and ∂L/∂b = Σ g over the dimensions in front.
    Source: J. L. Ba, J. R. Kiros and G. E. Hinton, "Layer Normalization", 2016, https://arxiv.org/abs/1607.06450
    """

    def __init__(self, rank: int, eps: float) -> None:
        super().__init__(eps)
        self.rank = rank  # the number of dimensions that are normalised

    def forward(self, x: Any, weight: Any, bias: Any) -> Any:  # x (…, D…), weight and bias (D…) or None
        self.save(x, weight)
        y = self.standardised(x, _axes(x.ndim - self.rank, x.ndim))
        if weight is not None:
            y = y * weight
        return (y if bias is None else y + bias).astype(x.dtype, copy=False)

    def backward(self, g: Any) -> Any:
        x, weight = self.saved
        g = _wide(g)
        front = len(x.shape) - self.rank
        inner, outer = _axes(front, len(x.shape)), _axes(0, front)
        normalised, inverse_std = self.again(x, inner)
        gx = gw = gb = None
        if self.needs[0]:
            gx = self.slope(g if weight is None else g * weight, normalised, inverse_std, inner)
        if self.needs[1]:
            gw = (g * normalised).sum(outer) if outer else g * normalised
        if self.needs[2]:
            gb = g.sum(outer) if outer else g
        return gx, gw, gb


def _axes(start: int, stop: int) -> tuple[int, ...]:
    return tuple(range(start, stop))


def _check_mixed(x: Any, *parameters: Any) -> None:
    for p in parameters:
        if p is not None:
            check_same_device("normalisation", x, p)
            if p._array.dtype != x._array.dtype:
                raise RuntimeError(
                    f"mixed dtype (CPU): the input is {x.dtype} and a parameter {p.dtype}; convert one with .to(dtype)"
                )


def _normalized_shape(name: str, input: Any, shape: Any, weight: Any, bias: Any = None) -> tuple[int, ...]:
    tensor_argument(name, input)
    if not isinstance(shape, tuple | list):
        kind = type(shape).__name__
        raise TypeError(f"{name}(): argument 'normalized_shape' (position 2) must be tuple of ints, not {kind}")
    shape = as_ints(name, "normalized_shape", shape)
    if not shape:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got "
            "normalized_shape = []"
        )
    for position, (what, values) in enumerate((("weight", weight), ("bias", bias)), 3):
        if values is not None and getattr(values, "shape", None) != shape:
            tensor_argument(name, values, what, position)
            raise RuntimeError(
                f"Expected {what} to be of same shape as normalized_shape, but got {what} of shape "
                f"{list(values.shape)} and normalized_shape = {list(shape)}"
            )
    if tuple(input.shape[-len(shape) :]) != shape:
        if name == "rms_norm" and input.ndim < len(shape):
            raise ValueError(f"Input tensor must have at least {len(shape)} dimensions, but got {input.ndim}")
        sizes = ", ".join(str(n) for n in shape)
        raise RuntimeError(
            f"Given normalized_shape=[{sizes}], expected input with shape [*, {sizes}], but got input of "
            f"size{list(input.shape)}"
        )
    return shape


def layer_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None, bias: Tensor | None = None,
    eps: float = 1e-05,
) -> Tensor:  # fmt: skip
    """w·(x − μ)/√(σ² + eps) + b, with mean and (biased) variance over the last dimensions, of `normalized_shape`.

    Shapes: input (…, D…), weight (D…), bias (D…) → (…, D…).
    Errors: RuntimeError with both shapes if they do not fit, and for dtypes that differ; NotImplementedError for
    integers and booleans; TypeError for what is not a tensor, and a `normalized_shape` that is not of ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.layer_norm.html

    >>> import minitorch as torch
    >>> torch.nn.functional.layer_norm(torch.tensor([[1., 3.], [10., 30.]]), (2,))
    tensor([[-1.0000,  1.0000],
            [-1.0000,  1.0000]])
    """
    shape = _normalized_shape("layer_norm", input, normalized_shape, weight, bias)
    _check_mixed(input, weight, bias)
    refuse("LayerNormKernelImpl", input, "biu")
    return LayerNorm(len(shape), eps)(input, weight, bias)


class GroupNorm(_Standardise, label="NativeGroupNormBackward0"):
    """y = w·x̂ + b: the channels in groups, each standardised over all its channels and positions; w, b per channel.

    ∂L/∂x as in _Standardise;  ∂L/∂w = Σ g·x̂ and ∂L/∂b = Σ g over all but the channels.
    Source: Y. Wu and K. He, "Group Normalization", 2018, https://arxiv.org/abs/1803.08494
    """

    def __init__(self, groups: int, eps: float) -> None:
        super().__init__(eps)
        self.groups = groups

    def grouped(self, x: Any) -> Any:
        """(N, C, …) → (N, groups, the rest)."""
        size = 1
        for n in x.shape[1:]:
            size *= n
        return x.reshape(x.shape[0], self.groups, size // self.groups)

    def forward(self, x: Any, weight: Any, bias: Any) -> Any:  # x (N, C, …), weight and bias (C) or None
        self.save(x, weight)
        y = self.standardised(self.grouped(x), (2,)).reshape(x.shape)
        if weight is not None:
            y = y * _per_channel(weight, x)
        return (y if bias is None else y + _per_channel(bias, x)).astype(x.dtype, copy=False)

    def backward(self, g: Any) -> Any:
        x, weight = self.saved
        g = _wide(g)
        normalised, inverse_std = self.again(self.grouped(x), (2,))
        gx = gw = gb = None
        if self.needs[0]:
            h = g if weight is None else g * _per_channel(weight, x)
            gx = self.slope(self.grouped(h), normalised, inverse_std, (2,)).reshape(x.shape)
        others = (0, *range(2, len(x.shape)))
        if self.needs[1]:
            gw = (g * normalised.reshape(x.shape)).sum(others)
        if self.needs[2]:
            gb = g.sum(others)
        return gx, gw, gb


def _per_channel(values: Any, x: Any) -> Any:
    return values.reshape(1, x.shape[1], *(1,) * (len(x.shape) - 2))


def group_norm(
    input: Tensor, num_groups: int, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-05
) -> Tensor:
    """w·(x − μ)/√(σ² + eps) + b, with mean and variance over each sample's groups of C/num_groups channels.

    Shapes: input (N, C, …), weight (C), bias (C) → (N, C, …).
    Errors: RuntimeError if `num_groups` does not divide C, for shapes that do not fit, and for dtypes that differ;
    ValueError with a single value to a group in all, which has no variance; ZeroDivisionError for no groups;
    NotImplementedError for integers and booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.group_norm.html

    >>> import minitorch as torch
    >>> torch.nn.functional.group_norm(torch.tensor([[1., 3., 10., 30.]]), num_groups=2)
    tensor([[-1.0000,  1.0000, -1.0000,  1.0000]])
    """
    tensor_argument("group_norm", input)
    if input.ndim < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but received {input.ndim}")
    channels = input.shape[1]
    per_group = input.shape[0] * channels // num_groups  # 0 groups: ZeroDivisionError, as in PyTorch
    for n in input.shape[2:]:
        per_group *= n
    if per_group == 1:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {list(input.shape)}")
    if num_groups < 1 or channels % num_groups:
        raise RuntimeError(
            f"Expected number of channels in input to be divisible by num_groups, but got input of shape "
            f"{list(input.shape)} and num_groups={num_groups}"
        )
    for position, (what, values) in enumerate((("weight", weight), ("bias", bias)), 3):
        if values is not None and getattr(values, "shape", None) != (channels,):
            tensor_argument("group_norm", values, what, position)
            raise RuntimeError(
                f"Expected {what} to be a vector of size equal to the number of channels in input, but got {what} of "
                f"shape {list(values.shape)} and input of shape {list(input.shape)}"
            )
    refuse("GroupNormKernelImpl", input, "biu")
    _check_mixed(input, weight, bias)
    return GroupNorm(num_groups, eps)(input, weight, bias)


def instance_norm(
    input: Tensor, running_mean: Tensor | None = None, running_var: Tensor | None = None,
    weight: Tensor | None = None, bias: Tensor | None = None,
    use_input_stats: bool = True, momentum: float = 0.1, eps: float = 1e-05,
) -> Tensor:  # fmt: skip
    """w·(x − μ)/√(σ² + eps) + b, with mean and variance over the positions of one channel of one sample.

    It is batch_norm of the N·C channels of a single sample. The running statistics, where given, move towards the mean
    of the samples' own; without `use_input_stats` they are used instead of them.

    Shapes: input (N, C, …), running_mean (C), running_var (C), weight (C), bias (C) → (N, C, …).
    Errors: ValueError for a single position, and for one running statistic alone; RuntimeError for sizes that do not
    fit, for a weight or bias of another dtype, and without any statistics; NotImplementedError for integers and
    booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.instance_norm.html

    >>> import minitorch as torch
    >>> torch.nn.functional.instance_norm(torch.tensor([[[1., 3.], [10., 30.]]]))
    tensor([[[-1.0000,  1.0000],
             [-1.0000,  1.0000]]])
    """
    tensor_argument("instance_norm", input)
    check_devices("instance_norm", input, running_mean, running_var, weight, bias)
    if use_input_stats:
        positions = 1
        for n in input.shape[2:]:
            positions *= n
        if positions == 1:
            raise ValueError(f"Expected more than 1 spatial element when training, got input size {input.shape}")
        if (running_mean is None) != (running_var is None):
            raise ValueError("running_mean and running_var must either both be None or neither be None")
    elif running_mean is None or running_var is None:
        raise RuntimeError("Expected running_mean and running_var to be defined when use_input_stats is false")
    samples, channels = input.shape[:2]

    def for_each(values: Any) -> Any:
        return None if values is None else repeat(values, samples)

    means, variances = for_each(running_mean), for_each(running_var)
    if means is not None and variances is not None and input.dtype is not float16:
        means, variances = means.to(input.dtype), variances.to(input.dtype)  # batch_norm would refuse other ones
    y = batch_norm(
        input.contiguous().view(1, samples * channels, *input.shape[2:]),
        means, variances, for_each(weight), for_each(bias), use_input_stats, momentum, eps,
    )  # fmt: skip
    if use_input_stats and running_mean is not None and running_var is not None:
        with no_grad():
            running_mean.copy_(means.view(samples, channels).mean(0))
            running_var.copy_(variances.view(samples, channels).mean(0))
    return y.view(input.shape)


def rms_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None, eps: float | None = None
) -> Tensor:
    """w·x/√(mean(x²) + eps) over the last dimensions, of `normalized_shape`: layer_norm without taking the mean off.

    `eps` is the dtype's machine epsilon unless given.

    Shapes: input (…, D…), weight (D…) → (…, D…).
    Errors: ValueError for fewer dimensions than `normalized_shape` has; RuntimeError with both shapes if they do not
    fit; NotImplementedError for integers and booleans; TypeError
    for what is not a tensor, and a `normalized_shape` that is not of ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.rms_norm.html

    >>> import minitorch as torch
    >>> torch.nn.functional.rms_norm(torch.tensor([3., 3., -3.]), (3,))
    tensor([ 1.,  1., -1.])
    """
    shape = _normalized_shape("rms_norm", input, normalized_shape, weight)
    refuse("rms_norm", input, "biu")
    eps = finfo(float32 if input._array.dtype == np.float16 else input.dtype).eps if eps is None else eps
    x = _wide(input)
    mean_square = (x * x).mean(_axes(x.ndim - len(shape), x.ndim), keepdim=True)
    y = x * (mean_square + eps).rsqrt()
    return (y if weight is None else y * weight).to(input.dtype)


def local_response_norm(input: Tensor, size: int, alpha: float = 0.0001, beta: float = 0.75, k: float = 1.0) -> Tensor:
    """x_c/(k + alpha·mean of x² over `size` neighbouring channels)^beta, zeros standing beyond the first and last.

    Channel c's neighbours are c − ⌊size/2⌋ … c + ⌊(size − 1)/2⌋. Source of the formula: A. Krizhevsky, I. Sutskever and
    G. E. Hinton, "ImageNet Classification with Deep Convolutional Neural Networks", 2012.

    Shapes: input (N, C, L…) → (N, C, L…).
    Errors: ValueError below three dimensions; RuntimeError for a `size` that is not positive; NotImplementedError for
    booleans, and integers other than int64; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.local_response_norm.html

    >>> import minitorch as torch
    >>> torch.nn.functional.local_response_norm(torch.ones(1, 2, 1), size=2, alpha=1.0, beta=1.0)
    tensor([[[0.6667],
             [0.5000]]])
    """
    tensor_argument("local_response_norm", input)
    if input.ndim < 3:
        raise ValueError(f"Expected 3D or higher dimensionality input (got {input.ndim} dimensions)")
    refuse("avg_pool2d", input, "b" if input.dtype is int64 else "biu")
    if input.numel() == 0:
        return input
    squares = input * input
    before, after = size // 2, (size - 1) // 2
    padded = cat([_zero_channels(squares, before), squares, _zero_channels(squares, after)], 1)
    channels = input.shape[1]
    total = padded[:, :channels]
    for offset in range(1, size):
        total = total + padded[:, offset : offset + channels]
    mean = total // size if input.dtype is int64 else total / size  # of integers an integer, as in PyTorch
    return input / (mean * alpha + k) ** beta


def _zero_channels(x: Any, channels: int) -> Any:
    return x.new_zeros((x.shape[0], channels, *x.shape[2:]))
