"""Tensors that several processes work on together."""

from __future__ import annotations

import copy
import gc
import multiprocessing
import os
import sys
import time
from typing import Any

import numpy as np
import pytest

import minitorch
import minitorch.multiprocessing as mp
from minitorch.multiprocessing.memory import shared_owner

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes cannot pass file descriptors on there")

METHODS = ["fork", "spawn"]
TYPES = ["bool", "uint8", "int64", "float16", "float64"]


def descriptors() -> int:
    """How many files this process has open."""
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0


def sample(dtype: str) -> minitorch.Tensor:
    return minitorch.arange(6).reshape(2, 3).remainder(2).to(getattr(minitorch, dtype))


def answer(asked: Any, answers: Any) -> None:
    """In another process: send back what comes, having added 1 to the first element of the first tensor."""
    got = asked.get()
    with minitorch.no_grad():
        got["x"][0] += 1
    answers.put(got)
    asked.get()  # stay alive until it is taken


def send_all_kinds(connection: Any) -> None:
    everything = {dtype: sample(dtype) for dtype in TYPES}
    everything |= {"0-d": minitorch.tensor(3), "empty": minitorch.ones(0, 3), "turned": minitorch.arange(6).reshape(2, 3).T}
    everything |= {"repeated": minitorch.ones(1).expand(3), "part": minitorch.arange(6)[1::2]}
    everything["parameter"] = minitorch.nn.Parameter(minitorch.ones(2))
    connection.send(everything)
    connection.recv()


