"""What fuzzing found, in the smallest files that show it, and hostile files made by hand: each is refused by name."""

import gzip
import io
import lzma
import os
import pickle
import struct
import subprocess
import sys
import time
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from vision_files import idx_bytes, python2_pickle

from benchmarks.fuzz.targets import TARGETS, abalone_files, probe
from minitorch.compare import runs
from minitorch.vision import datasets
from minitorch.vision.datasets import batch_pickles

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.filterwarnings("ignore")  # Pillow's, about what is wrong with an image


def refused(name, data, folder):
    """The message of the loader's error, which `probe` has seen to name the file, and to cost little."""
    target = TARGETS[name]
    if name in ("abalone", "image"):
        probe(target, target.seeds()[0], folder, memory=False)  # pandas and Pillow are imported
    assert not probe(target, data, folder)
    with pytest.raises(target.errors) as caught:
        target.read(folder / target.file)
    return str(caught.value)


def tar_header(name=b"abalone/abalone.data", size=b"00000000005", kind=b"0", time=b"00000000000", link=b""):
    """One member's header, its checksum right, and a block of contents."""
    head = bytearray(512)
    for at, field in ((0, name), (100, b"0000644"), (124, size), (136, time), (156, kind), (157, link), (257, b"ustar\x0000")):
        head[at : at + len(field)] = field
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head) + b"12345".ljust(512, b"\0")


BACK = b"\xff" * 10 + b"\xfe\0"  # a size of -512, in base 256: the next header would be the same one
FOUND = {
    # Errors that others than the documented ones, or that did not name the file.
    "progress nested": ("progress", b"[" * 100_000, "nested too deeply"),
    "progress endless": ("progress", b'{"solved": {"a": "' + b"x" * (2 << 20), "more than 1,048,576 characters"),
    "a count that is no float": ("abalone", abalone_files()[0] + b"M,1,1,1,1,1,1,1," + b"9" * 400, "of this size"),
    "a count that is no int64": ("abalone", abalone_files()[0] + b"M,1,1,1,1,1,1,1," + b"9" * 20, "row 21, column Rings"),
    "a length that is no float32": ("abalone", abalone_files()[0] + b"M,1e39,1,1,1,1,1,1,1", "row 21, column Length"),
    "a count as Python writes them": ("abalone", abalone_files()[0] + b"M,1,1,1,1,1,1,1,1_5", "'1_5' is not a whole number"),
    "a sex of 4,000 letters": ("abalone", abalone_files()[0] + b"M" * 4000 + b",1,1,1,1,1,1,1,1", "row 21, column Sex"),
    "no archive of arrays": ("snapshot", b"v", "not a zip file"),
    "an empty archive of arrays": ("snapshot", b"", "not a zip file"),
    "half an archive of arrays": ("snapshot", b"PK\3\4", "not a zip file"),
    "an empty trace event": ("trace", b"{}\n", "no event of a run"),
    "a nested trace event": ("trace", b"[" * 100_000 + b"\n", "RecursionError"),
    "a trace without a digest": ("trace", b'{"event": "weights", "run": 0}\n', "digest"),
    "a trace with half a step": ("trace", b'{"event": "step", "loss": 1.0, "seconds": 1.0, "run": 0, "pass": 0}\n', "batch"),
    "a trace with a run of -1": ("trace", b'{"event": "step", "loss": 1, "seconds": 1, "run": -1, "pass": 0, "batch": "a"}\n', "-1"),
    "no packed data": ("packed", b"", "truncated or corrupt"),
    "packed data elsewhere": ("packed", tar_header(b"../outside"), "none of the data files"),
    "packed data as a link": ("packed", tar_header(kind=b"2", link=b"/etc/passwd"), "none of the data files"),
    "packed data as a device": ("packed", tar_header(kind=b"3"), "none of the data files"),
    "packed data of a size below 0": ("packed", tar_header() + tar_header(size=BACK), "abalone"),
    "packed data of no xz": ("packed-xz", b"\x00", "is truncated"),
    "half of the packed data": ("packed-xz", lzma.compress(tar_header())[:60], "is truncated"),
    "a member of a size below 0": ("archive", tar_header() + tar_header(size=BACK), "a member of -512 bytes"),
    "a member with a header of 1 GB": ("archive", tar_header(size=b"10000000000", kind=b"x"), "a header of 1,073,741,824 bytes"),
    "a member after the end of time": ("archive", tar_header(time=b"\x80" + b"\x7f" * 11), "can't be unpacked"),
    "a member that is the folder": ("archive", tar_header(b"."), "can't be unpacked"),
    "a file that is a folder, too": ("archive", tar_header(b"a") + tar_header(b"a/b"), "can't be unpacked"),
    "a hard link to nothing": ("archive", tar_header(kind=b"1", link=b"nowhere"), "nowhere"),
    "a hard link to itself": ("archive", tar_header(kind=b"1", link=b"abalone/abalone.data"), "not found"),
    "a link without a name": ("archive", tar_header(name=b"", kind=b"2"), "recursion"),
    "data of a size below 0": ("members", tar_header() + tar_header(size=BACK), "a member of -512 bytes"),
    "data with a header of 1 GB": ("members", tar_header(size=b"10000000000", kind=b"x"), "a header of 1,073,741,824 bytes"),
    "a picture without an end": ("image", b"\xff\xd8\xff\xe0\x00\x10", "cat.png"),
    "a picture with a size of 3,": ("image", b"P6\n3, 4\n255\n", "cat.png"),
    "a picture of 704,952,248 pixels": ("image", b"GIF87a\0\0\0\0\0\0\0,\0\0\0\0\x84\x69\xf1\x65", "pixels"),
    "values of no number and no end": ("idx", b"\0\0\x08\3" + b"\0" * 4 + b"\xff" * 8, "0 x 4294967295 x 4294967295 values"),
    "a gzipped file that inflates": ("idx-gz", gzip.compress(idx_bytes(np.zeros(1, np.uint8)) + b"\0" * (30 << 20)), "9 bytes; found at least 16 bytes"),
    "a gzipped file of 2 GB": ("idx-gz", gzip.compress(b"\0\0\x08\1\x80\0\0\0"), "when it is unpacked first"),
}  # fmt: skip


