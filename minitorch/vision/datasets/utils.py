"""Fetching and unpacking files: nothing half-written ever stands under a final name.

Pooch does the download (checksum, and the move to the final name only when the checksum holds). It starts again from
zero after an interruption, so it is given a downloader of ours that keeps what arrived and asks only for the rest.
Pooch, Requests and tqdm are imported when something has to be fetched, never before.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import shutil
import tarfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...files import replacing
from .archives import opened_tar

__all__ = [
    "calculate_md5",
    "check_integrity",
    "check_md5",
    "download_and_extract_archive",
    "download_url",
    "extract_archive",
]

TIMEOUT = (10, 30)  # seconds: to connect, and between two pieces of data
CHUNK = 1 << 13  # bytes; when a connection breaks, the piece that was under way is lost


def calculate_md5(fpath: str | Path, chunk_size: int = 1024 * 1024) -> str:
    """The MD5 sum of a file as 32 hexadecimal digits, reading `chunk_size` bytes at a time.

    Errors: FileNotFoundError, or another OSError, for a file that cannot be read.

    Source: torchvision.datasets.utils, which has no page.

    >>> import tempfile, pathlib
    >>> from minitorch.vision.datasets.utils import calculate_md5
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "hello")
    ...     _ = file.write_text("hello")
    ...     calculate_md5(file)
    '5d41402abc4b2a76b9719d911017c592'
    """
    digest = hashlib.md5(usedforsecurity=False)
    with open(fpath, "rb") as file:
        while chunk := file.read(chunk_size):
            digest.update(chunk)
    return digest.hexdigest()


def check_md5(fpath: str | Path, md5: str, **kwargs: Any) -> bool:
    """Whether the file's MD5 sum is `md5`.

    Errors: FileNotFoundError, or another OSError, for a file that cannot be read.

    Source: torchvision.datasets.utils, which has no page.

    >>> from minitorch.vision.datasets import utils
    >>> utils.check_md5(utils.__file__, "0" * 32)
    False
    """
    return md5 == calculate_md5(fpath, **kwargs)


def check_integrity(fpath: str | Path, md5: str | None = None) -> bool:
    """Whether the file exists and, where `md5` is given, has that MD5 sum.

    Errors: none of its own; a file that is not there is False.

    Source: torchvision.datasets.utils, which has no page.

    >>> from minitorch.vision.datasets.utils import check_integrity
    >>> check_integrity("no/such/file")
    False
    """
    return os.path.isfile(fpath) and (md5 is None or check_md5(fpath, md5))


class ResumingDownloader:
    """A downloader for Pooch that goes on where an earlier try was cut off.

    What arrives is kept in the file `part`. If it exists, only the rest is asked for (HTTP `Range`, RFC 9110 section
    14); a server that doesn't do ranges sends the whole file, and the download starts over. A connection that breaks is
    taken up again as long as each try brings something. Complete, `part` becomes `output_file`, whose checksum Pooch
    then checks.
    """

    def __init__(self, part: Path, label: str) -> None:
        self.part = part
        self.label = label

    def __call__(self, url: str, output_file: str, pooch: Any) -> None:
        import requests

        while True:
            before = self.arrived()
            try:
                self._transfer(url)
                break
            except requests.HTTPError:
                raise
            except requests.RequestException:
                if self.arrived() <= before:
                    raise
        os.replace(self.part, output_file)

    def arrived(self) -> int:
        """Bytes kept from earlier tries."""
        return self.part.stat().st_size if self.part.exists() else 0

    def _transfer(self, url: str) -> None:
        import requests
        from tqdm.auto import tqdm

        have = self.arrived()
        # Identity: a server that sends a .gz as "Content-Encoding: gzip" would have it unpacked on the way.
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
            content_range = response.headers.get("Content-Range", "")
            start = 0
            if response.status_code == 416:  # nothing after byte `have`: all of it is here, or it's another file
                if content_range == f"bytes */{have}":
                    return
                start = -1
            elif response.status_code == 206:  # may start earlier than asked, never later
                match = re.match(r"bytes (\d+)-", content_range)
                start = int(match[1]) if match and int(match[1]) <= have else -1
            if start >= 0:
                response.raise_for_status()
                length = response.headers.get("Content-Length")
                with (
                    open(self.part, "r+b" if start else "wb") as file,
                    tqdm(
                        total=start + int(length) if length else None,
                        initial=start,
                        unit="B",
                        unit_scale=True,
                        desc=self.label,
                    ) as bar,
                ):
                    file.seek(start)
                    file.truncate()
                    for chunk in response.iter_content(CHUNK):
                        file.write(chunk)
                        bar.update(len(chunk))
                return
        self.part.unlink()  # the server can't continue what is here: fetch it whole
        self._transfer(url)


def fetch(urls: Sequence[str], path: str | Path, md5: str | None) -> None:
    """Make sure that `path` holds the file with MD5 sum `md5`, fetching it from the first of `urls` that delivers it.

    Does nothing, and imports nothing, when the file is there already. ImportError without Pooch; RuntimeError when no
    address delivered, saying what was tried and where to put the file by hand.
    """
    path = Path(path)
    if check_integrity(path, md5):
        return
    try:
        import pooch
        import requests
        import tqdm  # noqa: F401  (asked for here, so that its absence is told before the first byte)
    except ImportError as error:
        raise ImportError(
            f"downloading {path.name} needs pooch and tqdm; this one is missing: {error.name}\n"
            'Install them with: pip install "minitorch-engine[lessons]"'
        ) from error

    path.parent.mkdir(parents=True, exist_ok=True)
    downloader = ResumingDownloader(path.with_name(path.name + ".part"), path.name)

    def retrieve(url: str) -> None:
        known_hash = md5 and f"md5:{md5}"
        pooch.retrieve(url, known_hash, fname=path.name, path=path.parent, downloader=downloader)

    failures = []
    for url in urls:
        resumed = downloader.arrived() > 0
        try:
            try:
                retrieve(url)
            except ValueError:  # wrong checksum; what was continued may have been the start of another file
                if not resumed:
                    raise
                retrieve(url)
            return
        except (requests.RequestException, ValueError) as error:
            failures.append(f"  {url}\n    {type(error).__name__}: {error}")
    kept = downloader.arrived()
    raise RuntimeError(
        f"Could not download {path.name}. Tried:\n"
        + "\n".join(failures)
        + (f"\n{kept:,} bytes are kept in {downloader.part}; the next try goes on from there." if kept else "")
        + f"\nTo do it by hand, fetch the file elsewhere, put it at\n  {path.absolute()}"
        + (f" (MD5 {md5})" if md5 else "")
        + "\nand run this again."
    )


def unpack_gzip(packed: str | Path, target: str | Path) -> None:
    """Unpack one .gz file. RuntimeError if it is truncated or corrupt."""
    try:
        with gzip.open(packed, "rb") as source, replacing(target) as file:
            shutil.copyfileobj(source, file, 1 << 20)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise RuntimeError(f"{packed} is truncated or corrupt, or no gzip file: {error}") from error


def unpack_members(archive: str | Path, members: Sequence[str], folder: str | Path) -> None:
    """Unpack just the named members of a tar file into `folder`.

    A member is looked up by the name we expect and written to a place we chose, so no archive can write elsewhere.
    RuntimeError if the archive is truncated or corrupt or lacks one of them.
    """
    missing = set(members)
    with opened_tar(archive, "is truncated or corrupt, or no tar file") as tar:
        for entry in tar:
            if entry.name not in missing:
                continue
            if not entry.isreg():
                raise RuntimeError(f"{archive}: {entry.name} is not a plain file in the archive")
            target = Path(folder, *entry.name.split("/"))
            target.parent.mkdir(parents=True, exist_ok=True)
            source = tar.extractfile(entry)
            assert source is not None  # a plain file has contents
            with source, replacing(target) as file:
                shutil.copyfileobj(source, file, 1 << 18)
            missing.remove(entry.name)
    if missing:
        raise RuntimeError(f"{archive} lacks {', '.join(sorted(missing))}")


def download_url(url: str, root: str | Path, filename: str | None = None, md5: str | None = None) -> None:
    """Fetch `url` into the folder `root`, with progress bar, checksum and resume.

    Does nothing when the file is there and, where `md5` is given, has that MD5 sum.

    Errors: ImportError without Pooch, where something is to be fetched; RuntimeError if that fails, saying what was
    tried.

    Source: torchvision.datasets.utils, which has no page.

    >>> from minitorch.vision.datasets import utils
    >>> import os
    >>> utils.download_url("https://unused.example", os.path.dirname(utils.__file__), "utils.py")  # it's there
    """
    root = os.path.expanduser(root)
    fetch([url], Path(root, filename or os.path.basename(url)), md5)


def extract_archive(from_path: str | Path, to_path: str | Path | None = None, remove_finished: bool = False) -> str:
    """Unpack a .tar, .tar.gz, .tgz or single .gz file into the folder `to_path` (default: beside it), which is
    returned.

    Tar files go through Python's `data` filter, which refuses members that would land outside the folder.

    Errors: RuntimeError for other kinds of file and for corrupt ones; FileNotFoundError if there is none.

    Source: torchvision.datasets.utils, which has no page.

    >>> from minitorch.vision.datasets.utils import extract_archive
    >>> extract_archive("images.rar")
    Traceback (most recent call last):
    RuntimeError: Unknown compression or archive type: '.rar'. Known suffixes: .tar, .tar.gz, .tgz, .gz
    """
    name = os.path.basename(from_path)
    folder = Path(os.path.dirname(from_path) if to_path is None else to_path)
    if name.endswith((".tar", ".tar.gz", ".tgz")):
        if not hasattr(tarfile, "data_filter"):
            raise RuntimeError("unpacking tar files safely needs Python 3.11.4 or newer")
        with opened_tar(from_path, "can't be unpacked") as tar:
            tar.extractall(folder, filter="data")
    elif name.endswith(".gz"):
        folder.mkdir(parents=True, exist_ok=True)
        unpack_gzip(from_path, folder / name[: -len(".gz")])
    else:
        raise RuntimeError(
            f"Unknown compression or archive type: '{Path(name).suffix}'. Known suffixes: .tar, .tar.gz, .tgz, .gz"
        )
    if remove_finished:
        os.remove(from_path)
    return str(folder)


def download_and_extract_archive(
    url: str,
    download_root: str | Path,
    extract_root: str | Path | None = None,
    filename: str | None = None,
    md5: str | None = None,
    remove_finished: bool = False,
) -> None:
    """`download_url` into `download_root`, then `extract_archive` into `extract_root` (default: the same folder).

    Errors: those of `download_url` and `extract_archive`.

    Source: torchvision.datasets.utils, which has no page.

    >>> from minitorch.vision.datasets.utils import download_and_extract_archive
    >>> download_and_extract_archive("https://data.example/a.tar.gz", "data")  # doctest: +SKIP
    """
    download_root = os.path.expanduser(download_root)
    filename = filename or os.path.basename(url)
    download_url(url, download_root, filename, md5)
    extract_archive(os.path.join(download_root, filename), extract_root or download_root, remove_finished)
