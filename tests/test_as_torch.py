"""`as_torch()`: what `import torch` means inside it, and that nothing of it stays."""

import importlib
import importlib.util
import pkgutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import minitorch
from minitorch.as_torch import MIRRORED, as_torch, execute, run_script

ROOT = Path(__file__).resolve().parents[1]


def torch_entries():
    return {name: module for name, module in sys.modules.items() if name.split(".")[0] in ("torch", "torchvision")}


@pytest.fixture(params=["with PyTorch imported", "without"])
def surroundings(request, monkeypatch):
    """sys.modules as it is when PyTorch was imported before, and when it was not."""
    if request.param == "without":
        for name in torch_entries():
            monkeypatch.delitem(sys.modules, name)
    else:
        pytest.importorskip("torch", reason="PyTorch is not installed")


def test_torch_is_minitorch_inside_and_only_there(surroundings):
    before, finders = torch_entries(), sys.meta_path[:]
    with as_torch() as given:
        import torch
        import torch.nn.functional as F
        import torch.optim.lr_scheduler
        import torch.utils.data
        import torchvision.transforms
        from torch import nn, optim
        from torch.autograd import Function
        from torchvision import datasets

        assert torch is given is minitorch
        assert nn is torch.nn is minitorch.nn and F is minitorch.nn.functional
        assert optim.lr_scheduler is minitorch.optim.lr_scheduler
        assert torch.utils.data.DataLoader is minitorch.utils.data.DataLoader
        assert Function is minitorch.autograd.Function
        assert datasets is minitorch.vision.datasets and torchvision.transforms is minitorch.vision.transforms
        assert torch.__version__ == minitorch.__version__
        assert torch_entries().keys().isdisjoint(name for name in sys.modules if name.startswith("minitorch"))
    assert torch_entries() == before
    assert sys.meta_path == finders


def test_modules_keep_their_own_identity():
    specs = {name: sys.modules[name].__spec__ for name in ("minitorch", "minitorch.nn", "minitorch.nn.functional")}
    with as_torch():
        import torch.nn.functional  # noqa: F401
    for name, spec in specs.items():
        assert sys.modules[name].__spec__ is spec and spec.name == name and sys.modules[name].__name__ == name


def test_an_error_inside_restores_too(surroundings):
    before, finders = torch_entries(), sys.meta_path[:]
    with pytest.raises(ZeroDivisionError), as_torch():
        import torch.nn  # noqa: F401

        raise ZeroDivisionError
    assert torch_entries() == before and sys.meta_path == finders


def test_blocks_nest():
    before = torch_entries()
    with as_torch():
        with as_torch():
            pass
        import torch.utils.data

        assert torch.utils.data is minitorch.utils.data
    assert torch_entries() == before


@pytest.mark.parametrize(
    "statement, error, named",
    [
        ("import torch.distributed", ModuleNotFoundError, "minitorch has no torch.distributed"),
        ("import torch.nn.parallel.replicate", ModuleNotFoundError, "minitorch has no torch.nn.parallel"),
        ("from torch.onnx import export", ModuleNotFoundError, "minitorch has no torch.onnx"),
        ("import torchvision.models", ModuleNotFoundError, "minitorch has no torchvision.models"),
        ("import torch.cli", ModuleNotFoundError, "minitorch has no torch.cli"),
        ("from torch.nn import Foo", ImportError, "cannot import name 'Foo' from 'minitorch.nn'"),
        ("from torch import distributed", ImportError, "cannot import name 'distributed' from 'minitorch'"),
        ("import torch; torch.foo", AttributeError, "module 'minitorch' has no attribute 'foo'"),
        ("import torch; torch.nn.Foo", AttributeError, "module 'minitorch.nn' has no attribute 'Foo'"),
    ],
)
def test_what_is_lacking_is_named(statement, error, named):
    with as_torch(), pytest.raises(error, match=named):
        exec(statement, {})


