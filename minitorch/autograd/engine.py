"""The walk: from a result back to the leaves, delivering gradients.

By the chain rule a node's gradient is the sum of what all its users send it, and only the whole sum may be passed on.
So the order matters: a node must come after all its users. Sequence numbers give that order for free. A node is
recorded after the nodes its inputs came from, hence every user has a larger number, and taking the largest number
first never meets a node too early. (In `y = x·x; z = y + y·x` the addition goes first, then `y·x`, then `x·x`, which by
then has been sent both of its gradients.)
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from heapq import heappop, heappush
from operator import attrgetter
from typing import Any

import numpy as np

from ..device import array_module
from ..tensor import Tensor, wrap
from . import anomaly_mode
from .grad_mode import mode
from .node import Node, recorders
from .op import edge_of
from .quiet import SILENT, setting


class Walk:
    """What a hook can ask about the walk that it is called from: whether that walk comes by a tensor.

    `gathered` is room for what hooks on several tensors have seen in this walk.
    """

    __slots__ = ("gathered", "places", "roots", "wanted")

    def __init__(self, roots: Sequence[Any], wanted: set[Any] | None) -> None:
        self.roots: Sequence[Any] = roots
        self.wanted: set[Any] | None = wanted
        self.places: set[Any] | None = None
        self.gathered: dict[Any, list[Any]] = {}

    def reaches(self, t: Tensor) -> bool:
        """Whether a gradient for `t` may arrive."""
        if self.places is None:
            on_path = None
            if self.wanted is not None:
                on_path = _paths_to(self.wanted, [root[0] for root in self.roots], False)
            self.places = set()
            stack = [root[0] for root in self.roots]
            while stack:
                place = stack.pop()
                if place in self.places:
                    continue
                if isinstance(place, Tensor):
                    if self.wanted is None or place in self.wanted:
                        self.places.add(place)
                elif on_path is None or place in on_path:
                    self.places.add(place)
                    stack += [edge[0] for edge in place.edges if edge is not None]
        return (t if t.grad_fn is None else t.grad_fn) in self.places


class _Current(threading.local):
    walk: Walk | None = None


current: _Current = _Current()


def walk(
    roots: Sequence[tuple[Node | Tensor, int, Any]],
    *,
    create_graph: bool,
    retain_graph: bool,
    wanted: set[Any] | None = None,
    run_wanted: bool = False,
) -> tuple[dict[Tensor, Any], dict[tuple[Node, int], Any]]:
    """Deliver gradients from `roots` (node, output number, gradient) back through the graph.

    Returns the gradients that reached leaves, and those that passed the `wanted` (node, output number) pairs. With
    `wanted` given, only nodes on a path to a wanted place run (and the wanted ones, if `run_wanted`). Gradients are arrays, or Tensors when `create_graph`.
    """
    on_path = None if wanted is None else _paths_to(wanted, [root[0] for root in roots], run_wanted)
    wanted_nodes = set() if wanted is None else _nodes_of(wanted)
    pending: dict[Node, list[Any]] = {}  # node → the gradient gathered so far for each of its outputs
    ready: list[tuple[int, Node]] = []  # the pending nodes, largest sequence number first
    leaves: dict[Tensor, Any] = {}
    passed: dict[tuple[Node, int], Any] = {}

    run_node, is_watched = _run_node, anomaly_mode.switch.is_on
    if is_watched:
        run_node = anomaly_mode.watched(_run_node, [root[0] for root in roots if isinstance(root[0], Node)])

    node: Any = None
    edges: Sequence[Any] = [root[:2] for root in roots]
    results: Sequence[Any] = [root[2] for root in roots]
    is_only_root = len(roots) == 1  # its hooks run, as in PyTorch, even if nothing that is wanted lies beyond it
    while True:
        # Deliver what the last node gave, beginning with the roots.
        for i, edge in enumerate(edges):
            if edge is None or (g := results[i]) is None:
                continue
            target, nr = edge
            is_leaf = isinstance(target, Tensor)
            shape, dtype = (target._array.shape, target._array.dtype) if is_leaf else target.outputs[nr]
            if type(g) is not np.ndarray or g.shape != shape or g.dtype is not dtype:
                g = fit(g, shape, dtype, node, i)
            # Never add in place: `g` may be someone else's array, too.
            if is_leaf:
                leaves[target] = leaves[target] + g if target in leaves else g
            elif on_path is None or target in on_path or is_only_root:
                gathered = pending.get(target)
                if gathered is None:
                    gathered = pending[target] = [None] * len(target.outputs)
                    heappush(ready, (-target.sequence_nr, target))
                gathered[nr] = g if gathered[nr] is None else gathered[nr] + g
        is_only_root = False

        # Run the next one.
        if not ready:
            return leaves, passed
        _, node = heappop(ready)
        gradients = pending.pop(node)
        if on_path is None:
            if node.tensor_hooks is not None or node.retained is not None:
                _run_tensor_hooks(node, gradients, create_graph)
            if is_watched or node._prehooks or node._hooks:
                results = run_node(node, gradients, create_graph)
            else:
                results = node.run(gradients, create_graph)
        else:
            is_end = not on_path.get(node)  # wanted for itself; nothing wanted lies beyond it
            if not is_end and node in wanted_nodes:
                _note(passed, wanted, node, gradients)  # as in PyTorch, before its hooks, but after them at an end
            if node.tensor_hooks is not None or node.retained is not None:
                _run_tensor_hooks(node, gradients, create_graph)
            if is_end:
                _note(passed, wanted, node, gradients)
                edges = ()
                continue
            needs, node.needs = node.needs, _needed(node, on_path, wanted)
            try:
                results = run_node(node, gradients, create_graph)
            finally:
                node.needs = needs
        if not retain_graph:
            node.release()
        edges = node.edges
        if len(results) < len(edges):
            raise RuntimeError(
                f"function {node.name()} returned an incorrect number of gradients "
                f"(expected {len(edges)}, got {len(results)})"
            )


def _needed(node: Node, on_path: dict[Node, bool], wanted: Any) -> list[bool]:
    """Which inputs need a gradient in this walk: what leads to nothing that is wanted need not be computed."""
    return [edge is not None and (edge[0] in on_path or edge[0] in wanted) for edge in node.edges]


def _note(passed: dict[Any, Any], wanted: Any, node: Node, gradients: list[Any]) -> None:
    for nr, g in enumerate(gradients):
        if (node, nr) in wanted:
            passed[node, nr] = g


def fit(g: Any, shape: tuple[int, ...], dtype: Any, node: Node, index: int) -> Any:
    """Bring a gradient to its input's shape and dtype: the one place where broadcasting and casts are undone.

    Where the forward copied an element to many places, each copy sends a gradient back, and they add up.
    """
    is_tensor = isinstance(g, Tensor)
    array = g._array if is_tensor else g
    if array.shape != shape:
        extra = array.ndim - len(shape)
        stretched = tuple(range(extra)) + tuple(
            extra + i for i, n in enumerate(shape) if n == 1 and extra >= 0 and array.shape[extra + i] != 1
        )
        if extra < 0 or any(n not in (1, m) for n, m in zip(shape, array.shape[extra:], strict=True)):
            raise RuntimeError(
                f"Function {node.name()} returned an invalid gradient at index {index} - got {list(array.shape)} "
                f"but expected shape compatible with {list(shape)}"
            )
        g = g.sum(stretched, keepdims=True).reshape(shape)
        array = g._array if is_tensor else g
    if array.dtype != dtype:
        if array.dtype.kind != "f":
            raise RuntimeError(f"Function {node.name()} returned a gradient of dtype {array.dtype} at index {index}")
        g = g._cast(dtype) if is_tensor else g.astype(dtype)
    if not is_tensor and isinstance(g, np.generic):
        g = np.asarray(g)
    return g


def _run_node(node: Node, gradients: list[Any], create_graph: bool) -> tuple[Any, ...]:
    if node._prehooks:
        gradients = _call_node_hooks(node._prehooks, create_graph, gradients)
    results = node.run(gradients, create_graph)
    if node._hooks:
        results = tuple(_call_node_hooks(node._hooks, create_graph, list(results), gradients))
    return results


def _call_node_hooks(hooks: Any, create_graph: bool, replaced: list[Any], *others: list[Any]) -> list[Any]:
    for hook in list(hooks.values()):
        answer = hook(*(tuple(_to_tensor(g) for g in gs) for gs in (replaced, *others)))
        if answer is not None:
            if not isinstance(answer, tuple):
                raise TypeError(f"expected tuple, but hook returned '{type(answer).__name__}'")
            replaced = [g if create_graph else _to_array(g) for g in answer]
    return replaced


def _run_tensor_hooks(node: Node, gradients: list[Any], create_graph: bool) -> None:
    for nr, hooks in (node.tensor_hooks or {}).items():
        if gradients[nr] is not None:
            gradients[nr] = call_tensor_hooks(hooks, gradients[nr], create_graph)
    for nr, reference in (node.retained or {}).items():
        tensor = reference()
        if tensor is not None and gradients[nr] is not None:
            g = _to_tensor(gradients[nr])
            tensor._grad = g.clone() if tensor._grad is None else tensor._grad + g


def call_tensor_hooks(hooks: Any, g: Any, create_graph: bool) -> Any:
    """Run a tensor's hooks on its gradient; each may return another to use instead."""
    for hook in list(hooks.values()):
        answer = hook(_to_tensor(g))
        if answer is not None:
            if not isinstance(answer, Tensor):
                raise TypeError(f"a hook must return a Tensor or None, not {type(answer).__name__}")
            before, after = _to_array(g), answer._array
            if before.dtype != after.dtype:
                raise RuntimeError(f"a hook has changed the type of value (was {before.dtype} got {after.dtype})")
            if before.shape != after.shape:
                raise RuntimeError("a hook has changed the size of value")
            g = answer if create_graph else after
    return g


