"""DLPack: memory handed to other libraries and taken from them, without a copy."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref

import numpy as np
import pytest
import torch
from snippets import programs, same

import minitorch
from minitorch.utils.dlpack import DLDeviceType, from_dlpack, to_dlpack

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]

SAME = programs("""
torch.utils.dlpack.from_dlpack(torch.utils.dlpack.to_dlpack(torch.arange(3)))

capsule = torch.utils.dlpack.to_dlpack(torch.arange(3))
first = torch.from_dlpack(capsule)
torch.from_dlpack(capsule)

torch.from_dlpack(5)

torch.from_dlpack(None)

torch.ones(2, requires_grad=True).__dlpack__()

np.from_dlpack(torch.ones(2, requires_grad=True))

torch.utils.dlpack.from_dlpack(torch.utils.dlpack.to_dlpack(torch.ones(2, requires_grad=True)))

torch.ones(2, requires_grad=True).__dlpack_device__()

torch.ones(2).__dlpack__(stream=1)

torch.ones(2).__dlpack__(stream="a")

str(torch.ones(2).__dlpack__(stream=-1))[:27], str(torch.ones(2).__dlpack__(max_version=(1, 0)))[:37]

torch.from_dlpack(np.ones(2)), torch.from_dlpack(np.array(True)), torch.from_dlpack(np.zeros((0, 2)))

torch.from_dlpack(np.arange(6)[::2]), torch.from_dlpack(np.arange(6).reshape(2, 3).T).stride()

a = np.arange(3)
t, u = torch.from_dlpack(a, copy=True), torch.from_dlpack(a, device="cpu", copy=False)
a[0] = 5
t, u

torch.from_dlpack(torch.utils.dlpack.to_dlpack(torch.ones(2)), copy=True)

np.from_dlpack(torch.tensor([True])), np.from_dlpack(torch.tensor(3)), np.from_dlpack(torch.ones(1).expand(3))

np.from_dlpack(torch.ones(2).half()), np.from_dlpack(torch.zeros(0, 3)), np.from_dlpack(torch.arange(6)[1::2])

torch.from_dlpack(np.array(["a"]))

