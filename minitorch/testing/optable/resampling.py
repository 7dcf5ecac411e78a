"""Borders, windows as columns, interpolation, and elements rearranged between channels and pixels."""

from __future__ import annotations

from typing import Any

from .core import ALL, FLOATS, NUMBERS, Sample, bad, op, s, t


def sparing(samples: list[Sample], k: int) -> list[Sample]:
    """Only every k-th is compared with central differences too, which take most of the time."""
    return [sample if i % k == 0 else sample.at_kink() for i, sample in enumerate(samples)]


# ---- borders ---------------------------------------------------------------------------------------------------------

op(
    "nn.functional.pad",
    [
        s(t(3, 4), (1, 2)),
        s(t(3, 4), (1, 2, 0, 3), value=2.5),
        s(t(3, 4), [1, 2, 0, 3], "constant", -1),
        s(t(5), (-1, 2)),
        s(t(5), (-2, -3)),
        s(t(3, 4), (-1, -1, 2, -1), "constant", 7),
        s(t(2, 3, 4), (0, 0, 0, 0, 1, 1)),
        s(t(2, 1, 2, 1, 2), (1, 0, 0, 1, 1, 1, 0, 2, 1, 0), mode="constant"),
        s(t(5), (0, 0)),
        s(t(), ()),
        s(t(0, 3), (1, 1, 2, 0)),
        s(t(4, 3, layout="transposed"), (1, 1)),
    ],
    dtypes=ALL,
    errors=[
        bad(RuntimeError, t(5), (1, 2, 3, 4), says="4"),
        bad(RuntimeError, t(5), (1,)),
        bad(RuntimeError, t(5), (-3, -3), says="[5]"),
        bad(RuntimeError, t(5), (-6, 3)),
        bad(TypeError, t(5), (1.5, 3)),
        bad(TypeError, t(5), 3),
        bad(TypeError, t(5), (1, 1), value="a"),
        bad(NotImplementedError, t(2, 5), (1, 1), mode="wrap"),
        bad(RuntimeError, t(2, 5), (1, 1), "reflect", 1.0),
        bad(NotImplementedError, t(1, 2, 3, 4), (1, 1), "replicate", says="4D"),
        bad(NotImplementedError, t(5), (1, 1), "circular"),
        bad(NotImplementedError, t(1, 2, 3, 4, 5), (1, 1, 1, 1), "reflect"),
    ],
)
INSIDE: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
    ((2, 3, 4), (1, 2)),
    ((3, 4), (3, 0)),
    ((2, 3, 5), (-1, 2)),
    ((2, 3, 4, 5), (1, 2, 3, 0)),
    ((3, 4, 5), (1, -2, -1, 3)),
    ((1, 2, 3, 4, 3), (1, 2, 3, 0, 1, 1)),
    ((2, 3, 4, 3), (1, 0, -1, 2, 0, 2)),
    ((2, 3, 4), (0, 0)),
    ((0, 3, 4), (1, 1)),
]
for mode, dtypes in (("reflect", NUMBERS), ("replicate", NUMBERS), ("circular", ALL)):
    op(
        f"nn.functional.pad {mode}",
        [s(t(*shape), widths, mode) for shape, widths in INSIDE]
        + [s(t(2, 3, 4, layout="transposed"), (2, 1), mode=mode)]
        + [s(t(2, 3, 4), (6, 5), mode), s(t(1, 1, 1), (2, 1), mode)] * (mode == "replicate")
        + [s(t(2, 3, 4), (-2, -2, 1, 0), mode).value_only()]
        + [s(t(2, 3, 4), (4, 4), mode), s(t(2, 3, 4), (-2, -2), mode)] * (mode == "circular"),
        dtypes=dtypes,
        node="" if mode == "circular" else None,
        because="torch copies slices for a circular border, and shows the last copy" if mode == "circular" else "",
        errors=[
            bad(RuntimeError, t(2, 3, 4), (4 + (mode == "circular"), 0), mode) if mode != "replicate" else
            bad(RuntimeError, t(2, 3, 0), (1, 1), mode),
            bad(RuntimeError, t(2, 3, 4), (-2, -3), mode),
        ],
        layouts=("transposed", "strided"),
    )  # fmt: skip
