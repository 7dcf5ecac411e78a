"""Recording a training run while it happens, on either engine: losses, times, and fingerprints of weights and batches.

`recording(torch, write)` hooks into what every training loop goes through (Tensor.backward, the optimizers' steps,
DataLoader's batches), and hands each event to `write` as it happens, so a run of any length takes no memory:

    {"event": "pass", "pass": 1, "batches": 45}                a loader was asked for its batches
    {"event": "weights", "run": 0, "tensors": 8, "numbers": 19210, "digest": "…",     before an optimizer's first step
     "dtype": "float32", "names": ["conv1.weight", …], "shapes": [[8, 1, 3, 3], …]}
    {"event": "step", "run": 0, "pass": 1, "loss": 2.31, "seconds": 0.0012, "batch": "…", "content": […]}
                                                               after optimizer.step()

A run is an optimizer, numbered in the order of their first steps; a pass is one walk through a loader. The loss is what
`backward()` was called on since the last step or `zero_grad()`, the sum if several times (gradients accumulate); null
if it had no single value. `seconds` reaches from the step before, or from the start of the pass if that is later, and
leaves out the recorder's own time. Equal digests mean equal bits, shapes and dtypes. The names are what the script's
modules call the parameters, as snapshots.py finds them. A batch's content tells whether other bits are other numbers.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import sys
import time
import weakref
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np

from .snapshots import SEARCHES, Snapshots, names_of, to_numpy

Event = dict[str, Any]

SAMPLE = 4096  # elements of a tensor that its content is computed from


class EnoughSteps(BaseException):
    """Ends a script after the steps that were asked for; no `except Exception` of the script's holds it up."""


@contextlib.contextmanager
def recording(
    engine: ModuleType,
    write: Callable[[Event], None],
    snapshots: Snapshots | None = None,
    steps: int | None = None,
    nudge: bool = False,
) -> Iterator[None]:
    """Record what runs inside on `engine`, the module that a script knows as `torch`; every hook is gone afterwards.

    With `snapshots`, parameters and gradients are kept too. After `steps` steps, if given, EnoughSteps is raised
    inside, from the optimizer's `step()`. With `nudge` each optimizer finds its weights changed by a unit in the last
    place before every step.
    """
    recorder = _Recorder(engine, write, snapshots, steps, nudge)
    hooks = sys.modules[engine.optim.Optimizer.__module__]
    before = hooks.register_optimizer_step_pre_hook(recorder.before_step)
    after = hooks.register_optimizer_step_post_hook(recorder.after_step)
    try:
        with (
            _replaced(engine.Tensor, "backward", recorder.backward),
            _replaced(engine.autograd, "backward", recorder.backward),
            _replaced(engine.optim.Optimizer, "zero_grad", recorder.zero_grad),
            _replaced(engine.utils.data.DataLoader, "__iter__", recorder.new_pass),
        ):
            yield
    finally:
        before.remove()
        after.remove()
        recorder.close()


@contextlib.contextmanager
def _replaced(owner: type | ModuleType, name: str, replacement: Callable[..., Any]) -> Iterator[None]:
    """The method or function `owner.name` becomes `replacement(original, …)`."""
    original = getattr(owner, name)
    inherited = name not in vars(owner)

    def method(*args: Any, **kwargs: Any) -> Any:
        return replacement(original, *args, **kwargs)

    setattr(owner, name, method)
    try:
        yield
    finally:
        if inherited:
            delattr(owner, name)
        else:
            setattr(owner, name, original)


def arrays_in(value: Any) -> list[Any]:
    """The arrays of the tensors in `value`: a tensor, or lists, tuples and dicts of them."""
    found = []
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            pending.extend(item.values())
        elif isinstance(item, (list, tuple)):
            pending.extend(item)
        elif hasattr(item, "detach"):
            found.append(to_numpy(item))
    return found


def digest(arrays: list[Any]) -> str | None:
    """16 hex digits of the arrays' bits, shapes and dtypes; None if there are none."""
    state = hashlib.blake2b(digest_size=8)
    for array in arrays:
        state.update(f"{array.dtype.str}{array.shape}".encode())
        state.update(np.ascontiguousarray(array).data)
    return state.hexdigest() if arrays else None


