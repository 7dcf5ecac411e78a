"""Questions about tensors that are not operations on them."""

from __future__ import annotations

from typing import Any

from numpy import generic

from .dtype import dtype, result_dtype
from .ops.checks import tensor_argument
from .tensor import Tensor

__all__ = [
    "get_device", "is_complex", "is_conj", "is_floating_point", "is_inference", "is_neg", "is_nonzero", "is_same_size",
    "is_signed", "is_storage", "is_tensor", "numel", "result_type", "typename",
]  # fmt: skip


def is_tensor(obj: Any) -> bool:
    """Whether `obj` is a Tensor.

    Shapes: a tensor of any shape, or any object.
    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.is_tensor.html

    >>> import minitorch as torch
    >>> torch.is_tensor(torch.ones(1)), torch.is_tensor(1.0)
    (True, False)
    """
    return isinstance(obj, Tensor)


def is_floating_point(input: Tensor) -> bool:
    """Whether the dtype is floating.

    Shapes: input of any shape.
    Errors: TypeError for what is no tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.is_floating_point.html

    >>> import minitorch as torch
    >>> torch.is_floating_point(torch.tensor([1]))
    False
    """
    return _ask("is_floating_point", input)


def is_nonzero(input: Tensor) -> bool:
    """Whether a one-element tensor is not zero.

    Shapes: input of one element.
    Errors: TypeError for what is no tensor, RuntimeError for other sizes.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.is_nonzero.html

    >>> import minitorch as torch
    >>> torch.is_nonzero(torch.tensor([0.]))
    False
    """
    tensor_argument("is_nonzero", input)
    return bool(input)


def numel(input: Tensor) -> int:
    """The number of elements.

    Shapes: input of any shape.
    Errors: TypeError for what is no tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.numel.html

    >>> import minitorch as torch
    >>> torch.numel(torch.zeros(2, 3))
    6
    """
    return _ask("numel", input)


def result_type(tensor1: Any, tensor2: Any) -> dtype:
    """The dtype that an operation on two tensors or numbers gives.

    Shapes: tensors of any shapes, which do not matter but for 0-d ones.
    Errors: TypeError for what is neither a tensor nor a number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.result_type.html

    >>> import minitorch as torch
    >>> torch.result_type(torch.tensor([1, 2]), 1.5)
    torch.float32
    """
    for given in (tensor1, tensor2):
        if not isinstance(given, Tensor | int | float | complex | generic):
            raise TypeError(f"result_type(): expected tensors and numbers, not {type(given).__name__}")
    return result_dtype(tensor1, tensor2)


def _ask(name: str, input: Any) -> Any:
    tensor_argument(name, input)
    return getattr(input, name)()


def is_complex(input: Tensor) -> bool:
    """Whether the dtype is complex: no, since no tensor here is.

    Shapes: input of any shape.
    Errors: TypeError for what is no tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.is_complex.html

    >>> import minitorch as torch
    >>> torch.is_complex(torch.tensor([1.]))
    False
    """
    return _ask("is_complex", input)


def is_conj(input: Tensor) -> bool:
    """Whether the tensor is a view that still has to be conjugated: no, since there are no complex tensors here.

    Shapes: input of any shape.
    Errors: TypeError for what is no tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.is_conj.html

    >>> import minitorch as torch
    >>> torch.is_conj(torch.tensor([1.]))
    False
    """
    return _ask("is_conj", input)


def is_neg(input: Tensor) -> bool:
    """Whether the tensor is a view that still has to be negated: no, since only complex tensors have such views.

    Shapes: input of any shape.
    Errors: TypeError for what is no tensor.

    Source: PyTorch's `torch.is_neg`, which has no page.

    >>> import minitorch as torch
    >>> torch.is_neg(torch.tensor([-1.]))
    False
    """
    return _ask("is_neg", input)


def is_signed(input: Tensor) -> bool:
    """Whether the dtype has negative numbers.

    Shapes: input of any shape.
    Errors: TypeError for what is no tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.is_signed.html

    >>> import minitorch as torch
    >>> torch.is_signed(torch.tensor([1])), torch.is_signed(torch.tensor([True]))
    (True, False)
    """
    return _ask("is_signed", input)


def is_inference(input: Tensor) -> bool:
    """Whether the tensor was made in inference mode. Here such tensors are like those made in `no_grad`: always False.

    Shapes: input of any shape.
    Errors: TypeError for what is no tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.is_inference.html

    >>> import minitorch as torch
    >>> torch.is_inference(torch.tensor([1.]))
    False
    """
    return _ask("is_inference", input)


def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape.

    Shapes: input and other of any shapes.
    Errors: TypeError for what is no tensor.

    Source: PyTorch's `torch.is_same_size`, which has no page.

    >>> import minitorch as torch
    >>> torch.is_same_size(torch.ones(2, 3), torch.ones(3, 2))
    False
    """
    tensor_argument("is_same_size", input)
    tensor_argument("is_same_size", other, "other", 2)
    return input.shape == other.shape


def is_storage(obj: Any) -> bool:
    """Whether `obj` is a storage, the bare memory under a tensor: no, since there are no such objects here.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.is_storage.html

    >>> import minitorch as torch
    >>> torch.is_storage(torch.tensor([1.]))
    False
    """
    return False


def get_device(input: Tensor) -> int:
    """The number of the GPU the tensor lives on, -1 for the CPU.

    Shapes: input of any shape.
    Errors: TypeError for what is no tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.get_device.html

    >>> import minitorch as torch
    >>> torch.get_device(torch.tensor([1.]))
    -1
    """
    return _ask("get_device", input)


def typename(obj: Any) -> str:
    """The name of an object's type: of a tensor such as ``torch.FloatTensor``, else with the module it is from.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.typename.html

    >>> import minitorch as torch
    >>> torch.typename(torch.tensor([1])), torch.typename(3)
    ('torch.LongTensor', 'int')
    """
    if isinstance(obj, Tensor):
        return obj.type()
    named = obj if hasattr(obj, "__qualname__") else type(obj)
    module = getattr(named, "__module__", None) or ""
    return named.__qualname__ if module in ("", "builtins") else f"{module}.{named.__qualname__}"
