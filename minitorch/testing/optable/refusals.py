"""What is refused, beside the bad inputs that stand with the samples: a list for a tensor, and what docstrings name.

tests/test_docstrings.py asks that every type of error that a docstring names be raised by the table's bad inputs, or by
calls that it makes wrong itself; here they are held against torch.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from .core import Bad, Entry, T, bad, index, t

# The first tensor of the first sample is replaced by a list of one number: TypeError.
TAKE_NO_LIST = """
adaptive_max_pool1d addbmm addmv addr adjoint all allclose amax amin aminmax any argmax argmin argsort argwhere
as_strided atleast_1d atleast_2d atleast_3d baddbmm bincount bitwise_and bitwise_left_shift bitwise_not bitwise_or
bitwise_right_shift bitwise_xor block_diag bmm broadcast_tensors broadcast_to bucketize cartesian_prod cdist
channel_shuffle chunk clone combinations constant_pad_nd corrcoef cos count_nonzero cov cross cummax cummin cumprod
cumsum diag diag_embed diagflat diagonal diagonal_scatter diff dist dot dsplit equal flatten flip fliplr flipud
floor_divide gather ger gru_cell histc histogram hsplit index_add index_copy index_fill index_reduce index_select
inner isclose isfinite isinf isnan kthvalue logcumsumexp logical_not lstm_cell masked_fill masked_scatter
masked_select matrix_power max meshgrid min mm mode movedim msort mv nanmean nansum narrow narrow_copy nonzero outer
pdist permute pinverse pixel_unshuffle prod put ravel reciprocal remainder renorm repeat_interleave reshape
rnn_relu_cell rnn_tanh_cell roll rot90 rsqrt scatter scatter_add searchsorted select select_scatter sign sin
slice_scatter sort square squeeze std std_mean swapaxes swapdims t take take_along_dim tensor_split tile topk
transpose tril triu unbind unflatten unique unique_consecutive unsqueeze vander var var_mean vdot vsplit linalg.cond
linalg.cross linalg.diagonal linalg.lstsq linalg.matmul linalg.matrix_norm linalg.matrix_power linalg.matrix_rank
linalg.norm linalg.pinv linalg.solve linalg.svdvals linalg.vander linalg.vecdot
nn.functional.adaptive_max_pool1d_with_indices nn.functional.alpha_dropout nn.functional.avg_pool2d
nn.functional.avg_pool3d nn.functional.bilinear nn.functional.conv2d nn.functional.conv3d
nn.functional.conv_transpose2d nn.functional.conv_transpose3d nn.functional.cosine_embedding_loss
nn.functional.cosine_similarity nn.functional.cross_entropy nn.functional.dropout
nn.functional.feature_alpha_dropout nn.functional.fold nn.functional.grid_sample nn.functional.gumbel_softmax
nn.functional.hinge_embedding_loss nn.functional.kl_div nn.functional.leaky_relu
nn.functional.max_pool1d_with_indices nn.functional.max_pool2d nn.functional.max_pool2d_with_indices
nn.functional.max_pool3d nn.functional.multi_margin_loss nn.functional.multilabel_margin_loss
nn.functional.multilabel_soft_margin_loss nn.functional.nll_loss nn.functional.one_hot
nn.functional.poisson_nll_loss nn.functional.scaled_dot_product_attention nn.functional.soft_margin_loss
nn.functional.softplus nn.functional.triplet_margin_loss
""".split()

HALF = "float16"
OUT_OF_RANGE = index([[[[[0]]]]])
CELL = t(2, 3), t(2, 4)
LSTM = t(2, 3), (t(2, 4), t(2, 4))

REFUSED: dict[str, list[Bad]] = {
    "adaptive_max_pool1d": [bad(RuntimeError, t(8), 2)],
    "add": [
        bad(TypeError, [1.0], t(3), alpha=2),
        bad(TypeError, t(3), [1.0], alpha=2),
        bad(RuntimeError, t(3), t(3), alpha=True),
        bad(RuntimeError, t(3), t(3), alpha=True, dtype="int64"),
    ],
    "all": [bad(RuntimeError, t(2, 3), (0, 0))],
    "any": [bad(RuntimeError, t(2, 3), (0, 0))],
    "broadcast_shapes": [bad(TypeError, "text")],
    "cholesky_inverse": [bad(NotImplementedError, t(2, 2), dtype=HALF)],
    "cholesky_solve": [bad(NotImplementedError, t(2, 2), t(2, 2), dtype=HALF)],
    "column_stack": [bad(TypeError, t(3))],
    "count_nonzero": [bad(IndexError, t(3), 1), bad(RuntimeError, t(2, 3), (0, 0))],
    "diagonal_scatter": [bad(IndexError, t(3, 3), t(3), 0, 0, 5)],
    "div": [bad(TypeError, [1.0], 2.0, rounding_mode="floor")],
    "dstack": [bad(TypeError, t(3))],
    "embedding": [bad(TypeError, t(5, 3), [0])],
    "floor_divide": [bad(TypeError, [1.0], 2.0)],
    "gru_cell": [bad(TypeError, *CELL, [1.0], t(12, 4)), bad(TypeError, *CELL, t(12, 3), [1.0])],
    "histogram": [bad(RuntimeError, t(3), 3, range=(0.0, 1.0, 2.0)), bad(RuntimeError, t(3), 3, range=(0.0,))],
    "hstack": [bad(TypeError, t(3))],
    "index_reduce": [
        bad(NotImplementedError, t(3), 0, index([0, 0]), t(2), reduce, dtype="bool") for reduce in ("prod", "amax")
    ],
    "index_select": [bad(RuntimeError, t(3), 0, t(1))],
    "ldexp": [bad(NotImplementedError, t(3), index([True, False, True], "bool"))],
    "linalg.cond": [bad(NotImplementedError, t(2, 2), dtype=HALF)],
    "linalg.cross": [bad(IndexError, t(3), t(3), dim=5)],
    "linalg.eigh": [bad(TypeError, t(2, 2), UPLO=3)],
    "linalg.eigvalsh": [bad(TypeError, t(2, 2), UPLO=3)],
    "linalg.matmul": [bad(RuntimeError, t(3, 4), t(3, 4), says="3x4")],
    "linalg.matrix_norm": [bad(RuntimeError, t(2, 2), 2, dtype=HALF), bad(RuntimeError, t(2, 2), "nuc", dtype=HALF)],
    "linalg.multi_dot": [bad(TypeError, [t(2, 2), 1.0]), bad(TypeError, t(2, 2, 2))],
    "linalg.norm": [bad(IndexError, t(3), 2, 5)],
    "linalg.qr": [bad(TypeError, t(2, 2), mode=2)],
    "linalg.qr without Q": [bad(NotImplementedError, t(2, 2), "r", dtype=HALF)],
    "linalg.solve": [bad(NotImplementedError, t(2, 2), t(2, 2), dtype=HALF)],
    "linalg.svdvals": [bad(NotImplementedError, t(2, 2), dtype=HALF)],
    "linalg.tensorsolve with dimensions moved": [
        bad(IndexError, t(2, 2), t(2), (5,)),
        bad(NotImplementedError, t(2, 2), t(2), dtype=HALF),
    ],
    "logdet": [bad(RuntimeError, t(2, 2), dtype=HALF)],
    "logsumexp": [bad(RuntimeError, t(3), (0, 0))],
    "lstm_cell": [bad(TypeError, *LSTM, [1.0], t(16, 4)), bad(TypeError, *LSTM, t(16, 3), [1.0])],
    "movedim": [bad(RuntimeError, t(2, 3), (0, 0), (0, 1))],
    "narrow_copy": [bad(IndexError, t(5), 0, 9, 1)],
    "nn.functional.adaptive_max_pool1d_with_indices": [bad(RuntimeError, t(5), 2)],
    "nn.functional.adaptive_max_pool2d_with_indices": [bad(RuntimeError, t(5, 5), 2)],
    "nn.functional.adaptive_max_pool3d_with_indices": [bad(RuntimeError, t(5, 5, 5), 2)],
    "nn.functional.batch_norm": [
        bad(TypeError, t(2, 4), None, None, [1.0], None, True),
        bad(TypeError, t(2, 4), None, None, None, [1.0], True),
        bad(RuntimeError, t(2, 4), t(4, dtype="float64"), t(4, dtype="float64")),
        bad(RuntimeError, t(2, 4), None, None, None, t(4, dtype="float64"), True),
        bad(RuntimeError, t(2, 4), t(4), t(4), t(4, dtype="float32"), dtype=HALF),
    ],
    "nn.functional.bilinear": [
        bad(TypeError, t(2, 3), t(2, 4), t(5, 3, 4), [1.0]),
        bad(IndexError, t(2, 3), t(2, 4), t(5, 3)),
        bad(RuntimeError, t(2, 3), t(2, 4), t(5, 3, 4, 1)),
    ],
    "nn.functional.binary_cross_entropy_with_logits": [bad(RuntimeError, t(3), t(3), t(4))],
    "nn.functional.conv1d": [bad(TypeError, t(1, 2, 5), t(3, 2, 2), [1.0, 2.0, 3.0])],
    "nn.functional.conv2d": [bad(TypeError, t(1, 2, 5, 5), t(3, 2, 2, 2), [1.0, 2.0, 3.0])],
    "nn.functional.conv3d": [bad(TypeError, t(1, 2, 3, 3, 3), t(3, 2, 2, 2, 2), [1.0, 2.0, 3.0])],
    "nn.functional.conv_transpose1d": [bad(TypeError, t(1, 2, 5), t(2, 3, 2), [1.0, 2.0, 3.0])],
    "nn.functional.conv_transpose2d": [bad(TypeError, t(1, 2, 3, 3), t(2, 3, 2, 2), [1.0, 2.0, 3.0])],
    "nn.functional.conv_transpose3d": [bad(TypeError, t(1, 2, 3, 3, 3), t(2, 3, 2, 2, 2), [1.0, 2.0, 3.0])],
    "nn.functional.group_norm": [
        bad(TypeError, t(2, 4), 2, [1.0]),
        bad(TypeError, t(2, 4), 2, None, [1.0]),
    ],
    "nn.functional.gumbel_softmax": [bad(IndexError, t(3), dim=5)],
    "nn.functional.instance_norm": [bad(RuntimeError, t(2, 4, 3), weight=t(4, dtype="float64"))],
    "nn.functional.layer_norm": [
        bad(TypeError, t(2, 3), (3,), [1.0]),
        bad(TypeError, t(2, 3), (3,), None, [1.0]),
        bad(TypeError, t(2, 3), ("a",)),
        bad(TypeError, t(2, 3), (3.0,)),
    ],
    "nn.functional.local_response_norm": [bad(RuntimeError, t(2, 4, 3), 0)],
    "nn.functional.max_pool2d_with_indices": [bad(RuntimeError, t(5, 5), 2)],
    "nn.functional.max_pool3d_with_indices": [bad(RuntimeError, t(5, 5, 5), 2)],
    "nn.functional.max_unpool3d": [bad(ValueError, t(1, 1, 1, 1, 1), OUT_OF_RANGE, 2, output_size=(9, 9, 9))],
    "nn.functional.multilabel_soft_margin_loss": [bad(IndexError, t(), t())],
    "nn.functional.pdist": [bad(NotImplementedError, t(3, 2), dtype=HALF)],
    "nn.functional.rms_norm": [bad(TypeError, t(2, 3), (3,), [1.0]), bad(TypeError, t(2, 3), ("a",))],
    "nn.functional.scaled_dot_product_attention": [bad(TypeError, t(2, 3), t(2, 3), t(2, 3), [[True, True], [True, True]])],
    "nn.functional.upsample": [bad(RuntimeError, t(1, 2, 3), 0)],
    "nn.functional.upsample_bilinear": [bad(RuntimeError, t(1, 2, 3, 3), 0), bad(ValueError, t(1, 2, 3, 3))],
    "nn.functional.upsample_nearest": [bad(RuntimeError, t(1, 2, 3), 0)],
    "pdist": [bad(NotImplementedError, t(3, 2), dtype=HALF)],
    "pow": [bad(NotImplementedError, t(3), t(3), dtype="bool")],
    "remainder": [bad(TypeError, [1.0], 2)],
    "rnn_relu_cell": [bad(TypeError, *CELL, [1.0], t(4, 4)), bad(TypeError, *CELL, t(4, 3), [1.0])],
    "rnn_tanh_cell": [bad(TypeError, *CELL, [1.0], t(4, 4)), bad(TypeError, *CELL, t(4, 3), [1.0])],
    "row_stack": [bad(TypeError, t(3))],
    "scatter": [bad(IndexError, t(3), 5, index([0]), 1.0)],
    "scatter_add": [bad(IndexError, t(3), 5, index([0]), t(1))],
    "special.erfcx": [bad(NotImplementedError, t(3), dtype=HALF)],
    "special.log_ndtr": [bad(NotImplementedError, t(3), dtype=HALF)],
    "special.ndtri": [bad(NotImplementedError, t(3), dtype=HALF)],
    "split_with_sizes": [bad(IndexError, t(3), (1, 2), 1)],
    "squeeze": [bad(RuntimeError, t(1, 1), (0, 0))],
    "stack": [bad(TypeError, t(3))],
    "sub": [bad(TypeError, [1.0], t(3), alpha=2), bad(RuntimeError, t(3), t(3), alpha=True)],
    "swapaxes": [bad(IndexError, t(3), 0, 5)],
    "swapdims": [bad(IndexError, t(3), 0, 5)],
    "take_along_dim": [bad(IndexError, t(3), index([0]), 3), bad(RuntimeError, t(3), index([5]))],
    "Tensor.expand": [bad(TypeError, t(3), "text")],
    "Tensor.expand_as": [bad(RuntimeError, t(3), t(4)), bad(TypeError, t(3), [1.0])],
    "Tensor.repeat": [bad(TypeError, t(3), "text")],
    "Tensor.reshape_as": [bad(RuntimeError, t(3), t(4)), bad(TypeError, t(3), [1.0])],
    "Tensor.view_as": [bad(RuntimeError, t(3), t(4)), bad(TypeError, t(3), [1.0])],
    "tile": [bad(RuntimeError, t(3), (-1,))],
    "unflatten": [bad(IndexError, t(3), 5, (1, 3))],
    "where": [bad(TypeError, [True], t(1), t(1))],
    "where indices": [bad(TypeError, [True])],
}


def with_a_list(entry: Entry) -> Bad:
    sample = entry.samples[0]
    i = next(i for i, value in enumerate(sample.args) if isinstance(value, T))
    wrong = replace(sample, args=(*sample.args[:i], [1.0], *sample.args[i + 1 :]))
    return Bad(wrong, TypeError, (), (sample.dtypes or entry.dtypes)[0])


def add_refusals(entries: Iterable[Entry]) -> None:
    """Give the table's entries their bad inputs of this file; an entry that is not there is an error."""
    by_name = {entry.name: entry for entry in entries}
    for name in TAKE_NO_LIST:
        entry = by_name[name]
        entry.errors = [*entry.errors, with_a_list(entry)]
    for name, cases in REFUSED.items():
        by_name[name].errors = [*by_name[name].errors, *cases]
