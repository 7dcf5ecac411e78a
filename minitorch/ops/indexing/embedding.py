"""Tables of vectors: each index becomes the row of that number."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...autograd.grad_mode import no_grad
from ...autograd.op import Op
from ...device import array_module
from ...tensor import Tensor, wrap
from ..checks import can_look, check_devices, check_same_device, refuse, tensor_argument
from ..elementwise.selection import where
from ..reduction.norms import norm
from .indexing import scatter_sum

__all__: list[str] = []  # functions of nn.functional alone; beside the tensor operations PyTorch takes the table first


class Embedding(Op):
    """z[i…] = w[index[i…]];  ∂L/∂w[r] = Σ of g over the places where the index is r, 0 for the padding row.

    With `by_frequency` each row's gradient is divided by the number of those places. It is linear in w; the transpose
    is EmbeddingSpread.
    """

    padding: int | None
    by_frequency: bool

    def __init__(self, padding: int | None, by_frequency: bool) -> None:
        self.padding, self.by_frequency = padding, by_frequency

    def forward(self, weight: Any, index: Any) -> Any:  # weight (V, D), index (…) → (…, D)
        self.save(index)
        self.rows: int = weight.shape[0]
        return weight[index]

    def backward(self, g: Any) -> Any:
        (index,) = self.saved
        return EmbeddingSpread(self.rows, self.padding, self.by_frequency)(g, index), None


class EmbeddingSpread(Op, label="EmbeddingDenseBackwardBackward0"):
    """w[r] = Σ share[i]·z[i] over the places i where the index is r: the transpose of Embedding."""

    rows: int
    padding: int | None
    by_frequency: bool

    def __init__(self, rows: int, padding: int | None, by_frequency: bool) -> None:
        self.rows, self.padding, self.by_frequency = rows, padding, by_frequency

    def share(self, index: Any, dtype: Any) -> Any:
        """What of each place's gradient counts: 1, or 1 over the row's frequency, 0 for padding. (…, 1)"""
        xp = array_module(index)
        share = xp.ones(index.shape, dtype)
        if self.by_frequency:
            share = share / xp.bincount(index.reshape(-1), minlength=self.rows)[index]
        if self.padding is not None:
            share = share * (index != self.padding)
        return share.astype(dtype)[..., None]

    def forward(self, z: Any, index: Any) -> Any:  # z (…, D), index (…) → (rows, D)
        self.save(index)
        if self.by_frequency or self.padding is not None:
            z = z * self.share(index, z.dtype)
        return scatter_sum((self.rows, z.shape[-1]), (index,), z)

    def backward(self, g: Any) -> Any:
        (index,) = self.saved
        share = self.share(index._array if isinstance(index, Tensor) else index, _numpy_dtype(g))
        return Embedding(None, False)(g, index) * (wrap(share) if isinstance(g, Tensor) else share), None


def _numpy_dtype(x: Any) -> Any:
    return x._array.dtype if isinstance(x, Tensor) else x.dtype


def _padding_row(padding_idx: int | None, rows: int) -> int | None:
    """The row that `padding_idx` counts to, from front or back. AssertionError, as in PyTorch, outside of the table."""
    if padding_idx is None:
        return None
    if not -rows <= padding_idx < max(rows, 1):
        raise AssertionError(f"Padding_idx must be within num_embeddings: {padding_idx} of {rows}")
    return padding_idx % rows if rows else padding_idx


def _check(name: str, index: Any, weight: Any) -> None:
    check_same_device(name, index, weight)
    if index._array.dtype not in (np.int64, np.int32):
        raise RuntimeError(
            f"Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got "
            f"{index.dtype} instead (while checking arguments for {name})"
        )
    rows = weight.shape[0]
    if index.numel() and can_look(index._array) and not 0 <= int(index._array.min()) <= int(index._array.max()) < rows:
        worst = int(index._array.min()) if int(index._array.min()) < 0 else int(index._array.max())
        raise IndexError(f"index out of range in self: {worst} in a table of {rows} rows")


def _shorten_rows(weight: Tensor, index: Tensor, max_norm: float, norm_type: float) -> None:
    """Scale the rows that are asked for to a norm of at most `max_norm`, in place."""
    rows = wrap(array_module(index._array).unique(index._array))
    with no_grad():
        chosen = weight[rows]
        norms = norm(chosen, norm_type, 1, True)
        weight[rows] = chosen * where(norms > max_norm, max_norm / (norms + 1e-7), 1.0)


def embedding(
    input: Tensor, weight: Tensor, padding_idx: int | None = None, max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False, sparse: bool = False,
) -> Tensor:  # fmt: skip
    """The rows of `weight` that `input` numbers.

    The row `padding_idx` gets no gradient. `max_norm` first shortens longer rows that are asked for, in place. With
    `scale_grad_by_freq` a row's gradient is divided by how often it is asked for. Sparse gradients are not supported.

    Shapes: input (…) of integers, weight (V, D) → (…, D).
    Errors: IndexError for a number outside 0…V−1; RuntimeError for an input of another dtype and a weight of another
    rank; AssertionError for a `padding_idx` out of range; NotImplementedError for `sparse`; TypeError for what is not a
    tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.embedding.html

    >>> import minitorch as torch
    >>> table = torch.tensor([[0., 0.], [1., 2.], [3., 4.]])
    >>> torch.nn.functional.embedding(torch.tensor([2, 1]), table)
    tensor([[3., 4.],
            [1., 2.]])
    """
    tensor_argument("embedding", input)
    tensor_argument("embedding", weight, "weight", 2)
    if sparse:
        raise NotImplementedError("embedding: sparse=True is not supported, there are no sparse tensors")
    padding = _padding_row(padding_idx, weight.shape[0] if weight.ndim else 0)
    if weight.ndim != 2:
        raise RuntimeError(f"'weight' must be 2-D, but got shape {list(weight.shape)}")
    _check("embedding", input, weight)
    if max_norm is not None:
        _shorten_rows(weight, input, max_norm, norm_type)
    return Embedding(padding, scale_grad_by_freq)(weight, input._array.copy())  # the indices' owner may change them


def embedding_bag(
    input: Any, weight: Tensor, offsets: Tensor | None = None, max_norm: float | None = None, norm_type: float = 2,
    scale_grad_by_freq: bool = False, mode: str = "mean", sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False, padding_idx: int | None = None,
) -> Any:  # fmt: skip
    """The sum, mean or largest elements of the rows in each bag, without keeping the rows.

    A matrix `input` has a bag in each row. A vector has `offsets`: bag b holds input[offsets[b]:offsets[b + 1]], the
    last one the rest; with `include_last_offset` the end of the last is given, too. `per_sample_weights` multiply the
    rows (mode 'sum' alone). `padding_idx` is left out of the bags; an empty bag is 0. `scale_grad_by_freq` and sparse
    gradients are not supported.

    Shapes: input (B, N), weight (V, D), per_sample_weights (B, N) → (B, D); input (N), weight (V, D), offsets (B),
    per_sample_weights (N) → (B, D), or (B − 1, D) with `include_last_offset`.
    Errors: ValueError for ranks and shapes that do not fit, and another `mode`; IndexError for a number outside 0…V−1;
    RuntimeError for offsets out of range, and an input that is not of integers; NotImplementedError for integers as
    weight, for weights in another mode than 'sum', and for what is not supported; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.embedding_bag.html

    >>> import minitorch as torch
    >>> table = torch.tensor([[0., 0.], [1., 2.], [3., 4.]])
    >>> torch.nn.functional.embedding_bag(torch.tensor([1, 2, 2]), table, torch.tensor([0, 2]), mode='sum')
    tensor([[4., 6.],
            [3., 4.]])
    """
    tensor_argument("embedding_bag", input)
    tensor_argument("embedding_bag", weight, "weight", 2)
    check_devices("embedding_bag", input, weight, offsets, per_sample_weights)
    if per_sample_weights is not None and tuple(per_sample_weights.shape) != tuple(input.shape):
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({per_sample_weights.shape}) is not None, then it must have the "
            f"same shape as the input ({input.shape})"
        )
    if weight.ndim != 2:
        raise ValueError(f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.ndim}")
    if mode not in ("sum", "mean", "max"):
        raise ValueError("mode has to be one of sum, mean or max")
    if mode == "max" and scale_grad_by_freq:
        raise ValueError("max mode does not support scaling the gradient by the frequency")
    if scale_grad_by_freq:
        raise NotImplementedError("embedding_bag: scale_grad_by_freq=True is not supported")
    refuse("embedding_bag", weight, "biu")
    starts, ends = _bags(input, offsets, include_last_offset)
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(
            f"embedding_bag: per_sample_weights is only supported for mode='sum' (got mode='{mode}')"
        )
    flat = input.reshape(-1)
    try:
        rows = embedding(flat, weight, padding_idx, max_norm, norm_type, False, sparse)
    except IndexError as error:
        if max_norm is not None:  # there PyTorch looks the rows up one by one first
            raise
        raise RuntimeError(f"embedding_bag: {error}") from None
    if per_sample_weights is not None:
        rows = rows * per_sample_weights.reshape(-1, 1)

    # A matrix of places in `flat`, a bag to a row, and which of them are really there.
    xp = array_module(flat._array)
    longest = int((ends - starts).max()) if len(starts) else 0
    places = starts[:, None] + xp.arange(longest)
    is_there = places < ends[:, None]
    places = xp.where(is_there, places, 0)
    if padding_idx is not None:
        is_there = is_there & (flat._array[places] != _padding_row(padding_idx, weight.shape[0]))
    counts = is_there.sum(1)
    if not longest:
        return (rows.sum() * 0 + weight.new_zeros((len(starts), weight.shape[1]))).to(weight.dtype)
    rows, there = rows[wrap(places)], wrap(is_there[:, :, None])  # (B, longest, D)
    if mode == "max":
        largest = where(there, rows, -np.inf).max(1)[0]
        return where(wrap(counts[:, None] > 0), largest, 0.0)
    total = where(there, rows, 0.0).sum(1)
    return total / wrap(xp.maximum(counts, 1)[:, None].astype(total._array.dtype)) if mode == "mean" else total


def _bags(input: Any, offsets: Any, include_last: bool) -> tuple[Any, Any]:
    """Where each bag starts and ends in the flattened input."""
    xp = array_module(input._array)
    if input.ndim == 2:
        if offsets is not None:
            raise ValueError(
                "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length "
                f"sequences. However, found offsets of type {type(offsets)}"
            )
        starts = xp.arange(input.shape[0]) * input.shape[1]
        return starts, starts + input.shape[1]
    if input.ndim != 1:
        raise ValueError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.ndim}")
    if offsets is None or offsets.ndim != 1:
        raise ValueError(f"offsets has to be a 1D Tensor{'' if offsets is not None else ' but got None'}")
    bounds = offsets._array
    if include_last and not bounds.size:
        raise RuntimeError("include_last_offset: number of offsets should be at least 1")
    if bounds.size and can_look(bounds) and int(bounds[0]) != 0:
        raise RuntimeError(
            f"offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. "
            f"However, got {int(bounds[0])}"
        )
    if bounds.size and can_look(bounds) and int(bounds[-1]) > input.numel():
        raise RuntimeError(
            f"offsets[-1] can not be greater than input's length({input.numel()}) but got offsets[-1] of "
            f"{int(bounds[-1])}"
        )
    if include_last:
        return bounds[:-1], bounds[1:]
    return bounds, xp.append(bounds[1:], input.numel())
