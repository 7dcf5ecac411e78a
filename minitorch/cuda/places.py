"""Which GPU is meant, and an error where there is none."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ..device import cupy, current_cuda_index, device, require_cuda


def require() -> ModuleType:
    """CuPy, where there is a GPU; an error that says what is missing elsewhere."""
    require_cuda(device("cuda"))
    return cupy()


def gpu_index(place: Any) -> int:
    """The number of the GPU that `place`, a device, its name, a number or None for the current one, means.

    ValueError for a device that is no GPU; RuntimeError for one that is not there.
    """
    require()
    if place is None:
        return current_cuda_index()
    found = place if isinstance(place, device) else device(place)
    if found.type != "cuda":
        raise ValueError(f"Expected a cuda device, but got: {found}")
    require_cuda(found)
    return current_cuda_index() if found.index is None else found.index
