"""The two contenders: each a module that the workloads call `torch`."""

from __future__ import annotations

import importlib
import importlib.util
import warnings
from functools import cached_property
from types import ModuleType
from typing import Any

NAMES = {"minitorch": "minitorch", "pytorch": "torch"}
TITLES = {"minitorch": "minitorch", "pytorch": "PyTorch"}
INSTALL = 'pip install "minitorch-engine[reference]"'


class Engine:
    """One engine: `torch` is its module, `vision` its torchvision, imported when they are first asked for.

    `device` is where training workloads put their nets and batches.
    """

    name: str
    title: str
    device: str

    def __init__(self, name: str, device: str = "cpu") -> None:
        self.name, self.title, self.device = name, TITLES[name], device

    @cached_property
    def torch(self) -> ModuleType:
        return importlib.import_module(NAMES[self.name])

    @cached_property
    def vision(self) -> Any:
        """torchvision, or minitorch.vision, with datasets and transforms."""
        if self.name == "minitorch":
            importlib.import_module("minitorch.vision.datasets")
            importlib.import_module("minitorch.vision.transforms")
            return importlib.import_module("minitorch.vision")
        return import_torchvision()

    def set_threads(self, number: int | None) -> None:
        """Hold the engine to a number of threads; None leaves it its default."""
        if number is not None:
            with warnings.catch_warnings():  # from a BLAS that cannot be told: the environment has told it
                warnings.simplefilter("ignore", RuntimeWarning)
                self.torch.set_num_threads(number)


def import_torchvision() -> ModuleType:
    """torchvision, by the programs' own way to import it beside a CPU build of PyTorch."""
    from ..program_files import program_file

    spec = importlib.util.spec_from_file_location("minitorch_programs_common", program_file("common"))
    assert spec is not None and spec.loader is not None
    common = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(common)
    torchvision = common.import_torchvision()
    importlib.import_module("torchvision.datasets")
    importlib.import_module("torchvision.transforms")
    return torchvision
