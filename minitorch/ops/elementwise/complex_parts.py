"""Parts of complex numbers, for programs written for both kinds: here every number is real, and its own conjugate."""

from __future__ import annotations

import math
from typing import Any

from ...autograd.op import Op
from ...device import array_module
from ...tensor import Tensor
from ..checks import tensor_argument, zeros_like
from ..promotion import floating

__all__ = ["angle", "conj", "conj_physical", "imag", "real", "resolve_conj", "resolve_neg"]


class Angle(Op):
    """z = π where x < 0, else 0 (nan where x is nan);  ∂z/∂x = 0."""

    def forward(self, x: Any) -> Any:
        xp = array_module(x)
        return xp.where(x < 0, x.dtype.type(math.pi), xp.where(x == x, x.dtype.type(0), x))

    def backward(self, g: Any) -> Any:
        return zeros_like(g)


def angle(input: Tensor) -> Tensor:
    """Elementwise direction in the complex plane, in radians: 0 for x ≥ 0, π for x < 0. Its derivative is 0.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.angle.html

    >>> import minitorch as torch
    >>> torch.angle(torch.tensor([2., -2.]))
    tensor([0.0000, 3.1416])
    """
    tensor_argument("angle", input)
    return Angle()(floating(input))


def imag(input: Tensor) -> Tensor:
    """The imaginary part. There are no complex tensors here, and real ones have none, as in PyTorch.

    Shapes: any, but there is no result.
    Errors: RuntimeError for every tensor; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.imag.html

    >>> import minitorch as torch
    >>> torch.imag(torch.tensor([1.]))
    Traceback (most recent call last):
    RuntimeError: imag is not implemented for tensors with non-complex dtypes.
    """
    tensor_argument("imag", input)
    raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")


def real(input: Tensor) -> Tensor:
    """The real part: the tensor itself.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.real.html

    >>> import minitorch as torch
    >>> torch.real(torch.tensor([1.]))
    tensor([1.])
    """
    tensor_argument("real", input)
    return input


def conj(input: Tensor) -> Tensor:
    """The conjugate: of a real tensor the tensor itself.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.conj.html

    >>> import minitorch as torch
    >>> torch.conj(torch.tensor([1.]))
    tensor([1.])
    """
    tensor_argument("conj", input)
    return input


def conj_physical(input: Tensor) -> Tensor:
    """The conjugate, computed at once: of a real tensor the tensor itself.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.conj_physical.html

    >>> import minitorch as torch
    >>> torch.conj_physical(torch.tensor([1.]))
    tensor([1.])
    """
    tensor_argument("conj_physical", input)
    return input


def resolve_conj(input: Tensor) -> Tensor:
    """The tensor with a pending conjugation carried out: the tensor itself.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.resolve_conj.html

    >>> import minitorch as torch
    >>> torch.resolve_conj(torch.tensor([1.]))
    tensor([1.])
    """
    tensor_argument("resolve_conj", input)
    return input


def resolve_neg(input: Tensor) -> Tensor:
    """The tensor with a pending negation carried out: the tensor itself.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.resolve_neg.html

    >>> import minitorch as torch
    >>> torch.resolve_neg(torch.tensor([1.]))
    tensor([1.])
    """
    tensor_argument("resolve_neg", input)
    return input
