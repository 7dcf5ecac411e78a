"""Checkpoints: read by PyTorch, read from PyTorch, and written so that they are whole or not there."""

import collections
import errno
import io
import mmap
import os
import pickle
import signal
import stat
import subprocess
import sys
import tempfile
import zipfile

import numpy as np
import pytest
import torch
from checkpoint_files import good, same, with_records

import minitorch
from minitorch import files, serialization
from minitorch.tensor import wrap

TRANSFERS = [(minitorch, minitorch), (minitorch, torch), (torch, minitorch)]
DTYPES = ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool"]


def transfer(obj, origin, goal, **options):
    file = io.BytesIO()
    origin.save(obj, file)
    file.seek(0)
    return goal.load(file, weights_only=True, **options)


def everything(engine):
    x = engine.arange(24.0).reshape(4, 6)
    return {
        "tensors": {name: engine.ones(2, 3).to(getattr(engine, name)) for name in DTYPES},
        "shapes": [engine.tensor(3.5), engine.zeros(0, 4), engine.zeros(1), engine.zeros(1, 1, 2)],
        "views": (x, x[1], x[:, 2], x.t(), x[1:3, ::2], x[0].expand(3, 6), x[:, :1]),
        "leaf": engine.ones(2, requires_grad=True),
        "computed": engine.ones(2, requires_grad=True) * 2,
        "parameters": [engine.nn.Parameter(engine.ones(3)), engine.nn.Parameter(engine.ones(1), requires_grad=False)],
        "numbers": [0, 1, -1, 255, 256, 65535, 65536, 2**31 - 1, -(2**31), 2**31, 2**100, -(2**100), True, False, None],
        "floats": [0.5, -0.0, float("inf"), float("nan"), 5e-324, 1e300],
        "texts": ["", "é ∑ 🙂", "a" * 300, "twice", "twice", "\ud800"],
        "other": [b"", b"\x00\xff", bytearray(b"ab"), 1 + 2j, {1, 2}, set(), {}, [], (), ((),), (1,), (1, 2, 3, 4)],
        "described": [engine.float32, engine.int64, engine.device("cpu"), engine.device("cuda", 1), x.shape],
        "ordered": collections.OrderedDict([("b", 1), ("a", [2])]),
        "counted": collections.Counter("abca"),
        3: {(1, "x"): {None: False}},
        "many": list(range(1000)),  # more than 256 things to remember
        "names": {f"layer{i}.weight": f"text {i}" for i in range(300)},
    }


@pytest.mark.parametrize("origin, goal", TRANSFERS)
def test_everything_comes_back(origin, goal):
    obj = everything(origin)
    obj["parameters"][0].data[1] = 7.0
    back = transfer(obj, origin, goal)
    assert all(type(p).__name__ == "Parameter" for p in back["parameters"])
    expected = everything(goal)
    expected["parameters"][0].data[1] = 7.0
    assert back["leaf"].is_leaf and back["computed"].is_leaf  # the history is not saved, as in PyTorch
    expected["computed"] = expected["computed"].detach().requires_grad_()
    same(back, expected)


@pytest.mark.parametrize("origin, goal", TRANSFERS)
def test_shared_memory_stays_shared(origin, goal):
    x = origin.zeros(4, 6)
    other = origin.zeros(3)
    back = transfer([x, x[1:3].t(), x, x.view(-1), other, x[3]], origin, goal)
    assert back[0] is back[2]
    back[0][1, 2] = 5.0
    assert back[1][2, 0].item() == 5.0 and back[3][8].item() == 5.0
    back[5].fill_(2.0)
    assert back[0][3].tolist() == [2.0] * 6 and back[4].tolist() == [0.0] * 3
    assert back[1].stride() == (1, 6)


def test_loaded_views_share_their_version_counter():
    x = minitorch.zeros(4)
    whole, part = transfer([x, x[:2]], minitorch, minitorch)
    w = minitorch.ones(2, requires_grad=True)
    y = (w * part).sum()
    whole.fill_(1.0)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


@pytest.mark.parametrize("origin, goal", TRANSFERS)
def test_shared_containers_stay_one_object(origin, goal):
    part = {"a": [1]}
    circle = [part]
    circle.append(circle)
    back = transfer({"one": part, "two": part, "circle": circle}, origin, goal)
    assert back["one"] is back["two"] and back["circle"][0] is back["one"] and back["circle"][1] is back["circle"]


