"""Layers, optimizers and the four programs with both engines on one device: against torch there, and ours on the CPU.

`pytest --device cuda` runs all of it on a card. Without the option a part runs with both engines on the CPU, which tests
these tests, and with minitorch on a stand-in for CuPy (foreign.py), which tests that everything goes to the device. The
first weights are drawn on the CPU and moved, so one seed gives one start everywhere; and torch's dropout draws its masks
from the CPU's stream here (minitorch/compare/card.py), as ours does.

Tolerances, as parts of an array's largest number. Layers: up to some ten thousand products of numbers of the order of 1
are added in another order, which leaves 10⁻⁶ in float32 and 10⁻¹⁵ in float64; 10⁻⁴ and 10⁻¹¹ are allowed, since cuDNN's
Winograd and FFT convolutions lose a digit or two to the plain sum. TF32 would leave 10⁻³. Optimizers, five steps in
float64: 10⁻¹². What the programs print after some hundred steps in float64: 10⁻⁷ relative, as training amplifies what
rounding began.
"""

from __future__ import annotations

import contextlib
import importlib.util
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from card import On, Place, share, standins, three
from test_nn_layers import LAYERS as COMMON

import minitorch
import reference
from minitorch.compare.card import cpu_masks

LAYER_TOLERANCE = {"float32": 1e-4, "float64": 1e-11}
OPTIMIZER_TOLERANCE = 1e-12
PROGRAM_TOLERANCE = 1e-7


def array(shape: tuple[int, ...], seed: int, dtype: str = "float64") -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


# ------------------------------------------------------------------------------------------------------------ layers

MORE: dict[str, tuple[Callable[[Any], Any], tuple[int, ...]]] = {
    "Conv2d wide": (lambda t: t.nn.Conv2d(16, 24, 3, padding=1), (8, 16, 12, 12)),
    "Conv2d 5×5": (lambda t: t.nn.Conv2d(3, 6, 5), (8, 3, 32, 32)),
    "Conv1d": (lambda t: t.nn.Conv1d(3, 4, 3, padding=1), (2, 3, 9)),
    "Conv3d": (lambda t: t.nn.Conv3d(2, 3, 2), (2, 2, 4, 4, 3)),
    "ConvTranspose2d": (lambda t: t.nn.ConvTranspose2d(3, 4, 3, stride=2), (2, 3, 4, 5)),
    "AdaptiveAvgPool2d": (lambda t: t.nn.AdaptiveAvgPool2d((2, 3)), (2, 3, 7, 8)),
    "GELU": (lambda t: t.nn.GELU(), (6, 7)),
    "SiLU": (lambda t: t.nn.SiLU(), (6, 7)),
    "ELU": (lambda t: t.nn.ELU(), (6, 7)),
    "PReLU": (lambda t: t.nn.PReLU(4), (3, 4, 5)),
    "LayerNorm": (lambda t: t.nn.LayerNorm(6), (4, 5, 6)),
    "GroupNorm": (lambda t: t.nn.GroupNorm(2, 6), (3, 6, 4, 4)),
    "InstanceNorm2d": (lambda t: t.nn.InstanceNorm2d(3, affine=True), (2, 3, 5, 5)),
    "Upsample": (lambda t: t.nn.Upsample(scale_factor=2, mode="bilinear"), (2, 3, 4, 5)),
    "RNN": (lambda t: t.nn.RNN(4, 5, batch_first=True), (3, 6, 4)),
    "LSTM": (lambda t: t.nn.LSTM(4, 5, num_layers=2, bidirectional=True), (6, 3, 4)),
    "GRU": (lambda t: t.nn.GRU(4, 5), (6, 3, 4)),
    "MultiheadAttention": (lambda t: Itself(t), (5, 2, 8)),
    "TransformerEncoderLayer": (lambda t: t.nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0), (5, 2, 8)),
    "Dropout large": (lambda t: t.nn.Dropout(0.3), (64, 300)),
}
LAYERS = COMMON | MORE


