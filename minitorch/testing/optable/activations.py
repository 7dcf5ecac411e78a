"""Activations and the dropouts beside the plain ones."""

from __future__ import annotations

from typing import Any

from .core import FLOATS, NUMBERS, bad, given, op, s, t
from .elementwise import EXTREME, NAN, NOT_A_TENSOR, unary

F = "nn.functional."


def inplace(name: str) -> Any:
    """The in-place form on a copy, under either engine: with ``inplace=True``, or as ``name_``."""
    if name.endswith("_"):
        return lambda e: lambda x, *a, **k: getattr(e.nn.functional, name)(x.clone(), *a, **k)
    return lambda e: lambda x, *a, **k: getattr(e.nn.functional, name)(x.clone(), *a, inplace=True, **k)


# name: where it has kinks, arguments to try
SMOOTH = {
    "elu": ((0,), [(0.5,), (-1.0,), (2,)]),
    "celu": ((0,), [(0.5,), (-1.5,), (2,)]),
    "selu": ((0,), []),
    "gelu": ((), []),
    "silu": ((), []),
    "mish": ((), []),
    "logsigmoid": ((), []),
    "softsign": ((0,), []),
    "tanhshrink": ((), []),
}
for name, (kinks, arguments) in SMOOTH.items():
    samples = unary(-3, 3, avoid=kinks)[:9] + [s(t(3, 4, avoid=kinks), *args) for args in arguments]
    samples += [s(given([0.0, -0.0])).once()]
    # PyTorch's gelu(∞) is nan in float32.
    samples += [s(given(EXTREME)).only(*FLOATS if name != "gelu" else ("float64",)).once()]
    samples += [s(given([100.0, -100.0])).only("float64").at_kink(), s(given([800.0, -800.0])).only("float64").once()]
    op(
        F + name,
        samples,
        dtypes=FLOATS,
        errors=[]
        if name in ("softsign", "tanhshrink")
        else [*NOT_A_TENSOR, bad(NotImplementedError, t(3), dtype="int64")],
    )
op(F + "softsign int", [s(t(3, low=-5, high=5)), s(t())], dtypes=("int64",))
op(F + "tanhshrink int", [s(t(3, low=-5, high=5)), s(t())], dtypes=("int64",))
op(
    F + "elu errors",
    [s(t(3))],
    dtypes=FLOATS,
    errors=[bad(TypeError, t(3), "text"), bad(TypeError, t(3), None)],
)
op(F + "celu errors", [s(t(3))], dtypes=FLOATS, errors=[bad(RuntimeError, t(3), 0.0, says="alpha")])
op(
    F + "gelu tanh",
    [s(t(3, 4), approximate="tanh"), s(t(), approximate="tanh")]
    + [s(t(0), approximate="tanh").value_only(), s(t(2, 3, layout="transposed"), approximate="tanh")]
    + [s(given([NAN, 0.0, -0.0, 1e10, -1e10]), approximate="tanh").at_kink(), s(t(3), approximate="none")],
    dtypes=FLOATS,
    errors=[bad(RuntimeError, t(3), approximate="foo"), bad(TypeError, t(3), approximate=1)],
)

SIXTH = {
    "tolerance": {"float64": (5e-8, 5e-8)},
    "twice": False,  # PyTorch has no second derivative
    "because": "PyTorch's slope in float64 is float32's 1/6; the values are held to more in the entry below",
}
HARD: dict[str, Any] = {
    "hardtanh": ((-1, 1), [(-0.5, 1.5), (-2, 1)], NUMBERS),
    "relu6": ((0, 6), [], NUMBERS),
    "hardsigmoid": ((-3, 3), [], FLOATS),
    "hardswish": ((-3, 3), [], FLOATS),
    "hardshrink": ((-0.5, 0.5), [(1.0,), (0,), (-1.0,)], FLOATS),
    "softshrink": ((-0.5, 0.5), [(1.0,), (0,)], FLOATS),
}
for name, (kinks, arguments, dtypes) in HARD.items():
    samples = unary(-8, 8, avoid=kinks)[:9] + [s(t(3, 4, low=-4, high=4), *args).at_kink() for args in arguments]
    # At nan PyTorch's slope is 0 or 1 by the dtype and the place in the tensor.
    samples += [s(given(EXTREME)).only(*FLOATS).value_only(), s(given(EXTREME[1:])).only(*FLOATS).once()]
    samples += [s(given([*map(float, kinks), 0.0, -0.0])).at_kink()]
    op(
        F + name,
        samples,
        dtypes=dtypes,
        **({} if name != "hardsigmoid" else SIXTH),
        errors=[*NOT_A_TENSOR] + ([bad(RuntimeError, t(3), dtype="bool")] if dtypes is NUMBERS else []),
    )
