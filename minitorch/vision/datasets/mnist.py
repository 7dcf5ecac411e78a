"""MNIST and the sets that share its file format, IDX."""

from __future__ import annotations

import gzip
import math
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ...from_data import from_numpy
from ...tensor import Tensor
from .utils import fetch, unpack_gzip
from .vision import InMemoryImages

IDX_FORMATS = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}

MOST_UNPACKED = 1 << 30  # bytes of a gzipped file; MNIST's largest has 47 million


def read_idx(path: str | Path) -> np.ndarray:
    """The array in an IDX file (or a gzipped one, by its suffix .gz), in native byte order.

    The file is: two zero bytes, the format's number, the number of dimensions, each dimension as a big-endian int32,
    then the values in C order (Yann LeCun, "The MNIST database", section FILE FORMATS). RuntimeError, naming the file
    and what was expected and found, if it is anything else.
    """
    packed = str(path).endswith(".gz")
    try:
        with gzip.open(path) if packed else open(path, "rb") as file:
            head = file.read(4 + 4 * 3)
            shape, dtype, start = _layout(path, head)
            expected = start + math.prod(shape) * dtype.itemsize
            if packed:
                content = _unpacked(path, file, head, expected)
            else:
                file.seek(0)
                content = np.fromfile(file, np.uint8)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise _unusable(path, f"no complete gzip file ({error})") from error
    if len(content) != expected:
        size, more = " x ".join(map(str, shape)), "at least " if packed and len(content) > expected else ""
        raise _unusable(
            path, f"its header announces {size} values, {expected:,} bytes; found {more}{len(content):,} bytes"
        )
    values = content[start:].view(dtype).astype(dtype.newbyteorder("="), copy=False)
    try:
        return values.reshape(shape)
    except ValueError as error:  # no value, but sizes that NumPy refuses
        raise _unusable(path, f"its header announces {' x '.join(map(str, shape))} values") from error


def _layout(path: str | Path, head: bytes) -> tuple[list[int], np.dtype[Any], int]:
    """What the header says: shape, dtype, and where the values start."""
    if len(head) < 4:
        raise _unusable(path, f"an IDX file starts with 4 bytes, found {len(head)} bytes in all")
    zero, zero_too, number, ndim = head[:4]
    if zero or zero_too or number not in IDX_FORMATS or not 1 <= ndim <= 3:
        packed = "; this looks like a gzip file without its .gz" if (zero, zero_too) == (0x1F, 0x8B) else ""
        raise _unusable(path, f"its first bytes {head[:4].hex(' ')} are not those of an IDX file{packed}")
    start = 4 + 4 * ndim
    if len(head) < start:
        raise _unusable(path, f"the header of {ndim} dimensions takes {start} bytes, found {len(head)}")
    return np.frombuffer(head, ">u4", ndim, 4).tolist(), np.dtype(IDX_FORMATS[number]), start


def _unpacked(path: str | Path, file: Any, head: bytes, expected: int) -> np.ndarray:
    """The bytes of a gzipped file: no more than announced, as a few bytes can inflate to gigabytes, and one to see that
    there are more."""
    if expected > MOST_UNPACKED:
        raise _unusable(path, f"its header announces {expected:,} bytes; one of more than {MOST_UNPACKED:,} is read when it "
                        "is unpacked first")  # fmt: skip
    content = bytearray(head)
    while len(content) <= expected and (piece := file.read(min(1 << 20, expected + 1 - len(content)))):
        content += piece
    return np.frombuffer(content, np.uint8)


def _unusable(path: str | Path, reason: str) -> RuntimeError:
    return RuntimeError(
        f"{path} is truncated or corrupt: {reason}. Delete it and use download=True, or put a good copy in its place."
    )


