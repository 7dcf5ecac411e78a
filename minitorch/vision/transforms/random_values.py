"""Random changes of colour, and random erasing: the same seed gives torchvision's own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Number
from typing import Any

from ...from_data import tensor
from ...nn import Module
from ...random import randn, randperm
from ...tensor import Tensor
from . import functional as F
from .draws import WithProbability, area_and_ratio, below, ranges, uniform, unit


class RandomGrayscale(WithProbability):
    """`functional.rgb_to_grayscale` with probability `p`, keeping the number of channels.

    Shapes: PIL image, or Tensor (…, 1 or 3, H, W) → the same.
    Errors: TypeError for what is no image, and for another number of channels.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomGrayscale.html

    >>> from PIL import Image
    >>> from minitorch.vision import transforms
    >>> transforms.RandomGrayscale(p=1.0)(Image.new("RGB", (1, 1), (255, 0, 0))).getpixel((0, 0))
    (76, 76, 76)
    """

    def __init__(self, p: float = 0.1) -> None:
        super().__init__(p)

    def apply_to(self, img: Any) -> Any:
        """The grey image."""
        return F.rgb_to_grayscale(img, F.get_image_num_channels(img))


class ColorJitter(Module):
    """Brightness, contrast, saturation and hue changed by random factors, in a random order.

    A number v means factors from max(0, 1 − v) to 1 + v (for the hue −v to v, v ≤ 0.5); (low, high) gives them
    directly.

    Shapes: PIL image, or Tensor (…, 1 or 3, H, W) → the same.
    Errors: ValueError for numbers out of range; TypeError for what is no number or pair, and for what is no image;
    NotImplementedError for the hue of a Tensor.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.ColorJitter.html

    >>> from minitorch.vision import transforms
    >>> transforms.ColorJitter(0.5, hue=(-0.1, 0.2))
    ColorJitter(brightness=(0.5, 1.5), contrast=None, saturation=None, hue=(-0.1, 0.2))
    """

    def __init__(
        self,
        brightness: float | Sequence[float] = 0,
        contrast: float | Sequence[float] = 0,
        saturation: float | Sequence[float] = 0,
        hue: float | Sequence[float] = 0,
    ) -> None:
        super().__init__()
        self.brightness: tuple[float, float] | None = self._range(brightness, "brightness", 1, (0, float("inf")))
        self.contrast: tuple[float, float] | None = self._range(contrast, "contrast", 1, (0, float("inf")))
        self.saturation: tuple[float, float] | None = self._range(saturation, "saturation", 1, (0, float("inf")))
        self.hue: tuple[float, float] | None = self._range(hue, "hue", 0, (-0.5, 0.5))

    @staticmethod
    def _range(value: Any, name: str, neutral: int, bound: tuple[float, float]) -> tuple[float, float] | None:
        """(low, high), or None where nothing would change."""
        if isinstance(value, Number):
            number: Any = value
            if number < 0:
                raise ValueError(f"If {name} is a single number, it must be non negative.")
            limits = [neutral - float(number), neutral + float(number)]
            if neutral == 1:
                limits[0] = max(limits[0], 0.0)
        elif isinstance(value, tuple | list) and len(value) == 2:
            limits = [float(value[0]), float(value[1])]
        else:
            raise TypeError(f"{name} should be a single number or a list/tuple with length 2.")
        if not bound[0] <= limits[0] <= limits[1] <= bound[1]:
            raise ValueError(f"{name} values should be between {bound}, but got {limits}.")
        return None if limits[0] == limits[1] == neutral else (limits[0], limits[1])

    @staticmethod
    def get_params(
        brightness: Sequence[float] | None,
        contrast: Sequence[float] | None,
        saturation: Sequence[float] | None,
        hue: Sequence[float] | None,
    ) -> tuple[Tensor, float | None, float | None, float | None, float | None]:
        """A random order of the four changes, and a random factor for each range that isn't None."""
        order = randperm(4)
        b, c, s, h = (
            None if limits is None else uniform(*limits) for limits in (brightness, contrast, saturation, hue)
        )
        return order, b, c, s, h

    def forward(self, img: Any) -> Any:
        """The image in other colours."""
        order, *factors = self.get_params(self.brightness, self.contrast, self.saturation, self.hue)
        changes = (F.adjust_brightness, F.adjust_contrast, F.adjust_saturation, F.adjust_hue)
        for i in order.tolist():
            if factors[i] is not None:
                img = changes[i](img, factors[i])
        return img

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(brightness={self.brightness}, contrast={self.contrast}, "
            f"saturation={self.saturation}, hue={self.hue})"
        )


