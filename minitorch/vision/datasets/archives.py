"""Opening tar files of others: whatever is wrong with one is one kind of error, and no header of it fills the memory."""

from __future__ import annotations

import bz2
import contextlib
import errno
import gzip
import lzma
import struct
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

# What reading damaged archives raises: ValueError for a size past all bounds, KeyError for a link to nothing, RecursionError
# for one to itself.
DAMAGE = (
    EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, tarfile.TarError, ValueError, OverflowError, struct.error,
    KeyError, RecursionError,
)  # fmt: skip
# Of the system, where an archive's names are at odds with each other or with any file system.
NAMES = (errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.EINVAL, errno.ELOOP, errno.ENOENT)
HEADER = 1 << 20  # bytes; a header of long names has some hundred. Files are read in smaller pieces
OPEN: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZ": bz2.open, b"\xfd7": lzma.open}


class _Info(tarfile.TarInfo):
    """A member whose size is none below 0: Python before 3.13.6 walks back by it, and around without end."""

    def _block(self, count: int) -> int:
        if count < 0:
            raise tarfile.ReadError(f"a member of {count:,} bytes")
        return super()._block(count)  # type: ignore[misc]  # not public


class _Pieces:
    """A file that is read in pieces alone: a header that announces gigabytes is refused before it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= HEADER:
            raise tarfile.ReadError(f"a header of {size:,} bytes")
        return self.file.read(size)


@contextlib.contextmanager
def opened_tar(path: str | Path, what: str) -> Iterator[tarfile.TarFile]:
    """The tar file, plain or compressed with gzip, bzip2 or xz, to be read; RuntimeError "`path` `what`: …" if it is
    damaged. Errors of the disk, such as that it is full, are left as they are."""
    try:
        with open(path, "rb") as file:
            head = file.read(2)
        with OPEN.get(head, open)(path, "rb") as file:
            pieces: Any = _Pieces(file)
            with tarfile.open(fileobj=pieces, mode="r:", tarinfo=_Info) as tar:
                yield tar
    except DAMAGE as error:
        raise RuntimeError(f"{path} {what}: {str(error)[:300] or type(error).__name__}") from error
    except OSError as error:
        if error.filename == path or not (error.errno is None or error.errno in NAMES):
            raise
        raise RuntimeError(f"{path} {what}: {str(error)[:300]}") from error
