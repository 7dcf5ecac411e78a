"""The random transforms against torchvision's: the same draws from one seed. And how all transforms print."""

import random

import numpy as np
import pytest
import torch
from PIL import Image
from vision_images import BATCH, BIG, FLOATS, IMAGES, F, G, assert_same, assert_same_error, both, tensors, theirs

import minitorch
from minitorch.vision import transforms as ours

# ---- random transforms ---------------------------------------------------------------------------------------------


def plus(k):
    return lambda x: x + [k]


RANDOM = {
    "flips": lambda t: t.Compose([t.RandomHorizontalFlip(), t.RandomVerticalFlip(0.3)]),
    "crop": lambda t: t.RandomCrop((9, 11)),
    "crop padded": lambda t: t.RandomCrop(13, padding=4, padding_mode="reflect"),
    "crop whole": lambda t: t.Compose([t.RandomCrop((13, 18)), t.RandomHorizontalFlip()]),
    "crop if needed": lambda t: t.RandomCrop((20, 25), pad_if_needed=True, fill=3),
    "resized crop": lambda t: t.RandomResizedCrop(8),
    "resized crop narrow": lambda t: t.RandomResizedCrop((6, 9), (0.9, 1.0), (0.1, 0.2), 0),
    "resized crop wide": lambda t: t.RandomResizedCrop(7, [0.9, 1.0], [9, 10], t.InterpolationMode.NEAREST),
    "rotation": lambda t: t.RandomRotation(40),
    "rotation range": lambda t: t.RandomRotation((10, 80), 2, True, fill=7),
    "affine": lambda t: t.RandomAffine(20, (0.2, 0.3), (0.5, 1.5), 10),
    "affine shear": lambda t: t.RandomAffine((0, 5), shear=(1, 2, 3, 40), interpolation=2, center=(1, 2), fill=8),
    "grey": lambda t: t.RandomGrayscale(0.5),
    "jitter": lambda t: t.ColorJitter(0.4, (0.5, 2), 0.7, 0.2),
    "jitter some": lambda t: t.ColorJitter(saturation=0.5, hue=(-0.1, 0.4)),
    "apply": lambda t: t.RandomApply([t.RandomCrop(5), t.RandomHorizontalFlip()], 0.6),
    "cifar": lambda t: t.Compose(
        [
            t.RandomCrop(18, padding=4),
            t.RandomHorizontalFlip(),
            t.ColorJitter(brightness=0.2),
            t.ToTensor(),
            t.Normalize((0.5,) * 3, (0.5,) * 3),
            t.RandomErasing(0.7),
        ]
    ),
}


def seeded(seed):
    minitorch.manual_seed(seed)
    torch.manual_seed(seed)
    random.seed(seed)


def next_draws():
    """What each library draws next: equal only if both drew equally often before."""
    return minitorch.rand(1).item(), torch.rand(1).item()


@pytest.mark.parametrize("name", RANDOM)
def test_the_same_seed_gives_the_same_augmentations(name):
    mine, expected = both(RANDOM[name])
    assert repr(mine) == repr(expected)
    results = set()
    for seed in range(60):
        seeded(seed)
        a = mine(IMAGES["RGB"])
        random.seed(seed)
        b = expected(IMAGES["RGB"])
        assert_same(a, b)
        assert len(set(next_draws())) == 1
        results.add(a.numpy().tobytes() if isinstance(a, minitorch.Tensor) else a.tobytes())
    always_the_middle = name in ("resized crop narrow", "resized crop wide")  # no try can fit
    assert (len(results) == 1) == always_the_middle


TENSOR_RANDOM = ["flips", "crop", "crop padded", "crop if needed", "resized crop wide", "apply"]


@pytest.mark.parametrize("name", TENSOR_RANDOM)
def test_the_same_on_tensors(name):
    mine, expected = both(RANDOM[name])
    for seed in range(20):
        seeded(seed)
        x, y = tensors(BATCH if name != "crop padded" else FLOATS)
        assert_same(mine(x), expected(y))
        assert len(set(next_draws())) == 1


