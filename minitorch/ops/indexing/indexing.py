"""Reading and writing parts of a tensor with square brackets.

Two kinds of index, as in NumPy. Integers, slices, None and ``...`` select a regular grid, whose memory the result
shares (a view). Lists and tensors of integers or booleans pick single elements, which are copied. A mixed index is done
in that order: first the view, then the picking. (So an integer beside a tensor never counts as an index tensor: for x
of shape (3, 4, 5), ``x[0, :, [1, 2]]`` has shape (4, 2), as in PyTorch; NumPy would say (2, 4).)
"""

from __future__ import annotations

import math
import operator
import warnings
from typing import Any

import numpy as np

from ...autograd.grad_mode import mode
from ...autograd.op import Op
from ...autograd.views import check_no_repetition, check_overlap
from ...device import CPU, array_module, device_of, signed, to_device
from ...tensor import Tensor, wrap
from ..checks import can_look, normalize_dim, tensor_argument
from ..copying import copy_
from ..shape.repetition import expand
from ..shape.shape import array_of, as_int, reshape
from .repeated_places import combine_at

__all__ = ["getitem", "select", "setitem_"]

FULL = slice(None)


# ---- adding up where an index names a place more than once -----------------------------------------------------------


def scatter_sum(shape: tuple[int, ...], index: tuple[Any, ...], values: Any) -> Any:
    """Zeros of `shape`, with ``result[index] += values`` counting every repetition of a place in `index`.

    Through flat positions: NumPy's add.at is about five times faster on one dimension than on several.
    """
    xp = array_module(values)
    result = xp.zeros(shape, values.dtype)
    rows, inner = math.prod(shape[: len(index)]), math.prod(shape[len(index) :])
    positions = xp.arange(rows).reshape(shape[: len(index)])[index].reshape(-1)
    if inner != 1:
        positions = (positions[:, None] * inner + xp.arange(inner)).reshape(-1)
    combine_at("add", result.reshape(-1), positions, values.reshape(-1))
    return result


# ---- the basic index: a view -----------------------------------------------------------------------------------------


class Alias(Op):
    """z = x[index], a regular grid of x's elements;  the gradient goes to that grid, 0 elsewhere."""

    is_view = True

    def __init__(self, index: tuple[Any, ...]) -> None:
        self.index = index

    def forward(self, x: Any) -> Any:
        self.source: tuple[int, ...] = x.shape
        return x[self.index]

    def backward(self, g: Any) -> Any:
        return Place(self.index, self.source)(g)


class Select(Alias):
    """z = x[…, i, …], without that dimension;  the gradient goes to those elements, 0 elsewhere."""


class Slice(Alias):
    """z = x[…, a:b:c, …];  the gradient goes to those elements, 0 elsewhere."""


class NewAxis(Alias, label="UnsqueezeBackward0"):
    """z = x[…, None, …];  the gradient loses the new dimension."""


class Place(Op):
    """z = 0 but for z[index] = x, with a basic index;  the gradient is g[index]."""

    index: tuple[Any, ...]
    shape: tuple[int, ...]

    def __init__(self, index: tuple[Any, ...], shape: tuple[int, ...]) -> None:
        self.index, self.shape = index, shape

    def forward(self, x: Any) -> Any:
        z = array_module(x).zeros(self.shape, x.dtype)
        z[self.index] = x
        return z

    def backward(self, g: Any) -> Any:
        return g[self.index]


# ---- the advanced index: a copy --------------------------------------------------------------------------------------


class Index(Op):
    """z = x[index] with integer arrays in the index;  each element's gradient goes back to its place, and adds up."""

    def __init__(self, index: tuple[Any, ...]) -> None:
        self.index = index

    def forward(self, x: Any) -> Any:
        self.source: tuple[int, ...] = x.shape
        arrays = [d for d, i in enumerate(self.index) if not isinstance(i, slice)]
        if len(arrays) == 1:
            return x.take(self.index[arrays[0]], axis=arrays[0])  # faster than square brackets
        return array_module(x).ascontiguousarray(x[self.index])

    def backward(self, g: Any) -> Any:
        return IndexSum(self.index, self.source)(g)


