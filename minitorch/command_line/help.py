"""How the commands' help and errors read: one form for all of them.

Nothing here knows a command; `minitorch.cli` lists them.
"""

from __future__ import annotations

import argparse
import difflib
import itertools
import shutil
import textwrap
from collections.abc import Iterable
from typing import Any, NoReturn

__all__ = ["WIDTH", "Help", "Parser", "nearest"]

WIDTH = 88  # columns, on a terminal that has as many


class Help(argparse.HelpFormatter):
    """Paragraphs are filled to the terminal's width, 88 columns at most; lines that begin with a blank stay as they are."""

    def __init__(self, prog: str, **kwargs: Any) -> None:
        super().__init__(prog, max_help_position=24, width=min(shutil.get_terminal_size().columns, WIDTH), **kwargs)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        filled: list[str] = []
        for verbatim, group in itertools.groupby(text.splitlines(), lambda line: line[:1] in ("", " ")):
            lines = list(group)
            filled += lines if verbatim else textwrap.wrap(" ".join(lines), width, break_on_hyphens=False)
        return "\n".join(indent + line if line else "" for line in filled)


class Parser(argparse.ArgumentParser):
    """An ArgumentParser with this form, in which options are spelled out, and what is mistyped is guessed at."""

    def __init__(self, prog: str, **kwargs: Any) -> None:
        given: dict[str, Any] = {"formatter_class": Help, "allow_abbrev": False} | kwargs
        super().__init__(prog=prog, **given)

    def parse_args(self, args: Iterable[str] | None = None, namespace: Any = None) -> Any:
        """As argparse's; an option that is not known is answered with the nearest that is."""
        found, unknown = self.parse_known_args(None if args is None else list(args), namespace)
        if unknown:
            hints = (nearest(word.partition("=")[0], self.options()) for word in unknown)
            self.error(f"unrecognized arguments: {' '.join(unknown)}{next(filter(None, hints), '')}")
        return found

    def options(self) -> list[str]:
        """The options, also those of its commands."""
        found = [word for action in self._actions for word in action.option_strings]
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                found += [word for inner in action.choices.values() for word in inner.options()]
        return found

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError as error:
            hint = nearest(str(value), map(str, action.choices or ()))
            raise argparse.ArgumentError(action, error.message + hint) from None

    def error(self, message: str) -> NoReturn:
        """One line, where the help is, and exit status 2."""
        self.exit(2, f"{self.prog}: error: {message}\n`{self.prog} --help` says what it takes.\n")


def nearest(word: str, known: Iterable[str]) -> str:
    """``"; did you mean digits?"``, or nothing.

    >>> nearest("comapre", ["compare", "run", "check"]), nearest("xyz", ["compare"])
    ('; did you mean compare?', '')
    """
    close = difflib.get_close_matches(word, known, 1)
    return f"; did you mean {close[0]}?" if close else ""
