"""What sequence models are made of: tables of vectors, bilinear forms, attention."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .core import FLOATS, NUMBERS, bad, index, op, s, t

WORDS = index([2, 0, 2, 4])
PHRASES = index([[1, 3], [3, 3], [0, 4]])


def _table_first(function: Any) -> Any:
    """The weight as the first argument, so that the table's tools see a tensor to be laid out."""

    def wrapped(engine: Any) -> Any:
        return lambda weight, *args, **kwargs: function(engine)(args[0], weight, *args[1:], **kwargs)

    return wrapped


op(
    "nn.functional.embedding",
    [
        s(t(5, 3), WORDS),
        s(t(5, 3), PHRASES),
        s(t(5, 3), index(1)),
        s(t(5, 3), index([], "int64")),
        s(t(5, 3), index([1, 0, 1], "int32")),
        # The padding row's gradient is left out and the other is divided, on purpose: differences say otherwise. And in
        # its second derivative torch forgets the division.
        s(t(5, 3), WORDS, 2).at_kink(),
        s(t(5, 3), PHRASES, padding_idx=-2).at_kink(),
        s(t(5, 3), PHRASES, scale_grad_by_freq=True).once(),
        s(t(5, 1), WORDS, padding_idx=0).at_kink(),
    ],
    call=_table_first(lambda e: e.nn.functional.embedding),
    dtypes=FLOATS,
    errors=[
        bad(IndexError, t(5, 3), index([1, 5]), says="5"),
        bad(IndexError, t(5, 3), index([1, -1]), says="-1"),
        bad(RuntimeError, t(5, 3), t(2)),
        bad(RuntimeError, t(5), index([1])),
        bad(AssertionError, t(5, 3), WORDS, 5),
        bad(AssertionError, t(5, 3), WORDS, -6),
    ],
)


op(
    "embedding",
    [s(t(5, 3), WORDS), s(t(5, 3), PHRASES, 2).at_kink(), s(t(5, 3), WORDS, 7), s(t(5, 3), index(1), padding_idx=-2)],
    dtypes=NUMBERS,
    errors=[
        bad(IndexError, t(5, 3), index([1, 5])),
        bad(RuntimeError, t(5), index([1])),
        bad(RuntimeError, t(5, 3), t(2)),
        bad(TypeError, t(5, 3), WORDS, 1.5),
    ],
)


def _shortened(engine: Any) -> Any:
    """Runs on a copy of the table, and returns it too: its rows are shortened in place."""

    def call(weight: Any, numbers: Any, **kwargs: Any) -> Any:
        weight = weight.clone()
        return engine.nn.functional.embedding(numbers, weight, **kwargs), weight

    return call


