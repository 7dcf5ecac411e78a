"""Normalisation of single samples: LayerNorm, GroupNorm, RMSNorm, InstanceNorm, LocalResponseNorm.

Sources: https://arxiv.org/abs/1607.06450 (layer), https://arxiv.org/abs/1803.08494 (group),
https://arxiv.org/abs/1910.07467 (root mean square), https://arxiv.org/abs/1607.08022 (instance).
"""

from __future__ import annotations

import warnings
from typing import Any

from ... import creation
from ...tensor import Tensor
from .. import functional as F
from .. import init
from ..parameter import Parameter
from .batchnorm import _BatchNorm
from .module import Module


def _register(module: Module, shape: Any, device: Any, dtype: Any, **wanted: bool) -> None:
    """Parameters of `shape` under the given names; those that are not wanted as None."""
    for name, is_wanted in wanted.items():
        value = Parameter(creation.empty(shape, device=device, dtype=dtype)) if is_wanted else None
        module.register_parameter(name, value)


class _Normalisation(Module):
    weight: Parameter | None
    bias: Parameter | None

    def reset_parameters(self) -> None:
        """Weight 1, bias 0."""
        if self._parameters.get("weight") is not None:
            init.ones_(self.weight)  # type: ignore[arg-type]  # just asked
        if self._parameters.get("bias") is not None:
            init.zeros_(self.bias)  # type: ignore[arg-type]  # just asked


