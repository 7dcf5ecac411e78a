"""Same seed, same order: DataLoader, samplers, random_split and the random transforms, on 20 seeds.

The calls one by one, and mixed with all others, are in test_same_seed.py; here they stand together as a training script
has them. Loaders with workers, and what workers themselves draw, are in test_dataloader.py.
"""

import random

import pytest
import torch
from same_seed import assert_same
from test_random import SEEDS
from test_vision_random import RANDOM
from vision_images import IMAGES, ours, theirs

import minitorch

ENGINES = (minitorch, torch)


@pytest.mark.parametrize("own_generator", [False, True])
def test_split_and_batches_of_every_epoch(own_generator):
    """random_split, a net's first weights, a shuffled loader: every epoch's batches, with draws of others in between."""
    for seed in SEEDS:
        seen = []
        for engine in ENGINES:
            data = engine.utils.data
            engine.manual_seed(seed)
            generator = engine.Generator().manual_seed(seed ^ 1) if own_generator else None
            rows = data.TensorDataset(engine.arange(61.0).reshape(61, 1) * engine.ones(3), engine.arange(61))
            training, rest = data.random_split(rows, [0.8, 0.2], generator=generator or engine.default_generator)
            net = engine.nn.Linear(3, 4)
            loader = data.DataLoader(training, 8, shuffle=True, drop_last=seed % 2 == 0, generator=generator)
            others = data.DataLoader(rest, 5, sampler=data.RandomSampler(rest, True, 20, generator=generator))
            epochs = []
            for _ in range(4):
                for x, y in loader:
                    epochs.append([x, y, engine.rand(2)])
                epochs.append(list(others))
            seen.append([net.state_dict(), epochs, engine.randn(17), engine.rand(3, generator=generator)])
        assert_same(*seen, f"seed {seed}")
        labels = [batch[1].tolist() for batch in seen[0][1][:6]]
        assert sum(labels, []) != sorted(sum(labels, []))  # it does shuffle


def test_two_loaders_at_once():
    """Their batches taken in turn, in an order that the seed decides."""
    for seed in SEEDS:
        seen = []
        for engine in ENGINES:
            engine.manual_seed(seed)
            choose = random.Random(seed)
            loaders = [engine.utils.data.DataLoader(range(n), 3, shuffle=True) for n in (20, 31)]
            running = [iter(loader) for loader in loaders]
            drawn = []
            for _ in range(40):
                which = choose.randrange(2)
                batch = next(running[which], None)
                if batch is None:
                    running[which] = iter(loaders[which])
                drawn.append([which, batch])
            seen.append([drawn, engine.rand(3)])
        assert_same(*seen, f"seed {seed}")


def test_weighted_and_subset_samplers_in_loaders():
    for seed in SEEDS:
        seen = []
        for engine in ENGINES:
            data = engine.utils.data
            engine.manual_seed(seed)
            weights = [(i * 7 % 5) + 0.5 for i in range(30)]
            samplers = [
                data.WeightedRandomSampler(weights, 25),
                data.SubsetRandomSampler(range(3, 30, 2)),
                data.RandomSampler(range(30), num_samples=70),
                data.BatchSampler(data.RandomSampler(range(30)), 4, True),
            ]
            batches = []
            for _ in range(2):
                for sampler in samplers:
                    size = 1 if isinstance(sampler, data.BatchSampler) else 6
                    options = {"batch_sampler": sampler} if size == 1 else {"sampler": sampler, "batch_size": size}
                    batches.append(list(data.DataLoader(range(30), **options)))
            seen.append([batches, engine.rand(3)])
        assert_same(*seen, f"seed {seed}")


def test_an_augmented_data_set():
    """Images through random transforms, shuffled: pixels to the bit, and the draws of both kinds interleaved."""
    for seed in SEEDS:
        seen = []
        for engine, transforms in zip(ENGINES, (ours, theirs), strict=True):
            steps = transforms.Compose([
                transforms.RandomCrop(12, padding=2),
                transforms.RandomHorizontalFlip(),
                transforms.RandomRotation(15),
                transforms.ColorJitter(0.3, 0.3, 0.3, 0.1),
                transforms.ToTensor(),
                transforms.Normalize((0.5,) * 3, (0.25,) * 3),
                transforms.RandomErasing(0.5),
            ])  # fmt: skip

            class Augmented:
                def __init__(self, transform):
                    self.transform = transform

                def __len__(self):
                    return 7

                def __getitem__(self, index):
                    return self.transform(IMAGES["RGB"]), index

            engine.manual_seed(seed)
            loader = engine.utils.data.DataLoader(Augmented(steps), 3, shuffle=True)
            seen.append([[list(loader) for _ in range(2)], engine.rand(3)])
        assert_same(*seen, f"seed {seed}")


def test_every_random_transform_is_tried():
    """In test_vision_random.py's pipelines, or in its tests of the two that follow Python's `random`."""
    tried = " ".join(repr(build(ours)) for build in RANDOM.values())
    for name in ours.__all__:
        if name.startswith("Random") or name == "ColorJitter":
            assert f"{name}(" in tried or name in ("RandomOrder", "RandomChoice"), name
