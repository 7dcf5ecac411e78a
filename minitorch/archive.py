"""The zip archive that a checkpoint is: written as PyTorch lays it out, and read with nothing taken on trust.

Members are stored uncompressed, each at a multiple of 64 bytes. The reader extracts nothing to the disk and never holds
more than the file itself has: it refuses compressed members (PyTorch writes none, and a few bytes can inflate to
gigabytes), members that overlap or come twice, names that lead out of the archive's folder, and whatever its checksum
does not agree with.
"""

from __future__ import annotations

import io
import os
import struct
import zipfile
import zlib
from typing import IO, Any, NoReturn

import numpy as np

ALIGNMENT = 64  # bytes; PyTorch maps storages into memory straight from the file, and wants them at such offsets
HEADER = struct.Struct("<4s5HI2I2H")  # what a member begins with, before its name and extra bytes
ENCRYPTED = 0x1 | 0x40 | 0x2000  # flag bits of members

_ZIP_ERRORS = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, NotImplementedError, struct.error,
    IndexError, KeyError, OverflowError,
)  # fmt: skip


def write_record(archive: zipfile.ZipFile, name: str, content: Any) -> None:
    """Add the member archive/`name`."""
    info = zipfile.ZipInfo(f"archive/{name}")  # dated 1980, so that equal objects give equal files
    info.file_size = len(content)
    large = len(content) >= 1 << 31
    # The record's bytes begin after a header of 30 bytes, the name, 20 more if large, and this padding.
    begin = archive.fp.tell() + 30 + len(info.filename) + 20 * large + 4  # type: ignore[union-attr]  # it is open
    padding = -begin % ALIGNMENT
    info.extra = struct.pack("<2sH", b"FB", padding) + b"Z" * padding
    with archive.open(info, "w", force_zip64=large) as record:
        record.write(content)


class Archive:
    """A checkpoint's archive, which begins where `file` stands, open for reading; `name` is what errors call it.

    Errors: RuntimeError, which names the file and what is wrong with it.
    """

    def __init__(self, file: IO[bytes], name: str) -> None:
        self.name = name
        self.file = file
        self.start: int = file.tell()
        try:
            self.zip: Any = zipfile.ZipFile(file)
        except _ZIP_ERRORS as error:
            raise RuntimeError(
                f"{name} is truncated or corrupt. PytorchStreamReader failed reading zip archive: failed finding "
                f"central directory ({error})"
            ) from error
        names = self.zip.namelist()
        self.folder: str = names[0].partition("/")[0] if names else ""
        if f"{self.folder}/constants.pkl" in names:
            raise RuntimeError(
                f"{name} is a TorchScript archive, which minitorch does not read. To convert it, run in PyTorch: "
                "torch.save(torch.jit.load(path).state_dict(), other_path)"
            )
        file.seek(0, os.SEEK_END)
        self.size: int = file.tell()
        self.members: dict[str, zipfile.ZipInfo] = {}
        for info in self.zip.infolist():
            self._admit(info)
        self._check_places()

    def __contains__(self, name: str) -> bool:
        return f"{self.folder}/{name}" in self.members

    def refuse(self, why: str) -> NoReturn:
        """RuntimeError: the file is not as it should be."""
        raise RuntimeError(f"{self.name} is corrupt: {why}")

    def _admit(self, info: zipfile.ZipInfo) -> None:
        """Take up a member, unless its description is one that no checkpoint has."""
        shown = f"member {info.orig_filename[:100]!r}"
        if info.filename in self.members:
            self.refuse(f"{shown} comes twice")
        parts = info.orig_filename.split("/")
        if "" in parts[:-1] or {".", ".."} & set(parts) or "\\" in info.orig_filename or "\0" in info.orig_filename:
            self.refuse(f"the name of {shown} leads out of the archive")
        if info.external_attr >> 16 & 0o170000 == 0o120000:
            self.refuse(f"{shown} is a link")
        if info.flag_bits & ENCRYPTED:
            self.refuse(f"{shown} is encrypted")
        if info.compress_type != zipfile.ZIP_STORED:
            self.refuse(
                f"{shown} is compressed, which checkpoints are not, and small files could inflate without end. If you "
                "trust it, unpack it and pack it again uncompressed: zip -0 -r"
            )
        if info.compress_size != info.file_size:
            self.refuse(f"{shown} has two sizes, {info.file_size} and {info.compress_size} bytes")
        if info.file_size > self.size:
            self.refuse(f"{shown} claims to be larger than the file")
        self.members[info.filename] = info

    def _check_places(self) -> None:
        """Each member has bytes of its own, under its own name, between the beginning and the directory of members."""
        end, before = self.start, "what is in front"
        if self.members and min(info.header_offset for info in self.members.values()) != self.start:
            self.refuse("its directory of members is that of another archive: a file holds one, or is read at its place")
        for info in sorted(self.members.values(), key=lambda info: info.header_offset):
            shown = repr(info.orig_filename[:100])
            if info.header_offset < end:
                self.refuse(f"member {shown} overlaps {before}")
            try:
                self.file.seek(info.header_offset)
                fields = HEADER.unpack(self.file.read(HEADER.size))
                name = self.file.read(fields[9])
            except (*_ZIP_ERRORS, io.UnsupportedOperation) as error:
                self.refuse(f"member {shown} does not lie where the directory says ({error})")
            encoding = "utf-8" if fields[2] & 0x800 else "cp437"
            if fields[0] != b"PK\x03\x04" or name.decode(encoding, "replace") != info.orig_filename:
                self.refuse(f"member {shown} does not lie where the directory says")
            end = info.header_offset + HEADER.size + fields[9] + fields[10] + info.compress_size
            before = shown
        if end > self.zip.start_dir:
            self.refuse(f"member {before} overlaps the directory of members")

    def record(self, name: str, size: int | None = None) -> np.ndarray:
        """The bytes of a record, checked; RuntimeError if it isn't there, damaged, or not of the `size` it should have."""
        info = self.members.get(f"{self.folder}/{name}")
        if info is None:
            raise RuntimeError(
                f"{self.name}: PytorchStreamReader failed locating file {name[:100]}: file not found"
            )
        if size is not None and info.file_size != size:
            self.refuse(f"record {name} has {info.file_size} bytes instead of {size}")
        content = np.empty(info.file_size, np.uint8)
        try:
            with self.zip.open(info) as record:
                read, view = 0, content.data
                while read < len(content):
                    n = record.readinto(view[read : read + (1 << 20)])
                    if not n:
                        raise zipfile.BadZipFile("it ends early")
                    read += n
                record.read(1)  # at the end the checksum is compared
        except _ZIP_ERRORS as error:
            hint = " (or it was written after torch.serialization.set_crc32_options(False))" if "CRC" in str(error) else ""
            raise RuntimeError(f"{self.name} is truncated or corrupt: record {name}: {error}{hint}") from error
        return content
