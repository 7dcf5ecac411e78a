"""What the tests of DataLoader share: limits on time, counts of what is left behind, batches as plain values."""

import gc
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.utils.data as torch_data

import minitorch
from minitorch.utils import data as mini_data

ROOT = Path(minitorch.__file__).parents[1]
ENGINES = [(minitorch, mini_data), (torch, torch_data)]


@pytest.fixture(autouse=True)
def no_hang():
    """A test of processes must end: after 20 seconds it fails instead."""

    def give_up(signum, frame):
        raise TimeoutError("the test hangs")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def children() -> set[int]:
    """Processes whose parent is this one, zombies included."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid():
            found.add(int(stat.parent.name))
    return found


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.fixture
def leaves_nothing():
    """No child process and no open file more than before."""
    before = children(), open_files()
    yield
    if not (children() <= before[0] and open_files() <= before[1]):
        gc.collect()  # an exception that a test caught holds the iterator it came from
    assert children() <= before[0], "worker processes are left"
    assert open_files() <= before[1], "file descriptors are left"


def is_alive(pid: int) -> bool:
    """Whether a process that may not be our child still runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(condition, seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def plain(batch):
    """A batch as nested Python values with dtypes, comparable between the engines."""
    if isinstance(batch, minitorch.Tensor | torch.Tensor | np.ndarray):
        return str(batch.dtype), tuple(batch.shape), batch.tolist()
    if isinstance(batch, dict):
        return type(batch).__name__, {k: plain(v) for k, v in batch.items()}
    if isinstance(batch, list | tuple):
        return type(batch).__name__, [plain(x) for x in batch]
    return batch


class Count(mini_data.IterableDataset):
    def __init__(self, n, share=False):
        self.n, self.share = n, share

    def __iter__(self):
        info = mini_data.get_worker_info() or torch_data.get_worker_info()
        step = (info.id, info.num_workers) if self.share and info is not None else (0, 1)
        return iter(range(step[0], self.n, step[1]))

    def __len__(self):
        return self.n
