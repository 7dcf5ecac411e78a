"""Matrix products on a GPU: NVIDIA's cuBLAS, called straight.

CuPy calls it, too, but refuses to while a CUDA graph is being captured, when a product needs cuBLAS's workspace to be
memory that stays; and for a stack of matrices its way there takes 60 to 120 µs of Python, where this one takes 25
(H200, CuPy 14.2, the products of a convolution). A product which cuBLAS has no call for (integers, two broadcast stack
dimensions) goes to CuPy.

cuBLAS stores matrices by columns, so a row-major C = A·B is computed as Cᵀ = Bᵀ·Aᵀ: the same memory, read the other way
round. A matrix needs one of its two strides to be 1; the other one is its leading dimension.
"""

from __future__ import annotations

import ctypes
import functools
import math
import threading
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

# Of each dtype, by NumPy's letter: cudaDataType, cublasComputeType, the C type of alpha and beta. float16 is summed in float32, and float32
# in full precision: the default math mode, which has no TF32.
KINDS: dict[str, tuple[int, int, Any]] = {
    "e": (2, 68, ctypes.c_float),
    "f": (0, 68, ctypes.c_float),
    "d": (1, 70, ctypes.c_double),
}
DEFAULT_ALGORITHM = -1
# What cuBLAS may use to split a long sum among processors.
WORKSPACE_BYTES = 8 << 20
MOST_CALLS = 64  # for stacks of two dimensions; beyond, CuPy's one call on lists of pointers is faster
NAMES = ("libcublas.so.13", "libcublas.so.12", "libcublas.so.11", "libcublas.so")


@dataclass(frozen=True)
class Call:
    """One cublasGemmStridedBatchedEx: whether each is transposed, sizes, leading dimensions, and steps in elements.

    `offsets` are where the three matrices of this call begin, in bytes.
    """

    transposed: tuple[bool, bool]  # of B and A, which change places
    sizes: tuple[int, int, int]  # M, N, K of C (N, M)
    leading: tuple[int, int, int]  # of B, A, C
    steps: tuple[int, int, int]  # from one matrix of the stack to the next: B, A, C
    count: int
    offsets: tuple[int, int, int]  # of B, A, C


Shape = tuple[int, ...]


def _lies(shape: Shape, strides: Shape) -> tuple[bool, int] | None:
    """Whether a matrix lies by columns, and its leading dimension; None if it lies in neither way."""
    (m, n), (down, right) = shape, strides
    if (right == 1 or n == 1) and (down >= n or m == 1):
        return False, max(down if m > 1 else n, 1)
    if (down == 1 or m == 1) and (right >= m or n == 1):
        return True, max(right if n > 1 else m, 1)
    return None


