"""A lesson's code and its prose in one language, merged into a notebook.

code.py is in jupytext's percent format; the word after ``# %%`` is the cell's name, and options may follow it:

    # %% setup
    import minitorch as torch

    # %% length tags=["parameters"] short={"epochs": 1}
    epochs = 5

    # %% slope tags=["exercise"]
    def slope(x, y):
        ...

    check("01-1", slope)

prose.LANG.md is Markdown; a line ``[[slope]]`` stands where the cell is to be.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from .places import Lesson, LessonError, needed

CELL_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MARK = re.compile(r"\[\[([^\[\]]*)\]\]\s*")
FENCE = re.compile(r"\s{0,3}(```+|~~~+)")


def code_cells(lesson: Lesson) -> dict[str, Any]:
    """The cells of code.py by name, in order, as nbformat has them."""
    source = lesson.code_file.read_text(encoding="utf-8")
    notebook = needed("jupytext").reads(source, fmt="py:percent")
    found: dict[str, Any] = {}
    for cell in notebook.cells:
        name = cell.metadata.pop("title", "")
        where = f"{lesson.name}/code.py"
        if not CELL_NAME.fullmatch(name):
            begin = cell.source.strip().partition("\n")[0]
            raise LessonError(
                f"{where}: the cell that begins with '{begin}' needs a name of small letters: '# %% some-name'"
            )
        if cell.cell_type != "code":
            raise LessonError(f"{where}: cell '{name}' is not code; prose belongs into prose.en.md")
        if name in found:
            raise LessonError(f"{where}: two cells are named '{name}'")
        cell.id = name
        found[name] = cell
    if not found:
        raise LessonError(f"{lesson.name}/code.py has no cell")
    return found


def prose_parts(text: str) -> list[tuple[str, str]]:
    """Prose cut at the cells: pairs ("prose", text) and ("cell", name), in order.

    >>> from minitorch.lessons.merging import prose_parts
    >>> prose_parts("# 1. One" + chr(10) + "[[setup]]" + chr(10) + "Then:")
    [('prose', '# 1. One'), ('cell', 'setup'), ('prose', 'Then:')]
    """
    parts: list[tuple[str, str]] = []
    lines: list[str] = []
    fence = ""

    def end_prose() -> None:
        text = "\n".join(lines).strip("\n")
        if text.strip():
            parts.append(("prose", text))
        lines.clear()

    for line in text.splitlines():
        mark = FENCE.match(line)
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence):
            fence = ""
        cell = None if fence else MARK.fullmatch(line)
        if cell:
            end_prose()
            parts.append(("cell", cell[1].strip()))
        else:
            lines.append(line)
    end_prose()
    return parts


def named_cells(lesson: Lesson, language: str) -> list[str]:
    """The names of cells in the prose, in order."""
    return [word for kind, word in prose_parts(lesson.prose(language)) if kind == "cell"]


def merge(lesson: Lesson, language: str = "en") -> Any:
    """The notebook."""
    nbformat = needed("nbformat")
    lesson.title(language)  # or says what the first line should be
    cells = code_cells(lesson)
    parts = prose_parts(lesson.prose(language))
    where = f"{lesson.name}/prose.{language}.md"
    count = Counter(word for kind, word in parts if kind == "cell")
    for name, times in count.items():
        if name not in cells:
            raise LessonError(f"{where} names the cell '{name}', which code.py lacks (it has: {', '.join(cells)})")
        if times > 1:
            raise LessonError(f"{where} names the cell '{name}' {times} times")
    if left := [name for name in cells if name not in count]:
        raise LessonError(f"{where} does not name these cells of code.py: {', '.join(left)}")
    order = [word for kind, word in parts if kind == "cell"]
    if order != list(cells):
        first = next(a for a, b in zip(order, cells, strict=True) if a != b)
        raise LessonError(f"{where} names the cells in another order than code.py, from '{first}' on")
    merged = []
    for kind, text in parts:
        if kind == "cell":
            merged.append(cells[text])
        else:
            merged.append(nbformat.v4.new_markdown_cell(text, id=f"prose-{len(merged) + 1}"))
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "minitorch": {"lesson": lesson.name, "language": language},
    }
    notebook = nbformat.v4.new_notebook(cells=merged, metadata=metadata)
    nbformat.validate(notebook)
    return notebook
