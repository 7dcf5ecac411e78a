"""minitorch.vision.datasets against torchvision's, on small files in the official layouts; and bad files."""

import gzip
import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch
from torchvision_cpu import import_torchvision
from vision_files import (
    cifar100_files,
    cifar_files,
    idx_bytes,
    mnist_files,
    python2_pickle,
    write_cifar,
    write_mnist,
)

import minitorch
from minitorch.vision import datasets, transforms

torchvision = import_torchvision()


@pytest.fixture(autouse=True)
def any_checksum(monkeypatch):
    """torchvision checks the official files' MD5 sums; here it shall take our small files."""
    accept = lambda path, md5=None: __import__("os").path.isfile(path)  # noqa: E731
    monkeypatch.setattr(torchvision.datasets.cifar, "check_integrity", accept)


def assert_same_sample(ours, theirs):
    (image, label), (expected_image, expected_label) = ours, theirs
    assert type(label) is type(expected_label) and label == expected_label
    if isinstance(expected_image, torch.Tensor):
        assert isinstance(image, minitorch.Tensor)
        assert str(image.dtype) == str(expected_image.dtype)
        assert image.is_contiguous() == expected_image.is_contiguous()
        np.testing.assert_array_equal(image.numpy(), expected_image.numpy(), strict=True)
    else:
        assert type(image) is type(expected_image)
        assert (image.mode, image.size, image.tobytes()) == (
            expected_image.mode,
            expected_image.size,
            expected_image.tobytes(),
        )


def double(label):
    return 2 * label


def pipelines(library):
    """Transforms of torchvision or ours: none, the fast path, the way through PIL, and one after the other."""
    t = library.transforms
    mean, std = (0.1307,), (0.3081,)
    return [
        None,
        t.ToTensor(),
        t.Compose([t.ToTensor(), t.Normalize(mean, std)]),
        t.Compose([t.CenterCrop(20), t.ToTensor(), t.Normalize(mean, std)]),
        t.Compose([t.PILToTensor()]),
        t.Compose([t.Compose([t.ToTensor()])]),
        t.Compose([]),
        t.Lambda(lambda image: image.size),
    ]


ours_as_torchvision = type("vision", (), {"transforms": transforms, "datasets": datasets})


@pytest.mark.parametrize("name", ["MNIST", "FashionMNIST", "KMNIST"])
@pytest.mark.parametrize("train", [True, False])
def test_mnist_like_sets_equal_torchvisions(tmp_path, name, train):
    write_mnist(tmp_path, name)
    ours, theirs = getattr(datasets, name)(tmp_path, train), getattr(torchvision.datasets, name)(tmp_path, train)
    assert len(ours) == len(theirs)
    for attribute in ("data", "targets"):
        mine, expected = getattr(ours, attribute), getattr(theirs, attribute)
        assert str(mine.dtype) == str(expected.dtype) and tuple(mine.shape) == tuple(expected.shape)
        np.testing.assert_array_equal(mine.numpy(), expected.numpy())
    for attribute in ("classes", "class_to_idx", "train", "raw_folder", "processed_folder", "resources", "mirrors"):
        assert getattr(ours, attribute) == getattr(theirs, attribute)
    assert repr(ours) == repr(theirs)
    for i in (0, len(ours) - 1, -1):
        assert_same_sample(ours[i], theirs[i])
    with pytest.raises(IndexError):
        ours[len(ours)]


def test_mnist_through_every_pipeline(tmp_path):
    write_mnist(tmp_path)
    for ours, theirs in zip(pipelines(ours_as_torchvision), pipelines(torchvision), strict=True):
        target = double if theirs is not None else None
        a = datasets.MNIST(str(tmp_path), transform=ours, target_transform=target)
        b = torchvision.datasets.MNIST(str(tmp_path), transform=theirs, target_transform=target)
        assert repr(a) == repr(b)
        if ours is not None and isinstance(ours, transforms.Lambda):
            assert a[3] == b[3] == ((28, 28), 2 * int(b.targets[3]))
        else:
            assert_same_sample(a[3], b[3])


