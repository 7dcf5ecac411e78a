"""Questions asked of arguments before any array is touched, so that errors read the same on every device."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from ..device import array_module, mixed_devices
from ..tensor import Tensor, wrap

F = TypeVar("F", bound=Callable[..., Any])


def numpy_names(function: F) -> F:
    """Let `axis` and `keepdims` stand for `dim` and `keepdim`."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if kwargs:
            for numpy_name, name in (("axis", "dim"), ("keepdims", "keepdim")):
                if numpy_name in kwargs:
                    kwargs[name] = kwargs.pop(numpy_name)
        return function(*args, **kwargs)

    return wrapper  # type: ignore[return-value]  # of the same type, by `wraps`


INTEGERS = (int, np.integer)

is_blocking: bool = os.environ.get("CUDA_LAUNCH_BLOCKING") == "1"


def tensor_argument(op: str, value: Any, argument: str = "input", position: int = 1) -> None:
    """TypeError unless `value` is a Tensor (or an array, which only the engine passes)."""
    if not isinstance(value, Tensor) and not hasattr(value, "dtype"):
        raise TypeError(f"{op}(): argument '{argument}' (position {position}) must be Tensor, not {type(value).__name__}")


def zeros_like(g: Any) -> Any:
    """A gradient of zeros for `g`, an array or a Tensor. (``g * 0`` would be nan where g is infinite.)"""
    if isinstance(g, Tensor):
        return wrap(array_module(g._array).zeros_like(g._array))
    return array_module(g).zeros_like(g)


def number(op: str, value: Any) -> bool | int | float:
    """A Python number from what may stand beside a tensor, or be a parameter; TypeError for anything else.

    A number of NumPy's would give a result of its own dtype.
    """
    if isinstance(value, bool | int | float) and not isinstance(value, np.generic):
        return value
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return value.item()
    array = getattr(value, "_array", None)  # a tensor's: PyTorch takes one of no dimension for a number
    if array is not None and array.ndim == 0 and not value.requires_grad:
        return value.item()
    raise TypeError(f"{op}(): expected a Tensor or a number, not {type(value).__name__}")


def can_look(array: Any) -> bool:
    """Whether values of `array` may be looked at for the sake of a check, or to go a shorter way: on the CPU.

    On a GPU a look would wait for all the work that was asked for so far. There an index out of range wraps around
    instead of raising, and the longer way is gone. Who looks for a wrong index sets the environment variable
    CUDA_LAUNCH_BLOCKING to 1, as with PyTorch: then all is checked there, too.
    """
    return isinstance(array, (np.ndarray, np.generic)) or is_blocking


def check_broadcast(op: str, a: tuple[int, ...], b: tuple[int, ...]) -> None:
    """RuntimeError unless shapes `a` and `b` broadcast together."""
    for back in range(1, min(len(a), len(b)) + 1):
        m, n = a[-back], b[-back]
        if m != n and m != 1 and n != 1:
            dim = max(len(a), len(b)) - back
            raise RuntimeError(
                f"The size of tensor a ({m}) must match the size of tensor b ({n}) at non-singleton dimension {dim} "
                f"({op}: shapes {list(a)} and {list(b)} do not broadcast)"
            )


def check_same_device(op: str, *tensors: Tensor) -> None:
    """RuntimeError naming the devices if `tensors` do not share one. 0-d CPU tensors may stand beside GPU ones."""
    if all([type(t._array) is np.ndarray for t in tensors]):
        return
    _refuse_mixture(op, {str(t.device) for t in tensors if t.ndim or t.is_cuda})


def _is_any_elsewhere(values: Any) -> bool:
    """Whether a tensor among `values` is anywhere but on the CPU."""
    for value in values:
        if isinstance(value, Tensor) and type(value._array) is not np.ndarray:
            return True
    return False


def _refuse_mixture(op: str, places: set[str]) -> None:
    if len(places) > 1:
        raise mixed_devices(op, places)


def check_devices(op: str, *values: Any) -> None:
    """RuntimeError naming the devices if those of `values` that are tensors do not share one, 0-d ones or not."""
    if _is_any_elsewhere(values):
        _refuse_mixture(op, {str(t.device) for t in values if isinstance(t, Tensor)})


def check_gradient_device(gradient: Tensor, tensor: Tensor) -> None:
    """RuntimeError if `gradient`, which is to become the ``.grad`` of `tensor`, lies on another device."""
    if gradient.device != tensor.device:
        raise RuntimeError(
            f"attempting to assign a gradient on device '{gradient.device}' to a tensor on device '{tensor.device}'. "
            "Please ensure that the gradient and the tensor are on the same device"
        )


def on_one_device(op: str, *tensors: Tensor) -> Sequence[Tensor]:
    """`tensors`, the 0-d ones of the CPU moved to where the others are. RuntimeError for others that are apart."""
    if all([type(t._array) is np.ndarray for t in tensors]):
        return tensors
    check_same_device(op, *tensors)
    places = [t.device for t in tensors if t.is_cuda]
    return [t.to(places[0]) for t in tensors] if places else tensors


def normalize_dim(dim: int, ndim: int) -> int:
    """`dim` counted from the front; IndexError outside of [−ndim, ndim)."""
    n = max(ndim, 1)
    if not -n <= dim < n:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {dim})")
    return dim % n


def refuse(op: str, x: Any, kinds: str) -> None:
    """NotImplementedError if a Tensor's dtype is one of `kinds` (NumPy's letters: b bool, i u integers, f floating)."""
    if isinstance(x, Tensor) and x._array.dtype.kind in kinds:
        raise NotImplementedError(f"\"{op}\" not implemented for '{x.dtype.type_name}'")


def check_floating(op: str, x: Any) -> None:
    """NotImplementedError unless `x` is floating."""
    refuse(op, x, "biu")


def int_pair(op: str, name: str, value: Any) -> tuple[int, int]:
    """Two ints from an int or a pair of ints, as in ``stride=2`` or ``stride=(2, 1)``."""
    if isinstance(value, INTEGERS):
        return int(value), int(value)
    values = tuple(value)
    if len(values) == 1:
        values *= 2
    are_integers = all([isinstance(v, INTEGERS) for v in values])
    if len(values) != 2 or not are_integers:
        kind = RuntimeError if are_integers else TypeError
        raise kind(f"{op}(): argument '{name}' must be an int or a pair of ints, but got {value!r}")
    return int(values[0]), int(values[1])
