"""Threads and memory behind large operations: the same numbers, nothing left behind, nothing overwritten."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import minitorch as torch
from minitorch import arena, blas, parallel, threads

needs_openblas = pytest.mark.skipif(not blas.can_limit, reason="this NumPy's BLAS is not OpenBLAS")


@pytest.fixture(autouse=True)
def same_threads_afterwards():
    before, of_blas = threads._asked, blas.get_threads()
    yield
    threads._asked = before
    blas.set_threads(of_blas)


# ---- sharing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 3])
def test_share_keeps_the_order(count):
    torch.set_num_threads(count)

    def body(part):
        time.sleep(0.001 * (7 - part))  # the first ones end last
        return part * part

    assert parallel.share(body, list(range(7))) == [n * n for n in range(7)]


@needs_openblas
def test_share_uses_several_threads_and_this_one():
    torch.set_num_threads(2)
    both = threading.Barrier(2, timeout=30)  # broken if one thread does all the parts
    seen = set()

    def body(_):
        both.wait()
        seen.add(threading.current_thread())

    parallel.share(body, [0, 1])
    assert len(seen) == 2 and threading.current_thread() in seen


@pytest.mark.parametrize("count", [1, 2])
def test_an_error_in_a_part_is_raised_and_ends_the_others(count):
    torch.set_num_threads(count)
    done = []

    def body(part):
        if part == 3:
            raise ZeroDivisionError("in part 3")
        time.sleep(0.001)
        done.append(part)

    with pytest.raises(ZeroDivisionError, match="in part 3"):
        parallel.share(body, list(range(1000)))
    assert len(done) < 100
    assert parallel.share(lambda part: part + 1, [1, 2, 3, 4]) == [2, 3, 4, 5]  # the pool still works


def test_parts_that_share_do_not_wait_for_each_other():
    torch.set_num_threads(2)
    inner = parallel.share(lambda part: sum(parallel.share(lambda x: x * part, [1, 2, 3, 4])), [1, 2, 3, 4])
    assert inner == [10, 20, 30, 40]


@needs_openblas
def test_blas_has_its_threads_again():
    torch.set_num_threads(3)
    inside = []

    def body(part):
        inside.append(blas.get_threads())
        if part == 5:
            raise ValueError

    assert blas.get_threads() == 3
    with pytest.raises(ValueError):
        parallel.share(body, list(range(8)))
    assert set(inside) == {1}
    assert blas.get_threads() == 3


@needs_openblas
def test_threads_set_while_held_count_afterwards():
    blas.set_threads(2)
    blas.hold()
    torch.set_num_threads(4)
    assert blas.get_threads() == 1
    blas.let_go()
    assert blas.get_threads() == 4


@needs_openblas
def test_a_broken_off_hold_is_put_right_by_the_next():
    """As after Ctrl-C at the worst of all places."""
    blas.set_threads(3)
    blas.hold()
    x = np.ones((300, 300), np.float32)
    parallel.product(x, x)
    assert blas.get_threads() == 3


@needs_openblas
def test_two_threads_of_the_user_hold_blas_together():
    blas.set_threads(2)
    wrong = []

    def use():
        for _ in range(300):
            blas.hold()
            if blas.get_threads() != 1:
                wrong.append(blas.get_threads())
            blas.let_go()

    users = [threading.Thread(target=use) for _ in range(4)]
    for user in users:
        user.start()
    for user in users:
        user.join()
    assert not wrong and blas.get_threads() == 2


def _in_child(queue):
    queue.put((parallel.share(lambda part: part * 2, list(range(8))), blas.get_threads()))


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_makes_threads_of_its_own():
    torch.set_num_threads(2)
    parallel.share(lambda part: part, list(range(8)))  # the parent's are there
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    held, done = threading.Event(), threading.Event()
    holder = threading.Thread(target=lambda: (blas.hold(), held.set(), done.wait(), blas.let_go()))
    holder.start()  # and somebody holds BLAS, who does not exist in the child
    held.wait()
    child = context.Process(target=_in_child, args=(queue,))
    child.start()
    done.set()
    holder.join()
    found, of_blas = queue.get(timeout=60)
    child.join(60)
    assert child.exitcode == 0
    assert found == [n * 2 for n in range(8)]
    assert of_blas == (2 if blas.can_limit else 0)


def test_threads_end_with_the_process():
    code = """
