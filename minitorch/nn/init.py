"""First values for parameters. With the same seed they are PyTorch's own numbers.

Each function fills `tensor` in place, unrecorded, and returns it. Fans: for a weight (O, I, KH, KW), fan_in = I·KH·KW
is how many numbers one output sums up, fan_out = O·KH·KW how many outputs one input reaches.

Source: https://docs.pytorch.org/docs/stable/nn.init.html
"""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import random
from ..autograd.grad_mode import no_grad
from ..device import array_module, to_numpy
from ..tensor import Tensor, wrap

__all__ = [
    "calculate_gain",
    "constant_",
    "dirac_",
    "eye_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "sparse_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]

_LINEAR = (
    "linear",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
)


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """How much larger weights should be because of the activation that follows.

    1 for linear layers, convolutions and sigmoid; 5/3 tanh; √2 ReLU; √(2/(1 + slope²)) leaky ReLU with slope `param`
    (0.01 if None); 3/4 SELU.

    Errors: ValueError for another word, and for a slope that is no number.

    Source: https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.calculate_gain

    >>> import minitorch as torch
    >>> torch.nn.init.calculate_gain("tanh")
    1.6666666666666667
    """
    if nonlinearity in _LINEAR or nonlinearity == "sigmoid":
        return 1
    if nonlinearity == "tanh":
        return 5.0 / 3
    if nonlinearity == "relu":
        return math.sqrt(2.0)
    if nonlinearity == "leaky_relu":
        if param is not None and (isinstance(param, bool) or not isinstance(param, int | float)):
            raise ValueError(f"negative_slope {param} not a valid number")
        slope = 0.01 if param is None else param
        return math.sqrt(2.0 / (1 + slope**2))
    if nonlinearity == "selu":
        return 3.0 / 4
    raise ValueError(f"Unsupported nonlinearity {nonlinearity}")


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    if tensor.dim() < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


def _calculate_correct_fan(tensor: Tensor, mode: str) -> int:
    valid = ["fan_in", "fan_out"]
    if mode.lower() not in valid:
        raise ValueError(f"Mode {mode} not supported, please use one of {valid}")
    return _calculate_fan_in_and_fan_out(tensor)[valid.index(mode.lower())]


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Tensor:
    """Draws from U(a, b).

    Shapes: tensor of any shape, which is overwritten and returned.
    Errors: RuntimeError for a > b; NotImplementedError for integers.

    Source: https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.uniform_

    >>> import minitorch as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.nn.init.uniform_(torch.empty(3))
    tensor([0.4963, 0.7682, 0.0885])
    """
    with no_grad():
        return tensor.uniform_(a, b, generator=generator)


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Tensor:
    """Draws from the normal distribution N(mean, std²).

    Shapes: tensor of any shape, which is overwritten and returned.
    Errors: RuntimeError for a negative std; NotImplementedError for integers.

    Source: https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.normal_

    >>> import minitorch as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.nn.init.normal_(torch.empty(3))
    tensor([ 1.5410, -0.2934, -2.1788])
    """
    with no_grad():
        return tensor.normal_(mean, std, generator=generator)


def constant_(tensor: Tensor, val: float) -> Tensor:
    """`val` everywhere.

    Shapes: tensor of any shape, which is overwritten and returned.
    Errors: TypeError for a `val` that is no number.

    Source: https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.constant_

    >>> import minitorch as torch
    >>> torch.nn.init.constant_(torch.empty(2), 0.3)
    tensor([0.3000, 0.3000])
    """
    with no_grad():
        return tensor.fill_(val)


def ones_(tensor: Tensor) -> Tensor:
    """1 everywhere.

    Shapes: tensor of any shape, which is overwritten and returned.
    Errors: AttributeError for what is no tensor.

    Source: https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.ones_

    >>> import minitorch as torch
    >>> torch.nn.init.ones_(torch.empty(2))
    tensor([1., 1.])
    """
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """0 everywhere.

    Shapes: tensor of any shape, which is overwritten and returned.
    Errors: AttributeError for what is no tensor.

    Source: https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.zeros_

    >>> import minitorch as torch
    >>> torch.nn.init.zeros_(torch.ones(2))
    tensor([0., 0.])
    """
    return constant_(tensor, 0.0)


def _fill(tensor: Tensor, array: Any) -> Tensor:
    """`tensor` with the values of a NumPy array of its shape."""
    with no_grad():
        xp = array_module(tensor._array)
        tensor.copy_(wrap(xp.asarray(array)))
    return tensor


