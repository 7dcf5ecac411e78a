"""Pictures of batches."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, Any

import numpy as np

from ..files import replacing
from ..from_data import as_tensor
from ..ops import stack
from ..tensor import Tensor
from .imaging import from_array, pillow

__all__ = ["make_grid", "save_image"]


def make_grid(
    tensor: Tensor | list[Tensor],
    nrow: int = 8,
    padding: int = 2,
    normalize: bool = False,
    value_range: tuple[float, float] | None = None,
    scale_each: bool = False,
    pad_value: float = 0.0,
) -> Tensor:
    """One picture of a batch, or of a list of images of equal size, `nrow` in a row.

    Between and around the images lie `padding` pixels of `pad_value`; one grey channel becomes three. `normalize` maps
    `value_range` (by default the smallest to the largest value, of each image with `scale_each`) to 0…1. A single image
    comes back without a border. Gradients aren't recorded.

    Shapes: tensor (N, C, H, W), (C, H, W) or (H, W), or N images (C, H, W) → (3, H', W').
    Errors: TypeError for what is no tensor or list of them, and for a `value_range` that is no pair; RuntimeError for
    images of different sizes, and for none.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.utils.make_grid.html

    >>> import minitorch as torch
    >>> from minitorch.vision import utils
    >>> utils.make_grid(torch.zeros(3, 1, 4, 5), nrow=2).shape
    torch.Size([3, 14, 16])
    """
    if isinstance(tensor, list):
        for image in tensor:
            if not isinstance(image, Tensor):
                raise TypeError(f"tensor or list of tensors expected, got a list containing {type(image)}")
        images = stack([image.detach().cpu() for image in tensor]).numpy()
        device = tensor[0].device
    elif isinstance(tensor, Tensor):
        images, device = tensor.detach().cpu().numpy(), tensor.device
    else:
        raise TypeError(f"tensor or list of tensors expected, got {type(tensor)}")

    if images.ndim == 2:
        images = images[None]
    if images.ndim == 3:
        images = images[None]
    if images.shape[1] == 1:
        images = np.repeat(images, 3, axis=1)
    if normalize:
        if value_range is not None and not isinstance(value_range, tuple):
            raise TypeError("value_range has to be a tuple (min, max) if specified. min and max are numbers")
        parts = list(images) if scale_each else [images]
        images = np.stack([_to_unit_range(part, value_range) for part in parts]).reshape(images.shape)
    n, c, h, w = images.shape
    if n == 1:
        return as_tensor(images[0].copy(), device=device)

    columns = min(nrow, n)
    rows = -(-n // columns)
    step_h, step_w = h + padding, w + padding
    grid = np.full((c, rows * step_h + padding, columns * step_w + padding), pad_value, images.dtype)
    for k in range(n):
        top, left = k // columns * step_h + padding, k % columns * step_w + padding
        grid[:, top : top + h, left : left + w] = images[k]
    return as_tensor(grid, device=device)


def _to_unit_range(x: np.ndarray, value_range: tuple[float, float] | None) -> np.ndarray:
    low, high = (float(x.min()), float(x.max())) if value_range is None else value_range
    x = x.clip(low, high).astype(x.dtype, copy=False) - x.dtype.type(low)
    return x / x.dtype.type(max(high - low, 1e-5))


def save_image(
    tensor: Tensor | list[Tensor], fp: str | Path | IO[bytes], format: str | None = None, **kwargs: Any
) -> None:
    """Write `make_grid(tensor, **kwargs)`, its values counted from 0 to 1, as an image file.

    The format is that of the file name unless `format` says otherwise. The file appears under its name only when it is
    complete.

    Shapes: that of `make_grid`.
    Errors: as for `make_grid`, such as TypeError for what is no tensor; ValueError for an unknown file extension;
    FileNotFoundError, or another OSError, if the file cannot be written.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.utils.save_image.html

    >>> import minitorch as torch, tempfile, os
    >>> from minitorch.vision import utils
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     utils.save_image(torch.rand(4, 3, 8, 8), os.path.join(folder, "batch.png"))
    ...     os.listdir(folder)
    ['batch.png']
    """
    grid = make_grid(tensor, **kwargs).cpu().numpy()
    pixels = (grid * 255 + 0.5).clip(0, 255).transpose(1, 2, 0).astype(np.uint8)
    image = from_array(pixels)
    if not isinstance(fp, str | os.PathLike):
        image.save(fp, format=format)
        return
    if format is None:
        suffix = os.path.splitext(fp)[1].lower()
        known = pillow().registered_extensions()
        if suffix not in known:
            raise ValueError(f"unknown file extension: {suffix}")
        format = known[suffix]
    with replacing(fp) as file:
        image.save(file, format=format)
