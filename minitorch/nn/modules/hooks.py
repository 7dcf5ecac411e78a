"""Hooks: functions of the user's that run before and after a module's forward, and when its gradients are there.

A module without hooks never comes here (see `Module.__call__`).

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from ...autograd.grad_mode import mode
from ...autograd.node import RemovableHandle
from ...autograd.op import Op
from ...autograd.views import ONE_OF_SEVERAL
from ...device import array_module
from ...tensor import Tensor, wrap

if TYPE_CHECKING:
    from .module import Module

Table = OrderedDict[int, Callable[..., Any]]


class Hooks:
    """The hooks of one module; made when the first is registered."""

    def __init__(self) -> None:
        self.forward_pre: Table = OrderedDict()
        self.forward: Table = OrderedDict()
        self.backward_pre: Table = OrderedDict()
        self.backward: Table = OrderedDict()
        self.with_kwargs: set[int] = set()  # forward hooks and pre-hooks that are also given the keyword arguments
        self.always_call: set[int] = set()  # forward hooks to run even if forward raised


class _Handle(RemovableHandle):
    """`remove()` also forgets what was noted about the hook."""

    def __init__(self, hooks: Table, hook: Callable[..., Any], prepend: bool, *notes: set[int]) -> None:
        super().__init__(hooks, hook)
        self._notes = notes
        for note in notes:
            note.add(self.id)
        if prepend:
            hooks.move_to_end(self.id, last=False)

    def remove(self) -> None:
        super().remove()
        for note in self._notes:
            note.discard(self.id)


class HookMethods:
    """The part of `Module` that registers hooks."""

    _hooks: Hooks | None = None

    def _hook_table(self) -> Hooks:
        if self._hooks is None:
            self._hooks = Hooks()
        return self._hooks

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args)`` before each forward; what it returns (a tuple, or one value) replaces `args`.

        With `with_kwargs`, ``hook(module, args, kwargs)`` returns None or the pair (args, kwargs). `prepend` puts it
        before the hooks that are there already. ``handle.remove()`` takes it out again.
        """
        table = self._hook_table()
        return _Handle(table.forward_pre, hook, prepend, *([table.with_kwargs] if with_kwargs else []))

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args, output)`` after each forward; what it returns, unless None, replaces the output.

        With `with_kwargs` it is ``hook(module, args, kwargs, output)``; with `always_call` it also runs (with output
        None) when forward raised.

        >>> import minitorch as torch
        >>> layer = torch.nn.Identity()
        >>> handle = layer.register_forward_hook(lambda module, args, output: output * 2)
        >>> layer(torch.ones(1))
        tensor([2.])
        >>> handle.remove()
        """
        table = self._hook_table()
        notes = ([table.with_kwargs] if with_kwargs else []) + ([table.always_call] if always_call else [])
        return _Handle(table.forward, hook, prepend, *notes)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` when the gradients of the module's inputs are computed.

        Both are tuples with None for what is not a Tensor (and for outputs without a gradient); what the hook
        returns, unless None, replaces `grad_input`. In-place operations on the module's inputs and outputs raise RuntimeError.
        """
        return _Handle(self._hook_table().backward, hook, prepend)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_output)`` before the gradients pass the module; its answer replaces them."""
        return _Handle(self._hook_table().backward_pre, hook, prepend)

    def register_backward_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Not supported: PyTorch's older hook, which saw wrong gradients in modules of more than one operation."""
        raise NotImplementedError("register_backward_hook is not supported: use register_full_backward_hook")

    # PyTorch's names of the tables, which scripts read, and clear to remove all hooks.

    @property
    def _forward_hooks(self) -> Table:
        return self._hook_table().forward

    @property
    def _forward_pre_hooks(self) -> Table:
        return self._hook_table().forward_pre

    @property
    def _backward_hooks(self) -> Table:
        return self._hook_table().backward

    @property
    def _backward_pre_hooks(self) -> Table:
        return self._hook_table().backward_pre


