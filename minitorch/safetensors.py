"""Weights in the safetensors format, read and written by its own library (`pip install safetensors`).

The functions are those of `safetensors.torch`. A file holds named tensors and, under "__metadata__", strings; no
program, no shared memory, no views. What was saved by either engine can be loaded by the other.

Source: https://huggingface.co/docs/safetensors/api/torch
"""

from __future__ import annotations

import importlib
import os
from typing import Any

import numpy as np

from .device import CPU, as_device, to_device, to_numpy
from .dtype import ALL_DTYPES, dtype
from .files import replacing
from .tensor import Tensor, wrap

__all__ = ["load", "load_file", "save", "save_file"]

_CODES = {
    "F16": "float16", "F32": "float32", "F64": "float64", "I8": "int8", "I16": "int16", "I32": "int32", "I64": "int64",
    "U8": "uint8", "BOOL": "bool",
}  # fmt: skip
_DTYPES = {code: next(d for d in ALL_DTYPES if d.name == name) for code, name in _CODES.items()}


def save_file(
    tensors: dict[str, Tensor], filename: str | os.PathLike[str], metadata: dict[str, str] | None = None
) -> None:
    """Write `tensors` to the file `filename`, which is replaced only when the new one is complete and on the disk.

    Shapes: contiguous tensors of any shapes.
    Errors: ValueError for what is no dict of tensors, and for one that is not contiguous; RuntimeError for tensors that
    share memory; TypeError for names that are no strings and metadata that is no dict of strings; OSError naming the
    file if it cannot be written.

    Source: https://huggingface.co/docs/safetensors/api/torch#safetensors.torch.save_file

    >>> import os, tempfile, minitorch as torch
    >>> from minitorch.safetensors import load_file, save_file
    >>> path = os.path.join(tempfile.mkdtemp(), "net.safetensors")
    >>> save_file({"weight": torch.ones(2)}, path, metadata={"format": "pt"})
    >>> load_file(path)
    {'weight': tensor([1., 1.])}
    """
    content = save(tensors, metadata)
    with replacing(filename) as file:
        file.write(content)


def load_file(filename: str | os.PathLike[str], device: Any = "cpu") -> dict[str, Tensor]:
    """The tensors of the file `filename`, on `device`, in the order of their names.

    Shapes: tensors as they were saved.
    Errors: FileNotFoundError if there is none; safetensors.SafetensorError naming the file, if it is truncated, corrupt
    or another kind of file; TypeError naming the tensor for a dtype that minitorch lacks, such as bfloat16.

    Source: https://huggingface.co/docs/safetensors/api/torch#safetensors.torch.load_file

    >>> import os, tempfile, minitorch as torch
    >>> from minitorch.safetensors import load_file, save_file
    >>> path = os.path.join(tempfile.mkdtemp(), "net.safetensors")
    >>> save_file({"bias": torch.tensor([1, 2])}, path)
    >>> load_file(path, device="cpu")["bias"]
    tensor([1, 2])
    """
    library = _library()
    place = as_device(device)
    with open(filename, "rb"):  # FileNotFoundError and its like, as from any other function
        pass
    name = f"'{os.fspath(filename)}'"
    try:
        with library.safe_open(os.fspath(filename), framework="np") as file:
            dtypes = {key: file.get_slice(key).get_dtype() for key in file.keys()}  # noqa: SIM118, it is no dict
            for key, code in dtypes.items():
                _dtype_of(code, key, name)
            return {key: _wrapped(file.get_tensor(key), place) for key in dtypes}
    except library.SafetensorError as error:
        raise library.SafetensorError(f"{name} is truncated or corrupt, or no safetensors file: {error}") from None


