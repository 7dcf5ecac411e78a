"""Checkpoints: `save` and `load`, in PyTorch's file format, so that either engine reads what the other wrote.

The file is an uncompressed zip archive::

    archive/data.pkl             the object, pickled (protocol 2); in place of numbers, references to storages
    archive/data/0, /1, …        the storages: raw bytes, each shared by all tensors that share memory
    archive/byteorder, version, .format_version, .storage_alignment

Source: https://docs.pytorch.org/docs/stable/notes/serialization.html
"""

from __future__ import annotations

import contextlib
import errno
import os
import pickle
import secrets
import stat
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any

import numpy as np

from .device import CPU, as_device, device, to_device
from .dtype import dtype
from .pickling import Memory, Pickler, Storage, Unpickler
from .tensor import wrap

ALIGNMENT = 64  # bytes; PyTorch maps storages into memory straight from the file, and wants them at such offsets
NATIVE_ORDER = sys.byteorder.encode()


def save(
    obj: Any,
    f: str | os.PathLike[str] | IO[bytes],
    pickle_module: Any = None,
    pickle_protocol: int = 2,
    _use_new_zipfile_serialization: bool = True,
) -> None:
    """Write `obj` to the file `f`, a path or something with a ``write`` method, so that PyTorch can load it, too.

    `obj` is made of tensors, numbers, strings, bytes, None, dtypes, devices, sizes, and of tuples, lists, sets and
    dicts of them, as state dicts are. Tensors that share memory share it after loading. The memory between the first
    and the last element in use is written, and no more.

    A file on disk is replaced only when the new one is complete and on the disk: whatever goes wrong, even a power cut,
    the old one stays whole.

    Errors: TypeError naming what cannot be saved; RuntimeError if the folder does not exist; PermissionError or another
    OSError naming the path if it cannot be written.

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
        raise NotImplementedError("minitorch's save writes PyTorch's zip format with pickle protocol 2 alone")
    is_path = isinstance(f, str | os.PathLike)
    if not is_path and not hasattr(f, "write"):
        raise AttributeError("expected 'f' to be string, path, or a file-like object with a 'write' attribute")
    memory = Memory(obj)
    data = Pickler(memory).dump(obj)  # before any file is touched: what cannot be saved fails here
    if is_path:
        with _replacing(os.fspath(f)) as file:  # type: ignore[arg-type]
            _write_archive(file, data, memory)
    else:
        _write_archive(f, data, memory)  # type: ignore[arg-type]


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
    Tensors, numbers, strings and plain containers are read, whatever `weights_only` says: nothing in a file is run.

    Errors: pickle.UnpicklingError for a file that is no checkpoint or contains something else; RuntimeError for one
    that is truncated or corrupt, or needs a GPU that is not there; each names the file.

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
        raise NotImplementedError("minitorch's load does not support mmap=True")
    restore = _restorer(map_location)
    if isinstance(f, str | os.PathLike):
        with open(f, "rb") as file:
            return _Reader(file, f"'{os.fspath(f)}'").load(restore)
    for method in ("read", "seek", "tell"):
        if not hasattr(f, method):
            raise AttributeError(
                f"'{type(f).__name__}' object has no attribute '{method}'. You can only torch.load from a file that is "
                "seekable. Please pre-load the data into a buffer like io.BytesIO and try to load from it instead."
            )
    name = getattr(f, "name", None)
    return _Reader(f, f"'{name}'" if isinstance(name, str) else "the file").load(restore)


def _write_archive(file: IO[bytes], data: bytes, memory: Memory) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        _write_record(archive, "data.pkl", data)
        _write_record(archive, ".format_version", b"1")
        _write_record(archive, ".storage_alignment", str(ALIGNMENT).encode())
        _write_record(archive, "byteorder", NATIVE_ORDER)
        for key, elements in memory.storages():
            _write_record(archive, f"data/{key}", elements.view(np.uint8).data)
        _write_record(archive, "version", b"3\n")


def _write_record(archive: zipfile.ZipFile, name: str, content: Any) -> None:
    info = zipfile.ZipInfo(f"archive/{name}")  # dated 1980, so that equal objects give equal files
    info.file_size = len(content)
    large = len(content) >= 1 << 31
    # The record's bytes begin after a header of 30 bytes, the name, 20 more if large, and this padding.
    begin = archive.fp.tell() + 30 + len(info.filename) + 20 * large + 4  # type: ignore[union-attr]
    padding = -begin % ALIGNMENT
    info.extra = struct.pack("<2sH", b"FB", padding) + b"Z" * padding
    with archive.open(info, "w", force_zip64=large) as record:
        record.write(content)


@contextlib.contextmanager
def _replacing(path: str) -> Iterator[IO[bytes]]:
    """A file to write, which takes the place of `path` at the end if all went well, and is removed if not."""
    target = os.path.realpath(path)  # through a link, the file it leads to
    folder = os.path.dirname(target)
    if not os.path.isdir(folder):
        raise RuntimeError(f"Parent directory {os.path.dirname(path)} does not exist.")
    if os.path.isdir(target):
        raise IsADirectoryError(errno.EISDIR, "cannot save: it is a directory", path)
    mode = os.stat(target).st_mode if os.path.exists(target) else None
    if mode is not None and not stat.S_ISREG(mode):  # a device or a pipe can't be replaced
        with open(target, "wb") as file:
            yield file
        return
    if mode is not None and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, "cannot save: the file is write-protected", path)
    temporary = os.path.join(folder, f".{os.path.basename(target)}.{secrets.token_hex(4)}.tmp")
    try:
        # The permissions of a new file, or those of the file that is replaced.
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        try:
            with open(handle, "wb") as file:
                if mode is not None:
                    os.chmod(temporary, stat.S_IMODE(mode))
                yield file
                file.flush()
                os.fsync(file.fileno())  # on the disk before it takes the name
            os.replace(temporary, target)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
    except OSError as error:
        # Named after the file that was asked for, not after the temporary one.
        raise OSError(error.errno, f"cannot save: {error.strerror}", path) from error
    with contextlib.suppress(OSError, AttributeError):  # the new name, too; not all systems let folders be opened
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


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
        return _restored(array, location) if result is None else result._array.reshape(-1)

    return mapped


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


class _Reader:
    """One checkpoint file: the archive, and the storages read so far."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self.name = name
        start = file.tell()
        head = file.read(16)
        file.seek(start)
        if not head:
            raise EOFError(f"{name} is empty (or was read to its end: seek(0) first)")
        if head[:4] != b"PK\x03\x04":
            if head.startswith(b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."):
                self._refuse("is in the format of PyTorch before 1.6; load it there and save it again")
            self._refuse(f"is not a checkpoint: it begins with {head!r}")
        try:
            self.archive = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error, IndexError) as error:
            raise RuntimeError(
                f"{name} is truncated or corrupt. PytorchStreamReader failed reading zip archive: failed finding "
                f"central directory ({error})"
            ) from error
        self.size = file.seek(0, os.SEEK_END)
        names = self.archive.namelist()
        self.folder = names[0].partition("/")[0] if names else ""
        if f"{self.folder}/constants.pkl" in names:
            raise RuntimeError(f"{name} is a TorchScript archive, which minitorch does not read")
        self.storages: dict[str, Storage] = {}

    def _refuse(self, why: str) -> None:
        raise pickle.UnpicklingError(f"Weights only load failed. {self.name} {why}")

    def load(self, restore: Restore) -> Any:
        self.restore = restore
        with self.archive:
            data = self._record("data.pkl").tobytes()
            self.swap = False
            if f"{self.folder}/byteorder" in self.archive.namelist():
                self.swap = self._record("byteorder").tobytes() != NATIVE_ORDER
            try:
                return Unpickler(data, self._storage).load()
            except pickle.UnpicklingError as error:
                raise pickle.UnpicklingError(f"Weights only load failed. {self.name} {error}") from None
            except (IndexError, KeyError, TypeError, ValueError, OverflowError, struct.error) as error:
                raise pickle.UnpicklingError(
                    f"Weights only load failed. {self.name} has a corrupt data.pkl ({type(error).__name__}: {error})"
                ) from error

    def _record(self, name: str, size: int | None = None) -> np.ndarray:
        """The bytes of a record; RuntimeError if it is not there, damaged, or not of the `size` it should have."""
        try:
            info = self.archive.getinfo(f"{self.folder}/{name}")
        except KeyError:
            raise RuntimeError(
                f"{self.name}: PytorchStreamReader failed locating file {name}: file not found"
            ) from None
        if info.compress_type == zipfile.ZIP_STORED and info.file_size > self.size:
            raise RuntimeError(f"{self.name} is corrupt: record {name} claims to be larger than the file")
        if size is not None and info.file_size != size:
            raise RuntimeError(f"{self.name} is corrupt: record {name} has {info.file_size} bytes instead of {size}")
        content = np.empty(info.file_size, np.uint8)
        try:
            with self.archive.open(info) as record:
                read, view = 0, content.data
                while read < len(content):
                    n = record.readinto(view[read : read + (1 << 20)])  # type: ignore[attr-defined]
                    if not n:
                        raise zipfile.BadZipFile("it ends early")
                    read += n
                record.read(1)  # at the end the checksum is compared
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, struct.error) as error:
            raise RuntimeError(f"{self.name} is truncated or corrupt: record {name}: {error}") from error
        return content

    def _storage(self, kind: dtype, key: str, location: str, numel: int) -> Storage:
        if key not in self.storages:
            raw = self._record(f"data/{key}", numel * kind.itemsize)
            array = raw != 0 if kind.numpy == np.bool_ else raw.view(kind.numpy)
            if self.swap:
                array.byteswap(inplace=True)
            try:
                self.storages[key] = Storage(self.restore(array, location))
            except RuntimeError as error:
                raise RuntimeError(f"{self.name}: {error}") from error.__cause__
        return self.storages[key]
