"""Run a lesson's cells from top to bottom: in this process, or as a notebook in a kernel of its own."""

from __future__ import annotations

import json
import linecache
import os
import re
import tempfile
from collections.abc import Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from . import progress
from .aids import data_folder
from .merging import code_cells
from .places import Lesson, LessonError, needed

VARIABLE = "MINITORCH_LESSONS_SHORT"  # set to 1: long training is cut short, as code.py's cells say


def is_short() -> bool:
    """Whether the environment asks for shortened lessons."""
    return os.environ.get(VARIABLE, "") not in ("", "0")


def shortened(cell: Any) -> str:
    """Lines that give a cell's parameters their short values, from `short={"epochs": 1}` behind its name."""
    values = cell.metadata.get("short")
    if values is None:
        return ""
    if "parameters" not in cell.metadata.get("tags", []):
        raise LessonError(f"cell '{cell.id}' has short={{…}}, and so needs tags=[\"parameters\"]")
    given = json.loads(values) if isinstance(values, str) else dict(values)
    for name in given:
        if not re.search(rf"^{name}\b.*=", cell.source, re.M):
            raise LessonError(f"cell '{cell.id}' has a short value for {name}, which it does not set")
    return "\n".join(f"{name} = {value!r}" for name, value in given.items())


@contextmanager
def _quiet_pictures() -> Any:
    """matplotlib without windows, and no figure left over."""
    try:
        import matplotlib
    except ImportError:
        yield
        return
    before = matplotlib.get_backend()
    settings = matplotlib.rcParams.copy()
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    show = plt.show
    plt.show = lambda *args, **kwargs: plt.close("all")
    try:
        yield
    finally:
        plt.show = show
        plt.close("all")
        matplotlib.rcParams.update(settings)
        matplotlib.use(before)


def run_here(lesson: Lesson, short: bool = True, only: Sequence[str] | None = None) -> dict[str, Any]:
    """Run the cells (or only some) in this process; the names they define. Much faster than a kernel."""
    cells = code_cells(lesson)
    chosen = list(cells) if only is None else list(only)
    for name in chosen:
        if name not in cells:
            raise LessonError(f"{lesson.name} has no cell '{name}' (it has: {', '.join(cells)})")
    names: dict[str, Any] = {"__name__": f"lesson_{lesson.name}"}
    kept = os.environ.get(progress.VARIABLE)
    os.environ[progress.VARIABLE] = ""
    try:
        # Cells that an exercise builds upon run in the learner's own process, whose figures are none of our business.
        with _quiet_pictures() if only is None else nullcontext():
            for name in chosen:
                source = cells[name].source + "\n" + (shortened(cells[name]) if short else "")
                file = f"<{lesson.name}, cell {name}>"
                linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
                exec(compile(source, file, "exec"), names)
    finally:
        os.environ.pop(progress.VARIABLE)
        if kept is not None:
            os.environ[progress.VARIABLE] = kept
    return names


def run_notebook(notebook: Any, short: bool = False, timeout: int = 3600) -> Any:
    """Run the notebook in a kernel of its own; the notebook with its outputs.

    It runs in an empty folder, which goes afterwards, and finds the data that it would find here. Progress isn't noted.
    Short values are put in behind the cells that set them, and taken out again.
    """
    nbformat, nbclient = needed("nbformat"), needed("nbclient")
    needed("ipykernel")
    running = nbformat.from_dict(notebook)
    sources = [cell.source for cell in running.cells]
    if short:
        for cell in running.cells:
            if cell.cell_type == "code" and (lines := shortened(cell)):
                cell.source += "\n" + lines
    environment = os.environ | {
        progress.VARIABLE: "",
        VARIABLE: "1" if short else "0",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    if data := data_folder():
        environment["MINITORCH_DATA"] = str(data.resolve())
    name = notebook.metadata.get("minitorch", {}).get("lesson", "the notebook")
    try:
        with tempfile.TemporaryDirectory(prefix="minitorch-lesson-", ignore_cleanup_errors=True) as folder:
            client = nbclient.NotebookClient(
                running,
                timeout=timeout,
                kernel_name="python3",
                resources={"metadata": {"path": folder}},
                coalesce_streams=True,  # a print may arrive in pieces
                extra_arguments=["--IPKernelApp.log_level=40"],  # no advice on its sockets, which are this machine's own
            )
            client.execute(env=environment)
    except nbclient.exceptions.CellExecutionError as error:
        failed = next((c.id for c in running.cells if any(o.output_type == "error" for o in c.get("outputs", []))), "?")
        raise LessonError(f"{name} failed in cell '{failed}':\n{error}") from None
    for cell, source in zip(running.cells, sources, strict=True):
        cell.source = source
    return running