def readable(module: Any, x: Any) -> Any:
    """`x` itself if cuBLAS can take its matrices as they lie, else a copy of the usual order."""
    strides = tuple([s // x.itemsize for s in x.strides])
    return x if min(strides) >= 0 and _lies(x.shape[-2:], strides[-2:]) else module.ascontiguousarray(x)


@functools.lru_cache(4096)
def plan(a: Shape, a_strides: Shape, b: Shape, b_strides: Shape, c: Shape, c_strides: Shape, item: int) -> Any:
    """The calls for C = A·B, each at least two-dimensional, strides in bytes; None if it takes too many."""
    (n, k), m = a[-2:], b[-1]
    strides = [tuple(s // item for s in some) for some in (b_strides, a_strides, c_strides)]
    lies = [_lies(shape[-2:], some[-2:]) for shape, some in zip((b, a, c), strides, strict=True)]
    if None in lies or lies[2][0]:  # type: ignore[index]  # no None is left of `or`
        return None  # C cannot be written where it lies
    stack = c[:-2]
    # One step for each dimension of the stack and each matrix; 0 where a matrix is broadcast, or is the only one.
    steps = []
    for shape, some in zip((b, a, c), strides, strict=True):
        own = (0,) * (len(stack) - len(shape) + 2)
        own += tuple(s if size > 1 else 0 for size, s in zip(shape[:-2], some, strict=False))
        steps.append(own)
    dims = [(size, *each) for size, *each in zip(stack, *steps, strict=True) if size != 1]
    dims = _joined(dims)
    # The largest goes into one call; the others into several.
    inner = max(range(len(dims)), key=lambda i: dims[i][0], default=None)
    count, *inner_steps = dims.pop(inner) if inner is not None else (1, 0, 0, 0)
    if math.prod(size for size, *_ in dims) > MOST_CALLS:
        return None
    calls = []
    for place in np.ndindex(*(size for size, *_ in dims)):
        offsets = [item * sum(i * dim[which + 1] for i, dim in zip(place, dims, strict=True)) for which in range(3)]
        calls.append(
            # No None is left of `lies`.
            Call((lies[0][0], lies[1][0]), (m, n, k), tuple(lie[1] for lie in lies),  # type: ignore[index, arg-type]
                 tuple(inner_steps), count, tuple(offsets))
        )  # fmt: skip
    return tuple(calls)


def _joined(dims: list[Any]) -> list[Any]:
    """Neighbouring dimensions of a stack as one, where all three matrices go on at the same step."""
    out: list[Any] = []
    for size, *steps in dims:
        if out and all(before == size * step for before, step in zip(out[-1][1:], steps, strict=True)):
            out[-1] = (out[-1][0] * size, *steps)
        else:
            out.append((size, *steps))
    return out


class Failed(RuntimeError):
    """cuBLAS returned an error."""


class Cublas:
    """cuBLAS for one GPU and one thread."""

    module: ModuleType
    library: Any

    def __init__(self, module: ModuleType, library: Any) -> None:
        self.module, self.library = module, library
        self.handle: Any = ctypes.c_void_p()
        self.check(library.cublasCreate_v2(ctypes.byref(self.handle)))
        self.stream: int | None = None
        self.workspaces: dict[int, Any] = {}  # of each stream, whose work is done in turn
        self.numbers: dict[str, tuple[Any, Any]] = {
            kind: (scalar(1), scalar(0)) for kind, (_, _, scalar) in KINDS.items()
        }

    def check(self, status: int) -> None:
        if status:
            raise Failed(f"cuBLAS: status {status}")

    def enter(self, stream: int) -> None:
        """Let what follows go into that stream."""
        if stream == self.stream:
            return
        if stream not in self.workspaces:
            self.workspaces[stream] = self.module.cuda.alloc(WORKSPACE_BYTES)
        self.check(self.library.cublasSetStream_v2(self.handle, ctypes.c_void_p(stream)))
        where = ctypes.c_void_p(self.workspaces[stream].ptr)
        self.check(self.library.cublasSetWorkspace_v2(self.handle, where, ctypes.c_size_t(WORKSPACE_BYTES)))
        self.stream = stream

    def run(self, calls: tuple[Call, ...], kind: str, a: int, b: int, c: int) -> None:
        """C = A·B, given by their addresses."""
        data, compute, _ = KINDS[kind]
        one, zero = self.numbers[kind]
        alpha, beta = ctypes.byref(one), ctypes.byref(zero)
        gemm = self.library.cublasGemmStridedBatchedEx
        for call in calls:
            (b_turned, a_turned), (m, n, k) = call.transposed, call.sizes
            (b_leading, a_leading, c_leading), (b_step, a_step, c_step) = call.leading, call.steps
            b_offset, a_offset, c_offset = call.offsets
            self.check(
                gemm(
                    self.handle, b_turned, a_turned, m, n, k,
                    alpha, b + b_offset, data, b_leading, b_step, a + a_offset, data, a_leading, a_step,
                    beta, c + c_offset, data, c_leading, c_step, call.count, compute, DEFAULT_ALGORITHM,
                )
            )  # fmt: skip


class _Own(threading.local):
    def __init__(self) -> None:
        self.handles: dict[int, Cublas] = {}


_own = _Own()


@functools.lru_cache(1)
def _library() -> Any:
    """cuBLAS, which CuPy has loaded, with its calls' types; None where it is not found."""
    for name in NAMES:
        try:
            return with_types(ctypes.CDLL(name))
        except (OSError, AttributeError):
            continue
    return None


def with_types(library: Any) -> Any:
    """`library` with the types of its functions' arguments."""
    pointer, integer, long = ctypes.c_void_p, ctypes.c_int, ctypes.c_longlong
    matrix = [pointer, integer, integer, long]
    library.cublasGemmStridedBatchedEx.argtypes = [
        pointer, *[integer] * 5, pointer, *matrix, *matrix, pointer, *matrix, integer, integer, integer,
    ]  # fmt: skip
    return library


def _here(module: Any) -> Cublas | None:
    index = module.cuda.runtime.getDevice()
    found = _own.handles.get(index)
    if found is None:
        try:
            module.cuda.device.get_cublas_handle()  # CuPy finds and loads the library
        except (AttributeError, ImportError):  # CUDA's libraries are not installed
            return None
        library = _library()
        if library is None:
            return None
        found = _own.handles[index] = Cublas(module, library)
    return found


def product(module: Any, a: Any, b: Any, out: Any = None) -> Any:
    """The matrix product a·b of CuPy's arrays, stacks broadcasting."""
    kind, has_vector = a.dtype.char, a.ndim == 1 or b.ndim == 1
    cublas = _here(module)
    if (
        cublas is None
        or kind not in KINDS
        or b.dtype != a.dtype
        or (out is not None and (has_vector or out.dtype != a.dtype))
        or a.size == 0
        or b.size == 0
    ):
        return module.matmul(a, b, out=out)
    left, right = (a[None] if a.ndim == 1 else a), (b[:, None] if b.ndim == 1 else b)
    stack = left.shape[:-2]
    if right.shape[:-2] != stack:
        stack = np.broadcast_shapes(stack, right.shape[:-2])
    shape = (*stack, left.shape[-2], right.shape[-1])
    left, right = readable(module, left), readable(module, right)
    c = module.empty(shape, a.dtype) if out is None else out
    calls = None
    if left.shape[-1] == right.shape[-2] and c.shape == shape:
        calls = plan(left.shape, left.strides, right.shape, right.strides, shape, c.strides, a.itemsize)
    if calls is None:
        return module.matmul(a, b, out=out)
    cublas.enter(module.cuda.get_current_stream().ptr)
    cublas.run(calls, kind, left.data.ptr, right.data.ptr, c.data.ptr)
    if has_vector:
        c = c[..., 0, :] if a.ndim == 1 else c
        c = c[..., 0] if b.ndim == 1 else c
    return c