def test_mnist_reads_gzipped_files_when_only_those_exist(tmp_path):
    write_mnist(tmp_path / "plain")
    write_mnist(tmp_path / "packed", packed=True)
    plain, packed = datasets.MNIST(tmp_path / "plain"), datasets.MNIST(tmp_path / "packed")
    np.testing.assert_array_equal(plain.data.numpy(), packed.data.numpy())
    np.testing.assert_array_equal(plain.targets.numpy(), packed.targets.numpy())


def test_replaced_data_and_targets_are_used(tmp_path):
    write_mnist(tmp_path)
    ours, theirs = datasets.MNIST(tmp_path), torchvision.datasets.MNIST(tmp_path)
    keep = np.array([4, 2])
    ours.data, ours.targets = ours.data[minitorch.from_numpy(keep)], [7, 1]
    theirs.data, theirs.targets = theirs.data[torch.from_numpy(keep)], [7, 1]
    assert len(ours) == len(theirs) == 2
    assert_same_sample(ours[1], theirs[1])


@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize(
    "name, folder, files",
    [
        ("CIFAR10", "cifar-10-batches-py", cifar_files()),
        ("CIFAR100", "cifar-100-python", cifar100_files()),
    ],
)
def test_cifar_equals_torchvisions(tmp_path, name, folder, files, train):
    write_cifar(tmp_path, files, folder)
    for ours, theirs in zip(pipelines(ours_as_torchvision), pipelines(torchvision), strict=True):
        a = getattr(datasets, name)(tmp_path, train, ours)
        b = getattr(torchvision.datasets, name)(tmp_path, train, theirs)
        assert repr(a) == repr(b)
        if ours is None or not isinstance(ours, transforms.Lambda):
            for i in (0, 2, len(b) - 1, -1):
                assert_same_sample(a[i], b[i])
    assert len(a) == len(b)
    assert type(a.data) is np.ndarray and type(a.targets) is list
    np.testing.assert_array_equal(a.data, b.data, strict=True)
    assert a.targets == b.targets
    for attribute in ("classes", "class_to_idx", "train", "base_folder", "train_list", "test_list", "meta", "tgz_md5"):
        assert getattr(a, attribute) == getattr(b, attribute)
    with pytest.raises(IndexError):
        a[len(a)]


def test_to_tensor_first_gives_what_the_way_through_pil_gives(tmp_path):
    """Only an exact ToTensor skips the PIL image; a subclass, which may do anything, gets its image."""
    write_cifar(tmp_path)
    seen = []

    class Spy(transforms.ToTensor):
        def __call__(self, pic):
            seen.append(type(pic).__name__)
            return super().__call__(pic)

    direct = datasets.CIFAR10(tmp_path, transform=transforms.ToTensor())[3][0]
    through_pil = datasets.CIFAR10(tmp_path, transform=Spy())[3][0]
    assert seen == ["Image"]
    np.testing.assert_array_equal(direct.numpy(), through_pil.numpy(), strict=True)
    assert direct.numpy().strides == through_pil.numpy().strides


def test_a_sample_does_not_share_memory_with_the_data(tmp_path):
    write_cifar(tmp_path)
    write_mnist(tmp_path)
    for dataset in (datasets.CIFAR10(tmp_path), datasets.MNIST(tmp_path)):
        before = np.array(dataset.data)
        dataset[0][0].putpixel((0, 0), 0 if dataset[0][0].mode == "L" else (0, 0, 0))
        dataset.transform = transforms.ToTensor()
        dataset[0][0].numpy()[...] = 7
        np.testing.assert_array_equal(np.array(dataset.data), before)


def test_samples_go_through_a_dataloader(tmp_path):
    write_cifar(tmp_path)
    pipeline = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))])
    loader = minitorch.utils.data.DataLoader(datasets.CIFAR10(tmp_path, transform=pipeline), batch_size=4, shuffle=True)
    t = torchvision.transforms
    expected = torch.utils.data.DataLoader(
        torchvision.datasets.CIFAR10(
            tmp_path, transform=t.Compose([t.ToTensor(), t.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))])
        ),
        batch_size=4,
        shuffle=True,
    )
    minitorch.manual_seed(5)
    torch.manual_seed(5)
    for (images, labels), (expected_images, expected_labels) in zip(loader, expected, strict=True):
        np.testing.assert_array_equal(images.numpy(), expected_images.numpy(), strict=True)
        np.testing.assert_array_equal(labels.numpy(), expected_labels.numpy(), strict=True)