def train(index: int, net: Any, seen: Any) -> None:
    """Hogwild: every process steps on the same parameters."""
    minitorch.manual_seed(index)
    minitorch.set_num_threads(1)
    optimizer = minitorch.optim.SGD(net.parameters(), lr=0.05)
    for _ in range(60):
        x = minitorch.randn(8, 3)
        loss = ((net(x) - x.sum(1, keepdim=True)) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    seen[index] = 1


def fail(index: int, how: str) -> None:
    if index == 1:
        if how == "exit":
            os._exit(7)
        raise ValueError("the learning rate is a banana")
    time.sleep(30)


@pytest.mark.parametrize("method", METHODS)
def test_through_a_queue_both_ways(method: str) -> None:
    context = mp.get_context(method)
    asked, answers = context.Queue(), context.SimpleQueue()
    x = minitorch.zeros(3, requires_grad=True)
    view = x.detach()[:2]
    process = context.Process(target=answer, args=(asked, answers))
    process.start()
    try:
        asked.put({"x": x, "text": "hello", "n": 5})
        got = answers.get()
        assert got["text"] == "hello" and got["n"] == 5 and got["x"].requires_grad and got["x"].is_leaf
        assert got["x"].tolist() == [1, 0, 0] and got["x"].is_shared()
        assert x.tolist() == [1, 0, 0] and view.tolist() == [1, 0], "sender and receiver have one memory"
        got["x"].data[2] = 9
        assert x[2].item() == 9 and x.is_shared() and view.is_shared()
    finally:
        asked.put(None)
        process.join(30)
    assert process.exitcode == 0


def test_every_kind_arrives_whole() -> None:
    context = mp.get_context("fork")
    here, there = context.Pipe()
    process = context.Process(target=send_all_kinds, args=(there,))
    process.start()
    got = here.recv()
    here.send(None)
    process.join(30)
    for dtype in TYPES:
        assert str(got[dtype].dtype) == f"torch.{dtype}" and np.array_equal(got[dtype], sample(dtype))
    assert got["0-d"].item() == 3 and got["empty"].shape == (0, 3)
    assert got["turned"].tolist() == [[0, 3], [1, 4], [2, 5]] and got["turned"].stride() == (1, 3)
    assert got["repeated"].tolist() == [1, 1, 1] and got["repeated"].stride() == (0,)
    assert got["part"].tolist() == [1, 3, 5] and got["part"].stride() == (2,)
    assert type(got["parameter"]) is minitorch.nn.Parameter and got["parameter"].requires_grad


@pytest.mark.parametrize("method", METHODS)
def test_hogwild(method: str) -> None:
    minitorch.manual_seed(0)
    net = minitorch.nn.Linear(3, 1).share_memory()
    assert all(p.is_shared() and p.requires_grad and p.is_leaf for p in net.parameters())
    before = net.weight.detach().clone()
    seen = minitorch.zeros(2).share_memory_()
    mp.start_processes(train, (net, seen), nprocs=2, start_method=method)
    assert seen.tolist() == [1, 1]
    assert not np.allclose(before, 1, atol=0.1) and np.allclose(net.weight.detach(), 1, atol=0.1)


def test_without_share_memory_a_fork_has_its_own() -> None:
    net, seen = minitorch.nn.Linear(3, 1), minitorch.zeros(2)
    before = net.weight.detach().clone()
    mp.start_processes(train, (net, seen), nprocs=2, start_method="fork")
    assert np.array_equal(net.weight.detach(), before) and seen.tolist() == [0, 0]


@pytest.mark.parametrize("how", ["raise", "exit"])
def test_the_first_failure_ends_all(how: str) -> None:
    start = time.monotonic()
    with pytest.raises((mp.ProcessRaisedException, mp.ProcessExitedException)) as caught:
        mp.start_processes(fail, (how,), nprocs=2, start_method="fork")
    assert time.monotonic() - start < 20 and caught.value.error_index == 1
    if how == "raise":
        assert "Process 1 terminated with the following error" in str(caught.value)
        assert "the learning rate is a banana" in str(caught.value)
    else:
        assert str(caught.value) == "process 1 terminated with exit code 7" and caught.value.exit_code == 7


def test_views_move_along_into_shared_memory() -> None:
    t = minitorch.arange(12.0).reshape(3, 4)
    row, turned, same, alone = t[1], t.T, t.detach(), t.clone()
    with minitorch.no_grad():
        assert t.share_memory_() is t
    for one in (t, row, turned, same):
        assert one.is_shared()
    assert not alone.is_shared()
    row.zero_()
    assert t[1].tolist() == [0, 0, 0, 0] and turned[:, 1].tolist() == [0, 0, 0, 0] and same.sum().item() == 44
    assert row.storage_offset() == 4 and turned.stride() == (1, 4)
    address = t.data_ptr()
    assert t.share_memory_().data_ptr() == address, "what is shared stays where it is"


def test_a_graph_goes_on_after_sharing() -> None:
    x = minitorch.ones(3, requires_grad=True)
    y = (x * x)[:2]
    x.share_memory_()
    y.sum().backward()
    assert x.grad.tolist() == [2, 2, 0]


def test_copies_of_shared_tensors_are_not_shared() -> None:
    t = minitorch.ones(2).share_memory_()
    assert not t.clone().is_shared() and not copy.deepcopy(t).is_shared() and copy.copy(t).is_shared()
    assert t.numpy().ctypes.data == t.data_ptr()


def test_nothing_is_left_behind() -> None:
    """The descriptors go with the tensors, and no file was made in a folder."""
    folder = "/dev/shm"
    files = set(os.listdir(folder)) if os.path.isdir(folder) else set()
    gc.collect()
    before = descriptors()
    tensors = [minitorch.ones(100).share_memory_() for _ in range(20)]
    assert descriptors() == before + 40 or not before  # the file, and its mapping
    queue = mp.SimpleQueue()
    for t in tensors:
        queue.put(t)
        assert queue.get().sum().item() == 100
    queue.close()
    del tensors, t
    gc.collect()
    # Python's own thread that hands descriptors over keeps its socket.
    assert descriptors() <= before + 2
    assert not {name for name in set(os.listdir(folder)) - files if "minitorch" in name} if files else True


def test_the_memory_lives_as_long_as_a_view_of_it() -> None:
    t = minitorch.arange(1000.0).share_memory_()
    part = t[990:].numpy()
    del t
    gc.collect()
    others = [minitorch.zeros(1000).share_memory_() for _ in range(5)]
    assert part.tolist() == list(range(990, 1000)) and len(others) == 5


def test_what_is_not_sent() -> None:
    queue = mp.SimpleQueue()
    with pytest.raises(RuntimeError, match="Cowardly refusing to serialize non-leaf tensor which requires_grad"):
        queue.put(minitorch.ones(2, requires_grad=True) * 2)


def test_on_a_gpu(gpu: Any) -> None:
    t = minitorch.ones(2, device="cuda")
    assert t.is_shared() and t.share_memory_() is t
    with pytest.raises(NotImplementedError, match=r"send t.cpu\(\)"):
        mp.SimpleQueue().put(t)


def test_names_are_pythons_and_pytorchs() -> None:
    import torch.multiprocessing

    assert minitorch.multiprocessing is mp and mp.Queue.__self__ is multiprocessing.Queue.__self__
    lacking = set(multiprocessing.__all__) - set(dir(mp))
    assert not lacking
    for name in ("spawn", "start_processes", "ProcessContext", "SpawnContext", "get_sharing_strategy"):
        assert hasattr(torch.multiprocessing, name) and hasattr(mp, name)
    with pytest.raises(NotImplementedError, match="file_system"):
        mp.set_sharing_strategy("file_system")
    with pytest.warns(FutureWarning, match="only supports start_method=spawn"):
        mp.spawn(print, nprocs=0, start_method="fork")
    assert shared_owner(minitorch.ones(2).numpy()) is None
