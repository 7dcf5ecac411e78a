"""Tensors from other libraries' arrays, and back, without a copy: `from_dlpack` and `to_dlpack`."""

from __future__ import annotations

from typing import Any

from .. import dlpack
from ..device import as_device, to_device
from ..dlpack import DLDeviceType
from ..tensor import Tensor, wrap

__all__ = ["DLDeviceType", "from_dlpack", "to_dlpack"]


def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """A tensor on the memory of another library's array (an object with ``__dlpack__``), or of a DLPack capsule.

    What one side writes, the other sees, and the memory lives as long as either. A tensor on memory that its owner
    declares read-only refuses to be changed in place. With `device`, it is moved there; with ``copy=True`` it is a
    copy, with ``copy=False`` the same memory or an error.

    Shapes: an array of any shape → the same.
    Errors: RuntimeError for a capsule that was read before, and for what is none; TypeError for a dtype that no tensor
    holds; ValueError for negative strides, and for ``copy=False`` where it would have to be a copy.

    Source: https://docs.pytorch.org/docs/stable/dlpack.html

    >>> import minitorch as torch, numpy as np
    >>> array = np.zeros(2)
    >>> torch.from_dlpack(array)[0] = 5
    >>> array
    array([5., 0.])
    """
    array = dlpack.take(ext_tensor, device, copy)
    return wrap(array if device is None else to_device(array, as_device(device)))


def to_dlpack(tensor: Tensor) -> Any:
    """The memory of `tensor` as a DLPack capsule, which `from_dlpack` of any library reads once.

    The object itself is mostly as good: libraries ask it for a capsule.

    Shapes: tensor of any shape.
    Errors: TypeError for what is no tensor.

    Source: https://docs.pytorch.org/docs/stable/dlpack.html

    >>> import minitorch as torch
    >>> capsule = torch.utils.dlpack.to_dlpack(torch.arange(3))
    >>> torch.utils.dlpack.from_dlpack(capsule)
    tensor([0, 1, 2])
    """
    if not isinstance(tensor, Tensor):
        raise TypeError(f"to_dlpack(): argument 'tensor' must be Tensor, not {type(tensor).__name__}")
    return dlpack.export(tensor._array, -1, None, None, None)
