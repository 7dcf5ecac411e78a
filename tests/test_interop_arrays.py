"""Arrays in and out: what NumPy asks of a tensor, and what `tensor`, `as_tensor`, `asarray`, `from_numpy` accept."""

from __future__ import annotations

import array

import numpy as np
import pytest
from snippets import both_raise, programs, same

import minitorch

SAME = programs("""
np.asarray(torch.ones(2))

np.array(torch.ones(2), dtype="int64")

torch.ones(2).__array__(np.dtype("float64"))

np.asarray(torch.ones(2, requires_grad=True))

torch.ones(2, requires_grad=True).numpy()

hasattr(torch.ones(2), "__array_interface__"), hasattr(torch.ones(2), "__cuda_array_interface__")

torch.ones(2).__cuda_array_interface__

torch.ones(2).__array_priority__

np.sin(torch.ones(2)), np.add(torch.ones(2), 1), np.isnan(torch.ones(2))

np.stack([torch.ones(2), torch.zeros(2)]), np.concatenate([torch.ones(2), torch.zeros(1)])

np.float32(2) * torch.ones(2), torch.ones(2) * np.float64(2), torch.ones(2) * np.ones(2)

np.ones(2) * torch.ones(2)

np.zeros(3)[torch.tensor([0, 1])], np.arange(3)[torch.tensor([True, False, True])], np.arange(3)[torch.tensor(1)]

torch.arange(3)[np.array([0, 2])], torch.arange(3)[np.int64(1)], torch.arange(3)[np.array([True, False, True])]

np.array([torch.tensor(1.), torch.tensor(2.)]), np.array([torch.ones(2), torch.ones(2)])

np.float64(torch.tensor(2.)), np.int64(torch.tensor(2)), np.where(torch.tensor([True, False]), 1, 2)

np.isclose(torch.ones(2), 1), np.allclose(torch.ones(2), torch.ones(2)), np.linalg.norm(torch.ones(4))

torch.tensor(array.array("d", [1, 2])), torch.tensor(array.array("i", [1, 2])), torch.tensor(bytearray(b"abc"))

torch.tensor(b"abc")

torch.asarray(bytearray(b"abc"))

torch.asarray(bytearray(b"abcd"), dtype=torch.int16), torch.asarray(array.array("f", [1, 2]))

torch.tensor(range(3)), torch.tensor([range(3), range(3)]), torch.asarray(range(3))

torch.tensor([torch.tensor(1.), torch.tensor(2)]), torch.tensor([[torch.tensor(1.), 2.], [3, 4]])

torch.tensor([torch.tensor([1.]), torch.tensor([2.])])

torch.tensor([torch.ones(2), torch.ones(2)])

torch.tensor([torch.tensor(1., dtype=torch.float64), 2.])

torch.tensor([np.float32(1), np.float32(2)]), torch.tensor([np.float64(1), 2]), torch.tensor([1, np.float64(2)])

torch.tensor([np.int32(1), np.int32(2)]), torch.tensor([np.int32(1), 2]), torch.tensor([np.bool_(True), False])

torch.tensor(np.float64(1)), torch.tensor(np.int32(1)), torch.tensor(np.bool_(True)), torch.as_tensor(np.float16(1))

torch.tensor([True, 2]), torch.tensor([True, 2.5]), torch.tensor([np.ones(2, "int32"), np.zeros(2, "int32")])

torch.tensor([[], []]), torch.tensor(()), torch.tensor([np.float16(1), 2.])

torch.tensor([[1, 2], [3]])

torch.tensor({1, 2})

torch.tensor([None])

torch.tensor("abc")

torch.tensor(["abc"])

torch.tensor(iter([1, 2]))

torch.tensor(2**63 - 1), torch.tensor(-2**63), torch.tensor([2**70, 1.])

torch.tensor(2**63)

torch.tensor(2**64)

torch.tensor([2**70, 1])

torch.tensor(300, dtype=torch.uint8)

torch.tensor([1, -129], dtype=torch.int8)

torch.tensor(-1, dtype=torch.uint8), torch.tensor(1.7, dtype=torch.int64), torch.tensor([2, 0], dtype=torch.bool)

torch.tensor(torch.arange(4).reshape(2, 2).T).stride(), torch.tensor(np.array([[1, 2], [3, 4]], order="F")).stride()

torch.from_numpy(np.array(1.)), torch.from_numpy(np.zeros((0, 3))), torch.from_numpy(np.zeros((2, 3)).T)

torch.from_numpy(np.ma.array([1, 2])), torch.from_numpy(np.matrix([[1, 2]]))

torch.from_numpy(np.array([1], dtype=">i4"))

torch.tensor(np.array([1], dtype=">i4"))

torch.from_numpy([1])

torch.asarray([1, 2], copy=False)

torch.asarray(np.ones(2), dtype=torch.float32, copy=False)

a = np.ones(2)
t, u = torch.asarray(a, copy=False), torch.asarray(a, copy=True)
a[0] = 5
t, u

class Speaks:
    array = np.arange(3.0)
    def __dlpack__(self, **asked): return self.array.__dlpack__(**asked)
    def __dlpack_device__(self): return self.array.__dlpack_device__()
t, u, v = torch.as_tensor(Speaks()), torch.asarray(Speaks()), torch.tensor(Speaks())
t[0] = 5
t, u, v, Speaks.array
""")


