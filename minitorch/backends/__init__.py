"""The switches of PyTorch's backends, for scripts that set them.

Most of them permit or forbid a faster way to the same numbers, which minitorch does not have: it always computes in
full precision. So they can be set and read, and change nothing.

Source: https://docs.pytorch.org/docs/stable/backends.html

>>> import minitorch as torch
>>> torch.backends.cudnn.benchmark = False
>>> torch.backends.cudnn.deterministic = True
>>> torch.backends.mps.is_available()
False
"""

from . import cuda, cudnn, mps

__all__ = ["cuda", "cudnn", "mps"]
