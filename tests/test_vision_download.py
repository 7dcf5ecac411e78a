"""Downloading, against a server on this machine: checksum, resume, interruption, and no network at all."""

import gzip
import http.server
import os
import re
import socket
import stat
import sys
import tarfile
import threading

import numpy as np
import pytest
from vision_files import cifar_files, md5, mnist_files, tar_bytes, write_cifar, write_mnist

from minitorch.vision import datasets
from minitorch.vision.datasets import utils

pytest.importorskip("pooch")


class Server:
    """Serves `files` (path → content). `drops` (path → lengths) breaks off the next answers after so many bytes."""

    def __init__(self):
        self.files, self.drops, self.log, self.ranges, self.block = {}, {}, [], True, 1
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                wanted = self.headers.get("Range")
                outer.log.append((self.path, wanted))
                content = outer.files.get(self.path)
                if content is None:
                    self.send_error(404)
                    return
                start = int(re.match(r"bytes=(\d+)-", wanted)[1]) if wanted and outer.ranges else 0
                if start and start >= len(content):
                    self.send_response(416)
                    self.send_header("Content-Range", f"bytes */{len(content)}")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                start = start // outer.block * outer.block
                self.send_response(206 if start else 200)
                if start:
                    self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
                self.send_header("Content-Length", str(len(content) - start))
                self.end_headers()
                drops = outer.drops.get(self.path)
                self.wfile.write(content[start : start + drops.pop(0)] if drops else content[start:])

            def log_message(self, *args):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/"
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = Server()
    yield server
    server.close()


