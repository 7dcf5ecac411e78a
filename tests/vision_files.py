"""Small data sets in the official file layouts, for the tests of minitorch.vision."""

import gzip
import hashlib
import io
import pickle
import tarfile

import numpy as np


def idx_bytes(array):
    """An array as an IDX file."""
    code = {"uint8": 8, "int8": 9, "int16": 11, "int32": 12, "float32": 13, "float64": 14}[array.dtype.name]
    header = bytes([0, 0, code, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


def mnist_files(train=13, test=7, seed=0):
    """File name → content, unpacked."""
    rng = np.random.default_rng(seed)
    files = {}
    for split, n in (("train", train), ("t10k", test)):
        files[f"{split}-images-idx3-ubyte"] = idx_bytes(rng.integers(0, 256, (n, 28, 28)).astype(np.uint8))
        files[f"{split}-labels-idx1-ubyte"] = idx_bytes(rng.integers(0, 10, n).astype(np.uint8))
    return files


def write_mnist(root, folder="MNIST", packed=False, **kwargs):
    """The files under root/folder/raw; returns that folder."""
    raw = root / folder / "raw"
    raw.mkdir(parents=True)
    for name, content in mnist_files(**kwargs).items():
        if packed:
            (raw / f"{name}.gz").write_bytes(gzip.compress(content))
        else:
            (raw / name).write_bytes(content)
    return raw


class Python2Pickler(pickle._Pickler):
    """Writes bytes as Python 2's strings, as the official CIFAR files hold them."""

    dispatch = pickle._Pickler.dispatch.copy()

    def save_bytes(self, value):
        self.write(pickle.BINSTRING + len(value).to_bytes(4, "little") + value)
        self.memoize(value)

    dispatch[bytes] = save_bytes


def python2_pickle(value):
    """A pickle as Python 2 and the NumPy of its day would have written it."""
    stream = io.BytesIO()
    Python2Pickler(stream, protocol=2).dump(value)
    return stream.getvalue().replace(b"numpy._core.multiarray", b"numpy.core.multiarray")


CIFAR10_CLASSES = "airplane automobile bird cat deer dog frog horse ship truck".split()


def cifar_files(n=5, seed=0):
    """File name → content of CIFAR-10's folder, with n images a batch."""
    rng = np.random.default_rng(seed)
    files = {}
    for name in [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]:
        files[name] = python2_pickle(
            {
                b"batch_label": name.encode(),
                b"labels": rng.integers(0, 10, n).tolist(),
                b"data": rng.integers(0, 256, (n, 3072)).astype(np.uint8),
                b"filenames": [b"x.png"] * n,
            }
        )
    names = [name.encode() for name in CIFAR10_CLASSES]
    files["batches.meta"] = python2_pickle({b"num_cases_per_batch": n, b"label_names": names, b"num_vis": 3072})
    return files


def cifar100_files(n=6, seed=0):
    """File name → content of CIFAR-100's folder."""
    rng = np.random.default_rng(seed)
    files = {}
    for name in ("train", "test"):
        files[name] = python2_pickle(
            {
                b"fine_labels": rng.integers(0, 100, n).tolist(),
                b"coarse_labels": rng.integers(0, 20, n).tolist(),
                b"data": rng.integers(0, 256, (n, 3072)).astype(np.uint8),
            }
        )
    files["meta"] = python2_pickle({b"fine_label_names": [b"class %d" % i for i in range(100)]})
    return files


def write_cifar(root, files=None, folder="cifar-10-batches-py"):
    """The files under root/folder; returns that folder."""
    base = root / folder
    base.mkdir(parents=True)
    for name, content in (files or cifar_files()).items():
        (base / name).write_bytes(content)
    return base


def tar_bytes(files, folder="cifar-10-batches-py", extra=()):
    """A .tar.gz of the files; `extra` holds TarInfo objects or (TarInfo, content) put in front."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for info, content in extra:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        for name, content in files.items():
            info = tarfile.TarInfo(f"{folder}/{name}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def md5(content):
    """32 hexadecimal digits."""
    return hashlib.md5(content).hexdigest()
