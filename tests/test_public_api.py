"""Every public name says what it is: typed signature, docstring, an example that runs (pytest runs them as doctests)."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest

import minitorch
import minitorch.accelerator
import minitorch.amp
import minitorch.autograd.graph
import minitorch.backends.cuda
import minitorch.backends.cudnn
import minitorch.backends.mps
import minitorch.compiling
import minitorch.cuda
import minitorch.cuda.amp
import minitorch.distributions
import minitorch.files
import minitorch.lessons
import minitorch.multiprocessing
import minitorch.nn.functional
import minitorch.nn.init
import minitorch.nn.parallel
import minitorch.nn.utils
import minitorch.optim.lr_scheduler
import minitorch.optim.swa_utils
import minitorch.pictures
import minitorch.random
import minitorch.safetensors
import minitorch.serialization
import minitorch.special
import minitorch.testing
import minitorch.utils.checkpoint
import minitorch.utils.data
import minitorch.utils.dlpack
import minitorch.vision.datasets
import minitorch.vision.transforms
import minitorch.vision.transforms.functional
import minitorch.vision.utils

ROOMS = [
    minitorch,
    minitorch.accelerator,
    minitorch.amp,
    import_module("minitorch.as_torch"),  # minitorch.as_torch is the function, and so is autograd.gradcheck
    minitorch.cuda,
    minitorch.cuda.amp,
    minitorch.autograd,
    minitorch.autograd.functional,
    import_module("minitorch.autograd.gradcheck"),
    minitorch.autograd.graph,
    minitorch.backends.cuda,
    minitorch.backends.cudnn,
    minitorch.backends.mps,
    minitorch.compiling,
    minitorch.func,
    minitorch.linalg,
    minitorch.distributions,
    minitorch.lessons,
    minitorch.multiprocessing,
    minitorch.nn,
    minitorch.nn.functional,
    minitorch.nn.init,
    minitorch.nn.parallel,
    minitorch.nn.utils,
    minitorch.nn.utils.parametrizations,
    minitorch.nn.utils.parametrize,
    minitorch.nn.utils.rnn,
    minitorch.optim,
    minitorch.optim.lr_scheduler,
    minitorch.special,
    minitorch.optim.swa_utils,
    minitorch.files,
    minitorch.pictures,
    minitorch.random,
    minitorch.safetensors,
    minitorch.serialization,
    minitorch.utils.checkpoint,
    minitorch.testing,
    minitorch.utils.data,
    minitorch.utils.dlpack,
    minitorch.vision.datasets,
    minitorch.vision.datasets.utils,
    minitorch.vision.transforms,
    minitorch.vision.transforms.functional,
    minitorch.vision.utils,
]


def public(room: ModuleType) -> Iterator[tuple[str, Any]]:
    names = getattr(room, "__all__", None) or [name for name in vars(room) if not name.startswith("_")]
    for name in sorted(names):
        value = getattr(room, name)
        ours = getattr(value, "__module__", "").startswith("minitorch")
        is_old_name = hasattr(room, name + "_") and (value.__doc__ or "").startswith("The old name of")
        if ours and not is_old_name and (inspect.isfunction(value) or inspect.isclass(value)):
            yield f"{room.__name__}.{name}", value


# Names that PyTorch and torchvision have deeper down, in modules that hold the engine's own beside them.
DEEPER = """
    autograd.function.FunctionCtx autograd.function.once_differentiable nn.parameter.is_lazy
    optim.optimizer.register_optimizer_step_post_hook optim.optimizer.register_optimizer_step_pre_hook
    utils.data.collate.collate utils.data.worker_info.WorkerInfo
    vision.datasets.folder.default_loader vision.datasets.folder.find_classes
    vision.datasets.folder.has_file_allowed_extension vision.datasets.folder.make_dataset
    vision.datasets.mnist.read_image_file vision.datasets.mnist.read_label_file
    vision.datasets.mnist.read_sn3_pascalvincent_tensor vision.datasets.vision.StandardTransform
    vision.transforms.random_lists.RandomTransforms""".split()


def deeper() -> Iterator[tuple[str, Any]]:
    for path in DEEPER:
        module, _, name = path.rpartition(".")
        yield f"minitorch.{path}", getattr(import_module(f"minitorch.{module}"), name)


NAMES = dict(pair for room in ROOMS for pair in public(room)) | dict(deeper())


@pytest.mark.parametrize("name", NAMES)
def test_has_a_docstring_with_an_example(name: str) -> None:
    text = inspect.getdoc(NAMES[name]) or ""
    assert len(text) > 20, f"{name} has no docstring"
    assert ">>> " in text, f"{name}'s docstring has no example"


@pytest.mark.parametrize("name", NAMES)
def test_signature_is_typed(name: str) -> None:
    value = NAMES[name]
    function = value.__init__ if inspect.isclass(value) else value
    if not inspect.isfunction(function) or function.__module__ == "enum":
        return  # a class without a constructor of its own
    assert_typed(name, function)


def assert_typed(name: str, function: Any) -> None:
    for parameter in list(inspect.signature(function).parameters.values()):
        if parameter.name in ("self", "cls"):
            continue
        assert parameter.annotation is not parameter.empty, f"{name}: parameter {parameter.name} has no type"
    if function.__name__ != "__init__":
        assert "return" in function.__annotations__, f"{name}: the result has no type"


def test_there_is_something_to_look_at() -> None:
    assert len(NAMES) > 250
