"""The functions behind the layers, without their parameters: ``torch.nn.functional``.

They are the engine's own operations (`minitorch.ops`), under the names PyTorch gives them here.

Source: https://docs.pytorch.org/docs/stable/nn.functional.html
"""

from __future__ import annotations

import warnings
from typing import Any

from .. import ops
from ..ops import (
    avg_pool2d,
    batch_norm,
    bilinear,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    conv2d,
    conv2d_plain,
    cosine_embedding_loss,
    cross_entropy,
    ctc_loss,
    dropout,
    dropout2d,
    embedding,
    embedding_bag,
    gaussian_nll_loss,
    group_norm,
    hinge_embedding_loss,
    huber_loss,
    instance_norm,
    kl_div,
    l1_loss,
    layer_norm,
    leaky_relu,
    linear,
    local_response_norm,
    margin_ranking_loss,
    max_pool2d,
    max_pool2d_with_indices,
    mse_loss,
    multi_head_attention_forward,
    multi_margin_loss,
    multilabel_margin_loss,
    multilabel_soft_margin_loss,
    nll_loss,
    one_hot,
    poisson_nll_loss,
    relu,
    rms_norm,
    scaled_dot_product_attention,
    sigmoid,
    smooth_l1_loss,
    soft_margin_loss,
    softplus,
    tanh,
    triplet_margin_loss,
    triplet_margin_with_distance_loss,
)
from ..tensor import Tensor

__all__ = [
    "avg_pool2d",
    "batch_norm",
    "bilinear",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "conv2d",
    "conv2d_plain",
    "cosine_embedding_loss",
    "cross_entropy",
    "ctc_loss",
    "dropout",
    "dropout2d",
    "embedding",
    "embedding_bag",
    "gaussian_nll_loss",
    "group_norm",
    "hinge_embedding_loss",
    "huber_loss",
    "instance_norm",
    "kl_div",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "linear",
    "local_response_norm",
    "log_softmax",
    "margin_ranking_loss",
    "max_pool2d",
    "max_pool2d_with_indices",
    "mse_loss",
    "multi_head_attention_forward",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "nll_loss",
    "one_hot",
    "poisson_nll_loss",
    "relu",
    "relu_",
    "rms_norm",
    "scaled_dot_product_attention",
    "sigmoid",
    "smooth_l1_loss",
    "soft_margin_loss",
    "softmax",
    "softplus",
    "tanh",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
]


def relu_(input: Tensor) -> Tensor:
    """max(0, x), in place.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.relu_.html

    >>> import minitorch as torch
    >>> torch.nn.functional.relu_(torch.tensor([-1., 2.]))
    tensor([0., 2.])
    """
    return input.relu_()


def _dim(name: str, input: Tensor, dim: int | None, stacklevel: int) -> int:
    """`dim`, or the one that PyTorch guesses, with a warning, when a script from its early days leaves it out."""
    if dim is not None:
        return dim
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        stacklevel=stacklevel + 1,
    )
    return 0 if input.ndim in (0, 1, 3) else 1


def softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """Probabilities eˣⁱ / Σⱼ eˣʲ along `dim`: see `minitorch.softmax`. Without `dim` it is guessed, with a warning.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.softmax.html

    >>> import minitorch as torch
    >>> torch.nn.functional.softmax(torch.tensor([1000., 1000.]), dim=0)
    tensor([0.5000, 0.5000])
    """
    return ops.softmax(input, _dim("softmax", input, dim, _stacklevel), dtype)


def log_softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """ln softmax(input) along `dim`: see `minitorch.log_softmax`. Without `dim` it is guessed, with a warning.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.log_softmax.html

    >>> import minitorch as torch
    >>> torch.nn.functional.log_softmax(torch.tensor([0., 1000.]), dim=0)
    tensor([-1000.,     0.])
    """
    return ops.log_softmax(input, _dim("log_softmax", input, dim, _stacklevel), dtype)
