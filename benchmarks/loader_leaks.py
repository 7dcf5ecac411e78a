"""What do DataLoaders leave behind that were dropped half-way, failed, timed out, or whose workers were killed?

    python -m benchmarks.loader_leaks --loaders 100

Opens that many loaders of each kind with two workers each, takes a few batches, and ends each in the way that its name
tells. Printed is how many processes, open files, threads, files in /dev/shm and shared mappings there are more than
before, and how long it took a loader to be gone, in seconds. All counts should be 0; the exit status is 1 if not.
"""

from __future__ import annotations

import argparse
import gc
import os
import signal
import statistics
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from minitorch.utils.data import DataLoader, IterableDataset


class Rows:
    """Rows of numbers, large enough to travel through shared memory; `fails` at an index: raises, hangs or dies."""

    def __init__(self, fails: Callable[[int], Any] = lambda index: None) -> None:
        self.fails = fails

    def __len__(self) -> int:
        return 50

    def __getitem__(self, index: int) -> Any:
        if index == 5:
            self.fails(index)
        return np.full(5_000, index), str(index)


class Stream(IterableDataset):
    """A few rows, then an exception."""

    def __iter__(self) -> Any:
        yield from (np.full(5_000, index) for index in range(6))
        raise LookupError("the stream broke off")


def take(loader: Any, count: int) -> None:
    iterator = iter(loader)
    for _ in range(count):
        next(iterator)


def expect(kind: type[BaseException], loader: Any) -> None:
    try:
        for _ in loader:
            pass
    except kind:
        return
    raise AssertionError(f"no {kind.__name__}")


def raises(index: int) -> None:
    raise ValueError(index)


def persistent() -> None:
    loader = DataLoader(Rows(), 2, num_workers=2, persistent_workers=True)
    for _ in range(2):
        take(loader, 2)


def killed() -> None:
    iterator: Any = iter(DataLoader(Rows(), 2, num_workers=2))
    next(iterator)
    os.kill(iterator._workers[0].pid, signal.SIGKILL)
    expect(RuntimeError, iterator)


KINDS: dict[str, Callable[[], None]] = {
    "never asked for a batch": lambda: take(DataLoader(Rows(), 2, num_workers=2), 0),
    "dropped half-way": lambda: take(DataLoader(Rows(), 2, num_workers=2), 3),
    "dropped half-way, persistent workers": persistent,
    "a sample raises": lambda: expect(ValueError, DataLoader(Rows(raises), 2, num_workers=2)),
    "a stream raises at its end": lambda: expect(LookupError, DataLoader(Stream(), 2, num_workers=2)),
    "a worker is killed": killed,
    "timeout": lambda: expect(
        RuntimeError, DataLoader(Rows(lambda index: time.sleep(0.2)), 2, num_workers=2, timeout=0.05)
    ),
}


def counts() -> dict[str, int]:
    """What this process holds, Linux's way of asking."""
    mine = str(os.getpid())
    processes = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            processes += stat.read_text().rpartition(")")[2].split()[1] == mine
        except OSError:
            continue
    return {
        "processes": processes,
        "files": len(os.listdir("/proc/self/fd")),
        "threads": threading.active_count(),
        "/dev/shm": len(os.listdir("/dev/shm")) if os.path.isdir("/dev/shm") else 0,
        "mappings": Path("/proc/self/maps").read_text().count("minitorch-batch"),
    }


def main(argv: list[str] | None = None) -> int:
    """Run all kinds and print the table; 1 if anything is left."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.loader_leaks", description=__doc__.splitlines()[0])
    parser.add_argument("--loaders", type=int, default=100, help="of each kind")
    args = parser.parse_args(argv)
    gc.disable()  # what is gone went by its last reference
    leaks = 0
    for name, use in KINDS.items():
        use()  # what is made once for all
        before, seconds = counts(), []
        for _ in range(args.loaders):
            began = time.monotonic()
            use()
            seconds.append(time.monotonic() - began)
        more = {key: value - before[key] for key, value in counts().items()}
        if "/dev/shm" in more and more["/dev/shm"] < 0:
            more["/dev/shm"] = 0  # another program's file went
        leaks += any(more.values())
        left = ", ".join(f"{key} {value:+d}" for key, value in more.items())
        print(f"{args.loaders} × {name}: {left}; {statistics.median(seconds):.3f} s each, {max(seconds):.3f} at most",
              flush=True)  # fmt: skip
    return int(leaks > 0)


if __name__ == "__main__":
    sys.exit(main())
