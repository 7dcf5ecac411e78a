"""Reading the .npz files that NumPy's `savez` writes, with nothing taken on trust: `numpy.load` makes room for whatever a
header announces, and fails in as many ways as zip archives and headers can be damaged."""

from __future__ import annotations

import math
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy

DAMAGE = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, NotImplementedError, struct.error,
    IndexError, KeyError, OverflowError, TypeError, SyntaxError, RecursionError,
)  # fmt: skip


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a .npz file, by name. ValueError that names the file if it is damaged, compressed, or holds anything
    but numbers; an OSError if it can't be opened.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "two.npz"
    >>> np.savez(path, a=np.ones(2), b=np.zeros((0, 3)))
    >>> {name: array.shape for name, array in read_arrays(path).items()}
    {'a': (2,), 'b': (0, 3)}
    """
    with open(path, "rb") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                size = file.seek(0, 2)
                members = archive.infolist()
                if sum(member.file_size for member in members) > size:
                    raise ValueError("its members are compressed, or overlap")
                return {member.filename.removesuffix(".npy"): _array(archive, member) for member in members}
        except DAMAGE as error:
            raise ValueError(f"{path} is damaged: {str(error)[:300] or type(error).__name__}") from error


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    """The array of a member, whose size must be what its header says."""
    if member.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{member.filename[:100]!r} is compressed")
    with archive.open(member) as file:
        stream: Any = file
        version = npy.read_magic(stream)
        if version not in ((1, 0), (2, 0)):
            raise ValueError(f"{member.filename[:100]!r} is in version {version} of its format")
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, fortran, dtype = read(stream)
        if dtype.kind not in "biufc":
            raise ValueError(f"{member.filename[:100]!r} holds something else than numbers")
        content = stream.read()  # to its end: then the checksum is compared
    if not all(n >= 0 for n in shape) or len(content) != math.prod(shape) * dtype.itemsize:
        raise ValueError(f"{member.filename[:100]!r} has {len(content):,} bytes for an array of {shape}"[:300])
    array = np.frombuffer(content, dtype) if content else np.empty(0, dtype)
    return array.reshape(shape, order="F" if fortran else "C")