def test_views_numpy_makes_and_storages_cannot_tell():
    backwards = wrap(np.arange(5.0)[::-1])
    reread = minitorch.from_numpy(np.arange(6, dtype=np.float64).view(np.int32)[::2])
    fortran = minitorch.from_numpy(np.asfortranarray(np.arange(6.0).reshape(2, 3)))
    gaps = minitorch.from_numpy(np.arange(24.0).reshape(4, 6)[:, 1:4][::2])
    fields = minitorch.from_numpy(np.zeros(3, dtype=[("a", "u1"), ("b", "f4")])["b"])
    tensors = [backwards, reread, fortran, gaps, fields]
    for goal in (minitorch, torch):
        for ours, back in zip(tensors, transfer(tensors, minitorch, goal), strict=True):
            assert back.tolist() == ours.tolist() and str(back.dtype) == str(ours.dtype)


def storages(content):
    """The storages in a file, from the largest to the smallest, in bytes."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return sorted((info.file_size for info in archive.infolist() if "/data/" in info.filename), reverse=True)


VIEWS = {
    "a part": lambda x, e: x[500:510],
    "two parts": lambda x, e: [x[500:510], x[505:520]],
    "a part of a part": lambda x, e: x[100:900][5:7],
    "a column": lambda x, e: x.view(50, 20)[:, 3],
    "a clone of a part": lambda x, e: x[500:510].clone(),
    "expanded": lambda x, e: x[:1].expand(10_000),
    "one element": lambda x, e: x[17],
    "from NumPy": lambda x, e: e.from_numpy(np.arange(100.0)[20:40:2]),
    "a parameter's part": lambda x, e: e.nn.Parameter(x)[3:9],
    "nothing": lambda x, e: e.zeros(0, 3),
}


@pytest.mark.parametrize("make", VIEWS.values(), ids=VIEWS)
def test_a_view_is_saved_with_the_memory_that_pytorch_saves(make):
    sizes = []
    for engine in (minitorch, torch):
        file = io.BytesIO()
        engine.save(make(engine.zeros(1000), engine), file)
        sizes.append(storages(file.getvalue()))
    assert sizes[0] == sizes[1]


def test_parts_of_results_share_their_memory_and_bring_nothing_else():
    """Results of large operations lie in memory that is used again, and may be part of a larger piece."""
    result = minitorch.relu(minitorch.randn(300_000))
    assert result._array.base is not None  # or there is nothing to test here
    file = io.BytesIO()
    minitorch.save([result, result[10:], result.detach()[10:]], file)
    assert storages(file.getvalue()) == [1_200_000]
    file.seek(0)
    a, b, c = minitorch.load(file)
    b[0] = 7.0
    assert a[10].item() == c[0].item() == 7.0


def test_storages_lie_where_pytorch_can_map_them(tmp_path):
    path = tmp_path / "x.pt"
    minitorch.save([minitorch.ones(n) for n in (1, 3, 50, 7)], path)
    with zipfile.ZipFile(path) as archive, open(path, "rb") as file:
        assert [n for n in archive.namelist() if "/data/" in n] == [f"archive/data/{i}" for i in range(4)]
        for info in archive.infolist():
            file.seek(info.header_offset + 26)
            name, extra = np.frombuffer(file.read(4), "<u2").tolist()
            assert (info.header_offset + 30 + name + extra) % 64 == 0
    mapped = torch.load(path, mmap=True, weights_only=True)
    assert [t.sum().item() for t in mapped] == [1, 3, 50, 7]


def test_equal_objects_make_equal_files():
    files = [io.BytesIO(), io.BytesIO()]
    for file in files:
        minitorch.save({"w": minitorch.ones(3), "n": [1, "a"]}, file)
    assert files[0].getvalue() == files[1].getvalue()


@pytest.mark.parametrize("origin, goal", TRANSFERS)
def test_a_models_state_dict(origin, goal, tmp_path):
    def net(engine):
        nn = engine.nn
        return nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.BatchNorm1d(4), nn.Linear(4, 2, bias=False))

    trained = net(origin)
    trained(origin.randn(5, 3)).sum().backward()
    path = str(tmp_path / "net.pth")
    origin.save(trained.state_dict(), path)
    state = goal.load(path, weights_only=True)
    assert state._metadata == trained.state_dict()._metadata
    copy = net(goal)
    assert not list(copy.load_state_dict(state))[0]
    x = np.arange(15, dtype=np.float32).reshape(5, 3)
    trained.eval(), copy.eval()
    a, b = trained(origin.tensor(x)).detach().numpy(), copy(goal.tensor(x)).detach().numpy()
    np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)  # float32 sums of 4 terms


# ---- what cannot be saved -------------------------------------------------------------------------------------------


class Own:
    pass


class OwnTensor(minitorch.Tensor):
    pass


@pytest.mark.parametrize(
    "value, text",
    [
        (Own(), r"cannot save obj\['epochs'\]\[1\], which is a test_serialization.Own"),
        (lambda: 1, "function"),
        (np.float64(1.5), r"numpy.float64.*\.item\(\)"),
        (np.ones(2), r"numpy.ndarray.*from_numpy"),
        (minitorch.nn.Linear(1, 1), r"state_dict\(\)"),
        (collections.defaultdict(list), "defaultdict"),
        (OwnTensor(2), "OwnTensor"),
        (1 << 3000, "2040 bits"),
        (print, "builtin"),
        (torch.ones(2), "torch.Tensor"),
    ],
)
def test_what_cannot_be_saved_is_named_and_no_file_touched(tmp_path, value, text):
    path = tmp_path / "x.pt"
    path.write_bytes(b"old")
    with pytest.raises(pickle.PicklingError if text == "function" else TypeError, match=text):
        minitorch.save({"epochs": [1, value]}, path)
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["x.pt"]


def test_a_tuple_in_itself_and_attributes_of_a_dict_are_refused():
    inner = []
    circle = (inner,)
    inner.append(circle)
    with pytest.raises(TypeError, match="contains itself"):
        minitorch.save(circle, io.BytesIO())
    ordered = collections.OrderedDict()
    ordered.note = 1
    with pytest.raises(TypeError, match="note"):
        minitorch.save(ordered, io.BytesIO())


def test_options_that_are_not_supported_are_named(tmp_path):
    with pytest.raises(NotImplementedError, match="zip format"):
        minitorch.save(1, io.BytesIO(), _use_new_zipfile_serialization=False)
    with pytest.raises(NotImplementedError, match="pickle_module"):
        minitorch.load(io.BytesIO(), pickle_module=pickle)
    with pytest.raises(NotImplementedError, match="mmap"):
        minitorch.load("x", mmap=True)


# ---- writing safely ------------------------------------------------------------------------------------------------


def test_overwriting_keeps_permissions_links_and_works_in_the_present_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = os.umask(0o027)
    try:
        minitorch.save(1, "real.pt")
    finally:
        os.umask(before)
    assert stat.S_IMODE(os.stat("real.pt").st_mode) == 0o640
    os.chmod("real.pt", 0o604)
    os.symlink("real.pt", "link.pt")
    minitorch.save(2, "link.pt")
    assert os.path.islink("link.pt") and minitorch.load("real.pt") == 2
    assert stat.S_IMODE(os.stat("real.pt").st_mode) == 0o604
    assert sorted(os.listdir()) == ["link.pt", "real.pt"]
    minitorch.save(3, os.devnull)


@pytest.mark.parametrize("old", [True, False])
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()], ids=repr)
@pytest.mark.parametrize("moment", ["write", "fsync", "replace"])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, moment, error, old):
    path = tmp_path / "x.pt"
    if old:
        minitorch.save("old", path)

    def fail(*args, **kwargs):
        raise error

    if moment == "write":
        calls = []
        write = serialization.write_record
        monkeypatch.setattr(
            serialization,
            "write_record",
            lambda archive, *rest: fail() if len(calls) == 3 else (calls.append(1), write(archive, *rest)),
        )
    else:
        monkeypatch.setattr(files.os, moment, fail)
    with pytest.raises(type(error)) as raised:
        minitorch.save({"w": minitorch.ones(1000)}, path)
    monkeypatch.undo()
    if isinstance(error, OSError):
        assert raised.value.errno == errno.ENOSPC and str(path) in str(raised.value) and ".tmp" not in str(raised.value)
    assert os.listdir(tmp_path) == (["x.pt"] if old else [])
    assert not old or minitorch.load(path) == "old"


def test_killed_while_writing_the_old_file_is_whole(tmp_path):
    path = tmp_path / "x.pt"
    minitorch.save("old", path)
    script = """