@pytest.mark.parametrize("options", [
    {},
    {"p": 1.0, "scale": (0.1, 0.9), "ratio": (0.2, 4), "value": (1, 2, 3)},
    {"p": 1, "value": 0.5, "inplace": True},
    {"p": 1, "value": "random"},
    {"p": 1, "scale": (1.0, 1.0), "ratio": (1, 1)},
])  # fmt: skip
def test_random_erasing(options):
    mine, expected = both(lambda t: t.RandomErasing(**options))
    assert repr(mine) == repr(expected)
    for seed in range(40):
        seeded(seed)
        x, y = tensors(FLOATS)
        # normal numbers are within one unit in the last place of PyTorch's, and near 0 within one of order 1
        np.testing.assert_allclose(mine(x).numpy(), expected(y).numpy(), rtol=2e-7, atol=1e-7)
        np.testing.assert_array_equal(x.numpy() == FLOATS, y.numpy() == FLOATS)
        assert len(set(next_draws())) == 1


def test_random_order_and_choice_follow_pythons_random():
    def order(t):
        return t.RandomOrder([plus(1), plus(2), plus(3)])([])

    def choice(t, p=None):
        return t.RandomChoice([plus(1), plus(2), plus(3)], p)([])

    for seed in range(30):
        results = []
        for t in (ours, theirs):
            random.seed(seed)
            results.append((order(t), choice(t), choice(t, [1, 5, 2])))
        assert results[0] == results[1]
    assert_same_error(lambda t: t.RandomChoice(3), TypeError)
    assert_same_error(lambda t: t.RandomChoice([], 3), TypeError)


CONSTRUCTED_WRONGLY = [
    lambda t: t.RandomCrop((1, 2, 3)),
    lambda t: t.RandomCrop(20)(IMAGES["RGB"]),
    lambda t: t.RandomResizedCrop(3, scale=0.5),
    lambda t: t.RandomResizedCrop(3, ratio=1),
    lambda t: t.RandomRotation(-3),
    lambda t: t.RandomRotation((1, 2, 3)),
    lambda t: t.RandomRotation({1}),
    lambda t: t.RandomRotation(3, center=(1,)),
    lambda t: t.RandomRotation(3, fill={1}),
    lambda t: t.RandomAffine(3, translate=(0.1, 2)),
    lambda t: t.RandomAffine(3, translate=1),
    lambda t: t.RandomAffine(3, scale=(0, 1)),
    lambda t: t.RandomAffine(3, shear=(1, 2, 3)),
    lambda t: t.RandomAffine(3, fill={1}),
    lambda t: t.ColorJitter(-1),
    lambda t: t.ColorJitter(contrast="x"),
    lambda t: t.ColorJitter(saturation=(2, 1)),
    lambda t: t.ColorJitter(hue=0.6),
    lambda t: t.RandomErasing(2),
    lambda t: t.RandomErasing(value="noise"),
    lambda t: t.RandomErasing(value={1}),
    lambda t: t.RandomErasing(scale=3),
    lambda t: t.RandomErasing(ratio=3),
    lambda t: t.RandomErasing(scale=(0, 2)),
    lambda t: t.RandomErasing(p=1, value=(1, 2))(tensors(FLOATS)[t is theirs]),
    lambda t: t.Lambda(3),
    lambda t: t.CenterCrop((1, 2, 3)),
]


@pytest.mark.parametrize("index", range(len(CONSTRUCTED_WRONGLY)))
def test_wrong_arguments_raise_torchvisions_errors(index):
    assert_same_error(CONSTRUCTED_WRONGLY[index], TypeError, ValueError)


