"""Every op of the table on another device: the stand-in of foreign.py, which behaves as CuPy does, without a GPU.

The results are held against our own on the CPU (which tests/test_op_table.py holds against torch): values, gradients,
second gradients, all of them on the device; and the reads by the host, which a GPU would have to be waited for, are
counted. Not everything that CuPy does can be seen here: see foreign.py.
"""

from __future__ import annotations

import copy
import os
import re
import sys
import warnings
from collections.abc import Callable
from typing import Any

import foreign
import numpy as np
import pytest

import minitorch
from minitorch import nn
from minitorch.autograd.op import Op
from minitorch.nn import functional as F
from minitorch.ops import checks
from minitorch.testing.optable import OPS, Call, Entry
from minitorch.testing.optable.core import (
    ALL,
    FLOATS,
    Sample,
    cotangents,
    differentiable_outputs,
    flatten,
    is_tensor,
    second_gradients,
    to_numpy,
)

# Where an op reads a value, or needs a shape that depends on values, and so has to wait for the device: the function,
# and why. Everything else must do without.
WAITS = {
    "device.py to_device": "Tensor.to('cpu') and Poisson's rates are what is asked for; RReLU draws only for negatives",
    "ops/elementwise/comparison.py allclose": "the answer is a Python bool",
    "ops/elementwise/comparison.py equal": "the answer is a Python bool",
    "ops/reduction/counting.py Bincount.forward": "as many counts as the largest number says; cupy.bincount looks at it, too",
    "ops/reduction/counting.py _count": "histogram leaves out what is in no bin; cupy.bincount looks at the numbers",
    "ops/reduction/counting.py _ends": "bins reach from the smallest to the largest value",
    "ops/reduction/counting.py _range": "bins reach from the smallest to the largest value",
    "ops/reduction/counting.py _runs": "as many values as there are different ones",
    "ops/reduction/counting.py bincount": "as many counts as the largest number says; cupy.bincount looks at it, too",
    "ops/reduction/counting.py histc": "values in no bin are left out; cupy.bincount looks at the numbers",
    "ops/reduction/covariance.py _check_weights": "PyTorch's checks, which wait on a GPU, too",
    "ops/reduction/covariance.py cov": "PyTorch's checks, which wait on a GPU, too",
    "ops/loss/ctc.py _padded_targets": "the longest target gives the size of the table of paths",
    "ops/loss/ctc.py ctc_loss": "lengths are checked; PyTorch wants them on the CPU",
    "ops/reduction/cumulative.py CumProd.backward": "without a 0 there is a short way; PyTorch asks, too",
    "ops/indexing/embedding.py EmbeddingSpread.share": "scale_grad_by_freq counts with cupy.bincount, which looks at the numbers",
    "ops/indexing/embedding.py _shorten_rows": "max_norm shortens each row once: unique",
    "ops/indexing/embedding.py embedding_bag": "the longest bag gives the size of the table of places",
    "ops/indexing/encoding.py one_hot": "without num_classes the largest number gives the size",
    "ops/indexing/gathering.py _repeated": "as many as the repeats add up to",
    "ops/indexing/gathering.py masked_select": "as many as the mask holds for",
    "ops/indexing/gathering.py nonzero": "as many as are not 0",
    "ops/indexing/index_scattering.py MaskedScatter.backward": "as many as the mask holds for",
    "ops/indexing/index_scattering.py MaskedScatter.forward": "as many as the mask holds for",
    "ops/indexing/index_scattering.py masked_scatter": "source must have enough elements",
    "ops/indexing/indexing.py _parse": "a 0-d index tensor stands for a Python int, which a view needs",
    "ops/indexing/indexing.py _without_masks": "as many as the mask holds for",
    "ops/matrices/checks.py factorised": "LinAlgError for a singular matrix; PyTorch waits, too",
    "ops/matrices/named_products.py MatrixExp.forward": "the norm says how often to halve; PyTorch asks, too",
    "ops/matrices/solving.py Cholesky.forward": "LinAlgError for a matrix that is not positive-definite",
    "ops/matrices/solving.py Det.backward": "a singular matrix goes another way; PyTorch asks, too",
    "ops/reduction/reduction.py Prod.backward": "without a 0 there is a short way; PyTorch asks, too",
    "ops/indexing/scattering.py ScatterReduce.of_product": "no second derivative where two zeros meet: RuntimeError, as in PyTorch",
    "ops/elementwise/selection.py where": "with a condition alone: as many as are true",
    "random.py poisson": "the rates are needed on the CPU, where random numbers are drawn",
    "tensor.py Tensor.__bool__": "a Python bool was asked for: gaussian_nll_loss and svd check values, as PyTorch does",
    "tensor.py Tensor.item": "a Python number was asked for",
    "tensor.py Tensor.tolist": "Python numbers were asked for",
}


