"""Names of PyTorch's early years that old scripts and courses still use."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from . import creation, from_data
from .device import CPU
from .dtype import bool_, float16, float32, float64, int8, int16, int32, int64, set_default_dtype, uint8
from .tensor import Tensor

__all__ = [
    "BoolTensor",
    "ByteTensor",
    "CharTensor",
    "DoubleTensor",
    "FloatTensor",
    "HalfTensor",
    "IntTensor",
    "LongTensor",
    "ShortTensor",
    "set_default_tensor_type",
]


class _TensorType(type):
    """A class whose instances are the CPU tensors of one dtype, and whose call makes one."""

    dtype: Any

    def __call__(cls, *args: Any) -> Tensor:
        """From sizes, zeros; from a sequence or an array, its values; of a tensor of the same type, the values shared.

        (PyTorch leaves the memory of sizes as it is.) TypeError for a tensor of another type, or for a single number.
        """
        if len(args) == 1 and isinstance(args[0], Tensor):
            if args[0].dtype != cls.dtype or args[0].is_cuda:
                raise TypeError(
                    f"torch.{cls.__name__}: expected a tensor of {cls.dtype} on the CPU, but got {args[0].type()}"
                )
            return args[0].detach()
        if all(isinstance(size, int) for size in args):
            return creation.zeros(args if args else (0,), dtype=cls.dtype, device=CPU)
        if len(args) != 1 or not hasattr(args[0], "__len__"):
            raise TypeError(f"torch.{cls.__name__}: data must be a sequence (got {type(args[0]).__name__})")
        if type(args[0]).__name__ == "Size":
            return creation.zeros(args[0], dtype=cls.dtype, device=CPU)
        return from_data.tensor(np.array(args[0]), dtype=cls.dtype, device=CPU)

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor) and instance.dtype == cls.dtype and not instance.is_cuda

    def __repr__(cls) -> str:
        return f"<class 'torch.{cls.__name__}'>"


class FloatTensor(metaclass=_TensorType):
    """Tensors of float32. Use `tensor` with a dtype.

    Shapes: sizes as ints → a tensor of these; data → that of the data.
    Errors: TypeError for data that are no sequence or no numbers, and for a tensor of another type; ValueError for
    ragged nesting; RuntimeError for a negative size.

    Source: https://docs.pytorch.org/docs/stable/tensors.html

    >>> import minitorch as torch
    >>> torch.FloatTensor([1, 2])
    tensor([1., 2.])
    """

    dtype = float32


class DoubleTensor(metaclass=_TensorType):
    """Tensors of float64. Use `tensor` with a dtype.

    Shapes: sizes as ints → a tensor of these; data → that of the data.
    Errors: TypeError for data that are no sequence or no numbers, and for a tensor of another type; ValueError for
    ragged nesting; RuntimeError for a negative size.

    Source: https://docs.pytorch.org/docs/stable/tensors.html

    >>> import minitorch as torch
    >>> torch.DoubleTensor([1, 2])
    tensor([1., 2.], dtype=torch.float64)
    """

    dtype = float64


class HalfTensor(metaclass=_TensorType):
    """Tensors of float16. Use `tensor` with a dtype.

    Shapes: sizes as ints → a tensor of these; data → that of the data.
    Errors: TypeError for data that are no sequence or no numbers, and for a tensor of another type; ValueError for
    ragged nesting; RuntimeError for a negative size.

    Source: https://docs.pytorch.org/docs/stable/tensors.html

    >>> import minitorch as torch
    >>> torch.HalfTensor([1, 2])
    tensor([1., 2.], dtype=torch.float16)
    """

    dtype = float16


class LongTensor(metaclass=_TensorType):
    """Tensors of int64. Use `tensor` with a dtype.

    Shapes: sizes as ints → a tensor of these; data → that of the data.
    Errors: TypeError for data that are no sequence or no numbers, and for a tensor of another type; ValueError for
    ragged nesting; RuntimeError for a negative size.

    Source: https://docs.pytorch.org/docs/stable/tensors.html

    >>> import minitorch as torch
    >>> torch.LongTensor([1, 2])
    tensor([1, 2])
    """

    dtype = int64


class IntTensor(metaclass=_TensorType):
    """Tensors of int32. Use `tensor` with a dtype.

    Shapes: sizes as ints → a tensor of these; data → that of the data.
    Errors: TypeError for data that are no sequence or no numbers, and for a tensor of another type; ValueError for
    ragged nesting; RuntimeError for a negative size.

    Source: https://docs.pytorch.org/docs/stable/tensors.html

    >>> import minitorch as torch
    >>> torch.IntTensor([1, 2])
    tensor([1, 2], dtype=torch.int32)
    """

    dtype = int32


class ShortTensor(metaclass=_TensorType):
    """Tensors of int16. Use `tensor` with a dtype.

    Shapes: sizes as ints → a tensor of these; data → that of the data.
    Errors: TypeError for data that are no sequence or no numbers, and for a tensor of another type; ValueError for
    ragged nesting; RuntimeError for a negative size.

    Source: https://docs.pytorch.org/docs/stable/tensors.html

    >>> import minitorch as torch
    >>> torch.ShortTensor([1, 2])
    tensor([1, 2], dtype=torch.int16)
    """

    dtype = int16


class CharTensor(metaclass=_TensorType):
    """Tensors of int8. Use `tensor` with a dtype.

    Shapes: sizes as ints → a tensor of these; data → that of the data.
    Errors: TypeError for data that are no sequence or no numbers, and for a tensor of another type; ValueError for
    ragged nesting; RuntimeError for a negative size.

    Source: https://docs.pytorch.org/docs/stable/tensors.html

    >>> import minitorch as torch
    >>> torch.CharTensor([1, 2])
    tensor([1, 2], dtype=torch.int8)
    """

    dtype = int8


class ByteTensor(metaclass=_TensorType):
    """Tensors of uint8. Use `tensor` with a dtype.

    Shapes: sizes as ints → a tensor of these; data → that of the data.
    Errors: TypeError for data that are no sequence or no numbers, and for a tensor of another type; ValueError for
    ragged nesting; RuntimeError for a negative size.

    Source: https://docs.pytorch.org/docs/stable/tensors.html

    >>> import minitorch as torch
    >>> torch.ByteTensor([1, 2])
    tensor([1, 2], dtype=torch.uint8)
    """

    dtype = uint8


class BoolTensor(metaclass=_TensorType):
    """Tensors of bool. Use `tensor` with a dtype.

    Shapes: sizes as ints → a tensor of these; data → that of the data.
    Errors: TypeError for data that are no sequence or no numbers, and for a tensor of another type; ValueError for
    ragged nesting; RuntimeError for a negative size.

    Source: https://docs.pytorch.org/docs/stable/tensors.html

    >>> import minitorch as torch
    >>> torch.BoolTensor([True, False])
    tensor([ True, False])
    """

    dtype = bool_


def set_default_tensor_type(t: Any) -> None:
    """`set_default_dtype` by the name of a tensor type, such as ``torch.DoubleTensor`` or ``"torch.DoubleTensor"``.

    Deprecated, with a warning that says so.

    Errors: TypeError for a type that is not floating, or that is none.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.set_default_tensor_type.html

    >>> import minitorch as torch
    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     torch.set_default_tensor_type(torch.FloatTensor)
    >>> torch.get_default_dtype()
    torch.float32
    """
    found = globals().get(t.removeprefix("torch.")) if isinstance(t, str) else t
    if not isinstance(found, _TensorType):
        raise TypeError(f"invalid type object: {t!r} is no type of tensors on the CPU")
    warnings.warn(
        "torch.set_default_tensor_type() is deprecated as of PyTorch 2.1, please use torch.set_default_dtype() and "
        "torch.set_default_device() as alternatives.",
        stacklevel=2,
    )
    set_default_dtype(found.dtype)
