"""The graph: a node for every recorded operation, with edges to whatever its inputs came from.

A tensor that was computed points at the node that computed it (`tensor.grad_fn`); a node points at the nodes of its
inputs, never forward. So the graph is held by its results alone, and goes when they go.
"""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..tensor import Tensor

# Where a gradient goes: to output number `int` of the node that made an input, or to a leaf tensor itself.
Edge = tuple[Any, int]

clock: Iterator[int] = itertools.count()  # of the sequence numbers

some_detached: list[bool] = []  # not empty once detach_ was called on a result; until then nobody need look for it
recorders: list[Any] = []  # while a CUDA graph is captured: they are told of operations, gradients, modules, optimizers
pack_hooks: list[Any] = []  # what is being saved goes through the last pair: see saving.py


class _Released:
    """Stands in for saved arrays after `backward` has let them go."""


RELEASED = _Released()

SECOND_TIME = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already been "
    "freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify "
    "retain_graph=True if you need to backward through the graph a second time or if you need to access saved tensors "
    "after calling backward."
)


class Node:
    """One recorded operation.

    edges        one per input: where that input's gradient goes, or None if it needs none
    outputs      one per output: (shape, NumPy dtype), what a gradient arriving there must look like
    sequence_nr  when it was recorded. A node is made after the nodes of its inputs, so later numbers first is an
                 order in which every node has its whole gradient before it passes it on.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/autograd.html#autograd-graph

    >>> import minitorch as torch
    >>> x = torch.ones(2, requires_grad=True)
    >>> node = (x * 2).grad_fn
    >>> isinstance(node, torch.autograd.graph.Node), node.name(), node.next_functions[0][0].name()
    (True, 'MulBackward0', 'AccumulateGrad')
    """

    edges: Sequence[Edge | None] = ()
    outputs: list[tuple[tuple[int, ...], Any]] = []
    sequence_nr: int = -1
    needs: Sequence[Any] = ()  # one per input, true if it needs a gradient: an Op takes its edges for that
    recording: bool = False  # inside backward: whether it runs on Tensors and is itself recorded (create_graph)

    # Rare things are class-level defaults, so that a node without them costs nothing.
    tensor_hooks: dict[int, OrderedDict[int, Callable[..., Any]]] | None = None
    retained: dict[int, Any] | None = None  # output number → weak reference to the tensor that wants its .grad
    _hooks: OrderedDict[int, Callable[..., Any]] | None = None
    _prehooks: OrderedDict[int, Callable[..., Any]] | None = None

    # Noted while anomaly detection is on: see anomaly_mode.py.
    forward_stack: Any = None
    forward_parent: Node | None = None
    made_nan: bool = False

    def stamp(self, outputs: Any) -> None:
        """Take the next sequence number. Every node comes by here when it is recorded, with its output tensors."""
        self.sequence_nr = next(clock)

    def name(self) -> str:
        """The operation's name, such as ``MulBackward0``."""
        return type(self).__name__

    def __repr__(self) -> str:
        return f"<{self.name()} object at {hex(id(self))}>"

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """One ``(node, output number)`` per input: the node the gradient goes to next, None where it stops."""
        return tuple(
            (None, 0) if edge is None else (edge[0] if isinstance(edge[0], Node) else AccumulateGrad(edge[0]), edge[1])
            for edge in self.edges
        )

    def register_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(grad_inputs, grad_outputs)`` after this node's backward; what it returns replaces grad_inputs."""
        if self._hooks is None:
            self._hooks = OrderedDict()
        return RemovableHandle(self._hooks, hook)

    def register_prehook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(grad_outputs)`` before this node's backward; what it returns replaces grad_outputs."""
        if self._prehooks is None:
            self._prehooks = OrderedDict()
        return RemovableHandle(self._prehooks, hook)

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError(f"cannot pickle '{self.name()}' object")

    def run(self, gradients: list[Any], create_graph: bool) -> tuple[Any, ...]:
        """Gradients of the outputs in, gradients of the inputs out (arrays, or Tensors when `create_graph`)."""
        raise NotImplementedError(f"{self.name()} has no backward")

    def release(self) -> None:
        """Let go of what was saved for backward."""


class AccumulateGrad(Node):
    """What PyTorch shows at the end of a path: the place where a leaf's gradient is added to its ``.grad``.

    The walk delivers to the leaf itself; this node exists for `next_functions` alone.
    """

    def __init__(self, variable: Tensor) -> None:
        self.variable = variable


class RemovableHandle:
    """What registering a hook returns: ``remove()`` takes the hook out again; also a context manager."""

    _ids = itertools.count()

    def __init__(self, hooks: OrderedDict[int, Any], hook: Any) -> None:
        self.hooks = hooks
        self.id: int = next(RemovableHandle._ids)
        hooks[self.id] = hook

    def remove(self) -> None:
        """Take the hook out; harmless when done twice."""
        self.hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()


class Saved:
    """What one node keeps for its backward, and the check that nobody has changed it since.

    Every tensor that owns memory has a version counter, shared by its views, and every in-place change adds one. The
    value of the counter is noted here, and compared when the values are needed: a changed input would give a wrong
    gradient without a word.
    """

    __slots__ = ("arrays", "sources")

    def __init__(
        self, kept: tuple[Any, ...], inputs: Sequence[Any], arrays: Sequence[Any], outputs: Sequence[Tensor]
    ) -> None:
        self.arrays: Any = kept
        # For each array the tensor it belongs to, found by identity. An output is noted by its number and counter
        # only: holding the tensor itself, which holds this node, would be a cycle that only the collector can free.
        self.sources: list[Any] = []
        for array in kept:
            source: Any = None
            if array is not None:
                for i, candidate in enumerate(arrays):
                    if candidate is array and (x := inputs[i]) is not array:  # `x` is a Tensor
                        counter = x._counter
                        source = x, counter, counter[0]
                        break
                else:
                    for nr, out in enumerate(outputs):
                        if out._array is array:
                            counter = out._counter
                            source = nr, counter, counter[0]
                            break
            self.sources.append(source)

    def check(self, node: Node) -> None:
        """Raise RuntimeError if anything kept has been released, or changed in place."""
        if self.arrays is RELEASED:
            raise RuntimeError(SECOND_TIME)
        for i, source in enumerate(self.sources):
            if source is None:
                continue
            owner, counter, version = source
            if counter[0] != version:
                raise RuntimeError(self._changed(node, self.arrays[i], owner, counter[0], version))
            if some_detached and not isinstance(owner, int) and owner._detached_at >= node.sequence_nr:
                raise RuntimeError(
                    "Trying to use a saved tensor that has been detached in-place, i.e. with .detach_(). This is not "
                    f"supported, please use out-of-place `.detach()` instead. {node.name()} saved it."
                )

    def _changed(self, node: Node, array: Any, owner: Any, now: int, version: int) -> str:
        if isinstance(owner, int):
            made_by = f"which is output {owner} of {node.name()}"
        elif owner._grad_fn is not None:
            made_by = f"which is output {owner._output_nr} of {owner._grad_fn.name()}"
        else:
            made_by = "which is a leaf"
        return (
            "one of the variables needed for gradient computation has been modified by an inplace operation: "
            f"{list(array.shape)} {array.dtype}, {made_by}, saved by {node.name()}, is at version {now}; "
            f"expected version {version} instead. Change a copy (x.clone()) or use the out-of-place form."
        )

    def follow(self, nr: int, tensor: Tensor) -> None:
        """Output `nr` was written into `tensor` by an in-place operation: watch that tensor's counter from now on."""
        self.sources = [
            (nr, tensor._counter, tensor._counter[0])
            if source is not None and isinstance(source[0], int) and source[0] == nr
            else source
            for source in self.sources
        ]

    def keep_original(self, tensor: Tensor, uses: int) -> None:
        """The operation's result is about to overwrite its own input `tensor`: keep a copy of what it was.

        That goes for the operand that is overwritten, the first of the `uses` of this memory among the operands. In
        ``y.mul_(y)`` the other one is changed behind the operation's back, as any saved tensor might be, and `check`
        will say so.
        """
        from ..tensor import wrap

        places = [i for i, source in enumerate(self.sources) if source is not None and source[0] is tensor]
        original: Tensor | None = None
        arrays = list(self.arrays)
        for i in places[: max(0, len(places) - uses + 1)]:
            if original is None:
                original = wrap(arrays[i].copy())
                original._grad_fn, original._output_nr = tensor.grad_fn, tensor._output_nr
                original._requires_grad = tensor._requires_grad
            arrays[i] = original._array
            self.sources[i] = (original, original._counter, 0)
        self.arrays = tuple(arrays)

    def release(self) -> None:
        """Let the arrays go."""
        self.arrays = RELEASED
        self.sources = []
