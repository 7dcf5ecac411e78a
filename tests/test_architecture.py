"""docs/architecture.md says which room may import from which: the package's own source is held against it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from architecture import PAGE, ROOT, between_rooms, imports, modules, rooms, unused, violations
from draw_architecture import DRAWING, drawing

PACKAGE = ROOT / "minitorch"
TEXT = PAGE.read_text(encoding="utf-8")


def test_imports_go_one_way():
    wrong = violations(PACKAGE, TEXT)
    assert not wrong, "\n".join(wrong)


def test_what_the_page_allows_is_needed():
    """An exception that nothing needs any more goes."""
    assert not unused(PACKAGE, TEXT)


def test_the_page_orders_what_must_be_apart():
    """The order can be edited; these sentences of it must stay true."""
    order = [room.name for room in rooms(TEXT)]
    assert len(order) == len(set(order)) > 20
    for below, above in [
        ("arrays", "tensor"), ("tensor", "autograd"), ("autograd", "operations"), ("operations", "layers"),
        ("layers", "optimizers"), ("face", "testing"), ("face", "compare"), ("layers", "compare"), ("face", "bench"),
        ("face", "lessons"), ("compare", "command"),
    ]:  # fmt: skip
        assert order.index(below) < order.index(above), f"{below} must stand below {above}"


def test_the_reader_sees_the_imports():
    """A reader of imports that saw none would find no violation either."""
    found = imports(PACKAGE)
    assert len(found) > 1000 and len({one.file for one in found}) > 250
    assert {one.file for one in found if one.target == "cupy"} == {"device.py"}
    assert {one.file.split("/")[0] for one in found if one.target == "torch"} == {
        "as_torch.py", "compare", "lessons", "testing",
    }  # fmt: skip
    assert {one.target for one in found if not one.lazy and not one.target.startswith("minitorch")} == {"numpy", "pytest"}
    assert between_rooms(PACKAGE, TEXT)["operations", "autograd", False] > 40


PLANTS = {
    "an operation that knows layers": ("ops/loss/parts.py", "from ...nn import functional\n", "operations imports minitorch.nn.functional of layers"),
    "the same inside of a function": ("ops/checks.py", "def f():\n    from minitorch import nn\n", "operations imports minitorch.nn of layers"),
    "a layer that knows the comparison": ("nn/init.py", "import minitorch.compare.judge as j\n", "layers imports minitorch.compare.judge of compare"),
    "by name": ("optim/sgd.py", "import importlib\nimportlib.import_module('minitorch.vision')\n", "optimizers imports minitorch.vision of vision"),
    "by a name that begins with a dot": ("optim/sgd.py", "from importlib import import_module\nimport_module('..vision', __name__)\n", "optimizers imports minitorch.vision of vision"),
    "PyTorch in the engine": ("nn/init.py", "def f():\n    import torch.nn\n", "layers imports torch lazily"),
    "PyTorch at once": ("testing/close.py", "import torch\n", "testing imports torch at once"),
    "CuPy elsewhere": ("ops/checks.py", "def f():\n    import cupy\n", "operations imports cupy lazily"),
    "another library": ("ops/checks.py", "from scipy import special\n", "operations imports scipy at once"),
    "NumPy is no package of ours": ("ops/checks.py", "try:\n    import pandas\nexcept ImportError:\n    pass\n", "operations imports pandas at once"),
    "in a class": ("dtype.py", "class A:\n    from . import tensor\n", "arrays imports minitorch.tensor of tensor"),
    "a lazy exception made at once": ("autograd/functional.py", "from .. import ops\n", "autograd imports minitorch.ops of operations, which stands above it, at once"),
    "a module without a room": ("new_thing.py", "", "new_thing.py is in no room"),
    "a module that is not there": ("nn/init.py", "import minitorch.nothing\n", "there is no minitorch.nothing"),
}  # fmt: skip


@pytest.mark.parametrize("plant", PLANTS)
def test_planted_violations_are_found(plant: str, tmp_path: Path):
    file, line, said = PLANTS[plant]
    package = tmp_path / "minitorch"
    shutil.copytree(PACKAGE, package, ignore=lambda _, names: [n for n in names if "." in n and not n.endswith(".py")])
    path = package / file
    path.write_text((path.read_text(encoding="utf-8") if path.exists() else "") + "\n" + line, encoding="utf-8")
    wrong = violations(package, TEXT)
    assert len(wrong) == 1 and said in wrong[0] and file in wrong[0], wrong


def test_type_checkers_imports_are_not_counted(tmp_path: Path):
    (tmp_path / "dtype.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .tensor import Tensor\nelse:\n    import torch\n"
    )
    (tmp_path / "tensor.py").write_text("")
    assert [one.target for one in imports(tmp_path)] == ["torch"]


def test_an_idle_exception_is_found():
    row = "| operations | vision | lazy | planted |\n"
    text = TEXT.replace("| tensor | methods | at once |", row + "| tensor | methods | at once |")
    assert unused(PACKAGE, text) == ["operations → vision, lazy"]
    assert unused(PACKAGE, TEXT.replace("| `cupy` | `device.py` |", "| `cupy` | `device.py`, cores |")) == ["cupy in cores"]


def test_every_path_on_the_page_exists():
    """Whole paths, files and folders of the package in the tables of rooms, and file names beside their folder's row."""
    names = {file.name for file in PACKAGE.rglob("*") if file.is_file()} | {file.name for file in (ROOT / "tests").iterdir()}
    for room in rooms(TEXT):
        for path in room.paths:
            found = PACKAGE / path
            assert found.is_dir() if path.endswith("/") else found.is_file(), f"{room.name}: there is no {path}"
    paths = set(re.findall(r"`([\w./]+\.(?:py|md|html|css|js)|[\w.]+/[\w./]*)`", TEXT))
    assert len(paths) > 80
    for path in paths:
        beside = [path, f"minitorch/{path}", f"minitorch/ops/{path}", f"minitorch/nn/{path}"]
        known = any((ROOT / start).exists() for start in beside) or path in names or (PACKAGE / "ops" / path).is_dir()
        known = known or any(folder.is_dir() for folder in PACKAGE.rglob(path.rstrip("/")) if path.endswith("/"))
        assert known, f"the page names {path}, which is not there"
    for target in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert (PAGE.parent / target).exists(), f"the page links to {target}, which is not there"