@pytest.mark.parametrize("program", SAME)
def test_as_pytorch(program: str) -> None:
    same(program)


def test_errors_that_name_more_than_pytorchs() -> None:
    both_raise("torch.tensor([1, [2]])", TypeError, "a 'list' stands where its first neighbour is a number")
    both_raise("torch.from_numpy(np.arange(3)[::-1])", ValueError, "At least one stride in the given numpy array is")
    both_raise("torch.from_numpy(np.array([1], dtype='datetime64[s]'))", TypeError, "can't convert np.ndarray of type")
    both_raise("torch.tensor(np.array([1], dtype=object))", TypeError, "can't convert np.ndarray of type object")
    with pytest.raises(TypeError, match="uint16"):  # PyTorch has it, under a name of its own
        minitorch.from_numpy(np.array([1], dtype=np.uint16))


def test_asarray_of_a_tensor_shares_its_memory() -> None:
    t = minitorch.zeros(2)
    a = np.asarray(t)
    a[0] = 5
    assert t.tolist() == [5.0, 0.0] and a.ctypes.data == t.data_ptr()
    assert np.asarray(t, dtype="float32") is a or np.shares_memory(np.asarray(t, dtype="float32"), a)
    assert not np.shares_memory(np.array(t), a) and not np.shares_memory(np.asarray(t, copy=True), a)


def test_copy_false_is_numpy_2s() -> None:
    """PyTorch's `__array__` has no `copy` yet, and NumPy warns of it."""
    t = minitorch.ones(2)
    assert np.shares_memory(np.array(t, copy=False), t.numpy())
    with pytest.raises(ValueError, match="Unable to avoid copy"):
        np.asarray(t, dtype="float64", copy=False)


def test_read_only_arrays_warn_and_refuse_to_be_written_to() -> None:
    a = np.arange(3)
    a.flags.writeable = False
    with pytest.warns(UserWarning, match="array is not writable"):
        t = minitorch.from_numpy(a)
    assert t.data_ptr() == a.ctypes.data
    with pytest.raises(RuntimeError, match="read-only memory"):
        t.add_(1)
    assert minitorch.tensor(a).add_(1).tolist() == [1, 2, 3]


def test_objects_that_speak_an_array_protocol() -> None:
    """PyTorch takes only those that speak DLPack or CUDA's; the others cost nothing."""
    a = np.arange(3.0)

    class Interface:
        __array_interface__ = a.__array_interface__

    class Array:
        def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
            return a

    minitorch.as_tensor(Interface())[0] = 5
    minitorch.asarray(Interface())[1] = 6
    assert a.tolist() == [5.0, 6.0, 2.0]
    minitorch.tensor(Interface())[0] = 7
    minitorch.as_tensor(Array())[0] = 7
    assert a.tolist() == [5.0, 6.0, 2.0] and minitorch.tensor(Array()).dtype is minitorch.float64


def test_memory_of_buffers_is_shared() -> None:
    buffer = bytearray(8)
    minitorch.frombuffer(buffer, dtype=minitorch.uint8, offset=2)[0] = 7
    minitorch.asarray(memoryview(buffer), dtype=minitorch.uint8)[3] = 8
    assert list(buffer) == [0, 0, 7, 8, 0, 0, 0, 0]
    numbers = array.array("f", [1, 2])
    minitorch.asarray(numbers)[0] = 3
    assert numbers[0] == 3


def test_an_operand_of_another_kind_is_asked_itself() -> None:
    class Metres:
        def __radd__(self, other: object) -> str:
            return "metres"

        __rmul__ = __radd__

        def __eq__(self, other: object) -> bool:
            return True

    t = minitorch.ones(2)
    assert t + Metres() == "metres" and t * Metres() == "metres" and (t == Metres()) is True


def test_cuda_array_interface_on_a_gpu(gpu: object) -> None:
    t = minitorch.arange(6.0, device="cuda").reshape(2, 3).T
    said = t.__cuda_array_interface__
    assert said["version"] == 3 and said["shape"] == (3, 2) and said["strides"] == (4, 12) and "stream" in said
    assert said["data"] == (t.data_ptr(), False) and said["typestr"] == "<f4"
    assert not hasattr(minitorch.ones(2), "__cuda_array_interface__")
    with pytest.raises(RuntimeError, match="on Variable that requires grad"):
        _ = minitorch.ones(2, device="cuda", requires_grad=True).__cuda_array_interface__
    with pytest.raises(TypeError, match=r"Use Tensor.cpu\(\) to copy"):
        np.asarray(t)
    array = t._array  # as CuPy, Numba and others have it: known by its interface
    assert minitorch.as_tensor(array).data_ptr() == minitorch.asarray(array).data_ptr() == t.data_ptr()
    copied = minitorch.tensor(array)
    assert copied.device == t.device and copied.data_ptr() != t.data_ptr() and copied.tolist() == t.tolist()
