"""The four programs from the seed alone, nothing copied across: identical first weights, batches and dropout masks.

Each program's own `main` runs on both engines, on the real data, for 20 seeds. Its training loop is watched (abalone) or
replaced by one that walks the loader through all epochs without training (the others): no order depends on what is
learned. What whole runs print, and how far training lets two engines part, is test_compare.py's.
"""

import contextlib
import functools
import hashlib
import importlib.util
import itertools
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from same_seed import assert_same
from test_random import SEEDS, mkl_draws_there

import minitorch
import reference

for needed in ("sklearn", "pandas", "matplotlib"):
    pytest.importorskip(needed)

ENGINES = {"minitorch": minitorch, "torch": torch}
FOLDER = Path(reference.__file__).parent


def speaking(engine):
    """Within it, `import torch` gives that engine."""
    return minitorch.as_torch() if engine == "minitorch" else contextlib.nullcontext()


@functools.cache
def load(name, engine):
    """The module of a program, whose torch is that engine. Its data sets are read once."""
    with speaking(engine):
        spec = importlib.util.spec_from_file_location(f"{name}_on_{engine}", FOLDER / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        assert module.torch is ENGINES[engine]
    return module


@pytest.fixture
def start(tmp_path, data_dir, monkeypatch):
    """`start(name, engine, seed, options, train)`: what `train`, put in the place of the program's own, returned."""

    class Seen(Exception):
        pass

    def run(name, engine, seed, options, train, **others):
        module = load(name, engine)

        def instead(*args, **kwargs):
            raise Seen(train(module, *args, **kwargs))

        argv = ["--seed", seed, "--data", data_dir, "--out", tmp_path, "--workers", 0, "--no-progress", *options]
        with monkeypatch.context() as patch, speaking(engine), pytest.raises(Seen) as seen:
            patch.setattr(module, "train", instead)
            for place, value in others.items():
                patch.setattr(module, place, value)
            module.main([str(word) for word in argv])
        return seen.value.args[0]

    return run


def first_weights(net):
    return {name: value.clone() for name, value in net.state_dict().items()}


class Numbered:
    """A data set that can be told to give the numbers of its samples instead of the samples."""

    def __init__(self, dataset):
        self.dataset, self.only_numbers = dataset, False

    def __len__(self):
        return len(self.dataset)

    def __getitem__(self, index):
        return self.dataset[index]

    def __getitems__(self, indices):
        return indices if self.only_numbers else [self.dataset[index] for index in indices]


def walk(module, *given, **options):
    """The first weights, the numbers of all samples in the order of every epoch, then two batches with their pixels."""
    net, loader, args, _ = given[-4:]  # mnist's has a name before them, the others do not
    weights = first_weights(net)
    loader.dataset.only_numbers = True
    collate, loader.collate_fn = loader.collate_fn, list
    orders = [np.fromiter(itertools.chain.from_iterable(loader), np.int64) for _ in range(args.epochs)]
    loader.dataset.only_numbers, loader.collate_fn = False, collate
    batches = iter(loader)
    return weights, orders, [next(batches), next(batches)], module.torch.rand(3)


@functools.cache
def images(name, engine, folder):
    """Both data sets of cifar10 or mnist."""
    module = load(name, engine)
    with speaking(engine):
        return module.load_data(module.flags("", epochs=1, batch_size=1, workers=0).parse_args(["--data", str(folder)]))


@pytest.mark.parametrize("name, epochs, size", [("cifar10", 2, 50_000), ("mnist", 5, 60_000)])
def test_image_programs(name, epochs, size, start, data_dir):
    different = set()
    for seed in SEEDS:
        seen = []
        for engine in ENGINES:
            training, test = images(name, engine, data_dir)
            data = Numbered(training), test
            weights, orders, batches, following = start(
                name, engine, seed, [], walk, load_data=lambda args, data=data: data
            )
            assert np.array_equal(np.sort(orders[0]), np.arange(size)) and len(orders) == epochs
            digests = [hashlib.sha256(order).hexdigest() for order in orders]
            assert len(set(digests)) == epochs  # another order in each epoch
            seen.append([weights, digests, batches, following])
        assert_same(*seen, f"{name}, seed {seed}")
        different.add(tuple(digests))
    assert len(different) == len({seed % 2**32 for seed in SEEDS})  # MT19937 sees 32 bits of a seed


def walk_real(module, net, loader, args, checkpoint):
    """The first weights and every batch of every epoch, images and labels."""
    weights = first_weights(net)
    return weights, [list(loader) for _ in range(args.epochs)], module.torch.rand(3)


def test_digits(start):
    """With its random_split into training and test images. Ten epochs, all pixels."""
    for seed in SEEDS:
        seen = []
        for engine in ENGINES:
            data = digits_data(engine)
            seen.append(start("digits", engine, seed, [], walk_real, load_data=lambda data=data: data))
        assert_same(*seen, f"digits, seed {seed}")
        assert len(seen[0][1]) == 10 and sum(len(labels) for _, labels in seen[0][1][0]) == 1797 - 360


@functools.cache
def digits_data(engine):
    with speaking(engine):
        return load("digits", engine).load_data()


# ---- abalone: with its training ------------------------------------------------------------------------------------


@functools.cache
def abalone_table(engine, folder):
    with speaking(engine):
        return load("abalone", engine).read_table(f"{folder}/abalone/abalone.data")


@contextlib.contextmanager
def watched(module):
    """Lists that fill with every batch a loader gives and every mask that dropout uses. The run goes on as it would."""
    engine, batches, masks = module.torch, [], []
    loader, dropout = module.DataLoader, engine.nn.functional.dropout

    class Watched(loader):
        def __iter__(self):
            for batch in super().__iter__():
                batches.append(batch)
                yield batch

    def masking(input, p=0.5, training=True, inplace=False):
        """The mask is what dropout makes of ones, from the stream's same place."""
        before = engine.get_rng_state()
        output = dropout(input, p, training, inplace)
        after = engine.get_rng_state()
        engine.set_rng_state(before)
        mask = dropout(engine.ones_like(input), p, training) != 0
        assert bool((engine.get_rng_state() == after).all())
        assert not output[~mask].any()
        if training:
            masks.append(mask)
        return output

    module.DataLoader, engine.nn.functional.dropout = Watched, masking
    try:
        yield batches, masks
    finally:
        module.DataLoader, engine.nn.functional.dropout = loader, dropout


def trained(train):
    """The program's own training, watched."""

    def watch(module, name, model, criterion, trainset, valset, args, checkpoint, **options):
        weights = first_weights(model)
        with watched(module) as (batches, masks):
            result = train(name, model, criterion, trainset, valset, args, checkpoint, **options)
        assert len(result["training_losses"]) == args.epochs
        return weights, trainset.tensors, valset.tensors, batches, masks, module.torch.rand(3)

    return watch


# name: epochs and rows a batch; with dropout as the program has them, else fewer and longer steps for the same orders
VARIANTS = {name: (3, 300) for name in ("two", "three", "sex", "l2", "regression")} | {"dropout": (2, 64)}


@pytest.mark.parametrize("variant", [pytest.param(v, marks=mkl_draws_there) if v == "dropout" else v for v in VARIANTS])
def test_abalone(variant, start, data_dir):
    """Weights, the parts of the table, every batch of every epoch, and in the variant with dropout every mask."""
    epochs, size = VARIANTS[variant]
    options = ["--variant", variant, "--epochs", epochs, "--batch-size", size]
    for seed in SEEDS:
        seen = []
        for engine in ENGINES:
            table = abalone_table(engine, data_dir)
            watch = trained(load("abalone", engine).train)
            seen.append(start("abalone", engine, seed, options, watch, read_table=lambda path, table=table: table))
        assert_same(*seen, f"abalone {variant}, seed {seed}")
        _, (inputs, _), _, batches, masks, _ = seen[0]
        assert len(inputs) == 2088 and len(batches) == epochs * math.ceil(2088 / size)
        assert len(masks) == (3 * len(batches) if variant == "dropout" else 0)
        if masks:
            kept = np.mean([mask.numpy().mean() for mask in masks])
            assert abs(kept - 0.8) < 0.01
