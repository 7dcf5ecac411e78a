"""Generators, and the default one that `manual_seed` seeds."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import numpy as np

from .device import device as Device
from .device import to_numpy
from .mt19937 import Stream
from .tensor import Tensor, wrap

_UNSEEDED = 67280421310721  # the seed of a Generator nobody seeded, PyTorch's


class Generator:
    """A seeded stream of random numbers, to pass as ``generator=`` where the default one should not be used.

    Thread-safe: each call draws its numbers in one piece. Only the CPU has generators here.

    Shapes: ``get_state()`` → (5056), uint8.
    Errors: RuntimeError for another device than the CPU, and for a seed that is no int; ValueError for one outside
    −2^63 … 2^64 − 1.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Generator.html

    >>> import minitorch as torch
    >>> g = torch.Generator().manual_seed(0)
    >>> torch.rand(2, generator=g)
    tensor([0.4963, 0.7682])
    """

    def __init__(self, device: Any = "cpu") -> None:
        self.device: Device = Device(device)
        if self.device.type != "cpu":
            raise RuntimeError(
                f"Generator(device='{device}') is not supported: tensors on a GPU draw from a CPU generator here"
            )
        self._first_seed = _UNSEEDED

    @cached_property
    def _stream(self) -> Stream:
        # Made when first used: NumPy's random module takes as long to import as a tenth of this package.
        return Stream(self._first_seed)

    def manual_seed(self, seed: int) -> Generator:
        """Seed with −2^63 ≤ seed < 2^64 (negative ones count from 2^64) and return the generator itself."""
        if not isinstance(seed, int | np.integer):
            raise RuntimeError(f"manual_seed expected a long, but got {type(seed).__name__}")
        seed = int(seed)
        if not -(2**63) <= seed < 2**64:
            raise ValueError("Overflow when unpacking long long")
        with self._stream.lock:
            self._stream.seed(seed % 2**64)
        return self

    def seed(self) -> int:
        """Seed with 64 bits from the operating system, and return them."""
        value = int.from_bytes(os.urandom(8), "little")
        self.manual_seed(value)
        return value

    def initial_seed(self) -> int:
        """The seed it was last seeded with."""
        return self._stream.initial_seed

    def get_state(self) -> Tensor:
        """The state as a uint8 tensor of 5056 elements: PyTorch's own bytes, which PyTorch can take over."""
        return wrap(self._stream.get_state())

    def set_state(self, new_state: Tensor) -> None:
        """Continue from a state that `get_state` gave."""
        if not isinstance(new_state, Tensor):
            raise TypeError(f"expected a torch.ByteTensor, but got {type(new_state).__name__}")
        if new_state._array.dtype != np.uint8:
            raise TypeError("RNG state must be a torch.ByteTensor")
        self._stream.set_state(to_numpy(new_state._array))

    def clone_state(self) -> Generator:
        """A generator of its own that goes on from here."""
        return _generator_from(self._stream.get_state())

    def __reduce__(self) -> Any:
        return _generator_from, (self._stream.get_state(),)


def _generator_from(state: np.ndarray) -> Generator:
    generator = Generator()
    generator._stream.set_state(state)
    return generator


default_generator: Generator = Generator()
default_generator._first_seed = int.from_bytes(os.urandom(8), "little")


def _renew_lock() -> None:
    if "_stream" in vars(default_generator):
        default_generator._stream.renew_lock()


if hasattr(os, "register_at_fork"):  # another thread may have held the lock when this process was forked off
    os.register_at_fork(after_in_child=_renew_lock)


def manual_seed(seed: int) -> Generator:
    """Seed the default generator and return it.

    Errors: ValueError unless −2^63 ≤ seed < 2^64.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.manual_seed.html

    >>> import minitorch as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.randn(3)
    tensor([ 1.5410, -0.2934, -2.1788])
    """
    return default_generator.manual_seed(int(seed))


def seed() -> int:
    """Seed the default generator with 64 bits from the operating system, and return them.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.seed.html

    >>> import minitorch as torch
    >>> torch.seed() == torch.initial_seed()
    True
    """
    return default_generator.seed()


def initial_seed() -> int:
    """The seed of the default generator.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.initial_seed.html

    >>> import minitorch as torch
    >>> _ = torch.manual_seed(7)
    >>> torch.initial_seed()
    7
    """
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """The state of the default generator, a uint8 tensor.

    Shapes: → (5056).
    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.get_rng_state.html

    >>> import minitorch as torch
    >>> state = torch.get_rng_state()
    >>> x = torch.rand(3)
    >>> torch.set_rng_state(state)
    >>> bool((torch.rand(3) == x).all())
    True
    """
    return default_generator.get_state()


def set_rng_state(new_state: Tensor) -> None:
    """Bring the default generator to a state that `get_rng_state` gave.

    Shapes: new_state (5056), uint8.
    Errors: TypeError for what is no uint8 tensor; RuntimeError for one of another size.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.set_rng_state.html

    >>> import minitorch as torch
    >>> torch.set_rng_state(torch.get_rng_state())
    """
    default_generator.set_state(new_state)


@contextmanager
def fork_rng(
    devices: Iterable[Any] | None = None, enabled: bool = True, device_type: str | None = None
) -> Iterator[None]:
    """Within the ``with`` block, draws leave the default generator as it was before. `devices` changes nothing: all
    devices draw from that one.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/random.html#torch.random.fork_rng

    >>> import minitorch as torch
    >>> state = torch.get_rng_state()
    >>> with torch.random.fork_rng():
    ...     x = torch.rand(3)
    >>> bool((torch.get_rng_state() == state).all())
    True
    """
    state = default_generator.get_state() if enabled else None
    try:
        yield
    finally:
        if state is not None:
            default_generator.set_state(state)
