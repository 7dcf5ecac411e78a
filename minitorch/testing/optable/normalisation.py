"""Normalisation of single samples."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .core import FLOATS, NUMBERS, bad, op, s, t

SMALL = {"float32": (1e-5, 1e-5), "float64": (2e-14, 2e-14)}
WHY_SMALL = (
    "the gradient is a small difference of sums of 12 terms, over a deviation that may be a tenth: 12 · 4 · 10 half "
    "units"
)


def _with_running(engine: Any) -> Any:
    """Runs on copies of the running statistics, and returns them too: they are updated in place."""

    def call(x: Any, mean: Any = None, var: Any = None, *args: Any, **kwargs: Any) -> Any:
        mean = None if mean is None else mean.clone()
        var = None if var is None else var.clone()
        return engine.nn.functional.instance_norm(x, mean, var, *args, **kwargs), mean, var

    return call


op(
    "nn.functional.layer_norm",
    [
        s(t(3, 4), (4,)),
        s(t(3, 4), (4,), t(4), t(4)),
        s(t(3, 4), [4], t(4)),
        s(t(3, 4), (4,), None, t(4), 1e-2),
        s(t(2, 3, 4), (3, 4), t(3, 4), t(3, 4)),
        s(t(2, 3, 4), (4,), weight=t(4), bias=t(4), eps=0.1),
        s(t(2, 3, 2, 2), (3, 2, 2)),
        s(t(5), (5,), t(5), t(5)),
        s(t(2, 1), (1,), t(1), t(1)).only("float64"),  # torch leaves a rounding, times 1/√eps
        s(t(0, 3), (3,), t(3), t(3)),
        s(t(2, 0), (0,)),
        s(t(3, 4, layout="transposed"), (4,), t(4), t(4)),
        s(t(3, 4, low=100, high=101), (4,)).only("float64"),
    ],
    dtypes=FLOATS,
    tolerance={**SMALL, "float64": (2e-12, 2e-12)},
    because=WHY_SMALL + "; values around 100 lose two digits more when their mean is taken off",
    second=1e-10,
    errors=[
        bad(RuntimeError, t(3, 4), (3,), says=("[3]", "[3, 4]")),
        bad(RuntimeError, t(3, 4), (4,), t(3), says=("[3]", "[4]")),
        bad(RuntimeError, t(3, 4), (4,), t(4), t(3), says=("bias", "[3]", "[4]")),
        bad(RuntimeError, t(3, 4), (4,), t(4, dtype="float64")),
        bad(RuntimeError, t(3, 4), ()),
        bad(TypeError, t(3, 4), 4, says="normalized_shape"),
        bad(RuntimeError, t(4), (3, 4)),
    ],
)
op(
    "nn.functional.group_norm",
    [
        s(t(2, 4, 3), 2),
        s(t(2, 4, 3), 2, t(4), t(4)),
        s(t(2, 4, 3), 1, t(4)),
        s(t(2, 4, 3), 4, None, t(4), 1e-2).value_only(),  # torch cannot differentiate it
        s(t(2, 6), 3, t(6), t(6)),
        s(t(2, 4, 2, 3), 2, weight=t(4), bias=t(4), eps=0.1),
        s(t(1, 2, 1, 2, 2), 2, t(2), t(2)),
        s(t(0, 4, 3), 2, t(4), t(4)),
        s(t(2, 4, 3, layout="transposed"), 2, t(4), t(4)),
    ],
    dtypes=FLOATS,
    tolerance={"float32": (1e-4, 1e-4), "float64": (1e-12, 1e-12)},
    because=WHY_SMALL + "; groups of two have deviations down to 0.01",
    second=1e-9,
    errors=[
        bad(RuntimeError, t(2, 4, 3), 3, says=("[2, 4, 3]", "3")),
        bad(ZeroDivisionError, t(2, 4, 3), 0),
        bad(RuntimeError, t(4), 2, says="1"),
        bad(ValueError, t(1, 2), 2, says="1"),
        bad(RuntimeError, t(2, 4, 3), 2, t(3), says="[3]"),
        bad(RuntimeError, t(2, 4, 3), 2, t(4), t(4, 1)),
        bad(RuntimeError, t(2, 4, 3), 2, t(4, dtype="float64")),
    ],
)
RUNNING = (t(3, grad=False), t(3, low=0.5, high=2.0, grad=False))
DOUBLE = tuple(replace(x, dtype="float64") for x in RUNNING)
op(
    "nn.functional.instance_norm",
    [
        s(t(2, 3, 5)),
        s(t(2, 3, 5), weight=t(3), bias=t(3)),
        s(t(2, 3, 5), *RUNNING, t(3), t(3)),
        s(t(2, 3, 5), *RUNNING, t(3), None, True, 0.3, 1e-2),
        s(t(2, 3, 5), *RUNNING, use_input_stats=False),
        s(t(2, 3, 5), *RUNNING, t(3), t(3), False),
        s(t(2, 3, 2, 3), *RUNNING),
        s(t(2, 3, 5), *DOUBLE).value_only(),
        s(t(2, 3, 5), *DOUBLE, use_input_stats=False).value_only(),
        s(t(1, 3, 2, 2, 2), None, None, t(3)),
        s(t(2, 3, 5, layout="transposed"), weight=t(3), bias=t(3)),
    ],
    dtypes=FLOATS,
    call=_with_running,
    tolerance={"float32": (2e-5, 2e-5), "float64": (2e-13, 2e-13)},
    because=WHY_SMALL,
    second=1e-10,
    errors=[
        bad(RuntimeError, t(2, 3, 5), use_input_stats=False, says="running_mean"),
        bad(ValueError, t(2, 3, 1), says="1"),
        bad(RuntimeError, t(2, 3, 5), weight=t(4), says="8"),
        bad(RuntimeError, t(2, 3, 5), t(4, grad=False), t(4, grad=False)),
        bad(ValueError, t(2, 3, 5), t(3), None, says="running_var"),
    ],
)
op(
    "nn.functional.rms_norm",
    [
        s(t(3, 4), (4,)),
        s(t(3, 4), [4], t(4)),
        s(t(2, 3, 4), (3, 4), t(3, 4), 1e-2),
        s(t(2, 3, 4), (4,), weight=t(4), eps=0.1),
        s(t(5), (5,)),
        s(t(0, 3), (3,), t(3)),
        s(t(3, 4, layout="transposed"), (4,), t(4)),
    ],
    dtypes=FLOATS,
    tolerance={"float32": (4e-6, 4e-6)},
    because="a root, a quotient and sums of 12 products one after the other; torch copies what is not contiguous",
    node="",
    second=1e-11,
    errors=[
        bad(RuntimeError, t(3, 4), (3,), says=("[3", "[3, 4]")),
        bad(RuntimeError, t(3, 4), (4,), t(3), says=("[3]", "[4]")),
        bad(RuntimeError, t(3, 4), ()),
        bad(TypeError, t(3, 4), 4, says="normalized_shape"),
    ],
)
op(
    "nn.functional.local_response_norm",
    [
        s(t(2, 4, 3), 2),
        s(t(2, 4, 3), 3, 0.5),
        s(t(2, 4, 3), 1, 0.5, 0.5, 2.0),
        s(t(2, 4, 2, 3), 5, alpha=0.5, beta=1.0, k=0.5),
        s(t(1, 3, 2, 1, 2), 2, 0.3),
        s(t(0, 3, 2, 2), 2),
        s(t(2, 4, 3, layout="transposed"), 2, 0.5),
    ],
    dtypes=NUMBERS,
    errors=[bad(ValueError, t(3, 4), 2, says="2"), bad(ValueError, t(3), 2, says="1")],
)


# ---- beside the tensor operations, with all their arguments ----------------------------------------------------------


def _in_full(name: str) -> Any:
    """The function of that name in front of `nn`, on copies of the running statistics, which it returns, too."""

    def of(engine: Any) -> Any:
        def call(x: Any, weight: Any, bias: Any, mean: Any, var: Any, *args: Any) -> Any:
            mean = mean.clone() if hasattr(mean, "clone") else mean
            var = var.clone() if hasattr(var, "clone") else var
            return getattr(engine, name)(x, weight, bias, mean, var, *args), mean, var

        return call

    return of


op(
    "batch_norm",
    [
        s(t(4, 3, 2), t(3), t(3), *RUNNING, True, 0.3, 1e-2, False),
        s(t(4, 3, 2), t(3), t(3), *RUNNING, False, 0.3, 1e-2, True),
        s(t(4, 3), None, t(3), None, None, True, 0.1, 1e-2, False),
        s(t(4, 3), t(3), None, *RUNNING, True, 0.1, 1e-2, False),
        s(t(0, 3, 2), t(3), t(3), *RUNNING, False, 0.1, 1e-2, False),
    ],
    dtypes=FLOATS,
    call=_in_full("batch_norm"),
    tolerance={"float32": (1e-5, 1e-5), "float64": (1e-13, 1e-13)},
    because=WHY_SMALL,
    node="",
    errors=[
        bad(RuntimeError, t(4, 3), t(4), None, None, None, True, 0.1, 1e-2, False, says="4"),
        bad(RuntimeError, t(4, 3), None, None, None, None, False, 0.1, 1e-2, False, says="running_mean"),
        bad(TypeError, t(4, 3), 3, None, None, None, True, 0.1, 1e-2, False, says="weight"),
        bad(TypeError, t(4, 3), None, None, None, None, True, 0.1, 1e-2),
        bad(NotImplementedError, t(4, 3, dtype="int64"), None, None, None, None, True, 0.1, 1e-2, False),
    ],
)
op(
    "instance_norm",
    [
        s(t(2, 3, 5), t(3), t(3), *RUNNING, True, 0.3, 1e-2, False),
        s(t(2, 3, 5), t(3), t(3), *RUNNING, False, 0.3, 1e-2, True),
        s(t(2, 3, 5), None, t(3), None, None, True, 0.1, 1e-2, False),
        s(t(2, 3, 5), t(3), None, *RUNNING, True, 0.1, 1e-2, False),
    ],
    dtypes=FLOATS,
    call=_in_full("instance_norm"),
    tolerance={"float32": (2e-5, 2e-5), "float64": (2e-13, 2e-13)},
    because=WHY_SMALL,
    errors=[
        bad(RuntimeError, t(2, 3, 5), t(4), None, None, None, True, 0.1, 1e-2, False),
        bad(RuntimeError, t(2, 3, 5), None, None, None, None, False, 0.1, 1e-2, False, says="running_mean"),
        bad(TypeError, t(2, 3, 5), None, 3, None, None, True, 0.1, 1e-2, False, says="bias"),
        bad(TypeError, t(2, 3, 5), None, None, None, None, True, 0.1, 1e-2),
        bad(NotImplementedError, t(2, 3, 5, dtype="int64"), None, None, None, None, True, 0.1, 1e-2, False),
    ],
)
