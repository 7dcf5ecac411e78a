"""Views and in-place changes: what a change of a tensor means for those that share its memory, and what is refused.

A view knows its base, the tensor that owns the memory, and the view operations that lead from the base to it. In-place
on a view gives the base a new history, "the old base with that part replaced" (`ViewScatter`). In-place on the base, or
on another view of it, leaves a view with a history that is out of date, which the shared version counter tells; it is
told anew from the base's present history when somebody asks for it (`refresh`).

Some views have no such second history, and PyTorch refuses what would need one: those made under `no_grad`, the outputs
of operations that return several views, and views that a user's `Function` returned. They are called frozen here.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..device import array_module
from ..tensor import Tensor, wrap
from .grad_mode import enable_grad
from .node import SECOND_TIME, Edge
from .op import Op, edge_of

# Why a view is frozen, if it is.
NO_GRAD = 1
ONE_OF_SEVERAL = 2
OF_A_FUNCTION = 3

_REASONS = {
    NO_GRAD: "Whether it should be part of the graph is not clear: make both the view and the change inside the no_grad "
    "block, or both outside.",
    ONE_OF_SEVERAL: "This view is the output of a function that returns multiple views. Such functions do not allow the "
    "output views to be modified inplace. You should replace the inplace operation by an out-of-place one.",
    OF_A_FUNCTION: "This view was made inside a custom Function (or an input was returned as it is), whose own backward "
    "the change would pass by. Return a clone from the Function.",
}

OVERLAP = "to a single memory location. Please clone() the tensor before performing the operation."


# ---- telling a history anew ------------------------------------------------------------------------------------------


def base_of(view: Tensor) -> Tensor:
    """The tensor that owns the memory of `view`."""
    base = view._base
    assert base is not None
    if base._base is not None:  # it has itself become a view since: see become_view
        base = view._base = base._base
    return base


def follow_path(x: Any, path: tuple[tuple[Any, int], ...]) -> Any:
    """Lead `x` (an array or a Tensor) through the view operations of `path`."""
    for op, nr in path:
        result = op.replay(x)
        x = result[nr] if isinstance(result, tuple) else result
    return x


def refresh(view: Tensor) -> None:
    """Bring a view's history up to date with its base.

    A view without history of a base that requires a gradient (made under `no_grad`, or before the base did) counts as
    one that requires a gradient, too, as in PyTorch; but no gradient passes it: it is cut off.
    """
    base = base_of(view)
    assert view._view_path is not None
    if view._grad_fn is None and not base._requires_grad:
        if view._is_cut:
            view._is_cut = view._requires_grad = False
    elif view._told_of is not None and view._told_of is base._grad_fn:
        view._view_version = view._counter[0]  # not a view in the user's eyes: its history is its own
    elif view._view_version != view._counter[0]:
        if view._frozen:
            refuse(view, "its base or another view of its base has been")
        with enable_grad():
            t = follow_path(base, view._view_path)
        view._view_version = view._counter[0]
        if t._grad_fn is None:  # the base has been detached: the view stays a result, but no gradient passes it
            node = ViewOfDetached()
            node.edges = [None]
            node.record((), (), (t,))
        move_wish(view, t._grad_fn, t._output_nr)
        view._grad_fn, view._output_nr, view._requires_grad = t._grad_fn, t._output_nr, True
        view._is_cut = False
        if view._told_of is not None:
            view._told_of = base._grad_fn
    else:  # no history, and its base has come to require a gradient
        view._is_cut = view._requires_grad = True


def move_wish(tensor: Tensor, node: Any, nr: int) -> None:
    """`tensor` will be output `nr` of `node`: if its gradient is to be retained, the wish moves there."""
    old = tensor._grad_fn
    reference = None if old is None or old.retained is None else old.retained.get(tensor._output_nr)
    if reference is not None and reference() is tensor:
        del old.retained[tensor._output_nr]  # type: ignore[union-attr]  # it was retained
        node.retained = {**(node.retained or {}), nr: weakref.ref(tensor)}


def become_view(tensor: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
    """The in-place form of a function that returns a view, such as ``unsqueeze_``: `tensor` becomes that view of itself.

    What it was until now lives on as a tensor that nobody sees: the base of the new view and of all older ones. The
    graph goes on also under `no_grad`, which would otherwise leave a tensor with a gradient of another shape.
    """
    tensor._check_inplace(recorded=False)
    if tensor.requires_grad and tensor.grad_fn is None:
        raise NotImplementedError("minitorch cannot change the shape of a leaf that requires a gradient in place")
    before = wrap(tensor._array)
    vars(before).update(vars(tensor))
    with enable_grad():
        after = function(before)
    tensor._bump_version()
    if after._grad_fn is not None:
        move_wish(tensor, after._grad_fn, after._output_nr)
    for name in ("_array", "_base", "_view_path", "_frozen", "_is_cut", "_grad_fn", "_output_nr", "_requires_grad"):
        setattr(tensor, name, getattr(after, name))
    if not tensor._frozen:  # else this was a change in place that its history does not know of: see refresh
        tensor._view_version = tensor._version
    if before._base is None:
        tensor._told_of = before._grad_fn
    return tensor


class ViewOfDetached(Op, label="AsStridedBackward0"):
    """z = a view of x, which has forgotten its history;  no gradient goes on to x."""

    def backward(self, g: Any) -> Any:
        return None


class ViewScatter(Op, label="CopySlices"):
    """out = base with its part `view(base)` replaced by value.

    ∂/∂base: g outside the part, 0 inside; ∂/∂value: the part of g. This is how the base learns that a view of it was
    changed: instead of rewriting history, its new value is one more operation on the old one.

    `order` lists the dimensions of the base from the largest step in memory to the smallest. The copy is laid out
    alike, so that every path that was a view of the base is a view of the copy.
    """

    is_released: bool = False
    is_repeated = False  # fill_ has written one value into expanded memory: allowed, but not differentiable in PyTorch

    def __init__(self, path: tuple[tuple[Any, int], ...], order: tuple[int, ...]) -> None:
        self.path = path
        self.order = order

    def forward(self, base: Any, value: Any) -> Any:
        back = np.argsort(self.order) if self.order else ()
        out = array_module(base).array(base.transpose(self.order), order="C").transpose(tuple(back))
        follow_path(out, self.path)[...] = value
        return out

    def backward(self, g: Any) -> Any:
        if self.is_released:
            raise RuntimeError(SECOND_TIME)
        if self.is_repeated:
            raise RuntimeError(f"unsupported operation: more than one element of the written-to tensor refers {OVERLAP}")
        return (ViewScatter(self.path, self.order)(g, 0.0) if self.needs[0] else None), follow_path(g, self.path)

    def release(self) -> None:
        self.is_released = True  # it saved nothing, but what was written is a part of the graph that is gone

    def record_into(self, base: Tensor, value: Edge) -> None:
        """Give `base`, whose memory already holds the result, the history of this operation on what `value` came from."""
        self.edges: Sequence[Edge | None] = [edge_of(base), value]
        self.needs: Sequence[Any] = self.edges
        self.record((), (), (base,))


def scatter_into_base(view: Tensor, node: Any, nr: int) -> None:
    """Output `nr` of `node` was written into `view`: tell its base, and take the view's own history from there."""
    base = base_of(view)
    assert view._view_path is not None
    steps = base._array.strides
    order = tuple(sorted(range(len(steps)), key=lambda d: -steps[d]))
    scatter = ViewScatter(view._view_path, order)
    scatter.is_repeated = is_repeated(view._array)
    move_wish(base, scatter, 0)
    scatter.record_into(base, (node, nr))
    view._view_version = -1
    refresh(view)


# ---- what is refused -------------------------------------------------------------------------------------------------


def refuse(view: Tensor, changed: str) -> None:
    """Raise the RuntimeError that says why a frozen view has no history for this change."""
    if view._grad_fn is None:
        made = "A view was created in no_grad mode"
    elif view._frozen == NO_GRAD:
        made = f"Output {view._output_nr} of {view._grad_fn.name()} is a view of a view which was created in no_grad mode"
    else:
        made = f"Output {view._output_nr} of {view._grad_fn.name()} is a view"
    when = " with grad mode enabled" if "no_grad" in made else ""
    raise RuntimeError(f"{made} and {changed} modified inplace{when}. {_REASONS[view._frozen]}")


def check_inplace(tensor: Tensor) -> None:
    """RuntimeError if `tensor` must not be changed by an operation that is recorded."""
    if tensor._base is not None:
        base = base_of(tensor)
        if tensor._frozen:
            refuse(tensor, "is being")
        if base._grad_fn is None and tensor.requires_grad:
            raise RuntimeError(
                "a view of a leaf Variable that requires grad is being used in an in-place operation. Change a copy "
                "(.clone()), or do it under torch.no_grad()."
            )
    if tensor.requires_grad and tensor.grad_fn is None:
        raise RuntimeError(
            "a leaf Variable that requires grad is being used in an in-place operation. Change a copy (.clone()), or "
            "do it under torch.no_grad()."
        )


def is_repeated(array: Any) -> bool:
    """Whether several elements of `array` are one place in memory, as after `expand`."""
    if 0 not in array.strides or not array.size:
        return False
    return any(step == 0 and n > 1 for step, n in zip(array.strides, array.shape, strict=True))


def check_no_repetition(array: Any) -> None:
    """RuntimeError if several elements of `array` are one place in memory."""
    if is_repeated(array):
        raise RuntimeError(f"unsupported operation: more than one element of the written-to tensor refers {OVERLAP}")


def check_overlap(target: Any, source: Any, may_be_same: bool = True) -> None:
    """RuntimeError if two arrays overlap in memory without being the same elements in the same order.

    Which result is meant would depend on the order of reading and writing. Like PyTorch it looks at tensors whose
    elements fill their memory without gaps, and lets all others pass.
    """
    owner = target if target.base is None else target.base
    if owner is not (source if source.base is None else source.base):
        return
    if target.size == 0 or source.size == 0 or not (_is_dense(target) and _is_dense(source)):
        return
    first, second = _address(target), _address(source)
    if first == second and target.nbytes == source.nbytes:
        is_partial = not may_be_same or not _same_steps(target, source)
    else:
        is_partial = first < second + source.nbytes and second < first + target.nbytes
    if is_partial:
        raise RuntimeError(
            f"unsupported operation: some elements of the input tensor and the written-to tensor refer {OVERLAP}"
        )


def _same_steps(a: Any, b: Any) -> bool:
    if a.ndim != b.ndim:
        return False
    # PyTorch compares the steps of dimensions of size 1, too. NumPy has 0 there for new ones, which says nothing.
    return all(
        x == y or (n == 1 and not (x and y)) for x, y, n in zip(a.strides, b.strides, a.shape, strict=True)
    )


def _address(array: Any) -> int:
    return array.ctypes.data if isinstance(array, np.ndarray) else array.data.ptr


def _is_dense(array: Any) -> bool:
    steps = sorted((step, n) for step, n in zip(array.strides, array.shape, strict=True) if n > 1)
    expected = array.itemsize
    for step, n in steps:
        if step != expected:
            return False
        expected *= n
    return True