class IndexSum(Op):
    """z = 0 but for z[index] += x, once for each time a place is named;  the gradient is g[index]."""

    index: tuple[Any, ...]
    shape: tuple[int, ...]

    def __init__(self, index: tuple[Any, ...], shape: tuple[int, ...]) -> None:
        self.index, self.shape = index, shape

    def forward(self, x: Any) -> Any:
        return scatter_sum(self.shape, self.index, x)

    def backward(self, g: Any) -> Any:
        return Index(self.index)(g)


class IndexPut(Op):
    """z = x but for z[index] = value;  ∂/∂x is g with 0 at those places, ∂/∂value is g[index].

    If a place is named twice, which value it keeps is undefined, and so is the gradient, as in PyTorch.
    """

    def __init__(self, index: tuple[Any, ...]) -> None:
        self.index = index

    def forward(self, x: Any, value: Any) -> Any:
        z = x.copy()
        z[self.index] = signed(value, x)
        return z

    def backward(self, g: Any) -> Any:
        gx = IndexPut(self.index)(g, 0) if self.needs[0] else None
        return gx, (Index(self.index)(g) if self.needs[1] else None)


# ---- reading the index -----------------------------------------------------------------------------------------------


def _index_array(item: Any, xp: Any, device: Any) -> Any:
    """An index tensor, array or list as a bool or integer array beside the indexed one."""
    if isinstance(item, Tensor):
        array = beside(device, item)
    else:
        array = np.asarray(_plain(item)) if _is_list(item) else item
    if not isinstance(item, Tensor) and array.size == 0 and array.dtype.kind == "f":
        array = array.astype(np.int64)  # the empty list
    if array.dtype.kind not in "bui" or array.dtype.itemsize < 4 and array.dtype.kind == "i":
        raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
    if array.dtype == np.uint8:
        array = array.astype(bool)  # PyTorch's old way to write a mask
    return array if isinstance(array, xp.ndarray) else to_device(array, device)


def beside(place: Any, index: Tensor) -> Any:
    """The array of an index tensor, on the device `place` of what it indexes; only from the CPU it is fetched there."""
    array = index._array
    if device_of(array) not in (CPU, place):
        raise RuntimeError(f"indices should be either on cpu or on the same device as the indexed tensor ({place})")
    return to_device(array, place)


def _is_old_tuple(index: Any) -> bool:
    """Whether `index` is a short list of indices, which PyTorch still reads as a tuple, with this warning."""
    if not isinstance(index, list) or len(index) >= 32:
        return False
    if not any(item is None or item is Ellipsis or isinstance(item, (Tensor, list, tuple, slice)) for item in index):
        return False
    warnings.warn(
        "Using a non-tuple sequence for multidimensional indexing is deprecated; use x[tuple(seq)] instead of x[seq].",
        stacklevel=5,
    )
    return True


def _is_list(item: Any) -> bool:
    return isinstance(item, list | tuple | range)


def _plain(item: Any) -> Any:
    if _is_list(item):
        return [_plain(x) for x in item]
    if isinstance(item, Tensor):
        return item.tolist()
    return item


def _bounded(index: int, dim: int, size: int) -> int:
    if not -size <= index < size:
        raise IndexError(f"index {index} is out of bounds for dimension {dim} with size {size}")
    return index + size if index < 0 else index


def _slice(item: slice) -> slice:
    step = None if item.step is None else operator.index(item.step)
    if step == 0:
        raise ValueError("slice step cannot be zero")
    if step is not None and step < 0:
        raise ValueError("step must be greater than zero")
    start, stop = (None if end is None else operator.index(end) for end in (item.start, item.stop))
    return slice(start, stop, step)


