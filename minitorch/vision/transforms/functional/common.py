"""What the functional transforms share: image sizes, kinds of image, interpolation modes."""

from __future__ import annotations

from enum import Enum
from typing import Any

from ....dtype import dtype as Dtype
from ....tensor import Tensor
from ...imaging import is_pil_image


class InterpolationMode(Enum):
    """How pixels between pixels are computed when an image is resized, rotated or warped.

    Errors: ValueError for an unknown name.

    Source: https://docs.pytorch.org/vision/stable/transforms.html

    >>> from minitorch.vision.transforms import InterpolationMode
    >>> InterpolationMode.BILINEAR.value
    'bilinear'
    """

    NEAREST = "nearest"
    NEAREST_EXACT = "nearest-exact"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    BOX = "box"
    HAMMING = "hamming"
    LANCZOS = "lanczos"


# Pillow's own numbers, which may be passed in place of a mode.
PIL_NUMBER = {
    InterpolationMode.NEAREST: 0,
    InterpolationMode.LANCZOS: 1,
    InterpolationMode.BILINEAR: 2,
    InterpolationMode.BICUBIC: 3,
    InterpolationMode.BOX: 4,
    InterpolationMode.HAMMING: 5,
    InterpolationMode.NEAREST_EXACT: 0,
}
_BY_NUMBER = {number: mode for mode, number in PIL_NUMBER.items() if mode is not InterpolationMode.NEAREST_EXACT}


def as_mode(interpolation: InterpolationMode | int) -> InterpolationMode:
    """A mode from a mode or Pillow's number of one; TypeError for anything else."""
    if isinstance(interpolation, InterpolationMode):
        return interpolation
    if isinstance(interpolation, int) and interpolation in _BY_NUMBER:
        return _BY_NUMBER[interpolation]
    raise TypeError("Argument interpolation should be a InterpolationMode or a corresponding Pillow integer constant")


def is_tensor(img: Any) -> bool:
    """True for a Tensor image (…, H, W), False for a PIL image; TypeError for anything else."""
    if isinstance(img, Tensor):
        if img.ndim < 2:
            raise TypeError("Tensor is not a torch image.")
        return True
    if is_pil_image(img):
        return False
    raise TypeError(f"Unexpected type {type(img)}: img should be PIL Image or Tensor")


def pil_only(img: Any, name: str) -> None:
    """NotImplementedError if `img` is a Tensor: the operation `name` is done by Pillow."""
    if is_tensor(img):
        raise NotImplementedError(
            f"{name} works on PIL images; apply it before ToTensor (for Tensors it isn't implemented)"
        )


def get_dimensions(img: Any) -> list[int]:
    """[channels, height, width] of an image; (H, W) counts as one channel.

    Shapes: PIL image, or Tensor (…, C, H, W) or (H, W).
    Errors: TypeError for what is no image.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.get_dimensions.html

    >>> import minitorch as torch
    >>> from minitorch.vision.transforms import functional
    >>> functional.get_dimensions(torch.zeros(3, 4, 5))
    [3, 4, 5]
    """
    if is_tensor(img):
        return [1 if img.ndim == 2 else img.shape[-3], *img.shape[-2:]]
    width, height = img.size
    return [len(img.getbands()), height, width]


def get_image_size(img: Any) -> list[int]:
    """[width, height] of an image.

    Shapes: PIL image, or Tensor (…, H, W).
    Errors: TypeError for what is no image.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.get_image_size.html

    >>> import minitorch as torch
    >>> from minitorch.vision.transforms import functional
    >>> functional.get_image_size(torch.zeros(3, 4, 5))
    [5, 4]
    """
    return get_dimensions(img)[:0:-1]


def get_image_num_channels(img: Any) -> int:
    """The number of channels of an image.

    Shapes: PIL image, or Tensor (…, C, H, W) or (H, W).
    Errors: TypeError for what is no image.

    Source:
    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.get_image_num_channels.html

    >>> import minitorch as torch
    >>> from minitorch.vision.transforms import functional
    >>> functional.get_image_num_channels(torch.zeros(3, 4, 5))
    3
    """
    return get_dimensions(img)[0]


def max_value(d: Dtype) -> int:
    """The value that stands for full brightness: 1 for floating dtypes and bool, else the largest integer."""
    if d.is_floating_point or d.numpy.kind == "b":
        return 1
    return 2 ** (8 * d.itemsize - d.is_signed) - 1


def require_channels(img: Tensor, rank: int = 3) -> None:
    """TypeError unless a Tensor image has 1 or 3 channels and at least `rank` dimensions."""
    if img.ndim < rank:
        raise TypeError(f"Input image tensor should have at least {rank} dimensions, but found {img.ndim}")
    channels = get_image_num_channels(img)
    if channels not in (1, 3):
        raise TypeError(f"Input image tensor permitted channel values are [1, 3], but found {channels}")
