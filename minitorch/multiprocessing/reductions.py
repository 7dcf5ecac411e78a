"""How a tensor travels to another process: its memory is moved into shared memory, and only its descriptor is sent.

So both processes have the same values and see each other's changes. The sender must be alive until the receiver has taken
the tensor out of the queue or pipe. Where memory cannot be shared (Windows), a copy is sent.
"""

from __future__ import annotations

import sys
from multiprocessing.reduction import DupFd, ForkingPickler
from typing import Any

import numpy as np

from ..copies import attributes, reduced
from ..device import device_of
from ..nn.parameter import Buffer, Parameter
from ..tensor import Tensor
from .memory import SharedMemory, map_memory, share, shared_owner

COWARDLY = (
    "Cowardly refusing to serialize non-leaf tensor which requires_grad, since autograd does not support crossing process "
    "boundaries.  If you just want to transfer the data, call detach() on the tensor before serializing (e.g., putting it "
    "on the queue)."
)


def reduce_tensor(t: Tensor) -> tuple[Any, ...]:
    """What `pickle` writes for a tensor on its way to another process."""
    if t.requires_grad and not t.is_leaf:
        raise RuntimeError(COWARDLY)
    if device_of(t._array).type != "cpu":
        raise NotImplementedError(
            f"a tensor on {t.device} cannot be sent to another process; send t.cpu() and move it to the GPU there"
        )
    if sys.platform == "win32" or not t._array.size:
        return reduced(t)
    share(t)
    array = t._array
    memory = shared_owner(array)
    assert memory is not None
    offset = array.ctypes.data - np.frombuffer(memory, np.uint8).ctypes.data
    place = (DupFd(memory.descriptor), array.dtype.str, array.shape, offset, array.strides)
    return rebuild_tensor, (type(t), *place, t.requires_grad), attributes(t) or None


def rebuild_tensor(
    cls: Any, descriptor: Any, dtype: str, shape: Any, offset: int, strides: Any, requires_grad: bool
) -> Tensor:
    """The tensor in the process that receives it, on the same memory."""
    memory: SharedMemory = map_memory(descriptor.detach())
    t = cls.__new__(cls)
    t._array = np.ndarray(shape, dtype, memory, offset, strides)
    t._counter = [0]
    t._requires_grad = requires_grad
    return t


def init_reductions() -> None:
    """Have Python's own queues and pipes send tensors in this way."""
    for cls in (Tensor, Parameter, Buffer):
        ForkingPickler.register(cls, reduce_tensor)