@pytest.mark.parametrize("what", FOUND)
def test_what_was_found(what, tmp_path):
    name, data, message = FOUND[what]
    assert message in refused(name, data, tmp_path)


def test_arrays_that_announce_terabytes(tmp_path):
    """The header of an array is changed, and the archive's checksums are those of the changed one."""
    file = io.BytesIO()
    np.savez(file, p0=np.ones(2))
    with zipfile.ZipFile(file) as archive:
        content = archive.read("p0.npy")
    for old, new, message in ((b"(2,), }    ", b"(1 << 40,),}", "damaged"), (b"(2,), }        ", b"(999999999999,),}", "18 bytes for an array"),
                              (b"'<f8'", b"'|O' ", "something else than numbers"), (b"(2,)", b"(-2)", "damaged")):  # fmt: skip
        other = io.BytesIO()
        with zipfile.ZipFile(other, "w") as archive:
            archive.writestr("p0.npy", content.replace(old, new))
        assert message in refused("snapshot", other.getvalue(), tmp_path)
    other = io.BytesIO()
    np.savez_compressed(other, p0=np.zeros(1 << 20))
    assert "compressed" in refused("snapshot", other.getvalue(), tmp_path)


def test_a_trace_that_is_refused_keeps_what_came_before(tmp_path):
    run = runs.Run("minitorch")
    good = b'{"event": "step", "loss": 1, "seconds": 2, "run": 3, "pass": 4, "batch": "a"}\n'
    with pytest.raises(ValueError, match="trace.jsonl is damaged"):
        run.take_lines(io.BytesIO(good + good[:-40] + b"\n"), tmp_path / "trace.jsonl")
    assert (list(run.losses), list(run.seconds), list(run.runs), list(run.passes), run.batches) == ([1], [2], [3], [4], ["a"])
    assert run.taken == len(good)


