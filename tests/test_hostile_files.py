"""Files made to harm, and that the check of them can fail: a reader with a hole in it is noticed."""

from __future__ import annotations

import io
import os
import pickle
import re
import subprocess
import sys
import zipfile

import pytest

import minitorch
from benchmarks import hostile_files
from minitorch import archive, unpickling

# The least that each group must have; a reader could also pass by being asked nothing.
LEAST = {
    "calls of what is not allowed": 600, "methods and fields overwritten": 250, "persistent ids": 70,
    "shapes, strides, storages": 80, "huge and costly": 40, "broken programs": 250, "allowed calls, any arguments": 1000,
    "deep and large, but plain": 9, "archives that lie": 100, "ends of archives that lie": 100, "cut off": 1500,
    "one bit flipped": 4000,
}  # fmt: skip


def test_nothing_hostile_gets_through():
    command = [sys.executable, "-m", "benchmarks.hostile_files", "--flips", "4000", "--deep", "200000"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    counts = {group: int(tried.replace(",", "")) for group, tried in re.findall(r"(?m)^(\S.*?)  +([\d,]+) ", done.stdout)}
    for group, least in LEAST.items():
        assert counts[group] >= least, group


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def through(files, right=None, most=400):
    """How many of the first files get through."""
    return sum(hostile_files.attempt(content, right)[0] == "THROUGH" for _, (_, content) in zip(range(most), files, strict=False))


def test_another_allowed_name_would_be_noticed(folder, monkeypatch):
    monkeypatch.setitem(unpickling._REBUILD, "os.system", lambda machine, command: os.system(command))
    assert through(hostile_files.pickles(hostile_files.calls), most=30) >= 2


def test_an_ordinary_unpickler_would_be_noticed(folder, monkeypatch):
    class Ordinary:
        def __init__(self, data, storage):
            self.data = data

        def load(self):
            return pickle.loads(self.data)

    monkeypatch.setattr(minitorch.serialization, "Unpickler", Ordinary)
    assert through(hostile_files.pickles(hostile_files.calls), most=14) >= 5


def test_unchecked_contents_would_be_noticed(folder, monkeypatch):
    right = hostile_files.good_object()
    flips = list(hostile_files.flips(300))
    assert through(flips, lambda value: hostile_files.equal(value, right)) == 0
    monkeypatch.setattr(zipfile.ZipExtFile, "_update_crc", lambda self, new: None)
    assert through(flips, lambda value: hostile_files.equal(value, right)) > 3


def test_unchecked_shapes_would_be_noticed(folder, monkeypatch):
    def careless(machine, storage, offset, size, *more):
        return minitorch.zeros(3)

    monkeypatch.setitem(unpickling._REBUILD, "torch._utils._rebuild_tensor_v2", careless)
    assert through(hostile_files.pickles(hostile_files.shapes)) > 30


def test_unchecked_attributes_and_states_would_be_noticed(folder, monkeypatch):
    monkeypatch.setattr(unpickling, "is_own_attribute", lambda tensor, name: True)
    assert through(hostile_files.pickles(hostile_files.builds)) > 10


def test_unchecked_archives_would_be_noticed(folder, monkeypatch):
    monkeypatch.setattr(archive.Archive, "_check_places", lambda self: None)
    monkeypatch.setattr(archive.Archive, "_admit", lambda self, info: self.members.setdefault(info.filename, info))
    assert through(hostile_files.archives(), most=60) > 10


def test_a_compressed_archive_is_refused_with_advice():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in hostile_files.records().items():
            packed.writestr(name, content)
    file.seek(0)
    with pytest.raises(RuntimeError, match="the file is corrupt: member 'archive/data.pkl' is compressed.*zip -0"):
        minitorch.load(file)


def test_what_zip_and_other_tools_pack_uncompressed_is_read(tmp_path):
    """With entries for folders, as those write."""
    members = [("archive/", b""), ("archive/data/", b""), *hostile_files.records().items()]
    assert minitorch.load(io.BytesIO(hostile_files.packed(members))).tolist() == [1.0] * 40


def test_many_equal_things_are_no_attack():
    """What copies much within reason: many equal bytes, sets, sizes, keys of the same kind."""
    obj = {
        "bytes": [b"x" * 5000 for _ in range(500)],
        "short": [b"ab" for _ in range(20_000)],
        "sets": [{1.5, (1, 2), "a"} for _ in range(3000)],
        "sizes": [minitorch.Size([1, 2, 3, 4]) for _ in range(3000)],
        "devices": [minitorch.device("cuda", i % 4) for i in range(3000)],
        "keys": {(i, float(i)): None for i in range(3000)} | {2**61 + i: i for i in range(3000)},
        "states": {i: {"step": i, (i,): i} for i in range(3000)},
    }
    file = io.BytesIO()
    minitorch.save(obj, file)
    file.seek(0)
    assert minitorch.load(file) == obj
