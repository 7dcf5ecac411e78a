"""Number formats, and the rule by which two of them meet.

PyTorch's rule, in short: operands fall into three categories, bool < integer < floating. The result has the highest
category present; within it, tensors with at least one dimension decide, then 0-d tensors, then Python numbers. So
``float32 tensor * 2.0`` and ``float32 tensor * float64 0-d tensor`` both stay float32, and ``int64 * float32`` is
float32 (NumPy alone would say float64).

Source: https://docs.pytorch.org/docs/stable/tensor_attributes.html#type-promotion-doc
"""

from __future__ import annotations

from typing import Any

import numpy as np


class dtype:
    """The number format of a tensor's elements, such as ``minitorch.float32``.

    It prints under PyTorch's name (``torch.float32``), so that what a script prints is the same on both engines.

    Errors: none of its own: programs use those that there are.

    Source: https://docs.pytorch.org/docs/stable/tensor_attributes.html#torch.dtype

    >>> import minitorch as torch
    >>> torch.zeros(2).dtype, torch.float64.itemsize, torch.int64.is_floating_point
    (torch.float32, 8, False)
    """

    __slots__ = ("name", "numpy", "is_floating_point", "is_signed", "itemsize", "category", "type_name")

    is_complex: bool = False

    def __init__(self, name: str, type_name: str) -> None:
        self.name: str = name
        self.type_name: str = type_name  # as in "expected scalar type Float"
        self.numpy: np.dtype[Any] = np.dtype(name)
        self.is_floating_point: bool = self.numpy.kind == "f"
        self.is_signed: bool = self.numpy.kind in "fi"
        self.itemsize: int = self.numpy.itemsize
        self.category: int = {"b": 0, "u": 1, "i": 1, "f": 2}[self.numpy.kind]

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> tuple[Any, ...]:
        return from_numpy_dtype, (self.numpy,)  # one object per format, so that `is` works after unpickling


float16: dtype = dtype("float16", "Half")
half: dtype = float16
float32: dtype = dtype("float32", "Float")
float64: dtype = dtype("float64", "Double")
double: dtype = float64
int8: dtype = dtype("int8", "Char")
int16: dtype = dtype("int16", "Short")
short: dtype = int16
int32: dtype = dtype("int32", "Int")
int64: dtype = dtype("int64", "Long")
long: dtype = int64
uint8: dtype = dtype("uint8", "Byte")
bool_: dtype = dtype("bool", "Bool")

ALL_DTYPES = (float16, float32, float64, int8, int16, int32, int64, uint8, bool_)
_BY_NUMPY = {d.numpy: d for d in ALL_DTYPES}

_default = float32


def from_numpy_dtype(numpy_dtype: Any) -> dtype:
    """The minitorch dtype of a NumPy dtype; TypeError for one that no tensor can hold."""
    found = _BY_NUMPY.get(numpy_dtype) or _BY_NUMPY.get(np.dtype(numpy_dtype))
    if found is None:
        names = ", ".join(d.name for d in ALL_DTYPES)
        if np.dtype(numpy_dtype).kind == "c":
            raise TypeError(f"complex numbers are not supported ({np.dtype(numpy_dtype)}); tensors hold {names}")
        raise TypeError(
            f"can't convert np.ndarray of type {np.dtype(numpy_dtype)}. The only supported types are: {names}."
        )
    return found


def get_default_dtype() -> dtype:
    """The dtype that Python floats and factories such as ``zeros`` get; float32 unless set otherwise.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.get_default_dtype.html

    >>> import minitorch as torch
    >>> torch.get_default_dtype()
    torch.float32
    """
    return _default


def set_default_dtype(d: dtype) -> None:
    """Choose the default floating dtype.

    Errors: TypeError for a dtype that is not floating.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.set_default_dtype.html

    >>> import minitorch as torch
    >>> torch.set_default_dtype(torch.float64)
    >>> torch.tensor(1.0).dtype
    torch.float64
    >>> torch.set_default_dtype(torch.float32)
    """
    global _default
    if not isinstance(d, dtype):
        raise TypeError(f"invalid dtype object: only floating-point types are supported as the default type, not {d!r}")
    if not d.is_floating_point:
        raise TypeError("only floating-point types are supported as the default type")
    _default = d


def as_dtype(value: Any) -> dtype:
    """A dtype from what PyTorch accepts as one: a dtype, or the Python types float, int and bool."""
    if isinstance(value, dtype):
        return value
    if value is float:
        return float64
    if value is int:
        return int64
    if value is bool:
        return bool_
    raise TypeError(f"dtype must be a torch.dtype, not {type(value).__name__}")


def promote_types(type1: dtype, type2: dtype) -> dtype:
    """The smallest dtype of the higher category that holds both.

    Errors: TypeError for what is no dtype.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.promote_types.html

    >>> import minitorch as torch
    >>> torch.promote_types(torch.int64, torch.float32), torch.promote_types(torch.uint8, torch.int8)
    (torch.float32, torch.int16)
    """
    _dtype_argument("promote_types", "type1", 1, type1)
    _dtype_argument("promote_types", "type2", 2, type2)
    return _promoted(type1, type2)


