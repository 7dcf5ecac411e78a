"""Batch normalisation."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import gpu_kernels
from ...arena import empty
from ...autograd.grad_mode import no_grad
from ...autograd.op import Op
from ...device import array_module
from ...dtype import float16, float32
from ...parallel import over_batch
from ...tensor import Tensor, wrap
from ..checks import check_devices, number, refuse, tensor_argument

__all__ = ["batch_norm"]


class BatchNorm(Op, label="NativeBatchNormBackward0"):
    """y = w·x̂ + b with x̂ = (x − μ)/σ, μ and σ² = var + ε over everything but the channels.

    μ and σ depend on x too. With n elements a channel, and the sums over them,
        ∂/∂b = Σ g,   ∂/∂w = Σ g·x̂,   ∂/∂x = w/σ · (g − Σg/n − x̂·Σ(g·x̂)/n)
    Source: Ioffe and Szegedy, "Batch Normalization", 2015.
    """

    mean: Any
    inverse_std: Any
    variance: Any

    def __init__(self, eps: float) -> None:
        self.eps = eps

    def statistics(self, x: Any) -> tuple[Any, Any, Any]:
        """Mean, 1/σ and variance of each channel, shaped to broadcast against x (N, C, …)."""
        axes = _all_but_channels(x)
        mean = x.mean(axes, keepdims=True)
        centred = x - mean
        variance = (centred * centred).mean(axes, keepdims=True)
        return mean, (variance + self.eps) ** -0.5, variance

    def forward(self, x: Any, weight: Any = None, bias: Any = None) -> Any:  # x (N, C, …), weight and bias (C)
        self.save(x, weight)
        if _in_runs(x):
            return self.forward_in_runs(x, weight, bias)
        if gpu_kernels.present(x) and x.size:
            return self.forward_on_gpu(x, weight, bias)
        self.mean, self.inverse_std, self.variance = self.statistics(x)
        y = (x - self.mean) * self.inverse_std
        if weight is not None:
            y *= _per_channel(weight, x)
            y += _per_channel(bias, x)
        return y

    def backward(self, g: Any) -> Any:
        x, weight = self.saved
        if not self.recording and _in_runs(x) and g.flags.c_contiguous:
            return self.backward_in_runs(g, x, weight)
        if not self.recording and gpu_kernels.present(x) and x.size:
            return self.backward_on_gpu(g, x, weight)
        # Recorded, the statistics must be computed anew: they are part of what is differentiated again.
        mean, inverse_std, _ = self.statistics(x) if self.recording else (self.mean, self.inverse_std, None)
        axes = _all_but_channels(x)
        normalised = (x - mean) * inverse_std
        sum_g = g.sum(axes, keepdims=True)
        sum_gx = (g * normalised).sum(axes, keepdims=True)
        n = 1
        for axis in axes:
            n *= x.shape[axis]
        scale = inverse_std if weight is None else inverse_std * _per_channel(weight, x)
        gx = scale * (g - (sum_g + normalised * sum_gx) / n)
        if weight is None:
            return (gx,)
        return gx, sum_gx.reshape(weight.shape), sum_g.reshape(weight.shape)

    # The same once more for images in NumPy, where one channel of one image is a run in memory: part by part of the
    # batch, so that what was just made is still in the cache, and shared among threads. Measured for (64, 32, 32, 32)
    # in float32 on one core: forward 1.7 instead of 3.4 ms, backward 3.5 instead of 4.1 ms.

    def forward_in_runs(self, x: Any, weight: Any, bias: Any) -> Any:
        runs = x.reshape(*x.shape[:2], -1)  # (N, C, L)
        n = x.size // x.shape[1]
        mean = _total(over_batch(lambda part: runs[part].sum(2), x, x[:1].nbytes)) / n
        mean = mean.astype(x.dtype)[:, None]

        def squares(part: Any) -> Any:
            centred = np.subtract(runs[part], mean, out=empty(x, runs[part].shape))
            return np.vecdot(centred, centred)

        variance = (_total(over_batch(squares, x, 2 * x[:1].nbytes)) / n).astype(x.dtype)[:, None]
        inverse_std = (variance + x.dtype.type(self.eps)) ** x.dtype.type(-0.5)
        shape = (1, -1, *[1] * (x.ndim - 2))
        self.mean, self.inverse_std = mean.reshape(shape), inverse_std.reshape(shape)
        self.variance = variance.reshape(shape)
        scale = inverse_std if weight is None else inverse_std * weight[:, None]
        shift = -mean * scale if bias is None else bias[:, None] - mean * scale
        y = empty(x, runs.shape)

        def compute(part: Any) -> None:
            np.multiply(runs[part], scale, out=y[part])
            y[part] += shift

        over_batch(compute, x, 2 * x[:1].nbytes)
        return y.reshape(x.shape)

    def backward_in_runs(self, g: Any, x: Any, weight: Any) -> Any:
        runs, g_runs = x.reshape(*x.shape[:2], -1), g.reshape(*x.shape[:2], -1)
        n = x.size // x.shape[1]
        mean, inverse_std = self.mean.reshape(-1, 1), self.inverse_std.reshape(-1, 1)

        def centred(part: Any) -> Any:
            return np.subtract(runs[part], mean, out=empty(x, runs[part].shape))

        sums = over_batch(lambda part: (g_runs[part].sum(2), np.vecdot(g_runs[part], centred(part))), x, 3 * x[:1].nbytes)
        sum_g = _total([s for s, _ in sums]).astype(x.dtype)[:, None]
        sum_gx = _total([s for _, s in sums]).astype(x.dtype)[:, None] * inverse_std
        scale = inverse_std if weight is None else inverse_std * weight[:, None]
        of_x = -scale * inverse_std * sum_gx / n
        constant = -scale * sum_g / n
        gx = empty(x, runs.shape)

        def compute(part: Any) -> None:
            np.multiply(g_runs[part], scale, out=gx[part])
            share = centred(part)
            share *= of_x
            share += constant
            gx[part] += share

        over_batch(compute, x, 4 * x[:1].nbytes)
        gx = gx.reshape(x.shape)
        return (gx,) if weight is None else (gx, sum_gx[:, 0], sum_g[:, 0])

    # And once more for a GPU, in as few kernels as there are passes over the memory.

    def forward_on_gpu(self, x: Any, weight: Any, bias: Any) -> Any:
        n = x.size // x.shape[1]
        self.mean = _sum_on_gpu(x) / n
        self.variance = _sum_on_gpu(gpu_kernels.squared_distance(x, self.mean)) / n
        self.inverse_std = (self.variance + self.eps) ** -0.5
        scale = self.inverse_std if weight is None else self.inverse_std * _per_channel(weight, x)
        return gpu_kernels.scaled(x, self.mean, scale, x.dtype.type(0) if bias is None else _per_channel(bias, x))

    def backward_on_gpu(self, g: Any, x: Any, weight: Any) -> Any:
        n = x.size // x.shape[1]
        sum_g = _sum_on_gpu(g)
        sum_gx = _sum_on_gpu(gpu_kernels.times_distance(g, x, self.mean)) * self.inverse_std
        scale = self.inverse_std if weight is None else self.inverse_std * _per_channel(weight, x)
        gx = gpu_kernels.normalised_gradient(g, x, self.mean, self.inverse_std, scale, sum_g / n, sum_gx / n)
        return (gx,) if weight is None else (gx, sum_gx.reshape(weight.shape), sum_g.reshape(weight.shape))


def _sum_on_gpu(x: Any) -> Any:
    """The sum over all but the channels, shaped to broadcast: first of each image, which many processors can share."""
    sums = x.reshape(*x.shape[:2], -1).sum(2) if x.ndim > 2 else x
    return gpu_kernels.sum_of_rows(sums).reshape(1, -1, *(1,) * (x.ndim - 2))


# Shorter runs cost more in calls of the inner loop than they save in passes, and so do small arrays in lines of Python.
SHORTEST_RUN = 16
LEAST_SIZE = 1 << 15


def _in_runs(x: Any) -> bool:
    """Whether each channel of each image is a run in memory that is worth a loop of its own."""
    return (
        type(x) is np.ndarray
        and x.ndim > 2
        and x.dtype.itemsize >= 4
        and x.flags.c_contiguous
        and x.size >= max(LEAST_SIZE, SHORTEST_RUN * x.shape[0] * x.shape[1])
    )


def _total(parts: list[Any]) -> Any:
    """The sum over images of all (n, C), in double precision as PyTorch's."""
    total = parts[0].sum(0, dtype=np.float64)
    for part in parts[1:]:
        total += part.sum(0, dtype=np.float64)
    return total


