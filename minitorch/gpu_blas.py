"""Matrix products on a GPU: NVIDIA's cuBLAS, called straight.

CuPy calls it, too, but refuses to while a CUDA graph is being captured, when a product needs cuBLAS's workspace to be
memory that stays; and for a stack of matrices its way there takes 60 to 120 µs of Python, where this one takes 23
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

    def arguments(self, kind: str) -> tuple[Any, ...]:
        """What stands between the addresses in the call of cuBLAS, in the order of its parameters."""
        data, compute, _ = KINDS[kind]
        of_b, of_a, of_c = ((data, *each) for each in zip(self.leading, self.steps, strict=True))
        return (*self.transposed, *self.sizes), of_b, of_a, (*of_c, self.count, compute, DEFAULT_ALGORITHM)


Shape = tuple[int, ...]


def _lies(shape: Shape, strides: Shape) -> tuple[bool, int] | None:
    """Whether a matrix lies by columns, and its leading dimension; None if it lies in neither way."""
    (m, n), (down, right) = shape, strides
    if (right == 1 or n == 1) and (down >= n or m == 1):
        return False, max(down if m > 1 else n, 1)
    if (down == 1 or m == 1) and (right >= m or n == 1):
        return True, max(right if n > 1 else m, 1)
    return None


def _readable(shape: Shape, strides: Shape, item: int) -> bool:
    """Whether cuBLAS can take the matrices of an array as they lie."""
    return min(strides) >= 0 and _lies(shape[-2:], tuple(s // item for s in strides[-2:])) is not None


def _in_order(shape: Shape, item: int) -> Shape:
    """The strides of an array in C order."""
    return tuple(item * math.prod(shape[i + 1 :]) for i in range(len(shape)))


@dataclass(frozen=True)
class Plan:
    """How to compute one product: which operand is copied first, the result's shape, and cuBLAS's calls.

    `calls` has the offsets of B, A and C, and `Call.arguments`.
    """

    copies: tuple[bool, bool]  # of A and B
    shape: Shape
    calls: tuple[Any, ...]


@functools.lru_cache(4096)
def planned(a: Shape, a_strides: Shape, b: Shape, b_strides: Shape, out: Any, kind: str) -> Plan | None:
    """The plan for a·b, given shapes and strides in bytes, and those of `out`, if there is one; None if there is none."""
    item, vectors = np.dtype(kind).itemsize, (len(a) == 1, len(b) == 1)
    if 0 in a or 0 in b or not a or not b:
        return None
    if vectors[0]:
        a, a_strides = (1, *a), (0, *a_strides)
    if vectors[1]:
        b, b_strides = (*b, 1), (*b_strides, 0)
    copies = (not _readable(a, a_strides, item), not _readable(b, b_strides, item))
    if copies[0]:
        a_strides = _in_order(a, item)
    if copies[1]:
        b_strides = _in_order(b, item)
    try:
        stack = np.broadcast_shapes(a[:-2], b[:-2])
    except ValueError:  # CuPy says what is wrong
        return None
    full = (*stack, a[-2], b[-1])
    shape = (*stack, *(() if vectors[0] else a[-2:-1]), *(() if vectors[1] else b[-1:]))
    if a[-1] != b[-2] or (out is not None and (any(vectors) or out[0] != shape)):
        return None
    c_strides = _in_order(full, item) if out is None else out[1]
    calls = plan(a, a_strides, b, b_strides, full, c_strides, item)
    return None if calls is None else Plan(copies, shape, tuple((call.offsets, call.arguments(kind)) for call in calls))


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
            kind: (ctypes.byref(scalar(1)), ctypes.byref(scalar(0))) for kind, (_, _, scalar) in KINDS.items()
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

    def run(self, calls: tuple[Any, ...], kind: str, a: int, b: int, c: int) -> None:
        """C = A·B, given by their addresses: the `calls` of a plan."""
        alpha, beta = self.numbers[kind]
        gemm, handle = self.library.cublasGemmStridedBatchedEx, self.handle
        for (b_offset, a_offset, c_offset), (sizes, of_b, of_a, of_c) in calls:
            status = gemm(
                handle, *sizes, alpha, b + b_offset, *of_b, a + a_offset, *of_a, beta, c + c_offset, *of_c
            )  # fmt: skip
            if status:
                self.check(status)


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
    kind = a.dtype.char
    cublas = _here(module) if kind in KINDS and b.dtype.char == kind else None
    if cublas is None or (out is not None and out.dtype.char != kind):
        return module.matmul(a, b, out=out)
    found = planned(a.shape, a.strides, b.shape, b.strides, None if out is None else (out.shape, out.strides), kind)
    if found is None:
        return module.matmul(a, b, out=out)
    copy_a, copy_b = found.copies
    if copy_a:
        a = module.ascontiguousarray(a)
    if copy_b:
        b = module.ascontiguousarray(b)
    c = module.empty(found.shape, kind) if out is None else out
    cublas.enter(module.cuda.get_current_stream().ptr)
    cublas.run(found.calls, kind, a.data.ptr, b.data.ptr, c.data.ptr)
    return c