def call_with_hooks(module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``module.forward(*args, **kwargs)`` with the module's hooks around it."""
    hooks = module._hook_table()
    done: set[int] = set()
    result = None
    try:
        for key, hook in list(hooks.forward_pre.items()):
            if key in hooks.with_kwargs:
                answer = hook(module, args, kwargs)
                if answer is None:
                    continue
                if not (isinstance(answer, tuple) and len(answer) == 2):
                    raise RuntimeError(
                        f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {answer}."
                    )
                args, kwargs = answer
            elif (answer := hook(module, args)) is not None:
                args = answer if isinstance(answer, tuple) else (answer,)

        backward = None
        if hooks.backward or hooks.backward_pre:
            backward = BackwardHook(module, list(hooks.backward.values()), list(hooks.backward_pre.values()))
            args = backward.watch_inputs(args)

        result = module.forward(*args, **kwargs)
        for key, hook in list(hooks.forward.items()):
            done.add(key)
            result = _call_forward_hook(hooks, key, hook, module, args, kwargs, result)

        if backward is not None:
            if not isinstance(result, Tensor | tuple):
                warnings.warn(
                    "For backward hooks to be called, module output should be a Tensor or a tuple of Tensors but "
                    f"received {type(result)}",
                    stacklevel=3,
                )
            result = backward.watch_outputs(result)
        return result
    except Exception:
        for key, hook in list(hooks.forward.items()):
            if key in hooks.always_call and key not in done:
                try:
                    result = _call_forward_hook(hooks, key, hook, module, args, kwargs, result)
                except Exception as second:
                    warnings.warn(
                        "module forward hook with ``always_call=True`` raised an exception that was silenced as "
                        f"another error was raised in forward: {second}",
                        stacklevel=3,
                    )
        raise


def _call_forward_hook(
    hooks: Hooks, key: int, hook: Callable[..., Any], module: Module, args: Any, kwargs: Any, result: Any
) -> Any:
    answer = hook(module, args, kwargs, result) if key in hooks.with_kwargs else hook(module, args, result)
    return result if answer is None else answer


class Watch(Op, label="BackwardHookFunctionBackward"):
    """y_i = x_i for several tensors at once: a node where their gradients meet, to hang a hook on."""

    def forward(self, *arrays: Any) -> tuple[Any, ...]:
        return arrays

    def backward(self, *gradients: Any) -> tuple[Any, ...]:
        return gradients

    def replay(self, x: Any) -> Any:
        # The engine retells a view's history this way; the identity has nothing to add to it.
        return (x,) * len(self.outputs)


def watch(tensors: list[Tensor]) -> tuple[list[Tensor], Watch]:
    """The same tensors as outputs of one `Watch` node, sharing memory and version counters."""
    node = Watch()
    # One more output than inputs, so that the answers of hooks are told from one another.
    spare = wrap(tensors[0]._array[..., :0] if tensors[0]._array.ndim else tensors[0]._array)
    outputs = node(*tensors, spare)[:-1]
    result = []
    for nr, (x, out) in enumerate(zip(tensors, outputs, strict=True)):
        if not x.requires_grad:
            result.append(x)
            continue
        out._counter = x._counter
        out._view_version = x._counter[0]
        out._base = x if x._base is None else x._base
        out._view_path = (*(x._view_path or ()), (node, nr))
        # A change would have to be recorded in the input's history, behind the hook's back: it is refused.
        out._frozen = ONE_OF_SEVERAL
        result.append(out)
    return result, node


class BackwardHook:
    """Calls the backward hooks of one forward call, once its output's and its input's gradients are both there."""

    def __init__(self, module: Module, hooks: list[Callable[..., Any]], pre_hooks: list[Callable[..., Any]]) -> None:
        self.module = module
        self.hooks = hooks
        self.pre_hooks = pre_hooks
        self.inputs: list[int] | None = None  # which arguments are watched; None if no gradient will reach them
        self.n_inputs: int = 0
        self.grad_outputs: tuple[Any, ...] | None = None

    def watch_inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments for forward, each tensor passed through a node that calls the hooks on the way back."""
        self.n_inputs = len(args)
        watched, indices, node = _watch_those_in(args)
        if node is None:
            return args
        self.inputs = indices
        module = array_module(args[indices[0]]._array)
        expected = node.outputs[:-1]

        def on_gradients(grad_inputs: tuple[Any, ...], _: Any) -> Any:
            if self.grad_outputs is None:  # the gradient did not come through the module's output
                return None
            there = zip(grad_inputs, expected, strict=False)
            known = [wrap(module.zeros(*like)) if g is None else g for g, like in there]
            gradients = _spread(indices, known, self.n_inputs)
            for hook in self.hooks:
                answer = hook(self.module, gradients, self.grad_outputs)
                if answer is None:
                    continue
                answer = answer if isinstance(answer, tuple | list) else (answer,)
                if len(answer) != len(gradients):
                    raise RuntimeError(
                        "Backward hook returned an invalid number of grad_input, "
                        f"got {len(answer)}, but expected {len(gradients)}"
                    )
                gradients = tuple(answer)
            self.grad_outputs = None
            return (*(gradients[i] for i in indices), None)

        node.register_hook(on_gradients)
        return watched

    def watch_outputs(self, result: Any) -> Any:
        """The module's result, passed through a node that notes its gradients (and shows them to the pre-hooks)."""
        is_tuple = isinstance(result, tuple)
        values = result if is_tuple else (result,)
        watched, indices, node = _watch_those_in(values)
        if node is None:
            return result

        def on_gradients(_: Any, grad_outputs: tuple[Any, ...]) -> Any:
            gradients = _spread(indices, grad_outputs[: len(indices)], len(values))
            for hook in self.pre_hooks:
                answer = hook(self.module, gradients)
                if answer is None:
                    continue
                answer = answer if isinstance(answer, tuple | list) else (answer,)
                if len(answer) != len(gradients):
                    raise RuntimeError(
                        "Backward pre hook returned an invalid number of grad_output, "
                        f"got {len(answer)}, but expected {len(gradients)}"
                    )
                gradients = tuple(answer)
            self.grad_outputs = gradients
            if self.inputs is None:
                self._call_without_inputs(gradients)
            return (*(gradients[i] for i in indices), None)

        node.register_hook(on_gradients)
        if not is_tuple:
            return watched[0]
        return watched if type(result) is tuple else type(result)(*watched)  # a namedtuple stays one

    def _call_without_inputs(self, grad_outputs: tuple[Any, ...]) -> None:
        if self.hooks:
            warnings.warn(
                "Full backward hook is firing when gradients are computed with respect to module outputs since no "
                "inputs require gradients.",
                stacklevel=2,
            )
        for hook in self.hooks:
            answer = hook(self.module, (None,) * self.n_inputs, grad_outputs)
            if answer is not None and any(g is not None for g in answer):
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should always return None or None "
                    "for all gradients."
                )
        self.grad_outputs = None


def _watch_those_in(values: tuple[Any, ...]) -> tuple[Any, list[int], Watch | None]:
    """`values` with its tensors watched, where those are, and the node; no node if no gradient is wanted."""
    indices = [i for i, x in enumerate(values) if isinstance(x, Tensor)]
    tensors = [values[i] for i in indices]
    if not (mode.enabled and any(t.requires_grad for t in tensors)):
        return values, indices, None
    watched, node = watch(tensors)
    replaced = list(values)
    for i, t in zip(indices, watched, strict=True):
        replaced[i] = t
    return tuple(replaced), indices, node


def _spread(indices: Iterable[int], gradients: Iterable[Any], size: int) -> tuple[Any, ...]:
    """`gradients` put at `indices` of a tuple that is otherwise None."""
    spread: list[Any] = [None] * size
    for i, g in zip(indices, gradients, strict=False):
        spread[i] = g
    return tuple(spread)
