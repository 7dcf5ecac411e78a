"""Sums of products in one step, element by element: x + v·a·b, x + v·a/b, y − αx, and the way from x to y."""

from __future__ import annotations

from typing import Any

from ...autograd.op import Op
from ...device import array_module
from ...dtype import result_dtype
from ...tensor import Tensor
from ...types import Number
from ..checks import check_broadcast, number, on_one_device, refuse, tensor_argument
from ..promotion import pair
from .arithmetic import _times_alpha

__all__ = ["addcdiv", "addcmul", "lerp", "rsub"]


class Rsub(Op):
    """z = y − αx;  ∂z/∂x = −α, ∂z/∂y = 1."""

    def __init__(self, alpha: Any) -> None:
        self.alpha = alpha

    def forward(self, x: Any, y: Any) -> Any:
        return y - (x if self.alpha == 1 else x * self.alpha)

    def backward(self, g: Any) -> Any:
        return -g if self.alpha == 1 else -g * self.alpha, g


class RsubNumber(Rsub, label="RsubBackward1"):
    """z = y − αx with a number y;  ∂z/∂x = −α."""


def rsub(input: Tensor, other: Tensor | Number, *, alpha: Number = 1) -> Tensor:
    """Elementwise other − alpha·input: `sub` with its operands exchanged.

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast, for a bool tensor on either side, and for an `alpha` with a
    fraction beside integers; TypeError for what is neither a tensor nor a number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.sub.html

    >>> import minitorch as torch
    >>> torch.rsub(torch.tensor([5., 7.]), 2)
    tensor([-3., -5.])
    """
    tensor_argument("rsub", input)
    if not isinstance(other, Tensor):
        other = number("rsub", other)
    for x in (input, other):
        if isinstance(x, bool) or (isinstance(x, Tensor) and x._array.dtype.kind == "b"):
            raise RuntimeError("Subtraction, the `-` operator, with a bool tensor is not supported.")
    alpha = number("rsub", alpha)
    _times_alpha(other, input, alpha)  # it refuses a factor that does not fit
    x, y = pair("rsub", input, other)
    return (Rsub if isinstance(y, Tensor) else RsubNumber)(alpha)(x, y)


class LerpTensor(Op, label="LerpBackward1"):
    """z = x + w(y − x);  ∂z/∂x = 1 − w, ∂z/∂y = w, ∂z/∂w = y − x.

    Where |w| ≥ ½ it is computed from the other end, as y − (1 − w)(y − x), so that w = 1 gives exactly y.
    """

    def forward(self, x: Any, y: Any, w: Any) -> Any:
        self.save(x, y, w)
        return array_module(x).where(abs(w) < 0.5, x + w * (y - x), y - (y - x) * (1 - w))

    def backward(self, g: Any) -> Any:
        x, y, w = self.saved
        return g * (1 - w), g * w, (g * (y - x) if self.needs[2] else None)


class Lerp(Op):
    """z = x + w(y − x) with a number w;  ∂z/∂x = 1 − w, ∂z/∂y = w."""

    def __init__(self, weight: float) -> None:
        self.weight = weight

    def forward(self, x: Any, y: Any) -> Any:
        w = self.weight
        return x + w * (y - x) if -0.5 < w < 0.5 else y - (y - x) * (1 - w)

    def backward(self, g: Any) -> Any:
        return g * (1 - self.weight), g * self.weight


def lerp(input: Tensor, end: Tensor, weight: Tensor | Number) -> Tensor:
    """Elementwise input + weight·(end − input): the way from input to end, `weight` (a number or a tensor) of it.

    Shapes: input, end and weight broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast, and for different dtypes; NotImplementedError for integers
    and booleans; TypeError for an input or end that is not a tensor, and a weight that is no number either.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.lerp.html

    >>> import minitorch as torch
    >>> torch.lerp(torch.tensor([1., 2.]), torch.tensor([3., 4.]), 0.5)
    tensor([2., 3.])
    """
    tensor_argument("lerp", input)
    tensor_argument("lerp", end, "end", 2)
    for name, t in (("end", end), ("weight", weight)):
        if isinstance(t, Tensor):
            if t._array.dtype != input._array.dtype and (name == "end" or t.ndim):
                raise RuntimeError(f"lerp: expected dtype {input.dtype} for `{name}` but got dtype {t.dtype}")
            check_broadcast("lerp", input._array.shape, t._array.shape)
    refuse("lerp_kernel", input, "biu")
    if not isinstance(weight, Tensor):
        return Lerp(number("lerp", weight))(*on_one_device("lerp", input, end))
    input, end, weight = on_one_device("lerp", input, end, weight)
    check_broadcast("lerp", end._array.shape, weight._array.shape)
    return LerpTensor()(input, end, weight._cast(input._array.dtype))


