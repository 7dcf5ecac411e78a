"""Changing values: brightness, contrast, saturation, hue, grey. Pillow does PIL images, formulas do Tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....ops import where
from ....tensor import Tensor
from ...imaging import from_array, pillow
from .common import get_image_num_channels, is_tensor, max_value, pil_only, require_channels


def _enhance(img: Any, kind: str, factor: float) -> Any:
    from PIL import ImageEnhance

    return getattr(ImageEnhance, kind)(img).enhance(factor)


def _blend(img: Tensor, other: Any, ratio: float) -> Tensor:
    """ratio·img + (1 − ratio)·other, within the dtype's range."""
    ratio = float(ratio)
    return (ratio * img + (1.0 - ratio) * other).clamp(0, max_value(img.dtype)).to(img.dtype)


def _not_negative(factor: float, name: str) -> None:
    if factor < 0:
        raise ValueError(f"{name} ({factor}) is not non-negative.")


def rgb_to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """Grey = 0.2989 R + 0.587 G + 0.114 B, in 1 channel, or 3 equal ones.

    PIL images use Pillow's integer form of the same weights (ITU-R BT.601).

    Shapes: PIL image, or Tensor (…, 1 or 3, H, W) → (…, num_output_channels, H, W).
    Errors: ValueError for another number of output channels; TypeError for what is no image, and for another number of
    channels.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.rgb_to_grayscale.html

    >>> import minitorch as torch
    >>> from minitorch.vision.transforms import functional
    >>> functional.rgb_to_grayscale(torch.tensor([255, 0, 0], dtype=torch.uint8).reshape(3, 1, 1))
    tensor([[[76]]], dtype=torch.uint8)
    """
    if num_output_channels not in (1, 3):
        raise ValueError("num_output_channels should be either 1 or 3")
    if not is_tensor(img):
        grey = img.convert("L")
        return grey if num_output_channels == 1 else pillow().merge("RGB", (grey, grey, grey))
    require_channels(img)
    if img.shape[-3] == 3:
        r, g, b = img.unbind(-3)
        grey = (0.2989 * r + 0.587 * g + 0.114 * b).to(img.dtype).unsqueeze(-3)
    else:
        grey = img.clone()
    return grey.expand(*img.shape[:-3], 3, *img.shape[-2:]) if num_output_channels == 3 else grey


def to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """`rgb_to_grayscale` of a PIL image of any mode.

    Shapes: PIL image → PIL image.
    Errors: TypeError for Tensors; ValueError for another number of output channels than 1 and 3.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.to_grayscale.html

    >>> from PIL import Image
    >>> from minitorch.vision.transforms import functional
    >>> functional.to_grayscale(Image.new("RGB", (2, 2), (255, 0, 0))).getpixel((0, 0))
    76
    """
    if isinstance(img, Tensor):
        raise TypeError("Input should be PIL Image")
    return rgb_to_grayscale(img, num_output_channels)


def adjust_brightness(img: Any, brightness_factor: float) -> Any:
    """The values times `brightness_factor` ≥ 0: 0 is black, 1 the image itself, 2 twice as bright.

    Shapes: PIL image, or Tensor (…, 1 or 3, H, W) → the same.
    Errors: ValueError for a negative factor; TypeError for what is no image, and for another number of channels.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.adjust_brightness.html

    >>> import minitorch as torch
    >>> from minitorch.vision.transforms import functional
    >>> functional.adjust_brightness(torch.tensor([[[0.2, 0.8]]]), 2.0)
    tensor([[[0.4000, 1.0000]]])
    """
    if not is_tensor(img):
        return _enhance(img, "Brightness", brightness_factor)
    _not_negative(brightness_factor, "brightness_factor")
    require_channels(img, 2)
    return _blend(img, 0.0, brightness_factor)


