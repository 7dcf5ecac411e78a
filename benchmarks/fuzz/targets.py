"""The loaders that read files, and what each may do with a file that is not as it should be.

A loader returns what is in the file, or raises one of its documented errors with a message that names the file. It does
so in bounded time and memory, whatever the file announces. Everything else is a finding.
"""

from __future__ import annotations

import contextlib
import gzip
import importlib
import io
import json
import lzma
import os
import pickle
import shutil
import signal
import sys
import tarfile
import threading
import time
import traceback
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import minitorch
import minitorch.vision.datasets

from . import mutations

ROOT = Path(__file__).parents[2]
SECONDS = 5.0  # of one file; the files are small
MEMORY = 24 << 20  # bytes that a loader may hold at once, and 64 for each byte of the file


class Hung(BaseException):
    """Ends a loader that does not end, whatever it catches."""


class Finding(AssertionError):
    """A loader did what it must not do; `key` tells one finding from another."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(why)
        self.key = key


class Refused(Exception):
    """An error of something that is imported late: BadInput of the programs, SafetensorError."""


@dataclass(frozen=True)
class Target:
    """One format: small valid files, the loader, its errors, and where a file's fields are."""

    about: str
    file: str  # what the file is called
    seeds: Callable[[], list[bytes]]
    read: Callable[[Path], Any]  # and look at what was read: AssertionError if that is nonsense
    errors: tuple[type[Exception], ...]
    fields: mutations.Fields
    packed: Callable[[bytes], bytes] = bytes  # what is fuzzed is put into its wrapping: an archive, a compression


def probe(target: Target, data: bytes, folder: Path, *, memory: bool = True) -> bool:
    """Have `data` read from a file in `folder`: whether it was taken for a good file. Finding if not as it should be."""
    content = target.packed(data)
    path = folder / target.file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    if memory:
        tracemalloc.start()
    begin = time.process_time()
    try:
        try:
            with _ended_after(4 * SECONDS + 1):
                target.read(path)
            taken = True
        except Hung as error:
            raise Finding(_key("hung", error), "does not end") from error
        except target.errors as error:
            taken = False
            if isinstance(error, RecursionError):  # which is a RuntimeError
                raise Finding(_key("error", error), _described(error)) from error
            if str(path) not in str(error) and os.fspath(path) != getattr(error, "filename", None):
                raise Finding(_key("unnamed", error), f"does not name the file: {_described(error)}") from error
            if len(str(error)) > 2000 + 2 * len(str(path)):
                raise Finding(_key("long", error), f"a message of {len(str(error)):,} characters") from error
            if isinstance(error.__cause__, MemoryError) or isinstance(error.__context__, MemoryError):
                raise Finding(_key("memory", error), f"ran out of memory: {_described(error)}") from error
        except Finding:
            raise
        except Exception as error:
            raise Finding(_key("error", error), _described(error)) from error
        seconds = time.process_time() - begin
        if seconds > SECONDS:
            raise Finding("slow", f"took {seconds:.1f} seconds")
        if memory:
            peak = tracemalloc.get_traced_memory()[1]
            if peak > MEMORY + 64 * len(content):
                raise Finding("memory", f"held {peak:,} bytes for a file of {len(content):,}")
    finally:
        if memory:
            tracemalloc.stop()
    return taken


