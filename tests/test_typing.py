"""What a user's type checker sees: programs that are right pass ``mypy --strict``, planted mistakes are found.

See docs/typing.md.
"""

from __future__ import annotations

import ast
import inspect
import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import minitorch
from minitorch import ops, out_argument
from minitorch.ops import inplace_functions

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PROGRAMS = sorted((HERE / "typing" / "programs").glob("*.py"))
WRONG = HERE / "typing" / "wrong.py"


def expected() -> dict[int, set[str]]:
    """The lines of wrong.py with a mistake, and mypy's codes for it."""
    found = {}
    for number, line in enumerate(WRONG.read_text(encoding="utf-8").splitlines(), 1):
        if match := re.search(r"# E: ([a-z, -]+)$", line):
            found[number] = set(match[1].split(", "))
    return found


def test_programs_are_checked_as_a_users_are():
    """With all of ``mypy --strict``, what pyproject.toml relaxes for the package included."""
    with open(ROOT / "pyproject.toml", "rb") as file:
        overrides = tomllib.load(file)["tool"]["mypy"]["overrides"]
    (strict,) = (o for o in overrides if "wrong" in o["module"])
    assert strict == {"module": sorted(path.stem for path in (*PROGRAMS, WRONG)), "warn_return_any": True}


def test_mypy_passes_programs_and_refuses_mistakes():
    files = [str(path.relative_to(ROOT)) for path in (*PROGRAMS, WRONG)]
    # Without options of its own, so that it finds in the cache what `make lint` has checked.
    run = subprocess.run([sys.executable, "-m", "mypy", *files], cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert run.returncode in (0, 1), run.stdout + run.stderr
    found: dict[int, set[str]] = {}
    elsewhere = []
    for line in run.stdout.splitlines():
        match = re.match(r"(.+?):(\d+): error: .*\[([a-z-]+)\]$", line)
        if match and Path(match[1]).name == WRONG.name:
            found.setdefault(int(match[2]), set()).add(match[3])
        elif match:
            elsewhere.append(line)
    assert not elsewhere, "\n".join(elsewhere)
    assert len(expected()) > 20
    assert found == expected()


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_program_runs(program):
    runpy.run_path(str(program), run_name="__main__")


def declared(path: Path) -> dict[str, list[ast.FunctionDef]]:
    functions: dict[str, list[ast.FunctionDef]] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            functions.setdefault(node.name, []).append(node)
    return functions


STUB = declared(ROOT / "minitorch" / "out_argument.pyi")


def test_stubs_declare_what_is_there():
    assert list(STUB) == out_argument.__all__
    stub = ROOT / "minitorch" / "ops" / "inplace_functions.pyi"
    assert set(declared(stub)) == set(inplace_functions.__all__)
    for path, room in ((ROOT / "minitorch" / "out_argument.pyi", out_argument), (stub, inplace_functions)):
        listed = next(n for n in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(n, ast.Assign))
        assert ast.literal_eval(listed.value) == room.__all__


@pytest.mark.parametrize("name", STUB)
def test_out_is_declared_beside_the_arguments_of_the_operation(name):
    function = STUB[name][-1].args  # of several forms the last has all arguments
    names = [a.arg for a in (*function.posonlyargs, *function.args)], [a.arg for a in function.kwonlyargs]
    assert names[1].pop() == "out"
    own = inspect.signature(getattr(ops, name)).parameters.values()
    assert names[0] == [p.name for p in own if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert names[1] == [p.name for p in own if p.kind is p.KEYWORD_ONLY]
    if len(STUB[name]) == 1:
        types = {a.arg: ast.unparse(a.annotation) for a in (*function.args, *function.kwonlyargs) if a.annotation}
        assert types == {**{p.name: p.annotation for p in own}, "out": "Tensor | None"}


def test_a_name_that_comes_late_is_declared_too():
    tree = ast.parse(Path(minitorch.__file__).read_text(encoding="utf-8"))
    declared = {alias.asname for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert set(minitorch._LATE) <= declared
