"""Things around training: `minitorch.utils.data` loads data, `minitorch.utils.checkpoint` saves memory,
`minitorch.utils.dlpack` shares arrays with other libraries."""

from . import checkpoint, data, dlpack

__all__ = ["checkpoint", "data", "dlpack"]