def _dtype_argument(name: str, argument: str, position: int, value: Any) -> None:
    if not isinstance(value, dtype):
        kind = type(value).__name__
        raise TypeError(f"{name}(): argument '{argument}' (position {position}) must be torch.dtype, not {kind}")


def _promoted(type1: dtype, type2: dtype) -> dtype:
    if type1 is type2:
        return type1
    if type1.category != type2.category:
        return type1 if type1.category > type2.category else type2
    return _BY_NUMPY[np.promote_types(type1.numpy, type2.numpy)]


def can_cast(from_: dtype, to: dtype) -> bool:
    """Whether a result of dtype `from_` may be written into a tensor of dtype `to` (never to a lower category).

    Errors: TypeError for what is no dtype.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.can_cast.html

    >>> import minitorch as torch
    >>> torch.can_cast(torch.float32, torch.int64), torch.can_cast(torch.float64, torch.float32)
    (False, True)
    """
    _dtype_argument("can_cast", "from_", 1, from_)
    _dtype_argument("can_cast", "to", 2, to)
    return from_.category <= to.category


def scalar_dtype(value: bool | int | float) -> dtype:
    """The dtype a Python number stands for when no tensor decides."""
    if isinstance(value, bool | np.bool_):
        return bool_
    if isinstance(value, int | np.integer):
        return int64
    if isinstance(value, float | np.floating):
        return _default
    if isinstance(value, complex):
        raise TypeError("complex numbers are not supported; tensors hold real numbers and booleans")
    raise TypeError(f"unsupported operand: expected a tensor or a number, not {type(value).__name__}")


def result_dtype(*operands: Any) -> dtype:
    """PyTorch's result type of tensors, arrays and Python numbers (see the head of this file)."""
    by_priority: list[dtype | None] = [None, None, None]
    for x in operands:
        numpy_dtype = getattr(x, "_array", x)
        if isinstance(numpy_dtype, bool | int | float | complex):
            priority, found = 2, scalar_dtype(x)
        else:
            array = numpy_dtype
            if not hasattr(array, "dtype"):
                raise TypeError(f"expected a Tensor or a number, not {type(x).__name__}")
            priority, found = (0 if array.ndim else 1), from_numpy_dtype(array.dtype)
        known = by_priority[priority]
        by_priority[priority] = found if known is None else _promoted(known, found)
    result: dtype | None = None
    for kind in by_priority:
        if kind is not None and (result is None or kind.category > result.category):
            result = kind
    if result is None:
        raise ValueError("result_type needs at least one operand")
    return result


class finfo:
    """Limits of a floating dtype: ``eps``, ``max``, ``min``, ``tiny``, ``smallest_normal``, ``resolution``, ``bits``.

    Errors: TypeError for a dtype that is not floating, and for what is none.

    Source: https://docs.pytorch.org/docs/stable/type_info.html#torch.finfo

    >>> import minitorch as torch
    >>> torch.finfo(torch.float32).eps
    1.1920928955078125e-07
    """

    tiny: float
    smallest_normal: float

    def __init__(self, type: dtype | None = None) -> None:
        d = _default if type is None else type
        _dtype_argument("finfo", "type", 1, d)
        if not d.is_floating_point:
            raise TypeError("torch.finfo() requires a floating point input type. Use torch.iinfo to handle others")
        limits = np.finfo(d.numpy)
        self.dtype: str = d.name
        self.bits: int = d.itemsize * 8
        self.eps: float = float(limits.eps)
        self.max: float = float(limits.max)
        self.min: float = float(limits.min)
        self.tiny = self.smallest_normal = float(limits.smallest_normal)
        self.resolution: float = 10.0**-limits.precision

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, eps={self.eps:g}, "
            f"smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, dtype={self.dtype})"
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, finfo) and self.dtype == other.dtype

    __hash__ = None  # type: ignore[assignment]  # as in PyTorch


class iinfo:
    """Limits of an integer dtype: ``min``, ``max``, ``bits``.

    Errors: TypeError for a dtype that is not of integers, and for what is none.

    Source: https://docs.pytorch.org/docs/stable/type_info.html#torch.iinfo

    >>> import minitorch as torch
    >>> torch.iinfo(torch.uint8).max
    255
    """

    def __init__(self, type: dtype) -> None:
        _dtype_argument("iinfo", "type", 1, type)
        if type.category != 1:
            raise TypeError("torch.iinfo() requires an integer input type. Use torch.finfo to handle others")
        limits = np.iinfo(type.numpy)
        self.dtype: str = type.name
        self.bits: int = type.itemsize * 8
        self.min: int = int(limits.min)
        self.max: int = int(limits.max)

    def __repr__(self) -> str:
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, iinfo) and self.dtype == other.dtype

    __hash__ = None  # type: ignore[assignment]  # as in PyTorch
