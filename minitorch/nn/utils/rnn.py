"""Sequences of different lengths in one batch: padded to a common length, or packed without padding.

A packed batch holds, for each step, the elements of the sequences that last so long, longest sequence first:
sequences abc, de, f of steps become a d f | b e | c, with batch sizes 3, 2, 1. So a recurrent network never computes on
padding, and the last states are those after each sequence's own last step.

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.PackedSequence.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple, Self

import numpy as np

from ... import from_data
from ...dtype import float32, float64, int64
from ...ops.checks import tensor_argument
from ...tensor import Tensor, wrap

__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]


class _PackedSequence(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(_PackedSequence):
    """A packed batch: `data`, `batch_sizes`, and how the sequences were sorted by length.

    Made by `pack_sequence` and `pack_padded_sequence`; taken and returned by the recurrent layers.

    Shapes: data (all steps, …), batch_sizes (L), sorted_indices and unsorted_indices (N) or None.
    Errors: AssertionError for data alone that are no pair.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.PackedSequence.html

    >>> import minitorch as torch
    >>> packed = torch.nn.utils.rnn.pack_sequence([torch.tensor([1, 2, 3]), torch.tensor([4, 5])])
    >>> packed.data, packed.batch_sizes
    (tensor([1, 4, 2, 5, 3]), tensor([2, 2, 1]))
    """

    def __new__(
        cls,
        data: Tensor,
        batch_sizes: Tensor | None = None,
        sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> Self:
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        if batch_sizes is None:
            if not (isinstance(data, tuple | list) and len(data) == 2):
                raise AssertionError("Expected data to be a list or tuple of length 2")
            data, batch_sizes = data
        elif batch_sizes.is_cuda:
            raise ValueError("batch_sizes should always be on CPU: let pack_sequence or pack_padded_sequence make them")
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """The same with its data converted as by ``Tensor.to``."""
        data = self.data.to(*args, **kwargs)
        if data is self.data:
            return self
        moved = [None if t is None else t.to(data.device) for t in (self.sorted_indices, self.unsorted_indices)]
        return type(self)(data, self.batch_sizes, *moved)

    def cpu(self) -> Self:
        """The same on the CPU."""
        return self.to("cpu")

    def cuda(self, device: Any = "cuda") -> Self:
        """The same on a GPU."""
        return self.to(device)

    def float(self) -> Self:
        """The same with float32 data."""
        return self.to(float32)

    def double(self) -> Self:
        """The same with float64 data."""
        return self.to(float64)

    @property
    def is_cuda(self) -> bool:
        """Whether the data lie on a GPU."""
        return self.data.is_cuda

    def pin_memory(self) -> Self:
        """The same in pinned memory, see `minitorch.Tensor.pin_memory`."""
        return type(self)(*[None if t is None else t.pin_memory() for t in self])  # type: ignore[arg-type]  # data is no None

    def is_pinned(self) -> bool:
        """Whether the data are in pinned memory."""
        return self.data.is_pinned()


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that undoes `permutation`; None for None.

    Shapes: permutation (N) of integers → (N).
    Errors: TypeError for what is no tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.invert_permutation.html

    >>> import minitorch as torch
    >>> torch.nn.utils.rnn.invert_permutation(torch.tensor([2, 0, 1]))
    tensor([1, 2, 0])
    """
    if permutation is None:
        return None
    tensor_argument("invert_permutation", permutation, "permutation")
    return permutation.argsort()


def _places(batch_sizes: np.ndarray) -> tuple[Tensor, Tensor]:
    """The step and the sequence of each row of packed data."""
    steps = np.repeat(np.arange(len(batch_sizes)), batch_sizes)
    sequences = np.concatenate([np.arange(n) for n in batch_sizes])
    return wrap(steps), wrap(sequences)


