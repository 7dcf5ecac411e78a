"""Shapes, joining and repetition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import autograd, ops

if TYPE_CHECKING:
    from ..tensor import Tensor


class Shape:
    """Shapes, joining and repetition."""

    def reshape(self: Tensor, *shape: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.reshape`."""
        return ops.reshape(self, *shape, **kwargs)

    def view(self: Tensor, *shape: Any, size: Sequence[int] | None = None, dtype: Any = None) -> Tensor:
        """See `minitorch.view`."""
        return ops.view(self, *(shape or (dtype if size is None else size,)))

    def permute(self: Tensor, *dims: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.permute`."""
        return ops.permute(self, *dims, **kwargs)

    def expand(self: Tensor, *size: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.expand`."""
        return ops.expand(self, *size, **kwargs)

    def repeat(self: Tensor, *repeats: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.repeat`."""
        return ops.repeat(self, *repeats, **kwargs)

    def tile(self: Tensor, *dims: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.tile`."""
        return ops.tile(self, *dims, **kwargs)

    def flatten(self: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
        """See `minitorch.flatten`."""
        return ops.flatten(self, start_dim, end_dim)

    def unflatten(self: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
        """See `minitorch.unflatten`."""
        return ops.unflatten(self, dim, sizes)

    def squeeze(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.squeeze`."""
        return ops.squeeze(self, *args, **kwargs)

    def unsqueeze(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.unsqueeze`."""
        return ops.unsqueeze(self, *args, **kwargs)

    def transpose(self: Tensor, dim0: int, dim1: int) -> Tensor:
        """See `minitorch.transpose`."""
        return ops.transpose(self, dim0, dim1)

    def swapaxes(self: Tensor, axis0: int, axis1: int) -> Tensor:
        """See `minitorch.transpose`."""
        return ops.transpose(self, axis0, axis1)

    def swapdims(self: Tensor, dim0: int, dim1: int) -> Tensor:
        """See `minitorch.transpose`."""
        return ops.transpose(self, dim0, dim1)

    def movedim(self: Tensor, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
        """See `minitorch.movedim`."""
        return ops.movedim(self, source, destination)

    def moveaxis(self: Tensor, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
        """See `minitorch.moveaxis`."""
        return ops.moveaxis(self, source, destination)

    def ravel(self: Tensor) -> Tensor:
        """See `minitorch.ravel`."""
        return ops.ravel(self)

    def t(self: Tensor) -> Tensor:
        """See `minitorch.t`."""
        return ops.t(self)

    @property
    def T(self: Tensor) -> Tensor:
        """The dimensions in reverse order.

        Shapes: (A, B, …, Z) → (Z, …, B, A).
        Errors: none of its own.

        Source: https://docs.pytorch.org/docs/stable/tensors.html#torch.Tensor.T

        >>> import minitorch as torch
        >>> torch.ones(2, 3).T.shape
        torch.Size([3, 2])
        """
        return ops.permute(self, *reversed(range(self.ndim)))

    @property
    def mT(self: Tensor) -> Tensor:
        """The last two dimensions exchanged.

        Shapes: (…, H, W) → (…, W, H).
        Errors: RuntimeError for fewer than two dimensions.

        Source: https://docs.pytorch.org/docs/stable/tensors.html#torch.Tensor.mT

        >>> import minitorch as torch
        >>> torch.ones(5, 2, 3).mT.shape
        torch.Size([5, 3, 2])
        """
        return ops.shape.shape.matrix_transpose("mT", self)

    @property
    def mH(self: Tensor) -> Tensor:
        """The last two dimensions exchanged (there are no complex numbers to conjugate here).

        Shapes: (…, H, W) → (…, W, H).
        Errors: RuntimeError for fewer than two dimensions.

        Source: https://docs.pytorch.org/docs/stable/tensors.html#torch.Tensor.mH

        >>> import minitorch as torch
        >>> torch.ones(5, 2, 3).mH.shape
        torch.Size([5, 3, 2])
        """
        return ops.shape.shape.matrix_transpose("mH", self)

    @property
    def H(self: Tensor) -> Tensor:
        """The transpose of a matrix (there are no complex numbers to conjugate here).

        Shapes: (H, W) → (W, H), or ().
        Errors: RuntimeError for another rank.

        Source: https://docs.pytorch.org/docs/stable/tensors.html#torch.Tensor.H

        >>> import minitorch as torch
        >>> torch.ones(2, 3).H.shape
        torch.Size([3, 2])
        """
        if self.ndim not in (0, 2):
            raise RuntimeError(f"tensor.H is only supported on matrices (2-D tensors). Got {self.ndim}-D tensor.")
        return ops.shape.shape.matrix_transpose("H", self)

    def adjoint(self: Tensor) -> Tensor:
        """See `minitorch.adjoint`."""
        return ops.adjoint(self)

    def broadcast_to(self: Tensor, *size: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.broadcast_to`."""
        return ops.broadcast_to(self, *size, **kwargs)

    def expand_as(self: Tensor, other: Tensor) -> Tensor:
        """See `minitorch.Tensor.expand`."""
        return ops.expand_as(self, other)

    def view_as(self: Tensor, other: Tensor) -> Tensor:
        """See `minitorch.Tensor.view`."""
        return ops.view_as(self, other)

    def reshape_as(self: Tensor, other: Tensor) -> Tensor:
        """See `minitorch.reshape`."""
        return ops.reshape_as(self, other)

    def split(self: Tensor, split_size: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
        """See `minitorch.split`."""
        return ops.split(self, split_size, dim)

    def chunk(self: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, ...]:
        """See `minitorch.chunk`."""
        return ops.chunk(self, *args, **kwargs)

    def split_with_sizes(self: Tensor, split_sizes: Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
        """See `minitorch.split_with_sizes`."""
        return ops.split_with_sizes(self, split_sizes, dim)

    def sum_to_size(self: Tensor, *size: Any) -> Tensor:
        """Summed to a shape that broadcasts to its own.

        Shapes: any shape → `size`.
        Errors: RuntimeError for a size that does not broadcast to it.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.sum_to_size.html

        >>> import minitorch as torch
        >>> torch.ones(2, 3).sum_to_size(1, 3)
        tensor([[2., 2., 2.]])
        """
        return ops.reduction.summaries.sum_to_size(self, *size)

    def unbind(self: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, ...]:
        """See `minitorch.unbind`."""
        return ops.unbind(self, *args, **kwargs)

    def narrow(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.narrow`."""
        return ops.narrow(self, *args, **kwargs)

    def select(self: Tensor, dim: int, index: int) -> Tensor:
        """See `minitorch.select`."""
        return ops.select(self, dim, index)

    def flip(self: Tensor, *dims: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.flip`."""
        return ops.flip(self, *dims, **kwargs)

    def roll(self: Tensor, shifts: int | Sequence[int], dims: int | Sequence[int] | None = None) -> Tensor:
        """See `minitorch.roll`."""
        return ops.roll(self, shifts, dims)

    def as_strided(
        self: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None
    ) -> Tensor:
        """See `minitorch.as_strided`."""
        return ops.as_strided(self, size, stride, storage_offset)

    def diag(self: Tensor, diagonal: int = 0) -> Tensor:
        """See `minitorch.diag`."""
        return ops.diag(self, diagonal)

    def diag_embed(self: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
        """See `minitorch.diag_embed`."""
        return ops.diag_embed(self, offset, dim1, dim2)

    def diagflat(self: Tensor, offset: int = 0) -> Tensor:
        """See `minitorch.diagflat`."""
        return ops.diagflat(self, offset)

    def diagonal(self: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
        """See `minitorch.diagonal`."""
        return ops.diagonal(self, offset, dim1, dim2)

    def dsplit(self: Tensor, indices_or_sections: Any) -> tuple[Tensor, ...]:
        """See `minitorch.dsplit`."""
        return ops.dsplit(self, indices_or_sections)

    def fliplr(self: Tensor) -> Tensor:
        """See `minitorch.fliplr`."""
        return ops.fliplr(self)

    def flipud(self: Tensor) -> Tensor:
        """See `minitorch.flipud`."""
        return ops.flipud(self)

    def hsplit(self: Tensor, indices_or_sections: Any) -> tuple[Tensor, ...]:
        """See `minitorch.hsplit`."""
        return ops.hsplit(self, indices_or_sections)

    def narrow_copy(self: Tensor, dim: int, start: int, length: int) -> Tensor:
        """See `minitorch.narrow_copy`."""
        return ops.narrow_copy(self, dim, start, length)

    def repeat_interleave(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.repeat_interleave`."""
        return ops.repeat_interleave(self, *args, **kwargs)

    def rot90(self: Tensor, k: int = 1, dims: Any = (0, 1)) -> Tensor:
        """See `minitorch.rot90`."""
        return ops.rot90(self, k, dims)

    def tensor_split(self: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, ...]:
        """See `minitorch.tensor_split`."""
        return ops.tensor_split(self, *args, **kwargs)

    def unfold(self: Tensor, dimension: int, size: int, step: int) -> Tensor:
        """All windows of `size` elements along `dimension`, one every `step`: a view with them as last dimension.

        Shapes: (…, D, …) → (…, ⌊(D − size)/step⌋ + 1, …, size).
        Errors: RuntimeError for a size beyond D, and for a step below 1; IndexError for a dimension that there is not.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.unfold.html

        >>> import minitorch as torch
        >>> torch.arange(5).unfold(0, 3, 1)
        tensor([[0, 1, 2],
                [1, 2, 3],
                [2, 3, 4]])
        """
        return ops.shape.strides.unfold_dimension(self, dimension, size, step)

    def vsplit(self: Tensor, indices_or_sections: Any) -> tuple[Tensor, ...]:
        """See `minitorch.vsplit`."""
        return ops.vsplit(self, indices_or_sections)

    def contiguous(self: Tensor, memory_format: Any = None) -> Tensor:
        """See `minitorch.contiguous`."""
        return ops.contiguous(self, memory_format)

    def clone(self: Tensor, *, memory_format: Any = None) -> Tensor:
        """See `minitorch.clone`."""
        return ops.clone(self, memory_format=memory_format)

    # ---- in place: the tensor itself gets another shape over the same memory ----

    def squeeze_(self: Tensor, dim: int | Sequence[int] | None = None) -> Tensor:
        """In-place form of `squeeze`."""
        return autograd.views.become_view(self, lambda x: ops.squeeze(x, dim))

    def unsqueeze_(self: Tensor, dim: int) -> Tensor:
        """In-place form of `unsqueeze`."""
        return autograd.views.become_view(self, lambda x: ops.unsqueeze(x, dim))

    def transpose_(self: Tensor, dim0: int, dim1: int) -> Tensor:
        """In-place form of `transpose`."""
        return autograd.views.become_view(self, lambda x: ops.transpose(x, dim0, dim1))

    def swapaxes_(self: Tensor, axis0: int, axis1: int) -> Tensor:
        """In-place form of `swapaxes`."""
        return autograd.views.become_view(self, lambda x: ops.swapaxes(x, axis0, axis1))

    def swapdims_(self: Tensor, dim0: int, dim1: int) -> Tensor:
        """In-place form of `swapdims`."""
        return autograd.views.become_view(self, lambda x: ops.swapdims(x, dim0, dim1))

    def t_(self: Tensor) -> Tensor:
        """In-place form of `t`."""
        return autograd.views.become_view(self, ops.t)
