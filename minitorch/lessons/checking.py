"""`check`: is an exercise's answer right, and if not, which property fails. And what exercises.py is written with."""

from __future__ import annotations

import functools
import html
import inspect
import re
import sys
import sysconfig
import traceback
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from . import places, progress
from .showing import PACKAGE, in_notebook

GREEN, ORANGE = "#2a9d6f", "#e0762f"


@dataclass(frozen=True)
class Result:
    """What `check` found. As a truth value: is the answer right?

    Errors: none of its own.

    Source: this project's own.

    >>> from minitorch.lessons import Result
    >>> from minitorch.lessons.checking import judge
    >>> isinstance(judge("01-1", lambda x, y: 0.0), Result)
    True
    """

    name: str
    title: str
    right: bool
    problem: str = ""
    hint: str = ""

    def __bool__(self) -> bool:
        return self.right

    def __repr__(self) -> str:
        if self.right:
            return f"{self.name} ({self.title}): right."
        lines = [f"{self.name} ({self.title}): not yet.", self.problem]
        if self.hint:
            lines.append(f"Hint: {self.hint}")
        return "\n  ".join(lines)

    def _as_html(self) -> str:
        head = f"<strong>{_html(self.name)} {'✓ right' if self.right else '· not yet'}</strong> ({_html(self.title)})"
        body = [head] + ([_html(self.problem)] if self.problem else [])
        if self.hint:
            body.append(f"<em>Hint:</em> {_html(self.hint)}")
        colour = GREEN if self.right else ORANGE
        return f'<div style="border-left: 4px solid {colour}; padding: 0.2em 0.8em">{"<br>".join(body)}</div>'

    def _ipython_display_(self) -> None:
        """Nothing: `check` has displayed it, and a cell that ends with `check(…)` would show it again."""

    def display(self) -> None:
        """Print it, or show it where the notebook can show more than text."""
        if in_notebook():
            both = {"text/plain": repr(self), "text/html": self._as_html()}
            sys.modules["IPython"].display.display(both, raw=True)
        else:
            print(self)


def _html(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


class Refused(Exception):
    """The answer lacks a property: which, and a hint."""

    problem: str
    hint: str

    def __init__(self, problem: str, hint: str = "") -> None:
        super().__init__(problem)
        self.problem, self.hint = problem, hint


@dataclass(frozen=True)
class Exercise:
    """An exercise's name, title, and the function that refuses wrong answers."""

    name: str
    title: str
    test: Callable[[Any, np.random.Generator], None]


def exercise(name: str, title: str) -> Callable[[Callable[..., Any]], Exercise]:
    """Decorate a checker in exercises.py. It is called with the answer and a random number generator.

    >>> from minitorch.lessons.checking import exercise, number, require
    >>> @exercise("01-9", "An even number")
    ... def even(answer, rng):
    ...     require(number(answer) % 2 == 0, f"{answer} is not even.", "Multiply a whole number by 2.")
    >>> even.title
    'An even number'
    """
    return lambda test: Exercise(name, title, test)


def require(holds: Any, problem: str, hint: str = "") -> None:
    """Refuse the answer unless `holds`, saying what does not, and a hint that is not the solution."""
    if not holds:
        raise Refused(problem, hint)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def number(value: Any, what: str = "Your answer") -> float:
    """`value` as a float, if it is a number or a tensor or array with one element; refused otherwise."""
    if value is None or value is ...:
        raise Refused(f"{what} is {value}, not a number.", "A function without `return` gives None.")
    if callable(value):
        raise Refused(f"{what} is a function, not a number.", "Pass the result of calling it.")
    try:
        return float(value.detach() if hasattr(value, "detach") else value)
    except (TypeError, ValueError, RuntimeError):
        raise Refused(f"{what} is {_shown(value)}, not a number.") from None


def close(a: Any, b: Any, relative: float = 1e-6, absolute: float = 1e-9) -> bool:
    """Whether two numbers, or all elements of two tensors of one shape, are equal but for rounding.

    >>> from minitorch.lessons.checking import close
    >>> close(0.1 + 0.2, 0.3)
    True
    """
    a, b = (np.asarray(x.detach().cpu().numpy() if hasattr(x, "detach") else x) for x in (a, b))
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=relative, atol=absolute))


