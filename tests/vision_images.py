"""Images and comparisons for the tests of minitorch.vision against torchvision."""

import re

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision_cpu import import_torchvision

import minitorch
from minitorch.vision import transforms as ours

theirs = import_torchvision().transforms
F, G = ours.functional, theirs.functional
RNG = np.random.default_rng(3)
RGB = RNG.integers(0, 256, (13, 18, 3)).astype(np.uint8)  # odd, not square
BIG = np.kron(RGB, np.ones((3, 3, 1), np.uint8))


def pil(mode, pixels=RGB):
    return Image.fromarray(pixels).convert(mode)


def tensors(array):
    """One array as a tensor of each library."""
    return minitorch.from_numpy(array.copy()), torch.from_numpy(array.copy())


FLOATS = RNG.random((3, 13, 18)).astype(np.float32)
BYTES = RGB.transpose(2, 0, 1)


def assert_same(mine, expected, ulps=0):
    """Equal type, dtype, shape and values; `ulps` allows that many units in the last place."""
    if isinstance(expected, tuple | list):
        assert len(mine) == len(expected)
        for a, b in zip(mine, expected, strict=True):
            assert_same(a, b, ulps)
    elif isinstance(expected, torch.Tensor):
        assert isinstance(mine, minitorch.Tensor)
        assert str(mine.dtype) == str(expected.dtype) and tuple(mine.shape) == tuple(expected.shape)
        if ulps:
            np.testing.assert_array_max_ulp(mine.numpy(), expected.numpy(), ulps)
        else:
            np.testing.assert_array_equal(mine.numpy(), expected.numpy(), strict=True)
    elif isinstance(expected, Image.Image):
        assert isinstance(mine, Image.Image)
        assert (mine.mode, mine.size) == (expected.mode, expected.size)
        assert mine.tobytes() == expected.tobytes() and mine.getpalette() == expected.getpalette()
    else:
        assert type(mine) is type(expected) and mine == expected


def both(call, *args, **kwargs):
    """`call(library, *args)` for both libraries."""
    return call(ours, *args, **kwargs), call(theirs, *args, **kwargs)


def assert_same_error(call, *exceptions, text=True):
    """Both raise the same exception type; with `text`, with the same message."""
    messages = []
    for library in (ours, theirs):
        with pytest.raises(exceptions) as caught:
            call(library)
        said = re.sub(r" \[in \w+\]$", "", str(caught.value))  # a module of ours adds its own name
        messages.append((caught.type, said if text else ""))
    assert messages[0] == messages[1], messages


IMAGES = {"RGB": pil("RGB"), "L": pil("L"), "P": pil("P"), "RGBA": pil("RGBA"), "F": pil("F")}
BATCH = RNG.random((2, 3, 13, 18)).astype(np.float32)
