"""Moving pixels: crops, flips, padding, resizing, rotation. PIL images go through Pillow, Tensors through indexing."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from numbers import Number
from typing import Any

import numpy as np

from ....from_data import as_tensor
from ....tensor import Tensor
from ...imaging import pillow
from .common import PIL_NUMBER, InterpolationMode, as_mode, get_dimensions, is_tensor, pil_only

PADDING_MODES = ("constant", "edge", "reflect", "symmetric")


def pair(size: Any, error: str) -> tuple[int, int]:
    """(h, w) from an int, (s,) or (h, w); ValueError(error) for more."""
    if isinstance(size, Number):
        return int(size), int(size)  # type: ignore[call-overload]  # no Number of Python's is without __int__
    if len(size) == 1:
        return size[0], size[0]
    if len(size) != 2:
        raise ValueError(error)
    return size


def hflip(img: Any) -> Any:
    """The image mirrored left to right.

    Shapes: PIL image, or Tensor (…, H, W) → the same.
    Errors: TypeError for what is no image.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.hflip.html

    >>> import minitorch as torch
    >>> from minitorch.vision.transforms import functional
    >>> functional.hflip(torch.tensor([[1, 2, 3]]))
    tensor([[3, 2, 1]])
    """
    return img.flip(-1) if is_tensor(img) else img.transpose(pillow().Transpose.FLIP_LEFT_RIGHT)


def vflip(img: Any) -> Any:
    """The image mirrored top to bottom.

    Shapes: PIL image, or Tensor (…, H, W) → the same.
    Errors: TypeError for what is no image.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.vflip.html

    >>> import minitorch as torch
    >>> from minitorch.vision.transforms import functional
    >>> functional.vflip(torch.tensor([[1], [2]]))
    tensor([[2],
            [1]])
    """
    return img.flip(-2) if is_tensor(img) else img.transpose(pillow().Transpose.FLIP_TOP_BOTTOM)


def crop(img: Any, top: int, left: int, height: int, width: int) -> Any:
    """The rectangle of `height` × `width` pixels from (`top`, `left`); what lies outside the image is 0.

    Shapes: PIL image, or Tensor (…, H, W) → (…, height, width).
    Errors: TypeError for what is no image.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.crop.html

    >>> import minitorch as torch
    >>> from minitorch.vision.transforms import functional
    >>> functional.crop(torch.arange(6).reshape(2, 3), 1, 1, 2, 2)
    tensor([[4, 5],
            [0, 0]])
    """
    bottom, right = top + height, left + width
    if not is_tensor(img):
        return img.crop((left, top, right, bottom))
    _, h, w = get_dimensions(img)
    inside = img[..., max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    if left >= 0 and top >= 0 and right <= w and bottom <= h:
        return inside
    kept_h, kept_w = inside.shape[-2:]
    before_h, before_w = min(max(-top, 0), height - kept_h), min(max(-left, 0), width - kept_w)
    return pad(inside, [before_w, before_h, width - kept_w - before_w, height - kept_h - before_h])


def center_crop(img: Any, output_size: int | Sequence[int]) -> Any:
    """The middle (h, w) of the image, padded with 0 where it is smaller; an odd pixel goes to the right and the bottom.

    Shapes: PIL image, or Tensor (…, H, W) → (…, h, w).
    Errors: ValueError for a size of more than two numbers; TypeError for what is no image.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.center_crop.html

    >>> import minitorch as torch
    >>> from minitorch.vision.transforms import functional
    >>> functional.center_crop(torch.arange(16).reshape(4, 4), 2)
    tensor([[ 5,  6],
            [ 9, 10]])
    """
    height, width = pair(output_size, "Please provide only two dimensions (h, w) for size.")
    _, h, w = get_dimensions(img)
    if width > w or height > h:
        missing_w, missing_h = max(width - w, 0), max(height - h, 0)
        img = pad(img, [missing_w // 2, missing_h // 2, (missing_w + 1) // 2, (missing_h + 1) // 2])
        _, h, w = get_dimensions(img)
        if (height, width) == (h, w):
            return img
    return crop(img, round((h - height) / 2), round((w - width) / 2), height, width)


def five_crop(img: Any, size: int | Sequence[int]) -> tuple[Any, ...]:
    """The four corners and the middle, each (h, w): top left, top right, bottom left, bottom right, centre.

    Shapes: PIL image, or Tensor (…, H, W) → five of (…, h, w).
    Errors: ValueError if the image is smaller, and for a size of more than two numbers.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.five_crop.html

    >>> import minitorch as torch
    >>> from minitorch.vision.transforms import functional
    >>> [int(t) for t in functional.five_crop(torch.arange(9).reshape(3, 3), 1)]
    [0, 2, 6, 8, 4]
    """
    height, width = size = pair(size, "Please provide only two dimensions (h, w) for size.")
    _, h, w = get_dimensions(img)
    if width > w or height > h:
        raise ValueError(f"Requested crop size {size} is bigger than input size {(h, w)}")
    corners = [crop(img, top, left, height, width) for top in (0, h - height) for left in (0, w - width)]
    return (*corners, center_crop(img, size))


def ten_crop(img: Any, size: int | Sequence[int], vertical_flip: bool = False) -> tuple[Any, ...]:
    """`five_crop` of the image, then of its mirror image (left to right, or top to bottom with `vertical_flip`).

    Shapes: PIL image, or Tensor (…, H, W) → ten of (…, h, w).
    Errors: ValueError if the image is smaller, and for a size of more than two numbers.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.ten_crop.html

    >>> import minitorch as torch
    >>> from minitorch.vision.transforms import functional
    >>> [int(t) for t in functional.ten_crop(torch.arange(9).reshape(3, 3), 1)]
    [0, 2, 6, 8, 4, 2, 0, 8, 6, 4]
    """
    return five_crop(img, size) + five_crop(vflip(img) if vertical_flip else hflip(img), size)


def pad(img: Any, padding: int | Sequence[int], fill: Any = 0, padding_mode: str = "constant") -> Any:
    """The image with a border: `padding` is one width, (left/right, top/bottom) or (left, top, right, bottom).

    `padding_mode` "constant" paints it with `fill` (for PIL images also one value per channel), "edge" repeats the
    outermost pixel, "reflect" mirrors without it ([1, 2, 3] → [2, 1, 2, 3, 2]), "symmetric" with it ([1, 1, 2, 3, 3]).
    Negative widths cut off.

    Shapes: PIL image, or Tensor (…, H, W) → (…, top + H + bottom, left + W + right).
    Errors: TypeError for a `padding` that is no number or sequence, and for what is no image; ValueError for three
    numbers, and for an unknown mode; RuntimeError for mirroring more than there is of a Tensor.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.pad.html

    >>> import minitorch as torch
    >>> from minitorch.vision.transforms import functional
    >>> functional.pad(torch.tensor([[1, 2, 3]]), (1, 0), padding_mode="reflect")
    tensor([[2, 1, 2, 3, 2]])
    """
    tensor = is_tensor(img)
    if not isinstance(padding, int | tuple | list):
        raise TypeError("Got inappropriate padding arg")
    numbers = (int, float) if tensor else (int, float, tuple, list)
    if fill is not None and not isinstance(fill, numbers):
        raise TypeError("Got inappropriate fill arg")
    if not isinstance(padding_mode, str):
        raise TypeError("Got inappropriate padding_mode arg")
    if padding_mode not in PADDING_MODES:
        raise ValueError("Padding mode should be either constant, edge, reflect or symmetric")
    sides = [padding] if isinstance(padding, int) else list(padding)
    if len(sides) not in (1, 2, 4):
        raise ValueError(f"Padding must be an int or a 1, 2, or 4 element tuple, not a {len(sides)} element tuple")
    left, top, right, bottom = sides * (4 // len(sides))

    if tensor:
        return _pad_tensor(img, left, top, right, bottom, fill or 0, padding_mode)
    if padding_mode == "constant":
        from PIL import ImageOps

        padded = ImageOps.expand(img, (left, top, right, bottom), **_fill_color(fill, img, "fill"))
    else:
        array = np.asarray(img)
        kept = array[max(-top, 0) : img.height + min(bottom, 0), max(-left, 0) : img.width + min(right, 0)]
        border = [(max(top, 0), max(bottom, 0)), (max(left, 0), max(right, 0))] + [(0, 0)] * (array.ndim - 2)
        padded = pillow().fromarray(np.pad(kept, border, mode=padding_mode))  # type: ignore[call-overload]  # one of PADDING_MODES
    if img.mode == "P":
        padded.putpalette(img.getpalette())
    return padded


def _pad_tensor(img: Tensor, left: int, top: int, right: int, bottom: int, fill: Any, mode: str) -> Tensor:
    _, h, w = get_dimensions(img)
    kept = img[..., max(-top, 0) : h + min(bottom, 0), max(-left, 0) : w + min(right, 0)]
    h, w = kept.shape[-2:]
    left, top, right, bottom = (max(side, 0) for side in (left, top, right, bottom))
    if mode == "constant":
        out = img.new_full((*img.shape[:-2], top + h + bottom, left + w + right), fill)
        out[..., top : top + h, left : left + w] = kept
        return out
    rows, columns = _border_source(h, top, bottom, mode), _border_source(w, left, right, mode)
    return kept[..., as_tensor(rows[:, None], device=img.device), as_tensor(columns, device=img.device)]


def _border_source(size: int, before: int, after: int, mode: str) -> np.ndarray:
    """For each position along a padded axis, the position its pixel is taken from."""
    limit = {"edge": math.inf if size else 0, "reflect": size - 1, "symmetric": size}[mode]
    if max(before, after) > limit:
        raise RuntimeError(
            f"Padding size should be less than the corresponding input dimension, but got: {mode} padding "
            f"({before}, {after}) of {size} pixels"
        )
    position = np.arange(-before, size + after)
    if mode == "edge":
        return position.clip(0, size - 1)
    if mode == "reflect":
        return (size - 1) - abs((size - 1) - abs(position))
    return np.where(position < 0, -1 - position, np.where(position < size, position, 2 * size - 1 - position))


def _fill_color(fill: Any, img: Any, name: str = "fillcolor") -> dict[str, Any]:
    """`fill` as Pillow's argument: one number for one channel, else a tuple with one number per channel."""
    channels = len(img.getbands())
    fill = 0 if fill is None else fill
    if isinstance(fill, int | float):
        fill = fill if channels == 1 else (fill,) * channels
    else:
        if len(fill) not in (1, channels):
            raise ValueError(
                "The number of elements in 'fill' does not match the number of channels of the image "
                f"({len(fill)} != {channels})"
            )
        fill = tuple(fill) * (channels // len(fill))
    if img.mode != "F":
        fill = tuple(int(value) for value in fill) if isinstance(fill, tuple) else int(fill)
    return {name: fill}


def resize(
    img: Any,
    size: int | Sequence[int],
    interpolation: InterpolationMode | int = InterpolationMode.BILINEAR,
    max_size: int | None = None,
    antialias: bool | None = True,
) -> Any:
    """The image in another size: (h, w), or an int (or one-element sequence) for the shorter edge, keeping the
    proportions.

    `max_size` bounds the longer edge then. On Tensors NEAREST, NEAREST_EXACT, BILINEAR and BICUBIC are available, and
    `antialias` widens the two latter's filters when shrinking, as Pillow always does.

    Shapes: PIL image, or Tensor (…, C, H, W) → (…, C, h, w).
    Errors: ValueError for more than two numbers, and for a `max_size` that does not fit; TypeError for an unknown
    interpolation, and for what is no image; NotImplementedError for another interpolation of a Tensor.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.resize.html; filters as
    in Keys (1981), "Cubic convolution interpolation".

    >>> import minitorch as torch
    >>> from minitorch.vision.transforms import functional
    >>> functional.resize(torch.arange(4.0).reshape(1, 1, 4), (1, 2)).squeeze()
    tensor([0.7143, 2.2857])
    """
    interpolation = as_mode(interpolation)
    sizes = [size] if isinstance(size, int) else list(size)
    if len(sizes) not in (1, 2):
        raise ValueError(f"Size must be an int or a 1 or 2 element tuple/list, not a {len(sizes)} element tuple/list")
    if max_size is not None and len(sizes) != 1:
        raise ValueError(
            "max_size should only be passed if size specifies the length of the smaller edge, "
            "i.e. size should be an int or a sequence of length 1 in torchscript mode."
        )
    _, h, w = get_dimensions(img)
    if len(sizes) == 1:
        sizes = _proportional(h, w, sizes[0], max_size)
    if sizes == [h, w]:
        return img
    if is_tensor(img):
        return _resize_tensor(img, sizes, interpolation, bool(antialias))
    if antialias is False:
        warnings.warn(
            "Anti-alias option is always applied for PIL Image input. Argument antialias is ignored.", stacklevel=2
        )
    return img.resize((sizes[1], sizes[0]), PIL_NUMBER[interpolation])


def _proportional(h: int, w: int, shorter: int, max_size: int | None) -> list[int]:
    """[height, width] with the shorter edge `shorter` and the longer at most `max_size`."""
    longer = int(shorter * max(h, w) / min(h, w))
    if max_size is not None:
        if max_size <= shorter:
            raise ValueError(
                f"max_size = {max_size} must be strictly greater than the requested size for the smaller edge "
                f"size = {shorter}"
            )
        if longer > max_size:
            shorter, longer = int(max_size * shorter / longer), max_size
    return [longer, shorter] if w <= h else [shorter, longer]


def _resize_tensor(img: Tensor, size: list[int], mode: InterpolationMode, antialias: bool) -> Tensor:
    """Resizing is linear along each axis: out = R_h · img · R_wᵀ, R holding each output pixel's weights in a row."""
    if mode in (InterpolationMode.NEAREST, InterpolationMode.NEAREST_EXACT):
        rows, columns = (
            as_tensor(_nearest(n, m, mode), device=img.device) for n, m in zip(img.shape[-2:], size, strict=True)
        )
        return img[..., rows[:, None], columns]
    if mode not in (InterpolationMode.BILINEAR, InterpolationMode.BICUBIC):
        raise NotImplementedError(f"resize of Tensors by {mode}; use a PIL image, or NEAREST, BILINEAR or BICUBIC")
    floating = img.is_floating_point()
    x = img if floating else img.float()
    rows, columns = (
        as_tensor(_weights(n, m, mode, antialias).astype(x.dtype.numpy), device=img.device)
        for n, m in zip(img.shape[-2:], size, strict=True)
    )
    out = rows @ x @ columns.T  # (H', H) (…, H, W) (W, W') → (…, H', W')
    if floating:
        return out
    if mode is InterpolationMode.BICUBIC and img.dtype.numpy == np.uint8:
        out = out.clamp(0, 255)
    return out.round().to(img.dtype)


def _nearest(n: int, m: int, mode: InterpolationMode) -> np.ndarray:
    """For each of m output pixels, the nearest of n input pixels; in float32, as PyTorch computes it."""
    offset = np.float32(0.5 if mode is InterpolationMode.NEAREST_EXACT else 0.0)
    position = (np.arange(m, dtype=np.float32) + offset) * (np.float32(n) / np.float32(m))
    return position.astype(np.int64).clip(0, n - 1)


def _weights(n: int, m: int, mode: InterpolationMode, antialias: bool) -> np.ndarray:
    """The (m, n) matrix that resizes an axis from n to m pixels."""
    scale = n / m
    cubic = mode is InterpolationMode.BICUBIC
    stretch = max(scale, 1.0) if antialias else 1.0  # shrinking: the filter covers what falls into one output pixel
    center = (np.arange(m)[:, None] + 0.5) * scale - 0.5
    reach = math.ceil((2 if cubic else 1) * stretch) + 1
    taps = np.floor(center).astype(int) + np.arange(-reach, reach + 1)
    distance = abs(taps - center) / stretch
    if not cubic:
        weight = np.maximum(1 - distance, 0)
    else:
        a = -0.5 if antialias else -0.75
        near = ((a + 2) * distance - (a + 3)) * distance**2 + 1
        far = ((distance - 5) * distance + 8) * distance * a - 4 * a
        weight = np.where(distance < 1, near, np.where(distance < 2, far, 0))
    if antialias:  # pixels outside the image don't count; otherwise the outermost pixel stands for them
        weight = np.where((taps >= 0) & (taps < n), weight, 0)
        weight /= weight.sum(1, keepdims=True)
    matrix = np.zeros((m, n))
    np.add.at(matrix, (np.arange(m)[:, None], taps.clip(0, n - 1)), weight)
    return matrix


def resized_crop(
    img: Any,
    top: int,
    left: int,
    height: int,
    width: int,
    size: int | Sequence[int],
    interpolation: InterpolationMode | int = InterpolationMode.BILINEAR,
    antialias: bool | None = True,
) -> Any:
    """`crop`, then `resize`.

    Shapes: PIL image, or Tensor (…, C, H, W) → (…, C, h, w).
    Errors: ValueError for more than two numbers; TypeError for what is no image.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.resized_crop.html

    >>> import minitorch as torch
    >>> from minitorch.vision.transforms import functional
    >>> functional.resized_crop(torch.eye(4)[None], 0, 0, 2, 2, (3, 3)).shape
    torch.Size([1, 3, 3])
    """
    return resize(crop(img, top, left, height, width), size, interpolation, antialias=antialias)


def rotate(
    img: Any,
    angle: float,
    interpolation: InterpolationMode | int = InterpolationMode.NEAREST,
    expand: bool = False,
    center: Sequence[float] | None = None,
    fill: Any = None,
) -> Any:
    """The PIL image turned by `angle` degrees counter-clockwise about `center` (x, y), by default the middle.

    `expand` enlarges the result to hold all of it; `fill` paints what comes in from outside.

    Shapes: PIL image → PIL image.
    Errors: NotImplementedError for Tensors; TypeError for an angle that is no number and a `center` that is no
    sequence.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.rotate.html

    >>> from PIL import Image
    >>> from minitorch.vision.transforms import functional
    >>> functional.rotate(Image.new("L", (4, 2)), 90, expand=True).size
    (2, 4)
    """
    interpolation = as_mode(interpolation)
    if not isinstance(angle, int | float):
        raise TypeError("Argument angle should be int or float")
    if center is not None and not isinstance(center, list | tuple):
        raise TypeError("Argument center should be a sequence")
    pil_only(img, "rotate")
    return img.rotate(angle, PIL_NUMBER[interpolation], expand, center, **_fill_color(fill, img))


def affine(
    img: Any,
    angle: float,
    translate: Sequence[float],
    scale: float,
    shear: float | Sequence[float],
    interpolation: InterpolationMode | int = InterpolationMode.NEAREST,
    fill: Any = None,
    center: Sequence[float] | None = None,
) -> Any:
    """The PIL image sheared, scaled, turned by `angle` degrees clockwise about `center` and moved by `translate` (x,
    y).

    `shear` holds the angles in degrees along x and y.

    Shapes: PIL image → PIL image.
    Errors: NotImplementedError for Tensors; TypeError for what is no number or sequence; ValueError for another number
    of numbers, and for a `scale` of 0 or less.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.affine.html

    >>> from PIL import Image
    >>> from minitorch.vision.transforms import functional
    >>> image = Image.frombytes("L", (3, 1), bytes([1, 2, 3]))
    >>> functional.affine(image, 0, (1, 0), 1.0, 0).tobytes()
    b'\\x00\\x01\\x02'
    """
    interpolation = as_mode(interpolation)
    if not isinstance(angle, int | float):
        raise TypeError("Argument angle should be int or float")
    if not isinstance(translate, list | tuple):
        raise TypeError("Argument translate should be a sequence")
    if len(translate) != 2:
        raise ValueError("Argument translate should be a sequence of length 2")
    if scale <= 0:
        raise ValueError("Argument scale should be positive")
    if not isinstance(shear, Number | list | tuple):
        raise TypeError("Shear should be either a single value or a sequence of two values")
    angles: Any = shear
    shear = [angles, 0.0] if isinstance(shear, Number) else list(angles) * (2 if len(shear) == 1 else 1)
    if len(shear) != 2:
        raise ValueError(f"Shear should be a sequence containing two values. Got {shear}")
    if center is not None and not isinstance(center, list | tuple):
        raise TypeError("Argument center should be a sequence")
    pil_only(img, "affine")
    if center is None:
        center = (img.width * 0.5, img.height * 0.5)
    matrix = _inverse_affine(center, angle, translate, scale, shear)
    return img.transform(
        img.size, pillow().Transform.AFFINE, matrix, PIL_NUMBER[interpolation], **_fill_color(fill, img)
    )


def _inverse_affine(
    center: Sequence[float], angle: float, translate: Sequence[float], scale: float, shear: Sequence[float]
) -> list[float]:
    """Where an output pixel comes from, as [a, b, c, d, e, f]: x = a·x' + b·y' + c, y = d·x' + e·y' + f.

    Forward, p' = center + translate + scale · R · (p − center); R shears along y, then x, then turns. As det R = 1,
    the inverse of R is [[d, −b], [−c, a]].
    """
    turn, shear_x, shear_y = math.radians(angle), math.radians(shear[0]), math.radians(shear[1])
    a = math.cos(turn - shear_y) / math.cos(shear_y)
    b = -math.cos(turn - shear_y) * math.tan(shear_x) / math.cos(shear_y) - math.sin(turn)
    c = math.sin(turn - shear_y) / math.cos(shear_y)
    d = -math.sin(turn - shear_y) * math.tan(shear_x) / math.cos(shear_y) + math.cos(turn)
    (xx, xy), (yx, yy) = (d / scale, -b / scale), (-c / scale, a / scale)
    dx, dy = -center[0] - translate[0], -center[1] - translate[1]
    return [xx, xy, xx * dx + xy * dy + center[0], yx, yy, yx * dx + yy * dy + center[1]]