def Itself(engine: Any) -> Any:
    """Self-attention as a layer of one argument."""

    class Module(engine.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attention = engine.nn.MultiheadAttention(8, 2)

        def forward(self, x: Any) -> Any:
            return self.attention(x, x, x)

    return Module()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    name = metafunc.config.getoption("--device")
    if "layer" in metafunc.fixturenames:
        metafunc.parametrize("layer", share([*COMMON], name) + share([*MORE], name))
    if "optimizer" in metafunc.fixturenames:
        metafunc.parametrize("optimizer", OPTIMIZERS)
    if "device" in metafunc.fixturenames:
        metafunc.parametrize("device", [name] if name else ["cpu", *standins()], indirect=True)


def tensors_in(value: Any) -> list[Any]:
    if isinstance(value, tuple | list):
        return [tensor for part in value for tensor in tensors_in(part)]
    return [value] if hasattr(value, "detach") else []


def numbers(tensor: Any) -> np.ndarray | None:
    return None if tensor is None else tensor.detach().cpu().numpy()


@contextlib.contextmanager
def evaluated(module: Any) -> Iterator[None]:
    """PyTorch's recurrent layers with its own kernels, since cuDNN's have no backward after evaluation."""
    if not isinstance(module, torch.nn.RNNBase):
        yield
        return
    before = torch.backends.cudnn.enabled
    torch.backends.cudnn.enabled = False
    try:
        yield
    finally:
        torch.backends.cudnn.enabled = before


def trained_layer(engine: On, build: Callable[[Any], Any], shape: tuple[int, ...], dtype: str) -> dict[str, Any]:
    """Outputs, gradients and buffers of two training passes and an evaluation, as arrays; and the device of each."""
    engine.manual_seed(11)
    module = build(engine.engine).to(getattr(engine.engine, dtype)).to(engine.name)
    found: dict[str, Any] = {}
    places = set()
    with cpu_masks(engine.engine):
        for turn, mode in enumerate(("train", "train", "eval")):
            getattr(module, mode)()
            x = engine.from_numpy(array(shape, 5 + turn, dtype)).requires_grad_()
            with evaluated(module) if mode == "eval" else contextlib.nullcontext():
                outputs = tensors_in(module(x))
            total: Any = 0.0
            for k, y in enumerate(outputs):
                total = total + (y * engine.from_numpy(array(tuple(y.shape), 100 + k, dtype))).sum()
                found[f"{turn} {mode}: output {k}"] = numbers(y)
            total.backward()
            found[f"{turn} {mode}: gradient of the input"] = numbers(x.grad)
            places |= {tensor.device.type for tensor in (*outputs, x.grad)}
    for name, parameter in module.named_parameters():
        found[f"gradient of {name}"] = numbers(parameter.grad)
        places.add(parameter.grad.device.type)
    for name, buffer in module.named_buffers():
        found[f"buffer {name}"] = numbers(buffer)
        places.add(buffer.device.type)
    assert places == {engine.name}, f"{engine}: tensors are on {places}"
    return found


def assert_same(ours: dict[str, Any], theirs: dict[str, Any], against: On, tolerance: float) -> None:
    """Within `tolerance` times the largest number of an array, or times 1 if that is less."""
    assert list(ours) == list(theirs)
    for name, value in theirs.items():
        where = f"{name}, against {against}"
        if value is None or ours[name] is None:
            assert value is ours[name], where
            continue
        assert (ours[name].dtype, ours[name].shape) == (value.dtype, value.shape), where
        largest = max(1.0, np.abs(value).max()) if value.size else 1.0
        np.testing.assert_allclose(ours[name], value, err_msg=where, rtol=0, atol=tolerance * largest)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")  # PyTorch's, about its own copying
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_layer(layer: str, dtype: str, device: Place) -> None:
    build, shape = LAYERS[layer]
    engine, *others = three(device)
    try:
        build(torch)
    except TypeError as error:
        pytest.skip(f"PyTorch {torch.__version__} refuses: {error}")
    ours = trained_layer(engine, build, shape, dtype)
    for other in others:
        assert_same(ours, trained_layer(other, build, shape, dtype), other, LAYER_TOLERANCE[dtype])


def test_dropout_masks_are_the_cpus(device: Place) -> None:
    """To the bit, on both engines, in training and after it, in place too; and the stream goes on as it would."""
    found = []
    for engine in three(device):
        engine.manual_seed(4)
        ones, F = engine.from_numpy(np.ones((50, 7), "float32")), engine.nn.functional
        with cpu_masks(engine.engine):
            dropped = [F.dropout(ones, 0.3), engine.nn.Dropout(0.5)(ones), F.dropout(ones, 0.3, training=False)]
            kept = ones.clone()
            assert F.dropout(kept, 0.2, inplace=True) is kept
            channels = engine.from_numpy(np.ones((6, 8, 3, 2), "float32"))
            dropped += [kept, F.dropout2d(channels, 0.4), F.alpha_dropout(ones, 0.2, training=True)]
        assert {x.device.type for x in dropped} == {engine.name}
        found.append([numbers(x) for x in dropped] + [engine.rand(3).numpy()])
    for others in found[1:]:
        for ours, theirs in zip(found[0], others, strict=True):
            np.testing.assert_array_equal(ours, theirs)
    assert len(np.unique(found[0][0])) == 2 and len(np.unique(found[0][2])) == 1


def test_masks_are_torchs_own_again_afterwards() -> None:
    before = torch.nn.functional.dropout
    with cpu_masks(torch):
        assert torch.nn.functional.dropout is not before
    assert torch.nn.functional.dropout is before


# -------------------------------------------------------------------------------------------------------- optimizers

OPTIMIZERS: dict[str, tuple[str, dict[str, Any]]] = {
    "SGD": ("SGD", {"lr": 0.1}),
    "SGD, momentum": ("SGD", {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01}),
    "SGD, Nesterov": ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    "Adam": ("Adam", {"lr": 0.05}),
    "Adam, amsgrad": ("Adam", {"lr": 0.05, "amsgrad": True, "weight_decay": 0.1}),
    "AdamW": ("AdamW", {"lr": 0.05}),
    "NAdam": ("NAdam", {"lr": 0.05}),
    "RAdam": ("RAdam", {"lr": 0.05}),
    "Adamax": ("Adamax", {"lr": 0.05}),
    "Adagrad": ("Adagrad", {"lr": 0.05}),
    "Adadelta": ("Adadelta", {"lr": 1.0}),
    "RMSprop": ("RMSprop", {"lr": 0.01}),
    "RMSprop, centred": ("RMSprop", {"lr": 0.01, "centered": True, "momentum": 0.5}),
    "Rprop": ("Rprop", {"lr": 0.01}),
    # PyTorch's form for lists, the default on a card, computes the rate of the next step from a float32 tensor.
    "ASGD": ("ASGD", {"lr": 0.05, "foreach": False}),
    "LBFGS": ("LBFGS", {"lr": 0.5, "max_iter": 4}),
}


def five_steps(engine: On, name: str, options: dict[str, Any]) -> dict[str, Any]:
    """The losses and the parameters of a small net after five steps, in float64."""
    engine.manual_seed(2)
    nn = engine.nn
    net = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 3)).to(engine.float64).to(engine.name)
    inputs, labels = engine.from_numpy(array((40, 6), 1)), engine.from_numpy(np.arange(40) % 3)
    optimizer = getattr(engine.optim, name)(net.parameters(), **options)
    losses = []

    def closure() -> Any:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(inputs), labels)
        loss.backward()
        return loss

    for _ in range(5):
        losses.append(optimizer.step(closure).item())
    assert losses[-1] < losses[0]
    assert {p.device.type for p in net.parameters()} == {engine.name}
    return {"losses": np.array(losses)} | {key: numbers(value) for key, value in net.state_dict().items()}


