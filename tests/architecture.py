"""The package's imports, read from its source, and the order that docs/architecture.md gives its rooms.

The page is the one place where rooms and exceptions are written down; test_architecture.py holds the imports against it,
and draw_architecture.py draws them.
"""

from __future__ import annotations

import ast
import functools
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "architecture.md"
FACE = "minitorch"


@dataclass(frozen=True)
class Import:
    """`line` of `file` imports `target`: one of the package's modules by its full name, or another library's first name.

    `lazy`: when a function is called. Imports for type checkers alone are not counted: no program runs them.
    """

    file: str
    line: int
    target: str
    lazy: bool


@dataclass(frozen=True)
class Room:
    name: str
    layer: str
    paths: tuple[str, ...]


def modules(package: Path) -> dict[str, Path]:
    """Every module of the package by its full name."""
    found = {}
    for file in sorted(package.rglob("*.py")):
        parts = (FACE, *file.relative_to(package).with_suffix("").parts)
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def imports(package: Path) -> list[Import]:
    """What the package's files import, statements and ``import_module("a name")`` alike; the standard library left out."""
    known = modules(package)
    found = []
    for name, file in known.items():
        inside = name.split(".") if file.name == "__init__.py" else name.split(".")[:-1]
        for node, lazy in _nodes(file.read_text(encoding="utf-8")):
            for target in _targets(node, inside, known):
                if target.partition(".")[0] not in sys.stdlib_module_names:
                    found.append(Import(file.relative_to(package).as_posix(), node.lineno, target, lazy))
    return found


Statement = ast.Import | ast.ImportFrom | ast.Call


@functools.cache  # a planted copy of the package is the same in all files but one
def _nodes(source: str) -> list[tuple[Statement, bool]]:
    """The imports in a file, and whether each waits for a call."""
    return list(_imports_of([ast.parse(source)], False))


def _imports_of(nodes: Iterable[ast.AST], lazy: bool) -> Iterator[tuple[Statement, bool]]:
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom) or (
            isinstance(node, ast.Call) and _last_name(node.func) in ("import_module", "__import__")
        ):
            yield node, lazy
        if isinstance(node, ast.If) and _last_name(node.test) == "TYPE_CHECKING":
            yield from _imports_of(node.orelse, lazy)
        else:
            waits = lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from _imports_of(ast.iter_child_nodes(node), waits)


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _targets(node: Statement, inside: list[str], known: dict[str, Path]) -> set[str]:
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        above = inside[: len(inside) - node.level + 1] if node.level else []
        start = ".".join([*above, *([node.module] if node.module else [])])
        names = [f"{start}.{alias.name}" if f"{start}.{alias.name}" in known else start for alias in node.names]
    else:
        name = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else ""
        dots = len(name) - len(name.lstrip("."))
        names = [".".join([*inside[: len(inside) - dots + 1], name[dots:]]) if dots else name] if name else []
    return {name if name.partition(".")[0] == FACE else name.partition(".")[0] for name in names}


def _rows(page: str, heading: str) -> Iterator[tuple[str, list[str]]]:
    """The rows of the tables under a `##` heading, each with the `###` heading that it stands under."""
    section = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", page, re.M | re.S)
    assert section, f"the page has no part '{heading}'"
    layer, after_rule = "", False
    for line in section[1].splitlines():
        if line.startswith("### "):
            layer = line[4:].strip()
        after_rule = line.startswith("|") and (after_rule or line.startswith("|---"))
        if after_rule and not line.startswith("|---"):
            yield layer, [cell.strip() for cell in line.strip("|").split("|")]


def rooms(page: str) -> list[Room]:
    """The rooms, from the bottom up: name, layer, and their files and folders inside the package."""
    return [
        Room(cells[0].strip("*"), layer, tuple(re.findall(r"`([^`]+)`", cells[1])))
        for layer, cells in _rows(page, "Rooms")
    ]


def exceptions(page: str) -> dict[tuple[str, str], str]:
    """(from, to) of the imports that go against the order, each with "lazy" or "at once"."""
    return {(cells[0], cells[1]): cells[2] for _, cells in _rows(page, "Against the order")}


def libraries(page: str) -> dict[str, tuple[set[str], bool]]:
    """Which rooms import which other library, and whether only when it is used."""
    return {
        name: (set(cells[1].split(", ")), cells[2] == "lazy")
        for _, cells in _rows(page, "Other libraries")
        for name in re.findall(r"`([^`]+)`", cells[0])
    }


def room_of(file: str, of: list[Room]) -> Room | None:
    """The room of a file of the package, by the longest path that it lies under."""
    fitting = [(len(path), room) for room in of for path in room.paths if file == path or (path.endswith("/") and file.startswith(path))]  # fmt: skip
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else None


def between_rooms(package: Path, page: str) -> Counter[tuple[str, str, bool]]:
    """How many imports go (from room, to room, lazy), those inside one room left out."""
    known, order = modules(package), rooms(page)
    counts: Counter[tuple[str, str, bool]] = Counter()
    for one in imports(package):
        if one.target in known:
            here, there = room_of(one.file, order), room_of(known[one.target].relative_to(package).as_posix(), order)
            if here and there and here != there:
                counts[here.name, there.name, one.lazy] += 1
    return counts


def violations(package: Path, page: str) -> list[str]:
    """What does not hold: modules without a room, imports against the order, other libraries where they must not be."""
    known, order, allowed, others = modules(package), rooms(page), exceptions(page), libraries(page)
    place = {room.name: number for number, room in enumerate(order)}
    wrong = [
        f"{path.relative_to(package)} is in no room"
        for path in known.values()
        if room_of(path.relative_to(package).as_posix(), order) is None
    ]
    for one in imports(package):
        here = room_of(one.file, order)
        if here is None:
            continue
        where, when = f"{one.file}:{one.line}", "lazily" if one.lazy else "at once"
        if one.target in known:
            there = room_of(known[one.target].relative_to(package).as_posix(), order)
            if there is None or place[there.name] <= place[here.name]:
                continue
            how = allowed.get((here.name, there.name))
            if how is None or (how == "lazy" and not one.lazy):
                wrong.append(f"{where}: {here.name} imports {one.target} of {there.name}, which stands above it, {when}")
        elif one.target.startswith(FACE + "."):
            wrong.append(f"{where}: there is no {one.target}")
        else:
            may, lazily = others.get(one.target, (set(), False))
            if not may & {here.name, "all", f"`{one.file}`"} or (lazily and not one.lazy):
                wrong.append(f"{where}: {here.name} imports {one.target} {when}")
    return wrong


def unused(package: Path, page: str) -> list[str]:
    """Exceptions that the page allows and nothing needs any more."""
    counts, others = between_rooms(package, page), imports(package)
    order = rooms(page)
    idle = [
        f"{here} → {there}, {how}"
        for (here, there), how in exceptions(page).items()
        if not counts[here, there, how == "lazy"]
    ]
    for name, (may, _) in libraries(page).items():
        using = {(room_of(one.file, order) or order[0]).name for one in others if one.target == name}
        using |= {f"`{one.file}`" for one in others if one.target == name}
        idle += [f"{name} in {room}" for room in may if room != "all" and room not in using]
    return idle
