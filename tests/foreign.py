"""A stand-in for CuPy on machines without a GPU: arrays on another device, that hold NumPy arrays where nobody looks.

`foreign_device()` puts it where `minitorch.device` looks for CuPy; then ``x.to("cuda")`` works, and what would fail or
be slow on a GPU shows here:

- A NumPy function that gets such an array fails (the real CuPy lets ``np.exp(x)`` through and refuses ``np.asarray(x)``),
  and so does a function of the stand-in that gets a NumPy array.
- There are only the names, and for each only the parameters, that CuPy has: see cupy_names.txt.
- Reading a value on the host (``bool``, ``int``, ``float``, ``item``, ``tolist``, ``get``, ``asnumpy``), or a result whose
  shape depends on values (``nonzero``, indexing with a mask), means waiting for a GPU: it is noted in `syncs`.
- Results are arrays, never NumPy's scalars: ``a[0]`` is a view, and ``x = a[0]; x += 1`` changes `a`. An index that is
  too large wraps around instead of raising.
- An array that is made of, or filled with, the number −0 holds +0.
- Functions of arrays refuse numbers, and `linalg.solve` stacks of different shapes.
- Streams can be captured into CUDA graphs (foreign_capture.py), and matrix products go through a cuBLAS of its own
  (foreign_blas.py).

Its arrays are in foreign_array.py, its functions in foreign_functions.py, kernels of our own in foreign_kernels.py.

What it cannot show is what only CuPy's kernels do: rounding, dtypes of mixed operands, speed.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import foreign_capture
import numpy as np
from foreign_array import ForeignArray, plain
from foreign_blas import Library
from foreign_capture import MemoryPool, noted
from foreign_functions import Room
from foreign_kernels import COMPILER, ElementwiseKernel, RawKernel
from foreign_machine import (
    CUDARuntimeError,
    Device,
    Pool,
    count_syncs,
    device_properties,
    runtime_memory,
    sync,
    syncs,
)

from minitorch import gpu_blas

__all__ = ["ForeignArray", "ForeignModule", "count_syncs", "foreign_device", "sync", "syncs"]

device_module: Any = importlib.import_module("minitorch.device")  # `minitorch.device` is the class


class ForeignModule(Room):
    """What `minitorch.device` takes for CuPy."""

    __name__ = "cupy"
    __version__ = "14.2.0"
    ndarray = ForeignArray

    def __init__(self) -> None:
        super().__init__("", np)
        if COMPILER is not None:
            ElementwiseKernel.wrap, ElementwiseKernel.unwrap = ForeignArray, staticmethod(plain)
            self.ElementwiseKernel, self.RawKernel = ElementwiseKernel, RawKernel
        pool, pinned = MemoryPool(), Pool()
        self.linalg = Room("linalg.", np.linalg)
        self.lib = SimpleNamespace(stride_tricks=Room("lib.stride_tricks.", np.lib.stride_tricks))
        self.get_default_memory_pool = lambda: pool
        self.get_default_pinned_memory_pool = lambda: pinned
        self.cuda = SimpleNamespace(
            **vars(foreign_capture.begin(pool)),
            Device=Device,
            alloc_pinned_memory=bytearray,
            device=SimpleNamespace(get_cublas_handle=lambda: 0),
            is_available=lambda: True,
            runtime=SimpleNamespace(
                CUDARuntimeError=CUDARuntimeError,
                deviceSynchronize=lambda: sync("synchronize"),
                driverGetVersion=lambda: 12080,
                getDevice=lambda: 0,
                getDeviceCount=lambda: 1,
                getDeviceProperties=device_properties,
                memGetInfo=runtime_memory,
                runtimeGetVersion=lambda: 12080,
                setDevice=lambda device: None,
            ),
        )

    def asnumpy(
        self, a: Any, stream: Any = None, order: str = "C", out: Any = None, blocking: bool = True
    ) -> np.ndarray:
        return a.get(stream, order, out) if isinstance(a, ForeignArray) else np.asarray(a)

    @noted
    def array_equal(self, a1: Any, a2: Any, equal_nan: bool = False) -> Any:
        return ForeignArray(np.asarray(np.array_equal(plain(a1), plain(a2), equal_nan)))

    @noted
    def allclose(self, a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
        return ForeignArray(np.asarray(np.allclose(plain(a), plain(b), rtol, atol, equal_nan)))

    def get_array_module(self, *args: Any) -> Any:
        return self if any(isinstance(a, ForeignArray) for a in args) else np

    def may_share_memory(self, a: Any, b: Any, max_work: Any = None) -> bool:
        return np.may_share_memory(plain(a), plain(b))

    shares_memory = may_share_memory


@contextlib.contextmanager
def foreign_device() -> Iterator[ForeignModule]:
    """In the block ``minitorch.device("cuda")`` is the stand-in; afterwards everything is as it was."""
    before = device_module._cupy, gpu_blas._library, gpu_blas._own
    chosen = device_module._chosen
    module = ForeignModule()
    module.cublas = Library()
    device_module._cupy, gpu_blas._library, gpu_blas._own = module, lambda: module.cublas, gpu_blas._Own()
    try:
        yield module
    finally:
        device_module._cupy, gpu_blas._library, gpu_blas._own = before
        device_module._chosen = chosen
        syncs.clear()