def function(answer: Any, parameters: int) -> None:
    """Refuse what can't be called with so many arguments."""
    if inspect.isclass(answer) or not callable(answer):
        hint = "Pass the function itself, without parentheses."
        raise Refused(f"The answer should be a function, and is {_shown(answer)}.", hint)
    try:
        inspect.signature(answer).bind(*range(parameters))
    except TypeError as error:
        hint = "Keep the parameters that the exercise gives."
        raise Refused(f"The function can't be called with {parameters} arguments: {error}.", hint) from None
    except ValueError:  # some builtins don't tell their parameters
        pass


def tensor(value: Any, shape: tuple[int, ...] | None = None, what: str = "Your answer") -> Any:
    """`value`, if it is a Tensor (of that shape); refused otherwise."""
    from ..tensor import Tensor

    if not isinstance(value, Tensor):
        raise Refused(f"{what} is {_shown(value)}, not a tensor.")
    if shape is not None and tuple(value.shape) != tuple(shape):
        raise Refused(f"{what} has the shape {tuple(value.shape)}; it should be {tuple(shape)}.")
    return value


def cells(lesson: str, *names: str) -> SimpleNamespace:
    """What these cells of a lesson's code.py define, for exercises and solutions that build upon them.

    >>> from minitorch.lessons.checking import cells
    >>> cells("01", "number").Number(3.0).value
    3.0
    """
    from .executing import run_here

    return SimpleNamespace(**run_here(places.find(lesson), only=names))


def check(name: str, answer: Any = ...) -> Result:
    """Check the answer to the exercise `name`, say what was found, and note it if it is right.

    The check draws random inputs of its own; the engine's random numbers are the same after it as before.

    Errors: none of its own. What the answer raises is reported.

    Source: this project's own.

    >>> from minitorch.lessons import check
    >>> bool(check("01-1", lambda x, y: 0.0))  # doctest: +ELLIPSIS
    01-1 (...): not yet.
    ...
    False
    """
    result = judge(name, answer)
    result.display()
    if result.right:
        progress.note_solved(name)
    return result


OPEN = "There is no answer yet: put yours where the dots are."


def _answering(answer: Callable[..., Any]) -> Callable[..., Any]:
    """The learner's function, which refuses to return the dots of an exercise's outline."""

    @functools.wraps(answer)
    def call(*args: Any, **kwargs: Any) -> Any:
        result = answer(*args, **kwargs)
        if result is ...:
            raise Refused(OPEN)
        return result

    return call


def judge(name: str, answer: Any) -> Result:
    """What `check` finds, neither shown nor noted."""
    import minitorch

    try:
        exercises = places.find(str(name).partition("-")[0]).exercises()
        found = exercises[name]
    except (places.LessonError, KeyError):
        there = ", ".join(e for lesson in places.all_lessons() for e in lesson.exercises())
        return Result(str(name), "no such exercise", False, f"There are these: {there}.")
    if answer is ...:
        return Result(name, found.title, False, OPEN)
    if inspect.isfunction(answer):
        answer = _answering(answer)
    seed = zlib.crc32(name.encode())
    before = minitorch.get_rng_state()
    try:
        minitorch.manual_seed(seed)
        found.test(answer, np.random.default_rng(seed))
    except Refused as refused:
        return Result(name, found.title, False, refused.problem, refused.hint)
    except Exception as error:
        return Result(name, found.title, False, *explained(error))
    finally:
        minitorch.set_rng_state(before)
    return Result(name, found.title, True)


OURS = (str(PACKAGE), sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"), str(Path(np.__file__).parent))


def explained(error: Exception) -> tuple[str, str]:
    """Problem and hint for an exception that the learner's answer raised, or that the check met when using it."""
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    checker = max((i for i, f in enumerate(frames) if Path(f.filename).name == "exercises.py"), default=0)
    theirs = [f for f in frames[checker + 1 :] if not f.filename.startswith(OURS)]
    if not theirs:
        return f"The check could not use the answer: {what}.", "Is it of the kind that the exercise asks for?"
    frame = theirs[-1]
    line = f" (`{frame.line}`)" if frame.line else ""
    return f"Your code raised {what}, in line {frame.lineno} of `{frame.name}`{line}.", ""
