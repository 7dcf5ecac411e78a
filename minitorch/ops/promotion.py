"""Bringing operands together: PyTorch's type promotion, by recorded casts."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dtype import get_default_dtype, result_dtype, scalar_dtype
from ..tensor import Tensor
from .checks import check_broadcast, number, on_one_device, tensor_argument


def pair(name: str, x: Any, y: Any, floating: bool = False) -> tuple[Any, Any]:
    """Two operands in their common dtype, by PyTorch's promotion; with `floating`, integers become the default float.

    Python numbers stay Python numbers, which NumPy gives the tensor's dtype. Plain arrays, which only the engine
    itself passes, are left as they are.
    """
    x_is_tensor, y_is_tensor = isinstance(x, Tensor), isinstance(y, Tensor)
    if not x_is_tensor and not y_is_tensor:
        return x, y
    if x_is_tensor and y_is_tensor:
        a, b = x._array, y._array
        if type(a) is not type(b) or type(a) is not np.ndarray:
            x, y = on_one_device(name, x, y)
            a, b = x._array, y._array
        if a.shape != b.shape:
            check_broadcast(name, a.shape, b.shape)
        if a.dtype == b.dtype:
            if floating and a.dtype.kind != "f":
                default = get_default_dtype().numpy
                return x._cast(default), y._cast(default)
            return x, y
        target = result_dtype(x, y)
        if floating and not target.is_floating_point:
            target = get_default_dtype()
        return x._cast(target.numpy), y._cast(target.numpy)
    t, other = (x, y) if x_is_tensor else (y, x)
    other = number(name, other)
    kind = t._array.dtype.kind
    if kind != "f":
        if floating or scalar_dtype(other).category > t.dtype.category:
            t = t._cast(get_default_dtype().numpy if floating or isinstance(other, float) else np.int64)
    return (t, other) if x_is_tensor else (other, t)


def floating(x: Any) -> Any:
    """`x` with integers and booleans converted to the default floating dtype."""
    if isinstance(x, Tensor) and x._array.dtype.kind != "f":
        return x._cast(get_default_dtype().numpy)
    return x


def two_tensors(name: str, input: Any, other: Any, argument: str = "other", floating: bool = False) -> tuple[Any, Any]:
    """`pair`, where PyTorch takes no number in either place: TypeError for one."""
    tensor_argument(name, input)
    tensor_argument(name, other, argument, 2)
    return pair(name, input, other, floating)