op(
    "constant_pad_nd",
    [s(t(3, 4), (1, 2)), s(t(3, 4), (1, 2, -1, 0), 3), s(t(3), [0, 1], value=1)],
    dtypes=ALL,
    errors=[bad(RuntimeError, t(5), (1, 2, 3, 4))],
)

# ---- windows as columns ----------------------------------------------------------------------------------------------

WINDOWS: list[tuple[tuple[int, ...], tuple[Any, ...], dict[str, Any]]] = [
    ((2, 3, 4, 5), (2,), {}),
    ((1, 2, 5, 4), ((2, 3), 1, (1, 0), 2), {}),
    ((1, 2, 6, 5), (2,), dict(dilation=(3, 2), padding=1, stride=(1, 2))),
    ((2, 4, 4), ((3, 2),), {}),
    ((0, 2, 4, 4), (2,), {}),
]
op(
    "nn.functional.unfold",
    [s(t(*shape), *args, **kwargs) for shape, args, kwargs in WINDOWS]
    + [s(t(1, 2, 4, 5, layout="transposed"), (2, 2), padding=(0, 1))],
    dtypes=(*FLOATS, "bool"),
    errors=[
        bad(RuntimeError, t(1, 2, 3, 4, 5), 2, says="[1, 2, 3, 4, 5]"),
        bad(RuntimeError, t(1, 0, 4, 5), 2),
        bad(RuntimeError, t(1, 2, 4, 5), (2, 6), says=("(4, 5)", "(2, 6)", "(3, 0)")),
        bad(RuntimeError, t(1, 2, 4, 5), 2, stride=0),
        bad(RuntimeError, t(1, 2, 4, 5), 2, padding=-1),
        bad(RuntimeError, t(1, 2, 4, 5), 2, dilation=0),
        bad(RuntimeError, t(1, 2, 4, 5), 0),
        bad(RuntimeError, t(1, 2, 4, 5), (2, 2, 2)),
        bad(TypeError, t(1, 2, 4, 5), 1.5),
        bad(NotImplementedError, t(1, 2, 4, 5), 2, dtype="int64"),
    ],
    layouts=("transposed", "strided"),
)
op(
    "nn.functional.fold",
    [
        s(t(2, 8, 12), (4, 5), 2),
        s(t(1, 12, 6), (5, 4), (2, 3), 1, (1, 0), (2, 1)),
        s(t(1, 8, 15), (6, 5), 2, dilation=(3, 2), padding=1, stride=(1, 2)),
        s(t(12, 9), 4, 2),
        s(t(0, 4, 9), (4, 4), 2),
        s(t(1, 8, 9, layout="transposed"), output_size=4, kernel_size=2),
    ],
    dtypes=FLOATS,
    errors=[
        bad(RuntimeError, t(2, 12, 9), (4, 5), 2, says=("(4, 5)", "12", "9")),
        bad(RuntimeError, t(2, 12, 9), (4, 4), 5, says="[2, 12, 9]"),
        bad(RuntimeError, t(1, 2, 4, 5), 4, 2, says="[1, 2, 4, 5]"),
        bad(RuntimeError, t(1, 9, 9), 2, 3),
        bad(RuntimeError, t(2, 12, 9), (4, 4, 4), 2),
        bad(RuntimeError, t(2, 12, 9), (4, 4), 2, stride=0),
        bad(NotImplementedError, t(2, 12, 9), 4, 2, dtype="int64"),
    ],
    layouts=("transposed", "strided"),
)

# ---- interpolation ---------------------------------------------------------------------------------------------------

