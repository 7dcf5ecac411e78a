"""Gradients cut to size."""

from __future__ import annotations

import types
import warnings
from collections.abc import Iterable

import numpy as np

from ...autograd.grad_mode import no_grad
from ...device import array_module
from ...tensor import Tensor, wrap

Tensors = Tensor | Iterable[Tensor]


def _listed(tensors: Tensors) -> list[Tensor]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def get_total_norm(
    tensors: Tensors, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: bool | None = None
) -> Tensor:
    """The `norm_type`-norm of all elements of all tensors: (Σ |x|^p)^(1/p); the largest |x| for ``inf``.

    `foreach` chooses among implementations of the same arithmetic in PyTorch; there is one here.

    Shapes: tensors of any shapes → ().
    Errors: RuntimeError with `error_if_nonfinite` if the norm is not finite; AttributeError for what is no tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.get_total_norm.html

    >>> import minitorch as torch
    >>> torch.nn.utils.get_total_norm([torch.tensor([3.]), torch.tensor([4.])])
    tensor(5.)
    """
    p = float(norm_type)
    listed = _listed(tensors)
    if not listed:
        return wrap(np.zeros((), dtype=np.float32))
    xp = array_module(listed[0]._array)
    kind = np.result_type(*(t._array.dtype for t in listed))
    norms = [_norm(t._array.ravel(), p) for t in listed]
    total = wrap(xp.asarray(_norm(xp.stack(norms), p), dtype=kind))
    if error_if_nonfinite and not np.isfinite(total.item()):
        raise RuntimeError(
            f"The total norm of order {p} for gradients from `parameters` is non-finite, so it cannot be clipped. To "
            "disable this error and scale the gradients by the non-finite norm anyway, set `error_if_nonfinite=False`"
        )
    return total


def _norm(x: object, p: float) -> object:
    xp = array_module(x)
    return xp.asarray(xp.linalg.norm(x, p) if x.size else 0.0, dtype=x.dtype)  # type: ignore[attr-defined]  # an array


def clip_grads_with_norm_(
    parameters: Tensors, max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Multiply every gradient by min(1, max_norm/(total_norm + 1e-6)), in place.

    Shapes: parameters of any shapes, whose gradients are overwritten; total_norm ().
    Errors: TypeError for parameters that are neither a tensor nor iterable.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.clip_grads_with_norm_.html

    >>> import minitorch as torch
    >>> p = torch.nn.Parameter(torch.zeros(1))
    >>> p.grad = torch.tensor([8.])
    >>> torch.nn.utils.clip_grads_with_norm_(p, 1.0, torch.tensor(4.))
    >>> p.grad
    tensor([2.0000])
    """
    factor = (float(max_norm) / (total_norm + 1e-6)).clamp(max=1.0)
    with no_grad(), np.errstate(invalid="ignore"):  # infinities become NaN, without a word as in PyTorch
        for parameter in _listed(parameters):
            if parameter.grad is not None:
                parameter.grad.mul_(factor.to(parameter.grad.device))


def clip_grad_norm_(
    parameters: Tensors,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale all gradients down together so that their total norm is at most `max_norm`; returns the norm before.

    Each gradient is multiplied by min(1, max_norm/(norm + 1e-6)), in place.

    Shapes: parameters of any shapes, whose gradients are overwritten → ().
    Errors: RuntimeError with `error_if_nonfinite` if the norm is not finite; TypeError for parameters that are neither
    a tensor nor iterable; ValueError for a `max_norm` that is no number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html

    >>> import minitorch as torch
    >>> p = torch.nn.Parameter(torch.zeros(2))
    >>> p.grad = torch.tensor([3., 4.])
    >>> torch.nn.utils.clip_grad_norm_(p, max_norm=1.0), p.grad
    (tensor(5.), tensor([0.6000, 0.8000]))
    """
    is_generator = isinstance(parameters, types.GeneratorType)
    listed = _listed(parameters)
    if is_generator and not listed:
        warnings.warn("`parameters` is an empty generator, no gradient clipping will occur.", stacklevel=2)
    gradients = [p.grad for p in listed if p.grad is not None]
    with no_grad():
        total = get_total_norm(gradients, norm_type, error_if_nonfinite, foreach)
        clip_grads_with_norm_(listed, max_norm, total, foreach)
    return total


def clip_grad_value_(parameters: Tensors, clip_value: float, foreach: bool | None = None) -> None:
    """Cut every element of every gradient to [−clip_value, clip_value], in place.

    Shapes: parameters of any shapes, whose gradients are overwritten.
    Errors: TypeError for parameters that are neither a tensor nor iterable; ValueError for a `clip_value` that is no
    number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_value_.html

    >>> import minitorch as torch
    >>> p = torch.nn.Parameter(torch.zeros(2))
    >>> p.grad = torch.tensor([0.5, -4.])
    >>> torch.nn.utils.clip_grad_value_(p, 1.0)
    >>> p.grad
    tensor([ 0.5000, -1.0000])
    """
    limit = float(clip_value)
    with no_grad():
        for parameter in _listed(parameters):
            if parameter.grad is not None:
                parameter.grad.clamp_(min=-limit, max=limit)


def clip_grad_norm(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """`clip_grad_norm_` under its older name, with a warning that says so.

    Shapes: as for `clip_grad_norm_`.
    Errors: as for `clip_grad_norm_`: RuntimeError with `error_if_nonfinite` if the norm is not finite.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm.html

    >>> import minitorch as torch
    >>> import warnings
    >>> p = torch.nn.Parameter(torch.ones(4))
    >>> p.grad = torch.ones(4)
    >>> with warnings.catch_warnings(action="ignore"):
    ...     torch.nn.utils.clip_grad_norm(p, 1.0)
    tensor(2.)
    """
    warnings.warn(
        "torch.nn.utils.clip_grad_norm is now deprecated in favor of torch.nn.utils.clip_grad_norm_.",
        FutureWarning,
        stacklevel=2,
    )
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite, foreach)