@pytest.fixture
def device() -> Any:
    with foreign.foreign_device() as module:
        yield module


class Engine:
    """minitorch, whose `from_numpy` makes tensors on the device."""

    def __getattr__(self, name: str) -> Any:
        return getattr(minitorch, name)

    def from_numpy(self, array: np.ndarray) -> Any:
        return minitorch.from_numpy(array).to("cuda")


ON_DEVICE = Engine()


class Run:
    """What a sample comes to: its results, gradients and second gradients, and where the host waited."""

    def __init__(self, engine: Any, entry: Entry, sample: Sample, dtype: str, seed: int) -> None:
        grad = dtype in FLOATS and entry.differentiable and sample.differentiable
        self.gradients: list[Any] = []
        self.second: list[Any] = []
        call = Call(engine, entry, sample, dtype, seed, grad=grad)
        with foreign.count_syncs() as self.waits:
            result = call()
        self.values = flatten(result)
        outputs = differentiable_outputs(result) if grad else []
        if outputs:
            weights = [w.to(out.device) for w, out in zip(cotangents(engine, outputs, seed), outputs, strict=True)]
            with foreign.count_syncs() as more:
                self.gradients = list(minitorch.autograd.grad(outputs, call.leaves, weights, allow_unused=True))
            self.waits += more
        if outputs and entry.twice and sample.twice and dtype == "float64" and "cpu" not in sample.args:
            call = Call(engine, entry, sample, dtype, seed, grad=True)
            with foreign.count_syncs() as more:
                self.second = second_gradients(engine, call, seed)
            self.waits += more


def difference(entry: Entry, ours: Run, expected: Run, stays: bool) -> str | None:
    """What distinguishes a run on the device from one on the CPU; `stays`: whether all results must be on the device."""
    for what in ("values", "gradients", "second"):
        a, b = getattr(ours, what), getattr(expected, what)
        if len(a) != len(b):
            return f"{what}: {len(a)}, on the CPU {len(b)}"
        for k, (x, y) in enumerate(zip(a, b, strict=True)):
            where = f"{what} {k}"
            if is_tensor(x) != is_tensor(y):
                return f"{where} is {x!r}, on the CPU {y!r}"
            if not is_tensor(y):
                if repr(x) != repr(y):
                    return f"{where} is {x!r}, on the CPU {y!r}"
                continue
            if stays and x.device.type != "cuda":
                return f"{where} is on {x.device}"
            if x.dtype != y.dtype or x.shape != y.shape:
                return f"{where} is {x.dtype} {list(x.shape)}, on the CPU {y.dtype} {list(y.shape)}"
            u, v = to_numpy(x), to_numpy(y)
            rtol, atol = entry.within(v.dtype.name)
            if what == "second":
                rtol = atol = max(entry.second, rtol)
            if not np.allclose(u, v, rtol, atol, equal_nan=True):
                return f"{where} is {u}, on the CPU {v}"
    return None


# What need not be the same on the device.
DIFFERENT = {
    "Tensor.is_contiguous": "a copy of every other element lies in one piece there, as in PyTorch",
    "linalg.lstsq": 'the default driver is "gels" there, as in PyTorch; its solutions are compared by the next entry',
}

found_waits: dict[str, str] = {}  # where an op waited → which


