"""The loader's side of worker processes."""

from __future__ import annotations

import _thread
import multiprocessing
import os
import pickle
import signal
import threading
import time
import weakref
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import cycle
from multiprocessing.connection import Connection, wait
from typing import Any

from .dataloader import DataLoader, LoaderIterator
from .transport import BatchReceiver, shut_down
from .worker import PATIENCE, Job, RanOut, Resume, WorkerError, loader_ends, run_worker


class WorkersIterator(LoaderIterator):
    """Hands out tasks to worker processes in turn and takes their batches in the same turn.

    Each worker has a connection of its own and answers its tasks one after another, so the next batch is always the
    next message of a known worker: nothing has to be sorted, and a dead worker shows as a closed connection.
    """

    def __init__(self, loader: DataLoader[Any]) -> None:
        if not loader.prefetch_factor:
            raise AssertionError("prefetch_factor must be greater than 0 for MultiProcessingDataLoaderIter")
        super().__init__(loader)
        self._timeout = loader.timeout
        self._is_persistent = loader.persistent_workers
        self._tasks_ahead = loader.prefetch_factor * loader.num_workers
        self._workers: list[Any] = []
        self._connections: list[Connection] = []
        self._receivers: list[BatchReceiver] = []
        self._stop = weakref.finalize(
            self, _end_unheard, self._workers, self._connections, self._receivers, os.getpid()
        )
        context = loader.multiprocessing_context or multiprocessing.get_context()
        try:
            for worker_id in range(loader.num_workers):
                self._start_worker(loader, context, worker_id)
            self._begin(loader)
        except BaseException:
            self.stop()
            raise

    def _start_worker(self, loader: DataLoader[Any], context: Any, worker_id: int) -> None:
        job = Job(
            self._make_fetcher, loader.dataset, worker_id, loader.num_workers, self._base_seed, loader.worker_init_fn
        )
        ours, theirs = context.Pipe(duplex=True)
        self._connections.append(ours)
        loader_ends.add(ours)
        worker = context.Process(target=run_worker, args=(job, theirs), daemon=True)
        try:
            with _no_interrupt():
                worker.start()
        finally:
            theirs.close()
        self._workers.append(worker)
        self._receivers.append(BatchReceiver(ours))

    def stop(self) -> None:
        """End the workers."""
        with _interrupts_put_off(is_heard=True):
            found = self._stop.detach()
            if found is not None:
                _end_workers(*found[2])

    @property
    def has_workers(self) -> bool:
        """Whether they are there still: where one died, or Ctrl-C came in the middle of a message, all are ended."""
        return self._stop.alive

    def restart(self, loader: DataLoader[Any]) -> None:
        """Another epoch with the same workers; what is left of an unfinished one is thrown away."""
        for worker in range(len(self._workers)):
            self._send(worker, Resume())
        for worker in range(len(self._workers)):
            while not isinstance(self._receive(worker), Resume):
                pass
        self._num_yielded = 0
        self._reported_length = loader._reported_length
        self._begin(loader)

    def _begin(self, loader: DataLoader[Any]) -> None:
        self._indices = iter(self._sampler)  # again, also the first time: as often as PyTorch does
        self._turn = cycle(range(len(self._workers)))
        self._has_run_out = [False] * len(self._workers)
        self._pending: deque[int] = deque()  # the worker of each task that is not answered yet
        for _ in range(self._tasks_ahead):
            self._send_next_task()

    def _send_next_task(self) -> None:
        try:
            task = next(self._indices)
        except StopIteration:
            return
        for _ in self._workers:
            worker = next(self._turn)
            if not self._has_run_out[worker]:
                self._send(worker, task)
                self._pending.append(worker)
                return

    def _next_batch(self) -> Any:
        while self._pending:
            worker = self._pending[0]
            if self._has_run_out[worker]:  # such a worker leaves its tasks unanswered
                self._pending.popleft()
                continue
            reply = self._receive(worker)
            self._pending.popleft()
            if isinstance(reply, RanOut):
                self._has_run_out[worker] = True
                self._send_next_task()
                continue
            self._send_next_task()
            if isinstance(reply, WorkerError):
                reply.reraise()
            return reply
        if not self._is_persistent:
            self.stop()
        raise StopIteration

    def _send(self, worker: int, task: Any) -> None:
        message = pickle.dumps((self._receivers[worker].take_released(), task), protocol=5)
        try:
            self._connections[worker].send_bytes(message)
        except (BrokenPipeError, ConnectionResetError):
            pass  # a dead worker is noticed where its answer is missed
        except BaseException:  # Ctrl-C in the middle of a message leaves a connection that cannot be used any more
            self.stop()
            raise

    def _receive(self, worker: int) -> Any:
        if not self._stop.alive:
            raise RuntimeError("the workers of this DataLoader iterator have been stopped")
        connection, process = self._connections[worker], self._workers[worker]
        ready = wait([connection, process.sentinel], self._timeout or None)
        if not ready:
            raise RuntimeError(f"DataLoader timed out after {self._timeout} seconds")
        try:
            if connection not in ready and not connection.poll(0):
                raise EOFError
            return self._receivers[worker].receive()
        except (EOFError, OSError):
            process.join(PATIENCE)
            code, pid = process.exitcode, process.pid
            self.stop()
            if code is None:
                raise  # it lives: something else is wrong
            raise RuntimeError(
                f"DataLoader worker (pid(s) {pid}) exited unexpectedly ({_describe_exit(code)})"
            ) from None
        except BaseException:  # as above
            self.stop()
            raise


