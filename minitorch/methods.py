"""What a tensor can compute: one line per operation. The operations themselves are in ops/."""

from __future__ import annotations

from typing import Any

import minitorch

from . import ops
from .dtype import bool_, float16, float32, float64, int8, int16, int32, int64, uint8


class TensorMethods:
    """The methods and operators of `Tensor`; each forwards to the function of the same name."""

    # ---- operators -------------------------------------------------------------------------------------------------

    def __add__(self, other: Any) -> Any:
        return ops.add(self, other)

    def __radd__(self, other: Any) -> Any:
        return ops.add(other, self)

    def __sub__(self, other: Any) -> Any:
        return ops.sub(self, other)

    def __rsub__(self, other: Any) -> Any:
        return ops.sub(other, self)

    def __mul__(self, other: Any) -> Any:
        return ops.mul(self, other)

    def __rmul__(self, other: Any) -> Any:
        return ops.mul(other, self)

    def __truediv__(self, other: Any) -> Any:
        return ops.div(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return ops.div(other, self)

    def __floordiv__(self, other: Any) -> Any:
        return ops.floor_divide(self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return ops.floor_divide(other, self)

    def __mod__(self, other: Any) -> Any:
        return ops.remainder(self, other)

    def __rmod__(self, other: Any) -> Any:
        return ops.remainder(other, self)

    def __pow__(self, other: Any) -> Any:
        return ops.pow(self, other)

    def __rpow__(self, other: Any) -> Any:
        return ops.pow(other, self)

    def __matmul__(self, other: Any) -> Any:
        return ops.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return ops.matmul(other, self)

    def __and__(self, other: Any) -> Any:
        return ops.bitwise_and(self, other)

    def __rand__(self, other: Any) -> Any:
        return ops.bitwise_and(self, other)

    def __or__(self, other: Any) -> Any:
        return ops.bitwise_or(self, other)

    def __ror__(self, other: Any) -> Any:
        return ops.bitwise_or(self, other)

    def __xor__(self, other: Any) -> Any:
        return ops.bitwise_xor(self, other)

    def __rxor__(self, other: Any) -> Any:
        return ops.bitwise_xor(self, other)

    def __lt__(self, other: Any) -> Any:
        return ops.lt(self, other)

    def __le__(self, other: Any) -> Any:
        return ops.le(self, other)

    def __gt__(self, other: Any) -> Any:
        return ops.gt(self, other)

    def __ge__(self, other: Any) -> Any:
        return ops.ge(self, other)

    def __eq__(self, other: Any) -> Any:
        return False if other is None else ops.eq(self, other)

    def __ne__(self, other: Any) -> Any:
        return True if other is None else ops.ne(self, other)

    def __neg__(self) -> Any:
        return ops.neg(self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return ops.abs(self)

    def __invert__(self) -> Any:
        if self.is_floating_point():
            raise TypeError("~ (operator.invert) is only implemented on integer and Boolean-type tensors")
        return ops.bitwise_not(self)

    def __iadd__(self, other: Any) -> Any:
        return self.add_(other)

    def __isub__(self, other: Any) -> Any:
        return self.sub_(other)

    def __imul__(self, other: Any) -> Any:
        return self.mul_(other)

    def __itruediv__(self, other: Any) -> Any:
        return self.div_(other)

    def __ifloordiv__(self, other: Any) -> Any:
        return self.floor_divide_(other)

    def __imod__(self, other: Any) -> Any:
        return self.remainder_(other)

    def __ipow__(self, other: Any) -> Any:
        return self.pow_(other)

    def __iand__(self, other: Any) -> Any:
        return self._update(ops.bitwise_and(self, other))

    def __ior__(self, other: Any) -> Any:
        return self._update(ops.bitwise_or(self, other))

    def __ixor__(self, other: Any) -> Any:
        return self._update(ops.bitwise_xor(self, other))

    def __getitem__(self, index: Any) -> Any:
        return ops.getitem(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        return ops.setitem_(self, index, value)

    # ---- elementwise ---------------------------------------------------------------------------------------------------

    def abs(self) -> Any:
        """See `minitorch.abs`."""
        return ops.abs(self)

    def ceil(self) -> Any:
        """See `minitorch.ceil`."""
        return ops.ceil(self)

    def cos(self) -> Any:
        """See `minitorch.cos`."""
        return ops.cos(self)

    def exp(self) -> Any:
        """See `minitorch.exp`."""
        return ops.exp(self)

    def floor(self) -> Any:
        """See `minitorch.floor`."""
        return ops.floor(self)

    def isfinite(self) -> Any:
        """See `minitorch.isfinite`."""
        return ops.isfinite(self)

    def isinf(self) -> Any:
        """See `minitorch.isinf`."""
        return ops.isinf(self)

    def isnan(self) -> Any:
        """See `minitorch.isnan`."""
        return ops.isnan(self)

    def log(self) -> Any:
        """See `minitorch.log`."""
        return ops.log(self)

    def logical_not(self) -> Any:
        """See `minitorch.logical_not`."""
        return ops.logical_not(self)

    def neg(self) -> Any:
        """See `minitorch.neg`."""
        return ops.neg(self)

    def reciprocal(self) -> Any:
        """See `minitorch.reciprocal`."""
        return ops.reciprocal(self)

    def relu(self) -> Any:
        """See `minitorch.relu`."""
        return ops.relu(self)

    def rsqrt(self) -> Any:
        """See `minitorch.rsqrt`."""
        return ops.rsqrt(self)

    def sigmoid(self) -> Any:
        """See `minitorch.sigmoid`."""
        return ops.sigmoid(self)

    def sign(self) -> Any:
        """See `minitorch.sign`."""
        return ops.sign(self)

    def sin(self) -> Any:
        """See `minitorch.sin`."""
        return ops.sin(self)

    def sqrt(self) -> Any:
        """See `minitorch.sqrt`."""
        return ops.sqrt(self)

    def square(self) -> Any:
        """See `minitorch.square`."""
        return ops.square(self)

    def tanh(self) -> Any:
        """See `minitorch.tanh`."""
        return ops.tanh(self)

    def trunc(self) -> Any:
        """See `minitorch.trunc`."""
        return ops.trunc(self)

    def round(self, *, decimals: int = 0) -> Any:
        """See `minitorch.round`."""
        return ops.round(self, decimals=decimals)

    def absolute(self) -> Any:
        """See `minitorch.abs`."""
        return ops.abs(self)

    def negative(self) -> Any:
        """See `minitorch.neg`."""
        return ops.neg(self)

    def mul(self, other: Any) -> Any:
        """See `minitorch.mul`."""
        return ops.mul(self, other)

    def pow(self, exponent: Any) -> Any:
        """See `minitorch.pow`."""
        return ops.pow(self, exponent)

    def remainder(self, other: Any) -> Any:
        """See `minitorch.remainder`."""
        return ops.remainder(self, other)

    def maximum(self, other: Any) -> Any:
        """See `minitorch.maximum`."""
        return ops.maximum(self, other)

    def minimum(self, other: Any) -> Any:
        """See `minitorch.minimum`."""
        return ops.minimum(self, other)

    def floor_divide(self, other: Any) -> Any:
        """See `minitorch.floor_divide`."""
        return ops.floor_divide(self, other)

    def eq(self, other: Any) -> Any:
        """See `minitorch.eq`."""
        return ops.eq(self, other)

    def ne(self, other: Any) -> Any:
        """See `minitorch.ne`."""
        return ops.ne(self, other)

    def lt(self, other: Any) -> Any:
        """See `minitorch.lt`."""
        return ops.lt(self, other)

    def le(self, other: Any) -> Any:
        """See `minitorch.le`."""
        return ops.le(self, other)

    def gt(self, other: Any) -> Any:
        """See `minitorch.gt`."""
        return ops.gt(self, other)

    def ge(self, other: Any) -> Any:
        """See `minitorch.ge`."""
        return ops.ge(self, other)

    def logical_and(self, other: Any) -> Any:
        """See `minitorch.logical_and`."""
        return ops.logical_and(self, other)

    def logical_or(self, other: Any) -> Any:
        """See `minitorch.logical_or`."""
        return ops.logical_or(self, other)

    def logical_xor(self, other: Any) -> Any:
        """See `minitorch.logical_xor`."""
        return ops.logical_xor(self, other)

    def bitwise_and(self, other: Any) -> Any:
        """See `minitorch.bitwise_and`."""
        return ops.bitwise_and(self, other)

    def bitwise_or(self, other: Any) -> Any:
        """See `minitorch.bitwise_or`."""
        return ops.bitwise_or(self, other)

    def bitwise_xor(self, other: Any) -> Any:
        """See `minitorch.bitwise_xor`."""
        return ops.bitwise_xor(self, other)

    def bitwise_not(self) -> Any:
        """See `minitorch.bitwise_not`."""
        return ops.bitwise_not(self)

    def add(self, other: Any, *, alpha: Any = 1) -> Any:
        """See `minitorch.add`."""
        return ops.add(self, other, alpha=alpha)

    def sub(self, other: Any, *, alpha: Any = 1) -> Any:
        """See `minitorch.sub`."""
        return ops.sub(self, other, alpha=alpha)

    def div(self, other: Any, *, rounding_mode: str | None = None) -> Any:
        """See `minitorch.div`."""
        return ops.div(self, other, rounding_mode=rounding_mode)

    def true_divide(self, other: Any) -> Any:
        """See `minitorch.div`."""
        return ops.div(self, other)

    def multiply(self, other: Any) -> Any:
        """See `minitorch.mul`."""
        return ops.mul(self, other)

    def subtract(self, other: Any) -> Any:
        """See `minitorch.sub`."""
        return ops.sub(self, other)

    def divide(self, other: Any) -> Any:
        """See `minitorch.div`."""
        return ops.div(self, other)

    def clamp(self, min: Any = None, max: Any = None) -> Any:
        """See `minitorch.clamp`."""
        return ops.clamp(self, min, max)

    def clip(self, min: Any = None, max: Any = None) -> Any:
        """See `minitorch.clamp`."""
        return ops.clamp(self, min, max)

    def clamp_min(self, min: Any) -> Any:
        """See `minitorch.clamp`."""
        return ops.clamp(self, min=min)

    def clamp_max(self, max: Any) -> Any:
        """See `minitorch.clamp`."""
        return ops.clamp(self, max=max)

    def where(self, condition: Any, other: Any) -> Any:
        """See `minitorch.where`."""
        return ops.where(condition, self, other)

    def isclose(self, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Any:
        """See `minitorch.isclose`."""
        return ops.isclose(self, other, rtol, atol, equal_nan)

    def allclose(self, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Any:
        """See `minitorch.allclose`."""
        return ops.allclose(self, other, rtol, atol, equal_nan)

    def equal(self, other: Any) -> Any:
        """See `minitorch.equal`."""
        return ops.equal(self, other)

    def lerp(self, end: Any, weight: Any) -> Any:
        """See `minitorch.lerp`."""
        return ops.lerp(self, end, weight)

    def addcmul(self, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
        """See `minitorch.addcmul`."""
        return ops.addcmul(self, tensor1, tensor2, value=value)

    def addcdiv(self, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
        """See `minitorch.addcdiv`."""
        return ops.addcdiv(self, tensor1, tensor2, value=value)

    # ---- reductions ----------------------------------------------------------------------------------------------------

    def sum(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.sum`."""
        return ops.sum(self, *args, **kwargs)

    def mean(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.mean`."""
        return ops.mean(self, *args, **kwargs)

    def prod(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.prod`."""
        return ops.prod(self, *args, **kwargs)

    def var(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.var`."""
        return ops.var(self, *args, **kwargs)

    def std(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.std`."""
        return ops.std(self, *args, **kwargs)

    def amax(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.amax`."""
        return ops.amax(self, *args, **kwargs)

    def amin(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.amin`."""
        return ops.amin(self, *args, **kwargs)

    def max(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.max`."""
        return ops.max(self, *args, **kwargs)

    def min(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.min`."""
        return ops.min(self, *args, **kwargs)

    def argmax(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.argmax`."""
        return ops.argmax(self, *args, **kwargs)

    def argmin(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.argmin`."""
        return ops.argmin(self, *args, **kwargs)

    def logsumexp(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.logsumexp`."""
        return ops.logsumexp(self, *args, **kwargs)

    def norm(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.norm`."""
        return ops.norm(self, *args, **kwargs)

    def all(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.all`."""
        return ops.all(self, *args, **kwargs)

    def any(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.any`."""
        return ops.any(self, *args, **kwargs)

    def count_nonzero(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.count_nonzero`."""
        return ops.count_nonzero(self, *args, **kwargs)

    def cumsum(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.cumsum`."""
        return ops.cumsum(self, *args, **kwargs)

    # ---- softmax -------------------------------------------------------------------------------------------------------

    def softmax(self, dim: int, dtype: Any = None) -> Any:
        """See `minitorch.softmax`."""
        return ops.softmax(self, dim, dtype=dtype)

    def log_softmax(self, dim: int, dtype: Any = None) -> Any:
        """See `minitorch.log_softmax`."""
        return ops.log_softmax(self, dim, dtype=dtype)

    # ---- shape ---------------------------------------------------------------------------------------------------------

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

    # ---- indexing ------------------------------------------------------------------------------------------------------

    def gather(self, dim: int, index: Any) -> Any:
        """See `minitorch.gather`."""
        return ops.gather(self, dim, index)

    def scatter(self, dim: int, index: Any, src: Any) -> Any:
        """See `minitorch.scatter`."""
        return ops.scatter(self, dim, index, src)

    def scatter_add(self, dim: int, index: Any, src: Any) -> Any:
        """See `minitorch.scatter_add`."""
        return ops.scatter_add(self, dim, index, src)

    def index_select(self, dim: int, index: Any) -> Any:
        """See `minitorch.index_select`."""
        return ops.index_select(self, dim, index)

    def masked_select(self, mask: Any) -> Any:
        """See `minitorch.masked_select`."""
        return ops.masked_select(self, mask)

    def masked_fill(self, mask: Any, value: Any) -> Any:
        """See `minitorch.masked_fill`."""
        return ops.masked_fill(self, mask, value)

    def take_along_dim(self, indices: Any, dim: int | None = None) -> Any:
        """See `minitorch.take_along_dim`."""
        return ops.take_along_dim(self, indices, dim)

    def nonzero(self, *, as_tuple: bool = False) -> Any:
        """See `minitorch.nonzero`."""
        return ops.nonzero(self, as_tuple=as_tuple)

    def tril(self, diagonal: int = 0) -> Any:
        """See `minitorch.tril`."""
        return ops.tril(self, diagonal)

    def triu(self, diagonal: int = 0) -> Any:
        """See `minitorch.triu`."""
        return ops.triu(self, diagonal)

    def sort(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.sort`."""
        return ops.sort(self, *args, **kwargs)

    def argsort(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.argsort`."""
        return ops.argsort(self, *args, **kwargs)

    def topk(self, *args: Any, **kwargs: Any) -> Any:
        """See `minitorch.topk`."""
        return ops.topk(self, *args, **kwargs)

    # ---- matrix products -----------------------------------------------------------------------------------------------

    def matmul(self, other: Any) -> Any:
        """See `minitorch.matmul`."""
        return ops.matmul(self, other)

    def mm(self, mat2: Any) -> Any:
        """See `minitorch.mm`."""
        return ops.mm(self, mat2)

    def bmm(self, mat2: Any) -> Any:
        """See `minitorch.bmm`."""
        return ops.bmm(self, mat2)

    def mv(self, vec: Any) -> Any:
        """See `minitorch.mv`."""
        return ops.mv(self, vec)

    def dot(self, other: Any) -> Any:
        """See `minitorch.dot`."""
        return ops.dot(self, other)

    def outer(self, vec2: Any) -> Any:
        """See `minitorch.outer`."""
        return ops.outer(self, vec2)

    def addmm(self, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
        """See `minitorch.addmm`."""
        return ops.addmm(self, mat1, mat2, beta=beta, alpha=alpha)

    # ---- in place ------------------------------------------------------------------------------------------------------

    def abs_(self) -> Any:
        """In-place form of `abs`."""
        return self._update(ops.abs(self))

    def ceil_(self) -> Any:
        """In-place form of `ceil`."""
        return self._update(ops.ceil(self))

    def cos_(self) -> Any:
        """In-place form of `cos`."""
        return self._update(ops.cos(self))

    def exp_(self) -> Any:
        """In-place form of `exp`."""
        return self._update(ops.exp(self))

    def floor_(self) -> Any:
        """In-place form of `floor`."""
        return self._update(ops.floor(self))

    def log_(self) -> Any:
        """In-place form of `log`."""
        return self._update(ops.log(self))

    def neg_(self) -> Any:
        """In-place form of `neg`."""
        return self._update(ops.neg(self))

    def reciprocal_(self) -> Any:
        """In-place form of `reciprocal`."""
        return self._update(ops.reciprocal(self))

    def relu_(self) -> Any:
        """In-place form of `relu`."""
        return self._update(ops.relu(self))

    def rsqrt_(self) -> Any:
        """In-place form of `rsqrt`."""
        return self._update(ops.rsqrt(self))

    def sigmoid_(self) -> Any:
        """In-place form of `sigmoid`."""
        return self._update(ops.sigmoid(self))

    def sign_(self) -> Any:
        """In-place form of `sign`."""
        return self._update(ops.sign(self))

    def sin_(self) -> Any:
        """In-place form of `sin`."""
        return self._update(ops.sin(self))

    def sqrt_(self) -> Any:
        """In-place form of `sqrt`."""
        return self._update(ops.sqrt(self))

    def square_(self) -> Any:
        """In-place form of `square`."""
        return self._update(ops.square(self))

    def tanh_(self) -> Any:
        """In-place form of `tanh`."""
        return self._update(ops.tanh(self))

    def trunc_(self) -> Any:
        """In-place form of `trunc`."""
        return self._update(ops.trunc(self))

    def round_(self, *, decimals: int = 0) -> Any:
        """In-place form of `round`."""
        return self._update(ops.round(self, decimals=decimals))

    def mul_(self, other: Any) -> Any:
        """In-place form of `mul`."""
        return self._update(ops.mul(self, other))

    def remainder_(self, other: Any) -> Any:
        """In-place form of `remainder`."""
        return self._update(ops.remainder(self, other))

    def floor_divide_(self, other: Any) -> Any:
        """In-place form of `floor_divide`."""
        return self._update(ops.floor_divide(self, other))

    def pow_(self, exponent: Any) -> Any:
        """In-place form of `pow`."""
        return self._update(ops.pow(self, exponent))

    def add_(self, other: Any, *, alpha: Any = 1) -> Any:
        """In-place form of `add`."""
        return self._update(ops.add(self, other, alpha=alpha))

    def sub_(self, other: Any, *, alpha: Any = 1) -> Any:
        """In-place form of `sub`."""
        return self._update(ops.sub(self, other, alpha=alpha))

    def div_(self, other: Any, *, rounding_mode: str | None = None) -> Any:
        """In-place form of `div`."""
        return self._update(ops.div(self, other, rounding_mode=rounding_mode))

    def clamp_(self, min: Any = None, max: Any = None) -> Any:
        """In-place form of `clamp`."""
        return self._update(ops.clamp(self, min, max))

    def clip_(self, min: Any = None, max: Any = None) -> Any:
        """In-place form of `clip`."""
        return self._update(ops.clamp(self, min, max))

    def clamp_min_(self, min: Any) -> Any:
        """In-place form of `clamp_min`."""
        return self._update(ops.clamp(self, min=min))

    def clamp_max_(self, max: Any) -> Any:
        """In-place form of `clamp_max`."""
        return self._update(ops.clamp(self, max=max))

    def lerp_(self, end: Any, weight: Any) -> Any:
        """In-place form of `lerp`."""
        return self._update(self.lerp(end, weight))

    def masked_fill_(self, mask: Any, value: Any) -> Any:
        """In-place form of `masked_fill`."""
        return self._update(self.masked_fill(mask, value))

    def scatter_(self, dim: int, index: Any, src: Any) -> Any:
        """In-place form of `scatter`."""
        return self._update(self.scatter(dim, index, src))

    def scatter_add_(self, dim: int, index: Any, src: Any) -> Any:
        """In-place form of `scatter_add`."""
        return self._update(self.scatter_add(dim, index, src))

    def addcmul_(self, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
        """In-place form of `addcmul`."""
        return self._update(self.addcmul(tensor1, tensor2, value=value))

    def addcdiv_(self, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
        """In-place form of `addcdiv`."""
        return self._update(self.addcdiv(tensor1, tensor2, value=value))

    def copy_(self, src: Any, non_blocking: bool = False) -> Any:
        """Overwrite the values with those of `src`, broadcast and cast."""
        return ops.copy_(self, src)

    def fill_(self, value: Any) -> Any:
        """Overwrite every value with one number."""
        return ops.copy_(self, value)

    def zero_(self) -> Any:
        """Overwrite every value with 0."""
        return ops.copy_(self, 0)

    # ---- random, in place ----------------------------------------------------------------------------------------------

    def uniform_(self, from_: float = 0, to: float = 1, *, generator: Any = None) -> Any:
        """Overwrite with random values: see `minitorch.random.uniform_`."""
        return minitorch.random.uniform_(self, from_, to, generator=generator)

    def normal_(self, mean: float = 0, std: float = 1, *, generator: Any = None) -> Any:
        """Overwrite with random values: see `minitorch.random.normal_`."""
        return minitorch.random.normal_(self, mean, std, generator=generator)

    def bernoulli_(self, p: Any = 0.5, *, generator: Any = None) -> Any:
        """Overwrite with random values: see `minitorch.random.bernoulli_`."""
        return minitorch.random.bernoulli_(self, p, generator=generator)

    def random_(self, from_: Any = None, to: Any = None, *, generator: Any = None) -> Any:
        """Overwrite with random values: see `minitorch.random.random_`."""
        return minitorch.random.random_(self, from_, to, generator=generator)

    def exponential_(self, lambd: float = 1, *, generator: Any = None) -> Any:
        """Overwrite with random values: see `minitorch.random.exponential_`."""
        return minitorch.random.exponential_(self, lambd, generator=generator)

    # ---- dtype ---------------------------------------------------------------------------------------------------------

    def float(self) -> Any:
        """A copy as float32; itself if it is."""
        return self.to(float32)

    def double(self) -> Any:
        """A copy as float64; itself if it is."""
        return self.to(float64)

    def half(self) -> Any:
        """A copy as float16; itself if it is."""
        return self.to(float16)

    def int(self) -> Any:
        """A copy as int32; itself if it is."""
        return self.to(int32)

    def long(self) -> Any:
        """A copy as int64; itself if it is."""
        return self.to(int64)

    def short(self) -> Any:
        """A copy as int16; itself if it is."""
        return self.to(int16)

    def bool(self) -> Any:
        """A copy as bool; itself if it is."""
        return self.to(bool_)

    def char(self) -> Any:
        """A copy as int8; itself if it is."""
        return self.to(int8)

    def byte(self) -> Any:
        """A copy as uint8; itself if it is."""
        return self.to(uint8)

    def type_as(self, other: Any) -> Any:
        """A copy in the dtype of `other`; itself if it has it."""
        return self.to(other.dtype)

    # ---- new tensors like this one -------------------------------------------------------------------------------------

    def new_zeros(self, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
        """`minitorch.zeros` in this tensor's dtype, on its device."""
        return minitorch.creation.zeros(
            *size, dtype=dtype or self.dtype, device=device or self.device, requires_grad=requires_grad
        )

    def new_ones(self, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
        """`minitorch.ones` in this tensor's dtype, on its device."""
        return minitorch.creation.ones(
            *size, dtype=dtype or self.dtype, device=device or self.device, requires_grad=requires_grad
        )

    def new_empty(self, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
        """`minitorch.empty` in this tensor's dtype, on its device."""
        return minitorch.creation.empty(
            *size, dtype=dtype or self.dtype, device=device or self.device, requires_grad=requires_grad
        )

    def new_full(
        self, size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
    ) -> Any:
        """`minitorch.full` in this tensor's dtype, on its device."""
        return minitorch.creation.full(
            size, fill_value, dtype=dtype or self.dtype, device=device or self.device, requires_grad=requires_grad
        )

    def new_tensor(self, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
        """`minitorch.tensor` in this tensor's dtype, on its device."""
        return minitorch.creation.tensor(
            data, dtype=dtype or self.dtype, device=device or self.device, requires_grad=requires_grad
        )