def _to_tensor(g: Any) -> Any:
    return g if g is None or isinstance(g, Tensor) else wrap(g)


def _to_array(g: Any) -> Any:
    return g._array if isinstance(g, Tensor) else g


def _paths_to(wanted: set[Any], roots: Sequence[Any], run_wanted: bool) -> dict[Node, bool]:
    """For every node to pass: whether it is to run, since a wanted place lies beyond it (else it is wanted itself).

    With `run_wanted` a wanted node runs in any case, which is what `backward(inputs=…)` does in PyTorch.
    """
    nodes = {root for root in roots if isinstance(root, Node)}
    stack = list(nodes)
    while stack:
        for edge in stack.pop().edges:
            if edge is not None and (target := edge[0]) not in nodes and isinstance(target, Node):
                nodes.add(target)
                stack.append(target)
    on_path: dict[Node, bool] = {}
    wanted_nodes = _nodes_of(wanted)
    for node in sorted(nodes, key=attrgetter("sequence_nr")):  # inputs before users
        for edge in node.edges:
            if edge is not None and (edge[0] in on_path or edge[0] in wanted):
                on_path[node] = True
                break
        else:
            if node in wanted_nodes:
                on_path[node] = run_wanted
    return on_path


def _nodes_of(places: set[Any]) -> set[Node]:
    return {place[0] for place in places if isinstance(place, tuple)}


