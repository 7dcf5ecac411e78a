"""Window functions: weights that fade towards both ends of a stretch of samples."""

from __future__ import annotations

import math
from typing import Any

from .creation_options import finished, refuse_options
from .device import as_device, module_for
from .dtype import as_dtype, get_default_dtype
from .tensor import Tensor

__all__ = ["bartlett_window", "blackman_window", "hamming_window", "hann_window", "kaiser_window"]


def _window(name: str, n: int, periodic: bool, options: dict[str, Any], shape: Any) -> Tensor:
    """``shape(xp, i, last)`` for i = 0 … last; for a periodic window, of one sample more, which is left out."""
    kind = options.pop("dtype", None)
    kind = get_default_dtype() if kind is None else as_dtype(kind)
    place = as_device(options.pop("device", None))
    requires_grad = options.pop("requires_grad", False)
    refuse_options(options, name)
    if not kind.is_floating_point:
        raise RuntimeError(f"{name} expects floating point dtypes, got: {kind.type_name}")
    if n < 0:
        raise RuntimeError(f"{name} requires non-negative window_length, got window_length={n}")
    xp = module_for(place)
    if n < 2:
        return finished(xp.ones(n, dtype=kind.numpy), requires_grad, options.get("pin_memory"))
    count = n + 1 if periodic else n
    values = shape(xp, xp.arange(count, dtype=kind.numpy), count - 1)
    return finished(values[:n].astype(kind.numpy), requires_grad, options.get("pin_memory"))


def hann_window(window_length: int, periodic: bool = True, **options: Any) -> Tensor:
    """½ − ½·cos(2πi/N), N the length (one less unless `periodic`). `options` are those of `minitorch.zeros`.

    Shapes: → (window_length).
    Errors: RuntimeError for a negative length, and for an integer dtype.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.hann_window.html

    >>> import minitorch as torch
    >>> torch.hann_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    return _window("hann_window", window_length, periodic, options, _cosine(0.5, 0.5))


def hamming_window(
    window_length: int, periodic: bool = True, alpha: float = 0.54, beta: float = 0.46, **options: Any
) -> Tensor:
    """α − β·cos(2πi/N), N the length (one less unless `periodic`). `options` are those of `minitorch.zeros`.

    Shapes: → (window_length).
    Errors: RuntimeError for a negative length, and for an integer dtype.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.hamming_window.html

    >>> import minitorch as torch
    >>> torch.hamming_window(4)
    tensor([0.0800, 0.5400, 1.0000, 0.5400])
    """
    return _window("hamming_window", window_length, periodic, options, _cosine(alpha, beta))


def _cosine(alpha: float, beta: float) -> Any:
    return lambda xp, i, last: xp.cos(i * i.dtype.type(2 * math.pi / last)) * i.dtype.type(-beta) + i.dtype.type(alpha)


def blackman_window(window_length: int, periodic: bool = True, **options: Any) -> Tensor:
    """0.42 − 0.5·cos(2πi/N) + 0.08·cos(4πi/N), N the length (one less unless `periodic`).

    `options` are those of `minitorch.zeros`.

    Shapes: → (window_length).
    Errors: RuntimeError for a negative length, and for an integer dtype.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.blackman_window.html

    >>> import minitorch as torch
    >>> torch.blackman_window(4, dtype=torch.float64).round(decimals=4).abs()
    tensor([0.0000, 0.3400, 1.0000, 0.3400], dtype=torch.float64)
    """

    def shape(xp: Any, i: Any, last: int) -> Any:
        angle = i * i.dtype.type(math.pi / last)
        return xp.cos(4 * angle) * i.dtype.type(0.08) - xp.cos(2 * angle) * i.dtype.type(0.5) + i.dtype.type(0.42)

    return _window("blackman_window", window_length, periodic, options, shape)


def bartlett_window(window_length: int, periodic: bool = True, **options: Any) -> Tensor:
    """A triangle, 1 − |2i/N − 1|, N the length (one less unless `periodic`). `options` are those of `minitorch.zeros`.

    Shapes: → (window_length).
    Errors: RuntimeError for a negative length, and for an integer dtype.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.bartlett_window.html

    >>> import minitorch as torch
    >>> torch.bartlett_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """

    def shape(xp: Any, i: Any, last: int) -> Any:
        rising = i * i.dtype.type(2 / last)
        return xp.where(i <= last // 2, rising, 2 - rising)

    return _window("bartlett_window", window_length, periodic, options, shape)


def kaiser_window(window_length: int, periodic: bool = True, beta: float = 12.0, **options: Any) -> Tensor:
    """I₀(β·√(1 − (2i/N − 1)²)) / I₀(β), I₀ being a Bessel function, N the length (one less unless `periodic`).

    `options` are those of `minitorch.zeros`.

    Shapes: → (window_length).
    Errors: RuntimeError for a negative length, and for an integer dtype.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.kaiser_window.html

    >>> import minitorch as torch
    >>> torch.kaiser_window(4, beta=2.)
    tensor([0.4387, 0.8348, 1.0000, 0.8348])
    """

    def shape(xp: Any, i: Any, last: int) -> Any:
        x = 2 * i.astype("float64") / last - 1
        return xp.i0(beta * xp.sqrt(xp.maximum(1 - x * x, 0))) / xp.i0(xp.asarray(float(beta)))

    return _window("kaiser_window", window_length, periodic, options, shape)
