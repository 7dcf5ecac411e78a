"""Files that are written whole or not at all, whatever happens to the process, the disk or the path."""

from __future__ import annotations

import errno
import io
import os
import re
import resource
import signal
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import minitorch
from minitorch import files, safetensors

ROOT = Path(__file__).resolve().parent.parent


def kill(*options):
    command = [sys.executable, "-m", "benchmarks.killed_saves", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=ROOT)
    print(done.stdout)
    return done


def test_two_hundred_kills_and_each_time_the_file_is_whole():
    done = kill("--kills", "200")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "200 files whole, 0 not" in done.stdout
    writing = int(re.search(r"(\d+) of them while a temporary file", done.stdout)[1])
    assert writing >= 20  # or the moments were none that matter


def test_a_writer_without_a_temporary_file_would_be_noticed():
    done = kill("--kills", "15", "--in-place")
    assert done.returncode == 1 and "not whole: " in done.stdout, done.stdout + done.stderr


WRITERS = {
    "save": lambda path: minitorch.save({"w": minitorch.ones(50_000)}, path),
    "safetensors": lambda path: safetensors.save_file({"w": minitorch.ones(50_000)}, path),
    "text": lambda path: files.write_text(path, "é" * 100_000),
}
writers = pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)


@writers
def test_on_the_disk_before_it_takes_the_name(tmp_path, monkeypatch, write):
    path = tmp_path / "x"
    path.write_bytes(b"old")
    happened = []
    fsync, replace = os.fsync, os.replace

    def note_fsync(handle):
        status = os.fstat(handle)
        happened.append(("fsync", "folder" if stat.S_ISDIR(status.st_mode) else status.st_size))
        fsync(handle)

    def note_replace(source, target):
        assert path.read_bytes() == b"old" and os.path.dirname(source) == str(tmp_path)
        happened.append(("replace", os.path.getsize(source)))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(os, "replace", note_replace)
    write(path)
    size = path.stat().st_size
    assert happened == [("fsync", size), ("replace", size), ("fsync", "folder")] and size > 1000
    assert os.listdir(tmp_path) == ["x"]


