"""Tools for looking at the graph, and for changing how it keeps what backward needs.

Source: https://docs.pytorch.org/docs/stable/autograd.html#autograd-graph
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from ..tensor import Tensor
from . import engine, saving
from .node import AccumulateGrad, Node

__all__ = [
    "GradientEdge",
    "Node",
    "disable_saved_tensors_hooks",
    "get_gradient_edge",
    "increment_version",
    "register_multi_grad_hook",
    "save_on_cpu",
    "saved_tensors_hooks",
]


class GradientEdge(NamedTuple):
    """A place in the graph: output number `output_nr` of `node`. See `get_gradient_edge`.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/autograd.html#torch.autograd.graph.GradientEdge

    >>> import minitorch as torch
    >>> x = torch.ones(2, requires_grad=True)
    >>> edge = torch.autograd.graph.get_gradient_edge((x * 2).sum())
    >>> edge.node.name(), edge.output_nr
    ('SumBackward0', 0)
    """

    node: Node
    output_nr: int


def get_gradient_edge(tensor: Tensor) -> GradientEdge:
    """Where a gradient for `tensor` is delivered: the node that made it, or, for a leaf, the one that accumulates.

    Shapes: tensor of any shape.
    Errors: RuntimeError for a tensor that requires no gradient.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.graph.get_gradient_edge.html

    >>> import minitorch as torch
    >>> x = torch.ones(2, requires_grad=True)
    >>> torch.autograd.graph.get_gradient_edge(x * 2).node.name()
    'MulBackward0'
    """
    if not tensor.requires_grad:
        raise RuntimeError("It is not possible to get the gradient edge for a Tensor that does not require gradients")
    node = tensor.grad_fn
    return GradientEdge(AccumulateGrad(tensor) if node is None else node, tensor._output_nr)


def increment_version(tensor: Tensor | Iterable[Tensor]) -> None:
    """Count an in-place change of `tensor`, or of each of several, that was made where the engine does not see it.

    Shapes: tensors of any shapes.
    Errors: RuntimeError for what is neither a tensor nor several.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.graph.increment_version.html

    >>> import minitorch as torch
    >>> x = torch.zeros(2)
    >>> x.numpy()[0] = 1
    >>> torch.autograd.graph.increment_version(x)
    >>> x._version
    1
    """
    if not isinstance(tensor, Tensor | Iterable):
        raise RuntimeError(f"increment_version expects a tensor or an iterable of tensors, not {type(tensor).__name__}")
    for t in [tensor] if isinstance(tensor, Tensor) else tensor:
        if not isinstance(t, Tensor):
            raise RuntimeError(
                f"increment_version expects each element of the iterable to be a tensor, not {type(t).__name__}"
            )
        t._bump_version()


class saved_tensors_hooks:
    """Inside it, what operations save for backward goes through `pack_hook`, and comes back through `unpack_hook`.

    ``pack_hook(tensor)`` may return anything; ``unpack_hook(packed)`` has to return a tensor of the same shape and
    dtype. They are called on the inputs and outputs that an operation saves (masks and index arrays stay as they are).
    Values kept in this way are not checked for in-place changes. The innermost pair of hooks counts.

    Shapes: what `unpack_hook` gives has the shape of what `pack_hook` took.
    Errors: TypeError, on entering, for a hook that cannot be called, and, in backward, for an `unpack_hook` that gives
    no tensor; RuntimeError for a `pack_hook` that changes its tensor in place.

    Source: https://docs.pytorch.org/docs/stable/autograd.html#torch.autograd.graph.saved_tensors_hooks

    >>> import minitorch as torch
    >>> x = torch.tensor([1., 2.], requires_grad=True)
    >>> with torch.autograd.graph.saved_tensors_hooks(lambda t: t.half(), lambda packed: packed.float()):
    ...     y = (x ** 2).sum()
    >>> y.backward()
    >>> x.grad
    tensor([2., 4.])
    """

    def __init__(self, pack_hook: Callable[[Tensor], Any], unpack_hook: Callable[[Any], Tensor]) -> None:
        self.pack_hook = pack_hook
        self.unpack_hook = unpack_hook

    def __enter__(self) -> None:
        if saving.disabled:
            raise RuntimeError(saving.disabled[-1])
        for name in ("pack_hook", "unpack_hook"):
            if not callable(getattr(self, name)):
                kind = type(getattr(self, name)).__name__
                raise TypeError(f"saved_tensors_hooks: {name} must be callable, but it is of type {kind}")
        saving.hooks.append((self.pack_hook, self.unpack_hook))

    def __exit__(self, *exc: object) -> None:
        saving.hooks.pop()


class save_on_cpu(saved_tensors_hooks):
    """Inside it, what is saved for backward waits in the CPU's memory, and goes back to its device when it is needed.

    A tensor that is on the CPU already is kept as it is; whether it is changed until then is not checked.

    Shapes: tensors of any shapes.
    Errors: NotImplementedError for ``pin_memory=True``.

    Source: https://docs.pytorch.org/docs/stable/autograd.html#torch.autograd.graph.save_on_cpu

    >>> import minitorch as torch
    >>> x = torch.tensor([3.], requires_grad=True)
    >>> with torch.autograd.graph.save_on_cpu():
    ...     y = x * x
    >>> y.backward()
    >>> x.grad
    tensor([6.])
    """

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        if pin_memory:
            raise NotImplementedError("minitorch's save_on_cpu does not support pin_memory=True")
        super().__init__(
            lambda tensor: (tensor.device, tensor.cpu()),
            lambda packed: packed[1].to(packed[0]),
        )


class disable_saved_tensors_hooks:
    """Inside it, entering `saved_tensors_hooks` raises RuntimeError with this message.

    Errors: RuntimeError, with `error_message`, for entering `saved_tensors_hooks` inside.

    Source: https://docs.pytorch.org/docs/stable/autograd.html#torch.autograd.graph.disable_saved_tensors_hooks

    >>> import minitorch as torch
    >>> with torch.autograd.graph.disable_saved_tensors_hooks("not here"):
    ...     with torch.autograd.graph.save_on_cpu():
    ...         pass
    Traceback (most recent call last):
    RuntimeError: not here
    """

    def __init__(self, error_message: str) -> None:
        self.error_message = error_message

    def __enter__(self) -> None:
        saving.disabled.append(self.error_message)

    def __exit__(self, *exc: object) -> None:
        saving.disabled.pop()


class _Handles:
    """What registering one hook on several tensors returns."""

    def __init__(self, handles: list[Any]) -> None:
        self.handles = handles

    def remove(self) -> None:
        """Take the hook out of all of them."""
        for handle in self.handles:
            handle.remove()

    def __enter__(self) -> _Handles:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()


def register_multi_grad_hook(tensors: Sequence[Tensor], fn: Callable[..., Any], *, mode: str = "all") -> Any:
    """Call `fn` in each backward once the gradients of all `tensors` are there, or (mode "any") the first of them.

    ``fn(gradients)`` gets a list with None for tensors that this backward does not reach; in mode "any" it is
    ``fn(gradient)``, and tensors that require no gradient are passed over. What it returns is ignored.

    Shapes: tensors of any shapes; each gradient has the shape of its tensor.
    Errors: AssertionError, in mode "all", if one of the tensors requires no gradient; ValueError for an unknown `mode`.

    Source: https://docs.pytorch.org/docs/stable/autograd.html#torch.autograd.graph.register_multi_grad_hook

    >>> import minitorch as torch
    >>> x, y = torch.ones(1, requires_grad=True), torch.ones(1, requires_grad=True)
    >>> handle = torch.autograd.graph.register_multi_grad_hook((x, y), lambda gradients: print(gradients))
    >>> (x * 2 + y * 3).sum().backward()
    [tensor([2.]), tensor([3.])]
    """
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of ('all', 'any') but got {mode}")
    if mode == "any":
        tensors = [t for t in tensors if t.requires_grad]
    elif not all([t.requires_grad for t in tensors]):
        raise AssertionError("Expected gradient function to be set: a tensor that requires no gradient never gets one")
    key = object()  # a hook that runs a backward of its own is called in two walks: each gathers for itself

    def hook_of(i: int) -> Callable[..., Any]:
        def hook(g: Tensor) -> None:
            walk = engine.current.walk
            assert walk is not None
            is_first = key not in walk.gathered
            gradients = walk.gathered.setdefault(key, [None] * len(tensors))
            gradients[i] = g
            if mode == "any":
                if is_first:
                    fn(g)
            elif sum(x is not None for x in gradients) == sum([walk.reaches(t) for t in tensors]):
                fn(gradients)

        return hook

    return _Handles([t.register_hook(hook_of(i)) for i, t in enumerate(tensors)])