@pytest.mark.parametrize("entry", OPS, ids=lambda e: e.name.replace(" ", "-"))
@pytest.mark.filterwarnings("ignore")
def test_op(entry: Entry, device: Any) -> None:
    """All samples in all dtypes: values, gradients and second gradients as on the CPU; all results on the device."""
    problems = []
    for dtype in ALL:
        for i, sample in entry.usable(dtype):
            expected = Run(minitorch, entry, sample, dtype, entry.seed(i))
            try:
                with minitorch.device("cuda"):  # where those are made that come from no tensor
                    ours = Run(ON_DEVICE, entry, sample, dtype, entry.seed(i))
            except Exception as error:
                problem: str | None = repr(error)
            else:
                problem = None
                if entry.name not in DIFFERENT:
                    problem = difference(entry, ours, expected, "cpu" not in sample.args)
                for wait in ours.waits:
                    place = re.sub(r":\d+ ([\w.]+).*", r" \1", wait.replace(".<locals>.<genexpr>", ""))
                    found_waits[place] = f"{entry.name}: {wait}"
                    if not problem and place not in WAITS:
                        problem = f"waits for the device: {wait}"
            if problem:
                problems.append(f"{dtype} {sample}: {problem}")
    assert not problems, "\n".join(problems[:8])


def test_all_listed_waits_occur(request: pytest.FixtureRequest) -> None:
    """A wait that is gone goes from the list, too."""
    ran = sum(getattr(item, "function", None) is test_op for item in request.session.items)
    if ran < len(OPS) or "PYTEST_XDIST_WORKER" in os.environ:
        pytest.skip("test_op ran for some of the table only")
    assert sorted(WAITS.keys() - found_waits.keys()) == []


