"""Writes tests/cupy_names.txt: the public names of the CuPy that is installed, with the parameters each one takes."""

import inspect
import re
import sys
from pathlib import Path
from typing import Any

HEAD = """\
# The public names of CuPy {version}, read by tests/foreign_names.py. A line is a name and, after a colon, its parameters.
# "ufunc" marks a universal function, with the dtypes it is compiled for; "?" a callable that does not tell its
# parameters; "=" what is not called.
# Made where CuPy is installed (a GPU is not needed) with: python tests/write_cupy_names.py
"""


def kind(value: Any, ufunc: type) -> str:
    if isinstance(value, ufunc):
        return " ".join(["ufunc", *value.types])
    if inspect.isclass(value) or not callable(value):
        return "="
    try:
        return " ".join(
            str(p).partition("=")[0].partition(":")[0] for p in inspect.signature(value).parameters.values()
        )
    except (TypeError, ValueError):
        pass
    said = re.match(r"\w+\.\w+\(self(?:, )?(.*?)\)(?: ->|\n|$)", getattr(value, "__doc__", None) or "")
    return "?" if said is None else " ".join(p.partition("=")[0].split()[-1] for p in said[1].split(", ") if p)


def main() -> None:
    import cupy  # here, so that a test run may come by this file where there is none

    rooms = {"": cupy, "linalg.": cupy.linalg, "lib.stride_tricks.": cupy.lib.stride_tricks, "ndarray.": cupy.ndarray}
    lines = [HEAD.format(version=cupy.__version__)]
    for prefix, room in rooms.items():
        for name in sorted(dir(room)):
            value = getattr(room, name)
            special = prefix == "ndarray." and name.startswith("__")
            if (special or not name.startswith("_")) and not inspect.ismodule(value):
                lines.append(f"{prefix}{name}: {kind(value, cupy.ufunc)}".rstrip() + "\n")
    Path(sys.argv[1] if sys.argv[1:] else Path(__file__).with_name("cupy_names.txt")).write_text("".join(lines))


if __name__ == "__main__":
    main()
