"""Devices as PyTorch has them: what is said without a GPU, and, on a stand-in for CuPy, what is done with one."""

from __future__ import annotations

import importlib
import inspect
import warnings

import numpy as np
import pytest
import torch

import minitorch
from minitorch.testing.optable import OPS, Call

device_module = importlib.import_module("minitorch.device")  # `minitorch.device` is the class

ENGINES = (torch, minitorch)
no_gpu = pytest.mark.skipif(minitorch.cuda.is_available() or torch.cuda.is_available(), reason="there is a GPU")


def outcome(call):
    """What came of a call, or the name of the error's type."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            value = call()
        except Exception as error:
            return type(error).__name__
    if type(value).__name__ in ("Tensor", "Parameter"):
        return str(value.dtype), str(value.device), value.tolist()
    return str(value) if type(value).__name__ == "device" else value


def message(call, kind=Exception):
    with pytest.raises(kind) as caught:
        call()
    return str(caught.value)


# ---- names -------------------------------------------------------------------------------------------------------------

CUDA_NAMES = (
    "Event OutOfMemoryError Stream StreamContext current_device current_stream default_stream device device_count "
    "device_of empty_cache get_arch_list get_device_capability get_device_name get_device_properties get_rng_state_all "
    "init is_available is_bf16_supported is_initialized manual_seed manual_seed_all max_memory_allocated "
    "max_memory_reserved mem_get_info memory_allocated memory_reserved memory_stats reset_peak_memory_stats seed seed_all "
    "set_device set_rng_state_all set_stream stream synchronize"
).split()


@pytest.mark.parametrize("name", CUDA_NAMES)
def test_names_and_parameters_of_cuda(name):
    ours, theirs = getattr(minitorch.cuda, name), getattr(torch.cuda, name)
    assert name in minitorch.cuda.__all__
    if name not in ("OutOfMemoryError", "Event", "Stream"):
        theirs = [p for p in inspect.signature(theirs).parameters if p not in ("args", "kwargs")]
        assert list(inspect.signature(ours).parameters)[: len(theirs)] == theirs


@pytest.mark.parametrize("name", minitorch.accelerator.__all__)
def test_names_and_parameters_of_accelerator(name):
    ours, theirs = (getattr(engine.accelerator, name) for engine in (minitorch, torch))
    assert [str(p.kind) for p in inspect.signature(ours).parameters.values()] == [
        str(p.kind) for p in inspect.signature(theirs).parameters.values()
    ]


def test_out_of_memory_error_is_one_class():
    for engine in ENGINES:
        assert engine.cuda.OutOfMemoryError is engine.OutOfMemoryError
        assert engine.OutOfMemoryError.__mro__[1] is RuntimeError


# ---- without a GPU -------------------------------------------------------------------------------------------------------

ANSWERS = [
    lambda t: t.cuda.is_available(),
    lambda t: t.cuda.device_count(),
    lambda t: t.cuda.is_initialized(),
    lambda t: [t.cuda.memory_allocated(), t.cuda.memory_reserved(0), t.cuda.max_memory_allocated("cpu")],
    lambda t: [t.cuda.max_memory_reserved(), dict(t.cuda.memory_stats()), t.cuda.empty_cache()],
    lambda t: [t.cuda.manual_seed(1), t.cuda.manual_seed_all(1), t.cuda.seed(), t.cuda.seed_all()],
    lambda t: [t.cuda.get_arch_list(), t.cuda.get_rng_state_all(), t.cuda.is_bf16_supported(), t.cuda.set_device(-1)],
    lambda t: t.cuda.device(-1).__enter__(),
    lambda t: t.cuda.stream(None).__enter__(),
    lambda t: t.cuda.set_device("cpu"),
    lambda t: [t.accelerator.is_available(), t.accelerator.device_count(), t.accelerator.current_accelerator(True)],
    lambda t: t.accelerator.memory_allocated(),
    lambda t: t.accelerator.empty_cache(),
    lambda t: t.accelerator.current_device_index(),
    lambda t: t.accelerator.get_device_capability(),
    lambda t: t.accelerator.synchronize(),
    lambda t: t.ones(2).pin_memory(),
    lambda t: t.ones(2).is_pinned(),
    lambda t: t.zeros(2, pin_memory=True),
    lambda t: t.rand(2, pin_memory=True),
    lambda t: t.tensor([1.0], pin_memory=True),
    lambda t: t.zeros_like(t.ones(2), pin_memory=True),
    lambda t: t.ones(2).cuda("cpu"),
    lambda t: t.nn.Linear(1, 1).to("cpu", t.float64).weight.dtype is t.float64,
    lambda t: t.Generator("cuda"),
]


@no_gpu
@pytest.mark.parametrize("k", range(len(ANSWERS)))
def test_answers_without_a_gpu(k):
    ours, theirs = (outcome(lambda engine=engine: ANSWERS[k](engine)) for engine in (minitorch, torch))
    assert ours == theirs


NEEDS = [
    lambda t: t.ones(2).to("cuda"),
    lambda t: t.ones(2).cuda(),
    lambda t: t.zeros(2, device="cuda"),
    lambda t: t.nn.Linear(1, 1).cuda(),
    lambda t: t.cuda.current_device(),
    lambda t: t.cuda.synchronize(),
    lambda t: t.cuda.mem_get_info(),
    lambda t: t.cuda.get_device_name(),
    lambda t: t.cuda.get_device_capability(),
    lambda t: t.cuda.get_device_properties(0),
    lambda t: t.cuda.init(),
    lambda t: t.cuda.current_stream(),
    lambda t: t.cuda.default_stream(),
]


@no_gpu
@pytest.mark.parametrize("k", range(len(NEEDS)))
def test_what_needs_a_gpu_says_what_to_install(k, monkeypatch):
    assert outcome(lambda: NEEDS[k](torch)) == "AssertionError"
    monkeypatch.setattr(device_module, "_cupy", None)
    monkeypatch.setitem(importlib.import_module("sys").modules, "cupy", None)
    for kind in (AssertionError, ImportError):  # PyTorch's type, and what it is
        text = message(lambda: NEEDS[k](minitorch), kind)
        assert 'pip install "minitorch-engine[cuda]"' in text and "\n" not in text


@pytest.mark.parametrize("k", range(len(NEEDS)))
def test_what_needs_a_gpu_says_that_there_is_none(k, gpu):
    gpu.gpu.count = 0
    assert not minitorch.cuda.is_available() and minitorch.cuda.device_count() == 0
    assert "No CUDA GPUs are available" in message(lambda: NEEDS[k](minitorch), RuntimeError)


@no_gpu
def test_events_and_streams_need_a_gpu():
    for make in (minitorch.cuda.Event, minitorch.cuda.Stream, minitorch.cuda.reset_peak_memory_stats):
        with pytest.raises((ImportError, RuntimeError), match="(?i)cuda|cupy"):
            make()


# ---- the class -----------------------------------------------------------------------------------------------------------

PLACES = [
    lambda t: t.device("cuda:1"),
    lambda t: t.device("cpu:1"),
    lambda t: t.device(type="cuda", index=2),
    lambda t: t.device(t.device("cuda", 1)),
    lambda t: t.device("cuda:01"),
    lambda t: t.device("cuda:-1"),
    lambda t: t.device("cuda", -1),
    lambda t: t.device(-1),
    lambda t: t.device("cuda:1", 1),
    lambda t: t.device(None),
    lambda t: t.device(),
    lambda t: t.zeros(1, device="cpu:1").device,
    lambda t: t.device("cuda:1") == t.device("cuda", 1) and t.device("cuda") != t.device("cuda:0"),
    lambda t: len({t.device("cuda:1"), t.device("cuda", 1)}),
]


@pytest.mark.parametrize("k", range(len(PLACES)))
def test_device_names(k):
    ours, theirs = (outcome(lambda engine=engine: PLACES[k](engine)) for engine in (minitorch, torch))
    assert ours == theirs


# ---- to ------------------------------------------------------------------------------------------------------------------

TO = [
    lambda t, x: x.to("cpu") is x,
    lambda t, x: x.to("cpu", copy=True) is x,
    lambda t, x: x.to() is x,
    lambda t, x: x.to(None) is x,
    lambda t, x: x.to(None, t.float64),
    lambda t, x: x.to("cpu", t.float64, True, True),
    lambda t, x: x.to("cpu", None, False, True) is x,
    lambda t, x: x.to(t.float32, False, True) is x,
    lambda t, x: x.to(x, True, True) is x,
    lambda t, x: x.to(float),
    lambda t, x: x.to(t.ones(1, dtype=t.int64)),
    lambda t, x: x.to(dtype=t.float64, device="cpu", copy=True, non_blocking=True),
    lambda t, x: x.to("cpu", dtype=t.float64),
    lambda t, x: x.to(dtype=None) is x,
    lambda t, x: x.to(memory_format=t.contiguous_format) is x,
    lambda t, x: x.to(t.float64, device="cpu"),
    lambda t, x: x.to(t.float64, t.float32),
    lambda t, x: x.to(x, x),
    lambda t, x: x.to(x, dtype=t.float64),
    lambda t, x: x.to("cpu", "cpu"),
    lambda t, x: x.to("cpu", t.float32, 1),
    lambda t, x: x.to("cpu", t.float32, False, True, 1),
    lambda t, x: x.to([1]),
    lambda t, x: x.to(nothing=1),
    lambda t, x: x.to("cpu", non_blocking=None),
    lambda t, x: x.to(device=t.float64),
    lambda t, x: x.to(-1),
    lambda t, x: x.cpu() is x,
    lambda t, x: x.cpu(memory_format=t.preserve_format) is x,
    lambda t, x: x.type_as(t.ones(1, dtype=t.float64)),
    lambda t, x: t.nn.Linear(1, 1).to(t.int64),
    lambda t, x: t.nn.Linear(1, 1).to(copy=True),
    lambda t, x: str(t.nn.Linear(1, 1).to(x)),
]


@pytest.mark.parametrize("k", range(len(TO)))
def test_forms_of_to(k):
    ours, theirs = (outcome(lambda engine=engine: TO[k](engine, engine.ones(2))) for engine in (minitorch, torch))
    assert ours == theirs


def test_to_the_gpu_and_back(gpu):
    x = minitorch.tensor([1.0, 2.0], requires_grad=True)
    there = x.to("cuda", minitorch.float64)
    assert (there.device, there.dtype, there.is_cuda) == (minitorch.device("cuda", 0), minitorch.float64, True)
    assert there.to("cuda") is there.cuda() is there.to(there) is there.cuda(0) is there
    assert there.get_device() == 0 and x.get_device() == -1 and there.type() == "torch.cuda.DoubleTensor"
    (there * 3).sum().backward()
    assert x.grad.tolist() == [3, 3] and x.grad.device.type == "cpu"
    assert x.detach().type_as(there).device == there.device
    assert repr(there.detach()) == "tensor([1., 2.], device='cuda:0', dtype=torch.float64)"
    assert there.detach().cpu().tolist() == [1, 2] and minitorch.ones(1).to(0).is_cuda
    assert "Invalid device" in message(lambda: x.cuda("cpu"), RuntimeError)
    assert "invalid device ordinal" in message(lambda: x.to("cuda:1"), RuntimeError)


def test_numpy_of_a_gpu_tensor_is_refused(gpu):
    theirs = torch.ones(2, device="meta", requires_grad=True)
    ours = minitorch.ones(2, device="cuda", requires_grad=True)
    expected = message(theirs.numpy, TypeError).replace("meta", "cuda:0")
    for call in (ours.numpy, ours.detach().numpy, lambda: np.asarray(ours), lambda: np.array(ours.detach())):
        assert message(call, TypeError) == expected
    assert ours.numpy(force=True).tolist() == [1, 1]


def test_data_and_gradients_of_another_device(gpu):
    w = minitorch.ones(2, requires_grad=True)
    said = message(lambda: setattr(w, "grad", minitorch.ones(2, device="cuda")), RuntimeError)
    assert "cuda:0" in said and "cpu" in said and "gradient" in said and w.grad is None
    w.data = w.data.cuda()  # how PyTorch's modules move
    assert w.is_cuda and w.requires_grad
    w.grad = minitorch.ones(2, device="cuda")
    assert "cpu" in message(lambda: setattr(w, "grad", minitorch.ones(2)), RuntimeError)
    for walk in (lambda: (w * 2).backward(minitorch.ones(2)), lambda: minitorch.autograd.grad(w * 2, w, minitorch.ones(2))):
        assert "expected device cuda:0 but got cpu" in message(walk, RuntimeError)


# ---- new tensors ---------------------------------------------------------------------------------------------------------


def near(t):
    return t.ones(2, device="cpu")


MAKE = {
    "empty": lambda t, **k: t.empty(2, **k),
    "zeros": lambda t, **k: t.zeros(2, **k),
    "ones": lambda t, **k: t.ones(2, **k),
    "full": lambda t, **k: t.full((2,), 1.0, **k),
    "arange": lambda t, **k: t.arange(3, **k),
    "range": lambda t, **k: t.range(0, 3, **k),
    "linspace": lambda t, **k: t.linspace(0, 1, 3, **k),
    "logspace": lambda t, **k: t.logspace(0, 1, 3, **k),
    "eye": lambda t, **k: t.eye(2, **k),
    "empty_strided": lambda t, **k: t.empty_strided((2,), (1,), **k),
    "tensor": lambda t, **k: t.tensor([1.0], **k),
    "tensor of a tensor": lambda t, **k: t.tensor(near(t), **k),
    "as_tensor": lambda t, **k: t.as_tensor([1.0], **k),
    "as_tensor of an array": lambda t, **k: t.as_tensor(np.ones(2), **k),
    "as_tensor of a tensor": lambda t, **k: t.as_tensor(near(t), **k),
    "asarray": lambda t, **k: t.asarray([1.0], **k),
    "asarray of an array": lambda t, **k: t.asarray(np.ones(2), **k),
    "asarray of a tensor": lambda t, **k: t.asarray(near(t), **k),
    "scalar_tensor": lambda t, **k: t.scalar_tensor(1.0, **k),
    "tril_indices": lambda t, **k: t.tril_indices(2, 2, **k),
    "triu_indices": lambda t, **k: t.triu_indices(2, 2, **k),
    "hann_window": lambda t, **k: t.hann_window(3, **k),
    "hann_window of one": lambda t, **k: t.hann_window(1, **k),
    "hamming_window": lambda t, **k: t.hamming_window(3, **k),
    "bartlett_window": lambda t, **k: t.bartlett_window(3, **k),
    "blackman_window": lambda t, **k: t.blackman_window(3, **k),
    "kaiser_window": lambda t, **k: t.kaiser_window(3, **k),
    "rand": lambda t, **k: t.rand(2, **k),
    "randn": lambda t, **k: t.randn(2, **k),
    "randint": lambda t, **k: t.randint(3, (2,), **k),
    "randperm": lambda t, **k: t.randperm(3, **k),
    "normal": lambda t, **k: t.normal(0.0, 1.0, (2,), **k),
    "zeros_like": lambda t, **k: t.zeros_like(near(t), **k),
    "ones_like": lambda t, **k: t.ones_like(near(t), **k),
    "empty_like": lambda t, **k: t.empty_like(near(t), **k),
    "full_like": lambda t, **k: t.full_like(near(t), 2, **k),
    "rand_like": lambda t, **k: t.rand_like(near(t), **k),
    "randn_like": lambda t, **k: t.randn_like(near(t), **k),
    "randint_like": lambda t, **k: t.randint_like(near(t), 5, **k),
    "new_zeros": lambda t, **k: near(t).new_zeros(3, **k),
    "new_ones": lambda t, **k: near(t).new_ones(3, **k),
    "new_full": lambda t, **k: near(t).new_full((3,), 1, **k),
    "new_tensor": lambda t, **k: near(t).new_tensor([1], **k),
    "new_empty": lambda t, **k: near(t).new_empty(3, **k),
    "new_empty_strided": lambda t, **k: near(t).new_empty_strided((3,), (1,), **k),
    "Linear": lambda t, **k: t.nn.Linear(1, 1, **k).weight,
    "frombuffer": lambda t: t.frombuffer(bytearray(8), dtype=t.int32),
    "from_numpy": lambda t, **k: t.from_numpy(np.ones(2), **k),
    "Tensor": lambda t: t.Tensor([1.0]),
    "FloatTensor": lambda t: t.FloatTensor([1.0]),
}


def places_made(engine, where, make):
    """On which kind of device it is made: named, in a block, by default, and named otherwise within a block."""

    def kind(call):
        try:
            return "cpu" if call().device.type == "cpu" else "elsewhere"
        except TypeError:
            return "TypeError"

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = [kind(lambda: make(engine, device=where))]
        with engine.device(where):
            found += [kind(lambda: make(engine)), kind(lambda: make(engine, device="cpu"))]
        engine.set_default_device(where)
        try:
            found.append(kind(lambda: make(engine)))
        finally:
            engine.set_default_device(None)
    return found


@pytest.mark.parametrize("name", MAKE)
def test_where_new_tensors_are_made(name, gpu):
    """PyTorch's device "meta" stands for a GPU."""
    assert places_made(minitorch, "cuda", MAKE[name]) == places_made(torch, "meta", MAKE[name])
    assert minitorch.get_default_device().type == "cpu"


