"""Datasets, samplers and DataLoader: PyTorch's orders and batches."""

import os
import warnings
from collections import OrderedDict, namedtuple

import numpy as np
import pytest

import minitorch
from minitorch.utils import data as mini_data

torch = pytest.importorskip("torch")
torch_data = pytest.importorskip("torch.utils.data")

from loader_tools import ENGINES, Count, no_hang, plain  # noqa: E402, F401  (no_hang: a fixture of every test)

pytestmark = [
    # Forking a process in which torch runs threads: PyTorch's own loader does, too.
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="the tests' datasets are local classes, which need fork"),
]


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
        mini_data.DataLoader([1], num_workers=1, in_order=False)
    if not minitorch.cuda.is_available():
        with pytest.warns(UserWarning, match="pin_memory"):
            assert len(list(mini_data.DataLoader([1, 2], pin_memory=True))) == 2
    with pytest.warns(UserWarning, match="This DataLoader will create 9999 worker processes"):
        mini_data.DataLoader([1], num_workers=9999)
