"""Forms that overwrite the tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops
from ..types import Number

if TYPE_CHECKING:
    from ..tensor import Tensor


class InPlace:
    """Forms that overwrite the tensor."""

    def abs_(self: Tensor) -> Tensor:
        """In-place form of `abs`."""
        return self._update(ops.abs(self))

    def ceil_(self: Tensor) -> Tensor:
        """In-place form of `ceil`."""
        return self._update(ops.ceil(self))

    def cos_(self: Tensor) -> Tensor:
        """In-place form of `cos`."""
        return self._update(ops.cos(self))

    def exp_(self: Tensor) -> Tensor:
        """In-place form of `exp`."""
        return self._update(ops.exp(self))

    def floor_(self: Tensor) -> Tensor:
        """In-place form of `floor`."""
        return self._update(ops.floor(self))

    def log_(self: Tensor) -> Tensor:
        """In-place form of `log`."""
        return self._update(ops.log(self))

    def neg_(self: Tensor) -> Tensor:
        """In-place form of `neg`."""
        return self._update(ops.neg(self))

    def reciprocal_(self: Tensor) -> Tensor:
        """In-place form of `reciprocal`."""
        return self._update(ops.reciprocal(self))

    def relu_(self: Tensor) -> Tensor:
        """In-place form of `relu`."""
        return self._update(ops.relu(self))

    def rsqrt_(self: Tensor) -> Tensor:
        """In-place form of `rsqrt`."""
        return self._update(ops.rsqrt(self))

    def sigmoid_(self: Tensor) -> Tensor:
        """In-place form of `sigmoid`."""
        return self._update(ops.sigmoid(self))

    def sign_(self: Tensor) -> Tensor:
        """In-place form of `sign`."""
        return self._update(ops.sign(self))

    def sin_(self: Tensor) -> Tensor:
        """In-place form of `sin`."""
        return self._update(ops.sin(self))

    def sqrt_(self: Tensor) -> Tensor:
        """In-place form of `sqrt`."""
        return self._update(ops.sqrt(self))

    def square_(self: Tensor) -> Tensor:
        """In-place form of `square`."""
        return self._update(ops.square(self))

    def tanh_(self: Tensor) -> Tensor:
        """In-place form of `tanh`."""
        return self._update(ops.tanh(self))

    def trunc_(self: Tensor) -> Tensor:
        """In-place form of `trunc`."""
        return self._update(ops.trunc(self))

    def round_(self: Tensor, *, decimals: int = 0) -> Tensor:
        """In-place form of `round`."""
        return self._update(ops.round(self, decimals=decimals))

    def mul_(self: Tensor, other: Any) -> Tensor:
        """In-place form of `mul`."""
        return self._update(ops.mul(self, other), other)

    def remainder_(self: Tensor, other: Tensor | Number) -> Tensor:
        """In-place form of `remainder`."""
        return self._update(ops.remainder(self, other), other)

    def floor_divide_(self: Tensor, other: Any) -> Tensor:
        """In-place form of `floor_divide`."""
        return self._update(ops.floor_divide(self, other), other)

    def pow_(self: Tensor, exponent: Tensor | Number) -> Tensor:
        """In-place form of `pow`."""
        return self._update(ops.pow(self, exponent), exponent)

    def add_(self: Tensor, other: Any, *, alpha: Number | None = 1) -> Tensor:
        """In-place form of `add`."""
        return self._update(ops.add(self, other, alpha=alpha), other)

    def sub_(self: Tensor, other: Any, *, alpha: Number | None = 1) -> Tensor:
        """In-place form of `sub`."""
        return self._update(ops.sub(self, other, alpha=alpha), other)

    def div_(self: Tensor, other: Tensor | Number, *, rounding_mode: str | None = None) -> Tensor:
        """In-place form of `div`."""
        return self._update(ops.div(self, other, rounding_mode=rounding_mode), other)

    def clamp_(self: Tensor, min: Tensor | Number | None = None, max: Tensor | Number | None = None) -> Tensor:
        """In-place form of `clamp`."""
        return self._update(ops.clamp(self, min, max), min, max)

    def clip_(self: Tensor, min: Tensor | Number | None = None, max: Tensor | Number | None = None) -> Tensor:
        """In-place form of `clip`."""
        return self._update(ops.clamp(self, min, max), min, max)

    def clamp_min_(self: Tensor, min: Tensor | Number) -> Tensor:
        """In-place form of `clamp_min`."""
        return self._update(ops.clamp_min(self, min), min)

    def clamp_max_(self: Tensor, max: Tensor | Number) -> Tensor:
        """In-place form of `clamp_max`."""
        return self._update(ops.clamp_max(self, max), max)

    def lerp_(self: Tensor, end: Tensor, weight: Tensor | Number) -> Tensor:
        """In-place form of `lerp`."""
        return self._update(self.lerp(end, weight), end, weight)

    def masked_fill_(self: Tensor, mask: Tensor, value: Tensor | Number) -> Tensor:
        """In-place form of `masked_fill`."""
        return self._update(self.masked_fill(mask, value))

    def addcmul_(self: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Number = 1) -> Tensor:
        """In-place form of `addcmul`."""
        return self._update(self.addcmul(tensor1, tensor2, value=value), tensor1, tensor2)

    def addcdiv_(self: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Number = 1) -> Tensor:
        """In-place form of `addcdiv`."""
        return self._update(self.addcdiv(tensor1, tensor2, value=value), tensor1, tensor2)

    def tril_(self: Tensor, diagonal: int = 0) -> Tensor:
        """In-place form of `tril`."""
        return self._update(ops.tril(self, diagonal))

    def triu_(self: Tensor, diagonal: int = 0) -> Tensor:
        """In-place form of `triu`."""
        return self._update(ops.triu(self, diagonal))

    def copy_(self: Tensor, src: Any, non_blocking: bool = False) -> Tensor:
        """Overwrite the values with those of `src`, broadcast and cast.

        Shapes: `src` of what broadcasts to the tensor → the tensor itself.
        Errors: RuntimeError for a shape that does not broadcast, and for a leaf that requires gradients; TypeError for
        what is neither a tensor nor a number.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.copy_.html

        >>> import minitorch as torch
        >>> x = torch.zeros(2, 2)
        >>> x.copy_(torch.tensor([1, 2]))
        tensor([[1., 2.],
                [1., 2.]])
        """
        return ops.copy_(self, src)