def _references(g: Any) -> int:
    return sys.getrefcount(g)


def _references_when_alone() -> int:
    """What getrefcount says, two calls deep, of an array that nobody else holds: it depends on Python's version."""
    leaves = {None: np.empty(1)}
    _, g = leaves.popitem()
    return _references(g)


_ALONE = _references_when_alone()


def accumulate(leaf: Tensor, g: Any) -> None:
    """``leaf.grad += g``. The first gradient is taken over as it is if nobody else holds its array, else copied.

    Taking it over saves a copy of every weight gradient; but `x + y` sends one array to both x and y, and each
    must have a ``.grad`` of its own, since the next backward and the user's ``zero_`` write into it.
    """
    for recorder in recorders:
        recorder.saw_leaf(leaf)
    grad = leaf._grad
    if grad is None:
        if not isinstance(g, Tensor):
            if g.base is not None or sys.getrefcount(g) > _ALONE or not g.flags.c_contiguous:
                g = g.copy()
            g = wrap(g)
        elif not g._requires_grad:
            g = g.clone()
        leaf._grad = g
    elif isinstance(g, Tensor) and (g._requires_grad or grad._requires_grad):
        leaf.grad = grad + g
    else:
        total = grad._array
        array_module(total).add(total, _to_array(g), out=total)
        grad._bump_version()


