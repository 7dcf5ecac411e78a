"""Python's `multiprocessing`, with queues and pipes that hand tensors over in shared memory.

Everything of `multiprocessing` is here under its name. A tensor that is put on a queue, sent through a pipe or given to a
process is moved into shared memory, so that sender and receiver work on the same values; `Tensor.share_memory_` and
`Module.share_memory` do that beforehand, for processes that are forked off. No memory is left behind when they end.

Writes are not ordered between processes: what two of them add to one element at once, one may lose (as in Hogwild). Each
process has its own `.grad` and its own version counter.

Source: https://docs.pytorch.org/docs/stable/multiprocessing.html

>>> import minitorch as torch
>>> queue = torch.multiprocessing.SimpleQueue()
>>> x = torch.zeros(2)
>>> queue.put(x)
>>> y = queue.get()
>>> y[0] = 5
>>> x
tensor([5., 0.])
"""

from __future__ import annotations

import multiprocessing
from multiprocessing import *  # noqa: F403

from .reductions import init_reductions
from .spawning import (
    ProcessContext,
    ProcessExitedException,
    ProcessRaisedException,
    SpawnContext,
    spawn,
    start_processes,
)

__all__ = [
    *multiprocessing.__all__,
    "ProcessContext",
    "ProcessExitedException",
    "ProcessRaisedException",
    "SpawnContext",
    "get_all_sharing_strategies",
    "get_sharing_strategy",
    "set_sharing_strategy",
    "spawn",
    "start_processes",
]

init_reductions()


def get_all_sharing_strategies() -> set[str]:
    """The ways to share memory: here one, descriptors of files without a name.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/multiprocessing.html#torch.multiprocessing.get_all_sharing_strategies

    >>> import minitorch as torch
    >>> torch.multiprocessing.get_all_sharing_strategies()
    {'file_descriptor'}
    """
    return {"file_descriptor"}


def get_sharing_strategy() -> str:
    """The way in which memory is shared.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/multiprocessing.html#torch.multiprocessing.get_sharing_strategy

    >>> import minitorch as torch
    >>> torch.multiprocessing.get_sharing_strategy()
    'file_descriptor'
    """
    return "file_descriptor"


def set_sharing_strategy(new_strategy: str) -> None:
    """Accepts "file_descriptor", the one way there is.

    Errors: NotImplementedError for "file_system", which leaves files behind; AssertionError for another word.

    Source: https://docs.pytorch.org/docs/stable/multiprocessing.html#torch.multiprocessing.set_sharing_strategy

    >>> import minitorch as torch
    >>> torch.multiprocessing.set_sharing_strategy("file_descriptor")
    """
    if new_strategy == "file_system":
        raise NotImplementedError("minitorch shares memory by file descriptors only, not by 'file_system'")
    if new_strategy != "file_descriptor":
        raise AssertionError(f"unknown sharing strategy {new_strategy!r}")
