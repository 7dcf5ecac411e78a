"""Launching kernels of our own: on a card with --device cuda, otherwise on the stand-in's GPU (foreign_gpu.py)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from card import why_not

import minitorch
from minitorch import gpu_kernels, gpu_launch, parallel
from minitorch.device import cupy


@pytest.fixture(autouse=True)
def gpu(request: pytest.FixtureRequest) -> Any:
    if request.config.getoption("--device") != "cuda":
        with pytest.importorskip("foreign_gpu").foreign_gpu():
            if not hasattr(cupy(), "RawKernel"):
                pytest.skip("no C++ compiler for the stand-in's kernels")
            yield
        return
    if why_not("cuda"):
        pytest.skip(f"no card: {why_not('cuda')}")
    yield


@pytest.mark.parametrize("count", [0, 1, 127, 128, 129, 1000])
def test_every_thread_runs_once_and_none_beyond(count: int) -> None:
    kernel = gpu_launch.Threads("count_up", "T* out", "out[i] += T(i + 1);\n")
    out = minitorch.zeros(1200, dtype=minitorch.float64, device="cuda")
    kernel(count, "d", out._array)
    found = out.cpu().numpy()
    np.testing.assert_array_equal(found[:count], np.arange(1, count + 1))
    assert not found[count:].any()


def test_indices_are_wide_where_an_array_is_large() -> None:
    made = []
    kernel = gpu_launch.Threads("none", "T* out", "")
    kernel.source = lambda *key: made.append(key) or gpu_launch.Threads.source(kernel, *key)  # type: ignore[method-assign]
    out = cupy().zeros(3, "f")
    for largest in (0, (1 << 31) - 1, 1 << 31):
        kernel(3, "f", out, largest=largest)
    assert [is_large for *_, is_large in made] == [False, True]
    narrow, wide = (gpu_launch.Threads.source(kernel, "f", (), is_large) for is_large in (False, True))
    assert "unsigned int Index" in narrow and "unsigned long long Index" in wide


def convolved(where: str, dtype: Any) -> list[np.ndarray]:
    minitorch.manual_seed(4)
    layer = minitorch.nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2, dtype=dtype).to(where)
    x = minitorch.randn(7, 4, 9, 8, dtype=dtype).to(where).requires_grad_()
    y = layer(x)
    y.backward(minitorch.randn(*y.shape, dtype=dtype).to(where))
    return [t.detach().cpu().numpy() for t in (y, x.grad, layer.weight.grad, layer.bias.grad)]


def test_a_batch_in_parts_is_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """In parts of three, three and one images, and as one: each the CPU's numbers."""
    wanted = convolved("cpu", minitorch.float64)
    lengths: list[int] = []
    columns = gpu_kernels.columns
    monkeypatch.setattr(gpu_kernels, "columns", lambda w, x, *size: lengths.append(len(x)) or columns(w, x, *size))
    for parts, seen in ((1 << 29, {7}), (3 * 4 * 6 * 5 * 10 * 8, {2, 3})):
        lengths.clear()
        monkeypatch.setattr(parallel, "GPU_PART_BYTES", parts)
        for found, expected in zip(convolved("cuda", minitorch.float64), wanted, strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)
        assert set(lengths) == seen


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW"])
@pytest.mark.parametrize("options", [{}, {"maximize": True, "weight_decay": 0.1}, {"momentum": 0.9, "nesterov": True}])
def test_updates_of_odd_layouts_are_the_cpus(name: str, options: dict[str, Any]) -> None:
    """Parameters and gradients that do not lie in C order, of one, 130 and no elements."""
    if name != "SGD":
        options = {k: v for k, v in options.items() if k not in ("momentum", "nesterov")}

    def trained(where: str) -> list[np.ndarray]:
        minitorch.manual_seed(9)
        some = [minitorch.randn(5, 26).t(), minitorch.randn(1), minitorch.randn(0, 3), minitorch.randn(4, 3)]
        parameters = [minitorch.nn.Parameter(p.to(where)) for p in some]
        optimizer = getattr(minitorch.optim, name)(parameters, lr=0.03, **options)
        for _ in range(3):
            for p in parameters:
                p.grad = minitorch.randn(*p.shape[::-1]).to(where).permute(*reversed(range(p.ndim)))
            optimizer.step()
        return [p.detach().cpu().numpy() for p in parameters]

    for found, expected in zip(trained("cuda"), trained("cpu"), strict=True):
        np.testing.assert_allclose(found, expected, rtol=2e-6, atol=1e-7)  # float32, three steps: some roundings
