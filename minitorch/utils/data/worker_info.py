"""Which DataLoader worker this process is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class WorkerInfo:
    """What `get_worker_info` returns: `id` (from 0), `num_workers`, the worker's `seed`, its copy of the `dataset`.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.get_worker_info

    >>> from minitorch.utils.data.worker_info import WorkerInfo
    >>> WorkerInfo(id=0, num_workers=2, seed=7, dataset="abc").num_workers
    2
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any
    rng: Any = None
    worker_method: str | None = "multiprocessing"


current: WorkerInfo | None = None  # set by a worker process at its start


def get_worker_info() -> WorkerInfo | None:
    """In a DataLoader worker, which one it is; None elsewhere.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.get_worker_info

    >>> from minitorch.utils.data import get_worker_info
    >>> get_worker_info() is None
    True
    """
    return current
