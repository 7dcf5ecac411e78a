"""The process that the divergence finder runs one engine in: `python -m minitorch.compare.locate_child ENGINE`.

It imports the engine, which for PyTorch takes seconds, and then waits for runs to do, each a line on its standard
input: {"script", "args", "options", "first", "last", "folder", "forced", "noise"} as JSON. Each is done in a fork, so
that none finds anything of the one before; what the script prints goes to output.txt in `folder`, and the answer is a
line with its exit status. The script runs as child.py would run it. From step `first` to step `last` everything that a training step is made of is written to
`folder`, in the order in which it happens, and after step `last` the run ends. `forced` names the folder of another
run: each value is recorded as this engine computed it, and then overwritten with what the other run had there, so that
the next piece starts from the same numbers on both. With `noise` the values that overwrite are moved by one unit in the
last place, at random: how far the results then move is how far rounding alone may move them.

An event is one line of events.jsonl, its array lies in values.bin at `offset`. What identifies it is
(step, kind, name, part, number, again); the kinds, in the order of a step:

    start                        weights, buffers and optimizer state when recording begins at a later step
    batch                        what a DataLoader handed out
    weight, buffer               of a model when it is called first in this step
    input, buffer, output        of each call of a module, of any depth; `number` counts its calls in this step
    loss                         what backward() was called on
    grad_output, grad_input      the gradient that arrives at a module's output, and the one it sends to its input
    gradient                     .grad of each parameter: part "backward" after backward(), part "step" at step()
    before, update               each parameter, part "value", and the optimizer's state of it, around step()
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import sys
import traceback
import weakref
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ..as_torch import as_torch, execute
from ..device import array_module
from .card import cpu_masks
from .child import prepare
from .trace import EnoughSteps, _replaced

Key = tuple[int, str, str, str, int, int]
MOST_BYTES = 2 << 30  # of one recording; what comes after is left out
TRANSFORMS = ("torchvision.transforms", "minitorch.vision.transforms")  # of data, by modules or not as they like
SMOOTH = ("weight", "buffer", "input", "output", "loss", "grad_output", "grad_input", "gradient")  # noise goes there


class Recording:
    """What a run left behind: its events in order, and their arrays."""

    folder: Path
    status: str

    def __init__(self, folder: Path, status: str = "0") -> None:
        self.folder, self.status = folder, status
        self.events: list[dict[str, Any]] = []
        with open(folder / "events.jsonl", encoding="utf-8") as lines:
            for line in lines:
                if line.endswith("\n"):  # else the run was ended while writing it
                    self.events.append(json.loads(line))
        self.by_key: dict[Key, dict[str, Any]] = {key(event): event for event in self.events}
        values = folder / "values.bin"
        self.bytes: Any = np.memmap(values, np.uint8, "r") if values.stat().st_size else np.empty(0, np.uint8)

    def value(self, event: dict[str, Any]) -> np.ndarray:
        dtype, shape = np.dtype(event["dtype"]), tuple(event["shape"])
        size = dtype.itemsize * int(np.prod(shape, dtype=np.int64))
        return np.frombuffer(self.bytes[event["offset"] : event["offset"] + size].tobytes(), dtype).reshape(shape)


def key(event: dict[str, Any]) -> Key:
    return (event["step"], event["kind"], event["name"], event["part"], event["number"], event["again"])


def tensors_in(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """The tensors in lists, tuples and dicts, each with its place such as "[0]" or "['mask']"; "" for a lone one."""
    if hasattr(value, "register_hook") and hasattr(value, "detach"):
        yield place, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from tensors_in(item, f"{place}[{name!r}]")
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            yield from tensors_in(item, f"{place}[{i}]")


def as_array(value: Any) -> np.ndarray | None:
    """The numbers of a tensor, or of a plain number; None for what has none (sparse, on no device, …)."""
    try:
        if not hasattr(value, "detach"):
            return np.asarray(value) if isinstance(value, (bool, int, float)) else None
        value = value.detach().cpu()
        if str(value.dtype) == "torch.bfloat16":
            value = value.float()
        return np.ascontiguousarray(value.numpy()).reshape(tuple(value.shape))
    except (TypeError, RuntimeError, NotImplementedError):
        return None


class Probe:
    """Every place that a training step passes, and what is written or overwritten there."""

    engine: ModuleType
    ours: bool
    first: Any
    last: Any
    noise: Any
    process: int
    loading: int
    step: int

    def __init__(self, engine: ModuleType, ours: bool, spec: dict[str, Any]) -> None:
        self.engine, self.ours = engine, ours
        self.first, self.last, self.noise = spec["first"], spec["last"], spec["noise"]
        self.forced: Recording | None = Recording(Path(spec["forced"])) if spec["forced"] else None
        folder = Path(spec["folder"])
        # Without buffers, which a loader's worker would inherit half full.
        self.values: Any = open(folder / "values.bin", "wb", buffering=0)
        self.lines: Any = open(folder / "events.jsonl", "wb", buffering=0)
        self.process, self.loading = os.getpid(), 0
        self.step = 1  # the one under way
        self.seen: Counter[tuple[Any, ...]] = Counter()
        self.calls: Counter[str] = Counter()
        self.shown: set[Any] = set()  # roots and weights that this step has shown
        self.stack: list[str] = []
        self.roots: list[Any] = []
        self.names: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()  # of modules
        self.weights: dict[int, tuple[str, Any]] = {}  # by id, which the tensor kept here stays the owner of
        self.optimizers: list[Any] = []

    @property
    def active(self) -> bool:
        """Whether to record: in these steps, outside a loader, whose batches are what counts, and its workers."""
        return self.first <= self.step <= self.last and not self.loading and os.getpid() == self.process

    # ---- one value -------------------------------------------------------------------------------------------------

    def meet(self, kind: str, name: str, part: str, value: Any, number: int = 0, **more: Any) -> np.ndarray | None:
        """Record a value; what should stand in its place, or None if it may stay."""
        array = as_array(value)
        if array is None or self.values.tell() > MOST_BYTES:
            return None
        place = (self.step, kind, name, part, number)
        event = dict(zip(("step", "kind", "name", "part", "number"), place, strict=True))
        event |= {"again": self.seen[place], "dtype": array.dtype.str, "shape": list(array.shape)}
        self.seen[place] += 1
        event |= {"offset": self.values.tell()} | more
        self.values.write(array.tobytes())
        self.lines.write((json.dumps(event) + "\n").encode())
        other = self.forced and self.forced.by_key.get(key(event))
        if not other or other["dtype"] != event["dtype"] or other["shape"] != event["shape"]:
            return None
        wanted = self.forced.value(other)  # type: ignore[union-attr]  # `other` is of it
        if self.noise and kind in SMOOTH and wanted.dtype.kind == "f":
            random = np.random.default_rng(zlib.crc32(repr(key(event)).encode()))
            # Whole numbers are left alone: they are counts, labels and masks. Towards zero, so that a probability
            # stays one.
            moved = (random.random(wanted.shape) < 0.5) & (wanted != np.trunc(wanted))
            wanted = np.where(moved, np.nextafter(wanted, 0, dtype=wanted.dtype), wanted)
        return None if wanted.tobytes() == array.tobytes() else wanted

    def keep(self, kind: str, name: str, part: str, tensor: Any, number: int = 0, **more: Any) -> None:
        """Record a tensor and overwrite its memory, behind the back of the graph: nothing else is to notice."""
        wanted = self.meet(kind, name, part, tensor, number, **more)
        if wanted is None or not hasattr(tensor, "detach"):
            return
        with contextlib.suppress(RuntimeError, ValueError):  # memory that can't be written, such as an expanded one's
            if self.ours:
                tensor._array[...] = array_module(tensor._array).asarray(wanted)
            else:
                tensor.data.copy_(self.engine.from_numpy(wanted.copy()))

    def hook(self, kind: str, name: str, part: str, number: int, more: dict[str, Any]) -> Callable[[Any], Any]:
        """A tensor hook that records the gradient and replaces it."""

        def on_gradient(gradient: Any) -> Any:
            if not self.active:
                return None
            wanted = self.meet(kind, name, part, gradient, number, **more)
            if wanted is None:
                return None
            return self.engine.from_numpy(wanted.copy()).to(gradient.device)

        return on_gradient

    # ---- names -----------------------------------------------------------------------------------------------------

    def name_of(self, module: Any) -> str:
        """The dotted path inside its model; a model, a loss and whatever else is outermost has its class's name."""
        if module not in self.names:
            kind = type(module).__name__
            if self.stack:  # not registered as a child of anything: made in forward, or kept in a plain list
                self.names[module] = f"{self.stack[-1]}.{kind}"
            elif not module._modules and not module._parameters and not module._buffers:
                self.names[module] = kind
            else:
                self.add_root(self.top_of(module))
        return self.names[module]

    def top_of(self, module: Any) -> Any:
        """The module that this one lies in, at any depth, itself if in none."""
        every = [item for item in gc.get_objects() if issubclass(type(item), self.engine.nn.Module)]
        parents = {id(child): item for item in every for child in item._modules.values()}
        while id(module) in parents:
            module = parents[id(module)]
        return module

    def add_root(self, root: Any) -> None:
        kind, same = type(root).__name__, [other for other in self.roots if type(other) is type(root)]
        title = f"{kind} {len(same) + 1}" if same else kind
        prefix = f"{title}." if any(list(other.parameters()) for other in self.roots) else ""
        self.roots.append(root)
        for path, module in root.named_modules():
            self.names[module] = prefix + path if path else title
        for path, weight in root.named_parameters():
            self.weights[id(weight)] = (prefix + path, weight)

    def add_group(self, original: Callable[..., Any], optimizer: Any, *args: Any, **kwargs: Any) -> None:
        original(optimizer, *args, **kwargs)
        if optimizer not in self.optimizers:
            self.optimizers.append(optimizer)

    def every_weight(self) -> list[tuple[str, Any]]:
        """The parameters of all models and optimizers, by name."""
        found = dict(self.weights)
        for number, optimizer in enumerate(self.optimizers):
            every = [weight for group in optimizer.param_groups for weight in group["params"]]
            for i, weight in enumerate(every):
                if id(weight) not in found:
                    owner = f"optimizer {number + 1} " if number else ""
                    found[id(weight)] = (f"{owner}param {i}", weight)
        return list(found.values())

    # ---- forward ---------------------------------------------------------------------------------------------------

    def call(self, original: Callable[..., Any], module: Any, *args: Any, **kwargs: Any) -> Any:
        if self.loading or type(module).__module__.startswith(TRANSFORMS):
            return original(module, *args, **kwargs)
        name = self.name_of(
            module
        )  # also where nothing is recorded: models are known in the order of their first calls
        if not self.active or not self.engine.is_grad_enabled():
            return original(module, *args, **kwargs)
        parent = self.stack[-1] if self.stack else None
        if parent is None:
            self.show(module)
        number = self.calls[name]
        self.calls[name] += 1
        args, kwargs, plain = self.inputs(module, name, args, kwargs, number, parent)
        self.buffers(module, name, "before", number)
        self.stack.append(name)
        try:
            result = original(module, *args, **kwargs)
        finally:
            self.stack.pop()
        builtin = type(module).__module__.startswith(("torch.nn.", "minitorch.nn."))
        more = {"parent": parent, "repr": repr(module), "class": type(module).__name__, "training": module.training,
                "builtin": builtin and plain, "composite": bool(module._modules),
                "bare": not list(module.parameters()), "reduction": getattr(module, "reduction", None)}  # fmt: skip
        self.buffers(module, name, "after", number)  # first, as the output may have been computed from them
        for place, tensor in tensors_in(result):
            self.keep("output", name, place, tensor, number, **more)
            if tensor.requires_grad:
                tensor.register_hook(self.hook("grad_output", name, place, number, more))
        return result

    def inputs(
        self, module: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], number: int, parent: str | None
    ) -> tuple[tuple[Any, ...], dict[str, Any], bool]:
        """Record the arguments. Tensors pass through a view of themselves, whose gradient is this call's share alone."""
        more = {"parent": parent, "repr": repr(module), "bare": not list(module.parameters())}
        given = [(str(i), value) for i, value in enumerate(args)] + list(kwargs.items())
        passed = {}
        for place, value in given:
            for inner, tensor in tensors_in(value):
                self.keep("input", name, place + inner, tensor, number, **more)
            passed[place] = value
            # An in-place change would take the view out of the graph.
            if hasattr(value, "register_hook") and value.requires_grad and not getattr(module, "inplace", False):
                passed[place] = value.view_as(value)
                passed[place].register_hook(self.hook("grad_input", name, place, number, more))
        plain = not kwargs and all(hasattr(value, "register_hook") for value in args)
        return tuple(passed[str(i)] for i in range(len(args))), {word: passed[word] for word in kwargs}, plain

    def buffers(self, module: Any, name: str, part: str, number: int) -> None:
        for own, buffer in module._buffers.items():
            if buffer is not None:
                self.keep("buffer", f"{name}.{own}", part, buffer, number, module=name)

    def show(self, module: Any) -> None:
        """A model's weights and buffers, once in each step, when it is first called."""
        root = next((root for root in self.roots if any(module is inner for inner in root.modules())), None)
        if root is None or id(root) in self.shown:
            return
        self.shown.add(id(root))
        for weight in root.parameters():
            if id(weight) not in self.weights:  # added since
                self.weights[id(weight)] = (f"param {len(self.weights)}", weight)
            self.show_weight(*self.weights[id(weight)])
        for path, inner in root.named_modules():
            self.buffers(inner, self.names.get(inner, path), "start", 0)

    def show_weight(self, name: str, weight: Any, kind: str = "weight") -> None:
        if id(weight) not in self.shown:
            self.shown.add(id(weight))
            self.keep(kind, name, "value", weight)

    # ---- backward and update ---------------------------------------------------------------------------------------

    def backward(self, original: Callable[..., Any], tensor: Any, *args: Any, **kwargs: Any) -> Any:
        if self.active:
            for name, weight in self.every_weight():
                self.show_weight(name, weight)
            self.keep("loss", "loss", "", tensor)
        result = original(tensor, *args, **kwargs)
        if self.active:
            self.gradients("backward")
        return result

    def gradients(self, part: str) -> None:
        for name, weight in reversed(self.every_weight()):
            if weight.grad is not None:
                self.keep("gradient", name, part, weight.grad)

    def state(self, kind: str, optimizer: Any) -> None:
        """Each parameter of an optimizer with its state and, in a form that JSON takes, its options."""
        names = {id(weight): name for name, weight in self.every_weight()}
        for group in optimizer.param_groups:
            options = {name: value for name, value in group.items() if name not in ("params", "param_names")}
            options = {name: value for name, value in options.items() if _plain(value)}
            more: dict[str, Any] = {"options": options, "optimizer": type(optimizer).__name__,
                    "builtin": type(optimizer).__module__.startswith(("torch.optim.", "minitorch.optim."))}  # fmt: skip
            for weight in group["params"]:
                if weight.grad is None and kind != "start":
                    continue
                for part, value in (optimizer.state.get(weight) or {}).items():
                    self.keep(kind, names[id(weight)], str(part), value, **more)
                self.keep(kind, names[id(weight)], "value", weight, **more)

    def before_step(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        if self.active:
            self.gradients("step")
            self.state("before", optimizer)

    def after_step(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        if self.active:
            self.state("update", optimizer)
        if self.step == self.last:
            raise EnoughSteps
        self.step += 1
        self.seen.clear()
        self.calls.clear()
        self.shown.clear()
        if self.step == self.first:
            for each in self.optimizers:
                self.state("start", each)
            for name, weight in self.every_weight():
                self.show_weight(name, weight, "start")
            for root in self.roots:
                for path, buffer in root.named_buffers():
                    self.keep("start", f"{self.names[root]} {path}", "buffer", buffer)
            self.shown.clear()

    def new_pass(self, original: Callable[..., Any], loader: Any) -> Any:
        return _Batches(self, original(loader))

    def close(self) -> None:
        self.values.close()
        self.lines.close()


def _plain(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_plain, value))
    return value is None or isinstance(value, (bool, int, float, str))


class _Batches:
    """A loader's iterator, whose batches are recorded as they go by."""

    def __init__(self, probe: Probe, iterator: Any) -> None:
        self._probe, self._iterator = probe, iterator

    def __iter__(self) -> _Batches:
        return self

    def __next__(self) -> Any:
        self._probe.loading += 1
        try:
            batch = next(self._iterator)
        finally:
            self._probe.loading -= 1
        if self._probe.active and self._probe.engine.is_grad_enabled():
            for place, tensor in tensors_in(batch):
                self._probe.keep("batch", f"batch{place}", "", tensor)
        return batch

    def __len__(self) -> int:
        return len(self._iterator)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._iterator, name)


