"""minitorch.vision.utils against torchvision.utils."""

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision_cpu import import_torchvision

import minitorch
from minitorch.vision import utils as ours

theirs = import_torchvision().utils
RNG = np.random.default_rng(4)

SHAPES = [(4, 5), (1, 4, 5), (3, 4, 5), (1, 3, 4, 5), (1, 1, 4, 5), (7, 3, 4, 5), (9, 1, 5, 4), (3, 2, 4, 5)]
OPTIONS = [
    {},
    {"nrow": 3, "padding": 0},
    {"nrow": 20, "padding": 1, "pad_value": 0.7},
    {"normalize": True},
    {"normalize": True, "scale_each": True, "nrow": 2},
    {"normalize": True, "value_range": (-1, 2)},
    {"normalize": True, "value_range": (-0.5, 0.5), "scale_each": True},
]


def close(mine, expected):
    assert str(mine.dtype) == str(expected.dtype) and tuple(mine.shape) == tuple(expected.shape)
    np.testing.assert_allclose(mine.numpy(), expected.numpy(), rtol=0, atol=1e-7)  # (x − low) / range, float32, ≤ 1


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("options", OPTIONS)
def test_make_grid(shape, options):
    x = RNG.normal(size=shape).astype(np.float32)
    before = x.copy()
    close(ours.make_grid(minitorch.from_numpy(x), **options), theirs.make_grid(torch.from_numpy(x), **options))
    np.testing.assert_array_equal(x, before)


def test_make_grid_of_lists_and_other_dtypes():
    images = [RNG.integers(0, 256, (3, 4, 5)).astype(np.uint8) for _ in range(5)]
    close(
        ours.make_grid([minitorch.from_numpy(x) for x in images], pad_value=9),
        theirs.make_grid([torch.from_numpy(x) for x in images], pad_value=9),
    )
    x = RNG.random((3, 3, 4, 5))
    close(ours.make_grid(minitorch.from_numpy(x)), theirs.make_grid(torch.from_numpy(x)))
    grid = ours.make_grid(minitorch.ones(2, 3, 4, 5, requires_grad=True))
    assert not grid.requires_grad
    for wrong in (3, np.zeros((3, 4, 5)), [3]):
        messages = []
        for library in (ours, theirs):
            with pytest.raises(TypeError) as caught:
                library.make_grid(wrong)
            messages.append(str(caught.value))
        assert messages[0] == messages[1]
    with pytest.raises(TypeError, match="value_range has to be a tuple"):
        ours.make_grid(grid, normalize=True, value_range=[0, 1])


def test_save_image_writes_what_torchvision_writes(tmp_path):
    x = RNG.normal(0.5, 0.4, (5, 3, 6, 7)).astype(np.float32)  # also below 0 and above 1
    ours.save_image(minitorch.from_numpy(x), tmp_path / "a.png", nrow=2)
    theirs.save_image(torch.from_numpy(x), tmp_path / "b.png", nrow=2)
    with Image.open(tmp_path / "a.png") as mine, Image.open(tmp_path / "b.png") as expected:
        assert (mine.mode, mine.format) == (expected.mode, "PNG")
        np.testing.assert_array_equal(np.asarray(mine), np.asarray(expected))
    with open(tmp_path / "c", "wb") as file:
        ours.save_image(minitorch.from_numpy(x), file, format="bmp")
    ours.save_image(minitorch.from_numpy(x), str(tmp_path / "d"), format="bmp")
    assert (tmp_path / "c").read_bytes() == (tmp_path / "d").read_bytes()
    assert (tmp_path / "c").read_bytes()[:2] == b"BM"


def test_save_image_leaves_nothing_half_written(tmp_path, monkeypatch):
    x = minitorch.zeros(3, 4, 4)
    (tmp_path / "old.png").write_bytes(b"old")

    def fail(self, file, format=None):
        file.write(b"half")
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(Image.Image, "save", fail)
        with pytest.raises(OSError, match="disk full"):
            ours.save_image(x, tmp_path / "old.png")
    assert [path.name for path in tmp_path.iterdir()] == ["old.png"]
    assert (tmp_path / "old.png").read_bytes() == b"old"
    with pytest.raises(ValueError, match="unknown file extension: .xyz"):
        ours.save_image(x, tmp_path / "a.xyz")
    with pytest.raises(OSError):
        ours.save_image(x, tmp_path / "no" / "a.png")
