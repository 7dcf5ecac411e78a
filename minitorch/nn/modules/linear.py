"""Linear and Identity.

Source: https://docs.pytorch.org/docs/stable/nn.html#linear-layers
"""

from __future__ import annotations

import math
from typing import Any

from ... import creation
from ...tensor import Tensor
from .. import functional as F
from .. import init
from ..parameter import Parameter
from .module import Module


class Identity(Module):
    """y = x. Takes any arguments and ignores them: a placeholder in a network's structure.

    Shapes: input of any shape → the same tensor.
    Errors: TypeError for a call without an input.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Identity.html

    >>> import minitorch as torch
    >>> torch.nn.Identity()(torch.ones(2))
    tensor([1., 1.])
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        """Return `input`."""
        return input


class Linear(Module):
    """y = x·Wᵀ + b, on the last dimension.

    W = `weight` and b = `bias` both start as draws from U(−1/√in_features, 1/√in_features), the weight first.

    Shapes: input (…, in_features) → (…, out_features); `weight` (out_features, in_features), `bias` (out_features) or
    None.
    Errors: RuntimeError if the last dimension of the input is not in_features, or its dtype not the weight's.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html

    >>> import minitorch as torch
    >>> layer = torch.nn.Linear(20, 30)
    >>> layer(torch.zeros(128, 20)).shape
    torch.Size([128, 30])
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(creation.empty((out_features, in_features), device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(creation.empty(out_features, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new weights."""
        # kaiming_uniform_ with a = √5 is U(−1/√fan_in, 1/√fan_in).
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features) if self.in_features > 0 else 0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        """x·Wᵀ + b."""
        params = self._parameters
        try:
            weight: Any = params["weight"]
            bias = params["bias"]  # as attributes, each takes ten times as long
        except KeyError:  # it is computed, by a parametrization
            weight, bias = self.weight, self.bias
        return F.linear(input, weight, bias)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"

    def _explain_failure(self, *args: Any, **kwargs: Any) -> str:
        x = args[0] if args else kwargs.get("input")
        if not isinstance(x, Tensor) or x.ndim == 0 or x.shape[-1] == self.in_features:
            return ""
        return (
            f"the layer takes {self.in_features} features in the last dimension and got {x.shape[-1]}; if the input "
            "is a flattened image, the images have another size than the network was built for: resize them, or "
            f"build the layer with in_features={x.shape[-1]}"
        )


class Bilinear(Module):
    """y_o = x₁ᵀ·W_o·x₂ + b_o, weight and bias drawn from U(−1/√in1, 1/√in1).

    Shapes: input1 (…, in1) and input2 (…, in2) → (…, out); `weight` (out, in1, in2), `bias` (out) or None.
    Errors: ValueError for in1_features below 1; RuntimeError for inputs of other widths, or whose other dimensions
    differ.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Bilinear.html

    >>> import minitorch as torch
    >>> torch.nn.Bilinear(20, 30, 40)(torch.zeros(128, 20), torch.zeros(128, 30)).shape
    torch.Size([128, 40])
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        self.weight = Parameter(creation.empty((out_features, in1_features, in2_features), device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(creation.empty(out_features, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new weights."""
        if self.in1_features <= 0:
            raise ValueError(f"in1_features must be > 0, but got (in1_features={self.in1_features})")
        bound = 1 / math.sqrt(self.in1_features)
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        """x₁ᵀ·W·x₂ + b."""
        return F.bilinear(input1, input2, *self._fetch("weight", "bias"))

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )
