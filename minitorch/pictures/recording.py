"""What a walk back delivers, one gradient after the other, noted while the engine walks.

The walk is the engine's own (`autograd/engine.py`); a hook on every node notes what the node was given and what its
backward returned, in the order in which the engine runs the nodes. The engine delivers what a node returned input by
input, after `fit` has brought it to the input's shape and dtype. All that is added up here is compared with what the
engine added up: the record is right to the last bit, or RuntimeError is raised.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..autograd import engine
from ..autograd.node import Node
from ..tensor import Tensor
from ..utils.checkpoint import CheckpointFunction
from .graph import nodes_of
from .text import on_host


@dataclass
class Delivery:
    """One gradient on its way: from `source` (None: it starts the walk) to output `output` of the node `target`, or to
    the leaf `target`."""

    source: Node | None
    input: int  # which input of the source it belongs to
    incoming: list[np.ndarray | None]  # the gradients of the source's outputs
    raw: np.ndarray  # what backward returned
    sent: np.ndarray  # that in the shape and dtype of the input
    target: Any
    output: int
    before: np.ndarray | None  # what had arrived there earlier
    total: np.ndarray  # and together with this
    arrival: int = 1
    arrivals: int = 1
    is_changed: bool = False  # a hook of the user's has changed `incoming` since it was added up


@dataclass
class Recording:
    """All deliveries in their order, the nodes in the order in which they ran, and what the engine gave the leaves."""

    deliveries: list[Delivery]
    order: list[Node]
    leaves: dict[Tensor, np.ndarray]


def record(tensors: Sequence[Tensor], gradients: Sequence[Tensor | None]) -> Recording:
    """Walk back from `tensors` as `backward` would, and note what is delivered. No ``.grad`` changes.

    Errors are those of `backward`. Hooks on tensors and nodes run, as in `backward`; those of leaves do not.
    """
    roots = engine._roots(tensors, gradients, False)
    nodes = nodes_of(tensors)
    for node in nodes:
        if getattr(node, "_function", None) is CheckpointFunction:
            raise NotImplementedError(
                "a checkpoint with use_reentrant=True walks on its own inside its backward: use use_reentrant=False"
            )
    note = _Notes()
    for target, nr, g in roots:
        note.deliver(None, 0, [], g, g, (target, nr))
    before, engine.current.walk = engine.current.walk, engine.Walk(roots, None)
    try:
        with _hooked(nodes, note.hook_of), _grads_kept(nodes):
            leaves, _ = engine._walk_from(roots, True, False, None)
    finally:
        engine.current.walk = before
    made = Recording(note.deliveries, note.order, {leaf: on_host(g) for leaf, g in leaves.items()})
    note.finish(made)
    return made


class _Notes:
    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.order: list[Node] = []
        self.last: dict[Any, Delivery] = {}  # the latest delivery to each place

    def deliver(self, source: Node | None, i: int, incoming: list[Any], raw: Any, sent: Any, edge: Any) -> None:
        place = (edge[0], edge[1])
        g = on_host(sent).copy()
        last = self.last.get(place)
        self.last[place] = made = Delivery(
            source, i, incoming, on_host(raw).copy(), g, *place, None if last is None else last.total,
            g if last is None else np.asarray(last.total + g), 1 if last is None else last.arrival + 1,
        )  # fmt: skip
        self.deliveries.append(made)

    def hook_of(self, node: Node) -> Callable[..., Any]:
        def hook(grad_inputs: tuple[Any, ...], grad_outputs: tuple[Any, ...]) -> None:
            self.order.append(node)
            incoming = [None if g is None else on_host(g).copy() for g in grad_outputs]
            has_hooks = bool(node.tensor_hooks or node._prehooks)
            is_changed = False
            for nr, g in enumerate(incoming):
                last = self.last.get((node, nr))
                if last is None and g is None:
                    continue
                if last is None or not _same(last.total, g):
                    if not has_hooks:
                        raise _mismatch(node.name())
                    is_changed = True
            for i, (edge, g) in enumerate(zip(node.edges, grad_inputs, strict=False)):
                if edge is not None and g is not None:
                    shape, dtype = (
                        (edge[0]._array.shape, edge[0]._array.dtype)
                        if isinstance(edge[0], Tensor)
                        else edge[0].outputs[edge[1]]
                    )
                    self.deliver(node, i, incoming, g, engine.fit(g._array, shape, dtype, node, i), edge)
                    self.deliveries[-1].is_changed = is_changed

        return hook

    def finish(self, made: Recording) -> None:
        """Count the arrivals, and hold the leaves' sums against the engine's."""
        for d in self.deliveries:
            d.arrivals = self.last[d.target, d.output].arrival
        sums = {place[0]: d.total for place, d in self.last.items() if isinstance(place[0], Tensor)}
        if set(sums) != set(made.leaves) or any(not _same(sums[t], g) for t, g in made.leaves.items()):
            raise _mismatch("a leaf")


def _mismatch(where: str) -> RuntimeError:
    return RuntimeError(f"what was noted of the walk and what the engine added up differ at {where}: please report it")


def _same(a: np.ndarray, b: np.ndarray | None) -> bool:
    return b is not None and a.dtype == b.dtype and np.array_equal(a, b, equal_nan=True)


@contextmanager
def _hooked(nodes: Sequence[Node], hook_of: Callable[..., Any]) -> Any:
    """A hook on every node, the last of its hooks; afterwards everything is as it was."""
    before = [node._hooks for node in nodes]
    handles = [node.register_hook(hook_of(node)) for node in nodes]
    try:
        yield
    finally:
        for node, handle, hooks in zip(nodes, handles, before, strict=True):
            handle.remove()
            node._hooks = hooks


@contextmanager
def _grads_kept(nodes: Sequence[Node]) -> Any:
    """A walk adds to the ``.grad`` of results that retain theirs: put back what was there."""
    retained = [t for node in nodes for r in (node.retained or {}).values() if (t := r()) is not None]
    before = [t._grad for t in retained]
    try:
        yield
    finally:
        for t, g in zip(retained, before, strict=True):
            t._grad = g
