"""Images sorted into one folder per class."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from ..imaging import pillow
from .vision import VisionDataset

IMG_EXTENSIONS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")


def has_file_allowed_extension(filename: str, extensions: str | tuple[str, ...]) -> bool:
    """Whether the name ends, in lower case, with one of `extensions`.

    Errors: AttributeError for a name that is no string.

    Source: torchvision.datasets.folder, which has no page.

    >>> from minitorch.vision.datasets.folder import has_file_allowed_extension
    >>> has_file_allowed_extension("cat.PNG", (".png", ".jpg"))
    True
    """
    return filename.lower().endswith(extensions if isinstance(extensions, str) else tuple(extensions))


def find_classes(directory: str | Path) -> tuple[list[str], dict[str, int]]:
    """The subfolders' names in order, and name → index.

    Errors: FileNotFoundError if there are none, or no such folder.

    Source: torchvision.datasets.folder, which has no page.

    >>> import tempfile, os
    >>> from minitorch.vision.datasets.folder import find_classes
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     os.mkdir(os.path.join(folder, "dog")), os.mkdir(os.path.join(folder, "cat"))
    ...     find_classes(folder)
    (None, None)
    (['cat', 'dog'], {'cat': 0, 'dog': 1})
    """
    classes = sorted(entry.name for entry in os.scandir(directory) if entry.is_dir())
    if not classes:
        raise FileNotFoundError(f"Couldn't find any class folder in {directory}.")
    return classes, {name: i for i, name in enumerate(classes)}


def make_dataset(
    directory: str | Path,
    class_to_idx: dict[str, int] | None = None,
    extensions: str | tuple[str, ...] | None = None,
    is_valid_file: Callable[[str], bool] | None = None,
    allow_empty: bool = False,
) -> list[tuple[str, int]]:
    """(path, label) of every file of every class, in order. Give either `extensions` or `is_valid_file`.

    Errors: ValueError unless one of the two is given, and for no classes; FileNotFoundError for a class without a valid
    file, unless `allow_empty`.

    Source: torchvision.datasets.folder, which has no page.

    >>> from minitorch.vision.datasets.folder import make_dataset
    >>> make_dataset("images", {"cat": 0}, extensions=".png", allow_empty=True)
    []
    """
    directory = os.path.expanduser(directory)
    if class_to_idx is None:
        class_to_idx = find_classes(directory)[1]
    elif not class_to_idx:
        raise ValueError("'class_to_index' must have at least one entry to collect any samples.")
    if (extensions is None) == (is_valid_file is None):
        raise ValueError("Both extensions and is_valid_file cannot be None or not None at the same time")
    if extensions is not None:
        is_valid_file = partial(has_file_allowed_extension, extensions=extensions)
    assert is_valid_file is not None

    samples: list[tuple[str, int]] = []
    empty = []
    for name in sorted(class_to_idx):
        before = len(samples)
        for folder, _, files in sorted(os.walk(os.path.join(directory, name), followlinks=True)):
            for file in sorted(files):
                path = os.path.join(folder, file)
                if is_valid_file(path):
                    samples.append((path, class_to_idx[name]))
        if len(samples) == before:
            empty.append(name)
    if empty and not allow_empty:
        message = f"Found no valid file for the classes {', '.join(empty)}. "
        if extensions is not None:
            message += (
                f"Supported extensions are: {extensions if isinstance(extensions, str) else ', '.join(extensions)}"
            )
        raise FileNotFoundError(message)
    return samples


def default_loader(path: str | Path) -> Any:
    """The image at `path` as a PIL image of mode "RGB".

    Errors: OSError that names the file if it is none, or damaged, or has more pixels than Pillow takes.

    Source: torchvision.datasets.folder, which has no page.

    >>> from minitorch.vision.datasets.folder import default_loader
    >>> default_loader("cat.png")  # doctest: +SKIP
    <PIL.Image.Image image mode=RGB size=32x32>
    """
    with open(path, "rb") as file:
        try:
            return pillow().open(file).convert("RGB")
        except Exception as error:  # Pillow's readers have no error in common: OSError, SyntaxError, ValueError …
            if isinstance(error, MemoryError) or str(path) in str(error):
                raise
            kind = type(error) if type(error).__module__.startswith("PIL") and isinstance(error, OSError) else OSError
            raise kind(f"cannot read the image {path}: {str(error)[:300] or type(error).__name__}") from error


pil_loader = default_loader


class DatasetFolder(VisionDataset):
    """Samples under `root/<class>/…/<file>`, read by `loader(path)`; the classes are the folders' names in order.

    Attributes: `classes`, `class_to_idx`, `samples` (list of (path, label)), `targets` (the labels). Give either
    `extensions` or `is_valid_file`.

    Errors: FileNotFoundError without classes, or for an empty one unless `allow_empty`; ValueError unless one of
    `extensions` and `is_valid_file` is given.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.DatasetFolder.html

    >>> import tempfile, os, pathlib
    >>> from minitorch.vision import datasets
    >>> with tempfile.TemporaryDirectory() as root:
    ...     os.mkdir(os.path.join(root, "cat"))
    ...     _ = pathlib.Path(root, "cat", "1.txt").write_text("meow")
    ...     datasets.DatasetFolder(root, lambda path: pathlib.Path(path).read_text(), (".txt",))[0]
    ('meow', 0)
    """

    classes: list[str]
    class_to_idx: dict[str, int]

    def __init__(
        self,
        root: str | Path,
        loader: Callable[[str], Any],
        extensions: tuple[str, ...] | None = None,
        transform: Callable[..., Any] | None = None,
        target_transform: Callable[..., Any] | None = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.loader = loader
        self.extensions = extensions
        self.classes, self.class_to_idx = self.find_classes(self.root)
        self.samples: list[tuple[str, int]] = self.make_dataset(
            self.root, self.class_to_idx, extensions, is_valid_file, allow_empty
        )
        self.targets: list[int] = [label for _, label in self.samples]

    make_dataset: Callable[..., list[tuple[str, int]]] = staticmethod(make_dataset)

    def find_classes(self, directory: str | Path) -> tuple[list[str], dict[str, int]]:
        """The classes and their labels; override it to choose among the folders."""
        return find_classes(directory)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        path, target = self.samples[index]
        sample = self.loader(path)
        if self.transform is not None:
            sample = self.transform(sample)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return sample, target

    def __len__(self) -> int:
        return len(self.samples)


class ImageFolder(DatasetFolder):
    """Images under `root/<class>/…/<file>`, each read as a PIL image of mode "RGB". `imgs` is another name of
    `samples`.

    Errors: FileNotFoundError without classes, or for an empty one unless `allow_empty`; OSError for a file that is no
    image.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.ImageFolder.html

    >>> from minitorch.vision import datasets
    >>> datasets.ImageFolder("flowers")[0]  # doctest: +SKIP
    (<PIL.Image.Image image mode=RGB size=320x240>, 0)
    """

    def __init__(
        self,
        root: str | Path,
        transform: Callable[..., Any] | None = None,
        target_transform: Callable[..., Any] | None = None,
        loader: Callable[[str], Any] = default_loader,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        extensions = IMG_EXTENSIONS if is_valid_file is None else None
        super().__init__(root, loader, extensions, transform, target_transform, is_valid_file, allow_empty)
        self.imgs: list[tuple[str, int]] = self.samples