def adjust_contrast(img: Any, contrast_factor: float) -> Any:
    """The distance from the image's mean grey times `contrast_factor` ≥ 0: 0 is plain grey, 1 the image itself.

    Shapes: PIL image, or Tensor (…, 1 or 3, H, W) → the same.
    Errors: ValueError for a negative factor; TypeError for what is no image, and for another number of channels.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.adjust_contrast.html

    >>> import minitorch as torch
    >>> from minitorch.vision.transforms import functional
    >>> functional.adjust_contrast(torch.tensor([[[0.2, 0.8]]]), 0.5)
    tensor([[[0.3500, 0.6500]]])
    """
    if not is_tensor(img):
        return _enhance(img, "Contrast", contrast_factor)
    _not_negative(contrast_factor, "contrast_factor")
    require_channels(img, 3)
    grey = rgb_to_grayscale(img) if img.shape[-3] == 3 else img
    mean = (grey if img.is_floating_point() else grey.float()).mean(dim=(-3, -2, -1), keepdim=True)
    return _blend(img, mean, contrast_factor)


def adjust_saturation(img: Any, saturation_factor: float) -> Any:
    """The distance from each pixel's grey times `saturation_factor` ≥ 0: 0 is black and white, 1 the image itself.

    Shapes: PIL image, or Tensor (…, 1 or 3, H, W) → the same.
    Errors: ValueError for a negative factor; TypeError for what is no image, and for another number of channels.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.adjust_saturation.html

    >>> import minitorch as torch
    >>> from minitorch.vision.transforms import functional
    >>> functional.adjust_saturation(torch.tensor([1.0, 0.0, 0.0]).reshape(3, 1, 1), 0.0).flatten()
    tensor([0.2989, 0.2989, 0.2989])
    """
    if not is_tensor(img):
        return _enhance(img, "Color", saturation_factor)
    _not_negative(saturation_factor, "saturation_factor")
    require_channels(img, 2)
    if get_image_num_channels(img) == 1:
        return img
    return _blend(img, rgb_to_grayscale(img), saturation_factor)


def adjust_hue(img: Any, hue_factor: float) -> Any:
    """The PIL image with every hue turned by `hue_factor` of the colour circle, −0.5 to 0.5.

    Images without colour (modes L, 1, I, F) come back unchanged.

    Shapes: PIL image → PIL image.
    Errors: ValueError for a factor outside −0.5 … 0.5; NotImplementedError for Tensors.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.adjust_hue.html

    >>> from PIL import Image
    >>> from minitorch.vision.transforms import functional
    >>> functional.adjust_hue(Image.new("RGB", (1, 1), (255, 0, 0)), 0.5).getpixel((0, 0))
    (0, 255, 252)
    """
    if not -0.5 <= hue_factor <= 0.5:
        raise ValueError(f"hue_factor ({hue_factor}) is not in [-0.5, 0.5].")
    pil_only(img, "adjust_hue")
    if img.mode in ("L", "1", "I", "F"):
        return img
    hue, saturation, value = img.convert("HSV").split()
    turned = np.asarray(hue) + np.uint8(int(hue_factor * 255) % 256)  # uint8 wraps around, as hues do
    return pillow().merge("HSV", (from_array(turned), saturation, value)).convert(img.mode)


def adjust_gamma(img: Any, gamma: float, gain: float = 1) -> Any:
    """gain · x^gamma, x counted from 0 to 1: `gamma` > 1 darkens the shadows, < 1 lightens them.

    Shapes: PIL image, or Tensor (…, 1 or 3, H, W) → the same.
    Errors: ValueError for a negative `gamma`; TypeError for what is no image.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.adjust_gamma.html

    >>> import minitorch as torch
    >>> from minitorch.vision.transforms import functional
    >>> functional.adjust_gamma(torch.tensor([[[0.5, 1.0]]]), 2.0)
    tensor([[[0.2500, 1.0000]]])
    """
    tensor = is_tensor(img)
    if gamma < 0:
        raise ValueError("Gamma should be a non-negative real number")
    if not tensor:
        table = [int((256 - 1e-3) * gain * (value / 255) ** gamma) for value in range(256)]
        return img.convert("RGB").point(table * 3).convert(img.mode)
    from .conversion import convert_image_dtype

    require_channels(img, 2)
    x = img if img.is_floating_point() else convert_image_dtype(img)
    return convert_image_dtype((gain * x**gamma).clamp(0, 1), img.dtype)