def test_a_batch_at_once_is_the_samples_one_by_one(tmp_path):
    write_cifar(tmp_path)
    write_mnist(tmp_path)
    statistics = [(0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)]
    for name in ("CIFAR10", "MNIST"):
        normalize = transforms.Normalize(*statistics) if name == "CIFAR10" else transforms.Normalize((0.13,), (0.31,))
        for transform in (
            transforms.ToTensor(),
            transforms.Compose([transforms.ToTensor(), normalize]),
            transforms.Compose([transforms.ToTensor(), normalize, transforms.Lambda(lambda x: x * 2)]),
            transforms.Compose([transforms.RandomHorizontalFlip(), transforms.ToTensor()]),
        ):
            dataset = getattr(datasets, name)(tmp_path, transform=transform)
            for targets in (dataset.targets, np.array(dataset.targets) / 2):
                dataset.targets = targets
                minitorch.manual_seed(1)
                expected = [dataset[i] for i in (3, 0, -1, 3)]
                minitorch.manual_seed(1)
                batch = dataset.__getitems__([3, 0, -1, 3])
                assert len(batch) == 4
                for (image, label), (expected_image, expected_label) in zip(batch, expected, strict=True):
                    assert type(label) is type(expected_label) and label == expected_label
                    np.testing.assert_array_equal(image.numpy(), expected_image.numpy(), strict=True)
            with pytest.raises(IndexError):
                dataset.__getitems__([0, len(dataset)])


def test_a_batch_respects_what_a_subclass_or_target_transform_does(tmp_path):
    write_mnist(tmp_path)
    write_mnist(tmp_path, "Indexed")  # the folder is named after the class, as in torchvision

    class Indexed(datasets.MNIST):
        def __getitem__(self, index):
            return (*super().__getitem__(index), index)

    loader = minitorch.utils.data.DataLoader(Indexed(tmp_path, transform=transforms.ToTensor()), batch_size=5)
    assert [batch[2].tolist() for batch in loader] == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9], [10, 11, 12]]
    doubled = datasets.MNIST(tmp_path, transform=transforms.ToTensor(), target_transform=double)
    assert [label for _, label in doubled.__getitems__([0, 1])] == [2 * label for label in doubled.targets[:2].tolist()]
    assert [image.size for image, _ in datasets.MNIST(tmp_path).__getitems__([0, 1])] == [(28, 28)] * 2


def test_fake_data_equals_torchvisions():
    for kwargs in ({"image_size": (3, 9, 11)}, {"image_size": (1, 4, 5), "num_classes": 3, "random_offset": 40}):
        ours, theirs = datasets.FakeData(6, **kwargs), torchvision.datasets.FakeData(6, **kwargs)
        assert repr(ours) == repr(theirs)
        for i in range(6):
            (image, label), (expected, expected_label) = ours[i], theirs[i]
            assert label == expected_label and image.mode == expected.mode
            # randn is within one unit in the last place of PyTorch's, so a value may truncate to the next integer
            difference = np.asarray(image).astype(int) - np.asarray(expected).astype(int)
            assert np.isin(difference % 256, (0, 1, 255)).all() and (difference == 0).mean() > 0.99
    state = minitorch.get_rng_state()
    ours[0]
    assert np.array_equal(minitorch.get_rng_state().numpy(), state.numpy())
    with pytest.raises(IndexError, match="FakeData index out of range"):
        ours[6]