def _parse(x: Any, index: Any) -> tuple[type[Alias] | None, tuple[Any, ...], list[Any]]:
    """Split an index of array `x` into a view's class and basic index, and the index arrays by dimension of that view.

    The class is None where the view would be x itself; an array is None where its dimension is not picked from.
    """
    shape = x.shape
    xp = array_module(x)
    items = list(index) if isinstance(index, tuple) or _is_old_tuple(index) else [index]
    consumed = 0  # how many dimensions the items other than `...` stand for
    for n, item in enumerate(items):
        if isinstance(item, (int, slice)) and type(item) is not bool:
            consumed += 1
        elif isinstance(item, (Tensor, np.ndarray, list, tuple, range, xp.ndarray)):
            array = _index_array(item, xp, device_of(x))
            if array.ndim == 0:
                array = bool(array) if array.dtype.kind == "b" else int(array)
                consumed += type(array) is int
            else:
                consumed += array.ndim if array.dtype.kind == "b" else 1
            items[n] = array
        elif isinstance(item, bool | np.bool_):
            items[n] = bool(item)
        elif item is not None and item is not Ellipsis:
            consumed += 1
    if consumed > len(shape):
        if not shape and isinstance(index, slice):
            raise IndexError("slice() cannot be applied to a 0-dim tensor.")
        if not shape and not isinstance(index, (tuple, list, np.ndarray)):
            raise IndexError(
                "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to "
                "convert a 0-dim tensor to a number"
            )
        raise IndexError(f"too many indices for tensor of dimension {len(shape)}")

    kind: type[Alias] | None = None
    basic: list[Any] = []
    arrays: list[Any] = []
    dim = 0  # of x
    is_open = True  # `...` has not been met
    for item in items:
        if isinstance(item, slice):
            item = _slice(item)
            basic.append(item)
            arrays.append(None)
            # A slice of everything is no view of its own; PyTorch looks at the ends as they are written.
            if item.start or item.step not in (None, 1) or not (item.stop is None or item.stop >= shape[dim]):
                kind = Slice
            dim += 1
        elif item is Ellipsis:
            if is_open:
                skipped = len(shape) - consumed
                basic += [FULL] * skipped
                arrays += [None] * skipped
                dim += skipped
                is_open = False
        elif item is None:
            basic.append(None)
            arrays.append(None)
            kind = NewAxis
        elif isinstance(item, bool):  # a new dimension of size 1 or 0
            basic.append(None)
            arrays.append(xp.zeros(int(item), dtype=np.int64))
            kind = NewAxis
        elif isinstance(item, xp.ndarray):
            width = item.ndim if item.dtype.kind == "b" else 1
            basic += [FULL] * width
            arrays += [item] * width  # a mask stands once for each of its dimensions
            dim += width
        else:
            try:
                number = operator.index(item)
            except TypeError:
                if isinstance(item, str):
                    raise TypeError("new(): invalid data type 'str': a tensor is indexed by numbers") from None
                raise IndexError(
                    "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices "
                    f"(got {type(item).__name__})"
                ) from None
            _bounded(number, len(basic), shape[dim])  # PyTorch counts the new dimensions before it, too
            basic.append(number)
            dim += 1
            kind = Select
    if all(a is None for a in arrays):
        arrays = []
    # With `...` at its end an index of integers alone gives a 0-d view, too, not a number.
    return kind, (*basic, Ellipsis), arrays


def _picks(arrays: list[Any], shape: tuple[int, ...], is_kept: bool) -> tuple[Any, ...]:
    """The index arrays checked against `shape`, negative ones counted from the front, dimensions between them full.

    With `is_kept` they are copies: a backward will need them, and their owner may have changed them by then.
    """
    arrays = _without_masks(arrays, shape)
    given = [a for a in arrays if a is not None]
    try:
        np.broadcast_shapes(*[a.shape for a in given])
    except ValueError:
        raise IndexError(
            "shape mismatch: indexing tensors could not be broadcast together with shapes "
            + ", ".join(str(list(a.shape)) for a in given)
        ) from None
    index: list[Any] = []
    count = 0  # PyTorch's message counts the index tensors, not the dimensions
    for d, a in enumerate(arrays):
        if a is None:
            index.append(FULL)
            continue
        checked = checked_positions(a, shape[d], count)
        index.append(checked.copy() if checked is a and is_kept else checked)
        count += 1
    while index[-1] is FULL:
        index.pop()
    return tuple(index)


