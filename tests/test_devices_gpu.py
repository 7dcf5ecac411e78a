"""What is done with a GPU, on a stand-in for CuPy: networks that move, memory, pinned memory, streams and events."""

from __future__ import annotations

import collections
import io
import subprocess
import sys

import numpy as np
import pytest
import torch

import minitorch
from minitorch import gpu_memory
from minitorch.utils.data import DataLoader, TensorDataset
from minitorch.utils.data.pin_memory import pin_memory

nn, cuda = minitorch.nn, minitorch.cuda


@pytest.fixture
def watched(gpu):
    """The stand-in as `minitorch.device.cupy` leaves CuPy; its pool has 1 MiB."""
    assert gpu_memory.watch(gpu) is gpu_memory.watch(gpu) is not None
    return gpu


# ---- networks ----------------------------------------------------------------------------------------------------------


def network():
    minitorch.manual_seed(0)
    # Without a bias before the BatchNorm: its gradient would be rounding alone, which Adam turns into whole steps.
    return nn.Sequential(nn.Linear(3, 4, bias=False), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))


def train(net, optimizer, steps=3):
    x = minitorch.arange(15.0).view(5, 3).sin().to(next(net.parameters()))
    for _ in range(steps):
        optimizer.zero_grad()
        (net(x) ** 2).mean().backward()
        optimizer.step()


def places(state):
    """The devices of the tensors in nested state."""
    if isinstance(state, minitorch.Tensor):
        return {str(state.device)}
    if isinstance(state, dict):
        state = list(state.values())
    return set().union(*map(places, state)) if isinstance(state, list | tuple) else set()


@pytest.mark.parametrize("move", [lambda m: m.cuda(), lambda m: m.to("cuda"), lambda m: m.to(minitorch.ones(1).cuda())])
def test_modules_move_in_place(move, gpu):
    net = network()
    parameters = list(net.parameters())
    net(minitorch.ones(5, 3)).sum().backward()
    assert move(net) is net and all(a is b for a, b in zip(net.parameters(), parameters, strict=True))
    assert places(net.state_dict()) == {"cuda:0"} and {str(p.grad.device) for p in parameters} == {"cuda:0"}
    assert all(p.is_leaf and p.requires_grad for p in parameters)
    assert net.cpu() is net and places(net.state_dict()) == {"cpu"} and not parameters[0].grad.is_cuda


def test_module_to_device_and_dtype(gpu):
    net = network().to("cuda", minitorch.float64, non_blocking=True)
    assert {str(v.dtype) for v in net.state_dict().values()} == {"torch.float64", "torch.int64"}
    assert places(net.to_empty(device="cpu").state_dict()) == {"cpu"}


@pytest.mark.parametrize("make", [
    lambda p: minitorch.optim.SGD(p, lr=0.1, momentum=0.9),
    lambda p: minitorch.optim.Adam(p, lr=0.1, amsgrad=True),
    lambda p: minitorch.optim.RMSprop(p, lr=0.1, momentum=0.5),
])  # fmt: skip
def test_training_and_its_state_on_the_gpu(make, gpu):
    """The same numbers as on the CPU, and a state that moves with `load_state_dict`, both ways."""
    nets, optimizers = [], []
    for place in ("cpu", "cuda"):
        net = network().double()  # RMSprop's quotients of small numbers multiply what rounding leaves
        optimizer = make(net.parameters())
        net.to(place)  # after the optimizer was made, as many programs do
        train(net, optimizer)
        nets.append(net)
        optimizers.append(optimizer)
    for a, b in zip(nets[0].parameters(), nets[1].parameters(), strict=True):
        assert b.is_cuda and np.allclose(a.detach().numpy(), b.detach().cpu().numpy(), rtol=1e-9, atol=1e-10)
    for source, target in ((1, 0), (0, 1)):
        optimizers[target].load_state_dict(optimizers[source].state_dict())
        for parameter, state in optimizers[target].state.items():
            kept = {k: v for k, v in state.items() if k != "step"}
            assert places(kept) == {str(parameter.device)} and kept
        train(nets[target], optimizers[target], 1)


