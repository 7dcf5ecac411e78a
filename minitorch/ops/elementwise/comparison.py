"""Comparisons, logic and bit operations: results without gradients."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

import numpy as np

from ...device import array_module
from ...dtype import result_dtype
from ...tensor import Tensor, wrap
from ...types import Number
from ..checks import check_broadcast, check_devices, number, on_one_device, tensor_argument

__all__ = [
    "allclose", "bitwise_and", "bitwise_not", "bitwise_or", "bitwise_xor", "eq", "equal", "ge", "gt", "isclose",
    "isfinite", "isinf", "isnan", "le", "logical_and", "logical_not", "logical_or", "logical_xor", "lt", "ne",
]  # fmt: skip


def _apply(name: str, function: Callable[..., Any], input: Any, other: Any) -> Any:
    """`function` on two operands, Tensors or arrays or numbers; a Tensor if one of them is."""
    if not isinstance(input, Tensor) and not isinstance(other, Tensor):
        return function(input, other)
    a: Any = input._array if isinstance(input, Tensor) else number(name, input)
    b = other._array if isinstance(other, Tensor) else number(name, other)
    if isinstance(input, Tensor) and isinstance(other, Tensor):
        if type(a) is not np.ndarray or type(b) is not np.ndarray:
            a, b = (t._array for t in on_one_device(name, input, other))
        check_broadcast(name, a.shape, b.shape)
        if a.dtype != b.dtype:
            target = result_dtype(input, other).numpy
            a, b = a.astype(target), b.astype(target)
    elif not isinstance(a, np.generic) and isinstance(b, float) and a.dtype.kind != "f":
        a = a.astype(result_dtype(input, b).numpy)
    return wrap(function(a, b))


def eq(input: Tensor, other: Tensor | Number) -> Tensor:
    """Elementwise input = other, as bools.

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast; TypeError for an input that is not a tensor, and another
    operand that is neither a tensor nor a number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.eq.html

    >>> import minitorch as torch
    >>> torch.eq(torch.tensor([1, 2]), 2)
    tensor([False,  True])
    """
    tensor_argument("eq", input)
    return _apply("eq", lambda a, b: a == b, input, other)


def ne(input: Tensor, other: Tensor | Number) -> Tensor:
    """Elementwise input ≠ other, as bools.

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast; TypeError for an input that is not a tensor, and another
    operand that is neither a tensor nor a number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.ne.html

    >>> import minitorch as torch
    >>> torch.ne(torch.tensor([1, 2]), 2)
    tensor([ True, False])
    """
    tensor_argument("ne", input)
    return _apply("ne", lambda a, b: a != b, input, other)


def lt(input: Tensor, other: Tensor | Number) -> Tensor:
    """Elementwise input < other, as bools.

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast; TypeError for an input that is not a tensor, and another
    operand that is neither a tensor nor a number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.lt.html

    >>> import minitorch as torch
    >>> torch.lt(torch.tensor([1, 2]), 2)
    tensor([ True, False])
    """
    tensor_argument("lt", input)
    return _apply("lt", lambda a, b: a < b, input, other)


def le(input: Tensor, other: Tensor | Number) -> Tensor:
    """Elementwise input ≤ other, as bools.

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast; TypeError for an input that is not a tensor, and another
    operand that is neither a tensor nor a number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.le.html

    >>> import minitorch as torch
    >>> torch.le(torch.tensor([1, 3]), 2)
    tensor([ True, False])
    """
    tensor_argument("le", input)
    return _apply("le", lambda a, b: a <= b, input, other)


def gt(input: Tensor, other: Tensor | Number) -> Tensor:
    """Elementwise input > other, as bools.

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast; TypeError for an input that is not a tensor, and another
    operand that is neither a tensor nor a number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.gt.html

    >>> import minitorch as torch
    >>> torch.gt(torch.tensor([1, 3]), 2)
    tensor([False,  True])
    """
    tensor_argument("gt", input)
    return _apply("gt", lambda a, b: a > b, input, other)


def ge(input: Tensor, other: Tensor | Number) -> Tensor:
    """Elementwise input ≥ other, as bools.

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast; TypeError for an input that is not a tensor, and another
    operand that is neither a tensor nor a number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.ge.html

    >>> import minitorch as torch
    >>> torch.ge(torch.tensor([1, 2]), 2)
    tensor([False,  True])
    """
    tensor_argument("ge", input)
    return _apply("ge", lambda a, b: a >= b, input, other)


def logical_and(input: Tensor, other: Tensor) -> Tensor:
    """Elementwise "both nonzero".

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.logical_and.html

    >>> import minitorch as torch
    >>> torch.logical_and(torch.tensor([1, 0]), torch.tensor([2., 3.]))
    tensor([ True, False])
    """
    tensor_argument("logical_and", input)
    tensor_argument("logical_and", other, "other", 2)
    return _apply("logical_and", lambda a, b: array_module(a).logical_and(a, b), input, other)


def logical_or(input: Tensor, other: Tensor) -> Tensor:
    """Elementwise "at least one nonzero".

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.logical_or.html

    >>> import minitorch as torch
    >>> torch.logical_or(torch.tensor([1, 0]), torch.tensor([0, 0]))
    tensor([ True, False])
    """
    tensor_argument("logical_or", input)
    tensor_argument("logical_or", other, "other", 2)
    return _apply("logical_or", lambda a, b: array_module(a).logical_or(a, b), input, other)


def logical_xor(input: Tensor, other: Tensor) -> Tensor:
    """Elementwise "exactly one nonzero".

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.logical_xor.html

    >>> import minitorch as torch
    >>> torch.logical_xor(torch.tensor([1, 0]), torch.tensor([2, 3]))
    tensor([False,  True])
    """
    tensor_argument("logical_xor", input)
    tensor_argument("logical_xor", other, "other", 2)
    return _apply("logical_xor", lambda a, b: array_module(a).logical_xor(a, b), input, other)


def logical_not(input: Tensor) -> Tensor:
    """Elementwise "is zero".

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.logical_not.html

    >>> import minitorch as torch
    >>> torch.logical_not(torch.tensor([1, 0]))
    tensor([False,  True])
    """
    tensor_argument("logical_not", input)
    return wrap(array_module(input._array).logical_not(input._array)) if isinstance(input, Tensor) else input == 0


def _bits(name: str, symbol: str, function: Callable[..., Any], input: Any, other: Any) -> Any:
    kinds = [
        x._array.dtype.kind if isinstance(x, Tensor) else "f" if isinstance(x, builtins.float) else "i"
        for x in (input, other) if isinstance(x, Tensor | builtins.float | builtins.int)
    ]  # fmt: skip
    if len(kinds) == 2 and "f" in kinds:  # of what is no operand at all, `_apply` speaks
        raise NotImplementedError(f"\"{name}\" ({symbol}) not implemented for floating tensors")
    return _apply(name, function, input, other)


def bitwise_and(input: Tensor, other: Tensor | Number) -> Tensor:
    """Elementwise AND of bits (of truth values, for bool tensors).

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast; NotImplementedError for floating numbers; TypeError for what
    is neither a tensor nor a number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.bitwise_and.html

    >>> import minitorch as torch
    >>> torch.tensor([6, 5]) & 3
    tensor([2, 1])
    """
    return _bits("bitwise_and", "&", lambda a, b: a & b, input, other)


def bitwise_or(input: Tensor, other: Tensor | Number) -> Tensor:
    """Elementwise OR of bits (of truth values, for bool tensors).

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast; NotImplementedError for floating numbers; TypeError for what
    is neither a tensor nor a number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.bitwise_or.html

    >>> import minitorch as torch
    >>> torch.tensor([6, 5]) | 1
    tensor([7, 5])
    """
    return _bits("bitwise_or", "|", lambda a, b: a | b, input, other)


def bitwise_xor(input: Tensor, other: Tensor | Number) -> Tensor:
    """Elementwise XOR of bits (of truth values, for bool tensors).

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast; NotImplementedError for floating numbers; TypeError for what
    is neither a tensor nor a number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.bitwise_xor.html

    >>> import minitorch as torch
    >>> torch.tensor([True, True]) ^ torch.tensor([True, False])
    tensor([False,  True])
    """
    return _bits("bitwise_xor", "^", lambda a, b: a ^ b, input, other)


def bitwise_not(input: Tensor) -> Tensor:
    """Elementwise NOT of bits (of truth values, for bool tensors).

    Shapes: any; the result has the input's.
    Errors: NotImplementedError for a floating tensor; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.bitwise_not.html

    >>> import minitorch as torch
    >>> ~torch.tensor([True, False])
    tensor([False,  True])
    """
    tensor_argument("bitwise_not", input)
    if not isinstance(input, Tensor):
        return ~input
    return wrap(_bits("bitwise_not", "~", lambda a, b: ~a, input, 0)._array)


def isnan(input: Tensor) -> Tensor:
    """Elementwise "is not a number".

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.isnan.html

    >>> import minitorch as torch
    >>> torch.isnan(torch.tensor([1., float('nan')]))
    tensor([False,  True])
    """
    tensor_argument("isnan", input)
    return input != input


def isinf(input: Tensor) -> Tensor:
    """Elementwise "is +inf or −inf".

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.isinf.html

    >>> import minitorch as torch
    >>> torch.isinf(torch.tensor([1., float('-inf')]))
    tensor([False,  True])
    """
    tensor_argument("isinf", input)
    return wrap(array_module(input._array).isinf(input._array))


def isfinite(input: Tensor) -> Tensor:
    """Elementwise "is neither infinite nor nan".

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.isfinite.html

    >>> import minitorch as torch
    >>> torch.isfinite(torch.tensor([1., float('inf')]))
    tensor([ True, False])
    """
    tensor_argument("isfinite", input)
    return wrap(array_module(input._array).isfinite(input._array))


def isclose(input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Tensor:
    """Elementwise |input − other| ≤ atol + rtol·|other|.

    Shapes: input and other broadcast; the result has the common shape.
    Errors: RuntimeError for shapes that do not broadcast, and for different dtypes; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.isclose.html

    >>> import minitorch as torch
    >>> torch.isclose(torch.tensor([1., 2.]), torch.tensor([1., 2.1]))
    tensor([ True, False])
    """
    tensor_argument("isclose", input)
    tensor_argument("isclose", other, "other", 2)
    if input._array.dtype != other._array.dtype:
        raise RuntimeError(f"{input.dtype} and {other.dtype} do not match: isclose needs tensors of one dtype")
    input, other = on_one_device("isclose", input, other)
    check_broadcast("isclose", input._array.shape, other._array.shape)
    xp = array_module(input._array)
    return wrap(xp.isclose(input._array, other._array, rtol=rtol, atol=atol, equal_nan=equal_nan))


def allclose(input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Whether |input − other| ≤ atol + rtol·|other| for every element.

    Shapes: input and other broadcast; the result is a Python bool.
    Errors: RuntimeError for shapes that do not broadcast, and for different dtypes; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.allclose.html

    >>> import minitorch as torch
    >>> torch.allclose(torch.tensor([1., 2.]), torch.tensor([1., 2.00001]))
    True
    """
    return bool(isclose(input, other, rtol, atol, equal_nan)._array.all())


def equal(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape and the same elements.

    Shapes: any; the result is a Python bool.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.equal.html

    >>> import minitorch as torch
    >>> torch.equal(torch.tensor([1, 2]), torch.tensor([1, 2]))
    True
    """
    tensor_argument("equal", input)
    tensor_argument("equal", other, "other", 2)
    check_devices("equal", input, other)
    return input._array.shape == other._array.shape and bool((input._array == other._array).all())
