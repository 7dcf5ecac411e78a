"""What is being checked: a function and the tensors to vary, of minitorch, of PyTorch, or NumPy arrays.

minitorch and PyTorch have one API, so one class serves both. Nothing of the caller's is written to: a `Session` holds
copies of the inputs, and for its duration a module's parameters and buffers point at copies.
"""

from __future__ import annotations

import contextlib
import inspect
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

EPS = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float32": 2.0**-23, "float64": 2.0**-52}


@dataclass(frozen=True)
class Leaf:
    """One tensor to vary: an input, or a parameter of the module."""

    name: str
    tensor: Any
    is_parameter: bool
    shape: tuple[int, ...]
    dtype: str


# ---- trees of arguments ----------------------------------------------------------------------------------------------


def tree_map(change: Callable[[Any, str], Any], value: Any, path: str = "") -> Any:
    """`value` with `change(item, path)` for everything that is not itself a list, tuple or dict."""
    if isinstance(value, dict):
        return {k: tree_map(change, v, f"{path}[{k!r}]") for k, v in value.items()}
    if isinstance(value, tuple | list) and type(value).__name__ != "Size":
        items = [tree_map(change, v, f"{path}[{i}]") for i, v in enumerate(value)]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    return change(value, path)


def flatten(value: Any) -> list[Any]:
    """What `tree_map` visits, in order."""
    found: list[Any] = []
    tree_map(lambda item, path: found.append(item), value)
    return found


def function_name(fn: Callable[..., Any]) -> str:
    """What to call `fn` in a report: a Function by its class, a method with its class."""
    owner = getattr(fn, "__self__", None)
    if inspect.isclass(owner) and fn.__name__ == "apply":
        return owner.__name__
    if inspect.ismethod(fn):  # a builtin has an owner, too, of no interest to anybody
        return f"{owner.__name__ if inspect.isclass(owner) else type(owner).__name__}.{fn.__name__}"
    return getattr(fn, "__name__", None) or type(fn).__name__


def argument_names(fn: Callable[..., Any], count: int) -> list[str]:
    """The names that `fn` gives its first arguments; "input 0" … where it gives none."""
    owner: Any = getattr(fn, "__self__", None)
    names: list[str] = []
    try:
        if inspect.isclass(owner) and fn.__name__ == "apply":
            names = list(inspect.signature(owner.forward).parameters)  # type: ignore[attr-defined]  # a Function
            names = names[1:] if names and names[0] == "ctx" else names
        else:
            target = fn if inspect.isroutine(fn) else getattr(fn, "forward", fn)
            kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
            names = [n for n, p in inspect.signature(target).parameters.items() if p.kind in kinds]
    except (TypeError, ValueError):
        pass
    names = [] if names and names[0] in ("args", "ctx") else names
    return [names[i] if i < len(names) else f"input {i}" for i in range(count)]