def test_a_program_with_a_chosen_device(gpu):
    """Everything that is made, is made there: labels of a loader, dropout masks, optimizer state, distributions."""
    minitorch.set_default_device("cuda")
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Dropout(), nn.LazyLinear(2))
    data = [(np.full(3, k, "float32"), k % 2) for k in range(6)]
    net(minitorch.ones(2, 3))
    optimizer = minitorch.optim.Adam(net.parameters(), lr=0.1)
    for x, y in DataLoader(data, batch_size=3, shuffle=True):
        assert x.is_cuda and y.is_cuda
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    assert places(net.state_dict()) == {"cuda:0"} and minitorch.distributions.Normal(0.0, 1.0).sample((2,)).is_cuda
    assert nn.utils.clip_grad_norm_(net.parameters(), 1.0).is_cuda


def test_state_dicts_across_devices(gpu):
    here, there = network(), network().cuda()
    with minitorch.no_grad():
        there[0].weight.fill_(7)
    assert str(here.load_state_dict(there.state_dict())) == "<All keys matched successfully>"
    assert here[0].weight.tolist() == [[7.0] * 3] * 4 and places(here.state_dict()) == {"cpu"}
    there.load_state_dict(network().state_dict())
    assert places(there.state_dict()) == {"cuda:0"} and there[0].weight.tolist() != here[0].weight.tolist()


@pytest.mark.parametrize(
    ("location", "place"),
    [
        (None, "cuda:0"),
        ("cpu", "cpu"),
        (minitorch.device("cpu"), "cpu"),
        ("cuda", "cuda:0"),
        ({"cuda:0": "cpu"}, "cpu"),
        (lambda storage, where: storage, "cpu"),
        (lambda storage, where: None, "cuda:0"),
    ],
)
def test_map_location(location, place, gpu):
    file = io.BytesIO()
    minitorch.save({"w": minitorch.arange(3, device="cuda"), "net": network().cuda().state_dict()}, file)
    found = minitorch.load(io.BytesIO(file.getvalue()), map_location=location)
    assert places(found) == {place} and found["w"].tolist() == [0, 1, 2]


def test_what_was_saved_on_a_gpu_loads_without_one_in_torch_too(gpu):
    file = io.BytesIO()
    minitorch.save(minitorch.arange(3, device="cuda"), file)
    assert torch.load(io.BytesIO(file.getvalue()), map_location="cpu").tolist() == [0, 1, 2]
    gpu.gpu.count = 0
    with pytest.raises(RuntimeError, match="map_location=torch.device\\('cpu'\\)"):
        minitorch.load(io.BytesIO(file.getvalue()))
    assert minitorch.load(io.BytesIO(file.getvalue()), map_location="cpu").tolist() == [0, 1, 2]


# ---- which one, and what it is -------------------------------------------------------------------------------------------


def test_what_is_said_about_a_gpu(gpu):
    assert cuda.is_available() and cuda.is_initialized() and cuda.device_count() == 1 and cuda.init() is None
    assert cuda.current_device() == 0 and cuda.get_device_name() == cuda.get_device_name("cuda:0") == "Foreign device"
    assert cuda.get_device_capability(minitorch.device("cuda")) == (8, 6)
    found = cuda.get_device_properties(0)
    assert (found.name, found.major, found.minor, found.total_memory) == ("Foreign device", 8, 6, 8 << 30)
    assert repr(found) == (
        "_CudaDeviceProperties(name='Foreign device', major=8, minor=6, total_memory=8192MB, multi_processor_count=16, "
        "L2_cache_size=4MB)"
    )
    assert cuda.mem_get_info() == minitorch.accelerator.get_memory_info() == (1 << 20, 1 << 20)
    cuda.synchronize()
    minitorch.accelerator.synchronize("cuda")
    assert gpu.gpu.waits == ["device 0", "device 0"]
    assert minitorch.float16 in minitorch.accelerator.get_device_capability()["supported_dtypes"]
    for call in (cuda.get_device_name, cuda.synchronize, cuda.mem_get_info):
        with pytest.raises(ValueError, match="Expected a cuda device, but got: cpu"):
            call("cpu")
        with pytest.raises(RuntimeError, match="invalid device ordinal"):
            call(1)


