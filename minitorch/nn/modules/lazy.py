"""Layers that learn from their first input how many channels or features it has, and then become ordinary layers.

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.modules.lazy.LazyModuleMixin.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import from_data
from ...autograd.grad_mode import no_grad
from ...dtype import int64
from ...tensor import Tensor
from ..parameter import Parameter, UninitializedBuffer, UninitializedParameter, is_lazy
from .batchnorm import BatchNorm1d, BatchNorm2d, BatchNorm3d
from .conv import Conv2d
from .conv_nd import Conv1d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from .linear import Linear
from .normalization import InstanceNorm1d, InstanceNorm2d, InstanceNorm3d

__all__ = [
    "LazyBatchNorm1d", "LazyBatchNorm2d", "LazyBatchNorm3d", "LazyConv1d", "LazyConv2d", "LazyConv3d",
    "LazyConvTranspose1d", "LazyConvTranspose2d", "LazyConvTranspose3d", "LazyInstanceNorm1d", "LazyInstanceNorm2d",
    "LazyInstanceNorm3d", "LazyLinear",
]  # fmt: skip


if TYPE_CHECKING:
    from .module import Module as _Layer
else:
    _Layer = object  # at run time the layer comes from the class it is mixed into


class LazyModuleMixin(_Layer):
    """The part of a lazy layer that waits for its first input. `cls_to_become` is the layer it turns into then.

    A layer says in ``initialize_parameters(*args)`` how it fills its parameters in. Until then its parameters are
    UninitializedParameters, which a state dict can hold and which take the shapes of those that are loaded.
    """

    cls_to_become: Any = None
    _size_name: str

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._load_hook = self._register_load_state_dict_pre_hook(self._lazy_load_hook)
        self._initialize_hook = self.register_forward_pre_hook(self._infer_parameters, with_kwargs=True)

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        """Give the parameters the shapes that the input asks for. Written by each layer."""
        raise NotImplementedError(f"initialize_parameters is not implemented for {type(self).__name__}")

    def has_uninitialized_params(self) -> bool:
        """Whether some parameter or buffer still waits for its shape."""
        return any(is_lazy(t) for table in (self._parameters, self._buffers) for t in table.values())

    def reset_parameters(self) -> None:
        """Draw new weights, if there are any yet."""
        if not self.has_uninitialized_params() and self._size() != 0:
            super().reset_parameters()  # type: ignore[misc]  # the layer's

    def _size(self) -> int:
        """How many features or channels the input has; 0 before there was one."""
        return getattr(self, self._size_name)

    def _lazy_load_hook(
        self, state_dict: Any, prefix: str, local_metadata: Any, strict: bool, missing: Any, unexpected: Any, errors: Any
    ) -> None:
        """What waits for a shape takes that of the tensor to be loaded."""
        for table in (self._parameters, self._buffers):
            own: Any
            for name, own in table.items():
                given = state_dict.get(prefix + name)
                if is_lazy(own) and given is not None and not is_lazy(given):
                    with no_grad():
                        own.materialize(given.shape)

    def _infer_parameters(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any] | None = None) -> None:
        """Before the first forward: fill the parameters in, and become the ordinary layer."""
        module.initialize_parameters(*args, **(kwargs or {}))
        if module.has_uninitialized_params():
            raise RuntimeError(f"module {type(self).__name__} has not been fully initialized")
        module._initialize_hook.remove()
        module._load_hook.remove()
        del module._initialize_hook, module._load_hook
        if module.cls_to_become is not None:
            module.__class__ = module.cls_to_become

    def _explain_failure(self, *args: Any, **kwargs: Any) -> str:
        return ""


class LazyLinear(LazyModuleMixin, Linear):
    """`Linear` whose in_features is the size of the first input's last dimension.

    Shapes: input (…, in_features) → (…, out_features).
    Errors: IndexError for a 0-d first input; RuntimeError for the shape of its weight before that, ValueError for
    computing with it; then as `Linear`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyLinear.html

    >>> import minitorch as torch
    >>> layer = torch.nn.LazyLinear(2)
    >>> layer(torch.zeros(5, 3)).shape
    torch.Size([5, 2])
    >>> layer
    Linear(in_features=3, out_features=2, bias=True)
    """

    cls_to_become = Linear
    _size_name = "in_features"

    def __init__(self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        super().__init__(0, 0, False)
        self.weight: UninitializedParameter = UninitializedParameter(device=device, dtype=dtype)
        self.out_features = out_features
        if bias:
            self.bias: UninitializedParameter = UninitializedParameter(device=device, dtype=dtype)

    def initialize_parameters(self, input: Tensor) -> None:
        """Shapes by the input's last dimension."""
        if self.has_uninitialized_params():
            with no_grad():
                self.in_features = input.shape[-1]
                self.weight.materialize((self.out_features, self.in_features))
                if self.bias is not None:
                    self.bias.materialize((self.out_features,))
                self.reset_parameters()
        if self.in_features == 0:  # the weights were loaded
            self.in_features: int = input.shape[-1]


