"""Datasets, samplers and DataLoader: PyTorch's orders and batches, and workers that fail in every way."""

import gc
import os
import random
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
import warnings
from collections import OrderedDict, namedtuple
from multiprocessing import resource_tracker
from pathlib import Path

import numpy as np
import pytest

import minitorch
from minitorch.utils import data as mini_data

torch = pytest.importorskip("torch")
torch_data = pytest.importorskip("torch.utils.data")

ROOT = Path(minitorch.__file__).parents[1]
ENGINES = [(minitorch, mini_data), (torch, torch_data)]

pytestmark = [
    # Forking a process in which torch runs threads: PyTorch's own loader does, too.
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="the tests' datasets are local classes, which need fork"),
]


@pytest.fixture(autouse=True)
def no_hang():
    """A test of processes must end: after 20 seconds it fails instead."""

    def give_up(signum, frame):
        raise TimeoutError("the test hangs")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def children() -> set[int]:
    """Processes whose parent is this one, zombies included."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid():
            found.add(int(stat.parent.name))
    return found


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.fixture
def leaves_nothing():
    """No child process and no open file more than before."""
    before = children(), open_files()
    yield
    if not (children() <= before[0] and open_files() <= before[1]):
        gc.collect()  # an exception that a test caught holds the iterator it came from
    assert children() <= before[0], "worker processes are left"
    assert open_files() <= before[1], "file descriptors are left"


def is_alive(pid: int) -> bool:
    """Whether a process that may not be our child still runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(condition, seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def plain(batch):
    """A batch as nested Python values with dtypes, comparable between the engines."""
    if isinstance(batch, minitorch.Tensor | torch.Tensor | np.ndarray):
        return str(batch.dtype), tuple(batch.shape), batch.tolist()
    if isinstance(batch, dict):
        return type(batch).__name__, {k: plain(v) for k, v in batch.items()}
    if isinstance(batch, list | tuple):
        return type(batch).__name__, [plain(x) for x in batch]
    return batch


# ---- orders --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("own_generator", [False, True])
@pytest.mark.parametrize("seed, num_workers", [(0, 0), (1, 0), (2**40 + 7, 0), (-1, 0), (0, 2)])
def test_shuffled_orders_in_every_epoch(seed, own_generator, num_workers):
    def epochs(engine, data):
        engine.manual_seed(seed)
        generator = engine.Generator().manual_seed(seed + 2) if own_generator else None
        loader = data.DataLoader(
            range(13), batch_size=4, shuffle=True, generator=generator, num_workers=num_workers
        )
        for _ in range(3):
            yield [batch.tolist() for batch in loader]
            yield engine.rand(2).tolist()  # what the loader drew from the default generator counts, too
        if own_generator:
            yield engine.rand(2, generator=generator).tolist()

    ours, theirs = (list(epochs(*both)) for both in ENGINES)
    assert ours == theirs
    assert ours[0] != ours[2]  # another order in another epoch


def test_draws_between_two_batches_do_not_disturb_the_order():
    def mixed(engine, data):
        engine.manual_seed(3)
        for batch in data.DataLoader(range(9), batch_size=2, shuffle=True):
            yield batch.tolist(), engine.rand(1).item()

    assert list(mixed(*ENGINES[0])) == list(mixed(*ENGINES[1]))


def test_samplers_draw_what_pytorchs_draw():
    def orders(engine, data):
        for g in (None, engine.Generator().manual_seed(5)):
            engine.manual_seed(4)
            yield list(data.RandomSampler(range(100), generator=g))
            yield list(data.RandomSampler(range(10), num_samples=25, generator=g))
            yield list(data.RandomSampler(range(10), replacement=True, num_samples=70, generator=g))
            yield list(data.RandomSampler(range(10), replacement=True, num_samples=64, generator=g))
            yield list(data.SubsetRandomSampler([5, 7, 11, 13], generator=g))
            yield list(data.WeightedRandomSampler([0.1, 5, 0.3, 1], 20, generator=g))
            yield list(data.WeightedRandomSampler([0.1, 5, 0.3, 1], 3, replacement=False, generator=g))
            yield list(data.BatchSampler(data.RandomSampler(range(7), generator=g), 3, False))
            yield engine.rand(1).item()

    assert list(orders(*ENGINES[0])) == list(orders(*ENGINES[1]))


def test_random_split_by_counts_and_fractions():
    def splits(engine, data):
        for lengths in ([7, 4], [0.5, 0.25, 0.25], [0.99, 0.01], [11], [0, 11]):
            for g in (engine.default_generator, engine.Generator().manual_seed(5)):
                engine.manual_seed(6)
                with warnings.catch_warnings(record=True) as caught:
                    warnings.simplefilter("always")
                    parts = data.random_split(range(11), lengths, generator=g)
                yield [list(p) for p in parts], [str(w.message) for w in caught]

    assert list(splits(*ENGINES[0])) == list(splits(*ENGINES[1]))


def test_sequential_and_batch_samplers():
    assert list(mini_data.SequentialSampler("abc")) == [0, 1, 2]
    for drop_last, n in ((False, 3), (True, 2)):
        sampler = mini_data.BatchSampler(range(5), 2, drop_last)
        assert len(sampler) == len(list(sampler)) == n
    endless = iter(mini_data.BatchSampler(iter(int, 1), 3, True))
    assert next(endless) == [0, 0, 0]  # batches are taken as they come


# ---- datasets ------------------------------------------------------------------------------------------------------


class Count(mini_data.IterableDataset):
    def __init__(self, n, share=False):
        self.n, self.share = n, share

    def __iter__(self):
        info = mini_data.get_worker_info() or torch_data.get_worker_info()
        step = (info.id, info.num_workers) if self.share and info is not None else (0, 1)
        return iter(range(step[0], self.n, step[1]))

    def __len__(self):
        return self.n


class TorchCount(torch_data.IterableDataset):
    __init__, __iter__, __len__ = Count.__init__, Count.__iter__, Count.__len__


def test_dataset_combinations():
    both = mini_data.ConcatDataset([[1, 2], [3]])
    assert [both[i] for i in (0, 2, -1, -3)] == [1, 3, 3, 1]
    assert len(both) == 3
    with pytest.raises(ValueError, match="absolute value of index"):
        both[-4]
    with pytest.raises(IndexError):
        both[3]
    assert list(Count(2) + Count(3)) == [0, 1, 0, 1, 2]
    assert len(Count(2) + Count(3)) == 5
    assert mini_data.StackDataset([1, 2], [3, 4]).__getitems__([1, 0]) == [(2, 4), (1, 3)]
    assert mini_data.StackDataset(a=[1, 2], b=[3, 4]).__getitems__([1]) == [{"a": 2, "b": 4}]
    t = mini_data.TensorDataset(minitorch.arange(4), minitorch.arange(8).reshape(4, 2))
    assert [x.tolist() for x in t[-1]] == [3, [6, 7]]
    assert [x.tolist() for x in mini_data.Subset(t, [2, 0])[[0, 1]]] == [[2, 0], [[4, 5], [0, 1]]]
    assert isinstance(t + t, mini_data.ConcatDataset)
    with pytest.raises(NotImplementedError, match="__getitems__"):
        type("Odd", (mini_data.Subset,), {"__getitem__": lambda self, i: 0})([1], [0])


@pytest.mark.parametrize("kind", ["rows", "subset"])
def test_tensor_datasets_are_batched_at_once_with_the_same_result(kind, rng):
    """The shortcut for TensorDataset against the same samples given one by one."""
    x, y, z = rng.normal(size=(20, 3, 2)).astype("float32"), rng.integers(0, 5, 20), rng.normal(size=20)

    class OneByOne(mini_data.TensorDataset):
        pass

    def batches(cls, **kwargs):
        d = cls(*(minitorch.from_numpy(a) for a in (x, y, z)))
        if kind == "subset":
            d = mini_data.Subset(mini_data.Subset(d, range(1, 20)), [3, 5, -1, 7, 0])
        minitorch.manual_seed(1)
        return [plain(b) for b in mini_data.DataLoader(d, batch_size=3, **kwargs)]

    assert batches(mini_data.TensorDataset, shuffle=True) == batches(OneByOne, shuffle=True)
    sampler = [np.int64(0), 2, minitorch.tensor(1)]
    assert batches(mini_data.TensorDataset, sampler=sampler) == batches(OneByOne, sampler=sampler)
    with pytest.raises(IndexError):
        batches(mini_data.TensorDataset, sampler=[99])
    w = minitorch.ones(4, requires_grad=True)
    (batch,) = next(iter(mini_data.DataLoader(mini_data.TensorDataset(w), batch_size=4)))
    assert batch.grad_fn is not None  # a history must survive


# ---- collation -----------------------------------------------------------------------------------------------------

Point = namedtuple("Point", "x y")


class Tagged(dict):
    pass


COLLATED = [
    lambda e: [1, 2],
    lambda e: [1, True],
    lambda e: [True, False],
    lambda e: [1.5, 2],
    lambda e: [1, 2.5],
    lambda e: ["a", "b"],
    lambda e: [b"a"],
    lambda e: [np.float32(1), np.float32(2)],
    lambda e: [np.int8(1), np.int8(2)],
    lambda e: [np.bool_(True)],
    lambda e: [np.ones((2, 3), np.float32)] * 2,
    lambda e: [np.arange(6).reshape(2, 3).T] * 2,
    lambda e: [np.array(2.0), np.array(3.0)],
    lambda e: [e.zeros(2, 3), e.ones(2, 3)],
    lambda e: [e.tensor(1), e.tensor(2)],
    lambda e: [e.zeros(0, 3), e.zeros(0, 3)],
    lambda e: [e.zeros(2), e.zeros(2, dtype=e.float64)],
    lambda e: [(1, "a", 2.0), (2, "b", 3.0)],
    lambda e: [[1, 2], [3, 4]],
    lambda e: [{"a": 1, "b": [2.0, "x"]}, {"a": 3, "b": [4.0, "y"]}],
    lambda e: [OrderedDict(a=1), OrderedDict(a=2)],
    lambda e: [Tagged(a=1), Tagged(a=2)],
    lambda e: [Point(1, 2.0), Point(3, 4.0)],
    lambda e: [range(2), range(2)],
    lambda e: [(e.ones(2), (np.zeros(1), {"k": 1}))] * 3,
    lambda e: [[], []],
]


@pytest.mark.parametrize("nr", range(len(COLLATED)))
def test_default_collate(nr):
    ours, theirs = (plain(data.default_collate(COLLATED[nr](engine))) for engine, data in ENGINES)
    assert ours == theirs


@pytest.mark.parametrize("nr", range(len(COLLATED)))
def test_default_convert(nr):
    ours, theirs = (plain(data.default_convert(COLLATED[nr](engine))) for engine, data in ENGINES)
    assert ours == theirs


@pytest.mark.parametrize(
    "batch",
    [
        lambda e: [None],
        lambda e: [object()],
        lambda e: [{1, 2}],
        lambda e: [3 + 4j],
        lambda e: [np.array(["a"])],
        lambda e: [(1, 2), (3,)],
        lambda e: [e.ones(2), e.ones(3)],
        lambda e: [np.ones(2), np.ones(3)],
        lambda e: [e.ones(1), 3],
        lambda e: [1, "a"],
        lambda e: [{"a": 1}, {"b": 1}],
        lambda e: [],
    ],
)
def test_what_cannot_be_collated(batch):
    with pytest.raises(Exception) as theirs:
        torch_data.default_collate(batch(torch))
    with pytest.raises(type(theirs.value)) as ours:
        mini_data.default_collate(batch(minitorch))
    assert str(ours.value).split()[:3] == str(theirs.value).split()[:3]


# ---- the loader's own process --------------------------------------------------------------------------------------


@pytest.mark.parametrize("num_workers", [0, 2])
@pytest.mark.parametrize(
    "options",
    [
        {"batch_size": 3},
        {"batch_size": 3, "drop_last": True},
        {"batch_size": None},
        {"batch_size": 4, "shuffle": True},
        {"sampler": [3, 1, 2], "batch_size": 2},
        {"batch_sampler": [[1], [2, 3, 4], []][:2]},
        {"batch_size": 2, "collate_fn": list},
        {"batch_size": None, "sampler": [[1, 2], [3]]},
    ],
)
def test_options(options, num_workers):
    class Pairs:
        def __len__(self):
            return 8

        def __getitem__(self, i):
            return np.full(2, i), float(np.sum(i))

    def run(engine, data, num_workers):
        engine.manual_seed(2)
        loader = data.DataLoader(Pairs(), num_workers=num_workers, **options)
        return len(loader), [plain(batch) for batch in loader]

    assert run(*ENGINES[0], num_workers) == run(*ENGINES[1], 0)


@pytest.mark.parametrize("num_workers", [0, 1])
def test_iterable_datasets(num_workers):
    for options in ({"batch_size": 3}, {"batch_size": 3, "drop_last": True}, {"batch_size": None}):
        ours = mini_data.DataLoader(Count(8), num_workers=num_workers, **options)
        theirs = torch_data.DataLoader(TorchCount(8), num_workers=num_workers, **options)
        assert len(ours) == len(theirs)
        assert [plain(b) for b in ours] == [plain(b) for b in theirs]


def test_iterable_dataset_that_says_too_little_warns():
    class Liar(Count):
        def __len__(self):
            return 2

    loader = mini_data.DataLoader(Liar(3))
    assert len(loader) == 2
    with pytest.warns(UserWarning, match="was reported to be 2"):
        assert len(list(loader)) == 3


BAD_LOADERS = [
    lambda d: d.DataLoader([1], num_workers=-1),
    lambda d: d.DataLoader([1], timeout=-1),
    lambda d: d.DataLoader([1], prefetch_factor=2),
    lambda d: d.DataLoader([1], num_workers=1, prefetch_factor=-2),
    lambda d: d.DataLoader([1], persistent_workers=True),
    lambda d: d.DataLoader([1], sampler=[0], shuffle=True),
    lambda d: d.DataLoader([1], batch_sampler=[[0]], batch_size=2),
    lambda d: d.DataLoader([1], batch_size=None, drop_last=True),
    lambda d: d.DataLoader([1], batch_size=0),
    lambda d: d.DataLoader([1], batch_size=2.0),
    lambda d: d.DataLoader([], shuffle=True),
    lambda d: d.DataLoader([1], multiprocessing_context="fork"),
    lambda d: d.DataLoader([1], num_workers=1, multiprocessing_context="x"),
    lambda d: d.DataLoader([1], num_workers=1, multiprocessing_context=3),
    lambda d: d.DataLoader(Count(1) if d is mini_data else TorchCount(1), shuffle=True),
    lambda d: d.DataLoader(Count(1) if d is mini_data else TorchCount(1), sampler=[1]),
    lambda d: setattr(d.DataLoader([1]), "batch_size", 3),
    lambda d: len(d.DataLoader([1, 2], sampler=iter([1]))),
    lambda d: iter(d.DataLoader([1], timeout=3)),
    lambda d: d.random_split(range(10), [3, 3]),
    lambda d: d.random_split(range(10), [1.5, -0.5]),
    lambda d: d.ConcatDataset([]),
    lambda d: d.TensorDataset(*(e.ones(n) for e, m in ENGINES if m is d for n in (2, 3))),
    lambda d: d.Dataset()[0],
    lambda d: len(d.Dataset()),
    lambda d: d.IterableDataset(),
    lambda d: iter(d.Sampler()),
    lambda d: d.RandomSampler([1], replacement=1),
    lambda d: d.RandomSampler([1], num_samples=0),
    lambda d: d.BatchSampler([1], 2, 1),
    lambda d: d.WeightedRandomSampler([[1]], 2),
    lambda d: d.WeightedRandomSampler([1], 0),
]


@pytest.mark.parametrize("nr", range(len(BAD_LOADERS)))
def test_bad_arguments_raise_what_pytorch_raises(nr):
    with pytest.raises(Exception) as theirs:
        BAD_LOADERS[nr](torch_data)
    with pytest.raises(type(theirs.value)):
        BAD_LOADERS[nr](mini_data)


def test_other_arguments():
    with pytest.raises(AssertionError, match="prefetch_factor must be greater than 0"):
        iter(mini_data.DataLoader([1], num_workers=1, prefetch_factor=0))
    with pytest.raises(NotImplementedError, match="in_order"):
        mini_data.DataLoader([1], in_order=False)
    if not minitorch.cuda.is_available():
        with pytest.warns(UserWarning, match="pin_memory"):
            assert len(list(mini_data.DataLoader([1, 2], pin_memory=True))) == 2
    with pytest.warns(UserWarning, match="This DataLoader will create 9999 worker processes"):
        mini_data.DataLoader([1], num_workers=9999)


# ---- workers -------------------------------------------------------------------------------------------------------


class Noise:
    """Random numbers from every source that a worker seeds."""

    def __init__(self, engine):
        self.engine = engine

    def __len__(self):
        return 6

    def __getitem__(self, i):
        return self.engine.rand(1).item(), random.random(), np.random.rand()


def test_workers_are_seeded_as_pytorchs_are(leaves_nothing):
    def run(engine, data):
        engine.manual_seed(8)
        return [plain(b) for b in data.DataLoader(Noise(engine), batch_size=2, num_workers=2)]

    assert run(*ENGINES[0]) == run(*ENGINES[1])


def test_worker_info_and_init_function(leaves_nothing):
    seen = []

    class Tell:
        def __len__(self):
            return 4

        def __getitem__(self, i):
            info = mini_data.get_worker_info()
            assert info.dataset is self
            return i, info.id, info.num_workers, info.seed, seen

    minitorch.manual_seed(1)
    first_seed = int(minitorch.zeros((), dtype=minitorch.int64).random_().item())
    minitorch.manual_seed(1)
    loader = mini_data.DataLoader(Tell(), None, num_workers=2, worker_init_fn=seen.append)
    assert list(loader) == [[i, i % 2, 2, first_seed + i % 2, [i % 2]] for i in range(4)]
    assert mini_data.get_worker_info() is None
    assert seen == []


class Slow:
    """Even samples take longer, so that the second worker is always ahead."""

    def __len__(self):
        return 12

    def __getitem__(self, i):
        time.sleep(0.02 if i % 2 == 0 else 0)
        return np.full(3, i, np.float32)


def test_batches_come_in_order(leaves_nothing):
    loader = mini_data.DataLoader(Slow(), batch_size=1, num_workers=2, prefetch_factor=3)
    assert [int(b[0, 0]) for b in loader] == list(range(12))


def test_spawned_workers():
    """For these all has to be pickled: the dataset here is a list."""
    resource_tracker.ensure_running()  # a helper process of spawn, which stays
    before = children()
    big = minitorch.full((300, 100), 7.0)
    loader = mini_data.DataLoader([big] * 3, batch_size=2, num_workers=1, multiprocessing_context="spawn")
    assert [tuple(b.shape) for b in loader] == [(2, 300, 100), (1, 300, 100)]
    assert children() == before


@pytest.mark.parametrize("shares_memory", [True, False])
def test_large_batches_stay_valid_while_others_arrive(shares_memory, leaves_nothing, monkeypatch):
    """Slots of shared memory are used again, but never while an array on them is alive. And without any slots."""
    if not shares_memory:
        monkeypatch.delattr(os, "memfd_create", raising=False)  # as on a system other than Linux; workers inherit it

    class Big:
        def __len__(self):
            return 24

        def __getitem__(self, i):
            return {"x": np.full((50, 100, 3 + i % 5), i, np.float32), "y": np.full(7, i)}

    loader = mini_data.DataLoader(Big(), batch_size=None, num_workers=2)
    kept, parts = [], []
    for i, sample in enumerate(loader):
        assert sample["x"].dtype is minitorch.float32
        assert (sample["x"].numpy() == i).all()
        sample["x"][0, 0, 0] = -1  # batches are the receiver's own, to write to
        if i % 3 == 0:
            kept.append((i, sample["x"]))
        if i % 4 == 0:
            parts.append((i, sample["x"][1:, ::2].numpy()))
    for i, x in kept:
        assert x[0, 0, 0].item() == -1 and (x.numpy()[1:] == i).all()
    for i, part in parts:
        assert (part == i).all()
    assert [i for i, _ in kept] == list(range(0, 24, 3))


def test_a_forked_process_keeps_seeing_its_batch(leaves_nothing):
    """What a process forked off between two batches has in its memory must not be overwritten by a worker."""

    class Big:
        def __len__(self):
            return 20

        def __getitem__(self, i):
            return np.full(100_000, i)

    iterator = iter(mini_data.DataLoader(Big(), batch_size=None, num_workers=1))
    batch = next(iterator)
    go, ready = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.read(go, 1)
        os._exit(0 if (batch.numpy() == 0).all() else 1)
    del batch
    rest = [int(b[0]) for b in iterator]
    os.write(ready, b"x")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert rest == list(range(1, 20))
    os.close(go), os.close(ready)


def test_iterable_shares_of_workers(leaves_nothing):
    loader = mini_data.DataLoader(Count(11, share=True), batch_size=2, num_workers=2)
    for _ in range(2):
        assert [b.tolist() for b in loader] == [[0, 2], [1, 3], [4, 6], [5, 7], [8, 10], [9]]


def test_persistent_workers(leaves_nothing):
    class Pid:
        def __len__(self):
            return 6

        def __getitem__(self, i):
            return os.getpid()

    for dataset, expected in ((Pid(), 6), (Count(6, share=True), 6)):
        loader = mini_data.DataLoader(dataset, batch_size=None, num_workers=2, persistent_workers=True)
        epochs = [list(loader) for _ in range(3)]
        assert all(len(e) == expected for e in epochs)
        assert epochs[0] == epochs[1] == epochs[2]
        next(iter(loader))  # an unfinished epoch does not leak into the next one
        assert list(loader) == epochs[0]
        del loader


def test_persistent_orders_are_pytorchs():
    def run(engine, data):
        engine.manual_seed(9)
        loader = data.DataLoader(range(9), 2, shuffle=True, num_workers=2, persistent_workers=True)
        return [[b.tolist() for b in loader] for _ in range(3)], engine.rand(1).item()

    assert run(*ENGINES[0]) == run(*ENGINES[1])


class Fails:
    """Sample 3 raises."""

    def __init__(self, error):
        self.error = error

    def __len__(self):
        return 6

    def __getitem__(self, i):
        if i == 3:
            raise self.error
        return i


class TwoArguments(Exception):
    def __init__(self, a, b):
        super().__init__(a, b)


@pytest.mark.parametrize(
    "error", [ValueError("bad sample"), KeyError("lost"), FileNotFoundError(2, "No such file", "x.png"), OSError("disk")]
)
def test_exceptions_of_a_worker_come_back(error, leaves_nothing):
    texts = []
    for _, data in ENGINES:
        iterator = iter(data.DataLoader(Fails(error), batch_size=None, num_workers=2))
        assert [next(iterator) for _ in range(3)] == [0, 1, 2]
        with pytest.raises(type(error)) as caught:
            next(iterator)
        texts.append(str(caught.value))
        assert [int(x) for x in iterator] == [4, 5]  # the worker goes on
        del iterator
    ours, theirs = texts
    name = type(error).__name__
    assert ours.startswith(f"Caught {name} in DataLoader worker process 1.\nOriginal Traceback (most recent call last):\n")
    assert ours.split("\n")[:2] == theirs.split("\n")[:2]
    assert ours.rstrip().split("\n")[-1] == theirs.rstrip().split("\n")[-1]
    assert "in __getitem__" in ours


def test_exceptions_that_cannot_be_rebuilt_become_runtime_errors(leaves_nothing):
    class Local(Exception):
        pass

    for error in (TwoArguments(1, 2), Local("here")):
        with pytest.raises(RuntimeError, match=f"Caught {type(error).__name__} in DataLoader worker process 0"):
            list(mini_data.DataLoader(Fails(error), batch_size=None, num_workers=1))


def test_exceptions_in_collate_init_and_iter(leaves_nothing):
    def bad(_):
        raise ZeroDivisionError("no")

    class BadIter(mini_data.IterableDataset):
        def __iter__(self):
            raise LookupError("no")

    for options in ({"collate_fn": bad}, {"worker_init_fn": bad}):
        with pytest.raises(ZeroDivisionError, match="Caught ZeroDivisionError in DataLoader worker process 0"):
            list(mini_data.DataLoader([1, 2], num_workers=1, **options))
    with pytest.raises(LookupError, match="Caught LookupError in DataLoader worker process 0"):
        list(mini_data.DataLoader(BadIter(), num_workers=1))
    with pytest.raises(RuntimeError, match="cannot|can't|pickle|Can't"):  # AttributeError or PicklingError as text
        try:
            list(mini_data.DataLoader([1], batch_size=None, num_workers=1, collate_fn=lambda x: (lambda: x)))
        except (AttributeError, TypeError, ImportError) as error:
            raise RuntimeError(str(error)) from error


def test_sending_a_tensor_with_history_is_refused(leaves_nothing):
    class History:
        def __len__(self):
            return 1

        def __getitem__(self, i):
            return minitorch.ones(2, requires_grad=True) * 2

    with pytest.raises(RuntimeError, match="Cowardly refusing to serialize non-leaf tensor"):
        list(mini_data.DataLoader(History(), batch_size=None, num_workers=1))


@pytest.mark.parametrize("how", ["kill", "exit"])
def test_a_worker_that_dies(how, leaves_nothing):
    class Dies:
        def __len__(self):
            return 6

        def __getitem__(self, i):
            if i == 3:
                os.kill(os.getpid(), signal.SIGKILL) if how == "kill" else os._exit(7)
            return i

    iterator = iter(mini_data.DataLoader(Dies(), batch_size=None, num_workers=2))
    assert [next(iterator) for _ in range(3)] == [0, 1, 2]
    why = "killed by signal SIGKILL" if how == "kill" else "exit code 7"
    with pytest.raises(RuntimeError, match=rf"DataLoader worker \(pid\(s\) \d+\) exited unexpectedly \({why}\)"):
        next(iterator)
    with pytest.raises(RuntimeError, match="have been stopped"):
        next(iterator)


def test_timeout(leaves_nothing):
    class Sleeps:
        def __len__(self):
            return 2

        def __getitem__(self, i):
            time.sleep(0.5)
            return i

    iterator = iter(mini_data.DataLoader(Sleeps(), num_workers=1, timeout=0.1))
    with pytest.raises(RuntimeError, match="DataLoader timed out after 0.1 seconds"):
        next(iterator)
    del iterator


def test_dropping_a_half_used_iterator_ends_its_workers(leaves_nothing):
    """Also when they are blocked on sending batches that nobody takes."""

    class Wide:
        def __len__(self):
            return 100

        def __getitem__(self, i):
            return "x" * 3_000_000  # a string cannot go into a slot: it fills the pipe

    before = children()
    iterator = iter(mini_data.DataLoader(Wide(), batch_size=None, num_workers=2))
    next(iterator)
    assert len(children() - before) == 2
    start = time.monotonic()
    del iterator
    assert time.monotonic() - start < 3
    assert children() == before


def test_tasks_larger_than_a_pipe(leaves_nothing):
    """Neither side may wait for the other to read first."""
    batches = [list(range(i, i + 200_000)) for i in range(3)]
    loader = mini_data.DataLoader(range(300_000), batch_sampler=batches, num_workers=2, collate_fn="x".join)
    loader.collate_fn = lambda samples: str(samples)
    assert [len(b) > 1_000_000 for b in loader] == [True] * 3


def test_two_loaders_and_threads_at_once(leaves_nothing):
    a = iter(mini_data.DataLoader(Slow(), num_workers=1))
    b = iter(mini_data.DataLoader(Slow(), num_workers=1))
    assert [int(x[0, 0]) for x, _ in zip(a, b, strict=True)] == list(range(12))
    del a, b
    results = []

    def use():
        results.append([int(x[0, 0]) for x in mini_data.DataLoader(Slow(), num_workers=1)])

    threads = [threading.Thread(target=use) for _ in range(2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert results == [list(range(12))] * 2


def test_memory_and_files_do_not_grow(leaves_nothing):
    """Many epochs and many large batches: the same slots over and over."""

    class Big:
        def __len__(self):
            return 40

        def __getitem__(self, i):
            return np.full(50_000, i)

    def mapped() -> int:
        return Path("/proc/self/maps").read_text().count("minitorch-batch")

    loader = mini_data.DataLoader(Big(), batch_size=None, num_workers=2, persistent_workers=True)
    counts = []
    for _ in range(4):
        for _batch in loader:
            pass
        counts.append((mapped(), open_files()))
    del _batch
    assert counts[-1] == counts[0]
    assert counts[0][0] <= 2 * 4  # at most one per batch under way
    del loader
    assert mapped() == 0


# ---- the loader's process dies or is interrupted -------------------------------------------------------------------

SCRIPT = """
    import time
    import numpy as np
    from minitorch.utils.data import DataLoader, worker

    worker.PATIENCE = 0.5

    class Data:
        def __len__(self):
            return 100000
        def __getitem__(self, i):
            {body}
            return np.full(1000, i)

    if __name__ == "__main__":
        iterator = iter(DataLoader(Data(), batch_size=4, num_workers=2))
        print(*(w.pid for w in iterator._workers), flush=True)
        for batch in iterator:
            time.sleep(0.001)
"""


def start_script(tmp_path, body="pass"):
    path = tmp_path / "script.py"
    path.write_text(textwrap.dedent(SCRIPT).format(body=body))
    process = subprocess.Popen(
        [sys.executable, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    pids = [int(p) for p in process.stdout.readline().split()]
    assert len(pids) == 2
    return process, pids


@pytest.mark.parametrize("body", ["pass", "time.sleep(1000)"])
def test_workers_die_with_a_killed_loader(tmp_path, body):
    process, pids = start_script(tmp_path, body)
    time.sleep(0.2)
    process.kill()
    process.wait()
    assert wait_for(lambda: not any(map(is_alive, pids)), 3)
    process.stdout.close(), process.stderr.close()


def test_ctrl_c(tmp_path):
    process, pids = start_script(tmp_path)
    time.sleep(0.2)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all processes of the group
    out, err = process.communicate(timeout=10)
    assert process.returncode == -signal.SIGINT or process.returncode == 130
    # One traceback, the loader's; none of a worker ("Process Process-1:") and none from tidying up.
    assert err.count("Traceback") == 1 and err.rstrip().endswith("KeyboardInterrupt"), err
    assert "Process-" not in err and "Exception ignored" not in err, err
    assert wait_for(lambda: not any(map(is_alive, pids)), 3)


def test_a_script_that_just_ends_leaves_no_worker(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(
        textwrap.dedent("""
        from minitorch.utils.data import DataLoader
        iterator = iter(DataLoader(range(100), num_workers=2))
        print(*(w.pid for w in iterator._workers))
        next(iterator)
        """)
    )
    run = subprocess.run(
        [sys.executable, str(path)], capture_output=True, text=True, timeout=15, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert run.returncode == 0 and run.stderr == ""
    assert not any(is_alive(int(p)) for p in re.findall(r"\d+", run.stdout))
