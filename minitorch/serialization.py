"""Checkpoints: `save` and `load`, in PyTorch's file format, so that either engine reads what the other wrote.

The file is an uncompressed zip archive::

    archive/data.pkl             the object, pickled (protocol 2); in place of numbers, references to storages
    archive/data/0, /1, …        the storages: raw bytes, each shared by all tensors that share memory
    archive/byteorder, version, .format_version, .storage_alignment

Source: https://docs.pytorch.org/docs/stable/notes/serialization.html
"""

from __future__ import annotations

import io
import os
import pickle
import sys
import zipfile
from collections.abc import Callable
from typing import IO, Any, NoReturn

import numpy as np

from .archive import ALIGNMENT, Archive, write_record
from .device import CPU, as_device, device, to_device
from .dtype import dtype
from .files import replacing
from .pickling import Memory, Pickler
from .tensor import Tensor, wrap
from .unpickling import Storage, Unpickler

__all__ = ["load", "save"]

NATIVE_ORDER = sys.byteorder.encode()
NEWEST = 10  # version of the archive format that PyTorch knows; it writes 3
OLD_PICKLE = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # what PyTorch's files began with before 1.6


def save(
    obj: Any,
    f: str | os.PathLike[str] | IO[bytes],
    pickle_module: Any = None,
    pickle_protocol: int = 2,
    _use_new_zipfile_serialization: bool = True,
) -> None:
    """Write `obj` to the file `f`, a path or something with a ``write`` method, so that PyTorch can load it, too.

    `obj` is made of tensors, numbers, strings, bytes, None, dtypes, devices, sizes, and of tuples, lists, sets and
    dicts of them, as state dicts are. Tensors that share memory share it after loading. As in PyTorch a view brings all
    memory along of the tensor that it is a view of; ``view.clone()`` does not.

    A file on disk is replaced only when the new one is complete and on the disk: whatever goes wrong, even a power cut,
    the old one stays whole.

    Shapes: tensors of any shapes.
    Errors: TypeError naming what cannot be saved, for a function pickle.PicklingError; AttributeError for an `f` that
    cannot be written to; NotImplementedError for another format; RuntimeError if the folder does not exist;
    PermissionError or another OSError naming the path if it cannot be written.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.save.html

    >>> import io, minitorch as torch
    >>> file = io.BytesIO()
    >>> torch.save({"weight": torch.ones(2), "epoch": 3}, file)
    >>> file.seek(0)
    0
    >>> torch.load(file)
    {'weight': tensor([1., 1.]), 'epoch': 3}
    """
    if pickle_module not in (None, pickle) or pickle_protocol != 2 or not _use_new_zipfile_serialization:
        raise NotImplementedError(
            "minitorch's save writes PyTorch's zip format with pickle protocol 2 alone, which every PyTorch since 1.6 "
            "reads with weights_only=True"
        )
    is_path = isinstance(f, str | os.PathLike)
    if not is_path and not hasattr(f, "write"):
        raise AttributeError("expected 'f' to be string, path, or a file-like object with a 'write' attribute")
    memory = Memory(obj)
    data = Pickler(memory).dump(obj)  # before any file is touched: what cannot be saved fails here
    if is_path:
        folder = os.path.dirname(os.fspath(f))  # type: ignore[arg-type]  # just asked
        if folder and not os.path.isdir(folder):
            raise RuntimeError(f"Parent directory {folder} does not exist.")
        with replacing(f) as file:  # type: ignore[arg-type]  # just asked
            _write_archive(file, data, memory)
    else:
        _write_archive(f, data, memory)  # type: ignore[arg-type]  # just asked


def load(
    f: str | os.PathLike[str] | IO[bytes],
    map_location: Any = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = True,
    mmap: bool | None = None,
) -> Any:
    """Read what `save` of minitorch or of PyTorch (1.6 or later) wrote to the file `f`, a path or a seekable file.

    `map_location` says where tensors go: a device, a dict from the devices they were saved on to others, or a function
    ``(storage, location) -> storage``, which is given the storage as a flat tensor; by default they go where they were.
    Tensors, numbers, strings and plain containers are read, whatever `weights_only` says: nothing in a file is run. A
    path that ends in ``.safetensors`` is read by `minitorch.safetensors.load_file`.

    Shapes: tensors as they were saved.
    Errors: pickle.UnpicklingError for a file that is no checkpoint or contains something else; RuntimeError for one
    that is truncated or corrupt, or needs a GPU that is not there; EOFError for an empty one; each names the file.
    FileNotFoundError for no file, AttributeError for an `f` that cannot be read, TypeError for one that is text;
    NotImplementedError for `pickle_module` and `mmap`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.load.html

    >>> import io, minitorch as torch
    >>> file = io.BytesIO(b"something else")
    >>> torch.load(file)
    Traceback (most recent call last):
    _pickle.UnpicklingError: Weights only load failed. the file is not a checkpoint: it begins with b'something else'
    """
    if pickle_module is not None:
        raise NotImplementedError("minitorch's load reads checkpoints itself: pickle_module is not supported")
    if mmap:
        raise NotImplementedError("minitorch's load does not support mmap=True: it checks all that it reads")
    restore = _restorer(map_location)
    if isinstance(f, str | os.PathLike):
        if os.fspath(f).endswith(".safetensors"):
            return _load_safetensors(f, map_location)
        with open(f, "rb") as opened:
            return _Reader(opened, f"'{os.fspath(f)}'").load(restore)
    for method in ("read", "seek", "tell"):
        if not hasattr(f, method):
            raise AttributeError(
                f"'{type(f).__name__}' object has no attribute '{method}'. You can only torch.load from a file that is "
                "seekable. Please pre-load the data into a buffer like io.BytesIO and try to load from it instead."
            )
    name = getattr(f, "name", None)
    if isinstance(f, io.TextIOBase):
        raise TypeError(f"a checkpoint is no text: open the file with mode 'rb' ({name})")
    file: Any = f if hasattr(f, "seekable") else _Seekable(f)
    return _Reader(file, f"'{name}'" if isinstance(name, str) else "the file").load(restore)


