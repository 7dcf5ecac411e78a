"""The base of the image datasets: where the files are, what is done to a sample, and how it prints."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...tensor import Tensor, wrap
from ...utils.data import Dataset
from ..imaging import from_array
from ..transforms import Compose, Normalize, ToTensor
from ..transforms.functional.conversion import scaled


class VisionDataset(Dataset[Any]):
    """A dataset of images under `root`, with `transform` for the image and `target_transform` for its label.

    Instead of the two, `transforms` may be one callable (image, target) → (image, target). Subclasses define
    `__getitem__` and `__len__`. It prints as torchvision's does.

    Errors: ValueError for `transforms` beside one of the two; NotImplementedError for a sample or the length, unless
    the subclass gives them.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.VisionDataset.html

    >>> from minitorch.vision import datasets, transforms
    >>> class Empty(datasets.VisionDataset):
    ...     def __len__(self):
    ...         return 0
    >>> Empty("data", transform=transforms.ToTensor())
    Dataset Empty
        Number of datapoints: 0
        Root location: data
        StandardTransform
    Transform: ToTensor()
    """

    def __init__(
        self,
        root: str | Path | None = None,
        transforms: Callable[..., Any] | None = None,
        transform: Callable[..., Any] | None = None,
        target_transform: Callable[..., Any] | None = None,
    ) -> None:
        self.root: Any = os.path.expanduser(root) if isinstance(root, str) else root
        separate = transform is not None or target_transform is not None
        if transforms is not None and separate:
            raise ValueError("Only transforms or transform/target_transform can be passed as argument")
        self.transform = transform
        self.target_transform = target_transform
        self.transforms: Callable[..., Any] | None = (
            StandardTransform(transform, target_transform) if separate else transforms
        )

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError

    def __repr__(self) -> str:
        body = [f"Number of datapoints: {len(self)}"]
        if self.root is not None:
            body.append(f"Root location: {self.root}")
        body += self.extra_repr().splitlines()
        if self.transforms is not None:
            body.append(repr(self.transforms))
        return "\n".join([f"Dataset {type(self).__name__}", *(" " * 4 + line for line in body)])

    def extra_repr(self) -> str:
        """Lines for `repr`, such as the split."""
        return ""


class StandardTransform:
    """The pair (transform, target_transform) as one callable.

    Errors: those of the two.

    Source: torchvision.datasets.vision, which has no page.

    >>> from minitorch.vision.datasets.vision import StandardTransform
    >>> StandardTransform(target_transform=str)("image", 3)
    ('image', '3')
    """

    def __init__(
        self, transform: Callable[..., Any] | None = None, target_transform: Callable[..., Any] | None = None
    ) -> None:
        self.transform = transform
        self.target_transform = target_transform

    def __call__(self, input: Any, target: Any) -> tuple[Any, Any]:
        if self.transform is not None:
            input = self.transform(input)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return input, target

    def __repr__(self) -> str:
        body = [type(self).__name__]
        for head, transform in (("Transform: ", self.transform), ("Target transform: ", self.target_transform)):
            if transform is not None:
                first, *rest = repr(transform).splitlines()
                body += [head + first, *(" " * len(head) + line for line in rest)]
        return "\n".join(body)


def as_array(values: Any) -> Any:
    """A Tensor as the array it holds: making a Tensor of each label or image would cost more than reading it."""
    return values.numpy() if isinstance(values, Tensor) else values


class InMemoryImages(VisionDataset):
    """Images held as one uint8 array or Tensor `data` of shape (N, H, W) or (N, H, W, 3), with `targets`.

    A sample is a PIL image, as in torchvision. Only where the transform would turn it straight into a tensor again
    (`ToTensor`, alone or first in a `Compose`) the pixels go there directly: the values are the same, the time is a
    third, and Pillow isn't needed.
    """

    data: Any
    targets: Any
    train: bool

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        image, target = as_array(self.data)[index], as_array(self.targets)[index]
        if isinstance(target, np.integer):
            target = int(target)
        transform = self.transform
        first = transform.transforms[0] if type(transform) is Compose and transform.transforms else transform
        if type(first) is not ToTensor or image.dtype != np.uint8:
            image = from_array(image)
        if transform is not None:
            image = transform(image)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return image, target

    def __getitems__(self, indices: Sequence[int]) -> list[tuple[Any, Any]]:
        """The samples of a batch, as a DataLoader asks for them."""
        taken = self._take(indices)
        if taken is None:
            return [self[i] for i in indices]
        images, labels = taken
        labels = labels.tolist() if isinstance(labels, np.ndarray) else labels
        return [(wrap(image), label) for image, label in zip(images.numpy(), labels, strict=True)]

    def _collated(self, indices: Sequence[int]) -> list[Tensor] | None:
        """What `default_collate` makes of the samples; None where only going through the samples can tell."""
        if type(self).__getitems__ is not InMemoryImages.__getitems__:
            return None
        taken = self._take(indices)
        if taken is None or getattr(taken[1], "dtype", None) != np.int64:
            return None
        return [taken[0], wrap(taken[1])]

    def _take(self, indices: Sequence[int]) -> tuple[Tensor, Any] | None:
        """The images and the labels of a batch.

        Where pixels only go through `ToTensor` and then `Normalize`, these are applied to all of them at once: the same
        operations on the same numbers, without the cost of a call per image. None elsewhere.
        """
        steps: Sequence[Any] = self.transform.transforms if type(self.transform) is Compose else [self.transform]
        data, targets = as_array(self.data), as_array(self.targets)
        if (
            [type(step) for step in steps] not in ([ToTensor], [ToTensor, Normalize])
            or self.target_transform is not None
            or data.dtype != np.uint8
            or type(self).__getitem__ is not InMemoryImages.__getitem__
        ):
            return None
        pixels = data[:, None] if data.ndim == 3 else data.transpose(0, 3, 1, 2)  # (N, C, H, W)
        images = scaled(pixels[indices])
        for normalize in steps[1:]:
            images = normalize(images)
        if isinstance(targets, np.ndarray) and targets.dtype.kind in "iu":
            return images, targets[indices]
        labels = [targets[i] for i in indices]
        return images, np.array(labels) if all([type(label) is int for label in labels]) else labels

    def __len__(self) -> int:
        return len(self.data)

    def extra_repr(self) -> str:
        return f"Split: {'Train' if self.train is True else 'Test'}"
