"""Names for annotations: what PyTorch has in ``torch.types``.

Source: https://github.com/pytorch/pytorch/blob/main/torch/types.py
"""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from .device import device

__all__ = ["Device", "FileLike", "Number"]

Number: TypeAlias = int | float | bool
Device: TypeAlias = "device | str | int | None"
FileLike: TypeAlias = str | os.PathLike[str] | IO[bytes]
