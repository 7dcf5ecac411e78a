"""The older spectral_norm, by a hook before each forward; `parametrizations.spectral_norm` is its successor.

Source: T. Miyato et al., "Spectral Normalization for Generative Adversarial Networks", 2018,
https://arxiv.org/abs/1802.05957
"""

from __future__ import annotations

from typing import Any, TypeVar

from ...autograd.grad_mode import no_grad
from ...ops import dot, mv
from ...tensor import Tensor
from ..modules.module import Module
from ..parameter import Parameter
from .parametrizations import as_matrix, output_dim, unit

__all__ = ["remove_spectral_norm", "spectral_norm"]

M = TypeVar("M", bound=Module)


class SpectralNorm:
    """The hook: computes the weight as weight_orig/σ before each forward, with σ = uᵀ·W·v followed in training."""

    def __init__(self, name: str, n_power_iterations: int, dim: int, eps: float) -> None:
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.name = name
        self.n_power_iterations = n_power_iterations
        self.dim = dim
        self.eps = eps

    def compute_weight(self, module: Module, iterate: bool) -> Tensor:
        """W/σ, after v ← Wᵀu and u ← Wv if `iterate`."""
        weight, u, v = (getattr(module, self.name + ending) for ending in ("_orig", "_u", "_v"))
        matrix = as_matrix(weight, self.dim)
        if iterate:
            with no_grad():
                for _ in range(self.n_power_iterations):
                    v.copy_(unit(mv(matrix.t(), u), self.eps))
                    u.copy_(unit(mv(matrix, v), self.eps))
            u, v = u.clone(), v.clone()  # the next forward changes them, while this one's backward may be to come
        return weight / dot(u, mv(matrix, v))

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module, module.training))


class _Version:
    """Notes in the state dict's metadata which form of spectral_norm wrote it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, module: Module, state_dict: Any, prefix: str, local_metadata: Any) -> None:
        local_metadata.setdefault("spectral_norm", {})[self.name + ".version"] = 1


def spectral_norm(
    module: M, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> M:
    """W/σ(W): a weight divided by its largest singular value, with weight_orig as parameter, weight_u and weight_v.

    σ is followed by `n_power_iterations` of power iteration at each forward in training. `dim` is that of the outputs:
    0, or 1 for transposed convolutions, unless given.

    Shapes: weight, and weight_orig, of any shape, as a matrix (size of `dim`, the rest); weight_u (size of `dim`),
    weight_v (the rest).
    Errors: KeyError for a name that is not there; ValueError for a parameter that is None, and for `n_power_iterations`
    below 1; RuntimeError if done twice.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.spectral_norm.html

    >>> import minitorch as torch
    >>> layer = torch.nn.utils.spectral_norm(torch.nn.Linear(2, 3))
    >>> list(layer.state_dict())
    ['bias', 'weight_orig', 'weight_u', 'weight_v']
    """
    for present in module._forward_pre_hooks.values():
        if isinstance(present, SpectralNorm) and present.name == name:
            raise RuntimeError(f"Cannot register two spectral_norm hooks on the same parameter {name}")
    hook = SpectralNorm(name, n_power_iterations, output_dim(module, dim), eps)
    weight = module._parameters[name]
    if weight is None:
        raise ValueError(f"`SpectralNorm` cannot be applied as parameter `{name}` is None")
    height, width = as_matrix(weight.detach(), hook.dim).shape
    u, v = weight.new_empty(height).normal_(0, 1), weight.new_empty(width).normal_(0, 1)
    delattr(module, name)
    module.register_parameter(name + "_orig", weight)
    setattr(module, name, weight.detach())
    module.register_buffer(name + "_u", unit(u, eps))
    module.register_buffer(name + "_v", unit(v, eps))
    module.register_forward_pre_hook(hook)
    module._register_state_dict_hook(_Version(name))
    return module


def remove_spectral_norm(module: M, name: str = "weight") -> M:
    """Make the weight one parameter again, with its present value.

    Errors: ValueError if it has no `spectral_norm`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.remove_spectral_norm.html

    >>> import minitorch as torch
    >>> layer = torch.nn.utils.spectral_norm(torch.nn.Linear(2, 3))
    >>> list(torch.nn.utils.remove_spectral_norm(layer).state_dict())
    ['bias', 'weight']
    """
    hooks = module._forward_pre_hooks
    found = [key for key, hook in hooks.items() if isinstance(hook, SpectralNorm) and hook.name == name]
    if not found:
        raise ValueError(f"spectral_norm of '{name}' not found in {module}")
    hook: Any = hooks.pop(found[0])
    with no_grad():
        weight = hook.compute_weight(module, iterate=False)
    for ending in ("", "_u", "_v", "_orig"):
        delattr(module, name + ending)
    module.register_parameter(name, Parameter(weight.detach()))
    notes: Any = (module._state_hooks or {}).get("state_dict", {})
    for key in [k for k, note in notes.items() if isinstance(note, _Version) and note.name == name]:
        del notes[key]
    return module
