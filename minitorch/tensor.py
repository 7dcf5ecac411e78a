"""Tensor: an array, and, when it was computed, the node that computed it.

This file holds what a tensor *is*: its array, its place in the graph, views and in-place changes, conversions. What a
tensor can *compute* is one line per operation in methods/, and the operations themselves are in ops/.
"""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, SupportsIndex, overload

import numpy as np
from numpy import generic

from . import autograd, ops, printing
from .autograd.grad_mode import mode
from .autograd.node import Node, RemovableHandle, Saved, clock, some_detached
from .device import CPU, as_device, device, device_of, to_device, to_numpy
from .dtype import as_dtype, can_cast, dtype, from_numpy_dtype
from .methods import TensorMethods
from .to_arguments import parse_to
from .types import Number


class Size(tuple[int, ...]):
    """A tensor's shape: a tuple of ints that knows how many elements it stands for.

    Errors: TypeError for what cannot be iterated.
    Source: https://docs.pytorch.org/docs/stable/size.html

    >>> import minitorch as torch
    >>> torch.zeros(2, 3).shape, torch.Size([2, 3]).numel()
    (torch.Size([2, 3]), 6)
    """

    __slots__ = ()

    def numel(self) -> int:
        """The number of elements, the product of the sizes."""
        n = 1
        for size in self:
            n *= size
        return n

    def __repr__(self) -> str:
        return f"torch.Size({list(self)})"

    @overload
    def __getitem__(self, index: SupportsIndex) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> Size: ...
    def __getitem__(self, index: Any) -> int | Size:
        result: Any = tuple.__getitem__(self, index)
        return Size(result) if isinstance(index, slice) else result

    def __add__(self, other: Sequence[int]) -> Size:  # type: ignore[override]  # a tuple plus others would be no Size
        return Size(tuple.__add__(self, tuple(other)))


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

    # ---- what it is ------------------------------------------------------------------------------------------------

    @property
    def shape(self) -> Size:
        """The sizes of its dimensions."""
        return Size(self._array.shape)

    @overload
    def size(self, dim: None = None) -> Size: ...
    @overload
    def size(self, dim: int) -> int: ...
    def size(self, dim: int | None = None) -> Size | int:
        """The shape, or the size of dimension `dim`."""
        if dim is None:
            return Size(self._array.shape)
        return self._array.shape[ops.checks.normalize_dim(dim, self._array.ndim)]

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self._array.ndim

    def dim(self) -> int:
        """The number of dimensions."""
        return self._array.ndim

    def numel(self) -> int:
        """The number of elements: see `minitorch.numel`."""
        return self._array.size

    nelement = numel

    @property
    def dtype(self) -> dtype:
        """The number format of its elements."""
        return from_numpy_dtype(self._array.dtype)

    @property
    def device(self) -> device:
        """Where its array lives."""
        return device_of(self._array)

    @property
    def is_cuda(self) -> bool:
        """Whether its array lives on a GPU."""
        return self.device.type == "cuda"

    @property
    def layout(self) -> str:
        """Always ``torch.strided``: there are no sparse tensors here."""
        return "torch.strided"

    def get_device(self) -> int:
        """The GPU's number, -1 on the CPU: see `minitorch.get_device`."""
        return -1 if self.device is CPU else (self.device.index or 0)

    def is_floating_point(self) -> bool:
        """Whether its dtype is floating: see `minitorch.is_floating_point`."""
        return self._array.dtype.kind == "f"

    def is_complex(self) -> bool:
        """Always False, there are no complex tensors here: see `minitorch.is_complex`."""
        return False

    def is_signed(self) -> bool:
        """Whether its dtype has negative numbers: see `minitorch.is_signed`."""
        return self._array.dtype.kind in "fi"

    @overload
    def stride(self, dim: None = None) -> tuple[int, ...]: ...
    @overload
    def stride(self, dim: int) -> int: ...
    def stride(self, dim: int | None = None) -> tuple[int, ...] | int:
        """Steps in memory between neighbours, in elements, for all dimensions or for `dim`."""
        steps = tuple(s // self._array.itemsize for s in self._array.strides)
        return steps if dim is None else steps[ops.checks.normalize_dim(dim, self._array.ndim)]

    def is_contiguous(self) -> bool:
        """Whether its elements lie in memory in reading order without gaps."""
        return bool(self._array.flags.c_contiguous)

    def data_ptr(self) -> int:
        """The address of its first element."""
        array = self._array
        return array.ctypes.data if isinstance(array, np.ndarray) else array.data.ptr

    def storage_offset(self) -> int:
        """Elements between the start of the memory it shares and its first element."""
        if self._base is None:
            return 0
        return (self.data_ptr() - self._base.data_ptr()) // self._array.itemsize

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return printing.tensor_repr(self)

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if self._array.ndim == 0 else object.__format__(self, spec)

    # ---- its place in the graph ------------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether `backward` computes a gradient for it. Settable on leaves; floating tensors only."""
        if self._base is None:
            return self._requires_grad
        return (self._requires_grad and not self._is_cut) or self._base._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
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
        self._requires_grad = bool(value)
        self._is_cut = False

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set `requires_grad` and return the tensor itself."""
        if self._grad_fn is None or requires_grad != self.requires_grad:
            self.requires_grad = requires_grad
        return self

    @property
    def grad_fn(self) -> Node | None:
        """The node that computed it, None for a leaf."""
        if self._base is not None:
            self._refresh_view()
        return self._grad_fn

    @property
    def is_leaf(self) -> bool:
        """Whether it was made by the user rather than recorded: backward puts gradients on leaves."""
        return self.grad_fn is None

    @property
    def output_nr(self) -> int:
        """Which output of `grad_fn` it is."""
        return self._output_nr

    @property
    def grad(self) -> Tensor | None:
        """The gradient gathered by `backward` calls; None before the first."""
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(f"assigned grad expected to be a Tensor or None but got {type(value).__name__}")
            if value is self:
                raise RuntimeError("can't assign Variable as its own grad")
            if value._array.shape != self._array.shape:
                raise RuntimeError(
                    f"assigned grad has data of a different size: {list(value.shape)}, expected {list(self.shape)}"
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
        """
        if gradient is None and inputs is None:  # nothing to look at: straight to the engine
            autograd.engine.backward((self,), (None,), retain_graph, create_graph)
        else:
            autograd.backward(self, gradient, retain_graph, create_graph, inputs=inputs)

    def retain_grad(self) -> None:
        """Ask `backward` to leave the gradient of this computed tensor in its ``.grad``, too."""
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
    def retains_grad(self) -> bool:
        """Whether `retain_grad` was called on this computed tensor."""
        node = self._grad_fn
        reference = None if node is None or node.retained is None else node.retained.get(self._output_nr)
        return reference is not None and reference() is self

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
        """Call ``hook(gradient)`` when this tensor's gradient is complete; what it returns replaces it."""
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

    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> RemovableHandle:
        """Call ``hook(tensor)`` after `backward` has added to this leaf's ``.grad``."""
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if not self.is_leaf:
            raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
        if self._post_accumulate_hooks is None:
            self._post_accumulate_hooks = OrderedDict()
        return RemovableHandle(self._post_accumulate_hooks, hook)

    def detach(self) -> Tensor:
        """A tensor with the same memory and no history. In-place changes of either count for both."""
        t = wrap(self._array.view())  # an array object of its own: what a node saved is told apart by it
        t._counter = self._counter
        return t

    def detach_(self) -> Tensor:
        """Forget the history: the tensor itself becomes a leaf that requires no gradient."""
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
        """
        return wrap(self._array.view())

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
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
        """The value of a one-element tensor as a Python number."""
        if self._array.size != 1:
            raise RuntimeError(f"a Tensor with {self._array.size} elements cannot be converted to Scalar")
        return self._array.item()

    def tolist(self) -> Any:
        """The values as nested Python lists (a number for a 0-d tensor)."""
        return self._array.tolist()

    def numpy(self, *, force: bool = False) -> np.ndarray:
        """The array itself, sharing memory; RuntimeError if it requires a gradient, TypeError on a GPU (`force`: a copy).

        >>> import minitorch as torch
        >>> torch.ones(2).numpy()
        array([1., 1.], dtype=float32)
        """
        if force:
            return to_numpy(self._array)
        if not isinstance(self._array, np.ndarray):
            raise TypeError(
                f"can't convert {self.device} device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host "
                "memory first."
            )
        if self.requires_grad:
            raise RuntimeError(
                "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
            )
        return self._array

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

    def to(self, *args: Any, **kwargs: Any) -> Tensor:
        """``to(dtype)``, ``to(device)``, ``to(device, dtype)`` or ``to(other)``; itself if nothing changes.

        `copy=True` always copies. With `non_blocking=True`, a copy from pinned memory (see `pin_memory`) to a GPU is made
        while the program goes on: later work on the GPU's same stream sees it, but the source must not be changed before
        the GPU has come so far. Other copies are complete, as far as the program can see, when this returns.
        """
        if len(args) == 1 and not kwargs and type(args[0]) is dtype:
            return self._cast(args[0].numpy)  # the usual case
        place, kind, copy, non_blocking = parse_to(args, kwargs)
        result = self if kind is None else self._cast(kind.numpy)
        if place is not None and place != result.device:
            result = ops.elementwise.arithmetic.ToDevice(place, non_blocking)(result)
        return ops.elementwise.arithmetic.Cast(self._array.dtype)(self) if copy and result is self else result

    def cuda(self, device: Any = None, non_blocking: bool = False, memory_format: Any = None) -> Tensor:
        """A copy on a GPU, the current one unless `device` names another; itself if it is there."""
        place = as_device("cuda" if device is None else device)
        if place.type != "cuda":
            raise RuntimeError("Invalid device, must be cuda device")
        return self.to(place, non_blocking=non_blocking, memory_format=memory_format)

    def cpu(self, memory_format: Any = None) -> Tensor:
        """A copy on the CPU; itself if it is there."""
        return self.to(CPU, memory_format=memory_format)

    @overload
    def type(self, dtype: None = None) -> str: ...
    @overload
    def type(self, dtype: Any) -> Tensor: ...
    def type(self, dtype: Any = None) -> str | Tensor:
        """The name of its type, such as ``torch.FloatTensor``; with `dtype`, a conversion."""
        if dtype is not None:
            return self.to(as_dtype(getattr(dtype, "dtype", dtype)))  # a type such as torch.FloatTensor has one
        prefix = "torch.cuda." if self.is_cuda else "torch."
        return f"{prefix}{self.dtype.type_name}Tensor"
