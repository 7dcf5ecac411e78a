"""What `make coverage` says, out of the data that it collected: lines and branches by room, and the public names.

python tests/coverage_by_room.py [--write | --missing ROOM], in the repository's root; --write: into docs/coverage.md. A public function or method counts as called
if a line of its body ran: under the tests, or under the examples in docstrings alone (`make coverage` runs the two apart).
Which test called it, and whether directly or by way of another function, the data does not say.
"""

from __future__ import annotations

import argparse
import inspect
import json
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any

from architecture import PAGE, room_of, rooms
from test_public_api import NAMES

if TYPE_CHECKING:
    import coverage

MARK = "<!-- what follows is written by `make coverage` -->\n"
LOW = 85.0  # per cent: files below it are named


def percent(part: int, whole: int) -> float:
    return 100.0 * part / whole if whole else 100.0


def by_file(cov: coverage.Coverage) -> dict[str, dict[str, Any]]:
    """coverage's own summary of every file of the package, by its path inside it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "coverage.json"
        cov.json_report(outfile=str(path))
        files = json.loads(path.read_text())["files"]
    return {file.partition("minitorch/")[2]: found for file, found in files.items()}


def callables() -> Iterator[tuple[str, Any]]:
    """Every public function, and every public method and property of the public classes, once each by its first name."""
    seen, public = set(), {value for value in NAMES.values() if inspect.isclass(value)}
    for name, value in NAMES.items():
        owned = [(name, value)]
        if inspect.isclass(value):
            ours = [base for base in value.__mro__ if base.__module__.startswith("minitorch")]
            owned = [(f"{base.__qualname__ if base in public else value.__qualname__}.{key}", part)
                     for base in ours for key, part in vars(base).items()
                     if not key.startswith("_") or key == "__init__"]  # fmt: skip
        for called, part in owned:
            part = getattr(part, "__func__", None) or getattr(part, "fget", None) or getattr(part, "func", None) or part
            part = inspect.unwrap(part) if callable(part) else part
            # A dataclass's __init__ is of no file.
            if inspect.isfunction(part) and "minitorch/" in part.__code__.co_filename and part not in seen:
                seen.add(part)
                yield called, part


def body(code: CodeType) -> set[int]:
    """The lines of a function that run when it is called and not when it is defined."""
    lines = {line for _, _, line in code.co_lines() if line}
    return lines - set(range(code.co_firstlineno, min(lines - {code.co_firstlineno}, default=code.co_firstlineno)))


def names(data: coverage.CoverageData) -> dict[str, list[str]]:
    """The public names by what called them: tests, examples alone, neither, or not to be told."""
    ran: dict[str, dict[str, set[int]]] = {}
    for context in ("tests", "examples"):
        data.set_query_contexts([f"^{context}$"])
        ran[context] = {
            file.partition("minitorch/")[2]: set(data.lines(file) or ()) for file in data.measured_files()
        }
    found: dict[str, list[str]] = {"tests": [], "examples": [], "neither": [], "no lines": []}
    for name, function in callables():
        code = function.__code__
        file, lines = code.co_filename.rpartition("minitorch/")[2], body(code)
        if not lines:
            found["no lines"].append(name)
        else:
            by = [context for context in ("tests", "examples") if lines & ran[context].get(file, set())]
            found[by[0] if by else "neither"].append(name)
    return found


def main() -> None:
    import coverage  # which CI does not install

    parser = argparse.ArgumentParser(description="coverage by room, from the data that `make coverage` collected")
    parser.add_argument("--missing", metavar="ROOM", help="print the lines and branches of this room that did not run")
    parser.add_argument("--write", action="store_true", help="put it into docs/coverage.md")
    args = parser.parse_args()
    room = args.missing
    cov = coverage.Coverage()
    cov.load()
    files, house = by_file(cov), rooms(PAGE.read_text(encoding="utf-8"))
    if room:
        for file, found in files.items():
            where = room_of(file, house)
            if where and where.name == room and (found["missing_lines"] or found["missing_branches"]):
                print(f"{file}: lines {found['missing_lines']}, branches {found['missing_branches']}")
        return
    total = [0, 0, 0, 0]
    table = {one.name: [0, 0, 0, 0] for one in house}
    low = []
    for file, found in files.items():
        summary = found["summary"]
        row = [summary["covered_lines"], summary["num_statements"], summary["covered_branches"], summary["num_branches"]]
        where = room_of(file, house)
        assert where, f"{file} is in no room"
        for sums in (total, table[where.name]):
            sums[:] = [a + b for a, b in zip(sums, row, strict=True)]
        if percent(row[0], row[1]) < LOW:
            low.append(f"{file} {percent(row[0], row[1]):.1f} %")
    text = ["| room | lines | of them run | branches | of them taken |", "|---|---:|---:|---:|---:|"]
    for name, (lines, all_lines, branches, all_branches) in [*table.items(), ("**all**", total)]:
        shares = f"{percent(lines, all_lines):.1f} % | {all_branches} | {percent(branches, all_branches):.1f} %"
        text.append(f"| {name} | {all_lines} | {shares} |")
    text += ["", f"Files under {LOW:g} % of lines: {', '.join(low) or 'none'}.", ""]
    found = names(cov.get_data())
    count = {by: len(called) for by, called in found.items()}
    text += [
        f"Of {sum(count.values())} public functions, methods and properties, tests call {count['tests']}, examples in "
        f"docstrings alone {count['examples']}, neither {count['neither']}; {count['no lines']} have no line that could run."
    ]
    for by, words in (("examples", "By examples alone"), ("neither", "By neither")):
        text += ["", f"{words}: {', '.join(f'`{name}`' for name in found[by]) or 'none'}."]
    report = "\n".join(text) + "\n"
    print(report)
    if args.write:
        page = PAGE.with_name("coverage.md")
        fixed = page.read_text(encoding="utf-8").partition(MARK)[0]
        page.write_text(f"{fixed}{MARK}\nMeasured on {date.today()}.\n\n{report}", encoding="utf-8")


if __name__ == "__main__":
    main()
