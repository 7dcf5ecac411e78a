"""The many ways to call ``Tensor.to`` and ``Module.to``."""

from __future__ import annotations

from typing import Any

from . import tensor  # the module, which needs this one: its `Tensor` is looked up when it is there
from .device import as_device, device
from .dtype import ALL_DTYPES, as_dtype, dtype, get_default_dtype

PYTHON_TYPES = (float, int, bool)  # they stand for float64, int64 and bool
TO_NAMES = ("device", "dtype", "non_blocking", "copy")
TO_LIKE_NAMES = ("tensor", "non_blocking", "copy")
TYPE_NAMES = {f"torch.{place}{kind.type_name}Tensor": (place, kind) for place in ("", "cuda.") for kind in ALL_DTYPES}


def parse_to(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[device | None, dtype | None, bool, bool]:
    """Read the arguments of `Tensor.to` and `Module.to`: (device, dtype, copy, non_blocking).

    They are ``to(device=None, dtype=None, non_blocking=False, copy=False)``, the same without the device, or with
    another tensor, whose device and dtype are meant, in the place of both. TypeError for anything else.
    """
    given = dict(kwargs)
    first: Any = args[0] if args else None
    names: tuple[str, ...] = TO_NAMES
    if isinstance(first, tensor.Tensor) or "tensor" in given or "other" in given:
        names = TO_LIKE_NAMES
        if "other" in given:
            given["tensor"] = given.pop("other")
    elif isinstance(first, dtype) or first in PYTHON_TYPES:
        names = TO_NAMES[1:]
    is_wrong = len(args) > len(names) or ("device" in given and "device" not in names)
    for name, value in zip(names, args, strict=False):
        is_wrong = is_wrong or name in given
        given[name] = value
    place: Any = given.pop("device", None)
    kind: Any = given.pop("dtype", None)
    source: Any = given.pop("tensor", None)
    copy, non_blocking = given.pop("copy", False), given.pop("non_blocking", False)
    memory_format = given.pop("memory_format", None)
    is_wrong = is_wrong or bool(given) or type(copy) is not bool or type(non_blocking) is not bool
    is_wrong = is_wrong or not (place is None or isinstance(place, str | device) or type(place) is int)
    is_wrong = is_wrong or not (kind is None or isinstance(kind, dtype) or kind in PYTHON_TYPES)
    is_wrong = is_wrong or not (source is None or (isinstance(source, tensor.Tensor) and place is None and kind is None))
    if is_wrong:
        kinds = {dtype: "torch.dtype", device: "torch.device"}
        got = [kinds.get(type(value), type(value).__name__) for value in args]
        got += [f"{name}={kinds.get(type(value), type(value).__name__)}" for name, value in kwargs.items()]
        raise TypeError(
            f"to() received an invalid combination of arguments - got ({', '.join(got)}), but expected one of: (device, "
            "dtype, non_blocking, copy), (dtype, non_blocking, copy), (tensor, non_blocking, copy)"
        )
    if memory_format is not None and str(memory_format) == "torch.channels_last":
        raise NotImplementedError("to(): memory_format=torch.channels_last is not supported")
    if source is not None:
        return source.device, source.dtype, copy, non_blocking
    return None if place is None else as_device(place), None if kind is None else as_dtype(kind), copy, non_blocking


def parse_type(value: Any) -> tuple[str | None, dtype]:
    """Read the argument of `Tensor.type`: the kind of device (None: where the tensor is), and the dtype.

    It is a dtype, or a tensor type such as `FloatTensor` or its name, which says both. ValueError for another type and
    name, TypeError for anything else, NotImplementedError for bfloat16.
    """
    if isinstance(value, dtype):
        return None, value
    if value is tensor.Tensor or value == "torch.Tensor":
        return "cpu", get_default_dtype()
    if not isinstance(value, str | type):
        raise TypeError("dtype must be a type, str, or dtype object")
    name = value if isinstance(value, str) else value.__name__
    if isinstance(value, type) and isinstance(getattr(value, "dtype", None), dtype):
        name = f"torch.{name}"
    if name in ("torch.BFloat16Tensor", "torch.cuda.BFloat16Tensor"):
        raise NotImplementedError("bfloat16 is not supported: NumPy and CuPy have no such dtype")
    if name not in TYPE_NAMES:
        raise ValueError(f"invalid type: {name!r}")
    place, kind = TYPE_NAMES[name]
    return "cuda" if place else "cpu", kind
