"""Smooth activations, those with a slope of their own, and those that choose along a dimension.

Source: https://docs.pytorch.org/docs/stable/nn.html#non-linear-activations-weighted-sum-nonlinearity
"""

from __future__ import annotations

from typing import Any

from ... import creation
from ...tensor import Tensor
from .. import functional as F
from .. import init as initialise
from ..parameter import Parameter
from .activation import _AlongDim
from .module import Module


class _WithAlpha(Module):
    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}" + (", inplace=True" if self.inplace else "")


class _InPlaceOrNot(Module):
    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


class ELU(_WithAlpha):
    """y = x for x > 0, else alpha·(e^x − 1).

    Shapes: input of any shape → the same.
    Errors: NotImplementedError for integers; RuntimeError with `inplace` for a leaf that requires gradients.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.ELU.html

    >>> import minitorch as torch
    >>> torch.nn.ELU()(torch.tensor([-1., 2.]))
    tensor([-0.6321,  2.0000])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The exponential linear unit of `input`."""
        return F.elu(input, self.alpha, self.inplace)


class CELU(_WithAlpha):
    """y = x for x > 0, else alpha·(e^(x/alpha) − 1): an ELU whose slope is continuous for every alpha.

    Shapes: input of any shape → the same.
    Errors: RuntimeError for ``alpha=0``, when called, and with `inplace` for a leaf that requires gradients;
    NotImplementedError for integers.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.CELU.html

    >>> import minitorch as torch
    >>> torch.nn.CELU(2.0)(torch.tensor([-1., 2.]))
    tensor([-0.7869,  2.0000])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The continuously differentiable exponential linear unit of `input`."""
        return F.celu(input, self.alpha, self.inplace)


class SELU(_InPlaceOrNot):
    """y = s·x for x > 0, else s·α·(e^x − 1), with s ≈ 1.0507 and α ≈ 1.6733.

    These keep the mean 0 and the variance 1 of a layer's output; the dropout that goes with them is `AlphaDropout`.

    Shapes: input of any shape → the same.
    Errors: NotImplementedError for integers; RuntimeError with `inplace` for a leaf that requires gradients.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.SELU.html

    >>> import minitorch as torch
    >>> torch.nn.SELU()(torch.tensor([-1., 2.]))
    tensor([-1.1113,  2.1014])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The scaled exponential linear unit of `input`."""
        return F.selu(input, self.inplace)