def content(arrays: list[Any]) -> list[float] | None:
    """Two numbers that tell batches apart and hardly change by rounding: a sum with weights of both signs, and the sum
    of absolute values that it is to be measured by. None if there are no arrays."""
    weighted = absolute = 0.0
    for array in arrays:
        flat = array.reshape(-1)
        if flat.size > SAMPLE:
            flat = flat[:: flat.size // SAMPLE + 1]
        if flat.dtype.kind != "f" or flat.dtype.itemsize < 4:
            flat = flat.real.astype(np.float64)
        weighted += float(np.dot(flat, _signs(flat.size)))
        absolute += float(np.dot(np.abs(flat), _ones(flat.size)))
    return [weighted, absolute] if arrays else None


@functools.lru_cache(maxsize=16)
def _signs(size: int) -> Any:
    return np.sin(np.arange(1.0, size + 1)).astype(np.float32)


@functools.lru_cache(maxsize=16)
def _ones(size: int) -> Any:
    return np.ones(size, np.float32)


def nudge(engine: ModuleType, weights: list[Any], seed: int) -> None:
    """Multiply each element by 1 − ε, 1 or 1 + ε at random, behind autograd's back and the engine's random numbers'."""
    random = np.random.default_rng(seed)
    for weight in weights:
        if weight.is_floating_point():
            signs = engine.from_numpy(random.integers(-1, 2, tuple(weight.shape), np.int8)).to(weight.device)
            values = weight.data
            values.addcmul_(values, signs.to(weight.dtype), value=engine.finfo(weight.dtype).eps)


class _Recorder:
    """The hooks, and what they remember between two steps."""

    def __init__(
        self,
        engine: ModuleType,
        write: Callable[[Event], None],
        snapshots: Snapshots | None = None,
        steps: int | None = None,
        nudge: bool = False,
    ) -> None:
        self.engine, self.write, self.snapshots, self.limit = engine, write, snapshots, steps
        self.nudge = nudge
        self.steps = 0
        self.steps_of: dict[int, int] = {}  # a run: its steps
        self.last: _Last | None = None
        self.runs: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()  # an optimizer: its number
        self.run_count = 0
        self.passes = 0
        self.current_pass = 0
        self.batch: str | None = None
        self.content: list[float] | None = None
        self.loss: float | None = None
        self.began = time.perf_counter()  # the step under way
        self.inside = False  # a backward
        self.own = self.entered = 0.0  # seconds of it spent in here; when that began

    def __enter__(self) -> None:
        """The time inside is the recorder's own, not the script's."""
        self.entered = time.perf_counter()

    def __exit__(self, *error: object) -> None:
        self.own += time.perf_counter() - self.entered

    def backward(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Of a tensor's method or of the function: which of the two calls the other is the engine's affair."""
        if self.inside:
            return original(*args, **kwargs)
        self.inside = True
        try:
            result = original(*args, **kwargs)
        finally:
            self.inside = False
        with self:
            roots: Any = args[0] if args else kwargs.get("tensors")
            for root in roots if isinstance(roots, (tuple, list)) else [roots]:
                if root.numel() == 1:
                    self.loss = (self.loss or 0.0) + float(root.item())
        return result

    def zero_grad(self, original: Callable[..., Any], optimizer: Any, *args: Any, **kwargs: Any) -> None:
        original(optimizer, *args, **kwargs)
        self.loss = None

    def before_step(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        if self.enough:
            raise EnoughSteps
        with self:
            if optimizer not in self.runs:
                self.new_run(optimizer)
            run = self.runs[optimizer]
            if self.nudge:
                nudge(self.engine, _weights(optimizer), self.steps)
            if len(args) + len(kwargs) == 1 and self.wanted(run, self.steps_of[run] + 1, self.steps + 1):
                assert self.snapshots is not None  # `wanted` said so
                self.snapshots.take_gradients(_weights(optimizer))  # no closure, so they are there

    def new_run(self, optimizer: Any) -> None:
        run = self.runs[optimizer] = self.run_count
        self.run_count += 1
        self.steps_of[run] = 0
        weights = _weights(optimizer)
        if self.snapshots:
            self.snapshots.begin(run, weights)
        if any("param_names" in group for group in optimizer.param_groups):
            names = [name for group in optimizer.param_groups for name in group["param_names"]]
        elif run < SEARCHES:
            names = names_of(weights, self.engine.nn.Module)
        else:
            names = [f"param {index}" for index in range(len(weights))]
        self.write({"event": "weights", "run": run, "tensors": len(weights),
                    "numbers": sum(weight.numel() for weight in weights),
                    "digest": digest([to_numpy(weight) for weight in weights]),
                    "dtype": str(weights[0].dtype).rpartition(".")[2] if weights else None, "names": names,
                    "shapes": [list(weight.shape) for weight in weights]})  # fmt: skip

    def after_step(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        now = time.perf_counter()
        run = self.runs[optimizer]
        self.write({"event": "step", "run": run, "pass": self.current_pass, "loss": self.loss,
                    "seconds": now - self.began - self.own, "batch": self.batch, "content": self.content})  # fmt: skip
        self.loss = None
        self.steps += 1
        self.steps_of[run] += 1
        if self.snapshots:
            weights = _weights(optimizer)
            number = self.steps_of[run]
            if self.wanted(run, number, self.steps):
                if len(args) + len(kwargs) > 1:
                    self.snapshots.take_gradients(weights)
                self.snapshots.write(run, number, self.steps, weights)
                self.last = None
            else:
                self.last = _Last(run, number, self.steps, weights)
        self.own = 0.0
        self.began = time.perf_counter()
        if self.enough:
            raise EnoughSteps

    def wanted(self, run: int, number: int, step: int) -> bool:
        return self.snapshots is not None and (self.snapshots.wants(run, number) or step == self.limit)

    @property
    def enough(self) -> bool:
        return self.limit is not None and self.steps >= self.limit

    def close(self) -> None:
        """Keep the parameters of the very last step, unless something has changed them since."""
        if self.snapshots and self.last and self.last.unchanged():
            last = self.last
            self.snapshots.write(last.run, last.number, last.step, last.weights)

    def new_pass(self, original: Callable[..., Any], loader: Any) -> _Pass:
        self.began, self.own = time.perf_counter(), 0.0
        iterator = original(loader)
        with self:
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
        with recorder:
            recorder.current_pass = self._number
            arrays = arrays_in(batch)
            recorder.batch, recorder.content = digest(arrays), content(arrays)
        return batch

    def __len__(self) -> int:
        return len(self._iterator)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._iterator, name)


def _weights(optimizer: Any) -> list[Any]:
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


class _Last:
    """The latest step, if it was not kept. Its parameters, and they alone, stay alive until the next step."""

    def __init__(self, run: int, number: int, step: int, weights: list[Any]) -> None:
        self.run, self.number, self.step, self.weights = run, number, step, weights
        self.version = self._version()

    def _version(self) -> int:
        return sum([weight._version for weight in self.weights])

    def unchanged(self) -> bool:
        return self._version() == self.version
