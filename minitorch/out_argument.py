"""``out=``: the public functions that can write their result into a given tensor.

The operations themselves know nothing of it. ``minitorch.add(a, b, out=c)`` computes ``ops.add(a, b)`` and writes it
into c, so that it saves no memory here; it is there because programs say it.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

from . import ops
from .autograd.grad_mode import mode
from .dtype import can_cast
from .tensor import Tensor

NAMES = (
    "abs", "acos", "add", "addbmm", "addcdiv", "addcmul", "addmm", "addmv", "asin", "atan", "atan2", "baddbmm", "bmm", "cat",
    "ceil", "clamp", "cos", "cosh", "cumprod", "cumsum", "diag", "div", "dot", "eq", "exp", "expm1", "floor",
    "floor_divide", "fmod", "ge", "gt", "index_select", "le", "lerp", "log", "log10", "log1p", "log2", "logical_and",
    "logical_not", "logical_or", "lt", "matmul", "maximum", "mean", "minimum", "mm", "mul", "mv", "ne", "neg", "outer",
    "pow", "prod", "reciprocal", "remainder", "round", "rsqrt", "sigmoid", "sign", "sin", "sinh", "sqrt", "square",
    "stack", "sub", "sum", "tan", "tanh", "tril", "triu", "true_divide", "trunc", "where",
)  # fmt: skip
SAME_DTYPE = ("addbmm", "addmm", "addmv", "baddbmm", "bmm", "dot", "matmul", "mm", "mv")  # these cast nothing

__all__ = list(NAMES)


def _tensors(value: Any) -> list[Tensor]:
    if isinstance(value, tuple | list):
        return [t for part in value for t in _tensors(part)]
    return [value] if isinstance(value, Tensor) else []


def _write(name: str, result: Tensor, out: Any, inputs: list[Tensor]) -> Tensor:
    """Put `result` into `out`, which takes its shape and keeps its own dtype."""
    if not isinstance(out, Tensor):
        raise TypeError(f"{name}(): argument 'out' must be Tensor, not {type(out).__name__}")
    if mode.enabled and any(t.requires_grad for t in (*inputs, out)):
        raise RuntimeError(
            f"{name}(): functions with out=... arguments don't support automatic differentiation, but one of the "
            "arguments requires grad."
        )
    if name in SAME_DTYPE and out.dtype is not result.dtype:
        raise RuntimeError(f"Expected out tensor to have dtype {result.dtype}, but got {out.dtype} instead ({name})")
    if not can_cast(result.dtype, out.dtype):
        raise RuntimeError(
            f"result type {result.dtype.type_name} can't be cast to the desired output type {out.dtype.type_name}"
        )
    if out.shape != result.shape:
        if out._is_view():
            raise RuntimeError(
                f"{name}(): the result of shape {list(result.shape)} does not fit into out, a view of shape "
                f"{list(out.shape)}"
            )
        if out.numel():
            warnings.warn(
                f"An output with one or more elements was resized since it had shape {list(out.shape)}, which does not "
                f"match the required output shape {list(result.shape)}. This behavior is deprecated.",
                stacklevel=3,
            )
        out.data = result.new_empty(result.shape, dtype=out.dtype, device=out.device)
    out._write(result._array)
    return out


def _with_out(name: str) -> Callable[..., Any]:
    function = getattr(ops, name)

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if "out" not in kwargs:
            return function(*args, **kwargs)
        out = kwargs.pop("out")
        result = function(*args, **kwargs)
        return result if out is None else _write(name, result, out, _tensors(args) + _tensors(tuple(kwargs.values())))

    wrapper.__module__ = "minitorch"  # where pickle finds it
    wrapper.__name__ = wrapper.__qualname__ = name
    return wrapper


for _name in NAMES:
    globals()[_name] = _with_out(_name)
