"""CIFAR-10 and CIFAR-100, read from the official pickles by a reader that can build arrays and nothing else."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .batch_pickles import loads, shown
from .utils import fetch, unpack_members
from .vision import InMemoryImages


def read_pickle(path: str | Path) -> dict[str, Any]:
    """The dict in a CIFAR file; its Python 2 strings become str. RuntimeError naming the file and what is wrong."""
    content = Path(path).read_bytes()
    try:
        entry = loads(content)
    except (pickle.UnpicklingError, EOFError) as error:
        raise _unusable(path, f"{type(error).__name__}: {error} (found {len(content):,} bytes)") from error
    if not isinstance(entry, dict):
        raise _unusable(path, f"expected a dict, found {type(entry).__name__}")
    return entry


def _unusable(path: str | Path, reason: str) -> RuntimeError:
    return RuntimeError(
        f"{path} is truncated or corrupt: {reason}. Delete it and use download=True, or put a good copy in its place."
    )


class CIFAR10(InMemoryImages):
    """Photographs in 10 classes: 50,000 for training, 10,000 for testing, 32 × 32 RGB.

    Files: `root/cifar-10-batches-py/data_batch_1` and so on. `data` is a uint8 array (N, 32, 32, 3), `targets` a list
    of ints; a sample is (PIL image of mode "RGB", int), through `transform` and `target_transform`.
    `download=True` fetches the archive, checking its MD5 sum, and unpacks the files that are missing; it does nothing
    when they are there. Files already there are checked for their form, not hashed: that would read 180 MB twice at
    each start.

    Errors: RuntimeError when files are missing, truncated or corrupt, or cannot be downloaded.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.CIFAR10.html; Krizhevsky (2009),
    "Learning multiple layers of features from tiny images".

    >>> from minitorch.vision import datasets
    >>> datasets.CIFAR10("no/such/folder")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    RuntimeError: Dataset not found or corrupted. You can use download=True to download it...
    """

    classes: list[str]
    class_to_idx: dict[str, int]
    data: Any
    targets: Any
    base_folder = "cifar-10-batches-py"
    url = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
    filename = "cifar-10-python.tar.gz"
    tgz_md5 = "c58f30108f718f92721af3b95e74349a"
    train_list: list[list[str]] = [
        ["data_batch_1", "c99cafc152244af753f735de768cd75f"],
        ["data_batch_2", "d4bba439e000b95fd0a9bffe97cbabec"],
        ["data_batch_3", "54ebc095f3ab1f0389bbae665268c751"],
        ["data_batch_4", "634d18415352ddfa80567beed471001a"],
        ["data_batch_5", "482c414d41f54cd18b22e5b47cb7c3cb"],
    ]
    test_list: list[list[str]] = [["test_batch", "40351d587109b95175f43aff81a1287e"]]
    meta: dict[str, str] = {"filename": "batches.meta", "key": "label_names", "md5": "5ff9c542aee3614f3951f8cda6e48888"}

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
                "Dataset not found or corrupted. You can use download=True to download it\n"
                f"(looked in {os.path.abspath(self._path(''))} for {', '.join(missing)})"
            )
        self.classes, self.class_to_idx = self._load_classes()
        self.data, self.targets = self._load_data()

    def _path(self, name: str) -> str:
        return os.path.join(self.root, self.base_folder, name)

    def _missing(self) -> list[str]:
        names = [name for name, _ in self.train_list + self.test_list] + [self.meta["filename"]]
        return [name for name in names if not os.path.isfile(self._path(name))]

    def _check_integrity(self) -> bool:
        """Whether all files are there. Unlike torchvision's, it doesn't hash them; see the class's text."""
        return not self._missing()

    def _load_classes(self) -> tuple[list[str], dict[str, int]]:
        path, key = self._path(self.meta["filename"]), self.meta["key"]
        names = read_pickle(path).get(key)
        if not (isinstance(names, list) and names and all(isinstance(name, str) for name in names)):
            raise _unusable(path, f"it has no list of class names under {key!r}")
        return names, {name: i for i, name in enumerate(names)}

    def _load_batch(self, path: str) -> tuple[np.ndarray, list[int]]:
        """One batch: uint8 (N, 3072), a row being 1024 red, 1024 green and 1024 blue values; and N labels."""
        entry = read_pickle(path)
        pixels, labels = entry.get("data"), entry.get("labels", entry.get("fine_labels"))
        if not (isinstance(pixels, np.ndarray) and pixels.dtype == np.uint8 and pixels.shape[1:] == (3072,)):
            found = f"{pixels.dtype} {pixels.shape}" if isinstance(pixels, np.ndarray) else type(pixels).__name__
            raise _unusable(path, f"expected 'data' as uint8 of shape (N, 3072), found {found}")
        if not isinstance(labels, list) or len(labels) != len(pixels):
            found = f"{len(labels)}" if isinstance(labels, list) else "no list"
            raise _unusable(path, f"expected {len(pixels)} labels, one per image, found {found}")
        for label in labels:
            if not (type(label) is int and 0 <= label < len(self.classes)):
                raise _unusable(path, f"label {shown(label)} where 0 to {len(self.classes) - 1} are possible")
        return pixels, labels

    def _load_data(self) -> tuple[np.ndarray, list[int]]:
        batches = [
            self._load_batch(self._path(name)) for name, _ in (self.train_list if self.train else self.test_list)
        ]
        data = np.concatenate([pixels for pixels, _ in batches]).reshape(-1, 3, 32, 32)
        targets = [label for _, labels in batches for label in labels]
        return data.transpose(0, 2, 3, 1), targets  # a view: in memory each image stays C H W, as ToTensor wants it

    def download(self) -> None:
        """Fetch the archive and unpack the missing files; RuntimeError if that fails, naming what was tried."""
        if missing := self._missing():
            archive = os.path.join(self.root, self.filename)
            fetch([self.url], archive, self.tgz_md5)
            unpack_members(archive, [f"{self.base_folder}/{name}" for name in missing], self.root)


class CIFAR100(CIFAR10):
    """CIFAR-10's sister with 100 classes, 500 training and 100 test images each: `root/cifar-100-python/train` ….

    Errors: as for `CIFAR10`: RuntimeError when files are missing, truncated or corrupt, or cannot be downloaded.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.CIFAR100.html; Krizhevsky (2009),
    "Learning multiple layers of features from tiny images".

    >>> from minitorch.vision import datasets
    >>> datasets.CIFAR100.base_folder
    'cifar-100-python'
    """

    base_folder = "cifar-100-python"
    url = "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"
    filename = "cifar-100-python.tar.gz"
    tgz_md5 = "eb9058c3a382ffc7106e4002c42a8d85"
    train_list: list[list[str]] = [["train", "16019d7e3df5f24257cddd939b257f8d"]]
    test_list: list[list[str]] = [["test", "f0ef6b0ae62326f3e7ffdfab6717acfc"]]
    meta: dict[str, str] = {"filename": "meta", "key": "fine_label_names", "md5": "7973b15100ade9c7d40fb424638fde48"}
