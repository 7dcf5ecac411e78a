"""Which exercises the learner has solved: one small file in the user's data folder."""

from __future__ import annotations

import datetime
import json
import os
import sys
from pathlib import Path

from ..files import write_text

MOST = 1 << 20  # characters of a progress file, which has thirty for each exercise
VARIABLE = "MINITORCH_LESSONS_PROGRESS"  # names the file, or is empty: then nothing is kept


def progress_file() -> Path | None:
    """Where progress is kept; None if it is not to be."""
    named = os.environ.get(VARIABLE)
    if named is not None:
        return Path(named) if named else None
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "minitorch" / "lessons.json"


def read(path: Path) -> dict[str, str]:
    """What the file holds; ValueError if it is no progress file."""
    with open(path, encoding="utf-8") as file:
        text = file.read(MOST + 1)
    if len(text) > MOST:
        raise ValueError(f"it has more than {MOST:,} characters")
    try:
        found = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(found, dict) or not isinstance(found.get("solved"), dict):
        raise ValueError("it has no table 'solved'")
    return {str(name): str(day) for name, day in found["solved"].items()}


def solved() -> dict[str, str]:
    """The solved exercises, each with the day; a file that can't be read counts as empty, and a line says so."""
    path = progress_file()
    if path is None or not path.exists():
        return {}
    try:
        return read(path)
    except (OSError, ValueError) as error:
        print(f"minitorch: your progress in {path} can't be read ({error}); it counts as empty", file=sys.stderr)
        return {}


def note_solved(name: str) -> None:
    """Note that the exercise is solved. Where that can't be written, a line says so and all goes on."""
    path = progress_file()
    if path is None:
        return
    now = solved()
    if name in now:
        return
    now[name] = datetime.date.today().isoformat()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        keep_broken(path)
        write_text(path, json.dumps({"solved": dict(sorted(now.items()))}, indent=1) + "\n")
    except OSError as error:
        print(f"minitorch: your progress can't be kept in {path}: {error.strerror}", file=sys.stderr)


def keep_broken(path: Path) -> None:
    """Move a file that is no progress file aside instead of overwriting it."""
    if path.exists():
        try:
            read(path)
        except ValueError:
            os.replace(path, path.with_suffix(".broken"))
