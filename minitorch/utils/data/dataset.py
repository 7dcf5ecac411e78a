"""Datasets: where samples come from."""

from __future__ import annotations

import math
import warnings
from abc import abstractmethod
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from ...random import Generator, default_generator, randperm
from ...tensor import Tensor

T = TypeVar("T")

if TYPE_CHECKING:
    S = TypeVar("S", covariant=True)

    class Samples(Protocol[S]):
        """What has samples by index: a `Dataset`, a list, whatever has this method."""

        def __getitem__(self, index: int, /) -> S: ...

    class CountedSamples(Samples[S], Protocol[S]):
        """Such samples whose number is known."""

        def __len__(self) -> int: ...



class Dataset(Generic[T]):
    """Samples by index: subclasses give ``__getitem__``, and ``__len__`` unless a sampler of their own is used.

    A dataset that can load many samples at once may also give ``__getitems__(indices) -> list``; DataLoader calls it
    with a whole batch. ``a + b`` is their `ConcatDataset`.

    Errors: NotImplementedError for an index, TypeError for its length, unless the subclass gives them.

    Source: https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.Dataset

    >>> from minitorch.utils.data import Dataset
    >>> class Squares(Dataset):
    ...     def __getitem__(self, index):
    ...         return index ** 2
    ...     def __len__(self):
    ...         return 4
    >>> (Squares() + Squares())[6]
    4
    """

    def __getitem__(self, index: Any) -> T:
        raise NotImplementedError("Subclasses of Dataset should implement __getitem__.")

    def __add__(self, other: Dataset[T]) -> ConcatDataset[T]:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T], Iterable[T]):
    """Samples in the order they come: subclasses give ``__iter__``.

    In a DataLoader with workers each worker iterates over a copy of its own: use `get_worker_info` to give each its
    share.

    Errors: TypeError for one that does not give ``__iter__``.

    Source: https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.IterableDataset

    >>> from minitorch.utils.data import DataLoader, IterableDataset
    >>> class Count(IterableDataset):
    ...     def __iter__(self):
    ...         return iter(range(3))
    >>> list(DataLoader(Count(), batch_size=2))
    [tensor([0, 1]), tensor([2])]
    """

    @abstractmethod
    def __iter__(self) -> Iterator[T]:
        """A new iterator over the samples."""

    def __add__(self, other: Dataset[T]) -> ChainDataset[T]:  # type: ignore[override]  # of its own kind
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Row i of each of several tensors.

    Shapes: tensors (N, …) → rows (…).
    Errors: AssertionError unless the tensors have the same number of rows; IndexError for a row that there is not.

    Source: https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.TensorDataset

    >>> import minitorch as torch
    >>> from minitorch.utils.data import TensorDataset
    >>> TensorDataset(torch.tensor([[1., 2.], [3., 4.]]), torch.tensor([0, 1]))[1]
    (tensor([3., 4.]), tensor(1))
    """

    def __init__(self, *tensors: Tensor) -> None:
        if any(t.size(0) != tensors[0].size(0) for t in tensors):
            raise AssertionError("Size mismatch between tensors")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(t[index] for t in self.tensors)

    def __len__(self) -> int:
        return self.tensors[0].size(0)


class StackDataset(Dataset[Any]):
    """Sample i of each of several datasets: a tuple, or a dict if they are given by name.

    Errors: ValueError if their lengths differ, if there are none, and if some are given by name and some not.

    Source: https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.StackDataset

    >>> from minitorch.utils.data import StackDataset
    >>> StackDataset(image=[10, 11], text=['a', 'b'])[1]
    {'image': 11, 'text': 'b'}
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if args and kwargs:
            raise ValueError("Supported either tuple (via args) or dict (via kwargs) input, but both types are given.")
        if not args and not kwargs:
            raise ValueError("At least one dataset should be passed")
        self.datasets: tuple[Any, ...] | dict[str, Any] = args or kwargs
        lengths = {len(d) for d in (args or kwargs.values())}
        if len(lengths) > 1:
            raise ValueError("Size mismatch between datasets")
        (self._length,) = lengths

    def __getitem__(self, index: Any) -> Any:
        if isinstance(self.datasets, dict):
            return {name: dataset[index] for name, dataset in self.datasets.items()}
        return tuple(dataset[index] for dataset in self.datasets)

    def __getitems__(self, indices: list[Any]) -> list[Any]:
        parts = self.datasets.values() if isinstance(self.datasets, dict) else self.datasets
        columns = [_items(part, indices) for part in parts]
        for column in columns:
            if len(column) != len(indices):
                raise ValueError(
                    f"Nested dataset's output size mismatch. Expected {len(indices)}, got {len(column)}"
                )
        rows = list(zip(*columns, strict=True))
        if isinstance(self.datasets, dict):
            return [dict(zip(self.datasets, row, strict=True)) for row in rows]
        return rows

    def __len__(self) -> int:
        return self._length


