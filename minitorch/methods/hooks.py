"""What a program asks to be told of a gradient: that it is kept, or a function called with it."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..autograd.node import RemovableHandle

if TYPE_CHECKING:
    from ..tensor import Tensor


class Hooks:
    """What a program asks to be told of a gradient: that it is kept, or a function called with it."""

    # Fields of `Tensor`, declared for type checkers, which else guess from the assignments below.
    _hooks: OrderedDict[int, Callable[..., Any]] | None
    _post_accumulate_hooks: OrderedDict[int, Callable[..., Any]] | None

    def retain_grad(self: Tensor) -> None:
        """Ask `backward` to leave the gradient of this computed tensor in its ``.grad``, too.

        Shapes: any shape.
        Errors: RuntimeError for a tensor that requires no gradient.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.retain_grad.html

        >>> import minitorch as torch
        >>> x = torch.ones(2, requires_grad=True)
        >>> y = 2 * x
        >>> y.retain_grad()
        >>> (3 * y).sum().backward()
        >>> y.grad
        tensor([3., 3.])
        """
        if not self.requires_grad:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        if self._grad_fn is None:
            return
        node = self.grad_fn
        if node is not None:
            if node.retained is None:
                node.retained = {}
            node.retained[self._output_nr] = weakref.ref(self)

    @property
    def retains_grad(self: Tensor) -> bool:
        """Whether `retain_grad` was called on this computed tensor.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.retains_grad.html

        >>> import minitorch as torch
        >>> y = 2 * torch.ones(2, requires_grad=True)
        >>> y.retain_grad()
        >>> y.retains_grad
        True
        """
        node = self._grad_fn
        reference = None if node is None or node.retained is None else node.retained.get(self._output_nr)
        return reference is not None and reference() is self

    def register_hook(self: Tensor, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
        """Call ``hook(gradient)`` when this tensor's gradient is complete; what it returns replaces it.

        Shapes: `hook` gets, and may return, a tensor of this one's shape.
        Errors: RuntimeError for a tensor that requires no gradient.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.register_hook.html

        >>> import minitorch as torch
        >>> x = torch.ones(2, requires_grad=True)
        >>> handle = x.register_hook(lambda gradient: 10 * gradient)
        >>> x.sum().backward()
        >>> x.grad
        tensor([10., 10.])
        >>> handle.remove()
        """
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        node = self.grad_fn
        if node is None:
            if self._hooks is None:
                self._hooks = OrderedDict()
            return RemovableHandle(self._hooks, hook)
        if node.tensor_hooks is None:
            node.tensor_hooks = {}
        return RemovableHandle(node.tensor_hooks.setdefault(self._output_nr, OrderedDict()), hook)

    def register_post_accumulate_grad_hook(self: Tensor, hook: Callable[[Tensor], None]) -> RemovableHandle:
        """Call ``hook(tensor)`` after `backward` has added to this leaf's ``.grad``.

        Shapes: `hook` gets the tensor itself.
        Errors: RuntimeError for a tensor that requires no gradient, and for one that was computed.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.register_post_accumulate_grad_hook.html

        >>> import minitorch as torch
        >>> x = torch.ones(2, requires_grad=True)
        >>> handle = x.register_post_accumulate_grad_hook(lambda leaf: print("has", leaf.grad))
        >>> x.sum().backward()
        has tensor([1., 1.])
        """
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if not self.is_leaf:
            raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
        if self._post_accumulate_hooks is None:
            self._post_accumulate_hooks = OrderedDict()
        return RemovableHandle(self._post_accumulate_hooks, hook)