op(F + "hardsigmoid values", [s(t(3, 4, low=-8, high=8)), s(t())], dtypes=FLOATS, differentiable=False)
op(F + "hardtanh errors", [s(t(3))], dtypes=FLOATS, errors=[bad(ValueError, t(3), 1.0, -1.0)])
op(F + "softshrink errors", [s(t(3))], dtypes=FLOATS, errors=[bad(RuntimeError, t(3), -1.0, says="-1")])
op(F + "hardshrink errors", [s(t(3))], dtypes=FLOATS, errors=[bad(TypeError, t(3), "text")])
op("hardshrink", [s(t(3, 4, avoid=(-0.5, 0.5))), s(t(3, 4, avoid=(-1, 1)), 1.0)], dtypes=FLOATS)
op(
    F + "threshold",
    [
        s(t(3, 4, avoid=(0,)), 0, 5),
        s(t(3, 4, avoid=(0.5,)), 0.5, -1.5),
        s(t(avoid=(0,)), 0, 5),
        s(t(0, 3), 0, 5),
        s(t(4, 3, layout="transposed", avoid=(0,)), threshold=0, value=2),
        s(given([NAN, 1.0, 2.0, 0.0]), 1.0, 7.0).only(*FLOATS).at_kink(),
    ],
    dtypes=NUMBERS,
    errors=[
        bad(TypeError, 2.0, 1, 1),
        bad(TypeError, t(3), "text", 1),
        bad(NotImplementedError, t(3), 0, 1, dtype="bool"),
    ],
)

INPLACE: dict[str, Any] = {
    "elu": [(), (0.5,)],
    "elu_": [(), (0.5,)],
    "celu": [(), (0.5,)],
    "celu_": [(0.5,)],
    "selu": [()],
    "selu_": [()],
    "silu": [()],
    "mish": [()],
    "hardtanh": [(), (-0.5, 0.5)],
    "hardtanh_": [(), (-0.5, 0.5), (0.5, -0.5)],
    "relu6": [()],
    "relu_": [()],
    "hardsigmoid": [()],
    "hardswish": [()],
    "leaky_relu": [(), (0.2,)],
    "leaky_relu_": [(), (0.2,)],
    "threshold": [(0.1, 5.0)],
    "threshold_": [(0.1, 5.0)],
}
for name, arguments in INPLACE.items():
    samples = [s(t(3, 4, avoid=(0,)), *args).at_kink() for args in arguments]
    samples += [s(t(3, layout="strided", avoid=(0,)), *args).at_kink() for args in arguments]
    op(
        f"{F}{name} inplace",
        samples,
        dtypes=FLOATS,
        call=inplace(name),
        node="",
        **({"twice": False, "tolerance": {"float64": (5e-8, 5e-8)}} if name == "hardsigmoid" else {}),
        because="PyTorch's in-place forms save the result, under a node of another number; hardsigmoid: as above",
    )

# ---- with a weight, with a gate --------------------------------------------------------------------------------------

op(
    F + "prelu",
    [
        s(t(3, 4, avoid=(0,)), t(1)),
        s(t(3, 4, avoid=(0,)), t(4)),
        s(t(3, 4, avoid=(0,)), t()),
        s(t(2, 3, 2, 2, avoid=(0,)), t(3)),
        s(t(4, avoid=(0,)), t(1)),
        s(t(avoid=(0,)), t(1)),
        s(t(avoid=(0,)), t()),
        s(t(0, 3), t(3)),
        s(t(2, 3, 4, layout="transposed", avoid=(0,)), t(3)),
        s(given([0.0, -0.0, 1.0, NAN]), t(1)).once(),
    ],
    dtypes=FLOATS,
    errors=[
        bad(RuntimeError, t(2, 3), t(2), says=("2", "3")),
        bad(RuntimeError, t(3), t(3), says=("3", "1")),
        bad(RuntimeError, t(2, 3), t(1, 3), says="2"),
        bad(RuntimeError, t(), t(3)),
        bad(RuntimeError, t(3), t(1, dtype="float64"), says="Double"),
        bad(TypeError, t(3), 0.5),
        bad(TypeError, 0.5, t(1)),
    ],
)
op("prelu", [s(t(3, 4, avoid=(0,)), t(4))], dtypes=FLOATS)
op(
    F + "glu",
    [
        s(t(3, 4)),
        s(t(4, 3), 0),
        s(t(2, 4, 3), dim=1),
        s(t(2, 4, 3), -2),
        s(t(6)),
        s(t(0, 4)),
        s(t(3, 0)),
        s(t(3, 4, layout="transposed")),
    ],
    dtypes=FLOATS,
    errors=[
        bad(RuntimeError, t(3), says="3"),
        bad(RuntimeError, t()),
        bad(IndexError, t(2, 2), 5, says="5"),
        bad(TypeError, t(2, 2), "text"),
        bad(NotImplementedError, t(4), dtype="int64"),
    ],
)
op(F + "softmin", [s(t(3, 4), dim=0), s(t(3, 4), dim=-1), s(t(), dim=0)], dtypes=FLOATS)

