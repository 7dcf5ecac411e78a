"""`minitorch lessons`: list, open, run and build the lessons."""

from __future__ import annotations

import argparse
import datetime
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..command_line.help import Parser
from ..files import write_text
from . import progress
from .executing import is_short, run_notebook
from .merging import merge
from .places import LANGUAGES, LessonError, all_lessons, find, lessons_folder

DESCRIPTION = """\
The lessons: notebooks that teach deep learning on this engine's own code. Without a command, list them and their
exercises, with what you have solved.
"""
COMMANDS = """\
commands:
  list              list the lessons, with your progress; also without a command
  open LESSON       write the lesson's notebook into ./lessons-work, where it is not
                    there yet, and open it in Jupyter
  run [LESSON…]     run lessons from top to bottom, and say which failed
  build [LESSON…]   build the book: the lessons, run, as a website

examples:
  minitorch lessons open 01
  minitorch lessons open mnist --language pt
  minitorch lessons run --short

LESSON is a number or a name: 5, 05, mnist or 05_mnist; run and build take all without one. `minitorch lessons COMMAND
--help` lists a command's options. Solutions are files to read: solutions.py beside each lesson's code.

exit status: 0 done, 1 a lesson failed, or a page of the book is faulty, 2 it could not run, 130 stopped by Ctrl-C
"""


def parser() -> Parser:
    """What the command takes."""
    usage = "minitorch lessons [COMMAND …]"
    made = Parser("minitorch lessons", usage=usage, description=DESCRIPTION, epilog=COMMANDS)
    commands = made.add_subparsers(dest="command", metavar="COMMAND", prog=made.prog, help=argparse.SUPPRESS)

    commands.add_parser(
        "list",
        help="list the lessons, with your progress",
        usage="minitorch lessons list",
        description="List the lessons and their exercises, with what you have solved.",
    )
    opened = commands.add_parser(
        "open",
        help="write a lesson's notebook, and open it in Jupyter",
        usage="minitorch lessons open LESSON [OPTIONS]",
        description="Write a lesson's notebook and open it in Jupyter. A notebook that is there already is yours, and "
        "is opened as it is.",
    )
    opened.add_argument("lesson", metavar="LESSON", help="its number or name: 5, 05, mnist, 05_mnist")
    opened.add_argument("--language", choices=LANGUAGES, default="en", help="of the text (default: %(default)s)")
    opened.add_argument(
        "--folder", type=Path, metavar="DIR", default=Path("lessons-work"), help="where to (default: ./lessons-work)"
    )
    opened.add_argument(
        "--fresh", action="store_true", help="write it anew; the notebook that was there is kept under another name"
    )
    opened.add_argument("--no-browser", action="store_true", help="start Jupyter, which prints the address to open")
    opened.add_argument("--write-only", action="store_true", help="write the notebook, and start nothing")

    run = commands.add_parser(
        "run",
        help="run lessons from top to bottom",
        usage="minitorch lessons run [OPTIONS] [LESSON…]",
        description="Run lessons from top to bottom, each in a process of its own.",
    )
    run.add_argument("lessons", nargs="*", metavar="LESSON", help="which (default: all)")

    built = commands.add_parser(
        "build",
        help="build the book of the lessons",
        usage="minitorch lessons build [OPTIONS] [LESSON…]",
        description="Run lessons and build a website of them, which needs no connection.",
    )
    built.add_argument("lessons", nargs="*", metavar="LESSON", help="which (default: all)")
    built.add_argument(
        "--out", type=Path, metavar="DIR", default=Path("out/book"), help="where to (default: ./out/book)"
    )
    built.add_argument(
        "--language",
        choices=LANGUAGES,
        action="append",
        help="of the text; may be repeated (default: all that are there)",
    )
    built.add_argument(
        "--no-run", dest="run", action="store_false", help="leave out what the cells print: quick, to look at the text"
    )
    built.add_argument(
        "--check", action="store_true", help="then open every page in Chromium, at desktop and phone width, and look "
        "for broken links, errors, unreadable formulas and pages that are too wide",
    )  # fmt: skip
    for one in (run, built):
        one.add_argument(
            "--short",
            action="store_true",
            default=is_short(),
            help="cut long training short, as tests do (also: MINITORCH_LESSONS_SHORT=1)",
        )
    return made


