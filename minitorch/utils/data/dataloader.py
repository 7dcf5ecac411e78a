"""DataLoader: batches from a dataset, loaded here or in worker processes."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from itertools import repeat
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ... import cuda
from ...random import Generator
from .collate import default_collate, default_convert
from .dataset import IterableDataset
from .fetch import fetcher_maker
from .pin_memory import pin_memory
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler, draw_seed
from .worker_info import get_worker_info

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext

    from .dataset import Samples

__all__ = ["DataLoader", "default_collate", "default_convert", "get_worker_info"]


T = TypeVar("T")


class _Endless(Sampler[None]):
    """The sampler of an IterableDataset: there are no indices to choose."""

    def __iter__(self) -> Iterator[None]:
        return repeat(None)


class DataLoader(Generic[T]):
    """Batches of a dataset, in an order that `manual_seed` fixes: equal seeds give PyTorch's order.

    Args:
        dataset: samples by index (``__getitem__`` and ``__len__``), or an `IterableDataset`.
        batch_size: samples per batch; None gives single samples, not collated.
        shuffle: a new random order each epoch.
        sampler, batch_sampler: yield indices, or lists of indices, instead.
        num_workers: processes that load ahead; 0 loads in this one. Batches come in the same order whatever it is.
        collate_fn: makes a batch of a list of samples; by default `default_collate`.
        pin_memory: puts the tensors of each batch into pinned memory, from which ``to("cuda", non_blocking=True)`` copies
            them while the program goes on. The copy to there is made when the batch is asked for, in the program's own
            thread. Where there is no GPU, PyTorch's warning. An object that is no tensor and no container of them is
            asked by its own method ``pin_memory()``, where it has one.
        drop_last: leave out a last batch that would be smaller.
        timeout: seconds to wait for a batch from a worker before RuntimeError; 0 waits for ever.
        worker_init_fn: called in each worker with its number, after seeding.
        multiprocessing_context: a start method ('fork', 'spawn', 'forkserver') or context; Python's default otherwise.
        generator: where shuffling and the workers' seeds are drawn from, instead of the default generator.
        prefetch_factor: batches that each worker loads ahead; 2 by default.
        persistent_workers: keep the workers from one epoch to the next.

    A worker seeds `random`, `numpy.random` and minitorch from the loader's seed and its own number.

    Shapes: samples (…) → batches (batch_size, …).
    Errors: ValueError for options that exclude each other, or out of range, and for changing them later; TypeError for
    a context that is none, and for samples that `collate_fn` does not take; NotImplementedError for ``in_order=False``
    with workers. An exception in a worker is raised here with its type and its traceback; a worker that dies, RuntimeError.

    Source: https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.DataLoader

    >>> from minitorch.utils.data import DataLoader
    >>> list(DataLoader([10, 11, 12], batch_size=2))
    [tensor([10, 11]), tensor([12])]
    """

    def __init__(
        self,
        dataset: Samples[T],
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[list[Any]] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], Any] | None = None,
        multiprocessing_context: str | BaseContext | None = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        if num_workers < 0:
            raise ValueError(
                "num_workers option should be non-negative; use num_workers=0 to disable multiprocessing."
            )
        if timeout < 0:
            raise ValueError("timeout option should be non-negative")
        if num_workers == 0 and prefetch_factor is not None:
            raise ValueError(
                "prefetch_factor option could only be specified in multiprocessing. "
                "let num_workers > 0 to enable multiprocessing, otherwise set prefetch_factor to None."
            )
        if prefetch_factor is not None and prefetch_factor < 0:
            raise ValueError("prefetch_factor option should be non-negative")
        if persistent_workers and num_workers == 0:
            raise ValueError("persistent_workers option needs num_workers > 0")
        if not in_order and num_workers > 0:  # without workers they come in order in any case
            raise NotImplementedError("DataLoader(in_order=False) is not supported: batches always come in order")

        is_iterable = isinstance(dataset, IterableDataset)
        if is_iterable:
            for name, value in (("shuffle", shuffle or None), ("sampler", sampler), ("batch_sampler", batch_sampler)):
                if value is not None:
                    raise ValueError(
                        f"DataLoader with IterableDataset: expected unspecified {name} option, but got {name}={value}"
                    )
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError(
                    "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last"
                )
            batch_size = None
        elif batch_size is None and drop_last:
            raise ValueError(
                "batch_size=None option disables auto-batching and is mutually exclusive with drop_last"
            )
        if sampler is None:
            if is_iterable:
                sampler = _Endless()
            else:
                counted: Any = dataset
                sampler = RandomSampler(counted, generator=generator) if shuffle else SequentialSampler(counted)
        if batch_size is not None and batch_sampler is None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)

        self.dataset: Any = dataset
        self.batch_size = batch_size
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.drop_last = drop_last
        self.num_workers = num_workers
        self.collate_fn: Callable[[Any], Any] = (
            collate_fn or (default_collate if batch_sampler is not None else default_convert)
        )
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context: BaseContext | None = _context(multiprocessing_context, num_workers)
        self.generator = generator
        self.prefetch_factor: int | None = 2 if num_workers > 0 and prefetch_factor is None else prefetch_factor
        self.persistent_workers = persistent_workers
        self.in_order = in_order
        self._is_iterable = is_iterable
        self._reported_length: int | None = None
        self._iterator: Any = None
        self._warn_of_many_workers()
        self._is_made = True

    def __setattr__(self, name: str, value: Any) -> None:
        fixed = ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers")
        if name in fixed and getattr(self, "_is_made", False):
            raise ValueError(f"{name} attribute should not be set after {type(self).__name__} is initialized")
        super().__setattr__(name, value)

    @property
    def _index_sampler(self) -> Any:
        return self.sampler if self.batch_sampler is None else self.batch_sampler

    def __len__(self) -> int:
        """Batches per epoch. For an IterableDataset an estimate from its ``__len__``."""
        if not self._is_iterable:
            return len(self._index_sampler)
        n = self._reported_length = len(self.dataset)
        if self.batch_size is None:
            return n
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)

    def __iter__(self) -> LoaderIterator:
        if self.num_workers == 0:
            return OwnProcessIterator(self)
        from .parallel import WorkersIterator  # multiprocessing is only imported where it is used

        if not self.persistent_workers:
            return WorkersIterator(self)
        if self._iterator is None or not self._iterator.has_workers:
            self._iterator = WorkersIterator(self)
        else:
            self._iterator.restart(self)
        return self._iterator

    def _warn_of_many_workers(self) -> None:
        processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        if self.num_workers > processors:
            warnings.warn(
                f"This DataLoader will create {self.num_workers} worker processes in total. Our suggested max number "
                f"of worker in current system is {processors}, which is smaller than what this DataLoader is going to "
                "create. Please be aware that excessive worker creation might get DataLoader running slow or even "
                "freeze, lower the worker number to avoid potential slowness/freeze if necessary.",
                stacklevel=3,
            )


def _context(chosen: str | BaseContext | None, num_workers: int) -> BaseContext | None:
    if chosen is None:
        return None
    if num_workers == 0:
        raise ValueError(
            "multiprocessing_context can only be used with multi-process loading (num_workers > 0), but got "
            "num_workers=0"
        )
    import multiprocessing
    from multiprocessing.context import BaseContext

    if isinstance(chosen, str):
        methods = multiprocessing.get_all_start_methods()
        if chosen not in methods:
            raise ValueError(
                f"multiprocessing_context option should specify a valid start method in {methods!r}, but got "
                f"multiprocessing_context={chosen!r}"
            )
        return multiprocessing.get_context(chosen)
    if not isinstance(chosen, BaseContext):
        raise TypeError(
            "multiprocessing_context option should be a valid context object or a string specifying the start method, "
            f"but got multiprocessing_context={chosen}"
        )
    return chosen


class LoaderIterator:
    """One pass over a loader's batches."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        if loader.pin_memory and not cuda.is_available():
            warnings.warn(
                "'pin_memory' argument is set as true but no accelerator is found, then device pinned memory won't be "
                "used.",
                stacklevel=3,
            )
        self._is_pinning = loader.pin_memory and cuda.is_available()
        self._dataset = loader.dataset
        self._sampler = loader._index_sampler
        self._indices = iter(self._sampler)
        # PyTorch draws the workers' seed first, and in every epoch, workers or not: so does whatever is drawn after it.
        self._base_seed = draw_seed(loader.generator)
        self._reported_length = loader._reported_length
        self._num_yielded = 0
        self._make_fetcher = fetcher_maker(
            loader._is_iterable, loader.batch_sampler is not None, loader.collate_fn, loader.drop_last
        )

    def __iter__(self) -> LoaderIterator:
        return self

    def __len__(self) -> int:
        return len(self._sampler)

    def __next__(self) -> Any:
        batch = self._next_batch()
        if self._is_pinning:
            batch = pin_memory(batch)
        self._num_yielded += 1
        if self._reported_length is not None and self._num_yielded > self._reported_length:
            warnings.warn(
                f"Length of IterableDataset {self._dataset} was reported to be {self._reported_length} (when accessing "
                f"len(dataloader)), but {self._num_yielded} samples have been fetched. With several workers, each has "
                "to be given its own share of the data (see get_worker_info).",
                stacklevel=2,
            )
        return batch

    def _next_batch(self) -> Any:
        raise NotImplementedError

    def __getstate__(self) -> Any:
        raise NotImplementedError(f"{type(self).__name__} cannot be pickled")


class OwnProcessIterator(LoaderIterator):
    """Loads each batch when it is asked for."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        super().__init__(loader)
        if loader.timeout != 0:
            raise AssertionError("DataLoader with num_workers=0 requires timeout == 0")
        self._fetcher = self._make_fetcher(loader.dataset)

    def _next_batch(self) -> Any:
        return self._fetcher.fetch(next(self._indices))