def same_layout(array: np.ndarray) -> np.ndarray:
    """A copy that lies in its memory as `array` does: transposed, with gaps, or over itself."""
    if array.size == 0 or any(step < 0 or step % array.itemsize for step in array.strides):
        return array.copy()
    span = 1 + sum((n - 1) * step // array.itemsize for n, step in zip(array.shape, array.strides, strict=True))
    room = np.zeros(span, array.dtype)
    view = np.lib.stride_tricks.as_strided(room, array.shape, array.strides)
    view[...] = array
    return view


# ---- random state ----------------------------------------------------------------------------------------------------


class RandomState:
    """The global generators of the engine, NumPy and Python, as they were when this was made."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        # PyTorch's GPUs have generators of their own; minitorch's numbers all come from the CPU's.
        own_gpus = engine is not np and engine.__name__ == "torch" and engine.cuda.is_initialized()
        self.gpus: Any = engine.cuda.get_rng_state_all() if own_gpus else None
        self.kept: tuple[Any, ...] = self._now()

    def _now(self) -> tuple[Any, ...]:
        own = self.engine.get_rng_state().numpy().copy() if self.engine is not np else None
        return own, np.random.get_state(), random.getstate()

    def moved(self) -> bool:
        """Whether something has been drawn since."""
        (own, array, plain), (own_now, array_now, plain_now) = self.kept, self._now()
        return bool(
            self.gpus is not None  # asking them costs more than restoring them
            or (own is not None and not np.array_equal(own, own_now))
            or plain != plain_now
            or array[2:] != array_now[2:]
            or not np.array_equal(array[1], array_now[1])
        )

    def restore(self) -> None:
        """Put the generators back."""
        own, array, plain = self.kept
        if own is not None:
            self.engine.set_rng_state(self.engine.from_numpy(own.copy()))
        if self.gpus is not None:
            self.engine.cuda.set_rng_state_all(self.gpus)
        np.random.set_state(array)
        random.setstate(plain)


# ---- subjects --------------------------------------------------------------------------------------------------------


class Subject:
    """A function of tensors of `engine` (minitorch or torch), with its inputs and, for a module, its parameters."""

    def __init__(self, engine: Any, fn: Callable[..., Any], inputs: tuple[Any, ...]) -> None:
        self.engine = engine
        self.fn = fn
        self.inputs = inputs
        self.name: str = function_name(fn)
        owner = fn if isinstance(fn, engine.nn.Module) else getattr(fn, "__self__", None)
        self.module: Any = owner if isinstance(owner, engine.nn.Module) else None
        self.state: RandomState = RandomState(engine)
        self.draws = False  # whether fn draws random numbers; known after the first run
        self.leaves: list[Leaf] = self._find_leaves()

    def _find_leaves(self) -> list[Leaf]:
        found: dict[int, Leaf] = {}

        def note(item: Any, path: str) -> None:
            if isinstance(item, self.engine.Tensor) and item.is_complex():
                raise TypeError("check_gradient() checks real functions, and one of the inputs is complex")
            if self.is_floating(item):
                number, _, rest = path[1:].partition("]")
                name = names[int(number)] + rest
                found.setdefault(id(item), Leaf(name, item, False, tuple(item.shape), self.dtype_of(item)))

        names = argument_names(self.fn, len(self.inputs))
        tree_map(note, self.inputs)
        leaves = [leaf for leaf in found.values() if leaf.tensor.requires_grad]
        parameters = self.module.named_parameters() if self.module is not None else ()
        weights = [Leaf(n, p, True, tuple(p.shape), self.dtype_of(p)) for n, p in parameters if p.requires_grad]
        # Nobody said what to vary: everything that can be.
        return (leaves or ([] if weights and not found else list(found.values()))) + weights

    def is_floating(self, item: Any) -> bool:
        """Whether `item` is a tensor with real values."""
        return isinstance(item, self.engine.Tensor) and item.is_floating_point()

    def dtype_of(self, item: Any) -> str:
        """The dtype's bare name."""
        return str(item.dtype).removeprefix("torch.")

    def values(self, item: Any) -> np.ndarray:
        """A float64 copy of the values."""
        return np.array(item.detach().to(self.engine.float64).numpy(force=True), dtype=np.float64)

    def tensor(self, array: np.ndarray, like: Any) -> Any:
        """A tensor with these values, of the dtype and on the device of `like`."""
        return self.engine.from_numpy(np.array(array)).to(like.device).to(like.dtype)

    def copy(self, item: Any, dtype: str | None = None) -> Any:
        """A copy, lying in memory as `item` does; with `dtype`, floating ones in that dtype and contiguous."""
        item = item.detach()
        if dtype is not None and item.is_floating_point() and self.dtype_of(item) != dtype:
            return item.to(getattr(self.engine, dtype)).clone()
        if item.device.type != "cpu" or self.dtype_of(item) == "bfloat16":
            return item.clone()
        return self.engine.from_numpy(same_layout(item.numpy()))

    @contextlib.contextmanager
    def session(self, dtype: str | None = None) -> Iterator[Session]:
        """Copies to work on. The caller's tensors, parameters and buffers are as before afterwards, come what may."""
        data = [(p, p.data) for p in self.module.parameters()] if self.module is not None else []
        modules = list(self.module.modules()) if self.module is not None else []
        buffers = [(m, dict(m._buffers)) for m in modules]
        try:
            for p, d in data:
                p.data = self.copy(d, dtype)
            for m, own in buffers:
                m._buffers.update({k: None if b is None else self.copy(b, dtype) for k, b in own.items()})
            with self.engine.enable_grad():  # fn may itself differentiate
                yield Session(self, dtype)
        finally:
            for p, d in data:
                p.data = d
            for m, own in buffers:
                m._buffers.update(own)

    def first_order_gradients(
        self, outputs: list[Any], tensors: list[Any], weights: list[Any], again: bool
    ) -> list[Any]:
        """What backward says, None for a tensor that the outputs do not depend on."""
        kept = [(out, w) for out, w in zip(outputs, weights, strict=True) if out.requires_grad]
        if not kept:
            return [None] * len(tensors)
        return list(
            self.engine.autograd.grad(
                [out for out, _ in kept], tensors, [w for _, w in kept],
                retain_graph=True, create_graph=again, allow_unused=True,
            )
        )  # fmt: skip


class Session:
    """One set of copies of a subject's inputs: run the function on them, move one element of one of them."""

    def __init__(self, subject: Subject, dtype: str | None) -> None:
        self.subject = subject
        made: dict[int, Any] = {}
        leaves = {id(leaf.tensor) for leaf in subject.leaves if not leaf.is_parameter}

        def change(item: Any, path: str) -> Any:
            if not isinstance(item, subject.engine.Tensor):
                return item
            if id(item) not in made:
                made[id(item)] = subject.copy(item, dtype)
                if id(item) in leaves:
                    made[id(item)].requires_grad_()
            return made[id(item)]

        self.arguments: Any = tree_map(change, subject.inputs)
        self.tensors: list[Any] = [
            leaf.tensor if leaf.is_parameter else made[id(leaf.tensor)] for leaf in subject.leaves
        ]
        modules = list(subject.module.modules()) if subject.module is not None else []
        self.buffers: list[tuple[Any, Any, Any]] = [
            (m, k, b.clone()) for m in modules for k, b in m._buffers.items() if b is not None
        ]

    def run(self) -> list[Any]:
        """The floating outputs that have a gradient; if none has one, all floating outputs.

        Each run finds the same random state and the same buffers (running means, say).
        """
        for m, k, b in self.buffers:
            m._buffers[k] = b.clone()
        if self.subject.draws:
            self.subject.state.restore()
        result = self.call()
        floating = [out for out in flatten(result) if self.subject.is_floating(out)]
        return [out for out in floating if out.requires_grad] or floating

    def call(self) -> Any:
        """The function's own result."""
        return self.subject.fn(*self.arguments)

    def gradients(self, outputs: list[Any], weights: list[Any], again: bool = False) -> list[Any]:
        """What backward says, one per leaf."""
        return self.subject.first_order_gradients(outputs, self.tensors, weights, again)

    def view(self, k: int) -> np.ndarray | None:
        """The memory of leaf `k`, to be written to; None where NumPy cannot reach it."""
        tensor = self.tensors[k].detach()
        if tensor.device.type != "cpu" or self.subject.dtype_of(tensor) == "bfloat16":
            return None
        array = tensor.numpy()
        if any(step == 0 and n > 1 for step, n in zip(array.strides, array.shape, strict=True)):
            # It lies over itself, so one element cannot be moved: give it memory of its own.
            self.tensors[k].data = self.subject.engine.from_numpy(array.copy())
            array = self.tensors[k].detach().numpy()
        return array

    def write(self, k: int, values: np.ndarray) -> None:
        """Overwrite the whole of leaf `k`."""
        view = self.view(k)
        if view is not None:
            view[...] = values
        else:
            self.tensors[k].data = self.subject.tensor(values, self.tensors[k])


class GradientSubject(Subject):
    """The gradient of another subject as a function of its leaves and the cotangents: what second derivatives are of."""

    engine: Any
    fn: Callable[..., Any]
    module: Any
    state: RandomState
    draws: bool

    def __init__(self, first: Subject, weights: Sequence[Any]) -> None:
        self.engine, self.fn, self.module, self.state, self.draws = (
            first.engine, first.fn, first.module, first.state, first.draws,
        )  # fmt: skip
        self.first = first
        self.name: str = f"the gradient of {first.name}"
        several = len(weights) > 1
        self.cotangents: list[Leaf] = [
            Leaf(f"cotangent {i}" if several else "cotangent", w, False, tuple(w.shape), self.dtype_of(w))
            for i, w in enumerate(weights)
        ]
        self.inputs: tuple[tuple[Any, ...], list[Any]] = (first.inputs, list(weights))
        self.leaves: list[Leaf] = first.leaves + self.cotangents

    @contextlib.contextmanager
    def session(self, dtype: str | None = None) -> Iterator[Session]:
        with super().session(dtype):
            yield _GradientSession(self, dtype)


class _GradientSession(Session):
    def call(self) -> Any:
        arguments, weights = self.arguments
        result = [out for out in flatten(self.subject.fn(*arguments)) if self.subject.is_floating(out)]
        outputs = [out for out in result if out.requires_grad] or result
        wanted = self.tensors[: len(self.tensors) - len(weights)]
        found = self.subject.first_order_gradients(outputs, wanted, weights, again=True)
        return [g for g in found if g is not None]


class ArraySubject(Subject):
    """A function of NumPy arrays, and a hand-written `gradient(cotangent, *arrays)` beside it."""

    engine: Any
    fn: Callable[..., Any]
    gradient: Callable[..., Any]
    inputs: tuple[Any, ...]
    name: str
    module: None
    draws: bool

    def __init__(self, fn: Callable[..., Any], inputs: tuple[Any, ...], gradient: Callable[..., Any]) -> None:
        self.engine, self.fn, self.inputs, self.gradient = np, fn, inputs, gradient
        self.name, self.module, self.draws = function_name(fn), None, False
        self.state: RandomState = RandomState(np)
        names = argument_names(fn, len(inputs))
        self.places: list[int] = [i for i, x in enumerate(inputs) if self.is_floating(x)]
        self.leaves: list[Leaf] = [
            Leaf(names[i], inputs[i], False, inputs[i].shape, str(inputs[i].dtype)) for i in self.places
        ]

    def is_floating(self, item: Any) -> bool:
        return isinstance(item, np.ndarray | np.floating) and item.dtype.kind == "f"

    def values(self, item: Any) -> np.ndarray:
        return np.array(item, dtype=np.float64)

    def tensor(self, array: np.ndarray, like: Any) -> Any:
        return np.asarray(array, like.dtype)

    def copy(self, item: Any, dtype: str | None = None) -> Any:
        if not isinstance(item, np.ndarray):
            return item
        return np.array(item, dtype) if dtype is not None and item.dtype.kind == "f" else same_layout(item)

    @contextlib.contextmanager
    def session(self, dtype: str | None = None) -> Iterator[Session]:
        yield _ArraySession(self, dtype)


class _ArraySession(Session):
    subject: ArraySubject

    def __init__(self, subject: ArraySubject, dtype: str | None) -> None:
        self.subject = subject
        self.arguments = [subject.copy(x, dtype) for x in subject.inputs]
        self.tensors = [self.arguments[i] for i in subject.places]

    def run(self) -> list[Any]:
        if self.subject.draws:
            self.subject.state.restore()
        return [np.asarray(out) for out in flatten(self.call()) if self.subject.is_floating(out)]

    def gradients(self, outputs: list[Any], weights: list[Any], again: bool = False) -> list[Any]:
        given = weights[0] if len(weights) == 1 else tuple(weights)
        found = self.subject.gradient(given, *self.arguments)
        found = list(found) if isinstance(found, tuple | list) else [found]
        if len(found) == len(self.arguments):
            return [found[i] for i in self.subject.places]
        if len(found) == len(self.subject.places):
            return found
        raise RuntimeError(f"gradient returned {len(found)} gradients for {len(self.arguments)} inputs")

    def view(self, k: int) -> np.ndarray:
        array = self.tensors[k]
        if not array.flags.writeable or 0 in [s for s, n in zip(array.strides, array.shape, strict=True) if n > 1]:
            array = array.copy()
            self.arguments[self.subject.places[k]] = self.tensors[k] = array
        return array


def subject_of(fn: Any, inputs: Any, gradient: Callable[..., Any] | None = None) -> Subject:
    """The subject for `fn` and `inputs`: of PyTorch if a tensor among them or the module is PyTorch's."""
    import minitorch

    if not callable(fn):
        raise TypeError(f"check_gradient() expects a function or a module, not {type(fn).__name__}")
    torch = sys.modules.get("torch")  # its tensors cannot exist unless it has been imported
    engines = [minitorch]
    if torch is not None and torch is not minitorch and hasattr(torch, "Tensor"):
        engines.append(torch)
    kinds = tuple(engine.Tensor for engine in engines)
    if inspect.isclass(fn) and any(issubclass(fn, engine.autograd.Function) for engine in engines):
        fn = fn.apply  # type: ignore[attr-defined]  # what was meant
    several = (inputs,) if isinstance(inputs, (*kinds, np.ndarray)) else tuple(inputs)
    leaves = flatten(several)
    if gradient is not None:
        if any(isinstance(x, kinds) for x in leaves):
            raise TypeError("gradient= goes with NumPy arrays: a function of tensors has its own backward")
        return ArraySubject(fn, several, gradient)
    modules = (fn, getattr(fn, "__self__", None))
    used = [
        engine
        for engine in engines
        if any(isinstance(x, engine.Tensor) for x in leaves) or any(isinstance(m, engine.nn.Module) for m in modules)
    ]
    if len(used) > 1:
        raise TypeError("the inputs are of both minitorch and PyTorch: check one engine at a time")
    if not used and any(isinstance(x, np.ndarray) for x in leaves):
        raise TypeError("a function of NumPy arrays needs gradient=, the hand-written function that is to be checked")
    return Subject(used[0] if used else minitorch, fn, several)
