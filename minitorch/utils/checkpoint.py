"""Checkpoints in the graph: parts of a network whose inner values are computed again in backward, not kept.

An ordinary forward keeps what every operation needs for its derivative until backward has passed. In a checkpointed part
nothing is kept but its inputs; when the walk comes to it, its function runs a second time. Memory is paid for with time.

Without reentry (``use_reentrant=False``) the part's nodes stay in the graph as they were recorded. Only what they saved is
taken from them, and when the first of them asks for it, the function runs again, records the same nodes in the same order,
and each takes over what its twin has saved. With reentry the part is one node, whose backward runs the function and walks
through it.

Source: https://docs.pytorch.org/docs/stable/checkpoint.html
"""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .. import autograd
from ..autograd.grad_mode import enable_grad, is_grad_enabled, no_grad
from ..autograd.node import RELEASED, SECOND_TIME, Node, Saved, clock
from ..generator import fork_rng, get_rng_state, set_rng_state
from ..tensor import Tensor

__all__ = ["CheckpointError", "CheckpointFunction", "checkpoint", "checkpoint_sequential"]


class CheckpointError(RuntimeError):
    """The function did something else the second time.

    Errors: it is one, a RuntimeError.

    Source: https://docs.pytorch.org/docs/stable/checkpoint.html

    >>> import minitorch as torch
    >>> issubclass(torch.utils.checkpoint.CheckpointError, RuntimeError)
    True
    """


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Callable[..., Any] | None = None,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    preserve_rng_state: bool = True,
    **kwargs: Any,
) -> Any:
    """``function(*args, **kwargs)``, of which nothing but the arguments is kept: backward runs it again.

    `use_reentrant` should be given: False, the better way, or True, PyTorch's older one, which sees only the tensors
    among `args`, takes no `kwargs`, and is for `backward()` without `inputs` alone. With `preserve_rng_state` both runs
    draw the same random numbers. `determinism_check`, `debug` and `early_stop` change nothing here.

    Shapes: those of `function`.
    Errors: CheckpointError, in backward, if the second run records something else; ValueError for `kwargs` with
    ``use_reentrant=True``; NotImplementedError for `context_fn`.

    Source: https://docs.pytorch.org/docs/stable/checkpoint.html#torch.utils.checkpoint.checkpoint

    >>> import minitorch as torch
    >>> x = torch.tensor([0., 1.], requires_grad=True)
    >>> y = torch.utils.checkpoint.checkpoint(lambda x: x.exp().exp(), x, use_reentrant=False)
    >>> y.sum().backward()
    >>> x.grad
    tensor([ 2.7183, 41.1936])
    """
    if context_fn is not None:
        raise NotImplementedError("minitorch's checkpoint() does not support context_fn")
    if use_reentrant is None:
        _warn_about_default("checkpoint")
        use_reentrant = True
    if use_reentrant:
        if kwargs:
            raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
        return CheckpointFunction.apply(function, preserve_rng_state, *args)
    part = _Part(function, args, kwargs, preserve_rng_state)
    first = _now()
    outputs = function(*args, **kwargs)
    if is_grad_enabled():
        part.empty(outputs, first)
    return outputs


def _warn_about_default(name: str) -> None:
    warnings.warn(
        f"torch.utils.checkpoint.{name}: the use_reentrant parameter should be passed explicitly. use_reentrant=False is "
        "recommended, but if you need to preserve the current default behavior, you can pass use_reentrant=True.",
        stacklevel=3,
    )


# ---- without reentry -------------------------------------------------------------------------------------------------


def _now() -> int:
    """The sequence number that the next recorded operation exceeds."""
    return next(clock)


def _tensors(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, dict):
        value = value.values()
    return [t for part in value for t in _tensors(part)] if isinstance(value, Iterable) and not isinstance(
        value, str | bytes
    ) else []  # fmt: skip


def _recorded(outputs: Any, first: int) -> list[Node]:
    """The nodes behind `outputs` that were recorded after `first`, in the order of recording."""
    found: dict[int, Node] = {}
    waiting = [t.grad_fn for t in _tensors(outputs)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Node) and node.sequence_nr > first and node.sequence_nr not in found:
            found[node.sequence_nr] = node
            waiting += [edge[0] for edge in node.edges if edge is not None]
    return [found[number] for number in sorted(found)]


class _Part:
    """One checkpointed call: how to run it again, and which node waits for what it saves."""

    def __init__(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], keeps_rng: bool
    ) -> None:
        self.function, self.args, self.kwargs = function, args, kwargs
        self.state = get_rng_state() if keeps_rng else None
        self.waiting: list[weakref.ref[_Later]] = []  # weak: each of them holds this part
        self.names: list[str] = []

    def empty(self, outputs: Any, first: int) -> None:
        """Take from the part's nodes what they saved."""
        nodes: list[Any] = _recorded(outputs, first)
        self.names = [node.name() for node in nodes]
        for number, node in enumerate(nodes):
            if type(node._saved) is Saved:  # what saved_tensors_hooks packed stays packed
                node._saved = _Later(self, number)
                self.waiting.append(weakref.ref(node._saved))

    def run_again(self) -> None:
        with fork_rng(enabled=self.state is not None), enable_grad():
            if self.state is not None:
                set_rng_state(self.state)
            first = _now()
            twins = _recorded(self.function(*self.args, **self.kwargs), first)
        if self.names != [twin.name() for twin in twins]:
            raise CheckpointError(
                "checkpoint: the function recorded other operations in backward than in forward: "
                f"{', '.join(twin.name() for twin in twins)} instead of {', '.join(self.names)}"
            )
        for reference in self.waiting:
            later = reference()
            if later is not None and later.found is None:
                later.found = _copy(twins[later.number]._saved)  # type: ignore[attr-defined]  # an Op


