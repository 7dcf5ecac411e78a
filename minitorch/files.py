"""Writing files whole or not at all.

Whatever this package writes in place of another file goes through `replacing`: into a temporary file in the same
folder, onto the disk, and under its name only then. Who opens the name at any moment, or after a crash, finds the old
file or the new one, never half of one.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from typing import IO, Any

Path = str | os.PathLike[str]


@contextlib.contextmanager
def replacing(path: Path, *, durable: bool = True) -> Iterator[IO[bytes]]:
    """A binary file to write, which takes the place of `path` at the end if all went well, and is removed if not.

    As with a plain ``open(path, "wb")`` a link is followed to the file that it leads to, a new file gets the permissions
    that the umask leaves, and one that is there keeps its own (and its owner, where that is allowed). A device or a pipe
    is written directly. With ``durable=False`` the disk is not waited for: a process that is killed still leaves no half
    file, a power cut may.

    Errors: FileNotFoundError, PermissionError or another OSError that names `path`, not the temporary file, if it
    cannot be written.

    Source: this project's own.

    >>> import os, pathlib, tempfile
    >>> from minitorch.files import replacing
    >>> path = os.path.join(tempfile.mkdtemp(), "notes")
    >>> with replacing(path) as file:
    ...     written = file.write(b"all of it")
    ...     os.path.exists(path)
    False
    >>> pathlib.Path(path).read_bytes()
    b'all of it'
    """
    asked = os.fspath(path)
    target = os.path.realpath(asked)
    folder = os.path.dirname(target)
    if os.path.islink(target):  # realpath leaves a link that leads to itself
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), asked)
    if os.path.isdir(target):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), asked)
    old = os.stat(target) if os.path.exists(target) else None
    if old is not None and not stat.S_ISREG(old.st_mode):  # a device or a pipe can't be replaced
        with _naming(asked), open(target, "wb") as file:
            yield file
        return
    if old is not None and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, "the file is write-protected", asked)
    # Of a long name only a part, since names have at most 255 bytes.
    temporary = os.path.join(folder, f".{os.path.basename(target)[:50]}.{secrets.token_hex(4)}.tmp")
    with _naming(asked):
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        try:
            with open(handle, "wb") as file:
                if old is not None:
                    _take_over(temporary, old)
                yield file
                file.flush()
                if durable:
                    os.fsync(file.fileno())  # on the disk before it takes the name
            os.replace(temporary, target)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
    if durable:
        _sync_folder(folder)


def write_text(path: Path, text: str) -> None:
    """Write `text` in UTF-8 to the file `path`, whole or not at all: see `replacing`.

    Errors: as for `replacing`: an OSError that names `path` if it cannot be written.

    Source: this project's own.

    >>> import os, pathlib, tempfile
    >>> from minitorch.files import write_text
    >>> path = os.path.join(tempfile.mkdtemp(), "notes")
    >>> write_text(path, "all of it")
    >>> pathlib.Path(path).read_text()
    'all of it'
    """
    content = text.encode()  # before any file is touched
    with replacing(path) as file:
        file.write(content)


@contextlib.contextmanager
def _naming(path: str) -> Iterator[None]:
    """Errors are named after the file that was asked for, not after the temporary one."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, path) from error


def _take_over(temporary: str, old: os.stat_result) -> None:
    """Give the new file the owner and the permissions of the old one."""
    if (old.st_uid, old.st_gid) != (os.stat(temporary).st_uid, os.stat(temporary).st_gid):
        change: Any = getattr(os, "chown", None)
        with contextlib.suppress(OSError, TypeError):  # only root may give a file away
            change(temporary, old.st_uid, old.st_gid)
    os.chmod(temporary, stat.S_IMODE(old.st_mode))


def _sync_folder(folder: str) -> None:
    """The new name, too, onto the disk; not all systems let folders be opened."""
    with contextlib.suppress(OSError, AttributeError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