def test_packed_data_that_inflates(tmp_path, monkeypatch):
    from benchmarks import pack_data

    monkeypatch.setattr(pack_data, "MOST_LAID_OUT", 1 << 20)
    message = refused("packed-xz", lzma.compress(tar_header() + b"\0" * (64 << 20)), tmp_path)
    assert "larger than 1,048,576 bytes" in message
    (tmp_path / "packed" / pack_data.ARCHIVE).write_bytes(b"?")
    assert pack_data.main(["--unpack", str(tmp_path / "in"), str(tmp_path / "packed")]) == 2


def test_packed_data_that_wants_a_huge_dictionary(tmp_path):
    head = lzma.compress(tar_header(), preset=0)  # an encoder would have to make room for it: the number is changed
    block = bytearray(head[12 : 12 + 4 * (head[12] + 1)])
    block[block.index(b"\x21\x01") + 2] = 36  # 2 ** 30 bytes
    block[-4:] = struct.pack("<I", zlib.crc32(block[:-4]))
    assert "emory" in refused("packed-xz", head[:12] + bytes(block) + head[12 + len(block) :], tmp_path)


# ---- CIFAR's pickles -------------------------------------------------------------------------------------------------


class Evil:
    def __reduce__(self):
        return os.system, ("echo unpickled > evil.txt",)


class Made:
    """Pickled with NEWOBJ and BUILD."""


def text(value):
    return b"X" + struct.pack("<I", len(value)) + value


