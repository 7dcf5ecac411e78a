"""Random numbers that overwrite the tensor, or that it gives the probabilities of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import minitorch

if TYPE_CHECKING:
    from ..tensor import Tensor


class Random:
    """Random numbers that overwrite the tensor, or that it gives the probabilities of."""

    def uniform_(self: Tensor, from_: float = 0, to: float = 1, *, generator: Any = None) -> Tensor:
        """Overwrite with random values: see `minitorch.random.uniform_`."""
        return minitorch.random.uniform_(self, from_, to, generator=generator)

    def normal_(self: Tensor, mean: float = 0, std: float = 1, *, generator: Any = None) -> Tensor:
        """Overwrite with random values: see `minitorch.random.normal_`."""
        return minitorch.random.normal_(self, mean, std, generator=generator)

    def bernoulli_(self: Tensor, p: Tensor | float = 0.5, *, generator: Any = None) -> Tensor:
        """Overwrite with random values: see `minitorch.random.bernoulli_`."""
        return minitorch.random.bernoulli_(self, p, generator=generator)

    def random_(self: Tensor, from_: int | None = None, to: int | None = None, *, generator: Any = None) -> Tensor:
        """Overwrite with random values: see `minitorch.random.random_`."""
        return minitorch.random.random_(self, from_, to, generator=generator)

    def exponential_(self: Tensor, lambd: float = 1, *, generator: Any = None) -> Tensor:
        """Overwrite with random values: see `minitorch.random.exponential_`."""
        return minitorch.random.exponential_(self, lambd, generator=generator)

    def cauchy_(self: Tensor, median: float = 0, sigma: float = 1, *, generator: Any = None) -> Tensor:
        """Overwrite with random values: see `minitorch.random.cauchy_`."""
        return minitorch.random.cauchy_(self, median, sigma, generator=generator)

    def log_normal_(self: Tensor, mean: float = 1, std: float = 2, *, generator: Any = None) -> Tensor:
        """Overwrite with random values: see `minitorch.random.log_normal_`."""
        return minitorch.random.log_normal_(self, mean, std, generator=generator)

    def geometric_(self: Tensor, p: float, *, generator: Any = None) -> Tensor:
        """Overwrite with random values: see `minitorch.random.geometric_`."""
        return minitorch.random.geometric_(self, p, generator=generator)

    def bernoulli(self: Tensor, p: float | None = None, *, generator: Any = None) -> Tensor:
        """See `minitorch.bernoulli`."""
        return minitorch.random.bernoulli(self, p, generator=generator)

    def multinomial(self: Tensor, num_samples: int, replacement: bool = False, *, generator: Any = None) -> Tensor:
        """See `minitorch.multinomial`."""
        return minitorch.random.multinomial(self, num_samples, replacement, generator=generator)
