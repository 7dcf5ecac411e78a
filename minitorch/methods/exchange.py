"""What other libraries, Python's copies and other processes ask of a tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import copies
from ..device import device_of

if TYPE_CHECKING:
    from ..tensor import Tensor


class Exchange:
    """What other libraries, Python's copies and other processes ask of a tensor."""

    __array_priority__ = 1000  # ndarray * Tensor asks Tensor first

    # ---- NumPy -----------------------------------------------------------------------------------------------------

    def __array__(self: Tensor, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = self.numpy()
        if dtype is not None and array.dtype != dtype:
            if copy is False:
                raise ValueError(
                    f"Unable to avoid copy while creating an array as requested: the tensor is {self.dtype}, the array "
                    f"would be {np.dtype(dtype)}"
                )
            return array.astype(dtype)
        return array.copy() if copy else array

    def __array_wrap__(self: Tensor, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        # NumPy's functions give Tensors for Tensors; of booleans, as PyTorch has it, uint8 ones.
        from ..from_data import from_numpy

        return from_numpy(np.asarray(array.astype(np.uint8) if array.dtype == bool else array))

    # ---- other libraries -------------------------------------------------------------------------------------------

    @property
    def __cuda_array_interface__(self: Tensor) -> dict[str, Any]:
        """CUDA Array Interface, version 3: address, shape, strides, dtype and stream. AttributeError on the CPU.

        Source: https://numba.readthedocs.io/en/stable/cuda/cuda_array_interface.html
        """
        if isinstance(self._array, np.ndarray):
            raise AttributeError(
                f"Can't get __cuda_array_interface__ on non-CUDA tensor type: {self.type()} If CUDA data is required use "
                "tensor.cuda() to copy tensor to device memory."
            )
        if self.requires_grad:
            raise RuntimeError(
                "Can't get __cuda_array_interface__ on Variable that requires grad. If gradients aren't required, use "
                "var.detach() to get Variable that doesn't require grad."
            )
        return self._array.__cuda_array_interface__

    def __dlpack__(
        self: Tensor, *, stream: Any = -1, max_version: Any = None, dl_device: Any = None, copy: bool | None = None
    ) -> Any:
        """A DLPack capsule on this tensor's memory; other libraries' `from_dlpack` asks for it.

        BufferError for a tensor that requires a gradient.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.__dlpack__.html
        """
        from ..dlpack import export

        if self.requires_grad:
            raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
        return export(self._array, stream, max_version, dl_device, copy)

    def __dlpack_device__(self: Tensor) -> tuple[Any, int]:
        """The kind and number of its device, in DLPack's numbers."""
        from ..dlpack import device_numbers

        return device_numbers(self._array)

    # ---- copies ----------------------------------------------------------------------------------------------------

    def __copy__(self: Tensor) -> Tensor:
        return copies.shallow(self)

    def __deepcopy__(self: Tensor, memo: dict[Any, Any]) -> Tensor:
        return copies.deep(self, memo)

    def __reduce_ex__(self: Tensor, protocol: Any) -> Any:
        return copies.reduced(self)

    # ---- other processes -------------------------------------------------------------------------------------------

    def share_memory_(self: Tensor) -> Tensor:
        """Move its values, in place, into memory that other processes can share; views of it move along.

        Processes forked off afterwards, and those that get it through `minitorch.multiprocessing`, write into the same
        memory. NumPy arrays made of it before stay behind. Nothing to do on a GPU.

        Shapes: any shape → the tensor itself.
        Errors: none of its own.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.share_memory_.html

        >>> import minitorch as torch
        >>> torch.zeros(2).share_memory_()
        tensor([0., 0.])
        """
        if device_of(self._array).type == "cpu":
            from ..multiprocessing.memory import share

            share(self)
        return self

    def is_shared(self: Tensor) -> bool:
        """Whether it lies in memory that other processes can share (always on a GPU).

        Shapes: any shape.
        Errors: none of its own.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.is_shared.html

        >>> import minitorch as torch
        >>> torch.zeros(2).is_shared(), torch.zeros(2).share_memory_().is_shared()
        (False, True)
        """
        if device_of(self._array).type != "cpu":
            return True
        from ..multiprocessing.memory import shared_owner

        return shared_owner(self._array) is not None