op(
    "nn.functional.embedding max_norm",
    [s(t(5, 3), WORDS, max_norm=1.0), s(t(5, 3), PHRASES, max_norm=0.5, norm_type=1.0)],
    call=_shortened,
    dtypes=FLOATS,
    differentiable=False,
    layouts=("transposed", "strided"),
)
OFFSETS = index([0, 1, 1, 3])
op(
    "nn.functional.embedding_bag",
    [s(t(5, 3, distinct=True), PHRASES, mode=m) for m in ("sum", "mean", "max")]
    + [s(t(5, 3, distinct=True), WORDS, OFFSETS, mode=m) for m in ("sum", "mean", "max")]
    + [
        s(t(5, 3, distinct=True), PHRASES),
        s(t(5, 3), WORDS, index([0, 1, 4]), mode="sum", include_last_offset=True),
        s(t(5, 3), PHRASES, mode="sum", per_sample_weights=t(3, 2)),
        s(t(5, 3), WORDS, OFFSETS, mode="sum", per_sample_weights=t(4)),
        s(t(5, 3), PHRASES, padding_idx=3),
        s(t(5, 3), PHRASES, mode="sum", padding_idx=-2),
    ],
    call=_table_first(lambda e: e.nn.functional.embedding_bag),
    dtypes=FLOATS,
    node="",
    because="made of embedding and a reduction here; torch has no second derivative",
    twice=False,
    errors=[
        bad(ValueError, t(5, 3), PHRASES, OFFSETS),
        bad(ValueError, t(5, 3), WORDS),
        bad(ValueError, t(5, 3), PHRASES, mode="median"),
        bad(ValueError, t(5, 3), PHRASES, mode="sum", per_sample_weights=t(6)),
        bad(NotImplementedError, t(5, 3), PHRASES, per_sample_weights=t(3, 2)),
        bad(ValueError, t(5, 3), index([[[1]]])),
        bad(ValueError, t(5), WORDS, OFFSETS),
        bad(RuntimeError, t(5, 3), WORDS, index([1, 2])),
        bad(RuntimeError, t(5, 3), WORDS, index([0, 7])),
        bad(RuntimeError, t(5, 3), index([[1, 5]])),
        bad(IndexError, t(5, 3), index([[1, 5]]), max_norm=1.0),
        bad(ValueError, t(5, 3), WORDS, OFFSETS, mode="max", scale_grad_by_freq=True),
    ],
)
op(
    "nn.functional.bilinear",
    [
        s(t(4, 2), t(4, 3), t(5, 2, 3)),
        s(t(4, 2), t(4, 3), t(5, 2, 3), t(5)),
        s(t(2), t(3), t(4, 2, 3), t(4)),
        s(t(2, 2, 2), t(2, 2, 3), t(1, 2, 3)),
        s(t(0, 2), t(0, 3), t(5, 2, 3), t(5)),
        s(t(4, 2, layout="transposed"), t(4, 3), t(5, 2, 3, layout="transposed")),
    ],
    dtypes=FLOATS,
    tolerance={"float32": (2e-6, 1e-5), "float64": (4e-15, 4e-14)},
    because="sums of up to 20 products of three numbers as large as 2, in another order",
    node="",
    errors=[
        bad(RuntimeError, t(4, 2), t(4, 3), t(5, 3, 3), says=("2", "3")),
        bad(RuntimeError, t(4, 2), t(4, 3), t(5, 2, 2), says=("3", "2")),
        bad(RuntimeError, t(4, 2), t(2, 3), t(5, 2, 3), says=("[4, 2]", "[2, 3]")),
        bad(RuntimeError, t(4, 2), t(3), t(5, 2, 3)),
        bad(RuntimeError, t(4, 2), t(4, 3), t(5, 2, 3), t(4), says="5"),
    ],
)

# ---- attention -------------------------------------------------------------------------------------------------------

ATTENTION = {"float32": (4e-6, 1e-5), "float64": (1e-14, 2e-14)}
WHY_ATTENTION = (
    "exponentials of sums of products, and sums of products of them; torch works in blocks, with one node for all "
    "where there is neither dropout nor another width of values"
)
QKV = (t(2, 3, 4), t(2, 5, 4), t(2, 5, 4))
WIDE = (t(2, 3, 4), t(2, 5, 4), t(2, 5, 2))  # torch cannot differentiate its block algorithm twice
MASK = index([[True, False, True, True, False]] * 2 + [[False] * 5], "bool")
op(
    "nn.functional.scaled_dot_product_attention",
    [
        s(*WIDE),
        s(*QKV),
        s(t(2, 2, 3, 4), t(2, 2, 5, 4), t(2, 2, 5, 4)),
        s(t(2, 2, 3, 4), t(2, 2, 5, 4), t(2, 2, 5, 3)),
        s(t(3, 4), t(5, 4), t(5, 2)),
        s(*WIDE, is_causal=True),
        s(t(2, 2, 5, 4), t(2, 2, 3, 4), t(2, 2, 3, 4), is_causal=True),
        s(*WIDE, scale=0.3),
        s(*WIDE, MASK),
        s(t(1, 2, 3, 4), t(1, 2, 5, 4), t(1, 2, 5, 4), MASK),
        s(*WIDE, t(3, 5)),
        s(*WIDE, t(2, 3, 5), scale=0.7),
        s(*WIDE, t(1, 5)),
        s(t(2, 4, 3, 4), t(2, 2, 5, 4), t(2, 2, 5, 3), enable_gqa=True),
        s(t(2, 4, 3, 4), t(2, 1, 5, 4), t(2, 1, 5, 3), None, 0.0, True, enable_gqa=True),
        s(t(2, 2, 3, 4), t(1, 2, 5, 4), t(1, 2, 5, 3)),
        s(t(2, 0, 4), t(2, 5, 4), t(2, 5, 2)),
    ],
    dtypes=FLOATS,
    tolerance=ATTENTION,
    because=WHY_ATTENTION,
    node="",
    second=1e-11,
    errors=[
        bad(RuntimeError, t(2, 3, 4), t(2, 5, 3), t(2, 5, 4), says=("[2, 3, 4]", "[2, 5, 3]")),
        bad(RuntimeError, t(2, 3, 4), t(2, 5, 4), t(2, 3, 4), says=("[2, 5, 4]", "[2, 3, 4]")),
        bad(RuntimeError, t(4), t(5, 4), t(5, 4)),
        bad(RuntimeError, t(2, 3, 4), t(2, 5, 4, dtype="float64"), t(2, 5, 4)),
        bad(RuntimeError, *WIDE, t(4, 5), says="[4, 5]"),
        bad(RuntimeError, *WIDE, t(3, 5, dtype="float64")),
        bad(RuntimeError, *WIDE, index([[1] * 5] * 3)),
        bad(RuntimeError, *WIDE, MASK, is_causal=True, says="is_causal"),
        bad(RuntimeError, *WIDE, dropout_p=1.5, says="1.5"),
        bad(RuntimeError, t(1, 3, 3, 4), t(1, 2, 5, 4), t(1, 2, 5, 4), enable_gqa=True, says=("3", "2")),
        bad(IndexError, t(3, 4), t(5, 4), t(5, 2), enable_gqa=True),
    ],
)
op(
    "nn.functional.scaled_dot_product_attention dropout",
    [s(*WIDE, None, 0.4), s(t(2, 2, 3, 4), t(2, 2, 5, 4), t(2, 2, 5, 4), MASK, dropout_p=0.3)],
    dtypes=FLOATS,
    seeded=True,
    tolerance=ATTENTION,
    because=WHY_ATTENTION,
    node="",
    second=1e-11,
    layouts=("strided", "offset"),
)