def main(argv: Sequence[str]) -> int:
    """Run the command; the exit status."""
    args = parser().parse_args(argv)
    try:
        if args.command == "open":
            return open_lesson(args)
        if args.command == "run":
            return run_lessons(args)
        if args.command == "build":
            return build_book(args)
        return list_lessons()
    except (LessonError, ModuleNotFoundError) as error:
        return refuse(str(error))
    except BrokenPipeError:
        raise  # the command line's affair
    except OSError as error:
        return refuse(f"{error.filename or ''}: {error.strerror}" if error.strerror else str(error))
    except KeyboardInterrupt:
        print("\nstopped by Ctrl-C", file=sys.stderr)
        return 130


def refuse(message: str) -> int:
    print(f"minitorch lessons: error: {message}", file=sys.stderr)
    return 2


def list_lessons() -> int:
    """`minitorch lessons`."""
    lessons = all_lessons()
    if not lessons:
        return refuse(f"there are no lessons in {lessons_folder()}")
    solved = progress.solved()
    count = total = 0
    for lesson in lessons:
        exercises = lesson.exercises()
        done = sum(name in solved for name in exercises)
        count, total = count + done, total + len(exercises)
        others = [x for x in lesson.languages if x != "en"]
        also = f" (also: {', '.join(others)})" if others else ""
        print(f"{lesson.number}  {lesson.title()}{also}: {done} of {len(exercises)} exercises")
        for exercise in exercises.values():
            print(f"    {'✓' if exercise.name in solved else '·'} {exercise.name}  {exercise.title}")
    print(f"\n{count} of {total} exercises solved. To begin: minitorch lessons open {lessons[0].number}")
    print(f"The lessons, with their solutions, are in {lessons_folder()}")
    return 0


def open_lesson(args: argparse.Namespace) -> int:
    """`minitorch lessons open`."""
    lesson = find(args.lesson)
    suffix = "" if args.language == "en" else f".{args.language}"
    path = args.folder / f"{lesson.name}{suffix}.ipynb"
    if path.exists() and args.fresh:
        now = datetime.datetime.now().strftime("%Y-%m-%d-%H%M%S")
        kept = path.with_name(f"{path.stem}.{now}.ipynb")
        os.replace(path, kept)
        print(f"your notebook is now {kept}")
    if path.exists():
        print(f"{path} is there already, and is opened as it is (--fresh writes it anew)")
    else:
        write_notebook(lesson, args.language, path)
        print(f"written: {path}")
    if args.write_only:
        return 0
    from .places import needed

    needed("jupyterlab")
    command = [sys.executable, "-m", "jupyterlab", str(path), *(["--no-browser"] if args.no_browser else [])]
    return subprocess.run(command, check=False).returncode


def write_notebook(lesson: Any, language: str, path: Path) -> None:
    """Write the notebook, whole or not at all."""
    import nbformat

    text = nbformat.writes(merge(lesson, language))  # type: ignore[no-untyped-call]  # it has no types
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, text)


def chosen(words: Sequence[str]) -> list[Any]:
    """The lessons named, or all."""
    return [find(word) for word in words] or all_lessons()


def run_lessons(args: argparse.Namespace) -> int:
    """`minitorch lessons run`."""
    failed = []
    for lesson in chosen(args.lessons):
        began = time.perf_counter()
        notebook = merge(lesson)
        try:
            run_notebook(notebook, args.short)
        except LessonError as error:
            print(f"{error}\n", file=sys.stderr)
            failed.append(lesson.name)
        else:
            cells = sum(cell.cell_type == "code" for cell in notebook.cells)
            print(f"{lesson.name}: {cells} cells in {time.perf_counter() - began:.1f} s", flush=True)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def build_book(args: argparse.Namespace) -> int:
    """`minitorch lessons build`."""
    from .book import building

    began = time.perf_counter()
    pages = building.build(chosen(args.lessons), args.out, args.language or list(LANGUAGES), args.short, args.run)
    print(building.report(pages, args.out, time.perf_counter() - began))
    if not args.check:
        return 0
    from .book.pages import check_pages

    faults = check_pages(args.out)
    for fault in faults:
        print(fault)
    print(
        f"{len(pages)} pages at two widths: {len(faults)} faults"
        if faults
        else "every page is all right, at both widths"
    )
    return 1 if faults else 0
