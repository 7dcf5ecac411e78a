"""Distribution: what all have in common, the shapes and the checks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Number
from typing import Any

from .. import ops
from ..autograd.grad_mode import no_grad
from ..dtype import finfo
from ..from_data import tensor
from ..tensor import Size, Tensor

Value = float | Tensor


class Distribution:
    """Base of the distributions: `batch_shape` independent ones, whose samples have the shape `event_shape`.

    ``sample(shape)`` draws from PyTorch's stream of random numbers; ``log_prob(value)`` is the logarithm of the density
    or of the probability.

    Shapes: sample(s) → (*s, *batch_shape, *event_shape); log_prob(value) → (*s, *batch_shape).
    Errors: ValueError, with `validate_args` (the default), for parameters and values out of range; NotImplementedError
    for what a distribution does not have, such as ``rsample`` of a discrete one.

    Source: https://docs.pytorch.org/docs/stable/distributions.html

    >>> import minitorch as torch
    >>> torch.distributions.Normal(torch.zeros(3), 1.0).batch_shape
    torch.Size([3])
    """

    has_rsample = False
    parameters: tuple[str, ...] = ()  # their names, in the order of the repr
    _validate = True

    def __init__(
        self,
        batch_shape: Sequence[int] = (),
        event_shape: Sequence[int] = (),
        validate_args: bool | None = None,
    ) -> None:
        self._batch_shape, self._event_shape = Size(batch_shape), Size(event_shape)
        if validate_args is not None:
            self._validate = validate_args

    @property
    def batch_shape(self) -> Size:
        """The shape of the independent distributions."""
        return self._batch_shape

    @property
    def event_shape(self) -> Size:
        """The shape of one sample of one of them."""
        return self._event_shape

    @property
    def mean(self) -> Tensor:
        """The expected value."""
        raise NotImplementedError

    @property
    def variance(self) -> Tensor:
        """The expected squared distance from the mean."""
        raise NotImplementedError

    @property
    def stddev(self) -> Tensor:
        """The root of the variance."""
        return self.variance.sqrt()

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw a tensor of shape sample_shape + batch_shape + event_shape, without a history."""
        with no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw so that gradients reach the parameters, where that is possible."""
        raise NotImplementedError

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density or the probability at `value`."""
        raise NotImplementedError

    def entropy(self) -> Tensor:
        """The expected −log_prob."""
        raise NotImplementedError

    def _extended(self, sample_shape: Sequence[int]) -> Size:
        return Size((*sample_shape, *self._batch_shape, *self._event_shape))

    def _check(self, what: str, value: Tensor, right: Callable[[Tensor], Tensor], meaning: str) -> None:
        """ValueError if some element of `value` is not `right`; NaN never is."""
        if self._validate and not right(value.detach()).all():
            raise ValueError(
                f"Expected {what} ({type(value).__name__} of shape {tuple(value.shape)}) of distribution {self!r} to "
                f"be {meaning}, but found invalid values:\n{value}"
            )

    def __repr__(self) -> str:
        given = [(name, vars(self)[name]) for name in self.parameters if name in vars(self)]
        return f"{type(self).__name__}({', '.join(f'{n}: {v if v.numel() == 1 else v.size()}' for n, v in given)})"


def together(*values: Any) -> tuple[Tensor, ...]:
    """Numbers and tensors as tensors of one shape; numbers take the dtype of the first tensor."""
    first = next((value for value in values if isinstance(value, Tensor)), None)
    if not all(isinstance(value, Tensor | Number) for value in values):
        raise ValueError("Input arguments must all be instances of Number or torch.Tensor.")
    kind, place = (None, None) if first is None else (first.dtype, first.device)
    made = [v if isinstance(v, Tensor) else tensor(float(v), dtype=kind, device=place) for v in values]
    return tuple(ops.broadcast_tensors(*made))


def inside(probs: Tensor) -> Tensor:
    """Probabilities kept away from 0 and 1 by one rounding, so that their logarithms are finite."""
    eps = finfo(probs.dtype).eps
    return probs.clamp(min=eps, max=1 - eps)