def test_every_folder_of_operations_has_its_row():
    folders = {f"{file.parent.name}/" for file in (PACKAGE / "ops").glob("*/__init__.py")}
    rows = re.findall(r"^\| `(\w+/)` \|", TEXT[TEXT.index("## The operations' folders") :], re.M)
    assert sorted(rows) == sorted(folders)


def test_what_a_row_says_of_a_file_is_about_that_room():
    """`engine.py` in the row of autograd/ is a file of autograd/."""
    for line in TEXT[TEXT.index("## Rooms") : TEXT.index("## Against the order")].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        folders = re.findall(r"`([\w.]+/)`", cells[1]) if len(cells) == 3 else []
        folders = [f"ops/{cells[0].strip('`')}"] if len(cells) == 2 and cells[0].startswith("`") else folders
        for name in re.findall(r"`([\w.]+\.(?:py|html))`", cells[-1]) if folders else []:
            here = any(file.name == name for folder in folders for file in (PACKAGE / folder).rglob(name))
            assert here or (PACKAGE / name).is_file(), f"{cells[0]} names {name}, which is not in {', '.join(folders)}"


def test_questions_are_answered_by_what_is_there():
    """A name in the first column of an answer stands in the file that is named after it."""
    text = TEXT[TEXT.index("## Questions") : TEXT.index("## Rooms")]
    for name, path in re.findall(r"`(\w+)`[^`|]* in `([\w/.]+)`", text):
        where = ROOT / path
        sources = where.rglob("*.py") if where.is_dir() else [where]
        pattern = re.compile(rf"^ *(class|def) {name}\b", re.M)
        assert any(pattern.search(file.read_text(encoding="utf-8")) for file in sources), f"{path} has no {name}"


def test_the_drawing_is_of_these_imports():
    stored = DRAWING.read_text(encoding="utf-8")
    assert stored == drawing(PACKAGE, TEXT), "the imports or rooms have changed: `make drawing` draws them anew"


def test_the_drawing_leaves_no_order_out(tmp_path: Path):
    """From the arrows that are drawn follow all others; each drawn one is an import."""
    text = DRAWING.read_text(encoding="utf-8")
    arrows = set(re.findall(r"<title>(\w+) imports (\w+): \d+</title>", text))
    counts = {(a, b) for a, b, _ in between_rooms(PACKAGE, TEXT)}
    assert arrows <= counts and len(arrows) < len(counts)
    reached = set(arrows)
    while more := {(a, d) for a, b in reached for c, d in arrows if b == c} - reached:
        reached |= more
    assert counts <= reached


def test_every_module_is_read():
    assert len(modules(PACKAGE)) == sum(1 for _ in PACKAGE.rglob("*.py"))