import os, signal, sys, minitorch
os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)
minitorch.save({"w": minitorch.ones(100000)}, sys.argv[1])
"""
    done = subprocess.run([sys.executable, "-c", script, str(path)], cwd=os.getcwd(), capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert minitorch.load(path) == "old"


def test_a_folder_that_is_missing_or_not_writable_is_named(tmp_path):
    with pytest.raises(RuntimeError, match="Parent directory .*nowhere does not exist."):
        minitorch.save(1, tmp_path / "nowhere" / "x.pt")
    with pytest.raises(IsADirectoryError, match=str(tmp_path)):
        minitorch.save(1, tmp_path)
    root = os.geteuid() == 0
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "x.pt")
        minitorch.save("old", path)
        os.chmod(folder, 0o555)
        os.chmod(path, 0o444)
        try:
            if root:
                os.seteuid(65534)  # nothing is forbidden to root
            with pytest.raises(PermissionError, match="new.pt"):
                minitorch.save(1, os.path.join(folder, "new.pt"))
            with pytest.raises(PermissionError, match="x.pt"):
                minitorch.save(1, path)
        finally:
            if root:
                os.seteuid(0)
            os.chmod(folder, 0o755)
        assert os.listdir(folder) == ["x.pt"] and minitorch.load(path) == "old"


@pytest.mark.parametrize("engine", [minitorch, torch])
def test_files_that_are_no_files(engine):
    with pytest.raises(AttributeError, match="expected 'f' to be string, path, or a file-like object with a 'write'"):
        engine.save(1, 5)
    with pytest.raises(AttributeError, match="'int' object has no attribute"):
        engine.load(5)
    with pytest.raises(FileNotFoundError, match="nowhere.pt"):
        engine.load("nowhere.pt")
    with pytest.raises(IsADirectoryError):
        engine.load(".")
    with open(__file__, encoding="utf-8") as text, pytest.raises((TypeError, AttributeError, ValueError)):
        engine.load(text)
    file = io.BytesIO()
    engine.save(1, file)
    with pytest.raises(EOFError):  # forgotten: file.seek(0)
        engine.load(file)


def test_any_path_and_any_writable_file(tmp_path):
    path = tmp_path / "x"
    minitorch.save(1, os.fspath(path))
    assert minitorch.load(path) == 1
    with open(path, "wb") as file:
        minitorch.save(2, file)
    with open(path, "rb") as file:
        assert torch.load(file) == minitorch.load(path) == 2

    class Pipe:  # neither seek nor tell
        out = b""

        def write(self, data):
            self.out += bytes(data)
            return len(data)

        def flush(self):
            pass

    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert minitorch.load(mapped) == 2
    pipe = Pipe()
    minitorch.save({"w": minitorch.ones(3)}, pipe)
    for engine in (minitorch, torch):
        assert engine.load(io.BytesIO(pipe.out))["w"].tolist() == [1.0] * 3


# ---- where tensors go ----------------------------------------------------------------------------------------------


def on_cuda():
    with zipfile.ZipFile(io.BytesIO(good())) as archive:
        data = archive.read("archive/data.pkl")
    return with_records(**{"data.pkl": data.replace(b"X\x03\0\0\0cpu", b"X\x06\0\0\0cuda:0")})


@pytest.mark.parametrize("engine", [minitorch, torch])
@pytest.mark.parametrize(
    "choose",
    [
        lambda t: "cpu",
        lambda t: t.device("cpu"),
        lambda t: {"cuda:0": "cpu"},
        lambda t: lambda storage, location: storage if location == "cuda:0" else None,
    ],
)
def test_map_location(engine, choose):
    assert engine.load(io.BytesIO(on_cuda()), map_location=choose(engine))["w"].tolist() == [1.0] * 40


def test_a_gpu_that_is_not_there():
    for location in (None, {"cpu": "cpu"}, lambda storage, location: None):
        with pytest.raises(
            RuntimeError, match=r"Attempting to deserialize object on a CUDA device.*map_location=torch"
        ):
            minitorch.load(io.BytesIO(on_cuda()), map_location=location)
    with pytest.raises(RuntimeError, match="don't know how to restore data location"):
        minitorch.load(io.BytesIO(good()), map_location="tape")
    with pytest.raises(TypeError, match="map_location"):
        minitorch.load(io.BytesIO(good()), map_location=3)