SHAPES = {1: (2, 2, 5), 2: (1, 2, 4, 3), 3: (1, 1, 2, 3, 4)}
SMOOTH = {1: ["linear"], 2: ["bilinear", "bicubic"], 3: ["trilinear"]}
for n, shape in SHAPES.items():
    samples = []
    for mode in ["nearest", "nearest-exact", "area"]:
        samples += [
            s(t(*shape), scale_factor=2, mode=mode),
            s(t(*shape), (7, 2, 5)[:n], mode=mode),
            s(t(*shape), 3, None, mode),
            s(t(*shape), scale_factor=(1.7, 0.6, 2.5)[:n], mode=mode, recompute_scale_factor=True),
            s(t(0, *shape[1:]), 3, mode=mode),
        ]
        if mode != "area":
            samples.append(s(t(*shape), scale_factor=(2.7, 0.6, 1.3)[:n], mode=mode))
    for mode in SMOOTH[n]:
        for align in (False, True):
            samples += [
                s(t(*shape), scale_factor=2.0, mode=mode, align_corners=align),
                s(t(*shape), (7, 2, 5)[:n], mode=mode, align_corners=align),
                s(t(*shape), (1,) * n, mode=mode, align_corners=align),
                s(t(*shape), scale_factor=(2.7, 0.6, 1.3)[:n], mode=mode, align_corners=align),
                s(t(*shape), None, (1.7, 0.6, 2.5)[:n], mode, align, True),
            ]
        samples += [s(t(*shape), 3, mode=mode), s(t(*shape), shape[2:], mode=mode), s(t(0, *shape[1:]), 3, mode=mode)]
    op(
        f"nn.functional.interpolate {n}d",
        sparing(samples, 4),
        dtypes=FLOATS,
        tolerance={"float32": (4e-6, 4e-6), "float64": (8e-15, 8e-15)},
        because="weights are differences of positions as large as 5, in another order of sums",
        layouts=("transposed",),
        errors=[
            bad(ValueError, t(*shape)),
            bad(ValueError, t(*shape), 3, 2),
            bad(ValueError, t(*shape), (3,) * (n + 1), says=str(list(shape[2:]))),
            bad(ValueError, t(*shape), scale_factor=(2.0,) * (n + 1)),
            bad(ValueError, t(*shape), 3, align_corners=True),
            bad(ValueError, t(*shape), 3, recompute_scale_factor=True),
            bad(TypeError, t(*shape), 2.5),
            bad(RuntimeError, t(*shape), 0, says="0"),
            bad(RuntimeError, t(*shape), scale_factor=0.1),
            bad(RuntimeError, t(*shape[:-1], 0), 3),
            bad(RuntimeError, t(2, 0, *shape[2:]), 3),
            bad(NotImplementedError, t(*shape), 3, mode="cubic"),
            bad(NotImplementedError, t(*shape), 3, mode=["bilinear", "linear", "linear"][n - 1], says=f"{n + 2}D"),
            bad(NotImplementedError, t(*shape), 3, mode=SMOOTH[n][0], dtype="int64"),
            bad(NotImplementedError, t(*shape), 3, dtype="int64"),
        ]
        + [bad(NotImplementedError, t(3, 4), 3, says="2D"), bad(ValueError, t(*shape), 3, antialias=True)] * (n == 1),
    )
op(
    "nn.functional.upsample",
    [s(t(1, 2, 3), 5), s(t(1, 2, 3, 2), scale_factor=2, mode="bilinear", align_corners=True)],
    dtypes=FLOATS,
    errors=[bad(ValueError, t(1, 2, 3))],
)

# ---- sampled at given places -----------------------------------------------------------------------------------------

