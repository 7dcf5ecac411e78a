"""What PyTorch must be told on a GPU, so that a run of it there can be held against one of minitorch.

Two things keep the same seed from giving the same training. PyTorch's convolutions round float32 to 11 bits on recent
cards (TF32). And PyTorch draws dropout's masks with the GPU's own generator, whose numbers are other ones than the
CPU's, while minitorch draws them on the CPU for every device. Nothing here changes PyTorch's results on the CPU.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

DROPOUTS = ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout")


def full_precision(torch: ModuleType) -> None:
    """float32 products and convolutions with all their 24 bits, on either engine."""
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False


@contextlib.contextmanager
def cpu_masks(torch: ModuleType) -> Iterator[None]:
    """Inside, PyTorch's dropout functions, and so the layers, draw on the CPU for tensors of other devices, too.

    They compute there and the result goes back, which is slow and takes the same numbers from the same stream as a run
    on the CPU. Dropout inside of a fused function (recurrent layers, attention) is not reached. minitorch draws there
    anyway: nothing is done for it.
    """
    if torch.__name__ == "minitorch":
        yield
        return
    functional = torch.nn.functional
    originals = {name: getattr(functional, name) for name in DROPOUTS if hasattr(functional, name)}
    for name, original in originals.items():
        setattr(functional, name, _through_cpu(original))
    try:
        yield
    finally:
        for name, original in originals.items():
            setattr(functional, name, original)


def _through_cpu(original: Callable[..., Any]) -> Callable[..., Any]:
    def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
        if not training or input.device.type == "cpu":
            return original(input, p, training, inplace)
        dropped = original(input.cpu(), p, training).to(input.device)
        return input.copy_(dropped) if inplace else dropped

    def alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False) -> Any:
        return dropout(input, p, training, inplace)

    return alpha_dropout if "alpha" in original.__name__ else dropout


def why_no_cuda(torch: ModuleType) -> str | None:
    """Why programs cannot run on a GPU with `torch`, minitorch or PyTorch; None if they can."""
    if torch.__name__ == "minitorch":
        from ..device import cupy_device_count

        try:
            return None if cupy_device_count() else "CuPy sees no GPU"
        except ImportError as error:
            return str(error)
    if torch.cuda.is_available():
        return None
    return "PyTorch sees no GPU" if torch.version.cuda else f"PyTorch {torch.__version__} is built without CUDA"