torch.utils.dlpack.DLDeviceType.kDLCPU
""")


@pytest.mark.parametrize("program", SAME)
def test_as_pytorch(program: str) -> None:
    same(program)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_both_ways_without_a_copy(library: str, dtype: str) -> None:
    """What each side writes, the other sees; also in a view with gaps, in its order."""
    module = {"numpy": np, "torch": torch}[library]
    ours = minitorch.zeros(4, 6, dtype=getattr(minitorch, dtype))[::2, 1::2].T
    theirs = module.from_dlpack(ours)
    address = theirs.ctypes.data if library == "numpy" else theirs.data_ptr()
    assert address == ours.data_ptr() and str(theirs.dtype).removeprefix("torch.") == dtype
    theirs[2, 1] = 1
    assert ours.long().tolist() == [[0, 0], [0, 0], [0, 1]]
    ours[0, 0] = 1
    assert int(theirs[0, 0]) == 1

    back = minitorch.from_dlpack(theirs)
    assert back.data_ptr() == ours.data_ptr() and back.stride() == ours.stride() and back.dtype is ours.dtype
    back[1, 0] = 1
    assert ours.long().tolist() == [[1, 0], [1, 0], [0, 1]]


FORMS = {
    "object": lambda array: array,
    "older capsule": lambda array: array.__dlpack__(),
    "newer capsule": lambda array: array.__dlpack__(max_version=(1, 0)),
}


@pytest.mark.parametrize("form", FORMS)
def test_an_array_of_numpys_lives_as_long_as_our_tensor(form: str) -> None:
    source = np.arange(1000.0)
    alive, address = weakref.ref(source), source.ctypes.data
    ours = from_dlpack(FORMS[form](source))
    view = ours[990:]
    assert ours.data_ptr() == address
    ours[0] = 3  # an older capsule says nothing of read-only memory, and is taken for writable
    assert source[0] == 3
    del source, ours
    gc.collect()
    assert alive() is not None
    assert view.tolist() == list(range(990, 1000))
    del view
    gc.collect()
    assert alive() is None


@pytest.mark.parametrize("form", FORMS)
def test_a_tensor_of_torchs_lives_as_long_as_ours(form: str) -> None:
    source = torch.arange(1000.0)
    address = source.data_ptr()
    ours = from_dlpack(FORMS[form](source))
    del source
    gc.collect()
    filler = [torch.full((1000,), -1.0) for _ in range(20)]  # would be laid into freed memory
    assert ours.data_ptr() == address and all(t.data_ptr() != address for t in filler)
    assert ours.sum().item() == 499500.0


def test_our_array_lives_as_long_as_others_need_it() -> None:
    array = np.arange(1000.0)
    alive = weakref.ref(array)
    ours = minitorch.from_numpy(array)
    theirs = torch.from_dlpack(ours)
    capsule = to_dlpack(ours)
    del array, ours
    gc.collect()
    assert alive() is not None and theirs.sum().item() == 499500.0
    del theirs
    assert alive() is not None
    del capsule  # nobody read it
    gc.collect()
    assert alive() is None


def test_read_only_memory() -> None:
    array = np.arange(3)
    array.flags.writeable = False
    ours = minitorch.from_dlpack(array)
    assert ours.data_ptr() == array.ctypes.data
    with pytest.raises(RuntimeError, match="read-only memory"):
        ours[0] = 5
    assert not np.from_dlpack(ours).flags.writeable
    assert torch.from_dlpack(ours).tolist() == [0, 1, 2]
    assert torch.from_dlpack(to_dlpack(ours)).tolist() == [0, 1, 2]  # as PyTorch, which knows no read-only tensors


def test_what_no_tensor_holds() -> None:
    with pytest.raises(ValueError, match="negative strides"):  # PyTorch ends the process
        minitorch.from_dlpack(np.arange(3)[::-1])
    with pytest.raises(TypeError, match="complex"):
        minitorch.from_dlpack(np.ones(2, np.complex64))
    with pytest.raises(TypeError, match="uint16"):
        minitorch.from_dlpack(np.ones(2, np.uint16))
    with pytest.raises(RuntimeError, match="Unsupported dtype"):
        minitorch.from_dlpack(torch.ones(2, dtype=torch.bfloat16))


def test_older_producers_know_fewer_arguments() -> None:
    class Older:
        def __init__(self) -> None:
            self.array = np.zeros(2)

        def __dlpack__(self, stream: object = None) -> object:
            return self.array.__dlpack__()

        def __dlpack_device__(self) -> tuple[int, int]:
            return (1, 0)

    source = Older()
    minitorch.from_dlpack(source)[0] = 5
    minitorch.from_dlpack(source, copy=True)[1] = 5
    assert source.array.tolist() == [5.0, 0.0]


def test_other_devices_are_refused() -> None:
    class Elsewhere:
        def __dlpack__(self, **asked: object) -> object:
            raise BufferError("there is no such device")

        def __dlpack_device__(self) -> tuple[int, int]:
            return (8, 0)

    with pytest.raises(BufferError, match="no such device"):
        minitorch.from_dlpack(Elsewhere())
    with pytest.raises(BufferError, match="move it there first"):
        minitorch.ones(2).__dlpack__(dl_device=(2, 0))
    with pytest.raises(TypeError, match="must be Tensor, not list"):
        to_dlpack([1])


def test_on_a_gpu(gpu: object) -> None:
    t = minitorch.arange(3.0, device="cuda")
    assert t.__dlpack_device__() == (DLDeviceType.kDLCUDA, 0)
    with pytest.raises(BufferError, match="require gradient"):
        minitorch.ones(2, device="cuda", requires_grad=True).__dlpack__()
    with pytest.raises(TypeError, match="stream must be"):
        t.__dlpack__(stream="a")
    with pytest.raises(BufferError, match="per-thread default stream"):
        t.__dlpack__(stream=2)
    with pytest.raises(BufferError, match="move it there first"):
        t.__dlpack__(dl_device=(1, 0))


JAX = """
import jax, numpy as np, minitorch
ours = minitorch.arange(6.0).reshape(2, 3)
theirs = jax.dlpack.from_dlpack(ours)
assert np.array_equal(np.asarray(theirs), ours.numpy())
made = jax.numpy.arange(8, dtype="int32") * 2
back = minitorch.from_dlpack(made)
assert back.data_ptr() == made.unsafe_buffer_pointer() and back.tolist() == [0, 2, 4, 6, 8, 10, 12, 14]
del made
assert back.tolist() == [0, 2, 4, 6, 8, 10, 12, 14]
assert minitorch.as_tensor(jax.numpy.ones(2)).tolist() == [1.0, 1.0]
assert jax.numpy.asarray(ours.numpy()).sum() == 15 and jax.numpy.sin(np.asarray(ours)).shape == (2, 3)
print("fits")
"""


def test_jax() -> None:
    pytest.importorskip("jax")
    ran = subprocess.run([sys.executable, "-c", JAX], capture_output=True, text=True, timeout=120)
    assert ran.stdout.strip() == "fits", ran.stderr
