"""The run on a card (benchmarks/gpu_run.sh) and the data that it takes along, as far as they go without a card."""

import os
import pickle
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import pack_data

SCRIPT = Path(pack_data.__file__).with_name("gpu_run.sh")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a card")
def test_without_a_card_it_says_why_and_passes(tmp_path):
    done = subprocess.run(["bash", SCRIPT], env=os.environ | {"OUT": str(tmp_path), "PYTHON": sys.executable},
                          capture_output=True, text=True, timeout=60)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("skipped, no card: ") and done.stdout == (tmp_path / "summary.txt").read_text()
    assert "PyTorch" in done.stdout


def test_the_time_limits_of_its_steps_fit_twelve_minutes():
    text = SCRIPT.read_text()
    limits = [int(number) for number in re.findall(r'^(?:step "[a-z ]+"|compare [a-z0-9]+) (\d+)', text, re.MULTILINE)]
    assert len(limits) == 11 and 400 < sum(limits) + 8 * len(limits) <= 720


@pytest.fixture
def whole(tmp_path):
    """Data sets of 24 images in each file."""
    rng = np.random.default_rng(1)
    folder = tmp_path / "whole"
    for sub in (pack_data.CIFAR, "MNIST/raw", "abalone"):
        (folder / sub).mkdir(parents=True)
    for name in pack_data.CIFAR_IMAGES:
        entry = {"data": rng.integers(0, 256, (24, 3072), np.uint8), "labels": rng.integers(0, 10, 24).tolist()}
        (folder / pack_data.CIFAR / name).write_bytes(pickle.dumps(entry | {"batch_label": name}, protocol=2))
    (folder / pack_data.CIFAR / "batches.meta").write_bytes(b"names")
    for name, (_, size, start) in pack_data.MNIST_PARTS.items():
        (folder / "MNIST" / "raw" / name).write_bytes(bytes(range(start)) + rng.bytes(24 * size))
    (folder / "abalone" / "abalone.data").write_text("M,0.4\n")
    return folder


def test_first_images_are_repeated_until_the_file_is_full(whole, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(pack_data, "CIFAR_IMAGES", dict.fromkeys(pack_data.CIFAR_IMAGES, 10))
    few = {name: (5, size, start) for name, (_, size, start) in pack_data.MNIST_PARTS.items()}
    monkeypatch.setattr(pack_data, "MNIST_PARTS", few)
    packed, laid_out = tmp_path / "packed", tmp_path / "laid out"
    assert pack_data.main([str(whole), str(packed)]) == 0 and "data.tar.xz: 0.2 MiB" in capsys.readouterr().out
    assert pack_data.main([str(packed), "--unpack", str(laid_out)]) == 0

    names = {path.relative_to(whole) for path in whole.rglob("*") if path.is_file()}
    assert names == {path.relative_to(laid_out) for path in laid_out.rglob("*") if path.is_file()}
    order = [*range(10), *range(10), 0, 1, 2, 3]
    for name in pack_data.CIFAR_IMAGES:
        before, after = (pickle.loads((f / pack_data.CIFAR / name).read_bytes()) for f in (whole, laid_out))
        np.testing.assert_array_equal(after["data"], before["data"][order], strict=True)
        assert after["labels"] == [before["labels"][k] for k in order] and after["batch_label"] == name
    for name, (_, size, start) in few.items():
        before, after = ((f / "MNIST" / "raw" / name).read_bytes() for f in (whole, laid_out))
        assert after[:start] == before[:start] and len(after) == len(before)
        assert after[start:] == (before[start : start + 5 * size] * 5)[: 24 * size]
    assert (laid_out / "abalone" / "abalone.data").read_text() == "M,0.4\n"


def test_refusals(whole, tmp_path, monkeypatch, capsys):
    assert pack_data.main([str(tmp_path / "none"), str(tmp_path / "packed")]) == 2
    assert "No such file" in capsys.readouterr().err
    monkeypatch.setattr(pack_data, "MOST_BYTES", 1000)
    with pytest.raises(RuntimeError, match="more than 1,000"):
        pack_data.pack(whole, tmp_path / "packed")
    with pytest.raises(SystemExit):
        pack_data.main([])


def test_an_archive_writes_nothing_elsewhere(tmp_path):
    (tmp_path / "packed").mkdir()
    with tarfile.open(tmp_path / "packed" / pack_data.ARCHIVE, "w:xz") as archive:
        archive.addfile(tarfile.TarInfo("../outside"))
    with pytest.raises(RuntimeError, match="outside.*none of the data files"):
        pack_data.unpack(tmp_path / "packed" / pack_data.ARCHIVE, tmp_path / "in")
