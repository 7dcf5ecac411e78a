"""A step of training whose work on the GPU is recorded once, as a CUDA graph, and replayed: `minitorch.compile`.

A training step of a small net asks the GPU for some sixty small things, and asking takes the host longer than doing them
takes the GPU. A replay asks once.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from . import device, gpu_graph
from .autograd.grad_mode import is_grad_enabled
from .autograd.node import recorders
from .dtype import get_default_dtype
from .generator import default_generator
from .tensor import Tensor, wrap

# So many calls run as they are written before one is recorded: in the first, state is made and kernels are compiled.
WARM = 2
# A step that has to be recorded more often than that, and is not replayed so many times for each, is not recorded any
# more; nor is one that is called with more kinds of arguments.
MOST_RECORDINGS = 16
REPLAYS_EACH = 4
MOST_KINDS = 256
MOST_OF_A_KIND = 3  # which hold memory


def changed(change: Callable[[Tensor], Any], value: Any) -> Any:
    """`value`, with ``change(tensor)`` for each tensor in tuples, lists and dicts."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, tuple):
        parts = [changed(change, part) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    if type(value) is list:
        return [changed(change, part) for part in value]
    if type(value) is dict:
        return {key: changed(change, part) for key, part in value.items()}
    return value


class Impossible(Exception):
    """Why a step cannot be recorded."""


class _Leaves:
    """Told by the engine, while a step runs as it is written, which leaves get gradients or are optimized."""

    def __init__(self) -> None:
        self.leaves: dict[int, Tensor] = {}

    def saw_operation(self, name: str, inputs: Any) -> None:
        pass

    def saw_module(self, module: Any) -> None:
        pass

    def saw_leaf(self, leaf: Tensor) -> None:
        self.leaves[id(leaf)] = leaf

    def saw_optimizer(self, optimizer: Any) -> None:
        for group in optimizer.param_groups:
            for p in group["params"]:
                self.saw_leaf(p)


class _Grad:
    """What a step does to the gradient of one leaf.

    `at_entry` was its gradient when the step began, `found` when the step first added to it or used it. If that is the
    same one, its memory is in the recording. If it is None, the step begins the gradient anew.
    """

    def __init__(self, leaf: Tensor, at_entry: Tensor | None, found: Tensor | None) -> None:
        self.leaf, self.at_entry, self.at_exit = leaf, at_entry, leaf._grad
        self.needs_none = at_entry is None and found is None
        self.needs = found._array if found is not None and found is at_entry else None
        self.is_put = self.at_exit is not at_entry or at_entry is None
        self.array = _array_of(self.at_exit)

    def is_right(self) -> bool:
        """Whether the recording does the right thing to the gradient as it is now."""
        grad = self.leaf._grad
        if self.needs_none and grad is not None:
            return False
        if self.needs is not None and _array_of(grad) is not self.needs:
            return False
        return not self.is_put or _array_of(self.at_exit) is self.array

    def put(self) -> None:
        """After a replay."""
        if self.is_put:
            self.leaf._grad = self.at_exit


def _array_of(grad: Tensor | None) -> Any:
    return None if grad is None else grad._array


class _Recorded:
    """One recording of the step: for one kind of arguments. `leaves` are known to get gradients."""

    def __init__(self, step: Callable[..., Any], args: Any, kwargs: Any, leaves: list[Tensor]) -> None:
        self.inputs: list[Tensor] = []
        module = device.cupy()
        stream = module.cuda.Stream(non_blocking=True)
        here = module.cuda.Device()

        def static(t: Tensor) -> Tensor:
            if t.requires_grad and is_grad_enabled():
                raise Impossible("an argument requires a gradient")
            if t._array.device != here:
                raise Impossible("an argument is on a GPU other than the current one")
            self.inputs.append(wrap(t._array.copy()))
            return self.inputs[-1]

        args, kwargs = changed(static, (args, kwargs))
        at_entry = {id(leaf): leaf._grad for leaf in leaves}
        generator = default_generator.get_state()
        self.recording = gpu_graph.Recording(module)
        module.cuda.get_current_stream().synchronize()
        module.get_default_memory_pool().free_all_blocks()  # which the recording's own pool may need
        with stream:
            self.recording.begin(stream)
            try:
                result = step(*args, **kwargs)
                self._check(result, generator)
                self.recording.end()
            except BaseException:
                self.recording.abandon()
                for leaf in leaves:
                    leaf._grad = at_entry[id(leaf)]
                default_generator.set_state(generator)
                raise
        self.grads = [
            _Grad(leaf, at_entry.get(key, found), found) for key, (leaf, found) in self.recording.leaves.items()
        ]
        for grad in self.grads:  # until the replay, all is as it was
            grad.leaf._grad = grad.at_entry
        self.recording.leaves = {}
        self.result = changed(lambda t: wrap(t._array), result)
        del result
        self.recording.settle()

    def _check(self, result: Any, generator: Tensor) -> None:
        """Impossible if a replay would not do what the step does."""
        found: list[Tensor] = []
        changed(found.append, result)
        if any(isinstance(t._array, np.ndarray) for t in found):
            raise Impossible("a result is a tensor on the CPU")
        if any(t._grad_fn is not None and not self._is_walked(t._grad_fn) for t in found):
            raise Impossible("a result is to be differentiated afterwards; call backward() in the step")
        if any(t._counter[0] for t in self.inputs):
            raise Impossible("an argument is changed in place")
        if not np.array_equal(generator._array, default_generator.get_state()._array):
            raise Impossible("it draws random numbers, which the CPU does")

    def _is_walked(self, node: Any) -> bool:
        """Whether a gradient has gone from this node to a leaf."""
        stack, seen = [node], {node}
        while stack:
            for edge in stack.pop().edges:
                if edge is None:
                    continue
                if isinstance(edge[0], Tensor):
                    if id(edge[0]) in self.recording.leaves:
                        return True
                elif edge[0] not in seen:
                    seen.add(edge[0])
                    stack.append(edge[0])
        return False

    def is_right(self) -> bool:
        """Whether a replay would do now what the step would."""
        return all(grad.is_right() for grad in self.grads) and self.recording.is_right()

    def replay(self, args: Any, kwargs: Any) -> Any:
        """The step with these arguments; results are copies."""
        static = iter(self.inputs)

        def put(t: Tensor) -> None:
            next(static)._array[...] = t._array

        changed(put, (args, kwargs))
        self.recording.replay()
        for grad in self.grads:
            grad.put()
            for recorder in recorders:  # that of a step of which this one is a part
                recorder.saw_leaf(grad.leaf)
        return changed(lambda t: wrap(t._array.copy()), self.result)


class _Kind:
    """Calls with one kind of arguments: how many there were since the latest recording, and recordings, the latest first.

    There may be several that are right at times: one that begins gradients and one that adds to them, one for each mode
    of a module.
    """

    def __init__(self) -> None:
        self.calls = 0
        self.recorded: list[_Recorded] = []

    def right_one(self) -> _Recorded | None:
        """The recording that would do now what the step would, if there is one."""
        for i, recorded in enumerate(self.recorded):
            if recorded.is_right():
                if i:
                    self.recorded.insert(0, self.recorded.pop(i))
                return recorded
        self.recorded = [recorded for recorded in self.recorded if not recorded.recording.is_lost]
        return None


class CapturedStep:
    """What `compile` returns of a function: called as the function is.

    `reason` says why it runs as it is written, if it does; `recordings` and `replays` count.
    """

    recordings: int
    replays: int

    def __init__(self, step: Callable[..., Any]) -> None:
        functools.update_wrapper(self, step)
        self._step = step
        self._kinds: dict[Any, _Kind] = {}
        self._leaves: dict[int, Tensor] = {}
        self.reason: str | None = None
        self.recordings = self.replays = 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.reason is not None or gpu_graph.current() is not None:
            return self._step(*args, **kwargs)
        tensors: list[Tensor] = []
        changed(tensors.append, (args, kwargs))
        if not device.cupy_is_loaded() or any(isinstance(t._array, np.ndarray) for t in tensors):
            return self._step(*args, **kwargs)  # nothing to be recorded, on the CPU
        try:
            key = self._key(args, kwargs)
            kind = self._kinds.get(key)
        except TypeError as error:
            return self._give_up(f"an argument cannot be told from others: {error}", args, kwargs)
        if kind is None:
            if len(self._kinds) >= MOST_KINDS:
                return self._give_up(
                    "its arguments, those that are not tensors, are others in most calls", args, kwargs
                )
            kind = self._kinds[key] = _Kind()
        recorded = kind.right_one()
        if recorded is None:
            kind.calls += 1
            if kind.calls <= WARM:
                return self._observed(args, kwargs)
            if self.recordings >= MOST_RECORDINGS and self.replays < REPLAYS_EACH * self.recordings:
                return self._give_up("what it works on changes too often", args, kwargs)
            reason = ""
            try:
                recorded = _Recorded(self._step, args, kwargs, list(self._leaves.values()))
            except Exception as error:
                reason = str(error).partition("\n")[0] or type(error).__name__
            if recorded is None:  # here nothing holds the exception any more, which holds what it had allocated
                return self._give_up(reason, args, kwargs)
            self.recordings += 1
            kind.calls = 0
            kind.recorded = [recorded, *kind.recorded[: MOST_OF_A_KIND - 1]]
        self.replays += 1
        return recorded.replay(args, kwargs)

    def _observed(self, args: Any, kwargs: Any) -> Any:
        """The step as it is written, and a note of the leaves that get gradients."""
        observer = _Leaves()
        recorders.append(observer)
        try:
            return self._step(*args, **kwargs)
        finally:
            recorders.remove(observer)
            self._leaves = observer.leaves

    def _key(self, args: Any, kwargs: Any) -> Any:
        """What is the same for arguments that one recording serves."""

        def kind(t: Tensor) -> Any:
            return "tensor", t._array.shape, t._array.dtype.str, t._array.device.id, t.requires_grad

        def frozen(value: Any) -> Any:
            if isinstance(value, dict):
                return "dict", tuple((key, frozen(part)) for key, part in value.items())
            if isinstance(value, tuple | list):
                return type(value), tuple(frozen(part) for part in value)
            if isinstance(value, Tensor):
                raise TypeError("a tensor in something else than a tuple, list or dict")
            hash(value)
            return type(value), value

        return frozen(changed(kind, (args, kwargs))), is_grad_enabled(), get_default_dtype()

    def _give_up(self, reason: str, args: Any, kwargs: Any) -> Any:
        self.reason = reason
        self._kinds, self._leaves = {}, {}
        name = getattr(self._step, "__name__", "the function")
        warnings.warn(
            f"compile: {name} runs as it is written, without a CUDA graph: {reason}", UserWarning, stacklevel=3
        )
        return self._step(*args, **kwargs)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """Of a method: bound to its object."""
        return self if instance is None else functools.partial(self, instance)
