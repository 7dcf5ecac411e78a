"""What lesson 12 shows of a GPU, measured on one: writes measured.json. Run it where CuPy finds a card.

    python lessons/12_gpu/measure.py [measured.json]
"""

from __future__ import annotations

import datetime
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import minitorch as torch
from minitorch.bench.training import cifar10_net


def seconds(run: Callable[[], Any], wait: Callable[[], Any], times: int = 30) -> float:
    """Of one call, work on the GPU included: the median of some."""
    for _ in range(3):
        run()
    wait()
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        run()
        wait()
        found.append(time.perf_counter() - begun)
    return statistics.median(found)


def on_gpu(run: Callable[[], Any], times: int = 50) -> float:
    """Of one call among many that follow each other, as the GPU itself sees it."""
    for _ in range(5):
        run()
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    for _ in range(times):
        run()
    end.record()
    end.synchronize()
    return start.elapsed_time(end) / 1000 / times


def curve(make: Callable[[int, str], Callable[[], Any]], sizes: list[int]) -> dict[str, list[float]]:
    """Seconds for each size on either device."""
    found: dict[str, list[float]] = {"sizes": sizes, "cpu": [], "cuda": []}
    for size in sizes:
        found["cpu"].append(seconds(make(size, "cpu"), lambda: None, 12))
        found["cuda"].append(on_gpu(make(size, "cuda")))
    return found


def doubling(size: int, device: str) -> Callable[[], Any]:
    x = torch.ones(size, device=device)
    return lambda: x * 2


def product(side: int, device: str) -> Callable[[], Any]:
    x = torch.ones(side, side, device=device)
    return lambda: x @ x


def step_of(batch: int, device: str, captured: bool = False) -> Callable[[], Any]:
    torch.manual_seed(0)
    net = cifar10_net(torch).to(device)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.001, momentum=0.9)
    criterion = torch.nn.CrossEntropyLoss()
    images, labels = torch.rand(batch, 3, 32, 32).to(device), torch.randint(0, 10, (batch,)).to(device)

    def step(images: Any, labels: Any) -> Any:
        optimizer.zero_grad()
        loss = criterion(net(images), labels)
        loss.backward()
        optimizer.step()
        return loss

    run = torch.compile(step, mode="reduce-overhead") if captured else step
    return lambda: run(images, labels).item()


def main(path: Path) -> None:
    wait = torch.cuda.synchronize
    x = torch.ones(1000, device="cuda")
    launches = 200

    def many() -> None:
        for _ in range(launches):
            x * 2

    many()
    wait()
    begun = time.perf_counter()
    many()
    asked = time.perf_counter() - begun
    wait()
    done = time.perf_counter() - begun
    begun = time.perf_counter()
    for _ in range(launches):
        (x * 2)[0].item()
    waited = time.perf_counter() - begun
    batches = [4, 16, 64, 256, 1024]
    import cupy

    measured = {
        "card": torch.cuda.get_device_name(),
        "date": datetime.date.today().isoformat(),
        "versions": {"Python": platform.python_version(), "NumPy": np.__version__, "CuPy": cupy.__version__},
        "doubling": curve(doubling, [10**k for k in range(1, 9)]),
        "product": curve(product, [2**k for k in range(4, 14)]),
        "launches": {"number": launches, "asked": asked, "done": done, "waited for each": waited},
        "step": {
            "batches": batches,
            "cpu": [seconds(step_of(n, "cpu"), lambda: None, 10) for n in batches],
            "cuda": [seconds(step_of(n, "cuda"), wait) for n in batches],
            "recorded": [seconds(step_of(n, "cuda", captured=True), wait) for n in batches],
        },
    }
    path.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("measured.json"))
