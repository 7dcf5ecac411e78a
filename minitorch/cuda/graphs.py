"""CUDA graphs: a piece of work recorded once and replayed with one call; see gpu_graph.py.

`minitorch.compile(step, mode="reduce-overhead")` does all of this by itself.
"""

from __future__ import annotations

import gc
from typing import Any

from .. import gpu_graph
from ..device import cuda_is_available, cupy
from .memory import empty_cache
from .places import require
from .streams import Stream, StreamContext, current_stream, default_stream

__all__ = ["CUDAGraph", "graph", "graph_pool_handle", "is_current_stream_capturing"]


def is_current_stream_capturing() -> bool:
    """Whether the current stream is being captured into a CUDA graph; False without a GPU.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.is_current_stream_capturing.html

    >>> import minitorch as torch
    >>> torch.cuda.is_current_stream_capturing()
    False
    """
    return cuda_is_available() and gpu_graph.current() is not None


def graph_pool_handle() -> tuple[int, int]:
    """A name for memory that several graphs share, which are replayed in the order in which they were captured.

    Errors: AssertionError without CuPy, RuntimeError without a GPU.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.graph_pool_handle.html

    >>> import minitorch as torch
    >>> if torch.cuda.is_available():
    ...     pool = torch.cuda.graph_pool_handle()
    """
    pool = gpu_graph.Pool(require())
    _handles[pool.number] = pool
    return 0, pool.number


_handles: dict[int, gpu_graph.Pool] = {}  # pools whose names were given out stay


class CUDAGraph:
    """Work of a GPU, recorded between `capture_begin` and `capture_end`, and done again by each `replay`.

    Nothing is computed while recording. A replay reads and writes the same memory as was recorded, so what is to change
    from one to the next is written into the tensors that were there: ``inputs.copy_(batch)``. What the host does
    (Python's own numbers, prints, random numbers) is not repeated; operations on CPU tensors, copies from the CPU and
    reads such as `item()` are refused while recording. Optimizers count on: SGD, Adam and AdamW take their learning
    rate and step from where they are at each replay, of which each counts as a step; capturing does not.

    Shapes: tensors of the shapes that were recorded.
    Errors: AssertionError without CuPy, RuntimeError without a GPU, while recording for what cannot be recorded,
    optimizers but these three among it, and for a replay of nothing.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.CUDAGraph.html

    >>> import minitorch as torch
    >>> if torch.cuda.is_available():
    ...     x = torch.ones(3, device="cuda")
    ...     g = torch.cuda.CUDAGraph()
    ...     with torch.cuda.graph(g):
    ...         y = 2 * x
    ...     x.fill_(5.0)
    ...     g.replay()
    ...     assert y.tolist() == [10.0] * 3
    """

    def __init__(self, keep_graph: bool = False) -> None:
        self._module = require()
        self._recording: gpu_graph.Recording | None = None
        self._is_done = False

    def capture_begin(self, pool: Any = None, capture_error_mode: str = "global") -> None:
        """Record from now on what is sent into the current stream, which must not be the default one (RuntimeError).

        `pool` is what `graph_pool_handle` or another graph's `pool` gave.
        """
        if capture_error_mode not in ("global", "thread_local", "relaxed"):
            raise RuntimeError(
                f"Unknown capture error mode. Expected `global`, `thread_local`, or `relaxed`, got {capture_error_mode}"
            )
        if self._recording is not None:
            raise RuntimeError(
                "This CUDAGraph instance already owns a captured graph. To capture a new graph, create a new instance "
                "or call reset()"
            )
        stream = current_stream()
        if stream == default_stream():
            raise RuntimeError(
                "CUDA graphs must be captured on a non-default stream. (However, after capture, it's ok to replay them "
                "on the default stream.)"
            )
        shared = gpu_graph.pool_of(pool)
        if pool is not None and shared is None:
            raise RuntimeError(f"{pool} is no handle of a memory pool, or its graphs are gone")
        recording = gpu_graph.Recording(self._module, shared)
        recording.begin(stream._stream)
        self._recording = recording

    def capture_end(self) -> None:
        """The recording ends here."""
        if self._recording is None or self._is_done:
            raise RuntimeError("capture_end() called before capture_begin().")
        try:
            self._recording.end()
        except BaseException:
            self._recording = None
            raise
        self._is_done = True

    def replay(self) -> None:
        """Do all that was recorded again, in the current stream. RuntimeError if nothing was."""
        if self._recording is None or not self._is_done:
            raise RuntimeError("Called CUDAGraph::replay without a preceding successful capture.")
        self._recording.replay()

    def reset(self) -> None:
        """Forget what was recorded. A capture that is going on ends, and leaves get back the gradients that they had."""
        if self._recording is not None and not self._is_done:
            self._recording.abandon()
        self._recording, self._is_done = None, False

    def pool(self) -> tuple[int, int]:
        """A name for its memory, for another graph's `capture_begin`. RuntimeError before that of its own."""
        if self._recording is None:
            raise RuntimeError("Called CUDAGraph::pool() without a preceding successful capture.")
        return 0, self._recording.pool.number


class graph:
    """In a ``with`` block, work of the GPU goes into `cuda_graph` instead of being done.

    In a stream of its own unless `stream` is given. An exception in the block ends the recording and leaves `cuda_graph`
    empty.

    Errors: AssertionError without CuPy, RuntimeError without a GPU.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cuda.graph.html

    >>> import minitorch as torch
    >>> if torch.cuda.is_available():
    ...     g = torch.cuda.CUDAGraph()
    ...     with torch.cuda.graph(g):
    ...         zeros = torch.zeros(3, device="cuda")
    """

    cuda_graph: CUDAGraph
    pool: Any
    capture_error_mode: str

    def __init__(
        self, cuda_graph: CUDAGraph, pool: Any = None, stream: Stream | None = None, capture_error_mode: str = "global"
    ) -> None:
        self.cuda_graph, self.pool, self.capture_error_mode = cuda_graph, pool, capture_error_mode
        self.capture_stream: Stream = Stream() if stream is None else stream
        self._context = StreamContext(self.capture_stream)

    def __enter__(self) -> None:
        if gpu_graph.current() is not None:  # which waiting for the GPU would end
            raise RuntimeError("a CUDA graph is being captured already")
        cupy().cuda.Device().synchronize()
        gc.collect()  # what it frees later would not be free for the recording
        empty_cache()
        self._context.__enter__()
        try:
            self.cuda_graph.capture_begin(self.pool, self.capture_error_mode)
        except BaseException:
            self._context.__exit__(None, None, None)
            raise

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        try:
            if error is None:
                self.cuda_graph.capture_end()
            else:
                self.cuda_graph.reset()
        finally:
            self._context.__exit__(kind, error, traceback)