import minitorch as torch
torch.set_num_threads(2)
x = torch.randn(64, 8, 32, 32, requires_grad=True)
torch.nn.functional.conv2d(x, torch.randn(8, 8, 5, 5)).relu().sum().backward()
print("done")
"""
    begin = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")
    assert time.perf_counter() - begin < 60


def test_workers_of_a_loader_use_one_thread():
    class Asks(torch.utils.data.Dataset):
        def __len__(self):
            return 2

        def __getitem__(self, index):
            return torch.get_num_threads()

    torch.set_num_threads(2)
    loader = torch.utils.data.DataLoader(Asks(), batch_size=2, num_workers=1)
    assert [batch.tolist() for batch in loader] == [[1, 1]]
    assert torch.get_num_threads() == 2


# ---- the same numbers ------------------------------------------------------------------------------------------------


def _step(count, build):
    torch.set_num_threads(count)
    torch.manual_seed(3)
    net, x = build()
    x.requires_grad_()
    y = net(x)
    y.backward(torch.randn(y.shape))
    return [y.detach().numpy(), x.grad.numpy(), *[p.grad.numpy() for p in net.parameters()]]


NETS = {
    "convolution": lambda: (torch.nn.Conv2d(4, 6, 5), torch.randn(67, 4, 21, 32)),
    "strided": lambda: (torch.nn.Conv2d(4, 6, 3, stride=2, padding=1), torch.randn(130, 4, 32, 31)),
    "volumes": lambda: (torch.nn.Conv3d(4, 5, 3, padding=1), torch.randn(21, 4, 9, 12, 11)),
    "winograd": lambda: (torch.nn.Conv2d(32, 32, 3, padding=1), torch.randn(33, 32, 15, 16)),
    "pooling": lambda: (torch.nn.MaxPool2d(2), torch.randn(101, 8, 32, 32)),
    "overlapping": lambda: (torch.nn.MaxPool2d(3, 2, padding=1), torch.randn(101, 8, 31, 31)),
    "relu": lambda: (torch.nn.ReLU(), torch.randn(7, 100_003)),
    "linear": lambda: (torch.nn.Linear(700, 513), torch.randn(301, 700)),
    "batch norm": lambda: (torch.nn.BatchNorm2d(9), torch.randn(101, 9, 33, 21)),
}


@pytest.mark.parametrize("name", NETS)
def test_the_numbers_do_not_depend_on_the_threads(name):
    alone, *shared = [_step(count, NETS[name]) for count in (1, 2, 3)]
    for found in shared:
        for expected, array in zip(alone, found, strict=True):
            np.testing.assert_array_equal(array, expected)


@pytest.mark.parametrize("name", NETS)
def test_the_numbers_are_those_of_small_parts(name, monkeypatch):
    """How the batch is cut decides in which order sums over it are taken, and nothing else."""
    expected = _step(1, NETS[name])
    monkeypatch.setattr(parallel, "PART_BYTES", 1 << 16)
    monkeypatch.setattr(parallel, "PIECE", 1 << 10)
    for array, before in zip(_step(2, NETS[name]), expected, strict=True):
        np.testing.assert_allclose(array, before, rtol=1e-4, atol=1e-4 * np.abs(before).max())  # float32 sums of ~1e5


# ---- memory that is used again ---------------------------------------------------------------------------------------

LIKE = np.zeros(1, np.float32)
SIZE = arena.LEAST_BYTES // 4  # elements


def _address(array):
    return array.__array_interface__["data"][0]


def test_a_block_comes_back_only_when_nothing_refers_to_it():
    first = arena.empty(LIKE, (SIZE + 1,))
    first[...] = 7
    place, view = _address(first), first[5:9]
    tensor = torch.from_numpy(first)
    del first
    other = arena.empty(LIKE, (SIZE + 1,))
    assert _address(other) != place
    other[...] = 0
    del tensor
    assert _address(arena.empty(LIKE, (SIZE + 1,))) != place  # the view still needs it
    assert view.tolist() == [7, 7, 7, 7]
    del view
    assert place in [_address(array) for array in [arena.empty(LIKE, (SIZE + 1,)) for _ in range(2)]]


def test_shape_and_dtype_are_what_was_asked_for():
    for shape, dtype in [((3, SIZE), np.float32), ((SIZE, 2, 2), np.float64), ((0, SIZE), np.float32), ((), np.int64)]:
        array = arena.empty(LIKE, shape, dtype)
        assert (array.shape, array.dtype) == (shape, dtype)
        assert array.flags.c_contiguous and array.flags.writeable and array.flags.aligned


def test_results_stay_when_the_next_step_is_taken():
    """Every array that a user can reach keeps its values however many steps are taken after."""
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU(), torch.nn.MaxPool2d(2), torch.nn.BatchNorm2d(8))
    kept = []
    for _ in range(4):
        x = torch.randn(32, 3, 34, 34, requires_grad=True)
        results = [x]
        for layer in net:
            results.append(layer(results[-1]))
        results[-1].sum().backward()
        tensors = [*results, x.grad]
        kept += [(t, t.detach().numpy().copy()) for t in tensors]
        kept.append((results[1][3:], results[1].detach().numpy()[3:].copy()))
    for tensor, expected in kept:
        np.testing.assert_array_equal(tensor.detach().numpy(), expected)


def test_an_array_may_lie_in_a_larger_block(monkeypatch):
    monkeypatch.setattr(arena._own, "blocks", {})
    place = _address(arena.empty(LIKE, (4 * SIZE,)))
    small = arena.empty(LIKE, (SIZE,))
    assert _address(small) == place and small.size == SIZE
    assert _address(arena.empty(LIKE, (4 * SIZE,))) != place
    del small
    monkeypatch.setattr(arena._own, "blocks", {})
    place = _address(arena.empty(LIKE, (5 * SIZE,)))
    assert _address(arena.empty(LIKE, (SIZE,))) != place  # but not in one that is far too large


def test_idle_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(arena, "IDLE_BYTES", 1 << 22)
    monkeypatch.setattr(arena._own, "blocks", {})
    for extra in range(200):
        arena.empty(LIKE, (SIZE + extra,))  # never found among the smaller ones before
    assert sum(size * len(blocks) for size, blocks in arena._own.blocks.items()) < (1 << 22) + 2 * arena.LEAST_BYTES


def test_threads_get_blocks_of_their_own():
    wrong = []

    def use(number):
        for _ in range(300):
            array = arena.empty(LIKE, (SIZE,))
            array[:100] = number
            time.sleep(0)
            if (array[:100] != number).any():
                wrong.append(number)

    users = [threading.Thread(target=use, args=(number,)) for number in range(4)]
    for user in users:
        user.start()
    for user in users:
        user.join()
    assert not wrong
