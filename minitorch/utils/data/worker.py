"""A worker process of DataLoader: it takes tasks (lists of indices), loads and collates, and sends batches back."""

from __future__ import annotations

import os
import pickle
import random
import signal
import threading
import time
import traceback
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any

import numpy as np

from ... import threads
from ...random import manual_seed
from . import worker_info
from .fetch import Fetcher
from .transport import BatchSender

PATIENCE = 5.0  # seconds that a worker gets to finish its batch before it is ended by force


class RanOut:
    """The reply of a worker whose share of an IterableDataset is exhausted."""


class Resume:
    """The task that starts another epoch on persistent workers; they reply with another."""


class _KeyErrorText(str):
    """KeyError shows the repr of its argument: this one's is the text itself, with its line breaks."""

    def __repr__(self) -> str:
        return self


class WorkerError:
    """An exception on its way to the loader: its type, and its traceback as text."""

    def __init__(self, worker_id: int, error: BaseException) -> None:
        self.kind: type[BaseException] = type(error)
        self.name: str = self.kind.__name__
        self.where: str = f"in DataLoader worker process {worker_id}"
        self.text: str = "".join(traceback.format_exception(error))

    def reraise(self) -> None:
        """Raise it here: the same type with the worker's traceback; RuntimeError if the type wants other arguments."""
        message = f"Caught {self.name} {self.where}.\nOriginal {self.text}"
        if self.kind is KeyError:
            message = _KeyErrorText(message)
        try:
            by_keyword = getattr(self.kind, "message", None)
            # An exception takes whatever it takes.
            error = self.kind(message=message) if by_keyword else self.kind(message)  # type: ignore[call-arg]
        except Exception:
            raise RuntimeError(message) from None
        try:
            raise error
        finally:
            del error  # else it would hold this frame, the frame it, and both the iterator with its workers

    def without_type(self) -> WorkerError:
        """For a type that cannot be pickled (a local class, say): the same text as a RuntimeError."""
        self.kind = RuntimeError
        return self


@dataclass(frozen=True)
class Job:
    """All that a worker needs to know."""

    make_fetcher: Callable[[Any], Fetcher]
    dataset: Any
    worker_id: int
    num_workers: int
    base_seed: int
    init_fn: Callable[[int], Any] | None


# The loader's ends of all connections to workers in this process. A forked worker inherits and must close them:
# a connection ends for the worker at the other side only when nobody holds its loader's end any more.
loader_ends: weakref.WeakSet[Connection] = weakref.WeakSet()


def run_worker(job: Job, connection: Connection) -> None:
    """The whole life of a worker process."""
    for end in list(loader_ends):
        end.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process; the loader's decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

    threads.use_one()
    seed = job.base_seed + job.worker_id
    random.seed(seed)
    manual_seed(seed)
    # NumPy's seed differs from the others', so that the streams of `random` and `numpy.random` (one algorithm) do.
    words = [job.worker_id, job.base_seed & 0xFFFFFFFF, job.base_seed >> 32, 0]
    np.random.seed(np.random.SeedSequence(words).generate_state(4))

    worker_info.current = worker_info.WorkerInfo(job.worker_id, job.num_workers, seed, job.dataset)

    tasks: SimpleQueue[Any] = SimpleQueue()
    is_over = threading.Event()
    threading.Thread(target=_listen, args=(connection, tasks, is_over), daemon=True).start()
    try:
        _serve(job, BatchSender(connection), tasks, is_over)
    except (BrokenPipeError, ConnectionResetError):
        pass  # the loader is gone


def _listen(connection: Connection, tasks: SimpleQueue[Any], is_over: threading.Event) -> None:
    """Take in tasks while the worker is busy, so that neither side ever waits for the other to read.

    The loader's end closes when the iterator is dropped and when the loader dies, however it dies; then this process
    has to end, too, even if a dataset never returns.
    """
    parent = os.getppid()
    try:
        while True:
            while not connection.poll(PATIENCE):
                if os.getppid() != parent:
                    raise EOFError
            tasks.put(connection.recv_bytes())
    except (EOFError, OSError):
        is_over.set()
        tasks.put(None)
        time.sleep(PATIENCE)
        os._exit(1)


def _serve(job: Job, sender: BatchSender, tasks: SimpleQueue[Any], is_over: threading.Event) -> None:
    fetcher = start_error = None
    try:
        if job.init_fn is not None:
            job.init_fn(job.worker_id)
        fetcher = job.make_fetcher(job.dataset)
    except Exception as error:
        start_error = WorkerError(job.worker_id, error)
    has_run_out = False

    while (message := tasks.get()) is not None and not is_over.is_set():
        released, task = pickle.loads(message)
        sender.release(released)
        reply: Any
        if isinstance(task, Resume):
            has_run_out = False
            reply = task
            try:
                fetcher = job.make_fetcher(job.dataset)
            except Exception as error:
                start_error = WorkerError(job.worker_id, error)
        elif has_run_out:
            continue
        elif start_error is not None:
            reply, start_error = start_error, None
        else:
            try:
                if fetcher is None:
                    raise RuntimeError("this worker could not start; see the first error")
                reply = fetcher.fetch(task)
            except StopIteration as error:
                if fetcher is not None and fetcher.is_iterable:
                    reply, has_run_out = RanOut(), True
                else:
                    reply = WorkerError(job.worker_id, error)
            except Exception as error:
                reply = WorkerError(job.worker_id, error)
        _reply(job, sender, reply)
        del reply, task, message


def _reply(job: Job, sender: BatchSender, reply: Any) -> None:
    try:
        sender.send(reply)
    except (BrokenPipeError, ConnectionResetError):
        raise
    except Exception as error:  # what was loaded cannot be pickled
        if isinstance(reply, WorkerError):
            sender.send(reply.without_type())
        else:
            _reply(job, sender, WorkerError(job.worker_id, error))
