"""Streams, in which a GPU works one thing after another, and events, which say how far it has come.

Without a GPU, making either is a RuntimeError or says what to install.
"""

from __future__ import annotations

from typing import Any

from ..device import cupy, device
from .places import gpu_index, require

__all__ = ["Event", "Stream", "StreamContext", "current_stream", "default_stream", "set_stream", "stream"]


class Event:
    """A mark in a stream: whether the GPU has come to it, and with `enable_timing` when.

    Errors: NotImplementedError for `interprocess` and `external`; RuntimeError for a time that was not taken;
    AssertionError without CuPy, RuntimeError without a GPU.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.Event.html

    >>> import minitorch as torch
    >>> if torch.cuda.is_available():
    ...     start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    ...     start.record()
    ...     end.record()
    ...     end.synchronize()
    ...     assert start.elapsed_time(end) >= 0
    """

    def __init__(
        self, enable_timing: bool = False, blocking: bool = False, interprocess: bool = False, external: bool = False
    ) -> None:
        module = require()
        if interprocess or external:
            raise NotImplementedError("Event(): interprocess=True and external=True are not supported")
        self.enable_timing = enable_timing
        self._event = module.cuda.Event(block=blocking, disable_timing=not enable_timing)
        self._is_recorded = False

    def record(self, stream: Stream | None = None) -> None:
        """Put the mark behind all that `stream`, or else the current one, was asked to do until now."""
        self._event.record(current_stream()._stream if stream is None else stream._stream)
        self._is_recorded = True

    def query(self) -> bool:
        """Whether the GPU has come to the mark; True before it was put."""
        return bool(self._event.done) if self._is_recorded else True

    def synchronize(self) -> None:
        """Wait until the GPU has come to the mark."""
        if self._is_recorded:
            self._event.synchronize()

    def wait(self, stream: Stream | None = None) -> None:
        """Let `stream`, or else the current one, go on only when the mark is reached."""
        if self._is_recorded:
            (current_stream() if stream is None else stream)._stream.wait_event(self._event)

    def elapsed_time(self, end_event: Event) -> float:
        """Milliseconds from this mark to `end_event`. RuntimeError if one is not timed, not put or not reached."""
        if not (self.enable_timing and end_event.enable_timing):
            raise RuntimeError("Both events must be created with argument 'enable_timing=True'.")
        if not (self._is_recorded and end_event._is_recorded):
            raise RuntimeError("Both events must be recorded before calculating elapsed time.")
        if not (self.query() and end_event.query()):
            raise RuntimeError("Both events must be completed before calculating elapsed time.")
        return float(cupy().cuda.get_elapsed_time(self._event, end_event._event))

    def __repr__(self) -> str:
        return f"<torch.cuda.Event {'recorded' if self._is_recorded else 'uninitialized'}>"


