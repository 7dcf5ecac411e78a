"""Random flips, crops, rotations and warps: the same seed gives torchvision's own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ...nn import Module
from . import functional as F
from .draws import WithProbability, angles, area_and_ratio, below, checked_fill, ranges, sequence_of, uniform
from .functional import InterpolationMode
from .functional.common import as_mode
from .functional.geometry import pair
from .transforms import SIZE_ERROR


class RandomHorizontalFlip(WithProbability):
    """`functional.hflip` with probability `p`.

    Shapes: PIL image, or Tensor (…, H, W) → the same.
    Errors: TypeError for what is no image.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomHorizontalFlip.html

    >>> import minitorch as torch
    >>> from minitorch.vision import transforms
    >>> transforms.RandomHorizontalFlip(p=1.0)(torch.tensor([[1, 2]]))
    tensor([[2, 1]])
    """

    def apply_to(self, img: Any) -> Any:
        """The mirrored image."""
        return F.hflip(img)


class RandomVerticalFlip(WithProbability):
    """`functional.vflip` with probability `p`.

    Shapes: PIL image, or Tensor (…, H, W) → the same.
    Errors: TypeError for what is no image.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomVerticalFlip.html

    >>> import minitorch as torch
    >>> from minitorch.vision import transforms
    >>> transforms.RandomVerticalFlip(p=1.0)(torch.tensor([[1], [2]]))
    tensor([[2],
            [1]])
    """

    def apply_to(self, img: Any) -> Any:
        """The mirrored image."""
        return F.vflip(img)


class RandomCrop(Module):
    """A rectangle `size` = (h, w) at a random place, after padding with `functional.pad`.

    `pad_if_needed` also pads, on both sides, an image that is smaller.

    Shapes: PIL image, or Tensor (…, H, W) → (…, h, w).
    Errors: ValueError for an image that is smaller, without `pad_if_needed`, and for more than two numbers; TypeError
    for what is no image.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomCrop.html

    >>> from PIL import Image
    >>> from minitorch.vision import transforms
    >>> transforms.RandomCrop(32, padding=4)(Image.new("RGB", (32, 32))).size
    (32, 32)
    """

    def __init__(
        self,
        size: int | Sequence[int],
        padding: int | Sequence[int] | None = None,
        pad_if_needed: bool = False,
        fill: Any = 0,
        padding_mode: str = "constant",
    ) -> None:
        super().__init__()
        height, width = pair(size, SIZE_ERROR)
        self.size: tuple[int, int] = (height, width)
        self.padding = padding
        self.pad_if_needed = pad_if_needed
        self.fill = fill
        self.padding_mode = padding_mode

    @staticmethod
    def get_params(img: Any, output_size: tuple[int, int]) -> tuple[int, int, int, int]:
        """A random (top, left, height, width)."""
        _, h, w = F.get_dimensions(img)
        height, width = output_size
        if h < height or w < width:
            raise ValueError(f"Required crop size {(height, width)} is larger than input image size {(h, w)}")
        if (h, w) == (height, width):
            return 0, 0, h, w
        return below(h - height + 1), below(w - width + 1), height, width

    def forward(self, img: Any) -> Any:
        """The cropped image."""
        if self.padding is not None:
            img = F.pad(img, self.padding, self.fill, self.padding_mode)
        _, h, w = F.get_dimensions(img)
        if self.pad_if_needed and w < self.size[1]:
            img = F.pad(img, [self.size[1] - w, 0], self.fill, self.padding_mode)
        if self.pad_if_needed and h < self.size[0]:
            img = F.pad(img, [0, self.size[0] - h], self.fill, self.padding_mode)
        return F.crop(img, *self.get_params(img, self.size))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(size={self.size}, padding={self.padding})"


class RandomResizedCrop(Module):
    """A random rectangle of `scale` of the area and `ratio` (width / height), resized to `size`.

    Ten tries to fit one; then the largest middle part within `ratio`.

    Shapes: PIL image, or Tensor (…, C, H, W) → (…, C, h, w).
    Errors: ValueError for more than two numbers; TypeError for a `scale` or `ratio` that is no sequence, and for what
    is no image.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomResizedCrop.html; Szegedy et
    al. (2014), "Going deeper with convolutions".

    >>> from PIL import Image
    >>> from minitorch.vision import transforms
    >>> transforms.RandomResizedCrop(24)(Image.new("RGB", (50, 40))).size
    (24, 24)
    """

    def __init__(
        self,
        size: int | Sequence[int],
        scale: Sequence[float] = (0.08, 1.0),
        ratio: Sequence[float] = (3.0 / 4.0, 4.0 / 3.0),
        interpolation: InterpolationMode | int = InterpolationMode.BILINEAR,
        antialias: bool | None = True,
    ) -> None:
        super().__init__()
        self.size: tuple[int, int] = pair(size, SIZE_ERROR)
        ranges(scale, ratio)
        self.scale = scale
        self.ratio = ratio
        self.interpolation: InterpolationMode = as_mode(interpolation)
        self.antialias = antialias

    @staticmethod
    def get_params(img: Any, scale: Sequence[float], ratio: Sequence[float]) -> tuple[int, int, int, int]:
        """A random (top, left, height, width)."""
        _, h, w = F.get_dimensions(img)
        for _ in range(10):
            part, proportion = area_and_ratio(h * w, scale, ratio)
            width, height = round(math.sqrt(part * proportion)), round(math.sqrt(part / proportion))
            if 0 < width <= w and 0 < height <= h:
                return below(h - height + 1), below(w - width + 1), height, width
        width, height = w, h
        if w / h < min(ratio):
            height = round(w / min(ratio))
        elif w / h > max(ratio):
            width = round(h * max(ratio))
        return (h - height) // 2, (w - width) // 2, height, width

    def forward(self, img: Any) -> Any:
        """The cropped and resized image."""
        place = self.get_params(img, self.scale, self.ratio)
        return F.resized_crop(img, *place, self.size, self.interpolation, antialias=self.antialias)

    def __repr__(self) -> str:
        scale, ratio = (tuple(round(v, 4) for v in values) for values in (self.scale, self.ratio))
        return (
            f"{type(self).__name__}(size={self.size}, scale={scale}, ratio={ratio}, "
            f"interpolation={self.interpolation.value}, antialias={self.antialias})"
        )


class RandomRotation(Module):
    """`functional.rotate` of a PIL image by a random angle from `degrees`: (low, high), or d for (−d, d).

    Shapes: PIL image → PIL image.
    Errors: NotImplementedError for Tensors; ValueError for negative degrees, and for another number of them; TypeError
    for a `center` that is no sequence.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomRotation.html

    >>> from PIL import Image
    >>> from minitorch.vision import transforms
    >>> transforms.RandomRotation((90, 90), expand=True)(Image.new("L", (4, 2))).size
    (2, 4)
    """

    def __init__(
        self,
        degrees: float | Sequence[float],
        interpolation: InterpolationMode | int = InterpolationMode.NEAREST,
        expand: bool = False,
        center: Sequence[float] | None = None,
        fill: Any = 0,
    ) -> None:
        super().__init__()
        self.degrees: list[float] = angles(degrees, "degrees")
        if center is not None:
            sequence_of(center, "center", (2,))
        self.center = center
        self.interpolation: InterpolationMode = as_mode(interpolation)
        self.expand = expand
        self.fill: Any = checked_fill(fill)

    @staticmethod
    def get_params(degrees: Sequence[float]) -> float:
        """A random angle."""
        return uniform(float(degrees[0]), float(degrees[1]))

    def forward(self, img: Any) -> Any:
        """The rotated image."""
        return F.rotate(img, self.get_params(self.degrees), self.interpolation, self.expand, self.center, self.fill)

    def __repr__(self) -> str:
        center = "" if self.center is None else f", center={self.center}"
        return (
            f"{type(self).__name__}(degrees={self.degrees}, interpolation={self.interpolation.value}, "
            f"expand={self.expand}{center}, fill={self.fill})"
        )


class RandomAffine(Module):
    """`functional.affine` of a PIL image: random angle, shift (parts of width and height), scale and shear (degrees).

    Shapes: PIL image → PIL image.
    Errors: NotImplementedError for Tensors; ValueError for numbers out of range, and for another number of them;
    TypeError for what is no sequence.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomAffine.html

    >>> from PIL import Image
    >>> from minitorch.vision import transforms
    >>> transforms.RandomAffine(10, translate=(0.1, 0.1), scale=(0.9, 1.1))(Image.new("L", (28, 28))).size
    (28, 28)
    """

    def __init__(
        self,
        degrees: float | Sequence[float],
        translate: Sequence[float] | None = None,
        scale: Sequence[float] | None = None,
        shear: float | Sequence[float] | None = None,
        interpolation: InterpolationMode | int = InterpolationMode.NEAREST,
        fill: Any = 0,
        center: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        self.degrees: list[float] = angles(degrees, "degrees")
        if translate is not None:
            sequence_of(translate, "translate", (2,))
            if not all(0.0 <= part <= 1.0 for part in translate):
                raise ValueError("translation values should be between 0 and 1")
        self.translate = translate
        if scale is not None:
            sequence_of(scale, "scale", (2,))
            if not all(factor > 0 for factor in scale):
                raise ValueError("scale values should be positive")
        self.scale = scale
        self.shear: list[float] | None = shear if shear is None else angles(shear, "shear", (2, 4))
        self.interpolation: InterpolationMode = as_mode(interpolation)
        self.fill: Any = checked_fill(fill)
        if center is not None:
            sequence_of(center, "center", (2,))
        self.center = center

    @staticmethod
    def get_params(
        degrees: Sequence[float],
        translate: Sequence[float] | None,
        scale_ranges: Sequence[float] | None,
        shears: Sequence[float] | None,
        img_size: Sequence[int],
    ) -> tuple[float, tuple[int, int], float, tuple[float, float]]:
        """A random (angle, (shift x, shift y), scale, (shear x, shear y)) for an image of size (width, height)."""
        angle = uniform(degrees[0], degrees[1])
        shift_x = shift_y = 0
        if translate is not None:
            most_x, most_y = float(translate[0] * img_size[0]), float(translate[1] * img_size[1])
            shift_x, shift_y = round(uniform(-most_x, most_x)), round(uniform(-most_y, most_y))
        scale = 1.0 if scale_ranges is None else uniform(*scale_ranges)
        shear_x = 0.0 if shears is None else uniform(*shears[:2])
        shear_y = uniform(*shears[2:]) if shears is not None and len(shears) == 4 else 0.0
        return angle, (shift_x, shift_y), scale, (shear_x, shear_y)

    def forward(self, img: Any) -> Any:
        """The transformed image."""
        size = F.get_image_size(img)
        params = self.get_params(self.degrees, self.translate, self.scale, self.shear, size)
        return F.affine(img, *params, self.interpolation, self.fill, self.center)

    def __repr__(self) -> str:
        shown = [f"degrees={self.degrees}"]
        shown += [
            f"{name}={getattr(self, name)}"
            for name in ("translate", "scale", "shear")
            if getattr(self, name) is not None
        ]
        if self.interpolation is not InterpolationMode.NEAREST:
            shown.append(f"interpolation={self.interpolation.value}")
        if self.fill != 0:
            shown.append(f"fill={self.fill}")
        if self.center is not None:
            shown.append(f"center={self.center}")
        return f"{type(self).__name__}({', '.join(shown)})"
