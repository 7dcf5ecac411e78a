"""The names that CuPy has, and for each its parameters: what cupy_names.txt says, read by the stand-in (foreign.py)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

LOOPS: dict[str, list[tuple[str, str]]] = {}  # of each ufunc the dtypes that CuPy has it for: ("dd", "d"), …


def read_names() -> dict[str, list[str] | str]:
    """name → its parameters, or "ufunc", "?" or "=": see the head of cupy_names.txt."""
    names: dict[str, list[str] | str] = {}
    LOOPS.clear()
    for line in (HERE / "cupy_names.txt").read_text().splitlines():
        if not line.startswith("#"):
            name, said = line.split(":")[0], line.partition(":")[2].split()
            names[name] = said[0] if said and said[0] in ("ufunc", "?", "=") else said
            if names[name] == "ufunc":
                LOOPS[name] = [tuple(part) for part in (loop.split("->") for loop in said[1:])]  # type: ignore[misc]
    return names


NAMES = read_names()


def check_parameters(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """TypeError for arguments that CuPy's function of this name does not take."""
    known = NAMES[name]
    if known == "ufunc":
        known = ["*args", "out", "dtype", "casting", "where"]
    if isinstance(known, str):
        return
    if len(args) > len(known) and not any(p.startswith("*") for p in known):
        raise TypeError(f"cupy.{name}() takes {len(known)} positional arguments but {len(args)} were given")
    for key in kwargs:
        if key not in known and not any(p.startswith("**") for p in known):
            raise TypeError(f"cupy.{name}() got an unexpected keyword argument '{key}'")