class Stream:
    """A queue of work of a GPU; what is in different ones may run at the same time. In a ``with`` block, work goes there.

    Errors: NotImplementedError for a `priority` other than 0; AssertionError without CuPy, RuntimeError without a GPU.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.Stream.html

    >>> import minitorch as torch
    >>> if torch.cuda.is_available():
    ...     with torch.cuda.stream(torch.cuda.Stream()):
    ...         x = torch.ones(2, device="cuda")
    """

    def __init__(self, device: Any = None, priority: int = 0) -> None:
        if priority:
            raise NotImplementedError(f"Stream(): priority={priority} is not supported, CuPy's streams have none")
        index = gpu_index(device)
        with cupy().cuda.Device(index):
            self._hold(cupy().cuda.Stream(non_blocking=True), index)

    def _hold(self, stream: Any, index: int) -> None:
        self._stream = stream
        self._index = index
        self._entered: list[StreamContext] = []

    @property
    def device(self) -> device:
        """The GPU whose queue it is."""
        return device("cuda", self._index)

    @property
    def device_index(self) -> int:
        """The number of the GPU whose queue it is."""
        return self._index

    @property
    def cuda_stream(self) -> int:
        """CUDA's handle."""
        return int(self._stream.ptr)

    def synchronize(self) -> None:
        """Wait until all that is in the queue is done."""
        self._stream.synchronize()

    def query(self) -> bool:
        """Whether all that is in the queue is done."""
        return bool(self._stream.done)

    def record_event(self, event: Event | None = None) -> Event:
        """Put `event`, or a new one, behind all that is in the queue, and return it."""
        event = Event() if event is None else event
        event.record(self)
        return event

    def wait_event(self, event: Event) -> None:
        """Go on only when `event` is reached."""
        event.wait(self)

    def wait_stream(self, stream: Stream) -> None:
        """Go on only when all that is now in the queue of `stream` is done."""
        self.wait_event(stream.record_event())

    def __enter__(self) -> Stream:
        self._entered.append(StreamContext(self))
        self._entered[-1].__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self._entered.pop().__exit__(*exc)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stream) and (self._index, self.cuda_stream) == (other._index, other.cuda_stream)

    def __hash__(self) -> int:
        return hash((self._index, self.cuda_stream))

    def __repr__(self) -> str:
        return f"<torch.cuda.Stream device={self.device} cuda_stream={self.cuda_stream:#x}>"


def _wrapped(stream: Any, index: int) -> Stream:
    found = Stream.__new__(Stream)
    found._hold(stream, index)
    return found


def current_stream(device: Any = None) -> Stream:
    """The queue into which work for `device`, or else the current GPU, goes now.

    Errors: AssertionError without CuPy, RuntimeError without a GPU.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.current_stream.html

    >>> import minitorch as torch
    >>> if torch.cuda.is_available():
    ...     torch.cuda.current_stream().synchronize()
    """
    index = gpu_index(device)
    with cupy().cuda.Device(index):
        return _wrapped(cupy().cuda.get_current_stream(), index)


def default_stream(device: Any = None) -> Stream:
    """The queue into which work goes where nothing else was chosen.

    Errors: AssertionError without CuPy, RuntimeError without a GPU.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.default_stream.html

    >>> import minitorch as torch
    >>> if torch.cuda.is_available():
    ...     assert torch.cuda.default_stream() == torch.cuda.current_stream()
    """
    return _wrapped(cupy().cuda.Stream.null, gpu_index(device))


def set_stream(stream: Stream | None) -> None:
    """From now on work goes into the queue `stream`; None changes nothing.

    Errors: AssertionError without CuPy, RuntimeError without a GPU.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.set_stream.html

    >>> import minitorch as torch
    >>> if torch.cuda.is_available():
    ...     torch.cuda.set_stream(torch.cuda.default_stream())
    """
    if stream is not None:
        cupy().cuda.Device(stream._index).use()
        stream._stream.use()


class StreamContext:
    """In a ``with`` block, work goes into the queue `stream`, whose GPU is the current one; None changes nothing.

    Errors: AssertionError without CuPy, RuntimeError without a GPU.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.StreamContext.html

    >>> import minitorch as torch
    >>> with torch.cuda.StreamContext(None):
    ...     pass
    """

    def __init__(self, stream: Stream | None) -> None:
        self.stream = stream
        self._before: tuple[int, Any] | None = None

    def __enter__(self) -> None:
        if self.stream is None:
            return
        outer = gpu_index(None)
        with cupy().cuda.Device(self.stream._index):
            self._before = outer, cupy().cuda.get_current_stream()
        set_stream(self.stream)

    def __exit__(self, *exc: object) -> None:
        if self._before is None:
            return
        outer, before = self._before
        before.use()
        cupy().cuda.Device(outer).use()
        self._before = None


def stream(stream: Stream | None) -> StreamContext:
    """A ``with`` block in which work goes into the queue `stream`; None changes nothing.

    Errors: AssertionError without CuPy, RuntimeError without a GPU.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.stream.html

    >>> import minitorch as torch
    >>> with torch.cuda.stream(None):
    ...     pass
    """
    return StreamContext(stream)