def read_sn3_pascalvincent_tensor(path: str, strict: bool = True) -> Tensor:
    """An IDX file as a tensor (see `read_idx`); `strict` changes nothing, as the size is always checked.

    Shapes: → the shape that the file names.
    Errors: RuntimeError for a file of another form; FileNotFoundError if there is none.

    Source: torchvision.datasets.mnist, which has no page.

    >>> import tempfile, os
    >>> from minitorch.vision.datasets import mnist
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "labels")
    ...     with open(path, "wb") as file:
    ...         _ = file.write(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]))
    ...     mnist.read_sn3_pascalvincent_tensor(path), mnist.read_label_file(path)
    (tensor([7, 2, 1], dtype=torch.uint8), tensor([7, 2, 1]))
    """
    return from_numpy(read_idx(path))


def read_label_file(path: str) -> Tensor:
    """The labels of an IDX file, as int64.

    Shapes: → (N).
    Errors: TypeError if they are no bytes; ValueError if they are not one-dimensional; RuntimeError for a file of
    another form.

    Source: torchvision.datasets.mnist, which has no page.

    >>> from minitorch.vision.datasets.mnist import read_label_file
    >>> read_label_file("MNIST/raw/train-labels-idx1-ubyte")[:3]  # doctest: +SKIP
    tensor([5, 0, 4])
    """
    return from_numpy(_bytes_of_rank(path, 1).astype(np.int64))


def read_image_file(path: str) -> Tensor:
    """The images of an IDX file, as uint8.

    Shapes: → (N, H, W).
    Errors: TypeError if they are no bytes; ValueError if the rank is not 3; RuntimeError for a file of another form.

    Source: torchvision.datasets.mnist, which has no page.

    >>> from minitorch.vision.datasets.mnist import read_image_file
    >>> read_image_file("MNIST/raw/train-images-idx3-ubyte").shape  # doctest: +SKIP
    torch.Size([60000, 28, 28])
    """
    return from_numpy(_bytes_of_rank(path, 3))


def _bytes_of_rank(path: str, rank: int) -> np.ndarray:
    values = read_idx(path)
    if values.dtype != np.uint8:
        raise TypeError(f"{path}: x should be of dtype torch.uint8 instead of torch.{values.dtype}")
    if values.ndim != rank:
        raise ValueError(f"{path}: x should have {rank} dimension instead of {values.ndim}")
    return values


