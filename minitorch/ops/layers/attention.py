"""Attention: each query takes a weighted mean of values, weighted by how well its key fits the query.

Source: A. Vaswani et al., "Attention Is All You Need", 2017, https://arxiv.org/abs/1706.03762
"""

from __future__ import annotations

import math
import warnings
from typing import Any

from ...device import array_module
from ...tensor import Tensor, wrap
from ..activations.softmax import softmax
from ..checks import can_look, check_same_device, tensor_argument
from ..elementwise.selection import where
from ..matrices.matmul import linear, matmul
from ..shape.joining import cat
from .dropout import dropout

__all__ = ["multi_head_attention_forward", "scaled_dot_product_attention"]


def scaled_dot_product_attention(
    query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None, dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None, enable_gqa: bool = False,
) -> Tensor:  # fmt: skip
    """softmax(Q·Kᵀ·scale + mask)·V.

    `scale` is 1/√E unless given. `attn_mask` says by True where a query may look at a key, or is added;
    ``is_causal=True`` lets query i look at keys 0…i. A query that may look nowhere gets 0. `dropout_p` drops weights,
    always (there is no training flag). With `enable_gqa` several query heads (dimension −3) share one of key and value.

    Shapes: query (…, L, E), key (…, S, E), value (…, S, D) → (…, L, D); with `enable_gqa` query (…, H, L, E), key
    (…, G, S, E), value (…, G, S, D) → (…, H, L, D). attn_mask broadcasts to (…, L, S).
    Errors: RuntimeError for shapes or dtypes that do not fit, for integers, for both masks, and a `dropout_p` out of
    range; IndexError for `enable_gqa` without heads; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html

    >>> import minitorch as torch
    >>> q, k, v = torch.tensor([[1., 0.]]), torch.tensor([[9., 0.], [9., 9.]]), torch.tensor([[1.], [2.]])
    >>> torch.nn.functional.scaled_dot_product_attention(q, k, v)
    tensor([[1.5000]])
    """
    _check_qkv(query, key, value)
    if not 0.0 <= dropout_p <= 1.0:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {dropout_p}")
    if attn_mask is not None:
        tensor_argument("scaled_dot_product_attention", attn_mask, "attn_mask", 4)
    if is_causal and attn_mask is not None:
        raise RuntimeError("scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True")
    if enable_gqa:
        key, value = _shared_heads(query, key), _shared_heads(query, value)
    if is_causal:
        xp = array_module(query._array)
        attn_mask = wrap(xp.tri(query.shape[-2], key.shape[-2], dtype=bool))
    scale = 1 / math.sqrt(max(query.shape[-1], 1)) if scale is None else scale
    scores = matmul(query * scale, key.transpose(-2, -1))  # (…, L, S)
    is_blind = None if attn_mask is None else _blind(attn_mask)
    if attn_mask is not None:
        scores = _masked(scores, attn_mask)
    if is_blind is not None:
        scores = where(is_blind, 0.0, scores)  # softmax of −inf alone would be nan, and its gradient, too
    weights = softmax(scores, -1)
    if is_blind is not None:
        weights = where(is_blind, 0.0, weights)
    if dropout_p:
        weights = dropout(weights, dropout_p)
    return matmul(weights, value)


def _check_qkv(query: Any, key: Any, value: Any) -> None:
    for position, (what, x) in enumerate((("query", query), ("key", key), ("value", value)), 1):
        tensor_argument("scaled_dot_product_attention", x, what, position)
    check_same_device("scaled_dot_product_attention", query, key, value)
    shapes = f"query {list(query.shape)}, key {list(key.shape)} and value {list(value.shape)}"
    if min(query.ndim, key.ndim, value.ndim) < 2:
        raise RuntimeError(f"Expected query, key, and value to all be at least 2 dimensional, but got {shapes}")
    if not query.dtype == key.dtype == value.dtype:
        raise RuntimeError(
            f"Expected query, key, and value to have the same dtype, but got query.dtype: {query.dtype} key.dtype: "
            f"{key.dtype} and value.dtype: {value.dtype} instead."
        )
    if not query.is_floating_point():
        raise RuntimeError(
            f"scaled_dot_product_attention: expected scalar type Float but found {query.dtype.type_name}"
        )
    if query.shape[-1] != key.shape[-1] or key.shape[-2] != value.shape[-2]:
        raise RuntimeError(
            f"scaled_dot_product_attention: query and key must have the same last size, key and value the same length, "
            f"but got {shapes}"
        )