def _write_archive(file: IO[bytes], data: bytes, memory: Memory) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        write_record(archive, "data.pkl", data)
        write_record(archive, ".format_version", b"1")
        write_record(archive, ".storage_alignment", str(ALIGNMENT).encode())
        write_record(archive, "byteorder", NATIVE_ORDER)
        for key, elements in memory.storages():
            write_record(archive, f"data/{key}", elements.view(np.uint8).data)
        write_record(archive, "version", b"3\n")


# ---- reading -------------------------------------------------------------------------------------------------------


Restore = Callable[[np.ndarray, str], Any]


def _restorer(map_location: Any) -> Restore:
    """The function that moves a storage's array from the CPU to where `map_location` wants it."""
    if isinstance(map_location, str | device):
        return lambda array, location: _restored(array, str(map_location))
    if isinstance(map_location, dict):
        return lambda array, location: _restored(array, str(map_location.get(location, location)))
    if map_location is None:
        return _restored
    if not callable(map_location):
        raise TypeError(f"map_location must be a device, a dict or a function, not {type(map_location).__name__}")

    def mapped(array: np.ndarray, location: str) -> Any:
        result = map_location(wrap(array), location)
        if result is None:
            return _restored(array, location)
        if not isinstance(result, Tensor) or (result._array.dtype, result.numel()) != (array.dtype, array.size):
            raise TypeError(f"map_location must return the storage that it was given, on some device, not {result!r}")
        return result._array.reshape(-1)

    return mapped


def _load_safetensors(f: str | os.PathLike[str], map_location: Any) -> dict[str, Tensor]:
    from .safetensors import load_file

    if map_location is not None and not isinstance(map_location, str | device):
        raise RuntimeError("map_location must be a device for a .safetensors file, which says nothing about devices")
    return load_file(f, device="cpu" if map_location is None else map_location)


def _restored(array: np.ndarray, location: str) -> Any:
    if location.partition(":")[0] not in ("cpu", "cuda"):
        raise RuntimeError(f"don't know how to restore data location of a storage (tagged with {location})")
    place = device(location)
    if place == CPU:
        return array
    try:
        place = as_device(place)
    except (ImportError, RuntimeError) as error:
        raise RuntimeError(
            f"Attempting to deserialize object on a CUDA device but it is not available ({error}). If you are running "
            "on a CPU-only machine, please use torch.load with map_location=torch.device('cpu') to map your storages "
            "to the CPU."
        ) from error
    return to_device(array, place)


class _Seekable:
    """A file that can be sought in and does not say so, which zipfile wants; `mmap` is one, before Python 3.13."""

    def __init__(self, file: IO[bytes]) -> None:
        self.read, self.seek, self.tell = file.read, file.seek, file.tell

    def seekable(self) -> bool:
        return True


class _Reader:
    """One checkpoint file: the archive, and the storages read so far."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self.name = name
        start = file.tell()
        head = file.read(262)
        file.seek(start)
        if not head:
            raise EOFError(f"{name} is empty (or was read to its end: seek(0) first)")
        if head[:4] != b"PK\x03\x04":
            if head.startswith(OLD_PICKLE) or head[257:] == b"ustar":
                self._refuse(
                    "is in the format of PyTorch before 1.6, which minitorch does not read. To convert it, run in "
                    "PyTorch: torch.save(torch.load(path), path)"
                )
            self._refuse(f"is not a checkpoint: it begins with {head[:16]!r}")
        self.archive = Archive(file, name)
        self.storages: dict[str, Storage] = {}

    def _refuse(self, why: str) -> NoReturn:
        raise pickle.UnpicklingError(f"Weights only load failed. {self.name} {why}")

    def load(self, restore: Restore) -> Any:
        self.restore = restore
        data = self.archive.record("data.pkl").tobytes()
        if "version" in self.archive:
            version = self.archive.record("version").tobytes().strip()
            if not (version.isdigit() and len(version) < 3 and 1 <= int(version) <= NEWEST):
                raise RuntimeError(f"{self.name} is in version {version[:20]!r} of the format; known are 1 to {NEWEST}")
        self.swap = False
        if "byteorder" in self.archive:
            order = self.archive.record("byteorder").tobytes()
            if order not in (b"little", b"big"):
                raise RuntimeError(f"{self.name} is corrupt: its byte order is {order[:20]!r}, not little or big")
            self.swap = order != NATIVE_ORDER
        try:
            return Unpickler(data, self._storage).load()
        except pickle.UnpicklingError as error:
            raise pickle.UnpicklingError(f"Weights only load failed. {self.name} {error}") from error.__cause__

    def _storage(self, kind: dtype, key: str, location: str, numel: int) -> Storage:
        if key not in self.storages:
            raw = self.archive.record(f"data/{key}", numel * kind.itemsize)
            array = raw != 0 if kind.numpy == np.bool_ else raw.view(kind.numpy)
            if self.swap:
                array.byteswap(inplace=True)
            try:
                self.storages[key] = Storage(self.restore(array, location))
            except RuntimeError as error:
                raise RuntimeError(f"{self.name}: {error}") from error.__cause__
        return self.storages[key]