class MNIST(InMemoryImages):
    """Handwritten digits: 60,000 training and 10,000 test images, 28 × 28 grey values, 10 classes.

    Files: `root/MNIST/raw/train-images-idx3-ubyte` and so on, plain or as `.gz`. `data` is uint8 (N, 28, 28), `targets`
    int64 (N,); a sample is (PIL image of mode "L", int), through `transform` and `target_transform`.
    `download=True` fetches what is missing, checking MD5 sums; it does nothing when the files are there. Files already
    there are checked for their form and length, not hashed.

    Shapes: `data` (N, 28, 28) and `targets` (N).
    Errors: RuntimeError when files are missing, truncated or corrupt, or cannot be downloaded.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.MNIST.html; LeCun, Cortes, Burges,
    "The MNIST database of handwritten digits".

    >>> from minitorch.vision import datasets
    >>> datasets.MNIST("no/such/folder")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    RuntimeError: Dataset not found. You can use download=True to download it...
    """

    data: Any
    targets: Any
    mirrors: list[str] = ["https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/"]
    resources: list[tuple[str, str]] = [
        ("train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
        ("train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"),
        ("t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"),
        ("t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c"),
    ]
    classes: list[str] = [
        f"{digit} - {word}" for digit, word in enumerate("zero one two three four five six seven eight nine".split())
    ]

    def __init__(
        self,
        root: str | Path,
        train: bool = True,
        transform: Callable[..., Any] | None = None,
        target_transform: Callable[..., Any] | None = None,
        download: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.train = train
        if download:
            self.download()
        missing = self._missing()
        if missing:
            raise RuntimeError(
                "Dataset not found. You can use download=True to download it\n"
                f"(looked in {os.path.abspath(self.raw_folder)} for {', '.join(missing)}, plain or as .gz)"
            )
        self.data, self.targets = self._load_data()

    @property
    def raw_folder(self) -> str:
        """The folder of the IDX files: `root/<class name>/raw`."""
        return os.path.join(self.root, type(self).__name__, "raw")

    @property
    def processed_folder(self) -> str:
        """Where older torchvision versions kept a converted copy; unused."""
        return os.path.join(self.root, type(self).__name__, "processed")

    @property
    def class_to_idx(self) -> dict[str, int]:
        """Class name → label."""
        return {name: i for i, name in enumerate(self.classes)}

    def _path(self, name: str) -> str | None:
        """The file `name` as it is there: plain, else gzipped, else None."""
        plain = os.path.join(self.raw_folder, name)
        return next((path for path in (plain, plain + ".gz") if os.path.isfile(path)), None)

    def _missing(self) -> list[str]:
        names = [os.path.splitext(filename)[0] for filename, _ in self.resources]
        return [name for name in names if self._path(name) is None]

    def _check_exists(self) -> bool:
        return not self._missing()

    def _load_data(self) -> tuple[Tensor, Tensor]:
        split = "train" if self.train else "t10k"
        images, labels = (self._path(f"{split}-{kind}-ubyte") for kind in ("images-idx3", "labels-idx1"))
        assert images and labels  # __init__ has looked
        data, targets = read_image_file(images), read_label_file(labels)
        if len(data) != len(targets):
            raise RuntimeError(f"{images} holds {len(data)} images, but {labels} holds {len(targets)} labels")
        if len(targets) and not 0 <= (worst := int(targets.numpy().max())) < len(self.classes):
            raise RuntimeError(f"{labels} is corrupt: label {worst} where 0 to {len(self.classes) - 1} are possible")
        return data, targets

    def download(self) -> None:
        """Fetch and unpack the files that aren't there; RuntimeError if that fails, naming what was tried."""
        for name in self._missing():
            md5 = dict(self.resources)[f"{name}.gz"]
            packed = os.path.join(self.raw_folder, f"{name}.gz")
            fetch([f"{mirror}{name}.gz" for mirror in self.mirrors], packed, md5)
            unpack_gzip(packed, os.path.join(self.raw_folder, name))


class FashionMNIST(MNIST):
    """Zalando's articles of clothing, in MNIST's sizes and layout: `root/FashionMNIST/raw/train-images-idx3-ubyte` ….

    Shapes: `data` (N, 28, 28) and `targets` (N).
    Errors: as for `MNIST`: RuntimeError when files are missing, truncated or corrupt, or cannot be downloaded.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.FashionMNIST.html; Xiao, Rasul,
    Vollgraf (2017), "Fashion-MNIST: a novel image dataset for benchmarking machine learning".

    >>> from minitorch.vision import datasets
    >>> datasets.FashionMNIST.classes[9]
    'Ankle boot'
    """

    mirrors: list[str] = ["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"]
    resources: list[tuple[str, str]] = [
        ("train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
        ("train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe"),
        ("t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79"),
        ("t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310"),
    ]
    classes: list[str] = [
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"
    ]


class KMNIST(MNIST):
    """Kuzushiji-MNIST: ten cursive hiragana, in MNIST's sizes and layout: `root/KMNIST/raw/train-images-idx3-ubyte` ….

    Shapes: `data` (N, 28, 28) and `targets` (N).
    Errors: as for `MNIST`: RuntimeError when files are missing, truncated or corrupt, or cannot be downloaded.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.KMNIST.html; Clanuwat et al. (2018),
    "Deep learning for classical Japanese literature".

    >>> from minitorch.vision import datasets
    >>> datasets.KMNIST.classes
    ['o', 'ki', 'su', 'tsu', 'na', 'ha', 'ma', 'ya', 're', 'wo']
    """

    mirrors: list[str] = ["http://codh.rois.ac.jp/kmnist/dataset/kmnist/"]
    resources: list[tuple[str, str]] = [
        ("train-images-idx3-ubyte.gz", "bdb82020997e1d708af4cf47b453dcf7"),
        ("train-labels-idx1-ubyte.gz", "e144d726b3acfaa3e44228e80efcd344"),
        ("t10k-images-idx3-ubyte.gz", "5c965bf0a639b31b8f53240b1b52f4d7"),
        ("t10k-labels-idx1-ubyte.gz", "7320c461ea6c1c855c0b718fb2a4b134"),
    ]
    classes: list[str] = ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"]