def _copy(saved: Saved) -> Saved:
    """The same arrays under a list of one's own: the twin, which a second derivative passes, releases its own."""
    copy = Saved.__new__(Saved)
    copy.arrays, copy.sources = saved.arrays, list(saved.sources)
    return copy


class _Later(Saved):
    """What a node saved, once the function has run again."""

    __slots__ = ("__weakref__", "found", "number", "part")

    def __init__(self, part: _Part, number: int) -> None:
        self.part: _Part | None = part
        self.number = number
        self.found: Any = None

    def check(self, node: Node) -> None:
        if self.found is RELEASED:
            raise RuntimeError(SECOND_TIME)
        if self.found is None:
            assert self.part is not None
            self.part.run_again()
        self.found.check(node)

    @property
    def arrays(self) -> Any:
        return self.found.arrays

    @property
    def sources(self) -> Any:  # type: ignore[override]  # of what was found
        return self.found.sources

    def tensors(self, node: Any) -> list[Any]:
        """What was saved: arrays, or Tensors when `node`'s backward is itself being recorded."""
        if not node.recording:
            return list(self.arrays)
        return [node._as_tensor(array, source) for array, source in zip(self.arrays, self.sources, strict=True)]

    def release(self) -> None:
        self.found, self.part = RELEASED, None


# ---- with reentry ----------------------------------------------------------------------------------------------------


class CheckpointFunction(autograd.Function):
    """A function as one node, whose backward runs it again: ``checkpoint(…, use_reentrant=True)``.

    Shapes: those of the function.
    Errors: those of the function, in forward and again in backward.

    Source: https://docs.pytorch.org/docs/stable/checkpoint.html

    >>> import minitorch as torch
    >>> torch.utils.checkpoint.checkpoint(torch.exp, torch.ones(1, requires_grad=True), use_reentrant=True)
    tensor([2.7183], grad_fn=<CheckpointFunctionBackward>)
    """

    @staticmethod
    def forward(ctx: Any, function: Callable[..., Any], preserve_rng_state: bool, *args: Any) -> Any:
        """Run the function without recording, and keep its arguments."""
        if not any(isinstance(x, Tensor) and x.requires_grad for x in args):
            warnings.warn("None of the inputs have requires_grad=True. Gradients will be None", stacklevel=2)
        ctx.function = function
        ctx.state = get_rng_state() if preserve_rng_state else None
        ctx.others = [None if isinstance(x, Tensor) else x for x in args]
        ctx.places = [i for i, x in enumerate(args) if isinstance(x, Tensor)]
        ctx.save_for_backward(*[x for x in args if isinstance(x, Tensor)])
        with no_grad():
            return function(*args)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        """Run the function again, recording, walk through it, and hand on what reached its arguments."""
        inputs = list(ctx.others)
        for place, tensor in zip(ctx.places, ctx.saved_tensors, strict=True):
            inputs[place] = tensor.detach().requires_grad_(tensor.requires_grad)
        with fork_rng(enabled=ctx.state is not None), enable_grad():
            if ctx.state is not None:
                set_rng_state(ctx.state)
            outputs = ctx.function(*inputs)
        outputs = (outputs,) if isinstance(outputs, Tensor) else outputs
        pairs = [
            (out, g)
            for out, g in zip(outputs, gradients, strict=True)
            if isinstance(out, Tensor) and out.requires_grad
        ]
        if not pairs:
            raise RuntimeError(
                "none of output has requires_grad=True, this checkpoint() is not necessary"
            )
        autograd.backward([out for out, _ in pairs], [g for _, g in pairs])
        return (None, None, *[x.grad if isinstance(x, Tensor) else None for x in inputs])


# ---- many parts ------------------------------------------------------------------------------------------------------


def checkpoint_sequential(
    functions: Any, segments: int, input: Any, use_reentrant: bool | None = None, **kwargs: Any
) -> Any:
    """Apply `functions`, a Sequential or a list, in turn to `input`, in `segments` parts: all but the last checkpointed.

    `preserve_rng_state` as in `checkpoint`.

    Shapes: input that the first function takes → what the last one gives.
    Errors: ValueError for other keywords, and for more segments than functions.

    Source: https://docs.pytorch.org/docs/stable/checkpoint.html#torch.utils.checkpoint.checkpoint_sequential

    >>> import minitorch as torch
    >>> net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.Linear(3, 1))
    >>> torch.utils.checkpoint.checkpoint_sequential(net, 2, torch.ones(4, 2), use_reentrant=False).shape
    torch.Size([4, 1])
    """
    if use_reentrant is None:
        _warn_about_default("checkpoint_sequential")
        use_reentrant = True
    keeps_rng = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    steps: Sequence[Callable[..., Any]] = list(functions.children() if hasattr(functions, "children") else functions)
    size = len(steps) // segments
    if size == 0:
        raise ValueError(f"checkpoint_sequential: {segments} segments of {len(steps)} functions")

    def run(start: int, end: int) -> Callable[..., Any]:
        def part(x: Any) -> Any:
            for step in steps[start:end]:
                x = step(x)
            return x

        return part

    start = 0
    for _ in range(segments - 1):
        part = run(start, start + size)
        input = checkpoint(part, input, use_reentrant=use_reentrant, preserve_rng_state=keeps_rng)
        start += size
    return run(start, len(steps))(input)
