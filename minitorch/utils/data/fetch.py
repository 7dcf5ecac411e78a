"""Fetching: indices in, a collated batch out; the same for the loader's own process and for its workers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ...tensor import Tensor, wrap
from .collate import default_collate
from .dataset import Subset, TensorDataset


class Fetcher:
    """Loads what a sampler asks for. `is_batched`: it asks for lists of indices, each to be collated."""

    is_iterable = False

    def __init__(self, dataset: Any, is_batched: bool, collate_fn: Callable[[Any], Any]) -> None:
        self.dataset = dataset
        self.is_batched = is_batched
        self.collate_fn = collate_fn

    def fetch(self, index: Any) -> Any:
        """One batch (or one sample)."""
        if not self.is_batched:
            return self.collate_fn(self.dataset[index])
        if self.collate_fn is default_collate:
            batch = _take_rows(self.dataset, index)
            if batch is not None:
                return batch
        many = getattr(self.dataset, "__getitems__", None)
        return self.collate_fn(many(index) if many else [self.dataset[i] for i in index])


class IterableFetcher(Fetcher):
    """Takes the next samples whatever the indices are; StopIteration when there are no more."""

    is_iterable = True

    def __init__(self, dataset: Any, is_batched: bool, collate_fn: Callable[[Any], Any], drop_last: bool) -> None:
        super().__init__(dataset, is_batched, collate_fn)
        self._samples = iter(dataset)
        self._drop_last = drop_last
        self._has_ended = False

    def fetch(self, index: Any) -> Any:
        if self._has_ended:
            raise StopIteration
        if not self.is_batched:
            return self.collate_fn(next(self._samples))
        samples: list[Any] = []
        for _ in index:
            try:
                samples.append(next(self._samples))
            except StopIteration:
                self._has_ended = True
                break
        if not samples or (self._drop_last and len(samples) < len(index)):
            raise StopIteration
        return self.collate_fn(samples)


def fetcher_maker(is_iterable: bool, is_batched: bool, collate_fn: Any, drop_last: bool) -> Callable[[Any], Fetcher]:
    """What makes the fetcher for a dataset; picklable, to be sent to a worker."""
    if is_iterable:
        return partial(IterableFetcher, is_batched=is_batched, collate_fn=collate_fn, drop_last=drop_last)
    return partial(Fetcher, is_batched=is_batched, collate_fn=collate_fn)


def _take_rows(dataset: Any, indices: list[Any]) -> list[Tensor] | None:
    """A batch of a TensorDataset or of images in memory, or of a Subset of them, taken at once.

    None where that would not be the same: other datasets, tensors with a history or on a GPU, odd indices.
    """
    try:
        while type(dataset) is Subset:
            indices = [dataset.indices[i] for i in indices]
            dataset = dataset.dataset
        collated = getattr(dataset, "_collated", None)
        if collated is None and type(dataset) is not TensorDataset:
            return None
        rows = np.array(indices)
        if rows.dtype.kind != "i" or rows.ndim != 1:
            return None
        if collated is not None:
            return collated(rows)
        arrays = [t._array for t in dataset.tensors]
        if any(t.requires_grad for t in dataset.tensors) or not all(isinstance(a, np.ndarray) for a in arrays):
            return None
        return [wrap(array[rows]) for array in arrays]
    except (IndexError, TypeError):
        return None  # the sample-by-sample way says what is wrong