@contextlib.contextmanager
def _ended_after(seconds: float) -> Iterator[None]:
    """Hung is raised inside after so much of the processor's time, where the system can do that."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(*_: Any) -> None:
        raise Hung

    before = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _key(what: str, error: BaseException) -> str:
    stack = traceback.extract_tb(error.__traceback__)
    frames = [frame for frame in stack if Path(frame.filename).parent != Path(__file__).parent]
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(ROOT) and ".venv" not in frame.filename]
    ours = ours or frames
    place = f"{Path(ours[-1].filename).name}:{ours[-1].name}" if ours else "read"
    return f"{what} {type(error).__name__} in {place}"


def _described(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error)[:300]}"


def minimal(target: Target, data: bytes, folder: Path, key: str, tries: int = 400) -> bytes:
    """A shorter input with the same finding: pieces are left out as long as it stays."""
    size = max(1, len(data) // 2)
    while size and tries:
        at = 0
        while at < len(data) and tries:
            tries -= 1
            shorter = data[:at] + data[at + size :]
            try:
                probe(target, shorter, folder)
            except Finding as found:
                if found.key == key:
                    data = shorter
                    continue
            at += size
        size //= 2
    return data


# ---- checkpoints -----------------------------------------------------------------------------------------------------


def _saved(value: Any) -> bytes:
    file = io.BytesIO()
    minitorch.save(value, file)
    return file.getvalue()


def _saved_values() -> list[Any]:
    """Objects whose storages, in their order, have the sizes that `checkpoint_with` gives them."""
    x = minitorch.arange(6.0)
    tagged = minitorch.nn.Parameter(minitorch.ones(6))
    tagged.tag = "kept"
    kinds = (minitorch.float32, minitorch.int32, minitorch.bool, minitorch.float16, minitorch.int64)
    return [
        {"w": x, "view": x[1:4], "t": x.reshape(2, 3).t(), "epoch": 3, "lr": 0.1, "name": "net"},
        minitorch.nn.Linear(2, 3, bias=False).state_dict(),
        [minitorch.zeros(6, dtype=kind) for kind in kinds],
        (None, True, 1 << 70, -5, "é", b"\x00\xff", bytearray(b"x"), 2 + 1j, {1, 2}, minitorch.Size([2]),
         minitorch.device("cpu"), minitorch.float32, {(1, "a"): []}),
        [tagged, minitorch.nn.Buffer(minitorch.zeros(2, 3))],
    ]  # fmt: skip


def checkpoints() -> list[bytes]:
    return [_saved(value) for value in [*_saved_values(), [minitorch.zeros(0), minitorch.tensor(1.5)]]]


def checkpoint_pickles() -> list[bytes]:
    """The pickles within them."""
    pickles = []
    for value in _saved_values():
        with zipfile.ZipFile(io.BytesIO(_saved(value))) as archive:
            pickles.append(archive.read("archive/data.pkl"))
    return pickles


def checkpoint_with(data: bytes) -> bytes:
    """A whole checkpoint around a pickle; its storages have 24 bytes each."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, content in {"data.pkl": data, "byteorder": b"little", "version": b"3\n"}.items():
            archive.writestr(zipfile.ZipInfo(f"archive/{name}"), content)
        for key, size in enumerate((24, 24, 6, 12, 48)):
            archive.writestr(zipfile.ZipInfo(f"archive/data/{key}"), bytes(range(size)))
    return file.getvalue()


def safetensors() -> list[bytes]:
    from minitorch.safetensors import save

    x = minitorch.arange(6.0)
    return [save({"w": x, "b": minitorch.ones(2, dtype=minitorch.int16)}, {"format": "pt"}), save({}),
            save({"e": minitorch.zeros(0, 3), "s": minitorch.tensor(True)})]  # fmt: skip


def read_safetensors(path: Path) -> None:
    from minitorch.safetensors import load, load_file

    try:
        found = load_file(path)
    except Exception as error:
        if type(error).__name__ != "SafetensorError" and not (type(error) is TypeError and "minitorch lacks" in str(error)):
            raise
        raise Refused(str(error)) from error
    assert {key: (value.dtype, value.tolist()) for key, value in load(path.read_bytes()).items()} == {
        key: (value.dtype, value.tolist()) for key, value in found.items()
    } or any((value != value).any() for value in found.values())


def read_checkpoint(path: Path) -> None:
    found = minitorch.load(path)
    left, seen = [found], set()
    while left:
        value = left.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, minitorch.Tensor):
            array = value.detach().numpy()
            base = array
            while isinstance(base.base, np.ndarray):
                base = base.base
            if array.size:
                low, high = np.lib.array_utils.byte_bounds(array)
                first, last = np.lib.array_utils.byte_bounds(base)
                assert first <= low <= high <= last, "a tensor that reaches out of its storage"
            if array.size < 1 << 16:
                value.tolist()
        elif isinstance(value, dict):
            left.extend(value.values())
        elif isinstance(value, list | tuple):
            left.extend(value)
        else:
            assert value is None or isinstance(
                value, bool | int | float | complex | str | bytes | bytearray | set | minitorch.device | minitorch.dtype
            ), f"a {type(value).__name__} was read"


# ---- data sets -------------------------------------------------------------------------------------------------------