def pack_padded_sequence(
    input: Tensor, lengths: Tensor | list[int], batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Pack padded sequences of the given lengths: their steps in time order, without the padding.

    With `enforce_sorted` they must come longest first, else they are sorted.

    Shapes: input (L, N, …), or (N, L, …) with `batch_first`; lengths (N).
    Errors: RuntimeError for lengths below 1, not in order, beyond L, or not N of them.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pack_padded_sequence.html

    >>> import minitorch as torch
    >>> padded = torch.tensor([[1, 2, 0], [4, 5, 6]])
    >>> torch.nn.utils.rnn.pack_padded_sequence(padded, [2, 3], batch_first=True, enforce_sorted=False).data
    tensor([4, 1, 5, 2, 6])
    """
    counts = from_data.as_tensor(lengths, dtype=int64, device="cpu").numpy()
    order = None
    if not enforce_sorted:
        order = from_data.as_tensor(counts).sort(descending=True)[1]
        counts = counts[order.numpy()]
        order = order.to(input.device)
        input = input.index_select(0 if batch_first else 1, order)
    if batch_first:
        input = input.transpose(0, 1)
    if counts.ndim != 1 or len(counts) != input.shape[1]:
        raise RuntimeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {counts.size} (batch_size={input.shape[1]})"
        )
    if len(counts) == 0 or counts.min() <= 0:
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0"
        )
    if (np.diff(counts) > 0).any():
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass "
            "`enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to have them sorted."
        )
    if counts[0] > input.shape[0]:
        raise RuntimeError(f"Expected sequence length {counts[0]} to be at most the padded length {input.shape[0]}")
    batch_sizes = (counts[None, :] > np.arange(counts[0])[:, None]).sum(1)
    data = input[_places(batch_sizes)]
    return PackedSequence(data, wrap(batch_sizes), order, None)


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Tensor, Tensor]:
    """The padded batch and the sequences' lengths: the reverse of `pack_padded_sequence`.

    `total_length` pads further.

    Shapes: data (all steps, …) → (L, N, …), or (N, L, …) with `batch_first`, and lengths (N).
    Errors: ValueError for a `total_length` below the longest sequence's.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pad_packed_sequence.html

    >>> import minitorch as torch
    >>> packed = torch.nn.utils.rnn.pack_sequence([torch.tensor([1, 2, 3]), torch.tensor([4, 5])])
    >>> torch.nn.utils.rnn.pad_packed_sequence(packed, batch_first=True)
    (tensor([[1, 2, 3],
            [4, 5, 0]]), tensor([3, 2]))
    """
    sizes = sequence.batch_sizes.numpy()
    longest = len(sizes)
    if total_length is not None:
        if total_length < longest:
            raise ValueError(
                "Expected total_length to be at least the length of the longest sequence in input, but got "
                f"total_length={total_length} and max sequence length being {longest}"
            )
        longest = total_length
    data = sequence.data
    padded = data.new_full((longest, int(sizes[0]), *data.shape[1:]), padding_value)
    padded[_places(sizes)] = data
    lengths = wrap((sizes[:, None] > np.arange(sizes[0])[None, :]).sum(0))
    if batch_first:
        padded = padded.transpose(0, 1)
    order = sequence.unsorted_indices
    if order is not None:
        padded = padded.index_select(0 if batch_first else 1, order)
        lengths = lengths[order.cpu()]
    return padded, lengths


def pad_sequence(
    sequences: Tensor | list[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Sequences side by side in one tensor, the shorter ones filled up.

    `padding_side` is 'right' (after the sequence) or 'left'.

    Shapes: N sequences (Lₙ, …) → (L, N, …), or (N, L, …) with `batch_first`, L the largest Lₙ.
    Errors: RuntimeError for no list, an empty one, an unknown `padding_side`, and sequences that differ beyond their
    lengths.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pad_sequence.html

    >>> import minitorch as torch
    >>> torch.nn.utils.rnn.pad_sequence([torch.tensor([1, 2, 3]), torch.tensor([4])], batch_first=True)
    tensor([[1, 2, 3],
            [4, 0, 0]])
    """
    if not isinstance(sequences, Iterable):
        raise RuntimeError(
            f"pad_sequence: Expected iterable for input sequences, but got arg of type: {type(sequences)}"
        )
    listed = list(sequences)
    if not listed:
        raise RuntimeError("received an empty list of sequences")
    if padding_side not in ("left", "right"):
        raise RuntimeError("padding_side should be either 'right' or 'left'")
    longest = max(x.shape[0] for x in listed)
    shape = tuple(listed[0].shape[1:])
    padded = listed[0].new_full((len(listed), longest, *shape), padding_value)
    for k, x in enumerate(listed):
        if tuple(x.shape[1:]) != shape:
            raise RuntimeError(
                f"pad_sequence: sequence {k} has elements of shape {list(x.shape[1:])}, the first {list(shape)}"
            )
        start = longest - x.shape[0] if padding_side == "left" else 0
        padded[k, start : start + x.shape[0]] = x
    return padded if batch_first else padded.transpose(0, 1)


def unpad_sequence(padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False) -> list[Tensor]:
    """The sequences of a padded batch, each of its own length: the reverse of `pad_sequence`.

    Shapes: padded_sequences (L, N, …), or (N, L, …) with `batch_first`, lengths (N) → N sequences (Lₙ, …).
    Errors: ValueError if there are not N lengths.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.unpad_sequence.html

    >>> import minitorch as torch
    >>> padded = torch.tensor([[1, 2, 3], [4, 0, 0]])
    >>> torch.nn.utils.rnn.unpad_sequence(padded, torch.tensor([3, 1]), batch_first=True)
    [tensor([1, 2, 3]), tensor([4])]
    """
    batch = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    return [sequence[: int(n)] for sequence, n in zip(batch, lengths, strict=True)]


def pack_sequence(sequences: list[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Pack sequences; with `enforce_sorted` they must come longest first, else they are sorted.

    Shapes: N sequences (Lₙ, …) → data (ΣLₙ, …).
    Errors: RuntimeError for an empty list, and with `enforce_sorted` for lengths not in order.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pack_sequence.html

    >>> import minitorch as torch
    >>> torch.nn.utils.rnn.pack_sequence([torch.tensor([1, 2]), torch.tensor([3])]).batch_sizes
    tensor([2, 1])
    """
    lengths = from_data.tensor([x.shape[0] for x in sequences])
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences of a packed batch: the reverse of `pack_sequence`.

    Shapes: data (ΣLₙ, …) → N sequences (Lₙ, …).
    Errors: AttributeError for what is no PackedSequence.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.unpack_sequence.html

    >>> import minitorch as torch
    >>> rnn = torch.nn.utils.rnn
    >>> rnn.unpack_sequence(rnn.pack_sequence([torch.tensor([1, 2]), torch.tensor([3])]))
    [tensor([1, 2]), tensor([3])]
    """
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