def eye_(tensor: Tensor) -> Tensor:
    """The identity matrix: ones where row = column.

    Shapes: tensor (rows, columns), which is overwritten and returned.
    Errors: ValueError unless it has 2 dimensions.

    Source: https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.eye_

    >>> import minitorch as torch
    >>> torch.nn.init.eye_(torch.empty(2, 3))
    tensor([[1., 0., 0.],
            [0., 1., 0.]])
    """
    if tensor.dim() != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    return _fill(tensor, np.eye(*tensor.shape, dtype=np.float32))


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """A convolution's identity: 1 in the kernel's middle where output channel = input channel (within each group).

    Shapes: tensor (O, C, K), (O, C, KH, KW) or (O, C, KD, KH, KW), which is overwritten and returned.
    Errors: ValueError unless it has 3 to 5 dimensions and `groups` divides the first.

    Source: https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.dirac_

    >>> import minitorch as torch
    >>> torch.nn.init.dirac_(torch.empty(1, 1, 1, 3))
    tensor([[[[0., 1., 0.]]]])
    """
    if tensor.dim() not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    if tensor.shape[0] % groups != 0:
        raise ValueError("dim 0 must be divisible by groups")
    per_group = tensor.shape[0] // groups
    array = np.zeros(tensor.shape, dtype=np.float32)
    middle = tuple(n // 2 for n in tensor.shape[2:])
    for group in range(groups):
        for channel in range(min(per_group, tensor.shape[1])):
            array[(group * per_group + channel, channel, *middle)] = 1
    return _fill(tensor, array)


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """U(−a, a), a = gain·√(6/(fan_in + fan_out)): variance kept forwards and backwards, as a compromise.

    Shapes: tensor (out, in, …) of two dimensions or more, which is overwritten and returned; fan_in = in·…, fan_out =
    out·….
    Errors: ValueError for fewer dimensions.

    Source: X. Glorot and Y. Bengio, 2010, https://proceedings.mlr.press/v9/glorot10a.html

    >>> import minitorch as torch
    >>> bool(torch.nn.init.xavier_uniform_(torch.empty(2, 4)).abs().max() <= 1)
    True
    """
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    std = gain * math.sqrt(2.0 / float(fan_in + fan_out))
    a = math.sqrt(3.0) * std
    return uniform_(tensor, -a, a, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """N(0, std²), std = gain·√(2/(fan_in + fan_out)).

    Shapes: tensor (out, in, …) of two dimensions or more, which is overwritten and returned; fan_in = in·…, fan_out =
    out·….
    Errors: ValueError for fewer dimensions.

    Source: X. Glorot and Y. Bengio, 2010, https://proceedings.mlr.press/v9/glorot10a.html

    >>> import minitorch as torch
    >>> torch.nn.init.xavier_normal_(torch.empty(2, 4)).shape
    torch.Size([2, 4])
    """
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / float(fan_in + fan_out)), generator)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float | None:
    if 0 in tensor.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=3)
        return None
    fan = _calculate_correct_fan(tensor, mode)
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def kaiming_uniform_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Tensor:
    """U(−b, b), b = gain·√(3/fan): variance kept forwards (``fan_in``) or backwards (``fan_out``).

    `a` is the slope of the leaky ReLU that follows. With a = √5, b = 1/√fan: the default of Linear and Conv2d.

    Shapes: tensor (out, in, …) of two dimensions or more, which is overwritten and returned; fan_in = in·…, fan_out =
    out·….
    Errors: ValueError for fewer dimensions, an unknown `mode` and an unknown `nonlinearity`.

    Source: K. He et al., 2015, https://arxiv.org/abs/1502.01852

    >>> import minitorch as torch
    >>> bool(torch.nn.init.kaiming_uniform_(torch.empty(2, 6)).abs().max() <= 1)
    True
    """
    std = _kaiming_std(tensor, a, mode, nonlinearity)
    if std is None:
        return tensor
    bound = math.sqrt(3.0) * std
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Tensor:
    """N(0, std²), std = gain/√fan; see `kaiming_uniform_`.

    Shapes: tensor (out, in, …) of two dimensions or more, which is overwritten and returned.
    Errors: ValueError for fewer dimensions, an unknown `mode` and an unknown `nonlinearity`.

    Source: K. He et al., 2015, https://arxiv.org/abs/1502.01852

    >>> import minitorch as torch
    >>> torch.nn.init.kaiming_normal_(torch.empty(2, 6), nonlinearity="relu").shape
    torch.Size([2, 6])
    """
    std = _kaiming_std(tensor, a, mode, nonlinearity)
    return tensor if std is None else normal_(tensor, 0, std, generator)


def trunc_normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, generator: Any = None
) -> Tensor:
    """N(mean, std²) cut to [a, b]: what falls outside is drawn again.

    Where the interval is narrow against the distribution, uniform draws are accepted with the density instead.

    Shapes: tensor of any shape, which is overwritten and returned.
    Errors: RuntimeError for a > b.

    Source: https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.trunc_normal_

    >>> import minitorch as torch
    >>> bool(torch.nn.init.trunc_normal_(torch.empty(100)).abs().max() <= 2)
    True
    """

    def below(x: float) -> float:
        return (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0

    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of values may be incorrect.",
            stacklevel=2,
        )
    share = below((b - mean) / std) - below((a - mean) / std)  # of the normal distribution that lies within [a, b]
    with no_grad():
        if share > 0.3:
            return _redraw_outside(tensor, mean, std, a, b, generator)
        return _accept_by_density(tensor, mean, std, a, b, generator)