# ---- random ----------------------------------------------------------------------------------------------------------

SEEDED = {"seeded": True, "dtypes": FLOATS, "layouts": ("strided", "offset")}
op(
    F + "rrelu",
    [
        s(t(3, 40, avoid=(0,)), training=True),
        s(t(3, 4, avoid=(0,)), 0.1, 0.9, True),
        s(t(3, 4, avoid=(0,))),
        s(t(avoid=(0,)), 0.2, 0.6),
        s(t(0, 3), training=True),
        s(t(3, 4, avoid=(0,)), 0.3, 0.3, True),
        s(given([0.0, -1.0, 1.0, NAN]), training=True).at_kink(),
    ],
    errors=[
        bad(RuntimeError, t(3), 0.5, 0.2, says="Lower"),
        bad(TypeError, 1.5),
        bad(NotImplementedError, t(3), training=True, dtype="int64"),
    ],
    **SEEDED,
)
for name in ("rrelu", "rrelu_"):
    op(
        f"{F}{name} inplace",
        [s(t(3, 4, avoid=(0,)), training=True), s(t(3, 4, avoid=(0,)), 0.1, 0.2)],
        call=inplace(name),
        node="",
        because="as above",
        **SEEDED,
    )
op(
    F + "gumbel_softmax",
    [
        s(t(3, 4)),
        s(t(3, 4), tau=0.5, dim=0),
        s(t(3, 4), 2.0, True).at_kink(),
        s(t(2, 3, 4), hard=True, dim=1).at_kink(),
        s(t(5)),
    ],
    tolerance={"float32": (8e-6, 4e-6), "float64": (2e-14, 1e-14)},
    because="exponentials of numbers up to 10, whose rounding they multiply by as much",
    errors=[bad(RuntimeError, t(3), dtype="int64")],
    **SEEDED,
)
CHANNELS = {
    "dropout1d": [(2, 3, 5), (4, 6)],
    "dropout3d": [(2, 3, 2, 2, 2), (4, 2, 2, 3)],
    "feature_alpha_dropout": [(2, 3, 5), (4, 6), (3, 4, 2, 2)],
    "alpha_dropout": [(3, 4), (7,), ()],
}
for name, shapes in CHANNELS.items():
    samples = [s(t(*shape), p, True) for shape in shapes for p in (0.5, 0.2)]
    samples += [
        s(t(*shapes[0]), 0.3, False),
        s(t(*shapes[0]), 1.0, True),
        s(t(*shapes[0]), 0.0, True),
        s(t(*shapes[0])),
    ]
    errors = [bad(ValueError, t(*shapes[0]), 1.5, says="1.5"), bad(ValueError, t(*shapes[0]), -0.5, says="-0.5")]
    if name == "dropout1d":
        errors += [bad(RuntimeError, t(3), says="1D"), bad(RuntimeError, t(2, 3, 4, 5), says="4D")]
    if name == "feature_alpha_dropout":
        errors += [bad(RuntimeError, t(3), 0.5, True)]
    if name == "alpha_dropout":
        errors += [bad(RuntimeError, t(3), 0.5, True, dtype="int64")]
    op(F + name, samples, errors=errors, node="", because="in one step or two, depending on the mask", **SEEDED)
    op(
        f"{F}{name} inplace",
        [s(t(*shapes[0]), 0.4, True), s(t(*shapes[0]), 0.4, False)],
        call=inplace(name),
        node="",
        because="as above",
        **SEEDED,
    )
