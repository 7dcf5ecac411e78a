"""Between PIL images, NumPy arrays and Tensors; scaling of values. Every sample passes `to_tensor` and `normalize`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from ....dtype import dtype as Dtype
from ....dtype import float32, from_numpy_dtype, get_default_dtype
from ....from_data import as_tensor, from_numpy
from ....tensor import Tensor, wrap
from ...imaging import is_pil_image, pillow
from .common import max_value

_INT16_MODE = "I;16" if sys.byteorder == "little" else "I;16B"
_PIL_FORMATS = {"I": np.int32, _INT16_MODE: np.int16, "F": np.float32}
_MODES = {  # channels: the modes an array may become, the first being the default for uint8
    2: ("LA",),
    3: ("RGB", "YCbCr", "HSV"),
    4: ("RGBA", "CMYK", "RGBX"),
}


def to_tensor(pic: Any) -> Tensor:
    """A PIL image or an array as a Tensor; uint8 values 0…255 become x / 255 in the default dtype.

    Arrays of other dtypes, and images of modes I, I;16 and F, keep dtype and values; mode 1 becomes 0.0 and 1.0.

    Shapes: PIL image, or array (H, W) or (H, W, C) → (C, H, W).
    Errors: TypeError for another type; ValueError for another rank.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.to_tensor.html

    >>> import numpy as np
    >>> from minitorch.vision.transforms import functional
    >>> functional.to_tensor(np.array([[[0, 51, 255]]], np.uint8)).flatten()
    tensor([0.0000, 0.2000, 1.0000])
    """
    if isinstance(pic, np.ndarray):
        if pic.ndim not in (2, 3):
            raise ValueError(f"pic should be 2/3 dimensional. Got {pic.ndim} dimensions.")
        pixels = pic[None] if pic.ndim == 2 else pic.transpose(2, 0, 1)
    elif is_pil_image(pic):
        if pic.mode in ("RGB", "L"):  # half the time of np.array
            values = np.frombuffer(pic.tobytes(), np.uint8)
        else:
            values = np.array(pic, _PIL_FORMATS.get(pic.mode, np.uint8))
        pixels = _pixels(pic, values * np.uint8(255) if pic.mode == "1" else values)
    else:
        raise TypeError(f"pic should be PIL Image or ndarray. Got {type(pic)}")
    if pixels.dtype != np.uint8:
        return from_numpy(np.ascontiguousarray(pixels))
    return scaled(pixels)


def scaled(pixels: np.ndarray) -> Tensor:
    """uint8 pixels / 255 in the default dtype, laid out in memory in the order of their dimensions."""
    number = get_default_dtype().numpy.type
    return wrap(np.divide(pixels, number(255), dtype=number, order="C"))


def _pixels(pic: Any, values: np.ndarray) -> np.ndarray:
    """(H, W) or (H, W, C) as a view (C, H, W)."""
    width, height = pic.size
    return values.reshape(height, width, len(pic.getbands())).transpose(2, 0, 1)


def pil_to_tensor(pic: Any) -> Tensor:
    """A PIL image as a Tensor of the same values and dtype, copied.

    Shapes: PIL image → (C, H, W).
    Errors: TypeError for anything else.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.pil_to_tensor.html

    >>> from PIL import Image
    >>> from minitorch.vision.transforms import functional
    >>> functional.pil_to_tensor(Image.new("RGB", (5, 4))).shape
    torch.Size([3, 4, 5])
    """
    if not is_pil_image(pic):
        raise TypeError(f"pic should be PIL Image. Got {type(pic)}")
    return from_numpy(_pixels(pic, np.array(pic)))


def to_pil_image(pic: Any, mode: str | None = None) -> Any:
    """A Tensor or an array as a PIL image.

    Floating values count from 0 to 1 and become int(255·x), unless `mode` is "F". Without `mode`: L, LA, RGB or RGBA
    for 1 to 4 channels of uint8; I;16, I or F for one channel of int16, int32 or float32.

    Shapes: Tensor (C, H, W) or (H, W), or array (H, W, C) or (H, W) → PIL image.
    Errors: TypeError for another type or dtype; ValueError for another rank, more than 4 channels, and a `mode` that
    does not fit.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.to_pil_image.html

    >>> import minitorch as torch
    >>> from minitorch.vision.transforms import functional
    >>> functional.to_pil_image(torch.full((3, 2, 2), 0.5)).getpixel((0, 0))
    (127, 127, 127)
    """
    if isinstance(pic, Tensor):
        values = pic.detach().cpu().numpy()
        values = values.transpose(1, 2, 0) if values.ndim == 3 else values
    elif isinstance(pic, np.ndarray):
        values = pic
    else:
        raise TypeError(f"pic should be Tensor or ndarray. Got {type(pic)}.")
    if values.ndim == 2:
        values = values[:, :, None]
    if values.ndim != 3:
        raise ValueError(f"pic should be 2/3 dimensional. Got {values.ndim} dimensions.")
    height, width, channels = values.shape
    if channels > 4:
        raise ValueError(f"pic should not have > 4 channels. Got {channels} channels.")
    if values.dtype.kind == "f" and mode != "F":
        values = (values * 255).astype(np.uint8)

    if channels == 1:
        formats = {np.uint8: "L", np.int16: _INT16_MODE, np.int32: "I", np.float32: "F"}
        fitting = formats.get(values.dtype.type)
        if mode is not None and mode != fitting:
            raise ValueError(f"Incorrect mode ({mode}) supplied for input type {values.dtype}. Should be {fitting}")
        mode = fitting
    elif mode is None:
        mode = _MODES[channels][0] if values.dtype == np.uint8 else None
    elif mode not in _MODES[channels]:
        raise ValueError(f"Only modes {list(_MODES[channels])} are supported for {channels} channels, not {mode}")
    if mode is None:
        raise TypeError(f"Input type {values.dtype} is not supported")
    return pillow().frombytes(mode, (width, height), values.tobytes())


def convert_image_dtype(image: Tensor, dtype: Dtype = float32) -> Tensor:
    """The image in another dtype, its values scaled: 0…1 for floating dtypes, 0…largest for integers.

    float → integer: int((largest + 0.999)·x), so that each integer gets an equal share of 0…1. integer → float: x /
    largest. integer → integer: divided, rounding down, or multiplied by the ratio of the ranges.

    Shapes: image of any shape → the same.
    Errors: TypeError for what is no Tensor; RuntimeError for float32 → int32 or int64 and float64 → int64, whose large
    integers floats cannot hold.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.convert_image_dtype.html

    >>> import minitorch as torch
    >>> from minitorch.vision.transforms import functional
    >>> functional.convert_image_dtype(torch.tensor([0.0, 0.5, 1.0]), torch.uint8)
    tensor([  0, 127, 255], dtype=torch.uint8)
    """
    if not isinstance(image, Tensor):
        raise TypeError("Input img should be Tensor Image")
    source = image.dtype
    if source is dtype:
        return image
    if source.is_floating_point:
        if dtype.is_floating_point:
            return image.to(dtype)
        if dtype.itemsize >= 4 and dtype.itemsize >= source.itemsize:
            raise RuntimeError(f"The cast from {source} to {dtype} cannot be performed safely.")
        return (image * (max_value(dtype) + 1.0 - 1e-3)).to(dtype)
    if dtype.is_floating_point:
        return image.to(dtype) / float(max_value(source))
    ratio = (max_value(dtype) + 1) / (max_value(source) + 1)
    return (image // int(1 / ratio)).to(dtype) if ratio < 1 else image.to(dtype) * int(ratio)


def _column(values: Any, number: type) -> np.ndarray:
    """Values per channel, shaped to broadcast over (C, H, W)."""
    array = values.detach().cpu().numpy() if isinstance(values, Tensor) else np.asarray(values)
    array = array.astype(number)
    return array.reshape(-1, 1, 1) if array.ndim < 2 else array


def _check_statistics(mean: np.ndarray, std: np.ndarray, channels: int) -> None:
    if not std.all():
        where = from_numpy_dtype(std.dtype)
        raise ValueError(f"std evaluated to zero after conversion to {where}, leading to division by zero.")
    for name, values in (("mean", mean), ("std", std)):
        given = values.shape[-3] if values.ndim > 2 else 1
        if given not in (1, channels):
            raise RuntimeError(
                f"normalize: {name} has {given} values, but the image has {channels} channel(s); give one each"
            )


@lru_cache(maxsize=64)
def _columns(
    mean: tuple[float, ...], std: tuple[float, ...], number: type, channels: int
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and std as checked columns; kept, because every sample asks for the same ones."""
    columns = _column(mean, number), _column(std, number)
    _check_statistics(*columns, channels)
    # One number for all channels is applied three times as fast as an equal one for each, with the same result.
    # A tuple of two.
    return tuple([c.reshape(-1)[:1].reshape(()) if (c == c.flat[0]).all() else c for c in columns])  # type: ignore[return-value]


