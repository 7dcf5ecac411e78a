"""The random numbers of the transforms, drawn from minitorch's default generator as torchvision draws them.

They come as plain numbers: a Tensor around each would cost more than drawing it, image after image.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from numbers import Number
from typing import Any

import numpy as np

from ...dtype import get_default_dtype
from ...nn import Module
from ...random_arrays import integers_array, uniform_array


def uniform(low: float, high: float) -> float:
    """One number from [low, high): what ``torch.empty(1).uniform_(low, high).item()`` draws."""
    return uniform_array(1, get_default_dtype(), low, high).item()


def unit() -> np.floating:
    """One number from [0, 1), as ``torch.rand(1)``. As a NumPy number, it is compared in float32, too."""
    return uniform_array(1, get_default_dtype())[0]


def below(n: int) -> int:
    """One integer from 0 to n − 1: what ``torch.randint(0, n, (1,)).item()`` draws."""
    return integers_array(1, 0, n).item()


def sequence_of(value: Any, name: str, lengths: tuple[int, ...]) -> None:
    """TypeError unless `value` is a sequence, ValueError unless it has one of the `lengths`."""
    message = f"{name} should be a sequence of length {' or '.join(map(str, lengths))}."
    if not isinstance(value, Sequence):
        raise TypeError(message)
    if len(value) not in lengths:
        raise ValueError(message)


def angles(value: Any, name: str, lengths: tuple[int, ...] = (2,)) -> list[float]:
    """A range of angles: a number d means [−d, d]."""
    if isinstance(value, Number):
        number: Any = value
        if number < 0:
            raise ValueError(f"If {name} is a single number, it must be positive.")
        return [-float(number), float(number)]
    sequence_of(value, name, lengths)
    return [float(v) for v in value]


def ranges(scale: Any, ratio: Any) -> None:
    """Check the ranges of a random rectangle's area and proportions."""
    if not isinstance(scale, Sequence):
        raise TypeError("Scale should be a sequence")
    if not isinstance(ratio, Sequence):
        raise TypeError("Ratio should be a sequence")
    if scale[0] > scale[1] or ratio[0] > ratio[1]:
        warnings.warn("Scale and ratio should be of kind (min, max)", stacklevel=3)


def area_and_ratio(area: int, scale: Sequence[float], ratio: Sequence[float]) -> tuple[float, float]:
    """A random part of `area`, and random proportions, uniform in the logarithm; in float32, as PyTorch draws them."""
    low, high = np.log(np.array(ratio, np.float32)).tolist()
    part = area * uniform(*scale)
    return part, float(np.exp(np.float32(uniform(low, high))))


class WithProbability(Module):
    """A transform that is applied with probability `p`."""

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = p

    def apply_to(self, img: Any) -> Any:
        """The transformed image."""
        raise NotImplementedError

    def forward(self, img: Any) -> Any:
        """The image, transformed or not."""
        return self.apply_to(img) if unit() < self.p else img

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p={self.p})"


def checked_fill(fill: Any) -> Any:
    """`fill` for what comes in from outside the image: 0 for None; TypeError unless it is a number or a sequence."""
    if fill is None:
        return 0
    if not isinstance(fill, Sequence | Number):
        raise TypeError("Fill should be either a sequence or a number.")
    return fill