def adjust_sharpness(img: Any, sharpness_factor: float) -> Any:
    """The PIL image sharpened: 0 is blurred, 1 the image itself, 2 twice as sharp.

    Shapes: PIL image → PIL image.
    Errors: NotImplementedError for Tensors.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.adjust_sharpness.html

    >>> from PIL import Image
    >>> from minitorch.vision.transforms import functional
    >>> functional.adjust_sharpness(Image.new("L", (3, 3), 7), 2.0).getpixel((1, 1))
    7
    """
    pil_only(img, "adjust_sharpness")
    return _enhance(img, "Sharpness", sharpness_factor)


def autocontrast(img: Any) -> Any:
    """The PIL image with each channel stretched to the full range.

    Shapes: PIL image → PIL image.
    Errors: NotImplementedError for Tensors.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.autocontrast.html

    >>> from PIL import Image
    >>> from minitorch.vision.transforms import functional
    >>> functional.autocontrast(Image.frombytes("L", (2, 1), bytes([50, 101]))).tobytes()
    b'\\x00\\xff'
    """
    from PIL import ImageOps

    pil_only(img, "autocontrast")
    return ImageOps.autocontrast(img)


def equalize(img: Any) -> Any:
    """The PIL image with each channel's histogram flattened.

    Shapes: PIL image → PIL image.
    Errors: NotImplementedError for Tensors.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.equalize.html

    >>> from PIL import Image
    >>> from minitorch.vision.transforms import functional
    >>> functional.equalize(Image.new("L", (2, 2), 9)).getpixel((0, 0))
    9
    """
    from PIL import ImageOps

    pil_only(img, "equalize")
    return ImageOps.equalize(img)


def invert(img: Any) -> Any:
    """largest − x, for the largest value that there can be.

    Shapes: PIL image of mode L or RGB, or Tensor (…, 1 or 3, H, W) → the same.
    Errors: TypeError for what is no image, and for another number of channels.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.invert.html

    >>> import minitorch as torch
    >>> from minitorch.vision.transforms import functional
    >>> functional.invert(torch.tensor([[[0, 255, 5]]], dtype=torch.uint8))
    tensor([[[255,   0, 250]]], dtype=torch.uint8)
    """
    if is_tensor(img):
        require_channels(img)
        return max_value(img.dtype) - img
    from PIL import ImageOps

    return ImageOps.invert(img)


def posterize(img: Any, bits: int) -> Any:
    """Only the upper `bits` bits of each value kept.

    Shapes: PIL image of mode L or RGB, or uint8 Tensor (…, 1 or 3, H, W) → the same.
    Errors: TypeError for a Tensor of another dtype, and for what is no image.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.posterize.html

    >>> import minitorch as torch
    >>> from minitorch.vision.transforms import functional
    >>> functional.posterize(torch.tensor([[[200, 100]]], dtype=torch.uint8), 1)
    tensor([[[128,   0]]], dtype=torch.uint8)
    """
    if is_tensor(img):
        require_channels(img)
        if img.dtype.numpy != np.uint8:
            raise TypeError(f"Only torch.uint8 image tensors are supported, but found {img.dtype}")
        return (img // 2 ** (8 - bits)) * 2 ** (8 - bits) if bits else img * 0
    from PIL import ImageOps

    return ImageOps.posterize(img, bits)


def solarize(img: Any, threshold: Any) -> Any:
    """Values from `threshold` on inverted.

    Shapes: PIL image, or Tensor (…, 1 or 3, H, W) → the same.
    Errors: TypeError for a threshold beyond the range, and for what is no image.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.solarize.html

    >>> import minitorch as torch
    >>> from minitorch.vision.transforms import functional
    >>> functional.solarize(torch.tensor([[[10, 200]]], dtype=torch.uint8), 128)
    tensor([[[10, 55]]], dtype=torch.uint8)
    """
    if is_tensor(img):
        require_channels(img)
        if threshold > max_value(img.dtype):
            raise TypeError("Threshold should be less than bound of img.")
        return where(img >= threshold, invert(img), img)
    from PIL import ImageOps

    return ImageOps.solarize(img, threshold)