def test_optimizer(optimizer: str, device: Place) -> None:
    engine, *others = three(device)
    ours = five_steps(engine, *OPTIMIZERS[optimizer])
    for other in others:
        assert_same(ours, five_steps(other, *OPTIMIZERS[optimizer]), other, OPTIMIZER_TOLERANCE)


# ---------------------------------------------------------------------------------------------------------- programs

FOLDER = Path(reference.__file__).parent
CUT = {"train": 512, "test": 256}  # images that the image programs are given here


def speaking(engine: ModuleType) -> Any:
    """Within it, `import torch` gives that engine."""
    return minitorch.as_torch() if engine is minitorch else contextlib.nullcontext()


def figures(engine: On, name: str, words: list[Any], monkeypatch: pytest.MonkeyPatch, cut: bool) -> Any:
    """What a program's `main` returns, run on an engine and a device."""
    with speaking(engine.engine), cpu_masks(engine.engine):
        spec = importlib.util.spec_from_file_location(f"{name}_on_a_device", FOLDER / f"{name}.py")
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        if cut:
            load = module.load_data

            def some(args: Any) -> Any:
                found = load(args)
                for dataset, count in zip(found, CUT.values(), strict=True):
                    dataset.data, dataset.targets = dataset.data[:count], dataset.targets[:count]
                return found

            monkeypatch.setattr(module, "load_data", some)
        return module.main([str(word) for word in [*words, "--device", engine.name, "--no-progress"]])