def _describe_exit(code: int) -> str:
    if code < 0:
        with suppress(ValueError):
            return f"killed by signal {signal.Signals(-code).name}"
    return f"exit code {code}"


@contextmanager
def _no_interrupt() -> Iterator[None]:
    """Hold Ctrl-C back while a process starts, until the new one has learned to ignore it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _interrupts_put_off(is_heard: bool) -> Iterator[None]:
    """Ctrl-C while workers are being ended takes effect afterwards: then they have ended.

    Where the iterator's last reference went, not even then: Python prints what is raised there, and goes on as if nothing
    had come (`is_heard` False). So there it is sent once more, a moment later.
    """
    main = threading.main_thread()
    handler = signal.getsignal(signal.SIGINT) if threading.current_thread() is main else None
    if not callable(handler):  # in other threads nothing is raised
        yield
        return
    came: list[int] = []
    is_set = False
    while not is_set:
        try:
            signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
            is_set = True
        except KeyboardInterrupt:
            came.append(signal.SIGINT)
    try:
        yield
    finally:
        if came and not is_heard:
            _interrupt_soon(handler)
        signal.signal(signal.SIGINT, handler)
        if came and is_heard:
            signal.raise_signal(signal.SIGINT)


def _interrupt_soon(handler: Any) -> None:
    with suppress(RuntimeError):  # no threads any more: Python itself is about to end
        main: Any = threading.main_thread().ident  # it was started, so that it has one
        _thread.start_new_thread(_interrupt_later, (main, handler))


def _interrupt_later(thread: int, handler: Any) -> None:
    time.sleep(0.02)
    while signal.getsignal(signal.SIGINT) is not handler:  # the next iterator is being given up already
        time.sleep(0.02)
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(thread, signal.SIGINT)  # wakes it from waiting, too
    else:
        signal.raise_signal(signal.SIGINT)


def _end_unheard(*what: Any) -> None:
    try:
        with _interrupts_put_off(is_heard=False):
            _end_workers(*what)
    except KeyboardInterrupt:  # just before it was put off, or just after
        _interrupt_soon(signal.getsignal(signal.SIGINT))
        with _interrupts_put_off(is_heard=False):
            _end_workers(*what)


def _end_workers(
    workers: list[Any], connections: list[Connection], receivers: list[BatchReceiver], owner: int
) -> None:
    """Close the connections, which tells the workers to end; those that do not are ended by force."""
    if os.getpid() != owner:
        return  # a forked process holds a copy of the iterator, but the workers are not its children
    for connection in connections:
        with suppress(OSError):  # also where a forked process has inherited this end
            shut_down(connection)
        connection.close()
    for worker in workers:
        worker.join(PATIENCE)
        for end in (worker.terminate, worker.kill):
            if worker.is_alive():
                end()
                worker.join(PATIENCE)
        worker.close()
    for ended in (workers, connections, receivers):
        ended.clear()
