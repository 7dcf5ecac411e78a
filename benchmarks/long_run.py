"""Does the memory of a long training stay what it was? The CIFAR-10 net's, over 25,000 steps.

    python -m benchmarks.long_run --steps 25000

Printed is the process's resident memory in MiB as the steps go by, on random images in batches of 4, with momentum,
gradients cleared, a validation without gradients now and then. The last line compares the mean of the last quarter's
readings with that of the second quarter's; the exit status is 1 if it grew by more than --most MiB. The cycle collector
is off: what lies in a cycle counts as grown.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
from pathlib import Path

import minitorch as torch
from minitorch import nn, optim

PAGE = 4096 / 2**20


def resident() -> float:
    """This process's memory in MiB, now; Linux's way of asking."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def net() -> nn.Module:
    """The net of reference/cifar10.py."""
    return nn.Sequential(
        nn.Conv2d(3, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    """Train, and print the memory; 1 if it grew."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.long_run", description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=25_000)
    parser.add_argument("--readings", type=int, default=20)
    parser.add_argument("--most", type=float, default=1.0, metavar="MIB")
    parser.add_argument("--leak", action="store_true", help="keep every 10th graph, to see whether it would be noticed")
    args = parser.parse_args(argv)
    torch.manual_seed(0)
    model, criterion = net(), nn.CrossEntropyLoss()
    optimizer = optim.SGD(model.parameters(), lr=0.001, momentum=0.9)
    images, labels = torch.randn(64, 3, 32, 32), torch.randint(10, (64,))
    gc.collect()
    gc.disable()
    every = max(1, args.steps // args.readings)
    readings, kept, running_loss = [], [], 0.0
    for step in range(1, args.steps + 1):
        rows = torch.randint(64, (4,))
        optimizer.zero_grad()
        loss = criterion(model(images[rows]), labels[rows])
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
        if args.leak and step % 10 == 0:
            kept.append(criterion(model(images[rows]), labels[rows]))
        if step % every == 0:
            with torch.no_grad():
                model(images)
            readings.append(resident())
            print(f"step {step:6d}: {readings[-1]:7.2f} MiB, loss {running_loss / every:.3f}", flush=True)
            running_loss = 0.0
    quarter = len(readings) // 4
    growth = statistics.mean(readings[-quarter:]) - statistics.mean(readings[quarter : 2 * quarter])
    print(f"from the second quarter to the last: {growth:+.2f} MiB; objects in cycles: {gc.collect()}")
    return int(growth > args.most)


if __name__ == "__main__":
    sys.exit(main())
