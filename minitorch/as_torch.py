"""Running PyTorch scripts on minitorch: inside `as_torch()`, `import torch` gives minitorch.

Nothing is translated or wrapped: `torch.nn` is the module `minitorch.nn` itself under a second name, so a class has one
identity whichever name it was reached by. A name that minitorch lacks fails where Python looks for it, at the line
that uses it: `torch.foo` is an AttributeError, `from torch.nn import Foo` an ImportError, `import torch.foo` a
ModuleNotFoundError.
"""

from __future__ import annotations

import builtins
import contextlib
import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import ModuleType, TracebackType
from typing import Any

__all__ = ["as_torch", "execute", "run_script"]

ALIASES = {"torch": "minitorch", "torchvision": "minitorch.vision"}

# The modules of ours that are PyTorch's too. The others must fail to import as torch.X, as they do there.
MIRRORED = {
    "accelerator",
    "amp",
    "autograd",
    "backends",
    "cuda",
    "distributions",
    "func",
    "linalg",
    "multiprocessing",
    "nn",
    "optim",
    "random",
    "serialization",
    "special",
    "testing",
    "types",
    "utils",
    "version",
}


def _is_alias(name: str) -> bool:
    return name.partition(".")[0] in ALIASES


class _Alias:
    """Hands the import system a module that is already loaded, under another name."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self.own_spec = module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self.module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.own_spec  # the import system has just written the alias's over it


class _Finder:
    """Finds torch and torchvision, and whatever lies under them, among minitorch's modules."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not _is_alias(fullname):
            return None
        top, dot, rest = fullname.partition(".")
        ours = ALIASES[top] + dot + rest
        lacking = ModuleNotFoundError(f"minitorch has no {fullname}", name=fullname)
        if top == "torch" and rest and rest.partition(".")[0] not in MIRRORED:
            raise lacking
        try:
            module = importlib.import_module(ours)
        except ModuleNotFoundError as error:
            if error.name != ours:  # ours is there, and needs something that is not installed
                raise
            raise lacking from None
        loader: Any = _Alias(module)  # typeshed asks for the old `load_module`, too
        return importlib.util.spec_from_loader(fullname, loader, is_package=hasattr(module, "__path__"))


@contextlib.contextmanager
def as_torch() -> Iterator[ModuleType]:
    """Make `import torch` and `import torchvision` mean minitorch inside a `with` block, in this whole process.

    `torch.X` is minitorch.X and `torchvision.X` is minitorch.vision.X, where there is such a module. On leaving,
    `sys.modules` is as it was: a PyTorch imported before is back. Processes forked inside (a DataLoader's workers)
    inherit it. Blocks may be nested. `with as_torch() as torch:` also gives the module.

    Two limits. A module first imported inside keeps the torch that it imported, since Python imports a module once.
    And a PyTorch imported before can't be used inside: its own late imports would find minitorch.

    Errors: inside, ModuleNotFoundError for a module that minitorch lacks, naming it.

    Source: this project's own.

    >>> import minitorch
    >>> with minitorch.as_torch():
    ...     import torch
    ...     import torch.nn.functional as F
    >>> torch is minitorch
    True
    >>> F.relu(torch.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    finder = _Finder()
    replaced = {name: sys.modules.pop(name) for name in list(sys.modules) if _is_alias(name)}
    sys.meta_path.insert(0, finder)
    try:
        yield importlib.import_module("torch")
    finally:
        with contextlib.suppress(ValueError):  # the code inside may have removed it
            sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if _is_alias(name)]:
            del sys.modules[name]
        sys.modules.update(replaced)


def run_script(path: str, args: Sequence[str] = ()) -> None:
    """Run a Python file as `python path args…` would: sys.argv, sys.path[0] and `__main__` are the script's.

    Which torch it gets is the caller's choice.

    Errors: whatever the script raises passes through, SystemExit included; FileNotFoundError if there is no such file.

    Source: this project's own.

    >>> import os, tempfile
    >>> from minitorch.as_torch import as_torch, run_script
    >>> path = os.path.join(tempfile.mkdtemp(), "script.py")
    >>> with open(path, "w") as file:
    ...     _ = file.write("import sys, torch; print(torch.ones(2), sys.argv[1:])")
    >>> with as_torch():
    ...     run_script(path, ["a"])
    tensor([1., 1.]) ['a']
    """
    file = os.path.abspath(path)
    loader = SourceFileLoader("__main__", file)
    main = ModuleType("__main__")
    vars(main).update(__file__=file, __loader__=loader, __builtins__=builtins)
    argv, search, our_main = sys.argv, sys.path[:], sys.modules["__main__"]
    sys.argv = [path, *args]
    if not sys.flags.safe_path:
        sys.path[:1] = [os.path.dirname(os.path.realpath(path))]
    sys.modules["__main__"] = main
    try:
        exec(loader.source_to_code(loader.get_data(file), file), vars(main))
    finally:
        sys.modules["__main__"] = our_main
        sys.argv, sys.path[:] = argv, search


def execute(path: str, args: Sequence[str] = ()) -> int:
    """`run_script` to an exit status: 0 done, 1 it raised (traceback on stderr), 130 Ctrl-C.

    Errors: the script's own SystemExit passes through.

    Source: this project's own.

    >>> import os, tempfile
    >>> from minitorch.as_torch import execute
    >>> path = os.path.join(tempfile.mkdtemp(), "script.py")
    >>> with open(path, "w") as file:
    ...     _ = file.write("print(1)")
    >>> execute(path)
    1
    0
    """
    try:
        run_script(path, args)
    except KeyboardInterrupt:
        print("\nstopped by Ctrl-C", file=sys.stderr)
        return 130
    except Exception as error:
        error = error.with_traceback(_script_frames(error.__traceback__, os.path.abspath(path)))
        sys.excepthook(type(error), error, error.__traceback__)
        return 1
    return 0


def _script_frames(traceback: TracebackType | None, file: str) -> TracebackType | None:
    """The traceback as the script's author would see it under plain Python: it begins in the script's file."""
    frames: list[TracebackType] = []
    while traceback is not None:
        name = traceback.tb_frame.f_code.co_filename
        if (frames or name == file) and name != __file__:
            frames.append(traceback)
        traceback = traceback.tb_next
    for frame in reversed(frames):
        traceback = TracebackType(traceback, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return traceback
