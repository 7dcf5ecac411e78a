"""minitorch: a deep-learning engine written from scratch on NumPy and CuPy that speaks PyTorch's public API.

Importing it needs NumPy alone, prints nothing and fetches nothing.

>>> import minitorch as torch
>>> x = torch.tensor([1., 2.], requires_grad=True)
>>> (x ** 2).sum().backward()
>>> x.grad
tensor([2., 4.])
"""

from importlib import import_module

from . import ops  # first: tensors and operations need each other, and this order lets both load  # isort: skip
from . import (
    accelerator,
    amp,
    autograd,
    backends,
    cuda,
    distributions,
    func,
    linalg,
    nn,
    optim,
    random,
    special,
    utils,
    version,
)
from .amp import GradScaler, autocast, is_autocast_enabled
from .as_torch import as_torch
from .autograd import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from .autograd.anomaly_mode import is_anomaly_check_nan_enabled, is_anomaly_enabled
from .compiling import compile
from .creation import *
from .device import device, get_default_device, set_default_device
from .dtype import bool_ as bool
from .dtype import (
    can_cast,
    double,
    dtype,
    finfo,
    float16,
    float32,
    float64,
    get_default_dtype,
    half,
    iinfo,
    int8,
    int16,
    int32,
    int64,
    long,
    promote_types,
    set_default_dtype,
    short,
    uint8,
)
from .dtype import float32 as float
from .dtype import int32 as int
from .gpu_memory import OutOfMemoryError
from .inquiry import *
from .legacy import *
from .older_creation import *
from .ops import *
from .ops import return_types
from .ops.indexing.table_first import embedding
from .ops.pooling.pooling_places import adaptive_max_pool1d
from .out_argument import *
from .printing import get_printoptions, set_printoptions
from .random import *
from .settings import *
from .tensor import Size, Tensor
from .threads import *
from .utils.dlpack import from_dlpack
from .version import __version__
from .windows import *

strided = "torch.strided"  # the one layout there is
contiguous_format, preserve_format = "torch.contiguous_format", "torch.preserve_format"
channels_last = "torch.channels_last"  # known by name, and refused where it would change something

_LATE = "draw", "explain", "load", "multiprocessing", "pictures", "save", "serialization", "testing"


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATE})


def __getattr__(name: str) -> object:
    # Checkpoints bring zipfile and pickle along, which most programs need late or never; few need `testing`, or pictures.
    if name == "testing":
        return import_module(".testing", __name__)
    if name == "multiprocessing":
        return import_module(".multiprocessing", __name__)
    if name in ("draw", "explain", "pictures"):
        pictures = import_module(".pictures", __name__)
        return pictures if name == "pictures" else getattr(pictures, name)
    if name in ("files", "safetensors"):
        return import_module(f".{name}", __name__)
    if name in ("load", "save", "serialization"):
        module = import_module(".serialization", __name__)
        return module if name == "serialization" else getattr(module, name)
    raise AttributeError(f"module 'minitorch' has no attribute '{name}'")