def _all_but_channels(x: Any) -> tuple[int, ...]:
    return tuple(axis for axis in range(len(x.shape)) if axis != 1)


def _per_channel(values: Any, x: Any) -> Any:
    return values.reshape(1, -1, *(1,) * (len(x.shape) - 2))


def _check_mixture(input: Any, dtypes: set[Any]) -> None:
    """RuntimeError unless the others' `dtypes` are the input's alone, or float32 alone beside float16."""
    if dtypes != {input.dtype} and (input.dtype is not float16 or dtypes != {float32}):
        names = ", ".join(sorted(str(d) for d in dtypes))
        raise RuntimeError(
            f"mixed dtype (CPU): the input is {input.dtype}, the others are {names}; all must have one dtype, or the "
            "others be torch.float32 beside an input of torch.float16"
        )


def batch_norm(
    input: Tensor, running_mean: Tensor | None, running_var: Tensor | None, weight: Tensor | None = None,
    bias: Tensor | None = None, training: bool = False,
    momentum: float = 0.1, eps: float = 1e-05,
) -> Tensor:  # fmt: skip
    """w·(x − μ)/√(σ² + eps) + b for each channel.

    In training μ and σ² are the batch's own, and the running ones move towards them in place, running ←
    (1 − momentum)·running + momentum·batch, the variance in its unbiased form; otherwise the running ones are used.

    Shapes: input (N, C, …), running_mean (C), running_var (C), weight (C), bias (C) → (N, C, …).
    Errors: ValueError in training with a single value per channel, which has no variance; RuntimeError for sizes that
    do not fit, for dtypes that differ (but float32 beside a float16 input), and without running statistics outside of
    training; NotImplementedError for integers and booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.batch_norm.html

    >>> import minitorch as torch
    >>> torch.nn.functional.batch_norm(torch.tensor([[0.], [2.]]), None, None, training=True)
    tensor([[-1.0000],
            [ 1.0000]])
    """
    tensor_argument("batch_norm", input)
    eps = number("batch_norm", eps)
    if input.ndim < 2:
        raise RuntimeError(f"batch_norm expects an input of shape (N, C, …), but got shape {list(input.shape)}")
    refuse("batch_norm", input, "biu")
    check_devices("batch_norm", input, running_mean, running_var, weight, bias)
    channels = input.shape[1]
    dtype, is_mixed = input._array.dtype, False
    others = (("running_mean", running_mean), ("running_var", running_var), ("weight", weight), ("bias", bias))
    for position, (name, values) in enumerate(others, 2):
        if values is not None:
            if getattr(values, "shape", None) != (channels,):
                tensor_argument("batch_norm", values, name, position)
                raise RuntimeError(f"{name} should contain {channels} elements not {values.numel()}")
            is_mixed = is_mixed or values._array.dtype is not dtype
    if is_mixed:
        _check_mixture(input, {values.dtype for _, values in others if values is not None})
    if not training:
        if running_mean is None or running_var is None:
            raise RuntimeError("Expected running_mean and running_var to be defined when training=False")
        inverse_std = (running_var + eps) ** -0.5
        y = (input - _per_channel(running_mean, input)) * _per_channel(inverse_std, input)
        y = y if weight is None else y * _per_channel(weight, input)
        y = y if bias is None else y + _per_channel(bias, input)
        return y if y.dtype is input.dtype else y.to(input.dtype)
    n = input.numel() // max(channels, 1)
    if n <= 1:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {input.shape}")
    op = BatchNorm(eps)
    if weight is None and bias is None:
        y = op(input)
    else:
        xp = array_module(input._array)
        w = weight if weight is not None else wrap(xp.ones(channels, input._array.dtype))
        b = bias if bias is not None else wrap(xp.zeros(channels, input._array.dtype))
        y = op(input, w, b)
    with no_grad():
        for running, batch in ((running_mean, op.mean), (running_var, op.variance * (n / (n - 1)))):
            if running is not None:
                old = running._array
                running._write((1 - momentum) * old + momentum * batch.reshape(-1))
    return y
