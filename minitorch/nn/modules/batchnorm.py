"""Batch normalisation.

Source: S. Ioffe and C. Szegedy, Batch Normalization, https://arxiv.org/abs/1502.03167
"""

from __future__ import annotations

from typing import Any

from ... import creation, from_data
from ...dtype import int64
from ...tensor import Tensor
from .. import functional as F
from .. import init
from ..parameter import Parameter
from .module import Module


class _BatchNorm(Module):
    _version = 2  # since then num_batches_tracked is part of the state
    _ranks: tuple[int, ...] = ()

    weight: Parameter | None
    bias: Parameter | None
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats

        def parameter(is_wanted: bool) -> Parameter | None:
            return Parameter(creation.empty(num_features, device=device, dtype=dtype)) if is_wanted else None

        self.register_parameter("weight", parameter(affine))
        self.register_parameter("bias", parameter(affine and bias))
        if track_running_stats:
            self.register_buffer("running_mean", creation.zeros(num_features, device=device, dtype=dtype))
            self.register_buffer("running_var", creation.ones(num_features, device=device, dtype=dtype))
            self.register_buffer("num_batches_tracked", from_data.tensor(0, dtype=int64, device=device))
        else:
            self.register_buffer("running_mean", None)
            self.register_buffer("running_var", None)
            self.register_buffer("num_batches_tracked", None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Forget the batches seen: mean 0, variance 1."""
        if self.track_running_stats:
            self.running_mean.zero_()  # type: ignore[union-attr]  # they are tracked
            self.running_var.fill_(1)  # type: ignore[union-attr]  # they are tracked
            self.num_batches_tracked.zero_()  # type: ignore[union-attr]  # they are tracked

    def reset_parameters(self) -> None:
        """Weight 1, bias 0, statistics forgotten."""
        self.reset_running_stats()
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """Normalise `input`, and in training take its statistics into the running ones."""
        if input.dim() not in self._ranks:
            ranks = " or ".join(f"{n}D" for n in self._ranks)
            raise ValueError(f"expected {ranks} input (got {input.dim()}D input)")
        weight, bias, mean, var, count = self._fetch(
            "weight", "bias", "running_mean", "running_var", "num_batches_tracked"
        )
        share = 0.0 if self.momentum is None else self.momentum  # of this batch in the running statistics
        if self.training and self.track_running_stats and count is not None:
            count.add_(1)
            if self.momentum is None:  # the plain mean over all batches
                share = 1.0 / float(count)
        uses_running = not self.training or self.track_running_stats
        return F.batch_norm(
            input,
            mean if uses_running else None,
            var if uses_running else None,
            weight,
            bias,
            self.training or (mean is None and var is None),
            share,
            self.eps,
        )

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )

    def _load_from_state_dict(
        self,
        state_dict: Any,
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        version = local_metadata.get("version")
        if (version is None or version < 2) and self.track_running_stats:
            own = self.num_batches_tracked if self.num_batches_tracked is not None else from_data.tensor(0, dtype=int64)
            state_dict.setdefault(prefix + "num_batches_tracked", own)
        super()._load_from_state_dict(
            state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        )

    def _explain_failure(self, *args: Any, **kwargs: Any) -> str:
        x = args[0] if args else kwargs.get("input")
        if not isinstance(x, Tensor) or x.ndim < 2:
            return ""
        if x.ndim in self._ranks and x.shape[1] != self.num_features:
            return f"the layer normalises {self.num_features} channels (dimension 1) and got {x.shape[1]}"
        if self.training and x.numel() == x.shape[1]:
            return "one value per channel has no variance: use a larger batch, or .eval()"
        return ""


class BatchNorm1d(_BatchNorm):
    """y = (x − mean)/√(var + eps)·weight + bias, per feature, with statistics over all else.

    In training, mean and (biased) variance are the batch's, and the running ones follow: running ← (1 − momentum)·
    running + momentum·batch, with the unbiased variance; ``momentum=None`` takes the mean over all batches. In
    evaluation the running ones are used. ``affine=False``: no weight and bias. ``track_running_stats=False``: always
    the batch's.

    Shapes: input (N, C) or (N, C, L) → the same; weight, bias, running_mean and running_var (C).
    Errors: ValueError for another rank, and in training for a single value per channel; RuntimeError for another C.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm1d.html

    >>> import minitorch as torch
    >>> torch.nn.BatchNorm1d(1)(torch.tensor([[-1.], [1.]]))
    tensor([[-1.0000],
            [ 1.0000]], grad_fn=<NativeBatchNormBackward0>)
    """

    _ranks = (2, 3)


class BatchNorm2d(_BatchNorm):
    """`BatchNorm1d` for images: statistics per channel, over N, H and W.

    Shapes: input (N, C, H, W) → the same; weight, bias, running_mean and running_var (C).
    Errors: ValueError for another rank, and in training for a single value per channel; RuntimeError for another C.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html

    >>> import minitorch as torch
    >>> torch.nn.BatchNorm2d(3)
    BatchNorm2d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
    """

    _ranks = (4,)


class BatchNorm3d(_BatchNorm):
    """`BatchNorm1d` for volumes: statistics per channel, over all else.

    Shapes: input (N, C, D, H, W) → the same; weight, bias, running_mean and running_var (C).
    Errors: ValueError for another rank, and in training for a single value per channel; RuntimeError for another C.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm3d.html

    >>> import minitorch as torch
    >>> torch.nn.BatchNorm3d(3)(torch.ones(2, 3, 1, 2, 2)).shape
    torch.Size([2, 3, 1, 2, 2])
    """

    _ranks = (5,)