def test_the_current_gpu(two_gpus):
    """New tensors are made on the GPU that is named, with it as CuPy's current one, or else on the current one."""
    made = []
    for name in ("full", "asarray"):
        inner = getattr(two_gpus, name)

        def noted(*args, inner=inner, **kwargs):
            made.append(two_gpus.gpu.current)
            return inner(*args, **kwargs)

        setattr(two_gpus, name, noted)

    assert minitorch.accelerator.device_count() == 2
    minitorch.zeros(2, device="cuda:1"), minitorch.zeros(2, device="cuda"), minitorch.ones(2).to("cuda:1")
    assert made == [1, 0, 1] and cuda.current_device() == 0
    cuda.set_device(1)
    minitorch.zeros(2, device="cuda"), minitorch.zeros(2, device="cuda:0"), minitorch.tensor([1.0]).cuda()
    assert made[3:] == [1, 0, 1] and cuda.current_device() == 1
    with cuda.device("cuda:0"):
        assert cuda.current_device() == 0
        with minitorch.accelerator.device_index(1), cuda.device(None), cuda.device_of(minitorch.ones(1)):
            assert minitorch.accelerator.current_device_index() == 1
        assert cuda.current_device() == 0
        with pytest.raises(ZeroDivisionError), cuda.device(1):
            raise ZeroDivisionError
        assert cuda.current_device() == 0
    assert cuda.current_device() == 1
    cuda.set_device(-1)
    cuda.set_device(minitorch.device("cuda:0"))
    assert cuda.current_device() == 0


# ---- memory --------------------------------------------------------------------------------------------------------------

KIB = 1 << 10


def test_memory_and_its_maximum(watched):
    allocate = watched.cuda.alloc
    a, b = allocate(100 * KIB), allocate(50 * KIB + 1)
    rounded = 50 * KIB + 512
    assert cuda.memory_allocated() == cuda.max_memory_allocated() == 100 * KIB + rounded
    del b
    assert (cuda.memory_allocated(), cuda.max_memory_allocated()) == (100 * KIB, 100 * KIB + rounded)
    c = allocate(10 * KIB)
    assert cuda.max_memory_allocated() == 100 * KIB + rounded == cuda.memory_reserved() == cuda.max_memory_reserved()
    del a
    cuda.reset_peak_memory_stats()
    assert cuda.max_memory_allocated() == cuda.memory_allocated("cuda") == 10 * KIB
    cuda.empty_cache()
    assert cuda.memory_reserved() == 10 * KIB < cuda.max_memory_reserved()
    assert minitorch.accelerator.memory_stats() == {
        "allocated_bytes.all.current": 10 * KIB,
        "allocated_bytes.all.peak": 10 * KIB,
        "reserved_bytes.all.current": 10 * KIB,
        "reserved_bytes.all.peak": 100 * KIB + rounded,
    }
    assert c.size == 10 * KIB


def test_the_maximum_is_exact_whatever_the_order(watched):
    rng = np.random.default_rng(0)
    held, now, most = [], 0, 0
    for _ in range(500):
        if held and rng.random() < 0.5:
            now -= held.pop(rng.integers(len(held))).size
        else:
            held.append(watched.cuda.alloc(int(rng.integers(1, 20 * KIB))))
            now += held[-1].size
            most = max(most, now)
        assert (cuda.memory_allocated(), cuda.max_memory_allocated()) == (now, most)


def test_the_pool_is_asked_rarely(watched):
    """A training step that needs no more than the one before it asks the pool, which is slow to answer, a few times."""
    pool = watched.get_default_memory_pool()

    def step():
        held = [watched.cuda.alloc(KIB) for _ in range(100)]
        while held:
            held.pop()
            watched.cuda.alloc(KIB)

    step()
    pool.asked = 0
    step()
    assert pool.asked < 30


def test_an_allocator_of_the_programs_own_is_left_alone(gpu):
    gpu.cuda.set_allocator(len)
    assert gpu_memory.watch(gpu) is None and gpu.cuda.get_allocator() is len
    with pytest.raises(NotImplementedError, match="another allocator"):
        cuda.max_memory_allocated()
    assert cuda.memory_allocated() == 0


