"""Shapes, joining and repetition."""

from __future__ import annotations

from typing import Any

from .. import ops


class Shape:
    """Shapes, joining and repetition."""

    def reshape(self, *sizes: Any) -> Any:
        """See `minitorch.reshape`."""
        return ops.reshape(self, *sizes)

    def view(self, *sizes: Any) -> Any:
        """See `minitorch.view`."""
        return ops.view(self, *sizes)

    def permute(self, *dims: Any, **kwargs: Any) -> Any:
        """See `minitorch.permute`."""
        return ops.permute(self, *dims, **kwargs)

    def expand(self, *sizes: Any) -> Any:
        """See `minitorch.expand`."""
        return ops.expand(self, *sizes)

    def repeat(self, *sizes: Any) -> Any:
        """See `minitorch.repeat`."""
        return ops.repeat(self, *sizes)

    def tile(self, *sizes: Any) -> Any:
        """See `minitorch.tile`."""
        return ops.tile(self, *sizes)

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Any:
        """See `minitorch.flatten`."""
        return ops.flatten(self, start_dim, end_dim)

    def unflatten(self, dim: int, sizes: Any) -> Any:
        """See `minitorch.unflatten`."""
        return ops.unflatten(self, dim, sizes)

    def squeeze(self, dim: Any = None) -> Any:
        """See `minitorch.squeeze`."""
        return ops.squeeze(self, dim)

    def unsqueeze(self, dim: int) -> Any:
        """See `minitorch.unsqueeze`."""
        return ops.unsqueeze(self, dim)

    def transpose(self, dim0: int, dim1: int) -> Any:
        """See `minitorch.transpose`."""
        return ops.transpose(self, dim0, dim1)

    def swapaxes(self, axis0: int, axis1: int) -> Any:
        """See `minitorch.transpose`."""
        return ops.transpose(self, axis0, axis1)

    def swapdims(self, axis0: int, axis1: int) -> Any:
        """See `minitorch.transpose`."""
        return ops.transpose(self, axis0, axis1)

    def movedim(self, source: Any, destination: Any) -> Any:
        """See `minitorch.movedim`."""
        return ops.movedim(self, source, destination)

    def moveaxis(self, source: Any, destination: Any) -> Any:
        """See `minitorch.moveaxis`."""
        return ops.moveaxis(self, source, destination)

    def ravel(self) -> Any:
        """See `minitorch.ravel`."""
        return ops.ravel(self)

    def t(self) -> Any:
        """See `minitorch.t`."""
        return ops.t(self)

    @property
    def T(self) -> Any:
        """The dimensions in reverse order."""
        return ops.permute(self, *reversed(range(self.ndim)))

    @property
    def mT(self) -> Any:
        """The last two dimensions exchanged."""
        return ops.transpose(self, -2, -1)

    def broadcast_to(self, size: Any) -> Any:
        """See `minitorch.broadcast_to`."""
        return ops.broadcast_to(self, size)

    def expand_as(self, other: Any) -> Any:
        """See `minitorch.Tensor.expand`."""
        return ops.expand(self, *other.shape)

    def view_as(self, other: Any) -> Any:
        """See `minitorch.Tensor.view`."""
        return ops.view(self, *other.shape)

    def reshape_as(self, other: Any) -> Any:
        """See `minitorch.reshape`."""
        return ops.reshape(self, *other.shape)

    def split(self, split_size: Any, dim: int = 0) -> Any:
        """See `minitorch.split`."""
        return ops.split(self, split_size, dim)

    def chunk(self, chunks: int, dim: int = 0) -> Any:
        """See `minitorch.chunk`."""
        return ops.chunk(self, chunks, dim)

    def unbind(self, dim: int = 0) -> Any:
        """See `minitorch.unbind`."""
        return ops.unbind(self, dim)

    def narrow(self, dim: int, start: int, length: int) -> Any:
        """See `minitorch.narrow`."""
        return ops.narrow(self, dim, start, length)

    def select(self, dim: int, index: int) -> Any:
        """See `minitorch.select`."""
        return ops.select(self, dim, index)

    def flip(self, *dims: Any) -> Any:
        """See `minitorch.flip`."""
        return ops.flip(self, *dims)

    def roll(self, shifts: Any, dims: Any = None) -> Any:
        """See `minitorch.roll`."""
        return ops.roll(self, shifts, dims)

    def contiguous(self, memory_format: Any = None) -> Any:
        """See `minitorch.contiguous`."""
        return ops.contiguous(self)

    def clone(self, *, memory_format: Any = None) -> Any:
        """See `minitorch.clone`."""
        return ops.clone(self)
