"""Where lessons lie, which there are, and what each consists of."""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

LANGUAGES = {"en": "English", "pt": "Português", "zh": "中文"}


class LessonError(Exception):
    """A lesson, or what was asked of it, can't be used; the message is for the reader."""


def needed(module: str, extra: str = "lessons") -> Any:
    """Import what the core does without, or say which extra brings it."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if error.name != package:
            raise
        raise ModuleNotFoundError(
            f"this needs {package}, which is not installed; the extra '{extra}' brings it: "
            f'pip install "minitorch-engine[{extra}]" (in a checkout: pip install ".[{extra}]")',
            name=package,
        ) from None


def lessons_folder() -> Path:
    """Where the lessons lie: inside an installed package, beside the package in a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "_lessons"
    return installed if installed.is_dir() else package.parent / "lessons"


def load(path: Path) -> ModuleType:
    """The Python file at `path` as a module of its own, outside `sys.modules`: a lesson's folder is no package."""
    module = ModuleType(f"minitorch_lesson_{path.parent.name}_{path.stem}")
    module.__file__ = str(path)
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), module.__dict__)
    return module


@dataclass(frozen=True)
class Lesson:
    """One folder of `lessons/`, as 01_number."""

    folder: Path

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def number(self) -> str:
        """The two digits with which exercises are named: 01 in 01-2."""
        return self.name[:2]

    @property
    def languages(self) -> list[str]:
        """Those that the prose is there in, English first."""
        return [language for language in LANGUAGES if self.prose_file(language).is_file()]

    @property
    def code_file(self) -> Path:
        """The cells."""
        return self.folder / "code.py"

    @property
    def solutions_file(self) -> Path:
        """Solutions, and wrong answers that are refused."""
        return self.folder / "solutions.py"

    def prose_file(self, language: str) -> Path:
        """What stands between the cells."""
        return self.folder / f"prose.{language}.md"

    def prose(self, language: str = "en") -> str:
        """The text between the cells."""
        path = self.prose_file(language)
        if not path.is_file():
            raise LessonError(
                f"lesson {self.name} is not there in '{language}' (it is in: {', '.join(self.languages)})"
            )
        return path.read_text(encoding="utf-8")

    def title(self, language: str = "en") -> str:
        """The prose's first heading, without its number."""
        heading = re.match(r"# (?:\d+\. )?(.+)", self.prose(language))
        if heading is None:
            raise LessonError(f"{self.prose_file(language)} must begin with '# {int(self.number)}. Title'")
        return heading[1].strip()

    def exercises(self) -> dict[str, Any]:
        """The exercises by name, in the order in which exercises.py defines them."""
        from .checking import Exercise

        return {x.name: x for x in vars(_loaded(self.folder / "exercises.py")).values() if isinstance(x, Exercise)}

    def solutions(self) -> ModuleType:
        """solutions.py."""
        return _loaded(self.solutions_file)


@cache
def _loaded(path: Path) -> ModuleType:
    return load(path)


def all_lessons() -> list[Lesson]:
    """The lessons there are, in order.

    >>> from minitorch.lessons.places import all_lessons
    >>> all_lessons()[0].name
    '01_number'
    """
    folders = sorted(lessons_folder().glob("[0-9][0-9]_*/code.py"))
    return [Lesson(code.parent) for code in folders]


def find(word: str) -> Lesson:
    """The lesson called `word`: 01_number, 01, 1 or number."""
    lessons = all_lessons()
    number = word.zfill(2) if word.isdigit() else None
    for lesson in lessons:
        if word in (lesson.name, lesson.name[3:]) or number == lesson.number:
            return lesson
    known = ", ".join(lesson.name for lesson in lessons) or f"none; looked in {lessons_folder()}"
    raise LessonError(f"there is no lesson '{word}' (lessons: {known})")