class _LazyConv(LazyModuleMixin):
    weight: Parameter
    bias: Parameter | None
    in_channels: int
    out_channels: int
    kernel_size: Any
    groups: int
    _size_name = "in_channels"
    _transposed = False

    def __init__(
        self, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1,
        bias: bool = True, padding_mode: str = "zeros", device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(0, 0, kernel_size, stride, padding, dilation, groups, False, padding_mode)
        self._wait(out_channels, bias, device, dtype)

    def _wait(self, out_channels: int, bias: bool, device: Any, dtype: Any) -> None:
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        self.out_channels = out_channels
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def initialize_parameters(self, input: Tensor, *args: Any, **kwargs: Any) -> None:
        """Shapes by the input's channels."""
        if not self.has_uninitialized_params() and self.in_channels != 0:
            return
        rank = len(self.kernel_size)
        if input.dim() not in (rank + 1, rank + 2):
            raise RuntimeError(
                f"Expected {rank + 1}D (unbatched) or {rank + 2}D (batched) input to {type(self).__name__}, but got "
                f"input of size: {input.shape}"
            )
        self.in_channels = input.shape[-rank - 1]
        if self.in_channels % self.groups != 0:
            raise ValueError("in_channels must be divisible by groups")
        if not self.has_uninitialized_params():  # the weights were loaded
            return
        first, second = self.out_channels, self.in_channels
        if self._transposed:
            first, second = second, first
        with no_grad():
            # It waits for a shape.
            self.weight.materialize((first, second // self.groups, *self.kernel_size))  # type: ignore[attr-defined]
            if self.bias is not None:
                self.bias.materialize((self.out_channels,))  # type: ignore[attr-defined]  # it waits for a shape
            self.reset_parameters()


class _LazyConvTranspose(_LazyConv):
    _transposed = True

    def __init__(
        self, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
        groups: int = 1, bias: bool = True, dilation: Any = 1, padding_mode: str = "zeros", device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        LazyModuleMixin.__init__(
            self, 0, 0, kernel_size, stride, padding, output_padding, groups, False, dilation, padding_mode
        )
        self._wait(out_channels, bias, device, dtype)


class LazyConv1d(_LazyConv, Conv1d):
    """`Conv1d` whose in_channels is that of its first input.

    Shapes: input (N, C, L) or (C, L) → (N, O, L_out) or (O, L_out).
    Errors: RuntimeError for a first input of another rank, ValueError if `groups` does not divide its channels; then as
    `Conv1d`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyConv1d.html

    >>> import minitorch as torch
    >>> torch.nn.LazyConv1d(2, 3)(torch.zeros(5, 4, 8)).shape
    torch.Size([5, 2, 6])
    """

    cls_to_become = Conv1d


class LazyConv2d(_LazyConv, Conv2d):
    """`Conv2d` whose in_channels is that of its first input.

    Shapes: input (N, C, H, W) or (C, H, W) → (N, O, H_out, W_out) or (O, H_out, W_out).
    Errors: RuntimeError for a first input of another rank, ValueError if `groups` does not divide its channels; then as
    `Conv2d`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyConv2d.html

    >>> import minitorch as torch
    >>> layer = torch.nn.LazyConv2d(2, 3)
    >>> layer(torch.zeros(1, 4, 8, 8)).shape
    torch.Size([1, 2, 6, 6])
    >>> layer
    Conv2d(4, 2, kernel_size=(3, 3), stride=(1, 1))
    """

    cls_to_become = Conv2d


class LazyConv3d(_LazyConv, Conv3d):
    """`Conv3d` whose in_channels is that of its first input.

    Shapes: input (N, C, D, H, W) or (C, D, H, W) → (N, O, D_out, H_out, W_out), or without N.
    Errors: RuntimeError for a first input of another rank, ValueError if `groups` does not divide its channels; then as
    `Conv3d`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyConv3d.html

    >>> import minitorch as torch
    >>> torch.nn.LazyConv3d(2, 3)(torch.zeros(1, 4, 3, 3, 3)).shape
    torch.Size([1, 2, 1, 1, 1])
    """

    cls_to_become = Conv3d


class LazyConvTranspose1d(_LazyConvTranspose, ConvTranspose1d):
    """`ConvTranspose1d` whose in_channels is that of its first input.

    Shapes: input (N, C, L) or (C, L) → (N, O, L_out) or (O, L_out).
    Errors: RuntimeError for a first input of another rank, ValueError if `groups` does not divide its channels; then as
    `ConvTranspose1d`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyConvTranspose1d.html

    >>> import minitorch as torch
    >>> torch.nn.LazyConvTranspose1d(2, 3)(torch.zeros(5, 4, 8)).shape
    torch.Size([5, 2, 10])
    """

    cls_to_become = ConvTranspose1d


class LazyConvTranspose2d(_LazyConvTranspose, ConvTranspose2d):
    """`ConvTranspose2d` whose in_channels is that of its first input.

    Shapes: input (N, C, H, W) or (C, H, W) → (N, O, H_out, W_out) or (O, H_out, W_out).
    Errors: RuntimeError for a first input of another rank, ValueError if `groups` does not divide its channels; then as
    `ConvTranspose2d`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyConvTranspose2d.html

    >>> import minitorch as torch
    >>> torch.nn.LazyConvTranspose2d(2, 2, stride=2)(torch.zeros(5, 4, 3, 3)).shape
    torch.Size([5, 2, 6, 6])
    """

    cls_to_become = ConvTranspose2d


class LazyConvTranspose3d(_LazyConvTranspose, ConvTranspose3d):
    """`ConvTranspose3d` whose in_channels is that of its first input.

    Shapes: input (N, C, D, H, W) or (C, D, H, W) → (N, O, D_out, H_out, W_out), or without N.
    Errors: RuntimeError for a first input of another rank, ValueError if `groups` does not divide its channels; then as
    `ConvTranspose3d`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyConvTranspose3d.html

    >>> import minitorch as torch
    >>> torch.nn.LazyConvTranspose3d(2, 2)(torch.zeros(1, 4, 2, 2, 2)).shape
    torch.Size([1, 2, 3, 3, 3])
    """

    cls_to_become = ConvTranspose3d


class _LazyNorm(LazyModuleMixin):
    weight: Parameter | None
    bias: Parameter | None
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None
    num_features: int
    _size_name = "num_features"

    def __init__(
        self, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True, track_running_stats: bool = True,
        device: Any = None, dtype: Any = None, *, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(0, eps, momentum, False, False)
        self.affine = affine
        self.track_running_stats = track_running_stats
        if affine:
            self.weight = UninitializedParameter(device=device, dtype=dtype)
            if bias:
                self.bias = UninitializedParameter(device=device, dtype=dtype)
        if track_running_stats:
            self.running_mean = UninitializedBuffer(device=device, dtype=dtype)
            self.running_var = UninitializedBuffer(device=device, dtype=dtype)
            self.num_batches_tracked = from_data.tensor(0, dtype=int64, device=device)

    def initialize_parameters(self, input: Tensor) -> None:
        """Shapes by the input's channels."""
        if self.has_uninitialized_params():
            self.num_features = input.shape[1]
            for table in (self._parameters, self._buffers):
                t: Any
                for t in table.values():
                    if is_lazy(t):
                        t.materialize((self.num_features,))
            self.reset_parameters()
        if self.num_features == 0:  # the weights were loaded
            self.num_features = input.shape[1]

    def reset_running_stats(self) -> None:
        """Forget the batches seen, if there may have been any."""
        if not self.has_uninitialized_params() and self.num_features != 0:
            super().reset_running_stats()  # type: ignore[misc]  # the layer's


class LazyBatchNorm1d(_LazyNorm, BatchNorm1d):
    """`BatchNorm1d` whose num_features is the number of channels of its first input.

    Shapes: input (N, C) or (N, C, L) → the same.
    Errors: IndexError for a first input without channels; ValueError for another rank; then as `BatchNorm1d`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyBatchNorm1d.html

    >>> import minitorch as torch
    >>> torch.nn.LazyBatchNorm1d()(torch.ones(2, 3, 4)).shape
    torch.Size([2, 3, 4])
    """

    cls_to_become = BatchNorm1d


class LazyBatchNorm2d(_LazyNorm, BatchNorm2d):
    """`BatchNorm2d` whose num_features is the number of channels of its first input.

    Shapes: input (N, C, H, W) → the same.
    Errors: IndexError for a first input without channels; ValueError for another rank; then as `BatchNorm2d`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyBatchNorm2d.html

    >>> import minitorch as torch
    >>> torch.nn.LazyBatchNorm2d()(torch.ones(2, 3, 4, 4)).shape
    torch.Size([2, 3, 4, 4])
    """

    cls_to_become = BatchNorm2d


class LazyBatchNorm3d(_LazyNorm, BatchNorm3d):
    """`BatchNorm3d` whose num_features is the number of channels of its first input.

    Shapes: input (N, C, D, H, W) → the same.
    Errors: IndexError for a first input without channels; ValueError for another rank; then as `BatchNorm3d`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyBatchNorm3d.html

    >>> import minitorch as torch
    >>> torch.nn.LazyBatchNorm3d()(torch.ones(2, 3, 2, 2, 2)).shape
    torch.Size([2, 3, 2, 2, 2])
    """

    cls_to_become = BatchNorm3d


class LazyInstanceNorm1d(_LazyNorm, InstanceNorm1d):
    """`InstanceNorm1d` whose num_features is the number of channels of its first input.

    Shapes: input (N, C, L) → the same.
    Errors: IndexError for a first input without channels; ValueError for another rank; then as `InstanceNorm1d`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyInstanceNorm1d.html

    >>> import minitorch as torch
    >>> torch.nn.LazyInstanceNorm1d()(torch.ones(2, 3, 4)).shape
    torch.Size([2, 3, 4])
    """

    cls_to_become = InstanceNorm1d


class LazyInstanceNorm2d(_LazyNorm, InstanceNorm2d):
    """`InstanceNorm2d` whose num_features is the number of channels of its first input.

    Shapes: input (N, C, H, W) → the same.
    Errors: IndexError for a first input without channels; ValueError for another rank; then as `InstanceNorm2d`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyInstanceNorm2d.html

    >>> import minitorch as torch
    >>> torch.nn.LazyInstanceNorm2d()(torch.ones(2, 3, 4, 4)).shape
    torch.Size([2, 3, 4, 4])
    """

    cls_to_become = InstanceNorm2d


class LazyInstanceNorm3d(_LazyNorm, InstanceNorm3d):
    """`InstanceNorm3d` whose num_features is the number of channels of its first input.

    Shapes: input (N, C, D, H, W) → the same.
    Errors: IndexError for a first input without channels; ValueError for another rank; then as `InstanceNorm3d`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyInstanceNorm3d.html

    >>> import minitorch as torch
    >>> torch.nn.LazyInstanceNorm3d()(torch.ones(2, 3, 2, 2, 2)).shape
    torch.Size([2, 3, 2, 2, 2])
    """

    cls_to_become = InstanceNorm3d