def takes_pin_memory(name):
    others = ("as_tensor", "asarray", "from_numpy", "Linear", "scalar_tensor")
    return " of " not in name and name not in others and "k" in inspect.signature(MAKE[name]).parameters


@pytest.mark.parametrize("name", [name for name in MAKE if takes_pin_memory(name)])
def test_values_and_pinned_memory_of_new_tensors(name, gpu):
    """The same values on the GPU as on the CPU, and in pinned memory."""
    values = []
    for options in ({}, {"device": "cuda"}, {"pin_memory": True}):
        minitorch.manual_seed(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = MAKE[name](minitorch, **options)
        assert made.is_cuda == ("device" in options) and made.is_pinned() == ("pin_memory" in options)
        values.append(made.tolist())
    assert values[0] == values[1] == values[2]


# ---- mixed devices -------------------------------------------------------------------------------------------------------

# Where tensors of several devices may meet: one is copied, or only its shape, or the fact that it is there, is used.
MAY_MIX = {
    "Tensor.copy_", "Tensor.type_as", "Tensor.to", "setitem", "Tensor.fill_ forms", "fill", "Tensor.view_as",
    "Tensor.reshape_as", "Tensor.expand_as", "broadcast_tensors", "atleast_1d", "atleast_2d", "atleast_3d",
    "tensor_split", "nn.functional.ctc_loss", "index_fill", "index_put",
    "conv2d_plain",  # not public: conv2d has looked
}  # fmt: skip


def tensors_in(value):
    if isinstance(value, minitorch.Tensor):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [t for v in value for t in tensors_in(v)] if isinstance(value, tuple | list) else []


def with_moved(value, moved):
    if isinstance(value, minitorch.Tensor):
        return value.detach().cuda() if value is moved else value
    if isinstance(value, dict):
        return {k: with_moved(v, moved) for k, v in value.items()}
    return type(value)(with_moved(v, moved) for v in value) if type(value) in (tuple, list) else value


@pytest.mark.filterwarnings("ignore")
def test_every_operation_refuses_tensors_of_several_devices(gpu):
    """Each tensor of each sample in turn is moved; 0-d ones beside it may stay."""
    count, wrong = 0, []
    for entry in OPS:
        if entry.name in MAY_MIX:
            continue
        for sample in entry.samples[:8]:
            call = Call(minitorch, entry, sample, (sample.dtypes or entry.dtypes)[0], 0)
            found = tensors_in([call.args, call.kwargs])
            for moved in {id(t): t for t in found}.values():
                if not any(t is not moved and t.numel() > 1 and t.ndim for t in found) or not moved.ndim:
                    continue
                count += 1
                try:
                    call.function(*with_moved(call.args, moved), **with_moved(call.kwargs, moved))
                except RuntimeError as error:
                    if "on the same device" in str(error) and "cpu" in str(error) and "cuda:0" in str(error):
                        continue
                    wrong.append(f"{entry.name} {sample}: {error}")
                except Exception as error:
                    wrong.append(f"{entry.name} {sample}: {error!r}")
                else:
                    wrong.append(f"{entry.name} {sample}: no error")
    assert count > 1000
    assert not wrong, "\n".join(wrong[:20])


BESIDE = [
    lambda t, x, s: x * s,
    lambda t, x, s: s - x,
    lambda t, x, s: t.where(x > s, x, s),
    lambda t, x, s: x == s,
    lambda t, x, s: t.maximum(s, x),
    lambda t, x, s: t.lerp(x, 2 * x, s),
    lambda t, x, s: t.clamp(x, s),
    lambda t, x, s: x.clone().masked_fill_(x > 1, s),
    lambda t, x, s: x.clone().index_fill_(0, (x * 0).long()[0], s),
    lambda t, x, s: t.isclose(x, s),
]


@pytest.mark.parametrize("k", range(len(BESIDE)))
def test_a_number_of_the_cpu_beside_a_gpu_tensor(k, gpu):
    x, s = minitorch.tensor([[1.0, 2.0], [3.0, 4.0]]), minitorch.tensor(2.5)
    here, there = BESIDE[k](minitorch, x, s), BESIDE[k](minitorch, x.cuda(), s)
    assert there.is_cuda and there.dtype is here.dtype and there.tolist() == here.tolist()


def test_its_gradient_comes_back_to_the_cpu(gpu):
    s = minitorch.tensor(2.0, requires_grad=True)
    (minitorch.tensor([1.0, 2.0], device="cuda") * s).sum().backward()
    assert s.grad.item() == 3 and not s.grad.is_cuda
    (twice,) = minitorch.autograd.grad((minitorch.ones(2, device="cuda") * s**3).sum(), s, create_graph=True)
    twice.backward()
    assert s.grad.item() == 3 + 2 * 6 * 2


def test_indices_of_another_device(gpu):
    x, i = minitorch.arange(6.0).view(2, 3), minitorch.tensor([1, 0])
    assert x.cuda()[i].tolist() == x[i].tolist() and x.cuda()[:, i].is_cuda
    for call in (lambda: x[i.cuda()], lambda: x.index_put((i.cuda(),), x)):
        assert message(call) == "indices should be either on cpu or on the same device as the indexed tensor (cpu)"
    y = x.cuda()
    y[0], y[1, 2] = minitorch.ones(3), minitorch.tensor(7.0)
    assert y.tolist() == [[1, 1, 1], [3, 4, 7]] and y.is_cuda


def test_an_operation_that_failed_for_another_reason_says_that_itself(gpu):
    x = minitorch.ones(2, device="cuda")

    def broken(*args, **kwargs):
        raise ValueError("something else")

    gpu.exp = broken
    assert message(lambda: minitorch.exp(x), ValueError) == "something else"

    class Full(minitorch.autograd.Op):
        def forward(self, x, y):
            raise minitorch.OutOfMemoryError("full") if isinstance(y, np.ndarray) else ValueError("a number")

    assert message(lambda: Full()(x, minitorch.ones(2)), minitorch.OutOfMemoryError) == "full"
    assert message(lambda: Full()(x, np.float32(1)), ValueError) == "a number"
