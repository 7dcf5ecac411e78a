"""Parameter and Buffer: tensors that a Module keeps account of when they are assigned to it."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import creation
from ..device import device_of
from ..dtype import from_numpy_dtype, get_default_dtype
from ..tensor import Tensor, wrap
from ..to_arguments import parse_to


def _adopt(t: Tensor, data: Tensor | None, requires_grad: bool) -> None:
    """Make `t` a leaf on the memory of `data`."""
    if data is None:
        data = wrap(np.empty(0, dtype=get_default_dtype().numpy))
    if not isinstance(data, Tensor):
        raise TypeError(f"{type(t).__name__} needs a Tensor, but got {type(data).__name__}")
    t._array = data._array
    t._counter = data._counter  # the memory is shared, so its in-place changes are counted together
    t.requires_grad = requires_grad


class Parameter(Tensor):
    """A tensor that training changes. Assigned to a Module, it joins ``module.parameters()`` and the state dict.

    It shares the memory of `data` and is a leaf; `requires_grad` is True by default even under `no_grad`.

    Shapes: that of `data`; (0) without.
    Errors: RuntimeError for integers with ``requires_grad=True``; TypeError for what is no tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.parameter.Parameter.html

    >>> import minitorch as torch
    >>> torch.nn.Parameter(torch.zeros(2))
    Parameter containing:
    tensor([0., 0.], requires_grad=True)
    """

    def __init__(self, data: Tensor | None = None, requires_grad: bool = True) -> None:
        _adopt(self, data, requires_grad)

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]  # of one's own
        return "Parameter containing:\n" + super().__repr__()

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        if id(self) in memo:
            return memo[id(self)]
        copy = type(self)(wrap(self._array.copy()), self.requires_grad)  # without its .grad, as in PyTorch
        memo[id(self)] = copy
        return copy


class Buffer(Tensor):
    """A tensor that is part of a Module's state but not trained, such as a running mean.

    Assigned to a Module, it is registered; with ``persistent=False`` it stays out of the state dict.

    Shapes: that of `data`; (0) without.
    Errors: AttributeError for what is no tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.parameter.Buffer.html

    >>> import minitorch as torch
    >>> net = torch.nn.Module()
    >>> net.count = torch.nn.Buffer(torch.zeros(1))
    >>> list(net.state_dict())
    ['count']
    """

    persistent: bool = True

    def __init__(self, data: Tensor | None = None, *, persistent: bool = True) -> None:
        _adopt(self, data, data is not None and data.requires_grad)
        self.persistent = persistent


NO_SHAPE = (
    "Can't access the shape of an uninitialized parameter or buffer. This error usually happens in `load_state_dict` when "
    "trying to load an uninitialized parameter into an initialized one. Call `forward` to initialize the parameters before "
    "accessing their attributes."
)


class _Uninitialized(Tensor):
    """What parameters and buffers without a shape share. Until it has one, whatever asks for its array fails.

    Its dtype and device are those of an empty array that lies where only this class looks for it.
    """

    becomes: type[Tensor]

    def _wait(self, requires_grad: bool, device: Any, dtype: Any) -> None:
        vars(self)["_array"] = creation.empty(0, device=device, dtype=dtype)._array
        self._counter = [0]
        self._requires_grad = requires_grad

    @property
    def _array(self) -> Any:
        raise ValueError(
            "Attempted to use an uninitialized parameter. This error happens when you are using a `LazyModule` or "
            "explicitly manipulating `torch.nn.parameter.UninitializedParameter` objects. When using LazyModules call "
            "`forward` with a dummy batch to initialize the parameters before calling torch functions"
        )

    def materialize(self, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Take a shape, with values not set, and become an ordinary parameter or buffer."""
        kind = self.dtype if dtype is None else dtype
        place = self.device if device is None else device
        vars(self)["_array"] = creation.empty(tuple(shape), dtype=kind, device=place)._array
        self.__class__ = self.becomes  # type: ignore[assignment]  # of the same layout

    @property
    def shape(self) -> Any:
        """RuntimeError: it has none yet."""
        raise RuntimeError(NO_SHAPE)

    @property
    def dtype(self) -> Any:
        """The number format its elements will have."""
        return from_numpy_dtype(vars(self)["_array"].dtype)

    @property
    def device(self) -> Any:
        """Where its array will live."""
        return device_of(vars(self)["_array"])

    @property
    def data(self) -> Any:
        """Itself: there is nothing to share."""
        return self

    @data.setter
    def data(self, value: Any) -> None:
        self._wait(self._requires_grad, value.device, value.dtype)

    def detach(self) -> Any:
        """Itself, as state dicts hold it."""
        return self

    def is_floating_point(self) -> bool:
        """Whether its dtype is floating."""
        return self.dtype.is_floating_point

    def to(self, *args: Any, **kwargs: Any) -> Any:
        """The same in another dtype, or on another device."""
        place, kind, _, _ = parse_to(args, kwargs)
        return type(self)(self._requires_grad, place or self.device, kind or self.dtype)

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]  # of one's own
        return f"<{type(self).__name__}>"

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            memo[id(self)] = type(self)(self._requires_grad, self.device, self.dtype)
        return memo[id(self)]

    def __copy__(self) -> Any:
        return type(self)(self._requires_grad, self.device, self.dtype)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return type(self), (self._requires_grad, self.device, self.dtype)


class UninitializedParameter(_Uninitialized, Parameter):  # type: ignore[misc]  # __repr__ of the first
    """A parameter whose shape is not known yet; ``materialize(shape)`` makes it an ordinary one.

    Shapes: none until ``materialize(shape)``.
    Errors: RuntimeError for its shape, and for a dtype of integers that shall require gradients; ValueError for most of what
    one may ask of a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.parameter.UninitializedParameter.html

    >>> import minitorch as torch
    >>> p = torch.nn.UninitializedParameter()
    >>> p
    <UninitializedParameter>
    >>> p.materialize((2, 3))
    >>> p.shape
    torch.Size([2, 3])
    """

    becomes: type[Tensor] = Parameter

    def __init__(self, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> None:
        self._wait(requires_grad, device, dtype)
        if requires_grad and not self.is_floating_point():
            raise RuntimeError(f"only tensors of floating point dtype can require gradients, not {self.dtype}")


class UninitializedBuffer(_Uninitialized):
    """A buffer whose shape is not known yet; ``materialize(shape)`` makes it an ordinary tensor.

    Shapes: none until ``materialize(shape)``.
    Errors: RuntimeError for its shape, ValueError for most of what one may ask of a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.parameter.UninitializedBuffer.html

    >>> import minitorch as torch
    >>> torch.nn.UninitializedBuffer()
    <UninitializedBuffer>
    """

    becomes: type[Tensor] = Tensor

    def __init__(
        self, requires_grad: bool = False, device: Any = None, dtype: Any = None, persistent: bool = True
    ) -> None:
        self._wait(requires_grad, device, dtype)
        self.persistent = persistent


def is_lazy(param: Any) -> bool:
    """Whether a parameter or buffer still waits for its shape.

    Shapes: param of any shape, or of none yet.
    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.parameter.is_lazy.html

    >>> import minitorch as torch
    >>> [torch.nn.parameter.is_lazy(layer.weight) for layer in (torch.nn.LazyLinear(2), torch.nn.Linear(1, 2))]
    [True, False]
    """
    return isinstance(param, _Uninitialized)