@writers
def test_a_disk_that_is_full_says_so_and_keeps_the_old_file(tmp_path, write):
    """The limit of a file's size stands for the end of the disk: the write that crosses it fails."""
    path = tmp_path / "x"
    path.write_bytes(b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (70_000, before[1]))
    try:
        with pytest.raises(OSError) as raised:
            write(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert raised.value.errno == errno.EFBIG and str(path) in str(raised.value) and ".tmp" not in str(raised.value)
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["x"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
@writers
def test_a_full_device_says_so(write):
    with pytest.raises(OSError) as raised:
        write("/dev/full")
    assert raised.value.errno == errno.ENOSPC and "/dev/full" in str(raised.value)


@writers
def test_a_folder_that_is_no_folder(tmp_path, write):
    (tmp_path / "file").write_bytes(b"old")
    path = tmp_path / "file" / "x"
    with pytest.raises((OSError, RuntimeError), match=re.escape(str(tmp_path / "file"))):
        write(path)
    with pytest.raises((OSError, RuntimeError), match="nowhere"):
        write(tmp_path / "nowhere" / "x")
    with pytest.raises(IsADirectoryError, match=re.escape(str(tmp_path))):
        write(tmp_path)
    assert (tmp_path / "file").read_bytes() == b"old" and os.listdir(tmp_path) == ["file"]


@writers
def test_links_permissions_and_long_names(tmp_path, write):
    real, link, dangling, circle = (tmp_path / name for name in ("real", "link", "dangling", "circle"))
    before = os.umask(0o027)
    try:
        write(real)
    finally:
        os.umask(before)
    assert stat.S_IMODE(real.stat().st_mode) == 0o640  # what open would have given
    real.chmod(0o604)
    link.symlink_to("real")
    dangling.symlink_to(tmp_path / "new")
    circle.symlink_to("circle")
    write(link)
    write(dangling)
    assert link.is_symlink() and stat.S_IMODE(real.stat().st_mode) == 0o604
    assert dangling.is_symlink() and (tmp_path / "new").read_bytes() == real.read_bytes()
    with pytest.raises(OSError, match="circle") as raised:
        write(circle)
    assert raised.value.errno == errno.ELOOP and circle.is_symlink()
    long = tmp_path / ("é" * 127)  # 254 of the 255 bytes that a name may have
    write(long)
    assert sorted(os.listdir(tmp_path)) == sorted(["real", "link", "dangling", "circle", "new", long.name])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_of_another_owner_stays_that_owners(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"old")
    os.chown(path, 65534, 65534)
    minitorch.save(1, path)
    assert (path.stat().st_uid, path.stat().st_gid) == (65534, 65534) and minitorch.load(path) == 1


def test_an_error_of_the_script_leaves_the_old_file(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), files.replacing(path) as file:
        file.write(b"new")
        _ = 1 / 0
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["x"]
    with pytest.raises(UnicodeEncodeError):
        files.write_text(path, "\ud800")
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["x"]


def test_a_file_object_is_written_as_given(tmp_path):
    path = tmp_path / "x"
    with open(path, "w+b") as file:
        file.write(b"before")
        inode = os.fstat(file.fileno()).st_ino
        minitorch.save([1, 2], file)
        file.seek(6)
        assert minitorch.load(file) == [1, 2]
        file.seek(0, os.SEEK_END)
        second = file.tell()
        minitorch.save({"b": 3}, file)
        file.seek(second)
        assert minitorch.load(file) == {"b": 3}
        file.seek(6)
        with pytest.raises(RuntimeError, match="directory of members is that of another archive"):
            minitorch.load(file)  # at the file's end there is but one directory, the second's
    assert path.stat().st_ino == inode and path.read_bytes().startswith(b"before")
    assert os.listdir(tmp_path) == ["x"]


def test_a_file_that_is_open_elsewhere_stays_what_it_was_there(tmp_path):
    path = tmp_path / "x"
    minitorch.save("old", path)
    with open(path, "rb") as reader:
        minitorch.save("new", path)
        assert minitorch.load(reader) == "old" and minitorch.load(path) == "new"
    with open(path, "ab") as writer:  # open for writing: read as far as it got
        writer.write(b"")
        assert minitorch.load(path) == "new"


def test_numpys_archives_by_the_recipe(tmp_path):
    """docs/checkpoints.md tells this way; pickled arrays are refused by NumPy itself."""
    net = minitorch.nn.Sequential(minitorch.nn.Linear(2, 3), minitorch.nn.BatchNorm1d(3))
    path = tmp_path / "net.npz"
    with files.replacing(path) as file:
        np.savez(file, **{name: tensor.numpy() for name, tensor in net.state_dict().items()})
    with np.load(path, allow_pickle=False) as arrays:
        state = {name: minitorch.from_numpy(arrays[name]) for name in arrays}
    copy = minitorch.nn.Sequential(minitorch.nn.Linear(2, 3), minitorch.nn.BatchNorm1d(3))
    copy.load_state_dict(state)
    x = minitorch.ones(4, 2)
    assert minitorch.equal(net.eval()(x), copy.eval()(x))
    file = io.BytesIO()
    np.savez(file, a=np.array([{}], dtype=object))
    file.seek(0)
    with pytest.raises(ValueError, match="allow_pickle"):
        np.load(file, allow_pickle=False)["a"]


# What writes to a file that has a name of its own, and why that is no file anybody could lose.
OTHERS = {
    "minitorch/files.py": "the one place",
    "minitorch/archive.py": "a member of an archive",
    "minitorch/lessons/command.py": "the null device; moves a notebook aside",
    "minitorch/lessons/progress.py": "moves a file that it cannot read aside",
    "minitorch/compare/child.py": "the trace of a run that is going on",
    "minitorch/multiprocessing/spawning.py": "what a process that failed tells the one that started it, in a file of its own",
    "minitorch/compare/command.py": "asks whether a file can be written; empties the output of the last run",
    "minitorch/compare/locate_child.py": "the trace of a run that is going on, in a folder of its own",
    "minitorch/compare/runs.py": "the output of a run that is going on",
    "minitorch/compare/side_by_side.py": "asks whether a file can be written; empties the output of the last run",
    "minitorch/vision/datasets/utils.py": "what has arrived of a download, until it is complete",
    "minitorch/vision/datasets/mnist.py": "an example in a docstring",
    "minitorch/compare/array_files.py": "an example in a docstring",
    "minitorch/as_torch.py": "an example in a docstring",
    "minitorch/cli.py": "the null device",
    "minitorch/vision/datasets/folder.py": "an example in a docstring",
    "minitorch/lessons/book/building.py": "sources in a temporary folder; a website, written anew as a whole",
    "minitorch/bench/memory.py": "a switch of the operating system",
    "minitorch/bench/pipeline.py": "made-up pictures in a temporary folder",
}
WRITING = re.compile(
    r"""\.write_text\(|\.write_bytes\(|os\.open\(|mkstemp|NamedTemporaryFile\(|os\.replace\(|np\.savez?\((?!file|stream)|"""
    r"""\bopen\([^)\n]*,\s*["'][rbt+]*[wax]"""
)


def test_there_is_no_other_way_to_replace_a_file():
    found = {}
    for path in sorted((ROOT / "minitorch").rglob("*.py")):
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if WRITING.search(line)]
        if lines:
            found[str(path.relative_to(ROOT))] = lines
    assert len(found) > 5
    assert not {path: lines for path, lines in found.items() if path not in OTHERS}
