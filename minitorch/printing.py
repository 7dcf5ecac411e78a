"""How a tensor prints: PyTorch's layout, letter for letter.

One width serves the whole tensor, so that columns align. It is found from the numbers that will be shown: all of them,
or, above `threshold` elements, the first and last `edgeitems` along each dimension.

Source: https://docs.pytorch.org/docs/stable/generated/torch.set_printoptions.html
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .device import to_numpy
from .dtype import get_default_dtype

if TYPE_CHECKING:
    from .tensor import Tensor


@dataclass
class _Options:
    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


_PROFILES: dict[str, dict[str, Any]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
}

_options = _Options()


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Choose how tensors print; what is left out stays, but `sci_mode` goes back to None (automatic).

    `precision`: digits after the point. `threshold`: with more elements, only `edgeitems` at each end of each dimension
    are shown. `linewidth`: characters per line. `profile`: 'default', 'short' or 'full', a set of all four. `sci_mode`:
    scientific notation always (True) or never (False).

    Errors: ValueError for an unknown profile.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.set_printoptions.html

    >>> import minitorch as torch
    >>> torch.set_printoptions(precision=2)
    >>> torch.tensor([1.12345])
    tensor([1.12])
    >>> torch.set_printoptions(profile="default")
    """
    if profile is not None:
        if profile not in _PROFILES:
            raise ValueError(f"profile must be one of {', '.join(map(repr, _PROFILES))}, not {profile!r}")
        for name, value in _PROFILES[profile].items():
            setattr(_options, name, value)
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    for name, value in given.items():
        if value is not None:
            setattr(_options, name, value)
    _options.sci_mode = sci_mode


def get_printoptions() -> dict[str, Any]:
    """The present options, as keyword arguments for `set_printoptions`.

    Errors: none of its own.

    Source: this project's own; in PyTorch it is ``torch._tensor_str.get_printoptions``.

    >>> import minitorch as torch
    >>> torch.get_printoptions()
    {'precision': 4, 'threshold': 1000, 'edgeitems': 3, 'linewidth': 80, 'sci_mode': None}
    """
    return asdict(_options)


# ---- one number ------------------------------------------------------------------------------------------------------


class _NumberFormat:
    """How every number of one tensor is written, and how wide."""

    def __init__(self, shown: np.ndarray) -> None:
        self.write: Callable[[Any], str] = str
        self.width = 1
        if shown.dtype.kind != "f":
            self.width = max((len(str(value)) for value in shown.ravel().tolist()), default=1)
            return
        self.write = self._whole
        # Zeros, infinities and nan decide nothing: neither the notation nor the width.
        values = shown[np.isfinite(shown) & (shown != 0)].astype(np.float64)
        if values.size == 0:
            return
        sizes = np.abs(values)
        largest, smallest = float(sizes.max()), float(sizes.min())
        is_scientific = _options.sci_mode
        if is_scientific is None:
            is_scientific = largest / smallest > 1000 or largest > 1e8 or smallest < 1e-4
        if is_scientific:
            self.write = self._scientific
        elif (values != np.ceil(values)).any():
            self.write = self._fixed
        self.width = max(len(self.write(value)) for value in values.tolist())

    def __call__(self, value: Any) -> str:
        return self.write(value).rjust(self.width)

    @staticmethod
    def _whole(value: float) -> str:
        return f"{value:.0f}." if math.isfinite(value) else f"{value:.0f}"

    @staticmethod
    def _fixed(value: float) -> str:
        return f"{value:.{_options.precision}f}"

    @staticmethod
    def _scientific(value: float) -> str:
        return f"{value:.{_options.precision}e}"


# ---- the nested brackets ---------------------------------------------------------------------------------------------


def _edges(array: np.ndarray) -> np.ndarray:
    """The elements that a summary shows."""
    n = _options.edgeitems
    places = [[*range(n), *range(size - n, size)] if size > 2 * n else range(size) for size in array.shape]
    return array[np.ix_(*(np.array(place, dtype=int) for place in places))]


def _brackets(array: np.ndarray, indent: int, is_summary: bool, number: _NumberFormat) -> str:
    if array.ndim == 0:
        return number(array.item())
    n = _options.edgeitems
    is_cut = is_summary and len(array) > 2 * n
    shown: Any = array
    if is_cut:
        ends = array[:n], array[len(array) - n :]
        shown = np.concatenate(ends) if array.ndim == 1 else [*ends[0], *ends[1]]
    if array.ndim == 1:
        items = [number(value) for value in shown.tolist()]
        if is_cut:
            items.insert(n, " ..." if n else "...")
        per_line = max(1, (_options.linewidth - indent) // (number.width + 2))
        parts = [", ".join(items[i : i + per_line]) for i in range(0, len(items), per_line)]
        gap = "\n"
    else:
        parts = [_brackets(row, indent + 1, is_summary, number) for row in shown]
        if is_cut:
            parts.insert(n, "...")
        gap = "\n" * (array.ndim - 1)
    return "[" + ("," + gap + " " * (indent + 1)).join(parts) + "]"


# ---- the whole -------------------------------------------------------------------------------------------------------


def tensor_repr(t: Tensor) -> str:
    """What `repr` of a tensor gives: the numbers, then whatever is not as usual (device, dtype, gradient)."""
    kind = type(t).__name__
    prefix = "tensor(" if kind in ("Tensor", "Parameter") else f"{kind}("
    indent = len(prefix)
    array = to_numpy(t._array)
    suffixes = []
    if t.device.type != "cpu":
        suffixes.append(f"device='{t.device}'")
    default = get_default_dtype()
    if array.size == 0:
        text = "[]"
        if array.ndim != 1:
            suffixes.append(f"size={array.shape}")
        if t.dtype is not default:
            suffixes.append(f"dtype={t.dtype}")
    else:
        if not _options.edgeitems:
            suffixes.append(f"size={array.shape}")
        if t.dtype is not default and t.dtype.name not in ("int64", "bool"):  # those two show in the numbers
            suffixes.append(f"dtype={t.dtype}")
        is_summary = array.size > _options.threshold
        text = _brackets(array, indent, is_summary, _NumberFormat(_edges(array) if is_summary else array))
    if t.grad_fn is not None:
        suffixes.append(f"grad_fn=<{type(t.grad_fn).__name__}>")
    elif t.requires_grad:
        suffixes.append("requires_grad=True")
    return _append(prefix + text, suffixes, indent)


def _append(text: str, suffixes: list[str], indent: int) -> str:
    """Add the suffixes, each on a new line if it would pass the line's end."""
    used = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        if used + len(suffix) + 2 > _options.linewidth:
            text += ",\n" + " " * indent + suffix
            used = indent + len(suffix)
        else:
            text += ", " + suffix
            used += len(suffix) + 2
    return text + ")"