def backward(
    tensors: Sequence[Tensor],
    gradients: Sequence[Tensor | None],
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Sequence[Tensor] | None = None,
) -> None:
    """Add to the ``.grad`` of every leaf (or of `inputs`) what `tensors`, weighted by `gradients`, owe it."""
    wanted = None
    roots = _roots(tensors, gradients, create_graph)
    if inputs is not None:
        if not inputs:
            raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
        for t in inputs:
            t.retain_grad()  # so that the walk leaves its gradient there; an error where none is required
        wanted = _places(inputs)
    before, current.walk = current.walk, Walk(roots, wanted)
    try:
        leaves, _ = _walk_from(roots, retain_graph, create_graph, wanted, run_wanted=True)
        _hand_over(leaves, wanted, create_graph)
    finally:
        current.walk = before


def _hand_over(leaves: dict[Tensor, Any], wanted: set[Any] | None, create_graph: bool) -> None:
    """Add the gradients that reached leaves to their ``.grad``, hooks before and after."""
    while leaves:
        leaf, g = leaves.popitem()
        if wanted is not None and leaf not in wanted:
            continue
        if leaf._hooks:
            g = call_tensor_hooks(leaf._hooks, g, create_graph)
        if not leaf._requires_grad:
            continue  # switched off since it was used
        if leaf._grad_fn is not None or (leaf._base is not None and leaf.grad_fn is not None):
            raise RuntimeError("leaf variable has been moved into the graph interior: it was changed in place after use")
        accumulate(leaf, g)
        if leaf._post_accumulate_hooks:
            for hook in list(leaf._post_accumulate_hooks.values()):
                hook(leaf)


def gradients_of(
    outputs: Sequence[Tensor],
    inputs: Sequence[Tensor],
    gradients: Sequence[Tensor | None],
    retain_graph: bool | None,
    create_graph: bool,
) -> list[Tensor | None]:
    """The gradients of `inputs`, None for one that `outputs` do not depend on. Nothing's ``.grad`` is touched."""
    for t in inputs:
        if not t.requires_grad:
            raise RuntimeError("One of the differentiated Tensors does not require grad")
    roots = _roots(outputs, gradients, create_graph)
    wanted = _places(inputs)
    results: list[Tensor | None] = []
    before, current.walk = current.walk, Walk(roots, wanted)
    try:
        leaves, passed = _walk_from(roots, retain_graph, create_graph, wanted)
        for t in inputs:
            if t.grad_fn is not None:
                g = passed.get((t.grad_fn, t._output_nr))
            else:
                g = leaves.get(t)
                if g is not None and t._hooks:
                    g = call_tensor_hooks(t._hooks, g, create_graph)
            results.append(g if g is None or isinstance(g, Tensor) else wrap(g))
    finally:
        current.walk = before
    return results


def _places(inputs: Sequence[Tensor]) -> set[Any]:
    return {(t.grad_fn, t._output_nr) if t.grad_fn is not None else t for t in inputs}


def _roots(tensors: Sequence[Tensor], gradients: Sequence[Tensor | None], create_graph: bool) -> list[Any]:
    roots = []
    for i, (t, g) in enumerate(zip(tensors, gradients, strict=True)):
        edge = edge_of(t)
        if edge is None:
            raise RuntimeError(f"element {i} of tensors does not require grad and does not have a grad_fn")
        roots.append((*edge, _first_gradient(i, t, g, create_graph)))
    return roots


def _walk_from(
    roots: list[Any], retain_graph: bool | None, create_graph: bool, wanted: set[Any] | None, run_wanted: bool = False
) -> Any:
    before = mode.enabled
    mode.enabled = create_graph
    silence = setting.set(SILENT)
    try:
        return walk(
            roots,
            create_graph=create_graph,
            retain_graph=create_graph if retain_graph is None else retain_graph,
            wanted=wanted,
            run_wanted=run_wanted,
        )
    finally:
        setting.reset(silence)
        mode.enabled = before


def _first_gradient(i: int, t: Tensor, g: Tensor | None, create_graph: bool) -> Any:
    if g is None:
        if t._array.size != 1:
            raise RuntimeError(
                f"grad can be implicitly created only for scalar outputs, but the tensor has shape {list(t.shape)}; "
                "reduce it first (.sum(), .mean()) or pass gradient="
            )
        one = array_module(t._array).empty_like(t._array)
        one.fill(1)
        return wrap(one) if create_graph else one
    if g._array.shape != t._array.shape:
        raise RuntimeError(
            f"Mismatch in shape: grad_output[{i}] has a shape of {g.shape} and output[{i}] has a shape of {t.shape}."
        )
    if g._array.dtype != t._array.dtype:
        g = g._cast(t._array.dtype)
    return g if create_graph else g._array
