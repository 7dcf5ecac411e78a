"""What a tensor tells of itself: its shape, its number format, where and how its elements lie in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

import numpy as np

from .. import ops
from ..device import CPU, device, device_of
from ..dtype import dtype, from_numpy_dtype
from ..size import Size, size_of

if TYPE_CHECKING:
    from ..tensor import Tensor


class Description:
    """What a tensor tells of itself: its shape, its number format, where and how its elements lie in memory."""

    @property
    def shape(self: Tensor) -> Size:
        """The sizes of its dimensions.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.shape.html

        >>> import minitorch as torch
        >>> torch.ones(2, 3).shape
        torch.Size([2, 3])
        """
        return size_of(self._array.shape)

    @overload
    def size(self: Tensor, dim: None = None) -> Size: ...
    @overload
    def size(self: Tensor, dim: int) -> int: ...
    def size(self: Tensor, dim: int | None = None) -> Size | int:
        """The shape, or the size of dimension `dim`.

        Shapes: any shape.
        Errors: IndexError for a dimension that it has not.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.size.html

        >>> import minitorch as torch
        >>> torch.ones(2, 3).size(), torch.ones(2, 3).size(-1)
        (torch.Size([2, 3]), 3)
        """
        if dim is None:
            return size_of(self._array.shape)
        return self._array.shape[ops.checks.normalize_dim(dim, self._array.ndim)]

    @property
    def ndim(self: Tensor) -> int:
        """The number of dimensions.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.ndim.html

        >>> import minitorch as torch
        >>> torch.ones(2, 3).ndim, torch.tensor(1.).ndim
        (2, 0)
        """
        return self._array.ndim

    def dim(self: Tensor) -> int:
        """The number of dimensions.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.dim.html

        >>> import minitorch as torch
        >>> torch.ones(2, 3).dim()
        2
        """
        return self._array.ndim

    def numel(self: Tensor) -> int:
        """The number of elements: see `minitorch.numel`."""
        return self._array.size

    nelement = numel

    def element_size(self: Tensor) -> int:
        """Bytes per element.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.element_size.html

        >>> import minitorch as torch
        >>> torch.zeros(2, 3).element_size()
        4
        """
        return self._array.itemsize

    @property
    def itemsize(self: Tensor) -> int:
        """Bytes per element.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.itemsize.html

        >>> import minitorch as torch
        >>> torch.zeros(2, 3).itemsize
        4
        """
        return self._array.itemsize

    @property
    def nbytes(self: Tensor) -> int:
        """Bytes of all elements.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.nbytes.html

        >>> import minitorch as torch
        >>> torch.zeros(2, 3).nbytes
        24
        """
        return self._array.nbytes

    @property
    def dtype(self: Tensor) -> dtype:
        """The number format of its elements.

        Source: https://docs.pytorch.org/docs/stable/tensor_attributes.html

        >>> import minitorch as torch
        >>> torch.tensor([1, 2]).dtype, torch.tensor([1., 2.]).dtype
        (torch.int64, torch.float32)
        """
        return from_numpy_dtype(self._array.dtype)

    @property
    def device(self: Tensor) -> device:
        """Where its array lives.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.device.html

        >>> import minitorch as torch
        >>> torch.ones(2).device
        device(type='cpu')
        """
        return device_of(self._array)

    @property
    def is_cuda(self: Tensor) -> bool:
        """Whether its array lives on a GPU.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.is_cuda.html

        >>> import minitorch as torch
        >>> torch.ones(2).is_cuda
        False
        """
        return self.device.type == "cuda"

    @property
    def layout(self: Tensor) -> str:
        """Always ``torch.strided``: there are no sparse tensors here.

        Source: https://docs.pytorch.org/docs/stable/tensor_attributes.html

        >>> import minitorch as torch
        >>> torch.ones(2).layout
        'torch.strided'
        """
        return "torch.strided"

    def get_device(self: Tensor) -> int:
        """The GPU's number, -1 on the CPU: see `minitorch.get_device`."""
        return -1 if self.device is CPU else (self.device.index or 0)

    def is_floating_point(self: Tensor) -> bool:
        """Whether its dtype is floating: see `minitorch.is_floating_point`."""
        return self._array.dtype.kind == "f"

    def is_complex(self: Tensor) -> bool:
        """Always False, there are no complex tensors here: see `minitorch.is_complex`."""
        return False

    def is_signed(self: Tensor) -> bool:
        """Whether its dtype has negative numbers: see `minitorch.is_signed`."""
        return self._array.dtype.kind in "fi"

    @overload
    def stride(self: Tensor, dim: None = None) -> tuple[int, ...]: ...
    @overload
    def stride(self: Tensor, dim: int) -> int: ...
    def stride(self: Tensor, dim: int | None = None) -> tuple[int, ...] | int:
        """Steps in memory between neighbours, in elements, for all dimensions or for `dim`.

        Shapes: any shape.
        Errors: IndexError for a dimension that it has not.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.stride.html

        >>> import minitorch as torch
        >>> x = torch.ones(2, 3)
        >>> x.stride(), x.t().stride(), x.stride(0)
        ((3, 1), (1, 3), 3)
        """
        steps = tuple(s // self._array.itemsize for s in self._array.strides)
        return steps if dim is None else steps[ops.checks.normalize_dim(dim, self._array.ndim)]

    def is_contiguous(self: Tensor) -> bool:
        """Whether its elements lie in memory in reading order without gaps.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.is_contiguous.html

        >>> import minitorch as torch
        >>> x = torch.ones(2, 3)
        >>> x.is_contiguous(), x.t().is_contiguous()
        (True, False)
        """
        return bool(self._array.flags.c_contiguous)

    def data_ptr(self: Tensor) -> int:
        """The address of its first element.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.data_ptr.html

        >>> import minitorch as torch
        >>> x = torch.ones(3)  # float32: 4 bytes an element
        >>> x[1:].data_ptr() - x.data_ptr()
        4
        """
        array = self._array
        return array.ctypes.data if isinstance(array, np.ndarray) else array.data.ptr

    def storage_offset(self: Tensor) -> int:
        """Elements between the start of the memory it shares and its first element.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.storage_offset.html

        >>> import minitorch as torch
        >>> torch.ones(2, 3)[1:].storage_offset()
        3
        """
        if self._base is None:
            return 0
        return (self.data_ptr() - self._base.data_ptr()) // self._array.itemsize