def test_reversed_ranges_warn():
    for t in (ours, theirs):
        with pytest.warns(UserWarning, match="Scale and ratio should be of kind"):
            t.RandomResizedCrop(3, scale=(1.0, 0.5))
        with pytest.warns(UserWarning, match="Scale and ratio should be of kind"):
            t.RandomErasing(ratio=(3, 1))


# ---- prints and modules --------------------------------------------------------------------------------------------

PRINTED = [
    lambda t: t.Compose([]),
    lambda t: t.Compose([t.ToTensor(), t.Compose([t.PILToTensor()]), t.Lambda(repr)]),
    lambda t: t.ToPILImage(),
    lambda t: t.ToPILImage("RGB"),
    lambda t: t.ConvertImageDtype((minitorch if t is ours else torch).float32),
    lambda t: t.Normalize((0.5,), [0.5], True),
    lambda t: t.Normalize([1, 2, 3], (0.1, 0.2, 0.3)),
    lambda t: t.Resize(3),
    lambda t: t.Resize((3, 4), 3, antialias=None),
    lambda t: t.CenterCrop([3]),
    lambda t: t.FiveCrop(3),
    lambda t: t.TenCrop((3, 4), True),
    lambda t: t.Pad(3),
    lambda t: t.Pad((1, 2), (1, 2, 3), "edge"),
    lambda t: t.Grayscale(3),
    lambda t: t.RandomHorizontalFlip(0.3),
    lambda t: t.RandomApply([t.ToTensor(), t.CenterCrop(3)], 0.2),
    lambda t: t.RandomOrder([t.ToTensor()]),
    lambda t: t.RandomChoice([t.ToTensor()], [1]),
    lambda t: t.RandomCrop(3, (1, 2)),
    lambda t: t.RandomResizedCrop((3, 4), (0.12345, 1)),
    lambda t: t.RandomRotation(3, center=(1, 2), fill=(1, 2, 3)),
    lambda t: t.RandomRotation((1, 2), fill=None),
    lambda t: t.RandomAffine(3),
    lambda t: t.RandomAffine((1, 2), (0.1, 0.2), (1, 2), (1, 2), 2, 3, (4, 5)),
    lambda t: t.ColorJitter(),
    lambda t: t.ColorJitter(0.1, 2, (0.3, 0.4), 0.5),
    lambda t: t.RandomErasing(0.1, value="random"),
    lambda t: t.RandomGrayscale(),
    lambda t: t.InterpolationMode.BICUBIC,
]


@pytest.mark.parametrize("index", range(len(PRINTED)))
def test_prints(index):
    mine, expected = both(PRINTED[index])
    assert repr(mine) == repr(expected) and str(mine) == str(expected)


def test_the_same_transforms_are_modules():
    for name in ours.__all__:
        mine, expected = getattr(ours, name), getattr(theirs, name)
        if isinstance(expected, type):
            assert issubclass(mine, minitorch.nn.Module) == issubclass(expected, torch.nn.Module), name
    pipeline = minitorch.nn.Sequential(ours.CenterCrop(4), ours.Normalize((0.5,), (0.5,)))
    expected = torch.nn.Sequential(theirs.CenterCrop(4), theirs.Normalize((0.5,), (0.5,)))
    x, y = tensors(BATCH)
    assert_same(pipeline(x), expected(y))
    assert repr(pipeline) == repr(expected)


def test_public_names_are_torchvisions():
    for mine, expected in ((ours, theirs), (F, G)):
        assert [name for name in mine.__all__ if not hasattr(expected, name)] == []


def test_pillow_does_the_geometry_of_a_large_image():
    """A pipeline as ImageNet's, on an image of another size than the crops."""
    image = Image.fromarray(BIG)

    def pipeline(t):
        return t.Compose([t.Resize(32), t.CenterCrop(28), t.ToTensor(), t.Normalize([0.485, 0.456, 0.406], [0.2] * 3)])

    assert_same(*(pipeline(t)(image) for t in (ours, theirs)))
