"""What a known mistake is made of, and the list of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class KnownBad:
    """One mistake. `build(engine)` gives the function, `inputs(engine)` what to call it with."""

    name: str
    kind: str  # the diagnosis it must get
    why: str
    build: Callable[[Any], Callable[..., Any]]
    arrays: Callable[[np.random.Generator], Sequence[np.ndarray]]

    def inputs(self, engine: Any) -> list[Any]:
        """float64 tensors that require gradients."""
        made = self.arrays(np.random.default_rng(7))
        return [engine.from_numpy(np.array(a, dtype=np.float64)).requires_grad_() for a in made]


KNOWN_BAD: list[KnownBad] = []


def known_bad(kind: str, why: str, *shapes: tuple[int, ...] | Callable[..., Any]) -> Callable[..., Any]:
    """Add a mistake to the list; its inputs are random with these shapes, or what a function of a generator gives."""

    def add(build: Callable[[Any], Callable[..., Any]]) -> Callable[..., Any]:
        if shapes and callable(shapes[0]):
            arrays = shapes[0]
        else:
            arrays = lambda rng: [rng.uniform(-1.5, 1.5, shape) for shape in shapes]  # noqa: E731
        KNOWN_BAD.append(KnownBad(build.__name__, kind, why, build, arrays))
        return build

    return add


def distinct(*shape: int) -> Callable[..., Any]:
    """Values that differ by 0.1 at least and are not near zero, in random order."""
    n = int(np.prod(shape))
    return lambda rng: [(rng.permutation(n) * 0.1 + 0.07 - 0.05 * n).reshape(shape)]
