"""Ready-made parametrisations: weight_norm and spectral_norm.

Source: https://docs.pytorch.org/docs/stable/nn.html#utilities
"""

from __future__ import annotations

from typing import Any

from ...autograd.grad_mode import no_grad
from ...ops import mv, norm
from ...ops.checks import normalize_dim
from ...tensor import Tensor
from ..modules.module import Module
from .parametrize import register_parametrization

__all__ = ["spectral_norm", "weight_norm"]


# ---- weight_norm -----------------------------------------------------------------------------------------------------


def norm_except_dim(v: Tensor, dim: int) -> Tensor:
    """‖v‖ over all dimensions but `dim`, which stay as sizes 1; for dim −1 over all, a single number."""
    if dim == -1:
        return norm(v)
    dim = normalize_dim(dim, v.ndim)
    rest = v.transpose(0, dim).reshape(v.shape[dim], -1)
    return norm(rest, 2, 1).reshape(*(v.shape[dim] if d == dim else 1 for d in range(v.ndim)))


def scaled_direction(v: Tensor, g: Tensor, dim: int) -> Tensor:
    """w = g·v/‖v‖."""
    return v * (g / norm_except_dim(v, dim))


class _WeightNorm(Module):
    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        return scaled_direction(weight_v, weight_g, self.dim)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        return norm_except_dim(weight, self.dim), weight


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """w = g·v/‖v‖: train a weight's length g and its direction v apart. One length per index of `dim`, or one in all.

    They are parametrizations.weight.original0 (g) and .original1 (v). State dicts of the older `weight_norm`, with
    weight_g and weight_v, can be loaded.

    Shapes: weight, and original1, of any shape; original0 with 1 in place of every size but that of `dim`, or () for
    None.
    Errors: ValueError for a name that is not there; IndexError for a `dim` that the weight does not have.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrizations.weight_norm.html and
    T. Salimans and D. P. Kingma, "Weight Normalization", 2016, https://arxiv.org/abs/1602.07868

    >>> import minitorch as torch
    >>> layer = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(2, 3))
    >>> layer.parametrizations.weight.original0.shape, layer.parametrizations.weight.original1.shape
    (torch.Size([3, 1]), torch.Size([3, 2]))
    """
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)
    module._register_load_state_dict_pre_hook(_OldNames(name))
    return module


class _OldNames:
    """Renames what the older weight_norm saved."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, state_dict: Any, prefix: str, *rest: Any) -> None:
        old = [f"{prefix}{self.name}_{letter}" for letter in "gv"]
        if all(key in state_dict for key in old):
            for i, key in enumerate(old):
                state_dict[f"{prefix}parametrizations.{self.name}.original{i}"] = state_dict.pop(key)


# ---- spectral_norm ---------------------------------------------------------------------------------------------------


def unit(x: Tensor, eps: float) -> Tensor:
    """x/‖x‖, with ‖x‖ taken as `eps` where below."""
    return x / norm(x).clamp(min=eps)


def as_matrix(weight: Tensor, dim: int) -> Tensor:
    """(…) → (size of dim, the rest)."""
    if dim:
        weight = weight.permute(dim, *(d for d in range(weight.ndim) if d != dim))
    return weight.reshape(weight.shape[0], -1)


def output_dim(module: Module, dim: int | None) -> int:
    """The dimension of a weight that numbers the outputs: 1 in transposed convolutions, else 0; unless it is given."""
    transposed = ("ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d")
    return dim if dim is not None else int(any(kind.__name__ in transposed for kind in type(module).__mro__))


class _SpectralNorm(Module):
    """W/σ, with σ = uᵀ·W·v and u, v the first singular vectors, followed by power iteration: v ← Wᵀu, u ← Wv."""

    _u: Tensor
    _v: Tensor

    def __init__(self, weight: Tensor, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        super().__init__()
        ndim = weight.ndim
        if not -ndim <= dim < ndim:
            raise IndexError(f"Dimension out of range (expected to be in range of [-{ndim}, {ndim - 1}] but got {dim})")
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.dim = dim % ndim
        self.eps = eps
        if ndim > 1:  # a vector's norm needs no iteration
            self.n_power_iterations = n_power_iterations
            matrix = as_matrix(weight, self.dim)
            h, w = matrix.shape
            u, v = matrix.new_empty(h).normal_(0, 1), matrix.new_empty(w).normal_(0, 1)
            self.register_buffer("_u", unit(u, eps))
            self.register_buffer("_v", unit(v, eps))
            self._iterate(matrix, 15)

    @no_grad()
    def _iterate(self, matrix: Tensor, times: int) -> None:
        for _ in range(times):
            self._u.copy_(unit(mv(matrix, self._v), self.eps))
            self._v.copy_(unit(mv(matrix.t(), self._u), self.eps))

    def forward(self, weight: Tensor) -> Tensor:
        if weight.ndim == 1:
            return unit(weight, self.eps)
        matrix = as_matrix(weight, self.dim)
        if self.training:
            self._iterate(matrix.detach(), self.n_power_iterations)
        # Copies: the next forward changes these in place, while this one's gradient may still be to come.
        u, v = self._u.clone(), self._v.clone()
        return weight / (u * mv(matrix, v)).sum()

    def right_inverse(self, value: Tensor) -> Tensor:
        return value


def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Module:
    """W/σ(W): a weight divided by its largest singular value, so that the layer stretches nothing.

    σ is followed by `n_power_iterations` of power iteration at each use in training. `dim` is that of the outputs: 0,
    or 1 for transposed convolutions, unless given.

    Shapes: weight of any shape, which stays; power iteration sees it as (size of `dim`, the rest).
    Errors: ValueError for a name that is not there, and for `n_power_iterations` below 1; IndexError for a `dim` that
    it does not have.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrizations.spectral_norm.html and
    T. Miyato et al., "Spectral Normalization for Generative Adversarial Networks", 2018,
    https://arxiv.org/abs/1802.05957

    >>> import minitorch as torch
    >>> _ = torch.manual_seed(0)
    >>> layer = torch.nn.utils.parametrizations.spectral_norm(torch.nn.Linear(1, 3))
    >>> layer.weight.norm().detach()
    tensor(1.)
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    register_parametrization(module, name, _SpectralNorm(weight, n_power_iterations, output_dim(module, dim), eps))
    return module
