"""Function: operations that users write, with PyTorch's interface.

The engine's own operations are `Op`s, which see arrays. A `Function` sees Tensors, in forward and in backward, as in
PyTorch; its backward is recorded when `create_graph=True` because it is made of recorded operations.

Source: https://docs.pytorch.org/docs/stable/notes/extending.html
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from ..device import array_module
from ..tensor import Tensor, wrap
from .grad_mode import mode, no_grad
from .node import RELEASED, SECOND_TIME, Node, Saved, pack_hooks
from .op import edge_of
from .saving import PackedSaved
from .views import OF_A_FUNCTION


class FunctionCtx(Node):
    """What `forward` and `backward` share; also the node in the graph (PyTorch's `ctx` is the node, too).

    Shapes: what is saved keeps its shape.
    Errors: TypeError for saving what is no tensor; RuntimeError for what was saved and has been released, or changed in
    place.

    Source: https://docs.pytorch.org/docs/stable/autograd.html#context-method-mixins

    >>> import minitorch as torch
    >>> class Square(torch.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x * x
    >>> y = Square.apply(torch.tensor([3.], requires_grad=True))
    >>> isinstance(y.grad_fn, torch.autograd.function.FunctionCtx), y.grad_fn.saved_tensors
    (True, (tensor([3.], requires_grad=True),))
    """

    _function: type[Function]
    _saved: Any = None
    _to_save: tuple[Any, ...] = ()
    _non_differentiable: tuple[Tensor, ...] = ()
    _dirty: tuple[Tensor, ...] = ()
    _materialize_grads = True
    _xp: Any = None  # the outputs' array module
    needs_input_grad: tuple[bool, ...] = ()

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep input or output tensors for `backward`, where `ctx.saved_tensors` gives them back, version-checked."""
        for t in tensors:
            if t is not None and not isinstance(t, Tensor):
                raise TypeError(
                    f"save_for_backward can only save variables, but argument is of type {type(t).__name__}"
                )
        self._to_save = tensors

    @property
    def saved_tensors(self) -> tuple[Tensor, ...]:  # of type Tensor for a checker, though None may be among them
        """What `save_for_backward` kept. RuntimeError if it has been released, or changed in place."""
        if self._saved is RELEASED:
            raise RuntimeError(SECOND_TIME)
        if self._saved is None:  # still in forward
            return self._to_save
        self._saved.check(self)
        if isinstance(self._saved, PackedSaved):
            return tuple(self._saved.tensors(self))
        result: list[Any] = []
        for array, source in zip(self._saved.arrays, self._saved.sources, strict=True):
            if array is None:
                result.append(None)
            elif isinstance(source[0], int):  # an output: made anew, so that the graph does not hold itself
                out = wrap(array)
                out._counter = source[1]
                out._grad_fn, out._output_nr, out._requires_grad = self, source[0], True
                result.append(out)
            else:
                result.append(source[0])
        return tuple(result)

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """These outputs get no gradient."""
        self._non_differentiable = tensors

    def mark_dirty(self, *tensors: Tensor) -> None:
        """These inputs were changed in place by `forward`, which returns them."""
        self._dirty = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """With False, an output that got no gradient hands `backward` None instead of zeros."""
        self._materialize_grads = value

    def run(self, gradients: list[Any], create_graph: bool) -> tuple[Any, ...]:
        tensors: list[Tensor | None] = []
        for g, (shape, dtype) in zip(gradients, self.outputs, strict=True):
            if g is None and self._materialize_grads and dtype is not None:
                g = self._xp.zeros(shape, dtype)
            tensors.append(g if g is None or isinstance(g, Tensor) else wrap(g))
        before = mode.enabled
        mode.enabled = create_graph
        try:
            results = self._function._derivative()(self, *tensors)
        finally:
            mode.enabled = before
        results = results if isinstance(results, tuple) else (results,)
        if len(results) > len(self.edges) and any(r is not None for r in results[len(self.edges) :]):
            raise RuntimeError(
                f"function {self.name()} returned an incorrect number of gradients "
                f"(expected {len(self.edges)}, got {len(results)})"
            )
        for i, r in enumerate(results):
            if r is not None and not isinstance(r, Tensor):
                raise RuntimeError(
                    f"function {self.name()} returned a {type(r).__name__} as gradient {i}; expected Tensor or None"
                )
        return results if create_graph else tuple(r if r is None else r._array for r in results)

    def release(self) -> None:
        if self._saved is not None:
            self._saved = RELEASED


class Function:
    """Write an operation with its own derivative: static `forward(ctx, *args)` and `backward(ctx, *grads)`.

    `forward` gets the arguments of `apply` and returns a Tensor or a tuple with Tensors; `backward` gets one gradient
    per output and returns one per argument, None for those without. Use it as ``MyFunction.apply(x)``. The newer
    form, `forward(*args)` beside `setup_context(ctx, inputs, output)`, works too.

    Shapes: a gradient has the shape of what it is the gradient of.
    Errors: RuntimeError for making an instance, for applying `Function` itself, and for a `backward` that returns
    another number of gradients.

    Source: https://docs.pytorch.org/docs/stable/autograd.html#torch.autograd.Function

    >>> import minitorch as torch
    >>> class Cube(torch.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x ** 3
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         x, = ctx.saved_tensors
    ...         return g * 3 * x ** 2
    >>> x = torch.tensor([1., 2.], requires_grad=True)
    >>> Cube.apply(x).sum().backward()
    >>> x.grad
    tensor([ 3., 12.])
    """

    _node_class: type[FunctionCtx]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._node_class = type(cls.__name__ + "Backward", (FunctionCtx,), {"_function": cls})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError(
            f"{type(self).__name__} should not be instantiated. Methods on autograd functions are all static, so you "
            "should invoke them on the class itself: use .apply()"
        )

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the result; overridden by the subclass."""
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def setup_context(ctx: FunctionCtx, inputs: tuple[Any, ...], output: Any) -> None:
        """Save for backward, in the form where `forward` has no ctx."""
        raise NotImplementedError("setup_context is not implemented.")

    # `**_`: to a type checker, a subclass may then list arguments of its own.
    @staticmethod
    def backward(ctx: FunctionCtx, *grad_outputs: Any, **_: Any) -> Any:
        """Gradients of the outputs in, one per argument of `apply` out; overridden by the subclass."""
        raise NotImplementedError("You must implement either the backward or vjp method for your custom Function.")

    @staticmethod
    def vjp(ctx: FunctionCtx, *grad_outputs: Any, **_: Any) -> Any:
        """Another name for `backward`: a subclass defines one of the two."""
        raise NotImplementedError("You must implement either the backward or vjp method for your custom Function.")

    @staticmethod
    def jvp(ctx: FunctionCtx, *grad_inputs: Any, **_: Any) -> Any:
        """PyTorch's forward-mode derivative. A subclass may define it, but nothing here calls it."""
        raise NotImplementedError("minitorch has no forward-mode differentiation, so jvp is never used: define backward")

    @classmethod
    def _derivative(cls) -> Callable[..., Any]:
        if cls.vjp is Function.vjp:
            return cls.backward
        if cls.backward is not Function.backward:
            raise RuntimeError("Implementing both 'backward' and 'vjp' for a custom Function is not allowed.")
        return cls.vjp

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run `forward` on the arguments and record it."""
        if cls is Function:
            raise NotImplementedError("You must implement the forward function for custom autograd.Function.")
        if kwargs:
            args = cls._in_order(args, kwargs)
        node = cls._node_class()
        node.needs_input_grad = tuple(isinstance(x, Tensor) and x.requires_grad for x in args)
        node.needs = node.needs_input_grad
        is_recorded = mode.enabled and any(node.needs)
        edges = tuple(edge_of(x) if need else None for x, need in zip(args, node.needs, strict=True))
        with no_grad():
            if cls.setup_context is not Function.setup_context:
                result = cls.forward(*args)
                cls.setup_context(node, args, result)
            else:
                result = cls.forward(node, *args)
        outputs = result if isinstance(result, tuple) else (result,)
        for x in node._dirty:
            if is_recorded:
                x._check_inplace()
            x._bump_version()
            if not any(x is out for out in outputs):
                raise RuntimeError(
                    "Some elements marked as dirty during the forward method were not returned as output. The inputs "
                    "that are modified inplace must all be outputs of the Function."
                )
        if is_recorded:
            outputs = cls._record(node, args, outputs, edges)
        else:
            outputs = tuple(_own(out, args, node) for out in outputs)
        return outputs if isinstance(result, tuple) else outputs[0]

    @classmethod
    def _in_order(cls, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """The arguments by position, as forward lists them: backward returns one gradient for each."""
        has_ctx = cls.setup_context is Function.setup_context
        bound = inspect.signature(cls.forward).bind(*([None] if has_ctx else []), *args, **kwargs)
        bound.apply_defaults()
        if bound.kwargs:
            raise TypeError(f"{cls.__name__}.forward has keyword-only arguments, which have no place among the gradients")
        return bound.args[1:] if has_ctx else bound.args

    @classmethod
    def _record(cls, node: FunctionCtx, args: Any, outputs: tuple[Any, ...], edges: Any) -> tuple[Any, ...]:
        # An input handed back unchanged, or twice the same output, gets a tensor of its own to carry the new history.
        fresh: list[Any] = []
        for out in outputs:
            fresh.append(_own(out, (*args, *fresh), node))
        node.edges = edges
        node.outputs = []
        node.stamp(fresh)
        for nr, out in enumerate(fresh):
            if not isinstance(out, Tensor):
                node.outputs.append(((), None))
                continue
            node._xp = array_module(out._array)
            node.outputs.append((out._array.shape, out._array.dtype))
            if out._array.dtype.kind == "f" and not any(outputs[nr] is t for t in node._non_differentiable):
                if any(out is x for x in node._dirty):
                    out._set_history(node, nr)
                else:
                    out._grad_fn, out._output_nr, out._requires_grad = node, nr, True
                    out._view_version = out._counter[0]
                if out._base is not None:
                    out._frozen = OF_A_FUNCTION
        arrays = tuple(None if t is None else t._array for t in node._to_save)
        kind = PackedSaved if pack_hooks else Saved
        saved = kind.__new__(kind)
        saved.arrays = arrays
        saved.sources = [None if t is None else _source(t, fresh, node) for t in node._to_save]
        node._saved = saved.pack() if isinstance(saved, PackedSaved) else saved
        node._to_save = ()  # an output among them would hold this node, which would hold it
        return tuple(fresh)


def _own(out: Any, others: tuple[Any, ...], node: FunctionCtx) -> Any:
    """`out`, or, if it is one of `others` and was not changed in place, a tensor of its own with the same memory."""
    if not isinstance(out, Tensor) or any(out is x for x in node._dirty) or not any(out is x for x in others):
        return out
    return out.detach()


def _source(t: Tensor, outputs: list[Any], node: FunctionCtx) -> Any:
    for nr, out in enumerate(outputs):
        if out is t and t._grad_fn is node:
            return nr, t._counter, t._counter[0]
    return t, t._counter, t._counter[0]


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a `backward` that is not itself made of recorded operations: it cannot be differentiated again.

    Errors: RuntimeError, in the second backward, for going through it again.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.function.once_differentiable.html

    >>> import minitorch as torch
    >>> torch.autograd.function.once_differentiable.__name__
    'once_differentiable'
    """

    @functools.wraps(backward)
    def wrapper(ctx: FunctionCtx, *grads: Any) -> Any:
        with no_grad():
            results = backward(ctx, *grads)
        if not mode.enabled:
            return results
        several = results if isinstance(results, tuple) else (results,)
        inputs = [g for g in grads if isinstance(g, Tensor)]
        return tuple(r if r is None else _NotTwice.apply(r, *inputs) for r in several)

    return wrapper


class _NotTwice(Function):
    @staticmethod
    def forward(ctx: FunctionCtx, result: Tensor, *inputs: Tensor) -> Tensor:
        return result.detach()

    @staticmethod
    def backward(ctx: FunctionCtx, *grads: Any) -> Any:
        raise RuntimeError("trying to differentiate twice a function that was marked with @once_differentiable")
