"""Questions about tensors, refused complex numbers, and the switches that scripts set before they begin."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from twins import message, raised, twin

import minitorch

# ---- complex numbers -------------------------------------------------------------------------------------------------

COMPLEX = {
    "tensor of a number": lambda: minitorch.tensor(1j),
    "tensor of a list": lambda: minitorch.tensor([[1.0, 2j]]),
    "tensor of NumPy numbers": lambda: minitorch.tensor([np.complex64(1)]),
    "tensor of an array": lambda: minitorch.tensor(np.array([1j])),
    "tensor with a dtype": lambda: minitorch.tensor([1j], dtype=minitorch.float32),
    "as_tensor of a list": lambda: minitorch.as_tensor([1j]),
    "as_tensor of an array": lambda: minitorch.as_tensor(np.array([1j]), dtype=minitorch.float32),
    "asarray of a list": lambda: minitorch.asarray([1j]),
    "asarray of an array": lambda: minitorch.asarray(np.array([1j])),
    "from_numpy": lambda: minitorch.from_numpy(np.array([1j])),
    "full": lambda: minitorch.full((2,), 1j),
    "full_like": lambda: minitorch.full_like(minitorch.ones(2), 1j),
    "scalar_tensor": lambda: minitorch.scalar_tensor(1j),
    "new_tensor": lambda: minitorch.ones(2).new_tensor([1j]),
    "Tensor": lambda: minitorch.Tensor(np.array([1j])),
    "FloatTensor": lambda: minitorch.FloatTensor(np.array([1j])),
    "result_type": lambda: minitorch.result_type(minitorch.ones(2), 1j),
}


@pytest.mark.parametrize("how", COMPLEX)
def test_complex_numbers_are_refused_by_name(how):
    with warnings.catch_warnings(action="error"), pytest.raises(TypeError, match="complex"):
        COMPLEX[how]()


@pytest.mark.parametrize("method", ["__mul__", "__radd__", "__pow__", "fill_", "__eq__"])
def test_operators_refuse_complex_numbers(method):
    with pytest.raises(TypeError, match="complex"):
        getattr(minitorch.ones(2), method)(1j)


@twin
def test_real_tensors_are_their_own_real_parts(torch):
    x = torch.tensor([1.0, -2.0], requires_grad=True)
    same = [torch.real(x), x.real, torch.conj(x), x.conj(), torch.conj_physical(x), x.conj_physical(), x.resolve_conj()]
    same += [x.resolve_neg(), torch.resolve_conj(x), torch.resolve_neg(x)]
    z = x.detach()
    same.append(x if z.conj_physical_() is z else None)
    return [y is x for y in same], x.is_conj(), x.is_neg(), raised(lambda: x.imag), raised(torch.imag, x)


# ---- questions -------------------------------------------------------------------------------------------------------


@twin
def test_questions(torch):
    x, i, b = torch.ones(2, 3), torch.tensor([1]), torch.tensor(True)
    asked = ("is_complex", "is_conj", "is_neg", "is_signed", "is_inference", "get_device", "is_floating_point")
    answers = [getattr(torch, name)(t) for name in asked for t in (x, i, b)]
    answers += [getattr(t, name)() for name in asked for t in (x, i, b)]
    refused = [raised(getattr(torch, name), 3) for name in asked]
    return answers, refused, [
        x.is_cpu, x.is_sparse, x.is_quantized, x.is_mkldnn, x.is_meta, x.is_nested, x.is_pinned(), x.ndimension(),
    ]  # fmt: skip


@twin
def test_questions_about_two(torch):
    x = torch.ones(2, 3)
    pairs = [(x, x), (x, x.T), (x, torch.ones(6)), (x, torch.ones(2, 3, dtype=torch.int64))]
    same = [torch.is_same_size(a, b) for a, b in pairs] + [a.is_same_size(b) for a, b in pairs]
    return same, torch.is_storage(x), torch.is_storage(3), raised(torch.is_same_size, x, 3)


@twin
def test_is_nonzero(torch):
    return [torch.tensor(v).is_nonzero() for v in (0, 1, -0.0, 2.5, True, [0.0], float("nan"))], [
        raised(torch.ones(2).is_nonzero),
        raised(torch.ones(0).is_nonzero),
    ]


@twin
def test_typename(torch):
    objects = [torch.ones(1), torch.tensor([1]), torch.tensor([True]), 3, "a", int, np.zeros(1), [1]]
    names = [torch.typename(x) for x in objects]
    return names, torch.typename(torch.nn.Linear(1, 1)).rpartition(".")[2]


@pytest.mark.skipif(minitorch.cuda.is_available(), reason="there is a GPU")
def test_pin_memory_needs_a_gpu():
    assert raised(minitorch.ones(1).pin_memory) == raised(torch.ones(1).pin_memory) == "RuntimeError"


# ---- tensors made in older ways --------------------------------------------------------------------------------------


@twin
def test_new(torch):
    x, i = torch.ones(2), torch.tensor([1])
    made = [x.new(2).shape == torch.Size([2]), x.new([1, 2]), i.new([1, 2]), i.new(), x.new((2, 3)), x.new(torch.ones(3))]
    made += [tuple(x.new(2, 3).shape), tuple(x.new(torch.Size([4])).shape), x.new(np.ones(2))]
    return made, raised(x.new, 3.5), raised(x.new, i)


@twin
def test_range(torch):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        made = [
            torch.range(1, 4),
            torch.range(0, 1, 0.25),
            torch.range(4, 1, -1),
            torch.range(1, 2, 0.3),
            torch.range(0, 2.5),
            torch.range(1, 4, dtype=torch.int64),
            torch.range(2, 2),
        ]
    refused = [raised(torch.range, *a) for a in ((4, 1), (1, 4, 0), (5,), (0, float("inf")))]
    return made, refused, len(caught) > 0, caught[0].category.__name__


@twin
def test_frombuffer(torch):
    memory = bytearray(np.arange(4, dtype=np.float32).tobytes())
    whole = torch.frombuffer(memory, dtype=torch.float32)
    part = torch.frombuffer(memory, dtype=torch.float32, offset=4, count=2)
    part[0] = 9
    made = [whole, part, torch.frombuffer(memory, dtype=torch.uint8, count=3, requires_grad=False)]
    f = torch.float32
    refused = [
        raised(torch.frombuffer, memory, dtype=f, offset=20),
        raised(torch.frombuffer, memory, dtype=f, offset=-1),
        raised(torch.frombuffer, memory, dtype=f, count=20),
        raised(torch.frombuffer, memory, dtype=f, count=0),
        raised(torch.frombuffer, memory, dtype=torch.float64, offset=4),
        raised(torch.frombuffer, bytearray(), dtype=f),
        raised(torch.frombuffer, 3, dtype=f),
        raised(torch.frombuffer, memory),
    ]
    return made, np.frombuffer(memory, np.float32).tolist(), refused


def test_memory_that_is_not_writable():
    with pytest.warns(UserWarning, match="not writable"):
        x = minitorch.frombuffer(b"\1\2", dtype=minitorch.uint8)
    assert x.tolist() == [1, 2]
    with pytest.raises(RuntimeError):
        x.add_(1)


@twin
def test_functions_that_change_their_argument(torch):
    x = torch.zeros(3, 4)
    given = torch.index_put_(x, (torch.tensor([0, 2]), torch.tensor([1, 1])), torch.tensor([5.0, 6.0]))
    y = torch.ones(2, requires_grad=True) * 3
    return given is x, x, torch.detach_(y) is y, y, y.is_leaf


# ---- random numbers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 5, 16, 33, 20000])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("draw", [("cauchy_", 1.0, 2.0), ("log_normal_",), ("log_normal_", 0.3, 0.7), ("geometric_", 0.3)])
def test_draws_are_pytorchs_to_the_last_bit(draw, dtype, n):
    name, *parameters = draw
    drawn = []
    for engine in (torch, minitorch):
        engine.manual_seed(n)
        x = getattr(engine.empty(n, dtype=getattr(engine, dtype)), name)(*parameters)
        drawn.append((x.numpy().tolist(), engine.rand(2).tolist()))
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize("rates", [(0.0, 1.0, 9.9), (10.0, 12.5, 300.0), (3.0,) * 500, (40.0,) * 500])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_poisson_counts_are_pytorchs(rates, dtype):
    drawn = []
    for engine in (torch, minitorch):
        engine.manual_seed(3)
        drawn.append((engine.poisson(engine.tensor(rates, dtype=getattr(engine, dtype))).tolist(), engine.rand(2).tolist()))
    assert drawn[0] == drawn[1]


@twin
def test_what_the_draws_refuse(torch):
    floats, ints, flags = torch.zeros(2), torch.zeros(2, dtype=torch.int64), torch.zeros(2, dtype=torch.bool)
    return [
        raised(floats.cauchy_, 0.0, 0.0),
        raised(ints.cauchy_),
        raised(floats.log_normal_, 0.0, -1.0),
        raised(ints.log_normal_),
        raised(floats.geometric_, 0.0),
        raised(floats.geometric_, 1.0),
        raised(flags.geometric_, 0.5),
        raised(torch.ones(2, requires_grad=True).cauchy_),
        raised(floats.geometric_),
    ]


@twin
def test_methods_that_draw(torch):
    torch.manual_seed(1)
    p = torch.tensor([[0.1, 0.9], [0.5, 0.5]])
    return p.bernoulli(), p.multinomial(1), p.multinomial(4, True), p.multinomial(2), raised(torch.tensor([2.0]).bernoulli)


# ---- settings --------------------------------------------------------------------------------------------------------


def test_the_default_device():
    assert minitorch.get_default_device() == minitorch.device("cpu")
    minitorch.set_default_device("cpu")
    assert minitorch.zeros(1).device == minitorch.device("cpu")
    with pytest.raises(RuntimeError):
        minitorch.set_default_device("gpu")
    with minitorch.device("cuda:0"):
        assert minitorch.get_default_device() == minitorch.device("cuda", 0)
        assert minitorch.FloatTensor([1]).device.type == minitorch.from_numpy(np.ones(1)).device.type == "cpu"
        with minitorch.device("cpu"):
            assert minitorch.zeros(1).device.type == "cpu"
        assert minitorch.zeros(1, device="cpu").device.type == "cpu"
        if not minitorch.cuda.is_available():
            for make in (minitorch.zeros, minitorch.rand, minitorch.eye, lambda n: minitorch.tensor([n])):
                with pytest.raises((ImportError, RuntimeError)):
                    make(1)
    assert minitorch.get_default_device() == minitorch.device("cpu")
    minitorch.set_default_device(None)
    assert minitorch.rand(1).device.type == "cpu"


def test_compile_returns_what_it_is_given():
    net = minitorch.nn.Linear(2, 1)
    assert minitorch.compile(net) is net
    assert minitorch.compile(net, fullgraph=True, dynamic=False, backend="eager", mode="reduce-overhead") is net
    assert minitorch.compile(len, disable=True) is len
    assert minitorch.compile(mode="default")(len) is len
    assert raised(minitorch.compile, net, mode="default", options={}) == "RuntimeError"
    assert raised(minitorch.compile, net, speed=1) == "TypeError"
    assert net.compile() is None


@twin
def test_mixed_precision_switched_off(torch):
    scaler = torch.amp.GradScaler(enabled=False)
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    with torch.autocast("cpu", enabled=False), torch.amp.autocast(device_type="cuda", dtype=torch.float16, enabled=False):
        loss = (w**2).sum()
    assert scaler.scale(loss) is loss
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    scaler.step(optimizer)
    scaler.update()

    @torch.autocast("cpu", enabled=False)
    def double(x):
        """Twice."""
        return 2 * x

    kept = scaler.state_dict(), scaler.get_scale(), scaler.is_enabled(), scaler.load_state_dict({})
    return w, kept, double(w), double.__doc__, torch.is_autocast_enabled(), raised(torch.autocast), raised(torch.autocast, 1)


@pytest.mark.skipif(minitorch.cuda.is_available(), reason="there is a GPU")
@pytest.mark.parametrize("make", [lambda t: t.amp.GradScaler(), lambda t: t.amp.autocast("cuda")])
def test_mixed_precision_of_a_gpu_that_is_not_there_is_switched_off_with_a_warning(make):
    for engine in (torch, minitorch):
        with pytest.warns(UserWarning, match="CUDA is not available"):
            made = make(engine)
    assert not isinstance(made, minitorch.amp.GradScaler) or not made.is_enabled()


def test_mixed_precision_switched_on_is_refused_by_name():
    assert "autocast('cpu')" in message(minitorch.autocast, "cpu") and "bfloat16" in message(minitorch.autocast, "cpu")
    for call in (minitorch.autocast, minitorch.amp.GradScaler):
        with pytest.raises(NotImplementedError):
            call("cpu")


def test_older_names_of_mixed_precision():
    for engine in (torch, minitorch):
        for name in ("autocast", "GradScaler"):
            with pytest.warns(FutureWarning, match=f"torch.amp.{name}"):
                getattr(engine.cuda.amp, name)(enabled=False)


def test_versions():
    assert minitorch.version.__version__ == minitorch.__version__
    for name in ("cuda", "hip", "debug"):
        assert getattr(minitorch.version, name) == getattr(torch.version, name) or name == "cuda"
    assert minitorch.version.cuda is None


def test_switches_that_only_note_what_is_asked():
    for engine in (torch, minitorch):
        engine.set_warn_always(True)
        assert engine.is_warn_always_enabled()
        engine.set_warn_always(False)
        assert not engine.is_warn_always_enabled() and engine.set_flush_denormal(False)
    assert minitorch.set_flush_denormal(True) is False


@twin
def test_the_default_tensor_type(torch):
    always = torch.is_warn_always_enabled()
    torch.set_warn_always(True)  # PyTorch says it once in a process, and another test may have heard it
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.set_default_tensor_type(torch.DoubleTensor)
        double = torch.ones(1)
        torch.set_default_tensor_type("torch.FloatTensor")
        refused = [raised(torch.set_default_tensor_type, x) for x in (torch.LongTensor, 3)]
    torch.set_warn_always(always)
    return double, torch.ones(1), refused, minitorch.cuda.is_available() or caught[-1].category.__name__


@pytest.mark.skipif(minitorch.cuda.is_available() or torch.cuda.is_available(), reason="there is a GPU")
@twin
def test_without_an_accelerator(torch):
    accelerator, cuda = torch.accelerator, torch.cuda
    answers = [accelerator.is_available(), accelerator.current_accelerator(), accelerator.device_count()]
    answers += [cuda.memory_allocated(), cuda.max_memory_allocated(), cuda.memory_reserved(), cuda.is_bf16_supported()]
    return answers, raised(accelerator.synchronize)


@twin
def test_python_functions_of_elements(torch):
    x, y = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([10.0, 20.0])
    applied = x.T.clone().apply_(lambda v: v * 2 + 1)
    mapped = x.clone().map_(y, lambda v, w: v - w)
    i = torch.tensor([1, 2]).apply_(lambda v: v * v)
    w = torch.ones(2, requires_grad=True)
    empty = torch.ones(0).apply_(abs)
    others = raised(x.map_, torch.ones(3), max), raised(x.map_, y.long(), max), raised(x.map_, 3, max)
    return applied, mapped, i, empty, raised(w.apply_, abs), raised(w.map_, y, max), *others


@twin
def test_data_parallel_on_one_device(torch):
    torch.manual_seed(0)
    net = torch.nn.DataParallel(torch.nn.Linear(2, 1))
    same = torch.nn.parallel.DataParallel is torch.nn.DataParallel
    return repr(net), list(net.state_dict()), net(torch.ones(3, 2)), same, isinstance(net.module, torch.nn.Linear)


@twin
def test_to_empty(torch):
    net = torch.nn.BatchNorm1d(3)
    weight = net.weight
    same = net.to_empty(device="cpu") is net and net.weight is weight
    return same, [(n, tuple(v.shape), str(v.dtype)) for n, v in net.state_dict().items()]