class LayerNorm(_Normalisation):
    """y = (x − mean)/√(var + eps)·weight + bias, with mean and biased variance over the last dimensions of each sample.

    `normalized_shape` is an int (the last dimension) or the sizes of several; weight and bias have that shape.
    ``elementwise_affine=False``: neither; ``bias=False``: weight alone.

    Shapes: input (…, *normalized_shape) → the same; weight and bias of `normalized_shape`.
    Errors: RuntimeError, when called, for an input that does not end in `normalized_shape`, or if that is empty.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LayerNorm.html

    >>> import minitorch as torch
    >>> torch.nn.LayerNorm(2)(torch.tensor([[1., 3.]]))
    tensor([[-1.0000,  1.0000]], grad_fn=<NativeLayerNormBackward0>)
    """

    def __init__(
        self,
        normalized_shape: int | list[int] | tuple[int, ...],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape: tuple[int, ...] = _shape(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        affine = elementwise_affine
        _register(self, self.normalized_shape, device, dtype, weight=affine, bias=affine and bias)
        self.reset_parameters()

    def forward(self, input: Tensor) -> Tensor:
        """Normalise `input`."""
        weight, bias = self._fetch("weight", "bias")
        return F.layer_norm(input, self.normalized_shape, weight, bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


def _shape(normalized_shape: Any) -> tuple[int, ...]:
    return (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)


class RMSNorm(_Normalisation):
    """y = x/√(mean(x²) + eps)·weight over the last dimensions of each sample: `LayerNorm` without mean and bias.

    `eps` is the dtype's machine epsilon unless given.

    Shapes: input (…, *normalized_shape) → the same; weight of `normalized_shape`.
    Errors: RuntimeError for an input that does not end in `normalized_shape`, ValueError for one of fewer dimensions.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.RMSNorm.html

    >>> import minitorch as torch
    >>> torch.nn.RMSNorm(2)(torch.tensor([[-3., 3.]]))
    tensor([[-1.,  1.]], grad_fn=<MulBackward0>)
    """

    def __init__(
        self,
        normalized_shape: int | list[int] | tuple[int, ...],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape: tuple[int, ...] = _shape(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        _register(self, self.normalized_shape, device, dtype, weight=elementwise_affine)
        self.reset_parameters()

    def forward(self, x: Tensor) -> Tensor:
        """Normalise `x`."""
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(_Normalisation):
    """y = (x − mean)/√(var + eps)·weight + bias, over groups of num_channels/num_groups channels of each sample.

    One group is `LayerNorm` over all but N, C groups is `InstanceNorm2d`.

    Shapes: input (N, C, …) → the same; weight and bias (C).
    Errors: ValueError if `num_groups` does not divide `num_channels`, and for a single value per group; RuntimeError
    for an input without channels, or with another number of them.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.GroupNorm.html

    >>> import minitorch as torch
    >>> torch.nn.GroupNorm(2, 4)(torch.tensor([[1., 3., 10., 30.]])).detach()
    tensor([[-1.0000,  1.0000, -1.0000,  1.0000]])
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_channels % num_groups:
            raise ValueError(f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})")
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        _register(self, num_channels, device, dtype, weight=affine, bias=affine and bias)
        self.reset_parameters()

    def forward(self, input: Tensor) -> Tensor:
        """Normalise `input`."""
        weight, bias = self._fetch("weight", "bias")
        return F.group_norm(input, self.num_groups, weight, bias, self.eps)

    def extra_repr(self) -> str:
        sizes = f"{self.num_groups}, {self.num_channels}"
        return f"{sizes}, eps={self.eps}, affine={self.affine}, bias={self.bias is not None}"


class LocalResponseNorm(Module):
    """y = x/(k + alpha·mean of x² over `size` neighbouring channels)^beta.

    Shapes: input (N, C, …), of three dimensions or more → the same.
    Errors: ValueError for fewer than three dimensions.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LocalResponseNorm.html

    >>> import minitorch as torch
    >>> torch.nn.LocalResponseNorm(2, alpha=1.0, beta=1.0)(torch.ones(1, 2, 1)).flatten()
    tensor([0.6667, 0.5000])
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Tensor) -> Tensor:
        """Normalise `input`."""
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class _InstanceNorm(_BatchNorm):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)

    def forward(self, input: Tensor) -> Tensor:
        """Normalise `input`, (C, …) or (N, C, …), and in training take its statistics into the running ones, if any."""
        batched = self._ranks[-1]
        if input.dim() not in self._ranks:
            ranks = " or ".join(f"{n}D" for n in self._ranks)
            raise ValueError(f"expected {ranks} input (got {input.dim()}D input)")
        weight, bias, mean, var = self._fetch("weight", "bias", "running_mean", "running_var")
        x = input if input.dim() == batched else input.unsqueeze(0)
        if x.shape[1] != self.num_features:
            dim = input.dim() - batched + 1
            if self.affine:
                raise ValueError(
                    f"expected input's size at dim={dim} to match num_features ({self.num_features}), but got: "
                    f"{x.shape[1]}."
                )
            warnings.warn(
                f"input's size at dim={dim} does not match num_features. You can silence this warning by not passing "
                "in num_features, which is not used because affine=False",
                stacklevel=2,
            )
        y = F.instance_norm(
            x, mean, var, weight, bias, self.training or not self.track_running_stats, self.momentum or 0.0, self.eps
        )
        return y if input.dim() == batched else y.squeeze(0)


class InstanceNorm1d(_InstanceNorm):
    """y = (x − mean)/√(var + eps)·weight + bias, per channel of each sample.

    Without weight and bias unless ``affine=True``. With ``track_running_stats=True`` running statistics are kept in
    training and used in evaluation; otherwise each sample's own are used always.

    Shapes: input (N, C, L) or (C, L) → the same; weight, bias and running statistics (C).
    Errors: ValueError for another rank, for L = 1 where the input's own statistics are used, and with ``affine=True``
    for another C.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.InstanceNorm1d.html

    >>> import minitorch as torch
    >>> torch.nn.InstanceNorm1d(1)(torch.tensor([[[1., 3.]]]))
    tensor([[[-1.0000,  1.0000]]])
    """

    _ranks = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """`InstanceNorm1d` for images: statistics over H and W.

    Shapes: input (N, C, H, W) or (C, H, W) → the same.
    Errors: ValueError for another rank, for H·W = 1 where the input's own statistics are used, and with ``affine=True``
    for another C.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.InstanceNorm2d.html

    >>> import minitorch as torch
    >>> torch.nn.InstanceNorm2d(3)
    InstanceNorm2d(3, eps=1e-05, momentum=0.1, affine=False, bias=False, track_running_stats=False)
    """

    _ranks = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """`InstanceNorm1d` for volumes: statistics over D, H and W.

    Shapes: input (N, C, D, H, W) or (C, D, H, W) → the same.
    Errors: ValueError for another rank, for D·H·W = 1 where the input's own statistics are used, and with
    ``affine=True`` for another C.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.InstanceNorm3d.html

    >>> import minitorch as torch
    >>> torch.nn.InstanceNorm3d(3)(torch.zeros(2, 3, 2, 2, 2)).shape
    torch.Size([2, 3, 2, 2, 2])
    """

    _ranks = (4, 5)
