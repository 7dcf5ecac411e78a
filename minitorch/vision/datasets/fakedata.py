"""Random images, for trying things out without data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...random import Generator, randint, randn
from ..transforms import ToPILImage
from .vision import VisionDataset


class FakeData(VisionDataset):
    """`size` images of normal noise, (channels, height, width) = `image_size`, with labels below `num_classes`.

    Image i is drawn with seed i + `random_offset`, so it is the same whenever it is asked for, and the same as
    torchvision's. Samples are (PIL image, int).

    Errors: IndexError beyond `size`.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.FakeData.html

    >>> from minitorch.vision import datasets
    >>> image, label = datasets.FakeData(size=10, image_size=(3, 8, 8))[2]
    >>> image.size, label
    ((8, 8), 2)
    """

    def __init__(
        self,
        size: int = 1000,
        image_size: tuple[int, int, int] = (3, 224, 224),
        num_classes: int = 10,
        transform: Callable[..., Any] | None = None,
        target_transform: Callable[..., Any] | None = None,
        random_offset: int = 0,
    ) -> None:
        super().__init__(transform=transform, target_transform=target_transform)
        self.size = size
        self.num_classes = num_classes
        self.image_size = image_size
        self.random_offset = random_offset

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        if index >= len(self):
            raise IndexError(f"{type(self).__name__} index out of range")
        generator = Generator().manual_seed(index + self.random_offset)
        image = ToPILImage()(randn(*self.image_size, generator=generator))
        target = randint(0, self.num_classes, (1,), generator=generator)[0]
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return image, target.item()

    def __len__(self) -> int:
        return self.size
