"""The same values in another dtype or on another device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from .. import ops
from ..device import CPU, as_device
from ..dtype import dtype
from ..to_arguments import parse_to, parse_type

if TYPE_CHECKING:
    from ..tensor import Tensor


class Moving:
    """The same values in another dtype or on another device."""

    def to(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """``to(dtype)``, ``to(device)``, ``to(device, dtype)`` or ``to(other)``; itself if nothing changes.

        `copy=True` always copies. With `non_blocking=True`, a copy from pinned memory (see `pin_memory`) to a GPU is made
        while the program goes on: later work on the GPU's same stream sees it, but the source must not be changed before
        the GPU has come so far. Other copies are complete, as far as the program can see, when this returns.

        Shapes: any shape → the same.
        Errors: TypeError for arguments that are none of these; NotImplementedError for `memory_format=torch.channels_last`;
        RuntimeError for a device of another kind than cpu and cuda; of a GPU, AssertionError without CuPy, RuntimeError if
        it is not there.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.to.html

        >>> import minitorch as torch
        >>> x = torch.tensor([1, 2])
        >>> x.to(torch.float32)
        tensor([1., 2.])
        >>> x.to("cpu") is x, x.to("cpu", copy=True) is x
        (True, False)
        """
        if len(args) == 1 and not kwargs and type(args[0]) is dtype:
            return self._cast(args[0].numpy)  # the usual case
        place, kind, copy, non_blocking = parse_to(args, kwargs)
        result = self if kind is None else self._cast(kind.numpy)
        if place is not None and place != result.device:
            result = ops.elementwise.arithmetic.ToDevice(place, non_blocking)(result)
        return ops.elementwise.arithmetic.Cast(self._array.dtype)(self) if copy and result is self else result

    def cuda(self: Tensor, device: Any = None, non_blocking: bool = False, memory_format: Any = None) -> Tensor:
        """A copy on a GPU, the current one unless `device` names another; itself if it is there.

        Shapes: any shape → the same.
        Errors: RuntimeError for a device that is no GPU, or not there; AssertionError without CuPy.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.cuda.html

        >>> import minitorch as torch
        >>> if torch.cuda.is_available():
        ...     assert torch.ones(2).cuda().is_cuda
        """
        place = as_device("cuda" if device is None else device)
        if place.type != "cuda":
            raise RuntimeError("Invalid device, must be cuda device")
        return self.to(place, non_blocking=non_blocking, memory_format=memory_format)

    def cpu(self: Tensor, memory_format: Any = None) -> Tensor:
        """A copy on the CPU; itself if it is there.

        Shapes: any shape → the same.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.cpu.html

        >>> import minitorch as torch
        >>> x = torch.ones(2)
        >>> x.cpu() is x
        True
        """
        return self.to(CPU, memory_format=memory_format)

    @overload
    def type(self: Tensor, dtype: None = None, non_blocking: bool = False) -> str: ...
    @overload
    def type(self: Tensor, dtype: Any, non_blocking: bool = False) -> Tensor: ...
    def type(self: Tensor, dtype: Any = None, non_blocking: bool = False) -> str | Tensor:
        """The name of its type, such as ``torch.FloatTensor``; with `dtype`, a conversion; itself if it is of that type.

        Besides a dtype it takes a tensor type such as `FloatTensor`, or its name. These say the device, too.

        Shapes: any shape → the same.
        Errors: ValueError for a type or a name that is none of tensors, such as `float`; TypeError for what is neither dtype
        nor type nor name; NotImplementedError for ``"torch.BFloat16Tensor"``; as in `to`, where there is no GPU.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.type.html

        >>> import minitorch as torch
        >>> torch.ones(2).type()
        'torch.FloatTensor'
        >>> torch.ones(2).type(torch.int64), torch.ones(2).type("torch.DoubleTensor")
        (tensor([1, 1]), tensor([1., 1.], dtype=torch.float64))
        """
        if dtype is None:
            prefix = "torch.cuda." if self.is_cuda else "torch."
            return f"{prefix}{self.dtype.type_name}Tensor"
        place, kind = parse_type(dtype)
        return self.to(self.device if place in (None, self.device.type) else place, kind, non_blocking)
