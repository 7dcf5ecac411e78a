"""Numbers, shapes and tensors in few characters, and how wide a text is when it is set."""

from __future__ import annotations

import math
import unicodedata
from typing import Any

import numpy as np

from ..tensor import Tensor, wrap

EM = 0.62  # what a character of the usual monospaced fonts takes, in units of the font size; none takes more
ROWS, COLUMNS = 4, 5  # of the numbers that a box shows


def columns(text: str) -> int:
    """How many columns a monospaced font needs: two for wide characters, none for combining ones."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" or ord(c) > 0x1F000 else 1
        for c in text
    )


def width(text: str, size: float) -> float:
    """The width of `text` in a monospaced font of that size, rather too large than too small."""
    return columns(text) * size * EM


def printable(text: str) -> str:
    """`text` without what XML, or a line, cannot hold."""
    return "".join(c if c.isprintable() or c == "\u00a0" else "�" for c in text)


def cut(text: str, most: int) -> str:
    """`text` in at most that many columns, its middle left out."""
    text = printable(text)
    if columns(text) <= most:
        return text
    head, tail = text, text
    while columns(head) > (most - 1) // 2:
        head = head[:-1]
    while columns(tail) > most - 1 - columns(head):
        tail = tail[1:]
    return f"{head}…{tail}"


def shape_text(shape: Any) -> str:
    """[2, 3] for (2, 3); a tensor without dimensions is a number."""
    return f"[{', '.join(map(str, shape))}]" if len(shape) else "number"


def number(value: Any, digits: int = 4) -> str:
    """A number with so many significant digits and a proper minus sign."""
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (int, np.integer)):
        return str(value).replace("-", "−")
    value = float(value) or 0.0  # no −0
    if math.isnan(value):
        return "nan"
    return f"{value:.{digits}g}".replace("-", "−").replace("inf", "∞").replace("e+0", "e").replace("e−0", "e−")


def on_host(x: Any) -> np.ndarray:
    """The numbers of a Tensor, or of an array of whichever library, as a NumPy array."""
    t = x if isinstance(x, Tensor) else wrap(x)
    return t.detach().cpu().numpy()


def is_small(array: np.ndarray, rows: int = ROWS, width: int = COLUMNS) -> bool:
    """Whether all its numbers can be shown."""
    if array.ndim == 0:
        return True
    if array.ndim == 1:
        return 0 < array.size <= width
    return array.ndim == 2 and 0 < array.shape[0] <= rows and 0 < array.shape[1] <= width


def rows_of(array: np.ndarray, digits: int = 4) -> list[str]:
    """The rows of a matrix, a vector or a number, the columns aligned."""
    grid = [[number(v, digits) for v in row] for row in np.atleast_2d(array)]
    widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
    return ["  ".join(v.rjust(n) for v, n in zip(row, widths, strict=True)).replace(" ", "\u00a0") for row in grid]


def statistics(array: np.ndarray) -> str:
    """What is said of a tensor with too many numbers to show: mean ± standard deviation."""
    if not array.size:
        return "empty"
    if array.dtype.kind == "b":
        return f"{number(array.mean() * 100, 3)} % True"
    if array.dtype.kind != "f":
        return f"{number(array.min())} … {number(array.max())}"
    with np.errstate(all="ignore"):
        wide = array.astype(np.float64)
        return f"{number(wide.mean(), 3)} ± {number(wide.std(), 3)}"


def lines_of(array: np.ndarray) -> list[str]:
    """What a box shows of a tensor's numbers: all, or their mean and deviation."""
    return rows_of(array) if is_small(array) else [statistics(array)]


def brief(array: np.ndarray) -> str:
    """A tensor's numbers in one short line."""
    if array.ndim == 0 or array.size == 1:
        return number(array.reshape(-1)[0])
    if array.ndim == 1 and 0 < array.size <= 4:
        return f"({', '.join(number(v, 3) for v in array)})"
    return statistics(array)


def corner(array: np.ndarray, rows: int = 6, columns: int = 6) -> tuple[str, str]:
    """The first numbers of a tensor as lines, and what is left out (empty where nothing is)."""
    if not array.size:
        return "", "empty"
    matrix = array.reshape(-1, array.shape[-1]) if array.ndim > 1 else np.atleast_2d(array)
    shown = matrix[:rows, :columns]
    lines = rows_of(shown, 5)
    if shown.size == array.size:
        return "\n".join(lines), "" if array.ndim < 3 else "rows of the last dimension, one after the other"
    if shown.shape[1] < matrix.shape[1]:
        lines = [line + "  …" for line in lines]
    if shown.shape[0] < matrix.shape[0]:
        lines.append("…")
    return "\n".join(lines), f"the first of {array.size} numbers; all: {statistics(array)}"