class GELU(Module):
    """y = x·Φ(x), Φ(x) being the area under the normal density left of x; approximate='tanh' is a formula close to it.

    Shapes: input of any shape → the same.
    Errors: RuntimeError for an `approximate` but 'none' and 'tanh', when called; NotImplementedError for integers.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.GELU.html

    >>> import minitorch as torch
    >>> torch.nn.GELU()(torch.tensor([-1., 2.]))
    tensor([-0.1587,  1.9545])
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        """The Gaussian error linear unit of `input`."""
        return F.gelu(input, approximate=self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class SiLU(_InPlaceOrNot):
    """y = x·σ(x), with the logistic function σ.

    Shapes: input of any shape → the same.
    Errors: NotImplementedError for integers; RuntimeError with `inplace` for a leaf that requires gradients.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.SiLU.html

    >>> import minitorch as torch
    >>> torch.nn.SiLU()(torch.tensor([-1., 2.]))
    tensor([-0.2689,  1.7616])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The sigmoid linear unit of `input`."""
        return F.silu(input, self.inplace)


class Mish(_InPlaceOrNot):
    """y = x·tanh(log(1 + e^x)).

    Shapes: input of any shape → the same.
    Errors: NotImplementedError for integers; RuntimeError with `inplace` for a leaf that requires gradients.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Mish.html

    >>> import minitorch as torch
    >>> torch.nn.Mish()(torch.tensor([-1., 2.]))
    tensor([-0.3034,  1.9440])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The Mish function of `input`."""
        return F.mish(input, self.inplace)


class LogSigmoid(Module):
    """y = log σ(x) = −log(1 + e^−x).

    Shapes: input of any shape → the same.
    Errors: NotImplementedError for integers.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LogSigmoid.html

    >>> import minitorch as torch
    >>> torch.nn.LogSigmoid()(torch.zeros(1))
    tensor([-0.6931])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The logarithm of the logistic function of `input`."""
        return F.logsigmoid(input)


class GLU(Module):
    """y = a·σ(b), a and b being the halves of the input along `dim`.

    Shapes: input (…, 2·D, …) → (…, D, …), the even size being that of `dim`.
    Errors: RuntimeError for an odd size or a 0-d input; IndexError for a `dim` that the input does not have;
    NotImplementedError for integers.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.GLU.html

    >>> import minitorch as torch
    >>> torch.nn.GLU()(torch.tensor([1., 2., 0., 0.]))
    tensor([0.5000, 1.0000])
    """

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """The gated linear unit of `input`."""
        return F.glu(input, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class PReLU(Module):
    """y = x for x > 0, else a·x with a trained slope a: `weight`, one for all channels or one for each (dimension 1).

    The slopes start as `init`.

    Shapes: input (N, C, …), or any shape if there is one slope → the same; `weight` (C) or (1).
    Errors: RuntimeError if there are neither 1 nor C slopes, or if the dtypes of input and slopes differ.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.PReLU.html

    >>> import minitorch as torch
    >>> torch.nn.PReLU()(torch.tensor([-1., 2.]))
    tensor([-0.2500,  2.0000], grad_fn=<PreluKernelBackward0>)
    """

    weight: Parameter

    def __init__(self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(creation.empty(num_parameters, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set every slope to `init`."""
        initialise.constant_(self.weight, self.init)

    def forward(self, input: Tensor) -> Tensor:
        """The rectifier of `input` with the trained slopes."""
        return F.prelu(input, *self._fetch("weight"))

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


class RReLU(Module):
    """y = x for x > 0, else r·x: in training r is from U[lower, upper) for each element, in evaluation it is the mean.

    Shapes: input of any shape → the same.
    Errors: RuntimeError if lower > upper, when called, and with `inplace` for a leaf that requires gradients;
    NotImplementedError for integers.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.RReLU.html

    >>> import minitorch as torch
    >>> torch.nn.RReLU(0.2, 0.3).eval()(torch.tensor([-1., 2.]))
    tensor([-0.2500,  2.0000])
    """

    def __init__(self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False) -> None:
        super().__init__()
        self.lower = lower
        self.upper = upper
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """The rectifier of `input` with random slopes."""
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self) -> str:
        return f"lower={self.lower}, upper={self.upper}" + (", inplace=True" if self.inplace else "")


class Softmin(_AlongDim):
    """y_i = e^(−x_i)/Σ_j e^(−x_j) along `dim`.

    Shapes: input of any shape → the same.
    Errors: IndexError for a `dim` that the input does not have; NotImplementedError for integers.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Softmin.html

    >>> import minitorch as torch
    >>> torch.nn.Softmin(dim=0)(torch.tensor([0., 1000.]))
    tensor([1., 0.])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The softmin of `input` along `dim`."""
        return F.softmin(input, self.dim, _stacklevel=5)


class Softmax2d(Module):
    """y = softmax of x over the channels of an image, at each place by itself.

    Shapes: input (N, C, H, W) or (C, H, W) → the same.
    Errors: ValueError for another rank.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Softmax2d.html

    >>> import minitorch as torch
    >>> torch.nn.Softmax2d()(torch.zeros(4, 1, 1)).flatten()
    tensor([0.2500, 0.2500, 0.2500, 0.2500])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The softmax of `input` over the channels."""
        if input.dim() not in (3, 4):
            raise ValueError(f"Softmax2d: expected input to be 3D or 4D, got {input.dim()}D instead")
        return F.softmax(input, -3, _stacklevel=5)