def test_image_folder_equals_torchvisions(tmp_path):
    from PIL import Image

    rng = np.random.default_rng(0)
    for name, n in (("dog", 2), ("ant", 3), ("cat/deep", 1)):
        (tmp_path / name).mkdir(parents=True)
        for i in range(n):
            image = Image.fromarray(rng.integers(0, 256, (5, 4, 3)).astype(np.uint8))
            image.save(tmp_path / name / f"{i}.PNG", format="png")
        (tmp_path / name / "notes.txt").write_text("no image")
    ours, theirs = datasets.ImageFolder(str(tmp_path)), torchvision.datasets.ImageFolder(str(tmp_path))
    assert repr(ours) == repr(theirs)
    for attribute in ("classes", "class_to_idx", "samples", "imgs", "targets", "extensions"):
        assert getattr(ours, attribute) == getattr(theirs, attribute)
    for i in range(len(theirs)):
        assert_same_sample(ours[i], theirs[i])

    (tmp_path / "empty").mkdir()
    messages = []
    for library in (datasets, torchvision.datasets):
        with pytest.raises(FileNotFoundError) as caught:
            library.ImageFolder(tmp_path)
        messages.append(str(caught.value))
        assert len(library.ImageFolder(tmp_path, allow_empty=True)) == 6
        with pytest.raises(FileNotFoundError, match="Couldn't find any class folder"):
            library.ImageFolder(tmp_path / "ant")
        with pytest.raises(ValueError, match="cannot be None or not None at the same time"):
            library.DatasetFolder(tmp_path, open)
    assert messages[0] == messages[1]


def test_vision_dataset_takes_one_kind_of_transforms():
    with pytest.raises(ValueError, match="Only transforms or transform/target_transform"):
        datasets.VisionDataset("x", transforms=print, transform=print)
    both = torchvision.datasets.VisionDataset("x", transform=repr, target_transform=repr)
    assert repr(datasets.VisionDataset("x", transform=repr, target_transform=repr).transforms) == repr(both.transforms)


# ---- bad files -----------------------------------------------------------------------------------------------------


