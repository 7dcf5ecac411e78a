"""A cuBLAS for tests without a GPU, which works on NumPy's memory.

It knows matrices by columns, leading dimensions and steps, as the real one's manual defines them, and nothing of shapes:
a wrong plan of gpu_blas.py reads wrong numbers.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from foreign_capture import capturing

from minitorch import gpu_blas

DTYPES = {0: np.float32, 1: np.float64, 2: np.float16}


def by_columns(address: int, rows: int, columns: int, leading: int, dtype: Any) -> np.ndarray:
    """The matrix at an address: element (i, j) lies at i + j·leading."""
    assert leading >= max(1, rows), "cuBLAS refuses a leading dimension below the number of rows"
    item = np.dtype(dtype).itemsize
    size = (leading * (columns - 1) + rows) * item
    memory = (ctypes.c_char * size).from_address(address)
    return np.ndarray((rows, columns), dtype, memory, 0, (item, leading * item))


class Library:
    """cuBLAS's functions that are called."""

    def __init__(self) -> None:
        self.calls = 0
        self.streams: list[int] = []
        self.workspaces: list[int] = []
        self.status = 0

    def cublasCreate_v2(self, handle: Any) -> int:
        return 0

    def cublasSetStream_v2(self, handle: Any, stream: Any) -> int:
        self.streams.append(stream.value or 0)
        return 0

    def cublasSetWorkspace_v2(self, handle: Any, where: Any, size: Any) -> int:
        assert where.value and size.value == gpu_blas.WORKSPACE_BYTES
        self.workspaces.append(where.value)
        return 0

    def cublasGemmStridedBatchedEx(self, *args: Any) -> int:
        tape = capturing()
        if tape is not None:  # done when the graph is launched
            tape.calls.append((self.multiply, args, {}, []))
            return self.status
        self.multiply(*args)
        return self.status

    def multiply(
        self, handle, turn_a, turn_b, m, n, k, alpha, a, a_type, a_leading, a_step, b, b_type, b_leading, b_step,
        beta, c, c_type, c_leading, c_step, count, compute, algorithm,
    ):  # fmt: skip
        self.calls += 1
        dtype = DTYPES[c_type]
        assert a_type == b_type == c_type and compute == {0: 68, 1: 70, 2: 68}[c_type]
        item = np.dtype(dtype).itemsize
        for i in range(count):
            left = by_columns(a + i * a_step * item, *((k, m) if turn_a else (m, k)), a_leading, dtype)
            right = by_columns(b + i * b_step * item, *((n, k) if turn_b else (k, n)), b_leading, dtype)
            by_columns(c + i * c_step * item, m, n, c_leading, dtype)[...] = (
                (left.T if turn_a else left).astype(float) @ (right.T if turn_b else right).astype(float)
            )
