"""Switches of matrix products on NVIDIA's GPUs."""

from __future__ import annotations

from ..cuda import is_available

__all__ = ["is_built", "matmul"]


class _Matmul:
    allow_tf32 = False  # may products be computed with fewer digits


matmul: _Matmul = _Matmul()


def is_built() -> bool:
    """Whether GPUs could be used; here that is whether one can.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/backends.html#torch.backends.cuda.is_built

    >>> import minitorch as torch
    >>> torch.backends.cuda.is_built() == torch.cuda.is_available()
    True
    """
    return is_available()
