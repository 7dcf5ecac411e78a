"""Activations: each applies one function of nn.functional to its input.

Source: https://docs.pytorch.org/docs/stable/nn.html#non-linear-activations-weighted-sum-nonlinearity
"""

from __future__ import annotations

from ...tensor import Tensor
from .. import functional as F
from .module import Module


class ReLU(Module):
    """y = max(0, x); its derivative at 0 is taken to be 0. `inplace` overwrites the input.

    Shapes: input of any shape → the same.
    Errors: RuntimeError for bools, and with `inplace` for a leaf that requires gradients.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.ReLU.html

    >>> import minitorch as torch
    >>> torch.nn.ReLU()(torch.tensor([-1., 2.]))
    tensor([0., 2.])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """max(0, input)."""
        return F.relu(input, self.inplace)

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


class LeakyReLU(Module):
    """y = x for x > 0, else negative_slope·x.

    Shapes: input of any shape → the same.
    Errors: NotImplementedError for integers; RuntimeError with `inplace` for a leaf that requires gradients.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LeakyReLU.html

    >>> import minitorch as torch
    >>> torch.nn.LeakyReLU(0.5)(torch.tensor([-1., 2.]))
    tensor([-0.5000,  2.0000])
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """The leaky rectifier of `input`."""
        return F.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        return f"negative_slope={self.negative_slope}" + (", inplace=True" if self.inplace else "")


class Sigmoid(Module):
    """y = 1/(1 + e^−x).

    Shapes: input of any shape → the same.
    Errors: none of its own; integers become the default floating dtype.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Sigmoid.html

    >>> import minitorch as torch
    >>> torch.nn.Sigmoid()(torch.zeros(1))
    tensor([0.5000])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The logistic function of `input`."""
        return F.sigmoid(input)


class Tanh(Module):
    """y = tanh x.

    Shapes: input of any shape → the same.
    Errors: none of its own; integers become the default floating dtype.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Tanh.html

    >>> import minitorch as torch
    >>> torch.nn.Tanh()(torch.zeros(1))
    tensor([0.])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The hyperbolic tangent of `input`."""
        return F.tanh(input)


class Softplus(Module):
    """y = log(1 + e^(beta·x))/beta, and y = x where beta·x > threshold, where the two agree to rounding.

    Shapes: input of any shape → the same.
    Errors: NotImplementedError for integers.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Softplus.html

    >>> import minitorch as torch
    >>> torch.nn.Softplus()(torch.zeros(1))
    tensor([0.6931])
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Tensor) -> Tensor:
        """The smooth rectifier of `input`."""
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"


class _AlongDim(Module):
    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax(_AlongDim):
    """y_i = e^(x_i)/Σ_j e^(x_j) along `dim`: positive, and 1 in total.

    Shapes: input of any shape → the same; each slice along `dim` is one distribution.
    Errors: IndexError for a `dim` that the input does not have; NotImplementedError for integers.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Softmax.html

    >>> import minitorch as torch
    >>> torch.nn.Softmax(dim=0)(torch.zeros(4))
    tensor([0.2500, 0.2500, 0.2500, 0.2500])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The softmax of `input` along `dim`."""
        return F.softmax(input, self.dim, _stacklevel=5)


class LogSoftmax(_AlongDim):
    """y_i = x_i − log Σ_j e^(x_j) along `dim`: the logarithm of `Softmax`, without its underflow.

    Shapes: input of any shape → the same.
    Errors: IndexError for a `dim` that the input does not have; NotImplementedError for integers.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LogSoftmax.html

    >>> import minitorch as torch
    >>> torch.nn.LogSoftmax(dim=0)(torch.zeros(4))
    tensor([-1.3863, -1.3863, -1.3863, -1.3863])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The log-softmax of `input` along `dim`."""
        return F.log_softmax(input, self.dim, _stacklevel=5)
