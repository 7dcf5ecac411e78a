"""assert_close: are two tensors, numbers, or containers of them, equal up to rounding?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..device import to_numpy
from ..tensor import Tensor

__all__ = ["assert_close"]

DEFAULTS = {"float16": (1e-3, 1e-5), "float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7)}


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: str | Callable[[str], str] | None = None,
) -> None:
    """AssertionError unless |actual − expected| ≤ atol + rtol·|expected| for every element.

    Compares tensors, numbers, and sequences and mappings of them, which must have the same lengths and keys. Without
    `rtol` and `atol`, which are given together or not at all, the dtype decides: (1.3e-6, 1e-5) for float32, (1e-7,
    1e-7) for float64, (1e-3, 1e-5) for float16, 0 for integers and bool; where the two dtypes differ
    (`check_dtype=False`), the looser ones. `msg` replaces the message, or makes one from it.

    Shapes: actual and expected of one shape.
    Errors: AssertionError; TypeError for what cannot be compared; ValueError for one tolerance without the other.

    Source: https://docs.pytorch.org/docs/stable/testing.html#torch.testing.assert_close

    >>> import minitorch as torch
    >>> torch.testing.assert_close(torch.tensor([1., 2.]), torch.tensor([1., 2.000001]))
    >>> torch.testing.assert_close(torch.tensor([1., 2.]), torch.tensor([1., 2.1]))
    Traceback (most recent call last):
    ...
    AssertionError: Tensor-likes are not close!
    <BLANKLINE>
    Mismatched elements: 1 / 2 (50.0%)
    Greatest absolute difference: 0.0999999... at index (1,) (up to 1e-05 allowed)
    Greatest relative difference: 0.0476190... at index (1,) (up to 1.3e-06 allowed)
    """
    if (rtol is None) != (atol is None):
        given = "rtol" if atol is None else "atol"
        raise ValueError(f"rtol and atol must both be either specified or unspecified, but got only {given}")
    options = (rtol, atol, equal_nan, check_device, check_dtype, check_layout, check_stride, allow_subclasses)
    problem = _difference(actual, expected, "", options)
    if problem is not None:
        raise AssertionError(msg(problem) if callable(msg) else problem if msg is None else msg)


def _difference(actual: Any, expected: Any, path: str, options: tuple[Any, ...]) -> str | None:
    where = f"\n\nThe failure occurred for item {path}" if path else ""
    if isinstance(actual, Mapping) and isinstance(expected, Mapping):
        if actual.keys() != expected.keys():
            lacking = sorted(map(repr, expected.keys() - actual.keys()))
            extra = sorted(map(repr, actual.keys() - expected.keys()))
            return (
                "The keys of the mappings do not match:\n"
                f"Missing keys in the actual mapping: [{', '.join(lacking)}]\n"
                f"Additional keys in the actual mapping: [{', '.join(extra)}]{where}"
            )
        pairs = [(actual[k], expected[k], f"{path}[{k!r}]") for k in expected]
    elif _is_sequence(actual) and _is_sequence(expected):
        if len(actual) != len(expected):
            return f"The length of the sequences mismatch: {len(actual)} != {len(expected)}{where}"
        pairs = [(a, e, f"{path}[{i}]") for i, (a, e) in enumerate(zip(actual, expected, strict=True))]
    else:
        problem = _leaf_difference(actual, expected, options)
        return None if problem is None else problem + where
    for a, e, item in pairs:
        if (problem := _difference(a, e, item, options)) is not None:
            return problem
    return None


def _is_sequence(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _leaf_difference(actual: Any, expected: Any, options: tuple[Any, ...]) -> str | None:
    rtol, atol, equal_nan, check_device, check_dtype, check_layout, check_stride, allow_subclasses = options
    if actual is None or expected is None:
        return None if actual is expected else f"None mismatch: {actual} is not {expected}"
    are_tensors = isinstance(actual, Tensor) and isinstance(expected, Tensor)
    if not are_tensors:
        for value in (actual, expected):
            if not isinstance(value, Tensor | np.ndarray | np.generic | bool | int | float):
                raise TypeError(
                    f"No comparison pair was able to handle inputs of type {type(actual)} and {type(expected)}."
                )
        if isinstance(actual, Tensor) or isinstance(expected, Tensor):
            raise TypeError(
                f"No comparison pair was able to handle inputs of type {type(actual)} and {type(expected)}."
            )
    elif not allow_subclasses and type(actual) is not type(expected):
        raise TypeError(f"No comparison pair was able to handle inputs of type {type(actual)} and {type(expected)}.")
    a, e = (to_numpy(x._array) if isinstance(x, Tensor) else np.asarray(x) for x in (actual, expected))
    if a.shape != e.shape:
        return f"The values for attribute 'shape' do not match: {_size(a.shape)} != {_size(e.shape)}."
    if are_tensors:
        for asked, attribute in ((check_device, "device"), (check_dtype, "dtype"), (check_layout, "layout")):
            ours, theirs = getattr(actual, attribute), getattr(expected, attribute)
            if asked and ours != theirs:
                return f"The values for attribute '{attribute}' do not match: {ours} != {theirs}."
        if check_stride and actual.stride() != expected.stride():
            return f"The values for attribute 'stride()' do not match: {actual.stride()} != {expected.stride()}."
    elif check_dtype and isinstance(actual, np.ndarray) and isinstance(expected, np.ndarray) and a.dtype != e.dtype:
        return f"The values for attribute 'dtype' do not match: {a.dtype} != {e.dtype}."
    if rtol is None:
        found = [DEFAULTS.get(x.dtype.name, (0.0, 0.0)) for x in (a, e)]
        rtol, atol = (max(pair) for pair in zip(*found, strict=True))
    return _value_difference(a, e, rtol, atol, equal_nan)


def _size(shape: tuple[int, ...]) -> str:
    return f"torch.Size({list(shape)})"


def _value_difference(a: np.ndarray, e: np.ndarray, rtol: float, atol: float, equal_nan: bool) -> str | None:
    exact = rtol == 0 and atol == 0
    if not exact or a.dtype != e.dtype:
        a, e = a.astype(np.float64), e.astype(np.float64)
    with np.errstate(all="ignore"):
        close = np.isclose(a, e, rtol=rtol, atol=atol, equal_nan=equal_nan)
        if close.all():
            return None
        if a.dtype.kind in "bu":
            a, e = a.astype(np.int64), e.astype(np.int64)
        absolute = np.abs(a - e).astype(np.float64)
        relative = absolute / np.abs(e)
    absolute, relative = (np.where(close, 0.0, x) for x in (absolute, relative))
    if a.ndim == 0:
        allowed = "" if exact else " (up to {} allowed)"
        return (
            f"Scalars are not {'equal' if exact else 'close'}!\n\nExpected {e.item()} but got {a.item()}.\n"
            f"Absolute difference: {float(absolute):.16g}{allowed.format(atol)}\n"
            f"Relative difference: {float(relative):.16g}{allowed.format(rtol)}"
        )
    lines = [
        f"Tensor-likes are not {'equal' if exact else 'close'}!\n",
        f"Mismatched elements: {int((~close).sum())} / {close.size} ({(~close).sum() / close.size:.1%})",
    ]
    for name, values, most in (("absolute", absolute, atol), ("relative", relative, rtol)):
        place = tuple(int(k) for k in np.unravel_index(int(values.argmax()), values.shape))
        allowed = "" if exact else f" (up to {most:g} allowed)"
        shown = int(values[place]) if exact and a.dtype.kind in "iu" and name == "absolute" else float(values[place])
        lines.append(f"Greatest {name} difference: {shown} at index {place}{allowed}")
    return "\n".join(lines)
