"""Questions about a tensor, the parts that a real number has as well as a complex one, and Python functions of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import minitorch

from .. import ops
from ..device import is_pinned

if TYPE_CHECKING:
    from ..tensor import Tensor


class Inquiry:
    """Questions about a tensor, the parts that a real number has as well as a complex one, and Python functions of it."""

    is_sparse = is_quantized = is_mkldnn = is_meta = is_nested = False  # kinds of tensors that are not here

    def ndimension(self: Tensor) -> int:
        """The number of dimensions.

        Shapes: any shape.
        Errors: none of its own.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.ndimension.html

        >>> import minitorch as torch
        >>> torch.ones(2, 3).ndimension()
        2
        """
        return self.ndim

    def is_nonzero(self: Tensor) -> bool:
        """See `minitorch.is_nonzero`."""
        return bool(self)

    @property
    def is_cpu(self: Tensor) -> bool:
        """Whether its array lives in the CPU's memory.

        Shapes: any shape.
        Errors: none of its own.

        Source: https://docs.pytorch.org/docs/stable/tensors.html

        >>> import minitorch as torch
        >>> torch.ones(2).is_cpu
        True
        """
        return not self.is_cuda

    def is_pinned(self: Tensor, device: Any = None) -> bool:
        """Whether its memory is pinned, so that a GPU can fetch from it by itself: see `pin_memory`.

        Shapes: any shape.
        Errors: none of its own.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.is_pinned.html

        >>> import minitorch as torch
        >>> torch.ones(2).is_pinned()
        False
        """
        return is_pinned(self._array)

    def pin_memory(self: Tensor, device: Any = None) -> Tensor:
        """A copy in pinned memory, itself if it is pinned: ``to(device, non_blocking=True)`` need not wait for it.

        The copy is recorded.

        Shapes: any shape → the same.
        Errors: RuntimeError where there is no GPU, and for a tensor that is on one.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.pin_memory.html

        >>> import minitorch as torch
        >>> if torch.cuda.is_available():
        ...     assert torch.ones(2).pin_memory().is_pinned()
        """
        return self if self.is_pinned() else ops.elementwise.arithmetic.PinMemory()(self)

    def is_same_size(self: Tensor, other: Tensor) -> bool:
        """Whether `other` has the same shape.

        Shapes: any shapes.
        Errors: TypeError for an `other` that is no tensor.

        Source: PyTorch's `torch.Tensor.is_same_size`, which has no page.

        >>> import minitorch as torch
        >>> torch.ones(2, 3).is_same_size(torch.ones(3, 2))
        False
        """
        return minitorch.is_same_size(self, other)

    def is_inference(self: Tensor) -> bool:
        """Whether it was made in inference mode: see `minitorch.is_inference`."""
        return False

    def is_conj(self: Tensor) -> bool:
        """Always False: there are no complex tensors here.

        Shapes: any shape.
        Errors: none of its own.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.is_conj.html

        >>> import minitorch as torch
        >>> torch.ones(2).is_conj()
        False
        """
        return False

    def is_neg(self: Tensor) -> bool:
        """Always False: there are no complex tensors here.

        Shapes: any shape.
        Errors: none of its own.

        Source: PyTorch's `torch.Tensor.is_neg`, which has no page.

        >>> import minitorch as torch
        >>> (-torch.ones(2)).is_neg()
        False
        """
        return False

    @property
    def real(self: Tensor) -> Tensor:
        """The tensor itself: see `minitorch.real`."""
        return self

    @property
    def imag(self: Tensor) -> Tensor:
        """RuntimeError: see `minitorch.imag`."""
        return ops.imag(self)

    def conj(self: Tensor) -> Tensor:
        """The tensor itself: see `minitorch.conj`."""
        return self

    def conj_physical(self: Tensor) -> Tensor:
        """The tensor itself: see `minitorch.conj_physical`."""
        return self

    def conj_physical_(self: Tensor) -> Tensor:
        """The tensor itself: a real number is its own conjugate.

        Shapes: any shape → the tensor itself.
        Errors: none of its own.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.conj_physical_.html

        >>> import minitorch as torch
        >>> torch.tensor([1., -2.]).conj_physical_()
        tensor([ 1., -2.])
        """
        return self

    def resolve_conj(self: Tensor) -> Tensor:
        """The tensor itself: see `minitorch.resolve_conj`."""
        return self

    def resolve_neg(self: Tensor) -> Tensor:
        """The tensor itself: see `minitorch.resolve_neg`."""
        return self

    def angle(self: Tensor) -> Tensor:
        """See `minitorch.angle`."""
        return ops.angle(self)

    def apply_(self: Tensor, callable: Any) -> Tensor:
        """Overwrite each element with a Python function of it: slow, and for the CPU, without gradients.

        Shapes: any shape → the tensor itself.
        Errors: RuntimeError for a tensor that requires gradients; TypeError for what cannot be called.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.apply_.html

        >>> import minitorch as torch
        >>> torch.tensor([1., 2.]).apply_(lambda x: 10 * x)
        tensor([10., 20.])
        """
        if self.requires_grad:
            raise RuntimeError("Can't call apply_() on Variable that requires grad. Use var.detach().apply_() instead.")
        values = [callable(v) for v in self.flatten().tolist()]
        return self.copy_(self.new_tensor(values).reshape(self.shape))

    def map_(self: Tensor, tensor: Any, callable: Any) -> Tensor:
        """Overwrite each element with a Python function of it and of `tensor`'s, which broadcasts: slow, as `apply_`.

        Shapes: `tensor` of what broadcasts to the tensor → the tensor itself.
        Errors: TypeError for what is no tensor of the same dtype; RuntimeError for a shape that does not broadcast, and for
        tensors that require gradients.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.map_.html

        >>> import minitorch as torch
        >>> torch.tensor([1., 2.]).map_(torch.tensor([3., 4.]), lambda x, y: x * y)
        tensor([3., 8.])
        """
        ops.checks.tensor_argument("map_", tensor, "tensor")
        if tensor.dtype != self.dtype:
            raise TypeError(f"map_: expected a tensor of {self.dtype}, but got one of {tensor.dtype}")
        if self.requires_grad or tensor.requires_grad:
            raise RuntimeError("Can't call map_() on Variable that requires grad. Use var.detach().map_() instead.")
        others = tensor.expand(self.shape).flatten().tolist()
        values = [callable(v, w) for v, w in zip(self.flatten().tolist(), others, strict=True)]
        return self.copy_(self.new_tensor(values).reshape(self.shape))
