"""DataParallel, for scripts that wrap their network in it: here a network runs on one device.

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.DataParallel.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ... import cuda
from ..modules.module import Module

__all__ = ["DataParallel"]


class DataParallel(Module):
    """`module` under the name ``module``, called as it is: what PyTorch does on the CPU, and with a single GPU.

    So the keys of its state dict begin with ``module.``.

    Shapes: those of `module`.
    Errors: NotImplementedError where batches would have to be divided among several GPUs: name one in `device_ids`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.DataParallel.html

    >>> import minitorch as torch
    >>> list(torch.nn.DataParallel(torch.nn.Linear(2, 1)).state_dict())
    ['module.weight', 'module.bias']
    """

    def __init__(
        self, module: Module, device_ids: Sequence[Any] | None = None, output_device: Any = None, dim: int = 0
    ) -> None:
        super().__init__()
        count = cuda.device_count()
        if count > 1 and (device_ids is None or len(device_ids) > 1):
            raise NotImplementedError("DataParallel on several GPUs is not supported: name one in device_ids")
        self.dim = dim
        self.module = module
        self.device_ids: list[int] = list(device_ids or range(count)) if count else []
        if count:
            self.output_device: Any = self.device_ids[0] if output_device is None else output_device

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        """The module's own forward."""
        return self.module(*inputs, **kwargs)
