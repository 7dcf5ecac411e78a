"""minitorch: a deep-learning engine written from scratch on NumPy and CuPy that speaks PyTorch's public API.

Importing it needs NumPy alone, prints nothing and fetches nothing.

>>> import minitorch as torch
>>> x = torch.tensor([1., 2.], requires_grad=True)
>>> (x ** 2).sum().backward()
>>> x.grad
tensor([2., 4.])
"""

from importlib import import_module
from typing import TYPE_CHECKING

from . import ops as ops  # first: tensors and operations need each other, and this order lets both load  # isort: skip
from .tensor import Size as Size, Tensor as Tensor  # before `tensor` is made a function  # isort: skip
if TYPE_CHECKING:  # `add` and others are declared in `ops` and, with `out`, in `out_argument`: mypy takes the first
    from .out_argument import *
from . import accelerator as accelerator
from . import amp as amp
from . import autograd as autograd
from . import backends as backends
from . import cuda as cuda
from . import distributions as distributions
from . import func as func
from . import linalg as linalg
from . import nn as nn
from . import optim as optim
from . import random as random
from . import special as special
from . import utils as utils
from . import version as version
from .amp import GradScaler as GradScaler
from .amp import autocast as autocast
from .amp import is_autocast_enabled as is_autocast_enabled
from .as_torch import as_torch as as_torch
from .autograd import enable_grad as enable_grad
from .autograd import inference_mode as inference_mode
from .autograd import is_grad_enabled as is_grad_enabled
from .autograd import is_inference_mode_enabled as is_inference_mode_enabled
from .autograd import no_grad as no_grad
from .autograd import set_grad_enabled as set_grad_enabled
from .autograd.anomaly_mode import is_anomaly_check_nan_enabled as is_anomaly_check_nan_enabled
from .autograd.anomaly_mode import is_anomaly_enabled as is_anomaly_enabled
from .compiling import compile as compile
from .creation import *
from .device import device as device
from .device import get_default_device as get_default_device
from .device import set_default_device as set_default_device
from .dtype import bool_ as bool
from .dtype import can_cast as can_cast
from .dtype import double as double
from .dtype import dtype as dtype
from .dtype import finfo as finfo
from .dtype import float16 as float16
from .dtype import float32 as float
from .dtype import float32 as float32
from .dtype import float64 as float64
from .dtype import get_default_dtype as get_default_dtype
from .dtype import half as half
from .dtype import iinfo as iinfo
from .dtype import int8 as int8
from .dtype import int16 as int16
from .dtype import int32 as int
from .dtype import int32 as int32
from .dtype import int64 as int64
from .dtype import long as long
from .dtype import promote_types as promote_types
from .dtype import set_default_dtype as set_default_dtype
from .dtype import short as short
from .dtype import uint8 as uint8
from .from_data import *
from .gpu_memory import OutOfMemoryError as OutOfMemoryError
from .inquiry import *
from .legacy import *
from .ops import *  # type: ignore[assignment, no-redef]  # see above
from .ops import return_types as return_types
from .ops.indexing.table_first import embedding as embedding
from .ops.layers.norms_in_full import batch_norm as batch_norm  # type: ignore[assignment]  # of another order
from .ops.layers.norms_in_full import instance_norm as instance_norm  # type: ignore[assignment]  # of another order
from .ops.loss.losses_in_full import binary_cross_entropy_with_logits as binary_cross_entropy_with_logits  # type: ignore[assignment]  # reduction as a number
from .ops.loss.losses_in_full import cosine_embedding_loss as cosine_embedding_loss  # type: ignore[assignment]  # reduction as a number
from .ops.loss.losses_in_full import ctc_loss as ctc_loss  # type: ignore[assignment]  # reduction as a number
from .ops.loss.losses_in_full import hinge_embedding_loss as hinge_embedding_loss  # type: ignore[assignment]  # reduction as a number
from .ops.loss.losses_in_full import kl_div as kl_div  # type: ignore[assignment]  # reduction as a number
from .ops.loss.losses_in_full import margin_ranking_loss as margin_ranking_loss  # type: ignore[assignment]  # reduction as a number
from .ops.loss.losses_in_full import poisson_nll_loss as poisson_nll_loss  # type: ignore[assignment]  # reduction as a number
from .ops.loss.losses_in_full import triplet_margin_loss as triplet_margin_loss  # type: ignore[assignment]  # reduction as a number
from .ops.pooling.pooling_places import adaptive_max_pool1d as adaptive_max_pool1d
from .out_argument import *
from .printing import get_printoptions as get_printoptions
from .printing import set_printoptions as set_printoptions
from .random import *
from .ranges import *
from .settings import *
from .threads import *
from .utils.dlpack import from_dlpack as from_dlpack
from .version import __version__ as __version__
from .windows import *

if TYPE_CHECKING:  # loaded late: see `__getattr__`
    from . import files as files
    from . import multiprocessing as multiprocessing
    from . import pictures as pictures
    from . import safetensors as safetensors
    from . import serialization as serialization
    from . import testing as testing
    from .pictures import draw as draw
    from .pictures import explain as explain
    from .serialization import load as load
    from .serialization import save as save

strided = "torch.strided"  # the one layout there is
contiguous_format: str = "torch.contiguous_format"
preserve_format: str = "torch.preserve_format"
channels_last = "torch.channels_last"  # known by name, and refused where it would change something

_LATE = "draw", "explain", "load", "multiprocessing", "pictures", "save", "serialization", "testing"


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATE})


if not TYPE_CHECKING:  # to which any name at all would be one of ours

    def __getattr__(name: str) -> object:
        # Checkpoints bring zipfile and pickle along, which most programs need late or never; few need `testing`, or
        # pictures.
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