def normalize(tensor: Tensor, mean: Sequence[float], std: Sequence[float], inplace: bool = False) -> Tensor:
    """(x − mean) / std per channel; `mean` and `std` hold a value for each channel, or one for all.

    Shapes: floating Tensor (…, C, H, W), `mean` and `std` of C values or one → the same.
    Errors: TypeError for another type or dtype; ValueError for fewer than 3 dimensions or a std of 0; RuntimeError for
    another number of channels.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.normalize.html

    >>> import minitorch as torch
    >>> from minitorch.vision.transforms import functional
    >>> functional.normalize(torch.tensor([[[0.0, 0.5, 1.0]]]), (0.5,), (0.5,))
    tensor([[[-1.,  0.,  1.]]])
    """
    if not isinstance(tensor, Tensor):
        raise TypeError(f"img should be Tensor Image. Got {type(tensor)}")
    array = tensor._array
    if array.dtype.kind != "f":
        raise TypeError(f"Input tensor should be a float tensor. Got {tensor.dtype}.")
    if array.ndim < 3:
        raise ValueError(
            f"Expected tensor to be a tensor image of size (..., C, H, W). Got tensor.size() = {tensor.shape}"
        )
    number, channels = array.dtype.type, array.shape[-3]
    if isinstance(mean, list | tuple) and isinstance(std, list | tuple):
        m, s = _columns(tuple(map(float, mean)), tuple(map(float, std)), number, channels)
    else:
        m, s = _column(mean, number), _column(std, number)
        _check_statistics(m, s, channels)
    if inplace or tensor.requires_grad or type(array) is not np.ndarray:
        center, scale = as_tensor(m, device=tensor.device), as_tensor(s, device=tensor.device)
        return tensor.sub_(center).div_(scale) if inplace else (tensor - center) / scale
    out = array - m
    out /= s
    return wrap(out)


def erase(img: Tensor, i: int, j: int, h: int, w: int, v: Tensor, inplace: bool = False) -> Tensor:
    """The Tensor image with the rectangle of `h` rows from `i` and `w` columns from `j` set to `v`.

    Shapes: Tensor (…, C, H, W), `v` of what broadcasts to (…, C, h, w) → the same.
    Errors: TypeError for what is no Tensor; RuntimeError for a `v` that does not broadcast.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.erase.html

    >>> import minitorch as torch
    >>> from minitorch.vision.transforms import functional
    >>> functional.erase(torch.ones(1, 2, 3), 0, 1, 1, 2, torch.tensor(0.0))
    tensor([[[1., 0., 0.],
             [1., 1., 1.]]])
    """
    if not isinstance(img, Tensor):
        raise TypeError(f"img should be Tensor Image. Got {type(img)}")
    if not inplace:
        img = img.clone()
    img[..., i : i + h, j : j + w] = v
    return img