def _heads(query: Any, key: Any, value: Any, heads: Any = 2, **options: Any) -> Any:
    """Arguments of multi_head_attention_forward for a width of 4."""
    packed = (t(12, 4), t(12)) if "q_proj_weight" not in options else (None, t(12))
    kv_bias = options.pop("kv_bias", (None, None))
    zero = options.pop("zero", False)
    return s(query, key, value, 4, heads, *packed, *kv_bias, zero, 0.0, t(4, 4), t(4), **options)


X = t(3, 2, 4)
MEMORY = t(5, 2, 4)
LATER = index([[False, True, True], [False, False, True], [False, False, False]], "bool")
PADDED = index([[False, False, True], [False, True, True]], "bool")
op(
    "nn.functional.multi_head_attention_forward",
    [
        _heads(X, X, X),
        _heads(X, MEMORY, MEMORY),
        _heads(X, MEMORY, t(5, 2, 4), heads=4, average_attn_weights=False),
        _heads(X, X, X, attn_mask=LATER),
        _heads(X, X, X, attn_mask=t(3, 3), key_padding_mask=t(2, 3)),
        _heads(X, X, X, attn_mask=t(4, 3, 3), need_weights=False),
        _heads(X, X, X, key_padding_mask=PADDED, kv_bias=(t(1, 1, 4), t(1, 1, 4)), zero=True, attn_mask=LATER),
        _heads(X, X, X, key_padding_mask=PADDED, need_weights=False, kv_bias=(t(1, 1, 4), t(1, 1, 4))),
        _heads(t(3, 4), t(5, 4), t(5, 4), key_padding_mask=index([False, True, False, False, True], "bool")),
        _heads(
            X,
            t(5, 2, 3),
            t(5, 2, 6),
            use_separate_proj_weight=True,
            q_proj_weight=t(4, 4),
            k_proj_weight=t(4, 3),
            v_proj_weight=t(4, 6),
        ),
    ],
    dtypes=FLOATS,
    tolerance={"float32": (4e-5, 2e-4), "float64": (1e-13, 4e-13)},
    because=WHY_ATTENTION + "; through three layers, of numbers up to 100",
    node="",
    twice=False,  # twice three layers deep is what the gradients of its parts already say
    layouts=("transposed", "strided"),
    errors=[
        bad(AssertionError, t(4), X, X, 4, 2, t(12, 4), t(12), None, None, False, 0.0, t(4, 4), t(4)),
        bad(AssertionError, X, t(3, 4), X, 4, 2, t(12, 4), t(12), None, None, False, 0.0, t(4, 4), t(4)),
        bad(AssertionError, X, X, X, 8, 2, t(12, 4), t(12), None, None, False, 0.0, t(4, 4), t(4), says=("8", "4")),
        bad(AssertionError, X, X, X, 4, 3, t(12, 4), t(12), None, None, False, 0.0, t(4, 4), t(4), says="3"),
        bad(ZeroDivisionError, X, X, X, 4, 0, t(12, 4), t(12), None, None, False, 0.0, t(4, 4), t(4)),
        bad(AssertionError, X, MEMORY, X, 4, 2, t(12, 4), t(12), None, None, False, 0.0, t(4, 4), t(4)),
        bad(AssertionError, X, X, X, 4, 2, t(12, 4), t(12), t(1, 1, 4), None, False, 0.0, t(4, 4), t(4)),
        bad(RuntimeError, X, X, X, 4, 2, t(12, 4), t(12), None, None, False, 0.0, t(4, 4), t(4), attn_mask=t(3, 4)),
        bad(RuntimeError, X, X, X, 4, 2, t(12, 4), t(12), None, None, False, 0.0, t(4, 4), t(4), attn_mask=t(2, 3, 3)),
        bad(RuntimeError, X, X, X, 4, 2, t(12, 4), t(12), None, None, False, 0.0, t(4, 4), t(4), is_causal=True),
        bad(
            AssertionError, X, X, X, 4, 2, t(12, 4), t(12), None, None, False, 0.0, t(4, 4), t(4),
            key_padding_mask=index([[1, 0, 0]] * 2),
        ),
    ],
)  # fmt: skip

