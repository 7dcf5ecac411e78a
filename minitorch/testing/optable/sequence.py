"""What sequence models are made of: tables of vectors, bilinear forms, attention."""

from __future__ import annotations

from .core import FLOATS, bad, index, op, s, t

WORDS = index([2, 0, 2, 4])
PHRASES = index([[1, 3], [3, 3], [0, 4]])


def _table_first(function):
    """The weight as the first argument, so that the table's tools see a tensor to be laid out."""

    def wrapped(engine):
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


def _shortened(engine):
    """Runs on a copy of the table, and returns it too: its rows are shortened in place."""

    def call(weight, numbers, **kwargs):
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
