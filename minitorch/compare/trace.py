"""Recording a training run while it happens, on either engine: losses, times, and fingerprints of weights and batches.

`recording(torch, write)` hooks into what every training loop goes through (Tensor.backward, the optimizers' steps,
DataLoader's batches), and hands each event to `write` as it happens, so a run of any length takes no memory:

    {"event": "pass", "pass": 1, "batches": 45}                a loader was asked for its batches
    {"event": "weights", "run": 0, "tensors": 8, "numbers": 19210, "digest": "…"}     before an optimizer's first step
    {"event": "step", "run": 0, "pass": 1, "loss": 2.31, "seconds": 0.0012, "batch": "…"}    after optimizer.step()

A run is an optimizer, numbered in the order of their first steps; a pass is one walk through a loader. The loss is what
`backward()` was called on since the last step or `zero_grad()`, the sum if several times (gradients accumulate); null
if it had no single value. `seconds` reaches from the step before, or from the start of the pass if that is later, and
leaves out the recorder's own time. Equal digests mean equal bits, shapes and dtypes.
"""

from __future__ import annotations

import contextlib
import hashlib
import sys
import time
import weakref
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np

Event = dict[str, Any]


@contextlib.contextmanager
def recording(engine: ModuleType, write: Callable[[Event], None]) -> Iterator[None]:
    """Record what runs inside on `engine`, the module that a script knows as `torch`; every hook is gone afterwards."""
    recorder = _Recorder(write)
    hooks = sys.modules[engine.optim.Optimizer.__module__]
    before = hooks.register_optimizer_step_pre_hook(recorder.before_step)
    after = hooks.register_optimizer_step_post_hook(recorder.after_step)
    try:
        with (
            _replaced(engine.Tensor, "backward", recorder.backward),
            _replaced(engine.optim.Optimizer, "zero_grad", recorder.zero_grad),
            _replaced(engine.utils.data.DataLoader, "__iter__", recorder.new_pass),
        ):
            yield
    finally:
        before.remove()
        after.remove()


@contextlib.contextmanager
def _replaced(owner: type, name: str, replacement: Callable[..., Any]) -> Iterator[None]:
    """`owner.name` becomes `replacement(original, self, …)`."""
    original = getattr(owner, name)
    inherited = name not in vars(owner)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return replacement(original, self, *args, **kwargs)

    setattr(owner, name, method)
    try:
        yield
    finally:
        if inherited:
            delattr(owner, name)
        else:
            setattr(owner, name, original)


def digest(value: Any) -> str | None:
    """16 hex digits of the tensors in `value` (a tensor, or lists, tuples and dicts of them); None if it holds none."""
    state = hashlib.blake2b(digest_size=8)
    found = 0
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            pending.extend(item.values())
        elif isinstance(item, (list, tuple)):
            pending.extend(item)
        elif hasattr(item, "detach"):
            array = item.detach().cpu().numpy()
            state.update(f"{array.dtype}{array.shape}".encode())
            state.update(np.ascontiguousarray(array).data)
            found += 1
    return state.hexdigest() if found else None


class _Recorder:
    """The hooks, and what they remember between two steps."""

    def __init__(self, write: Callable[[Event], None]) -> None:
        self.write = write
        self.runs: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()  # an optimizer: its number
        self.run_count = 0
        self.passes = 0
        self.current_pass = 0
        self.batch: str | None = None
        self.loss: float | None = None
        self.began = time.perf_counter()  # the step under way
        self.own = 0.0  # seconds of it spent in here

    @contextlib.contextmanager
    def own_time(self) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.own += time.perf_counter() - began

    def backward(self, original: Callable[..., Any], tensor: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(tensor, *args, **kwargs)
        with self.own_time():
            if tensor.numel() == 1:
                self.loss = (self.loss or 0.0) + float(tensor.item())
        return result

    def zero_grad(self, original: Callable[..., Any], optimizer: Any, *args: Any, **kwargs: Any) -> None:
        original(optimizer, *args, **kwargs)
        self.loss = None

    def before_step(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        if optimizer in self.runs:
            return
        with self.own_time():
            run = self.runs[optimizer] = self.run_count
            self.run_count += 1
            weights = [parameter for group in optimizer.param_groups for parameter in group["params"]]
            numbers = sum(parameter.numel() for parameter in weights)
            self.write({"event": "weights", "run": run, "tensors": len(weights), "numbers": numbers,
                        "digest": digest(weights)})  # fmt: skip

    def after_step(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        now = time.perf_counter()
        self.write({"event": "step", "run": self.runs[optimizer], "pass": self.current_pass, "loss": self.loss,
                    "seconds": now - self.began - self.own, "batch": self.batch})  # fmt: skip
        self.loss = None
        self.own = 0.0
        self.began = time.perf_counter()

    def new_pass(self, original: Callable[..., Any], loader: Any) -> _Pass:
        self.began, self.own = time.perf_counter(), 0.0
        iterator = original(loader)
        with self.own_time():
            self.passes += 1
            try:
                batches = len(loader)
            except TypeError:  # a stream of unknown length
                batches = None
            self.write({"event": "pass", "pass": self.passes, "batches": batches})
        return _Pass(self, iterator, self.passes)


class _Pass:
    """A loader's iterator, whose batches are noted as they go by."""

    def __init__(self, recorder: _Recorder, iterator: Any, number: int) -> None:
        self._recorder, self._iterator, self._number = recorder, iterator, number

    def __iter__(self) -> _Pass:
        return self

    def __next__(self) -> Any:
        batch = next(self._iterator)
        recorder = self._recorder
        with recorder.own_time():
            recorder.current_pass = self._number
            recorder.batch = digest(batch)
        return batch

    def __len__(self) -> int:
        return len(self._iterator)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._iterator, name)
