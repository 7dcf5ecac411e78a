"""`embedding` as it stands beside the tensor operations, where PyTorch takes the table first.

`minitorch.nn.functional.embedding`, in embedding.py, takes it second.
"""

from __future__ import annotations

from typing import Any

from ..checks import tensor_argument
from ..shape.shape import as_int
from .embedding import embedding as rows_of

__all__: list[str] = []  # not one of minitorch.ops, which has the other order


def embedding(
    weight: Any, indices: Any, padding_idx: int = -1, scale_grad_by_freq: bool = False, sparse: bool = False
) -> Any:
    """The rows of `weight` that `indices` number.

    The row `padding_idx` gets no gradient; a number that no row has, as −1, means none. With `scale_grad_by_freq` a
    row's gradient is divided by how often it is asked for. Sparse gradients are not supported.

    Shapes: weight (V, D), indices (…) of integers → (…, D).
    Errors: IndexError for a number outside 0…V−1; RuntimeError for indices of another dtype and a weight of another
    rank; NotImplementedError for `sparse`; TypeError for what is not a tensor, and a `padding_idx` that is not an int.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.embedding.html

    >>> import minitorch as torch
    >>> table = torch.tensor([[0., 0.], [1., 2.], [3., 4.]])
    >>> torch.embedding(table, torch.tensor([2, 1]))
    tensor([[3., 4.],
            [1., 2.]])
    """
    tensor_argument("embedding", weight, "weight")
    tensor_argument("embedding", indices, "indices", 2)
    padding = as_int("embedding", "padding_idx", padding_idx)
    is_there = weight.ndim > 0 and 0 <= padding < weight.shape[0]
    return rows_of(indices, weight, padding if is_there else None, None, 2.0, scale_grad_by_freq, sparse)
