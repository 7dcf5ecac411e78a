"""Things around training: `minitorch.utils.data` loads data, `minitorch.utils.checkpoint` saves memory."""

from . import checkpoint, data

__all__ = ["checkpoint", "data"]
