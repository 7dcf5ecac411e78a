"""Things around training; `minitorch.utils.data` loads data."""

from . import data

__all__ = ["data"]