def test_out_of_memory(watched):
    """PyTorch's error, whatever asked; the program goes on."""
    inner = watched.exp

    def exp(x, *args, **kwargs):
        watched.cuda.alloc(x.nbytes)  # what CuPy does for the result
        return inner(x, *args, **kwargs)

    watched.exp = exp
    w = minitorch.ones((), device="cuda", requires_grad=True)
    big, small = minitorch.zeros(1000, 1000, device="cuda"), minitorch.zeros(10, device="cuda")
    held = watched.cuda.alloc(512 * KIB)
    with pytest.raises(minitorch.cuda.OutOfMemoryError) as caught:
        (big * w).exp()
    text = str(caught.value)
    assert "CUDA out of memory. Tried to allocate 3.81 MiB. GPU 0 has a total capacity of 1.00 MiB" in text
    assert "of which 512.00 KiB is free" in text and "hold 512.00 KiB" in text
    assert type(caught.value.__cause__).__name__ == "OutOfMemory"
    assert minitorch.is_grad_enabled() and w.grad is None
    (small * w).exp().sum().backward()
    assert w.grad.item() == 0
    with minitorch.no_grad(), pytest.raises(RuntimeError):
        big.exp()
    assert minitorch.is_grad_enabled() and held.size == 512 * KIB


def test_out_of_memory_in_backward_leaves_no_gradient(watched):
    class Greedy(minitorch.autograd.Op):
        def forward(self, x):
            return x * 2

        def backward(self, g):
            if is_full:
                watched.cuda.alloc(2 << 20)
            return g * 2

    w, v = (minitorch.ones(3, device="cuda", requires_grad=True) for _ in range(2))
    is_full = True
    with pytest.raises(minitorch.OutOfMemoryError):
        (Greedy()(w) + v).sum().backward()
    assert w.grad is None and v.grad is None
    is_full = False
    (Greedy()(w) + v).sum().backward()
    assert w.grad.tolist() == [2, 2, 2] and v.grad.tolist() == [1, 1, 1]


# ---- pinned memory -------------------------------------------------------------------------------------------------------


def test_pinned_memory(gpu):
    x = minitorch.arange(6.0).view(2, 3)
    p = x.pin_memory()
    assert p is not x and p.pin_memory() is p and p.is_pinned() and not x.is_pinned() and p.tolist() == x.tolist()
    assert p[1:].is_pinned() and p.T.is_pinned() and p.detach().is_pinned()
    assert not (p + 1).is_pinned() and not p.clone().is_pinned() and not p.cuda().is_pinned()
    assert x.T.pin_memory().stride() == x.T.stride() and minitorch.ones(0, 3).pin_memory().shape == (0, 3)
    assert minitorch.tensor(True).pin_memory().item() is True
    with pytest.raises(RuntimeError, match="only dense CPU tensors can be pinned"):
        x.cuda().pin_memory()
    w = minitorch.ones(2, requires_grad=True)
    (w.pin_memory() * 3).sum().backward()
    assert w.grad.tolist() == [3, 3]


def test_copies_from_pinned_memory_do_not_wait(gpu):
    """They are made on the current stream, and the source is held until they are."""
    x = minitorch.arange(4.0).pin_memory()
    stream = cuda.Stream()
    with cuda.stream(stream):
        y = x.to("cuda", non_blocking=True)
    assert y.tolist() == [0, 1, 2, 3] and gpu.gpu.waits == []
    ((event, source),) = gpu_memory._in_flight
    assert source is x._array and event in stream._stream.events and not event.done
    stream.synchronize()
    z = x.cuda(non_blocking=True)
    ((later, source),) = gpu_memory._in_flight  # the earlier one was let go
    assert z.is_cuda and source is x._array and later is not event
    cuda.current_stream().synchronize()
    minitorch.accelerator.empty_host_cache()
    assert not gpu_memory._in_flight
    # These are copied before the call returns: not pinned, not contiguous, nothing to copy.
    for other in (x.clone(), x.view(2, 2).T, minitorch.ones(0).pin_memory()):
        assert other.to("cuda", non_blocking=True).tolist() == other.tolist() and not gpu_memory._in_flight
    assert x.cuda().tolist() == x.tolist() and not gpu_memory._in_flight


Pair = collections.namedtuple("Pair", "a b")


def test_packed_sequences_move_and_are_pinned(gpu):
    packed = nn.utils.rnn.pack_padded_sequence(minitorch.ones(3, 2, 1), [2, 3], enforce_sorted=False)
    assert packed.pin_memory().is_pinned() and not packed.is_pinned() and packed.cuda().is_cuda
    assert packed.pin_memory().sorted_indices.tolist() == [1, 0] and not packed.cuda().batch_sizes.is_cuda


