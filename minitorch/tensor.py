"""Tensor: an array, and, when it was computed, the node that computed it.

This file holds what a tensor *is*: its array, its place in the graph, views and in-place changes, conversions to Python
and NumPy. What it *tells of itself* is in methods/description.py. What it can *compute* is one line per operation in
methods/, and the operations themselves are in ops/.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy import generic

from . import autograd, ops, printing
from .autograd.grad_mode import mode
from .autograd.node import Node, Saved, clock, some_detached
from .device import CPU, as_device, to_device, to_numpy
from .dtype import can_cast, from_numpy_dtype
from .methods import TensorMethods
from .size import Size as Size
from .types import Number

# As names of this module, it and `generic` are found faster, and `wrap` runs for every result.
new: Any = object.__new__


def wrap(array: Any) -> Tensor:
    """A Tensor around `array`, which is not copied. The engine's own constructor."""
    t = new(Tensor)
    t._array = np.asarray(array) if isinstance(array, generic) else array
    t._counter = [0]
    return t


class Tensor(TensorMethods):
    """An n-dimensional array that can remember how it was computed.

    Make one with `minitorch.tensor(data)`. ``Tensor(sizes…)`` and ``Tensor(data)`` make float32 ones, as in PyTorch.

    Fields of the engine: `_array` (NumPy's or CuPy's), `_counter` (one-element list counting in-place changes, shared
    by everything that shares the memory), `_grad_fn` and `_output_nr` (which output of which node this is).

    Shapes: sizes as ints, or that of `data`.
    Errors: TypeError for data no tensor can hold, ValueError for ragged nesting, RuntimeError for a negative size.
    Source: https://docs.pytorch.org/docs/stable/tensors.html

    >>> import minitorch as torch
    >>> x = torch.tensor([1., 2.], requires_grad=True)
    >>> y = (x ** 2).mean()
    >>> y
    tensor(2.5000, grad_fn=<MeanBackward0>)
    >>> y.backward()
    >>> x.grad
    tensor([1., 2.])
    """

    _array: Any
    _counter: list[int]

    # What most tensors do not have costs them nothing: class-level defaults.
    _requires_grad: bool = False
    _grad_fn: Node | None = None
    _output_nr: int = 0
    _detached_at: int = -1
    _grad: Tensor | None = None
    _hooks: OrderedDict[int, Callable[..., Any]] | None = None
    _post_accumulate_hooks: OrderedDict[int, Callable[..., Any]] | None = None
    # A view knows the tensor that owns the memory and the operations that lead from it to here, so that its history
    # can be told anew after the memory was changed through another tensor.
    _base: Tensor | None = None
    _view_path: tuple[tuple[Any, int], ...] | None = None
    _view_version: int = 0
    _frozen: int = 0  # why this view must not be changed while recording, in the numbers of `autograd.views`
    _is_cut: bool = False  # a view without history of a base that requires a gradient: see `autograd.views.refresh`
    _told_of: Node | None = None  # after `unsqueeze_` and its kin, the base's node that the history begins with

    def __init__(self, *args: Any, device: Any = None) -> None:
        if len(args) == 1 and isinstance(args[0], Tensor):
            self._array = args[0]._array.astype(np.float32)
        elif len(args) == 1 and not isinstance(args[0], int | np.integer | Size):
            if isinstance(args[0], str | bytes) or not hasattr(args[0], "__len__"):
                raise TypeError(f"new(): data must be a sequence of numbers (got {type(args[0]).__name__})")
            if getattr(args[0], "dtype", None) is not None:
                from_numpy_dtype(args[0].dtype)  # TypeError for complex arrays, and for others no tensor can hold
            self._array = np.array(args[0], dtype=np.float32)
        else:
            sizes = args[0] if args and isinstance(args[0], Size) else args or (0,)
            if any([isinstance(n, int) and n < 0 for n in sizes]):
                raise RuntimeError(f"Trying to create tensor with negative dimension: {list(sizes)}")
            self._array = np.zeros(sizes, dtype=np.float32)
        self._array = to_device(self._array, CPU if device is None else as_device(device))
        self._counter = [0]

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return printing.tensor_repr(self)

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if self._array.ndim == 0 else object.__format__(self, spec)

    # ---- its place in the graph ------------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether `backward` computes a gradient for it. Settable on leaves; floating tensors only.

        Errors: RuntimeError when set on a computed tensor, to True on one that is not floating, and to what is no bool.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.requires_grad.html

        >>> import minitorch as torch
        >>> x = torch.ones(2)
        >>> x.requires_grad = True
        >>> x.requires_grad, (2 * x).requires_grad
        (True, True)
        """
        if self._base is None:
            return self._requires_grad
        return (self._requires_grad and not self._is_cut) or self._base._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if not isinstance(value, bool):
            raise RuntimeError("requires_grad must be a bool")
        if self._grad_fn is not None:
            hint = "" if value else (
                " If you want to use a computed variable in a subgraph that doesn't require differentiation use "
                "var_no_grad = var.detach()."
            )
            raise RuntimeError("you can only change requires_grad flags of leaf variables." + hint)
        if value and not self.is_floating_point():
            raise RuntimeError(
                f"only Tensors of floating point dtype can require gradients, not {self.dtype}; "
                "convert first, for instance with .float()"
            )
        self._requires_grad = value
        self._is_cut = False

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set `requires_grad` and return the tensor itself.

        Shapes: any shape → the tensor itself.
        Errors: RuntimeError as for `requires_grad`; TypeError for what is no bool.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.requires_grad_.html

        >>> import minitorch as torch
        >>> torch.ones(2).requires_grad_()
        tensor([1., 1.], requires_grad=True)
        """
        if not isinstance(requires_grad, bool):
            kind = type(requires_grad).__name__
            raise TypeError(f"requires_grad_(): argument 'requires_grad' (position 1) must be bool, not {kind}")
        if self._grad_fn is None or requires_grad != self.requires_grad:
            self.requires_grad = requires_grad
        return self

    @property
    def grad_fn(self) -> Node | None:
        """The node that computed it, None for a leaf.

        Source: https://docs.pytorch.org/docs/stable/notes/autograd.html

        >>> import minitorch as torch
        >>> x = torch.ones(2, requires_grad=True)
        >>> print(x.grad_fn, (2 * x).grad_fn.name())
        None MulBackward0
        """
        if self._base is not None:
            self._refresh_view()
        return self._grad_fn

    @property
    def is_leaf(self) -> bool:
        """Whether it was made by the user rather than recorded: backward puts gradients on leaves.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.is_leaf.html

        >>> import minitorch as torch
        >>> x = torch.ones(2, requires_grad=True)
        >>> x.is_leaf, (2 * x).is_leaf
        (True, False)
        """
        return self.grad_fn is None

    @property
    def output_nr(self) -> int:
        """Which output of `grad_fn` it is.

        Source: PyTorch's `torch.Tensor.output_nr`, which has no page.

        >>> import minitorch as torch
        >>> x = torch.ones(2, requires_grad=True)
        >>> [part.output_nr for part in x.unbind()]
        [0, 1]
        """
        return self._output_nr

    @property
    def grad(self) -> Tensor | None:
        """The gradient gathered by `backward` calls; None before the first.

        A computed tensor has one only after `retain_grad`; asking it without gives a warning.

        Shapes: that of the tensor.
        Errors: when set: TypeError for what is no tensor; RuntimeError for another shape, dtype or device, and for the tensor
        itself.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.grad.html

        >>> import minitorch as torch
        >>> x = torch.tensor([1., 2.], requires_grad=True)
        >>> (x * x).sum().backward()
        >>> x.grad
        tensor([2., 4.])
        """
        if self._grad is None and self._grad_fn is not None and self.requires_grad and not self.retains_grad:
            warnings.warn(
                "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute won't be "
                "populated during autograd.backward(). If you indeed want the .grad field to be populated for a non-leaf "
                "Tensor, use .retain_grad() on the non-leaf Tensor. If you access the non-leaf Tensor by mistake, make sure "
                "you access the leaf Tensor instead.",
                stacklevel=2,
            )
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(f"assigned grad expected to be a Tensor or None but got grad of type {type(value).__name__}")
            if value is self:
                raise RuntimeError("can't assign Variable as its own grad")
            if value._array.shape != self._array.shape:
                raise RuntimeError(
                    f"attempting to assign a gradient of size '{list(value.shape)}' to a tensor of size "
                    f"'{list(self.shape)}'. Please ensure that the gradient and the tensor are the same size"
                )
            if value._array.dtype != self._array.dtype:
                raise RuntimeError(f"assigned grad has data of a different type: {value.dtype}, expected {self.dtype}")
            if type(value._array) is not type(self._array) or type(self._array) is not np.ndarray:
                ops.checks.check_gradient_device(value, self)
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Tensor | Sequence[Tensor] | None = None,
    ) -> None:
        """Add to the ``.grad`` of every leaf it was computed from: ∂(Σ gradient·self)/∂leaf.

        `gradient` may be left out for a single element (it is 1 then). What was saved for the walk is released
        afterwards unless `retain_graph`; with `create_graph` the walk is itself recorded.

        Shapes: `gradient` of the tensor's shape.
        Errors: RuntimeError without `gradient` for more or fewer elements than one, for a `gradient` of another shape, for a
        tensor that requires no gradient, and where what the walk needs was released or changed.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.backward.html

        >>> import minitorch as torch
        >>> x = torch.tensor([1., 2.], requires_grad=True)
        >>> (3 * x).backward(torch.tensor([1., 10.]))
        >>> x.grad
        tensor([ 3., 30.])
        """
        if gradient is None and inputs is None:  # nothing to look at: straight to the engine
            autograd.engine.backward((self,), (None,), retain_graph, create_graph)
        else:
            autograd.backward(self, gradient, retain_graph, create_graph, inputs=inputs)

    def detach(self) -> Tensor:
        """A tensor with the same memory and no history. In-place changes of either count for both.

        Shapes: any shape → the same.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.detach.html

        >>> import minitorch as torch
        >>> x = torch.ones(2, requires_grad=True)
        >>> (2 * x).detach()
        tensor([2., 2.])
        """
        t = wrap(self._array.view())  # an array object of its own: what a node saved is told apart by it
        t._counter = self._counter
        return t

    def detach_(self) -> Tensor:
        """Forget the history: the tensor itself becomes a leaf that requires no gradient.

        Shapes: any shape → the tensor itself.
        Errors: RuntimeError for a view.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.detach_.html

        >>> import minitorch as torch
        >>> y = 2 * torch.ones(2, requires_grad=True)
        >>> y.detach_()
        tensor([2., 2.])
        """
        if self._base is not None:
            raise RuntimeError("Can't detach views in-place. Use detach() instead.")
        if self._grad_fn is not None:
            some_detached[:] = [True]
            self._detached_at = next(clock)  # nodes that saved it before then must not use it
        self._grad_fn, self._output_nr, self._requires_grad = None, 0, False
        return self

    @property
    def data(self) -> Tensor:
        """The same memory without history and with a version counter of its own.

        Changes made through it are not noticed by `backward`: prefer `detach()`, or `no_grad`.

        Shapes: that of the tensor; when set, any.
        Errors: TypeError when set to what is no tensor; RuntimeError when a tensor that requires gradients is set to one that
        is not floating.

        Source: PyTorch's `torch.Tensor.data`, which has no page.

        >>> import minitorch as torch
        >>> x = torch.ones(2, requires_grad=True)
        >>> x.data.mul_(3)
        tensor([3., 3.])
        >>> x
        tensor([3., 3.], requires_grad=True)
        """
        return wrap(self._array.view())

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
        if self.requires_grad and not value.is_floating_point():
            raise RuntimeError("data set to a tensor that requires gradients must be floating point or complex dtype")
        self._array = value._array

    # ---- views and in-place changes --------------------------------------------------------------------------------

    @property
    def _version(self) -> int:
        return self._counter[0]

    def _bump_version(self) -> None:
        """Note that the array was written to, so that a backward that needs the old values raises."""
        self._counter[0] += 1

    def _is_view(self) -> bool:
        return self._base is not None

    def _make_view_of(self, source: Tensor, op: Any, nr: int, is_one_of_several: bool = False) -> None:
        """Called on the output of a view operation: share the version counter and note the path from the base."""
        self._counter = source._counter
        self._view_version = source._counter[0]
        if source._base is None:
            self._base = source
            self._view_path = ((op, nr),)
        else:
            self._base = source._base
            self._view_path = (*source._view_path, (op, nr))  # type: ignore[misc]  # a view has both
        if not mode.enabled:
            self._frozen = autograd.views.NO_GRAD
        elif is_one_of_several:
            self._frozen = autograd.views.ONE_OF_SEVERAL
        elif source._frozen:
            self._frozen = source._frozen

    def _refresh_view(self) -> None:
        """If the memory was changed since this view was made, retell its history from the base's present one."""
        if self._view_version != self._counter[0] or (
            # A view has a base.
            self._grad_fn is None and self._requires_grad != self._base._requires_grad  # type: ignore[union-attr]
        ):
            autograd.views.refresh(self)

    def _check_inplace(self, recorded: bool = True) -> None:
        """Raise RuntimeError where PyTorch refuses to change a tensor in place while recording.

        `recorded` says whether a gradient is asked for by another operand; the tensor's own wish counts anyway.
        """
        if mode.enabled and (recorded or self.requires_grad):
            autograd.views.check_inplace(self)

    def _update(self, out: Tensor, *sources: Any, is_one_value: bool = False) -> Tensor:
        """The in-place form of whatever computed `out`: take over its values and its history, and return self.

        RuntimeError if one of `sources`, the other operands, overlaps this tensor's memory without being all of it.
        """
        recorded = out._requires_grad and mode.enabled
        if recorded:
            autograd.views.check_inplace(self)
        if out._array.shape != self._array.shape:
            raise RuntimeError(
                f"output with shape {list(self.shape)} doesn't match the broadcast shape {list(out.shape)}"
            )
        if not can_cast(out.dtype, self.dtype):
            raise RuntimeError(
                f"result type {out.dtype.type_name} can't be cast to the desired output type {self.dtype.type_name}"
            )
        for source in sources:
            if isinstance(source, Tensor) and source is not self:
                autograd.views.check_overlap(self._array, source._array)
        if recorded and isinstance(getattr(out._grad_fn, "_saved", None), Saved):
            uses = 1 + sum(source is self for source in sources)
            out._grad_fn._saved.keep_original(self, uses)  # type: ignore[union-attr]  # just asked
        self._write(out._array, is_one_value)
        if recorded:
            out = out._cast(self._array.dtype)
            self._set_history(out._grad_fn, out._output_nr)
        return self

    def _write(self, array: Any, is_one_value: bool = False) -> None:
        """Overwrite the values, nothing else; counts as an in-place change.

        Memory in which several elements are one (`expand`) takes one value for all, and nothing else.
        """
        if not is_one_value:
            autograd.views.check_no_repetition(self._array)
        if not getattr(self._array.flags, "writeable", True):
            raise RuntimeError("unsupported operation: the written-to tensor is read-only memory. Please clone() it first.")
        self._array[...] = array
        self._counter[0] += 1

    def _set_history(self, node: Any, nr: int) -> None:
        """From now on this tensor is output `nr` of `node`; for a view, the base gets it as a part."""
        if isinstance(node._saved, Saved):
            node._saved.follow(nr, self)
        if self._base is not None:
            autograd.views.scatter_into_base(self, node, nr)
            return
        autograd.views.move_wish(self, node, nr)
        self._grad_fn, self._output_nr, self._requires_grad = node, nr, True

    # ---- conversions -----------------------------------------------------------------------------------------------

    def item(self) -> Number:
        """The value of a one-element tensor as a Python number.

        Shapes: one element, in any number of dimensions.
        Errors: RuntimeError for more or fewer elements.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.item.html

        >>> import minitorch as torch
        >>> torch.tensor([[2.5]]).item()
        2.5
        """
        if self._array.size != 1:
            raise RuntimeError(f"a Tensor with {self._array.size} elements cannot be converted to Scalar")
        return self._array.item()

    def tolist(self) -> Any:
        """The values as nested Python lists (a number for a 0-d tensor).

        Shapes: any shape.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.tolist.html

        >>> import minitorch as torch
        >>> torch.tensor([[1, 2], [3, 4]]).tolist()
        [[1, 2], [3, 4]]
        """
        return self._array.tolist()

    def numpy(self, *, force: bool = False) -> np.ndarray:
        """The array itself, sharing memory; of a tensor on a GPU, with `force`, a copy.

        Shapes: any shape → the same.
        Errors: RuntimeError if it requires a gradient, TypeError on a GPU, neither with `force`.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.numpy.html

        >>> import minitorch as torch
        >>> x = torch.ones(2)
        >>> x.numpy()[0] = 5  # the same memory
        >>> x
        tensor([5., 1.])
        """
        if force:
            return to_numpy(self._array.view())
        if not isinstance(self._array, np.ndarray):
            raise TypeError(
                f"can't convert {self.device} device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host "
                "memory first."
            )
        if self.requires_grad:
            raise RuntimeError(
                "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
            )
        return self._array.view()  # an array object of its own: its shape may be set

    def __bool__(self) -> bool:
        if self._array.size != 1:
            n = self._array.size
            many = "more than one value" if n else "no values"
            raise RuntimeError(f"Boolean value of Tensor with {many} is ambiguous")
        return bool(self._array.item())

    def _one_number(self) -> Any:
        if self._array.size != 1:
            raise ValueError("only one element tensors can be converted to Python scalars")
        return self._array.item()

    def __float__(self) -> float:
        return float(self._one_number())

    def __int__(self) -> int:
        return int(self._one_number())

    def __index__(self) -> int:
        if self._array.dtype.kind == "f" or self._array.size != 1:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self._array.item())

    def __len__(self) -> int:
        if self._array.ndim == 0:
            raise TypeError("len() of a 0-d tensor")
        return self._array.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        if self._array.ndim == 0:
            raise TypeError("iteration over a 0-d tensor")
        return iter(self.unbind(0))

    def __reversed__(self) -> Tensor:
        return self.flip(0) if self._array.ndim else self

    def __contains__(self, element: Any) -> bool:
        if not isinstance(element, Tensor | bool | int | float | generic):
            raise RuntimeError(
                f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(element)}."
            )
        return bool((self == element).any())

    __hash__ = object.__hash__

    def _cast(self, numpy_dtype: Any) -> Tensor:
        """The same values in another NumPy dtype, recorded; itself if it has that dtype."""
        if self._array.dtype == numpy_dtype:
            return self
        return ops.elementwise.arithmetic.Cast(np.dtype(numpy_dtype))(self)