def test_a_lacking_module_is_an_import_error_with_its_name():
    with as_torch():
        with pytest.raises(ModuleNotFoundError) as caught:
            import torch.distributed.rpc  # noqa: F401
        assert caught.value.name == "torch.distributed"
        assert importlib.util.find_spec("torch").name == "minitorch"


def test_mirrored_modules_are_those_that_pytorch_has_too():
    """A new module of minitorch's top level must be in MIRRORED if PyTorch has one of that name, and only then."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    ours, theirs = ({module.name for module in pkgutil.iter_modules(engine.__path__)} for engine in (minitorch, torch))
    assert ours & theirs == MIRRORED


# ----------------------------------------------------------------------------------------------- running a script


def write(folder, text, name="script.py"):
    path = folder / name
    path.write_text(textwrap.dedent(text))
    return str(path)


REPORT = """
    import json, os, sys, helper
    names = ("__name__", "__file__", "__package__", "__spec__", "__doc__")
    print(json.dumps([{n: globals()[n] for n in names}, __loader__.name, sys.argv, sys.path[0], helper.where,
                      sys.modules["__main__"].__dict__ is globals(), "open" in dir(__builtins__)]))
"""


def test_a_script_finds_what_python_gives_it(tmp_path, monkeypatch, capsys):
    """The same script under `python` is the standard; it also imports a sibling module."""
    script = write(tmp_path, REPORT)
    write(tmp_path, "where = __file__", "helper.py")
    monkeypatch.chdir(tmp_path.parent)
    relative = f"{tmp_path.name}/script.py"
    plain = subprocess.run([sys.executable, relative, "a", "-b"], capture_output=True, text=True, check=True).stdout
    before = sys.argv, sys.path[:], sys.modules["__main__"]
    run_script(relative, ["a", "-b"])
    assert capsys.readouterr().out == plain and script in plain
    assert (sys.argv, sys.path, sys.modules["__main__"]) == before
    del sys.modules["helper"]


def test_status_and_traceback_of_a_script_that_raises(tmp_path, capsys):
    script = write(
        tmp_path,
        """
        import torch

        def work():
            import torch.distributed

        work()
        """,
    )
    with as_torch():
        assert execute(script) == 1
    said = capsys.readouterr().err
    lines = [line.strip() for line in said.splitlines() if not set(line.strip()) <= {"^", "~"}]  # but no underlining
    assert lines == [
        "Traceback (most recent call last):",
        f'File "{script}", line 7, in <module>',
        "work()",
        f'File "{script}", line 5, in work',
        "import torch.distributed",
        "ModuleNotFoundError: minitorch has no torch.distributed",
    ]


@pytest.mark.parametrize("ending, code", [("sys.exit(7)", 7), ("sys.exit('no')", "no"), ("sys.exit()", None)])
def test_a_scripts_own_exit_passes_through(tmp_path, ending, code):
    with pytest.raises(SystemExit) as stop:
        execute(write(tmp_path, f"import sys; {ending}"))
    assert stop.value.code == code


def test_ctrl_c_in_a_script(tmp_path, capsys):
    assert execute(write(tmp_path, "raise KeyboardInterrupt")) == 130
    assert capsys.readouterr().err == "\nstopped by Ctrl-C\n"


def test_workers_of_a_loader_inherit_it(tmp_path, capsys):
    """The data set imports torch late, in the worker process."""
    script = write(
        tmp_path,
        """
        from torch.utils.data import DataLoader, Dataset

        class Squares(Dataset):
            def __len__(self):
                return 6

            def __getitem__(self, index):
                import torch.nn.functional as F
                import torch
                return torch.tensor(index**2) if torch.__name__ == "minitorch" and F else None

        for batch in DataLoader(Squares(), batch_size=3, num_workers=2):
            print(batch)
        """,
    )
    with as_torch():
        assert execute(script) == 0
    assert capsys.readouterr().out == "tensor([0, 1, 4])\ntensor([ 9, 16, 25])\n"
