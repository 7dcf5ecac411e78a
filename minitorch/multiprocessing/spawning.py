"""Start several processes that run one function, and hear of the first that fails."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import pickle
import signal
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from typing import Any


class ProcessException(Exception):
    """A process that was started here did not end well; `error_index` says which, `error_pid` its number."""

    msg: str
    error_index: int
    error_pid: int | None
    pid: int | None

    def __init__(self, msg: str, error_index: int, pid: int | None) -> None:
        super().__init__(msg)
        self.msg, self.error_index, self.error_pid, self.pid = msg, error_index, pid, pid

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.msg, self.error_index, self.pid)


class ProcessRaisedException(ProcessException):
    """A process ended with an exception; the message holds its traceback.

    Errors: it is one.

    Source: https://docs.pytorch.org/docs/stable/multiprocessing.html#spawning-subprocesses

    >>> import minitorch as torch
    >>> torch.multiprocessing.ProcessRaisedException("no banana", 1, None).error_index
    1
    """


class ProcessExitedException(ProcessException):
    """A process ended with an exit status other than 0, or by a signal.

    Errors: it is one.

    Source: https://docs.pytorch.org/docs/stable/multiprocessing.html#spawning-subprocesses

    >>> import minitorch as torch
    >>> torch.multiprocessing.ProcessExitedException("killed", 0, None, -9, "SIGKILL").signal_name
    'SIGKILL'
    """

    exit_code: int
    signal_name: str | None

    def __init__(
        self, msg: str, error_index: int, error_pid: int | None, exit_code: int, signal_name: str | None = None
    ) -> None:
        super().__init__(msg, error_index, error_pid)
        self.exit_code, self.signal_name = exit_code, signal_name

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.msg, self.error_index, self.pid, self.exit_code, self.signal_name)


def _run(fn: Callable[..., Any], index: int, args: tuple[Any, ...], error_file: str) -> None:
    try:
        fn(index, *args)
    except KeyboardInterrupt:
        pass  # the parent was interrupted, too, and says so
    except Exception:
        with open(error_file, "wb") as file:
            pickle.dump(traceback.format_exc(), file)
        os._exit(1)


class ProcessContext:
    """Processes that run; `join` waits for them.

    Errors: from `join`, ProcessRaisedException or ProcessExitedException if a process did not end well.

    Source: https://docs.pytorch.org/docs/stable/multiprocessing.html#torch.multiprocessing.SpawnContext

    >>> import minitorch as torch
    >>> context = torch.multiprocessing.start_processes(print, nprocs=0, join=False)
    >>> context.join()
    True
    """

    processes: list[Any]
    error_files: list[str]

    def __init__(self, processes: list[Any], error_files: list[str]) -> None:
        self.processes, self.error_files = processes, error_files
        self.sentinels: dict[Any, int] = {process.sentinel: index for index, process in enumerate(processes)}

    def pids(self) -> list[int]:
        """The processes' numbers."""
        return [int(process.pid) for process in self.processes]

    def join(self, timeout: float | None = None, grace_period: float | None = None) -> bool:
        """Wait until a process ends, `timeout` seconds at most; whether all have ended.

        If one failed the others are ended (after `grace_period` seconds), and ProcessRaisedException or
        ProcessExitedException says how.
        """
        if not self.sentinels:
            return True
        failed = None
        for sentinel in multiprocessing.connection.wait(list(self.sentinels), timeout):
            index = self.sentinels.pop(sentinel)
            self.processes[index].join()
            if self.processes[index].exitcode != 0 and failed is None:
                failed = index
        if failed is None:
            if not self.sentinels:
                self._forget()
            return not self.sentinels
        end = time.monotonic() + (grace_period or 0)
        for process in self.processes:
            process.join(max(0.0, end - time.monotonic()))
        for process in self.processes:
            if process.is_alive():
                process.terminate()
        for process in self.processes:
            process.join(30)
            if process.is_alive():
                process.kill()
                process.join()
        self.sentinels.clear()
        raise self._error(failed)

    def _error(self, index: int) -> ProcessException:
        process = self.processes[index]
        try:
            with open(self.error_files[index], "rb") as file:
                told = pickle.load(file)
        except (OSError, EOFError):
            told = None
        self._forget()
        if told is not None:
            text = f"\n\n-- Process {index} terminated with the following error:\n{told}"
            return ProcessRaisedException(text, index, process.pid)
        code = process.exitcode
        if code < 0:
            name = signal.Signals(-code).name
            return ProcessExitedException(f"process {index} terminated with signal {name}", index, process.pid, code, name)
        return ProcessExitedException(f"process {index} terminated with exit code {code}", index, process.pid, code)

    def _forget(self) -> None:
        for name in self.error_files:
            if os.path.exists(name):
                os.unlink(name)


SpawnContext = ProcessContext


def start_processes(
    fn: Callable[..., Any],
    args: tuple[Any, ...] = (),
    nprocs: int = 1,
    join: bool = True,
    daemon: bool = False,
    start_method: str = "spawn",
) -> ProcessContext | None:
    """Run ``fn(i, *args)`` in `nprocs` processes, i = 0 … nprocs − 1, started by `start_method`.

    With `join`, wait for all; otherwise a `ProcessContext` whose `join` does. If one fails, the others are ended.
    Tensors in `args` are moved into shared memory, so that the processes work on them together (but with "fork": call
    `share_memory_` first, else each has a copy).

    Shapes: tensors of any shapes.
    Errors: ProcessRaisedException or ProcessExitedException, with `join`, if a process does not end well; ValueError
    for an unknown `start_method`.

    Source: https://docs.pytorch.org/docs/stable/multiprocessing.html

    >>> import minitorch as torch
    >>> def add_one(i, total):
    ...     total[i] += 1
    >>> total = torch.zeros(2).share_memory_()
    >>> torch.multiprocessing.start_processes(add_one, (total,), nprocs=2, start_method="fork")
    >>> total
    tensor([1., 1.])
    """
    context = multiprocessing.get_context(start_method)
    processes, error_files = [], []
    for index in range(nprocs):
        descriptor, name = tempfile.mkstemp(prefix="minitorch-error-")
        os.close(descriptor)
        os.unlink(name)  # there again only if the process fails
        # Every context has a Process.
        process = context.Process(target=_run, args=(fn, index, args, name), daemon=daemon)  # type: ignore[attr-defined]
        process.start()
        processes.append(process)
        error_files.append(name)
    running = ProcessContext(processes, error_files)
    if not join:
        return running
    while not running.join():
        pass
    return None


def spawn(
    fn: Callable[..., Any],
    args: tuple[Any, ...] = (),
    nprocs: int = 1,
    join: bool = True,
    daemon: bool = False,
    start_method: str = "spawn",
) -> ProcessContext | None:
    """`start_processes` with fresh Python processes: `fn` must be importable, a function of a module.

    Shapes: tensors of any shapes.
    Errors: as for `start_processes`: ProcessRaisedException or ProcessExitedException if a process does not end well.

    Source: https://docs.pytorch.org/docs/stable/multiprocessing.html#torch.multiprocessing.spawn.spawn

    >>> import minitorch as torch
    >>> torch.multiprocessing.spawn(print, nprocs=0)
    """
    if start_method != "spawn":
        warnings.warn(
            f"This method only supports start_method=spawn (got: {start_method}).\nTo use a different start_method use:\n"
            "\t\t torch.multiprocessing.start_processes(...)",
            FutureWarning,
            stacklevel=2,
        )
    return start_processes(fn, args, nprocs, join, daemon, "spawn")
