"""Each program is one file, run on both engines: nothing in it knows which one it is on.

That the programs import nothing but PyTorch's names is in test_reference.py; that both runs of `minitorch PROGRAM` get
the same script and flags, in test_compare.py.
"""

import ast
import contextlib
import json
import sys
import tomllib
from pathlib import Path

import pytest
import torch
from torchvision_cpu import import_torchvision

import minitorch
from minitorch.as_torch import run_script
from minitorch.program_files import PROGRAMS, program_file

for needed in ("sklearn", "pandas", "matplotlib"):
    pytest.importorskip(needed)
import_torchvision()

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted(path.name for path in (ROOT / "reference").glob("*.py"))

# The one text that names us: what to install for the packages a program needs beside an engine.
INSTALL_HINT = 'pip install "minitorch-engine[lessons]"'
# Where a module says which one it is. Programs may write that down, but not decide by it.
IDENTITY = {"__name__", "__version__", "__file__", "__path__", "__doc__", "__spec__", "version"}


def tree(name):
    return ast.parse((ROOT / "reference" / name).read_text(encoding="utf-8"))


def docstrings(module):
    return {
        id(node.body[0].value)
        for node in ast.walk(module)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }


def mentions(module):
    """Places where the code, comments and docstrings aside, says minitorch: (line, what)."""
    prose = docstrings(module)
    for node in ast.walk(module):
        words = []
        if isinstance(node, ast.Import | ast.ImportFrom):
            words = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
        elif isinstance(node, ast.Name):
            words = [node.id]
        elif isinstance(node, ast.Attribute):
            words = [node.attr]
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            words = [node.name]
        elif isinstance(node, ast.keyword):
            words = [node.arg or ""]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            words = [] if node.value == INSTALL_HINT else [node.value]
        for word in words:
            if "minitorch" in word.lower() or "mini_torch" in word.lower() or "cupy" in word.lower():
                yield node.lineno, word


def decisions(module):
    """The expressions that decide which code runs."""
    for node in ast.walk(module):
        if isinstance(node, ast.If | ast.IfExp | ast.While | ast.Assert):
            yield node.test
        elif isinstance(node, ast.BoolOp):
            yield from node.values
        elif isinstance(node, ast.comprehension):
            yield from node.ifs
        elif isinstance(node, ast.Match):
            yield node.subject


def asks_which_engine(expression):
    """Whether it looks at a module's identity, or for whether torch has something."""
    for node in ast.walk(expression):
        if isinstance(node, ast.Attribute) and node.attr in IDENTITY and not is_own_name(node):
            return True
        if isinstance(node, ast.Attribute) and node.attr in ("modules", "find_spec", "meta_path"):
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("hasattr", "getattr"):
            return True
    return False


def is_own_name(node):
    """`type(x).__name__` is a class's."""
    return isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Name) and node.value.func.id == "type"


@pytest.mark.parametrize("name", FILES)
def test_nothing_in_it_is_one_engines(name):
    module = tree(name)
    assert list(mentions(module)) == []
    assert [ast.unparse(test) for test in decisions(module) if asks_which_engine(test)] == []


@pytest.mark.parametrize(
    "code",
    [
        "import minitorch",
        "from minitorch.nn import Linear",
        "torch = importlib.import_module('minitorch')",
        "x = torch.minitorch_only()",
        "if torch.__name__ == 'torch': pass",
        "a = 1 if hasattr(torch, 'compile') else 2",
        "while torch.__version__ < '2': pass",
        "x = [y for y in z if 'cu' in torch.version.cuda]",
        "'torchvision' in sys.modules or fall_back()",
    ],
)
def test_that_test_sees_what_it_looks_for(code):
    module = ast.parse(code)
    assert list(mentions(module)) or any(asks_which_engine(test) for test in decisions(module))


def test_there_is_one_file_of_each_program():
    """The command's program is the file of reference/, in a checkout and (by the wheel's mapping) installed."""
    for name in PROGRAMS:
        assert program_file(name) == ROOT / "reference" / f"{name}.py"
    assert not (ROOT / "minitorch" / "_programs").exists()  # no second copy in a checkout
    assert set(FILES) == {f"{name}.py" for name in PROGRAMS} | {"common.py", "checkpoints.py", "__init__.py"}
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    programs = {source: place for source, place in settings["force-include"].items() if "_programs" in place}
    assert programs == {"reference": "minitorch/_programs"}


# ---- run -----------------------------------------------------------------------------------------------------------

OPTIONS = {
    "digits": ["--steps", "3"],
    "cifar10": ["--steps", "3", "--print-every", "1", "--batch-size", "500", "--workers", "0"],
    "mnist": ["--steps", "3"],
    "abalone": ["--epochs", "2", "--variant", "dropout", "--variant", "regression"],
}
# Not of the engines' making: what differs between two runs on the same engine, and the engine's own name.
OWN = {"train_seconds", "engine"}


def shape_of(value):
    """A JSON value with its numbers left out: whether each is there, and of which type."""
    if isinstance(value, dict):
        return {key: shape_of(item) for key, item in value.items() if key not in OWN}
    if isinstance(value, list):
        return [shape_of(item) for item in value]
    return type(value).__name__ if isinstance(value, int | float) else value


def numbers_of(value):
    if isinstance(value, dict):
        return [number for key, item in value.items() if key not in OWN for number in numbers_of(item)]
    if isinstance(value, list):
        return [number for item in value for number in numbers_of(item)]
    return [value] if isinstance(value, int | float) else []


def state_dicts(folder):
    """Names, shapes and dtypes of what the checkpoints hold: read by PyTorch, whoever wrote them."""
    return {
        path.name: [
            (key, list(value.shape), str(value.dtype)) for key, value in torch.load(path, weights_only=True).items()
        ]
        for path in sorted(folder.glob("*.pth"))
    }


@pytest.mark.parametrize("name", PROGRAMS)
def test_runs_unchanged_on_both(name, tmp_path, data_dir, capsys):
    """The same file and flags to the end: the same lines, figures and files, and numbers that only rounding parts."""
    path = program_file(name)
    source = path.read_bytes()
    figures, lines, files = {}, {}, {}
    for engine in ("minitorch", "torch"):
        out = tmp_path / engine
        args = [*OPTIONS[name], "--data", data_dir, "--out", out, "--json", out / "figures.json", "--no-progress"]
        with minitorch.as_torch() if engine == "minitorch" else contextlib.nullcontext():
            run_script(str(path), [str(word) for word in args])
        lines[engine] = capsys.readouterr().out.replace(str(out), "OUT").splitlines()
        figures[engine] = json.loads((out / "figures.json").read_text())
        files[engine] = sorted(file.name for file in out.iterdir()), state_dicts(out)
        assert figures[engine]["engine"] == engine
    assert path.read_bytes() == source
    assert shape_of(figures["minitorch"]) == shape_of(figures["torch"])
    assert files["minitorch"] == files["torch"] and files["torch"][1]
    assert len(lines["minitorch"]) == len(lines["torch"]) > 1
    # float32, some steps: rounding, at most a few of the test rows that stand at a boundary between two classes.
    ours, theirs = (numbers_of(figures[engine]) for engine in figures)
    assert ours == pytest.approx(theirs, rel=1e-3, abs=3e-3)
    assert sys.modules["torch"] is torch  # as_torch has left nothing behind
