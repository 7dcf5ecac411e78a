"""Do the tests of copies, sharing and lifetimes catch anything? Faults are planted, and the tests must fail."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import test_dlpack
import test_interop_arrays
import test_multiprocessing
import test_pickle_copy

import minitorch
from minitorch import copies, dlpack
from minitorch.methods.exchange import Exchange
from minitorch.multiprocessing import memory

FAILURE = (AssertionError, pytest.fail.Exception)


def program_with(words: str) -> str:
    (found,) = [program for program in test_pickle_copy.SAME if words in program]
    return found


def test_a_copy_where_memory_should_be_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Exchange, "__array__", lambda self, dtype=None, copy=None: np.array(self.numpy(), dtype))
    with pytest.raises(FAILURE):
        test_interop_arrays.test_asarray_of_a_tensor_shares_its_memory()


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_dlpack_that_copies(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    export = dlpack.export
    with monkeypatch.context() as planted, pytest.raises(FAILURE):
        planted.setattr(dlpack, "export", lambda array, *asked: export(array.copy(), *asked))
        test_dlpack.test_both_ways_without_a_copy(library, "float32")
    take = dlpack.take
    with monkeypatch.context() as planted, pytest.raises(FAILURE):
        planted.setattr(dlpack, "take", lambda *asked: take(*asked).copy())
        test_dlpack.test_both_ways_without_a_copy(library, "float32")


def test_dlpack_that_lets_the_source_go(monkeypatch: pytest.MonkeyPatch) -> None:
    class Forgetful:
        def __init__(self, array: np.ndarray) -> None:
            said = array.__array_interface__
            self.__array_interface__ = {**said, "data": (said["data"][0], False)}

    monkeypatch.setattr(dlpack, "_Writable", Forgetful)
    with pytest.raises(FAILURE):
        test_dlpack.test_an_array_of_numpys_lives_as_long_as_our_tensor("older capsule")


def test_dlpack_that_keeps_the_source_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[Any] = []
    take = dlpack.take
    monkeypatch.setattr(dlpack, "take", lambda *asked: kept.append(take(*asked)) or kept[-1])
    with pytest.raises(FAILURE):
        test_dlpack.test_an_array_of_numpys_lives_as_long_as_our_tensor("object")


def test_a_deep_copy_that_copies_each_view_on_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "_copied_memory", lambda array, memo: (array.copy(order="K"), [0]))
    for words in ("a, b, c = copy.deepcopy((t, t[2:4]", "a, b = copy.deepcopy((t[2:4], t))"):
        with pytest.raises(FAILURE):
            test_pickle_copy.test_as_pytorch(program_with(words))


def test_a_deep_copy_that_ignores_the_memo(monkeypatch: pytest.MonkeyPatch) -> None:
    deep = copies.deep
    monkeypatch.setattr(copies, "deep", lambda t, memo: deep(t, {}))
    # `copy.deepcopy` itself looks into the memo before it asks an object; asked directly, the tensor must, too.
    t = minitorch.ones(2)
    memo: dict[Any, Any] = {}
    assert t.__deepcopy__(memo) is not t.__deepcopy__(memo)
    with pytest.raises(FAILURE):
        test_pickle_copy.test_as_pytorch(program_with("a, b = copy.deepcopy((t[2:4], t))"))
    monkeypatch.undo()
    assert t.__deepcopy__(memo) is t.__deepcopy__(memo) and t.__deepcopy__(memo) is copy.deepcopy([t], memo)[0]


def test_a_deep_copy_that_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "_copied_memory", lambda array, memo: (array, [0]))
    with pytest.raises(FAILURE):
        test_pickle_copy.test_as_pytorch(program_with("a, b = copy.deepcopy((t[2:4], t))"))


def test_views_that_stay_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "ALONE", memory.ALONE + 1)

    class Nobody(dict):
        def __missing__(self, key: int) -> list[Any]:
            return []

    monkeypatch.setattr(memory, "_by_memory", Nobody)
    with pytest.raises(FAILURE):
        test_multiprocessing.test_views_move_along_into_shared_memory()


def test_memory_that_is_not_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "share", lambda *tensors: None)
    with pytest.raises(FAILURE):
        test_multiprocessing.test_hogwild("fork")


def test_descriptors_that_stay_open(monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[int] = []
    monkeypatch.setattr(memory.SharedMemory, "__del__", lambda self: left.append(self.descriptor))
    with pytest.raises(FAILURE):
        test_multiprocessing.test_nothing_is_left_behind()
    import os

    for descriptor in left:
        os.close(descriptor)