def _shared_heads(query: Any, x: Any) -> Any:
    """Each head of `x` (…, H, S, E) as often as it takes to have as many as the query has."""
    heads, wanted = x.shape[-3], query.shape[-3]
    if wanted % heads:
        raise RuntimeError(f"enable_gqa: {wanted} query heads cannot share {heads} heads of key and value evenly")
    shape = (*x.shape[:-2], wanted // heads, *x.shape[-2:])
    return x.unsqueeze(-3).expand(shape).reshape(*x.shape[:-3], wanted, *x.shape[-2:])


def _blind(mask: Any) -> Any:
    """Which queries may look nowhere (…, 1); None if all may look somewhere."""
    forbidden = ~mask if mask._array.dtype.kind == "b" else mask == -math.inf
    is_blind = forbidden.all(-1, keepdim=True) if mask.ndim else forbidden
    return None if can_look(is_blind._array) and not is_blind._array.any() else is_blind


def _masked(scores: Any, mask: Any) -> Any:
    shape = tuple(scores.shape)
    fits = mask.ndim <= len(shape) and all(m in (1, n) for m, n in zip(mask.shape[::-1], shape[::-1], strict=False))
    if not fits:
        raise RuntimeError(
            f"scaled_dot_product_attention: attn_mask of shape {list(mask.shape)} cannot be expanded to {list(shape)}"
        )
    if mask._array.dtype.kind == "b":
        return where(mask, scores, -math.inf)
    if mask.dtype != scores.dtype:
        raise RuntimeError(
            f"Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: "
            f"{mask.dtype} and query.dtype: {scores.dtype} instead."
        )
    return scores + mask


# ---- several heads ---------------------------------------------------------------------------------------------------


def multi_head_attention_forward(
    query: Tensor, key: Tensor, value: Tensor, embed_dim_to_check: int, num_heads: int,
    in_proj_weight: Tensor | None, in_proj_bias: Tensor | None, bias_k: Tensor | None, bias_v: Tensor | None, 
    add_zero_attn: bool, dropout_p: float, out_proj_weight: Tensor, out_proj_bias: Tensor | None,
    training: bool = True, key_padding_mask: Tensor | None = None, need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False, q_proj_weight: Tensor | None = None, k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None, static_k: Tensor | None = None, static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:  # fmt: skip
    """Attention in H heads: project query, key and value, attend in each head, put the heads together, project again.

    Head h works on columns h·E/H … (h+1)·E/H of the three projections, each with a bias. In the masks True forbids,
    other than in `scaled_dot_product_attention`; floats are added. `is_causal` says that attn_mask is the causal one.
    `bias_k` and `bias_v` are one more key and value, `add_zero_attn` adds one of zeros.

    Shapes: query (L, N, E) or (L, E), key (S, N, ·) or (S, ·), value alike → (L, N, E), (…, L, S′) or (L, E),
    (…, L, S′): the result, and the weights of each sample (and each head, with ``average_attn_weights=False``), S′
    being S and one each for `bias_k` and `add_zero_attn`. attn_mask (L, S) or (N·H, L, S), key_padding_mask (N, S) or
    (S), bias_k and bias_v (1, 1, E).
    Errors: AssertionError for ranks and sizes that do not fit; RuntimeError for an `attn_mask` of another shape, and
    for `is_causal` without one; ZeroDivisionError for no heads; NotImplementedError for `static_k` and `static_v`, and
    for booleans; TypeError for weights that are not tensors.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.multi_head_attention_forward.html

    >>> import minitorch as torch
    >>> x, one = torch.tensor([[1., 2.], [3., 4.]]), torch.eye(2)
    >>> y, weights = torch.nn.functional.multi_head_attention_forward(
    ...     x, x, x, 2, 1, torch.cat([one, one, one]), None, None, None, False, 0.0, one, None)
    >>> weights.sum(-1)
    tensor([1., 1.])
    """
    if static_k is not None or static_v is not None:
        raise NotImplementedError("multi_head_attention_forward: static_k= and static_v= are not supported")
    is_batched = _check_ranks(query, key, value, key_padding_mask, attn_mask, num_heads)
    is_self, is_shared = query is key, key is value
    if not is_batched:
        query = query.unsqueeze(1)
        key = query if is_self else key.unsqueeze(1)
        value = key if is_shared else value.unsqueeze(1)
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    length, samples, width = query.shape
    _check_sizes(query, key, value, embed_dim_to_check, num_heads, use_separate_proj_weight)
    if is_causal and attn_mask is None:
        raise RuntimeError(
            "Need attn_mask if specifying the is_causal hint. You may use the Transformer module method "
            "`generate_square_subsequent_mask` to create this mask."
        )

    if key_padding_mask is not None and attn_mask is not None and key_padding_mask.dtype != attn_mask.dtype:
        warnings.warn(
            "Support for mismatched key_padding_mask and attn_mask is deprecated. Use same type for both instead.",
            stacklevel=2,
        )
    is_causal = is_causal and key_padding_mask is None and not need_weights  # then the hint stands for the mask
    mask = _merged_mask(None if is_causal else attn_mask, key_padding_mask, query, key.shape[0], num_heads)

    joined: Any = in_proj_weight
    if is_self and is_shared and not use_separate_proj_weight:  # one product instead of three
        q, k, v = linear(query, joined, in_proj_bias).chunk(3, -1)
    else:
        biases = (None, None, None) if in_proj_bias is None else in_proj_bias.chunk(3)
        weights = (q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight else joined.chunk(3)
        q, k, v = (linear(x, w, b) for x, w, b in zip((query, key, value), weights, biases, strict=True))
    if (bias_k is None) != (bias_v is None):
        raise AssertionError("bias_k and bias_v must both be given or both be None")
    if bias_k is not None and bias_v is not None:
        k, v = cat([k, bias_k.repeat(1, samples, 1)]), cat([v, bias_v.repeat(1, samples, 1)])
    if add_zero_attn:
        k, v = (cat([x, x.new_zeros((1, samples, width))]) for x in (k, v))
    if mask is not None and k.shape[0] > mask.shape[-1]:  # whoever looks at the added keys may
        mask = cat([mask, mask.new_zeros((*mask.shape[:-1], k.shape[0] - mask.shape[-1]))], -1)

    q, k, v = (_split_heads(x, num_heads) for x in (q, k, v))
    dropout_p = dropout_p if training else 0.0
    attention = None
    if need_weights:
        scores = matmul(q * math.sqrt(num_heads / width), k.transpose(-2, -1))
        attention = softmax(scores if mask is None else scores + mask, -1)
        if dropout_p > 0:
            attention = dropout(attention, dropout_p)
        y = matmul(attention, v)
    else:
        y = scaled_dot_product_attention(q, k, v, mask, dropout_p, is_causal)
    y = linear(y.permute(2, 0, 1, 3).reshape(length, samples, width), out_proj_weight, out_proj_bias)
    if attention is not None and average_attn_weights:
        attention = attention.mean(1)
    if not is_batched:
        y = y.squeeze(1)
        attention = None if attention is None else attention.squeeze(0)
    return y, attention


def _split_heads(x: Any, heads: int) -> Any:
    """(L, N, E) → (N, heads, L, E/heads)."""
    return x.reshape(x.shape[0], x.shape[1], heads, x.shape[2] // heads).permute(1, 2, 0, 3)


def _check_ranks(query: Any, key: Any, value: Any, key_padding_mask: Any, attn_mask: Any, num_heads: int) -> bool:
    """Whether the inputs have a batch dimension; AssertionError, as in PyTorch, for ranks that do not go together."""
    rank = query.ndim
    if rank not in (2, 3):
        raise AssertionError(f"query should be unbatched 2D or batched 3D tensor but received {rank}-D query tensor")
    kind = "batched (3-D)" if rank == 3 else "unbatched (2-D)"
    if key.ndim != rank or value.ndim != rank:
        raise AssertionError(
            f"For {kind} `query`, expected `key` and `value` to be {rank}-D but found {key.ndim}-D and {value.ndim}-D "
            "tensors respectively"
        )
    if key_padding_mask is not None and key_padding_mask.ndim != rank - 1:
        raise AssertionError(
            f"For {kind} `query`, expected `key_padding_mask` to be `None` or {rank - 1}-D but found "
            f"{key_padding_mask.ndim}-D tensor instead"
        )
    if attn_mask is not None:
        if attn_mask.ndim not in (2, 3):
            raise AssertionError(
                f"For {kind} `query`, expected `attn_mask` to be `None`, 2-D or 3-D but found {attn_mask.ndim}-D "
                "tensor instead"
            )
        expected = (num_heads, query.shape[0], key.shape[0])
        if rank == 2 and attn_mask.ndim == 3 and tuple(attn_mask.shape) != expected:
            raise AssertionError(f"Expected `attn_mask` shape to be {expected} but got {attn_mask.shape}")
    return rank == 3


def _check_sizes(query: Any, key: Any, value: Any, embed_dim: int, num_heads: int, separate: bool) -> None:
    width = query.shape[-1]
    if width != embed_dim:
        raise AssertionError(f"was expecting embedding dimension of {embed_dim}, but got {width}")
    if width % num_heads:
        raise AssertionError(f"embed_dim {width} not divisible by num_heads {num_heads}")
    if separate and tuple(key.shape[:2]) != tuple(value.shape[:2]):
        raise AssertionError(f"key's sequence and batch dims {key.shape[:2]} do not match value's {value.shape[:2]}")
    if not separate and tuple(key.shape) != tuple(value.shape):
        raise AssertionError(f"key shape {key.shape} does not match value shape {value.shape}")


def _additive(name: str, mask: Any, query: Any) -> Any:
    """A mask to be added to the scores: −inf where a boolean one forbids."""
    if mask._array.dtype.kind == "f":
        return mask
    if mask._array.dtype.kind != "b":
        raise AssertionError(f"only bool and floating types of {name} are supported")
    return query.new_zeros(mask.shape).masked_fill(mask, -math.inf)


def _merged_mask(attn_mask: Any, padding: Any, query: Any, source: int, num_heads: int) -> Any:
    """Both masks as one that is added to scores of shape (N, heads, L, S)."""
    length, samples = query.shape[:2]
    merged = None
    if attn_mask is not None:
        if attn_mask.ndim == 2:
            expected: tuple[int, ...] = (length, source)
        else:
            expected = (samples * num_heads, length, source)
        if tuple(attn_mask.shape) != expected:
            raise RuntimeError(
                f"The shape of the {attn_mask.ndim}D attn_mask is {attn_mask.shape}, but should be {expected}."
            )
        shape = (1, 1, length, source) if attn_mask.ndim == 2 else (samples, num_heads, length, source)
        merged = _additive("attn_mask", attn_mask, query).reshape(shape)
    if padding is not None:
        if tuple(padding.shape) != (samples, source):
            raise AssertionError(f"expecting key_padding_mask shape of {(samples, source)}, but got {padding.shape}")
        padding = _additive("key_padding_mask", padding, query).reshape(samples, 1, 1, source)
        merged = padding if merged is None else merged + padding
    return merged