def _redraw_outside(tensor: Tensor, mean: float, std: float, a: float, b: float, generator: Any) -> Tensor:
    low, high = (float(tensor._array.dtype.type(bound)) for bound in (a, b))
    tensor.normal_(mean, std, generator=generator)
    values = tensor._array
    while (outside := (values < low) | (values > high)).any():
        fresh = tensor.clone().normal_(mean, std, generator=generator)._array  # all anew, as PyTorch draws them
        values[outside] = fresh[outside]
    tensor._bump_version()
    return tensor


def _accept_by_density(tensor: Tensor, mean: float, std: float, a: float, b: float, generator: Any) -> Tensor:
    peak = -0.5 * ((max(a, min(mean, b)) - mean) / std) ** 2  # the largest log-density within [a, b]
    candidates, chances = tensor.detach().clone(), tensor.detach().clone()

    def rejected() -> Any:
        log_density = candidates.sub(mean).div(std).pow(2).mul(-0.5).sub(peak)
        return (chances.uniform_(generator=generator).log() > log_density)._array

    tensor.uniform_(a, b, generator=generator)
    candidates.copy_(tensor)
    values = tensor._array
    pending = rejected()
    while pending.any():
        candidates.uniform_(a, b, generator=generator)
        values[pending] = candidates._array[pending]
        pending = pending & rejected()
    tensor._bump_version()
    return tensor


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Any = None) -> Tensor:
    """`gain` times a matrix with orthonormal rows or columns, whichever are fewer: the Q of a normal matrix's QR.

    More than 2 dimensions count as (first, the rest). The decomposition runs in float64 on the CPU, so float32 values
    agree with PyTorch's to rounding rather than to the bit.

    Shapes: tensor (rows, …) of two dimensions or more, which is overwritten and returned.
    Errors: ValueError for fewer dimensions.

    Source: A. Saxe et al., 2013, https://arxiv.org/abs/1312.6120

    >>> import minitorch as torch
    >>> w = torch.nn.init.orthogonal_(torch.empty(2, 5))
    >>> torch.allclose(w @ w.T, torch.eye(2), atol=1e-6)
    True
    """
    if tensor.dim() < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if tensor.numel() == 0:
        return tensor
    rows, cols = tensor.shape[0], tensor.numel() // tensor.shape[0]
    draws = tensor.detach().new_empty((rows, cols)).normal_(0, 1, generator=generator)
    matrix = to_numpy(draws._array).astype(np.float64)
    q, r = np.linalg.qr(matrix.T if rows < cols else matrix)
    q *= np.sign(np.diag(r))  # makes Q uniform among orthogonal matrices: https://arxiv.org/abs/math-ph/0609050
    return _fill(tensor, gain * (q.T if rows < cols else q).reshape(tensor.shape))


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Any = None) -> Tensor:
    """N(0, std²), with the share `sparsity` of each column set to zero.

    The rows to clear are drawn by ``randperm`` from the default generator, also where `generator` is given; so does
    PyTorch.

    Shapes: tensor (rows, columns), which is overwritten and returned.
    Errors: ValueError unless it has 2 dimensions.

    Source: https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.sparse_; J. Martens, 2010, Deep learning via
    Hessian-free optimization

    >>> import minitorch as torch
    >>> (torch.nn.init.sparse_(torch.empty(10, 3), sparsity=0.5) == 0).sum(0)
    tensor([5, 5, 5])
    """
    if tensor.dim() != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    rows, cols = tensor.shape
    zeros = math.ceil(sparsity * rows)
    normal_(tensor, 0, std, generator)
    for col in range(cols):
        cleared = to_numpy(random.randperm(rows)._array)[:zeros]
        tensor._array[cleared.tolist(), col] = 0
    tensor._bump_version()
    return tensor


def _old_name(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """`function` under the name without underscore that it had once; it warns."""
    name = function.__name__

    @functools.wraps(function)
    def renamed(*args: Any, **kwargs: Any) -> Tensor:
        warnings.warn(
            f"`nn.init.{name[:-1]}` is now deprecated in favor of `nn.init.{name}`.", FutureWarning, stacklevel=2
        )
        return function(*args, **kwargs)

    renamed.__name__ = name[:-1]
    renamed.__doc__ = f"The old name of `{name}`."
    return renamed


uniform: Callable[..., Tensor] = _old_name(uniform_)
normal: Callable[..., Tensor] = _old_name(normal_)
constant: Callable[..., Tensor] = _old_name(constant_)
eye: Callable[..., Tensor] = _old_name(eye_)
dirac: Callable[..., Tensor] = _old_name(dirac_)
xavier_uniform: Callable[..., Tensor] = _old_name(xavier_uniform_)
xavier_normal: Callable[..., Tensor] = _old_name(xavier_normal_)
kaiming_uniform: Callable[..., Tensor] = _old_name(kaiming_uniform_)
kaiming_normal: Callable[..., Tensor] = _old_name(kaiming_normal_)
orthogonal: Callable[..., Tensor] = _old_name(orthogonal_)
sparse: Callable[..., Tensor] = _old_name(sparse_)
