"""The one door to Pillow: imported when an image passes it, so that everything else needs NumPy alone."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import numpy as np


def pillow() -> ModuleType:
    """The module PIL.Image; ImportError that names the extra where Pillow isn't installed."""
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError(
            'this needs Pillow, which is not installed. Install it with: pip install "minitorch-engine[lessons]"'
        ) from error
    return Image


def is_pil_image(value: Any) -> bool:
    """Whether `value` is a PIL image. Without Pillow imported by anyone, nothing can be one."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(value, module.Image)


def from_array(pixels: np.ndarray) -> Any:
    """A PIL image of uint8 pixels: (H, W) gives mode "L", (H, W, 3) "RGB"; others go to Pillow's `fromarray`."""
    mode = "L" if pixels.ndim == 2 else "RGB" if pixels.shape[2:] == (3,) else None
    if mode is None or pixels.dtype != np.uint8:
        return pillow().fromarray(pixels)
    height, width = pixels.shape[:2]
    return pillow().frombytes(mode, (width, height), pixels.tobytes())  # half the time of `fromarray`
