"""The card itself: its memory and what runs out of it, pinned memory, streams, events, and errors about devices.

With --device cuda on a card, otherwise on the stand-in's GPU (foreign_gpu.py): the same lines must hold of both.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from card import why_not

import minitorch
from minitorch import cuda
from minitorch.utils.data import DataLoader, TensorDataset


@pytest.fixture(autouse=True)
def on_card(request: pytest.FixtureRequest) -> Any:
    """Whether there is a real card under the tests."""
    if request.config.getoption("--device") != "cuda":
        with pytest.importorskip("foreign_gpu").foreign_gpu():
            yield False
        return
    if why_not("cuda"):
        pytest.skip(f"no card: {why_not('cuda')}")
    yield True
    cuda.synchronize()


def test_what_is_there(on_card: bool) -> None:
    assert cuda.is_available() and cuda.device_count() >= 1 and cuda.current_device() == 0
    assert cuda.get_device_name() and min(cuda.get_device_capability()) >= 0
    free, total = cuda.mem_get_info()
    assert 0 < free <= total
    x = minitorch.ones(2, 3, device="cuda")
    assert x.is_cuda and str(x.device) == "cuda:0" and x.get_device() == 0 and x.cpu().tolist() == [[1.0] * 3] * 2
    assert x.to("cuda:0") is x and x.cuda() is x


def test_errors_name_the_devices() -> None:
    x, y = minitorch.ones(3, device="cuda"), minitorch.ones(3)
    for operation in (lambda: x + y, lambda: minitorch.cat([x, y]), lambda: minitorch.stack([y, x]) @ y):
        with pytest.raises(RuntimeError, match="cuda:0 and cpu|cpu and cuda:0"):
            operation()
    for read in (x.numpy, lambda: np.asarray(x)):
        with pytest.raises(TypeError, match="can't convert cuda:0 device type tensor to numpy"):
            read()
    with pytest.raises(RuntimeError):
        minitorch.ones(1, device="cuda:99")


def test_memory_is_counted(on_card: bool) -> None:
    if not on_card:
        pytest.skip("the stand-in's arrays are NumPy's, whose memory its GPU does not count")
    cuda.empty_cache()
    before = cuda.memory_allocated()
    cuda.reset_peak_memory_stats()
    x = minitorch.zeros(1 << 20, device="cuda")
    assert cuda.memory_allocated() - before == 4 << 20
    y = x + 1
    del y
    assert cuda.max_memory_allocated() - before >= 8 << 20 and cuda.memory_allocated() - before == 4 << 20
    assert cuda.max_memory_reserved() >= cuda.memory_reserved() >= cuda.memory_allocated()
    del x
    cuda.empty_cache()
    assert cuda.memory_allocated() == before


def test_running_out_of_memory_leaves_the_program_usable(on_card: bool) -> None:
    if not on_card:
        pytest.skip("the stand-in's own test is test_devices_gpu.py::test_out_of_memory")
    net = minitorch.nn.Linear(4, 2).to("cuda")
    _, total = cuda.mem_get_info()
    with pytest.raises(minitorch.OutOfMemoryError) as caught:
        minitorch.empty(2 * total, dtype=minitorch.uint8, device="cuda")
    gib = 2 * total / (1 << 30)
    assert f"CUDA out of memory. Tried to allocate {gib:.2f} GiB. GPU 0 has a total capacity of" in str(caught.value)
    side = int((total / 4) ** 0.5)
    wide = minitorch.ones(side, 1, device="cuda", requires_grad=True)
    with pytest.raises(minitorch.OutOfMemoryError):
        kept = [(wide * minitorch.ones(side, device="cuda")).exp() for _ in range(4)]
        kept[0].sum().backward()
    kept = []
    assert wide.grad is None and minitorch.is_grad_enabled()
    cuda.empty_cache()
    net(minitorch.ones(3, 4, device="cuda")).sum().backward()
    assert net.bias.grad.tolist() == [3.0, 3.0]


def test_pinned_memory_and_copies_that_do_not_wait() -> None:
    x = minitorch.arange(1000.0).pin_memory()
    assert x.is_pinned() and x[10:].is_pinned() and not (x + 1).is_pinned()
    y = x.to("cuda", non_blocking=True)
    cuda.synchronize()
    assert (y.cpu() == minitorch.arange(1000.0)).all()
    data = TensorDataset(minitorch.arange(12.0).reshape(6, 2), minitorch.arange(6))
    for workers in (0, 1):
        batches = list(DataLoader(data, batch_size=4, pin_memory=True, num_workers=workers))
        assert [part.is_pinned() for batch in batches for part in batch] == [True] * 4
        assert minitorch.cat([a.to("cuda", non_blocking=True) for a, _ in batches]).cpu().tolist() == data[:][0].tolist()


def test_streams_and_events() -> None:
    start, end = (cuda.Event(enable_timing=True) for _ in range(2))
    x = minitorch.ones(256, 256, device="cuda")
    start.record()
    side = cuda.Stream()
    side.wait_stream(cuda.current_stream())
    with cuda.stream(side):
        assert cuda.current_stream() == side != cuda.default_stream()
        y = x @ x
    cuda.current_stream().wait_stream(side)
    end.record()
    start.synchronize()
    end.synchronize()
    assert start.query() and end.query() and start.elapsed_time(end) > 0 and cuda.current_stream() == cuda.default_stream()
    assert (y == 256).all().item()


def test_kernels_of_our_own_and_cupys_calls_agree(on_card: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small net's step with minitorch/gpu_kernels.py, and with CuPy's calls in its stead."""
    from minitorch import gpu_kernels, gpu_launch

    def step() -> list[np.ndarray]:
        minitorch.manual_seed(3)
        nn = minitorch.nn
        net = nn.Sequential(
            nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 5)
        ).double().to("cuda")  # fmt: skip
        x = minitorch.randn(7, 2, 7, 6, dtype=minitorch.float64).to("cuda").requires_grad_()
        optimizer = minitorch.optim.Adam(net.parameters(), lr=0.01, weight_decay=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(net(x), minitorch.tensor([0, 4, 2, -100, 1, 3, 3], device="cuda"))
            loss.backward()
            optimizer.step()
        return [t.detach().cpu().numpy() for t in (loss, x.grad, *net.parameters())]

    used = set()
    for kind in (gpu_launch.Broadcasting, gpu_launch.Threads):

        def noted(self: Any, *args: Any, call: Any = kind.__call__, **kwargs: Any) -> Any:
            used.add(self.name)
            return call(self, *args, **kwargs)

        monkeypatch.setattr(kind, "__call__", noted)
    ours = step()
    if not used:
        pytest.skip("no C++ compiler for the stand-in's kernels")
    assert len(used) >= 10
    monkeypatch.setattr(gpu_kernels, "present", lambda x: False)
    for a, b in zip(ours, step(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-12)


def test_targets_that_are_no_class_and_ignored_ones() -> None:
    """On a GPU nobody looks at targets: ignored rows count for nothing, and a wrong class makes nan."""
    F = minitorch.nn.functional
    x = minitorch.randn(4, 3).to("cuda").requires_grad_()
    for dtype in (minitorch.int64, minitorch.uint8):
        wanted = F.cross_entropy(x[:3], minitorch.tensor([0, 2, 1], device="cuda", dtype=dtype))
        ignored = 7 if dtype is minitorch.uint8 else -100
        target = minitorch.tensor([0, 2, 1, ignored], device="cuda", dtype=dtype)
        found = F.cross_entropy(x, target, ignore_index=ignored)
        assert abs(found.item() - wanted.item()) < 1e-6
        (gradient,) = minitorch.autograd.grad(found, x)
        assert gradient[3].tolist() == [0.0] * 3 and gradient[:3].abs().min().item() > 0
    wrong = F.cross_entropy(x, minitorch.tensor([0, 3, 1, 2], device="cuda"))
    assert wrong.isnan().item()
    nothing = F.cross_entropy(x, minitorch.tensor([-100] * 4, device="cuda"))
    assert nothing.isnan().item() and minitorch.autograd.grad(nothing, x)[0].tolist() == [[0.0] * 3] * 4
