"""Memory shared with PyTorch and CuPy on the device, without a copy. With --device cuda it is a card's."""

from __future__ import annotations

import copy
import gc
import pickle
from typing import Any

import numpy as np
import pytest
import torch

import minitorch

DTYPES = ["bool", "uint8", "int32", "int64", "float16", "float32", "float64"]


@pytest.mark.parametrize("dtype", DTYPES)
def test_dlpack_with_torch(device: Any, dtype: str) -> None:
    """Both ways, a view with gaps included: one address, and a write is seen on the other side."""
    ours = minitorch.zeros(4, 6, dtype=getattr(minitorch, dtype), device=device)[::2, 1::2].T
    theirs = torch.from_dlpack(ours)
    assert theirs.data_ptr() == ours.data_ptr() and theirs.device.type == device and str(theirs.dtype) == f"torch.{dtype}"
    theirs[2, 1] = 1
    minitorch.accelerator.synchronize() if device == "cuda" else None
    assert ours.long().tolist() == [[0, 0], [0, 0], [0, 1]]
    back = minitorch.from_dlpack(theirs)
    assert back.data_ptr() == ours.data_ptr() and back.stride() == ours.stride() and back.device == ours.device
    back[0, 0] = 1
    assert theirs.long().tolist() == [[1, 0], [0, 0], [0, 1]]


def test_a_source_that_is_deleted_first(device: Any) -> None:
    theirs = torch.arange(1000.0, device=device.theirs)
    ours, address = minitorch.from_dlpack(theirs), theirs.data_ptr()
    del theirs
    gc.collect()
    filler = [torch.full((1000,), -1.0, device=device.theirs) for _ in range(20)]
    assert ours.data_ptr() == address and all(t.data_ptr() != address for t in filler) and ours.sum().item() == 499500


def test_capsules(device: Any) -> None:
    x = minitorch.arange(3, device=device)
    for capsule in (minitorch.utils.dlpack.to_dlpack(x), x.__dlpack__(max_version=(1, 0))):
        got = minitorch.from_dlpack(capsule)
        assert got.data_ptr() == x.data_ptr() and got.device == x.device and got.tolist() == [0, 1, 2]
        with pytest.raises(RuntimeError, match="consumed only once"):
            minitorch.from_dlpack(capsule)
    assert tuple(map(int, x.__dlpack_device__())) == ((2 if device == "cuda" else 1), 0)


def test_copies(device: Any) -> None:
    x = minitorch.arange(4.0, device=device)
    for made in (copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert made.device == x.device and made.tolist() == [0, 1, 2, 3] and made.data_ptr() != x.data_ptr()
    assert copy.copy(x).data_ptr() == x.data_ptr()


def test_the_array_interface(device: Any) -> None:
    x = minitorch.arange(6.0, device=device).reshape(2, 3).T
    if device != "cuda":
        assert not hasattr(x, "__cuda_array_interface__") and np.asarray(x).ctypes.data == x.data_ptr()
        return
    import cupy

    theirs = torch.as_tensor(x, device="cuda")
    assert theirs.data_ptr() == cupy.asarray(x).data.ptr == cupy.from_dlpack(x).data.ptr == x.data_ptr()
    assert x.__cuda_array_interface__["version"] == 3
    assert minitorch.as_tensor(theirs).data_ptr() == x.data_ptr() and minitorch.as_tensor(cupy.asarray(x)).stride() == (1, 3)