def _three(name: str, input: Any, tensor1: Any, tensor2: Any, value: Any) -> tuple[Any, Any, Any, Any]:
    """Three tensors in their common dtype, and the number, without its fraction where that dtype is an integer one."""
    tensor_argument(name, input)
    tensor_argument(name, tensor1, "tensor1", 2)
    tensor_argument(name, tensor2, "tensor2", 3)
    target = result_dtype(input, tensor1, tensor2)
    value = number(name, value)
    if not target.is_floating_point:
        value = int(value)
    tensors = on_one_device(name, input, tensor1, tensor2)
    for a, b in ((input, tensor1), (input, tensor2), (tensor1, tensor2)):
        check_broadcast(name, a._array.shape, b._array.shape)
    x, y, z = (t._cast(target.numpy) for t in tensors)
    return x, y, z, value


class Addcmul(Op):
    """z = x + v·a·b with a number v;  ∂z/∂x = 1, ∂z/∂a = v·b, ∂z/∂b = v·a."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def forward(self, x: Any, a: Any, b: Any) -> Any:
        self.save(a if self.needs[2] else None, b if self.needs[1] else None)
        return x + (a if self.value == 1 else self.value * a) * b

    def backward(self, g: Any) -> Any:
        a, b = self.saved
        return g, (g * (b * self.value) if self.needs[1] else None), (g * (a * self.value) if self.needs[2] else None)


def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Number = 1) -> Tensor:
    """Elementwise input + value·tensor1·tensor2.

    Shapes: input, tensor1 and tensor2 broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast; NotImplementedError for bool tensors alone; TypeError for
    what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.addcmul.html

    >>> import minitorch as torch
    >>> torch.addcmul(torch.tensor([1.]), torch.tensor([2.]), torch.tensor([3.]), value=10)
    tensor([61.])
    """
    x, a, b, value = _three("addcmul", input, tensor1, tensor2, value)
    refuse("addcmul_cpu_out", x, "b")
    return Addcmul(value)(x, a, b)


class Addcdiv(Op):
    """z = x + v·a/b with a number v;  ∂z/∂x = 1, ∂z/∂a = v/b, ∂z/∂b = −v·a/b²."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def forward(self, x: Any, a: Any, b: Any) -> Any:
        self.save(a if self.needs[2] else None, b)
        return x + (a if self.value == 1 else self.value * a) / b

    def backward(self, g: Any) -> Any:
        a, b = self.saved
        ga = g * (self.value / b) if self.needs[1] else None
        return g, ga, (-g * (self.value * a / (b * b)) if self.needs[2] else None)


def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Number = 1) -> Tensor:
    """Elementwise input + value·tensor1/tensor2.

    Shapes: input, tensor1 and tensor2 broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast, and for integers, as in PyTorch; TypeError for what is not a
    tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.addcdiv.html

    >>> import minitorch as torch
    >>> torch.addcdiv(torch.tensor([1.]), torch.tensor([6.]), torch.tensor([3.]), value=10)
    tensor([21.])
    """
    tensor_argument("addcdiv", tensor1, "tensor1", 2)
    tensor_argument("addcdiv", tensor2, "tensor2", 3)
    if not result_dtype(tensor1, tensor2).is_floating_point:
        raise RuntimeError(
            "Integer division with addcdiv is no longer supported. Use (input + value * torch.trunc(tensor1 / "
            "tensor2)) or convert to floating tensors."
        )
    x, a, b, value = _three("addcdiv", input, tensor1, tensor2, value)
    return Addcdiv(value)(x, a, b)