class RandomErasing(Module):
    """With probability `p`, a random rectangle of a Tensor image set to `value`.

    `scale` is the range of its part of the area, `ratio` of height / width. `value`: a number, one per channel, or
    "random" for normal noise.

    Shapes: Tensor (…, C, H, W) → the same.
    Errors: TypeError for a `value`, `scale` or `ratio` of another type; ValueError for numbers out of range, another
    word, and another number of values; AttributeError for what is no Tensor.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomErasing.html; Zhong et al.
    (2017), "Random erasing data augmentation".

    >>> import minitorch as torch
    >>> from minitorch.vision import transforms
    >>> bool(transforms.RandomErasing(p=1.0, scale=(0.2, 0.2))(torch.ones(3, 8, 8)).min() == 0)
    True
    """

    def __init__(
        self,
        p: float = 0.5,
        scale: Sequence[float] = (0.02, 0.33),
        ratio: Sequence[float] = (0.3, 3.3),
        value: float | str | Sequence[float] = 0,
        inplace: bool = False,
    ) -> None:
        super().__init__()
        if not isinstance(value, Number | str | tuple | list):
            raise TypeError("Argument value should be either a number or str or a sequence")
        if isinstance(value, str) and value != "random":
            raise ValueError("If value is str, it should be 'random'")
        ranges(scale, ratio)
        if scale[0] < 0 or scale[1] > 1:
            raise ValueError("Scale should be between 0 and 1")
        if p < 0 or p > 1:
            raise ValueError("Random erasing probability should be between 0 and 1")
        self.p = p
        self.scale = scale
        self.ratio = ratio
        self.value = value
        self.inplace = inplace

    @staticmethod
    def get_params(
        img: Tensor, scale: Sequence[float], ratio: Sequence[float], value: Sequence[float] | None = None
    ) -> tuple[int, int, int, int, Tensor]:
        """A random (top, left, height, width, value); the whole image itself when ten tries don't fit."""
        channels, h, w = img.shape[-3:]
        for _ in range(10):
            part, proportion = area_and_ratio(h * w, scale, ratio)
            height, width = round(math.sqrt(part * proportion)), round(math.sqrt(part / proportion))
            if not (height < h and width < w):
                continue
            v = randn(channels, height, width) if value is None else tensor(value).reshape(-1, 1, 1)
            return below(h - height + 1), below(w - width + 1), height, width, v
        return 0, 0, h, w, img

    def forward(self, img: Tensor) -> Tensor:
        """The image, erased or not."""
        if not unit() < self.p:
            return img
        value: Any = (
            None if isinstance(self.value, str) else [self.value] if isinstance(self.value, Number) else self.value
        )
        if value is not None and len(value) not in (1, img.shape[-3]):
            raise ValueError(
                "If value is a sequence, it should have either a single value or "
                f"{img.shape[-3]} (number of input channels)"
            )
        value = value if value is None else [float(v) for v in value]
        return F.erase(img, *self.get_params(img, self.scale, self.ratio, value), self.inplace)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(p={self.p}, scale={self.scale}, ratio={self.ratio}, value={self.value}, "
            f"inplace={self.inplace})"
        )
