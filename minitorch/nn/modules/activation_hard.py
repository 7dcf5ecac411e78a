"""Activations made of straight pieces, and their rational relatives.

Source: https://docs.pytorch.org/docs/stable/nn.html#non-linear-activations-weighted-sum-nonlinearity
"""

from __future__ import annotations

import warnings

from ...tensor import Tensor
from .. import functional as F
from .activation_smooth import _InPlaceOrNot
from .module import Module


class Hardtanh(Module):
    """y = x held within [min_val, max_val].

    Shapes: input of any shape → the same.
    Errors: AssertionError unless min_val < max_val; RuntimeError for bools, and with `inplace` for a leaf that requires
    gradients.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Hardtanh.html

    >>> import minitorch as torch
    >>> torch.nn.Hardtanh(-2, 1)(torch.tensor([-3., 0.5, 2.]))
    tensor([-2.0000,  0.5000,  1.0000])
    """

    def __init__(
        self,
        min_val: float = -1.0,
        max_val: float = 1.0,
        inplace: bool = False,
        min_value: float | None = None,
        max_value: float | None = None,
    ) -> None:
        super().__init__()
        for old, value in (("min", min_value), ("max", max_value)):
            if value is not None:
                warnings.warn(
                    f"keyword argument `{old}_value` is deprecated and renamed to `{old}_val`",
                    FutureWarning,
                    stacklevel=2,
                )
        self.min_val: float = min_val if min_value is None else min_value
        self.max_val: float = max_val if max_value is None else max_value
        self.inplace = inplace
        if self.max_val <= self.min_val:
            raise AssertionError(f"max_val ({self.max_val}) must be greater than min_val ({self.min_val})")

    def forward(self, input: Tensor) -> Tensor:
        """`input` within the bounds."""
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        return f"min_val={self.min_val}, max_val={self.max_val}" + (", inplace=True" if self.inplace else "")


class ReLU6(Hardtanh):
    """y = min(max(0, x), 6).

    Shapes: input of any shape → the same.
    Errors: RuntimeError for bools, and with `inplace` for a leaf that requires gradients.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.ReLU6.html

    >>> import minitorch as torch
    >>> torch.nn.ReLU6()(torch.tensor([-1., 5., 8.]))
    tensor([0., 5., 6.])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


class _SilentInPlace(_InPlaceOrNot):
    """PyTorch does not show `inplace` in the repr of these."""

    def extra_repr(self) -> str:
        return ""


class Hardsigmoid(_SilentInPlace):
    """y = (x + 3)/6 held within [0, 1].

    Shapes: input of any shape → the same.
    Errors: NotImplementedError for integers; RuntimeError with `inplace` for a leaf that requires gradients.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Hardsigmoid.html

    >>> import minitorch as torch
    >>> torch.nn.Hardsigmoid()(torch.tensor([-4., 0., 1.5]))
    tensor([0.0000, 0.5000, 0.7500])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The piecewise linear sigmoid of `input`."""
        return F.hardsigmoid(input, self.inplace)


class Hardswish(_SilentInPlace):
    """y = x·(x + 3)/6, with the second factor held within [0, 1].

    Shapes: input of any shape → the same.
    Errors: NotImplementedError for integers; RuntimeError with `inplace` for a leaf that requires gradients.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Hardswish.html

    >>> import minitorch as torch
    >>> torch.nn.Hardswish()(torch.tensor([-4., 1.5, 4.]))
    tensor([-0.0000,  1.1250,  4.0000])
    """

    def forward(self, input: Tensor) -> Tensor:
        """`input` times its piecewise linear sigmoid."""
        return F.hardswish(input, self.inplace)


class _WithLambda(Module):
    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def extra_repr(self) -> str:
        return str(self.lambd)


class Hardshrink(_WithLambda):
    """y = 0 within [−lambd, lambd], else x.

    Shapes: input of any shape → the same.
    Errors: NotImplementedError for integers.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Hardshrink.html

    >>> import minitorch as torch
    >>> torch.nn.Hardshrink()(torch.tensor([-1., 0.2]))
    tensor([-1.,  0.])
    """

    def forward(self, input: Tensor) -> Tensor:
        """`input` without its small values."""
        return F.hardshrink(input, self.lambd)


class Softshrink(_WithLambda):
    """y = x moved towards 0 by lambd, and 0 where it was nearer.

    Shapes: input of any shape → the same.
    Errors: RuntimeError for a negative `lambd`, when called; NotImplementedError for integers.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Softshrink.html

    >>> import minitorch as torch
    >>> torch.nn.Softshrink()(torch.tensor([-1., 0.2]))
    tensor([-0.5000,  0.0000])
    """

    def forward(self, input: Tensor) -> Tensor:
        """`input` moved towards 0."""
        return F.softshrink(input, self.lambd)


class Tanhshrink(Module):
    """y = x − tanh x.

    Shapes: input of any shape → the same.
    Errors: RuntimeError for bools.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Tanhshrink.html

    >>> import minitorch as torch
    >>> torch.nn.Tanhshrink()(torch.tensor([-1., 2.]))
    tensor([-0.2384,  1.0360])
    """

    def forward(self, input: Tensor) -> Tensor:
        """`input` less its hyperbolic tangent."""
        return F.tanhshrink(input)


class Softsign(Module):
    """y = x/(1 + |x|).

    Shapes: input of any shape → the same.
    Errors: NotImplementedError for bools.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Softsign.html

    >>> import minitorch as torch
    >>> torch.nn.Softsign()(torch.tensor([-1., 3.]))
    tensor([-0.5000,  0.7500])
    """

    def forward(self, input: Tensor) -> Tensor:
        """`input` over 1 + its size."""
        return F.softsign(input)


class Threshold(Module):
    """y = x where x > threshold, else value.

    Shapes: input of any shape → the same.
    Errors: NotImplementedError for bools; RuntimeError with `inplace` for a leaf that requires gradients.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Threshold.html

    >>> import minitorch as torch
    >>> torch.nn.Threshold(0.5, 9.0)(torch.tensor([-1., 2.]))
    tensor([9., 2.])
    """

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.threshold = threshold
        self.value = value
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """`input` where it exceeds the threshold."""
        return F.threshold(input, self.threshold, self.value, self.inplace)

    def extra_repr(self) -> str:
        return f"threshold={self.threshold}, value={self.value}" + (", inplace=True" if self.inplace else "")