class Own:
    def pin_memory(self):
        return "pinned"


def test_pinning_keeps_containers(gpu):
    x = minitorch.ones(2)
    data = {"t": (x, 1), "p": Pair(x, "s"), "l": [x, b"b"], "o": Own(), "n": None, "d": collections.OrderedDict(k=x)}
    found = pin_memory(data)
    assert [type(v) for v in found.values()] == [tuple, Pair, list, str, type(None), collections.OrderedDict]
    pinned = [found["t"][0], found["p"].a, found["l"][0], found["d"]["k"]]
    assert all(t.is_pinned() for t in pinned) and found["o"] == "pinned" and not data["l"][0].is_pinned()


@pytest.mark.parametrize("wanted", [True, False])
def test_a_loader_pins_its_batches(wanted, gpu, recwarn):
    data = TensorDataset(minitorch.arange(6.0).view(6, 1), minitorch.arange(6))
    for x, y in DataLoader(data, batch_size=4, pin_memory=wanted):
        assert x.is_pinned() == y.is_pinned() == wanted
        assert x.to("cuda", non_blocking=True).view(-1).tolist() == y.tolist()
    assert not recwarn.list


def test_a_loader_with_workers_pins_in_the_programs_process(gpu):
    data = TensorDataset(minitorch.arange(6.0).view(6, 1))
    loader = DataLoader(data, batch_size=3, num_workers=1, pin_memory=True, multiprocessing_context="fork")
    batches = [x for (x,) in loader]
    assert [x.view(-1).tolist() for x in batches] == [[0, 1, 2], [3, 4, 5]] and all(x.is_pinned() for x in batches)


# ---- streams and events --------------------------------------------------------------------------------------------------


def test_events(gpu):
    start, end = (cuda.Event(enable_timing=True) for _ in range(2))
    with pytest.raises(RuntimeError, match="must be recorded before"):
        start.elapsed_time(end)
    assert start.query()
    start.record()
    end.record(cuda.current_stream())
    assert not end.query()
    with pytest.raises(RuntimeError, match="must be completed before"):
        start.elapsed_time(end)
    start.synchronize()
    end.synchronize()
    assert end.query() and start.elapsed_time(end) == 1.5 and gpu.gpu.waits == ["event", "event"]
    with pytest.raises(RuntimeError, match="enable_timing=True"):
        start.elapsed_time(cuda.Event())
    with pytest.raises(NotImplementedError):
        cuda.Event(interprocess=True)


def test_streams(gpu):
    default, other = cuda.default_stream(), cuda.Stream("cuda:0")
    assert cuda.current_stream() == default != other and hash(default) == hash(cuda.current_stream())
    assert other.device == minitorch.device("cuda", 0) and other.cuda_stream != 0
    with cuda.stream(other) as nothing:
        assert nothing is None and cuda.current_stream() == other
        with other as entered, default:
            assert entered is other and cuda.current_stream() == default
        with cuda.stream(None):
            assert cuda.current_stream() == other
        event = other.record_event()
    assert cuda.current_stream() == default and not other.query() and default.query()
    default.wait_event(event)
    default.wait_stream(other)
    assert default._stream.waits_for[0] is event._event and len(default._stream.waits_for) == 2
    other.synchronize()
    assert other.query() and event.query()
    minitorch.accelerator.set_stream(other)
    assert minitorch.accelerator.current_stream() == other
    cuda.set_stream(None)
    cuda.set_stream(default)
    assert cuda.current_stream() == default
    with pytest.raises(NotImplementedError, match="priority"):
        cuda.Stream(priority=-1)
    with pytest.raises(ZeroDivisionError), cuda.stream(other):
        raise ZeroDivisionError
    assert cuda.current_stream() == default


# ---- the real CuPy, where it is installed --------------------------------------------------------------------------------


def test_the_real_cupy_is_watched():
    """It needs no GPU for that; in a process of its own, since CuPy stays loaded."""
    pytest.importorskip("cupy")
    code = """
import minitorch
from minitorch import gpu_memory
from minitorch.device import cupy
module = cupy()
watch = gpu_memory.watch_of(module)
assert watch is not None and module.cuda.get_allocator() == watch.allocate
assert not minitorch.ones(2).is_pinned()
assert minitorch.cuda.is_available() or minitorch.cuda.max_memory_allocated() == 0
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
