"""A small part of the real data in one file, for a machine that has a card and no network.

    python benchmarks/pack_data.py DATA [packed]     make packed/data.tar.xz from the data sets under DATA
    python benchmarks/pack_data.py --unpack DIR      lay them out under DIR, as the programs read them

The archive holds the files that the programs read (cifar-10-batches-py, MNIST/raw, abalone), in their full formats. Those
check that files have their full length, so the first images of each file are repeated until they fill it: 1,000 of each
of CIFAR-10's five training files and of its test file, 6,000 and 1,000 of MNIST. The compression finds the
repetitions, and the archive stays below 40 MiB; laid out it takes 250 MB. Abalone is whole. Accuracies from these files
are those of the part, not of the data sets.
"""

from __future__ import annotations

import argparse
import io
import lzma
import pickle
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

ARCHIVE = "data.tar.xz"
MOST_BYTES = 40 << 20
CIFAR = "cifar-10-batches-py"
CIFAR_IMAGES = {**{f"data_batch_{n}": 1000 for n in range(1, 6)}, "test_batch": 1000}
# name: images kept, bytes of an image or a label, bytes before the first
MNIST_PARTS = {"train-images-idx3-ubyte": (6000, 784, 16), "train-labels-idx1-ubyte": (6000, 1, 8),
               "t10k-images-idx3-ubyte": (1000, 784, 16), "t10k-labels-idx1-ubyte": (1000, 1, 8)}  # fmt: skip

FILES = {*(f"{CIFAR}/{name}" for name in [*CIFAR_IMAGES, "batches.meta"]), *(f"MNIST/raw/{name}" for name in MNIST_PARTS),
         "abalone/abalone.data"}  # fmt: skip
MOST_LAID_OUT, MOST_DICTIONARY = 400 << 20, 256 << 20


def repeated(rows: np.ndarray, count: int) -> np.ndarray:
    """The first `count` rows again and again, as many as there were."""
    return np.resize(rows[:count], rows.shape)


def cifar_file(content: bytes, count: int) -> bytes:
    """One of CIFAR-10's files, its first images repeated."""
    entry: dict[Any, Any] = pickle.loads(content, encoding="latin1")  # the user's own data set
    labels = np.asarray(entry["labels"])
    kept = {"data": repeated(np.asarray(entry["data"]), count), "labels": repeated(labels, count).tolist()}
    return pickle.dumps(entry | kept, protocol=2)


def mnist_file(content: bytes, count: int, size: int, start: int) -> bytes:
    """One of MNIST's files, its first images or labels repeated."""
    rows = np.frombuffer(content[start:], np.uint8).reshape(-1, size)
    return content[:start] + repeated(rows, count).tobytes()


def parts(data: Path) -> Iterator[tuple[str, bytes]]:
    """The names and contents of all files to pack."""
    for name, count in CIFAR_IMAGES.items():
        yield f"{CIFAR}/{name}", cifar_file((data / CIFAR / name).read_bytes(), count)
    yield f"{CIFAR}/batches.meta", (data / CIFAR / "batches.meta").read_bytes()
    for name, (count, size, start) in MNIST_PARTS.items():
        yield f"MNIST/raw/{name}", mnist_file((data / "MNIST" / "raw" / name).read_bytes(), count, size, start)
    yield "abalone/abalone.data", (data / "abalone" / "abalone.data").read_bytes()


def pack(data: Path, folder: Path) -> Path:
    """The archive made from the data sets under `data`. RuntimeError if it is too large to travel."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ARCHIVE
    # A dictionary that reaches from one repetition to the next, 5 MB; a quick search finds them.
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 1, "dict_size": 16 << 20}]
    with lzma.open(path, "wb", filters=filters) as stream, tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in parts(data):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    if path.stat().st_size > MOST_BYTES:
        raise RuntimeError(f"{path} has {path.stat().st_size:,} bytes, more than {MOST_BYTES:,}")
    return path


def unpack(archive: Path, folder: Path) -> None:
    """Lay the archive's files out under `folder`. RuntimeError that names the archive if it isn't one of ours, whole."""
    content = archive.read_bytes()
    try:
        # No more than such an archive has, in memory or unpacked: a few bytes can stand for gigabytes.
        unpacking = lzma.LZMADecompressor(lzma.FORMAT_XZ, MOST_DICTIONARY)
        laid_out = unpacking.decompress(content, MOST_LAID_OUT)
        if not unpacking.eof:
            raise RuntimeError(f"{archive} is truncated, or larger than {MOST_LAID_OUT:,} bytes")
        with tarfile.open(fileobj=io.BytesIO(laid_out), mode="r:") as stream:
            for member in stream:
                if member.name not in FILES or not member.isreg() or member.size < 0:
                    raise RuntimeError(f"{archive} holds {member.name[:100]!r}, which is none of the data files")
                target = folder / member.name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(stream.extractfile(member).read())  # type: ignore[union-attr]
    except (EOFError, lzma.LZMAError, tarfile.TarError, ValueError, OverflowError) as error:
        raise RuntimeError(f"{archive} is truncated or corrupt: {str(error)[:300] or type(error).__name__}") from error


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, metavar="DATA", help="the folder with the whole data sets")
    parser.add_argument("packed", nargs="?", type=Path, default=Path("packed"), help="where the archive lies")
    parser.add_argument("--unpack", type=Path, metavar="DIR", help="lay the archive out under DIR instead")
    options = parser.parse_args(argv)
    try:
        if options.unpack:
            unpack((options.data or options.packed) / ARCHIVE, options.unpack)
        elif options.data:
            path = pack(options.data, options.packed)
            print(f"{path}: {path.stat().st_size / 2**20:.1f} MiB")
        else:
            parser.error("DATA or --unpack DIR is needed")
    except RuntimeError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"error: {error.filename or 'the archive'}: {error.strerror or error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