# ---- recurrent cells -------------------------------------------------------------------------------------------------

CELLS = {"float32": (4e-6, 4e-6), "float64": (1e-14, 1e-14)}
WHY_CELLS = (
    "products of gates, each an exponential of a sum of products; torch records each gate, here one node does all"
)


def _steps(gates: int) -> list[Any]:
    wide = gates * 3
    return [
        s(t(2, 4), t(2, 3), t(wide, 4), t(wide, 3)),
        s(t(2, 4), t(2, 3), t(wide, 4), t(wide, 3), t(wide), t(wide)),
        s(t(0, 4), t(0, 3), t(wide, 4), t(wide, 3), t(wide), t(wide)).only(*FLOATS),
        s(t(2, 4, layout="transposed"), t(2, 3), t(wide, 4), t(wide, 3), t(wide), t(wide)),
    ]


def _wrong_steps(gates: int) -> list[Any]:
    wide = gates * 3
    return [
        bad(RuntimeError, t(2, 5), t(2, 3), t(wide, 4), t(wide, 3), says=("5", "4")),
        bad(RuntimeError, t(2, 4), t(1, 3), t(wide, 4), t(wide, 3), says=("2", "1")),
        bad(RuntimeError, t(2, 4), t(2, 2), t(wide, 4), t(wide, 3), says=("2", "3")),
        bad(IndexError, t(2, 4), t(2, 3), t(), t(wide, 3)),
    ]


for name, gates in (("rnn_tanh_cell", 1), ("rnn_relu_cell", 1), ("gru_cell", 3)):
    op(
        name,
        _steps(gates),
        dtypes=FLOATS,
        tolerance=CELLS,
        because=WHY_CELLS,
        node="",
        errors=_wrong_steps(gates),
        method=False,
    )
op(
    "lstm_cell",
    [replace(x, args=(x.args[0], (x.args[1], t(*x.args[1].shape)), *x.args[2:])) for x in _steps(4)],
    dtypes=FLOATS,
    tolerance=CELLS,
    because=WHY_CELLS,
    node="",
    method=False,
    errors=[
        bad(RuntimeError, t(2, 5), (t(2, 3), t(2, 3)), t(12, 4), t(12, 3), says=("5", "4")),
        bad(RuntimeError, t(2, 4), (t(2, 3),), t(12, 4), t(12, 3)),
        bad(IndexError, t(2, 4), (t(2, 3), t(2, 3)), t(), t(12, 3)),
        bad(RuntimeError, t(2, 4), (t(2, 3), t(2, 2)), t(12, 4), t(12, 3), says=("2", "3")),
    ],
)