def test_missing_files_are_named(tmp_path):
    with pytest.raises(RuntimeError, match="Dataset not found. You can use download=True to download it") as caught:
        datasets.MNIST(tmp_path)
    assert "train-images-idx3-ubyte" in str(caught.value) and str(tmp_path / "MNIST" / "raw") in str(caught.value)
    raw = write_mnist(tmp_path)
    (raw / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(RuntimeError, match=r"looked in .* for t10k-labels-idx1-ubyte, plain"):
        datasets.MNIST(tmp_path)
    with pytest.raises(RuntimeError, match="Dataset not found or corrupted. You can use download=True to download it"):
        datasets.CIFAR10(tmp_path)
    (write_cifar(tmp_path) / "data_batch_4").unlink()
    with pytest.raises(RuntimeError, match=r"looked in .* for data_batch_4\)"):
        datasets.CIFAR10(tmp_path)


GOOD = mnist_files()["train-images-idx3-ubyte"]  # 16 + 13·784 = 10,208 bytes
BAD_IDX = {
    "empty": (b"", "starts with 4 bytes, found 0 bytes"),
    "three bytes": (b"\0\0\x08", "found 3 bytes"),
    "no header": (GOOD[:10], "header of 3 dimensions takes 16 bytes, found 10"),
    "truncated": (GOOD[:-1], "announces 13 x 28 x 28 values, 10,208 bytes; found 10,207 bytes"),
    "too long": (GOOD + b"x", "10,208 bytes; found 10,209 bytes"),
    "gzip without .gz": (gzip.compress(GOOD), "looks like a gzip file"),
    "text": (b"<html>404</html>", "first bytes 3c 68 74 6d are not those of an IDX file"),
    "unknown format": (b"\0\0\x0a" + GOOD[3:], "not those of an IDX file"),
    "no dimensions": (b"\0\0\x08\0", "not those of an IDX file"),
}


@pytest.mark.parametrize("kind", BAD_IDX)
def test_a_bad_idx_file_is_named_with_what_is_wrong(tmp_path, kind):
    content, message = BAD_IDX[kind]
    path = write_mnist(tmp_path) / "train-images-idx3-ubyte"
    path.write_bytes(content)
    with pytest.raises(RuntimeError) as caught:
        datasets.MNIST(tmp_path)
    assert str(path) in str(caught.value) and message in str(caught.value)
    assert "truncated or corrupt" in str(caught.value) and "download=True" in str(caught.value)
    datasets.MNIST(tmp_path, train=False)  # the other split isn't touched


def test_a_bad_gzip_file_is_named(tmp_path):
    path = write_mnist(tmp_path, packed=True) / "train-images-idx3-ubyte.gz"
    good = path.read_bytes()
    flipped = bytearray(good)
    flipped[len(good) // 2] ^= 0xFF
    for content in (good[:-20], b"not gzip", bytes(flipped), good[:-8] + b"\0" * 8):
        path.write_bytes(content)
        with pytest.raises(RuntimeError, match="no complete gzip file") as caught:
            datasets.MNIST(tmp_path)
        assert str(path) in str(caught.value)


def test_files_that_do_not_belong_together(tmp_path):
    raw = write_mnist(tmp_path)
    labels = raw / "train-labels-idx1-ubyte"
    labels.write_bytes(idx_bytes(np.zeros(12, np.uint8)))
    with pytest.raises(RuntimeError, match="holds 13 images, but .*train-labels-idx1-ubyte holds 12 labels"):
        datasets.MNIST(tmp_path)
    labels.write_bytes(idx_bytes(np.full(13, 10, np.uint8)))
    with pytest.raises(RuntimeError, match="label 10 where 0 to 9 are possible"):
        datasets.MNIST(tmp_path)
    labels.write_bytes(idx_bytes(np.zeros(13, np.int32)))
    with pytest.raises(TypeError, match="torch.uint8 instead of torch.int32"):
        datasets.MNIST(tmp_path)
    labels.write_bytes(GOOD)
    with pytest.raises(ValueError, match="should have 1 dimension instead of 3"):
        datasets.MNIST(tmp_path)


@pytest.mark.parametrize("kind", ["uint8", "int8", "int16", "int32", "float32", "float64"])
def test_idx_formats_are_read_as_torchvision_reads_them(tmp_path, kind):
    values = (np.random.default_rng(1).normal(size=(3, 4)) * 50).astype(kind)
    (tmp_path / "x").write_bytes(idx_bytes(values))
    ours = datasets.mnist.read_sn3_pascalvincent_tensor(str(tmp_path / "x"))
    theirs = torchvision.datasets.mnist.read_sn3_pascalvincent_tensor(str(tmp_path / "x"))
    np.testing.assert_array_equal(ours.numpy(), values)
    np.testing.assert_array_equal(ours.numpy(), theirs.numpy(), strict=True)


def batch(**changes):
    entry = {b"labels": [0, 1], b"data": np.zeros((2, 3072), np.uint8)}
    entry |= {key.encode(): value for key, value in changes.items()}
    return python2_pickle({key: value for key, value in entry.items() if value is not None})


BAD_BATCHES = {
    "empty": (b"", "EOFError"),
    "truncated": (batch()[:-100], "truncated"),
    "text": (b"<html>404</html>", "found 16 bytes"),
    "flipped": (b"\x80\x02" + b"\xff" + batch()[3:], "UnpicklingError"),
    "a list": (python2_pickle([1, 2]), "expected a dict, found list"),
    "no data": (batch(data=None), "expected 'data' as uint8 of shape (N, 3072), found NoneType"),
    "other shape": (batch(data=np.zeros((2, 784), np.uint8)), "found uint8 (2, 784)"),
    "other dtype": (batch(data=np.zeros((2, 3072), np.float32)), "found float32 (2, 3072)"),
    "few labels": (batch(labels=[1]), "expected 2 labels, one per image, found 1"),
    "no labels": (batch(labels=None), "expected 2 labels, one per image, found no list"),
    "label too large": (batch(labels=[1, 10]), "label 10 where 0 to 9 are possible"),
    "label no number": (batch(labels=[1, b"cat"]), "label 'cat'"),
}


@pytest.mark.parametrize("kind", BAD_BATCHES)
def test_a_bad_cifar_batch_is_named_with_what_is_wrong(tmp_path, kind):
    content, message = BAD_BATCHES[kind]
    path = write_cifar(tmp_path) / "data_batch_3"
    path.write_bytes(content)
    with pytest.raises(RuntimeError) as caught:
        datasets.CIFAR10(tmp_path)
    assert str(path) in str(caught.value) and message in str(caught.value)


def test_bad_cifar_class_names(tmp_path):
    meta = write_cifar(tmp_path) / "batches.meta"
    for content in (python2_pickle({b"other": 1}), python2_pickle({b"label_names": []}), b""):
        meta.write_bytes(content)
        with pytest.raises(RuntimeError, match="batches.meta is truncated or corrupt"):
            datasets.CIFAR10(tmp_path)


def test_every_truncation_of_a_batch_is_refused(tmp_path):
    """Cut anywhere, the file is never taken for a good one and never fails without its name."""
    path = write_cifar(tmp_path) / "test_batch"
    good = batch()
    for length in range(0, len(good), 37):
        path.write_bytes(good[:length])
        with pytest.raises(RuntimeError, match="test_batch is truncated or corrupt"):
            datasets.CIFAR10(tmp_path, train=False)


class Evil:
    def __reduce__(self):
        return __import__("os").system, ("echo unpickled > evil.txt",)


def test_a_pickle_that_would_run_code_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = write_cifar(tmp_path) / "data_batch_1"
    path.write_bytes(pickle.dumps({"data": Evil()}, protocol=2))
    with pytest.raises(RuntimeError, match=r"data_batch_1 .* asks for posix.system, which no CIFAR batch needs"):
        datasets.CIFAR10(tmp_path)
    assert not (tmp_path / "evil.txt").exists()
    for attack in (
        b"cbuiltins\neval\n(S'1'\ntR.",
        b"c_codecs\nencode\n(Vx\nVidna\ntR.",
        b"cnumpy\nload\n(S'x'\ntR.",
        b"cnumpy\ndtype.__class__\n.",
    ):
        path.write_bytes(attack)
        with pytest.raises(RuntimeError, match="asks for"):
            datasets.CIFAR10(tmp_path)


def test_batches_pickled_again_by_python_3_are_read(tmp_path):
    write_cifar(tmp_path)
    expected = datasets.CIFAR10(tmp_path).data[:5]
    path = tmp_path / "cifar-10-batches-py" / "data_batch_1"
    entry = pickle.loads(path.read_bytes(), encoding="latin1")
    for protocol in (2, 3, 4):
        path.write_bytes(pickle.dumps({"data": entry["data"], "labels": entry["labels"]}, protocol))
        np.testing.assert_array_equal(datasets.CIFAR10(tmp_path).data[:5], expected)


# ---- what is imported ----------------------------------------------------------------------------------------------


def test_reading_data_and_tensors_needs_neither_pillow_nor_pooch(tmp_path):
    write_cifar(tmp_path)
    write_mnist(tmp_path)
    script = f"""
import sys
for name in ("PIL", "pooch", "requests", "tqdm"):
    sys.modules[name] = None  # an import of it fails
from minitorch.vision import datasets, transforms
pipeline = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
for kind in (datasets.MNIST, datasets.CIFAR10):
    print(kind({str(tmp_path)!r}, transform=pipeline, download=True)[0][0].shape)
try:
    datasets.MNIST({str(tmp_path)!r})[0]
except ImportError as error:
    print(error)
"""
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines() == [
        "torch.Size([1, 28, 28])",
        "torch.Size([3, 32, 32])",
        'this needs Pillow, which is not installed. Install it with: pip install "minitorch-engine[lessons]"',
    ]


# ---- the real data, where it is at hand ----------------------------------------------------------------------------


def test_the_real_sets(data_dir):
    for train, n in ((True, 60_000), (False, 10_000)):
        ours, theirs = datasets.MNIST(data_dir, train, download=True), torchvision.datasets.MNIST(data_dir, train)
        assert len(ours) == n and tuple(ours.data.shape) == (n, 28, 28)
        np.testing.assert_array_equal(ours.data.numpy(), theirs.data.numpy())
        np.testing.assert_array_equal(ours.targets.numpy(), theirs.targets.numpy())
    ours, theirs = datasets.CIFAR10(data_dir, False, download=True), torchvision.datasets.CIFAR10(data_dir, False)
    assert ours.data.shape == (10_000, 32, 32, 3) and ours.targets == theirs.targets
    assert np.bincount(ours.targets).tolist() == [1000] * 10 and ours.classes == theirs.classes
    np.testing.assert_array_equal(ours.data, theirs.data)
    assert len(datasets.CIFAR10(data_dir)) == 50_000