@pytest.fixture
def closed_url():
    """An address on this machine where nobody answers."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{s.getsockname()[1]}/"


CONTENT = np.random.default_rng(0).bytes(300_000)


def whole_pieces(n):
    """Of n bytes before a connection breaks, those that are kept."""
    return n // utils.CHUNK * utils.CHUNK


def everything_in(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def small_mnist(server):
    """A MNIST class whose files lie on the server."""
    packed = {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in mnist_files().items()}
    server.files.update({f"/{name}": content for name, content in packed.items()})

    class MNIST(datasets.MNIST):
        mirrors = [server.url]
        resources = [(name, md5(content)) for name, content in packed.items()]

    return MNIST


def test_download_then_nothing_to_do(tmp_path, server, capfd, monkeypatch):
    kind = small_mnist(server)
    kind(tmp_path, download=True)
    raw = tmp_path / "MNIST" / "raw"
    assert everything_in(raw) == sorted(name + suffix for name in mnist_files() for suffix in ("", ".gz"))
    for name, content in mnist_files().items():
        assert (raw / name).read_bytes() == content
    shown = capfd.readouterr().err
    assert "train-images-idx3-ubyte.gz: 100%" in shown  # the progress bar
    umask = os.umask(0)
    os.umask(umask)
    for path in raw.iterdir():  # a shared data folder stays readable for the others
        assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask

    assert len(server.log) == 4
    for name in ("pooch", "requests", "tqdm"):
        monkeypatch.setitem(sys.modules, name, None)  # would raise ImportError
    dataset = kind(tmp_path, download=True)
    assert len(server.log) == 4 and len(dataset) == 13


def test_only_missing_files_are_fetched(tmp_path, server):
    kind = small_mnist(server)
    raw = write_mnist(tmp_path)
    (raw / "train-labels-idx1-ubyte").unlink()
    kind(tmp_path, download=True)
    assert [path for path, _ in server.log] == ["/train-labels-idx1-ubyte.gz"]


def test_a_broken_connection_is_taken_up_where_it_broke(tmp_path, server):
    server.files["/f"], server.drops["/f"] = CONTENT, [100_000, 50_000]
    first = whole_pieces(100_000)
    second = first + whole_pieces(50_000)
    utils.fetch([server.url + "f"], tmp_path / "f", md5(CONTENT))
    assert (tmp_path / "f").read_bytes() == CONTENT
    assert server.log == [("/f", None), ("/f", f"bytes={first}-"), ("/f", f"bytes={second}-")]
    assert everything_in(tmp_path) == ["f"]


def test_an_interrupted_download_is_resumed_by_the_next_call(tmp_path, server):
    server.files["/f"], server.drops["/f"] = CONTENT, [100_000, 0]
    with pytest.raises(RuntimeError) as caught:
        utils.fetch([server.url + "f"], tmp_path / "f", md5(CONTENT))
    message = str(caught.value)
    kept = whole_pieces(100_000)
    assert f"{kept:,} bytes are kept in" in message and "the next try goes on from there" in message
    assert everything_in(tmp_path) == ["f.part"]  # never under the final name
    assert (tmp_path / "f.part").read_bytes() == CONTENT[:kept]
    server.log.clear()
    utils.fetch([server.url + "f"], tmp_path / "f", md5(CONTENT))
    assert server.log == [("/f", f"bytes={kept}-")]
    assert (tmp_path / "f").read_bytes() == CONTENT and everything_in(tmp_path) == ["f"]


def test_ctrl_c_leaves_what_arrived_for_the_next_call(tmp_path, server, monkeypatch):
    import tqdm.auto

    def interrupt(self, n=1):
        raise KeyboardInterrupt

    server.files["/f"] = CONTENT
    with monkeypatch.context() as patch:
        patch.setattr(tqdm.auto.tqdm, "update", interrupt)
        with pytest.raises(KeyboardInterrupt):
            utils.fetch([server.url + "f"], tmp_path / "f", md5(CONTENT))
    assert everything_in(tmp_path) == ["f.part"]
    arrived = (tmp_path / "f.part").stat().st_size
    assert 0 < arrived < len(CONTENT)
    utils.fetch([server.url + "f"], tmp_path / "f", md5(CONTENT))
    assert server.log[-1] == ("/f", f"bytes={arrived}-")
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_a_server_without_ranges_sends_it_whole(tmp_path, server):
    server.files["/f"], server.ranges = CONTENT, False
    (tmp_path / "f.part").write_bytes(CONTENT[:1000])
    utils.fetch([server.url + "f"], tmp_path / "f", md5(CONTENT))
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_a_server_may_start_earlier_than_asked(tmp_path, server):
    server.files["/f"], server.block, server.drops["/f"] = CONTENT, 4096, [100]
    (tmp_path / "f.part").write_bytes(CONTENT[:5000])
    with pytest.raises(RuntimeError, match="4,096 bytes are kept"):  # nothing new arrived before it broke
        utils.fetch([server.url + "f"], tmp_path / "f", md5(CONTENT))
    utils.fetch([server.url + "f"], tmp_path / "f", md5(CONTENT))
    assert server.log == [("/f", "bytes=5000-"), ("/f", "bytes=4096-")]
    assert (tmp_path / "f").read_bytes() == CONTENT


@pytest.mark.parametrize("left", [CONTENT, CONTENT + b"more", b"x" * 1000], ids=["all", "too long", "other"])
def test_whatever_is_left_over_the_result_is_right(tmp_path, server, left):
    server.files["/f"] = CONTENT
    (tmp_path / "f.part").write_bytes(left)
    utils.fetch([server.url + "f"], tmp_path / "f", md5(CONTENT))
    assert (tmp_path / "f").read_bytes() == CONTENT and everything_in(tmp_path) == ["f"]


def test_a_wrong_checksum_leaves_nothing(tmp_path, server):
    kind = small_mnist(server)
    server.files["/train-images-idx3-ubyte.gz"] = gzip.compress(b"something else")
    with pytest.raises(RuntimeError) as caught:
        kind(tmp_path, download=True)
    message = str(caught.value)
    assert "Could not download train-images-idx3-ubyte.gz" in message and "hash" in message
    assert dict(kind.resources)["train-images-idx3-ubyte.gz"] in message
    assert everything_in(tmp_path) == []


def test_the_next_mirror_is_tried(tmp_path, server, closed_url):
    kind = small_mnist(server)
    kind.mirrors = [closed_url, server.url + "nowhere/", server.url]
    assert len(kind(tmp_path, download=True)) == 13


def test_without_network_the_error_says_what_was_tried_and_what_to_do(tmp_path, server, closed_url):
    kind = small_mnist(server)
    kind.mirrors = [closed_url, server.url + "gone/"]
    with pytest.raises(RuntimeError) as caught:
        kind(tmp_path, download=True)
    message = str(caught.value)
    name = "train-images-idx3-ubyte.gz"
    for part in (
        f"Could not download {name}",
        f"{closed_url}{name}",
        "ConnectionError",
        f"{server.url}gone/{name}",
        "404",
        str(tmp_path / "MNIST" / "raw" / name),
        dict(kind.resources)[name],
    ):
        assert part in message
    assert everything_in(tmp_path) == []

    class CIFAR10(datasets.CIFAR10):
        url = closed_url + "cifar-10-python.tar.gz"

    with pytest.raises(RuntimeError, match="Could not download cifar-10-python.tar.gz"):
        CIFAR10(tmp_path, download=True)
    assert everything_in(tmp_path) == []


def test_without_pooch_the_error_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ImportError, match=r'pip install "minitorch-engine\[lessons\]"'):
        datasets.MNIST(tmp_path, download=True)


def test_a_folder_that_cannot_be_made(tmp_path, server):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="file"):
        small_mnist(server)(tmp_path / "file", download=True)
    assert server.log == []


def small_cifar(archive, url):
    class CIFAR10(datasets.CIFAR10):
        tgz_md5 = md5(archive)

    CIFAR10.url = url + CIFAR10.filename
    return CIFAR10


def test_cifar_archive_is_fetched_and_unpacked(tmp_path, server):
    archive = tar_bytes(cifar_files())
    server.files["/cifar-10-python.tar.gz"] = archive
    dataset = small_cifar(archive, server.url)(tmp_path, download=True)
    assert len(dataset) == 25
    folder = tmp_path / "cifar-10-batches-py"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == cifar_files()


def test_an_archive_put_there_by_hand_needs_no_network(tmp_path, closed_url):
    archive = tar_bytes(cifar_files())
    (tmp_path / "cifar-10-python.tar.gz").write_bytes(archive)
    write_cifar(tmp_path, {"test_batch": b"mine, keep it"})
    kind = small_cifar(archive, closed_url)
    kind(tmp_path, download=True)
    assert (tmp_path / "cifar-10-batches-py" / "test_batch").read_bytes() == b"mine, keep it"


def test_an_archive_cannot_write_elsewhere(tmp_path, server):
    link = tarfile.TarInfo("cifar-10-batches-py/link")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc"
    extra = [
        (tarfile.TarInfo("../outside"), b"x"),
        (tarfile.TarInfo(str(tmp_path / "absolute")), b"x"),
        (tarfile.TarInfo("cifar-10-batches-py/unknown"), b"x"),
        (link, b""),
    ]
    archive = tar_bytes(cifar_files(), extra=extra)
    server.files["/cifar-10-python.tar.gz"] = archive
    root = tmp_path / "root"
    small_cifar(archive, server.url)(root, download=True)
    assert everything_in(tmp_path) == sorted([*cifar_files(), "cifar-10-python.tar.gz"])
    with pytest.raises(RuntimeError, match="can't be unpacked"):
        utils.extract_archive(root / "cifar-10-python.tar.gz", tmp_path / "other")
    assert not (tmp_path / "outside").exists() and not (tmp_path / "absolute").exists()


def test_a_member_that_is_a_link_is_refused(tmp_path):
    link = tarfile.TarInfo("cifar-10-batches-py/data_batch_1")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    (tmp_path / "a.tar.gz").write_bytes(tar_bytes({}, extra=[(link, b"")]))
    with pytest.raises(RuntimeError, match="data_batch_1 is not a plain file"):
        utils.unpack_members(tmp_path / "a.tar.gz", ["cifar-10-batches-py/data_batch_1"], tmp_path)


def test_truncated_and_incomplete_archives(tmp_path):
    archive, name = tar_bytes(cifar_files()), "cifar-10-batches-py/test_batch"
    path = tmp_path / "a.tar.gz"
    for content in (archive[: len(archive) // 2], b"no archive", archive[:-30]):
        path.write_bytes(content)
        with pytest.raises(RuntimeError, match="a.tar.gz (is truncated or corrupt|lacks)"):
            utils.unpack_members(path, [name, "cifar-10-batches-py/z"], tmp_path / "out")
    assert not list(tmp_path.rglob("*.tmp"))
    path.write_bytes(archive)
    with pytest.raises(RuntimeError, match="a.tar.gz lacks cifar-10-batches-py/data_batch_9"):
        utils.unpack_members(path, [name, "cifar-10-batches-py/data_batch_9"], tmp_path / "out")


def test_a_corrupt_gzip_leaves_no_half_written_file(tmp_path):
    packed = tmp_path / "x.gz"
    packed.write_bytes(gzip.compress(CONTENT)[:-1000])
    with pytest.raises(RuntimeError, match="x.gz is truncated or corrupt"):
        utils.unpack_gzip(packed, tmp_path / "x")
    assert everything_in(tmp_path) == ["x.gz"]


def test_download_and_extract_archive(tmp_path, server):
    server.files["/a.tar.gz"] = tar_bytes({"one": b"1", "two": b"22"}, folder="data")
    utils.download_and_extract_archive(server.url + "a.tar.gz", str(tmp_path), remove_finished=True)
    assert everything_in(tmp_path) == ["one", "two"]
    server.files["/b.gz"] = gzip.compress(b"content")
    utils.download_and_extract_archive(server.url + "b.gz", tmp_path / "x", tmp_path / "y")
    assert (tmp_path / "y" / "b").read_bytes() == b"content"
    with pytest.raises(RuntimeError, match="Unknown compression or archive type: '.zip'"):
        utils.extract_archive(tmp_path / "c.zip")