class ConcatDataset(Dataset[T]):
    """Datasets one after another.

    Errors: AssertionError for no datasets, and for an IterableDataset; IndexError for an index beyond the end,
    ValueError for one before the beginning.

    Source: https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.ConcatDataset

    >>> from minitorch.utils.data import ConcatDataset
    >>> d = ConcatDataset([[10, 11], [12]])
    >>> len(d), d[2], d[-3]
    (3, 12, 10)
    """

    def __init__(self, datasets: Iterable[Samples[T]]) -> None:
        self.datasets: list[Any] = list(datasets)
        if not self.datasets:
            raise AssertionError("datasets should not be an empty iterable")
        if any(isinstance(d, IterableDataset) for d in self.datasets):
            raise AssertionError("ConcatDataset does not support IterableDataset")
        self.cumulative_sizes: list[int] = list(accumulate(len(d) for d in self.datasets))

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index: int) -> T:
        if index < 0:
            if -index > len(self):
                raise ValueError("absolute value of index should not exceed dataset length")
            index += len(self)
        which = bisect_right(self.cumulative_sizes, index)
        if which == len(self.datasets):
            raise IndexError(f"index {index} is out of range for a dataset of length {len(self)}")
        return self.datasets[which][index - (self.cumulative_sizes[which - 1] if which else 0)]


class ChainDataset(IterableDataset[T]):
    """Iterable datasets one after another.

    Errors: AssertionError, when iterated, for a dataset that is no IterableDataset.

    Source: https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.ChainDataset

    >>> from minitorch.utils.data import ChainDataset, IterableDataset
    >>> class Count(IterableDataset):
    ...     def __iter__(self):
    ...         return iter(range(2))
    >>> list(Count() + Count())
    [0, 1, 0, 1]
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = datasets

    def _parts(self) -> Iterator[Any]:
        for d in self.datasets:
            if not isinstance(d, IterableDataset):
                raise AssertionError("ChainDataset only supports IterableDataset")
            yield d

    def __iter__(self) -> Iterator[T]:
        for d in self._parts():
            yield from d

    def __len__(self) -> int:
        return sum(len(d) for d in self._parts())


class Subset(Dataset[T]):
    """The samples of `dataset` at `indices`.

    A subclass that overrides ``__getitem__`` must override ``__getitems__`` too, since DataLoader calls the latter.

    Errors: NotImplementedError for a subclass that overrides one alone; those of `dataset`, such as IndexError.

    Source: https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.Subset

    >>> from minitorch.utils.data import Subset
    >>> list(Subset(['a', 'b', 'c'], [2, 0]))
    ['c', 'a']
    """

    def __init__(self, dataset: Samples[T], indices: Sequence[int]) -> None:
        self.dataset: Any = dataset
        self.indices: Sequence[int] = indices
        kind = type(self)
        if kind.__getitem__ is not Subset.__getitem__ and kind.__getitems__ is Subset.__getitems__:
            raise NotImplementedError(
                f"{kind.__name__} overrides __getitem__ but not __getitems__. When subclassing Subset and overriding "
                "__getitem__, you must also override __getitems__ to ensure DataLoader works correctly with your "
                "custom logic, for instance: return [self.__getitem__(i) for i in indices]"
            )

    def __getitem__(self, index: Any) -> T:
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __getitems__(self, indices: list[int]) -> list[T]:
        return _items(self.dataset, [self.indices[i] for i in indices])

    def __len__(self) -> int:
        return len(self.indices)


def _items(dataset: Any, indices: list[Any]) -> list[Any]:
    """Many samples, at once where the dataset can do that."""
    if callable(getattr(dataset, "__getitems__", None)):
        return dataset.__getitems__(indices)
    return [dataset[i] for i in indices]


def random_split(
    dataset: CountedSamples[T], lengths: Sequence[int | float], generator: Generator | None = default_generator
) -> list[Subset[T]]:
    """Split at random into non-overlapping subsets of the given `lengths`, or of fractions that sum to 1.

    Fractions are rounded down, and the samples left over go to the first subsets, one each.

    Errors: ValueError if the lengths do not add up, and for fractions outside 0 … 1.

    Source: https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.random_split

    >>> import minitorch as torch
    >>> from minitorch.utils.data import random_split
    >>> parts = random_split(range(10), [0.7, 0.3], generator=torch.Generator().manual_seed(42))
    >>> [list(part) for part in parts]
    [[2, 6, 1, 8, 4, 5, 0], [9, 3, 7]]
    """
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        for i, fraction in enumerate(lengths):
            if not 0 <= fraction <= 1:
                raise ValueError(f"Fraction at index {i} is not between 0 and 1")
        counts = [math.floor(len(dataset) * fraction) for fraction in lengths]
        for i in range(len(dataset) - sum(counts)):
            counts[i % len(counts)] += 1
        for i in [i for i, n in enumerate(counts) if n == 0]:
            warnings.warn(f"Length of split at index {i} is 0. This might result in an empty dataset.", stacklevel=2)
    else:
        counts = list(lengths)  # type: ignore[arg-type]  # no fractions, just asked
    if sum(counts) != len(dataset):
        raise ValueError("Sum of input lengths does not equal the length of the input dataset!")
    order = randperm(sum(counts), generator=generator).tolist()
    ends = [0, *accumulate(counts)]
    return [Subset(dataset, order[start:end]) for start, end in pairwise(ends)]
