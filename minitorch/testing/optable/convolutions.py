"""Convolutions of one and three dimensions, and the transposed ones."""

from __future__ import annotations

from .core import FLOATS, Bad, Entry, Sample, bad, op, s, t

SUMS = {"float32": (2e-6, 2e-5), "float64": (4e-15, 4e-14)}
WHY_SUMS = "sums of up to 100 products as large as 4, added in another order: 100 · 4 · half a unit in the last place"
NODE = "; an unbatched input is squeezed in torch, which records another node"
SOME_LAYOUTS = ("transposed", "strided")


def entry(name: str, samples: list[Sample], errors: list[Bad]) -> Entry:
    return op(
        f"nn.functional.{name}", samples, dtypes=FLOATS, tolerance=SUMS, because=WHY_SUMS + NODE, node="", errors=errors,
        layouts=SOME_LAYOUTS,
    )  # fmt: skip


entry(
    "conv1d",
    [
        s(t(2, 3, 7), t(4, 3, 3)),
        s(t(2, 3, 7), t(4, 3, 3), t(4), 2),
        s(t(2, 3, 7), t(4, 3, 2), t(4), (2,), 1),
        s(t(1, 2, 8), t(3, 2, 3), None, stride=2, padding=(2,), dilation=2),
        s(t(2, 4, 6), t(6, 2, 3), t(6), groups=2),
        s(t(2, 4, 6), t(4, 1, 2), padding=1, groups=4),
        s(t(1, 2, 6), t(3, 2, 3), t(3), padding="same"),
        s(t(1, 2, 6), t(3, 2, 4), t(3), padding="same", dilation=1),
        s(t(1, 2, 7), t(3, 2, 3), padding="valid", stride=3),
        s(t(3, 6), t(4, 3, 3), t(4)),
        s(t(0, 3, 5), t(4, 3, 3), t(4)),
        s(t(1, 1, 1), t(1, 1, 1)),
        s(t(1, 2, 4), t(3, 2, 4)),
        s(t(2, 3, 6, layout="transposed"), t(4, 3, 2, layout="strided")),
    ],
    [
        bad(RuntimeError, t(1, 2, 5), t(3, 4, 3), says=("[3, 4, 3]", "[1, 2, 5]", "4 channels")),
        bad(RuntimeError, t(5), t(3, 2, 3), says="[5]"),
        bad(RuntimeError, t(1, 2, 5), t(3, 2), says="[3, 2]"),
        bad(RuntimeError, t(1, 2, 2), t(3, 2, 3), says=("(2)", "(3)")),
        bad(RuntimeError, t(1, 2, 5), t(3, 2, 3), t(2), says=("[3, 2, 3]", "[2]")),
        bad(RuntimeError, t(1, 2, 5), t(3, 2, 3), stride=0),
        bad(RuntimeError, t(1, 2, 5), t(3, 2, 3), stride=(1, 2)),
        bad(TypeError, t(1, 2, 5), t(3, 2, 3), stride=1.5),
        bad(RuntimeError, t(1, 2, 5), t(3, 2, 3), padding=-1),
        bad(RuntimeError, t(1, 2, 5), t(3, 2, 3), dilation=0),
        bad(RuntimeError, t(1, 4, 5), t(3, 2, 3), groups=2, says="[3, 2, 3]"),
        bad(RuntimeError, t(1, 4, 5), t(3, 2, 3), groups=0),
        bad(RuntimeError, t(1, 2, 5), t(3, 2, 3), padding="same", stride=2),
        bad(RuntimeError, t(1, 2, 5), t(3, 2, 3), padding="full"),
        bad(RuntimeError, t(1, 2, 5), t(3, 2, 3, dtype="float64")),
        bad(TypeError, 3.0, t(3, 2, 3)),
    ],
)
entry(
    "conv3d",
    [
        s(t(2, 2, 3, 4, 5), t(3, 2, 2, 3, 2)),
        s(t(1, 2, 4, 4, 3), t(2, 2, 2, 2, 2), t(2), 2, 1),
        s(t(1, 1, 4, 5, 4), t(2, 1, 2, 1, 2), t(2), (1, 2, 1), (1, 0, 2), (2, 1, 3)),
        s(t(1, 4, 3, 3, 3), t(2, 2, 2, 2, 2), t(2), groups=2),
        s(t(1, 1, 3, 2, 4), t(1, 1, 2, 3, 2), padding="same"),
        s(t(2, 3, 3, 3), t(2, 2, 2, 2, 2), t(2)),
        s(t(0, 1, 3, 3, 3), t(2, 1, 2, 2, 2)),
    ],
    [
        bad(RuntimeError, t(1, 2, 3, 3, 3), t(3, 4, 2, 2, 2), says=("[3, 4, 2, 2, 2]", "[1, 2, 3, 3, 3]")),
        bad(RuntimeError, t(3, 3, 3), t(3, 4, 2, 2, 2), says="[3, 3, 3]"),
        bad(RuntimeError, t(1, 2, 3, 3, 3), t(3, 2, 2, 2, 4), says=("3 x 3 x 3", "2 x 2 x 4")),
        bad(RuntimeError, t(1, 2, 3, 3, 3), t(3, 2, 2, 2, 2), stride=(1, 1)),
    ],
)
entry(
    "conv_transpose1d",
    [
        s(t(2, 3, 4), t(3, 2, 3)),
        s(t(2, 3, 4), t(3, 2, 3), t(2), 2),
        s(t(2, 3, 4), t(3, 2, 3), t(2), 2, 1, 1),
        s(t(1, 2, 4), t(2, 3, 2), t(3), stride=3, output_padding=2),
        s(t(1, 2, 4), t(2, 3, 3), t(3), 1, 0, 2, 1, 3),
        s(t(1, 2, 4), t(2, 3, 3), None, stride=(2,), padding=(3,), output_padding=(1,), dilation=(2,)),
        s(t(2, 4, 3), t(4, 3, 2), t(6), groups=2),
        s(t(2, 3, 4), t(3, 1, 2), groups=3, stride=2),
        s(t(3, 4), t(3, 2, 3), t(2), 2),
        s(t(0, 3, 4), t(3, 2, 3), t(2)),
        s(t(1, 1, 1), t(1, 1, 1)),
        s(t(2, 3, 4, layout="transposed"), t(3, 2, 3, layout="transposed"), t(2)),
    ],
    [
        bad(RuntimeError, t(1, 2, 5), t(3, 2, 3), says=("[3, 2, 3]", "[1, 2, 5]", "3 channels")),
        bad(RuntimeError, t(1, 2, 5), t(2, 2, 3), output_padding=1, says="output padding must be smaller"),
        bad(RuntimeError, t(1, 2, 5), t(2, 2, 3), output_padding=-1),
        bad(RuntimeError, t(1, 2, 5), t(2, 2, 3), padding=4, says=("(5)", "(-1)")),
        bad(RuntimeError, t(1, 2, 5), t(2, 2, 3), padding=-1),
        bad(RuntimeError, t(1, 2, 5), t(2, 2, 3), t(3), says="[3]"),
        bad(RuntimeError, t(1, 3, 5), t(3, 2, 3), groups=2, says="[3, 2, 3]"),
        bad(RuntimeError, t(1, 3, 5), t(3, 2, 3), groups=0),
        bad(RuntimeError, t(1, 3, 5), t(3, 2, 3), dilation=0),
        bad(RuntimeError, t(1, 3, 5), t(3, 2, 3), stride=0),
        bad(RuntimeError, t(5), t(3, 2, 3), says="[5]"),
        bad(RuntimeError, t(1, 3, 5), t(3, 2), says="[3, 2]"),
        bad(TypeError, t(1, 3, 5), t(3, 2, 3), padding="same"),
        bad(RuntimeError, t(1, 3, 5), t(3, 2, 3, dtype="float64")),
    ],
)
entry(
    "conv_transpose2d",
    [
        s(t(2, 3, 3, 4), t(3, 2, 3, 2)),
        s(t(2, 3, 3, 2), t(3, 2, 2, 2), t(2), 2, 1, 1),
        s(t(1, 2, 3, 4), t(2, 3, 3, 2), t(3), (1, 3), (1, 0), (0, 2), 1, (2, 1)),
        s(t(1, 2, 3, 3), t(2, 3, 2, 3), t(3), 1, (0, 1), (1, 1), 1, 2),
        s(t(1, 4, 3, 3), t(4, 1, 2, 3), t(2), groups=2, padding=1),
        s(t(3, 3, 2), t(3, 2, 3, 2), t(2), 2),
        s(t(0, 3, 3, 2), t(3, 2, 3, 2)),
        s(t(2, 3, 3, 2, layout="transposed"), t(3, 2, 2, 2, layout="strided")),
    ],
    [
        bad(RuntimeError, t(1, 2, 5, 5), t(3, 2, 3, 3), says=("[3, 2, 3, 3]", "[1, 2, 5, 5]")),
        bad(RuntimeError, t(1, 3, 5, 5), t(3, 2, 3, 3), stride=2, output_padding=(1, 2)),
        bad(RuntimeError, t(1, 3, 1, 1), t(3, 2, 1, 1), padding=1, says="-1 x -1"),
        bad(RuntimeError, t(1, 3, 5, 5), t(3, 2, 3, 3), stride=(1, 2, 3)),
        bad(RuntimeError, t(5, 5), t(3, 2, 3, 3), says="[5, 5]"),
    ],
)
entry(
    "conv_transpose3d",
    [
        s(t(1, 2, 2, 3, 2), t(2, 2, 2, 1, 3)),
        s(t(1, 2, 2, 3, 2), t(2, 1, 2, 2, 2), t(1), 2, 1, (1, 0, 1)),
        s(t(1, 2, 2, 2, 2), t(2, 1, 2, 2, 1), t(2), (1, 2, 3), (1, 0, 0), (1, 0, 2), 2, (2, 1, 1)),
        s(t(2, 2, 1, 2), t(2, 2, 2, 2, 2), t(2)),
    ],
    [
        bad(RuntimeError, t(1, 2, 3, 3, 3), t(3, 2, 2, 2, 2), says=("[3, 2, 2, 2, 2]", "[1, 2, 3, 3, 3]")),
        bad(RuntimeError, t(1, 2, 3, 3, 3), t(2, 2, 2, 2, 2), output_padding=1),
    ],
)
