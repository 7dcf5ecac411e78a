"""Files that are damaged, hostile or of another kind: `load` says what is wrong, and nothing in them is carried out."""

import io
import os
import pickle
import random
import sys
import zipfile

import numpy as np
import pytest
import torch
from checkpoint_files import good, same, with_records

import minitorch


class Own:
    pass


def plain_zip():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("notes.txt", "hello")
    return file.getvalue()


def legacy():
    file = io.BytesIO()
    torch.save({"w": torch.ones(3)}, file, _use_new_zipfile_serialization=False)
    return file.getvalue()


BAD_FILES = {
    "empty": (b"", EOFError, "is empty"),
    "text": (
        b"hello world, this is no checkpoint",
        pickle.UnpicklingError,
        "is not a checkpoint: it begins with b'hello",
    ),
    "cut to its head": (good()[:20], RuntimeError, "truncated or corrupt.*central directory"),
    "cut in half": (good()[: len(good()) // 2], RuntimeError, "truncated or corrupt.*central directory"),
    "cut at the end": (good()[:-10], RuntimeError, "truncated or corrupt.*central directory"),
    "flipped number": (good().replace(b"\0\0\x80?", b"\0\0\x81?", 1), RuntimeError, "record data/0: Bad CRC-32"),
    "another zip": (plain_zip(), RuntimeError, "failed locating file data.pkl"),
    "legacy": (legacy(), pickle.UnpicklingError, "PyTorch before 1.6"),
    "bare pickle": (pickle.dumps({"a": 1}), pickle.UnpicklingError, "is not a checkpoint"),
    "TorchScript": (with_records(**{"constants.pkl": b"x"}), RuntimeError, "TorchScript"),
    "missing storage": (with_records(data__0=None), RuntimeError, "locating file data/0"),
    "short storage": (with_records(data__0=b"1234"), RuntimeError, "data/0 has 4 bytes instead of 160"),
    "cut pickle": (with_records(**{"data.pkl": b"\x80\x02}q"}), pickle.UnpicklingError, "data.pkl that ends early"),
    "empty pickle": (with_records(**{"data.pkl": b""}), pickle.UnpicklingError, "ends early"),
    "protocol 0": (with_records(**{"data.pkl": pickle.dumps({"a": 1}, 0)}), pickle.UnpicklingError, "instruction"),
    "bfloat16": (good(torch.ones(2, dtype=torch.bfloat16)), pickle.UnpicklingError, "torch.BFloat16Storage"),
    "complex": (good(torch.ones(2, dtype=torch.complex64)), pickle.UnpicklingError, "torch.ComplexFloatStorage"),
    "numpy": (good({"n": np.ones(2)}), pickle.UnpicklingError, "GLOBAL numpy.*_reconstruct"),
    "a function": (good({"f": os.getcwd}), pickle.UnpicklingError, "GLOBAL posix.getcwd was not an allowed global"),
    "an object": (good(Own()), pickle.UnpicklingError, "GLOBAL test_bad_checkpoints.Own.*state_dict"),
    "sparse": (good(torch.eye(2).to_sparse()), pickle.UnpicklingError, "_rebuild_sparse_tensor"),
}


@pytest.mark.parametrize("content, kind, text", BAD_FILES.values(), ids=BAD_FILES)
def test_bad_files(tmp_path, content, kind, text):
    path = tmp_path / "bad.pt"
    path.write_bytes(content)
    with pytest.raises(kind, match=text) as raised:
        minitorch.load(path)
    assert str(path) in str(raised.value)
    with pytest.raises(kind, match=text):
        minitorch.load(io.BytesIO(content), weights_only=False)


def rebuild(size, stride, offset=0, numel=b"K\x28", requires_grad=b"\x89"):
    """The pickle of one tensor on storage 0."""

    def number(n):
        return b"J" + n.to_bytes(4, "little", signed=True)

    def numbers(values):
        return b"(" + b"".join(map(number, values)) + b"t"

    return (
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000"
        b"X\x03\0\0\0cpu" + numel + b"tQ" + number(offset) + numbers(size) + numbers(stride) + requires_grad
        + b"ccollections\nOrderedDict\n)RtR."
    )  # fmt: skip


HOSTILE = {
    "call": b"\x80\x02cos\nsystem\nX\x04\0\0\0true\x85R.",
    "call by another name": b"\x80\x02cminitorch.serialization\nsave\nK\x01\x85R.",
    "builtin": b"\x80\x02c__builtin__\neval\nX\x01\0\0\x001\x85R.",
    "call a string": b"\x80\x02X\x0e\0\0\0builtins.set..]\x85R.",
    "call a dtype": b"\x80\x02ctorch\nfloat32\n]\x85R.",
    "old global": b"\x80\x02(S'true'\nios\nsystem\n.",
    "stack global": b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R.",
    "new object": b"\x80\x02ccollections\nOrderedDict\n)\x81.",
    "attributes of a dict": b"\x80\x02ccollections\nOrderedDict\n)R}X\x06\0\0\0updateK\x01sb.",
    "attributes of a class": b"\x80\x02ccollections\nOrderedDict\n}X\x09\0\0\0_metadataK\x01sb.",
    "attributes of a dtype": b"\x80\x02ctorch\nfloat32\n}X\x05\0\0\0numpyK\x01sb.",
    "append to a dict": b"\x80\x02}K\x01a.",
    "item of a list": b"\x80\x02]K\x00K\x01s.",
    "unhashable key": b"\x80\x02}]K\x01s.",
    "gigantic bytearray": b"\x80\x02c__builtin__\nbytearray\n\x8a\x05\0\0\0\0\x10\x85R.",
    "stack underflow": b"\x80\x02R.",
    "tuple of too little": b"\x80\x02K\x01\x87.",
    "no mark": b"\x80\x02K\x01t.",
    "unknown memory": b"\x80\x02h\x05.",
    "no end": b"\x80\x02K\x01",
    "endless text": b"\x80\x02X\xff\xff\xff\xffabc.",
    "bad utf-8": b"\x80\x02X\x02\0\0\0\xff\xfe.",
    "unending name": b"\x80\x02ctorch",
    "persistent text": b"\x80\x02X\x01\0\0\0aQ.",
    "not a storage": b"\x80\x02(X\x06\0\0\0modulectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x28tQ.",
    "storage kind as text": b"\x80\x02(X\x07\0\0\0storageX\x05\0\0\0FloatX\x01\0\0\x000X\x03\0\0\0cpuK\x28tQ.",
    "a class": b"\x80\x02ccollections\nOrderedDict\n.",
    "a class in a dict": b"\x80\x02}K\x01ccollections\nOrderedDict\ns.",
    "a class in a list": b"\x80\x02]ctorch\nSize\na.",
    "beyond the storage": rebuild([41], [1]),
    "beyond by offset": rebuild([40], [1], offset=1),
    "beyond by stride": rebuild([4, 11], [10, 1]),
    "negative stride": rebuild([2], [-1], offset=3),
    "negative offset": rebuild([2], [1], offset=-1),
    "negative size": rebuild([-2], [1]),
    "too few strides": rebuild([2, 2], [1]),
    "more elements than bytes": rebuild([2], [1], numel=b"K\x29"),
    "negative number of elements": rebuild([2], [1], numel=b"J\xff\xff\xff\xff"),
    "number of elements as text": rebuild([2], [1], numel=b"X\x01\0\0\x00a"),
    "too many sizes": rebuild([1] * 200, [1] * 200),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_pickles(data):
    content = with_records(**{"data.pkl": data})
    with pytest.raises((pickle.UnpicklingError, RuntimeError), match="the file"):
        minitorch.load(io.BytesIO(content))
    assert minitorch.float32.numpy == np.float32  # what a file tried to change is as it was


def test_the_pickle_that_the_hostile_ones_are_made_from_is_good():
    back = minitorch.load(io.BytesIO(with_records(**{"data.pkl": rebuild([2, 3], [20, 2], offset=4)})))
    assert tuple(back.shape) == (2, 3) and back.sum().item() == 6.0


def test_random_damage_never_surprises():
    """Whatever bytes change: the right object (the change hit padding), or one of the documented errors."""
    source = random.Random(0)
    content = good({"w": torch.arange(6.0), "names": ["a", ("b", 1.5, None)], "more": {"x": 2**40}})
    expected = minitorch.load(io.BytesIO(content))
    failed = 0
    for _ in range(1500):
        damaged = bytearray(content)
        for _ in range(source.choice([1, 1, 1, 3])):
            damaged[source.randrange(len(damaged))] = source.randrange(256)
        if source.random() < 0.1:
            del damaged[source.randrange(len(damaged)) :]
        try:
            back = minitorch.load(io.BytesIO(bytes(damaged)))
        except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
            assert "the file" in str(error)
            failed += 1
        else:
            same(back, expected)
    assert failed > 300


def test_random_pickles_never_surprise():
    """Damage inside data.pkl, with a right checksum: another object perhaps, but never another kind of error."""
    source = random.Random(1)
    with zipfile.ZipFile(io.BytesIO(good({"w": torch.arange(40.0), "n": [1, ("b", 1.5)], "s": {1}}))) as archive:
        data = archive.read("archive/data.pkl")
    failed = 0
    for _ in range(1500):
        damaged = bytearray(data)
        for _ in range(source.choice([1, 2, 4])):
            damaged[source.randrange(len(damaged))] = source.randrange(256)
        try:
            minitorch.load(io.BytesIO(with_records(**{"data.pkl": bytes(damaged)})))
        except (pickle.UnpicklingError, RuntimeError) as error:
            assert "the file" in str(error)
            failed += 1
    assert failed > 300


def test_a_file_of_foreign_byte_order_is_read():
    other = {"little": b"big", "big": b"little"}[sys.byteorder]
    swapped = np.ones(40, np.float32).byteswap().tobytes()
    assert minitorch.load(io.BytesIO(with_records(byteorder=other, data__0=swapped)))["w"].tolist() == [1.0] * 40