@contextlib.contextmanager
def probing(engine: ModuleType, ours: bool, spec: dict[str, Any]) -> Iterator[None]:
    """Record what runs inside, as the module's docstring tells; every hook on the engine is gone afterwards."""
    probe = Probe(engine, ours, spec)
    hooks = sys.modules[engine.optim.Optimizer.__module__]
    handles = [
        hooks.register_optimizer_step_pre_hook(probe.before_step),
        hooks.register_optimizer_step_post_hook(probe.after_step),
    ]
    try:
        with (
            _replaced(engine.Tensor, "backward", probe.backward),
            _replaced(engine.nn.Module, "__call__", probe.call),
            _replaced(engine.optim.Optimizer, "add_param_group", probe.add_group),
            _replaced(engine.utils.data.DataLoader, "__iter__", probe.new_pass),
        ):
            yield
    finally:
        for handle in handles:
            handle.remove()
        probe.close()


def main(argv: list[str]) -> int:
    with contextlib.ExitStack() as stack:
        if argv[0] == "minitorch":
            stack.enter_context(as_torch())
        import torch

        # PyTorch imports a second half of itself with the first optimizer: once is enough.
        torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
        for line in sys.stdin:
            spec = json.loads(line)
            sys.stdout.flush()
            child = os.fork()
            if child == 0:
                os._exit(run(torch, argv[0], spec))
            _, status = os.waitpid(child, 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
    return 0


def run(torch: ModuleType, engine: str, spec: dict[str, Any]) -> int:
    """One run, in the fork."""
    output = os.open(Path(spec["folder"]) / "output.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(output, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    status = 1
    try:
        prepare(torch, engine, spec["options"])
        on_card = spec["options"].get("device") == "cuda"
        with cpu_masks(torch) if on_card else contextlib.nullcontext(), probing(torch, engine == "minitorch", spec):
            status = execute(spec["script"], spec["args"])
    except EnoughSteps:
        status = 0
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
    return status & 0xFF


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