PLACES: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
    ((2, 2, 3, 4), (2, 3, 2, 2)),
    ((1, 1, 2, 2, 3), (1, 1, 2, 2, 3)),
]
op(
    "nn.functional.grid_sample",
    sparing(
        [
            s(t(*image), t(*grid, low=-reach, high=reach), mode, border, align)
            for image, grid in PLACES
            for mode in ("bilinear", "nearest")
            for border, reach in (("zeros", 1.5), ("border", 1.5), ("reflection", 2.7))
            for align in (False, True)
        ],
        7,
    )
    + [
        s(t(1, 1, 1, 2), t(1, 2, 2, 2), padding_mode="reflection", align_corners=True),
        s(t(1, 1, 2, 1), t(1, 2, 2, 2, low=-1.5, high=1.5), align_corners=False),
        s(t(0, 1, 2, 2), t(0, 2, 2, 2), align_corners=False),
        s(t(1, 0, 2, 2), t(1, 2, 2, 2), align_corners=True),
        s(t(1, 1, 2, 2), t(1, 0, 2, 2), align_corners=True),
        s(t(1, 1, 2, 2), t(1, 1, 2, 2)),
    ],
    dtypes=FLOATS,
    tolerance={"float32": (4e-6, 1e-5), "float64": (8e-15, 2e-14)},
    because="a place is known to 2 units of its largest value, 10, in the last place, and slopes are sums of 8 values; "
    "the node: written with other operations",
    node="",
    layouts=("transposed",),
    errors=[
        bad(RuntimeError, t(2, 3, 4, 5), t(1, 6, 7, 2), says=("[2, 3, 4, 5]", "[1, 6, 7, 2]")),
        bad(RuntimeError, t(2, 3, 4, 5), t(2, 6, 7, 1), says=("[2, 3, 4, 5]", "[2, 6, 7, 1]")),
        bad(RuntimeError, t(3, 4, 5), t(2, 6, 7, 2)),
        bad(RuntimeError, t(2, 3, 2, 4, 5), t(2, 6, 7, 2)),
        bad(RuntimeError, t(2, 3, 4, 0), t(2, 6, 7, 2)),
        bad(RuntimeError, t(2, 3, 4, 5), t(2, 6, 7, 2, dtype="float64")),
        bad(ValueError, t(2, 3, 4, 5), t(2, 6, 7, 2), "linear"),
        bad(ValueError, t(2, 3, 4, 5), t(2, 6, 7, 2), padding_mode="wrap"),
        bad(NotImplementedError, t(2, 3, 4, 5), t(2, 6, 7, 2), dtype="int64"),
    ],
)
op(
    "nn.functional.affine_grid",
    [
        s(t(2, 2, 3), (2, 1, 3, 4), False),
        s(t(2, 2, 3), [2, 5, 2, 5], align_corners=True),
        s(t(1, 2, 3), (1, 1, 1, 3), align_corners=False),
        s(t(2, 3, 4), (2, 1, 2, 3, 4), align_corners=False),
        s(t(1, 3, 4), (1, 1, 3, 2, 2), align_corners=True),
        s(t(1, 2, 3), (1, 1, 2, 2)),
    ],
    dtypes=FLOATS,
    errors=[
        bad(NotImplementedError, t(2, 2, 3), (2, 3, 4)),
        bad(RuntimeError, t(2, 2, 3), (3, 3, 4, 5), says="[2, 2, 3]"),
        bad(ValueError, t(2, 2, 3), (2, 3, 4, 0)),
        bad(ValueError, t(2, 1, 3), (2, 3, 4, 4)),
        bad(ValueError, t(2, 2, 3), (2, 3, 4, 5), dtype="int64"),
        bad(TypeError, t(2, 2, 3), 4),
    ],
)

# ---- rearranged ------------------------------------------------------------------------------------------------------

op(
    "pixel_shuffle",
    [
        s(t(2, 8, 3, 2), 2),
        s(t(9, 2, 1), 3),
        s(t(2, 1, 4, 2, 3), upscale_factor=2),
        s(t(4, 2, 2), 1),
        s(t(0, 4, 2, 2), 2).value_only(),  # torch unshuffles no gradient of nothing
        s(t(1, 4, 2, 3, layout="transposed"), 2),
    ],
    errors=[
        bad(RuntimeError, t(2, 6, 3, 4), 2, says="[2, 6, 3, 4]"),
        bad(RuntimeError, t(4, 4), 2),
        bad(RuntimeError, t(4, 4, 4), 0),
        bad(TypeError, t(4, 4, 4), 2.0),
    ],
)
op(
    "pixel_unshuffle",
    [
        s(t(2, 2, 4, 6), 2),
        s(t(2, 3, 6), 3),
        s(t(2, 1, 1, 2, 4), downscale_factor=2),
        s(t(4, 2, 2), 1),
        s(t(1, 2, 4, 2, layout="transposed"), 2),
    ],
    errors=[
        bad(RuntimeError, t(2, 3, 5, 6), 2, says="[2, 3, 5, 6]"),
        bad(RuntimeError, t(2, 3, 4, 5), 2),
        bad(RuntimeError, t(4, 4), 2),
        bad(RuntimeError, t(4, 4, 4), 0),
    ],
)
op(
    "channel_shuffle",
    [
        s(t(2, 6, 3), 2),
        s(t(1, 6, 2, 2), 3),
        s(t(2, 4, 1), groups=4),
        s(t(2, 4, 1, 2, 1), 1),
        s(t(0, 4, 2), 2),
        s(t(2, 4, 3, layout="transposed"), 2),
    ],
    errors=[
        bad(RuntimeError, t(2, 6, 3), 4, says=("6", "4")),
        bad(RuntimeError, t(6, 3), 3, says="[6, 3]"),
        bad(RuntimeError, t(2, 6, 3), 0),
    ],
)