NOT_COMPARED = ("engine", "device", "autograd_error", "roc_labels", "roc_probabilities")


def assert_alike(ours: Any, theirs: Any, where: str) -> None:
    """Figures within PROGRAM_TOLERANCE; times, and the corners of curves, which single rows can add, left out."""
    if isinstance(theirs, dict):
        assert list(ours) == list(theirs), where
        for key, value in theirs.items():
            if key not in NOT_COMPARED and not key.endswith("seconds"):
                assert_alike(ours[key], value, f"{where}, {key}")
    elif isinstance(theirs, list):
        assert len(ours) == len(theirs), where
        for k, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            assert_alike(a, b, f"{where} {k}")
    elif isinstance(theirs, float):
        assert math.isclose(ours, theirs, rel_tol=PROGRAM_TOLERANCE, abs_tol=1e-9), f"{where}: {ours}, not {theirs}"
    else:
        assert ours == theirs, f"{where}: {ours!r}, not {theirs!r}"


def assert_program(
    name: str, device: Place, words: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: bool = False
) -> Any:
    words = [*words, "--dtype", "float64", "--out", tmp_path]
    engine, *others = three(device)
    ours = figures(engine, name, words, monkeypatch, cut)
    assert ours["device"] == device and ours["engine"] == "minitorch"
    for other in others:
        assert_alike(ours, figures(other, name, words, monkeypatch, cut), f"{name} against {other}")
    return ours


@pytest.fixture
def float32_afterwards() -> Any:
    yield
    for engine in (minitorch, torch):
        engine.set_default_dtype(engine.float32)


pytestmark = pytest.mark.usefixtures("float32_afterwards")


def test_digits(device: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a card all ten epochs, 450 steps; on the CPU one."""
    pytest.importorskip("sklearn")
    ours = assert_program("digits", device, [] if device.whole else ["--epochs", 1], tmp_path, monkeypatch)
    if device.whole:
        assert len(ours["epoch_losses"]) == 10 and ours["test_accuracy"] > 0.95


def test_cifar10(device: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> None:
    words = ["--data", data_dir, "--workers", 0, "--print-every", 8, "--epochs", 2 if device.whole else 1]
    batch = 16 if device.whole else 64
    ours = assert_program("cifar10", device, [*words, "--batch-size", batch], tmp_path, monkeypatch, cut=True)
    assert len(ours["losses"]) == (8 if device.whole else 1)


def test_mnist(device: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> None:
    pytest.importorskip("matplotlib")
    epochs = 5 if device.whole else 1
    ours = assert_program("mnist", device, ["--data", data_dir, "--epochs", epochs], tmp_path, monkeypatch, cut=True)
    assert len(ours["epoch_losses"]) == epochs


@pytest.mark.parametrize("variant", ["dropout", "regression"])
def test_abalone(device: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data_dir: Path, variant: str) -> None:
    """With its dropout, whose masks are the same everywhere, and with its regression."""
    for needed in ("sklearn", "pandas", "matplotlib"):
        pytest.importorskip(needed)
    words = ["--data", data_dir, "--variant", variant, "--epochs", 4 if device.whole else 1]
    assert_program("abalone", device, words, tmp_path, monkeypatch)


def test_a_wrong_figure_is_seen() -> None:
    figures = {"engine": "a", "loss": [1.0, 2.0], "n": 3, "train_seconds": 1.0}
    assert_alike(figures, figures | {"engine": "b", "train_seconds": 2.0}, "same")
    for other in ({"loss": [1.0, 2.00001]}, {"loss": [1.0]}, {"n": 4}):
        with pytest.raises(AssertionError):
            assert_alike(figures, figures | other, "other")