ARRAY = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85U\1b\x87R"
BYTE = b"cnumpy\ndtype\nU\2u1K\0K\1\x87R"
HOSTILE = {
    "os.system": (pickle.dumps({"data": Evil()}, 2), "system, which no CIFAR batch needs"),
    "os.system, protocol 4": (pickle.dumps({"data": Evil()}, 4), "system, which no CIFAR batch needs"),
    "os.system, protocol 0": (pickle.dumps({"data": Evil()}, 0), "it asks for"),
    "a class": (pickle.dumps({"data": Made()}, 2), "which no CIFAR batch needs"),
    "NEWOBJ of ndarray": (b"\x80\2cnumpy\nndarray\nK\1\x85\x81.", r"instruction b'\x81'"),
    "NEWOBJ_EX": (b"\x80\4cnumpy\nndarray\n)}\x92.", r"instruction b'\x92'"),
    "OBJ": (b"(cnumpy\nndarray\nK\1o.", "instruction b'o'"),
    "INST": (b"(S'rm'\nios\nsystem\n.", "it asks for"),
    "EXT1": (b"\x82\1.", r"instruction b'\x82'"),
    "a persistent id": (b"K\1Q.", "instruction b'Q'"),
    "a buffer from outside": (b"\x80\5\x97.", r"instruction b'\x97'"),
    "an attribute of a name": (b"cnumpy\nndarray.tofile\n.", "numpy.ndarray.tofile"),
    "an attribute of a name, protocol 4": (text(b"numpy") + text(b"ndarray.tofile") + b"\x93.", "numpy.ndarray.tofile"),
    "ndarray called": (b"cnumpy\nndarray\n(J\xff\xff\xff\x7ft\x85R.", "calls ndarray"),
    "a name as a value": (b"}X\1\0\0\0acnumpy\nndarray\ns.", "it holds 'ndarray' itself"),
    "a name in a tuple": (b"}X\1\0\0\0acnumpy\nndarray\n\x85\x85s.", "a Arguments itself"),
    "a dtype as a value": (b"}X\1\0\0\0a" + BYTE + b"s.", "a Dtype itself"),
    "an array that is not filled": (b"}X\1\0\0\0a" + ARRAY + b"s.", "never filled"),
    "BUILD on a dict": (b"}}X\1\0\0\0aK\1sb.", "sets the state of a dict"),
    "BUILD on a list": (b"](K\1K\1K\1tb.", "sets the state of a list"),
    "BUILD with attributes": (ARRAY + b"}X\x05\0\0\0shapeK\1sb.", "sets the state of a Array"),
    "an array of objects": (b"cnumpy\ndtype\nU\2O8K\0K\1\x87R.", "no plain number"),
    "a dtype of 8 million fields": (b"cnumpy\ndtype\nU\x07i4,i4,*K\0K\1\x87R.", "no plain number"),
    "a dtype with fields": (BYTE + b"(K\3U\1|NX\1\0\0\0a}J\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb.", "no plain number"),
    "a huge array": (ARRAY + b"(K\1(J\xff\xff\xff\x7fJ\xff\xff\xff\x7ft" + BYTE + b"\x89U\1xtb.", "contents of 1 bytes"),
    "an array of negative size": (ARRAY + b"(K\1(J\xff\xff\xff\xffJ\xff\xff\xff\xfft" + BYTE + b"\x89U\1xtb.", "impossible shape"),
    "an array of 65 dimensions": (ARRAY + b"(K\1(" + b"K\1" * 65 + b"t" + BYTE + b"\x89U\1xtb.", "without dtype or shape"),
    "an empty array of impossible sizes": (ARRAY + b"(K\1(K\0" + b"J\xff\xff\xff\x7f" * 3 + b"t" + BYTE + b"\x89U\0tb.", "ValueError"),
    "a text of an exabyte": (b"\x8d" + struct.pack("<Q", 1 << 60), "are announced at byte 9, 0 are there"),
    "a bytearray of an exabyte": (b"\x96" + struct.pack("<Q", 1 << 60), "are announced"),
    "a string of 2 GB": (b"T\xff\xff\xff\x7f", "2,147,483,647 bytes are announced"),
    "a number of 255 bytes": (b"\x8a\xff" + b"\1" * 255 + b".", "a number of 255 bytes"),
    "LONG4": (b"\x8b\xff\xff\xff\x7f", r"instruction b'\x8b'"),
    "a tuple as a key": (b"}K\1\x85K\1s.", "a tuple is a key"),
    "a nested key": (b"})" + b"\x85" * 15_000 + b"K\1s.", "a tuple is a key"),
    "a name without an end": (b"c" + b"x" * 100_000, "too long or does not end"),
    "a long name": (text(b"x" * 50_000) + text(b"y" * 50_000) + b"\x93.", "which no CIFAR batch needs"),
    "many instructions": (b"N" * 22_000 + b".", "more than 21,375 instructions"),
    "the same text encoded often": (
        text(b"x" * 100_000) + b"q\0(" + b"c_codecs\nencode\nh\0\x85R" * 50 + b"t.", "the same bytes over and over"),
    "the same bytes as many arrays": (
        b"T" + struct.pack("<I", 100_000) + b"x" * 100_000 + b"q\0(" + (ARRAY + b"(K\1J\xa0\x86\x01\0\x85" + BYTE + b"\x89h\0tb") * 60 + b"t.",
        "the same bytes over and over"),
    "another codec": (b"c_codecs\nencode\n" + text(b"x") + text(b"idna") + b"\x86R.", "asks for the codec 'idna'"),
    "a nested label": (b"}(X\4\0\0\0dataX\1\0\0\0xX\6\0\0\0labels" + b"]" * 10 + b"a" * 9 + b"u.", "expected 'data' as uint8"),
    "no stack": (b"R", "IndexError"),
    "no mark": (b"u", "IndexError"),
    "an unknown memo": (b"h\7.", "KeyError"),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_batch(what, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(batch_pickles, "INSTRUCTIONS", 20_000)
    content, message = HOSTILE[what]
    (tmp_path / "x").write_bytes(content)
    tracemalloc.start()
    begin = time.process_time()
    try:
        with pytest.raises(RuntimeError, match="x is truncated or corrupt") as caught:
            CIFAR()._load_batch(str(tmp_path / "x"))
        seconds, peak = time.process_time() - begin, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert message in str(caught.value) and len(str(caught.value)) < 1000
    assert peak < (8 << 20) + 80 * len(content) and seconds < 20
    assert not (tmp_path / "evil.txt").exists()


class CIFAR(datasets.CIFAR10):
    """Its reader of one file, without a folder of six."""

    def __init__(self):
        self.classes = ["cat", "dog"]


def test_hostile_batches_in_a_process_with_little_memory(tmp_path):
    """All of them by CIFAR10's reader, with 256 MiB more than Python and NumPy take: what is refused takes none of it."""
    for number, (content, _) in enumerate(HOSTILE.values()):
        (tmp_path / f"{number:03}").write_bytes(content)
    # Tables, depth and hashes that cost nothing here, and 64 GB, minutes or the process in Python's own machine.
    (tmp_path / "900").write_bytes(b"}r\xff\xff\xff\xff.")
    (tmp_path / "901").write_bytes(b"}X\1\0\0\0a" + b"]" * 200_000 + b"a" * 199_999 + b"s.")
    (tmp_path / "902").write_bytes(b"}X\1\0\0\0a)" + b"\x85" * 200_000 + b"s.")
    (tmp_path / "903").write_bytes(b"}X\1\0\0\0aN" + b"q\0h\0\x86" * 100_000 + b"s.")
    (tmp_path / "904").write_bytes(b"})" + b"\x85" * 400_000 + b"K\1s.")
    (tmp_path / "905").write_bytes(b"}N" + b"q\0h\0\x86" * 60 + b"K\1s.")
    script = f"""
import pathlib, resource
from minitorch.vision.datasets.cifar import read_pickle
used = int(pathlib.Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (256 << 20),) * 2)
resource.setrlimit(resource.RLIMIT_CPU, (120, 120))
refused = 0
for path in sorted(pathlib.Path({str(tmp_path)!r}).iterdir()):
    try:
        found = read_pickle(path)
        assert type(found) is dict, path
        del found
    except RuntimeError as error:
        assert str(path) in str(error) and not isinstance(error.__cause__, MemoryError)
        refused += 1
print(refused)
"""
    done = subprocess.run([sys.executable, "-c", script], text=True, capture_output=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= len(HOSTILE) + 1  # "many instructions" are few enough without the test's bound


def test_labels_that_are_no_numbers_are_named_shortly(tmp_path):
    pixels = np.zeros((1, 3072), np.uint8)
    deep = b"]" * 50_000 + b"a" * 49_999
    for labels in (deep, b"]" + text(b"x" * 10_000) + b"a", b"]\x88a"):
        content = pickle.dumps({"data": pixels, "labels": 0}, 2).replace(b"K\0s", labels + b"s").replace(b"K\0u", labels + b"u")
        (tmp_path / "x").write_bytes(content)
        with pytest.raises(RuntimeError, match="label .* where 0 to 1 are possible") as caught:
            CIFAR()._load_batch(str(tmp_path / "x"))
        assert len(str(caught.value)) < 500


def test_a_batch_as_large_as_the_official_ones_is_read_in_a_moment(tmp_path):
    count = 10_000
    pixels = np.arange(count * 3072, dtype=np.uint32).astype(np.uint8).reshape(count, 3072)
    names = [b"picture %d.png" % i for i in range(count)]
    content = python2_pickle({b"data": pixels, b"labels": [i % 10 for i in range(count)], b"filenames": names})
    begin = time.process_time()
    found = batch_pickles.loads(content)
    assert time.process_time() - begin < 3  # 0.04 seconds
    assert (found["data"] == pixels).all()
    assert found["labels"][:11] == [*range(10), 0] and found["filenames"][-1] == "picture 9999.png"