def idx_bytes(array: np.ndarray) -> bytes:
    """An array as an IDX file."""
    code = {"uint8": 8, "int8": 9, "int16": 11, "int32": 12, "float32": 13, "float64": 14}[array.dtype.name]
    header = bytes([0, 0, code, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


def idx_files() -> list[bytes]:
    kinds = ("uint8", "int8", "int16", "int32", "float32", "float64")
    shapes = ((3,), (2, 3), (2, 2, 3), (0,), (1, 1), (4,))
    files = [idx_bytes(np.arange(np.prod(shape)).reshape(shape).astype(kind))
             for kind, shape in zip(kinds, shapes, strict=True)]  # fmt: skip
    return [*files, idx_bytes(np.zeros((0, 2, 3), np.uint8))]


def read_idx(path: Path) -> None:
    values = minitorch.vision.datasets.mnist.read_idx(path)
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    assert idx_bytes(values) == content, "what was read is not what is in the file"
    for reader in ("read_image_file", "read_label_file"):
        try:
            getattr(minitorch.vision.datasets.mnist, reader)(path)
        except (TypeError, ValueError) as error:
            assert str(path) in str(error)


def gzipped(data: bytes) -> bytes:
    return gzip.compress(data, 1, mtime=0)


def cifar_files() -> list[bytes]:
    """Batches of one image and lists of names, in protocols 2 to 5."""
    pixels = np.arange(3072).astype(np.uint8).reshape(1, 3072)
    entry = {"data": pixels, "labels": [3], "batch_label": "one", "filenames": ["x.png"], "more": (1.5, None, -7, b"\xff")}
    seeds = [pickle.dumps(entry, protocol) for protocol in (2, 3, 4, 5)]
    seeds.append(pickle.dumps({"label_names": ["cat", "dog", "owl", "fox"]}, 2))
    seeds.append(pickle.dumps({"data": np.asfortranarray(pixels), "fine_labels": [1]}, 2))
    seeds.append(python2_batch(pixels.tobytes()))
    return seeds


def python2_batch(pixels: bytes) -> bytes:
    """A batch as Python 2 wrote the official ones: its texts are byte strings."""
    return (
        b"\x80\x02}q\x01(U\x06labels]q\x02K\x03aU\x04dataq\x03cnumpy.core.multiarray\n_reconstruct\nq\x04cnumpy\nndarray\n"
        b"q\x05K\x00\x85U\x01b\x87Rq\x06(K\x01K\x01M\x00\x0c\x86cnumpy\ndtype\nq\x07U\x02u1K\x00K\x01\x87Rq\x08(K\x03U\x01|"
        b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T" + len(pixels).to_bytes(4, "little") + pixels + b"tbu."
    )


class _CIFAR(minitorch.vision.datasets.CIFAR10):
    """Its two readers of files, without a folder of six."""

    def __init__(self) -> None:
        self.classes = ["cat", "dog", "owl", "fox"]


def read_cifar(path: Path) -> None:
    """As a batch, and where that is refused, as the list of names."""
    data_set = _CIFAR()
    try:
        pixels, labels = data_set._load_batch(str(path))
    except RuntimeError:
        data_set.base_folder, data_set.root = "", str(path.parent)
        data_set.meta = {"filename": path.name, "key": "label_names"}
        names, numbers = data_set._load_classes()
        assert all(type(name) is str for name in names) and set(numbers) == set(names)
    else:
        assert pixels.dtype == np.uint8 and pixels.shape == (len(labels), 3072)
        assert all(type(label) is int and 0 <= label < 4 for label in labels)


def abalone_files() -> list[bytes]:
    row = "M,0.455,0.365,0.095,0.514,0.2245,0.101,0.15,15\n"
    return [(row * 20).encode(), (row.replace("M", "I") * 19 + '"F",1,1e-3,.5,0.0,0,0,0,1\r\n\n').encode()]


def _abalone() -> Any:
    if "reference.abalone" not in sys.modules:
        sys.path.insert(0, str(ROOT / "reference"))  # its programs import `common` from beside them
        try:
            if "torch" in sys.modules:
                importlib.import_module("reference.abalone")
            else:
                with minitorch.as_torch():
                    importlib.import_module("reference.abalone")
        finally:
            sys.path.remove(str(ROOT / "reference"))
    return sys.modules["reference.abalone"]


def read_abalone(path: Path) -> None:
    try:
        frame = _abalone().read_table(str(path))
    except Exception as error:
        if type(error).__name__ != "BadInput":
            raise
        raise Refused(str(error)) from error
    with np.errstate(over="raise"):
        values = frame.iloc[:, 1:].to_numpy()
        assert values.dtype == np.float64, f"a column of {values.dtype}"
        assert np.isfinite(values.astype(np.float32)).all()


def images() -> list[bytes]:
    """One of each common kind, made by Pillow."""
    from PIL import Image

    seeds = []
    picture = Image.frombytes("RGB", (4, 3), bytes(range(36)))
    for kind in ("PNG", "JPEG", "BMP", "PPM", "TIFF", "WEBP", "GIF"):
        file = io.BytesIO()
        picture.save(file, kind)
        seeds.append(file.getvalue())
    return seeds


def read_image(path: Path) -> None:
    image = minitorch.vision.datasets.folder.default_loader(path)
    assert image.mode == "RGB" and len(image.tobytes()) == 3 * image.width * image.height


# ---- archives --------------------------------------------------------------------------------------------------------


def tars(long: int = 40) -> list[bytes]:
    seeds = []
    for format in (tarfile.USTAR_FORMAT, tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w", format=format) as tar:
            for name in ("abalone/abalone.data", "MNIST/raw/t10k-labels-idx1-ubyte", "MNIST/raw/" + "long" * long):
                if name.endswith("/") or ("long" in name and format == tarfile.USTAR_FORMAT):
                    continue
                info = tarfile.TarInfo(name)
                info.size = 5
                tar.addfile(info, io.BytesIO(b"12345"))
        seeds.append(file.getvalue())
    return seeds


def packed_tar(data: bytes) -> bytes:
    return lzma.compress(mutations.with_checksums(data), preset=0)


def gzipped_tar(data: bytes) -> bytes:
    return gzipped(mutations.with_checksums(data))


def read_packed(path: Path) -> None:
    from benchmarks import pack_data

    _unpacked(path, lambda folder: pack_data.unpack(path, folder))


def read_members(path: Path) -> None:
    _unpacked(path, lambda folder: minitorch.vision.datasets.utils.unpack_members(
        path, ["abalone/abalone.data", "MNIST/raw/t10k-labels-idx1-ubyte"], folder))  # fmt: skip


def read_archive(path: Path) -> None:
    _unpacked(path, lambda folder: minitorch.vision.datasets.utils.extract_archive(path, folder))


def _unpacked(path: Path, unpack: Callable[[Path], Any]) -> None:
    folder = path.parent / "into" / "this"
    try:
        unpack(folder)
        assert not os.path.lexists(folder.parent / "outside")
    finally:
        outside = sorted({entry.name for entry in folder.parent.iterdir()} - {"this"}) if folder.parent.exists() else []
        shutil.rmtree(folder.parent, ignore_errors=True)
        assert not outside, f"written elsewhere: {outside}"


# ---- what the commands leave and read --------------------------------------------------------------------------------


def progress_files() -> list[bytes]:
    return [b'{"solved": {"01-1": "2026-01-01", "01-2": "2026-02-03"}}\n', b'{"solved": {}}']


def read_progress(path: Path) -> None:
    """By `read`, and by `solved`, which must take anything."""
    from minitorch.lessons import progress

    before, os.environ[progress.VARIABLE] = os.environ.get(progress.VARIABLE), str(path)
    said, sys.stderr = sys.stderr, io.StringIO()
    try:
        solved = progress.solved()
        try:
            assert progress.read(path) == solved
        except ValueError as error:
            assert solved == {} and str(path) in sys.stderr.getvalue()
            raise Refused(f"{path}: {error}") from error
        assert all(type(name) is str and type(day) is str for name, day in solved.items())
    finally:
        sys.stderr = said
        if before is None:
            del os.environ[progress.VARIABLE]
        else:
            os.environ[progress.VARIABLE] = before


def traces() -> list[bytes]:
    events = [
        {"event": "start", "version": "1", "environment": {"python": "3"}},
        {"event": "pass", "pass": 1, "batches": 45},
        {"event": "weights", "run": 0, "tensors": 1, "numbers": 2, "digest": "ab", "dtype": "float32", "names": ["w"],
         "shapes": [[2]]},
        {"event": "step", "run": 0, "pass": 1, "loss": 2.5, "seconds": 0.001, "batch": "cd", "content": [1.0, 2.0]},
        {"event": "step", "run": 0, "pass": 1, "loss": None, "seconds": 0.002, "batch": None},
        {"event": "end", "status": 0},
    ]  # fmt: skip
    return ["".join(json.dumps(event) + "\n" for event in events).encode()]


def read_trace(path: Path) -> None:
    from minitorch.compare import runs

    run = runs.Run("minitorch")
    with open(path, "rb") as lines:
        run.take_lines(lines, path)
    assert len(run.losses) == len(run.seconds) == len(run.runs) == len(run.passes) == len(run.batches)
    assert run.speed is not None and run.digests is not None


def snapshots() -> list[bytes]:
    seeds = []
    for arrays in ({"p0": np.ones((2, 3), np.float32), "g0": np.zeros((2, 3), np.float32)}, {"p0": np.arange(4)[::2]},
                   {"p0": np.float64(1.5), "p1": np.ones((0, 2), np.float16)}, {}):  # fmt: skip
        file = io.BytesIO()
        np.savez(file, **arrays)
        seeds.append(file.getvalue())
    return seeds


def read_snapshot(path: Path) -> None:
    from minitorch.compare import snapshots

    for array in snapshots.read(path.parent, 1).values():
        assert isinstance(array, np.ndarray) and array.dtype.kind in "biufc"
        array.tobytes()


TARGETS = {
    "checkpoint": Target(
        "minitorch.load, a whole file", "net.pth", checkpoints, read_checkpoint,
        (RuntimeError, pickle.UnpicklingError, EOFError), mutations.zip_fields,
    ),
    "checkpoint-pickle": Target(
        "minitorch.load, the pickle in a sound archive", "net.pth", checkpoint_pickles, read_checkpoint,
        (RuntimeError, pickle.UnpicklingError, EOFError), mutations.pickle_fields, checkpoint_with,
    ),
    "safetensors": Target(
        "minitorch.safetensors.load_file, by the package safetensors", "net.safetensors", safetensors, read_safetensors,
        (Refused,), mutations.text_fields,
    ),
    "idx": Target(
        "MNIST's files", "images-idx3-ubyte", idx_files, read_idx, (RuntimeError,), mutations.idx_fields,
    ),
    "idx-gz": Target(
        "MNIST's files, gzipped", "images-idx3-ubyte.gz", lambda: [gzipped(data) for data in idx_files()], read_idx,
        (RuntimeError,), mutations.no_fields,
    ),
    "idx-in-gz": Target(
        "MNIST's files, damaged and then gzipped", "images-idx3-ubyte.gz", idx_files, read_idx, (RuntimeError,),
        mutations.idx_fields, gzipped,
    ),
    "cifar": Target(
        "CIFAR's pickles", "data_batch_1", cifar_files, read_cifar, (RuntimeError,), mutations.pickle_fields,
    ),
    "abalone": Target(
        "the table of the abalone program", "abalone.data", abalone_files, read_abalone, (Refused,),
        mutations.text_fields,
    ),
    "image": Target(
        "images of ImageFolder, through Pillow", "cat.png", images, read_image, (OSError,), mutations.no_fields,
    ),
    "archive": Target(
        "extract_archive", "data.tar.gz", tars, read_archive, (RuntimeError,), mutations.tar_fields, gzipped_tar,
    ),
    "members": Target(
        "the archives of data sets", "data.tar.gz", tars, read_members, (RuntimeError,), mutations.tar_fields, gzipped_tar,
    ),
    "packed": Target(
        "benchmarks/pack_data.py --unpack", "packed/data.tar.xz", lambda: tars(long=0), read_packed, (RuntimeError,),
        mutations.tar_fields, packed_tar,
    ),
    "packed-xz": Target(
        "the same, its compressed bytes", "packed/data.tar.xz", lambda: [packed_tar(data) for data in tars(long=0)],
        read_packed, (RuntimeError,), mutations.no_fields,
    ),
    "progress": Target(
        "the lessons' progress", "lessons.json", progress_files, read_progress, (Refused,), mutations.text_fields,
    ),
    "trace": Target(
        "the trace that minitorch compare follows", "trace.jsonl", traces, read_trace, (ValueError,),
        mutations.text_fields,
    ),
    "snapshot": Target(
        "the weights that minitorch compare keeps", "step-00000001.npz", snapshots, read_snapshot, (ValueError,),
        mutations.npy_fields,
    ),
}  # fmt: skip
