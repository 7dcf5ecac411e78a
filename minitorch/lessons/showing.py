"""`show`: the engine's own code, from its file."""

from __future__ import annotations

import inspect
import sys
import textwrap
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parents[1]


def in_notebook() -> bool:
    """Whether what runs is a cell of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")


class Source:
    """The source of a class, function, method or module, and where it stands."""

    first: int
    last: int

    def __init__(self, thing: Any) -> None:
        thing = inspect.unwrap(thing) if callable(thing) else thing
        if isinstance(thing, property):
            thing = thing.fget
        try:
            lines, first = inspect.getsourcelines(thing)
            path = Path(inspect.getsourcefile(thing) or "").resolve()
        except (TypeError, OSError):
            kind = type(thing).__name__
            raise TypeError(
                "show() takes a class, function, method or module written in Python; there is no source for "
                f"{thing!r}, which is a {kind}"
            ) from None
        self.text: str = textwrap.dedent("".join(lines)).rstrip()
        first = first or 1
        inside = path.is_relative_to(PACKAGE)
        self.file: str = path.relative_to(PACKAGE.parent).as_posix() if inside else path.name
        self.first, self.last = first, first + len(lines) - 1

    @property
    def place(self) -> str:
        """File and lines."""
        return f"{self.file}, lines {self.first}–{self.last}"

    def __repr__(self) -> str:
        return f"# {self.place}\n{self.text}"

    def _repr_markdown_(self) -> str:
        # As Markdown, since whatever displays it (Jupyter, the book) then colours it to its own theme, light or dark.
        return f"`{self.place}`\n\n```python\n{self.text}\n```\n"


def show(*things: Any) -> None:
    """Display the source of classes, functions, methods or modules, each with its file and lines.

    Errors: TypeError for what has no source in Python.

    Source: this project's own.

    >>> from minitorch.lessons import show
    >>> from minitorch.ops.elementwise.arithmetic import Mul
    >>> show(Mul.backward)  # doctest: +ELLIPSIS
    # minitorch/ops/elementwise/arithmetic.py, lines ...
    def backward(self, g: Any) -> Any:
        x, y = self.saved
        return ...
    """
    for thing in things:
        source = Source(thing)
        if in_notebook():
            sys.modules["IPython"].display.display(source)
        else:
            print(source)