def save(tensors: dict[str, Tensor], metadata: dict[str, str] | None = None) -> bytes:
    """The bytes of a file that holds `tensors`.

    Shapes: contiguous tensors of any shapes.
    Errors: as for `save_file`: ValueError for what is no dict of contiguous tensors, RuntimeError for tensors that
    share memory, TypeError for names and metadata that are no strings.

    Source: https://huggingface.co/docs/safetensors/api/torch#safetensors.torch.save

    >>> import minitorch as torch
    >>> from minitorch.safetensors import load, save
    >>> load(save({"weight": torch.ones(2)}))
    {'weight': tensor([1., 1.])}
    """
    _library()
    if not isinstance(tensors, dict):
        raise ValueError(f"Expected a dict of [str, torch.Tensor] but received {type(tensors).__name__}")
    for key, value in tensors.items():
        if not isinstance(key, str):
            raise TypeError(f"names must be strings, but {key!r} is {type(key).__name__}")
        if not isinstance(value, Tensor):
            raise ValueError(f"Key `{key}` is invalid, expected torch.Tensor but received {type(value).__name__}")
        if not value.is_contiguous():
            raise ValueError(
                f"You are trying to save a non contiguous tensor: `{key}` which is not allowed. Save `.contiguous()` of it"
            )
    _refuse_shared(tensors)
    if not isinstance(metadata, dict | None):
        raise TypeError(f"metadata must be a dict of strings, but is {type(metadata).__name__}")
    for key, text in (metadata or {}).items():
        if not isinstance(key, str) or not isinstance(text, str):
            raise TypeError(f"metadata must be strings, but {key!r} is {type(text).__name__}")
    arrays = {key: np.ascontiguousarray(to_numpy(value._array)).reshape(value.shape) for key, value in tensors.items()}
    return importlib.import_module("safetensors.numpy").save(arrays, metadata=metadata)


def load(data: bytes) -> dict[str, Tensor]:
    """The tensors in the bytes of a file, on the CPU.

    Shapes: tensors as they were saved.
    Errors: as for `load_file`: safetensors.SafetensorError for bytes that are no such file, TypeError for a dtype that
    minitorch lacks.

    Source: https://huggingface.co/docs/safetensors/api/torch#safetensors.torch.load

    >>> import minitorch as torch
    >>> from minitorch.safetensors import load, save
    >>> load(save({"a": torch.zeros(1), "b": torch.ones(1)}))["b"]
    tensor([1.])
    """
    library = _library()
    try:
        found = library.deserialize(data)
    except library.SafetensorError as error:
        raise library.SafetensorError(f"the data is truncated or corrupt, or no safetensors file: {error}") from None
    result = {}
    for key, described in sorted(found, key=lambda pair: pair[0]):
        kind = _dtype_of(described["dtype"], key, "the data")
        array = np.frombuffer(described["data"], kind.numpy.newbyteorder("<")).astype(kind.numpy, copy=True)
        result[key] = wrap(array.reshape(described["shape"]))
    return result


def _library() -> Any:
    try:
        return importlib.import_module("safetensors")
    except ImportError as error:
        raise ImportError("minitorch.safetensors needs the package safetensors: pip install safetensors") from error


def _dtype_of(code: str, key: str, name: str) -> dtype:
    found = _DTYPES.get(code)
    if found is None:
        raise TypeError(
            f"{name}: tensor `{key}` is of dtype {code}, which minitorch lacks; it reads {', '.join(_DTYPES)}. Convert it "
            "in PyTorch before saving"
        )
    return found


def _wrapped(array: np.ndarray, place: Any) -> Tensor:
    array = np.require(array, requirements=["C", "W", "O"])
    return wrap(array if place == CPU else to_device(array, place))


def _refuse_shared(tensors: dict[str, Tensor]) -> None:
    """The format has no memory that is shared; to write it twice would lose that quietly."""
    places = sorted((t.data_ptr(), t.data_ptr() + t.nbytes, str(t.device), key) for key, t in tensors.items() if t.numel())
    end, device_before, before = 0, "", ""
    for begin, stop, place, key in places:
        if begin < end and place == device_before:
            raise RuntimeError(
                f"Some tensors share memory, this will lead to duplicate memory on disk and potential differences when "
                f"loading them again: [{{{before!r}, {key!r}}}]. Save one of them, or a .clone()"
            )
        if stop > end or place != device_before:
            end, device_before, before = stop, place, key
