"""Transforms in lists, applied at random. `RandomOrder` and `RandomChoice` draw from Python's `random`, as there."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from ...nn import Module
from .draws import unit
from .transforms import listing


class RandomApply(Module):
    """All of `transforms` with probability `p`, or none.

    Shapes: those of `transforms`.
    Errors: those of `transforms`; TypeError, when they are applied, for what is no sequence.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomApply.html

    >>> from minitorch.vision import transforms
    >>> transforms.RandomApply([transforms.Lambda(lambda x: x + 1)], p=1.0)(1)
    2
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]], p: float = 0.5) -> None:
        super().__init__()
        self.transforms = transforms
        self.p = p

    def forward(self, img: Any) -> Any:
        """The image, transformed or not."""
        if self.p < unit():
            return img
        for transform in self.transforms:
            img = transform(img)
        return img

    def __repr__(self) -> str:
        return listing(type(self).__name__, [f"p={self.p}", *self.transforms])


class RandomTransforms:
    """The base of `RandomOrder` and `RandomChoice`: a list of transforms.

    Shapes: those of `transforms`.
    Errors: TypeError for what is no sequence.

    Source: torchvision.transforms.transforms, which has no page.

    >>> from minitorch.vision.transforms.random_lists import RandomTransforms
    >>> RandomTransforms([abs])
    RandomTransforms(
        <built-in function abs>
    )
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        if not isinstance(transforms, Sequence):
            raise TypeError("Argument transforms should be a sequence")
        self.transforms = transforms

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError

    def __repr__(self) -> str:
        return listing(type(self).__name__, self.transforms)


class RandomOrder(RandomTransforms):
    """All transforms in a random order (Python's `random.shuffle`).

    Shapes: those of `transforms`.
    Errors: TypeError for what is no sequence.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomOrder.html

    >>> from minitorch.vision import transforms
    >>> transforms.RandomOrder([lambda x: x + 1, lambda x: x + 2])(0)
    3
    """

    def __call__(self, img: Any) -> Any:
        order = list(range(len(self.transforms)))
        random.shuffle(order)
        for i in order:
            img = self.transforms[i](img)
        return img


class RandomChoice(RandomTransforms):
    """One transform picked at random (Python's `random.choices`), with weights `p` or equal ones.

    Shapes: those of `transforms`.
    Errors: TypeError for what is no sequence.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomChoice.html

    >>> from minitorch.vision import transforms
    >>> transforms.RandomChoice([lambda x: x + 1, lambda x: x + 2], p=[0, 1])(0)
    2
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]], p: Sequence[float] | None = None) -> None:
        super().__init__(transforms)
        if p is not None and not isinstance(p, Sequence):
            raise TypeError("Argument p should be a sequence")
        self.p = p

    def __call__(self, *args: Any) -> Any:
        return random.choices(self.transforms, weights=self.p)[0](*args)

    def __repr__(self) -> str:
        return f"{super().__repr__()}(p={self.p})"