def _without_masks(arrays: list[Any], shape: tuple[int, ...]) -> list[Any]:
    """The same with each mask replaced by the positions it holds at, an array for each of its dimensions."""
    result: list[Any] = []
    while len(result) < len(arrays):
        d = len(result)
        a = arrays[d]
        if a is None or a.dtype.kind != "b":
            result.append(a)
            continue
        for i, (m, n) in enumerate(zip(a.shape, shape[d:], strict=False)):
            if m != n:
                raise IndexError(
                    f"The shape of the mask {list(a.shape)} at index {i} does not match the shape of the indexed tensor "
                    f"{list(shape)} at index {d + i}"
                )
        result += a.nonzero()
    return result


def checked_positions(index: Any, size: int, dim: int) -> Any:
    """An integer index array with all of it inside [0, size). IndexError naming the first that is outside ±size."""
    if index.size == 0:
        return index
    if not can_look(index):
        return array_module(index).where(index < 0, index + size, index)
    low, high = int(index.min()), int(index.max())
    if low < -size or high >= size:
        bad = index[(index < -size) | (index >= size)].reshape(-1)[0]
        raise IndexError(f"index {int(bad)} is out of bounds for dimension {dim} with size {size}")
    return array_module(index).where(index < 0, index + size, index) if low < 0 else index


# ---- the public functions --------------------------------------------------------------------------------------------


def getitem(x: Any, index: Any) -> Tensor:
    """``x[index]``: a view for integers, slices, None and ``...``; a copy where index tensors, lists or masks occur.

    Shapes: any; an integer takes its dimension away, a slice keeps it, None adds one; index tensors broadcast, and put
    their common shape in the place of theirs.
    Errors: IndexError for what is out of range, too many indices, and index tensors that do not broadcast; ValueError
    for a step that is not positive; TypeError for a str.

    Source: https://docs.pytorch.org/docs/stable/tensor_view.html

    >>> import minitorch as torch
    >>> x = torch.arange(6).reshape(2, 3)
    >>> x[1], x[:, 1:], x[:, [0, 2]], x[x > 3]
    (tensor([3, 4, 5]), tensor([[1, 2],
            [4, 5]]), tensor([[0, 2],
            [3, 5]]), tensor([4, 5]))
    """
    array = array_of(x)
    if type(index) is int and array.ndim:  # the most frequent index, ahead of the general case
        _bounded(index, 0, array.shape[0])
        return Select((index, Ellipsis))(x)
    kind, basic, arrays = _parse(array, index)
    if kind is None and not arrays:
        kind = Slice if isinstance(index, slice) else Alias
    if kind is not None:
        x = kind(basic)(x)
    if not arrays:
        return x
    return Index(_picks(arrays, array_of(x).shape, mode.enabled and isinstance(x, Tensor) and x.requires_grad))(x)


def select(input: Tensor, dim: int, index: int) -> Tensor:
    """The view ``input[:, …, index]`` of the slice at `index` along `dim`, without that dimension.

    Shapes: any but 0-d; the result lacks `dim`.
    Errors: IndexError for an index or a `dim` out of range; TypeError for what is not a tensor, and for a `dim` or an
    index that is not an int.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.select.html

    >>> import minitorch as torch
    >>> torch.select(torch.tensor([[1, 2], [3, 4]]), 1, 0)
    tensor([1, 3])
    """
    tensor_argument("select", input)
    shape = array_of(input).shape
    if not shape:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    dim, index = normalize_dim(as_int("select", "dim", dim), len(shape)), as_int("select", "index", index)
    if not -shape[dim] <= index < shape[dim]:
        raise IndexError(f"select(): index {index} out of range for tensor of size {list(shape)} at dimension {dim}")
    return Select((*[FULL] * dim, index, Ellipsis))(input)