@pytest.mark.filterwarnings("ignore")
def test_bad_inputs_with_blocking_launches(device: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With CUDA_LAUNCH_BLOCKING=1 everything is refused that is refused on the CPU, with the same error."""
    monkeypatch.setattr(checks, "is_blocking", True)
    problems = []
    for entry in OPS:
        for bad in entry.errors:
            on_cpu = raised(Call(minitorch, entry, bad.sample, bad.dtype, 0))
            on_device = raised(Call(ON_DEVICE, entry, bad.sample, bad.dtype, 0))
            if type(on_cpu) is not type(on_device) or any(text not in str(on_device) for text in bad.says):
                problems.append(f"{entry.name} {bad.sample}: {on_device!r}, on the CPU {on_cpu!r}")
    assert not problems, "\n".join(problems)


@pytest.mark.filterwarnings("ignore")
def test_bad_inputs(device: Any) -> None:
    """Without it, only values are not looked at: the shapes, dtypes and numbers of arguments are."""
    problems = set()
    for entry in OPS:
        for bad in entry.errors:
            on_cpu = raised(Call(minitorch, entry, bad.sample, bad.dtype, 0))
            on_device = raised(Call(ON_DEVICE, entry, bad.sample, bad.dtype, 0))
            if type(on_cpu) is not type(on_device):
                problems.add(entry.name)
    assert problems == VALUES_NOT_LOOKED_AT


# An index or class number out of range wraps around; a level, a probability or an integer divisor is taken as it is.
# PyTorch does not look at them on a GPU either (its kernels stop the program at an index out of range).
VALUES_NOT_LOOKED_AT = {
    "embedding", "fmod", "gather", "index_add", "index_copy", "index_fill", "index_put", "index_reduce", "index_select",
    "nanquantile", "nn.functional.binary_cross_entropy", "nn.functional.cross_entropy", "nn.functional.embedding",
    "nn.functional.embedding_bag", "nn.functional.max_unpool1d", "nn.functional.max_unpool2d",
    "nn.functional.max_unpool3d", "nn.functional.multi_margin_loss", "nn.functional.multilabel_margin_loss",
    "nn.functional.nll_loss", "nn.functional.one_hot", "operator.getitem", "put", "quantile", "scatter", "scatter_add",
    "scatter_reduce", "searchsorted", "take", "take_along_dim",
}  # fmt: skip


def raised(call: Callable[[], Any]) -> Exception | None:
    try:
        call()
    except Exception as error:
        return error
    return None


# ---- training --------------------------------------------------------------------------------------------------------


def small_net() -> Any:
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.MaxPool2d(2, padding=1),
        nn.Conv2d(4, 5, 3, stride=2),
        nn.GELU(),
        nn.AvgPool2d(2, ceil_mode=True),
        nn.Flatten(),
        nn.Dropout(0.25),
        nn.LayerNorm(5),
        nn.Linear(5, 4),
    )


class Tagger(nn.Module):
    """Words' numbers to a class for each word: an LSTM, attention."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(11, 8, padding_idx=0)
        self.lstm = nn.LSTM(8, 4, num_layers=2, bidirectional=True, dropout=0.1, batch_first=True)
        self.attention = nn.TransformerEncoderLayer(8, 2, 12, batch_first=True)
        self.out = nn.Linear(8, 3)

    def forward(self, x: Any) -> Any:
        h, _ = self.lstm(self.words(x))
        return self.out(self.attention(h, src_key_padding_mask=x == 0)).transpose(1, 2)


def train(
    place: str, dtype: Any, make: Callable[[], Any], optimizer: Callable[[Any], Any], data: list[tuple[Any, Any]]
) -> Any:
    """The losses, the waits, and the parameters after some steps."""
    minitorch.manual_seed(3)
    net = make().to(place, dtype)
    step = optimizer(net.parameters())
    losses, waits = [], []
    for x, y in data:
        x, y = minitorch.from_numpy(x).to(place), minitorch.from_numpy(y).to(place)
        x = x.to(dtype) if x.is_floating_point() else x
        with foreign.count_syncs() as more:
            loss = F.cross_entropy(net(x), y, ignore_index=-1)
            step.zero_grad()
            loss.backward()
            step.step()
            losses.append(loss.item())
        waits += more
    return losses, waits, [to_numpy(p) for p in net.state_dict().values()]


OPTIMIZERS = {
    "SGD": lambda ps: minitorch.optim.SGD(ps, lr=0.1, momentum=0.9, weight_decay=1e-3, nesterov=True),
    "Adam": lambda ps: minitorch.optim.Adam(ps, lr=0.01),
    "AdamW": lambda ps: minitorch.optim.AdamW(ps, lr=0.01, amsgrad=True),
    "RMSprop": lambda ps: minitorch.optim.RMSprop(ps, lr=0.01, momentum=0.5, centered=True),
    "Adagrad": lambda ps: minitorch.optim.Adagrad(ps, lr=0.01),
    "Adadelta": lambda ps: minitorch.optim.Adadelta(ps),
    "Adamax": lambda ps: minitorch.optim.Adamax(ps, lr=0.01),
    "NAdam": lambda ps: minitorch.optim.NAdam(ps, lr=0.01),
    "RAdam": lambda ps: minitorch.optim.RAdam(ps, lr=0.01),
    "Rprop": lambda ps: minitorch.optim.Rprop(ps, lr=0.01),
    "ASGD": lambda ps: minitorch.optim.ASGD(ps, lr=0.01),
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("net", ["images", "words"])
def test_training(net: str, optimizer: str, device: Any, rng: Any) -> None:
    """Three steps: the same numbers as on the CPU, and the host waits for nothing but the loss that is printed.

    In float64: a gradient that is 0 but for rounding (of a bias before a normalisation) some optimizers make a step of.
    """
    if net == "images":
        make: Callable[[], Any] = small_net
        data = [(rng.standard_normal((6, 3, 7, 7)).astype("float32"), rng.integers(0, 4, 6)) for _ in range(3)]
    else:
        make = Tagger
        data = [(rng.integers(1, 11, (4, 5)), rng.integers(-1, 3, (4, 5))) for _ in range(3)]
        for x, _ in data:
            x[:2, 4:] = 0
    kind = minitorch.float64
    ours, waits, parameters = train("cuda", kind, make, OPTIMIZERS[optimizer], data)
    losses, _, expected = train("cpu", kind, make, OPTIMIZERS[optimizer], data)
    assert len(waits) == 3 and all("Tensor.item" in wait for wait in waits), waits
    np.testing.assert_allclose(ours, losses, rtol=1e-9)
    if optimizer != "Rprop":  # which goes by the sign of what is 0 but for rounding
        for a, b in zip(parameters, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)


def test_training_in_float32(device: Any, rng: Any) -> None:
    data = [(rng.standard_normal((6, 3, 7, 7)).astype("float32"), rng.integers(0, 4, 6)) for _ in range(3)]
    ours, waits, parameters = train("cuda", minitorch.float32, small_net, OPTIMIZERS["SGD"], data)
    losses, _, expected = train("cpu", minitorch.float32, small_net, OPTIMIZERS["SGD"], data)
    assert len(waits) == 3
    np.testing.assert_allclose(ours, losses, rtol=1e-5)
    for a, b in zip(parameters, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


MODULES: dict[str, tuple[Callable[[], Any], list[tuple[int, ...]]]] = {
    "AdaptiveAvgPool2d": (lambda: nn.AdaptiveAvgPool2d(3), [(1, 2, 7, 5)]),
    "AdaptiveMaxPool2d": (lambda: nn.AdaptiveMaxPool2d(3), [(1, 2, 7, 5)]),
    "BatchNorm1d": (lambda: nn.BatchNorm1d(4), [(5, 4)]),
    "Bilinear": (lambda: nn.Bilinear(3, 4, 2), [(2, 3), (2, 4)]),
    "Conv1d circular": (lambda: nn.Conv1d(3, 4, 3, padding=1, padding_mode="circular"), [(2, 3, 6)]),
    "Conv2d large": (lambda: nn.Conv2d(8, 16, 3, padding=1), [(4, 8, 32, 32)]),
    "Conv3d": (lambda: nn.Conv3d(2, 4, 3, groups=2), [(1, 2, 4, 4, 4)]),
    "ConvTranspose2d": (lambda: nn.ConvTranspose2d(3, 4, 3, stride=2, output_padding=1), [(2, 3, 4, 4)]),
    "Dropout2d": (nn.Dropout2d, [(2, 3, 2, 2)]),
    "GRU": (lambda: nn.GRU(3, 4, bidirectional=True), [(5, 2, 3)]),
    "GRUCell": (lambda: nn.GRUCell(3, 4), [(2, 3)]),
    "GroupNorm": (lambda: nn.GroupNorm(2, 4), [(2, 4, 3, 3)]),
    "InstanceNorm2d": (lambda: nn.InstanceNorm2d(4, affine=True, track_running_stats=True), [(2, 4, 3, 3)]),
    "LSTM": (lambda: nn.LSTM(3, 4, num_layers=2, dropout=0.3, proj_size=2), [(5, 2, 3)]),
    "LSTMCell": (lambda: nn.LSTMCell(3, 4), [(2, 3)]),
    "Linear large": (lambda: nn.Linear(500, 300), [(600, 500)]),
    "MultiheadAttention": (lambda: nn.MultiheadAttention(8, 2), [(4, 2, 8)] * 3),
    "PReLU": (lambda: nn.PReLU(3), [(2, 3)]),
    "RMSNorm": (lambda: nn.RMSNorm(4), [(5, 4)]),
    "RNN": (lambda: nn.RNN(3, 4, 2), [(5, 2, 3)]),
    "ReLU large": (nn.ReLU, [(800, 1000)]),
    "Transformer": (lambda: nn.Transformer(8, 2, 1, 1, 16, dropout=0.1), [(4, 2, 8), (3, 2, 8)]),
    "Upsample": (lambda: nn.Upsample(scale_factor=2, mode="bilinear"), [(1, 2, 3, 3)]),
    "spectral_norm": (lambda: nn.utils.parametrizations.spectral_norm(nn.Linear(3, 4)), [(2, 3)]),
    "weight_norm": (lambda: nn.utils.parametrizations.weight_norm(nn.Linear(3, 4)), [(2, 3)]),
}


@pytest.mark.parametrize("name", MODULES)
def test_module(name: str, device: Any, rng: Any) -> None:
    """Layers, large ones on their own ways too: outputs, gradients and buffers as on the CPU, and no wait."""
    make, shapes = MODULES[name]
    arrays = [rng.standard_normal(shape) for shape in shapes]
    found = []
    for place in ("cuda", "cpu"):
        minitorch.manual_seed(1)
        module = make().double().to(place)
        inputs = [minitorch.from_numpy(a).to(place).requires_grad_() for a in arrays]
        with foreign.count_syncs() as waits:
            outputs = [out for out in flatten(module(*inputs)) if out is not None]
            sum((out * out).sum() for out in outputs).backward()
        assert not waits
        tensors = [*outputs, *(x.grad for x in inputs), *(p.grad for p in module.parameters()), *module.buffers()]
        assert all(t.device.type == place for t in tensors)
        found.append([to_numpy(t) for t in tensors])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)


def test_what_surrounds_training(device: Any, tmp_path: Any) -> None:
    """Clipped gradients, copies, saved weights, packed sequences, random tensors; printing."""
    net = nn.Linear(3, 2).to("cuda")
    x = minitorch.randn(4, 3, device="cuda")
    net(x).sum().backward()
    with foreign.count_syncs() as waits:
        norm = nn.utils.clip_grad_norm_(net.parameters(), 0.1)
        nn.utils.clip_grad_value_(net.parameters(), 0.05)
        twin = copy.deepcopy(net)
        packed = nn.utils.rnn.pack_padded_sequence(minitorch.randn(4, 2, 3, device="cuda"), minitorch.tensor([4, 2]))
        nn.LSTM(3, 4).to("cuda")(packed)[0].data.sum().backward()
        minitorch.randn_like(x).normal_().uniform_()
    assert not waits and norm.is_cuda and twin.weight.is_cuda
    minitorch.save(net.state_dict(), tmp_path / "weights.pt")
    assert minitorch.load(tmp_path / "weights.pt")["weight"].is_cuda
    assert minitorch.load(tmp_path / "weights.pt", map_location="cpu")["weight"].device.type == "cpu"
    assert "device='cuda:0'" in repr(x)


def test_random_numbers_are_those_of_the_cpu(device: Any) -> None:
    """The same seed gives the same numbers on both, for tensors that lie transposed, too."""
    found = []
    for place in ("cuda", "cpu"):
        x = minitorch.from_numpy(np.ones((3, 4), "float32").T).to(place)
        minitorch.manual_seed(5)
        found.append([to_numpy(t) for t in (
            minitorch.rand_like(x), F.dropout(x), F.alpha_dropout(x, training=True), x.clone().normal_(),
            F.rrelu(-x, training=True),
        )])  # fmt: skip
    for a, b in zip(*found, strict=True):
        np.testing.assert_array_equal(a, b)


# ---- that the guard sees something -----------------------------------------------------------------------------------


class WithNumpy(Op):
    """Forgets that x may live elsewhere."""

    def forward(self, x: Any) -> Any:
        return np.exp(x)


class WithHostArray(Op):
    """Mixes in an array of the CPU."""

    def forward(self, x: Any) -> Any:
        return x * np.ones(x.shape, x.dtype)


class WithLook(Op):
    """Asks for a value."""

    def forward(self, x: Any) -> Any:
        return x * 2 if x.sum() > 0 else x * 2


class WithMissingName(Op):
    """Calls what CuPy does not have."""

    def forward(self, x: Any) -> Any:
        return device_module().array_module(x).vecdot(x, x)


class WithMissingParameter(Op):
    """Passes what CuPy's function does not take."""

    def forward(self, x: Any) -> Any:
        return x.max(initial=0)


def device_module() -> Any:
    return sys.modules["minitorch.device"]


@pytest.mark.parametrize(
    ("planted", "error", "says"),
    [
        (WithNumpy, TypeError, "does not support ufuncs"),
        (WithHostArray, TypeError, "Unsupported type <class 'numpy.ndarray'>"),
        (WithMissingName, AttributeError, "no attribute 'vecdot'"),
        (WithMissingParameter, TypeError, "unexpected keyword argument 'initial'"),
    ],
)
def test_planted_mistakes_are_caught(planted: Any, error: Any, says: str, device: Any) -> None:
    planted()(minitorch.ones(3))  # nobody sees it on the CPU
    with pytest.raises(error, match=re.escape(says)):
        planted()(minitorch.ones(3).to("cuda"))


def test_a_planted_look_is_counted(device: Any) -> None:
    x = minitorch.ones(3).to("cuda")
    with foreign.count_syncs() as waits:
        WithLook()(x)
    assert len(waits) == 1 and waits[0].endswith("bool")
    with foreign.count_syncs() as waits:
        x.exp()
    assert not waits


def test_numpy_refuses_foreign_arrays(device: Any) -> None:
    x = minitorch.ones(3).to("cuda")._array
    for use in (
        lambda: np.asarray(x),
        lambda: np.concatenate([x, x]),
        lambda: np.sum(x),
        lambda: np.ones(3) + x,
        lambda: x + np.ones(3),
        lambda: np.add(x, 1, out=np.ones(3)),
        lambda: np.ones(3)[x],
        lambda: device.add(x, np.ones(3)),
        lambda: device.stack([x, np.ones(3)]),
        lambda: device.sum([1, 2]),
    ):
        with pytest.raises((TypeError, IndexError)):
            use()
    assert type(np.float32(2) * x) is type(x) and type(x.sum()) is type(x) and type(device.exp(1.0)) is type(x)


def test_the_stand_in_leaves_nothing_behind() -> None:
    before = device_module()._cupy
    with foreign.foreign_device():
        assert minitorch.cuda.is_available() and minitorch.cuda.device_count() == 1
        minitorch.set_default_device("cuda")
        assert minitorch.zeros(2).is_cuda
    assert device_module()._cupy is before and minitorch.zeros(2).device.type == "cpu" and not foreign.syncs


MIXED = {
    "mul": lambda x, s: x * s,
    "rsub": lambda x, s: s - x,
    "div": lambda x, s: x / s,
    "pow": lambda x, s: x**s,
    "gt": lambda x, s: (x > s) * x,
    "maximum": lambda x, s: minitorch.maximum(x, s),
    "where": lambda x, s: minitorch.where(x > 0, x, s),
    "where of scalars": lambda x, s: minitorch.where(x > 0, s, 1.0) * x,
    "clamp": lambda x, s: minitorch.clamp(x, max=s),
    "lerp": lambda x, s: minitorch.lerp(x, x * 2, s),
    "addcmul": lambda x, s: minitorch.addcmul(x, x, s),
    "masked_fill": lambda x, s: x.masked_fill(x > 0, s),
}


@pytest.mark.parametrize("name", MIXED)
def test_a_number_of_the_cpu_beside_a_tensor_of_the_device(name: str, device: Any) -> None:
    """A 0-d tensor of the CPU counts as a number, as in PyTorch; its gradient comes back to it."""
    found = []
    for place in ("cuda", "cpu"):
        x = minitorch.tensor([[0.5, 2.0], [1.0, 0.25]]).to(place).requires_grad_()
        scalar = minitorch.tensor(1.5, requires_grad=True)
        out = MIXED[name](x, scalar)
        assert out.device.type == place
        (out * out).sum().backward()
        assert scalar.grad is None or scalar.grad.device.type == "cpu"
        found.append([to_numpy(t) for t in (out, x.grad, *([] if scalar.grad is None else [scalar.grad]))])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)
    x = minitorch.ones(2).to("cuda")
    with pytest.raises(RuntimeError, match="to be on the same device"):
        x * minitorch.ones(2)


def test_writing_one_value_to_a_mask_needs_no_wait(device: Any) -> None:
    """``x[mask] = 0`` does not ask how many elements the mask holds for."""
    found = []
    for place in ("cuda", "cpu"):
        w = minitorch.tensor([[0.5, -2.0], [1.0, -0.25]]).to(place).requires_grad_()
        x = w * 2
        before = x._version
        with foreign.count_syncs() as waits:
            x[x < 0] = 7
            x[minitorch.tensor([True, False]).to(place)] = x[1, 0].detach().clone()
            x[1:][x[1:] == 2] = 3.0
        assert not waits and x._version == before + 3
        x.sum().backward()
        found.append((to_numpy(x), to_numpy(w.grad)))
    for a, b in zip(*found, strict=True):
        np.testing.assert_array_equal(a, b)


def test_views_share_memory(device: Any) -> None:
    x = minitorch.zeros(2, 3).to("cuda")
    x[0, 1:].fill_(5.0)
    x.t()[2] += 1
    assert x.cpu().tolist() == [[0.0, 5.0, 6.0], [0.0, 0.0, 1.0]]


def test_warnings_are_the_same(device: Any) -> None:
    """Infinite and undefined results are results like others on the device, too: nothing warns."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x = minitorch.tensor([0.0, -1.0]).to("cuda")
        assert repr((x.log() / 0).cpu()) == repr(minitorch.tensor([0.0, -1.0]).log() / 0)
