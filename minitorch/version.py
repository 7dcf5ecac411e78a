"""The version under the name by which scripts print PyTorch's: ``torch.version``.

>>> import minitorch as torch
>>> torch.version.__version__ == torch.__version__, torch.version.cuda
(True, None)
"""

from __future__ import annotations

__all__ = ["__version__", "cuda", "debug", "git_version", "hip", "xpu"]

__version__ = "0.1.0"
cuda: str | None = None  # CUDA comes with CuPy, and is not built in
debug = False
git_version: str | None = None
hip: str | None = None
xpu: str | None = None