def setitem_(x: Tensor, index: Any, value: Any) -> None:
    """``x[index] = value``: a number or a tensor that broadcasts to ``x[index]``, written into x's memory.

    Gradients flow to `value`, and to the elements of x that were not overwritten.

    Shapes: value broadcasts to the shape of ``x[index]``.
    Errors: TypeError for another kind of value; RuntimeError for shapes that do not fit, and where PyTorch allows no
    in-place change; IndexError and ValueError as in `getitem`.

    Source: https://docs.pytorch.org/docs/stable/tensors.html

    >>> import minitorch as torch
    >>> x = torch.zeros(2, 3)
    >>> x[:, 1] = torch.tensor([1., 2.])
    >>> x[0, [0, 2]] = 7
    >>> x
    tensor([[7., 1., 7.],
            [0., 2., 0.]])
    """
    if not isinstance(value, (Tensor, bool, int, float, np.number, np.bool_)):
        raise TypeError(f"can't assign a {type(value).__name__} to a torch.{x.dtype.type_name}Tensor")
    if not isinstance(value, Tensor):
        value = value.item() if isinstance(value, np.generic) else value
    kind, basic, arrays = _parse(x._array, index)
    target = x if kind is None else kind(basic)(x)
    if not arrays:
        if not isinstance(value, Tensor):
            check_no_repetition(target._array)  # fill_ would let it pass
        if isinstance(value, Tensor) and value._array.shape != target._array.shape:
            value = expand(_fitted(value, target.shape), target.shape)
        copy_(target, value)
        return
    is_one = not isinstance(value, Tensor) or (value.ndim == 0 and value.dtype == x.dtype)
    if is_one and not can_look(target._array) and _is_one_mask(arrays, target._array.shape):
        from .gathering import masked_fill  # needs this module

        if isinstance(value, Tensor):
            check_overlap(target._array, value._array, may_be_same=False)
        mask = wrap(arrays[0].reshape(*arrays[0].shape, *(1,) * (target.ndim - arrays[0].ndim)))
        target._update(masked_fill(target, mask, value))  # does without knowing how many elements there are
        return
    is_recorded = mode.enabled and (target.requires_grad or (isinstance(value, Tensor) and value.requires_grad))
    picks = _picks(arrays, target._array.shape, is_recorded)
    if isinstance(value, Tensor):
        if value._array.dtype != x._array.dtype:
            raise RuntimeError(
                "Index put requires the source and destination dtypes match, got "
                f"{x.dtype.type_name} for the destination and {value.dtype.type_name} for the source."
            )
        check_overlap(target._array, value._array, may_be_same=False)
        if value._array.ndim == 0:
            value = value.to(x.device)
        shape = _result_shape(picks, target._array.shape)
        if value._array.shape != shape:
            value = _without_leading_ones(value, len(shape))
            own = value._array.shape
            if len(own) > len(shape) or any(n not in (1, m) for n, m in zip(own[::-1], shape[::-1], strict=False)):
                raise RuntimeError(
                    f"shape mismatch: value tensor of shape {list(own)} cannot be broadcast to indexing result of "
                    f"shape {list(shape)}"
                )
    if is_recorded:
        target._update(IndexPut(picks)(target, value))
        return
    target._check_inplace(recorded=False)
    array = target._array
    check_no_repetition(array)
    array[picks] = value._array if isinstance(value, Tensor) else signed(value, array)
    target._bump_version()


def _is_one_mask(arrays: list[Any], shape: tuple[int, ...]) -> bool:
    """Whether the index is a mask of the first dimensions, and nothing else."""
    mask = arrays[0]
    if mask is None or mask.dtype.kind != "b" or mask.shape != shape[: mask.ndim]:
        return False
    return all(a is (mask if d < mask.ndim else None) for d, a in enumerate(arrays))


def _result_shape(picks: tuple[Any, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    # NumPy works it out on an array that holds no elements but one.
    return np.broadcast_to(np.int8(0), shape)[tuple(i if isinstance(i, slice) else _on_cpu(i) for i in picks)].shape


def _on_cpu(index: Any) -> Any:
    return index if isinstance(index, np.ndarray) else np.zeros(index.shape, dtype=np.int64)


def _without_leading_ones(value: Tensor, ndim: int) -> Tensor:
    shape = value._array.shape
    extra = 0
    while len(shape) - extra > ndim and shape[extra] == 1:
        extra += 1
    return reshape(value, shape[extra:]) if extra else value


def _fitted(value: Tensor, shape: tuple[int, ...]) -> Tensor:
    """`value` without needless leading dimensions; RuntimeError, as `expand` words it, unless it broadcasts."""
    value = _without_leading_ones(value, len(shape))
    if value._array.shape != shape:
        expand(value.detach(), shape)
    return value
