"""Random numbers that overwrite the tensor."""

from __future__ import annotations

from typing import Any

import minitorch


class Random:
    """Random numbers that overwrite the tensor."""

    def uniform_(self, from_: float = 0, to: float = 1, *, generator: Any = None) -> Any:
        """Overwrite with random values: see `minitorch.random.uniform_`."""
        return minitorch.random.uniform_(self, from_, to, generator=generator)

    def normal_(self, mean: float = 0, std: float = 1, *, generator: Any = None) -> Any:
        """Overwrite with random values: see `minitorch.random.normal_`."""
        return minitorch.random.normal_(self, mean, std, generator=generator)

    def bernoulli_(self, p: Any = 0.5, *, generator: Any = None) -> Any:
        """Overwrite with random values: see `minitorch.random.bernoulli_`."""
        return minitorch.random.bernoulli_(self, p, generator=generator)

    def random_(self, from_: Any = None, to: Any = None, *, generator: Any = None) -> Any:
        """Overwrite with random values: see `minitorch.random.random_`."""
        return minitorch.random.random_(self, from_, to, generator=generator)

    def exponential_(self, lambd: float = 1, *, generator: Any = None) -> Any:
        """Overwrite with random values: see `minitorch.random.exponential_`."""
        return minitorch.random.exponential_(self, lambd, generator=generator)
